//! `/xapi/statements`: what learning systems send and what they expect to hear.

use std::path::Path;

use serde_json::{Value, json};

use super::doorway::{ACCOUNT, Answer, Doorway, MAIL, NAME, open, read};
use super::way::fixtures;

const ID: &str = "12345678-1234-5678-1234-567812345678";

fn fresh() -> (tempfile::TempDir, Doorway, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), "", 1 << 30);
    let token = door.token(&[], &[]);
    (folder, door, token)
}

/// A statement of the marked person with other members.
fn statement(verb: &str, members: Value) -> Value {
    let mut statement = json!({
        "actor": { "name": NAME, "mbox": format!("mailto:{MAIL}") },
        "verb": { "id": format!("http://adlnet.gov/expapi/verbs/{verb}") },
        "object": { "id": "https://wiki.example.org/a" },
        "timestamp": "2026-03-02T09:00:00Z",
    });
    for (name, value) in members.as_object().expect("an object") {
        statement[name] = value.clone();
    }
    statement
}

fn group() -> Value {
    let member =
        |name: &str| json!({ "account": { "homePage": "https://lms.example.org", "name": name } });
    json!({ "actor": { "objectType": "Group", "member": [member("a"), member("b"), member(ACCOUNT)] } })
}

async fn send(door: &Doorway, token: &str, line: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", &*bearer),
        ("content-type", "application/json"),
        ("x-experience-api-version", "1.0.3"),
    ];
    let answer = door.send(line, &headers, body.to_string()).await;
    assert_eq!(answer.header("x-experience-api-version"), "1.0.3");
    answer
}

async fn post(door: &Doorway, token: &str, body: &Value) -> Answer {
    send(door, token, "POST /xapi/statements", body).await
}

#[tokio::test]
async fn statements_are_answered_with_their_ids() {
    let (_folder, door, token) = fresh();
    let one = statement("experienced", json!({ "id": ID.to_uppercase() }));
    let answer = post(&door, &token, &one).await;
    assert_eq!((answer.status, answer.json()), (200, json!([ID])));
    let taken = door.taken().await;
    assert_eq!(
        (taken.read(), &*taken.reads[0].source),
        (vec!["https://wiki.example.org/a"], "xapi")
    );

    let all = json!([
        statement("commented", json!({ "result": { "response": NAME } })),
        statement("attended", group()),
        statement("launched", json!({})),
    ]);
    let answer = post(&door, &token, &all).await;
    let ids = answer.json();
    assert_eq!(
        (answer.status, ids.as_array().map(Vec::len)),
        (200, Some(3))
    );
    // The same when the same comes again, written otherwise.
    let again = send(&door, &token, "POST /xapi/statements?x=1", &all).await;
    assert_eq!(again.json(), ids);
    let taken = door.taken().await;
    assert_eq!(
        (taken.comments.len(), taken.attendance.len(), taken.requests),
        (2, 6, 2)
    );
    assert_eq!(taken.comments[0].key, taken.comments[1].key);
    assert_eq!(taken.comments[0].version, taken.comments[1].version);

    let answer = post(&door, &token, &json!([])).await;
    assert_eq!((answer.status, answer.json()), (200, json!([])));
    let answer = post(&door, &token, &json!([statement("launched", json!({}))])).await;
    assert_eq!(answer.status, 200);
    assert_eq!(door.taken().await.requests, 0);
}

#[tokio::test]
async fn a_mail_address_is_no_write_up() {
    let (_folder, door, token) = fresh();
    let object = json!({ "object": { "id": format!("MailTo:{MAIL}") } });
    let both = json!([
        statement("experienced", object),
        statement("experienced", json!({}))
    ]);
    let answer = post(&door, &token, &both).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let taken = door.taken().await;
    assert_eq!(taken.read(), ["https://wiki.example.org/a"]);
}

#[tokio::test]
async fn one_statement_is_put() {
    let (_folder, door, token) = fresh();
    let plain = statement("experienced", json!({}));
    let named = statement("experienced", json!({ "id": ID }));
    let path = |id: &str| format!("PUT /xapi/statements?statementId={id}");
    let other = path("00000000-0000-4000-8000-000000000000");
    for (line, body, status) in [
        (path(ID), plain.clone(), 204),
        (path(&ID.to_uppercase()), named.clone(), 204),
        (other, named, 400),
        (path("zzaccount77"), plain.clone(), 400),
        (path(ID), json!([plain]), 400),
        (path(ID), json!(5), 400),
        (
            path(ID),
            statement("experienced", json!({ "verb": NAME })),
            400,
        ),
        ("PUT /xapi/statements".to_owned(), plain.clone(), 400),
        (
            "PUT /xapi/statements?statementId=1&statementId=2".to_owned(),
            plain.clone(),
            400,
        ),
    ] {
        let answer = send(&door, &token, &line, &body).await;
        assert_eq!(answer.status, status, "{line} {answer:?}");
        match status {
            204 => assert_eq!(answer.text, ""),
            _ => assert_eq!(answer.json()["status"], 400),
        }
        assert_eq!(
            door.taken().await.rows,
            usize::from(status == 204),
            "{line}"
        );
    }
}

