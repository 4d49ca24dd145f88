//! A write-up's own text: its title, date, people and names, and counts of what is in it.

use chrono::NaiveDate;
use chrono_tz::Tz;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::model::{Calendar, Millis, parse_rfc3339};

use super::place::DRAWN;

/// What a write-up's text says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// Its title.
    pub(super) title: Option<String>,
    /// The date it gives itself.
    pub(super) published_at: Option<Millis>,
    /// Its authors, as it names them.
    pub(super) authors: Vec<String>,
    /// Who responded to the incident, as it names them.
    pub(super) responders: Vec<String>,
    /// The team it names.
    pub(super) owner_team: Option<String>,
    /// Its tags.
    pub(super) tags: Vec<String>,
    /// Incident keys in its header, heading or file name.
    pub(super) keys: Vec<String>,
    /// Words outside code blocks.
    pub(super) words: u32,
    /// Images and drawn code blocks; known of Markdown only.
    pub(super) diagrams: Option<u32>,
    /// Hyperlinks.
    pub(super) hyperlinks: u32,
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

/// Lines of a header without front matter are looked for this far down.
const HEADER_LINES: usize = 30;

/// Reads a write-up. `path` decides the format and may hold an incident key.
pub(super) fn read(path: &str, text: &str, incident_keys: &[Regex], zone: Tz) -> Document {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (front, body) = front_matter(text);
    let markdown = path
        .rsplit_once('.')
        .is_some_and(|(_, e)| matches!(e, "md" | "markdown" | "mdx"));
    let mut document = if markdown {
        in_markdown(body)
    } else {
        in_plain_text(body)
    };
    let header: Vec<(String, Vec<String>)> = if front.is_empty() {
        listed_fields(body)
    } else {
        fields(front)
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
    document.title = first(&["title", "feature name"]).or(document.title);
    document.published_at = first(&["published", "published_at", "date", "start date"])
        .and_then(|value| instant(&value, zone));
    document.authors = field(&["authors", "author"]).to_vec();
    document.responders = field(&["responders"]).to_vec();
    document.owner_team = first(&["owner_team", "team", "owner"]);
    document.tags = field(&["tags"]).to_vec();
    let heading = document.title.as_deref().unwrap_or_default();
    // A key among related incidents is another write-up's.
    let own = header
        .iter()
        .filter(|(key, _)| !ELSEWHERE.iter().any(|word| key.contains(word)));
    let fields_text = own
        .flat_map(|(_, values)| values)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    for pattern in incident_keys {
        for part in [fields_text.as_str(), heading, path] {
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
    document
}

/// The block between `---` or `+++` at the top, and what follows it.
fn front_matter(text: &str) -> (&str, &str) {
    for mark in ["---", "+++"] {
        let Some(rest) = text.strip_prefix(mark) else {
            continue;
        };
        let Some(rest) = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix('\n'))
        else {
            continue;
        };
        let mut at = 0;
        for line in rest.split_inclusive('\n') {
            if line.trim_end() == mark {
                return (&rest[..at], &rest[at + line.len()..]);
            }
            at += line.len();
        }
    }
    ("", text)
}

/// `key: value`, `key = value`, `key: [a, b]` and lists of `- value`: what front matter is made of.
/// Anything nested deeper is left alone.
fn fields(front: &str) -> Vec<(String, Vec<String>)> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for line in front.lines() {
        let indented = line.starts_with([' ', '\t']);
        if let Some(item) = line.trim_start().strip_prefix("- ") {
            if let Some((_, values)) = fields.last_mut() {
                values.extend(scalar(item));
            }
        } else if !indented && let Some(at) = line.find([':', '=']) {
            let (key, value) = (
                line[..at].trim().trim_matches('"').to_lowercase(),
                line[at + 1..].trim(),
            );
            let values = match value.strip_prefix('[').and_then(|v| v.split(']').next()) {
                Some(list) => list.split(',').filter_map(scalar).collect(),
                None => scalar(value).into_iter().collect(),
            };
            fields.push((key, values));
        }
    }
    fields
}

/// `- Start Date: 2015-04-10` near the top, as in templates of proposals.
fn listed_fields(body: &str) -> Vec<(String, Vec<String>)> {
    let field = |line: &str| {
        let line = line.trim().trim_start_matches(['-', '*', ' ', ':']);
        let (key, value) = line.split_once(':')?;
        let key = key.trim_matches(['*', '_', '`', ' ']).to_lowercase();
        let known = [
            "title",
            "feature name",
            "start date",
            "date",
            "published",
            "author",
            "authors",
            "incident",
        ];
        let value = scalar(value.trim_start_matches(['*', '_']))?;
        let values = if key.starts_with("author") {
            value.split(", ").map(str::to_owned).collect()
        } else {
            vec![value]
        };
        known.contains(&key.as_str()).then_some((key, values))
    };
    body.lines().take(HEADER_LINES).filter_map(field).collect()
}

/// A value without quotes, code marks and a YAML comment; `None` if nothing is left.
fn scalar(value: &str) -> Option<String> {
    let value = value.split(" #").next().unwrap_or(value).trim();
    let value = value.trim_matches(['"', '\'', '`', ' ']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// An instant, or the first date in the text at local midnight.
fn instant(value: &str, zone: Tz) -> Option<Millis> {
    if let Some(at) = parse_rfc3339(value) {
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

fn in_markdown(body: &str) -> Document {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let mut document = Document {
        diagrams: Some(0),
        ..Document::default()
    };
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
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::Image { .. }) => drawn += 1,
            Event::Start(Tag::Link { .. }) => {
                in_link = true;
                document.hyperlinks += 1;
            }
            Event::End(TagEnd::Link) => in_link = false,
            Event::Start(Tag::Heading { .. }) => in_heading = true,
            Event::End(TagEnd::Heading(_)) => {
                in_heading = false;
                if document.title.is_none() && !heading.trim().is_empty() {
                    document.title = Some(heading.trim().to_owned());
                }
            }
            Event::Text(text) if !in_code => {
                document.words += words(&text);
                document.hyperlinks += if in_link { 0 } else { addresses(&text) };
                if in_heading && document.title.is_none() {
                    heading.push_str(&text);
                }
            }
            Event::Code(text) => {
                document.words += words(&text);
                if in_heading && document.title.is_none() {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    document.diagrams = Some(drawn);
    document
}

/// reStructuredText, AsciiDoc and plain text: a title if the first line is one, and all words.
fn in_plain_text(body: &str) -> Document {
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
    Document {
        title: title.filter(|t| !t.is_empty()).map(str::to_owned),
        words: words(body),
        hyperlinks: addresses(body),
        ..Document::default()
    }
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

    #[test]
    fn front_matter_says_what_it_is() {
        let text = "---\ntitle: \"The disk: full\"\ndate: 2024-03-05T10:00:00+01:00\nauthors: [ada@example.org, 'Bob']\n\
                    tags:\n  - storage\n  - dns # two\nincident: INC-12\nrelated: INC-3\nteam: storage\n---\n# Heading\n\
                    One [two](x.md) three.\n\n```mermaid\ngraph TD\n```\n```sh\nnot prose\n```\n![d](d.png) https://h/x\n";
        let keys = [Regex::new("INC-[0-9]+").expect("valid")];
        let document = read("pm/0012-INC-13.md", text, &keys, chrono_tz::UTC);
        assert_eq!(document.title.as_deref(), Some("The disk: full"));
        assert_eq!(document.published_at, Some(1_709_629_200_000));
        assert_eq!(document.authors, ["ada@example.org", "Bob"]);
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
