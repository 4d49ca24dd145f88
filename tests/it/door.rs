//! `POST /v1/events` through the real router: every form in which events may come, what of it lies in
//! the spool afterwards, and what is told of the rest.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::doorway::{Doorway, Spooled, gzip, open, read, with, zstd};

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
const LINES: &str = "application/x-ndjson";
const MIB: usize = 1 << 20;

fn fresh() -> (tempfile::TempDir, Doorway, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), "", 1 << 30);
    let token = door.token(&[], &[]);
    (folder, door, token)
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

#[tokio::test]
async fn events_come_in_every_form() {
    let (_folder, door, token) = fresh();
    let one = read("1", "a");
    let two = json!([read("1", "a"), read("2", "b")]);
    let pretty = format!("{two:#}\n");
    let listed = lines(&[read("1", "a"), read("2", "b")]);
    for (media, body, expected) in [
        (STRUCTURED, one.to_string(), &["a"][..]),
        (STRUCTURED, format!("\u{feff}{one:#}\r\n"), &["a"]),
        (
            "application/cloudevents+json; charset=UTF-8",
            one.to_string(),
            &["a"],
        ),
        (BATCH, two.to_string(), &["a", "b"]),
        (BATCH, pretty.clone(), &["a", "b"]),
        (BATCH, "[]".to_owned(), &[]),
        (LINES, listed.clone(), &["a", "b"]),
        (
            LINES,
            format!("{two}\n\n{}", read("3", "c")),
            &["a", "b", "c"],
        ),
        ("application/json", format!("{one:#}"), &["a"]),
        ("application/json", pretty, &["a", "b"]),
        ("application/json", listed.clone(), &["a", "b"]),
        ("text/plain", one.to_string(), &["a"]),
        ("", listed, &["a", "b"]),
    ] {
        let answer = door.events(&token, media, body.clone()).await;
        let told = json!({ "accepted": expected.len(), "rejected": [] });
        assert_eq!(
            (answer.status, answer.json()),
            (202, told),
            "{media} {body}"
        );
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let taken = door.taken().await;
        assert_eq!(taken.read(), expected, "{media} {body}");
        assert_eq!(taken.count("read"), expected.len() as u64);
        assert_eq!(taken.requests, usize::from(!expected.is_empty()));
    }
}

#[tokio::test]
async fn an_event_comes_in_the_headers() {
    let (_folder, door, token) = fresh();
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", &*bearer),
        ("ce-specversion", "1.0"),
        ("ce-type", "org.readback.read.v1"),
        ("ce-source", "wiki"),
        ("ce-id", "zzmail.marker%40people.example.org"),
        ("ce-subject", "Ausfall%20%E2%82%AC"),
        ("ce-time", "2026-03-02T09:00:00Z"),
        ("ce-traceparent", "00-ab-cd-01"),
        ("content-type", "application/json"),
    ];
    let person = "{\"person\": \"zzmail.marker@people.example.org\"}";
    let answer = door.send("POST /v1/events", &headers, person).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(door.taken().await.read(), ["Ausfall €"]);

    let bad: Vec<_> = headers
        .map(|(name, value)| match name {
            "ce-type" => (name, "org.readback.view.v1"),
            "content-type" => (name, "application/xml"),
            _ => (name, value),
        })
        .into();
    let answer = door.send("POST /v1/events", &bad, "<zzfull/>").await;
    assert_eq!(answer.status, 400, "{answer:?}");
    let told = answer.refused();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.contains(&(0, "type".to_owned())), "{told:?}");
    assert!(
        told.contains(&(0, "datacontenttype".to_owned())),
        "{told:?}"
    );
    assert_eq!(door.taken().await.rows, 0);
}

