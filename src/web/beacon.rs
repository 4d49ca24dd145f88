//! The beacon's two addresses: the script that pages load, and where it sends how they are read. Both
//! are for the browsers of people who have not signed in here, from pages of other origins.

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request};
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_ENCODING,
    HeaderName, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::routing::{get, post};
use serde::Deserialize;

use super::access::Right;
use super::answer::{Answer, Keep};
use super::api::{Operation, Route, looked};
use super::body;
use super::problem::Refusal;
use super::receive::{Entrance, only};
use crate::collect::receive::{Scope, Terms};

/// How long a browser keeps the script, and asks then whether it is still the same.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// Pages of other origins may load it, also those that ask of everything whether they may.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The script's route.
pub(super) const SCRIPT: Route = Route {
    path: "/beacon.js",
    right: Right::Public,
    serve: || get(script).fallback(|request| only("GET, HEAD", request)),
    operations: &[looked(
        "The script for pages",
        "`source` is the id of a [[source]] of the kind beacon; it may be left out where there is just \
         one. Pages load it, and it sends to /b beside it.",
        &BEACON,
    )],
};

/// The route of what it sends.
pub(super) const READS: Route = Route {
    path: "/b",
    right: Right::Own,
    serve: || {
        post(take)
            .options(may)
            .fallback(|request| only("POST", request))
    },
    operations: &[Operation {
        method: "post",
        summary: "How a page is read",
        description: "What the script sends: {\"pid\": name of the page view, \"seq\": 1 and more, \
            \"doc\": address, \"ms\": engaged so far, \"depth\": percent, \"age\": ms since the view \
            began, \"from\": kind of place, \"who\": token of the page, \"bot\": true for programs}. Of \
            one view the greatest `seq` counts, however often and in whatever order it comes. The \
            origin of the page has to be among the source's; `source` stands behind the question mark \
            as for /beacon.js. There is no preflight for text/plain.",
        token: false,
        takes: &["text/plain", "application/json"],
        answers: &READ,
    }],
};

const BEACON: [(u16, &str); 4] = [
    (200, "The script, packed with gzip where that is taken"),
    (304, "It is still the same"),
    (
        400,
        "There are several sources of the kind, and none is named",
    ),
    (404, "No configured source of this id is of the kind beacon"),
];

const READ: [(u16, &str); 8] = [
    (
        204,
        "It stands on the disk, or was left out because the reader asked for it",
    ),
    (
        400,
        "It is not what the script sends: problem details with `rejected`",
    ),
    (403, "The page is not of one of the source's origins"),
    (404, "No configured source of this id is of the kind beacon"),
    (408, "The body took longer than 15 s"),
    (413, "The body is longer than 8 KiB"),
    (415, "The body is packed"),
    (
        503,
        "The spool is full, the disk refuses or too much is coming in. Nothing was taken; the next \
         message of the page says all of it again",
    ),
];

/// What stands behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    source: Option<String>,
}

type OfSource = Result<Query<Asked>, QueryRejection>;

/// `GET /beacon.js?source=ID`
pub(super) async fn script(
    Entrance(door): Entrance,
    asked: OfSource,
    headers: HeaderMap,
) -> Response<Body> {
    let found = asked.map_err(Refusal::from).and_then(|Query(asked)| {
        let (_, push) = door.beacon(asked.source.as_deref())?;
        let words = "no configured source of this id is of the kind beacon";
        let missing = || Refusal::new(StatusCode::NOT_FOUND, words);
        push.script().cloned().ok_or_else(missing)
    });
    let script = match found {
        Ok(script) => script,
        Err(refusal) => return open(refusal.respond()),
    };
    let is_packed = takes_gzip(&headers);
    let bytes = match is_packed {
        true => script.packed,
        false => script.text.into_bytes(),
    };
    let answer = Answer::found("text/javascript; charset=utf-8", bytes, Keep::Ask);
    let mut response = answer.respond(&headers);
    let about = response.headers_mut();
    about.insert(CACHE_CONTROL, KEPT);
    about.insert(VARY, HeaderValue::from_static("accept-encoding"));
    about.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    if is_packed {
        about.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    open(response)
}

/// `POST /b?source=ID`
pub(super) async fn take(
    Entrance(door): Entrance,
    asked: OfSource,
    request: Request,
) -> Response<Body> {
    let done = async {
        let found = asked.map_err(Refusal::from);
        let found = found.and_then(|Query(asked)| door.beacon(asked.source.as_deref()));
        let (source, push) = match found {
            Ok(found) => found,
            Err(refusal) => {
                body::turn_away(request).await;
                return Err(refusal);
            }
        };
        // So small that packing gains nothing; and nothing is unpacked for somebody unknown.
        if body::is_packed(request.headers()) {
            body::turn_away(request).await;
            let words = "messages of pages are not packed; send it without Content-Encoding";
            return Err(Refusal::packing(words, "identity"));
        }
        let (request, _held) = door.read_beacon(request).await?;
        let terms = Terms {
            scope: Scope::default(),
            source,
            whole: false,
        };
        let received = door.take(push, request, terms).await?;
        for (reason, n) in &received.left_out {
            door.metrics().left_out_of_beacons(reason, *n);
        }
        match received.rejected {
            0 => Ok(nothing()),
            _ => Err(Refusal::of_events(&received)),
        }
    };
    open(door.answer("/b", done.await))
}

/// `OPTIONS /b`: what the script sends needs no question before it; JSON by other means does.
pub(super) async fn may() -> Response<Body> {
    let mut response = nothing();
    let about = response.headers_mut();
    let put = HeaderValue::from_static;
    about.insert(ACCESS_CONTROL_ALLOW_METHODS, put("POST"));
    about.insert(ACCESS_CONTROL_ALLOW_HEADERS, put("content-type"));
    about.insert(ACCESS_CONTROL_MAX_AGE, put("86400"));
    open(response)
}

fn nothing() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Any page may see the answer, which says nothing; which pages may send is the source's word.
fn open(mut response: Response<Body>) -> Response<Body> {
    let everybody = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(ACCESS_CONTROL_ALLOW_ORIGIN, everybody);
    response
}

/// Whether a browser takes gzip: it names it, and not with the weight 0.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let named = values.filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_gzip = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        is_gzip && !refused
    })
}
