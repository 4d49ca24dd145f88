//! Wikis of Wikimedia, as their dumps call them, and the addresses of their pages.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::sources::KnownWriteup;

/// What can't stand in the path of an address as it is.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Projects of which `wikimedia` is the second half of the name, and `.m` the code.
const WIKIMEDIA: [&str; 10] = [
    "commons",
    "incubator",
    "meta",
    "outreach",
    "quality",
    "species",
    "strategy",
    "usability",
    "wikimania",
    "wikitech",
];

/// One page of a wiki.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Page {
    /// `de.wikipedia`.
    pub(super) wiki: String,
    /// As a dump writes it: `Main_Page`.
    pub(super) title: String,
    /// What the write-up is known by, or the page's own address.
    pub(super) address: String,
}

impl Page {
    /// A page that nobody registered.
    pub(super) fn of(wiki: &str, title: &str) -> Page {
        let encoded = utf8_percent_encode(title, IN_PATH);
        Page {
            wiki: wiki.to_owned(),
            title: title.to_owned(),
            address: format!("https://{}/wiki/{encoded}", host(wiki)),
        }
    }
}

/// The wiki that the code of an hourly dump means: `en`, `en.m`, `de.voy`, `commons.m`.
pub(super) fn by_code(code: &str) -> Option<String> {
    let mut parts = code.split('.');
    let language = parts.next().filter(|language| !language.is_empty())?;
    let mut rest: Vec<&str> = parts.collect();
    // Views of the mobile site are those of the same pages; the second `m` of `commons.m.m`, too.
    if let ["m" | "zero", _] = rest[..] {
        rest.remove(0);
    }
    let project = match rest[..] {
        [] => "wikipedia",
        ["m"] if WIKIMEDIA.contains(&language) => "wikimedia",
        ["m" | "zero"] => "wikipedia",
        ["b"] => "wikibooks",
        ["d"] => "wiktionary",
        ["n"] => "wikinews",
        ["q"] => "wikiquote",
        ["s"] => "wikisource",
        ["v"] => "wikiversity",
        ["voy"] => "wikivoyage",
        ["w"] => return Some("mediawiki".to_owned()),
        ["wd"] => return Some("wikidata".to_owned()),
        ["f"] => return Some("foundation.wikimedia".to_owned()),
        _ => return None,
    };
    Some(format!("{language}.{project}"))
}

/// The host of a wiki.
fn host(wiki: &str) -> String {
    match wiki {
        "mediawiki" | "wikidata" | "wikifunctions" => format!("www.{wiki}.org"),
        _ => format!("{wiki}.org"),
    }
}

/// A title as it is compared: without percent-encoding and with underscores.
pub(super) fn plain(title: &str) -> Cow<'_, str> {
    if !title.contains(['%', ' ']) {
        return Cow::Borrowed(title);
    }
    match percent_decode_str(title).decode_utf8() {
        Ok(decoded) => Cow::Owned(decoded.replace(' ', "_")),
        // A per cent sign that begins nothing is part of the title.
        Err(_) => Cow::Owned(title.replace(' ', "_")),
    }
}

/// The pages that are registered write-ups, by wiki and title.
#[derive(Default)]
pub(super) struct Wanted(HashMap<String, HashMap<String, Page>>);

impl Wanted {
    /// Those among the names of write-ups.
    pub(super) fn of(writeups: &[KnownWriteup]) -> Wanted {
        let mut wanted = Wanted::default();
        for writeup in writeups {
            for name in std::iter::once(&writeup.id).chain(&writeup.aliases) {
                if let Some(page) = registered(name) {
                    let wiki = wanted.0.entry(page.wiki.clone()).or_default();
                    wiki.entry(page.title.clone()).or_insert(page);
                }
            }
        }
        wanted
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The page of this title, if it is wanted.
    pub(super) fn page(&self, wiki: &str, title: &str) -> Option<&Page> {
        self.0.get(wiki)?.get(title)
    }

    /// All of them, in an order that does not change.
    pub(super) fn pages(&self) -> Vec<Page> {
        let mut pages: Vec<Page> = self.0.values().flat_map(HashMap::values).cloned().collect();
        pages.sort();
        pages
    }
}

/// The page that an address of a write-up names.
fn registered(name: &str) -> Option<Page> {
    let url = url::Url::parse(name).ok()?;
    let host = url.host_str()?.strip_suffix(".org")?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let wiki = host.replace(".m.", ".");
    let known = matches!(wiki.as_str(), "mediawiki" | "wikidata" | "wikifunctions")
        || wiki
            .split_once('.')
            .is_some_and(|(_, project)| PROJECTS.contains(&project));
    let title = url.path().strip_prefix("/wiki/").filter(|_| known)?;
    let title = plain(title).into_owned();
    (!title.is_empty()).then(|| Page {
        wiki,
        title,
        address: name.to_owned(),
    })
}

const PROJECTS: [&str; 9] = [
    "wikipedia",
    "wikimedia",
    "wikibooks",
    "wiktionary",
    "wikinews",
    "wikiquote",
    "wikisource",
    "wikiversity",
    "wikivoyage",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, wiki) in [
            ("en", Some("en.wikipedia")),
            ("en.m", Some("en.wikipedia")),
            ("en.zero", Some("en.wikipedia")),
            ("de.voy", Some("de.wikivoyage")),
            ("de.m.voy", Some("de.wikivoyage")),
            ("commons.m", Some("commons.wikimedia")),
            ("commons.m.m", Some("commons.wikimedia")),
            ("www.wd", Some("wikidata")),
            ("www.w", Some("mediawiki")),
            ("\"\"", Some("\"\".wikipedia")),
            ("", None),
            ("en.x", None),
            ("en.m.m.m", None),
        ] {
            assert_eq!(by_code(code).as_deref(), wiki, "{code}");
        }
    }

    #[test]
    fn registered_pages_by_any_address() {
        let writeup = |alias: &str| KnownWriteup {
            id: "INC-1".to_owned(),
            title: None,
            aliases: vec![alias.to_owned()],
        };
        for (alias, wiki, title) in [
            (
                "https://de.wikipedia.org/wiki/Gro%C3%9Fer_Ausfall",
                "de.wikipedia",
                "Großer_Ausfall",
            ),
            ("https://en.m.wikipedia.org/wiki/A_B", "en.wikipedia", "A_B"),
            ("https://www.mediawiki.org/wiki/X", "mediawiki", "X"),
            (
                "https://wikitech.wikimedia.org/wiki/Incidents/2024",
                "wikitech.wikimedia",
                "Incidents/2024",
            ),
        ] {
            let wanted = Wanted::of(&[writeup(alias)]);
            let page = wanted
                .page(wiki, title)
                .unwrap_or_else(|| panic!("{alias}"));
            assert_eq!(page.address, alias);
        }
        let none = [
            "https://wiki.example.org/wiki/A",
            "https://en.wikipedia.org/w/x",
            "INC-2",
        ];
        assert!(
            none.iter()
                .all(|name| Wanted::of(&[writeup(name)]).is_empty())
        );
    }

    #[test]
    fn addresses_of_titles() {
        assert_eq!(
            Page::of("de.wikipedia", "Was_ist_\"x\"?").address,
            "https://de.wikipedia.org/wiki/Was_ist_%22x%22%3F"
        );
        assert_eq!(plain("100%25_%C3%A4 b"), "100%_ä_b");
        assert_eq!(plain("100%_x"), "100%_x");
    }
}
