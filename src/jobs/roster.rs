//! People by file and by hand: what a roster says that was not said before, who is known, and the words of
//! an operator on names. Each is one more event, through the intake as any other.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context as _;

use super::gate::Gate;
use super::people::{BY_HAND, Described, EXCLUDED, Names};
use crate::collect::roster::{self, Member};
use crate::collect::{Intake, Keys};
use crate::model::{Body, Event, Identity, Millis, Person, Pseudonym, Record};
use crate::sources::Problem;
use crate::store::{Batch, PersonRow, Store};

/// What came of a roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// People of whom nothing was known from this source.
    pub new: u64,
    /// People of whom something else was known.
    pub changed: u64,
    /// People of whom nothing new was said.
    pub same: u64,
    /// People whom this source spoke of earlier and who are not in the file: they stay.
    pub missing: u64,
    /// People of whom nothing was taken.
    pub refused: u64,
    /// Entries that the intake refused.
    pub problems: Vec<Problem>,
}

/// Says what a roster says and what did not stand there already. With no store, only counts: then all of
/// it is new.
pub async fn import(
    way: Option<(&Store, &Gate)>,
    keys: &Keys,
    source: &str,
    members: &[Member],
    now: Millis,
) -> anyhow::Result<Imported> {
    let landed = match way {
        Some((store, _)) => store.landed_people().await?,
        None => Vec::new(),
    };
    let known: HashMap<u64, &PersonRow> = landed
        .iter()
        .filter(|row| row.source == source)
        .map(|row| (row.key, row))
        .collect();
    let mut intake = Intake::new(keys.clone());
    let mut batch = Batch::default();
    let mut imported = Imported::default();
    let mut seen = HashSet::new();
    for member in members {
        let mut words = Words {
            known: &known,
            intake: &mut intake,
            batch: &mut batch,
            said: 0,
            was_known: false,
        };
        let (mut place, problems) = (0, imported.problems.len());
        for (number, event) in roster::events(member, source, now).into_iter().enumerate() {
            if let Err(reason) = words.say(event, keys) {
                let entry = member.entries.get(number);
                imported.problems.push(Problem {
                    place: entry.map_or_else(String::new, |entry| entry.place.clone()),
                    field: String::new(),
                    reason,
                });
            }
            place = number + 1;
        }
        if let Some(person) = member.identities.first() {
            words.take_back(person, source, place, keys);
        }
        let (said, was_known) = (words.said, words.was_known);
        match (said, was_known) {
            (0, _) if imported.problems.len() > problems => imported.refused += 1,
            (0, _) => imported.same += 1,
            (_, true) => imported.changed += 1,
            (_, false) => imported.new += 1,
        }
        seen.extend(
            member
                .identities
                .iter()
                .map(|one| bits(keys.pseudonym(one))),
        );
    }
    let missing: HashSet<u128> = known
        .values()
        .filter(|row| row.left_at.is_none() && !seen.contains(&row.person))
        .map(|row| row.person)
        .collect();
    imported.missing = missing.len() as u64;
    if let Some((store, gate)) = way {
        load(store, gate, &batch).await?;
    }
    Ok(imported)
}

/// What is said of one person.
struct Words<'a> {
    known: &'a HashMap<u64, &'a PersonRow>,
    intake: &'a mut Intake,
    batch: &'a mut Batch,
    said: u64,
    was_known: bool,
}

impl Words<'_> {
    /// Says it unless it stands there.
    fn say(&mut self, mut event: Event, keys: &Keys) -> Result<(), String> {
        let before = self
            .known
            .get(&keys.event(&event.source, &event.id))
            .copied();
        if let Some(before) = before {
            self.was_known = true;
            event.version = next(before);
        }
        let record = self.intake.accept(event);
        let record = record.map_err(|rejection| rejection.to_string())?;
        if before.is_none_or(|before| !stands(before, &record)) {
            self.said += 1;
            self.batch.push(record);
        }
        Ok(())
    }

    /// Takes back what was said in later places: the file has fewer entries of this person now. Said as
    /// if it had been said before anything else, it is never the last word.
    fn take_back(&mut self, person: &Identity, source: &str, first: usize, keys: &Keys) {
        for place in first.. {
            let id = roster::id(person, place);
            let Some(before) = self.known.get(&keys.event(source, &id)).copied() else {
                return;
            };
            let event = Event {
                source: source.into(),
                id,
                subject: String::new(),
                time: 0,
                version: next(before),
                body: Body::Person(Box::new(Person::new(person.clone()))),
            };
            match self.intake.accept(event) {
                Ok(record) if !stands(before, &record) => {
                    self.said += 1;
                    self.batch.push(record);
                }
                _ => {}
            }
        }
    }
}

