//! A simulated organisation goes the whole way, step by step: simulate, import, derive, report; with
//! wall time, memory, bytes a row. Against DuckDB, which counts R1 to R3, L2 to L4 and the
//! monthly series (`benches/few_facts.py`) from the same reads as Parquet, in the same run. Then the same with more
//! reads, and how both grow.
//! `cargo bench --bench report [-- READS…]`, a million and ten millions unless others are named (100000000 takes
//! most of an hour); BENCH_PYTHON names a Python that has duckdb.
//!
//! The two do not do the same: the report holds every indicator, chart and page; DuckDB's reads are
//! resolved beforehand, outside its time. The ratio says whether the way over roll-ups pays.

mod bench;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use bench::measure::Measured;
use bench::{cpu, forget_peak, measure, numbers_or, peak, readback};
use readback::engine;
use readback::indicators::Context;
use readback::jobs::machines::Configured;
use readback::jobs::{compute, derive};
use readback::model::{Calendar, Parameters, parse_rfc3339};
use readback::store::Store;

const AS_OF: &str = "2026-07-01T00:00:00Z";
const TABLES: &str = "SELECT table, sum(rows), toFloat64(sum(bytes_on_disk)) FROM system.parts \
     WHERE active AND database = 'readback' AND rows > 0 \
     AND table IN ('landing_read', 'derived_read', 'derived_read_day', 'derived_reader_day', \
     'derived_reader_cell', 'derived_sitting_day') \
     GROUP BY table ORDER BY table";

/// Reads in a run of which none are named.
const READS: [u64; 2] = [1_000_000, 10_000_000];

/// What one of the two took for so many reads.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    cpu: f64,
    peak_mib: f64,
}

#[tokio::main]
async fn main() {
    let mut out = std::io::stdout();
    let Some(library) = bench::library(&mut out) else {
        return;
    };
    let mut rows = Vec::new();
    for reads in numbers_or(&READS) {
        let (ours, duckdb) = with_reads(&mut out, &library, reads).await;
        rows.push((reads, ours, duckdb));
    }
    side_by_side(&mut out, &rows);
}

/// The whole way with so many reads. Returns what the report took, and what DuckDB did.
async fn with_reads(out: &mut impl Write, library: &Path, reads: u64) -> (Took, Option<Took>) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let events = folder.path().join("events.ndjson");
    let report = folder.path().join("report");

    let mut command = readback(&data);
    command.args(["simulate", "--people", "50000", "--teams", "500"]);
    command.args(["--writeups", "2000", "--reads", &reads.to_string(), "--out"]);
    let simulated = measure(command.arg(&events));
    let (running, process) = bench::engine(&data, library).await;
    let mut table = Table {
        out: &mut *out,
        engine: process,
        engine_cpu: cpu(process),
    };
    writeln!(
        table.out,
        "about {reads} reads of 50,000 people and 2,000 write-ups\n\
         step        wall s   rows/s  cpu s ours  engine  MiB ours  engine"
    )
    .expect("stdout");
    table.step("simulate", reads, &simulated);

    forget_peak(process);
    let mut command = readback(&data);
    let imported = measure(command.args(["import", "events"]).arg(&events));
    table.step("import", reads, &imported);

    let store = Store::new(engine::client(running.endpoint()), "readback");
    let (as_of, calendar) = (
        parse_rfc3339(AS_OF).expect("an instant"),
        Calendar::new(chrono_tz::Europe::Berlin),
    );
    let context = Context {
        as_of,
        calendar,
        parameters: Parameters::default(),
        k: 5,
    };
    let own = std::process::id();
    let step = |since: Instant, before: f64| Measured {
        seconds: since.elapsed().as_secs_f64(),
        cpu: cpu(own) - before,
        peak_mib: peak(own),
    };
    forget_peak(process);
    forget_peak(own);
    let (since, before) = (Instant::now(), cpu(own));
    derive::run(
        &store,
        &context.calendar,
        &context.parameters,
        &Configured::default(),
    )
    .await
    .expect("derived tables");
    table.step("derive", reads, &step(since, before));
    forget_peak(process);
    forget_peak(own);
    let (since, before) = (Instant::now(), cpu(own));
    compute::run(&store, &context).await.expect("results");
    table.step("facts", reads, &step(since, before));
    forget_peak(process);
    let mut command = readback(&data);
    command.args(["report", "--as-of", AS_OF, "--out"]);
    let reported = measure(command.arg(&report));
    let took = table.step("report", reads, &reported);

    writeln!(out, "\ntable                     rows   bytes a row").expect("stdout");
    let rows: Vec<(String, u64, f64)> = engine::client(running.endpoint())
        .query(TABLES)
        .fetch_all()
        .await
        .expect("tables");
    for (name, rows, bytes) in rows {
        writeln!(out, "{name:<19} {rows:>10} {:>13.1}", bytes / rows as f64).expect("stdout");
    }
    running.stop().await;
    (took, duckdb(out, &events))
}

