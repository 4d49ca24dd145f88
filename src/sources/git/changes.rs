//! What a commit changed: files added, modified, deleted and renamed against its first parent.

use std::collections::HashMap;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::diff::tree::recorder::Change;
use gix::objs::tree::EntryMode;

use crate::sources::SourceError;

use super::repository::{MAX_BLOB, Repository};

/// One file's change. A renamed file has both paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileChange {
    /// Path and content before, unless the file is new.
    pub(super) from: Option<(String, ObjectId)>,
    /// Path and content after, unless it is gone.
    pub(super) to: Option<(String, ObjectId)>,
}

/// More files than this on either side are paired by equal content only, as git does.
const MAX_PAIRED: usize = 400;

/// Longer lines are compared in pieces of this many bytes, as git does.
const PIECE: usize = 64;

/// From this share of common lines on, a file deleted and one added are one file renamed.
const SIMILAR: f64 = 0.5;

/// A file: its path and its content.
pub(super) type Entry = (String, ObjectId);

/// What a commit changed, before files that went are paired with files that came.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// Path, content before, content after.
    modified: Vec<(String, ObjectId, ObjectId)>,
    gone: Vec<Entry>,
    added: Vec<Entry>,
    /// Symbolic links that came or changed; they are no files.
    pub(super) links: usize,
    /// Submodules likewise.
    pub(super) submodules: usize,
    /// Files with a mail address in their path; they are not looked at.
    pub(super) named: usize,
}

impl Changes {
    /// How many files.
    pub(super) fn len(&self) -> usize {
        self.modified.len() + self.gone.len() + self.added.len()
    }

    /// Files as they are after the commit.
    pub(super) fn after(&self) -> impl Iterator<Item = (&str, ObjectId)> {
        let modified = self.modified.iter().map(|(path, _, blob)| (path, blob));
        let added = self.added.iter().map(|(path, blob)| (path, blob));
        modified
            .chain(added)
            .map(|(path, blob)| (path.as_str(), *blob))
    }

    /// Whether a file is gone from one of these paths.
    pub(super) fn leaves(&self, is_one: impl Fn(&str) -> bool) -> bool {
        self.gone.iter().any(|(path, _)| is_one(path))
    }

    /// The changes in the order of paths, renamed files found.
    pub(super) fn paired(self, repository: &Repository) -> Result<Vec<FileChange>, SourceError> {
        let mut changes = changed(self.modified);
        pair(repository, self.gone, self.added, &mut changes)?;
        changes.sort_by(|a, b| key(a).cmp(key(b)));
        Ok(changes)
    }

    /// The changes in the order of paths, every file by itself: for commits from which no file left
    /// that anybody follows.
    pub(super) fn single(self) -> Vec<FileChange> {
        let mut changes = changed(self.modified);
        alone(self.gone, self.added, &mut changes);
        changes.sort_by(|a, b| key(a).cmp(key(b)));
        changes
    }
}

fn changed(modified: Vec<(String, ObjectId, ObjectId)>) -> Vec<FileChange> {
    let change = |(path, before, after): (String, _, _)| FileChange {
        from: Some((path.clone(), before)),
        to: Some((path, after)),
    };
    modified.into_iter().map(change).collect()
}

