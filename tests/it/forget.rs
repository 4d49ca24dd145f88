//! What is kept of people, and how it goes: erasure from store, spool and dead letters; opting out;
//! counts only; retention; a new key.

use readback::collect::{Intake, Keys};
use readback::config::Retention;
use readback::jobs::retain;
use readback::model::{Body, Calendar, Event, EventKind, Identity, Read};
use readback::spool::Dead;
use readback::store::Batch;
use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::door_process::Served;
use super::way::{Way, event, instant};

pub(crate) const ADA: &str = "ada@example.org";
const PAGE: &str = "INC-1";

pub(crate) fn read(id: &str, person: &str, time: &str) -> String {
    let data = json!({ "person": person, "session": "s1", "team": "payments", "engaged_s": 60 });
    event("read", id, PAGE, time, data)
}

fn writeup() -> String {
    let data = json!({ "id": PAGE, "published_at": "2025-03-01T00:00:00Z", "contributors": [ADA, "ben@example.org"],
        "responders": [ADA], "reviewers": [ADA], "facilitators": [ADA] });
    event("writeup", "w1", PAGE, "2025-03-01T00:00:00Z", data)
}

/// Ada reads, comments, comes and links by two names, which the roster unites; six others read.
pub(crate) fn history() -> String {
    let at = "2025-03-10T09:00:00Z";
    let mut lines = vec![writeup()];
    lines.push(event(
        "person",
        "roster-ada",
        "",
        at,
        json!({ "person": ADA, "aliases": ["ada-login"] }),
    ));
    lines.push(event(
        "person",
        "roster-ben",
        "",
        at,
        json!({ "person": "ben@example.org", "apart": [ADA] }),
    ));
    lines.push(read("r-ada", "ada-login", at));
    for n in 0..6 {
        lines.push(read(&format!("r{n}"), &format!("p{n}@example.org"), at));
    }
    let by_ada = |kind: &str, data: Value| {
        let mut data = data;
        data["person"] = json!(ADA);
        event(kind, kind, PAGE, at, data)
    };
    lines.push(by_ada("comment", json!({})));
    lines.push(by_ada("edit", json!({})));
    lines.push(by_ada("link", json!({ "place": "chat" })));
    lines.push(by_ada(
        "attendance",
        json!({ "meeting": "m1", "present_s": 900 }),
    ));
    lines.join("\n")
}

pub(crate) fn summary(home: &Home) -> Value {
    home.done(&["report", "--as-of", "2025-09-01", "--out", "report"]);
    let bytes = std::fs::read(home.path("report/summary.json")).expect("a summary");
    serde_json::from_slice(&bytes).expect("JSON")
}

pub(crate) fn readers(summary: &Value) -> Value {
    let result = |code: &str, name: &str| summary["indicators"][code]["results"][name].clone();
    json!([result("R1", "total_reads"), result("R3", "readers")])
}

/// A dead letter with a read of Ada's.
pub(crate) fn bury(home: &Home) {
    let path = home.data().join("key");
    let keys = Keys::open(&path).expect("a key").expect("a key");
    let body = Read {
        person: Some(Identity::bare(ADA)),
        ..Read::default()
    };
    let event = Event {
        source: "wiki".into(),
        id: "dead".to_owned(),
        subject: PAGE.to_owned(),
        time: instant("2025-03-11T09:00:00Z"),
        version: 0,
        body: Body::Read(body),
    };
    let mut batch = Batch::default();
    batch.push(Intake::new(keys).accept(event).expect("a record"));
    let packed = batch.pack().expect("bytes");
    let dead = Dead::new(&home.data().join("dead"), 1 << 20);
    dead.bury(7, [&*packed], "refused", 0).expect("a letter");
}

