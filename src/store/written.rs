//! What people wrote: comments with what they answer, and the days on which write-ups were changed.

use polars::prelude::DataFrame;

use super::facts::{FactSettings, Statement};
use super::{Store, StoreError, frames};

const THREADS: Statement = (
    "fact_threads",
    include_str!("../../sql/queries/fact_threads.sql"),
);
const EDITS: Statement = (
    "fact_edits",
    include_str!("../../sql/queries/fact_edits.sql"),
);

impl Store {
    /// `Facts::threads`; `writeup` is the registry's number here.
    pub async fn threads(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        frames::fetch(self.ask(THREADS, settings), THREADS.0).await
    }

    /// `Facts::edits`; `writeup` is the registry's number here.
    pub async fn edits(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        frames::fetch(self.ask(EDITS, settings), EDITS.0).await
    }
}
