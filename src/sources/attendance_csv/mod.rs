//! Who came to a review, from attendance lists: those of Microsoft Teams, and a plain table of our
//! own. Each is read by its own file; this one tells them apart and makes the events.

mod dates;
mod log;
mod people;
mod plain;
mod presence;
mod report;
mod text;

use std::collections::HashMap;
use std::io::BufRead;

use chrono_tz::Tz;
use serde::Deserialize;

use self::dates::{Decision, Order, Stamp};
use self::people::Attendee;
use self::presence::{Bounds, Stay};
use self::text::Row;
use super::links::Finder;
use super::{File, Kind, Problem, Setting, Sink, SourceError, decode};
use crate::model::{Attendance, Body, Calendar, Event, Identity, Millis, to_rfc3339};

/// Attendance from lists.
pub static KIND: Kind = Kind {
    name: "attendance-csv",
    summary: "attendance, from the lists of Microsoft Teams or a plain table",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "reviews"
kind = "attendance-csv"
# The occurrence; without it a Teams report's title and start make one.
meeting = "review-2025-03-04"
# The write-up that was reviewed.
writeup = "https://wiki.example.org/postmortems/2025-02-queue-overflow"
# The meeting's start and end, for lists that don't name them.
start = "2025-03-04T15:00"
end = "2025-03-04T16:00"
# Where the file was downloaded; without it the organisation's zone.
timezone = "Europe/Berlin"
# "auto", "dmy", "mdy" or "ymd".
date_order = "auto"
"#,
    file: Some(build),
    pull: None,
    push: None,
    probe: None,
};

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DateOrder {
    #[default]
    Auto,
    #[serde(untagged)]
    Given(Order),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    meeting: Option<String>,
    writeup: Option<String>,
    start: Option<String>,
    end: Option<String>,
    timezone: Option<String>,
    #[serde(default)]
    date_order: DateOrder,
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let params: Params = decode(params)?;
    let given = |name: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => Stamp::parse(text).map(Some).ok_or_else(|| {
            SourceError::Params(format!(
                "{name}: {text:?} is no date and time such as \"2025-03-04T15:00\""
            ))
        }),
    };
    let zone = match &params.timezone {
        None => setting.timezone,
        Some(name) => name.parse::<Tz>().map_err(|_| {
            SourceError::Params(format!(
                "timezone: {name:?} is no IANA zone such as \"Europe/Berlin\""
            ))
        })?,
    };
    Ok(Box::new(AttendanceCsv {
        start: given("start", &params.start)?,
        end: given("end", &params.end)?,
        calendar: Calendar::new(zone),
        zone_given: params.timezone.is_some(),
        order: match params.date_order {
            DateOrder::Auto => None,
            DateOrder::Given(order) => Some(order),
        },
        meeting: params.meeting,
        writeup: params.writeup,
        finder: Finder::new(&setting.writeups),
        names: setting.names(),
        setting: setting.clone(),
        version: 0,
    }))
}

struct AttendanceCsv {
    meeting: Option<String>,
    writeup: Option<String>,
    start: Option<Stamp>,
    end: Option<Stamp>,
    calendar: Calendar,
    zone_given: bool,
    order: Option<Order>,
    finder: Finder,
    /// Write-ups by name, see [`Setting::names`].
    names: HashMap<String, String>,
    setting: Setting,
    /// Of the events of the file that is read next, see [`AttendanceCsv::version`].
    version: u32,
}

impl File for AttendanceCsv {
    fn dated(&mut self, changed: Millis) {
        const YEAR_2000: Millis = 946_684_800_000;
        // 31 bits of seconds last until 2068.
        let seconds = ((changed - YEAR_2000) / 1000).clamp(0, (1 << 31) - 1);
        self.version = u32::try_from(seconds << 1).unwrap_or(0);
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let (rows, guessed) = text::rows(input).map_err(|cause| SourceError::Io {
            name: name.to_owned(),
            cause,
        })?;
        if let Some(encoding) = guessed {
            sink.note(format!(
                "{name}: does not say its encoding; read as {encoding}"
            ));
        }
        if rows.is_empty() {
            sink.note(format!("{name}: is empty"));
            Ok(())
        } else if report::is_report(&rows) {
            self.report(name, &rows, sink)
        } else if plain::is_plain(&rows) {
            plain::read(self, name, &rows, sink)
        } else if log::is_log(&rows) {
            self.log(name, &rows, sink)
        } else {
            Err(SourceError::Format {
                name: name.to_owned(),
                reason: "is no attendance list; it should begin with \"1. Summary\" or with \"Full Name, \
                         User Action, Timestamp\" as Teams writes them, or have columns meeting, person \
                         and start"
                    .to_owned(),
            })
        }
    }
}

