//! Pulls several sources, one after the other; repositories a second time if a source after them
//! told of write-ups that they can link to.

use chrono_tz::Tz;

use super::ingest::{self, Ingested, Scan};
use crate::collect::Keys;
use crate::model::Millis;
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
    /// It was, or could not be. The others are pulled all the same.
    fn ended(&mut self, id: &str, outcome: anyhow::Result<Ingested>) -> anyhow::Result<()>;
}

/// Pulls these sources.
pub async fn run(
    store: &Store,
    keys: &Keys,
    (timezone, now): (Tz, fn() -> Millis),
    sources: Vec<Source>,
    listener: &mut dyn Listener,
) -> anyhow::Result<()> {
    let mut repositories = Vec::new();
    let mut unaware = 0;
    for source in sources {
        if pull(store, keys, (timezone, now), &source, listener).await? {
            unaware = repositories.len();
        }
        if source.kind.name == "git" {
            repositories.push(source);
        }
    }
    repositories.truncate(unaware);
    for source in &repositories {
        pull(store, keys, (timezone, now), source, listener).await?;
    }
    Ok(())
}

/// Pulls one source. Says whether it told of write-ups.
async fn pull(
    store: &Store,
    keys: &Keys,
    (timezone, now): (Tz, fn() -> Millis),
    source: &Source,
    listener: &mut dyn Listener,
) -> anyhow::Result<bool> {
    listener.begins(&source.id);
    let scan = Scan {
        kind: source.kind,
        source: source.id.clone(),
        params: source.params.clone(),
        timezone,
        now: now(),
    };
    let outcome = ingest::scan(store, keys, scan).await;
    let told = outcome
        .as_ref()
        .is_ok_and(|done| done.events.contains_key("writeup"));
    listener.ended(&source.id, outcome)?;
    Ok(told)
}
