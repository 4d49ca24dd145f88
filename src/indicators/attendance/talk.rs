//! A5, participation: does one person talk or do many?

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::{Presence, over_meetings, people, presences, rows, split};
use crate::indicators::shapes::{Sides, guarded_median, limits_of_median, people_proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results};
use crate::stats::{gini, median};

/// A5.
pub(in crate::indicators) struct Talk;

static SPEC: Spec = Spec {
    code: "A5",
    title: "Participation: spoke share and Gini of talk time",
    unit: "share; 0-1",
    version: 3,
    layer: Layer::H,
    state: false,
    facts: &["fact_attendance"],
    says: "Whether one person talks at a review, or many do.",
    definition: "Over meetings with a transcript (talk time is known of somebody there), people without a \
        name left out: n = (meeting, person) who attended (A1), k = those who spoke at all; whoever the \
        transcript does not name spoke 0 s. Of a meeting whose transcript left only a number behind, k counts \
        those who spoke for ten seconds or more, whoever led among them, but no more than came by name. Wilson's \
        95 % interval. talk_gini_median = median over those \
        meetings of the Gini coefficient of the seconds that each attendee spoke, zeros included: the mean \
        difference of all pairs, divided by twice the mean; from 0, where all speak alike, to (n-1)/n, where \
        one speaks; talk_gini_median_lo and _hi = its 95 % BCa bootstrap limits over meetings, from eight on. A \
        meeting with one attendee or without a word has none; talk_gini_meetings counts those \
        that have one. Without a transcript nothing is told, never 0. Only seconds are read, never words.",
    caveat: "Who speaks little may have said what mattered, and a facilitator's questions count as talk. \
        Transcripts take one voice for another. It is never told of one meeting, nor of one person.",
};

impl Indicator for Talk {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        talk(&rows(facts)).map_err(|source| IndicatorError::of("A5", source))
    }
}

fn talk(rows: &LazyFrame) -> PolarsResult<Results> {
    let all = presences(rows)?;
    let written: BTreeSet<usize> = all
        .iter()
        .filter(|one| one.talked_ms.is_some())
        .map(|one| one.meeting)
        .collect();
    let (heard, others): (Vec<&Presence>, Vec<&Presence>) =
        all.iter().partition(|one| written.contains(&one.meeting));
    let seconds = |one: &Presence| one.talked_ms.map_or(0, |ms| u64::try_from(ms).unwrap_or(0));
    let spoke = heard.iter().filter(|one| seconds(one) > 0).count() as u64;
    let counted = Counted::of(&others);
    let (heard_or_counted, others): (Vec<&Presence>, Vec<&Presence>) = all
        .iter()
        .partition(|one| written.contains(&one.meeting) || counted.meetings.contains(&one.meeting));
    let meetings = (written.len() + counted.meetings.len()) as u64;
    let known = split(&heard, |one| seconds(one) > 0);
    let share = people_proportion(
        spoke + counted.spoke,
        heard_or_counted.len() as u64,
        // Nobody knows who spoke where that was only counted: at least as many people as in one meeting.
        Sides {
            with: known.with.max(counted.most_spoke),
            without: known.without.max(counted.most_silent),
            all: people(heard_or_counted.iter().copied()),
        },
    );
    // A2 tells all attendees: those of the other meetings are what is left.
    let apart = [people(others.iter().copied())];

    let mut by_meeting: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for one in &heard {
        by_meeting
            .entry(one.meeting)
            .or_default()
            .push(seconds(one));
    }
    let ginis: BTreeMap<usize, f64> = by_meeting
        .into_iter()
        .filter_map(|(meeting, times)| Some((meeting, gini(&times)?)))
        .collect();
    let unequal: Vec<f64> = ginis.values().copied().collect();
    let who = people(
        heard
            .iter()
            .copied()
            .filter(|one| ginis.contains_key(&one.meeting)),
    );
    let middle = |value: Option<f64>| guarded_median(value, unequal.len(), who);
    let (lo, hi) = limits_of_median(&unequal, middle);
    Ok(Results::new()
        .with("spoke_share", over_meetings(share, meetings, &apart))
        .with("meetings", meetings)
        .with("talk_gini_median", middle(median(&unequal)))
        .with("talk_gini_median_lo", lo)
        .with("talk_gini_median_hi", hi)
        .with("talk_gini_meetings", unequal.len()))
}

/// Meetings of which a transcript told how many spoke, and nobody who.
#[derive(Default)]
struct Counted {
    meetings: BTreeSet<usize>,
    /// Presences of those who spoke.
    spoke: u64,
    /// The most who spoke in one meeting, and the most who did not.
    most_spoke: u64,
    most_silent: u64,
}

