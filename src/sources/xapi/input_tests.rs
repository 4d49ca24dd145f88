//! Files and deliveries: entries, ids, times, and statements that others published.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::tests::{ID, NOW, at, deliver, faults, import, one, push, setting, statement};
use super::*;
use crate::sources::collected::{Collected, skipped};

#[test]
fn every_element_is_one_entry() {
    let good = statement("read", json!({}));
    let heard = deliver(&json!([5, good, null, [good], statement("x", json!({}))]));
    let places: Vec<_> = heard.problems.iter().map(|p| p.place.as_str()).collect();
    assert_eq!(places, ["statement 1", "statement 3", "statement 4"]);
    assert_eq!(
        (heard.events.len(), heard.rejected, heard.left_out.len()),
        (1, 3, 1)
    );
    assert_eq!(faults(&json!("ada")), [""]);
    assert!(deliver(&json!([])).events.is_empty());
}

#[test]
fn a_statement_happened_when_it_says() {
    let time = |other: Value| one(&statement("read", other)).time;
    let stored = json!({"timestamp": null, "stored": "2025-01-01T00:00:00Z"});
    assert_eq!(time(stored), at("2025-01-01T00:00:00Z"));
    assert_eq!(time(json!({"timestamp": null})), NOW);
    for text in [
        "2025-03-04T15:00:00+01:00",
        "2025-03-04T15:00:00.000+0100",
        "2025-03-04T15:00:00+01",
    ] {
        assert_eq!(
            time(json!({"timestamp": text})),
            at("2025-03-04T14:00:00Z"),
            "{text}"
        );
    }
    // Without a word on when the file was changed nobody knows.
    let untimed = statement("read", json!({"timestamp": null})).to_string();
    let mut heard = Collected::default();
    let mut reader = build_file(toml::Table::new(), &setting()).expect("no parameters");
    reader
        .read("-", &mut untimed.as_bytes(), &mut heard)
        .expect("JSON");
    assert_eq!(heard.problems[0].field, "timestamp");
}

#[test]
fn ids_are_those_of_the_events() {
    let without = statement("read", json!({"id": null}));
    let untimed = statement("read", json!({"id": null, "timestamp": null}));
    let upper = statement("read", json!({"id": ID.to_uppercase()}));
    let all = json!([without, untimed, upper, 5]);
    let ids = super::ids(all.to_string().as_bytes(), NOW);
    let events: Vec<_> = deliver(&all)
        .events
        .into_iter()
        .map(|event| event.id)
        .collect();
    assert_eq!((ids.len(), &ids[..3]), (4, &events[..]));
    assert_eq!(ids[2], ID);
    assert!(ids.iter().all(|id| uuid(id).as_ref() == Some(id)));

    // A retry is the same event, whitespace apart, unless nobody says when it happened.
    let pretty = serde_json::to_vec_pretty(&without).expect("JSON");
    assert_eq!(super::ids(&pretty, NOW + 1), ids[..1]);
    assert_eq!(super::ids(untimed.to_string().as_bytes(), NOW), ids[1..2]);
    assert_ne!(
        super::ids(untimed.to_string().as_bytes(), NOW + 1),
        ids[1..2]
    );
    assert_eq!(ids[0].as_bytes()[14], b'8');
    assert!(super::ids(b"{", NOW).is_empty());
}

#[test]
fn an_id_can_be_given_beside() {
    let given = |value: Value, id: &str| with_id(value.to_string().as_bytes(), id);
    for own in [json!(null), json!(ID.to_uppercase()), json!(ID)] {
        let body = given(statement("read", json!({"id": own})), ID).expect("one statement");
        assert_eq!(super::ids(&body, NOW), [ID]);
    }
    let mut bare = statement("read", json!({}));
    bare.as_object_mut().expect("an object").remove("id");
    assert_eq!(
        super::ids(&given(bare, ID).expect("one statement"), NOW),
        [ID]
    );
    let other = "0a1b2c3d-0000-4000-8000-00000000000f";
    for (value, id) in [
        (statement("read", json!({})), other),
        (statement("read", json!({"id": 5})), ID),
        (statement("read", json!({})), "1"),
        (json!([statement("read", json!({}))]), ID),
        (json!(5), ID),
    ] {
        let error = given(value, id).expect_err("refused").to_string();
        assert!(!error.contains(id), "{error}");
    }
    assert!(with_id(b"{", ID).is_err());
}

