//! C4, response: is a question answered, and how fast?

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;

use super::threads::{Thread, said, threads};
use crate::indicators::shapes::{curve_at, survival_at};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results, Value};
use crate::stats::KaplanMeier;

/// C4.
pub(in crate::indicators) struct Response;

/// The drawn curve ends after so many times the window of an answer.
const WINDOWS_DRAWN: u32 = 4;

static SPEC: Spec = Spec {
    code: "C4",
    title: "Response",
    unit: "share; days",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_threads"],
    says: "Whether what somebody says in a comment is answered by somebody else, and how soon.",
    definition: "Of each thread (C3) whose first comment names its writer: days until the first \
        comment in it by another person, strictly later. Whoever answers themselves has not been \
        answered; a comment without a person answers nobody, nor does one that was deleted. What is \
        not answered yet is censored: at as_of, when the first comment or its write-up was deleted, \
        or when the sources that watch the write-up's comments changed. Kaplan-Meier with \
        Greenwood's log(-log) intervals: S_n = share not answered after n days, median = days until \
        half are answered (null where they never are), n = threads, events = those answered; curve \
        by day. answered_in_time = 1 - S({response_days}) with its interval. Orphans of C3 count as \
        first comments. unnamed counts threads whose first comment names nobody, not_observed those \
        that began when nobody was seen to watch. Sources that do not know of answers are left out.",
    caveat: "Not every remark asks for an answer, and one given elsewhere is not seen. The median of \
        the answered ones alone would leave out those that nobody answers, and is never shown. \
        Weekends and nights count; a reaction without words is no answer.",
};

impl Indicator for Response {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        response(facts, context).map_err(|source| IndicatorError::of("C4", source))
    }
}

fn response(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let all = said(&facts.threads)?;
    let found = threads(&all);
    let (mut lives, mut askers) = (Vec::new(), BTreeSet::new());
    let (mut unnamed, mut not_observed) = (0_u64, 0_u64);
    for thread in found.threads.iter().filter(|thread| thread.root.meant) {
        match life(thread, facts, context) {
            Life::Unnamed => unnamed += 1,
            Life::NotObserved => not_observed += 1,
            Life::Of(days, answered) => {
                lives.push((days, answered));
                askers.insert(thread.root.person);
            }
        }
    }
    let fit = KaplanMeier::fit(&lives);
    // Threads are not people; how soon those of a few were answered is told of nobody.
    let guard = |value: Value| value.of_people(askers.len() as u64);
    let optional = |value: Option<f64>| value.map_or(Value::Null, |value| guard(value.into()));
    let window = context.parameters.response_days;
    let curve = curve_at(&fit, 0..=WINDOWS_DRAWN * window);
    let days: BTreeSet<u32> = [1, window].into();
    let km = survival_at(&fit, &days.into_iter().collect::<Vec<_>>(), guard)
        .with("median", optional(fit.median()))
        .with("n", fit.n)
        .with("events", fit.events)
        .with("curve", guard(curve.into()));
    let in_time = fit.at(f64::from(window));
    let turned = |side: Option<f64>| optional(side.map(|s| 1.0 - s));
    Ok(Results::new()
        .with("response_km", km)
        .with(
            "answered_in_time",
            Results::new()
                .with("days", window)
                .with("p", turned(in_time.map(|point| point.s)))
                .with("lo", turned(in_time.and_then(|point| point.hi)))
                .with("hi", turned(in_time.and_then(|point| point.lo))),
        )
        .with("unnamed", unnamed)
        .with("not_observed", not_observed))
}

/// How long a thread's first comment waited.
enum Life {
    /// Days, and whether it was answered then.
    Of(f64, bool),
    /// Nobody knows whose it is.
    Unnamed,
    /// Nobody watched when it was made.
    NotObserved,
}

