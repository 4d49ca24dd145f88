//! Files over HTTP: `POST /v1/imports/{kind}` brings in what `readback import` brings in, and answers with
//! the receipt. The work is done by `jobs::upload`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request as HttpRequest, State};
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::AppState;
use super::access::Access;
use super::body::{self, Held};
use super::health::{Opened, Parts};
use super::problem::{Refusal, Segment, json_response};
use super::receive::Entrance;
use super::who::{Caller, Who};
use crate::jobs::ingest::{Ingested, NotRead};
use crate::jobs::order::{Order, typed};
use crate::jobs::upload::{Busy, Desk, Upload};
use crate::model::Millis;
use crate::sources::{self, KINDS, Kind};
use crate::store::Store;

/// Rejected entries that are told one by one.
const MOST_TOLD: usize = 1000;

/// What somebody says of a file.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) kind: String,
    pub(super) source: Option<String>,
    /// What the file is called.
    pub(super) file: String,
    pub(super) params: Vec<(String, toml::Value)>,
    pub(super) dry_run: bool,
}

impl Asked {
    /// What stands behind the question mark: `source`, `file` and `dry_run`, and parameters of the kind.
    fn of(kind: String, pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut asked = Asked {
            kind,
            ..Asked::default()
        };
        for (name, value) in pairs {
            match name.as_str() {
                "source" => asked.source = Some(value),
                "file" => asked.file = value,
                "dry_run" => {
                    asked.dry_run = value.parse().map_err(|_| {
                        let words = "dry_run: valid are true and false";
                        Refusal::new(StatusCode::BAD_REQUEST, words)
                    })?;
                }
                _ => asked.params.push((name, typed(&value))),
            }
        }
        Ok(asked)
    }
}

/// `POST /v1/imports/{kind}`
pub(super) async fn import(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Caller(who): Caller,
    Segment(kind): Segment,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let asked = || -> Result<(Task, String), Refusal> {
            let who = who?;
            let Query(pairs) = query?;
            Task::of(&state, who, Asked::of(kind, pairs)?)
        };
        let (task, name) = match asked() {
            Ok(task) => task,
            Err(refusal) => {
                body::turn_away(request).await;
                return Err(refusal);
            }
        };
        let (request, held) = door.read(request).await?;
        let receipt = task.run(name, (request.body, held), request.now).await?;
        Ok(json_response(StatusCode::OK, &Value::Object(receipt)))
    };
    door.answer("/v1/imports/{kind}", done.await)
}

/// The kinds that read files.
pub(super) fn kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| kind.file.is_some())
}

/// An import that can be done.
pub(super) struct Task {
    parts: Arc<Parts>,
    store: Box<Store>,
    access: Arc<Access>,
    order: Order,
    who: Who,
    dry_run: bool,
}

impl Task {
    /// What is asked for, if it can be done and whoever asks may; with the name of the file.
    pub(super) fn of(state: &AppState, who: Who, asked: Asked) -> Result<(Task, String), Refusal> {
        let Some(kind) = sources::find(&asked.kind).filter(|kind| kind.file.is_some()) else {
            let known: Vec<&str> = kinds().map(|kind| kind.name).collect();
            let words = format!("no such kind of file; there are {}", known.join(", "));
            return Err(Refusal::new(StatusCode::NOT_FOUND, words));
        };
        let Some((parts, desk)) = desk(state) else {
            let words = "only `readback serve` takes files";
            return Err(Refusal::new(StatusCode::NOT_FOUND, words));
        };
        let order = desk.order(kind, asked.source, &asked.params);
        let order =
            order.map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let scope = who.scope();
        if !scope.takes_source(&order.source) {
            let known = scope.sources.join(", ");
            let words = format!("the token is not for this source; it is for {known}");
            return Err(Refusal::new(StatusCode::FORBIDDEN, words));
        }
        let Opened::Open(store, _) = parts.engine.borrow().clone() else {
            return Err(Refusal::later(AWAY));
        };
        let task = Task {
            parts: Arc::clone(parts),
            store,
            access: Arc::clone(&state.access),
            order,
            who,
            dry_run: asked.dry_run,
        };
        Ok((task, asked.file))
    }

