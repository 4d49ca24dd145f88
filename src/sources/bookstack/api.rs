//! Asks BookStack's REST API.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::sources::forge::{Client, Reply, Stop, second};
use crate::sources::wiki::{
    self, Fate, Hearing, Links, Page, Run, Said, Seen, Stands, Targets, Turn, Wiki,
};

use super::BookStack;
use super::answer::{self, Comment};

/// Most that the API gives at once.
const AT_ONCE: usize = 500;

/// One pull.
pub(super) struct Asking<'a> {
    wiki: &'a BookStack,
    client: Client,
    base: String,
    /// Names of books and the ends of their addresses, as far as they were asked for.
    books: BTreeMap<u64, (String, String)>,
    /// The comments by page; none where this version has no list of them.
    comments: Option<BTreeMap<u64, Vec<Comment>>>,
    /// The list of comments is there, and was not given this time.
    is_mute: bool,
    /// Whether the audit log is for us, once it was asked for.
    is_logged: Option<bool>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(wiki: &'a BookStack, client: Client) -> Asking<'a> {
        Asking {
            wiki,
            client,
            base: wiki.base(),
            books: BTreeMap::new(),
            comments: None,
            is_mute: false,
            is_logged: None,
        }
    }

    fn get(&mut self, path: &str) -> Result<Option<Value>, Stop> {
        let address = self.client.address(path);
        Ok(match self.client.get(&address, None)? {
            Reply::Page(page) => Some(page.value),
            Reply::Same | Reply::Gone | Reply::Forbidden => None,
        })
    }

    /// Goes through a list until `take` has enough. False where it is not there, or not for us.
    fn all(&mut self, path: &str, take: &mut dyn FnMut(&Value) -> bool) -> Result<bool, Stop> {
        let mut from = 0;
        loop {
            let answer = self.get(&format!("{path}&count={AT_ONCE}&offset={from}"))?;
            let Some(answer) = answer else {
                return Ok(false);
            };
            let list = answer::list(&answer);
            // An installation may give fewer than it is asked for.
            from += list.len();
            let total = answer["total"]
                .as_u64()
                .and_then(|total| usize::try_from(total).ok());
            let is_last = list.is_empty() || total.is_none_or(|total| from >= total);
            if !list.iter().all(&mut *take) || is_last {
                return Ok(true);
            }
        }
    }

    /// The name of a book and the end of its address.
    fn book(&mut self, id: u64) -> Result<Option<(String, String)>, Stop> {
        if let Some(known) = self.books.get(&id) {
            return Ok(Some(known.clone()));
        }
        let Some(book) = self.get(&format!("/books/{id}"))? else {
            return Ok(None);
        };
        let text = |field: &str| book[field].as_str().unwrap_or_default().to_owned();
        let book = (text("name"), text("slug"));
        self.books.insert(id, book.clone());
        Ok(Some(book))
    }

    fn address(&self, page: &answer::Page, book: &str) -> String {
        format!("{}/books/{book}/page/{}", self.base, page.slug)
    }

    /// A page as a write-up, as far as a list says it.
    fn listed(&self, page: &answer::Page, book: &str) -> Page {
        let people = [&page.author, &page.editor];
        Page {
            id: page.id.to_string(),
            title: page.name.clone(),
            url: Some(self.address(page, book)),
            names: vec![format!("{}/link/{}", self.base, page.id)],
            published: Some(page.created),
            updated: page.updated,
            contributors: people.into_iter().flatten().cloned().collect(),
            tags: page.tags.clone(),
            template: None,
            measured: None,
        }
    }

    /// Edits since the last pull: by the audit log, or where it is not for us, the last one alone. Both have
    /// one name, so that none counts twice once the log may be read.
    fn edits(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let edit = |person, at: Millis| {
            let id = format!("edit:{}@{}", page.id, second(at));
            run.maker.edit(id, &page.id, person, at, false)
        };
        let since = seen
            .mark
            .map(|mark| format!("&filter[created_at:gte]={}", written(mark)));
        let path = format!(
            "/audit-log?filter[loggable_type]=page&filter[loggable_id]={}&filter[type]=page_update&sort=%2Bid{}",
            page.id,
            since.unwrap_or_default()
        );
        let mut done = Vec::new();
        let is_there = self.is_logged != Some(false)
            && self.all(&path, &mut |value| {
                done.extend(answer::done(value));
                true
            })?;
        self.is_logged = Some(is_there);
        for one in done {
            run.sink.event(edit(one.person, one.at));
        }
        let is_edited = page
            .published
            .is_some_and(|published| page.updated > published);
        if !is_there && is_edited {
            let editor = page.contributors.last().cloned();
            run.sink.event(edit(editor, page.updated));
        }
        seen.mark = Some(page.updated);
        Ok(())
    }

    fn said(&self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) {
        let Some(all) = &self.comments else {
            return;
        };
        let number = page.id.parse().unwrap_or_default();
        let comments = all.get(&number).map_or(&[][..], Vec::as_slice);
        let name = |created: Millis| format!("{}@{}", page.id, second(created));
        let of_local = |local: u64| comments.iter().find(|one| one.local == Some(local));
        let mut hearing = Hearing::new(run, seen);
        for comment in comments {
            let parent = comment
                .parent
                .and_then(of_local)
                .map(|one| name(one.created));
            let said = Said {
                id: &name(comment.created),
                page: &page.id,
                person: comment.author.clone(),
                parent: parent.as_deref(),
                words: None,
                created: comment.created,
                updated: comment.updated,
                deleted: None,
            };
            hearing.said(&comment.id.to_string(), said);
        }
        hearing.whole(&page.id, |_, created| name(created), seen, run);
    }

    /// Comments by the audit log, in versions that have no list of them.
    fn logged_comments(
        &mut self,
        page: &Page,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        let since = seen
            .viewed
            .map(|since| format!("&filter[created_at:gte]={}", written(since)));
        let path = format!(
            "/audit-log?filter[loggable_type]=page&filter[loggable_id]={}&filter[type]=commented_on&sort=%2Bid{}",
            page.id,
            since.unwrap_or_default()
        );
        let mut done = Vec::new();
        let is_there = self.all(&path, &mut |value| {
            done.extend(answer::done(value));
            true
        })?;
        self.is_logged = Some(is_there);
        let mut newest = seen.viewed;
        for one in done {
            if seen.viewed.is_some_and(|told| one.at <= told) {
                continue;
            }
            newest = newest.max(Some(one.at));
            run.sink.event(run.maker.comment(Said {
                id: &format!("{}@{}", page.id, second(one.at)),
                page: &page.id,
                person: one.person,
                parent: None,
                words: None,
                created: one.at,
                updated: one.at,
                deleted: None,
            }));
        }
        seen.viewed = newest;
        Ok(())
    }
}

