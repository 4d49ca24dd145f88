//! What was taken already: deliveries are known by marks, so that a delivery that is sent again, or
//! replayed by somebody who saw it once, is taken once.
//!
//! A mark becomes known with the entry that carries it, in the same write. When the entry's segment
//! is acknowledged the mark moves to a file of its own before the segment goes; so at any moment it
//! stands in one of the two. The file keeps the latest [`KEPT`] marks.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Marks that are kept after their entries are in the store. At a thousand deliveries a day that is
/// nine months; vendors send again for three days.
const KEPT: usize = 250_000;

const LENGTH: usize = 16;

pub(super) struct Marks {
    path: PathBuf,
    /// All that are known, also those of entries that are still in the spool.
    known: HashSet<u128>,
    /// Those in the file that count, oldest first.
    stored: VecDeque<u128>,
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
        if !records.remainder().is_empty() {
            let whole = bytes.len() - records.remainder().len();
            OpenOptions::new()
                .write(true)
                .open(&path)?
                .set_len(whole as u64)?;
        }
        let all = records.filter_map(|record| Some(u128::from_le_bytes(record.try_into().ok()?)));
        let mut stored: VecDeque<u128> = all.collect();
        let written = stored.len();
        stored.drain(..written.saturating_sub(kept));
        Ok(Marks {
            path,
            known: stored.iter().copied().collect(),
            stored,
            written,
            kept,
        })
    }

    /// Whether any of them is known.
    pub(super) fn knows(&self, marks: &[u128]) -> bool {
        marks.iter().any(|mark| self.known.contains(mark))
    }

    /// These stand in the spool now.
    pub(super) fn learn(&mut self, marks: &[u128]) {
        self.known.extend(marks);
    }

    /// These leave the spool: returns when they stand in the file.
    pub(super) fn store(&mut self, marks: &[u128]) -> io::Result<()> {
        if marks.is_empty() {
            return Ok(());
        }
        self.known.extend(marks);
        self.stored.extend(marks);
        while self.stored.len() > self.kept {
            // A mark that is stored twice counts as long as its later record.
            if let Some(old) = self.stored.pop_front()
                && !self.stored.contains(&old)
            {
                self.known.remove(&old);
            }
        }
        if self.written + marks.len() > 2 * self.kept {
            return self.rewrite();
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        file.write_all(&bytes(marks.iter()))?;
        file.sync_data()?;
        self.written += marks.len();
        Ok(())
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let beside = self.path.with_extension("part");
        let mut file = File::create(&beside)?;
        file.write_all(&bytes(self.stored.iter()))?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        sync_folder(&self.path)?;
        self.written = self.stored.len();
        Ok(())
    }
}

fn bytes<'a>(marks: impl Iterator<Item = &'a u128>) -> Vec<u8> {
    marks.flat_map(|mark| mark.to_le_bytes()).collect()
}

/// Makes names in the folder of `path` durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        let mut marks = Marks::keeping(path.clone(), 3).unwrap();
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

    #[test]
    fn a_cut_file_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks");
        Marks::open(path.clone()).unwrap().store(&[1, 2]).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(20).unwrap();
        let mut marks = Marks::open(path.clone()).unwrap();
        assert!(marks.knows(&[1]) && !marks.knows(&[2]));
        marks.store(&[3]).unwrap();
        let marks = Marks::open(path).unwrap();
        assert!(marks.knows(&[1]) && marks.knows(&[3]));
    }
}
