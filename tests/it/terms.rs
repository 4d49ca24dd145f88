//! The terms on which people are counted, through the real program: noted by every report, agreed to,
//! shown with every change, and proved.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::binary::Home;
use super::way::event;

fn events() -> String {
    let mut lines = vec![event(
        "writeup",
        "w",
        "INC-1",
        "2025-01-06T08:00:00Z",
        json!({ "title": "A", "words": 500, "published_at": "2025-01-06T08:00:00Z" }),
    )];
    for n in 0..9 {
        let data = json!({ "person": format!("p{n}@example.org"), "engaged_s": 100 });
        lines.push(event(
            "read",
            &format!("r{n}"),
            "INC-1",
            "2025-05-01T10:00:00Z",
            data,
        ));
    }
    lines.join("\n") + "\n"
}

fn config(home: &Home, more: &str) {
    home.file("readback.toml", format!("[privacy]\nk = 4\n{more}"));
}

fn page(home: &Home) -> String {
    std::fs::read_to_string(home.path("readback-report/privacy.html")).expect("a page")
}

#[test]
fn terms_are_noted_agreed_and_every_change_is_shown() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    config(&home, "");
    let path = home.file("events.ndjson", events());
    home.done(&["import", "events", &path]);
    home.done(&["report", "--as-of", "2025-06-01"]);
    let first = page(&home);
    assert!(
        first.contains("Nobody has agreed to these terms yet"),
        "{first}"
    );
    assert!(first.contains("nobody is named; whoever runs this machine can read the key"));
    assert!(first.contains("from 4 on"));

    let agreed = home.done(&["privacy", "agree", "--by", "works council"]);
    let fingerprint = agreed.out.trim().to_owned();
    assert_eq!(fingerprint.len(), 64);
    home.done(&["report", "--as-of", "2025-06-01"]);
    let same = page(&home);
    assert!(same.contains("The terms are the same today") && same.contains(&fingerprint));

    config(
        &home,
        "key_holder = \"data protection\"\n[[source]]\nid = \"hooks\"\nkind = \"github\"\nsecret = \"s\"\n",
    );
    home.done(&["report", "--as-of", "2025-06-01"]);
    let changed = page(&home);
    for words in [
        "The terms are not the same any more",
        "data protection",
        "source hooks",
        &fingerprint,
        "works council",
    ] {
        assert!(changed.contains(words), "{words}");
    }
    let shown = home.done(&["privacy", "--json"]);
    let shown: Value = serde_json::from_str(&shown.out).expect("JSON");
    assert_eq!(
        shown["changes"].as_array().map(Vec::len),
        Some(2),
        "{shown:#}"
    );
    assert_eq!(shown["agreed"]["fingerprint"], fingerprint.as_str());
    assert_ne!(shown["fingerprint"], fingerprint.as_str());
    let log = home.done(&["privacy", "log"]).out;
    assert!(
        log.contains("agreed by works council") && log.contains("key holder"),
        "{log}"
    );

    // Back to what was agreed.
    config(&home, "");
    home.done(&["report", "--as-of", "2025-06-01"]);
    assert!(page(&home).contains("The terms are the same today"));

    let said = home.run(&["privacy", "agree", "--by", "ada@example.org"]);
    assert_eq!(said.code, Some(1));
    assert!(!said.err.contains("ada"), "{}", said.err);
}

#[test]
fn promises_are_proved_and_what_breaks_them_is_found() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    config(&home, "");
    let path = home.file("events.ndjson", events());
    home.done(&["import", "events", &path]);
    let proved = home.done(&["privacy", "--prove"]);
    assert!(
        proved.out.contains("holds   no address in the store"),
        "{}",
        proved.out
    );
    assert!(!proved.out.contains("FAILS"), "{}", proved.out);

    let key = home.data().join("key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    home.file("readback-data/dead/letter", "from ada.lovelace@example.org");
    let said = home.run(&["privacy", "prove", "--json"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let said: Value = serde_json::from_str(&said.out).expect("JSON");
    let failed: Vec<&str> = said["checks"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|check| check["holds"] == false)
        .map(|check| check["promise"].as_str().expect("words"))
        .collect();
    assert_eq!(
        failed,
        [
            "no address in spool and dead letters",
            "the key is its owner's and lies outside the store"
        ]
    );
    assert!(!said.to_string().contains("lovelace"));
}

/// The word of a works council can't be got rid of by removing a file.
#[test]
fn an_agreement_that_is_gone_is_missed() {
    let agree = ["privacy", "agree", "--by", "works council"];
    let check = ["check", "--offline", "--no-engine"];
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.done(&agree);
    home.done(&check);
    std::fs::remove_file(home.data().join("privacy.ndjson")).expect("it was there");
    let said = home.run(&check);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let told = said.out + &said.err;
    assert!(
        told.contains("privacy.ndjson") && told.contains("is missing"),
        "{told}"
    );
    home.done(&agree);
    home.done(&check);
}
