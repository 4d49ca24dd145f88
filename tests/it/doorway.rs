//! A door as `readback serve` builds it, without an engine behind it: the real router, spool, tokens
//! and hooks in a folder of their own, for the tests whose names begin with `door`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use chrono_tz::Tz;
use http_body_util::BodyExt as _;
use readback::collect::{Hooks, Keys, Receiver};
use readback::jobs::load::LoadState;
use readback::model::Millis;
use readback::sources;
use readback::spool::{Dead, Drain, Limits, Spool};
use readback::store::Batch;
use readback::telemetry::Metrics;
use readback::web::tokens::{self, Tokens};
use readback::web::{AppState, Door, Opened, Parts, router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tower::ServiceExt as _;

/// 2026-03-02T09:15:00Z, when everything is received.
pub(crate) const NOW: Millis = 1_772_442_900_000;

/// A person's address, account, name, sitting and machine. No answer holds one, whatever was sent.
pub(crate) const MAIL: &str = "zzmail.marker@people.example.org";
pub(crate) const ACCOUNT: &str = "zzaccount77";
pub(crate) const NAME: &str = "Zzfull Marker";
pub(crate) const SESSION: &str = "zzsession77";
pub(crate) const MACHINE: &str = "203.0.113.77";
const MARKERS: [&str; 6] = [
    "zzmail.marker",
    ACCOUNT,
    "zzfull",
    SESSION,
    MACHINE,
    "zzsecret",
];

/// Fails where a text or a file names somebody.
pub(crate) fn nobody_in(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for marker in MARKERS {
        assert!(!text.contains(marker), "{marker} in {what}");
    }
}

/// A whole collector but for its jobs.
pub(crate) struct Doorway {
    pub(crate) folder: PathBuf,
    pub(crate) spool: Spool,
    pub(crate) drain: Arc<Drain>,
    pub(crate) hooks: Arc<Hooks>,
    pub(crate) parts: Arc<Parts>,
    pub(crate) state: AppState,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) keys: Keys,
    pub(crate) load: watch::Sender<LoadState>,
    pub(crate) engine: watch::Sender<Opened>,
    made: AtomicUsize,
}

/// What a request was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    /// Index and field of each refused entry.
    pub(crate) fn refused(&self) -> Vec<(u64, String)> {
        let body = self.json();
        let each = body["rejected"].as_array().into_iter().flatten();
        each.map(|one| {
            assert!(!one["reason"].as_str().expect("a reason").is_empty());
            let field = one["field"].as_str().expect("a field").to_owned();
            (one["index"].as_u64().expect("an index"), field)
        })
        .collect()
    }
}

/// A folder's door: `configuration` holds the `[[source]]`s, `spool_bytes` may wait.
pub(crate) fn open(folder: &Path, configuration: &str, spool_bytes: u64) -> Doorway {
    let limits = Limits {
        bytes: spool_bytes,
        // When a segment is sealed is the test's business.
        seal_after: Duration::from_secs(3600),
        ..Limits::default()
    };
    let (spool, drain, _) = Spool::open(&folder.join("spool"), limits).expect("a spool");
    let dead = Dead::new(&folder.join("dead"), 1 << 20);
    let configured: toml::Table = toml::from_str(configuration).expect("TOML");
    let sources = configured.get("source").and_then(toml::Value::as_array);
    let sources = sources.into_iter().flatten().map(|source| {
        let mut params = source.as_table().expect("a table").clone();
        let mut text = |key: &str| {
            let value = params.remove(key).expect(key);
            value.as_str().expect(key).to_owned()
        };
        let (id, kind) = (text("id"), text("kind"));
        (id, sources::find(&kind).expect("a kind"), params)
    });
    let hooks = Hooks::new(sources, Tz::UTC).unwrap_or_else(|(id, error)| panic!("{id}: {error}"));
    let hooks = Arc::new(hooks);
    let metrics = Arc::new(Metrics::default());
    let keys = Keys::new([7; 32]);
    let (load, load_state) = watch::channel(LoadState::default());
    let (engine, engine_state) = watch::channel(Opened::default());
    let parts = Arc::new(Parts::new(spool.clone(), dead, load_state, engine_state));
    let receiver = Receiver::new(keys.clone(), spool.clone(), Arc::clone(&metrics));
    let tokens = Tokens::open(folder.join("tokens.json")).expect("no tokens yet");
    let door = Door::new(
        receiver,
        Arc::clone(&hooks),
        tokens,
        Arc::clone(&metrics),
        || NOW,
    );
    let door = Arc::new(door.expect("a door"));
    Doorway {
        folder: folder.to_owned(),
        spool,
        drain: Arc::new(drain),
        hooks,
        state: AppState::with_door(door, Arc::clone(&parts)),
        parts,
        metrics,
        keys,
        load,
        engine,
        made: AtomicUsize::new(0),
    }
}

impl Doorway {
    /// A token that may send these.
    pub(crate) fn token(&self, sources: &[&str], kinds: &[&str]) -> String {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let path = self.folder.join("tokens.json");
        let made = tokens::add(
            &path,
            &format!("test{n}"),
            owned(sources),
            owned(kinds),
            "2026-01-01T00:00:00Z".to_owned(),
        );
        made.expect("a token")
    }

