//! Deliveries of Confluence: webhooks of Data Center, events of Cloud that an app passes on, and who signed.

use hmac::{Hmac, KeyInit as _, Mac as _};
use readback::model::{Body, Millis};
use readback::sources::collected::Collected;
use readback::sources::{self, Delivery, KnownWriteup, Setting, SourceError};
use serde_json::{Value, json};
use sha2::Sha256;

use super::confluence_pulled::told;
use super::confluence_wiki::{ADA, BOB};
use super::doorway::{ACCOUNT, open};
use super::polled_forge::{NOW, WORDS, short};

const SECRET: &str = "It's a Secret to Everybody";
/// Half an hour before now.
const THEN: Millis = NOW - 1_800_000;

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// Takes a delivery with these parameters; the page 100 is a write-up.
fn take(params: &str, headers: &[(&str, &str)], body: &Value) -> Result<Collected, SourceError> {
    let setting = Setting {
        source: "wiki".to_owned(),
        vocabulary: readback::model::Vocabulary::default(),
        timezone: chrono_tz::UTC,
        writeups: vec![KnownWriteup {
            id: "wiki:100".to_owned(),
            title: None,
            aliases: Vec::new(),
        }],
    };
    let build = sources::find("confluence")
        .and_then(|kind| kind.push)
        .expect("a kind");
    let push = build(params.parse().expect("TOML"), &setting)?;
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut heard = Collected::default();
    let body = body.to_string();
    let delivery = Delivery {
        headers: &headers,
        body: body.as_bytes(),
        now: NOW,
    };
    push.receive(&delivery, &mut heard)?;
    let said = format!(
        "{:?} {:?} {:?}",
        heard.problems, heard.notes, heard.left_out
    );
    assert!(!said.contains("zz"), "{said}");
    Ok(heard)
}

fn taken(body: &Value) -> Collected {
    let params = "site = \"https://wiki.example.org/wiki\"\nspaces = [\"SRE\"]";
    take(params, &[], body).expect("taken")
}

fn viewed(page: &str, who: &str, space: &str) -> Value {
    json!({ "eventType": "avi:confluence:viewed:page", "atlassianId": who, "timestamp": THEN,
        "content": { "id": page, "type": "page", "title": WORDS, "space": { "key": space } } })
}

#[test]
fn views_are_reads_by_people() {
    let heard = taken(&json!([
        viewed("100", ADA, "SRE"),
        viewed("100", BOB, "SRE"),
        viewed("100", ADA, "SRE"),
        viewed("200", ADA, "SRE"),
        viewed("300", ADA, "HR")
    ]));
    let subjects: Vec<&str> = heard
        .events
        .iter()
        .map(|event| event.subject.as_str())
        .collect();
    // What is not registered yet may be one day.
    let later = "https://wiki.example.org/wiki/pages/viewpage.action?pageId=200";
    assert_eq!(subjects, ["wiki:100", "wiki:100", "wiki:100", later]);
    assert!(heard.events.iter().all(|event| event.time == THEN));
    let ids: Vec<&str> = heard.events.iter().map(|event| event.id.as_str()).collect();
    assert!(
        ids[0] == ids[2] && ids[0] != ids[1] && !ids.iter().any(|id| id.contains("zz")),
        "{ids:?}"
    );
    let Body::Read(read) = &heard.events[1].body else {
        panic!("a read");
    };
    let who = read.person.as_ref().expect("somebody");
    assert_eq!(
        (who.source, who.kind, who.value.as_str()),
        ("confluence", "account", BOB)
    );
    assert_eq!(heard.left_out["event in another space"], 1);
    // A post is a page.
    let mut post = viewed("100", ADA, "SRE");
    post["eventType"] = json!("avi:confluence:viewed:blogpost");
    assert_eq!(taken(&post).events.len(), 1);
}

#[test]
fn comments_of_cloud_have_the_ids_of_the_pull() {
    let comment = |done: &str, number: u64| {
        json!({ "eventType": format!("avi:confluence:{done}:comment"), "atlassianId": BOB, "timestamp": THEN,
            "content": { "id": "901", "type": "comment", "space": { "key": "SRE" },
                "container": { "id": "100", "type": "page" }, "ancestors": [{ "id": "900", "type": "comment" }],
                "history": { "createdDate": "2026-03-02T08:00:00.000Z", "createdBy": { "accountId": ADA } },
                "version": { "number": number, "when": "2026-03-02T08:30:00.000Z", "by": { "accountId": BOB } },
                "body": { "storage": { "value": format!("<p>{WORDS}</p>") } } } })
    };
    insta::assert_snapshot!(
        "confluence_comments_sent",
        told(&taken(&json!([
            comment("created", 1),
            comment("updated", 2),
            comment("deleted", 2)
        ])))
    );
}

