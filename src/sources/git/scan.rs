//! Files and messages to references: what is looked at, what is left out, which lines are equal.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use regex::Regex;

use crate::model::{LinkForm, Place};
use crate::sources::links::{Finder, Found};
use crate::sources::{KnownWriteup, Sink, SourceError};

use super::crew::Crew;
use super::drawio;
use super::labels::Labels;
use super::ledger::Hit;
use super::place::{self, Paths};
use super::repository::{MAX_BLOB, Repository};

/// Remembered files; branches bring the same contents again at their merge.
const MAX_REMEMBERED: usize = 20_000;

/// How the stand-in for a file begins that lies elsewhere.
const LARGE_FILE: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Looks for references in the contents of one repository.
pub(super) struct Scanner<'a> {
    paths: &'a Paths,
    labels: Labels<'a>,
    finder: Finder,
    /// The lasting key of each write-up of the finder.
    keys: Vec<String>,
}

/// A file to be looked at.
pub(super) type Job = (ObjectId, String);

/// The references in files that were looked at; those without any are not kept.
#[derive(Default)]
pub(super) struct Hits(HashMap<Job, Vec<Hit>>);

impl Hits {
    /// The references in a file.
    pub(super) fn of(&self, blob: ObjectId, path: &str) -> Vec<Hit> {
        self.0
            .get(&(blob, path.to_owned()))
            .cloned()
            .unwrap_or_default()
    }
}

/// What a look at a file gave.
enum Seen {
    Hits(Vec<Hit>),
    LeftOut(&'static str),
}

impl<'a> Scanner<'a> {
    /// A scanner for write-ups, each with its lasting key.
    pub(super) fn new(
        paths: &'a Paths,
        labels: Labels<'a>,
        keys: &[Regex],
        known: &[(String, KnownWriteup)],
    ) -> Self {
        let writeups: Vec<KnownWriteup> =
            known.iter().map(|(_, writeup)| writeup.clone()).collect();
        Scanner {
            paths,
            labels,
            finder: Finder::with_titles(&writeups, keys),
            keys: known.iter().map(|(key, _)| key.clone()).collect(),
        }
    }

    /// The references in all these files. What is left out is counted once for each file.
    pub(super) fn files(
        &self,
        crew: &mut Crew,
        jobs: impl Iterator<Item = Job>,
        sink: &mut dyn Sink,
    ) -> Result<Hits, SourceError> {
        let mut wanted: HashSet<Job> = HashSet::new();
        for job in jobs {
            if self.paths.exclude.fit(&job.1) {
                sink.left_out("excluded path");
            } else {
                wanted.insert(job);
            }
        }
        let mut ordered: Vec<((usize, u64), Job)> = wanted
            .into_iter()
            .map(|job| (crew.place(&job.0), job))
            .collect();
        ordered.sort_unstable();
        crew.reads_trees(false);
        let seen = crew.each(ordered, |repository, (_, job)| {
            let seen = self.look(repository, &job.1, job.0)?;
            Ok((job, seen))
        });
        crew.reads_trees(true);
        let seen = seen?;
        let mut hits = Hits::default();
        for (job, seen) in seen {
            match seen {
                Seen::Hits(found) if found.is_empty() => {}
                Seen::Hits(found) => drop(hits.0.insert(job, found)),
                Seen::LeftOut(reason) => sink.left_out(reason),
            }
        }
        Ok(hits)
    }

    /// The write-ups that a commit message refers to, by lasting key, each once in the form that
    /// leads there best. Paths in it are those of the repository.
    pub(super) fn message(&self, message: &[u8]) -> Vec<(String, LinkForm)> {
        let mut keys: Vec<(String, LinkForm)> = self
            .finder
            .find(message, Some(""))
            .iter()
            .map(|found| (self.keys[found.writeup].clone(), found.form.of_link()))
            .collect();
        keys.sort_unstable();
        keys.dedup_by(|later, earlier| later.0 == earlier.0);
        keys
    }

    fn look(
        &self,
        repository: &Repository,
        path: &str,
        blob: ObjectId,
    ) -> Result<Seen, SourceError> {
        if repository.size(blob)? > MAX_BLOB {
            return Ok(Seen::LeftOut("file over 2 MiB"));
        }
        let text = repository.content(blob)?;
        if is_binary(&text) {
            return Ok(Seen::LeftOut("binary file"));
        }
        if is_large_file(&text) {
            return Ok(Seen::LeftOut("pointer of Git LFS"));
        }
        let found = self.finder.find(&text, Some(path));
        let drawn = self.drawn(path, &text);
        if found.is_empty() && drawn.is_empty() {
            return Ok(Seen::Hits(Vec::new()));
        }
        let places = place::of(self.paths, path, &text, &found);
        let label = self.labels.of(path, &text);
        let template = self.paths.templates.fit(path);
        let hit = |(found, place): (&Found, Place)| Hit {
            target: self.keys[found.writeup].clone(),
            line_hash: xxhash_rust::xxh3::xxh3_64(line_at(&text, found.offset)),
            line: found.line,
            place,
            form: found.form.of_link(),
            template,
            label,
        };
        let drawn = drawn.into_iter().map(|mut hit| {
            hit.template = template;
            hit.label = label;
            hit
        });
        Ok(Seen::Hits(
            found.iter().zip(places).map(hit).chain(drawn).collect(),
        ))
    }

    /// The references in diagrams that are packed into a file.
    fn drawn(&self, path: &str, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (line, text) in drawio::unpacked(path, text) {
            for found in self.finder.find(&text, Some(path)) {
                let shape = drawio::shape_at(&text, found.offset);
                hits.push(Hit {
                    target: self.keys[found.writeup].clone(),
                    line_hash: xxhash_rust::xxh3::xxh3_64(shape),
                    line,
                    place: Place::Diagram,
                    form: found.form.of_link(),
                    template: false,
                    label: None,
                });
            }
        }
        hits
    }
}

/// Looks at files one at a time, and remembers them.
pub(super) struct Memory<'a> {
    scanner: &'a Scanner<'a>,
    remembered: HashMap<Job, Vec<Hit>>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(scanner: &'a Scanner<'a>) -> Self {
        Memory {
            scanner,
            remembered: HashMap::new(),
        }
    }

    /// The references in a file.
    pub(super) fn file(
        &mut self,
        repository: &Repository,
        path: &str,
        blob: ObjectId,
    ) -> Result<Vec<Hit>, SourceError> {
        if self.scanner.paths.exclude.fit(path) {
            return Ok(Vec::new());
        }
        let job = (blob, path.to_owned());
        if let Some(hits) = self.remembered.get(&job) {
            return Ok(hits.clone());
        }
        let hits = match self.scanner.look(repository, path, blob)? {
            Seen::Hits(hits) => hits,
            // The branch itself has said so, or has nothing of it.
            Seen::LeftOut(_) => Vec::new(),
        };
        if self.remembered.len() >= MAX_REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(job, hits.clone());
        Ok(hits)
    }
}

/// The line around an offset, without the space around it: indenting a line does not change it.
fn line_at(text: &[u8], offset: usize) -> &[u8] {
    let start = memchr::memrchr(b'\n', &text[..offset]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &text[offset..]).map_or(text.len(), |at| offset + at);
    text[start..end].trim_ascii()
}

/// Whether the content lies elsewhere.
pub(super) fn is_large_file(text: &[u8]) -> bool {
    text.starts_with(LARGE_FILE)
}

/// As git decides it: a zero byte near the beginning.
pub(super) fn is_binary(text: &[u8]) -> bool {
    memchr::memchr(0, &text[..text.len().min(8000)]).is_some()
}
