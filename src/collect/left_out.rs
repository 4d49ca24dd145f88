//! Whose pseudonyms are not kept: everybody's, where a data folder keeps counts only, and those of
//! people who asked for it. What they do still counts where no person is needed.
//!
//! The list lies in a file beside the key, as pseudonyms. A program that runs long looks at the file
//! again, so that who is put on it is left out within a second.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::model::Pseudonym;
use crate::spool::{DocumentError, read_document, write_document};

/// How long what the file said is trusted.
const TRUSTED: Duration = Duration::from_secs(1);

const FORMAT: u32 = 1;

/// Whom a data folder leaves out.
#[derive(Debug, Default)]
pub struct LeftOut {
    everybody: bool,
    path: Option<PathBuf>,
    people: RwLock<BTreeSet<Pseudonym>>,
    // Nearly always there is nobody, and this is asked for every event.
    somebody: AtomicBool,
    looked: Mutex<Option<Looked>>,
}

/// What the file looked like, and when.
#[derive(Debug)]
struct Looked {
    at: Instant,
    stamp: Option<(SystemTime, u64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    /// Pseudonyms, hexadecimal.
    people: Vec<String>,
}

impl LeftOut {
    /// Those in a file; nobody where there is none. With `everybody`, no pseudonym is kept at all.
    ///
    /// # Errors
    /// The file can't be read: then nobody may be let in as if there were none.
    pub fn open(path: &Path, everybody: bool) -> Result<Self, DocumentError> {
        let people = read(path)?;
        Ok(LeftOut {
            everybody,
            path: Some(path.to_owned()),
            somebody: AtomicBool::new(!people.is_empty()),
            people: RwLock::new(people),
            looked: Mutex::new(Some(Looked {
                at: Instant::now(),
                stamp: stamp(path),
            })),
        })
    }

    /// No pseudonym is kept.
    pub fn everybody(&self) -> bool {
        self.everybody
    }

    /// Whether this one is not kept.
    pub fn holds(&self, person: Pseudonym) -> bool {
        self.everybody || (self.somebody.load(Ordering::Relaxed) && self.is_listed(person))
    }

    fn is_listed(&self, person: Pseudonym) -> bool {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.contains(&person)
    }

    /// Who is on the list, each to become nobody.
    pub fn people(&self) -> Vec<(Pseudonym, Option<Pseudonym>)> {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.iter().map(|person| (*person, None)).collect()
    }

    /// How many are on the list.
    pub fn len(&self) -> usize {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.len()
    }

    /// Nobody is on the list.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at the file again, where some time has passed. A file that can't be read leaves the list
    /// as it was: nobody is let in by a fault.
    pub fn refresh(&self) {
        self.look(TRUSTED);
    }

    /// Looks at the file again, however short ago that was done last: whoever is on it now is left out.
    pub fn refresh_now(&self) {
        self.look(Duration::ZERO);
    }

    fn look(&self, trusted: Duration) {
        let Some(path) = &self.path else { return };
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if looked.as_ref().is_some_and(|last| now - last.at < trusted) {
            return;
        }
        let stamp = stamp(path);
        let is_same = looked.as_ref().is_some_and(|last| last.stamp == stamp);
        if !is_same {
            match kept(path) {
                Ok(None) if !self.is_empty() => {
                    let file = path.display();
                    tracing::error!(%file, "who opted out is lost; the list stays as it was as long as this runs");
                }
                Ok(people) => {
                    let people = people.unwrap_or_default();
                    let mut list = self.people.write().unwrap_or_else(PoisonError::into_inner);
                    self.somebody.store(!people.is_empty(), Ordering::Relaxed);
                    *list = people;
                }
                Err(error) => {
                    tracing::error!(%error, "who opted out can't be read again; the list stays as it was");
                }
            }
        }
        *looked = Some(Looked { at: now, stamp });
    }
}

/// Adds people to the list, or takes them off it. Gives how many that changed. The caller holds the data
/// folder's turn.
pub fn change(path: &Path, people: &[Pseudonym], on_it: bool) -> Result<usize, DocumentError> {
    let mut list = read(path)?;
    let before = list.len();
    for person in people {
        match on_it {
            true => list.insert(*person),
            false => list.remove(person),
        };
    }
    let changed = before.abs_diff(list.len());
    if changed > 0 {
        put(path, &list)?;
    }
    Ok(changed)
}

/// Begins an empty list, whatever was there before. The caller holds the data folder's turn.
pub fn begin(path: &Path) -> Result<(), DocumentError> {
    put(path, &BTreeSet::new())
}

fn put(path: &Path, list: &BTreeSet<Pseudonym>) -> Result<(), DocumentError> {
    let file = File {
        format: FORMAT,
        people: list.iter().map(ToString::to_string).collect(),
    };
    write_document(path, &file)
}

/// The people in a list; nobody where there is no file.
pub fn read(path: &Path) -> Result<BTreeSet<Pseudonym>, DocumentError> {
    Ok(kept(path)?.unwrap_or_default())
}

fn kept(path: &Path) -> Result<Option<BTreeSet<Pseudonym>>, DocumentError> {
    let Some(file) = read_document::<File>(path, FORMAT)? else {
        return Ok(None);
    };
    let read = |(n, text): (usize, &String)| {
        Pseudonym::from_hex(text).ok_or_else(|| {
            let words = format!("person {n}: is no pseudonym; valid are 32 hexadecimal digits");
            DocumentError::broken(path, words)
        })
    };
    let people = (1..).zip(&file.people).map(read);
    people.collect::<Result<_, _>>().map(Some)
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opted-out.json");
        let [ada, ben] = [Pseudonym([1; 16]), Pseudonym([2; 16])];
        assert_eq!(change(&path, &[ada, ben, ada], true).unwrap(), 2);
        assert_eq!(change(&path, &[ben], true).unwrap(), 0);
        assert_eq!(change(&path, &[ben], false).unwrap(), 1);
        let left_out = LeftOut::open(&path, false).unwrap();
        assert_eq!((left_out.holds(ada), left_out.holds(ben)), (true, false));
        assert!(LeftOut::open(&path, true).unwrap().holds(ben));
        // Whoever runs hears of it at once, and lets nobody in when the file is lost or broken.
        change(&path, &[ben], true).unwrap();
        left_out.refresh_now();
        assert!(left_out.holds(ben));
        std::fs::write(&path, "").unwrap();
        left_out.refresh_now();
        std::fs::remove_file(&path).unwrap();
        left_out.refresh_now();
        assert!(left_out.holds(ada) && left_out.holds(ben));
    }

    #[test]
    fn a_broken_list_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opted-out.json");
        for text in [
            "",
            r#"{"format":2,"people":[]}"#,
            r#"{"format":1,"people":["ada"]}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            let error = LeftOut::open(&path, false).unwrap_err();
            assert!(
                matches!(error, DocumentError::Broken { .. }),
                "{text}: {error}"
            );
        }
    }
}
