//! Who and what was taken out does not come back: with an import that was under way, with an old file, by a
//! list that is lost, in a dead letter that nobody can read.

use std::io::Write as _;
use std::process::Stdio;

use readback::collect::Keys;
use readback::model::Identity;
use readback::spool::Dead;
use serde_json::{Value, json};

use super::binary::Home;
use super::forget::{ADA, history, read, readers, summary};

fn nobody(home: &Home) {
    let asked = home.done(&["forget", ADA, "--dry-run", "--json"]);
    let asked: Value = serde_json::from_str(&asked.out).expect("JSON");
    assert_eq!((&asked["names"], &asked["rows"]), (&json!(0), &json!({})));
}

#[test]
fn an_import_that_was_under_way_brings_nobody_back() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.done(&["import", "events", &home.file("events.ndjson", history())]);
    let before = readers(&summary(&home));
    let mut importing = home
        .command(&["import", "events", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a program");
    let mut pipe = importing.stdin.take().expect("a pipe");
    let mut lines = vec![read("held-first", ADA, "2025-03-12T09:00:00Z")];
    // More than a pipe holds: when the last is written, the first has been read.
    let others = (0..4_000).map(|n| {
        read(
            "held",
            &format!("p{}@example.org", n % 6),
            "2025-03-12T10:00:00Z",
        )
    });
    lines.extend(others);
    let text = lines.join("\n") + "\n";
    assert!(text.len() > 1 << 19);
    pipe.write_all(text.as_bytes()).expect("a reader");
    home.done(&["forget", ADA]);
    let last = read("held-last", ADA, "2025-03-13T09:00:00Z") + "\n";
    pipe.write_all(last.as_bytes()).expect("a reader");
    drop(pipe);
    assert!(importing.wait().expect("an end").success());
    nobody(&home);
    // Both of hers are reads of nobody known; the others came once.
    let after = readers(&summary(&home));
    let reads = |of: &Value| of[0].as_u64().expect("a number");
    assert_eq!((&before[1], &after[1]), (&json!(6), &json!(6)));
    assert_eq!(reads(&after), reads(&before) + 4);
    assert_eq!(home.done(&["opt-out", "list"]).out, "2\n");
}

#[test]
fn what_is_too_old_does_not_stay_when_it_is_imported() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file("readback.toml", "[retention]\nread_days = 365\n");
    let lines = [
        history(),
        read("r-young", "p1@example.org", "2190-03-10T09:00:00Z"),
    ];
    let file = home.file("events.ndjson", lines.join("\n"));
    for _ in 0..2 {
        let said = home.done(&["import", "events", &file]);
        let words = "7 reads older than [retention] keeps: removed";
        assert!(said.err.contains(words), "{}", said.err);
        let said = home.done(&["retain", "--dry-run", "--json"]);
        let said: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(said[0]["events"], 0);
    }
    let summary = summary(&home);
    let received = &summary["health"]["received"];
    assert_eq!(received["removed"], 7 * 2, "{received}");
    assert_eq!(received["future"], 1, "{received}");
}

#[test]
fn a_lost_list_is_no_empty_list() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let refused = home.run(&["opt-out", "restart"]);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    home.done(&["opt-out", "add", ADA]);
    let file = home.file("events.ndjson", history());
    let list = home.data().join("opted-out.json");
    let kept = std::fs::read(&list).expect("a list");
    std::fs::remove_file(&list).expect("a list");
    for words in [
        &["import", "events", file.as_str()][..],
        &["serve"],
        &["report"],
        &["opt-out", "list"],
        &["opt-out", "add", "ben@example.org"],
        &["check", "--no-engine"],
    ] {
        let said = home.run(words);
        assert_eq!(said.code, Some(1), "{words:?}: {}", said.err);
        for part in ["opted-out.json: is missing", "opt-out restart"] {
            assert!(said.err.contains(part), "{words:?}: {}", said.err);
        }
        assert!(!said.err.contains("ada"), "{words:?}: {}", said.err);
    }
    std::fs::write(&list, "{").expect("a list");
    let said = home.run(&["import", "events", &file]);
    assert!(
        said.err.contains("line 1, column 1: it ends early"),
        "{}",
        said.err
    );
    std::fs::write(&list, kept).expect("a list");
    home.done(&["import", "events", &file]);
    nobody(&home);

    std::fs::remove_file(&list).expect("a list");
    let said = home.done(&["opt-out", "restart"]);
    assert!(said.err.contains("the list is empty"), "{}", said.err);
    assert_eq!(home.done(&["opt-out", "list"]).out, "0\n");
    let audit = home.done(&["audit", "show"]);
    assert!(audit.out.contains("begun anew"), "{}", audit.out);
}

#[test]
fn a_damaged_letter_is_told_of() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.done(&["import", "events", &home.file("events.ndjson", history())]);
    let keys = Keys::open(&home.data().join("key"))
        .expect("a key")
        .expect("a key");
    let pseudonym = keys.pseudonym(&Identity::bare(ADA));
    let dead = Dead::new(&home.data().join("dead"), 1 << 20);
    let bytes = [b"damaged ".as_slice(), &pseudonym.0].concat();
    dead.bury_damage(9, &bytes, "damaged", 0).expect("a letter");
    dead.bury_damage(10, b"of somebody else", "damaged", 0)
        .expect("a letter");
    let said = home.done(&["forget", ADA]);
    let words = "1 of them could not be searched as a whole";
    assert!(said.err.contains(words), "{}", said.err);
    assert_eq!(dead.count().expect("letters"), 1);
    dead.bury_damage(9, &bytes, "damaged", 0).expect("a letter");
    let said = home.done(&["forget", &pseudonym.to_string(), "--json"]);
    let said: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        (&said["dead_letters"], &said["dead_letters_damaged"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(said["left"], json!({}));
}
