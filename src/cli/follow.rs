//! `readback import KIND FILES --follow`: files that are being written, until somebody interrupts.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use tokio::time::{MissedTickBehavior, interval};

use super::import::{as_json, tell};
use crate::app::House;
use crate::jobs::ingest::{self, Ingested, Scan};
use crate::jobs::order::Order;

/// The files as the parameter that says what to follow.
pub(super) fn paths(files: &[PathBuf]) -> anyhow::Result<toml::Value> {
    let mut paths = Vec::new();
    for file in files {
        if file.as_os_str() == "-" {
            bail!("standard input can't be followed; name files");
        }
        // The next run may begin in another folder, and goes on where this one ended.
        let whole = std::path::absolute(file)?;
        paths.push(toml::Value::String(whole.display().to_string()));
    }
    Ok(toml::Value::Array(paths))
}

/// Looks again and again, until interrupted. What was taken stays taken: the next run goes on from there.
pub(super) async fn run(
    house: &House,
    order: &Order,
    every: Duration,
    json: bool,
) -> anyhow::Result<()> {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut signals = super::serve::Signals::new()?;
    let mut first = true;
    let mut told = Vec::new();
    loop {
        tokio::select! {
            () = signals.next() => return Ok(()),
            _ = clock.tick() => {}
        }
        let mut done = step(house, order).await?;
        // What stays as it is, a file that is not there for instance, is not told each second.
        let notes = done.notes.clone();
        if std::mem::replace(&mut told, notes) == done.notes {
            done.notes.clear();
        }
        if first || done.total() > 0 || !done.is_plain() {
            tell(&order.source, &done, false)?;
        }
        if json && (first || done.total() > 0 || done.rejected > 0) {
            writeln!(std::io::stdout(), "{}", as_json(&order.source, &done))?;
        }
        first = false;
    }
}

/// One look: what was written since the last one.
async fn step(house: &House, order: &Order) -> anyhow::Result<Ingested> {
    let organisation = &house.config.organisation;
    let scan = Scan {
        kind: order.kind,
        source: order.source.clone(),
        params: order.params.clone(),
        timezone: organisation.calendar.timezone,
        vocabulary: organisation.vocabulary.clone(),
        now: super::now(),
        gate: house.gate(),
    };
    ingest::scan(&house.store, &house.keys, scan).await
}
