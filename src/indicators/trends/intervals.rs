//! T8, intervals for everything else: how sure are a mean, a median, and a comparison of two years?

use polars::prelude::PolarsResult;

use super::series::{Band, Month, series};
use crate::indicators::frames::{reads_by_age, sums_by_age};
use crate::indicators::observed::comparable_reads;
use crate::indicators::shapes::{fewest, guarded_median};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{bootstrap, mean, rate_ratio, sorted_median};

/// T8.
pub(in crate::indicators) struct Intervals;

/// Months of a year.
const YEAR: usize = 12;

static SPEC: Spec = Spec {
    code: "T8",
    title: "How sure: late reads per write-up, and one year against the one before",
    unit: "reads per write-up; ratio",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "How often a write-up is read {late_later}, in the mean and in the middle, and how the last twelve \
        months compare with the twelve before, each with its interval.",
    definition: "per_writeup: over write-ups whose reads were observed without a gap for their first \
        {late_days_twice} days, mean and median of their reads at an age in [{late_days}, {late_days_twice}) days; \
        lo and hi = 95 % BCa bootstrap limits of 9,999 resamples of write-ups, always the same ones; fewer than 8 \
        write-ups: no interval, least and most instead. year_on_year: of T0's last 12 complete months and the 12 \
        before, k = window_reads, e = window_exposure; ratio = (k_last/e_last)/(k_before/e_before), lo and hi from \
        Clopper and Pearson's limits of k_last given k_last + k_before; null below 24 complete months. Elsewhere: \
        shares have Wilson's interval, rates the exact Poisson one, ratios over write-ups or meetings that of L3, \
        medians over eight write-ups or meetings and more (A1, A5, A8, L2) the BCa limits. \
        {watched_by_the_same}",
    caveat: "The interval of the ratio takes reads to be independent; they come in clusters, so the true one is \
        wider: a verdict is T1's, never this. The bootstrap draws whole write-ups, and can't tell \
        what none of them shows.",
};

impl Indicator for Intervals {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        intervals(facts, context).map_err(|source| IndicatorError::of("T8", source))
    }
}

fn intervals(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    let late = context.parameters.late_days;
    let comparable = comparable_reads(facts, context, 2 * late);
    let span = (i64::from(late), 2 * i64::from(late));
    let sums = sums_by_age(reads_by_age(facts), &comparable.writeups, span.0, span.1)?;
    let reads: Vec<f64> = sums.into_iter().map(|(late, _)| late).collect();
    let cohorts: Vec<u64> = series.cohorts.iter().map(|cohort| cohort.people).collect();
    Ok(Results::new()
        .with("per_writeup", per_writeup(&reads, &cohorts))
        .with("year_on_year", year_on_year(&series.months)))
}

/// `cohorts` are the people behind the reads of each month of publication.
fn per_writeup(reads: &[f64], cohorts: &[u64]) -> Results {
    let (averaged, middle) = (bootstrap(reads, mean), bootstrap(reads, sorted_median));
    // The mean tells the sum of all months of publication, and so the one that is withheld; a quantile is
    // one write-up's own.
    let guarded = |value: Option<f64>| guarded_median(value, reads.len(), fewest(cohorts));
    let few = averaged.is_some_and(|found| found.lo.is_none());
    let end =
        |pick: fn(f64, f64) -> f64| guarded(reads.iter().copied().reduce(pick).filter(|_| few));
    let limits = |found: Option<crate::stats::Bootstrapped>| {
        Results::new()
            .with("value", guarded(found.map(|found| found.value)))
            .with("lo", guarded(found.and_then(|found| found.lo)))
            .with("hi", guarded(found.and_then(|found| found.hi)))
    };
    Results::new()
        .with("n", reads.len())
        .with("mean", limits(averaged))
        .with("median", limits(middle))
        .with("least", end(f64::min))
        .with("most", end(f64::max))
}

