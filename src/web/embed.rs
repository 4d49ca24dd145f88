//! Pictures of single write-ups for pages of other places: wikis, READMEs, Backstage. They show what is
//! published for everybody, whoever asks; restricted write-ups have none.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::AppState;
use super::answer::{Answer, Keep};
use super::problem::Refusal;
use crate::charts::{Chart, Theme, reading, render_png, render_svg};
use crate::pages::embed;

/// Proxies of pictures may keep one so long: numbers change once an hour at most.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// Pages of other origins may show it.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A picture of a write-up in a summary.
type Drawn = fn(&Value, &Value) -> Chart;

/// `GET /embed/{id}/{picture}`
pub(super) async fn picture(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path((id, picture)): Path<(String, String)>,
) -> Response<Body> {
    let Some(latest) = state.latest() else {
        return Refusal::later("nothing has been computed yet").respond();
    };
    let latest = state.hidden.through(&state, latest, false).await;
    let summary = &latest.summary;
    let mut writeups = reading::list(summary, "writeups").iter();
    let is_it = |writeup: &&Value| {
        let restricted = writeup.get("restricted") == Some(&Value::Bool(true));
        reading::text(writeup, "id") == id && !restricted
    };
    let Some(writeup) = writeups.find(is_it) else {
        let words = "no write-up that everybody may see has this id; /writeups lists them";
        return Refusal::new(StatusCode::NOT_FOUND, words).respond();
    };
    let drawn: Option<Drawn> = match picture.rsplit_once('.') {
        Some(("badge", "svg" | "png")) => Some(embed::badge),
        Some(("sparkline", "svg" | "png")) => Some(embed::sparkline),
        _ => None,
    };
    let Some(drawn) = drawn else {
        let words =
            "there is no such picture; valid are badge and sparkline, each as .svg and .png";
        return Refusal::new(StatusCode::NOT_FOUND, words).respond();
    };
    let chart = drawn(summary, writeup);
    let (kind, bytes) = match picture.ends_with(".png") {
        true => ("image/png", render_png(&chart, Theme::Light)),
        false => (
            "image/svg+xml",
            render_svg(&chart, Theme::Auto).into_bytes(),
        ),
    };
    let mut response = Answer::found(kind, bytes, Keep::Ask).respond(&headers);
    let own = response.headers_mut();
    own.insert(CACHE_CONTROL, KEPT);
    own.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}
