//! Senders of events for the test of killed collectors: each posts one request after the other over
//! plain HTTP/1.1, and keeps what became of every event.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use readback::model::to_rfc3339;
use serde_json::{Value, json};

use super::http::{Answer, Connection, PATIENCE};

/// Write-ups that are read, commented on and linked to.
const WRITEUPS: u32 = 3;
/// 2026-02-01, UTC ms.
const SINCE: i64 = 1_769_904_000_000;

/// The pause before a door that is closed or full is tried again.
const PAUSE: Duration = Duration::from_millis(10);
/// How often a door is tried; and how often the same request is sent.
const TRIES: u32 = 9_000;
const REPEATS: u32 = 8;
/// Answers that may come behind the one that is waited for: the senders are busy when it comes.
const BUSY: u64 = 24;

/// What senders and the one who kills share.
#[derive(Default)]
pub(crate) struct Load {
    stand: Mutex<Stand>,
    changed: Condvar,
}

#[derive(Default)]
struct Stand {
    /// Where the door is.
    address: Option<String>,
    /// Requests answered with 202.
    answers: u64,
    /// Senders pause when there are so many.
    limit: u64,
    over: bool,
    problem: Option<String>,
}

impl Load {
    fn stand(&self) -> MutexGuard<'_, Stand> {
        self.stand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Stand)) {
        change(&mut self.stand());
        self.changed.notify_all();
    }

    /// The door is here now.
    pub(crate) fn open(&self, address: &str) {
        self.change(|stand| stand.address = Some(address.to_owned()));
    }

    /// There is no door.
    pub(crate) fn shut(&self) {
        self.change(|stand| stand.address = None);
    }

    /// All senders end.
    pub(crate) fn end(&self) {
        self.change(|stand| stand.over = true);
    }

    /// Lets the senders go on and waits for so many answers. They still send when it returns.
    pub(crate) fn answers(&self, more: u64) {
        let mut goal = 0;
        self.change(|stand| {
            goal = stand.answers + more;
            stand.limit = goal + BUSY;
        });
        let stand = self.wait(|stand| stand.answers >= goal || stand.problem.is_some());
        assert!(stand.answers >= goal, "no answers; {:?}", stand.problem);
    }

    /// Panics where a sender met with a problem.
    pub(crate) fn check(&self) {
        assert_eq!(self.stand().problem, None);
    }

    fn wait(&self, mut done: impl FnMut(&Stand) -> bool) -> MutexGuard<'_, Stand> {
        let waited = self
            .changed
            .wait_timeout_while(self.stand(), PATIENCE, |stand| !done(stand));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// An event by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) kind: &'static str,
    pub(crate) source: String,
    pub(crate) id: String,
}

/// What its sender knows of an event. Later ones outweigh earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// Every answer was 503: nothing was taken.
    Refused,
    /// A connection broke: it was taken or it was not.
    Unknown,
    /// Answered with 202.
    Answered,
}

/// A request whose connection broke.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) lines: u64,
    /// An event that no other request brought: where it is, the request was taken. A request of a
    /// single event has none.
    pub(crate) mark: Option<Named>,
}

/// What senders did.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) events: BTreeMap<Named, Fate>,
    /// Lines that were answered with 202, with those that were sent again.
    pub(crate) answered: u64,
    /// Requests whose connection broke.
    pub(crate) broken: Vec<Broken>,
    requests: u64,
    refused: u64,
}

impl Told {
    /// Both together.
    pub(crate) fn with(mut self, other: Told) -> Told {
        self.events.extend(other.events);
        self.answered += other.answered;
        self.broken.extend(other.broken);
        self.requests += other.requests;
        self.refused += other.refused;
        self
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |fate| self.events.values().filter(|own| **own == fate).count();
        write!(
            f,
            "{} requests answered 202, {} broken, {} refused; {} events answered, {} unknown, {} refused",
            self.requests,
            self.broken.len(),
            self.refused,
            of(Fate::Answered),
            of(Fate::Unknown),
            of(Fate::Refused)
        )
    }
}

