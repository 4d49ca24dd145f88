//! The data folder: what is fixed when it is made (k) and where its key lies.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::collect::left_out;
use crate::config::Mode;
use crate::model::Pseudonym;
use crate::spool::{DocumentError, read_document, write_document};

/// The smallest number of people that is shown, where nobody says otherwise (INDICATORS section 9).
pub const DEFAULT_K: u32 = 5;

/// An opened data folder.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The smallest number of people that is shown; fixed when the folder was made.
    pub k: u32,
    /// What is kept of people; fixed when its key was first used.
    pub mode: Mode,
    /// Tells its key, once it was used.
    key: Option<u64>,
    /// Tell keys that it had before.
    retired: Vec<u64>,
    /// People opted out: there has to be a list of them.
    opted_out: bool,
}

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The folder or a file in it.
        path: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// The folder's own file can't be read or written.
    #[error(transparent)]
    File(#[from] DocumentError),
    /// Who opted out is not known any more.
    #[error(
        "{path}: is missing, and people had opted out; without it they would be counted again. Put it back \
         from your backup. Where there is none, `readback opt-out restart` begins an empty list: then \
         everybody who opted out has to be put on it again"
    )]
    NoList {
        /// The list.
        path: String,
    },
    /// The key is gone and the store is not.
    #[error(
        "{path}: is missing, and the store beside it was made with it; put it back from your backup. \
         With a new key everybody would be counted twice"
    )]
    NoKey {
        /// The key file.
        path: String,
    },
    /// What says how the folder's store is to be read is gone.
    #[error(
        "{path}: holds {found:?} and no folder.json, which says with which k it was made; put it \
         back from your backup, or name a new folder"
    )]
    Foreign {
        /// The folder.
        path: String,
        /// Something in it.
        found: String,
    },
    /// The key is one that was replaced.
    #[error(
        "{path}: is a key that was replaced by `readback key rotate`; put the present one back from a \
         backup that is younger"
    )]
    OldKey {
        /// The key file.
        path: String,
    },
    /// A rotation of the key was cut off.
    #[error(
        "{path}: a rotation of the key was cut off; some people have their new pseudonym already. Run \
         `readback key rotate` with the same rosters and options again"
    )]
    Rotating {
        /// The next key's file.
        path: String,
    },
    /// The key is not the one that it was made with.
    #[error(
        "{path}: is not the key that this folder was made with; with another one everybody would be \
         counted twice. Put the right one back from your backup"
    )]
    OtherKey {
        /// The key file.
        path: String,
    },
    /// The configuration asks for another k.
    #[error(
        "privacy.k: {asked} is configured, but {path} was made with {fixed}; \
         k is fixed when a data folder is made, take a new folder for another"
    )]
    OtherK {
        /// The folder.
        path: String,
        /// The configured k.
        asked: u32,
        /// The folder's k.
        fixed: u32,
    },
    /// The configuration asks for another mode.
    #[error(
        "privacy.mode: {asked:?} is configured, but {path} was made {fixed:?}; the mode is fixed when a \
         data folder is made, take a new folder for another: what was not kept can't be had again, and \
         what was kept would stay"
    )]
    OtherMode {
        /// The folder.
        path: String,
        /// The configured mode.
        asked: &'static str,
        /// The folder's mode.
        fixed: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    format: u32,
    k: u32,
    /// What is kept of people; absent for the strict mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    /// The key's fingerprint, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What tells the keys that it had before, hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<String>,
    /// People opted out: there has to be a list of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    opted_out: bool,
}

/// What `folder.json` is written as.
const FORMAT: u32 = 1;

impl DataFolder {
    /// Opens a folder, or makes one with `k` where there is none. The caller holds its [`Turn`], so
    /// that no other command makes it meanwhile.
    pub fn open_or_create(path: &Path, k: Option<u32>) -> Result<Self, FolderError> {
        let file = path.join("folder.json");
        match read_document(&file, FORMAT)? {
            Some(fixed) => Self::known(path, &file, &fixed, k),
            None => Self::fresh(path, k),
        }
    }

    /// Opens a folder that is there; `None` where one would be made.
    pub fn look(path: &Path, k: Option<u32>) -> Result<Option<Self>, FolderError> {
        let file = path.join("folder.json");
        match read_document(&file, FORMAT)? {
            Some(fixed) => Self::known(path, &file, &fixed, k).map(Some),
            None if path.exists() => foreign(path).map(|()| None),
            None => Ok(None),
        }
    }

