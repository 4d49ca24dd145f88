//! `/annotations`: what changed and from when, with forms. What a form says goes the way of all events,
//! through the spool.

use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{Response, StatusCode};
use chrono::NaiveDate;
use serde_json::json;

use super::AppState;
use super::access::signin::see;
use super::desk::{person, show, taken, undone_at};
use super::forms::Form;
use super::look::{Look, in_time};
use super::problem::Refusal;
use super::router::Asked;
use super::saying::say;
use super::shown::Shown;
use super::who::Who;
use crate::jobs::annotations::{deed, event, standing};
use crate::model::{ActsOn, Annotation};
use crate::pages::{Annotated, Page};

const NOT_HERE: &str = "Only `readback serve` takes annotations.";

/// `GET /annotations`
pub(super) async fn page(
    State(state): State<AppState>,
    shown: Shown,
    asked: Asked,
    request: HttpRequest,
) -> Response<Body> {
    let Some(who) = person(&request) else {
        return refuse(&Refusal::new(StatusCode::NOT_FOUND, NOT_HERE));
    };
    // Fixed words: the address may come from a link of somebody else's.
    let said = match asked.said.as_str() {
        "add" => "What you entered stands on the disk. It is tested from the next report on.",
        "remove" => "What you took back is gone from the next report on.",
        _ => "",
    };
    let form = state.access.form(request.headers());
    match view(&state, &who, form, said).await {
        Ok(view) => show(&shown, StatusCode::OK, &Page::Annotations(Box::new(view))),
        Err(refusal) => refuse(&refusal),
    }
}

async fn view(
    state: &AppState,
    who: &Who,
    form: String,
    said: &'static str,
) -> Result<Annotated, Refusal> {
    let look = Look::of(state, who).await?;
    let rows = in_time(async { Ok(look.store.annotations().await?) }).await?;
    let each = standing(&rows).into_iter().map(
        |one| json!({ "on": one.on.to_string(), "text": one.text, "acts_on": one.acts_on.name() }),
    );
    Ok(Annotated {
        form,
        said,
        rows: each.collect(),
        choices: ActsOn::ALL.map(ActsOn::name).to_vec(),
    })
}

/// `POST /annotations`
pub(super) async fn act(State(state): State<AppState>, request: HttpRequest) -> Response<Body> {
    match take(&state, request).await {
        Ok(done) => see(&format!("/annotations?said={done}")),
        Err(refusal) => refuse(&refusal),
    }
}

async fn take(state: &AppState, request: HttpRequest) -> Result<&'static str, Refusal> {
    let (who, door, form, _held) = taken(state, request, NOT_HERE).await?;
    let (annotation, done) = said(&form)?;
    // One after the other: of two words in one instant the later one is the last.
    let _turn = door.unloaded.turn().await?;
    let look = Look::to_speak(state, &who).await?;
    let rows = in_time(async { Ok(look.store.annotations().await?) }).await?;
    let deed = deed(&annotation);
    let event = event(&rows, annotation, door.now());
    let event =
        event.map_err(|lost| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, lost.to_string()))?;
    say(&door, event, &who).await?;
    let (mark, words) = who.told(&deed);
    match state.access.note_change(mark, words).await {
        true => Ok(done),
        false => Err(Refusal::later(
            "it is done, and can't be written into the audit log",
        )),
    }
}

/// What a form says.
fn said(form: &Form) -> Result<(Annotation, &'static str), Refusal> {
    let bad = |words: &str| Refusal::new(StatusCode::BAD_REQUEST, words);
    let done = match form.get("do") {
        "add" => "add",
        "remove" => "remove",
        _ => return Err(bad("do: valid are add and remove")),
    };
    let on = NaiveDate::parse_from_str(form.get("on"), "%Y-%m-%d");
    let acts_on = ActsOn::from_name(form.get("acts_on"));
    let known = || {
        format!(
            "acts_on: valid are {}",
            ActsOn::ALL.map(ActsOn::name).join(", ")
        )
    };
    let annotation = Annotation {
        on: on.map_err(|_| bad("on: valid is a date such as 2026-03-01"))?,
        text: form.get("text").to_owned(),
        acts_on: acts_on.ok_or_else(|| bad(&known()))?,
        removed: done == "remove",
    };
    Ok((annotation, done))
}

/// What could not be done, for a person.
fn refuse(refusal: &Refusal) -> Response<Body> {
    undone_at(refusal, "/annotations", "what changed")
}
