//! What takes events in, built before any engine answers: keys, spool, dead letters, hooks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::ready_folder;
use crate::collect::{Hooks, Keys};
use crate::config::Config;
use crate::jobs::known;
use crate::sources;
use crate::spool::{Dead, Drain, Limits, Recovered, Spool};
use crate::telemetry::Metrics;

/// The parts of a collector.
pub struct Collector {
    /// The data folder's keys.
    pub keys: Keys,
    /// The smallest number of people that is shown.
    pub k: u32,
    /// The spool's entrance.
    pub spool: Spool,
    /// Its exit.
    pub drain: Arc<Drain>,
    /// What was found in it.
    pub recovered: Recovered,
    /// The dead letters.
    pub dead: Dead,
    /// The sources that take deliveries.
    pub hooks: Arc<Hooks>,
    /// The file with the write-ups that they look for.
    pub known: PathBuf,
    /// The file with the tokens.
    pub tokens: PathBuf,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

impl Collector {
    /// Opens the data folder and the spool in it.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let (folder, keys) = ready_folder(config).await?;
        let mut taking = Vec::new();
        for source in &config.sources {
            let Some(kind) = sources::find(&source.kind) else {
                bail!(
                    "source {}: there is no kind {:?}; `readback list sources` tells which there are",
                    source.id,
                    source.kind
                );
            };
            taking.push((source.id.clone(), kind, source.params.clone()));
        }
        let timezone = config.organisation.calendar.timezone;
        let hooks = Hooks::new(taking, timezone)
            .map_err(|(id, error)| anyhow::Error::from(error).context(format!("source {id}")))?;
        let data = &config.data_dir;
        let path = data.join("spool");
        let limits = limits(config);
        let opened = tokio::task::spawn_blocking(move || Spool::open(&path, limits));
        let (spool, drain, recovered) = opened.await.context("opening the spool")??;
        let known_file = data.join("spool").join("writeups.json");
        if let Some(writeups) = known::read(&known_file).unwrap_or_else(|error| {
            tracing::warn!(%error, "the known write-ups can't be read; the engine is asked");
            None
        }) {
            hooks.know(&writeups).map_err(|(id, error)| {
                anyhow::Error::from(error).context(format!("source {id}"))
            })?;
        }
        Ok(Collector {
            keys,
            k: folder.k,
            spool,
            drain: Arc::new(drain),
            recovered,
            dead: dead(config),
            hooks: Arc::new(hooks),
            known: known_file,
            tokens: tokens(config),
            metrics: Arc::default(),
        })
    }
}

/// The dead-letter folder.
pub fn dead(config: &Config) -> Dead {
    Dead::new(&config.data_dir.join("dead"), limits(config).bytes)
}

/// The file with the tokens.
pub fn tokens(config: &Config) -> PathBuf {
    config.data_dir.join("tokens.json")
}

fn limits(config: &Config) -> Limits {
    Limits {
        bytes: u64::from(config.spool.limit_mib) << 20,
        seal_after: Duration::from_secs(config.spool.load_seconds.into()),
        ..Limits::default()
    }
}
