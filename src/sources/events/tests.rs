//! Lines in, events or reasons out.

use proptest::prelude::*;

use super::*;
use crate::model::{Body, DatedAlias, EventKind, Identity};
use crate::sources::collected::Collected;

fn hear(text: &[u8]) -> Collected {
    let mut heard = Collected::default();
    Events
        .read("test.ndjson", &mut &text[..], &mut heard)
        .expect("a slice can be read");
    heard
}

fn event(kind: &str, rest: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","type":"org.readback.{kind}.v1","source":"wiki","id":"1",{rest}}}"#
    )
}

fn read_with(data: &str) -> String {
    let rest = format!(r#""subject":"INC-1","time":"2025-03-30T21:59:30Z","data":{data}"#);
    event("read", &rest)
}

#[test]
fn a_read_becomes_whole_milliseconds_and_thousandths() {
    let line = read_with(
        r#"{"person":"Ada@example.org","team":"payments","session":"s","engaged_s":12.3456,
            "scroll":0.7499,"bot":null,"agent":null,"assigned":true,"colour":"blue","version":2.0}"#,
    )
    .replace('\n', "");
    let event = decode(line.as_bytes()).expect("valid");
    assert_eq!(
        (event.time, event.version, &*event.source),
        (1_743_371_970_000, 2, "wiki")
    );
    let Body::Read(read) = event.body else {
        panic!("a read")
    };
    assert_eq!(
        (read.engaged_ms, read.scroll_milli),
        (Some(12_346), Some(749))
    );
    assert_eq!(read.person.expect("named").kind, "email");
    assert!(read.assigned && !read.bot && read.agent.is_none());
}

