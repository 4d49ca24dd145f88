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
use crate::spool;

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

/// The list can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not what Readback wrote.
    #[error(
        "{path}: is not what readback wrote; valid is a list of those who opted out, put it back from your backup"
    )]
    Broken {
        /// The file.
        path: String,
    },
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
    pub fn open(path: &Path, everybody: bool) -> Result<Self, ListError> {
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
        let Some(path) = &self.path else { return };
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if looked.as_ref().is_some_and(|last| now - last.at < TRUSTED) {
            return;
        }
        let stamp = stamp(path);
        let is_same = looked.as_ref().is_some_and(|last| last.stamp == stamp);
        if !is_same {
            match read(path) {
                Ok(people) => {
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
pub fn change(path: &Path, people: &[Pseudonym], on_it: bool) -> Result<usize, ListError> {
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
        let file = File {
            format: FORMAT,
            people: list.iter().map(ToString::to_string).collect(),
        };
        serde_json::to_vec(&file)
            .map_err(std::io::Error::from)
            .and_then(|bytes| spool::replace(path, &bytes))
            .map_err(|cause| io(path, cause))?;
    }
    Ok(changed)
}

/// The people in a list; nobody where there is no file.
pub fn read(path: &Path) -> Result<BTreeSet<Pseudonym>, ListError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(cause) => return Err(io(path, cause)),
    };
    let broken = || ListError::Broken {
        path: path.display().to_string(),
    };
    let file: File = serde_json::from_slice(&bytes).map_err(|_| broken())?;
    if file.format != FORMAT {
        return Err(broken());
    }
    let people = file.people.iter().map(|text| Pseudonym::from_hex(text));
    people.collect::<Option<_>>().ok_or_else(broken)
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn io(path: &Path, cause: std::io::Error) -> ListError {
    ListError::Io {
        path: path.display().to_string(),
        cause,
    }
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
            assert!(matches!(error, ListError::Broken { .. }), "{text}: {error}");
        }
    }
}
