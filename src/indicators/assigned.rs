//! What an indicator says with and without assigned reading: who was told to read did not come by
//! themselves, and a number that only grows by telling is no sign of learning.

use super::{Facts, Totals};
use crate::model::{Results, Value};

/// People that stand behind a number.
pub(super) type People = fn(&Totals) -> u64;

/// The results of all reads, and where any were assigned the same of the others beside them. Either
/// number shows the difference between the two, so the second is withheld where few `people` read what
/// was assigned, or few read anything else.
pub(super) fn with_and_without<E>(
    facts: &Facts,
    people: &[People],
    compute: impl Fn(&Facts) -> Result<Results, E>,
) -> Result<Results, E> {
    let results = compute(facts)?;
    let Some(assigned) = &facts.assigned else {
        return Ok(results);
    };
    let mut without = Value::from(compute(&assigned.without)?);
    for count in people {
        without = without
            .of_people(count(&assigned.without.totals))
            .of_people(count(&assigned.only));
    }
    Ok(results.with("without_assigned", without))
}

/// The same where it is readers that are counted: the difference is how many read nothing else.
pub(super) fn readers_with_and_without<E>(
    facts: &Facts,
    readers: People,
    compute: impl Fn(&Facts) -> Result<Results, E>,
) -> Result<Results, E> {
    let mut results = with_and_without(facts, &[readers], compute)?;
    if let Some(assigned) = &facts.assigned {
        let others = readers(&assigned.without.totals);
        let nothing_else = readers(&facts.totals).saturating_sub(others);
        results.0 = results
            .0
            .into_iter()
            .map(|(name, value)| match name.as_str() {
                "without_assigned" => (name, value.of_people(nothing_else)),
                _ => (name, value),
            })
            .collect();
    }
    Ok(results)
}

/// What the numbers beside the main ones are, where there are any: the end of a definition.
pub fn beside(results: &Results) -> Option<&'static str> {
    let is_there = |name: &str| results.get(name).is_some();
    if is_there("without_assigned") {
        return Some(
            " without_assigned is the same without kept reads that were assigned, by the event's own word \
             or by an assignment of the write-up.",
        );
    }
    is_there("without_mandatory")
        .then_some(" without_mandatory is the same without those who were told to attend.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty};
    use crate::indicators::{Assigned, find};
    use crate::model::Guard;

    fn facts(all: u64, without: u64, only: u64) -> Facts {
        let totals = |readers| Totals {
            total_reads: 10 * readers,
            readers,
            ..Totals::default()
        };
        Facts {
            totals: totals(all),
            assigned: Some(Box::new(Assigned {
                without: Facts {
                    totals: totals(without),
                    ..empty()
                },
                only: totals(only),
            })),
            ..empty()
        }
    }

    /// The people that the value without assigned reads rests on.
    fn guards(value: &Value) -> Vec<u64> {
        match value {
            Value::Guarded(Guard::Count(people), inner) => [vec![*people], guards(inner)].concat(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_others_stand_beside_all_of_them() {
        let total = find("R1").unwrap();
        let said = total.compute(&facts(12, 9, 7), &context()).unwrap();
        let without = said.get("without_assigned").unwrap();
        let Value::Map(inner) = without.bare() else {
            panic!("{said:?}")
        };
        assert_eq!(
            inner.get("total_reads").map(Value::bare),
            Some(&Value::Int(90))
        );
        assert!(beside(&said).is_some_and(|words| words.contains("were assigned")));
        assert_eq!(guards(without), [7, 9]);
        // Three read nothing but what they were told to.
        let said = find("R3").unwrap();
        let said = said.compute(&facts(12, 9, 7), &context()).unwrap();
        assert_eq!(guards(said.get("without_assigned").unwrap()), [3, 7, 9]);
    }

    #[test]
    fn nothing_is_said_where_nothing_is_assigned() {
        for code in ["R1", "R2", "R3", "L3", "L4"] {
            let said = find(code).unwrap().compute(&empty(), &context()).unwrap();
            assert!(said.get("without_assigned").is_none(), "{code}");
            assert_eq!(beside(&said), None);
            let said = find(code).unwrap();
            let said = said.compute(&facts(12, 9, 7), &context()).unwrap();
            assert!(said.get("without_assigned").is_some(), "{code}");
        }
    }
}
