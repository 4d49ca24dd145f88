//! `POST /v1/hooks/{source}`: signatures over the bytes as sent, deliveries that come again, sources
//! that wait for the write-ups that they look for.

use hmac::{Hmac, KeyInit as _, Mac as _};
use readback::sources::KnownWriteup;
use serde_json::{Value, json};
use sha2::Sha256;

use super::doorway::{ACCOUNT, Answer, Doorway, MAIL, gzip, open, read, with, zstd};
use super::way::fixtures;

const SECRET: &str = "It's a Secret to Everybody";
const ISSUE: &str = "https://github.com/example/shop/issues/7";
const SOURCES: &str = "[[source]]\nid = \"gh\"\nkind = \"github\"\nsecret = \"It's a Secret to Everybody\"\n\
    [[source]]\nid = \"open\"\nkind = \"github\"\n\
    [[source]]\nid = \"beacon\"\nkind = \"events\"\n\
    [[source]]\nid = \"lms\"\nkind = \"xapi\"\n\
    [[source]]\nid = \"logs\"\nkind = \"access-log\"\nbase = \"https://wiki.example.org\"\n";

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A door that knows the issue as a write-up.
fn knowing(folder: &std::path::Path) -> Doorway {
    let door = open(folder, SOURCES, 1 << 30);
    let writeup = KnownWriteup {
        id: "w1".to_owned(),
        title: None,
        aliases: vec![ISSUE.to_owned(), "INC-12".to_owned()],
    };
    door.hooks
        .know(&[writeup])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    door
}

/// A comment on the issue that refers to it, too.
fn comment(id: u64) -> Vec<u8> {
    let comment = json!({
        "id": id,
        "html_url": format!("{ISSUE}#issuecomment-{id}"),
        "user": { "login": ACCOUNT, "type": "User", "email": MAIL },
        "created_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T08:00:00Z",
        "body": format!("see INC-12, asks {MAIL}"),
    });
    let issue = json!({ "html_url": ISSUE, "number": 7 });
    let body = json!({ "action": "created", "issue": issue, "comment": comment,
        "repository": { "full_name": "example/shop" }, "sender": { "login": ACCOUNT } });
    body.to_string().into_bytes()
}

/// Delivers to a source as GitHub does.
async fn deliver(door: &Doorway, source: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut all = vec![
        ("content-type", "application/json"),
        ("x-github-event", "issue_comment"),
    ];
    all.extend(headers);
    door.send(&format!("POST /v1/hooks/{source}"), &all, body)
        .await
}

fn is_repeated(answer: &Answer) -> bool {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["repeated"] == true
}

