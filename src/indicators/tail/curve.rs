//! L1, the read curve: how reading fades, or does not, with the age of a write-up.

use polars::prelude::*;

use crate::indicators::frames::{counts, ints};
use crate::indicators::observed::{observed_reads, read_windows};
use crate::indicators::shapes::people_in_value;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results, Value};
use crate::stats::{poisson, ratio};

/// L1.
pub(in crate::indicators) struct ReadCurve;

/// Age weeks 0 to 51.
const WEEKS: usize = 52;
const WEEK_MS: i64 = 7 * DAY_MS;
/// The weeks of a block, and their names as groups of cells: what is told of one write-up (see
/// `crate::jobs`) is told by these.
const WEEKS_OF_A_BLOCK: usize = 4;
const BLOCKS: [&str; WEEKS / WEEKS_OF_A_BLOCK] = [
    "block 0", "block 1", "block 2", "block 3", "block 4", "block 5", "block 6", "block 7",
    "block 8", "block 9", "block 10", "block 11", "block 12",
];
/// Fewer write-ups than this have no interval between them.
const MIN_WRITEUPS: usize = 5;

static SPEC: Spec = Spec {
    code: "L1",
    title: "Age-indexed read curve",
    unit: "reads per write-up-day",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_daily", "fact_people_by_age_week"],
    says: "How reading fades, or does not, with the age of a write-up.",
    definition: "For age weeks 0 to 51, rate = k / exposure. k = kept reads at an age in [7w, \
        7w+7) days on days inside a window in which the write-up's reads were observed; exposure = \
        days of those windows that fall into the age week, summed over dated write-ups, cut at \
        deletion and as_of to the millisecond. lo, hi: exact 95 % Poisson interval, chi-squared \
        quantiles with 2k and 2k + 2 degrees of freedom over twice the exposure. between_lo, \
        between_hi: the interval with write-ups as clusters, as in L3, from five write-ups on. \
        Weeks without exposure are left out. {watched_by_all}",
    caveat: "Reads come in clusters (one review sends ten people), so go by the interval between \
        write-ups, which is the wider one. Late weeks rest on older write-ups only.",
};

impl Indicator for ReadCurve {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        curve(facts, context).map_err(|source| IndicatorError::of("L1", source))
    }
}

fn curve(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let weeks = weeks(facts, context)?;
    let people = people(facts)?;
    let all = single_reads(facts)?;
    let mut points = Vec::new();
    for (number, week) in weeks.iter().enumerate() {
        // Sums of integers, divided once.
        let exposure_ms: i64 = week.iter().map(|cell| cell.exposure_ms).sum();
        let reads: u64 = week.iter().map(|cell| cell.reads).sum();
        let single: u64 = week.iter().map(|cell| cell.single).sum();
        let people = people_in_value(people[number], all[number], single);
        let exposure = exposure_ms as f64 / DAY_MS as f64;
        let Some(found) = poisson(reads, exposure) else {
            continue;
        };
        let pairs: Vec<(f64, f64)> = week
            .iter()
            .filter(|cell| cell.exposure_ms > 0)
            .map(|cell| (cell.reads as f64, cell.exposure_ms as f64 / DAY_MS as f64))
            .collect();
        let between = ratio(&pairs, f64::INFINITY);
        // Reads by age are told of every write-up for each four weeks of age, so a week must not be
        // what the others lack of them, nor of the year.
        let block = BLOCKS[number / WEEKS_OF_A_BLOCK];
        let guard = |value: Value| value.cell(block, people).cell("weeks", people);
        let limit = |value: Option<f64>| {
            // A missing limit is a cell too, so that all of a week goes or none.
            guard(value.filter(|_| pairs.len() >= MIN_WRITEUPS).into())
        };
        points.push(
            Results::new()
                .with("week", number)
                .with("k", guard(found.k.into()))
                .with("exposure", found.exposure)
                .with("rate", guard(found.rate.into()))
                .with("lo", guard(found.lo.into()))
                .with("hi", guard(found.hi.into()))
                .with("writeups", pairs.len())
                .with("between_lo", limit(between.lo))
                .with("between_hi", limit(between.hi)),
        );
    }
    Ok(Results::new().with("curve", points))
}

/// One write-up in one age week.
#[derive(Clone, Copy, Default)]
struct Cell {
    reads: u64,
    /// Those that are no page count, which names nobody.
    single: u64,
    exposure_ms: i64,
}

/// By age week and write-up.
fn weeks(facts: &Facts, context: &Context) -> PolarsResult<Vec<Vec<Cell>>> {
    let mut weeks = vec![vec![Cell::default(); facts.writeups.len()]; WEEKS];
    for (number, writeup) in facts.writeups.iter().enumerate() {
        let Some(published) = writeup.published_at else {
            continue;
        };
        for (from, to) in read_windows(writeup, context.as_of).0 {
            let first = ((from - published) / WEEK_MS) as usize;
            for (week, cells) in weeks.iter_mut().enumerate().skip(first) {
                let start = published + week as i64 * WEEK_MS;
                if start >= to {
                    break;
                }
                cells[number].exposure_ms += to.min(start + WEEK_MS) - from.max(start);
            }
        }
    }

    let table = of_age(observed_reads(facts, context.as_of)?)
        .group_by([col("writeup"), age_week()])
        .agg([col("reads").sum(), col("single").sum()])
        .collect()?;
    let rows = ints(&table, "writeup")?
        .into_iter()
        .zip(ints(&table, "week")?);
    let reads = counts(&table, "reads")?
        .into_iter()
        .zip(counts(&table, "single")?);
    for ((writeup, week), (reads, single)) in rows.zip(reads) {
        let (Some(writeup), Some(week)) = (writeup, week) else {
            continue;
        };
        if let Some(cell) = weeks
            .get_mut(week as usize)
            .and_then(|w| w.get_mut(writeup as usize))
        {
            cell.reads = reads;
            cell.single = single;
        }
    }
    Ok(weeks)
}