#[tokio::test]
async fn packed_bodies_are_unpacked() {
    let (_folder, door, token) = fresh();
    let bearer = format!("Bearer {token}");
    let body = lines(&[read("1", "a"), read("2", "b")]).into_bytes();
    let cut = gzip(&body)[..40].to_vec();
    for (encoding, packed, status) in [
        ("gzip", gzip(&body), 202),
        ("zstd", zstd(&body), 202),
        ("identity", body.clone(), 202),
        ("gzip", body.clone(), 400),
        ("gzip", cut, 400),
        ("zstd", gzip(&body), 400),
        ("gzip", Vec::new(), 400),
        ("br", body.clone(), 415),
        ("gzip, zstd", body.clone(), 415),
        ("zzmail.marker@people.example.org", body.clone(), 415),
    ] {
        let headers = [
            ("authorization", &*bearer),
            ("content-type", LINES),
            ("content-encoding", encoding),
        ];
        let answer = door.send("POST /v1/events", &headers, packed).await;
        assert_eq!(answer.status, status, "{encoding} {answer:?}");
        if status == 415 {
            assert_eq!(answer.header("accept-encoding"), "gzip, zstd");
        }
        let expected: &[&str] = if status == 202 { &["a", "b"] } else { &[] };
        assert_eq!(door.taken().await.read(), expected, "{encoding}");
    }
}

#[tokio::test]
async fn good_events_are_kept_and_bad_ones_named() {
    let (_folder, door, token) = fresh();
    let bad = [
        with(read("x", "a"), &[("time", json!("yesterday"))]),
        with(
            read("x", "a"),
            &[("data.scroll", json!(7)), ("id", json!(""))],
        ),
        with(read("x", "a"), &[("subject", json!("s".repeat(9000)))]),
        json!({ "type": "zzmail.marker@people.example.org" }),
        json!("zzfull marker"),
    ];
    let mut mixed = vec![read("1", "a")];
    mixed.extend(bad.clone());
    mixed.push(read("2", "b"));
    let expected = |from: u64| -> Vec<(u64, String)> {
        [
            (0, "time"),
            (1, "id"),
            (1, "data.scroll"),
            (2, "subject"),
            (3, "specversion"),
            (3, "type"),
            (3, "source"),
            (3, "id"),
            (4, ""),
        ]
        .map(|(index, field)| (index + from, field.to_owned()))
        .into()
    };
    for (media, body) in [
        (BATCH, Value::from(mixed.clone()).to_string()),
        (LINES, lines(&mixed)),
    ] {
        let answer = door.events(&token, media, body).await;
        assert_eq!(
            (answer.status, &answer.json()["accepted"]),
            (202, &json!(2)),
            "{answer:?}"
        );
        assert_eq!(answer.refused(), expected(1), "{answer:?}");
        let taken = door.taken().await;
        assert_eq!(taken.read(), ["a", "b"]);
        assert_eq!(
            (taken.count("rejected"), taken.lines["rejected"]["events"]),
            (5, 5)
        );
    }
    let answer = door
        .events(&token, BATCH, Value::from(bad.to_vec()).to_string())
        .await;
    assert_eq!((answer.status, answer.refused()), (400, expected(0)));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    assert_eq!(
        (&body["status"], &body["accepted"]),
        (&json!(400), &json!(0))
    );
    assert_eq!(door.taken().await.count("rejected"), 5);
}

