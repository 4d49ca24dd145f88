//! In words: whether an earlier report would say other numbers now, and why. Which ones stands in
//! `restatements.json`; nothing is told here that would tell of a person who came late.

use serde_json::Value;

use super::words::{count, date, plural};
use crate::charts::reading;

/// Of a whole report: `The report as of 1 Jun 2026 would say other numbers now (R1, R3): …`. `told` is what
/// `jobs::restate` tells of it; nothing where nothing was compared.
pub fn sentence(told: &Value, zone: chrono_tz::Tz) -> Option<String> {
    let as_of = Some(reading::text(told, "as_of")).filter(|as_of| !as_of.is_empty())?;
    let as_of = date(as_of, zone);
    let changed = told.get("changed").and_then(Value::as_object);
    let codes: Vec<&str> = changed
        .into_iter()
        .flatten()
        .map(|(code, _)| code.as_str())
        .collect();
    let elsewhere = told.get("elsewhere").and_then(Value::as_u64).unwrap_or(0);
    if codes.is_empty() && elsewhere == 0 {
        return Some(format!(
            "The report as of {as_of} would say the same numbers now."
        ));
    }
    let of = match codes.as_slice() {
        [] => String::new(),
        codes if codes.len() > MOST_CODES => {
            format!(" of {} indicators", count(codes.len() as f64))
        }
        codes => format!(" of {}", codes.join(", ")),
    };
    let why = causes(told);
    let why = match why.is_empty() {
        true => "nothing that is counted here tells why".to_owned(),
        false => why.join("; "),
    };
    Some(format!(
        "The report as of {as_of} would say other numbers{of} now: {why}."
    ))
}

/// More than so many codes are counted, not named.
const MOST_CODES: usize = 6;

/// Of one indicator: the same for its page.
pub(super) fn of_one(told: &Value) -> Option<String> {
    let as_of = Some(reading::text(told, "as_of")).filter(|as_of| !as_of.is_empty())?;
    let as_of = as_of.get(..10).unwrap_or(as_of);
    let changed = told.get("changed").and_then(Value::as_u64).unwrap_or(0);
    if changed == 0 {
        return Some(format!(
            "Since the report as of {as_of}: all of its numbers are the same still."
        ));
    }
    let why = causes(told);
    let why = match why.is_empty() {
        true => String::new(),
        false => format!(" What may have caused it: {}.", why.join("; ")),
    };
    Some(format!(
        "Since the report as of {as_of}: it says other numbers by now.{why}"
    ))
}

/// The same of what is told of a whole report.
pub(super) fn of_code(told: &Value, code: &str) -> Option<String> {
    let changed = told.get("changed").and_then(|changed| changed.get(code));
    let mut own = told.clone();
    own["changed"] = changed.cloned().unwrap_or_default();
    of_one(&own)
}

/// What may have caused it, each in a few words.
fn causes(told: &Value) -> Vec<String> {
    let side =
        |cause: &Value, side: &str| cause.get(side).map(ToString::to_string).unwrap_or_default();
    let causes = reading::list(told, "causes").iter();
    let said = causes.map(|cause| {
        let (before, after) = (side(cause, "before"), side(cause, "after"));
        match reading::text(cause, "kind") {
            "events" if reading::suppressed(cause) => "a few events that came later".to_owned(),
            "events" => format!("events that came later (lines received: {before}, now {after})"),
            "definition" => format!("another version of the definition ({before}, now {after})"),
            _ => format!(
                "a parameter ({}: {before}, now {after})",
                reading::text(cause, "path")
            ),
        }
    });
    // Fifty definitions of one new program are told once.
    let (all, mut few): (usize, Vec<String>) = (said.len(), said.take(MOST_CAUSES).collect());
    let rest = all - few.len();
    if rest > 0 {
        few.push(format!(
            "{} more {}",
            count(rest as f64),
            plural(rest as f64, "cause", "causes")
        ));
    }
    few
}

/// So many causes are told in words.
const MOST_CAUSES: usize = 3;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_told_that_numbers_changed_and_why() {
        let events = json!({ "kind": "events", "before": 9, "after": 29 });
        let few = json!({ "kind": "events", "before": null, "after": null, "suppressed": true });
        let told = |changed: Value, elsewhere: u64, causes: &[&Value]| {
            let told = json!({ "as_of": "2026-06-01T00:00:00Z", "changed": changed,
                               "elsewhere": elsewhere, "causes": causes });
            sentence(&told, chrono_tz::UTC).unwrap()
        };
        assert_eq!(
            told(json!({ "R1": 2, "R3": 1 }), 0, &[&events]),
            "The report as of 1 Jun 2026 would say other numbers of R1, R3 now: events that came later \
             (lines received: 9, now 29)."
        );
        assert!(told(json!({}), 1, &[&few]).ends_with("now: a few events that came later."));
        assert!(told(json!({}), 1, &[]).ends_with("now: nothing that is counted here tells why."));
        assert_eq!(
            told(json!({}), 0, &[]),
            "The report as of 1 Jun 2026 would say the same numbers now."
        );
        let version = json!({ "kind": "definition", "before": 1, "after": 2 });
        let versions = [&version; 5];
        assert!(told(json!({ "R1": 1 }), 0, &versions).ends_with("; 2 more causes."));
        assert_eq!(sentence(&Value::Null, chrono_tz::UTC), None);
    }
}
