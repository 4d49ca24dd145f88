//! `readback privacy prove`: a mark is planted for each promise, and that promise fails and no other.

use clickhouse::Client;
use readback::collect::Keys;
use readback::engine::{self, Engine};
use readback::model::Identity;
use serde_json::{Value, json};

use super::binary::Home;
use super::engine::{library, settings};
use super::published::{home, report};
use super::way::event;

const TABLES: &str = "published tables say what is stored, less what is withheld";

/// The promises that do not hold, and all that was said.
fn failing(home: &Home, more: &[&str]) -> (Vec<String>, Value) {
    let said = home.run(&[&["privacy", "prove", "--json"], more].concat());
    let told: Value = serde_json::from_str(&said.out).expect("JSON");
    let checks = told["checks"].as_array().expect("a list");
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| check["holds"] == false)
        .map(|check| check["promise"].as_str().expect("words").to_owned())
        .collect();
    assert_eq!(said.code, Some(i32::from(!failed.is_empty())), "{told:#}");
    (failed, told)
}

fn check<'a>(told: &'a Value, promise: &str) -> &'a Value {
    let checks = told["checks"].as_array().expect("a list");
    let found = checks.iter().find(|check| check["promise"] == promise);
    found.unwrap_or_else(|| panic!("{promise}: {told:#}"))
}

/// The pseudonym of zz, as text.
fn pseudonym(home: &Home) -> String {
    let keys = Keys::open(&home.data().join("key"));
    let keys = keys.expect("a key").expect("a key");
    let zz = Identity::bare("zz@example.org");
    keys.pseudonym(&zz).to_string()
}

