//! What stands in a document of Google Docs that was exported as HTML: what is counted in it, and where it
//! leads. Pure.

use crate::model::Vocabulary;
use crate::sources::google::led;
use crate::sources::wiki::{self, Measured};

/// The first comment, as the list of comments below a document leads back to where it stands.
const COMMENTS: &str = "href=\"#cmnt_ref1\"";

/// The address under which people find a document, which stays.
pub(super) fn lasting(id: &str) -> String {
    format!("https://docs.google.com/document/d/{id}/edit")
}

/// The other names of a document. What is looked at in it, and by which account, is no part of any.
pub(super) fn names(id: &str) -> Vec<String> {
    vec![
        format!("https://drive.google.com/open?id={id}"),
        format!("https://docs.google.com/open?id={id}"),
    ]
}

/// What is counted in a document, and the addresses that it leads to, one a line.
pub(super) fn of(html: &str, vocabulary: &Vocabulary) -> (Measured, String) {
    let (mut measured, links) = wiki::of_html(body(html), vocabulary);
    // Headings, footnotes and comments are linked to from within.
    let out: Vec<String> = links
        .iter()
        .filter(|link| !link.starts_with('#'))
        .map(|link| led(link))
        .collect();
    measured.hyperlinks = u32::try_from(out.len()).unwrap_or(u32::MAX);
    (measured, out.join("\n"))
}

/// The document without the comments that are exported below it: nobody's words are of it.
fn body(html: &str) -> &str {
    let end = html.find(COMMENTS).map(|at| {
        let before = &html[..at];
        before.rfind("<div").unwrap_or(at)
    });
    &html[..end.unwrap_or(html.len())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn links_lead_where_they_lead_and_comments_are_none_of_it() {
        let html = "<html><head><style>p{}</style></head><body><h1 id=\"h.1\">Disk full</h1><p><a href=\"#h.1\">Up</a> \
            <a href=\"https://www.google.com/url?q=https://docs.google.com/document/d/1aBcDeFgHi/edit%23heading%3Dh.2&amp;sa=D&amp;ust=1\">it</a>\
            <sup><a href=\"#cmnt1\" id=\"cmnt_ref1\">[a]</a></sup> <a href=\"https://wiki.example.org/x\">x</a></p>\
            <div style=\"border:1px solid black\"><p><a href=\"#cmnt_ref1\" id=\"cmnt1\">[a]</a><span>no words of it \
            <a href=\"https://no.example.org\">no</a></span></p></div></body></html>";
        let (measured, led) = of(html, &Vocabulary::default());
        assert_eq!(
            led,
            "https://docs.google.com/document/d/1aBcDeFgHi/edit#heading=h.2\nhttps://wiki.example.org/x"
        );
        assert_eq!((measured.words, measured.hyperlinks), (6, 2));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(<div>|href=\"#cmnt_ref1\"|<a href=\"|https://www.google.com/url[?]q=|[a-z\"<>é]){0,30}") {
            let _ = of(&text, &Vocabulary::default());
        }
    }
}
