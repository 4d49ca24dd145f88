//! What the door tells of itself: the OpenAPI document, the schemas of events, metrics, and whether
//! each part does its work.

use std::sync::atomic::Ordering;

use readback::engine::{self, Endpoint, Password};
use readback::jobs::load::LoadState;
use readback::model::EventKind;
use readback::store::Store;
use readback::summary::shapes;
use readback::web::{Opened, Published};
use serde_json::{Value, json};

use super::doorway::{Answer, Doorway, open, read};

/// Every address for programs and the methods that it takes.
const ROUTES: [(&str, &[&str]); 34] = [
    ("/v1/events", &["post"]),
    ("/v1/hooks/{source}", &["post"]),
    ("/v1/writeups", &["get"]),
    ("/v1/writeups/unregistered", &["get"]),
    ("/v1/writeups/{id}", &["get", "post"]),
    ("/v1/writeups/{id}/merge", &["post"]),
    ("/v1/writeups/{id}/split", &["post"]),
    ("/v1/writeups/{id}/retire", &["post"]),
    ("/v1/writeups/{id}/unalias", &["post"]),
    ("/v1/imports/{kind}", &["post"]),
    ("/xapi/statements", &["post", "put"]),
    ("/xapi/about", &["get"]),
    ("/beacon.js", &["get"]),
    ("/b", &["post"]),
    ("/v1/schemas", &["get"]),
    ("/v1/schemas/{name}", &["get"]),
    ("/openapi.json", &["get"]),
    ("/healthz", &["get"]),
    ("/readyz", &["get"]),
    ("/readyz/{part}", &["get"]),
    ("/metrics", &["get"]),
    ("/summary.json", &["get"]),
    ("/api/v1", &["get"]),
    ("/api/v1/summary", &["get"]),
    ("/api/v1/indicators", &["get"]),
    ("/api/v1/indicators/{code}", &["get"]),
    ("/api/v1/numbers", &["get"]),
    ("/api/v1/series", &["get"]),
    ("/api/v1/writeups", &["get"]),
    ("/api/v1/writeups/{id}", &["get"]),
    ("/api/v1/reviews", &["get"]),
    ("/api/v1/slices", &["get"]),
    ("/api/v1/slices/{by}/{name}", &["get"]),
    ("/api/v1/health", &["get"]),
];

fn fresh(spool_bytes: u64) -> (tempfile::TempDir, Doorway) {
    let folder = tempfile::tempdir().expect("a folder");
    let sources = "[[source]]\nid = \"beacon\"\nkind = \"events\"\n[[source]]\nid = \"pages\"\n\
                   kind = \"beacon\"\norigins = [\"https://wiki.example.org\"]\n";
    let door = open(folder.path(), sources, spool_bytes);
    (folder, door)
}

fn published() -> Published {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/pages/full.json"
    );
    let text = std::fs::read_to_string(path).expect("a summary");
    Published::new(serde_json::from_str(&text).expect("JSON"))
}

async fn get(door: &Doorway, path: &str) -> Answer {
    door.send(&format!("GET {path}"), &[], "").await
}

#[tokio::test]
async fn the_document_tells_every_address_and_each_is_there() {
    let (_folder, door) = fresh(1 << 30);
    door.state.publish(published());
    let document = get(&door, "/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().expect("paths");
    let told: Vec<(&str, Vec<&str>)> = paths
        .iter()
        .map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            let methods = methods
                .map(String::as_str)
                .filter(|name| *name != "parameters");
            (path.as_str(), methods.collect())
        })
        .collect();
    let expected: Vec<_> = ROUTES
        .map(|(path, methods)| (path, methods.to_vec()))
        .into();
    assert_eq!(told, expected);
    for (path, methods) in ROUTES {
        let address = path
            .replace("slices/{by}/{name}", "slices/team/payments")
            .replace("/api/v1/writeups/{id}", "/api/v1/writeups/INC-1400")
            .replace("{code}", "R3")
            .replace("{source}", "beacon")
            .replace("{id}", "INC-1")
            .replace("{name}", "cloudevent")
            .replace("{part}", "door");
        for method in methods {
            let operation = &paths[path][*method];
            let answers = operation["responses"].as_object().expect("answers");
            let line = format!("{} {address}", method.to_uppercase());
            let asks = operation["security"].as_array().is_some();
            // Whoever sits at this machine needs no token for some.
            let elsewhere = [("x-forwarded-for", "192.0.2.1")];
            let from = if asks { &elsewhere[..] } else { &[] };
            let answer = door.send(&line, from, "").await;
            // Each answer is among those that the document tells.
            assert!(
                answers.contains_key(&answer.status.to_string()),
                "{line} {answer:?}"
            );
            assert_ne!(answer.status, 404, "{line}");
            assert_eq!(answer.status == 401, asks, "{line}");
        }
    }
    let hook = &paths["/v1/hooks/{source}"]["post"]["security"];
    assert!(
        hook.as_array().expect("ways").contains(&json!({})),
        "{hook}"
    );
}

