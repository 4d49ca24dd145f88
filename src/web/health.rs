//! `/healthz`, `/readyz`, `/metrics`: whether the process lives, what of it does its work, and how
//! much it did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{self, Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, Notify, watch};
use tokio::time::{Instant, timeout};

use super::AppState;
use super::problem::{Refusal, Segment, json_response};
use super::receive::Door;
use crate::engine::EngineState;
use crate::jobs::expiry::Taken;
use crate::jobs::load::LoadState;
use crate::jobs::upload::Desk;
use crate::model::Millis;
use crate::spool::{Dead, Spool};
use crate::store::{MigrateError, Store};
use crate::telemetry::{Gauges, MEDIA_TYPE};

/// How long the engine may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long its answer is good for: probes of many balancers ask the engine once.
const FRESH: Duration = Duration::from_secs(1);

/// The parts of a running collector, as far as their health goes.
pub struct Parts {
    /// The spool.
    pub spool: Spool,
    /// The dead letters.
    pub dead: Dead,
    /// How loading goes.
    pub load: watch::Receiver<LoadState>,
    /// The engine, once it could be opened.
    pub engine: watch::Receiver<Opened>,
    /// Pages are computed here; where not, nobody waits for them.
    pub computes: bool,
    /// Fewer people than this are not counted for anybody; all until it is said.
    pub k: u32,
    /// Published tables are asked for; where not, nobody misses them.
    pub has_tables: bool,
    /// Where files are handed in.
    pub desk: Option<Desk>,
    /// It was told to stop.
    pub stopping: AtomicBool,
    /// Sources whose last scan failed.
    unscanned: sync::Mutex<BTreeSet<String>>,
    /// When each source was last taken from.
    taken: sync::Mutex<Vec<Taken>>,
    /// Parts of sources that can't be read, by source.
    unread: sync::Mutex<BTreeMap<String, u64>>,
    /// The last computation failed.
    uncomputed: AtomicBool,
    tables: sync::Mutex<Tables>,
    looked: Mutex<Option<(Instant, Option<String>)>>,
    overdue: Notify,
}

/// The published tables, as far as their health goes.
#[derive(Default)]
struct Tables {
    /// They were opened once.
    opened: bool,
    /// The engine of their own, where they have one.
    engine: Option<watch::Receiver<EngineState>>,
    /// What went wrong last.
    trouble: Option<&'static str>,
}

/// The engine and its tables as a collector sees them.
#[derive(Clone, Default)]
pub enum Opened {
    /// Not yet; nobody has said why.
    #[default]
    Opening,
    /// Not yet, for this reason.
    Waiting(String),
    /// They are open.
    Open(Box<Store>, Option<watch::Receiver<EngineState>>),
}

impl Parts {
    /// Watches these.
    pub fn new(
        spool: Spool,
        dead: Dead,
        load: watch::Receiver<LoadState>,
        engine: watch::Receiver<Opened>,
    ) -> Self {
        Parts {
            spool,
            dead,
            load,
            engine,
            computes: true,
            k: u32::MAX,
            has_tables: false,
            desk: None,
            stopping: AtomicBool::new(false),
            unscanned: sync::Mutex::default(),
            taken: sync::Mutex::default(),
            unread: sync::Mutex::default(),
            uncomputed: AtomicBool::new(false),
            tables: sync::Mutex::default(),
            looked: Mutex::default(),
            overdue: Notify::new(),
        }
    }

    /// What was published shows something that it should not: the next report should not wait for its
    /// time. Pages hide it meanwhile, published tables can't.
    pub fn hurry(&self) {
        self.overdue.notify_one();
    }

    /// Waits until a report is overdue.
    pub async fn overdue(&self) {
        self.overdue.notified().await;
    }

    /// A source was scanned, or could not be.
    pub fn scanned(&self, source: &str, done: bool) {
        let mut unscanned = self.unscanned();
        match done {
            true => unscanned.remove(source),
            false => unscanned.insert(source.to_owned()),
        };
    }

    /// So many parts of a source can't be read: they are left out, and the rest was scanned.
    pub fn unread(&self, source: &str, parts: u64) {
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.insert(source.to_owned(), parts);
    }

    /// When each source was last taken from.
    pub fn took(&self, taken: Vec<Taken>) {
        *self.taken() = taken;
    }

    fn taken(&self) -> sync::MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What sources are about to forget, or have forgotten, in words for those who run it.
    pub(super) fn forgetting(&self, now: Millis) -> Vec<String> {
        self.taken()
            .iter()
            .filter_map(|one| one.words(now))
            .collect()
    }

