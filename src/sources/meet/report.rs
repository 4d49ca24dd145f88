//! The rows of an attendance report: times of day that get their date from elsewhere.

use chrono::{Days, NaiveDate};

use crate::model::Millis;
use crate::sources::presence::columns::Columns;
use crate::sources::presence::dates::{Order, Stamp, duration};
use crate::sources::presence::list::Sheet;
use crate::sources::presence::people::{Attendee, People};
use crate::sources::presence::text::Row;
use crate::sources::presence::{Desk, Said, no_such_date, unread};
use crate::sources::{Sink, SourceError};

const FIRST: [&str; 2] = ["first name", "name"];
const LAST: [&str; 2] = ["last name", "surname"];
const EMAIL: [&str; 1] = ["email"];
const LENGTH: [&str; 1] = ["duration"];
const JOINED: [&str; 1] = ["time joined"];
const EXITED: [&str; 2] = ["time exited", "time left"];

/// Who comes more than this before the start came the day after.
const EARLIEST: Millis = 12 * 3_600_000;

/// A row about somebody.
struct Entry {
    place: String,
    name: String,
    email: Option<String>,
    joined: Stamp,
    exited: Stamp,
    stated_ms: Option<u64>,
}

/// The day to which times of day belong.
struct Day {
    date: NaiveDate,
    /// The meeting's start, if it is known.
    start: Option<Millis>,
}

/// Reads the report.
pub(super) fn read(desk: &Desk, sheet: &Sheet<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
    let (name, rows) = (sheet.name, sheet.rows);
    let refused = |reason: &str| SourceError::Format {
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    let is_list = |row: &Row| {
        let columns = Columns::of(row);
        [&FIRST[..], &JOINED[..], &EXITED[..]]
            .iter()
            .all(|words| columns.find(words).is_some())
    };
    let header = rows.iter().position(is_list).ok_or_else(|| {
        refused(
            "is no attendance report of Google Meet; it should have a row of columns \"First name, Last \
             name, Email, Duration, Time joined, Time exited\", in English",
        )
    })?;
    let columns = Columns::of(&rows[header]);
    let mut day = day(desk, name, sink)?;
    if let Some(day) = &mut day
        && day.start.is_none()
    {
        let rows = &rows[header + 1..];
        day.start = evening(
            desk,
            day.date,
            rows.iter().filter_map(|row| columns.cell(row, &JOINED)),
        );
        if day.start.is_some() {
            sink.note(format!(
                "{name}: some joined more than {} hours before others; that was after midnight, on the day after {} \
                 (`start` sets another)",
                EARLIEST / 3_600_000,
                day.date
            ));
        }
    }
    let mut wrong: Vec<(String, &'static str)> = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    for row in &rows[header + 1..] {
        match entry(desk, &columns, row, day.as_ref()) {
            Ok(entry) => entries.push(entry),
            Err(Wrong::Time(column)) => wrong.push((row.place(), column)),
            Err(Wrong::NoDay) => {
                return Err(refused(
                    "has times of day only; set `start` to the meeting's start, such as \
                     2025-03-04T15:00, or put the day into the file's name, such as 2025-03-04",
                ));
            }
        }
    }
    unread(&wrong, "a time of day here, such as 15:04 or 3:04 PM", sink);
    let mut stamps: Vec<(&str, Stamp)> = Vec::new();
    stamps.extend(desk.start.map(|start| ("`start`", start)));
    for entry in &entries {
        stamps.extend([(&*entry.place, entry.joined), (&*entry.place, entry.exited)]);
    }
    let order = desk.order(name, &stamps, true, sink)?;
    let bounds = desk.bounds(name, (None, None), order, sink);
    let unstated = entries
        .iter()
        .filter(|entry| entry.stated_ms.is_none())
        .count();
    if unstated > 0 {
        sink.note(format!(
            "{name}: lengths that are missing or not understood: {unstated}; for those the time from joining to \
             leaving counts"
        ));
    }
    let people = people(desk, entries, order, sink);
    let said = Said {
        has_dates: true,
        ..Said::default()
    };
    let meeting = desk.meeting(name, said, bounds, &people, sink)?;
    desk.emit(name, &meeting, &people, sink);
    Ok(())
}

/// The day of the meeting: that of its start, else the one in the file's name.
fn day(desk: &Desk, name: &str, sink: &mut dyn Sink) -> Result<Option<Day>, SourceError> {
    if let Some(start) = desk.start {
        let order = desk.settled(name, &[("`start`", start)], true, sink)?;
        let at = start.at(order, &desk.calendar);
        return Ok(at.map(|at| Day {
            date: desk.calendar.date(at),
            start: Some(at),
        }));
    }
    let bytes = name.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let date = (0..name.len()).find_map(|at| {
        // Ten signs of their own: 12025-03-140 is no date.
        let alone = !is_digit(at + 10) && (at == 0 || !is_digit(at - 1));
        let date = NaiveDate::parse_from_str(name.get(at..at + 10)?, "%Y-%m-%d").ok();
        date.filter(|_| alone && is_digit(at) && is_digit(at + 9))
    });
    Ok(date.map(|date| Day { date, start: None }))
}

/// When the first came, where a meeting went on past midnight: the times at which people joined lie further apart
/// than a meeting lasts, so those of the morning are of the day after. `None` for all others.
fn evening<'a>(
    desk: &Desk,
    date: NaiveDate,
    joined: impl Iterator<Item = &'a str>,
) -> Option<Millis> {
    let at = |text: &str| Stamp::parse(&format!("{date} {text}"))?.at(Order::Ymd, &desk.calendar);
    let all: Vec<Millis> = joined.filter_map(at).collect();
    let latest = all.iter().max()? - EARLIEST;
    let is_split = all.iter().any(|at| *at < latest);
    let first = all.iter().filter(|at| **at >= latest).min();
    first.copied().filter(|_| is_split)
}

