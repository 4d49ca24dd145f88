//! Which page somebody looked at, by its address alone. The rules of all who are told addresses: access logs
//! hear of them from servers, the beacon from browsers. Shared by sources; it is no kind of source.
//!
//! `page` keeps what chooses a page, `wiki` knows the addresses of wikis, `exclude` what the operator leaves
//! out.

mod exclude;
mod page;
mod wiki;

pub(super) use exclude::is_whole_url;
pub(super) use wiki::Wiki;

use self::exclude::Excluded;
use self::page::Pages;
use super::SourceError;

/// The parameters that say it, as they are written in the configuration.
#[derive(Default)]
pub(super) struct Given {
    /// Which wiki's pages are reads alone.
    pub(super) wiki: Option<Wiki>,
    /// DokuWiki's own setting: slashes stand for colons.
    pub(super) useslash: bool,
    /// Paths that are no documents.
    pub(super) exclude: Vec<String>,
    /// More parameters that choose a page.
    pub(super) keep_query: Vec<String>,
}

/// Tells pages by their addresses.
pub(super) struct Visited {
    wiki: Option<Wiki>,
    useslash: bool,
    excluded: Excluded,
    pages: Pages,
}

impl Visited {
    pub(super) fn new(given: Given) -> Result<Visited, SourceError> {
        if given.useslash && given.wiki != Some(Wiki::Doku) {
            return Err(SourceError::Params(
                "useslash: is a setting of DokuWiki; it goes with wiki = \"dokuwiki\"".to_owned(),
            ));
        }
        // PHP takes no semicolon for the end of a parameter, and titles may hold one.
        let is_php = given.wiki.is_some_and(|wiki| wiki != Wiki::Confluence);
        Ok(Visited {
            wiki: given.wiki,
            useslash: given.useslash,
            excluded: Excluded::new(given.exclude)?,
            pages: Pages::with(&given.keep_query, is_php),
        })
    }

    /// Why a request is for no page; `None` if it is.
    pub(super) fn left_out(&self, target: &[u8]) -> Option<&'static str> {
        let excluded = self.excluded.contain(target).then_some("excluded");
        excluded.or_else(|| self.wiki?.left_out(target))
    }

    /// The page that was asked for, in the one way in which its address is written; `None` where its path
    /// holds a mail address.
    pub(super) fn page(&self, target: &str) -> Option<String> {
        let page = self.pages.page(target)?;
        Some(match self.wiki {
            Some(wiki) => wiki.page(page, self.useslash),
            None => page,
        })
    }

    /// What chooses a page behind the sign `#`, where no wiki has its pages.
    pub(super) fn fragment(&self, fragment: &str) -> Option<String> {
        self.pages.page(fragment)
    }

    /// The parameters that choose a page.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pages.names()
    }
}
