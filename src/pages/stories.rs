//! What was told: own accounts and changes that came of reviews, retellings, and story rounds.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::view::restricted;
use super::{Links, words};
use crate::charts::reading::{self, Cell, cell};

/// Write-ups that nobody told, at most so many.
const NEVER: usize = 20;

/// What came of the reviews of a quarter.
#[derive(Serialize)]
pub(super) struct Acts {
    quarter: String,
    accounts: String,
    changes: String,
    watched: String,
    reviews: String,
}

/// The quarters of which anything is said, the newest first.
pub(super) fn acts(summary: &Value) -> Vec<Acts> {
    let quarters = reading::list(summary, "attendance_by_quarter").iter().rev();
    let said = quarters.filter(|quarter| !quarter["reviews_with_acts"].is_null());
    let each = said.map(|quarter| Acts {
        quarter: reading::text(quarter, "quarter").to_owned(),
        accounts: number(quarter, "accounts"),
        changes: number(quarter, "changes"),
        watched: number(quarter, "watched"),
        reviews: number(quarter, "reviews_with_acts"),
    });
    each.collect()
}

fn number(entry: &Value, name: &str) -> String {
    match cell(entry, name) {
        Cell::Value(number) => words::count(number),
        _ => "–".to_owned(),
    }
}

/// Such as: Beside the reviews, 3 meetings told again of what had happened before; 21 people came.
pub(super) fn retellings(summary: &Value) -> Option<String> {
    let told = summary.get("retellings")?;
    let Cell::Value(meetings) = cell(told, "meetings") else {
        return None;
    };
    let people = match cell(told, "people") {
        Cell::Value(people) => {
            let noun = words::plural(people, "person", "people");
            format!("«{}» {noun} came", words::count(people))
        }
        _ => "how many people came is withheld".to_owned(),
    };
    let noun = words::plural(meetings, "meeting", "meetings");
    Some(format!(
        "Beside the reviews, «{}» {noun} told again of what had happened before: story sessions, talks to \
         new colleagues, and meetings about a write-up of 90 days and more; {people}. They are not counted above.",
        words::count(meetings)
    ))
}

/// A story round.
#[derive(Serialize)]
pub(super) struct Stories {
    round: String,
    /// Told, and still read.
    read: Vec<Told>,
    /// Told; whether it is still read is not known, or it is not.
    told: Vec<Told>,
    /// Told, and not written up.
    unwritten: Vec<Told>,
    /// Still read, and told in no round.
    never: Vec<Told>,
    /// How many more of these there are.
    more: usize,
}

#[derive(Serialize)]
struct Told {
    title: String,
    href: Option<String>,
    restricted: bool,
    count: String,
}

/// The newest story round beside what is read.
pub(super) fn stories(summary: &Value, links: Links) -> Option<Stories> {
    let rounds = reading::list(summary, "story_rounds");
    let newest = rounds.first()?;
    let ids = |entries: &[Value], name| -> BTreeSet<String> {
        let ids = entries
            .iter()
            .map(|entry| reading::text(entry, name).to_owned());
        ids.filter(|id| !id.is_empty()).collect()
    };
    let still: Vec<Value> = reading::list(summary, "writeups")
        .iter()
        .filter(|writeup| writeup["still_read"] == Value::Bool(true))
        .cloned()
        .collect();
    let still_read = ids(&still, "id");
    let ever_told: BTreeSet<String> = rounds
        .iter()
        .flat_map(|round| ids(reading::list(round, "told"), "writeup"))
        .collect();
    let (mut read, mut told) = (Vec::new(), Vec::new());
    for entry in reading::list(newest, "told") {
        match still_read.contains(reading::text(entry, "writeup")) {
            true => read.push(one(entry, "writeup", links)),
            false => told.push(one(entry, "writeup", links)),
        }
    }
    let unwritten = reading::list(newest, "not_written_up").iter();
    let never: Vec<&Value> = still
        .iter()
        .filter(|writeup| !ever_told.contains(reading::text(writeup, "id")))
        .collect();
    Some(Stories {
        round: reading::text(newest, "round").to_owned(),
        read,
        told,
        unwritten: unwritten
            .map(|entry| one(entry, "writeup", links))
            .collect(),
        more: never.len().saturating_sub(NEVER),
        never: never
            .into_iter()
            .take(NEVER)
            .map(|entry| one(entry, "id", links))
            .collect(),
    })
}

fn one(entry: &Value, name: &str, links: Links) -> Told {
    let id = reading::text(entry, name);
    Told {
        title: reading::text(entry, "title").to_owned(),
        href: (!id.is_empty()).then(|| links.writeup(id)),
        restricted: restricted(entry),
        count: match cell(entry, "count") {
            Cell::Value(count) => words::count(count),
            Cell::Withheld => "few".to_owned(),
            Cell::Missing => String::new(),
        },
    }
}
