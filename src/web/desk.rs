//! `/registry`: the registry for coordinators, with forms. A form says what a program says over
//! `/v1/writeups`, and goes the same way.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request as HttpRequest, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::AppState;
use super::access::Reader;
use super::access::signin::see;
use super::access::words::encode;
use super::answer::Answer;
use super::body;
use super::forms::{Form, said};
use super::imports::{Asked, Task, desk, kinds};
use super::look::{Look, in_time, there};
use super::problem::Refusal;
use super::receive::Door;
use super::router::{Asked as Wanted, undone};
use super::shown::Shown;
use super::speaker::Speaker;
use super::who::Who;
use crate::jobs::order::typed;
use crate::model::{Millis, to_rfc3339};
use crate::pages::{Links, Page, Registry, render};
use crate::store::RegistryWriteup;

/// Write-ups on a page.
const ROWS: usize = 50;
/// Targets without a write-up that are shown.
const TARGETS: usize = 50;
/// Names of a write-up that are shown.
const NAMES: usize = 12;
/// The longest form without a file.
pub(super) const LONGEST_FORM: usize = 64 << 10;

const FOREIGN: &str = "This form was not sent from a page of this server, or it is too old. Open the \
     page again.";
const NOT_HERE: &str = "Only `readback serve` has the registry.";

/// `GET /registry`
pub(super) async fn page(
    State(state): State<AppState>,
    shown: Shown,
    wanted: Wanted,
    request: HttpRequest,
) -> Response<Body> {
    let Some(who) = person(&request) else {
        return refuse(Refusal::new(StatusCode::NOT_FOUND, NOT_HERE));
    };
    let form = state.access.form(request.headers());
    match view(&state, &who, &wanted, form).await {
        Ok(view) => show(&shown, StatusCode::OK, &Page::Registry(Box::new(view))),
        Err(refusal) => refuse(refusal),
    }
}

/// Whoever came through the gate.
pub(super) fn person(request: &HttpRequest) -> Option<Who> {
    let reader = request.extensions().get::<Reader>();
    reader.cloned().map(Who::Person)
}

async fn view(
    state: &AppState,
    who: &Who,
    wanted: &Wanted,
    form: String,
) -> Result<Registry, Refusal> {
    let look = Look::of(state, who).await?;
    let date = |at: Millis| match desk(state) {
        Some((_, desk)) => desk.date(at),
        None => to_rfc3339(at).chars().take(10).collect(),
    };
    let now = state.door.as_ref().map(|door| door.now());
    let retired = |at: Millis| match now.is_some_and(|now| at > now) {
        true => format!("retires on {}", date(at)),
        false => format!("retired {}", date(at)),
    };
    let search = wanted.search();
    let lower = search.to_lowercase();
    let fits = |writeup: &&RegistryWriteup| {
        let team = writeup.owner_team.iter();
        let mut words = writeup.names.iter().chain(&writeup.title).chain(team);
        lower.is_empty() || words.any(|word| word.to_lowercase().contains(&lower))
    };
    let found: Vec<&RegistryWriteup> = look.writeups().filter(fits).collect();
    let page = wanted.page().min(found.len().div_ceil(ROWS).max(1));
    let rows = found.iter().skip((page - 1) * ROWS).take(ROWS);
    let rows = rows.map(|writeup| {
        let names = writeup.names.iter().filter(|name| **name != writeup.id);
        let names: Vec<&String> = names.collect();
        let parts = look.registry.parts(writeup).map(|part| &part.id);
        json!({
            "id": writeup.id,
            "title": writeup.title,
            "published": writeup.published_at.map(date),
            "team": writeup.owner_team,
            "restricted": writeup.restricted,
            "retired": writeup.deleted_at.map(retired),
            "names": names.iter().take(NAMES).collect::<Vec<_>>(),
            "more_names": names.len().saturating_sub(NAMES),
            "parts": parts.collect::<Vec<_>>(),
        })
    });
    let rows = rows.collect();
    let unknown = in_time(look.registry.unregistered(&look.store)).await?;
    let targets = unknown.iter().take(TARGETS).map(|one| {
        let events = one.events.iter();
        let events = events.map(|(kind, n)| format!("{n} {}", kind.replace('_', " ")));
        json!({
            "target": one.target,
            "events": events.collect::<Vec<_>>().join(", "),
            "first": date(one.first_at),
            "last": date(one.last_at),
        })
    });
    let (files, sources) = match desk(state) {
        Some((_, desk)) => {
            let files = kinds().map(|kind| json!({ "name": kind.name, "summary": kind.summary }));
            let is_file = |kind: &str| kinds().any(|known| known.name == kind);
            let sources = desk.sources().filter(|(_, kind)| is_file(kind));
            (
                files.collect(),
                sources.map(|(id, _)| id.to_owned()).collect(),
            )
        }
        None => (Vec::new(), Vec::new()),
    };
    Ok(Registry {
        form,
        said: heard(state, &look, &wanted.said),
        search,
        rows,
        page: (page, ROWS, found.len()),
        targets: targets.collect(),
        targets_total: unknown.len(),
        kinds: files,
        sources,
        forgetting: match (&state.parts, now) {
            (Some(parts), Some(now)) => parts.forgetting(now),
            _ => Vec::new(),
        },
    })
}

