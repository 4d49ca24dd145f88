//! A write-up's own text: its title, date, people and names, and counts of what is in it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::model::{Calendar, Millis, Vocabulary, parse_rfc3339};
use crate::sources::prose::{Counts, Prose};

use super::front;
use super::place::DRAWN;

/// What a write-up's text says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sources) struct Document {
    /// Its title.
    pub(in crate::sources) title: Option<String>,
    /// The date it gives itself.
    pub(super) published_at: Option<Millis>,
    /// Its authors, as it names them.
    pub(in crate::sources) authors: Vec<String>,
    /// Who responded to the incident, as it names them.
    pub(in crate::sources) responders: Vec<String>,
    /// Who reviewed it, as it names them.
    pub(super) reviewers: Vec<String>,
    /// Who led its review, as it names them.
    pub(super) facilitators: Vec<String>,
    /// What it was written by.
    pub(super) template: Option<String>,
    /// It says that not everybody may see it.
    pub(super) restricted: bool,
    /// The team it names.
    pub(super) owner_team: Option<String>,
    /// Its tags.
    pub(super) tags: Vec<String>,
    /// Incident keys in its header, heading or file name.
    pub(super) keys: Vec<String>,
    /// Words outside code blocks.
    pub(in crate::sources) words: u32,
    /// Images and drawn code blocks; known of Markdown only.
    pub(in crate::sources) diagrams: Option<u32>,
    /// Hyperlinks.
    pub(in crate::sources) hyperlinks: u32,
    /// Passages in other people's words; known of Markdown only.
    pub(in crate::sources) quotations: Option<u32>,
    /// Abbreviations and sources of data.
    pub(super) counts: Counts,
}

/// Fields with these words in their names speak of other incidents.
const ELSEWHERE: &[&str] = &[
    "relat",
    "see",
    "refer",
    "link",
    "supersede",
    "previous",
    "duplicate",
];

/// What templates and their users write where a title should stand, in lower-case letters alone.
const PLACEHOLDERS: &[&str] = &[
    "",
    "na",
    "none",
    "notapplicable",
    "tbd",
    "todo",
    "untitled",
    "fillmeinwithauniqueidentmyawesomefeature",
];

/// Headings that stand first where a page has no title of its own.
const PARTS: &[&str] = &[
    "summary",
    "abstract",
    "overview",
    "introduction",
    "motivation",
    "background",
    "contents",
    "tableofcontents",
];

/// Ways to write a time with an offset, and without one.
const WITH_OFFSET: &[&str] = &[
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M %z",
];
const LOCAL: &[&str] = &["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];

/// How a text is read.
#[derive(Clone, Copy)]
pub(in crate::sources) struct Reading<'a> {
    /// Incident keys.
    pub(in crate::sources) incident_keys: &'a [Regex],
    /// The zone of dates without one.
    pub(in crate::sources) zone: Tz,
    /// What its words are measured against.
    pub(in crate::sources) vocabulary: &'a Vocabulary,
}

/// Reads a write-up. `path` decides the format and may hold an incident key.
pub(super) fn read(path: &str, text: &str, reading: &Reading<'_>) -> Document {
    let (mut document, prose) = with_prose(path, text, reading);
    document.counts = prose.counts(reading.vocabulary);
    document
}

/// The same with its prose, of which nothing is counted yet.
pub(in crate::sources) fn with_prose(
    path: &str,
    text: &str,
    reading: &Reading<'_>,
) -> (Document, Prose) {
    let zone = reading.zone;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (header, body) = front::read(text);
    let markdown = path
        .rsplit_once('.')
        .is_some_and(|(_, e)| matches!(e, "md" | "markdown" | "mdx"));
    let (mut document, prose) = match markdown {
        true => in_markdown(body),
        false => in_plain_text(body),
    };
    let field = |names: &[&str]| {
        let of = |name: &&str| {
            header
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, values)| values.as_slice())
        };
        names.iter().find_map(of).unwrap_or_default()
    };
    let first = |names: &[&str]| field(names).first().cloned();
    let said = |name: &&str| first(&[*name]).filter(|title| !is_placeholder(title));
    let title = ["title", "feature name"].iter().find_map(said);
    let heading = document.title.clone().unwrap_or_default();
    document.title = title.or(document.title);
    // `published` can also be a flag.
    document.published_at = ["published", "published_at", "date", "start date"]
        .iter()
        .flat_map(|name| field(&[*name]))
        .find_map(|value| instant(value, zone));
    document.authors = field(&["authors", "author"]).to_vec();
    document.responders = field(&["responders", "responder"]).to_vec();
    document.reviewers = field(&["reviewers", "reviewer"]).to_vec();
    document.facilitators = field(&["facilitators", "facilitator"]).to_vec();
    document.template = first(&["template"]);
    // Whatever is said but a no closes it: what was meant to be hidden is not shown by a word that
    // nobody thought of.
    document.restricted = first(&["restricted"]).is_some_and(|word| {
        let open = ["false", "no", "off", "n", "0", ""];
        !open
            .iter()
            .any(|open| word.trim().eq_ignore_ascii_case(open))
    });
    document.owner_team = first(&["owner_team", "team", "owner"]);
    document.tags = field(&["tags"]).to_vec();
    // A key among related incidents is another write-up's.
    let own = header
        .iter()
        .filter(|(key, _)| !ELSEWHERE.iter().any(|word| key.contains(word)));
    let fields_text = own
        .flat_map(|(_, values)| values)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    for pattern in reading.incident_keys {
        for part in [fields_text.as_str(), &heading, path] {
            for key in pattern
                .find_iter(part)
                .map(|found| found.as_str().to_owned())
            {
                if !document.keys.contains(&key) {
                    document.keys.push(key);
                }
            }
        }
    }
    (document, prose)
}

