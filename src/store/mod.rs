//! Readback's tables: what is written to ClickHouse and what is asked of it. Knows nothing of
//! engines: it is given a client. SQL text lives in `sql/` alone, one statement a file.

mod annotations;
mod backup;
mod cluster;
mod counted;
mod derive;
mod facts;
mod frames;
mod imports;
mod landing;
mod links;
mod meetings;
mod migrate;
mod native;
mod noised;
mod people;
mod prove;
pub mod published;
mod purge;
mod reach;
mod registry;
mod retain;
mod rows;
mod signs;
mod state;
pub mod told;
mod which;
mod written;

pub use annotations::AnnotationRow;
pub use backup::Shelf;
pub use cluster::schema as cluster_schema;
pub use derive::{DeriveSettings, Fingerprint, MachineLimits};
pub use facts::{
    AgeWindow, ClassCount, ComparedRow, CoverageRow, ExcludedRow, FactSettings, HealthCounts,
    LabelCount, ObservedRow, ReadingLimits, Receipt, RosterCounts,
};
pub use imports::{Import, Imported};
pub use landing::{Batch, MERGED, PackError};
pub use links::{GoneLink, LinkRules, LinksAsked, ListedLink, UncountedLink};
pub use meetings::{MeetingFact, StoryFact};
pub use migrate::{MigrateError, newest};
pub use noised::BoundedReaders;
pub use people::{Acquainted, Renamed};
pub use prove::{Column, Found};
pub use published::Published;
pub use reach::Followed;
pub use registry::{
    RegistryAssignment, RegistryPerson, RegistryRows, RegistryTarget, RegistryTeam,
    RegistryWriteup, SpokenOf, WriteupsPrint,
};
pub use retain::Cut;
pub use rows::{PersonRow, WriteupRow};
pub use state::{ForeignStore, ImportRun};
pub use which::{Each, Which};

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

    /// Whether the engine refuses what it was given, and would refuse it again: the content is at
    /// fault, not the engine, its disk or its schema.
    pub fn is_for_good(&self) -> bool {
        let StoreError::Engine { cause, .. } = self else {
            return false;
        };
        match cause {
            clickhouse::error::Error::BadResponse(words) => {
                code_of(words).is_some_and(|name| REFUSED_FOR_GOOD.contains(&name))
            }
            clickhouse::error::Error::InvalidUtf8Encoding(_) => true,
            _ => false,
        }
    }

    /// What is the matter in a few words, without anything that a statement or row held.
    pub fn class(&self) -> String {
        match self {
            StoreError::Engine {
                cause: clickhouse::error::Error::BadResponse(words),
                ..
            } => match code_of(words) {
                Some(name) => format!("the engine refuses: {name}"),
                None => "the engine refuses".to_owned(),
            },
            StoreError::Engine { .. } if self.is_retryable() => "the engine is away".to_owned(),
            _ => "the engine does not answer as it should".to_owned(),
        }
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

/// ClickHouse's names of errors that are about the rows alone. INCORRECT_DATA is none: so it calls a
/// column whose type is another by now.
const REFUSED_FOR_GOOD: [&str; 9] = [
    "ARGUMENT_OUT_OF_BOUND",
    "CANNOT_PARSE_DATE",
    "CANNOT_PARSE_DATETIME",
    "CANNOT_PARSE_NUMBER",
    "CANNOT_PARSE_TEXT",
    "TOO_LARGE_ARRAY_SIZE",
    "TOO_LARGE_STRING_SIZE",
    "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
    "VIOLATED_CONSTRAINT",
];

/// The name in `Code: 469. DB::Exception: … (VIOLATED_CONSTRAINT)`, the last of its kind.
fn code_of(words: &str) -> Option<&str> {
    let is_name = |text: &&str| {
        text.len() > 3
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let parts = words.split('(').skip(1);
    let names = parts.filter_map(|part| part.split_once(')').map(|(name, _)| name));
    names.filter(is_name).last()
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
