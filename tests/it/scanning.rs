//! `readback scan` and `readback check` as a user has them: a repository and a wiki that knows the
//! write-ups the repository speaks of.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::binary::{Home, Said, contents};
use crate::repositories::Repository;
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

/// Two repositories: write-ups, and code that cites them by key, address and in a message, removes one
/// link and keeps the others.
pub(super) fn two(home: &Home) {
    let papers = Repository::new(home.path("papers"));
    for (name, key, at) in [
        ("disk", "INC-7", "2024-03-01T09:00:00Z"),
        ("dns", "INC-8", "2024-03-02T09:00:00Z"),
    ] {
        let text = format!("# {key}: the {name} story\n\nWhat happened, and why.\n");
        papers.write(&format!("postmortems/{name}.md"), text);
        papers.commit(at, "Tell it");
    }
    let code = Repository::new(home.path("code"));
    code.write("disk.py", "# see INC-7\nretry()\n");
    let address = "https://forge.example.org/org/papers/blob/main/postmortems/dns.md";
    code.write("docs/dns.md", format!("Read [this]({address}).\n"));
    code.commit("2024-05-01T09:00:00Z", "Retry\n\nAs INC-8 taught.");
    code.write("disk.py", "retry()\n");
    code.commit("2024-06-01T09:00:00Z", "Tidy");
}

/// A house with both in this order, and its words of one scan.
fn scanned(order: [&str; 2]) -> Option<(Home, Said)> {
    let home = Home::with_engine()?;
    two(&home);
    let each = order.map(|id| match id {
        "papers" => {
            "[[source]]\nid = \"papers\"\nkind = \"git\"\npath = \"papers\"\n\
             web = \"https://forge.example.org/org/papers\"\n\
             writeups = [\"postmortems/*.md\"]\nincident_keys = [\"INC-[0-9]+\"]\n"
        }
        _ => "[[source]]\nid = \"code\"\nkind = \"git\"\npath = \"code\"\n",
    });
    home.file("readback.toml", each.join("\n"));
    let said = home.done(&["scan"]);
    Some((home, said))
}

/// All links, in an order of their own.
pub(super) fn all_links(home: &Home) -> Vec<String> {
    let said = home.done(&["links", "--json", "--limit", "0"]);
    let links: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
    let mut links: Vec<String> = links.iter().map(Value::to_string).collect();
    links.sort();
    links
}

#[test]
fn one_scan_finds_the_same_links_in_whatever_order_sources_stand() {
    let Some((cited_first, said)) = scanned(["papers", "code"]) else {
        return;
    };
    assert!(!said.err.contains("once more"), "{}", said.err);
    let Some((citing_first, said)) = scanned(["code", "papers"]) else {
        return;
    };
    let words = "code was scanned before write-ups came or changed: once more, for links to them";
    assert_eq!(said.err.matches(words).count(), 1, "{}", said.err);
    let links = all_links(&cited_first);
    assert_eq!(links.len(), 3, "{links:?}");
    assert_eq!(all_links(&citing_first), links);
    // Nothing is new, and nothing is gone through twice.
    let again = citing_first.done(&["scan"]);
    assert!(!again.err.contains("once more"), "{}", again.err);
    // A write-up that changes later is looked for once more, too.
    let code = Repository::new(citing_first.path("code"));
    code.write("queue.py", "# as INC-9 says\n");
    code.commit("2024-07-01T09:00:00Z", "Queue");
    let papers = Repository::new(citing_first.path("papers"));
    papers.write(
        "postmortems/queue.md",
        "# INC-9: the queue story\n\nText.\n",
    );
    papers.commit("2024-07-02T09:00:00Z", "Tell it");
    let later = citing_first.done(&["scan"]);
    assert_eq!(later.err.matches(words).count(), 1, "{}", later.err);
    assert_eq!(all_links(&citing_first).len(), 4);
}

