//! The Atom feed of write-ups that went quiet and are read again (RFC 4287). It rests on what the list
//! shows: reads for each four weeks of age. What is withheld there is no news here.

use chrono::DateTime;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

use super::signals::days;
use super::{Links, STATEMENT, list, view, words};
use crate::charts::Plot;
use crate::charts::build;
use crate::charts::reading::{self, Cell};
use crate::model::{DAY_MS, Millis, parse_rfc3339, to_rfc3339};

/// Days that one value covers.
const BIN_DAYS: f64 = 28.0;
/// So long a revival is told; readers of feeds come more often.
const TOLD_DAYS: Millis = 366;
/// Entries at most, the newest first.
const MOST: usize = 100;

/// A write-up that was read again.
#[derive(Debug, PartialEq)]
struct Revival<'a> {
    writeup: &'a Value,
    /// When the four weeks began in which it was.
    from: Millis,
    /// When they end; not later than the summary is.
    to: Millis,
    /// Weeks without a read before, at least.
    quiet: f64,
    reads: f64,
}

/// The feed. `origin` is where the server is, scheme and host; without it addresses are relative.
pub fn feed(summary: &Value, origin: Option<&str>) -> Result<Vec<u8>, std::io::Error> {
    let revivals = revivals(summary);
    let as_of = reading::text(summary, "as_of");
    let updated = revivals.first().map(|first| to_rfc3339(first.to));
    let base = origin.unwrap_or_default();
    let mut xml = Xml(Writer::new(Vec::new()));
    xml.0
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    xml.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom")])?;
    let organisation = reading::text(view::organisation(summary), "name");
    xml.text(
        "title",
        &match organisation {
            "" => "Write-ups that are read again".to_owned(),
            name => format!("Write-ups that are read again, {name}"),
        },
    )?;
    xml.text("subtitle", STATEMENT)?;
    xml.text("id", &format!("urn:readback:revived:{base}"))?;
    xml.text("updated", updated.as_deref().unwrap_or(as_of))?;
    xml.open("author", &[])?;
    xml.text("name", "Readback")?;
    xml.close("author")?;
    let own = format!("{base}/feed.atom");
    xml.empty("link", &[("rel", "self"), ("href", &own)])?;
    for revival in &revivals {
        entry(&mut xml, revival, base)?;
    }
    xml.close("feed")?;
    Ok(xml.0.into_inner())
}

fn entry(xml: &mut Xml, revival: &Revival, base: &str) -> Result<(), std::io::Error> {
    let id = reading::text(revival.writeup, "id");
    let page = format!("{base}{}", Links::Server.writeup(id));
    xml.open("entry", &[])?;
    xml.text("title", &list::title(revival.writeup))?;
    // The same revival stays the same entry, whatever is known of it later.
    let name = super::links::encode(id);
    xml.text(
        "id",
        &format!("urn:readback:revived:{name}:{}", revival.from),
    )?;
    xml.text("updated", &to_rfc3339(revival.to))?;
    xml.empty("link", &[("rel", "alternate"), ("href", &page)])?;
    let from = DateTime::from_timestamp_millis(revival.from).unwrap_or_default();
    let said = format!(
        "Read {} in the four weeks from {}, after {} weeks or more without a read.",
        match revival.reads {
            1.0 => "once".to_owned(),
            reads => format!("{} times", words::count(reads)),
        },
        from.format("%-d %b %Y"),
        words::count(revival.quiet),
    );
    xml.text("summary", &said)?;
    xml.close("entry")
}

