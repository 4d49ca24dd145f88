//! What one pull does not see, what the wiki forgot between two, and a wiki that asks to wait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::model::{Body, DAY_MS, EventKind, Millis};
use crate::sources::Pull as _;
use crate::sources::collected::Collected;

use super::tests::{Reply, Wiki};

const QUIET: &str = "category = \"Category:Postmortems\"\ntalk = false\nlinks = false\n";

/// 2024-03-01.
const NOW: Millis = 1_709_251_200_000;

fn get<'q>(question: &'q BTreeMap<String, String>, name: &str) -> &'q str {
    question.get(name).map_or("", String::as_str)
}

fn answered(body: &Value) -> Option<Reply> {
    Some((200, "", body.to_string()))
}

fn page(redirects: &[&str]) -> Value {
    let redirects: Vec<Value> = redirects
        .iter()
        .map(|title| json!({ "title": title }))
        .collect();
    json!({ "pageid": 10, "title": "Disk full", "lastrevid": 5, "redirects": redirects })
}

#[test]
fn a_page_is_gone_when_two_pulls_miss_it_and_back_when_it_is_there() {
    // What is listed, and whether the page is there.
    let state = Arc::new(Mutex::new((true, true)));
    let now = Arc::clone(&state);
    let wiki = Wiki::new(move |question| {
        let (is_listed, is_there) = *now.lock().expect("no panic");
        let all = |pages: Value| answered(&json!({ "query": { "pages": pages } }));
        match (get(question, "generator"), get(question, "list")) {
            ("categorymembers", _) if is_listed => all(json!([page(&[])])),
            ("categorymembers", _) | (_, "logevents") => all(json!([])),
            _ if get(question, "prop") == "revisions" => all(json!([])),
            _ if is_there => all(json!([page(&[])])),
            _ => all(json!([{ "pageid": 10, "missing": true }])),
        }
    });
    let mut source = wiki.source(&format!("{QUIET}views = false"));
    let mut checkpoint: Option<String> = None;
    let mut at = NOW;
    let mut pull = |is_listed: bool, is_there: bool| {
        *state.lock().expect("no panic") = (is_listed, is_there);
        at += 3_600_000;
        let mut heard = Collected::default();
        let next = source.pull(checkpoint.as_deref(), at, &mut heard);
        checkpoint = Some(next.expect("answers"));
        let gone = heard.events.iter().filter(|event| event.id == "deleted:10");
        let gone = gone.map(|event| match &event.body {
            Body::Writeup(writeup) => (writeup.deleted_at.is_some(), event.version),
            _ => panic!("a write-up"),
        });
        gone.collect::<Vec<_>>()
    };
    assert_eq!(pull(true, true), []);
    assert_eq!(pull(false, false), [], "missed once");
    assert_eq!(pull(true, true), []);
    assert_eq!(pull(false, false), [], "missed once more");
    let gone = pull(false, false);
    assert!(matches!(gone[..], [(true, _)]), "{gone:?}");
    assert_eq!(pull(false, false), []);
    // It is there again, though not in the category.
    let back = pull(false, true);
    assert!(
        matches!(back[..], [(false, version)] if version > gone[0].1),
        "{back:?}"
    );
    assert_eq!(pull(true, true), []);
}

#[test]
fn names_that_came_without_a_revision_are_told() {
    let redirects = Arc::new(Mutex::new(vec!["Disc full"]));
    let now = Arc::clone(&redirects);
    let wiki = Wiki::new(move |question| {
        let pages = match get(question, "prop") {
            "revisions" => json!([]),
            _ => json!([page(&now.lock().expect("no panic"))]),
        };
        answered(&json!({ "query": { "pages": pages } }))
    });
    let mut source = wiki.source(&format!("{QUIET}views = false"));
    let mut pull = |checkpoint: Option<&str>, at: Millis| {
        let mut heard = Collected::default();
        let next = source.pull(checkpoint, at, &mut heard).expect("answers");
        (heard, next)
    };
    let (first, next) = pull(None, NOW);
    let (same, next) = pull(Some(&next), NOW + 1000);
    assert_eq!(same.ids(), [""; 0]);
    redirects.lock().expect("no panic").push("Volume full");
    let (second, _) = pull(Some(&next), NOW + 2000);
    let Body::Writeup(writeup) = &second.events[0].body else {
        panic!("a write-up")
    };
    assert!(writeup.aliases.iter().any(|name| name == "Volume full"));
    assert!(second.events[0].version > first.events[0].version);
}