#[test]
fn what_was_closed_by_hand_stays_closed_when_its_file_is_renamed() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let papers = Repository::new(home.path("papers"));
    papers.write("postmortems/disk.md", "# The disk story\n\nText.\n");
    papers.commit("2024-03-01T09:00:00Z", "Tell it");
    let code = Repository::new(home.path("code"));
    code.write("disk.py", "# see INC-77\n# and org/handbook#13\nretry()\n");
    code.commit("2024-05-01T09:00:00Z", "Retry");
    home.file(
        "readback.toml",
        "[privacy]\nk = 1\n\
         [[source]]\nid = \"papers\"\nkind = \"git\"\npath = \"papers\"\nwriteups = [\"postmortems/*.md\"]\n\
         [[source]]\nid = \"code\"\nkind = \"git\"\npath = \"code\"\n",
    );
    home.done(&["scan"]);
    let (old, new) = ("papers:postmortems/disk.md", "papers:postmortems/full.md");
    home.done(&["writeups", "add", old, "--restricted", "--team", "search"]);
    home.done(&["writeups", "alias", old, "INC-77", "org/handbook#13"]);
    let dates = ["--from", "2024-06-01", "--to", "2024-07-01", "--everybody"];
    home.done(&[&["writeups", "assign", old][..], &dates].concat());
    let known = || -> Vec<Value> {
        let said = home.done(&["writeups", "list", "--json"]);
        serde_json::from_str(&said.out).expect("JSON")
    };
    assert_eq!(known().len(), 1);
    papers.git(&["mv", "postmortems/disk.md", "postmortems/full.md"]);
    papers.commit("2024-04-01T09:00:00Z", "Another name");
    home.done(&["scan"]);
    let known = known();
    assert_eq!(known.len(), 1, "the old id is no write-up: {known:?}");
    assert_eq!(known[0]["id"], new);
    assert_eq!(known[0]["restricted"], true);
    assert_eq!(known[0]["owner_team"], "search");
    for name in [old, new] {
        let listed = home.done(&["writeups", "assignments", name]);
        assert!(listed.out.contains("2024-06-01"), "{name}: {}", listed.out);
    }
    // Both names that were given by hand lead to it, the thread's short one, too.
    let links = all_links(&home);
    assert_eq!(links.len(), 2, "{links:?}");
    assert!(links.iter().all(|link| link.contains(new)), "{links:?}");
    home.done(&["report", "--out", "out"]);
    let summary = std::fs::read_to_string(home.path("out/summary.json")).expect("a summary");
    assert!(!summary.contains("The disk story"), "{summary}");
    // What is said later is said of its new id, and opens it.
    let said = home.run(&["writeups", "add", old, "--restricted", "false"]);
    let words = format!("is a name of the write-up {new:?}");
    assert!(
        said.code == Some(1) && said.err.contains(&words),
        "{said:?}"
    );
    home.done(&["writeups", "add", new, "--restricted", "false"]);
    let said = home.done(&["writeups", "show", new, "--json"]);
    let shown: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(shown["restricted"], false, "{shown}");
}

#[test]
fn a_head_without_its_branch_is_no_empty_history() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let shop = Repository::new(home.path("shop"));
    let configured = |more: &str| {
        let source = format!("[[source]]\nid = \"shop\"\nkind = \"git\"\npath = \"shop\"\n{more}");
        home.file("readback.toml", source);
    };
    configured("");
    let said = home.done(&["check", "--no-engine"]);
    assert!(said.out.contains("has no commits yet"), "{}", said.out);
    let said = home.done(&["scan"]);
    assert!(said.err.contains("has no commits yet"), "{}", said.err);
    shop.write("a.txt", "one\n");
    shop.commit("2024-05-01T09:00:00Z", "First");
    home.done(&["scan"]);
    shop.git(&["branch", "-m", "main", "trunk"]);
    shop.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    let words = "HEAD names main, which is not there (there are: trunk); set `branch`";
    for command in ["check", "scan"] {
        let said = home.run(&[command]);
        assert!(said.err.contains(words), "{command}: {}", said.err);
        assert_eq!(said.code, Some(1), "{command}: {}", said.err);
    }
    configured("branch = \"trunk\"\n");
    home.done(&["scan"]);
    // Where nothing is left of what was walked, that is no empty history either.
    configured("");
    shop.git(&["update-ref", "-d", "refs/heads/trunk"]);
    let words = "HEAD names main, which is not there, and neither is any other branch";
    for command in ["check", "scan"] {
        let said = home.run(&[command]);
        assert!(said.err.contains(words), "{command}: {}", said.err);
        assert_eq!(said.code, Some(1), "{command}: {}", said.err);
    }
}

