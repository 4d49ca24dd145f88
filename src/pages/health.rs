//! Health of the measurement: what was watched from when, what was left out and why, what is not
//! known, what is not watched at all and how to begin. It stands beside the signals, always.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::words::{self, capital, count, counted, date, percent, plural};
use super::{beside, restated, watched};
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
    /// What one source saw of what another did.
    pub(super) compared: Vec<String>,
    /// Whether an earlier report would say the same now, where one was compared.
    pub(super) restated: Option<String>,
    /// What is told beside the reads of people, and is in no number of theirs.
    pub(super) beside: Vec<String>,
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
    /// All it delivered; empty in the lines of its later windows.
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
        comes_from: "from a web server's access log, or as events of your wiki or portal, in files or \
                     sent to /v1/events with a token",
        commands: &[
            "readback import access-log FILE",
            "readback import events FILE",
            "readback token add NAME",
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

/// A reason for which events were left out.
struct Reason {
    key: &'static str,
    /// Such as `events that came from robots`.
    words: &'static str,
    /// The same in a word or two.
    brief: &'static str,
}

const fn reason(key: &'static str, words: &'static str, brief: &'static str) -> Reason {
    Reason { key, words, brief }
}

/// Reasons in the order in which they are tried.
const RECEIVED: [Reason; 11] = [
    reason(
        "rejected",
        "could not be read, broke the contract or came from a sender who may not send them",
        "refused lines",
    ),
    reason("duplicate_id", "were sent again", "repeats"),
    reason(
        "future",
        "lie after the date of this report",
        "events after this report's date",
    ),
    reason(
        "unknown_writeup",
        "lead to no registered write-up",
        "events of no known write-up",
    ),
    reason(
        "after_delete",
        "came after the write-up was deleted",
        "events of deleted write-ups",
    ),
    reason("bot", "came from robots", "robots"),
    reason(
        "removed",
        "were taken away since, because they were old",
        "old events",
    ),
    reason(
        "excluded",
        "came from accounts that are excluded by hand",
        "excluded accounts",
    ),
    reason(
        "generated",
        "are links in generated or vendored files",
        "links in generated files",
    ),
    reason(
        "unreachable",
        "are links in a history that was rewritten since",
        "links in a rewritten history",
    ),
    reason(
        "doubled",
        "are one with another link since their write-ups were merged",
        "links to two parts of one write-up",
    ),
];
const READS: [Reason; 4] = [
    reason(
        "self",
        "are reads by those who wrote the write-up",
        "own reads",
    ),
    reason("draft", "are reads before publication", "drafts"),
    reason(
        "double_click_removed",
        "are double clicks, counted once",
        "double clicks",
    ),
    reason(
        "other_source",
        "tell of reads that another source saw better",
        "reads seen better by another source",
    ),
];
/// Reasons that are named beside the signals; the others stand in the table.
const MOST_BRIEF: usize = 3;

/// The health of a summary.
pub(super) fn health(summary: &Value) -> Health {
    let health = summary.get("health").unwrap_or(&Value::Null);
    let received = health.get("received").unwrap_or(&Value::Null);
    let reads = health.get("reads").unwrap_or(&Value::Null);
    let coverage = reading::list(health, "coverage");
    let excluded: Vec<(&'static Reason, f64)> = RECEIVED
        .iter()
        .map(|reason| (reason, cell(received, reason.key)))
        .chain(READS.iter().map(|reason| (reason, cell(reads, reason.key))))
        .filter_map(|(reason, number)| Some((reason, number.get()?)))
        .filter(|(_, number)| *number > 0.0)
        .collect();
    let lines = cell(received, "lines").get().unwrap_or(0.0);
    let unknown = unknown(summary, reads);
    Health {
        lead: lead(lines, coverage),
        watched: SIGNS
            .iter()
            .map(|sign| (sign.name, watched::since(summary, &watching(summary, sign))))
            .collect(),
        brief: brief(lines, reading::suppressed(reads), &excluded, &unknown),
        coverage: sources(summary, coverage),
        excluded: excluded
            .into_iter()
            .map(|(reason, number)| (reason.words, count(number)))
            .collect(),
        compared: reading::list(health, "sources")
            .iter()
            .filter_map(compared)
            .collect(),
        restated: summary
            .get("restated")
            .and_then(|told| restated::sentence(told, reading::zone(summary))),
        beside: beside::told(reads),
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

/// Whether any read has been seen, as far as that is told.
pub(super) fn seen_reads(summary: &Value) -> bool {
    let total = cell(reading::results(summary, "R1"), "total_reads");
    total != Cell::Value(0.0) && missing(summary, "R1").is_none()
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

/// When the last read was watched, where all sources of reads have ended: `the last read seen is of
/// 23 Nov 2026`.
pub(super) fn reads_until(summary: &Value) -> Option<String> {
    let reads = SIGNS.first()?;
    let ended = watched::until(summary, &watching(summary, reads))?;
    Some(format!("the last read seen is of {ended}"))
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

fn lead(lines: f64, coverage: &[Value]) -> String {
    if lines <= 0.0 {
        return "No event has come in yet.".to_owned();
    }
    let scopes = coverage.iter().map(|c| reading::text(c, "scope"));
    // What a source says of a place is said of an address, and is of one source at least.
    let (places, mut sources): (Vec<&str>, Vec<&str>) =
        scopes.partition(|scope| scope.contains("://"));
    sources.sort_unstable();
    sources.dedup();
    let sources = sources.len().max(places.len().min(1)) as f64;
    format!(
        "{} {} came in from {sources} {}. What was left out stands here, with its reason.",
        count(lines),
        plural(lines, "event", "events"),
        plural(sources, "source", "sources")
    )
}

fn brief(
    lines: f64,
    some_withheld: bool,
    excluded: &[(&'static Reason, f64)],
    unknown: &[(&'static str, String)],
) -> Vec<String> {
    let mut said = Vec::new();
    if lines > 0.0 {
        let out: f64 = excluded.iter().map(|(_, number)| number).sum();
        let mut largest: Vec<_> = excluded.iter().collect();
        // The most first; ties keep the order in which reasons are tried.
        largest.sort_by(|a, b| b.1.total_cmp(&a.1));
        let reasons: Vec<String> = largest
            .iter()
            .take(MOST_BRIEF)
            .map(|(reason, number)| format!("{} ({})", reason.brief, count(*number)))
            .collect();
        said.push(match reasons.is_empty() {
            true => format!(
                "None of {} {} was left out.",
                count(lines),
                plural(lines, "event", "events")
            ),
            false => format!(
                "{}{} of {} {} {} left out{}{}.",
                if some_withheld { "At least " } else { "" },
                count(out),
                count(lines),
                plural(lines, "event", "events"),
                plural(out, "was", "were"),
                if largest.len() > MOST_BRIEF {
                    ", mostly "
                } else {
                    ": "
                },
                words::row(&reasons, "and")
            ),
        });
    }
    let unknown: Vec<String> = unknown
        .iter()
        .map(|(what, number)| format!("{}: {number}.", capital(what)))
        .collect();
    if !unknown.is_empty() {
        said.push(unknown.join(" "));
    }
    said
}

/// `beacon saw 71 % of the reads that proxy saw of the 12 write-ups that both watch.`
fn compared(pair: &Value) -> Option<String> {
    let share = cell(pair, "share").get()?;
    let writeups = cell(pair, "writeups").get()?;
    let watched = match writeups {
        1.0 => "the write-up".to_owned(),
        n => format!("the {} write-ups", count(n)),
    };
    Some(format!(
        "{} saw {} of the reads that {} saw of {watched} that both watch.",
        reading::text(pair, "seen_by"),
        percent(share),
        reading::text(pair, "of"),
    ))
}

/// One line a window. What a source delivered is known of all its windows together, so it stands in
/// the first one only.
fn sources(summary: &Value, coverage: &[Value]) -> Vec<Coverage> {
    let mut told = BTreeSet::new();
    let lines = coverage.iter().map(|entry| {
        let mut line = source(summary, entry);
        if !told.insert((reading::text(entry, "scope"), reading::text(entry, "kind"))) {
            line.events.clear();
        }
        line
    });
    lines.collect()
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

fn unknown(summary: &Value, reads: &Value) -> Vec<(&'static str, String)> {
    let anonymous = cell(reads, "anonymous");
    // The reads that were kept one by one: of the same ones `anonymous` speaks.
    let kept = cell(reading::results(summary, "R1"), "total_reads")
        .get()
        .zip(cell(reads, "aggregated_reads").get())
        .map(|(all, counted)| all - counted);
    let share = match (anonymous, kept) {
        (Cell::Value(part), Some(all)) if part > 0.0 && part <= all => {
            format!(" of {} ({})", count(all), percent(part / all))
        }
        _ => String::new(),
    };
    // Where no read was seen at all, nobody's readers are known.
    let older = match seen_reads(summary) {
        true => cell(reading::results(summary, "L4"), "unknown"),
        false => Cell::Missing,
    };
    let rows = [
        (
            // Own reads are left out only where it is known whose they are.
            "reads by somebody unknown, perhaps by those who wrote",
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
            older,
            counted(older),
        ),
    ];
    rows.into_iter()
        .filter(|(_, number, _)| number.get() != Some(0.0) && *number != Cell::Missing)
        .map(|(words, _, said)| (words, said))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_by_somebody_unknown_are_some_of_those_kept() {
        // Two of ten reads were the author's own, so two strangers are two of eight.
        let summary = json!({
            "health": {
                "received": {"lines": 10, "kept": {"read": 10}},
                "reads": {"self": 2, "anonymous": 2, "aggregated_reads": 5},
            },
            "indicators": {"R1": {"results": {"total_reads": 13}}},
        });
        let unknown = health(&summary).unknown;
        assert_eq!(unknown[0].1, "2 of 8 (25 %)");
    }

    #[test]
    fn the_reasons_add_up() {
        let received = json!({
            "lines": 45, "rejected": 1, "duplicate_id": 2, "future": 3, "unknown_writeup": 4,
            "after_delete": 5, "bot": 6, "removed": 7, "excluded": 2, "generated": 9,
            "unreachable": 1, "kept": {"link": 5},
        });
        let told = health(&json!({"health": {"received": received}})).excluded;
        let numbers = told.iter().filter_map(|(_, n)| n.parse::<u32>().ok());
        assert_eq!(numbers.sum::<u32>(), 45 - 5);
        assert!(
            told.iter()
                .any(|(words, n)| words.contains("generated") && n == "9")
        );
    }

    #[test]
    fn events_of_a_source_are_told_once() {
        let window = |scope: &str, from: &str| json!({"scope": scope, "kind": "read", "from": from, "events": 1200});
        let coverage = [
            window("wiki", "2025-01-01T00:00:00Z"),
            window("wiki", "2025-06-01T00:00:00Z"),
            window("portal", "2025-01-01T00:00:00Z"),
        ];
        let told: Vec<String> = sources(&Value::Null, &coverage)
            .into_iter()
            .map(|line| line.events)
            .collect();
        assert_eq!(told, ["1,200", "", "1,200"]);
    }
}
