//! Migrations: append-only, in order, each remembered with its checksum. A file that changed after
//! it was applied, or a database newer than this program, is refused.

use clickhouse::Row;
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Named, Store, StoreError};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sql/migrations");
/// The tables that reporting tools read, in a database of their own.
static PUBLISHED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sql/published");

pub(super) const CREATE_TABLE: &str = include_str!("../../sql/queries/create_schema_migration.sql");
const CREATE_DATABASE: &str = include_str!("../../sql/queries/create_database.sql");
const HAS_SCHEMA: &str = include_str!("../../sql/queries/has_schema.sql");
const APPLIED: &str = include_str!("../../sql/queries/schema_migrations.sql");

/// Why the schema can't be brought to this program's.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A migration is not what was applied.
    #[error("migration {0}: the file changed after it was applied; migrations are append-only")]
    Changed(String),
    /// The database knows migrations that this program does not.
    #[error(
        "the database is at migration {found}, this program knows {known}; run a newer readback"
    )]
    Newer {
        /// The database's last.
        found: u32,
        /// This program's last.
        known: u32,
    },
}

#[derive(Row, Serialize, Deserialize)]
struct Applied {
    number: u32,
    name: String,
    checksum: u64,
}

pub(super) struct Migration {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// Every migration, in its order.
pub(super) fn all() -> Vec<Migration> {
    migrations(&FILES)
}

/// The last migration that this program knows.
pub fn newest() -> u32 {
    all().last().map_or(0, |last| last.number)
}

impl Store {
    /// Brings the database to this program's schema. Returns how many migrations were applied.
    pub async fn migrate(&self) -> Result<usize, MigrateError> {
        self.bring(migrations(&FILES)).await
    }

    /// The same of a database with published tables alone.
    pub(super) async fn migrate_published(&self) -> Result<usize, MigrateError> {
        self.bring(migrations(&PUBLISHED)).await
    }

    async fn bring(&self, all: Vec<Migration>) -> Result<usize, MigrateError> {
        let create = self.client.clone().with_database("default");
        let database = create
            .query_raw(CREATE_DATABASE)
            .param("database", &self.database);
        database.execute().await.named("create_database")?;
        self.query(CREATE_TABLE)
            .execute()
            .await
            .named("create_schema_migration")?;
        let missing = self.missing(all).await?;
        for migration in &missing {
            let made = self.query(migration.sql).execute().await;
            // A run that was cut off between the table and its note made the same table.
            match made {
                Err(cause) if stands_already(&cause) => {}
                made => made.named(migration.name)?,
            }
            let row = Applied {
                number: migration.number,
                name: migration.name.to_owned(),
                checksum: migration.checksum(),
            };
            self.insert_all("schema_migration", &[row]).await?;
        }
        Ok(missing.len())
    }

    /// How many migrations the database lacks, `None` where it has no table of ours; nothing is
    /// made.
    pub async fn behind(&self) -> Result<Option<usize>, MigrateError> {
        // A database that is not there can't be asked.
        let elsewhere = self.client.clone().with_database("default");
        let query = elsewhere.query_raw(HAS_SCHEMA);
        let query = query.param("database", &self.database);
        let tables: Vec<String> = query.fetch_all().await.named("has_schema")?;
        match tables.is_empty() {
            true => Ok(None),
            false => Ok(Some(self.missing(migrations(&FILES)).await?.len())),
        }
    }

    /// This program's migrations that were not applied yet.
    async fn missing(&self, all: Vec<Migration>) -> Result<Vec<Migration>, MigrateError> {
        let applied: Vec<Applied> = self
            .query(APPLIED)
            .fetch_all()
            .await
            .named("schema_migrations")?;
        let known = all.last().map_or(0, |last| last.number);
        if let Some(newer) = applied.iter().find(|row| row.number > known) {
            return Err(MigrateError::Newer {
                found: newer.number,
                known,
            });
        }
        let mut missing = Vec::new();
        for migration in all {
            match applied.iter().find(|row| row.number == migration.number) {
                Some(row) if row.checksum == migration.checksum() => {}
                Some(row) => return Err(MigrateError::Changed(row.name.clone())),
                None => missing.push(migration),
            }
        }
        Ok(missing)
    }
}

impl Migration {
    pub(super) fn checksum(&self) -> u64 {
        xxh3_64(self.sql.as_bytes())
    }
}

/// Whether the engine refused to make a table or view that is there (its code 57).
fn stands_already(error: &clickhouse::error::Error) -> bool {
    matches!(error, clickhouse::error::Error::BadResponse(words) if words.contains("TABLE_ALREADY_EXISTS"))
}

fn migrations(folder: &'static Dir<'static>) -> Vec<Migration> {
    let mut all: Vec<_> = folder
        .files()
        .filter_map(|file| {
            let name = file.path().file_stem()?.to_str()?;
            let number = name.split('_').next()?.parse().ok()?;
            Some(Migration {
                number,
                name,
                sql: file.contents_utf8()?,
            })
        })
        .collect();
    all.sort_by_key(|migration| migration.number);
    all
}

/// The file that made a view, without its ending, and its text: the last that did.
pub(super) fn view(name: &str) -> Option<(&'static str, &'static str)> {
    let made = format!("VIEW {name} AS");
    let all = migrations(&FILES).into_iter().rev();
    let mut all = all.filter(|one| one.sql.contains(&made));
    all.next().map(|one| (one.name, one.sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps() {
        for folder in [&FILES, &PUBLISHED] {
            let all = migrations(folder);
            let numbers: Vec<_> = all.iter().map(|migration| migration.number).collect();
            let expected: Vec<_> = (1..=u32::try_from(all.len()).unwrap()).collect();
            assert_eq!(numbers, expected);
            assert_eq!(all.len(), folder.files().count());
        }
    }
}
