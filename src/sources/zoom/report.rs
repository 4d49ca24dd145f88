//! The rows of a participants report: perhaps a head with one row below it, then the list.

use std::collections::{HashMap, HashSet};

use crate::model::Millis;
use crate::sources::presence::columns::Columns;
use crate::sources::presence::dates::{Order, Stamp};
use crate::sources::presence::list::Sheet;
use crate::sources::presence::people::{Attendee, People};
use crate::sources::presence::text::Row;
use crate::sources::presence::{DATED, Desk, Said, no_such_date, unread};
use crate::sources::{Problem, Sink, SourceError};

use super::numbers::{self, Name, Reviews};

const NAME: [&str; 2] = ["name (original name)", "name"];
const EMAIL: [&str; 2] = ["user email", "email"];
const JOINED: [&str; 1] = ["join time"];
const LEFT: [&str; 1] = ["leave time"];
const MINUTES: [&str; 2] = ["total duration", "duration"];
const WAITING: [&str; 1] = ["in waiting room"];
const NUMBER: [&str; 2] = ["meeting id", "id"];
const TOPIC: [&str; 2] = ["topic", "meeting topic"];
const START: [&str; 1] = ["start time"];
const END: [&str; 1] = ["end time"];

/// A row about somebody.
struct Entry<'a> {
    place: String,
    name: &'a str,
    email: Option<&'a str>,
    joined: Option<Stamp>,
    left: Option<Stamp>,
    minutes: Option<u64>,
}

/// What the head says.
#[derive(Default)]
struct Head<'a> {
    number: &'a str,
    topic: &'a str,
    start: Option<Stamp>,
    end: Option<Stamp>,
    place: String,
}

/// Reads the report.
pub(super) fn read(
    desk: &Desk,
    reviews: &Reviews,
    sheet: &Sheet<'_>,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let (name, rows) = (sheet.name, sheet.rows);
    let is_list = |row: &Row| {
        let columns = Columns::of(row);
        columns.find(&NAME).is_some()
            && (columns.find(&JOINED).is_some() || columns.find(&MINUTES).is_some())
            // The head of a meeting has a duration, too.
            && columns.find(&TOPIC).is_none()
    };
    let Some(header) = rows.iter().position(is_list) else {
        return Err(SourceError::Format {
            name: name.to_owned(),
            reason: "is no participants report of Zoom; it should have a row of columns such as \"Name \
                     (Original Name), User Email, Join Time, Leave Time, Duration (Minutes)\", in English"
                .to_owned(),
        });
    };
    let mut wrong: Vec<(String, &'static str)> = Vec::new();
    let head = head(&rows[..header], &mut wrong);
    let columns = Columns::of(&rows[header]);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for row in &rows[header + 1..] {
        if columns.cell(row, &WAITING).is_some_and(is_yes) {
            sink.seen(columns.cell(row, &NAME).unwrap_or_default());
            sink.left_out("waiting room");
            continue;
        }
        match entry(&columns, row) {
            Ok(entry) => entries.push(entry),
            Err(Wrong::Date(column)) => wrong.push((row.place(), column)),
            Err(Wrong::Minutes) => sink.problem(Problem {
                place: row.place(),
                field: "Duration (Minutes)".to_owned(),
                reason: "there should be a number of minutes here, such as 45".to_owned(),
            }),
        }
    }
    unread(&wrong, DATED, sink);

    let mut stamps: Vec<(&str, Stamp)> = Vec::new();
    stamps.extend(
        [head.start, head.end]
            .into_iter()
            .flatten()
            .map(|stamp| (&*head.place, stamp)),
    );
    for entry in &entries {
        let both = [entry.joined, entry.left].into_iter().flatten();
        stamps.extend(both.map(|stamp| (&*entry.place, stamp)));
    }
    let order = desk.order(name, &stamps, true, sink)?;
    let bounds = desk.bounds(name, (head.start, head.end), order, sink);
    let is_renamed = columns.find(&NAME[..1]).is_some();
    let people = people(desk, &entries, order, is_renamed, sink);
    let number = numbers::key(head.number);
    let said = Said {
        key: if number.is_empty() {
            head.topic
        } else {
            &number
        },
        title: head.topic,
        has_dates: !(stamps.is_empty() && wrong.is_empty()),
    };
    let mut meeting = desk.meeting(name, said, bounds, &people, sink)?;
    if desk.meeting.is_none() && !number.is_empty() {
        // As the calendar calls it, if it has it.
        let at = meeting.at;
        let id = match reviews.name(desk, &number, at) {
            Name::Known(id) => id,
            Name::Scheduled(_) => {
                return Err(SourceError::Format {
                    name: name.to_owned(),
                    reason: "is of a meeting that `meetings` joins to a series of the calendar, without `at`; \
                             set `meeting`, as UID/start, or say at what time of day the series begins"
                        .to_owned(),
                });
            }
        };
        let is_own = id == numbers::own(desk, &number, at);
        meeting = desk.occurrence(id, head.topic, at, meeting.bounds);
        // Whoever brings the list in may say which meeting it is of; nobody did.
        if let Some(held) = numbers::held(desk, &number, &meeting).filter(|_| is_own) {
            sink.event(held);
        }
    }
    desk.emit(name, &meeting, &people, sink);
    Ok(())
}

/// The head: a row of columns and one below it.
fn head<'a>(rows: &'a [Row], wrong: &mut Vec<(String, &'static str)>) -> Head<'a> {
    let named = rows.windows(2).find_map(|pair| {
        let columns = Columns::of(&pair[0]);
        let is_head = columns.find(&TOPIC).is_some() || columns.find(&NUMBER).is_some();
        is_head.then_some((columns, &pair[1]))
    });
    let Some((columns, row)) = named else {
        return Head::default();
    };
    let mut stamp = |words: &[&str], column: &'static str| {
        let stamp = Stamp::parse(columns.cell(row, words)?);
        if stamp.is_none() {
            wrong.push((row.place(), column));
        }
        stamp
    };
    Head {
        number: columns.cell(row, &NUMBER).unwrap_or_default(),
        topic: columns.cell(row, &TOPIC).unwrap_or_default(),
        start: stamp(&START, "Start Time"),
        end: stamp(&END, "End Time"),
        place: row.place(),
    }
}

/// What is wrong with a row.
enum Wrong {
    Date(&'static str),
    Minutes,
}

fn entry<'a>(columns: &Columns, row: &'a Row) -> Result<Entry<'a>, Wrong> {
    let stamp = |words: &[&str], column: &'static str| match columns.cell(row, words) {
        None => Ok(None),
        Some(text) => Stamp::parse(text).map(Some).ok_or(Wrong::Date(column)),
    };
    let minutes = match columns.cell(row, &MINUTES) {
        None => None,
        Some(text) => Some(minutes(text).ok_or(Wrong::Minutes)?),
    };
    let email = columns.cell(row, &EMAIL);
    Ok(Entry {
        place: row.place(),
        name: columns.cell(row, &NAME).unwrap_or_default(),
        email: email.filter(|email| email.contains('@')),
        joined: stamp(&JOINED, "Join Time")?,
        left: stamp(&LEFT, "Leave Time")?,
        minutes,
    })
}

