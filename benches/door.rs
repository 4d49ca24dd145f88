//! The door against the least that it could do, by turns in one run on a real disk: requests and
//! events a second, and how long an answer takes. Then the whole way into the store, and the memory
//! of a collector whose spool grows. `cargo bench --bench door [-- SECONDS]`.
//!
//! Connections of one thread each send their next request when the last one is answered: 32 of them
//! for speed, where all wait for the processors and an answer takes as long as the queue is, then 4 and
//! 1 for how long an answer takes, where it is more and more the disk. (With many senders the spool's
//! writer lets them work before it syncs again; few it does not keep waiting.) `bare` is a handler that reads the body and answers. The yardstick, `probe`, parses
//! every event with serde into borrowed fields, appends the body to one file and syncs it together with
//! all that waits, then answers: a durable collector without identities, sums, limits, segments.

#[path = "bench/common.rs"]
mod bench;
#[path = "bench/load.rs"]
mod load;
#[path = "bench/peak.rs"]
mod peak;
#[path = "bench/probe.rs"]
mod probe;

use std::io::{BufRead as _, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use readback::collect::{Hooks, Keys, Receiver};
use readback::spool::{Limits, Spool};
use readback::web::tokens::{self, Tokens};
use readback::web::{AppState, Door, Opened, Parts, places, router, serve};
use tokio::net::TcpListener;

use load::{Answers, Load};
use probe::Probe;

const ROUNDS: usize = 3;
/// Connections that keep the processors busy.
const MANY: usize = 32;
/// Fewer leave them more and more time.
const FEWER: [usize; 2] = [4, 1];
/// The yardstick's place in [`CASES`].
const BASE: usize = 1;

#[derive(Clone, Copy)]
enum Case {
    Bare,
    Probe,
    Door,
}

const CASES: [(&str, Case); 3] = [
    ("bare", Case::Bare),
    ("probe", Case::Probe),
    ("door", Case::Door),
];

fn main() {
    let seconds = bench::numbers_or(&[3])[0];
    let mut out = std::io::stdout();
    for connections in [MANY].into_iter().chain(FEWER) {
        for events in [1, 100] {
            compare(&mut out, connections, events, Duration::from_secs(seconds));
        }
    }
    whole_way(&mut out, Duration::from_secs(3 * seconds));
    growing(&mut out);
}

fn compare(out: &mut impl Write, connections: usize, events: usize, time: Duration) {
    writeln!(
        out,
        "{connections} connections, {events} events a request, medians of {ROUNDS} rounds of {} s",
        time.as_secs()
    )
    .expect("stdout");
    let mut rounds: Vec<Vec<Answers>> = vec![Vec::new(); CASES.len()];
    let mut syncs = Vec::new();
    for _ in 0..ROUNDS {
        for ((_, case), answers) in CASES.iter().zip(&mut rounds) {
            let (answered, sync) = measure(*case, connections, events, time);
            answers.push(answered);
            syncs.extend(sync);
        }
    }
    writeln!(
        out,
        "{:<8}{:>12}{:>12}{:>8}{:>9}{:>9}",
        "", "requests/s", "events/s", "ratio", "p50 ms", "p99 ms"
    )
    .expect("stdout");
    for ((name, _), answers) in CASES.iter().zip(&rounds) {
        let speed = median(answers.iter().map(|one| one.a_second));
        let ratios = answers.iter().zip(&rounds[BASE]);
        let ratio = median(ratios.map(|(one, base)| one.a_second / base.a_second));
        let p50 = median(answers.iter().map(|one| one.p50_ms));
        let p99 = median(answers.iter().map(|one| one.p99_ms));
        writeln!(
            out,
            "{name:<8}{speed:>12.0}{:>12.0}{ratio:>8.2}{p50:>9.2}{p99:>9.2}",
            speed * events as f64
        )
        .expect("stdout");
    }
    let sync_p99 = median(syncs.iter().map(|sync| sync.1));
    let over = |case: usize| median(rounds[case].iter().map(|one| one.p99_ms)) / sync_p99;
    writeln!(
        out,
        "the probe's syncs: p50 {:.2} ms, p99 {sync_p99:.2} ms; over it the probe's p99 {:.1}, the \
         door's {:.1}\n",
        median(syncs.iter().map(|sync| sync.0)),
        over(BASE),
        over(2)
    )
    .expect("stdout");
}

/// Serves one case and loads it. Gives the answers and, of the probe, p50 and p99 of its syncs, ms.
fn measure(
    case: Case,
    connections: usize,
    events: usize,
    time: Duration,
) -> (Answers, Option<(f64, f64)>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // Under the build's folder: what is temporary elsewhere may never see a disk.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut token = String::new();
    let mut probe = None;
    let app = match case {
        Case::Bare => Router::new().route(
            "/v1/events",
            post(|body: Bytes| async move {
                std::hint::black_box(&body);
                StatusCode::ACCEPTED
            }),
        ),
        Case::Probe => {
            let started = Arc::new(Probe::start(&folder.path().join("log")));
            probe = Some(Arc::clone(&started));
            probe::router(started)
        }
        Case::Door => {
            let (state, made) = door(folder.path());
            token = made;
            router(state)
        }
    };
    let stop = std::future::pending();
    runtime.spawn(serve(listener, app, places(None), None, stop));
    let load = Load {
        address,
        token,
        events,
        connections,
    };
    let answers = load.run(time);
    runtime.shutdown_background();
    (answers, probe.map(|probe| probe.syncs()))
}

/// The program's own door on a spool in this folder.
fn door(folder: &Path) -> (AppState, String) {
    let keys = Keys::new([7; 32]);
    let limits = Limits {
        bytes: 8 << 30,
        ..Limits::default()
    };
    let (spool, drain, _) = Spool::open(&folder.join("spool"), limits).expect("a spool");
    // Nobody takes anything out; the exit stays open as it is in the program.
    std::mem::forget(drain);
    let metrics = Arc::default();
    let path = folder.join("tokens.json");
    let token = tokens::add(&path, "bench", Vec::new(), Vec::new(), String::new());
    let hooks = Hooks::new([], chrono_tz::Tz::UTC).map_err(|(_, error)| error);
    let door = Door::new(
        Receiver::new(keys, spool.clone(), Arc::clone(&metrics)),
        Arc::new(hooks.expect("no hooks")),
        Tokens::open(path).expect("tokens"),
        metrics,
        || 0,
    );
    let (_, load) = tokio::sync::watch::channel(Default::default());
    let (_, engine) = tokio::sync::watch::channel(Opened::default());
    let dead = readback::spool::Dead::new(&folder.join("dead"), 1 << 20);
    let parts = Parts::new(spool, dead, load, engine);
    let state = AppState::with_door(Arc::new(door.expect("a door")), Arc::new(parts));
    (state, token.expect("a token"))
}

/// A running `readback serve`.
struct Collector {
    child: Child,
    address: std::net::SocketAddr,
    token: String,
}

impl Collector {
    fn start(data: &Path, settings: &[&str]) -> Collector {
        let mut made = bench::readback(data);
        let made = made.args(["token", "add", "bench"]).output();
        let token = String::from_utf8(made.expect("a token").stdout).expect("text");
        let mut command = bench::readback(data);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a collector");
        let stdout = child.stdout.take().expect("its words");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("http://").expect("an address");
        Collector {
            child,
            address: address.parse().expect("an address"),
            token: token.trim().to_owned(),
        }
    }

    fn load(&self) -> Load {
        Load {
            address: self.address,
            token: self.token.clone(),
            events: 100,
            connections: MANY,
        }
    }

    /// A metric's value.
    fn metric(&self, name: &str) -> f64 {
        let text = load::get(self.address, "/metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse().ok())
            .unwrap_or(0.0)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It is only measured; what is in its folder goes with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// From the request to rows that can be queried.
fn whole_way(out: &mut impl Write, time: Duration) {
    if bench::library(out).is_none() {
        return;
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let collector = Collector::start(folder.path(), &["spool.load_seconds=1"]);
    while collector.metric("readback_engine_up") < 1.0 {
        std::thread::sleep(Duration::from_millis(50));
    }
    let since = Instant::now();
    let answers = collector.load().run(time);
    let sent = answers.answered as f64 * 100.0;
    while collector.metric("readback_loaded_rows_total") < sent {
        std::thread::sleep(Duration::from_millis(20));
    }
    let all = since.elapsed().as_secs_f64();
    writeln!(
        out,
        "whole way, 100 events a request: {:.0} events/s accepted for {} s, {:.0} events/s until all \
         of them can be queried; at most {:.0} MiB\n",
        answers.a_second * 100.0,
        time.as_secs(),
        sent / all,
        peak::peak(collector.child.id())
    )
    .expect("stdout");
}

/// The memory of a collector whose engine is away.
fn growing(out: &mut impl Write) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let away = ["engine.mode=remote", "engine.url=http://127.0.0.1:9"];
    let collector = Collector::start(folder.path(), &away);
    writeln!(out, "the engine away, the spool growing:").expect("stdout");
    let mut next = 0.0;
    loop {
        let mib = collector.metric("readback_spool_bytes") / f64::from(1 << 20);
        if mib >= next {
            let peak = peak::peak(collector.child.id());
            writeln!(
                out,
                "  {mib:>6.0} MiB in the spool, at most {peak:.0} MiB in memory"
            )
            .expect("stdout");
            next += 200.0;
        }
        if mib >= 800.0 {
            return;
        }
        collector.load().run(Duration::from_millis(500));
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
