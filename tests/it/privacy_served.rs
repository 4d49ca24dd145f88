//! Nobody's name gets out of `readback serve`: markers go in by every way that the door has, in bodies,
//! headers and addresses, and are looked for in every page, chart and answer, in the log of a collector
//! that tells everything, in what waits on the disk, and in every column.

use std::collections::{BTreeSet, VecDeque};
use std::io::Write as _;
use std::time::Instant;

use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::privacy::{ACCOUNT, EMAIL, IP, NAME, PAGE, TIME, clean, columns, comment, events};
use super::served::{NOWHERE, PATIENCE, Reply, Served, remote, reply};

/// What browsers and proxies add.
fn headers() -> String {
    format!(
        "User-Agent: {NAME} ({EMAIL})\r\nX-Forwarded-For: {IP}\r\nForwarded: for={IP}\r\nX-Real-IP: {IP}\r\n\
         Referer: https://mail.example.org/?to={EMAIL}\r\nFrom: {EMAIL}\r\nCookie: user={ACCOUNT}\r\n\
         X-Forwarded-User: {ACCOUNT}\r\nX-Forwarded-Groups: staff\r\n"
    )
}

/// A request of a client who tells everything about himself.
fn send(served: &Served, line: &str, more: &str, body: &[u8]) -> Reply {
    let mut stream = served.connect();
    let own = format!("{}{more}Content-Length: {}\r\n", headers(), body.len());
    let head = served.head(&own).replacen("POST /v1/events", line, 1);
    stream.write_all(head.as_bytes()).expect("a request");
    stream.write_all(body).expect("a request");
    reply(stream)
}

fn silent(reply: &Reply, what: &str) {
    clean(what, reply.head.as_bytes());
    clean(what, reply.text.as_bytes());
    // A source that looks for write-ups says so until it knows them.
    assert!(
        reply.status < 500 || reply.status == 503,
        "{what}: {reply:?}"
    );
}

/// Brings the markers in by every way.
fn bring(served: &Served) {
    let structured = json!({
        "specversion": "1.0", "type": "org.readback.read.v1", "source": "beacon", "id": format!("by {EMAIL}"),
        "subject": PAGE, "time": TIME, "data": { "person": EMAIL, "session": EMAIL, "agent": IP },
    });
    let batch = json!([structured, { "specversion": "1.0", "type": "org.readback.read.v1", "source": EMAIL,
        "id": "x", "subject": PAGE, "time": TIME, "data": {} }]);
    let binary = format!(
        "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-type: org.readback.comment.v1\r\n\
         ce-source: beacon\r\nce-id: {ACCOUNT}-1\r\nce-subject: {PAGE}\r\nce-time: {TIME}\r\n"
    );
    let statement = json!({
        "actor": { "name": NAME, "mbox": format!("mailto:{EMAIL}") },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/experienced" },
        "object": { "id": PAGE }, "timestamp": TIME, "authority": { "mbox": format!("mailto:{EMAIL}") },
    });
    let structured = structured.to_string();
    for (what, line, more, body) in [
        (
            "lines",
            "POST /v1/events",
            "Content-Type: application/x-ndjson\r\n",
            events().into_bytes(),
        ),
        (
            "structured",
            "POST /v1/events?user=zzuser&mail=zzmail",
            "Content-Type: application/cloudevents+json\r\n",
            structured.clone().into_bytes(),
        ),
        (
            "batch",
            "POST /v1/events",
            "Content-Type: application/cloudevents-batch+json\r\n",
            batch.to_string().into_bytes(),
        ),
        (
            "binary",
            "POST /v1/events",
            &binary,
            json!({ "person": NAME }).to_string().into_bytes(),
        ),
        (
            "xapi",
            "POST /xapi/statements?agent=zzuser",
            "Content-Type: application/json\r\nX-Experience-API-Version: 1.0.3\r\n",
            statement.to_string().into_bytes(),
        ),
        (
            "hook",
            "POST /v1/hooks/gh?sender=zzuser",
            "Content-Type: application/json\r\nX-GitHub-Event: issue_comment\r\nX-GitHub-Delivery: zzuser-1\r\n",
            comment().into_bytes(),
        ),
        (
            "a broken one",
            "POST /v1/events",
            "Content-Type: application/json\r\n",
            structured.into_bytes()[..90].to_vec(),
        ),
        (
            "no kind",
            "POST /v1/events",
            "Content-Type: application/pdf\r\n",
            b"x".to_vec(),
        ),
        (
            "no hook",
            &format!("POST /v1/hooks/{ACCOUNT}"),
            "",
            b"{}".to_vec(),
        ),
        (
            "no route",
            "POST /zzuser/zzmail?q=203.0.113.77",
            "",
            Vec::new(),
        ),
    ] {
        silent(&send(served, line, more, &body), what);
    }
}

