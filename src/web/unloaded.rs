//! What this door was told of write-ups and what is not loaded yet: the registry is asked of the store,
//! so whoever looks at it or changes it waits until the store knows what was said before. One after
//! the other says something: what is checked still holds when it is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::health::Parts;
use super::problem::Refusal;

/// How long loading may take before whoever waits for it is told to come again: as long as a derive of
/// some millions of reads keeps it waiting.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long others may take who say something first.
const QUEUE: Duration = Duration::from_secs(30);

/// What was said and may not be loaded.
pub(super) struct Unloaded {
    turn: Arc<Mutex<()>>,
    /// How often something was said.
    said: AtomicU64,
    sealed: Mutex<Sealed>,
    patience: Duration,
    queue: Duration,
}

impl Default for Unloaded {
    fn default() -> Self {
        Unloaded::patient(PATIENCE, QUEUE)
    }
}

/// How much of it is sealed, and in which segments.
#[derive(Default)]
struct Sealed {
    said: u64,
    newest: u64,
}

/// Something is being said. When that is over, or was cut off, it may stand in the spool.
pub(super) struct Saying<'a>(&'a AtomicU64);

impl Drop for Saying<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Unloaded {
    fn patient(patience: Duration, queue: Duration) -> Self {
        Unloaded {
            turn: Arc::default(),
            said: AtomicU64::new(0),
            sealed: Mutex::default(),
            patience,
            queue,
        }
    }

    /// To be held while it goes into the spool.
    pub(super) fn saying(&self) -> Saying<'_> {
        Saying(&self.said)
    }

    /// Somebody's turn to check something and to say it.
    pub(super) async fn turn(&self) -> Result<OwnedMutexGuard<()>, Refusal> {
        let turn = Arc::clone(&self.turn).lock_owned();
        timeout(self.queue, turn).await.map_err(|_| {
            Refusal::later("others change the registry, and it was not your turn in time")
        })
    }

    /// Waits until the store knows all that was said before.
    pub(super) async fn loaded(&self, parts: &Parts) -> Result<(), Refusal> {
        let newest = self.seal(parts).await;
        let mut load = parts.load.clone();
        // The loader tells of a batch when its segment is gone.
        let loaded = load.wait_for(|_| !parts.spool.waits(newest));
        if let Ok(Ok(_)) = timeout(self.patience, loaded).await {
            return Ok(());
        }
        let why = parts.load.borrow().trouble.clone();
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        let words = format!(
            "what was said of write-ups just before is not loaded yet{why}; /readyz/load says how \
             loading goes"
        );
        Err(Refusal::later(words))
    }

    /// Lets the loader have what was said. Gives the segment that has to be loaded, with all before it.
    async fn seal(&self, parts: &Parts) -> u64 {
        let mut sealed = self.sealed.lock().await;
        let said = self.said.load(Ordering::SeqCst);
        if sealed.said < said {
            parts.spool.seal().await;
            sealed.newest = parts.spool.newest().unwrap_or(sealed.newest);
            sealed.said = said;
        }
        sealed.newest
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::jobs::load::LoadState;
    use crate::spool::{Dead, Drain, Entry, Limits, Spool};
    use crate::web::Opened;

    const SHORT: Duration = Duration::from_millis(10);

    struct Ground {
        _folder: tempfile::TempDir,
        unloaded: Unloaded,
        parts: Parts,
        drain: Drain,
        load: tokio::sync::watch::Sender<LoadState>,
    }

    fn ground() -> Ground {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            seal_after: Duration::MAX,
            ..Limits::default()
        };
        let (spool, drain, _) = Spool::open(&folder.path().join("spool"), limits).unwrap();
        let dead = Dead::new(&folder.path().join("dead"), 1 << 20);
        let (load, state) = tokio::sync::watch::channel(LoadState::default());
        let (_, engine) = tokio::sync::watch::channel(Opened::default());
        Ground {
            parts: Parts::new(spool, dead, state, engine),
            _folder: folder,
            unloaded: Unloaded::default(),
            drain,
            load,
        }
    }

    impl Ground {
        async fn say(&self) {
            let _saying = self.unloaded.saying();
            let entry = Entry {
                rows: 1,
                payload: b"x".to_vec(),
                ..Entry::default()
            };
            self.parts.spool.append(&entry).await.unwrap();
        }

        fn load(&self) {
            let segment = self.drain.oldest().unwrap();
            self.drain.done(&segment).unwrap();
            self.load.send_modify(|state| state.batches += 1);
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_what_was_never_said() {
        let ground = ground();
        let entry = Entry {
            rows: 1,
            payload: b"x".to_vec(),
            ..Entry::default()
        };
        ground.parts.spool.append(&entry).await.unwrap();
        ground.unloaded.loaded(&ground.parts).await.unwrap();
        // What others sent was left to its time.
        assert_eq!(ground.parts.spool.newest(), None);
    }

    #[tokio::test]
    async fn whoever_comes_next_waits_for_what_was_said() {
        let ground = ground();
        for _ in 0..3 {
            ground.say().await;
            let looks = ground.unloaded.loaded(&ground.parts);
            let loads = async {
                while ground.parts.spool.newest().is_none() {
                    tokio::task::yield_now().await;
                }
                ground.load();
            };
            let (looked, ()) = tokio::join!(looks, loads);
            looked.unwrap();
            ground.unloaded.loaded(&ground.parts).await.unwrap();
        }
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_told_for_what() {
        let ground = Ground {
            unloaded: Unloaded::patient(SHORT, SHORT),
            ..ground()
        };
        ground.say().await;
        ground
            .load
            .send_modify(|state| state.trouble = Some("the engine is away".to_owned()));
        for _ in 0..2 {
            let late = ground.unloaded.loaded(&ground.parts).await.unwrap_err();
            assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
            let words = late.words();
            assert!(
                words.contains("not loaded yet: the engine is away"),
                "{words}"
            );
        }
        ground.load();
        ground.unloaded.loaded(&ground.parts).await.unwrap();
    }

    #[tokio::test]
    async fn one_after_the_other() {
        let unloaded = Unloaded::patient(SHORT, SHORT);
        let turn = unloaded.turn().await.unwrap();
        let late = unloaded.turn().await.unwrap_err();
        assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
        drop(turn);
        unloaded.turn().await.unwrap();
    }
}
