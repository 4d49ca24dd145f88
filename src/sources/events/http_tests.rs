//! Requests in, events or reasons out.

use super::*;
use crate::model::{Body, Event};
use crate::sources::{Delivery, Push};

/// What a delivery came to, entry by entry.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    Event(Box<Event>),
    Refused(Vec<Problem>),
}

impl Entry {
    pub(super) fn fields(&self) -> Vec<&str> {
        match self {
            Entry::Event(_) => Vec::new(),
            Entry::Refused(problems) => problems.iter().map(|problem| &*problem.field).collect(),
        }
    }
}

#[derive(Default)]
pub(super) struct Heard {
    pub(super) entries: Vec<Entry>,
    lines: Vec<u64>,
}

impl Sink for Heard {
    fn line(&mut self, number: u64) {
        self.lines.push(number);
    }

    fn event(&mut self, event: Event) {
        self.entries.push(Entry::Event(Box::new(event)));
    }

    fn problem(&mut self, problem: Problem) {
        self.rejected(vec![problem]);
    }

    fn rejected(&mut self, problems: Vec<Problem>) {
        assert!(!problems.is_empty());
        self.entries.push(Entry::Refused(problems));
    }

    fn left_out(&mut self, reason: &'static str) {
        panic!("nothing is left out: {reason}");
    }

    fn note(&mut self, text: String) {
        panic!("nothing to note: {text}");
    }
}

impl Heard {
    /// `+` for an event, `-` for a refusal.
    pub(super) fn signs(&self) -> String {
        let sign = |entry: &Entry| match entry {
            Entry::Event(_) => '+',
            Entry::Refused(_) => '-',
        };
        self.entries.iter().map(sign).collect()
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let of = |entry: &Entry| match entry {
            Entry::Event(_) => Vec::new(),
            Entry::Refused(problems) => problems.iter().map(ToString::to_string).collect(),
        };
        self.entries.iter().flat_map(of).collect()
    }
}

pub(super) fn send(headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Result<Heard, SourceError> {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let delivery = Delivery {
        headers: &headers,
        body: body.as_ref(),
        now: 0,
    };
    let mut heard = Heard::default();
    match Events.receive(&delivery, &mut heard) {
        Ok(()) => Ok(heard),
        Err(error) => {
            assert!(
                heard.entries.is_empty(),
                "nothing is taken of what is refused"
            );
            Err(error)
        }
    }
}

pub(super) fn send_as(content_type: &str, body: impl AsRef<[u8]>) -> Result<Heard, SourceError> {
    send(&[("content-type", content_type)], body)
}

fn refusal(content_type: &str, body: impl AsRef<[u8]>) -> String {
    match send_as(content_type, body) {
        Ok(heard) => panic!("{content_type}: taken: {:?}", heard.entries),
        Err(error) => error.to_string(),
    }
}

pub(super) fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect()
}

pub(super) const GOOD: &str = r#"{"specversion":"1.0","type":"org.readback.comment.v1","source":"wiki","id":"1","subject":"INC-1","time":"2025-03-30T21:59:30Z","data":{"words":3}}"#;

const HEADERS: [(&str, &str); 6] = [
    ("ce-specversion", "1.0"),
    ("ce-type", "org.readback.comment.v1"),
    ("ce-source", "wiki"),
    ("ce-id", "1"),
    ("ce-subject", "INC-1"),
    ("ce-time", "2025-03-30T21:59:30Z"),
];

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let named = |name: &str| more.iter().any(|(other, _)| *other == name);
    let kept = HEADERS.into_iter().filter(|(name, _)| !named(name));
    kept.chain(more.iter().copied()).collect()
}

