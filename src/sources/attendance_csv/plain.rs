//! The plain table: one row for one person at one meeting.

use std::collections::{BTreeMap, HashMap};

use crate::model::meeting::{ANSWERS, ROLES};
use crate::model::{Attendance, Body, Event, Identity, Millis};
use crate::sources::machine::holds_mail;
use crate::sources::presence::dates::{Order, Stamp};
use crate::sources::presence::stays::{Bounds, Stay, present_ms};
use crate::sources::presence::text::Row;
use crate::sources::presence::{Desk, Meeting, ROOM, event_id};
use crate::sources::{Problem, Sink, SourceError};

/// Every column; the first three must be there.
const COLUMNS: [&str; 16] = [
    "meeting",
    "person",
    "start",
    "writeup",
    "team",
    "role",
    "partstat",
    "via",
    "meeting_minutes",
    "meeting_s",
    "present_minutes",
    "present_s",
    "attended",
    "mandatory",
    "joined",
    "left",
];
const NEEDED: usize = 3;

/// Those that say whether somebody was there, or how they were invited. A table without any of them is one of
/// those who came.
const TELLING: [&str; 8] = [
    "role",
    "partstat",
    "via",
    "present_minutes",
    "present_s",
    "attended",
    "joined",
    "left",
];

/// What people write for roles, with the word of the RFC. An organizer of Teams is not among them: that says what
/// somebody may do there, and not whether they had to come.
const SAID: [(&str, &str); 5] = [
    ("REQUIRED", "REQ-PARTICIPANT"),
    ("MANDATORY", "REQ-PARTICIPANT"),
    ("OPTIONAL", "OPT-PARTICIPANT"),
    ("FYI", "NON-PARTICIPANT"),
    ("INFORMED", "NON-PARTICIPANT"),
];

/// What people write for yes and no, in lower case.
const YES: [&str; 14] = [
    "true", "yes", "y", "1", "x", "ja", "j", "oui", "si", "sí", "sim", "wahr", "✓", "✔",
];
const NO: [&str; 11] = [
    "false", "no", "n", "0", "nein", "non", "nee", "nej", "não", "nao", "falsch",
];

/// The longest wrong value that is repeated, bytes.
const LONGEST_SHOWN: usize = 60;

/// No meeting is longer, ms: 14 days.
const LONGEST: f64 = 14.0 * 86_400_000.0;

/// Whether the first row names the needed columns.
pub(super) fn is_plain(rows: &[Row]) -> bool {
    rows.first().is_some_and(|header| {
        COLUMNS[..NEEDED]
            .iter()
            .all(|column| header.cells().any(|cell| cell.eq_ignore_ascii_case(column)))
    })
}

