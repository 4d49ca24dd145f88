//! Facts of reach: who on the roster reads, readers by team, newcomers. Nobody in them has a name.

use polars::prelude::DataFrame;

use super::facts::{FactSettings, Statement};
use super::{Named, Store, StoreError, frames};
use crate::model::Millis;

const REACH: Statement = (
    "fact_reach",
    include_str!("../../sql/queries/fact_reach.sql"),
);
const READER_TEAMS: Statement = (
    "fact_reader_teams",
    include_str!("../../sql/queries/fact_reader_teams.sql"),
);
const TEAMS: Statement = (
    "fact_teams",
    include_str!("../../sql/queries/fact_teams.sql"),
);
const NEWCOMERS: Statement = (
    "fact_newcomers",
    include_str!("../../sql/queries/fact_newcomers.sql"),
);

impl Store {
    /// L11: people on the roster since an instant, and those of them who read since then.
    pub async fn reach(
        &self,
        settings: &FactSettings,
        since: Millis,
    ) -> Result<(u64, u64), StoreError> {
        let query = self.ask(REACH, settings).param("since", since);
        query.fetch_one().await.named(REACH.0)
    }

    /// `Reach::teams`; `writeup` is the registry's number here.
    pub async fn reader_teams(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        frames::fetch(self.ask(READER_TEAMS, settings), READER_TEAMS.0).await
    }

    /// L12: teams on the roster.
    pub async fn teams(&self, settings: &FactSettings) -> Result<u64, StoreError> {
        let query = self.ask(TEAMS, settings);
        query.fetch_one().await.named(TEAMS.0)
    }

    /// `Reach::newcomers`, of those who joined since an instant.
    pub async fn newcomers(
        &self,
        settings: &FactSettings,
        since: Millis,
    ) -> Result<DataFrame, StoreError> {
        let query = self.ask(NEWCOMERS, settings).param("since", since);
        frames::fetch(query, NEWCOMERS.0).await
    }
}
