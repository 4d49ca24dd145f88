//! Facts of reach and of the long tail, asked of the store: what L7 to L13 start from.

use std::collections::HashMap;

use super::compute::renumber;
use super::observe::Watch;
use crate::indicators::{Context, Reach};
use crate::model::DAY_MS;
use crate::store::{CoverageRow, FactSettings, ObservedRow, RegistryWriteup, Store};

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