/// Puts a read of Ada's into the spool and lets it lie there.
fn spooled(home: &Home) {
    let token = home.done(&["token", "add", "t"]).out.trim().to_owned();
    let away = ["engine.mode=remote", "engine.url=http://127.0.0.1:9"];
    let served = Served::with(home, &away);
    let agent = ureq::Agent::new_with_defaults();
    let event: Value =
        serde_json::from_str(&read("r-spool", ADA, "2025-03-12T09:00:00Z")).expect("JSON");
    assert_eq!(served.send(&agent, &token, &event), 202);
}

#[test]
fn a_person_is_forgotten_everywhere() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let file = home.file("events.ndjson", history());
    home.done(&["import", "events", &file]);
    let before = summary(&home);
    bury(&home);
    spooled(&home);

    let asked = home.done(&["forget", ADA, "--dry-run", "--json"]);
    let asked: Value = serde_json::from_str(&asked.out).expect("JSON");
    assert_eq!(
        (&asked["names"], &asked["erased"]),
        (&json!(2), &json!(false))
    );

    let said = home.done(&["forget", ADA, "--json"]);
    let done: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(done["left"], json!({}));
    assert_eq!(
        (&done["names"], &done["dead_letters"]),
        (&json!(2), &json!(1))
    );
    for place in [
        "landing_read.person",
        "landing_comment.person",
        "landing_edit.person",
        "landing_link.person",
        "landing_attendance.person",
        "landing_writeup.contributors",
        "landing_writeup.responders",
        "landing_writeup.reviewers",
        "landing_writeup.facilitators",
        "landing_person.apart",
        "landing_person.person",
        "landing_person.aliases",
        "person_number.pseudonym",
        "registry_person.pseudonym",
    ] {
        assert!(done["rows"][place].as_u64() > Some(0), "{place}: {done:#}");
    }

    // She was an author, and her reads were left out as such. Now they are reads of nobody known; the one
    // that waited in the spool came in, too.
    let after = summary(&home);
    assert_eq!(readers(&before), json!([6, 6]));
    assert_eq!(readers(&after), json!([8, 6]));
    assert_eq!(
        after["health"]["received"]["kept"]["comment"],
        before["health"]["received"]["kept"]["comment"]
    );

    // The same and more events come again: nobody comes back with them.
    home.done(&[
        "import",
        "events",
        &home.file("again.ndjson", history() + "\n"),
    ]);
    home.done(&["dead", "retry", "--all"]);
    let said = home.done(&["forget", ADA, "ada-login", "--dry-run", "--json"]);
    let asked: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&asked["names"], &asked["rows"]), (&json!(0), &json!({})));
    assert_eq!(readers(&summary(&home)), json!([9, 6]));

    // Somebody else by the same way, while a collector runs.
    let token = home.done(&["token", "add", "u"]).out.trim().to_owned();
    let served = Served::with(&home, &["spool.load_seconds=0"]);
    let agent = ureq::Agent::new_with_defaults();
    let event: Value =
        serde_json::from_str(&read("r-live", "p1@example.org", "2025-03-12T09:00:00Z"))
            .expect("JSON");
    assert_eq!(served.send(&agent, &token, &event), 202);
    home.done(&["forget", "p1@example.org"]);
    let event: Value =
        serde_json::from_str(&read("r-later", "p1@example.org", "2025-03-13T09:00:00Z"))
            .expect("JSON");
    assert_eq!(served.send(&agent, &token, &event), 202);
    served.loaded(&agent, 2);
    drop(served);
    assert_eq!(readers(&summary(&home)), json!([11, 5]));
    for (path, bytes) in contents(&home.data().join("dead")) {
        assert!(!bytes.is_empty(), "{path:?}");
    }
}

