//! The gate: one layer over every route. It asks for what the table of routes says, and puts on every
//! answer the headers that keep a browser from doing what nobody asked for.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::middleware::Next;

use super::AppState;
use super::access::signin::{html, see};
use super::access::words::{encode, local, paragraph};
use super::access::{Peer, Reader, Right, Shut, is_local};
use super::body;
use super::problem::Refusal;
use super::router::{is_form, is_page, right, undone};
use crate::config::Role;

/// What answers that are no pages may load: nothing.
const NOTHING: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// What pages may ask the browser for: nothing.
const FEATURES: &str = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), \
     microphone=(), payment=(), usb=(), browsing-topics=()";
const A_YEAR: &str = "max-age=31536000";

/// Lets a request through, or answers it.
pub(super) async fn gate(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let path = request.extensions().get::<MatchedPath>();
    // What is in no table is not open to anybody who has not signed in: also not what is missing.
    let asked = match path {
        Some(path) => right(path.as_str()),
        None if is_page(&request) => Some(Right::Role(Role::Viewer)),
        None => Some(Right::Public),
    };
    let refused = match asked {
        Some(Right::Public | Right::Own) => None,
        Some(Right::Metrics) => no_metrics(&state, &request),
        Some(Right::Embed) if state.access.embeds() => None,
        Some(Right::Embed) => admit(&state, Role::Viewer, &mut request),
        Some(Right::Published) => admit_program(&state, &mut request),
        Some(Right::Role(role)) => admit(&state, role, &mut request),
        None => {
            let words = "this address asks for a right that nobody has";
            Some(Refusal::new(StatusCode::FORBIDDEN, words).respond())
        }
    };
    let mut response = match refused {
        None => next.run(request).await,
        Some(refusal) => {
            body::turn_away(request).await;
            refusal
        }
    };
    secure(response.headers_mut(), state.access.is_https());
    response
}

/// Puts the reader into the request, or gives the refusal.
fn admit(state: &AppState, role: Role, request: &mut Request) -> Option<Response<Body>> {
    let access = &state.access;
    let (headers, peer) = (request.headers(), peer(request));
    let reader = match access.admit(role, peer, headers, request.uri()) {
        Ok(reader) => reader,
        Err(shut) => return Some(refuse(&shut, request)),
    };
    let looks = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if !looks && !access.is_own_page(headers) {
        let words = "this was not sent from a page of this server";
        return Some(told(Refusal::new(StatusCode::FORBIDDEN, words), request));
    }
    request.extensions_mut().insert(reader);
    None
}

/// The same of a program that shows a token, or of whoever may see the pages. A program sees what a viewer does.
fn admit_program(state: &AppState, request: &mut Request) -> Option<Response<Body>> {
    let door = state.door.as_ref();
    let read = door.and_then(|door| door.may_read(request.headers()));
    if let Some(Ok(())) = read {
        request.extensions_mut().insert(Reader {
            role: Role::Viewer,
            restricted: false,
            who: None,
        });
        return None;
    }
    // Another token keeps nobody out who may see the pages without one.
    let refused = admit(state, Role::Viewer, request)?;
    if let Some(Err(refusal)) = read {
        return Some(refusal.respond());
    }
    // Whoever shows a token is told of it, not of a page where nobody signs in with one; and where nobody may
    // see pages from, a token opens what is published.
    let shows_one = request.headers().contains_key(AUTHORIZATION);
    let looks = request.method().is_safe();
    let wants_one = shows_one || (looks && refused.status() == StatusCode::FORBIDDEN);
    let unknown = door.filter(|_| wants_one);
    let unknown = unknown.and_then(|door| door.sender(request.headers()).err());
    Some(unknown.map_or(refused, Refusal::respond))
}

fn refuse(shut: &Shut, request: &Request) -> Response<Body> {
    let is_page = is_page(request);
    let (status, words) = match shut {
        Shut::SignIn if is_page => {
            let wanted = request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str());
            return see(&format!("/signin?next={}", encode(local(wanted))));
        }
        Shut::SignIn => (
            StatusCode::UNAUTHORIZED,
            "nobody has signed in; /signin does",
        ),
        Shut::Words(words) => (StatusCode::FORBIDDEN, *words),
        Shut::Role(Role::Viewer) => (StatusCode::FORBIDDEN, "you have no role here"),
        Shut::Role(Role::Coordinator) => (
            StatusCode::FORBIDDEN,
            "this takes the role coordinator or admin; your role may not see it",
        ),
        Shut::Role(Role::Admin) => (
            StatusCode::FORBIDDEN,
            "this takes the role admin; your role may not see it",
        ),
    };
    match is_page {
        true => html(status, "Not for everybody", &paragraph(words)),
        false => told(Refusal::new(status, words), request),
    }
}

/// In the words of a page for whoever sent a form of one, in those of programs for others.
fn told(refusal: Refusal, request: &Request) -> Response<Body> {
    match is_form(request) {
        true => {
            let sign_in = "<p><a href=\"/signin\">Sign in</a></p>";
            let is_unknown = refusal.status == StatusCode::UNAUTHORIZED;
            undone(&refusal, if is_unknown { sign_in } else { "" })
        }
        false => refusal.respond(),
    }
}

fn no_metrics(state: &AppState, request: &Request) -> Option<Response<Body>> {
    if is_local(peer(request), request.headers()) {
        return None;
    }
    let door = state.door.as_ref()?;
    let may = door.may_measure(request.headers());
    may.err().map(Refusal::respond)
}

fn peer(request: &Request) -> Peer {
    let peer = request.extensions().get::<Peer>();
    peer.copied().unwrap_or(Peer::INSIDE)
}

/// The headers of every answer: pages, problems, redirects, what is missing.
fn secure(headers: &mut HeaderMap, is_https: bool) {
    let mut put = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, NOTHING);
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(X_FRAME_OPTIONS, "DENY");
    put(REFERRER_POLICY, "no-referrer");
    put(HeaderName::from_static("permissions-policy"), FEATURES);
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if is_https {
        put(STRICT_TRANSPORT_SECURITY, A_YEAR);
    }
}
