//! What the door answers when it does not take something: problem details (RFC 9457) that name the
//! place, the field and what would be valid.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::request::Parts as Head;
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::body::BodyError;
use crate::collect::receive::{ReceiveError, Received};
use crate::sources::SourceError;
use crate::spool::AppendError;

/// How long a sender waits before it tries again, seconds.
const RETRY: HeaderValue = HeaderValue::from_static("5");

/// A refusal.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    detail: String,
    /// What came of a delivery that was gone through.
    account: Box<Map<String, Value>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Refusal {
            status,
            detail: detail.into(),
            account: Box::default(),
            headers: Vec::new(),
        }
    }

    /// The same with what came of it.
    pub(super) fn with_account(self, account: Map<String, Value>) -> Self {
        Refusal {
            account: Box::new(account),
            ..self
        }
    }

    /// What came of a file that was gone through.
    pub(super) fn receipt(&self) -> Option<Value> {
        let receipt = Value::Object((*self.account).clone());
        self.account.contains_key("kind").then_some(receipt)
    }

    /// What is wrong, for a person.
    pub(super) fn words(&self) -> String {
        let rejected = self.account.get("rejected").and_then(Value::as_array);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let reasons = rejected.into_iter().flatten().map(|one| {
            let (field, reason) = (text(&one["field"]), text(&one["reason"]));
            match field.is_empty() {
                true => reason,
                false => format!("{field}: {reason}"),
            }
        });
        let reasons: Vec<String> = reasons.take(5).collect();
        match reasons.is_empty() {
            true => self.detail.clone(),
            false => format!("{}: {}", self.detail, reasons.join("; ")),
        }
    }

    /// Nothing of the delivery was taken.
    pub(super) fn of_events(received: &Received) -> Self {
        let status = match received.rejected {
            n if received.conflicts > 0 && n == received.conflicts => StatusCode::CONFLICT,
            n if received.forbidden == n => StatusCode::FORBIDDEN,
            _ if received.conflicts > 0 => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        let detail = match received.rejected {
            1 => "the event was refused".to_owned(),
            n => format!("all {n} events were refused"),
        };
        Refusal {
            account: Box::new(account(received)),
            ..Refusal::new(status, detail)
        }
    }

    /// Part of it contradicts itself; the rest was taken.
    pub(super) fn conflict(received: &Received) -> Self {
        let detail = format!(
            "{} events contradict others of this request; the others that are not refused were taken",
            received.conflicts
        );
        Refusal {
            account: Box::new(account(received)),
            ..Refusal::new(StatusCode::CONFLICT, detail)
        }
    }

    pub(super) fn whole(received: &Received) -> Self {
        let detail = match received.rejected {
            1 => "a statement was refused, so nothing of the request was taken".to_owned(),
            n => format!("{n} statements were refused, so nothing of the request was taken"),
        };
        Refusal {
            detail,
            ..Refusal::of_events(received)
        }
    }

    /// Nobody has shown who they are.
    pub(super) fn unknown_sender(detail: &str, challenge: &'static str) -> Self {
        let mut refusal = Refusal::new(StatusCode::UNAUTHORIZED, detail);
        let value = HeaderValue::from_static(challenge);
        refusal.headers.push((WWW_AUTHENTICATE, value));
        refusal
    }

    /// The same request may be taken later.
    pub(super) fn later(detail: impl Into<String>) -> Self {
        let mut refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        refusal.headers.push((RETRY_AFTER, RETRY));
        refusal
    }

    pub(super) fn method(allowed: &'static str) -> Self {
        let detail = format!("this address takes {allowed}");
        let mut refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, detail);
        refusal
            .headers
            .push((ALLOW, HeaderValue::from_static(allowed)));
        refusal
    }

    /// The way in which the body is packed is not taken (RFC 9110, 15.5.16).
    pub(super) fn packing(detail: impl Into<String>, valid: &'static str) -> Self {
        let mut refusal = Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
        let value = HeaderValue::from_static(valid);
        refusal.headers.push((ACCEPT_ENCODING, value));
        refusal
    }

    pub(super) fn respond(self) -> Response<Body> {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.words(),
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(*self.account);
        }
        let mut response = json_response(self.status, &body);
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.extend(self.headers);
        response
    }
}

