//! The walk over the branch: twice, first for the write-ups, then for references to them.

use std::collections::HashMap;

use gix::ObjectId;

use crate::sources::{Sink, SourceError};

use super::changes::{self, FileChange};
use super::events::{Made, Maker};
use super::glob::Globs;
use super::ledger::{Hit, Ledger, Newcomer, Origin, Scanned};
use super::registry::{Birth, Registry};
use super::repository::{Commit, Range, Repository};
use super::scan::Scanner;

/// Brings the registry up to the end of the range.
pub(super) fn writeups(
    repository: &Repository,
    range: &mut Range,
    globs: &Globs,
    registry: &mut Registry,
) -> Result<(), SourceError> {
    for id in range.mainline.clone() {
        let arrived = range.arrived_with(id);
        let commit = repository.commit(id)?;
        let changes = changes::between(repository, repository.parent_tree(id)?, commit.tree)?;
        let mut births: Option<HashMap<String, Birth>> = None;
        registry.step(commit.committed, &changes, globs, |path| {
            let known = match births.take() {
                Some(known) => known,
                None => births_of(repository, &arrived)?,
            };
            let birth = known.get(path).cloned();
            births = Some(known);
            Ok::<_, SourceError>(birth.unwrap_or_else(|| birth_at(&commit, path)))
        })?;
    }
    Ok(())
}

/// Brings the ledger up to the end of the range, and returns the links in messages in the order of
/// the walk; a rebase or cherry-pick repeats some.
pub(super) fn links(
    range: &mut Range,
    scanner: &mut Scanner<'_>,
    ledger: &mut Ledger,
    maker: &Maker<'_>,
    subjects: &HashMap<String, String>,
    sink: &mut dyn Sink,
) -> Result<Vec<Made>, SourceError> {
    let repository = maker.repository;
    let mut messages = Vec::new();
    for id in range.mainline.clone() {
        let arrived = range.arrived_with(id);
        for &id in &arrived {
            let commit = repository.commit(id)?;
            for target in scanner.message(&commit.message) {
                let Some(subject) = subjects.get(target) else {
                    continue;
                };
                messages.push(maker.message(&commit, target, subject));
            }
        }
        let commit = repository.commit(id)?;
        let changes = changes::between(repository, repository.parent_tree(id)?, commit.tree)?;
        let mut files = Vec::with_capacity(changes.len());
        for FileChange { from, to } in changes {
            let hits = match &to {
                Some((path, blob)) => scanner.file(path, *blob, sink)?,
                None => Vec::new(),
            };
            files.push(Scanned {
                from: from.map(|(path, _)| path),
                to: to.map(|(path, _)| path),
                hits,
            });
        }
        ledger.step(commit.committed, files, |newcomers| {
            let firsts = first_writings(repository, &arrived, scanner, sink)?;
            Ok::<_, SourceError>(origins(&commit, newcomers, firsts))
        })?;
    }
    Ok(messages)
}

/// Where each newcomer was first written: in a commit of the merged branch, or else in the commit
/// of the branch itself.
fn origins(
    commit: &Commit,
    newcomers: &[Newcomer],
    mut firsts: HashMap<Line, Vec<Origin>>,
) -> Vec<Origin> {
    let origin = |newcomer: &Newcomer| {
        let written = firsts.get_mut(&(newcomer.hit.target.clone(), newcomer.hit.line_hash));
        match written {
            Some(list) if list.len() > 1 => list.remove(0),
            Some(list) if list.len() == 1 => list[0].clone(),
            _ => origin_at(commit, &newcomer.path, &newcomer.hit),
        }
    };
    newcomers.iter().map(origin).collect()
}

/// A line with a reference: the write-up's key and the line's hash.
type Line = (String, u64);

/// The lines with references that commits of a merged branch added, in their order.
fn first_writings(
    repository: &Repository,
    arrived: &[ObjectId],
    scanner: &mut Scanner<'_>,
    sink: &mut dyn Sink,
) -> Result<HashMap<Line, Vec<Origin>>, SourceError> {
    let mut firsts: HashMap<Line, Vec<Origin>> = HashMap::new();
    for &id in before_the_last(arrived) {
        if repository.is_merge(id)? {
            continue;
        }
        let commit = repository.commit(id)?;
        let line = |hit: &Hit| (hit.target.clone(), hit.line_hash);
        for FileChange { from, to } in
            changes::between(repository, repository.parent_tree(id)?, commit.tree)?
        {
            let Some((path, blob)) = to else { continue };
            let new = scanner.file(&path, blob, sink)?;
            let mut old: Vec<Line> = match from {
                Some((path, blob)) if !new.is_empty() => {
                    scanner.file(&path, blob, sink)?.iter().map(line).collect()
                }
                _ => Vec::new(),
            };
            for hit in new {
                let line = line(&hit);
                match old.iter().position(|earlier| *earlier == line) {
                    Some(at) => drop(old.remove(at)),
                    None => firsts
                        .entry(line)
                        .or_default()
                        .push(origin_at(&commit, &path, &hit)),
                }
            }
        }
    }
    Ok(firsts)
}

fn origin_at(commit: &Commit, path: &str, hit: &Hit) -> Origin {
    Origin {
        commit: commit.id.to_string(),
        at: commit.committed,
        authored: commit.authored,
        path: path.to_owned(),
        line: hit.line,
    }
}

/// How files that a merged branch added came to be.
fn births_of(
    repository: &Repository,
    arrived: &[ObjectId],
) -> Result<HashMap<String, Birth>, SourceError> {
    let mut births: HashMap<String, Birth> = HashMap::new();
    for &id in before_the_last(arrived) {
        if repository.is_merge(id)? {
            continue;
        }
        let commit = repository.commit(id)?;
        for FileChange { from, to } in
            changes::between(repository, repository.parent_tree(id)?, commit.tree)?
        {
            let to = to.map(|(path, _)| path);
            let birth = match (from, &to) {
                (Some((from, _)), Some(to)) if from != *to => {
                    births.remove(&from).map(|mut birth| {
                        birth.paths.push(to.clone());
                        birth
                    })
                }
                (Some((from, _)), None) => {
                    births.remove(&from);
                    None
                }
                (None, Some(to)) => Some(birth_at(&commit, to)),
                _ => None,
            };
            if let (Some(to), Some(birth)) = (to, birth) {
                births.insert(to, birth);
            }
        }
    }
    Ok(births)
}

fn birth_at(commit: &Commit, path: &str) -> Birth {
    Birth {
        paths: vec![path.to_owned()],
        commit: commit.id.to_string(),
        at: commit.committed,
        authored: commit.authored,
    }
}

/// What came with a commit of the branch, without that commit.
fn before_the_last(arrived: &[ObjectId]) -> &[ObjectId] {
    arrived.split_last().map_or(&[], |(_, before)| before)
}