/// Events that are sent together, and again.
struct Request {
    mode: Mode,
    events: Vec<(Value, Named)>,
    /// It is sent until it is answered.
    insist: bool,
}

#[derive(Clone, Copy)]
enum Mode {
    /// One event.
    Structured,
    Batch,
    /// One event a line.
    Lines,
}

impl Mode {
    fn media(self) -> &'static str {
        match self {
            Mode::Structured => "application/cloudevents+json",
            Mode::Batch => "application/cloudevents-batch+json",
            Mode::Lines => "application/x-ndjson",
        }
    }

    fn body(self, events: &[&Value]) -> String {
        match self {
            Mode::Structured => events[0].to_string(),
            Mode::Batch => json!(events).to_string(),
            Mode::Lines => {
                let lines: Vec<String> = events.iter().map(|event| event.to_string()).collect();
                lines.join("\n")
            }
        }
    }
}

/// One sender.
pub(crate) struct Sender<'a> {
    load: &'a Load,
    headers: String,
    number: u64,
    dice: ChaCha8Rng,
    next: u32,
    /// To this address.
    connection: Option<(String, Connection)>,
    /// Answers with 503 since another one.
    refused: u32,
    told: Told,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(load: &'a Load, token: &str, number: u64, seed: u64) -> Sender<'a> {
        Sender {
            load,
            headers: format!("Authorization: Bearer {token}\r\n"),
            number,
            dice: ChaCha8Rng::seed_from_u64(seed),
            next: 0,
            connection: None,
            refused: 0,
            told: Told::default(),
        }
    }

    /// Sends until the end.
    pub(crate) fn work(mut self) -> Told {
        let mut request = (self.number == 0).then(writeups);
        loop {
            let go_on = |stand: &Stand| stand.over || stand.answers < stand.limit;
            if self.load.wait(go_on).over {
                return self.told;
            }
            let next = request.take().unwrap_or_else(|| self.request());
            if let Err(problem) = self.send(&next) {
                self.load.change(|stand| {
                    stand.problem.get_or_insert(problem);
                    stand.over = true;
                });
            }
        }
    }

    /// Sends a request, and again where that is drawn.
    fn send(&mut self, request: &Request) -> Result<(), String> {
        for repeat in 0.. {
            let Some((address, mut connection)) = self.connection()? else {
                return Ok(());
            };
            let mark = match request.mode {
                Mode::Structured => None,
                _ => Some(self.event()),
            };
            let (bodies, events): (Vec<_>, Vec<_>) = request
                .events
                .iter()
                .chain(&mark)
                .map(|(body, named)| (body, named))
                .unzip();
            let lines = events.len() as u64;
            let headers = format!("{}Content-Type: {}\r\n", self.headers, request.mode.media());
            let body = request.mode.body(&bodies);
            let fate = match connection.post("/v1/events", &headers, body.as_bytes()) {
                Ok(answer) => {
                    if !answer.is_last {
                        self.connection = Some((address, connection));
                    }
                    fate(&answer, lines)?
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err("no answer in time".to_owned());
                }
                Err(_) => Fate::Unknown,
            };
            self.keep(&events, fate, mark.as_ref().map(|(_, named)| named.clone()));
            let go_on = match fate {
                // One whose answer was lost somewhere sends again what was taken.
                Fate::Answered => repeat < REPEATS && self.dice.random_bool(1.0 / 16.0),
                _ if request.insist => repeat < TRIES,
                _ => repeat < REPEATS && self.dice.random_bool(0.5),
            };
            self.refused = match fate {
                Fate::Refused => self.refused + 1,
                _ => 0,
            };
            if self.refused > 0 {
                std::thread::park_timeout(PAUSE * 2_u32.pow(self.refused.min(6)));
            }
            if !go_on {
                return Ok(());
            }
        }
        Ok(())
    }

    fn keep(&mut self, events: &[&Named], fate: Fate, mark: Option<Named>) {
        let lines = events.len() as u64;
        let told = &mut self.told;
        for event in events {
            let own = told.events.entry((*event).clone()).or_insert(fate);
            *own = fate.max(*own);
        }
        match fate {
            Fate::Refused => told.refused += 1,
            Fate::Unknown => told.broken.push(Broken { lines, mark }),
            Fate::Answered => {
                told.requests += 1;
                told.answered += lines;
                self.load.change(|stand| stand.answers += 1);
            }
        }
    }

    /// The connection that is open, or a new one as soon as there is a door; `None` at the end.
    fn connection(&mut self) -> Result<Option<(String, Connection)>, String> {
        let mut kept = self.connection.take();
        for _ in 0..TRIES {
            let stand = self
                .load
                .wait(|stand| stand.over || stand.address.is_some());
            let (over, address) = (stand.over, stand.address.clone());
            drop(stand);
            if over {
                return Ok(None);
            }
            let Some(address) = address else {
                return Err("no door in time".to_owned());
            };
            // Nothing is sent to a door that is known to be gone.
            if let Some((_, connection)) = kept.take().filter(|(at, _)| *at == address) {
                return Ok(Some((address, connection)));
            }
            if let Ok(connection) = Connection::open(&address) {
                return Ok(Some((address, connection)));
            }
            std::thread::park_timeout(PAUSE);
        }
        Err("no connection".to_owned())
    }

    /// A request of one of the kinds that there are; its mark comes on top.
    fn request(&mut self) -> Request {
        let (mode, number) = match self.dice.random_range(0..4) {
            0 => (Mode::Structured, 1),
            1 | 2 => (Mode::Batch, self.dice.random_range(1..50)),
            _ => (Mode::Lines, self.dice.random_range(1..50)),
        };
        Request {
            mode,
            events: (0..number).map(|_| self.event()).collect(),
            insist: false,
        }
    }

    fn event(&mut self) -> (Value, Named) {
        self.next += 1;
        let person = format!("p{}", self.dice.random_range(0..40));
        let (kind, data) = match self.dice.random_range(0..10) {
            0 | 1 => ("comment", json!({ "person": person, "words": 12 })),
            2 => ("link", json!({ "person": person, "place": "docs" })),
            _ => ("read", json!({ "person": person, "engaged_s": 40 })),
        };
        let named = Named {
            kind,
            source: format!("sender-{}", self.number),
            id: format!("{}-{}", self.number, self.next),
        };
        let writeup = format!("w{}", self.dice.random_range(0..WRITEUPS));
        let time = SINCE + i64::from(self.next) * 60_000;
        (event(&named, &writeup, time, data), named)
    }
}

