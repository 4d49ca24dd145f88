//! Asks Outline's API: every question is a POST of JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;

use crate::model::Millis;
use crate::sources::forge::{Client, OVERLAP, Reply, Stop, second};
use crate::sources::links::Finder;
use crate::sources::wiki::{self, Fate, Hearing, Links, Page, Run, Said, Seen, Stands, Turn, Wiki};

use super::Outline;
use super::answer::{self, Document, View};

/// Most that the API gives at once.
const AT_ONCE: u64 = 100;

/// One pull.
pub(super) struct Asking<'a> {
    outline: &'a Outline,
    api: &'a Url,
    client: Client,
    origin: String,
    /// The write-ups of this pull by the ends of their addresses.
    short: BTreeMap<String, String>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(outline: &'a Outline, api: &'a Url, client: Client) -> Asking<'a> {
        Asking {
            outline,
            api,
            client,
            origin: outline.origin().unwrap_or_default(),
            short: BTreeMap::new(),
        }
    }

    fn ask(&mut self, method: &str, question: &Value) -> Result<Reply, Stop> {
        let address = self.client.address(method);
        self.client.post(&address, &question.to_string())
    }

    /// A part of a list, from this place on; nothing where it is not for us.
    fn part(
        &mut self,
        method: &str,
        question: &Value,
        from: u64,
    ) -> Result<Option<Vec<Value>>, Stop> {
        let mut question = question.clone();
        question["limit"] = json!(AT_ONCE);
        question["offset"] = json!(from);
        match self.ask(method, &question)? {
            Reply::Page(page) => {
                let list = page.value["data"].as_array();
                Ok(Some(list.cloned().unwrap_or_default()))
            }
            Reply::Same => Ok(Some(Vec::new())),
            Reply::Gone | Reply::Forbidden => Ok(None),
        }
    }

    /// Goes through a list until `take` has enough. False where it is not for us.
    fn all(
        &mut self,
        method: &str,
        question: &Value,
        take: &mut dyn FnMut(&Value) -> bool,
    ) -> Result<bool, Stop> {
        let mut from = 0;
        loop {
            let Some(list) = self.part(method, question, from)? else {
                return Ok(false);
            };
            if !list.iter().all(&mut *take) || is_last(&list) {
                return Ok(true);
            }
            from += AT_ONCE;
        }
    }

    /// A document by its id.
    fn document(&mut self, id: &str) -> Result<Reply, Stop> {
        self.ask("/documents.info", &json!({ "id": id }))
    }

    /// The published documents of a collection.
    fn collection(&mut self, id: &str) -> Result<Vec<(Option<String>, Page)>, Stop> {
        let question = json!({ "collectionId": id, "sort": "createdAt", "direction": "ASC" });
        let (outline, origin) = (self.outline, self.origin.clone());
        let mut pages = Vec::new();
        let mut short = BTreeMap::new();
        let is_there = self.all("/documents.list", &question, &mut |value| {
            let document = answer::document(value);
            let document = document.filter(|one| one.published.is_some() && one.gone.is_none());
            if let Some(document) = document {
                let id = outline.house.maker.id(document.id);
                short.extend(document.short.map(|end| (end.to_owned(), id)));
                let parent = document.parent.map(str::to_owned);
                pages.push((parent, described(outline, &document, &origin)));
            }
            true
        })?;
        if !is_there {
            return Err(wiki::missing(self.api, id));
        }
        self.short.extend(short);
        Ok(pages)
    }

    /// The documents under a document, at any depth.
    fn under(&mut self, parent: &str) -> Result<Vec<Page>, Stop> {
        let missing = wiki::missing(self.api, parent);
        let Reply::Page(answer) = self.document(parent)? else {
            return Err(missing);
        };
        let value = of_info(&answer.value);
        let collection = answer::document(value).and_then(|one| one.collection.map(str::to_owned));
        let all = self.collection(&collection.ok_or(missing)?)?;
        let mut above: BTreeSet<String> = BTreeSet::from([parent.to_owned()]);
        loop {
            let before = above.len();
            for (over, page) in &all {
                if over.as_ref().is_some_and(|over| above.contains(over)) {
                    above.insert(page.id.clone());
                }
            }
            if above.len() == before {
                break;
            }
        }
        above.remove(parent);
        let pages = all.into_iter().map(|(_, page)| page);
        Ok(pages.filter(|page| above.contains(&page.id)).collect())
    }

    /// Edits since the last pull, and the addresses under earlier titles.
    fn revisions(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let question = json!({ "documentId": page.id, "sort": "createdAt", "direction": "DESC" });
        let (maker, mark) = (run.maker.clone(), seen.mark);
        let mut edits = Vec::new();
        let (mut newest, mut titles) = (mark, BTreeSet::new());
        self.all("/revisions.list", &question, &mut |value| {
            let Some(revision) = answer::revision(value) else {
                return true;
            };
            if mark.is_some_and(|mark| revision.created <= mark) {
                return false;
            }
            newest = newest.max(Some(revision.created));
            titles.insert(revision.title.to_owned());
            let id = format!("revision:{}", revision.id);
            edits.push(maker.edit(id, &page.id, revision.author, revision.created, false));
            true
        })?;
        if mark.is_none() {
            // The first is the document itself.
            edits.pop();
        }
        for edit in edits.into_iter().rev() {
            run.sink.event(edit);
        }
        let end = page.names.get(1).cloned().unwrap_or_default();
        titles.remove(&page.title);
        titles.remove("");
        if !titles.is_empty() && !end.is_empty() {
            let names = titles
                .iter()
                .map(|title| answer::under_title(&self.origin, title, &end));
            run.sink
                .event(maker.also(&page.id, names.collect(), page.updated));
        }
        seen.mark = newest;
        Ok(())
    }

    fn comments(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let question = json!({ "documentId": page.id });
        let mut hearing = Hearing::new(run, seen);
        let is_there = self.all("/comments.list", &question, &mut |value| {
            let Some(comment) = answer::comment(value) else {
                return true;
            };
            let said = Said {
                id: comment.id,
                page: &page.id,
                person: comment.author,
                parent: comment.parent,
                words: comment.words,
                created: comment.created,
                updated: comment.updated,
                deleted: None,
            };
            hearing.said(comment.id, said);
            true
        })?;
        if is_there {
            hearing.whole(&page.id, |id, _| id.to_owned(), seen, run);
        }
        Ok(())
    }

    /// The first and the last view of everybody: the others have no date.
    fn views(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let question = json!({ "documentId": page.id, "includeSuspended": true });
        let Reply::Page(answer) = self.ask("/views.list", &question)? else {
            return Ok(());
        };
        for value in answer.value["data"].as_array().into_iter().flatten() {
            if let Some(view) = answer::view(value) {
                tell(&view, page, seen.viewed, run);
            }
        }
        seen.viewed = Some(run.now - OVERLAP);
        Ok(())
    }
}