/// The id of which something was said a moment ago: nothing for any other text, which may come from a
/// link of somebody else's.
fn heard(state: &AppState, look: &Look, id: &str) -> String {
    let is_there = match look.registry.entry(id).filter(|known| known.id == id) {
        Some(known) => look.shows(known),
        // Loading may take its time.
        None => state.door.as_ref().is_some_and(|door| door.said.has(id)),
    };
    let id = if is_there { id } else { "" };
    id.to_owned()
}

/// `POST /registry`
pub(super) async fn act(State(state): State<AppState>, request: HttpRequest) -> Response<Body> {
    let done = async {
        let (who, door, form, _held) = taken(&state, request, NOT_HERE).await?;
        let speaker = Speaker::open(&state, &door, who).await?;
        let (id, data) = said(&state, &speaker, &form)?;
        let received = speaker.speak(&id, data).await?;
        match received.rejected {
            0 => Ok(see(&format!("/registry?said={}", encode(&id)))),
            _ => Err(Refusal::of_events(&received)),
        }
    };
    done.await.unwrap_or_else(refuse)
}

/// A form of ours: who sent it, the door it came by, what it says, and its part of the budget. `not_here` is
/// told where this process takes none.
pub(super) async fn taken(
    state: &AppState,
    request: HttpRequest,
    not_here: &'static str,
) -> Result<(Who, Arc<Door>, Form, body::Held), Refusal> {
    let headers = request.headers().clone();
    let who = person(&request);
    let (who, door) = match there(state).map(|_| who.zip(state.door.clone())) {
        Ok(Some(both)) => both,
        other => {
            body::turn_away(request).await;
            let not_here = Refusal::new(StatusCode::NOT_FOUND, not_here);
            return Err(other.err().unwrap_or(not_here));
        }
    };
    let (request, held) = door.read(request).await?;
    if request.body.len() > LONGEST_FORM {
        let words = format!("valid are at most {LONGEST_FORM} bytes");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, words));
    }
    let form = Form::of(&request.body);
    own(state, &headers, form.get("form"))?;
    Ok((who, door, form, held))
}

/// Whether a form is one of ours. The gate has looked at the page that it is from; who has a session
/// brings along what stands in the page, too.
pub(super) fn own(state: &AppState, headers: &HeaderMap, form: &str) -> Result<(), Refusal> {
    match state.access.form(headers) == form {
        true => Ok(()),
        false => Err(Refusal::new(StatusCode::FORBIDDEN, FOREIGN)),
    }
}

/// `POST /registry/import`
pub(super) async fn import(
    State(state): State<AppState>,
    shown: Shown,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let headers = request.headers().clone();
        let not_here = || Refusal::new(StatusCode::NOT_FOUND, NOT_HERE);
        let (Some(who), Some(door)) = (person(&request), state.door.clone()) else {
            body::turn_away(request).await;
            return Err(not_here());
        };
        let (request, held) = door.read(request).await?;
        let Parted { form, file, name } = parted(&headers, request.body).await?;
        own(&state, &headers, form.get("form"))?;
        let asked = asked(&form, name)?;
        let (task, name) = Task::of(&state, who, asked)?;
        task.run(name, (file, held), request.now).await
    };
    match done.await {
        Ok(receipt) => show(
            &shown,
            StatusCode::OK,
            &Page::Receipt(Value::Object(receipt)),
        ),
        Err(refusal) => match refusal.receipt() {
            Some(receipt) => show(&shown, refusal.status, &Page::Receipt(receipt)),
            None => refuse(refusal),
        },
    }
}

/// A form with a file.
pub(super) struct Parted {
    pub(super) form: Form,
    /// What is in the file.
    pub(super) file: Vec<u8>,
    /// What it is called.
    pub(super) name: String,
}

