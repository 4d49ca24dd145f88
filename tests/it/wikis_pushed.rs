//! Deliveries of Outline, signed in the test itself.

use hmac::{Hmac, KeyInit as _, Mac as _};
use readback::model::Body;
use readback::sources::collected::Collected;
use readback::sources::{self, Delivery, KnownWriteup, SourceError};
use serde_json::{Value, json};
use sha2::Sha256;

use super::polled_forge::{NOW, WORDS};
use super::wikis::{
    ADA, BOB, COLLECTION, DISK, DNS, GUIDE, SECRET, Source, comment, document, revision, short,
    view,
};

fn signature(secret: &str, time: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let digits: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={time},s={digits}")
}

/// Delivers what happened to a source that knows the write-up of the disk.
fn delivered(
    params: &str,
    headers: &[(String, String)],
    body: &Value,
) -> Result<Collected, SourceError> {
    let mut source = Source::new("outline", params);
    source.known.push(KnownWriteup {
        id: format!("wiki:{DISK}"),
        title: None,
        aliases: vec![DISK.to_owned()],
    });
    let build = sources::find("outline")
        .and_then(|kind| kind.push)
        .expect("a kind");
    let push = build(source.params.clone(), &source.setting()).expect("parameters");
    let body = body.to_string();
    let delivery = Delivery {
        headers,
        body: body.as_bytes(),
        now: NOW,
    };
    let mut heard = Collected::default();
    push.receive(&delivery, &mut heard)?;
    assert_eq!(push.delivery_id(&delivery), Some("del-1"));
    Ok(heard)
}

fn event(name: &str, model: &Value) -> Value {
    json!({ "id": "del-1", "actorId": BOB, "webhookSubscriptionId": "s", "createdAt": "2026-03-02T09:14:00.000Z",
        "event": name, "payload": { "id": model["id"], "model": model } })
}

#[test]
fn only_signed_deliveries_of_now_are_taken() {
    let body = event(
        "views.create",
        &view(
            "v-bob",
            BOB,
            7,
            "2026-01-03T10:00:00.000Z",
            "2026-03-02T09:14:00.000Z",
        ),
    );
    let text = body.to_string();
    let now = NOW.to_string();
    let old = (NOW - 301_000).to_string();
    let params = format!("secret = \"{SECRET}\"");
    let told = |header: Option<String>| {
        let headers: Vec<(String, String)> = header
            .into_iter()
            .map(|header| ("outline-signature".to_owned(), header))
            .collect();
        delivered(&params, &headers, &body).map(|heard| short(&heard))
    };
    let right = signature(SECRET, &now, text.as_bytes());
    assert_eq!(
        told(Some(right.clone())).expect("taken"),
        ["read view:v-bob:7"]
    );
    let swapped = right.replace(&now, &(NOW + 1).to_string());
    for wrong in [
        signature("another", &now, text.as_bytes()),
        signature(SECRET, &now, b"{}"),
        swapped,
        right[2..].to_owned(),
        String::new(),
    ] {
        assert!(matches!(told(Some(wrong)), Err(SourceError::Signature)));
    }
    let late = signature(SECRET, &old, text.as_bytes());
    assert!(matches!(told(Some(late)), Err(SourceError::NotNow(_))));
    assert!(matches!(
        told(None),
        Err(SourceError::Unsigned("Outline-Signature"))
    ));
}

#[test]
fn deliveries_say_what_the_api_says() {
    let take = |name: &str, model: &Value| delivered("", &[], &event(name, model)).expect("taken");
    let seen = take(
        "views.create",
        &view(
            "v-bob",
            BOB,
            6,
            "2026-01-03T10:00:00.000Z",
            "2026-03-02T10:00:00.000Z",
        ),
    );
    // By the name under which the API tells of it, and above it.
    assert_eq!(short(&seen), ["read view:v-bob:6"]);
    assert_eq!(
        (seen.events[0].version, seen.events[0].subject.as_str()),
        (u32::MAX, &*format!("wiki:{DISK}"))
    );
    assert_eq!(seen.events[0].time, NOW - 60_000);
    let said = comment("c2", "2026-02-20T10:00:00.000Z");
    for (name, expected) in [
        ("comments.create", "comment comment:c2"),
        ("comments.delete", "-comment comment:c2"),
    ] {
        let heard = take(name, &said);
        assert_eq!(short(&heard), [expected]);
        let Body::Comment(comment) = &heard.events[0].body else {
            panic!("a comment")
        };
        assert_eq!((comment.words, comment.person.is_some()), (Some(3), true));
    }
    assert_eq!(
        short(&take(
            "revisions.create",
            &revision("r3", "x", "2026-03-01T09:00:00.000Z")
        )),
        ["edit revision:r3"]
    );
    let disk = document(
        DISK,
        "Disk full",
        "DiskFull01",
        "2026-02-02T09:00:00.000Z",
        "",
    );
    assert_eq!(
        short(&take("documents.delete", &disk)),
        ["-writeup deleted:d1"]
    );
    assert_eq!(
        short(&take("documents.restore", &disk)),
        ["writeup deleted:d1"]
    );
    let own = format!("api = \"https://o.example.org/api\"\ncollections = [\"{COLLECTION}\"]");
    let new = document(DNS, "DNS", "DnsDown001", "2026-02-03T09:00:00.000Z", "");
    let heard = delivered(&own, &[], &event("documents.publish", &new)).expect("taken");
    assert_eq!(short(&heard), ["writeup told:d2"]);
    let Body::Writeup(writeup) = &heard.events[0].body else {
        panic!("a write-up")
    };
    assert_eq!(
        writeup.url.as_deref(),
        Some("https://o.example.org/doc/dns-DnsDown001")
    );
    // Nothing of what is no write-up, and nothing that is no use.
    let mut other = view(
        "v-x",
        ADA,
        1,
        "2026-01-03T10:00:00.000Z",
        "2026-01-03T10:00:00.000Z",
    );
    other["documentId"] = json!(GUIDE);
    for (name, model) in [
        ("views.create", &other),
        ("documents.publish", &new),
        ("users.signin", &json!({ "id": ADA })),
        ("comments.delete", &Value::Null),
    ] {
        let heard = take(name, model);
        assert!(
            heard.events.is_empty() && heard.problems.is_empty() && heard.left_out.len() == 1,
            "{name}"
        );
    }
    let wrong = take(
        "comments.create",
        &json!({ "id": "c9", "documentId": DISK, "data": WORDS }),
    );
    assert_eq!(wrong.problems.len(), 1);
    assert!(!wrong.problems[0].to_string().contains(WORDS));
    for rubbish in [json!([]), json!({ "event": 5 }), json!("x")] {
        assert!(delivered("", &[], &rubbish).is_err());
    }
}
