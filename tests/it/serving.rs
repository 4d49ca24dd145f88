//! The real `readback serve` under an operator's hands: without an engine, with one that comes later,
//! full, told to end, beside another; and the commands around it.

use std::io::Write as _;
use std::net::TcpListener;

use readback::engine::{self, Endpoint, Password};
use readback::model::Millis;
use readback::spool::Dead;
use readback::store::Batch;
use serde_json::{Value, json};

use super::binary::{Home, Listening};
use super::served::{NOWHERE, PATIENCE, Served, remote, reply};
use super::way::event;

/// 2026-03-02T09:15:00Z.
const NOW: Millis = 1_772_442_900_000;

const PASSWORD: (&str, &str) = ("READBACK_ENGINE_PASSWORD", "only for tests");

fn read(name: &str) -> String {
    let data = json!({ "person": format!("{name}-reader"), "engaged_s": 100 });
    event("read", name, "page", "2026-03-01T10:00:00Z", data)
}

/// A home whose engine is at this address.
fn elsewhere(url: &str) -> Home {
    let home = Home::new().with(PASSWORD.0, PASSWORD.1);
    home.file("readback.toml", remote(url));
    home
}

/// A port that is free just now.
fn free() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

#[test]
fn events_are_taken_while_the_engine_cant_start() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let broken = home.file("libchdb.so", "no library");
    let served = Served::start(&home, &[], &[("READBACK_LIBCHDB", &broken)]);
    let taken = served.post(read("one"));
    assert_eq!(
        (taken.status, taken.json()["accepted"].as_u64()),
        (202, Some(1))
    );
    assert_eq!(served.get("/readyz/door").status, 200);
    assert_eq!(served.get("/healthz").status, 200);
    served.becomes("engine", "the engine does not start");
    served.becomes("load", "waits for the engine");
    assert_eq!(served.get("/readyz").status, 503);
    let page = served.get("/");
    assert_eq!(page.status, 503);
    assert!(
        page.text.contains("asks again every five seconds"),
        "{}",
        page.text
    );
    assert!(
        served.log().contains("events wait in the spool"),
        "{}",
        served.log()
    );
    served.stop();

    // With a library that is one, what was taken is loaded.
    let served = Served::start(&home, &[], &[]);
    let ready = served.until("/readyz", 200).json();
    assert_eq!(ready["parts"]["dead_letters"], 0);
    let since = std::time::Instant::now();
    while !served
        .get("/metrics")
        .text
        .contains("readback_loaded_rows_total 1\n")
    {
        assert!(since.elapsed() < PATIENCE, "{}", served.log());
    }
    // Nobody waits for the next hour to see that something came.
    while served.get("/").text.contains("no event has come in") {
        assert!(since.elapsed() < PATIENCE, "{}", served.log());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    served.stop();
}

/// The engine is away until the spool is full; nothing that was answered with 202 is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_full_spool_takes_again_when_the_engine_comes() {
    let Some(server) = Home::with_engine() else {
        return;
    };
    let server = server.with(PASSWORD.0, PASSWORD.1);
    let address = free();
    let home = elsewhere(&format!("http://{address}"));
    let full = [
        "--set",
        "spool.limit_mib=1",
        "--set",
        "spool.load_seconds=0",
    ];
    let served = Served::start(&home, &full, &[]);
    served.becomes("engine", "the engine is away");
    let batch = |n: usize| {
        let lines: Vec<_> = (0..500).map(|i| read(&format!("{n} {i}"))).collect();
        lines.join("\n")
    };
    let mut accepted = 0;
    let mut n = 0;
    let refused = loop {
        let answer = served.post(batch(n));
        n += 1;
        match answer.status {
            202 => accepted += 500,
            _ => break answer,
        }
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("\r\nretry-after: "), "{refused:?}");
    assert!(refused.text.contains("the spool is full"), "{refused:?}");
    assert_eq!(served.why("door"), "the spool is full");
    assert_eq!(served.get("/readyz").json()["parts"]["door"]["ok"], false);
    // Longer than all that the spool may hold: to send it again helps nobody.
    let lines: Vec<_> = (0..20_000).map(|i| read(&format!("long {i}"))).collect();
    let never = served.post(lines.join("\n"));
    assert_eq!(never.status, 413, "{never:?}");

    let listening = Listening::at(&server, &address.to_string());
    served.until("/readyz/door", 200);
    let again = served.post(batch(n));
    assert_eq!(again.status, 202, "{again:?}");
    accepted += 500;
    let ready = served.until("/readyz", 200).json();
    assert_eq!(ready["ready"], true);
    // What is not loaded yet is loaded at the end.
    served.stop();
    let client = engine::client(&Endpoint::Remote {
        url: listening.url.clone(),
        user: "readback".to_owned(),
        password: Password::new(PASSWORD.1),
    });
    let client = client.with_database("elsewhere");
    for sql in [
        "SELECT count() FROM landing_read FINAL",
        "SELECT sum(lines) FROM receipt FINAL",
    ] {
        let found: u64 = client.query(sql).fetch_one().await.expect("a number");
        assert_eq!(found, accepted, "{sql}");
    }
}

