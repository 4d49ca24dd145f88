//! Who may send what: tokens, their scopes, methods and addresses; and that nobody's name is kept, told
//! or logged.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use readback::web::tokens;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::binary::contents;
use super::doorway::{ACCOUNT, Doorway, MACHINE, MAIL, NAME, SESSION, nobody_in, open, read, with};

const BATCH: &str = "application/cloudevents-batch+json";

fn fresh(configuration: &str) -> (tempfile::TempDir, Doorway) {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), configuration, 1 << 30);
    (folder, door)
}

/// The login that a header names, of what is sent to each address that takes something.
async fn sent(door: &Doorway, authorization: Option<&str>) -> Vec<u16> {
    let statement = json!({
        "actor": { "mbox": format!("mailto:{MAIL}") },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/experienced" },
        "object": { "id": "https://wiki.example.org/a" },
        "timestamp": "2026-03-02T09:00:00Z",
    });
    let event = read("1", "a").to_string();
    let mut statuses = Vec::new();
    for (line, body) in [
        ("POST /v1/events", event.clone()),
        ("POST /v1/hooks/beacon", event),
        ("POST /xapi/statements", statement.to_string()),
    ] {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let answer = door.send(line, &headers, body).await;
        if answer.status == 401 {
            let challenge = answer.header("www-authenticate");
            assert!(challenge.contains("Bearer realm="), "{challenge}");
            assert!(challenge.contains("Basic realm="), "{challenge}");
            assert!(answer.json()["detail"].is_string());
        }
        statuses.push(answer.status);
    }
    statuses
}

#[tokio::test]
async fn a_token_lets_in() {
    let (_folder, door) = fresh("[[source]]\nid = \"beacon\"\nkind = \"events\"\n");
    let token = door.token(&[], &[]);
    let basic = |pair: String| format!("Basic {}", STANDARD.encode(pair));
    for (authorization, statuses) in [
        (None, [401; 3]),
        (Some("Bearer rb_zzsecret".to_owned()), [401; 3]),
        (Some("Bearer ".to_owned()), [401; 3]),
        (Some(token.clone()), [401; 3]),
        (Some(format!("Digest {token}")), [401; 3]),
        (Some(basic(format!("{token}:"))), [401; 3]),
        (Some("Basic ???".to_owned()), [401; 3]),
        (Some(format!("Bearer {token}")), [202, 202, 200]),
        (Some(format!("bearer   {token}")), [202, 202, 200]),
        (Some(basic(format!("{MAIL}:{token}"))), [202, 202, 200]),
    ] {
        let found = sent(&door, authorization.as_deref()).await;
        assert_eq!(found, statuses, "{authorization:?}");
        let rows = door.taken().await.rows;
        assert_eq!(rows, if statuses[0] == 401 { 0 } else { 3 });
    }
    // Somebody unknown knocks, so the file is looked at: the token is gone.
    tokens::revoke(&door.folder.join("tokens.json"), "test0").expect("revoked");
    assert_eq!(sent(&door, Some("Bearer rb_other")).await, [401; 3]);
    assert_eq!(
        sent(&door, Some(&format!("Bearer {token}"))).await,
        [401; 3]
    );
    assert_eq!(door.taken().await.requests, 0);
}

