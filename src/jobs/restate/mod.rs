//! Restatements: what an earlier report would say now. Its instant is computed again from what is
//! known today; what differs is listed with what may have caused it, and with both values where they
//! differ by many people (`guard`). A report itself never speaks of another one, so this is a file of
//! its own, with a record of those before.

mod guard;

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Map, Value as Json, json};

use crate::model::time::to_rfc3339;
use crate::model::{Millis, parse_rfc3339};

/// Names the shape of `restatements.json`.
pub const SCHEMA: &str = "https://readback.dev/schemas/restatements/v1";

/// The instant of an earlier `summary.json`.
pub fn as_of(earlier: &Json) -> anyhow::Result<Millis> {
    let text = earlier["as_of"]
        .as_str()
        .context("has no as_of; valid is a summary.json")?;
    parse_rfc3339(text).with_context(|| format!("as_of {text:?} is no instant"))
}

/// What this file holds back, and what it can't.
const NOTE: &str = "Told are changes of a number of people by as many as are shown at all, and of links. Of other \
     numbers it stands here that they changed, not by how much: a change may be what one person did. Whoever keeps \
     both reports can compare them all the same.";

/// Restatements that are remembered beside the newest one.
const MOST_REMEMBERED: usize = 100;

/// What changed between an earlier summary and the one that is computed now for the same instant. Below the
/// smallest number of people that is shown it is told that a number changed, not from what to what.
pub fn restatements(earlier: &Json, now: &Json) -> Json {
    let mut changes = Vec::new();
    for part in [
        "indicators",
        "health",
        "arrivals",
        "writeups",
        "reviews",
        "attendance_by_quarter",
    ] {
        differ(part, &earlier[part], &now[part], &mut changes);
    }
    // Without one everything is withheld.
    let k = now["organisation"]["k"].as_u64().unwrap_or(u64::MAX);
    json!({
        "schema": SCHEMA,
        "as_of": earlier["as_of"],
        "note": (k > 1).then_some(NOTE),
        "causes": causes(earlier, now, k),
        "changes": guard::told(changes, k),
    })
}

/// The same with when it was found, and a record of those that stood in its place before: of each when it was
/// found, how many entries of which indicator, and why. The record of `before` goes on even where nothing
/// changed this time.
pub fn recorded(restatements: Json, found_at: Millis, before: Option<&Json>) -> Json {
    let mut remembered = Vec::new();
    if let Some(before) = before {
        let entries = before["changes"].as_array().map_or(0, Vec::len);
        if entries > 0 {
            let mut entry = told(before);
            entry["found_at"] = before["found_at"].clone();
            entry["entries"] = entries.into();
            remembered.push(entry);
        }
        let older = before["before"].as_array().into_iter().flatten();
        remembered.extend(older.cloned());
        remembered.truncate(MOST_REMEMBERED);
    }
    let mut recorded = restatements;
    recorded["found_at"] = to_rfc3339(found_at).into();
    recorded["before"] = remembered.into();
    recorded
}

/// What of them concerns one indicator.
pub fn of(restatements: &Json, code: &str) -> Json {
    let within = format!("indicators.{code}.");
    let changes = restatements["changes"].as_array().into_iter().flatten();
    let own: Vec<&Json> = changes
        .filter(|change| {
            change["path"]
                .as_str()
                .is_some_and(|path| path.starts_with(&within))
        })
        .collect();
    json!({ "as_of": restatements["as_of"], "causes": restatements["causes"], "changes": own })
}

/// What pages tell of them: which indicators have entries, how many, and what may have caused it.
/// What they are stands in `restatements.json` alone.
pub fn told(restatements: &Json) -> Json {
    let mut changed: BTreeMap<&str, u64> = BTreeMap::new();
    let all_entries = restatements["changes"].as_array().map_or(0, Vec::len) as u64;
    let changes = restatements["changes"].as_array().into_iter().flatten();
    let paths = changes.filter_map(|change| change["path"].as_str()?.strip_prefix("indicators."));
    for code in paths.filter_map(|path| path.split('.').next()) {
        *changed.entry(code).or_default() += 1;
    }
    let elsewhere = all_entries - changed.values().sum::<u64>();
    json!({
        "as_of": restatements["as_of"],
        "causes": restatements["causes"],
        "changed": changed,
        "elsewhere": elsewhere,
    })
}

/// What of that concerns one indicator; null where nothing was compared.
pub fn told_of(told: &Json, code: &str) -> Json {
    if told.is_null() {
        return Json::Null;
    }
    let changed = told["changed"][code].as_u64().unwrap_or(0);
    let own = format!("indicators.{code}.");
    let causes = told["causes"].as_array().into_iter().flatten();
    // Another definition of another indicator is none here.
    let causes = causes.filter(|cause| {
        let path = cause["path"].as_str().unwrap_or_default();
        cause["kind"] != "definition" || path.starts_with(&own)
    });
    let causes: Vec<&Json> = causes.filter(|_| changed > 0).collect();
    json!({ "as_of": told["as_of"], "changed": changed, "causes": causes })
}

/// What may have caused changes: other parameters, other definitions, more events.
fn causes(earlier: &Json, now: &Json, k: u64) -> Vec<Json> {
    let mut causes = Vec::new();
    let mut changed = Vec::new();
    differ(
        "parameters",
        &earlier["parameters"],
        &now["parameters"],
        &mut changed,
    );
    differ(
        "organisation",
        &earlier["organisation"],
        &now["organisation"],
        &mut changed,
    );
    for change in changed {
        causes.push(json!({ "kind": "parameter", "path": change["path"], "before": change["before"], "after": change["after"] }));
    }
    let empty = Map::new();
    for (code, indicator) in now["indicators"].as_object().unwrap_or(&empty) {
        let before = &earlier["indicators"][code]["version"];
        if !before.is_null() && *before != indicator["version"] {
            causes.push(json!({ "kind": "definition", "path": format!("indicators.{code}.version"), "before": before, "after": indicator["version"] }));
        }
    }
    let (before, after) = (
        &earlier["health"]["received"]["lines"],
        &now["health"]["received"]["lines"],
    );
    if before != after {
        let change = json!({ "path": "health.received.lines", "before": before, "after": after });
        let mut cause = guard::lines(change, k);
        cause["kind"] = "events".into();
        causes.push(cause);
    }
    causes
}

