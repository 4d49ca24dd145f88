//! T1, the trend: is late reading rising, falling, or can't one say?

use polars::prelude::PolarsResult;

use super::MIN_MONTHS;
use super::comparisons::Family;
use super::series::{Tested, series};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{Direction, MannKendall, TheilSen, mann_kendall, median, theil_sen};

/// T1.
pub(in crate::indicators) struct Trend;

static SPEC: Spec = Spec {
    code: "T1",
    title: "Trend of late reading",
    unit: "Z; p; units per month",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_edits",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "Whether late reading is rising or falling, or whether one can't say, and how fast.",
    definition: "Mann-Kendall test of T0's window_per_100 over complete months (trend), and of \
        its cohorts' per_writeup over months of publication (cohort_trend). S = sum over pairs of \
        sgn(x_j - x_i); var_s with ties; z = (S -/+ 1) / sqrt(var_s); p two-sided. recommended \
        multiplies var_s by max(1, 1 + 2(1 - 1/n) r1), r1 = first autocorrelation of the series \
        less its slope (Yue-Wang, lag 1, floored); the verdict is rising or falling where its p, \
        judged with the other tests of T7, is < 0.05, otherwise no clear trend. Of a part of the \
        write-ups it is the only test, and its own p decides. Fewer than 12 values: too early, no test. Months \
        without data are left out and keep their time for the slope. theil_sen: median slope a \
        month with Sen's 95 % limits as SciPy has them; theil_sen_display: the same with the \
        variance of the recommended test; percent_per_month: that in per cent of the series' \
        median.",
    caveat: "In quiet series it errs in 4 to 12 of 100 cases, the more often the more single \
        write-ups differ, and a true small change may take three years to show. A trend has no \
        cause: a new wiki, a reorganisation or a template make one. Seasons are not taken out.",
};

impl Indicator for Trend {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        trends(facts, context).map_err(|source| IndicatorError::of("T1", source))
    }
}

fn trends(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    let family = Family::of(facts, context)?;
    let judged = |of: &str, series: Tested| guarded(&series, family.adjusted("T1", of));
    Ok(Results::new()
        .with("trend", judged("trend", series.by_month()))
        .with("cohort_trend", judged("cohort_trend", series.by_cohort())))
}

/// The trend by month of a part of the write-ups, which is the only test that is told of it.
pub(in crate::indicators) fn alone(facts: &Facts, context: &Context) -> PolarsResult<Value> {
    Ok(guarded(&series(facts, context)?.by_month(), None))
}

/// A series of nobody's reads is shown; one of a few people's is not, whatever it says.
fn guarded(series: &Tested, adjusted: Option<f64>) -> Value {
    Value::from(trend(&series.timed(), adjusted)).of_people(series.people)
}

/// The test of a series that is long enough.
pub(super) fn tested(points: &[(f64, f64)]) -> Option<MannKendall> {
    mann_kendall(points).filter(|_| points.len() >= MIN_MONTHS)
}

/// T1 and T2 of a series of months with their values. `adjusted`: the p of the recommended test judged with others,
/// where it is not the only one; the verdict goes by it.
pub(super) fn trend(points: &[(f64, f64)], adjusted: Option<f64>) -> Results {
    let test = tested(points);
    let best = test.map(|test| test.recommended);
    let verdict = test.map(|test| match adjusted {
        Some(p) => Direction::of(test.s, p),
        None => test.recommended.verdict,
    });
    let line = test.and_then(|_| theil_sen(points, 1.0));
    let shown = test.and_then(|test| theil_sen(points, test.inflation()));
    let level = median(&points.iter().map(|point| point.1).collect::<Vec<_>>());
    let percent = level
        .filter(|&level| level > 0.0)
        .map(|level| 100.0 / level);
    Results::new()
        .with("n", points.len())
        .with("S", test.map(|test| test.s))
        .with("var_s", test.map(|test| test.var_s))
        .with("z", test.map(|test| test.z))
        .with("p", test.map(|test| test.p))
        .with("tau_a", test.and_then(|test| test.tau_a))
        .with("tau_b", test.and_then(|test| test.tau_b))
        .with(
            "theil_sen",
            Results::new()
                .with("slope", line.map(|line| line.slope))
                .with("intercept_scipy", line.map(|line| line.intercept))
                .with("lo", line.map(|line| line.lo))
                .with("hi", line.map(|line| line.hi)),
        )
        .with(
            "recommended",
            Results::new()
                .with("var_s", best.map(|best| best.var_s))
                .with("z", best.map(|best| best.z))
                .with("p", best.map(|best| best.p))
                .with("verdict", verdict.map_or("too early", Direction::words)),
        )
        .with("theil_sen_display", slope(shown, Some(1.0)))
        .with("percent_per_month", slope(shown, percent))
}

