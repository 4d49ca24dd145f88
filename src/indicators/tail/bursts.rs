//! L9, bursts of attention: weeks in which a write-up drew unusually much of all reading.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use polars::prelude::PolarsResult;

use crate::indicators::frames::{counts, ints};
use crate::indicators::shapes::{in_hundredths, in_two_digits};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec, WriteupFact};
use crate::model::{Layer, Results};
use crate::stats::{Bursts as Found, kleinberg};

/// L9.
pub(in crate::indicators) struct Bursts;

/// Write-ups that are named.
const TOP: usize = 20;

static SPEC: Spec = Spec {
    code: "L9",
    title: "Bursts of attention",
    unit: "weeks; nats",
    version: 1,
    layer: Layer::X,
    state: false,
    facts: &["fact_reads_by_week"],
    says: "Weeks in which a write-up drew unusually much of all reading.",
    definition: "Kleinberg's automaton of two states, over the complete ISO weeks (local) of each published, dated \
        write-up that everybody may see and that is not deleted at as_of: r = its kept reads (R1) of the week, d = \
        those of all write-ups; a week in which its reads were not observed whole counts as one without reading. p0 \
        = sum of r / sum of d, p1 = 2 p0 (at most 0.9999); a week costs -[r ln p + (d - r) ln(1 - p)], going \
        up to p1 costs ln n for n weeks, going down nothing, and the first week is come into from below. The \
        cheapest sequence of states is found exactly; of two that cost the same the lower state is taken. begin and \
        end are weeks from 0 on, first_week is week 0; weight = what the burst saves against p0, in nats; launch: it \
        begins in week 0. Named are the 20 write-ups with the heaviest bursts after the launch; writeups = how many \
        have one, looked_at = how many were looked at. Where people are withheld a burst is told only from that many \
        readers in one of its weeks on, weights in whole hundredths and p0 and p1 in two digits.",
    caveat: "Attention is a share: a quiet week of all others makes a burst, too. The first weeks nearly always are \
        one. What drew people (a talk, a review, another incident) is not told.",
};

impl Indicator for Bursts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        bursts(facts, context).map_err(|source| IndicatorError::of(SPEC.code, source))
    }
}

/// Reads and people of one write-up, by the Monday of their week (days since 1970).
type Weeks = BTreeMap<i64, (u64, u64)>;

fn bursts(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let mut own: BTreeMap<i64, Weeks> = BTreeMap::new();
    let mut all: BTreeMap<i64, u64> = BTreeMap::new();
    let frame = &facts.long.weeks;
    let rows = ints(frame, "writeup")?
        .into_iter()
        .zip(ints(frame, "week")?);
    let values = counts(frame, "reads")?
        .into_iter()
        .zip(counts(frame, "people")?);
    for ((writeup, week), (reads, people)) in rows.zip(values) {
        let Some(week) = week else { continue };
        *all.entry(week).or_default() += reads;
        if let Some(writeup) = writeup {
            own.entry(writeup)
                .or_default()
                .insert(week, (reads, people));
        }
    }
    let none = Weeks::new();
    let mut looked_at = 0_usize;
    let mut told: Vec<(f64, Results)> = Vec::new();
    for (at, writeup) in (0_i64..).zip(&facts.writeups) {
        if writeup.restricted || writeup.deleted_at.is_some_and(|at| at < context.as_of) {
            continue;
        }
        let own = own.get(&at).unwrap_or(&none);
        let weeks = weeks(writeup, context);
        let batches: Vec<(u64, u64)> = weeks
            .iter()
            .map(|&(week, is_seen)| {
                let day = i64::from(week.to_epoch_days());
                let of = |reads: Option<u64>| reads.filter(|_| is_seen).unwrap_or(0);
                (
                    of(own.get(&day).map(|week| week.0)),
                    of(all.get(&day).copied()),
                )
            })
            .collect();
        looked_at += usize::from(!batches.is_empty());
        let Some(found) = kleinberg(&batches) else {
            continue;
        };
        let people = |week: usize| {
            let day = i64::from(weeks[week].0.to_epoch_days());
            own.get(&day).map_or(0, |week| week.1)
        };
        told.extend(of_writeup(writeup, weeks[0].0, &found, &people, context.k));
    }
    // Stable: those that weigh the same stay in the order of their ids.
    told.sort_by(|a, b| (b.0 * 1e9).round().total_cmp(&(a.0 * 1e9).round()));
    let many = told.len();
    let named: Vec<Results> = told.into_iter().take(TOP).map(|one| one.1).collect();
    Ok(Results::new()
        .with("bursts", named)
        .with("writeups", many)
        .with("looked_at", looked_at))
}

/// The complete weeks of a write-up's life, by their Mondays, and whether its reads were observed in each.
fn weeks(writeup: &WriteupFact, context: &Context) -> Vec<(NaiveDate, bool)> {
    let is_out = writeup.observed_age(context.as_of).is_some();
    let Some(published) = writeup.published_at.filter(|_| is_out) else {
        return Vec::new();
    };
    let calendar = &context.calendar;
    let date = calendar.date(published);
    let since_monday = Days::new(u64::from(date.weekday().num_days_from_monday()));
    let monday = date.checked_sub_days(since_monday).unwrap_or(date);
    monday
        .iter_weeks()
        .skip_while(|monday| calendar.midnight(*monday) < published)
        .filter_map(|monday| Some((monday, monday.checked_add_days(Days::new(7))?)))
        .map(|(monday, next)| (monday, calendar.midnight(monday), calendar.midnight(next)))
        .take_while(|(_, _, end)| *end <= context.as_of)
        .map(|(monday, from, to)| (monday, writeup.reads_observed.covers(from, to)))
        .collect()
}

