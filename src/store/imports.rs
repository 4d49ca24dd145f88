//! Imports of meetings, kept so that one can be taken back: what each wrote, and what stood there before.

use std::sync::Arc;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::people::of_bits;
use super::{Batch, Named, Store, StoreError};
use crate::model::{Millis, Pseudonym};

const KEEP: &str = include_str!("../../sql/queries/keep_replaced.sql");
const DELETE: &str = include_str!("../../sql/queries/delete_imported.sql");
const RESTORE: &str = include_str!("../../sql/queries/restore_replaced.sql");
const SUPERSEDE: &str = include_str!("../../sql/queries/keep_superseded.sql");
const HAND_OVER: &str = include_str!("../../sql/queries/hand_over_replaced.sql");
const HAND_OVER_SUPERSEDED: &str = include_str!("../../sql/queries/hand_over_superseded.sql");
const DISCARD_SUPERSEDED: &str = include_str!("../../sql/queries/discard_superseded.sql");
const DISCARD_REPLACED: &str = include_str!("../../sql/queries/discard_replaced.sql");
const DISCARD: &str = include_str!("../../sql/queries/discard_imported.sql");
const DISCARD_OLD: &str = include_str!("../../sql/queries/discard_old_imports.sql");
const DISCARD_OLD_REPLACED: &str = include_str!("../../sql/queries/discard_old_replaced.sql");
const IMPORTS: &str = include_str!("../../sql/queries/imports.sql");
const BESIDE: &str = include_str!("../../sql/queries/beside_import.sql");
const PRESENCES: &str = include_str!("../../sql/queries/presences_of_meeting.sql");
const INVITED: &str = include_str!("../../sql/queries/invited_people.sql");

/// Tables that imports of meetings write, and where what they replace is kept.
const TABLES: [(&str, &str); 2] = [
    ("landing_attendance", "replaced_attendance"),
    ("landing_meeting", "replaced_meeting"),
];

/// An import that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct Imported {
    /// Its number.
    pub import: u64,
    /// When it was brought in.
    pub imported_at: Millis,
    /// The kind of its file.
    pub reader: String,
    /// The source of its events.
    pub source: String,
    /// How many these are.
    pub events: u64,
    /// Of how many meetings.
    pub meetings: u64,
    /// The first of them.
    pub first_at: Millis,
    /// The last of them.
    pub last_at: Millis,
    /// The hashes of a hundred of these meetings.
    pub hashes: Vec<u64>,
    /// How many of its events stand: none where a later one wrote over all of them.
    pub standing: u64,
    /// The import that took its place, as somebody said; 0 where none did.
    pub superseded_by: u64,
}

/// What an import is known by.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Its number.
    pub number: u64,
    /// When it is brought in.
    pub at: Millis,
    /// The kind of its file.
    pub reader: &'static str,
}

#[derive(Row, Serialize)]
struct EventRow {
    import: u64,
    imported_at: i64,
    reader: &'static str,
    source: Arc<str>,
    landing: &'static str,
    key: u64,
    version: u64,
    meeting: u64,
    at: i64,
}

#[derive(Row, Serialize)]
struct SupersededRow {
    import: u64,
    by: u64,
}

impl Batch {
    /// Whether nothing but attendance and meetings is in it.
    pub fn is_of_meetings(&self) -> bool {
        let own = self.attendance.len() + self.meetings.len();
        own > 0 && own == self.len()
    }

    /// Moves all of it to one meeting, by its hash: it is said which it is, wherever it was held.
    pub fn move_to(&mut self, meeting: u64) {
        self.meetings.iter_mut().for_each(|row| row.venue = 0);
        let attendance = self.attendance.iter_mut().map(|row| &mut row.meeting);
        let meetings = self.meetings.iter_mut().map(|row| &mut row.meeting);
        attendance.chain(meetings).for_each(|own| *own = meeting);
    }
}

impl Store {
    /// Notes what an import is about to write, and keeps what stands there. A batch that is sent again is
    /// noted again: what stood there first is kept.
    pub async fn note_import(&self, import: Import, batch: &Batch) -> Result<(), StoreError> {
        let row = |landing, source: &Arc<str>, (key, version, meeting, at)| EventRow {
            import: import.number,
            imported_at: import.at,
            reader: import.reader,
            source: Arc::clone(source),
            landing,
            key,
            version,
            meeting,
            at,
        };
        let attendance = batch.attendance.iter().map(|one| {
            let own = (one.key, one.version, one.meeting, one.at);
            row(TABLES[0].0, &one.source, own)
        });
        let meetings = batch.meetings.iter().map(|one| {
            let own = (one.key, one.version, one.meeting, one.at);
            row(TABLES[1].0, &one.source, own)
        });
        let rows: Vec<EventRow> = attendance.chain(meetings).collect();
        self.insert_all("imported_event", &rows).await?;
        for (landing, replaced) in TABLES {
            let query = self.query(KEEP).param("import", import.number);
            let query = query.param("landing", landing).param("replaced", replaced);
            query.execute().await.named("keep_replaced")?;
        }
        Ok(())
    }