    /// Seconds since sources were last pulled, by kind.
    fn lags(&self, now: Millis) -> Vec<(&'static str, f64)> {
        let taken = self.taken();
        let pulled = taken.iter().filter(|one| one.is_pulled);
        let lag = |one: &Taken| (one.kind, now.saturating_sub(one.at) as f64 / 1000.0);
        pulled.map(lag).collect()
    }

    /// How many parts of all sources can't be read. The log says which.
    fn all_unread(&self) -> u64 {
        let unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.values().sum()
    }

    fn unscanned(&self) -> sync::MutexGuard<'_, BTreeSet<String>> {
        self.unscanned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Pages were computed, or could not be.
    pub fn computed(&self, done: bool) {
        self.uncomputed.store(!done, Ordering::Relaxed);
    }

    /// The published tables were opened, with this engine of their own, or could not be.
    pub fn offered(&self, opened: Result<Option<watch::Receiver<EngineState>>, ()>) {
        let mut tables = self.tables();
        match opened {
            Ok(engine) => {
                *tables = Tables {
                    opened: true,
                    engine,
                    trouble: None,
                }
            }
            Err(()) => tables.trouble = Some("they can't be opened; the log says why"),
        }
    }

    /// A report was put into the published tables, or could not be.
    pub fn put(&self, done: bool) {
        let words = "the last report could not be put into them; the log says why";
        self.tables().trouble = (!done).then_some(words);
    }

    fn tables(&self) -> sync::MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What keeps reporting tools from reading the published tables of now.
    fn untold(&self) -> Option<String> {
        let tables = self.tables();
        let is_up = |engine: &watch::Receiver<EngineState>| engine.borrow().up;
        let words = match tables.trouble {
            Some(trouble) => trouble,
            None if !tables.opened => "they are not open yet",
            None if !tables.engine.as_ref().is_none_or(is_up) => "their engine is down",
            None => return None,
        };
        Some(words.to_owned())
    }

    /// The parts there are to tell of.
    fn parts(&self) -> impl Iterator<Item = &'static str> {
        let has = |part: &&str| *part != TABLES || self.has_tables;
        PARTS.into_iter().filter(has)
    }

    /// What keeps the door from taking events.
    fn door(&self) -> Option<String> {
        let usage = self.spool.usage();
        if self.stopping.load(Ordering::Relaxed) {
            return Some("stopping".to_owned());
        }
        if usage.failing.is_some() {
            return Some("the spool can't be written to".to_owned());
        }
        (!usage.takes()).then(|| "the spool is full".to_owned())
    }

    /// What keeps the engine from taking what is loaded.
    async fn engine(&self) -> Option<String> {
        let opened = self.engine.borrow().clone();
        let store = match opened {
            Opened::Opening => return Some("starting".to_owned()),
            Opened::Waiting(why) => return Some(why),
            Opened::Open(store, _) => store,
        };
        let mut looked = self.looked.lock().await;
        if let Some((at, found)) = &*looked
            && at.elapsed() < FRESH
        {
            return found.clone();
        }
        let found = match timeout(PATIENCE, store.behind()).await {
            Err(_) => Some("the engine does not answer".to_owned()),
            Ok(Ok(Some(0))) => None,
            Ok(Ok(_)) => Some("the schema is older than this program's".to_owned()),
            Ok(Err(MigrateError::Store(error))) => Some(error.class()),
            Ok(Err(error)) => Some(error.to_string()),
        };
        *looked = Some((Instant::now(), found.clone()));
        found
    }

    /// What keeps batches from being loaded.
    fn load(&self) -> Option<String> {
        let trouble = self.load.borrow().trouble.clone();
        let is_open = matches!(&*self.engine.borrow(), Opened::Open(..));
        trouble.or_else(|| (!is_open).then(|| "waits for the engine".to_owned()))
    }

    /// What the last scans left undone. Not of which source: whoever asks shows no token.
    fn jobs(&self, now: Option<Millis>) -> Option<String> {
        let words = "a source could not be scanned; the log says which";
        if !self.unscanned().is_empty() {
            return Some(words.to_owned());
        }
        let now = now?;
        let words =
            "a source was not pulled for longer than it remembers; `readback check` says which";
        self.taken()
            .iter()
            .any(|one| one.is_lost(now))
            .then(|| words.to_owned())
    }

    /// What keeps the pages from being those of now.
    fn pages(&self, state: &AppState) -> Option<String> {
        if self.uncomputed.load(Ordering::Relaxed) {
            return Some("the last computation failed".to_owned());
        }
        let none = self.computes && state.latest().is_none();
        none.then(|| "nothing has been computed yet".to_owned())
    }
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The parts that `/readyz` tells of; `/readyz/PART` tells of one.
const PARTS: [&str; 7] = ["door", "engine", "load", "jobs", "pages", "access", TABLES];
const TABLES: &str = "tables";

