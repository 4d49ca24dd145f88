//! Confluence's storage format: XHTML with elements of its own. Counts what a page's prose holds, and
//! finds what it leads to. Tolerant: what is not closed ends with the text, and nothing is refused.

use crate::model::Vocabulary;
use crate::sources::prose::{Counts, Prose};

/// What is counted of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measured {
    /// Words of prose.
    pub(super) words: u32,
    /// Images and drawings.
    pub(super) diagrams: u32,
    /// Links to pages or addresses.
    pub(super) links: u32,
    /// Passages in other people's words.
    pub(super) quotations: u32,
    /// Abbreviations and sources of data.
    pub(super) counts: Counts,
}

/// What a page leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reference {
    /// A page by its title; in the same space where none is named.
    Title {
        space: Option<String>,
        title: String,
    },
    /// A page by its number.
    Number(u64),
    /// An address.
    Address(String),
}

/// A page, taken apart.
#[derive(Default)]
pub(super) struct Taken {
    /// All it leads to, in its order.
    pub(super) references: Vec<Reference>,
    /// Its texts, with what is no prose.
    pub(super) text: String,
    prose: Prose,
    /// The words of its prose.
    pub(super) words: Vec<String>,
    diagrams: u32,
    links: u32,
    quotations: u32,
}

/// Macros that draw.
const DRAWING: &[&str] = &[
    "balsamiq",
    "drawio",
    "excalidraw",
    "gliffy",
    "graphviz",
    "inc-drawio",
    "lucidchart",
    "mermaid",
    "miro",
    "plantuml",
    "puml",
    "whiteboard",
];

/// Elements whose texts are no prose: code, settings of macros, numbers and states of tasks.
const NO_PROSE: &[&str] = &[
    "pre",
    "style",
    "script",
    "ac:plain-text-body",
    "ac:parameter",
    "ac:task-id",
    "ac:task-uuid",
    "ac:task-status",
    "ac:default-parameter",
    "ac:adf-attribute",
    "ac:placeholder",
];

/// Elements within a line; all others end it.
const INLINE: &[&str] = &[
    "a",
    "abbr",
    "b",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
    "ac:link",
    "ac:link-body",
    "ac:plain-text-link-body",
    "ac:inline-comment-marker",
    "ac:emoticon",
    "ri:page",
    "ri:blog-post",
    "ri:user",
    "ri:space",
    "ri:url",
    "ri:content-entity",
    "ri:attachment",
    "time",
];

/// Takes a page apart.
pub(super) fn take(storage: &str) -> Taken {
    let mut reading = Reading::default();
    let mut rest = storage;
    while let Some(at) = rest.find('<') {
        reading.text(&decoded(&rest[..at]));
        rest = &rest[at..];
        rest = if let Some(inside) = rest.strip_prefix("<![CDATA[") {
            let (text, rest) = inside.split_once("]]>").unwrap_or((inside, ""));
            reading.text(text);
            rest
        } else if let Some(inside) = rest.strip_prefix("<!--") {
            inside.split_once("-->").map_or("", |(_, rest)| rest)
        } else {
            let end = tag_end(rest);
            reading.tag(rest[1..end].trim_end_matches('>'));
            &rest[end..]
        };
    }
    reading.text(&decoded(rest));
    reading.taken
}

/// Measures a page.
pub(super) fn measure(storage: &str, vocabulary: &Vocabulary) -> Measured {
    take(storage).measured(vocabulary)
}

impl Taken {
    /// Counts.
    pub(super) fn measured(&self, vocabulary: &Vocabulary) -> Measured {
        Measured {
            words: u32::try_from(self.words.len()).unwrap_or(u32::MAX),
            diagrams: self.diagrams,
            links: self.links,
            quotations: self.quotations,
            counts: self.prose.counts(vocabulary),
        }
    }
}

/// How many words came and went from one text to the next, wherever they stood.
pub(super) fn changed(before: &[String], after: &[String]) -> (u32, u32) {
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort_unstable();
        words
    };
    let (before, after) = (sorted(before), sorted(after));
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let (mut added, mut removed) = (0u32, 0u32);
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return (added, removed),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        match order {
            std::cmp::Ordering::Less => {
                removed = removed.saturating_add(1);
                old.next();
            }
            std::cmp::Ordering::Greater => {
                added = added.saturating_add(1);
                new.next();
            }
            std::cmp::Ordering::Equal => {
                old.next();
                new.next();
            }
        }
    }
}

