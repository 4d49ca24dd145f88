//! Clients that mean ill or know no better, and a disk that is full: clear answers, bounded memory,
//! and others are still served.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use readback::spool::{Limits, Spool};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use super::binary::Home;
use super::served::{NOWHERE, PATIENCE, Reply, Served, remote, reply};
use super::way::event;

/// The longest body.
const LONGEST: usize = 16 << 20;

/// As fast as that others are served, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

fn home() -> Home {
    let home = Home::new().with("READBACK_ENGINE_PASSWORD", "only for tests");
    home.file("readback.toml", remote(NOWHERE));
    home
}

fn read(name: &str) -> String {
    let data = json!({ "person": format!("{name}-reader"), "engaged_s": 100 });
    event("read", name, "page", "2026-03-01T10:00:00Z", data)
}

/// Says why something was not tried.
fn skipped(words: &str) {
    writeln!(io::stdout(), "skipped: {words}").expect("stdout");
}

fn prompt(served: &Served) {
    let since = Instant::now();
    let answer = served.post(read("one"));
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[test]
fn bodies_of_every_kind_get_an_answer() {
    let home = home();
    let served = Served::start(&home, &[], &[]);
    let gzip = |bytes: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).expect("a vector");
        packer.finish().expect("a vector")
    };
    let many = |entry: &str, room: usize| format!("[{}0]", entry.repeat(room / entry.len()));
    let zeros = many("0,", LONGEST - 8);
    let nested = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let deep = format!(
        "{{\"specversion\":\"1.0\",\"data\":{}1{}}}",
        "{\"a\":".repeat(50_000),
        "}".repeat(50_000)
    );
    let packed = "Content-Encoding: gzip\r\n";
    let lines = "Content-Type: application/x-ndjson\r\n";
    let one = read("one");
    let cut = gzip(one.as_bytes());
    let objects = many("{},", LONGEST - 8);
    let short = "0\n".repeat(LONGEST / 2);
    let rows = format!("{}\n", many("0,", 1 << 19)).repeat(8);
    let word = [b"\"", vec![b'a'; LONGEST - 2].as_slice(), b"\""].concat();
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let blank = vec![b' '; LONGEST + 1];
    let cases: &[(&str, &str, &[u8], u16)] = &[
        ("an event", "", one.as_bytes(), 202),
        ("an event, packed", packed, &cut, 202),
        ("nothing", "", b"", 400),
        ("no JSON", "", b"\x00\xff", 400),
        ("no UTF-8", "", b"{\"a\":\"\xff\xfe\"}", 400),
        ("cut", "", &one.as_bytes()[..one.len() - 3], 400),
        ("cut, packed", packed, &cut[..cut.len() - 9], 400),
        ("not packed", packed, one.as_bytes(), 400),
        (
            "packed otherwise",
            "Content-Encoding: br\r\n",
            one.as_bytes(),
            415,
        ),
        ("nested arrays", "", nested.as_bytes(), 400),
        ("nested objects", "", deep.as_bytes(), 400),
        ("one long word", "", &word, 400),
        ("many numbers", "", zeros.as_bytes(), 413),
        ("many objects", "", objects.as_bytes(), 413),
        ("many lines", lines, short.as_bytes(), 413),
        ("lines of many", lines, rows.as_bytes(), 413),
        ("a bomb", packed, &bomb, 413),
        ("too long", "", &blank, 413),
    ];
    for (name, more, body, status) in cases {
        let since = Instant::now();
        let answer = served.post_with(more, body);
        assert_eq!(answer.status, *status, "{name}: {answer:?}");
        assert!(
            !answer.text.is_empty() && answer.text.len() < 200_000,
            "{name}"
        );
        assert!(
            since.elapsed() < PATIENCE / 2,
            "{name}: {:?}",
            since.elapsed()
        );
    }
    let arrays = format!("{{\"a\":{}}}", many("[[[[]]]],", LONGEST - 32));
    for body in [&zeros, &arrays] {
        let answer = served.statements(body);
        assert_eq!(answer.status, 413, "{answer:?}");
        assert!(
            answer.text.contains("more than 150000 entries"),
            "{answer:?}"
        );
    }
    // As values, these two would take gigabytes.
    let memory = served.memory().unwrap_or_default();
    assert!(memory < 300, "{memory} MiB");
    prompt(&served);
    served.stop();
}

/// Many of the longest bodies at once: some are refused for now, none costs more than its share.
#[test]
fn many_long_bodies_share_what_memory_there_is() {
    let home = home();
    let served = Served::start(&home, &[], &[]);
    let body = vec![b' '; LONGEST];
    let (mut waiting, mut busy) = (Vec::new(), Vec::new());
    // Each keeps its last byte until all have come or were refused.
    for _ in 0..12 {
        let mut stream = served.connect();
        let head = served.head(&format!("Content-Length: {LONGEST}\r\n"));
        stream.write_all(head.as_bytes()).expect("a head");
        stream.write_all(&body[1..]).expect("a body");
        waiting.push(stream);
    }
    let memory = served.memory().unwrap_or_default();
    // Twice the budget, for a vector may have room for as much again as it holds.
    assert!(memory < 400, "{memory} MiB");
    // Until those that wait are answered, a balancer does well to ask another collector.
    let ready = served.get("/readyz/door");
    assert!(
        ready.status == 200 || ready.text.contains("too much is being received"),
        "{ready:?}"
    );
    for mut stream in waiting {
        // Who was refused may be cut off by now.
        let _ = stream.write_all(&body[..1]);
        busy.push(reply(stream).status);
    }
    let refused = busy.iter().filter(|status| **status == 503).count();
    assert!(refused >= 4, "{busy:?}");
    assert!(
        busy.iter().all(|status| [400, 503].contains(status)),
        "{busy:?}"
    );
    prompt(&served);
    served.stop();
}

