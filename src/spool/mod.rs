//! The durable queue between the door and the store. An entry that [`Spool::append`] returned for
//! stands on the disk; it stays until [`Drain::done`] says that the store has it.
//!
//! ```text
//! append ─┐                       ┌─ segment 7 (written to)
//! append ─┼─> one thread: write, ─┤  segment 6 (sealed) ─> Drain::next ─> store ─> Drain::done
//! append ─┘   fsync, answer all   └─ segment 5 (sealed)
//! ```
//!
//! - **Group commit.** One thread writes what waits, syncs once, and answers all of it. A sync takes
//!   0.1 to 4 ms; one for each event would be all that a machine can do.
//! - **A segment is a batch.** It is sealed when it is large or old enough, never changes afterwards,
//!   and its random id names the batch. So a batch that is loaded again after a crash is the same
//!   batch, and its receipt replaces its own.
//! - **Bounded.** When it holds `limit` bytes, `append` refuses at once. Memory does not grow with
//!   it: of a sealed segment only its name, length and marks are kept.
//! - **Recovery.** Every entry has a sum. At the end of the last segment, what lacks some of its bytes
//!   was cut off while it was written: nobody was told that it is safe. All else that does not fit its
//!   sum is damage, is set apart, and costs the entries that it hit and no other.
//!
//! Payloads are opaque here: what is in them, and that it names nobody, is the intake's business.
//! Why files of our own and not SQLite: with the same group commit it takes single events somewhat
//! faster on a real disk, deliveries of a hundred at less than half the speed, and its rows would have
//! to be made batches again. `cargo bench --bench spool --features peers` measures both.

mod dead;
mod document;
mod frame;
pub mod lines;
mod marks;
mod segment;
mod shared;
mod whole;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

pub use dead::{Dead, DeadError, Letter, Told};
pub use document::{DocumentError, read_document, write_document};
pub use segment::{Content, Recovered, Segment};
pub use shared::Usage;
pub use whole::{probe, replace};

use marks::Marks;
use shared::Shared;
use writer::{Command, Waiting, Writer};

/// How much a spool holds and when a segment is sealed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that may wait on the disk; beyond it entries are refused.
    pub bytes: u64,
    /// A segment with so many bytes is sealed.
    pub seal_bytes: u64,
    /// A segment with so many rows is sealed: an insert gains little beyond.
    pub seal_rows: u64,
    /// A segment whose first entry is so old is sealed.
    pub seal_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 1 << 30,
            seal_bytes: 32 << 20,
            seal_rows: 100_000,
            seal_after: Duration::from_secs(2),
        }
    }
}

/// One entry: what one request brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Rows that it makes in the store.
    pub rows: u32,
    /// What it is known by from now on, so that it is taken once; up to 255.
    pub marks: Vec<u128>,
    /// What is kept.
    pub payload: Vec<u8>,
}

/// Why an entry was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// It holds all that it may hold.
    #[error("the spool is full: {used} of {limit} bytes wait for the store")]
    Full {
        /// Bytes that wait.
        used: u64,
        /// Bytes that may wait.
        limit: u64,
    },
    /// The entry is longer than all that the spool may hold.
    #[error("the entry has {size} bytes, and the spool holds at most {limit}")]
    NeverFits {
        /// Its length.
        size: u64,
        /// Bytes that may wait.
        limit: u64,
    },
    /// The entry is longer than any may be.
    #[error("the entry has {0} bytes; valid are at most {max}", max = frame::MAX_BODY)]
    TooLong(usize),
    /// The entry has more marks than any may have.
    #[error("the entry has {0} marks; valid are at most {max}", max = frame::MAX_MARKS)]
    TooManyMarks(usize),
    /// The disk refused; nothing of the entry counts.
    #[error("the spool can't be written to: {0}")]
    Disk(String),
    /// The spool is closed.
    #[error("the spool is closed")]
    Closed,
}

/// Why there is no spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another process has it.
    #[error("{path}: another readback uses this spool; one `readback serve` runs on a data folder")]
    Taken {
        /// The folder.
        path: String,
    },
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The folder.
        path: String,
        /// The system's error.
        #[source]
        cause: io::Error,
    },
}

/// The entrance of the queue.
#[derive(Clone)]
pub struct Spool {
    entrance: Arc<Entrance>,
}

/// When the last handle goes, the writer ends.
struct Entrance {
    shared: Arc<Shared>,
}

/// The exit of the queue: one consumer takes segments in their order.
pub struct Drain {
    shared: Arc<Shared>,
    folder: PathBuf,
    // Held as long as anything is taken out; the writer holds it as well.
    _lock: Arc<File>,
}

