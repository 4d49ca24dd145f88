//! Links from pages of a wiki to write-ups: what stands where, since when, and what went.
//!
//! A wiki shows its pages as they are now. A link is dated by the change of its page that a pull saw first
//! with it; at the first look at a page that is its last change, which cannot be too early for a page that
//! was never changed, and can be too late for others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Identity, Millis, Place};
use crate::sources::forge::{LOOK_BACK, hex, second, sha256};
use crate::sources::{Setting, Sink};

use super::events::{Maker, Stood};

/// What stands where.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::sources) struct Links {
    /// Tells whether other write-ups are registered than last time.
    names: String,
    /// Pages that were changed before were looked at.
    pub(in crate::sources) since: Option<Millis>,
    /// How many pages were looked at of those that are new, where not all were.
    #[serde(default)]
    pub(in crate::sources) done: u64,
    /// When these were begun to be looked at.
    #[serde(default)]
    pub(in crate::sources) begun: Option<Millis>,
    /// Pages with links, by their names.
    pub(super) pages: BTreeMap<String, Linking>,
}

/// A page with links.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Linking {
    /// The change that was looked at last.
    updated: Millis,
    /// What kind of place it is.
    place: String,
    /// The write-ups.
    to: BTreeMap<String, One>,
}

/// A link.
#[derive(Clone, Serialize, Deserialize)]
struct One {
    at: Millis,
    version: u32,
    removed: Option<Millis>,
}

/// A page that links may stand on.
pub(in crate::sources) struct Stands<'a> {
    /// The wiki's name of it.
    pub(in crate::sources) page: &'a str,
    /// It is a write-up itself.
    pub(in crate::sources) is_writeup: bool,
    /// What kind of place it is otherwise.
    pub(in crate::sources) place: Place,
    /// Its address.
    pub(in crate::sources) address: Option<String>,
    /// When it was changed last.
    pub(in crate::sources) updated: Millis,
    /// Who did that.
    pub(in crate::sources) editor: Option<Identity>,
    /// The write-ups that it links to, by their ids.
    pub(in crate::sources) to: BTreeSet<String>,
    /// The write-ups that were looked for: a link to another one may stand there unseen.
    pub(in crate::sources) sought: &'a BTreeSet<String>,
}

impl Links {
    /// Looks some way back if other write-ups are registered than at the last pull.
    pub(super) fn know(&mut self, setting: &Setting, now: Millis) {
        let names = setting.writeups.iter();
        let names: Vec<_> = names.map(|one| (&one.id, &one.aliases)).collect();
        let names = hex(&sha256(format!("{names:?}").as_bytes())[..8]);
        if std::mem::replace(&mut self.names, names.clone()) != names {
            self.since = self.since.map(|since| since.min(now - LOOK_BACK));
        }
    }

    /// Looks at a page as it stands.
    pub(in crate::sources) fn look(
        &mut self,
        maker: &Maker,
        mut stands: Stands<'_>,
        sink: &mut dyn Sink,
    ) {
        stands.to.remove(&maker.id(stands.page));
        let known = self.pages.get(stands.page);
        if known.is_none() && stands.to.is_empty() {
            return;
        }
        let place = match stands.is_writeup {
            true => Place::Writeup,
            false => stands.place,
        };
        let mut linking = known.cloned().unwrap_or(Linking {
            updated: stands.updated,
            place: place.name().to_owned(),
            to: BTreeMap::new(),
        });
        linking.updated = stands.updated;
        place.name().clone_into(&mut linking.place);
        let address = match stands.is_writeup {
            true => Some(maker.id(stands.page)),
            false => stands.address.clone(),
        };
        let version = second(stands.updated);
        for writeup in &stands.to {
            let one = match linking.to.get(writeup) {
                Some(One { removed: None, .. }) => continue,
                // It came back: the same link again, from the time it was first seen.
                Some(gone) => One {
                    at: gone.at,
                    version: version.max(gone.version.saturating_add(1)),
                    removed: None,
                },
                None => One {
                    at: stands.updated,
                    version,
                    removed: None,
                },
            };
            let new = !linking.to.contains_key(writeup);
            sink.event(maker.link(Stood {
                page: stands.page,
                place,
                stands_in: address.clone(),
                writeup,
                person: stands.editor.clone().filter(|_| new),
                at: one.at,
                removed: None,
                version: one.version,
            }));
            linking.to.insert(writeup.clone(), one);
        }
        for (writeup, one) in &mut linking.to {
            let is_sought = stands.sought.contains(writeup);
            if one.removed.is_some() || stands.to.contains(writeup) || !is_sought {
                continue;
            }
            one.removed = Some(stands.updated);
            one.version = version.max(one.version.saturating_add(1));
            sink.event(maker.link(Stood {
                page: stands.page,
                place,
                stands_in: address.clone(),
                writeup,
                person: None,
                at: one.at,
                removed: one.removed,
                version: one.version,
            }));
        }
        self.pages.insert(stands.page.to_owned(), linking);
    }

    /// The change of a page that was looked at last, if a link stands or stood there.
    pub(in crate::sources) fn looked_at(&self, page: &str) -> Option<Millis> {
        self.pages.get(page).map(|page| page.updated)
    }

    /// The pages on which links stand.
    pub(super) fn standing(&self) -> BTreeSet<String> {
        let stands = |page: &&Linking| page.to.values().any(|one| one.removed.is_none());
        let pages = self.pages.iter().filter(|(_, page)| stands(page));
        pages.map(|(id, _)| id.clone()).collect()
    }

    /// A page is gone, and what stood on it.
    pub(super) fn gone(
        &mut self,
        maker: &Maker,
        page: &str,
        (at, now): (Millis, Millis),
        sink: &mut dyn Sink,
    ) {
        let Some(linking) = self.pages.get_mut(page) else {
            return;
        };
        let place = linking.place.parse().unwrap_or(Place::Docs);
        for (writeup, one) in &mut linking.to {
            if one.removed.is_some() {
                continue;
            }
            one.removed = Some(at.max(one.at));
            one.version = second(now).max(one.version.saturating_add(1));
            sink.event(maker.link(Stood {
                page,
                place,
                stands_in: (place == Place::Writeup).then(|| maker.id(page)),
                writeup,
                person: None,
                at: one.at,
                removed: one.removed,
                version: one.version,
            }));
        }
    }
}
