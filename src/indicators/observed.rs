//! Observed time (INDICATORS section 1): which write-ups were watched long enough, and which reads
//! fall into watched time. Going live, a new source or an outage must not look like learning.

use polars::prelude::*;

use super::frames::index;
use super::{Context, Facts, Windows, WriteupFact};
use crate::model::{DAY_MS, Millis};

/// The write-ups that a fixed horizon may compare, and how many lived as long unwatched.
pub(super) struct Comparable {
    /// Their numbers, ascending.
    pub(super) writeups: Vec<u32>,
    /// Old enough, but not observed without a gap: left out, and counted here.
    pub(super) not_yet_observed: usize,
}

/// Splits the write-ups that lived for `days` by whether they were watched all the time.
pub(super) fn comparable(
    facts: &Facts,
    context: &Context,
    days: u32,
    watched: impl Fn(&WriteupFact) -> bool,
) -> Comparable {
    let span = i64::from(days) * DAY_MS;
    let mut found = Comparable {
        writeups: Vec::new(),
        not_yet_observed: 0,
    };
    for (number, writeup) in facts.writeups.iter().enumerate() {
        if writeup
            .observed_age(context.as_of)
            .is_none_or(|age| age < span)
        {
            continue;
        }
        if watched(writeup) {
            found.writeups.push(index(number));
        } else {
            found.not_yet_observed += 1;
        }
    }
    found
}

/// Those whose reads were observed for `days` from publication.
pub(super) fn comparable_reads(facts: &Facts, context: &Context, days: u32) -> Comparable {
    comparable(facts, context, days, |writeup| {
        writeup.reads_observed_for(days, context.as_of)
    })
}

/// The windows of a dated write-up's reads from publication to deletion, if it has any.
pub(super) fn read_windows(writeup: &WriteupFact, as_of: Millis) -> Windows {
    let Some(published) = writeup.published_at else {
        return Windows::default();
    };
    let end = writeup
        .deleted_at
        .map_or(as_of, |deleted| deleted.min(as_of));
    let cut = writeup
        .reads_observed
        .0
        .iter()
        .map(|&(a, b)| (a.max(published), b.min(end)));
    Windows::union(cut.collect())
}

/// The rows of `daily` of which the first read lies in a window of its write-up.
pub(super) fn observed_reads(facts: &Facts, as_of: Millis) -> PolarsResult<LazyFrame> {
    let (mut writeups, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
    for (number, writeup) in facts.writeups.iter().enumerate() {
        for (a, b) in read_windows(writeup, as_of).0 {
            writeups.push(index(number));
            from.push(a);
            to.push(b);
        }
    }
    let windows = df!("writeup" => writeups, "from" => from, "to" => to)?.lazy();
    // Windows of one write-up are disjoint: a row is kept once at most.
    Ok(facts
        .daily
        .clone()
        .lazy()
        .join(
            windows,
            [col("writeup")],
            [col("writeup")],
            JoinArgs::new(JoinType::Inner),
        )
        .filter(
            col("first_at")
                .gt_eq(col("from"))
                .and(col("first_at").lt(col("to"))),
        ))
}
