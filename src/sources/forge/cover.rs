//! What a pull tells of the time it has seen: since when and until when everything that was said in a place
//! of a repository was met. A list is read from its beginning, and what is missed while nobody pulls is met
//! later: there are no gaps.

use std::sync::Arc;

use crate::model::target::nameless;
use crate::model::{Body, Coverage, Event, EventKind, Millis};

use super::checkpoint::{Checkpoint, Progress, Repository};
use super::poll::Polled;
use super::run::Run;
use super::texts::second;

/// How often it is told that more was seen, ms.
const TOLD_EVERY: Millis = 3_600_000;

/// From when and until when.
type Window = (Millis, Millis);

impl<D: Polled> Run<'_, D> {
    /// Tells of the comments at the places of a repository.
    pub(super) fn cover(&mut self, name: &str, state: &mut Repository) {
        let Some(home) = D::home(self.api, name) else {
            return;
        };
        for place in D::places() {
            let lists = place.lists.iter().map(|list| state.lists.get(*list));
            let windows: Option<Vec<Window>> = lists.map(|list| window(list?)).collect();
            let Some(window) = windows.and_then(|windows| windows.into_iter().reduce(both)) else {
                continue;
            };
            let address = format!("{home}/{}", place.folder);
            let told = state.told.get(place.folder).copied();
            if self.tell(EventKind::Comment, &address, window, told) {
                state.told.insert(place.folder.to_owned(), window.1);
            }
        }
    }

    /// Tells of the links in all that is pulled, once it was read to its end.
    pub(super) fn cover_links(&mut self, names: &[String], state: &mut Checkpoint) {
        let mut all: Option<Window> = None;
        for name in names {
            let Some(repository) = state.repositories.get(name) else {
                return;
            };
            for list in D::lists(self.api, name) {
                let Some(progress) = repository.lists.get(list.name) else {
                    return;
                };
                match window(progress) {
                    Some(one) => all = Some(all.map_or(one, |all| both(all, one))),
                    None if progress.is_begun() => return,
                    // It is not there.
                    None => {}
                }
            }
        }
        let Some(window) = all else {
            return;
        };
        let source = Arc::clone(&self.reader.source);
        if self.tell(EventKind::Link, &source, window, state.told) {
            state.told = Some(window.1);
        }
    }

    fn tell(
        &mut self,
        kind: EventKind,
        scope: &str,
        (from, to): Window,
        told: Option<Millis>,
    ) -> bool {
        let is_told = told.is_some_and(|told| to < told + TOLD_EVERY);
        if is_told || to <= from {
            return false;
        }
        let scope = nameless(scope).into_owned();
        self.sink.event(Event {
            source: Arc::clone(&self.reader.source),
            id: format!("coverage:{}:{scope}", kind.name()),
            subject: String::new(),
            time: from,
            version: second(self.now),
            body: Body::Coverage(Coverage {
                kind,
                scope,
                from,
                to: Some(to),
            }),
        });
        true
    }
}

/// What was read to its end: from the oldest thing met until it was begun to be read.
fn window(progress: &Progress) -> Option<Window> {
    progress.oldest.zip(progress.covered)
}

/// What was seen of two lists that were both read from their beginnings.
fn both(one: Window, other: Window) -> Window {
    (one.0.min(other.0), one.1.min(other.1))
}
