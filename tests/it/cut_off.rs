//! A scan that is cut off, by whatever end, and begun again: its ledger is that of a scan that nobody
//! disturbed.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use super::binary::Home;
use super::killed::{engine, signal};
use super::repositories::Repository;

const COMMITS: usize = 1_500;

/// Pauses between two looks, and how many of them.
const PAUSE: Duration = Duration::from_millis(10);
const LOOKS: u32 = 6_000;

/// A history that registers a write-up now and then, cites them in comments and messages, edits, moves and
/// removes what it wrote, and deletes some write-ups again: the stream that git imports.
fn stream() -> String {
    let mut stream = String::new();
    for n in 0..COMMITS {
        let at = 1_700_000_000 + n * 3_600;
        let cited = (n * 7) % (n / 30 + 1);
        let message = match n % 5 {
            0 => format!("Step {n}, as INC-{cited} taught\n"),
            _ => format!("Step {n}\n"),
        };
        let _ = write!(
            stream,
            "commit refs/heads/main\nmark :{}\ncommitter Ada <ada@example.org> {at} +0000\ndata {}\n{message}",
            n + 1,
            message.len()
        );
        let mut put = |path: String, text: String| {
            let _ = write!(
                stream,
                "M 100644 inline {path}\ndata {}\n{text}\n",
                text.len()
            );
        };
        if n % 30 == 0 {
            let key = n / 30;
            let text = format!("# INC-{key}: the story of step {n}\n\nIt happened at step {n}.\n");
            put(format!("postmortems/{key}.md"), text);
        }
        let file = n % 60;
        let mut text = String::new();
        for line in 0..12 {
            let of = (n + line * 11) % (n / 30 + 2);
            let _ = writeln!(text, "# line {line}: see INC-{of}\nstep_{line}({n})");
        }
        put(format!("src/{file}.py"), text);
        if n % 17 == 3 {
            let _ = writeln!(stream, "D src/{}.py", (n + 31) % 60);
        }
        if n % 211 == 210 {
            let _ = writeln!(stream, "D postmortems/{}.md", n / 60);
        }
        stream.push('\n');
    }
    stream
}

fn house(history: &Repository) -> Option<Home> {
    let home = Home::with_engine()?;
    home.file(
        "readback.toml",
        format!(
            "[privacy]\nk = 1\n[[source]]\nid = \"shop\"\nkind = \"git\"\npath = {:?}\n\
             writeups = [\"postmortems/*.md\"]\nincident_keys = [\"INC-[0-9]+\"]\n",
            history.path().display().to_string()
        ),
    );
    Some(home)
}

/// All that a scan found, in words.
fn ledger(home: &Home) -> Vec<String> {
    let mut all = Vec::new();
    for asked in [
        &["links", "--json", "--limit", "0"][..],
        &["links", "--uncounted", "--json", "--limit", "0"],
        &["links", "--gone", "--json", "--limit", "0"],
        &["writeups", "list", "--json"],
    ] {
        let said = home.done(asked);
        let rows: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
        assert!(
            asked.contains(&"--uncounted") || !rows.is_empty(),
            "{asked:?}"
        );
        let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        // Numbers of write-ups, by which rows are ordered, are given as they come.
        rows.sort();
        all.extend(rows);
    }
    all
}

/// Begins a scan, and ends it that long after its engine holds its lock. Says whether it was cut off.
fn cut_off(home: &Home, after: u32, end: impl FnOnce(&Home, u32)) -> bool {
    let child = home.command(&["scan"]).stderr(Stdio::null()).spawn();
    let mut child = child.expect("a program");
    let lock = home.data().join("engine/lock");
    let holds = || std::fs::read_to_string(&lock).is_ok_and(|holder| holder.contains("process"));
    for _ in 0..LOOKS {
        if holds() || child.try_wait().expect("a status").is_some() {
            break;
        }
        std::thread::park_timeout(PAUSE);
    }
    for _ in 0..after {
        std::thread::park_timeout(PAUSE);
    }
    if child.try_wait().expect("a status").is_none() {
        end(home, child.id());
    }
    !child.wait().expect("an end").success()
}

#[test]
fn a_scan_that_was_cut_off_ends_like_one_that_was_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = Repository::new(folder.path().join("shop"));
    history.import(&stream());
    let Some(clean) = house(&history) else {
        return;
    };
    clean.done(&["scan"]);
    let expected = ledger(&clean);
    let Some(home) = house(&history) else {
        return;
    };
    let mut cut = 0;
    for (round, after) in [5, 60, 120, 200, 30, 90].into_iter().enumerate() {
        let is_cut = cut_off(&home, after, |home, process| match round % 3 {
            // What Ctrl-C sends, what nobody can hear, and an engine that is away.
            0 => assert!(signal(process, Signal::INT)),
            1 => assert!(signal(process, Signal::KILL)),
            // It may end by itself just now.
            _ => drop(engine(home).map(|engine| signal(engine, Signal::KILL))),
        });
        cut += u32::from(is_cut);
    }
    assert!(cut > 0, "nothing was cut off");
    home.done(&["scan"]);
    assert_eq!(ledger(&home), expected);
    // And nothing of it is left to do.
    let again = home.done(&["scan"]);
    assert!(again.err.contains("shop: read no events"), "{}", again.err);
}
