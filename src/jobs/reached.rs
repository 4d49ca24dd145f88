//! Facts of reach and of the long tail, asked of the store: what L7 to L13 start from.

use std::collections::HashMap;

use super::compute::renumber;
use super::observe::Watch;
use crate::indicators::{Context, LongTail, Reach, WriteupFact, decay_horizon, is_there};
use crate::model::DAY_MS;
use crate::store::{CoverageRow, FactSettings, Followed, ObservedRow, RegistryWriteup, Store};

/// What L12 and L13 start from. `index` is the place of each write-up's number.
pub(super) async fn reach(
    store: &Store,
    context: &Context,
    settings: &FactSettings,
    (registry, observed, coverage): (&[RegistryWriteup], &[ObservedRow], &[CoverageRow]),
    index: &HashMap<u32, u32>,
) -> anyhow::Result<Reach> {
    let year = i64::from(context.parameters.horizon_days) * DAY_MS;
    // Counts of readers name nobody: whether they were taken does not matter here.
    let watch = Watch::new(&["read"], observed, coverage, registry, context.as_of);
    Ok(Reach {
        teams_in_roster: store.teams(settings).await?,
        teams: renumber(store.reader_teams(settings).await?, index)?,
        newcomers: store.newcomers(settings, context.as_of - year).await?,
        observed: watch.together(),
    })
}

/// Up to so many reads L7 takes each age as it is; the list of them is then no longer than this.
const MOST_AGES: u64 = 100_000;

/// Binary digits after an age's first that are kept of more reads: 128 ages between one and its double, so some
/// 2,400 up to a year for each end of watching. Their means are told, so that a likelihood is off by the second
/// power of their width, 1/128, alone.
const BITS: u8 = 7;

/// All that a float has after its first: each age stands for itself.
const ALL_BITS: u8 = 52;

/// What L7 to L10 start from. `reads` is the number of all reads.
pub(super) async fn long_tail(
    store: &Store,
    context: &Context,
    settings: &FactSettings,
    (registry, writeups, reads): (&[RegistryWriteup], &[WriteupFact], u64),
    index: &HashMap<u32, u32>,
) -> anyhow::Result<LongTail> {
    let horizon = context.parameters.horizon_days;
    let since = context.as_of - i64::from(horizon) * DAY_MS;
    let date = context.calendar.date(since).to_epoch_days();
    let pairs = || registry.iter().zip(writeups);
    let there: Vec<u32> = pairs()
        .filter(|(_, writeup)| is_there(writeup, context.as_of))
        .map(|(entry, _)| entry.number)
        .collect();
    let mut followed = Followed {
        whole_days: i32::try_from(horizon).unwrap_or(i32::MAX),
        ..Followed::default()
    };
    for (entry, writeup) in pairs() {
        if let Some(horizon) = decay_horizon(writeup, context) {
            followed.writeups.push(entry.number);
            followed.horizons.push(horizon);
        }
    }
    let bits = if reads <= MOST_AGES { ALL_BITS } else { BITS };
    let people = store.read_ages_people(settings, &followed).await?;
    let year = store.reads_of_year(settings, (since, date), &there);
    Ok(LongTail {
        weeks: renumber(store.reads_by_week(settings).await?, index)?,
        thirties: renumber(store.reads_by_thirty(settings).await?, index)?,
        year: renumber(year.await?, index)?,
        ages: store.read_ages(settings, &followed, bits).await?,
        old_people: people.0,
        young_people: people.1,
        other_people: people.2,
    })
}