#[derive(Default)]
struct Reading {
    taken: Taken,
    /// The elements around this place whose texts are no prose.
    aside: Vec<String>,
    /// Links around this place.
    linking: u32,
}

impl Reading {
    fn text(&mut self, text: &str) {
        self.taken.text.push_str(text);
        if !self.aside.is_empty() {
            return;
        }
        self.taken.prose.add(text, self.linking > 0);
        let words = text
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphanumeric) && !word.contains("://"));
        self.taken.words.extend(words.map(str::to_owned));
        // An address that was only written is a link, too.
        if self.linking == 0 {
            let addresses = text.matches("http://").count() + text.matches("https://").count();
            let addresses = u32::try_from(addresses).unwrap_or(u32::MAX);
            self.taken.links = self.taken.links.saturating_add(addresses);
        }
    }

    /// What stands between `<` and `>`.
    fn tag(&mut self, tag: &str) {
        let (tag, closes) = match tag.strip_prefix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let name = tag
            .split(|c: char| c.is_ascii_whitespace())
            .next()
            .unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if !INLINE.contains(&name.as_str()) {
            self.taken.text.push('\n');
            if self.aside.is_empty() {
                self.taken.prose.end();
            }
        }
        if NO_PROSE.contains(&name.as_str()) && !is_empty {
            match closes {
                false => self.aside.push(name.clone()),
                true => {
                    if let Some(at) = self.aside.iter().rposition(|open| *open == name) {
                        self.aside.truncate(at);
                    }
                }
            }
        }
        let is_link = matches!(name.as_str(), "a" | "ac:link");
        match (is_link, closes) {
            (true, true) => self.linking = self.linking.saturating_sub(1),
            (true, false) if !is_empty => self.linking = self.linking.saturating_add(1),
            _ => {}
        }
        if !closes {
            self.opened(&name, tag);
        }
    }

    fn opened(&mut self, name: &str, tag: &str) {
        let get = |wanted: &str| attribute(tag, wanted);
        match name {
            "a" => self.leads_to_address(get("href"), get("data-linked-resource-id")),
            "ri:url" => self.leads_to_address(get("ri:value"), None),
            "ri:page" | "ri:blog-post" => {
                if let Some(title) = get("ri:content-title") {
                    let space = get("ri:space-key").filter(|space| !space.is_empty());
                    self.refer(Reference::Title { space, title });
                }
            }
            "ri:content-entity" => {
                let id = get("ri:content-id").and_then(|id| id.parse().ok());
                if let Some(id) = id {
                    self.refer(Reference::Number(id));
                }
            }
            "blockquote" => self.taken.quotations += 1,
            "ac:image" => self.taken.diagrams += 1,
            "ac:structured-macro" | "ac:macro" => {
                let called = get("ac:name").unwrap_or_default().to_ascii_lowercase();
                if called == "quote" {
                    self.taken.quotations += 1;
                } else if DRAWING.iter().any(|drawing| called.starts_with(drawing)) {
                    self.taken.diagrams += 1;
                }
            }
            _ => {}
        }
    }

    fn leads_to_address(&mut self, address: Option<String>, page: Option<String>) {
        let Some(address) = address.filter(|address| !address.starts_with('#')) else {
            return;
        };
        self.taken.prose.leads_to(&address);
        if let Some(page) = page.and_then(|page| page.parse().ok()) {
            self.taken.references.push(Reference::Number(page));
        }
        self.refer(Reference::Address(address));
    }

    fn refer(&mut self, reference: Reference) {
        self.taken.links = self.taken.links.saturating_add(1);
        self.taken.references.push(reference);
    }
}

/// Where a tag ends, behind its `>`; a `>` in quotation marks is none.
fn tag_end(text: &str) -> usize {
    let mut quoted = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quoted, byte) {
            (None, b'"' | b'\'') => quoted = Some(byte),
            (Some(open), byte) if open == byte => quoted = None,
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// An attribute of a tag, decoded.
fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut from = 0;
    while let Some(at) = tag.get(from..)?.find(wanted) {
        let start = from + at;
        from = start + wanted.len();
        let before = tag[..start].chars().next_back();
        if !before.is_some_and(char::is_whitespace) {
            continue;
        }
        let rest = tag[from..].trim_start();
        let Some(rest) = rest.strip_prefix('=') else {
            continue;
        };
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, _) = rest[1..].split_once(quote)?;
        return Some(decoded(value));
    }
    None
}

