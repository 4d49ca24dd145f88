//! How long `readback serve` takes for the pages that are opened most, and how heavy they are, in an organisation
//! with many write-ups: the first page, and the team's list searched, in another order, and turned over. Against the
//! bare SQL that gives the list's rows from the roll-up by day, asked of the same engine in the same run.
//! `cargo bench --bench pages [-- WRITE-UPS READS]`, 2,000 and a million unless others are named; the budget of the
//! first page, 150 KB and 100 ms, holds for 20000 and 10000000.
//!
//! The two do not do the same: a page holds sentences, sparklines and searches, but its numbers are computed before
//! anybody asks. The ratio says what a reader waits beside whoever asks the store.

mod bench;

use std::io::{BufRead as _, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use bench::{cpu, forget_peak, measure, numbers_or, peak, readback};
use readback::engine;

/// What is opened.
const PAGES: [(&str, &str); 6] = [
    ("first page", "/"),
    ("the list", "/writeups"),
    ("its middle", "/writeups?page=20"),
    ("by title", "/writeups?sort=title"),
    ("searched", "/writeups?q=queue"),
    ("found nothing", "/writeups?q=no-such-word-anywhere"),
];

/// The rows of the list's first page, as the store has them.
const BARE: &str = "SELECT writeup, sum(reads) AS reads, max(last_at) AS last \
     FROM readback.derived_read_day \
     WHERE (writeup, generation) IN (SELECT writeup, generation FROM readback.derived_state FINAL) \
     GROUP BY writeup ORDER BY last DESC, writeup LIMIT 50";

/// What the first page may weigh and take.
const BUDGET: (usize, f64) = (150_000, 100.0);

/// How often each is asked; the first time is not counted.
const ROUNDS: usize = 21;

/// How long the server may compute before it shows anything.
const PATIENCE: Duration = Duration::from_secs(3600);

#[tokio::main]
async fn main() {
    let mut out = std::io::stdout();
    let Some(library) = bench::library(&mut out) else {
        return;
    };
    let named = numbers_or(&[]);
    let writeups = named.first().copied().unwrap_or(2_000);
    let reads = named.get(1).copied().unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (running, process) = bench::engine(&data, &library).await;
    fill(&mut out, folder.path(), &data, (writeups, reads));
    forget_peak(process);
    let before = cpu(process);
    let since = Instant::now();
    let served = Served::start(&data);
    writeln!(
        out,
        "computed in {:.1} s, the engine {:.1} cpu s and {:.0} MiB",
        since.elapsed().as_secs_f64(),
        cpu(process) - before,
        peak(process)
    )
    .expect("stdout");
    let client = engine::client(running.endpoint());
    let mut bare = Vec::new();
    for round in 0..ROUNDS {
        let since = Instant::now();
        let rows: Vec<(u32, u64, i64)> = client
            .query(&format!(
                "SELECT writeup, reads, toUnixTimestamp64Milli(last) FROM ({BARE})"
            ))
            .fetch_all()
            .await
            .expect("rows");
        assert!(!rows.is_empty(), "the store has no reads");
        bare.extend((round > 0).then(|| since.elapsed().as_secs_f64() * 1e3));
    }
    let bare = median(bare);
    writeln!(
        out,
        "\nmedians of {} rounds        ms  over bare SQL      bytes",
        ROUNDS - 1
    )
    .expect("stdout");
    writeln!(out, "{:<24} {bare:>7.2} {:>14.2}", "bare SQL", 1.0).expect("stdout");
    for (name, path) in PAGES {
        let (took, bytes) = served.opened(path);
        writeln!(
            out,
            "{name:<24} {took:>7.2} {:>14.2} {bytes:>10}",
            took / bare
        )
        .expect("stdout");
        if path == "/" {
            let within = bytes <= BUDGET.0 && took <= BUDGET.1;
            writeln!(
                out,
                "  {} the budget of {} KB and {:.0} ms",
                if within { "within" } else { "beyond" },
                BUDGET.0 / 1000,
                BUDGET.1
            )
            .expect("stdout");
        }
    }
    drop(served);
    running.stop().await;
}

/// Simulates an organisation and brings its events in.
fn fill(out: &mut impl Write, folder: &Path, data: &Path, (writeups, reads): (u64, u64)) {
    let events = folder.join("events.ndjson");
    let people = (reads / 200).clamp(150, 50_000);
    let teams = (people / 100).max(5);
    let mut command = readback(data);
    command.args(["simulate", "--people", &people.to_string()]);
    command.args([
        "--teams",
        &teams.to_string(),
        "--writeups",
        &writeups.to_string(),
    ]);
    let simulated = measure(
        command
            .args(["--reads", &reads.to_string(), "--out"])
            .arg(&events),
    );
    let imported = measure(readback(data).args(["import", "events"]).arg(&events));
    writeln!(
        out,
        "{writeups} write-ups, about {reads} reads of {people} people"
    )
    .expect("stdout");
    for (step, took) in [("simulated", &simulated), ("imported", &imported)] {
        writeln!(
            out,
            "{step} in {:.1} s, {:.1} cpu s, {:.0} MiB",
            took.seconds, took.cpu, took.peak_mib
        )
        .expect("stdout");
    }
}

/// The server, until it is dropped.
struct Served {
    child: Child,
    address: String,
    agent: ureq::Agent,
}

impl Served {
    /// Starts it and waits until it shows pages.
    fn start(data: &Path) -> Served {
        let mut child = readback(data)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a program");
        let told = child.stdout.take().expect("its words");
        let mut address = String::new();
        BufReader::new(told)
            .read_line(&mut address)
            .expect("a line");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let address = address.trim().to_owned();
        let served = Served {
            child,
            address,
            agent,
        };
        let since = Instant::now();
        while served.get("/readyz/pages").0 != 200 {
            assert!(since.elapsed() < PATIENCE, "no pages after an hour");
            std::thread::sleep(Duration::from_millis(200));
        }
        served
    }

    fn get(&self, path: &str) -> (u16, usize) {
        let asked = self.agent.get(format!("{}{path}", self.address));
        let mut answer = asked.call().expect("an answer");
        let body = answer.body_mut().read_to_vec().expect("a body");
        (answer.status().as_u16(), body.len())
    }

    /// The median time of a page in milliseconds, and its bytes as they are before any compression.
    fn opened(&self, path: &str) -> (f64, usize) {
        let (mut took, mut bytes) = (Vec::new(), 0);
        for round in 0..ROUNDS {
            let since = Instant::now();
            let (status, length) = self.get(path);
            let ms = since.elapsed().as_secs_f64() * 1e3;
            assert_eq!(status, 200, "{path}");
            bytes = length;
            took.extend((round > 0).then_some(ms));
        }
        (median(took), bytes)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
