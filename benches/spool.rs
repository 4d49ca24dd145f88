//! Appends a second into the spool, against SQLite and against the least that a file can do, by turns
//! in one run on a real disk. `cargo bench --bench spool --features peers [-- SECONDS] [FOLDER]`.
//!
//! 32 appenders each wait until their entry stands on the disk before they bring the next one, as
//! requests do. Everybody but `SQLite, single` writes what waits in one go and answers all of it;
//! queue and appenders are the same for all peers. The yardstick appends to one file and syncs: no
//! sums, no segments, no limits.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use readback::spool::{Drain, Entry, Limits, Spool};
use rusqlite::Connection;
use tokio::sync::oneshot;

const APPENDERS: usize = 32;
/// Many short ones: a disk has moods, and a ratio compares what was measured within seconds.
const ROUNDS: usize = 9;
/// One event, and a delivery of a hundred.
const SIZES: [usize; 2] = [200, 20_000];
/// The file that is overwritten in place.
const PREALLOCATED: usize = 32 << 20;
/// The yardstick's place in [`CASES`].
const BASE: usize = 1;

type Queued = (Vec<u8>, oneshot::Sender<()>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Ours,
    Appended,
    Overwritten,
    SqliteGroup,
    SqliteSingle,
}

const CASES: [(&str, Case); 5] = [
    ("spool", Case::Ours),
    ("appended file", Case::Appended),
    ("overwritten file", Case::Overwritten),
    ("SQLite, group", Case::SqliteGroup),
    ("SQLite, single", Case::SqliteSingle),
];

/// What one case did in one round.
#[derive(Clone, Copy)]
struct Measured {
    entries_a_second: f64,
    entries_a_commit: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Bytes on the disk for each byte of payload.
    on_disk: f64,
    sync_p50_ms: f64,
    sync_p99_ms: f64,
}

#[tokio::main]
async fn main() {
    let seconds: u64 = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1);
    let time = Duration::from_secs(seconds);
    // Under the build's folder: what is temporary elsewhere may never see a disk.
    let mut named = std::env::args().skip(1).map(PathBuf::from);
    let folder = named
        .find(|path| path.is_dir())
        .unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
    let mut out = std::io::stdout();
    for size in SIZES {
        writeln!(
            out,
            "{APPENDERS} appenders, entries of {size} bytes, medians of {ROUNDS} rounds of {seconds} s"
        )
        .expect("stdout");
        let mut rounds: Vec<Vec<Measured>> = vec![Vec::new(); CASES.len()];
        for _ in 0..ROUNDS {
            for ((_, case), measured) in CASES.iter().zip(&mut rounds) {
                measured.push(measure(*case, &folder, size, time).await);
            }
        }
        report(&mut out, size, &rounds);
    }
}

fn report(out: &mut impl Write, size: usize, rounds: &[Vec<Measured>]) {
    writeln!(
        out,
        "{:<17}{:>10}{:>8}{:>7}{:>12}{:>9}{:>9}{:>9}{:>13}",
        "",
        "entries/s",
        "MB/s",
        "ratio",
        "of rounds",
        "p50 ms",
        "p99 ms",
        "a commit",
        "disk/payload"
    )
    .expect("stdout");
    for ((name, _), measured) in CASES.iter().zip(rounds) {
        let of = |what: fn(&Measured) -> f64| median(measured.iter().map(what));
        let speed = of(|one| one.entries_a_second);
        let pairs = measured.iter().zip(&rounds[BASE]);
        let ratios = pairs.map(|(one, base)| one.entries_a_second / base.entries_a_second);
        let ratios: Vec<f64> = ratios.collect();
        let ratio = median(ratios.iter().copied());
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        let range = format!("{least:.2}-{most:.2}");
        writeln!(
            out,
            "{name:<17}{speed:>10.0}{:>8.1}{ratio:>7.2}{range:>12}{:>9.2}{:>9.2}{:>9.1}{:>13.2}",
            speed * size as f64 / 1e6,
            of(|one| one.p50_ms),
            of(|one| one.p99_ms),
            of(|one| one.entries_a_commit),
            of(|one| one.on_disk),
        )
        .expect("stdout");
    }
    let all = || rounds.iter().flatten();
    writeln!(
        out,
        "one write of {size} bytes and fdatasync, nothing else: p50 {:.2} ms, p99 {:.2} ms\n",
        median(all().map(|one| one.sync_p50_ms)),
        median(all().map(|one| one.sync_p99_ms)),
    )
    .expect("stdout");
}

