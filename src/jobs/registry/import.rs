//! What a table says, as events: the good rows are kept, names that belong to others are told, and a row
//! that the last file said just so says nothing new.

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;

use super::file::{Problems, Row, Table, shown};
use super::{Hand, Registry, fit, random, taken};
use crate::collect::Keys;
use crate::jobs::people::BY_HAND;
use crate::model::{Event, Millis, Writeup};
use crate::sources::Problem;
use crate::store::{Batch, WriteupRow};

/// The version of events that a file's rows become. Those said one by one have none, so that the last
/// row of a file can be told from them.
const FROM_FILE: u32 = 1;

/// What came of a file.
#[derive(Debug, Default)]
pub struct Imported {
    /// Write-ups that were not registered before.
    pub new: usize,
    /// Write-ups of which more is known.
    pub more: usize,
    /// Rows that say what the last file said.
    pub unchanged: usize,
    /// Rows that were refused.
    pub refused: usize,
    /// What is wrong with them.
    pub problems: Vec<Problem>,
}

impl Registry {
    /// Says what a table says, in one batch. A dry run finds out what would come of it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn import(
        &self,
        hand: &Hand<'_>,
        table: Table,
        dry_run: bool,
    ) -> anyhow::Result<Imported> {
        let mut done = Imported {
            problems: table.problems,
            ..Imported::default()
        };
        let mut events = Vec::new();
        let mut lines = Vec::new();
        let mut names: HashMap<String, String> = HashMap::new();
        for row in table.rows {
            let mut problems = Problems {
                line: row.line,
                list: Vec::new(),
            };
            self.claims(&row.writeup, &mut names, &mut problems);
            if !problems.list.is_empty() {
                done.problems.append(&mut problems.list);
                continue;
            }
            match self.event_of(hand.keys, row, hand.now) {
                None => done.unchanged += 1,
                Some((line, event)) => {
                    lines.push(line);
                    events.push(event);
                }
            }
        }
        let is_new: Vec<bool> = events
            .iter()
            .map(|event| self.said(&event.subject).next().is_none())
            .collect();
        let (records, refused) = taken(hand.keys, events);
        for (at, rejection) in &refused {
            let mut problems = Problems {
                line: lines[*at],
                list: Vec::new(),
            };
            let column = match rejection.field {
                "data.id" | "subject" => "id",
                field => field,
            };
            problems.add(column, rejection.reason.clone());
            done.problems.append(&mut problems.list);
        }
        let refused: HashSet<usize> = refused.into_iter().map(|(at, _)| at).collect();
        for (at, is_new) in is_new.into_iter().enumerate() {
            match is_new {
                _ if refused.contains(&at) => {}
                true => done.new += 1,
                false => done.more += 1,
            }
        }
        let mut places: Vec<&str> = done.problems.iter().map(|one| &*one.place).collect();
        places.dedup();
        done.refused = places.len();
        if dry_run || records.is_empty() {
            return Ok(done);
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
        hand.store.load(random()?, &batch).await?;
        Ok(done)
    }

    /// Whether the names of a row are free: in the registry, and in the rows before it.
    fn claims(
        &self,
        writeup: &Writeup,
        names: &mut HashMap<String, String>,
        problems: &mut Problems,
    ) {
        let id = &writeup.id;
        let known = self.entry(id).filter(|known| known.id != *id);
        if let Some(known) = known {
            let words = format!(
                "{} is a name of the write-up {:?} already",
                shown(id),
                known.id
            );
            problems.add("id", words);
        }
        let url = writeup.url.iter().map(|url| ("url", url));
        for (column, name) in url.chain(writeup.aliases.iter().map(|alias| ("aliases", alias))) {
            if let Err(wrong) = fit(name) {
                problems.add(column, wrong.to_string());
            }
            let holder = self.holder(id, name, None).map(|holder| holder.id.clone());
            let before = names.get(name).cloned().filter(|other| other != id);
            if let Some(holder) = holder.or(before) {
                let words = format!(
                    "{} is a name of the write-up {holder:?} already",
                    shown(name)
                );
                problems.add(column, words);
            }
        }
        if problems.list.is_empty() {
            let own = writeup.url.iter().chain(&writeup.aliases).cloned();
            names.extend(own.map(|name| (name, id.clone())));
        }
    }

    /// The event of a row, and its line; `None` where the last file said the same.
    fn event_of(&self, keys: &Keys, row: Row, now: Millis) -> Option<(u64, Event)> {
        let Row {
            line,
            restricted,
            mut writeup,
            content,
        } = row;
        let by_file = |landed: &&WriteupRow| {
            landed.source == BY_HAND && landed.version >> 32 == u64::from(FROM_FILE)
        };
        let mut said: Vec<_> = self.said(&writeup.id).filter(by_file).collect();
        said.sort_by_key(|landed| (landed.at, landed.version, landed.key));
        // What was said before another thing can be said again, under another name.
        let name = |n: usize| match n {
            0 => format!("{} file {content:016x}", writeup.id),
            n => format!("{} file {content:016x}.{n}", writeup.id),
        };
        let key = |n: usize| keys.event(BY_HAND, &name(n));
        if let Some(last) = said.last()
            && (0..said.len()).any(|n| key(n) == last.key)
        {
            return None;
        }
        let is_free = |n: &usize| said.iter().all(|landed| landed.key != key(*n));
        let free = (0..=said.len()).find(is_free).unwrap_or(said.len());
        let name = name(free);
        writeup.restricted = restricted == Some(true);
        writeup.opened = restricted == Some(false);
        let event = self.event(writeup, name, FROM_FILE, now);
        Some((line, event))
    }
}
