//! Opens what the user names: a file, plain or packed with gzip or zstd (told by its first bytes,
//! not by its name), or `-` for standard input.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use crate::sources::unpack::unpack;

/// An opened input.
pub struct Input {
    /// The file's name without its folder; `stdin` for standard input.
    pub name: String,
    /// Its size on disk, bytes, for a progress bar; `None` for standard input.
    pub size: Option<u64>,
    /// What is in it, unpacked.
    pub reader: Box<dyn BufRead + Send>,
}

/// Opens a file or standard input. `seen` is told of every packed byte that is read.
pub fn open(path: &Path, seen: impl Fn(u64) + Send + 'static) -> io::Result<Input> {
    if path == Path::new("-") {
        let reader = unpack(Counted {
            inner: io::stdin(),
            seen,
        })?;
        return Ok(Input {
            name: "stdin".to_owned(),
            size: None,
            reader,
        });
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "is a folder; name the files in it",
        ));
    }
    let size = file.metadata()?.len();
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let reader = unpack(Counted { inner: file, seen })?;
    Ok(Input {
        name,
        size: Some(size),
        reader,
    })
}

/// Opens bytes that are at hand and unpacked, by the name of their file. What is packed once more stays
/// so: nobody knows how much is in it.
pub fn of_bytes(name: String, bytes: Vec<u8>) -> Input {
    Input {
        name,
        size: Some(bytes.len() as u64),
        reader: Box::new(io::Cursor::new(bytes)),
    }
}

struct Counted<R, F> {
    inner: R,
    seen: F,
}

impl<R: Read, F: Fn(u64)> Read for Counted<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        (self.seen)(n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn text_of(name: &str, bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut text = String::new();
        open(&path, |_| ())
            .unwrap()
            .reader
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn packed_and_plain_files_read_alike() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"line\n").unwrap();
        let gz = gz.finish().unwrap();
        let zst = zstd::stream::encode_all(&b"line\n"[..], 1).unwrap();
        assert_eq!(text_of("a.log", b"line\n"), "line\n");
        assert_eq!(text_of("misnamed.log", &gz), "line\n");
        assert_eq!(text_of("a.zst", &zst), "line\n");
        assert_eq!(
            text_of("twice.gz", &[gz.clone(), gz].concat()),
            "line\nline\n"
        );
        assert_eq!(text_of("empty", b""), "");
    }

    #[test]
    fn a_folder_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(folder.path(), |_| ()).err().unwrap();
        assert!(error.to_string().contains("folder"), "{error}");
    }
}
