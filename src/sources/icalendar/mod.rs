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
pub(super) mod lists;
pub(super) mod memory;
mod occasion;
pub(super) mod people;
pub(super) mod reading;
mod version;
pub(super) mod zones;

use std::io::{BufRead, Read};
use std::path::PathBuf;
use std::sync::Arc;

use calcard::icalendar::ICalendarComponentType;
use serde::Deserialize;

pub use people::Invitation;

use self::calendars::{decoded, parse};
use self::people::Expected;
use self::reading::{Choice, Plan, Reading, Window};
use self::version::version;
use super::{File, Kind, Probe, Pull, Setting, Sink, SourceError, decode};
use crate::model::{Attendance, Body, Event, Meeting, Millis, Occurrence, RETRACTED};

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
# Who reads a list that is invited: addresses, or a file with one a line.
lists = { "sre@example.org" = ["ada@example.org", "bob@example.org"] }
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

#[derive(Clone, Debug, Deserialize)]
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
    #[serde(default)]
    lists: lists::Given,
}

impl Params {
    fn reading(&self, setting: &Setting) -> Result<Reading, SourceError> {
        let choice = Choice {
            matching: self.matching.clone(),
            key: self.key.clone(),
            writeup: self.writeup.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            lists: self.lists.clone(),
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
        let held = read.map_err(refused)?;
        if bytes.is_empty() {
            sink.note(format!("{name}: is empty"));
        }
        for plan in &held.cancelled {
            self.takes_back(plan, sink);
        }
        let unnamed = held.cancelled.iter().filter(|plan| !plan.names_guests());
        let unnamed = unnamed.count();
        if unnamed > 0 {
            sink.note(format!(
                "{name}: cancelled without a word on who was invited: {unnamed}; what an earlier file said of people \
                 in these meetings stands, since a file does not know it. Taking that import back does away with it; \
                 a feed knows what it told"
            ));
        }
        Ok(())
    }
}

impl ICalendarFile {
    fn tell(&self, plan: Plan, sink: &mut dyn Sink) {
        let known = u32::from(!plan.subject.is_empty());
        let version = self.version(&plan) | known;
        let source = self.reading.setting.source.as_str();
        if let Some(venue) = plan.venue((source, id(&plan.meeting, VENUE), version)) {
            sink.event(venue);
        }
        for person in &plan.people {
            sink.event(Event {
                source: source.into(),
                id: id(&plan.meeting, &person.key()),
                subject: plan.subject.clone(),
                time: plan.at,
                version,
                body: Body::Attendance(Box::new(invited(&plan, person))),
            });
        }
    }

    /// Takes back what an earlier file said of an occurrence that is cancelled, of the people whom the
    /// cancellation names.
    fn takes_back(&self, plan: &Plan, sink: &mut dyn Sink) {
        let version = self.version(plan) | 1;
        let source = self.reading.setting.source.as_str();
        for person in &plan.people {
            let id = id(&plan.meeting, &person.key());
            sink.event(nobody(source.into(), id, (plan.at, version)));
        }
        if plan.venue.is_some() {
            let id = id(&plan.meeting, VENUE);
            sink.event(nowhere(source.into(), id, (plan.at, version)));
        }
    }

    fn version(&self, plan: &Plan) -> u32 {
        version(plan.sequence, plan.stamped.max(self.changed))
    }
}

/// What stands for the place in the id of an event; no person is called so.
const VENUE: &str = "\u{1f}venue";

/// The id of what a file says of somebody in a meeting.
fn id(meeting: &str, who: &str) -> String {
    let key = [meeting.as_bytes(), b"\x1f", who.as_bytes()].concat();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&key))
}

/// Takes the event of an invitation back: it names nobody and leads nowhere.
fn nobody(source: Arc<str>, id: String, when: (Millis, u32)) -> Event {
    let attendance = Attendance {
        meeting: id.clone(),
        person: None,
        team: None,
        role: None,
        partstat: None,
        role_stated: false,
        via: None,
        meeting_ms: None,
        attended: None,
        present_ms: None,
        spoke_ms: None,
        mandatory: false,
        stay: None,
    };
    taken_back(source, id, when, Body::Attendance(Box::new(attendance)))
}

/// The same of where a meeting is held.
fn nowhere(source: Arc<str>, id: String, when: (Millis, u32)) -> Event {
    let meeting = Occurrence::Named(id.clone());
    taken_back(source, id, when, Body::Meeting(Meeting::new(meeting)))
}

/// An event that leads nowhere.
fn taken_back(source: Arc<str>, id: String, (time, version): (Millis, u32), body: Body) -> Event {
    Event {
        subject: format!("{source}{RETRACTED}"),
        source,
        id,
        time,
        version,
        body,
    }
}

/// That somebody is invited to an occurrence.
fn invited(plan: &Plan, expected: &Expected) -> Attendance {
    Attendance {
        meeting: plan.meeting.clone(),
        person: expected.person.clone(),
        team: None,
        role: Some(expected.role.clone()).filter(|role| !role.is_empty()),
        partstat: expected.partstat.clone(),
        role_stated: expected.role_stated,
        via: expected.via.clone(),
        meeting_ms: plan.length_ms,
        attended: None,
        present_ms: None,
        spoke_ms: None,
        mandatory: false,
        stay: None,
    }
}

#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod times_tests;
