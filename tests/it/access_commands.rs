//! Accounts, tokens and the audit log by the command line.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::binary::{Home, Said};
use super::served::{NOWHERE, PATIENCE, Served, remote};
use super::way::event;

const PASSWORD: &str = "correct horse battery";

/// Runs `readback access` with a line on its standard input, and sees to it that nobody repeats it.
pub(crate) fn typed(home: &Home, arguments: &[&str], line: &str) -> Said {
    let mut command = home.command(&[&["access"], arguments].concat());
    let command = command.stdin(Stdio::piped());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program");
    let mut input = child.stdin.take().expect("its input");
    // Who refuses the name does not read on.
    let _ = writeln!(input, "{line}");
    drop(input);
    let said = Said::of(&child.wait_with_output().expect("its words"), arguments);
    assert!(
        !said.err.contains(line) && !said.out.contains(line),
        "{said:?}"
    );
    said
}

fn home() -> Home {
    let home = Home::new().with("READBACK_ENGINE_PASSWORD", "only for tests");
    home.file("readback.toml", remote(NOWHERE));
    home
}

#[test]
fn accounts_by_the_command_line() {
    let home = home();
    let made = typed(&home, &["add", "vera", "--role", "viewer"], PASSWORD);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.err.contains("access.mode is \"loopback\""), "{made:?}");
    typed(&home, &["add", "cleo", "--role", "coordinator"], PASSWORD);
    for (arguments, line, words) in [
        (
            &["add", "vera", "--role", "viewer"][..],
            PASSWORD,
            "there is an account of this name",
        ),
        (
            &["add", "ops", "--role", "admin"],
            "elevenchars",
            "at least 12 characters",
        ),
        (
            &["add", "zz\u{1b}[31m", "--role", "admin"],
            PASSWORD,
            "no name of an account",
        ),
        (
            &["remove", "zzsomebody"],
            "nothing is asked",
            "there is no account of this name",
        ),
        (
            &["passwd", "zzsomebody"],
            PASSWORD,
            "there is no account of this name",
        ),
    ] {
        let said = typed(&home, arguments, line);
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(said.err.contains(words), "{arguments:?}: {said:?}");
        assert!(!said.err.contains("zz"), "it may be a person's: {said:?}");
    }
    let wrong = home.run(&["access", "add", "ops", "--role", "king"]);
    assert!(
        wrong.code == Some(2) && wrong.err.contains("viewer, coordinator, admin"),
        "{wrong:?}"
    );
    let listed: Value =
        serde_json::from_str(&home.done(&["access", "list", "--json"]).out).expect("JSON");
    assert_eq!(
        (&listed[0]["name"], &listed[1]["role"]),
        (&json!("vera"), &json!("coordinator"))
    );
    assert!(!listed.to_string().contains("argon"), "{listed}");
    let file = home.data().join("access.json");
    let before = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(
        typed(&home, &["passwd", "vera"], "another password").code,
        Some(0)
    );
    assert_ne!(std::fs::read_to_string(&file).expect("a file"), before);
    home.done(&["access", "remove", "vera"]);
    let listed = home.done(&["access", "list"]).out;
    assert!(
        listed.starts_with("cleo: coordinator; made 2") && listed.lines().count() == 1,
        "{listed}"
    );
    for path in ["access.json", "audit"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(home.data().join(path))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{path}");
    }
    let log = home.done(&["audit", "show"]).out;
    for word in ["account-added", "account-changed", "account-removed"] {
        assert!(log.contains(word), "{log}");
    }
    assert!(!log.contains("vera") && !log.contains("cleo"), "{log}");
}

#[test]
fn tokens_are_rotated_by_the_command_line_without_a_gap() {
    let home = home();
    home.done(&["token", "add", "first"]);
    let old = home.data().join("audit/2019-01-01.ndjson");
    std::fs::write(&old, "").expect("a file");
    let served = Served::start(&home, &[], &[]);
    let read = |name: &str| {
        let data = json!({ "person": "r@example.org", "engaged_s": 100 });
        event("read", name, "page", "2026-03-01T10:00:00Z", data)
    };
    assert_eq!(
        home.done(&["token", "list"])
            .out
            .matches("never used")
            .count(),
        2
    );
    assert_eq!(served.post(read("one")).status, 202);
    let listed = home.done(&["token", "list"]).out;
    let today = chrono::Utc::now().format("last used %Y-%m-%d").to_string();
    assert!(listed.contains(&today), "{listed}");
    let fresh = home
        .done(&["token", "rotate", "tests", "--grace", "1h"])
        .out;
    assert!(fresh.starts_with("rb_"), "{fresh}");
    assert_eq!(
        served.post(read("two")).status,
        202,
        "the secret before is still taken"
    );
    let listed = home.done(&["token", "list"]).out;
    assert!(listed.contains("is taken until"), "{listed}");
    home.done(&["token", "rotate", "tests", "--grace", "0h"]);
    let since = std::time::Instant::now();
    while served.post(read("three")).status != 401 {
        assert!(since.elapsed() < PATIENCE);
    }
    let refused = home.run(&["token", "rotate", "tests", "--grace", "soon"]);
    assert!(
        refused.code == Some(2) && refused.err.contains("90m, 24h or 7d"),
        "{refused:?}"
    );
    while old.exists() {
        assert!(
            since.elapsed() < PATIENCE,
            "what is too old is gone at the start"
        );
    }
    let log = served.log();
    assert!(log.contains("pages are for this machine alone"), "{log}");
    served.stop();
    let log = home.done(&["audit", "show"]).out;
    assert_eq!(log.matches("token-rotated  tests").count(), 2, "{log}");
    assert!(
        log.contains("token-added  tests") && !log.contains("rb_"),
        "{log}"
    );
}