/// The fields of a form with a file, and the file.
pub(super) async fn parted(headers: &HeaderMap, bytes: Vec<u8>) -> Result<Parted, Refusal> {
    let bad = || {
        let words = "the form can't be read; open the page again";
        Refusal::new(StatusCode::BAD_REQUEST, words)
    };
    // Not its words: they may repeat what was sent.
    let broken = |_: MultipartError| bad();
    let mut request = HttpRequest::new(Body::from(bytes));
    let media = headers.get(CONTENT_TYPE).cloned().ok_or_else(bad)?;
    request.headers_mut().insert(CONTENT_TYPE, media);
    // The door has seen to its length.
    DefaultBodyLimit::disable().apply(&mut request);
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|_| bad())?;
    let (mut fields, mut file, mut called) = (Vec::new(), Vec::new(), String::new());
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            part.file_name().unwrap_or_default().clone_into(&mut called);
            file = part.bytes().await.map_err(broken)?.to_vec();
            continue;
        }
        fields.push((name, part.text().await.map_err(broken)?));
    }
    Ok(Parted {
        form: Form::new(fields),
        file,
        name: called,
    })
}

/// What a form asks for.
fn asked(form: &Form, file: String) -> Result<Asked, Refusal> {
    let mut asked = Asked {
        kind: form.get("kind").to_owned(),
        source: form.has("source").then(|| form.get("source").to_owned()),
        dry_run: form.get("dry_run") == "true",
        file,
        ..Asked::default()
    };
    let lines = form.get("params").lines();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let Some((key, value)) = line.split_once('=') else {
            let words = "params: valid is KEY=VALUE, one a line";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        };
        let key = key.trim().to_owned();
        asked.params.push((key, typed(value.trim())));
    }
    Ok(asked)
}

/// A page that nobody keeps, whose forms say where they are from.
pub(super) fn show(shown: &Shown, status: StatusCode, page: &Page) -> Response<Body> {
    let nothing = Value::Null;
    let summary = shown.latest.as_ref().map(|published| &published.summary);
    let made = render(page, summary.unwrap_or(&nothing), Links::Seated(shown.seat));
    let html = match made {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            let words = "this page could not be made; the log of the server says why";
            return refuse(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words));
        }
    };
    let mut response = Answer::html(status, html).respond(&HeaderMap::new());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Without any referrer a browser would not say which page a form is from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.remove(ETAG);
    response
}

/// What could not be done, for a person.
pub(super) fn refuse(refusal: Refusal) -> Response<Body> {
    undone_at(&refusal, "/registry", "the registry")
}

/// The same with a way back to a page.
pub(super) fn undone_at(refusal: &Refusal, page: &str, name: &str) -> Response<Body> {
    undone(
        refusal,
        &format!("<p><a href=\"{page}\">Back to {name}</a></p>"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(fields: &[(&str, &[u8])]) -> (HeaderMap, Vec<u8>) {
        let mut body = Vec::new();
        for (name, value) in fields {
            let file = if *name == "file" {
                "; filename=\"a.csv\""
            } else {
                ""
            };
            let head =
                format!("--zzb\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--zzb--\r\n");
        let mut headers = HeaderMap::new();
        let media = HeaderValue::from_static("multipart/form-data; boundary=zzb");
        headers.insert(CONTENT_TYPE, media);
        (headers, body)
    }

    #[tokio::test]
    async fn a_form_with_a_file_is_taken_apart() {
        let bytes = [0xff, b'\r', b'\n', b'-', b'-', 0];
        let (headers, body) = form(&[
            ("form", b"zz"),
            ("kind", b"access-log"),
            ("params", b"base=https://w.example.org\r\nvhost = true\n"),
            ("dry_run", b"true"),
            ("file", &bytes),
        ]);
        let read = parted(&headers, body).await.expect("a form");
        assert_eq!((read.form.get("form"), &read.file[..]), ("zz", &bytes[..]));
        let asked = asked(&read.form, read.name).expect("a task");
        assert_eq!((asked.kind.as_str(), asked.dry_run), ("access-log", true));
        assert_eq!(asked.file, "a.csv");
        let params = [
            ("base".to_owned(), "https://w.example.org".into()),
            ("vhost".to_owned(), true.into()),
        ];
        assert_eq!(asked.params, params);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_form_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..400,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let (headers, mut body) = form(&[("kind", b"events"), ("file", &bytes)]);
            let whole = body.len();
            body.truncate(cut.max(1));
            let read = runtime.block_on(parted(&headers, body));
            if let Err(refusal) = &read {
                prop_assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
            }
            // What looks like the border may stand in a file.
            let holds = bytes.windows(5).any(|piece| piece == b"--zzb");
            prop_assert!(cut < whole || holds || read.is_ok_and(|read| read.file == bytes));
        }
    }
}
