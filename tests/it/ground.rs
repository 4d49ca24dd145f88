//! A spool and a loader of a test's own between events and a database of its own.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use readback::collect::Receiver;
use readback::collect::receive::{Request, Terms};
use readback::jobs::gate::Gate;
use readback::jobs::load::{self, Again, LoadState, Loader, Pace};
use readback::model::Millis;
use readback::sources::{self, Setting};
use readback::spool::{Dead, Letter, Limits, Spool};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::way::{Way, event};

/// 2026-03-02T09:15:00Z, when everything happens.
pub(crate) const NOW: Millis = 1_772_442_900_000;

/// How long anything may take that is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Seals only what it is told to.
const LIMITS: Limits = Limits {
    bytes: 16 << 20,
    seal_bytes: u64::MAX,
    seal_rows: u64::MAX,
    seal_after: Duration::MAX,
};

/// Tries again at once.
pub(crate) const EAGER: Pace = Pace {
    first_pause: Duration::from_millis(5),
    last_pause: Duration::from_millis(50),
    patience: PATIENCE,
};

/// A spool of its own before a database of its own.
pub(crate) struct Ground {
    pub(crate) way: Way,
    pub(crate) spool: Spool,
    receiver: Arc<Receiver>,
    pub(crate) folder: tempfile::TempDir,
}

/// A loader between the two.
pub(crate) struct Loading {
    pub(crate) ground: Ground,
    pub(crate) loader: Loader,
}

impl Loading {
    pub(crate) async fn fresh(database: &str) -> Option<Loading> {
        let way = Way::fresh(database).await?;
        Some(Loading::within(way, tempfile::tempdir().expect("a folder")))
    }

    pub(crate) fn within(way: Way, folder: tempfile::TempDir) -> Loading {
        let opened = Spool::open(&folder.path().join("spool"), LIMITS);
        let (spool, drain, _) = opened.expect("a spool");
        let receiver = Receiver::new(way.keys.clone(), spool.clone(), Arc::default());
        let loader = Loader {
            store: way.store.clone(),
            owner: (way.keys.fingerprint(), 1),
            drain: Arc::new(drain),
            dead: Dead::new(&folder.path().join("dead"), LIMITS.bytes),
            metrics: Arc::default(),
            engine: None,
            now: || NOW,
            pace: EAGER,
            gate: Gate::default(),
        };
        let ground = Ground {
            way,
            spool,
            receiver: Arc::new(receiver),
            folder,
        };
        Loading { ground, loader }
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.loader.dead.letters().expect("letters")
    }

    /// Loads a dead letter once more.
    pub(crate) async fn again(&self, letter: &Letter) -> anyhow::Result<Again> {
        let Loader {
            store, owner, dead, ..
        } = &self.loader;
        load::again(store, *owner, dead, letter, &Gate::default()).await
    }

    /// Lets the loader run by itself.
    pub(crate) fn run(self) -> Running {
        let Loading { ground, mut loader } = self;
        let (tell, state) = watch::channel(LoadState::default());
        let (stop, mut stopping) = watch::channel(false);
        let task = tokio::spawn(async move {
            loader.run(&tell, &mut stopping).await;
            loader
        });
        Running {
            ground,
            state,
            stop,
            task,
        }
    }
}

impl Ground {
    /// Takes a request of these events in.
    pub(crate) async fn take(&self, lines: &[String]) {
        let setting = Setting {
            source: "events".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::Tz::UTC,
            writeups: Vec::new(),
        };
        let build = sources::events::KIND.push.expect("a receiver");
        let push = build(toml::Table::new(), &setting).expect("a receiver");
        let request = Request {
            headers: vec![("content-type".to_owned(), "application/x-ndjson".to_owned())],
            body: lines.join("\n").into_bytes(),
            now: NOW,
        };
        let terms = Terms {
            source: "events".to_owned(),
            ..Terms::default()
        };
        let taken = self.receiver.take(push.into(), request, terms).await;
        assert_eq!(taken.expect("taken").accepted, lines.len() as u64);
    }

    /// A request of a comment and a read, sealed as a segment of its own.
    pub(crate) async fn segment(&self, name: &str) {
        self.take(&[comment(name, 3), read(name)]).await;
        self.spool.seal().await;
    }

    /// The segments that wait.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("spool")).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut all: Vec<_> = paths
            .filter(|path| path.extension().is_some_and(|ending| ending == "seg"))
            .collect();
        all.sort();
        all
    }

    /// Comments, reads, and lines of receipts that are in the store.
    pub(crate) async fn stored(&self) -> (u64, u64, u64) {
        let count = |sql: &'static str| self.way.count(sql);
        (
            count("SELECT count() FROM landing_comment FINAL").await,
            count("SELECT count() FROM landing_read FINAL").await,
            count("SELECT sum(lines) FROM receipt FINAL").await,
        )
    }

    pub(crate) async fn statement(&self, sql: &str) {
        self.way.client.query(sql).execute().await.expect(sql);
    }
}

/// A loader at work.
pub(crate) struct Running {
    state: watch::Receiver<LoadState>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Loader>,
    pub(crate) ground: Ground,
}

impl Running {
    /// Waits until loading is in such a state.
    pub(crate) async fn until(&mut self, wanted: impl FnMut(&LoadState) -> bool) -> LoadState {
        let found = tokio::time::timeout(PATIENCE, self.state.wait_for(wanted));
        let found = found.await.expect("in time").expect("a loader");
        found.clone()
    }

    /// Waits until these words tell why nothing is loaded, and it was tried some times.
    pub(crate) async fn troubled(&mut self, words: &str) {
        let fits =
            |state: &LoadState| state.attempts >= 3 && state.trouble.as_deref() == Some(words);
        self.until(fits).await;
    }

    /// Waits until nothing is left in the spool.
    pub(crate) async fn emptied(&mut self) {
        let spool = self.ground.spool.clone();
        let empty = async {
            while spool.usage().segments > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, empty)
            .await
            .unwrap_or_else(|_| panic!("{:?}", *self.state.borrow()));
        self.until(|state| state.trouble.is_none()).await;
    }

    pub(crate) async fn stop(self) -> Loading {
        self.stop.send_replace(true);
        Loading {
            ground: self.ground,
            loader: self.task.await.expect("a loader"),
        }
    }
}

pub(crate) fn comment(name: &str, words: u32) -> String {
    let data = json!({ "person": format!("{name}-author"), "words": words });
    let id = format!("comment {name}");
    event("comment", &id, "page", "2026-03-01T10:00:00Z", data)
}

pub(crate) fn read(name: &str) -> String {
    let data = json!({ "person": format!("{name}-reader"), "engaged_s": 100 });
    let id = format!("read {name}");
    event("read", &id, "page", "2026-03-01T10:00:00Z", data)
}
