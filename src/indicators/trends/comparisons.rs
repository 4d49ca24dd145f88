//! T7, many comparisons: tests that stand on one screen are judged together.

use polars::prelude::PolarsResult;

use super::MIN_MONTHS;
use super::seasons::tested as seasonal;
use super::series::{Tested, series};
use crate::indicators::shapes::fewest;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{benjamini_hochberg, mann_kendall};

/// T7.
pub(in crate::indicators) struct Comparisons;

/// The level below which a test found something.
const LEVEL: f64 = 0.05;

static SPEC: Spec = Spec {
    code: "T7",
    title: "Tests judged together",
    unit: "p",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "Whether what the tests of the leader's page find would be found by chance, there being several.",
    definition: "Benjamini-Hochberg over the tests that stand on the leader's page, one family: T1's trend and \
        cohort_trend (the p of its recommended test) and T3's seasonal test of both series. With p sorted, \
        adjusted_(i) = min over j >= i of m p_(j) / j, not above 1. A test that was not made (too early) is not \
        among the m. rejected_05 = how many are below 0.05.",
    caveat: "Twenty tests of nothing find something more often than not; adjusted, of what is called a finding at \
        most one in twenty is none. The tests look at the same reads in different ways, so they agree \
        more often than independent ones.",
};

impl Indicator for Comparisons {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        comparisons(facts, context).map_err(|source| IndicatorError::of("T7", source))
    }
}

fn comparisons(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    let (months, cohorts) = (series.by_month(), series.by_cohort());
    let family = [
        ("T1", "trend", trend(&months)),
        ("T1", "cohort_trend", trend(&cohorts)),
        ("T3", "months", seasonal(&months).map(|found| found.p)),
        ("T3", "cohorts", seasonal(&cohorts).map(|found| found.p)),
    ];
    // Each adjusted p may be another test's own.
    let people = fewest(&[months.people, cohorts.people]);
    Ok(together(&family, people))
}

fn trend(series: &Tested) -> Option<f64> {
    let test = mann_kendall(&series.timed()).filter(|test| test.n >= MIN_MONTHS)?;
    Some(test.recommended.p)
}

/// The adjusted p of each test, in their order.
fn together(family: &[(&str, &str, Option<f64>)], people: u64) -> Results {
    let made: Vec<f64> = family.iter().filter_map(|test| test.2).collect();
    let adjusted = benjamini_hochberg(&made);
    let found = adjusted.iter().filter(|p| **p < LEVEL).count();
    let mut next = adjusted.into_iter();
    let tests: Vec<Results> = family
        .iter()
        .map(|(code, of, p)| {
            let adjusted = p.and_then(|_| next.next());
            Results::new()
                .with("code", *code)
                .with("of", *of)
                .with("adjusted", Value::from(adjusted).of_people(people))
        })
        .collect();
    Results::new()
        .with("m", made.len())
        .with("rejected_05", Value::from(found).of_people(people))
        .with("tests", tests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty};
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_example() {
        let example = one("T7", 0);
        let family: Vec<_> = numbers(&example.input["p"])
            .into_iter()
            .map(|p| ("T1", "trend", Some(p)))
            .collect();
        let found = together(&family, 9);
        assert_eq!(found.get("m"), Some(&Value::Int(6)));
        let rejected = found.get("rejected_05").unwrap().bare();
        assert_eq!(
            rejected,
            &Value::from(example.expect["rejected_05"].as_u64().unwrap())
        );
        let Some(Value::List(tests)) = found.get("tests") else {
            panic!()
        };
        let expected = example.expect["adjusted"].as_array().unwrap();
        for (test, expected) in tests.iter().zip(expected) {
            let Value::Map(test) = test else { panic!() };
            let Value::Float(value) = *test.get("adjusted").unwrap().bare() else {
                panic!("{test:?}")
            };
            assert!(close(value, expected), "{value} {expected}");
        }
    }

    #[test]
    fn tests_that_were_not_made_are_not_counted() {
        let family = [("T1", "trend", Some(0.04)), ("T3", "months", None)];
        let found = together(&family, 9);
        assert_eq!(found.get("m"), Some(&Value::Int(1)));
        let Some(Value::List(tests)) = found.get("tests") else {
            panic!()
        };
        let adjusted = |place: usize| match &tests[place] {
            Value::Map(test) => test.get("adjusted").unwrap().bare().clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (adjusted(0), adjusted(1)),
            (Value::Float(0.04), Value::Null)
        );
        let found = comparisons(&empty(), &context()).unwrap();
        assert_eq!(found.get("m"), Some(&Value::Int(0)));
    }
}
