//! The short address of a write-up: it leads to wherever the write-up lies now, by any name that it has
//! or had. A redirect and nothing else: nobody is counted, and nothing is logged.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::AppState;
use super::look::{in_time, there};
use super::router::{absent, waiting};
use super::shown::Shown;
use crate::charts::reading;
use crate::jobs::registry::Registry;
use crate::pages::{Links, address_of};

/// `GET /go/{name}`
pub(super) async fn go(
    State(state): State<AppState>,
    shown: Shown,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Response<Body> {
    let Some(published) = &shown.latest else {
        return waiting(&shown, &headers);
    };
    let summary = &published.summary;
    let id = match entry(summary, &name) {
        Some(_) => Some(name),
        None => other(&state, &name).await,
    };
    // Who may not see it learns nothing of it, not even that there is one.
    let Some(writeup) = id.and_then(|id| entry(summary, &id)) else {
        return absent(&shown, &headers);
    };
    let id = reading::text(writeup, "id");
    if let Err(refusal) = shown.note(id).await {
        return refusal.respond();
    }
    let to = address_of(summary, writeup).unwrap_or_else(|| Links::Server.writeup(id));
    let mut response = Response::new(Body::empty());
    // What is no header is no address that a browser could open.
    let Ok(to) = HeaderValue::from_str(&to) else {
        return absent(&shown, &headers);
    };
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, to);
    // It may move tomorrow.
    let keep = HeaderValue::from_static("private, no-store");
    response.headers_mut().insert(CACHE_CONTROL, keep);
    response
}

fn entry<'a>(summary: &'a Value, id: &str) -> Option<&'a Value> {
    let mut writeups = reading::list(summary, "writeups").iter();
    writeups.find(|writeup| reading::text(writeup, "id") == id)
}

/// The id of the write-up that counts under another name; none where the registry can't be asked.
async fn other(state: &AppState, name: &str) -> Option<String> {
    let (_, store) = there(state).ok()?;
    let registry = in_time(Registry::now(&store)).await.ok()?;
    let mut found = registry.entry(name)?;
    if let Some(whole) = registry.whole(found) {
        found = whole;
    }
    Some(found.id.clone())
}
