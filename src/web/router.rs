//! The routes for people, as a table, and their handlers: each turns an address into a page and
//! nothing more. Those for programs stand in `api`.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::routing::get;
use serde::Deserialize;

use super::AppState;
use super::answer::{Answer, Keep};
use super::api::ROUTES;
use super::problem::Refusal;
use super::receive::nowhere;
use crate::charts::{Theme, render_png, render_svg};
use crate::pages::{Links, ListQuery, Page, Sort, assets, render};

/// Every route there is.
pub fn router(state: AppState) -> Router {
    let programs = ROUTES.iter().fold(Router::new(), |router, route| {
        router.route(route.path, (route.serve)())
    });
    programs
        .route("/", get(overview))
        .route("/writeups", get(writeups))
        .route("/writeups/{id}", get(writeup))
        .route("/reviews", get(reviews))
        .route("/definitions", get(definitions))
        .route("/definitions/{code}", get(definition))
        .route("/privacy", get(privacy))
        .route("/charts/{name}", get(chart))
        .route("/assets/{*path}", get(asset))
        .fallback(missing)
        .with_state(state)
}

/// What may stand behind the question mark. Numbers are read kindly: a page that is none is the
/// first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    sort: String,
    page: String,
}

impl Asked {
    fn page(&self) -> usize {
        self.page.trim().parse().unwrap_or(1).max(1)
    }
}

/// Longest search that is looked for; more helps nobody.
const LONGEST_SEARCH: usize = 200;

async fn overview(State(state): State<AppState>, headers: HeaderMap) -> Response<Body> {
    page(&state, &headers, &Page::Overview)
}

async fn writeups(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response<Body> {
    let search = asked
        .q
        .chars()
        .take(LONGEST_SEARCH)
        .collect::<String>()
        .trim()
        .to_owned();
    let query = ListQuery {
        search,
        sort: Sort::named(&asked.sort),
        page: asked.page(),
    };
    page(&state, &headers, &Page::LongTail(query))
}

async fn writeup(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response<Body> {
    page(&state, &headers, &Page::Writeup(id))
}

async fn reviews(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response<Body> {
    page(&state, &headers, &Page::Reviews(asked.page()))
}

async fn definitions(State(state): State<AppState>, headers: HeaderMap) -> Response<Body> {
    page(&state, &headers, &Page::Definitions)
}

async fn definition(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Response<Body> {
    page(&state, &headers, &Page::Definition(code))
}

async fn privacy(State(state): State<AppState>, headers: HeaderMap) -> Response<Body> {
    let terms = state.latest().map(|published| published.terms.clone());
    page(&state, &headers, &Page::Privacy(terms.unwrap_or_default()))
}

async fn chart(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Response<Body> {
    let Some(published) = state.latest() else {
        return waiting(&headers);
    };
    let found = name
        .rsplit_once('.')
        .and_then(|(stem, kind)| Some((published.charts.iter().find(|c| c.name == stem)?, kind)));
    let answer = match found {
        Some((chart, "svg")) => {
            let svg = render_svg(chart, Theme::Auto).into_bytes();
            Answer::found("image/svg+xml", svg, Keep::Ask)
        }
        Some((chart, "png")) => {
            Answer::found("image/png", render_png(chart, Theme::Light), Keep::Ask)
        }
        _ => return page(&state, &headers, &Page::NotFound),
    };
    answer.respond(&headers)
}

async fn asset(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(path): Path<String>,
) -> Response<Body> {
    match assets::find(&path) {
        Some((bytes, kind)) => Answer::found(kind, bytes.to_vec(), Keep::Long).respond(&headers),
        None => page(&state, &headers, &Page::NotFound),
    }
}

pub(super) async fn summary(State(state): State<AppState>, headers: HeaderMap) -> Response<Body> {
    let Some(published) = state.latest() else {
        return Refusal::later("nothing has been computed yet").respond();
    };
    let body = published.summary.to_string().into_bytes();
    Answer::found("application/json", body, Keep::Ask).respond(&headers)
}

async fn missing(State(state): State<AppState>, request: Request) -> Response<Body> {
    let path = request.uri().path();
    let below = |root: &str| {
        let rest = path.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    match looks && !below("/v1") && !below("/xapi") {
        true => page(&state, request.headers(), &Page::NotFound),
        false => nowhere(request).await,
    }
}

/// There are no numbers yet. The browser asks again by itself.
fn waiting(headers: &HeaderMap) -> Response<Body> {
    let text = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" \
                content=\"5\"><title>Readback</title><h1>Readback</h1><p>The first numbers are being \
                computed. This page asks again every five seconds; <a href=\"/readyz\">/readyz</a> says \
                what it waits for.";
    Answer::html(StatusCode::SERVICE_UNAVAILABLE, text.to_owned()).respond(headers)
}

/// Renders a page; what isn't there is 404, what Readback gets wrong is 500 and logged.
fn page(state: &AppState, headers: &HeaderMap, page: &Page) -> Response<Body> {
    let Some(published) = state.latest() else {
        return waiting(headers);
    };
    let answer = match render(page, &published.summary, Links::Server) {
        Ok(html) => {
            let there = *page != Page::NotFound;
            Answer::html(
                if there {
                    StatusCode::OK
                } else {
                    StatusCode::NOT_FOUND
                },
                html,
            )
        }
        Err(error) if error.is_not_found() => {
            let html = render(&Page::NotFound, &published.summary, Links::Server);
            Answer::html(StatusCode::NOT_FOUND, html.unwrap_or_default())
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            let text = "<!doctype html><title>Readback</title><p>This page could not be made. The \
                        log of the server says why.";
            Answer::html(StatusCode::INTERNAL_SERVER_ERROR, text.to_owned())
        }
    };
    answer.respond(headers)
}
