//! `kill -9` of collector and of engine under load, at random moments: every event that was answered
//! with 202 is counted exactly once, and nothing that was refused is counted.
//!
//! The real program: four senders post to `readback serve`, which is killed and started again, as is
//! its engine. Moments are drawn by counts of answers, some while the engine still starts, some while
//! batches are being loaded. At the end the keys in the tables are compared with those of the events
//! that were sent, one by one, and the receipts with the lines that were answered.
//!
//! Twelve kills with all tests. The long form says what was done:
//! `READBACK_KILLS=120 tests/run what_was_answered -- --nocapture`. `READBACK_SEED` repeats the plan of
//! a run that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use readback::collect::Keys;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::binary::{Home, Listening};
use super::http::Connection;
use super::senders::{Fate, Load, Named, Sender, Told};

const SENDERS: u64 = 4;

/// A wait looks so often and pauses so long between two looks; then the test fails.
const LOOKS: u32 = 9_000;
const PAUSE: Duration = Duration::from_millis(10);

const CONFIGURATION: &str = "\
[organisation]
name = \"Example\"
simulated = true

[privacy]
k = 1

[spool]
limit_mib = 1
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Collector,
    Engine,
}

/// When in its round a victim is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After so many answers, whatever the engine is at.
    Answers,
    /// After the engine answers and then so many answers more.
    Loading,
    /// The same, and a segment is sealed: it is about to be loaded, or half loaded.
    Sealed,
}

#[test]
fn what_was_answered_is_counted_once_whoever_is_killed() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().expect("a number"))
    };
    let kills = number("READBACK_KILLS").unwrap_or(12);
    let seed = number("READBACK_SEED").unwrap_or_else(|| getrandom::u64().expect("a seed"));
    let home = home.with("READBACK_ENGINE_PASSWORD", "only for tests");
    home.file("readback.toml", CONFIGURATION);
    let _last_words = LastWords(seed, home.path("words"));
    let token = home.done(&["token", "add", "senders"]).out;
    let load = Load::default();
    let (killed, told) = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|n| {
                let sender = Sender::new(&load, token.trim(), n, seed.wrapping_add(n + 1));
                scope.spawn(move || sender.work())
            })
            .collect();
        // Whatever happens here, the senders end.
        let _over = Over(&load);
        let killed = conduct(&home, &load, kills, ChaCha8Rng::seed_from_u64(seed));
        load.end();
        let each = senders.into_iter();
        let told = each
            .map(|sender| sender.join().expect("a sender"))
            .fold(Told::default(), Told::with);
        (killed, told)
    });
    load.check();
    let left = settle(&home);
    assert_eq!(left["dead_letters"], 0, "{left}");
    let found = check(&home, &told);
    let words = format!("seed {seed}: {killed}; {told}; {found}");
    writeln!(std::io::stdout(), "{words}").expect("stdout");
}

struct Over<'a>(&'a Load);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Says how a run that failed can be repeated, and what the collectors said.
struct LastWords(u64, PathBuf);

impl Drop for LastWords {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let words = std::fs::read_to_string(&self.1).unwrap_or_default();
            let lines: Vec<&str> = words.lines().collect();
            let last = lines[lines.len().saturating_sub(60)..].join("\n");
            // A closed standard output must not hide why it failed.
            let _ = writeln!(std::io::stdout(), "READBACK_SEED={}\n{last}", self.0);
        }
    }
}

/// Kills, starts again, and ends gracefully with senders that still send.
fn conduct(home: &Home, load: &Load, kills: u64, mut dice: ChaCha8Rng) -> Killed {
    let mut killed = Killed::default();
    let mut plan: Vec<Victim> = (0..kills)
        .map(|n| match n % 2 {
            0 => Victim::Collector,
            _ => Victim::Engine,
        })
        .collect();
    plan.shuffle(&mut dice);
    let mut serve = Serve::start(home, dice.random_bool(0.5));
    load.open(&serve.address);
    for victim in plan {
        let moment = match dice.random_range(0..6) {
            0 => Moment::Answers,
            1 => Moment::Loading,
            _ => Moment::Sealed,
        };
        if !matches!(moment, Moment::Answers) {
            serve.until("the engine answers", |parts| parts["engine"]["ok"] == true);
        }
        load.answers(dice.random_range(1..30));
        let is_loading = || {
            let parts = serve.health();
            parts["engine"]["ok"] == true && parts["spool"]["segments"] != 0
        };
        let loading = match moment {
            Moment::Answers => false,
            Moment::Loading => is_loading(),
            // One that is loaded between two looks is missed; then it is any moment.
            Moment::Sealed => {
                let found = (0..600).any(|_| {
                    is_loading() || {
                        std::thread::park_timeout(PAUSE / 5);
                        false
                    }
                });
                // Somewhere in its load, or in that of the next.
                found && (0..dice.random_range(1..12)).all(|_| is_loading())
            }
        };
        killed.loading += u32::from(loading);
        match victim {
            Victim::Engine => {
                kill_engine(home);
                killed.engines += 1;
            }
            Victim::Collector => {
                killed.collectors += 1;
                serve.child.kill().expect("a kill");
                serve.child.wait().expect("an end");
                load.shut();
                serve = Serve::start(home, dice.random_bool(0.5));
                load.open(&serve.address);
            }
        }
    }
    // An engine that died under them costs no hour.
    serve.until("pages are computed", |parts| parts["pages"]["ok"] == true);
    load.answers(20);
    serve.stop();
    load.shut();
    killed
}

