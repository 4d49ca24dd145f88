//! The files of the branch that are write-ups: since when, under which paths, written by whom.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::model::{DAY_MS, Millis};

use super::changes::FileChange;
use super::glob::Globs;

/// How long a write-up is as it was published: popular ones get improved later (INDICATORS section 8).
const PUBLICATION: Millis = 14 * DAY_MS;

/// One file's history as a write-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Lasts through renames and rebases: first path and author's time.
    pub(super) key: String,
    /// Paths, oldest first; the last is the present one, or was the last.
    pub(super) paths: Vec<String>,
    /// The commit that added it, full hexadecimal id.
    pub(super) commit: String,
    /// When that was committed.
    pub(super) added_at: Millis,
    /// When the file was deleted.
    pub(super) deleted_at: Option<Millis>,
    /// Its content, full hexadecimal id.
    pub(super) blob: String,
    /// Its content two weeks after it was added, or now where that is less.
    #[serde(default)]
    pub(super) early_blob: String,
    /// Since when that was its content.
    #[serde(default)]
    pub(super) early_at: Millis,
    /// Since when its content is what it is.
    #[serde(default)]
    pub(super) last_at: Millis,
    /// Its title.
    pub(super) title: Option<String>,
    /// Incident keys and other names found in its present text and name.
    pub(super) names: Vec<String>,
    /// Fingerprint of its id and all its names; others can take some of them away.
    pub(super) named: String,
    /// Its text has to be read.
    #[serde(skip)]
    pub(super) changed: bool,
}

impl Entry {
    /// The present path.
    pub(super) fn path(&self) -> &str {
        self.paths.last().map_or("", String::as_str)
    }

    /// It was changed after its first two weeks, so that what it was then and is now are two things.
    pub(super) fn is_revised(&self) -> bool {
        self.last_at >= self.added_at.saturating_add(PUBLICATION)
    }

    /// Takes a new content.
    fn revise(&mut self, at: Millis, blob: String) {
        // Clocks of committers go back sometimes.
        self.last_at = self.last_at.max(at);
        if !self.is_revised() {
            self.early_blob.clone_from(&blob);
            self.early_at = self.last_at;
        }
        self.blob = blob;
        self.changed = true;
    }
}

/// Who added a file: its first path, the commit, and the times of that commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Birth {
    /// The path under which it was first added, and later ones before it came to the branch.
    pub(super) paths: Vec<String>,
    /// Full hexadecimal id.
    pub(super) commit: String,
    /// Committer's time.
    pub(super) at: Millis,
    /// Author's time.
    pub(super) authored: Millis,
}

/// What belongs to write-ups that are there now, and to none that is gone.
pub(super) struct Standing<'a> {
    /// Which write-up stands at which path, by key.
    pub(super) paths: HashMap<&'a str, &'a str>,
    /// Their keys and other names.
    names: HashSet<&'a str>,
}

impl Standing<'_> {
    /// Whether a name is that of another write-up now: this one is gone, and the other is there.
    pub(super) fn takes(&self, entry: &Entry, name: &str) -> bool {
        entry.deleted_at.is_some() && self.names.contains(name)
    }
}

/// All write-ups of a repository, deleted ones too, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Registry {
    /// In the order in which they were added.
    pub(super) entries: Vec<Entry>,
}

