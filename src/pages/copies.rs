//! Ways to link to a write-up, ready to copy: into a document, a comment in code, a commit, a diagram.
//! What can't be found later wasn't linked, so each form is one that the sources of links read.

use serde::Serialize;

use super::links::{encode, outside};

/// One way to write a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Copy {
    /// Where it belongs.
    pub(super) name: &'static str,
    /// What is pasted there.
    pub(super) text: String,
}

/// The address that links should carry: the short one, where this server has an address of its own and
/// the id is one that links are known by, or else where the write-up lies. Nothing where it has neither.
pub(super) fn address(id: &str, url: &str, origin: Option<&str>) -> Option<String> {
    let short = origin.filter(|_| is_key(id));
    match short {
        Some(origin) => Some(format!("{origin}/go/{}", encode(id))),
        None => outside(url).map(str::to_owned),
    }
}

/// All ways to link to a write-up of this title at this address.
pub(super) fn copies(id: &str, title: &str, address: &str) -> Vec<Copy> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let called = match title.is_empty() || title == id {
        true => id.to_owned(),
        false => title,
    };
    let node: String = id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let forms = [
        (
            "Markdown",
            format!("[{}]({})", bracketed(&called), pointed(address)),
        ),
        ("Comment in code", format!("Why: {called}, {address}")),
        ("Commit trailer", format!("Refs: {address}")),
        (
            "Diagram (Mermaid)",
            format!(
                "{node}[\"{}\"]\nclick {node} href \"{address}\"",
                called.replace('"', "#quot;")
            ),
        ),
    ];
    let copy = |(name, text)| Copy { name, text };
    forms.into_iter().map(copy).collect()
}

/// An id that links in any text are known by: one word with a letter and a digit, such as `INC-1234`.
fn is_key(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    id.chars().all(plain)
        && id.contains(|c: char| c.is_ascii_alphabetic())
        && id.contains(|c: char| c.is_ascii_digit())
}

/// Between brackets of Markdown.
fn bracketed(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '\\' | '`' | '*' | '_' | '<') {
            kept.push('\\');
        }
        kept.push(c);
    }
    kept
}

/// Between round brackets of Markdown.
fn pointed(address: &str) -> String {
    match address.contains(['(', ')', ' ']) {
        true => format!("<{address}>"),
        false => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_address_is_for_ids_that_are_found_in_texts() {
        let own = Some("https://readback.example.org");
        let url = "https://wiki.example.org/q";
        let of = |id, url, origin| address(id, url, origin).unwrap_or_default();
        assert_eq!(
            of("INC-7", url, own),
            "https://readback.example.org/go/INC-7"
        );
        assert_eq!(of("INC-7", url, None), url);
        assert_eq!(of("docs/queue.md", url, own), url);
        assert_eq!(of("queue", url, own), url);
        assert_eq!(of("queue", "docs/queue.md", own), "");
        assert_eq!(of("queue", "javascript:alert(1)", own), "");
    }

    #[test]
    fn each_form_holds_whatever_the_title_has() {
        let made = copies(
            "INC-7",
            "Disk [full] \"again\"\n*twice*",
            "https://w.example/a(b)",
        );
        let texts: Vec<&str> = made.iter().map(|copy| copy.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "[Disk \\[full\\] \"again\" \\*twice\\*](<https://w.example/a(b)>)",
                "Why: Disk [full] \"again\" *twice*, https://w.example/a(b)",
                "Refs: https://w.example/a(b)",
                "INC_7[\"Disk [full] #quot;again#quot; *twice*\"]\n\
                 click INC_7 href \"https://w.example/a(b)\"",
            ]
        );
        assert_eq!(
            copies("INC-7", "", "https://w.example")[0].text,
            "[INC-7](https://w.example)"
        );
    }
}