/// The changes between two trees. Symbolic links and submodules are no files.
pub(super) fn between(
    repository: &Repository,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Result<Changes, SourceError> {
    let mut changes = Changes::default();
    for change in records(repository, old, new)? {
        let (before, after, path) = match change {
            Change::Addition {
                entry_mode,
                oid,
                path,
                ..
            } => (None, Some((entry_mode, oid)), path),
            Change::Deletion {
                entry_mode,
                oid,
                path,
                ..
            } => (Some((entry_mode, oid)), None, path),
            Change::Modification {
                previous_entry_mode,
                previous_oid,
                entry_mode,
                oid,
                path,
            } => (
                Some((previous_entry_mode, previous_oid)),
                Some((entry_mode, oid)),
                path,
            ),
        };
        if let Some((mode, _)) = after {
            changes.links += usize::from(mode.is_link());
            changes.submodules += usize::from(mode.is_commit());
        }
        // Where a path names somebody, the file is nobody's business.
        let named = is_mail_in_path(&path);
        changes.named += usize::from(named && after.is_some_and(|(mode, _)| mode.is_blob()));
        let file = |side: Option<(EntryMode, ObjectId)>| {
            let blob = side.filter(|(mode, _)| mode.is_blob() && !named);
            blob.map(|(_, oid)| oid)
        };
        match (file(before), file(after)) {
            (Some(old), Some(new)) => changes.modified.push((text(path), old, new)),
            (Some(old), None) => changes.gone.push((text(path), old)),
            (None, Some(new)) => changes.added.push((text(path), new)),
            (None, None) => {}
        }
    }
    Ok(changes)
}

fn records(
    repository: &Repository,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Result<Vec<Change>, SourceError> {
    if old == Some(new) {
        return Ok(Vec::new());
    }
    let find = |id| {
        repository
            .inner
            .find_tree(id)
            .map_err(|e| repository.failed(e))
    };
    let old = match old {
        Some(id) => find(id)?,
        None => repository.inner.empty_tree(),
    };
    let new = find(new)?;
    let mut recorder = gix::diff::tree::Recorder::default();
    let hash = new.id.kind();
    gix::diff::tree(
        gix::objs::TreeRefIter::from_bytes(&old.data, hash),
        gix::objs::TreeRefIter::from_bytes(&new.data, hash),
        gix::diff::tree::State::default(),
        &repository.inner.objects,
        &mut recorder,
    )
    .map_err(|e| repository.failed(e))?;
    Ok(recorder.records)
}

/// Joins files deleted with files added: first those of equal content, then similar ones, most
/// similar first.
fn pair(
    repository: &Repository,
    mut gone: Vec<Entry>,
    mut added: Vec<Entry>,
    changes: &mut Vec<FileChange>,
) -> Result<(), SourceError> {
    let rename = |from: Entry, to: Entry| FileChange {
        from: Some(from),
        to: Some(to),
    };
    if !gone.is_empty() {
        let mut left = Vec::new();
        for entry in added {
            let same = |g: &&Entry| g.1 == entry.1;
            let best = gone
                .iter()
                .filter(same)
                .max_by_key(|g| file_name(&g.0) == file_name(&entry.0));
            match best.and_then(|best| gone.iter().position(|g| g.0 == best.0)) {
                Some(at) => changes.push(rename(gone.remove(at), entry)),
                None => left.push(entry),
            }
        }
        added = left;
    }
    if !gone.is_empty()
        && !added.is_empty()
        && gone.len() <= MAX_PAIRED
        && added.len() <= MAX_PAIRED
    {
        let mut scores = similarities(repository, &gone, &added)?;
        scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut gone_left: Vec<Option<Entry>> = gone.into_iter().map(Some).collect();
        let mut added_left: Vec<Option<Entry>> = added.into_iter().map(Some).collect();
        for (_, from, to) in scores {
            if gone_left[from].is_some()
                && added_left[to].is_some()
                && let (Some(from), Some(to)) = (gone_left[from].take(), added_left[to].take())
            {
                changes.push(rename(from, to));
            }
        }
        gone = gone_left.into_iter().flatten().collect();
        added = added_left.into_iter().flatten().collect();
    }
    alone(gone, added, changes);
    Ok(())
}

fn alone(gone: Vec<Entry>, added: Vec<Entry>, changes: &mut Vec<FileChange>) {
    changes.extend(gone.into_iter().map(|from| FileChange {
        from: Some(from),
        to: None,
    }));
    changes.extend(added.into_iter().map(|to| FileChange {
        from: None,
        to: Some(to),
    }));
}

/// Pairs of files with enough in common: the share, and their places in the two lists.
fn similarities(
    repository: &Repository,
    gone: &[Entry],
    added: &[Entry],
) -> Result<Vec<(f64, usize, usize)>, SourceError> {
    let lines = |entries: &[Entry]| -> Result<Vec<Lines>, SourceError> {
        entries
            .iter()
            .map(|(_, blob)| Lines::of(repository, *blob))
            .collect()
    };
    let (old, new) = (lines(gone)?, lines(added)?);
    let mut scores = Vec::new();
    for (from, old) in old.iter().enumerate() {
        for (to, new) in new.iter().enumerate() {
            let share = old.in_common(new);
            if share >= SIMILAR {
                scores.push((share, from, to));
            }
        }
    }
    Ok(scores)
}

/// The bytes of each distinct line of a file, long lines in pieces.
#[derive(Default)]
struct Lines {
    bytes: HashMap<u64, u64>,
    total: u64,
}

impl Lines {
    fn of(repository: &Repository, blob: ObjectId) -> Result<Lines, SourceError> {
        if repository.size(blob)? > MAX_BLOB {
            return Ok(Lines::default());
        }
        let mut lines = Lines::default();
        let content = repository.content(blob)?;
        for piece in content
            .lines_with_terminator()
            .flat_map(|line| line.chunks(PIECE))
        {
            let length = piece.len() as u64;
            *lines
                .bytes
                .entry(xxhash_rust::xxh3::xxh3_64(piece))
                .or_default() += length;
            lines.total += length;
        }
        Ok(lines)
    }

    fn in_common(&self, other: &Lines) -> f64 {
        let (small, large) = (self.total.min(other.total), self.total.max(other.total));
        // Files that differ so much in size cannot be similar enough.
        if small == 0 || (small as f64) < SIMILAR * large as f64 {
            return 0.0;
        }
        let shared = |(line, bytes): (&u64, &u64)| {
            other.bytes.get(line).map_or(0, |theirs| *bytes.min(theirs))
        };
        self.bytes.iter().map(shared).sum::<u64>() as f64 / large as f64
    }
}

/// Whether a path names somebody.
pub(super) fn is_mail_in_path(path: &[u8]) -> bool {
    path.contains(&b'@') && path.split(|byte| *byte == b'/').any(is_address)
}

/// Whether a part of a path is a mail address: something, `@`, and a host with a dot.
fn is_address(part: &[u8]) -> bool {
    let mut halves = part.splitn(2, |byte| *byte == b'@');
    match (halves.next(), halves.next()) {
        (Some(local), Some(host)) => !local.is_empty() && host.contains(&b'.'),
        _ => false,
    }
}

fn key(change: &FileChange) -> &str {
    match (&change.to, &change.from) {
        (Some((path, _)), _) | (None, Some((path, _))) => path,
        (None, None) => "",
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn text(path: gix::bstr::BString) -> String {
    path.to_str_lossy().into_owned()
}