/// Reads of the ages that are shown.
fn of_age(reads: LazyFrame) -> LazyFrame {
    let age = || col("age_day");
    reads.filter(age().gt_eq(lit(0)).and(age().lt(lit(7 * WEEKS as i32))))
}

fn age_week() -> Expr {
    col("age_day").floor_div(lit(7)).alias("week")
}

/// The single reads of each age week, observed or not: those behind whom [`people`] stand.
fn single_reads(facts: &Facts) -> PolarsResult<Vec<u64>> {
    let table = of_age(facts.daily.clone().lazy())
        .group_by([age_week()])
        .agg([col("single").sum()])
        .collect()?;
    by_week(&table, "week", "single")
}

/// Distinct people behind each age week.
fn people(facts: &Facts) -> PolarsResult<Vec<u64>> {
    by_week(&facts.people_by_age_week, "age_week", "people")
}

fn by_week(frame: &DataFrame, week: &str, count: &str) -> PolarsResult<Vec<u64>> {
    let mut all = vec![0; WEEKS];
    for (week, count) in ints(frame, week)?.into_iter().zip(counts(frame, count)?) {
        if let Some(cell) = week.and_then(|week| all.get_mut(usize::try_from(week).ok()?)) {
            *cell = count;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{context, day, empty, read_facts, writeup};

    fn points(facts: &Facts) -> Vec<(i64, i64, f64)> {
        let found = curve(facts, &context()).unwrap();
        let Some(Value::List(points)) = found.get("curve") else {
            panic!("{found:?}")
        };
        let point = |point: &Value| {
            let Value::Map(map) = point else {
                panic!("{point:?}")
            };
            let [
                Some(Value::Int(week)),
                Some(Value::Int(k)),
                Some(Value::Float(exposure)),
            ] = ["week", "k", "exposure"].map(|name| map.get(name).map(Value::bare))
            else {
                panic!("{map:?}")
            };
            (*week, *k, *exposure)
        };
        points.iter().map(point).collect()
    }

    #[test]
    fn exposure_is_exact_and_ends_with_deletion() {
        let mut deleted = writeup("deleted", Some(day(0.0)));
        deleted.deleted_at = Some(day(10.0));
        let young = writeup("young", Some(day(396.5)));
        let facts = read_facts(
            vec![deleted, young, writeup("undated", None)],
            &[
                (0, 0.1, 2),
                (0, 6.9, 1),
                (0, 8.0, 4),
                (1, 0.0, 5),
                (2, 1.0, 9),
            ],
        );
        assert_eq!(points(&facts), [(0, 8, 10.5), (1, 4, 3.0)]);
    }

    #[test]
    fn what_was_not_observed_is_in_neither_side() {
        let mut outage = writeup("outage", Some(day(0.0)));
        outage.reads_observed = Windows(vec![(day(0.0), day(2.0)), (day(4.0), day(16.0))]);
        let facts = read_facts(
            vec![outage],
            &[(0, 1.0, 1), (0, 3.0, 50), (0, 5.0, 1), (0, 20.0, 9)],
        );
        assert_eq!(points(&facts), [(0, 2, 5.0), (1, 0, 7.0), (2, 0, 2.0)]);
    }

    #[test]
    fn people_of_unobserved_reads_hide_nobody() {
        let mut outage = writeup("outage", Some(day(0.0)));
        outage.reads_observed = Windows(vec![(day(0.0), day(2.0)), (day(9.0), day(400.0))]);
        // Six people, five reads of whom were not observed: perhaps one is in the value.
        let mut facts = read_facts(vec![outage], &[(0, 1.0, 4), (0, 3.0, 5), (0, 8.0, 2)]);
        facts.people_by_age_week =
            df!("age_week" => [0i32, 1], "people" => [6u64, 2], "anonymous" => [0u64, 0]).unwrap();
        let found = curve(&facts, &context()).unwrap();
        let Some(Value::List(points)) = found.get("curve") else {
            panic!("{found:?}")
        };
        for (week, reads, people) in [(0, 4_u64, 1), (1, 0, 0)] {
            let Value::Map(point) = &points[week] else {
                panic!("{points:?}")
            };
            let expected = Value::from(reads)
                .cell("block 0", people)
                .cell("weeks", people);
            assert_eq!(point.get("k"), Some(&expected));
            assert_eq!(
                point.get("between_lo"),
                Some(&Value::Null.cell("block 0", people).cell("weeks", people))
            );
        }
    }

    #[test]
    fn weeks_end_after_a_year() {
        let mut facts = read_facts(vec![writeup("old", Some(day(0.0)))], &[(0, 370.0, 3)]);
        facts.people_by_age_week =
            df!("age_week" => [51i32, 52], "people" => [3u64, 9], "anonymous" => [0u64, 0])
                .unwrap();
        let found = points(&facts);
        assert_eq!((found.len(), found.last()), (52, Some(&(51, 0, 7.0))));
        assert!(points(&empty()).is_empty());
    }
}
