//! A6, contribution after the review: do attendees add to the write-up?

use std::collections::BTreeMap;

use polars::prelude::*;

use super::{Presence, meetings, over_meetings, people, presences, rows, split};
use crate::indicators::frames::ints;
use crate::indicators::shapes::people_proportion;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Millis, Results};

/// A6.
pub(in crate::indicators) struct Contribution;

static SPEC: Spec = Spec {
    code: "A6",
    title: "Contribution after the review",
    unit: "share",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &["fact_attendance", "fact_contributions"],
    says: "Whether those who came to a review add to its write-up.",
    definition: "n = (meeting, person) who attended (A1) a review of a known write-up that began at an \
        instant t with t + {contribution_days} d <= as_of, while comments, edits or links of that write-up were \
        observed, people without a name left out; reviews_not_observed = how many other reviews are as old; k = those with a \
        comment (not deleted), an edit or a link of theirs on that write-up in (t, t + {contribution_days} d]. \
        Contributors of the write-up are included. Two reviews of one write-up have a window each, so one \
        contribution may count for both. during = the same for (t, end of the meeting], where the length of \
        the meeting is known: the part of k that was made while it was held. Wilson's 95 % interval. Links \
        that stand on the write-up's own page, in a list or in a template do not count.",
    caveat: "Notes taken for others count for whoever typed them. Where only some of comments, edits and \
        links are watched, or they have no author, others are not seen to contribute.",
};

impl Indicator for Contribution {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        contribution(facts, context).map_err(|source| IndicatorError::of("A6", source))
    }
}

fn contribution(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let window = i64::from(context.parameters.contribution_days) * DAY_MS;
    let made = made(&facts.contributions)?;
    let within = |one: &Presence, until: Millis| {
        let key = one.writeup.map(|writeup| (writeup, one.person));
        let at = key.and_then(|key| made.get(&key));
        at.is_some_and(|at| at.iter().any(|at| one.at < *at && *at <= until))
    };
    let all = presences(&rows(facts))?;
    let is_old = |one: &Presence| one.writeup.is_some() && one.at + window <= context.as_of;
    let is_observed = |one: &Presence| {
        let writeup = one.writeup.and_then(|at| facts.writeups.get(at));
        writeup.is_some_and(|of| of.contributions_observed.covers(one.at, one.at + window))
    };
    let (old, others): (Vec<&Presence>, Vec<&Presence>) =
        all.iter().partition(|one| is_old(one) && is_observed(one));
    let unobserved = meetings(others.iter().copied().filter(|one| is_old(one)));
    let after = |one: &Presence| within(one, one.at + window);
    let ended = |one: &Presence| Some(one.at + one.length_ms?.min(window));
    let during = |one: &Presence| ended(one).is_some_and(|end| within(one, end));
    let held = meetings(old.iter().copied());
    let share = |of: &[&Presence], part: &dyn Fn(&Presence) -> bool| {
        let k = of.iter().filter(|one| part(one)).count() as u64;
        people_proportion(k, of.len() as u64, split(of, part))
    };
    // A2 tells all attendees: those of other reviews are what is left.
    let apart = people(others.iter().copied());

    let (timed, untimed): (Vec<&Presence>, Vec<&Presence>) =
        old.iter().copied().partition(|one| ended(one).is_some());
    // One share less the other is those who contributed later, or of whom it is not known when.
    let later = old.iter().copied().filter(|one| after(one) && !during(one));
    let between = [people(later), people(untimed), apart];
    Ok(Results::new()
        .with(
            "contribution_after",
            over_meetings(share(&old, &after), held, &[apart]),
        )
        .with(
            "during",
            over_meetings(
                share(&timed, &during),
                meetings(timed.iter().copied()),
                &between,
            ),
        )
        .with("meetings", held)
        .with("reviews_not_observed", unobserved))
}

