//! What was taken already: deliveries are known by marks, so that a delivery that is sent again, or
//! replayed by somebody who saw it once, is taken once.
//!
//! A mark becomes known with the entry that carries it, in the same write. When the entry's segment
//! is acknowledged the mark moves to a file of its own before the segment goes; so at any moment it
//! stands in one of the two. The file keeps the latest [`KEPT`] marks.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Mutex;

use super::shared::held;
use super::whole::{replace, sync_folder};

/// Marks that are kept after their entries are in the store. At a thousand deliveries a day that is
/// nine months; vendors send again for three days.
const KEPT: usize = 250_000;

const LENGTH: usize = 16;

pub(super) struct Marks {
    known: Mutex<Known>,
    // A lock of its own: nobody who asks waits for the disk.
    file: Mutex<Stored>,
}

#[derive(Default)]
struct Known {
    /// Those of entries that are in the spool.
    waiting: HashSet<u128>,
    /// Those in the file that count.
    stored: HashSet<u128>,
}

struct Stored {
    path: PathBuf,
    /// Those in the file that count, oldest first, each once.
    order: VecDeque<u128>,
    /// Those that had no room in the file.
    late: Vec<u128>,
    /// Records in the file; the oldest may count no more.
    written: usize,
    kept: usize,
}

impl Marks {
    /// Opens the file, or begins one. What was cut off at its end is dropped: its segment is still
    /// there.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        Self::keeping(path, KEPT)
    }

    fn keeping(path: PathBuf, kept: usize) -> io::Result<Self> {
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let records = bytes.chunks_exact(LENGTH);
        let all = records.filter_map(|record| Some(u128::from_le_bytes(record.try_into().ok()?)));
        let mut stored = HashSet::new();
        let mut order: VecDeque<u128> = all.filter(|mark| stored.insert(*mark)).collect();
        for old in order.drain(..order.len().saturating_sub(kept)) {
            stored.remove(&old);
        }
        let known = Known {
            waiting: HashSet::new(),
            stored,
        };
        Ok(Marks {
            known: Mutex::new(known),
            file: Mutex::new(Stored {
                path,
                order,
                late: Vec::new(),
                written: bytes.len() / LENGTH,
                kept,
            }),
        })
    }

    /// Whether any of them is known.
    pub(super) fn knows(&self, marks: &[u128]) -> bool {
        let known = held(&self.known);
        let mut marks = marks.iter();
        marks.any(|mark| known.waiting.contains(mark) || known.stored.contains(mark))
    }

    /// These stand in the spool now.
    pub(super) fn learn<'a>(&self, marks: impl IntoIterator<Item = &'a u128>) {
        held(&self.known).waiting.extend(marks);
    }

    /// Their entries are lost: they may be sent again.
    pub(super) fn forget(&self, marks: &[u128]) {
        let mut known = held(&self.known);
        for mark in marks {
            known.waiting.remove(mark);
        }
    }

    /// Their segment went and nobody took it out: those that are not stored may be sent again. Blocks
    /// the thread.
    pub(super) fn lose(&self, marks: &[u128]) {
        let file = held(&self.file);
        let late: HashSet<u128> = file.late.iter().copied().collect();
        let lost: Vec<u128> = marks
            .iter()
            .copied()
            .filter(|mark| !late.contains(mark))
            .collect();
        self.forget(&lost);
    }

    /// These leave the spool: returns when they stand in the file. Blocks the thread.
    ///
    /// On a full disk they are kept in memory until there is room, for a full disk is made less full
    /// by segments that go: should the program end before, what they mark is taken once more.
    pub(super) fn store(&self, marks: &[u128]) -> io::Result<()> {
        let mut file = held(&self.file);
        let new: Vec<u128> = {
            let known = held(&self.known);
            let mut seen = HashSet::new();
            let is_new = |mark: &u128| !known.stored.contains(mark) && seen.insert(*mark);
            let all = file.late.iter().chain(marks);
            all.copied().filter(is_new).collect()
        };
        // While this fails they count as those of entries that wait.
        let old = match file.append(&new) {
            Err(error) if is_full(&error) => {
                if file.late.is_empty() {
                    tracing::warn!("the disk is full: which deliveries were taken is not kept yet");
                }
                file.late = new;
                return Ok(());
            }
            appended => appended?,
        };
        file.late.clear();
        let mut known = held(&self.known);
        known.stored.extend(&new);
        for mark in marks.iter().chain(&new) {
            known.waiting.remove(mark);
        }
        for mark in old {
            known.stored.remove(&mark);
        }
        Ok(())
    }
}

