//! What somebody says changed, and from when.

use clickhouse::Row;
use serde::Deserialize;

use super::{Named, Store, StoreError};

const ANNOTATIONS: (&str, &str) = (
    "fact_annotations",
    include_str!("../../sql/queries/fact_annotations.sql"),
);

/// The last word on one annotation.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct AnnotationRow {
    /// From this local day on, since 1970.
    pub day: i32,
    /// What changed.
    pub text: String,
    /// What it is expected to act on.
    pub acts_on: String,
    /// It was taken back.
    pub removed: bool,
    /// The greatest version that says so.
    pub version: u64,
}

impl Store {
    /// The last word on each annotation, the oldest first, those that were taken back among them.
    pub async fn annotations(&self) -> Result<Vec<AnnotationRow>, StoreError> {
        let query = self.query(ANNOTATIONS.1);
        query.fetch_all().await.named(ANNOTATIONS.0)
    }
}
