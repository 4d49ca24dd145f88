//! The rows of the landing tables. They are written to the engine by name, and to the spool by the
//! order of their fields: a new field comes last, and what an older program left in a spool has its
//! default. The order of those that are here never changes.

use std::sync::Arc;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ReadRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) person: u128,
    pub(super) team: Arc<str>,
    pub(super) session: u64,
    pub(super) engaged_ms: Option<u32>,
    pub(super) scroll_milli: Option<u16>,
    pub(super) bot: bool,
    pub(super) agent: Arc<str>,
    pub(super) arrival: Arc<str>,
    pub(super) assigned: bool,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ReadCountRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) granularity: i8,
    pub(super) count: u64,
    pub(super) uniques: Option<u64>,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AttendanceRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) meeting: u64,
    pub(super) person: u128,
    pub(super) team: String,
    pub(super) role: String,
    pub(super) partstat: String,
    pub(super) role_stated: bool,
    pub(super) via: String,
    pub(super) meeting_ms: Option<u64>,
    pub(super) attended: Option<bool>,
    pub(super) present_ms: Option<u64>,
    pub(super) spoke_ms: Option<u64>,
    pub(super) mandatory: bool,
    // Behind the rest: what an earlier program packed ends there.
    pub(super) opening: u64,
    pub(super) device: u64,
    pub(super) account: u64,
    pub(super) attendee: u64,
    pub(super) joined_at: Option<i64>,
    pub(super) left_at: Option<i64>,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CommentRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) person: u128,
    pub(super) team: String,
    pub(super) parent: u64,
    pub(super) words: Option<u32>,
    pub(super) deleted_at: Option<i64>,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct EditRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) person: u128,
    pub(super) team: String,
    pub(super) words_added: Option<u32>,
    pub(super) words_removed: Option<u32>,
    pub(super) sections: Option<u32>,
    pub(super) minor: bool,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LinkRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) person: u128,
    pub(super) team: String,
    pub(super) place: String,
    pub(super) stands_in: String,
    pub(super) page: String,
    pub(super) removed_at: Option<i64>,
    pub(super) role: String,
    pub(super) form: String,
    pub(super) label: String,
}

/// A description of a write-up, as landed.
#[derive(Clone, Debug, Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub struct WriteupRow {
    /// Key of the event.
    pub key: u64,
    /// Version of the event.
    pub version: u64,
    /// When it was said.
    pub at: i64,
    /// By whom.
    pub source: String,
    /// The write-up.
    pub id: String,
    /// See `model::Writeup`; so with all below.
    pub title: Option<String>,
    pub url: Option<String>,
    pub aliases: Vec<String>,
    pub published_at: Option<i64>,
    pub deleted_at: Option<i64>,
    pub owner_team: Option<String>,
    pub contributors: Vec<u128>,
    pub contributor_teams: Vec<String>,
    pub responders: Vec<u128>,
    pub words: Option<u32>,
    pub diagrams: Option<u32>,
    pub hyperlinks: Option<u32>,
    pub acronyms: Option<u32>,
    pub acronyms_unexplained: Option<u32>,
    pub template: Option<String>,
    pub tags: Vec<String>,
    pub restricted: bool,
    /// Whether it speaks of assignments at all.
    pub assigns: bool,
    /// From, to, team (or empty), whether newcomers alone are meant.
    pub assignments: Vec<(i64, i64, String, bool)>,
    pub reviewers: Vec<u128>,
    pub facilitators: Vec<u128>,
    pub data_sources: Option<u32>,
    pub quotations: Option<u32>,
    pub surprised: Option<bool>,
    pub difficult: Option<bool>,
    pub unclear: Option<bool>,
    pub several_accounts: Option<bool>,
    pub merged_into: Option<String>,
    /// Name, since when, until when.
    pub dated_aliases: Vec<(String, Option<i64>, Option<i64>)>,
    /// Whether it is said that everybody may see it.
    pub opened: bool,
}

/// An entry of the roster, as landed.
#[derive(Clone, Debug, Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonRow {
    /// Key of the event.
    pub key: u64,
    /// Version of the event.
    pub version: u64,
    /// When it was said.
    pub at: i64,
    /// By whom.
    pub source: String,
    /// The person's pseudonym.
    pub person: u128,
    /// Other pseudonyms of theirs.
    pub aliases: Vec<u128>,
    /// Their team, or empty.
    pub team: String,
    /// When they joined, UTC ms.
    pub joined_at: Option<i64>,
    /// When they left, UTC ms.
    pub left_at: Option<i64>,
    /// `person`, `room`, `bot` or `service`.
    pub kind: String,
    /// Since when the team, UTC ms.
    pub team_from: Option<i64>,
    /// Until when the team, UTC ms.
    pub team_to: Option<i64>,
    /// Pseudonyms that are not theirs.
    pub apart: Vec<u128>,
    /// Their events are not counted, or are again.
    pub excluded: Option<bool>,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CoverageRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) kind: String,
    pub(super) scope: String,
    pub(super) from_at: i64,
    pub(super) to_at: Option<i64>,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct MeetingRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) meeting: u64,
    pub(super) spoke: Option<u32>,
    pub(super) facilitators_spoke: Option<u32>,
    pub(super) speaking_ms: Option<u64>,
    pub(super) meeting_ms: Option<u64>,
    pub(super) accounts: Option<u32>,
    pub(super) changes: Option<u32>,
    pub(super) form: String,
    pub(super) open: Option<bool>,
    pub(super) mandatory: Option<bool>,
    pub(super) watched: Option<u32>,
    pub(super) venue: u64,
    pub(super) venue_planned: bool,
    pub(super) rooms: Option<u32>,
}

#[derive(Default, Row, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoryRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) target: Arc<str>,
    pub(super) canonical: Arc<str>,
    pub(super) round: String,
    pub(super) count: u32,
    pub(super) label: String,
}

#[derive(Row, Serialize, Deserialize)]
pub(super) struct AnnotationRow {
    pub(super) key: u64,
    pub(super) version: u64,
    pub(super) at: i64,
    pub(super) source: Arc<str>,
    pub(super) day: i32,
    pub(super) text: String,
    pub(super) acts_on: String,
    pub(super) removed: bool,
}

#[derive(Row, Serialize, Deserialize)]
pub(super) struct ReceiptRow {
    pub(super) batch: u128,
    pub(super) kind: String,
    pub(super) source: String,
    pub(super) lines: u64,
}
