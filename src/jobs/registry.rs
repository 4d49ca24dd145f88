//! The registry of write-ups: what has been said of them, put together. The derive job makes a
//! generation of it; people look at it and add to it by hand. Nothing that was said is changed: what is
//! said later is one more event.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;

use super::assigned;
use super::gate::Gate;
use super::people::BY_HAND;
use crate::collect::{Intake, Keys};
use crate::model::target::canonical;
use crate::model::{Assignment, Body, Event, Millis, RETRACTED, Writeup};
use crate::store::{Batch, RegistryWriteup, Store, WriteupRow};

/// The write-ups as they are known now.
pub struct Registry {
    landed: Vec<WriteupRow>,
    writeups: Vec<RegistryWriteup>,
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

impl Registry {
    /// What all sources have said until now.
    pub async fn now(store: &Store) -> anyhow::Result<Self> {
        let landed = store.landed_writeups().await?;
        let writeups = merge(0, &landed, &HashMap::new(), &HashMap::new());
        let (names, _) = names(&writeups);
        Ok(Registry {
            landed,
            writeups,
            names,
        })
    }

    /// The write-ups, by id. People have no numbers here.
    pub fn writeups(&self) -> &[RegistryWriteup] {
        &self.writeups
    }

    /// The write-up that events with this target belong to.
    pub fn find(&self, target: &str) -> Option<&RegistryWriteup> {
        let number = self.names.number(target, &canonical(target))?;
        self.writeups
            .iter()
            .find(|writeup| writeup.number == number)
    }

    /// Every description of a write-up, the oldest first.
    pub fn said<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a WriteupRow> {
        self.landed.iter().filter(move |row| row.id == id)
    }

    /// Who is told to read a write-up, in the order in which it was said.
    pub fn assignments(&self, id: &str) -> Vec<Assignment> {
        assigned::of(self.said(id))
    }

