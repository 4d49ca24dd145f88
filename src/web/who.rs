//! Who asks for something that is done: a program by its token, or a person by their role. Both get the
//! same done; what is written into the audit log tells them apart.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, Method, StatusCode};

use super::AppState;
use super::access::{Peer, Reader, Shut};
use super::problem::Refusal;
use super::tokens::Kept;
use crate::collect::receive::Scope;
use crate::config::Role;

/// A program or a person.
#[derive(Debug)]
pub(super) enum Who {
    /// Whoever has this token.
    Token(Kept),
    /// Somebody with a role that suffices.
    Person(Reader),
}

impl Who {
    /// Whether restricted write-ups may be shown.
    pub(super) fn sees_restricted(&self) -> bool {
        match self {
            Who::Token(_) => true,
            Who::Person(reader) => reader.restricted,
        }
    }

    /// What may be sent: a person may what the command line may.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Who::Token(token) => token.scope(),
            Who::Person(_) => Scope::default(),
        }
    }

    /// The mark in the audit log, and what stands there for what was done.
    pub(super) fn told(&self, what: &str) -> (Option<String>, String) {
        match self {
            Who::Token(token) => (None, format!("{what}, by the token {}", token.name)),
            Who::Person(reader) => match &reader.who {
                Some(mark) => (Some(mark.clone()), what.to_owned()),
                None => (None, what.to_owned()),
            },
        }
    }
}

/// Who asks, of a request to a route that asks for a token or a coordinator.
pub(super) struct Caller(pub(super) Result<Who, Refusal>);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Head, state: &AppState) -> Result<Self, Infallible> {
        Ok(Caller(who(head, state)))
    }
}

fn who(head: &Head, state: &AppState) -> Result<Who, Refusal> {
    let token = || match &state.door {
        Some(door) => door.sender(&head.headers),
        None => {
            let words = "only `readback serve` has the registry";
            Err(Refusal::new(StatusCode::NOT_FOUND, words))
        }
    };
    // Whoever shows a token is nobody else. HTTP Basic that is none may be a proxy's own.
    let shows_one = head.headers.contains_key(AUTHORIZATION);
    if is_bearer(&head.headers) {
        return token().map(Who::Token);
    }
    if shows_one && let Ok(token) = token() {
        return Ok(Who::Token(token));
    }
    // Where nobody signs in, nobody has a role that suffices.
    if !state.access.has_sign_in() {
        return token().map(Who::Token);
    }
    let peer = head.extensions.get::<Peer>().copied();
    let peer = peer.unwrap_or(Peer::INSIDE);
    let access = &state.access;
    let admitted = access.admit(Role::Coordinator, peer, &head.headers, &head.uri);
    let reader = match admitted {
        Ok(reader) => reader,
        Err(Shut::Role(role)) => {
            return token().map(Who::Token).map_err(|_| {
                let role = role.name();
                let words = format!("this takes the role {role}, or a token for it");
                Refusal::new(StatusCode::FORBIDDEN, words)
            });
        }
        Err(Shut::SignIn | Shut::Words(_)) => return token().map(Who::Token),
    };
    let looks = matches!(head.method, Method::GET | Method::HEAD);
    if looks || access.is_own_page(&head.headers) {
        return Ok(Who::Person(reader));
    }
    let words = "this was not sent from a page of this server; programs send a token";
    Err(Refusal::new(StatusCode::FORBIDDEN, words))
}

fn is_bearer(headers: &HeaderMap) -> bool {
    let header = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
    let scheme = header.and_then(|header| header.get(..7));
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
}
