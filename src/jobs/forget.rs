//! Erasure: a person is taken out of everything that is kept. What the person did still counts where no
//! person is needed: a read stays a read.
//!
//! The order matters. First whoever is to be forgotten is put on the list of those left out, so that
//! nothing new comes in. Then what waits in the spool goes to the store, where it can be changed. Then
//! store and dead letters are gone through, and what is derived is made anew. At last all of it is
//! searched: that it is done is looked at, not believed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::load::blocking;
use crate::collect::Keys;
use crate::collect::roster::identity;
use crate::model::Pseudonym;
use crate::spool::{Dead, Letter};
use crate::store::{Batch, Renamed, Store};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Rows of the store by table and column, before.
    pub rows: BTreeMap<String, u64>,
    /// Dead letters that were changed, or of which a part went.
    pub letters: Letters,
    /// Where something is left: table and column, or file. Empty when it is done.
    pub left: BTreeMap<String, u64>,
    /// Where the name itself stands in texts, see [`texts`].
    pub texts: BTreeMap<String, u64>,
}

/// What became of dead letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// Letters that are other than before.
    pub changed: usize,
    /// Those of them of which a damaged part went: nobody can read it, so nobody could take anybody out
    /// of it. Its entries that can be read are kept.
    pub damaged: usize,
}

/// Where else than in the store people stand.
pub struct Places {
    /// The spool's folder.
    pub spool: PathBuf,
    /// The dead letters.
    pub dead: Dead,
    /// Their folder.
    pub letters: PathBuf,
}

/// The pseudonym of somebody: of a mail address, of an account as `KIND:NAME`, of what events carry as
/// `person`. 32 hexadecimal digits are one themselves.
///
/// # Errors
/// What would be valid; never the name.
pub fn pseudonym(keys: &Keys, name: &str) -> Result<Pseudonym, String> {
    match Pseudonym::from_hex(name.trim()) {
        Some(pseudonym) => Ok(pseudonym),
        None => Ok(keys.pseudonym(&identity(name)?)),
    }
}

/// Takes people out of store and dead letters, and makes the next run of the derive job build everything
/// again. The spool is empty, and nobody of these comes into it. The caller holds the data folder's turn.
pub async fn erase(
    store: &Store,
    places: &Places,
    people: &[Pseudonym],
) -> anyhow::Result<Forgotten> {
    let rows = store.people_found(people).await?;
    let dead = places.dead.clone();
    let gone: Renamed = people.iter().map(|person| (*person, None)).collect();
    let letters = blocking(move || rewrite_letters(&dead, &gone)).await??;
    store.erase_people(people).await.context("erasing")?;
    store.rederive().await?;
    Ok(Forgotten {
        rows,
        letters,
        ..Forgotten::default()
    })
}

/// Searches store, spool and dead letters for people. What is found is what is left of them.
pub async fn search(
    store: &Store,
    places: &Places,
    people: &[Pseudonym],
) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut left = store.people_found(people).await?;
    let (folders, people) = (
        [places.spool.clone(), places.letters.clone()],
        people.to_vec(),
    );
    let files = blocking(move || {
        let mut found = BTreeMap::new();
        for folder in folders {
            for path in files(&folder)? {
                let n = occurrences(&std::fs::read(&path)?, &people);
                if n > 0 {
                    found.insert(path.display().to_string(), n);
                }
            }
        }
        Ok::<_, std::io::Error>(found)
    });
    left.extend(files.await?.context("searching spool and dead letters")?);
    Ok(left)
}

/// Where mail addresses themselves stand in texts of the store, by table and column: in the address of a page
/// for instance, as a source delivered it. No event's person is told by that, and nothing takes it out.
pub async fn texts(store: &Store, names: &[String]) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for name in names
        .iter()
        .map(|name| name.trim())
        .filter(|name| name.contains('@'))
    {
        let pattern = format!("(?i){}", regex::escape(name).replace('@', "(@|%40)"));
        for column in store.columns().await? {
            if !column.is_text() {
                continue;
            }
            let there = store.texts(&column, &pattern).await?.found;
            if there > 0 {
                *found
                    .entry(format!("{}.{}", column.table, column.name))
                    .or_default() += there;
            }
        }
    }
    Ok(found)
}

/// Gives people in dead letters other pseudonyms, or takes them out. What can't be read of a letter and
/// holds one of them goes. Blocks the thread.
pub fn rewrite_letters(dead: &Dead, renamed: &Renamed) -> anyhow::Result<Letters> {
    let people: Vec<Pseudonym> = renamed.keys().copied().collect();
    let mut letters = Letters::default();
    for letter in dead.letters()? {
        let done = rewrite(dead, &letter, renamed, &people)?;
        letters.changed += usize::from(done != Done::Nothing);
        letters.damaged += usize::from(done == Done::Damaged);
    }
    Ok(letters)
}

/// Everybody whom dead letters name, as far as they can be read. Blocks the thread.
pub fn people_in_letters(dead: &Dead) -> anyhow::Result<BTreeSet<Pseudonym>> {
    let mut people = BTreeSet::new();
    for letter in dead.letters()? {
        let content = letter.read()?;
        let batches = content
            .entries()
            .filter_map(|entry| Batch::unpack(entry).ok());
        people.extend(batches.flat_map(|batch| batch.people()));
    }
    Ok(people)
}

