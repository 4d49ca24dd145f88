//! One organisation's tables on the shared engine, and the way into them and out of them that the
//! commands take: import, scan, derive, report.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use readback::collect::Keys;
use readback::engine;
use readback::indicators::Context;
use readback::jobs::derive;
use readback::jobs::ingest::{self, Import, Ingested, Scan};
use readback::jobs::report::{Reported, summary};
use readback::model::{Calendar, Millis, Parameters, parse_rfc3339};
use readback::sources;
use readback::store::Store;
use readback::summary::document::Document;

/// The tables of one test.
pub(crate) struct House {
    pub(crate) client: clickhouse::Client,
    pub(crate) store: Store,
    pub(crate) keys: Keys,
}

impl House {
    /// Empty tables of this name; `None` without an engine.
    pub(crate) async fn empty(database: &str) -> Option<House> {
        let client = engine::client(super::engine::shared()?);
        let drop = format!("DROP DATABASE IF EXISTS {database}");
        client.query(&drop).execute().await.expect("a clean start");
        let store = Store::new(client.clone(), database);
        store.migrate().await.expect("tables");
        Some(House {
            client: client.with_database(database),
            store,
            keys: Keys::new([7; 32]),
        })
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
            timezone: chrono_tz::UTC,
            path: path.to_owned(),
            progress: Arc::new(|_| {}),
        };
        ingest::import(Some(&self.store), &self.keys, import).await
    }

    /// Imports `writeup` events: id, aliases, date of publication.
    pub(crate) async fn register(&self, writeups: &[(&str, &[&str], &str)]) {
        let mut lines = String::new();
        for (id, aliases, published_at) in writeups {
            let event = serde_json::json!({
                "specversion": "1.0",
                "type": "org.readback.writeup.v1",
                "source": "register",
                "id": id,
                "time": published_at,
                "data": { "id": id, "aliases": aliases, "published_at": published_at },
            });
            lines.push_str(&event.to_string());
            lines.push('\n');
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("register.ndjson");
        std::fs::write(&path, lines).expect("written");
        let taken = self.import("events", "register", "", &path).await;
        let taken = taken.expect("an import");
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
            timezone: chrono_tz::UTC,
            now: instant("2026-01-01T00:00:00Z"),
        };
        ingest::scan(&self.store, &self.keys, scan).await
    }

    /// The summary as of an instant.
    pub(crate) async fn report(&self, as_of: &str) -> Document {
        let context = Context {
            as_of: instant(as_of),
            calendar: Calendar::new(chrono_tz::UTC),
            parameters: Parameters::default(),
        };
        derive::run(&self.store, &context.calendar, &context.parameters)
            .await
            .expect("derived tables");
        let reported = Reported {
            name: "Example".to_owned(),
            simulated: false,
            k: 1,
        };
        summary(&self.store, &context, &reported)
            .await
            .expect("a report")
    }

    /// One number.
    pub(crate) async fn count(&self, sql: &str) -> u64 {
        self.client
            .query(sql)
            .fetch_one::<u64>()
            .await
            .expect("a number")
    }
}

fn instant(text: &str) -> Millis {
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
