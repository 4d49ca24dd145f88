//! The engine as a process: its lock, its death, its second user, its TCP address.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use readback::app::folder::DataFolder;
use readback::engine::{self, Endpoint, Engine, Password};

use crate::engine::{library, settings};
use crate::engine_http::{answer, gunzip};

/// A folder with an engine alone is nobody's: commands refuse it.
fn make(data: &Path) {
    let folder = DataFolder::open_or_create(data, None).expect("a folder");
    std::fs::write(folder.key_file(), "0".repeat(64)).expect("a key");
}

fn pid(data: &Path) -> String {
    let lock = std::fs::read_to_string(data.join("engine/lock")).expect("a lock");
    lock.trim()
        .strip_prefix("process ")
        .expect("a process")
        .to_owned()
}

async fn one(endpoint: &Endpoint) -> Result<u8, clickhouse::error::Error> {
    engine::client(endpoint).query("SELECT 1").fetch_one().await
}

#[tokio::test]
async fn a_killed_engine_comes_back_with_its_data() {
    let Some(library) = library() else { return };
    let data = tempfile::tempdir().expect("a folder");
    let engine = Engine::start(settings(data.path(), &library))
        .await
        .expect("an engine");
    let client = engine::client(engine.endpoint());
    for sql in [
        "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO t SELECT number FROM numbers(1000)",
    ] {
        client.query(sql).execute().await.expect(sql);
    }
    let first = pid(data.path());
    kill("-9", &first);
    let mut state = engine.state();
    let back = *state
        .wait_for(|state| state.up && state.starts == 2)
        .await
        .expect("a state");
    assert_eq!(back.starts, 2);
    assert_ne!(pid(data.path()), first);
    let count: u64 = client
        .query("SELECT count() FROM t")
        .fetch_one()
        .await
        .expect("a count");
    assert_eq!(count, 1000);
    engine.stop().await;
    assert!(engine::running(&data.path().join("engine")).await.is_none());
}

