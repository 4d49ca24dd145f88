//! What was restricted since the last report: pages, charts and numbers don't show it from the next
//! request on. The store is asked, since a command of another process may have said it; what was said
//! here and is not loaded yet is remembered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::health::{Opened, Parts};
use super::{AppState, Published};
use crate::jobs::registry::closed::{Closed, lists, marked, tells, without};
use crate::model::Millis;

/// How long the store may take to answer; after that what was known holds.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same before anything is known.
const FIRST: Duration = Duration::from_secs(30);
/// So long after it did not answer nobody waits for it again.
const AWAY: Duration = Duration::from_secs(2);

/// So many write-ups are remembered that were restricted here and are not loaded: whoever sends more
/// waits for the store with the rest.
const REMEMBERED: usize = 10_000;

/// What is hidden beside what the reports hide themselves.
#[derive(Default)]
pub(crate) struct Hidden {
    store: tokio::sync::Mutex<Asked>,
    /// Said here, and not known to be loaded.
    said: Mutex<Vec<Said>>,
    /// Because of which names a report was asked for.
    told: Mutex<Vec<String>>,
    /// What was made last of the summary for everybody, and of the fuller one.
    made: Mutex<[Option<Made>; 2]>,
}

/// What the store said.
#[derive(Default)]
struct Asked {
    /// When it was asked last.
    began: Option<Instant>,
    /// When it last did not answer.
    failed: Option<Instant>,
    /// It has answered.
    known: bool,
    closed: Arc<Closed>,
}

struct Said {
    id: String,
    at: Millis,
    names: Vec<String>,
}

struct Made {
    of: Arc<Published>,
    names: Vec<String>,
    shown: Arc<Published>,
}

impl Hidden {
    /// A write-up is restricted, says an event of that time that is on its way.
    pub(super) fn close(&self, id: &str, at: Millis, names: Vec<String>) {
        let mut said = self.said();
        said.retain(|one| one.id != id || one.at > at);
        if said.len() >= REMEMBERED {
            tracing::warn!(
                "too much becomes restricted at once; the rest is hidden when it is loaded"
            );
            return;
        }
        said.push(Said {
            id: id.to_owned(),
            at,
            names,
        });
    }

    /// It is open again, says an event of that time, as far as it was restricted here before.
    pub(super) fn open(&self, id: &str, at: Millis) {
        self.said().retain(|one| one.id != id || one.at > at);
    }

    /// A summary as it may be shown now: to everybody, or with marks to those who may see what is
    /// restricted.
    pub(super) async fn through(
        &self,
        state: &AppState,
        published: Arc<Published>,
        sees_restricted: bool,
    ) -> Arc<Published> {
        let names = self.names(state).await;
        if names.is_empty() {
            return published;
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let made = &mut made[usize::from(sees_restricted)];
        if let Some(made) = made
            && Arc::ptr_eq(&made.of, &published)
            && made.names == names
        {
            return Arc::clone(&made.shown);
        }
        let summary = &published.summary;
        self.tell(state, summary, &names);
        let other = match sees_restricted {
            true => lists(summary, &names).then(|| marked(summary, &names)),
            false => tells(summary, &names).then(|| without(summary, &names)),
        };
        // Mostly the reports know already.
        let shown = match other {
            None => Arc::clone(&published),
            Some(other) => Arc::new(Published::new(other).with_terms(published.terms.clone())),
        };
        *made = Some(Made {
            of: published,
            names,
            shown: Arc::clone(&shown),
        });
        shown
    }

    /// Asks for a report, once for each change of what is restricted: what leaves by other ways is as
    /// old as the last one.
    fn tell(&self, state: &AppState, summary: &Value, names: &[String]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_slice() == names || !lists(summary, names) {
            return;
        }
        *told = names.to_vec();
        if let Some(parts) = &state.parts {
            parts.hurry();
        }
    }

    /// Every name of what is restricted now.
    async fn names(&self, state: &AppState) -> Vec<String> {
        let Some(parts) = &state.parts else {
            return Vec::new();
        };
        let closed = self.closed(parts, Instant::now()).await;
        let mut said = self.said();
        said.retain(|one| !closed.has_heard(&one.id, one.at));
        let mut names = closed.names().to_vec();
        // An event restricts it under its other names, too.
        let known = |one: &Said| closed.names_of(&one.id).iter().cloned();
        names.extend(
            said.iter()
                .flat_map(|one| one.names.iter().cloned().chain(known(one))),
        );
        names
    }

    /// What the store says. Requests that come together ask once: an answer is good for all that came
    /// before it was asked for, and for nobody else.
    async fn closed(&self, parts: &Parts, came: Instant) -> Arc<Closed> {
        let mut asked = self.store.lock().await;
        let is_fresh = asked.began.is_some_and(|began| began >= came);
        let is_away = asked.failed.is_some_and(|failed| failed.elapsed() < AWAY);
        let opened = parts.engine.borrow().clone();
        if let (false, false, Opened::Open(store, _)) = (is_fresh, is_away, opened) {
            asked.began = Some(Instant::now());
            let patience = if asked.known { PATIENCE } else { FIRST };
            let newer = timeout(patience, asked.closed.newer(&store)).await;
            asked.known |= matches!(newer, Ok(Ok(_)));
            match newer {
                Ok(Ok(Some(newer))) => asked.closed = Arc::new(newer),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "what is restricted now can't be asked; what was known holds");
                    asked.failed = Some(Instant::now());
                }
                Err(_) => {
                    tracing::warn!(
                        "the engine does not say what is restricted now; what was known holds"
                    );
                    asked.failed = Some(Instant::now());
                }
            }
        }
        Arc::clone(&asked.closed)
    }

    fn said(&self) -> MutexGuard<'_, Vec<Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn published() -> Arc<Published> {
        let writeups = json!([{ "id": "INC-1" }, { "id": "INC-2" }]);
        Arc::new(Published::new(json!({ "writeups": writeups })))
    }

    #[tokio::test]
    async fn what_is_said_here_is_hidden_before_it_is_loaded() {
        use crate::spool::{Dead, Limits, Spool};
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("spool"), Limits::default()).unwrap();
        let dead = Dead::new(&folder.path().join("dead"), 1 << 20);
        let (_load, load) = tokio::sync::watch::channel(crate::jobs::load::LoadState::default());
        let (_engine, engine) = tokio::sync::watch::channel(Opened::default());
        let state = AppState {
            parts: Some(Arc::new(Parts::new(spool.0, dead, load, engine))),
            ..AppState::default()
        };
        let hidden = &state.hidden;
        let listed = async |sees| {
            let shown = hidden.through(&state, published(), sees).await;
            shown.summary["writeups"].clone()
        };
        assert_eq!(listed(false).await, published().summary["writeups"]);
        hidden.close("INC-2", 7, vec!["INC-2".to_owned()]);
        assert_eq!(listed(false).await, json!([{ "id": "INC-1" }]));
        let marked = json!([{ "id": "INC-1" }, { "id": "INC-2", "restricted": true }]);
        assert_eq!(listed(true).await, marked);
        hidden.open("INC-2", 6);
        assert_eq!(listed(false).await, json!([{ "id": "INC-1" }]));
        hidden.close("INC-2", 6, Vec::new());
        hidden.open("INC-2", 7);
        assert_eq!(listed(false).await, published().summary["writeups"]);
    }
}
