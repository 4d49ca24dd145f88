//! A new key for pseudonyms. Whoever stands in the roster that is given again keeps the history. Everybody
//! else's pseudonyms stay as they are, or become random ones, each old one always the same: what these
//! people did stays counted, and nobody can tell whose it was, not even with both keys. Event keys are not
//! changed, so that an event that comes again still is the same one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::forget::{Letters, Places, people_in_letters, rewrite_letters};
use super::load::blocking;
use crate::collect::{Keys, left_out};
use crate::model::{Identity, Pseudonym};
use crate::spool::{DocumentError, read_document, write_document};
use crate::store::{Renamed, Store};

/// Old and new pseudonyms.
pub type Pairs = BTreeMap<Pseudonym, Pseudonym>;

const FORMAT: u32 = 1;

/// What a rotation does with people whom the rosters do not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LetGo {
    /// Their pseudonyms become random ones.
    pub missing: bool,
    /// Who opted out is taken off the list: nobody can know them again.
    pub opted_out: bool,
}

/// The files of a data folder that a rotation works with.
pub struct Files {
    /// Who opted out.
    pub opted_out: PathBuf,
    /// What becomes of whom, as long as a rotation is under way.
    pub under_way: PathBuf,
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Names of the rosters that are known here.
    pub found: usize,
    /// Dead letters that were changed.
    pub letters: Letters,
    /// Pseudonyms that became random ones.
    pub dropped: usize,
    /// Entries of the opt-out list that are gone.
    pub opted_out: usize,
}

/// Whom a rotation is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Every pseudonym of store and dead letters.
    pub people: BTreeSet<Pseudonym>,
    /// Those of them that the rosters name.
    pub found: BTreeSet<Pseudonym>,
    /// Those that they do not.
    pub missing: BTreeSet<Pseudonym>,
}

/// Old and new pseudonyms of a roster.
pub fn pairs(old: &Keys, new: &Keys, roster: &[Identity]) -> Pairs {
    let pair = |identity: &Identity| (old.pseudonym(identity), new.pseudonym(identity));
    roster.iter().map(pair).collect()
}

/// Whom store and dead letters hold, and whom of them one of these pseudonyms names.
pub async fn held(
    store: &Store,
    places: &Places,
    known: &BTreeSet<Pseudonym>,
) -> anyhow::Result<Held> {
    let mut people = store.everybody().await?;
    let dead = places.dead.clone();
    people.extend(blocking(move || people_in_letters(&dead)).await??);
    let (found, missing) = people.iter().partition(|person| known.contains(person));
    Ok(Held {
        people,
        found,
        missing,
    })
}

/// Those who opted out and are none of these: with a new key they would be known no more, and would come
/// back.
pub fn missing_opted_out(
    list: &Path,
    known: &BTreeSet<Pseudonym>,
) -> Result<Vec<Pseudonym>, DocumentError> {
    let list = left_out::read(list)?;
    Ok(list.difference(known).copied().collect())
}

/// All pseudonyms of pairs: a rotation that was cut off has changed some already.
fn both(pairs: &Pairs) -> BTreeSet<Pseudonym> {
    pairs.iter().flat_map(|(old, new)| [*old, *new]).collect()
}

/// Who becomes whom without being named, as long as a rotation is under way.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnderWay {
    format: u32,
    /// Which rosters and options it began with ([`mark`]).
    of: String,
    /// Old pseudonyms and the random ones in their place, hexadecimal.
    pairs: Vec<(String, String)>,
}