struct Table<'a, W: Write> {
    out: &'a mut W,
    engine: u32,
    engine_cpu: f64,
}

impl<W: Write> Table<'_, W> {
    /// Prints a step. Returns what it took of both together, the program and the engine.
    fn step(&mut self, name: &str, rows: u64, measured: &Measured) -> Took {
        let (until, most) = (cpu(self.engine), peak(self.engine));
        writeln!(
            self.out,
            "{name:<10} {:>7.2} {:>8.0} {:>11.2} {:>7.2} {:>9.0} {:>7.0}",
            measured.seconds,
            rows as f64 / measured.seconds,
            measured.cpu,
            until - self.engine_cpu,
            measured.peak_mib,
            most
        )
        .expect("stdout");
        let engine = until - self.engine_cpu;
        self.engine_cpu = until;
        Took {
            seconds: measured.seconds,
            cpu: measured.cpu + engine,
            peak_mib: measured.peak_mib + most,
        }
    }
}

/// The same events as Parquet, a few facts by DuckDB.
fn duckdb(out: &mut impl Write, events: &Path) -> Option<Took> {
    let Some(python) = std::env::var_os("BENCH_PYTHON") else {
        writeln!(
            out,
            "skipped DuckDB: BENCH_PYTHON is not set (pip install duckdb)"
        )
        .expect("stdout");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/few_facts.py");
    let parquet = events.with_extension("parquet");
    let run = |step: &str, from: &Path| {
        let mut command = Command::new(&python);
        command.arg(script).arg(step).arg(from).arg(&parquet);
        measure(&mut command)
    };
    run("load", events);
    let facts = run("facts", events);
    Some(Took {
        seconds: facts.seconds,
        cpu: facts.cpu,
        peak_mib: facts.peak_mib,
    })
}

/// Our whole report beside DuckDB's few facts, and how many times the run before each took.
fn side_by_side(out: &mut impl Write, rows: &[(u64, Took, Option<Took>)]) {
    writeln!(
        out,
        "\n     reads   who     wall s  cpu s   MiB    times the run before: reads, wall, cpu, MiB"
    )
    .expect("stdout");
    let mut before: Option<&(u64, Took, Option<Took>)> = None;
    for row in rows {
        let (reads, ours, duckdb) = row;
        let earlier = before.map(|(reads, ours, _)| (*reads, *ours));
        line(out, ("report", *reads, ours), earlier);
        if let Some(duckdb) = duckdb {
            let earlier = before.and_then(|(reads, _, duckdb)| Some((*reads, (*duckdb)?)));
            line(out, ("DuckDB", *reads, duckdb), earlier);
            writeln!(
                out,
                "           ours over DuckDB's: wall {:.2}, cpu {:.2}, MiB {:.2}",
                ours.seconds / duckdb.seconds,
                ours.cpu / duckdb.cpu,
                ours.peak_mib / duckdb.peak_mib
            )
            .expect("stdout");
        }
        before = Some(row);
    }
}

fn line(out: &mut impl Write, (who, reads, took): (&str, u64, &Took), before: Option<(u64, Took)>) {
    let grown = before.map_or_else(String::new, |(earlier, before)| {
        format!(
            "{:.1}, {:.1}, {:.1}, {:.1}",
            reads as f64 / earlier as f64,
            took.seconds / before.seconds,
            took.cpu / before.cpu,
            took.peak_mib / before.peak_mib
        )
    });
    writeln!(
        out,
        "{reads:>10}   {who:<6} {:>7.2} {:>6.2} {:>6.0}    {grown}",
        took.seconds, took.cpu, took.peak_mib
    )
    .expect("stdout");
}
