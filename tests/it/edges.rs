//! Edges, over every indicator at once: nothing, hardly anything, and what is odd about the rest. Whatever comes,
//! the report is made, nothing in it contradicts itself, what has no denominator is null and not 0, and
//! nobody is seen among fewer than k.

use std::collections::{BTreeMap, BTreeSet};

use readback::model::{DAY_MS, Millis, to_rfc3339};
use readback::simulate::Options;
use serde_json::{Value, json};

use super::sound::{assert_sound, result, sound};
use super::way::{Way, assert_same, event, instant, leaves, lines};

/// Three hundred days, so that nothing has a year of months. Both changes of the clocks are among them.
fn organisation() -> Options {
    Options {
        reads: 600,
        people: 24,
        teams: 3,
        writeups: 10,
        days: 300,
        ..Options::default()
    }
}

fn parsed() -> Vec<Value> {
    let lines = lines(&organisation());
    lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn kind(event: &Value) -> &str {
    event["type"]
        .as_str()
        .and_then(|kind| kind.split('.').nth(2))
        .expect("a kind")
}

/// Every number of every indicator is 0 or a setting; nothing is claimed of nothing.
fn assert_nothing(summary: &Value, what: &str) {
    let mut found = Vec::new();
    for (code, indicator) in summary["indicators"].as_object().expect("indicators") {
        leaves(code, &indicator["results"], &mut found);
    }
    found.retain(|(place, value)| {
        let setting = ["C4/answered_in_time/days", "D2/negbin/needed"].contains(&place.as_str());
        !setting && value.as_f64().is_some_and(|n| n != 0.0)
    });
    assert!(found.is_empty(), "{what}: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_and_nothing_yet() {
    let as_of = organisation().as_of();
    let Some(empty) = sound("empty", &[], as_of).await else {
        return;
    };
    assert_nothing(&empty, "empty");
    // Nobody could have been seen: that is not nobody.
    let per_day = "late_reader_days_per_day";
    assert_eq!(*result(&empty, "L4", per_day), Value::Null);
    // All that there is is still to come.
    let events = parsed();
    let before = as_of - 400 * DAY_MS;
    let future: Vec<Value> = events
        .into_iter()
        .filter(|event| ["read", "comment", "edit", "attendance", "link"].contains(&kind(event)))
        .collect();
    let summary = sound("future", &future, before).await.expect("an engine");
    assert_nothing(&summary, "future");
    let received = &summary["health"]["received"];
    assert!(received["future"].as_u64() > Some(500), "{received}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_of_each_kind() {
    let as_of = organisation().as_of();
    let mut one = BTreeMap::new();
    for event in parsed() {
        one.entry(kind(&event).to_owned()).or_insert(event);
    }
    assert_eq!(one.len(), 9, "{:?}", one.keys());
    for (name, event) in one {
        let Some(summary) = sound(&format!("one_{name}"), &[event], as_of).await else {
            return;
        };
        // A write-up alone is one of which there is no reading; whatever else there is belongs to none.
        let writeups = u64::from(name == "writeup");
        assert_eq!(summary["organisation"]["writeups"], writeups, "{name}");
        assert_eq!(result(&summary, "R1", "total_reads"), 0, "{name}");
        assert_eq!(
            *result(&summary, "L3", "tail_share/ratio"),
            Value::Null,
            "{name}"
        );
        assert_eq!(*result(&summary, "R4", "read_share"), Value::Null, "{name}");
    }
}

/// The names by which events speak of a write-up.
fn names(events: &[Value], id: &str) -> BTreeSet<String> {
    let own = events
        .iter()
        .filter(|event| kind(event) == "writeup" && event["subject"] == id);
    own.flat_map(|event| {
        let data = &event["data"];
        let aliases = data["aliases"].as_array().into_iter().flatten();
        aliases
            .chain([&data["url"], &event["subject"]])
            .filter_map(Value::as_str)
    })
    .map(str::to_owned)
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_writeup() {
    let events = parsed();
    let as_of = organisation().as_of();
    let names = names(&events, "INC-1001");
    let own: Vec<Value> = events
        .into_iter()
        .filter(|event| {
            let subject = event["subject"].as_str().unwrap_or_default();
            kind(event) == "person" || names.contains(subject)
        })
        .collect();
    let Some(summary) = sound("one_writeup", &own, as_of).await else {
        return;
    };
    assert_eq!(summary["organisation"]["writeups"], 1);
    let reads = &summary["writeups"][0]["reads"];
    assert_eq!(result(&summary, "R1", "total_reads"), reads);
    assert!(reads.as_u64() > Some(0));
    // One write-up has no inequality, and no limits between write-ups.
    assert_eq!(result(&summary, "L10", "concentration/gini"), 0.0);
    assert_eq!(
        *result(&summary, "L12", "cross_team/outside_share_clustered/se"),
        Value::Null
    );
    assert_eq!(result(&summary, "K4", "graph/edges"), 0);
}

/// Puts reads, comments and reviews at other instants: the number of each is given.
fn put_at(events: &mut [Value], at: impl Fn(i64) -> Millis) {
    let mut n = 0;
    for event in events {
        if ["read", "comment", "attendance"].contains(&kind(event)) {
            event["time"] = to_rfc3339(at(n)).into();
            n += 1;
        }
        if kind(event) == "writeup" {
            event["data"]["published_at"] = "2025-10-01T08:00:00Z".into();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_on_one_day_and_at_the_change_of_the_clocks() {
    let as_of = organisation().as_of();
    let mut events = parsed();
    // A working day in Berlin; no two clicks of one person within half a minute.
    put_at(&mut events, |n| {
        instant("2026-04-15T06:00:00Z") + n % 1_200 * 31_000
    });
    let Some(day) = sound("one_day", &events, as_of).await else {
        return;
    };
    let of = |name: &str| result(&day, "R3", name).as_u64().expect("a count");
    assert!(of("readers") > 5 && of("reader_days") == of("readers"));
    let months = result(&day, "T0", "series").as_array().expect("months");
    let with_reads: Vec<&Value> = months
        .iter()
        .filter(|month| month["late_reads"] != 0)
        .collect();
    assert_eq!(with_reads.len(), 1, "{months:?}");

    // The hour that there is twice, and the one that there is not: both nights are one day each.
    for (name, from, days) in [
        ("autumn", "2025-10-25T22:00:00Z", 25),
        ("spring", "2026-03-28T23:00:00Z", 23),
    ] {
        let from = instant(from);
        let length = days * 3_600_000;
        put_at(&mut events, |n| from + (n * 31_000) % length);
        let summary = sound(name, &events, as_of).await.expect("an engine");
        let of = |name: &str| result(&summary, "R3", name).as_u64().expect("a count");
        assert!(
            of("readers") > 5 && of("reader_days") == of("readers"),
            "{name}"
        );
        // As of the midnight after it as well.
        let way = Way::fresh(&format!("edges_{name}_night"))
            .await
            .expect("an engine");
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        way.events(&lines).await;
        let night = way.report(from + length).await.json();
        assert_sound(&night, 1, name);
        // Whether late reads are bunched is asked months later.
        for field in ["readers", "reader_writeup_pairs", "reader_days"] {
            let of = |summary: &Value| result(summary, "R3", field).clone();
            assert_eq!(of(&night), of(&summary), "{name}: {field}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undated_and_deleted() {
    let as_of = organisation().as_of();
    let mut events = parsed();
    let Some(dated) = sound("dated", &events, as_of).await else {
        return;
    };
    let of = |data: &str, value: Value, events: &mut [Value]| {
        let writeups = events.iter_mut().filter(|event| kind(event) == "writeup");
        writeups.for_each(|event| event["data"][data] = value.clone());
    };
    of("published_at", Value::Null, &mut events);
    let undated = sound("undated", &events, as_of).await.expect("an engine");
    assert_eq!(
        undated["organisation"]["undated"],
        dated["organisation"]["writeups"]
    );
    // In totals, and in nothing by age.
    assert!(result(&undated, "R1", "total_reads").as_u64() > Some(0));
    for (code, place) in [("L1", "curve"), ("T0", "series"), ("T0", "cohorts")] {
        assert_eq!(*result(&undated, code, place), json!([]), "{code} {place}");
    }
    for (code, place) in [
        ("L2", "usage_half_life_sync_days"),
        ("L3", "tail_share/ratio"),
        ("L4", "still_read"),
        ("L4", "late_reader_days_per_day"),
        ("L5", "readership_survival/median"),
        ("L6", "revivals/share"),
        ("L7", "decay/models"),
        ("L10", "concentration/gini"),
        ("C1", "comments/late_share"),
        ("E1", "edits/late_share"),
        ("K6", "late_links"),
        ("D1", "spearman/diagrams/rho"),
    ] {
        assert_eq!(
            *result(&undated, code, place),
            Value::Null,
            "{code} {place}"
        );
    }

    let mut events = parsed();
    let gone = instant("2026-05-01T00:00:00Z");
    of("deleted_at", to_rfc3339(gone).into(), &mut events);
    let deleted = sound("deleted", &events, as_of).await.expect("an engine");
    // History stays; nothing is still read, linked or in the list.
    assert_eq!(deleted["writeups"], json!([]));
    assert_eq!(*result(&deleted, "L4", "still_read"), Value::Null);
    assert_eq!(*result(&deleted, "L10", "concentration/gini"), Value::Null);
    assert_eq!(result(&deleted, "K4", "graph/nodes"), 0);
    let live = result(&deleted, "K1", "links/live")
        .as_object()
        .expect("places");
    assert!(live.values().all(|n| *n == 0), "{live:?}");
    assert!(result(&deleted, "R1", "total_reads").as_u64() > Some(0));
    let after = |summary: &Value| summary["health"]["received"]["after_delete"].as_u64();
    assert!(after(&deleted) > after(&dated));
}

/// A name that stands where the old one stood, whatever is sorted.
fn renamed(id: &str) -> String {
    format!("{id}-again")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_splits_no_history() {
    let as_of = organisation().as_of();
    let events = parsed();
    let Some(before) = sound("named", &events, as_of).await else {
        return;
    };
    // Registered under another id; the old one is known as an alias, and events go on saying it.
    let again: Vec<Value> = events
        .into_iter()
        .map(|mut event| {
            if kind(&event) == "writeup" {
                let old = event["subject"].as_str().expect("an id").to_owned();
                event["subject"] = renamed(&old).into();
                event["data"]["aliases"]
                    .as_array_mut()
                    .expect("aliases")
                    .push(old.into());
            }
            event
        })
        .collect();
    let after = sound("renamed", &again, as_of).await.expect("an engine");
    assert!(after.to_string().contains("INC-1001-again"));
    let back = after.to_string().replace("-again\"", "\"");
    let back: Value = serde_json::from_str(&back).expect("JSON");
    assert_same(&before, &back, "renamed");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_counts_by_day() {
    let as_of = organisation().as_of();
    let mut events = parsed();
    events.retain(|event| kind(event) == "writeup");
    let ids: BTreeSet<String> = events
        .iter()
        .map(|event| event["subject"].as_str().expect("an id").to_owned())
        .collect();
    for (n, id) in ids.iter().enumerate() {
        for day in 0..250 {
            let at = to_rfc3339(as_of - (251 - day) * DAY_MS);
            let data = json!({ "granularity": "day", "count": 3 + day % 4, "uniques": 2 });
            let line = event("read_count", &format!("{n} {day}"), id, &at, data);
            events.push(serde_json::from_str(&line).expect("JSON"));
        }
    }
    let Some(summary) = sound("counted", &events, as_of).await else {
        return;
    };
    assert!(result(&summary, "R1", "total_reads").as_u64() > Some(1_000));
    // Nobody is known, and unknown is not nobody.
    assert_eq!(result(&summary, "R3", "readers"), 0);
    for (code, place) in [
        ("R4", "read_share"),
        ("R5", "engaged/median_s"),
        ("L4", "still_read"),
        ("L4", "late_reader_days_per_day"),
        ("L11", "reach"),
        ("L12", "cross_team/outside_share"),
        ("L13", "newcomers"),
    ] {
        assert_eq!(
            *result(&summary, code, place),
            Value::Null,
            "{code} {place}"
        );
    }
    assert!(result(&summary, "L4", "unknown").as_u64() > Some(0));
    assert!(result(&summary, "R7", "counted_readers/lo").as_u64() > Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_there_are_people() {
    let Some(way) = Way::fresh("edges_many").await else {
        return;
    };
    let as_of = organisation().as_of();
    way.events(&lines(&organisation())).await;
    let open = way.report(as_of).await.json();
    assert!(result(&open, "R3", "readers").as_u64() > Some(10));
    let summary = way.report_only(as_of, 1_000).await.json();
    assert_sound(&summary, 1_000, "more than there are");
    // Whoever is counted, is counted by nobody else: no share of people stands.
    for (code, place) in [
        ("R3", "readers"),
        ("R4", "read_share/p"),
        ("L11", "reach/p"),
        ("L12", "cross_team/outside_share/p"),
        ("A1", "attendance/people"),
        ("A2", "voluntary/p"),
        ("A4", "presence_fraction_median"),
        ("A5", "spoke_share/p"),
        ("A6", "contribution_after/p"),
        ("A8", "outside_share/p"),
        ("C2", "commenters/distinct"),
    ] {
        assert_eq!(
            *result(&summary, code, place),
            Value::Null,
            "{code} {place}"
        );
    }
}
