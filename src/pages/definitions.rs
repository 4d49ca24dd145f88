//! Definitions: every indicator with its formula, its caveat, its version and the numbers of now.

use serde::Serialize;
use serde_json::Value;

use super::view::{Figure, Frame, Part, say};
use super::{Links, PageError, restated, signals, templates, words};
use crate::charts::{build, reading};
use crate::indicators::{NOISED, Told};
use crate::model::Parameters;

/// Rows of numbers shown for one indicator; the summary file holds the rest.
const MOST_ROWS: usize = 40;

#[derive(Serialize)]
struct View {
    frame: Frame,
    entries: Vec<Entry>,
    parameters: Vec<(String, String)>,
    noised: Told,
    single: bool,
    all: String,
}

#[derive(Serialize)]
struct Entry {
    code: String,
    title: String,
    unit: String,
    version: String,
    layer: &'static str,
    state: bool,
    says: String,
    definition: String,
    caveat: String,
    sentence: Vec<Part>,
    numbers: Vec<(String, String)>,
    more: bool,
    figures: Vec<Figure>,
    href: String,
    /// Of one that has a page of its own: how its numbers came about.
    explained: Option<Value>,
    /// Whether an earlier report would say the same now, where one was compared.
    restated: Option<String>,
}

/// All of them; each has its code as anchor.
pub(super) fn render_all(summary: &Value, links: Links) -> Result<String, PageError> {
    let indicators = summary.get("indicators").and_then(Value::as_object);
    let entries: Vec<Entry> = indicators
        .into_iter()
        .flatten()
        .map(|(code, indicator)| entry(summary, links, code, indicator))
        .collect();
    let frame = Frame::new(summary, links, "definitions", "What each number means");
    page(summary, links, frame, entries, false)
}

/// One of them, with its pictures.
pub(super) fn render_one(
    summary: &Value,
    links: Links,
    code: &str,
    explained: &Value,
) -> Result<String, PageError> {
    let indicators = summary.get("indicators").and_then(Value::as_object);
    let (code, indicator) = indicators
        .into_iter()
        .flatten()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .ok_or_else(|| PageError::UnknownIndicator(code.to_owned()))?;
    let charts = build::charts(summary, code);
    let figures = charts
        .iter()
        .map(|chart| Figure::new(chart, links))
        .collect();
    let entry = Entry {
        figures,
        explained: (!explained.is_null()).then(|| explained.clone()),
        restated: explained.get("restated").and_then(restated::of_one),
        ..entry(summary, links, code, indicator)
    };
    let title = format!("{code}: {}", reading::text(indicator, "title"));
    page(
        summary,
        links,
        Frame::new(summary, links, "definitions", &title),
        vec![entry],
        true,
    )
}

fn page(
    summary: &Value,
    links: Links,
    frame: Frame,
    entries: Vec<Entry>,
    single: bool,
) -> Result<String, PageError> {
    let parameters = summary.get("parameters").and_then(Value::as_object);
    let parameters = parameters
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.replace('_', " "), literal(value)))
        .collect();
    let all = links.definitions();
    templates::render(
        "definitions.html",
        &View {
            frame,
            entries,
            parameters,
            noised: noised(summary),
            single,
            all,
        },
    )
}

/// P3 in words: it has no numbers before somebody asks for them.
fn noised(summary: &Value) -> Told {
    let late = summary.pointer("/parameters/late_days");
    let late = late.and_then(Value::as_u64);
    let mut parameters = Parameters::default();
    if let Some(late) = late.and_then(|late| u32::try_from(late).ok()) {
        parameters.late_days = late;
    }
    NOISED.told(&parameters)
}

fn entry(summary: &Value, links: Links, code: &str, indicator: &Value) -> Entry {
    let mut numbers = numbers(indicator.get("results").unwrap_or(&Value::Null));
    let more = numbers.len() > MOST_ROWS;
    numbers.truncate(MOST_ROWS);
    Entry {
        code: code.to_owned(),
        title: reading::text(indicator, "title").to_owned(),
        unit: reading::text(indicator, "unit").to_owned(),
        version: indicator.get("version").map(literal).unwrap_or_default(),
        layer: match reading::text(indicator, "layer") {
            "L" => "one of the signs",
            "H" => "says how well was measured",
            _ => "for a closer look",
        },
        state: indicator
            .get("state")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        says: words::capital(reading::text(indicator, "says")),
        definition: reading::text(indicator, "definition").to_owned(),
        caveat: reading::text(indicator, "caveat").to_owned(),
        sentence: say(links, code, &signals::sentence(summary, code)),
        numbers,
        more,
        figures: Vec::new(),
        explained: None,
        restated: summary
            .get("restated")
            .and_then(|told| restated::of_code(told, code)),
        href: match links {
            Links::Server | Links::Seated(_) => {
                format!("{}/{}", links.definitions(), super::links::encode(code))
            }
            Links::Report { .. } => links.definition(code),
        },
    }
}

/// Names and values of a result, one row each; a series is told by its length alone.
pub fn numbers(results: &Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    flatten(results, String::new(), &mut rows);
    rows
}

fn flatten(value: &Value, name: String, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            let withheld = reading::suppressed(value);
            for (key, inner) in map.iter().filter(|(key, _)| *key != "suppressed") {
                let name = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                match inner {
                    Value::Null if withheld => rows.push((name, "withheld".to_owned())),
                    other => flatten(other, name, rows),
                }
            }
        }
        Value::Array(list) if list.len() > 4 || list.iter().any(Value::is_object) => {
            rows.push((name, format!("{} rows", words::count(list.len() as f64))));
        }
        other if !name.is_empty() => rows.push((name, literal(other))),
        _ => {}
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) if number.is_f64() => {
            let value = number.as_f64().unwrap_or(0.0);
            format!("{value:.4}")
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        }
        Value::Number(number) => words::count(number.as_f64().unwrap_or(0.0)),
        Value::Array(list) => list.iter().map(literal).collect::<Vec<_>>().join(", "),
        Value::Object(_) => "…".to_owned(),
    }
}
