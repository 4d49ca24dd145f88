//! Takes away all that one source told, so that it may tell it anew: after a wrong setting, or where a source
//! was given another name and tells everything twice.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};

use super::people::BY_HAND;
use crate::model::{EventKind, Millis};
use crate::store::Store;

/// Takes away what a source told, or with `dry_run` counts it; by kind, those that there are. How far it was
/// pulled is forgotten as well. The caller holds the data folder's turn.
///
/// # Errors
/// Nothing is known of such a source, or it is people's own hands.
pub async fn run(
    store: &Store,
    source: &str,
    dry_run: bool,
) -> anyhow::Result<Vec<(EventKind, u64)>> {
    if source == BY_HAND {
        bail!(
            "{BY_HAND} is what people entered by hand: `readback writeups` and `readback people` change it"
        );
    }
    let mut told = Vec::new();
    for kind in EventKind::ALL {
        let events = store.told_by(kind, source).await?;
        if events > 0 {
            told.push((kind, events));
        }
    }
    let checkpoint = store.checkpoint(source).await?;
    let is_pulled = checkpoint.is_some_and(|(_, value)| !value.is_empty());
    if told.is_empty() && !is_pulled {
        let known = known(store).await?;
        bail!("no events of a source {source:?} are here; there are those of: {known}");
    }
    if dry_run {
        return Ok(told);
    }
    // First: what is derived must not outlive what it was derived from, and a run that is cut off must not
    // leave a source that goes on behind what is gone.
    store.rederive().await?;
    store.forget_checkpoint(source).await?;
    // Nor may what an import replaced come back.
    store.forget_imports(Millis::MIN, source).await?;
    for (kind, _) in &told {
        let purged = store.purge(*kind, source).await;
        purged.with_context(|| format!("{} events of {source}", kind.name()))?;
    }
    Ok(told)
}

async fn known(store: &Store) -> anyhow::Result<String> {
    let (events, pulls) = (store.last_events().await?, store.last_pulls().await?);
    let names = events.into_iter().chain(pulls).map(|(name, _)| name);
    let names: BTreeSet<String> = names.filter(|name| name != BY_HAND).collect();
    Ok(match names.is_empty() {
        true => "none".to_owned(),
        false => names.into_iter().collect::<Vec<_>>().join(", "),
    })
}
