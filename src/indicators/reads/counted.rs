//! R6, counts from cumulative counters: what a page-view counter alone can say.

use polars::prelude::PolarsError;

use crate::indicators::frames::counts;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results};

/// R6.
pub(in crate::indicators) struct Counted;

static SPEC: Spec = Spec {
    code: "R6",
    title: "Views of page counters",
    unit: "views (not unique, not persons)",
    version: 1,
    layer: Layer::H,
    state: false,
    facts: &["fact_counters"],
    says: "What a wiki's own page counters say where nothing else is known.",
    definition: "A counter is what one source says of one page, as a number that grows. Its samples \
        in order of time give increments: the difference, or, where it fell below nine tenths (a \
        reset), all that it then shows, a lower bound; a smaller fall is a correction and adds \
        nothing. Of two samples at one time the larger counts; the first of a counter is where it \
        begins and adds nothing. reads_unfiltered = sum of the increments. imputed = those over \
        more than one and a half of the counter's own polling period (the median time between its \
        samples), whose day is not known.",
    caveat: "Robots, authors and reloads are in it. It is never added to reads, and a change of it \
        is often a change of the counter.",
};

impl Indicator for Counted {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        counted(facts).map_err(|error| IndicatorError::of(SPEC.code, error))
    }
}

fn counted(facts: &Facts) -> Result<Results, PolarsError> {
    let sum = |name: &str| -> Result<u64, PolarsError> {
        Ok(counts(&facts.counters, name)?.iter().sum())
    };
    let counted = Results::new()
        .with("writeups", facts.counters.height())
        .with("counters", sum("counters")?)
        .with("reads_unfiltered", sum("added")?)
        .with("imputed", sum("imputed")?)
        .with("gaps", sum("gaps")?)
        .with("resets", sum("resets")?)
        .with("corrections", sum("corrections")?);
    Ok(Results::new().with("counted", counted))
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::*;
    use crate::indicators::test_support::{context, empty, field};
    use crate::model::Value;

    #[test]
    fn counters_of_all_write_ups_add_up() {
        let facts = Facts {
            counters: df!(
                "writeup" => [0_u32, 4], "counters" => [1_u64, 2], "added" => [21_u64, 47],
                "imputed" => [0_u64, 40], "gaps" => [0_u64, 1], "resets" => [1_u64, 0],
                "corrections" => [0_u64, 3],
            )
            .unwrap(),
            ..empty()
        };
        let results = Counted.compute(&facts, &context()).unwrap();
        for (name, expected) in [
            ("writeups", 2),
            ("counters", 3),
            ("reads_unfiltered", 68),
            ("imputed", 40),
            ("gaps", 1),
            ("resets", 1),
            ("corrections", 3),
        ] {
            let found = field(&results, &["counted", name]);
            assert_eq!(found, Value::Int(expected), "{name}");
        }
    }
}
