//! C3, conversation depth: answers, not just remarks.

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::threads::{Run, Threads, distinct, runs, said, threads};
use crate::indicators::shapes::{guarded_median, proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results, Value};

/// C3.
pub(in crate::indicators) struct Conversation;

static SPEC: Spec = Spec {
    code: "C3",
    title: "Conversation depth",
    unit: "levels",
    version: 1,
    layer: Layer::H,
    state: false,
    facts: &["fact_threads"],
    says: "Whether people answer each other, or leave remarks.",
    definition: "Comments are put under the comment that they answer; what answers none is a root \
        of depth 0, and each answer one deeper than what it answers. threads = roots with all below \
        them; mean_max_depth = mean over threads of the depth of their deepest comment, by_depth how \
        many threads reach which depth, max_depth the deepest of all; mean_size = comments a thread; \
        mean_people = different people a thread, not told of fewer threads or people than may be; \
        share_answered = threads with a comment of depth 1 or more, by whomever, Wilson's 95 % \
        interval. orphans = comments that answer one which never arrived: each begins a thread. \
        Comments that answer each other in a circle are cut at the earliest. Comments that were \
        deleted before as_of, and those of robots, importers and excluded people, hold their thread \
        together and count nothing in it; drafts' comments count. Sources of which no comment ever \
        named another one are flat and have no threads (null): of them, runs = the comments of one \
        write-up, each at most {response_days} days after the one before; mean_length = comments a \
        run, several_people = runs in which two or more different people speak, Wilson's 95 % \
        interval.",
    caveat: "A deep thread may be a quarrel, and an answer given at the next desk is not seen. Where \
        comments can't be answered in place, people answer by the next comment; what runs say is \
        not what threads say, and neither is compared with the other. A source in which nobody has \
        answered yet looks like one that can't.",
};

impl Indicator for Conversation {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        conversation(facts, context).map_err(|source| IndicatorError::of("C3", source))
    }
}

fn conversation(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let all = said(&facts.threads)?;
    let gap = i64::from(context.parameters.response_days) * DAY_MS;
    let of_runs = runs(&all, gap);
    Ok(Results::new()
        .with("depth", of_threads(&threads(&all)))
        .with("runs", told(&of_runs)))
}

fn of_threads(found: &Threads) -> Value {
    if !found.known {
        return Value::Null;
    }
    let threads = &found.threads;
    let mut by_depth: BTreeMap<u32, u64> = BTreeMap::new();
    for thread in threads {
        *by_depth.entry(thread.depth()).or_default() += 1;
    }
    let answered = threads.iter().filter(|thread| thread.depth() > 0).count();
    let comments = || threads.iter().flat_map(|thread| &thread.comments);
    // Each person as often as there are threads in which they speak.
    let voices: u64 = threads.iter().map(|thread| thread.people()).sum();
    let depths: u64 = by_depth
        .iter()
        .map(|(depth, n)| u64::from(*depth) * n)
        .sum();
    let mean = |sum: u64| (!threads.is_empty()).then(|| sum as f64 / threads.len() as f64);
    let by_depth = by_depth.iter().map(|(depth, threads)| {
        Results::new()
            .with("depth", *depth)
            .with("threads", *threads)
    });
    Results::new()
        .with("threads", threads.len())
        .with("orphans", found.orphans)
        .with(
            "max_depth",
            threads.iter().map(|thread| thread.depth()).max(),
        )
        .with("mean_max_depth", mean(depths))
        .with("mean_size", mean(comments().count() as u64))
        .with(
            "share_answered",
            proportion(answered as u64, threads.len() as u64),
        )
        .with(
            "mean_people",
            guarded_median(
                mean(voices),
                threads.len(),
                distinct(comments().map(|(said, _)| *said)),
            ),
        )
        .with("by_depth", by_depth.collect::<Vec<_>>())
        .into()
}

fn told(runs: &[Run]) -> Value {
    if runs.is_empty() {
        return Value::Null;
    }
    let several = |run: &&Run| distinct(run.iter().copied()) >= 2;
    let comments: usize = runs.iter().map(Vec::len).sum();
    let several = runs.iter().filter(several).count();
    Results::new()
        .with("runs", runs.len())
        .with("mean_length", comments as f64 / runs.len() as f64)
        .with(
            "several_people",
            proportion(several as u64, runs.len() as u64),
        )
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{CommentRow, context, empty, field, number, threads};
    use crate::model::Guard;
    use crate::stats::examples::{close, one};

    fn found(rows: &[CommentRow]) -> Results {
        let facts = Facts {
            threads: threads(rows),
            ..empty()
        };
        conversation(&facts, &context()).unwrap()
    }

    #[test]
    fn fits_the_worked_examples() {
        let rows = [
            CommentRow::new(1, None),
            CommentRow::new(2, Some(1)),
            CommentRow::new(3, Some(2)),
            CommentRow::new(4, Some(1)),
            CommentRow::new(5, None),
        ];
        let expect = one("C3", 0).expect;
        let results = found(&rows);
        let of = |path: &[&str]| number(&results, &[&["depth"], path].concat()).unwrap();
        assert!(close(of(&["mean_max_depth"]), &expect["mean_depth"]));
        for name in ["k", "n", "p", "lo", "hi"] {
            let found = of(&["share_answered", name]);
            assert!(close(found, &expect["answered"][name]), "{name} {found}");
        }
        assert_eq!((of(&["threads"]), of(&["mean_size"])), (2.0, 2.5));
        assert_eq!(of(&["max_depth"]), 2.0);

        let orphan = found(&[CommentRow::new(2, Some(1))]);
        let expect = one("C3", 1).expect;
        for name in ["threads", "orphans"] {
            assert!(close(
                number(&orphan, &["depth", name]).unwrap(),
                &expect[name]
            ));
        }
        let circle = found(&[CommentRow::new(1, Some(2)), CommentRow::new(2, Some(1))]);
        assert_eq!(number(&circle, &["depth", "threads"]), Some(1.0));
        assert_eq!(number(&circle, &["depth", "orphans"]), Some(0.0));
    }

    #[test]
    fn few_threads_or_people_tell_nobody() {
        let results = found(&[CommentRow::new(1, None), CommentRow::new(2, Some(1))]);
        let expected = Value::Float(2.0).of_people(2).of_at_least(1);
        assert_eq!(field(&results, &["depth", "mean_people"]), expected);
        let Value::Guarded(Guard::AtLeast(threads), _) = expected else {
            panic!()
        };
        assert_eq!(threads, 1);
    }

    #[test]
    fn flat_tools_have_runs_and_no_threads() {
        let flat = |day: u32, person| CommentRow {
            threaded: false,
            at: f64::from(day),
            person: Some(person),
            ..CommentRow::new(i64::from(day), None)
        };
        let results = found(&[flat(1, 1), flat(8, 2), flat(9, 1), flat(17, 1), flat(18, 1)]);
        assert_eq!(field(&results, &["depth"]), Value::Null);
        assert_eq!(number(&results, &["runs", "runs"]), Some(2.0));
        assert_eq!(number(&results, &["runs", "mean_length"]), Some(2.5));
        assert_eq!(
            number(&results, &["runs", "several_people", "k"]),
            Some(1.0)
        );
        let threaded = found(&[CommentRow::new(1, None)]);
        assert_eq!(field(&threaded, &["runs"]), Value::Null);
    }
}
