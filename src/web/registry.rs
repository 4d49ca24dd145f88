//! The registry of write-ups over HTTP, for tokens that take its source: what is known is read from the
//! engine, what is said goes the way of all events, through the spool. Nothing is ever changed or
//! deleted, and nobody is named.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::AppState;
use super::access::Access;
use super::body;
use super::health::Opened;
use super::problem::{Refusal, Segment, json_response};
use super::receive::{Door, Entrance, accepted};
use super::tokens::Kept;
use crate::collect::receive::{Request, Terms};
use crate::jobs::people::BY_HAND;
use crate::jobs::registry::{MergeError, Registry, told};
use crate::model::{Body as Content, EventKind, Millis, RETRACTED, parse_rfc3339, to_rfc3339};
use crate::sources::events;
use crate::store::{RegistryWriteup, Store};

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Targets without a write-up that are told.
const MOST_UNREGISTERED: usize = 1000;

/// So many write-ups are remembered before those are forgotten of which nothing was said just now.
const REMEMBERED: usize = 1024;

/// When something was last said of a write-up by this door. The registry knows it only when it is loaded;
/// of two requests in one instant the later one has to be the last word all the same.
#[derive(Default)]
pub(super) struct Said(Mutex<HashMap<String, Millis>>);

impl Said {
    /// `at`, or the instant behind the last that was given for this write-up.
    fn after(&self, id: &str, at: Millis) -> Millis {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= REMEMBERED {
            // Whoever speaks of these next does so later anyway.
            last.retain(|_, said| *said >= at);
        }
        let at = last.get(id).map_or(at, |said| at.max(said + 1));
        last.insert(id.to_owned(), at);
        at
    }
}

/// `GET /v1/writeups`
pub(super) async fn list(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Response<Body> {
    let done = async {
        let look = Look::with_token(&state, &door, &headers).await?;
        let writeups = look.registry.writeups();
        let writeups: Vec<Value> = writeups.map(|one| told::brief(one, look.k)).collect();
        Ok(json!({ "writeups": writeups }))
    };
    found(&door, "/v1/writeups", done.await)
}

/// `GET /v1/writeups/unregistered`
pub(super) async fn unregistered(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Response<Body> {
    let done = async {
        let look = Look::with_token(&state, &door, &headers).await?;
        let found = in_time(look.registry.unregistered(&look.store)).await?;
        let each = found.iter().take(MOST_UNREGISTERED).map(|one| {
            // As finely as the pages: events of few people are not told by the minute.
            let day = |at: Millis| to_rfc3339(at).chars().take(10).collect::<String>();
            json!({
                "target": one.target,
                "events": one.events,
                "first": day(one.first_at),
                "last": day(one.last_at),
            })
        });
        Ok(json!({ "targets": each.collect::<Vec<_>>(), "total": found.len() }))
    };
    found(&door, "/v1/writeups/unregistered", done.await)
}

/// `GET /v1/writeups/{id}`
pub(super) async fn one(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Response<Body> {
    let done = async {
        let look = Look::with_token(&state, &door, &headers).await?;
        let writeup = look.entry(&id)?;
        Ok(told::whole(&look.registry, writeup, look.k))
    };
    found(&door, "/v1/writeups/{id}", done.await)
}

/// `POST /v1/writeups/{id}`
pub(super) async fn say(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let mut saying = Saying::open(&state, &door, request).await?;
        let is_plain = id.trim() == id && !id.chars().any(char::is_control);
        if id.is_empty() || !is_plain || id.ends_with('*') || id.ends_with(RETRACTED) {
            let words =
                "the address names no write-up; valid is any name that stays, such as INC-123";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        let own = saying.look.registry.entry(&id);
        if let Some(other) = own.filter(|known| known.id != id) {
            return Err(conflict(&other.id));
        }
        let given = saying.body.get("id").filter(|given| !given.is_null());
        if given.is_some_and(|given| given.as_str() != Some(&id)) {
            let words = "data.id: is another one than the address names; leave it out";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        let data = std::mem::take(&mut saying.body);
        saying.speak(&door, &id, data).await
    };
    door.answer("/v1/writeups/{id}", done.await)
}

/// `POST /v1/writeups/{id}/merge`
pub(super) async fn merge(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let saying = Saying::open(&state, &door, request).await?;
        let Some(into) = saying.body.get("into").and_then(Value::as_str) else {
            let words = "into: missing; valid is {\"into\": \"ID\"}";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        };
        let (part, into) = (saying.look.entry(&id)?, saying.look.entry(into)?);
        saying
            .look
            .registry
            .merging(part, into)
            .map_err(unmergeable)?;
        let data = fields([("merged_into", into.id.as_str().into())]);
        let part = part.id.clone();
        saying.speak(&door, &part, data).await
    };
    door.answer("/v1/writeups/{id}/merge", done.await)
}

/// `POST /v1/writeups/{id}/split`
pub(super) async fn split(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let saying = Saying::open(&state, &door, request).await?;
        let part = saying.look.entry(&id)?;
        saying.look.registry.splitting(part).map_err(unmergeable)?;
        let data = fields([("merged_into", part.id.as_str().into())]);
        let part = part.id.clone();
        saying.speak(&door, &part, data).await
    };
    door.answer("/v1/writeups/{id}/split", done.await)
}

/// `POST /v1/writeups/{id}/retire`
pub(super) async fn retire(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let saying = Saying::open(&state, &door, request).await?;
        let known = saying.look.entry(&id)?;
        if let Some(whole) = saying.look.registry.whole(known) {
            return Err(conflict(&whole.id));
        }
        let at = match saying.body.get("at").filter(|at| !at.is_null()) {
            None => door.now(),
            Some(at) => at.as_str().and_then(parse_rfc3339).ok_or_else(|| {
                let words = "at: valid is an RFC 3339 instant such as 2026-07-01T00:00:00Z";
                Refusal::new(StatusCode::BAD_REQUEST, words)
            })?,
        };
        if known.published_at.is_some_and(|published| at < published) {
            let words = "at: lies before the write-up was published";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words));
        }
        let data = fields([("deleted_at", to_rfc3339(at).into())]);
        let known = known.id.clone();
        saying.speak(&door, &known, data).await
    };
    door.answer("/v1/writeups/{id}/retire", done.await)
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    let each = fields.into_iter();
    each.map(|(name, value)| (name.to_owned(), value)).collect()
}

