//! The wiki's own log: when pages were deleted, and what they were called before they were moved.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Body, DAY_MS, Event, Millis, Writeup, to_rfc3339};
use crate::sources::{Sink, SourceError};

use super::answer::{self, Page};
use super::events::sibling;
use super::{Checkpoint, MediaWiki};

/// What was logged while the last pull went on is asked for again.
const OVERLAP: Millis = DAY_MS;

impl MediaWiki {
    /// When pages were deleted since the last pull, by their numbers.
    pub(super) fn deleted(
        &self,
        since: Option<Millis>,
    ) -> Result<BTreeMap<u64, Millis>, SourceError> {
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
        let (since, told) = (state.pulled_at, state.moved);
        if since.is_none() {
            return Ok(());
        }
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
            let mut aliases = vec![entry.title.to_owned()];
            let url = page.url.as_deref();
            aliases.extend(url.and_then(|url| sibling(url, &page.title, entry.title)));
            let id = self.maker.id(page.id);
            let event = Event {
                source: Arc::clone(&self.maker.source),
                id: format!("moved:{}", entry.id),
                subject: id.clone(),
                time: entry.at,
                version: 0,
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
