//! Finds libchdb, or fetches it: 160 MB from the npm registry with the ordinary `npm pack`, checked
//! by a pinned SHA-256, unpacked into the user's cache folder.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

/// The version of the npm packages. ClickHouse inside calls itself 26.7.2.1.
pub const LIBCHDB_VERSION: &str = "26.7.3-stable.1";
/// The folder in the cache; another version gets another one.
const FOLDER: &str = "libchdb-26.7.3";
const FILE: &str = "libchdb.so";
/// Where distributions and administrators put libraries.
const SYSTEM: &[&str] = &[
    "/usr/local/lib",
    "/usr/lib",
    "/usr/lib64",
    "/opt/homebrew/lib",
];

/// The package of one platform.
struct Package {
    os: &'static str,
    arch: &'static str,
    name: &'static str,
    sha256: &'static str,
}

/// Packages whose checksum is known. Others (`linux-arm64-gnu`, `darwin-arm64`, `darwin-x64`) come
/// in as a line each, once they could be fetched and hashed.
static PACKAGES: &[Package] = &[Package {
    os: "linux",
    arch: "x86_64",
    name: "@chdb/lib-linux-x64-gnu",
    sha256: "c0d32b129e988f2b9a9a31c9141aecf5e1e2453f9a079efc4d36ab8e3f92b2ad",
}];

/// How far an installation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Another process is installing; waiting for it.
    Waiting,
    /// npm fetches the package; it tells no more than that.
    Fetching,
    /// So many bytes of the library are in place, of so many.
    Unpacking {
        /// Bytes written.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
}

/// Why libchdb is not there.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The named file is not there.
    #[error("READBACK_LIBCHDB names '{0}', which is not a file; name a libchdb.so, or unset it")]
    Named(PathBuf),
    /// No package for this machine.
    #[error(
        "there is no tested libchdb {version} package for {os} on {arch}; set READBACK_LIBCHDB to a \
         libchdb.so, or use a ClickHouse server with engine.mode = \"remote\"",
        version = LIBCHDB_VERSION
    )]
    Platform {
        /// The system.
        os: &'static str,
        /// The processor.
        arch: &'static str,
    },
    /// No npm.
    #[error("npm was not found; install Node.js/npm, or set READBACK_LIBCHDB to a libchdb.so")]
    NpmMissing,
    /// npm failed.
    #[error("npm could not fetch {package}: {message}")]
    Npm {
        /// The package with its version.
        package: String,
        /// npm's own last words.
        message: String,
    },
    /// Another file came than the one that was tested.
    #[error("{package} has the SHA-256 {found}, not {expected}; nothing was installed")]
    Checksum {
        /// The package with its version.
        package: String,
        /// What came.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The package holds no library.
    #[error("{0} holds no package/libchdb.so")]
    Empty(String),
    /// A file.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

/// Finds the library: the named file (`READBACK_LIBCHDB`), the user's cache folder, the system.
/// `cache` is Readback's own cache folder. `None` when there is none and [`install`] is needed.
pub fn find(named: Option<&Path>, cache: &Path) -> Result<Option<PathBuf>, InstallError> {
    if let Some(named) = named {
        if named.is_file() {
            return Ok(Some(named.to_owned()));
        }
        return Err(InstallError::Named(named.to_owned()));
    }
    let cached = cache.join(FOLDER).join(FILE);
    let system = SYSTEM.iter().map(|folder| Path::new(folder).join(FILE));
    Ok(std::iter::once(cached)
        .chain(system)
        .find(|path| path.is_file()))
}

/// Fetches the library into the cache folder and gives its path. Safe beside other installations:
/// one works, the others wait and find it done.
pub fn install(cache: &Path, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, InstallError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let package = PACKAGES
        .iter()
        .find(|package| package.os == os && package.arch == arch)
        .ok_or(InstallError::Platform { os, arch })?;
    fs::create_dir_all(cache).map_err(io_error("make", cache))?;
    let lock_path = cache.join("libchdb.lock");
    let lock = File::create(&lock_path).map_err(io_error("make", &lock_path))?;
    if lock.try_lock().is_err() {
        progress(Progress::Waiting);
        lock.lock().map_err(io_error("lock", &lock_path))?;
    }
    let folder = cache.join(FOLDER);
    let library = folder.join(FILE);
    if library.is_file() {
        return Ok(library);
    }
    // Under the lock, what stands here was left by an installation that was cut off.
    let work = cache.join("libchdb.part");
    remove_folder(&work)?;
    fs::create_dir(&work).map_err(io_error("make", &work))?;
    let outcome = fetch(package, &work, progress).and_then(|archive| {
        check(package, &archive)?;
        let ready = work.join(FOLDER);
        fs::create_dir(&ready).map_err(io_error("make", &ready))?;
        unpack(&archive, &ready.join(FILE), progress)?;
        remove_folder(&folder)?;
        fs::rename(&ready, &folder).map_err(io_error("rename", &ready))
    });
    // What went wrong is worth more than a folder that would not go.
    let cleaned = remove_folder(&work);
    outcome.and(cleaned)?;
    Ok(library)
}

/// Lets npm fetch the package and gives the archive.
fn fetch(
    package: &Package,
    work: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, InstallError> {
    progress(Progress::Fetching);
    let spec = spec(package);
    let output = Command::new("npm")
        .args(["pack", "--ignore-scripts", "--loglevel=error", &spec])
        .current_dir(work)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => InstallError::NpmMissing,
            _ => InstallError::Npm {
                package: spec.clone(),
                message: error.to_string(),
            },
        })?;
    let archive = fs::read_dir(work)
        .map_err(io_error("read", work))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    match archive {
        Some(archive) if output.status.success() => Ok(archive),
        _ => Err(InstallError::Npm {
            package: spec,
            message: last_words(&output.stderr),
        }),
    }
}