/// What is told of one write-up, after the weight of its heaviest burst after the launch; nothing without one.
fn of_writeup(
    writeup: &WriteupFact,
    first: NaiveDate,
    found: &Found,
    people: &impl Fn(usize) -> u64,
    k: u32,
) -> Option<(f64, Results)> {
    // Where nobody is named nobody is known by it.
    let is_told = |begin: usize, end: usize| {
        let most = (begin..=end).map(people).max().unwrap_or(0);
        most == 0 || most >= u64::from(k)
    };
    let shown = found
        .bursts
        .iter()
        .filter(|burst| is_told(burst.begin, burst.end));
    let heaviest = shown
        .clone()
        .filter(|burst| burst.begin > 0)
        .map(|burst| burst.weight)
        .reduce(f64::max)?;
    let bursts: Vec<Results> = shown
        .map(|burst| {
            Results::new()
                .with("begin", burst.begin)
                .with("end", burst.end)
                .with("weight", in_hundredths(burst.weight, k))
                .with("launch", burst.begin == 0)
        })
        .collect();
    let results = Results::new()
        .with("writeup", writeup.id.as_str())
        .with("first_week", first.format("%G-W%V").to_string())
        .with("p0", in_two_digits(found.p0, k))
        .with("p1", in_two_digits(found.p1, k))
        .with("n", found.n)
        .with("bursts", bursts);
    Some((heaviest, results))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{context, date, day, empty, reads_by_week, writeup};
    use crate::model::Value;

    /// The first write-up's reads of eight weeks from Monday, 2025-01-06 on; another has the rest of 40.
    fn facts(reads: &[u64], people: u64) -> Facts {
        let monday = date(2025, 1, 6);
        let rows: Vec<(u32, i32, u64, u64)> = (0..)
            .zip(reads)
            .flat_map(|(week, &n)| {
                let monday = monday + 7 * week;
                [(0, monday, n, people.min(n)), (1, monday, 40 - n, 9)]
            })
            .collect();
        let mut facts = Facts {
            writeups: vec![writeup("a", Some(day(5.0))), writeup("b", None)],
            ..empty()
        };
        facts.long.weeks = reads_by_week(&rows);
        facts
    }

    /// Looked at after the eighth week.
    fn looked(facts: &Facts, k: u32) -> Vec<Results> {
        let context = Context {
            as_of: day(61.5),
            k,
            ..context()
        };
        let results = bursts(facts, &context).unwrap();
        let Some(Value::List(found)) = results.get("bursts") else {
            panic!("{results:?}")
        };
        let maps = found.iter().map(|one| match one {
            Value::Map(map) => map.clone(),
            other => panic!("{other:?}"),
        });
        maps.collect()
    }

    const READS: [u64; 8] = [1, 0, 1, 0, 6, 7, 1, 0];

    #[test]
    fn weeks_are_complete_and_told_by_their_number() {
        let found = looked(&facts(&READS, 5), 1);
        assert_eq!(found.len(), 1);
        let of = |name: &str| found[0].get(name).unwrap().clone();
        assert_eq!(of("first_week"), Value::Text("2025-W02".to_owned()));
        assert_eq!(
            (of("p0"), of("p1")),
            (Value::Float(0.05), Value::Float(0.1))
        );
        assert_eq!(of("n"), Value::Int(8));
        let Value::List(bursts) = of("bursts") else {
            panic!("no list")
        };
        let Value::Map(burst) = &bursts[0] else {
            panic!("no map")
        };
        assert_eq!(burst.get("begin"), Some(&Value::Int(4)));
        assert_eq!(burst.get("end"), Some(&Value::Int(5)));
        assert_eq!(burst.get("launch"), Some(&Value::Bool(false)));
        let Some(Value::Float(weight)) = burst.get("weight") else {
            panic!("no weight")
        };
        assert!((weight - 5.388_409_522_170_818).abs() < 1e-9);
    }

    #[test]
    fn a_burst_of_few_readers_is_not_told() {
        assert_eq!(looked(&facts(&READS, 4), 5).len(), 0);
        let found = looked(&facts(&READS, 6), 5);
        assert_eq!(found[0].get("p0"), Some(&Value::Float(0.05)));
        let Some(Value::List(bursts)) = found[0].get("bursts") else {
            panic!("no list")
        };
        let Value::Map(burst) = &bursts[0] else {
            panic!("no map")
        };
        assert_eq!(burst.get("weight"), Some(&Value::Float(5.39)));
    }

    #[test]
    fn a_launch_alone_names_nobody_and_restricted_ones_have_no_name() {
        assert_eq!(looked(&facts(&[9, 8, 0, 0, 0, 0, 0, 0], 9), 1).len(), 0);
        let mut hidden = facts(&READS, 9);
        hidden.writeups[0].restricted = true;
        assert_eq!(looked(&hidden, 1).len(), 0);
    }

    #[test]
    fn weeks_that_were_not_watched_are_no_weeks_without_reading() {
        let mut gap = facts(&READS, 9);
        gap.writeups[0].reads_observed =
            Windows(vec![(day(0.0), day(12.0)), (day(33.0), day(100.0))]);
        // Three weeks are out of it: 15 reads of 200.
        let found = looked(&gap, 1);
        assert_eq!(found[0].get("p0"), Some(&Value::Float(15.0 / 200.0)));
        assert_eq!(found[0].get("n"), Some(&Value::Int(8)));
    }
}
