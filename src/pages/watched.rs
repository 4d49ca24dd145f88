//! What was watched and when, in a line: the first day, when the other sources joined, and the
//! gaps, which a single date would hide.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use serde_json::Value;

use super::words::{count, date, plural};
use crate::charts::reading;

/// Sources that begin within so many days of the first count as there from the start.
const TOGETHER_DAYS: i64 = 31;

/// Sources that are asked now and then are asked within so many days.
const ASKED_DAYS: i64 = 3;

/// Such as: since 11 Jul 2023, by 1 source; by 4 since May 2024; one gap of 12 days.
pub(super) fn since(summary: &Value, entries: &[&Value]) -> String {
    let zone = reading::zone(summary);
    let scopes = by_scope(entries);
    let firsts: Vec<NaiveDate> = scopes
        .values()
        .filter_map(|windows| windows.iter().filter_map(|w| from(w, zone)).min())
        .collect();
    let (Some(first), Some(last)) = (firsts.iter().min(), firsts.iter().max()) else {
        return "not watched yet".to_owned();
    };
    let early = firsts
        .iter()
        .filter(|day| (**day - *first).num_days() <= TOGETHER_DAYS)
        .count();
    let all = firsts.len();
    let by = match scopes.keys().collect::<Vec<_>>().as_slice() {
        [only] => (*only).to_string(),
        _ => format!("{early} {}", plural(early as f64, "source", "sources")),
    };
    let mut said = format!("since {}, by {by}", first.format("%-d %b %Y"));
    if early < all {
        said.push_str(&format!("; by {all} since {}", last.format("%B %Y")));
    }
    if let Some(ended) = until(summary, entries) {
        said.push_str(&format!("; until {ended}"));
    }
    let gaps: Vec<i64> = scopes.values().flat_map(|windows| gaps(windows)).collect();
    let days = gaps.iter().sum::<i64>() as f64;
    let days = format!("{} {}", count(days), plural(days, "day", "days"));
    match gaps.len() {
        0 => {}
        1 => said.push_str(&format!("; one gap of {days}")),
        n => said.push_str(&format!("; {n} gaps, {days} in all")),
    }
    said
}

/// The day on which the last of them ended, if all have.
pub(super) fn until(summary: &Value, entries: &[&Value]) -> Option<String> {
    // One that is asked now and then has seen all until it was asked last, and goes on.
    let as_of = instant(summary, "as_of");
    let goes_on = |end: &DateTime<_>| as_of.is_some_and(|at| (at - *end).num_days() < ASKED_DAYS);
    let ends = entries
        .iter()
        .map(|entry| instant(entry, "to").filter(|end| !goes_on(end)));
    let last = ends.collect::<Option<Vec<_>>>()?.into_iter().max()?;
    Some(date(&last.to_rfc3339(), reading::zone(summary)))
}

fn by_scope<'a>(entries: &[&'a Value]) -> BTreeMap<&'a str, Vec<&'a Value>> {
    let mut scopes: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for entry in entries {
        let scope = reading::text(entry, "scope");
        scopes.entry(scope).or_default().push(entry);
    }
    // What a source says of a place is said of an address; the source itself stands beside it.
    if scopes.keys().any(|scope| !scope.contains("://")) {
        scopes.retain(|scope, _| !scope.contains("://"));
    }
    scopes
}

/// Whole days between the windows of one source.
fn gaps(windows: &[&Value]) -> Vec<i64> {
    let mut spans: Vec<_> = windows
        .iter()
        .filter_map(|window| Some((instant(window, "from")?, instant(window, "to"))))
        .collect();
    spans.sort();
    spans
        .windows(2)
        .filter_map(|pair| match pair {
            [(_, Some(end)), (start, _)] => Some((*start - *end).num_days()),
            _ => None,
        })
        .filter(|days| *days > 0)
        .collect()
}

fn from(window: &Value, zone: Tz) -> Option<NaiveDate> {
    reading::day(reading::text(window, "from"), zone)
}

fn instant(window: &Value, key: &str) -> Option<DateTime<chrono::FixedOffset>> {
    DateTime::parse_from_rfc3339(reading::text(window, key)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(windows: &[(&str, &str, Option<&str>)]) -> String {
        let entries: Vec<Value> = windows
            .iter()
            .map(|(scope, from, to)| {
                let at = |day: &str| format!("{day}T00:00:00Z");
                json!({"scope": scope, "from": at(from), "to": to.map(at)})
            })
            .collect();
        since(&Value::Null, &entries.iter().collect::<Vec<_>>())
    }

    #[test]
    fn late_sources_and_gaps_are_told() {
        assert_eq!(
            said(&[
                ("wiki", "2023-07-11", None),
                ("handbook", "2024-02-02", None),
                ("portal", "2024-05-23", Some("2025-06-11")),
                ("portal", "2025-06-23", None),
            ]),
            "since 11 Jul 2023, by 1 source; by 3 since May 2024; one gap of 12 days"
        );
        assert_eq!(
            said(&[("wiki", "2023-07-11", Some("2023-09-01"))]),
            "since 11 Jul 2023, by wiki; until 1 Sep 2023"
        );
        assert_eq!(said(&[]), "not watched yet");
        assert_eq!(
            said(&[
                ("forge", "2023-07-11", None),
                ("https://h/a/issues", "2023-01-01", Some("2023-09-01")),
            ]),
            "since 11 Jul 2023, by forge"
        );
    }

    #[test]
    fn what_was_asked_a_moment_ago_goes_on() {
        let window =
            json!({"scope": "forge", "from": "2023-07-11T00:00:00Z", "to": "2023-09-01T00:00:00Z"});
        for (as_of, ended) in [
            ("2023-09-03T00:00:00Z", false),
            ("2023-09-05T00:00:00Z", true),
        ] {
            let summary = json!({ "as_of": as_of });
            assert_eq!(until(&summary, &[&window]).is_some(), ended, "{as_of}");
        }
    }
}
