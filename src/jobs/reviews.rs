//! Reviews in the summary: of one review the total and how many need not have come, by quarter the
//! roles; never who.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::Datelike as _;
use polars::prelude::{DataFrame, PolarsResult};
use serde_json::{Value as Json, json};

use super::columns::{flags, ints, texts};
use super::compute::Computed;
use super::writeups::is_listed;
use crate::indicators::Context;
use crate::model::{Millis, Results, Value};
use crate::summary::{publish, suppress};

/// The roles of a quarter's table, in the order in which they are stacked. A dial-in without a name
/// is `unknown`.
const ROLES: [&str; 6] = [
    "CHAIR",
    REQUIRED,
    "OPT-PARTICIPANT",
    "NON-PARTICIPANT",
    "walk_in",
    "unknown",
];

/// The role of an invitation that names none, or one that RFC 5545 does not know (3.2.16).
const REQUIRED: &str = "REQ-PARTICIPANT";

#[derive(Default)]
struct Review {
    at: Millis,
    writeups: BTreeSet<usize>,
    attended: u64,
    need_not: u64,
    /// Somebody was told to come.
    mandatory: bool,
}

/// A quarter's reviews, and who came in which role.
#[derive(Default)]
struct Quarter {
    meetings: BTreeSet<String>,
    roles: BTreeMap<&'static str, Presences>,
}

/// Presences in one role. Somebody who came to three reviews is three presences and one person.
#[derive(Default)]
struct Presences {
    all: u64,
    named: BTreeSet<i64>,
    dial_ins: u64,
}

/// Every review, newest first, and the attendance of every quarter, oldest first.
pub(super) fn lists(
    context: &Context,
    computed: &Computed,
    k: u32,
) -> anyhow::Result<(Vec<Json>, Vec<Json>)> {
    let (reviews, quarters) =
        gather(&computed.facts.attendance, context).context("the list of reviews")?;
    let shown = shown(&reviews, k);
    let reviews = reviews
        .iter()
        .zip(shown)
        .map(|(review, shown)| (review.at, one(review, shown, context, computed)));
    let quarters = quarters
        .iter()
        .map(|(name, quarter)| by_role(name, quarter, k));
    Ok((in_order(reviews.collect()), quarters.collect()))
}

fn gather(
    frame: &DataFrame,
    context: &Context,
) -> PolarsResult<(Vec<Review>, BTreeMap<String, Quarter>)> {
    let meetings = texts(frame, "meeting")?;
    let (writeups, at) = (ints(frame, "writeup")?, ints(frame, "at")?);
    let people = ints(frame, "person")?;
    let (roles, invited) = (texts(frame, "role")?, flags(frame, "invited")?);
    let attended = flags(frame, "attended")?;
    let (mandatory, responder) = (flags(frame, "mandatory")?, flags(frame, "responder")?);
    let mut reviews: BTreeMap<String, Review> = BTreeMap::new();
    let mut quarters: BTreeMap<String, Quarter> = BTreeMap::new();
    for row in 0..frame.height() {
        let Some(meeting) = meetings[row].clone() else {
            continue;
        };
        let review = reviews.entry(meeting.clone()).or_default();
        review.at = at[row].unwrap_or(0);
        review.mandatory |= mandatory[row];
        review
            .writeups
            .extend(writeups[row].and_then(|at| usize::try_from(at).ok()));
        let quarter = quarters.entry(quarter_of(review.at, context)).or_default();
        quarter.meetings.insert(meeting);
        if !attended[row] {
            continue;
        }
        let role = match people[row] {
            None => "unknown",
            Some(_) => role(roles[row].as_deref(), invited[row]),
        };
        let presences = quarter.roles.entry(role).or_default();
        presences.all += 1;
        match people[row] {
            Some(person) => _ = presences.named.insert(person),
            None => presences.dial_ins += 1,
        }
        let free = matches!(role, "OPT-PARTICIPANT" | "NON-PARTICIPANT" | "walk_in");
        review.attended += 1;
        review.need_not += u64::from(free && !mandatory[row] && !responder[row]);
    }
    Ok((reviews.into_values().collect(), quarters))
}

/// The same rule as in A2.
fn role(role: Option<&str>, invited: bool) -> &'static str {
    match role {
        None if !invited => "walk_in",
        None => REQUIRED,
        Some(role) => ["CHAIR", "OPT-PARTICIPANT", "NON-PARTICIPANT"]
            .into_iter()
            .find(|known| *known == role)
            .unwrap_or(REQUIRED),
    }
}

/// What may be told of a review.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    attendees: bool,
    need_not: bool,
}

/// Judges the reviews together: the sums over all of them are known, so one number that is missing
/// in the list could be had by subtraction.
fn shown(reviews: &[Review], k: u32) -> Vec<Shown> {
    let k = u64::from(k);
    let attended: Vec<u64> = reviews.iter().map(|review| review.attended).collect();
    let free: Vec<u64> = reviews
        .iter()
        .map(|review| {
            let rest = review.attended - review.need_not;
            match suppress::cells(&[review.need_not, rest], k).contains(&false) {
                // The smaller part that holds anybody: too few, so that it is withheld.
                true if review.need_not > 0 && rest > 0 => review.need_not.min(rest),
                true => review.attended,
                false => review.need_not,
            }
        })
        .collect();
    let judged = suppress::cells(&attended, k).into_iter();
    judged
        .zip(suppress::cells(&free, k))
        .map(|(attendees, need_not)| Shown {
            attendees,
            need_not: attendees && need_not,
        })
        .collect()
}

