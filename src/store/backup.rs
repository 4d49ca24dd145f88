//! All tables of a database at once, into a backup of ClickHouse's own and back. Where it lies is the engine's
//! business: it is named here.

use super::{Named, Published, Store, StoreError};

const BACKUP: &str = include_str!("../../sql/queries/backup_database.sql");
const BACKUP_TO_DISK: &str = include_str!("../../sql/queries/backup_database_to_disk.sql");
const RESTORE: &str = include_str!("../../sql/queries/restore_database.sql");
const RESTORE_FROM_DISK: &str = include_str!("../../sql/queries/restore_database_from_disk.sql");

/// A backup as the engine knows it.
#[derive(Clone, Copy, Debug)]
pub struct Shelf<'a> {
    /// Its name.
    pub name: &'a str,
    /// The disk of a server that it lies on; else the folder that the engine keeps backups in.
    pub disk: Option<&'a str>,
}

impl Store {
    /// Copies all tables into a backup that is not there yet.
    ///
    /// # Errors
    /// The engine refuses, or is away.
    pub async fn back_up(&self, shelf: Shelf<'_>) -> Result<(), StoreError> {
        let (sql, what) = match shelf.disk {
            None => (BACKUP, "backup_database"),
            Some(_) => (BACKUP_TO_DISK, "backup_database_to_disk"),
        };
        self.shelved(sql, what, shelf).await
    }

    /// Makes all tables from a backup. None of them may be there.
    ///
    /// # Errors
    /// The engine refuses, or is away.
    pub async fn restore(&self, shelf: Shelf<'_>) -> Result<(), StoreError> {
        let (sql, what) = match shelf.disk {
            None => (RESTORE, "restore_database"),
            Some(_) => (RESTORE_FROM_DISK, "restore_database_from_disk"),
        };
        self.shelved(sql, what, shelf).await
    }

    async fn shelved(
        &self,
        sql: &str,
        what: &'static str,
        shelf: Shelf<'_>,
    ) -> Result<(), StoreError> {
        // The database is not there yet, or is the one that is copied; the configuration lets letters, digits and
        // underscores be its name.
        let elsewhere = self.client.clone().with_database("default");
        let query = elsewhere.query_raw(&sql.replace("readback_own", &self.database));
        let query = query.param("name", shelf.name);
        let query = match shelf.disk {
            None => query,
            Some(disk) => query.param("disk", disk),
        };
        query.execute().await.named(what)
    }
}

impl Published {
    /// The tables as those of any database.
    pub fn tables(&self) -> &Store {
        &self.0
    }
}