#[test]
fn the_content_type_says_how_events_are_carried() {
    let pretty = GOOD.replace(',', ",\r\n  ");
    let two = format!("{GOOD}\n{GOOD}\n");
    let batch = format!("[{GOOD},\n {GOOD}]");
    for (content_type, body, signs) in [
        ("application/cloudevents+json", &*pretty, "+"),
        ("Application/CloudEvents+JSON; charset=UTF-8", GOOD, "+"),
        (
            "application/cloudevents+json;charset=\"us-ascii\"",
            GOOD,
            "+",
        ),
        ("application/cloudevents+json", "[]", "-"),
        ("application/cloudevents+json", "17", "-"),
        ("application/cloudevents-batch+json", &batch, "++"),
        (
            "application/cloudevents-batch+json; charset=utf-8",
            "[]",
            "",
        ),
        ("application/cloudevents-batch+json", "[1,{},[]]", "---"),
        ("application/x-ndjson", &two, "++"),
        ("application/ndjson; charset=utf-8", GOOD, "+"),
        ("application/jsonl", &two, "++"),
        ("APPLICATION/X-JSONLINES", &two, "++"),
        ("application/x-ndjson", &pretty, "-------"),
        ("application/json", &pretty, "+"),
        ("application/json", &batch, "++"),
        ("text/json", &two, "++"),
        ("text/plain;charset=UTF-8", GOOD, "+"),
        ("application/octet-stream", &two, "++"),
        ("text/plain", "[] []", "-"),
        ("text/plain", "{}\nnonsense\n17", "---"),
        ("", &two, "++"),
        (" ", "\u{feff}[{}]", "-"),
    ] {
        let heard = send_as(content_type, body).unwrap_or_else(|error| {
            panic!("{content_type}: {error}");
        });
        assert_eq!(heard.signs(), signs, "{content_type}: {:?}", heard.entries);
    }
    assert_eq!(send(&[], GOOD).expect("taken").signs(), "+");
}

#[test]
fn other_media_types_are_refused_with_the_valid_ones() {
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json-seq",
        "application/cloudevents",
        "application/cloudevents+xml",
        "application/cloudevents+avro",
        "application/cloudevents+protobuf",
        "application/cloudevents-batch+protobuf",
        "application/vnd.other+json",
        "json",
        "application/cloudevents+json; charset=utf-16",
        "application/x-ndjson; charset=latin1",
        "application/json; charset=\"iso-8859-1\"",
    ] {
        let headers = with(&[]);
        let cloud_event = content_type.starts_with("application/cloudevents");
        let carried = cloud_event.then(|| {
            send(
                &[&headers[..], &[("content-type", content_type)]].concat(),
                GOOD,
            )
        });
        for refused in carried.into_iter().chain([send_as(content_type, GOOD)]) {
            let error = refused.err().expect(content_type);
            assert!(matches!(error, SourceError::Media { .. }), "{error}");
            let words = error.to_string();
            assert!(words.contains("application/x-ndjson"), "{words}");
        }
    }
    assert!(refusal("text/html; name=\"ada\"", GOOD).contains("content type \"text/html\" is"));
    assert!(refusal("application/json; charset=utf-16", GOOD).contains("json; charset=utf-16\""));
}

#[test]
fn a_body_that_is_not_what_it_says_is_refused_whole() {
    for (content_type, body, reason) in [
        ("application/cloudevents+json", "", "empty"),
        ("application/cloudevents-batch+json", " \r\n", "empty"),
        ("application/x-ndjson", "\u{feff}\n", "empty"),
        ("", "", "empty"),
        (
            "application/cloudevents+json",
            "{}\n{}",
            "not one JSON value: trailing characters at line 2 column 1",
        ),
        (
            "application/cloudevents-batch+json",
            "[{},\n{]",
            "at line 2 column 2",
        ),
        (
            "application/cloudevents-batch+json",
            GOOD,
            "not a JSON array",
        ),
        (
            "application/json",
            "nonsense",
            "not JSON: expected ident at line 1 column 2; one event a line is application/x-ndjson",
        ),
        ("text/plain", "{\n}\n{\n}", "several values"),
    ] {
        let words = refusal(content_type, body);
        assert!(
            words.starts_with("body: ") && words.contains(reason),
            "{content_type}: {words}"
        );
    }
    let bytes = [b"[{},{\"a\":\"", &b"\xff\"}]"[..]].concat();
    let words = refusal("application/cloudevents-batch+json", bytes);
    assert!(words.contains("not UTF-8 from byte 11 on"), "{words}");
}

