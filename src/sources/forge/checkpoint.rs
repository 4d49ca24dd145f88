//! Where a pull stands: how far each list was read, and what is remembered of the texts that gave events.
//! Nobody is named in it, and no word of a text stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{DAY_MS, LinkForm, Millis};
use crate::sources::Setting;

use super::pulled::refused;
use super::signature::{hex, sha256};
use super::texts::Found;

/// What a pull hands to the next.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The forge wants to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    pub(super) refused: Option<String>,
    /// Tells whether other write-ups are registered than last time.
    names: String,
    /// The repository that is asked for first.
    #[serde(default)]
    pub(super) turn: Option<String>,
    /// Until when the links in all that is pulled were told to have been seen.
    #[serde(default)]
    pub(super) told: Option<Millis>,
    /// By name.
    pub(super) repositories: BTreeMap<String, Repository>,
}

/// One repository.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Repository {
    /// Its lists, by name.
    pub(super) lists: BTreeMap<String, Progress>,
    /// The texts that gave events, by their ids.
    pub(super) known: BTreeMap<String, Known>,
    /// The text that was looked at again last.
    pub(super) looked: Option<String>,
    /// Until when the comments at its places were told to have been seen.
    #[serde(default)]
    pub(super) told: BTreeMap<String, Millis>,
}

/// How far a list was read.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// What was changed before was read.
    pub(super) since: Option<Millis>,
    /// When it was begun to be read.
    #[serde(default)]
    pub(super) begun: Option<Millis>,
    /// What was changed before was read since.
    #[serde(default)]
    pub(super) from: Option<Millis>,
    /// Where it is read again from once it is read to its end.
    #[serde(default)]
    back: Option<Millis>,
    /// The newest change met since it was begun.
    pub(super) newest: Option<Millis>,
    /// The oldest met at all.
    #[serde(default)]
    pub(super) oldest: Option<Millis>,
    /// When it was begun to be read the last time that it was read to its end.
    #[serde(default)]
    pub(super) covered: Option<Millis>,
    /// The page to go on with.
    pub(super) next: Option<String>,
    /// Pulls one after the other that were refused that page.
    #[serde(default)]
    pub(super) refused: u8,
    /// The questions in GraphQL to go on with, the next one last.
    #[serde(default)]
    pub(super) tasks: Vec<Task>,
    /// What of that page, or of the one before, was done already.
    pub(super) done: Vec<String>,
    /// The last page of the list, and what it was known by.
    pub(super) last: Option<(String, Option<String>)>,
    /// What could not be read.
    #[serde(default)]
    pub(super) holes: Vec<Hole>,
    /// How often it was tried again.
    #[serde(default)]
    tried: u8,
    /// Pulls until it is tried again.
    #[serde(default)]
    wait: u8,
    /// It is read again for what could not be read.
    #[serde(default)]
    is_again: bool,
    /// It is read as far as what was changed until then.
    #[serde(skip)]
    pub(super) until: Option<Millis>,
}

/// A stretch of a list that could not be read, and was stepped over.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Hole {
    /// What was asked for, below the API's address.
    pub(super) page: String,
    /// What the list was read from when it was met.
    pub(super) since: Option<Millis>,
    /// What was changed before this was read all the same.
    pub(super) from: Option<Millis>,
    /// What was changed after this, too.
    pub(super) until: Option<Millis>,
    /// The question, where it was asked in GraphQL.
    pub(super) task: Option<Task>,
}

/// A question in GraphQL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sources) struct Task {
    /// What the forge calls the object below which a list is asked for; none for that of the repository.
    pub(in crate::sources) below: Option<String>,
    /// The number of the comment whose answers these are.
    pub(in crate::sources) comment: Option<u64>,
    /// From where the list goes on.
    pub(in crate::sources) after: Option<String>,
    /// How many objects are asked for; as many as fit where it does not say.
    pub(in crate::sources) size: Option<u64>,
    /// Only where the list goes on is asked for.
    #[serde(default)]
    pub(in crate::sources) blind: bool,
    /// What comes after is not asked for.
    #[serde(default)]
    pub(in crate::sources) alone: bool,
}

/// A text that gave events.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Known {
    /// Where the API has it.
    pub(super) path: Option<String>,
    /// What it was known by there.
    pub(super) etag: Option<String>,
    /// The list that it was met in.
    #[serde(default)]
    pub(super) list: String,
    /// A program wrote it.
    #[serde(default)]
    pub(super) bot: bool,
    /// Pulls one after the other that did not find it.
    #[serde(default)]
    pub(super) missed: u8,
    /// It is gone, and the version under which that was told.
    #[serde(default)]
    pub(super) ended: Option<u32>,
    /// The page that it stands on.
    pub(super) page: Option<String>,
    /// Its address.
    pub(super) address: Option<String>,
    /// When it was written.
    pub(super) created: Millis,
    /// When it was changed last.
    pub(super) updated: Millis,
    /// The write-up that it is a comment on.
    pub(super) on: Option<String>,
    /// The write-ups that it links to, and how.
    pub(super) links: Vec<(String, String)>,
}

