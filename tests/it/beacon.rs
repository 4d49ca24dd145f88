//! The beacon's addresses from outside: the script, who may send, what is refused and how, what is
//! counted, and the way of a read into the numbers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::binary::Home;
use super::doorway::{Answer, Doorway, MACHINE, MAIL, NOW, nobody_in, open};
use super::served::{PATIENCE, Served, reply};

/// What signs the tokens of pages.
pub(crate) const SECRET: &str = "zzsecret of the pages";
const WIKI: &str = "https://wiki.example.org";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// A token for somebody, good for an hour from the door's time on.
pub(crate) fn token(person: &str) -> String {
    signed(&json!({ "aud": ["wiki", "hashed"], "sub": person, "exp": NOW / 1000 + 3600 }))
}

fn signed(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": "HS256" })), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(text.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{text}.{signature}")
}

fn message(seq: u32, more: &[(&str, Value)]) -> String {
    let mut message = json!({
        "pid": "1-22-333-4444", "seq": seq, "doc": "https://wiki.example.org/a", "ms": seq * 1000,
        "depth": 40, "age": seq * 1000, "from": "chat",
    });
    for (name, value) in more {
        message[*name] = value.clone();
    }
    message.to_string()
}

fn fresh(more: &str) -> (tempfile::TempDir, Doorway) {
    let folder = tempfile::tempdir().expect("a folder");
    let sources = format!(
        "[[source]]\nid = \"wiki\"\nkind = \"beacon\"\norigins = [{WIKI:?}]\nsecret = {SECRET:?}\n\
         [[source]]\nid = \"open\"\nkind = \"events\"\n{more}"
    );
    let door = open(folder.path(), &sources, 1 << 30);
    (folder, door)
}

/// A second source of the kind.
const ANOTHER: &str =
    "[[source]]\nid = \"docs\"\nkind = \"beacon\"\norigins = [\"https://docs.example.org\"]\n";

async fn send(door: &Doorway, line: &str, more: &[(&str, &str)], body: &str) -> Answer {
    let usual = [
        ("origin", WIKI),
        ("user-agent", BROWSER),
        ("content-type", "text/plain;charset=UTF-8"),
        ("x-forwarded-for", MACHINE),
        ("cookie", "session=zzsession77"),
    ];
    let kept = usual
        .iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    let headers: Vec<_> = kept.chain(more).copied().collect();
    door.send(line, &headers, body.to_owned()).await
}

#[tokio::test]
async fn the_script_is_served_to_every_page() {
    let (_folder, door) = fresh("");
    let plain = door.send("GET /beacon.js", &[], "").await;
    assert_eq!(plain.status, 200);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=3600"),
        ("vary", "accept-encoding"),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("content-encoding", ""),
        ("set-cookie", ""),
    ] {
        assert_eq!(plain.header(name), value, "{name}");
    }
    assert!(plain.text.contains("\"source\":\"wiki\""), "{}", plain.text);
    // By its name it is the same, and asked again it is not sent again.
    let tag = plain.header("etag").to_owned();
    let named = door.send("GET /beacon.js?source=wiki", &[], "").await;
    assert_eq!(named.text, plain.text);
    let again = door
        .send("GET /beacon.js", &[("if-none-match", &*tag)], "")
        .await;
    assert_eq!((again.status, &*again.text), (304, ""));
    assert_eq!(again.header("cache-control"), "public, max-age=3600");
    for (takes, packed) in [
        ("gzip, deflate, br", true),
        ("br, GZIP;q=0.5", true),
        ("gzip;q=0", false),
        ("br", false),
    ] {
        let request = axum::http::Request::builder()
            .uri("/beacon.js")
            .header("accept-encoding", takes);
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let answer = tower::ServiceExt::oneshot(door.router(), request).await;
        let (head, body) = answer.expect("an answer").into_parts();
        let bytes = http_body_util::BodyExt::collect(body)
            .await
            .expect("a body");
        let bytes = bytes.to_bytes();
        let is_packed = head.headers.get("content-encoding").is_some();
        assert_eq!(is_packed, packed, "{takes}");
        assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), packed, "{takes}");
        assert!(!packed || bytes.len() < 2048, "{}", bytes.len());
        assert_ne!(packed, head.headers["etag"] == tag, "{takes}");
    }
    for (line, status) in [
        ("HEAD /beacon.js", 200),
        ("POST /beacon.js", 405),
        ("GET /beacon.js?source=open", 404),
        ("GET /beacon.js?source=zz", 404),
        ("GET /beacon.js?source=", 404),
    ] {
        let answer = door.send(line, &[], "").await;
        assert_eq!(answer.status, status, "{line}");
    }
    let (_folder, door) = fresh(ANOTHER);
    let which = door.send("GET /beacon.js", &[], "").await;
    assert_eq!(which.status, 400, "{which:?}");
    let docs = door.send("GET /beacon.js?source=docs", &[], "").await;
    assert!(docs.text.contains("\"source\":\"docs\""));
}