fn found(door: &Door, route: &'static str, answer: Result<Value, Refusal>) -> Response<Body> {
    door.answer(
        route,
        answer.map(|body| json_response(StatusCode::OK, &body)),
    )
}

/// Whether a token may look at the registry and add to it.
fn may(sender: Kept) -> Result<Kept, Refusal> {
    let scope = sender.scope();
    // A token for every source was made for senders of events: it shows nobody what is restricted.
    let is_named = sender.sources.iter().any(|source| source == BY_HAND);
    match is_named && scope.takes_kind(EventKind::Writeup) {
        true => Ok(sender),
        false => {
            let words = "the token is not for the registry; it has to name the source `registry`, and take \
                         the type `writeup`";
            Err(Refusal::new(StatusCode::FORBIDDEN, words))
        }
    }
}

/// The registry as it is now.
struct Look {
    registry: Registry,
    store: Box<Store>,
    k: u32,
}

impl Look {
    async fn with_token(
        state: &AppState,
        door: &Door,
        headers: &HeaderMap,
    ) -> Result<Self, Refusal> {
        may(door.sender(headers)?)?;
        Look::at(state).await
    }

    async fn at(state: &AppState) -> Result<Self, Refusal> {
        let Some(parts) = &state.parts else {
            let words = "only `readback serve` has the registry";
            return Err(Refusal::new(StatusCode::NOT_FOUND, words));
        };
        let opened = parts.engine.borrow().clone();
        let Opened::Open(store, _) = opened else {
            return Err(Refusal::later(AWAY));
        };
        let registry = in_time(Registry::now(&store)).await?;
        Ok(Look {
            registry,
            store,
            k: parts.k,
        })
    }

    fn entry(&self, name: &str) -> Result<&RegistryWriteup, Refusal> {
        self.registry.entry(name).ok_or_else(|| {
            let words = "no write-up has this name; /v1/writeups lists those there are";
            Refusal::new(StatusCode::NOT_FOUND, words)
        })
    }
}

/// Waits for the engine, but not for one that is stuck.
async fn in_time<T>(asked: impl Future<Output = anyhow::Result<T>>) -> Result<T, Refusal> {
    match timeout(PATIENCE, asked).await {
        Ok(answered) => answered.map_err(away),
        Err(_) => Err(Refusal::later(AWAY)),
    }
}

const AWAY: &str = "the engine is away, and the registry with it";