impl Counted {
    fn of(all: &[&Presence]) -> Counted {
        let mut came: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        for one in all {
            if let Some(spoke) = one.spoke_count {
                let meeting = came.entry(one.meeting).or_default();
                *meeting = (meeting.0 + 1, spoke);
            }
        }
        let mut counted = Counted::default();
        for (meeting, (came, spoke)) in came {
            // Who had no name in the list of those who came spoke as well.
            let spoke = spoke.min(came);
            counted.meetings.insert(meeting);
            counted.spoke += spoke;
            counted.most_spoke = counted.most_spoke.max(spoke);
            counted.most_silent = counted.most_silent.max(came - spoke);
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance, field};
    use crate::model::Value;
    use crate::stats::examples::{close, numbers, one};

    fn spoke(meeting: &'static str, person: u32, seconds: Option<i64>) -> Row {
        Row {
            talked_ms: seconds.map(|s| s * 1000),
            ..Row::walk_in(meeting, person)
        }
    }

    fn of(rows: &[Row]) -> Results {
        talk(&attendance(rows).lazy()).unwrap()
    }

    fn float(results: &Results, path: &[&str]) -> f64 {
        match *field(results, path).bare() {
            Value::Float(value) => value,
            ref other => panic!("{path:?} {other:?}"),
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let example = one("A5", 0);
        let rows: Vec<Row> = (0..)
            .zip(numbers(&example.input["spoke_s"]))
            .map(|(person, s)| spoke("m", person, Some(s as i64)))
            .collect();
        let found = of(&rows);
        assert!(close(
            float(&found, &["spoke_share", "p"]),
            &example.expect["spoke_share"]
        ));
        assert!(close(
            float(&found, &["talk_gini_median"]),
            &example.expect["gini"]
        ));

        let equal: Vec<Row> = (0..6).map(|person| spoke("m", person, Some(100))).collect();
        assert_eq!(float(&of(&equal), &["talk_gini_median"]), 0.0);
        let silent: Vec<Row> = (0..6).map(|person| spoke("m", person, Some(0))).collect();
        assert_eq!(of(&silent).get("talk_gini_median"), Some(&Value::Null));
        assert_eq!(
            field(&of(&silent), &["spoke_share", "k"]).bare(),
            &Value::Int(0)
        );
    }

    #[test]
    fn without_a_transcript_nothing_is_told() {
        let found = of(&[spoke("m", 1, None), spoke("m", 2, None)]);
        assert_eq!(found.get("spoke_share"), Some(&Value::Null));
        assert_eq!(found.get("talk_gini_median"), Some(&Value::Null));
        assert_eq!(found.get("talk_gini_meetings"), Some(&Value::Int(0)));
    }

    #[test]
    fn whoever_a_transcript_does_not_name_was_silent() {
        let mut absent = spoke("m", 3, Some(500));
        absent.attended = false;
        let mut dial_in = spoke("m", 4, Some(500));
        dial_in.person = None;
        let rows = [
            spoke("m", 1, Some(60)),
            spoke("m", 2, None),
            absent,
            dial_in,
            spoke("alone", 1, Some(60)),
            spoke("no transcript", 5, None),
        ];
        let found = of(&rows);
        assert_eq!(field(&found, &["spoke_share", "n"]).bare(), &Value::Int(3));
        assert_eq!(field(&found, &["spoke_share", "k"]).bare(), &Value::Int(2));
        // One attendee alone has no Gini.
        assert_eq!(found.get("talk_gini_meetings"), Some(&Value::Int(1)));
        assert_eq!(float(&found, &["talk_gini_median"]), 0.5);
        // Of a meeting or two it is not told: a guard of the number of meetings stands around it.
        let Some(Value::Guarded(..)) = found.get("spoke_share") else {
            panic!("{found:?}")
        };
    }

    #[test]
    fn a_number_of_those_who_spoke_is_enough() {
        let counted = |meeting: &'static str, people: std::ops::Range<u32>, count: i64| {
            let each = people.map(move |person| Row {
                spoke_count: Some(count),
                ..Row::walk_in(meeting, person)
            });
            each.collect::<Vec<Row>>()
        };
        let rows = [
            counted("a", 0..8, 5),
            // More than came by name.
            counted("b", 2..8, 9),
            vec![spoke("c", 1, Some(60)), spoke("c", 2, None)],
            vec![spoke("d", 20, None)],
        ];
        let found = of(&rows.concat());
        let number = |name: &str| field(&found, &["spoke_share", name]).bare().clone();
        assert_eq!(
            (number("k"), number("n")),
            (Value::Int(5 + 6 + 1), Value::Int(8 + 6 + 2))
        );
        assert_eq!(found.get("meetings"), Some(&Value::Int(3)));
        assert_eq!(
            found.get("talk_gini_meetings"),
            Some(&Value::Int(1)),
            "nobody knows for how long"
        );
    }
}
