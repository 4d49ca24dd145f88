//! R4, depth of reading: who opened a write-up, and who can have read it.

use crate::indicators::shapes::{Sides, fewest, people_proportion};
use crate::indicators::{ClassTotal, Context, Facts, Indicator, IndicatorError, Spec, Totals};
use crate::model::{Guard, Layer, Results, Value};

/// R4.
pub(in crate::indicators) struct Depth;

static SPEC: Spec = Spec {
    code: "R4",
    title: "Depth of reading",
    unit: "reader-days; share",
    version: 2,
    layer: Layer::H,
    state: false,
    facts: &["fact_classes"],
    says: "How many of those who opened a write-up can have read it.",
    definition: "Each (write-up, person, local date) falls into one class. E = sum of engaged time \
        of the day's kept reads, s = deepest scroll, threshold = max({skim_min_s} s, \
        {read_fraction} of the words at {wpm_fast} words a minute), the words being those of the \
        last revision up to that day, or of the first that is known. read: E >= threshold, and s >= \
        {read_fraction} or s unknown. skimmed: not read, E >= {skim_min_s} s. opened: E < \
        {skim_min_s} s. unknown: no engaged time known, or the words are not. Read share = read / \
        (read + skimmed + opened) with Wilson's 95 % interval. deep_pairs = distinct (person, \
        write-up) with at least one day of class read.",
    caveat: "It says who can have read, not who understood. Printouts, exports and reader views \
        count as opened at most, so the share is a lower bound; unknown days stand beside it and \
        may be the majority.",
};

impl Indicator for Depth {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        Ok(depth(&facts.totals))
    }
}

fn depth(totals: &Totals) -> Results {
    let Totals {
        read,
        skimmed,
        opened,
        unknown,
        ..
    } = totals;
    let cell = |class: &ClassTotal| {
        let guard = Guard::Cell {
            group: "R4.class",
            people: class.people,
        };
        Value::Guarded(guard, Box::new(class.days.into()))
    };
    let classes = Results::new()
        .with("read", cell(read))
        .with("skimmed", cell(skimmed))
        .with("opened", cell(opened))
        // Only R3's days could hold these, where each was one write-up's; then they are withheld with them.
        .with(
            "unknown",
            Value::from(unknown.days).of_people(unknown.people),
        );
    // Somebody may be in several classes on different days, so the people in the complement are
    // not known exactly, and n less the classes shown would give away a withheld one: the share
    // goes when any class of it is too small.
    let people = Sides {
        with: read.people,
        without: fewest(&[skimmed.people, opened.people]),
        all: fewest(&[read.people, skimmed.people, opened.people]),
    };
    let classified = read.days + skimmed.days + opened.days;
    Results::new()
        .with("class", classes)
        .with(
            "read_share",
            people_proportion(read.days, classified, people),
        )
        .with(
            "deep_pairs",
            Value::from(totals.deep_pairs).of_people(fewest(&[
                read.people,
                skimmed.people,
                opened.people,
                unknown.people,
            ])),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(days: u64, people: u64) -> ClassTotal {
        ClassTotal { days, people }
    }

    #[test]
    fn unknown_days_are_not_in_the_share() {
        let totals = Totals {
            read: class(30, 12),
            skimmed: class(8, 7),
            opened: class(2, 2),
            unknown: class(60, 20),
            ..Totals::default()
        };
        let results = depth(&totals);
        let Some(Value::Map(share)) = results.get("read_share") else {
            panic!("{results:?}")
        };
        assert_eq!(share.get("n").map(Value::bare), Some(&Value::Int(40)));
        assert_eq!(share.get("p").map(Value::bare), Some(&Value::Float(0.75)));
        // Two people opened only: nothing that would let one subtract them.
        assert_eq!(share.get("n"), Some(&Value::Int(40).of_people(2)));
        assert_eq!(
            share.get("k"),
            Some(&Value::Int(30).share_of_people(12, 14))
        );
    }

    #[test]
    fn without_classified_days_there_is_no_share() {
        let totals = Totals {
            unknown: class(9, 9),
            ..Totals::default()
        };
        assert_eq!(depth(&totals).get("read_share"), Some(&Value::Null));
    }
}
