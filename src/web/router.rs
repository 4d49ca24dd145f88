//! The routes for people, as a table, and their handlers: each turns an address into a page and
//! nothing more. Those for programs stand in `api`.

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, Path, Query, Request, State};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use serde::Deserialize;

use super::access::Right;
use super::access::signin::{self, html};
use super::access::words::paragraph;
use super::answer::{Answer, Keep};
use super::api::ROUTES;
use super::gate::gate;
use super::go::go;
use super::openapi::openapi;
use super::problem::Refusal;
use super::receive::nowhere;
use super::shown::Shown;
use super::{AppState, annotations, bring, desk, embed, saying, trail};
use crate::charts::{Theme, csv, render_png, render_svg};
use crate::config::Role;
use crate::jobs::explain::explanation;
use crate::jobs::restate;
use crate::pages::{self, Links, ListQuery, Page, Sort, assets, render, reviews_csv};

/// A route for people.
struct View {
    path: &'static str,
    /// What it asks for.
    right: Right,
    /// Whether it shows a page: who has not signed in is led to where that is done.
    is_page: bool,
    serve: fn() -> MethodRouter<AppState>,
}

const VIEWER: Right = Right::Role(Role::Viewer);

const fn view(path: &'static str, serve: fn() -> MethodRouter<AppState>) -> View {
    View {
        path,
        right: VIEWER,
        is_page: true,
        serve,
    }
}

/// The same for those with this role.
const fn closed(role: Role, path: &'static str, serve: fn() -> MethodRouter<AppState>) -> View {
    View {
        right: Right::Role(role),
        ..view(path, serve)
    }
}

/// The same without a page.
const fn file(right: Right, path: &'static str, serve: fn() -> MethodRouter<AppState>) -> View {
    View {
        path,
        right,
        is_page: false,
        serve,
    }
}

static PAGES: &[View] = &[
    view("/", || get(overview)),
    view("/writeups", || get(writeups)),
    view("/writeups/{id}", || get(writeup)),
    view("/go/{*name}", || get(go)),
    view("/reviews", || get(reviews)),
    view("/links", || get(links)),
    view("/slices", || get(slices)),
    view("/slices/{by}/{name}", || get(slice)),
    view("/quarters/{quarter}", || get(quarter)),
    view("/explore", || get(explore)),
    view("/definitions", || get(definitions)),
    view("/definitions/{code}", || get(definition)),
    view("/privacy", || get(privacy)),
    view("/api", || get(api)),
    closed(Role::Coordinator, "/registry", || {
        get(desk::page).post(desk::act)
    }),
    file(Right::Role(Role::Coordinator), "/registry/import", || {
        post(desk::import)
    }),
    closed(Role::Coordinator, "/annotations", || {
        get(annotations::page).post(annotations::act)
    }),
    closed(Role::Coordinator, "/reviews/import", || {
        get(bring::page).post(bring::act)
    }),
    file(VIEWER, "/reviews.csv", || get(table)),
    file(Right::Role(Role::Coordinator), "/reviews/meeting", || {
        post(saying::meeting)
    }),
    file(Right::Role(Role::Coordinator), "/reviews/story", || {
        post(saying::story)
    }),
    closed(Role::Admin, "/audit", || get(trail::page)),
    file(VIEWER, "/charts/{name}", || get(chart)),
    file(VIEWER, "/feed.atom", || get(feed)),
    file(Right::Embed, "/embed/{id}/{picture}", || {
        get(embed::picture)
    }),
    file(Right::Public, "/assets/{*path}", || get(asset)),
    file(Right::Public, "/signin", || {
        get(signin::show).post(signin::take)
    }),
    file(Right::Public, "/signin/start", || get(signin::start)),
    file(Right::Public, "/signin/callback", || get(signin::back)),
    file(Right::Public, "/signout", || post(signin::leave)),
];

/// Every route there is, behind the gate.
pub fn router(state: AppState) -> Router {
    let programs = ROUTES.iter().fold(Router::new(), |router, route| {
        router.route(route.path, (route.serve)())
    });
    let all = PAGES.iter().fold(programs, |router, page| {
        router.route(page.path, (page.serve)())
    });
    all.fallback(missing)
        .layer(middleware::from_fn_with_state(state.clone(), gate))
        .with_state(state)
}

/// Every route with what it asks for.
pub fn routes() -> impl Iterator<Item = (&'static str, Right)> {
    let programs = ROUTES.iter().map(|route| (route.path, route.right));
    programs.chain(PAGES.iter().map(|page| (page.path, page.right)))
}

/// What a route asks for.
pub(super) fn right(path: &str) -> Option<Right> {
    routes()
        .find(|(known, _)| *known == path)
        .map(|(_, right)| right)
}

