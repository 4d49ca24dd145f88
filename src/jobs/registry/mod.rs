//! The registry of write-ups: what has been said of them, put together. The derive job makes a
//! generation of it; people look at it and add to it by hand. Nothing that was said is changed: what is
//! said later is one more event.
//!
//! `merge` puts together what was said (`carried`: also under a former id), `names` decides which name is which write-up at which time,
//! `had` which teams had what happened,
//! `told` shows it without naming anybody, `deed` says what was done.

mod carried;
pub mod closed;
mod deed;
pub mod file;
mod had;
mod import;
mod merge;
mod name;
mod names;
pub mod told;

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context as _;

use super::assigned;
use super::gate::Gate;
use super::people::{BY_HAND, people};
use crate::collect::{Intake, Keys, Rejection, lost};
use crate::model::target::canonical;
use crate::model::{Assignment, Body, DatedAlias, Event, Millis, RETRACTED, Writeup};
use crate::store::{Batch, RegistryWriteup, Store, WriteupRow};

pub(super) use carried::carried;
pub use deed::deed;
pub(super) use had::teams_that_had;
pub use import::Imported;
pub(super) use merge::merge;
pub use name::{WrongName, fit};
pub use names::Conflict;
pub(super) use names::{LATEST, Names, names, pages};

/// The instant of deletion that takes a deletion back: null says nothing.
pub const NOT_DELETED: Millis = 0;

/// The write-ups as they are known now.
pub struct Registry {
    landed: Vec<WriteupRow>,
    /// Those that count for another one, too.
    entries: Vec<RegistryWriteup>,
    names: Names,
}

/// A target that gathers events and is registered nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unregistered {
    /// Its one spelling.
    pub target: String,
    /// Events by kind, those of robots among them.
    pub events: BTreeMap<String, u64>,
    /// The first of them.
    pub first_at: Millis,
    /// The last of them.
    pub last_at: Millis,
}

impl Unregistered {
    /// Events of all kinds.
    pub fn total(&self) -> u64 {
        self.events.values().sum()
    }
}

/// What is needed to say something.
pub struct Hand<'a> {
    /// Where it goes.
    pub store: &'a Store,
    /// What makes pseudonyms of people.
    pub keys: &'a Keys,
    /// What a batch waits for.
    pub gate: Gate,
    /// What time it is.
    pub now: Millis,
}

/// Why a write-up can't be made part of another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// They are the same.
    #[error("{0:?} is the same write-up; valid is another one's name")]
    Itself(String),
    /// The other is part of this one.
    #[error("{into:?} is part of {id:?}; split it first, or merge the other way round")]
    Cycle {
        /// The one that was to become part.
        id: String,
        /// The one that it was to be part of.
        into: String,
    },
    /// It is part of none.
    #[error("{0:?} is part of no other write-up; there is nothing to split")]
    Whole(String),
}

/// Why a name can't be taken away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoName {
    /// It is the id.
    #[error("{0:?} is its id, which stays")]
    Id(String),
    /// The write-up has no such name.
    #[error("{0:?} is no name of it; `readback writeups show` lists them")]
    None(String),
}

