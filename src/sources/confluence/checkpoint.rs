//! Where a pull stands: what was told of each write-up, and where links to write-ups stand. Nobody is named
//! in it, and no word of a page stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Millis, Place};

use super::Edition;

/// What a pull hands to the next.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The site wants to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    pub(super) refused: Option<String>,
    /// What it is, as far as it had to be found out.
    pub(super) edition: Option<Edition>,
    /// The write-up that was looked at last, where not all were.
    pub(super) at: Option<u64>,
    /// Write-ups by their page's number.
    pub(super) writeups: BTreeMap<u64, Known>,
    /// Tells whether links are looked for to other write-ups than at the last pull.
    pub(super) names: String,
    /// Pages that links were looked for in, and their versions.
    pub(super) scanned: BTreeMap<u64, u32>,
    /// The page up to which all were gone through again for write-ups that came to be known.
    #[serde(default)]
    pub(super) again: Option<u64>,
    /// Others came to be known meanwhile: all are gone through once more after that.
    #[serde(default)]
    pub(super) once_more: bool,
    /// Pages with links that pulls one after the other did not find.
    #[serde(default)]
    pub(super) missed: BTreeMap<u64, u8>,
    /// Links by the number of the page and the write-up's id.
    pub(super) links: BTreeMap<u64, BTreeMap<String, Linked>>,
}

/// A write-up.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Known {
    /// It is a blog post.
    pub(super) blog: bool,
    /// Its versions up to this one were told.
    pub(super) version: u32,
    /// Tells whether its description changed.
    pub(super) facts: String,
    /// It was restricted by itself.
    pub(super) restricted: bool,
    /// Pulls one after the other that did not find it.
    pub(super) missed: u8,
    /// It is gone.
    pub(super) gone: bool,
    /// When its counters were read last.
    pub(super) counted: Option<Millis>,
    /// Its comments by their numbers.
    pub(super) comments: BTreeMap<u64, Told>,
}

/// A comment that was told of.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Told {
    /// Up to this version.
    pub(super) version: u32,
    /// When it was written.
    pub(super) at: Millis,
    /// Pulls one after the other that did not find it.
    pub(super) missed: u8,
    /// It is gone.
    pub(super) gone: bool,
}

/// A link that was told of.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Linked {
    /// Since when it stands there.
    pub(super) at: Millis,
    /// Grows with all that is told of it.
    pub(super) version: u32,
    /// What kind of place it was told to stand in.
    pub(super) place: String,
    /// When it was found to be gone.
    pub(super) removed_at: Option<Millis>,
}

impl Linked {
    /// Whether it is told of as it stands: there, in this kind of place.
    pub(super) fn stands_in(&self, place: Place) -> bool {
        self.removed_at.is_none() && self.place == place.name()
    }
}

/// The version of what was found out at a time: its second.
pub(super) fn second(at: Millis) -> u32 {
    u32::try_from(at / 1000).unwrap_or(u32::MAX)
}
