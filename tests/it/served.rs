//! `readback serve` as a process, and plain HTTP to its door.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::binary::Home;
use super::engine_http::answer;

/// How long anything may take that is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where no engine ever is: the port of tcpmux.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:1";

/// A collector that runs, until it is dropped.
pub(crate) struct Served {
    child: Child,
    address: String,
    log: PathBuf,
    token: String,
}

/// What the door answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

impl Served {
    /// Starts it on a free port; with a token unless one was made in this home before.
    pub(crate) fn start(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Served {
        let kept = home.path("token");
        let token = std::fs::read_to_string(&kept).unwrap_or_else(|_| {
            let made = home.done(&[&["token", "add", "tests"], flags(arguments)].concat());
            let token = made.out.trim().to_owned();
            std::fs::write(kept, &token).expect("a file");
            token
        });
        let log = home.path("serve.log");
        let file = File::options().create(true).append(true).open(&log);
        let mut command =
            home.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        let mut child = command
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(file.expect("a log"))
            .spawn()
            .expect("a program");
        let mut line = String::new();
        let out = child.stdout.take().expect("its words");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("http://").map(str::to_owned);
        let served = Served {
            child,
            address: address.unwrap_or_default(),
            log,
            token,
        };
        assert!(!served.address.is_empty(), "{}", served.log());
        served
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What it wrote to its standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// The head of a request to the door for events.
    pub(crate) fn head(&self, more: &str) -> String {
        let media = match more.contains("Content-Type") {
            true => "",
            false => "Content-Type: application/json\r\n",
        };
        format!(
            "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\n{media}{more}\r\n",
            self.token
        )
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        let mut stream = self.connect();
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("a request");
        reply(stream)
    }

    pub(crate) fn post(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post_with("", body)
    }

    pub(crate) fn post_with(&self, more: &str, body: impl AsRef<[u8]>) -> Reply {
        let body = body.as_ref();
        let mut stream = self.connect();
        let head = self.head(&format!("{more}Content-Length: {}\r\n", body.len()));
        stream.write_all(head.as_bytes()).expect("a request");
        stream.write_all(body).expect("a request");
        reply(stream)
    }

    pub(crate) fn statements(&self, body: impl AsRef<[u8]>) -> Reply {
        let body = body.as_ref();
        let mut stream = self.connect();
        let head = self.head(&format!("Content-Length: {}\r\n", body.len()));
        let head = head.replacen("/v1/events", "/xapi/statements", 1);
        stream.write_all(head.as_bytes()).expect("a request");
        stream.write_all(body).expect("a request");
        reply(stream)
    }

    /// Waits until an address answers with this status.
    pub(crate) fn until(&self, path: &str, status: u16) -> Reply {
        let since = Instant::now();
        loop {
            let reply = self.get(path);
            if reply.status == status {
                return reply;
            }
            assert!(since.elapsed() < PATIENCE, "{reply:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Why a part does not do its work, once it says so.
    pub(crate) fn why(&self, part: &str) -> String {
        let reply = self.until(&format!("/readyz/{part}"), 503);
        reply.json()["why"].as_str().expect("a reason").to_owned()
    }

    /// Waits until a part says that this keeps it from its work.
    pub(crate) fn becomes(&self, part: &str, why: &str) {
        let since = Instant::now();
        while self.why(part) != why {
            assert!(since.elapsed() < PATIENCE, "{why}: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until its metrics hold this line.
    pub(crate) fn counts(&self, line: &str) {
        let since = Instant::now();
        while !self.get("/metrics").text.lines().any(|one| one == line) {
            assert!(since.elapsed() < PATIENCE, "{line}: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its memory, MiB, where the system tells.
    pub(crate) fn memory(&self) -> Option<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kib / 1024)
    }

    /// Tells it to end.
    pub(crate) fn tell(&self) {
        let pid = self.child.id().to_string();
        let mut kill = std::process::Command::new("kill");
        let told = kill.args(["-TERM", &pid]).status();
        assert!(told.expect("kill").success());
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                assert!(!self.log().contains("panicked"), "{}", self.log());
                return status;
            }
            assert!(since.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(self) {
        self.tell();
        assert_eq!(self.ended().code(), Some(0));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Those of the arguments that every command takes.
fn flags<'a>(arguments: &'a [&'a str]) -> &'a [&'a str] {
    match arguments {
        ["--data-dir", ..] => &arguments[..2],
        _ => &[],
    }
}

/// Reads an answer to its end.
pub(crate) fn reply(mut stream: TcpStream) -> Reply {
    let mut bytes = Vec::new();
    // Who is refused early may be cut off behind the answer.
    let _ = stream.read_to_end(&mut bytes);
    let answer = answer(&bytes);
    Reply {
        status: answer.status,
        text: answer.text(),
        head: answer.head.to_ascii_lowercase(),
    }
}

/// The configuration of a home whose engine is elsewhere.
pub(crate) fn remote(url: &str) -> String {
    format!(
        "[engine]\nmode = \"remote\"\nuser = \"readback\"\nurl = \"{url}\"\ndatabase = \"elsewhere\"\n"
    )
}
