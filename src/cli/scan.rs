//! `readback scan [SOURCE]`: pulls configured sources once; repositories a second time if a source
//! after them told of write-ups that they can link to.

use std::io::Write as _;

use anyhow::bail;

use super::engine::Installing;
use super::import::{as_json, find, tell};
use super::progress;
use crate::app::House;
use crate::config::{Config, SourceConfig};
use crate::jobs::ingest::{self, Scan};
use crate::sources::Kind;

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
        if named || (args.sources.is_empty() && kind.pull.is_some()) {
            wanted.push((kind, source.clone()));
        }
    }
    if wanted.is_empty() {
        bail!(
            "no source that can be scanned is configured; add a [[source]] of kind git or mediawiki to readback.toml"
        );
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let mut scanned = Scanned::default();
    let unaware = scanned.all(&house, wanted).await?;
    scanned.all(&house, unaware).await?;
    house.close().await;
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
    outcomes: Vec<serde_json::Value>,
    /// One of the failures.
    failed: Option<anyhow::Error>,
}

type Sources = Vec<(&'static Kind, SourceConfig)>;

impl Scanned {
    /// Scans these, one after the other. Returns the repositories in which nobody has looked for
    /// write-ups that a later source told of.
    async fn all(&mut self, house: &House, sources: Sources) -> anyhow::Result<Sources> {
        let (mut repositories, mut unaware) = (Sources::new(), 0);
        for (kind, source) in sources {
            let bar = progress::spinner(&format!("scanning {}", source.id));
            let scan = Scan {
                kind,
                source: source.id.clone(),
                params: source.params.clone(),
                timezone: house.config.organisation.calendar.timezone,
                now: chrono::Utc::now().timestamp_millis(),
            };
            let done = ingest::scan(&house.store, &house.keys, scan).await;
            bar.finish_and_clear();
            match done {
                Ok(done) => {
                    tell(&source.id, &done, false)?;
                    self.outcomes.push(as_json(&source.id, &done));
                    if done.events.contains_key("writeup") {
                        unaware = repositories.len();
                    }
                    if kind.name == "git" {
                        repositories.push((kind, source));
                    }
                }
                // One source that is away must not keep the others from being scanned.
                Err(error) => {
                    writeln!(std::io::stderr(), "{}: {error:#}", source.id)?;
                    self.failed = Some(error);
                }
            }
        }
        repositories.truncate(unaware);
        Ok(repositories)
    }
}