/// Reads the table.
pub(super) fn read(
    kind: &Desk,
    name: &str,
    rows: &[Row],
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let Some((header, rows)) = rows.split_first() else {
        return Ok(());
    };
    let mut columns = HashMap::new();
    for (index, cell) in header.cells().enumerate() {
        match COLUMNS
            .iter()
            .find(|column| cell.eq_ignore_ascii_case(column))
        {
            Some(column) => {
                columns.insert(*column, index);
            }
            None if cell.is_empty() => {}
            None => sink.note(format!(
                "{name}: column {cell:?} is not read; known are {}",
                COLUMNS.join(", ")
            )),
        }
    }
    let at = |column: &str| columns.get(column).copied().unwrap_or(usize::MAX);
    let dated = ["start", "joined", "left"].map(at);
    let stamps: Vec<(&str, Stamp)> = rows
        .iter()
        .flat_map(|row| dated.map(|column| stamp(row.cell(column))))
        .filter_map(|stamp| Some(("", stamp?)))
        .collect();
    let days = rows
        .iter()
        .filter(|row| Stamp::day(row.cell(dated[0])).is_some())
        .count();
    let all_came = !TELLING.iter().any(|column| columns.contains_key(column));
    if all_came && !rows.is_empty() {
        sink.note(format!(
            "{name}: none of its columns says who came; everybody in it is taken to have been there ({} would say \
             it)",
            TELLING.join(", ")
        ));
    }
    let order = kind.order(name, &stamps, false, sink)?;
    let doubtful = stamps.iter();
    let doubtful = doubtful.filter(|(_, stamp)| stamp.is_doubtful(order, &kind.calendar));
    let doubtful = doubtful.count();
    if doubtful > 0 {
        sink.note(format!(
            "{name}: times that the clocks of {} showed twice or not at all: {doubtful}; read as the earlier of two, \
             and as the first instant after those that were skipped (`timezone` sets another)",
            kind.calendar.timezone
        ));
    }
    if days > 0 {
        sink.note(format!(
            "{name}: rows whose start is a day without a time: {days}; read as the beginning of that day"
        ));
    }
    let mut table = Table {
        kind,
        order,
        columns,
        all_came,
        numbers: HashMap::new(),
        told: Vec::new(),
        open: HashMap::new(),
        hidden: BTreeMap::new(),
    };
    for row in rows {
        let shown = table.text(row, "person").unwrap_or_default();
        sink.seen(&shown);
        if let Some(reason) = kind.left_out(&shown) {
            sink.left_out(reason);
            if reason == ROOM {
                table.hides(row);
            }
            continue;
        }
        if let Err((field, reason)) = table.take(row) {
            sink.problem(Problem {
                place: row.place(),
                field: field.to_owned(),
                reason,
            });
        }
    }
    let hidden: u64 = table.hidden.values().sum();
    if hidden > 0 {
        sink.note(format!(
            "{name}: left out as rooms: {hidden}; the table does not say how many people sat there, nor whether it \
             names them besides: more than those whom it names may have been there"
        ));
    }
    let rooms = table.rooms();
    for told in table.told {
        // Events come after all rows: whose this one is has to be said again.
        sink.seen(&told.name);
        sink.event(told.event());
    }
    for event in rooms {
        sink.event(event);
    }
    Ok(())
}

/// A date and time, or a day alone.
fn stamp(text: &str) -> Option<Stamp> {
    Stamp::parse(text).or_else(|| Stamp::day(text))
}

/// What is told of somebody at a meeting.
struct Told {
    event: Event,
    /// The name that the row has.
    name: String,
    stays: Vec<Stay>,
}

impl Told {
    /// With the time that the stays come to, where there are any.
    fn event(mut self) -> Event {
        if let Body::Attendance(told) = &mut self.event.body
            && !self.stays.is_empty()
        {
            let start = self.event.time;
            let length = told
                .meeting_ms
                .and_then(|length| i64::try_from(length).ok());
            let bounds = Bounds {
                start: Some(start),
                end: length.map(|length| start.saturating_add(length)),
            };
            told.present_ms = present_ms(&self.stays, bounds).or(told.present_ms);
            if told.present_ms.is_none() {
                told.attended.get_or_insert(true);
            }
        }
        self.event
    }
}

struct Table<'a> {
    kind: &'a Desk,
    order: Order,
    columns: HashMap<&'static str, usize>,
    /// No column says who came.
    all_came: bool,
    /// How many rows a meeting and a person have had.
    numbers: HashMap<(String, String), u32>,
    /// What is told, in the order of the rows.
    told: Vec<Told>,
    /// Where in `told` the stays of a person at a meeting are put together.
    open: HashMap<(String, String), usize>,
    /// How many rooms a meeting has.
    hidden: BTreeMap<String, u64>,
}