/// So many connections as this process may open, which say nothing, half of something, or don't read.
#[test]
fn idle_connections_keep_nobody_out() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_err() {
        skipped("the limit of open files stays as it is");
    }
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let count = match most {
        12_000.. => 10_000,
        3_000.. => 2_000,
        _ => 200,
    };
    if count < 10_000 {
        skipped(&format!(
            "10000 connections; with {most} open files {count} are tried"
        ));
    }
    let home = home();
    let served = Served::start(&home, &[], &[]);
    prompt(&served);
    let before = served.memory().unwrap_or_default();
    let half = "POST /v1/events HTTP/1.1\r\nHost: x\r\nX-A: ";
    let much = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50);
    let mut idle = Vec::new();
    for n in 0..count {
        let mut stream = served.connect();
        match n % 4 {
            0 => stream.write_all(half.as_bytes()).expect("half a head"),
            // Whoever reads nothing can't be sent everything.
            1 if n < 200 => stream.write_all(much.as_bytes()).expect("requests"),
            _ => {}
        }
        idle.push(stream);
        if n % 500 == 0 {
            // Those before it are taken by now: more than a thousand don't fit into the queue.
            assert_eq!(served.get("/healthz").status, 200);
        }
    }
    for _ in 0..5 {
        prompt(&served);
    }
    let memory = served.memory().unwrap_or_default() - before;
    assert!(memory < 64 + count / 40, "{memory} MiB");
    drop(idle);
    prompt(&served);
    served.stop();
}

/// A folder on a disk of its own, which is small.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: &Path) -> Option<SmallDisk> {
        std::fs::create_dir(path).expect("a folder");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(path);
        let output = mount.output();
        if output.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(path.to_owned()));
        }
        skipped("a full disk; this user may not mount one");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let home = home();
    let Some(disk) = SmallDisk::mount(&home.path("disk")) else {
        return;
    };
    let data = disk.0.join("data");
    let folder = data.to_string_lossy().into_owned();
    let served = Served::start(&home, &["--data-dir", &folder], &[]);
    std::fs::write(disk.0.join("ballast"), vec![0; 6 << 20]).expect("a file");
    let batch = |n: usize| {
        let lines: Vec<_> = (0..500).map(|i| read(&format!("{n} {i}"))).collect();
        lines.join("\n")
    };
    let mut taken = 0;
    let refused = (0..).map(|n| served.post(batch(n))).find(|answer: &Reply| {
        taken += u64::from(answer.status == 202);
        answer.status != 202
    });
    let refused = refused.expect("an answer");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("\r\nretry-after: "), "{refused:?}");
    assert!(
        refused.text.contains("the spool can't be written to"),
        "{refused:?}"
    );
    assert_eq!(served.why("door"), "the spool can't be written to");
    assert!(
        served.log().contains("No space left on device"),
        "{}",
        served.log()
    );
    // A small request may still find room; which are taken, counts.
    for n in 0..20 {
        taken += u64::from(served.post(read(&format!("small {n}"))).status == 202);
    }
    std::fs::remove_file(disk.0.join("ballast")).expect("room");
    served.until("/readyz/door", 200);
    assert!(
        served.log().contains("can be written to again"),
        "{}",
        served.log()
    );
    assert_eq!(served.post(batch(1_000)).status, 202);
    served.stop();
    let (spool, drain, found) =
        Spool::open(&data.join("spool"), Limits::default()).expect("a spool");
    assert_eq!(
        (found.entries, found.torn, found.damaged),
        (taken + 1, 0, 0)
    );
    // Nothing of it may be held when the disk goes.
    drop((spool, drain));
}

/// Clients that never end their request keep neither others nor the end waiting.
#[test]
fn slow_clients_keep_nobody_waiting() {
    let home = home();
    let served = Served::start(&home, &[], &[]);
    let head = served.head("Content-Length: 1000\r\n");
    let mut slow: Vec<TcpStream> = (0..50).map(|_| served.connect()).collect();
    for (n, stream) in slow.iter_mut().enumerate() {
        let begun = match n % 2 {
            0 => &head[..40],
            _ => &head,
        };
        stream.write_all(begun.as_bytes()).expect("a head");
    }
    for byte in ["[", "{", "\"a"] {
        for stream in slow.iter_mut().skip(1).step_by(2) {
            stream.write_all(byte.as_bytes()).expect("a byte");
        }
        prompt(&served);
    }
    // One that is cut off is answered, if it still listens.
    let cut = slow.pop().expect("a connection");
    cut.shutdown(std::net::Shutdown::Write).expect("an end");
    let answer = reply(cut);
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.text.contains("the body ends early"), "{answer:?}");
    drop(slow);
    served.stop();
}
