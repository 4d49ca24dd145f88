//! The door: events, vendors' webhooks and xAPI statements come in. Every answer that says accepted
//! was synced to the disk before.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, Request as HttpRequest};
use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::auth;
use super::body::{
    self, Budget, MAX_BEACON, MAX_BEACONS, MAX_RECEIVING, MAX_UNPROVEN, WHOLE, WHOLE_BEACON,
    WHOLE_UNPROVEN,
};
use super::hidden::Hidden;
use super::problem::{Refusal, Segment, account, json_response};
use super::speaker::Said;
use super::tokens::{Kept, Tokens};
use super::unloaded::Unloaded;
use crate::collect::receive::{Received, Receiver, Request, Scope, Terms};
use crate::collect::{Hook, Hooks};
use crate::model::{Millis, Vocabulary};
use crate::sources::{self, Push, Setting, SourceError, xapi};
use crate::telemetry::Metrics;

/// What takes deliveries.
pub struct Door {
    receiver: Arc<Receiver>,
    hooks: Arc<Hooks>,
    tokens: Tokens,
    budget: Budget,
    /// For bodies of which nobody knows yet who sent them.
    unproven: Budget,
    /// For what pages send, by whomever they are read.
    beacons: Budget,
    metrics: Arc<Metrics>,
    events: Arc<dyn Push>,
    /// When things were said of write-ups that may not be loaded yet.
    pub(super) said: Said,
    pub(super) unloaded: Unloaded,
    /// What is restricted as of now.
    pub(super) hidden: Arc<Hidden>,
    now: fn() -> Millis,
}

impl Door {
    /// A door that hands to this receiver.
    pub fn new(
        receiver: Receiver,
        hooks: Arc<Hooks>,
        tokens: Tokens,
        metrics: Arc<Metrics>,
        now: fn() -> Millis,
    ) -> Result<Self, SourceError> {
        let events = push(&sources::events::KIND, "events")?;
        Ok(Door {
            receiver: Arc::new(receiver),
            hooks,
            tokens,
            budget: Budget::of(MAX_RECEIVING, WHOLE),
            unproven: Budget::of(MAX_UNPROVEN, WHOLE_UNPROVEN),
            beacons: Budget::of(MAX_BEACONS, WHOLE_BEACON).up_to(MAX_BEACON),
            metrics,
            events,
            said: Said::default(),
            unloaded: Unloaded::default(),
            hidden: Arc::default(),
            now,
        })
    }

    /// Bytes of requests that are being received.
    pub(super) fn receiving(&self) -> usize {
        self.budget.used() + self.unproven.used() + self.beacons.used()
    }

    /// Whether so much is being received that more is refused.
    pub(super) fn is_busy(&self) -> bool {
        self.budget.is_full()
    }

    /// What takes events.
    pub(super) fn events(&self) -> Arc<dyn Push> {
        Arc::clone(&self.events)
    }

    /// What time it is.
    pub(super) fn now(&self) -> Millis {
        (self.now)()
    }

    /// Whether a request may see the metrics.
    pub(super) fn may_measure(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        auth::metrics(headers, &self.tokens, (self.now)())
    }

    /// Whether a request may read what is published, where it shows a token.
    pub(super) fn may_read(&self, headers: &HeaderMap) -> Option<Result<(), Refusal>> {
        auth::published(headers, &self.tokens, (self.now)())
    }

    /// The metrics.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// A receiver of a kind without parameters.
fn push(kind: &sources::Kind, source: &str) -> Result<Arc<dyn Push>, SourceError> {
    let setting = Setting {
        source: source.to_owned(),
        vocabulary: Vocabulary::default(),
        timezone: chrono_tz::Tz::UTC,
        writeups: Vec::new(),
    };
    let words = || SourceError::Params(format!("{} takes no deliveries", kind.name));
    let build = kind.push.ok_or_else(words)?;
    build(toml::Table::new(), &setting).map(Arc::from)
}

/// The door of the state, where it has one.
pub(super) struct Entrance(pub(super) Arc<Door>);

impl FromRequestParts<AppState> for Entrance {
    type Rejection = Response<Body>;

