//! What is told of a part of the write-ups: those of one team, template, tag, source or year. The numbers are those of
//! the indicators, asked of these write-ups alone.

use chrono::NaiveDate;
use polars::prelude::*;

use super::frames::{counts, index, ints};
use super::observed::{observed_reads, read_windows};
use super::shapes::people_in_value;
use super::trends::age_matched::window_months;
use super::trends::mann_kendall::alone as trend_alone;
use super::{Context, Facts, IndicatorError, Kept, Windows, WriteupFact, find};
use crate::model::{DAY_MS, Results, Value};
use crate::stats::poisson;

/// Reads by age are told for every thirty days. The list tells those of one write-up for every four weeks and L1
/// those of all for every one: no sum of these is one of those, so that a slice tells nothing of them.
const BLOCK_DAYS: i64 = 30;
/// Of the first year.
pub const BLOCKS: usize = 12;

/// The people behind the reads of a slice. Where a number must not be told, whatever it is, this is one.
#[derive(Clone, Debug, Default)]
pub struct SlicePeople {
    /// Distinct people behind all reads.
    pub readers: u64,
    /// Behind the late ones.
    pub late: u64,
    /// Behind those of each thirty days of age.
    pub blocks: Vec<u64>,
    /// Behind those of each local month (its first day) in T0's window of ages.
    pub months: Vec<(NaiveDate, u64)>,
    /// How many are still read may be told.
    pub still_read: bool,
}

/// What is told of the write-ups that are `members`, in the order of [`Facts::writeups`]: R1's reads and late
/// ones, L1 by thirty days of age, L4, C1, K1, and of T0 and T1 what goes by month in the window.
pub fn of_slice(
    facts: &Facts,
    members: &[bool],
    people: &SlicePeople,
    context: &Context,
) -> Result<Results, IndicatorError> {
    let wrong = |source| IndicatorError::of("R1", source);
    let facts = only(facts, members, people).map_err(wrong)?;
    let (reads, late) = totals(&facts, context).map_err(wrong)?;
    let curve =
        curve(&facts, people, context).map_err(|source| IndicatorError::of("L1", source))?;
    let months =
        window_months(&facts, context).map_err(|source| IndicatorError::of("T0", source))?;
    let trend = trend_alone(&facts, context).map_err(|source| IndicatorError::of("T1", source))?;
    let said = |code: &str| -> Result<Results, IndicatorError> {
        find(code).map_or_else(|| Ok(Results::new()), |one| one.compute(&facts, context))
    };
    let one = |results: &Results, name: &str| results.get(name).cloned().unwrap_or(Value::Null);
    let mut results = Results::new()
        .with("writeups", members.iter().filter(|member| **member).count())
        .with("reads", Value::from(reads).of_people(people.readers))
        .with("late_reads", Value::from(late).of_people(people.late))
        .with("curve", curve)
        .with("months", months)
        .with("trend", trend);
    if people.still_read {
        let found = said("L4")?;
        for name in ["still_read", "unknown", "not_observed"] {
            results = results.with(name, one(&found, name));
        }
    }
    Ok(results
        .with("comments", said("C1")?)
        .with("links", one(&said("K1")?, "links")))
}

/// The facts of these write-ups alone. The others keep their places, undated and never watched.
fn only(facts: &Facts, members: &[bool], people: &SlicePeople) -> PolarsResult<Facts> {
    let inside: Vec<u32> = (0..facts.writeups.len())
        .filter(|at| members.get(*at) == Some(&true))
        .map(index)
        .collect();
    let inside = df!("writeup" => inside)?.lazy();
    let rows = |frame: &DataFrame| {
        let rows = frame.clone().lazy().join(
            inside.clone(),
            [col("writeup")],
            [col("writeup")],
            JoinArgs::new(JoinType::Inner),
        );
        rows.collect()
    };
    let writeups = facts
        .writeups
        .iter()
        .enumerate()
        .map(|(at, writeup)| match members.get(at) {
            Some(true) => writeup.clone(),
            _ => WriteupFact {
                id: writeup.id.clone(),
                published_at: None,
                reads_observed: Windows::default(),
                ..writeup.clone()
            },
        });
    let epoch = |date: NaiveDate| date.signed_duration_since(NaiveDate::default()).num_days();
    let (months, by_month): (Vec<i64>, Vec<u64>) = people
        .months
        .iter()
        .map(|&(month, people)| (epoch(month), people))
        .unzip();
    Ok(Facts {
        writeups: writeups.collect(),
        daily: rows(&facts.daily)?,
        trailing: rows(&facts.trailing)?,
        comments: rows(&facts.comments)?,
        links: rows(&facts.links)?,
        people_by_month: df!("month" => months, "late" => &by_month, "window" => &by_month)?,
        series: Kept::default(),
        ..facts.clone()
    })
}