    /// Imports that can be taken back, the newest first.
    pub async fn imports(&self) -> Result<Vec<Imported>, StoreError> {
        self.query(IMPORTS).fetch_all().await.named("imports")
    }

    /// Other imports of which something stands that tells of people at the meetings of this one, and how many events
    /// of each do: none that this one wrote anew.
    pub async fn beside_import(&self, import: u64) -> Result<Vec<(u64, u64)>, StoreError> {
        let query = self.query(BESIDE).param("import", import);
        query.fetch_all().await.named("beside_import")
    }

    /// Takes an import back: its events go, what it had replaced stands again. One that was cut off is done
    /// again without harm: what it is to be restored from goes last.
    pub async fn undo_import(&self, import: u64) -> Result<(), StoreError> {
        for (landing, replaced) in TABLES {
            for (name, sql) in [
                ("delete_imported", DELETE),
                ("restore_replaced", RESTORE),
                ("hand_over_replaced", HAND_OVER),
                ("hand_over_superseded", HAND_OVER_SUPERSEDED),
                ("discard_replaced", DISCARD_REPLACED),
            ] {
                let query = self.query(sql).param("import", import);
                let query = query.param("landing", landing).param("replaced", replaced);
                // Whose place it took stands again with it gone.
                let query = query.param("spare", import);
                query.execute().await.named(name)?;
            }
        }
        self.forget_import(import).await
    }

    /// Lets an import take the place of an earlier one: nothing of that stands any more, nor of those whose
    /// place that took itself, until the later one is taken back.
    pub async fn supersede_import(&self, import: u64, by: u64) -> Result<(), StoreError> {
        let row = SupersededRow { import, by };
        self.insert_all("superseded_import", &[row]).await?;
        for (landing, replaced) in TABLES {
            for (name, sql) in [
                ("keep_superseded", SUPERSEDE),
                ("delete_imported", DELETE),
                ("restore_replaced", RESTORE),
            ] {
                let query = self.query(sql).param("import", import).param("by", by);
                let query = query.param("landing", landing).param("replaced", replaced);
                // No import has this number.
                let query = query.param("spare", 0_u64);
                query.execute().await.named(name)?;
            }
        }
        Ok(())
    }

    /// Forgets an import: it can't be taken back any more.
    pub async fn forget_import(&self, import: u64) -> Result<(), StoreError> {
        let query = self.query(DISCARD).param("import", import);
        query.execute().await.named("discard_imported")?;
        self.forget_superseded().await?;
        for (_, replaced) in TABLES {
            self.erase_replaced(replaced, Millis::MIN, "").await?;
        }
        Ok(())
    }

    /// The same of all imports before an instant, and of those of a source; no source has an empty name.
    pub async fn forget_imports(&self, before: Millis, source: &str) -> Result<(), StoreError> {
        let query = self.query(DISCARD_OLD).param("before", before);
        let query = query.param("source", source);
        query.execute().await.named("discard_old_imports")?;
        self.forget_superseded().await?;
        for (_, replaced) in TABLES {
            self.erase_replaced(replaced, Millis::MIN, source).await?;
        }
        Ok(())
    }

    async fn forget_superseded(&self) -> Result<(), StoreError> {
        let query = self.query(DISCARD_SUPERSEDED);
        query.execute().await.named("discard_superseded")
    }

    /// Removes what imports replaced of what happened before an instant, and of a source.
    pub(super) async fn erase_replaced(
        &self,
        replaced: &str,
        before: Millis,
        source: &str,
    ) -> Result<(), StoreError> {
        let query = self.query(DISCARD_OLD_REPLACED).param("before", before);
        let query = query.param("replaced", replaced).param("source", source);
        query.execute().await.named("discard_old_replaced")
    }

    /// Who told who came to a meeting, by its hash: sources, and of how many presences.
    pub async fn presences(&self, meeting: u64) -> Result<Vec<(String, u64)>, StoreError> {
        let query = self.query(PRESENCES).param("meeting", meeting);
        query.fetch_all().await.named("presences_of_meeting")
    }

    /// Who is invited to a meeting, by its hash.
    pub async fn invited(&self, meeting: u64) -> Result<Vec<Pseudonym>, StoreError> {
        let query = self.query(INVITED).param("meeting", meeting);
        let found: Vec<u128> = query.fetch_all().await.named("invited_people")?;
        Ok(found.into_iter().map(of_bits).collect())
    }
}
