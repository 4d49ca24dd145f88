//! The signals at a glance: what each says now, and whether it is changing, in one short table. A
//! verdict stands only where a comparison over time is sound; a state never gets one.

use serde::Serialize;
use serde_json::Value;

use super::view::{Part, say};
use super::words::{capital, count, percent};
use super::{Links, opening, trend};
use crate::charts::reading::{self, Cell, Share, cell, share};

/// One row of the table.
#[derive(Serialize)]
pub(super) struct Sign {
    /// Code of the indicator; its section on the page.
    code: &'static str,
    name: &'static str,
    now: Vec<Part>,
    /// A word such as `rising` or `a state`.
    word: &'static str,
    change: Vec<Part>,
}

/// Words for a number that is not compared over time.
const LEVEL: (&str, &str) = ("level only", "Not compared over time.");
const STATE: (&str, &str) = ("a state", "It grows by itself: no trend is told.");

/// The signs of a summary, in the order in which a leader asks.
pub(super) fn signs(summary: &Value, links: Links) -> Vec<Sign> {
    let verdict = trend::reads(summary);
    let row = |code, name, now: Option<String>, (word, change): (&'static str, &str)| {
        let told = now.is_some();
        let now = now.unwrap_or_else(|| opening::nothing(summary, code));
        Sign {
            code,
            name,
            now: say(links, code, &now),
            word: if told { word } else { "" },
            change: if told {
                say(links, if code == "T0" { "T1" } else { code }, change)
            } else {
                Vec::new()
            },
        }
    };
    // The word stands before it already.
    let change = verdict.brief.trim_start_matches(verdict.word);
    let change = capital(change.trim_start_matches([',', ':', ';', ' ']));
    let reads = trend::level(summary).map(|level| format!("Read {level}."));
    vec![
        row(
            "T0",
            "Write-ups three to six months old",
            reads,
            (verdict.word, &change),
        ),
        row(
            "L4",
            "Older write-ups, still read by others",
            of(&share(reading::results(summary, "L4"), "still_read")),
            ("level only", "It moves with the age of the stock."),
        ),
        row(
            "A2",
            "At reviews, though they need not be",
            of(&voluntary(summary)),
            LEVEL,
        ),
        row(
            "C1",
            "Comments that come months later",
            comments(summary),
            LEVEL,
        ),
        row("K1", "Linked from the work", linked(summary), STATE),
    ]
}

/// The share of those who need not have come; with reviews as clusters where that can be told.
pub(super) fn voluntary(summary: &Value) -> Share {
    let results = reading::results(summary, "A2");
    let clustered = share(results, "voluntary_clustered");
    match clustered.value {
        Cell::Value(_) => clustered,
        _ => share(results, "voluntary"),
    }
}

/// `«38 %» (28 to 49): «29» of «77».`
fn of(share: &Share) -> Option<String> {
    let p = share.value.get()?;
    let sure = share.interval.map_or_else(String::new, |(lo, hi)| {
        format!(" ({:.0} to {:.0})", lo * 100.0, hi * 100.0)
    });
    let parts = match (share.num, share.den) {
        (Cell::Value(num), Cell::Value(den)) => {
            format!(", «{}» of «{}»", count(num), count(den))
        }
        _ => String::new(),
    };
    Some(format!("«{}»{sure}{parts}.", percent(p)))
}

/// The comparable form: of the first year's comments.
fn comments(summary: &Value) -> Option<String> {
    let first_year = share(reading::results(summary, "C1"), "late_share_horizon");
    Some(format!("{} Of a first year's comments.", of(&first_year)?))
}

fn linked(summary: &Value) -> Option<String> {
    let links = reading::results(summary, "K1").get("links")?;
    let linked = cell(links, "writeups_linked").get().filter(|n| *n > 0.0)?;
    let all = reading::list(summary, "writeups").len();
    Some(format!(
        "«{}» of «{}» write-ups.",
        count(linked),
        count((all as f64).max(linked))
    ))
}
