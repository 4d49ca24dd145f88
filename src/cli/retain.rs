//! `readback retain`: takes away what is older than `[retention]` says, as `serve` does every day.

use std::io::Write as _;

use serde_json::json;

use super::audit::note;
use super::engine::Installing;
use super::import::events;
use crate::app::House;
use crate::config::Config;
use crate::jobs::retain::{self, Retained};
use crate::web::audit::Act;

/// How to retain.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
[retention] read_days, read_count_days, attendance_days, comment_days, edit_days, link_days, meeting_days and
story_days say how many days events of a kind are kept; without a limit they stay. `readback serve` takes old ones away once
a day, also those that came over HTTP; every other import and scan takes away at once what it brought of
them. From then on nobody is taken to have watched before, so that what is gone looks like nothing.")]
pub(super) struct Args {
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
    let done = retain(&house, args.dry_run).await;
    house.close().await;
    let done = done?;
    if !args.dry_run && done.iter().any(|one| one.events > 0) {
        note(&config, Act::PrivacyChanged, "old events were removed")?;
    }
    if args.json {
        let each = done.iter().map(|one| {
            json!({
                "kind": one.kind.name(),
                "before": crate::model::to_rfc3339(one.before),
                "events": one.events,
                "removed": !args.dry_run,
            })
        });
        let text = serde_json::to_string_pretty(&each.collect::<Vec<_>>())?;
        writeln!(std::io::stdout(), "{text}")?;
        return Ok(());
    }
    let mut err = std::io::stderr().lock();
    if done.is_empty() {
        writeln!(err, "[retention] sets no limit; nothing is taken away")?;
    }
    let verb = if args.dry_run { "would go" } else { "removed" };
    for one in &done {
        let count = events(one.kind.name(), one.events);
        writeln!(err, "{count} {verb}")?;
    }
    Ok(())
}

/// Takes away what came in and is older than is kept. That it came is known: what was watched before is
/// known no more, and the health of the measurement counts it as removed.
pub(super) async fn again(house: &House) -> anyhow::Result<()> {
    let done = retain(house, false).await?;
    for one in done.iter().filter(|one| one.events > 0) {
        let count = events(one.kind.name(), one.events);
        writeln!(
            std::io::stderr(),
            "{count} older than [retention] keeps: removed"
        )?;
    }
    Ok(())
}

/// Takes away what is old, in the data folder's turn.
pub(super) async fn retain(house: &House, dry_run: bool) -> anyhow::Result<Vec<Retained>> {
    if house.config.retention.is_endless() {
        return Ok(Vec::new());
    }
    let _turn = house.turn().await?;
    let calendar = &house.config.organisation.calendar;
    let retention = &house.config.retention;
    retain::run(&house.store, retention, calendar, super::now(), dry_run).await
}