#[test]
fn every_event_is_one_entry_with_its_place() {
    let bad = GOOD
        .replace("\"words\":3", "\"words\":-3")
        .replace("1.0", "0.3");
    let batch = format!("[{GOOD},{bad},{{}},{GOOD}]");
    let heard = send_as("application/cloudevents-batch+json", &batch).expect("taken");
    assert_eq!(heard.signs(), "+--+");
    assert!(heard.lines.is_empty());
    assert_eq!(heard.entries[1].fields(), ["specversion", "data.words"]);
    let problems = heard.problems();
    assert!(
        problems[0].starts_with("event 2: specversion: "),
        "{problems:?}"
    );
    assert!(problems[2].starts_with("event 3: "), "{problems:?}");

    let long = " ".repeat(MAX_LINE + 1);
    let lines = format!("\u{feff}{GOOD}\r\n\r\n[{bad},{GOOD}]\n{long}\n{bad}");
    let heard = send_as("application/x-ndjson", &lines).expect("taken");
    assert_eq!(heard.signs(), "+-+--");
    assert_eq!(heard.lines, [1, 2, 3, 5]);
    let problems = heard.problems();
    for (index, place) in [(0, "line 3, event 1: "), (2, "line 4: "), (3, "line 5: ")] {
        assert!(problems[index].starts_with(place), "{problems:?}");
    }

    let big = GOOD.replace("INC-1", &"x".repeat(MAX_LINE));
    let batch = format!("[{big},{GOOD}]");
    let heard = send_as("application/json", &batch).expect("taken");
    assert_eq!(heard.signs(), "-+");
    assert!(heard.problems()[0].contains("an event has at most"));
}

#[test]
fn depth_and_number_are_no_trouble() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let event = GOOD.replace("{\"words\":3}", &deep);
    let odd = GOOD.replace("\"data\"", &format!("\"odd\":{deep},\"data\""));
    for (body, signs) in [(&event, "-"), (&odd, "+"), (&deep, "-")] {
        for content_type in ["application/cloudevents+json", "application/x-ndjson", ""] {
            let heard = send_as(content_type, body).expect("one entry");
            assert_eq!(heard.signs(), signs, "{content_type}");
        }
    }
    let heard = send(&with(&[]), &deep).expect("one entry");
    assert_eq!(heard.signs(), "-");
    let many = format!("[{}0]", "0,".repeat(9_999));
    let heard = send_as("application/cloudevents-batch+json", many).expect("taken");
    assert_eq!(heard.entries.len(), 10_000);
    assert!(heard.problems()[9_999].starts_with("event 10000: a number is not an event"));
}

