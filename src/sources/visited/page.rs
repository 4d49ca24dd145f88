//! Which page a request is for. Addresses carry sessions, tokens and names of people; of a log, only
//! what chooses the page is kept.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::model::Identity;

/// Query parameters that choose a page, a version of it, or another thing to do with it (editing is
/// no reading), compared without regard to case.
const CHOOSING: [&str; 16] = [
    // MediaWiki.
    "title", "curid", "oldid", "diff", "action", "veaction", // Confluence.
    "pageid", "spacekey", // DokuWiki, WordPress, Trac and their kin.
    "id", "p", "page", "page_id", "rev", "do", "feed", "format",
];

/// Tells pages by their addresses.
pub(super) struct Pages {
    choosing: Vec<String>,
    /// A semicolon is a character like others.
    is_php: bool,
}

impl Pages {
    /// With the usual parameters and these.
    pub(super) fn with(more: &[String], is_php: bool) -> Self {
        let usual = CHOOSING.iter().map(|name| (*name).to_owned());
        Pages {
            choosing: usual.chain(more.iter().cloned()).collect(),
            is_php,
        }
    }

    /// The parameters that choose a page.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.choosing.iter().map(String::as_str)
    }

    /// The path with the parameters that choose the page, in their order; `None` if the path itself
    /// holds a mail address.
    pub(super) fn page(&self, target: &str) -> Option<String> {
        let target = target.split('#').next().unwrap_or(target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut page = String::with_capacity(target.len());
        for (index, segment) in path.split('/').enumerate() {
            // Behind a semicolon stand parameters: `;jsessionid=`.
            let segment = match self.is_php {
                true => segment,
                false => segment.split(';').next().unwrap_or(segment),
            };
            if names_somebody(segment) {
                return None;
            }
            if index > 0 {
                page.push('/');
            }
            page.push_str(segment);
        }
        let mut join = '?';
        for parameter in query.split(|c| c == '&' || (c == ';' && !self.is_php)) {
            let name = parameter.split('=').next().unwrap_or(parameter);
            let chooses = self
                .choosing
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name));
            if chooses && !names_somebody(parameter) {
                page.push(join);
                page.push_str(parameter);
                join = '&';
            }
        }
        Some(page)
    }
}

/// Whether a mail address stands in a part of an address.
fn names_somebody(part: &str) -> bool {
    if !part.contains(['@', '%']) {
        return false;
    }
    let plain: Cow<'_, str> = percent_decode_str(part).decode_utf8_lossy();
    let value = plain.split_once('=').map_or(&*plain, |(_, value)| value);
    value
        .split_whitespace()
        .any(|word| Identity::bare(word).is_email())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chooses_the_page_stays() {
        let pages = Pages::with(&["thread".to_owned()], false);
        for (target, page) in [
            ("/wiki/index.php?title=X", Some("/wiki/index.php?title=X")),
            (
                "/pages/viewpage.action?pageId=1&focusedCommentId=2",
                Some("/pages/viewpage.action?pageId=1"),
            ),
            (
                "/w/index.php?action=edit&title=X&wpToken=1",
                Some("/w/index.php?action=edit&title=X"),
            ),
            ("/a?user=ada&token=s3cret#top", Some("/a")),
            ("/a;jsessionid=1F/b;v=2?utm_source=mail", Some("/a/b")),
            ("/a?id=7;token=x", Some("/a?id=7")),
            ("/a?id=ada%40example.org&Thread=2", Some("/a?Thread=2")),
            ("/a?title=ada@example.org", Some("/a")),
            (
                "http://h.example.org/a?q=x&p=3",
                Some("http://h.example.org/a?p=3"),
            ),
            ("/~ada/notes/@sre", Some("/~ada/notes/@sre")),
            ("/people/ada%40example.org/x", None),
            ("/?", Some("/")),
        ] {
            assert_eq!(pages.page(target).as_deref(), page, "{target}");
        }
        let of_php = Pages::with(&[], true);
        for (target, page) in [
            ("/doku.php?id=pm;disk&token=x", Some("/doku.php?id=pm;disk")),
            ("/wiki/Disk;_full", Some("/wiki/Disk;_full")),
            ("/wiki/a;ada@example.org", None),
            ("/w/index.php?title=a;ada@example.org", Some("/w/index.php")),
        ] {
            assert_eq!(of_php.page(target).as_deref(), page, "{target}");
        }
    }
}