fn check(package: &Package, archive: &Path) -> Result<(), InstallError> {
    let mut file = File::open(archive).map_err(io_error("open", archive))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).map_err(io_error("read", archive))?;
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
    }
    let found: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if found == package.sha256 {
        return Ok(());
    }
    Err(InstallError::Checksum {
        package: spec(package),
        found,
        expected: package.sha256,
    })
}

/// Takes `package/libchdb.so` out of a gzipped tar archive.
fn unpack(
    archive: &Path,
    target: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), InstallError> {
    let unreadable = || io_error("unpack", archive);
    let file = File::open(archive).map_err(io_error("open", archive))?;
    let unzipped = GzDecoder::new(io::BufReader::with_capacity(1 << 20, file));
    let mut tar = tar::Archive::new(unzipped);
    for entry in tar.entries().map_err(unreadable())? {
        let mut entry = entry.map_err(unreadable())?;
        if *entry.path_bytes() == *b"package/libchdb.so" {
            let size = entry.size();
            return write_library(&mut entry, target, size, progress);
        }
    }
    Err(InstallError::Empty(archive.display().to_string()))
}

fn write_library(
    from: &mut dyn Read,
    target: &Path,
    total: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), InstallError> {
    let cannot = || io_error("write", target);
    let mut file = File::create(target).map_err(cannot())?;
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let count = from.read(&mut buffer).map_err(cannot())?;
        if count == 0 {
            break;
        }
        file.write_all(&buffer[..count]).map_err(cannot())?;
        done += count as u64;
        progress(Progress::Unpacking { done, total });
    }
    if done != total {
        return Err(cannot()(io::Error::other(format!(
            "the archive ends after {done} of {total} bytes"
        ))));
    }
    // A power cut must not leave a torn library behind a good name.
    file.sync_all().map_err(cannot())
}

fn spec(package: &Package) -> String {
    format!("{}@{LIBCHDB_VERSION}", package.name)
}

fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start_matches("npm error").trim())
        .filter(|line| !line.is_empty() && !line.contains("complete log"))
        .take(3)
        .collect();
    match lines.as_slice() {
        [] => "it left no archive and said nothing".to_owned(),
        lines => lines.join("; "),
    }
}

fn remove_folder(folder: &Path) -> Result<(), InstallError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

fn io_error(what: &str, path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    let what = format!("{what} '{}'", path.display());
    move |source| InstallError::Io { what, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes an archive of some files.
    fn pack(archive: &Path, files: &[(&str, &[u8])]) {
        let gz = flate2::write::GzEncoder::new(
            File::create(archive).unwrap(),
            flate2::Compression::fast(),
        );
        let mut tar = tar::Builder::new(gz);
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, *bytes).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
    }

    #[test]
    fn the_library_is_taken_out_of_an_archive() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tgz");
        let target = folder.path().join("libchdb.so");
        let rest = ("package/package.json", &[b'{'; 700][..]);
        pack(&archive, &[rest, ("package/libchdb.so", &[7; 1000])]);
        let mut seen = None;
        unpack(&archive, &target, &mut |progress| seen = Some(progress)).unwrap();
        assert_eq!(fs::read(&target).unwrap(), [7; 1000]);
        assert_eq!(
            seen,
            Some(Progress::Unpacking {
                done: 1000,
                total: 1000
            })
        );
        let refused = check(&PACKAGES[0], &archive).unwrap_err();
        assert!(refused.to_string().contains("nothing was installed"));

        let whole = fs::read(&archive).unwrap();
        fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
        assert!(unpack(&archive, &target, &mut |_| ()).is_err(), "cut");
        pack(&archive, &[rest]);
        let empty = unpack(&archive, &target, &mut |_| ()).unwrap_err();
        assert!(matches!(empty, InstallError::Empty(_)), "{empty}");
    }

    #[test]
    fn a_named_file_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("libchdb.so");
        assert!(matches!(
            find(Some(&named), folder.path()),
            Err(InstallError::Named(_))
        ));
        fs::write(&named, "").unwrap();
        assert_eq!(find(Some(&named), folder.path()).unwrap(), Some(named));
    }
}
