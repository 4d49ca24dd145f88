//! L8, the beauty coefficient: which old write-ups woke up.

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::long::followed;
use crate::indicators::frames::{counts, ints};
use crate::indicators::shapes::in_two_digits;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results, Value};
use crate::stats::beauty;

/// L8.
pub(in crate::indicators) struct Sleeping;

/// Write-ups that are named.
const TOP: usize = 10;

/// A bin of ages.
const BIN_DAYS: i64 = 30;

static SPEC: Spec = Spec {
    code: "L8",
    title: "Late awakenings",
    unit: "dimensionless; bins of 30 days",
    version: 1,
    layer: Layer::X,
    state: false,
    facts: &["fact_reads_by_thirty"],
    says: "Which write-ups were hardly read for long, and then much.",
    definition: "The beauty coefficient of Ke and others (2015). c(t) = kept reads (R1) at an age in [30t, 30t + 30) \
        days, over the bins that were observed whole from publication on, by the same sources all the time; at least \
        three, with a read. t_m = the bin with the most, c_tm = how many, line = the straight line from c(0) to \
        c(t_m); B = sum over t <= t_m of (line - c(t)) / max(1, c(t)), 0 where the first bin has the most. t_a = the \
        bin up to t_m that is furthest from the line: the awakening. Of equal ones the first. Named are the ten \
        write-ups with the largest B above 0, of those that everybody may see and that are not deleted at as_of; \
        writeups = how many have a B, awakened = how many a B above 0. Where people are withheld only those are named \
        that at least so many people read in both bins, B is told in two digits, and c_tm is not: the list of \
        write-ups tells reads by four weeks.",
    caveat: "Nearly every write-up of an incident is read most at first, so B is 0 for most: late echoes below the \
        first peak are told by write-ups that came back and by bursts. B grows with the number of reads: it \
        ranks, and compares no two organisations. {watched_by_the_same}",
};

impl Indicator for Sleeping {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        sleeping(facts, context).map_err(|source| IndicatorError::of(SPEC.code, source))
    }
}

