//! `/api/v1`: what is published, for programs. It gives the summary that pages show to whoever asks, as
//! resources and tables, and counts nothing itself.

mod asked;
mod table;
mod tables;
mod told;
mod written;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CONTENT_DISPOSITION, HeaderName, LINK, VARY};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::routing::{MethodRouter, get};
use serde_json::{Value, json};

use super::access::Right;
use super::answer::{Answer, Keep};
use super::api::{Route, looked};
use super::problem::{Refusal, Segment};
use super::receive::only;
use super::router::{no_summary, summary};
use super::shown::Shown;
use super::{AppState, Published};
use crate::charts::reading;

use asked::{Asked, Form, nothing};
use table::Table;

pub(super) use told::{bodies, parameters};

/// What every address here may answer beside what it gives.
const TABLE: [(u16, &str); 7] = [
    (200, "The table, or a page of it"),
    (304, "It is still the same as what `If-None-Match` names"),
    (400, "What stands behind the question mark is not valid"),
    (401, "Nobody has signed in, and no token is shown"),
    (403, "Not from here, not in this role, or not by this token"),
    (406, "`Accept` names nothing that is given here"),
    (
        503,
        "Nothing has been computed yet: try again after Retry-After seconds",
    ),
];

const RESOURCE: [(u16, &str); 6] = {
    let t = TABLE;
    [(200, "What is published"), t[1], t[2], t[3], t[4], t[6]]
};

const ONE: [(u16, &str); 7] = {
    let r = RESOURCE;
    let unknown = (404, "There is no such one; the table names those there are");
    [r[0], r[1], r[2], r[3], r[4], unknown, r[5]]
};

macro_rules! table_route {
    ($path:literal, $table:ident, $summary:literal) => {
        Route {
            path: $path,
            right: Right::Published,
            serve: || {
                looks(get(|shown, headers, uri| {
                    rows(&tables::$table, shown, headers, uri)
                }))
            },
            operations: &[looked($summary, tables::$table.what, &TABLE)],
        }
    };
}

/// The index.
pub(super) const INDEX: Route = Route {
    path: "/api/v1",
    right: Right::Published,
    serve: || looks(get(index)),
    operations: &[looked(
        "What is published, for programs",
        "The addresses of what there is, and as of when it is.",
        &RESOURCE,
    )],
};

/// The whole summary.
pub(super) const SUMMARY: Route = Route {
    path: "/api/v1/summary",
    right: Right::Published,
    serve: || looks(get(whole)),
    operations: &[looked(
        "The published numbers as one document",
        "The same as /summary.json.",
        &RESOURCE,
    )],
};

pub(super) const INDICATORS: Route =
    table_route!("/api/v1/indicators", INDICATORS, "The indicators");
pub(super) const NUMBERS: Route =
    table_route!("/api/v1/numbers", NUMBERS, "The numbers of all indicators");
pub(super) const SERIES: Route = table_route!("/api/v1/series", SERIES, "Months and quarters");
pub(super) const WRITEUPS: Route = table_route!("/api/v1/writeups", WRITEUPS, "The write-ups");
pub(super) const REVIEWS: Route = table_route!("/api/v1/reviews", REVIEWS, "The reviews");
pub(super) const SLICES: Route = table_route!("/api/v1/slices", SLICES, "Parts of the write-ups");
pub(super) const HEALTH: Route = table_route!("/api/v1/health", HEALTH, "How it was measured");

/// An indicator.
pub(super) const INDICATOR: Route = Route {
    path: "/api/v1/indicators/{code}",
    right: Right::Published,
    serve: || looks(get(indicator)),
    operations: &[looked(
        "An indicator",
        "By its code, such as R3: its definition and all that it says, as the summary has it.",
        &ONE,
    )],
};

/// A write-up.
pub(super) const WRITEUP: Route = Route {
    path: "/api/v1/writeups/{id}",
    right: Right::Published,
    serve: || looks(get(writeup)),
    operations: &[looked(
        "A write-up",
        "By its id: its numbers, its links with where they stand, its reads by age, as the summary has them.",
        &ONE,
    )],
};

/// A part of the write-ups.
pub(super) const SLICE: Route = Route {
    path: "/api/v1/slices/{by}/{name}",
    right: Right::Published,
    serve: || looks(get(slice)),
    operations: &[looked(
        "A part of the write-ups",
        "By what it is of (team, template, tag or year) and its name, as the summary has it.",
        &ONE,
    )],
};

fn looks(method: MethodRouter<AppState>) -> MethodRouter<AppState> {
    method.fallback(|request| only("GET, HEAD", request))
}

/// `GET /api/v1`
async fn index(shown: Shown, headers: HeaderMap, uri: Uri) -> Response<Body> {
    give(&shown, &headers, &uri, |published| {
        let tables = tables::ALL.map(|table| {
            json!({
                "name": table.name,
                "address": address(table),
                "what": table.what,
                "forms": Form::ALL.map(Form::name),
            })
        });
        Ok(json!({
            "as_of": published.summary["as_of"],
            "summary": SUMMARY.path,
            "tables": tables,
            "described": "/openapi.json",
        }))
    })
}

/// `GET /api/v1/summary`
async fn whole(shown: Shown, headers: HeaderMap, uri: Uri) -> Response<Body> {
    match nothing(uri.query().unwrap_or_default()) {
        Ok(()) => summary(shown, headers).await,
        Err(refusal) => refusal.respond(),
    }
}

