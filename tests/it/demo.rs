//! `readback demo --repo` as somebody tries it: what goes wrong is said before the engine starts, and
//! what goes well shows links and reads without any set-up.

use std::path::Path;
use std::process::{Command, Output};

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(args)
        .status();
    assert!(done.expect("git is installed").success());
}

/// A repository whose pages lie where nobody would look for them.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("content/outages");
    std::fs::create_dir_all(&pages).expect("a folder");
    for day in 1..=4 {
        let name = format!("2024-03-0{day}-disk.md");
        std::fs::write(pages.join(name), "# Disk full\n").expect("written");
    }
    let link =
        "// https://git.example.org/shop/site/blob/main/content/outages/2024-03-01-disk.md\n";
    std::fs::write(folder.path().join("disk.rs"), link).expect("written");
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "Add"]);
    let origin = "git@git.example.org:shop/site.git";
    git(folder.path(), &["remote", "add", "origin", origin]);
    folder
}

fn demo(repo: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_readback"))
        .current_dir(repo)
        .args(["demo", "--no-serve", "--out", "out", "--repo"])
        .arg(repo)
        .args(args)
        .output()
        .expect("the program runs")
}

#[test]
fn what_is_wrong_is_said_with_a_way_out() {
    let repo = repository();
    let empty = tempfile::tempdir().expect("a folder");
    git(empty.path(), &["init", "-q", "-b", "main"]);
    let nowhere = repo.path().join("nowhere");
    for (folder, args, expected) in [
        (
            repo.path(),
            &[][..],
            "--writeups 'content/outages/*.md'   4 files",
        ),
        (
            repo.path(),
            &["--writeups", "docs/*"],
            "no file fits --writeups docs/*",
        ),
        (
            repo.path(),
            &["--writeups", "content/outages/*.md", "--log", "nowhere.log"],
            "--log nowhere.log",
        ),
        (empty.path(), &[], "has no commits yet"),
        (Path::new("/"), &[], "is no git repository"),
        (&nowhere, &[], "No such file"),
    ] {
        // A folder that is not there can't be stood in.
        let done = Command::new(env!("CARGO_BIN_EXE_readback"))
            .current_dir(repo.path())
            .args(["demo", "--no-serve", "--out", "out", "--repo"])
            .arg(folder)
            .args(args)
            .output()
            .expect("the program runs");
        let words = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{words}");
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn a_clone_and_a_log_are_enough() {
    if crate::engine::library().is_none() {
        return;
    }
    let repo = repository();
    let log = repo.path().join("access.log");
    let line = |person: &str, path: &str| {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        format!(
            "192.0.2.1 - {person} [10/Jun/2026:13:55:36 +0000] \"GET {path} HTTP/1.1\" 200 9 \"-\" \"{agent}\"\n"
        )
    };
    let writeups = ["--writeups", "content/outages/*.md", "--log", "access.log"];
    let out = repo.path().join("out");

    std::fs::write(&log, line("ada", "/elsewhere/")).expect("written");
    let done = demo(repo.path(), &writeups);
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words}");
    assert!(
        words.contains("no read in the log is of a write-up"),
        "{words}"
    );

    let lines = [
        line("ada", "/outages/2024-03-01-disk/"),
        line("bob", "/outages/2024-03-02-disk.html"),
        line("bob", "/elsewhere/"),
    ];
    std::fs::write(&log, lines.concat()).expect("written");
    let done = demo(repo.path(), &writeups);
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words}");
    assert!(
        words.contains("read 5 events: 1 about links, 4 about write-ups"),
        "{words}"
    );
    let summary = std::fs::read(out.join("summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_slice(&summary).expect("JSON");
    // What the log says ends where it ends.
    let coverage = summary["health"]["coverage"].as_array().expect("a list");
    let log = coverage.iter().find(|one| one["kind"] == "read");
    let log = log.expect("the log's");
    assert_eq!((&log["stated"], &log["events"]), (&true.into(), &3.into()));
    assert_eq!(log["to"], "2026-06-10T13:55:36.001Z");
    assert_eq!(summary["health"]["received"]["kept"]["read"], 2);
    // Where it serves is told as it is, not as the configuration says.
    let mut child = Command::new(env!("CARGO_BIN_EXE_readback"))
        .current_dir(repo.path())
        .args([
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--out",
            "served",
            "--repo",
        ])
        .arg(repo.path())
        .args(writeups)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut url = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().expect("its words"));
    std::io::BufRead::read_line(&mut out, &mut url).expect("a line");
    child.kill().expect("it ends");
    child.wait().expect("it ends");
    let page = std::fs::read_to_string(repo.path().join("served/privacy.html")).expect("a page");
    let address = url.trim().strip_prefix("http://").expect("an address");
    assert!(page.contains(address), "{address}: {page}");
    let place = summary["organisation"]["name"].as_str().map(str::to_owned);
    let folder = repo.path().canonicalize().expect("there");
    assert_eq!(
        place.as_deref(),
        folder.file_name().and_then(|name| name.to_str())
    );
}
