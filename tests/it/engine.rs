//! The engine every test shares, and what the `clickhouse` crate does through its door.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clickhouse::{Client, Compression, Row};
use readback::engine::{self, Endpoint, Engine, EngineSettings};
use serde::{Deserialize, Serialize};

/// Where the library is, or a loud word that there is none.
pub(crate) fn library() -> Option<PathBuf> {
    let named = std::env::var_os("READBACK_LIBCHDB").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    let found = engine::find(named.as_deref(), &cache.join("readback")).expect("a library");
    if found.is_none() {
        let words = "skipped: libchdb is not installed; run `readback engine install`";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
    }
    found
}

/// The settings of a child of this test.
pub(crate) fn settings(data: &Path, library: &Path) -> EngineSettings {
    let mut settings = EngineSettings::of_this_program(data, library).expect("a program");
    settings.program = env!("CARGO_BIN_EXE_readback").into();
    settings
}

/// Before the process that an engine's folder is of.
const FOLDER: &str = "engine-";

/// Removes what runs left behind that have ended.
fn remove_left_behind(folder: &Path) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDER));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Should it stay, it only takes room.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The shared engine's endpoint. It lives in a thread of its own until the test binary ends, which
/// closes the pipe that the child waits on.
pub(crate) fn shared() -> Option<&'static Endpoint> {
    static SHARED: OnceLock<Option<Endpoint>> = OnceLock::new();
    let start = || {
        let library = library()?;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        remove_left_behind(&folder);
        let data = folder.join(format!("{FOLDER}{}", std::process::id()));
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let engine = Engine::start(settings(&data, &library))
                    .await
                    .expect("an engine");
                tell.send(engine.endpoint().clone()).expect("a listener");
                std::future::pending::<()>().await;
            });
        });
        Some(told.recv().expect("an engine"))
    };
    SHARED.get_or_init(start).as_ref()
}

/// The path of the shared engine's socket.
pub(crate) fn socket() -> Option<&'static Path> {
    match shared()? {
        Endpoint::Socket(path) => Some(path),
        Endpoint::Remote { .. } => None,
    }
}

async fn fresh(client: &Client, table: &str, columns: &str) {
    for sql in [
        format!("DROP TABLE IF EXISTS {table}"),
        format!("CREATE TABLE {table} ({columns}) ENGINE = MergeTree ORDER BY tuple()"),
    ] {
        client.query(&sql).execute().await.expect("a table");
    }
}

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Reading {
    id: u64,
    target: String,
    weight: f64,
}

fn reading(id: u64) -> Reading {
    Reading {
        id,
        target: format!("page '{}' \\ \u{20ac}\n", id % 97),
        weight: id as f64 / 8.0,
    }
}

#[tokio::test]
async fn rows_go_in_and_come_back_exactly() {
    let Some(endpoint) = shared() else { return };
    for (table, client) in [
        ("t_plain", engine::client(endpoint)),
        (
            "t_lz4",
            engine::client(endpoint).with_compression(Compression::Lz4),
        ),
        ("t_bare", engine::client(endpoint).with_validation(false)),
    ] {
        fresh(&client, table, "id UInt64, target String, weight Float64").await;
        let mut insert = client.insert::<Reading>(table).await.expect("an insert");
        for id in 0..200_000 {
            insert.write(&reading(id)).await.expect("a row");
        }
        insert.end().await.expect("the rows");
        let sums: (u64, u64, u64) = client
            .query("SELECT count(), uniqExact(id), sum(id) FROM ?")
            .bind(clickhouse::sql::Identifier(table))
            .fetch_one()
            .await
            .expect("counts");
        assert_eq!(sums, (200_000, 200_000, 200_000 * 199_999 / 2), "{table}");
        // More than one chunk comes back, with one header.
        let mut cursor = client
            .query("SELECT ?fields FROM ? ORDER BY id")
            .bind(clickhouse::sql::Identifier(table))
            .fetch::<Reading>()
            .expect("a cursor");
        let mut id = 0;
        while let Some(row) = cursor.next().await.expect("a row") {
            assert_eq!(row, reading(id));
            id += 1;
        }
        assert_eq!(id, 200_000, "{table}");
    }
}

#[tokio::test]
async fn parameters_are_bound_whatever_they_hold() {
    let Some(endpoint) = shared() else { return };
    let client = engine::client(endpoint);
    for text in [
        "it's",
        "a\\b",
        "tab\tline\nend",
        "'; DROP TABLE x; --",
        "",
        "{x:String}",
        "\u{20ac}",
    ] {
        let back: String = client
            .query("SELECT {text:String}")
            .param("text", text)
            .fetch_one()
            .await
            .expect("a text");
        assert_eq!(back, text);
    }
    let all: String = client
        .query("SELECT toString(({a:UInt64} + 1, {l:Array(String)}, {n:Nullable(String)}))")
        .param("a", 41)
        .param("l", vec!["x'y", "z"])
        .param("n", None::<String>)
        .fetch_one()
        .await
        .expect("values");
    assert_eq!(all, "(42,['x\\'y','z'],NULL)");
}

#[tokio::test]
async fn settings_hold_for_their_request_alone() {
    let Some(endpoint) = shared() else { return };
    let client = engine::client(endpoint);
    let threads = "SELECT toString(getSetting('max_threads'))";
    let before: String = client.query(threads).fetch_one().await.expect("a setting");
    let set: String = client
        .query(threads)
        .with_setting("max_threads", "7")
        .fetch_one()
        .await
        .expect("a setting");
    assert_eq!(set, "7");
    let after: String = client.query(threads).fetch_one().await.expect("a setting");
    assert_eq!(after, before);
}

