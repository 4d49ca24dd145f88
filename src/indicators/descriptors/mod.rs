//! Descriptors (INDICATORS section 8): what goes with long reading. An exploration for the analyst,
//! never a target.

pub(super) mod association;
pub(super) mod regression;

use polars::prelude::PolarsResult;

use super::frames::ints;
use super::{Context, Facts, WriteupFact};
use crate::model::{DAY_MS, Millis, Value};

/// Fewer write-ups than this for a descriptor have no number.
const LEAST_WRITEUPS: usize = 10;

/// What is taken from the text of a write-up as it was published; none where nobody counted it.
type Descriptor = (&'static str, fn(&WriteupFact) -> Option<f64>);

/// Those that regression takes together, and D1 one by one.
const TOGETHER: [Descriptor; 5] = [
    ("diagrams", |writeup| writeup.first.diagrams.map(f64::from)),
    ("hyperlinks", |writeup| {
        writeup.first.hyperlinks.map(f64::from)
    }),
    ("unexplained_per_1000", |writeup| {
        let words = writeup.first.words.filter(|words| *words > 0)?;
        let unexplained = writeup.first.acronyms_unexplained?;
        Some(1000.0 * f64::from(unexplained) / f64::from(words))
    }),
    ("contributors", |writeup| {
        writeup.first.contributors.map(f64::from)
    }),
    ("log_words", |writeup| {
        let words = writeup.first.words.filter(|words| *words > 0)?;
        Some(f64::from(words).ln())
    }),
];

/// Those that only D1 looks at.
const APART: [Descriptor; 3] = [
    ("contributor_teams", |writeup| {
        writeup.first.contributor_teams.map(f64::from)
    }),
    ("data_sources", |writeup| {
        writeup.first.data_sources.map(f64::from)
    }),
    ("quotations", |writeup| {
        writeup.first.quotations.map(f64::from)
    }),
];

/// How a write-up was read late.
struct Tail<'a> {
    writeup: &'a WriteupFact,
    /// Reads at an age in `[late, min(observed, horizon))`.
    reads: u64,
    /// The length of that window, days.
    days: f64,
}

impl Tail<'_> {
    /// Late reads a day.
    fn rate(&self) -> f64 {
        self.reads as f64 / self.days
    }
}

/// The write-ups whose reads were observed from publication for long enough, by number, and how many
/// lived as long and were not.
fn tails<'a>(facts: &'a Facts, context: &Context) -> PolarsResult<(Vec<Tail<'a>>, usize)> {
    let late = i64::from(context.parameters.late_days) * DAY_MS;
    let horizon = i64::from(context.parameters.horizon_days) * DAY_MS;
    // Half a year, where late is a quarter: a window as long as what came before it.
    let least = 2 * late;
    let mut until: Vec<Option<(Millis, Millis)>> = Vec::with_capacity(facts.writeups.len());
    let mut not_yet_observed = 0;
    for writeup in &facts.writeups {
        let lived = writeup.observed_age(context.as_of);
        let old = lived.filter(|age| *age >= least).zip(writeup.published_at);
        until.push(old.and_then(|(age, published)| {
            let seen = writeup.reads_steady.until(published)?;
            let observed = age.min(seen - published);
            (observed >= least).then(|| (published, published + observed.min(horizon)))
        }));
        not_yet_observed += usize::from(old.is_some() && until.last() == Some(&None));
    }
    let mut reads = vec![0_u64; facts.writeups.len()];
    let frame = &facts.daily;
    let (writeups, ages) = (ints(frame, "writeup")?, ints(frame, "age_day")?);
    let (first, counts) = (ints(frame, "first_at")?, ints(frame, "reads")?);
    for (row, writeup) in writeups.into_iter().enumerate() {
        let number = writeup.and_then(|writeup| usize::try_from(writeup).ok());
        let end = number.and_then(|number| until.get(number).copied().flatten());
        let (Some(number), Some((_, end))) = (number, end) else {
            continue;
        };
        let is_late = ages[row].is_some_and(|age| age * DAY_MS >= late);
        if is_late && first[row].is_some_and(|at| at < end) {
            reads[number] += counts[row].and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        }
    }
    let known = facts.writeups.iter().zip(until).zip(reads);
    let tails = known.filter_map(|((writeup, until), reads)| {
        let (published, end) = until?;
        Some(Tail {
            writeup,
            reads,
            days: (end - published - late) as f64 / DAY_MS as f64,
        })
    });
    Ok((tails.collect(), not_yet_observed))
}

