//! L10, concentration: do a few write-ups get all the reading?

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::long::is_there;
use crate::indicators::frames::{chosen, counts, ints};
use crate::indicators::shapes::{fewest, in_hundredths};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{entropy, gini, herfindahl, top_fifth};

/// L10.
pub(in crate::indicators) struct Concentration;

static SPEC: Spec = Spec {
    code: "L10",
    title: "Concentration",
    unit: "share; write-ups",
    version: 1,
    layer: Layer::X,
    state: true,
    facts: &["fact_reads_of_year"],
    says: "Whether a few write-ups get all the reading.",
    definition: "Over write-ups that are published, dated and not deleted at as_of, those without any read \
        included, the kept reads (R1, daily counts among them) of [as_of - {horizon_days} d, as_of). gini = \
        sum of (2i - n - 1) x over the reads x in ascending order, divided by n times their sum: 0 where all have the \
        same, 0 for a single one; gini_unbiased = gini n / (n - 1). top20_share = the share of the most read fifth, \
        rounded up. entropy_nats = -sum of p ln p over the shares p, effective_number = e to that: as many equally \
        read write-ups would have it; hhi = sum of p squared. zero_read = write-ups that nobody read. Null where \
        there was no read. Where people are withheld the numbers are told in whole hundredths, and from so many \
        write-ups with reads on.",
    caveat: "It depends on the ages: the newest are read most, so an organisation that writes much looks \
        concentrated. Compare it only with one of the same mix of ages. Even reading is no aim. A write-up of which \
        only a running counter is known has no reads here.",
};

impl Indicator for Concentration {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        concentration(facts, context).map_err(|source| IndicatorError::of(SPEC.code, source))
    }
}

fn concentration(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let frame = &facts.long.year;
    let rows = ints(frame, "writeup")?
        .into_iter()
        .zip(counts(frame, "reads")?);
    let read: BTreeMap<i64, u64> = rows
        .filter_map(|(writeup, n)| Some((writeup?, n)))
        .collect();
    let there = chosen(facts, |writeup| is_there(writeup, context.as_of));
    let reads: Vec<u64> = there
        .iter()
        .map(|writeup| read.get(&i64::from(*writeup)).copied().unwrap_or(0))
        .collect();
    let of_people = |name| PolarsResult::Ok(counts(frame, name)?.first().copied().unwrap_or(0));
    // R1 tells all reads: the others are what is left.
    let people = fewest(&[of_people("inside")?, of_people("outside")?]);
    let with_reads = reads.iter().filter(|reads| **reads > 0).count() as u64;
    let told = |value: Option<f64>| match value {
        Some(value) => Value::from(value).of_people(people).of_at_least(with_reads),
        None => Value::Null,
    };
    let rounded = |value: Option<f64>| value.map(|value| in_hundredths(value, context.k));
    let n = reads.len();
    // A single one has all there is.
    let uneven = rounded(gini(&reads).or((n == 1 && with_reads == 1).then_some(0.0)));
    let spread = rounded(entropy(&reads));
    let found = Results::new()
        .with("writeups", n)
        .with(
            "reads",
            Value::from(reads.iter().sum::<u64>()).of_people(people),
        )
        .with("gini", told(uneven))
        .with(
            "gini_unbiased",
            told(
                uneven
                    .filter(|_| n > 1)
                    .map(|gini| gini * n as f64 / (n as f64 - 1.0)),
            ),
        )
        .with("top20_share", told(rounded(top_fifth(&reads))))
        .with("zero_read", n as u64 - with_reads)
        .with("entropy_nats", told(spread))
        .with("effective_number", told(spread.map(f64::exp)))
        .with("hhi", told(rounded(herfindahl(&reads))));
    Ok(Results::new().with("concentration", found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{
        context, day, empty, field, is_told, reads_of_year, writeup,
    };
    use crate::stats::examples::{close, one};

    fn found(reads: &[u64], people: [u64; 2], k: u32) -> Results {
        let dated = (0..reads.len()).map(|at| writeup(&at.to_string(), Some(day(1.0))));
        let mut facts = Facts {
            writeups: dated.collect(),
            ..empty()
        };
        let rows: Vec<(u32, u64)> = (0..).zip(reads.iter().copied()).collect();
        facts.long.year = reads_of_year(&rows, people);
        concentration(&facts, &Context { k, ..context() }).unwrap()
    }

    fn number(results: &Results, name: &str) -> f64 {
        match field(results, &["concentration", name]).bare() {
            Value::Int(value) => *value as f64,
            Value::Float(value) => *value,
            other => panic!("{name} {other:?}"),
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let expect = one("L10", 0).expect;
        let even = found(&[1, 2, 3, 4], [9, 0], 1);
        assert!(close(number(&even, "gini"), &expect["a"]));
        let one_has_all = found(&[0, 0, 0, 10], [9, 0], 1);
        assert!(close(number(&one_has_all, "gini"), &expect["b"]));
        let unbiased = number(&one_has_all, "gini_unbiased");
        assert!(close(unbiased, &expect["b_unbiased"]));
        assert_eq!(number(&one_has_all, "zero_read"), 3.0);
        let expect = one("L10", 1).expect;
        let shares = found(&[50, 30, 15, 5], [9, 0], 1);
        for (name, expected) in [
            ("entropy_nats", "entropy"),
            ("effective_number", "effective"),
            ("hhi", "hhi"),
            ("top20_share", "top20"),
        ] {
            assert!(close(number(&shares, name), &expect[expected]), "{name}");
        }
    }

    #[test]
    fn of_one_and_of_nothing() {
        let alone = found(&[7], [9, 0], 1);
        assert_eq!(number(&alone, "gini"), 0.0);
        assert_eq!(
            field(&alone, &["concentration", "gini_unbiased"]),
            Value::Null
        );
        let unread = found(&[0, 0], [0, 0], 1);
        assert_eq!(field(&unread, &["concentration", "gini"]), Value::Null);
        assert_eq!(number(&unread, "reads"), 0.0);
    }

    #[test]
    fn deleted_and_undated_ones_are_not_compared() {
        let mut gone = writeup("b", Some(day(1.0)));
        gone.deleted_at = Some(day(300.0));
        let mut facts = Facts {
            writeups: vec![writeup("a", Some(day(1.0))), gone, writeup("c", None)],
            ..empty()
        };
        facts.long.year = reads_of_year(&[(0, 4), (1, 9), (2, 9)], [9, 9]);
        let results = concentration(&facts, &context()).unwrap();
        assert_eq!(number(&results, "writeups"), 1.0);
        assert_eq!(number(&results, "reads"), 4.0);
    }

    #[test]
    fn few_people_and_few_write_ups_are_not_told() {
        let told = |reads: &[u64], people, name| {
            is_told(&found(reads, people, 5), &["concentration", name], 5)
        };
        let many = [4, 5, 6, 7, 8];
        assert!(told(&many, [9, 9], "hhi") && told(&many, [9, 0], "reads"));
        assert!(!told(&many, [9, 2], "reads") && !told(&many, [9, 2], "gini"));
        assert!(!told(&many, [3, 9], "reads"));
        assert!(!told(&many[..4], [9, 9], "hhi") && told(&many[..4], [9, 9], "reads"));
        let rounded = found(&many, [9, 9], 5);
        assert_eq!(number(&rounded, "hhi"), 0.21);
        let spread = number(&rounded, "entropy_nats");
        assert_eq!(number(&rounded, "effective_number"), spread.exp());
    }
}
