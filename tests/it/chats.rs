//! Chats at the door: Slack's challenge and signatures, Mattermost's token, Teams' HMAC, lines of others.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use readback::sources::KnownWriteup;
use serde_json::{Value, json};

use super::doorway::{ACCOUNT, Answer, Doorway, NAME, NOW, nobody_in, open};
use super::forges::{hex, mac};

const SIGNING: &str = "slack's own";
const TOKEN: &str = "mattermost's own";
const KEY: [u8; 32] = [9; 32];
const PAGE: &str = "https://wiki.example.org/orders";

fn door(folder: &Path) -> Doorway {
    let source =
        |id: &str, more: &str| format!("[[source]]\nid = \"{id}\"\nkind = \"chat\"\n{more}\n");
    let secret =
        |system: &str, secret: &str| format!("system = \"{system}\"\nsecret = \"{secret}\"");
    let sources = [
        source("slack", &secret("slack", SIGNING)),
        source("most", &secret("mattermost", TOKEN)),
        source("teams", &secret("teams", &STANDARD.encode(KEY))),
        source("irc", ""),
    ];
    let door = open(folder, &sources.concat(), 1 << 30);
    let writeup = KnownWriteup {
        id: "w1".to_owned(),
        title: None,
        aliases: vec![PAGE.to_owned(), "INC-12".to_owned()],
    };
    door.hooks
        .know(&[writeup])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    door
}

/// Delivers as Slack does, signed so many seconds ago.
async fn slack(door: &Doorway, age: i64, body: &Value) -> Answer {
    let body = body.to_string();
    let time = (NOW / 1000 - age).to_string();
    let digest = mac(
        SIGNING.as_bytes(),
        &[b"v0:", time.as_bytes(), b":", body.as_bytes()],
    );
    let signature = format!("v0={}", hex(&digest));
    let headers = [
        ("content-type", "application/json"),
        ("x-slack-signature", &*signature),
        ("x-slack-request-timestamp", &*time),
    ];
    door.send("POST /v1/hooks/slack", &headers, body).await
}

fn event(id: &str, event: Value) -> Value {
    json!({ "type": "event_callback", "event_id": id, "event": event })
}

#[tokio::test]
async fn slack_is_answered_and_its_links_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    let answer = slack(
        &door,
        0,
        &json!({ "type": "url_verification", "challenge": "3eZbrw1a" }),
    )
    .await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "challenge": "3eZbrw1a" }))
    );

    let shared = json!({ "type": "link_shared", "channel": "C1", "user": ACCOUNT, "message_ts": "1772440000.000100",
        "links": [{ "domain": "wiki.example.org", "url": PAGE }, { "domain": "x.org", "url": "https://x.org" }] });
    assert_eq!(
        slack(&door, 0, &event("Ev1", shared.clone())).await.json()["accepted"],
        1
    );
    // Again, with another signature, and too late.
    let again = slack(&door, 7, &event("Ev1", shared.clone())).await;
    assert_eq!(
        (again.status, &again.json()["repeated"]),
        (202, &json!(true))
    );
    for age in [301, -301] {
        assert_eq!(
            slack(&door, age, &event("Ev2", shared.clone()))
                .await
                .status,
            401
        );
    }
    // The same message with its text is the same link.
    let said = json!({ "type": "message", "channel": "C1", "user": ACCOUNT, "ts": "1772440000.000100",
        "text": format!("<{PAGE}|read> what {NAME} wrote") });
    assert_eq!(
        slack(&door, 0, &event("Ev3", said.clone())).await.json()["accepted"],
        1
    );
    // One that is being written, one about something else, one that Slack wrote.
    let mut composer = shared;
    composer["source"] = json!("composer");
    let joined = json!({ "type": "message", "subtype": "channel_join", "channel": "C1", "user": ACCOUNT, "ts": "1772440001.000100" });
    for (left, reason) in [
        (composer, "link in a message that is not sent yet"),
        (joined, "message that Slack wrote"),
    ] {
        let told = slack(&door, 0, &event("Ev4", left)).await.json();
        assert_eq!(told["left_out"][reason], 1, "{told}");
    }
    // Deleted.
    let deleted = json!({ "type": "message", "subtype": "message_deleted", "channel": "C1",
        "ts": "1772440600.000100", "previous_message": said });
    assert_eq!(
        slack(&door, 0, &event("Ev5", deleted)).await.json()["accepted"],
        1
    );
    // A bot is described as one.
    let bot = json!({ "type": "message", "subtype": "bot_message", "channel": "C2", "bot_id": "B7",
        "ts": "1772440700.000100", "text": "INC-12 is published" });
    assert_eq!(
        slack(&door, 0, &event("Ev6", bot)).await.json()["accepted"],
        2
    );

    let taken = door.taken().await;
    let keys: std::collections::BTreeSet<u64> = taken.links.iter().map(|row| row.key).collect();
    assert_eq!(
        (taken.links.len(), keys.len(), taken.people.len()),
        (4, 2, 1)
    );
    assert!(taken.links.iter().all(|row| row.target == "w1"));
    let spooled = std::fs::read_dir(folder.path().join("spool")).expect("a folder");
    for file in spooled {
        let bytes = std::fs::read(file.expect("a file").path()).expect("a file");
        nobody_in("the spool", &bytes);
    }
}

