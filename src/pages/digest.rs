//! The leader's digest in Markdown: a page of sentences, whole for mail and brief for chat.

use serde_json::Value;

use super::view::{k, organisation, plain, simulated};
use super::{
    Links, STATEMENT, alive, annotations, health, list, opening, panels, signals, trend,
    undertaken, words,
};
use crate::charts::reading;

/// The digest of a summary.
pub fn digest(summary: &Value) -> String {
    let mut lines = vec![format!("# {}", escape(&title(summary))), String::new()];
    lines.extend([format!("> {STATEMENT}"), String::new()]);
    head(summary, &mut lines);
    signs(summary, &mut lines);
    living(summary, &mut lines);
    missing(summary, &mut lines);
    lines.join("\n")
}

/// What of it fits into a message of a chat: what it opens with, and where old write-ups are in use.
pub(super) fn brief(summary: &Value) -> String {
    let mut lines = Vec::new();
    head(summary, &mut lines);
    living(summary, &mut lines);
    lines.extend([format!("> {STATEMENT}"), String::new()]);
    lines.join("\n").trim_end().to_owned()
}

/// Whose digest it is, and as of when.
pub(super) fn title(summary: &Value) -> String {
    format!(
        "Readback, {}: {}",
        reading::text(organisation(summary), "name"),
        words::date(reading::text(summary, "as_of"), reading::zone(summary))
    )
}

/// What it opens with: the sentence of the overview, notes, what was undertaken, what changed.
fn head(summary: &Value, lines: &mut Vec<String>) {
    if simulated(summary) {
        lines.extend(["**Simulated data.**".to_owned(), String::new()]);
    }
    if k(summary) == 1 {
        lines.extend([
            "**Nothing is withheld here (k = 1).**".to_owned(),
            String::new(),
        ]);
    }
    let opening: String = opening::opening(summary)
        .iter()
        .map(|(_, said)| plain(said))
        .collect();
    lines.extend([format!("**{opening}**"), String::new()]);
    if let Some(under) = opening::under(summary) {
        lines.extend([plain(&under), String::new()]);
    }
    if trend::reads(summary).word != "no data" {
        let said = signals::sentence(summary, "T0");
        lines.extend([plain(&said), String::new()]);
    }
    notes(summary, lines);
    going(summary, lines);
    for said in annotations::changes(summary) {
        lines.extend([escape(&said), String::new()]);
    }
}

/// Signs that do not agree: they come before what they may make doubtful.
fn notes(summary: &Value, lines: &mut Vec<String>) {
    let notes = reading::list(summary, "notes");
    if notes.is_empty() {
        return;
    }
    lines.extend(["## Read with care".to_owned(), String::new()]);
    for note in notes {
        let codes = reading::list(note, "rests_on").iter();
        let codes: Vec<&str> = codes.filter_map(Value::as_str).collect();
        lines.push(format!(
            "- {} ({})",
            escape(reading::text(note, "text")),
            codes.join(", ")
        ));
    }
    lines.push(String::new());
}

/// What was undertaken, and what is seen of it.
fn going(summary: &Value, lines: &mut Vec<String>) {
    let undertaken = undertaken::undertaken(summary, Links::Server);
    if undertaken.is_empty() {
        return;
    }
    lines.extend(["## How is that going?".to_owned(), String::new()]);
    let each = undertaken
        .iter()
        .map(|one| format!("- {}", escape(&one.line())));
    lines.extend(each);
    lines.push(String::new());
}

fn signs(summary: &Value, lines: &mut Vec<String>) {
    // The file of panels belongs to the program and a test reads it; without it no section shows.
    let sections = panels::panels()
        .map(|panels| panels.section)
        .unwrap_or_default();
    // Questions by the reason for which they wait, in the order of the reasons' first.
    let mut waiting: Vec<(String, Vec<String>)> = Vec::new();
    for section in sections {
        let mut said = Vec::new();
        for panel in &section.panels {
            let code = panel.code.as_str();
            if matches!(code, "T0" | "T1") || reading::indicator(summary, code).is_null() {
                continue;
            }
            if let Some(told) = signals::told(summary, code) {
                said.push(format!("- {} {}", panel.asks, plain(&told)));
                continue;
            }
            let why = plain(&opening::nothing(summary, code));
            match waiting.iter_mut().find(|(known, _)| *known == why) {
                Some((_, asks)) => asks.push(panel.asks.clone()),
                None => waiting.push((why, vec![panel.asks.clone()])),
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
        lines.extend(
            waiting
                .iter()
                .map(|(why, asks)| format!("- {} {why}", asks.join(" "))),
        );
        lines.push(String::new());
    }
}

fn living(summary: &Value, lines: &mut Vec<String>) {
    let late = signals::days(summary, "late", 90.0);
    let alive = alive::still_alive(summary, late, 3);
    if alive.is_empty() {
        return;
    }
    lines.extend(["## Old and still read".to_owned(), String::new()]);
    for writeup in alive {
        lines.push(format!(
            "- {}: {}",
            escape(&list::title(writeup)),
            alive::words_of(summary, writeup)
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
    for said in health
        .brief
        .iter()
        .chain(&health.beside)
        .chain(&health.restated)
    {
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
pub(super) fn escape(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn signs_that_do_not_agree_come_before_the_signs() {
        let note = json!({"code": "bunched_reads", "text": "A day of *one* team.", "rests_on": ["R3", "T0"]});
        let summary = json!({
            "notes": [note],
            "health": {"received": {"lines": 9}},
            "indicators": {"L4": {"results": {}}},
        });
        let text = digest(&summary);
        let care = text.find("## Read with care").expect(&text);
        assert!(
            text.contains("\n- A day of \\*one\\* team. (R3, T0)\n"),
            "{text}"
        );
        assert!(care < text.find("## Not told yet").expect(&text), "{text}");
        assert!(!digest(&json!({})).contains("Read with care"));
    }
}