impl Stored {
    /// Adds marks that are not in the file. Gives those that count no more.
    fn append(&mut self, new: &[u128]) -> io::Result<Vec<u128>> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let total = self.order.len() + new.len();
        let too_many = total.saturating_sub(self.kept);
        if self.written + new.len() > 2 * self.kept {
            let all = self.order.iter().chain(new).skip(too_many);
            replace(&self.path, &bytes(all))?;
            self.written = total - too_many;
        } else {
            // At its place and not at the end: half a record may stand there from a write that
            // failed.
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&self.path)?;
            let end = self.written * LENGTH;
            file.write_all_at(&bytes(new), end as u64)?;
            file.sync_data()?;
            if self.written == 0 {
                sync_folder(&self.path)?;
            }
            self.written += new.len();
        }
        self.order.extend(new);
        Ok(self.order.drain(..too_many).collect())
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

fn bytes<'a>(marks: impl IntoIterator<Item = &'a u128>) -> Vec<u8> {
    let marks = marks.into_iter();
    marks.flat_map(|mark| mark.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_latest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        let marks = Marks::keeping(path.clone(), 3).unwrap();
        for mark in 0..10 {
            marks.store(&[mark]).unwrap();
        }
        let again = Marks::keeping(path.clone(), 3).unwrap();
        for marks in [&marks, &again] {
            assert!(!marks.knows(&[6]));
            assert!([7, 8, 9].iter().all(|mark| marks.knows(&[*mark])));
        }
        let length = fs::metadata(&path).unwrap().len() as usize;
        assert!(length <= 6 * LENGTH, "{length}");
    }

    /// Whatever is written to it: the disk is full.
    const FULL: &str = "/dev/full";

    #[test]
    fn a_full_disk_keeps_no_segment() {
        if !Path::new(FULL).exists() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        let marks = Marks::open(path.clone()).unwrap();
        marks.learn(&[1, 2, 3, 4]);
        marks.store(&[1]).unwrap();
        let kept = folder.path().join("kept");
        fs::rename(&path, &kept).unwrap();
        std::os::unix::fs::symlink(FULL, &path).unwrap();
        marks.store(&[2]).unwrap();
        marks.store(&[3, 2]).unwrap();
        marks.lose(&[1, 2, 3]);
        assert!([1, 2, 3, 4].iter().all(|mark| marks.knows(&[*mark])));
        fs::rename(&kept, &path).unwrap();
        assert!(!Marks::open(path.clone()).unwrap().knows(&[2]));
        // There is room again.
        marks.store(&[4]).unwrap();
        let again = Marks::open(path).unwrap();
        for marks in [&marks, &again] {
            assert!([1, 2, 3, 4].iter().all(|mark| marks.knows(&[*mark])));
        }
        assert!(held(&marks.known).waiting.is_empty());
    }

    #[test]
    fn a_cut_file_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        Marks::open(path.clone()).unwrap().store(&[1, 2]).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(20).unwrap();
        let marks = Marks::open(path.clone()).unwrap();
        assert!(marks.knows(&[1]) && !marks.knows(&[2]));
        marks.store(&[3]).unwrap();
        let marks = Marks::open(path).unwrap();
        assert!(marks.knows(&[1]) && marks.knows(&[3]));
    }

    /// A write that failed left half a record; the same marks are stored again, and once.
    #[test]
    fn half_a_record_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        let marks = Marks::open(path.clone()).unwrap();
        marks.store(&[1]).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&[0xff; 7]).unwrap();
        marks.store(&[2, 2, 1]).unwrap();
        marks.store(&[2]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes(&[1, 2]));
        assert!(Marks::open(path).unwrap().knows(&[2]));
    }

    #[test]
    fn what_waits_is_known_however_many_are_stored() {
        let folder = tempfile::tempdir().unwrap();
        let marks = Marks::keeping(folder.path().join("marks"), 2).unwrap();
        marks.learn(&[7]);
        marks.store(&[1, 2, 3]).unwrap();
        assert!(!marks.knows(&[1]) && marks.knows(&[7]) && marks.knows(&[2]));
        marks.store(&[7]).unwrap();
        assert!(!marks.knows(&[2]) && marks.knows(&[7]) && marks.knows(&[3]));
    }

    /// More than are kept, at once.
    #[test]
    fn the_latest_of_many_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        let marks = Marks::keeping(path.clone(), 2).unwrap();
        marks.store(&[1, 2, 3, 4, 5, 6]).unwrap();
        for marks in [marks, Marks::keeping(path, 2).unwrap()] {
            assert!(!marks.knows(&[1, 2, 3, 4]) && marks.knows(&[5]) && marks.knows(&[6]));
        }
    }
}