#[tokio::test]
async fn mattermost_brings_its_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    let post = |token: &str| {
        json!({ "token": token, "channel_id": "c1", "post_id": "p1", "timestamp": 1_772_440_000_123_i64,
            "user_id": ACCOUNT, "user_name": "ada", "text": format!("{PAGE} by {NAME}"), "trigger_word": "" })
    };
    let json = [("content-type", "application/json")];
    let path = "POST /v1/hooks/most";
    for wrong in ["", "another", "mattermost's ow"] {
        assert_eq!(
            door.send(path, &json, post(wrong).to_string()).await.status,
            401
        );
    }
    assert_eq!(door.send(path, &json, "nonsense").await.status, 401);
    let answer = door.send(path, &json, post(TOKEN).to_string()).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    // As a form, which counts in seconds: it is the same message.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let fields = format!(
        "token=mattermost%27s+own&channel_id=c1&post_id=p1&timestamp=1772440000&user_id={ACCOUNT}&text=INC-12"
    );
    assert_eq!(door.send(path, &form, fields).await.status, 200);
    let taken = door.taken().await;
    assert_eq!(taken.links.len(), 2);
    assert_eq!(taken.links[0].key, taken.links[1].key);
}

#[tokio::test]
async fn teams_signs_in_a_header_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    let body = json!({ "type": "message", "id": "1485983408511", "timestamp": "2026-03-02T09:00:00.000Z",
        "from": { "id": "29:1XJ", "name": NAME, "aadObjectId": ACCOUNT },
        "conversation": { "id": "19:253b@thread.skype;messageid=1485983194839" },
        "text": "<at>Readback</at> our write-up",
        "attachments": [{ "contentType": "text/html", "content": format!("<a href=\"{PAGE}\">our write-up</a>") }] })
    .to_string();
    let signature = format!("HMAC {}", STANDARD.encode(mac(&KEY, &[body.as_bytes()])));
    let path = "POST /v1/hooks/teams";
    for (header, body, status) in [
        (&*signature, body.clone(), 200),
        (&*signature, format!("{body} "), 401),
        (&signature[5..], body.clone(), 401),
        ("Bearer x", body.clone(), 401),
        ("HMAC ?", body.clone(), 401),
    ] {
        let answer = door.send(path, &[("authorization", header)], body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 200 {
            assert_eq!(answer.json()["type"], "message");
        }
    }
    let taken = door.taken().await;
    assert_eq!(taken.links.len(), 1);
    assert_eq!(taken.links[0].at, 1_772_442_000_000);
}

#[tokio::test]
async fn lines_come_with_a_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    let line = json!({ "time": "2026-03-02T09:00:00Z", "channel": "general", "text": "INC-12", "person": ACCOUNT, "id": "1" });
    let lines = format!("{line}\n{{\"time\":\"2026-03-02T09:00:00Z\"}}\n");
    let path = "POST /v1/hooks/irc";
    assert_eq!(door.send(path, &[], lines.clone()).await.status, 401);
    let bearer = format!("Bearer {}", door.token(&["irc"], &[]));
    let answer = door.send(path, &[("authorization", &*bearer)], lines).await;
    assert_eq!(
        (answer.status, &answer.json()["accepted"]),
        (202, &json!(1)),
        "{answer:?}"
    );
    assert_eq!(answer.refused().len(), 1);
}

#[test]
fn a_system_needs_its_secret() {
    let build = readback::sources::find("chat")
        .and_then(|kind| kind.push)
        .expect("a kind");
    let setting = readback::sources::Setting {
        source: "a".to_owned(),
        vocabulary: readback::model::Vocabulary::default(),
        timezone: chrono_tz::UTC,
        writeups: Vec::new(),
    };
    for (params, words) in [
        ("system = \"slack\"", "belong together"),
        ("secret = \"x\"", "belong together"),
        ("system = \"irc\"\nsecret = \"x\"", "unknown variant `irc`"),
        ("system = \"teams\"\nsecret = \"no base64!\"", "base64"),
    ] {
        let refused = build(params.parse().expect("TOML"), &setting)
            .err()
            .expect(params);
        assert!(refused.to_string().contains(words), "{refused}");
    }
}
