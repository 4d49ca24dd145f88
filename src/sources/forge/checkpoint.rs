//! Where a pull stands: how far each list was read, and what is remembered of the texts that gave events.
//! Nobody is named in it, and no word of a text stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{DAY_MS, LinkForm, Millis};
use crate::sources::{Setting, Sink};

use super::signature::{hex, sha256};
use super::texts::Found;

/// What a pull hands to the next.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The forge wants to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// Tells whether other write-ups are registered than last time.
    names: String,
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
    /// Something below its objects could not be told.
    #[serde(default)]
    pub(super) owed: bool,
    /// How often it was read again for that.
    #[serde(default)]
    held: u8,
    /// The newest change met since it was begun.
    pub(super) newest: Option<Millis>,
    /// The page to go on with.
    pub(super) next: Option<String>,
    /// What of that page, or of the one before, was done already.
    pub(super) done: Vec<String>,
    /// The last page of the list, and what it was known by.
    pub(super) last: Option<(String, Option<String>)>,
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
pub(in crate::sources) const LOOK_BACK: Millis = 90 * DAY_MS;

/// How often a list is read again because of objects that could not be told about.
const MOST_HELD: u8 = 3;

/// Clocks of a forge's machines differ, and what was written may be seen a little later, ms.
pub(in crate::sources) const OVERLAP: Millis = 60_000;

impl Checkpoint {
    /// The checkpoint of a text; a new one where it is another version's.
    pub(super) fn of(text: Option<&str>, sink: &mut dyn Sink) -> Checkpoint {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Checkpoint::default();
        };
        serde_json::from_str(text).unwrap_or_else(|_| {
            sink.note("the checkpoint cannot be read; all is read from the beginning".to_owned());
            Checkpoint::default()
        })
    }

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
            match progress.next {
                // One that is being read is read to its end first, or it might never come to it.
                Some(_) => progress.back = Some(now - LOOK_BACK),
                None => progress.look_back(now - LOOK_BACK),
            }
        }
    }
}

impl Progress {
    fn look_back(&mut self, to: Millis) {
        self.since = self.since.map(|since| since.min(to));
        self.last = None;
    }

    /// Begins a list at a time, unless it is being read already.
    pub(super) fn begin(&mut self, now: Millis) {
        if self.next.is_none() {
            self.begun = Some(now);
            self.from = self.since;
        }
    }

    /// Meets a change. A time that is still to come would hide all that comes before it.
    pub(super) fn meet(&mut self, changed: Option<Millis>, now: Millis) {
        self.newest = self.newest.max(changed.map(|changed| changed.min(now)));
    }

    /// A list was read to its end. Where it is not sorted by change, what was changed after it was
    /// begun may have been passed by.
    pub(super) fn end(&mut self, is_sorted: bool) {
        let begun = self.begun.take().filter(|_| !is_sorted);
        let owed = std::mem::take(&mut self.owed);
        // A first read may be long, and is not read again.
        let is_held = owed && self.held < MOST_HELD && self.since.is_some();
        self.held = if is_held { self.held + 1 } else { 0 };
        if is_held {
            self.last = None;
        }
        if let Some(newest) = self.newest.take().filter(|_| !is_held) {
            let newest = begun.map_or(newest, |begun| newest.min(begun));
            let since = self.since.unwrap_or(Millis::MIN);
            self.since = Some(since.max(newest - OVERLAP));
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
