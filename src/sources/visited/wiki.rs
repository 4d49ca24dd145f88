//! What requests of wikis are for: a page of one makes many more, and has several addresses. Only a page
//! that was looked at is a read; the rest belongs to the wiki itself.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// A wiki whose addresses are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::sources) enum Wiki {
    Confluence,
    #[serde(rename = "dokuwiki")]
    Doku,
    #[serde(rename = "mediawiki")]
    Media,
}

/// The script behind the ordinary addresses of DokuWiki.
const DOKU: &str = "doku.php";

/// The script behind the ordinary addresses of MediaWiki.
const INDEX: &str = "index.php";

/// What stands in paths of DokuWiki that are no pages.
const OF_DOKUWIKI: &[&str] = &[
    "lib", "_media", "_detail", "_export", "inc", "data", "conf", "bin", "vendor",
];

/// Folders of MediaWiki that hold no pages.
const OF_MEDIAWIKI: &[&str] = &[
    "extensions",
    "images",
    "includes",
    "resources",
    "skins",
    "static",
];

/// What pages that a wiki makes itself begin with, in the languages that many wikis have. The English one
/// is understood by all.
const SPECIAL: &[&str] = &[
    "special:",
    "spezial:",
    "sp\u{e9}cial:",
    "especial:",
    "speciale:",
    "speciaal:",
    "specjalna:",
    "\u{441}\u{43b}\u{443}\u{436}\u{435}\u{431}\u{43d}\u{430}\u{44f}:",
    "\u{7279}\u{5225}:",
    "\u{7279}\u{6b8a}:",
];

impl Wiki {
    /// Why a request is for no page of this wiki; `None` if it is.
    pub(super) fn left_out(self, target: &[u8]) -> Option<&'static str> {
        let text = String::from_utf8_lossy(target);
        let target = Target::of(&text);
        match self {
            Wiki::Confluence => (!target.is_of_confluence()).then_some("no page of Confluence"),
            Wiki::Doku => (!target.is_of_dokuwiki()).then_some("no page of DokuWiki"),
            Wiki::Media => (!target.is_of_mediawiki()).then_some("no page of MediaWiki"),
        }
    }

    /// The one address of a page among those that differ in how it is looked at, each in its own way of
    /// writing: what has the name in its query keeps it there, and what has it in its path, there.
    ///
    /// `useslash` is DokuWiki's setting of this name.
    pub(super) fn page(self, address: String, useslash: bool) -> String {
        let target = Target::of(&address);
        let (path, name) = match self {
            // They are one already, wherever they come from.
            Wiki::Confluence => return address,
            Wiki::Doku => {
                let name = target.value("id").map(|id| match useslash {
                    true => id.replace('/', ":"),
                    false => id,
                });
                let name = name.map(|id| format!("id={}", spelled(&id)));
                (with(target.path, &[(";", ":"), ("%3B", ":")]), name)
            }
            Wiki::Media => {
                let name = match (target.value("title"), target.value("curid")) {
                    (Some(title), _) => Some(format!("title={}", titled(&title))),
                    (None, number) => number.map(|number| format!("curid={number}")),
                };
                // What stands behind them is the title's, whatever servers make of them elsewhere.
                let same = [("%2F", "/"), ("%3B", ";"), ("+", "%2B")];
                (with(target.path, &same), name)
            }
        };
        match name.filter(|name| !name.ends_with('=')) {
            Some(name) => format!("{path}?{name}"),
            None => path,
        }
    }
}

/// What was asked for.
struct Target<'a> {
    path: &'a str,
    query: &'a str,
}

