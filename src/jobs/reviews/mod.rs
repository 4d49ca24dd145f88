//! Reviews in the summary: of one review the total and how many need not have come, by quarter the
//! roles; never who. `judge` says what of it may be told.

mod judge;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::Datelike as _;
use polars::prelude::PolarsResult;
use serde_json::{Value as Json, json};

use super::cohorts::Lone;
use super::columns::{flags, ints, texts};
use super::compute::Computed;
use super::writeups::{Both, is_there};
use crate::indicators::{Context, Facts};
use crate::model::{DAY_MS, Millis};
use crate::store::RegistryWriteup;

use judge::{Shown, judge};

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
    quarter: String,
    writeups: BTreeSet<usize>,
    attended: u64,
    need_not: u64,
    /// Somebody came of whom it is known how they were invited.
    known: bool,
    /// Somebody was told to come.
    mandatory: bool,
    /// Which other numbers count those who came to it.
    counted_by: BTreeSet<Counting>,
}

/// A number over some of the reviews, which tells how many came to those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Counting {
    /// A4: presence was measured.
    Measured,
    /// A5: there is a transcript.
    Heard,
    /// A6: its window is over.
    Due,
    /// A6: the same where its end is known.
    Timed,
    /// A8: teams are known.
    Teams,
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

/// What the summary tells of reviews.
pub(super) struct Lists {
    /// Every review, newest first. Reviews of restricted write-ups alone are not in the list of everybody.
    pub(super) reviews: Both,
    /// The attendance of every quarter, oldest first.
    pub(super) quarters: Vec<Json>,
    /// Numbers of indicators that would tell what is withheld in these lists: code and place.
    pub(super) betrayed: Vec<(&'static str, &'static str)>,
    /// The months in which one review was held that anybody came to, by name: a cohort's numbers of such
    /// a month are that review's.
    pub(super) lone: BTreeMap<String, Lone>,
}

/// Every review and every quarter.
pub(super) fn lists(context: &Context, computed: &Computed, k: u32) -> anyhow::Result<Lists> {
    let (reviews, quarters) = gather(&computed.facts, context).context("the list of reviews")?;
    let registry = |at: &usize| computed.registry.get(*at);
    let is_open = |review: &Review| {
        let mut known = review.writeups.iter().filter_map(registry).peekable();
        known.peek().is_none() || known.any(|writeup| !writeup.restricted)
    };
    let hidden: Vec<bool> = reviews.iter().map(|review| !is_open(review)).collect();
    let full = judge(&reviews, &vec![false; reviews.len()], &quarters, k.into());
    let open = judge(&reviews, &hidden, &quarters, k.into());
    let told = |review: &Review, shown: Shown, restricted: bool| {
        // The first that this reader may see.
        let mut known = review.writeups.iter().filter_map(registry);
        let writeup = known.find(|writeup| restricted || !writeup.restricted);
        (review.at, one(review, shown, context, writeup))
    };
    let all = reviews.iter().zip(&full.reviews);
    let of_full = all.map(|(review, shown)| told(review, *shown, true));
    // Whoever sees the fuller lists has the others, too: what one withholds must not stand in another.
    let listed = reviews
        .iter()
        .zip(&hidden)
        .zip(open.reviews.iter().zip(&full.reviews));
    let of_open = listed
        .filter(|((_, hidden), _)| !**hidden)
        .map(|((review, _), (open, full))| told(review, open.and(*full), false));
    let of_quarters = quarters
        .iter()
        .zip(open.quarters.iter().zip(&full.quarters))
        .map(|((name, quarter), (open, full))| {
            let shown = std::array::from_fn(|at| open[at] && full[at]);
            by_role(name, quarter, &shown)
        });
    let each = hidden.iter().zip(open.reviews.iter().zip(&full.reviews));
    let lone = lone(
        &reviews,
        context,
        each.map(
            |(hidden, (open, full))| match (full.attendees, *hidden || open.attendees) {
                (false, _) => Lone::Withheld,
                (true, true) => Lone::Told,
                (true, false) => Lone::ToSome,
            },
        ),
    );
    Ok(Lists {
        reviews: Both {
            open: in_order(of_open.collect()),
            full: in_order(of_full.collect()),
        },
        quarters: of_quarters.collect(),
        betrayed: [open.betrayed, full.betrayed].concat(),
        lone,
    })
}

