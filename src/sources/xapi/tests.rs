//! Statements in, events or reasons out.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::{Attendance, Body, Comment, Event, Identity, Read, parse_rfc3339};
use crate::sources::collected::{Collected, skipped};

/// 2033-05-18T03:33:20Z.
const NOW: Millis = 2_000_000_000_000;
const ID: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
const PAGE: &str = "https://wiki.example.org/a";

fn setting() -> Setting {
    Setting {
        source: "lms".to_owned(),
        timezone: Tz::UTC,
        writeups: Vec::new(),
    }
}

fn import(text: &[u8]) -> Result<Collected, SourceError> {
    let mut heard = Collected::default();
    let mut reader = build_file(toml::Table::new(), &setting())?;
    reader.dated(NOW);
    reader.read("statements.json", &mut &text[..], &mut heard)?;
    Ok(heard)
}

fn push(headers: &[(String, String)], body: &[u8]) -> Result<Collected, SourceError> {
    let mut heard = Collected::default();
    let receiver = build_push(toml::Table::new(), &setting())?;
    let now = NOW;
    receiver.receive(&Delivery { headers, body, now }, &mut heard)?;
    assert!(!receiver.is_signed() && !receiver.knows_writeups());
    Ok(heard)
}

fn deliver(value: &Value) -> Collected {
    push(&[], value.to_string().as_bytes()).expect("JSON")
}

/// A statement of Ada's with these fields instead of its own; null takes one out.
fn statement(verb: &str, other: Value) -> Value {
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

fn one(value: &Value) -> Event {
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
        Body::Attendance(attendance) => attendance,
        _ => panic!("an attendance"),
    }
}

fn comment(event: &Event) -> &Comment {
    match &event.body {
        Body::Comment(comment) => comment,
        _ => panic!("a comment"),
    }
}

fn person(event: &Event) -> Option<&Identity> {
    match &event.body {
        Body::Read(read) => read.person.as_ref(),
        Body::Attendance(attendance) => attendance.person.as_ref(),
        Body::Comment(comment) => comment.person.as_ref(),
        _ => None,
    }
}

fn at(text: &str) -> Millis {
    parse_rfc3339(text).expect("an instant")
}