#[test]
fn every_kind_is_read() {
    let cases = [
        ("read", r#""subject":"a","time":"2025-01-01T00:00:00Z""#),
        (
            "read_count",
            r#""subject":"a","time":"2025-01-01T00:00:00Z","data":{"granularity":"day","count":3}"#,
        ),
        (
            "attendance",
            r#""time":"2025-01-01T00:00:00Z","data":{"meeting":"m","role":"chair"}"#,
        ),
        (
            "comment",
            r#""subject":"a","time":"2025-01-01T00:00:00Z","data":null"#,
        ),
        (
            "edit",
            r#""subject":"a","time":"2025-01-01T00:00:00Z","data":{"words_added":3}"#,
        ),
        (
            "link",
            r#""subject":"a","time":"2025-01-01T00:00:00Z","data":{"place":"commit"}"#,
        ),
        (
            "writeup",
            r#""subject":"INC-1","data":{"contributors":["ada"]}"#,
        ),
        (
            "person",
            r#""subject":"ada@example.org","data":{"kind":"room"}"#,
        ),
        (
            "coverage",
            r#""data":{"kind":"read","scope":"wiki","from":"2025-01-01T00:00:00Z","to":null}"#,
        ),
    ];
    for (kind, rest) in cases {
        let decoded = decode(event(kind, rest).as_bytes()).unwrap_or_else(|faults| {
            panic!("{kind}: {faults:?}");
        });
        assert_eq!(
            decoded.body.kind(),
            EventKind::from_name(kind).expect("known")
        );
        assert!(!decoded.subject.contains('@'), "a person is no subject");
        if let Body::Writeup(writeup) = &decoded.body {
            assert_eq!((&*writeup.id, &*decoded.subject), ("INC-1", "INC-1"));
        }
        if let Body::Attendance(attendance) = &decoded.body {
            assert_eq!(attendance.role.as_deref(), Some("CHAIR"));
            assert!(attendance.role_stated);
        }
    }
}

#[test]
fn a_writeup_says_more_of_itself() {
    let data = r#"{"id":"INC-1","reviewers":["ada"],"facilitators":null,"data_sources":2,"quotations":3.0,
        "marks":{"surprised":true,"difficult":false,"unclear":null,"other":7},"merged_into":"",
        "alias_validity":[{"alias":"a","from":"2025-03-01T00:00:00Z","to":""},{"alias":"b*","to":null}]}"#;
    let line = event("writeup", &format!(r#""data":{data}"#));
    let decoded = decode(line.as_bytes()).expect("an event");
    let Body::Writeup(writeup) = decoded.body else {
        panic!("a write-up")
    };
    assert_eq!(writeup.reviewers, [Identity::bare("ada")]);
    assert_eq!(
        (writeup.data_sources, writeup.quotations),
        (Some(2), Some(3))
    );
    let marks = [Some(true), Some(false), None, None];
    assert_eq!(writeup.marks.values(), marks);
    assert_eq!(
        (writeup.merged_into, writeup.facilitators),
        (None, Vec::new())
    );
    let dated = |alias: &str, from| DatedAlias {
        alias: alias.to_owned(),
        from,
        to: None,
    };
    let expected = [dated("a", Some(1_740_787_200_000)), dated("b*", None)];
    assert_eq!(writeup.dated_aliases, expected);
    for (data, field, words) in [
        (r#"{"marks":[]}"#, "marks", "not an object of marks"),
        (
            r#"{"marks":{"unclear":"yes"}}"#,
            "marks",
            "unclear: \"yes\" is not true or false",
        ),
        (r#"{"alias_validity":{}}"#, "alias_validity", "not a list"),
        (
            r#"{"alias_validity":[{}]}"#,
            "alias_validity",
            "item 1: alias: missing",
        ),
        (
            r#"{"alias_validity":[{"alias":"a"},{"alias":"a","from":"soon"}]}"#,
            "alias_validity",
            "item 2: from: \"soon\" is not an RFC 3339",
        ),
        (
            r#"{"alias_validity":[{"alias":"a","from":"2025-03-01T00:00:00Z","to":"2025-02-01T00:00:00Z"}]}"#,
            "alias_validity",
            "item 1: to: before from",
        ),
        (
            r#"{"reviewers":"ada"}"#,
            "reviewers",
            "text is not a list of names",
        ),
        (r#"{"quotations":-1}"#, "quotations", "not a whole number"),
    ] {
        let line = event("writeup", &format!(r#""subject":"INC-1","data":{data}"#));
        let faults = decode(line.as_bytes()).expect_err(data);
        assert_eq!(faults[0].field, format!("data.{field}"), "{data}");
        assert!(faults[0].reason.contains(words), "{faults:?}");
    }
}

#[test]
fn a_refusal_names_field_value_and_what_is_valid() {
    let cases = [
        (
            read_with(r#"{"scroll":1.7}"#),
            "data.scroll: 1.7 is not between 0 and 1",
        ),
        (
            read_with(r#"{"engaged_s":-1}"#),
            "data.engaged_s: -1 is not between 0 and 4294967",
        ),
        (
            read_with(r#"{"engaged_s":4294967.4}"#),
            "data.engaged_s: 4294967.4 is not between",
        ),
        (
            read_with(r#"{"bot":"yes"}"#),
            "data.bot: \"yes\" is not true or false",
        ),
        (
            read_with(r#"{"person":4711}"#),
            "data.person: a number is not text",
        ),
        (
            read_with(r#"{"person":" "}"#),
            "data.person: empty; leave it out",
        ),
        (
            read_with(r#"{"version":4294967296}"#),
            "whole number between 0 and 4294967295",
        ),
        (read_with("[]"), "data: a list is not an object"),
        (
            read_with("{}").replace("1.0", "0.3"),
            "specversion: \"0.3\" is unknown; known is \"1.0\"",
        ),
        (
            read_with("{}").replace("readback.read", "readback.look"),
            "known are org.readback.read.v1",
        ),
        (read_with("{}").replace("INC-1", ""), "subject: empty"),
        (
            read_with("{}").replace("30T21", "32T21"),
            "time: \"2025-03-32T21:59:30Z\" is not an RFC",
        ),
        (event("read", r#""subject":"a""#), "time: missing"),
        (
            event(
                "link",
                r#""subject":"a","time":"2025-01-01T00:00:00Z","data":{"place":"wiki"}"#,
            ),
            "data.place: \"wiki\" is unknown; known are commit, code_comment",
        ),
        (event("person", r#""data":{}"#), "data.person: missing"),
        (
            event("writeup", r#""data":{"aliases":[1]}"#),
            "data.aliases: item 1: 1 is not text",
        ),
        (r#"{"specversion":"1.0","#.to_owned(), "not JSON: EOF"),
        ("17".to_owned(), "a number is not an event"),
        (
            "[\"1.0\",\"org.readback.read.v1\"]".to_owned(),
            "a list is not an event",
        ),
        (
            read_with(r#"{"team":"a","team":"b"}"#),
            "data.team: stands there twice",
        ),
        (
            read_with(r#"{"scroll":1e999}"#),
            "data.scroll: can't be read: number out of range",
        ),
        (
            // What nobody looks at is not in the way of what is wrong.
            read_with(r#"{"scroll":7,"odd":1e999}"#),
            "data.scroll: 7 is not between 0 and 1",
        ),
        (read_with(r#"{"person":"mailto: "}"#), "data.person: empty"),
    ];
    for (line, reason) in cases {
        let faults = decode(line.as_bytes()).expect_err(&line);
        let words: Vec<_> = faults
            .iter()
            .map(|fault| format!("{}: {}", fault.field, fault.reason))
            .collect();
        assert!(
            words.iter().any(|word| word.contains(reason)),
            "{line}\n{words:?}"
        );
    }
}

#[test]
fn a_refusal_names_nobody() {
    for data in [
        r#"{"person":["ada@example.org"]}"#,
        r#"{"person":{"mail":"ada@example.org"}}"#,
        r#"{"person":"ada@example.org","scroll":7}"#,
    ] {
        let faults = decode(read_with(data).as_bytes()).expect_err("refused");
        assert!(!format!("{faults:?}").contains("ada"), "{faults:?}");
    }
    for (field, value) in [
        ("kind", "ada@example.org"),
        ("joined_at", "Ada Lovelace <ada%40example.org>"),
        ("joined_at", "198.51.100.7, ada"),
        ("left_at", "[2001:db8::7]:443 ada"),
        ("version", "ada@example.org"),
    ] {
        let line = event(
            "person",
            &format!(r#""subject":"x","data":{{"{field}":"{value}"}}"#),
        );
        let faults = decode(line.as_bytes()).expect_err("refused");
        assert!(faults[0].reason.starts_with("text is "), "{faults:?}");
        let told = format!("{faults:?}").to_lowercase();
        assert!(!told.contains("ada") && !told.contains("198.51"), "{told}");
    }
    let lines = [
        event("person", r#""subject":["ada"],"data":{}"#),
        event(
            "person",
            r#""subject":"ada","data":{"aliases":[["ada"]],"kind":"x"}"#,
        ),
        event(
            "writeup",
            r#""subject":"a","data":{"contributors":"ada","responders":[{"n":"ada"}]}"#,
        ),
    ];
    for line in lines {
        let faults = decode(line.as_bytes()).expect_err("refused");
        assert!(!format!("{faults:?}").contains("ada"), "{faults:?}");
    }
}

#[test]
fn a_bad_line_does_not_stop_the_rest() {
    let good = read_with("{}");
    let mut text = format!("\u{feff}{good}\r\n\nnonsense\n[{good},{{}},{good}]\n").into_bytes();
    text.extend_from_slice(b"{\"a\":\"\xff\"}\n");
    text.extend(std::iter::repeat_n(b' ', MAX_LINE + 1));
    text.extend_from_slice(format!("\n{good}").as_bytes());
    let heard = hear(&text);
    assert_eq!(heard.events.len(), 4);
    assert_eq!(heard.rejected, 4, "{:?}", heard.problems);
    let problems: Vec<String> = heard.problems.iter().map(ToString::to_string).collect();
    let told = |beginning: &str| {
        problems
            .iter()
            .any(|problem| problem.starts_with(beginning))
    };
    for beginning in [
        "line 3:",
        "line 4, event 2:",
        "line 5: not UTF-8 from byte 7 on",
        "line 6: 1048578 bytes long",
    ] {
        assert!(told(beginning), "{problems:?}");
    }
}

#[test]
fn schemas_say_what_the_decoder_takes() {
    let all = schemas();
    assert_eq!(all.len(), EventKind::ALL.len() + 1);
    let read = &all
        .iter()
        .find(|(name, _)| name == "org.readback.read.v1")
        .expect("there")
        .1;
    assert_eq!(
        read.pointer("/properties/scroll/maximum")
            .and_then(|v| v.as_f64()),
        Some(1.0)
    );
    let count = &all
        .iter()
        .find(|(name, _)| name == "org.readback.read_count.v1")
        .expect("there")
        .1;
    for field in ["count", "uniques"] {
        let most = count.pointer(&format!("/properties/{field}/maximum"));
        assert_eq!(most.and_then(|v| v.as_u64()), Some(1_000_000_000_000));
    }
    let link = &all
        .iter()
        .find(|(name, _)| name == "org.readback.link.v1")
        .expect("there")
        .1;
    assert_eq!(
        link.pointer("/required/0").and_then(|v| v.as_str()),
        Some("place")
    );
    let places = link
        .pointer("/properties/place/enum")
        .and_then(|v| v.as_array())
        .expect("there");
    let known: Vec<_> = crate::model::Place::ALL
        .iter()
        .map(|place| place.name())
        .collect();
    assert_eq!(
        places.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>(),
        known
    );
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(line in "\\PC*") {
        let _ = decode(line.as_bytes());
    }

    #[test]
    fn any_value_is_taken_or_explained(
        field in prop::sample::select(vec![
            "person", "team", "scroll", "engaged_s", "version", "bot", "place", "count", "from",
        ]),
        kind in prop::sample::select(EventKind::ALL.to_vec()),
        value in prop::sample::select(vec![
            "null", "1", "-1", "0.5", "1e300", "\"\"", "\"x\"", "true", "[]", "[null]", "{}",
            "18446744073709551616",
        ]),
    ) {
        let rest = format!(
            r#""subject":"a","time":"2025-01-01T00:00:00Z","data":{{"{field}":{value}}}"#
        );
        if let Err(faults) = decode(event(kind.name(), &rest).as_bytes()) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| !fault.field.is_empty()), "{faults:?}");
        }
    }
}