type Wrong = (&'static str, String);

impl Table<'_> {
    /// The meeting of a row.
    fn meeting(&self, row: &Row) -> Option<String> {
        let own = self.text(row, "meeting");
        own.or_else(|| self.kind.meeting.clone())
    }

    /// Counts a room.
    fn hides(&mut self, row: &Row) {
        if let Some(meeting) = self.meeting(row) {
            *self.hidden.entry(meeting).or_default() += 1;
        }
    }

    /// Of each meeting at which somebody was how many rooms were there, too.
    fn rooms(&self) -> Vec<Event> {
        let mut first: HashMap<&str, &Told> = HashMap::new();
        for told in &self.told {
            if let Body::Attendance(one) = &told.event.body {
                first.entry(&one.meeting).or_insert(told);
            }
        }
        let of = |(meeting, hidden): (&String, &u64)| {
            let told = first.get(meeting.as_str())?;
            let about = Meeting {
                id: meeting.clone(),
                subject: told.event.subject.clone(),
                at: told.event.time,
                bounds: Bounds::default(),
            };
            Some(self.kind.rooms(&about, *hidden))
        };
        self.hidden.iter().filter_map(of).collect()
    }

    /// Takes a row: another stay of somebody who has one at that meeting, or something of its own.
    fn take(&mut self, row: &Row) -> Result<(), Wrong> {
        let kind = self.kind;
        let meeting = self
            .meeting(row)
            .ok_or_else(|| ("meeting", "should not be empty".to_owned()))?;
        let start = self.text(row, "start").unwrap_or_default();
        let at = stamp(&start)
            .and_then(|stamp| stamp.at(self.order, &kind.calendar))
            .ok_or_else(|| {
                (
                    "start",
                    format!(
                        "{} is no date and time such as 2025-03-04T15:00",
                        shown(&start)
                    ),
                )
            })?;
        let person = self.text(row, "person");
        let name = person.clone().unwrap_or_default();
        let matched = |shown: String| kind.matches.of(&shown).map(str::to_owned).unwrap_or(shown);
        let person = person.map(matched);
        let (role, partstat) = (
            self.word(row, "role", &ROLES)?,
            self.word(row, "partstat", &ANSWERS)?,
        );
        // An answer without a role is an invitation with the RFC's default role.
        let role_stated = role.is_some() || partstat.is_none();
        let role = role.or_else(|| partstat.is_some().then(|| "REQ-PARTICIPANT".to_owned()));

        let stay = self.stay(row)?;
        let key = person.as_deref().unwrap_or("").to_lowercase();
        let both = (meeting.clone(), key.clone());
        if let Some(stay) = stay
            && let Some(index) = self.open.get(&both)
            && let Some(told) = self.told.get_mut(*index)
        {
            told.stays.push(stay);
            return Ok(());
        }
        let attended = self.flag(row, "attended")?;
        let attended = attended.or(self.all_came.then_some(true));
        let lengths = (
            self.length(row, "meeting_s", "meeting_minutes")?,
            self.length(row, "present_s", "present_minutes")?,
        );
        let mandatory = self.flag(row, "mandatory")?.unwrap_or(false);
        let number = self.numbers.entry(both.clone()).or_insert(0);
        *number += 1;
        let number = *number;
        // Who has no name may be several.
        if stay.is_some() && !key.is_empty() {
            self.open.insert(both, self.told.len());
        }
        let writeup = self.text(row, "writeup").or_else(|| kind.writeup.clone());
        let subject = kind.subject(writeup, &meeting);
        let attendance = Attendance {
            person: person.as_deref().map(Identity::bare),
            team: self.text(row, "team"),
            role,
            partstat,
            role_stated,
            via: self.text(row, "via"),
            meeting_ms: lengths.0.filter(|length| *length > 0),
            attended,
            present_ms: lengths.1,
            spoke_ms: None,
            mandatory,
            stay: None,
            meeting: meeting.clone(),
        };
        self.told.push(Told {
            event: Event {
                source: kind.setting.source.as_str().into(),
                id: event_id(&meeting, &format!("{key}\u{1f}{number}")),
                time: at,
                version: kind.version(&subject),
                subject,
                body: Body::Attendance(Box::new(attendance)),
            },
            name,
            stays: stay.into_iter().collect(),
        });
        Ok(())
    }

    /// From when until when somebody was there, if the row says so.
    fn stay(&self, row: &Row) -> Result<Option<Stay>, Wrong> {
        let at = |column: &'static str| -> Result<Option<Millis>, Wrong> {
            let Some(text) = self.text(row, column) else {
                return Ok(None);
            };
            let at =
                Stamp::parse(&text).and_then(|stamp| stamp.at(self.order, &self.kind.calendar));
            let wrong = || {
                format!(
                    "{} is no date and time such as 2025-03-04T15:00",
                    shown(&text)
                )
            };
            at.map(Some).ok_or_else(|| (column, wrong()))
        };
        match (at("joined")?, at("left")?) {
            (Some(joined), Some(left)) if left < joined => {
                Err(("left", "should not be before `joined`".to_owned()))
            }
            (Some(joined), left) => Ok(Some((joined, left))),
            (None, Some(_)) => Err(("joined", "is missing, and `left` is there".to_owned())),
            (None, None) => Ok(None),
        }
    }

    fn text(&self, row: &Row, column: &str) -> Option<String> {
        let text = self.columns.get(column).map(|index| row.cell(*index))?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// One of these words, in any case; the first part of it will do (`opt`), or what people say for it.
    fn word(
        &self,
        row: &Row,
        column: &'static str,
        known: &[&str],
    ) -> Result<Option<String>, Wrong> {
        let Some(text) = self.text(row, column) else {
            return Ok(None);
        };
        let upper = text.to_uppercase();
        let said = SAID.iter().find(|(said, _)| *said == upper);
        let upper = said.map_or(upper.as_str(), |(_, word)| *word);
        let fits = |word: &&&str| **word == upper || word.split('-').next() == Some(upper);
        match known.iter().find(fits) {
            Some(word) => Ok(Some((*word).to_owned())),
            None => Err((
                column,
                format!(
                    "{} is not known; known are {}",
                    shown(&text),
                    known.join(", ")
                ),
            )),
        }
    }

    fn flag(&self, row: &Row, column: &'static str) -> Result<Option<bool>, Wrong> {
        let Some(text) = self.text(row, column) else {
            return Ok(None);
        };
        let word = text.to_lowercase();
        match (YES.contains(&word.as_str()), NO.contains(&word.as_str())) {
            (true, _) => Ok(Some(true)),
            (_, true) => Ok(Some(false)),
            _ => Err((
                column,
                format!(
                    "{} should be yes or no, true or false, 1 or 0, or x for yes",
                    shown(&text)
                ),
            )),
        }
    }

    /// A length in ms from the column in seconds, else from the one in minutes.
    fn length(
        &self,
        row: &Row,
        seconds: &'static str,
        minutes: &'static str,
    ) -> Result<Option<u64>, Wrong> {
        let (column, factor, text) = match self.text(row, seconds) {
            Some(text) => (seconds, 1_000.0, text),
            None => match self.text(row, minutes) {
                Some(text) => (minutes, 60_000.0, text),
                None => return Ok(None),
            },
        };
        let number: Option<f64> = text.replace(',', ".").parse().ok();
        match number.map(|number| (number * factor).round()) {
            // In this range a float holds every integer, so the cast is exact.
            Some(length) if (0.0..=LONGEST).contains(&length) => Ok(Some(length as u64)),
            _ => Err((
                column,
                format!("{} should be a number from 0 to two weeks", shown(&text)),
            )),
        }
    }
}

/// A wrong value for a message. In a row with shifted columns a word may be somebody's name, so words
/// are not repeated; nobody's name begins with a digit.
fn shown(text: &str) -> String {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let is_short = text.len() <= LONGEST_SHOWN;
    let is_word = text.chars().any(char::is_alphabetic);
    if is_short && !holds_mail(text) && (is_number || !is_word) {
        format!("{text:?}")
    } else {
        "this word".to_owned()
    }
}
