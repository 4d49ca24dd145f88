//! L10, concentration: do a few write-ups get all the reading?

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::long::is_there;
use crate::indicators::frames::{chosen, counts, ints};
use crate::indicators::shapes::{fewest, in_hundredths, limits_of};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{entropy, gini, herfindahl, lorenz, top_fifth};

/// L10.
pub(in crate::indicators) struct Concentration;

/// Parts into which write-ups are cut for the curve of Lorenz.
const PARTS: usize = 10;

static SPEC: Spec = Spec {
    code: "L10",
    title: "Concentration",
    unit: "share; write-ups",
    version: 2,
    layer: Layer::X,
    state: true,
    facts: &["fact_reads_of_year"],
    says: "Whether a few write-ups get all the reading.",
    definition: "Over write-ups that are published, dated and not deleted at as_of, those without any read \
        included, the kept reads (R1, daily counts among them) of [as_of - {horizon_days} d, as_of). gini = \
        sum of (2i - n - 1) x over the reads x in ascending order, divided by n times their sum: 0 where all have the \
        same, 0 for a single one; gini_lo and gini_hi = its 95 % BCa bootstrap limits over write-ups, from eight on; \
        gini_unbiased = gini n / (n - 1). top20_share = the share of the most read fifth, \
        rounded up. entropy_nats = -sum of p ln p over the shares p, effective_number = e to that: as many equally \
        read write-ups would have it; hhi = sum of p squared. zero_read = write-ups that nobody read; lorenz = \
        after each tenth of the write-ups, the least read first, their share of all reads. Null where \
        there was no read. Where people are withheld the numbers are told in whole hundredths, and from so many \
        write-ups with reads on; tenths are put together until fewer than so many readers of a \
        write-up hide in it, and there is no lorenz where a hundredth of all reads is less than such a \
        write-up had.",
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
    let values = counts(frame, "reads")?
        .into_iter()
        .zip(counts(frame, "own_people")?);
    let rows = ints(frame, "writeup")?.into_iter().zip(values);
    let read: BTreeMap<i64, (u64, u64)> = rows
        .filter_map(|(writeup, n)| Some((writeup?, n)))
        .collect();
    let there = chosen(facts, |writeup| is_there(writeup, context.as_of));
    let read: Vec<(u64, u64)> = there
        .iter()
        .map(|writeup| read.get(&i64::from(*writeup)).copied().unwrap_or_default())
        .collect();
    let reads: Vec<u64> = read.iter().map(|one| one.0).collect();
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
    let sizes: Vec<f64> = reads.iter().map(|reads| *reads as f64).collect();
    let (lo, hi) = limits_of(&sizes, uneven_of, |value| told(rounded(value)));
    let spread = rounded(entropy(&reads));
    // Where nothing was read there is no curve, and nothing to withhold.
    let lorenz = match with_reads {
        0 => Value::Null,
        _ => Value::from(curve(read, context.k))
            .of_people(people)
            .of_at_least(with_reads),
    };
    let found = Results::new()
        .with("writeups", n)
        .with(
            "reads",
            Value::from(reads.iter().sum::<u64>()).of_people(people),
        )
        .with("gini", told(uneven))
        .with("gini_lo", lo)
        .with("gini_hi", hi)
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
        .with("hhi", told(rounded(herfindahl(&reads))))
        .with("lorenz", lorenz);
    Ok(Results::new().with("concentration", found))
}

/// The Gini coefficient of numbers of reads.
fn uneven_of(reads: &[f64]) -> Option<f64> {
    gini(&reads.iter().map(|reads| *reads as u64).collect::<Vec<_>>())
}

/// The curve of Lorenz through those cuts that leave no small write-up alone; nothing where it would tell how
/// often such a one was read.
fn curve(mut read: Vec<(u64, u64)>, k: u32) -> Option<Vec<Results>> {
    let k = u64::from(k);
    read.sort_unstable();
    let reads: Vec<u64> = read.iter().map(|one| one.0).collect();
    let is_small = |people: u64| 0 < people && people < k;
    let most = read.iter().filter(|one| is_small(one.1)).map(|one| one.0);
    let total: u64 = reads.iter().sum();
    // What is told in hundredths leaves one open.
    if most.max().unwrap_or(0) * 100 > total {
        return None;
    }
    let is_open = |from: usize, to: usize| {
        let group = read.get(from..to).unwrap_or_default().iter();
        let small: Vec<u64> = group.map(|one| one.1).filter(|n| is_small(*n)).collect();
        small.is_empty() || (small.len() > 1 && small.iter().sum::<u64>() >= k)
    };
    let mut cuts: Vec<usize> = Vec::new();
    for cut in (1..PARTS).map(|part| part * reads.len() / PARTS) {
        let from = cuts.last().copied().unwrap_or(0);
        if cut > from && is_open(from, cut) {
            cuts.push(cut);
        }
    }
    // What is left over is a group, too.
    while cuts.last().is_some_and(|from| !is_open(*from, reads.len())) {
        cuts.pop();
    }
    if !is_open(cuts.last().copied().unwrap_or(0), reads.len()) {
        return None;
    }
    let points = lorenz(&reads, &cuts)?;
    let told = |value: f64| in_hundredths(value, u32::try_from(k).unwrap_or(u32::MAX));
    let point = |(writeups, reads): &(f64, f64)| {
        Results::new()
            .with("writeups", told(*writeups))
            .with("reads", told(*reads))
    };
    Some(points.iter().map(point).collect())
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

    /// The points of the curve, in hundredths.
    fn points(read: &[(u64, u64)], k: u32) -> Option<Vec<(i64, i64)>> {
        let hundredths = |one: &Results, name: &str| match one.get(name) {
            Some(Value::Float(value)) => (value * 100.0).round() as i64,
            other => panic!("{other:?}"),
        };
        let found = curve(read.to_vec(), k)?;
        let each = found.iter();
        Some(
            each.map(|one| (hundredths(one, "writeups"), hundredths(one, "reads")))
                .collect(),
        )
    }

    #[test]
    fn the_curve_goes_from_the_least_read_on() {
        // Ten write-ups, the last with half of the reads.
        let read: Vec<(u64, u64)> = (0..10).map(|n| (if n == 0 { 90 } else { 10 }, 9)).collect();
        let told = points(&read, 1).unwrap();
        assert_eq!(told.len(), 10);
        assert_eq!((told[0], told[8], told[9]), ((10, 6), (90, 50), (100, 100)));
        // Four have no ten tenths.
        let four = points(&[(3, 9), (1, 9), (2, 9), (4, 9)], 1).unwrap();
        assert_eq!(four, [(25, 10), (50, 30), (75, 60), (100, 100)]);
        assert_eq!(points(&[(0, 0), (0, 0)], 1), None);
    }

    #[test]
    fn no_part_of_the_curve_is_a_small_write_up_of_its_own() {
        let mut read: Vec<(u64, u64)> = (0..20).map(|n| (100 + 10 * n, 9)).collect();
        // Two that three people each read: one in the first tenth, one in the third.
        (read[0], read[5]) = ((3, 3), (131, 3));
        assert_eq!(points(&read, 5), None, "more than a hundredth of all reads");
        read[5] = (131, 9);
        read[4] = (4, 3);
        let told = points(&read, 5).unwrap();
        assert_eq!(told[0].0, 10, "both lie in the first tenth");
        read[4] = (140, 9);
        let alone = points(&read, 5);
        assert_eq!(alone, None, "whatever is put together, it stays alone");
        assert_eq!(points(&read, 1).unwrap().len(), 10);
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
