//! What must hold of every summary, whatever went into it: nothing contradicts itself, nothing is claimed too
//! soon, nobody is seen among fewer than k, and pages can be made.

use std::collections::BTreeSet;

use readback::indicators::ALL;
use readback::model::Millis;
use readback::pages::{Links, Page, digest, render};
use serde_json::Value;

use super::attacked::few;
use super::way::{Way, leaves};

/// What contradicts itself: shares beside their counts, limits that do not hold what they are limits of, rates
/// of nothing.
fn contradictions(place: &str, value: &Value, found: &mut Vec<String>) {
    let inside = |name: &str, value: &Value, found: &mut Vec<String>| {
        contradictions(&format!("{place}/{name}"), value, found);
    };
    match value {
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                inside(&at.to_string(), value, found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                inside(name, value, found);
            }
            let number = |name: &str| fields.get(name).and_then(Value::as_f64);
            let mut wrong = |what: &str| found.push(format!("{place}: {what}: {value}"));
            for (whole, parts) in [
                ("n", &["p", "median", "lo", "hi", "rho", "z"][..]),
                ("den", &["ratio", "lo", "hi"]),
                ("exposure", &["rate", "per_100", "per_day"]),
                ("window_exposure", &["window_per_100"]),
            ] {
                for part in parts {
                    if number(whole) == Some(0.0) && number(part).is_some() {
                        wrong(&format!("{part} of no {whole}"));
                    }
                }
            }
            if let (Some(k), Some(n), Some(p)) = (number("k"), number("n"), number("p"))
                && (k > n || (p - k / n).abs() > 1e-12)
            {
                wrong("no share");
            }
            if let (Some(num), Some(den), Some(ratio)) =
                (number("num"), number("den"), number("ratio"))
                && (ratio - num / den).abs() > 1e-12
            {
                wrong("no ratio");
            }
            for middle in ["p", "ratio", "rate", "value", "slope"] {
                let limits = (number("lo"), number(middle), number("hi"));
                if let (Some(lo), Some(middle), Some(hi)) = limits
                    && !(lo <= middle + 1e-9 && middle <= hi + 1e-9)
                {
                    wrong("outside its limits");
                }
            }
        }
        _ => {}
    }
}

/// Trends that tell something in less than a year.
fn too_soon(summary: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for code in ["T1", "T2", "T3", "T4", "T5", "T6"] {
        leaves(code, &summary["indicators"][code]["results"], &mut found);
    }
    leaves(
        "E1",
        &summary["indicators"]["E1"]["results"]["trend"],
        &mut found,
    );
    found.retain(|(place, value)| {
        let fine = match place.rsplit('/').next() {
            Some("verdict" | "told") => value.is_null() || *value == "too early",
            Some("too_early") => value.is_null() || **value == true,
            Some("p" | "p_approx" | "slope" | "level_ratio" | "breaks" | "K") => value.is_null(),
            _ => true,
        };
        !fine
    });
    let mut all: Vec<String> = found
        .into_iter()
        .map(|(place, value)| format!("{place}: {value}"))
        .collect();
    let tested = &summary["indicators"]["T7"]["results"]["m"];
    let compared = &summary["indicators"]["T8"]["results"]["year_on_year"];
    if *tested != 0 || !compared.is_null() {
        all.push(format!("T7: {tested}, T8: {compared}"));
    }
    all
}

/// No number of this name is one of fewer than k people.
const PEOPLE: [&str; 12] = [
    "attendees",
    "contributors",
    "distinct",
    "distinct_non_contributors",
    "headcount",
    "late_readers",
    "need_not_have_come",
    "people",
    "readers",
    "readers_trailing",
    "size",
    "walk_ins",
];

/// What must hold of any summary at all; its pages can be made.
pub(super) fn assert_sound(summary: &Value, k: u32, what: &str) {
    let codes: BTreeSet<&str> = ALL.iter().map(|indicator| indicator.spec().code).collect();
    let told = summary["indicators"].as_object().expect("indicators");
    assert_eq!(
        told.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        codes,
        "{what}"
    );
    let mut found = Vec::new();
    contradictions("", summary, &mut found);
    assert!(found.is_empty(), "{what}, k = {k}: {}", found.join("\n"));
    let early = too_soon(summary);
    assert!(early.is_empty(), "{what}, k = {k}: {}", early.join("\n"));
    few(summary, k, what);
    let mut all = Vec::new();
    leaves("", summary, &mut all);
    for (place, value) in all {
        let name = place.rsplit('/').next().unwrap_or_default();
        let n = value
            .as_f64()
            .filter(|_| PEOPLE.contains(&name))
            .unwrap_or(0.0);
        assert!(
            n == 0.0 || n >= f64::from(k),
            "{what}, k = {k}: {place} is {n}"
        );
    }
    let pages = [
        Page::Overview,
        Page::Reviews(1),
        Page::Links,
        Page::Slices,
        Page::Definitions,
    ];
    for page in pages {
        render(&page, summary, Links::Server).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    for writeup in summary["writeups"].as_array().expect("a list") {
        let page = Page::Writeup(writeup["id"].as_str().expect("an id").to_owned());
        render(&page, summary, Links::Server).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    assert!(!digest(summary).contains("NaN"), "{what}");
}

/// What is reported of events, sound with everybody shown and with five; the first of both.
pub(super) async fn sound(name: &str, events: &[Value], as_of: Millis) -> Option<Value> {
    let way = Way::fresh(&format!("edges_{name}")).await?;
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    if !lines.is_empty() {
        let taken = way.events(&lines).await;
        assert_eq!(
            (taken.total(), taken.rejected),
            (lines.len() as u64, 0),
            "{name}"
        );
    }
    way.derive().await;
    let open = way.report_only(as_of, 1).await.json();
    assert_sound(&open, 1, name);
    assert_sound(&way.report_only(as_of, 5).await.json(), 5, name);
    Some(open)
}

pub(super) fn result<'a>(summary: &'a Value, code: &str, place: &str) -> &'a Value {
    let found = summary.pointer(&format!("/indicators/{code}/results/{place}"));
    found.unwrap_or_else(|| panic!("{code} {place}"))
}
