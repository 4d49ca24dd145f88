//! A new key with rosters that do not name everybody: who is missing keeps counting and can't be named by
//! either key, nothing is begun before it is known to fit, and what was cut off is finished.

use readback::collect::Keys;
use readback::model::Identity;
use serde_json::{Value, json};

use super::binary::{Home, Said};
use super::forget::{ADA, bury, history, read, summary};

/// Ada alone; the six others and Ben are missing.
fn roster(home: &Home) -> String {
    home.file(
        "people.csv",
        format!("email,account\n{ADA},ada-login\nnobody@example.org,\n"),
    )
}

fn rotate(home: &Home, more: &[&str]) -> Said {
    let file = roster(home);
    home.run(&[&["key", "rotate", file.as_str()], more].concat())
}

fn key(home: &Home) -> Keys {
    let path = home.data().join("key");
    Keys::open(&path).expect("a key").expect("a key")
}

/// Rows of the store that hold somebody, by one key's pseudonym.
fn rows(home: &Home, keys: &Keys, name: &str) -> Value {
    let hex = keys.pseudonym(&Identity::bare(name)).to_string();
    let asked = home.done(&["forget", &hex, "--dry-run", "--json"]);
    let asked: Value = serde_json::from_str(&asked.out).expect("JSON");
    asked["rows"].clone()
}

fn filled() -> Option<Home> {
    let home = Home::with_engine()?;
    home.done(&["import", "events", &home.file("events.ndjson", history())]);
    bury(&home);
    Some(home)
}

#[test]
fn who_is_missing_counts_on_and_is_nobody() {
    let Some(home) = filled() else { return };
    let before = summary(&home);
    let old = key(&home);
    assert_ne!(rows(&home, &old, "p1@example.org"), json!({}));

    let said = rotate(&home, &["--dry-run"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for words in [
        "some or none of fewer than 5 names of the rosters",
        "all but fewer than 5 pseudonyms that are kept are not named",
        "6 events and roles in 1 write-up",
    ] {
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    assert!(!home.data().join("key.next").exists());
    assert_ne!(rows(&home, &old, "p1@example.org"), json!({}));

    let said = rotate(&home, &["--drop-missing"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("7 pseudonyms that the rosters"),
        "{}",
        said.err
    );
    assert!(!home.data().join("rotation.json").exists());
    assert_eq!(summary(&home), before);
    let new = key(&home);
    for keys in [&old, &new] {
        for name in ["p1@example.org", "ben@example.org"] {
            assert_eq!(rows(&home, keys, name), json!({}), "{name}");
        }
    }
    assert_eq!(rows(&home, &old, ADA), json!({}));
    assert_ne!(rows(&home, &new, ADA), json!({}));
    // Two reads of one whom nobody names stay one reader's.
    let more = read("r-more", "p1@example.org", "2025-03-14T09:00:00Z");
    home.done(&["import", "events", &home.file("more.ndjson", more)]);
    let after = summary(&home);
    let readers = |summary: &Value| summary["indicators"]["R3"]["results"]["readers"].clone();
    assert_eq!((readers(&before), readers(&after)), (json!(6), json!(7)));
}

#[test]
fn who_opted_out_and_is_missing_is_let_go_only_when_told_so() {
    let Some(home) = filled() else { return };
    home.done(&["opt-out", "add", "gone@example.org", ADA]);
    let before = summary(&home);
    let said = rotate(&home, &["--dry-run"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("would not begin without"), "{}", said.err);
    let said = rotate(&home, &["--drop-missing"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("--drop-opted-out"), "{}", said.err);
    assert!(!home.data().join("key.next").exists());

    // Cut off behind the store and the dead letters: the list can't be written.
    let old = key(&home);
    let options = ["--drop-missing", "--drop-opted-out"];
    let blocked = home.data().join("opted-out.part");
    std::fs::create_dir(&blocked).expect("a folder");
    let said = rotate(&home, &options);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(home.run(&["report"]).err.contains("was cut off"));
    assert!(home.data().join("rotation.json").exists());
    std::fs::remove_dir(&blocked).expect("a folder");
    let said = rotate(&home, &["--dry-run"]);
    assert!(said.err.contains("was cut off"), "{}", said.err);
    let said = rotate(&home, &options);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("1 entry of the opt-out list"),
        "{}",
        said.err
    );
    assert!(!home.data().join("rotation.json").exists());
    assert_eq!(summary(&home), before);
    assert_eq!(home.done(&["opt-out", "list"]).out, "1\n");
    assert_eq!(rows(&home, &old, "p1@example.org"), json!({}));
    // Ada is out by her new pseudonym.
    let more = read("r-ada-2", ADA, "2025-03-14T09:00:00Z");
    home.done(&["import", "events", &home.file("more.ndjson", more)]);
    let readers = |summary: &Value| summary["indicators"]["R3"]["results"]["readers"].clone();
    assert_eq!(readers(&summary(&home)), readers(&before));
}
