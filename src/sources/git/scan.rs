//! Files and messages to references: what is looked at, what is left out, which lines are equal.

use std::collections::HashMap;

use gix::ObjectId;

use crate::model::Place;
use crate::sources::links::{Finder, Found};
use crate::sources::{KnownWriteup, Sink, SourceError};

use super::ledger::Hit;
use super::place::{self, Paths};
use super::repository::{MAX_BLOB, Repository};

/// Remembered files; branches bring the same contents again at their merge.
const MAX_REMEMBERED: usize = 100_000;

/// Looks for references in the contents of one repository.
pub(super) struct Scanner<'a> {
    repository: &'a Repository,
    paths: &'a Paths,
    finder: Finder,
    /// The lasting key of each write-up of the finder.
    keys: Vec<String>,
    remembered: HashMap<(ObjectId, String), Vec<Hit>>,
}

impl<'a> Scanner<'a> {
    /// A scanner for write-ups, each with its lasting key.
    pub(super) fn new(
        repository: &'a Repository,
        paths: &'a Paths,
        known: &[(String, KnownWriteup)],
    ) -> Self {
        let writeups: Vec<KnownWriteup> =
            known.iter().map(|(_, writeup)| writeup.clone()).collect();
        Scanner {
            repository,
            paths,
            finder: Finder::new(&writeups),
            keys: known.iter().map(|(key, _)| key.clone()).collect(),
            remembered: HashMap::new(),
        }
    }

    /// The references in a file.
    pub(super) fn file(
        &mut self,
        path: &str,
        blob: ObjectId,
        sink: &mut dyn Sink,
    ) -> Result<Vec<Hit>, SourceError> {
        if self.paths.exclude.fit(path) {
            sink.left_out("excluded path");
            return Ok(Vec::new());
        }
        let name = (blob, path.to_owned());
        if let Some(hits) = self.remembered.get(&name) {
            return Ok(hits.clone());
        }
        let hits = self.look(path, blob, sink)?;
        if self.remembered.len() >= MAX_REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(name, hits.clone());
        Ok(hits)
    }

    /// The write-ups that a commit message refers to, by lasting key, each once. Paths in it are
    /// those of the repository.
    pub(super) fn message(&self, message: &[u8]) -> Vec<&str> {
        let mut keys: Vec<&str> = self
            .finder
            .find(message, Some(""))
            .iter()
            .map(|found| self.keys[found.writeup].as_str())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn look(
        &self,
        path: &str,
        blob: ObjectId,
        sink: &mut dyn Sink,
    ) -> Result<Vec<Hit>, SourceError> {
        if self.repository.size(blob)? > MAX_BLOB {
            sink.left_out("file over 2 MiB");
            return Ok(Vec::new());
        }
        let text = self.repository.content(blob)?;
        if is_binary(&text) {
            sink.left_out("binary file");
            return Ok(Vec::new());
        }
        let found = self.finder.find(&text, Some(path));
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let places = place::of(self.paths, path, &text, &found);
        let hit = |(found, place): (&Found, Place)| Hit {
            target: self.keys[found.writeup].clone(),
            line_hash: xxhash_rust::xxh3::xxh3_64(line_at(&text, found.offset)),
            line: found.line,
            place,
        };
        Ok(found.iter().zip(places).map(hit).collect())
    }
}

/// The line around an offset, without the space around it: indenting a line does not change it.
fn line_at(text: &[u8], offset: usize) -> &[u8] {
    let start = memchr::memrchr(b'\n', &text[..offset]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &text[offset..]).map_or(text.len(), |at| offset + at);
    text[start..end].trim_ascii()
}

/// As git decides it: a zero byte near the beginning.
fn is_binary(text: &[u8]) -> bool {
    memchr::memchr(0, &text[..text.len().min(8000)]).is_some()
}