/// A source that can't be scanned keeps no other part from its work, and the pages are computed.
#[test]
fn a_source_that_cant_be_scanned_is_told() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let source = "[[source]]\nid = \"zzwiki\"\nkind = \"mediawiki\"\n\
                  api = \"http://127.0.0.1:1/w/api.php\"\ntitles = [\"Disk full\"]\n";
    home.file("readback.toml", source);
    let served = Served::start(&home, &[], &[]);
    let why = served.why("jobs");
    assert_eq!(why, "a source could not be scanned; the log says which");
    assert!(served.log().contains("zzwiki"), "{}", served.log());
    served.until("/readyz/pages", 200);
    let all = served.get("/readyz");
    assert_eq!(all.status, 503, "{all:?}");
    assert!(!all.text.contains("zzwiki"), "{all:?}");
    served.stop();
}

/// Where a machine reads the log, each line is one for a machine.
#[test]
fn a_log_for_machines_has_no_other_lines() {
    let home = elsewhere(NOWHERE);
    home.file("token", "rb_nobody");
    let said = |log: String, words: &str| {
        let whole = log.ends_with('\n');
        whole && log.contains(words)
    };
    let words = "nobody can bring events to /v1/events yet";
    for (format, json) in [("json", true), ("text", false)] {
        let served = Served::start(&home, &["--log-format", format], &[]);
        let since = std::time::Instant::now();
        while !said(served.log(), words) {
            assert!(since.elapsed() < PATIENCE, "{}", served.log());
        }
        served.stop();
        let log = std::fs::read_to_string(home.path("serve.log")).expect("a log");
        std::fs::remove_file(home.path("serve.log")).expect("a log");
        let lines: Vec<Option<Value>> = log
            .lines()
            .map(|line| serde_json::from_str(line).ok())
            .collect();
        assert_eq!(lines.iter().all(Option::is_some), json, "{log}");
        match json {
            true => {
                let url = |line: &Option<Value>| line.as_ref()?["url"].as_str().map(str::to_owned);
                let url = lines.iter().find_map(url).expect("a URL");
                assert!(url.starts_with("http://127.0.0.1:"), "{log}");
            }
            false => assert!(log.starts_with("the pages are at http://"), "{log}"),
        }
    }
}

#[test]
fn what_is_under_way_is_answered_before_the_end() {
    let home = elsewhere(NOWHERE);
    let served = Served::start(&home, &[], &[]);
    let body = read("one");
    let mut stream = served.connect();
    let head = served.head(&format!("Content-Length: {}\r\n", body.len()));
    let (first, second) = body.split_at(20);
    write!(stream, "{head}{first}").expect("half a request");
    // Answered behind the half request, so that this one is being read.
    assert_eq!(served.get("/healthz").status, 200);
    served.tell();
    let since = std::time::Instant::now();
    while std::net::TcpStream::connect(stream.peer_addr().expect("an address")).is_ok() {
        assert!(since.elapsed() < PATIENCE, "{}", served.log());
    }
    stream.write_all(second.as_bytes()).expect("the other half");
    let answer = reply(stream);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(served.ended().code(), Some(0));
    // It is there.
    let served = Served::start(&home, &[], &[]);
    assert!(
        served.log().contains("goes on with what it held entries=1"),
        "{}",
        served.log()
    );
    served.stop();
}

#[test]
fn a_second_collector_is_refused() {
    let home = elsewhere(NOWHERE);
    let served = Served::start(&home, &[], &[]);
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(
        second.err.contains("another readback uses this spool"),
        "{second:?}"
    );
    assert_eq!(served.post(read("one")).status, 202);
    served.stop();
}