/// Whether a person asks, by a browser; also for a page that is not there.
pub(super) fn is_page(request: &Request) -> bool {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = match request.extensions().get::<MatchedPath>() {
        Some(path) => {
            let page = PAGES.iter().find(|page| page.path == path.as_str());
            return looks && page.is_some_and(|page| page.is_page);
        }
        None => request.uri().path(),
    };
    let below = |root: &str| {
        let rest = path.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    looks && !below("/v1") && !below("/api/v1") && !below("/xapi")
}

/// Whether a browser sends a form of a page: whoever did reads the answer.
pub(super) fn is_form(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    let is_ours = |path: &MatchedPath| PAGES.iter().any(|page| page.path == path.as_str());
    *request.method() == Method::POST && path.is_some_and(is_ours)
}

/// What may stand behind the question mark. Numbers are read kindly: a page that is none is the
/// first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    sort: String,
    page: String,
    pub(super) said: String,
    /// A file that was dropped and waits.
    pub(super) file: String,
    /// The write-up whose numbers are explained; none where it is empty.
    writeup: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Response<Body>;

    async fn from_request_parts(head: &mut Head, state: &S) -> Result<Self, Response<Body>> {
        let asked = Query::<Asked>::from_request_parts(head, state).await;
        let refused = |rejection| undone(&Refusal::from(rejection), "");
        asked.map(|Query(asked)| asked).map_err(refused)
    }
}

/// What could not be done, for a person; with a way on.
pub(super) fn undone(refusal: &Refusal, on: &str) -> Response<Body> {
    let words = paragraph(&refusal.words());
    let words = format!("<div role=\"alert\">{words}</div>{on}");
    html(refusal.status, "This was not done", &words)
}

impl Asked {
    pub(super) fn page(&self) -> usize {
        self.page.trim().parse().unwrap_or(1).max(1)
    }

    pub(super) fn search(&self) -> String {
        let short: String = self.q.chars().take(LONGEST_SEARCH).collect();
        short.trim().to_owned()
    }
}

/// Longest search that is looked for; more helps nobody.
const LONGEST_SEARCH: usize = 200;

async fn overview(shown: Shown, headers: HeaderMap) -> Response<Body> {
    let restated = shown
        .latest
        .as_ref()
        .map(|published| published.restated.clone());
    let restated = Box::new(restated.unwrap_or_default());
    page(&shown, &headers, &Page::OverviewSince(restated))
}

async fn writeups(shown: Shown, headers: HeaderMap, asked: Asked) -> Response<Body> {
    let query = ListQuery {
        search: asked.search(),
        sort: Sort::named(&asked.sort),
        page: asked.page(),
    };
    page(&shown, &headers, &Page::LongTail(query))
}

async fn writeup(
    State(state): State<AppState>,
    shown: Shown,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response<Body> {
    if let Err(refusal) = shown.note(&id).await {
        return refusal.respond();
    }
    let asked = match state.access.origin() {
        Some(origin) => Page::WriteupAt(id, origin.to_owned()),
        None => Page::Writeup(id),
    };
    page(&shown, &headers, &asked)
}

async fn reviews(
    State(state): State<AppState>,
    shown: Shown,
    asked: Asked,
    request: Request,
) -> Response<Body> {
    let (who, headers) = (desk::person(&request), request.headers().clone());
    let desk = saying::page(&state, &shown, &asked, (who, &headers)).await;
    desk.unwrap_or_else(|| page(&shown, &headers, &Page::Reviews(asked.page())))
}

/// `GET /reviews.csv`
async fn table(shown: Shown, headers: HeaderMap) -> Response<Body> {
    let nothing = serde_json::Value::Null;
    let summary = shown.latest.as_ref().map(|published| &published.summary);
    match reviews_csv(summary.unwrap_or(&nothing)) {
        Ok(bytes) => Answer::found("text/csv; charset=utf-8", bytes, Keep::Ask).respond(&headers),
        Err(error) => no_table(&error),
    }
}

fn no_table(error: &dyn std::fmt::Display) -> Response<Body> {
    tracing::error!(%error, "a table could not be made");
    let words = "this table could not be made; the log of the server says why";
    undone(&Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words), "")
}

/// `GET /feed.atom`
async fn feed(State(state): State<AppState>, shown: Shown, headers: HeaderMap) -> Response<Body> {
    let Some(published) = &shown.latest else {
        return waiting(&shown, &headers);
    };
    match pages::feed(&published.summary, state.access.origin()) {
        Ok(bytes) => Answer::found("application/atom+xml", bytes, Keep::Ask).respond(&headers),
        Err(error) => {
            tracing::error!(%error, "the feed could not be made");
            let words = "the feed could not be made; the log of the server says why";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words).respond()
        }
    }
}

async fn links(shown: Shown, headers: HeaderMap) -> Response<Body> {
    page(&shown, &headers, &Page::Links)
}

async fn slices(shown: Shown, headers: HeaderMap) -> Response<Body> {
    page(&shown, &headers, &Page::Slices)
}

async fn slice(
    shown: Shown,
    headers: HeaderMap,
    Path((by, name)): Path<(String, String)>,
) -> Response<Body> {
    page(&shown, &headers, &Page::Slice(by, name))
}

async fn quarter(shown: Shown, headers: HeaderMap, Path(name): Path<String>) -> Response<Body> {
    page(&shown, &headers, &Page::Quarter(name))
}

async fn explore(shown: Shown, headers: HeaderMap) -> Response<Body> {
    page(&shown, &headers, &Page::Explore)
}