impl Registry {
    /// Takes in one commit of the branch. `birth` says how a new path came to be.
    pub(super) fn step<E>(
        &mut self,
        at: Millis,
        changes: &[FileChange],
        writeups: &Globs,
        mut birth: impl FnMut(&str) -> Result<Birth, E>,
    ) -> Result<(), E> {
        let is_writeup = |path: &&str| writeups.fit(path);
        // Decided before anything changes, so that files can change places.
        let mut old: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, change) in changes.iter().enumerate() {
            let from = change
                .from
                .as_ref()
                .map(|(path, _)| path.as_str())
                .filter(is_writeup);
            if let Some(entry) = from.and_then(|from| self.present(from)) {
                old.insert(number, entry);
            }
        }
        for (number, change) in changes.iter().enumerate() {
            let to = change.to.as_ref().filter(|(path, _)| writeups.fit(path));
            match (old.get(&number), to) {
                (Some(&entry), Some((path, blob))) => {
                    let entry = &mut self.entries[entry];
                    if entry.path() != path {
                        entry.paths.retain(|earlier| earlier != path);
                        entry.paths.push(path.clone());
                    }
                    entry.revise(at, blob.to_string());
                }
                (Some(&entry), None) => {
                    let entry = &mut self.entries[entry];
                    entry.deleted_at = Some(at);
                    entry.changed = true;
                }
                (None, Some((path, blob))) => self.add(at, path, blob.to_string(), birth(path)?),
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// What belongs to the write-ups that are there now.
    pub(super) fn standing(&self) -> Standing<'_> {
        let present = || self.entries.iter().filter(|e| e.deleted_at.is_none());
        Standing {
            paths: present()
                .map(|entry| (entry.path(), entry.key.as_str()))
                .collect(),
            names: present()
                .flat_map(|entry| &entry.names)
                .map(String::as_str)
                .collect(),
        }
    }

    /// The write-up at this path now.
    fn present(&self, path: &str) -> Option<usize> {
        self.entries
            .iter()
            .rposition(|entry| entry.deleted_at.is_none() && entry.path() == path)
    }

    fn add(&mut self, at: Millis, path: &str, blob: String, birth: Birth) {
        // A deletion that was taken back: the same write-up.
        let again = self
            .entries
            .iter_mut()
            .rfind(|e| e.deleted_at.is_some() && e.path() == path);
        if let Some(entry) = again {
            entry.deleted_at = None;
            entry.revise(at, blob);
            return;
        }
        let first = birth.paths.first().map_or(path, String::as_str);
        // A branch merged twice can bring the same file under two names.
        let plain = format!("{first}@{}", birth.authored / 1000);
        let taken = |key: &String| self.entries.iter().any(|entry| entry.key == *key);
        let numbered = (2u32..).map(|number| format!("{plain}.{number}"));
        let key = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|key| !taken(key))
            .unwrap_or(plain.clone());
        let mut paths = birth.paths.clone();
        paths.retain(|earlier| earlier != path);
        paths.push(path.to_owned());
        self.entries.push(Entry {
            key,
            paths,
            commit: birth.commit,
            added_at: birth.at,
            deleted_at: None,
            early_blob: blob.clone(),
            early_at: birth.at,
            last_at: birth.at,
            blob,
            title: None,
            names: Vec::new(),
            named: String::new(),
            changed: true,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn blob() -> gix::ObjectId {
        gix::ObjectId::null(gix::hash::Kind::Sha1)
    }

    fn change(from: Option<&str>, to: Option<&str>) -> FileChange {
        let file = |path: &str| (path.to_owned(), blob());
        FileChange {
            from: from.map(file),
            to: to.map(file),
        }
    }

    fn step(registry: &mut Registry, at: Millis, changes: &[FileChange]) {
        let birth = |_: &str| {
            let paths = vec!["pm/0000.md".to_owned()];
            Ok::<_, Infallible>(Birth {
                paths,
                commit: "c".to_owned(),
                at: 5,
                authored: 5000,
            })
        };
        match registry.step(at, changes, &Globs::new(vec!["pm/*.md".to_owned()]), birth) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    #[test]
    fn every_write_up_has_a_key_of_its_own() {
        let mut registry = Registry::default();
        step(
            &mut registry,
            1,
            &[
                change(None, Some("pm/1.md")),
                change(None, Some("pm/0000.md")),
            ],
        );
        step(
            &mut registry,
            2,
            &[
                change(Some("pm/0000.md"), None),
                change(None, Some("src/a.rs")),
            ],
        );
        let keys: Vec<&str> = registry
            .entries
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        assert_eq!(keys, ["pm/0000.md@5", "pm/0000.md@5.2"]);
        assert_eq!(registry.entries[0].paths, ["pm/0000.md", "pm/1.md"]);
        assert_eq!(
            (
                registry.entries[0].deleted_at,
                registry.entries[1].deleted_at
            ),
            (None, Some(2))
        );
        // Taken back, it is the same write-up; two can change places.
        step(&mut registry, 3, &[change(None, Some("pm/0000.md"))]);
        step(
            &mut registry,
            4,
            &[
                change(Some("pm/1.md"), Some("pm/0000.md")),
                change(Some("pm/0000.md"), Some("pm/1.md")),
            ],
        );
        let paths: Vec<&str> = registry.entries.iter().map(Entry::path).collect();
        assert_eq!(paths, ["pm/0000.md", "pm/1.md"]);
        assert_eq!(registry.entries.len(), 2);
    }
}