#[tokio::test]
async fn only_signed_deliveries_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = knowing(folder.path());
    let body = comment(1);
    let right = signature(SECRET, &body);
    let other = signature(SECRET, &comment(2));
    let wrong = signature("another", &body);
    for headers in [
        &[][..],
        &[("x-hub-signature-256", "")],
        &[("x-hub-signature-256", "sha256=zzsecret")],
        &[("x-hub-signature-256", &other)],
        &[("x-hub-signature-256", &wrong)],
        &[("x-hub-signature-256", &right[7..])],
        // Another algorithm is no substitute.
        &[("x-hub-signature", &right)],
    ] {
        let mut all = headers.to_vec();
        all.push(("x-github-delivery", "d-1"));
        let answer = deliver(&door, "gh", &all, body.clone()).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(!answer.header("www-authenticate").is_empty());
    }
    // A token is no signature.
    let bearer = format!("Bearer {}", door.token(&[], &[]));
    let answer = deliver(&door, "gh", &[("authorization", &bearer)], body.clone()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(door.taken().await.requests, 0);

    // A form is signed as it is sent, not as what it holds.
    let form = [
        b"payload=",
        &*percent_encoding::percent_encode(&body, percent_encoding::NON_ALPHANUMERIC)
            .to_string()
            .into_bytes(),
    ]
    .concat();
    for (signed, status) in [(&body, 401), (&form, 202)] {
        let right = signature(SECRET, signed);
        let headers = [("x-hub-signature-256", &*right)];
        let answer = deliver(&door, "gh", &headers, form.clone()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(door.taken().await.rows, 2);

    // Nothing of the attempts was remembered.
    let headers = [
        ("x-hub-signature-256", &*right),
        ("x-github-delivery", "d-1"),
    ];
    let answer = deliver(&door, "gh", &headers, body).await;
    assert!(!is_repeated(&answer));
    assert_eq!(answer.json()["accepted"], 2);
    let taken = door.taken().await;
    assert_eq!((taken.comments.len(), taken.links.len()), (1, 1));
    assert_eq!(taken.comments[0].source, "gh");
    assert_eq!(taken.comments[0].target, "w1");
}

/// The example of GitHub's own documentation: its body is no JSON, so that 400 shows that the
/// signature was right.
#[tokio::test]
async fn the_published_signature_fits() {
    let Some(fixtures) = fixtures() else { return };
    let path = fixtures.join("signatures/vectors.json");
    let text = std::fs::read_to_string(path).expect("the vectors");
    let vectors: Value = serde_json::from_str(&text).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let door = knowing(folder.path());
    let mut seen = 0;
    for vector in vectors.as_array().expect("a list") {
        if vector["secret"] != SECRET {
            continue;
        }
        seen += 1;
        let header = vector["header"]["X-Hub-Signature-256"]
            .as_str()
            .expect("text");
        let body = vector["body"].as_str().expect("text");
        assert_eq!(signature(SECRET, body.as_bytes()), header);
        for (body, status) in [(body.to_owned(), 400), (format!("{body}\n"), 401)] {
            let headers = [("x-hub-signature-256", header)];
            let answer = deliver(&door, "gh", &headers, body.into_bytes()).await;
            assert_eq!(answer.status, status, "{answer:?}");
        }
    }
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn published_deliveries_are_taken_as_they_are() {
    let Some(fixtures) = fixtures() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let door = knowing(folder.path());
    let (mut seen, mut taken) = (0, 0);
    let entries = std::fs::read_dir(fixtures.join("github_webhooks")).expect("a folder");
    for entry in entries {
        let path = entry.expect("a file").path();
        let body = std::fs::read(&path).expect("a file");
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let event = name.split("__").next().expect("a name");
        let signature = signature(SECRET, &body);
        let mut headers = vec![
            ("x-hub-signature-256", &*signature),
            ("x-github-delivery", &*name),
        ];
        // Those of another collection don't say what they are.
        if event != "github" {
            headers.push(("x-github-event", event));
        }
        let path = "POST /v1/hooks/gh";
        let answer = door.send(path, &headers, body.clone()).await;
        assert_eq!(answer.status, 202, "{name} {answer:?}");
        let told = answer.json();
        let done = told["accepted"].as_u64().expect("a number") > 0 || told["left_out"].is_object();
        assert!(done && told["rejected"] == json!([]), "{name} {answer:?}");
        // What gave something is known now; what gave nothing may give something later, when the
        // write-up is registered that it speaks of.
        let gave = told["accepted"].as_u64() > Some(0);
        assert_eq!(
            is_repeated(&door.send(path, &headers, body).await),
            gave,
            "{name}"
        );
        taken += usize::from(gave);
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
    assert_eq!(door.taken().await.requests, taken);
}

#[tokio::test]
async fn a_delivery_counts_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut door = knowing(folder.path());
    let body = comment(1);
    let right = signature(SECRET, &body);
    let signed = ("x-hub-signature-256", &*right);
    let first = deliver(
        &door,
        "gh",
        &[signed, ("x-github-delivery", "d-1")],
        body.clone(),
    )
    .await;
    assert!(!is_repeated(&first));
    // While it waits, after a restart, after the store has it, after one more restart.
    for step in 0..4 {
        match step {
            0 => {}
            2 => assert_eq!(door.taken().await.rows, 2),
            _ => {
                door.close().await;
                door = knowing(folder.path());
            }
        }
        let before = door.spool.usage().bytes;
        for id in [Some("d-1"), Some("d-2"), None] {
            let mut headers = vec![signed];
            headers.extend(id.map(|id| ("x-github-delivery", id)));
            let answer = deliver(&door, "gh", &headers, body.clone()).await;
            assert!(is_repeated(&answer), "{step} {id:?}");
            assert_eq!(answer.json()["accepted"], 0);
        }
        // The id of another body: a redelivery has the same.
        let other = comment(2);
        let right = signature(SECRET, &other);
        let headers = [
            ("x-hub-signature-256", &*right),
            ("x-github-delivery", "d-1"),
        ];
        assert!(
            is_repeated(&deliver(&door, "gh", &headers, other).await),
            "{step}"
        );
        assert_eq!(door.spool.usage().bytes, before, "{step}");
    }
    // Another source may be sent the same.
    let bearer = format!("Bearer {}", door.token(&[], &[]));
    let headers = [("authorization", &*bearer), ("x-github-delivery", "d-1")];
    assert!(!is_repeated(&deliver(&door, "open", &headers, body).await));
    assert!(
        door.metrics
            .encode(&readback::telemetry::Gauges::default())
            .contains("repeated_total 4")
    );
}

/// What was refused may be sent again once the token is right.
#[tokio::test]
async fn a_refused_delivery_is_not_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = knowing(folder.path());
    for (sources, kinds, status, accepted) in [
        (&["other"][..], &[][..], 403, 0),
        (&["open"], &["link"], 202, 1),
        (&["open"], &[], 202, 2),
    ] {
        let bearer = format!("Bearer {}", door.token(sources, kinds));
        let headers = [("authorization", &*bearer), ("x-github-delivery", "d-1")];
        let answer = deliver(&door, "open", &headers, comment(1)).await;
        assert_eq!(
            (
                answer.status,
                answer.json()["accepted"].as_u64().unwrap_or(0)
            ),
            (status, accepted as u64),
            "{answer:?}"
        );
        assert_eq!(door.taken().await.rows, accepted);
        if accepted == 2 {
            assert!(is_repeated(
                &deliver(&door, "open", &headers, comment(1)).await
            ));
        }
    }
}

/// GitHub signs what it sends and packs nothing. What somebody else packed was signed before or after
/// it, and nobody says which.
#[tokio::test]
async fn a_packed_delivery_can_not_be_signed() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = knowing(folder.path());
    let body = comment(1);
    for (encoding, packed) in [
        ("gzip", gzip(&body)),
        ("zstd", zstd(&body)),
        ("br", body.clone()),
    ] {
        for signed in [&body, &packed] {
            let right = signature(SECRET, signed);
            let headers = [
                ("x-hub-signature-256", &*right),
                ("content-encoding", encoding),
            ];
            let answer = deliver(&door, "gh", &headers, packed.clone()).await;
            assert_eq!(
                (answer.status, answer.header("accept-encoding")),
                (415, "identity")
            );
        }
    }
    assert_eq!(door.taken().await.requests, 0);
    // With a token there is nothing to sign.
    let bearer = format!("Bearer {}", door.token(&[], &[]));
    let headers = [("authorization", &*bearer), ("content-encoding", "gzip")];
    assert_eq!(
        deliver(&door, "open", &headers, gzip(&body)).await.status,
        202
    );
    let right = signature(SECRET, &body);
    let headers = [
        ("x-hub-signature-256", &*right),
        ("content-encoding", "identity"),
    ];
    assert_eq!(deliver(&door, "gh", &headers, body).await.status, 202);
    assert_eq!(door.taken().await.rows, 4);
}

#[tokio::test]
async fn sources_wait_for_the_writeups_they_look_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), SOURCES, 1 << 30);
    let body = comment(1);
    let right = signature(SECRET, &body);
    let headers = [
        ("x-hub-signature-256", &*right),
        ("x-github-delivery", "d-1"),
    ];
    let answer = deliver(&door, "gh", &headers, body.clone()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    // Those that look for none take at once.
    let bearer = format!("Bearer {}", door.token(&[], &[]));
    let event = read("1", "a").to_string();
    let sent = [("authorization", &*bearer)];
    let answer = door.send("POST /v1/hooks/beacon", &sent, event).await;
    assert_eq!(answer.status, 202);
    door.hooks
        .know(&[])
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    let answer = deliver(&door, "gh", &headers, body).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(
        answer.json()["left_out"]["comment on something that is no write-up"],
        1
    );
    for source in ["nobody", "logs"] {
        let answer = deliver(&door, source, &headers, Vec::new()).await;
        assert_eq!(answer.status, 404);
        let told = answer.json()["detail"].as_str().expect("words").to_owned();
        assert!(told.ends_with("takes deliveries"), "{told}");
        // Which there are is told to senders.
        let bearer = format!("Bearer {}", door.token(&[], &[]));
        let headers = [("authorization", &*bearer)];
        let answer = deliver(&door, source, &headers, Vec::new()).await;
        let told = answer.json()["detail"].as_str().expect("words").to_owned();
        assert!(told.ends_with("beacon, gh, lms, open"), "{told}");
    }
}

