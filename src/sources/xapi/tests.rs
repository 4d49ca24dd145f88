//! Statements in, events or reasons out.

use chrono_tz::Tz;
use serde_json::json;

use super::*;
use crate::model::{Attendance, Body, Comment, Event, Identity, Read, parse_rfc3339};
use crate::sources::collected::Collected;

/// 2033-05-18T03:33:20Z.
pub(super) const NOW: Millis = 2_000_000_000_000;
pub(super) const ID: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
pub(super) const PAGE: &str = "https://wiki.example.org/a";

pub(super) fn setting() -> Setting {
    Setting {
        source: "lms".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: Tz::UTC,
        writeups: Vec::new(),
    }
}

pub(super) fn import(text: &[u8]) -> Result<Collected, SourceError> {
    let mut heard = Collected::default();
    let mut reader = build_file(toml::Table::new(), &setting())?;
    reader.dated(NOW);
    reader.read("statements.json", &mut &text[..], &mut heard)?;
    Ok(heard)
}

pub(super) fn push(headers: &[(String, String)], body: &[u8]) -> Result<Collected, SourceError> {
    let mut heard = Collected::default();
    let receiver = build_push(toml::Table::new(), &setting())?;
    let now = NOW;
    receiver.receive(&Delivery { headers, body, now }, &mut heard)?;
    assert!(!receiver.is_signed() && !receiver.knows_writeups());
    Ok(heard)
}

pub(super) fn deliver(value: &Value) -> Collected {
    push(&[], value.to_string().as_bytes()).expect("JSON")
}

/// A statement of Ada's with these fields instead of its own; null takes one out.
pub(super) fn statement(verb: &str, other: Value) -> Value {
    let mut value = json!({
        "id": ID,
        "actor": {"name": "Ada Secret", "mbox": "mailto:ada@example.org"},
        "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
        "object": {"id": PAGE},
        "timestamp": "2025-03-04T14:00:00Z",
    });
    for (name, field) in other.as_object().expect("fields") {
        value[name] = field.clone();
    }
    value
}

pub(super) fn one(value: &Value) -> Event {
    let mut heard = deliver(value);
    assert!(heard.problems.is_empty(), "{:?}", heard.problems);
    assert_eq!(heard.events.len(), 1, "{value}");
    heard.events.remove(0)
}

fn read(value: &Value) -> Read {
    match one(value).body {
        Body::Read(read) => read,
        _ => panic!("a read"),
    }
}

fn attendance(value: &Value) -> Attendance {
    match one(value).body {
        Body::Attendance(attendance) => *attendance,
        _ => panic!("an attendance"),
    }
}

fn comment(event: &Event) -> &Comment {
    match &event.body {
        Body::Comment(comment) => comment,
        _ => panic!("a comment"),
    }
}

pub(super) fn person(event: &Event) -> Option<&Identity> {
    match &event.body {
        Body::Read(read) => read.person.as_ref(),
        Body::Attendance(attendance) => attendance.person.as_ref(),
        Body::Comment(comment) => comment.person.as_ref(),
        _ => None,
    }
}

pub(super) fn at(text: &str) -> Millis {
    parse_rfc3339(text).expect("an instant")
}

/// The fields that one statement has problems with; it is one entry.
pub(super) fn faults(value: &Value) -> Vec<String> {
    let heard = deliver(value);
    assert!(heard.events.is_empty(), "{value}");
    assert_eq!((heard.rejected, heard.left_out.len()), (1, 0), "{value}");
    for problem in &heard.problems {
        assert_eq!(problem.place, "statement 1");
        assert!(!problem.reason.is_empty());
    }
    heard
        .problems
        .into_iter()
        .map(|problem| problem.field)
        .collect()
}

pub(super) fn left_out(value: &Value) -> &'static str {
    let heard = deliver(value);
    assert!(
        heard.events.is_empty() && heard.problems.is_empty(),
        "{value}"
    );
    assert_eq!(heard.left_out.values().sum::<u64>(), 1);
    heard.left_out.into_keys().next().unwrap_or_default()
}

#[test]
fn a_read() {
    let value = statement(
        "experienced",
        json!({
            "result": {"duration": "PT1M30.5S"},
            "context": {"registration": "0A1B2C3D-0000-4000-8000-00000000000B"},
        }),
    );
    let event = one(&value);
    assert_eq!(
        (&*event.source, &*event.id, &*event.subject),
        ("lms", ID, PAGE)
    );
    assert_eq!((event.time, event.version), (at("2025-03-04T14:00:00Z"), 0));
    let read = read(&value);
    assert_eq!(read.engaged_ms, Some(90_500));
    assert_eq!(
        read.session.as_deref(),
        Some("0a1b2c3d-0000-4000-8000-00000000000b")
    );
    let person = read.person.expect("a person");
    assert_eq!((person.kind, &*person.value), ("email", "ada@example.org"));
}