fn life(thread: &Thread, facts: &Facts, context: &Context) -> Life {
    let root = thread.root;
    let Some(person) = root.person else {
        return Life::Unnamed;
    };
    let writeup = facts.writeups.get(root.writeup as usize);
    let watched = writeup.and_then(|writeup| writeup.comments_steady.until(root.at));
    let Some(watched) = watched else {
        return Life::NotObserved;
    };
    let ends = [
        Some(watched),
        root.deleted_at,
        writeup.and_then(|writeup| writeup.deleted_at),
    ];
    let ends = ends.into_iter().flatten();
    let end = ends.fold(context.as_of, i64::min).max(root.at);
    let answer = thread
        .comments
        .iter()
        .filter(|(said, _)| said.person.is_some_and(|other| other != person))
        .map(|(said, _)| said.at)
        .find(|&at| at > root.at)
        .filter(|&at| at < end);
    let days = |at: i64| (at - root.at) as f64 / DAY_MS as f64;
    Life::Of(days(answer.unwrap_or(end)), answer.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{
        CommentRow, context, day, empty, field, number, threads, writeup,
    };
    use crate::indicators::{Windows, WriteupFact};
    use crate::stats::examples::{close, one};

    /// On a write-up that is watched until day 400, which is `as_of`.
    fn found(rows: &[CommentRow]) -> Results {
        of(writeup("w", Some(day(0.0))), rows)
    }

    fn of(writeup: WriteupFact, rows: &[CommentRow]) -> Results {
        let facts = Facts {
            writeups: vec![writeup],
            threads: threads(rows),
            ..empty()
        };
        response(&facts, &context()).unwrap()
    }

    fn asked(id: i64, at: f64) -> CommentRow {
        CommentRow {
            at,
            person: Some(1),
            ..CommentRow::new(id, None)
        }
    }

    fn answered(id: i64, parent: i64, at: f64, person: u32) -> CommentRow {
        CommentRow {
            at,
            person: Some(person),
            ..CommentRow::new(id, Some(parent))
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let mut rows = vec![
            asked(1, 10.0),
            answered(11, 1, 10.2, 2),
            answered(12, 11, 10.3, 3),
            asked(2, 20.0),
            answered(21, 2, 21.5, 2),
            asked(3, 30.0),
            answered(31, 3, 60.0, 3),
            asked(4, 398.0),
            asked(5, 390.0),
            asked(6, 0.0),
        ];
        // A day late and after the end, by herself and by nobody: no answers.
        rows.push(answered(61, 6, 5.0, 1));
        rows.push(CommentRow {
            person: None,
            ..answered(62, 6, 6.0, 1)
        });
        rows.push(CommentRow {
            counted: false,
            ..answered(63, 6, 7.0, 2)
        });
        // At the same instant is not later.
        rows.push(answered(64, 6, 0.0, 2));
        let results = found(&rows);
        let expect = one("C4", 0).expect;
        for (name, value) in expect.as_object().unwrap() {
            let path: &[&str] = match name.as_str() {
                "answered_7d" => &["answered_in_time", "p"],
                name => &["response_km", name],
            };
            let found = match field(&results, path).bare() {
                Value::Int(n) => *n as f64,
                Value::Float(x) => *x,
                other => panic!("{name} {other:?}"),
            };
            assert!(close(found, value), "{name} {found}");
        }
        let alone = found(&[asked(1, 0.0), answered(2, 1, 1.0, 1)]);
        let events = number(&alone, &["response_km", "events"]).unwrap();
        assert!(close(events, &one("C4", 1).expect["event"]));
        // One asked: how soon is theirs.
        let s = field(&alone, &["response_km", "S_7"]);
        assert_eq!(s, Value::Float(1.0).of_people(1));
    }

    #[test]
    fn watching_ends_with_deletion_and_with_the_watchers() {
        let ends_at = |results: Results| {
            let Value::List(curve) = field(&results, &["response_km", "curve"]).bare().clone()
            else {
                panic!("{results:?}")
            };
            let still = curve.iter().filter(|point| {
                let Value::Map(point) = point else { panic!() };
                point.get("at_risk") == Some(&Value::Int(1))
            });
            // Day 0 is one of them.
            still.count() - 1
        };
        let rows = [asked(1, 10.0), answered(2, 1, 30.0, 2)];
        let deleted = CommentRow {
            counted: false,
            deleted: Some(13.0),
            ..rows[0].clone()
        };
        assert_eq!(ends_at(found(&[deleted, rows[1].clone()])), 3);
        let gone = WriteupFact {
            deleted_at: Some(day(15.0)),
            ..writeup("w", None)
        };
        assert_eq!(ends_at(of(gone, &rows)), 5);
        let watched = |from: f64, to: f64| WriteupFact {
            comments_steady: Windows(vec![(day(from), day(to))]),
            ..writeup("w", None)
        };
        assert_eq!(ends_at(of(watched(0.0, 14.0), &rows)), 4);
        let unseen = of(watched(11.0, 90.0), &rows);
        assert_eq!(number(&unseen, &["not_observed"]), Some(1.0));
        assert_eq!(number(&unseen, &["response_km", "n"]), Some(0.0));
    }

    #[test]
    fn robots_ask_nothing_and_the_unknown_are_told() {
        let robot = CommentRow {
            counted: false,
            meant: false,
            ..asked(1, 10.0)
        };
        let unknown = CommentRow {
            person: None,
            ..asked(3, 10.0)
        };
        let results = found(&[robot, answered(2, 1, 11.0, 2), unknown]);
        assert_eq!(number(&results, &["response_km", "n"]), Some(0.0));
        assert_eq!(number(&results, &["unnamed"]), Some(1.0));
    }
}