/// What tells rosters and options of one rotation from those of another. Made of pseudonyms: it names
/// nobody.
fn mark(pairs: &Pairs, drop: LetGo) -> String {
    let mut hash = Sha256::new();
    for (old, new) in pairs {
        hash.update(old.0);
        hash.update(new.0);
    }
    hash.update([u8::from(drop.missing), u8::from(drop.opted_out)]);
    let bytes = hash.finalize();
    bytes
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Begins a rotation, or goes on with one that was cut off. Gives the random pseudonyms of those whom the
/// rosters do not name.
///
/// # Errors
/// It began with other rosters or options: people would become two.
fn begin(
    file: &Path,
    mark: String,
    missing: Option<&BTreeSet<Pseudonym>>,
) -> anyhow::Result<Pairs> {
    if let Some(known) = read_document::<UnderWay>(file, FORMAT)? {
        if known.of != mark {
            bail!(
                "a rotation was cut off that began with other rosters or options; give it the same ones again, \
                 or who has a new pseudonym already would become somebody else"
            );
        }
        let pair = |(old, new): &(String, String)| {
            Some((Pseudonym::from_hex(old)?, Pseudonym::from_hex(new)?))
        };
        let pairs: Option<Pairs> = known.pairs.iter().map(pair).collect();
        let words = "a pair is none; valid are two pseudonyms of 32 hexadecimal digits";
        return Ok(pairs.ok_or_else(|| DocumentError::broken(file, words))?);
    }
    let mut pairs = Pairs::new();
    for old in missing.into_iter().flatten() {
        let mut new = [0; 16];
        getrandom::fill(&mut new).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        pairs.insert(*old, Pseudonym(new));
    }
    // Written before anybody is renamed: two of one person's rows must never get two names.
    let each = pairs.iter();
    let under_way = UnderWay {
        format: FORMAT,
        of: mark,
        pairs: each
            .map(|(old, new)| (old.to_string(), new.to_string()))
            .collect(),
    };
    write_document(file, &under_way)?;
    Ok(pairs)
}

/// Forgets what became of whom, when the new key is in its place: from then on nobody can tell.
pub fn ended(files: &Files) -> anyhow::Result<()> {
    match std::fs::remove_file(&files.under_way) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| files.under_way.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Gives everybody in the roster the new pseudonym, in store, dead letters and opt-out list, and to the
/// others what `drop` says. The spool is empty. What was done before a run was cut off is done again
/// without harm. The caller holds the data folder's turn, and when this returns puts the new key in its
/// place and calls [`ended`].
pub async fn run(
    store: &Store,
    places: &Places,
    files: &Files,
    pairs: &Pairs,
    drop: LetGo,
) -> anyhow::Result<Rotated> {
    let known = both(pairs);
    let lost = missing_opted_out(&files.opted_out, &known)?;
    if !lost.is_empty() && !drop.opted_out {
        bail!(refusal(lost.len()));
    }
    let held = held(store, places, &known).await?;
    let missing = drop.missing.then_some(&held.missing);
    let there = |person: &Pseudonym| held.people.contains(person);
    let found = pairs.iter().filter(|(old, new)| there(old) || there(new));
    let found = found.count();
    let random = begin(&files.under_way, mark(pairs, drop), missing)?;
    let all: Vec<(Pseudonym, Pseudonym)> = pairs
        .iter()
        .chain(&random)
        .map(|(old, new)| (*old, *new))
        .collect();
    // Most names of a large roster did nothing here.
    let known_here: Vec<_> = all.iter().filter(|(old, _)| there(old)).copied().collect();
    store.rename_people(&known_here).await.context("renaming")?;
    let renamed: Renamed = all.iter().map(|(old, new)| (*old, Some(*new))).collect();
    let dead = places.dead.clone();
    let letters = blocking(move || rewrite_letters(&dead, &renamed)).await??;
    let listed = left_out::read(&files.opted_out)?;
    let turned = pairs.iter().filter(|(old, _)| listed.contains(old));
    let (old, new): (Vec<_>, Vec<_>) = turned.map(|(old, new)| (*old, *new)).unzip();
    // On it before off it: nobody is let in by a run that is cut off.
    left_out::change(&files.opted_out, &new, true)?;
    left_out::change(&files.opted_out, &[old, lost.clone()].concat(), false)?;
    store.rederive().await?;
    Ok(Rotated {
        found,
        letters,
        dropped: random.len(),
        opted_out: lost.len(),
    })
}

/// Why a rotation does not begin.
pub fn refusal(missing: usize) -> String {
    format!(
        "{missing} of those who opted out or were forgotten are not in the roster: with a new key they would \
         be known no more, and be counted again. Add their names to it, or take them off the list with \
         --drop-opted-out; with the old key gone, nothing could still tell them from others"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_goes_on_with_what_it_began_with() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rotation.json");
        let one = |n: u8| Pseudonym([n; 16]);
        let roster = Pairs::from([(one(1), one(2))]);
        let missing = BTreeSet::from([one(7), one(8)]);
        let drop = LetGo {
            missing: true,
            opted_out: false,
        };
        let first = begin(&file, mark(&roster, drop), Some(&missing)).unwrap();
        assert_eq!(first.keys().copied().collect::<BTreeSet<_>>(), missing);
        // Some are renamed by now, and nobody is given another name.
        let again = begin(&file, mark(&roster, drop), None).unwrap();
        assert_eq!(again, first);
        let fuller = Pairs::from([(one(1), one(2)), (one(7), one(9))]);
        for other in [mark(&fuller, drop), mark(&roster, LetGo::default())] {
            let refused = begin(&file, other, Some(&missing)).unwrap_err();
            assert!(refused.to_string().contains("other rosters"), "{refused}");
        }
    }
}
