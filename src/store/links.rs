//! Links as they are told: facts, evidence, one by one, and those whose target is gone.

use clickhouse::Row;
use clickhouse::query::Query;
use polars::prelude::DataFrame;
use serde::Deserialize;

use super::facts::{FactSettings, Statement};
use super::{Named, Store, StoreError, frames};
use crate::model::Millis;

const LINKS: Statement = (
    "fact_links",
    include_str!("../../sql/queries/fact_links.sql"),
);
const LINK_EVIDENCE: Statement = (
    "evidence_links",
    include_str!("../../sql/queries/evidence_links.sql"),
);
const GONE_LINKS: Statement = (
    "gone_links",
    include_str!("../../sql/queries/gone_links.sql"),
);
const LIST_LINKS: Statement = (
    "list_links",
    include_str!("../../sql/queries/list_links.sql"),
);

/// By which rules links play their parts.
#[derive(Clone, Copy, Debug)]
pub struct LinkRules {
    /// A page with standing links to more write-ups is a list of them.
    pub index_writeups: u64,
    /// So is one with links to more than this share of a team's write-ups,
    pub index_team_share: f64,
    /// where these are at least so many.
    pub index_team_least: u64,
    /// How long after publication a link by those who had the incident is follow-up, ms.
    pub follow_up_ms: Millis,
}

const UNREACHABLE_LINKS: Statement = (
    "unreachable_links",
    include_str!("../../sql/queries/unreachable_links.sql"),
);
const UNCOUNTED_LINKS: Statement = (
    "uncounted_links",
    include_str!("../../sql/queries/uncounted_links.sql"),
);

/// Which links are listed.
#[derive(Clone, Debug, Default)]
pub struct LinksAsked {
    /// Of the write-up with this number; 0 is all.
    pub writeup: u32,
    /// In this place; empty is all.
    pub place: String,
    /// That play this part, or, of those that do not count, for this reason; empty is all.
    pub part: String,
    /// Standing ones, ended ones, or (nothing) both.
    pub standing: Option<bool>,
    /// The newest so many; of those that do not count so many for each reason.
    pub most: u64,
}

/// A link, as it is listed.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct ListedLink {
    /// The number of the write-up it leads to.
    pub writeup: u32,
    /// What kind of place it stands in.
    pub place: String,
    /// The part it plays.
    pub part: String,
    /// How it is written; empty where its source does not say.
    pub form: String,
    /// Where it stands.
    pub stands_in: String,
    /// Since when.
    pub at: Millis,
    /// When it, or the write-up, went.
    pub ended_at: Option<Millis>,
    /// It is the link that went.
    pub removed: bool,
}

/// A link that does not count.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct UncountedLink {
    /// The number of the write-up it leads to.
    pub writeup: u32,
    /// Why it does not count.
    pub reason: String,
    /// How many do not for this reason.
    pub of_reason: u64,
    /// What kind of place it stands in.
    pub place: String,
    /// How it is written; empty where its source does not say.
    pub form: String,
    /// Where it stands.
    pub stands_in: String,
    /// Since when.
    pub at: Millis,
    /// When it, or the write-up, went.
    pub ended_at: Option<Millis>,
    /// It is the link that went.
    pub removed: bool,
}

/// A link that stands and leads to nothing.
#[derive(Clone, Debug, Row, Deserialize)]
pub struct GoneLink {
    /// The number of the deleted write-up; 0 where no write-up has the target.
    pub writeup: u32,
    /// The target of which no write-up is known.
    pub target: String,
    /// What kind of place it stands in.
    pub place: String,
    /// Where it stands.
    pub stands_in: String,
    /// Since when.
    pub at: Millis,
    /// When the write-up was deleted.
    pub gone_at: Option<Millis>,
    /// It stands on the page of a restricted write-up.
    pub in_restricted: bool,
}

impl Store {
    /// `Facts::links`.
    pub async fn links(&self, settings: &FactSettings) -> Result<DataFrame, StoreError> {
        frames::fetch(by_rules(self.ask(LINKS, settings), settings), LINKS.0).await
    }

    /// Where links stand, the live and newest first, at most `most` of each write-up.
    pub async fn link_evidence(
        &self,
        settings: &FactSettings,
        most: u64,
    ) -> Result<DataFrame, StoreError> {
        let query = by_rules(self.ask(LINK_EVIDENCE, settings), settings);
        frames::fetch(query.param("most", most), LINK_EVIDENCE.0).await
    }

    /// How many links to each write-up stand in commits that their branch no longer leads to.
    pub async fn unreachable_links(
        &self,
        settings: &FactSettings,
    ) -> Result<Vec<(u32, u64)>, StoreError> {
        let query = self.ask(UNREACHABLE_LINKS, settings);
        query.fetch_all().await.named(UNREACHABLE_LINKS.0)
    }

    /// Links that stand and whose target is gone, by target.
    pub async fn gone_links(&self, settings: &FactSettings) -> Result<Vec<GoneLink>, StoreError> {
        let query = self.ask(GONE_LINKS, settings);
        query.fetch_all().await.named(GONE_LINKS.0)
    }

    /// Links one by one, the newest first.
    pub async fn list_links(
        &self,
        settings: &FactSettings,
        asked: &LinksAsked,
    ) -> Result<Vec<ListedLink>, StoreError> {
        asked_for(self.ask(LIST_LINKS, settings), settings, asked)
            .param("part", &asked.part)
            .fetch_all()
            .await
            .named(LIST_LINKS.0)
    }

    /// Links that do not count one by one, the newest first.
    pub async fn uncounted_links(
        &self,
        settings: &FactSettings,
        asked: &LinksAsked,
    ) -> Result<Vec<UncountedLink>, StoreError> {
        asked_for(self.ask(UNCOUNTED_LINKS, settings), settings, asked)
            .param("reason", &asked.part)
            .fetch_all()
            .await
            .named(UNCOUNTED_LINKS.0)
    }
}

fn asked_for(query: Query, settings: &FactSettings, asked: &LinksAsked) -> Query {
    let state = match asked.standing {
        None => 0u8,
        Some(true) => 1,
        Some(false) => 2,
    };
    by_rules(query, settings)
        .param("writeup", asked.writeup)
        .param("place", &asked.place)
        .param("state", state)
        .param("most", asked.most)
}

fn by_rules(query: Query, settings: &FactSettings) -> Query {
    let rules = settings.links;
    query
        .param("index_writeups", rules.index_writeups)
        .param("index_team_share", rules.index_team_share)
        .param("index_team_least", rules.index_team_least)
        .param("follow_up_ms", rules.follow_up_ms)
}
