//! The program as people meet it: its words, its exit codes, and what it does with what it can't
//! use. Every home is empty; what is not said here does not exist for it.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;

use super::binary::{Home, Said};
use super::way::event;

fn failed(home: &Home, arguments: &[&str], code: i32) -> String {
    let said = home.run(arguments);
    assert_eq!(
        said.code,
        Some(code),
        "{arguments:?}: {}{}",
        said.out,
        said.err
    );
    assert_eq!(said.out, "", "{arguments:?}");
    // The home has another name each time.
    let home = home.path("").to_string_lossy().into_owned();
    said.err.replace(&home, "HOME/")
}

#[test]
fn every_command_explains_itself() {
    let home = Home::new();
    let mut words = String::new();
    for command in [
        "",
        "demo",
        "serve",
        "token",
        "token add",
        "dead",
        "dead retry",
        "writeups",
        "writeups list",
        "writeups add",
        "writeups alias",
        "writeups retire",
        "check",
        "import",
        "scan",
        "report",
        "simulate",
        "list",
        "engine",
        "engine install",
        "engine status",
        "engine run",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let said = home.done(&arguments);
        assert_eq!(said.err, "");
        words.push_str(&format!(
            "$ readback {}\n{}\n",
            arguments.join(" "),
            said.out
        ));
    }
    insta::assert_snapshot!("help", words);
    let said = home.run(&[]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("Usage: readback"), "{}", said.err);
}

#[test]
fn the_lists_tell_what_there_is() {
    let home = Home::new();
    let mut words = String::new();
    for arguments in [
        &["list", "sources"][..],
        &["list", "indicators"],
        &["list", "sources", "events"],
        &["list", "indicators", "L3"],
    ] {
        let said = home.done(arguments);
        words.push_str(&format!(
            "$ readback {}\n{}\n",
            arguments.join(" "),
            said.out
        ));
    }
    insta::assert_snapshot!("lists", words);
    for what in ["sources", "indicators"] {
        let said = home.done(&["list", what, "--json"]);
        let list: Value = serde_json::from_str(&said.out).expect("JSON");
        assert!(
            list.as_array().is_some_and(|list| list.len() >= 5),
            "{list}"
        );
    }
    for (what, name, field) in [
        ("sources", "git", "documentation"),
        ("indicators", "L3", "definition"),
    ] {
        let said = home.done(&["list", what, name, "--json"]);
        let one: Value = serde_json::from_str(&said.out).expect("JSON");
        assert!(one[field].is_string(), "{one}");
    }
    // The configured windows are those that numbers are made with.
    let said = home.done(&[
        "--set",
        "parameters.late_days=60",
        "list",
        "indicators",
        "l3",
    ]);
    assert!(
        said.out.starts_with("L3 Tail share after day 60"),
        "{}",
        said.out
    );
}

