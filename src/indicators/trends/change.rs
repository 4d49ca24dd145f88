//! T4, the change-point: did the level change once, and when?

use polars::prelude::PolarsResult;

use super::MIN_MONTHS;
use super::series::{Tested, series};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{median, pettitt};

/// T4.
pub(in crate::indicators) struct ChangePoint;

static SPEC: Spec = Spec {
    code: "T4",
    title: "One change of level",
    unit: "index; p",
    version: 1,
    layer: Layer::X,
    state: false,
    facts: &[
        "fact_daily",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "Whether late reading stood on one level and then on another, and from which month on.",
    definition: "Pettitt's test of both series that T1 tests (pettitt = T0's window_per_100 by month, \
        cohort_pettitt = its per_writeup by month of publication): U_t = sum over i <= t < j of \
        sgn(x_i - x_j), K = max |U|, last_index_before = the first t with |U_t| = K among the values that are \
        there, counted from 0, cp = the one after it; p_approx = min(1, 2 exp(-6 K^2 / (n^3 + n^2))), good \
        below 0.5. level_before and level_after = medians of the values on either side. Fewer than 12 values: \
        too early, no test.",
    caveat: "A steady trend gives a change, too, in its middle: read it with T1. Months that resemble their \
        neighbours make p too small. It was found in the data, so no date that it names may be tested on \
        the same data afterwards. For exploration, never a verdict.",
};

impl Indicator for ChangePoint {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        changes(facts, context).map_err(|source| IndicatorError::of("T4", source))
    }
}

fn changes(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    let guarded = |series: Tested| Value::from(change(&series)).of_people(series.people);
    Ok(Results::new()
        .with("pettitt", guarded(series.by_month()))
        .with("cohort_pettitt", guarded(series.by_cohort())))
}

fn change(series: &Tested) -> Results {
    let values = series.values();
    let found = pettitt(&values).filter(|_| values.len() >= MIN_MONTHS);
    let next = found.map(|found| found.last_before + 1);
    // The middle of a few months is the value of one of them.
    let level =
        |values: Option<&[f64]>| Value::from(values.and_then(median)).of_people(series.fewest);
    Results::new()
        .with("n", values.len())
        .with("too_early", found.is_none())
        .with("K", found.map(|found| found.k))
        .with("last_index_before", found.map(|found| found.last_before))
        .with("cp", next)
        .with("p_approx", found.map(|found| found.p))
        .with("first_month_after", next.and_then(|at| series.month(at)))
        .with("level_before", level(next.and_then(|at| values.get(..at))))
        .with("level_after", level(next.and_then(|at| values.get(at..))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{
        context, day, empty, field, number, read_facts, writeup,
    };

    /// One write-up a month, published so that each is alone in the window for a while.
    fn stepped() -> Facts {
        let writeups: Vec<_> = (0..24)
            .map(|n| writeup(&format!("w{n}"), Some(day(f64::from(n) * 30.5 - 600.0))))
            .collect();
        let rows: Vec<(u32, f64, u64)> = (0..24)
            .flat_map(|n| [100.0, 130.0, 160.0].map(|age| (n, age, if n < 12 { 2 } else { 9 })))
            .filter(|(n, age, _)| f64::from(*n) * 30.5 - 600.0 + age < 400.0)
            .collect();
        read_facts(writeups, &rows)
    }

    #[test]
    fn a_step_is_found_with_its_month() {
        let facts = stepped();
        let found = changes(&facts, &context()).unwrap();
        let value = |name: &str| number(&found, &["cohort_pettitt", name]);
        // Write-ups 0 to 11 were published from May 2023 to April 2024.
        assert_eq!(
            field(&found, &["cohort_pettitt", "first_month_after"]),
            Value::from("2024-05")
        );
        assert_eq!(
            (value("last_index_before"), value("cp")),
            (Some(11.0), Some(12.0))
        );
        assert!(value("p_approx").unwrap() < 0.01);
        let Value::Map(cohorts) = found.get("cohort_pettitt").unwrap().bare().clone() else {
            panic!()
        };
        assert_eq!(
            cohorts.get("level_before").unwrap().bare(),
            &Value::Float(6.0)
        );
        assert_eq!(
            cohorts.get("level_after").unwrap().bare(),
            &Value::Float(27.0)
        );
    }

    #[test]
    fn nothing_has_no_change() {
        let found = changes(&empty(), &context()).unwrap();
        assert_eq!(field(&found, &["pettitt", "too_early"]), Value::Bool(true));
        assert_eq!(number(&found, &["pettitt", "K"]), None);
        assert_eq!(
            field(&found, &["pettitt", "level_after"]).bare(),
            &Value::Null
        );
    }
}
