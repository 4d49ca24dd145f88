//! What a small file of the data folder says, read again when the file changed: commands change it
//! beside a running door.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How long what the file said is trusted: who was taken away is refused after it.
const TRUSTED: Duration = Duration::from_secs(1);

/// A file's content as it was last seen whole.
pub(super) struct Fresh<T, E> {
    path: PathBuf,
    read: fn(&Path) -> Result<T, E>,
    seen: Mutex<Seen<T>>,
}

pub(super) struct Seen<T> {
    pub(super) content: T,
    stamp: Option<(SystemTime, u64)>,
    looked: Instant,
}

impl<T, E: std::fmt::Display> Fresh<T, E> {
    /// The file, which need not be there yet.
    pub(super) fn open(path: PathBuf, read: fn(&Path) -> Result<T, E>) -> Result<Self, E> {
        let stamp = stamp(&path);
        let seen = Seen {
            content: read(&path)?,
            stamp,
            looked: Instant::now(),
        };
        Ok(Fresh {
            path,
            read,
            seen: Mutex::new(seen),
        })
    }

    /// What it says, at most a second old.
    pub(super) fn get(&self) -> MutexGuard<'_, Seen<T>> {
        let mut seen = self.seen();
        if seen.looked.elapsed() > TRUSTED {
            self.look_again(&mut seen);
        }
        seen
    }

    /// Whether it can be read now. A file that is not there has nothing to say, and says that.
    pub(super) fn is_readable(&self) -> bool {
        (self.read)(&self.path).is_ok()
    }

    /// What was last seen, however old.
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen<T>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file, if it is another than before.
    pub(super) fn look_again(&self, seen: &mut Seen<T>) {
        seen.looked = Instant::now();
        let stamp = stamp(&self.path);
        if stamp == seen.stamp {
            return;
        }
        match (self.read)(&self.path) {
            Ok(content) => {
                seen.content = content;
                seen.stamp = stamp;
            }
            // A second later it may be whole; until then what was known holds.
            Err(error) => tracing::error!(%error, "a file of the data folder can't be read"),
        }
    }
}

/// Tells whether a file is another than before: it is replaced as a whole.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let meta = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&meta);
    #[cfg(not(unix))]
    let inode = meta.len();
    Some((meta.modified().ok()?, inode))
}

/// Keeps other commands from changing such a file at the same time. Not the data folder's turn: whoever
/// takes something away does not wait for a report, or for an engine that is away.
pub(super) fn lock(path: &Path) -> std::io::Result<std::fs::File> {
    let path = path.with_extension("lock");
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    file.lock()?;
    Ok(file)
}
