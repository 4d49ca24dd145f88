//! T5, segments: did the level change several times?

use polars::prelude::PolarsResult;

use super::MIN_MONTHS;
use super::series::{Tested, series};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{mean, pelt};

/// T5.
pub(in crate::indicators) struct Segments;

static SPEC: Spec = Spec {
    code: "T5",
    title: "Several changes of level",
    unit: "breaks",
    version: 1,
    layer: Layer::X,
    state: false,
    facts: &[
        "fact_daily",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "Between which months late reading stood on one level.",
    definition: "PELT, exact, of both series that T1 tests (pelt = T0's window_per_100 by month, cohort_pelt = \
        its per_writeup by month of publication): the segments, two values each at least, with the least sum of \
        squared distances from their means + penalty * (segments - 1); penalty = 2 sigma_mad^2 ln n, \
        sigma_mad = 1.4826 * median |d - median d| / sqrt(2), d = the differences of neighbours. breaks = \
        where each segment after the first begins among the values that are there, counted from 0; \
        segments = first month, values and mean of each. sigma_mad of 0: no segmentation. Fewer than 12 values: \
        too early.",
    caveat: "A steady rise comes out as stairs. There is no p behind it, and what it finds may not be tested on the \
        same data. For exploration, never a verdict.",
};

impl Indicator for Segments {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        all(facts, context).map_err(|source| IndicatorError::of("T5", source))
    }
}

fn all(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    // The mean of a short segment tells the month of it that is withheld, so all months have to be many
    // people's.
    let guarded = |series: Tested| Value::from(segments(&series)).of_people(series.fewest);
    Ok(Results::new()
        .with("pelt", guarded(series.by_month()))
        .with("cohort_pelt", guarded(series.by_cohort())))
}

fn segments(series: &Tested) -> Results {
    let values = series.values();
    let early = values.len() < MIN_MONTHS;
    let found = pelt(&values).filter(|_| !early);
    let cut = found.as_ref().map(|found| {
        let starts = [0].into_iter().chain(found.breaks.iter().copied());
        let ends = found.breaks.iter().copied().chain([values.len()]);
        let each = starts.zip(ends).map(|(start, end)| {
            Results::new()
                .with("first_month", series.month(start))
                .with("n", end - start)
                .with("mean", values.get(start..end).and_then(mean))
        });
        each.collect::<Vec<_>>()
    });
    Results::new()
        .with("n", values.len())
        .with("too_early", early)
        .with("penalty", found.as_ref().map(|found| found.penalty))
        .with("sigma_mad", found.as_ref().map(|found| found.sigma))
        .with("breaks", found.map(|found| found.breaks))
        .with("segments", cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, empty, field, read_facts, writeup};

    #[test]
    fn two_levels_are_two_segments() {
        let writeups: Vec<_> = (0..24)
            .map(|n| writeup(&format!("w{n}"), Some(day(f64::from(n) * 30.5 - 600.0))))
            .collect();
        // A little noise, or there is nothing to tell a step from.
        let rows: Vec<(u32, f64, u64)> = (0..24)
            .map(|n| (n, 100.0, if n < 12 { 5 } else { 20 } + u64::from(n * n % 7)))
            .collect();
        let found = all(&read_facts(writeups, &rows), &context()).unwrap();
        assert_eq!(
            field(&found, &["cohort_pelt", "breaks"]),
            Value::List(vec![Value::Int(12)])
        );
        let Value::List(cut) = field(&found, &["cohort_pelt", "segments"]) else {
            panic!("{found:?}")
        };
        let Value::Map(second) = &cut[1] else {
            panic!("{cut:?}")
        };
        assert_eq!(second.get("first_month"), Some(&Value::from("2024-05")));
    }

    #[test]
    fn nothing_has_no_segments() {
        let found = all(&empty(), &context()).unwrap();
        assert_eq!(field(&found, &["pelt", "too_early"]), Value::Bool(true));
        assert_eq!(field(&found, &["pelt", "breaks"]), Value::Null);
    }
}