/// Says something to the engine over a folder.
async fn say(home: &Home, folder: &str, database: &str, sql: &str) {
    let library = library().expect("a library");
    let folder = home.data().join(folder);
    let own = Engine::start(settings(&folder, &library)).await;
    let own = own.expect("an engine");
    let client: Client = engine::client(own.endpoint()).with_database(database);
    client.query_raw(sql).execute().await.expect(sql);
    own.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn published_tables_are_compared_with_what_they_were_made_of() {
    let Some((home, _)) = home() else { return };
    report(&home, "2026-07-01");
    let (failed, told) = failing(&home, &[]);
    assert_eq!(failed, Vec::<String>::new(), "{told:#}");
    assert_eq!(check(&told, TABLES)["holds"], true);

    // One more event: what they say is not what is stored now, and is no fault.
    let more = event("read", "later", "INC-1", "2026-03-02T09:00:00Z", json!({}));
    home.done(&["import", "events", &home.file("more.ndjson", more)]);
    let (failed, told) = failing(&home, &[]);
    assert_eq!(failed, Vec::<String>::new(), "{told:#}");
    let tables = check(&told, TABLES);
    assert_eq!(tables["holds"], Value::Null);
    assert!(
        tables["words"]
            .as_str()
            .is_some_and(|words| words.contains("readback report"))
    );
    report(&home, "2026-07-01");
    assert_eq!(check(&failing(&home, &[]).1, TABLES)["holds"], true);

    // A number that nobody computed.
    let wrong = "ALTER TABLE published_indicator_row UPDATE value = value + 1 WHERE code = 'R3' \
        AND path = '/readers' SETTINGS mutations_sync = 2";
    say(&home, "published", "readback_published", wrong).await;
    let (failed, told) = failing(&home, &[]);
    assert_eq!(failed, [TABLES], "{told:#}");
    assert!(
        check(&told, TABLES)["words"]
            .as_str()
            .is_some_and(|words| words.contains("R3/readers"))
    );
    report(&home, "2026-07-01");

    // A pseudonym where a title stands.
    let pseudonym = pseudonym(&home);
    let comes = event(
        "read",
        "zz",
        "INC-ZZ",
        "2026-03-02T09:00:00Z",
        json!({ "person": "zz@example.org" }),
    );
    let data =
        json!({ "id": "INC-ZZ", "title": pseudonym, "published_at": "2026-03-01T00:00:00Z" });
    let called = event("writeup", "zzw", "INC-ZZ", "2026-03-01T00:00:00Z", data);
    home.done(&[
        "import",
        "events",
        &home.file("zz.ndjson", format!("{comes}\n{called}\n")),
    ]);
    report(&home, "2026-07-01");
    let (failed, told) = failing(&home, &[]);
    let expected = [
        "no pseudonym in what is shown",
        "no pseudonym in published tables",
    ];
    assert_eq!(failed, expected, "{told:#}");
    assert!(!told.to_string().contains(&pseudonym));
}

/// Whichever of two reviews that begin together is the first of its day: it is for everybody, though nobody is
/// told how many came.
#[tokio::test(flavor = "multi_thread")]
async fn reviews_that_begin_together_keep_their_names() {
    let Some((home, _)) = home() else { return };
    let (made, held) = ("2026-03-01T08:00:00Z", "2026-03-02T09:00:00Z");
    let mut lines = Vec::new();
    for (id, people) in [("INC-TB", 3), ("INC-TA", 4)] {
        let data = json!({ "id": id, "title": format!("Title of {id}"), "published_at": made });
        lines.push(event("writeup", id, id, made, data));
        lines.extend((0..people).map(|n| {
            let data = json!({ "meeting": format!("review of {id}"), "person": format!("{n}@example.org"),
                "attended": true });
            event("attendance", &format!("{id} {n}"), id, held, data)
        }));
    }
    home.done(&[
        "import",
        "events",
        &home.file("two.ndjson", lines.join("\n") + "\n"),
    ]);
    report(&home, "2026-07-01");
    let (failed, told) = failing(&home, &[]);
    assert_eq!(failed, Vec::<String>::new(), "{told:#}");
    assert_eq!(check(&told, TABLES)["holds"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn store_and_log_are_looked_through() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let read = event(
        "read",
        "r",
        "INC-1",
        "2026-03-02T09:00:00Z",
        json!({ "person": "zz@example.org" }),
    );
    home.done(&["import", "events", &home.file("events.ndjson", read)]);
    let promise = "no address and no pseudonym in the log";
    let (failed, told) = failing(&home, &[]);
    assert_eq!(failed, Vec::<String>::new(), "{told:#}");
    let log = check(&told, promise);
    assert_eq!(log["holds"], Value::Null);
    assert!(
        log["words"]
            .as_str()
            .is_some_and(|words| words.contains("--log FILE"))
    );

    let clean = "INFO the pages are served url=\"http://127.0.0.1:8080\"\n";
    let file = home.file("readback.log", clean);
    let (failed, told) = failing(&home, &["--log", &file]);
    assert_eq!(
        (failed, &check(&told, promise)["holds"]),
        (Vec::new(), &json!(true))
    );
    let pseudonym = pseudonym(&home);
    for mark in ["zz@example.org", "203.0.113.77", &pseudonym] {
        let file = home.file("readback.log", format!("{clean}WARN from {mark}\n"));
        let (failed, told) = failing(&home, &["--log", &file]);
        assert_eq!(failed, [promise], "{told:#}");
        let words = check(&told, promise)["words"].as_str().expect("words");
        assert!(
            words.contains("line 2") && !told.to_string().contains(mark),
            "{words}"
        );
    }
    let none = home.path("none").display().to_string();
    let said = home.run(&["privacy", "--prove", "--log", &none]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(
        said.err.contains("--log") && said.err.contains("none"),
        "{}",
        said.err
    );

    let planted =
        "INSERT INTO checkpoint (source, version, value) VALUES ('x', 1, 'zz@example.org')";
    say(&home, "", "readback", planted).await;
    let (failed, told) = failing(&home, &[]);
    assert_eq!(failed, ["no address in the store"], "{told:#}");
    assert!(!told.to_string().contains("zz@"));
}
