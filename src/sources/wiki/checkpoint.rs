//! Where a pull of a wiki stands. Nobody is named in it, and no word of a text stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Millis;
use crate::sources::Setting;

use super::links::Links;
use super::run::Comments;

/// What a pull hands to the next.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The wiki wants to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// The page that was told of last, where not all were.
    pub(super) after: Option<String>,
    /// The pages that were told of.
    pub(super) pages: BTreeMap<String, Seen>,
    /// The page that was looked for again last.
    pub(super) looked: Option<String>,
    /// What stands where.
    pub(super) links: Links,
    /// The time in which reads were seen, of a wiki that says so.
    #[serde(default)]
    pub(super) watched: Option<Watched>,
}

/// The time in which reads were seen.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(in crate::sources) struct Watched {
    /// From when on.
    pub(in crate::sources) from: Millis,
    /// Until when.
    pub(in crate::sources) to: Millis,
}

/// A page that was told of.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(in crate::sources) struct Seen {
    /// The change that was told of last.
    pub(super) updated: Option<Millis>,
    /// When it was found to be gone.
    pub(super) gone: Option<Millis>,
    /// Pulls one after the other that did not find it.
    pub(super) missed: u8,
    /// How far what belongs to it was read, as the kind counts it.
    #[serde(default)]
    pub(in crate::sources) mark: Option<Millis>,
    /// Until when its views were told.
    #[serde(default)]
    pub(in crate::sources) viewed: Option<Millis>,
    /// The comments on it that were told of, and when each was written and changed.
    #[serde(default)]
    pub(in crate::sources) comments: Comments,
}

impl Checkpoint {
    /// Looks for links some way back if other write-ups are registered than at the last pull.
    pub(super) fn know(&mut self, setting: &Setting, now: Millis) {
        self.links.know(setting, now);
    }
}
