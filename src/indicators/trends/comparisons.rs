//! T7, many comparisons: tests that stand on one screen are judged together.

use polars::prelude::PolarsResult;

use super::edits;
use super::mann_kendall::tested;
use super::seasons::tested as seasonal;
use super::series::series;
use crate::indicators::shapes::fewest;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::benjamini_hochberg;

/// T7.
pub(in crate::indicators) struct Comparisons;

/// The level below which a test found something.
const LEVEL: f64 = 0.05;

static SPEC: Spec = Spec {
    code: "T7",
    title: "Tests judged together",
    unit: "p",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_edits",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "Whether what the tests of the signs find would be found by chance, there being several.",
    definition: "Benjamini-Hochberg over the tests that give a verdict on a sign of the leader's page, one family: \
        T1's trend and cohort_trend (the p of its recommended test), T3's seasonal test of both series, and E1's \
        trend (as T1's). With p sorted, adjusted_(i) = min over j >= i of m p_(j) / j, not above 1; the verdicts of \
        T1, T3 and E1 go by it. A test that was not made (too early) is not among the m. rejected_05 = how many are \
        below 0.05. Tests of other pages are judged there: T4's and D1's with all of the page for those who look \
        closer, K3's two with each other; they give no verdict.",
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
    Ok(Family::of(facts, context)?.told())
}

/// The tests that give a verdict on a sign, judged together.
pub(super) struct Family {
    tests: Vec<Test>,
    /// The fewest people who stand for certain behind the reads that are tested: each adjusted p may be another
    /// test's own.
    people: u64,
    /// Distinct people behind the edits.
    editors: u64,
}

/// One of them.
struct Test {
    code: &'static str,
    of: &'static str,
    /// What Benjamini and Hochberg leave of its p; `None` where it was not made.
    adjusted: Option<f64>,
}

impl Family {
    /// T1 and T3 of both series, and E1's trend.
    pub(super) fn of(facts: &Facts, context: &Context) -> PolarsResult<Family> {
        let series = series(facts, context)?;
        let (months, cohorts) = (series.by_month(), series.by_cohort());
        let edits = edits::window(facts, context)?;
        let trend = |points: &[(f64, f64)]| tested(points).map(|test| test.recommended.p);
        let family = [
            ("T1", "trend", trend(&months.timed())),
            ("T1", "cohort_trend", trend(&cohorts.timed())),
            ("T3", "months", seasonal(&months).map(|found| found.p)),
            ("T3", "cohorts", seasonal(&cohorts).map(|found| found.p)),
            ("E1", "trend", trend(&edits.points)),
        ];
        Ok(Family {
            tests: together(&family),
            people: fewest(&[months.people, cohorts.people]),
            editors: edits.people,
        })
    }

    /// What is left of the p of one of them.
    pub(super) fn adjusted(&self, code: &str, of: &str) -> Option<f64> {
        let mut tests = self.tests.iter();
        tests
            .find(|test| test.code == code && test.of == of)?
            .adjusted
    }

    fn told(&self) -> Results {
        let made = || self.tests.iter().filter_map(|test| test.adjusted);
        let tests = self.tests.iter().map(|test| {
            let people = match test.code {
                "E1" => fewest(&[self.people, self.editors]),
                _ => self.people,
            };
            Results::new()
                .with("code", test.code)
                .with("of", test.of)
                .with("adjusted", Value::from(test.adjusted).of_people(people))
        });
        let found = made().filter(|p| *p < LEVEL).count();
        Results::new()
            .with("m", made().count())
            .with("rejected_05", Value::from(found).of_people(self.people))
            .with("tests", tests.collect::<Vec<Results>>())
    }
}

/// The adjusted p of each test, in their order.
fn together(family: &[(&'static str, &'static str, Option<f64>)]) -> Vec<Test> {
    let made: Vec<f64> = family.iter().filter_map(|test| test.2).collect();
    let mut next = benjamini_hochberg(&made).into_iter();
    let tests = family.iter().map(|&(code, of, p)| Test {
        code,
        of,
        adjusted: p.and_then(|_| next.next()),
    });
    tests.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty};
    use crate::stats::examples::{close, numbers, one};

    fn family(tests: &[(&'static str, &'static str, Option<f64>)]) -> Results {
        let family = Family {
            tests: together(tests),
            people: 9,
            editors: 9,
        };
        family.told()
    }

    #[test]
    fn fits_the_worked_example() {
        let example = one("T7", 0);
        let tests: Vec<_> = numbers(&example.input["p"])
            .into_iter()
            .map(|p| ("T1", "trend", Some(p)))
            .collect();
        let found = family(&tests);
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
        let found = family(&[("T1", "trend", Some(0.04)), ("T3", "months", None)]);
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
