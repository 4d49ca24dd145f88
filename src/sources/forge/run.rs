//! One pull of a forge's REST API: lists page by page, what belongs to each of their objects, and once
//! more the texts that gave events, to see which were deleted.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::model::target::nameless;
use crate::sources::{Problem, Sink, SourceError};

use super::checkpoint::{Known, Progress, Repository};
use super::client::{Client, Page, Reply, Stop};
use super::poll::{Graph, List, Order, Polled, absent};
use super::texts::Action;
use super::{At, Bots, Reader, Seen, Text, instant, of_millis};

/// Clocks of a forge's machines differ, and what was written may be seen a little later, ms.
const OVERLAP: Millis = 60_000;

/// Texts that are looked at again in one pull of a repository.
const LOOKED_AT: usize = 50;

/// One pull.
pub(super) struct Run<'a, D> {
    /// Where it is asked.
    pub(super) api: &'a Url,
    /// Asks.
    pub(super) client: Client,
    /// Makes events.
    pub(super) reader: &'a Reader,
    /// Those met so far.
    pub(super) bots: Bots,
    /// What time it is.
    pub(super) now: Millis,
    /// Something was answered.
    pub(super) got: bool,
    /// A repository that is not there.
    pub(super) absent: Option<SourceError>,
    /// Takes the events.
    pub(super) sink: &'a mut dyn Sink,
    /// The kind of forge.
    pub(super) dialect: PhantomData<D>,
}

