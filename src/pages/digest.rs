//! The leader's digest in Markdown: a page of sentences for mail and chat.

use serde_json::Value;

use super::view::{k, organisation, plain};
use super::{STATEMENT, alive, health, list, overview, signals, trend, words};
use crate::charts::reading;

/// The digest of a summary.
pub fn digest(summary: &Value) -> String {
    let organisation = organisation(summary);
    let mut lines = vec![
        format!(
            "# Readback, {}: {}",
            escape(reading::text(organisation, "name")),
            words::date(reading::text(summary, "as_of"))
        ),
        String::new(),
        format!("> {STATEMENT}"),
        String::new(),
    ];
    if organisation
        .get("simulated")
        .and_then(Value::as_bool)
        .unwrap_or(false)
    {
        lines.extend(["**Simulated data.**".to_owned(), String::new()]);
    }
    if k(summary) == 1 {
        lines.extend([
            "**Nothing is withheld here (k = 1).**".to_owned(),
            String::new(),
        ]);
    }
    lines.push(format!("**{}**", plain(&signals::opening(summary).1)));
    lines.push(String::new());
    lines.push(format!(
        "Age-matched reading: {}",
        plain(&trend::reads(summary).sentence)
    ));
    lines.push(String::new());
    signs(summary, &mut lines);
    living(summary, &mut lines);
    missing(summary, &mut lines);
    lines.join("\n")
}

fn signs(summary: &Value, lines: &mut Vec<String>) {
    // The file of panels belongs to the program and a test reads it; without it no section shows.
    let sections = overview::panels()
        .map(|panels| panels.section)
        .unwrap_or_default();
    for section in sections {
        let codes: Vec<&String> = section
            .panels
            .iter()
            .filter(|code| !matches!(code.as_str(), "T0" | "T1"))
            .filter(|code| !reading::indicator(summary, code).is_null())
            .collect();
        if codes.is_empty() {
            continue;
        }
        lines.extend([format!("## {}", section.heading), String::new()]);
        for code in codes {
            let title = reading::text(reading::indicator(summary, code), "title");
            let said = plain(&signals::sentence(summary, code));
            lines.push(format!("- {} ({code}): {said}", escape(title)));
        }
        lines.push(String::new());
    }
}

fn living(summary: &Value, lines: &mut Vec<String>) {
    let late = signals::days(summary, "late", 90.0);
    let alive = alive::still_alive(summary, late, 3);
    lines.extend(["## Still alive".to_owned(), String::new()]);
    if alive.is_empty() {
        lines.push(format!(
            "No write-up older than {late:.0} days can be named yet."
        ));
    }
    for writeup in alive {
        let age = reading::cell(writeup, "age_days")
            .get()
            .map(words::age)
            .unwrap_or_default();
        let readers = words::counted(reading::cell(writeup, "readers_trailing"));
        lines.push(format!(
            "- {}: {age} old, {readers} readers in the last four weeks",
            escape(&list::title(writeup))
        ));
    }
    lines.push(String::new());
}

fn missing(summary: &Value, lines: &mut Vec<String>) {
    let health = health::health(summary);
    lines.extend([
        "## What is missing".to_owned(),
        String::new(),
        health.lead.clone(),
        String::new(),
    ]);
    for (what, number) in &health.unknown {
        lines.push(format!("- {}: {number}", words::capital(what)));
    }
    for source in &health.coverage {
        lines.push(format!(
            "- {} ({}): watched from {} to {}",
            escape(&source.source),
            escape(&source.kind),
            source.from,
            source.to
        ));
    }
    lines.push(String::new());
}

/// Words from outside, kept from being Markdown or HTML.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '\n' | '\r' => safe.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' => {
                safe.push('\\');
                safe.push(letter);
            }
            other => safe.push(other),
        }
    }
    safe
}
