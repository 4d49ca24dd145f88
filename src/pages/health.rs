//! Health of the measurement: what was watched from when, what was left out and why, what is not
//! known, what is not watched at all and how to begin. It stands beside the signals, always.

use serde::Serialize;
use serde_json::Value;

use super::words::{count, counted, date, percent, plural};
use crate::charts::reading::{self, Cell, cell};

/// What is said of the measurement.
#[derive(Serialize)]
pub(super) struct Health {
    pub(super) lead: String,
    /// In few words, to stand beside the signals: what, and since when.
    pub(super) watched: Vec<(&'static str, String)>,
    /// In few words: what was left out, and what is not known.
    pub(super) brief: Vec<String>,
    pub(super) coverage: Vec<Coverage>,
    /// Reason and number.
    pub(super) excluded: Vec<(&'static str, String)>,
    /// What is not known, and how much of it.
    pub(super) unknown: Vec<(&'static str, String)>,
    /// What no source has delivered yet.
    pub(super) missing: Vec<&'static Missing>,
}

/// One source, watching.
#[derive(Serialize)]
pub(super) struct Coverage {
    pub(super) source: String,
    pub(super) kind: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) events: String,
}

/// A sign that no source has delivered, and how to add one.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Missing {
    pub(super) name: &'static str,
    /// Kinds of events that carry it.
    #[serde(skip)]
    kinds: &'static [&'static str],
    /// First letters of the codes of indicators that need it.
    #[serde(skip)]
    families: &'static [char],
    pub(super) comes_from: &'static str,
    pub(super) commands: &'static [&'static str],
}

/// The signs there are, each with its way in.
static SIGNS: [Missing; 4] = [
    Missing {
        name: "reads",
        kinds: &["read", "read_count"],
        families: &['R', 'L', 'T'],
        comes_from: "from a web server's access log, or as events of your wiki or portal",
        commands: &[
            "readback import access-log FILE",
            "readback import events FILE",
        ],
    },
    Missing {
        name: "reviews",
        kinds: &["attendance"],
        families: &['A'],
        comes_from: "from calendars and the attendance lists of meetings",
        commands: &[
            "readback import icalendar FILE",
            "readback import attendance-csv FILE",
        ],
    },
    Missing {
        name: "links",
        kinds: &["link"],
        families: &['K'],
        comes_from: "from the history of repositories and from wikis named in readback.toml",
        commands: &["readback scan"],
    },
    Missing {
        name: "comments",
        kinds: &["comment"],
        families: &['C'],
        comes_from: "from GitHub's payloads, or from a wiki named in readback.toml",
        commands: &["readback import github FILE", "readback scan"],
    },
];

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
    ("self", "are reads by those who wrote the write-up"),
    ("draft", "are reads before publication"),
    ("double_click_removed", "are double clicks, counted once"),
];
/// Reasons that are named beside the signals; the others stand in the table.
const MOST_BRIEF: usize = 3;

/// The health of a summary.
pub(super) fn health(summary: &Value) -> Health {
    let health = summary.get("health").unwrap_or(&Value::Null);
    let received = health.get("received").unwrap_or(&Value::Null);
    let reads = health.get("reads").unwrap_or(&Value::Null);
    let coverage = reading::list(health, "coverage");
    let excluded: Vec<(&'static str, f64)> = RECEIVED
        .iter()
        .map(|(key, words)| (*words, cell(received, key)))
        .chain(READS.iter().map(|(key, words)| (*words, cell(reads, key))))
        .filter_map(|(words, number)| Some((words, number.get()?)))
        .filter(|(_, number)| *number > 0.0)
        .collect();
    let lines = cell(received, "lines").get().unwrap_or(0.0);
    let unknown = unknown(summary, received, reads);
    Health {
        lead: lead(lines, coverage),
        watched: SIGNS
            .iter()
            .map(|sign| (sign.name, watched(summary, sign)))
            .collect(),
        brief: brief(lines, &excluded, &unknown),
        coverage: coverage
            .iter()
            .map(|entry| source(summary, entry))
            .collect(),
        excluded: excluded
            .into_iter()
            .map(|(words, number)| (words, count(number)))
            .collect(),
        unknown,
        missing: SIGNS
            .iter()
            .filter(|sign| !is_watched(summary, sign))
            .collect(),
    }
}

/// The sign that the indicator `code` needs, where no source has delivered it.
pub(super) fn missing(summary: &Value, code: &str) -> Option<&'static Missing> {
    let family = code.chars().next()?;
    SIGNS
        .iter()
        .find(|sign| sign.families.contains(&family))
        .filter(|sign| !is_watched(summary, sign))
}

/// Whether anything at all has come in.
pub(super) fn anything(summary: &Value) -> bool {
    let lines = summary
        .get("health")
        .and_then(|health| health.get("received"))
        .map_or(Cell::Missing, |received| cell(received, "lines"));
    lines.get().is_some_and(|lines| lines > 0.0) || !reading::list(summary, "writeups").is_empty()
}