/// All reads, and the late ones.
fn totals(facts: &Facts, context: &Context) -> PolarsResult<(u64, u64)> {
    let late = col("age_day")
        .cast(DataType::Int64)
        .gt_eq(lit(i64::from(context.parameters.late_days)));
    let sums = facts.daily.clone().lazy().select([
        col("reads").sum().alias("all"),
        col("reads").filter(late).sum().alias("late"),
    ]);
    let sums = sums.collect()?;
    let first = |name: &str| counts(&sums, name).map(|sum| sum.first().copied().unwrap_or(0));
    Ok((first("all")?, first("late")?))
}

/// Reads by thirty days of age; blocks without exposure are left out.
fn curve(facts: &Facts, people: &SlicePeople, context: &Context) -> PolarsResult<Vec<Results>> {
    let mut exposure_ms = [0_i64; BLOCKS];
    for writeup in &facts.writeups {
        let Some(published) = writeup.published_at else {
            continue;
        };
        let windows = read_windows(writeup, context.as_of);
        for (exposure, from) in exposure_ms
            .iter_mut()
            .zip((0..).step_by(BLOCK_DAYS as usize))
        {
            let start = published + from * DAY_MS;
            *exposure += windows.overlap(start, start + BLOCK_DAYS * DAY_MS);
        }
    }
    let watched = by_block(observed_reads(facts, context.as_of)?)?;
    let all = by_block(facts.daily.clone().lazy())?;
    let rows = watched.into_iter().zip(all).zip(exposure_ms).enumerate();
    let points = rows.filter_map(|(number, (((reads, single), (_, all)), exposure_ms))| {
        let found = poisson(reads, exposure_ms as f64 / DAY_MS as f64)?;
        let people = people.blocks.get(number).copied().unwrap_or(0);
        let people = people_in_value(people, all, single);
        // Where late reads and all reads are told, so is what one block lacks of those of its part.
        let part = match is_early(number, context.parameters.late_days) {
            true => "early",
            false => "late",
        };
        let told = |value: Value| value.cell(part, people);
        Some(
            Results::new()
                .with("from_day", BLOCK_DAYS * number as i64)
                .with("k", told(found.k.into()))
                .with("exposure", found.exposure)
                .with("rate", told(found.rate.into()))
                .with("lo", told(found.lo.into()))
                .with("hi", told(found.hi.into())),
        )
    });
    Ok(points.collect())
}

/// Whether all reads of a block of ages come before they are late.
pub fn is_early(block: usize, late_days: u32) -> bool {
    (block as i64 + 1) * BLOCK_DAYS <= i64::from(late_days)
}

/// Reads of each block, and those of them that are no page count.
fn by_block(reads: LazyFrame) -> PolarsResult<[(u64, u64); BLOCKS]> {
    let most = BLOCK_DAYS * BLOCKS as i64;
    let age = || col("age_day").cast(DataType::Int64);
    let table = reads
        .filter(age().gt_eq(lit(0)).and(age().lt(lit(most))))
        .group_by([age().floor_div(lit(BLOCK_DAYS)).alias("block")])
        .agg([col("reads").sum(), col("single").sum()])
        .collect()?;
    let mut blocks = [(0, 0); BLOCKS];
    let sums = counts(&table, "reads")?
        .into_iter()
        .zip(counts(&table, "single")?);
    for (block, sums) in ints(&table, "block")?.into_iter().zip(sums) {
        let place = block.and_then(|block| usize::try_from(block).ok());
        if let Some(block) = place.and_then(|place| blocks.get_mut(place)) {
            *block = sums;
        }
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, read_facts, writeup};

    /// Two write-ups of the same age; a slice of the first is told its reads alone.
    #[test]
    fn a_slice_has_the_reads_of_its_own() {
        let writeups = vec![writeup("a", Some(day(0.0))), writeup("b", Some(day(0.0)))];
        let facts = read_facts(writeups, &[(0, 3.0, 5), (0, 95.0, 11), (1, 95.0, 100)]);
        let people = SlicePeople {
            readers: 9,
            late: 6,
            blocks: vec![5, 0, 0, 6],
            months: vec![(date_of(2025, 4), 6)],
            still_read: true,
        };
        let found = of_slice(&facts, &[true, false], &people, &context()).unwrap();
        assert_eq!(found.get("writeups"), Some(&Value::Int(1)));
        assert_eq!(found.get("reads").map(Value::bare), Some(&Value::Int(16)));
        assert_eq!(
            found.get("late_reads").map(Value::bare),
            Some(&Value::Int(11))
        );
        let reads = |list: &str, name: &str| -> Vec<Value> {
            let Some(Value::List(points)) = found.get(list) else {
                panic!("{found:?}")
            };
            let values = points.iter().map(|point| match point {
                Value::Map(point) => point.get(name).unwrap().bare().clone(),
                other => panic!("{other:?}"),
            });
            values.collect()
        };
        assert_eq!(reads("curve", "k")[..4], [5, 0, 0, 11].map(Value::Int));
        assert_eq!(reads("months", "window_reads")[0], Value::Int(11));
    }

    fn date_of(year: i32, month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, 1).unwrap()
    }
}