#[test]
fn all_sources_that_failed_are_named() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let shop = Repository::new(home.path("shop"));
    shop.write("a.txt", "one\n");
    shop.commit("2024-05-01T09:00:00Z", "First");
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = nobody.local_addr().expect("an address");
    drop(nobody);
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"gone\"\nkind = \"git\"\npath = \"gone\"\n\
             [[source]]\nid = \"away\"\nkind = \"mediawiki\"\napi = \"http://{address}/api.php\"\n\
             titles = [\"A\"]\n[[source]]\nid = \"shop\"\nkind = \"git\"\npath = \"shop\"\n"
        ),
    );
    let said = home.run(&["scan"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    let last = "error: 2 of 3 sources failed: gone, away\n";
    assert!(said.err.contains(last), "{said:?}");
    assert!(said.err.contains("shop: read no events"), "{said:?}");
    for id in ["gone", "away"] {
        let begin = format!("{id}: ");
        let line = said.err.lines().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("{id}: {said:?}"));
        assert_eq!(line.matches(&begin).count(), 1, "{line}");
    }
    let said = home.run(&["scan", "gone"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("error: 1 of 1 source failed: gone"),
        "{said:?}"
    );
}

#[test]
fn what_a_terminal_would_obey_is_in_no_title() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let papers = Repository::new(home.path("papers"));
    let heading = "# INC-7: the \u{1b}[31mdisk\u{1b}[0m\u{7} story\n\nText.\n";
    papers.write("postmortems/disk.md", heading);
    papers.commit("2024-03-01T09:00:00Z", "Tell it");
    home.file(
        "readback.toml",
        "[privacy]\nk = 1\n[[source]]\nid = \"papers\"\nkind = \"git\"\npath = \"papers\"\n\
         writeups = [\"postmortems/*.md\"]\nincident_keys = [\"INC-[0-9]+\"]\n",
    );
    home.done(&["scan"]);
    let listed = home.done(&["writeups", "list", "--json"]);
    assert!(
        listed.out.contains("INC-7: the disk story"),
        "{}",
        listed.out
    );
    home.done(&["report", "--out", "out"]);
    for (path, bytes) in contents(&home.path("out")) {
        let is_picture = path.extension().is_some_and(|ending| ending == "png");
        let obeyed = bytes.contains(&0x1b) || bytes.contains(&7);
        assert!(is_picture || !obeyed, "{}", path.display());
    }
}

#[test]
fn a_second_scan_says_that_it_waits() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (asked, heard) = mpsc::channel();
    let (go_on, told) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
            let first = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .reduce(|first, _| first);
            // The first request waits until it is told to go on; the sender is gone by the next.
            asked.send(()).expect("a test");
            let _ = told.recv();
            let body = answer(&first.unwrap_or_default()).to_string();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
            write!(stream, "{head}: {}\r\n\r\n{body}", body.len()).expect("sent");
        }
    });
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"http://{address}/w/api.php\"\n\
             titles = [\"Disk full\"]\n"
        ),
    );
    let start = || {
        let child = home.command(&["scan"]).stderr(Stdio::piped()).spawn();
        child.expect("a program")
    };
    let mut first = start();
    heard.recv().expect("a request");
    let mut second = start();
    let words = BufReader::new(second.stderr.take().expect("its words"));
    let waits = words
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("waiting for another scan of this data folder to end"));
    assert!(waits.is_some(), "it ended without a word");
    drop(go_on);
    for scan in [&mut first, &mut second] {
        assert!(scan.wait().expect("an end").success());
    }
}