fn sleeping(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let frame = &facts.long.thirties;
    let rows = ints(frame, "writeup")?.into_iter().zip(ints(frame, "bin")?);
    let values = counts(frame, "reads")?
        .into_iter()
        .zip(counts(frame, "people")?);
    let mut read: BTreeMap<(i64, i64), (u64, u64)> = BTreeMap::new();
    for ((writeup, bin), value) in rows.zip(values) {
        if let (Some(writeup), Some(bin)) = (writeup, bin) {
            read.insert((writeup, bin), value);
        }
    }
    let (mut writeups, mut awakened) = (0_usize, 0_usize);
    let mut named: Vec<(f64, Results)> = Vec::new();
    for (at, writeup) in (0_i64..).zip(&facts.writeups) {
        let Some(followed) = followed(writeup, context.as_of) else {
            continue;
        };
        let of = |bin: i64| read.get(&(at, bin)).copied().unwrap_or((0, 0));
        let bins: Vec<u64> = (0..followed / (BIN_DAYS * DAY_MS))
            .map(|bin| of(bin).0)
            .collect();
        let Some(found) = beauty(&bins) else { continue };
        writeups += 1;
        if found.b <= 0.0 {
            continue;
        }
        awakened += 1;
        let is_hidden =
            writeup.restricted || writeup.deleted_at.is_some_and(|at| at < context.as_of);
        let enough = |bin: usize| of(bin as i64).1 >= u64::from(context.k);
        // With k = 1 nobody is withheld, and the awakening may have been a silent bin.
        if is_hidden || (context.k > 1 && !(enough(found.t_a) && enough(found.t_m))) {
            continue;
        }
        let results = Results::new()
            .with("writeup", writeup.id.as_str())
            .with("B", in_two_digits(found.b, context.k))
            .with("t_m", found.t_m)
            .with("t_a", found.t_a)
            // Thirty days less four weeks would be what few did in two days.
            .with("c_tm", Value::from(found.c_tm as f64).of_at_least(1));
        named.push((found.b, results));
    }
    // Stable: equal ones stay in the order of their ids.
    named.sort_by(|a, b| (b.0 * 1e9).round().total_cmp(&(a.0 * 1e9).round()));
    let top: Vec<Results> = named.into_iter().take(TOP).map(|one| one.1).collect();
    Ok(Results::new()
        .with("beauty_top", top)
        .with("writeups", writeups)
        .with("awakened", awakened))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{context, day, empty, reads_by_thirty, writeup};

    fn facts(bins: &[(u64, u64)]) -> Facts {
        let mut facts = Facts {
            writeups: vec![writeup("a", Some(day(0.0)))],
            ..empty()
        };
        let rows: Vec<(u32, u32, u64, u64)> = (0..)
            .zip(bins)
            .map(|(bin, &(reads, people))| (0, bin, reads, people))
            .collect();
        facts.long.thirties = reads_by_thirty(&rows);
        facts
    }

    fn top(facts: &Facts, k: u32) -> Vec<Results> {
        let results = sleeping(facts, &Context { k, ..context() }).unwrap();
        let Some(Value::List(found)) = results.get("beauty_top") else {
            panic!("{results:?}")
        };
        let maps = found.iter().map(|one| match one {
            Value::Map(map) => map.clone(),
            other => panic!("{other:?}"),
        });
        maps.collect()
    }

    const ASLEEP: [(u64, u64); 6] = [(1, 1), (0, 0), (0, 0), (0, 0), (0, 0), (10, 6)];

    #[test]
    fn a_sleeping_one_is_named_with_its_awakening() {
        let found = top(&facts(&ASLEEP), 1);
        assert_eq!(found.len(), 1);
        let of = |name: &str| found[0].get(name).unwrap().bare().clone();
        assert_eq!(
            (of("B"), of("c_tm")),
            (Value::Float(22.0), Value::Float(10.0))
        );
        assert_eq!((of("t_m"), of("t_a")), (Value::Int(5), Value::Int(4)));
        assert_eq!(of("writeup"), Value::Text("a".to_owned()));
        // An ordinary decline is not.
        let ordinary = [(40, 9), (12, 9), (6, 5), (3, 2)];
        let results = sleeping(&facts(&ordinary), &context()).unwrap();
        assert_eq!(results.get("beauty_top"), Some(&Value::List(Vec::new())));
        assert_eq!(results.get("writeups"), Some(&Value::Int(1)));
        assert_eq!(results.get("awakened"), Some(&Value::Int(0)));
    }

    #[test]
    fn only_whole_bins_that_were_watched_count() {
        let mut short = facts(&ASLEEP);
        // Watching changed on the day before the last bin was over.
        short.writeups[0].reads_steady =
            Windows(vec![(day(0.0), day(179.0)), (day(179.0), day(400.0))]);
        assert_eq!(top(&short, 1).len(), 0);
        short.writeups[0].reads_steady = Windows(vec![(day(1.0), day(400.0))]);
        assert_eq!(
            sleeping(&short, &context()).unwrap().get("writeups"),
            Some(&Value::Int(0))
        );
    }

    #[test]
    fn an_awakening_of_few_is_not_told() {
        // It woke in a bin that nobody read.
        assert_eq!(top(&facts(&ASLEEP), 5).len(), 0);
        let woke = [(1, 1), (0, 0), (0, 0), (0, 0), (6, 5), (140, 60)];
        let found = top(&facts(&woke), 5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].get("t_a"), Some(&Value::Int(4)));
        let Some(Value::Float(b)) = found[0].get("B") else {
            panic!("{found:?}")
        };
        assert_eq!(in_two_digits(*b, 5), *b);
        let c_tm = found[0].get("c_tm").unwrap();
        assert_eq!(*c_tm, Value::Float(140.0).of_at_least(1));
    }
}