#[tokio::test]
async fn errors_keep_their_codes() {
    let Some(endpoint) = shared() else { return };
    let client = engine::client(endpoint);
    let cases = [
        ("SELECT * FROM no_such_table", "Code: 60. DB::Exception: "),
        ("SELECT FROM WHERE", "Code: 62. DB::Exception: "),
        ("SELECT 1; SELECT 2", "Code: 62. DB::Exception: "),
        (
            "SELECT 1 SETTINGS no_such_setting = 1",
            "Code: 115. DB::Exception: Unknown setting 'no_such_setting'",
        ),
        ("SELECT no_such_function(1)", "Code: 46. DB::Exception: "),
        (
            "SELECT 1 INTO OUTFILE '/tmp/x'",
            "Code: 344. DB::Exception: ",
        ),
    ];
    for (sql, expected) in cases {
        let error = client
            .query(sql)
            .execute()
            .await
            .expect_err(sql)
            .to_string();
        assert!(error.contains(expected), "{sql}: {error}");
        assert_eq!(error.matches("(version ").count(), 1, "{sql}: {error}");
    }
    let error = client
        .query("SELECT 1")
        .with_setting("no_such_setting", "1")
        .execute()
        .await
        .expect_err("a setting");
    assert!(error.to_string().contains("Code: 115. "), "{error}");
}

#[tokio::test]
async fn an_error_in_mid_result_is_an_error() {
    let Some(endpoint) = shared() else { return };
    for client in [
        engine::client(endpoint),
        engine::client(endpoint).with_compression(Compression::Lz4),
    ] {
        let sql = "SELECT number, throwIf(number = 900000) AS t FROM numbers(1000000)";
        let outcome = async {
            let mut cursor = client.query(sql).fetch::<(u64, u8)>()?;
            let mut rows = 0_u64;
            while cursor.next().await?.is_some() {
                rows += 1;
            }
            Ok::<_, clickhouse::error::Error>(rows)
        };
        let error = outcome.await.expect_err("an error").to_string();
        assert!(error.contains("Code: 395. "), "{error}");
        let mut bytes = client
            .query(sql)
            .fetch_bytes("ArrowStream")
            .expect("a cursor");
        let error = bytes.collect().await.expect_err("an error").to_string();
        assert!(error.contains("Code: 395. "), "{error}");
    }
}

#[tokio::test]
async fn a_long_arrow_stream_is_one_stream() {
    let Some(endpoint) = shared() else { return };
    let client = engine::client(endpoint);
    let sql = "SELECT number, toString(number % 7) AS s FROM numbers(5000000)";
    let read = |client: Client| async move {
        let mut cursor = client
            .query(sql)
            .fetch_bytes("ArrowStream")
            .expect("a cursor");
        frame(cursor.collect().await.expect("bytes").to_vec())
    };
    let streamed = read(client.clone()).await;
    // Waiting for the whole result takes the engine's own single output.
    let whole = read(client.with_setting("wait_end_of_query", "1")).await;
    assert_eq!(streamed.height(), 5_000_000);
    assert!(streamed.equals(&whole));
}

#[tokio::test]
async fn an_empty_arrow_stream_has_its_columns() {
    let Some(endpoint) = shared() else { return };
    let mut cursor = engine::client(endpoint)
        .query("SELECT number AS n FROM numbers(10) WHERE n > 10")
        .fetch_bytes("ArrowStream")
        .expect("a cursor");
    let empty = frame(cursor.collect().await.expect("bytes").to_vec());
    assert_eq!(empty.shape(), (0, 1));
}

fn frame(bytes: Vec<u8>) -> polars::prelude::DataFrame {
    use polars::prelude::{IpcStreamReader, SerReader};
    IpcStreamReader::new(std::io::Cursor::new(bytes))
        .finish()
        .expect("an Arrow stream")
}

#[tokio::test]
async fn a_refused_insert_says_why_and_stores_nothing() {
    let Some(endpoint) = shared() else { return };
    let client = engine::client(endpoint);
    fresh(&client, "t_refused", "id UInt64").await;
    let mut insert = client.insert_formatted_with("INSERT INTO t_refused FORMAT CSV");
    let mut data = "1\n".repeat(300_000);
    data.push_str("no number\n");
    let sent = async {
        insert.send(data.into()).await?;
        insert.end().await
    };
    let error = sent.await.expect_err("an error").to_string();
    assert!(error.contains("Code: 117. "), "{error}");
    let count: u64 = client
        .query("SELECT count() FROM t_refused")
        .fetch_one()
        .await
        .expect("a count");
    assert_eq!(count, 0);
    // An unfinished insert is no insert.
    let mut insert = client.insert_formatted_with("INSERT INTO t_refused FORMAT CSV");
    insert.send("1\n2\n".into()).await.expect("data");
    drop(insert);
    let missing = client
        .insert_formatted_with("INSERT INTO no_such_table FORMAT CSV")
        .end()
        .await;
    assert!(missing.is_ok(), "nothing was sent");
    let mut insert = client.insert_formatted_with("INSERT INTO no_such_table FORMAT CSV");
    let sent = async {
        insert.send("1\n".into()).await?;
        insert.end().await
    };
    let error = sent.await.expect_err("an error").to_string();
    assert!(error.contains("Code: 60. "), "{error}");
}