/// `GET /readyz`: everything does its work.
pub(super) async fn readyz(State(state): State<AppState>) -> Response<Body> {
    let Some(parts) = &state.parts else {
        return json_response(StatusCode::OK, &json!({ "ready": true }));
    };
    let mut all = Map::new();
    let mut ready = true;
    for part in parts.parts() {
        let trouble = trouble(part, &state, parts).await;
        ready &= trouble.is_none();
        all.insert(part.to_owned(), told(part, &state, trouble));
    }
    let usage = parts.spool.usage();
    all.insert(
        "spool".to_owned(),
        json!({ "bytes": usage.bytes, "limit": usage.limit, "segments": usage.segments }),
    );
    let letters = parts.dead.count().unwrap_or(0);
    all.insert("dead_letters".to_owned(), letters.into());
    all.insert("unread".to_owned(), parts.all_unread().into());
    if let Some(door) = &state.door {
        let sources = parts.forgetting(door.now()).len();
        all.insert("forgetting".to_owned(), sources.into());
    }
    answer(ready, json!({ "ready": ready, "parts": all }))
}

/// `GET /readyz/{part}`: one part does its work. Balancers in front of senders ask for `door`: it
/// takes events also while the engine is away.
pub(super) async fn part(State(state): State<AppState>, Segment(part): Segment) -> Response<Body> {
    let known = |part: &str| match &state.parts {
        Some(parts) => parts.parts().any(|known| known == part),
        None => PARTS.contains(&part),
    };
    match (known(&part), &state.parts) {
        (true, Some(parts)) => {
            let trouble = trouble(&part, &state, parts).await;
            answer(trouble.is_none(), told(&part, &state, trouble))
        }
        (true, None) => json_response(StatusCode::OK, &told(&part, &state, None)),
        (false, parts) => {
            let known: Vec<&str> = match parts {
                Some(parts) => parts.parts().collect(),
                None => PARTS.to_vec(),
            };
            let words = format!("no such part; there are {}", known.join(", "));
            Refusal::new(StatusCode::NOT_FOUND, words).respond()
        }
    }
}

async fn trouble(part: &str, state: &AppState, parts: &Parts) -> Option<String> {
    match part {
        "door" => parts.door().or_else(|| {
            let busy = state.door.as_ref().is_some_and(|door| door.is_busy());
            busy.then(|| "too much is being received at once".to_owned())
        }),
        "engine" => parts.engine().await,
        "load" => parts.load(),
        "jobs" => parts.jobs(state.door.as_ref().map(|door| door.now())),
        "access" => match timeout(PATIENCE, state.access.trouble()).await {
            Ok(trouble) => trouble,
            Err(_) => Some("the OpenID provider does not answer".to_owned()),
        },
        TABLES => parts.untold(),
        _ => parts.pages(state),
    }
}

fn told(part: &str, state: &AppState, trouble: Option<String>) -> Value {
    let mut told = match trouble {
        None => json!({ "ok": true }),
        Some(why) => json!({ "ok": false, "why": why }),
    };
    if part == "access" {
        told["mode"] = state.access.mode().into();
    }
    told
}

fn answer(ready: bool, body: Value) -> Response<Body> {
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    json_response(status, &body)
}

/// `GET /metrics`
pub(super) async fn metrics(State(state): State<AppState>) -> Response<Body> {
    let (Some(parts), Some(door)) = (&state.parts, &state.door) else {
        let words = "only `readback serve` has metrics";
        return Refusal::new(StatusCode::NOT_FOUND, words).respond();
    };
    let mut response = Response::new(Body::from(exposition(parts, door).await));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn exposition(parts: &Arc<Parts>, door: &Door) -> String {
    let usage = parts.spool.usage();
    let starts = match &*parts.engine.borrow() {
        Opened::Open(_, Some(state)) => state.borrow().starts,
        _ => 0,
    };
    let count = |n: usize| n as u64;
    let gauges = Gauges {
        spool_bytes: usage.bytes,
        spool_limit_bytes: usage.limit,
        spool_segments: count(usage.segments),
        spool_commits: usage.commits,
        spool_commit_seconds: usage.synced.as_secs_f64(),
        dead_letters: parts.dead.count().map_or(0, count),
        receiving_bytes: count(door.receiving()),
        engine_up: parts.engine().await.is_none(),
        engine_starts: starts.into(),
        source_lags: parts.lags(door.now()),
    };
    door.metrics().encode(&gauges)
}
