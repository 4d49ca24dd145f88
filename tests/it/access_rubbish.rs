//! What a scanner sends: every input of every route gets SQL, paths, headers, markup and rubbish.
//! Nothing comes back as markup, no header is added, nothing breaks.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use readback::config::Role;
use readback::web::access::{accounts, file};
use readback::web::{AppState, Published, router, routes};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::visitor::{Guarded, Visitor, apart, clock, field, header, unscripted};

const PASSWORD: &str = "correct horse battery";

/// Begins each piece of markup, so that it is known again.
const MARK: &str = "zzx7";

fn payloads() -> Vec<String> {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let pieces = [
        "' OR 1=1 --",
        "'; DROP TABLE events; --",
        "1) UNION ALL SELECT * FROM system.users FORMAT JSON --",
        "{x:String}",
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "/etc/passwd",
        "\u{0}",
        "%00",
        "\r\nX-Injected: zzx7",
        "zzx7\r\n\r\n<html>",
        "<script>zzx7</script>",
        "\"><svg onload=zzx7>",
        "'><img src=x onerror=zzx7>",
        "</title><zzx7>",
        "javascript:zzx7",
        "{{7*7}}{% zzx7 %}",
        "${jndi:ldap://zzx7}",
        "$(id)`id`|id;id",
        "()<>@,;:\\\"[]?={}",
        "\u{202e}\u{feff}\u{fffd}",
        "-1",
        "99999999999999999999",
        "NaN",
        &deep,
    ];
    let mut all: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    all.push("A".repeat(9000));
    all
}

/// Text as it can stand in a request's first line.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The same with as little as possible encoded.
fn barely(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            0..=b' ' | 127.. | b'#' => format!("%{byte:02X}"),
            other => char::from(other).to_string(),
        })
        .collect()
}

/// What must not be in any answer.
fn harmless(what: &str, reply: &super::served::Reply) {
    assert_ne!(reply.status, 500, "{what}: {reply:?}");
    if [400, 414, 431].contains(&reply.status) && reply.text.is_empty() {
        // This is no HTTP; nobody but its parser saw it.
        return;
    }
    assert!(
        header(reply, "x-injected").is_empty(),
        "{what}: {}",
        reply.head
    );
    assert_eq!(header(reply, "x-content-type-options"), "nosniff", "{what}");
    let kind = header(reply, "content-type");
    if kind.contains("json") {
        serde_json::from_str::<Value>(&reply.text).unwrap_or_else(|_| panic!("{what}: {reply:?}"));
        return;
    }
    let text = unscripted(&reply.text);
    for raw in ["<script", "<svg onload", "<img", "<zzx7", "onerror=zzx7>"] {
        assert!(!text.contains(raw), "{raw} after {what}: {reply:?}");
    }
    assert!(
        !reply.text.contains("49{%") && !reply.text.contains("root:x:"),
        "{what}"
    );
    let leads = [
        "href=\"javascript:",
        "src=\"javascript:",
        "action=\"javascript:",
    ];
    assert!(
        leads.iter().all(|lead| !reply.text.contains(lead)),
        "{what}"
    );
}

fn each_input(visitor: &mut Visitor, payload: &str) {
    let what: String = payload.chars().take(40).collect();
    for text in [encoded(payload), barely(payload)] {
        for (path, _) in routes() {
            let address = match path.split_once('{') {
                Some((before, _)) => format!("{before}{text}"),
                None => path.to_owned(),
            };
            let with_query = format!(
                "{path}?q={text}&sort={text}&page={text}&next={text}&code={text}&state={text}&error={text}",
                path = address.split('?').next().unwrap_or_default()
            );
            for address in [address, with_query] {
                let reply = visitor.get(&address);
                harmless(&format!("GET {path} {what}"), &reply);
            }
        }
        harmless(&format!("GET /{what}"), &visitor.get(&format!("/{text}")));
    }
}

fn each_body(visitor: &mut Visitor, payload: &str, token: &str) {
    let what: String = payload.chars().take(40).collect();
    let page = visitor.anew().get("/signin");
    for (form, account, password, next) in [
        (payload, payload, payload, payload),
        (&*field(&page.text, "form"), payload, "x", payload),
    ] {
        let fields = [
            ("form", form),
            ("account", account),
            ("password", password),
            ("next", next),
        ];
        harmless(
            &format!("POST /signin {what}"),
            &visitor.anew().send("/signin", &fields),
        );
        harmless(
            &format!("POST /signout {what}"),
            &visitor.send("/signout", &fields),
        );
    }
    let event = json!({
        "specversion": "1.0", "type": "org.readback.writeup.v1", "source": payload, "id": payload,
        "subject": payload, "time": payload,
        "data": { "id": payload, "title": payload, "url": payload, "tags": [payload], "owner_team": payload },
    });
    let deep = format!(
        "{{\"a\":{}1{}}}",
        "{\"b\":".repeat(20_000),
        "}".repeat(20_000)
    );
    for (path, body) in [
        ("/v1/events", event.to_string()),
        ("/v1/events", payload.to_owned()),
        ("/v1/events", deep.clone()),
        ("/v1/hooks/beacon", payload.to_owned()),
        (
            "/xapi/statements",
            json!([{ "actor": payload, "verb": payload, "object": payload }]).to_string(),
        ),
        ("/xapi/statements", deep),
    ] {
        for media in [
            "application/json",
            "application/cloudevents+json",
            "text/html",
        ] {
            let head = format!("Authorization: Bearer {token}\r\nContent-Type: {media}\r\n");
            let reply = visitor.ask("POST", path, &head, body.as_bytes());
            harmless(&format!("POST {path} {media} {what}"), &reply);
        }
    }
}