/// A meeting that is about to become events.
struct Meeting {
    id: String,
    subject: String,
    at: Millis,
    bounds: Bounds,
}

impl AttendanceCsv {
    fn report(&self, name: &str, rows: &[Row], sink: &mut dyn Sink) -> Result<(), SourceError> {
        let report = report::parse(rows);
        unread(&report.unread, sink);
        let entries = || report.participants.iter().chain(&report.stays);
        let stamps: Vec<Stamp> = report
            .bounds
            .iter()
            .map(|(_, stamp)| *stamp)
            .chain(
                entries().flat_map(|entry| [Some(entry.joined), entry.left].into_iter().flatten()),
            )
            .collect();
        let order = self.order(name, &stamps, true, sink);

        let summary = |index: usize| report.bounds.get(index).map(|(_, stamp)| *stamp);
        let bounds = self.bounds(name, summary(0), summary(1), order, sink);
        let people = people::of_report(&report, |stamp| stamp.at(order, &self.calendar), sink);
        let dates = !(stamps.is_empty() && report.unread.is_empty());
        let meeting = self.meeting(name, &report.title, bounds, &people, dates)?;
        self.emit(&meeting, &people, sink);
        Ok(())
    }

    fn log(&self, name: &str, rows: &[Row], sink: &mut dyn Sink) -> Result<(), SourceError> {
        let (actions, problems) = log::parse(rows);
        unread(&problems, sink);
        let stamps: Vec<Stamp> = actions.iter().map(|action| action.stamp).collect();
        let order = self.order(name, &stamps, true, sink);
        let bounds = self.bounds(name, None, None, order, sink);
        let people = people::of_log(actions, |stamp| stamp.at(order, &self.calendar), sink);
        let open = people
            .iter()
            .filter(|person| person.stays.iter().any(|stay| stay.1.is_none()))
            .count();
        if open > 0 && bounds.end.is_none() {
            sink.note(format!(
                "{name}: {open} attendees have no departure, so how long they stayed is unknown; \
                 set `end` to the meeting's end"
            ));
        }
        let dates = !(stamps.is_empty() && problems.is_empty());
        let meeting = self.meeting(name, "", bounds, &people, dates)?;
        self.emit(&meeting, &people, sink);
        Ok(())
    }

    /// The order of the dates, with a note where it or the zone had to be assumed.
    fn order(&self, name: &str, stamps: &[Stamp], one_meeting: bool, sink: &mut dyn Sink) -> Order {
        let local = stamps
            .iter()
            .any(|stamp| matches!(stamp, Stamp::Local { .. }));
        if local && !self.zone_given {
            sink.note(format!(
                "{name}: its times name no zone; read in {}, the organisation's (`timezone` sets another)",
                self.calendar.timezone
            ));
        }
        if let Some(order) = self.order {
            return order;
        }
        let Decision { order, assumed } = dates::decide(stamps, one_meeting);
        if assumed {
            sink.note(format!(
                "{name}: its dates fit more than one order or none; read as {order} \
                 (`date_order` sets another)"
            ));
        }
        order
    }

    /// What the parameters say of the meeting's times, else what the file says.
    fn bounds(
        &self,
        name: &str,
        start: Option<Stamp>,
        end: Option<Stamp>,
        order: Order,
        sink: &mut dyn Sink,
    ) -> Bounds {
        let at = |stamp: Option<Stamp>| stamp.and_then(|stamp| stamp.at(order, &self.calendar));
        let bounds = Bounds {
            start: at(self.start.or(start)),
            end: at(self.end.or(end)),
        };
        match bounds.start.zip(bounds.end) {
            Some((start, end)) if end <= start => {
                sink.note(format!(
                    "{name}: the meeting's end should be after its start; both are left aside"
                ));
                Bounds::default()
            }
            _ => bounds,
        }
    }

