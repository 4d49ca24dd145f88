//! Where work stands: imports of files, checkpoints of pulled sources.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::{Named, Store, StoreError};
use crate::model::Millis;

const IMPORT_RUNS: &str = include_str!("../../sql/queries/import_runs.sql");
const STORE_OWNER: &str = include_str!("../../sql/queries/store_owner.sql");
const LAST_PULLS: &str = include_str!("../../sql/queries/last_pulls.sql");
const LAST_EVENTS: &str = include_str!("../../sql/queries/last_events.sql");
const CHECKPOINT: &str = include_str!("../../sql/queries/checkpoint.sql");

/// One import of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct ImportRun {
    /// Hash of the file's content and of how it was read.
    pub file: u128,
    /// The first import of this content is run 1.
    pub run: u32,
    /// All of it stands in the store.
    pub finished: bool,
}

#[derive(Row, Deserialize)]
struct RunRow {
    run: u32,
    finished: bool,
}

#[derive(Row, Serialize, Deserialize)]
struct CheckpointRow {
    source: String,
    version: u64,
    value: String,
    pulled_at: Millis,
}

#[derive(Row, Deserialize)]
struct SourceAt {
    source: String,
    at: Millis,
}

#[derive(Row, Deserialize)]
struct CheckpointValue {
    version: u64,
    value: String,
}

/// The tables belong to another data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignStore {
    /// Its key is another: people's pseudonyms would not meet.
    #[error(
        "these tables were made with another key; with this one everybody would be counted twice. \
         Use the data folder that they belong to (its file `key`), or another engine.database"
    )]
    Key,
    /// Its k is another.
    #[error(
        "these tables were made with privacy.k = {made}, this data folder has {asked}; use the data \
         folder that they belong to, or another engine.database"
    )]
    K {
        /// The k of the folder that made them.
        made: u32,
        /// This folder's.
        asked: u32,
    },
}

#[derive(Row, Serialize, Deserialize)]
struct Owner {
    fingerprint: u64,
    k: u32,
}

impl Store {
    /// Makes sure that the tables belong to the data folder whose key gives this fingerprint, and
    /// that people are withheld as when they were made; new tables are its own from now on.
    pub async fn claim(
        &self,
        fingerprint: u64,
        k: u32,
    ) -> Result<Result<(), ForeignStore>, StoreError> {
        Ok(match self.owned(Some(fingerprint), k).await? {
            Ok(false) => {
                self.insert_all("store_owner", &[Owner { fingerprint, k }])
                    .await?;
                Ok(())
            }
            owned => owned.map(drop),
        })
    }

    /// Whether the tables are a data folder's already, and then that they are this one's. A folder
    /// that is not made yet has no fingerprint, and owns nothing.
    pub async fn owned(
        &self,
        fingerprint: Option<u64>,
        k: u32,
    ) -> Result<Result<bool, ForeignStore>, StoreError> {
        let query = self.query(STORE_OWNER);
        let owners: Vec<Owner> = query.fetch_all().await.named("store_owner")?;
        Ok(match owners.first() {
            None => Ok(false),
            Some(owner) if Some(owner.fingerprint) != fingerprint => Err(ForeignStore::Key),
            Some(owner) if owner.k != k => Err(ForeignStore::K {
                made: owner.k,
                asked: k,
            }),
            Some(_) => Ok(true),
        })
    }

    /// The run to make of a file: the unfinished one, taken up again under the same batch names, or
    /// the next.
    pub async fn begin_import(&self, file: u128) -> Result<ImportRun, StoreError> {
        let query = self.query(IMPORT_RUNS).param("file", file.to_string());
        let rows: Vec<RunRow> = query.fetch_all().await.named("import_runs")?;
        let run = match rows.first() {
            Some(last) if !last.finished => last.run,
            Some(last) => last.run + 1,
            None => 1,
        };
        let begun = ImportRun {
            file,
            run,
            finished: false,
        };
        self.insert_all("import_run", &[begun]).await?;
        Ok(begun)
    }

    /// All of the file stands in the store.
    pub async fn finish_import(&self, run: ImportRun) -> Result<(), StoreError> {
        self.insert_all(
            "import_run",
            &[ImportRun {
                finished: true,
                ..run
            }],
        )
        .await
    }

    /// The version and value of a source's newest checkpoint.
    pub async fn checkpoint(&self, source: &str) -> Result<Option<(u64, String)>, StoreError> {
        let query = self.query(CHECKPOINT).param("source", source);
        let row: Option<CheckpointValue> = query.fetch_optional().await.named("checkpoint")?;
        Ok(row.map(|row| (row.version, row.value)))
    }

    /// When each source's last whole pull began, as far as that was noted.
    pub async fn last_pulls(&self) -> Result<Vec<(String, Millis)>, StoreError> {
        self.by_source(LAST_PULLS, "last_pulls").await
    }

    /// When the last event happened that each source delivered, as of the last run of the derive job.
    pub async fn last_events(&self) -> Result<Vec<(String, Millis)>, StoreError> {
        self.by_source(LAST_EVENTS, "last_events").await
    }

    async fn by_source(
        &self,
        sql: &str,
        name: &'static str,
    ) -> Result<Vec<(String, Millis)>, StoreError> {
        let rows: Vec<SourceAt> = self.query(sql).fetch_all().await.named(name)?;
        Ok(rows.into_iter().map(|row| (row.source, row.at)).collect())
    }

    /// Stores the checkpoint of a source that was pulled at an instant; the caller has made sure that its
    /// events stand.
    pub async fn set_checkpoint(
        &self,
        source: &str,
        (version, value): (u64, &str),
        pulled_at: Millis,
    ) -> Result<(), StoreError> {
        let row = CheckpointRow {
            source: source.to_owned(),
            version,
            value: value.to_owned(),
            pulled_at,
        };
        self.insert_all("checkpoint", &[row]).await
    }
}
