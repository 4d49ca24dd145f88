//! A look at the repository before it is walked: does it open, is the branch there, does its server let
//! us in, and is it the one that was walked before?

use gix::ObjectId;

use crate::sources::{Setting, Sight, SourceError, decode};

use super::checkpoint::Checkpoint;
use super::held::root;
use super::params::{Checked, Params};
use super::repository::Repository;

/// Opens the repository and finds the head of the branch; asks the server that it is cloned from, where
/// the network may be used.
pub(super) fn look(
    params: toml::Table,
    _: &Setting,
    is_online: bool,
) -> Result<Sight, SourceError> {
    let params = decode::<Params>(params)?.check()?;
    let here = here(&params)?;
    let Some(remote) = &params.remote else {
        return Ok(here.into());
    };
    let there = match is_online {
        true => remote.ask(params.branch.as_deref())?,
        false => {
            remote.has_token()?;
            "not asked (--offline)".to_owned()
        }
    };
    Ok(format!("{here}; {} {there}", remote.url()).into())
}

/// What lies at the path.
fn here(params: &Checked) -> Result<String, SourceError> {
    if let Some(remote) = &params.remote
        && remote.is_new(&params.path)?
    {
        return Ok(format!("the first scan clones it from {}", remote.url()));
    }
    let repository = Repository::open(&params.path, &params.name)?;
    let head = repository.head(params.branch.as_deref())?;
    Ok(match head {
        Some(head) => format!("the repository opens, at {}", head.to_hex_with_len(12)),
        None => "the repository opens and has no commits yet".to_owned(),
    })
}

/// The branch is not there, nor is any other, in a repository that this checkpoint is of.
pub fn lost_branch(params: toml::Table, checkpoint: &str) -> Option<SourceError> {
    let params = decode::<Params>(params).ok()?.check().ok()?;
    Checkpoint::read(checkpoint)?;
    let repository = Repository::open(&params.path, &params.name).ok()?;
    // Where there are others, the first look has said it.
    let head = repository.head(params.branch.as_deref()).ok()?;
    head.is_none().then(|| repository.without_head())
}

/// Globs of `writeups` that fit no file at the head of the branch. Nothing where there is no commit yet, and
/// where the repository can't be read, which is told elsewhere.
pub fn idle_writeups(params: toml::Table) -> Vec<String> {
    let idle = || {
        let params = decode::<Params>(params).ok()?.check().ok()?;
        if params.paths.writeups.is_empty() {
            return None;
        }
        let repository = Repository::open(&params.path, &params.name).ok()?;
        let head = repository.head(params.branch.as_deref()).ok()??;
        let files = repository.files(head).ok()?;
        let paths = files.iter().map(|(path, _)| path.as_str());
        let idle = params.paths.writeups.idle(paths).map(idle_glob);
        Some(idle.collect())
    };
    idle().unwrap_or_default()
}

/// What is said of such a glob.
pub(super) fn idle_glob(glob: &str) -> String {
    format!("writeups: {glob:?} fits no file at present")
}

/// What is to be said where the path holds another repository than the one that this checkpoint is of.
/// Nothing where it is the same, and where that can't be told.
pub fn another_than_before(params: toml::Table, checkpoint: &str) -> Option<String> {
    let params = decode::<Params>(params).ok()?.check().ok()?;
    let before = Checkpoint::read(checkpoint)?.basis;
    let repository = Repository::open(&params.path, &params.name).ok()?;
    let last = ObjectId::from_hex(before.head.as_bytes()).ok()?;
    if repository.inner.has_object(last) {
        return None;
    }
    let head = repository.head(params.branch.as_deref()).ok()??;
    let is_known = !before.root.is_empty();
    if is_known && root(&repository, head).as_deref() == Some(before.root.as_str()) {
        // Its branch was rewritten; the next scan says so and takes back what is gone.
        return None;
    }
    Some(format!(
        "{}: has not the commit {} at which the last scan ended: {}. The next scan takes back what it no \
         longer shows; a repository of its own is a source with an id of its own",
        params.path.display(),
        last.to_hex_with_len(12),
        match is_known {
            true => "it is another repository",
            false => "it is another repository, or all of its history was rewritten",
        }
    ))
}
