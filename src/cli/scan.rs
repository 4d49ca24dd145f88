//! `readback scan [SOURCE]`: pulls configured sources once.

use std::io::Write as _;

use anyhow::bail;

use super::engine::Installing;
use super::import::{as_json, find, tell};
use super::progress;
use crate::app::House;
use crate::config::Config;
use crate::jobs::ingest::{self, Scan};

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
    let timezone = config.organisation.calendar.timezone;
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let mut outcomes = Vec::new();
    let mut failed = None;
    for (kind, source) in wanted {
        let bar = progress::spinner(&format!("scanning {}", source.id));
        let now = chrono::Utc::now().timestamp_millis();
        let scan = Scan {
            kind,
            source: source.id.clone(),
            params: source.params,
            timezone,
            now,
        };
        let done = ingest::scan(&house.store, &house.keys, scan).await;
        bar.finish_and_clear();
        match done {
            Ok(done) => {
                tell(&source.id, &done, false)?;
                outcomes.push(as_json(&source.id, &done));
            }
            // One source that is away must not keep the others from being scanned.
            Err(error) => {
                writeln!(std::io::stderr(), "{}: {error:#}", source.id)?;
                failed = Some(error);
            }
        }
    }
    house.close().await;
    if args.json {
        writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&outcomes)?
        )?;
    }
    failed.map_or(Ok(()), Err)
}
