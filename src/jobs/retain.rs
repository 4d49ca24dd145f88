//! Retention: events that are old enough go, by kind. From that day on their sources are taken to watch:
//! what was taken away must not look as if nobody had read.

use anyhow::Context as _;

use crate::config::Retention;
use crate::model::{Calendar, EventKind, Millis};
use crate::store::{Cut, Store};

/// What a run did, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retained {
    /// The kind of events that goes.
    pub kind: EventKind,
    /// What happened before it, UTC ms; a local midnight.
    pub before: Millis,
    /// Events that it is about.
    pub events: u64,
}

/// Takes away what is older than the limits, or with `dry_run` counts it. Says what it was about. The
/// caller holds the data folder's turn.
pub async fn run(
    store: &Store,
    retention: &Retention,
    calendar: &Calendar,
    now: Millis,
    dry_run: bool,
) -> anyhow::Result<Vec<Retained>> {
    let mut done = Vec::new();
    for (kind, days) in &retention.events {
        let before = midnight(calendar, now, *days);
        let events = store.older(*kind, before).await?;
        done.push(Retained {
            kind: *kind,
            before,
            events,
        });
    }
    let old: Vec<_> = done.iter().filter(|one| one.events > 0).collect();
    if dry_run || old.is_empty() {
        return Ok(done);
    }
    // Also first: what is derived must not outlive what it was derived from.
    store.rederive().await?;
    for one in old {
        let name = one.kind.name();
        let cut = Cut {
            kind: name.to_owned(),
            before: one.before,
            events: one.events,
        };
        // Said first: a run that is cut off must not leave days that nobody watched.
        store.set_cut(cut).await?;
        let erased = store.erase_older(one.kind, one.before).await;
        erased.with_context(|| format!("retention of {name} events"))?;
    }
    Ok(done)
}

/// The local midnight so many days before today's.
fn midnight(calendar: &Calendar, now: Millis, days: u32) -> Millis {
    let today = calendar.date(now);
    let day = today.checked_sub_days(chrono::Days::new(days.into()));
    calendar.midnight(day.unwrap_or(today))
}