#[test]
fn verbs_count_by_their_last_part() {
    for verb in [
        "http://id.tincanapi.com/verb/viewed",
        "http://activitystrea.ms/schema/1.0/Read",
        "https://w3id.org/xapi/acrossx/verbs/experienced/",
        "https://example.org/read?v=1#it",
    ] {
        read(&statement("x", json!({"verb": {"id": verb}})));
    }
    for verb in ["viewed", "", "read it: now", ":read", "1a:read"] {
        let value = statement("x", json!({"verb": {"id": verb}}));
        assert_eq!(faults(&value), ["verb.id"], "{verb}");
    }
    for verb in [
        "urn:read",
        "https://example.org/verbs/reread",
        "https://example.org/",
    ] {
        let value = statement("x", json!({"verb": {"id": verb}}));
        assert_eq!(left_out(&value), "another verb", "{verb}");
    }
}

#[test]
fn a_session_is_nearer_than_a_registration() {
    let said = |extensions: Value| {
        let context = json!({"registration": "course", "extensions": extensions});
        read(&statement("read", json!({"context": context}))).session
    };
    let own = json!({"https://w3id.org/xapi/openedx/extensions/session-id": "s1"});
    assert_eq!(said(own).as_deref(), Some("s1"));
    let own = json!({"https://w3id.org/xapi/cmi5/context/extensions/sessionid": 7});
    assert_eq!(said(own).as_deref(), Some("7"));
    assert_eq!(
        said(json!({"https://x/other": "s1"})).as_deref(),
        Some("course")
    );
    assert_eq!(
        said(json!({"https://x/session-id": ""})).as_deref(),
        Some("course")
    );
    assert_eq!(read(&statement("read", json!({}))).session, None);
}

#[test]
fn an_attendance() {
    let value = statement(
        "attended",
        json!({
            "result": {"duration": "PT1H"},
            "context": {
                "registration": "r1",
                "contextActivities": {"parent": [{"id": "https://p"}], "grouping": [{"id": "https://g"}]},
            },
        }),
    );
    assert_eq!(one(&value).subject, "https://p");
    let there = attendance(&value);
    assert_eq!(there.meeting, format!("{PAGE}/r1"));
    assert_eq!(
        (there.attended, there.present_ms),
        (Some(true), Some(3_600_000))
    );
    assert_eq!(
        (there.role, there.partstat, there.mandatory),
        (None, None, false)
    );

    let grouping = json!({"contextActivities": {"parent": [], "grouping": {"id": "https://g"}}});
    let value = statement("attended", json!({"context": grouping}));
    assert_eq!(one(&value).subject, "https://g");
    let value = statement("attended", json!({}));
    assert_eq!(
        (one(&value).subject, attendance(&value).meeting),
        (PAGE.to_owned(), PAGE.to_owned())
    );
}

#[test]
fn a_comment_is_counted_and_not_kept() {
    let parent = "0A1B2C3D-0000-4000-8000-00000000000C";
    let value = statement(
        "commented",
        json!({
            "result": {"response": " That is\nwhat I saw. "},
            "context": {"statement": {"objectType": "StatementRef", "id": parent}},
        }),
    );
    let event = one(&value);
    assert_eq!((&*event.id, &*event.subject), (ID, PAGE));
    assert_eq!(comment(&event).words, Some(5));
    assert_eq!(
        comment(&event).parent.as_deref(),
        Some(&*parent.to_ascii_lowercase())
    );
    assert_eq!(
        comment(&one(&statement("responded", json!({})))).words,
        None
    );
}

pub(super) fn forum(verb: &str, time: &str, context: Value) -> Value {
    statement(
        verb,
        json!({
            "id": null,
            "actor": {"account": {"homePage": "https://lms", "name": verb}},
            "object": {
                "id": "https://forum/1",
                "definition": {"type": "http://id.tincanapi.com/activitytype/discussion"},
            },
            "timestamp": time,
            "context": context,
        }),
    )
}