/// How far back a pull looks where other write-ups are registered than at the last: texts about one are
/// mostly written around the time when it is published.
pub(super) const LOOK_BACK: Millis = 90 * DAY_MS;

/// Pulls that are refused a page before it is stepped over.
const MOST_REFUSED: u8 = 3;

/// What could not be read is tried again after twice as many pulls each time, and at last after so many.
const LONGEST_WAIT: u8 = 32;

/// Stretches that are told apart.
const MOST_HOLES: usize = 50;

/// Clocks of a forge's machines differ, and what was written may be seen a little later, ms.
pub(in crate::sources) const OVERLAP: Millis = 60_000;

impl Checkpoint {
    /// Looks some way back if other write-ups are registered than at the last pull.
    pub(super) fn know(&mut self, setting: &Setting, now: Millis) {
        let names = setting.writeups.iter();
        let names: Vec<_> = names.map(|one| (&one.id, &one.aliases)).collect();
        let names = hex(&sha256(format!("{names:?}").as_bytes())[..8]);
        if std::mem::replace(&mut self.names, names.clone()) == names {
            return;
        }
        let lists = self.repositories.values_mut();
        for progress in lists.flat_map(|repository| repository.lists.values_mut()) {
            match progress.is_begun() {
                // It is read to its end first, or it might never come to it.
                true => progress.back = Some(now - LOOK_BACK),
                false => progress.look_back(now - LOOK_BACK),
            }
        }
    }
}

/// What a checkpoint tells of what can't be read; nothing where it is of another kind of source.
pub(in crate::sources) fn unread(checkpoint: &str) -> Vec<String> {
    let state: Checkpoint = serde_json::from_str(checkpoint).unwrap_or_default();
    let mut all = Vec::from_iter(refused(checkpoint));
    for (repository, state) in &state.repositories {
        for (list, progress) in &state.lists {
            let holes = progress.holes.iter();
            all.extend(holes.map(|hole| untold(repository, list, &hole.page)));
            if progress.is_blocked() {
                all.push(format!(
                    "{repository}: {list}: a page is refused pull after pull, and cannot be stepped over; \
                     what follows it is not read"
                ));
            }
        }
    }
    all
}

/// What is told of a stretch of a list that could not be read.
pub(super) fn untold(repository: &str, list: &str, page: &str) -> String {
    format!(
        "{repository}: {list}: what stands at {page} cannot be read and is left out for now; it is asked for \
         again some pulls later"
    )
}

impl Progress {
    fn look_back(&mut self, to: Millis) {
        self.since = self.since.map(|since| since.min(to));
        self.last = None;
    }

    /// Whether it is being read.
    pub(super) fn is_begun(&self) -> bool {
        self.next.is_some() || !self.tasks.is_empty()
    }

    /// Begins a list at a time, unless it is being read already. What could not be read of it is tried
    /// again with it, unless it can be asked for by itself.
    pub(super) fn begin(&mut self, now: Millis, is_whole: bool, by_stretch: bool) {
        if self.is_begun() {
            return;
        }
        if !by_stretch && !self.holes.is_empty() && (is_whole || self.wait == 0) {
            let since = self.holes.drain(..).map(|hole| hole.since).min();
            self.since = since.flatten().min(self.since);
            self.last = None;
            self.is_again = true;
        }
        self.begun = Some(now);
        self.from = self.since;
    }

    /// A list that is read once more for a stretch that could not be read.
    pub(super) fn again(hole: &Hole, address: String, now: Millis) -> Progress {
        Progress {
            since: hole.since,
            begun: Some(now),
            from: hole.from,
            next: hole.task.is_none().then_some(address),
            tasks: hole.task.clone().into_iter().collect(),
            is_again: true,
            until: hole.until,
            ..Progress::default()
        }
    }

    /// Whether it is read again for what could not be read.
    pub(super) fn is_again(&self) -> bool {
        self.is_again
    }

    /// Meets a change. A time that is still to come would hide all that comes before it.
    pub(super) fn meet(&mut self, changed: Option<Millis>, now: Millis) {
        let Some(changed) = changed.map(|changed| changed.min(now)) else {
            return;
        };
        self.newest = self.newest.max(Some(changed));
        self.oldest = Some(self.oldest.map_or(changed, |oldest| oldest.min(changed)));
    }

    /// A page was refused once more. Says whether to step over it.
    pub(super) fn refuse(&mut self) -> bool {
        self.refused = self.refused.saturating_add(1);
        self.refused >= MOST_REFUSED || self.is_again || !self.holes.is_empty()
    }

