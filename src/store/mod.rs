//! Readback's tables: what is written to ClickHouse and what is asked of it. Knows nothing of
//! engines: it is given a client. SQL text lives in `sql/` alone, one statement a file.

mod derive;
mod facts;
mod frames;
mod landing;
mod migrate;
mod registry;
mod rows;
mod state;

pub use derive::{DeriveSettings, Fingerprint};
pub use facts::{
    AgeWindow, ClassCount, CoverageRow, FactSettings, HealthCounts, LabelCount, ObservedRow,
    ReadingLimits, Receipt, RosterCounts,
};
pub use landing::{Batch, PackError};
pub use migrate::MigrateError;
pub use registry::{RegistryPerson, RegistryRows, RegistryWriteup};
pub use rows::{PersonRow, WriteupRow};
pub use state::{ForeignStore, ImportRun};

use clickhouse::Client;
use clickhouse::query::Query;

/// The tables of one database.
#[derive(Clone)]
pub struct Store {
    client: Client,
    database: String,
}

/// The engine refused, or answered what was not asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine refused a statement or can't be reached.
    #[error("{what}: {cause}")]
    Engine {
        /// The statement or table.
        what: &'static str,
        /// The client's error.
        #[source]
        cause: clickhouse::error::Error,
    },
    /// A frame is not what polars reads.
    #[error("{what}: {cause}")]
    Frame {
        /// The statement.
        what: &'static str,
        /// What polars says.
        #[source]
        cause: polars::error::PolarsError,
    },
}

impl StoreError {
    /// Whether the engine refused for what the operator can mend: the login, a right, the disk.
    pub fn is_the_operators(&self) -> bool {
        let StoreError::Engine { cause, .. } = self else {
            return false;
        };
        let clickhouse::error::Error::BadResponse(words) = cause else {
            return false;
        };
        [
            "AUTHENTICATION_FAILED",
            "ACCESS_DENIED",
            "READONLY",
            "NOT_ENOUGH_SPACE",
        ]
        .iter()
        .any(|name| words.contains(name))
    }

    /// Whether the same statement may succeed later: the engine was away, not unwilling.
    pub fn is_retryable(&self) -> bool {
        match self {
            StoreError::Engine { cause, .. } => matches!(
                cause,
                clickhouse::error::Error::Network(_) | clickhouse::error::Error::TimedOut
            ),
            StoreError::Frame { .. } => false,
        }
    }
}

/// Names the statement in an error.
trait Named<T> {
    fn named(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> Named<T> for Result<T, clickhouse::error::Error> {
    fn named(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|cause| StoreError::Engine { what, cause })
    }
}

impl Store {
    /// The tables of `database`, reached by `client` (whose own database is ignored).
    pub fn new(client: Client, database: &str) -> Self {
        let client = client
            .with_database(database)
            // The door's own default is an asynchronous insert; a batch is confirmed when it stands.
            .with_setting("async_insert", "0")
            .with_setting("output_format_arrow_string_as_string", "1")
            .with_setting("output_format_arrow_low_cardinality_as_dictionary", "0")
            .with_setting("join_use_nulls", "0")
            .with_setting("mutations_sync", "1");
        Store {
            client,
            database: database.to_owned(),
        }
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    fn query(&self, sql: &str) -> Query {
        // `query_raw` leaves question marks alone; parameters are ClickHouse's own.
        self.client.query_raw(sql)
    }
}