/// When somebody added to a write-up, by (write-up, person).
fn made(frame: &DataFrame) -> PolarsResult<BTreeMap<(usize, i64), Vec<Millis>>> {
    let mut made: BTreeMap<(usize, i64), Vec<Millis>> = BTreeMap::new();
    let rows = ints(frame, "writeup")?
        .into_iter()
        .zip(ints(frame, "person")?)
        .zip(ints(frame, "at")?);
    for ((writeup, person), at) in rows {
        let writeup = writeup.and_then(|writeup| usize::try_from(writeup).ok());
        if let (Some(writeup), Some(person), Some(at)) = (writeup, person, at) {
            made.entry((writeup, person)).or_default().push(at);
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{
        Row, START, attendance, context, contributions, day, empty, field, writeup,
    };
    use crate::model::Value;
    use crate::stats::examples::{close, one};

    fn found(rows: &[Row], made: &[(u32, u32, Millis)]) -> Results {
        watched(rows, made, &[None, None])
    }

    /// `since`: from when on what is added to each write-up is watched; for ever where nothing is said.
    fn watched(rows: &[Row], made: &[(u32, u32, Millis)], since: &[Option<Millis>]) -> Results {
        let writeups = since.iter().map(|since| {
            let mut writeup = writeup("w", None);
            if let Some(since) = since {
                writeup.contributions_observed = Windows(vec![(*since, i64::MAX / 4)]);
            }
            writeup
        });
        let facts = Facts {
            writeups: writeups.collect(),
            attendance: attendance(rows),
            contributions: contributions(made),
            ..empty()
        };
        contribution(&facts, &context()).unwrap()
    }

    fn count(results: &Results, name: &str, side: &str) -> Value {
        field(results, &[name, side]).bare().clone()
    }

    #[test]
    fn the_window_opens_after_the_start_and_is_closed_at_its_end() {
        // Four people, whose comments came at t, t + 1 d, t + 14 d, and a millisecond later.
        let counts = one("A6", 0).expect["counts"].clone();
        for (n, at) in [START, day(1.0), day(14.0), day(14.0) + 1]
            .into_iter()
            .enumerate()
        {
            let results = found(&[Row::walk_in("m", 7)], &[(0, 7, at)]);
            let expected = i64::from(counts[n].as_bool().unwrap());
            assert_eq!(
                count(&results, "contribution_after", "k"),
                Value::Int(expected),
                "{n}"
            );
        }
    }

    #[test]
    fn fits_the_worked_example() {
        let example = one("A6", 1);
        let rows: Vec<Row> = (0..64).map(|person| Row::walk_in("m", person)).collect();
        let made: Vec<_> = (0..11).map(|person| (0, person, day(2.0))).collect();
        let results = found(&rows, &made);
        for name in ["p", "lo", "hi"] {
            let Value::Float(value) = count(&results, "contribution_after", name) else {
                panic!("{results:?}")
            };
            assert!(close(value, &example.expect[name]), "{name} {value}");
        }
        assert_eq!(count(&results, "contribution_after", "n"), Value::Int(64));
    }

    #[test]
    fn each_review_of_a_write_up_has_its_own_window() {
        let mut second = Row::walk_in("second", 1);
        second.at = day(10.0);
        let rows = [Row::walk_in("first", 1), second];
        let both = found(&rows, &[(0, 1, day(12.0))]);
        assert_eq!(count(&both, "contribution_after", "k"), Value::Int(2));
        let later = found(&rows, &[(0, 1, day(20.0))]);
        assert_eq!(count(&later, "contribution_after", "k"), Value::Int(1));
        // Somebody else's, and another write-up's.
        let others = found(&rows, &[(0, 2, day(12.0)), (1, 1, day(12.0))]);
        assert_eq!(count(&others, "contribution_after", "k"), Value::Int(0));
    }

    #[test]
    fn reviews_that_are_too_young_or_of_no_write_up_are_left_out() {
        let young = |at| Row {
            at,
            ..Row::walk_in("young", 1)
        };
        let mut none = Row::walk_in("none", 1);
        none.writeup = None;
        let as_of = context().as_of;
        let due = as_of - 14 * DAY_MS;
        let results = found(&[young(due + 1), none.clone()], &[]);
        assert_eq!(results.get("contribution_after"), Some(&Value::Null));
        let results = found(&[young(due), none], &[]);
        assert_eq!(count(&results, "contribution_after", "n"), Value::Int(1));
    }

    #[test]
    fn reviews_whose_window_nobody_watched_are_not_counted() {
        let rows = [Row::walk_in("m", 1), Row::walk_in("m", 2)];
        let made = [(0, 1, day(2.0))];
        let half = watched(&rows, &made, &[Some(day(1.0))]);
        assert_eq!(half.get("contribution_after"), Some(&Value::Null));
        assert_eq!(half.get("reviews_not_observed"), Some(&Value::from(1_u64)));
        let whole = watched(&rows, &made, &[Some(START)]);
        assert_eq!(count(&whole, "contribution_after", "n"), Value::Int(2));
        assert_eq!(whole.get("reviews_not_observed"), Some(&Value::from(0_u64)));
    }

    #[test]
    fn what_is_added_during_the_meeting_is_told_apart() {
        let hour = 3_600_000;
        let timed = |person| Row {
            length_ms: Some(hour),
            ..Row::walk_in("m", person)
        };
        let rows = [timed(1), timed(2), timed(3), Row::walk_in("other", 4)];
        let made = [
            (0, 1, START + hour),
            (0, 2, START + hour + 1),
            (0, 4, START + 1),
        ];
        let results = found(&rows, &made);
        assert_eq!(count(&results, "contribution_after", "k"), Value::Int(3));
        assert_eq!(count(&results, "during", "k"), Value::Int(1));
        assert_eq!(count(&results, "during", "n"), Value::Int(3));
    }
}