/// Each view is named by its number, by which the webhook names it, too.
fn tell(view: &View<'_>, page: &Page, since: Option<Millis>, run: &mut Run<'_>) {
    let is_new = |at: Millis| since.is_none_or(|since| at >= since);
    let id = |number: u64| format!("view:{}:{number}", view.id);
    let mut read = |number: u64, at: Millis, version: u32| {
        let event = run
            .maker
            .read(id(number), &page.id, view.person.clone(), (at, version));
        run.sink.event(event);
    };
    if is_new(view.first) {
        read(1, view.first, 0);
    }
    // The last view moves on while a document stays open: it is the same one, corrected.
    if view.count > 1 && is_new(view.last) {
        read(view.count, view.last, second(view.last));
    }
}

impl Wiki for Asking<'_> {
    fn pages(&mut self, _run: &mut Run<'_>) -> Result<Vec<Page>, Stop> {
        let outline = self.outline;
        let mut pages = Vec::new();
        for collection in &outline.collections {
            let found = self.collection(collection)?;
            pages.extend(found.into_iter().map(|(_, page)| page));
        }
        for parent in &outline.parents {
            pages.extend(self.under(parent)?);
        }
        Ok(pages)
    }

    fn is_told(&self) -> bool {
        true
    }

    fn belongings(
        &mut self,
        page: &Page,
        is_new: bool,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        if is_new {
            self.revisions(page, seen, run)?;
        }
        if self.outline.house.comments {
            let answer = self.comments(page, seen, run);
            run.pass(answer)?;
        }
        if self.outline.views {
            let answer = self.views(page, seen, run);
            run.pass(answer)?;
        }
        Ok(())
    }

    fn fate(&mut self, id: &str) -> Result<Fate, Stop> {
        Ok(match self.document(id)? {
            Reply::Page(answer) => {
                let document = answer::document(of_info(&answer.value));
                match document.and_then(|document| document.gone) {
                    Some(at) => Fate::Gone(Some(at)),
                    None => Fate::Elsewhere,
                }
            }
            Reply::Gone => Fate::Gone(None),
            Reply::Same | Reply::Forbidden => Fate::Elsewhere,
        })
    }

    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        if !self.outline.house.links {
            return Ok(());
        }
        let own: BTreeSet<&str> = pages.iter().map(|page| page.id.as_str()).collect();
        let mut within: BTreeMap<String, String> = BTreeMap::new();
        self.all("/collections.list", &json!({}), &mut |value| {
            if let (Some(id), Some(name)) = (value["id"].as_str(), value["name"].as_str()) {
                within.insert(id.to_owned(), name.to_owned());
            }
            true
        })?;
        let finder = Finder::new(&self.outline.house.setting.writeups);
        let seeking = Seeking {
            own,
            within,
            finder,
            sought: self.sought(),
        };
        let since = links.turns.since.filter(|_| !links.turns.is_again());
        let begun = links.turns.begin(run.now);
        let question = json!({ "sort": "updatedAt", "direction": "DESC" });
        loop {
            // What was changed meanwhile moved up: a part of what was seen is seen again.
            let from = links.turns.done;
            let Some(list) = self.part("/documents.list", &question, from)? else {
                break;
            };
            let is_old = |at: Millis| since.is_some_and(|since| at < since);
            let mut ended = is_last(&list);
            for document in list.iter().filter_map(answer::document) {
                if is_old(document.updated) {
                    ended = true;
                    break;
                }
                if document.published.is_some() {
                    self.look(&document, &seeking, links, run);
                }
            }
            if ended {
                break;
            }
            links.turns.done += AT_ONCE;
        }
        links.turns.end(begun - OVERLAP);
        for id in links.turns.waiting() {
            let answer = self.document(&id);
            match run.pass(answer)? {
                None => links.turns.looked(Turn::Waited, &id, begun, false),
                Some(Reply::Page(answer)) => {
                    let document = answer::document(of_info(&answer.value));
                    let is_shown =
                        |one: &Document<'_>| one.published.is_some() && one.gone.is_none();
                    if let Some(document) = document.filter(is_shown) {
                        self.look(&document, &seeking, links, run);
                    }
                    links.turns.is_done(&id);
                }
                Some(Reply::Same | Reply::Gone | Reply::Forbidden) => links.turns.is_done(&id),
            }
        }
        Ok(())
    }
}

