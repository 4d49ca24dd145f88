//! Who was invited to a review, and how: from calendars in iCalendar format, as files or at an address.
//!
//! `reading` goes from bytes to plans, with `calendars`, `occasion`, `people`, `expand` and `zones`. A file
//! makes events of them here. What is asked again and again (`feed`, and the kind `caldav`) remembers what
//! it told (`memory`) and takes back what is so no more, unless that is too much at once (`doubt`); `asking` speaks
//! HTTP.

pub(super) mod asking;
mod calendars;
pub(super) mod doubt;
mod expand;
mod feed;
pub(super) mod memory;
mod occasion;
pub(super) mod people;
pub(super) mod reading;
pub(super) mod zones;

use std::io::{BufRead, Read};
use std::path::PathBuf;

use calcard::icalendar::ICalendarComponentType;
use serde::Deserialize;

pub use people::Invitation;

use self::calendars::{decoded, parse};
use self::people::Expected;
use self::reading::{Choice, Plan, Reading, Window};
use super::{File, Kind, Probe, Pull, Setting, Sink, SourceError, decode};
use crate::model::{Attendance, Body, Event, Millis};

/// Invitations from calendars.
pub static KIND: Kind = Kind {
    name: "icalendar",
    summary: "invitations to reviews, from a calendar in iCalendar format: files, or the address of a feed",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "review-calendar"
kind = "icalendar"
# Where the calendar is asked for; without it only files are imported. An address that is a secret stands in
# a file, which url_file names.
url = "https://calendar.example.org/reviews/basic.ics"
# Only events whose title or category fits one of these.
match = ["(?i)incident review", "^Post-?mortem"]
# What an incident key looks like, for write-ups that are not registered yet.
key = 'INC-\d+'
# The write-up of events that mention none.
writeup = "https://wiki.example.org/postmortems/"
# Only occurrences from here on.
from = "2023-01-01"
"#,
    file: Some(build_file),
    pull: Some(build_pull),
    probe: Some(Probe::Both(feed::look)),
    links: true,
    ..Kind::NOTHING
};

/// The largest file that is read, bytes; a year of a busy calendar has ten million.
const LARGEST: u64 = 256 << 20;

/// Where files begin and end if nothing is said.
const YEARS: (&str, &str) = ("1995-01-01", "2035-01-01");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    url: Option<String>,
    url_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    key: Option<String>,
    writeup: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl Params {
    fn reading(&self, setting: &Setting) -> Result<Reading, SourceError> {
        let choice = Choice {
            matching: self.matching.clone(),
            key: self.key.clone(),
            writeup: self.writeup.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
        };
        Reading::new(choice, setting)
    }
}

fn build_file(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let mut params: Params = decode(params)?;
    feed::place(&params)?;
    params.from.get_or_insert_with(|| YEARS.0.to_owned());
    params.to.get_or_insert_with(|| YEARS.1.to_owned());
    let reading = params.reading(setting)?;
    let bounds = reading.from.zip(reading.to);
    Ok(Box::new(ICalendarFile {
        reading,
        bounds: bounds.unwrap_or_default(),
        changed: 0,
    }))
}

fn build_pull(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(feed::Feed::new(&decode(params)?, setting)?))
}

/// Every ATTENDEE and ORGANIZER of every VEVENT in a file, in its order and as stated, rooms
/// included. This is what [`KIND`] sees before it decides whom to take.
pub fn attendees(bytes: &[u8]) -> Vec<Invitation> {
    let (calendars, _) = parse(&decoded(bytes));
    let events = calendars.iter().flat_map(|calendar| &calendar.components);
    events
        .filter(|component| component.component_type == ICalendarComponentType::VEvent)
        .flat_map(people::invitations)
        .collect()
}

struct ICalendarFile {
    reading: Reading,
    /// Occurrences from here on, before there.
    bounds: (Millis, Millis),
    /// When the file that is read next was changed last.
    changed: Millis,
}

impl File for ICalendarFile {
    fn dated(&mut self, changed: Millis) {
        self.changed = changed;
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let mut bytes = Vec::new();
        let refused = |reason: String| SourceError::Format {
            name: name.to_owned(),
            reason,
        };
        let read = input.take(LARGEST + 1).read_to_end(&mut bytes);
        let length = read.map_err(|cause| SourceError::Io {
            name: name.to_owned(),
            cause,
        })?;
        if length as u64 > LARGEST {
            return Err(refused(format!(
                "is larger than {LARGEST} bytes; export fewer years"
            )));
        }
        let (from, to) = self.bounds;
        let window = Window {
            from,
            to,
            beyond: to,
        };
        let mut take = |plan: Plan, sink: &mut dyn Sink| self.tell(plan, sink);
        let read = self
            .reading
            .read((name, &bytes), false, window, &mut take, sink);
        read.map(drop).map_err(refused)
    }
}

impl ICalendarFile {
    fn tell(&self, plan: Plan, sink: &mut dyn Sink) {
        let known = u32::from(!plan.subject.is_empty());
        let version = version(plan.sequence, plan.stamped.max(self.changed)) | known;
        let source = self.reading.setting.source.as_str();
        let id = |what: &str| {
            let key = [plan.meeting.as_bytes(), b"\x1f", what.as_bytes()].concat();
            format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&key))
        };
        // No person is called so.
        if let Some(venue) = plan.venue((source, id("\u{1f}venue"), version)) {
            sink.event(venue);
        }
        for person in &plan.people {
            sink.event(Event {
                source: source.into(),
                id: id(&person.person.value.to_lowercase()),
                subject: plan.subject.clone(),
                time: plan.at,
                version,
                body: Body::Attendance(Box::new(invited(&plan, person))),
            });
        }
    }
}

/// That somebody is invited to an occurrence.
fn invited(plan: &Plan, expected: &Expected) -> Attendance {
    Attendance {
        meeting: plan.meeting.clone(),
        person: Some(expected.person.clone()),
        team: None,
        role: Some(expected.role.clone()),
        partstat: expected.partstat.clone(),
        role_stated: expected.role_stated,
        via: expected.via.clone(),
        meeting_ms: plan.length_ms,
        attended: None,
        present_ms: None,
        spoke_ms: None,
        mandatory: false,
    }
}

/// The version of a meeting's events: SEQUENCE, and within one SEQUENCE the time, because answers
/// change without a new SEQUENCE. The time of a file is its own or DTSTAMP, whichever is later: a file
/// knows all that was stamped before it was written, and many calendars leave DTSTAMP as it was.
///
/// Three bits hold a SEQUENCE up to 7, after which the time alone decides; 28 bits hold steps of four
/// seconds from 2010 to 2044. The last bit is left for whether the write-up is known: of two readings
/// of one file the one that knew it counts.
fn version(sequence: i64, time: Millis) -> u32 {
    const STEP: Millis = 4_000;
    const YEAR_2010: Millis = 1_262_304_000_000;
    const TIME_BITS: u32 = 28;
    let steps = ((time - YEAR_2010) / STEP).clamp(0, (1 << TIME_BITS) - 1);
    u32::try_from((sequence.clamp(0, 7) << TIME_BITS | steps) << 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod tests;