/// What was killed.
#[derive(Default)]
struct Killed {
    collectors: u32,
    engines: u32,
    /// Of all these, with an engine that answered and a batch that was being loaded.
    loading: u32,
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "killed {} collectors and {} engines, {} of them while a batch was being loaded",
            self.collectors, self.engines, self.loading
        )
    }
}

/// Starts once more, waits until all is loaded, and stops. The last that `/readyz` said.
fn settle(home: &Home) -> Value {
    let mut serve = Serve::start(home, true);
    let last = serve.until("all is loaded", |parts| {
        let all = ["door", "engine", "load", "pages"];
        all.iter().all(|part| parts[part]["ok"] == true) && parts["spool"]["bytes"] == 0
    });
    serve.stop();
    last
}

/// `readback serve`; killed when it is dropped.
struct Serve {
    child: Child,
    address: String,
}

impl Serve {
    fn start(home: &Home, at_once: bool) -> Serve {
        let seconds = if at_once { 0 } else { 1 };
        let seconds = format!("spool.load_seconds={seconds}");
        let words = std::fs::File::options()
            .create(true)
            .append(true)
            .open(home.path("words"))
            .expect("a file");
        let child = home
            .command(&["serve", "--listen", "127.0.0.1:0", "--set", &seconds])
            .stdout(Stdio::piped())
            .stderr(words)
            .spawn();
        let mut serve = Serve {
            child: child.expect("a program"),
            address: String::new(),
        };
        let stdout = serve.child.stdout.take().expect("its answer");
        let (tell, told) = mpsc::channel();
        // A thread of its own: the wait for a line has an end.
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(stdout).read_line(&mut line);
            // Who waited may have given up.
            let _ = tell.send(read.map(|_| line));
        });
        let line = told.recv_timeout(PAUSE * LOOKS).expect("a line in time");
        let line = line.expect("a line");
        let address = line.trim().strip_prefix("http://");
        serve.address = address.expect("an address").to_owned();
        serve
    }

    /// What `/readyz` says of each part.
    fn health(&self) -> Value {
        let answer = Connection::open(&self.address)
            .and_then(|mut connection| connection.get("/readyz"))
            .expect("an answer");
        let mut all: Value = serde_json::from_slice(&answer.body).expect("JSON");
        all["parts"].take()
    }

    fn until(&self, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..LOOKS {
            last = self.health();
            if done(&last) {
                return last;
            }
            std::thread::park_timeout(PAUSE);
        }
        panic!("{what}: never; {last}");
    }

    /// Ends it gracefully.
    fn stop(&mut self) {
        assert!(signal(self.child.id(), Signal::TERM));
        for _ in 0..LOOKS {
            if let Some(status) = self.child.try_wait().expect("a status") {
                assert_eq!(status.code(), Some(0), "{status}");
                return;
            }
            std::thread::park_timeout(PAUSE);
        }
        panic!("it does not end");
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says whether there was such a process.
pub(crate) fn signal(process: u32, signal: Signal) -> bool {
    let process = i32::try_from(process).ok();
    let process = process.and_then(Pid::from_raw);
    process.is_some_and(|process| kill_process(process, signal).is_ok())
}

/// Kills the engine, as soon as there is one.
fn kill_engine(home: &Home) {
    for _ in 0..LOOKS {
        // One that ends by itself just now is none.
        if engine(home).is_some_and(|process| signal(process, Signal::KILL)) {
            return;
        }
        std::thread::park_timeout(PAUSE);
    }
    panic!("no engine comes");
}

/// The process that holds the engine's lock. The file may tell of one that is gone, and its number
/// may be another program's now, so the command line is looked at.
pub(crate) fn engine(home: &Home) -> Option<u32> {
    let holder = std::fs::read_to_string(home.data().join("engine/lock")).ok()?;
    let process = holder.trim().strip_prefix("process ")?.parse().ok()?;
    let line = std::fs::read(format!("/proc/{process}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).into_owned();
    let is_ours = line.contains("--supervised=") && line.contains("readback-data");
    let folder = std::fs::read_link(format!("/proc/{process}/cwd")).ok()?;
    let own = std::fs::canonicalize(home.path(".")).ok()?;
    (is_ours && folder == own).then_some(process)
}

/// Compares what is in the store and the summary with what was sent. Tells how much that was.
fn check(home: &Home, told: &Told) -> String {
    home.done(&["report", "--as-of", "2030-01-01", "--out", "report"]);
    let summary = std::fs::read(home.path("report/summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let received = &summary["health"]["received"];

    let files = std::fs::read_dir(home.data().join("spool")).expect("a folder");
    let names = files.map(|file| file.expect("a file").file_name());
    let left: Vec<_> = names
        .filter(|name| name.to_string_lossy().ends_with(".seg"))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    let keys = Keys::open(&home.data().join("key")).expect("a file");
    let keys = keys.expect("a key");
    let listening = Listening::start(home);
    let key = |event: &Named| keys.event(&event.source, &event.id);
    let (mut kept, mut all) = (BTreeMap::new(), BTreeSet::new());
    for kind in ["read", "comment", "link", "writeup"] {
        let table = format!("readback.landing_{kind}");
        let rows = numbers(&listening, &format!("SELECT key FROM {table} FINAL"));
        let landed: BTreeSet<u64> = rows.iter().copied().collect();
        assert_eq!(rows.len(), landed.len(), "{kind}: an id stands twice");
        let of = |fates: &[Fate]| -> BTreeSet<u64> {
            let events = told.events.iter();
            events
                .filter(|(event, fate)| event.kind == kind && fates.contains(fate))
                .map(|(event, _)| key(event))
                .collect()
        };
        let (answered, unknown) = (of(&[Fate::Answered]), of(&[Fate::Unknown]));
        let lost: Vec<_> = answered.difference(&landed).collect();
        let more: Vec<_> = landed.difference(&answered).collect();
        let (number, of) = (lost.len(), answered.len());
        assert!(
            number == 0,
            "{kind}: {number} of {of} that were answered are not there"
        );
        let strange = more.iter().filter(|key| !unknown.contains(key)).count();
        assert_eq!(
            strange, 0,
            "{kind}: there is what nobody sent or what was refused"
        );
        assert!(!landed.is_empty(), "{kind}");
        kept.insert(kind, landed.len() as u64);
        all.extend(landed);
    }
    let distinct: u64 = kept.values().sum();
    assert_eq!(received["kept"], json!(kept), "{received}");

    // A batch that is loaded again replaces its own receipts.
    let receipts = "SELECT sum(lines) FROM readback.receipt FINAL";
    let lines = numbers(&listening, receipts)[0];
    assert_eq!(received["lines"], lines);
    let (mut least, mut may) = (told.answered, 0);
    for broken in &told.broken {
        match &broken.mark {
            Some(mark) if all.contains(&key(mark)) => least += broken.lines,
            Some(_) => {}
            None => may += broken.lines,
        }
    }
    let most = least + may;
    assert!(
        (least..=most).contains(&lines),
        "{lines} lines and not {least} to {most}"
    );
    assert_eq!(received["duplicate_id"], lines - distinct, "{received}");
    for nothing in [
        "rejected",
        "future",
        "unknown_writeup",
        "after_delete",
        "bot",
    ] {
        assert_eq!(received[nothing], 0, "{nothing}: {received}");
    }
    format!("counted {distinct} events of {lines} lines ({least} to {most})")
}

fn numbers(listening: &Listening, sql: &str) -> Vec<u64> {
    let address = listening.url.strip_prefix("http://").expect("an address");
    let login = "X-ClickHouse-User: readback\r\nX-ClickHouse-Key: only for tests\r\n";
    let answer = Connection::open(address)
        .and_then(|mut connection| connection.post("/?wait_end_of_query=1", login, sql.as_bytes()))
        .expect("an answer");
    let text = String::from_utf8(answer.body).expect("text");
    assert_eq!(answer.status, 200, "{text}");
    let lines = text.lines();
    lines.map(|line| line.parse().expect("a number")).collect()
}