#[tokio::test]
async fn a_page_view_is_one_read_however_often_it_is_told() {
    let (_folder, door) = fresh("");
    let who = [("who", json!(token(MAIL)))];
    for seq in [1, 3, 2, 3] {
        let answer = send(&door, "POST /b", &[], &message(seq, &who)).await;
        assert_eq!((answer.status, &*answer.text), (204, ""), "{seq}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("set-cookie"), "");
    }
    // JSON by other means, and the source by its name.
    let json = [("content-type", "application/json")];
    let answer = send(&door, "POST /b?source=wiki", &json, &message(4, &who)).await;
    assert_eq!(answer.status, 204);
    let asked = send(&door, "OPTIONS /b", &[], "").await;
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-methods"), "POST");
    assert_eq!(asked.header("access-control-allow-headers"), "content-type");
    let spooled = door.taken().await;
    assert_eq!(spooled.requests, 5);
    let latest = spooled.reads.iter().max_by_key(|row| row.version);
    let latest = latest.expect("a read");
    assert!(spooled.reads.iter().all(|row| row.key == latest.key));
    assert_eq!(
        (&*latest.source, &*latest.target),
        ("wiki", "https://wiki.example.org/a")
    );
    assert_eq!(
        (latest.engaged_ms, latest.scroll_milli),
        (Some(4000), Some(400))
    );
    assert_eq!(
        (latest.at, &*latest.arrival, latest.bot),
        (NOW - 4000, "chat", false)
    );
    let person = door.keys.pseudonym(&readback::model::Identity::bare(MAIL));
    assert_eq!(latest.person, u128::from_be_bytes(person.0));
}

/// A request's line, headers and body; the status of the answer, and the field that it names.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);

#[tokio::test]
async fn what_is_no_message_is_refused_clearly() {
    let (_folder, door) = fresh(ANOTHER);
    let of = "POST /b?source=wiki";
    let good = message(1, &[]);
    let long = format!("{{\"pad\":\"{}\"}}", "x".repeat(8 << 10));
    let packed = [("content-encoding", "gzip")];
    let stranger = [("origin", "https://evil.example")];
    let cases: [Refused<'_>; 12] = [
        (of, &[], "", 400, ""),
        (of, &[], "zzmail.marker@people.example.org", 400, ""),
        (of, &[], "{\"pid\":\"zzaccount77\"}", 400, "seq"),
        (of, &[], &message(0, &[]), 400, "seq"),
        (
            of,
            &[],
            &message(1, &[("doc", json!("https://other.example.org/"))]),
            400,
            "doc",
        ),
        (of, &[], &long, 413, ""),
        (of, &packed, &good, 415, ""),
        (of, &stranger, &good, 403, ""),
        ("POST /b?source=docs", &[], &good, 403, ""),
        ("POST /b?source=zz", &[], &good, 404, ""),
        ("POST /b?source=open", &[], &good, 404, ""),
        ("POST /b", &[], &good, 400, ""),
    ];
    for (line, headers, body, status, field) in cases {
        let answer = send(&door, line, headers, body).await;
        assert_eq!(answer.status, status, "{line} {body} {answer:?}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{answer:?}");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|words| words.len() > 10)
        );
        if !field.is_empty() {
            assert_eq!(answer.refused(), [(0, field.to_owned())]);
        }
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{line}");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = send(&door, &format!("{method} /b"), &[], "").await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "POST"),
            "{method}"
        );
    }
    // Told by a number instead of the body, it is not even read.
    let unread = [("content-length", "9000000000")];
    assert_eq!(send(&door, of, &unread, "").await.status, 413);
    assert!(door.taken().await.reads.is_empty());
}