/// A slope and its limits, scaled; null where there is no line or nothing to scale by.
fn slope(line: Option<TheilSen>, scale: Option<f64>) -> Results {
    let scaled = |get: fn(TheilSen) -> f64| -> Value {
        line.zip(scale)
            .map(|(line, scale)| get(line) * scale)
            .into()
    };
    Results::new()
        .with("slope", scaled(|line| line.slope))
        .with("lo", scaled(|line| line.lo))
        .with("hi", scaled(|line| line.hi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, date, day, empty, field, read_facts, writeup};
    use crate::model::Guard;
    use crate::stats::examples::{close, monthly, numbers, one};
    use polars::prelude::df;

    #[test]
    fn fits_the_worked_example() {
        let example = one("T1", 0);
        let found = trend(&monthly(&numbers(&example.input["y"])), None);
        let check = |path: &[&str]| {
            let Value::Float(value) = field(&found, path) else {
                panic!("{path:?}")
            };
            let expected = path
                .iter()
                .fold(&example.expect, |value, name| &value[name]);
            assert!(close(value, expected), "{path:?} {value}");
        };
        for name in ["S", "var_s", "z", "p", "tau_a", "tau_b"] {
            check(&[name]);
        }
        for name in ["slope", "intercept_scipy", "lo", "hi"] {
            check(&["theil_sen", name]);
        }
        for name in ["var_s", "z", "p"] {
            check(&["recommended", name]);
        }
        assert_eq!(
            field(&found, &["recommended", "verdict"]),
            Value::Text("rising".to_owned())
        );
        let Value::Float(percent) = field(&found, &["percent_per_month", "slope"]) else {
            panic!()
        };
        assert!((percent - 100.0 * 0.894_444_444_444_444_4 / 9.5).abs() < 1e-9);
    }

    #[test]
    fn the_verdict_goes_by_the_p_that_other_tests_leave() {
        let example = one("T1", 0);
        let points = monthly(&numbers(&example.input["y"]));
        for (adjusted, verdict) in [(0.049, "rising"), (0.05, "no clear trend")] {
            let found = trend(&points, Some(adjusted));
            let told = field(&found, &["recommended", "verdict"]);
            assert_eq!(told, Value::from(verdict), "{adjusted}");
            // Its own p stays what it is.
            let Value::Float(p) = field(&found, &["recommended", "p"]) else {
                panic!("{found:?}")
            };
            assert!(close(p, &example.expect["recommended"]["p"]), "{p}");
        }
    }

    #[test]
    fn eleven_months_are_too_early() {
        let found = trend(&monthly(&[1.0; 11]), None);
        assert_eq!(field(&found, &["n"]), Value::Int(11));
        assert_eq!(
            field(&found, &["recommended", "verdict"]),
            Value::Text("too early".to_owned())
        );
        for path in [
            &["p"][..],
            &["theil_sen", "slope"],
            &["percent_per_month", "lo"],
        ] {
            assert_eq!(field(&found, path), Value::Null, "{path:?}");
        }
    }

    #[test]
    fn a_quiet_year_has_no_per_cent() {
        let found = trend(&monthly(&[0.0; 12]), None);
        assert_eq!(field(&found, &["percent_per_month", "slope"]), Value::Null);
        assert_eq!(
            field(&found, &["theil_sen_display", "slope"]),
            Value::Float(0.0)
        );
        assert_eq!(
            field(&found, &["recommended", "verdict"]),
            Value::Text("no clear trend".to_owned())
        );
    }

    #[test]
    fn a_few_people_have_no_trend() {
        let mut facts = read_facts(vec![writeup("a", Some(day(0.0)))], &[(0, 95.0, 9)]);
        facts.people_by_cohort = df!("month" => [date(2025, 1, 1)], "people" => [5u64]).unwrap();
        facts.people_by_month =
            df!("month" => [date(2025, 4, 1)], "late" => [9u64], "window" => [4u64]).unwrap();
        let found = trends(&facts, &context()).unwrap();
        for (name, people) in [("trend", 4), ("cohort_trend", 5)] {
            let Some(Value::Guarded(guard, _)) = found.get(name) else {
                panic!("{name} {found:?}")
            };
            assert_eq!(*guard, Guard::Count(people), "{name}");
        }
    }

    #[test]
    fn cohorts_keep_their_calendar() {
        // January 2025, and March; nothing in between.
        let writeups = vec![writeup("a", Some(day(0.0))), writeup("b", Some(day(70.0)))];
        let facts = read_facts(writeups, &[(1, 100.0, 4)]);
        let found = series(&facts, &context()).unwrap();
        let tested = found.by_cohort();
        assert_eq!(tested.points, [(0, 0.0), (2, 4.0)]);
        assert_eq!(tested.month(1).as_deref(), Some("2025-03"));
        let found = trends(&empty(), &context()).unwrap();
        assert_eq!(field(&found, &["cohort_trend", "n"]), Value::Int(0));
    }
}