#[test]
fn webhooks_of_data_center() {
    let page = |event: &str, version: u64| {
        json!({ "timestamp": THEN, "event": event, "userKey": "ff-zzada",
            "page": { "id": 100, "idAsString": "100", "spaceKey": "SRE", "title": WORDS, "version": version,
                "creatorKey": "ff-zzbob", "creationDate": THEN - 1000, "modificationDate": THEN } })
    };
    let comment = |event: &str, changed: Millis| {
        json!({ "timestamp": THEN, "event": event, "userKey": "ff-zzada",
            "comment": { "id": 902, "creatorKey": "ff-zzbob", "creationDate": THEN - 5000, "modificationDate": changed,
                "parent": { "id": 100, "contentType": "page", "spaceKey": "SRE" }, "inReplyTo": { "id": 900 } } })
    };
    let all = json!([
        page("page_created", 1),
        page("page_updated", 2),
        page("page_trashed", 2),
        page("page_restored", 2),
        comment("comment_created", THEN - 5000),
        comment("comment_updated", THEN),
        comment("comment_removed", THEN),
    ]);
    insta::assert_snapshot!("confluence_webhooks", told(&taken(&all)));
    // A page that is no write-up is not made one by its end.
    let mut other = page("page_trashed", 2);
    other["page"]["id"] = json!(7);
    assert_eq!(taken(&other).left_out["page that is no write-up"], 1);
}

#[test]
fn rubbish_is_named_by_its_field() {
    for (body, field) in [
        (json!({}), "event"),
        (json!({ "event": "page_updated" }), "content"),
        (
            json!({ "event": "page_updated", "page": { "id": "zzno" } }),
            "content.id",
        ),
        (
            json!({ "event": "page_updated", "page": { "id": 5 } }),
            "content.version",
        ),
        (
            json!({ "event": "comment_created", "comment": { "id": 5 } }),
            "the page of the comment",
        ),
        (
            json!({ "event": "comment_created", "comment": { "parent": { "id": 5 } } }),
            "comment.id",
        ),
        (json!("zz"), "event"),
        (json!(null), "event"),
    ] {
        let heard = taken(&body);
        assert!(heard.events.is_empty(), "{body}");
        assert_eq!(heard.problems[0].field, field, "{body}");
    }
    for event in [
        "avi:confluence:liked:page",
        "space_created",
        "label_added",
        "avi:confluence:viewed:space",
        "x",
    ] {
        let heard = taken(&json!({ "event": event, "page": { "id": 1 } }));
        assert_eq!(
            (heard.events.len(), heard.rejected, heard.left_out.len()),
            (0, 0, 1),
            "{event}"
        );
    }
    // A time that is still to come is now.
    let mut early = viewed("100", ADA, "SRE");
    early["timestamp"] = json!(NOW + 1_000_000);
    assert_eq!(taken(&early).events[0].time, NOW);
}

#[test]
fn only_the_right_signature_passes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let params = format!(
        "secret_file = {:?}\nprevious_secret_file = {:?}",
        file("new", "new secret\n"),
        file("old", SECRET)
    );
    let body = viewed("100", ADA, "SRE");
    let bytes = body.to_string();
    for secret in ["new secret", SECRET] {
        let right = signature(secret, bytes.as_bytes());
        let heard = take(&params, &[("x-hub-signature", &right)], &body).expect("signed");
        assert_eq!(short(&heard).len(), 1);
    }
    let other = signature("another", bytes.as_bytes());
    let bare = signature(SECRET, bytes.as_bytes());
    for wrong in [&other, &bare[7..], "sha256=", "", "sha1=00"] {
        let refused = take(&params, &[("x-hub-signature", wrong)], &body);
        assert!(matches!(refused, Err(SourceError::Signature)), "{wrong}");
    }
    let unsigned = take(&params, &[], &body);
    assert!(matches!(
        unsigned,
        Err(SourceError::Unsigned("X-Hub-Signature"))
    ));
}

/// Through the real door: nothing that names anybody is answered or kept.
#[tokio::test]
async fn the_door_takes_what_is_signed() {
    let folder = tempfile::tempdir().expect("a folder");
    let sources =
        format!("[[source]]\nid = \"wiki\"\nkind = \"confluence\"\nsecret = \"{SECRET}\"\n");
    let door = open(folder.path(), &sources, 1 << 30);
    door.hooks
        .know(&[])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    let body = viewed("100", ACCOUNT, "SRE").to_string();
    let right = signature(SECRET, body.as_bytes());
    for (signed, status) in [(right.as_str(), 202), ("sha256=00", 401)] {
        let headers = [
            ("content-type", "application/json"),
            ("x-hub-signature", signed),
        ];
        let answer = door
            .send("POST /v1/hooks/wiki", &headers, body.clone())
            .await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let taken = door.taken().await;
    assert_eq!((taken.rows, taken.read()), (1, vec!["wiki:100"]));
}