/// The descriptions of all write-ups.
fn writeups() -> Request {
    let each = (0..WRITEUPS).map(|n| {
        let named = Named {
            kind: "writeup",
            source: "registry".to_owned(),
            id: format!("w{n}"),
        };
        let data = json!({ "title": "A", "published_at": "2026-01-01T00:00:00Z" });
        (event(&named, &named.id, SINCE, data), named)
    });
    Request {
        mode: Mode::Batch,
        events: each.collect(),
        insist: true,
    }
}

fn event(named: &Named, subject: &str, time: i64, data: Value) -> Value {
    json!({
        "specversion": "1.0",
        "type": format!("org.readback.{}.v1", named.kind),
        "source": named.source,
        "id": named.id,
        "subject": subject,
        "time": to_rfc3339(time),
        "data": data,
    })
}

/// What an answer says of the events of its request.
fn fate(answer: &Answer, lines: u64) -> Result<Fate, String> {
    let words = || String::from_utf8_lossy(&answer.body).into_owned();
    match answer.status {
        202 => {
            let body: Value = serde_json::from_slice(&answer.body).map_err(|_| words())?;
            match (body["accepted"].as_u64(), &body["rejected"]) {
                (Some(accepted), Value::Array(rejected))
                    if accepted == lines && rejected.is_empty() =>
                {
                    Ok(Fate::Answered)
                }
                _ => Err(format!("not all was taken: {}", words())),
            }
        }
        503 => Ok(Fate::Refused),
        status => Err(format!("answered {status}: {}", words())),
    }
}
