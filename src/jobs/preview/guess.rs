//! Which kind of file of meetings something is, where nobody said it.

use crate::collect::input;
use crate::model::{Event, Vocabulary};
use crate::sources::{Kind, Problem, Setting, Sink, find};

/// The kinds of files of meetings, the pickiest first: a plain list takes what the others would, too.
pub const OF_MEETINGS: [&str; 6] = [
    "icalendar",
    "transcript",
    "zoom",
    "meet",
    "teams",
    "attendance-csv",
];

/// The kind that reads a file best, by what is in it; nothing where none reads it. `name` is what the
/// file is called.
pub fn guess(name: &str, bytes: &[u8], timezone: chrono_tz::Tz) -> Option<&'static Kind> {
    let lower = name.to_ascii_lowercase();
    let ends = |end: &str| lower.ends_with(end);
    let begins = |with: &[u8]| {
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let bytes = start.and_then(|start| bytes.get(start..)).unwrap_or(bytes);
        bytes
            .get(..with.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(with))
    };
    if ends(".ics") || begins(b"BEGIN:VCALENDAR") {
        return find("icalendar");
    }
    if ends(".vtt") || begins(b"WEBVTT") {
        return find("transcript");
    }
    let mut best: Option<(u64, &'static Kind)> = None;
    for kind in OF_MEETINGS.iter().skip(2).filter_map(|name| find(name)) {
        let orders = ["dmy", "mdy", "ymd"].into_iter();
        let events = orders.map(|order| events(kind, bytes, order, timezone).unwrap_or(0));
        let events = events.max().unwrap_or(0);
        if events > best.map_or(0, |(most, _)| most) {
            best = Some((events, kind));
        }
    }
    best.map(|(_, kind)| kind)
}

/// How many events a kind makes of it, were the meeting known.
fn events(kind: &'static Kind, bytes: &[u8], order: &str, timezone: chrono_tz::Tz) -> Option<u64> {
    let mut params = toml::toml! {
        meeting = "it"
        start = "2025-03-04T15:00"
        timezone = "UTC"
    };
    params.insert("date_order".to_owned(), order.into());
    let setting = Setting {
        source: kind.name.to_owned(),
        vocabulary: Vocabulary::default(),
        timezone,
        writeups: Vec::new(),
    };
    let mut reader = kind.file?(params, &setting).ok()?;
    let mut input = input::of_bytes(String::new(), bytes.to_vec());
    let mut count = Count(0);
    reader.read("", &mut input.reader, &mut count).ok()?;
    Some(count.0)
}

struct Count(u64);

impl Sink for Count {
    fn event(&mut self, _: Event) {
        self.0 += 1;
    }
    fn problem(&mut self, _: Problem) {}
    fn left_out(&mut self, _: &'static str) {}
    fn note(&mut self, _: String) {}
}
