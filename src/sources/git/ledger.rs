//! The lives of links on a branch: when each came, whether and when it went.
//!
//! A link is one reference to one write-up in one line of one file. It is recognised from commit to
//! commit, in this order: the same line in the same file (also renamed); in the same file another
//! line that refers to the same write-up (the line was edited); the same line in another file (it
//! was moved). Only what is left over came or went. A link that comes back within 24 hours has not
//! been away (INDICATORS K3).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{DAY_MS, LinkForm, LinkLabel, Millis, Place};

/// A reference in a file as scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// The write-up's lasting key.
    pub(super) target: String,
    /// Hash of the line without the space around it.
    pub(super) line_hash: u64,
    /// The line, from 1.
    pub(super) line: u32,
    /// What kind of place it is.
    pub(super) place: Place,
    /// How it is written.
    pub(super) form: LinkForm,
    /// Whether it stands in what pages begin as.
    pub(super) template: bool,
    /// Why it will not count, if it will not.
    pub(super) label: Option<LinkLabel>,
}

/// A file after a commit, with the references in it now.
#[derive(Clone, Debug)]
pub(super) struct Scanned {
    /// Its path before, unless it is new.
    pub(super) from: Option<String>,
    /// Its path now, unless it is gone.
    pub(super) to: Option<String>,
    /// The references in it now.
    pub(super) hits: Vec<Hit>,
}

/// Where a link was first written: the evidence, and what names it for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The commit, full hexadecimal id.
    pub(super) commit: String,
    /// When that was committed.
    pub(super) at: Millis,
    /// When its change was first made, which a rebase keeps.
    pub(super) authored: Millis,
    /// Path in that commit.
    pub(super) path: String,
    /// Line in that commit, from 1.
    pub(super) line: u32,
}

/// One link's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Life {
    /// The write-up's lasting key.
    pub(super) target: String,
    /// Name of the place where it was first written.
    pub(super) place: String,
    /// Name of the form in which it is written now.
    pub(super) form: String,
    /// Whether it is, or was when it came, a line of a template.
    pub(super) template: bool,
    /// Name of its label when it was first written, or empty.
    pub(super) label: String,
    /// Hash of the line when it was first written; with target, place, path and author's time of the
    /// origin its name.
    pub(super) born_hash: u64,
    /// Tells apart lives that share all of that: equal lines in one file, and lines that came back
    /// after more than a day with a change that kept its author's time.
    pub(super) twin: u32,
    /// Hash of the line now.
    pub(super) line_hash: u64,
    /// Where it was first written.
    pub(super) origin: Origin,
    /// When it went.
    pub(super) removed_at: Option<Millis>,
    /// Its event has to be sent.
    #[serde(skip)]
    pub(super) changed: bool,
}

/// All links that stand now, and those that went within the last day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    live: BTreeMap<String, Vec<Life>>,
    gone: Vec<(String, Life)>,
    /// Lines with links in what pages begin as, by hash of target and line: what brings one of them
    /// along was copied from there.
    templates: BTreeSet<u64>,
    /// How many lives began under a name, by its hash; what is dead keeps its twin's number.
    born: BTreeMap<u64, u32>,
    /// Lives that are over and can no longer come back, until they are handed out.
    #[serde(skip)]
    over: Vec<Life>,
}

/// A new reference for which the ledger needs an origin.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    /// Its file.
    pub(super) path: String,
    /// The reference.
    pub(super) hit: Hit,
}

