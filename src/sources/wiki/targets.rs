//! What links in a wiki may lead to, and the write-ups that a text of it refers to.

use std::collections::BTreeSet;

use crate::sources::links::Finder;
use crate::sources::{KnownWriteup, Setting};

use super::{Maker, Page};

/// The write-ups that links may lead to: those of this pull, and all that were registered before.
pub(in crate::sources) struct Targets {
    known: Vec<KnownWriteup>,
    finder: Finder,
    /// Their ids.
    pub(in crate::sources) sought: BTreeSet<String>,
    /// The wiki's own names of those of this pull.
    own: BTreeSet<String>,
}

impl Targets {
    pub(in crate::sources) fn new(maker: &Maker, setting: &Setting, pages: &[Page]) -> Targets {
        let own = pages.iter().map(|page| KnownWriteup {
            id: maker.id(&page.id),
            title: None,
            aliases: page.url.iter().chain(&page.names).cloned().collect(),
        });
        let known: Vec<KnownWriteup> = own.chain(setting.writeups.iter().cloned()).collect();
        Targets {
            finder: Finder::new(&known),
            sought: known.iter().map(|writeup| writeup.id.clone()).collect(),
            own: pages.iter().map(|page| page.id.clone()).collect(),
            known,
        }
    }

    /// Whether a page is a write-up of this pull, by the wiki's own name of it.
    pub(in crate::sources) fn is_own(&self, page: &str) -> bool {
        self.own.contains(page)
    }

    /// The write-ups that a text refers to.
    pub(in crate::sources) fn of(&self, text: &str) -> BTreeSet<String> {
        let found = self.finder.find(text.as_bytes(), None);
        let named = found
            .iter()
            .filter_map(|found| self.known.get(found.writeup));
        named.map(|writeup| writeup.id.clone()).collect()
    }
}