#[test]
fn tokens_by_the_command_line() {
    let home = elsewhere(NOWHERE);
    let unknown = home.run(&["token", "revoke", "wiki"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    let made = home.done(&["token", "add", "wiki", "--source", "test", "--type", "read"]);
    let token = made.out.trim();
    assert!(
        token.starts_with("rb_") && !made.err.contains(token),
        "{made:?}"
    );
    let listed = home.done(&["token", "list"]);
    assert!(
        listed
            .out
            .starts_with("wiki: sources test; types read; made "),
        "{listed:?}"
    );
    let listed = home.done(&["token", "list", "--json"]);
    assert!(!listed.out.contains(token));
    let listed: Value = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(listed[0]["name"], "wiki");
    assert_eq!(listed[0]["types"], json!(["read"]));
    for (arguments, words) in [
        (
            &["token", "add", "wiki"][..],
            "there is a token \"wiki\" already",
        ),
        (&["token", "add", "a b"], "is no name of a token"),
        (
            &["token", "add", "x", "--type", "view"],
            "unknown type \"view\"; known are",
        ),
        (
            &["token", "revoke", "lms"],
            "no token \"lms\"; there are wiki",
        ),
    ] {
        let refused = home.run(arguments);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(words), "{refused:?}");
    }

    // Whoever holds the data folder's turn, a report for instance, keeps nobody from taking a token
    // away; and the door forgets it.
    let served = Served::start(&home, &[], &[]);
    let _turn = readback::app::folder::Turn::take(&home.data()).expect("the turn");
    assert_eq!(served.post(read("one")).status, 202);
    home.done(&["token", "revoke", "tests"]);
    let since = std::time::Instant::now();
    while served.post(read("two")).status != 401 {
        assert!(since.elapsed() < PATIENCE, "{}", served.log());
    }
    home.done(&["token", "revoke", "wiki"]);
    let none = home.done(&["token", "list"]);
    assert!(
        none.out.is_empty() && none.err.contains("there are none"),
        "{none:?}"
    );
}

#[test]
fn dead_letters_by_the_command_line() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let none = home.done(&["dead", "list"]);
    assert!(
        none.out.is_empty() && none.err.contains("no dead letters"),
        "{none:?}"
    );
    home.done(&["token", "add", "tests"]);
    let dead = Dead::new(&home.data().join("dead"), 1 << 20);
    let mut batch = Batch::default();
    batch.rejected("test", 3);
    let packed = batch.pack().expect("packed");
    let bury = |name: u128, payload: &[u8], reason: &str| {
        dead.bury(name, [payload], reason, NOW).expect("buried");
    };
    bury(0xa1 << 120, b"no batch", "the first");
    bury(0xb2 << 120, &packed, "the second");
    bury(0xb3 << 120, &packed, "the third");
    let mixed = [packed.as_slice(), b"no batch"];
    dead.bury(0xd4 << 120, mixed, "the fourth", NOW)
        .expect("buried");
    // Files of others stop nobody.
    std::fs::write(home.data().join("dead/ab.json"), "{}").expect("a file");
    let checked = home.run(&["check", "--no-engine"]);
    assert!(checked.err.contains("4 dead letters wait"), "{checked:?}");
    let listed = home.done(&["dead", "list"]);
    assert_eq!(listed.out.lines().count(), 4, "{listed:?}");
    assert!(listed.out.contains("2026-03-02T09:15:00"), "{listed:?}");
    let listed = home.done(&["dead", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(listed[0]["reason"], "the first");
    assert_eq!(listed[2]["requests"], 1);
    for (arguments, words) in [
        (&["dead", "drop", "b"][..], "several begin like this: b2"),
        (
            &["dead", "drop", "c4"],
            "no dead letter \"c4\"; there are a1",
        ),
        (&["dead", "retry", "c4"], "no dead letter \"c4\""),
    ] {
        let refused = home.run(arguments);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(words), "{refused:?}");
    }
    assert_eq!(home.run(&["dead", "drop"]).code, Some(2));
    assert_eq!(home.run(&["dead", "drop", "a1", "--all"]).code, Some(2));
    home.done(&["dead", "drop", "b3"]);
    // One is loaded and gone, one is refused again and stays, and of one the bad part stays.
    let retried = home.run(&["dead", "retry", "--all"]);
    assert_eq!(retried.code, Some(1), "{retried:?}");
    assert!(
        retried.err.contains("2 of 3 letters were refused again"),
        "{retried:?}"
    );
    assert!(
        retried.err.contains("; 1 request is still refused: packed"),
        "{retried:?}"
    );
    let left = home.done(&["dead", "list"]);
    let lines: Vec<&str> = left.out.lines().collect();
    assert_eq!(lines.len(), 2, "{left:?}");
    assert!(lines[0].contains("the first"), "{left:?}");
    assert!(
        lines[1].contains("1 request,") && lines[1].contains("packed"),
        "{left:?}"
    );
    home.done(&["dead", "drop", "--all"]);
    assert!(dead.letters().expect("letters").is_empty());
}