impl Ledger {
    /// Takes in one commit of the branch, made at `at`. `origins` says for each newcomer where it
    /// was first written.
    pub(super) fn step<E>(
        &mut self,
        at: Millis,
        files: Vec<Scanned>,
        origins: impl FnOnce(&[Newcomer]) -> Result<Vec<Origin>, E>,
    ) -> Result<(), E> {
        self.settle(at);
        let mut came: Vec<Newcomer> = Vec::new();
        let mut went: Vec<(String, Life)> = Vec::new();
        // Paths first leave the table and then come back, so that files can change places.
        let before: Vec<Vec<Life>> = files
            .iter()
            .map(|file| {
                file.from
                    .as_ref()
                    .and_then(|from| self.live.remove(from))
                    .unwrap_or_default()
            })
            .collect();
        for (file, lives) in files.into_iter().zip(before) {
            let templates = file.hits.iter().filter(|hit| hit.template);
            self.templates.extend(templates.map(line));
            let (kept, new, old) = within_a_file(lives, file.hits);
            if let Some(to) = file.to {
                if !kept.is_empty() {
                    self.live.insert(to.clone(), kept);
                }
                came.extend(new.into_iter().map(|hit| Newcomer {
                    path: to.clone(),
                    hit,
                }));
            }
            let from = file.from.unwrap_or_default();
            went.extend(old.into_iter().map(|life| (from.clone(), life)));
        }
        let came = self.moved(came, &mut went);
        let came = self.returned(came);
        let origins = if came.is_empty() {
            Vec::new()
        } else {
            origins(&came)?
        };
        for (Newcomer { path, hit }, origin) in came.into_iter().zip(origins) {
            let twin = self.twin(&hit, &origin);
            let template = self.templates.contains(&line(&hit));
            self.live.entry(path).or_default().push(Life {
                target: hit.target,
                place: hit.place.name().to_owned(),
                form: hit.form.name().to_owned(),
                template,
                label: hit.label.map_or("", LinkLabel::name).to_owned(),
                born_hash: hit.line_hash,
                twin,
                line_hash: hit.line_hash,
                origin,
                removed_at: None,
                changed: true,
            });
        }
        for (path, mut life) in went {
            // A clock that went backwards makes no negative life.
            life.removed_at = Some(at.max(life.origin.at));
            life.changed = true;
            self.gone.push((path, life));
        }
        Ok(())
    }

    /// Whether a link stands in this file.
    pub(super) fn holds(&self, path: &str) -> bool {
        self.live.contains_key(path)
    }

    /// Hands out every life whose event has to be sent, in the order of time.
    pub(super) fn take_changed(&mut self) -> Vec<Life> {
        let mut changed: Vec<Life> = std::mem::take(&mut self.over);
        changed.retain(|life| life.changed);
        let standing = self
            .live
            .values_mut()
            .flatten()
            .chain(self.gone.iter_mut().map(|(_, life)| life));
        for life in standing.filter(|life| life.changed) {
            changed.push(life.clone());
            life.changed = false;
        }
        let order = |life: &Life| (life.origin.at, life.born_hash, life.twin);
        changed.sort_by(|a, b| {
            order(a)
                .cmp(&order(b))
                .then_with(|| a.target.cmp(&b.target))
        });
        changed
    }

    /// The links that stand.
    pub(super) fn standing(&self) -> usize {
        self.live.values().map(Vec::len).sum()
    }

    /// Those that went more than a day ago cannot come back as the same link.
    fn settle(&mut self, now: Millis) {
        let (kept, over) =
            std::mem::take(&mut self.gone)
                .into_iter()
                .partition(|(_, life): &(String, Life)| {
                    life.removed_at.is_some_and(|gone| now - gone <= DAY_MS)
                });
        self.gone = kept;
        self.over.extend(over.into_iter().map(|(_, life)| life));
    }

    /// How many lives of the same name began before this one.
    fn twin(&mut self, hit: &Hit, origin: &Origin) -> u32 {
        let name = format!(
            "{}\0{}\0{:x}\0{:x}\0{}",
            hit.target, hit.place, hit.line_hash, origin.authored, origin.path
        );
        let born = self
            .born
            .entry(xxhash_rust::xxh3::xxh3_64(name.as_bytes()))
            .or_default();
        *born += 1;
        *born - 1
    }

    fn moved(&mut self, came: Vec<Newcomer>, went: &mut Vec<(String, Life)>) -> Vec<Newcomer> {
        if went.is_empty() {
            return came;
        }
        let mut left = Vec::new();
        for newcomer in came {
            match went.iter().position(|(_, life)| same(life, &newcomer.hit)) {
                Some(at) => {
                    let (_, life) = went.remove(at);
                    self.live.entry(newcomer.path).or_default().push(life);
                }
                None => left.push(newcomer),
            }
        }
        left
    }

