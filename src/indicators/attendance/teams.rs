//! A8, cross-team attendance: do other teams come?

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::{Presence, meetings, over_meetings, people, presences, rows, split};
use crate::indicators::shapes::{guarded_median, limits_of_median, people_proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results};
use crate::stats::median;

/// A8.
pub(in crate::indicators) struct Teams;

static SPEC: Spec = Spec {
    code: "A8",
    title: "Cross-team attendance",
    unit: "share; teams",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &["fact_attendance"],
    says: "Whether people of other teams come to a review than the one that had the incident.",
    definition: "n = (meeting, person) who attended (A1) a review of a write-up whose owning team is known, \
        with a known team of their own; k = those whose team is another one. The team is the one at that \
        time: what the event says, else the roster. People without a name are left out, and so is whoever's \
        team is unknown. Wilson's 95 % interval. teams_per_meeting_median = median over meetings of the \
        number of different teams among those who attended, unknown ones left out; meetings without any \
        known team are not counted; _lo and _hi = its 95 % BCa bootstrap limits over meetings, from eight on.",
    caveat: "Teams are of different sizes: where the owning team is small, most of the company is outside. \
        After a reorganisation colleagues of yesterday count as another team.",
};

impl Indicator for Teams {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        teams(facts).map_err(|source| IndicatorError::of("A8", source))
    }
}

fn teams(facts: &Facts) -> PolarsResult<Results> {
    let all = presences(&rows(facts))?;
    let owner = |one: &Presence| {
        let writeup = facts.writeups.get(one.writeup?)?;
        writeup
            .owner_team
            .as_deref()
            .filter(|team| !team.is_empty())
    };
    let (known, others): (Vec<&Presence>, Vec<&Presence>) = all
        .iter()
        .partition(|one| one.team.is_some() && owner(one).is_some());
    let outside = |one: &Presence| one.team.as_deref() != owner(one);
    let share = people_proportion(
        known.iter().filter(|one| outside(one)).count() as u64,
        known.len() as u64,
        split(&known, outside),
    );
    let held = meetings(known.iter().copied());
    // A2 tells all attendees: those of unknown teams are what is left.
    let apart = people(others.iter().copied());

    let mut by_meeting: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for one in &all {
        if let Some(team) = one.team.as_deref() {
            by_meeting.entry(one.meeting).or_default().insert(team);
        }
    }
    let sizes: Vec<f64> = by_meeting
        .values()
        .map(|teams| teams.len() as f64)
        .collect();
    let with_team = people(all.iter().filter(|one| one.team.is_some()));
    let middle = |value: Option<f64>| guarded_median(value, sizes.len(), with_team);
    let (lo, hi) = limits_of_median(&sizes, middle);
    Ok(Results::new()
        .with("outside_share", over_meetings(share, held, &[apart]))
        .with("meetings", held)
        .with("teams_per_meeting_median", middle(median(&sizes)))
        .with("teams_per_meeting_median_lo", lo)
        .with("teams_per_meeting_median_hi", hi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance, empty, field, writeup};
    use crate::model::Value;
    use crate::stats::examples::{close, one};

    fn from(meeting: &'static str, person: u32, team: Option<&'static str>) -> Row {
        Row {
            team,
            ..Row::walk_in(meeting, person)
        }
    }

    fn found(owner: Option<&str>, rows: &[Row]) -> Results {
        let mut owned = writeup("w", None);
        owned.owner_team = owner.map(str::to_owned);
        let facts = Facts {
            writeups: vec![owned],
            attendance: attendance(rows),
            ..empty()
        };
        teams(&facts).unwrap()
    }

    fn check(results: &Results, expect: &serde_json::Value) {
        for name in ["k", "n", "p", "lo", "hi"] {
            let value = match *field(results, &["outside_share", name]).bare() {
                Value::Int(value) => value as f64,
                Value::Float(value) => value,
                ref other => panic!("{name} {other:?}"),
            };
            assert!(close(value, &expect[name]), "{name} {value}");
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let teams = [
            Some("own"),
            Some("own"),
            Some("B"),
            Some("C"),
            Some("C"),
            None,
        ];
        let rows: Vec<Row> = (0..)
            .zip(teams)
            .map(|(n, team)| from("m", n, team))
            .collect();
        let results = found(Some("own"), &rows);
        let expect = one("A8", 0).expect;
        check(&results, &expect["outside"]);
        let middle = field(&results, &["teams_per_meeting_median"]);
        assert_eq!(
            middle.bare(),
            &Value::Float(expect["teams"].as_f64().unwrap())
        );
        // The one of whom no team is known would be what is left of all attendees.
        let Some(Value::Guarded(guard, _)) = results.get("outside_share") else {
            panic!("{results:?}")
        };
        assert_eq!(*guard, crate::model::Guard::Count(1));

        let own: Vec<Row> = (0..8).map(|n| from("m", n, Some("own"))).collect();
        check(&found(Some("own"), &own), &one("A8", 1).expect);
    }

    #[test]
    fn without_an_owner_nobody_is_outside() {
        let rows = [
            from("m", 1, Some("B")),
            from("m", 2, Some("C")),
            from("n", 3, None),
        ];
        let results = found(None, &rows);
        assert_eq!(results.get("outside_share"), Some(&Value::Null));
        let middle = field(&results, &["teams_per_meeting_median"]);
        assert_eq!(middle.bare(), &Value::Float(2.0));
    }
}
