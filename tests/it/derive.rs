//! The derive job: what came bit by bit is what came at once, and a report as of an instant knows
//! nothing of what came after it.

use readback::model::{Millis, parse_rfc3339};
use readback::simulate::Options;
use serde_json::{Value, json};

use super::way::{Report, Way, event, lines, lively, small};

/// Late, corrected, moved, registered late, merged: all that makes a derived row wrong afterwards.
/// What is known first of an organisation, and what comes to it.
fn history(options: &Options) -> (Vec<String>, Vec<String>) {
    let mut first = lines(options);
    let mut then = Vec::new();
    // Every third event is late, whatever it is: reads, people, descriptions, links.
    for (n, line) in std::mem::take(&mut first).into_iter().enumerate() {
        if n % 3 == 1 { &mut then } else { &mut first }.push(line);
    }
    let writeup = |version: u32, id: &str, more: Value| {
        let mut data =
            json!({ "version": version, "words": 900, "published_at": "2025-09-01T08:00:00Z" });
        let fields = more.as_object().into_iter().flatten();
        data.as_object_mut()
            .expect("an object")
            .extend(fields.map(|(a, b)| (a.clone(), b.clone())));
        event(
            "writeup",
            &format!("registers {id}"),
            id,
            "2025-09-01T08:00:00Z",
            data,
        )
    };
    let read = |id: &str, version: u32, subject: &str, day: u32, person: &str| {
        let data = json!({ "person": person, "version": version, "engaged_s": 200, "scroll": 0.9 });
        event(
            "read",
            id,
            subject,
            &format!("2025-10-{day:02}T21:59:50Z"),
            data,
        )
    };
    first.extend([
        writeup(
            0,
            "early",
            json!({ "aliases": ["https://wiki.example.org/early"] }),
        ),
        read("moved", 0, "early", 2, "mia"),
        read("before its registration", 0, "late", 3, "mia"),
        read(
            "by its address",
            0,
            "https://wiki.example.org/late?utm_source=mail",
            4,
            "noa",
        ),
        read("one of two names", 0, "early", 5, "noa"),
        read("other of two names", 0, "early", 5, "noa@example.org"),
        read("becomes the author's", 0, "early", 6, "oli"),
        read("becomes a robot's", 0, "early", 7, "crawler"),
        read("becomes a draft", 0, "redated", 8, "mia"),
        read("becomes too late", 0, "withdrawn", 9, "mia"),
        writeup(0, "redated", json!({})),
        writeup(0, "withdrawn", json!({})),
    ]);
    let person = |id: &str, data: Value| event("person", id, "", "2025-09-01T08:00:00Z", data);
    then.extend([
        writeup(0, "late", json!({ "url": "https://wiki.example.org/late" })),
        read("moved", 1, "late", 12, "mia"),
        person(
            "merge",
            json!({ "person": "noa@example.org", "aliases": ["noa"], "team": "search" }),
        ),
        person("robot", json!({ "person": "crawler", "kind": "bot" })),
        writeup(
            1,
            "early",
            json!({ "contributors": ["oli"], "aliases": ["https://wiki.example.org/early"] }),
        ),
        writeup(
            1,
            "redated",
            json!({ "published_at": "2025-12-01T08:00:00Z" }),
        ),
        writeup(
            1,
            "withdrawn",
            json!({ "deleted_at": "2025-10-01T08:00:00Z" }),
        ),
    ]);
    (first, then)
}

