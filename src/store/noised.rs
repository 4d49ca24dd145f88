//! What P3 starts from: counts in each of which one person is once, and in a bounded number of them.

use clickhouse::Row;
use serde::Deserialize;

use super::facts::{FactSettings, Statement};
use super::{Named, Store, StoreError};

const NOISED_READERS: Statement = (
    "noised_readers",
    include_str!("../../sql/queries/noised_readers.sql"),
);

/// Readers of one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct BoundedReaders {
    /// Its first day, days since 1970.
    pub month: i32,
    /// Of write-ups as old as `late_days` or older; else of younger ones.
    pub is_late: bool,
    /// Distinct people.
    pub people: u64,
}

impl Store {
    /// Readers by month of local days in `days` (since 1970; its end is not in it), nobody in more than `bound`
    /// of the cells.
    pub async fn noised_readers(
        &self,
        settings: &FactSettings,
        days: std::ops::Range<i32>,
        bound: u32,
    ) -> Result<Vec<BoundedReaders>, StoreError> {
        let query = self.ask(NOISED_READERS, settings).param("bound", bound);
        let query = query.param("from", days.start).param("until", days.end);
        query.fetch_all().await.named(NOISED_READERS.0)
    }
}
