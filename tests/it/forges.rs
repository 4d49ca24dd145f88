//! Deliveries of forges at the door: every published payload is an event or left out for a reason, what
//! was altered is refused, and a comment is the same from a webhook and from the API.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use readback::sources::collected::Collected;
use readback::sources::{self, Delivery, KnownWriteup, Setting};
use serde_json::{Value, json};
use sha2::Sha256;

use super::doorway::{Answer, Doorway, NOW, open};
use super::way::fixtures;

const SECRET: &str = "the one in use";
const PREVIOUS: &str = "the one before";
/// Of Standard Webhooks' own tests.
const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The pages of the published payloads, all of which are write-ups here.
const PAGES: [&str; 15] = [
    "https://gitlab.com/gitlab-org/hello-world/issues/1",
    "https://gitlab.com/gitlab-org/hello-world/merge_requests/1",
    "https://gitlab.com/group1/group2/group3/grp2repo/merge_requests/1",
    "http://example.com/gitlab-org/gitlab-test/commit/cfe32cf61b73a0d5e9f13e774abde7ff789b1660",
    "http://example.com/gitlab-org/gitlab-test/-/merge_requests/1",
    "http://example.com/gitlab-org/gitlab-test/issues/17",
    "http://try.gitea.io/gogits/hello-world/issues/1",
    "http://try.gitea.io/gogits/hello-world/pulls/2",
    "http://try.gogs.io/gogits/hello-world/issues/1",
    "http://try.gogs.io/gogits/hello-world/pulls/2",
    "http://localhost:3000/example/example/issues/1",
    "https://server.bitbucket.local/users/gopher/repos/webhook-test/pull-requests/2",
    "https://server.bitbucket.local/users/gopher/repos/webhook-test/commits/038e7b67735e54f6de8f1c5d533c6751df524f6c",
    "https://api.bitbucket.org/bitbucket/bitbucket/commits/d3022fc0ca3d65c7f6654eea129d6bf0cf0ee08e",
    "https://bitbucket.org/rutvijmehta-harness/spring-cloud-alibaba/pull-requests/1",
];

fn known() -> Vec<KnownWriteup> {
    let pages = PAGES.iter().enumerate();
    let each = pages.map(|(number, page)| KnownWriteup {
        id: format!("w{number}"),
        title: None,
        aliases: vec![(*page).to_owned()],
    });
    each.collect()
}

/// A door with a source of each kind; `old` is a file with the secret before the present one.
fn door(folder: &Path) -> Doorway {
    let old = folder.join("previous-secret");
    std::fs::write(&old, format!("{PREVIOUS}\n")).expect("a file");
    let source = |id: &str, kind: &str, secret: &str| {
        format!(
            "[[source]]\nid = \"{id}\"\nkind = \"{kind}\"\nsecret = \"{secret}\"\nprevious_secret_file = {old:?}\n"
        )
    };
    let sources = [
        source("gh", "github", SECRET),
        source("lab", "gitlab", SECRET),
        source("signed", "gitlab", SIGNING),
        source("tea", "gitea", SECRET),
        source("bucket", "bitbucket", SECRET),
    ];
    let data = folder.join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let door = open(&data, &sources.concat(), 1 << 30);
    door.hooks
        .know(&known())
        .unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    door
}

pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The headers with which a forge proves this body.
fn signed(source: &str, secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let digits = hex(&mac(secret.as_bytes(), &[body]));
    match source {
        "gh" => vec![("x-hub-signature-256", format!("sha256={digits}"))],
        "tea" => vec![("x-gitea-signature", digits)],
        "bucket" => vec![("x-hub-signature", format!("sha256={digits}"))],
        "lab" => vec![("x-gitlab-token", secret.to_owned())],
        _ => standard(&hex(&mac(b"id", &[body])[..8]), NOW / 1000, body),
    }
}

/// The headers of Standard Webhooks; the first signature is of another key.
fn standard(id: &str, at: i64, body: &[u8]) -> Vec<(&'static str, String)> {
    let key = STANDARD.decode(&SIGNING[6..]).expect("base64");
    let at = at.to_string();
    let right = mac(&key, &[id.as_bytes(), b".", at.as_bytes(), b".", body]);
    let wrong = STANDARD.encode([7; 32]);
    vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at),
        (
            "webhook-signature",
            format!("v1,{wrong} v1a,x v1,{}", STANDARD.encode(right)),
        ),
    ]
}

