//! Where an embedded engine keeps things: its folder, and the short path of its socket.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A Unix socket's path ends at 108 bytes on Linux and 104 on macOS, the closing NUL included.
const LONGEST_SOCKET: usize = 100;

/// The folder of an engine.
///
/// ```text
/// store/      what libchdb writes
/// backups/    the only folder that BACKUP may write to
/// lock        held as long as an engine runs; names its process
/// clients     shared by those who use an engine that another one started; see `lease`
/// engine.sock the socket of the engine that runs, where the path is short enough for one
/// socket      the path of that socket, wherever it is
/// config.xml  what libchdb is told
/// ```
#[derive(Clone, Debug)]
pub(super) struct Place {
    folder: PathBuf,
}

impl Place {
    /// Makes the folder, for its owner alone.
    pub(super) fn make(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        // One folder has many spellings; all of them must lead to one engine.
        let folder = fs::canonicalize(folder)?;
        Ok(Self { folder })
    }

    /// The folder, if it was made before.
    pub(super) fn existing(folder: &Path) -> Option<Self> {
        let folder = fs::canonicalize(folder).ok()?;
        Some(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    pub(super) fn backups(&self) -> PathBuf {
        self.folder.join("backups")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join("lock")
    }

    pub(super) fn clients(&self) -> PathBuf {
        self.folder.join("clients")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("config.xml")
    }

    /// The process that holds the lock or held it last.
    pub(super) fn holder(&self) -> Option<u32> {
        let holder = fs::read_to_string(self.lock()).ok()?;
        holder.trim().strip_prefix("process ")?.parse().ok()
    }

    /// The file that names the socket.
    pub(super) fn socket_name(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// The socket of the engine that runs here or ran here last.
    pub(super) fn socket(&self) -> Option<PathBuf> {
        let name = fs::read(self.socket_name()).ok()?;
        let name = name.strip_suffix(b"\n").unwrap_or(&name);
        Some(PathBuf::from(OsStr::from_bytes(name))).filter(|path| path.is_absolute())
    }

    /// Writes down the socket of the engine that runs here.
    pub(super) fn name_socket(&self, socket: &Path) -> io::Result<()> {
        fs::write(
            self.socket_name(),
            [socket.as_os_str().as_bytes(), b"\n"].concat(),
        )
    }

    /// The socket's path in this folder, where it is short enough. Whoever sees the folder sees it, also
    /// a service that has a `/tmp` of its own.
    pub(super) fn own_socket(&self) -> Option<PathBuf> {
        let path = self.folder.join("engine.sock");
        (path.as_os_str().len() <= LONGEST_SOCKET).then_some(path)
    }

    /// Makes the private folder of a socket elsewhere and gives the socket's path. `runtime` is the
    /// user's runtime folder, if there is one.
    pub(super) fn make_socket_path(&self, runtime: Option<&Path>) -> io::Result<PathBuf> {
        let digest = Sha256::digest(self.folder.as_os_str().as_encoded_bytes());
        let hash: String = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let path = |base: &Path| base.join(format!("readback-{hash}")).join("engine.sock");
        let in_runtime = runtime
            .filter(|base| base.is_dir())
            .map(path)
            .filter(|path| path.as_os_str().len() <= LONGEST_SOCKET);
        let path = in_runtime.unwrap_or_else(|| path(Path::new("/tmp")));
        let Some(folder) = path.parent() else {
            return Err(io::Error::other("the socket's path has no folder"));
        };
        match fs::DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(path)
    }
}

/// Refuses a socket whose folder somebody else made or can enter: `/tmp` is everybody's.
pub(super) fn check_private(socket: &Path) -> io::Result<()> {
    let Some(folder) = socket.parent() else {
        return Err(io::Error::other("the socket's path has no folder"));
    };
    // The socket was just made by this process, so its owner is this process's user.
    let owner = fs::symlink_metadata(socket)?.uid();
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && found.uid() == owner && found.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "the folder '{}' must belong to the user that runs the engine and be closed to others; remove it",
        folder.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_utf_8_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::make(folder.path()).unwrap();
        let socket = Path::new(OsStr::from_bytes(b"/run/\xff/engine.sock"));
        place.name_socket(socket).unwrap();
        assert_eq!(place.socket().as_deref(), Some(socket));
    }
}
