//! What is measured of a write-up's prose beyond its words: abbreviations, how many of them nobody
//! explains, and the sources of data that it names (INDICATORS section 8). Shared by sources; it is no
//! kind of source.
//!
//! An abbreviation is a word of two to six capital letters, also with a plural `s`. It is explained where
//! the organisation's glossary has it, or where at its first use it is part of a link, is followed by its
//! long form in brackets, or stands itself in brackets behind its long form. Lines all in capitals say
//! nothing about abbreviations, and `INC-12` is a key.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::model::Vocabulary;

/// Prose as it is gathered from a text: words, and which of them stand in links.
#[derive(Default)]
pub(super) struct Prose {
    text: String,
    links: Vec<Range<usize>>,
    /// Where the links lead.
    targets: String,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Different abbreviations.
    pub(super) acronyms: u32,
    /// Those that nobody explains.
    pub(super) unexplained: u32,
    /// Different sources of data.
    pub(super) data_sources: u32,
}

impl Prose {
    /// Adds a piece as it stands in the text.
    pub(super) fn add(&mut self, piece: &str, in_link: bool) {
        let start = self.text.len();
        self.text.push_str(piece);
        if in_link {
            self.links.push(start..self.text.len());
        }
    }

    /// Ends a line or a paragraph.
    pub(super) fn end(&mut self) {
        self.text.push('\n');
    }

    /// Adds where a link leads.
    pub(super) fn leads_to(&mut self, target: &str) {
        self.targets.push_str(target);
        self.targets.push('\n');
    }

    /// The abbreviations that nobody explains, in the order of the alphabet.
    pub(super) fn unexplained(&self, vocabulary: &Vocabulary) -> Vec<String> {
        let first = self.first(vocabulary).into_iter();
        let unexplained = first.filter(|(_, explained)| !explained);
        unexplained.map(|(acronym, _)| acronym.to_owned()).collect()
    }

    /// Counts.
    pub(super) fn counts(&self, vocabulary: &Vocabulary) -> Counts {
        let first = self.first(vocabulary);
        let text = self.text.to_lowercase();
        let targets = self.targets.to_lowercase();
        let named = |name: &&String| {
            let name = name.to_lowercase();
            let plain = name.replace(' ', "");
            holds_word(&text, &name) || holds_word(&targets, &plain)
        };
        let sources = vocabulary.data_sources.iter().filter(named).count();
        let unexplained = first.values().filter(|explained| !**explained).count();
        Counts {
            acronyms: number(first.len()),
            unexplained: number(unexplained),
            data_sources: number(sources),
        }
    }

    /// Every abbreviation, and whether it was explained when it came first.
    fn first(&self, vocabulary: &Vocabulary) -> BTreeMap<&str, bool> {
        let mut first: BTreeMap<&str, bool> = BTreeMap::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let range = start..start + line.len();
            start = range.end;
            if line.chars().any(char::is_lowercase) {
                self.acronyms(range, vocabulary, &mut first);
            }
        }
        first
    }

    /// The abbreviations of a line, and whether they were explained when they came first.
    fn acronyms<'a>(
        &'a self,
        line: Range<usize>,
        vocabulary: &Vocabulary,
        first: &mut BTreeMap<&'a str, bool>,
    ) {
        let text = &self.text[..line.end];
        let mut at = line.start;
        for word in text[line].split_inclusive(|c: char| !c.is_alphanumeric()) {
            let start = at;
            at += word.len();
            let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            let Some(acronym) = acronym(word) else {
                continue;
            };
            let end = start + word.len();
            if is_key(&text[end..]) || first.contains_key(acronym) {
                continue;
            }
            let known = vocabulary.glossary.iter().any(|known| known == acronym);
            let linked = self.links.iter().any(|link| link.contains(&start));
            let explained = known
                || linked
                || is_followed_by_long_form(&text[end..], acronym)
                || is_behind_long_form(&text[..start], &text[end..], acronym);
            first.insert(acronym, explained);
        }
    }
}