#[tokio::test]
async fn a_body_that_is_no_event_is_refused_as_a_whole() {
    let (_folder, door, token) = fresh();
    for (media, body, status) in [
        (STRUCTURED, Vec::new(), 400),
        (LINES, b" \n\n".to_vec(), 400),
        ("application/json", b"\xef\xbb\xbf".to_vec(), 400),
        (STRUCTURED, b"[]".to_vec(), 400),
        (STRUCTURED, b"{} {}".to_vec(), 400),
        (BATCH, b"{}".to_vec(), 400),
        (
            BATCH,
            b"[{\"id\": \"zzmail.marker@people.example.org\"}".to_vec(),
            400,
        ),
        (BATCH, b"[\"\xff\"]".to_vec(), 400),
        ("application/json", b"{\n}\n{\n}".to_vec(), 400),
        ("application/xml", b"<a/>".to_vec(), 415),
        ("application/cloudevents+xml", b"<a/>".to_vec(), 415),
        ("application/json; charset=utf-16", b"{}".to_vec(), 415),
        (
            "multipart/form-data; boundary=zzmail.marker@people.example.org",
            b"{}".to_vec(),
            415,
        ),
        ("zzfull marker", b"{}".to_vec(), 415),
    ] {
        let answer = door.events(&token, media, body.clone()).await;
        let what = format!("{media} {}", String::from_utf8_lossy(&body));
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let told = answer.json();
        assert!(
            !told["detail"].as_str().unwrap_or_default().is_empty(),
            "{what}"
        );
        assert_eq!(door.taken().await.rows, 0, "{what}");
    }
}

#[tokio::test]
async fn what_contradicts_itself_is_not_taken() {
    let (_folder, door, token) = fresh();
    let other = with(read("1", "a"), &[("data.engaged_s", json!(99))]);
    let corrected = with(other.clone(), &[("data.version", json!(1))]);
    let elsewhere = with(other.clone(), &[("source", json!("blog"))]);
    let row = |taken: &Spooled| (taken.requests, taken.rows);

    // Twice the same, a correction, the same id of another source.
    let fine = json!([read("1", "a"), read("1", "a"), corrected, elsewhere]);
    let answer = door.events(&token, BATCH, fine.to_string()).await;
    assert_eq!(
        (answer.status, &answer.json()["accepted"]),
        (202, &json!(4))
    );
    let taken = door.taken().await;
    assert_eq!(row(&taken), (1, 4));
    let rows = &taken.reads;
    assert_eq!(
        (rows[0].key, rows[0].version),
        (rows[1].key, rows[1].version)
    );
    assert!(rows[2].key == rows[0].key && rows[2].version > rows[0].version);
    assert_ne!(rows[3].key, rows[0].key);

    let mixed = json!([read("2", "b"), read("1", "a"), 5, other, read("1", "a")]);
    let answer = door.events(&token, BATCH, mixed.to_string()).await;
    assert_eq!(
        (answer.status, &answer.json()["accepted"]),
        (409, &json!(1))
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let told = [(1, "id"), (2, ""), (3, "id"), (4, "id")];
    assert_eq!(
        answer.refused(),
        told.map(|(index, field)| (index, field.to_owned()))
    );
    let taken = door.taken().await;
    assert_eq!((taken.read(), taken.count("rejected")), (vec!["b"], 4));

    let all = lines(&[read("1", "a"), other.clone()]);
    let answer = door.events(&token, LINES, all).await;
    assert_eq!((answer.status, answer.refused().len()), (409, 2));
    assert_eq!(door.taken().await.rows, 0);

    // In two requests it is a correction that came without a greater version.
    for event in [read("1", "a"), other] {
        let answer = door.events(&token, STRUCTURED, event.to_string()).await;
        assert_eq!(answer.status, 202);
    }
    assert_eq!(row(&door.taken().await), (2, 2));
}

/// Of thousands of refused events the first thousand are told.
#[tokio::test]
async fn an_answer_is_bounded() {
    let (_folder, door, token) = fresh();
    let bad = vec![json!({}); 1500];
    for (status, good) in [(202, vec![read("1", "a")]), (400, Vec::new())] {
        let accepted = good.len();
        let events = Value::from([bad.clone(), good].concat());
        let answer = door.events(&token, BATCH, events.to_string()).await;
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["accepted"]),
            (status, &json!(accepted))
        );
        let told: std::collections::BTreeSet<u64> = answer
            .refused()
            .into_iter()
            .map(|(index, _)| index)
            .collect();
        assert_eq!(body["untold"], json!(1500 - told.len()));
        assert!(answer.text.len() < MIB, "{}", answer.text.len());
        assert_eq!(door.taken().await.count("rejected"), 1500);
    }
}