async fn measure(case: Case, folder: &Path, size: usize, time: Duration) -> Measured {
    let folder = tempfile::tempdir_in(folder).expect("a folder");
    let (sync_p50_ms, sync_p99_ms) = sync(&folder.path().join("sync"), size);
    let place = folder.path().join("measured");
    fs::create_dir(&place).expect("a folder");
    let queue = Queue::start(case, &place);

    let since = Instant::now();
    let tasks: Vec<_> = (0..APPENDERS)
        .map(|task| tokio::spawn(appends(queue.entrance.clone(), task, size, since + time)))
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("an appender"));
    }
    let took = since.elapsed().as_secs_f64();

    let commits = queue.stop().await;
    let entries = latencies.len() as f64;
    let (p50_ms, p99_ms) = percentiles(latencies);
    Measured {
        entries_a_second: entries / took,
        entries_a_commit: entries / commits as f64,
        p50_ms,
        p99_ms,
        on_disk: on_disk(&place) as f64 / (entries * size as f64),
        sync_p50_ms,
        sync_p99_ms,
    }
}

/// Appends until it is late. Gives how long each took, seconds.
async fn appends(entrance: Entrance, task: usize, size: usize, until: Instant) -> Vec<f64> {
    let mut entry = Entry {
        rows: 1,
        marks: Vec::new(),
        payload: (0..size).map(|n| (n * 31 + task) as u8).collect(),
    };
    let mut latencies = Vec::new();
    while Instant::now() < until {
        // No two are the same.
        let number = (latencies.len() * APPENDERS + task) as u64;
        entry.payload[..8].copy_from_slice(&number.to_le_bytes());
        let since = Instant::now();
        entrance.append(&entry).await;
        latencies.push(since.elapsed().as_secs_f64());
    }
    latencies
}

#[derive(Clone)]
enum Entrance {
    Ours(Spool),
    Peer(mpsc::Sender<Queued>),
}

impl Entrance {
    async fn append(&self, entry: &Entry) {
        match self {
            Entrance::Ours(spool) => spool.append(entry).await.expect("a place"),
            Entrance::Peer(queue) => {
                let (done, answer) = oneshot::channel();
                queue
                    .send((entry.payload.clone(), done))
                    .expect("a peer that runs");
                answer.await.expect("an answer");
            }
        }
    }
}

/// What takes the entries, and how many commits it made when it is stopped.
struct Queue {
    entrance: Entrance,
    end: End,
}

enum End {
    Ours(Drain),
    Peer(JoinHandle<u64>),
}

impl Queue {
    fn start(case: Case, place: &Path) -> Self {
        let mut peer: Box<dyn Peer> = match case {
            Case::Ours => {
                let limits = Limits {
                    bytes: u64::MAX,
                    ..Limits::default()
                };
                let (spool, drain, _) = Spool::open(place, limits).expect("a spool");
                return Queue {
                    entrance: Entrance::Ours(spool),
                    end: End::Ours(drain),
                };
            }
            Case::Appended => Box::new(Appended::new(place)),
            Case::Overwritten => Box::new(Overwritten::new(place)),
            Case::SqliteGroup | Case::SqliteSingle => Box::new(Sqlite::new(place)),
        };
        let most = if case == Case::SqliteSingle {
            1
        } else {
            usize::MAX
        };
        let (entrance, queue) = mpsc::channel::<Queued>();
        let thread = std::thread::spawn(move || {
            let mut commits = 0;
            while let Ok(first) = queue.recv() {
                let waiting: Vec<Queued> = [first]
                    .into_iter()
                    .chain(queue.try_iter().take(most - 1))
                    .collect();
                peer.commit(&waiting);
                commits += 1;
                for (_, done) in waiting {
                    let _ = done.send(());
                }
            }
            commits
        });
        Queue {
            entrance: Entrance::Peer(entrance),
            end: End::Peer(thread),
        }
    }

