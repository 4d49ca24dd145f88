//! What every list of attendance comes to, whoever wrote it: times without a zone get one, the stays of
//! one person at one meeting are united and clipped to it, machines and rooms are no people, and what
//! is left becomes events of one occurrence. The kinds bring their formats, this brings the rest.

pub(in crate::sources) mod columns;
pub(in crate::sources) mod dates;
pub(in crate::sources) mod list;
mod matched;
mod order;
pub(in crate::sources) mod people;
pub(in crate::sources) mod stays;
pub(in crate::sources) mod text;
#[cfg(test)]
pub(in crate::sources) mod trial;
mod who;

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;
use serde::Deserialize;

use self::dates::{Order, Stamp};
use self::matched::Matches;
pub(super) use self::matched::NOBODY;
use self::people::Attendee;
use self::stays::{Bounds, Stay};
use self::who::{Listed, Sort};
pub(super) use self::who::{ROOM, takes_notes};
use super::links::Finder;
use super::{Problem, Setting, Sink, SourceError, decode};
use crate::model::meeting::version_at;
use crate::model::{
    Attendance, Body, Calendar, Event, Identity, Meeting as About, Millis, Occurrence,
    parse_rfc3339, to_rfc3339,
};

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(
    rename_all = "lowercase",
    expecting = "valid are \"auto\", \"dmy\", \"mdy\" and \"ymd\""
)]
enum DateOrder {
    #[default]
    Auto,
    #[serde(untagged)]
    Given(Order),
}

/// The parameters that these kinds share.
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
    #[serde(default)]
    rooms: Vec<String>,
    #[serde(default)]
    note_takers: Vec<String>,
    #[serde(default)]
    people: BTreeMap<String, String>,
}

/// How a kind takes what its lists leave open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Assumes and says so.
    Lenient,
    /// Refuses dates that may be two.
    Strict,
}

/// Makes events of lists.
pub(super) struct Desk {
    /// The meeting that the parameters name.
    pub(super) meeting: Option<String>,
    /// The write-up that the parameters name.
    pub(super) writeup: Option<String>,
    /// Days and times where the list was made.
    pub(super) calendar: Calendar,
    /// What the house knows.
    pub(super) setting: Setting,
    /// The meeting's start as the parameters have it.
    pub(super) start: Option<Stamp>,
    tool: &'static str,
    manner: Manner,
    end: Option<Stamp>,
    zone_given: bool,
    order: Option<Order>,
    listed: Listed,
    /// Who is who of those whom the list does not tell.
    pub(super) matches: Matches,
    finder: Finder,
    /// Write-ups by name, see [`Setting::names`].
    names: HashMap<String, String>,
    /// Of the events of the file that is read next, see [`Desk::version`].
    version: u32,
}

/// What a list says of the meeting itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Said<'a> {
    /// What tells the meeting from others; empty where nothing does.
    pub(super) key: &'a str,
    /// Its title, in which a write-up may be named.
    pub(super) title: &'a str,
    /// The list has dates, understood or not.
    pub(super) has_dates: bool,
}

/// A meeting that is about to become events.
pub(super) struct Meeting {
    /// The occurrence.
    pub(super) id: String,
    /// The write-up that it is about; empty where none is known.
    pub(super) subject: String,
    /// When it began.
    pub(super) at: Millis,
    /// Its own times.
    pub(super) bounds: Bounds,
}

/// An error of [`Desk::build`] where the kind has taken these parameters out before: they are valid, too.
pub(super) fn among(error: SourceError, asked: &[&str]) -> SourceError {
    match error {
        SourceError::Params(text) if text.contains("unknown field") => {
            let names: Vec<String> = asked.iter().map(|name| format!("`{name}`")).collect();
            SourceError::Params(format!("{text}, {}", names.join(", ")))
        }
        other => other,
    }
}

impl Desk {
    /// A desk for lists of this tool. What the tool is called begins the ids of meetings that nobody
    /// named.
    pub(super) fn build(
        params: toml::Table,
        setting: &Setting,
        tool: &'static str,
        manner: Manner,
    ) -> Result<Self, SourceError> {
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
        Ok(Desk {
            start: given("start", &params.start)?,
            end: given("end", &params.end)?,
            calendar: Calendar::new(zone),
            zone_given: params.timezone.is_some(),
            order: match params.date_order {
                DateOrder::Auto => None,
                DateOrder::Given(order) => Some(order),
            },
            listed: Listed::new(&params.rooms, &params.note_takers),
            matches: Matches::new(params.people)?,
            meeting: params.meeting,
            writeup: params.writeup,
            finder: Finder::new(&setting.writeups),
            names: setting.names(),
            setting: setting.clone(),
            version: 0,
            tool,
            manner,
        })
    }

