//! What is old: counted, and taken away for good.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::{Named, Store, StoreError};
use crate::model::{EventKind, Millis};

const COUNT: &str = include_str!("../../sql/queries/count_old_events.sql");

const REMOVED: &str = include_str!("../../sql/queries/removed_events.sql");

/// Until when events of a kind were taken away.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct Cut {
    /// The kind's name.
    pub kind: String,
    /// What happened before it is gone, UTC ms.
    pub before: Millis,
    /// How many they were.
    pub events: u64,
}

/// Where events of a kind land, and the statement that removes old ones. A registered write-up or person
/// has no age, nor has what a source says of when it was watching.
const fn old(kind: EventKind) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match kind {
        EventKind::Read => (
            "landing_read",
            "erase_old_reads",
            include_str!("../../sql/queries/erase_old_reads.sql"),
        ),
        EventKind::ReadCount => (
            "landing_read_count",
            "erase_old_read_counts",
            include_str!("../../sql/queries/erase_old_read_counts.sql"),
        ),
        EventKind::Attendance => (
            "landing_attendance",
            "erase_old_attendance",
            include_str!("../../sql/queries/erase_old_attendance.sql"),
        ),
        EventKind::Comment => (
            "landing_comment",
            "erase_old_comments",
            include_str!("../../sql/queries/erase_old_comments.sql"),
        ),
        EventKind::Edit => (
            "landing_edit",
            "erase_old_edits",
            include_str!("../../sql/queries/erase_old_edits.sql"),
        ),
        EventKind::Link => (
            "landing_link",
            "erase_old_links",
            include_str!("../../sql/queries/erase_old_links.sql"),
        ),
        EventKind::Meeting => (
            "landing_meeting",
            "erase_old_meetings",
            include_str!("../../sql/queries/erase_old_meetings.sql"),
        ),
        EventKind::Story => (
            "landing_story",
            "erase_old_stories",
            include_str!("../../sql/queries/erase_old_stories.sql"),
        ),
        EventKind::Writeup | EventKind::Person | EventKind::Coverage | EventKind::Annotation => {
            return None;
        }
    })
}

impl Store {
    /// Events of a kind that happened before an instant.
    pub async fn older(&self, kind: EventKind, before: Millis) -> Result<u64, StoreError> {
        let Some((table, ..)) = old(kind) else {
            return Ok(0);
        };
        let query = self.query(COUNT).param("table", table);
        let query = query.param("before", before);
        query.fetch_one().await.named("count_old_events")
    }

    /// Removes them. Derived tables are made anew by the next run of the derive job, see
    /// [`Store::rederive`]. The caller holds the data folder's turn.
    pub async fn erase_older(&self, kind: EventKind, before: Millis) -> Result<(), StoreError> {
        let Some((_, name, sql)) = old(kind) else {
            return Ok(());
        };
        let query = self.query(sql).param("before", before);
        query.execute().await.named(name)?;
        // What imports replaced is as old.
        match kind {
            EventKind::Attendance => self.erase_replaced("replaced_attendance", before, "").await,
            EventKind::Meeting => self.erase_replaced("replaced_meeting", before, "").await,
            _ => Ok(()),
        }
    }

    /// Events that were ever removed.
    pub async fn removed(&self) -> Result<u64, StoreError> {
        let query = self.query(REMOVED);
        query.fetch_one().await.named("removed_events")
    }

    /// Says that nobody watched before an instant, as far as is known by now.
    pub async fn set_cut(&self, cut: Cut) -> Result<(), StoreError> {
        self.insert_all("retention_cut", &[cut]).await
    }
}
