//! Reviews and quarters as the facts of attendance have them, before anything is judged.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use polars::prelude::{DataFrame, PolarsResult};

use super::super::columns::{flags, ints, texts};
use crate::indicators::{Context, Windows, duties};
use crate::model::{DAY_MS, Millis};
use crate::store::RegistryWriteup;

/// The roles of a quarter's table, in the order in which they are stacked. A dial-in without a name
/// is `unknown`, and so is everybody who came to what nobody planned.
pub(super) const ROLES: [&str; 6] = [
    "CHAIR",
    REQUIRED,
    "OPT-PARTICIPANT",
    "NON-PARTICIPANT",
    "walk_in",
    "unknown",
];

/// The role of an invitation that names none, or one that RFC 5545 does not know (3.2.16).
pub(super) const REQUIRED: &str = "REQ-PARTICIPANT";

#[derive(Default)]
pub(super) struct Review {
    /// Its hash.
    pub(super) meeting: String,
    pub(super) at: Millis,
    /// When it was to begin, if somebody says it.
    pub(super) planned_at: Option<Millis>,
    pub(super) quarter: String,
    pub(super) writeups: BTreeSet<usize>,
    pub(super) attended: u64,
    /// Those of them who have a name.
    pub(super) named: BTreeSet<i64>,
    /// Those who need not have come, as A2's headline counts them.
    pub(super) need_not: u64,
    /// Somebody says who came, or that nobody did.
    pub(super) recorded: bool,
    /// Somebody says who was invited, that everybody was, or had to come.
    pub(super) planned: bool,
    /// Somebody was told to come.
    pub(super) mandatory: bool,
    /// Which other numbers count those who came to it.
    pub(super) counted_by: BTreeSet<Counting>,
}

/// A number over some of the reviews, which tells how many came to those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counting {
    /// A4: presence was measured.
    Measured,
    /// A5: there is a transcript, or it is known how many spoke.
    Heard,
    /// A6: its window is over, and was observed.
    Due,
    /// A6: the same where its end is known.
    Timed,
    /// A8: teams are known.
    Teams,
}

/// A quarter's reviews, and who came in which role.
#[derive(Default)]
pub(super) struct Quarter {
    pub(super) meetings: BTreeSet<String>,
    /// Those of them of which somebody says who came.
    pub(super) recorded: BTreeSet<String>,
    pub(super) roles: BTreeMap<&'static str, Presences>,
    /// Invitations, and those of them as optional or for information.
    pub(super) invited: u64,
    pub(super) optional: u64,
    /// Who need not have come, and is not in a role of those who need not.
    pub(super) freer: BTreeSet<i64>,
    /// Who is, and had to come.
    pub(super) bound: BTreeSet<i64>,
}

/// Presences in one role. Somebody who came to three reviews is three presences and one person.
#[derive(Default)]
pub(super) struct Presences {
    pub(super) all: u64,
    pub(super) named: BTreeSet<i64>,
    pub(super) dial_ins: u64,
}

/// Puts together the rows of `Facts::attendance`; `registry` are the write-ups that they number, `observed` is when
/// contributions to each were.
pub(super) fn gather(
    frame: &DataFrame,
    (registry, observed): (&[RegistryWriteup], &[Windows]),
    context: &Context,
) -> PolarsResult<(Vec<Review>, BTreeMap<String, Quarter>)> {
    let contribution = i64::from(context.parameters.contribution_days) * DAY_MS;
    let meetings = texts(frame, "meeting")?;
    let (writeups, at) = (ints(frame, "writeup")?, ints(frame, "at")?);
    let planned_at = ints(frame, "planned_at")?;
    let people = ints(frame, "person")?;
    let (roles, invited) = (texts(frame, "role")?, flags(frame, "invited")?);
    let (attended, recorded) = (flags(frame, "attended")?, flags(frame, "recorded")?);
    let (planned, open) = (flags(frame, "planned")?, flags(frame, "open")?);
    let duties = duties(frame, context)?;
    let mandatory = flags(frame, "mandatory")?;
    let teams = texts(frame, "team")?;
    let (stayed, length) = (ints(frame, "stayed_ms")?, ints(frame, "length_ms")?);
    let (talked, spoke) = (ints(frame, "talked_ms")?, ints(frame, "spoke_count")?);
    let mut reviews: BTreeMap<String, Review> = BTreeMap::new();
    let mut quarters: BTreeMap<String, Quarter> = BTreeMap::new();
    for row in 0..frame.height() {
        let Some(meeting) = meetings[row].clone() else {
            continue;
        };
        let review = reviews.entry(meeting.clone()).or_default();
        review.meeting.clone_from(&meeting);
        review.at = at[row].unwrap_or(0);
        review.planned_at = review.planned_at.or(planned_at[row]);
        review.mandatory |= mandatory[row];
        review.recorded |= recorded[row];
        let planned = planned[row] || open[row] || mandatory[row];
        review.planned |= planned;
        review
            .writeups
            .extend(writeups[row].and_then(|at| usize::try_from(at).ok()));
        review.quarter = quarter_of(review.at, context);
        let quarter = quarters.entry(review.quarter.clone()).or_default();
        if recorded[row] {
            quarter.recorded.insert(meeting.clone());
        }
        quarter.meetings.insert(meeting);
        let asked = role(roles[row].as_deref(), invited[row]);
        quarter.invited += u64::from(invited[row]);
        let is_optional = matches!(asked, "OPT-PARTICIPANT" | "NON-PARTICIPANT");
        quarter.optional += u64::from(invited[row] && is_optional);
        if !attended[row] {
            continue;
        }
        let role = match people[row] {
            Some(_) if planned => asked,
            _ => "unknown",
        };
        let presences = quarter.roles.entry(role).or_default();
        presences.all += 1;
        match people[row] {
            Some(person) => _ = presences.named.insert(person),
            None => presences.dial_ins += 1,
        }
        review.attended += 1;
        review.named.extend(people[row]);
        let Some(person) = people[row] else {
            continue;
        };
        if let Some(duty) = duties[row] {
            review.need_not += u64::from(duty.need_not);
            match (duty.need_not, duty.strict) {
                (true, false) => _ = quarter.freer.insert(person),
                (false, true) => _ = quarter.bound.insert(person),
                _ => {}
            }
        }
        let owner = writeups[row].and_then(|at| {
            let writeup = registry.get(usize::try_from(at).ok()?)?;
            writeup
                .owner_team
                .as_deref()
                .filter(|team| !team.is_empty())
        });
        let end = review.at + contribution;
        let is_observed = |at: usize| {
            let observed = observed.get(at);
            observed.is_some_and(|windows| windows.covers(review.at, end))
        };
        let writeup = writeups[row].and_then(|at| usize::try_from(at).ok());
        let due = end <= context.as_of && writeup.is_some_and(is_observed);
        let counting = [
            (
                Counting::Measured,
                stayed[row].is_some() && length[row].is_some(),
            ),
            (
                Counting::Heard,
                talked[row].is_some() || spoke[row].is_some(),
            ),
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

impl Quarter {
    /// People who came in a role.
    pub(super) fn people(&self, role: &str) -> u64 {
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