/// `GET /api/v1/indicators/{code}`
async fn indicator(
    shown: Shown,
    headers: HeaderMap,
    uri: Uri,
    Segment(code): Segment,
) -> Response<Body> {
    give(&shown, &headers, &uri, |published| {
        let Some(found) = published.summary["indicators"].get(&code) else {
            return Err(absent("indicator", INDICATORS.path));
        };
        let mut one = json!({ "code": code });
        if let (Some(one), Some(found)) = (one.as_object_mut(), found.as_object()) {
            one.extend(found.clone());
        }
        Ok(one)
    })
}

/// `GET /api/v1/writeups/{id}`
async fn writeup(
    shown: Shown,
    headers: HeaderMap,
    uri: Uri,
    Segment(id): Segment,
) -> Response<Body> {
    if let Err(refusal) = shown.note(&id).await {
        return refusal.respond();
    }
    give(&shown, &headers, &uri, |published| {
        let mut all = reading::list(&published.summary, "writeups").iter();
        let found = all.find(|writeup| reading::text(writeup, "id") == id);
        found
            .cloned()
            .ok_or_else(|| absent("write-up", WRITEUPS.path))
    })
}

/// `GET /api/v1/slices/{by}/{name}`
async fn slice(
    shown: Shown,
    headers: HeaderMap,
    uri: Uri,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response<Body> {
    // What is no text names nothing.
    let (by, name) = path.map(|Path(both)| both).unwrap_or_default();
    give(&shown, &headers, &uri, |published| {
        let mut all = reading::list(&published.summary, "slices").iter();
        let found = all
            .find(|slice| reading::text(slice, "by") == by && reading::text(slice, "name") == name);
        found.cloned().ok_or_else(|| absent("part", SLICES.path))
    })
}

/// The name is not repeated: what is hidden is told like what is not there.
fn absent(what: &str, list: &str) -> Refusal {
    let words = format!("there is no {what} of this name; {list} lists those there are");
    Refusal::new(StatusCode::NOT_FOUND, words)
}

fn published(shown: &Shown) -> Result<&Arc<Published>, Refusal> {
    shown.latest.as_ref().ok_or_else(|| no_summary(shown))
}

/// A document that is made of a summary.
fn give(
    shown: &Shown,
    headers: &HeaderMap,
    uri: &Uri,
    make: impl FnOnce(&Published) -> Result<Value, Refusal>,
) -> Response<Body> {
    let made = nothing(uri.query().unwrap_or_default())
        .and_then(|()| published(shown))
        .and_then(|published| make(published));
    match made {
        Ok(made) => {
            let body = format!("{made}\n").into_bytes();
            Answer::found("application/json", body, Keep::Ask).respond(headers)
        }
        Err(refusal) => refusal.respond(),
    }
}

/// A table in the form that is asked for.
async fn rows(table: &'static Table, shown: Shown, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let done = async {
        let asked = Asked::of(uri.query().unwrap_or_default(), &headers)?;
        let published = published(&shown)?;
        if table.tells_writeups {
            shown.note_all(&address(table)).await?;
        }
        written(table, &published.summary, asked, &headers)
    };
    done.await.unwrap_or_else(Refusal::respond)
}

fn written(
    table: &Table,
    summary: &Value,
    asked: Asked,
    headers: &HeaderMap,
) -> Result<Response<Body>, Refusal> {
    let rows = (table.rows)(summary);
    let as_of = reading::text(summary, "as_of");
    let bytes = match asked.form {
        Form::Json => {
            let first = (asked.page - 1).saturating_mul(asked.per_page);
            let page = rows.iter().skip(first).take(asked.per_page);
            let items: Vec<Value> = page.map(|row| table.object(row)).collect();
            let body = json!({
                "as_of": as_of,
                "total": rows.len(),
                "page": asked.page,
                "per_page": asked.per_page,
                "items": items,
            });
            format!("{body}\n").into_bytes()
        }
        Form::Csv => written::csv(table, &rows).map_err(|error| unmade(&error))?,
        Form::Parquet => written::parquet(table, &rows, as_of).map_err(|error| unmade(&error))?,
    };
    let mut response = Answer::found(asked.form.media(), bytes, Keep::Ask).respond(headers);
    let mut put = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    put(VARY, "accept".to_owned());
    match asked.form {
        Form::Json => put(LINK, links(table, asked, rows.len())),
        Form::Csv | Form::Parquet => {
            let (name, ending) = (table.name, asked.form.name());
            let file = format!("attachment; filename=\"readback-{name}.{ending}\"");
            put(CONTENT_DISPOSITION, file);
        }
    }
    Ok(response)
}

fn address(table: &Table) -> String {
    format!("{}/{}", INDEX.path, table.name)
}

/// The pages around one (RFC 8288).
fn links(table: &Table, asked: Asked, total: usize) -> String {
    let last = total.div_ceil(asked.per_page).max(1);
    let (page, per_page) = (asked.page, asked.per_page);
    let around = [
        ("first", Some(1)),
        ("prev", (page > 1).then(|| (page - 1).min(last))),
        ("next", (page < last).then_some(page + 1)),
        ("last", Some(last)),
    ];
    let links = around.into_iter().filter_map(|(rel, page)| {
        let to = address(table);
        page.map(|page| format!("<{to}?page={page}&per_page={per_page}>; rel=\"{rel}\""))
    });
    links.collect::<Vec<_>>().join(", ")
}

fn unmade(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "a table could not be made");
    let words = "this table could not be made; the log of the server says why";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words)
}
