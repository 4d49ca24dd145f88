//! A backup as a folder: the files of a data folder, and beside them what the engine copied of its tables.
//!
//! ```text
//! backup.json   what it is of, and the sum of every file; written last, so that half a backup has none
//! data/         the data folder's own files: keys, registry documents, spool, dead letters, audit log
//! store/        the tables, as BACKUP of an embedded engine writes them; a server keeps them itself
//! published/    the tables of the second engine, likewise
//! ```
//!
//! The caller holds the data folder's turn: nothing goes from the spool into the store meanwhile. What a door
//! takes in at that time may be in the copy of the spool or not; what is half in it is cut off when the spool
//! is opened, as after a crash.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::model::{Millis, to_rfc3339};
use crate::spool::{read_document, write_document};
use crate::store;

/// The backup's own file.
const FILE: &str = "backup.json";
const FORMAT: u32 = 1;

/// What a data folder is known by: it comes back last, so that half of one is none.
const LAST: &str = "folder.json";

/// What a data folder holds that is copied in another way.
const ENGINES: [&str; 2] = ["engine", "published"];

/// What says who works on a data folder at the moment.
const LOCKS: [&str; 4] = ["turn.lock", "turn.queue", "scan.lock", "spool/lock"];

/// Bytes that are copied at once.
const BLOCK: usize = 1 << 20;

/// The parts of a backup that are folders of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The data folder's own files.
    Data,
    /// The tables.
    Store,
    /// The published tables.
    Published,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Data => "data",
            Part::Store => "store",
            Part::Published => "published",
        }
    }
}

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The program that made it.
    pub program: String,
    /// The last migration of its tables.
    pub migration: u32,
    /// The database of its tables.
    pub database: String,
    /// The database of its published tables, where there were some.
    pub published: Option<String>,
    /// Where a server keeps the tables; absent where they are here.
    pub server: Option<Server>,
    files: Vec<Kept>,
}

/// Where a server keeps the tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What it calls the backup.
    pub name: String,
    /// The disk that it lies on; else where the server keeps backups that are files.
    pub disk: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// In the backup, by slashes.
    path: String,
    bytes: u64,
    /// Its XXH3 of 128 bits, hexadecimal.
    sum: String,
}

/// A backup that is being made.
pub struct Making {
    folder: PathBuf,
    files: Vec<Kept>,
}

impl Making {
    /// Makes the folder of a backup, for its owner alone.
    ///
    /// # Errors
    /// It holds something, or lies in the data folder.
    pub fn begin(folder: &Path, data: &Path) -> anyhow::Result<Making> {
        let at = || folder.display().to_string();
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).with_context(at)?;
        let (inner, outer) = (fs::canonicalize(folder), fs::canonicalize(data));
        if inner.with_context(at)?.starts_with(outer.with_context(at)?) {
            bail!("{}: lies in the data folder; name one elsewhere", at());
        }
        if let Some(entry) = fs::read_dir(folder).with_context(at)?.next() {
            let name = entry.with_context(at)?.file_name();
            bail!("{}: holds {name:?} already; name a new folder", at());
        }
        Ok(Making {
            folder: folder.to_owned(),
            files: Vec::new(),
        })
    }

    /// Copies the data folder's own files.
    ///
    /// # Errors
    /// A file can't be read or written.
    pub fn data(&mut self, data: &Path) -> anyhow::Result<()> {
        self.part(Part::Data, data)
    }

    /// Copies what the engine wrote of its tables.
    ///
    /// # Errors
    /// A file can't be read or written.
    pub fn tables(&mut self, part: Part, written: &Path) -> anyhow::Result<()> {
        self.part(part, written)
    }

    fn part(&mut self, part: Part, from: &Path) -> anyhow::Result<()> {
        for path in listed(from)? {
            if part == Part::Data && is_elsewhere(&path) {
                continue;
            }
            let source = from.join(&path);
            let kept = format!("{}/{path}", part.name());
            match copy(&source, &self.folder.join(&kept)) {
                Ok((bytes, sum)) => self.files.push(Kept {
                    path: kept,
                    bytes,
                    sum,
                }),
                // A file that is being replaced has another name for a moment.
                Err(error) if part == Part::Data && error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| source.display().to_string()),
            }
        }
        Ok(())
    }

    /// Writes what the backup is: from now on it is one. Gives how many files and bytes it has.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn finish(
        self,
        now: Millis,
        (database, published): (&str, Option<&str>),
        server: Option<Server>,
    ) -> anyhow::Result<(usize, u64)> {
        let size = (
            self.files.len(),
            self.files.iter().map(|file| file.bytes).sum(),
        );
        let manifest = Manifest {
            format: FORMAT,
            made_at: to_rfc3339(now),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            migration: store::newest(),
            database: database.to_owned(),
            published: published.map(str::to_owned),
            server,
            files: self.files,
        };
        write_document(&self.folder.join(FILE), &manifest)?;
        Ok(size)
    }
}

