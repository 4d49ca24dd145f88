//! The same bytes from the program itself: embedded and remote, with one thread and with all, in
//! another zone and another language.

use super::binary::{Home, Listening};
use super::way::{Report, lines, small};

const ORGANISATION: &str = "\
[organisation]
name = \"Example\"
timezone = \"Europe/Berlin\"
simulated = true

[privacy]
k = 1
";

/// Imports the events and reports; the bytes of `summary.json`.
fn reported(home: &Home, events: &str) -> Vec<u8> {
    home.done(&["import", "events", events]);
    again(home, "report")
}

fn again(home: &Home, out: &str) -> Vec<u8> {
    let as_of = readback::model::to_rfc3339(small().as_of());
    home.done(&["report", "--as-of", &as_of, "--out", out]);
    std::fs::read(home.path(out).join("summary.json")).expect("summary.json")
}

#[test]
fn embedded_and_remote_one_thread_and_all() {
    let Some(embedded) = Home::with_engine() else {
        return;
    };
    let lines = lines(&small()).join("\n");
    embedded.file("readback.toml", ORGANISATION);
    let bytes = reported(&embedded, &embedded.file("events.ndjson", &lines));
    // The whole document, so that nothing hides in what a comparison leaves out.
    assert!(Report::of(&bytes).lines > 0);

    let embedded = embedded
        .with("POLARS_MAX_THREADS", "1")
        .with("TZ", "Asia/Tokyo")
        .with("LANG", "tr_TR.UTF-8");
    assert!(again(&embedded, "one-thread") == bytes, "one thread");

    let server = Home::with_engine()
        .expect("a library")
        .with("READBACK_ENGINE_PASSWORD", "only for tests");
    let listening = Listening::start(&server);
    let remote = Home::new().with("READBACK_ENGINE_PASSWORD", "only for tests");
    let engine = format!(
        "{ORGANISATION}\n[engine]\nmode = \"remote\"\nuser = \"readback\"\nurl = \"{}\"\ndatabase = \"elsewhere\"\n",
        listening.url
    );
    remote.file("readback.toml", engine);
    let events = remote.file("events.ndjson", &lines);
    assert!(reported(&remote, &events) == bytes, "remote");
    let check = remote.done(&["check"]);
    assert!(
        check.out.contains("answers, tables are up to date"),
        "{}",
        check.out
    );

    // Without the password nobody gets in, and the error does not repeat a wrong one.
    let stranger = Home::new().with("READBACK_ENGINE_PASSWORD", "wrong-password");
    stranger.file(
        "readback.toml",
        std::fs::read(remote.path("readback.toml")).expect("a file"),
    );
    let refused = stranger.run(&["report", "--as-of", "2026-07-01"]);
    assert_ne!(refused.code, Some(0));
    assert!(!refused.err.contains("wrong-password"), "{}", refused.err);
}
