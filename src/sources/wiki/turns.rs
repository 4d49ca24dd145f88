//! Which pages are looked at for links in a pull: those that were changed since the last one; where other
//! write-ups are known than before, all others once more, some in each pull; and those that could not be
//! read when it was their turn, as long as they can't.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::model::{DAY_MS, Millis};
use crate::sources::Setting;

use super::events::print;
use super::{Maker, Page};

/// Pages that are gone through again in one pull.
const AGAIN: usize = 1000;

/// How often that is done where no other write-ups are known, ms: a page may come to be seen long after it
/// was changed last.
const MONTH: Millis = 30 * DAY_MS;

/// Pages that wait to be read. Where more do, time stands still, and all since then are looked at again.
const MOST_WAITING: usize = 500;

/// Those of them that are tried in one pull: a wiki that refuses as many in a row is asked no more.
const WAITING: usize = 20;

/// Whose turn it is, and what was looked at.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::sources) struct Turns {
    /// Tells whether other write-ups are known than last time.
    names: String,
    /// Pages that were changed before were looked at.
    pub(in crate::sources) since: Option<Millis>,
    /// How many pages were looked at of those that are new, where not all were.
    #[serde(default)]
    pub(in crate::sources) done: u64,
    /// When these were begun to be looked at.
    #[serde(default)]
    pub(in crate::sources) begun: Option<Millis>,
    /// How far all pages were gone through again, where they are.
    #[serde(default)]
    again: Option<Again>,
    /// Other write-ups came to be known meanwhile: they are gone through once more after that.
    #[serde(default)]
    once_more: bool,
    /// When all pages had been looked at last.
    #[serde(default)]
    all_at: Option<Millis>,
    /// Pages that could not be read, those that wait longest first.
    #[serde(default)]
    waiting: VecDeque<String>,
    /// What was looked at in this pull.
    #[serde(skip)]
    looked: BTreeSet<String>,
    /// More wait than are remembered.
    #[serde(skip)]
    is_held: bool,
    /// This pull goes through all that is left.
    #[serde(skip)]
    is_last: bool,
}

/// How far all pages were gone through again; nothing before the first.
#[derive(Default, Serialize, Deserialize)]
struct Again {
    after: Option<Spot>,
}

/// A place in the order of changes. Names of pages can name people, and are not kept.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::sources) struct Spot {
    updated: Millis,
    print: String,
}

/// Why a page is looked at.
#[derive(Clone)]
pub(in crate::sources) enum Turn {
    /// It was changed.
    Changed,
    /// All are, once more.
    Again(Spot),
    /// It could not be read when it was its turn.
    Waited,
}

impl Turns {
    /// Goes through all pages again if other write-ups are known than at the last pull, or it is time.
    pub(super) fn know(&mut self, maker: &Maker, setting: &Setting, pages: &[Page], now: Millis) {
        let own = pages.iter();
        let own: Vec<_> = own
            .map(|page| (maker.id(&page.id), &page.url, &page.names))
            .collect();
        let others = setting.writeups.iter();
        let others: Vec<_> = others.map(|one| (&one.id, &one.aliases)).collect();
        let names = print(&(own, others));
        let is_begun = self.since.is_some() || self.begun.is_some();
        let is_other = std::mem::replace(&mut self.names, names.clone()) != names;
        if !is_begun {
            self.all_at = Some(now);
            return;
        }
        let is_due = self.again.is_none() && self.all_at.is_none_or(|at| now > at + MONTH);
        if !is_other && !is_due {
            return;
        }
        match &self.again {
            // It is gone through to its end first, or it might never come to it.
            Some(again) => self.once_more |= again.after.is_some(),
            None => self.again = Some(Again::default()),
        }
    }

    /// Whether pages are looked at that were not changed.
    pub(in crate::sources) fn is_again(&self) -> bool {
        self.again.is_some()
    }

    /// Whose turn it is of all these, those that were changed first, each in the order of changes. What was
    /// changed so long before the last is taken as changed since; `of` gives when a page was changed, and its
    /// name.
    pub(in crate::sources) fn of<T>(
        &mut self,
        all: Vec<T>,
        overlap: Millis,
        of: impl Fn(&T) -> (Millis, String),
    ) -> Vec<(Turn, T)> {
        let since = self.since.map(|since| since - overlap);
        let (mut changed, mut again) = (Vec::new(), Vec::new());
        for one in all {
            let (updated, id) = of(&one);
            let spot = Spot {
                updated,
                print: print(&id),
            };
            if since.is_none_or(|since| updated >= since) {
                changed.push((spot, one));
            } else if let Some(walk) = &self.again
                && walk.after.as_ref().is_none_or(|after| spot > *after)
            {
                again.push((spot, one));
            }
        }
        changed.sort_by(|(one, _), (other, _)| one.cmp(other));
        again.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.is_last = self.is_again() && again.len() <= AGAIN;
        let changed = changed.into_iter().map(|(_, one)| (Turn::Changed, one));
        let again = again.into_iter().take(AGAIN);
        let again = again.map(|(spot, one)| (Turn::Again(spot), one));
        changed.chain(again).collect()
    }

    /// Whose turn it is of those that could not be read, once the others were looked at.
    pub(in crate::sources) fn waiting(&self) -> Vec<String> {
        let waiting = self.waiting.iter();
        let waiting = waiting.filter(|page| !self.looked.contains(*page));
        waiting.take(WAITING).cloned().collect()
    }

    /// A page was looked at, or could not be read and waits.
    pub(in crate::sources) fn looked(
        &mut self,
        turn: Turn,
        page: &str,
        updated: Millis,
        is_read: bool,
    ) {
        self.is_done(page);
        self.is_held |= !is_read && !self.wait(page);
        if self.is_held {
            return;
        }
        match (turn, &mut self.again) {
            (Turn::Changed, _) => self.since = self.since.max(Some(updated)),
            (Turn::Again(spot), Some(again)) => again.after = Some(spot),
            (Turn::Again(_), None) | (Turn::Waited, _) => {}
        }
    }

    /// A page waits for nothing any more: it was read, or is not there.
    pub(in crate::sources) fn is_done(&mut self, page: &str) {
        self.looked.insert(page.to_owned());
        self.waiting.retain(|waiting| waiting != page);
    }

    /// A page is looked at whether it was changed or not. False where too many wait.
    pub(super) fn wait(&mut self, page: &str) -> bool {
        if self.waiting.iter().any(|waiting| waiting == page) {
            return true;
        }
        let has_room = self.waiting.len() < MOST_WAITING;
        if has_room {
            self.waiting.push_back(page.to_owned());
        }
        has_room
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    /// A list of all pages is begun that goes on over several pulls.
    pub(in crate::sources) fn begin(&mut self, now: Millis) -> Millis {
        if self.begun.is_none()
            && let Some(again) = &mut self.again
        {
            again.after = Some(Spot::default());
        }
        *self.begun.get_or_insert(now)
    }

    /// It was gone through to its end; what was changed before then was looked at.
    pub(in crate::sources) fn end(&mut self, since: Millis) {
        self.done = 0;
        self.begun = None;
        self.since = Some(since);
        let again = self.again.as_ref();
        self.is_last = again.is_some_and(|again| again.after.is_some());
    }

    /// All whose turn it was were looked at.
    pub(super) fn ended(&mut self, now: Millis) {
        if self.is_last && !self.is_held {
            self.all_at = Some(now);
            let once_more = std::mem::take(&mut self.once_more);
            self.again = once_more.then(Again::default);
        }
    }
}
