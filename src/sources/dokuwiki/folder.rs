//! The folder in which DokuWiki keeps everything: `pages/` as they stand, `attic/` as they stood, `meta/`
//! what was done. It is only read. A namespace is a folder; names are written percent-encoded or plainly.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use percent_encoding::percent_decode_str;

use crate::model::Millis;
use crate::sources::SourceError;
use crate::sources::unpack::unpack;

/// Folders within folders; no wiki goes deeper.
const DEEPEST: u32 = 24;

/// A page's text, or what was said on it, is far shorter, bytes.
const LONGEST: u64 = 32 << 20;

/// The folder.
pub(super) struct Folder {
    root: PathBuf,
}

/// A page as a file.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its path below the folder of pages, without the end of its name.
    path: String,
    /// When it was changed last.
    pub(super) modified: Millis,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Folder {
        Folder { root }
    }

    /// All pages by their names.
    pub(super) fn pages(&self) -> Result<BTreeMap<String, Found>, SourceError> {
        let mut pages = BTreeMap::new();
        let folder = self.root.join("pages");
        walk(&folder, "", 0, &mut |path, entry| {
            let Some(path) = path.strip_suffix(".txt") else {
                return Ok(());
            };
            let Some(id) = id_of(path) else {
                return Ok(());
            };
            let modified = match entry.metadata().and_then(|data| data.modified()) {
                Ok(modified) => modified,
                // It was taken away just now; whatever else is no sign of that.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
            // To the second, as the wiki counts.
            let seconds = Millis::try_from(since.as_secs()).unwrap_or_default();
            let found = Found {
                path: path.to_owned(),
                modified: seconds.saturating_mul(1000),
            };
            pages.insert(id, found);
            Ok(())
        })
        .map_err(|cause| self.failed(cause))?;
        if pages.is_empty() {
            return Err(self.unfit("has no page in its folder pages; is what it lies on away?"));
        }
        Ok(pages)
    }

    /// Whether all these namespaces are there, or were.
    pub(super) fn has(&self, namespaces: &[String]) -> Result<(), SourceError> {
        for namespace in namespaces {
            let path = namespace.replace(':', "/");
            let is_there = |part: &str| self.root.join(part).join(&path).is_dir();
            // A namespace without pages has no folder among them any more.
            let is_known = is_there("pages") || is_there("meta") || self.holds(namespace)?;
            if !is_known {
                let reason = format!("has no namespace {namespace:?}, which namespaces names");
                return Err(self.unfit(&reason));
            }
        }
        Ok(())
    }

    /// Whether a namespace has pages, however its folder is written.
    fn holds(&self, namespace: &str) -> Result<bool, SourceError> {
        let within = format!("{namespace}:");
        Ok(self.pages()?.keys().any(|id| id.starts_with(&within)))
    }

    /// The text of a page as it stands.
    pub(super) fn text(&self, page: &Found) -> io::Result<String> {
        let path = self.root.join("pages").join(format!("{}.txt", page.path));
        let text = read(&path)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// The text of a page as it stood, where it was kept.
    pub(super) fn revision(&self, id: &str, page: Option<&Found>, at: Millis) -> Option<String> {
        let path = path_of(id, page);
        let attic = self.root.join("attic");
        let names = ["txt.gz", "txt"];
        let mut paths = names
            .map(|end| attic.join(format!("{path}.{}.{end}", at / 1000)))
            .into_iter();
        let text = paths.find_map(|path| read(&path).ok())?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// The log of a page's changes; empty where it has none.
    pub(super) fn log(&self, id: &str, page: Option<&Found>) -> io::Result<String> {
        let log = self.beside(id, page, "changes")?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// What was said on a page, as the plugin writes it; `None` where nothing ever was.
    pub(super) fn discussion(&self, id: &str, page: Option<&Found>) -> io::Result<Option<Vec<u8>>> {
        self.beside(id, page, "comments")
    }

    fn beside(&self, id: &str, page: Option<&Found>, end: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self
            .root
            .join("meta")
            .join(format!("{}.{end}", path_of(id, page)));
        match read(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// So many of the pages that were there are missing, and nobody deleted them.
    pub(super) fn lost(&self, missing: usize, told: usize) -> SourceError {
        self.unfit(&format!(
            "has {missing} of {told} pages no more that were there at the last pull, and its logs say of none \
             that it was deleted; is a part of it away? What is really another wiki should be another source"
        ))
    }

    fn unfit(&self, reason: &str) -> SourceError {
        SourceError::Format {
            name: self.root.display().to_string(),
            reason: reason.to_owned(),
        }
    }

    /// The folder as a whole can't be read.
    pub(super) fn failed(&self, cause: io::Error) -> SourceError {
        match cause.kind() {
            io::ErrorKind::NotFound => {
                self.unfit("has no folder pages; path should be DokuWiki's data folder")
            }
            _ => SourceError::Io {
                name: self.root.display().to_string(),
                cause,
            },
        }
    }
}

/// Goes through the files below a folder. Links to folders are not followed: they may lead back.
fn walk(
    folder: &Path,
    below: &str,
    depth: u32,
    take: &mut dyn FnMut(&str, &std::fs::DirEntry) -> io::Result<()>,
) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // Names with a line before them are templates; what is hidden is none of the wiki's.
        let Some(name) = name.to_str().filter(|name| !name.starts_with(['_', '.'])) else {
            continue;
        };
        let path = match below {
            "" => name.to_owned(),
            below => format!("{below}/{name}"),
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < DEEPEST {
            walk(&entry.path(), &path, depth + 1, take)?;
        } else if !kind.is_dir() {
            take(&path, &entry)?;
        }
    }
    Ok(())
}

/// The page whose file has this path, if a page may be called so.
fn id_of(path: &str) -> Option<String> {
    let fits = |part: &str| {
        let is_foreign = |c: char| c.is_control() || c.is_whitespace() || "/:".contains(c);
        !part.starts_with('.') && !part.is_empty() && !part.contains(is_foreign)
    };
    let parts = path.split('/').map(|part| {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        fits(&part).then(|| part.into_owned())
    });
    let parts: Option<Vec<String>> = parts.collect();
    Some(parts?.join(":"))
}

/// The path of what belongs to a page: where it has a file, the same; where it has none any more, as most
/// names are written.
fn path_of(id: &str, page: Option<&Found>) -> String {
    page.map_or_else(|| id.replace(':', "/"), |page| page.path.clone())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    unpack(file)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_files_and_namespaces_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        let pages = folder.path().join("pages");
        std::fs::create_dir_all(pages.join("pm/alt")).expect("folders");
        for name in [
            "start.txt",
            "pm/st%C3%B6rung.txt",
            "pm/alt/störung.txt",
            "pm/_template.txt",
            "pm/x.md",
            "pm/%2e%2e%2Fx.txt",
        ] {
            std::fs::write(pages.join(name), "text").expect("written");
        }
        let wiki = Folder::new(folder.path().to_owned());
        let found: Vec<String> = wiki.pages().expect("pages").into_keys().collect();
        assert_eq!(found, ["pm:alt:störung", "pm:störung", "start"]);
        assert!(wiki.has(&["pm:alt".to_owned()]).is_ok());
        let missing = wiki
            .has(&["ops".to_owned()])
            .expect_err("not there")
            .to_string();
        assert!(missing.contains("has no namespace \"ops\""), "{missing}");
        let elsewhere = Folder::new(folder.path().join("pages"));
        let said = elsewhere.pages().expect_err("no wiki").to_string();
        assert!(
            said.contains("path should be DokuWiki's data folder"),
            "{said}"
        );
    }
}
