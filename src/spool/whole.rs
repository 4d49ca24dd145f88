//! Files that are replaced whole or not at all, and names that outlive a power cut. What else is kept
//! in the data folder is written the same way.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces a file, or makes it, readable by its owner only. When this returns, it stands on the disk
/// under its name.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

/// What a disk is tried with: more than a file system keeps for small files.
const PROBE_BYTES: usize = 64 << 10;

/// Whether the disk takes anything: writes and syncs a file of this name, and removes it.
pub fn probe(path: &Path) -> io::Result<()> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
        file.sync_data()
    });
    let removed = fs::remove_file(path);
    written.and(removed)
}

/// Makes names in the folder of `path` durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        // A relative path of one word.
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