    async fn from_request_parts(_: &mut Head, state: &AppState) -> Result<Self, Response<Body>> {
        let words = "only `readback serve` takes events";
        let refusal = || Refusal::new(StatusCode::NOT_FOUND, words).respond();
        state.door.clone().map(Entrance).ok_or_else(refusal)
    }
}

/// What is answered to another method.
pub(super) async fn only(allowed: &'static str, request: HttpRequest) -> Response<Body> {
    body::turn_away(request).await;
    Refusal::method(allowed).respond()
}

/// What is answered where no route is. Programs are told in their own way: a sender with a wrong
/// address must not take the page for "not yet".
pub(super) async fn nowhere(request: HttpRequest) -> Response<Body> {
    body::turn_away(request).await;
    let words = "no such address; /openapi.json describes those there are";
    Refusal::new(StatusCode::NOT_FOUND, words).respond()
}

/// `POST /v1/events`
pub(super) async fn events(Entrance(door): Entrance, request: HttpRequest) -> Response<Body> {
    let done = async {
        let (request, sender, _held) = door.open(request).await?;
        let terms = Terms {
            scope: sender.scope(),
            source: "events".to_owned(),
            whole: false,
        };
        let push = Arc::clone(&door.events);
        door.take(push, request, terms).await
    };
    door.answer("/v1/events", done.await.and_then(accepted))
}

/// `POST /v1/hooks/{source}`
pub(super) async fn hook(
    Entrance(door): Entrance,
    Segment(source): Segment,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let push = match door.hooks.find(&source) {
            Hook::Ready(push) => push,
            Hook::Unaware => {
                body::turn_away(request).await;
                return Err(Refusal::later(
                    "the write-ups that this source looks for are not known yet; the engine has not \
                     answered since the start",
                ));
            }
            Hook::Unknown(known) => {
                // Which there are is told to senders alone.
                let is_sender = door.sender(request.headers()).is_ok();
                body::turn_away(request).await;
                let mut words = "no configured source of this id takes deliveries".to_owned();
                if is_sender && known.is_empty() {
                    words.push_str("; none does");
                } else if is_sender {
                    words = format!("{words}; those that do: {}", known.join(", "));
                }
                return Err(Refusal::new(StatusCode::NOT_FOUND, words));
            }
        };
        let (request, scope, _held) = if push.is_signed() {
            // Signed is what was sent; and nothing is unpacked for somebody unknown.
            if body::is_packed(request.headers()) {
                body::turn_away(request).await;
                let words = "the signature covers the body as it is sent, so packed bodies are not \
                             taken here; send it without Content-Encoding";
                return Err(Refusal::packing(words, "identity"));
            }
            let (request, held) = door.receive(request, &door.unproven).await?;
            (request, Scope::default(), held)
        } else {
            let (request, sender, held) = door.open(request).await?;
            let scope = sender.scope();
            if !scope.takes_source(&source) {
                let known = scope.sources.join(", ");
                let words = format!("the token is not for this source; it is for {known}");
                return Err(Refusal::new(StatusCode::FORBIDDEN, words));
            }
            (request, scope, held)
        };
        let delivery = request.delivery();
        if let Some(text) = push.challenge(&delivery) {
            return Ok(plain(text));
        }
        let asks = push.asks_for_pull(&delivery).then(|| source.clone());
        let terms = Terms {
            scope,
            source,
            whole: false,
        };
        let received = door.take(push, request, terms).await?;
        if let Some(source) = asks {
            door.hooks.ask(&source);
        }
        accepted(received)
    };
    door.answer("/v1/hooks/{source}", done.await)
}

/// What may stand behind the question mark of `PUT /xapi/statements`.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    #[serde(rename = "statementId")]
    statement_id: Option<String>,
}