    /// Does it. It goes on where whoever asked hangs up meanwhile: half a file is nobody's wish.
    pub(super) async fn run(
        self,
        name: String,
        (bytes, held): (Vec<u8>, Held),
        now: Millis,
    ) -> Result<Map<String, Value>, Refusal> {
        let (bytes, held) = body::opened(bytes, held).await?;
        let doing = tokio::spawn(async move {
            let _held = held;
            self.done(name, bytes, now).await
        });
        doing.await.unwrap_or_else(|_| {
            let words = "the file could not be gone through; the log of the server says why";
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words))
        })
    }

    async fn done(
        self,
        name: String,
        bytes: Vec<u8>,
        now: Millis,
    ) -> Result<Map<String, Value>, Refusal> {
        let Some(desk) = &self.parts.desk else {
            return Err(Refusal::later(AWAY));
        };
        let (kind, source) = (self.order.kind.name, self.order.source.clone());
        let _alone = match self.dry_run {
            true => None,
            false => Some(desk.alone().await),
        };
        let upload = Upload {
            order: self.order,
            name,
            bytes,
            now,
            scope: self.who.scope(),
            dry_run: self.dry_run,
            meeting: None,
        };
        let done = desk.bring(&self.store, upload).await;
        let done = done.map_err(|error| refused(kind, &error))?;
        let receipt = receipt((kind, &source), self.dry_run, &done);
        let is_stored = !self.dry_run && done.total() > 0;
        let (mark, what) = self.who.told(&format!("{kind} as {source}"));
        if is_stored && !self.access.note_import(mark, what).await {
            let words = "it is done, and can't be written into the audit log";
            return Err(Refusal::later(words));
        }
        if done.rejected > 0 && done.total() == 0 && done.left_out.is_empty() {
            let words = format!("nothing was taken as {kind}: all of it was rejected");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words).with_account(receipt));
        }
        Ok(receipt)
    }
}

const AWAY: &str = "the engine is away; try again";

/// Where files are handed in, if that is here.
pub(super) fn desk(state: &AppState) -> Option<(&Arc<Parts>, &Desk)> {
    let parts = state.parts.as_ref()?;
    Some((parts, parts.desk.as_ref()?))
}

fn refused(kind: &str, error: &anyhow::Error) -> Refusal {
    if error.is::<Busy>() {
        return Refusal::later(Busy.to_string());
    }
    if let Some(NotRead(reason)) = error.downcast_ref() {
        let words = format!("the file can't be read as {kind}: {reason}");
        return Refusal::new(StatusCode::BAD_REQUEST, words);
    }
    // What the engine says is the operator's business; it stands in the log.
    tracing::error!(error = format!("{error:#}"), "a file can't be imported");
    Refusal::later(AWAY)
}

/// What came of a file.
fn receipt((kind, source): (&str, &str), dry_run: bool, done: &Ingested) -> Map<String, Value> {
    let told = done.problems.iter().take(MOST_TOLD);
    let told =
        told.map(|one| json!({ "place": one.place, "field": one.field, "reason": one.reason }));
    let more = done.problems.len().saturating_sub(MOST_TOLD) as u64;
    let receipt = json!({
        "kind": kind,
        "source": source,
        "dry_run": dry_run,
        "accepted": done.total(),
        "events": done.events,
        "left_out": done.left_out,
        "rejected": done.rejected,
        "problems": told.collect::<Vec<_>>(),
        "untold": done.untold + more,
        "notes": done.notes,
    });
    match receipt {
        Value::Object(receipt) => receipt,
        _ => Map::new(),
    }
}