    pub(crate) fn router(&self) -> Router {
        router(self.state.clone())
    }

    /// Asks, and sees to it that the answer names nobody.
    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let response = self.router().oneshot(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        nobody_in(&asked, &bytes);
        nobody_in(&asked, format!("{:?}", head.headers).as_bytes());
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }

    /// Sends a body with headers, as lines `name: value`.
    pub(crate) async fn send(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let (method, address) = line.split_once(' ').expect("a method and an address");
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from(body.into());
        self.ask(request.body(body).expect("a request")).await
    }

    /// Posts to `/v1/events` with a token.
    pub(crate) async fn events(&self, token: &str, media: &str, body: impl Into<Bytes>) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &*bearer), ("content-type", media)];
        self.send("POST /v1/events", &headers, body).await
    }

    /// What waits in the spool; it is acknowledged and gone.
    pub(crate) async fn taken(&self) -> Spooled {
        self.spool.seal().await;
        let mut all = Spooled::default();
        while let Some(segment) = self.drain.oldest() {
            let content = segment.read().expect("a segment");
            assert_eq!(content.damage().count(), 0);
            for entry in content.entries() {
                nobody_in("the spool", entry);
                all.requests += 1;
                let batch = Batch::unpack(entry).expect("a batch");
                all.rows += batch.len();
                // With names, the rows can be asked for their fields.
                let named = rmp_serde::to_vec_named(&batch).expect("rows");
                all.add(rmp_serde::from_slice(&named).expect("rows"));
            }
            self.drain.done(&segment).expect("acknowledged");
        }
        all
    }

    /// Ends it as a restart does; what waits stays.
    pub(crate) async fn close(self) {
        self.spool.close().await;
    }

    /// Serves on a port of its own until the guard is dropped.
    pub(crate) async fn serve(&self) -> Serving {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let metrics = Some(Arc::clone(&self.metrics));
        let router = self.router();
        tokio::spawn(async move {
            let stopped = async {
                // A guard that is gone says the same.
                let _ = stopped.await;
            };
            let places = readback::web::places(None);
            readback::web::serve(listener, router, places, metrics, stopped).await;
        });
        Serving {
            address,
            _stop: stop,
        }
    }
}

/// A listening door.
pub(crate) struct Serving {
    pub(crate) address: String,
    _stop: oneshot::Sender<()>,
}

/// What lay in the spool.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Spooled {
    #[serde(skip)]
    pub(crate) requests: usize,
    #[serde(skip)]
    pub(crate) rows: usize,
    pub(crate) reads: Vec<Row>,
    pub(crate) comments: Vec<Row>,
    pub(crate) attendance: Vec<Row>,
    pub(crate) links: Vec<Row>,
    pub(crate) writeups: Vec<Row>,
    pub(crate) people: Vec<Row>,
    /// Lines by kind and source.
    pub(crate) lines: BTreeMap<String, BTreeMap<String, u64>>,
}

/// A row, as far as it is the same for all kinds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Row {
    pub(crate) key: u64,
    pub(crate) version: u64,
    pub(crate) at: Millis,
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) person: u128,
    // Of reads.
    pub(crate) engaged_ms: Option<u32>,
    pub(crate) scroll_milli: Option<u16>,
    pub(crate) bot: bool,
    pub(crate) arrival: String,
}

impl Spooled {
    fn add(&mut self, other: Spooled) {
        self.reads.extend(other.reads);
        self.comments.extend(other.comments);
        self.attendance.extend(other.attendance);
        self.links.extend(other.links);
        self.writeups.extend(other.writeups);
        self.people.extend(other.people);
        for (kind, sources) in other.lines {
            for (source, n) in sources {
                *self.line(&kind).entry(source).or_default() += n;
            }
        }
    }

    fn line(&mut self, kind: &str) -> &mut BTreeMap<String, u64> {
        self.lines.entry(kind.to_owned()).or_default()
    }

    /// How many lines of a kind were received, from every source.
    pub(crate) fn count(&self, kind: &str) -> u64 {
        let sources = self.lines.get(kind);
        sources.map_or(0, |sources| sources.values().sum())
    }

    /// The targets of its reads, in order.
    pub(crate) fn read(&self) -> Vec<&str> {
        self.reads.iter().map(|row| row.target.as_str()).collect()
    }
}

/// A read of a write-up by the marked person.
pub(crate) fn read(id: &str, subject: &str) -> Value {
    json!({
        "specversion": "1.0",
        "type": "org.readback.read.v1",
        "source": "wiki",
        "id": id,
        "subject": subject,
        "time": "2026-03-02T09:00:00Z",
        "data": { "person": MAIL, "session": SESSION, "engaged_s": 12.5 },
    })
}

/// The same with other members, `data.` in front of those of the data.
pub(crate) fn with(mut event: Value, members: &[(&str, Value)]) -> Value {
    for (name, value) in members {
        match name.strip_prefix("data.") {
            Some(name) => event["data"][name] = value.clone(),
            None => event[*name] = value.clone(),
        }
    }
    event
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("a vector");
    packer.finish().expect("a vector")
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).expect("packed")
}