/// What somebody sees whom the proxy in front names.
fn look(served: &Served, path: &str) -> Reply {
    let mut stream = served.connect();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n",
        headers()
    );
    stream.write_all(head.as_bytes()).expect("a request");
    reply(stream)
}

/// Every address that a page leads to, and every route there is, asked by somebody who says who he is.
fn walk(served: &Served) -> usize {
    let mut open: VecDeque<String> = [
        "/",
        "/writeups",
        "/writeups?q=zzmail&sort=zzuser&page=203.0.113.77",
        "/writeups/zzuser",
        "/reviews",
        "/reviews?page=zzuser",
        "/definitions",
        "/definitions/zzmail",
        "/privacy",
        "/charts/zzuser.svg",
        "/assets/zzuser",
        "/summary.json",
        "/api",
        "/api/v1",
        "/api/v1/writeups",
        "/api/v1/writeups?format=csv",
        "/api/v1/writeups?format=parquet",
        "/api/v1/numbers?format=csv",
        "/api/v1/health",
        "/api/v1/reviews",
        "/metrics",
        "/openapi.json",
        "/v1/schemas",
        "/v1/schemas/zzuser",
        "/healthz",
        "/readyz",
        "/readyz/door",
        "/readyz/zzuser",
        "/zzuser",
        "/v1/zzuser",
        "/xapi/zzuser",
    ]
    .map(str::to_owned)
    .into();
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    let mut asked = 0;
    while let Some(path) = open.pop_front() {
        let found = look(served, &path);
        asked += 1;
        // A search box and the links to other pages of a search hold what was searched for.
        let echoed = path.contains("q=zzmail");
        match echoed {
            true => assert!(found.status == 200, "{path}"),
            false => silent(&found, &path),
        }
        for link in found
            .text
            .split("href=\"")
            .skip(1)
            .chain(found.text.split("src=\"").skip(1))
        {
            let link = link
                .split('"')
                .next()
                .unwrap_or_default()
                .replace("&#x2f;", "/")
                .replace("&amp;", "&");
            let link = link.split('#').next().unwrap_or_default().to_owned();
            if link.starts_with('/') && !link.contains("zz") && seen.insert(link.clone()) {
                open.push_back(link);
            }
        }
        if path == "/v1/schemas" {
            let schemas: Value = serde_json::from_str(&found.text).expect("JSON");
            for schema in schemas["schemas"].as_array().expect("a list") {
                open.push_back(schema["address"].as_str().expect("an address").to_owned());
            }
        }
    }
    asked
}

fn on_disk(home: &Home) {
    let data = home.data();
    let key = data.join("key");
    for (path, bytes) in contents(&data).iter().filter(|(path, _)| *path != key) {
        clean(&path.display().to_string(), bytes);
        let name = path.strip_prefix(&data).expect("below");
        clean("a name", name.as_os_str().as_encoded_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_gets_out_of_no_door() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file(
        "readback.toml",
        "[privacy]\nk = 1\n[access]\nmode = \"proxy\"\ntrusted = [\"127.0.0.0/8\"]\nviewer = [\"staff\"]\n[[source]]\nid = \"gh\"\nkind = \"github\"\n[[source]]\nid = \"beacon\"\nkind = \"events\"\n",
    );
    let served = Served::start(&home, &[], &[("READBACK_LOG", "trace")]);
    served.until("/readyz/engine", 200);
    bring(&served);
    // A page is computed from what came in.
    let since = Instant::now();
    loop {
        let summary = look(&served, "/summary.json");
        if summary.status == 200
            && summary.json()["health"]["received"]["kept"]["read"].as_u64() > Some(0)
        {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "{}", served.log());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let asked = walk(&served);
    assert!(asked > 60, "{asked}");
    // The counters of refusals name kinds and reasons, never what was refused.
    clean("metrics", served.get("/metrics").text.as_bytes());
    on_disk(&home);
    let log = served.log();
    served.stop();
    assert!(log.contains("DEBUG"), "{log}");
    clean("the log", log.as_bytes());
    on_disk(&home);
    columns(&home.data()).await;
}

#[test]
fn a_marker_does_not_wait_on_the_disk() {
    let home = Home::new();
    home.file(
        "readback.toml",
        format!(
            "{}[[source]]\nid = \"gh\"\nkind = \"github\"\n",
            remote(NOWHERE)
        ),
    );
    let served = Served::start(&home, &[], &[("READBACK_LOG", "trace")]);
    bring(&served);
    let waiting = contents(&home.data().join("spool"));
    assert!(waiting.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 1_000);
    on_disk(&home);
    let log = served.log();
    served.stop();
    clean("the log", log.as_bytes());
    on_disk(&home);
}