/// A hook of Readback's own kinds takes what their doors take.
#[tokio::test]
async fn other_kinds_take_deliveries_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = knowing(folder.path());
    let bearer = format!("Bearer {}", door.token(&[], &[]));
    let group = json!({
        "actor": { "objectType": "Group", "member": [{ "mbox": "mailto:a@x.org" }, { "mbox": "mailto:b@x.org" }] },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/attended" },
        "object": { "id": "https://wiki.example.org/a" },
        "timestamp": "2026-03-02T09:00:00Z",
    });
    let headers = [
        ("authorization", &*bearer),
        ("content-type", "application/json"),
    ];
    let all = json!([group, 5]);
    let answer = door
        .send("POST /v1/hooks/lms", &headers, all.to_string())
        .await;
    assert_eq!(
        (answer.status, &answer.json()["accepted"]),
        (202, &json!(2)),
        "{answer:?}"
    );
    assert_eq!(answer.refused(), [(1, String::new())]);
    assert_eq!(door.taken().await.attendance[0].source, "lms");

    let again = with(read("1", "a"), &[("data.scroll", json!(1))]);
    let all = json!([read("1", "a"), again, read("2", "b")]);
    let answer = door
        .send("POST /v1/hooks/beacon", &headers, all.to_string())
        .await;
    assert_eq!(answer.status, 409);
    assert_eq!(door.taken().await.read(), ["b"]);

    // Of a group's events each is refused and it is one statement.
    let bearer = format!("Bearer {}", door.token(&["lms"], &["read"]));
    let headers = [("authorization", &*bearer)];
    let answer = door
        .send("POST /v1/hooks/lms", &headers, group.to_string())
        .await;
    assert_eq!(answer.status, 403);
    let detail = answer.json()["detail"].to_string();
    assert!(detail.starts_with("\"the event was refused: "), "{detail}");
    assert_eq!(door.taken().await.count("rejected"), 1);
}
