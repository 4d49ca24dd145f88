//! Facts of L7 to L13: reads by week and by age, who on the roster reads, readers by team, newcomers. Nobody in
//! them has a name.

use polars::prelude::DataFrame;

use super::facts::{FactSettings, Statement, each};
use super::which::Each;
use super::{Named, Store, StoreError, frames};
use crate::model::{DAY_MS, Millis};

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

const READS_BY_WEEK: Statement = (
    "fact_reads_by_week",
    include_str!("../../sql/queries/fact_reads_by_week.sql"),
);
const READS_BY_THIRTY: Statement = (
    "fact_reads_by_thirty",
    include_str!("../../sql/queries/fact_reads_by_thirty.sql"),
);
const READS_OF_YEAR: Statement = (
    "fact_reads_of_year",
    include_str!("../../sql/queries/fact_reads_of_year.sql"),
);
const READ_AGES: Statement = (
    "fact_read_ages",
    include_str!("../../sql/queries/fact_read_ages.sql"),
);
const READ_AGES_PEOPLE: Statement = (
    "fact_read_ages_people",
    include_str!("../../sql/queries/fact_read_ages_people.sql"),
);

/// Up to which age the reads of each write-up are taken in.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// Write-ups, by number.
    pub writeups: Vec<u32>,
    /// How long each was followed, ms.
    pub horizons: Vec<Millis>,
    /// The longest that any is.
    pub whole_days: i32,
}

impl Store {
    /// `LongTail::weeks`; `writeup` is the registry's number here, as in all of these.
    pub async fn reads_by_week(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        frames::fetch(self.ask(READS_BY_WEEK, settings), READS_BY_WEEK.0).await
    }

    /// `LongTail::thirties`.
    pub async fn reads_by_thirty(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        frames::fetch(self.ask(READS_BY_THIRTY, settings), READS_BY_THIRTY.0).await
    }

    /// `LongTail::year`: reads of these write-ups since an instant, which lies in this local day (days since
    /// 1970).
    pub async fn reads_of_year(
        &self,
        settings: &FactSettings,
        (since, date): (Millis, i32),
        writeups: &[u32],
    ) -> Result<DataFrame, StoreError> {
        let query = self.ask_since(READS_OF_YEAR, settings, (since, date));
        let query = query.param("writeups", writeups);
        frames::fetch(query, READS_OF_YEAR.0).await
    }

    /// `LongTail::ages`, to so many binary digits after the first.
    pub async fn read_ages(
        &self,
        settings: &FactSettings,
        followed: &Followed,
        bits: u8,
    ) -> Result<DataFrame, StoreError> {
        let query = self.ask(READ_AGES, settings).param("bits", bits);
        let query = query
            .param("writeups", &followed.writeups)
            .param("horizons", &followed.horizons);
        frames::fetch(query, READ_AGES.0).await
    }

    /// The people behind them: of write-ups that were followed for all the days, of the others, and behind all
    /// other reads. By whole days of age.
    pub async fn read_ages_people(
        &self,
        settings: &FactSettings,
        followed: &Followed,
    ) -> Result<(u64, u64, u64), StoreError> {
        let days: Vec<i32> = followed
            .horizons
            .iter()
            .map(|ms| i32::try_from(ms / DAY_MS).unwrap_or(i32::MAX))
            .collect();
        let query = self.ask(READ_AGES_PEOPLE, settings);
        query
            .param("writeups", &followed.writeups)
            .param("days", &days)
            .param("whole", followed.whole_days)
            .fetch_one()
            .await
            .named(READ_AGES_PEOPLE.0)
    }

    /// L11: people on the roster since an instant, which lies in this local day (since 1970), and those of them
    /// who read since then.
    pub async fn reach(
        &self,
        settings: &FactSettings,
        since: (Millis, i32),
    ) -> Result<Each<(u64, u64)>, StoreError> {
        each(self.ask_since(REACH, settings, since), REACH).await
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
