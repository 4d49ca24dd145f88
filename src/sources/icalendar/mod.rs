//! Who was invited to a review, and how: from calendars in iCalendar format.

mod calendars;
mod expand;
mod occasion;
mod people;
mod zones;

use std::collections::HashMap;
use std::io::{BufRead, Read};

use calcard::icalendar::{ICalendar, ICalendarComponentType};
use chrono::NaiveDate;
use regex::Regex;
use serde::Deserialize;

pub use people::Invitation;

use self::calendars::{decoded, is_answer, method, parse};
use self::expand::{Occurrence, occurrences};
use self::occasion::{Broken, Occasion};
use self::people::Expected;
use self::zones::{Local, Zones};
use super::links::Finder;
use super::{File, Kind, Problem, Setting, Sink, SourceError, decode};
use crate::model::{Attendance, Body, Calendar, Event, Millis, parse_rfc3339, to_rfc3339};

/// Invitations from calendars.
pub static KIND: Kind = Kind {
    name: "icalendar",
    summary: "invitations to reviews, from a calendar in iCalendar format",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "review-calendar"
kind = "icalendar"
# Only events whose title or category fits one of these.
match = ["(?i)incident review", "^Post-?mortem"]
# What an incident key looks like, for write-ups that are not registered yet.
key = 'INC-\d+'
# The write-up of events that mention none.
writeup = "https://wiki.example.org/postmortems/"
# Only occurrences from here on, and before there.
from = "2023-01-01"
to = "2026-01-01"
"#,
    file: Some(build),
    ..Kind::NOTHING
};

/// The largest file that is read, bytes; a year of a busy calendar has ten million.
const LARGEST: u64 = 256 << 20;

/// The occurrences of one series that become events.
const MOST: usize = 2_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    key: Option<String>,
    writeup: Option<String>,
    #[serde(default = "default_from")]
    from: String,
    #[serde(default = "default_to")]
    to: String,
}

fn default_from() -> String {
    "1995-01-01".to_owned()
}

fn default_to() -> String {
    "2035-01-01".to_owned()
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let params: Params = decode(params)?;
    let regex = |name: &str, pattern: &str| {
        Regex::new(pattern)
            .map_err(|error| SourceError::Params(format!("{name}: {pattern:?}: {error}")))
    };
    let date = |name: &str, text: &str| {
        let day = || {
            text.parse::<NaiveDate>()
                .ok()
                .map(|day| Calendar::new(setting.timezone).midnight(day))
        };
        parse_rfc3339(text).or_else(day).ok_or_else(|| {
            SourceError::Params(format!(
                "{name}: {text:?} is no date such as \"2025-03-04\""
            ))
        })
    };
    let matching: Result<Vec<Regex>, SourceError> = params
        .matching
        .iter()
        .map(|pattern| regex("match", pattern))
        .collect();
    Ok(Box::new(ICalendarFile {
        matching: matching?,
        key: params
            .key
            .as_deref()
            .map(|pattern| regex("key", pattern))
            .transpose()?,
        writeup: params.writeup,
        from: date("from", &params.from)?,
        to: date("to", &params.to)?,
        finder: Finder::new(&setting.writeups),
        names: setting.names(),
        setting: setting.clone(),
        changed: 0,
    }))
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
    matching: Vec<Regex>,
    key: Option<Regex>,
    writeup: Option<String>,
    from: Millis,
    to: Millis,
    finder: Finder,
    /// Write-ups by name, see [`Setting::names`].
    names: HashMap<String, String>,
    setting: Setting,
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
        let (calendars, problems) = parse(&decoded(&bytes));
        if calendars.is_empty() && !bytes.is_empty() {
            return Err(refused(
                "holds no whole calendar; it should begin with BEGIN:VCALENDAR and end with END:VCALENDAR"
                    .to_owned(),
            ));
        }
        for reason in problems {
            sink.note(format!("{name}: {reason}"));
        }
        let zones: Vec<Zones<'_>> = calendars
            .iter()
            .map(|calendar| Zones::new(calendar, self.setting.timezone))
            .collect();
        let occasions = read_events(&calendars, &zones, sink);
        for zone in unknown_zones(&occasions) {
            sink.note(format!(
                "{name}: zone {zone:?} is not known; read in {}",
                self.setting.timezone
            ));
        }
        for meeting in by_uid(&occasions) {
            self.meeting(name, &meeting, sink);
        }
        Ok(())
    }
}

