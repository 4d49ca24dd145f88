//! Fields of front matter that say what kind of page it is, such as `tags: onboarding`.

use super::front;

/// Front matter is looked for in so many bytes.
const LONGEST: usize = 64 * 1024;

/// A set of fields with a value; one of them is enough.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Vec<(String, String)>);

impl Marks {
    /// These fields with these values, as [`Marks::parse`] gave them.
    pub(super) fn new(marks: Vec<(String, String)>) -> Marks {
        Marks(marks)
    }

    /// Field and value of `tags: onboarding`, in the spelling in which they are compared.
    pub(super) fn parse(mark: &str) -> Option<(String, String)> {
        let (field, value) = mark.split_once(':')?;
        let (field, value) = (field.trim().to_lowercase(), plain(value));
        (!field.is_empty() && !value.is_empty()).then_some((field, value))
    }

    /// Whether the front matter of this text has one of them. Lists and values with commas have several.
    pub(super) fn fit(&self, text: &[u8]) -> bool {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if self.0.is_empty() || !(text.starts_with(b"---") || text.starts_with(b"+++")) {
            return false;
        }
        let text = String::from_utf8_lossy(&text[..text.len().min(LONGEST)]);
        let (fields, _) = front::read(&text);
        fields.iter().any(|(field, values)| {
            let values = values.iter().flat_map(|value| value.split(','));
            let values: Vec<String> = values.map(plain).collect();
            let is = |(mark, value): &(String, String)| mark == field && values.contains(value);
            self.0.iter().any(is)
        })
    }
}

/// Lower case, with one space where it has spaces, hyphens or underscores.
fn plain(value: &str) -> String {
    let words = value.split(|c: char| c.is_whitespace() || c == '-' || c == '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_values_and_spellings() {
        let marks =
            ["tags: onboarding", "audience: new hires"].map(|mark| Marks::parse(mark).unwrap());
        let marks = Marks::new(marks.to_vec());
        for text in [
            "---\ntags: [ops, Onboarding]\n---\n",
            "---\ntags:\n  - onboarding\n---\n",
            "---\ntags: ops, onboarding\n---\n",
            "---\r\naudience: New-Hires\r\n---\r\n",
            "+++\naudience = \"new_hires\"\n+++\n",
            "\u{feff}---\nTags: onboarding\n---\n",
        ] {
            assert!(marks.fit(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "tags: onboarding\n",
            "---\ntags: offboarding\n---\n",
            "---\ntitle: onboarding\n---\n",
            "---\ntags: [ops]\n---\ntags: onboarding\n",
        ] {
            assert!(!marks.fit(text.as_bytes()), "{text}");
        }
        assert_eq!(Marks::parse("onboarding"), None);
        assert_eq!(Marks::parse("tags: "), None);
    }
}