    fn known(path: &Path, file: &Path, fixed: &Fixed, k: Option<u32>) -> Result<Self, FolderError> {
        let broken = |reason: String| FolderError::from(DocumentError::broken(file, reason));
        if fixed.k == 0 {
            return Err(broken("k is 0; at least 1 is valid".to_owned()));
        }
        if let Some(asked) = k
            && asked != fixed.k
        {
            return Err(FolderError::OtherK {
                path: path.display().to_string(),
                asked,
                fixed: fixed.k,
            });
        }
        let mode = match fixed.mode.as_deref() {
            None => Mode::default(),
            Some(name) => Mode::from_name(name).ok_or_else(|| {
                broken(format!(
                    "its mode {name:?} is unknown; this program may be too old"
                ))
            })?,
        };
        let key = match &fixed.key {
            None => None,
            Some(hex) => match u64::from_str_radix(hex, 16) {
                Ok(key) => Some(key),
                Err(_) => return Err(broken("its key is no hexadecimal number".to_owned())),
            },
        };
        let folder = DataFolder {
            path: path.to_owned(),
            k: fixed.k,
            mode,
            key,
            retired: fixed
                .retired
                .iter()
                .map(|hex| u64::from_str_radix(hex, 16))
                .collect::<Result<_, _>>()
                .map_err(|_| broken("a key that it had is no hexadecimal number".to_owned()))?,
            opted_out: fixed.opted_out,
        };
        // A new key would make strangers of everybody who is in the store.
        let made = ["engine", "spool"]
            .iter()
            .any(|name| path.join(name).exists());
        if made && !folder.key_file().exists() {
            return Err(FolderError::NoKey {
                path: folder.key_file().display().to_string(),
            });
        }
        Ok(folder)
    }

    fn fresh(path: &Path, k: Option<u32>) -> Result<Self, FolderError> {
        make(path)?;
        foreign(path)?;
        let folder = DataFolder {
            path: path.to_owned(),
            k: k.unwrap_or(DEFAULT_K),
            mode: Mode::default(),
            key: None,
            retired: Vec::new(),
            opted_out: false,
        };
        folder.write()?;
        Ok(folder)
    }

    fn write(&self) -> Result<(), FolderError> {
        let fixed = Fixed {
            format: FORMAT,
            k: self.k,
            mode: (self.mode != Mode::default()).then(|| self.mode.name().to_owned()),
            key: self.key.map(|key| format!("{key:016x}")),
            retired: self
                .retired
                .iter()
                .map(|key| format!("{key:016x}"))
                .collect(),
            opted_out: self.opted_out,
        };
        Ok(write_document(&self.path.join("folder.json"), &fixed)?)
    }

    /// Makes sure that this is the folder's key, by its fingerprint: what waits in its spool and lies
    /// in its store was made with one. False where none was used so far.
    pub fn has_key(&self, fingerprint: u64) -> Result<bool, FolderError> {
        match self.key {
            None => Ok(false),
            Some(key) if key == fingerprint => Ok(true),
            Some(_) => Err(FolderError::OtherKey {
                path: self.key_file().display().to_string(),
            }),
        }
    }

    /// This is the folder's key from now on. The caller holds its turn.
    pub fn keep_key(&mut self, fingerprint: u64) -> Result<(), FolderError> {
        if self.has_key(fingerprint)? {
            return Ok(());
        }
        self.key = Some(fingerprint);
        self.write()
    }