impl Registry {
    /// What all sources have said until now.
    pub async fn now(store: &Store) -> anyhow::Result<Self> {
        let mut landed = store.landed_writeups().await?;
        let roster = store.landed_people().await?;
        let mut pseudonyms: HashSet<u128> = HashSet::new();
        for row in &landed {
            let roles = [
                &row.contributors,
                &row.responders,
                &row.reviewers,
                &row.facilitators,
            ];
            pseudonyms.extend(roles.into_iter().flatten());
        }
        for row in &roster {
            pseudonyms.insert(row.person);
            pseudonyms.extend(&row.aliases);
        }
        // Numbers that hold for this look alone: people are only counted.
        let numbers: Vec<(u128, u32)> = pseudonyms.into_iter().zip(1..).collect();
        let people = people(0, &numbers, &roster);
        let person_of = people
            .rows
            .iter()
            .map(|person| (person.pseudonym, person.number))
            .collect();
        let entries = merge(0, &landed, &HashMap::new(), &person_of);
        let (names, _) = names(&entries);
        carried::carry(&mut landed);
        // In the order of ids, so that those of one are found.
        landed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Registry {
            landed,
            entries,
            names,
        })
    }

    /// The write-ups, by id, without those that are part of another one. People's numbers mean nothing.
    pub fn writeups(&self) -> impl Iterator<Item = &RegistryWriteup> {
        self.entries.iter().filter(|entry| entry.merged_into == 0)
    }

    /// The write-up that events with this target belong to now; where none has the name now, the one
    /// that had it.
    pub fn find(&self, target: &str) -> Option<&RegistryWriteup> {
        let canonical = canonical(target);
        let now = self.names.number(target, &canonical, LATEST);
        let number = now.or_else(|| self.names.ever(target, &canonical))?;
        self.numbered(number)
    }

    /// The write-up of exactly this id, also where it is part of another one, or else whose name this
    /// is.
    pub fn entry(&self, name: &str) -> Option<&RegistryWriteup> {
        match self.entries.binary_search_by(|entry| (*entry.id).cmp(name)) {
            Ok(at) => self.entries.get(at),
            Err(_) => self.find(name),
        }
    }

    /// The write-up with this title, however it is written, if it is the only one.
    pub fn titled(&self, title: &str) -> Option<&RegistryWriteup> {
        let folded = |text: &str| -> String {
            let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
            words.join(" ")
        };
        let wanted = folded(title);
        let is_it = |entry: &&RegistryWriteup| {
            let own = entry.title.as_deref().map(folded);
            own.is_some_and(|own| !own.is_empty() && own == wanted)
        };
        let mut found = self.entries.iter().filter(is_it);
        found.next().filter(|_| found.next().is_none())
    }

    /// Who is told to read a write-up, in the order in which it was said.
    pub fn assignments(&self, id: &str) -> Vec<Assignment> {
        assigned::of(self.said(id))
    }

    /// The write-up that this one counts for, if that is another one.
    pub fn whole(&self, part: &RegistryWriteup) -> Option<&RegistryWriteup> {
        self.numbered(part.merged_into)
    }

    /// What a write-up was made part of by itself; it may be part of another one.
    pub fn parent(&self, id: &str) -> Option<&str> {
        let said = self.said(id).filter(|row| row.merged_into.is_some());
        let last = said.max_by_key(|row| (row.at, row.version, row.key))?;
        last.merged_into.as_deref().filter(|into| *into != id)
    }

    /// The write-ups that count for this one.
    pub fn parts(&self, whole: &RegistryWriteup) -> impl Iterator<Item = &RegistryWriteup> {
        let number = whole.number;
        self.entries
            .iter()
            .filter(move |entry| entry.merged_into == number)
    }

    fn numbered(&self, number: u32) -> Option<&RegistryWriteup> {
        // Numbered from 1 in the order of ids.
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.entries.get(at)
    }

    /// Whose name this is already, other than `id`: for all time, or in a part of the time from `from`
    /// to `to`.
    pub fn holder(
        &self,
        id: &str,
        name: &str,
        span: Option<(Millis, Millis)>,
    ) -> Option<&RegistryWriteup> {
        let own = self.entry(id).map_or(0, |entry| match entry.merged_into {
            0 => entry.number,
            whole => whole,
        });
        let number = self.names.holder(own, name, span)?;
        self.numbered(number)
    }

    /// Every description of a write-up, the oldest first.
    pub fn said(&self, id: &str) -> impl Iterator<Item = &WriteupRow> {
        let start = self.landed.partition_point(|row| *row.id < *id);
        let rows = &self.landed[start..];
        rows[..rows.partition_point(|row| row.id == id)].iter()
    }

    /// How often each source has said something of a write-up.
    pub fn sources(&self, id: &str) -> BTreeMap<&str, u64> {
        let mut sources: BTreeMap<&str, u64> = BTreeMap::new();
        for row in self.said(id) {
            *sources.entry(&row.source).or_default() += 1;
        }
        sources
    }

    /// Targets that gather events and belong to no write-up, those with the most events first.
    pub async fn unregistered(&self, store: &Store) -> anyhow::Result<Vec<Unregistered>> {
        let mut found: BTreeMap<String, Unregistered> = BTreeMap::new();
        for row in store.spoken_of(self.names.bounds()).await? {
            // What landed was spelled by the rules of its time.
            let spelled = canonical(&row.canonical).into_owned();
            // What a source took back leads nowhere, and is meant to.
            let number = self.names.number(&row.target, &spelled, row.first_at);
            if number.is_some() || row.canonical.ends_with(RETRACTED) {
                continue;
            }
            let entry = found
                .entry(spelled.clone())
                .or_insert_with(|| Unregistered {
                    target: spelled,
                    events: BTreeMap::new(),
                    first_at: row.first_at,
                    last_at: row.last_at,
                });
            *entry.events.entry(row.kind).or_default() += row.events;
            entry.first_at = entry.first_at.min(row.first_at);
            entry.last_at = entry.last_at.max(row.last_at);
        }
        let mut list: Vec<_> = found.into_values().collect();
        // By name where they have as many: the map was in that order.
        list.sort_by_key(|one| std::cmp::Reverse(one.total()));
        Ok(list)
    }

    /// A write-up of which nothing new is said.
    pub fn same(&self, known: &RegistryWriteup) -> Writeup {
        Writeup::new(known.id.clone())
    }

    /// What makes one write-up part of another.
    ///
    /// # Errors
    /// Both are one, or the other is part of this one already.
    pub fn merging(
        &self,
        part: &RegistryWriteup,
        into: &RegistryWriteup,
    ) -> Result<Writeup, MergeError> {
        if part.number == into.number {
            return Err(MergeError::Itself(into.id.clone()));
        }
        // Through however many others it is part of this one.
        let mut seen = HashSet::new();
        let mut next = Some(into.id.as_str());
        while let Some(id) = next.filter(|id| seen.insert(*id)) {
            next = self.parent(id);
            if next == Some(&part.id) {
                return Err(MergeError::Cycle {
                    id: part.id.clone(),
                    into: into.id.clone(),
                });
            }
        }
        Ok(Writeup {
            merged_into: Some(into.id.clone()),
            ..self.same(part)
        })
    }

    /// What makes a write-up one of its own again.
    ///
    /// # Errors
    /// It is part of none.
    pub fn splitting(&self, part: &RegistryWriteup) -> Result<Writeup, MergeError> {
        match part.merged_into {
            0 => Err(MergeError::Whole(part.id.clone())),
            _ => Ok(Writeup {
                merged_into: Some(part.id.clone()),
                ..self.same(part)
            }),
        }
    }

    /// What takes names away from a write-up: they are its own at no time.
    ///
    /// # Errors
    /// The first of them that is no name of it, or is its id.
    pub fn unnaming(&self, known: &RegistryWriteup, names: Vec<String>) -> Result<Writeup, NoName> {
        if let Some(name) = names.iter().find(|name| **name == known.id) {
            return Err(NoName::Id(name.clone()));
        }
        if let Some(name) = names.iter().find(|name| !known.names.contains(name)) {
            return Err(NoName::None(name.clone()));
        }
        let never = |alias| DatedAlias {
            alias,
            from: Some(0),
            to: Some(0),
        };
        Ok(Writeup {
            dated_aliases: names.into_iter().map(never).collect(),
            ..self.same(known)
        })
    }

    /// When something has to be said of a write-up so that it is the last word.
    pub fn after(&self, id: &str, now: Millis) -> Millis {
        let last = self.said(id).map(|row| row.at).max();
        last.map_or(now, |last| now.max(last + 1))
    }

    /// Says something of a write-up by hand: one more event, as from any source. What is left out of
    /// it stays as it is.
    ///
    /// # Errors
    /// What the intake refuses, with the field; what the store says.
    pub async fn say(&self, hand: &Hand<'_>, writeup: Writeup) -> anyhow::Result<()> {
        let name = random()?;
        let id = format!("{} {name:032x}", writeup.id);
        let event = self.event(writeup, id, 0, hand.now);
        let (records, refused) = taken(hand.keys, [event]);
        if let Some((_, rejection)) = refused.into_iter().next() {
            anyhow::bail!("{rejection}");
        }
        let mut batch = Batch::default();
        for record in records {
            batch.push(record);
        }
        let _passed = hand
            .gate
            .pass()
            .await
            .context("waiting for the data folder")?;
        hand.store.load(name, &batch).await?;
        Ok(())
    }

    fn event(&self, writeup: Writeup, id: String, version: u32, now: Millis) -> Event {
        Event {
            source: BY_HAND.into(),
            id,
            subject: writeup.id.clone(),
            time: self.after(&writeup.id, now),
            version,
            body: Body::Writeup(Box::new(writeup)),
        }
    }
}

/// Records of events, and which of them are refused and why.
fn taken(
    keys: &Keys,
    events: impl IntoIterator<Item = Event>,
) -> (Vec<crate::model::Record>, Vec<(usize, Rejection)>) {
    let mut intake = Intake::new(keys.clone());
    let mut records = Vec::new();
    let mut refused = Vec::new();
    for (at, event) in events.into_iter().enumerate() {
        let lost = match &event.body {
            Body::Writeup(writeup) => lost(writeup),
            _ => None,
        };
        match lost.map_or_else(|| intake.accept(event), Err) {
            Ok(record) => records.push(record),
            Err(rejection) => refused.push((at, rejection)),
        }
    }
    (records, refused)
}

fn random() -> anyhow::Result<u128> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(u128::from_be_bytes(random))
}
