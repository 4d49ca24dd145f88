//! `readback scan [SOURCE]`: pulls configured sources once; repositories a second time if a source
//! after them told of write-ups that they can link to.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;

use super::engine::Installing;
use super::error::words;
use super::import::{as_json, find, tell};
use super::plain::line;
use super::progress;
use crate::app::House;
use crate::config::Config;
use crate::jobs::ingest::Ingested;
use crate::jobs::scan::{self, Listener, Source, Way};

/// What to pull.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ids of configured sources [default: all that can be pulled]
    sources: Vec<String>,
    /// The result as JSON on standard output
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let ids: Vec<_> = config
        .sources
        .iter()
        .map(|source| source.id.as_str())
        .collect();
    for id in &args.sources {
        if !ids.contains(&id.as_str()) {
            let configured = if ids.is_empty() {
                "none".to_owned()
            } else {
                ids.join(", ")
            };
            bail!("no source {id:?} is configured; configured are {configured}");
        }
    }
    let mut wanted = Vec::new();
    for source in &config.sources {
        let kind = find(&source.kind)?;
        let named = args.sources.contains(&source.id);
        if named || (args.sources.is_empty() && kind.is_pulled(&source.params)) {
            wanted.push(Source {
                id: source.id.clone(),
                kind,
                params: source.params.clone(),
            });
        }
    }
    if wanted.is_empty() {
        bail!(
            "no source that can be scanned is configured; add a [[source]] of kind git or of a wiki, with repositories at a forge, or with the path of an access-log, to readback.toml"
        );
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let mut scanned = Scanned::default();
    let timezone = house.config.organisation.calendar.timezone;
    let way = Way {
        store: &house.store,
        keys: &house.keys,
        timezone,
        vocabulary: &house.config.organisation.vocabulary,
        now: super::now,
        gate: house.gate(),
    };
    let done = match house.scan_turn().await {
        Ok(_turn) => scan::run(&way, wanted, &mut scanned).await,
        Err(error) => Err(error),
    };
    let old = super::retain::again(&house).await;
    house.close().await;
    done?;
    old.context("what is older than [retention] keeps")?;
    if args.json {
        writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&scanned.outcomes)?
        )?;
    }
    scanned.failed.map_or(Ok(()), Err)
}

/// What came of it.
#[derive(Default)]
struct Scanned {
    bar: Option<ProgressBar>,
    outcomes: Vec<serde_json::Value>,
    /// One of the failures.
    failed: Option<anyhow::Error>,
}

impl Listener for Scanned {
    fn begins(&mut self, id: &str) {
        self.bar = Some(progress::spinner(&format!("scanning {id}")));
    }

    fn again(&mut self, ids: &[&str]) -> anyhow::Result<()> {
        let were = if ids.len() == 1 { "was" } else { "were" };
        line(
            &mut std::io::stderr(),
            format_args!(
                "{} {were} scanned before write-ups came or changed: once more, for links to them",
                ids.join(", ")
            ),
        )?;
        Ok(())
    }

    fn ended(&mut self, id: &str, outcome: anyhow::Result<Ingested>) -> anyhow::Result<()> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        match outcome {
            Ok(done) => {
                tell(id, &done, false)?;
                self.outcomes.push(as_json(id, &done));
            }
            // One source that is away must not keep the others from being scanned.
            Err(error) => {
                writeln!(std::io::stderr(), "{id}: {}", words(&error))?;
                self.failed = Some(error);
            }
        }
        Ok(())
    }
}
