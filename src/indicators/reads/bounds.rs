//! R7, bounds for distinct readers: between what and what the number of readers lies where a
//! source only counts them.

use polars::prelude::PolarsError;

use crate::indicators::frames::counts;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::Bounds;

/// R7.
pub(in crate::indicators) struct ReaderBounds;

static SPEC: Spec = Spec {
    code: "R7",
    title: "Readers where they are only counted",
    unit: "people",
    version: 1,
    layer: Layer::H,
    state: false,
    facts: &["fact_counted_people", "fact_headcount"],
    says: "Between what and what the number of readers lies where a source counts people and never \
        names them.",
    definition: "Of the last {trailing_days} days, for each write-up with such a source. From a \
        day's distinct people: at least those of the fullest day, at most those of all days, a day \
        without such a figure being as many as its reads. From distinct people since a counter \
        began: at least how much they grew between samples of that time, at most all of them. \
        Over all: at least the largest of the lower bounds, since the same people may have read \
        everything; at most the sum of the upper ones, and not more than the headcount where \
        rosters give one (people with a team or a first day, who had not left).",
    caveat: "Two numbers, and the truth is anywhere between: neither of them is an estimate. People \
        of different days, pages and sources never add up.",
};

impl Indicator for ReaderBounds {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        bounds(facts).map_err(|error| IndicatorError::of(SPEC.code, error))
    }
}

fn bounds(facts: &Facts) -> Result<Results, PolarsError> {
    let each = counts(&facts.counted_people, "lo")?
        .into_iter()
        .zip(counts(&facts.counted_people, "hi")?)
        .map(|(lo, hi)| Bounds { lo, hi });
    let headcount = facts.totals.headcount;
    let found = Bounds::together(each).among(headcount);
    let people = |count: u64| Value::from(count).of_people(count);
    let any = facts.counted_people.height() > 0;
    let said = |value: u64| if any { people(value) } else { Value::Null };
    let readers = Results::new()
        .with("writeups", facts.counted_people.height())
        .with("lo", said(found.lo))
        .with("hi", said(found.hi))
        .with("headcount", headcount.map_or(Value::Null, people));
    Ok(Results::new().with("counted_readers", readers))
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;
    use crate::indicators::test_support::{context, empty, field};

    fn facts(lo: &[u64], hi: &[u64], headcount: Option<u64>) -> Facts {
        let writeups: Vec<u32> = (0..).take(lo.len()).collect();
        let mut facts = Facts {
            counted_people: df!("writeup" => writeups, "lo" => lo, "hi" => hi).unwrap(),
            ..empty()
        };
        facts.totals.headcount = headcount;
        facts
    }

    #[test]
    fn pages_may_have_the_same_readers() {
        let facts = facts(&[5, 9], &[12, 30], Some(35));
        let results = ReaderBounds.compute(&facts, &context()).unwrap();
        let found = |name: &str| field(&results, &["counted_readers", name]);
        assert_eq!(found("lo"), Value::Int(9).of_people(9));
        assert_eq!(found("hi"), Value::Int(35).of_people(35));
        assert_eq!(found("writeups"), Value::Int(2));
    }

    #[test]
    fn where_nobody_counts_people_nothing_is_said() {
        let facts = facts(&[], &[], None);
        let results = ReaderBounds.compute(&facts, &context()).unwrap();
        for name in ["lo", "hi", "headcount"] {
            let found = field(&results, &["counted_readers", name]);
            assert_eq!(found, Value::Null, "{name}");
        }
    }
}
