//! The published tables as reporting tools see them: ClickHouse's own clients for Python and Node, and the
//! queries of the dashboards for Grafana, against `readback engine run --published --listen`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use clickhouse::Client;
use readback::engine::{self, Endpoint, Password};
use readback::pages::STATEMENT;
use serde_json::Value;

use super::binary::{Home, Listening};
use super::door_clients::python;
use super::published::report;
use super::way::{lines, lively};

const PASSWORD: &str = "a long password";
const DATABASE: &str = "readback_published";

/// A home with published tables.
fn home() -> Option<Home> {
    let home = Home::with_engine()?.with("READBACK_ENGINE_PASSWORD", PASSWORD);
    home.file(
        "readback.toml",
        "[organisation]\ntimezone = \"Europe/Berlin\"\n[privacy]\nkey_holder = \"data protection\"\n\
         [reporting]\ntables = true\n",
    );
    Some(home)
}

fn listening(home: &Home) -> Listening {
    Listening::with(home, "127.0.0.1:0", &["--published"])
}

fn client(url: &str) -> Client {
    engine::client(&Endpoint::Remote {
        url: url.to_owned(),
        user: engine::USER.to_owned(),
        password: Password::new(PASSWORD),
    })
}

/// What a client in Node says; nothing where its packages are missing.
fn node(url: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reporting");
    if !folder.join("node_modules/@clickhouse/client").is_dir() {
        let words = "skipped: tests/reporting/node_modules is missing; `npm ci` in tests/reporting";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return None;
    }
    let mut command = Command::new("node");
    command.arg(folder.join("client.mjs"));
    command.args([url, engine::USER, PASSWORD, DATABASE]);
    let output = command.output().expect("node runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What both clients have to be told: numbers as they were published, and refusals by their codes.
fn told(words: &str, summary: &Value, rows: impl Fn(&Value) -> Vec<(String, Value)>) -> Value {
    let said: Value = serde_json::from_str(words).expect("JSON");
    assert_eq!(said["ping"], true, "{said}");
    let readers = &summary["indicators"]["R3"]["results"]["readers"];
    let shown = rows(&said["rows"]);
    let found = shown.iter().find(|(path, _)| path == "/readers");
    let value = found.map(|(_, value)| value.as_f64());
    assert_eq!(value, Some(readers.as_f64()), "{said}");
    assert!(readers.is_number(), "{readers}");
    assert_eq!(said["numbers"], 100_000, "{said}");
    for (what, code) in [
        ("insert", "164"),
        ("command", "164"),
        ("table", "60"),
        ("words", "62"),
        ("late", "395"),
        ("stranger", "516"),
    ] {
        assert_eq!(said[what]["code"], code, "{what}: {}", said[what]);
    }
    // Asked to be let write, it is refused, here or by the client itself.
    assert!(said["setting"]["message"].is_string(), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn their_own_clients_are_understood() {
    let Some(home) = home() else { return };
    let early = home.run(&["engine", "run", "--listen", "127.0.0.1:0", "--published"]);
    assert_eq!(early.code, Some(1), "{early:?}");
    assert!(early.err.contains("nothing was published"), "{early:?}");
    let path = home.file("events.ndjson", lines(&lively()).join("\n") + "\n");
    home.done(&["import", "events", &path]);
    let summary = report(&home, "2026-06-30");
    let listening = listening(&home);
    let url = listening.url.clone();
    let (host, port) = url
        .trim_start_matches("http://")
        .split_once(':')
        .expect("a port");

    let arguments = [host, port, engine::USER, PASSWORD, DATABASE];
    if let Some(words) = python("reporting_client.py", &arguments).await {
        let of = |rows: &Value| {
            let rows = rows.as_array().expect("rows").iter();
            let pair = |row: &Value| (row[1].as_str().expect("a path").to_owned(), row[2].clone());
            rows.map(pair).collect()
        };
        let said = told(&words, &summary, of);
        let types = serde_json::json!(["DateTime64(3, 'UTC')", "UInt32", "Bool"]);
        assert_eq!((&said["types"], &said["k"]), (&types, &5.into()));
        assert_eq!(said["insert"]["kind"], "DatabaseError");
        assert_eq!(said["frame"].as_array().map(Vec::len), Some(2));
    }
    let asked = tokio::task::spawn_blocking(move || node(&url)).await;
    if let Some(words) = asked.expect("an end") {
        let of = |rows: &Value| {
            let rows = rows.as_array().expect("rows").iter();
            let pair = |row: &Value| {
                let path = row["path"].as_str().expect("a path").to_owned();
                (path, row["value"].clone())
            };
            rows.map(pair).collect()
        };
        let said = told(&words, &summary, of);
        for (what, kind) in [
            ("insert", "READONLY"),
            ("setting", "READONLY"),
            ("table", "UNKNOWN_TABLE"),
            ("stranger", "AUTHENTICATION_FAILED"),
        ] {
            assert_eq!(said[what]["type"], kind, "{}", said[what]);
        }
        assert_eq!(said["meta"][0]["type"], "DateTime64(3, 'UTC')");
    }
    dashboards(&client(&listening.url)).await;
}

/// Every dashboard in the folder, by its file.
fn boards() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards/grafana");
    let files = std::fs::read_dir(folder).expect("a folder");
    let mut boards: Vec<(String, Value)> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let text = std::fs::read_to_string(&path).expect("a text");
            let name = path.file_name().expect("a name").to_string_lossy();
            (
                name.into_owned(),
                serde_json::from_str(&text).expect("JSON"),
            )
        })
        .collect();
    boards.sort_by(|one, other| one.0.cmp(&other.0));
    boards
}

/// The panels of a dashboard that ask something, each with what it asks.
fn asking(board: &Value) -> Vec<(&str, &str)> {
    let panels = board["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| {
        let title = panel["title"].as_str().unwrap_or_default();
        let targets = panel["targets"].as_array().into_iter().flatten();
        targets.map(move |target| (title, target["rawSql"].as_str().expect("SQL")))
    });
    targets.collect()
}

