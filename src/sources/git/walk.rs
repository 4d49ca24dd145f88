//! The walk over the branch: twice, first for the write-ups, then for references to them. What can be
//! read by itself, changes of trees and contents of files, is read by a crew, some commits ahead;
//! what depends on the commit before goes one by one.

use std::collections::HashMap;

use gix::ObjectId;

use crate::model::LinkForm;
use crate::sources::{Sink, SourceError};

use super::changes::{self, Changes, FileChange};
use super::crew::Crew;
use super::events::{Made, Maker};
use super::glob::Globs;
use super::ledger::{Hit, Ledger, Newcomer, Origin, Scanned};
use super::registry::{Birth, Registry};
use super::repository::{Commit, Range, Repository};
use super::scan::{Memory, Scanner};

/// Commits whose changes are looked for at a time.
const BLOCK: usize = 2_000;

/// Changed files that are looked at together: the more, the fewer contents are unpacked twice.
const FILES: usize = 40_000;

/// Changed files that are remembered from the first pass to the second.
const REMEMBERED: usize = 200_000;

/// The changes of commits that two passes need, while there is room for them.
#[derive(Default)]
pub(super) struct Remembered {
    changes: HashMap<ObjectId, Changes>,
    files: usize,
}

impl Remembered {
    fn keep(&mut self, commit: ObjectId, changes: Changes) {
        self.files += changes.len() + 1;
        if self.files <= REMEMBERED {
            self.changes.insert(commit, changes);
        }
    }
}

/// Brings the registry up to the end of the range.
pub(super) fn writeups(
    crew: &mut Crew,
    repository: &Repository,
    range: &mut Range,
    globs: &Globs,
    registry: &mut Registry,
) -> Result<Remembered, SourceError> {
    let mut remembered = Remembered::default();
    if globs.is_empty() {
        return Ok(remembered);
    }
    for block in range.mainline.clone().chunks(BLOCK) {
        let steps = crew.each(block.to_vec(), |repository, id| {
            let commit = repository.commit(id)?;
            let parent = repository.parent_tree(id)?;
            let changes = changes::between(repository, parent, commit.tree)?;
            Ok((commit, changes))
        })?;
        for (commit, changes) in steps {
            let arrived = range.arrived_with(commit.id);
            let concerned = changes.leaves(|path| globs.fit(path))
                || changes.after().any(|(path, _)| globs.fit(path));
            if concerned {
                let changes = changes.clone().paired(repository)?;
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
            remembered.keep(commit.id, changes);
        }
    }
    Ok(remembered)
}

/// A commit of the branch: what it changed, and what came with it.
struct Visit {
    commit: Commit,
    changes: Changes,
    /// The commits that came with it, itself last.
    arrived: Vec<ObjectId>,
    /// Those of them with references in their messages, and the write-ups' keys.
    messages: Vec<(Commit, Vec<(String, LinkForm)>)>,
}

impl Visit {
    fn to(
        repository: &Repository,
        scanner: &Scanner<'_>,
        arrived: Vec<ObjectId>,
        id: ObjectId,
        remembered: Option<Changes>,
    ) -> Result<Visit, SourceError> {
        let mut messages = Vec::new();
        for &id in &arrived {
            let commit = repository.commit(id)?;
            let keys = scanner.message(&commit.message);
            if !keys.is_empty() {
                messages.push((commit, keys));
            }
        }
        let mut commit = repository.commit(id)?;
        commit.message = Vec::new();
        let changes = match remembered {
            Some(changes) => changes,
            None => changes::between(repository, repository.parent_tree(id)?, commit.tree)?,
        };
        Ok(Visit {
            commit,
            changes,
            arrived,
            messages,
        })
    }
}

/// The walk for links.
pub(super) struct Links<'a> {
    pub(super) crew: &'a mut Crew,
    pub(super) maker: &'a Maker<'a>,
    pub(super) scanner: &'a Scanner<'a>,
    /// The ids of write-ups by their lasting keys.
    pub(super) subjects: &'a HashMap<String, String>,
    pub(super) ledger: &'a mut Ledger,
    pub(super) sink: &'a mut dyn Sink,
}