#[test]
fn a_comment_of_a_forum_stays_where_it_was_written() {
    let thread = json!({"contextActivities": {
        "parent": [{"id": "https://course"}],
        "grouping": [{"id": "https://forum/0", "definition": {"type": "https://x/discussion"}}],
    }});
    let posted = forum("posted", "2025-03-04T14:00:00Z", thread);
    let edited = forum("edited", "2025-03-04T15:00:00Z", json!({}));
    let deleted = forum("deleted", "2025-06-01T00:00:00.5Z", json!({}));
    assert!(left_out(&edited).starts_with("edit of a comment"));

    let alone = one(&posted);
    assert_eq!(
        (&*alone.id, &*alone.subject),
        ("https://forum/1", "https://forum/0")
    );
    assert_eq!(alone.version, 794_412_000);
    assert_eq!(comment(&alone).parent.as_deref(), Some("https://forum/0"));

    // In any order the deletion has the time and the author of the posting.
    for order in [[&posted, &edited, &deleted], [&deleted, &edited, &posted]] {
        let heard = deliver(&json!(order));
        assert_eq!(heard.events.len(), 2);
        let last = heard
            .events
            .iter()
            .max_by_key(|event| event.version)
            .expect("two");
        assert_eq!((&*last.id, last.time), (&*alone.id, alone.time));
        assert_eq!(
            (&last.subject, person(last)),
            (&alone.subject, person(&alone))
        );
        assert_eq!(
            comment(last).deleted_at,
            Some(at("2025-06-01T00:00:00.500Z"))
        );
    }

    // What is gone can't go again: two deletions under one id would contradict each other.
    let mut again = forum("deleted", "2025-06-02T00:00:00Z", json!({}));
    again["id"] = json!("0a1b2c3d-0000-4000-8000-00000000000b");
    for order in [[&deleted, &again], [&again, &deleted]] {
        let heard = deliver(&json!(order));
        assert_eq!(heard.events.len(), 1);
        let gone = comment(&heard.events[0]).deleted_at;
        assert_eq!(gone, Some(at("2025-06-01T00:00:00.500Z")));
    }

    // Nobody knows when it was written: it stands at its end, and is above every posting and below
    // the deletion that knows.
    let gone = one(&deleted);
    assert_eq!(
        (gone.time, person(&gone)),
        (at("2025-06-01T00:00:00.500Z"), None)
    );
    assert_eq!(comment(&gone).deleted_at, Some(gone.time));
    assert_eq!(gone.version, u32::MAX - 1);
    let late = one(&forum("posted", "2299-01-01T00:00:00Z", json!({})));
    assert!(late.version < gone.version);

    // One value a line: what was posted before is known.
    let lines = format!("{posted}\n{deleted}\n");
    let heard = import(lines.as_bytes()).expect("JSON");
    assert_eq!(heard.events[1].time, alone.time);

    // Something else than a comment is none.
    let file = json!({"object": {"id": PAGE, "definition": {"type": "https://x/file"}}});
    assert_eq!(left_out(&statement("posted", file)), "another verb");
}

#[test]
fn what_has_no_page_is_left_out() {
    let agent = json!({"objectType": "Agent", "mbox": "mailto:bob@example.org"});
    let reference = json!({"objectType": "StatementRef", "id": ID});
    let inside = json!({
        "objectType": "SubStatement", "actor": agent, "verb": {"id": "https://x/read"},
        "object": {"id": PAGE},
    });
    for object in [&agent, &reference, &inside] {
        let value = statement("read", json!({"object": object}));
        assert_eq!(left_out(&value), "object that is no activity");
    }
    let voided = statement("voided", json!({"object": reference}));
    assert!(left_out(&voided).starts_with("voiding"));

    let mut nested = inside.clone();
    nested["object"] = inside;
    for (object, field) in [
        (json!(null), "object"),
        (json!([]), "object"),
        (json!({}), "object.id"),
        (json!({"id": "page"}), "object.id"),
        (json!({"id": 5}), "object.id"),
        (
            json!({"objectType": "Page", "id": PAGE}),
            "object.objectType",
        ),
        (json!({"objectType": "Agent"}), "object"),
        (json!({"objectType": "StatementRef"}), "object.id"),
        (nested, "object.object.objectType"),
    ] {
        let value = statement("read", json!({"object": object}));
        assert_eq!(faults(&value), [field], "{object}");
    }
}

#[test]
fn wrong_fields_are_named() {
    for (verb, other, field) in [
        ("read", json!({"id": "1"}), "id"),
        ("read", json!({"id": 1}), "id"),
        ("read", json!({"timestamp": "yesterday"}), "timestamp"),
        (
            "read",
            json!({"timestamp": "2025-02-30T00:00:00Z"}),
            "timestamp",
        ),
        ("read", json!({"timestamp": 5}), "timestamp"),
        (
            "read",
            json!({"timestamp": null, "stored": "soon"}),
            "stored",
        ),
        ("read", json!({"verb": null}), "verb"),
        ("read", json!({"verb": "read"}), "verb"),
        ("read", json!({"result": 5}), "result"),
        (
            "read",
            json!({"result": {"duration": 5}}),
            "result.duration",
        ),
        (
            "read",
            json!({"result": {"duration": "PT1Y"}}),
            "result.duration",
        ),
        (
            "read",
            json!({"result": {"duration": "PT5000000S"}}),
            "result.duration",
        ),
        ("read", json!({"context": []}), "context"),
        (
            "read",
            json!({"context": {"registration": 5}}),
            "context.registration",
        ),
        (
            "read",
            json!({"context": {"extensions": 5}}),
            "context.extensions",
        ),
        (
            "commented",
            json!({"result": {"response": {}}}),
            "result.response",
        ),
        (
            "commented",
            json!({"context": {"statement": {}}}),
            "context.statement.id",
        ),
        (
            "attended",
            json!({"context": {"contextActivities": {"parent": [5]}}}),
            "context.contextActivities.parent",
        ),
        (
            "attended",
            json!({"context": {"contextActivities": {"grouping": [{"id": 5}]}}}),
            "context.contextActivities.grouping.id",
        ),
    ] {
        assert_eq!(faults(&statement(verb, other.clone())), [field], "{other}");
    }
    assert_eq!(faults(&json!({})), ["actor", "verb", "object"]);
    let heard = deliver(&statement(
        "read",
        json!({"timestamp": "2025-02-30T00:00:00Z"}),
    ));
    assert!(
        heard.problems[0]
            .reason
            .contains("\"2025-02-30T00:00:00Z\"")
    );
}
