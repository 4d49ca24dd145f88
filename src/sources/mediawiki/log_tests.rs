//! Deletions and moves by the wiki's log, views by day, links to write-ups elsewhere.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Body, Granularity};
use crate::sources::collected::Collected;
use crate::sources::{KnownWriteup, Pull as _};

use super::tests::{Reply, Wiki};

const QUIET: &str = "category = \"Category:Postmortems\"\ntalk = false\nlinks = false\n";

fn answered(body: &Value) -> Option<Reply> {
    Some((200, "", body.to_string()))
}

/// A wiki with the page 10, and 11 while it is there; the revisions of both say nothing.
fn page(id: u64, title: &str) -> Value {
    json!({"pageid": id, "title": title, "lastrevid": 5,
        "canonicalurl": format!("https://wiki.example.org/wiki/{}", title.replace(' ', "_"))})
}

fn get<'q>(question: &'q BTreeMap<String, String>, name: &str) -> &'q str {
    question.get(name).map_or("", String::as_str)
}

#[test]
fn a_log_says_when_pages_went_and_what_they_were_called() {
    let known = r#"{"pages":{"10":{"page":5,"talk":0},"11":{"page":5,"talk":0},"12":{"page":5,"talk":0}},"links":{},
        "pulled_at":1709300000000,"moved":4}"#;
    // Moves that were told of by other rules are told once more, and then no more.
    let next = logged(known, "", true);
    logged(&next, "2024-03-02T21:06:40Z", false);
}

/// Pulls after this checkpoint; since when moves are asked for, and whether one is told.
fn logged(known: &str, moved_since: &'static str, is_told: bool) -> String {
    let is_first = known.contains("1709300000000");
    let wiki = Wiki::new(move |question| {
        let entry = |id: u64, kind: &str, page: u64, title: &str, at: &str| json!({"logid": id, "action": kind, "type": kind, "logpage": page, "pageid": 0, "title": title, "timestamp": at});
        let since = "2024-02-29T13:33:20Z";
        let body = match (
            get(question, "generator"),
            get(question, "list"),
            get(question, "letype"),
        ) {
            ("categorymembers", ..) => json!({"query": {"pages": [page(10, "Disk full")]}}),
            (_, "logevents", "delete") => {
                if is_first {
                    assert_eq!(get(question, "leend"), since, "a day before the last pull");
                }
                json!({"query": {"logevents": [
                    entry(8, "delete", 11, "DNS", "2024-03-02T10:00:00Z"),
                    entry(7, "restore", 11, "DNS", "2024-03-02T09:00:00Z"),
                    entry(6, "delete", 11, "DNS", "2024-03-01T10:00:00Z"),
                    {"logid": 5}]}})
            }
            (_, "logevents", "move") => {
                assert_eq!(get(question, "leend"), moved_since);
                json!({"query": {"logevents": [
                    entry(4, "move", 10, "Disk is full", "2024-03-01T10:00:00Z"),
                    entry(3, "move", 99, "Other", "2024-03-01T10:00:00Z"),
                    entry(2, "move", 10, "Disk full", "2024-03-01T10:00:00Z")]}})
            }
            // Which of those that are listed no more are gone.
            _ => {
                json!({"query": {"pages": [{"pageid": 11, "missing": true}, {"pageid": 12, "missing": true}]}})
            }
        };
        answered(&body)
    });
    let mut heard = Collected::default();
    let mut source = wiki.source(&format!("{QUIET}views = false"));
    let script = source.maker.api.join("index.php").expect("valid");
    let next = source
        .pull(Some(known), 1_709_500_000_000, &mut heard)
        .expect("answers");
    if !is_told {
        assert!(heard.ids().iter().all(|id| !id.contains("moved")));
        return next;
    }
    assert_eq!(
        heard.ids(),
        ["writeup deleted:11 v1709500000", "writeup moved:4 v1"]
    );
    let deleted = |at: usize| match &heard.events[at].body {
        Body::Writeup(writeup) => writeup.deleted_at,
        _ => panic!("a write-up"),
    };
    // The log's word; where it has none, one pull is no proof.
    assert_eq!(deleted(0), Some(1_709_373_600_000));
    let Body::Writeup(moved) = &heard.events[1].body else {
        panic!("a write-up")
    };
    assert_eq!(
        moved.aliases,
        [
            "Disk is full".to_owned(),
            "https://wiki.example.org/wiki/Disk_is_full".to_owned(),
            format!("{script}?title=Disk_is_full"),
            "https://wiki.example.org/w/index.php?title=Disk_is_full".to_owned(),
        ]
    );
    next
}