/// Bodies that are being received share a memory; who comes when it is full comes again.
#[tokio::test]
async fn the_memory_of_bodies_is_bounded() {
    let (_folder, door, token) = fresh();
    let door = Arc::new(door);
    let bearer = format!("Bearer {token}");
    let piece = Bytes::from(vec![b' '; MIB]);
    let mut slow = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let pieces: Vec<Bytes> = vec![piece.clone(); 16];
        let pieces = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
        let body = Body::from_stream(pieces.chain(futures_util::stream::pending()));
        let request = Request::post("/v1/events").header("authorization", &bearer);
        let request = request.body(body).expect("a request");
        let door = Arc::clone(&door);
        slow.spawn(async move { door.ask(request).await });
    }
    let receiving = |bytes: usize| format!("readback_receiving_bytes {bytes}\n");
    let mut metrics = String::new();
    for _ in 0..1000 {
        metrics = door.send("GET /metrics", &[], "").await.text;
        if metrics.contains(&receiving(128 * MIB)) {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(metrics.contains(&receiving(128 * MIB)), "{metrics}");
    let event = read("1", "a").to_string();
    let answer = door.events(&token, STRUCTURED, event.clone()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    slow.shutdown().await;
    let answer = door.events(&token, STRUCTURED, event).await;
    assert_eq!(answer.status, 202);
    let metrics = door.send("GET /metrics", &[], "").await.text;
    assert!(metrics.contains(&receiving(0)), "{metrics}");
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let (_folder, door, token) = fresh();
    let bearer = format!("Bearer {token}");
    let blank = vec![b' '; 16 * MIB + 1];
    let pieces: Vec<Bytes> = (0..17).map(|_| Bytes::from(vec![b' '; MIB])).collect();
    let chunked = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    for (what, encoding, body) in [
        ("a long body", "identity", Body::from(blank.clone())),
        ("a stream", "identity", Body::from_stream(chunked)),
        ("a bomb", "gzip", Body::from(gzip(&blank))),
        ("another bomb", "zstd", Body::from(zstd(&blank))),
    ] {
        let request = Request::post("/v1/events")
            .header("authorization", &bearer)
            .header("content-encoding", encoding)
            .body(body)
            .expect("a request");
        let answer = door.ask(request).await;
        assert_eq!(answer.status, 413, "{what}: {answer:?}");
    }
    // A length is believed before anything is read.
    let request = Request::post("/v1/events")
        .header("authorization", &bearer)
        .header("content-length", "17000000")
        .body(Body::empty())
        .expect("a request");
    assert_eq!(door.ask(request).await.status, 413);

    let long = with(read("1", "a"), &[("padding", json!("p".repeat(MIB)))]);
    let answer = door
        .events(&token, LINES, lines(&[long, read("2", "b")]))
        .await;
    assert_eq!(
        (answer.status, answer.refused()),
        (202, vec![(0, String::new())])
    );
    assert_eq!(door.taken().await.read(), ["b"]);
}

#[tokio::test]
async fn a_full_spool_refuses_and_takes_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), "", 4096);
    let token = door.token(&[], &[]);
    let event = read("1", "a").to_string();
    let mut taken = 0;
    let refused = loop {
        let answer = door.events(&token, STRUCTURED, event.clone()).await;
        match answer.status {
            202 => taken += 1,
            _ => break answer,
        }
    };
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    assert!(taken > 2);
    assert_eq!(door.taken().await.rows, taken);
    let answer = door.events(&token, STRUCTURED, event).await;
    assert_eq!(answer.status, 202);

    // What is closed takes nothing and says so.
    door.spool.close().await;
    let answer = door
        .events(&token, STRUCTURED, read("2", "b").to_string())
        .await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
}
