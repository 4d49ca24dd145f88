//! What a report of an earlier day would say now: of how many numbers, of which indicators, and why. The numbers
//! themselves stand on no page, since two that differ by a person would tell of that person.

use serde::Serialize;
use serde_json::Value;

use super::Links;
use super::words::{self, count, plural};
use crate::charts::reading;

/// What came of an earlier report.
#[derive(Serialize)]
pub(super) struct Restated {
    /// Such as `Since the report as of 3 Jun 2026 7 numbers of 2 indicators are others.`
    said: String,
    /// Code, how many of its numbers, and its definition.
    of: Vec<(String, String, String)>,
    /// What may have caused it, each in words.
    causes: Vec<String>,
}

/// What is told of it; nothing where no earlier report was kept.
pub(super) fn restated(summary: &Value, links: Links, told: &Value) -> Option<Restated> {
    let as_of = Some(reading::text(told, "as_of")).filter(|as_of| !as_of.is_empty())?;
    let as_of = words::date(as_of, reading::zone(summary));
    let changed = told.get("changed").and_then(Value::as_object);
    let changed = changed.into_iter().flatten();
    let changed: Vec<(&String, f64)> = changed
        .filter_map(|(code, n)| Some((code, n.as_f64().filter(|n| *n > 0.0)?)))
        .collect();
    let all: f64 = changed.iter().map(|(_, n)| n).sum();
    let of = changed.len() as f64;
    let causes = match changed.is_empty() {
        true => Vec::new(),
        false => reading::list(told, "causes").iter().map(cause).collect(),
    };
    Some(Restated {
        said: match changed.is_empty() {
            true => format!("Every number of the report as of {as_of} would be told the same now."),
            false => format!(
                "Of the report as of {as_of} {} {} of {} {} would be told otherwise now.",
                count(all),
                plural(all, "number", "numbers"),
                count(of),
                plural(of, "indicator", "indicators")
            ),
        },
        of: changed
            .into_iter()
            .map(|(code, n)| (code.clone(), count(n), links.definition(code)))
            .collect(),
        causes,
    })
}

/// What may have caused it.
fn cause(cause: &Value) -> String {
    let value = |name: &str| match &cause[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (before, now) = (value("before"), value("after"));
    let path = reading::text(cause, "path");
    match reading::text(cause, "kind") {
        "events" => format!("events that came later (lines received: {before}, now {now})"),
        "definition" => {
            let code = path.split('.').nth(1).unwrap_or_default();
            format!("another version of the definition of {code} ({before}, now {now})")
        }
        _ => format!("another parameter ({path}: {before}, now {now})"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_changed_is_told_with_its_cause_and_without_a_number() {
        let told = json!({
            "as_of": "2026-06-02T22:30:00Z",
            "changed": {"L3": 6, "T0": 1, "K1": 0},
            "causes": [
                {"kind": "events", "path": "health.received.lines", "before": 10, "after": 12},
                {"kind": "definition", "path": "indicators.T0.version", "before": 1, "after": 2},
                {"kind": "parameter", "path": "parameters.late_days", "before": 90, "after": 60},
            ],
        });
        let summary = json!({"organisation": {"timezone": "Europe/Berlin"}});
        let found = restated(&summary, Links::Server, &told).expect("an earlier report");
        assert_eq!(
            found.said,
            "Of the report as of 3 Jun 2026 7 numbers of 2 indicators would be told otherwise now."
        );
        assert_eq!(
            found.of[0],
            (
                "L3".to_owned(),
                "6".to_owned(),
                "/definitions#L3".to_owned()
            )
        );
        assert_eq!(
            found.causes,
            [
                "events that came later (lines received: 10, now 12)",
                "another version of the definition of T0 (1, now 2)",
                "another parameter (parameters.late_days: 90, now 60)",
            ]
        );
        let same =
            json!({"as_of": "2026-06-02T22:30:00Z", "changed": {}, "causes": told["causes"]});
        let same = restated(&summary, Links::Server, &same).expect("an earlier report");
        assert!(same.said.starts_with("Every number") && same.causes.is_empty());
        assert!(restated(&summary, Links::Server, &Value::Null).is_none());
    }
}
