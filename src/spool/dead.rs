//! The dead-letter folder: what the store refused for good, and bytes that are no entries any more,
//! each with its reason, until somebody decides.
//!
//! A letter is two files named by its batch: the frames, and a JSON file with the reason, written
//! last. Burying the same batch again replaces it. Damage of a batch is a letter beside that of its
//! entries.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::frame;
use super::segment::Content;
use super::whole::{replace, sync_folder};

/// The folder.
#[derive(Clone, Debug)]
pub struct Dead {
    folder: PathBuf,
    /// Bytes that it may hold.
    limit: u64,
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Names the batch it was part of, or was.
    pub batch: u128,
    /// What `readback dead` shows of it.
    pub told: Told,
    name: String,
    path: PathBuf,
}

/// What is told of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Why it is here.
    pub reason: String,
    /// Requests in it; 0 for bytes that can't be read.
    pub entries: u64,
    /// Bytes in it.
    pub bytes: u64,
    /// When it was buried, UTC ms.
    pub at: i64,
}

/// Why a letter can't be buried or found.
#[derive(Debug, thiserror::Error)]
pub enum DeadError {
    /// It holds all that it may hold.
    #[error(
        "{folder}: holds {used} bytes of dead letters, at most {limit} are kept; `readback dead list` shows them"
    )]
    Full {
        /// The folder.
        folder: String,
        /// Bytes in it.
        used: u64,
        /// Bytes that may be in it.
        limit: u64,
    },
    /// No letter has this name, or several have.
    #[error("no dead letter {name:?}; {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Which there are.
        known: String,
    },
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's error.
        #[source]
        cause: io::Error,
    },
}

impl Letter {
    /// Its name, as `readback dead` takes it.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Whether it is the damage of a batch, beside the letter with the batch's entries.
    pub fn is_damage(&self) -> bool {
        self.name.ends_with(DAMAGE)
    }

    /// Reads what is in it. Blocks the thread.
    pub fn read(&self) -> Result<Content, DeadError> {
        let path = self.path.with_extension(FRAMES);
        fs::read(&path)
            .and_then(|bytes| Content::of(bytes, self.batch))
            .map_err(|cause| named(&path, cause))
    }

    /// Removes it.
    pub fn remove(&self) -> Result<(), DeadError> {
        for ending in [FRAMES, TOLD] {
            let path = self.path.with_extension(ending);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(named(&path, error));
                }
                _ => {}
            }
        }
        sync_folder(&self.path).map_err(|cause| named(&self.path, cause))
    }
}

const FRAMES: &str = "frames";
const TOLD: &str = "json";
/// Behind the batch in the name of a letter with damage.
const DAMAGE: &str = "-damage";

impl Dead {
    /// The folder, which may not be there yet, and how many bytes it may hold.
    pub fn new(folder: &Path, limit: u64) -> Self {
        Dead {
            folder: folder.to_owned(),
            limit,
        }
    }