/// A number to so many digits, and no more, where few people are withheld: the reads of a write-up that
/// few read are withheld in the list, and sums that a fit must keep would tell them to the last one.
fn blurred(value: f64, digits: i32, context: &Context) -> f64 {
    rounded(value, digits, context, f64::round)
}

/// Limits as few digits tell them: outward, so that what lies between the true ones lies between these.
fn blurred_limits((lo, hi): (f64, f64), digits: i32, context: &Context) -> (f64, f64) {
    let to = |value, by| rounded(value, digits, context, by);
    (to(lo, f64::floor), to(hi, f64::ceil))
}

fn rounded(value: f64, digits: i32, context: &Context, by: fn(f64) -> f64) -> f64 {
    if context.k <= 1 || value == 0.0 || !value.is_finite() {
        return value;
    }
    let unit = 10_f64.powi(digits - 1 - value.abs().log10().floor() as i32);
    let rounded = by(value * unit) / unit;
    // As short in decimal as it is meant.
    format!("{rounded:.*e}", (digits - 1).max(0) as usize)
        .parse()
        .unwrap_or(rounded)
}

/// A number that the counts of few could be computed from: not told where anything is withheld.
fn exact(value: impl Into<Value>, context: &Context) -> Value {
    match context.k <= 1 {
        true => value.into(),
        // Nobody is enough for any k.
        false => value.into().of_at_least(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_rounded_outward() {
        let of = |lo, hi, k| blurred_limits((lo, hi), 2, &Context { k, ..context() });
        assert_eq!(of(0.843, 1.043, 5), (0.84, 1.1));
        assert_eq!(of(0.0999, 0.99, 5), (0.099, 0.99));
        assert_eq!(of(-1.23, 12.1, 5), (-1.3, 13.0));
        assert_eq!(of(0.843, 1.043, 1), (0.843, 1.043));
    }
    use crate::indicators::Windows;
    use crate::indicators::test_support::{context, day, read_facts, writeup};

    #[test]
    fn late_reading_is_counted_as_long_as_it_was_watched() {
        // Looked at on day 400: 400, 300 and 179.9 days old, and one watched for 200 days.
        let mut cut = writeup("cut", Some(day(0.0)));
        cut.reads_steady = Windows(vec![(day(0.0), day(200.0)), (day(200.0), day(400.0))]);
        let mut unseen = writeup("unseen", Some(day(0.0)));
        unseen.reads_steady = Windows(vec![(day(1.0), day(400.0))]);
        let writeups = vec![
            writeup("year", Some(day(0.0))),
            writeup("young", Some(day(100.0))),
            writeup("too young", Some(day(220.1))),
            cut,
            unseen,
        ];
        let rows = [
            (0, 89.9, 100),
            (0, 90.0, 1),
            (0, 364.9, 2),
            (0, 365.0, 100),
            (1, 299.0, 4),
            (2, 100.0, 100),
            (3, 199.0, 8),
            (3, 201.0, 100),
            (4, 100.0, 100),
        ];
        let facts = read_facts(writeups, &rows);
        let (found, not_yet_observed) = tails(&facts, &context()).unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|tail| (tail.writeup.id.as_str(), tail.reads, tail.days))
            .collect();
        assert_eq!(
            told,
            [("year", 3, 275.0), ("young", 4, 210.0), ("cut", 8, 110.0)]
        );
        assert_eq!(not_yet_observed, 1);
    }

    #[test]
    fn digits_are_cut_only_where_people_are_withheld() {
        let open = context();
        let closed = Context { k: 5, ..context() };
        assert_eq!(blurred(1.762_9, 2, &open), 1.762_9);
        for (value, digits, expected) in [
            (1.762_9, 2, 1.8),
            (-0.034_51, 2, -0.035),
            (0.872, 1, 0.9),
            (123.4, 2, 120.0),
            (0.0, 2, 0.0),
        ] {
            assert_eq!(blurred(value, digits, &closed), expected);
        }
        assert_eq!(exact(1.5, &open), Value::Float(1.5));
        assert_eq!(exact(1.5, &closed), Value::Float(1.5).of_at_least(0));
    }
}
