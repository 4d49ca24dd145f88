//! Signs of life of a write-up: the latest read, comment, new link or review, whichever came last.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::{attendance, health, linked, signals, words};
use crate::charts::reading::{self, Cell, cell};

/// The latest sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sign {
    /// Monday of its week.
    pub(super) week: NaiveDate,
    /// What it was.
    pub(super) kind: &'static str,
}

/// Signs of life of all write-ups; reviews are listed apart from them.
pub(super) struct Signs<'a> {
    summary: &'a Value,
    reviews: HashMap<&'a str, NaiveDate>,
    /// What some source delivers: `read`, `comment`.
    watched: Vec<&'static str>,
}

impl<'a> Signs<'a> {
    pub(super) fn of(summary: &'a Value) -> Signs<'a> {
        let mut reviews: HashMap<&str, NaiveDate> = HashMap::new();
        for review in reading::list(summary, "reviews") {
            // A plan is not a meeting yet.
            if attendance::is_planned(review) {
                continue;
            }
            if let Some(week) = monday_of(reading::text(review, "date")) {
                let latest = reviews
                    .entry(reading::text(review, "writeup"))
                    .or_insert(week);
                *latest = week.max(*latest);
            }
        }
        let kinds = [
            ("L4", "read"),
            ("C1", "comment"),
            ("K1", "link"),
            ("A1", "review"),
        ];
        let watched = kinds
            .into_iter()
            .filter(|(code, _)| health::missing(summary, code).is_none())
            .map(|(_, kind)| kind);
        Signs {
            summary,
            reviews,
            watched: watched.collect(),
        }
    }

    /// The latest sign of a write-up; of several in one week a review, a link, then a comment,
    /// since they cost more than a read.
    pub(super) fn latest(&self, writeup: &Value) -> Option<Sign> {
        let week_of = |key: &str| words::monday(reading::text(writeup, key));
        let linked = reading::list(writeup, "link_evidence")
            .iter()
            .filter_map(|link| monday_of(reading::text(link, "since")))
            .max();
        let reviewed = self.reviews.get(reading::text(writeup, "id")).copied();
        [
            (reviewed, "review"),
            (linked, "link"),
            (week_of("last_comment_week"), "comment"),
            (week_of("last_read_week"), "read"),
        ]
        .into_iter()
        .filter_map(|(week, kind)| Some(Sign { week: week?, kind }))
        .reduce(|best, next| if next.week > best.week { next } else { best })
    }

    /// The sign in words: `read, week of 30 Mar 2026`. What no source delivers is not missed.
    pub(super) fn words(&self, writeup: &Value) -> String {
        if let Some(sign) = self.latest(writeup) {
            let kind = match sign.kind {
                "read" if read_by_unknown(self.summary, writeup) => "read by somebody unknown",
                "link" => "new link",
                kind => kind,
            };
            return format!("{kind}, week of {}", sign.week.format("%-d %b %Y"));
        }
        if cell(writeup, "readers_trailing") == Cell::Withheld {
            return "withheld".to_owned();
        }
        // The week goes with the number of readers.
        if reading::suppressed(writeup) && cell(writeup, "last_read_week") == Cell::Withheld {
            return "withheld".to_owned();
        }
        match self.watched.as_slice() {
            [] => "–".to_owned(),
            kinds if kinds.len() == KINDS => "no sign seen".to_owned(),
            kinds => {
                let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
                format!("no {} seen", words::row(&kinds, "or"))
            }
        }
    }
}

/// Kinds of signs there are.
const KINDS: usize = 4;

/// The Monday of a day `2026-04-01`.
fn monday_of(day: &str) -> Option<NaiveDate> {
    let day: NaiveDate = day.parse().ok()?;
    Some(day.week(chrono::Weekday::Mon).first_day())
}

/// Whether it was read in the trailing window, and nobody known was seen reading it.
pub(super) fn read_by_unknown(summary: &Value, writeup: &Value) -> bool {
    let trailing = signals::days(summary, "trailing", 28.0) as u64;
    let as_of = reading::day(reading::text(summary, "as_of"), reading::zone(summary));
    let start = as_of.and_then(|day| day.checked_sub_days(chrono::Days::new(trailing)));
    let read = words::monday(reading::text(writeup, "last_read_week"));
    cell(writeup, "readers_trailing").get() == Some(0.0)
        && start.zip(read).is_some_and(|(start, week)| week >= start)
}

/// Write-ups older than `late` days that are still read or linked, the oldest first.
pub(super) fn still_alive(summary: &Value, late: f64, most: usize) -> Vec<&Value> {
    let mut alive: Vec<&Value> = reading::list(summary, "writeups")
        .iter()
        .filter(|writeup| {
            cell(writeup, "age_days")
                .get()
                .is_some_and(|age| age >= late)
        })
        .filter(|writeup| writeup.get("deleted_at").is_none_or(Value::is_null))
        .filter(|writeup| {
            writeup.get("still_read").and_then(Value::as_bool).unwrap_or(false)
                // Named as still read only where the number of its readers may be told.
                && cell(writeup, "readers_trailing").get().is_some_and(|n| n > 0.0)
        })
        .collect();
    // The oldest first: what lives longest says most. Ties by id, so that the order is settled.
    alive.sort_by(|a, b| {
        let age = |writeup: &Value| cell(writeup, "age_days").get().unwrap_or(0.0);
        age(b)
            .total_cmp(&age(a))
            .then_with(|| reading::text(a, "id").cmp(reading::text(b, "id")))
    });
    alive.truncate(most);
    alive
}

/// `13 months old, 12 readers in the last four weeks`.
pub(super) fn words_of(summary: &Value, writeup: &Value) -> String {
    let age = cell(writeup, "age_days")
        .get()
        .map(words::age)
        .unwrap_or_default();
    format!(
        "{age} old, {} readers in the last {}",
        words::counted(cell(writeup, "readers_trailing")),
        words::stretch(signals::days(summary, "trailing", 28.0))
    )
}

/// The newest links that still stand, with the write-up each leads to.
pub(super) fn newest_links(summary: &Value, most: usize) -> Vec<(&Value, &Value)> {
    let mut links: Vec<(&Value, &Value)> = reading::list(summary, "writeups")
        .iter()
        .flat_map(|writeup| {
            reading::list(writeup, "link_evidence")
                .iter()
                .map(move |link| (writeup, link))
        })
        .filter(|(_, link)| {
            link.get("removed").is_none_or(Value::is_null) && linked::is_uptake(link)
        })
        .collect();
    links.sort_by(|(a, x), (b, y)| {
        let key = |writeup, link| (reading::text(link, "since"), reading::text(writeup, "id"));
        key(b, y).cmp(&key(a, x))
    });
    // One from each place first: three commits in a row say less.
    let mut chosen: Vec<(&Value, &Value)> = Vec::new();
    for link in &links {
        let place = reading::text(link.1, "place");
        if chosen.len() < most
            && !chosen
                .iter()
                .any(|(_, c)| reading::text(c, "place") == place)
        {
            chosen.push(*link);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(kinds: &[&str]) -> Value {
        let coverage: Vec<Value> = kinds.iter().map(|kind| json!({"kind": kind})).collect();
        json!({
            "health": {"coverage": coverage},
            "reviews": [
                {"writeup": "a", "date": "2026-06-12", "attendees": 9},
                {"writeup": "a", "date": "2026-09-12", "attendees": null, "not_recorded": true},
            ],
        })
    }

    #[test]
    fn a_review_is_a_sign_and_a_plan_is_none() {
        let summary = summary(&["attendance"]);
        let signs = Signs::of(&summary);
        assert_eq!(
            signs.words(&json!({"id": "a"})),
            "review, week of 8 Jun 2026"
        );
        assert_eq!(signs.words(&json!({"id": "b"})), "no review seen");
    }

    #[test]
    fn what_nobody_watches_is_not_missed() {
        let nothing = Value::Null;
        assert_eq!(Signs::of(&nothing).words(&json!({"id": "b"})), "–");
        let summary = summary(&["read", "link", "comment", "attendance"]);
        let signs = Signs::of(&summary);
        assert_eq!(signs.words(&json!({"id": "b"})), "no sign seen");
        let few = json!({"id": "b", "readers_trailing": null, "suppressed": true});
        assert_eq!(signs.words(&few), "withheld");
    }
}