async fn deliver(
    door: &Doorway,
    source: &str,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Answer {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let path = format!("POST /v1/hooks/{source}");
    door.send(&path, &headers, body).await
}

/// The same text in another case of one letter, or with a space more.
fn altered(body: &[u8]) -> Vec<u8> {
    let mut other = body.to_vec();
    other.push(b' ');
    other
}

#[tokio::test]
async fn published_deliveries_are_taken_and_altered_ones_are_not() {
    let Some(fixtures) = fixtures() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    for (source, kind, at_least, comments) in [
        ("gh", "github_webhooks", 30, 0),
        ("signed", "gitlab_webhooks", 19, 6),
        ("tea", "gitea_forgejo_webhooks", 31, 7),
        ("bucket", "bitbucket_webhooks", 43, 6),
    ] {
        let (mut seen, mut taken) = (0, 0);
        for entry in std::fs::read_dir(fixtures.join(kind)).expect("a folder") {
            let path = entry.expect("a file").path();
            let body = std::fs::read(&path).expect("a file");
            let headers = signed(source, SECRET, &body);
            let refused = deliver(&door, source, &headers, altered(&body)).await;
            assert_eq!(refused.status, 401, "{path:?}");
            let answer = deliver(&door, source, &headers, body).await;
            assert_eq!(answer.status, 202, "{path:?} {answer:?}");
            let told = answer.json();
            let accepted = told["accepted"].as_u64().expect("a number");
            assert_eq!(told["rejected"], json!([]), "{path:?}");
            assert!(
                accepted > 0 || told["left_out"].is_object(),
                "{path:?} {answer:?}"
            );
            seen += 1;
            taken += accepted;
        }
        assert!(seen >= at_least, "{kind}: {seen}");
        assert_eq!(taken, comments, "{kind}");
    }
    assert_eq!(door.taken().await.comments.len(), 19);
}

#[tokio::test]
async fn signatures_of_every_scheme() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = door(folder.path());
    let body = json!({ "repository": {}, "actor": {}, "object_kind": "pipeline" }).to_string();
    let body = body.into_bytes();
    for source in ["gh", "lab", "signed", "tea", "bucket"] {
        let ask = async |headers: &[(&'static str, String)]| {
            deliver(&door, source, headers, body.clone()).await.status
        };
        assert_eq!(ask(&signed(source, SECRET, &body)).await, 202, "{source}");
        assert_eq!(ask(&[]).await, 401, "{source}");
        if source == "signed" {
            continue;
        }
        // The secret that was replaced, and one that never was one.
        assert_eq!(ask(&signed(source, PREVIOUS, &body)).await, 202, "{source}");
        assert_eq!(
            ask(&signed(source, "another", &body)).await,
            401,
            "{source}"
        );
        assert_eq!(ask(&signed(source, "", &body)).await, 401, "{source}");
    }
    // Gitea and its kin by the header of GitHub, and by their own.
    let digits = hex(&mac(SECRET.as_bytes(), &[&body]));
    for header in ["x-forgejo-signature", "x-gogs-signature"] {
        let headers = [(header, digits.clone())];
        assert_eq!(
            deliver(&door, "tea", &headers, body.clone()).await.status,
            202
        );
    }
    let headers = [("x-hub-signature-256", format!("sha256={digits}"))];
    assert_eq!(
        deliver(&door, "tea", &headers, body.clone()).await.status,
        202
    );
    // Their signature of a form is over the JSON in it.
    let form = [
        b"payload=",
        &*percent_encoding::percent_encode(&body, percent_encoding::NON_ALPHANUMERIC)
            .to_string()
            .into_bytes(),
    ]
    .concat();
    for (over, status) in [(&body, 202), (&form, 401)] {
        let headers = signed("tea", SECRET, over);
        assert_eq!(
            deliver(&door, "tea", &headers, form.clone()).await.status,
            status
        );
    }
    // A signature of GitLab's is of now, and its parts belong together.
    for (headers, status) in [
        (standard("a", NOW / 1000 - 300, &body), 202),
        (standard("a", NOW / 1000 - 301, &body), 401),
        (standard("a", NOW / 1000 + 301, &body), 401),
    ] {
        assert_eq!(
            deliver(&door, "signed", &headers, body.clone())
                .await
                .status,
            status
        );
    }
    let mut headers = standard("a", NOW / 1000, &body);
    headers[0].1 = "b".to_owned();
    assert_eq!(
        deliver(&door, "signed", &headers, body.clone())
            .await
            .status,
        401
    );
    // A webhook that has both, of which one is this source's.
    let mut both = standard("a", NOW / 1000, &body);
    both.push(("x-gitlab-token", SECRET.to_owned()));
    assert_eq!(deliver(&door, "lab", &both, body.clone()).await.status, 202);
    // Nobody brings the key along.
    let brought = [("x-gitlab-token", SIGNING.to_owned())];
    assert_eq!(
        deliver(&door, "signed", &brought, body.clone())
            .await
            .status,
        401
    );
}

/// The example of Standard Webhooks' own tests, at its own time.
#[test]
fn the_published_signature_of_standard_webhooks_fits() {
    let Some(fixtures) = fixtures() else { return };
    let text = std::fs::read_to_string(fixtures.join("signatures/vectors.json")).expect("a file");
    let vectors: Value = serde_json::from_str(&text).expect("JSON");
    let vectors = vectors.as_array().expect("a list").iter();
    let standard: Vec<&Value> = vectors
        .filter(|vector| {
            vector["secret"]
                .as_str()
                .is_some_and(|s| s.starts_with("whsec_"))
        })
        .collect();
    assert_eq!(standard.len(), 1);
    let vector = standard[0];
    let mut params = toml::Table::new();
    params.insert(
        "secret".to_owned(),
        vector["secret"].as_str().expect("text").into(),
    );
    let push = sources::find("gitlab")
        .and_then(|kind| kind.push)
        .expect("a kind");
    let push = push(params, &setting("gitlab", &[])).expect("parameters");
    let headers: Vec<(String, String)> = vector["header"]
        .as_object()
        .expect("a table")
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()))
        .collect();
    let body = vector["body"].as_str().expect("text");
    let heard = |body: &str, late: i64| {
        let delivery = Delivery {
            headers: &headers,
            body: body.as_bytes(),
            now: (1_614_265_330 + late) * 1000,
        };
        push.receive(&delivery, &mut Collected::default()).is_ok()
    };
    assert!(heard(body, 0) && heard(body, 300));
    assert!(!heard(body, 301) && !heard(&format!("{body} "), 0));
}