/// A text with its entities read.
fn decoded(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        read.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest name that there is has not so many letters.
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';');
        let known = end.and_then(|(end, _)| Some((end, entity(&rest[1..end])?)));
        match known {
            Some((end, c)) => {
                read.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                read.push('&');
                rest = &rest[1..];
            }
        }
    }
    read.push_str(rest);
    read
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        "nbsp" => ' ',
        "ndash" => '\u{2013}',
        "mdash" => '\u{2014}',
        "hellip" => '\u{2026}',
        "ldquo" => '\u{201c}',
        "rdquo" => '\u{201d}',
        "rarr" => '\u{2192}',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: &str = "<h2>Disk &amp; queue</h2><p>The LB of <ac:link><ri:page ri:content-title=\"Old one\" />\
        <ac:plain-text-link-body><![CDATA[the old one]]></ac:plain-text-link-body></ac:link> was full, see \
        <a href=\"https://wiki.example.org/x/AbC?a=1&amp;b=2\" data-card-appearance=\"inline\">this</a>.</p>\
        <ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">bash</ac:parameter>\
        <ac:plain-text-body><![CDATA[df -h > INC-12]]></ac:plain-text-body></ac:structured-macro>\
        <blockquote><p>we saw nothing</p></blockquote><ac:image><ri:attachment ri:filename=\"a.png\" /></ac:image>\
        <ac:structured-macro ac:name=\"drawio\" /><ac:link><ri:user ri:account-id=\"1\" /></ac:link>";

    #[test]
    fn a_page_is_counted_and_its_links_are_found() {
        let taken = take(PAGE);
        let expected = [
            Reference::Title {
                space: None,
                title: "Old one".to_owned(),
            },
            Reference::Address("https://wiki.example.org/x/AbC?a=1&b=2".to_owned()),
        ];
        assert_eq!(taken.references, expected);
        assert!(taken.text.contains("INC-12"));
        let measured = taken.measured(&Vocabulary::default());
        assert_eq!(
            (measured.words, measured.links),
            (15, 2),
            "{:?}",
            taken.words
        );
        assert_eq!((measured.diagrams, measured.quotations), (2, 1));
        assert_eq!(
            (measured.counts.acronyms, measured.counts.unexplained),
            (1, 1)
        );
    }

    #[test]
    fn odd_markup_is_read_as_far_as_it_goes() {
        for (text, words, links) in [
            ("", 0, 0),
            ("no markup at all", 4, 0),
            ("<p>a &nbsp; b &unknown; c", 4, 0),
            ("a <b>bold", 2, 0),
            ("<p>x</p", 1, 0),
            ("<a href='https://h/'>here</a>", 1, 1),
            ("<a href=\"#top\">top</a>", 1, 0),
            ("see https://h/a now", 2, 1),
            ("<![CDATA[open", 1, 0),
            ("<!-- hidden words", 0, 0),
            ("<pre>not prose</pre>prose", 1, 0),
            (
                "<ac:link><ri:page ri:space-key=\"A\" ri:content-title=\"B &gt; C\"/></ac:link>",
                0,
                1,
            ),
        ] {
            let measured = measure(text, &Vocabulary::default());
            assert_eq!((measured.words, measured.links), (words, links), "{text}");
        }
        let found = take("<ri:page ri:space-key=\"A\" ri:content-title=\"B &gt; C\"/>").references;
        let title = Reference::Title {
            space: Some("A".to_owned()),
            title: "B > C".to_owned(),
        };
        assert_eq!(found, [title]);
    }

    #[test]
    fn words_that_came_and_went() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(changed(&words("a b c"), &words("c a d d")), (2, 1));
        assert_eq!(changed(&[], &words("a")), (1, 0));
        assert_eq!(changed(&words("a"), &[]), (0, 1));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in "[<>/a-c=\"'&;#!\\[\\]CDAT \u{e9}:-]{0,80}") {
            let taken = take(&text);
            prop_assert!(taken.words.len() <= text.len());
            let (added, removed) = changed(&[], &taken.words);
            prop_assert_eq!((usize::try_from(added).expect("few"), removed), (taken.words.len(), 0));
        }
    }
}
