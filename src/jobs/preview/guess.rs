//! Which kind of file of meetings something is, where nobody said it.

use crate::collect::input;
use crate::model::{Event, Vocabulary};
use crate::sources::{Kind, Problem, Setting, Sink, attendance_csv, find};

/// The kinds of files of meetings, the pickiest first: a plain list takes what the others would, too.
pub const OF_MEETINGS: [&str; 6] = [
    "icalendar",
    "transcript",
    "zoom",
    "meet",
    "teams",
    "attendance-csv",
];

/// The kind that understands most of a file, of several the pickiest; nothing where none reads it. `name` is
/// what the file is called.
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
    // Its columns are ours, and no tool's: a list in any language could have them.
    if attendance_csv::is_table(bytes, &mut Count::default()) {
        return find(attendance_csv::KIND.name);
    }
    let mut best: Option<(u64, &'static Kind)> = None;
    for kind in OF_MEETINGS.iter().skip(2).filter_map(|name| find(name)) {
        let orders = ["dmy", "mdy", "ymd"].into_iter();
        let events = orders.map(|order| understood(kind, bytes, order, timezone).unwrap_or(0));
        let events = events.max().unwrap_or(0);
        if events > best.map_or(0, |(most, _)| most) {
            best = Some((events, kind));
        }
    }
    best.map(|(_, kind)| kind)
}

/// How many entries a kind understands, were the meeting known: those of which it makes events, and those that
/// it leaves out, since whoever knows a note-taker reads the list no worse than who takes it for somebody.
fn understood(
    kind: &'static Kind,
    bytes: &[u8],
    order: &str,
    timezone: chrono_tz::Tz,
) -> Option<u64> {
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
    let mut count = Count::default();
    reader.read("", &mut input.reader, &mut count).ok()?;
    // Of nothing but what is left out nobody can tell.
    (count.events > 0).then_some(count.events + count.left_out)
}

#[derive(Default)]
struct Count {
    events: u64,
    left_out: u64,
}

impl Sink for Count {
    fn event(&mut self, _: Event) {
        self.events += 1;
    }
    fn problem(&mut self, _: Problem) {}
    fn left_out(&mut self, _: &'static str) {
        self.left_out += 1;
    }
    fn note(&mut self, _: String) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(date: &str) -> String {
        format!(
            "1. Summary\nMeeting title\tReview\nStart time\t{date}, 15:00:00\nEnd time\t{date}, 16:00:00\n\n\
             2. Participants\nName\tFirst Join\tLast Leave\tDuration\tEmail\n\
             Ada Lovelace\t{date}, 15:00:10\t{date}, 15:59:00\t58m 50s\tada@example.org\n\
             Fireflies.ai Notetaker\t{date}, 15:00:00\t{date}, 16:00:00\t1h\t\n\
             Konferenzraum 2\t{date}, 15:00:00\t{date}, 16:00:00\t1h\t\n"
        )
    }

    #[test]
    fn a_list_of_a_tool_is_no_plain_table() {
        let plain = "meeting,person,start\nm1,ada@example.org,2026-03-04 15:00\n";
        // Of the first no date tells which number is the month.
        for (text, expected) in [
            (report("04/03/2026"), "teams"),
            (report("14/03/2026"), "teams"),
            (report("03/14/2026"), "teams"),
            (plain.to_owned(), "attendance-csv"),
        ] {
            let kind = guess("list.csv", text.as_bytes(), chrono_tz::Tz::UTC);
            assert_eq!(kind.map(|kind| kind.name), Some(expected), "{text}");
        }
        assert!(guess("list.csv", b"zz", chrono_tz::Tz::UTC).is_none());
    }
}