/// What was done with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// None of these people is in it.
    Nothing,
    /// They are out of it.
    Changed,
    /// The same, and a part that can't be read went with them.
    Damaged,
}

fn rewrite(
    dead: &Dead,
    letter: &Letter,
    renamed: &Renamed,
    people: &[Pseudonym],
) -> anyhow::Result<Done> {
    let content = letter.read()?;
    let mut any = false;
    let mut unread = content.damage().any(|bytes| occurrences(bytes, people) > 0);
    let mut entries = Vec::new();
    for entry in content.entries() {
        match Batch::unpack(entry) {
            Ok(mut batch) => {
                any |= batch.rename_people(renamed);
                entries.push(batch.pack()?);
            }
            // Nobody can read it, so nobody can take anybody out of it.
            Err(_) if occurrences(entry, people) > 0 => unread = true,
            Err(_) => entries.push(entry.to_vec()),
        }
    }
    if !any && !unread {
        return Ok(Done::Nothing);
    }
    // What is written again has no damage; and the damage of a batch is a letter beside its entries,
    // whose place it must not take.
    unread |= content.damage().next().is_some();
    match entries.is_empty() || letter.is_damage() {
        true => letter.remove()?,
        false => {
            let entries = entries.iter().map(Vec::as_slice);
            dead.bury(letter.batch, entries, &letter.told.reason, letter.told.at)?;
        }
    }
    Ok(if unread { Done::Damaged } else { Done::Changed })
}

/// Segments of a spool that are there now.
pub fn segments(spool: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "seg");
    Ok(files(spool)?.into_iter().filter(is_segment).collect())
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// How often pseudonyms stand in bytes, as they are packed or as text.
fn occurrences(bytes: &[u8], people: &[Pseudonym]) -> u64 {
    let count = |needle: &[u8]| memchr::memmem::find_iter(bytes, needle).count() as u64;
    let each = people.iter().map(|person| {
        let mut turned = person.0;
        turned.reverse();
        count(&person.0) + count(&turned) + count(person.to_string().as_bytes())
    });
    each.sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::collect::{Intake, Keys};
    use crate::model::{Body, Event, Identity, Read};

    #[test]
    fn a_letter_keeps_what_was_done_and_not_by_whom() {
        let keys = Keys::new([7; 32]);
        let ada = Identity::bare("ada@example.org");
        let person = keys.pseudonym(&ada);
        let mut batch = Batch::default();
        let read = Read {
            person: Some(ada),
            session: Some("s".to_owned()),
            ..Read::default()
        };
        let event = Event {
            source: Arc::from("wiki"),
            id: "r1".to_owned(),
            subject: "INC-1".to_owned(),
            time: 0,
            version: 0,
            body: Body::Read(read),
        };
        batch.push(Intake::new(keys).accept(event).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let dead = Dead::new(folder.path(), 1 << 20);
        let packed = batch.pack().unwrap();
        dead.bury(7, [&*packed, b"nobody can read this"], "refused", 0)
            .unwrap();
        let unread = [b"old ".as_slice(), &person.0].concat();
        dead.bury(8, [&*unread], "refused", 0).unwrap();
        // Damage behind what can be read, with the person and without; and damage alone.
        let damaged = |batch: u128, damage: &[u8]| {
            dead.bury(batch, [&*packed], "refused", 0).unwrap();
            let path = folder.path().join(format!("{batch:032x}.frames"));
            let whole = std::fs::read(&path).unwrap();
            std::fs::write(&path, [&whole, damage].concat()).unwrap();
        };
        damaged(9, &unread);
        damaged(10, b"nobody");
        dead.bury_damage(9, &unread, "damaged", 0).unwrap();
        dead.bury_damage(10, b"nobody", "damaged", 0).unwrap();
        assert_eq!(people_in_letters(&dead).unwrap(), BTreeSet::from([person]));
        let everything = || -> Vec<u8> {
            let files = files(folder.path()).unwrap();
            files
                .iter()
                .flat_map(|path| std::fs::read(path).unwrap())
                .collect()
        };
        assert_eq!(occurrences(&everything(), &[person]), 6);
        let gone = Renamed::from([(person, None)]);
        let done = rewrite_letters(&dead, &gone).unwrap();
        assert_eq!((done.changed, done.damaged), (5, 4));
        assert_eq!(occurrences(&everything(), &[person]), 0);
        let letters = dead.letters().unwrap();
        let told: Vec<_> = letters
            .iter()
            .map(|letter| (letter.batch, letter.is_damage(), letter.told.entries))
            .collect();
        // What can be read of a damaged letter is kept.
        let expected = [(7, false, 2), (9, false, 1), (10, false, 1), (10, true, 0)];
        assert_eq!(told, expected);
        let content = letters[0].read().unwrap();
        let kept = Batch::unpack(content.entries().next().unwrap()).unwrap();
        assert_eq!(kept.kinds()["read"], 1);
        assert_eq!(rewrite_letters(&dead, &gone).unwrap(), Letters::default());
    }
}