    fn returned(&mut self, came: Vec<Newcomer>) -> Vec<Newcomer> {
        if self.gone.is_empty() {
            return came;
        }
        let mut left = Vec::new();
        for newcomer in came {
            let candidates = self
                .gone
                .iter()
                .enumerate()
                .filter(|(_, (_, life))| same(life, &newcomer.hit));
            // Of several the one that stood in this file, then the one that went last.
            match candidates
                .max_by_key(|(_, (path, life))| (*path == newcomer.path, life.removed_at))
            {
                Some((at, _)) => {
                    let (_, mut life) = self.gone.remove(at);
                    life.removed_at = None;
                    life.changed = true;
                    self.live.entry(newcomer.path).or_default().push(life);
                }
                None => left.push(newcomer),
            }
        }
        left
    }
}

/// A line with a link to a write-up.
fn line(hit: &Hit) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(hit.target.as_bytes(), hit.line_hash)
}

fn same(life: &Life, hit: &Hit) -> bool {
    life.line_hash == hit.line_hash && life.target == hit.target
}

/// Lives that go on in a file, references new to it, lives that no longer stand in it.
fn within_a_file(mut lives: Vec<Life>, hits: Vec<Hit>) -> (Vec<Life>, Vec<Hit>, Vec<Life>) {
    let mut kept = Vec::with_capacity(hits.len());
    let mut unknown = Vec::new();
    for hit in hits {
        match lives.iter().position(|life| same(life, &hit)) {
            Some(at) => kept.push(lives.remove(at)),
            None => unknown.push(hit),
        }
    }
    let mut new = Vec::new();
    for hit in unknown {
        match lives.iter().position(|life| life.target == hit.target) {
            Some(at) => {
                let mut life = lives.remove(at);
                life.line_hash = hit.line_hash;
                if life.form != hit.form.name() {
                    hit.form.name().clone_into(&mut life.form);
                    life.changed = true;
                }
                kept.push(life);
            }
            None => new.push(hit),
        }
    }
    (kept, new, lives)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    const HOUR: Millis = 3_600_000;

    fn hit(target: &str, line_hash: u64) -> Hit {
        Hit {
            target: target.to_owned(),
            line_hash,
            line: 1,
            place: Place::Docs,
            form: LinkForm::Link,
            template: false,
            label: None,
        }
    }

    fn file(from: Option<&str>, to: Option<&str>, hits: &[Hit]) -> Scanned {
        Scanned {
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            hits: hits.to_vec(),
        }
    }

    fn step(ledger: &mut Ledger, at: Millis, files: Vec<Scanned>) -> Vec<(String, Option<Millis>)> {
        let origin = |newcomer: &Newcomer| Origin {
            commit: String::new(),
            at,
            authored: at,
            path: newcomer.path.clone(),
            line: newcomer.hit.line,
        };
        let origins = |new: &[Newcomer]| Ok::<_, Infallible>(new.iter().map(origin).collect());
        match ledger.step(at, files, origins) {
            Ok(()) => ledger
                .take_changed()
                .into_iter()
                .map(|l| (l.target, l.removed_at))
                .collect(),
            Err(never) => match never {},
        }
    }

    #[test]
    fn a_life_from_line_to_line() {
        let mut ledger = Ledger::default();
        let a = || Some("a");
        assert_eq!(
            step(&mut ledger, 0, vec![file(None, a(), &[hit("w", 1)])]),
            [("w".into(), None)]
        );
        // Edited, moved to another file, renamed: the same link.
        assert_eq!(
            step(&mut ledger, HOUR, vec![file(a(), a(), &[hit("w", 2)])]),
            []
        );
        let moved = vec![file(a(), a(), &[]), file(None, Some("b"), &[hit("w", 2)])];
        assert_eq!(step(&mut ledger, 2 * HOUR, moved), []);
        assert_eq!(
            step(
                &mut ledger,
                3 * HOUR,
                vec![file(Some("b"), Some("c"), &[hit("w", 2)])]
            ),
            []
        );
        let gone = step(&mut ledger, 4 * HOUR, vec![file(Some("c"), None, &[])]);
        assert_eq!(gone, [("w".into(), Some(4 * HOUR))]);
        // Back within a day it has never been away; after more it is another link.
        let back = step(
            &mut ledger,
            20 * HOUR,
            vec![file(None, Some("c"), &[hit("w", 2)])],
        );
        assert_eq!(back, [("w".into(), None)]);
        step(&mut ledger, 30 * HOUR, vec![file(Some("c"), None, &[])]);
        let again = step(
            &mut ledger,
            60 * HOUR,
            vec![file(None, Some("c"), &[hit("w", 2)])],
        );
        assert_eq!(again, [("w".into(), None)]);
        assert_eq!(ledger.standing(), 1);
    }

    #[test]
    fn files_change_places_and_twins_stay_apart() {
        let mut ledger = Ledger::default();
        let both = vec![
            file(None, Some("a"), &[hit("w", 1), hit("w", 1)]),
            file(None, Some("b"), &[hit("w", 1)]),
        ];
        assert_eq!(step(&mut ledger, 0, both).len(), 3);
        let mut twins: Vec<u32> = ledger
            .live
            .values()
            .flatten()
            .map(|life| life.twin)
            .collect();
        twins.sort_unstable();
        assert_eq!(twins, [0, 0, 1]);
        let swap = vec![
            file(Some("b"), Some("a"), &[hit("w", 1)]),
            file(Some("a"), Some("b"), &[hit("w", 1), hit("w", 1)]),
        ];
        assert_eq!(step(&mut ledger, 1, swap), []);
        assert_eq!(ledger.standing(), 3);
    }

    proptest! {
        /// Whatever happens to files, exactly the references in them stand, and what has been gone
        /// for more than a day never comes back under its old name, whatever time the author gives.
        #[test]
        fn what_stands_is_what_is_there(
            commits in prop::collection::vec(
                (0i64..40, prop::collection::vec((0usize..3, prop::option::of(prop::collection::vec((0u8..2, 0u64..3), 0..4))), 1..3)),
                0..12,
            )
        ) {
            let names = ["a", "b", "c"];
            let mut ledger = Ledger::default();
            let mut there: BTreeMap<usize, usize> = BTreeMap::new();
            let mut ends: BTreeMap<(u64, String, u32, String), Option<Millis>> = BTreeMap::new();
            let mut at = 0;
            for (hours, files) in commits {
                at += hours * HOUR + 1;
                let files: BTreeMap<usize, Option<Vec<(u8, u64)>>> = files.into_iter().collect();
                let mut scanned = Vec::new();
                for (name, content) in files {
                    let from = there.remove(&name).map(|_| names[name]);
                    let hits: Vec<Hit> =
                        content.iter().flatten().map(|(target, line)| hit(&target.to_string(), *line)).collect();
                    if content.is_some() {
                        there.insert(name, hits.len());
                    }
                    scanned.push(file(from, content.map(|_| names[name]), &hits));
                }
                let origin = |new: &Newcomer| Origin {
                    commit: String::new(), at, authored: 0, path: new.path.clone(), line: 1,
                };
                let origins = |new: &[Newcomer]| Ok::<_, Infallible>(new.iter().map(origin).collect());
                ledger.step(at, scanned, origins).map_err(|never| match never {})?;
                for life in ledger.take_changed() {
                    let name = (life.born_hash, life.target, life.twin, life.origin.path);
                    let before = ends.insert(name, life.removed_at);
                    if let (Some(Some(gone)), None) = (before, life.removed_at) {
                        prop_assert!(at - gone <= DAY_MS);
                    }
                }
                prop_assert_eq!(ledger.standing(), there.values().sum::<usize>());
                prop_assert_eq!(ends.values().filter(|end| end.is_none()).count(), ledger.standing());
            }
        }
    }
}