    /// See [`super::File::dated`].
    pub(super) fn dated(&mut self, changed: Millis) {
        self.version = version_at(changed);
    }

    /// Whether what is ambiguous is refused.
    fn is_strict(&self) -> bool {
        self.manner == Manner::Strict
    }

    /// What the parameters say of the meeting's times, else what the list says.
    pub(super) fn bounds(
        &self,
        name: &str,
        said: (Option<Stamp>, Option<Stamp>),
        order: Order,
        sink: &mut dyn Sink,
    ) -> Bounds {
        let at = |stamp: Option<Stamp>| stamp.and_then(|stamp| stamp.at(order, &self.calendar));
        let bounds = Bounds {
            start: at(self.start.or(said.0)),
            end: at(self.end.or(said.1)),
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

    /// The meeting that people were at.
    ///
    /// # Errors
    /// Neither the parameters nor the list say which meeting it is.
    pub(super) fn meeting(
        &self,
        name: &str,
        said: Said<'_>,
        bounds: Bounds,
        people: &[Attendee],
        sink: &mut dyn Sink,
    ) -> Result<Meeting, SourceError> {
        let stays = || people.iter().flat_map(|person| &person.stays);
        let is_outside = stays().next().is_some() && stays().all(|stay| bounds.is_outside(*stay));
        let bounds = match is_outside && self.is_strict() {
            true => {
                sink.note(format!(
                    "{name}: nobody was there within the meeting's own times; both are left aside"
                ));
                Bounds::default()
            }
            false => bounds,
        };
        let first = stays().map(|stay: &Stay| stay.0).min();
        let at = bounds.start.or(first);
        if at.is_none() && !people.is_empty() {
            return Err(SourceError::Format {
                name: name.to_owned(),
                reason: "does not say when the meeting was; set `start`, such as 2025-03-04T15:00"
                    .to_owned(),
            });
        }
        let id = match (&self.meeting, said.key, at) {
            (Some(id), _, _) => id.clone(),
            (None, key, Some(at)) if !key.is_empty() => self.made(key, at),
            _ => {
                let reason = match at {
                    None if said.has_dates => {
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
        // Without a start and without anybody there is no event that would need a time.
        Ok(self.occurrence(id, said.title, at.unwrap_or_default(), bounds))
    }

    /// The id of a meeting that nobody named. What tells it from others may be a title that names
    /// somebody, and ids are kept: a hash of it will do.
    pub(super) fn made(&self, key: &str, at: Millis) -> String {
        let hash = xxhash_rust::xxh3::xxh3_64(key.as_bytes());
        format!("{}-{hash:016x}/{}", self.tool, to_rfc3339(at))
    }

    /// The meeting of this id and title.
    pub(super) fn occurrence(
        &self,
        id: String,
        title: &str,
        at: Millis,
        bounds: Bounds,
    ) -> Meeting {
        let writeup = self.writeup.clone().or_else(|| self.mentioned(title));
        let subject = self.subject(writeup, &id);
        Meeting {
            id,
            subject,
            at,
            bounds,
        }
    }

    /// The registered write-up that a title mentions.
    pub(super) fn mentioned(&self, title: &str) -> Option<String> {
        let writeup = self.finder.first([title])?;
        Some(self.setting.writeups[writeup].id.clone())
    }

    /// The write-up of a meeting that names this one or none. The name of a meeting can hold people's,
    /// so it is no subject itself; it finds the write-up that has it for an alias.
    pub(super) fn subject(&self, writeup: Option<String>, meeting: &str) -> String {
        let known = || self.names.get(meeting).cloned();
        writeup.or_else(known).unwrap_or_default()
    }

    /// A file that was changed later replaces an earlier one, and of two readings of the same file
    /// the one that knew the write-up counts.
    pub(super) fn version(&self, subject: &str) -> u32 {
        self.version | u32::from(!subject.is_empty())
    }

    /// One event for everybody who was there, and a note where some were left out who may have been people.
    pub(super) fn emit(
        &self,
        name: &str,
        meeting: &Meeting,
        people: &[Attendee],
        sink: &mut dyn Sink,
    ) {
        let (came, hidden) = self.tell(meeting, people, sink);
        if hidden > 0 {
            sink.note(format!(
                "{name}: left out as rooms or telephones: {hidden}; the list does not say how many people sat \
                 there, nor whether it names them besides: more than the {came} whom it names may have been there"
            ));
        }
    }

    /// One event for everybody who was there. Machines and what may hide any number of people are left
    /// out, counted by reason. Says how many came, and how many were left out who may have been people.
    pub(super) fn tell(
        &self,
        meeting: &Meeting,
        people: &[Attendee],
        sink: &mut dyn Sink,
    ) -> (u64, u64) {
        let (mut came, mut hidden) = (0_u64, 0_u64);
        let (people, nobody) = self.matches.applied(people);
        for name in nobody {
            sink.seen(&name);
            sink.left_out(NOBODY);
        }
        for person in &people {
            sink.seen(&person.name);
            let identity = match self.sorted(person) {
                Sort::Person(identity) => identity,
                Sort::LeftOut(reason) => {
                    hidden += u64::from(reason != who::NOTE_TAKER);
                    sink.left_out(reason);
                    continue;
                }
            };
            came += 1;
            self.event(meeting, person, identity, sink);
        }
        if hidden > 0 {
            sink.event(self.rooms(meeting, hidden));
        }
        (came, hidden)
    }

    /// That so many rooms and telephones were at a meeting, behind which may have been people.
    pub(super) fn rooms(&self, meeting: &Meeting, hidden: u64) -> Event {
        Event {
            source: self.setting.source.as_str().into(),
            id: event_id(&meeting.id, "rooms"),
            subject: meeting.subject.clone(),
            time: meeting.at,
            version: self.version(&meeting.subject),
            body: Body::Meeting(About {
                rooms: Some(u32::try_from(hidden).unwrap_or(u32::MAX)),
                ..About::new(Occurrence::Named(meeting.id.clone()))
            }),
        }
    }

    /// Why somebody of a table is left out, of whom it tells a name or an address alone; nobody whom a hand
    /// matched is.
    pub(super) fn left_out(&self, shown: &str) -> Option<&'static str> {
        match self.matches.of(shown) {
            Some("") => Some(NOBODY),
            Some(_) => None,
            None => who::left_out(shown, &self.listed),
        }
    }

    /// Who somebody is; whoever was matched by hand is a person, whatever they are called.
    fn sorted(&self, person: &Attendee) -> Sort {
        match self.matches.of(&person.name) {
            Some(address) if !address.is_empty() => Sort::Person(Some(Identity::bare(address))),
            _ => who::sort(person, &self.listed),
        }
    }

    fn event(
        &self,
        meeting: &Meeting,
        person: &Attendee,
        identity: Option<Identity>,
        sink: &mut dyn Sink,
    ) {
        let present = person.present_ms(meeting.bounds);
        sink.event(Event {
            source: self.setting.source.as_str().into(),
            id: event_id(&meeting.id, &person.key),
            subject: meeting.subject.clone(),
            time: meeting.at,
            version: self.version(&meeting.subject),
            body: Body::Attendance(Box::new(Attendance {
                meeting: meeting.id.clone(),
                person: identity,
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
                stay: None,
            })),
        });
    }
}

/// Whether the id of a meeting is one of [`Desk::made`].
pub fn is_made(id: &str) -> bool {
    let Some((tool, rest)) = id.split_once('-') else {
        return false;
    };
    let (hash, at) = rest.split_once('/').unwrap_or((rest, ""));
    TOOLS.contains(&tool)
        && hash.len() == 16
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        && parse_rfc3339(at).is_some()
}

/// What begins the ids of meetings that nobody named; `hand` where who came was written down.
const TOOLS: [&str; 4] = ["teams", "zoom", "meet", HAND];
const HAND: &str = "hand";

/// The id of a meeting of which somebody wrote down when it began, such as 2026-06-03T15:00, and who came.
pub fn made_by_hand(start: &str) -> String {
    let hash = xxhash_rust::xxh3::xxh3_64(start.as_bytes());
    format!("{HAND}-{hash:016x}/{start}:00Z")
}

/// An id that names nobody.
pub(super) fn event_id(meeting: &str, person: &str) -> String {
    let both = [meeting.as_bytes(), b"\x1f", person.as_bytes()].concat();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&both))
}

/// What a cell with a date should hold.
pub(super) const DATED: &str = "a date and time here, such as 14/11/2022, 09:29:07";

/// Tells of cells that should have held something else: where, and which column.
pub(super) fn unread(cells: &[(String, &'static str)], valid: &str, sink: &mut dyn Sink) {
    for (place, column) in cells {
        sink.problem(Problem {
            place: place.clone(),
            field: (*column).to_owned(),
            reason: format!("there should be {valid}"),
        });
    }
}

/// Tells of a date that does not exist.
pub(super) fn no_such_date(place: &str, sink: &mut dyn Sink) {
    sink.problem(Problem {
        place: place.to_owned(),
        field: "time".to_owned(),
        reason: "there is no such date in the order of the others (`date_order` sets another)"
            .to_owned(),
    });
}