/// What is wrong with a row.
enum Wrong {
    Time(&'static str),
    NoDay,
}

fn entry(desk: &Desk, columns: &Columns, row: &Row, day: Option<&Day>) -> Result<Entry, Wrong> {
    let (joined, exited) = (
        columns.cell(row, &JOINED).unwrap_or_default(),
        columns.cell(row, &EXITED).unwrap_or_default(),
    );
    let (joined, exited) = match (Stamp::parse(joined), Stamp::parse(exited)) {
        (Some(joined), Some(exited)) => (joined, exited),
        _ => {
            let on = |date: NaiveDate, time: &str| Stamp::parse(&format!("{date} {time}"));
            // Any day tells whether these are times of day at all.
            on(NaiveDate::default(), joined).ok_or(Wrong::Time("Time joined"))?;
            on(NaiveDate::default(), exited).ok_or(Wrong::Time("Time exited"))?;
            let day = day.ok_or(Wrong::NoDay)?;
            let at = |date, time| on(date, time)?.at(Order::Ymd, &desk.calendar);
            let next = |date: NaiveDate| date.checked_add_days(Days::new(1)).unwrap_or(date);
            let is_early = day.start.zip(at(day.date, joined));
            let came = match is_early.is_some_and(|(start, at)| at < start - EARLIEST) {
                true => next(day.date),
                false => day.date,
            };
            let went = match at(came, exited) < at(came, joined) {
                true => next(came),
                false => came,
            };
            on(came, joined)
                .zip(on(went, exited))
                .ok_or(Wrong::Time("Time joined"))?
        }
    };
    let part = |words: &[&str]| columns.cell(row, words).unwrap_or_default();
    let email = columns
        .cell(row, &EMAIL)
        .filter(|email| email.contains('@'));
    Ok(Entry {
        place: row.place(),
        name: format!("{} {}", part(&FIRST), part(&LAST))
            .trim()
            .to_owned(),
        email: email.map(str::to_owned),
        joined,
        exited,
        stated_ms: columns.cell(row, &LENGTH).and_then(duration),
    })
}

/// The people of the report. A row whose length is not stated has that between joining and leaving.
fn people(desk: &Desk, entries: Vec<Entry>, order: Order, sink: &mut dyn Sink) -> Vec<Attendee> {
    let at = |stamp: Stamp| stamp.at(order, &desk.calendar);
    let mut people = People::default();
    for entry in entries {
        let (Some(joined), Some(exited)) = (at(entry.joined), at(entry.exited)) else {
            no_such_date(&entry.place, sink);
            continue;
        };
        let person = people.of(&entry.name, entry.email.as_deref());
        let between = u64::try_from(exited.saturating_sub(joined)).unwrap_or(0);
        let stated = entry.stated_ms.unwrap_or(between);
        person.stated_ms = Some(person.stated_ms.unwrap_or(0).saturating_add(stated));
        person.stays.push((joined, Some(exited)));
    }
    people.into_all()
}
