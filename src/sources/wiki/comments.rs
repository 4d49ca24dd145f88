//! Comments on a page from one pull to the next: which are new or changed, and which are there no more. One
//! answer without a comment is no proof, and one that was taken to be gone may come back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Event, Millis};

use super::checkpoint::Seen;
use super::events::{Maker, Said, next};
use super::run::{MISSED, Run};

/// The comments on a page that were told of, by the wiki's name of each. Whose they were is not remembered.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::sources) struct Comments(BTreeMap<String, Told>);

/// A comment that was told of.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Kept")]
struct Told {
    /// When it was written.
    created: Millis,
    /// When it was changed last.
    updated: Millis,
    /// The version that was told last.
    version: u32,
    /// Answers one after the other that did not have it.
    missed: u8,
    /// It was told as deleted.
    gone: bool,
}

/// What is read of it: earlier versions of the program kept two times alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Times(Millis, Millis),
    All {
        created: Millis,
        updated: Millis,
        version: u32,
        missed: u8,
        gone: bool,
    },
}

impl From<Kept> for Told {
    fn from(kept: Kept) -> Told {
        match kept {
            Kept::Times(created, updated) => Told {
                created,
                updated,
                version: 0,
                missed: 0,
                gone: false,
            },
            Kept::All {
                created,
                updated,
                version,
                missed,
                gone,
            } => Told {
                created,
                updated,
                version,
                missed,
                gone,
            },
        }
    }
}

/// One answer with the comments on a page. Nothing of it is told or kept before it is at its end.
pub(in crate::sources) struct Hearing {
    maker: Maker,
    now: Millis,
    comments: Comments,
    there: BTreeSet<String>,
    events: Vec<Event>,
}

impl Hearing {
    /// Begins with what was known of the page.
    pub(in crate::sources) fn new(run: &Run<'_>, seen: &Seen) -> Hearing {
        Hearing {
            maker: run.maker.clone(),
            now: run.now,
            comments: seen.comments.clone(),
            there: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// A comment is there; `key` is the wiki's name of it.
    pub(in crate::sources) fn said(&mut self, key: &str, said: Said<'_>) {
        self.there.insert(key.to_owned());
        let known = self.comments.0.get_mut(key);
        let times = (said.created, said.updated);
        let last = known.as_ref().map_or(0, |told| told.version);
        if let Some(told) = known.filter(|told| !told.gone && (told.created, told.updated) == times)
        {
            told.missed = 0;
            return;
        }
        let version = next(last, said.updated, self.now);
        self.events.push(self.maker.commented(said, version));
        let told = Told {
            created: times.0,
            updated: times.1,
            version,
            missed: 0,
            gone: false,
        };
        self.comments.0.insert(key.to_owned(), told);
    }

    /// The answer had all comments: what was there and is missed for long is gone. `named` gives the name
    /// that a comment was told by.
    pub(in crate::sources) fn whole(
        mut self,
        page: &str,
        named: impl Fn(&str, Millis) -> String,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) {
        for (key, told) in &mut self.comments.0 {
            if told.gone || self.there.contains(key) {
                continue;
            }
            told.missed = told.missed.saturating_add(1);
            if told.missed < MISSED {
                continue;
            }
            told.gone = true;
            told.version = next(told.version, told.updated, self.now);
            let said = Said {
                id: &named(key, told.created),
                page,
                person: None,
                parent: None,
                words: None,
                created: told.created,
                updated: told.updated,
                deleted: Some(self.now),
            };
            self.events.push(self.maker.commented(said, told.version));
        }
        self.open(seen, run);
    }

    /// The answer had some of the comments: what is missing in it may be there.
    pub(in crate::sources) fn open(self, seen: &mut Seen, run: &mut Run<'_>) {
        seen.comments = self.comments;
        for event in self.events {
            run.sink.event(event);
        }
    }
}
