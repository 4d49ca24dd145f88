//! Radicale, a CalDAV server, on a port and in a folder of its own, and what a calendar program does there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::calendar_server::{Source, calendar};

const USER: &str = "zoe";
const PASSWORD: &str = "zzsecret";

/// The server, until it is dropped.
pub(crate) struct Radicale {
    child: Child,
    pub(crate) address: String,
    folder: tempfile::TempDir,
}

impl Radicale {
    /// Starts it; says so where there is none.
    pub(crate) fn start() -> Option<Radicale> {
        let Some(python) = std::env::var_os("CHECKER_PYTHON") else {
            let words = "skipped: CHECKER_PYTHON is not set (tests/checker/requirements.txt)";
            writeln!(std::io::stdout(), "{words}").expect("stdout");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let users = folder.path().join("users");
        std::fs::write(&users, format!("{USER}:{PASSWORD}\n")).expect("a file");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = port.local_addr().expect("an address").to_string();
        drop(port);
        let mut command = Command::new(python);
        command
            .args(["-m", "radicale", "--config", "", "--server-hosts", &address])
            .args([
                "--auth-type",
                "htpasswd",
                "--auth-htpasswd-encryption",
                "plain",
            ])
            // It keeps whoever gave a wrong password waiting, and so the test.
            .args(["--auth-delay", "0"])
            .arg("--auth-htpasswd-filename")
            .arg(&users)
            .arg("--storage-filesystem-folder")
            .arg(folder.path().join("data"))
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("radicale is installed");
        let mut lines = BufReader::new(child.stderr.take().expect("its words")).lines();
        let mut heard = Vec::new();
        loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("it ended: {heard:?}");
            };
            if line.contains("server ready") {
                break;
            }
            heard.push(line);
        }
        // What it says from now on is nobody's; but it has to be read.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let radicale = Radicale {
            child,
            address: format!("http://{address}"),
            folder,
        };
        radicale.make("reviews", "Incident reviews");
        radicale.make("private", "Zoe's own");
        Some(radicale)
    }

    /// A request of the calendar program's, which is answered well.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .allow_non_standard_methods(true)
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            .header("authorization", "Basic em9lOnp6c2VjcmV0");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            "" => agent.run(request.body(()).expect("a request")),
            body => agent.run(request.body(body).expect("a request")),
        };
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{method} {path}: {answer:?}");
    }

    fn make(&self, calendar: &str, name: &str) {
        let body = format!(
            "<c:mkcalendar xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:set><d:prop>\
             <d:displayname>{name}</d:displayname></d:prop></d:set></c:mkcalendar>"
        );
        self.ask("MKCALENDAR", &format!("/{USER}/{calendar}/"), &[], &body);
    }

    /// Writes a meeting into a calendar.
    pub(crate) fn put(&self, calendar_name: &str, name: &str, events: &[String]) {
        let path = format!("/{USER}/{calendar_name}/{name}.ics");
        self.ask(
            "PUT",
            &path,
            &[("content-type", "text/calendar")],
            &calendar(events),
        );
    }

    /// Deletes a meeting, or a whole calendar.
    pub(crate) fn delete(&self, path: &str) {
        self.ask("DELETE", &format!("/{USER}/{path}"), &[], "");
    }

    /// Moves a meeting into another calendar.
    pub(crate) fn shift(&self, name: &str, from: &str, to: &str) {
        let to = format!("{}/{USER}/{to}/{name}.ics", self.address);
        let from = format!("/{USER}/{from}/{name}.ics");
        self.ask("MOVE", &from, &[("destination", &to)], "");
    }

    /// Forgets what it said to whom, as servers do after a while.
    pub(crate) fn forget_tokens(&self) {
        let root = self.folder.path().join("data/collection-root").join(USER);
        let mut gone = 0;
        for calendar in std::fs::read_dir(root).expect("calendars") {
            let tokens = calendar.expect("a calendar").path();
            let tokens = tokens.join(".Radicale.cache/sync-token");
            gone += u32::from(std::fs::remove_dir_all(tokens).is_ok());
        }
        assert!(gone > 0);
    }

    /// A file with the password.
    pub(crate) fn token(&self, password: &str) -> PathBuf {
        let path = self.folder.path().join(format!("token-{password}"));
        std::fs::write(&path, format!("{USER}:{password}\n")).expect("a file");
        path
    }

    /// A source that reads these calendars.
    pub(crate) fn source(&self, path: &str, calendars: &[&str]) -> Source {
        let params = format!(
            "url = \"{}{path}\"\ncalendars = {calendars:?}\ntoken_file = {:?}",
            self.address,
            self.token(PASSWORD)
        );
        Source::new("caldav", params)
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