fn each_header(visitor: &mut Visitor, payload: &str) {
    // What can't stand in a header is for the parser of HTTP alone.
    if payload.bytes().any(|byte| !(b' '..=126).contains(&byte)) || payload.len() > 8000 {
        return;
    }
    for name in [
        "Authorization",
        "Cookie",
        "Origin",
        "Referer",
        "User-Agent",
        "Accept",
        "If-None-Match",
        "X-Forwarded-User",
        "X-Forwarded-Groups",
        "X-Forwarded-For",
        "Sec-Fetch-Site",
        "Host",
    ] {
        let head = format!("{name}: {payload}\r\n");
        for path in [
            "/",
            "/writeups",
            "/signin",
            "/summary.json",
            "/metrics",
            "/nowhere",
        ] {
            let reply = visitor.anew().ask("GET", path, &head, b"");
            if reply.status != 400 {
                harmless(&format!("{name} {path} {payload}"), &reply);
            }
        }
    }
}

#[tokio::test]
async fn every_input_takes_everything() {
    for file_of_mode in ["", "[access]\nmode = \"password\"\n"] {
        let guarded = Guarded::start(file_of_mode, clock).await;
        let path = file(guarded.folder.path());
        let made = accounts::add(&path, "vera", PASSWORD, (Role::Admin, false), String::new());
        made.expect("an account");
        let token = guarded.door.token(&[], &[]);
        let mut visitor = guarded.visitor();
        apart(move || {
            if !file_of_mode.is_empty() {
                assert_eq!(visitor.sign_in("vera", PASSWORD).status, 303);
            }
            for payload in payloads() {
                each_input(&mut visitor, &payload);
                each_header(&mut visitor, &payload);
                if !file_of_mode.is_empty() {
                    each_body(&mut visitor, &payload, &token);
                }
            }
            // It is still there, and so is whoever was signed in.
            assert_eq!(visitor.get("/writeups").status, 200);
        })
        .await;
    }
}

/// A summary whose every text is markup.
fn hostile(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("https://readback.dev/") => {}
        Value::String(text) if text.len() == 10 || text.len() == 20 && text.ends_with('Z') => {}
        Value::String(text) => {
            *text = format!("\"'><svg onload={MARK}><script>{MARK}</script>{text}")
        }
        Value::Array(list) => list.iter_mut().for_each(hostile),
        Value::Object(map) => map.values_mut().for_each(hostile),
        _ => {}
    }
}

#[tokio::test]
async fn what_stands_in_titles_and_addresses_stays_text() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/pages/small.json"
    );
    let text = std::fs::read_to_string(path).expect("a summary");
    let mut summary: Value = serde_json::from_str(&text).expect("JSON");
    let list = summary["writeups"].as_array_mut().expect("write-ups");
    let mut ids = Vec::new();
    for (n, writeup) in (0..).zip(list.iter_mut()) {
        let keep = writeup["published_at"].clone();
        hostile(writeup);
        writeup["published_at"] = keep;
        writeup["url"] = json!(
            [
                "javascript:zzx7",
                "data:text/html,<script>zzx7</script>",
                "//zzx7"
            ][n % 3]
        );
        writeup["restricted"] = json!(n % 2 == 0);
        ids.push(writeup["id"].as_str().expect("an id").to_owned());
    }
    summary["reviews"]
        .as_array_mut()
        .expect("reviews")
        .iter_mut()
        .for_each(|review| {
            review["title"] = json!(format!("</td><svg onload={MARK}>"));
        });
    summary["organisation"]["name"] = json!(format!("<script>{MARK}</script>"));
    let app = router(AppState::new(Published::new(summary)));
    let mut paths: Vec<String> = [
        "/",
        "/writeups",
        "/reviews",
        "/definitions",
        "/definitions/L1",
        "/nowhere",
    ]
    .map(str::to_owned)
    .into();
    paths.extend(ids.iter().map(|id| format!("/writeups/{}", encoded(id))));
    for name in ["l1-read-curve", "a1-by-quarter", "l4-still-read"] {
        paths.push(format!("/charts/{name}.svg"));
    }
    for path in paths {
        let request = Request::get(&path).body(Body::empty()).expect("a request");
        let (head, body) = app
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
            .into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let text = unscripted(&String::from_utf8_lossy(&body));
        assert_ne!(head.status.as_u16(), 500, "{path}");
        for raw in [
            "<script",
            "<svg onload",
            "href=\"javascript:",
            "href=\"data:",
            "href=\"//",
        ] {
            assert!(!text.contains(raw), "{raw} on {path}");
        }
    }
}