#[test]
fn who_opts_out_is_counted_without_a_name() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let said = home.done(&["opt-out", "add", ADA]);
    assert!(!said.err.contains("ada"), "{}", said.err);
    assert_eq!(home.done(&["opt-out", "list"]).out, "1\n");
    let at = "2025-03-10T09:00:00Z";
    let mut lines = vec![writeup()];
    lines.push(read("r1", ADA, at));
    lines.push(read("r2", "ben@example.org", at));
    lines.push(event("person", "p", "", at, json!({ "person": ADA })));
    let file = home.file("events.ndjson", lines.join("\n"));
    let said = home.run(&["import", "events", &file]);
    assert!(said.err.contains("opted out"), "{}", said.err);
    assert!(!said.err.contains("ada@"), "{}", said.err);
    let asked = home.done(&["forget", ADA, "--dry-run", "--json"]);
    let asked: Value = serde_json::from_str(&asked.out).expect("JSON");
    assert_eq!(asked["rows"], json!({}));
    home.done(&["opt-out", "remove", ADA]);
    assert_eq!(home.done(&["opt-out", "list"]).out, "0\n");
    let said = home.run(&["forget", "githb:zoe"]);
    assert!(said.err.contains("known kinds are"), "{}", said.err);
    assert!(!said.err.contains("zoe"), "{}", said.err);
    let said = home.run(&["forget", " "]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("an identity is empty"), "{}", said.err);
}