impl Wiki for Asking<'_> {
    fn pages(&mut self, run: &mut Run<'_>) -> Result<Vec<Page>, Stop> {
        let mut books: BTreeSet<u64> = self.wiki.books.iter().copied().collect();
        for shelf in &self.wiki.shelves {
            let path = format!("/shelves/{shelf}");
            let answer = self.get(&path)?;
            let answer = answer.ok_or_else(|| wiki::missing(&self.wiki.api, &path))?;
            let listed = answer["books"].as_array().into_iter().flatten();
            books.extend(listed.filter_map(|book| book["id"].as_u64()));
        }
        let mut pages = Vec::new();
        for book in books {
            let Some((_, slug)) = self.book(book)? else {
                let path = format!("/books/{book}");
                return Err(wiki::missing(&self.wiki.api, &path));
            };
            let mut found = Vec::new();
            let path = format!("/pages?filter[book_id]={book}&sort=%2Bid");
            self.all(&path, &mut |value| {
                found.extend(answer::page(value).filter(|page| !page.is_aside));
                true
            })?;
            pages.extend(found.iter().map(|page| self.listed(page, &slug)));
        }
        if self.wiki.house.comments {
            let mut comments: BTreeMap<u64, Vec<Comment>> = BTreeMap::new();
            let is_there = self.all("/comments?sort=%2Bid", &mut |value| {
                if let Some(comment) = answer::comment(value) {
                    comments.entry(comment.page).or_default().push(comment);
                }
                true
            });
            let is_there = run.pass(is_there)?;
            self.is_mute = is_there.is_none();
            self.comments = (is_there == Some(true)).then_some(comments);
        }
        Ok(pages)
    }

    fn whole(&mut self, page: &Page) -> Result<Page, Stop> {
        let answer = self.get(&format!("/pages/{}", page.id))?;
        let Some(whole) = answer.as_ref().and_then(answer::page) else {
            return Ok(page.clone());
        };
        let html = whole.html.as_deref();
        let vocabulary = &self.wiki.house.setting.vocabulary;
        Ok(Page {
            tags: whole.tags.clone(),
            measured: html.map(|html| wiki::of_html(html, vocabulary).0),
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
            self.edits(page, seen, run)?;
        }
        if self.comments.is_some() {
            self.said(page, seen, run);
        } else if self.wiki.house.comments && !self.is_mute && self.is_logged != Some(false) {
            self.logged_comments(page, seen, run)?;
        }
        Ok(())
    }

    fn fate(&mut self, id: &str) -> Result<Fate, Stop> {
        let address = self.client.address(&format!("/pages/{id}"));
        match self.client.get(&address, None)? {
            Reply::Gone => {}
            Reply::Page(_) | Reply::Same | Reply::Forbidden => return Ok(Fate::Elsewhere),
        }
        // What is deleted has only its number and its name there, in words.
        let path =
            format!("/audit-log?filter[type]=page_delete&filter[detail:like]=({id})%25&sort=-id");
        let mut at = None;
        self.all(&path, &mut |value| {
            at = answer::done(value).map(|done| done.at);
            at.is_none()
        })?;
        Ok(Fate::Gone(at))
    }

    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        if !self.wiki.house.links {
            return Ok(());
        }
        let targets = Targets::new(&run.maker, &self.wiki.house.setting, pages);
        // Pages that were not changed are asked for where it is their turn again.
        let since = links.turns.since.filter(|_| !links.turns.is_again());
        let since = since.map(|since| format!("&filter[updated_at:gte]={}", written(since)));
        let path = format!("/pages?sort=%2Bupdated_at{}", since.unwrap_or_default());
        let mut listed = Vec::new();
        self.all(&path, &mut |value| {
            listed.extend(answer::page(value).filter(|page| !page.is_aside));
            true
        })?;
        // In this order a pull that is cut off goes on where it stood.
        let turns = links
            .turns
            .of(listed, 0, |page| (page.updated, page.id.to_string()));
        for (turn, page) in turns {
            let id = page.id.to_string();
            let whole = self.get(&format!("/pages/{id}"));
            let whole = run.pass(whole)?;
            let is_read = match &whole {
                Some(Some(whole)) => self.look(&page, whole, &targets, links, run)?,
                Some(None) => true,
                None => false,
            };
            links.turns.looked(turn, &id, page.updated, is_read);
        }
        for id in links.turns.waiting() {
            let whole = self.get(&format!("/pages/{id}"));
            let whole = run.pass(whole)?;
            let page = whole
                .as_ref()
                .and_then(|whole| answer::page(whole.as_ref()?));
            let is_read = match (&whole, &page) {
                (Some(Some(whole)), Some(page)) => self.look(page, whole, &targets, links, run)?,
                (Some(_), _) => true,
                (None, _) => false,
            };
            links.turns.looked(Turn::Waited, &id, 0, is_read);
        }
        Ok(())
    }
}

