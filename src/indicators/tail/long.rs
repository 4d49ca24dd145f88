//! The facts of L7 to L10, and how long each write-up was followed from its publication.

use polars::prelude::DataFrame;

use crate::indicators::{Context, WriteupFact};
use crate::model::{DAY_MS, Millis};

/// Fewer observed days of a write-up say nothing of how it fades (L7).
const LEAST_DAYS: i64 = 30;

/// Facts of L7 to L10.
#[derive(Clone, Debug, Default)]
pub struct LongTail {
    /// L9: reads by ISO week of their local date: `writeup: u32, week: i32` (its Monday, days since 1970),
    /// `reads: u64, people: u64` (distinct, of those who are known).
    pub weeks: DataFrame,
    /// L8: reads by thirty days of age: `writeup: u32, bin: u32, reads: u64, people: u64`.
    pub thirties: DataFrame,
    /// L10: reads of the last `horizon` days of write-ups that are there and have a date: `writeup: u32,
    /// reads: u64, own_people: u64`; and in every row the same distinct people behind all of them (`inside:
    /// u64`) and behind all other reads (`outside: u64`).
    pub year: DataFrame,
    /// L7: ages of reads, ms, by the age up to which their write-up was followed: `horizon: i64, bin: u64` (ages
    /// with the same number are taken together), `reads: u64, age: f64` (their mean).
    pub ages: DataFrame,
    /// L7: distinct people behind these reads, of write-ups that were followed for all the days, ...
    pub old_people: u64,
    /// ... of the others, ...
    pub young_people: u64,
    /// ... and behind all other reads.
    pub other_people: u64,
}

/// For how long a write-up's reads were observed from publication on, by the same sources all the time, ms.
pub(super) fn followed(writeup: &WriteupFact, as_of: Millis) -> Option<Millis> {
    let (published, age) = (writeup.published_at?, writeup.observed_age(as_of)?);
    let until = writeup.reads_steady.until(published)?;
    Some(age.min(until - published))
}

/// L7: up to which age a write-up's reads are taken in, ms; nothing where it was not followed for long enough.
pub fn decay_horizon(writeup: &WriteupFact, context: &Context) -> Option<Millis> {
    let most = i64::from(context.parameters.horizon_days) * DAY_MS;
    let followed = followed(writeup, context.as_of)?;
    (followed >= LEAST_DAYS * DAY_MS).then(|| followed.min(most))
}

/// L10: whether a write-up has a date and is there.
pub fn is_there(writeup: &WriteupFact, as_of: Millis) -> bool {
    writeup.published_at.is_some_and(|at| at < as_of)
        && writeup.deleted_at.is_none_or(|at| at >= as_of)
}