#[test]
fn counts_only_keeps_no_pseudonym() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let counts = ["--set", "privacy.mode=counts-only"];
    let file = home.file("events.ndjson", history());
    let said = home.run(&[&["import", "events", &file][..], &counts].concat());
    assert!(said.err.contains("keeps counts only"), "{}", said.err);
    // The mode is the folder's from now on.
    let asked = home.done(&[
        "forget",
        ADA,
        "ada-login",
        "p0@example.org",
        "--dry-run",
        "--json",
    ]);
    let asked: Value = serde_json::from_str(&asked.out).expect("JSON");
    assert_eq!((&asked["names"], &asked["rows"]), (&json!(0), &json!({})));
    home.done(&["forget", ADA]);
    let roster = home.file("people.csv", "email,team\nada@example.org,payments\n");
    for refused in [
        &["opt-out", "add", ADA][..],
        &["people", "import", &roster],
        &["people", "merge", ADA, "p0@example.org"],
    ] {
        let said = home.run(refused);
        assert_eq!(said.code, Some(1), "{refused:?}");
        assert!(said.err.contains("keeps counts only"), "{}", said.err);
    }
    assert_eq!(home.done(&["opt-out", "list"]).out, "0\n");
    let summary = summary(&home);
    assert_eq!(summary["indicators"]["R1"]["results"]["total_reads"], 7);
    let said = home.run(&["report", "--set", "privacy.mode=strict"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("the mode is fixed"), "{}", said.err);
    let said = home.done(&["check", "--json", "--offline"]);
    assert!(said.out.contains("counts-only"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_goes_and_nobody_watched_before() {
    let Some(way) = Way::fresh("retained").await else {
        return;
    };
    way.register(&[(PAGE, &[], "2024-01-01T00:00:00Z")]).await;
    let watched = json!({ "kind": "read", "scope": "events", "from": "2024-01-01T00:00:00Z" });
    way.events(&[
        read("old", "p1@example.org", "2024-06-30T21:59:59Z"),
        read("new", "p2@example.org", "2024-06-30T22:00:00Z"),
        event("comment", "c", PAGE, "2024-02-01T00:00:00Z", json!({})),
        event("coverage", "v", "", "2024-01-01T00:00:00Z", watched),
    ])
    .await;
    let now = instant("2025-07-01T12:00:00Z");
    let berlin = Calendar::new(chrono_tz::Europe::Berlin);
    let retention = Retention {
        events: vec![(EventKind::Read, 365)],
    };
    let run = async |dry_run| {
        let done = retain::run(&way.store, &retention, &berlin, now, dry_run).await;
        done.expect("retained")[0].events
    };
    assert_eq!(
        (run(true).await, run(false).await, run(false).await),
        (1, 1, 0)
    );
    way.derive().await;
    assert_eq!(way.count("SELECT count() FROM landing_read").await, 1);
    assert_eq!(way.count("SELECT count() FROM landing_comment").await, 1);
    let received = way.document("2025-07-01T00:00:00Z").await.health.received;
    assert_eq!((received.removed, received.duplicate_id), (1, 0));
    let coverage = way.store.coverage().await.expect("coverage");
    let midnight = instant("2024-06-30T22:00:00Z");
    assert_eq!(coverage[0].from_at, midnight);
    assert_eq!(
        way.document("2025-07-01T00:00:00Z").await.indicators["R1"]["results"]["total_reads"],
        1
    );
}

#[test]
fn a_new_key_keeps_the_roster_and_loses_the_rest() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.done(&["import", "events", &home.file("events.ndjson", history())]);
    home.done(&["opt-out", "add", "gone@example.org"]);
    let before = readers(&summary(&home));
    let old = std::fs::read(home.data().join("key")).expect("a key");
    bury(&home);
    let roster: Vec<String> = (0..6).map(|n| format!("p{n}@example.org,")).collect();
    let roster = format!("email,account\n{}\n{ADA},ada-login\n", roster.join("\n"));
    let file = home.file("people.csv", &roster);
    let said = home.run(&["key", "rotate", &file]);
    assert_eq!(said.code, Some(1));
    for words in ["1 of those who opted out", "--drop-opted-out"] {
        assert!(said.err.contains(words), "{}", said.err);
    }
    assert_eq!(std::fs::read(home.data().join("key")).expect("a key"), old);
    assert!(!home.data().join("key.next").exists());

    let file = home.file(
        "people.csv",
        roster + "gone@example.org,\nben@example.org,\n",
    );
    let said = home.done(&["key", "rotate", &file]);
    assert!(said.err.contains("the key is new"), "{}", said.err);
    let new = std::fs::read_to_string(home.data().join("key")).expect("a key");
    assert!(!new.contains(String::from_utf8_lossy(&old).trim()));
    assert_eq!(readers(&summary(&home)), before);
    // The same events are the same events, of the same people; who opted out is still out.
    home.done(&[
        "import",
        "events",
        &home.file("again.ndjson", history() + "\n"),
    ]);
    assert_eq!(readers(&summary(&home)), before);
    let more = read("r-gone", "gone@example.org", "2025-03-14T09:00:00Z");
    home.done(&["import", "events", &home.file("more.ndjson", more)]);
    let after = readers(&summary(&home));
    assert_eq!((&after[0], &after[1]), (&json!(7), &before[1]));
    // What the old key made is nowhere.
    let keys = Keys::new(decoded(&String::from_utf8_lossy(&old)));
    let hex = keys.pseudonym(&Identity::bare(ADA)).to_string();
    let asked = home.done(&["forget", &hex, "--dry-run", "--json"]);
    let asked: Value = serde_json::from_str(&asked.out).expect("JSON");
    assert_eq!(asked["rows"], json!({}));
    // The old key, from somebody's backup, opens nothing any more.
    std::fs::write(home.data().join("key"), &old).expect("a key");
    let said = home.run(&["report"]);
    assert!(said.err.contains("was replaced"), "{}", said.err);
    std::fs::write(home.data().join("key"), &new).expect("a key");
    // A rotation that was cut off keeps others out, and another roster does not take its key away.
    std::fs::write(home.data().join("key.next"), &new).expect("a key");
    let said = home.run(&["report"]);
    assert!(said.err.contains("was cut off"), "{}", said.err);
    let few = home.file("few.csv", format!("email\n{ADA}\n"));
    assert_eq!(home.run(&["key", "rotate", &few]).code, Some(1));
    assert!(home.data().join("key.next").exists());
    home.done(&["key", "rotate", &home.path("people.csv").to_string_lossy()]);
    assert_eq!(readers(&summary(&home)), after);
}

fn decoded(hex: &str) -> [u8; 32] {
    std::array::from_fn(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).expect("hex"))
}