/// A backup that is whole.
pub struct Whole {
    folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
}

impl Whole {
    /// Opens a backup and goes through all of it.
    ///
    /// # Errors
    /// It is none, was cut off, is damaged, or a newer program made its tables.
    pub fn open(folder: &Path) -> anyhow::Result<Whole> {
        let at = folder.display();
        let Some(manifest) = read_document::<Manifest>(&folder.join(FILE), FORMAT)? else {
            bail!(
                "{at}: has no {FILE}, which is written last: this is no backup, or one that was cut off. Make a \
                 new one"
            );
        };
        let (found, known) = (manifest.migration, store::newest());
        if found > known {
            bail!(
                "{at}: its tables are at migration {found}, and this program knows {known}; restore it with a newer \
                 readback (it was made by {})",
                manifest.program
            );
        }
        for file in &manifest.files {
            let path = folder.join(&file.path);
            let is_inside = Path::new(&file.path)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if !is_inside {
                bail!("{at}: {FILE} names {:?}, which is outside of it", file.path);
            }
            match sum(&path) {
                Ok(found) if found == (file.bytes, file.sum.clone()) => {}
                Ok(_) => bail!("{}: is not as it was backed up", path.display()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    bail!("{}: is missing; the backup is not whole", path.display())
                }
                Err(error) => return Err(error).with_context(|| path.display().to_string()),
            }
        }
        Ok(Whole {
            folder: folder.to_owned(),
            manifest,
        })
    }

    /// Refuses a data folder that holds anything that would come back, or an engine. The caller has its turn.
    ///
    /// # Errors
    /// It does.
    pub fn refuse_used(&self, data: &Path) -> anyhow::Result<()> {
        let own = self.files(Part::Data).map(|(path, _)| {
            let first = path.split('/').next();
            first.unwrap_or(path)
        });
        let mut names = own.chain(ENGINES).chain(["key", "spool"]);
        match names.find(|name| data.join(name).exists()) {
            Some(name) => bail!(
                "{}: is in use, it holds {name:?}; restore into a new folder, such as --data-dir restored",
                data.display()
            ),
            None => Ok(()),
        }
    }

    /// Whether it has a part.
    pub fn has(&self, part: Part) -> bool {
        self.files(part).next().is_some()
    }

    /// Puts a part where it belongs. Of the data folder all but what makes it one: see [`Whole::seal`].
    ///
    /// # Errors
    /// A file can't be read or written.
    pub fn put(&self, part: Part, to: &Path) -> anyhow::Result<()> {
        for (path, file) in self.files(part) {
            if (part, path) != (Part::Data, LAST) {
                self.put_one(file, &to.join(path))?;
            }
        }
        Ok(())
    }

    /// Makes a data folder of what came back.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn seal(&self, data: &Path) -> anyhow::Result<()> {
        match self.files(Part::Data).find(|(path, _)| *path == LAST) {
            Some((_, file)) => self.put_one(file, &data.join(LAST)),
            None => bail!("{}: has no data/{LAST}", self.folder.display()),
        }
    }

    fn put_one(&self, file: &Kept, to: &Path) -> anyhow::Result<()> {
        let from = self.folder.join(&file.path);
        let (bytes, sum) = copy(&from, to).with_context(|| to.display().to_string())?;
        // It may have changed since it was looked at.
        if (bytes, &sum) != (file.bytes, &file.sum) {
            bail!("{}: is not as it was backed up", from.display());
        }
        Ok(())
    }

    /// The files of a part, by their paths in it.
    fn files(&self, part: Part) -> impl Iterator<Item = (&str, &Kept)> {
        let files = self.manifest.files.iter();
        files.filter_map(move |file| {
            let path = file.path.strip_prefix(part.name())?.strip_prefix('/')?;
            Some((path, file))
        })
    }
}

/// Whether a file of the data folder is copied in another way, or means nothing elsewhere.
fn is_elsewhere(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    ENGINES.contains(&first) || LOCKS.contains(&path)
}