#[tokio::test]
async fn schemas_have_their_addresses() {
    let (_folder, door) = fresh(1 << 30);
    let listed = get(&door, "/v1/schemas").await.json();
    let listed = listed["schemas"].as_array().expect("a list").clone();
    // Envelope and kinds of events; summary, explanation and noise; what commands and addresses answer.
    let out = 3 + shapes::all().expect("schemas").len();
    assert_eq!(listed.len(), EventKind::ALL.len() + 1 + out);
    for one in &listed {
        let address = one["address"].as_str().expect("an address");
        let answer = get(&door, address).await;
        assert_eq!(
            (answer.status, &answer.json()["$id"]),
            (200, &one["address"])
        );
        let short = address.strip_suffix(".json").expect("an ending");
        assert_eq!(get(&door, short).await.text, answer.text);
        let tag = answer.header("etag").to_owned();
        let again = door
            .send(&format!("GET {address}"), &[("if-none-match", &tag)], "")
            .await;
        assert_eq!((again.status, &*again.text), (304, ""));
    }
    let answer = get(&door, "/v1/schemas/org.readback.view.v1").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("org.readback.read.v1"), "{answer:?}");
}

/// Each part's word, and that of all of them.
async fn ready(door: &Doorway) -> (u16, Value) {
    let answer = get(door, "/readyz").await;
    let all = answer.json();
    for part in ["door", "engine", "load", "jobs", "pages"] {
        let one = get(door, &format!("/readyz/{part}")).await;
        assert_eq!(one.json(), all["parts"][part], "{part}");
        let status = if one.json()["ok"] == true { 200 } else { 503 };
        assert_eq!(one.status, status, "{part}");
    }
    assert_eq!(all["ready"] == true, answer.status == 200);
    (answer.status, all["parts"].clone())
}

#[tokio::test]
async fn every_part_says_what_keeps_it() {
    let (_folder, door) = fresh(1 << 16);
    let token = door.token(&[], &[]);
    assert_eq!(get(&door, "/healthz").await.text, "ok\n");

    let (status, parts) = ready(&door).await;
    assert_eq!(status, 503);
    assert_eq!(parts["door"], json!({ "ok": true }));
    assert_eq!(parts["engine"]["why"], "starting");
    assert_eq!(parts["pages"]["why"], "nothing has been computed yet");
    assert_eq!(parts["spool"]["limit"], 1 << 16);
    assert_eq!(get(&door, "/summary.json").await.status, 503);

    door.engine
        .send_replace(Opened::Waiting("the library is missing".to_owned()));
    door.load
        .send_modify(|state: &mut LoadState| state.trouble = Some("no room".to_owned()));
    door.state.publish(published());
    let (_, parts) = ready(&door).await;
    assert_eq!(parts["engine"]["why"], "the library is missing");
    assert_eq!(parts["load"]["why"], "no room");
    assert_eq!(parts["pages"], json!({ "ok": true }));

    // The last time counts, for each source; which one it is stands in the log alone.
    door.parts.scanned("zzwiki", false);
    door.parts.scanned("handbook", true);
    door.parts.computed(false);
    let (_, parts) = ready(&door).await;
    let why = "a source could not be scanned; the log says which";
    assert_eq!(parts["jobs"]["why"], why);
    assert_eq!(parts["pages"]["why"], "the last computation failed");
    door.parts.scanned("zzwiki", true);
    door.parts.computed(true);
    let (_, parts) = ready(&door).await;
    assert_eq!(parts["jobs"], json!({ "ok": true }));
    assert_eq!(parts["pages"], json!({ "ok": true }));

    // Nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = Endpoint::Remote {
        url: format!("http://{}", listener.local_addr().expect("an address")),
        user: "zzaccount77".to_owned(),
        password: Password::new("zzsecret"),
    };
    drop(listener);
    let store = Store::new(engine::client(&endpoint), "readback");
    door.engine
        .send_replace(Opened::Open(Box::new(store), None));
    door.load.send_replace(LoadState::default());
    let (_, parts) = ready(&door).await;
    assert_eq!(parts["engine"]["ok"], false, "{parts}");
    assert_eq!(parts["load"], json!({ "ok": true }));
    assert!(
        get(&door, "/metrics")
            .await
            .text
            .contains("readback_engine_up 0")
    );

    let event = read("1", "a").to_string();
    while door
        .events(&token, "application/json", event.clone())
        .await
        .status
        == 202
    {}
    let (_, parts) = ready(&door).await;
    assert_eq!(parts["door"]["why"], "the spool is full");
    door.taken().await;
    assert_eq!(ready(&door).await.1["door"]["ok"], true);
    door.parts.stopping.store(true, Ordering::Relaxed);
    assert_eq!(ready(&door).await.1["door"]["why"], "stopping");
    assert_eq!(get(&door, "/healthz").await.status, 200);

    let answer = get(&door, "/readyz/cellar").await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.text.contains("door, engine, load, jobs, pages"),
        "{answer:?}"
    );
}

/// Pages alone have no door: who sends there is told so.
#[tokio::test]
async fn pages_alone_take_nothing() {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    let state = readback::web::AppState::new(published());
    let router = readback::web::router(state);
    for (line, status) in [
        ("POST /v1/events", 404),
        ("POST /v1/hooks/beacon", 404),
        ("PUT /xapi/statements", 404),
        ("GET /metrics", 404),
        ("GET /readyz", 200),
        ("GET /readyz/door", 200),
        ("GET /healthz", 200),
        ("GET /v1/schemas", 200),
    ] {
        let (method, path) = line.split_once(' ').expect("two words");
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::from("{}")).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status().as_u16(), status, "{line}");
    }
}