/// The fields that one statement has problems with; it is one entry.
fn faults(value: &Value) -> Vec<String> {
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

fn left_out(value: &Value) -> &'static str {
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
    assert_eq!(
        (&*person.kind, &*person.value),
        ("email", "ada@example.org")
    );
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

fn forum(verb: &str, time: &str, context: Value) -> Value {
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
fn people_have_one_identifier_each() {
    let sha1 = "CD9B00A5611F94EAA7B1661EDAB976068E364975";
    for (actor, source, kind, value) in [
        (
            json!({"mbox": "MAILTO:Ada@example.org"}),
            "",
            "email",
            "Ada@example.org".to_owned(),
        ),
        (
            json!({"mbox_sha1sum": sha1}),
            "xapi",
            "mbox_sha1sum",
            sha1.to_ascii_lowercase(),
        ),
        (
            json!({"openid": "https://id/ada"}),
            "xapi",
            "openid",
            "https://id/ada".to_owned(),
        ),
        (
            json!({"account": {"homePage": "https://lms", "name": "ada"}, "mbox": null}),
            "xapi",
            "account",
            "https://lms::ada".to_owned(),
        ),
        (
            json!({"account": {"homePage": "https://lms", "name": "ada@example.org"}}),
            "",
            "email",
            "ada@example.org".to_owned(),
        ),
    ] {
        let event = one(&statement("read", json!({"actor": actor})));
        let person = person(&event).expect("a person");
        assert_eq!(
            (&*person.source, &*person.kind, &person.value),
            (source, kind, &value)
        );
    }
    for (actor, field) in [
        (json!(null), "actor"),
        (json!("ada"), "actor"),
        (json!({}), "actor"),
        (
            json!({"objectType": "Robot", "mbox": "mailto:a@b"}),
            "actor.objectType",
        ),
        (
            json!({"mbox": "mailto:a@b", "openid": "https://id"}),
            "actor",
        ),
        (json!({"mbox": "ada@example.org"}), "actor.mbox"),
        (
            json!({"mbox": "mailto:mailto:ada@example.org"}),
            "actor.mbox",
        ),
        (json!({"mbox": 5}), "actor.mbox"),
        (json!({"mbox_sha1sum": "cd9b"}), "actor.mbox_sha1sum"),
        (json!({"openid": "ada"}), "actor.openid"),
        (json!({"account": "ada"}), "actor.account"),
        (
            json!({"account": {"homePage": "https://lms"}}),
            "actor.account.name",
        ),
        (
            json!({"account": {"homePage": "https://lms", "name": " "}}),
            "actor.account.name",
        ),
        (
            json!({"account": {"homePage": "lms", "name": "ada"}}),
            "actor.account.homePage",
        ),
        (
            json!({"account": {"name": "ada"}}),
            "actor.account.homePage",
        ),
        (json!({"objectType": "Group"}), "actor.member"),
        (json!({"objectType": "Group", "member": []}), "actor.member"),
        (json!({"objectType": "Group", "member": {}}), "actor.member"),
        (
            json!({"objectType": "Group", "member": [5]}),
            "actor.member[0]",
        ),
        (
            json!({"objectType": "Group", "member": [{"mbox": "x"}]}),
            "actor.member[0].mbox",
        ),
        (
            json!({"objectType": "Group", "member": [{"objectType": "Group"}]}),
            "actor.member[0].objectType",
        ),
    ] {
        let value = statement("read", json!({"actor": actor}));
        assert_eq!(faults(&value), [field], "{actor}");
    }
}

#[test]
fn each_member_of_a_group_is_one_event() {
    let group = json!({"objectType": "Group", "name": "Them", "member": [
        {"mbox": "mailto:ada@example.org"},
        {"mbox": "mailto:ADA@example.org"},
        {"account": {"homePage": "https://lms", "name": "bob"}},
    ]});
    let heard = deliver(&statement("attended", json!({"actor": group})));
    let ids: Vec<_> = heard.events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, [format!("{ID}#1"), format!("{ID}#2")]);

    let unnamed = json!({"objectType": "Group", "mbox": "mailto:team@example.org"});
    let value = statement("attended", json!({"actor": unnamed}));
    assert_eq!(left_out(&value), "group without its members");
    let event = one(&statement("commented", json!({"actor": unnamed})));
    assert_eq!((&*event.id, person(&event)), (ID, None));

    // One comment of a forum is one, whoever wrote it.
    let mut posted = forum("posted", "2025-03-04T14:00:00Z", json!({}));
    posted["actor"] = json!({"objectType": "Group", "member": [
        {"mbox": "mailto:ada@example.org"}, {"mbox": "mailto:bob@example.org"},
    ]});
    assert_eq!(person(&one(&posted)), None);
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

/// Any JSON, out of the names that matter.
fn anything() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "Agent",
        "Group",
        "SubStatement",
        "StatementRef",
        "Activity",
        "mailto:a@b",
        ID,
        PAGE,
        "PT5S",
        "https://x/read",
        "https://x/attended",
        "https://x/posted",
        "https://x/discussion",
        "é",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "id",
        "actor",
        "verb",
        "object",
        "objectType",
        "mbox",
        "account",
        "name",
        "homePage",
        "member",
        "context",
        "contextActivities",
        "parent",
        "grouping",
        "result",
        "duration",
        "statements",
        "definition",
        "type",
        "timestamp",
        "registration",
        "extensions",
        "x/session-id",
        "statement",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|fields| {
                Value::Object(
                    fields
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

fn no_panic(bytes: &[u8]) {
    if let Ok(heard) = import(bytes) {
        assert_eq!(heard.problems.is_empty(), heard.rejected == 0);
    }
    let heard = push(&[], bytes)
        .map(|heard| heard.events.len())
        .unwrap_or_default();
    assert!(heard == 0 || !ids(bytes, NOW).is_empty());
    let _any_result_but_a_panic = with_id(bytes, ID).is_ok();
}

/// Names somebody, wherever it stands.
const MARKERS: [&str; 4] = [
    "zyxada",
    "mailto:zyxada@example.org",
    "zyxada@example.org",
    "mailto:zyxada at example",
];

/// Puts a text in place of the `nth` value, counted in depth.
fn replace(value: &mut Value, nth: &mut usize, text: &str) {
    if *nth == 0 {
        *value = Value::from(text);
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Array(list) => list.iter_mut().for_each(|inner| replace(inner, nth, text)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|inner| replace(inner, nth, text)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        no_panic(&bytes);
    }

    #[test]
    fn values_never_panic(value in anything()) {
        no_panic(value.to_string().as_bytes());
        let mut whole = statement("read", json!({}));
        if let Value::Object(fields) = &value {
            for (key, value) in fields {
                whole[key] = value.clone();
            }
        }
        no_panic(whole.to_string().as_bytes());
    }

    /// Whatever field a name stands in, no problem, note or reason repeats it.
    #[test]
    fn nobody_is_named(
        nth in 0_usize..60,
        marker in prop::sample::select(&MARKERS[..]),
        verb in prop::sample::select(&["read", "attended", "commented", "posted", "deleted"][..]),
    ) {
        let mut value = statement(verb, json!({
            "actor": {"objectType": "Group", "name": marker, "member": [
                {"name": marker, "account": {"homePage": "https://lms", "name": marker}},
                {"name": marker, "mbox": "mailto:zyxada@example.org"},
            ]},
            "object": {"id": PAGE, "definition": {"type": "https://x/discussion"}},
            "result": {"duration": "PT1S", "response": marker},
            "stored": "2025-03-04T14:00:00Z",
            "context": {
                "registration": ID,
                "statement": {"id": ID},
                "extensions": {"https://x/session-id": "s"},
                "contextActivities": {"parent": [{"id": PAGE}], "grouping": [{"id": PAGE}]},
                "instructor": {"name": marker, "mbox": marker},
            },
        }));
        replace(&mut value, &mut nth.clone(), marker);
        let heard = deliver(&value);
        for problem in &heard.problems {
            prop_assert!(!problem.to_string().contains("zyxada"), "{problem}");
        }
        prop_assert!(heard.notes.is_empty());
        let error = with_id(value.to_string().as_bytes(), marker).expect_err("no UUID");
        prop_assert!(!error.to_string().contains("zyxada"));
    }
}
