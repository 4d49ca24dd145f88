//! What holds of the whole summary at once, whatever the indicator: each has something to tell of a
//! lively organisation, programs change nothing but what is left out, and later is only later.

use std::collections::BTreeSet;

use readback::indicators::ALL;
use readback::model::{DAY_MS, Millis, parse_rfc3339, to_rfc3339};
use regex::Regex;
use serde_json::{Value, json};

use super::way::{Way, assert_same, event, leaves, lines, lively};

/// Every indicator tells a number that is not 0, and more than it leaves open.
fn assert_lively(summary: &Value) {
    let mut quiet = Vec::new();
    for indicator in ALL {
        let code = indicator.spec().code;
        let mut found = Vec::new();
        leaves("", &summary["indicators"][code]["results"], &mut found);
        let told = found.iter().filter(|(_, value)| !value.is_null()).count();
        let some = found
            .iter()
            .any(|(_, value)| value.as_f64().is_some_and(|n| n != 0.0));
        if !some || 2 * told <= found.len() {
            quiet.push((code, told, found.len()));
        }
    }
    assert!(quiet.is_empty(), "{quiet:?}");
    let parts = summary["slices"].as_array().expect("a list");
    let kinds: BTreeSet<&str> = parts
        .iter()
        .filter_map(|part| part["by"].as_str())
        .collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["cohort", "source", "tag", "team", "template"])
    );
}

/// Where two summaries differ; rows of lists count as one place.
fn different(one: &Value, other: &Value) -> BTreeSet<String> {
    let row = Regex::new("/[0-9]+(/|$)").expect("a pattern");
    let all = |value| {
        let mut found = Vec::new();
        leaves("", value, &mut found);
        found
            .into_iter()
            .map(|(place, value)| (place, value.to_string()))
            .collect::<BTreeSet<_>>()
    };
    all(one)
        .symmetric_difference(&all(other))
        .map(|(place, _)| row.replace_all(place, "/*$1").into_owned())
        .collect()
}

/// Three programs: one says so, one is called so by the registry, one reads like no person. They go through
/// what is there, and the second writes too.
fn programs(summary: &Value) -> Vec<String> {
    let shown = summary["writeups"].as_array().expect("a list");
    let ids: Vec<&str> = shown
        .iter()
        .filter_map(|writeup| writeup["id"].as_str())
        .collect();
    let last = parse_rfc3339(summary["as_of"].as_str().expect("an instant")).expect("an instant");
    let mut lines = Vec::new();
    let mut say = |kind: &str, subject: &str, at: Millis, data: Value| {
        let id = format!("program {}", lines.len());
        let line = event(kind, &id, subject, &to_rfc3339(at), data);
        // Of a source that was there before.
        lines.push(line.replace("\"source\":\"test\"", "\"source\":\"wiki\""));
    };
    let own = json!({ "person": "sweeper", "kind": "bot" });
    say("person", "sweeper", last - 900 * DAY_MS, own);
    for (n, id) in ids.iter().enumerate() {
        let n = i64::try_from(n).expect("small");
        // A day on which all of them are there: the last but one.
        let at = last - DAY_MS - DAY_MS / 2 + n * 31_000;
        say(
            "read",
            id,
            at,
            json!({ "bot": true, "person": "says-so", "engaged_s": 400 }),
        );
        say(
            "read",
            id,
            at + 500,
            json!({ "person": "sweeper", "engaged_s": 900, "scroll": 1.0 }),
        );
        say(
            "read",
            id,
            at + 900,
            json!({ "person": "tireless", "engaged_s": 300 }),
        );
        say(
            "comment",
            id,
            at,
            json!({ "person": "sweeper", "words": 20 }),
        );
        say(
            "edit",
            id,
            at,
            json!({ "person": "sweeper", "words_added": 7 }),
        );
    }
    // More than sixty write-ups within an hour.
    assert!(ids.len() > 61);
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_change_only_what_is_left_out() {
    let Some(way) = Way::fresh("whole_programs").await else {
        return;
    };
    let as_of = lively().as_of();
    way.events(&lines(&lively())).await;
    let before = way.report(as_of).await.json();
    assert_lively(&before);
    let guarded = way.report_only(as_of, 5).await.json();
    let programs = programs(&before);
    let taken = way.events(&programs).await;
    assert_eq!((taken.total(), taken.rejected), (programs.len() as u64, 0));
    let after = way.report(as_of).await.json();
    let bot = |summary: &Value| {
        summary["health"]["received"]["bot"]
            .as_u64()
            .expect("a count")
    };
    // All but the entry of the registry.
    assert_eq!(bot(&after) - bot(&before), programs.len() as u64 - 1);
    let changed = [
        "/health/coverage/*/events",
        "/health/reads/automated",
        "/health/received/bot",
        "/health/received/by_kind/comment/bot",
        "/health/received/by_kind/comment/events",
        "/health/received/by_kind/edit/bot",
        "/health/received/by_kind/edit/events",
        "/health/received/by_kind/person/events",
        "/health/received/by_kind/person/kept",
        "/health/received/by_kind/read/bot",
        "/health/received/by_kind/read/events",
        "/health/received/kept/person",
    ];
    let changed = BTreeSet::from(changed.map(str::to_owned));
    assert_eq!(different(&before, &after), changed);
    let withheld = different(&guarded, &way.report_only(as_of, 5).await.json());
    // What is left out is withheld with few others, and told with many.
    let elsewhere = withheld.iter().find(|place| !place.starts_with("/health/"));
    assert_eq!(elsewhere, None);
}

/// The same events so much later; whatever looks like an instant or a day is one.
fn later(lines: &[String], by: Millis) -> Vec<String> {
    fn one(value: &mut Value, by: Millis) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| one(value, by)),
            Value::Array(values) => values.iter_mut().for_each(|value| one(value, by)),
            Value::String(text) => {
                let day = format!("{text}T00:00:00Z");
                if let Some(at) = parse_rfc3339(text) {
                    *text = to_rfc3339(at + by);
                } else if let Some(at) = parse_rfc3339(&day) {
                    *text = to_rfc3339(at + by)[..10].to_owned();
                }
            }
            _ => {}
        }
    }
    let lines = lines.iter().map(|line| {
        let mut event: Value = serde_json::from_str(line).expect("JSON");
        one(&mut event, by);
        event.to_string()
    });
    lines.collect()
}