/// The months in which one review was held that anybody came to, with what is said of that review.
fn lone(
    reviews: &[Review],
    context: &Context,
    said: impl Iterator<Item = Lone>,
) -> BTreeMap<String, Lone> {
    let mut months: BTreeMap<String, Vec<Lone>> = BTreeMap::new();
    for (review, said) in reviews.iter().zip(said) {
        if review.attended > 0 {
            let month = context.calendar.date(review.at).format("%Y-%m").to_string();
            months.entry(month).or_default().push(said);
        }
    }
    let only = months
        .into_iter()
        .filter_map(|(month, said)| match said.as_slice() {
            [only] => Some((month, *only)),
            _ => None,
        });
    only.collect()
}

fn gather(
    facts: &Facts,
    context: &Context,
) -> PolarsResult<(Vec<Review>, BTreeMap<String, Quarter>)> {
    let frame = &facts.attendance;
    let contribution = i64::from(context.parameters.contribution_days) * DAY_MS;
    let meetings = texts(frame, "meeting")?;
    let (writeups, at) = (ints(frame, "writeup")?, ints(frame, "at")?);
    let people = ints(frame, "person")?;
    let (roles, invited) = (texts(frame, "role")?, flags(frame, "invited")?);
    let attended = flags(frame, "attended")?;
    let (mandatory, responder) = (flags(frame, "mandatory")?, flags(frame, "responder")?);
    let teams = texts(frame, "team")?;
    let (stayed, length) = (ints(frame, "stayed_ms")?, ints(frame, "length_ms")?);
    let talked = ints(frame, "talked_ms")?;
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
        review.quarter = quarter_of(review.at, context);
        let quarter = quarters.entry(review.quarter.clone()).or_default();
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
        review.known |= people[row].is_some();
        if people[row].is_none() {
            continue;
        }
        let owner = writeups[row].and_then(|at| {
            facts
                .writeups
                .get(usize::try_from(at).ok()?)?
                .owner_team
                .as_deref()
        });
        let due = writeups[row].is_some() && review.at + contribution <= context.as_of;
        let counting = [
            (
                Counting::Measured,
                stayed[row].is_some() && length[row].is_some(),
            ),
            (Counting::Heard, talked[row].is_some()),
            (Counting::Due, due),
            (Counting::Timed, due && length[row].is_some()),
            (Counting::Teams, teams[row].is_some() && owner.is_some()),
        ];
        let counting = counting.into_iter().filter(|(_, counts)| *counts);
        review.counted_by.extend(counting.map(|(one, _)| one));
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

fn one(
    review: &Review,
    shown: Shown,
    context: &Context,
    writeup: Option<&RegistryWriteup>,
) -> Json {
    let title = writeup.map(|writeup| writeup.title.as_ref().unwrap_or(&writeup.id));
    let mut json = json!({
        "attendees": shown.attendees.then_some(review.attended),
        // Of people without a name it is not known: no nought.
        "need_not_have_come": (shown.need_not && (review.known || review.attended == 0))
            .then_some(review.need_not),
        "date": context.calendar.date(review.at).to_string(),
        // Only what is listed has a page; a write-up that is deleted by now keeps its title.
        "writeup": writeup
            .filter(|writeup| is_there(writeup, context.as_of))
            .map(|writeup| &writeup.id),
        "title": title,
    });
    if review.mandatory {
        json["mandatory"] = json!(true);
    }
    if !(shown.attendees && shown.need_not) {
        json["suppressed"] = json!(true);
    }
    if writeup.is_some_and(|writeup| writeup.restricted) {
        json["restricted"] = json!(true);
    }
    json
}

fn by_role(name: &str, quarter: &Quarter, shown: &[bool; ROLES.len()]) -> Json {
    let mut roles = serde_json::Map::new();
    for (role, shown) in ROLES.iter().zip(shown) {
        let all = quarter.roles.get(role).map_or(0, |presences| presences.all);
        roles.insert((*role).to_owned(), json!(shown.then_some(all)));
    }
    if shown.contains(&false) {
        roles.insert("suppressed".to_owned(), json!(true));
    }
    json!({
        "quarter": name,
        "reviews": quarter.meetings.len(),
        "by_role": roles,
    })
}

impl Quarter {
    /// People who came in a role.
    fn people(&self, role: &str) -> u64 {
        let presences = self.roles.get(role);
        presences.map_or(0, |all| all.named.len() as u64 + all.dial_ins)
    }
}

fn quarter_of(at: Millis, context: &Context) -> String {
    let date = context.calendar.date(at);
    format!("{}-Q{}", date.year(), date.month0() / 3 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_nobody_knows_is_required() {
        assert_eq!(role(Some("X-OBSERVER"), true), REQUIRED);
        assert_eq!(role(Some("walk_in"), true), REQUIRED);
        assert_eq!(role(Some("NON-PARTICIPANT"), true), "NON-PARTICIPANT");
        assert_eq!(role(None, true), REQUIRED);
        assert_eq!(role(None, false), "walk_in");
    }
}
