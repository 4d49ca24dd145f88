//! Looks through whole databases for what must not be in them: `readback privacy prove`.

use clickhouse::Row;
use serde::Deserialize;

use super::{Named, Store, StoreError};

const COLUMNS: &str = include_str!("../../sql/queries/prove_columns.sql");
const TEXTS: &str = include_str!("../../sql/queries/prove_texts.sql");
const PSEUDONYMS: &str = include_str!("../../sql/queries/prove_pseudonyms.sql");
const VALUES: &str = include_str!("../../sql/queries/prove_values.sql");

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct Column {
    /// The table.
    pub table: String,
    /// The column.
    pub name: String,
    /// Its type, as the engine writes it.
    pub kind: String,
}

impl Column {
    /// Whether it holds texts, alone or in lists.
    pub fn is_text(&self) -> bool {
        self.kind.contains("String")
    }

    /// Whether it holds pseudonyms: nothing else is a number of 128 bits but the hash of a file and the
    /// name of a batch.
    pub fn is_pseudonym(&self) -> bool {
        let other = matches!(
            (self.table.as_str(), self.name.as_str()),
            ("import_run", "file") | ("receipt", "batch")
        );
        self.kind.contains("UInt128") && !other
    }
}

/// What was found in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct Found {
    /// Values that were looked at.
    pub rows: u64,
    /// Those that hold what was looked for.
    pub found: u64,
}

impl Store {
    /// Every column of every table of the database; views show what tables hold.
    pub async fn columns(&self) -> Result<Vec<Column>, StoreError> {
        let query = self.query(COLUMNS).param("database", self.database());
        query.fetch_all().await.named("prove_columns")
    }

    /// How many texts of a column match a pattern.
    pub async fn texts(&self, column: &Column, pattern: &str) -> Result<Found, StoreError> {
        let query = self.of(TEXTS, column).param("pattern", pattern);
        query.fetch_one().await.named("prove_texts")
    }

    /// Every text of a column, once.
    pub async fn values(&self, column: &Column) -> Result<Vec<String>, StoreError> {
        let query = self.of(VALUES, column);
        query.fetch_all().await.named("prove_values")
    }

    /// Every pseudonym of a column, once.
    pub async fn pseudonyms(&self, column: &Column) -> Result<Vec<u128>, StoreError> {
        let query = self.of(PSEUDONYMS, column);
        query.fetch_all().await.named("prove_pseudonyms")
    }

    fn of(&self, sql: &str, column: &Column) -> clickhouse::query::Query {
        self.query(sql)
            .param("table", &column.table)
            .param("column", &column.name)
    }
}
