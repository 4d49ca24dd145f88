//! The registry as somebody may see it: what the store knows, and before that what this door was told.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::timeout;

use super::AppState;
use super::health::{Opened, Parts};
use super::problem::Refusal;
use super::who::Who;
use crate::jobs::registry::Registry;
use crate::store::{RegistryWriteup, Store};

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The registry as it is now, as far as somebody may see it.
pub(super) struct Look {
    pub(super) registry: Registry,
    pub(super) store: Box<Store>,
    pub(super) k: u32,
    sees_restricted: bool,
}

impl Look {
    /// For whoever only looks: where loading takes too long, they see what was known before.
    pub(super) async fn of(state: &AppState, who: &Who) -> Result<Self, Refusal> {
        let (parts, store) = there(state)?;
        let is_stuck = parts.load.borrow().trouble.is_some();
        if let (false, Some(door)) = (is_stuck, &state.door)
            && door.unloaded.loaded(parts).await.is_err()
        {
            tracing::warn!("the registry is shown without what was said of it last");
        }
        Look::now(parts, store, who).await
    }

    /// For whoever is about to say something: it is checked against all that was said before.
    pub(super) async fn to_speak(state: &AppState, who: &Who) -> Result<Self, Refusal> {
        let (parts, store) = there(state)?;
        if let Some(door) = &state.door {
            door.unloaded.loaded(parts).await?;
        }
        Look::now(parts, store, who).await
    }

    async fn now(parts: &Parts, store: Box<Store>, who: &Who) -> Result<Self, Refusal> {
        let registry = in_time(Registry::now(&store)).await?;
        Ok(Look {
            registry,
            store,
            k: parts.k,
            sees_restricted: who.sees_restricted(),
        })
    }

    /// Whether a write-up may be shown.
    pub(super) fn shows(&self, writeup: &RegistryWriteup) -> bool {
        self.sees_restricted || !writeup.restricted
    }

    /// The write-ups that may be shown, by id.
    pub(super) fn writeups(&self) -> impl Iterator<Item = &RegistryWriteup> {
        let all = self.registry.writeups();
        all.filter(|writeup| self.shows(writeup))
    }

    /// The write-up of this name.
    pub(super) fn entry(&self, name: &str) -> Result<&RegistryWriteup, Refusal> {
        let found = self.registry.entry(name);
        found.filter(|known| self.shows(known)).ok_or_else(|| {
            let words = "no write-up has this name; /v1/writeups lists those there are";
            Refusal::new(StatusCode::NOT_FOUND, words)
        })
    }

    pub(super) fn conflict(&self, holder: &RegistryWriteup) -> Refusal {
        let words = match self.shows(holder) {
            true => format!(
                "a name of it is one of the write-up {:?} already",
                holder.id
            ),
            false => "a name of it is another write-up's already".to_owned(),
        };
        Refusal::new(StatusCode::CONFLICT, words)
    }
}

/// Where the registry is, if it can be asked.
pub(super) fn there(state: &AppState) -> Result<(&Arc<Parts>, Box<Store>), Refusal> {
    let Some(parts) = &state.parts else {
        let words = "only `readback serve` has the registry";
        return Err(Refusal::new(StatusCode::NOT_FOUND, words));
    };
    let opened = parts.engine.borrow().clone();
    match opened {
        Opened::Open(store, _) => Ok((parts, store)),
        _ => Err(Refusal::later(AWAY)),
    }
}

/// Waits for the engine, but not for one that is stuck.
pub(super) async fn in_time<T>(
    asked: impl Future<Output = anyhow::Result<T>>,
) -> Result<T, Refusal> {
    match timeout(PATIENCE, asked).await {
        Ok(answered) => answered.map_err(away),
        Err(_) => Err(Refusal::later(AWAY)),
    }
}

const AWAY: &str = "the engine is away, and the registry with it";

/// What the engine says is the operator's business; it stands in the log.
pub(super) fn away(error: anyhow::Error) -> Refusal {
    tracing::error!(error = format!("{error:#}"), "the registry can't be read");
    Refusal::later(AWAY)
}
