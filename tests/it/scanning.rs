//! `readback scan` and `readback check` as a user has them: a repository and a wiki that knows the
//! write-ups the repository speaks of.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::way::Way;

/// Serves a wiki with one page for as long as the tests run; its `api.php`.
fn wiki() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(&stream).lines();
            let asked = lines.next().expect("a request").expect("a line");
            for line in lines {
                if line.expect("a line").is_empty() {
                    break;
                }
            }
            let body = answer(&asked).to_string();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
            write!(stream, "{head}: {}\r\n\r\n{body}", body.len()).expect("sent");
        }
    });
    format!("http://{address}/w/api.php")
}

fn answer(asked: &str) -> Value {
    let page = |more: Value| json!({ "query": { "pages": [more] } });
    if asked.contains("list=users") {
        json!({ "query": { "users": [] } })
    } else if asked.contains("rvprop=content") {
        page(
            json!({ "pageid": 10, "revisions": [{ "slots": { "main": { "content": "Full." } } }] }),
        )
    } else if asked.contains("prop=revisions") {
        let first = json!({
            "revid": 101, "parentid": 0, "timestamp": "2024-01-01T00:00:00Z",
            "user": "Ada", "size": 100, "minor": false, "tags": [],
        });
        page(json!({ "pageid": 10, "revisions": [first] }))
    } else {
        page(json!({
            "pageid": 10, "ns": 0, "title": "Disk full", "lastrevid": 101,
            "canonicalurl": "https://wiki.example.org/wiki/Disk_full",
        }))
    }
}

/// A repository with one commit, which links to the wiki's page in its message and in a file, and to
/// an incident in a file.
fn repository(folder: &Path) {
    let git = |args: &[&str]| {
        let done = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(args)
            .env("GIT_AUTHOR_DATE", "2024-05-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2024-05-01T00:00:00Z")
            .status();
        assert!(done.expect("git is installed").success());
    };
    let page = "https://wiki.example.org/wiki/Disk_full";
    git(&["init", "-q", "-b", "main"]);
    let code = format!("# see {page}\n# and INC-77\nretry()\n");
    std::fs::write(folder.join("disk.py"), code).expect("written");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", &format!("Retry\n\nAs {page} says.")]);
}

fn readback(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_readback"))
        .current_dir(folder)
        .args(args)
        .output()
        .expect("the program runs")
}

fn configuration(folder: &Path, text: &str) {
    std::fs::write(folder.join("readback.toml"), text).expect("written");
}

#[test]
fn a_scan_finds_links_to_what_another_source_registered_later() {
    if crate::engine::library().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let code = folder.path().join("shop");
    std::fs::create_dir(&code).expect("a folder");
    repository(&code);
    configuration(
        folder.path(),
        &format!(
            "[[source]]\nid = \"code\"\nkind = \"git\"\npath = \"shop\"\n\n\
             [[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"{}\"\ntitles = [\"Disk full\"]\n",
            wiki()
        ),
    );
    let scan = || {
        let done = readback(folder.path(), &["scan", "--json"]);
        let words = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{words}");
        let found: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        let found = found.as_array().expect("a list").iter();
        found.map(|one| one["events"].clone()).collect::<Vec<_>>()
    };
    // The repository comes first, when nobody has heard of the page yet; so it comes again.
    let first = [json!({}), json!({ "writeup": 1 }), json!({ "link": 2 })];
    assert_eq!(scan(), first);
    assert_eq!(scan(), [json!({}), json!({})], "nothing is new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_registered_late_is_found_in_old_commits() {
    let Some(way) = Way::within("scanning_late", chrono_tz::UTC).await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    repository(folder.path());
    let params = format!(
        "path = {:?}\nname = \"shop\"",
        folder.path().display().to_string()
    );
    let scan = async || {
        let done = way.scan("git", "code", &params).await.expect("a scan");
        done.total()
    };
    assert_eq!(scan().await, 0);
    way.register(&[("disk", &["INC-77"], "2024-04-01T00:00:00Z")])
        .await;
    assert_eq!((scan().await, scan().await), (1, 0));
    let document = way.document("2025-01-01T00:00:00Z").await;
    let live = &document.indicators["K1"]["results"]["links"]["live"];
    assert_eq!(
        (&live["code_comment"], &live["commit"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn a_check_names_every_wrong_parameter() {
    let folder = tempfile::tempdir().expect("a folder");
    let sources = [
        (
            "git",
            "path = \"x\"\nincident_keys = [\"(\"]",
            "incident_keys: \"(\" is not a regular expression",
        ),
        (
            "git",
            "path = \"x\"\nwriteup = [\"*.md\"]",
            "unknown field `writeup`",
        ),
        ("git", "writeups = [\"*.md\"]", "missing field `path`"),
        (
            "mediawiki",
            "api = \"wiki\"\ntitles = [\"a\"]",
            "api should be the address",
        ),
        (
            "mediawiki",
            "api = \"https://w.example.org/api.php\"",
            "category",
        ),
        (
            "access-log",
            "base = \"wiki\"",
            "is not the start of an address",
        ),
        ("icalendar", "match = [\"(\"]", "match: \"(\""),
        ("attendance-csv", "timezone = \"Berlin\"", "is no IANA zone"),
        (
            "github",
            "secret_file = \"/nowhere\"\nsecret = \"x\"",
            "secret",
        ),
        ("wiki", "", "known are access-log"),
    ];
    let mut text = String::new();
    for (number, (kind, params, _)) in sources.iter().enumerate() {
        text.push_str(&format!(
            "[[source]]\nid = \"s{number}\"\nkind = \"{kind}\"\n{params}\n\n"
        ));
    }
    configuration(folder.path(), &text);
    let done = readback(folder.path(), &["check", "--no-engine"]);
    let words = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{words}");
    for (number, (kind, _, expected)) in sources.iter().enumerate() {
        let told = words
            .lines()
            .find(|line| line.contains(&format!("source s{number}: ")))
            .unwrap_or_else(|| panic!("{kind} s{number}: {words}"));
        assert!(told.contains(expected), "{told}");
    }
}
