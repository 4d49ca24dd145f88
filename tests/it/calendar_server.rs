//! What the tests of calendars that are asked share: a server with answers of the test's own, a source that
//! is pulled several times, and what its events amount to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use readback::model::{Body, Event, Millis, RETRACTED, Vocabulary, to_rfc3339};
use readback::sources::collected::Collected;
use readback::sources::{self, KnownWriteup, Setting, SourceError};

/// 2025-04-01T00:00:00Z.
pub(crate) const NOW: Millis = 1_743_465_600_000;

/// What may stand in no checkpoint, note or error.
const SECRETS: [&str; 4] = ["zzsecret", "zoe", "uwe", "example.org"];

/// A question.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Status, headers, body.
pub(crate) type Reply = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// An answer without headers.
pub(crate) fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    (status, Vec::new(), body.into())
}

/// Serves on a port of its own until an empty request comes.
pub(crate) struct Server {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn new(mut answer: impl FnMut(&Asked) -> Reply + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let server = thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some(question) = question(&stream) else {
                    return;
                };
                let (status, headers, body) = answer(&question);
                log.lock().expect("no panic").push(question);
                let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
                stream.write_all(head.as_bytes()).expect("sent");
                // Whoever has had enough need not hear the rest.
                stream.write_all(&body).ok();
            }
        });
        Server {
            address,
            asked,
            server: Some(server),
        }
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(TcpStream::connect(
            self.address.trim_start_matches("http://"),
        ));
        if let Some(server) = self.server.take() {
            server.join().ok();
        }
    }
}

fn question(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        target,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// A source that is pulled several times.
pub(crate) struct Source {
    kind: &'static str,
    pub(crate) params: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) checkpoint: Option<String>,
    /// The newest version of each event.
    newest: BTreeMap<String, Event>,
}

impl Source {
    pub(crate) fn new(kind: &'static str, params: String) -> Source {
        Source {
            kind,
            params,
            aliases: Vec::new(),
            checkpoint: None,
            newest: BTreeMap::new(),
        }
    }

    fn setting(&self) -> Setting {
        Setting {
            source: "reviews".to_owned(),
            vocabulary: Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: vec![KnownWriteup {
                id: "w1".to_owned(),
                title: None,
                aliases: self.aliases.clone(),
            }],
        }
    }

    /// Pulls, and says how many events came of it.
    pub(crate) fn pull(&mut self, now: Millis) -> usize {
        let heard = self.heard(now).expect("a pull");
        assert_eq!(heard.notes, [""; 0]);
        heard.events.len()
    }

    /// The same with all that was said.
    pub(crate) fn heard(&mut self, now: Millis) -> Result<Collected, SourceError> {
        let build = sources::find(self.kind).and_then(|kind| kind.pull);
        let params = self.params.parse().expect("TOML");
        let mut heard = Collected::default();
        let mut pull = build.expect("a kind")(params, &self.setting())?;
        let next = pull.pull(self.checkpoint.as_deref(), now, &mut heard);
        let said = match &next {
            Ok(next) => next.clone(),
            Err(error) => error.to_string(),
        };
        for text in heard.notes.iter().chain([&said]) {
            for secret in SECRETS {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        self.checkpoint = Some(next?);
        for event in &heard.events {
            let known = self.newest.insert(event.id.clone(), event.clone());
            assert!(known.is_none_or(|known| known.version < event.version));
        }
        Ok(heard)
    }

    /// Why it can't be pulled.
    pub(crate) fn refused(&mut self, now: Millis) -> String {
        match self.heard(now) {
            Ok(_) => panic!("it was pulled"),
            Err(error) => error.to_string(),
        }
    }

    /// What `readback check` sees.
    pub(crate) fn look(&self) -> Result<String, SourceError> {
        let probe = sources::find(self.kind).and_then(|kind| kind.probe);
        let params = self.params.parse().expect("TOML");
        let seen = match probe.expect("a probe") {
            sources::Probe::Remote(look) => look(params, &self.setting()),
            sources::Probe::Both(look) => look(params, &self.setting(), true),
            sources::Probe::Local(_) => panic!("it is not asked"),
        };
        seen.map(|seen| seen.said)
    }

    /// What it doubts.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let probe = sources::find(self.kind).and_then(|kind| kind.probe);
        let params = self.params.parse().expect("TOML");
        let seen = match probe.expect("a probe") {
            sources::Probe::Remote(look) => look(params, &self.setting()),
            sources::Probe::Both(look) => look(params, &self.setting(), true),
            sources::Probe::Local(_) => panic!("it is not asked"),
        };
        seen.expect("an answer").doubts
    }

    /// Who is invited to what and when, as it stands: `meeting start person`.
    pub(crate) fn rows(&self) -> BTreeSet<String> {
        let standing = self.newest.values();
        let standing = standing.filter(|event| !event.subject.ends_with(RETRACTED));
        let row = |event: &Event| {
            // Where it is held is told beside it.
            let said = match &event.body {
                Body::Attendance(said) => said,
                Body::Meeting(said) if said.venue.is_some() => return None,
                _ => panic!("no attendance"),
            };
            let person = said.person.as_ref().map_or("", |person| &person.value);
            let person = person.trim_end_matches("@example.org");
            Some(format!(
                "{} {} {person}",
                said.meeting,
                to_rfc3339(event.time)
            ))
        };
        standing.filter_map(row).collect()
    }
}

/// A calendar of these events.
pub(crate) fn calendar(events: &[String]) -> String {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Readback//test//EN\n{}END:VCALENDAR\n",
        events.concat()
    );
    text.replace('\n', "\r\n")
}

/// An event: UID, start, further lines, people.
pub(crate) fn event(uid: &str, start: &str, more: &str, people: &[&str]) -> String {
    let people: String = people
        .iter()
        .map(|who| format!("ATTENDEE:mailto:{who}@example.org\n"))
        .collect();
    format!(
        "BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20250101T000000Z\nDTSTART:{start}\n{more}{people}END:VEVENT\n"
    )
}
