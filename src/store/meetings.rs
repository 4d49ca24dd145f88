//! What is known of meetings beside their attendees, and the counts of story rounds.

use clickhouse::Row;
use serde::Deserialize;

use super::facts::{FactSettings, Statement};
use super::{Named, Store, StoreError};
use crate::model::Millis;

const MEETINGS: Statement = (
    "fact_meetings",
    include_str!("../../sql/queries/fact_meetings.sql"),
);
const STORIES: Statement = (
    "fact_stories",
    include_str!("../../sql/queries/fact_stories.sql"),
);

/// What is known of one meeting; null where nobody says it. See `model::Meeting`.
#[derive(Clone, Debug, Default, Row, Deserialize)]
pub struct MeetingFact {
    /// Its keyed hash, as in `Facts::attendance`.
    pub meeting: String,
    pub spoke: Option<u32>,
    pub facilitators_spoke: Option<u32>,
    pub speaking_ms: Option<u64>,
    pub meeting_ms: Option<u64>,
    pub accounts: Option<u32>,
    pub changes: Option<u32>,
    pub watched: Option<u32>,
    pub rooms: Option<u32>,
    pub form: Option<String>,
    pub open: Option<bool>,
    pub mandatory: Option<bool>,
    /// The greatest version that says anything.
    pub version: u64,
    /// When it is or was to be held, as the last of those who say anything of it has it.
    pub held_at: Millis,
}

impl MeetingFact {
    /// Whether more may have come than are named: there were rooms or telephones.
    pub fn or_more(&self) -> bool {
        self.rooms.is_some_and(|rooms| rooms > 0)
    }
}

/// How many named an incident in a story round.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct StoryFact {
    /// The round.
    pub round: String,
    /// The write-up's number; 0: it is not written up.
    pub writeup: u32,
    /// What it is called then.
    pub called: String,
    /// How many named it.
    pub count: u32,
    /// The greatest version that says so.
    pub version: u64,
}

impl Store {
    /// What is known of each meeting beside its attendees.
    pub async fn meetings(&self, settings: &FactSettings) -> Result<Vec<MeetingFact>, StoreError> {
        let query = self.ask(MEETINGS, settings);
        query.fetch_all().await.named(MEETINGS.0)
    }

    /// The last word on each incident of each story round; a count of nought takes it back.
    pub async fn stories(&self, settings: &FactSettings) -> Result<Vec<StoryFact>, StoreError> {
        let query = self.ask(STORIES, settings);
        query.fetch_all().await.named(STORIES.0)
    }
}
