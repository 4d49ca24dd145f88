//! Facts of how long reads lasted, and of what page counters say.

use std::collections::BTreeSet;

use clickhouse::Row;
use polars::prelude::DataFrame;
use serde::Deserialize;

use super::{FactSettings, Named, Store, StoreError, frames};
use crate::model::Millis;

const ENGAGED: &str = include_str!("../../sql/queries/fact_engaged.sql");
const ENGAGED_BINS: &str = include_str!("../../sql/queries/fact_engaged_bins.sql");
const ENGAGED_PEOPLE: &str = include_str!("../../sql/queries/fact_engaged_people.sql");
const COUNTERS: &str = include_str!("../../sql/queries/fact_counters.sql");
const COUNTED_PEOPLE: &str = include_str!("../../sql/queries/fact_counted_people.sql");
const COUNTS_ONLY: &str = include_str!("../../sql/queries/fact_counts_only.sql");
const HEADCOUNT: &str = include_str!("../../sql/queries/fact_headcount.sql");

/// The longest engaged time that is taken for one read (INDICATORS R5): what is longer is a tab
/// that was forgotten.
const LONGEST_MS: u32 = 1_800_000;

/// Distinct people behind the reads of R5. Of the last two 0 where somebody without a name is among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Row, Deserialize)]
pub struct EngagedPeople {
    /// Behind those that lasted.
    pub lasted: u64,
    /// Behind all others.
    pub others: u64,
    /// Behind those of which it is not known.
    pub untimed: u64,
}

impl Store {
    /// `Facts::engaged`.
    pub async fn engaged(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        let query = self.ask(("fact_engaged", ENGAGED), settings);
        frames::fetch(query.param("longest", LONGEST_MS), "fact_engaged").await
    }

    /// `Facts::engaged_bins`.
    pub async fn engaged_bins(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        let query = self.ask(("fact_engaged_bins", ENGAGED_BINS), settings);
        frames::fetch(query.param("longest", LONGEST_MS), "fact_engaged_bins").await
    }

    /// R5: distinct people behind the reads that lasted, all others, and those without a time.
    pub async fn engaged_people(
        &self,
        settings: &FactSettings,
    ) -> Result<EngagedPeople, StoreError> {
        let query = self.ask(("fact_engaged_people", ENGAGED_PEOPLE), settings);
        query.fetch_one().await.named("fact_engaged_people")
    }

    /// `Facts::counters`; `writeup` is the registry's number here.
    pub async fn counters(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        frames::fetch(
            self.ask(("fact_counters", COUNTERS), settings),
            "fact_counters",
        )
        .await
    }

    /// `Facts::counted_people`, from an instant on.
    pub async fn counted_people(
        &self,
        settings: &FactSettings,
        since: Millis,
    ) -> Result<DataFrame, StoreError> {
        let query = self.ask(("fact_counted_people", COUNTED_PEOPLE), settings);
        frames::fetch(query.param("since", since), "fact_counted_people").await
    }

    /// Write-ups of which page counters tell, and nobody that a person read them: the registry's numbers.
    pub async fn counts_only(&self, settings: &FactSettings) -> Result<BTreeSet<u32>, StoreError> {
        let query = self.ask(("fact_counts_only", COUNTS_ONLY), settings);
        let numbers: Vec<u32> = query.fetch_all().await.named("fact_counts_only")?;
        Ok(numbers.into_iter().collect())
    }

    /// People in the rosters since an instant; `None` without a roster.
    pub async fn headcount(
        &self,
        settings: &FactSettings,
        since: Millis,
    ) -> Result<Option<u64>, StoreError> {
        let query = self.ask(("fact_headcount", HEADCOUNT), settings);
        let people: u64 = query
            .param("since", since)
            .fetch_one()
            .await
            .named("fact_headcount")?;
        Ok((people > 0).then_some(people))
    }
}