#[tokio::test]
async fn versions_are_agreed_on() {
    let (_folder, door, token) = fresh();
    let bearer = format!("Bearer {token}");
    let body = statement("experienced", json!({})).to_string();
    for (asked, status, answered) in [
        (None, 200, "1.0.3"),
        (Some("1.0"), 200, "1.0.3"),
        (Some("1.0.0"), 200, "1.0.3"),
        (Some("2.0.0"), 200, "2.0.0"),
        (Some("0.95"), 400, "1.0.3"),
        (Some("zzaccount77"), 400, "1.0.3"),
    ] {
        let mut headers = vec![("authorization", &*bearer)];
        headers.extend(asked.map(|asked| ("x-experience-api-version", asked)));
        let answer = door
            .send("POST /xapi/statements", &headers, body.clone())
            .await;
        let version = answer.header("x-experience-api-version");
        assert_eq!((answer.status, version), (status, answered), "{asked:?}");
    }
    let about = door.send("GET /xapi/about", &[], "").await;
    assert_eq!(about.json()["version"], json!(["1.0.3", "2.0.0"]));
    assert_eq!(about.header("x-experience-api-version"), "1.0.3");
    // Whoever is unknown hears it in the asked version, too.
    let headers = [("x-experience-api-version", "2.0.0")];
    let answer = door.send("POST /xapi/statements", &headers, body).await;
    assert_eq!(
        (answer.status, answer.header("x-experience-api-version")),
        (401, "2.0.0")
    );
}

#[tokio::test]
async fn a_request_is_taken_whole_or_not_at_all() {
    let (_folder, door, token) = fresh();
    let good = statement("experienced", json!({}));
    let of_group = statement("attended", group());
    let left_out = statement("launched", json!({}));
    let bad = statement("experienced", json!({ "timestamp": NAME, "id": MAIL }));
    let all = json!([of_group, left_out, good, bad, of_group, 5]);
    let answer = post(&door, &token, &all).await;
    assert_eq!(
        (answer.status, &answer.json()["accepted"]),
        (400, &json!(0)),
        "{answer:?}"
    );
    let told = [(3, "id"), (3, "timestamp"), (5, "")];
    assert_eq!(
        answer.refused(),
        told.map(|(at, field)| (at, field.to_owned()))
    );
    assert!(
        answer.text.contains("2 statements were refused"),
        "{answer:?}"
    );
    let taken = door.taken().await;
    assert_eq!((taken.rows, taken.count("rejected")), (0, 2));

    // What the intake refuses counts by its statement as well.
    let long =
        json!({ "object": { "id": format!("https://wiki.example.org/{}", "a".repeat(9000)) } });
    let mut long_group = statement("attended", group());
    long_group["object"] = long["object"].clone();
    let all = json!([
        left_out,
        of_group,
        long_group,
        statement("experienced", long)
    ]);
    let answer = post(&door, &token, &all).await;
    let mut at: Vec<u64> = answer.refused().into_iter().map(|(at, _)| at).collect();
    at.dedup();
    assert_eq!((answer.status, at), (400, vec![2, 3]), "{answer:?}");
    assert!(
        answer.text.contains("2 statements were refused"),
        "{answer:?}"
    );
    assert_eq!(door.taken().await.rows, 0);

    let one = statement("experienced", json!({ "id": ID }));
    let other = statement(
        "experienced",
        json!({ "id": ID, "object": { "id": "urn:b" } }),
    );
    let answer = post(&door, &token, &json!([one, one])).await;
    assert_eq!(answer.status, 200);
    assert_eq!(door.taken().await.rows, 2);
    let answer = post(&door, &token, &json!([one, good, other])).await;
    assert_eq!(answer.status, 409);
    let told = [(0, "id"), (2, "id")];
    assert_eq!(
        answer.refused(),
        told.map(|(at, field)| (at, field.to_owned()))
    );
    assert!(
        answer.text.contains("an id is one statement's"),
        "{answer:?}"
    );
    assert_eq!(door.taken().await.rows, 0);

    let bearer = format!("Bearer {token}");
    for (media, body, status) in [
        ("application/json", "".to_owned(), 400),
        ("application/json", format!("[{good}"), 400),
        ("application/json", format!("{good}{good}"), 400),
        (
            "multipart/mixed; boundary=zzmail.marker@people.example.org",
            good.to_string(),
            415,
        ),
        // Moodle's plug-in and others say nothing better.
        ("application/octet-stream", good.to_string(), 200),
    ] {
        let headers = [("authorization", &*bearer), ("content-type", media)];
        let answer = door.send("POST /xapi/statements", &headers, body).await;
        assert_eq!(answer.status, status, "{media} {answer:?}");
    }
}