/// A title made of a file's name, without the number or date before it; that of its folder where
/// the file is the page of the folder.
pub(super) fn title_of(path: &str) -> Option<String> {
    let mut parts = path.rsplit('/');
    let name = parts.next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let page = ["index", "readme"].contains(&stem.to_lowercase().as_str());
    let stem = if page { parts.next()? } else { stem };
    let words = stem.trim_start_matches(|c: char| c.is_ascii_digit() || "-_. ".contains(c));
    let mut title = String::with_capacity(words.len());
    let mut letters = words.chars().peekable();
    while let Some(letter) = letters.next() {
        // The dash of `INC-7` is part of the key.
        let in_key = letters.peek().is_some_and(char::is_ascii_digit);
        title.push(match letter {
            '_' => ' ',
            '-' if !in_key => ' ',
            letter => letter,
        });
    }
    let title = title.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

fn is_placeholder(title: &str) -> bool {
    PLACEHOLDERS.contains(&letters(title).as_str())
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// An instant, or the first date in the text at local midnight.
fn instant(value: &str, zone: Tz) -> Option<Millis> {
    if let Some(at) = parse_rfc3339(value).or_else(|| spaced(value, zone)) {
        return Some(at);
    }
    // The parser would take shorter dates and spaces.
    let shaped = |text: &&str| {
        text.bytes()
            .enumerate()
            .all(|(at, b)| matches!(at, 4 | 7) || b.is_ascii_digit())
    };
    let pieces = value
        .char_indices()
        .filter_map(|(at, _)| value.get(at..at + 10))
        .filter(shaped);
    let date = pieces
        .filter_map(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
        .next();
    date.map(|date| Calendar::new(zone).midnight(date))
}

/// `2024-03-05 10:00:00 +0100`, with seconds, `T` and zone or without.
fn spaced(value: &str, zone: Tz) -> Option<Millis> {
    let mut value = value.trim().to_owned();
    if matches!(value.as_bytes().get(10), Some(b'T' | b't')) {
        value.replace_range(10..11, " ");
    }
    let universal = ["UTC", "GMT", "Z", "z"];
    let offset = match universal.iter().find_map(|name| value.strip_suffix(name)) {
        Some(time) => format!("{} +0000", time.trim_end()),
        None => value.clone(),
    };
    let with_offset = WITH_OFFSET
        .iter()
        .find_map(|format| DateTime::parse_from_str(&offset, format).ok())
        .map(|at| at.timestamp_millis());
    let local = || {
        let parse = |format: &&str| NaiveDateTime::parse_from_str(&value, format).ok();
        let time = LOCAL.iter().find_map(parse)?;
        // An hour that a change of clocks left out counts as the one after it.
        let at = zone.from_local_datetime(&time).earliest().or_else(|| {
            let later = time.checked_add_signed(TimeDelta::hours(1))?;
            zone.from_local_datetime(&later).earliest()
        })?;
        Some(at.timestamp_millis())
    };
    with_offset.or_else(local)
}

fn in_markdown(body: &str) -> (Document, Prose) {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let mut document = Document {
        diagrams: Some(0),
        ..Document::default()
    };
    let mut prose = Prose::default();
    let (mut quoted, mut quotations) = (0u32, 0u32);
    let (mut in_code, mut in_heading, mut in_link) = (false, false, false);
    let mut heading = String::new();
    let mut drawn = 0u32;
    for event in Parser::new_ext(body, options) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                in_code = true;
                if let CodeBlockKind::Fenced(info) = kind {
                    let language = info
                        .trim_start_matches(['{', '.', ' '])
                        .to_ascii_lowercase();
                    drawn += u32::from(DRAWN.iter().any(|name| language.starts_with(name)));
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                in_code = false;
                prose.end();
            }
            Event::Start(Tag::Image { .. }) => drawn += 1,
            Event::Start(Tag::BlockQuote(_)) => {
                // A quotation in a quotation is part of it.
                quotations += u32::from(quoted == 0);
                quoted += 1;
            }
            Event::End(TagEnd::BlockQuote(_)) => quoted = quoted.saturating_sub(1),
            Event::Start(Tag::Link { dest_url, .. }) => {
                in_link = true;
                prose.leads_to(&dest_url);
                document.hyperlinks += 1;
            }
            Event::End(TagEnd::Link) => in_link = false,
            Event::Start(Tag::Heading { .. }) => in_heading = true,
            Event::End(TagEnd::Heading(_)) => {
                in_heading = false;
                prose.end();
                if document.title.is_none() && is_title(&heading) {
                    document.title = Some(heading.trim().to_owned());
                }
                heading.clear();
            }
            Event::Text(text) if !in_code => {
                document.words += words(&text);
                prose.add(&text, in_link);
                document.hyperlinks += if in_link { 0 } else { addresses(&text) };
                if in_heading && document.title.is_none() {
                    heading.push_str(&text);
                }
            }
            Event::Code(text) => {
                document.words += words(&text);
                // Of code only that it stands there.
                prose.add(" ", false);
                if in_heading && document.title.is_none() {
                    heading.push_str(&text);
                }
            }
            Event::SoftBreak => prose.add(" ", in_link),
            Event::HardBreak | Event::End(_) if !in_text(&event) => prose.end(),
            _ => {}
        }
    }
    document.quotations = Some(quotations);
    document.diagrams = Some(drawn);
    (document, prose)
}

/// reStructuredText, AsciiDoc and plain text: a title if the first line is one, and all words.
fn in_plain_text(body: &str) -> (Document, Prose) {
    let mut prose = Prose::default();
    prose.add(body, false);
    let mut lines = body.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().map(str::trim).unwrap_or_default();
    let ruled = |line: &str| line.len() > 2 && line.bytes().all(|b| b"=-~*#^\"'".contains(&b));
    let title = match first.trim_start_matches(['=', '#', ' ']) {
        // A rule above the title as well as below it.
        "" => lines.next().map(str::trim),
        title if title.len() < first.len() => Some(title),
        _ => lines
            .next()
            .filter(|below| ruled(below.trim()))
            .map(|_| first),
    };
    let document = Document {
        title: title.filter(|t| is_title(t)).map(str::to_owned),
        words: words(body),
        hyperlinks: addresses(body),
        ..Document::default()
    };
    (document, prose)
}

/// Whether what ends here stands within a line.
fn in_text(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::End(
            TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Link
                | TagEnd::Image
        )
    )
}

