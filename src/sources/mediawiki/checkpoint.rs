//! Where a pull of the wiki stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Millis;
use crate::sources::wiki::next;

use super::threads::Told;

/// What the next pull needs. Holds no names of people.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The wiki wants to be left alone until then.
    #[serde(default)]
    pub(super) not_before: Option<Millis>,
    pub(super) pages: BTreeMap<u64, Seen>,
    pub(super) links: BTreeMap<String, Linked>,
    #[serde(default)]
    pub(super) deletions: BTreeMap<u64, Deletion>,
    /// Links to write-ups elsewhere.
    #[serde(default)]
    pub(super) outside: BTreeMap<String, Linked>,
    /// The newest move in the log that was told of.
    #[serde(default)]
    pub(super) moved: u64,
    /// By which rules moves were told of.
    #[serde(default)]
    pub(super) names: u8,
    /// Views of the newest days.
    #[serde(default)]
    pub(super) views: BTreeMap<u64, BTreeMap<String, u64>>,
    /// Since when views were told without a gap.
    #[serde(default)]
    pub(super) viewed_from: Option<Millis>,
    /// When the last whole pull began.
    #[serde(default)]
    pub(super) pulled_at: Option<Millis>,
    /// Remarks on talk pages that were told of, by the names of their events.
    #[serde(default)]
    pub(super) threads: BTreeMap<u64, Told>,
}

/// A page that was found missing; it may have come back since.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Deletion {
    pub(super) at: Option<Millis>,
    pub(super) version: u32,
    /// Pulls one after the other that missed it, and no log said why.
    #[serde(default)]
    pub(super) missed: u8,
}

impl Deletion {
    /// It is gone since then, or there.
    pub(super) fn settle(&mut self, at: Option<Millis>, now: Millis) {
        self.at = at;
        self.missed = 0;
        self.version = next(self.version, 0, now);
    }
}

/// The last revisions taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) page: u64,
    pub(super) talk: u64,
    /// Tells what the page was called.
    #[serde(default)]
    pub(super) names: String,
    /// The version of its description.
    #[serde(default)]
    pub(super) version: u32,
}

/// A link seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Linked {
    pub(super) at: Millis,
    pub(super) version: u32,
    pub(super) removed_at: Option<Millis>,
}

impl Linked {
    /// A link that stands, by what was known of it; none where that is known already. One that comes back is
    /// the same link again, from the time when it was first seen.
    pub(super) fn standing(known: Option<&Linked>, now: Millis) -> Option<Linked> {
        let (at, version) = match known {
            Some(Linked {
                removed_at: None, ..
            }) => return None,
            Some(gone) => (gone.at, next(gone.version, gone.at, now)),
            None => (now, next(0, now, now)),
        };
        Some(Linked {
            at,
            version,
            removed_at: None,
        })
    }

    /// It stands no more.
    pub(super) fn remove(&mut self, now: Millis) {
        self.removed_at = Some(now);
        self.version = next(self.version, now, now);
    }
}
