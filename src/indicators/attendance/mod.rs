//! Attendance of reviews (INDICATORS section 4): who comes, and who comes without having to.

pub(super) mod attendees;
pub(super) mod contribution;
mod duty;
pub(super) mod presence;
pub(super) mod returning;
pub(super) mod show_rate;
pub(super) mod talk;
pub(super) mod teams;
pub(super) mod voluntary;

use std::collections::BTreeSet;

use polars::prelude::*;

use super::Facts;
use super::frames::{distinct_people, ints, scalar, with_flags};
use super::shapes::{Sides, fewest};
use crate::model::{Millis, Value};

pub(crate) use duty::duties;

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
fn sides(rows: &LazyFrame, base: Expr, part: Expr) -> PolarsResult<Sides> {
    let rows = rows.clone().filter(base);
    Ok(Sides {
        with: distinct_people(rows.clone().filter(part.clone()))?,
        without: distinct_people(rows.clone().filter(part.not()))?,
        all: distinct_people(rows)?,
    })
}

/// A named person's presence at one meeting.
struct Presence {
    /// The meeting, by its place among those that anybody came to.
    meeting: usize,
    writeup: Option<usize>,
    at: Millis,
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

/// How many different people.
fn people<'a>(of: impl IntoIterator<Item = &'a Presence>) -> u64 {
    let all: BTreeSet<i64> = of.into_iter().map(|one| one.person).collect();
    all.len() as u64
}

/// How many different meetings.
fn meetings<'a>(of: impl IntoIterator<Item = &'a Presence>) -> u64 {
    let all: BTreeSet<usize> = of.into_iter().map(|one| one.meeting).collect();
    all.len() as u64
}

/// The people on both sides of a share of presences.
fn split(all: &[&Presence], part: impl Fn(&Presence) -> bool) -> Sides {
    let side = |wanted: bool| people(all.iter().copied().filter(|one| part(one) == wanted));
    Sides {
        with: side(true),
        without: side(false),
        all: people(all.iter().copied()),
    }
}

/// A value over several meetings: of a single one only A1 and A2 may be told (INDICATORS section 9).
/// `apart` are the people behind what lies between it and another number, who must be none or many.
fn over_meetings(value: Value, meetings: u64, apart: &[u64]) -> Value {
    match value {
        Value::Null => Value::Null,
        value => value.of_at_least(meetings).of_people(fewest(apart)),
    }
}
