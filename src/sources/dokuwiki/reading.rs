//! One reading of the folder: what each page is, what belongs to it, and what links to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::model::target::{canonical, names_somebody};
use crate::model::{DAY_MS, Identity, Millis};
use crate::sources::SourceError;
use crate::sources::forge::{Blame, Stop, second};
use crate::sources::wiki::{
    Fate, Hearing, Links, Page, Run, Said, Seen, Stands, Targets, Turn, Wiki,
};

use super::DokuWiki;
use super::changes::{Change, What, changes};
use super::discussion;
use super::folder::Found;
use super::markup;
use super::names::{last, meant};

/// A folder that is copied from elsewhere can be some hours behind, and not in the order of changes.
const OVERLAP: Millis = DAY_MS;

/// Pages that nobody deleted and that are gone; fewer can be taken away by hand.
const ODD: usize = 3;

/// Marks what stands for a page in whose name somebody is named.
const UNNAMED: char = '~';

/// One pull.
pub(super) struct Reading<'a> {
    wiki: &'a DokuWiki,
    now: Millis,
    /// All pages.
    all: BTreeMap<String, Found>,
    /// What stands for those that are called after somebody, once it was asked for.
    unnamed: Option<BTreeSet<String>>,
    /// What was done to those that are write-ups.
    histories: BTreeMap<String, Vec<Change>>,
    /// Lines of logs that say nothing.
    unread: usize,
}

/// A text of a page, since when it stands there, and whose it is.
struct Stood {
    at: Millis,
    editor: Option<Identity>,
    text: String,
}

