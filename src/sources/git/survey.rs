//! A first look at a repository, before anything is read in full: where it is, which files would be
//! write-ups, and where its pages lie if none would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;

use crate::sources::SourceError;

use super::glob::Globs;
use super::repository::Repository;

/// Endings of files that are written to be read.
const PROSE: &[&str] = &["md", "markdown", "mdx", "rst", "adoc", "asciidoc", "org"];

/// What there is at the tip of the branch that HEAD names.
#[derive(Debug, PartialEq, Eq)]
pub struct Survey {
    /// The repository's folder; the folder asked about may lie below it.
    pub root: PathBuf,
    /// A file that the globs fit, the first by path.
    pub fitting: Option<String>,
    /// Globs for folders with several documents in them and how many, the fullest first.
    pub folders: Vec<(String, usize)>,
}

/// Looks at the repository of this folder.
pub fn survey(folder: &Path, globs: &[String]) -> Result<Survey, SourceError> {
    let opened = folder.ancestors().find_map(|root| {
        let repository = Repository::open(root, &root.display().to_string()).ok()?;
        Some((root.to_owned(), repository))
    });
    let Some((root, repository)) = opened else {
        return Err(SourceError::Format {
            name: folder.display().to_string(),
            reason: "is no git repository, nor a folder in one".to_owned(),
        });
    };
    if repository.head(None)?.is_none() {
        return Err(SourceError::Format {
            name: folder.display().to_string(),
            reason: "has no commits yet".to_owned(),
        });
    }
    let tree = repository
        .inner
        .head_tree()
        .map_err(|e| repository.failed(e))?;
    let files = tree
        .traverse()
        .breadthfirst
        .files()
        .map_err(|e| repository.failed(e))?;
    let globs = Globs::new(globs.to_vec());
    let mut fitting: Option<String> = None;
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| file.mode.is_blob()) {
        let path = file.filepath.to_str_lossy();
        if globs.fit(&path) && fitting.as_deref().is_none_or(|known| *path < *known) {
            fitting = Some(path.to_string());
        }
        if let Some((folder, name)) = path.rsplit_once('/')
            && let Some((_, ending)) = name.rsplit_once('.')
            && PROSE.contains(&ending)
        {
            *folders.entry(format!("{folder}/*.{ending}")).or_default() += 1;
            // Where each page has a folder of its own, they share a name.
            if let Some((top, _)) = folder.split_once('/') {
                *folders.entry(format!("{top}/**/{name}")).or_default() += 1;
            }
        }
    }
    let mut folders: Vec<_> = folders
        .into_iter()
        .filter(|(_, files)| *files > 2)
        .collect();
    folders.sort_by_key(|(_, files)| std::cmp::Reverse(*files));
    Ok(Survey {
        root,
        fitting,
        folders,
    })
}