fn is_title(heading: &str) -> bool {
    !is_placeholder(heading) && !PARTS.contains(&letters(heading).as_str())
}

fn words(text: &str) -> u32 {
    let count = text
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn addresses(text: &str) -> u32 {
    let count = text.matches("http://").count() + text.matches("https://").count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str, incident_keys: &[Regex], zone: Tz) -> Document {
        let vocabulary = Vocabulary::default();
        let reading = Reading {
            incident_keys,
            zone,
            vocabulary: &vocabulary,
        };
        super::read(path, text, &reading)
    }

    #[test]
    fn what_stands_in_it_is_counted() {
        let text = "# The LB\n\nThe **DB** (database) was full.\n> we saw\n> nothing\n>> at all\n\n\
                    Then [the KV](https://grafana.example.org/d/1) `API`\n\n> later\n\n* ONE\n";
        let document = read("a.md", text, &[], chrono_tz::UTC);
        assert_eq!(document.quotations, Some(2));
        let counts = document.counts;
        // LB is explained nowhere; a line of capitals alone is a heading.
        assert_eq!((counts.acronyms, counts.unexplained), (3, 1));
        assert_eq!(counts.data_sources, 1);
        let document = read("a.rst", "The LB\n======\nin Kibana\n", &[], chrono_tz::UTC);
        assert_eq!(document.quotations, None);
        assert_eq!(
            (document.counts.unexplained, document.counts.data_sources),
            (1, 1)
        );
    }

    #[test]
    fn front_matter_says_what_it_is() {
        let text = "---\ntitle: \"The disk: full\"\ndate: 2024-03-05T10:00:00+01:00\nauthors: [ada@example.org, 'Bob']\n\
                    reviewers: [eve@example.org]\nfacilitator: Mo\nrestricted: true\ntemplate: short\n\
                    tags:\n  - storage\n  - dns # two\nincident: INC-12\nrelated: INC-3\nteam: storage\n---\n# Heading\n\
                    One [two](x.md) three.\n\n```mermaid\ngraph TD\n```\n```sh\nnot prose\n```\n![d](d.png) https://h/x\n";
        let keys = [Regex::new("INC-[0-9]+").expect("valid")];
        let document = read("pm/0012-INC-13.md", text, &keys, chrono_tz::UTC);
        assert_eq!(document.title.as_deref(), Some("The disk: full"));
        assert_eq!(document.published_at, Some(1_709_629_200_000));
        assert_eq!(document.authors, ["ada@example.org", "Bob"]);
        assert_eq!(document.reviewers, ["eve@example.org"]);
        assert_eq!(document.facilitators, ["Mo"]);
        assert_eq!(document.template.as_deref(), Some("short"));
        assert!(document.restricted);
        assert_eq!(
            (document.tags, document.keys),
            (
                vec!["storage".into(), "dns".into()],
                vec!["INC-12".into(), "INC-13".into()]
            )
        );
        assert_eq!(document.owner_team.as_deref(), Some("storage"));
        assert_eq!(
            (document.words, document.diagrams, document.hyperlinks),
            (6, Some(2), 2)
        );
    }

    #[test]
    fn dates_in_every_spelling() {
        for (header, expected) in [
            ("published: true\ndate: 2024-03-05", "2024-03-04T23:00:00Z"),
            ("date: 2024-03-05 10:00:00 +0100", "2024-03-05T09:00:00Z"),
            (
                "date: 2024-03-05 10:00:00.5+01:00",
                "2024-03-05T09:00:00.5Z",
            ),
            ("date: 2024-03-05 10:00", "2024-03-05T09:00:00Z"),
            ("date: 2024-03-05T10:00:00", "2024-03-05T09:00:00Z"),
            ("date: 2024-03-05 10:00:00 UTC", "2024-03-05T10:00:00Z"),
            ("date: 2024-03-31 02:30", "2024-03-31T01:30:00Z"),
            ("date: on 2024-03-05", "2024-03-04T23:00:00Z"),
        ] {
            let text = format!("---\n{header}\n---\n");
            let document = read("a.md", &text, &[], chrono_tz::Europe::Berlin);
            assert_eq!(document.published_at, parse_rfc3339(expected), "{header}");
        }
    }

    #[test]
    fn a_title_says_something() {
        for (text, expected) in [
            ("- Feature Name: N/A\n\n# Summary\n# Why\n", Some("Why")),
            ("- Feature Name: not applicable\n\n# Summary\n", None),
            ("- Feature Name: n/a\n", None),
            ("- Feature Name:\n# Table of contents\n", None),
            ("---\ntitle: NA\n---\n# A disk\n", Some("A disk")),
        ] {
            let document = read("a.md", text, &[], chrono_tz::UTC);
            assert_eq!(document.title.as_deref(), expected, "{text}");
        }
        for (path, title) in [
            ("text/1011-process.exit.md", Some("process.exit")),
            ("pm/2024-03-05-disk_is-full.md", Some("disk is full")),
            ("pm/INC-7-disk.md", Some("INC-7 disk")),
            ("pm/0012-disk-full/index.md", Some("disk full")),
            ("pm/7.md", None),
            ("README.md", None),
        ] {
            assert_eq!(title_of(path).as_deref(), title, "{path}");
        }
    }

    #[test]
    fn headers_of_proposals_and_other_formats() {
        let text =
            "- Feature Name: `str-words`\n- Start Date: (fill me in, 2015-04-10)\n\n# Summary\n";
        let document = read("text/1054.md", text, &[], chrono_tz::Europe::Berlin);
        assert_eq!(document.title.as_deref(), Some("str-words"));
        assert_eq!(document.published_at, Some(1_428_616_800_000));
        for (path, text) in [
            ("a.rst", "=====\nTitle\n=====\nx"),
            ("a.rst", "Title\n-----\n"),
            ("a.adoc", "= Title\nx"),
            ("a.md", "\r\nTitle\r\n=====\r\n"),
        ] {
            assert_eq!(
                read(path, text, &[], chrono_tz::UTC).title.as_deref(),
                Some("Title"),
                "{text}"
            );
        }
        assert_eq!(read("a.txt", "", &[], chrono_tz::UTC), Document::default());
        assert_eq!(
            read("a.md", "---\nno end", &[], chrono_tz::UTC)
                .title
                .as_deref(),
            None
        );
    }
}