/// All revivals of the last year, the newest first.
fn revivals(summary: &Value) -> Vec<Revival<'_>> {
    let Some(as_of) = parse_rfc3339(reading::text(summary, "as_of")) else {
        return Vec::new();
    };
    let quiet = (days(summary, "quiet", 90.0) / BIN_DAYS).ceil();
    let mut found = Vec::new();
    for writeup in reading::list(summary, "writeups") {
        let published = parse_rfc3339(reading::text(writeup, "published_at"));
        let (Some(published), Plot::Spark(plot)) =
            (published, build::sparkline(summary, writeup).plot)
        else {
            continue;
        };
        let mut silent = 0.0;
        for (cell, bin) in plot.values.iter().zip(0..) {
            match cell {
                Cell::Value(0.0) => silent += 1.0,
                Cell::Value(reads) if silent >= quiet => {
                    let from = published + bin * 28 * DAY_MS;
                    found.push(Revival {
                        writeup,
                        from,
                        to: (from + 28 * DAY_MS).min(as_of),
                        quiet: silent * 4.0,
                        reads: *reads,
                    });
                    silent = 0.0;
                }
                // What nobody watched, and what is withheld, may have been read.
                Cell::Value(_) | Cell::Missing | Cell::Withheld => silent = 0.0,
            }
        }
    }
    found.retain(|revival| revival.to > as_of - TOLD_DAYS * DAY_MS);
    found.sort_by_key(|revival| std::cmp::Reverse(revival.from));
    found.truncate(MOST);
    found
}

/// A writer that knows elements.
struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn open(&mut self, name: &str, with: &[(&str, &str)]) -> Result<(), std::io::Error> {
        let start = BytesStart::new(name).with_attributes(with.iter().copied());
        self.0.write_event(Event::Start(start))
    }

    fn close(&mut self, name: &str) -> Result<(), std::io::Error> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn empty(&mut self, name: &str, with: &[(&str, &str)]) -> Result<(), std::io::Error> {
        let start = BytesStart::new(name).with_attributes(with.iter().copied());
        self.0.write_event(Event::Empty(start))
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), std::io::Error> {
        // XML has no way to write other control characters.
        let plain: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .filter(|c| !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
            .collect();
        self.open(name, &[])?;
        self.0.write_event(Event::Text(BytesText::new(&plain)))?;
        self.close(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(reads: Value) -> Value {
        json!({
            "as_of": "2026-11-01T00:00:00Z",
            "organisation": { "name": "A & B" },
            "health": { "coverage": [{ "kind": "read", "from": "2020-01-01T00:00:00Z" }] },
            "writeups": [{
                "id": "INC 7", "title": "<b>Disk\u{1} full</b>",
                "published_at": "2026-01-01T00:00:00Z", "reads_by_age": reads,
            }],
        })
    }

    fn told(reads: Value) -> Vec<(f64, f64)> {
        let summary = summary(reads);
        let found = revivals(&summary);
        found.iter().map(|one| (one.quiet, one.reads)).collect()
    }

    #[test]
    fn who_was_quiet_for_long_and_is_read_again_is_told() {
        assert_eq!(told(json!([9, 0, 0, 0, 0, 6, 1])), [(16.0, 6.0)]);
        assert_eq!(
            told(json!([0, 0, 0, 0, 6, 0, 0, 0, 0, 7])),
            [(16.0, 7.0), (16.0, 6.0)]
        );
        // Eighty-four days are no quiet time.
        assert!(told(json!([9, 0, 0, 0, 6])).is_empty());
        // What is withheld may hide a read, and tells none.
        assert!(told(json!([9, 0, 0, null, 0, 6])).is_empty());
        assert!(told(json!([9, 0, 0, 0, 0, null])).is_empty());
    }

    #[test]
    fn the_feed_is_xml_whatever_a_title_holds() {
        let summary = summary(json!([9, 0, 0, 0, 0, 6]));
        let made = feed(&summary, Some("https://readback.example.org")).unwrap();
        let text = String::from_utf8(made).unwrap();
        insta::assert_snapshot!(text.replace("><", ">\n<"));
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Eof => break,
                _ => continue,
            }
        }
        let mut old = summary.clone();
        old["as_of"] = json!("2028-01-01T00:00:00Z");
        assert!(revivals(&old).is_empty());
        assert!(feed(&Value::Null, None).is_ok());
    }
}
