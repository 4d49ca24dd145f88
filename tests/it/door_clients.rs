//! The door as others see it: the CloudEvents SDK sends to it, other people's libraries read what it
//! tells, and the real engine loads what it took.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use readback::jobs::gate::Gate;
use readback::jobs::load::{Loader, Pace};
use readback::model::{EventKind, parse_rfc3339};
use readback::spool::Dead;
use readback::summary::shapes;
use readback::web::Opened;
use serde_json::{Value, json};

use super::doorway::{Doorway, NOW, nobody_in, open, read, with};
use super::way::Way;

fn fresh() -> (tempfile::TempDir, Doorway) {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), "", 1 << 30);
    (folder, door)
}

/// Runs a script of the checker and gives what it says; nothing where there is no Python for it.
pub(crate) async fn python(script: &str, arguments: &[&str]) -> Option<String> {
    let Some(python) = std::env::var_os("CHECKER_PYTHON") else {
        let words = "skipped: CHECKER_PYTHON is not set (tests/checker/requirements.txt)";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return None;
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checker");
    let mut command = Command::new(python);
    command.arg(Path::new(folder).join(script)).args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().expect("Python"))
        .await
        .expect("an end");
    let errors = String::from_utf8_lossy(&output.stderr);
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words}{errors}");
    nobody_in(script, words.as_bytes());
    Some(words)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cloudevents_sdk_is_understood() {
    let (_folder, door) = fresh();
    let token = door.token(&["sdk"], &["read"]);
    let serving = door.serve().await;
    let arguments = [&*serving.address, &*token];
    let Some(words) = python("cloudevents_client.py", &arguments).await else {
        return;
    };
    let said: Vec<Value> = words
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(said.len(), 8, "{words}");
    for one in &said {
        let (status, accepted) = match one["name"].as_str() {
            Some("wrong") => (400, 0),
            Some("batch") => (202, 2),
            _ => (202, 1),
        };
        assert_eq!(
            (&one["status"], &one["told"]["accepted"]),
            (&json!(status), &json!(accepted)),
            "{one}"
        );
    }
    let taken = door.taken().await;
    let expected = [
        "structured",
        "binär: 50 %",
        "batch 3",
        "batch 4",
        "packed",
        "earlier structured",
        "earlier binary",
        "earlier lines",
    ];
    assert_eq!(taken.read(), expected);
    let start = parse_rfc3339("2026-03-02T10:00:00+01:00").expect("an instant");
    let at: Vec<_> = taken
        .reads
        .iter()
        .map(|row| (row.at - start) / 1000)
        .collect();
    assert_eq!(at, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(taken.count("rejected"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_tells_is_understood() {
    let (folder, door) = fresh();
    let token = door.token(&[], &[]);
    for body in [read("1", "a"), json!({})] {
        door.events(&token, "application/json", body.to_string())
            .await;
    }
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let shown = readme
        .lines()
        .filter(|line| line.starts_with("{\"specversion\""));
    let mut events: Vec<String> = shown.map(str::to_owned).collect();
    assert!(!events.is_empty());
    for event in &events {
        let answer = door
            .events(&token, "application/cloudevents+json", event.clone())
            .await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    events.push(read("1", "a").to_string());
    let file = folder.path().join("events.ndjson");
    std::fs::write(&file, events.join("\n")).expect("a file");
    let serving = door.serve().await;
    let arguments = [&*serving.address, &*file.to_string_lossy()];
    let Some(words) = python("told.py", &arguments).await else {
        return;
    };
    let said: Value = serde_json::from_str(&words).expect("JSON");
    // Envelope and kinds of events; summary, explanation and noise; what commands and addresses answer.
    let schemas = EventKind::ALL.len() + 4 + shapes::all().expect("schemas").len();
    assert_eq!(
        (&said["paths"], &said["schemas"]),
        (&json!(34), &json!(schemas)),
        "{said}"
    );
    assert!(said["samples"].as_u64() > Some(30), "{said}");
}

/// What was answered with 202 is in the numbers, each event once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_counted() {
    let Some(way) = Way::fresh("door_counted").await else {
        return;
    };
    let (folder, door) = fresh();
    let token = door.token(&[], &[]);
    let writeup = with(
        read("w", "a"),
        &[
            ("type", json!("org.readback.writeup.v1")),
            (
                "data",
                json!({ "title": "A", "published_at": "2026-01-01T00:00:00Z" }),
            ),
        ],
    );
    let corrected = with(read("1", "a"), &[("data.version", json!(1))]);
    let by = |id: &str, person: &str| with(read(id, "a"), &[("data.person", json!(person))]);
    let batches = [
        json!([writeup, read("1", "a"), by("2", "b@example.org"), 5]),
        json!([read("1", "a"), read("1", "a"), corrected]),
    ];
    for batch in &batches {
        let media = "application/cloudevents-batch+json";
        let answer = door.events(&token, media, batch.to_string()).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    door.spool.seal().await;
    let loader = Loader {
        store: way.store.clone(),
        owner: (door.keys.fingerprint(), 1),
        drain: Arc::clone(&door.drain),
        dead: Dead::new(&folder.path().join("dead"), 1 << 20),
        metrics: Arc::clone(&door.metrics),
        engine: None,
        now: || NOW,
        pace: Pace::default(),
        gate: Gate::default(),
    };
    loader.rest().await.expect("loaded");
    assert!(door.drain.oldest().is_none());
    assert_eq!(way.count("SELECT count() FROM landing_read FINAL").await, 2);
    let document = way.document("2026-04-01T00:00:00Z").await;
    let summary = serde_json::to_value(&document).expect("JSON");
    let received = &summary["health"]["received"];
    assert_eq!(received["lines"], 7, "{received}");
    assert_eq!(received["kept"]["read"], 2, "{received}");
    assert_eq!(received["kept"]["writeup"], 1, "{received}");
    assert_eq!(received["duplicate_id"], 3, "{received}");

    // With its store behind it all of it does its work.
    door.engine
        .send_replace(Opened::Open(Box::new(way.store.clone()), None));
    door.state.publish(readback::web::Published::new(summary));
    let ready = door.send("GET /readyz", &[], "").await;
    assert_eq!(
        (ready.status, &ready.json()["ready"]),
        (200, &json!(true)),
        "{ready:?}"
    );
    let metrics = door.send("GET /metrics", &[], "").await.text;
    for line in [
        "readback_engine_up 1",
        "readback_loaded_rows_total 6",
        "readback_spool_segments 0",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}
