//! Facts of the signs that set two numbers against each other: reading beside opening, days that many of one
//! team made, and time spent that lies just at a threshold.

use polars::prelude::DataFrame;

use super::facts::{FactSettings, ReadingLimits, Statement};
use super::{Named, Store, StoreError, frames};
use crate::model::Millis;

const DEPTH_SIGNS: Statement = (
    "fact_depth_signs",
    include_str!("../../sql/queries/fact_depth_signs.sql"),
);
const BUNCHED: Statement = (
    "fact_bunched",
    include_str!("../../sql/queries/fact_bunched.sql"),
);

impl Store {
    /// `Facts::depth_signs`.
    pub async fn depth_signs(
        &self,
        settings: &FactSettings,
        limits: ReadingLimits,
    ) -> Result<DataFrame, StoreError> {
        let query = self
            .ask(DEPTH_SIGNS, settings)
            .param("skim_ms", limits.skim_ms)
            .param("ms_per_word", limits.ms_per_word)
            .param("depth_milli", limits.depth_milli);
        frames::fetch(query, DEPTH_SIGNS.0).await
    }

    /// R3: write-ups of whose late reads since an instant half were made on one day by one team of at least so
    /// many people.
    pub async fn bunched(
        &self,
        settings: &FactSettings,
        since: Millis,
        least: u32,
    ) -> Result<u64, StoreError> {
        let query = self.ask(BUNCHED, settings);
        let query = query.param("since", since).param("least", least);
        query.fetch_one().await.named(BUNCHED.0)
    }
}