impl Asking<'_> {
    /// Looks at a page as it stands. Says whether all that is needed was answered.
    fn look(
        &mut self,
        page: &answer::Page,
        whole: &Value,
        targets: &Targets,
        links: &mut Links,
        run: &mut Run<'_>,
    ) -> Result<bool, Stop> {
        let Some(html) = whole["html"].as_str() else {
            return Ok(true);
        };
        let book = self.book(page.book);
        let Some(book) = run.pass(book)? else {
            return Ok(false);
        };
        let (name, slug) = book.unwrap_or_default();
        let address = self.address(page, &slug);
        let id = page.id.to_string();
        let (_, led) = wiki::of_html(html, &self.wiki.house.setting.vocabulary);
        let led = Url::parse(&address).map(|page| wiki::resolved(&led, &page));
        let stands = Stands {
            page: &id,
            is_writeup: targets.is_own(&id),
            place: self.wiki.house.places.of(&page.name, &[&name]),
            address: Some(address),
            updated: page.updated,
            editor: page.editor.clone(),
            to: targets.of(&led.unwrap_or_default()),
            sought: &targets.sought,
        };
        links.look(stands, run);
        Ok(true)
    }
}

/// A time as filters of the API take it.
fn written(at: Millis) -> String {
    let at = DateTime::from_timestamp_millis(at).unwrap_or_default();
    at.format("%Y-%m-%d%%20%H:%M:%S").to_string()
}