#[tokio::test]
async fn a_token_sends_what_it_is_for() {
    let (_folder, door) = fresh("");
    let events = json!([
        read("1", "a"),
        with(read("2", "b"), &[("source", json!("wiki-7"))]),
        with(read("3", "c"), &[("source", json!("blog"))]),
        with(read("4", "d"), &[("type", json!("org.readback.edit.v1"))]),
    ]);
    for (sources, kinds, status, refused) in [
        (&[][..], &[][..], 202, &[][..]),
        (&["wiki"], &[], 202, &[(1, "source"), (2, "source")]),
        (&["wiki*"], &[], 202, &[(2, "source")]),
        (
            &["wiki", "blog"],
            &["edit"],
            202,
            &[(0, "type"), (1, "source"), (2, "type")],
        ),
        (&["wiki*"], &["read"], 202, &[(2, "source"), (3, "type")]),
        (
            &["wik"],
            &[],
            403,
            &[(0, "source"), (1, "source"), (2, "source"), (3, "source")],
        ),
        (
            &[],
            &["link"],
            403,
            &[(0, "type"), (1, "type"), (2, "type"), (3, "type")],
        ),
    ] {
        let token = door.token(sources, kinds);
        let answer = door.events(&token, BATCH, events.to_string()).await;
        assert_eq!(answer.status, status, "{sources:?} {kinds:?} {answer:?}");
        let refused: Vec<_> = refused
            .iter()
            .map(|(at, field)| (*at, (*field).to_owned()))
            .collect();
        assert_eq!(answer.refused(), refused, "{sources:?} {kinds:?}");
        let taken = door.taken().await;
        assert_eq!(taken.rows, 4 - refused.len());
        assert_eq!(taken.count("rejected"), refused.len() as u64);
    }
    // Some of it is not allowed and the rest is wrong: that is not 403.
    let token = door.token(&["blog"], &[]);
    let answer = door
        .events(&token, BATCH, json!([read("1", "a"), 5]).to_string())
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn other_methods_and_addresses_are_told_in_json() {
    let (_folder, door) = fresh("[[source]]\nid = \"beacon\"\nkind = \"events\"\n");
    for (line, status, allow) in [
        ("GET /v1/events", 405, "POST"),
        ("HEAD /v1/events", 405, "POST"),
        ("DELETE /v1/hooks/beacon", 405, "POST"),
        ("GET /xapi/statements", 405, "POST, PUT"),
        ("POST /xapi/about", 405, "GET, HEAD"),
        ("POST /v1/schemas", 405, "GET, HEAD"),
        ("PUT /healthz", 405, "GET, HEAD"),
        ("OPTIONS /v1/events", 405, "POST"),
        ("POST /v1/event", 404, ""),
        ("POST /v1/events/", 404, ""),
        ("GET /v1", 404, ""),
        ("GET /v1/hooks", 404, ""),
        ("GET /xapi/statements/more", 404, ""),
        ("POST /nowhere", 404, ""),
        ("POST /v1/hooks/nobody", 404, ""),
        ("POST /v1/hooks/%ff", 404, ""),
        ("GET /v1/schemas/%ff", 404, ""),
        ("GET /readyz/%ff", 404, ""),
        ("PUT /xapi/statements?statementId=1&statementId=2", 401, ""),
    ] {
        let answer = door.send(line, &[], vec![b' '; 100_000]).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (status, allow),
            "{line}"
        );
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{line}"
        );
        match line.starts_with("HEAD") {
            true => assert_eq!(answer.text, "", "{line}"),
            false => assert_eq!(answer.json()["status"], status, "{line}"),
        }
    }
    let answer = door.send("POST /v1/hooks/nobody", &[], "").await;
    assert!(!answer.text.contains("beacon"), "{answer:?}");
}

/// Over a connection as it is: a body of unknown length, and an answer without one.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_served() {
    let (_folder, door) = fresh("");
    let token = door.token(&[], &[]);
    let serving = door.serve().await;
    let head = format!("host: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
    let event = read("1", "a").to_string();
    let mut chunked =
        format!("POST /v1/events HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n");
    for piece in event.as_bytes().chunks(50) {
        let piece = String::from_utf8_lossy(piece);
        chunked.push_str(&format!("{:x}\r\n{piece}\r\n", piece.len()));
    }
    chunked.push_str("0\r\n\r\n");
    let mut long = format!("POST /v1/events HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n");
    let piece = format!("{:x}\r\n{}\r\n", 1 << 20, " ".repeat(1 << 20));
    long.push_str(&piece.repeat(18));
    long.push_str("0\r\n\r\n");
    let cut = format!("POST /v1/events HTTP/1.1\r\n{head}content-length: 500\r\n\r\n{event}");
    for (request, status, words) in [
        (chunked, "HTTP/1.1 202 ", "\"accepted\":1"),
        (long, "HTTP/1.1 413 ", "longer than"),
        (cut, "HTTP/1.1 400 ", "ends early"),
        (
            format!("HEAD /v1/events HTTP/1.1\r\n{head}\r\n"),
            "HTTP/1.1 405 ",
            "allow: POST",
        ),
        (
            format!("HEAD /healthz HTTP/1.1\r\n{head}\r\n"),
            "HTTP/1.1 200 ",
            "content-length: 3",
        ),
        (
            format!("GET /healthz HTTP/1.1\r\n{head}\r\n"),
            "HTTP/1.1 200 ",
            "ok\n",
        ),
        ("rubbish\r\n\r\n".to_owned(), "HTTP/1.1 400 ", ""),
    ] {
        let address = serving.address.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(request.as_bytes()).expect("sent");
            stream.shutdown(std::net::Shutdown::Write).expect("the end");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            answer
        });
        let answer = done.await.expect("an answer");
        assert!(answer.starts_with(status), "{status}: {answer}");
        assert!(answer.contains(words), "{words}: {answer}");
        if status.contains("405") {
            assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        }
    }
    assert_eq!(door.taken().await.rows, 1);
}

