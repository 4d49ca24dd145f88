//! The registry of write-ups over HTTP: who has a token for it, or is a coordinator, looks at it and adds
//! to it. Looking asks the engine, what is said goes the way of all events, through the spool. Nothing is
//! ever changed or deleted, and nobody is named.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::AppState;
use super::body;
use super::look::{Look, in_time, there};
use super::problem::{Refusal, Segment, json_response};
use super::receive::{Door, Entrance, accepted};
use super::speaker::{Data, Speaker, may};
use super::who::{Caller, Who};
use crate::jobs::registry::told;
use crate::model::{Millis, to_rfc3339};
use crate::sources::events;
use crate::store::RegistryWriteup;

/// Targets without a write-up that are told.
const MOST_UNREGISTERED: usize = 1000;

/// `GET /v1/writeups`
pub(super) async fn list(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Caller(who): Caller,
) -> Response<Body> {
    let done = async {
        let look = Look::of(&state, &may(who)?).await?;
        let writeups = look.writeups();
        let writeups: Vec<Value> = writeups.map(|one| told::brief(one, look.k)).collect();
        Ok(json!({ "writeups": writeups }))
    };
    found(&door, "/v1/writeups", done.await)
}

/// `GET /v1/writeups/unregistered`
pub(super) async fn unregistered(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Caller(who): Caller,
) -> Response<Body> {
    let done = async {
        let look = Look::of(&state, &may(who)?).await?;
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
    Caller(who): Caller,
) -> Response<Body> {
    let done = async {
        let look = Look::of(&state, &may(who)?).await?;
        let writeup = look.entry(&id)?;
        Ok(told::whole(&look.registry, writeup, look.k))
    };
    found(&door, "/v1/writeups/{id}", done.await)
}

/// `POST /v1/writeups/{id}`
pub(super) async fn say(
    Entrance(door): Entrance,
    State(state): State<AppState>,
    Caller(who): Caller,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let (speaker, data, _held) = hear(&state, &door, who, request).await?;
        speaker.is_id(&id)?;
        let given = data.get("id").filter(|given| !given.is_null());
        if given.is_some_and(|given| given.as_str() != Some(&id)) {
            let words = "data.id: is another one than the address names; leave it out";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        accepted(speaker.speak(&id, data).await?)
    };
    door.answer("/v1/writeups/{id}", done.await)
}

/// `POST /v1/writeups/{id}/merge`
pub(super) async fn merge(
    entrance: Entrance,
    state: State<AppState>,
    caller: Caller,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let route = ("/v1/writeups/{id}/merge", id);
    change(route, (entrance, state, caller), request, Speaker::merged).await
}

/// `POST /v1/writeups/{id}/split`
pub(super) async fn split(
    entrance: Entrance,
    state: State<AppState>,
    caller: Caller,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let route = ("/v1/writeups/{id}/split", id);
    change(route, (entrance, state, caller), request, Speaker::split).await
}

/// `POST /v1/writeups/{id}/retire`
pub(super) async fn retire(
    entrance: Entrance,
    state: State<AppState>,
    caller: Caller,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let route = ("/v1/writeups/{id}/retire", id);
    change(route, (entrance, state, caller), request, Speaker::retired).await
}

/// `POST /v1/writeups/{id}/unalias`
pub(super) async fn unalias(
    entrance: Entrance,
    state: State<AppState>,
    caller: Caller,
    Segment(id): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let route = ("/v1/writeups/{id}/unalias", id);
    change(route, (entrance, state, caller), request, Speaker::unnamed).await
}

/// Says something of a write-up that there is: `what` makes it of the body.
async fn change(
    (route, id): (&'static str, String),
    (Entrance(door), State(state), Caller(who)): (Entrance, State<AppState>, Caller),
    request: HttpRequest,
    what: fn(&Speaker, &RegistryWriteup, &Data) -> Result<Data, Refusal>,
) -> Response<Body> {
    let done = async {
        let (speaker, body, _held) = hear(&state, &door, who, request).await?;
        let known = speaker.look.entry(&id)?;
        let (id, data) = (known.id.clone(), what(&speaker, known, &body)?);
        accepted(speaker.speak(&id, data).await?)
    };
    door.answer(route, done.await)
}

fn found(door: &Door, route: &'static str, answer: Result<Value, Refusal>) -> Response<Body> {
    door.answer(
        route,
        answer.map(|body| json_response(StatusCode::OK, &body)),
    )
}

/// Somebody who may say something, and what they sent.
async fn hear(
    state: &AppState,
    door: &Arc<Door>,
    who: Result<Who, Refusal>,
    request: HttpRequest,
) -> Result<(Speaker, Data, body::Held), Refusal> {
    // Nobody's body is read who may not speak, or while there is nobody to hear it.
    let who = match may(who).and_then(|who| there(state).map(|_| who)) {
        Ok(who) => who,
        Err(refusal) => {
            body::turn_away(request).await;
            return Err(refusal);
        }
    };
    let (request, held) = door.read(request).await?;
    let data = match request.body.trim_ascii() {
        [] => Data::new(),
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
    // Only now: whoever sends slowly keeps nobody else from speaking.
    let speaker = Speaker::open(state, door, who).await?;
    Ok((speaker, data, held))
}