#[test]
fn what_is_wrong_is_said_at_once() {
    let home = Home::new();
    home.file("readback.toml", "colour = \"red\"\n[organisation]\ntimezone = \"Berlin\"\nnmae = \"x\"\n\
        [privacy]\nk = 0\n[engine]\nmode = \"remote\"\n[server]\nlisten = \"here\"\n[[source]]\nid = \"a\"\n");
    home.file(
        "sources.toml",
        "[[source]]\nid = \"a\"\nkind = \"gti\"\n\
        [[source]]\nid = \"b\"\nkind = \"git\"\npaht = \"x\"\n\
        [[source]]\nid = \"c\"\nkind = \"access-log\"\nbase = \"nowhere\"\n\
        [[source]]\nid = \"d\"\nkind = \"attendance-csv\"\nstart = \"soon\"\n\
        [[source]]\nid = \"e\"\nkind = \"icalendar\"\nmatch = [\"(\"]\n\
        [[source]]\nid = \"f\"\nkind = \"events\"\n",
    );
    home.file("broken.toml", "[organisation\nname = 1\n");
    home.file("folder/x", "");
    home.file("folder/x.json", "{}");
    home.file(
        "restatements.json",
        "{\"schema\": \"https://readback.dev/schemas/restatements/v1\"}",
    );
    home.file("rubbish.ndjson", "a\nb\n");
    home.file("events.ndjson", "");
    let mut words = String::new();
    let mut tell = |arguments: &[&str], code: i32| {
        let said = failed(&home, arguments, code);
        words.push_str(&format!("$ readback {}\n{said}\n", arguments.join(" ")));
    };
    tell(&["check", "--no-engine"], 1);
    tell(&["--config", "broken.toml", "check"], 1);
    tell(&["--config", "nowhere.toml", "check"], 1);
    for arguments in [
        &["import", "evnets", "events.ndjson"][..],
        &["import", "git", "events.ndjson"],
        &["import", "events", "nowhere.ndjson", "--dry-run"],
        &["import", "events", "folder", "--dry-run"],
        &[
            "import",
            "events",
            "events.ndjson",
            "-p",
            "x=1",
            "--dry-run",
        ],
        &["import", "access-log", "events.ndjson", "--dry-run"],
        &["scan"],
        &["scan", "shop"],
        &["report", "--as-of", "nonsense"],
        &["report", "--as-of", "2026-02-30"],
        &["report", "--as-of", "1989-12-31"],
        &["report", "--as-of", "2201-01-01"],
        &["report", "--since", "restatements.json"],
        &["report", "--since", "folder/x.json"],
        &["list", "sources", "wiki"],
        &["list", "indicators", "L99"],
        &["simulate", "--people", "0"],
        &["simulate", "--people", "4294967295"],
        &["simulate", "--writeups", "1000000000"],
        &["simulate", "--days", "36526"],
        &["simulate", "--cut", "2024"],
        &["demo", "--repo", "nowhere"],
        &["demo", "--no-serve"],
        &["import", "events", "rubbish.ndjson", "--dry-run"],
        &["--set", "data_dir=", "scan"],
        &["--set", "engine.url=http://me:s3cret@host:8123", "scan"],
        &["engine", "run", "--listen", "127.0.0.1:0"],
        &["--set", "privacy.k=none", "scan"],
    ] {
        tell(&[&["--config", "events.ndjson"], arguments].concat(), 1);
    }
    for arguments in [
        &["import"][..],
        &["import", "events"],
        &["--set", "x", "scan"],
        &["import", "events", "events.ndjson", "-p", "foo"],
        &["frobnicate"],
    ] {
        tell(arguments, 2);
    }
    // The sources are checked as well, and everything that is fine is said too.
    let said = home.run(&["--config", "sources.toml", "check", "--no-engine"]);
    assert_eq!(said.code, Some(1));
    words.push_str(&format!(
        "$ readback --config sources.toml check --no-engine\n{}{}",
        said.out, said.err
    ));
    insta::assert_snapshot!("refusals", words);
}

