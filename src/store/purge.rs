//! All that one source told: counted, and taken away for good.

use super::{Named, Store, StoreError};
use crate::model::EventKind;

const COUNT: &str = include_str!("../../sql/queries/count_events_of_source.sql");
const PURGE: &str = include_str!("../../sql/queries/purge_events_of_source.sql");

fn table(kind: EventKind) -> String {
    format!("landing_{}", kind.name())
}

impl Store {
    /// How many events of a kind a source told.
    pub async fn told_by(&self, kind: EventKind, source: &str) -> Result<u64, StoreError> {
        let query = self.query(COUNT).param("table", table(kind));
        let query = query.param("source", source);
        query.fetch_one().await.named("count_events_of_source")
    }

    /// Removes them. Derived tables are made anew by the next run of the derive job, see [`Store::rederive`].
    /// The caller holds the data folder's turn.
    pub async fn purge(&self, kind: EventKind, source: &str) -> Result<(), StoreError> {
        let query = self.query(PURGE).param("table", table(kind));
        let query = query.param("source", source);
        query.execute().await.named("purge_events_of_source")
    }

    /// Forgets how far a source was pulled: its next pull begins at the beginning. When it was pulled last is
    /// forgotten as well.
    pub async fn forget_checkpoint(&self, source: &str) -> Result<(), StoreError> {
        match self.checkpoint(source).await? {
            Some((version, value)) if !value.is_empty() => {
                self.set_checkpoint(source, (version + 1, ""), 0).await
            }
            _ => Ok(()),
        }
    }
}
