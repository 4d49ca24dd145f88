//! R1, total reads: the plainest count there is, and the one every other rests on.

use crate::indicators::assigned::with_and_without;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};

/// R1.
pub(in crate::indicators) struct TotalReads;

static SPEC: Spec = Spec {
    code: "R1",
    title: "Total reads",
    unit: "reads",
    version: 2,
    layer: Layer::H,
    state: false,
    facts: &["fact_reader_totals"],
    says: "How often write-ups were opened by people, slips of the finger taken out.",
    definition: "Kept reads plus the counts of page counters. Kept are reads before as_of of a \
        known write-up, once for each event id, without robots, without contributors' own reads, \
        without reads before publication or after deletion. Of two clicks by one person (or one \
        session) on one write-up at most {double_click_s} s apart the later one counts; a chain of \
        clicks collapses to its last. Clicks of one millisecond stand in the order of what is told of them: \
        whether they were assigned, of an agent, the team, the way to the page, engaged time and depth. Clicks with neither person nor session are never merged. A \
        daily count adds its count. Where several sources watch a page, on each local day those of the \
        highest rank count: sources that name readers before those that know engaged time, before single \
        reads, before daily counts, and of one rank a source that sees all reads before the parts of them, \
        which add up. A source watches on the days on which it saw any page, and then all pages that \
        people had read before it by then; it names readers, or knows engaged time, where a tenth of what it told \
        of people in the four weeks up to that day does. Reads by authors and by who reads like a program give \
        way alike; those by agents only to a source that had seen one.",
    caveat: "Opening is not reading, and more write-ups draw more reads: compare this number with \
        nothing. Page counters can't tell people from robots or a person from themselves. Of several sources, a \
        day on which the better one saw no read of a page counts as none, even where another saw some; pages and \
        days that the better one missed entirely count in full, so rare pages and quiet days weigh more. Today \
        is provisional: a better source may be heard of later.",
};

impl Indicator for TotalReads {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        with_and_without(facts, &[|totals| totals.readers], |facts| {
            let totals = &facts.totals;
            let total = Value::from(totals.total_reads).of_people(totals.readers);
            Ok(Results::new().with("total_reads", total))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty};

    #[test]
    fn counts_rest_on_the_readers_behind_them() {
        let mut facts = empty();
        facts.totals.total_reads = 120;
        facts.totals.readers = 3;
        let results = TotalReads.compute(&facts, &context()).unwrap();
        assert_eq!(
            results.get("total_reads"),
            Some(&Value::Int(120).of_people(3))
        );
    }
}
