//! Rows a second into MergeTree through the engine's HTTP door, against the C API's own streaming
//! insert of the same bytes, by turns in one run. `cargo bench --bench engine_door [-- ROWS]`.
//!
//! The yardstick runs in this process, the door in a child; both write to a temporary folder.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use clickhouse::{Client, Compression, Row};
use readback::engine::{self, Direct, Engine, EngineSettings};
use serde::Serialize;

const ROUNDS: usize = 5;
const PIECE: usize = 256 << 10;
const TABLE: &str = "CREATE TABLE t (id UInt64, at DateTime64(3, 'UTC'), kind Enum8('read' = 1, 'link' = 2), \
     target String, person UInt64, secs UInt32) ENGINE = MergeTree ORDER BY (target, at)";
const ROWS: &str = "SELECT sipHash64(number) AS id, fromUnixTimestamp64Milli(toInt64(1700000000000 + number * 977), 'UTC') AS at, \
     CAST(1 + (number % 9 = 0) AS Enum8('read' = 1, 'link' = 2)) AS kind, concat('page-', toString(number % 2003)) AS target, \
     sipHash64(number % 5000) AS person, toUInt32(number % 600) AS secs FROM numbers(ROWS)";

#[derive(Row, Serialize)]
struct Read<'a> {
    id: u64,
    at: i64,
    kind: i8,
    target: &'a str,
    person: u64,
    secs: u32,
}

#[tokio::main]
async fn main() {
    let rows: u64 = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(2_000_000);
    let mut out = std::io::stdout();
    let named = std::env::var_os("READBACK_LIBCHDB").map(PathBuf::from);
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let cache = home.join(".cache/readback");
    let Some(library) = engine::find(named.as_deref(), &cache).expect("a library") else {
        writeln!(out, "skipped: libchdb is not installed").expect("stdout");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = EngineSettings::of_this_program(folder.path(), &library).expect("a program");
    settings.program = env!("CARGO_BIN_EXE_readback").into();
    let engine = Engine::start(settings).await.expect("an engine");
    let client = engine::client(engine.endpoint());
    let mut direct = Direct::open(&library, &folder.path().join("direct")).expect("an engine");
    direct.query(TABLE, "Null").expect("a table");
    client.query(TABLE).execute().await.expect("a table");

    let source = ROWS.replace("ROWS", &rows.to_string());
    writeln!(
        out,
        "{rows} rows, medians of {ROUNDS} rounds, million rows/s"
    )
    .expect("stdout");
    writeln!(out, "format        C API   door  ratio").expect("stdout");
    for format in ["RowBinary", "Native", "ArrowStream"] {
        // A stream of many blocks, as a client makes it; the engine's single answer has them too.
        let whole = direct.query(&source, format).expect("rows");
        let pieces: Vec<Bytes> = (0..whole.len())
            .step_by(PIECE)
            .map(|at| whole.slice(at..whole.len().min(at + PIECE)))
            .collect();
        let (mut bare, mut door) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            direct.query("TRUNCATE TABLE t", "Null").expect("a table");
            let since = Instant::now();
            let written = direct
                .insert("INSERT INTO t", format, &pieces)
                .expect("rows");
            bare.push(since.elapsed().as_secs_f64());
            assert_eq!(written, rows);
            truncate(&client).await;
            let since = Instant::now();
            let mut insert = client.insert_formatted_with(format!("INSERT INTO t FORMAT {format}"));
            for piece in &pieces {
                insert.send(piece.clone()).await.expect("data");
            }
            insert.end().await.expect("rows");
            door.push(since.elapsed().as_secs_f64());
        }
        report(&mut out, format, rows, bare, door);
        if format == "RowBinary" {
            for (name, client) in [
                ("typed", client.clone()),
                (
                    "typed, LZ4",
                    client.clone().with_compression(Compression::Lz4),
                ),
            ] {
                let (mut bare, mut door) = (Vec::new(), Vec::new());
                for _ in 0..ROUNDS {
                    direct.query("TRUNCATE TABLE t", "Null").expect("a table");
                    let since = Instant::now();
                    direct
                        .insert("INSERT INTO t", format, &pieces)
                        .expect("rows");
                    bare.push(since.elapsed().as_secs_f64());
                    truncate(&client).await;
                    door.push(typed(&client, rows).await);
                }
                report(&mut out, name, rows, bare, door);
            }
        }
    }
    engine.stop().await;
}

async fn truncate(client: &Client) {
    client
        .query("TRUNCATE TABLE t")
        .execute()
        .await
        .expect("a table");
}

/// The `clickhouse` crate's own insert: rows are serialised on the way.
async fn typed(client: &Client, rows: u64) -> f64 {
    let targets: Vec<String> = (0..2003).map(|n| format!("page-{n}")).collect();
    let since = Instant::now();
    let mut insert = client.insert::<Read<'_>>("t").await.expect("an insert");
    for (number, target) in (0..rows).zip(targets.iter().cycle()) {
        let row = Read {
            id: number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            at: 1_700_000_000_000 + number as i64 * 977,
            kind: if number % 9 == 0 { 2 } else { 1 },
            target,
            person: (number % 5000).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            secs: (number % 600) as u32,
        };
        insert.write(&row).await.expect("a row");
    }
    insert.end().await.expect("rows");
    since.elapsed().as_secs_f64()
}

fn report(out: &mut impl Write, name: &str, rows: u64, mut bare: Vec<f64>, mut door: Vec<f64>) {
    let speed = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        rows as f64 / times[times.len() / 2] / 1e6
    };
    let (bare, door) = (speed(&mut bare), speed(&mut door));
    writeln!(
        out,
        "{name:<12} {bare:>6.2} {door:>6.2} {:>6.2}",
        door / bare
    )
    .expect("stdout");
}