#[tokio::test]
async fn a_token_for_one_source_names_it() {
    let (_folder, door, _) = fresh();
    let one = statement("experienced", json!({}));
    for (sources, kinds, status, source) in [
        (&["lms"][..], &[][..], 200, "lms"),
        (&["xapi"], &["read"], 200, "xapi"),
        (&[], &["read"], 200, "xapi"),
        (&["lms*", "xapi"], &[], 200, "xapi"),
        (&["lms*"], &[], 403, ""),
        (&["lms"], &["comment"], 403, ""),
    ] {
        let token = door.token(sources, kinds);
        let answer = post(&door, &token, &one).await;
        assert_eq!(answer.status, status, "{sources:?} {kinds:?} {answer:?}");
        let taken = door.taken().await;
        let found: Vec<&str> = taken.reads.iter().map(|row| &*row.source).collect();
        let expected: Vec<&str> = Some(source)
            .filter(|one| !one.is_empty())
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{sources:?} {kinds:?}");
    }
    // It is the same door behind: an event is no statement.
    let token = door.token(&["lms"], &[]);
    assert_eq!(post(&door, &token, &read("1", "a")).await.status, 400);
}

/// One statement of a large group makes an event for each member, and each holds the object's id.
#[tokio::test]
async fn a_small_statement_makes_no_gigabytes() {
    let (_folder, door, token) = fresh();
    let of = |members: usize, id: usize| {
        let member = |n| json!({ "mbox": format!("mailto:{n}@x.org") });
        let members: Vec<Value> = (0..members).map(member).collect();
        statement(
            "attended",
            json!({
                "actor": { "objectType": "Group", "member": members },
                "object": { "id": format!("urn:{}", "a".repeat(id)) },
            }),
        )
    };
    let large = of(1000, 8000);
    for (body, field) in [
        (json!([of(100_000, 8000)]), "actor.member"),
        (json!([of(10_000, 1 << 20)]), "actor.member"),
        (Value::from(vec![large.clone(); 7]), ""),
    ] {
        let answer = post(&door, &token, &body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.refused()[0].1, field);
        assert_eq!(door.taken().await.rows, 0);
    }
    let answer = post(&door, &token, &large).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(door.taken().await.rows, 1000);
}

fn published(folder: &Path) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let path = entry.expect("a file").path();
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(&path).expect("text");
            (name, serde_json::from_str(&text).expect("JSON"))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[tokio::test]
async fn published_statements_are_judged() {
    let Some(fixtures) = fixtures() else { return };
    let (_folder, door, token) = fresh();
    let mut whole = Vec::new();
    for (name, piece) in published(&fixtures.join("xapi")) {
        let Some(rest) = name.strip_prefix("statements__") else {
            continue;
        };
        // What is wrong with it is in its name.
        let wrong = rest.starts_with("no_")
            || rest.contains("_no_")
            || ["actor", "verb", "object_actor"].contains(&rest);
        let answer = post(&door, &token, &piece).await;
        let status = if wrong { 400 } else { 200 };
        assert_eq!(answer.status, status, "{name} {answer:?}");
        if !wrong {
            whole.push(piece);
        }
    }
    assert!(whole.len() > 3, "{}", whole.len());
    let answer = post(&door, &token, &Value::from(whole.clone())).await;
    assert_eq!(
        (answer.status, answer.json().as_array().map(Vec::len)),
        (200, Some(whole.len()))
    );

    // What a translator of open courses makes of its own events.
    let pairs: Vec<Value> = published(&fixtures.join("xapi_pairs"))
        .into_iter()
        .filter(|(name, _)| name.ends_with(".expected"))
        .map(|(_, statement)| statement)
        .collect();
    door.taken().await;
    let answer = post(&door, &token, &Value::from(pairs.clone())).await;
    let ids: Vec<&Value> = pairs.iter().map(|pair| &pair["id"]).collect();
    assert_eq!((answer.status, answer.json()), (200, json!(ids)));
    let comments = pairs.iter().filter(|pair| {
        let verb = pair["verb"]["id"].as_str().unwrap_or_default();
        verb.ends_with("/posted") || verb.ends_with("/deleted")
    });
    let taken = door.taken().await;
    assert_eq!(taken.comments.len(), comments.count());
    assert!(taken.rows >= 3, "{}", taken.rows);
}
