//! A new key for pseudonyms. Whoever stands in the roster that is given again keeps the history; everybody
//! else's pseudonyms stay in the store as they are, and nobody who holds the new key can tell whose they
//! were: the old key is gone. Event keys are not changed, so that an event that comes again still is the
//! same one.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

use super::forget::{Places, rewrite_letters};
use super::load::blocking;
use crate::collect::{Keys, left_out};
use crate::model::{Identity, Pseudonym};
use crate::store::{Renamed, Store};

/// What a rotation found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Names of the roster that got a new pseudonym.
    pub names: usize,
    /// Dead letters that were changed.
    pub letters: usize,
}

/// Old and new pseudonyms of a roster.
pub fn pairs(old: &Keys, new: &Keys, roster: &[Identity]) -> BTreeMap<Pseudonym, Pseudonym> {
    let pair = |identity: &Identity| (old.pseudonym(identity), new.pseudonym(identity));
    roster.iter().map(pair).collect()
}

/// Whom of those who opted out a roster does not name: with a new key they would be known no more, and
/// would come back.
pub fn missing(
    opted_out: &std::path::Path,
    pairs: &BTreeMap<Pseudonym, Pseudonym>,
) -> anyhow::Result<usize> {
    let list = left_out::read(opted_out)?;
    let new: Vec<&Pseudonym> = pairs.values().collect();
    // A rotation that was cut off has changed some already.
    let is_known = |person: &&Pseudonym| pairs.contains_key(*person) || new.contains(person);
    Ok(list.len() - list.iter().filter(is_known).count())
}

/// Gives everybody in the roster the new pseudonym, in store, dead letters and opt-out list. The spool is
/// empty. What was done before a run was cut off is done again without harm. The caller holds the data
/// folder's turn, and puts the new key in its place when this returns.
pub async fn run(
    store: &Store,
    places: &Places,
    opted_out: &std::path::Path,
    pairs: &BTreeMap<Pseudonym, Pseudonym>,
) -> anyhow::Result<Rotated> {
    let missing = missing(opted_out, pairs)?;
    if missing > 0 {
        bail!(
            "{missing} of those who opted out are not in the roster: with a new key they would be known no \
             more. Add their names to it"
        );
    }
    let list: Vec<_> = pairs.iter().map(|(old, new)| (*old, *new)).collect();
    store.rename_people(&list).await.context("renaming")?;
    let renamed: Renamed = list.iter().map(|(old, new)| (*old, Some(*new))).collect();
    let dead = places.dead.clone();
    let letters = blocking(move || rewrite_letters(&dead, &renamed)).await??;
    let known = left_out::read(opted_out)?;
    let turned: Vec<_> = list.iter().filter(|(old, _)| known.contains(old)).collect();
    let [old, new] = [
        turned.iter().map(|(old, _)| *old).collect::<Vec<_>>(),
        turned.iter().map(|(_, new)| *new).collect::<Vec<_>>(),
    ];
    // On it before off it: nobody is let in by a run that is cut off.
    left_out::change(opted_out, &new, true)?;
    left_out::change(opted_out, &old, false)?;
    store.rederive().await?;
    Ok(Rotated {
        names: list.len(),
        letters,
    })
}