/// Newest first. A meeting is known to the store by a keyed hash; here it is the nth of its day, so
/// that the same events give the same bytes whatever the key.
fn in_order(mut reviews: Vec<(Millis, Json)>) -> Vec<Json> {
    reviews.sort_by_cached_key(|(at, review)| (*at, review.to_string()));
    let mut of_day: BTreeMap<String, usize> = BTreeMap::new();
    let mut ordered: Vec<Json> = reviews.into_iter().map(|(_, review)| review).collect();
    for review in &mut ordered {
        let date = review["date"].as_str().unwrap_or_default().to_owned();
        let nth = of_day.entry(date.clone()).or_default();
        *nth += 1;
        review["meeting"] = json!(format!("{date}/{nth}"));
    }
    ordered.reverse();
    ordered
}

fn one(review: &Review, shown: Shown, context: &Context, computed: &Computed) -> Json {
    // A restricted write-up is not in the list of write-ups, so its reviews do not name it.
    let writeup = review
        .writeups
        .first()
        .and_then(|at| computed.registry.get(*at))
        .filter(|writeup| !writeup.restricted);
    let title = writeup.map(|writeup| writeup.title.as_ref().unwrap_or(&writeup.id));
    let mut json = json!({
        "attendees": shown.attendees.then_some(review.attended),
        "need_not_have_come": shown.need_not.then_some(review.need_not),
        "date": context.calendar.date(review.at).to_string(),
        // Only what is listed has a page; a write-up that is deleted by now keeps its title.
        "writeup": writeup
            .filter(|writeup| is_listed(writeup, context.as_of))
            .map(|writeup| &writeup.id),
        "title": title,
    });
    if review.mandatory {
        json["mandatory"] = json!(true);
    }
    if !(shown.attendees && shown.need_not) {
        json["suppressed"] = json!(true);
    }
    json
}

fn by_role(name: &str, quarter: &Quarter, k: u32) -> Json {
    let none = Presences::default();
    let mut results = Results::new();
    for role in ROLES {
        let presences = quarter.roles.get(role).unwrap_or(&none);
        let people = presences.named.len() as u64 + presences.dial_ins;
        results = results.with(role, Value::from(presences.all).cell("quarter", people));
    }
    json!({
        "quarter": name,
        "reviews": quarter.meetings.len(),
        "by_role": publish(&results, k),
    })
}

fn quarter_of(at: Millis, context: &Context) -> String {
    let date = context.calendar.date(at);
    format!("{}-Q{}", date.year(), date.month0() / 3 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(attended: u64, need_not: u64) -> Review {
        Review {
            attended,
            need_not,
            ..Review::default()
        }
    }

    fn numbers(reviews: &[(u64, u64)]) -> Vec<(bool, bool)> {
        let reviews: Vec<Review> = reviews.iter().map(|&(n, k)| review(n, k)).collect();
        let shown = shown(&reviews, 5);
        shown.iter().map(|s| (s.attendees, s.need_not)).collect()
    }

    #[test]
    fn a_small_review_takes_the_next_with_it() {
        assert_eq!(
            numbers(&[(20, 10), (3, 0), (11, 6), (12, 5)]),
            [(true, true), (false, false), (false, false), (true, false)]
        );
        assert_eq!(numbers(&[(20, 10), (0, 0)]), [(true, true); 2]);
    }

    #[test]
    fn either_part_may_be_too_small() {
        // Of 20 people 18 need not have come: the other two would be told, and by the sum of the
        // list too.
        assert_eq!(
            numbers(&[(20, 18), (20, 9), (20, 10), (20, 0)]),
            [(true, false), (true, false), (true, true), (true, true)]
        );
    }

    #[test]
    fn one_person_in_many_reviews_is_one() {
        let mut quarter = Quarter::default();
        for (role, people, dial_ins) in [("CHAIR", 1, 0), ("walk_in", 7, 0), ("unknown", 0, 6)] {
            let presences = Presences {
                all: 12,
                named: (0..people).collect(),
                dial_ins,
            };
            quarter.roles.insert(role, presences);
        }
        let found = by_role("2026-Q1", &quarter, 5);
        assert!(found["by_role"]["CHAIR"].is_null());
        assert!(found["by_role"]["unknown"].is_null(), "the next smallest");
        assert_eq!(found["by_role"]["walk_in"], 12);
        assert_eq!(found["by_role"]["OPT-PARTICIPANT"], 0);
    }

    #[test]
    fn a_role_that_nobody_knows_is_required() {
        assert_eq!(role(Some("X-OBSERVER"), true), REQUIRED);
        assert_eq!(role(Some("walk_in"), true), REQUIRED);
        assert_eq!(role(Some("NON-PARTICIPANT"), true), "NON-PARTICIPANT");
        assert_eq!(role(None, true), REQUIRED);
        assert_eq!(role(None, false), "walk_in");
    }
}
