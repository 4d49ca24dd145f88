//! T2, the slope: how fast does late reading change?

use polars::prelude::PolarsResult;

use super::MIN_MONTHS;
use super::series::{Tested, series};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{TheilSen, mann_kendall, median, theil_sen};

/// T2.
pub(in crate::indicators) struct Slope;

static SPEC: Spec = Spec {
    code: "T2",
    title: "How fast late reading changes",
    unit: "units of the series a month",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "By how much late reading grows or shrinks in a month.",
    definition: "Of both series that T1 tests (months = T0's window_per_100, cohorts = its per_writeup): \
        slope = median of (x_j - x_i)/(j - i) over all pairs of months (Theil-Sen), intercept = median(x) - \
        slope * median(time), time in months since the first. independent = Sen's 95 % limits as \
        if months did not resemble their neighbours: of the N sorted slopes those at \
        round((N - C)/2) - 1 and round((N + C)/2), C = 1.96 sqrt(var_s) with ties. corrected = the same with C \
        times sqrt(var*/var_s), var* the variance of T1's recommended test: the interval to go by. \
        percent = corrected in per cent of the series' median. Fewer than 12 values: too early, no slope.",
    caveat: "A slope is drawn only where T1's verdict is clear; without one its interval holds 0 or nearly \
        does. It is a straight line through what may be a step. Seasons are not taken out.",
};

impl Indicator for Slope {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        slopes(facts, context).map_err(|source| IndicatorError::of("T2", source))
    }
}

fn slopes(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    let guarded = |series: Tested| Value::from(slope(&series.timed())).of_people(series.people);
    Ok(Results::new()
        .with("months", guarded(series.by_month()))
        .with("cohorts", guarded(series.by_cohort())))
}

fn slope(points: &[(f64, f64)]) -> Results {
    let test = mann_kendall(points).filter(|_| points.len() >= MIN_MONTHS);
    let plain = test.and_then(|_| theil_sen(points, 1.0));
    let corrected = test.and_then(|test| theil_sen(points, test.inflation()));
    let level = median(&points.iter().map(|point| point.1).collect::<Vec<_>>());
    let level = level.filter(|level| *level > 0.0);
    let percent = |get: fn(TheilSen) -> f64| -> Value {
        let line = corrected.zip(level);
        line.map(|(line, level)| 100.0 * get(line) / level).into()
    };
    let limits = |line: Option<TheilSen>| {
        Results::new()
            .with("lo", line.map(|line| line.lo))
            .with("hi", line.map(|line| line.hi))
    };
    Results::new()
        .with("n", points.len())
        .with("too_early", test.is_none())
        .with("slope", plain.map(|line| line.slope))
        .with("intercept", plain.map(|line| line.intercept))
        .with("independent", limits(plain))
        .with("corrected", limits(corrected))
        .with(
            "percent",
            Results::new()
                .with("slope", percent(|line| line.slope))
                .with("lo", percent(|line| line.lo))
                .with("hi", percent(|line| line.hi)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{field, number};
    use crate::stats::examples::{close, monthly, numbers, one};

    #[test]
    fn fits_the_worked_example() {
        let example = one("T2", 0);
        let found = slope(&monthly(&numbers(&example.input["y"])));
        for (path, name) in [
            (&["slope"][..], "slope"),
            (&["intercept"], "intercept_scipy"),
            (&["independent", "lo"], "lo"),
            (&["independent", "hi"], "hi"),
        ] {
            let value = number(&found, path).unwrap();
            assert!(close(value, &example.expect[name]), "{path:?} {value}");
        }
        assert_eq!(field(&found, &["too_early"]), Value::Bool(false));
    }

    #[test]
    fn months_that_resemble_their_neighbours_widen_the_corrected_interval() {
        let waves: Vec<f64> = (0..36)
            .map(|month| 10.0 + 3.0 * (f64::from(month) / 4.0).sin())
            .collect();
        let found = slope(&monthly(&waves));
        let width = |name: &str| {
            number(&found, &[name, "hi"]).unwrap() - number(&found, &[name, "lo"]).unwrap()
        };
        assert!(width("corrected") > 1.2 * width("independent"), "{found:?}");
    }

    #[test]
    fn eleven_months_are_too_early() {
        let found = slope(&monthly(&[1.0; 11]));
        assert_eq!(field(&found, &["n"]), Value::Int(11));
        assert_eq!(field(&found, &["too_early"]), Value::Bool(true));
        assert_eq!(number(&found, &["slope"]), None);
        assert_eq!(number(&found, &["corrected", "lo"]), None);
    }
}
