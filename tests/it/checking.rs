//! `readback check`: what it tells, what it exits with, and that it makes nothing.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::binary::Home;
use super::lexed::files;
use super::repositories::Repository;
use super::way::event;

/// A port that nobody listens on.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// A wiki that answers one question, and gives the request's first line and its login.
fn wiki() -> (String, std::thread::JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let answered = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
        let asked = lines.next().expect("a line").expect("text");
        let login = lines
            .by_ref()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .find(|line| line.to_lowercase().starts_with("authorization"));
        let body = r#"{"query":{"general":{"sitename":"Shop wiki"},"userinfo":{"name":"Readback"},
            "pages":[{"pageid":1,"title":"A"}]}}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        write!(stream, "{head}{body}").expect("an answer");
        (asked, login.unwrap_or_default())
    });
    (address, answered)
}

fn wiki_source(address: &str) -> String {
    format!(
        "[[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"http://{address}/api.php\"\n\
         titles = [\"A\"]\ntoken_file = \"token\"\n"
    )
}

#[test]
fn what_lies_in_the_data_folder_is_looked_at() {
    let home = Home::new();
    home.done(&["token", "add", "wiki"]);
    let checked = home.done(&["check", "--no-engine"]);
    assert!(checked.out.contains("all is well"), "{checked:?}");
    let before = files(&home.data());
    let tokens = home.data().join("tokens.json");
    std::fs::write(&tokens, "{").expect("a file");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&tokens, open).expect("a file of mine");
    let checked = home.run(&["check", "--no-engine"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    for words in [
        "2 problems found",
        "tokens.json: others may open it (mode 644); `chmod 600",
        "tokens.json: is not what readback wrote",
    ] {
        assert!(checked.err.contains(words), "{words}: {checked:?}");
    }
    assert_eq!(files(&home.data()), before);
}

#[test]
fn who_collects_nothing_is_told_how_to_begin() {
    let home = Home::new();
    let check = || home.done(&["check", "--no-engine", "--offline"]);
    let words = "no source is configured and no token is given out, so nothing is collected";
    for configuration in ["", "[organisation]\nname = \"Example\"\n"] {
        home.file("readback.toml", configuration);
        let said = check();
        assert!(said.out.contains(words), "{}", said.out);
        assert!(said.out.contains("[[source]]"), "{}", said.out);
        assert!(
            said.out.contains("all works, with 1 warning"),
            "{}",
            said.out
        );
    }
    home.done(&["token", "add", "sender"]);
    assert!(!check().out.contains(words), "events are sent to it");
}

#[test]
fn every_file_of_the_data_folder_is_read() {
    let home = Home::new();
    home.done(&["token", "add", "wiki"]);
    let wrong = "{\"zzsecret\": 1}\n";
    for name in [
        "tokens.json",
        "access.json",
        "opted-out.json",
        "privacy.ndjson",
        "audit/2026-03-02.ndjson",
    ] {
        let path = home.data().join(name);
        let before = std::fs::read(&path).ok();
        home.file(&format!("readback-data/{name}"), wrong);
        let closed = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, closed).expect("a file of mine");
        let said = home.run(&["check", "--no-engine"]);
        assert_eq!(said.code, Some(1), "{name}: {said:?}");
        for words in [
            "1 problem found",
            name,
            "is not what readback wrote",
            "line 1",
        ] {
            assert!(said.err.contains(words), "{name}: {words}: {said:?}");
        }
        assert!(!format!("{said:?}").contains("zzsecret"), "{said:?}");
        match before {
            Some(bytes) => std::fs::write(&path, bytes).expect("a file"),
            None => std::fs::remove_file(&path).expect("a file"),
        }
    }
    // What a power cut leaves is a warning of the log, and no fault.
    home.file("readback-data/audit/2026-03-02.ndjson", "{\"at\":\"2026-03");
    let said = home.done(&["check", "--no-engine"]);
    assert!(said.err.contains("was cut off"), "{said:?}");
    assert!(
        said.err.contains("audit/2026-03-02.ndjson line=1"),
        "{said:?}"
    );
}

#[test]
fn what_is_more_open_than_meant_is_a_warning() {
    let home = Home::new();
    home.file("password", "s3cret\n");
    home.file("token", "s3cret\n");
    let git = "[[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"http://127.0.0.1:9/api.php\"\n\
        titles = [\"A\"]\ntoken_file = \"token\"\n";
    home.file(
        "readback.toml",
        format!(
            "[server]\nlisten = \"0.0.0.0:8080\"\n[reporting]\nlisten = \"127.0.0.1:8124\"\n\
            password_file = \"password\"\n{git}"
        ),
    );
    home.done(&["token", "add", "wiki"]);
    let open = |name: &str, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(home.path(name), mode).expect("a file of mine");
    };
    let check = || home.done(&["check", "--no-engine", "--offline"]);
    let listens = "server.listen: 0.0.0.0:8080 can be reached from elsewhere";
    open("password", 0o640);
    open("token", 0o604);
    open("readback-data", 0o750);
    let said = check();
    for words in [
        "reporting.password_file: password: others on this machine may open it (mode 640); `chmod 600",
        "source 1.token_file: token: others on this machine may open it (mode 604)",
        "data_dir: readback-data: others on this machine may open it (mode 750); `chmod 700",
        listens,
        "all works, with 4 warnings",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    for (name, mode) in [
        ("password", 0o600),
        ("token", 0o400),
        ("readback-data", 0o700),
    ] {
        open(name, mode);
    }
    let said = check();
    assert!(
        said.out.contains("all works, with 1 warning\n"),
        "{}",
        said.out
    );
    let said = home.done(&[
        "check",
        "--no-engine",
        "--offline",
        "--json",
        "--set",
        "server.listen=127.0.0.1:8080",
    ]);
    let told: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(told["warnings"], serde_json::json!([]));
}

#[test]
fn a_proxy_comes_from_somewhere() {
    let home = Home::new();
    for (trusted, words) in [
        ("", "access.trusted: is missing"),
        (
            "trusted = []\n",
            "access.trusted: is empty: nobody would be believed",
        ),
        ("trusted = [\"x\"]\n", "access.trusted: \"x\" is not valid"),
    ] {
        home.file(
            "readback.toml",
            format!("[access]\nmode = \"proxy\"\nviewer = [\"*\"]\n{trusted}"),
        );
        let said = home.run(&["check", "--no-engine"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(
            said.err.contains("1 problem") && said.err.contains(words),
            "{said:?}"
        );
    }
}

#[test]
fn a_wrong_value_is_told_with_where_it_stands() {
    let home = Home::new().with("READBACK_SPOOL_LIMIT_MIB", "x");
    home.file("readback.toml", "[server]\nlisten = \"nowhere\"\n");
    let said = home.run(&["check", "--set", "schedule.scan_minutes=-1"]);
    for words in [
        "readback.toml: 3 problems",
        "1048576 (environment READBACK_SPOOL_LIMIT_MIB)",
        "(flag --set)",
    ] {
        assert!(said.err.contains(words), "{words}: {said:?}");
    }
    home.file("readback.toml", "");
    let said = home.run(&["check"]);
    assert!(
        said.err.contains("the configuration: 1 problem\n"),
        "{said:?}"
    );
}

#[test]
fn it_tells_every_value_and_makes_nothing() {
    let home = Home::new().with("READBACK_PARAMETERS_QUIET_DAYS", "40");
    home.file("readback.toml", "[organisation]\nname = \"O\"\n");
    let said = home.done(&["--set", "parameters.late_days=60", "check", "--no-engine"]);
    for words in [
        "readback-data (will be made, k = 5)",
        "O  (file)",
        "60  (flag --set)",
        "40  (environment READBACK_PARAMETERS_QUIET_DAYS)",
        "365  (default)",
        "all works, with 1 warning",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let said = home.done(&["check", "--no-engine", "--json"]);
    let told: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(told["data_folder"]["made"], false, "{told:#}");
    assert_eq!(told["problems"], serde_json::json!([]));
    assert!(
        told["settings"].as_array().is_some_and(|list| list
            .iter()
            .any(|one| one["key"] == "server.listen" && one["from"] == "default")),
        "{told:#}"
    );
    assert!(!home.data().exists());
}

#[test]
fn with_an_engine_it_makes_nothing_either() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let said = home.done(&["check"]);
    assert!(
        said.out.contains("not started, there is no store yet"),
        "{}",
        said.out
    );
    assert!(!home.data().exists());
    let none = home.file("none.ndjson", "");
    home.done(&["import", "events", &none]);
    let said = home.done(&["check"]);
    for words in ["tables are up to date", "5  (data folder)"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(!said.out.contains("will be made"), "{}", said.out);
}

#[test]
fn sources_are_looked_at() {
    let home = Home::new();
    home.file("token", "s3cret\n");
    let (address, answered) = wiki();
    let git = format!(
        "[[source]]\nid = \"shop\"\nkind = \"git\"\npath = {:?}\n",
        home.path("no-repository").display().to_string()
    );
    home.file("readback.toml", format!("{}{git}", wiki_source(&address)));
    let said = home.run(&["check", "--no-engine"]);
    assert!(
        said.out
            .contains("Shop wiki answers, as to Readback; 1 page of 1 title"),
        "{}",
        said.out
    );
    assert!(said.err.contains("source shop: "), "{}", said.err);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let (asked, login) = answered.join().expect("an answer");
    assert!(asked.contains("siteinfo"), "{asked}");
    assert!(login.ends_with("Bearer s3cret"), "{login}");
    assert!(!said.out.contains("s3cret") && !said.err.contains("s3cret"));
}

#[test]
fn authors_whom_no_reader_is_called_after_are_a_warning() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let day = "2026-03-01T09:00:00Z";
    let names = |kind: &str, from: usize| -> Vec<String> {
        (from..from + 3).map(|n| format!("{kind}:u{n}")).collect()
    };
    let written = json!({ "id": "INC-1", "published_at": day, "contributors": names("wiki", 0) });
    let mut lines = vec![event("writeup", "w", "INC-1", day, written)];
    let read = |n: usize, who: &str| {
        event(
            "read",
            &n.to_string(),
            "INC-1",
            "2026-03-02T09:00:00Z",
            json!({ "person": who }),
        )
    };
    lines.extend(
        names("log", 0)
            .iter()
            .enumerate()
            .map(|(n, who)| read(n, who)),
    );
    let file = home.file("events.ndjson", lines.join("\n") + "\n");
    home.done(&["import", "events", &file]);
    home.done(&["links"]);
    let warned = "no author of a write-up is among its readers by name";
    assert!(home.done(&["check"]).out.contains(warned));
    // One of them is known, and the rest may well not have read it.
    let known = home.file("more.ndjson", read(9, "wiki:u1") + "\n");
    home.done(&["import", "events", &known]);
    home.done(&["links"]);
    assert!(!home.done(&["check"]).out.contains(warned));
}

#[test]
fn what_is_away_has_its_own_exit_code() {
    let home = Home::new();
    home.file("token", "s3cret");
    home.file("readback.toml", wiki_source(&nobody()));
    let said = home.run(&["check", "--no-engine"]);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert_eq!(
        said.err.matches("cannot be reached").count(),
        1,
        "{}",
        said.err
    );
    let said = home.done(&["check", "--no-engine", "--offline"]);
    assert!(said.out.contains("not asked (--offline)"), "{}", said.out);

    let home = Home::new();
    home.file(
        "readback.toml",
        format!(
            "[engine]\nmode = \"remote\"\nurl = \"http://{}\"\n",
            nobody()
        ),
    );
    let said = home.run(&["check"]);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(!home.data().exists());
}

#[test]
fn a_folder_that_is_no_text_is_refused_and_not_another_one_taken() {
    let home = Home::new();
    let done = home
        .command(&["check", "--no-engine"])
        .env("READBACK_DATA_DIR", OsStr::from_bytes(b"data-\xff"))
        .output()
        .expect("a program");
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(words.contains("READBACK_DATA_DIR: is not UTF-8"), "{words}");
}

#[test]
fn what_is_wrong_with_sources_is_told_beside_the_rest() {
    let home = Home::new();
    home.file(
        "readback.toml",
        "[organisation]\ntimezone = \"Berlin\"\n\n\
         [[source]]\nid = \"a\"\nkind = \"gti\"\n\n\
         [[source]]\nid = \"b\"\nkind = \"git\"\npaht = \"x\"\n",
    );
    let said = home.run(&["check"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    for words in [
        "\"Berlin\"",
        "unknown kind of source \"gti\"",
        "unknown field `paht`",
    ] {
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
}

/// Answers one request that it lets nobody in, and gives the login that came with it.
fn closed_forge(status: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let answered = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
        let login = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .find(|line| line.to_lowercase().starts_with("authorization"));
        let head = "content-length: 0\r\nconnection: close\r\n\r\n";
        write!(stream, "HTTP/1.1 {status}\r\n{head}").expect("an answer");
        login.unwrap_or_default()
    });
    (address, answered)
}

#[test]
fn a_repository_elsewhere_is_asked() {
    let home = Home::new();
    let shop = Repository::new(home.path("shop"));
    shop.write("a.txt", "INC-1\n");
    shop.commit("2024-05-01T09:00:00Z", "First");
    let head = shop.git(&["rev-parse", "HEAD"]);
    let source = |more: &str| {
        let path = home.path("clones/shop.git");
        let text = format!("[[source]]\nid = \"shop\"\nkind = \"git\"\npath = {path:?}\n{more}\n");
        home.file("readback.toml", text);
    };
    let url = format!("url = {:?}\n", shop.path().display().to_string());
    source(&url);
    let said = home.done(&["check", "--no-engine"]);
    for words in [
        "the first scan clones it from ",
        &format!("answers, at {}", &head[..12]),
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(!home.path("clones").exists(), "nothing is fetched");
    let said = home.done(&["check", "--no-engine", "--offline"]);
    assert!(said.out.contains("not asked (--offline)"), "{}", said.out);
    source(&format!("{url}branch = \"trunk\"\n"));
    let said = home.run(&["check", "--no-engine"]);
    assert!(said.err.contains("has no branch \"trunk\""), "{}", said.err);
    assert_eq!(said.code, Some(1));

    // The token is shown to the server, and to nobody else.
    let (address, answered) = closed_forge("403 Forbidden");
    source(&format!(
        "url = \"http://{address}/org/shop\"\ntoken_file = \"token\"\n"
    ));
    for arguments in [&["check", "--no-engine", "--offline"][..], &["check"]] {
        let said = home.run(arguments);
        assert!(said.err.contains("token: No such file"), "{}", said.err);
        assert_eq!(said.code, Some(1));
    }
    home.file("token", "s3cret\n");
    let said = home.run(&["check", "--no-engine"]);
    assert!(said.err.contains("git ls-remote failed"), "{}", said.err);
    assert_eq!(said.code, Some(3), "{}", said.err);
    let login = answered.join().expect("a request");
    assert!(
        login.contains("Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"),
        "{login}"
    );
    assert!(!said.out.contains("s3cret") && !said.err.contains("s3cret"));
}

#[test]
fn another_repository_than_before_is_told() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let shop = |text: &str| {
        let shop = Repository::new(home.path("shop"));
        shop.write("a.txt", text);
        shop.commit("2024-05-01T09:00:00Z", "First");
        shop
    };
    home.file(
        "readback.toml",
        "[[source]]\nid = \"shop\"\nkind = \"git\"\npath = \"shop\"\n",
    );
    let before = shop("one\n");
    home.done(&["scan"]);
    // What goes on is the same, and so is a branch that was rewritten.
    before.commit("2024-05-02T09:00:00Z", "Second");
    home.done(&["scan"]);
    let said = home.done(&["check"]);
    assert!(said.out.contains("all is well"), "{}", said.out);
    before.git(&["reset", "-q", "--hard", "HEAD~1"]);
    before.git(&["reflog", "expire", "--expire=now", "--all"]);
    before.git(&["gc", "-q", "--prune=now"]);
    let said = home.done(&["check"]);
    assert!(said.out.contains("all is well"), "{}", said.out);
    std::fs::remove_dir_all(home.path("shop")).expect("a folder of mine");
    shop("two\n");
    let said = home.done(&["check"]);
    let words = "at which the last scan ended: it is another repository. The next scan takes back";
    assert!(
        said.out.contains("source shop: ") && said.out.contains(words),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("all works, with 1 warning"),
        "{}",
        said.out
    );
}

#[test]
fn two_sources_that_hold_one_repository_are_told() {
    let home = Home::new();
    let shop = Repository::new(home.path("shop"));
    shop.write("a.txt", "INC-1\n");
    shop.commit("2024-05-01T09:00:00Z", "First");
    shop.git(&["clone", "-q", "--bare", ".", "../copy"]);
    let other = Repository::new(home.path("org/shop"));
    other.write("a.txt", "INC-2\n");
    other.commit("2024-05-01T09:00:00Z", "Another");
    std::os::unix::fs::symlink(home.path("shop"), home.path("link")).expect("a link");
    let source = |id: &str, path: &str| {
        format!("[[source]]\nid = \"{id}\"\nkind = \"git\"\npath = \"{path}\"\n\n")
    };
    let sources = [
        source("a", "shop"),
        source("b", "copy"),
        source("c", "link"),
        source("d", "org/shop"),
    ];
    home.file("readback.toml", sources.concat());
    let said = home.done(&["check", "--no-engine", "--json"]);
    let told: Value = serde_json::from_str(&said.out).expect("JSON");
    let warnings: Vec<&str> = told["warnings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let expected = [
        "sources a and b hold one history",
        "sources a and c lie in one folder",
        "sources a and d call their repositories by one name, \"shop\"",
        "sources b and c hold one history",
    ];
    assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
    for (warning, words) in warnings.iter().zip(expected) {
        assert!(warning.starts_with(words), "{words}: {warning}");
    }
    assert!(warnings[0].ends_with("each of its links counts twice; keep one of them"));
    // Two branches of one are two histories in part; its inside is called like its folder.
    shop.git(&["branch", "trunk"]);
    let inside = home.path("shop/.git").display().to_string();
    let sources = [
        source("a", "shop/"),
        source("b", "shop/").replace("\n\n", "\nbranch = \"trunk\"\n\n"),
        source("c", &inside),
    ];
    home.file("readback.toml", sources.concat());
    let said = home.done(&["check", "--no-engine"]);
    let words =
        "sources a and b lie in one folder: links in the history that both share count twice\n";
    assert!(said.out.contains(words), "{}", said.out);
    let words = "sources a and c hold one history";
    assert!(said.out.contains(words), "{}", said.out);
}

#[test]
fn a_login_that_is_refused_is_told() {
    let home = Home::new();
    home.file("token", "s3cret\n");
    for (token, words) in [
        (
            "token_file = \"token\"\n",
            "refuses access with the token: check token_file ",
        ),
        ("", "wants a login: set token_file"),
    ] {
        let (address, answered) =
            closed_forge("401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"");
        let url = format!("url = \"http://{address}/org/shop\"\n{token}");
        let path = home.path("clones/shop.git");
        let source = format!("[[source]]\nid = \"shop\"\nkind = \"git\"\npath = {path:?}\n{url}");
        home.file("readback.toml", source);
        let said = home.run(&["check", "--no-engine"]);
        assert!(said.err.contains(words), "{}", said.err);
        assert!(!said.err.contains("s3cret"));
        answered.join().expect("a request");
    }
}

#[test]
fn a_reftable_is_told_with_what_converts_it() {
    let home = Home::new();
    let shop = Repository::new(home.path("shop"));
    shop.write("a.txt", "INC-1\n");
    shop.commit("2024-05-01T09:00:00Z", "First");
    home.file(
        "readback.toml",
        "[[source]]\nid = \"shop\"\nkind = \"git\"\npath = \"shop\"\n",
    );
    // Git's own command does not convert the log of a worktree before version 2.48.
    std::fs::remove_dir_all(home.path("shop/.git/logs")).expect("a folder of mine");
    shop.git(&["config", "core.logAllRefUpdates", "false"]);
    shop.git(&["refs", "migrate", "--ref-format=reftable"]);
    let said = home.run(&["check", "--no-engine"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let command = "git refs migrate --ref-format=files";
    assert!(said.err.contains(&format!("`{command}`")), "{}", said.err);
    shop.git(&command.split(' ').skip(1).collect::<Vec<_>>());
    let said = home.done(&["check", "--no-engine"]);
    assert!(
        said.out.contains("the repository opens, at"),
        "{}",
        said.out
    );
}
