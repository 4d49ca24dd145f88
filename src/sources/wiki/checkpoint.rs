//! Where a pull of a wiki stands. Nobody is named in it, and no word of a text stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Millis;

use super::comments::Comments;
use super::events::next;
use super::links::Links;

/// What a pull hands to the next.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The wiki wants to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    pub(super) refused: Option<String>,
    /// An earlier one could not be read, and not all pages were told of since: what was told before is not
    /// known.
    #[serde(default)]
    pub(super) forgot: bool,
    /// The page that was told of last, where not all were.
    pub(super) after: Option<String>,
    /// The pages that were told of.
    pub(super) pages: BTreeMap<String, Seen>,
    /// The page that was missed and asked for last, where too many such questions were refused.
    #[serde(default)]
    pub(super) sought: Option<String>,
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
    /// The change up to which what belongs to it was told.
    pub(super) updated: Option<Millis>,
    /// When it was found to be gone.
    pub(super) gone: Option<Millis>,
    /// Pulls one after the other that did not find it.
    pub(super) missed: u8,
    /// Tells what its list said of it when all of it was read.
    #[serde(default)]
    pub(super) listed: String,
    /// Tells what its description was.
    #[serde(default)]
    pub(super) told: String,
    /// What it was called when it was described.
    #[serde(default)]
    pub(super) names: Vec<String>,
    /// The version of what was told of it last.
    #[serde(default)]
    pub(super) version: u32,
    /// Pulls one after the other that were refused what its list does not say.
    #[serde(default)]
    pub(super) refused: u8,
    /// How far what belongs to it was read, as the kind counts it.
    #[serde(default)]
    pub(in crate::sources) mark: Option<Millis>,
    /// Until when its views were told.
    #[serde(default)]
    pub(in crate::sources) viewed: Option<Millis>,
    /// The comments on it that were told of.
    #[serde(default)]
    pub(super) comments: Comments,
}

impl Seen {
    /// The version of what is told of it now.
    pub(super) fn next(&mut self, updated: Millis, now: Millis) -> u32 {
        self.version = next(self.version, updated, now);
        self.version
    }
}
