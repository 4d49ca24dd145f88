//! First words: the sentence that opens the leader's page, and kind words where there is nothing
//! to say yet, with the reason.

use serde_json::Value;

use super::health;
use super::signals::{age_words, days};
use super::words::{count, percent, plural};
use crate::charts::reading::{self, Cell, cell, share};

/// Opening sentence of the leader's page.
pub(super) fn opening(summary: &Value) -> (&'static str, String) {
    let still = share(reading::results(summary, "L4"), "still_read");
    if let (Cell::Value(k), Cell::Value(n), Cell::Value(p)) = (still.num, still.den, still.value)
        && n > 0.0
    {
        let trailing = days(summary, "trailing", 28.0);
        let least = days(summary, "min_readers", 3.0);
        let (lo, hi) = still.interval.unwrap_or((p, p));
        return (
            "L4",
            format!(
                "Of «{}» {} older than {}, «{}» («{}», {:.0} to {:.0}) {} read in the last \
                 {trailing:.0} days by at least {least:.0} people who did not write {}.",
                count(n),
                plural(n, "write-up", "write-ups"),
                age_words(days(summary, "late", 90.0)),
                count(k),
                percent(p),
                lo * 100.0,
                hi * 100.0,
                plural(k, "was", "were"),
                plural(k, "it", "them"),
            ),
        );
    }
    ("L4", beginning(summary))
}

/// The opening sentence as long as the long tail can't be told.
fn beginning(summary: &Value) -> String {
    let writeups = reading::list(summary, "writeups");
    let late = days(summary, "late", 90.0);
    let known = match writeups.len() {
        0 if !health::anything(summary) => {
            return "Nothing has been measured yet: no event has come in.".to_owned();
        }
        0 => return "Events have come in, but no write-up is known that they lead to.".to_owned(),
        1 => "«1» write-up is known".to_owned(),
        n => format!("«{}» write-ups are known", count(n as f64)),
    };
    if health::missing(summary, "L4").is_some() {
        let linked = writeups
            .iter()
            .filter(|writeup| super::alive::live_links(writeup) > 0.0)
            .count() as f64;
        return format!(
            "{known}, «{}» of them linked from the work. Reads are not measured yet.",
            count(linked)
        );
    }
    if oldest(summary) >= late {
        return format!(
            "{known}; of none older than {} are the readers known.",
            age_words(late)
        );
    }
    let zone = reading::zone(summary);
    let first = writeups
        .iter()
        .filter_map(|writeup| reading::day(reading::text(writeup, "published_at"), zone))
        .min()
        .and_then(|day| day.checked_add_days(chrono::Days::new(late as u64)));
    let when = first.map_or_else(String::new, |day| {
        let day = day.format("%-d %b %Y");
        format!(" The oldest turns {} old on {day}.", age_words(late))
    });
    format!(
        "{known}, all younger than {}: the long tail is still to come.{when}",
        age_words(late)
    )
}

/// Kind words for results that are not there.
pub(super) fn nothing(summary: &Value, code: &str) -> String {
    if holds_withheld(reading::results(summary, code)) {
        let k = super::view::k(summary);
        return format!("Withheld: it would speak of fewer than {k} people.");
    }
    if let Some(missing) = health::missing(summary, code) {
        return format!(
            "Not measured yet: no source has delivered {}.",
            missing.name
        );
    }
    let late = age_words(days(summary, "late", 90.0));
    match code {
        "L4" | "C1" if oldest(summary) < days(summary, "late", 90.0) => {
            format!("Nothing to say yet: no write-up is older than {late}.")
        }
        "L6" => "Nothing to say yet: no write-up is old enough to have gone quiet.".to_owned(),
        "L3" => {
            "Nothing to say yet: it needs write-ups whose whole first year was watched.".to_owned()
        }
        "L5" => "Nothing to say yet: no write-up was watched for a year from its first day on."
            .to_owned(),
        "K3" => "Nothing to say yet: no link was watched for a year.".to_owned(),
        "T0" | "T1" => super::trend::reads(summary).sentence,
        _ => match code.chars().next() {
            Some('A') => "Nothing to say yet: no review with attendance has been seen.",
            Some('C') => "Nothing to say yet: no comment of the right age has been seen.",
            Some('K') => "Nothing to say yet: no link has been seen.",
            _ => "Nothing to say yet: no read of the right age has been seen.",
        }
        .to_owned(),
    }
}

fn holds_withheld(value: &Value) -> bool {
    match value {
        Value::Object(map) => reading::suppressed(value) || map.values().any(holds_withheld),
        Value::Array(list) => list.iter().any(holds_withheld),
        _ => false,
    }
}

/// The age of the oldest write-up, in days.
pub(super) fn oldest(summary: &Value) -> f64 {
    let ages = reading::list(summary, "writeups")
        .iter()
        .filter_map(|writeup| cell(writeup, "age_days").get());
    ages.fold(0.0, f64::max)
}
