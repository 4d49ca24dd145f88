//! Signing in and out: the handlers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, ETAG, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::accounts::Checked;
use super::oidc::{BEGUN, Back, Known, OidcError};
use super::sessions::{LONGEST, form_token, random};
use super::words::{local, page, paragraph, password_form, provider_link, signed_in};
use super::{Access, Peer, Reader, Shut, cookie};
use crate::config::AccessMode;
use crate::web::AppState;
use crate::web::answer::Answer;
use crate::web::audit::Act;

/// The longest form.
const LONGEST_FORM: usize = 8 << 10;
/// How long it may take to come.
const PATIENCE: Duration = Duration::from_secs(15);

/// Said where somebody can't be signed in; which of the two was wrong is not told.
const WRONG: &str = "This account and this password do not belong together.";
/// Said where nobody signs in.
const OPEN_HERE: &str = "Nobody signs in: the pages are for this machine alone. [access] mode in \
     readback.toml lets others in; the README says how.";
/// Said where a form comes from elsewhere.
const FOREIGN: &str = "This form was not sent from a page of this server, or it is too old. Open \
     the page again.";

/// What may stand behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Wanted {
    next: String,
}

/// What a form says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    account: String,
    password: String,
    next: String,
    form: String,
}

/// `GET /signin`: who is here, or how to sign in.
pub(in crate::web) async fn show(
    State(state): State<AppState>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    request: Request,
) -> Response<Body> {
    let access = &state.access;
    let (headers, peer) = (request.headers(), peer(&request));
    let session = access.session(headers);
    let form = session.as_ref().map(|(id, _)| form_token(id));
    match access.reader(peer, headers, request.uri()) {
        Ok(reader) => {
            let mut body = signed_in(reader.role, reader.restricted, form.as_deref());
            if matches!(access.mode, AccessMode::Loopback) {
                body.push_str(&paragraph(OPEN_HERE));
            }
            html(StatusCode::OK, "Your access", &body)
        }
        Err(Shut::Words(words)) => html(StatusCode::FORBIDDEN, "Not from here", &paragraph(words)),
        Err(Shut::Role(_)) => no_role(),
        Err(Shut::SignIn) => {
            let next = wanted.map(|Query(wanted)| wanted.next).unwrap_or_default();
            ask(access, StatusCode::OK, local(&next), None)
        }
    }
}

/// Asks who it is.
fn ask(access: &Access, status: StatusCode, next: &str, trouble: Option<&str>) -> Response<Body> {
    if access.oidc.is_some() {
        let trouble = trouble.map(paragraph).unwrap_or_default();
        return html(
            status,
            "Sign in",
            &format!("{trouble}{}", provider_link(next)),
        );
    }
    let Ok(browser) = random() else {
        return broken();
    };
    let body = password_form(&form_token(&browser), next, trouble);
    let mut response = html(status, "Sign in", &body);
    set(
        &mut response,
        access.cookie(access.begun_name(), &browser, BEGUN / 1000),
    );
    response
}

/// `POST /signin`: account and password.
pub(in crate::web) async fn take(
    State(state): State<AppState>,
    request: Request,
) -> Response<Body> {
    let access = &state.access;
    let Some(accounts) = &access.accounts else {
        return not_here();
    };
    let address = access.place(peer(&request), request.headers());
    let headers = request.headers().clone();
    let Some(form) = read(request).await else {
        return html(StatusCode::BAD_REQUEST, "Sign in", &paragraph(FOREIGN));
    };
    let next = local(&form.next).to_owned();
    let begun = cookie(&headers, access.begun_name());
    let is_ours = begun.is_some_and(|browser| form_token(&browser) == form.form);
    if !is_ours || !access.is_own_page(&headers) {
        return ask(access, StatusCode::FORBIDDEN, &next, Some(FOREIGN));
    }
    let attempt = match access.throttle.take(&form.account, address, (access.now)()) {
        Ok(attempt) => attempt,
        Err(seconds) => return too_many(access, &next, seconds),
    };
    let checked = accounts.check(&form.account, form.password).await;
    let who = access.mark(&form.account);
    match checked {
        Checked::Busy => too_many(access, &next, 5),
        Checked::Wrong => {
            access.note(Act::SignInRefused, who, None).await;
            ask(access, StatusCode::UNAUTHORIZED, &next, Some(WRONG))
        }
        Checked::Right(role, restricted, stamp) => {
            access.throttle.succeeded(attempt);
            let reader = Reader {
                role,
                restricted,
                who,
            };
            begin(access, &headers, reader, Some((form.account, stamp)), &next).await
        }
    }
}