/// Runs every query of every dashboard; each gives rows, but where there may be none.
async fn dashboards(client: &Client) {
    let mut asked = 0;
    for (file, board) in boards() {
        for (title, sql) in asking(&board) {
            let counted = format!("SELECT count() FROM ({sql})");
            let rows: Result<u64, _> = client.query_raw(&counted).fetch_one().await;
            let rows = rows.unwrap_or_else(|error| panic!("{file}, {title}: {error}"));
            assert!(
                rows > 0 || title == "Notes",
                "{file}, {title} shows nothing"
            );
            asked += 1;
        }
    }
    assert!(asked > 12, "{asked}");
    // Numbers that everybody has to find there.
    let (_, signals) = boards()
        .into_iter()
        .find(|(file, _)| file == "signals.json")
        .expect("signals");
    let share = asking(&signals)
        .into_iter()
        .find(|(title, _)| *title == "Still read");
    let (_, sql) = share.expect("a panel");
    let one =
        format!("SELECT ifNull(share BETWEEN `from` AND `to` AND counted <= `of`, 0) FROM ({sql})");
    let holds: u8 = client.query_raw(&one).fetch_one().await.expect("a share");
    assert_eq!(holds, 1);
}

#[test]
fn no_panel_ranks_and_each_says_what_it_is() {
    // What rows may be ordered by: time, names, and the latest sign of life.
    let orders = BTreeSet::from([
        "time",
        "month",
        "date",
        "day",
        "year",
        "nth",
        "code",
        "id",
        "role",
        "place",
        "reason",
        "note",
        "meeting",
        "last_read_week",
    ]);
    let mut uids = BTreeSet::new();
    for (file, board) in boards() {
        assert!(uids.insert(board["uid"].to_string()), "{file}");
        let first = board["panels"][0]["options"]["content"].as_str();
        assert_eq!(
            first,
            Some(STATEMENT),
            "{file} does not begin with the statement"
        );
        let ids: BTreeSet<String> = board["panels"]
            .as_array()
            .expect("panels")
            .iter()
            .map(|panel| panel["id"].to_string())
            .collect();
        assert_eq!(
            ids.len(),
            board["panels"].as_array().map_or(0, Vec::len),
            "{file}"
        );
        for (title, sql) in asking(&board) {
            let what = format!("{file}, {title}");
            assert!(sql.contains("readback_published.published_"), "{what}");
            // No team stands beside another, and nobody is named.
            for word in ["owner_team", "LIMIT", "rank", "person"] {
                assert!(!sql.contains(word), "{what}: {word}");
            }
            for order in sql.split("ORDER BY ").skip(1) {
                for key in order.split(')').next().unwrap_or_default().split(',') {
                    let key = key.split_whitespace().next().unwrap_or_default();
                    assert!(orders.contains(key), "{what}: in the order of {key}");
                }
            }
            let about = board["panels"].as_array().into_iter().flatten();
            let mut about = about.filter(|panel| panel["title"] == title);
            let about = about.next().and_then(|panel| panel["description"].as_str());
            assert!(
                about.is_some_and(|about| about.len() > 20),
                "{what} says nothing"
            );
        }
    }
}