#[tokio::test]
async fn who_is_not_believed_or_asks_for_it_is_nobody_and_counted() {
    let (_folder, door) = fresh("");
    let hour = NOW / 1000;
    let gone = signed(&json!({ "aud": "wiki", "sub": MAIL, "exp": hour - 1 }));
    let others = signed(&json!({ "aud": "docs", "sub": MAIL, "exp": hour + 60 }));
    let valid = token(MAIL);
    let private = [("sec-gpc", "1")];
    let cases: [(&str, &[(&str, &str)]); 4] = [
        (&gone, &[]),
        (&others, &[]),
        ("zz", &[]),
        (&valid, &private),
    ];
    for (n, (who, headers)) in cases.into_iter().enumerate() {
        let more = [
            ("who", json!(who)),
            ("pid", json!(format!("a-page-view-{n}"))),
        ];
        let answer = send(&door, "POST /b", headers, &message(1, &more)).await;
        assert_eq!(answer.status, 204, "{who}");
    }
    let spooled = door.taken().await;
    assert_eq!(spooled.reads.len(), 4);
    assert!(spooled.reads.iter().all(|row| row.person == 0));
    let metrics = door.send("GET /metrics", &[], "").await.text;
    for (reason, n) in [
        ("token expired", 1),
        ("token not valid", 2),
        ("asked not to be known", 1),
    ] {
        let line = format!("readback_beacon_left_out_total{{reason=\"person: {reason}\"}} {n}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
    assert!(
        metrics.contains("readback_requests_total{route=\"/b\",status=\"204\"} 4"),
        "{metrics}"
    );
}

/// The whole way: pages tell the real program, and the report counts what they told.
#[test]
fn a_report_counts_what_pages_told() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let secret = home.file("secret", SECRET);
    home.file(
        "readback.toml",
        format!(
            "[privacy]\nk = 1\n[[source]]\nid = \"wiki\"\nkind = \"beacon\"\norigins = [{WIKI:?}]\n\
             secret_file = {secret:?}\n"
        ),
    );
    let checked = home.done(&["check", "--no-engine"]);
    assert!(
        checked
            .out
            .contains("pages of https://wiki.example.org load /beacon.js?source=wiki"),
        "{}",
        checked.out
    );
    let writeup = json!({
        "specversion": "1.0", "type": "org.readback.writeup.v1", "source": "tests", "id": "w",
        "time": "2026-01-01T00:00:00Z",
        "data": {
            "id": "INC-1", "title": "The queue", "url": "https://wiki.example.org/a",
            "published_at": "2026-01-01T00:00:00Z", "words": 100,
        },
    });
    let file = home.file("events.ndjson", writeup.to_string() + "\n");
    home.done(&["import", "events", &file]);
    let served = Served::start(&home, &[], &[]);
    // Two views, the first told three times, out of order; and a program's.
    for (pid, seq, agent) in [
        ("first-view", 3, BROWSER),
        ("first-view", 1, BROWSER),
        ("first-view", 3, BROWSER),
        ("another-view", 2, BROWSER),
        ("of-a-program", 1, "Googlebot/2.1"),
    ] {
        let body = message(seq, &[("pid", json!(pid)), ("ms", json!(seq * 10_000))]);
        let head = format!(
            "POST /b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: {WIKI}\r\n\
             User-Agent: {agent}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = served.connect();
        std::io::Write::write_all(&mut stream, head.as_bytes()).expect("a request");
        let answer = reply(stream);
        assert_eq!(answer.status, 204, "{answer:?}");
    }
    let since = std::time::Instant::now();
    while !served
        .get("/metrics")
        .text
        .contains("readback_loaded_rows_total 5\n")
    {
        assert!(since.elapsed() < PATIENCE, "{}", served.log());
    }
    let log = served.log();
    served.stop();
    assert!(
        !log.contains("Firefox") && !log.contains("Googlebot"),
        "{log}"
    );
    let out = home.path("report");
    home.done(&["report", "--out", &out.to_string_lossy()]);
    let summary = std::fs::read_to_string(out.join("summary.json")).expect("a summary");
    nobody_in("the summary", summary.as_bytes());
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let total = &summary["indicators"]["R1"]["results"]["total_reads"];
    assert_eq!(*total, 2, "{}", summary["indicators"]["R1"]);
    assert_eq!(summary["health"]["received"]["bot"], 1);
}

/// The block of the documentation that begins so.
fn recipe(fence: &str, first: &str) -> &'static str {
    let all = readback::sources::beacon::KIND.documentation;
    let fence = format!("```{fence}\n");
    let mut blocks = all.split(&fence).skip(1);
    let found = blocks.find(|block| block.starts_with(first));
    found
        .and_then(|block| block.split("```").next())
        .expect("a recipe")
}

/// What the recipes make is what the door reads.
fn is_sound(token: &str, person: &str) {
    let (text, signature) = token.trim().rsplit_once('.').expect("a token");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(text.as_bytes());
    let expected = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    assert_eq!(signature, expected, "{token}");
    let parts: Vec<Value> = text
        .split('.')
        .map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64"))
        .map(|bytes| serde_json::from_slice(&bytes).expect("JSON"))
        .collect();
    assert_eq!(parts[0]["alg"], "HS256");
    assert_eq!(
        (&parts[1]["aud"], &parts[1]["sub"]),
        (&json!("wiki"), &json!(person))
    );
    assert!(parts[1]["exp"].as_i64().is_some_and(|exp| exp > NOW / 1000));
}

#[test]
fn the_recipes_for_tokens_work() {
    let home = Home::new();
    let secret = home.file("secret", SECRET);
    let run = |program: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        let output = command.args(arguments).env("SECRET_FILE", &secret).output();
        let output = output.ok()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{program}: {}",
            text(&output.stderr)
        );
        Some(text(&output.stdout))
    };
    let has = |program: &str, flag: &str| {
        let asked = std::process::Command::new(program).arg(flag).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let mut tried = 0;
    if has("openssl", "version") {
        let script = home.file("mint.sh", recipe("sh", "b64()"));
        let made = run("sh", &[&script, MAIL]).expect("a shell");
        is_sound(&made, MAIL);
        tried += 1;
    }
    if has("node", "--version") {
        let module = recipe("js", "import crypto").replace("/run/secrets/readback-beacon", &secret);
        let more = format!(
            "console.log(mint({{ variables: {{ remote_user: {MAIL:?} }} }}));\n\
             if (mint({{ variables: {{}} }}) !== '') throw new Error('nobody has a token');\n"
        );
        let script = home.file("mint.mjs", format!("{module}{more}"));
        is_sound(&run("node", &[&script]).expect("node"), MAIL);
        tried += 1;
    }
    if tried < 2 {
        let words = "skipped: a recipe for tokens; openssl or node is missing";
        std::io::Write::write_all(&mut std::io::stdout(), words.as_bytes()).expect("stdout");
    }
}