/// A kind of event in words.
fn kind(name: &str) -> &'static str {
    match name {
        "read" => "reads",
        "read_count" => "counts of reads",
        "attendance" => "attendance",
        "comment" => "comments",
        "edit" => "edits",
        "link" => "links",
        _ => "other events",
    }
}

fn watching<'a>(summary: &'a Value, sign: &Missing) -> Vec<&'a Value> {
    let health = summary.get("health").unwrap_or(&Value::Null);
    reading::list(health, "coverage")
        .iter()
        .filter(|entry| sign.kinds.contains(&reading::text(entry, "kind")))
        .collect()
}

fn is_watched(summary: &Value, sign: &Missing) -> bool {
    !watching(summary, sign).is_empty()
}

/// Such as: since 1 Jun 2023, by 3 sources.
fn watched(summary: &Value, sign: &Missing) -> String {
    let zone = reading::zone(summary);
    let entries = watching(summary, sign);
    let first = entries
        .iter()
        .map(|entry| reading::text(entry, "from"))
        .min_by_key(|from| reading::day(from, zone));
    let Some(first) = first else {
        return "not watched yet".to_owned();
    };
    let mut scopes: Vec<&str> = entries.iter().map(|e| reading::text(e, "scope")).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let sources = match scopes.as_slice() {
        [only] => (*only).to_owned(),
        many => format!("{} sources", many.len()),
    };
    format!("since {}, by {sources}", date(first, zone))
}

fn lead(lines: f64, coverage: &[Value]) -> String {
    if lines <= 0.0 {
        return "No event has come in yet.".to_owned();
    }
    let mut sources: Vec<&str> = coverage.iter().map(|c| reading::text(c, "scope")).collect();
    sources.sort_unstable();
    sources.dedup();
    let sources = sources.len() as f64;
    format!(
        "{} {} came in from {sources} {}. What was left out stands here, with its reason.",
        count(lines),
        plural(lines, "event", "events"),
        plural(sources, "source", "sources")
    )
}

fn brief(
    lines: f64,
    excluded: &[(&'static str, f64)],
    unknown: &[(&'static str, String)],
) -> Vec<String> {
    let mut said = Vec::new();
    if lines > 0.0 {
        let out: f64 = excluded.iter().map(|(_, number)| number).sum();
        let mut largest = excluded.to_vec();
        largest.sort_by(|a, b| b.1.total_cmp(&a.1));
        let reasons: Vec<String> = largest
            .iter()
            .take(MOST_BRIEF)
            .map(|(words, number)| format!("{} {words}", count(*number)))
            .collect();
        said.push(match reasons.is_empty() {
            true => format!("None of {} events was left out.", count(lines)),
            false => format!(
                "{} of {} events were left out; {}{}.",
                count(out),
                count(lines),
                if largest.len() > MOST_BRIEF {
                    "the most: "
                } else {
                    ""
                },
                reasons.join(", ")
            ),
        });
    }
    let unknown: Vec<String> = unknown
        .iter()
        .filter(|(_, number)| number != "0")
        .map(|(what, number)| format!("{number} {what}"))
        .collect();
    if !unknown.is_empty() {
        said.push(format!("Not known: {}.", unknown.join(", ")));
    }
    said
}

fn source(summary: &Value, entry: &Value) -> Coverage {
    let zone = reading::zone(summary);
    let to = reading::text(entry, "to");
    Coverage {
        source: reading::text(entry, "scope").to_owned(),
        kind: kind(reading::text(entry, "kind")),
        from: date(reading::text(entry, "from"), zone),
        to: if to.is_empty() {
            "now".to_owned()
        } else {
            date(to, zone)
        },
        events: counted(cell(entry, "events")),
    }
}

fn unknown(summary: &Value, received: &Value, reads: &Value) -> Vec<(&'static str, String)> {
    let kept = received
        .get("kept")
        .map_or(Cell::Missing, |kept| cell(kept, "read"));
    let anonymous = cell(reads, "anonymous");
    let share = match (anonymous, kept) {
        (Cell::Value(part), Cell::Value(all)) if part > 0.0 && all > 0.0 => {
            format!(" ({})", percent(part / all))
        }
        _ => String::new(),
    };
    let rows = [
        (
            "reads by somebody unknown",
            anonymous,
            format!("{}{share}", counted(anonymous)),
        ),
        (
            "reads known as counts only",
            cell(reads, "aggregated_reads"),
            counted(cell(reads, "aggregated_reads")),
        ),
        (
            "older write-ups whose readers are not known",
            cell(reading::results(summary, "L4"), "unknown"),
            counted(cell(reading::results(summary, "L4"), "unknown")),
        ),
    ];
    rows.into_iter()
        .filter(|(_, number, _)| number.get() != Some(0.0) && *number != Cell::Missing)
        .map(|(words, _, said)| (words, said))
        .collect()
}
