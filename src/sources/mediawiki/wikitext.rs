//! Counts in wikitext: words of prose and links. An estimate: templates are not expanded.

/// Links that are no references.
const ASIDE: &[&str] = &["[[File:", "[[Image:", "[[Category:"];

/// Words of prose and links to pages or addresses.
pub(super) fn counts(text: &str) -> (u32, u32) {
    let text = without(text, "<!--", "-->");
    let text = without(&text, "<syntaxhighlight", "</syntaxhighlight>");
    let text = without(&text, "<source", "</source>");
    let text = without(&text, "<pre", "</pre>");
    let text = without(&text, "{{", "}}");
    let links = text.matches("[[").count()
        + text.matches("http://").count()
        + text.matches("https://").count();
    let aside = ASIDE
        .iter()
        .map(|mark| text.matches(mark).count())
        .sum::<usize>();
    let prose = |word: &&str| {
        word.chars().any(char::is_alphanumeric)
            && !word.contains("://")
            && !word.starts_with(['|', '<', '{'])
            && !ASIDE.iter().any(|mark| word.starts_with(mark))
    };
    let words = text.split_whitespace().filter(prose).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (number(words), number(links.saturating_sub(aside)))
}

/// The text without everything from `open` to its `close`; nested ones go with the outermost.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut depth = 0usize;
    let mut rest = text;
    while !rest.is_empty() {
        let next_open = rest.find(open);
        let next_close = if depth > 0 { rest.find(close) } else { None };
        match (next_open, next_close) {
            (Some(at), end) if end.is_none_or(|end| at < end) => {
                if depth == 0 {
                    kept.push_str(&rest[..at]);
                }
                depth += 1;
                rest = &rest[at + open.len()..];
            }
            (_, Some(at)) => {
                depth -= 1;
                rest = &rest[at + close.len()..];
            }
            _ => {
                if depth == 0 {
                    kept.push_str(rest);
                }
                break;
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_counted() {
        let text = "{{Infobox|a={{b}}|c=d}}\n== Disk full ==\nThe '''disk''' of [[Shop]] was full, \
                    see [https://example.org/x this].<!-- a comment -->\n<pre>not prose</pre>\n[[File:a.png]]\n* one";
        assert_eq!(counts(text), (11, 2));
        assert_eq!(counts("{{ never closed"), (0, 0));
        assert_eq!(counts("}} -->"), (0, 0));
    }
}