    /// `dates` says whether the file has any, understood or not.
    fn meeting(
        &self,
        name: &str,
        title: &str,
        bounds: Bounds,
        people: &[Attendee],
        dates: bool,
    ) -> Result<Meeting, SourceError> {
        let first = people
            .iter()
            .flat_map(|person| &person.stays)
            .map(|stay: &Stay| stay.0)
            .min();
        let at = bounds.start.or(first);
        let id = match (&self.meeting, title, at) {
            (Some(id), _, _) => id.clone(),
            // The title may name somebody, and ids are kept: a hash of it will do.
            (None, title, Some(at)) if !title.is_empty() => {
                format!(
                    "teams-{:016x}/{}",
                    xxhash_rust::xxh3::xxh3_64(title.as_bytes()),
                    to_rfc3339(at)
                )
            }
            _ => {
                let reason = match at {
                    None if dates => {
                        "its dates are not understood; a date and time such as 14/11/2022, 09:29:07 is"
                    }
                    _ => "does not say which meeting it is of; set `meeting`",
                };
                return Err(SourceError::Format {
                    name: name.to_owned(),
                    reason: reason.to_owned(),
                });
            }
        };
        let mentioned = || {
            let writeup = self.finder.first([title])?;
            Some(self.setting.writeups[writeup].id.clone())
        };
        let writeup = self.writeup.clone().or_else(mentioned);
        let subject = self.subject(writeup, &id);
        // Without a start and without anybody there is no event that would need a time.
        Ok(Meeting {
            id,
            subject,
            at: at.unwrap_or_default(),
            bounds,
        })
    }

    /// The write-up of a meeting that names this one or none. The name of a meeting can hold people's,
    /// so it is no subject itself; it finds the write-up that has it for an alias.
    fn subject(&self, writeup: Option<String>, meeting: &str) -> String {
        let known = || self.names.get(meeting).cloned();
        writeup.or_else(known).unwrap_or_default()
    }

    /// A file that was changed later replaces an earlier one, and of two readings of the same file
    /// the one that knew the write-up counts.
    fn version(&self, subject: &str) -> u32 {
        self.version | u32::from(!subject.is_empty())
    }

    fn emit(&self, meeting: &Meeting, people: &[Attendee], sink: &mut dyn Sink) {
        for person in people {
            let present = person.present_ms(meeting.bounds);
            sink.event(Event {
                source: self.setting.source.as_str().into(),
                id: event_id(&meeting.id, &person.key),
                subject: meeting.subject.clone(),
                time: meeting.at,
                version: self.version(&meeting.subject),
                body: Body::Attendance(Box::new(Attendance {
                    meeting: meeting.id.clone(),
                    person: person.identity(),
                    team: None,
                    role: None,
                    partstat: None,
                    role_stated: true,
                    via: None,
                    meeting_ms: meeting.bounds.length(),
                    // They came; only for how long is unknown.
                    attended: present.is_none().then_some(true),
                    present_ms: present,
                    spoke_ms: None,
                    mandatory: false,
                })),
            });
        }
    }
}

/// An id that names nobody.
fn event_id(meeting: &str, person: &str) -> String {
    let both = [meeting.as_bytes(), b"\x1f", person.as_bytes()].concat();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&both))
}

fn unread(rows: &[(String, &'static str)], sink: &mut dyn Sink) {
    for (place, column) in rows {
        sink.problem(Problem {
            place: place.clone(),
            field: (*column).to_owned(),
            reason: "there should be a date and time here, such as 14/11/2022, 09:29:07".to_owned(),
        });
    }
}

/// A person known by their address, else by the name that this kind of meeting shows.
fn identity(email: Option<&str>, name: &str) -> Identity {
    match email {
        Some(email) => Identity::bare(email),
        None => Identity::of_source("teams", "name", name),
    }
}

#[cfg(test)]
mod tests;
