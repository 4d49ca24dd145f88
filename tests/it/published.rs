//! What reporting tools may see: published tables in an engine of their own, whole reports only, and
//! nothing else of the house, whoever asks.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use clickhouse::Client;
use readback::engine::{self, Endpoint, Engine, Password};
use serde_json::Value;

use super::binary::Home;
use super::engine::{library, settings};
use super::served::Served;
use super::way::{lines, small};

const PASSWORD: &str = "a long password";

/// A home whose reports are published at a free port.
pub(crate) fn home() -> Option<(Home, String)> {
    let home = Home::with_engine()?;
    let address = free();
    home.file("password", format!("{PASSWORD}\n"));
    home.file(
        "readback.toml",
        format!(
            "[organisation]\ntimezone = \"Europe/Berlin\"\n[privacy]\nkey_holder = \"data protection\"\n\
             [reporting]\nlisten = \"{address}\"\npassword_file = \"password\"\n"
        ),
    );
    let path = home.file("events.ndjson", lines(&small()).join("\n") + "\n");
    home.done(&["import", "events", &path]);
    Some((home, address))
}

/// An address that nobody listens at, with a port that the system gives to no connection by itself: the
/// engine comes and goes there.
fn free() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return format!("127.0.0.1:{port}");
        }
    }
}

fn account(address: &str, password: &str) -> Client {
    engine::client(&Endpoint::Remote {
        url: format!("http://{address}"),
        user: engine::USER.to_owned(),
        password: Password::new(password),
    })
}

pub(crate) fn report(home: &Home, as_of: &str) -> Value {
    let said = home.done(&["report", "--as-of", as_of, "--json"]);
    serde_json::from_str(&said.out).expect("JSON")
}