fn too_many(access: &Access, next: &str, seconds: u64) -> Response<Body> {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let words = format!("There were too many attempts; try again in {seconds} {unit}.");
    let mut response = ask(access, StatusCode::TOO_MANY_REQUESTS, next, Some(&words));
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// `GET /signin/start`: on to the provider.
pub(in crate::web) async fn start(
    State(state): State<AppState>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response<Body> {
    let access = &state.access;
    let Some(oidc) = access.oidc.clone() else {
        return not_here();
    };
    let next = wanted.map(|Query(wanted)| wanted.next).unwrap_or_default();
    let next = local(&next).to_owned();
    let Ok(browser) = random() else {
        return broken();
    };
    let (now, held) = ((access.now)(), browser.clone());
    match apart(&oidc.turns.clone(), move || oidc.begin(&held, next, now)).await {
        Some(Ok(url)) => {
            let mut response = see(&url);
            set(
                &mut response,
                access.cookie(access.begun_name(), &browser, BEGUN / 1000),
            );
            response
        }
        Some(Err(error)) => failed(access, &error).await,
        None => busy(),
    }
}

/// Does what waits for the provider in a thread of its own, when there is a turn.
pub(super) async fn apart<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let turn = tokio::time::timeout(PATIENCE, Arc::clone(turns).acquire_owned());
    let turn = turn.await.ok()?.ok()?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.ok()
}

fn busy() -> Response<Body> {
    let words = "Too many people sign in at this moment; try again in some seconds.";
    let mut response = html(
        StatusCode::SERVICE_UNAVAILABLE,
        "Sign in",
        &paragraph(words),
    );
    let seconds = HeaderValue::from_static("5");
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
}

/// `GET /signin/callback`: back from the provider.
pub(in crate::web) async fn back(
    State(state): State<AppState>,
    back: Result<Query<Back>, QueryRejection>,
    headers: HeaderMap,
) -> Response<Body> {
    let access = &state.access;
    let Some(oidc) = access.oidc.clone() else {
        return not_here();
    };
    let browser = cookie(&headers, access.begun_name()).unwrap_or_default();
    let back = back.map(|Query(back)| back).unwrap_or_default();
    let now = (access.now)();
    let finished = apart(&oidc.turns.clone(), move || {
        oidc.finish(&browser, back, now)
    })
    .await;
    let Known {
        subject,
        groups,
        next,
    } = match finished {
        Some(Ok(known)) => known,
        Some(Err(error)) => return failed(access, &error).await,
        None => return busy(),
    };
    let who = access.mark(&subject);
    let Some((role, restricted)) = access.groups.role(&groups) else {
        access.note(Act::SignInRefused, who, None).await;
        return no_role();
    };
    let reader = Reader {
        role,
        restricted,
        who,
    };
    begin(access, &headers, reader, None, &next).await
}

async fn failed(access: &Access, error: &OidcError) -> Response<Body> {
    let (status, words) = match error {
        OidcError::Stray => (
            StatusCode::BAD_REQUEST,
            "This sign-in was not begun in this browser, or too long ago. Begin again.",
        ),
        OidcError::Refused(_) => (
            StatusCode::FORBIDDEN,
            "The sign-in was refused where your account is kept.",
        ),
        OidcError::Unbelievable(_) => (
            StatusCode::BAD_GATEWAY,
            "What your organisation's sign-in sent can't be believed; the log of the server says why.",
        ),
        OidcError::Away(_) | OidcError::Config(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Your organisation's sign-in can't be reached; the log of the server says why.",
        ),
    };
    if !matches!(error, OidcError::Stray) {
        tracing::warn!(%error, "a sign-in failed");
        access.note(Act::SignInRefused, None, None).await;
    }
    ask(access, status, "/", Some(words))
}

/// A session begins, always with a new id; the one before ends.
async fn begin(
    access: &Access,
    headers: &HeaderMap,
    reader: Reader,
    account: Option<(String, u64)>,
    next: &str,
) -> Response<Body> {
    if let Some(old) = cookie(headers, access.cookie_name()) {
        access.sessions.end(&old);
    }
    access.note(Act::SignedIn, reader.who.clone(), None).await;
    let Ok(id) = access.sessions.begin(reader, account, (access.now)()) else {
        return broken();
    };
    let mut response = see(local(next));
    set(
        &mut response,
        access.cookie(access.cookie_name(), &id, LONGEST / 1000),
    );
    set(&mut response, access.cookie(access.begun_name(), "", 0));
    response
}

/// `POST /signout`
pub(in crate::web) async fn leave(
    State(state): State<AppState>,
    request: Request,
) -> Response<Body> {
    let access = &state.access;
    let headers = request.headers().clone();
    let Some((id, reader)) = access.session(&headers) else {
        return see("/signin");
    };
    let form = read(request).await.unwrap_or_default();
    if form.form != form_token(&id) || !access.is_own_page(&headers) {
        return html(StatusCode::FORBIDDEN, "Your access", &paragraph(FOREIGN));
    }
    access.sessions.end(&id);
    access.note(Act::SignedOut, reader.who, None).await;
    let mut response = see("/signin");
    set(&mut response, access.cookie(access.cookie_name(), "", 0));
    response
}

async fn read(request: Request) -> Option<Form> {
    let body = axum::body::to_bytes(request.into_body(), LONGEST_FORM);
    let body = tokio::time::timeout(PATIENCE, body).await.ok()?.ok()?;
    let pairs = url::form_urlencoded::parse(&body);
    let mut form = Form::default();
    for (name, value) in pairs {
        match &*name {
            "account" => form.account = value.trim().to_owned(),
            "password" => form.password = value.into_owned(),
            "next" => form.next = value.into_owned(),
            "form" => form.form = value.into_owned(),
            _ => {}
        }
    }
    Some(form)
}

fn peer(request: &Request) -> Peer {
    let peer = request.extensions().get::<Peer>();
    peer.copied().unwrap_or(Peer::INSIDE)
}

fn no_role() -> Response<Body> {
    let words = "You are signed in, but none of your groups may see these pages. Whoever runs this \
                 server gives groups a role in [access] of readback.toml.";
    html(StatusCode::FORBIDDEN, "Nothing to see", &paragraph(words))
}

fn not_here() -> Response<Body> {
    let words = "Nobody signs in like this here.";
    html(
        StatusCode::NOT_FOUND,
        "There is no such page",
        &paragraph(words),
    )
}

fn broken() -> Response<Body> {
    tracing::error!("there is no randomness for a session");
    let words = "Nobody can be signed in now; the log of the server says why.";
    html(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Sign in",
        &paragraph(words),
    )
}

/// A page that nobody keeps.
pub(in crate::web) fn html(status: StatusCode, title: &str, body: &str) -> Response<Body> {
    let answer = Answer::html(status, page(title, body));
    let mut response = answer.respond(&HeaderMap::new());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Without any referrer a browser would not say which page a form is from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.remove(ETAG);
    response
}

/// Sends the browser on.
pub(in crate::web) fn see(address: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    let first = HeaderValue::from_static("/");
    headers.insert(LOCATION, HeaderValue::from_str(address).unwrap_or(first));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn set(response: &mut Response<Body>, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