/// What links are looked for to, and where.
struct Seeking<'p> {
    /// The write-ups of this pull.
    own: BTreeSet<&'p str>,
    /// The names of collections.
    within: BTreeMap<String, String>,
    finder: Finder,
    sought: BTreeSet<String>,
}

impl Asking<'_> {
    /// Looks at a document as it stands.
    fn look(
        &self,
        document: &Document<'_>,
        seeking: &Seeking<'_>,
        links: &mut Links,
        run: &mut Run<'_>,
    ) {
        let stands = Stands {
            page: document.id,
            is_writeup: seeking.own.contains(document.id),
            place: self.place(document, &seeking.within),
            address: document.address(Some(&self.origin)),
            updated: document.updated,
            editor: document.editor.clone(),
            to: self.to(document, &seeking.finder),
            sought: &seeking.sought,
        };
        links.look(stands, run);
        links.turns.is_done(document.id);
    }

    fn place(
        &self,
        document: &Document<'_>,
        within: &BTreeMap<String, String>,
    ) -> crate::model::Place {
        let name = document.collection.and_then(|id| within.get(id));
        let name: Vec<&str> = name.map(String::as_str).into_iter().collect();
        self.outline.house.places.of(document.title, &name)
    }

    /// The write-ups that links are looked for to: of its own those alone that are listed, since links to
    /// them have no host.
    fn sought(&self) -> BTreeSet<String> {
        let own = self.outline.house.maker.id("");
        let others = self.outline.house.setting.writeups.iter();
        let others = others.map(|writeup| writeup.id.clone());
        let others = others.filter(|id| !id.starts_with(&own));
        others.chain(self.short.values().cloned()).collect()
    }

    /// The write-ups that a document links to.
    fn to(&self, document: &Document<'_>, finder: &Finder) -> BTreeSet<String> {
        let writeups = &self.outline.house.setting.writeups;
        let found = finder.find(document.text.as_bytes(), None);
        let named = found
            .iter()
            .filter_map(|found| writeups.get(found.writeup))
            .map(|writeup| writeup.id.clone());
        let led = answer::leads_to(document.text, &self.origin);
        let led = led
            .into_iter()
            .filter_map(|end| self.short.get(end).cloned());
        named.chain(led).collect()
    }
}

/// A document as a write-up, with what is counted in it.
fn described(outline: &Outline, document: &Document<'_>, origin: &str) -> Page {
    let mut page = document.page(Some(origin));
    let vocabulary = &outline.house.setting.vocabulary;
    let (measured, keys) = wiki::of_markdown(
        document.title,
        document.text,
        &outline.house.keys,
        vocabulary,
    );
    page.names.extend(keys);
    page.measured = Some(measured).filter(|_| !document.text.is_empty());
    page
}

/// The document of an answer of `documents.info`, which newer versions wrap.
fn of_info(value: &Value) -> &Value {
    let data = &value["data"];
    match data["document"].is_object() {
        true => &data["document"],
        false => data,
    }
}

/// A part of a list that is not full is its last.
fn is_last(list: &[Value]) -> bool {
    u64::try_from(list.len()).is_ok_and(|length| length < AT_ONCE)
}