/// The version that replaces what stands.
fn next(before: &PersonRow) -> u32 {
    u32::try_from(before.version >> 32)
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

/// Whether the same was said already.
fn stands(before: &PersonRow, record: &Record) -> bool {
    let Body::Person(person) = &record.event.body else {
        return false;
    };
    let aliases: HashSet<u128> = person.aliases.iter().map(|alias| bits(*alias)).collect();
    before.person == bits(person.person)
        && before.aliases.iter().copied().collect::<HashSet<_>>() == aliases
        && before.team == person.team.as_deref().unwrap_or_default()
        && before.joined_at == person.joined_at
        && before.left_at == person.left_at
        && before.kind == person.kind.name()
        && before.team_from == person.team_from
        && before.team_to == person.team_to
}

fn bits(pseudonym: Pseudonym) -> u128 {
    u128::from_be_bytes(pseudonym.0)
}

async fn load(store: &Store, gate: &Gate, batch: &Batch) -> anyhow::Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let _passed = gate.pass().await.context("waiting for the data folder")?;
    store.load(u128::from_be_bytes(random), batch).await?;
    Ok(())
}

/// What is said of two names, or of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// They are one person.
    One(Pseudonym, Pseudonym),
    /// They are two people, whoever claims else.
    Two(Pseudonym, Pseudonym),
    /// Their events are not counted, or are again.
    Counts(Pseudonym, bool),
}

/// All people that are known now.
pub struct Everybody {
    landed: Vec<PersonRow>,
    names: Names,
    described: HashMap<u128, Described>,
    acting: Vec<u128>,
}

/// How many people there are, by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// On a roster and not gone: by team; the empty name is no team.
    pub teams: BTreeMap<String, u64>,
    /// On a roster, and left.
    pub left: u64,
    /// In events, and on no roster.
    pub unknown: u64,
    /// Not counted.
    pub excluded: u64,
    /// Rooms, robots, service accounts.
    pub machines: BTreeMap<String, u64>,
}

impl Everybody {
    /// As they are known now.
    pub async fn now(store: &Store) -> anyhow::Result<Self> {
        let landed = store.landed_people().await?;
        let names = Names::of(&landed);
        let described = names.described(&landed);
        Ok(Everybody {
            names,
            described,
            acting: store.acting_people().await?,
            landed,
        })
    }

    /// Whether any event or roster knows this name.
    pub fn is_known(&self, name: Pseudonym) -> bool {
        let name = bits(name);
        let said = |row: &PersonRow| row.person == name || row.aliases.contains(&name);
        self.acting.binary_search(&name).is_ok() || self.landed.iter().any(said)
    }

    /// Whether two names are one person.
    pub fn is_one(&self, a: Pseudonym, b: Pseudonym) -> bool {
        self.names.stands_for(bits(a)) == self.names.stands_for(bits(b))
    }

    /// Whether this name does something and belongs to nobody on a roster.
    pub fn is_loose(&self, name: Pseudonym) -> bool {
        let name = bits(name);
        let is_acting = self.acting.binary_search(&name).is_ok();
        is_acting && !self.described.contains_key(&self.names.stands_for(name))
    }

    /// Whether somebody said that these names are two people.
    pub fn is_held_apart(&self, a: Pseudonym, b: Pseudonym) -> bool {
        self.names.is_apart(bits(a), bits(b))
    }

    /// How many there are.
    pub fn counts(&self, now: Millis) -> Counts {
        let mut counts = Counts::default();
        for known in self.described.values() {
            match known.kind.as_str() {
                EXCLUDED => counts.excluded += 1,
                "person" if known.left_at.is_some_and(|left| left <= now) => counts.left += 1,
                "person" => {
                    let team = known
                        .teams
                        .iter()
                        .find(|(from, to, _)| *from <= now && now < *to)
                        .map_or("", |(_, _, team)| team);
                    *counts.teams.entry(team.to_owned()).or_default() += 1;
                }
                machine => *counts.machines.entry(machine.to_owned()).or_default() += 1,
            }
        }
        let unknown: HashSet<u128> = self
            .acting
            .iter()
            .map(|name| self.names.stands_for(*name))
            .filter(|person| !self.described.contains_key(person))
            .collect();
        counts.unknown = unknown.len() as u64;
        counts
    }

    /// Says something of names by hand, as the last word.
    pub async fn say(
        &self,
        store: &Store,
        keys: &Keys,
        gate: &Gate,
        word: Word,
        now: Millis,
    ) -> anyhow::Result<()> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let person = match word {
            Word::One(a, b) => Person {
                aliases: vec![b],
                ..Person::new(a)
            },
            Word::Two(a, b) => Person {
                apart: vec![b],
                ..Person::new(a)
            },
            Word::Counts(a, counts) => Person {
                excluded: Some(!counts),
                ..Person::new(a)
            },
        };
        let by_hand = self.landed.iter().filter(|row| row.source == BY_HAND);
        let last = by_hand.map(|row| row.at).max();
        let event = Event {
            source: BY_HAND.into(),
            id: format!("{:032x}", u128::from_be_bytes(random)),
            subject: String::new(),
            time: last.map_or(now, |last| now.max(last + 1)),
            version: 0,
            body: Body::Person(Box::new(person)),
        };
        let mut batch = Batch::default();
        batch.push(Intake::new(keys.clone()).statement(event));
        load(store, gate, &batch).await
    }
}