/// Everything that can name somebody, in the right fields and in wrong ones.
fn names() -> Vec<Value> {
    let of = |kind: &str, id: &str, data: Value| {
        json!({
            "specversion": "1.0",
            "type": format!("org.readback.{kind}.v1"),
            "source": "https://wiki.example.org/",
            "id": id,
            "subject": format!("https://{ACCOUNT}@wiki.example.org/a"),
            "time": "2026-03-02T09:00:00Z",
            "data": data,
        })
    };
    let good = [
        of(
            "read",
            MAIL,
            json!({ "person": MAIL, "session": SESSION, "team": MAIL, "agent": MAIL }),
        ),
        of(
            "read",
            "2",
            json!({ "person": MACHINE, "session": MACHINE }),
        ),
        of(
            "attendance",
            "3",
            json!({ "meeting": NAME, "person": NAME, "via": MAIL, "role": MAIL }),
        ),
        of(
            "comment",
            ACCOUNT,
            json!({ "person": ACCOUNT, "parent": MAIL, "team": MAIL }),
        ),
        of("edit", "5", json!({ "person": ACCOUNT })),
        of(
            "link",
            "6",
            json!({ "person": MAIL, "place": "chat", "source": format!("slack:@{ACCOUNT}") }),
        ),
        of(
            "writeup",
            "7",
            json!({ "id": format!("https://{ACCOUNT}:zzsecret@wiki.example.org/w"),
            "contributors": [MAIL, ACCOUNT], "responders": [NAME], "owner_team": MAIL,
            "reviewers": [MAIL], "facilitators": [NAME], "merged_into": MAIL,
            "alias_validity": [{ "alias": MAIL }],
            "contributor_teams": [MAIL], "tags": [MAIL, MACHINE], "template": MAIL }),
        ),
        with(
            of(
                "person",
                NAME,
                json!({ "aliases": [ACCOUNT, NAME], "team": MAIL }),
            ),
            &[("subject", json!(MAIL))],
        ),
    ];
    let bad = [
        of(
            "read",
            MAIL,
            json!({ "person": { "name": NAME }, "scroll": MAIL, "bot": MAIL }),
        ),
        of(
            "attendance",
            "x",
            json!({ "person": MAIL, "present_s": MACHINE }),
        ),
        of("link", "x", json!({ "place": MAIL, "role": MACHINE })),
        of(MAIL, "x", json!({})),
        with(
            of("read", "x", json!({})),
            &[("time", json!(MAIL)), ("specversion", json!(MAIL))],
        ),
        with(
            of("person", "x", json!({ "kind": MAIL, "joined_at": MAIL })),
            &[("subject", json!(MAIL))],
        ),
        json!(MAIL),
        json!([MAIL]),
        with(
            of("read", "y1", json!({})),
            &[(
                "source",
                json!(format!("https://{ACCOUNT}:zzsecret@wiki.example.org/")),
            )],
        ),
        with(of("read", "y2", json!({})), &[("source", json!(MAIL))]),
        with(of("read", "y3", json!({})), &[("subject", json!(MAIL))]),
        of(
            "coverage",
            "y4",
            json!({ "kind": "read", "scope": MAIL, "from": "2026-03-01T00:00:00Z" }),
        ),
    ];
    good.into_iter().chain(bad).collect()
}

/// Log lines of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}

#[tokio::test]
async fn nobody_is_named_on_the_disk_or_in_a_log() {
    let (folder, door) = fresh("[[source]]\nid = \"beacon\"\nkind = \"events\"\n");
    let log = Log::default();
    let heard = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _heard = tracing::subscriber::set_default(heard);
    tracing::info!("listening");
    let token = door.token(&[], &[]);
    let bearer = format!("Bearer {token}");
    let all = Value::from(names());
    let lines: String = names().iter().map(|event| format!("{event}\n")).collect();
    for (address, media, body) in [
        ("/v1/events", BATCH, all.to_string()),
        ("/v1/events", "application/x-ndjson", lines),
        ("/v1/hooks/beacon", "application/json", all.to_string()),
    ] {
        let headers = [
            ("authorization", &*bearer),
            ("content-type", media),
            ("cookie", SESSION),
            ("user-agent", ACCOUNT),
            ("x-forwarded-for", MACHINE),
            ("from", MAIL),
        ];
        // Answers are searched where they are taken.
        let answer = door
            .send(&format!("POST {address}?who={MAIL}"), &headers, body)
            .await;
        assert_eq!(
            (answer.status, &answer.json()["accepted"]),
            (202, &json!(8)),
            "{answer:?}"
        );
        let refused: std::collections::BTreeSet<u64> = answer
            .refused()
            .into_iter()
            .map(|(index, _)| index)
            .collect();
        assert_eq!(refused, (8..20).collect(), "{answer:?}");
    }
    door.spool.seal().await;
    let files = contents(folder.path());
    assert!(
        files
            .iter()
            .any(|(path, _)| path.extension().is_some_and(|end| end == "seg"))
    );
    for (path, bytes) in files {
        nobody_in(&path.display().to_string(), &bytes);
    }
    let heard = log.0.lock().expect("a log").clone();
    assert!(heard.windows(9).any(|word| word == b"listening"));
    nobody_in("the log", &heard);
    let metrics = door.send("GET /metrics", &[], "").await;
    assert!(
        metrics
            .text
            .contains("readback_events_accepted_total{kind=\"read\"} 6"),
        "{metrics:?}"
    );
    assert_eq!(door.taken().await.rows, 24);
}