/// A series or a single meeting, with its changed occurrences, each in its newest version.
struct Versions<'a> {
    series: Option<&'a Occasion<'a>>,
    changes: Vec<&'a Occasion<'a>>,
}

impl ICalendarFile {
    fn meeting(&self, name: &str, versions: &Versions<'_>, sink: &mut dyn Sink) {
        let all = || versions.series.iter().chain(&versions.changes);
        for _ in all().filter(|occasion| occasion.cancelled) {
            sink.left_out("cancelled");
        }
        if versions.series.is_some_and(|series| series.cancelled) {
            return;
        }
        let (found, complete) = occurrences(versions.series, &versions.changes, self.to);
        if !complete {
            sink.note(format!(
                "{name}: the RRULE of a series breaks RFC 5545; only its occurrences named by date \
                 are read"
            ));
        }
        let mut taken = 0;
        for occurrence in &found {
            if !(self.from..self.to).contains(&occurrence.at) {
                sink.left_out("outside from and to");
            } else if !self.is_wanted(occurrence.of) {
                sink.left_out("neither title nor category matches");
            } else if taken == MOST {
                sink.note(format!(
                    "{name}: a series has more than {MOST} occurrences; the first are taken"
                ));
                break;
            } else {
                taken += 1;
                self.occurrence(occurrence, sink);
            }
        }
    }

    fn is_wanted(&self, occasion: &Occasion<'_>) -> bool {
        let fits = |text: &String| self.matching.iter().any(|pattern| pattern.is_match(text));
        self.matching.is_empty() || fits(&occasion.summary) || occasion.categories.iter().any(fits)
    }

    fn occurrence(&self, occurrence: &Occurrence<'_>, sink: &mut dyn Sink) {
        let occasion = occurrence.of;
        let meeting = match occurrence.original {
            Some(original) => format!("{}/{}", occasion.uid, to_rfc3339(original)),
            None => occasion.uid.clone(),
        };
        let subject = self.subject(occasion, &meeting).unwrap_or_default();
        let version = version(occasion, self.changed) | u32::from(!subject.is_empty());
        let people = people::expected(&occasion.invitations, |reason| sink.left_out(reason));
        if people.is_empty() {
            sink.left_out("event without attendees");
        }
        for Expected {
            person,
            role,
            role_stated,
            partstat,
            via,
        } in people
        {
            let key = [
                meeting.as_bytes(),
                b"\x1f",
                person.value.to_lowercase().as_bytes(),
            ]
            .concat();
            sink.event(Event {
                source: self.setting.source.as_str().into(),
                id: format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&key)),
                subject: subject.clone(),
                time: occurrence.at,
                version,
                body: Body::Attendance(Box::new(Attendance {
                    meeting: meeting.clone(),
                    person: Some(person),
                    team: None,
                    role: Some(role),
                    partstat,
                    role_stated,
                    via,
                    meeting_ms: occurrence.length_ms,
                    attended: None,
                    present_ms: None,
                    spoke_ms: None,
                    mandatory: false,
                })),
            });
        }
    }

    /// The write-up that was reviewed, as far as the event or the parameters tell. The meeting's id can
    /// hold names and is no subject; it finds the write-up that has it for an alias.
    fn subject(&self, occasion: &Occasion<'_>, meeting: &str) -> Option<String> {
        let texts = || occasion.texts.iter().map(String::as_str);
        let by_key = || {
            let key = self.key.as_ref()?;
            let found = texts().find_map(|text| key.captures(text))?;
            found
                .get(1)
                .or_else(|| found.get(0))
                .map(|found| found.as_str().to_owned())
        };
        let mentioned = self.finder.first(texts());
        let mentioned = mentioned.map(|writeup| self.setting.writeups[writeup].id.clone());
        let by_alias = || {
            let named = self.names.get(meeting);
            named.or_else(|| self.names.get(&occasion.uid)).cloned()
        };
        mentioned
            .or_else(by_key)
            .or_else(|| self.writeup.clone())
            .or_else(by_alias)
    }
}