    /// Settles what is kept of people: until a key was used nothing is, and the mode may be chosen. The
    /// caller writes it with [`DataFolder::keep_key`].
    pub fn settle_mode(&mut self, asked: Option<Mode>) -> Result<(), FolderError> {
        match asked {
            Some(asked) if asked != self.mode && self.key.is_some() => {
                Err(FolderError::OtherMode {
                    path: self.path.display().to_string(),
                    asked: asked.name(),
                    fixed: self.mode.name(),
                })
            }
            Some(asked) => {
                self.mode = asked;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Refuses a key that was replaced: it knows neither who opted out nor who is who. The mark is
    /// [`crate::collect::Keys::people_mark`].
    pub fn refuse_retired(&self, mark: u64) -> Result<(), FolderError> {
        match self.retired.contains(&mark) {
            true => Err(FolderError::OldKey {
                path: self.key_file().display().to_string(),
            }),
            false => Ok(()),
        }
    }

    /// Another key took this one's place.
    pub fn retire(&mut self, mark: u64) -> Result<(), FolderError> {
        if !self.retired.contains(&mark) {
            self.retired.push(mark);
        }
        self.write()
    }

    /// Where the next key lies while a rotation is under way.
    pub fn next_key_file(&self) -> PathBuf {
        self.path.join("key.next")
    }

    /// Where a rotation keeps what becomes of whom as long as it is under way.
    pub fn rotation_file(&self) -> PathBuf {
        self.path.join("rotation.json")
    }

    /// Refuses a folder whose key is half way to the next.
    pub fn has_one_key(&self) -> Result<(), FolderError> {
        let next = self.next_key_file();
        match next.exists() {
            true => Err(FolderError::Rotating {
                path: next.display().to_string(),
            }),
            false => Ok(()),
        }
    }

    /// The file with those who opted out.
    pub fn opted_out(&self) -> PathBuf {
        self.path.join("opted-out.json")
    }

    /// Refuses a folder whose list of those who opted out is lost: nobody would be left out any more.
    pub fn has_list(&self) -> Result<(), FolderError> {
        let path = self.opted_out();
        match (self.opted_out, path.try_exists()) {
            (true, Ok(false)) => Err(FolderError::NoList {
                path: path.display().to_string(),
            }),
            // Whoever reads it says what is wrong.
            _ => Ok(()),
        }
    }

    /// Notes that there is a list of those who opted out, where there is one: from now on it must not be
    /// missing. The caller holds the folder's turn.
    pub fn note_list(&mut self) -> Result<(), FolderError> {
        if self.opted_out || !self.opted_out().exists() {
            return Ok(());
        }
        self.opted_out = true;
        self.write()
    }

    /// Puts people on the list of those who opted out, or takes them off it. Gives how many that changed.
    /// The caller holds the folder's turn.
    pub fn opt_out(&mut self, people: &[Pseudonym], on_it: bool) -> anyhow::Result<usize> {
        self.has_list()?;
        let changed = left_out::change(&self.opted_out(), people, on_it)?;
        self.note_list()?;
        Ok(changed)
    }

    /// Where the folder's key lies: beside the store, not in it.
    pub fn key_file(&self) -> PathBuf {
        self.path.join("key")
    }
}

/// Refuses a folder with a store or a key of which nothing says how they were made: another k would
/// show what is withheld. Other things may lie beside.
fn foreign(path: &Path) -> Result<(), FolderError> {
    match ["engine", "key", "spool"]
        .iter()
        .find(|name| path.join(name).exists())
    {
        Some(found) => Err(FolderError::Foreign {
            path: path.display().to_string(),
            found: (*found).to_owned(),
        }),
        None => Ok(()),
    }
}

/// A lock on a data folder, held until it is dropped, by whatever end.
#[derive(Debug)]
pub struct Turn {
    _file: std::fs::File,
}

/// The file that commands take turns by.
const LOCK: &str = "turn.lock";

/// The file by which they wait for it one after the other.
const QUEUE: &str = "turn.queue";

impl Turn {
    /// Waits until no other command has the folder's turn; makes the folder where it is missing,
    /// for its owner only. Blocks the thread.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        make(path)?;
        let taken = || {
            let _queue = queue(path)?;
            let file = lock_file(&path.join(LOCK))?;
            file.lock()?;
            Ok(Turn { _file: file })
        };
        taken().map_err(|cause| named(&path.join(LOCK), cause))
    }

    /// Waits until nobody has the folder's turn alone, and shares it: several may load at once, while
    /// nobody derives or reads what is derived. Blocks the thread.
    pub fn share(path: &Path) -> std::io::Result<Self> {
        let _queue = queue(path)?;
        let file = lock_file(&path.join(LOCK))?;
        file.lock_shared()?;
        Ok(Turn { _file: file })
    }
}

/// The file by which scans wait for each other.
const SCAN: &str = "scan.lock";

impl Turn {
    /// Waits until no other command scans: two at once would go on from one checkpoint and do all work
    /// twice. Blocks the thread.
    pub fn scan(path: &Path) -> std::io::Result<Self> {
        let file = lock_file(&path.join(SCAN))?;
        file.lock()?;
        Ok(Turn { _file: file })
    }
}

/// A place in the queue for the turn, given up by whoever has got the turn. Without it those who share
/// pass by one who waits for it alone, as long as there are always some.
fn queue(path: &Path) -> std::io::Result<std::fs::File> {
    let file = lock_file(&path.join(QUEUE))?;
    file.lock()?;
    Ok(file)
}

fn lock_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.create(true).truncate(false).write(true).open(path)
}

/// Makes a folder that is missing, for its owner only.
fn make(path: &Path) -> Result<(), FolderError> {
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(path)
        .and_then(|()| private(path))
        .map_err(|cause| named(path, cause))
}

fn named(at: &Path, cause: std::io::Error) -> FolderError {
    FolderError::Io {
        path: at.display().to_string(),
        cause,
    }
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_alone_is_not_passed_by_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        drop(Turn::take(folder.path()).unwrap());
        let done = std::sync::atomic::AtomicBool::new(false);
        let is_done = || done.load(std::sync::atomic::Ordering::SeqCst);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !is_done() {
                        let shared = Turn::share(folder.path()).unwrap();
                        // Somebody always holds it while another one takes it.
                        (0..100).for_each(|_| std::thread::yield_now());
                        drop(shared);
                    }
                });
            }
            for _ in 0..20 {
                drop(Turn::take(folder.path()).unwrap());
            }
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
    }

    #[test]
    fn who_shares_waits_for_who_has_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let turn = Turn::take(folder.path()).unwrap();
        let order = std::sync::Mutex::new(Vec::new());
        let started = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                started.wait();
                let _shared = Turn::share(folder.path()).unwrap();
                order.lock().unwrap().push("shared");
            });
            started.wait();
            (0..1_000).for_each(|_| std::thread::yield_now());
            order.lock().unwrap().push("let go");
            drop(turn);
        });
        assert_eq!(*order.lock().unwrap(), ["let go", "shared"]);
    }

    #[test]
    fn k_is_fixed_when_the_folder_is_made() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("data");
        let _turn = Turn::take(&path).unwrap();
        assert_eq!(DataFolder::open_or_create(&path, Some(7)).unwrap().k, 7);
        assert_eq!(DataFolder::open_or_create(&path, None).unwrap().k, 7);
        let error = DataFolder::open_or_create(&path, Some(5)).unwrap_err();
        assert!(
            matches!(
                error,
                FolderError::OtherK {
                    asked: 5,
                    fixed: 7,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn the_mode_is_fixed_with_the_key() {
        let root = tempfile::tempdir().unwrap();
        let open = || DataFolder::open_or_create(root.path(), None).unwrap();
        let mut folder = open();
        folder.settle_mode(Some(Mode::CountsOnly)).unwrap();
        folder.keep_key(7).unwrap();
        let mut folder = open();
        assert_eq!(folder.mode, Mode::CountsOnly);
        folder.settle_mode(None).unwrap();
        let error = folder.settle_mode(Some(Mode::Strict)).unwrap_err();
        assert!(matches!(error, FolderError::OtherMode { .. }), "{error}");
    }

    #[test]
    fn a_store_that_nobody_describes_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("readback.toml"), "").unwrap();
        std::fs::create_dir(root.path().join("engine")).unwrap();
        let error = DataFolder::open_or_create(root.path(), Some(1)).unwrap_err();
        assert!(matches!(error, FolderError::Foreign { .. }), "{error}");
        std::fs::remove_dir(root.path().join("engine")).unwrap();
        assert!(DataFolder::open_or_create(root.path(), Some(1)).is_ok());
    }

    #[test]
    fn a_store_without_its_key_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::open_or_create(root.path(), None).unwrap();
        std::fs::create_dir(root.path().join("engine")).unwrap();
        let error = DataFolder::open_or_create(root.path(), None).unwrap_err();
        assert!(matches!(error, FolderError::NoKey { .. }), "{error}");
        std::fs::write(folder.key_file(), "").unwrap();
        assert!(DataFolder::open_or_create(root.path(), None).is_ok());
    }

    #[test]
    fn a_folder_keeps_its_key() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = DataFolder::open_or_create(root.path(), Some(7)).unwrap();
        assert!(!folder.has_key(u64::MAX).unwrap());
        folder.keep_key(u64::MAX).unwrap();
        let again = DataFolder::look(root.path(), None).unwrap().unwrap();
        assert_eq!(again.k, 7);
        assert!(again.has_key(u64::MAX).unwrap());
        let error = again.has_key(1).unwrap_err();
        assert!(matches!(error, FolderError::OtherKey { .. }), "{error}");
    }

    #[test]
    fn a_list_that_was_there_must_not_be_missing() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = DataFolder::open_or_create(root.path(), None).unwrap();
        folder.note_list().unwrap();
        assert!(folder.has_list().is_ok());
        assert_eq!(folder.opt_out(&[Pseudonym([1; 16])], true).unwrap(), 1);
        std::fs::remove_file(folder.opted_out()).unwrap();
        let mut folder = DataFolder::look(root.path(), None).unwrap().unwrap();
        let error = folder.has_list().unwrap_err();
        assert!(matches!(error, FolderError::NoList { .. }), "{error}");
        assert!(folder.opt_out(&[Pseudonym([2; 16])], true).is_err());
        assert!(!folder.opted_out().exists());
    }

    #[test]
    fn what_readback_did_not_write_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for text in [r#"{"format":2,"k":5}"#, r#"{"format":1,"k":0}"#, "{}"] {
            std::fs::write(root.path().join("folder.json"), text).unwrap();
            let error = DataFolder::open_or_create(root.path(), None).unwrap_err();
            assert!(
                matches!(error, FolderError::File(DocumentError::Broken { .. })),
                "{text}: {error}"
            );
        }
    }
}