#[test]
fn an_event_stands_in_headers() {
    let Entry::Event(plain) = &send_as("", GOOD).expect("taken").entries[0] else {
        panic!("an event")
    };
    for (more, body) in [
        (&[][..], r#"{"words":3}"#),
        (
            &[("content-type", "application/json")],
            " {\"words\":3}\r\n",
        ),
        (
            &[("content-type", "application/vnd.x+json; charset=utf-8")],
            "{\n\"words\":3}",
        ),
        (
            &[
                ("ce-traceparent", "00-a-b"),
                ("ce-n", "x"),
                ("host", "x"),
                ("host", "y"),
            ],
            "{\"words\":3}",
        ),
        (
            &[("ce-subject", "\"INC\\-1\""), ("ce-id", "%31")],
            "\u{feff}{\"words\":3}",
        ),
        (&[("ce-source", " %77iki ")], "{\"words\":3.0}"),
    ] {
        let heard = send(&with(more), body).expect("taken");
        assert_eq!(heard.entries, [Entry::Event(plain.clone())], "{more:?}");
    }
    for (value, text) in [
        ("Euro%20%e2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("\"Euro € 😀\"", "Euro € 😀"),
        ("\"a \\\"b\\\" %25\"", "a \"b\" %"),
        ("\"a\" b \"c\"", "\"a\" b \"c\""),
        ("\"open", "\"open"),
        ("100%", "100%"),
        ("%2541", "%41"),
        ("%22quoted%22", "\"quoted\""),
    ] {
        let mut headers = HEADERS;
        headers[4] = ("ce-subject", value);
        let heard = send(&headers, "").expect("taken");
        let Entry::Event(event) = &heard.entries[0] else {
            panic!("{value}: {:?}", heard.entries)
        };
        assert_eq!(event.subject, text);
        let Body::Comment(comment) = &event.body else {
            panic!("a comment")
        };
        assert_eq!(comment.words, None, "no body is no data");
    }
}

#[test]
fn what_is_wrong_in_headers_is_named() {
    let json = ("content-type", "application/json");
    for (more, body, fields) in [
        (&[json][..], r#"{}, "source":"x""#, &["data"][..]),
        (&[json], r#"{}}, {"#, &["data"]),
        (&[json], "nonsense", &["data"]),
        (&[json], "[]", &["data"]),
        (&[json], r#"{"words":-1}"#, &["data.words"]),
        (
            &[("content-type", "text/plain")],
            "nonsense",
            &["datacontenttype"],
        ),
        (
            &[
                ("content-type", "text/plain"),
                ("ce-type", "org.readback.link.v1"),
            ],
            "x",
            &["datacontenttype"],
        ),
        (&[("content-type", "text/plain")], "", &[]),
        (
            &[("ce-id", "1"), ("ce-id", "2"), ("ce-id", "3")],
            "",
            &["id"],
        ),
        (&[("ce-time", "%C0%A0"), ("ce-id", "")], "", &["time", "id"]),
        (&[("ce-x", "1"), ("ce-x", "1")], "", &["x"]),
        (&[("ce-a b", "%ff")], "", &["extension"]),
        (
            &[("ce-datacontenttype", "text/plain"), json],
            "{}",
            &["datacontenttype"],
        ),
        (&[("ce-data", "{}")], "", &["data"]),
        (&[("ce-data_base64", "e30=")], "", &["data_base64"]),
        (
            &[("ce-specversion", "0.3"), ("ce-type", "x")],
            "",
            &["specversion", "type"],
        ),
        (
            &[("ce-time", "yesterday"), ("ce-subject", "")],
            "nonsense",
            &["data", "subject", "time"],
        ),
    ] {
        let heard = send(&with(more), body).expect("one entry");
        assert_eq!(heard.entries.len(), 1);
        assert_eq!(heard.entries[0].fields(), fields, "{more:?} {body}");
        assert!(
            heard
                .problems()
                .iter()
                .all(|words| words.starts_with("event 1: "))
        );
    }
    for name in ["ce-specversion", "ce-id", "ce-type", "ce-source"] {
        let heard = send(&[(name, "1.0")], GOOD).expect("one entry");
        assert_eq!(heard.signs(), "-", "the body is not the event");
    }
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(MAX_LINE));
    let heard = send(&with(&[json]), &long).expect("one entry");
    assert_eq!(heard.entries[0].fields(), ["data"]);
}

#[test]
fn the_receiver_asks_for_a_token_and_nothing_else() {
    let setting = Setting {
        source: "events".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: chrono_tz::Tz::UTC,
        writeups: Vec::new(),
    };
    let build = KIND.push.expect("events are received");
    let push = build(toml::Table::new(), &setting).expect("no parameters");
    let delivery = Delivery {
        headers: &[],
        body: b"",
        now: 0,
    };
    assert!(!push.is_signed() && !push.knows_writeups());
    assert_eq!(push.delivery_id(&delivery), None);
    let odd = toml::Table::from_iter([("token".to_owned(), toml::Value::from("x"))]);
    assert!(build(odd, &setting).is_err());
}