fn year_on_year(months: &[Month]) -> Value {
    let Some(start) = months.len().checked_sub(2 * YEAR) else {
        return Value::Null;
    };
    let (before, last) = months[start..].split_at(YEAR);
    let sum = |months: &[Month]| {
        let bands = months.iter().map(|month| month.window);
        bands.fold((0, 0), |sum, band: Band| {
            (sum.0 + band.reads, sum.1 + band.exposure)
        })
    };
    let (before, last) = (sum(before), sum(last));
    let Some(found) = rate_ratio((last.0, last.1 as f64), (before.0, before.1 as f64)) else {
        return Value::Null;
    };
    // Two sums of twelve months: where one month is withheld they tell it.
    let people: Vec<u64> = months[start..]
        .iter()
        .map(|month| month.window.certain)
        .collect();
    let values = Results::new()
        .with("k_last", last.0)
        .with("e_last", last.1)
        .with("k_before", before.0)
        .with("e_before", before.1)
        .with("ratio", found.ratio)
        .with("lo", found.lo)
        .with("hi", found.hi);
    Value::from(values).of_people(fewest(&people))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{
        context, day, empty, field, number, read_facts, writeup,
    };
    use crate::stats::examples::{numbers, one};

    #[test]
    fn fits_the_worked_example() {
        let example = one("T8", 0);
        let found = per_writeup(&numbers(&example.input["x"]), &[9]);
        for (name, limit) in [("mean", "value"), ("lo", "lo"), ("hi", "hi")] {
            let expected = example.expect[name].as_f64().unwrap();
            let Value::Float(value) = *field(&found, &["mean", limit]).bare() else {
                panic!("{found:?}")
            };
            assert!(
                (value - expected).abs() <= 0.05 * expected,
                "{name} {value}"
            );
        }
        assert_eq!(found.get("least"), Some(&Value::Null));
    }

    #[test]
    fn seven_write_ups_have_a_range() {
        let found = per_writeup(&[3.0, 0.0, 1.0, 7.0, 2.0, 0.0, 4.0], &[9]);
        assert_eq!(
            field(&found, &["median", "value"]).bare(),
            &Value::Float(2.0)
        );
        assert_eq!(field(&found, &["median", "lo"]), Value::Null);
        let ends = [
            found.get("least").unwrap().bare(),
            found.get("most").unwrap().bare(),
        ];
        assert_eq!(ends, [&Value::Float(0.0), &Value::Float(7.0)]);
    }

    #[test]
    fn a_year_twice_as_well_read_has_twice_the_rate() {
        // Two write-ups, old enough one after the other, over three years and more.
        let writeups: Vec<_> = (0..16)
            .map(|n| writeup(&format!("w{n}"), Some(day(f64::from(n) * 90.0 - 1000.0))))
            .collect();
        let rows: Vec<(u32, f64, u64)> = (0..16)
            .flat_map(|n| (90..180).map(move |age| (n, f64::from(age) + 0.5)))
            .map(|(n, age)| {
                let at = f64::from(n) * 90.0 - 1000.0 + age;
                (n, age, if at < 31.0 { 1 } else { 2 }, at)
            })
            .filter(|(_, _, _, at)| *at < 400.0)
            .map(|(n, age, reads, _)| (n, age, reads))
            .collect();
        let found = intervals(&read_facts(writeups, &rows), &context()).unwrap();
        // February 2025 to January 2026 against the year before.
        let ratio = number(&found, &["year_on_year", "ratio"]).unwrap();
        assert!((ratio - 2.0).abs() < 0.02, "{found:?}");
        let lo = number(&found, &["year_on_year", "lo"]).unwrap();
        assert!(1.5 < lo && lo < ratio);
    }

    #[test]
    fn nothing_is_compared_with_nothing() {
        let found = intervals(&empty(), &context()).unwrap();
        assert_eq!(found.get("year_on_year"), Some(&Value::Null));
        assert_eq!(
            field(&found, &["per_writeup", "mean", "value"]),
            Value::Null
        );
    }
}
