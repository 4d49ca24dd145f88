//! What is said of a write-up holds for the next request, whether it is loaded or not: what is checked, and
//! what is hidden.

use readback::web::Published;
use serde_json::{Value, json};

use super::door_registry::Desk;
use super::way::event;

/// Sends an event of a wiki of elsewhere, which says this of a write-up.
async fn wiki(desk: &Desk, token: &str, id: &str, time: &str, data: Value) {
    let line = event("writeup", &format!("{id} {time}"), id, time, data);
    let answer = desk.door.events(token, "application/x-ndjson", line).await;
    assert_eq!(answer.status, 202, "{answer:?}");
}

/// The ids that everybody sees.
async fn shown(desk: &Desk) -> Vec<String> {
    let summary = desk.door.send("GET /summary.json", &[], "").await.json();
    let all = summary["writeups"].as_array().expect("a list").iter();
    all.map(|one| one["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// One request after the other, as fast as answers come: each is checked against what was said before.
#[tokio::test]
async fn what_was_said_counts_for_the_next_one() {
    let Some(desk) = Desk::open("door_registry_next").await else {
        return;
    };
    desk.taken("/INC-1", json!({ "title": "A" })).await;
    desk.taken("/INC-2", json!({ "title": "B" })).await;
    desk.taken("/INC-1/retire", json!({ "at": "2025-04-01T00:00:00Z" }))
        .await;
    assert_eq!(
        desk.one("INC-1").await["deleted_at"],
        "2025-04-01T00:00:00Z"
    );
    desk.taken("/INC-1/retire", json!({ "undo": true })).await;
    desk.refused("/INC-1/retire", json!({ "undo": true }), 409, "not retired")
        .await;
    assert_eq!(desk.one("INC-1").await["deleted_at"], Value::Null);

    desk.taken("/INC-1", json!({ "aliases": ["a", "b"] })).await;
    desk.refused("/INC-2", json!({ "aliases": ["a"] }), 409, "INC-1")
        .await;
    desk.taken("/INC-1/unalias", json!({ "names": ["a"] }))
        .await;
    desk.refused("/INC-1/unalias", json!({ "names": ["a"] }), 400, "no name")
        .await;
    desk.taken("/INC-2", json!({ "aliases": ["a"] })).await;
    assert_eq!(desk.one("a").await["id"], "INC-2");

    desk.taken("/INC-1/merge", json!({ "into": "INC-2" })).await;
    desk.refused(
        "/INC-2/merge",
        json!({ "into": "INC-1" }),
        409,
        "is part of",
    )
    .await;
    desk.refused("/INC-1/retire", json!({}), 409, "INC-2").await;
    desk.taken("/INC-1/split", json!({})).await;
    desk.refused("/INC-1/split", json!({}), 409, "nothing to split")
        .await;

    // At once: one of two gets the name, one of two merges.
    let (one, two) = (json!({ "aliases": ["x"] }), json!({ "aliases": ["x"] }));
    let (one, two) = tokio::join!(desk.post("/INC-1", one), desk.post("/INC-2", two));
    let mut answered = [one.status, two.status];
    answered.sort_unstable();
    assert_eq!(answered, [202, 409]);
    let (one, two) = (json!({ "into": "INC-2" }), json!({ "into": "INC-1" }));
    let merges = tokio::join!(
        desk.post("/INC-1/merge", one),
        desk.post("/INC-2/merge", two)
    );
    let mut answered = [merges.0.status, merges.1.status];
    answered.sort_unstable();
    assert_eq!(answered, [202, 409]);
    let list = desk.get("").await.json();
    assert_eq!(list["writeups"].as_array().expect("a list").len(), 1);
}

/// An event of a wiki restricts what it names: pages hide it from the next request on, whether it is
/// loaded or not, and show it again when an event says so later.
#[tokio::test]
async fn what_an_event_restricts_is_hidden_at_once() {
    let Some(mut desk) = Desk::open("door_registry_hidden").await else {
        return;
    };
    desk.taken("/INC-1", json!({ "aliases": ["https://w.example.org/q"] }))
        .await;
    desk.one("INC-1").await;
    let link = json!({ "stands_in": "https://w.example.org/q" });
    let summary = json!({ "writeups": [
        { "id": "INC-1" }, { "id": "INC-2", "link_evidence": [link] }, { "id": "INC-3" },
    ] });
    desk.door.state.publish(Published::new(summary));
    assert_eq!(shown(&desk).await, ["INC-1", "INC-2", "INC-3"]);
    desk.halt().await;
    let token = desk.door.token(&["test"], &["writeup"]);
    let closed = json!({ "restricted": true });
    wiki(
        &desk,
        &token,
        "INC-1",
        "2026-03-01T00:00:00Z",
        closed.clone(),
    )
    .await;
    wiki(&desk, &token, "INC-3", "2026-03-01T00:00:00Z", closed).await;
    assert_eq!(shown(&desk).await, ["INC-2"]);
    // By its other names, too.
    let all = desk.door.send("GET /summary.json", &[], "").await;
    assert!(!all.text.contains("w.example.org"), "{all:?}");
    // What was said before changes nothing of it.
    let open = json!({ "restricted": false });
    wiki(&desk, &token, "INC-3", "2026-02-01T00:00:00Z", open.clone()).await;
    assert_eq!(shown(&desk).await, ["INC-2"]);
    wiki(&desk, &token, "INC-3", "2026-03-01T00:00:01Z", open).await;
    assert_eq!(shown(&desk).await, ["INC-2", "INC-3"]);
    // Who may not say it hides nothing.
    let other = desk.door.token(&["test"], &["read"]);
    let line = event(
        "writeup",
        "x",
        "INC-2",
        "2026-03-01T00:00:00Z",
        json!({ "restricted": true }),
    );
    let answer = desk.door.events(&other, "application/x-ndjson", line).await;
    assert_eq!(answer.status, 403);
    assert_eq!(shown(&desk).await, ["INC-2", "INC-3"]);
}