/// Waits until no engine holds the folder any more.
async fn let_go(data: &Path) {
    let lock = std::fs::File::open(data.join("engine/lock")).expect("a lock");
    let since = std::time::Instant::now();
    while lock.try_lock().is_err() {
        assert!(since.elapsed().as_secs() < 20, "the engine holds its lock");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn kill(signal: &str, process: &str) {
    let killed = Command::new("kill").args([signal, process]).status();
    assert!(killed.expect("kill").success());
}

#[tokio::test]
async fn a_second_command_uses_the_running_engine_and_restarts_it() {
    let Some(library) = library() else { return };
    let data = tempfile::tempdir().expect("a folder");
    make(data.path());
    let first = Engine::start(settings(data.path(), &library))
        .await
        .expect("an engine");
    let running = pid(data.path());
    let second = Engine::start(settings(data.path(), &library))
        .await
        .expect("an engine");
    assert_eq!(pid(data.path()), running);
    assert_eq!(one(second.endpoint()).await.expect("one"), 1);

    // A third one by hand is refused and told by whom.
    let refused = Command::new(env!("CARGO_BIN_EXE_readback"))
        .args(["engine", "run", "--data-dir"])
        .arg(data.path())
        .env("READBACK_LIBCHDB", &library)
        .output()
        .expect("a program");
    assert_eq!(refused.status.code(), Some(75));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains(&format!("process {running}")), "{words}");

    // When the engine dies, one of them starts it again and both go on.
    kill("-9", &running);
    for engine in [&first, &second] {
        let mut state = engine.state();
        state
            .wait_for(|state| state.up && state.starts == 2)
            .await
            .expect("a state");
        assert_eq!(one(engine.endpoint()).await.expect("one"), 1);
    }
    assert_ne!(pid(data.path()), running);
    first.stop().await;
    assert_eq!(one(second.endpoint()).await.expect("one"), 1);
    second.stop().await;
    let_go(data.path()).await;
}

#[tokio::test]
async fn an_engine_outlives_its_starter_while_others_use_it() {
    let Some(library) = library() else { return };
    let data = tempfile::tempdir().expect("a folder");
    let start = || Engine::start(settings(data.path(), &library));
    let first = start().await.expect("an engine");
    let running = pid(data.path());
    let second = start().await.expect("an engine");
    let client = engine::client(second.endpoint());
    let slow = tokio::spawn(async move {
        client
            .query("SELECT sum(sleepEachRow(0.1)) FROM numbers(10) SETTINGS max_block_size = 1")
            .fetch_one::<u64>()
            .await
    });
    let since = std::time::Instant::now();
    first.stop().await;
    assert!(since.elapsed().as_secs() < 10, "it waits for the others");
    assert_eq!(slow.await.expect("an end").expect("a sum"), 0);
    // One that comes after the starter has gone keeps it as well.
    let third = start().await.expect("an engine");
    second.stop().await;
    assert_eq!(one(third.endpoint()).await.expect("one"), 1);
    assert_eq!(pid(data.path()), running);
    assert_eq!(third.state().borrow().starts, 1);
    third.stop().await;
    let_go(data.path()).await;
    assert!(engine::running(&data.path().join("engine")).await.is_none());
}

#[tokio::test]
async fn a_command_that_dies_lets_the_engine_go() {
    let Some(library) = library() else { return };
    let data = tempfile::tempdir().expect("a folder");
    make(data.path());
    let first = Engine::start(settings(data.path(), &library))
        .await
        .expect("an engine");
    let mut second = Command::new(env!("CARGO_BIN_EXE_readback"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data.path())
        .env("READBACK_LIBCHDB", &library)
        .current_dir(data.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a program");
    let mut line = String::new();
    BufReader::new(second.stdout.take().expect("a pipe"))
        .read_line(&mut line)
        .expect("an address");
    // Its door is open before it has joined the engine.
    let engine = format!("{}/readyz/engine", line.trim());
    while ureq::get(&engine).call().is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    first.stop().await;
    assert!(engine::running(&data.path().join("engine")).await.is_some());
    second.kill().expect("an end");
    second.wait().expect("an end");
    let_go(data.path()).await;
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_restart_waits_for_the_child() {
    let Some(library) = library() else { return };
    let data = tempfile::tempdir().expect("a folder");
    // At different points of the restart: in the pause before it, and while the child loads.
    for later in [0, 120, 200, 300] {
        let engine = Engine::start(settings(data.path(), &library))
            .await
            .expect("an engine");
        let mut state = engine.state();
        kill("-9", &pid(data.path()));
        state.wait_for(|state| !state.up).await.expect("a state");
        tokio::time::sleep(Duration::from_millis(later)).await;
        engine.stop().await;
        let lock = std::fs::File::open(data.path().join("engine/lock")).expect("a lock");
        assert!(lock.try_lock().is_ok(), "after {later} ms");
    }
}

#[test]
fn the_child_reads_no_configuration() {
    let Some(library) = library() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("readback.toml"), "this is [no TOML").expect("a file");
    std::fs::write(path("none.ndjson"), "").expect("a file");
    std::fs::write(path("other.toml"), "[organisation]\nname = \"O\"\n").expect("a file");
    let imported = Command::new(env!("CARGO_BIN_EXE_readback"))
        .args(["--config", "other.toml", "--data-dir=-data"])
        .args(["import", "events", "none.ndjson"])
        .current_dir(folder.path())
        .env("READBACK_LIBCHDB", &library)
        .output()
        .expect("a program");
    assert!(imported.status.success(), "{imported:?}");
}

#[tokio::test]
async fn a_folder_whose_name_is_not_utf_8_is_not_mistaken_for_another() {
    let Some(library) = library() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join(OsStr::from_bytes(b"data-\xff"));
    let Err(error) = Engine::start(settings(&data, &library)).await else {
        panic!("libchdb takes no such path");
    };
    assert!(error.to_string().contains("is not UTF-8"), "{error}");
    let made: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(made, [data]);
}

#[test]
fn commands_at_the_same_time_share_one_engine_quietly() {
    let Some(library) = library() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("none.ndjson"), "").expect("a file");
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_readback"))
            .args(arguments)
            .current_dir(folder.path())
            .env("READBACK_LIBCHDB", &library)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program")
    };
    // The first makes the tables; the engine is what is tried here.
    let first = run(&["import", "events", "none.ndjson"]);
    let first = first.wait_with_output().expect("an end");
    assert!(first.status.success(), "{first:?}");
    let commands: Vec<Child> = (0..4).map(|_| run(&["check"])).collect();
    for command in commands {
        let output = command.wait_with_output().expect("an end");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        assert_eq!(words, "");
    }
}

#[tokio::test]
async fn a_client_that_stalls_does_not_hinder_the_end() {
    let Some(library) = library() else { return };
    let engine = Listening::start(&library, &[]);
    let mut stalled = Vec::new();
    // More than there are turns for TCP clients; Readback's own socket has its own.
    for _ in 0..70 {
        let mut stream = TcpStream::connect(&engine.address).expect("an address");
        write!(
            stream,
            "GET /?user=readback&password=s3cret&query=SELECT%20number%20FROM%20numbers(1000000000) HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        .expect("a request");
        stalled.push(stream);
    }
    let socket = engine::running(&engine.data().join("engine"))
        .await
        .expect("an engine");
    let endpoint = Endpoint::Socket(socket);
    assert_eq!(one(&endpoint).await.expect("one"), 1);
    // The drop tells it to stop and sees that it ended well.
    drop(engine);
    drop(stalled);
}

#[tokio::test]
async fn two_starts_at_once_make_one_engine() {
    let Some(library) = library() else { return };
    let data = tempfile::tempdir().expect("a folder");
    let (one, two) = tokio::join!(
        Engine::start(settings(data.path(), &library)),
        Engine::start(settings(data.path(), &library)),
    );
    let (one, two) = (one.expect("an engine"), two.expect("an engine"));
    assert!(self::one(one.endpoint()).await.is_ok());
    assert!(self::one(two.endpoint()).await.is_ok());
    two.stop().await;
    one.stop().await;
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    let data = tempfile::tempdir().expect("a folder");
    let no_library = data.path().join("libchdb.so");
    std::fs::write(&no_library, "no library").expect("a file");
    let Err(error) = Engine::start(settings(data.path(), &no_library)).await else {
        panic!("an engine without a library");
    };
    assert!(
        error.to_string().contains("cannot load libchdb from"),
        "{error}"
    );
}

/// An engine with a TCP address; ends when dropped.
struct Listening {
    child: Child,
    address: String,
    data: tempfile::TempDir,
}

impl Listening {
    fn start(library: &Path, more: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_readback"))
            .args(["engine", "run", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data.path())
            .args(more)
            .env("READBACK_LIBCHDB", library)
            .env("READBACK_ENGINE_PASSWORD", "s3cret")
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        let address = line
            .trim()
            .rsplit("http://")
            .next()
            .expect("an address")
            .to_owned();
        assert!(line.starts_with("engine ready on "), "{line}");
        Self {
            child,
            address,
            data,
        }
    }

    fn get(&self, target: &str, headers: &str) -> crate::engine_http::Answer {
        let mut stream = TcpStream::connect(&self.address).expect("an address");
        write!(
            stream,
            "GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
        )
        .expect("a request");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        answer(&bytes)
    }

    fn data(&self) -> &Path {
        self.data.path()
    }

    fn endpoint(&self, password: &str) -> Endpoint {
        Endpoint::Remote {
            url: format!("http://{}", self.address),
            user: "readback".into(),
            password: Password::new(password),
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let stopped = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(stopped.is_ok_and(|status| status.success()));
        let status = self.child.wait().expect("a status");
        if !std::thread::panicking() {
            assert_eq!(status.code(), Some(0), "{status}");
        }
    }
}

#[tokio::test]
async fn tcp_needs_the_password() {
    let Some(library) = library() else { return };
    let engine = Listening::start(&library, &[]);
    let query = "/?query=SELECT%201";
    for headers in [
        "",
        "X-ClickHouse-User: readback\r\n",
        "X-ClickHouse-User: readback\r\nX-ClickHouse-Key: wrong\r\n",
        "X-ClickHouse-User: default\r\nX-ClickHouse-Key: s3cret\r\n",
        "Authorization: Basic cmVhZGJhY2s6d3Jvbmc=\r\n",
    ] {
        let refused = engine.get(query, headers);
        assert_eq!(refused.status, 403, "{headers}");
        assert!(refused.text().starts_with("Code: 516. DB::Exception: "));
        assert!(refused.text().contains("(AUTHENTICATION_FAILED)"));
    }
    for (target, headers) in [
        (
            query,
            "X-ClickHouse-User: readback\r\nX-ClickHouse-Key: s3cret\r\n",
        ),
        (query, "Authorization: Basic cmVhZGJhY2s6czNjcmV0\r\n"),
        ("/?user=readback&password=s3cret&query=SELECT%201", ""),
        ("/ping", ""),
    ] {
        assert_eq!(
            engine.get(target, headers).status,
            200,
            "{target} {headers}"
        );
    }
    let login =
        "X-ClickHouse-User: readback\r\nX-ClickHouse-Key: s3cret\r\nAccept-Encoding: gzip\r\n";
    let packed = engine.get("/?query=SELECT%20number%20FROM%20numbers(100000)", login);
    assert!(
        packed
            .head
            .to_lowercase()
            .contains("content-encoding: gzip")
    );
    assert_eq!(gunzip(&packed.body).lines().count(), 100_000);

    let error = one(&engine.endpoint("wrong")).await.expect_err("a refusal");
    assert!(error.to_string().contains("Code: 516. "), "{error}");
    let client = engine::client(&engine.endpoint("s3cret"));
    client
        .query("CREATE TABLE t (a UInt64) ENGINE = Memory")
        .execute()
        .await
        .expect("a table");
    let mut insert = client.insert_formatted_with("INSERT INTO t FORMAT CSV");
    insert.send("1\n2\n".into()).await.expect("data");
    insert.end().await.expect("rows");
    let sum: u64 = client
        .query("SELECT sum(a) FROM t")
        .fetch_one()
        .await
        .expect("a sum");
    assert_eq!(sum, 3);
}

#[tokio::test]
async fn a_read_only_door_only_reads() {
    let Some(library) = library() else { return };
    let engine = Listening::start(&library, &["--read-only"]);
    let client = engine::client(&engine.endpoint("s3cret"));
    let one: u8 = client
        .query("SELECT {a:UInt8}")
        .param("a", 1)
        .with_setting("max_threads", "1")
        .fetch_one()
        .await
        .expect("one");
    assert_eq!(one, 1);
    for sql in [
        "CREATE TABLE t (a UInt8) ENGINE = Memory",
        "INSERT INTO FUNCTION file('/tmp/readback-x', 'CSV', 'a UInt8') VALUES (1)",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT 1 INTO OUTFILE '/tmp/readback-x'",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
    ] {
        let error = client
            .query(sql)
            .execute()
            .await
            .expect_err(sql)
            .to_string();
        assert!(error.contains("Code: 164. "), "{sql}: {error}");
    }
}