/// JSON that nobody keeps.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    let mut text = body.to_string();
    text.push('\n');
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What came of a delivery.
pub(super) fn account(received: &Received) -> Map<String, Value> {
    let mut account = Map::new();
    let mut tell = |name: &str, value: Value| account.insert(name.to_owned(), value);
    tell("accepted", received.accepted.into());
    tell("rejected", rejected(received));
    let untold = received.rejected.saturating_sub(told(received));
    if untold > 0 {
        tell("untold", untold.into());
    }
    if !received.left_out.is_empty() {
        tell("left_out", json!(received.left_out));
    }
    if !received.notes.is_empty() {
        tell("notes", json!(received.notes));
    }
    if received.repeated {
        tell("repeated", true.into());
    }
    account
}

/// How many refused entries are told one by one; several things may be wrong with one.
fn told(received: &Received) -> u64 {
    let mut told = 0;
    let mut last = None;
    for refused in &received.refused {
        if last.replace(refused.index) != Some(refused.index) {
            told += 1;
        }
    }
    told
}

/// What is wrong with each refused event.
fn rejected(received: &Received) -> Value {
    let each = received.refused.iter().map(|refused| {
        json!({
            "index": refused.index,
            "place": refused.problem.place,
            "field": refused.problem.field,
            "reason": refused.problem.reason,
        })
    });
    each.collect()
}

/// What stands in an address for its parameter; nothing where that is no text, and nothing is called
/// so.
pub(super) struct Segment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Head, state: &S) -> Result<Self, Infallible> {
        let found = Path::<String>::from_request_parts(head, state).await;
        Ok(Segment(found.map(|Path(text)| text).unwrap_or_default()))
    }
}

impl From<QueryRejection> for Refusal {
    fn from(_: QueryRejection) -> Self {
        let words =
            "what stands behind the question mark can't be read; each name stands there once";
        Refusal::new(StatusCode::BAD_REQUEST, words)
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::Busy => Refusal::later(detail),
            BodyError::TooLarge(_) => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail),
            BodyError::Slow(_) => Refusal::new(StatusCode::REQUEST_TIMEOUT, detail),
            BodyError::Encoding(_) => Refusal::packing(detail, "gzip, zstd"),
            BodyError::Packed { .. } | BodyError::Cut => {
                Refusal::new(StatusCode::BAD_REQUEST, detail)
            }
        }
    }
}

impl From<ReceiveError> for Refusal {
    fn from(error: ReceiveError) -> Self {
        let detail = error.to_string();
        match error {
            ReceiveError::Source(SourceError::Media { .. }) => {
                Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
            }
            ReceiveError::Source(SourceError::TooMany) => {
                Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
            }
            ReceiveError::Source(
                SourceError::Signature | SourceError::NotNow(_) | SourceError::Unsigned(_),
            ) => Refusal::unknown_sender(&detail, "Signature"),
            ReceiveError::Source(SourceError::Stranger(_)) => {
                Refusal::new(StatusCode::FORBIDDEN, detail)
            }
            ReceiveError::Source(_) => Refusal::new(StatusCode::BAD_REQUEST, detail),
            ReceiveError::Spool(
                AppendError::TooLong(_)
                | AppendError::TooManyMarks(_)
                | AppendError::NeverFits { .. },
            ) => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail),
            // What the disk says is the operator's business; it stands in the log.
            ReceiveError::Spool(AppendError::Disk(_)) => {
                Refusal::later("the spool can't be written to")
            }
            ReceiveError::Spool(AppendError::Full { .. }) => Refusal::later("the spool is full"),
            ReceiveError::Spool(AppendError::Closed) => Refusal::later("the door is closing"),
            ReceiveError::Pack(_) | ReceiveError::CutOff => {
                tracing::error!(error = detail, "a request could not be gone through");
                let words = "the request could not be gone through; the log of the server says why";
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words)
            }
        }
    }
}
