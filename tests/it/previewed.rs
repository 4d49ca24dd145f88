//! `readback preview` by the real program: a file, standard input and an address, and what it leaves behind:
//! nothing.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::binary::{Home, Said};
use super::polled_forge::{Forge, Reply};

const DRAFT: &str = "---\nauthors: [Ada]\n---\n# Queue overflow\n\nThe KV of the DNS was full, and nobody saw it.\n";

fn page(status: u16, body: &str) -> Reply {
    let media = vec![("content-type", "text/html; charset=utf-8".to_owned())];
    (status, media, Value::String(body.to_owned()))
}

#[test]
fn a_draft_is_asked_about_and_nothing_is_kept() {
    let home = Home::new();
    home.file("readback.toml", "[organisation]\nglossary = [\"DNS\"]\n");
    home.file("queue.md", DRAFT);
    let said = home.done(&["preview", "queue.md"]);
    insta::assert_snapshot!("a_draft", said.out);
    assert_eq!(said.err, "");
    let told = home.done(&["preview", "queue.md", "--json"]);
    let told: Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(told["unexplained"], serde_json::json!(["KV"]));
    assert_eq!(
        (&told["acronyms"], &told["authors"]),
        (&2.into(), &1.into())
    );
    let mut child = home
        .command(&["preview", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(DRAFT.as_bytes()).expect("written");
    drop(input);
    let typed = child.wait_with_output().expect("its end");
    let typed = Said::of(&typed, &["preview", "-"]);
    assert_eq!(typed.out, said.out);
    // No folder, no log, no copy.
    assert!(!home.data().exists());
    let left = std::fs::read_dir(home.path("")).expect("a folder");
    assert_eq!(left.count(), 2);
}

#[test]
fn a_page_is_asked_for() {
    let home = Home::new();
    let token = home.file("token", "secret-of-ada\n");
    let wiki = Forge::new(|asked, own| match asked.target.as_str() {
        "/moved" => {
            let to = vec![("location", format!("{own}/queue"))];
            (302, to, Value::Null)
        }
        "/queue" => page(
            200,
            "<nav>All pages</nav><main><h1>Queue overflow</h1><p>The <a href=\"https://grafana.example.org/d/1\">KV</a> \
             was full.</p><img src=a.png><blockquote>We saw nothing.</blockquote></main>",
        ),
        "/empty" => page(200, "<html><body><script>app()</script></body></html>"),
        "/away" => (
            302,
            vec![("location", "http://elsewhere.example.org/".to_owned())],
            Value::Null,
        ),
        "/data" => (
            200,
            vec![("content-type", "application/json".to_owned())],
            Value::Null,
        ),
        _ => page(404, "nothing"),
    });
    let at = |path: &str| format!("{}{path}", wiki.address);
    let said = home.done(&["preview", &at("/moved"), "--token-file", &token]);
    insta::assert_snapshot!("a_page", said.out);
    let asked = wiki.asked();
    let last = asked.last().expect("asked");
    assert_eq!(last.header("authorization"), "Bearer secret-of-ada");
    for (path, token_file, code, words) in [
        ("/missing?key=secret", "", 3, "is not there (status 404)"),
        ("/empty", "", 1, "no prose is found in it"),
        ("/data", "", 1, "valid are Markdown, HTML and plain text"),
        (
            "/away",
            token.as_str(),
            3,
            "leads to a place that is elsewhere",
        ),
    ] {
        let address = at(path);
        let mut arguments = vec!["preview", address.as_str()];
        if !token_file.is_empty() {
            arguments.extend(["--token-file", token_file]);
        }
        let said = home.run(&arguments);
        assert_eq!(said.code, Some(code), "{path}: {}", said.err);
        assert!(said.err.contains(words), "{path}: {}", said.err);
        assert!(!said.err.contains("secret"), "{path}: {}", said.err);
    }
}

#[test]
fn what_is_no_draft_is_said() {
    let home = Home::new();
    home.file("picture.md", b"\x89PNG\r\n\x1a\n\0");
    home.file("empty.md", "");
    std::fs::create_dir(home.path("folder")).expect("a folder");
    for (arguments, words) in [
        (&["preview", "missing.md"][..], "missing.md"),
        (&["preview", "picture.md"], "is no text in UTF-8"),
        (&["preview", "empty.md"], "no prose is found in it"),
        (&["preview", "folder"], "is a folder"),
        (
            &["preview", "empty.md", "--token-file", "t"],
            "is for an address",
        ),
        (
            &["preview", "https://ada:pw@wiki.example.org/x"],
            "without user and password",
        ),
        (
            &[
                "preview",
                "http://wiki.example.org/x",
                "--token-file",
                "picture.md",
            ],
            "should be an https address",
        ),
    ] {
        let said = home.run(arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.err);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        assert!(!said.err.contains("pw@"), "{arguments:?}: {}", said.err);
    }
}
