//! The files of a log that is being written: which there are, what they begin with, and their bytes from
//! somewhere on.

use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice as _;
use gix::glob::wildmatch::Mode;
use memchr::memrchr;

use crate::sources::unpack::{is_packed, unpack};

/// So many bytes tell one file from another: the times of its first lines are among them.
pub(super) const HEAD: usize = 1024;

/// Large reads for large files.
const BUFFER: usize = 1 << 20;

/// A file as it is found.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) device: u64,
    pub(super) inode: u64,
    /// On the disk, packed or not.
    pub(super) size: u64,
    /// When it was last written, in nanoseconds; only to see that it was not.
    pub(super) written: i64,
    /// Its first bytes, unpacked.
    pub(super) head: Vec<u8>,
    pub(super) packed: bool,
}

impl Found {
    /// Looks at a file.
    pub(super) fn look(path: &Path) -> io::Result<Found> {
        let mut file = File::open(path)?;
        let meta = file.metadata()?;
        let mut start = [0; 4];
        let length = read_up_to(&mut file, &mut start)?;
        let packed = is_packed(&start[..length]);
        file.seek(SeekFrom::Start(0))?;
        let mut head = vec![0; HEAD];
        let length = match packed {
            true => read_up_to(&mut unpack(file)?, &mut head)?,
            false => read_up_to(&mut file, &mut head)?,
        };
        head.truncate(length);
        Ok(Found {
            path: path.to_owned(),
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.len(),
            written: written(&meta),
            head,
            packed,
        })
    }

    /// Its name without the folder.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// What is to be read of it from `from` on, and where that ends; of a file that may still be written
    /// no half line.
    pub(super) fn rest(&self, from: u64) -> io::Result<(Box<dyn BufRead + Send>, Option<u64>)> {
        let mut file = File::open(&self.path)?;
        if self.packed {
            let mut input = unpack(file)?;
            io::copy(&mut input.by_ref().take(from), &mut io::sink())?;
            return Ok((input, None));
        }
        let end = last_line(&mut file, from)?;
        file.seek(SeekFrom::Start(from))?;
        let rest = file.take(end.saturating_sub(from));
        Ok((Box::new(BufReader::with_capacity(BUFFER, rest)), Some(end)))
    }
}

fn written(meta: &Metadata) -> i64 {
    meta.mtime()
        .saturating_mul(1_000_000_000)
        .saturating_add(meta.mtime_nsec())
}

/// As many bytes as there are, up to the buffer's length.
fn read_up_to(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match input.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Where the last line feed ends, not before `from`.
fn last_line(file: &mut File, from: u64) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut buffer = vec![0; 1 << 16];
    while end > from {
        let length = (end - from).min(buffer.len() as u64);
        file.seek(SeekFrom::Start(end - length))?;
        let piece = buffer
            .get_mut(..usize::try_from(length).unwrap_or(0))
            .unwrap_or_default();
        file.read_exact(piece)?;
        if let Some(feed) = memrchr(b'\n', piece) {
            return Ok(end - length + feed as u64 + 1);
        }
        end -= length;
    }
    Ok(from)
}

/// The files that these paths name, with `*`, `?` and `[…]` in any part of them; those written last come
/// last.
pub(super) fn list(paths: &[String]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        expand(PathBuf::new(), Path::new(path), &mut found)?;
    }
    found.sort();
    found.dedup();
    let mut dated: Vec<_> = found
        .into_iter()
        .filter_map(|path| {
            let meta = fs::metadata(&path).ok().filter(Metadata::is_file)?;
            Some((written(&meta), path))
        })
        .collect();
    dated.sort();
    Ok(dated.into_iter().map(|(_, path)| path).collect())
}

/// Those of the paths that are folders, and no files.
pub(super) fn folders(paths: &[String]) -> Vec<&String> {
    let folders = paths.iter().filter(|path| Path::new(path).is_dir());
    folders.collect()
}

/// What a rotation may have made of this file: the same name with something behind it.
pub(super) fn siblings(of: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(name) = of
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
    else {
        return Ok(Vec::new());
    };
    let folder = of.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for entry in fs::read_dir(here(folder))? {
        let entry = entry?.file_name();
        let other = entry.to_string_lossy();
        let behind = other.strip_prefix(name.as_str());
        if behind.is_some_and(|behind| behind.starts_with(['.', '-', '_'])) {
            found.push(folder.join(&entry));
        }
    }
    found.sort();
    Ok(found)
}

fn here(folder: &Path) -> &Path {
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}

/// Goes down part by part; a folder that is not there has no files in it.
fn expand(folder: PathBuf, rest: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut parts = rest.components();
    let Some(part) = parts.next() else {
        found.push(folder);
        return Ok(());
    };
    let rest = parts.as_path();
    let pattern = part.as_os_str().to_string_lossy();
    if !pattern.contains(['*', '?', '[']) {
        return expand(folder.join(part), rest, found);
    }
    let entries = match fs::read_dir(here(&folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        let fits = gix::glob::wildmatch(
            pattern.as_bytes().as_bstr(),
            text.as_bytes().as_bstr(),
            Mode::NO_MATCH_SLASH_LITERAL,
        );
        if fits {
            expand(folder.join(&name), rest, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_by_patterns_and_siblings() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "a/access.log",
            "a/access.log.1",
            "b/access.log",
            "b/error.log",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let names = |pattern: &str| {
            let pattern = folder.path().join(pattern).display().to_string();
            let mut names: Vec<_> = list(&[pattern.clone(), pattern])
                .unwrap()
                .iter()
                .map(|path| fs::read_to_string(path).unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names("*/access.log"), ["a/access.log", "b/access.log"]);
        assert_eq!(names("a/acc*"), ["a/access.log", "a/access.log.1"]);
        assert_eq!(names("none/*").len() + names("a/none").len(), 0);
        let siblings = siblings(&folder.path().join("a/access.log")).unwrap();
        assert_eq!(siblings, [folder.path().join("a/access.log.1")]);
    }

    #[test]
    fn half_a_line_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut text = "one\ntwo\n".to_owned();
        text.push_str(&"x".repeat(100_000));
        fs::write(&path, text).unwrap();
        let found = Found::look(&path).unwrap();
        let mut rest = String::new();
        let (mut input, end) = found.rest(4).unwrap();
        input.read_to_string(&mut rest).unwrap();
        assert_eq!((rest.as_str(), end), ("two\n", Some(8)));
        assert_eq!(found.rest(8).unwrap().1, Some(8));
    }
}
