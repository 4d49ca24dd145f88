//! Links from pages of a wiki to write-ups: what stands where, since when, and what went.
//!
//! A wiki shows its pages as they are now. A link is dated by the change of its page that a pull saw first
//! with it; at the first look at a page that is its last change, which cannot be too early for a page that
//! was never changed, and can be too late for others.
//!
//! Which pages are looked at, and when again, is in `turns`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Identity, Millis, Place};

use super::events::{Stood, next};
use super::run::{MISSED, Run};
use super::turns::Turns;

/// What stands where.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::sources) struct Links {
    /// Which pages were looked at.
    #[serde(flatten)]
    pub(in crate::sources) turns: Turns,
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
    /// Pulls one after the other that looked for it and did not find it.
    #[serde(default)]
    missed: u8,
    /// It is gone.
    #[serde(default)]
    gone: bool,
}

/// A link.
#[derive(Clone, Serialize, Deserialize)]
struct One {
    at: Millis,
    version: u32,
    removed: Option<Millis>,
    /// The last change of the page that was seen with it; 0 where that was not kept.
    #[serde(default)]
    seen: Millis,
    /// It went with its page.
    #[serde(default)]
    went: bool,
    /// It was told of without the address of its page.
    #[serde(default)]
    bare: bool,
}

impl One {
    fn stands(&self) -> bool {
        self.removed.is_none()
    }
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
    /// Looks at a page as it stands.
    pub(in crate::sources) fn look(&mut self, mut stands: Stands<'_>, run: &mut Run<'_>) {
        stands.to.remove(&run.maker.id(stands.page));
        let known = self.pages.get(stands.page);
        if known.is_none() && stands.to.is_empty() {
            return;
        }
        let before = known.map(|known| known.updated);
        let place = match stands.is_writeup {
            true => Place::Writeup,
            false => stands.place,
        };
        let mut linking = known.cloned().unwrap_or(Linking {
            updated: stands.updated,
            place: place.name().to_owned(),
            to: BTreeMap::new(),
            missed: 0,
            gone: false,
        });
        // What stood there long ago may be looked at late.
        linking.updated = linking.updated.max(stands.updated);
        linking.missed = 0;
        linking.gone = false;
        place.name().clone_into(&mut linking.place);
        let address = match stands.is_writeup {
            true => Some(run.maker.id(stands.page)),
            false => stands.address.clone(),
        };
        for writeup in &stands.to {
            let known = linking.to.get_mut(writeup).map(|known| {
                known.seen = known.seen.max(stands.updated);
                &*known
            });
            if known.is_some_and(|one| one.stands() && !one.bare) {
                continue;
            }
            let last = known.map_or(0, |one| one.version);
            let one = One {
                // If it came back, it is the same link again, from the time it was first seen.
                at: known.map_or(stands.updated, |one| one.at),
                version: next(last, stands.updated, run.now),
                removed: None,
                seen: known.map_or(stands.updated, |one| one.seen),
                went: false,
                bare: false,
            };
            let editor = stands.editor.clone().filter(|_| known.is_none());
            run.sink.event(run.maker.link(Stood {
                page: stands.page,
                place,
                stands_in: address.clone(),
                writeup,
                person: editor,
                at: one.at,
                removed: None,
                version: one.version,
            }));
            linking.to.insert(writeup.clone(), one);
        }
        for (writeup, one) in &mut linking.to {
            let is_sought = stands.sought.contains(writeup);
            if stands.to.contains(writeup) || !is_sought {
                continue;
            }
            // It does not come back with its page alone.
            one.went = false;
            if !one.stands() {
                continue;
            }
            // The page is as it was: what is not found in it any more is only called another way.
            let seen = if one.seen == 0 {
                before
            } else {
                Some(one.seen)
            };
            if seen == Some(stands.updated) {
                continue;
            }
            one.removed = Some(stands.updated.max(one.at));
            one.bare = false;
            one.version = next(one.version, stands.updated, run.now);
            run.sink.event(run.maker.link(Stood {
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

    /// The write-ups that a page led to at some time.
    pub(in crate::sources) fn met(&self, page: &str) -> BTreeSet<String> {
        let met = self.pages.get(page).map(|page| page.to.keys().cloned());
        met.into_iter().flatten().collect()
    }

    /// The pages on which links stand, or stood until they went.
    pub(super) fn standing(&self) -> BTreeSet<String> {
        let stands = |page: &&Linking| page.gone || page.to.values().any(One::stands);
        let pages = self.pages.iter().filter(|(_, page)| stands(page));
        pages.map(|(id, _)| id.clone()).collect()
    }

    /// The pages on which links stand now.
    pub(super) fn told(&self) -> impl Iterator<Item = &str> {
        let pages = self.pages.iter();
        let pages = pages.filter(|(_, page)| page.to.values().any(One::stands));
        pages.map(|(id, _)| id.as_str())
    }

    /// A page was not found; it is gone once it was missed for long, or since then where the wiki says so.
    pub(super) fn missed(&mut self, page: &str, at: Option<Millis>, run: &mut Run<'_>) {
        let Some(linking) = self.pages.get_mut(page).filter(|page| !page.gone) else {
            return;
        };
        linking.missed = linking.missed.saturating_add(1);
        if at.is_some() || linking.missed >= MISSED {
            self.gone(page, at.unwrap_or(run.now), run);
        }
    }

    /// A page is gone, and what stood on it.
    pub(super) fn gone(&mut self, page: &str, at: Millis, run: &mut Run<'_>) {
        let Some(linking) = self.pages.get_mut(page) else {
            return;
        };
        linking.gone = true;
        linking.tell(page, run, |one| {
            let stood = one.removed.is_none();
            one.removed = one.removed.or(Some(at.max(one.at)));
            one.went |= stood;
            stood
        });
    }

    /// A page is there, and with it what stood on it when it went. It may have been changed meanwhile.
    pub(super) fn back(&mut self, page: &str, run: &mut Run<'_>) {
        let Some(linking) = self.pages.get_mut(page) else {
            return;
        };
        let was_missed = std::mem::take(&mut linking.missed) > 0;
        let was_gone = std::mem::take(&mut linking.gone);
        if !was_missed && !was_gone {
            return;
        }
        self.turns.wait(page);
        linking.tell(page, run, |one| {
            let is_back = std::mem::take(&mut one.went);
            one.removed = one.removed.filter(|_| !is_back);
            is_back
        });
    }
}

impl Linking {
    /// Tells of the links that `change` changed.
    fn tell(&mut self, page: &str, run: &mut Run<'_>, change: impl Fn(&mut One) -> bool) {
        let place = self.place.parse().unwrap_or(Place::Docs);
        for (writeup, one) in &mut self.to {
            if !change(one) {
                continue;
            }
            one.version = next(one.version, one.at, run.now);
            one.bare = place != Place::Writeup;
            run.sink.event(run.maker.link(Stood {
                page,
                place,
                stands_in: (place == Place::Writeup).then(|| run.maker.id(page)),
                writeup,
                person: None,
                at: one.at,
                removed: one.removed,
                version: one.version,
            }));
        }
    }
}