impl Spool {
    /// Opens the spool in a folder, made where it is missing, and goes through what waits in it.
    /// Blocks the thread.
    pub fn open(folder: &Path, limits: Limits) -> Result<(Spool, Drain, Recovered), SpoolError> {
        let named = |cause| SpoolError::Io {
            path: folder.display().to_string(),
            cause,
        };
        fs::create_dir_all(folder).map_err(named)?;
        whole::sync_folder(folder).map_err(named)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
            .map_err(named)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SpoolError::Taken {
                    path: folder.display().to_string(),
                });
            }
            Err(TryLockError::Error(cause)) => return Err(named(cause)),
        }
        let lock = Arc::new(file);
        // What was tried when the disk refused.
        let _ = fs::remove_file(folder.join(writer::PROBE_FILE));
        let (segments, next, recovered) = segment::recover(folder).map_err(named)?;
        let marks = Marks::open(folder.join("marks")).map_err(named)?;
        for segment in &segments {
            marks.learn(&segment.marks);
        }
        let shared = Arc::new(Shared::new(limits, VecDeque::from(segments), marks));
        let writer = Writer::new(folder, next, Arc::clone(&shared), Arc::clone(&lock));
        std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || writer.run())
            .map_err(named)?;
        let drain = Drain {
            shared: Arc::clone(&shared),
            folder: folder.to_owned(),
            _lock: lock,
        };
        let entrance = Arc::new(Entrance { shared });
        Ok((Spool { entrance }, drain, recovered))
    }

    /// Appends an entry; when this returns `Ok` it stands on the disk. A future that is dropped
    /// before may or may not have appended it.
    pub async fn append(&self, entry: &Entry) -> Result<(), AppendError> {
        if entry.marks.len() > frame::MAX_MARKS {
            return Err(AppendError::TooManyMarks(entry.marks.len()));
        }
        let length = frame::length(entry.marks.len(), entry.payload.len());
        if length > frame::MAX_BODY {
            return Err(AppendError::TooLong(length));
        }
        let size = frame::framed(length) as u64;
        self.entrance.shared.reserve(size)?;
        let body = frame::body(entry.rows, &entry.marks, &entry.payload);
        let (done, answer) = oneshot::channel();
        let waiting = Waiting {
            body,
            rows: entry.rows,
            marks: entry.marks.clone(),
            done,
        };
        if !self.entrance.shared.command(Command::Append(waiting)) {
            self.entrance.shared.release(size);
            return Err(AppendError::Closed);
        }
        // The writer answers everything it took, also when it ends.
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Whether an entry with any of these marks was taken.
    pub fn knows(&self, marks: &[u128]) -> bool {
        self.entrance.shared.marks.knows(marks)
    }

    /// Seals the segment that is written to, so that it can be taken out now. Returns when it is.
    pub async fn seal(&self) {
        let (done, answer) = oneshot::channel();
        if self.entrance.shared.command(Command::Seal { done }) {
            // An error means that the writer ended; it sealed all before.
            let _ = answer.await;
        }
    }

    /// The number of the newest sealed segment that waits for the store; numbers only grow.
    pub fn newest(&self) -> Option<u64> {
        self.entrance.shared.newest()
    }

    /// Whether a sealed segment of this number or an older one still waits.
    pub fn waits(&self, number: u64) -> bool {
        self.entrance.shared.waits(number)
    }

    /// Writes what was handed in, seals it and takes nothing any more. Returns when that is done;
    /// from then on only the exit keeps the folder.
    pub async fn close(&self) {
        let (done, answer) = oneshot::channel();
        if self.entrance.shared.command(Command::Close { done }) {
            let _ = answer.await;
        }
    }

    /// How full it is.
    pub fn usage(&self) -> Usage {
        self.entrance.shared.usage()
    }
}

impl Drain {
    /// The oldest segment; waits until there is one. The same one again until it is `done`.
    pub async fn next(&self) -> Segment {
        loop {
            let sealed = self.shared.sealed_notice();
            if let Some(segment) = self.shared.oldest() {
                return segment;
            }
            sealed.await;
        }
    }

    /// The oldest segment, if one is sealed.
    pub fn oldest(&self) -> Option<Segment> {
        self.shared.oldest()
    }

    /// The store has all of the segment, or what it refuses is set apart: the segment goes. Blocks
    /// the thread.
    pub fn done(&self, segment: &Segment) -> io::Result<()> {
        self.shared.marks.store(&segment.marks)?;
        match fs::remove_file(&segment.path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // Should the name come back after a power cut, the batch is loaded once more under its own
        // name; nothing counts twice.
        whole::sync_folder(&segment.path)?;
        self.shared.forget(segment);
        Ok(())
    }

    /// The segment's file is gone. Either it was done and nobody heard of it, or it was removed by
    /// hand: then what it held is lost, and may be sent again. Blocks the thread.
    pub fn lost(&self, segment: &Segment) {
        self.shared.marks.lose(&segment.marks);
        self.shared.forget(segment);
    }

    /// The spool's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.shared.close();
    }
}
