//! The dead-letter folder: what the store refused for good, and bytes that are no entries any more,
//! each with its reason, until somebody decides.
//!
//! A letter is two files named by its batch: the frames, and a JSON file with the reason, written
//! last. Burying the same batch again replaces it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::frame;
use super::marks::sync_folder;
use super::segment::Content;

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
        format!("{:032x}", self.batch)
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
        self.write(batch, &bytes, reason, count, at)
    }

    /// Buries bytes that are no entries.
    pub fn bury_damage(
        &self,
        batch: u128,
        bytes: &[u8],
        reason: &str,
        at: i64,
    ) -> Result<(), DeadError> {
        self.write(batch, bytes, reason, 0, at)
    }

    fn write(
        &self,
        batch: u128,
        frames: &[u8],
        reason: &str,
        entries: u64,
        at: i64,
    ) -> Result<(), DeadError> {
        let used = self.bytes()?;
        let bytes = frames.len() as u64;
        if used + bytes > self.limit {
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
        let path = self.folder.join(format!("{batch:032x}"));
        let json = serde_json::to_vec_pretty(&told).map_err(io::Error::other);
        let done = json.and_then(|json| {
            fs::create_dir_all(&self.folder)?;
            put(&path.with_extension(FRAMES), frames)?;
            put(&path.with_extension(TOLD), &json)?;
            sync_folder(&path)
        });
        done.map_err(|cause| named(&path, cause))
    }

    /// All letters, oldest first.
    pub fn letters(&self) -> Result<Vec<Letter>, DeadError> {
        let io = |cause| named(&self.folder, cause);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error)),
        };
        let mut letters = Vec::new();
        for entry in entries {
            let path = entry.map_err(io)?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let batch = stem.and_then(|stem| u128::from_str_radix(stem, 16).ok());
            let is_told = path.extension().is_some_and(|ending| ending == TOLD);
            let Some(batch) = batch.filter(|_| is_told) else {
                continue;
            };
            let bytes = fs::read(&path).map_err(|cause| named(&path, cause))?;
            let told = serde_json::from_slice(&bytes)
                .map_err(|error| named(&path, io::Error::other(error)))?;
            letters.push(Letter { batch, told, path });
        }
        letters.sort_by_key(|letter| (letter.told.at, letter.batch));
        Ok(letters)
    }

    /// The letter whose name begins like this.
    pub fn find(&self, name: &str) -> Result<Letter, DeadError> {
        let letters = self.letters()?;
        let wanted = name.trim().to_ascii_lowercase();
        let mut fitting = letters
            .iter()
            .filter(|letter| !wanted.is_empty() && letter.name().starts_with(&wanted));
        match (fitting.next(), fitting.next()) {
            (Some(letter), None) => Ok(letter.clone()),
            (first, _) => {
                let names: Vec<_> = letters.iter().map(Letter::name).collect();
                let known = match (first, names.is_empty()) {
                    (_, true) => "there are none".to_owned(),
                    (Some(_), _) => format!("several begin like this: {}", names.join(", ")),
                    (None, _) => format!("there are {}", names.join(", ")),
                };
                Err(DeadError::Unknown {
                    name: name.to_owned(),
                    known,
                })
            }
        }
    }

    /// Bytes of all letters.
    pub fn bytes(&self) -> Result<u64, DeadError> {
        Ok(self.letters()?.iter().map(|letter| letter.told.bytes).sum())
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("part");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn named(path: &Path, cause: io::Error) -> DeadError {
    DeadError::Io {
        path: path.display().to_string(),
        cause,
    }
}