    /// Nobody appends any more.
    async fn stop(self) -> u64 {
        match (self.entrance, self.end) {
            (Entrance::Ours(spool), End::Ours(_drain)) => {
                spool.close().await;
                spool.usage().commits
            }
            (entrance, End::Peer(thread)) => {
                drop(entrance);
                thread.join().expect("a peer that ends")
            }
            (Entrance::Peer(_), End::Ours(_)) => 0,
        }
    }
}

/// Writes entries and returns when they stand on the disk.
trait Peer: Send {
    fn commit(&mut self, waiting: &[Queued]);
}

/// One file that grows.
struct Appended {
    file: File,
    buffer: Vec<u8>,
}

impl Appended {
    fn new(place: &Path) -> Self {
        Appended {
            file: File::create(place.join("appended")).expect("a file"),
            buffer: Vec::new(),
        }
    }
}

impl Peer for Appended {
    fn commit(&mut self, waiting: &[Queued]) {
        gather(&mut self.buffer, waiting);
        self.file.write_all(&self.buffer).expect("a disk");
        self.file.sync_data().expect("a disk");
    }
}

/// One file of zeros that were synced before, written over again and again: a sync has no length and
/// no blocks to note.
struct Overwritten {
    file: File,
    buffer: Vec<u8>,
    at: usize,
}

impl Overwritten {
    fn new(place: &Path) -> Self {
        let mut file = File::create(place.join("overwritten")).expect("a file");
        file.write_all(&vec![0; PREALLOCATED]).expect("a disk");
        file.sync_all().expect("a disk");
        Overwritten {
            file,
            buffer: Vec::new(),
            at: 0,
        }
    }
}

impl Peer for Overwritten {
    fn commit(&mut self, waiting: &[Queued]) {
        gather(&mut self.buffer, waiting);
        if self.at + self.buffer.len() > PREALLOCATED {
            self.at = 0;
        }
        self.file
            .write_all_at(&self.buffer, self.at as u64)
            .expect("a disk");
        self.at += self.buffer.len();
        self.file.sync_data().expect("a disk");
    }
}

fn gather(buffer: &mut Vec<u8>, waiting: &[Queued]) {
    buffer.clear();
    for (payload, _) in waiting {
        buffer.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        buffer.extend_from_slice(payload);
    }
}

/// A table in a database that is as durable: it syncs its log with each transaction.
struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    fn new(place: &Path) -> Self {
        let connection = Connection::open(place.join("entries.db")).expect("a database");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 CREATE TABLE entries (id INTEGER PRIMARY KEY, payload BLOB NOT NULL);",
            )
            .expect("a table");
        Sqlite { connection }
    }
}

impl Peer for Sqlite {
    fn commit(&mut self, waiting: &[Queued]) {
        let transaction = self.connection.transaction().expect("a transaction");
        let mut insert = transaction
            .prepare_cached("INSERT INTO entries (payload) VALUES (?1)")
            .expect("a statement");
        for (payload, _) in waiting {
            insert.execute([payload]).expect("a row");
        }
        drop(insert);
        transaction.commit().expect("a disk");
    }
}

/// How long the disk takes for one small write.
fn sync(path: &Path, size: usize) -> (f64, f64) {
    const TIMES: usize = 100;
    let mut file = File::create(path).expect("a file");
    let bytes = vec![7; size];
    let latencies = (0..TIMES).map(|_| {
        let since = Instant::now();
        file.write_all(&bytes).expect("a disk");
        file.sync_data().expect("a disk");
        since.elapsed().as_secs_f64()
    });
    percentiles(latencies.collect())
}

/// The median and the 99th percentile of seconds, in milliseconds.
fn percentiles(mut seconds: Vec<f64>) -> (f64, f64) {
    seconds.sort_by(f64::total_cmp);
    let at = |share: usize| 1000.0 * seconds[(seconds.len() * share / 100).min(seconds.len() - 1)];
    (at(50), at(99))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn on_disk(place: &Path) -> u64 {
    let files = fs::read_dir(place).expect("a folder");
    let lengths = files.map(|file| file.and_then(|file| file.metadata()).map_or(0, |m| m.len()));
    lengths.sum()
}