/// Reports as of the end of what came in parts, with a derive job after each, and of what came at once: with
/// everything shown, and with people below `k` withheld.
async fn both_ways(options: &Options, name: &str) -> Option<[Report; 2]> {
    let slowly = Way::fresh(&format!("derive_slowly_{name}")).await?;
    let (first, then) = history(options);
    slowly.events(&first).await;
    let early = slowly.derive().await;
    assert!(early.rebuilt > 0);
    for part in then.chunks(then.len() / 3 + 1) {
        slowly.events(part).await;
        slowly.derive().await;
    }
    let at_once = Way::fresh(&format!("derive_at_once_{name}"))
        .await
        .expect("an engine");
    at_once.events(&[first, then].concat()).await;
    at_once.derive().await;
    let mut reports = Vec::new();
    for k in [1, 5] {
        let slow = slowly.report_only(options.as_of(), k).await;
        let fast = at_once.report_only(options.as_of(), k).await;
        fast.assert_same(&slow, &format!("{name}, bit by bit, k = {k}"));
        assert_eq!(fast, slow);
        reports.push(fast);
    }
    reports.try_into().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn bit_by_bit_is_at_once() {
    let Some([fast, withheld]) = both_ways(&lively(), "lively").await else {
        return;
    };
    // What is withheld differs at all.
    assert_ne!(fast.rest, withheld.rest);
    // The changes were seen at all.
    let json = fast.json();
    let of = |id: &str| {
        let list = json["writeups"].as_array().expect("a list");
        list.iter().find(|writeup| writeup["id"] == id).cloned()
    };
    let early = of("early").expect("a write-up");
    assert_eq!(
        (&early["reads"], &early["readers"]),
        (&json!(1), &json!(1)),
        "{early:#}"
    );
    assert_eq!(of("late").expect("a write-up")["reads"], 3);
    assert_eq!(of("redated").expect("a write-up")["reads"], 0);
    assert!(of("withdrawn").is_none());
}

/// Other people, other days, other events that come late.
#[tokio::test(flavor = "multi_thread")]
async fn bit_by_bit_is_at_once_whoever_they_are() {
    for seed in [7, 11] {
        let options = Options {
            seed,
            reads: 1_500,
            writeups: 45,
            ..lively()
        };
        if both_ways(&options, &format!("seed_{seed}")).await.is_none() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_is_nothing_to_do() {
    let Some(way) = Way::fresh("derive_idle").await else {
        return;
    };
    let (first, then) = history(&lively());
    way.events(&first).await;
    let once = way.derive().await;
    // Not even where all of it is delivered again.
    way.events(&first).await;
    let again = way.derive().await;
    assert_eq!((again.generation, again.rebuilt), (once.generation, 0));
    // One more read touches one write-up.
    let read = event(
        "read",
        "one more",
        "early",
        "2025-10-20T10:00:00Z",
        json!({ "person": "pia" }),
    );
    way.events(&[read]).await;
    assert_eq!(way.derive().await.rebuilt, 1);
    way.events(&then).await;
    assert!(way.derive().await.rebuilt > 1);
}

fn at(text: &str) -> Millis {
    parse_rfc3339(text).expect("an instant")
}

/// A chain over local midnight: 23:59:40, 23:59:59, 00:00:10 and, too late for it, 00:00:50.
const CLICKS: [&str; 4] = [
    "2026-03-10T22:59:40Z",
    "2026-03-10T22:59:59Z",
    "2026-03-10T23:00:10Z",
    "2026-03-10T23:00:50Z",
];

#[tokio::test(flavor = "multi_thread")]
async fn as_of_cuts_a_chain_and_a_day() {
    let Some(way) = Way::fresh("derive_as_of").await else {
        return;
    };
    let data = json!({ "words": 900, "published_at": "2026-03-01T08:00:00Z" });
    let mut lines = vec![event("writeup", "w", "w", "2026-03-01T08:00:00Z", data)];
    for (n, time) in CLICKS.iter().enumerate() {
        let data = json!({ "person": "mia", "engaged_s": 10, "scroll": 0.1 });
        lines.push(event("read", &format!("click {n}"), "w", time, data));
    }
    way.events(&lines).await;
    way.derive().await;
    // As of when; reads, days on which somebody read, clicks that a later one replaced, still to come.
    for (as_of, expected) in [
        ("2026-03-10T22:59:40Z", [0, 0, 0, 4]),
        ("2026-03-10T22:59:40.001Z", [1, 1, 0, 3]),
        ("2026-03-10T22:59:59Z", [1, 1, 0, 3]),
        ("2026-03-10T23:00:00Z", [1, 1, 1, 2]),
        ("2026-03-10T23:00:10.001Z", [1, 1, 2, 1]),
        ("2026-03-10T23:00:50Z", [1, 1, 2, 1]),
        ("2026-03-10T23:00:50.001Z", [2, 1, 2, 0]),
        ("2026-03-12T00:00:00Z", [2, 1, 2, 0]),
    ] {
        let json = way.report_only(at(as_of), 1).await.json();
        let number = |path: &str| json.pointer(path).and_then(Value::as_i64);
        let found = [
            "/indicators/R1/results/total_reads",
            "/indicators/R3/results/reader_days",
            "/health/reads/double_click_removed",
            "/health/received/future",
        ]
        .map(|path| {
            number(path).unwrap_or_else(|| panic!("{path}: {:#}", json["indicators"]["R3"]))
        });
        assert_eq!(found, expected, "{as_of}");
    }
}

/// A session of one UTC date lies in two local days, and is one sitting as of any instant of either.
#[tokio::test(flavor = "multi_thread")]
async fn a_sitting_over_midnight_is_one() {
    let Some(way) = Way::fresh("derive_sitting").await else {
        return;
    };
    let data = json!({ "words": 900, "published_at": "2026-03-01T08:00:00Z" });
    let mut lines = vec![event("writeup", "w", "w", "2026-03-01T08:00:00Z", data)];
    // The local midnight is at 23:00; the last one is another sitting.
    for time in [
        "2026-03-10T22:30:00Z",
        "2026-03-10T23:30:00Z",
        "2026-03-11T00:30:00Z",
    ] {
        let data = json!({ "person": "mia", "session": "s" });
        lines.push(event("read", &format!("at {time}"), "w", time, data));
    }
    way.events(&lines).await;
    way.derive().await;
    for (as_of, reads, sittings) in [
        ("2026-03-10T22:31:00Z", 1, 1),
        ("2026-03-10T23:29:00Z", 1, 1),
        ("2026-03-10T23:31:00Z", 2, 1),
        ("2026-03-11T00:31:00Z", 3, 2),
        ("2026-03-11T12:00:00Z", 3, 2),
        ("2026-03-12T12:00:00Z", 3, 2),
    ] {
        let json = way.report_only(at(as_of), 1).await.json();
        let told = |path| json.pointer(path).and_then(Value::as_i64);
        assert_eq!(told("/indicators/R1/results/total_reads"), Some(reads));
        let found = told("/indicators/R2/results/unique_reads");
        assert_eq!(found, Some(sittings), "{as_of}");
    }
}

/// A report as of an instant is the one that could have been made at that instant.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_later_changes_nothing() {
    let lines = lines(&small());
    let Some(whole) = Way::fresh("derive_whole").await else {
        return;
    };
    whole.events(&lines).await;
    whole.derive().await;
    // The middle of a working day, and the end of daylight saving time.
    for (n, as_of) in ["2026-03-11T11:30:00Z", "2025-10-26T00:30:00Z"]
        .into_iter()
        .enumerate()
    {
        let as_of = at(as_of);
        let way = Way::fresh(&format!("derive_until_{n}"))
            .await
            .expect("an engine");
        let known = lines.iter().filter(|line| {
            let event: Value = serde_json::from_str(line).expect("JSON");
            let kind = event["type"].as_str().expect("a type");
            let time = event["time"].as_str().and_then(parse_rfc3339);
            ["writeup", "person", "coverage"]
                .iter()
                .any(|k| kind.contains(k))
                || time.is_some_and(|time| time < as_of)
        });
        way.events(&known.cloned().collect::<Vec<_>>()).await;
        let (then, later) = (way.report(as_of).await, whole.report_only(as_of, 1).await);
        let (then, later) = (then.json(), later.json());
        for part in ["indicators", "writeups", "reviews", "attendance_by_quarter"] {
            super::way::assert_same(&then[part], &later[part], part);
        }
        assert_eq!(then["health"]["reads"], later["health"]["reads"]);
    }
}
