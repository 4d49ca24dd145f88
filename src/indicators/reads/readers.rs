//! R3, readers and reader-days: people instead of clicks.

use crate::indicators::assigned::readers_with_and_without;
use crate::indicators::shapes::fewest;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};

/// R3.
pub(in crate::indicators) struct Readers;

static SPEC: Spec = Spec {
    code: "R3",
    title: "Readers and reader-days",
    unit: "people; person-days",
    version: 2,
    layer: Layer::H,
    state: false,
    facts: &["fact_reader_totals", "fact_bunched"],
    says: "How many different people read, and on how many days.",
    definition: "Over the kept reads of R1 that name a person: readers = distinct people; \
        reader-days = distinct (person, local date); reader-write-up pairs = distinct (person, \
        write-up). Days are those of the organisation's zone. Counts are exact. bunched = write-ups of \
        whose reads at an age of {late_days} days and more in the last {recent_days} days at least half were \
        made on one local day by one team (the one at the read), of which at least five people, and \
        never fewer than may be told of, read it that day; assigned reads are left out.",
    caveat: "People counted for two write-ups, weeks or teams never add up, since one may stand \
        in both. Reads by somebody unknown, and page counters, belong to nobody here.",
};

impl Indicator for Readers {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        let bunched = facts.totals.bunched;
        let results = readers_with_and_without(
            facts,
            |totals| totals.readers,
            |facts| {
                let totals = &facts.totals;
                let of_readers = |count: u64| Value::from(count).of_people(totals.readers);
                Ok(Results::new()
                    .with("readers", of_readers(totals.readers))
                    .with(
                        "reader_writeup_pairs",
                        Value::from(totals.reader_writeup_pairs).of_people(fewest(&[
                            totals.readers,
                            totals.fewest_of_days(totals.reader_writeup_pairs),
                        ])),
                    )
                    .with(
                        "reader_days",
                        Value::from(totals.reader_days).of_people(fewest(&[
                            totals.readers,
                            totals.fewest_of_days(totals.reader_days),
                        ])),
                    ))
            },
        )?;
        // Neither the write-up nor the team is told, and each team is of enough people.
        Ok(results.with("bunched", bunched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty};
    use crate::indicators::{ClassTotal, Totals};

    #[test]
    fn every_count_is_withheld_with_the_readers() {
        let mut facts = empty();
        facts.totals.readers = 4;
        facts.totals.reader_days = 40;
        let results = Readers.compute(&facts, &context()).unwrap();
        assert_eq!(
            results.get("reader_days"),
            Some(&Value::Int(40).of_people(4))
        );
        assert_eq!(results.get("readers"), Some(&Value::Int(4).of_people(4)));
    }

    /// All read one write-up, and R4 tells all days but two people's, of whom nothing is known.
    #[test]
    fn days_do_not_tell_the_class_that_is_missing() {
        let mut facts = empty();
        facts.totals = Totals {
            readers: 30,
            reader_days: 40,
            read: ClassTotal {
                days: 37,
                people: 28,
            },
            unknown: ClassTotal { days: 3, people: 2 },
            ..Totals::default()
        };
        let days = |facts: &Facts| {
            let results = Readers.compute(facts, &context()).unwrap();
            results.get("reader_days").cloned()
        };
        assert_eq!(days(&facts), Some(Value::Int(40).of_people(2)));
        // On some day somebody read two write-ups: nothing follows.
        facts.totals.unknown.days = 4;
        assert_eq!(days(&facts), Some(Value::Int(40).of_people(30)));
    }
}
