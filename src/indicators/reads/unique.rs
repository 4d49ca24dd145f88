//! R2, unique reads: sittings instead of clicks, counted as libraries count them.

use crate::indicators::assigned::with_and_without;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};

/// R2.
pub(in crate::indicators) struct UniqueReads;

static SPEC: Spec = Spec {
    code: "R2",
    title: "Unique reads",
    unit: "unique reads",
    version: 1,
    layer: Layer::H,
    state: false,
    facts: &["fact_unique_reads", "fact_reader_totals"],
    says: "How many separate sittings of reading there were.",
    definition: "COUNTER's Unique_Item_Requests: distinct (write-up, sitting) over the kept reads \
        of R1. A sitting is (session, UTC date) where a session is logged, otherwise (person, UTC \
        date, UTC hour). Reads with neither, and daily counts, are left out.",
    caveat: "Where a source knows no sessions, the hour stands for one: 13:59 and 14:01 are then \
        two sittings. Sources that only count can't take part.",
};

impl Indicator for UniqueReads {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        with_and_without(facts, &[|totals| totals.readers], |facts| {
            let totals = &facts.totals;
            let unique = Value::from(totals.unique_reads).of_people(totals.readers);
            Ok(Results::new().with("unique_reads", unique))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty};

    #[test]
    fn nothing_is_nought() {
        let results = UniqueReads.compute(&empty(), &context()).unwrap();
        assert_eq!(
            results.get("unique_reads").map(Value::bare),
            Some(&Value::Int(0))
        );
    }
}