/// What the engine says is the operator's business; it stands in the log.
fn away(error: anyhow::Error) -> Refusal {
    tracing::error!(error = format!("{error:#}"), "the registry can't be read");
    Refusal::later(AWAY)
}

fn unmergeable(error: MergeError) -> Refusal {
    let status = match error {
        MergeError::Itself(_) => StatusCode::BAD_REQUEST,
        MergeError::Cycle { .. } | MergeError::Whole(_) => StatusCode::CONFLICT,
    };
    Refusal::new(status, error.to_string())
}

fn conflict(holder: &str) -> Refusal {
    let words = format!("a name of it is one of the write-up {holder:?} already");
    Refusal::new(StatusCode::CONFLICT, words)
}

/// Somebody who may say something, and what they sent.
struct Saying {
    look: Look,
    access: Arc<Access>,
    sender: Kept,
    request: Request,
    body: Map<String, Value>,
    _held: body::Held,
}

impl Saying {
    async fn open(state: &AppState, door: &Door, request: HttpRequest) -> Result<Self, Refusal> {
        // Nobody's body is read who may not speak, or while there is nobody to hear it.
        let sender = door.sender(request.headers()).and_then(may);
        let look = match sender {
            Ok(_) => Look::at(state).await,
            Err(refusal) => Err(refusal),
        };
        let look = match look {
            Ok(look) => look,
            Err(refusal) => {
                body::turn_away(request).await;
                return Err(refusal);
            }
        };
        let (mut request, sender, held) = door.open(request).await?;
        let text = std::mem::take(&mut request.body);
        let body = match text.trim_ascii() {
            [] => Map::new(),
            text if text.len() > events::MAX_LINE => {
                let words = format!("valid are at most {} bytes", events::MAX_LINE);
                return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, words));
            }
            // Not serde's words: they may repeat what stands there.
            text => serde_json::from_slice(text).map_err(|_| {
                let words = "the body is no JSON object";
                Refusal::new(StatusCode::BAD_REQUEST, words)
            })?,
        };
        Ok(Saying {
            look,
            access: Arc::clone(&state.access),
            sender,
            request,
            body,
            _held: held,
        })
    }

    /// Says something of a write-up: one more event.
    async fn speak(
        self,
        door: &Arc<Door>,
        id: &str,
        mut data: Map<String, Value>,
    ) -> Result<Response<Body>, Refusal> {
        let registry = &self.look.registry;
        data.insert("id".to_owned(), id.into());
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| away(anyhow::anyhow!("{error}")))?;
        let name = u128::from_be_bytes(random);
        let event = json!({
            "specversion": "1.0",
            "type": "org.readback.writeup.v1",
            "source": BY_HAND,
            "id": format!("{id} {name:032x}"),
            "subject": id,
            "time": to_rfc3339(door.said.after(id, registry.after(id, door.now()))),
            "data": data,
        });
        let body = event.to_string().into_bytes();
        // What can't be read is told by the door.
        if let Ok(event) = events::decode(&body)
            && let Content::Writeup(writeup) = event.body
        {
            let known = registry.entry(id).and_then(|known| known.published_at);
            let published = writeup.published_at.or(known);
            if published
                .zip(writeup.deleted_at)
                .is_some_and(|(published, deleted)| deleted < published)
            {
                let words = "deleted_at: lies before the write-up was published";
                return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words));
            }
            let plain = writeup.url.iter().chain(&writeup.aliases);
            let plain = plain.map(|name| (name, None));
            let dated = writeup.dated_aliases.iter().map(|dated| {
                let from = dated.from.unwrap_or(Millis::MIN);
                (&dated.alias, Some((from, dated.to.unwrap_or(Millis::MAX))))
            });
            let taken = plain
                .chain(dated)
                .find_map(|(name, span)| registry.holder(id, name, span));
            if let Some(holder) = taken {
                return Err(conflict(&holder.id));
            }
        }
        let terms = Terms {
            scope: self.sender.scope(),
            source: BY_HAND.to_owned(),
            whole: false,
        };
        let media = "application/cloudevents+json".to_owned();
        let request = Request {
            headers: vec![("content-type".to_owned(), media)],
            body,
            now: self.request.now,
        };
        let answer = accepted(door.take(door.events(), request, terms).await?)?;
        let name = format!("write-ups, by the token {}", self.sender.name);
        match self.access.note_change(name).await {
            true => Ok(answer),
            false => Err(Refusal::later(
                "it is done, and can't be written into the audit log",
            )),
        }
    }
}
