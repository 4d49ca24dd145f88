//! `readback purge`: takes away all that one source told.

use std::io::Write as _;

use serde_json::json;

use super::audit::note;
use super::engine::Installing;
use super::import::events;
use crate::app::House;
use crate::config::Config;
use crate::jobs::purge;
use crate::web::audit::Act;

/// Which source.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For a source that was read by wrong parameters, or that was given another name and so tells everything twice:
its events go, whoever they are of, and how far it was pulled is forgotten. The next `readback scan` or
`readback import` brings it in anew, as far as the wiki, the repository or the files still have it; what they
have no more is lost. What still waits in the spool lands later. Numbers change with the next report.")]
pub(super) struct Args {
    /// The source's id
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Count what would go, and take nothing away
    #[arg(long)]
    dry_run: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let installing = Installing::new();
    let house = House::open(config.clone(), move |progress| installing.show(progress)).await?;
    let done = purge(&house, &args).await;
    house.close().await;
    let done = done?;
    if !args.dry_run {
        note(
            &config,
            Act::PrivacyChanged,
            "the events of a source were removed",
        )?;
    }
    if args.json {
        let each = done.iter().map(|(kind, events)| {
            json!({ "kind": kind.name(), "events": events, "removed": !args.dry_run })
        });
        let text = serde_json::to_string_pretty(&each.collect::<Vec<_>>())?;
        writeln!(std::io::stdout(), "{text}")?;
        return Ok(());
    }
    let mut err = std::io::stderr().lock();
    let verb = if args.dry_run { "would go" } else { "removed" };
    for (kind, count) in &done {
        writeln!(err, "{} {verb}", events(kind.name(), *count))?;
    }
    if done.is_empty() {
        writeln!(err, "{} told nothing that is still here", args.source)?;
    }
    Ok(())
}

async fn purge(house: &House, args: &Args) -> anyhow::Result<Vec<(crate::model::EventKind, u64)>> {
    let _turn = house.turn().await?;
    purge::run(&house.store, &args.source, args.dry_run).await
}