impl<'a> Target<'a> {
    fn of(text: &'a str) -> Target<'a> {
        let text = text.split('#').next().unwrap_or(text);
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        Target { path, query }
    }

    /// The parts of the path, below the host where it is a whole address, without `;parameters`.
    fn segments(&self) -> Vec<&'a str> {
        let path = match self.path.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => self.path,
        };
        let parts = path.split('/');
        let parts = parts.map(|part| part.split(';').next().unwrap_or(part));
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// A parameter's value, if it has one.
    fn value(&self, name: &str) -> Option<String> {
        // Both wikis are written in PHP, which divides by no semicolon.
        let found = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(one, _)| *one == name);
        let (_, value) = found?;
        let value = value.replace('+', " ");
        let value = percent_decode_str(&value).decode_utf8_lossy().into_owned();
        (!value.trim().is_empty()).then_some(value)
    }

    /// A page of Confluence, at its root or in a folder. One page makes many more requests, some of them
    /// every half minute.
    fn is_of_confluence(&self) -> bool {
        let names = |name: &str| self.query.contains(name);
        let is_page = |segments: &[&str]| match segments {
            ["display", _, _, ..] | ["x", _] | ["spaces", _, "pages", _, ..] => true,
            ["pages", "viewpage.action"] => names("pageId=") || names("title="),
            _ => false,
        };
        let segments = self.segments();
        is_page(&segments) || segments.get(1..).is_some_and(is_page)
    }

    /// A page of DokuWiki that is shown, in whatever way its addresses are written.
    fn is_of_dokuwiki(&self) -> bool {
        let segments = self.segments();
        let script = segments.iter().find(|part| part.ends_with(".php"));
        let is_script = script.is_none_or(|script| *script == DOKU || *script == INDEX);
        let is_aside = segments.iter().any(|part| OF_DOKUWIKI.contains(part));
        let is_shown = self.value("do").is_none_or(|what| what == "show");
        is_script && !is_aside && is_shown
    }

    /// A page of MediaWiki that is shown, and no page that it makes itself.
    fn is_of_mediawiki(&self) -> bool {
        let segments = self.segments();
        let script = segments.iter().position(|part| part.ends_with(".php"));
        let is_script = script.is_none_or(|at| segments.get(at) == Some(&INDEX));
        let before = script.map_or(&segments[..], |at| &segments[..at]);
        let is_aside = before.iter().any(|part| OF_MEDIAWIKI.contains(part));
        let shown = ["action", "veaction"].map(|name| self.value(name));
        let is_shown = shown
            .into_iter()
            .flatten()
            .all(|what| matches!(&*what, "view" | "purge"));
        let is_compared = self.value("diff").is_some();
        let title = self.value("title");
        let mut names = segments
            .iter()
            .map(|part| percent_decode_str(part).decode_utf8_lossy())
            .chain(title.map(Cow::Owned));
        let is_made = names.any(|name| {
            let name = name.trim_start_matches(':').to_lowercase();
            SPECIAL.iter().any(|special| name.starts_with(special))
        });
        is_script && !is_aside && is_shown && !is_compared && !is_made
    }
}

/// A path with characters in another way of writing them; hexadecimal digits in either case.
fn with(path: &str, others: &[(&str, &str)]) -> String {
    let mut path = path.to_owned();
    for (one, other) in others {
        path = path.replace(one, other).replace(&one.to_lowercase(), other);
    }
    path
}

/// A page's name as DokuWiki spells it in addresses: small letters, colons between its parts.
fn spelled(id: &str) -> String {
    let id = crate::sources::dokuwiki::spelled(id);
    written(&id)
}

/// A title as MediaWiki spells it in addresses: no spaces, and a capital at its beginning, as nearly all
/// wikis have it.
fn titled(title: &str) -> String {
    let title = title.trim().replace(' ', "_");
    let mut letters = title.trim_matches('_').chars();
    let first = letters.next().map(char::to_uppercase);
    let title: String = first.into_iter().flatten().chain(letters).collect();
    written(&title)
}