impl Links<'_> {
    /// Brings the ledger up to the end of the range, and returns the links in messages in the order
    /// of the walk; a rebase or cherry-pick repeats some.
    pub(super) fn walk(
        mut self,
        range: &mut Range,
        mut remembered: Remembered,
    ) -> Result<Vec<Made>, SourceError> {
        let mut made = Vec::new();
        let mut memory = Memory::new(self.scanner);
        let mut ahead: Vec<Visit> = Vec::new();
        let mut files = 0;
        for block in range.mainline.clone().chunks(BLOCK) {
            let mut items = Vec::with_capacity(block.len());
            for id in block {
                items.push((*id, range.arrived_with(*id), remembered.changes.remove(id)));
            }
            let scanner = self.scanner;
            let visits = self
                .crew
                .each(items, |repository, (id, arrived, changes)| {
                    Visit::to(repository, scanner, arrived, id, changes)
                })?;
            for visit in visits {
                for (commit, keys) in &visit.messages {
                    for (key, form) in keys {
                        if let Some(subject) = self.subjects.get(key) {
                            made.push(self.maker.message(commit, key, *form, subject));
                        }
                    }
                }
                files += visit.changes.len() + 1;
                ahead.push(visit);
            }
            if files >= FILES {
                self.catch_up(std::mem::take(&mut ahead), &mut memory)?;
                files = 0;
            }
        }
        self.catch_up(ahead, &mut memory)?;
        Ok(made)
    }

    /// Looks at all files of these commits, then takes the commits into the ledger one by one.
    fn catch_up(&mut self, visits: Vec<Visit>, memory: &mut Memory<'_>) -> Result<(), SourceError> {
        let repository = self.maker.repository;
        let files = visits.iter().flat_map(|visit| visit.changes.after());
        let jobs = files.map(|(path, blob)| (blob, path.to_owned()));
        let hits = self.scanner.files(self.crew, jobs, self.sink)?;
        for visit in visits {
            let Visit {
                commit,
                changes,
                arrived,
                ..
            } = visit;
            (0..changes.links).for_each(|_| self.sink.left_out("symbolic link"));
            (0..changes.named).for_each(|_| self.sink.left_out("mail address in the path"));
            (0..changes.submodules).for_each(|_| self.sink.left_out("submodule"));
            // Which file became which matters only where one goes that holds links.
            let changes = match changes.leaves(|path| self.ledger.holds(path)) {
                true => changes.paired(repository)?,
                false => changes.single(),
            };
            let mut files = Vec::new();
            for FileChange { from, to } in changes {
                let hits = match &to {
                    Some((path, blob)) => hits.of(*blob, path),
                    None => Vec::new(),
                };
                let from = from.map(|(path, _)| path);
                if !hits.is_empty() || from.as_ref().is_some_and(|path| self.ledger.holds(path)) {
                    let to = to.map(|(path, _)| path);
                    files.push(Scanned { from, to, hits });
                }
            }
            if files.is_empty() {
                continue;
            }
            self.ledger.step(commit.committed, files, |newcomers| {
                let firsts = first_writings(repository, &arrived, memory)?;
                Ok::<_, SourceError>(origins(&commit, newcomers, firsts))
            })?;
        }
        Ok(())
    }
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
    memory: &mut Memory<'_>,
) -> Result<HashMap<Line, Vec<Origin>>, SourceError> {
    let mut firsts: HashMap<Line, Vec<Origin>> = HashMap::new();
    let line = |hit: &Hit| (hit.target.clone(), hit.line_hash);
    for &id in before_the_last(arrived) {
        if repository.is_merge(id)? {
            continue;
        }
        let commit = repository.commit(id)?;
        let changes = changes::between(repository, repository.parent_tree(id)?, commit.tree)?;
        let mut any = false;
        for (path, blob) in changes.after() {
            any |= !memory.file(repository, path, blob)?.is_empty();
        }
        if !any {
            continue;
        }
        for FileChange { from, to } in changes.paired(repository)? {
            let Some((path, blob)) = to else { continue };
            let new = memory.file(repository, &path, blob)?;
            let mut old: Vec<Line> = match from {
                Some((path, blob)) if !new.is_empty() => {
                    let old = memory.file(repository, &path, blob)?;
                    old.iter().map(line).collect()
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
                .paired(repository)?
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
