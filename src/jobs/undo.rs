//! Imports of meetings, and how one is taken back. Files are dropped onto the wrong meeting, or in the wrong
//! zone: what such a file brought goes, and what stood there before stands again. Only what is of meetings is
//! remembered for that; a source of anything else is taken away as a whole ([`super::purge`]).

use anyhow::bail;

use super::gate::Gate;
use super::preview::is_list;
use crate::model::{DAY_MS, Millis};
use crate::store::{Import, Imported, Store};

/// So long an import can be taken back.
pub const REMEMBERED_DAYS: i64 = 90;

/// A new import of a file of this kind.
///
/// # Errors
/// No randomness for its number.
pub(super) fn begin(reader: &'static str, at: Millis) -> anyhow::Result<Import> {
    let mut number = [0; 8];
    getrandom::fill(&mut number).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(Import {
        number: u64::from_be_bytes(number),
        at,
        reader,
    })
}

/// Imports that can be taken back, the newest first.
pub async fn list(store: &Store, now: Millis) -> anyhow::Result<Vec<Imported>> {
    sweep(store, now).await?;
    Ok(store.imports().await?)
}

/// Forgets imports that are too old to be taken back, and what they replaced.
pub(super) async fn sweep(store: &Store, now: Millis) -> anyhow::Result<()> {
    let before = now.saturating_sub(REMEMBERED_DAYS * DAY_MS);
    let imports = store.imports().await?;
    if imports.iter().any(|one| one.imported_at < before) {
        store.forget_imports(before, "").await?;
    }
    Ok(())
}

/// An import of a list of which something stands beside another one of the same meetings: whoever has no address in
/// both, or was matched otherwise, counts twice.
#[derive(Debug)]
pub struct Beside {
    /// The import.
    pub import: Imported,
    /// How many of its events stand, and were not written anew.
    pub events: u64,
    /// It tells of no other meetings.
    pub is_whole: bool,
}

/// Imports of lists that stand beside this one.
pub async fn beside(store: &Store, import: u64, now: Millis) -> anyhow::Result<Vec<Beside>> {
    let found = store.beside_import(import).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let all = list(store, now).await?;
    let Some(own) = all.iter().find(|one| one.import == import) else {
        return Ok(Vec::new());
    };
    let is_whole = |one: &Imported| {
        let mut hashes = one.hashes.iter();
        one.meetings as usize == one.hashes.len() && hashes.all(|hash| own.hashes.contains(hash))
    };
    let beside = all.iter().filter_map(|one| {
        let (_, events) = found.iter().find(|(import, _)| *import == one.import)?;
        let stands = is_list(&one.reader) && one.superseded_by == 0;
        stands.then(|| Beside {
            import: one.clone(),
            events: *events,
            is_whole: is_whole(one),
        })
    });
    Ok(beside.collect())
}

/// Takes an import back, by its name.
///
/// # Errors
/// There is none of that name ([`Unknown`]), or a later one took its place ([`Covered`]): what stands is
/// that one's word, and nobody can tell what it would be without this one.
pub async fn run(store: &Store, gate: &Gate, name: &str, now: Millis) -> anyhow::Result<Imported> {
    let all = list(store, now).await?;
    let found = all
        .into_iter()
        .find(|one| called(one.import) == name.trim());
    let Some(found) = found else {
        bail!(Unknown(name.trim().to_owned()));
    };
    if found.superseded_by != 0 {
        bail!(Covered {
            name: called(found.import),
            by: called(found.superseded_by),
        });
    }
    let _passed = gate.pass().await?;
    // First: whoever stands again may have no number yet.
    store.look_again().await?;
    store.undo_import(found.import).await?;
    Ok(found)
}

/// Lets an import take the place of an earlier one, by its name.
///
/// # Errors
/// There is none of that name.
pub async fn supersede(
    store: &Store,
    gate: &Gate,
    (name, by): (&str, u64),
) -> anyhow::Result<Imported> {
    let mut all = store.imports().await?.into_iter();
    let found = all.find(|one| called(one.import) == name.trim() && one.import != by);
    let Some(found) = found else {
        bail!(Unknown(name.trim().to_owned()));
    };
    let _passed = gate.pass().await?;
    store.look_again().await?;
    store.supersede_import(found.import, by).await?;
    Ok(found)
}

/// No import is called so.
#[derive(Debug, thiserror::Error)]
#[error(
    "no import {0:?} can be taken back: it was already, or it is older than {REMEMBERED_DAYS} days; \
     the list of imports shows those that can"
)]
pub struct Unknown(String);

/// A later import took the place of one.
#[derive(Debug, thiserror::Error)]
#[error("the import {name} can't be taken back: {by} took its place; take that one back first")]
pub struct Covered {
    name: String,
    by: String,
}

/// What an import is called.
pub fn called(import: u64) -> String {
    format!("{import:016x}")
}
