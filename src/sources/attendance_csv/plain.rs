//! The plain table: one row for one person at one meeting.

use std::collections::HashMap;

use crate::model::meeting::{ANSWERS, ROLES};
use crate::model::{Attendance, Body, Event, Identity};
use crate::sources::presence::dates::{Order, Stamp};
use crate::sources::presence::text::Row;
use crate::sources::presence::{Desk, NOBODY, event_id, left_out};
use crate::sources::{Problem, Sink, SourceError};

/// Every column; the first three must be there.
const COLUMNS: [&str; 14] = [
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
];
const NEEDED: usize = 3;

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
    let start = columns.get("start").copied().unwrap_or(usize::MAX);
    let stamps: Vec<(&str, Stamp)> = rows
        .iter()
        .filter_map(|row| Some(("", Stamp::parse(row.cell(start))?)))
        .collect();
    let table = Table {
        kind,
        order: kind.order(name, &stamps, false, sink)?,
        columns,
    };
    let mut numbers: HashMap<(String, String), u32> = HashMap::new();
    for row in rows {
        let shown = table.text(row, "person").unwrap_or_default();
        sink.seen(&shown);
        if kind.matches.of(&shown) == Some("") {
            sink.left_out(NOBODY);
            continue;
        }
        // Whoever was matched is somebody, whatever the list calls them.
        if kind.matches.of(&shown).is_none()
            && let Some(reason) = left_out(&shown)
        {
            sink.left_out(reason);
            continue;
        }
        match table.event(row, &mut numbers) {
            Ok(event) => sink.event(event),
            Err((field, reason)) => {
                sink.problem(Problem {
                    place: row.place(),
                    field: field.to_owned(),
                    reason,
                });
            }
        }
    }
    Ok(())
}

struct Table<'a> {
    kind: &'a Desk,
    order: Order,
    columns: HashMap<&'static str, usize>,
}

type Wrong = (&'static str, String);

impl Table<'_> {
    fn event(
        &self,
        row: &Row,
        numbers: &mut HashMap<(String, String), u32>,
    ) -> Result<Event, Wrong> {
        let kind = self.kind;
        let meeting = self
            .text(row, "meeting")
            .or_else(|| kind.meeting.clone())
            .ok_or_else(|| ("meeting", "should not be empty".to_owned()))?;
        let start = self.text(row, "start").unwrap_or_default();
        let at = Stamp::parse(&start)
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
        let matched = |shown: String| kind.matches.of(&shown).map(str::to_owned).unwrap_or(shown);
        let person = person.map(matched);
        let (role, partstat) = (
            self.word(row, "role", &ROLES)?,
            self.word(row, "partstat", &ANSWERS)?,
        );
        // An answer without a role is an invitation with the RFC's default role.
        let role_stated = role.is_some() || partstat.is_none();
        let role = role.or_else(|| partstat.is_some().then(|| "REQ-PARTICIPANT".to_owned()));

        let key = person.as_deref().unwrap_or("").to_lowercase();
        let number = numbers.entry((meeting.clone(), key.clone())).or_insert(0);
        *number += 1;
        let writeup = self.text(row, "writeup").or_else(|| kind.writeup.clone());
        let subject = kind.subject(writeup, &meeting);
        Ok(Event {
            source: kind.setting.source.as_str().into(),
            id: event_id(&meeting, &format!("{key}\u{1f}{number}")),
            time: at,
            version: kind.version(&subject),
            subject,
            body: Body::Attendance(Box::new(Attendance {
                person: person.as_deref().map(Identity::bare),
                team: self.text(row, "team"),
                role,
                partstat,
                role_stated,
                via: self.text(row, "via"),
                meeting_ms: self
                    .length(row, "meeting_s", "meeting_minutes")?
                    .filter(|length| *length > 0),
                attended: self.flag(row, "attended")?,
                present_ms: self.length(row, "present_s", "present_minutes")?,
                spoke_ms: None,
                mandatory: self.flag(row, "mandatory")?.unwrap_or(false),
                meeting,
            })),
        })
    }

    fn text(&self, row: &Row, column: &str) -> Option<String> {
        let text = self.columns.get(column).map(|index| row.cell(*index))?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// One of these words, in any case; the first part of it will do (`opt`).
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
        let fits = |word: &&&str| **word == upper || word.split('-').next() == Some(upper.as_str());
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
        match text.to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Ok(Some(true)),
            "false" | "no" | "n" | "0" => Ok(Some(false)),
            _ => Err((column, format!("{} should be true or false", shown(&text)))),
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
/// are not repeated.
fn shown(text: &str) -> String {
    if text.chars().any(char::is_alphabetic) {
        "this word".to_owned()
    } else {
        format!("{text:?}")
    }
}
