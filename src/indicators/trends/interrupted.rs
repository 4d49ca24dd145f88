//! T6, interrupted time series: did what somebody changed show in the write-ups published after it?

use chrono::{Datelike as _, Months, NaiveDate};
use polars::prelude::PolarsResult;

use super::cohorts::{Cohort, months_between};
use super::series::series;
use crate::indicators::shapes::fewest;
use crate::indicators::{AnnotationFact, Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::calendar::{month_of, next_month};
use crate::model::{Layer, Results, Value};
use crate::stats::{Interrupted as Fit, Step, interrupted};

/// T6.
pub(in crate::indicators) struct Interrupted;

/// Cohorts that are needed on each side.
const LEAST: usize = 4;
/// Another annotation so many months before or after is told beside.
const NEAR: u32 = 6;

/// What is to be said beside every ratio.
const BESIDE: &str = "One other change at about the same time is enough to explain it.";

static SPEC: Spec = Spec {
    code: "T6",
    title: "Before and after a change that was announced",
    unit: "ratio",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &["fact_annotations", "fact_daily", "fact_people_by_cohort"],
    says: "Whether write-ups published after a change are read more {late_later} than those published before it.",
    definition: "For each annotation, which was entered by hand, over T0's publication cohorts: log E y_c = b0 + b1 c \
        + b2 [c >= c0] + b3 (c - c0)+ + log(write-ups_c), y = reads at an age in [{late_days}, {late_days_twice}) \
        days, c = months of publication since the first cohort (those without write-ups are left out and keep \
        their place), c0 (t0) = the month of the annotation's date; of a date after the first of a month the \
        month after it, and that month, which is half of each, is left out. Poisson with log link; \
        se_quasi are scaled by the dispersion, Pearson's chi-squared / (n - 4). level_ratio = exp(b2), with \
        95 % limits exp(b2 -/+ 1.96 se), where a dispersion below 1 counts as 1: counts scatter at least as Poisson's do. before and after = cohorts on either side; with fewer than 4 on one: \
        too early. concurrent = other annotations within 6 months. its = the newest annotation.",
    caveat: "One other change at about the same time, a reorganisation or a new wiki, is enough to explain a ratio. \
        Enter an annotation when it happens, not when the numbers have moved: a date that was found in the data \
        proves nothing. What changes how all write-ups are read at once, old ones too, does not show here.",
};

impl Indicator for Interrupted {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        all(facts, context).map_err(|source| IndicatorError::of("T6", source))
    }
}

fn all(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let series = series(facts, context)?;
    let each: Vec<Results> = facts
        .annotations
        .iter()
        .map(|annotation| {
            Results::new()
                .with("on", annotation.on.to_string())
                .with("text", annotation.text.as_str())
                .with("acts_on", annotation.acts_on.name())
                .with("concurrent", concurrent(annotation, &facts.annotations))
                .with("its", tested(annotation.on, &series.cohorts))
                .with("beside", BESIDE)
        })
        .collect();
    let newest = each.last().and_then(|one| one.get("its")).cloned();
    Ok(Results::new()
        .with("its", newest.unwrap_or(Value::Null))
        .with("annotations", each))
}

/// Other annotations at about the same time.
fn concurrent(own: &AnnotationFact, all: &[AnnotationFact]) -> usize {
    let near = |other: &&AnnotationFact| {
        let reach = Months::new(NEAR);
        let from = own.on.checked_sub_months(reach).unwrap_or(NaiveDate::MIN);
        let to = own.on.checked_add_months(reach).unwrap_or(NaiveDate::MAX);
        *other != own && from <= other.on && other.on <= to
    };
    all.iter().filter(near).count()
}

/// The first month that is after a date as a whole.
fn first_after(on: NaiveDate) -> NaiveDate {
    match on.day() {
        1 => on,
        _ => next_month(month_of(on)),
    }
}

