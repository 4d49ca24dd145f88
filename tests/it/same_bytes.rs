//! The same events give the same bytes: in whatever order, however often delivered, whichever
//! engine keeps them, however many threads compute.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use readback::collect::{Intake, Keys};
use readback::model::parse_rfc3339;
use readback::sources::events::decode;
use readback::store::Batch;
use serde_json::json;

use super::way::{Report, Way, event, lines, lively, names, small};

fn shuffled(lines: &[String], seed: u64) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    lines
}

/// What is reported of files that come one after another.
async fn reported(database: &str, files: &[Vec<String>]) -> Option<Report> {
    let way = Way::fresh(database).await?;
    for file in files {
        let taken = way.events(file).await;
        assert_eq!((taken.total(), taken.rejected), (file.len() as u64, 0));
    }
    Some(way.report(lively().as_of()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn order_and_redelivery_change_only_two_counts() {
    let lines = lines(&lively());
    let names = names(&lines);
    let n = lines.len() as u64;
    let Some(first) = reported("same_first", std::slice::from_ref(&lines)).await else {
        return;
    };
    assert_eq!((first.lines, first.duplicates), (n, n - names));
    let doubled: Vec<String> = lines
        .iter()
        .flat_map(|line| [line.clone(), line.clone()])
        .collect();
    let pieces: Vec<Vec<String>> = shuffled(&lines, 3).chunks(700).map(<[_]>::to_vec).collect();
    let again: Vec<Vec<String>> =
        [pieces.clone(), vec![pieces[1].clone(), pieces[1].clone()]].concat();
    for (database, files) in [
        ("same_shuffled", vec![shuffled(&lines, 1)]),
        ("same_doubled", vec![shuffled(&doubled, 2)]),
        ("same_pieces", again),
    ] {
        let received = files.iter().map(Vec::len).sum::<usize>() as u64;
        let other = reported(database, &files).await.expect("an engine");
        first.assert_same(&other, database);
        assert_eq!(
            (other.lines, other.duplicates),
            (received, received - names),
            "{database}"
        );
    }
}

/// What a name becomes is the folder's own affair; what is counted is not.
#[tokio::test(flavor = "multi_thread")]
async fn another_key_gives_the_same_report() {
    let mut lines = lines(&small());
    // Two contents under one id and version: which of them holds is no folder's own affair either.
    for n in 0..40 {
        for (person, engaged_s) in [("ada", 5 + n), ("grace", 900)] {
            let data = json!({ "person": person, "engaged_s": engaged_s });
            let time = "2026-06-01T10:00:00Z";
            lines.push(event(
                "read",
                &format!("conflict {n}"),
                "INC-1001",
                time,
                data,
            ));
        }
    }
    // Two clicks of one reader at one instant: which of them was the last is none either.
    for n in 0..40 {
        let time = format!("2026-06-02T10:{n:02}:00Z");
        for (click, mut data) in [
            ("told", json!({ "assigned": true, "team": "Told" })),
            ("free", json!({ "team": "Free" })),
        ] {
            data["person"] = json!(format!("reader {n}"));
            lines.push(event(
                "read",
                &format!("tie {n} {click}"),
                "INC-1001",
                &time,
                data,
            ));
        }
        // Somebody is named in one of two contents, and in the other nobody.
        let id = format!("named or not {n}");
        let time = format!("2026-06-03T10:{n:02}:00Z");
        lines.push(event(
            "read",
            &id,
            "INC-1001",
            &time,
            json!({ "person": format!("named {n}") }),
        ));
        lines.push(event("read", &id, "INC-1001", &time, json!({})));
    }
    let Some(one) = Way::fresh("same_key_one").await else {
        return;
    };
    let other = Way::fresh("same_key_other")
        .await
        .expect("an engine")
        .with_keys(9);
    for way in [&one, &other] {
        way.events(&lines).await;
    }
    let as_of = small().as_of();
    one.report(as_of)
        .await
        .assert_same(&other.report(as_of).await, "another key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_sent_again_is_no_redelivery() {
    let Some(way) = Way::fresh("same_batch").await else {
        return;
    };
    let lines = lines(&small());
    let batch = || {
        let mut intake = Intake::new(Keys::new([7; 32]));
        let mut batch = Batch::default();
        for line in &lines {
            let event = decode(line.as_bytes()).expect("an event");
            batch.push(intake.accept(event).expect("a record"));
        }
        batch.rejected("events", 1);
        batch
    };
    way.store.load(1, &batch()).await.expect("a batch");
    let as_of = small().as_of();
    let once = way.report(as_of).await;
    assert_eq!(once.lines, lines.len() as u64 + 1);
    // The receipt was lost on the way back, or the process was: the same batch comes again.
    way.store.load(1, &batch()).await.expect("a batch");
    let again = way.report(as_of).await;
    assert_eq!(once, again);
    // Under another name it is a delivery of its own.
    way.store.load(2, &batch()).await.expect("a batch");
    let twice = way.report(as_of).await;
    assert_eq!(twice.lines, 2 * once.lines);
    assert_eq!(twice.duplicates, once.duplicates + lines.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_cut_is_taken_up_again() {
    let Some(way) = Way::fresh("same_cut").await else {
        return;
    };
    let lines = lines(&small());
    let whole = way.events(&lines).await;
    let as_of = small().as_of();
    let once = way.report(as_of).await;
    // As if the process had ended before it could say that it was done.
    let undone =
        "ALTER TABLE same_cut.import_run DELETE WHERE finished SETTINGS mutations_sync = 1";
    way.client.query(undone).execute().await.expect("a cut");
    assert_eq!(way.events(&lines).await.total(), whole.total());
    assert_eq!(way.report(as_of).await, once);
    // Now it is done, and the same file is a redelivery.
    way.events(&lines).await;
    assert_eq!(way.report(as_of).await.lines, 2 * once.lines);
}

fn versioned(version: u32, id: &str, subject: &str, day: u32, person: &str) -> String {
    let data = json!({ "person": person, "version": version, "engaged_s": 100 + day });
    event(
        "read",
        id,
        subject,
        &format!("2025-03-{day:02}T10:00:00Z"),
        data,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greatest_version_wins_whenever_it_comes() {
    let writeup = |id: &str| {
        let data = json!({ "title": id, "words": 100, "published_at": "2025-03-01T00:00:00Z" });
        event(
            "writeup",
            &format!("w-{id}"),
            id,
            "2025-03-01T00:00:00Z",
            data,
        )
    };
    let lines = vec![
        writeup("a"),
        writeup("b"),
        // A correction that moves the read to another write-up, day and person.
        versioned(0, "r1", "a", 3, "ada"),
        versioned(1, "r1", "b", 5, "bob"),
        // Equal versions of different content.
        versioned(2, "r2", "a", 6, "ada"),
        versioned(2, "r2", "b", 7, "bob"),
        versioned(2, "r2", "a", 8, "cyd"),
        versioned(0, "r2", "a", 9, "dan"),
        versioned(0, "r3", "a", 9, "dan"),
    ];
    let as_of = parse_rfc3339("2025-08-01T00:00:00Z").expect("an instant");
    let mut first: Option<Report> = None;
    for round in 0..4 {
        let database = format!("same_versions_{round}");
        let Some(way) = Way::fresh(&database).await else {
            return;
        };
        let order = match round {
            0 => lines.clone(),
            1 => lines.iter().rev().cloned().collect(),
            seed => shuffled(&lines, seed),
        };
        // One import, or one for each line with a report after each.
        if round != 1 {
            way.events(&order).await;
        } else {
            for line in &order {
                way.events(std::slice::from_ref(line)).await;
                way.derive().await;
            }
        }
        let report = way.report(as_of).await;
        let json = report.json();
        assert_eq!(
            json["indicators"]["R1"]["results"]["total_reads"], 3,
            "{round}"
        );
        assert_eq!((report.lines, report.duplicates), (9, 4));
        match &first {
            None => first = Some(report),
            Some(first) => first.assert_same(&report, &database),
        }
    }
}
