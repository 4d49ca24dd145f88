//! The way of events through the real parts, for the tests of this folder: a database of its own in
//! the shared engine, and the commands' own way into it and out of it: import, scan, derive, report.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono_tz::Tz;
use readback::collect::Keys;
use readback::engine;
use readback::indicators::Context;
use readback::jobs::derive;
use readback::jobs::derive::Derived;
use readback::jobs::gate::Gate;
use readback::jobs::ingest::{self, Import, Ingested, Scan};
use readback::jobs::machines::Configured;
use readback::jobs::report::{Reported, summary, to_json};
use readback::model::forge::Forges;
use readback::model::{Calendar, Millis, Parameters, Vocabulary, parse_rfc3339};
use readback::simulate::{Options, write};
use readback::sources;
use readback::store::Store;
use readback::summary::document::Document;
use serde_json::{Value, json};

/// One database and all that writes to it and reads from it.
pub(crate) struct Way {
    pub(crate) store: Store,
    /// For questions of the test's own.
    pub(crate) client: clickhouse::Client,
    pub(crate) keys: Keys,
    /// What imports and scans wait for.
    pub(crate) gate: Gate,
    timezone: Tz,
    folder: tempfile::TempDir,
    /// When the next import begins.
    imports: AtomicI64,
    _database: Passing,
}

/// A database that is gone with its test: with hundreds of them each statement of the shared engine takes longer.
struct Passing(String);

impl Drop for Passing {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} SYNC", self.0);
        // The test's own runtime can't be waited on from within it.
        let dropping = std::thread::spawn(move || {
            let Some(endpoint) = super::engine::shared() else {
                return;
            };
            let Ok(runtime) = tokio::runtime::Runtime::new() else {
                return;
            };
            let client = engine::client(endpoint);
            // Should it stay, it only costs time.
            let _ = runtime.block_on(client.query(&drop).execute());
        });
        let _ = dropping.join();
    }
}

impl Way {
    /// An empty database of this name, of an organisation in Berlin; nothing where there is no
    /// engine.
    pub(crate) async fn fresh(database: &str) -> Option<Way> {
        Way::within(database, chrono_tz::Europe::Berlin).await
    }

    /// The same of an organisation in another zone.
    pub(crate) async fn within(database: &str, timezone: Tz) -> Option<Way> {
        let client = engine::client(super::engine::shared()?);
        let drop = format!("DROP DATABASE IF EXISTS {database} SYNC");
        client.query(&drop).execute().await.expect("a clean start");
        let store = Store::new(client.clone(), database);
        store.migrate().await.expect("tables");
        Some(Way {
            store,
            client: client.with_database(database),
            keys: Keys::new([7; 32]),
            gate: Gate::default(),
            timezone,
            folder: tempfile::tempdir().expect("a folder"),
            imports: AtomicI64::new(instant("2026-01-01T00:00:00Z")),
            _database: Passing(database.to_owned()),
        })
    }

    /// Another secret than the usual one.
    pub(crate) fn with_keys(self, secret: u8) -> Way {
        let keys = Keys::new([secret; 32]);
        Way { keys, ..self }
    }

    /// Imports lines as a file of events; the same lines are the same file.
    pub(crate) async fn events(&self, lines: &[String]) -> Ingested {
        let path = self.folder.path().join("events.ndjson");
        std::fs::write(&path, lines.join("\n") + "\n").expect("a file");
        self.file("events", &path).await
    }

    /// Imports a file as the source named like its kind.
    pub(crate) async fn file(&self, kind: &str, path: &Path) -> Ingested {
        self.import(kind, kind, "", path).await.expect("an import")
    }

    /// Imports a file, with parameters as in the configuration.
    pub(crate) async fn import(
        &self,
        kind: &str,
        source: &str,
        params: &str,
        path: &Path,
    ) -> anyhow::Result<Ingested> {
        let import = Import {
            kind: sources::find(kind).expect("a kind"),
            source: source.to_owned(),
            params: toml::from_str(params).expect("TOML"),
            timezone: self.timezone,
            path: path.to_owned(),
            progress: Arc::new(|_| {}),
            gate: self.gate.clone(),
            // Each import is later than the one before.
            now: self.imports.fetch_add(1000, Ordering::Relaxed),
            meeting: None,
        };
        ingest::import(Some(&self.store), &self.keys, import).await
    }

    /// Imports `writeup` events: id, aliases, date of publication.
    pub(crate) async fn register(&self, writeups: &[(&str, &[&str], &str)]) {
        let lines: Vec<String> = writeups
            .iter()
            .map(|(id, aliases, published_at)| {
                let data = json!({ "id": id, "aliases": aliases, "published_at": published_at });
                event("writeup", id, id, published_at, data)
            })
            .collect();
        let taken = self.events(&lines).await;
        assert_eq!((taken.total(), taken.rejected), (writeups.len() as u64, 0));
    }

    /// Scans a source.
    pub(crate) async fn scan(
        &self,
        kind: &str,
        source: &str,
        params: &str,
    ) -> anyhow::Result<Ingested> {
        let scan = Scan {
            kind: sources::find(kind).expect("a kind"),
            source: source.to_owned(),
            params: toml::from_str(params).expect("TOML"),
            timezone: self.timezone,
            vocabulary: Vocabulary::default(),
            now: instant("2026-01-01T00:00:00Z"),
            gate: self.gate.clone(),
        };
        ingest::scan(&self.store, &self.keys, scan).await
    }

    /// Runs the derive job.
    pub(crate) async fn derive(&self) -> Derived {
        self.derive_by(&Parameters::default(), &Configured::default())
            .await
    }