#[test]
fn views_are_told_by_day_and_corrected() {
    let pull = |checkpoint: Option<&str>, days: Value, now| {
        let wiki = Wiki::new(move |question| {
            let body = match get(question, "prop") {
                // A continuation gives pages once more, without what they had.
                "pageviews" if get(question, "pvipcontinue").is_empty() => {
                    json!({"continue": {"pvipcontinue": "1"}, "query": {"pages": [{"pageid": 10, "pageviews": days}]}})
                }
                "pageviews" => {
                    json!({"query": {"pages": [{"pageid": 10}, {"pageid": 77, "pageviews": {"2024-03-01": 9}}]}})
                }
                "revisions" => json!({"query": {"pages": []}}),
                _ => json!({"query": {"pages": [page(10, "Disk full")]}}),
            };
            answered(&body)
        });
        let mut heard = Collected::default();
        let next = wiki
            .source(QUIET)
            .pull(checkpoint, now, &mut heard)
            .expect("answers");
        let counts: Vec<(String, u32, u64)> = heard
            .events
            .iter()
            .filter_map(|event| match &event.body {
                Body::ReadCount(count) => {
                    assert_eq!(
                        (count.granularity, event.subject.as_str()),
                        (Granularity::Day, "wiki:10")
                    );
                    Some((event.id.clone(), event.version, count.count))
                }
                _ => None,
            })
            .collect();
        (counts, next)
    };
    let named = |day: &str, version: u32, count: u64| (format!("views:10:{day}"), version, count);
    let days = json!({"2024-03-01": 4, "2024-03-02": null, "2024-03-03": 0, "no day": 3});
    let (counts, next) = pull(None, days.clone(), 5_000);
    assert_eq!(
        counts,
        [named("2024-03-01", 5, 4), named("2024-03-03", 5, 0)]
    );
    let (counts, next) = pull(Some(&next), days, 6_000);
    assert_eq!(counts, [], "nothing is new");
    // A day that grew, and more days than are held open.
    let mut days = serde_json::Map::new();
    for day in 1..=12 {
        days.insert(format!("2024-03-{day:02}"), json!(7));
    }
    let (counts, next) = pull(Some(&next), Value::Object(days.clone()), 7_000);
    assert_eq!(counts.len(), 12);
    assert_eq!(counts[2], named("2024-03-03", 7, 7));
    // What is settled is not told again.
    days.insert("2024-03-05".to_owned(), json!(8));
    days.insert("2024-03-12".to_owned(), json!(8));
    let (counts, _) = pull(Some(&next), Value::Object(days), 8_000);
    assert_eq!(counts, [named("2024-03-12", 8, 8)]);
}

#[test]
fn links_to_write_ups_elsewhere_come_and_go() {
    let writeups = || {
        vec![
            KnownWriteup {
                id: "code:a".to_owned(),
                title: None,
                aliases: vec!["https://code.example.org/pm/a.md".to_owned()],
            },
            KnownWriteup {
                id: "wiki:10".to_owned(),
                title: None,
                aliases: vec!["https://wiki.example.org/wiki/Disk_full".to_owned()],
            },
        ]
    };
    let pull = |checkpoint: Option<&str>, urls: Value, now| {
        let wiki = Wiki::new(move |question| {
            let body = match (get(question, "list"), get(question, "prop")) {
                ("exturlusage", _) => {
                    assert_eq!(get(question, "euquery"), "code.example.org/pm/");
                    match get(question, "euprotocol") {
                        "https" => json!({"query": {"exturlusage": urls}}),
                        _ => json!({"query": {"exturlusage": []}}),
                    }
                }
                (_, "revisions") => json!({"query": {"pages": []}}),
                _ => json!({"query": {"pages": [page(10, "Disk full")]}}),
            };
            answered(&body)
        });
        let mut heard = Collected::default();
        let next = wiki
            .knowing(
                "category = \"Category:Postmortems\"\ntalk = false\nviews = false",
                writeups(),
            )
            .pull(checkpoint, now, &mut heard)
            .expect("answers");
        let links: Vec<_> = heard
            .events
            .iter()
            .filter_map(|event| match &event.body {
                Body::Link(link) => Some((
                    event.id.clone(),
                    event.subject.clone(),
                    link.place.name(),
                    link.removed_at,
                )),
                _ => None,
            })
            .collect();
        (links, next)
    };
    let url = "https://code.example.org/pm/a.md#why";
    let both = json!([{"pageid": 10, "url": url}, {"pageid": 40, "url": url}, {"pageid": 0, "url": url},
        {"pageid": 41, "url": "https://code.example.org/pm/b.md"}]);
    let link = |from: u64, place: &'static str, removed| {
        (
            format!("outside:{from}:code:a"),
            "code:a".to_owned(),
            place,
            removed,
        )
    };
    let (links, next) = pull(None, both.clone(), 1_000);
    assert_eq!(links, [link(10, "writeup", None), link(40, "docs", None)]);
    let (links, next) = pull(Some(&next), both, 2_000);
    assert_eq!(links, []);
    let (links, _) = pull(Some(&next), json!([{"pageid": 10, "url": url}]), 3_000);
    assert_eq!(links, [link(40, "docs", Some(3_000))]);
}
