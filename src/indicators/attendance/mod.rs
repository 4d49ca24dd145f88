//! Attendance of reviews (INDICATORS section 4): who comes, and who comes without having to.

pub(super) mod attendees;
pub(super) mod contribution;
mod duty;
mod pool;
pub(super) mod presence;
pub(super) mod returning;
pub(super) mod show_rate;
pub(super) mod talk;
pub(super) mod teams;
pub(super) mod voluntary;

use std::collections::BTreeSet;

use polars::prelude::*;

use super::frames::{distinct_people, ints, scalar, with_flags};
use super::shapes::{Sides, fewest};
use super::{Context, Facts};
use crate::model::{Millis, Value};
use pool::{at_last, lately, of_rows};

pub(crate) use duty::duties;
pub(crate) use pool::{is_new, months_until, together};

/// The rows, ready to be asked.
fn rows(facts: &Facts) -> LazyFrame {
    with_flags(
        &facts.attendance,
        &[
            "attended",
            "recorded",
            "planned",
            "invited",
            "mandatory",
            "responder",
            "author",
            "open",
            "or_more",
            "grouped",
            "stated",
        ],
    )
}

/// The rows of meetings of which somebody recorded who came, and how many others there are: of those it is
/// known who was invited, and not that nobody came.
fn recorded(rows: &LazyFrame) -> PolarsResult<(LazyFrame, u64)> {
    let others = rows.clone().filter(col("recorded").not());
    let others = scalar(others, col("meeting").n_unique())?;
    Ok((rows.clone().filter(col("recorded")), others))
}

/// The rows of meetings of which somebody says who was invited, that everybody was, or had to come; and how many
/// others there are: whoever came to those came neither with an invitation nor without one.
fn planned(rows: &LazyFrame) -> PolarsResult<(LazyFrame, u64)> {
    let others = rows.clone().filter(is_planned().not());
    let others = scalar(others, col("meeting").n_unique())?;
    Ok((rows.clone().filter(is_planned()), others))
}

fn is_planned() -> Expr {
    col("planned").or(col("open")).or(col("mandatory"))
}

/// Came, and is known by name. A dial-in without identity counts in A1 only.
fn came() -> Expr {
    col("attended").and(col("person").is_not_null())
}

/// The people on both sides of a share of presences: of the rows in `base`, those in `part`.
fn sides(rows: &LazyFrame, base: Expr, part: Expr, context: &Context) -> PolarsResult<Sides> {
    let rows = rows.clone().filter(base);
    let sides = Sides {
        with: behind(rows.clone().filter(part.clone()), context)?,
        without: behind(rows.clone().filter(part.not()), context)?,
        all: distinct_people(rows.clone())?,
    };
    Ok(waiting(sides, at_last(of_rows(rows)?, context)))
}

/// The same where the last ones of all wait: a share and one of its sides would tell the other.
fn waiting(sides: Sides, last: u64) -> Sides {
    Sides {
        with: fewest(&[sides.with, last]),
        without: fewest(&[sides.without, last]),
        all: fewest(&[sides.all, last]),
    }
}

/// Distinct people in these rows, or those of them who changed a number lately, if these are fewer.
fn behind(rows: LazyFrame, context: &Context) -> PolarsResult<u64> {
    let lately = lately(of_rows(rows.clone())?, context);
    Ok(fewest(&[distinct_people(rows)?, lately]))
}

/// The same of all whom a share counts: of these the last ones wait until they are many.
fn behind_all(rows: LazyFrame, context: &Context) -> PolarsResult<u64> {
    let last = at_last(of_rows(rows.clone())?, context);
    Ok(fewest(&[distinct_people(rows)?, last]))
}

/// A named person's presence at one meeting.
struct Presence {
    /// The meeting, by its place among those that anybody came to.
    meeting: usize,
    writeup: Option<usize>,
    at: Millis,
    /// When it is counted: with the review, or later.
    counted_at: Millis,
    person: i64,
    stayed_ms: Option<i64>,
    length_ms: Option<i64>,
    talked_ms: Option<i64>,
    /// How many spoke in the meeting, where only that is known.
    spoke_count: Option<u64>,
    team: Option<String>,
}

