//! Reviews in the summary: of one review the total and how many need not have come, by quarter the
//! roles; never who.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::Datelike as _;
use serde_json::{Value as Json, json};

use super::columns::{flags, ints, texts};
use super::compute::Computed;
use crate::indicators::Context;
use crate::model::{Guard, Millis, Results, Value};
use crate::summary::publish;

/// The roles of a quarter's table, in the order in which they are stacked.
const ROLES: [&str; 6] = [
    "CHAIR",
    "REQ-PARTICIPANT",
    "OPT-PARTICIPANT",
    "NON-PARTICIPANT",
    "walk_in",
    "unknown",
];

#[derive(Default)]
struct Review {
    at: Millis,
    writeups: BTreeSet<usize>,
    attended: u64,
    had_to: u64,
    need_not: u64,
    walk_ins: u64,
}

/// Every review, newest first, and the attendance of every quarter, oldest first.
pub(super) fn lists(
    context: &Context,
    computed: &Computed,
    k: u32,
) -> anyhow::Result<(Vec<Json>, Vec<Json>)> {
    let frame = &computed.facts.attendance;
    let what = "the list of reviews";
    let meetings = texts(frame, "meeting").context(what)?;
    let (writeups, at) = (
        ints(frame, "writeup").context(what)?,
        ints(frame, "at").context(what)?,
    );
    let people = ints(frame, "person").context(what)?;
    let (roles, invited) = (
        texts(frame, "role").context(what)?,
        flags(frame, "invited").context(what)?,
    );
    let attended = flags(frame, "attended").context(what)?;
    let mandatory = flags(frame, "mandatory").context(what)?;
    let responder = flags(frame, "responder").context(what)?;
    let mut reviews: BTreeMap<String, Review> = BTreeMap::new();
    let mut quarters: BTreeMap<String, (BTreeSet<String>, BTreeMap<&str, u64>)> = BTreeMap::new();
    for row in 0..frame.height() {
        let Some(meeting) = meetings[row].clone() else {
            continue;
        };
        let review = reviews.entry(meeting.clone()).or_default();
        review.at = at[row].unwrap_or(0);
        review
            .writeups
            .extend(writeups[row].and_then(|at| usize::try_from(at).ok()));
        let quarter = quarters.entry(quarter(review.at, context)).or_default();
        quarter.0.insert(meeting);
        if !attended[row] {
            continue;
        }
        review.attended += 1;
        let role = match (people[row].is_some(), roles[row].as_deref(), invited[row]) {
            (false, _, _) => "unknown",
            (true, Some(role), _) => ROLES
                .into_iter()
                .find(|known| *known == role)
                .unwrap_or("unknown"),
            (true, None, true) => "REQ-PARTICIPANT",
            (true, None, false) => "walk_in",
        };
        *quarter.1.entry(role).or_default() += 1;
        if role == "unknown" {
            continue;
        }
        if matches!(role, "CHAIR" | "REQ-PARTICIPANT") || mandatory[row] || responder[row] {
            review.had_to += 1;
        } else {
            review.need_not += 1;
        }
        review.walk_ins += u64::from(role == "walk_in");
    }
    let reviews = reviews
        .values()
        .map(|review| (review.at, one(review, context, computed, k)));
    let reviews = in_order(reviews.collect());
    let quarters = quarters
        .iter()
        .map(|(name, (held, roles))| by_role(name, held.len(), roles, k));
    Ok((reviews, quarters.collect()))
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

fn one(review: &Review, context: &Context, computed: &Computed, k: u32) -> Json {
    // The total is shown, so the two parts of it are withheld together.
    let part = |people: u64| {
        Value::Guarded(
            Guard::Cell {
                group: "review",
                people,
            },
            Box::new(Value::from(people)),
        )
    };
    let results = Results::new()
        .with(
            "attendees",
            Value::from(review.attended).of_people(review.attended),
        )
        .with("need_not_have_come", part(review.need_not))
        .with("had_to_come", part(review.had_to));
    let mut json = publish(&results, k);
    if let Json::Object(object) = &mut json {
        if review.attended > 0 && review.attended < u64::from(k) {
            object.insert("need_not_have_come".to_owned(), Json::Null);
        }
        // Only judged along, never told: of one review two numbers are enough.
        object.remove("had_to_come");
        let writeup = review
            .writeups
            .first()
            .and_then(|at| computed.registry.get(*at));
        object.insert(
            "date".to_owned(),
            json!(context.calendar.date(review.at).to_string()),
        );
        object.insert(
            "writeup".to_owned(),
            json!(writeup.map(|writeup| &writeup.id)),
        );
        let title = writeup.map(|writeup| writeup.title.as_ref().unwrap_or(&writeup.id));
        object.insert("title".to_owned(), json!(title));
    }
    json
}

fn by_role(name: &str, held: usize, roles: &BTreeMap<&str, u64>, k: u32) -> Json {
    let mut results = Results::new();
    for role in ROLES {
        let people = roles.get(role).copied().unwrap_or(0);
        let guard = Guard::Cell {
            group: "quarter",
            people,
        };
        results.0.push((
            role.to_owned(),
            Value::Guarded(guard, Box::new(Value::from(people))),
        ));
    }
    json!({ "quarter": name, "reviews": held, "by_role": publish(&results, k) })
}

fn quarter(at: Millis, context: &Context) -> String {
    let date = context.calendar.date(at);
    format!("{}-Q{}", date.year(), date.month0() / 3 + 1)
}
