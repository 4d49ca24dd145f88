//! Where a pull of the wiki stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Millis;

use super::threads::Told;

/// What the next pull needs. Holds no names of people.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
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
    /// Views of the newest days.
    #[serde(default)]
    pub(super) views: BTreeMap<u64, BTreeMap<String, u64>>,
    /// When the last pull began.
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
}

/// The last revisions taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) page: u64,
    pub(super) talk: u64,
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
            Some(gone) => (gone.at, gone.version + 1),
            None => (now, 0),
        };
        Some(Linked {
            at,
            version,
            removed_at: None,
        })
    }
}