/// Everybody who came and is known by name, one entry for each meeting.
fn presences(rows: &LazyFrame) -> PolarsResult<Vec<Presence>> {
    let frame = rows.clone().filter(came()).collect()?;
    let texts = |name: &str| -> PolarsResult<Vec<Option<String>>> {
        let column = frame.column(name)?.cast(&DataType::String)?;
        Ok(column.str()?.iter().map(|t| t.map(str::to_owned)).collect())
    };
    let meetings = texts("meeting")?;
    let places: BTreeSet<&String> = meetings.iter().flatten().collect();
    let places: Vec<&String> = places.into_iter().collect();
    let (writeups, at) = (ints(&frame, "writeup")?, ints(&frame, "at")?);
    let people = ints(&frame, "person")?;
    let (stayed, length) = (ints(&frame, "stayed_ms")?, ints(&frame, "length_ms")?);
    let (talked, teams) = (ints(&frame, "talked_ms")?, texts("team")?);
    // Only where something is known of meetings beside their attendees.
    let spoke = match frame.column("spoke_count") {
        Ok(_) => ints(&frame, "spoke_count")?,
        Err(_) => vec![None; frame.height()],
    };
    let all = (0..frame.height()).filter_map(|row| {
        Some(Presence {
            meeting: places.binary_search(&meetings[row].as_ref()?).ok()?,
            writeup: writeups[row].and_then(|at| usize::try_from(at).ok()),
            at: at[row]?,
            counted_at: at[row]?,
            person: people[row]?,
            stayed_ms: stayed[row],
            length_ms: length[row].filter(|length| *length > 0),
            talked_ms: talked[row],
            spoke_count: spoke[row].and_then(|count| u64::try_from(count).ok()),
            team: teams[row].clone().filter(|team| !team.is_empty()),
        })
    });
    Ok(all.collect())
}

/// How many different people, or those of them who changed a number lately, if these are fewer.
fn people<'a>(of: impl IntoIterator<Item = &'a Presence>, context: &Context) -> u64 {
    let (all, came) = came_in(of);
    fewest(&[all, lately(came, context)])
}

/// The same of all whom a number counts: of these the last ones wait until they are many.
fn all_people<'a>(of: impl IntoIterator<Item = &'a Presence>, context: &Context) -> u64 {
    let (all, came) = came_in(of);
    fewest(&[all, at_last(came, context)])
}

fn came_in<'a>(of: impl IntoIterator<Item = &'a Presence>) -> (u64, Vec<(Millis, i64)>) {
    let came = of.into_iter().map(|one| (one.counted_at, one.person));
    let came: Vec<(Millis, i64)> = came.collect();
    let people: BTreeSet<i64> = came.iter().map(|(_, person)| *person).collect();
    (people.len() as u64, came)
}

/// How many different meetings.
fn meetings<'a>(of: impl IntoIterator<Item = &'a Presence>) -> u64 {
    let all: BTreeSet<usize> = of.into_iter().map(|one| one.meeting).collect();
    all.len() as u64
}

/// The people on both sides of a share of presences.
fn split(all: &[&Presence], part: impl Fn(&Presence) -> bool, context: &Context) -> Sides {
    let side = |wanted: bool| {
        let own = all.iter().copied().filter(|one| part(one) == wanted);
        people(own, context)
    };
    let (people, came) = came_in(all.iter().copied());
    let sides = Sides {
        with: side(true),
        without: side(false),
        all: people,
    };
    waiting(sides, at_last(came, context))
}

/// A value over several meetings: of a single one only A1 and A2 may be told (INDICATORS section 9).
/// `apart` are the people behind what lies between it and another number, who must be none or many.
fn over_meetings(value: Value, meetings: u64, apart: &[u64]) -> Value {
    match value {
        Value::Null => Value::Null,
        value => value.of_at_least(meetings).of_people(fewest(apart)),
    }
}