impl<'a> Reading<'a> {
    pub(super) fn new(wiki: &'a DokuWiki, now: Millis) -> Reading<'a> {
        Reading {
            wiki,
            now,
            all: BTreeMap::new(),
            unnamed: None,
            histories: BTreeMap::new(),
            unread: 0,
        }
    }

    /// What was done to a page.
    fn history(&mut self, id: &str) -> Result<Vec<Change>, Stop> {
        let log = self.wiki.folder.log(id, self.all.get(id));
        let (history, unread) = changes(&log.map_err(|cause| self.refused(&cause))?);
        self.unread += unread;
        Ok(history)
    }

    /// A single page can't be read. It is not named: some are called after people.
    fn refused(&self, cause: &io::Error) -> Stop {
        let error = SourceError::Io {
            name: "a page".to_owned(),
            cause: cause.kind().into(),
        };
        Stop::Refused(error, Blame::Answer)
    }

    /// A page as a write-up, as far as its log says it.
    fn listed(&mut self, id: &str, modified: Millis) -> Result<Page, Stop> {
        let history = self.history(id)?;
        let mut standing = history.iter().filter(|change| change.what != What::Deleted);
        let mut contributors: Vec<Identity> = Vec::new();
        for change in standing.clone() {
            let is_major = change.what != What::Minor;
            let user = change
                .user
                .as_ref()
                .filter(|user| is_major && !contributors.contains(user));
            contributors.extend(user.cloned());
        }
        let published = standing.clone().next().map_or(modified, |change| change.at);
        let changed = standing.next_back().map_or(modified, |change| change.at);
        self.histories.insert(id.to_owned(), history);
        let mut names = self.wiki.addresses.all(id);
        let url = names.remove(0);
        Ok(Page {
            id: id.to_owned(),
            title: last(id).replace('_', " "),
            url: Some(url),
            names,
            published: Some(published),
            // What is changed beside the wiki is not in its log yet.
            updated: changed.max(modified.min(self.now)),
            contributors,
            ..Page::default()
        })
    }

    fn edits(&self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) {
        let history = self.histories.get(&page.id).map_or(&[][..], Vec::as_slice);
        for (at, change) in history.iter().enumerate() {
            let is_beginning = at == 0 && change.what == What::Created;
            let is_told = seen.mark.is_some_and(|mark| change.at <= mark);
            if is_beginning || is_told || change.what == What::Deleted {
                continue;
            }
            let id = format!("edit:{}@{}", page.id, second(change.at));
            let minor = change.what == What::Minor;
            let user = change.user.clone();
            run.sink
                .event(run.maker.edit(id, &page.id, user, change.at, minor));
        }
        seen.mark = history.last().map(|change| change.at).max(seen.mark);
    }

    /// What was said on a page: with the plugin, and by making its talk page longer.
    fn said(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let mut comments = Vec::new();
        for namespace in self.wiki.talk.clone() {
            let talk = format!("{namespace}:{}", page.id);
            for change in self.history(&talk)? {
                match change.what {
                    What::Minor => run.sink.left_out("minor edit of a talk page"),
                    What::Reverted => {
                        run.sink.left_out("edit of a talk page that undoes another");
                    }
                    What::Deleted => run.sink.left_out("deletion of a talk page"),
                    _ if change.grows == Some(false) => {
                        run.sink.left_out("edit of a talk page that adds nothing");
                    }
                    What::Created | What::Edited => comments.push(discussion::Comment {
                        id: format!("{namespace}@{}", second(change.at)),
                        person: change.user,
                        parent: None,
                        words: None,
                        created: change.at,
                        updated: change.at,
                    }),
                }
            }
        }
        let file = self
            .wiki
            .folder
            .discussion(&page.id, self.all.get(&page.id));
        if let Some(bytes) = file.map_err(|cause| self.refused(&cause))? {
            let Some(found) = discussion::comments(&bytes) else {
                // It may be half written; what is known of it stays.
                let cause = io::Error::from(io::ErrorKind::InvalidData);
                return Err(self.refused(&cause));
            };
            comments.extend(found);
        }
        let name = |id: &str| format!("{}@{id}", page.id);
        let mut hearing = Hearing::new(run, seen);
        for comment in comments {
            let parent = comment.parent.as_deref().map(name);
            let said = Said {
                id: &name(&comment.id),
                page: &page.id,
                person: comment.person,
                parent: parent.as_deref(),
                words: comment.words,
                created: comment.created,
                updated: comment.updated,
                deleted: None,
            };
            hearing.said(&comment.id, said);
        }
        hearing.whole(&page.id, |id, _| name(id), seen, run);
        Ok(())
    }

    /// What stands for a page in names of links and from one pull to the next: its own name, or, where it is
    /// called after somebody, when it was made; nothing where that is not known.
    fn key(&mut self, id: &str) -> Result<Option<String>, Stop> {
        let addresses = self.wiki.addresses.all(id);
        let mut addresses = addresses.iter();
        if !addresses.any(|address| names_somebody(address, &canonical(address))) {
            return Ok(Some(id.to_owned()));
        }
        let history = self.history(id)?;
        let made = history.first().map(|change| second(change.at));
        Ok(made.map(|made| format!("{UNNAMED}{made}")))
    }

    /// Whether a page is there for which this stands.
    fn is_there(&mut self, key: &str) -> Result<bool, Stop> {
        if !key.starts_with(UNNAMED) {
            return Ok(self.all.contains_key(key));
        }
        if let Some(unnamed) = &self.unnamed {
            return Ok(unnamed.contains(key));
        }
        let all: Vec<String> = self.all.keys().cloned().collect();
        let mut unnamed = BTreeSet::new();
        for id in all {
            unnamed.extend(self.key(&id)?.filter(|key| key.starts_with(UNNAMED)));
        }
        let is_there = unnamed.contains(key);
        self.unnamed = Some(unnamed);
        Ok(is_there)
    }

    /// When a page was deleted, if that is the last that was done to it.
    fn deleted(&mut self, id: &str) -> Result<Option<Millis>, Stop> {
        let history = self.history(id)?;
        let end = history.last().filter(|change| change.what == What::Deleted);
        Ok(end.map(|change| change.at))
    }

    /// Whether the wiki says so.
    fn is_deleted(&mut self, id: &str) -> bool {
        self.deleted(id).is_ok_and(|at| at.is_some())
    }

    /// The texts of a page since this time, and the one that stands there now, which is always the last.
    fn texts(
        &mut self,
        id: &str,
        found: &Found,
        since: Option<Millis>,
    ) -> Result<Vec<Stood>, Stop> {
        let history = self.history(id)?;
        let folder = &self.wiki.folder;
        let mut texts = Vec::new();
        for change in &history {
            if since.is_some_and(|since| change.at <= since) {
                continue;
            }
            let text = match change.what {
                // What is kept under this time is what was deleted.
                What::Deleted => Some(String::new()),
                _ => folder.revision(id, Some(found), change.at),
            };
            let editor = change.user.clone();
            texts.extend(text.map(|text| Stood {
                at: change.at,
                editor,
                text,
            }));
        }
        let last = history.last();
        let changed = last.map_or(found.modified, |change| change.at);
        let is_external = found.modified > changed;
        let now = folder.text(found).map_err(|cause| self.refused(&cause))?;
        texts.push(Stood {
            at: changed.max(found.modified.min(self.now)),
            editor: last
                .filter(|_| !is_external)
                .and_then(|change| change.user.clone()),
            text: now,
        });
        Ok(texts)
    }

    /// Whether a page is what is said on another one, and on which.
    fn is_talk_of<'i>(&self, id: &'i str) -> Option<&'i str> {
        let (namespace, of) = id.split_once(':')?;
        let talk = self.wiki.talk.iter().any(|talk| talk == namespace);
        talk.then_some(of)
    }
}