fn differ(path: &str, before: &Json, after: &Json, changes: &mut Vec<Json>) {
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let side =
                    |object: &Map<String, Json>| object.get(name).cloned().unwrap_or(Json::Null);
                differ(&format!("{path}.{name}"), &side(old), &side(new), changes);
            }
        }
        (Json::Array(old), Json::Array(new)) => {
            let (old, new) = (keyed(old), keyed(new));
            let mut names: Vec<&String> = old.iter().chain(&new).map(|(name, _)| name).collect();
            names.sort();
            names.dedup();
            for name in names {
                let side = |list: &[(String, &Json)]| {
                    let found = list.iter().find(|(key, _)| key == name);
                    found.map_or(Json::Null, |(_, value)| (*value).clone())
                };
                differ(
                    &format!("{path}[{name}]"),
                    &side(&old),
                    &side(&new),
                    changes,
                );
            }
        }
        _ if before == after => {}
        _ => changes.push(json!({ "path": path, "before": before, "after": after })),
    }
}

/// Entries by what names them, so that one new entry does not shift all others; else by place.
fn keyed(list: &[Json]) -> Vec<(String, &Json)> {
    const NAMES: [&str; 7] = ["id", "class", "meeting", "month", "week", "day", "quarter"];
    let name = |entry: &Json| {
        NAMES.iter().find_map(|name| match &entry[*name] {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let named = |(at, entry)| (name(entry).unwrap_or_else(|| format!("#{at}")), entry);
    list.iter().enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(lines: u64, ratio: f64, months: &[(&str, u64)]) -> Json {
        let series: Vec<_> = months
            .iter()
            .map(|(month, reads)| json!({ "month": month, "late_reads": reads }))
            .collect();
        json!({
            "as_of": "2026-07-01T00:00:00Z",
            "organisation": { "k": 1 },
            "parameters": { "late_days": 90 },
            "indicators": {
                "L3": { "version": 1, "results": { "tail_share": { "ratio": ratio } } },
                "T0": { "version": 1, "results": { "series": series } },
            },
            "health": { "received": { "lines": lines } },
        })
    }

    #[test]
    fn the_same_is_no_restatement() {
        let same = summary(10, 0.5, &[("2026-01", 3)]);
        assert_eq!(restatements(&same, &same)["changes"], json!([]));
    }

    #[test]
    fn late_events_restate_and_are_named_as_the_cause() {
        let before = summary(10, 0.5, &[("2026-01", 3)]);
        let after = summary(12, 0.6, &[("2025-12", 1), ("2026-01", 3)]);
        insta::assert_json_snapshot!(restatements(&before, &after));
    }

    #[test]
    fn pages_are_told_how_many_and_why_and_no_number() {
        let before = summary(10, 0.5, &[("2026-01", 3)]);
        let mut after = summary(12, 0.6, &[("2026-01", 3)]);
        after["indicators"]["T0"]["version"] = json!(2);
        let told = told(&restatements(&before, &after));
        let events =
            json!({ "kind": "events", "path": "health.received.lines", "before": 10, "after": 12 });
        assert_eq!(
            told_of(&told, "L3"),
            json!({ "as_of": "2026-07-01T00:00:00Z", "changed": 1, "causes": [events] })
        );
        let version = told_of(&told, "T0");
        assert_eq!(
            (
                &version["changed"],
                version["causes"].as_array().map(Vec::len)
            ),
            (&json!(1), Some(2))
        );
        let same = json!({ "as_of": "2026-07-01T00:00:00Z", "changed": 0, "causes": [] });
        assert_eq!(told_of(&told, "R1"), same);
        assert_eq!(told_of(&Json::Null, "R1"), Json::Null);
        assert!(!told.to_string().contains("0.6"), "{told}");
    }

    #[test]
    fn what_was_found_before_is_remembered() {
        let (before, after) = (summary(10, 0.5, &[]), summary(12, 0.6, &[]));
        let first = recorded(restatements(&before, &after), 1_000, None);
        assert_eq!(first["found_at"], "1970-01-01T00:00:01Z");
        let second = recorded(restatements(&after, &after), 2_000, Some(&first));
        assert_eq!(
            (&second["changes"], &second["before"][0]["found_at"]),
            (&json!([]), &first["found_at"])
        );
        assert_eq!(second["before"][0]["entries"], 2);
        assert_eq!(second["before"][0]["changed"], json!({ "L3": 1 }));
        let mut third = recorded(restatements(&after, &after), 3_000, Some(&second));
        assert_eq!(third["before"], second["before"]);
        for _ in 0..2 * MOST_REMEMBERED {
            third = recorded(restatements(&before, &after), 4_000, Some(&third));
        }
        let kept = third["before"].as_array().map(Vec::len);
        assert_eq!(kept, Some(MOST_REMEMBERED));
    }

    #[test]
    fn a_file_that_is_no_summary_is_refused() {
        assert!(
            as_of(&json!({}))
                .unwrap_err()
                .to_string()
                .contains("summary.json")
        );
        assert!(as_of(&json!({ "as_of": "yesterday" })).is_err());
    }
}
