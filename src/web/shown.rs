//! What a reader sees: the summary for everybody, or the fuller one for those who may see restricted
//! write-ups.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts as Head;
use serde_json::Value;

use super::access::{Access, Reader};
use super::problem::Refusal;
use super::{AppState, Published};
use crate::charts::reading;
use crate::pages::Seat;

/// What whoever asks may see.
pub(super) struct Shown {
    /// The latest summary, if one was computed.
    pub(super) latest: Option<Arc<Published>>,
    /// Where whoever asks may go.
    pub(super) seat: Seat,
    /// Whether this process computes pages.
    pub(super) computes: bool,
    reader: Option<Reader>,
    access: Arc<Access>,
}

impl FromRequestParts<AppState> for Shown {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Head, state: &AppState) -> Result<Self, Infallible> {
        let reader = head.extensions.get::<Reader>().cloned();
        let sees_all = reader.as_ref().is_some_and(|reader| reader.restricted);
        let latest = match sees_all {
            true => state.latest_full(),
            false => state.latest(),
        };
        let latest = match latest {
            Some(latest) => Some(state.hidden.through(state, latest, sees_all).await),
            None => None,
        };
        let seat = state.access.seat(reader.as_ref());
        Ok(Shown {
            latest,
            computes: state.parts.as_ref().is_none_or(|parts| parts.computes),
            seat: Seat {
                // Pages alone have none.
                registry: seat.registry && state.parts.is_some(),
                ..seat
            },
            reader,
            access: Arc::clone(&state.access),
        })
    }
}

impl Shown {
    /// Writes down that a write-up is looked at, where it is restricted and seen.
    pub(super) async fn note(&self, id: &str) -> Result<(), Refusal> {
        self.note_if(id, |writeup| reading::text(writeup, "id") == id)
            .await
    }

    /// The same of all at once, in what has this name.
    pub(super) async fn note_all(&self, what: &str) -> Result<(), Refusal> {
        self.note_if(what, |_| true).await
    }

    async fn note_if(&self, what: &str, is: impl Fn(&Value) -> bool) -> Result<(), Refusal> {
        let (Some(published), Some(reader)) = (&self.latest, &self.reader) else {
            return Ok(());
        };
        let mut writeups = reading::list(&published.summary, "writeups").iter();
        let is_restricted = |writeup: &Value| writeup.get("restricted") == Some(&Value::Bool(true));
        if !writeups.any(|writeup| is_restricted(writeup) && is(writeup)) {
            return Ok(());
        }
        match self.access.note_restricted(reader, what).await {
            true => Ok(()),
            false => {
                let words =
                    "looks at restricted write-ups are written down, and that can't be done now";
                Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, words))
            }
        }
    }
}
