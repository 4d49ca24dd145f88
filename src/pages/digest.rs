//! The leader's digest in Markdown: a page of sentences for mail and chat.

use serde_json::Value;

use super::view::{k, organisation, plain};
use super::{STATEMENT, alive, health, list, opening, panels, signals, trend, words};
use crate::charts::reading;

/// The digest of a summary.
pub fn digest(summary: &Value) -> String {
    let organisation = organisation(summary);
    let mut lines = vec![
        format!(
            "# Readback, {}: {}",
            escape(reading::text(organisation, "name")),
            words::date(reading::text(summary, "as_of"), reading::zone(summary))
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
    lines.push(format!("**{}**", plain(&opening::opening(summary).1)));
    lines.push(String::new());
    if trend::reads(summary).word != "no data" {
        let said = signals::sentence(summary, "T0");
        lines.push(format!("Write-ups of the same age: {}", plain(&said)));
        lines.push(String::new());
    }
    signs(summary, &mut lines);
    living(summary, &mut lines);
    missing(summary, &mut lines);
    lines.join("\n")
}

fn signs(summary: &Value, lines: &mut Vec<String>) {
    // The file of panels belongs to the program and a test reads it; without it no section shows.
    let sections = panels::panels()
        .map(|panels| panels.section)
        .unwrap_or_default();
    let mut waiting: Vec<String> = Vec::new();
    for section in sections {
        let mut said = Vec::new();
        for panel in &section.panels {
            let code = panel.code.as_str();
            if matches!(code, "T0" | "T1") || reading::indicator(summary, code).is_null() {
                continue;
            }
            match signals::told(summary, code) {
                Some(told) => said.push(format!("- {} ({code}) {}", panel.asks, plain(&told))),
                None => {
                    let why = opening::nothing(summary, code);
                    waiting.push(format!("- {} ({code}) {}", panel.asks, plain(&why)));
                }
            }
        }
        if !said.is_empty() {
            lines.extend([format!("## {}", section.heading), String::new()]);
            lines.extend(said);
            lines.push(String::new());
        }
    }
    if !waiting.is_empty() && health::anything(summary) {
        lines.extend(["## Not told yet".to_owned(), String::new()]);
        lines.extend(waiting);
        lines.push(String::new());
    }
}

fn living(summary: &Value, lines: &mut Vec<String>) {
    let late = signals::days(summary, "late", 90.0);
    let alive = alive::still_alive(summary, late, 3);
    if alive.is_empty() {
        return;
    }
    lines.extend(["## Still alive".to_owned(), String::new()]);
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
        "## How well was this seen?".to_owned(),
        String::new(),
        health.lead.clone(),
        String::new(),
    ]);
    for missing in &health.missing {
        let commands: Vec<String> = missing.commands.iter().map(|c| format!("`{c}`")).collect();
        lines.push(format!(
            "- Not measured yet: {}. They come {}: {}",
            missing.name,
            missing.comes_from,
            commands.join(" or ")
        ));
    }
    for said in &health.brief {
        lines.push(format!("- {said}"));
    }
    for source in &health.coverage {
        lines.push(format!(
            "- {} ({}): watched from {} to {}",
            escape(&source.source),
            source.kind,
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