async fn definitions(shown: Shown, headers: HeaderMap) -> Response<Body> {
    page(&shown, &headers, &Page::Definitions)
}

async fn definition(
    shown: Shown,
    headers: HeaderMap,
    asked: Asked,
    Path(code): Path<String>,
) -> Response<Body> {
    let writeup = Some(asked.writeup.as_str()).filter(|id| !id.is_empty());
    if let Some(id) = writeup
        && let Err(refusal) = shown.note(id).await
    {
        return refusal.respond();
    }
    let latest = shown.latest.as_ref();
    // An unknown code, or write-up, is told by the page.
    let explained =
        latest.and_then(|published| explanation(&published.summary, &code, writeup).ok());
    let restated = latest.map_or(&serde_json::Value::Null, |published| &published.restated);
    let explained = explained.and_then(|mut told| {
        let own = restate::told_of(restated, &told.code);
        told.restated = Some(own).filter(|own| !own.is_null());
        serde_json::to_value(told).ok()
    });
    let explained = Box::new(explained.unwrap_or_default());
    page(&shown, &headers, &Page::Definition(code, explained))
}

async fn privacy(shown: Shown, headers: HeaderMap) -> Response<Body> {
    let terms = shown
        .latest
        .as_ref()
        .map(|published| published.terms.clone());
    page(&shown, &headers, &Page::Privacy(terms.unwrap_or_default()))
}

/// `GET /api`
async fn api(shown: Shown, headers: HeaderMap) -> Response<Body> {
    page(&shown, &headers, &Page::Api(Box::new(openapi())))
}

async fn chart(shown: Shown, headers: HeaderMap, Path(name): Path<String>) -> Response<Body> {
    let Some(published) = &shown.latest else {
        return waiting(&shown, &headers);
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
        Some((chart, "csv")) => match csv(&chart.table) {
            Ok(bytes) => Answer::found("text/csv; charset=utf-8", bytes, Keep::Ask),
            Err(error) => return no_table(&error),
        },
        _ => return page(&shown, &headers, &Page::NotFound),
    };
    answer.respond(&headers)
}

async fn asset(headers: HeaderMap, Path(path): Path<String>) -> Response<Body> {
    match assets::find(&path) {
        Some((bytes, kind)) => Answer::found(kind, bytes.to_vec(), Keep::Long).respond(&headers),
        // Nobody has shown who asks: nothing of the organisation stands here.
        None => {
            let words = paragraph("The address may be old, or mistyped.");
            html(StatusCode::NOT_FOUND, "There is no such file", &words)
        }
    }
}

pub(super) async fn summary(shown: Shown, headers: HeaderMap) -> Response<Body> {
    let Some(published) = &shown.latest else {
        return no_summary(&shown).respond();
    };
    // All restricted write-ups stand in it.
    if let Err(refusal) = shown.note_all("summary.json").await {
        return refusal.respond();
    }
    let body = published.summary.to_string().into_bytes();
    Answer::found("application/json", body, Keep::Ask).respond(&headers)
}

/// Said to programs where there are no numbers.
pub(super) fn no_summary(shown: &Shown) -> Refusal {
    match shown.computes {
        true => Refusal::later("nothing has been computed yet"),
        false => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, ELSEWHERE),
    }
}

async fn missing(shown: Shown, request: Request) -> Response<Body> {
    match is_page(&request) {
        true => page(&shown, request.headers(), &Page::NotFound),
        false => nowhere(request).await,
    }
}

/// Said where this process computes no pages.
const ELSEWHERE: &str = "this server computes no pages, since [schedule] report_minutes is 0: `readback \
     report --out FOLDER` on its data folder writes them as files. `readback serve --every 60`, or \
     report_minutes = 60 in readback.toml, lets the server compute and show them";

/// There are no numbers. The browser asks again by itself, where there will be some.
pub(super) fn waiting(shown: &Shown, headers: &HeaderMap) -> Response<Body> {
    if !shown.computes {
        let words = paragraph(&format!("There is nothing to see here: {ELSEWHERE}."));
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return html(status, "Reports are computed elsewhere", &words);
    }
    let text = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" \
                content=\"5\"><title>Readback</title><h1>Readback</h1><p>The first numbers are being \
                computed. This page asks again every five seconds; <a href=\"/readyz\">/readyz</a> says \
                what it waits for.";
    Answer::html(StatusCode::SERVICE_UNAVAILABLE, text.to_owned()).respond(headers)
}

/// There is no such page.
pub(super) fn absent(shown: &Shown, headers: &HeaderMap) -> Response<Body> {
    page(shown, headers, &Page::NotFound)
}

/// Renders a page; what isn't there is 404, what Readback gets wrong is 500 and logged.
fn page(shown: &Shown, headers: &HeaderMap, page: &Page) -> Response<Body> {
    let Some(published) = &shown.latest else {
        return waiting(shown, headers);
    };
    let links = Links::Seated(shown.seat);
    let answer = match render(page, &published.summary, links) {
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
            let html = render(&Page::NotFound, &published.summary, links);
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