/// The abbreviation that a word is, without its plural.
fn acronym(word: &str) -> Option<&str> {
    let letters = word.strip_suffix('s').unwrap_or(word);
    let fits = (2..=6).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_uppercase());
    fits.then_some(letters)
}

/// The rest of `INC-12` behind its letters.
fn is_key(rest: &str) -> bool {
    let mut rest = rest.chars();
    matches!(rest.next(), Some('-' | '_' | '#')) && rest.next().is_some_and(|c| c.is_ascii_digit())
}

/// ` (Long form)`.
fn is_followed_by_long_form(rest: &str, acronym: &str) -> bool {
    let inside = rest.trim_start_matches(' ').strip_prefix('(');
    let inside = inside.and_then(|inside| inside.split_once(')'));
    inside
        .is_some_and(|(long, _)| long.len() > acronym.len() && long.chars().any(char::is_lowercase))
}

/// `Long form (` before it and `)` behind it, the words before beginning with its letters.
fn is_behind_long_form(before: &str, rest: &str, acronym: &str) -> bool {
    let Some(before) = before.strip_suffix('(').filter(|_| rest.starts_with(')')) else {
        return false;
    };
    let words = before.split(|c: char| !c.is_alphanumeric());
    let initials = words.rev().filter_map(|word| word.chars().next());
    let letters = acronym.chars().rev();
    letters.map(Some).eq(initials
        .map(|letter| letter.to_uppercase().next())
        .take(acronym.len()))
}

/// Whether a name stands in a text by itself.
fn holds_word(text: &str, name: &str) -> bool {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            apart(before) && apart(text[at + name.len()..].chars().next())
        })
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(text: &str) -> (u32, u32, u32) {
        let vocabulary = Vocabulary {
            glossary: vec!["DNS".to_owned()],
            ..Vocabulary::default()
        };
        let mut prose = Prose::default();
        prose.add(text, false);
        let counts = prose.counts(&vocabulary);
        (counts.acronyms, counts.unexplained, counts.data_sources)
    }

    #[test]
    fn an_abbreviation_is_explained_when_it_comes_first() {
        for (text, expected) in [
            ("The DNS and the LB failed, DNSs too", (2, 1, 0)),
            ("the LB (load balancer) and the LB", (1, 0, 0)),
            ("the LB failed; the LB (load balancer)", (1, 1, 0)),
            ("a load balancer (LB) failed", (1, 0, 0)),
            ("a balancer of load (LB) failed", (1, 1, 0)),
            ("the queue (LB)", (1, 1, 0)),
            ("the LB (B)", (1, 1, 0)),
            ("WHAT WENT WELL\nnothing", (0, 0, 0)),
            ("see INC-12, S3, P99, HTTP2, TOOLONGS", (0, 0, 0)),
            ("a graph in Grafana, new relic, not lokiness", (0, 0, 2)),
            ("", (0, 0, 0)),
        ] {
            assert_eq!(counts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_link_explains_and_leads_to_data() {
        let mut prose = Prose::default();
        prose.add("the ", false);
        prose.add("LB", true);
        prose.add(" failed", false);
        prose.end();
        prose.leads_to("https://grafana.example.org/d/1");
        assert_eq!(prose.unexplained(&Vocabulary::default()), [""; 0]);
        prose.add("the KV and the DB\n", false);
        assert_eq!(prose.unexplained(&Vocabulary::default()), ["DB", "KV"]);
        let counts = prose.counts(&Vocabulary::default());
        let expected = Counts {
            acronyms: 3,
            unexplained: 2,
            data_sources: 1,
        };
        assert_eq!(counts, expected);
    }

    proptest! {
        #[test]
        fn any_text_is_counted(text in "[A-Za-z() \\n\u{e9}-]{0,60}") {
            let (all, unexplained, _) = counts(&text);
            prop_assert!(unexplained <= all);
        }
    }
}
