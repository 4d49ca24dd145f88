//! Answers: a body with its media type, how long it may be kept, and the headers that keep a
//! browser from running or fetching anything else.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

/// Pages load their style sheet, their script and their icon from here and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A picture of its own brings its colours in a style element.
const PICTURE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// How long a browser may keep an answer without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Ask each time; the tag often spares the body.
    Ask,
    /// For a year: the address changes with the content.
    Long,
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) kind: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) keep: Keep,
}

impl Answer {
    /// A page.
    pub(super) fn html(status: StatusCode, html: String) -> Self {
        Answer {
            status,
            kind: "text/html; charset=utf-8",
            body: html.into_bytes(),
            keep: Keep::Ask,
        }
    }

    /// Anything else that is there.
    pub(super) fn found(kind: &'static str, body: Vec<u8>, keep: Keep) -> Self {
        Answer {
            status: StatusCode::OK,
            kind,
            body,
            keep,
        }
    }

    /// The response, without its body where the reader has it already.
    pub(super) fn respond(self, asked: &HeaderMap) -> Response<Body> {
        let tag = format!("\"{:016x}\"", xxhash_rust::xxh3::xxh3_64(&self.body));
        let known = asked
            .get(IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok());
        let same = self.status == StatusCode::OK
            && known.is_some_and(|known| known.split(',').any(|each| is_same(each.trim(), &tag)));
        let mut response = Response::new(Body::empty());
        let policy = if self.kind.starts_with("image/svg") {
            PICTURE_POLICY
        } else {
            PAGE_POLICY
        };
        let keep = match self.keep {
            Keep::Ask => "private, no-cache",
            Keep::Long => "public, max-age=31536000, immutable",
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        if same {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.status_mut() = self.status;
            *response.body_mut() = Body::from(self.body);
        }
        response
    }
}

/// Whether a tag names this one, weakly (RFC 9110, 13.1.2): a proxy that packs an answer weakens its tag.
fn is_same(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}