/// What is reported of them as of an instant that is as much later.
async fn reported(database: &str, lines: &[String], as_of: Millis, by: Millis) -> Option<Value> {
    let way = Way::within(database, chrono_tz::UTC).await?;
    let taken = way.events(&later(lines, by)).await;
    assert_eq!((taken.total(), taken.rejected), (lines.len() as u64, 0));
    way.derive().await;
    Some(way.report_only(as_of + by, 1).await.json())
}

/// Twenty-eight years are whole weeks, and between 1901 and 2099 all their dates fall on the same weekdays.
const YEARS: i64 = 28;
const DAYS_OF_YEARS: i64 = 1_461 * 7;

/// Every date in a summary so many years later: instants, days, weeks, months, quarters, halves, years.
fn years_later(value: &mut Value, year: &Regex) {
    match value {
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|value| years_later(value, year)),
        Value::Array(values) => values.iter_mut().for_each(|value| years_later(value, year)),
        Value::String(text) => {
            if let Some(found) = year.captures(text) {
                let rest = found.get(2).map_or("", |rest| rest.as_str());
                let year: i64 = found[1].parse().expect("a year");
                *text = format!("{}{rest}", year + YEARS);
            }
        }
        _ => {}
    }
}

/// The same without its dates.
fn undated(value: &mut Value, year: &Regex) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| undated(value, year)),
        Value::Array(values) => values.iter_mut().for_each(|value| undated(value, year)),
        Value::String(text) if year.is_match(text) => *value = Value::Null,
        _ => {}
    }
}

/// What counts by calendar months, quarters or half-years: another week is another month.
const BY_CALENDAR: [&str; 13] = [
    "A7", "E1", "K1", "K4", "T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8",
];

/// In UTC, where all days are of one length.
#[tokio::test(flavor = "multi_thread")]
async fn whole_weeks_later_is_the_same_later() {
    let options = readback::simulate::Options {
        timezone: chrono_tz::UTC,
        ..lively()
    };
    let (lines, as_of) = (lines(&options), options.as_of());
    let Some(now) = reported("whole_now", &lines, as_of, 0).await else {
        return;
    };
    assert_lively(&now);

    // The whole summary, its dates apart: months and half-years too.
    let by = -DAYS_OF_YEARS * DAY_MS;
    let earlier = reported("whole_years", &lines, as_of, by)
        .await
        .expect("an engine");
    let mut moved = earlier.clone();
    let year = Regex::new(r"^(19\d\d|20\d\d)(-(?:\d\d|[QHW]\d).*)?$").expect("a pattern");
    years_later(&mut moved, &year);
    assert_ne!(moved, earlier);
    assert_same(&now, &moved, "28 years");

    // Half a year, in which months are others: whatever goes by age and by week.
    let by = 28 * 7 * DAY_MS;
    let later = reported("whole_weeks", &lines, as_of, by)
        .await
        .expect("an engine");
    let mut others = Vec::new();
    for indicator in ALL {
        let code = indicator.spec().code;
        let of = |summary: &Value| {
            let mut results = summary["indicators"][code]["results"].clone();
            undated(&mut results, &year);
            if code == "R4" {
                // Beside its classes it counts by months.
                results["months"] = Value::Null;
            }
            results
        };
        if !BY_CALENDAR.contains(&code) && of(&now) != of(&later) {
            others.push((code, different(&of(&now), &of(&later))));
        }
    }
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(now["health"]["received"], later["health"]["received"]);
    assert_eq!(now["health"]["reads"], later["health"]["reads"]);
}