/// The files below a folder, by their paths in it, in their order. Segments of a spool are numbered: the last,
/// which may still grow, is copied last.
fn listed(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(inner) = folders.pop() {
        let at = folder.join(&inner);
        for entry in fs::read_dir(&at).with_context(|| at.display().to_string())? {
            let entry = entry.with_context(|| at.display().to_string())?;
            let Ok(name) = entry.file_name().into_string() else {
                bail!("{}: is no name that readback gives", entry.path().display());
            };
            let path = match inner.as_str() {
                "" => name,
                inner => format!("{inner}/{name}"),
            };
            match fs::metadata(entry.path()) {
                Ok(data) if data.is_dir() && ENGINES.contains(&path.as_str()) => {}
                Ok(data) if data.is_dir() => folders.push(path),
                Ok(data) if data.is_file() => found.push(path),
                // A socket, or gone by now.
                _ => {}
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Copies a file, synced and its owner's alone; gives its length and sum.
fn copy(from: &Path, to: &Path) -> io::Result<(u64, String)> {
    let source = File::open(from)?;
    if let Some(folder) = to.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut target = options.open(to)?;
    let read = each_block(source, |block| target.write_all(block))?;
    target.sync_all()?;
    Ok(read)
}

fn sum(path: &Path) -> io::Result<(u64, String)> {
    each_block(File::open(path)?, |_| Ok(()))
}

fn each_block(
    mut source: File,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes) = (Xxh3::new(), 0);
    let mut block = vec![0; BLOCK];
    loop {
        let n = match source.read(&mut block) {
            Ok(0) => return Ok((bytes, format!("{:032x}", hash.digest128()))),
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&block[..n]);
        take(&block[..n])?;
        bytes += n as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data folder with a file of every kind, and a backup of it.
    fn made() -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        for (path, text) in [
            ("folder.json", "{}"),
            ("key", "secret"),
            ("turn.lock", ""),
            ("spool/00000001.seg", "one"),
            ("spool/lock", ""),
            ("engine/store/part", "never copied"),
        ] {
            let path = data.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let tables = root.path().join("tables");
        fs::create_dir(&tables).unwrap();
        fs::write(tables.join(".backup"), "all").unwrap();
        let backup = root.path().join("backup");
        let mut making = Making::begin(&backup, &data).unwrap();
        making.tables(Part::Store, &tables).unwrap();
        making.data(&data).unwrap();
        let (files, bytes) = making.finish(0, ("readback", None), None).unwrap();
        assert_eq!((files, bytes), (4, 14));
        (root, backup)
    }

    fn refused(folder: &Path) -> String {
        match Whole::open(folder) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it was opened"),
        }
    }

    #[test]
    fn what_was_copied_comes_back() {
        let (root, backup) = made();
        let whole = Whole::open(&backup).unwrap();
        assert!(whole.has(Part::Store) && !whole.has(Part::Published));
        let to = root.path().join("restored");
        fs::create_dir(&to).unwrap();
        whole.refuse_used(&to).unwrap();
        whole.put(Part::Data, &to).unwrap();
        assert!(!to.join(LAST).exists());
        let used = whole.refuse_used(&to).unwrap_err().to_string();
        assert!(used.contains("is in use"), "{used}");
        whole.seal(&to).unwrap();
        assert_eq!(fs::read_to_string(to.join("key")).unwrap(), "secret");
        assert_eq!(
            listed(&to).unwrap(),
            ["folder.json", "key", "spool/00000001.seg"]
        );
    }

    #[test]
    fn what_is_no_whole_backup_is_refused() {
        let (root, backup) = made();
        let data = root.path().join("data");
        for (folder, words) in [
            (backup.as_path(), "already"),
            (&data.join("b"), "lies in the data folder"),
        ] {
            let error = Making::begin(folder, &data).err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
        let manifest = fs::read_to_string(backup.join(FILE)).unwrap();
        let newest = store::newest();
        for (from, to, words) in [
            (
                format!("\"migration\":{newest}"),
                format!("\"migration\":{}", newest + 1),
                "a newer readback",
            ),
            (
                "data/key".to_owned(),
                "../data/key".to_owned(),
                "outside of it",
            ),
            (
                "\"format\":1".to_owned(),
                "\"format\":2".to_owned(),
                "too old",
            ),
        ] {
            let other = manifest.replace(": ", ":").replace(&from, &to);
            assert!(other.contains(&to), "{other}");
            fs::write(backup.join(FILE), other).unwrap();
            let error = refused(&backup);
            assert!(error.contains(words), "{error}");
        }
        fs::write(backup.join(FILE), &manifest).unwrap();
        fs::write(backup.join("data/key"), "secreT").unwrap();
        assert!(refused(&backup).contains("is not as it was backed up"));
        fs::remove_file(backup.join("data/key")).unwrap();
        assert!(refused(&backup).contains("is missing"));
        fs::remove_file(backup.join(FILE)).unwrap();
        assert!(refused(&backup).contains("was cut off"));
    }
}