/// Percent-encodes what would end a parameter; the rest is as addresses of wikis have it.
fn written(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '%' => text.push_str("%25"),
            '&' => text.push_str("%26"),
            '#' => text.push_str("%23"),
            '+' => text.push_str("%2B"),
            ';' => text.push_str("%3B"),
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_page(wiki: Wiki, target: &str) -> bool {
        wiki.left_out(target.as_bytes()).is_none()
    }

    #[test]
    fn pages_of_confluence() {
        for path in [
            "/display/OPS/Disk+full",
            "/confluence/display/OPS/Disk+full?src=search",
            "/x/AbC1",
            "/spaces/OPS/pages/123/Disk+full",
            "/pages/viewpage.action?pageId=123",
            "/wiki/pages/viewpage.action?spaceKey=OPS&title=Disk",
        ] {
            assert!(is_page(Wiki::Confluence, path), "{path}");
        }
        for path in [
            "/",
            "/index.action",
            "/display/OPS",
            "/rest/quickreload/latest/123",
            "/pages/viewpage.action",
            "/pages/editpage.action?pageId=123",
            "/a/b/x/c",
        ] {
            assert!(!is_page(Wiki::Confluence, path), "{path}");
        }
    }

    #[test]
    fn pages_of_dokuwiki() {
        for path in [
            "/doku.php?id=pm:disk",
            "/w/doku.php?id=pm:disk&do=show&rev=1",
            "/w/doku.php/pm:disk",
            "/pm/disk",
            "/pm:disk",
            "/",
            "https://h/pm/disk?do=",
        ] {
            assert!(is_page(Wiki::Doku, path), "{path}");
        }
        for path in [
            "/lib/exe/css.php?t=dokuwiki",
            "/w/lib/exe/js.php",
            "/lib/exe/fetch.php?media=x",
            "/lib/exe/ajax.php",
            "/lib/exe/taskrunner.php?id=pm%3Adisk",
            "/lib/tpl/dokuwiki/x",
            "/_media/pm/disk",
            "/_detail/pm/disk",
            "/_export/xhtml/pm/disk",
            "/feed.php",
            "/install.php",
            "/doku.php?id=pm:disk&do=edit",
            "/pm/disk?do=login&sectok=",
            "/doku.php?do=search&q=x",
        ] {
            assert!(!is_page(Wiki::Doku, path), "{path}");
        }
    }

    #[test]
    fn pages_of_mediawiki() {
        for path in [
            "/wiki/Disk_full",
            "/w/index.php?title=Disk_full",
            "/w/index.php/Disk_full?action=view",
            "/w/index.php?curid=10",
            "/w/index.php?title=Disk_full&oldid=7",
            "/wiki/Talk:Disk_full",
            "/wiki/Especially",
        ] {
            assert!(is_page(Wiki::Media, path), "{path}");
        }
        for path in [
            "/w/load.php?lang=en&modules=site",
            "/w/api.php?action=query",
            "/w/rest.php/v1/page/Disk_full",
            "/w/opensearch_desc.php",
            "/w/thumb.php?f=x",
            "/w/index.php?title=Disk_full&action=raw",
            "/w/index.php?title=Disk_full&action=edit",
            "/wiki/Disk_full?veaction=edit",
            "/w/index.php?title=Disk_full&diff=8&oldid=7",
            "/wiki/Special:RecentChanges",
            "/wiki/Spezial:Suche",
            "/w/index.php/special:Search",
            "/w/index.php?title=Sp%C3%A9cial%3AConnexion",
            "/w/skins/Vector/x",
            "/w/extensions/y",
        ] {
            assert!(!is_page(Wiki::Media, path), "{path}");
        }
    }

    #[test]
    fn one_page_has_one_address_in_each_way_of_writing() {
        for (wiki, address, page) in [
            (
                Wiki::Doku,
                "https://h/doku.php?rev=1&do=show&id=PM%3ADisk+full",
                "https://h/doku.php?id=pm:disk_full",
            ),
            (
                Wiki::Doku,
                "https://h/doku.php?id=pm;disk;full",
                "https://h/doku.php?id=pm:disk:full",
            ),
            (Wiki::Doku, "https://h/pm;disk", "https://h/pm:disk"),
            (
                Wiki::Doku,
                "https://h/doku.php?id=pm/disk",
                "https://h/doku.php?id=pm_disk",
            ),
            (Wiki::Doku, "https://h/pm/disk?do=show", "https://h/pm/disk"),
            (Wiki::Doku, "https://h/doku.php", "https://h/doku.php"),
            (
                Wiki::Media,
                "https://h/w/index.php?action=view&title=disk%20full",
                "https://h/w/index.php?title=Disk_full",
            ),
            (
                Wiki::Media,
                "https://h/w/index.php?title=R%26D+day&oldid=7",
                "https://h/w/index.php?title=R%26D_day",
            ),
            (
                Wiki::Media,
                "https://h/w/index.php?oldid=7&curid=10",
                "https://h/w/index.php?curid=10",
            ),
            (
                Wiki::Media,
                "https://h/wiki/Disk_full?action=view",
                "https://h/wiki/Disk_full",
            ),
            (
                Wiki::Media,
                "https://h/w/index.php?title=a;b&action=view",
                "https://h/w/index.php?title=A%3Bb",
            ),
            (
                Wiki::Media,
                "https://h/wiki/Incidents%2fC++%3bx?oldid=7",
                "https://h/wiki/Incidents/C%2B%2B;x",
            ),
            (Wiki::Confluence, "https://h/x/AbC", "https://h/x/AbC"),
        ] {
            assert_eq!(wiki.page(address.to_owned(), false), page, "{address}");
        }
        let slashed = Wiki::Doku.page("https://h/doku.php?id=pm/disk".to_owned(), true);
        assert_eq!(slashed, "https://h/doku.php?id=pm:disk");
    }

    proptest! {
        #[test]
        fn any_target_is_looked_at(target in "(/|[?]|&|id=|title=|do=|%|index[.]php|[a-z:\u{e4}]){0,20}") {
            for wiki in [Wiki::Confluence, Wiki::Doku, Wiki::Media] {
                let _ = wiki.left_out(target.as_bytes());
                let once = wiki.page(target.clone(), false);
                prop_assert_eq!(wiki.page(once.clone(), false), once);
            }
        }
    }
}
