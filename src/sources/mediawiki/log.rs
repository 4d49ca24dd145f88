//! The wiki's own log: when pages were deleted, and what they were called before they were moved.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Body, DAY_MS, Event, Millis, Writeup, to_rfc3339};
use crate::sources::{Sink, SourceError};

use super::answer::{self, Page};
use super::{BATCH, Checkpoint, MediaWiki, NAMES, joined};

/// Pulls one after the other that miss a page before it is taken to be gone, where no log says so.
const MISSED: u8 = 2;

/// What was logged while the last pull went on is asked for again.
const OVERLAP: Millis = DAY_MS;

impl MediaWiki {
    /// Which of the pages that are listed no more are deleted, and which are there.
    fn missing(&self, ids: &[u64]) -> Result<(Vec<u64>, Vec<u64>), SourceError> {
        let (mut missing, mut there) = (Vec::new(), Vec::new());
        for some in ids.chunks(BATCH) {
            let some = joined(some);
            self.client
                .all(&[("pageids", &some), ("prop", "info")], |answer| {
                    missing.extend(answer::missing(answer));
                    there.extend(answer::pages(answer).iter().map(|page| page.id));
                })?;
        }
        Ok((missing, there))
    }

    /// Tells of pages that were deleted since the last pull, or came back.
    pub(super) fn deletions(
        &self,
        pages: &BTreeMap<u64, Page>,
        state: &mut Checkpoint,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let unlisted: Vec<u64> = state
            .pages
            .keys()
            .filter(|page| !pages.contains_key(page))
            .copied()
            .collect();
        let (mut missing, there) = self.missing(&unlisted)?;
        for (page, deleted) in &mut state.deletions {
            if pages.contains_key(page) || there.contains(page) {
                deleted.missed = 0;
                // It came back, and is no write-up by the rules.
                if deleted.at.is_some() {
                    deleted.settle(None, now);
                    sink.event(self.maker.deletion(*page, deleted));
                }
            }
        }
        // Only what was asked for, whatever the wiki answers.
        let known_gone = |page: &u64| state.deletions.get(page).is_some_and(|d| d.at.is_some());
        missing.retain(|page| unlisted.contains(page) && !known_gone(page));
        let logged = match missing.is_empty() {
            true => BTreeMap::new(),
            false => self.deleted(state.pulled_at)?,
        };
        for page in missing {
            let deleted = state.deletions.entry(page).or_default();
            let at = logged.get(&page).map(|at| *at.min(&now));
            deleted.missed = deleted.missed.saturating_add(1);
            if at.is_none() && deleted.missed < MISSED {
                continue;
            }
            deleted.settle(Some(at.unwrap_or(now)), now);
            sink.event(self.maker.deletion(page, deleted));
        }
        Ok(())
    }

    /// When pages were deleted since the last pull, by their numbers.
    fn deleted(&self, since: Option<Millis>) -> Result<BTreeMap<u64, Millis>, SourceError> {
        let mut deleted = BTreeMap::new();
        self.logged("delete", since, &mut |entry| {
            if entry.action == "delete" {
                let at = deleted.entry(entry.page).or_insert(entry.at);
                *at = entry.at.max(*at);
            }
        })?;
        Ok(deleted)
    }

    /// Tells what pages were called before they were moved since the last pull. What was moved before the
    /// first one is known by its redirects.
    pub(super) fn moves(
        &self,
        pages: &BTreeMap<u64, Page>,
        state: &mut Checkpoint,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let is_told = std::mem::replace(&mut state.names, NAMES) == NAMES;
        let (since, told) = match (state.pulled_at, is_told) {
            (None, _) => return Ok(()),
            (since, true) => (since, state.moved),
            // By other rules: all once more.
            (_, false) => (None, 0),
        };
        let mut newest = told;
        let mut moved: BTreeMap<u64, Event> = BTreeMap::new();
        self.logged("move", since, &mut |entry| {
            newest = newest.max(entry.id);
            let Some(page) = pages.get(&entry.page).filter(|_| entry.id > told) else {
                return;
            };
            if entry.title == page.title || entry.title.ends_with('*') {
                return;
            }
            let aliases = self.maker.also(page, entry.title);
            let id = self.maker.id(page.id);
            let event = Event {
                source: Arc::clone(&self.maker.source),
                id: format!("moved:{}", entry.id),
                subject: id.clone(),
                time: entry.at,
                version: u32::from(NAMES),
                body: Body::Writeup(Box::new(Writeup {
                    aliases,
                    ..Writeup::new(id)
                })),
            };
            moved.insert(entry.id, event);
        })?;
        state.moved = newest;
        for event in moved.into_values() {
            sink.event(event);
        }
        Ok(())
    }

    fn logged(
        &self,
        kind: &str,
        since: Option<Millis>,
        take: &mut dyn FnMut(answer::Logged<'_>),
    ) -> Result<(), SourceError> {
        let end = since.map(|since| to_rfc3339((since - OVERLAP).max(0) / 1000 * 1000));
        let mut question = vec![
            ("list", "logevents"),
            ("letype", kind),
            ("leprop", "ids|title|type|timestamp"),
            ("lelimit", "max"),
        ];
        // The log is told backwards.
        question.extend(end.as_deref().map(|end| ("leend", end)));
        self.client.all(&question, |answer| {
            answer::log(answer).into_iter().for_each(&mut *take);
        })
    }
}
