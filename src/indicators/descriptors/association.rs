//! D1, Spearman association: do richer write-ups have longer tails?

use polars::prelude::PolarsResult;

use super::{APART, Descriptor, LEAST_WRITEUPS, TOGETHER, Tail, blurred, tails};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::spearman;

/// D1.
pub(in crate::indicators) struct Association;

static SPEC: Spec = Spec {
    code: "D1",
    title: "What goes with late reading",
    unit: "rho; p",
    version: 1,
    layer: Layer::X,
    state: false,
    facts: &["fact_daily"],
    says: "Whether write-ups that have more of something are read more {late_later}, or less.",
    definition: "Of write-ups whose reads were observed from publication for at least {late_days_twice} \
        days: \
        Spearman's rank correlation, ties averaged, between a descriptor and the late rate = reads at \
        an age in [{late_days}, min(observed, {horizon_days})) days / the length of that window. p \
        two-sided by Student's t. Descriptors are those of the text as it stood 14 days after \
        publication, or as it was first counted: diagrams, hyperlinks, unexplained_per_1000 = acronyms \
        that nothing explains for 1,000 words, contributors, log_words = logarithm of the words of \
        prose, contributor_teams, data_sources = sources of data that are named, quotations. n = \
        write-ups of which the descriptor is known; null below 10, and where one of the two does not \
        vary. Where few people are withheld, rho has one digit and p one, rounded up: from more of \
        them the reads of single write-ups could be computed. not_yet_observed counts write-ups as \
        old that were not watched. {watched_by_the_same}",
    caveat: "It goes with, it does not cause: how severe an incident was, how large the team that owns \
        it, how old the write-up and whether it was announced move both. Where a source names whoever \
        ever edited a page as a contributor, well-read pages have more of them because they are \
        well read. Of eight descriptors that go with nothing one organisation in three shows a p below 0.05, \
        so pages judge them together (T7).",
};

impl Indicator for Association {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        association(facts, context).map_err(|source| IndicatorError::of("D1", source))
    }
}

fn association(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let (tails, not_yet_observed) = tails(facts, context)?;
    let all = TOGETHER.iter().chain(&APART);
    let each = all.fold(Results::new(), |results, descriptor| {
        results.with(descriptor.0, told(descriptor, &tails, context))
    });
    Ok(Results::new()
        .with("spearman", each)
        .with("writeups", tails.len())
        .with("not_yet_observed", not_yet_observed))
}

fn told((_, of): &Descriptor, tails: &[Tail], context: &Context) -> Results {
    let known = tails
        .iter()
        .filter_map(|tail| Some((of(tail.writeup)?, tail.rate())));
    let pairs: Vec<(f64, f64)> = known.collect();
    let enough = pairs.len() >= LEAST_WRITEUPS;
    let found = spearman(&pairs).filter(|_| enough);
    // Of fewer write-ups than people may be told of it is theirs.
    let guarded = |value: Option<f64>| match value {
        Some(value) => Value::from(value).of_at_least(pairs.len() as u64),
        None => Value::Null,
    };
    let rho = found.map(|found| match context.k <= 1 {
        true => found.rho,
        false => (found.rho * 10.0).round() / 10.0,
    });
    Results::new()
        .with("rho", guarded(rho))
        .with(
            "p",
            guarded(found.and_then(|found| Some(rounded_up(found.p?, context)))),
        )
        .with("n", pairs.len())
}

/// To one digit, never smaller than it is.
fn rounded_up(p: f64, context: &Context) -> f64 {
    let near = blurred(p, 1, context);
    if near >= p || context.k <= 1 {
        return near;
    }
    // One more of its only digit.
    let unit = 10_f64.powi(p.log10().floor() as i32);
    blurred(near + unit, 1, context).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, field, number, read_facts, writeup};
    use crate::indicators::{Descriptors, WriteupFact};

    /// So many write-ups with diagrams 0, 1, 2 … that are read as often late, and as many again.
    fn facts(many: u32) -> Facts {
        let writeups = (0..many).map(|n| WriteupFact {
            first: Descriptors {
                diagrams: Some(n),
                hyperlinks: Some(3),
                quotations: (n > 0).then_some(n),
                ..Descriptors::default()
            },
            ..writeup(&format!("w{n:02}"), Some(day(0.0)))
        });
        let reads: Vec<(u32, f64, u64)> = (0..many).map(|n| (n, 100.0, u64::from(n / 2))).collect();
        read_facts(writeups.collect(), &reads)
    }

    #[test]
    fn what_rises_together_is_told_from_ten_write_ups_on() {
        let results = association(&facts(10), &context()).unwrap();
        let rho = field(&results, &["spearman", "diagrams", "rho"]);
        // Ties in pairs: 1 - 6 Σd² / (n(n²-1)) with d = ½, corrected for ties.
        let Value::Float(found) = *rho.bare() else {
            panic!("{rho:?}")
        };
        assert!((found - (80.0_f64 / 82.5).sqrt()).abs() < 1e-12, "{found}");
        assert_eq!(rho, Value::Float(found).of_at_least(10));
        // Nobody counted quotations of one; hyperlinks never vary; words are not known.
        for (name, n) in [
            ("quotations", 9.0),
            ("hyperlinks", 10.0),
            ("log_words", 0.0),
        ] {
            assert_eq!(field(&results, &["spearman", name, "rho"]), Value::Null);
            assert_eq!(number(&results, &["spearman", name, "n"]), Some(n));
        }
        let fewer = association(&facts(9), &context()).unwrap();
        assert_eq!(field(&fewer, &["spearman", "diagrams", "rho"]), Value::Null);
        assert_eq!(number(&fewer, &["writeups"]), Some(9.0));
    }

    #[test]
    fn few_digits_tell_no_write_ups_reads() {
        let closed = Context { k: 5, ..context() };
        let results = association(&facts(10), &closed).unwrap();
        let told = |name: &str| match field(&results, &["spearman", "diagrams", name]).bare() {
            Value::Float(value) => *value,
            other => panic!("{other:?}"),
        };
        assert_eq!(told("rho"), 1.0);
        for (p, expected) in [(0.031, 0.04), (0.03, 0.03), (0.95, 1.0), (0.000_91, 0.001)] {
            assert_eq!(rounded_up(p, &closed), expected);
            assert_eq!(rounded_up(p, &context()), p);
        }
    }
}
