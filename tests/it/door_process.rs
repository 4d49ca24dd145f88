//! `readback serve` as a process: what it said yes to survives its death, is in the next report, and
//! neither its files nor its words name anybody.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::doorway::{MAIL, SESSION, nobody_in, read};

/// A running `readback serve`; it dies when it is dropped.
pub(crate) struct Served {
    child: Child,
    url: String,
}

impl Served {
    /// Starts it, to load every so many seconds, and waits for its address. What it says on the side
    /// goes to a file.
    fn start(home: &Home, words: &str, seconds: &str) -> Served {
        let said = std::fs::File::create(home.path(words)).expect("a file");
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .env("READBACK_SPOOL_LOAD_SECONDS", seconds)
            .stderr(said);
        Served::of(&mut command)
    }

    /// The same with these settings; what it says is not looked at.
    pub(crate) fn with(home: &Home, settings: &[&str]) -> Served {
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        Served::of(command.stderr(Stdio::null()))
    }

    fn of(command: &mut Command) -> Served {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a program");
        let mut url = String::new();
        let out = child.stdout.take().expect("its words");
        BufReader::new(out).read_line(&mut url).expect("an address");
        let url = url.trim().to_owned();
        Served { child, url }
    }

    pub(crate) fn send(&self, agent: &ureq::Agent, token: &str, event: &Value) -> u16 {
        let sent = agent
            .post(format!("{}/v1/events?who={MAIL}", self.url))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/cloudevents+json")
            .header("cookie", SESSION)
            .send(event.to_string());
        let mut answer = sent.expect("an answer");
        let text = answer.body_mut().read_to_string().expect("text");
        nobody_in("an answer", text.as_bytes());
        answer.status().as_u16()
    }

    /// Waits until so many rows are in the store.
    pub(crate) fn loaded(&self, agent: &ureq::Agent, rows: u64) {
        let wanted = format!("readback_loaded_rows_total {rows}\n");
        let mut metrics = String::new();
        for _ in 0..2_000 {
            let answer = agent.get(format!("{}/metrics", self.url)).call();
            let mut answer = answer.expect("an answer");
            metrics = answer.body_mut().read_to_string().expect("text");
            nobody_in("the metrics", metrics.as_bytes());
            if metrics.contains(&wanted) {
                return;
            }
            // It loads every second; the engine may still be starting.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{metrics}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_was_accepted_survives() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_LOG", "trace");
    let token = home.done(&["token", "add", "test", "--source", "wiki"]);
    let token = token.out.trim().to_owned();
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = config.proxy(None).build().new_agent();
    let mut other = read("3", "a");
    other["source"] = json!("blog");

    let first = Served::start(&home, "first.log", "3600");
    assert_eq!(first.send(&agent, &token, &read("1", "a")), 202);
    assert_eq!(first.send(&agent, &token, &other), 403);
    assert_eq!(first.send(&agent, "rb_zzsecret", &other), 401);
    // As by `kill -9`, whatever it was just doing.
    drop(first);

    let mut second = Served::start(&home, "second.log", "1");
    assert_eq!(second.send(&agent, &token, &read("2", "a")), 202);
    second.loaded(&agent, 2);
    let pid = second.child.id().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(told.expect("kill").success());
    assert!(second.child.wait().expect("an end").success());

    let report = ["report", "--as-of", "2026-04-01", "--out", "report"];
    home.done(&report);
    let summary = std::fs::read(home.path("report").join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    // Two reads, and one line that was refused.
    let received = &summary["health"]["received"];
    assert_eq!(received["lines"], 3, "{received}");
    assert_eq!(received["unknown_writeup"], 2, "{received}");
    for (path, bytes) in contents(&home.path("")) {
        nobody_in(&path.display().to_string(), &bytes);
    }
}