fn tested(on: NaiveDate, cohorts: &[Cohort]) -> Value {
    let after = first_after(on);
    let used: Vec<&Cohort> = cohorts
        .iter()
        // Half of such a month came before.
        .filter(|cohort| cohort.first >= after || cohort.first < month_of(on))
        .collect();
    let first = used.first().map_or(after, |cohort| cohort.first);
    let place = |month| u32::try_from(months_between(first, month)).unwrap_or(0);
    let later = used.iter().filter(|cohort| cohort.first >= after).count();
    let before = used.len() - later;
    let steps: Vec<Step> = used
        .iter()
        .map(|cohort| Step {
            time: place(cohort.first),
            count: cohort.reads,
            exposure: cohort.writeups as f64,
        })
        .collect();
    let enough = before >= LEAST && later >= LEAST;
    let found = interrupted(&steps, place(after)).filter(|_| enough);
    // Coefficients and dispersion together tell each cohort's reads.
    let people: Vec<u64> = used.iter().map(|cohort| cohort.people).collect();
    let people = fewest(&people);
    let number = |get: fn(&Fit) -> f64| Value::from(found.as_ref().map(get)).of_people(people);
    let list = |get: fn(&Fit) -> Vec<f64>| Value::from(found.as_ref().map(get)).of_people(people);
    let told = match (enough, &found) {
        (false, _) => "too early",
        (true, None) => "no estimate",
        (true, Some(_)) => "estimated",
    };
    Results::new()
        .with("first_after", after.format("%Y-%m").to_string())
        .with("t0", place(after))
        .with("n", used.len())
        .with("before", before)
        .with("after", later)
        .with("told", told)
        .with("coef", list(|fit| fit.coef.clone()))
        .with("se_quasi", list(|fit| fit.se.clone()))
        .with("dispersion", number(|fit| fit.dispersion))
        .with("level_ratio", number(|fit| fit.ratio))
        .with("level_ratio_ci", list(|fit| vec![fit.lo, fit.hi]))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty};
    use crate::model::ActsOn;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn cohorts(months: u32) -> Vec<Cohort> {
        (0..months)
            .map(|n| {
                let first = date("2024-01-01")
                    .checked_add_months(Months::new(n))
                    .unwrap();
                Cohort {
                    first,
                    writeups: 4,
                    reads: (if n < 6 { 40 } else { 80 }) + u64::from(n % 3),
                    people: 9 + u64::from(n),
                }
            })
            .collect()
    }

    fn of(value: &Value, name: &str) -> Value {
        match value {
            Value::Map(map) => map.get(name).unwrap().bare().clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_doubled_level_is_estimated_by_its_date() {
        let found = tested(date("2024-07-01"), &cohorts(12));
        assert_eq!(of(&found, "first_after"), Value::from("2024-07"));
        assert_eq!(
            (of(&found, "t0"), of(&found, "n")),
            (Value::Int(6), Value::Int(12))
        );
        let Value::Float(ratio) = of(&found, "level_ratio") else {
            panic!("{found:?}")
        };
        assert!((ratio - 2.0).abs() < 0.1, "{ratio}");
        let Value::Map(map) = &found else { panic!() };
        let Some(Value::Guarded(guard, _)) = map.get("level_ratio") else {
            panic!("{found:?}")
        };
        assert_eq!(*guard, crate::model::Guard::Count(9));
    }

    #[test]
    fn a_month_that_is_half_of_each_is_left_out() {
        let found = tested(date("2024-07-10"), &cohorts(12));
        assert_eq!(of(&found, "first_after"), Value::from("2024-08"));
        assert_eq!(
            (of(&found, "before"), of(&found, "after")),
            (Value::Int(6), Value::Int(5))
        );
        assert_eq!(of(&found, "t0"), Value::Int(7));
    }

    #[test]
    fn three_cohorts_on_a_side_are_too_early() {
        for (on, months) in [("2024-04-01", 12), ("2024-10-01", 12), ("2030-01-01", 12)] {
            let found = tested(date(on), &cohorts(months));
            assert_eq!(of(&found, "told"), Value::from("too early"), "{on}");
            assert_eq!(of(&found, "level_ratio"), Value::Null, "{on}");
        }
        assert_eq!(of(&tested(date("2024-04-01"), &[]), "n"), Value::Int(0));
    }

    #[test]
    fn each_annotation_is_tested_and_its_neighbours_are_counted() {
        let one = |on: &str, text: &str| AnnotationFact {
            on: date(on),
            text: text.to_owned(),
            acts_on: ActsOn::Writeups,
        };
        let mut facts = empty();
        let found = all(&facts, &context()).unwrap();
        assert_eq!(found.get("its"), Some(&Value::Null));
        facts.annotations = vec![
            one("2024-03-01", "a template"),
            one("2024-09-01", "another wiki"),
            one("2026-01-01", "a guide"),
        ];
        let found = all(&facts, &context()).unwrap();
        let Some(Value::List(each)) = found.get("annotations") else {
            panic!()
        };
        let near: Vec<Value> = each.iter().map(|one| of(one, "concurrent")).collect();
        assert_eq!(near, [Value::Int(1), Value::Int(1), Value::Int(0)]);
        assert_eq!(of(&each[2], "its"), found.get("its").unwrap().clone());
    }
}
