//! What the door answers when it does not take something: problem details (RFC 9457) that name the
//! place, the field and what would be valid.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

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
    rejected: Value,
    headers: HeaderMap,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Refusal {
            status,
            detail: detail.into(),
            rejected: Value::Null,
            headers: HeaderMap::new(),
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
            rejected: rejected(received),
            ..Refusal::new(status, detail)
        }
    }

    pub(super) fn whole(received: &Received) -> Self {
        let detail = format!(
            "{} of the statements were refused, so nothing of the request was taken",
            received.rejected
        );
        Refusal {
            detail,
            ..Refusal::of_events(received)
        }
    }

    /// Nobody has shown who they are.
    pub(super) fn unknown_sender(detail: &str, challenge: &'static str) -> Self {
        let mut refusal = Refusal::new(StatusCode::UNAUTHORIZED, detail);
        let value = HeaderValue::from_static(challenge);
        refusal.headers.insert(WWW_AUTHENTICATE, value);
        refusal
    }

    /// The same request may be taken later.
    pub(super) fn later(detail: impl Into<String>) -> Self {
        let mut refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        refusal.headers.insert(RETRY_AFTER, RETRY);
        refusal
    }

    pub(super) fn method(allowed: &'static str) -> Self {
        let detail = format!("this address takes {allowed}");
        let mut refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, detail);
        refusal
            .headers
            .insert(ALLOW, HeaderValue::from_static(allowed));
        refusal
    }

    pub(super) fn respond(self) -> Response<Body> {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if !self.rejected.is_null() {
            body["accepted"] = 0.into();
            body["rejected"] = self.rejected;
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

/// What is wrong with each refused event.
pub(super) fn rejected(received: &Received) -> Value {
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

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::Busy => Refusal::later(detail),
            BodyError::TooLarge => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail),
            BodyError::Slow => Refusal::new(StatusCode::REQUEST_TIMEOUT, detail),
            BodyError::Encoding(_) => Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail),
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
            ReceiveError::Source(SourceError::Signature) => {
                Refusal::unknown_sender(&detail, "Signature")
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