/// The version of an occasion's events: SEQUENCE, and within one SEQUENCE the time, because answers
/// change without a new SEQUENCE. The time is the file's own or DTSTAMP, whichever is later: a file
/// knows all that was stamped before it was written, and many calendars leave DTSTAMP as it was.
///
/// Three bits hold a SEQUENCE up to 7, after which the time alone decides; 28 bits hold steps of four
/// seconds from 2010 to 2044. The last bit is left for whether the write-up is known: of two readings
/// of one file the one that knew it counts.
fn version(occasion: &Occasion<'_>, changed: Millis) -> u32 {
    const STEP: Millis = 4_000;
    const YEAR_2010: Millis = 1_262_304_000_000;
    const TIME_BITS: u32 = 28;
    let sequence = occasion.sequence.clamp(0, 7);
    let time = occasion.stamped.max(changed);
    let steps = ((time - YEAR_2010) / STEP).clamp(0, (1 << TIME_BITS) - 1);
    u32::try_from((sequence << TIME_BITS | steps) << 1).unwrap_or(u32::MAX)
}

fn read_events<'a>(
    calendars: &[ICalendar],
    zones: &'a [Zones<'_>],
    sink: &mut dyn Sink,
) -> Vec<Occasion<'a>> {
    let mut occasions = Vec::new();
    let mut number = 0;
    for (calendar, zones) in calendars.iter().zip(zones) {
        let method = method(calendar);
        for component in &calendar.components {
            if component.component_type != ICalendarComponentType::VEvent {
                continue;
            }
            number += 1;
            if method.is_some_and(is_answer) {
                sink.left_out("an answer to an invitation");
                continue;
            }
            match Occasion::read(component, zones, method) {
                Ok(occasion) => occasions.push(occasion),
                Err(Broken(property)) => sink.problem(Problem {
                    place: format!("event {number}"),
                    field: property.to_owned(),
                    reason: "should be there and be a time such as 20250304T140000Z".to_owned(),
                }),
            }
        }
    }
    occasions
}

fn unknown_zones(occasions: &[Occasion<'_>]) -> Vec<String> {
    let mut names: Vec<String> = occasions
        .iter()
        .filter_map(|occasion| occasion.unknown_zone.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The occasions by UID, in the order of the file, the newest version of each.
fn by_uid<'a>(occasions: &'a [Occasion<'a>]) -> Vec<Versions<'a>> {
    let mut order: Vec<&str> = Vec::new();
    let mut newest: HashMap<&str, Vec<&'a Occasion<'a>>> = HashMap::new();
    for occasion in occasions {
        let versions = newest.entry(&occasion.uid).or_insert_with(|| {
            order.push(&occasion.uid);
            Vec::new()
        });
        let which = |occasion: &Occasion<'_>| occasion.recurrence.map(Local::at);
        match versions
            .iter_mut()
            .find(|known| which(known) == which(occasion))
        {
            Some(known) if occasion.age() >= known.age() => *known = occasion,
            Some(_) => {}
            None => versions.push(occasion),
        }
    }
    let split = |uid: &str| {
        let (series, changes): (Vec<_>, Vec<_>) = newest
            .remove(uid)
            .unwrap_or_default()
            .into_iter()
            .partition(|one| one.recurrence.is_none());
        Versions {
            series: series.into_iter().next(),
            changes,
        }
    };
    order.into_iter().map(split).collect()
}

#[cfg(test)]
mod tests;