#[test]
fn rejected_lines_are_counted_and_told() {
    let home = Home::new();
    let read = |id: &str| {
        event(
            "read",
            id,
            "a",
            "2025-03-01T10:00:00Z",
            serde_json::json!({}),
        )
    };
    let mut lines = vec![read("1"), "no event".to_owned(), read("2"), read("")];
    // Three things are wrong with one line: it is one line.
    lines.push(event(
        "read",
        "3",
        "a",
        "soon",
        serde_json::json!({ "scroll": 7, "bot": "yes" }),
    ));
    lines.extend((0..30).map(|n| read(&"x".repeat(9_000 + n))));
    let path = home.file("events.ndjson", lines.join("\n"));
    let said = home.done(&["import", "events", &path, "--dry-run", "--json"]);
    let told: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(told[0]["events"]["read"], 2, "{told:#}");
    assert_eq!(told[0]["rejected"], 33);
    assert_eq!(told[0]["problems"].as_array().map(Vec::len), Some(35));
    assert_eq!(told[0]["problems"][0]["place"], "line 2");
    assert!(
        said.err.contains("  rejected 33:\n    line 2: not JSON"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("xxxxx"), "{}", said.err);
    // Nothing is stored, not even a folder.
    assert!(!home.data().exists());
}

#[test]
fn a_file_of_which_nothing_is_taken_says_so() {
    let home = Home::new();
    let path = home.file("events.ndjson", "{}\nnonsense\n");
    let said = home.run(&["import", "events", &path, "--dry-run"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("NOTHING WAS TAKEN"), "{}", said.err);
    assert!(said.err.contains("  rejected 2:"), "{}", said.err);
}

#[test]
fn a_pipe_that_is_closed_is_no_failure() {
    let home = Home::new();
    for arguments in [
        &["simulate", "--days", "400"][..],
        &["list", "indicators"],
        &["--help"],
    ] {
        let mut command = home.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program");
        let mut out = child.stdout.take().expect("its output");
        let mut first = [0; 64];
        out.read_exact(&mut first).expect("the first words");
        drop(out);
        let output = child.wait_with_output().expect("an end");
        let said = Said::of(&output, arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn without_npm_it_says_what_to_do() {
    let home = Home::new().with("PATH", "");
    let path = home.file("events.ndjson", "");
    let words = failed(&home, &["import", "events", &path], 3);
    for word in ["npm", "READBACK_LIBCHDB", "engine status"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    let home = Home::new().with("READBACK_LIBCHDB", "/nowhere/libchdb.so");
    let words = failed(&home, &["report"], 3);
    assert!(
        words.contains("'/nowhere/libchdb.so', which is not a file"),
        "{words}"
    );
}

#[test]
fn k_is_the_folders() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let path = home.file("events.ndjson", "");
    home.done(&["--set", "privacy.k=7", "import", "events", &path]);
    let words = failed(&home, &["--set", "privacy.k=3", "report"], 1);
    assert!(
        words.contains("privacy.k: 3 is configured") && words.contains("made with 7"),
        "{words}"
    );
    let said = home.done(&["check"]);
    assert!(
        said.out.contains("people below 7 are withheld"),
        "{}",
        said.out
    );
    // The key is the owner's alone, and a broken one is not replaced.
    let key = home.data().join("key");
    std::fs::write(&key, "short").expect("a file");
    let words = failed(&home, &["report"], 1);
    assert!(words.contains("is not a key"), "{words}");
    assert_eq!(std::fs::read(&key).expect("a file"), b"short");
}

#[test]
fn a_second_command_shares_the_folders_engine() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let mut first = home.command(&["engine", "run"]);
    let mut first = first.stderr(Stdio::piped()).spawn().expect("a program");
    let mut words = Vec::new();
    let mut stderr = first.stderr.take().expect("its words");
    let mut byte = [0];
    while !words.ends_with(b"\n") && stderr.read(&mut byte).expect("a word") == 1 {
        words.extend(byte);
    }
    let words = String::from_utf8_lossy(&words).into_owned();
    assert!(words.contains("engine ready on"), "{words}");
    let data = serde_json::json!({ "title": "A", "published_at": "2025-01-01T00:00:00Z" });
    let line = event("writeup", "w", "a", "2025-01-01T00:00:00Z", data);
    let path = home.file("events.ndjson", line);
    home.done(&["import", "events", &path]);
    home.done(&["report", "--as-of", "2025-06-01", "--out", "report"]);
    let status = home.done(&["engine", "status"]);
    assert!(status.out.contains("engine   runs on"), "{}", status.out);
    assert!(
        first.try_wait().expect("a state").is_none(),
        "the first one lives on"
    );
    first.kill().expect("an end");
    first.wait().expect("an end");
    let status = home.done(&["engine", "status"]);
    assert!(status.out.contains("does not run"), "{}", status.out);
    // What was written while it ran is there afterwards.
    home.done(&["report", "--as-of", "2025-06-01", "--out", "again"]);
    let read = |out: &str| std::fs::read(home.path(out).join("summary.json")).expect("a summary");
    assert_eq!(read("report"), read("again"));
}

#[test]
fn a_report_leaves_no_stale_page_and_nothing_else_away() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let told = |version: u32, restricted: bool| {
        let data = serde_json::json!({
            "title": "A", "published_at": "2025-01-01T00:00:00Z", "version": version,
            "restricted": restricted,
        });
        event("writeup", "w", "a", "2025-01-01T00:00:00Z", data)
    };
    let path = home.file("events.ndjson", told(0, false));
    home.done(&["import", "events", &path]);
    let report = ["report", "--as-of", "2025-06-01", "--out", "report"];
    home.done(&report);
    let out = home.path("report");
    let pages = || std::fs::read_dir(out.join("writeups")).map_or(0, Iterator::count);
    assert_eq!(pages(), 1);
    std::fs::write(out.join("notes.txt"), "ours").expect("a file");
    let path = home.file("later.ndjson", told(1, true));
    home.done(&["import", "events", &path]);
    home.done(&report);
    assert_eq!(pages(), 0);
    assert!(out.join("notes.txt").exists());
    // A page of somebody else is not written over.
    std::fs::create_dir(home.path("site")).expect("a folder");
    home.file("site/index.html", "<h1>Ours</h1>");
    let words = failed(&home, &["report", "--out", "site"], 1);
    assert!(words.contains("index.html that is no report"), "{words}");
}
