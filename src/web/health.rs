//! `/healthz`, `/readyz`, `/metrics`: whether the process lives, what of it does its work, and how
//! much it did.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{self, Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};

use super::AppState;
use super::problem::{Refusal, Segment, json_response};
use super::receive::Door;
use crate::engine::EngineState;
use crate::jobs::load::LoadState;
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
    /// It was told to stop.
    pub stopping: AtomicBool,
    /// Sources whose last scan failed.
    unscanned: sync::Mutex<BTreeSet<String>>,
    /// The last computation failed.
    uncomputed: AtomicBool,
    looked: Mutex<Option<(Instant, Option<String>)>>,
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
            stopping: AtomicBool::new(false),
            unscanned: sync::Mutex::default(),
            uncomputed: AtomicBool::new(false),
            looked: Mutex::default(),
        }
    }

    /// A source was scanned, or could not be.
    pub fn scanned(&self, source: &str, done: bool) {
        let mut unscanned = self.unscanned();
        match done {
            true => unscanned.remove(source),
            false => unscanned.insert(source.to_owned()),
        };
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
    fn jobs(&self) -> Option<String> {
        let words = "a source could not be scanned; the log says which";
        (!self.unscanned().is_empty()).then(|| words.to_owned())
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
const PARTS: [&str; 5] = ["door", "engine", "load", "jobs", "pages"];

/// `GET /readyz`: everything does its work.
pub(super) async fn readyz(State(state): State<AppState>) -> Response<Body> {
    let Some(parts) = &state.parts else {
        return json_response(StatusCode::OK, &json!({ "ready": true }));
    };
    let mut all = Map::new();
    let mut ready = true;
    for part in PARTS {
        let trouble = trouble(part, &state, parts).await;
        ready &= trouble.is_none();
        all.insert(part.to_owned(), told(trouble));
    }
    let usage = parts.spool.usage();
    all.insert(
        "spool".to_owned(),
        json!({ "bytes": usage.bytes, "limit": usage.limit, "segments": usage.segments }),
    );
    let letters = parts.dead.count().unwrap_or(0);
    all.insert("dead_letters".to_owned(), letters.into());
    all.insert("access".to_owned(), state.access.mode().into());
    answer(ready, json!({ "ready": ready, "parts": all }))
}

/// `GET /readyz/{part}`: one part does its work. Balancers in front of senders ask for `door`: it
/// takes events also while the engine is away.
pub(super) async fn part(State(state): State<AppState>, Segment(part): Segment) -> Response<Body> {
    let known = PARTS.iter().find(|known| **known == part);
    match (known, &state.parts) {
        (Some(_), Some(parts)) => {
            let trouble = trouble(&part, &state, parts).await;
            answer(trouble.is_none(), told(trouble))
        }
        (Some(_), None) => json_response(StatusCode::OK, &told(None)),
        (None, _) => {
            let words = format!("no such part; there are {}", PARTS.join(", "));
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
        "jobs" => parts.jobs(),
        _ => parts.pages(state),
    }
}

fn told(trouble: Option<String>) -> Value {
    match trouble {
        None => json!({ "ok": true }),
        Some(why) => json!({ "ok": false, "why": why }),
    }
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
    };
    door.metrics().encode(&gauges)
}