fn setting(source: &str, aliases: &[&str]) -> Setting {
    Setting {
        source: source.to_owned(),
        vocabulary: readback::model::Vocabulary::default(),
        timezone: chrono_tz::UTC,
        writeups: vec![KnownWriteup {
            id: "w1".to_owned(),
            title: None,
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        }],
    }
}

/// What a kind makes of a saved value.
fn read(kind: &str, value: &Value, aliases: &[&str]) -> Collected {
    let file = sources::find(kind)
        .and_then(|kind| kind.file)
        .expect("a kind");
    let mut file = file(toml::Table::new(), &setting(kind, aliases)).expect("parameters");
    let mut heard = Collected::default();
    let text = value.to_string();
    file.read("a.json", &mut text.as_bytes(), &mut heard)
        .expect("JSON");
    heard
}

/// Kind, payload of a webhook, object of a reply.
fn pairs() -> Vec<(&'static str, Value, Value)> {
    let time = "2024-03-05T10:00:00Z";
    let lab = json!({ "id": 7, "noteable_type": "Issue", "system": false, "created_at": time, "updated_at": time });
    let tea = json!({ "id": 7, "body": "INC-12", "created_at": time, "updated_at": time,
        "user": { "login": "ada" }, "html_url": "https://g.example.org/a/b/issues/1#issuecomment-7" });
    let cloud = json!({ "id": 7, "type": "pullrequest_comment", "content": { "raw": "INC-12" },
        "created_on": time, "user": { "account_id": "1:a", "uuid": "{a}" },
        "links": { "html": { "href": "https://bitbucket.org/a/b/pull-requests/1#comment-7" } },
        "pullrequest": { "links": { "html": { "href": "https://bitbucket.org/a/b/pull-requests/1" } } } });
    let center = json!({ "id": 7, "text": "INC-12", "author": { "name": "ada" }, "createdDate": 1_709_632_800_000_i64 });
    let merge = |one: &Value, more: Value| {
        let mut all = one.as_object().expect("an object").clone();
        all.extend(more.as_object().expect("an object").clone());
        Value::Object(all)
    };
    vec![
        (
            "gitlab",
            json!({ "object_kind": "note", "user": { "username": "ada" },
                "object_attributes": merge(&lab, json!({ "note": "INC-12", "url": "https://g.example.org/a/-/issues/1#note_7" })) }),
            merge(
                &lab,
                json!({ "body": "INC-12", "author": { "username": "ada" } }),
            ),
        ),
        (
            "gitea",
            json!({ "action": "created", "comment": tea, "issue": { "number": 1 }, "repository": {}, "sender": {} }),
            merge(
                &tea,
                json!({ "issue_url": "https://g.example.org/a/b/issues/1" }),
            ),
        ),
        (
            "bitbucket",
            json!({ "actor": {}, "repository": {}, "comment": cloud, "pullrequest": {} }),
            json!({ "values": [cloud] }),
        ),
        (
            "bitbucket",
            json!({ "eventKey": "pr:comment:added", "comment": center, "pullRequest": {
                "links": { "self": [{ "href": "https://b.example.org/projects/A/repos/b/pull-requests/1" }] } } }),
            json!({ "values": [{ "action": "COMMENTED", "comment": center }] }),
        ),
    ]
}

