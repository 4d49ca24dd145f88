//! A forge made of a listener and answers of the test's own, and a source that pulls it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use readback::model::{Body, Millis, to_rfc3339};
use readback::sources::collected::Collected;
use readback::sources::{self, KnownWriteup, Setting, SourceError};
use serde_json::{Value, json};

/// 2026-03-02T09:15:00Z.
pub(crate) const NOW: Millis = 1_772_442_900_000;
pub(crate) const TOKEN: &str = "zztoken-of-ours";
pub(crate) const LOGIN: &str = "zzaccount77";
pub(crate) const WORDS: &str = "zzsecret words";

/// A question: its target, its headers by names in lower case, and its body, as it came where it is no JSON.
pub(crate) struct Asked {
    pub(crate) target: String,
    headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Status, headers, body.
pub(crate) type Reply = (u16, Vec<(&'static str, String)>, Value);

pub(crate) fn ok(body: Value) -> Reply {
    (200, Vec::new(), body)
}

pub(crate) fn gone() -> Reply {
    (404, Vec::new(), json!({ "message": "Not Found" }))
}

/// Serves on a port of its own until an empty request comes.
pub(crate) struct Forge {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: Option<JoinHandle<()>>,
}

impl Forge {
    /// `answer` is given the forge's own address, too.
    pub(crate) fn new(mut answer: impl FnMut(&Asked, &str) -> Reply + Send + 'static) -> Forge {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, own) = (Arc::clone(&asked), address.clone());
        let server = thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some(question) = question(&stream) else {
                    return;
                };
                let (status, headers, body) = answer(&question, &own);
                log.lock().expect("no panic").push(question);
                let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
                let is_page = headers.iter().any(|(_, value)| value == "text/html");
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                let body = match body {
                    _ if matches!(status, 204 | 304) => String::new(),
                    // A page, and not JSON that is a text.
                    Value::String(page) if is_page => page,
                    body => body.to_string(),
                };
                let sent = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
                sent.expect("sent");
            }
        });
        Forge {
            address,
            asked,
            server: Some(server),
        }
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }

    /// The same, without the headers.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.target).collect()
    }
}

impl Drop for Forge {
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
    let target = line.split(' ').nth(1)?.to_owned();
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
    let text = String::from_utf8_lossy(&body).into_owned();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Asked {
        target,
        headers,
        body,
        text,
    })
}

/// A source of ours, pulled several times.
pub(crate) struct Source {
    kind: &'static str,
    pub(crate) params: toml::Table,
    pub(crate) aliases: Vec<String>,
    pub(crate) checkpoint: Option<String>,
    _token: tempfile::NamedTempFile,
}

impl Source {
    pub(crate) fn new(kind: &'static str, api: &str, aliases: &[&str]) -> Source {
        let mut token = tempfile::NamedTempFile::new().expect("a file");
        writeln!(token, "{TOKEN}").expect("written");
        let params = format!(
            "api = \"{api}\"\nrepositories = [\"example/shop\"]\ntoken_file = {:?}",
            token.path()
        );
        Source {
            kind,
            params: params.parse().expect("TOML"),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            checkpoint: None,
            _token: token,
        }
    }

    pub(crate) fn pull(&mut self, now: Millis) -> Result<Collected, SourceError> {
        let setting = Setting {
            source: "forge".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: vec![KnownWriteup {
                id: "w1".to_owned(),
                title: None,
                aliases: self.aliases.clone(),
            }],
        };
        let build = sources::find(self.kind)
            .and_then(|kind| kind.pull)
            .expect("a kind");
        let mut pull = build(self.params.clone(), &setting)?;
        let mut heard = Collected::default();
        let next = pull.pull(self.checkpoint.as_deref(), now, &mut heard)?;
        for text in [TOKEN, LOGIN, WORDS] {
            assert!(!next.contains(text), "{text} in {next}");
            assert!(
                !heard.notes.iter().any(|note| note.contains(text)),
                "{text}"
            );
        }
        assert!(heard.problems.is_empty(), "{:?}", heard.problems);
        self.checkpoint = Some(next);
        Ok(heard)
    }
}

/// What came, as short texts: `comment id`, `link id`, with `-` before what ended. What was seen when is
/// no part of it, see [`covered`].
pub(crate) fn short(heard: &Collected) -> Vec<String> {
    let mut all: Vec<String> = heard
        .events
        .iter()
        .filter(|event| !matches!(event.body, Body::Coverage(_)))
        .map(|event| {
            let ended = match &event.body {
                Body::Comment(comment) => comment.deleted_at.is_some(),
                Body::Link(link) => link.removed_at.is_some(),
                Body::Writeup(writeup) => writeup.deleted_at.is_some(),
                _ => false,
            };
            let sign = if ended { "-" } else { "" };
            format!("{sign}{} {}", event.body.kind().name(), event.id)
        })
        .collect();
    all.sort();
    all
}

/// What was seen from when until when, by kind and scope.
pub(crate) fn covered(heard: &Collected) -> Vec<String> {
    let told = heard.events.iter().filter_map(|event| match &event.body {
        Body::Coverage(coverage) => Some(format!(
            "{} {} {} {}",
            coverage.kind.name(),
            coverage.scope,
            to_rfc3339(coverage.from),
            to_rfc3339(coverage.to?),
        )),
        _ => None,
    });
    told.collect()
}

pub(crate) fn user() -> Value {
    json!({ "login": LOGIN, "type": "User" })
}