    /// Whether so much could not be read that no more is stepped over.
    pub(super) fn is_full(&self) -> bool {
        self.holes.len() >= MOST_HOLES
    }

    /// Whether a page is refused that could not be stepped over.
    pub(super) fn is_blocked(&self) -> bool {
        self.refused >= MOST_REFUSED
    }

    /// Remembers what could not be read. What lies close together is read again together.
    pub(super) fn leave(&mut self, hole: Hole) {
        if self.holes.is_empty() && !self.is_again {
            // One pull is this one.
            (self.tried, self.wait) = (0, 2);
        }
        // A thread is read once more for each new thing said there.
        let is_same = |known: &Hole| known.task.is_some() && known.page == hole.page;
        if self.holes.iter().any(is_same) {
            return;
        }
        let is_many = self.holes.len() >= MOST_HOLES;
        match self.holes.last_mut() {
            Some(last) if last.task.is_none() && hole.task.is_none() => {
                let is_close = last.until.is_none() || last.until > hole.from;
                if is_close || is_many {
                    last.since = last.since.min(hole.since);
                    last.from = last.from.min(hole.from);
                    last.until = last
                        .until
                        .zip(hole.until)
                        .map(|(one, other)| one.max(other));
                    return;
                }
            }
            _ => {}
        }
        self.holes.push(hole);
    }

    /// What was read after a stretch that could not be read is the end of it.
    pub(super) fn close(&mut self, newest: Option<Millis>) {
        for hole in &mut self.holes {
            hole.until = hole.until.or(newest);
        }
    }

    /// Whether what could not be read is to be tried again in this pull.
    pub(super) fn is_due(&mut self) -> bool {
        if self.holes.is_empty() || self.wait == 0 {
            return !self.holes.is_empty();
        }
        self.wait -= 1;
        false
    }

    /// What was tried again and can't be read yet waits twice as long.
    pub(super) fn put_off(&mut self) {
        self.tried = if self.holes.is_empty() {
            0
        } else {
            self.tried.saturating_add(1)
        };
        self.wait = 1_u8
            .checked_shl(self.tried.into())
            .map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT));
    }

    /// A list was read to its end. Where it is not sorted by change, what was changed after it was
    /// begun may have been passed by.
    pub(super) fn end(&mut self, is_sorted: bool) {
        self.close(self.begun);
        self.covered = self.covered.max(self.begun);
        self.oldest = self.oldest.or(self.begun);
        self.refused = 0;
        let begun = self.begun.take().filter(|_| !is_sorted);
        if let Some(newest) = self.newest.take() {
            let newest = begun.map_or(newest, |begun| newest.min(begun));
            let since = self.since.unwrap_or(Millis::MIN);
            self.since = Some(since.max(newest - OVERLAP));
        }
        if std::mem::take(&mut self.is_again) {
            self.put_off();
        }
        self.from = None;
        self.done.clear();
        if let Some(to) = self.back.take() {
            self.look_back(to);
        }
    }
}

impl Known {
    /// The links as the write-ups stand in this order now.
    pub(super) fn found(&self, ids: &[String]) -> Vec<Found> {
        let links = self.links.iter().filter_map(|(id, form)| {
            let writeup = ids.iter().position(|known| known == id)?;
            let form = LinkForm::ALL
                .into_iter()
                .find(|known| known.name() == form)?;
            Some((writeup, form))
        });
        links.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(from: Option<Millis>, until: Option<Millis>) -> Hole {
        Hole {
            page: "/a".to_owned(),
            since: from,
            from,
            until,
            task: None,
        }
    }

    /// Nothing of a stretch is forgotten where it is told together with another.
    #[test]
    fn stretches_that_touch_are_one() {
        let stretches =
            |all: &[Hole]| -> Vec<_> { all.iter().map(|hole| (hole.from, hole.until)).collect() };
        let mut progress = Progress::default();
        progress.leave(hole(Some(50), Some(60)));
        progress.leave(hole(Some(60), Some(70)));
        progress.leave(hole(Some(65), None));
        assert_eq!(
            stretches(&progress.holes),
            [(Some(50), Some(60)), (Some(60), None)]
        );
        progress.close(Some(90));
        // A list that is read once more from an earlier time on.
        progress.leave(hole(Some(10), Some(20)));
        progress.leave(hole(None, Some(5)));
        assert_eq!(
            stretches(&progress.holes),
            [(Some(50), Some(60)), (None, Some(90))]
        );
    }

    #[test]
    fn what_cannot_be_read_waits_longer_each_time() {
        let mut progress = Progress::default();
        progress.leave(hole(None, None));
        let mut pulls = Vec::new();
        for pull in 0..120 {
            if progress.is_due() {
                progress.put_off();
                pulls.push(pull);
            }
        }
        assert_eq!(pulls, [2, 5, 10, 19, 36, 69, 102]);
        progress.holes.clear();
        assert!(!progress.is_due());
    }
}