/// `POST /xapi/statements` and `PUT /xapi/statements?statementId=…`
pub(super) async fn statements(
    Entrance(door): Entrance,
    named: Result<Query<Named>, QueryRejection>,
    request: HttpRequest,
) -> Response<Body> {
    let version = version_of(request.headers());
    let is_put = request.method() == axum::http::Method::PUT;
    let done = async {
        if version.is_none() {
            body::turn_away(request).await;
            let words = "X-Experience-API-Version: valid are 1.0, 1.0.x and 2.0.x";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        let (mut request, sender, held) = door.open(request).await?;
        let Query(named) = named?;
        if is_put && named.statement_id.is_none() {
            let words = "statementId: missing; PUT names the statement in the address";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        let id = named.statement_id.filter(|_| is_put);
        let read = move || -> Result<_, SourceError> {
            if let Some(id) = id {
                request.body = xapi::with_id(&request.body, &id)?;
            }
            Ok((xapi::ids(&request.body, request.now), request))
        };
        let (ids, request) = door
            .receiver
            .aside(held.bytes(), read)
            .await?
            .map_err(refused)?;
        let source = door.source_of(&sender);
        let push = push(&xapi::KIND, &source).map_err(refused)?;
        let terms = Terms {
            scope: sender.scope(),
            source,
            whole: true,
        };
        let received = door.take(push, request, terms).await?;
        match received.rejected {
            0 => Ok(ids),
            _ => Err(Refusal::whole(&received)),
        }
    };
    let answer = done.await.map(|ids| match is_put {
        true => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        false => json_response(StatusCode::OK, &Value::from(ids)),
    });
    let mut response = door.answer("/xapi/statements", answer);
    let version = version.unwrap_or("1.0.3");
    response
        .headers_mut()
        .insert(XAPI_VERSION, HeaderValue::from_static(version));
    response
}

/// `GET /xapi/about`: which versions are spoken.
pub(super) async fn about() -> Response<Body> {
    let mut response = json_response(StatusCode::OK, &json!({ "version": ["1.0.3", "2.0.0"] }));
    response
        .headers_mut()
        .insert(XAPI_VERSION, HeaderValue::from_static("1.0.3"));
    response
}

const XAPI_VERSION: HeaderName = HeaderName::from_static("x-experience-api-version");

/// The version to answer in; the oldest where none is asked for. `None` for one that is not spoken.
fn version_of(headers: &HeaderMap) -> Option<&'static str> {
    let Some(asked) = headers.get(XAPI_VERSION) else {
        return Some("1.0.3");
    };
    let asked = asked.to_str().ok()?.trim();
    match asked {
        "1.0" => Some("1.0.3"),
        _ if asked.starts_with("1.0.") => Some("1.0.3"),
        _ if asked == "2.0" || asked.starts_with("2.0.") => Some("2.0.0"),
        _ => None,
    }
}

fn refused(error: SourceError) -> Refusal {
    Refusal::from(crate::collect::receive::ReceiveError::from(error))
}

impl Door {
    /// Statements carry no source. Those of a token that is for one source are that one's; else they
    /// are the configured source's of this kind, where there is just one.
    fn source_of(&self, sender: &Kept) -> String {
        match (
            sender.sources.as_slice(),
            self.hooks.of_kind(xapi::KIND.name).as_slice(),
        ) {
            ([one], _) if !one.ends_with('*') => one.clone(),
            (_, [one]) => (*one).to_owned(),
            _ => xapi::KIND.name.to_owned(),
        }
    }

    /// Who sends, by the token of a request.
    pub(super) fn sender(&self, headers: &HeaderMap) -> Result<Kept, Refusal> {
        auth::sender(headers, &self.tokens, (self.now)())
    }

    /// Asks who it is, then reads the body.
    pub(super) async fn open(
        &self,
        request: HttpRequest,
    ) -> Result<(Request, Kept, body::Held), Refusal> {
        match self.sender(request.headers()) {
            Ok(sender) => {
                let (request, held) = self.read(request).await?;
                Ok((request, sender, held))
            }
            Err(refusal) => {
                body::turn_away(request).await;
                Err(refusal)
            }
        }
    }

    /// Reads the body of somebody who is known.
    pub(super) async fn read(
        &self,
        request: HttpRequest,
    ) -> Result<(Request, body::Held), Refusal> {
        self.receive(request, &self.budget).await
    }

    /// Reads the body of a page's message.
    pub(super) async fn read_beacon(
        &self,
        request: HttpRequest,
    ) -> Result<(Request, body::Held), Refusal> {
        self.receive(request, &self.beacons).await
    }

    /// The source of this id that pages send to, or the only one there is.
    pub(super) fn beacon(&self, asked: Option<&str>) -> Result<(String, Arc<dyn Push>), Refusal> {
        let all = self.hooks.of_kind(sources::beacon::KIND.name);
        let id = match (asked, all.as_slice()) {
            (Some(asked), all) => all.iter().copied().find(|id| *id == asked),
            (None, [one]) => Some(*one),
            (None, []) => None,
            (None, _) => {
                let words = "source: missing; there are several sources of the kind beacon, so the \
                             address ends in ?source=ID";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
            }
        };
        match id.map(|id| (id, self.hooks.find(id))) {
            Some((id, Hook::Ready(push))) => Ok((id.to_owned(), push)),
            _ => {
                let words = "no configured source of this id is of the kind beacon";
                Err(Refusal::new(StatusCode::NOT_FOUND, words))
            }
        }
    }

    async fn receive(
        &self,
        request: HttpRequest,
        budget: &Budget,
    ) -> Result<(Request, body::Held), Refusal> {
        let (parts, body) = request.into_parts();
        let (body, held) = body::read(&parts.headers, body, budget).await?;
        // Whose login or session it was is nobody's business behind the door. A signature is neither.
        let is_signature = |value: &HeaderValue| value.as_bytes().starts_with(b"HMAC ");
        let headers = parts
            .headers
            .iter()
            .filter(|(name, value)| **name != AUTHORIZATION || is_signature(value))
            .filter(|(name, _)| **name != COOKIE)
            .map(|(name, value)| (name.as_str().to_owned(), text_of(value.as_bytes())));
        let query = parts.uri.query();
        let query = query.map(|query| (sources::QUERY.to_owned(), query.to_owned()));
        let request = Request {
            headers: headers.chain(query).collect(),
            body,
            now: (self.now)(),
        };
        Ok((request, held))
    }

    pub(super) async fn take(
        &self,
        push: Arc<dyn Push>,
        request: Request,
        terms: Terms,
    ) -> Result<Received, Refusal> {
        let began = Instant::now();
        let received = self.receiver.take(push, request, terms).await;
        self.metrics.took(began.elapsed().as_secs_f64());
        let mut received = received?;
        if received.described {
            drop(self.unloaded.saying());
        }
        // Hidden from now on, and not only when it is loaded.
        for seen in std::mem::take(&mut received.seen) {
            match seen.restricted {
                true => self.hidden.close(&seen.id, seen.at, seen.names),
                false => self.hidden.open(&seen.id, seen.at),
            }
        }
        Ok(received)
    }

    pub(super) fn answer(
        &self,
        route: &'static str,
        answer: Result<Response<Body>, Refusal>,
    ) -> Response<Body> {
        let response = answer.unwrap_or_else(Refusal::respond);
        self.metrics.answered(route, response.status().as_u16());
        response
    }
}

/// A header's value as text. Bytes that are not UTF-8 are written as percent-encoding writes them, so
/// that no two values become one; whoever decodes them sees what they are.
fn text_of(value: &[u8]) -> String {
    let mut text = String::new();
    for chunk in value.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// A text for a program.
fn plain(text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What was taken. Where nothing was and something was refused, that is the answer.
pub(super) fn accepted(received: Received) -> Result<Response<Body>, Refusal> {
    if received.accepted == 0 && received.rejected > 0 {
        return Err(Refusal::of_events(&received));
    }
    if let Some(answer) = &received.answer {
        return Ok(json_response(StatusCode::OK, answer));
    }
    match received.conflicts {
        0 => {
            let body = Value::Object(account(&received));
            Ok(json_response(StatusCode::ACCEPTED, &body))
        }
        _ => Err(Refusal::conflict(&received)),
    }
}
