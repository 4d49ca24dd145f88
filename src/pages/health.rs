//! Health of the measurement: what was watched from when, what was left out and why, what is not
//! known. It stands beside the signals, always.

use serde::Serialize;
use serde_json::Value;

use super::words::{counted, date, percent};
use crate::charts::reading::{self, Cell, cell};

/// What is said of the measurement.
#[derive(Serialize)]
pub(super) struct Health {
    pub(super) lead: String,
    pub(super) coverage: Vec<Coverage>,
    /// Reason and number.
    pub(super) excluded: Vec<(&'static str, String)>,
    /// What is not known, and how much of it.
    pub(super) unknown: Vec<(&'static str, String)>,
}

/// One source, watching.
#[derive(Serialize)]
pub(super) struct Coverage {
    pub(super) source: String,
    pub(super) kind: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) events: String,
}

/// Reasons for which an event was left out, in the order in which they are tried.
const RECEIVED: [(&str, &str); 6] = [
    ("rejected", "could not be read or broke the contract"),
    ("duplicate_id", "were sent again"),
    ("future", "lie after the date of this report"),
    ("unknown_writeup", "lead to no registered write-up"),
    ("after_delete", "came after the write-up was deleted"),
    ("bot", "came from robots"),
];
const READS: [(&str, &str); 3] = [
    ("self", "reads by those who wrote the write-up"),
    ("draft", "reads before publication"),
    ("double_click_removed", "double clicks, counted once"),
];

/// The health of a summary.
pub(super) fn health(summary: &Value) -> Health {
    let health = summary.get("health").unwrap_or(&Value::Null);
    let received = health.get("received").unwrap_or(&Value::Null);
    let reads = health.get("reads").unwrap_or(&Value::Null);
    let coverage: Vec<Coverage> = reading::list(health, "coverage")
        .iter()
        .map(source)
        .collect();
    let lead = match cell(received, "lines").get() {
        Some(lines) if lines > 0.0 => format!(
            "{} events came in from {} sources; what was left out stands here, with its reason.",
            super::words::count(lines),
            coverage.len()
        ),
        _ => "No event has come in yet.".to_owned(),
    };
    let excluded = RECEIVED
        .iter()
        .map(|(key, words)| (*words, cell(received, key)))
        .chain(READS.iter().map(|(key, words)| (*words, cell(reads, key))))
        .filter(|(_, number)| *number != Cell::Missing)
        .map(|(words, number)| (words, counted(number)))
        .collect();
    Health {
        lead,
        coverage,
        excluded,
        unknown: unknown(summary, received, reads),
    }
}

fn source(entry: &Value) -> Coverage {
    let to = reading::text(entry, "to");
    Coverage {
        source: reading::text(entry, "scope").to_owned(),
        kind: reading::text(entry, "kind").to_owned(),
        from: date(reading::text(entry, "from")),
        to: if to.is_empty() {
            "now".to_owned()
        } else {
            date(to)
        },
        events: counted(cell(entry, "events")),
    }
}

fn unknown(summary: &Value, received: &Value, reads: &Value) -> Vec<(&'static str, String)> {
    let kept = received
        .get("kept")
        .map_or(Cell::Missing, |kept| cell(kept, "read"));
    let mut unknown = Vec::new();
    let anonymous = cell(reads, "anonymous");
    let share = match (anonymous, kept) {
        (Cell::Value(part), Cell::Value(all)) if all > 0.0 => format!(" ({})", percent(part / all)),
        _ => String::new(),
    };
    if anonymous != Cell::Missing {
        unknown.push((
            "reads without a person",
            format!("{}{share}", counted(anonymous)),
        ));
    }
    let aggregated = cell(reads, "aggregated_reads");
    if aggregated != Cell::Missing {
        unknown.push(("reads known as daily counts only", counted(aggregated)));
    }
    let still = cell(reading::results(summary, "L4"), "unknown");
    if still != Cell::Missing {
        unknown.push((
            "older write-ups whose readers are not known",
            counted(still),
        ));
    }
    unknown
}
