//! Change notifications of Microsoft Graph: its challenge, the secret that it brings along, and that they
//! lead to a pull.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::time::Instant;

use serde_json::{Value, json};

use super::binary::Home;
use super::doorway::{Answer, Doorway, open};
use super::outlook::{Tenant, meeting};
use super::served::{PATIENCE, Served};

const STATE: &str = "It's a Secret to Everybody";
const SOURCES: &str = "[[source]]\nid = \"outlook\"\nkind = \"microsoft-calendar\"\ntenant = \"t1\"\n\
    client_id = \"c1\"\nmailboxes = [\"reviews@example.org\"]\nsecret = \"It's a Secret to Everybody\"\n\
    [[source]]\nid = \"open\"\nkind = \"microsoft-calendar\"\ntenant = \"t1\"\nclient_id = \"c1\"\n\
    mailboxes = [\"reviews@example.org\"]\n\
    [[source]]\nid = \"gh\"\nkind = \"github\"\nsecret = \"It's a Secret to Everybody\"\n";

/// Knocks as Graph does.
async fn challenge(door: &Doorway, source: &str, query: &str, body: &'static str) -> Answer {
    let line = format!("POST /v1/hooks/{source}?{query}");
    door.send(
        &line,
        &[("content-type", "text/plain; charset=utf-8")],
        body,
    )
    .await
}

async fn tell(door: &Doorway, source: &str, body: &Value) -> Answer {
    let line = format!("POST /v1/hooks/{source}");
    let headers = [("content-type", "application/json")];
    door.send(&line, &headers, body.to_string()).await
}

fn notice(state: &str) -> Value {
    json!({ "subscriptionId": "s", "clientState": state, "changeType": "updated",
        "resource": "Users/zz/Events/AAMk" })
}

#[tokio::test]
async fn a_challenge_is_answered_with_its_own_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), SOURCES, 1 << 30);
    door.hooks
        .know(&[])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    let query = "validationToken=Validation%3A+Testing%20client%3Cb%3E%2B%C3%A9";
    let answer = challenge(&door, "outlook", query, "").await;
    assert_eq!(
        (answer.status, &*answer.text),
        (200, "Validation: Testing client<b>+é")
    );
    assert_eq!(answer.header("content-type"), "text/plain");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let long = format!("validationToken={}", "a".repeat(2_049));
    for (source, query, body) in [
        // Something is told beside it, or nothing is asked.
        ("outlook", query, "{}"),
        ("outlook", "validationToken=a%0Ab", ""),
        ("outlook", &*long, ""),
        ("outlook", "", ""),
        ("outlook", "token=a", ""),
        // A source without a secret could not tell Graph from others, and others send no such thing.
        ("open", query, ""),
        ("gh", query, ""),
    ] {
        let answer = challenge(&door, source, query, body).await;
        assert!(
            (400..500).contains(&answer.status),
            "{source} {query:.40}: {answer:?}"
        );
        assert!(!answer.text.contains("Testing"), "{answer:?}");
    }
    assert_eq!(door.taken().await.requests, 0);
}

#[tokio::test]
async fn only_who_brings_the_secret_is_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), SOURCES, 1 << 30);
    door.hooks
        .know(&[])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    for value in [
        json!([notice("a guess")]),
        json!([notice(STATE), notice("")]),
        json!([{ "subscriptionId": "s", "changeType": "updated" }]),
        json!([{ "clientState": null, "lifecycleEvent": "missed" }]),
    ] {
        let answer = tell(&door, "outlook", &json!({ "value": value })).await;
        assert_eq!(answer.status, 401, "{value}");
    }
    for body in [
        json!({}),
        json!({ "value": [] }),
        json!({ "value": "zz" }),
        json!([1]),
    ] {
        assert_eq!(tell(&door, "outlook", &body).await.status, 400, "{body}");
    }
    // Nothing of this asked for a pull: only what comes now does.
    let body = json!({ "value": [notice(STATE)] });
    assert_eq!(tell(&door, "open", &body).await.status, 401);
    for _ in 0..2 {
        let answer = tell(&door, "outlook", &body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    assert_eq!(
        door.hooks.asked().await,
        BTreeSet::from(["outlook".to_owned()])
    );
    let more = tokio::time::timeout(std::time::Duration::ZERO, door.hooks.asked()).await;
    assert!(more.is_err(), "it is pulled once");
    let life =
        json!({ "value": [{ "clientState": STATE, "lifecycleEvent": "reauthorizationRequired" }] });
    assert_eq!(tell(&door, "outlook", &life).await.status, 202);
    assert_eq!(door.hooks.asked().await.len(), 1);
    assert_eq!(door.taken().await.requests, 0);
}

/// The real program: what Graph tells of is asked for at once, long before its turn.
#[test]
fn a_notification_leads_to_a_pull() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let tenant = Tenant::new();
    let mail = "reviews@example.org";
    tenant.calendar(mail, |calendar| {
        calendar.set(meeting(
            1,
            "2025-03-05T14:00:00",
            "Review",
            &[("zoe", "required", "none")],
        ));
    });
    let more = format!("mailboxes = [{mail:?}]\nfrom = \"2025-01-01\"\nsecret = {STATE:?}");
    let source = tenant.params(&more);
    let configuration =
        format!("[[source]]\nid = \"outlook\"\nkind = \"microsoft-calendar\"\n{source}\n");
    home.file("readback.toml", configuration);
    let served = Served::start(&home, &[], &[]);
    // The first pull is at the start; the next would be hours later.
    let asks = |words: &str| {
        let began = Instant::now();
        while !tenant.targets().iter().any(|target| target.contains(words)) {
            assert!(began.elapsed() < PATIENCE, "{words}: {}", served.log());
            std::thread::yield_now();
        }
    };
    asks("startDateTime");
    tenant.calendar(mail, |calendar| {
        calendar.set(meeting(
            2,
            "2025-03-06T14:00:00",
            "Review",
            &[("zoe", "required", "none")],
        ));
    });
    let body = json!({ "value": [notice(STATE)] }).to_string();
    let mut stream = served.connect();
    write!(
        stream,
        "POST /v1/hooks/outlook HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    asks("deltatoken=1");
    let log = served.log();
    for secret in ["zoe", "example.org", "AAMk", "zzsecret", STATE] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    served.stop();
}