    /// The same by other rules.
    pub(crate) async fn derive_by(
        &self,
        parameters: &Parameters,
        configured: &Configured,
    ) -> Derived {
        derive::run(&self.store, &self.calendar(), parameters, configured)
            .await
            .expect("derived tables")
    }

    /// Derives and reports; every number is shown.
    pub(crate) async fn report(&self, as_of: Millis) -> Report {
        self.derive().await;
        self.report_only(as_of, 1).await
    }

    /// Reports from what is derived, people below `k` withheld.
    pub(crate) async fn report_only(&self, as_of: Millis, k: u32) -> Report {
        Report::of(&to_json(&self.summary(as_of, k).await).expect("JSON"))
    }

    /// Derives and sums up; every number is shown.
    pub(crate) async fn document(&self, as_of: &str) -> Document {
        self.derive().await;
        self.summary(instant(as_of), 1).await
    }

    /// One number.
    pub(crate) async fn count(&self, sql: &str) -> u64 {
        self.client
            .query(sql)
            .fetch_one::<u64>()
            .await
            .expect("a number")
    }

    /// Sums up what is derived, people below `k` withheld.
    pub(crate) async fn summary(&self, as_of: Millis, k: u32) -> Document {
        self.summary_by(as_of, k, Parameters::default()).await
    }

    /// The same with other windows and limits.
    pub(crate) async fn summary_by(
        &self,
        as_of: Millis,
        k: u32,
        parameters: Parameters,
    ) -> Document {
        let context = Context {
            as_of,
            calendar: self.calendar(),
            parameters,
            k,
        };
        let reported = Reported {
            name: "Example".to_owned(),
            simulated: true,
            k,
            forges: Forges::default(),
            accounts: None,
            wholes: Vec::new(),
        };
        summary(&self.store, &context, &reported)
            .await
            .expect("a report")
    }

    fn calendar(&self) -> Calendar {
        Calendar::new(self.timezone)
    }
}

pub(crate) fn instant(text: &str) -> Millis {
    parse_rfc3339(text).expect("an instant")
}

/// The published inputs, or a loud word that there are none.
pub(crate) fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("READBACK_FIXTURES").map(PathBuf::from);
    if found.is_none() {
        let words = "skipped: READBACK_FIXTURES is not set";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
    }
    found
}

/// A summary, apart from the two counts that deliveries change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    /// `health.received.lines`.
    pub(crate) lines: u64,
    /// `health.received.duplicate_id`.
    pub(crate) duplicates: u64,
    /// The bytes with both of them as null.
    pub(crate) rest: String,
}

impl Report {
    /// Takes the two counts out of `summary.json`.
    pub(crate) fn of(bytes: &[u8]) -> Report {
        let mut json: Value = serde_json::from_slice(bytes).expect("JSON");
        let received = &mut json["health"]["received"];
        let mut take = |name: &str| received[name].take().as_u64().expect("a count");
        Report {
            lines: take("lines"),
            duplicates: take("duplicate_id"),
            rest: format!("{json:#}"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.rest).expect("JSON")
    }

    /// Panics where all but the two counts differs.
    pub(crate) fn assert_same(&self, other: &Report, what: &str) {
        assert_same(&self.json(), &other.json(), what);
    }
}

/// Panics with the first lines that differ.
pub(crate) fn assert_same(one: &Value, other: &Value, what: &str) {
    let (one, other) = (format!("{one:#}"), format!("{other:#}"));
    let pairs = one.lines().zip(other.lines()).enumerate();
    let differ: Vec<String> = pairs
        .filter(|(_, (a, b))| a != b)
        .take(12)
        .map(|(at, (a, b))| format!("{at}: {} | {}", a.trim(), b.trim()))
        .collect();
    let lengths = (one.len(), other.len());
    assert!(
        one == other,
        "{what}: {lengths:?} bytes\n{}",
        differ.join("\n")
    );
}

/// A small organisation of 500 days; its events as lines.
pub(crate) fn small() -> Options {
    Options {
        reads: 3_000,
        people: 40,
        teams: 4,
        writeups: 30,
        days: 500,
        ..Options::default()
    }
}

/// Three years of another one: long and lively enough that every indicator has something to tell.
pub(crate) fn lively() -> Options {
    Options {
        reads: 5_000,
        people: 40,
        teams: 4,
        writeups: 90,
        sleepers: 0.1,
        ..Options::default()
    }
}

/// The lines of a simulated organisation.
pub(crate) fn lines(options: &Options) -> Vec<String> {
    let mut bytes = Vec::new();
    write(options, &mut bytes).expect("a vector takes everything");
    let text = String::from_utf8(bytes).expect("JSON is UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// How many different (source, id) these lines name.
pub(crate) fn names(lines: &[String]) -> u64 {
    let names = lines.iter().map(|line| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        (event["source"].to_string(), event["id"].to_string())
    });
    names.collect::<std::collections::BTreeSet<_>>().len() as u64
}

/// Every value in a document that is no object and no list, with its place.
pub(crate) fn leaves<'a>(place: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| leaves(&format!("{place}/{name}"), value, found)),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .for_each(|(at, value)| leaves(&format!("{place}/{at}"), value, found)),
        _ => found.push((place.to_owned(), value)),
    }
}

/// An event of the contract.
pub(crate) fn event(kind: &str, id: &str, subject: &str, time: &str, data: Value) -> String {
    json!({
        "specversion": "1.0",
        "type": format!("org.readback.{kind}.v1"),
        "source": "test",
        "id": id,
        "subject": subject,
        "time": time,
        "data": data,
    })
    .to_string()
}