impl Wiki for Reading<'_> {
    fn pages(&mut self, run: &mut Run<'_>) -> Result<Vec<Page>, Stop> {
        let folder = &self.wiki.folder;
        self.all = folder.pages().map_err(Stop::Failed)?;
        folder.has(&self.wiki.namespaces).map_err(Stop::Failed)?;
        let wanted = self.all.iter().filter(|(id, _)| self.wiki.is_writeup(id));
        let wanted: Vec<(String, Millis)> = wanted
            .map(|(id, found)| (id.clone(), found.modified))
            .collect();
        let mut pages = Vec::new();
        for (id, modified) in wanted {
            let page = self.listed(&id, modified);
            pages.extend(run.pass(page)?);
        }
        if self.unread > 0 {
            run.sink.note(format!(
                "lines of the logs of changes that are none, and are left out: {}",
                self.unread
            ));
        }
        Ok(pages)
    }

    fn check(&mut self, told: &BTreeSet<String>) -> Result<(), Stop> {
        let mut missing = 0;
        for id in told {
            missing += usize::from(!self.is_there(id)? && !self.is_deleted(id));
        }
        // What is deleted in the wiki is in its logs.
        if missing >= ODD && missing * 10 >= told.len() * 9 {
            return Err(Stop::Failed(self.wiki.folder.lost(missing, told.len())));
        }
        Ok(())
    }

    fn whole(&mut self, page: &Page) -> Result<Page, Stop> {
        let Some(found) = self.all.get(&page.id) else {
            return Ok(page.clone());
        };
        let text = self.wiki.folder.text(found);
        let text = text.map_err(|cause| self.refused(&cause))?;
        let text = markup::read(&text, &self.wiki.house.setting.vocabulary);
        let title = text.title.unwrap_or_else(|| page.title.clone());
        let mut names = page.names.clone();
        for pattern in &self.wiki.house.keys {
            names.extend(pattern.find_iter(&title).map(|key| key.as_str().to_owned()));
        }
        Ok(Page {
            title,
            names,
            tags: text.tags,
            measured: Some(text.measured),
            ..page.clone()
        })
    }

    fn belongings(
        &mut self,
        page: &Page,
        is_new: bool,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        if is_new {
            self.edits(page, seen, run);
        }
        if self.wiki.house.comments {
            self.said(page, seen, run)?;
        }
        Ok(())
    }

    fn fate(&mut self, id: &str) -> Result<Fate, Stop> {
        if self.is_there(id)? {
            return Ok(Fate::Elsewhere);
        }
        Ok(Fate::Gone(self.deleted(id)?))
    }

    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        if !self.wiki.house.links {
            return Ok(());
        }
        let targets = Targets::new(&run.maker, &self.wiki.house.setting, pages);
        let since = links.turns.since.map(|since| since - OVERLAP);
        let waiting: BTreeSet<String> = links.turns.waiting().into_iter().collect();
        let all: Vec<(String, Found)> = self.all.clone().into_iter().collect();
        let changed = |found: &Found| found.modified.min(self.now);
        let turns = links.turns.of(all.clone(), OVERLAP, |(id, found)| {
            (changed(found), id.clone())
        });
        let turns = turns.into_iter().map(|(turn, page)| (Some(turn), page));
        let rest = all.into_iter().map(|page| (None, page));
        let rest: Vec<_> = match waiting.is_empty() {
            true => Vec::new(),
            false => rest.collect(),
        };
        for (turn, (id, found)) in turns.chain(rest) {
            let key = self.key(&id);
            let Some(key) = run.pass(key)?.flatten() else {
                if turn.is_some() {
                    run.sink
                        .left_out("page called after somebody, without a log");
                }
                continue;
            };
            let turn = match turn {
                Some(turn) => turn,
                None if links.turns.waiting().contains(&key) => Turn::Waited,
                None => continue,
            };
            // What was looked at once is not gone through again: it may have ended since. For a page that is
            // looked at once more, all of its past counts, as far as write-ups are new to it.
            let looked = links.looked_at(&key);
            let (after, met) = match turn {
                Turn::Changed => (looked.max(since), BTreeSet::new()),
                Turn::Again(_) | Turn::Waited => (None, links.met(&key)),
            };
            let texts = self.texts(&id, &found, after);
            let texts = run.pass(texts)?;
            let changed = found.modified.min(self.now);
            links.turns.looked(turn, &key, changed, texts.is_some());
            let texts = texts.unwrap_or_default();
            let count = texts.len();
            for (at, stood) in texts.into_iter().enumerate() {
                let is_past = at + 1 < count && looked.is_some_and(|looked| stood.at <= looked);
                let text = markup::read(&stood.text, &self.wiki.house.setting.vocabulary);
                let title = text.title.as_deref().unwrap_or_else(|| last(&id));
                let within: Vec<&str> = id.split(':').collect();
                let led = text.links.iter().filter_map(|link| {
                    let meant = meant(link, &id, &self.wiki.start);
                    meant.into_iter().find(|page| targets.is_own(page))
                });
                let mut to: BTreeSet<String> = led.map(|page| run.maker.id(&page)).collect();
                to.extend(targets.of(&stood.text));
                if let Some(of) = self.is_talk_of(&id) {
                    to.remove(&run.maker.id(of));
                }
                let mut sought = targets.sought.clone();
                if is_past {
                    to.retain(|writeup| !met.contains(writeup));
                    sought.retain(|writeup| !met.contains(writeup));
                }
                let stands = Stands {
                    page: &key,
                    is_writeup: targets.is_own(&id),
                    place: self.wiki.house.places.of(title, &within),
                    address: Some(self.wiki.addresses.of(&id)),
                    updated: stood.at,
                    editor: stood.editor,
                    to,
                    sought: &sought,
                };
                links.look(stands, run);
            }
        }
        Ok(())
    }
}