/// Whole minutes, of two weeks at most.
fn minutes(text: &str) -> Option<u64> {
    text.parse().ok().filter(|minutes| *minutes <= 14 * 24 * 60)
}

fn is_yes(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "yes" | "y" | "true" | "1")
}

/// The people of the list. Minutes count for those who have no times, and add up over their rows. Where
/// `is_renamed` the list has the name that somebody had before they changed it, in brackets behind the new one.
fn people(
    desk: &Desk,
    entries: &[Entry<'_>],
    order: Order,
    is_renamed: bool,
    sink: &mut dyn Sink,
) -> Vec<Attendee> {
    let at = |stamp: Stamp| -> Option<Millis> { stamp.at(order, &desk.calendar) };
    let known = match is_renamed {
        true => originals(desk, entries, at),
        false => HashSet::new(),
    };
    let mut people = People::default();
    for entry in entries {
        let (joined, left) = (entry.joined.map(at), entry.left.map(at));
        if joined == Some(None) || left == Some(None) {
            no_such_date(&entry.place, sink);
            continue;
        }
        let own = renamed(desk, entry).filter(|own| known.contains(own));
        let index = match own {
            Some(own) => people.keyed(own.to_owned(), entry.name, None),
            None => people.index(entry.name, entry.email),
        };
        let Some(person) = people.at(index) else {
            continue;
        };
        let stated = entry.minutes.map(|minutes| minutes * 60_000);
        match (joined.flatten(), left.flatten(), stated) {
            (Some(from), Some(until), _) => person.stays.push((from, Some(until))),
            // Without a departure the minutes say how long they stayed at most.
            (Some(from), None, Some(stated)) => {
                let until = from.saturating_add(i64::try_from(stated).unwrap_or(0));
                person.stays.push((from, Some(until)));
            }
            (Some(from), None, None) => person.stays.push((from, None)),
            (None, _, Some(stated)) => {
                person.stated_ms = Some(person.stated_ms.unwrap_or(0) + stated);
            }
            (None, _, None) => {}
        }
    }
    people.by_stays()
}

/// The name in brackets at the end: `Grace Hopper` of `Nick (Grace Hopper)`.
fn original(name: &str) -> Option<&str> {
    let (shown, own) = name.strip_suffix(')')?.rsplit_once('(')?;
    let own = own.trim();
    (!shown.trim().is_empty() && !own.is_empty()).then_some(own)
}

/// The same of somebody without an address; a program or a room with somebody's name in brackets is not they.
fn renamed<'a>(desk: &Desk, entry: &Entry<'a>) -> Option<&'a str> {
    let own = original(entry.name)?;
    (entry.email.is_none() && desk.left_out(entry.name).is_none()).then_some(own)
}

/// The names in brackets that are those of people. Others put their company there, or pronouns: it is somebody's
/// name where the list has it without brackets too, or where nobody was there under it in two ways at once.
fn originals<'a>(
    desk: &Desk,
    entries: &[Entry<'a>],
    at: impl Fn(Stamp) -> Option<Millis>,
) -> HashSet<&'a str> {
    /// Nobody comes more often; and those of one company do.
    const MOST: usize = 64;
    let unknown = || entries.iter().filter(|entry| entry.email.is_none());
    let plain: HashSet<&str> = unknown().map(|entry| entry.name).collect();
    let mut ways: HashMap<&'a str, Vec<Way<'a>>> = HashMap::new();
    for entry in unknown() {
        if let Some(own) = renamed(desk, entry) {
            let stay = entry.joined.and_then(&at).zip(entry.left.and_then(&at));
            ways.entry(own).or_default().push((entry.name, stay));
        }
    }
    let apart = |ways: &[Way<'_>]| {
        ways.len() <= MOST
            && ways.iter().enumerate().all(|(index, (name, stay))| {
                ways[..index].iter().all(|(other, before)| {
                    let stays = (*stay).zip(*before);
                    name == other
                        || stays.is_some_and(|(one, two)| one.1 <= two.0 || two.1 <= one.0)
                })
            })
    };
    ways.into_iter()
        .filter(|(own, ways)| plain.contains(own) || apart(ways))
        .map(|(own, _)| own)
        .collect()
}

/// A name as the list shows it, and from when until when.
type Way<'a> = (&'a str, Option<(Millis, Millis)>);
