//! Several commands and several data folders on one store: they take turns, and nothing counts twice.

use std::process::{Child, Output, Stdio};

use readback::app::folder::Turn;
use readback::jobs::gate::Gate;
use readback::model::{DAY_MS, Millis};
use readback::store::ForeignStore;
use serde_json::{Value, json};

use super::binary::{Home, Said};
use super::way::{Way, event, lines, small};

fn summary(home: &Home, out: &str) -> Value {
    let bytes = std::fs::read(home.path(out).join("summary.json")).expect("a summary");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn reports_at_once_are_one_report() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let events = home.file("events.ndjson", lines(&small()).join("\n"));
    let as_of = ["--as-of", "2026-07-01"];
    home.done(&["import", "events", &events]);
    // None has derived anything yet: whoever comes first does it for all.
    let started: Vec<Child> = ["one", "two", "three"]
        .iter()
        .map(|out| {
            let mut command = home.command(&["report", "--out", out]);
            let command = command.args(as_of).stdout(Stdio::piped());
            command.stderr(Stdio::piped()).spawn().expect("a program")
        })
        .collect();
    for child in started {
        let output: Output = child.wait_with_output().expect("an end");
        let said = Said::of(&output, &["report"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
    }
    let first = summary(&home, "one");
    assert!(first["health"]["received"]["kept"]["read"].as_u64() > Some(1000));
    for out in ["two", "three"] {
        assert_eq!(summary(&home, out), first, "{out}");
    }
    let mut later = vec!["report", "--out", "later"];
    later.extend(as_of);
    home.done(&later);
    assert_eq!(summary(&home, "later"), first);
}

/// Lets everything else go on as far as it can.
async fn settle() {
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_imported_waits_for_a_report() {
    let Some(mut way) = Way::fresh("together_gate").await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let turn = Turn::take(folder.path()).expect("the turn of somebody who reports");
    let (reached, mut at_gate) = tokio::sync::mpsc::unbounded_channel();
    let path = folder.path().to_owned();
    way.gate = Gate::new(move || {
        reached.send(()).expect("a test");
        Ok(Box::new(Turn::share(&path)?))
    });
    let rows = "SELECT count() FROM landing_read";
    let events = lines(&small());
    let mut importing = Box::pin(way.events(&events));
    let waiting = async {
        at_gate.recv().await.expect("a batch");
        settle().await;
        // Counted while the import could go on.
        way.count(rows).await
    };
    tokio::select! {
        _ = &mut importing => panic!("it did not wait"),
        count = waiting => assert_eq!(count, 0),
    }
    drop(turn);
    importing.await;
    assert!(way.count(rows).await > 0);
}

/// What holds a gate open, and waits when it is let go.
struct Letting(
    std::sync::mpsc::Receiver<()>,
    tokio::sync::mpsc::UnboundedSender<()>,
);

impl Drop for Letting {
    fn drop(&mut self) {
        // The test may have ended.
        let _ = self.1.send(());
        let _ = self.0.recv();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gate_is_held_until_the_batch_stands() {
    let Some(mut way) = Way::fresh("together_held").await else {
        return;
    };
    let (go, goes) = std::sync::mpsc::channel();
    let (tell, mut let_go) = tokio::sync::mpsc::unbounded_channel();
    let held = std::sync::Mutex::new(Some(Letting(goes, tell)));
    way.gate = Gate::new(move || {
        let held = held.lock().expect("a lock").take();
        Ok(Box::new(held))
    });
    let way = std::sync::Arc::new(way);
    let importing = tokio::spawn({
        let way = std::sync::Arc::clone(&way);
        async move { way.events(&lines(&small())).await }
    });
    let_go.recv().await.expect("a batch that is done");
    assert!(way.count("SELECT count() FROM landing_read").await > 0);
    go.send(()).expect("an import");
    importing.await.expect("an import");
}

#[test]
fn a_first_start_that_others_share_makes_one_store() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let line = |n: u32| {
        let data = json!({ "title": "A", "published_at": "2025-01-01T00:00:00Z" });
        event(
            "writeup",
            &format!("w{n}"),
            &format!("w{n}"),
            "2025-01-01T00:00:00Z",
            data,
        )
    };
    let files: Vec<String> = (0..3)
        .map(|n| home.file(&format!("{n}.ndjson"), line(n)))
        .collect();
    let started: Vec<Child> = files
        .iter()
        .map(|file| {
            let mut command = home.command(&["import", "events", file]);
            let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("a program")
        })
        .collect();
    for child in started {
        let output = child.wait_with_output().expect("an end");
        let said = Said::of(&output, &["import"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
    }
    home.done(&["report", "--as-of", "2025-06-01", "--out", "report"]);
    let report = summary(&home, "report");
    assert_eq!(report["organisation"]["writeups"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_was_cut_off_is_made_whole() {
    let Some(way) = Way::fresh("together_cut").await else {
        return;
    };
    // The tables stand, and the notes that say so are gone.
    let forgotten = way.client.query("TRUNCATE TABLE schema_migration");
    forgotten.execute().await.expect("a cut");
    let again = way.store.migrate().await.expect("the same tables");
    assert!(again > 30, "{again}");
    way.events(&lines(&small())).await;
    way.derive().await;
    assert_eq!(way.store.migrate().await.expect("nothing to do"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_belong_to_one_key_and_one_k() {
    let Some(way) = Way::fresh("together_owner").await else {
        return;
    };
    for (fingerprint, k, expected) in [
        (7, 5, Ok(())),
        (7, 5, Ok(())),
        (8, 5, Err(ForeignStore::Key)),
        (7, 1, Err(ForeignStore::K { made: 5, asked: 1 })),
    ] {
        let found = way.store.claim(fingerprint, k).await.expect("an answer");
        assert_eq!(found, expected, "{fingerprint} {k}");
    }
}

/// Reads of one write-up by one person each, at so many days after publication.
fn reads(source: &str, days: impl Iterator<Item = i64>) -> Vec<String> {
    let published: Millis = 1_672_617_600_000;
    days.map(|day| {
        let time = readback::model::to_rfc3339(published + day * DAY_MS);
        let line = event(
            "read",
            &format!("{source}{day}"),
            "w",
            &time,
            json!({ "person": "p" }),
        );
        line.replace(r#""source":"test""#, &format!(r#""source":"{source}""#))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_later_changes_no_earlier_report() {
    let Some(way) = Way::within("together_future", chrono_tz::UTC).await else {
        return;
    };
    let published = json!({ "id": "w", "published_at": "2023-01-02T00:00:00Z" });
    let mut events = vec![event(
        "writeup",
        "w",
        "w",
        "2023-01-02T00:00:00Z",
        published,
    )];
    events.extend(reads("a", 0..9));
    // A second source, of which a good part of the reads came until then.
    events.extend(reads("b", 200..201));
    way.events(&events).await;
    let as_of = "2024-01-15T00:00:00Z";
    let of = |document: readback::summary::document::Document| json!(document.indicators);
    let before = of(way.document(as_of).await);
    way.events(&reads("a", 500..600)).await;
    assert_eq!(of(way.document(as_of).await), before);
}