#[test]
fn days_that_the_wiki_forgot_are_told_as_a_gap() {
    let day = Arc::new(Mutex::new("2024-02-01"));
    let now = Arc::clone(&day);
    let wiki = Wiki::new(move |question| {
        let pages = match get(question, "prop") {
            "revisions" => json!([]),
            "pageviews" => {
                let day = *now.lock().expect("no panic");
                json!([{ "pageid": 10, "pageviews": { day: 7 } }])
            }
            _ => json!([page(&[])]),
        };
        answered(&json!({ "query": { "pages": pages } }))
    });
    let mut source = wiki.source(QUIET);
    let mut checkpoint: Option<String> = None;
    let mut pull = |at: Millis, viewed: &'static str| {
        *day.lock().expect("no panic") = viewed;
        let mut heard = Collected::default();
        let next = source.pull(checkpoint.as_deref(), at, &mut heard);
        checkpoint = Some(next.expect("answers"));
        let told = heard.events.iter().filter_map(|event| match &event.body {
            Body::Coverage(coverage) => {
                assert_eq!(
                    (coverage.kind, &*coverage.scope),
                    (EventKind::ReadCount, "wiki")
                );
                Some((event.id.clone(), coverage.from, coverage.to))
            }
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let first = 1_706_745_600_000;
    assert_eq!(pull(NOW, "2024-02-01"), []);
    assert_eq!(pull(NOW + 60 * DAY_MS, "2024-04-01"), [], "all can be had");
    let (until, at) = (NOW + 60 * DAY_MS, NOW + 130 * DAY_MS);
    let from = at - 60 * DAY_MS;
    let id = |from: Millis| format!("coverage:read_count:{}", from / 1000);
    assert_eq!(
        pull(at, "2024-07-01"),
        [(id(first), first, Some(until)), (id(from), from, None)]
    );
    assert_eq!(pull(at + DAY_MS, "2024-07-02"), []);
    // The window that is open ends with the next gap.
    let later = at + 200 * DAY_MS;
    let next = later - 60 * DAY_MS;
    assert_eq!(
        pull(later, "2025-01-10"),
        [(id(from), from, Some(at + DAY_MS)), (id(next), next, None)]
    );
}

#[test]
fn a_wiki_that_asks_to_wait_is_left_alone_and_not_broken() {
    let busy = |code: &str| json!({ "error": { "code": code } }).to_string();
    for (reply, words, seconds) in [
        (
            (429, "retry-after: 86400\r\n", String::new()),
            "asks to wait 86400 s (status 429)",
            86_400,
        ),
        (
            (503, "retry-after: 300\r\n", String::new()),
            "asks to wait 300 s (status 503)",
            300,
        ),
        (
            (200, "retry-after: 900\r\n", busy("maxlag")),
            "asks to wait 900 s (maxlag)",
            900,
        ),
        (
            (200, "retry-after: 61\r\n", busy("ratelimited")),
            "asks to wait 61 s (ratelimited)",
            61,
        ),
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let wiki = Wiki::new(move |question| {
            // It asks for patience at the first question about a page, once.
            let is_page = get(question, "prop") == "revisions";
            let is_first = is_page && count.fetch_add(1, Ordering::Relaxed) == 0;
            match is_first {
                true => Some(reply.clone()),
                false if is_page => answered(&json!({ "query": { "pages": [] } })),
                false => answered(&json!({ "query": { "pages": [page(&[])] } })),
            }
        });
        let mut source = wiki.source(&format!("{QUIET}views = false"));
        let mut pull = |checkpoint: Option<&str>, at: Millis| {
            let mut heard = Collected::default();
            let next = source.pull(checkpoint, at, &mut heard).expect("no error");
            (heard, next)
        };
        let (heard, next) = pull(None, NOW);
        assert_eq!(heard.ids(), [""; 0]);
        assert!(heard.notes[0].contains(words), "{:?}", heard.notes);
        let (heard, next) = pull(Some(&next), NOW + seconds * 1000 - 1);
        assert!(
            heard.notes[0].contains("is left alone until"),
            "{:?}",
            heard.notes
        );
        assert_eq!(
            asked.load(Ordering::Relaxed),
            1,
            "nothing is asked meanwhile"
        );
        let (heard, _) = pull(Some(&next), NOW + seconds * 1000);
        assert_eq!(heard.events.len(), 1, "{:?}", heard.ids());
    }
}
