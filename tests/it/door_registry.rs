//! `/v1/writeups` through the real router, loader and engine: who may, what is told, and that what is said
//! is one more event, which the next one knows.

use std::sync::Arc;

use readback::jobs::gate::Gate;
use readback::jobs::load::Loader;
use readback::spool::Dead;
use readback::web::Opened;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::doorway::{Answer, Doorway, NOW, open};
use super::ground::EAGER;
use super::shapes::validated;
use super::way::{Way, event};

/// The registry behind a door, with a loader at work.
pub(crate) struct Desk {
    _folder: tempfile::TempDir,
    way: Way,
    pub(crate) door: Doorway,
    token: String,
    stop: watch::Sender<bool>,
    loader: JoinHandle<()>,
}

impl Desk {
    pub(crate) async fn open(database: &str) -> Option<Desk> {
        let way = Way::fresh(database).await?;
        let folder = tempfile::tempdir().expect("a folder");
        let door = open(folder.path(), "", 1 << 30);
        let token = door.token(&["registry"], &["writeup"]);
        let opened = Opened::Open(Box::new(way.store.clone()), None);
        door.engine.send_replace(opened);
        let mut loader = Loader {
            store: way.store.clone(),
            owner: (way.keys.fingerprint(), 1),
            drain: Arc::clone(&door.drain),
            dead: Dead::new(&folder.path().join("dead"), 1 << 20),
            metrics: Arc::default(),
            engine: None,
            now: || NOW,
            pace: EAGER,
            gate: Gate::default(),
        };
        let (stop, mut stopping) = watch::channel(false);
        let told = door.load.clone();
        let loader = tokio::spawn(async move { loader.run(&told, &mut stopping).await });
        Some(Desk {
            _folder: folder,
            way,
            door,
            token,
            stop,
            loader,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, &body.to_string()).await
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", &*bearer)];
        let line = format!("{method} /v1/writeups{path}");
        self.door.send(&line, &headers, body.to_owned()).await
    }

    /// Says something that is taken.
    pub(crate) async fn taken(&self, path: &str, body: Value) {
        let answer = self.post(path, body).await;
        let told = json!({ "accepted": 1, "rejected": [] });
        assert_eq!((answer.status, answer.json()), (202, told), "{path}");
    }

    /// Says something that is refused with this status and these words.
    pub(crate) async fn refused(&self, path: &str, body: Value, status: u16, words: &str) {
        let answer = self.post(path, body.clone()).await;
        assert_eq!(answer.status, status, "{path} {body} {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let text = answer.text.replace("\\\"", "\"");
        assert!(text.contains(words), "{path} {body} {answer:?}");
    }

    /// Lets nothing be loaded any more.
    pub(crate) async fn halt(&mut self) {
        self.stop.send_replace(true);
        (&mut self.loader).await.expect("a loader");
    }

    pub(crate) async fn one(&self, id: &str) -> Value {
        let answer = self.get(&format!("/{id}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}

#[tokio::test]
async fn the_registry_is_told_and_added_to() {
    let Some(desk) = Desk::open("door_registry").await else {
        return;
    };
    let read = |id: &str, page: &str| {
        let data = json!({ "person": "zzmail.marker@people.example.org" });
        event("read", id, page, "2025-03-02T09:00:00Z", data)
    };
    desk.way
        .events(&[read("1", "page 1"), read("2", "page 2")])
        .await;
    let answer = desk.get("/unregistered").await.json();
    validated(&[("targets-listed.v1".to_owned(), answer.clone())]);
    assert_eq!(answer["total"], 2);
    assert_eq!(answer["targets"][0]["events"], json!({ "read": 1 }));

    let data = json!({
        "title": "Disk",
        "published_at": "2025-03-01T00:00:00Z",
        "aliases": ["page 1"],
        "contributors": ["zzmail.marker@people.example.org"],
        "marks": { "surprised": true, "unclear": null },
        "restricted": true,
    });
    desk.taken("/INC-1", data).await;
    desk.taken("/INC-2", json!({ "aliases": ["page 2"] })).await;
    // What is left out stays, that it is restricted before all.
    desk.taken("/INC-1", json!({ "words": 700, "title": "" }))
        .await;
    let one = desk.one("page%201").await;
    let seen = [&one["id"], &one["title"], &one["restricted"], &one["words"]];
    assert_eq!(
        seen,
        [&json!("INC-1"), &json!("Disk"), &json!(true), &json!(700)]
    );
    let few = "fewer than 4294967295";
    assert_eq!(one["people"]["contributors"], few);
    assert_eq!(one["marks"]["surprised"], true);
    assert_eq!(one["said_by"], json!({ "registry": 2 }));
    assert_eq!(one["descriptors"]["at_publication"]["words"], 700);
    assert_eq!(desk.get("/unregistered").await.json()["total"], 0);

    desk.taken("/INC-2/merge", json!({ "into": "INC-1" })).await;
    let list = desk.get("").await.json();
    validated(&[("writeups-listed.v1".to_owned(), list.clone())]);
    assert_eq!(list["writeups"].as_array().expect("a list").len(), 1);
    assert_eq!(desk.one("INC-2").await["merged_into"], "INC-1");
    assert_eq!(desk.one("INC-1").await["parts"], json!(["INC-2"]));
    assert_eq!(
        desk.post("/INC-1/merge", json!({ "into": "INC-2" }))
            .await
            .status,
        409
    );
    desk.taken("/INC-2/split", json!({})).await;
    assert_eq!(desk.one("INC-2").await["merged_into"], Value::Null);
    let since = json!([{ "alias": "page 2", "from": "2025-06-01T00:00:00Z" }]);
    desk.taken(
        "/INC-1",
        json!({ "alias_validity": since, "aliases": ["docs/*"] }),
    )
    .await;
    let one = desk.one("docs%2F7").await;
    assert_eq!(one["id"], "INC-1");
    let dated = json!({ "alias": "page 2", "from": "2025-06-01T00:00:00Z", "to": null });
    assert_eq!(one["alias_validity"], json!([dated]));
    // The address is INC-1's now and was INC-2's.
    assert_eq!(desk.one("page%202").await["id"], "INC-1");
    desk.taken("/INC-1/retire", json!({ "at": "2025-04-01T00:00:00Z" }))
        .await;
    assert_eq!(
        desk.one("INC-1").await["deleted_at"],
        "2025-04-01T00:00:00Z"
    );
}

/// Opened and closed at once, by two requests that know nothing of each other, in the same instant of the
/// clock: both stand, and the last word is the one that was said later.
#[tokio::test]
async fn the_last_word_is_what_was_said_later() {
    let Some(desk) = Desk::open("door_registry_race").await else {
        return;
    };
    desk.taken("/INC-1", json!({ "title": "A", "restricted": true }))
        .await;
    let closes = json!({ "restricted": true, "words": 700 });
    let opens = json!({ "restricted": false, "diagrams": 3 });
    for (first, second, closed) in [(&closes, &opens, false), (&opens, &closes, true)] {
        desk.taken("/INC-1", first.clone()).await;
        desk.taken("/INC-1", second.clone()).await;
        assert_eq!(desk.one("INC-1").await["restricted"], closed);
    }
    // At once: the stored time says which was later.
    for round in 0..8 {
        tokio::join!(
            desk.taken("/INC-1", opens.clone()),
            desk.taken("/INC-1", closes.clone())
        );
        desk.one("INC-1").await;
        let last = "SELECT toUInt64(argMax(restricted, at)) FROM landing_writeup FINAL";
        let times = "SELECT uniqExact(at) FROM landing_writeup FINAL";
        let rows = 7 + 2 * round;
        assert_eq!(desk.way.count(times).await, rows);
        let one = desk.one("INC-1").await;
        assert_eq!(one["restricted"], desk.way.count(last).await == 1);
        assert_eq!(one["said_by"], json!({ "registry": rows }));
        assert_eq!(
            (&one["words"], &one["title"]),
            (&json!(700), &json!("A")),
            "{one:#}"
        );
        assert_eq!(one["descriptors"]["latest"]["diagrams"], 3, "{one:#}");
    }
}

#[tokio::test]
async fn what_can_t_be_said_is_refused() {
    let Some(mut desk) = Desk::open("door_registry_refused").await else {
        return;
    };
    desk.taken(
        "/INC-1",
        json!({ "aliases": ["page 1"], "published_at": "2025-03-01T00:00:00Z" }),
    )
    .await;
    for (path, body, status, words) in [
        ("/INC-2", json!({ "words": -1 }), 400, "data.words"),
        (
            "/INC-2",
            json!({ "contributors": [7] }),
            400,
            "data.contributors",
        ),
        (
            "/INC-2",
            json!({ "marks": { "unclear": 3 } }),
            400,
            "data.marks",
        ),
        (
            "/INC-2",
            json!({ "alias_validity": [{ "from": "x" }] }),
            400,
            "data.alias_validity",
        ),
        ("/INC-2", json!({ "id": "INC-3" }), 400, "data.id"),
        ("/INC-2", json!({ "aliases": ["page 1"] }), 409, "INC-1"),
        ("/page%201", json!({}), 409, "INC-1"),
        ("/INC-2", json!([]), 400, "no JSON object"),
        ("/x%3Aretracted", json!({}), 400, "names no write-up"),
        (
            "/zzmail.marker%40people.example.org",
            json!({}),
            400,
            "mail address",
        ),
        ("/INC-1/merge", json!({}), 400, "into: missing"),
        (
            "/INC-1/merge",
            json!({ "into": "INC-9" }),
            404,
            "no write-up",
        ),
        (
            "/INC-1/merge",
            json!({ "into": "page 1" }),
            400,
            "same write-up",
        ),
        ("/INC-1/split", json!({}), 409, "nothing to split"),
        ("/INC-9/split", json!({}), 404, "no write-up"),
        ("/INC-1/retire", json!({ "at": "soon" }), 400, "RFC 3339"),
        (
            "/INC-1/retire",
            json!({ "at": "2025-01-01T00:00:00Z" }),
            422,
            "before",
        ),
        (
            "/INC-2",
            json!({ "titel": "x" }),
            422,
            "no field \"titel\"; valid are version, id, title",
        ),
        (
            "/INC-2",
            json!({ "marks": { "odd": true } }),
            422,
            "\"marks.odd\"; valid are surprised",
        ),
        (
            "/INC-2",
            json!({ "zzmail.marker@people.example.org": 1 }),
            422,
            "no field the text",
        ),
        (
            "/INC-1/merge",
            json!({ "onto": "INC-2" }),
            422,
            "valid are into",
        ),
        ("/INC-1/split", json!({ "into": "x" }), 422, "none here"),
        (
            "/INC-1/retire",
            json!({ "undo": "x" }),
            400,
            "true and false",
        ),
        ("/INC-1/retire", json!({ "undo": true }), 409, "not retired"),
        (
            "/INC-1/retire",
            json!({ "when": "x" }),
            422,
            "valid are at, undo",
        ),
        (
            "/INC-1/retire",
            json!({ "undo": true, "at": "2025-04-01T00:00:00Z" }),
            400,
            "leave one",
        ),
        (
            "/INC-1/retire",
            json!({ "at": "2027-01-01T00:00:00Z" }),
            422,
            "in the future",
        ),
        ("/INC-1/unalias", json!({}), 400, "one at least"),
        (
            "/INC-1/unalias",
            json!({ "names": [7] }),
            400,
            "one at least",
        ),
        (
            "/INC-1/unalias",
            json!({ "name": "page 1" }),
            422,
            "valid are names",
        ),
        (
            "/INC-1/unalias",
            json!({ "names": ["INC-1"] }),
            400,
            "its id",
        ),
        (
            "/INC-1/unalias",
            json!({ "names": ["zzmail.marker@people.example.org"] }),
            400,
            "no name of it",
        ),
        (
            "/INC-9/unalias",
            json!({ "names": ["x"] }),
            404,
            "no write-up",
        ),
        (
            "/INC-2",
            json!({ "aliases": ["ok", "h*"] }),
            422,
            "too much",
        ),
        ("/INC-2", json!({ "aliases": ["*"] }), 422, "empty"),
        ("/INC-2", json!({ "url": "https://*" }), 422, "too much"),
        (
            "/INC-2",
            json!({ "alias_validity": [{ "alias": "https://w.example.org/*" }] }),
            422,
            "at least one character of its path",
        ),
    ] {
        desk.refused(path, body, status, words).await;
    }
    let long = format!("{{\"title\": \"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(desk.ask("POST", "/INC-2", &long).await.status, 413);
    let deep = "[".repeat(100_000);
    assert_eq!(desk.ask("POST", "/INC-2", &deep).await.status, 400);
    assert_eq!(desk.ask("DELETE", "/INC-1", "").await.status, 405);
    assert_eq!(desk.get("/INC-9").await.status, 404);
    // Refusals leave nothing behind but that they were refused.
    desk.halt().await;
    assert!(desk.door.taken().await.writeups.is_empty());
}

#[tokio::test]
async fn only_tokens_of_the_registry_and_only_with_an_engine() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), "", 1 << 30);
    let good = door.token(&["registry"], &["writeup"]);
    let other = door.token(&["wiki"], &[]);
    let reads = door.token(&[], &["read"]);
    // One for every source was made for senders of events.
    let all = door.token(&[], &[]);
    for line in [
        "GET /v1/writeups",
        "GET /v1/writeups/unregistered",
        "GET /v1/writeups/INC-1",
        "POST /v1/writeups/INC-1",
        "POST /v1/writeups/INC-1/merge",
        "POST /v1/writeups/INC-1/split",
        "POST /v1/writeups/INC-1/retire",
        "POST /v1/writeups/INC-1/unalias",
    ] {
        // Where nobody signs in, a token is asked for.
        let answer = door.send(line, &[], "{}").await;
        assert_eq!(answer.status, 401, "{line}");
        let basic = [("authorization", "Basic eno6d3Jvbmc=")];
        let answer = door.send(line, &basic, "{}").await;
        assert_eq!(answer.status, 401, "{line}");
        for (token, status) in [(&other, 403), (&reads, 403), (&all, 403), (&good, 503)] {
            let bearer = format!("Bearer {token}");
            let answer = door.send(line, &[("authorization", &*bearer)], "{}").await;
            assert_eq!(answer.status, status, "{line} {answer:?}");
            if status == 503 {
                assert_eq!(answer.header("retry-after"), "5");
            }
        }
    }
}
