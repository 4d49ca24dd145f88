//! Files of one JSON object a line that are only added to. A power cut may leave the beginning of a line
//! at the end: whoever adds begins a new one, and whoever reads leaves it out and says so.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why the lines of a file can't be had.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's error.
        #[source]
        cause: io::Error,
    },
    /// A line is whole and not what is written here. What stands there is not repeated.
    #[error("{path}: line {line} is not what readback wrote; put the file back from your backup")]
    Broken {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
}

/// Adds a line to a file, or makes it, readable by its owner only. All of it goes in one write, so that
/// lines of two programs do not mix.
pub fn append(path: &Path, entry: &impl Serialize) -> Result<(), LinesError> {
    let written = serde_json::to_vec(entry)
        .map_err(io::Error::from)
        .and_then(|line| add(path, line));
    written.map_err(|cause| failed(path, cause))
}

fn add(path: &Path, mut line: Vec<u8>) -> io::Result<()> {
    line.push(b'\n');
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    if !ends_in_a_line(&mut file)? {
        // Behind what was cut off this would be part of it.
        line.insert(0, b'\n');
    }
    file.write_all(&line)
}

fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Every whole line of a file; none where there is no file. What was cut off is left out, with a warning
/// that names file and line.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, LinesError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(failed(path, cause)),
    };
    let mut entries = Vec::new();
    for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        // Some file systems leave zeros where the bytes of a line should be.
        let kept = text.iter().rposition(|byte| *byte != 0);
        let text = kept.map_or(&text[..0], |last| &text[..=last]);
        match serde_json::from_slice(text) {
            Ok(entry) => entries.push(entry),
            Err(_) if text.trim_ascii().is_empty() => {}
            Err(error) if error.is_eof() => {
                let file = path.display();
                tracing::warn!(%file, line, "a line was cut off, by a power cut perhaps; it is left out");
            }
            Err(_) => {
                let path = path.display().to_string();
                return Err(LinesError::Broken { path, line });
            }
        }
    }
    Ok(entries)
}

fn failed(path: &Path, cause: io::Error) -> LinesError {
    LinesError::Io {
        path: path.display().to_string(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        at: String,
        n: u32,
    }

    fn entry(n: u32) -> Entry {
        Entry {
            at: format!("Z\u{fc}rich \"{n}\""),
            n: n * 1000,
        }
    }

    #[test]
    fn whatever_a_power_cut_leaves_the_rest_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        (0..3).for_each(|n| append(&path, &entry(n)).unwrap());
        let whole = std::fs::read(&path).unwrap();
        let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        for length in 0..=whole.len() {
            let kept = &whole[..length];
            let next = whole.get(length).copied();
            // A line without its end is whole all the same.
            let known = lines(kept) + usize::from(next == Some(b'\n'));
            for tail in [&[][..], &[0; 7]] {
                std::fs::write(&path, [kept, tail].concat()).unwrap();
                let mut expected: Vec<Entry> = (0..3).map(entry).take(known).collect();
                assert_eq!(read::<Entry>(&path).unwrap(), expected, "{length}");
                append(&path, &entry(7)).unwrap();
                expected.push(entry(7));
                assert_eq!(read::<Entry>(&path).unwrap(), expected, "{length}");
            }
        }
    }

    #[test]
    fn what_was_never_written_here_is_refused_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        for odd in ["zzsecret", "{\"at\":\"zzsecret\"}", "{\"zzsecret\":1}"] {
            let text = format!("{{\"at\":\"\",\"n\":1}}\n{odd}\n");
            std::fs::write(&path, text).unwrap();
            let words = read::<Entry>(&path).unwrap_err().to_string();
            assert!(words.contains("line 2"), "{words}");
            assert!(!words.contains("zzsecret"), "{words}");
        }
        assert!(
            read::<Entry>(&folder.path().join("none"))
                .unwrap()
                .is_empty()
        );
    }
}