#[test]
fn files_have_one_statement_or_many() {
    let one = statement("read", json!({}));
    let count = |text: &str| import(text.as_bytes()).expect("JSON").events.len();
    assert_eq!(count(&one.to_string()), 1);
    assert_eq!(count(&format!("\u{feff}[{one},{one}]")), 2);
    assert_eq!(count(&format!("{one}\n\n{one}\n[{one}]")), 3);
    let answer = json!({"statements": [one, one], "more": "/statements?page=2"});
    let heard = import(answer.to_string().as_bytes()).expect("JSON");
    assert_eq!((heard.events.len(), heard.notes.len()), (2, 1));
    assert_eq!(count("[]") + count(""), 0);
    assert!(matches!(
        import(b"no JSON"),
        Err(SourceError::Format { .. })
    ));
    let broken = import(format!("{one}\n{{\n{one}").as_bytes()).expect("a beginning");
    assert_eq!((broken.events.len(), broken.rejected), (1, 1));
    assert_eq!(broken.problems[0].place, "statement 2");
}

#[test]
fn deliveries_are_json() {
    let body = statement("read", json!({})).to_string();
    let kind = |kind: &str| [("content-type".to_owned(), kind.to_owned())];
    assert!(push(&kind("application/json; charset=utf-8"), body.as_bytes()).is_ok());
    let refused = push(&kind("Multipart/mixed; boundary=x"), body.as_bytes());
    assert!(matches!(refused, Err(SourceError::Media { .. })));
    assert!(matches!(push(&[], b"--x"), Err(SourceError::Format { .. })));
    assert!(matches!(
        push(&[], &b"[".repeat(100_000)),
        Err(SourceError::Format { .. })
    ));
}

fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("READBACK_FIXTURES").map(PathBuf::from);
    if found.is_none() {
        skipped("READBACK_FIXTURES is not set");
    }
    found
}

fn published(folder: &Path) -> Vec<(String, Value)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read(path).expect("a file");
        (name, serde_json::from_slice(&text).expect("JSON"))
    };
    files.iter().map(read).collect()
}

/// The templates of a conformance suite, as whole statements; what is wrong with each is in its name.
#[test]
fn published_templates_are_taken_or_refused_as_named() {
    let Some(fixtures) = fixtures() else { return };
    let mut good = 0;
    for (name, piece) in published(&fixtures.join("xapi")) {
        let (sort, rest) = name.split_once("__").expect("a sort");
        let whole = match sort {
            "statements" => piece,
            "agents" | "groups" => statement("attended", json!({"actor": piece})),
            "contexts" => statement("attended", json!({"context": piece})),
            "verbs" => statement("attended", json!({"verb": piece})),
            "substatements" => statement("attended", json!({"object": piece})),
            _ => panic!("{name}"),
        };
        let inside = if sort == "substatements" {
            "object."
        } else {
            ""
        };
        let expected = match rest.trim_end_matches(".json") {
            "no_actor" => Some(format!("{inside}actor")),
            "actor" => Some("actor".to_owned()),
            "no_verb" => Some(format!("{inside}verb")),
            "verb" => Some(format!("{inside}verb.id")),
            "object_actor" => Some("object".to_owned()),
            "agent" => Some("object.object".to_owned()),
            "group" => Some("object.object.member".to_owned()),
            "activity" => Some("object.object.id".to_owned()),
            "object_statementref_no_id" => Some("object.id".to_owned()),
            "account_no_name" | "identified_account_no_name" => {
                Some("actor.account.name".to_owned())
            }
            "identified_account_no_homepage" => Some("actor.account.homePage".to_owned()),
            _ => None,
        };
        match expected {
            Some(field) => assert_eq!(faults(&whole), [field], "{name}"),
            None => {
                let heard = deliver(&whole);
                assert_eq!(heard.rejected, 0, "{name}: {:?}", heard.problems);
                good += heard.events.len();
            }
        }
    }
    assert!(good > 10, "{good}");
}

/// What Open edX makes of its own tracking events, and those events, which are no statements.
#[test]
fn published_pairs_are_taken_or_left_out() {
    let Some(fixtures) = fixtures() else { return };
    let (mut comments, mut others) = (0, 0);
    for (name, value) in published(&fixtures.join("xapi_pairs")) {
        if name.ends_with(".input.json") {
            assert_eq!(faults(&value), ["actor", "verb", "object"], "{name}");
            continue;
        }
        let heard = deliver(&value);
        assert_eq!(heard.rejected, 0, "{name}: {:?}", heard.problems);
        let forum = ["created", "deleted"]
            .iter()
            .any(|word| name.contains(&format!(".{word}.")));
        assert_eq!(heard.events.len(), usize::from(forum), "{name}");
        comments += heard.events.len();
        others += heard.left_out.len();
    }
    assert_eq!((comments, others), (3, 16));
}