#[test]
fn a_comment_is_the_same_from_webhook_and_reply() {
    for (kind, hook, reply) in pairs() {
        let ids = |value: &Value| -> Vec<(String, u32, i64)> {
            let heard = read(kind, value, &["INC-12"]);
            assert!(heard.problems.is_empty(), "{kind} {:?}", heard.problems);
            let events = heard.events.iter();
            events
                .map(|event| (event.id.clone(), event.version, event.time))
                .collect()
        };
        assert_eq!(ids(&hook).len(), 1, "{kind}");
        assert_eq!(ids(&hook), ids(&reply), "{kind}");
    }
}

/// Saved: payloads without their headers, and what the APIs replied.
#[test]
fn published_files_are_read() {
    let Some(fixtures) = fixtures() else { return };
    let mut seen = 0;
    for (kind, folder) in [
        ("github", "github_webhooks"),
        ("github", "github_api"),
        ("gitlab", "gitlab_webhooks"),
        ("gitlab", "gitlab_api"),
        ("gitea", "gitea_forgejo_webhooks"),
        ("bitbucket", "bitbucket_webhooks"),
    ] {
        for entry in std::fs::read_dir(fixtures.join(folder)).expect("a folder") {
            let path = entry.expect("a file").path();
            let value: Value =
                serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
            let heard = read(kind, &value, &["INC-12"]);
            assert!(heard.problems.is_empty(), "{path:?} {:?}", heard.problems);
            assert!(!heard.left_out.is_empty(), "{path:?}");
            assert!(
                heard.events.is_empty(),
                "{path:?}: it speaks of no write-up"
            );
            seen += 1;
        }
    }
    assert!(seen > 140, "{seen}");
}

/// Any value, with the names that forges use.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "INC-12|https://[a-z]{1,3}/[a-z/#-]{0,9}|2024-03-05 10:00:00 UTC|2024-03-05T10:00:00Z|\\PC{0,5}"
            .prop_map(Value::from),
    ];
    let name = "repository|comment|issue|pull_request|object_kind|object_attributes|user|author|id|title|body|note|\
                created_at|html_url|url|eventKey|pullRequest|pullrequest|toRef|values|links|html|href|pages|action|\
                text|createdDate|changes|review|number|content|raw|created_on|event|channel|ts";
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever comes, it is an event, a problem, or left out for a reason, and it is that again when it
    /// is read again.
    #[test]
    fn any_value_is_accounted_for(value in any_value()) {
        for kind in ["github", "gitlab", "gitea", "bitbucket", "chat"] {
            let heard = read(kind, &value, &["INC-12"]);
            let all = heard.events.len() + heard.problems.len() + heard.left_out.len();
            let is_empty = value.as_array().is_some_and(Vec::is_empty);
            prop_assert!(all > 0 || is_empty, "{kind}");
            let again = read(kind, &value, &["INC-12"]);
            prop_assert_eq!(heard.events, again.events);
            // What was written there is never repeated.
            for problem in &heard.problems {
                prop_assert!(!problem.reason.contains("INC-12"));
            }
        }
    }
}
