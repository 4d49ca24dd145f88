//! Whatever is sent, the door answers, in JSON, and goes on: requests made of pieces that are nearly
//! right, and of noise.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::doorway::{Doorway, gzip, open, read, zstd};

const SOURCES: &str = "[[source]]\nid = \"beacon\"\nkind = \"events\"\n\
    [[source]]\nid = \"gh\"\nkind = \"github\"\n\
    [[source]]\nid = \"signed\"\nkind = \"github\"\nsecret = \"s\"\n\
    [[source]]\nid = \"lms\"\nkind = \"xapi\"\n";

const ADDRESSES: [&str; 9] = [
    "POST /v1/events",
    "POST /v1/hooks/beacon",
    "POST /v1/hooks/gh",
    "POST /v1/hooks/signed",
    "POST /v1/hooks/lms",
    "POST /v1/hooks/%ff",
    "POST /xapi/statements",
    "PUT /xapi/statements?statementId=12345678-1234-5678-1234-567812345678",
    "PUT /xapi/statements?statementId=%ff&a",
];

const MEDIA: [&str; 12] = [
    "",
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/cloudevents+json; charset=utf-16",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
    "multipart/mixed; boundary=x",
    "text/plain; charset=\"",
    "APPLICATION/JSON;;=",
    "json",
    "\u{e4}/\u{f6}",
];

/// What bodies are made of.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    " ",
    "null",
    "true",
    "1e400",
    "-0",
    "\"",
    "\\u0000",
    "\\ud800",
    "\"id\"",
    "\"type\":\"org.readback.read.v1\"",
    "\"data\":",
    "{}",
    "[]",
    "payload=%7B%7D",
    "\"specversion\":\"1.0\"",
    "\u{feff}",
    "\"actor\":{\"mbox\":\"mailto:a@b.org\"}",
    "\"verb\":{\"id\":\"http://adlnet.gov/expapi/verbs/attended\"}",
    "\"object\":{\"id\":\"urn:a\"}",
    "\"comment\":{\"id\":1}",
    "\"issue\":{}",
    "9999999999999999999999",
    "\"time\":\"2026-03-02T09:00:00Z\"",
];

const HEADERS: [&str; 12] = [
    "ce-specversion",
    "ce-id",
    "ce-type",
    "ce-source",
    "ce-subject",
    "ce-time",
    "ce-data",
    "ce-x",
    "x-github-event",
    "x-github-delivery",
    "x-hub-signature-256",
    "x-experience-api-version",
];

const VALUES: [&str; 12] = [
    "1.0",
    "",
    "org.readback.read.v1",
    "%ff",
    "%",
    "\"a \\\" b\"",
    "2026-03-02T09:00:00Z",
    "issue_comment",
    "sha256=00",
    "1.0.3",
    "\u{20ac}",
    "a@b.org",
];

#[derive(Clone, Debug)]
struct Sent {
    address: usize,
    media: usize,
    headers: Vec<(usize, usize)>,
    encoding: usize,
    body: Vec<u8>,
    token: bool,
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24);
    let pieces = pieces.prop_map(|pieces| pieces.concat().into_bytes());
    let event = read("1", "a").to_string().into_bytes();
    let statement = json!({ "actor": { "mbox": "mailto:a@b.org" }, "object": { "id": "urn:a" },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/attended" } });
    let whole = prop::sample::select(vec![event, statement.to_string().into_bytes()]);
    // One with a byte that is another, or with its end cut off.
    let nearly = (whole, any::<prop::sample::Index>(), any::<Option<u8>>());
    let nearly = nearly.prop_map(|(mut body, at, byte)| {
        let at = at.index(body.len());
        match byte {
            Some(byte) => body[at] = byte,
            None => body.truncate(at),
        }
        body
    });
    prop_oneof![
        pieces,
        nearly,
        prop::collection::vec(any::<u8>(), 0..200),
        Just(b"[".repeat(100_000)),
        Just(b"{\"data\":".repeat(20_000)),
    ]
}

fn requests() -> impl Strategy<Value = Sent> {
    let header = (0..HEADERS.len(), 0..VALUES.len());
    (
        0..ADDRESSES.len(),
        0..MEDIA.len(),
        prop::collection::vec(header, 0..8),
        0..6_usize,
        bodies(),
        prop::bool::weighted(0.9),
    )
        .prop_map(|(address, media, headers, encoding, body, token)| Sent {
            address,
            media,
            headers,
            encoding,
            body,
            token,
        })
}

fn request(sent: &Sent, token: &str) -> Request<Body> {
    let (method, address) = ADDRESSES[sent.address].split_once(' ').expect("two words");
    let (encoding, body) = match sent.encoding {
        0 => ("gzip", gzip(&sent.body)),
        1 => ("zstd", zstd(&sent.body)),
        2 => ("gzip", sent.body.clone()),
        3 => ("br", sent.body.clone()),
        _ => ("", sent.body.clone()),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(address)
        .body(Body::from(body))
        .expect("a request");
    let headers = request.headers_mut();
    let mut add = |name: &'static str, value: &str| {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        headers.append(HeaderName::from_static(name), value);
    };
    add("content-type", MEDIA[sent.media]);
    if !encoding.is_empty() {
        add("content-encoding", encoding);
    }
    if sent.token {
        add("authorization", &format!("Bearer {token}"));
    }
    for (name, value) in &sent.headers {
        add(HEADERS[*name], VALUES[*value]);
    }
    request
}

async fn survives(door: &Doorway, token: &str, sent: &Sent) {
    let answer = door.ask(request(sent, token)).await;
    let status = answer.status;
    assert!(status < 500 || status == 503, "{answer:?}");
    if status != 204 {
        let told = answer.json();
        let problem = answer.header("content-type") == "application/problem+json";
        assert_eq!(problem, !matches!(status, 200 | 202), "{answer:?}");
        assert!(!problem || told["status"] == status, "{answer:?}");
    }
    assert!(
        sent.token || sent.address == 5 || status != 202,
        "{answer:?}"
    );
}

#[test]
fn every_request_is_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), SOURCES, 1 << 30);
    door.hooks
        .know(&[])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    let token = door.token(&[], &[]);
    let config = Config {
        cases: 600,
        failure_persistence: None,
        ..Config::default()
    };
    let ran = TestRunner::new(config).run(&requests(), |sent| {
        runtime.block_on(survives(&door, &token, &sent));
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
    // It goes on as if nothing had been, and what it took can be read.
    runtime.block_on(async {
        door.taken().await;
        let event = read("1", "a").to_string();
        let answer = door.events(&token, "application/json", event).await;
        assert_eq!(answer.status, 202);
        assert_eq!(door.taken().await.read(), ["a"]);
    });
}
