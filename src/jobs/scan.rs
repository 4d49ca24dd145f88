//! Pulls several sources, one after the other; those that look for links a second time if a source after
//! them told of write-ups that they can link to. What comes out does not depend on their order.

use chrono_tz::Tz;

use super::gate::Gate;
use super::ingest::{self, Ingested, Scan};
use crate::collect::Keys;
use crate::model::{Millis, Vocabulary};
use crate::sources::Kind;
use crate::store::Store;

/// A source to pull.
#[derive(Clone)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// The kind's parameters.
    pub params: toml::Table,
}

/// Hears how it goes.
pub trait Listener {
    /// A source is about to be pulled.
    fn begins(&mut self, id: &str);
    /// These are pulled once more: sources after them told of write-ups.
    fn again(&mut self, ids: &[&str]) -> anyhow::Result<()>;
    /// It was, or could not be. The others are pulled all the same.
    fn ended(&mut self, id: &str, outcome: anyhow::Result<Ingested>) -> anyhow::Result<()>;
}

/// How sources are pulled.
pub struct Way<'a> {
    /// The tables.
    pub store: &'a Store,
    /// The data folder's keys.
    pub keys: &'a Keys,
    /// The organisation's zone.
    pub timezone: Tz,
    /// What the words of write-ups are measured against.
    pub vocabulary: &'a Vocabulary,
    /// What time it is.
    pub now: fn() -> Millis,
    /// What every batch waits for.
    pub gate: Gate,
}

/// Pulls these sources.
pub async fn run(
    way: &Way<'_>,
    sources: Vec<Source>,
    listener: &mut dyn Listener,
) -> anyhow::Result<()> {
    let mut linking = Vec::new();
    let mut unaware = 0;
    // A forge's texts are read once, so whoever tells of write-ups comes before.
    let (forges, tellers): (Vec<_>, Vec<_>) = sources
        .into_iter()
        .partition(|source| source.kind.push.is_some());
    for source in tellers.into_iter().chain(forges) {
        if pull(way, &source, listener).await? {
            unaware = linking.len();
        }
        if source.kind.links {
            linking.push(source);
        }
    }
    linking.truncate(unaware);
    if !linking.is_empty() {
        let ids: Vec<&str> = linking.iter().map(|one| one.id.as_str()).collect();
        listener.again(&ids)?;
    }
    for source in &linking {
        pull(way, source, listener).await?;
    }
    Ok(())
}

/// Pulls one source. Says whether it told of write-ups.
async fn pull(way: &Way<'_>, source: &Source, listener: &mut dyn Listener) -> anyhow::Result<bool> {
    listener.begins(&source.id);
    let scan = Scan {
        kind: source.kind,
        source: source.id.clone(),
        params: source.params.clone(),
        timezone: way.timezone,
        vocabulary: way.vocabulary.clone(),
        now: (way.now)(),
        gate: way.gate.clone(),
    };
    let outcome = ingest::scan(way.store, way.keys, scan).await;
    let told = outcome
        .as_ref()
        .is_ok_and(|done| done.events.contains_key("writeup"));
    listener.ended(&source.id, outcome)?;
    Ok(told)
}