    /// Buries the entries of a batch. Returns when they are durable. Blocks the thread.
    pub fn bury<'a>(
        &self,
        batch: u128,
        entries: impl IntoIterator<Item = &'a [u8]>,
        reason: &str,
        at: i64,
    ) -> Result<(), DeadError> {
        let (mut bytes, mut count) = (Vec::new(), 0);
        for payload in entries {
            // A letter makes no promises about rows and marks: those were kept when it was buried.
            frame::put(&mut bytes, batch, &frame::body(0, &[], payload));
            count += 1;
        }
        self.write(&format!("{batch:032x}"), &bytes, reason, count, at)
    }

    /// Buries bytes of a batch that are no entries.
    pub fn bury_damage(
        &self,
        batch: u128,
        bytes: &[u8],
        reason: &str,
        at: i64,
    ) -> Result<(), DeadError> {
        self.write(&format!("{batch:032x}{DAMAGE}"), bytes, reason, 0, at)
    }

    fn write(
        &self,
        name: &str,
        frames: &[u8],
        reason: &str,
        entries: u64,
        at: i64,
    ) -> Result<(), DeadError> {
        let path = self.folder.join(name);
        let replaced = fs::metadata(path.with_extension(FRAMES));
        let replaced = replaced.map_or(0, |before| before.len());
        let used = self.bytes()?.saturating_sub(replaced);
        let bytes = frames.len() as u64;
        if used.saturating_add(bytes) > self.limit {
            return Err(DeadError::Full {
                folder: self.folder.display().to_string(),
                used,
                limit: self.limit,
            });
        }
        let told = Told {
            reason: reason.to_owned(),
            entries,
            bytes,
            at,
        };
        let json = serde_json::to_vec_pretty(&told).map_err(io::Error::other);
        let done = json.and_then(|json| {
            fs::create_dir_all(&self.folder)?;
            sync_folder(&self.folder)?;
            replace(&path.with_extension(FRAMES), frames)?;
            replace(&path.with_extension(TOLD), &json)?;
            Ok(())
        });
        done.map_err(|cause| named(&path, cause))
    }

    /// All letters, oldest first.
    pub fn letters(&self) -> Result<Vec<Letter>, DeadError> {
        let mut letters = Vec::new();
        for path in self.files(TOLD)? {
            let Some((name, batch)) = of_letter(&path) else {
                continue;
            };
            let bytes = fs::read(&path).map_err(|cause| named(&path, cause))?;
            // One that can't be read is still listed, so that it can be removed.
            let told = serde_json::from_slice(&bytes).unwrap_or_else(|error| Told {
                reason: format!(
                    "its note can't be read (line {}, column {})",
                    error.line(),
                    error.column()
                ),
                entries: 0,
                bytes: fs::metadata(path.with_extension(FRAMES)).map_or(0, |file| file.len()),
                at: 0,
            });
            letters.push(Letter {
                batch,
                told,
                name,
                path,
            });
        }
        letters.sort_by(|a, b| (a.told.at, &a.name).cmp(&(b.told.at, &b.name)));
        Ok(letters)
    }

    /// How many letters there are. Reads none of them.
    pub fn count(&self) -> Result<usize, DeadError> {
        let files = self.files(TOLD)?;
        Ok(files.iter().filter_map(|path| of_letter(path)).count())
    }

    /// Its files with this ending.
    fn files(&self, wanted: &str) -> Result<Vec<PathBuf>, DeadError> {
        let io = |cause| named(&self.folder, cause);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(io)?.path();
            if path.extension().is_some_and(|ending| ending == wanted) {
                files.push(path);
            }
        }
        Ok(files)
    }

    /// The letter with this name, or else the only one whose name begins like this.
    pub fn find(&self, name: &str) -> Result<Letter, DeadError> {
        let letters = self.letters()?;
        let wanted = name.trim().to_ascii_lowercase();
        if let Some(letter) = letters.iter().find(|letter| letter.name == wanted) {
            return Ok(letter.clone());
        }
        let fits = |letter: &&Letter| !wanted.is_empty() && letter.name.starts_with(&wanted);
        let fitting: Vec<_> = letters.iter().filter(fits).collect();
        if let [letter] = fitting[..] {
            return Ok(letter.clone());
        }
        let names = |letters: &[&Letter]| {
            let names: Vec<_> = letters.iter().map(|letter| letter.name()).collect();
            names.join(", ")
        };
        let known = match (fitting.is_empty(), letters.is_empty()) {
            (_, true) => "there are none".to_owned(),
            (false, _) => format!("several begin like this: {}", names(&fitting)),
            (true, _) => format!("there are {}", names(&letters.iter().collect::<Vec<_>>())),
        };
        Err(DeadError::Unknown {
            name: name.to_owned(),
            known,
        })
    }

    /// Bytes of all letters.
    pub fn bytes(&self) -> Result<u64, DeadError> {
        let files = self.files(FRAMES)?;
        // One that was removed in the meantime takes no room.
        let lengths = files
            .iter()
            .filter_map(|path| Some(fs::metadata(path).ok()?.len()));
        Ok(lengths.sum())
    }
}

/// The name of a letter and its batch, as they stand in a path; other files are none of ours.
fn of_letter(path: &Path) -> Option<(String, u128)> {
    let name = path.file_stem()?.to_str()?;
    let batch = name.strip_suffix(DAMAGE).unwrap_or(name);
    let digits = |batch: &str| {
        batch
            .bytes()
            .all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
    };
    if batch.len() != 32 || !digits(batch) {
        return None;
    }
    let number = u128::from_str_radix(batch, 16).ok()?;
    Some((name.to_owned(), number))
}

fn named(path: &Path, cause: io::Error) -> DeadError {
    DeadError::Io {
        path: path.display().to_string(),
        cause,
    }
}