    /// Targets that gather events and belong to no write-up, those with the most events first.
    pub async fn unregistered(&self, store: &Store) -> anyhow::Result<Vec<Unregistered>> {
        let mut found: BTreeMap<String, Unregistered> = BTreeMap::new();
        for row in store.spoken_of().await? {
            // What a source took back leads nowhere, and is meant to.
            let is_known = self.names.number(&row.target, &row.canonical).is_some();
            if is_known || row.canonical.ends_with(RETRACTED) {
                continue;
            }
            let entry = found
                .entry(row.canonical.clone())
                .or_insert_with(|| Unregistered {
                    target: row.canonical,
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

    /// When something has to be said of a write-up so that it is the last word.
    fn after(&self, id: &str, now: Millis) -> Millis {
        let last = self.said(id).map(|row| row.at).max();
        last.map_or(now, |last| now.max(last + 1))
    }

    /// Says something of a write-up by hand: one more event, as from any source. What is left out of
    /// it stays as it is.
    ///
    /// # Errors
    /// What the intake refuses, with the field; what the store says.
    pub async fn say(
        &self,
        store: &Store,
        keys: &Keys,
        gate: &Gate,
        writeup: Writeup,
        now: Millis,
    ) -> anyhow::Result<()> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let name = u128::from_be_bytes(random);
        let event = Event {
            source: BY_HAND.into(),
            id: format!("{} {name:032x}", writeup.id),
            subject: writeup.id.clone(),
            time: self.after(&writeup.id, now),
            version: 0,
            body: Body::Writeup(Box::new(writeup)),
        };
        let record = Intake::new(keys.clone()).accept(event);
        let mut batch = Batch::default();
        batch.push(record.map_err(|rejection| anyhow::anyhow!("{rejection}"))?);
        let _passed = gate.pass().await.context("waiting for the data folder")?;
        store.load(name, &batch).await?;
        Ok(())
    }
}

/// The last that says something wins, field by field; names are gathered.
pub(super) fn merge(
    generation: u32,
    landed: &[WriteupRow],
    known: &HashMap<String, u32>,
    person_of: &HashMap<u128, u32>,
) -> Vec<RegistryWriteup> {
    let mut by_id: BTreeMap<&str, Vec<&WriteupRow>> = BTreeMap::new();
    // What a source took back is registered nowhere.
    for row in landed.iter().filter(|row| !row.id.ends_with(RETRACTED)) {
        by_id.entry(&row.id).or_default().push(row);
    }
    let mut next = known.values().max().copied().unwrap_or(0);
    let mut all = Vec::with_capacity(by_id.len());
    for (id, mut rows) in by_id {
        rows.sort_by_key(|row| (row.at, row.version, row.key));
        let number = known.get(id).copied().unwrap_or_else(|| {
            next += 1;
            next
        });
        let mut entry = RegistryWriteup {
            generation,
            number,
            id: id.to_owned(),
            names: vec![id.to_owned()],
            title: None,
            url: None,
            published_at: None,
            deleted_at: None,
            owner_team: None,
            contributors: Vec::new(),
            responders: Vec::new(),
            words: None,
            template: None,
            tags: Vec::new(),
            restricted: false,
        };
        for row in rows {
            say(&mut entry.title, &row.title);
            say(&mut entry.url, &row.url);
            say(&mut entry.published_at, &row.published_at);
            say(&mut entry.owner_team, &row.owner_team);
            say(&mut entry.words, &row.words);
            say(&mut entry.template, &row.template);
            say(&mut entry.deleted_at, &row.deleted_at);
            if !row.contributors.is_empty() {
                entry.contributors = numbers_of(&row.contributors, person_of);
            }
            if !row.responders.is_empty() {
                entry.responders = numbers_of(&row.responders, person_of);
            }
            if !row.tags.is_empty() {
                entry.tags.clone_from(&row.tags);
            }
            entry.restricted = row.restricted;
            entry.names.extend(row.url.iter().cloned());
            entry.names.extend(row.aliases.iter().cloned());
        }
        entry.names.sort();
        entry.names.dedup();
        all.push(entry);
    }
    all
}

fn say<T: Clone>(field: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        field.clone_from(said);
    }
}

fn numbers_of(people: &[u128], person_of: &HashMap<u128, u32>) -> Vec<u32> {
    let mut numbers: Vec<u32> = people
        .iter()
        .filter_map(|pseudonym| person_of.get(pseudonym).copied())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

pub(super) struct Names {
    pub(super) verbatim: HashMap<String, u32>,
    pub(super) canonical: HashMap<String, u32>,
}

impl Names {
    /// The number of the write-up that a target belongs to.
    pub(super) fn number(&self, target: &str, canonical: &str) -> Option<u32> {
        let found = self.verbatim.get(target);
        found.or_else(|| self.canonical.get(canonical)).copied()
    }
}

/// Which name is which write-up. Ids come first: no alias of another write-up takes them away.
pub(super) fn names(writeups: &[RegistryWriteup]) -> (Names, Vec<String>) {
    let mut names = Names {
        verbatim: HashMap::new(),
        canonical: HashMap::new(),
    };
    let mut conflicts = Vec::new();
    for writeup in writeups {
        names.verbatim.insert(writeup.id.clone(), writeup.number);
    }
    for writeup in writeups {
        for name in &writeup.names {
            let number = writeup.number;
            let holder = *names.verbatim.entry(name.clone()).or_insert(number);
            let spelled = *names
                .canonical
                .entry(canonical(name).into_owned())
                .or_insert(number);
            if holder != number || spelled != number {
                conflicts.push(name.clone());
            }
        }
    }
    (names, conflicts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landed(id: &str, at: i64, title: Option<&str>, aliases: &[&str]) -> WriteupRow {
        WriteupRow {
            key: 1,
            version: 0,
            at,
            source: "wiki".to_owned(),
            id: id.to_owned(),
            title: title.map(str::to_owned),
            url: None,
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            published_at: None,
            deleted_at: None,
            owner_team: None,
            contributors: Vec::new(),
            contributor_teams: Vec::new(),
            responders: Vec::new(),
            words: None,
            diagrams: None,
            hyperlinks: None,
            acronyms: None,
            acronyms_unexplained: None,
            template: None,
            tags: Vec::new(),
            restricted: false,
            assigns: false,
            assignments: Vec::new(),
        }
    }

    #[test]
    fn what_is_not_said_again_stays_said() {
        let rows = [
            landed("a", 2, None, &["y"]),
            landed("a", 1, Some("First"), &["x"]),
        ];
        let merged = merge(1, &rows, &HashMap::new(), &HashMap::new());
        assert_eq!(merged[0].title.as_deref(), Some("First"));
        assert_eq!(merged[0].names, ["a", "x", "y"]);
    }

    #[test]
    fn an_id_belongs_to_its_write_up_whatever_others_claim() {
        let rows = [landed("a", 1, None, &["b"]), landed("b", 1, None, &[])];
        let merged = merge(1, &rows, &HashMap::new(), &HashMap::new());
        let (names, conflicts) = names(&merged);
        assert_eq!(names.verbatim["b"], 2);
        assert_eq!(conflicts, ["b", "b"]);
    }

    #[test]
    fn two_spellings_of_one_page_meet() {
        let rows = [landed("a", 1, None, &["https://Wiki.example.org/A/"])];
        let merged = merge(1, &rows, &HashMap::new(), &HashMap::new());
        let (names, _) = names(&merged);
        assert_eq!(
            names.canonical[&*canonical("http://wiki.example.org/A?utm_source=x")],
            1
        );
    }
}