async fn count(client: &Client, sql: &str) -> u64 {
    client.query_raw(sql).fetch_one().await.expect(sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_published_whole_or_not_at_all() {
    let Some((home, _)) = home() else { return };
    report(&home, "2026-05-01");
    report(&home, "2026-06-01");
    report(&home, "2026-06-01");
    let summary = report(&home, "2026-07-01");
    // A report of an earlier time takes the place of that day's, not of the last.
    report(&home, "2026-05-01");

    let library = library().expect("a library");
    let own = Engine::start(settings(&home.data().join("published"), &library));
    let own = own.await.expect("an engine");
    let client = engine::client(own.endpoint()).with_database("readback_published");
    let days = "SELECT count() FROM published_meta_history";
    assert_eq!(count(&client, days).await, 3);
    assert_eq!(
        count(&client, "SELECT count() FROM published_meta_row").await,
        3
    );
    let july = "SELECT count() FROM published_meta WHERE toDate(as_of, 'Europe/Berlin') = '2026-07-01' AND k = 5";
    assert_eq!(count(&client, july).await, 1);

    let readers: Option<f64> = client
        .query_raw("SELECT value FROM published_indicator WHERE code = 'R3' AND path = '/readers'")
        .fetch_one()
        .await
        .expect("a number");
    assert_eq!(
        readers,
        summary["indicators"]["R3"]["results"]["readers"].as_f64()
    );
    let writeups = summary["writeups"].as_array().expect("a list");
    let listed = "SELECT count() FROM published_writeup";
    assert_eq!(count(&client, listed).await, writeups.len() as u64);
    let withheld = writeups
        .iter()
        .filter(|writeup| writeup["readers"].is_null())
        .count();
    assert!(withheld > 0, "nothing is withheld here");
    let hidden = "SELECT count() FROM published_writeup WHERE readers IS NULL";
    assert_eq!(count(&client, hidden).await, withheld as u64);
    let small = "SELECT count() FROM published_writeup WHERE readers > 0 AND readers < 5";
    assert_eq!(count(&client, small).await, 0);
    // What one write-up or review was on earlier days is not kept.
    for table in ["writeup", "review"] {
        let kept = format!("SELECT uniqExact(generation) FROM published_{table}_row");
        assert_eq!(count(&client, &kept).await, 1, "{table}");
    }
    // Nor what was watched then: its name may be that of something restricted by now.
    let scopes = "FROM published_health_history WHERE path LIKE '/coverage/%/scope' AND as_of";
    let last = "(SELECT max(as_of) FROM published_meta)";
    for (which, some) in [("<", false), ("=", true)] {
        let sql = format!("SELECT count() {scopes} {which} {last}");
        assert_eq!(count(&client, &sql).await > 0, some, "{which}");
    }
    assert!(
        count(
            &client,
            "SELECT count() FROM published_series WHERE code = 'A1'"
        )
        .await
            > 0
    );

    // Rows of a report that is not whole are not seen, and go with the next.
    let half = "INSERT INTO published_indicator_row SELECT * REPLACE (generation + 1000000 AS generation) FROM published_indicator_row";
    let before = count(&client, "SELECT count() FROM published_indicator").await;
    client.query_raw(half).execute().await.expect("rows");
    assert_eq!(
        count(&client, "SELECT count() FROM published_indicator").await,
        before
    );
    own.stop().await;
    report(&home, "2026-07-01");
    let own = Engine::start(settings(&home.data().join("published"), &library));
    let own = own.await.expect("an engine");
    let client = engine::client(own.endpoint()).with_database("readback_published");
    let whole = "SELECT count() FROM published_indicator_row WHERE generation NOT IN (SELECT generation FROM published_meta_row)";
    assert_eq!(count(&client, whole).await, 0);
    own.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reporting_account_gets_at_nothing_else() {
    let Some((home, address)) = home() else {
        return;
    };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let tools = account(&address, PASSWORD);
    // The pages are there before the tables are.
    let since = std::time::Instant::now();
    loop {
        let asked = tools.query_raw("SELECT count() FROM readback_published.published_meta");
        match asked.fetch_one::<u64>().await {
            Ok(1) => break,
            other => assert!(
                since.elapsed() < super::served::PATIENCE,
                "{other:?} {}",
                served.log()
            ),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let library = library().expect("a library");
    let main = Engine::start(settings(&home.data(), &library))
        .await
        .expect("an engine");
    let own = engine::client(main.endpoint());
    let tables: Vec<(String, String, u64)> = own
        .query_raw(
            "SELECT t.database, t.name, countIf(c.type LIKE '%UInt128%') FROM system.tables AS t \
             INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name \
             WHERE t.database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA') \
             GROUP BY t.database, t.name",
        )
        .fetch_all()
        .await
        .expect("tables");
    let holding = tables
        .iter()
        .filter(|(_, _, pseudonyms)| *pseudonyms > 0)
        .count();
    assert!(holding >= 8, "{tables:?}");
    for (database, table, _) in &tables {
        for sql in [
            format!("SELECT count() FROM `{database}`.`{table}`"),
            format!("SELECT * FROM readback_published.`{table}` LIMIT 1"),
            format!("DESCRIBE TABLE `{database}`.`{table}`"),
        ] {
            let asked = tools.query_raw(&sql).execute().await;
            // Both databases have their own list of migrations.
            assert!(asked.is_err() || table == "schema_migration", "{sql}");
        }
    }
    main.stop().await;
    let seen: Vec<String> = tools
        .query_raw("SELECT DISTINCT name FROM system.tables WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')")
        .fetch_all()
        .await
        .expect("tables");
    assert!(
        seen.iter()
            .all(|name| name.starts_with("published_") || name == "schema_migration"),
        "{seen:?}"
    );
    let data = home.data();
    for sql in [
        format!("SELECT * FROM file('{}', 'LineAsString')", data.join("key").display()),
        format!("SELECT * FROM file('{}/engine/store/**', 'LineAsString')", data.display()),
        "INSERT INTO readback_published.published_meta_row SELECT * FROM readback_published.published_meta_row".to_owned(),
        "DROP TABLE readback_published.published_meta_row".to_owned(),
        "SET readonly = 0".to_owned(),
    ] {
        assert!(tools.query_raw(&sql).execute().await.is_err(), "{sql}");
    }
    assert!(
        account(&address, "another")
            .query_raw("SELECT 1")
            .execute()
            .await
            .is_err()
    );

    let proved = home.run(&["privacy", "prove", "--json"]);
    assert_eq!(proved.code, Some(0), "{}\n{}", proved.out, proved.err);
    let proved: Value = serde_json::from_str(&proved.out).expect("JSON");
    let checks = proved["checks"].as_array().expect("a list");
    let held = checks.iter().filter(|check| check["holds"] == true).count();
    assert!(held >= 11, "{proved:#}");
    served.stop();
}

#[test]
fn grants_are_printed_with_the_configured_names() {
    let home = Home::new();
    home.file(
        "readback.toml",
        "[engine]\nmode = \"remote\"\nurl = \"http://127.0.0.1:1\"\ndatabase = \"incidents\"\n\
         [reporting]\ntables = true\ndatabase = \"shown\"\n",
    );
    let said = home.done(&["reporting", "grants"]);
    assert!(
        said.out
            .contains("GRANT SELECT ON shown.* TO readback_reporting;"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("REVOKE ALL ON incidents.* FROM readback_reporting;"),
        "{}",
        said.out
    );
}

/// A server is not at hand and the embedded engine has no accounts, so the statements are parsed and not
/// run.
#[tokio::test]
async fn grants_are_statements() {
    let Some(endpoint) = super::engine::shared() else {
        return;
    };
    let client = engine::client(endpoint);
    let home = Home::new();
    let said = home.done(&["reporting", "grants"]);
    let statements: Vec<&str> = said
        .out
        .split(";\n")
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(statements.len(), 5);
    for statement in statements {
        let parsed = format!("SELECT formatQuery({})", quoted(statement));
        let text: String = client
            .query_raw(&parsed)
            .fetch_one()
            .await
            .expect(statement);
        assert!(!text.is_empty());
    }
}

/// The schema of a cluster, likewise: parsed and not run.
#[tokio::test]
async fn the_schema_of_a_cluster_is_statements() {
    let Some(endpoint) = super::engine::shared() else {
        return;
    };
    let client = engine::client(endpoint);
    let home = Home::new();
    let said = home.done(&["engine", "schema", "--cluster", "learning"]);
    let statements = said.out.split(";\n\n").map(str::trim);
    let statements: Vec<&str> = statements.filter(|text| !text.is_empty()).collect();
    assert!(statements.len() > 200, "{}", statements.len());
    for statement in statements {
        let parsed = format!("SELECT formatQuery({})", quoted(statement));
        let text: String = client
            .query_raw(&parsed)
            .fetch_one()
            .await
            .expect(statement);
        let makes = ["CREATE", "ALTER", "DROP"].iter();
        let makes = makes.copied().any(|verb| text.starts_with(verb));
        assert_eq!(text.contains("ON CLUSTER learning"), makes, "{text}");
    }
    let odd = home.run(&["engine", "schema", "--cluster", "a'b"]);
    assert_eq!(odd.code, Some(2));
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