impl<D: Polled> Run<'_, D> {
    fn get(&mut self, address: &str, etag: Option<&str>) -> Result<Reply, Stop> {
        let reply = self.client.get(address, etag)?;
        self.got |= !matches!(reply, Reply::Gone | Reply::Forbidden);
        Ok(reply)
    }

    /// Pulls a repository.
    pub(super) fn repository(&mut self, name: &str, state: &mut Repository) -> Result<(), Stop> {
        let home = D::home(self.api, name);
        let lists = D::lists(self.api, name);
        let mut missing = 0;
        for list in &lists {
            let mut progress = state.lists.remove(list.name).unwrap_or_default();
            let read = self.list(list, home.as_deref(), &mut progress, &mut state.known);
            state.lists.insert(list.name.to_owned(), progress);
            if !read? {
                missing += 1;
                self.sink
                    .note(format!("{name}: has no {}, or not for us", list.name));
            }
        }
        if missing == lists.len() {
            let error = absent(self.api, name);
            self.sink.note(error.to_string());
            self.absent = Some(error);
            return Ok(());
        }
        self.again(home.as_deref(), state)
    }

    /// Reads a list on from where it stands. Says whether it is there.
    fn list(
        &mut self,
        list: &List,
        home: Option<&str>,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<bool, Stop> {
        if let Order::Graph(graph) = list.order {
            return self.graph(graph, list, progress, known);
        }
        let begin = match (list.order, &progress.last) {
            (Order::Growing, Some((address, _))) => address.clone(),
            _ => list.first(&self.client, progress.since),
        };
        let mut address = progress.next.take().unwrap_or(begin);
        loop {
            let etag = progress.last.as_ref().filter(|(last, _)| *last == address);
            let etag = etag.and_then(|(_, etag)| etag.clone());
            let page = match self.get(&address, etag.as_deref()) {
                Ok(Reply::Page(page)) => page,
                Ok(Reply::Same) => break,
                Ok(Reply::Gone | Reply::Forbidden) => return Ok(false),
                Err(stop) => {
                    // A page that is refused will be: the list is begun again.
                    progress.next = Some(address).filter(|_| stop.is_passing());
                    return Err(stop);
                }
            };
            let place = Stand {
                list,
                home,
                since: progress.since,
            };
            if let Err(stop) = self.page(&place, &page, progress, known) {
                progress.next = Some(address);
                return Err(stop);
            }
            progress.done.clear();
            match page.next {
                Some(next) => address = next,
                None => {
                    progress.last = Some((address, page.etag));
                    break;
                }
            }
        }
        read(progress);
        Ok(true)
    }

    /// The same of a list that is asked for in GraphQL.
    fn graph(
        &mut self,
        graph: &Graph,
        list: &List,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<bool, Stop> {
        if !self.client.has_token() {
            return Ok(true);
        }
        let place = Stand {
            list,
            home: None,
            since: progress.since,
        };
        let address = (graph.address)(self.api);
        let mut next = progress.next.take();
        'pages: loop {
            let question = (graph.question)(&list.root, next.as_deref()).to_string();
            let page = match self.client.post(&address, &question) {
                Ok(Reply::Page(page)) => page,
                Ok(_) => return Ok(false),
                Err(stop) => {
                    progress.next = next.filter(|_| stop.is_passing());
                    return Err(stop);
                }
            };
            self.got = true;
            let Some((objects, then)) = (graph.answer)(&page.value) else {
                return Ok(false);
            };
            for value in &objects {
                let at = changed(value);
                let is_old = at.zip(place.since).is_some_and(|(at, since)| at < since);
                // Each comes before what was said there, which may be older.
                if is_old && value["title"].is_string() {
                    break 'pages;
                }
                progress.newest = progress.newest.max(at);
                self.take(&place, value, known);
            }
            match then {
                Some(_) => next = then,
                None => break,
            }
        }
        read(progress);
        Ok(true)
    }

    fn page(
        &mut self,
        place: &Stand<'_>,
        page: &Page,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<(), Stop> {
        for value in objects(&page.value) {
            let changed = changed(value);
            progress.newest = progress.newest.max(changed);
            // A name that this version of the object has and no other.
            let name = format!("{}@{}", value["id"], changed.unwrap_or_default());
            if progress.done.contains(&name) {
                continue;
            }
            self.take(place, value, known);
            let lists = D::below(place.list, value, place.since);
            for list in &lists {
                let place = Stand { list, ..*place };
                self.below(&place, known)?;
            }
            if !lists.is_empty() {
                progress.done.push(name);
            }
        }
        Ok(())
    }

    /// Reads a list below an object, at once to its end.
    fn below(
        &mut self,
        place: &Stand<'_>,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<(), Stop> {
        let mut next = Some(place.list.first(&self.client, place.since));
        while let Some(address) = next {
            let Reply::Page(page) = self.get(&address, None)? else {
                return Ok(());
            };
            for value in objects(&page.value) {
                let is_old = changed(value)
                    .zip(place.since)
                    .is_some_and(|(at, since)| at < since);
                if is_old && matches!(place.list.order, Order::NewestFirst) {
                    return Ok(());
                }
                self.take(place, value, known);
                for list in &D::below(place.list, value, place.since) {
                    let place = Stand { list, ..*place };
                    self.below(&place, known)?;
                }
            }
            next = page.next;
        }
        Ok(())
    }

    fn take(&mut self, place: &Stand<'_>, value: &Value, known: &mut BTreeMap<String, Known>) {
        let at = At {
            page: place.list.page.as_deref(),
            home: place.home,
            ..At::default()
        };
        for seen in D::look(value, &at) {
            match seen {
                Seen::Text(text) => {
                    let path = D::path(place.list, &text, value);
                    self.text(&text, path, at.page, known);
                }
                Seen::Page(page) => self.reader.page(&page, None, &mut self.bots, self.sink),
                Seen::Nothing(reason) => self.sink.left_out(reason),
                Seen::Fault(field, reason) => self.sink.problem(Problem {
                    place: place.list.name.to_owned(),
                    field: field.to_owned(),
                    reason: reason.to_owned(),
                }),
            }
        }
    }

    /// Takes a text unless it is as it was, and remembers it if it gave events.
    fn text(
        &mut self,
        text: &Text<'_>,
        path: Option<String>,
        page: Option<&str>,
        known: &mut BTreeMap<String, Known>,
    ) {
        let ids = &self.reader.ids;
        let links = self.reader.links_in(text.title, &text.body);
        let on = self
            .reader
            .commented_on(text)
            .map(|writeup| ids[writeup].clone());
        let earlier = known.get(&text.id);
        let mut before = earlier.map(|earlier| earlier.found(ids));
        let is_deleted = matches!(text.action, Action::Deleted);
        let is_edited = earlier.is_none_or(|earlier| earlier.updated != text.updated);
        if let Some(earlier) = earlier.filter(|_| !is_edited && !is_deleted) {
            if before.as_ref() == Some(&links) && earlier.on == on {
                return;
            }
            // Its links are as old as they were: other write-ups are registered.
            before = None;
        }
        let is_known = earlier.is_some();
        self.reader
            .read(text, None, before.as_deref(), &mut self.bots, self.sink);
        if is_deleted {
            known.remove(&text.id);
            return;
        }
        // One that lost its links may get them back.
        if !is_known && on.is_none() && links.is_empty() {
            return;
        }
        let links = links
            .iter()
            .map(|(writeup, form)| (ids[*writeup].clone(), form.name().to_owned()))
            .collect();
        let remembered = Known {
            path,
            etag: None,
            page: page.map(|page| nameless(page).into_owned()),
            address: text.address.as_deref().map(|at| nameless(at).into_owned()),
            created: text.created,
            updated: text.updated,
            on,
            links,
        };
        known.insert(text.id.clone(), remembered);
    }

    /// Looks at some of the texts again that gave events: lists don't tell what was deleted.
    fn again(&mut self, home: Option<&str>, state: &mut Repository) -> Result<(), Stop> {
        let after = state.looked.take().unwrap_or_default();
        let later = state.known.keys().filter(|id| **id > after);
        let earlier = state.known.keys().filter(|id| **id <= after);
        let ids: Vec<String> = later.chain(earlier).take(LOOKED_AT).cloned().collect();
        for id in ids {
            let Some(one) = state.known.get(&id).cloned() else {
                continue;
            };
            state.looked = Some(id.clone());
            let Some(path) = one.path.clone() else {
                continue;
            };
            let address = self.client.address(&path);
            match self.get(&address, one.etag.as_deref())? {
                Reply::Same | Reply::Forbidden => {}
                Reply::Gone => {
                    self.gone(&id, &one);
                    state.known.remove(&id);
                }
                Reply::Page(page) => {
                    let at = At {
                        page: one.page.as_deref(),
                        home,
                        ..At::default()
                    };
                    for seen in D::look(&page.value, &at) {
                        // What was moved is another text now.
                        if let Seen::Text(text) = seen
                            && text.id == id
                        {
                            self.text(&text, Some(path.clone()), at.page, &mut state.known);
                        }
                    }
                    if let Some(one) = state.known.get_mut(&id) {
                        one.etag = page.etag;
                    }
                }
            }
        }
        Ok(())
    }

    /// Sends the end of a text that is not there any more. Whose it was was not remembered.
    fn gone(&mut self, id: &str, one: &Known) {
        let on = one.on.as_ref();
        let on = on.and_then(|on| self.reader.ids.iter().position(|known| known == on));
        let links = one.found(&self.reader.ids);
        let (written, address) = ((id, one.created), one.address.as_deref());
        self.reader
            .gone(written, address, self.now, (on, &links), self.sink);
    }
}

/// A list was read to its end.
fn read(progress: &mut Progress) {
    if let Some(newest) = progress.newest.take() {
        let since = progress.since.unwrap_or(Millis::MIN);
        progress.since = Some(since.max(newest - OVERLAP));
    }
}

/// Where an object stands.
#[derive(Clone, Copy)]
struct Stand<'a> {
    list: &'a List,
    home: Option<&'a str>,
    since: Option<Millis>,
}

/// The objects of a page.
fn objects(page: &Value) -> &[Value] {
    let list = page.as_array().or_else(|| page["values"].as_array());
    list.map_or(&[], Vec::as_slice)
}

/// When an object was changed last.
fn changed(value: &Value) -> Option<Millis> {
    [
        "updated_at",
        "updated_on",
        "submitted_at",
        "created_at",
        "created_on",
    ]
    .iter()
    .find_map(|field| instant(&value[field]))
    .or_else(|| of_millis(&value["updatedDate"]))
    .or_else(|| of_millis(&value["createdDate"]))
}
