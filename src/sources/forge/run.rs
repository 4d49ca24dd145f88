//! One pull of a forge's REST API: lists page by page, and what belongs to each of their objects.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::model::target::nameless;
use crate::sources::{Problem, Sink, SourceError};

use super::checkpoint::{Known, OVERLAP, Progress, Repository};
use super::client::{Client, Page, Reply, Stop};
use super::poll::{Graph, List, Order, Polled, absent};
use super::texts::{Action, second};
use super::{At, Bots, Reader, Seen, Text, instant, of_millis};

/// Lists stand below objects, and further ones below theirs; no forge has more.
const DEEPEST: usize = 2;

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
    /// A repository or a list that is not there, or not answered for.
    pub(super) absent: Option<SourceError>,
    /// Something below the objects of a page could not be told, and may be another time.
    pub(super) owed: bool,
    /// Questions about single objects of a repository that were refused, and why the first was.
    pub(super) refused: Option<(u32, String)>,
    /// Takes the events.
    pub(super) sink: &'a mut dyn Sink,
    /// The kind of forge.
    pub(super) dialect: PhantomData<D>,
}

impl<D: Polled> Run<'_, D> {
    /// Asks for an address.
    pub(super) fn get(&mut self, address: &str, etag: Option<&str>) -> Result<Reply, Stop> {
        let reply = self.client.get(address, etag)?;
        self.got |= !matches!(reply, Reply::Gone | Reply::Forbidden);
        Ok(reply)
    }

    /// Pulls a repository.
    pub(super) fn repository(&mut self, name: &str, state: &mut Repository) -> Result<(), Stop> {
        let ended = self.all(name, state);
        if let Some((count, first)) = self.refused.take() {
            self.sink.note(format!(
                "{name}: questions about single texts that were not answered, and are left out: {count} ({first})"
            ));
        }
        ended
    }

    fn all(&mut self, name: &str, state: &mut Repository) -> Result<(), Stop> {
        let home = D::home(self.api, name);
        let lists = D::lists(self.api, name);
        let (mut missing, mut unread) = (0, Vec::new());
        for list in &lists {
            let mut progress = state.lists.remove(list.name).unwrap_or_default();
            let read = self.list(list, home.as_deref(), &mut progress, &mut state.known);
            state.lists.insert(list.name.to_owned(), progress);
            match read {
                Ok(true) => {}
                Ok(false) => {
                    missing += 1;
                    unread.push(list.name);
                    self.sink
                        .note(format!("{name}: has no {}, or not for us", list.name));
                }
                Err(Stop::Refused(error)) => {
                    unread.push(list.name);
                    self.sink.note(format!(
                        "{name}: {}: {error}; the next pull goes on from there",
                        list.name
                    ));
                    self.absent.get_or_insert(error);
                }
                Err(stop) => return Err(stop),
            }
        }
        if missing == lists.len() {
            let error = absent(self.api, name);
            self.sink.note(error.to_string());
            self.absent = Some(error);
        }
        if unread.len() == lists.len() {
            return Ok(());
        }
        self.again(home.as_deref(), &unread, state)
    }

    /// Reads a list on from where it stands. Says whether it is there.
    fn list(
        &mut self,
        list: &List,
        home: Option<&str>,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<bool, Stop> {
        progress.begin(self.now);
        if let Order::Graph(graph) = list.order {
            return self.graph(graph, list, progress, known);
        }
        let begin = match (list.order, &progress.last) {
            (Order::Growing, Some((address, _))) => address.clone(),
            _ => list.first(&self.client, progress.since),
        };
        let mut address = progress.next.take().unwrap_or(begin);
        let mut answered = false;
        loop {
            let etag = progress.last.as_ref().filter(|(last, _)| *last == address);
            let etag = etag.and_then(|(_, etag)| etag.clone());
            let page = match self.get(&address, etag.as_deref()) {
                Ok(Reply::Page(page)) => page,
                Ok(Reply::Same) => break,
                Ok(Reply::Forbidden) if answered => {
                    progress.next = Some(address);
                    return Err(self.client.forbidden());
                }
                Ok(Reply::Gone | Reply::Forbidden) => return Ok(false),
                Err(stop) => {
                    // A page that is refused will be: the list is begun again.
                    progress.next = Some(address).filter(|_| stop.is_passing());
                    return Err(stop);
                }
            };
            answered = true;
            let place = Stand {
                list,
                home,
                since: progress.since,
            };
            let taken = self.page(&place, &page, progress, known);
            progress.owed |= std::mem::take(&mut self.owed);
            if let Err(stop) = taken {
                progress.next = Some(address);
                return Err(stop);
            }
            match self.onward(list, &page, progress) {
                Some(next) => address = next,
                None => {
                    // A full page stays the same when another one follows it.
                    let is_full = list.is_full(objects(&page.value).len());
                    progress.last = Some((address, page.etag.filter(|_| !is_full)));
                    break;
                }
            }
        }
        progress.end(matches!(list.order, Order::Since(_)));
        Ok(true)
    }

    /// Where a list goes on. What is changed meanwhile moves from its place to the end of a sorted list,
    /// and what stood behind it moves up: that is asked for by time, as far as there is one to ask from.
    fn onward(&self, list: &List, page: &Page, progress: &mut Progress) -> Option<String> {
        let next = page.next.clone()?;
        if !matches!(list.order, Order::Since(_)) {
            return Some(next);
        }
        let times = objects(&page.value).iter().filter_map(changed);
        let times: Vec<Millis> = times.map(|at| at.min(self.now)).collect();
        let (Some(oldest), Some(newest)) = (times.iter().min(), times.iter().max()) else {
            return Some(next);
        };
        if oldest == newest {
            return Some(next);
        }
        let from = progress.from.unwrap_or(Millis::MIN);
        let since = [*newest - OVERLAP, *newest]
            .into_iter()
            .find(|since| *since > from.saturating_add(OVERLAP));
        let address = since.map(|since| list.first(&self.client, Some(since)));
        // Some can be asked from a day on, not from a time.
        match address.filter(|address| *address != list.first(&self.client, progress.from)) {
            Some(address) => {
                progress.from = since;
                Some(address)
            }
            None => Some(next),
        }
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
        let mut answered = false;
        'pages: loop {
            let question = (graph.question)(&list.root, next.as_deref()).to_string();
            let page = match self.client.post(&address, &question) {
                Ok(Reply::Page(page)) => page,
                Ok(Reply::Forbidden) if answered => {
                    progress.next = next;
                    return Err(self.client.forbidden());
                }
                Ok(_) => return Ok(false),
                Err(stop) => {
                    progress.next = next.filter(|_| stop.is_passing());
                    return Err(stop);
                }
            };
            self.got = true;
            answered = true;
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
                progress.meet(at, self.now);
                self.take(&place, value, known);
            }
            match then {
                Some(_) => next = then,
                None => break,
            }
        }
        progress.end(false);
        Ok(true)
    }

    fn page(
        &mut self,
        place: &Stand<'_>,
        page: &Page,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<(), Stop> {
        let mut names = Vec::new();
        for value in objects(&page.value) {
            let changed = changed(value);
            progress.meet(changed, self.now);
            // A name that this version of the object has and no other.
            let name = format!("{}@{}", value["id"], changed.unwrap_or_default());
            names.push(name.clone());
            if progress.done.contains(&name) {
                continue;
            }
            self.take(place, value, known);
            let lists = D::below(place.list, value, place.since);
            for list in &lists {
                let place = Stand { list, ..*place };
                self.below(&place, 1, known)?;
            }
            if !lists.is_empty() {
                progress.done.push(name);
            }
        }
        // The next page may begin with some of these.
        progress.done.retain(|name| names.contains(name));
        Ok(())
    }

    /// Reads a list below an object, at once to its end.
    fn below(
        &mut self,
        place: &Stand<'_>,
        level: usize,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<(), Stop> {
        let mut next = Some(place.list.first(&self.client, place.since));
        let mut answered = false;
        while let Some(address) = next {
            let page = match self.get(&address, None) {
                Ok(Reply::Page(page)) => page,
                Ok(Reply::Forbidden) if answered => return Err(self.client.forbidden()),
                Ok(_) => return Ok(()),
                Err(stop) => {
                    self.owed |= stop.is_passing();
                    return self.pass(stop);
                }
            };
            answered = true;
            for value in objects(&page.value) {
                let is_old = changed(value)
                    .zip(place.since)
                    .is_some_and(|(at, since)| at < since);
                if is_old && matches!(place.list.order, Order::NewestFirst) {
                    return Ok(());
                }
                self.take(place, value, known);
                if level == DEEPEST {
                    continue;
                }
                for list in &D::below(place.list, value, place.since) {
                    let place = Stand { list, ..*place };
                    self.below(&place, level + 1, known)?;
                }
            }
            next = page.next;
        }
        Ok(())
    }

    /// Goes on after a question about a single object that was refused.
    pub(super) fn pass(&mut self, stop: Stop) -> Result<(), Stop> {
        let Stop::Refused(error) = stop else {
            return Err(stop);
        };
        let (count, _) = self.refused.get_or_insert_with(|| (0, error.to_string()));
        *count += 1;
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
                    let spot = (path, at.page, place.list.name);
                    self.text(&text, spot, known);
                }
                Seen::Emptied(text, reason) => match known.get_mut(&text.id) {
                    Some(one) => self.end(&text.id, one),
                    None => self.sink.left_out(reason),
                },
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
    pub(super) fn text(
        &mut self,
        text: &Text<'_>,
        (path, page, list): (Option<String>, Option<&str>, &str),
        known: &mut BTreeMap<String, Known>,
    ) {
        let ids = &self.reader.ids;
        let links = self.reader.links_in(text.title, &text.body);
        let on = self
            .reader
            .commented_on(text)
            .map(|writeup| ids[writeup].clone());
        let earlier = known.get(&text.id);
        let ended = earlier.and_then(|earlier| earlier.ended);
        let mut before = earlier.map(|earlier| earlier.found(ids));
        let is_deleted = matches!(text.action, Action::Deleted);
        let is_edited = earlier.is_none_or(|earlier| earlier.updated != text.updated);
        if let Some(earlier) = earlier.filter(|_| !is_edited && !is_deleted && ended.is_none()) {
            if before.as_ref() == Some(&links) && earlier.on == on {
                return;
            }
            // Its links are as old as they were: other write-ups are registered.
            before = None;
        }
        let is_known = earlier.is_some();
        match ended.filter(|_| !is_deleted) {
            Some(ended) => {
                let version = second(self.now).max(ended.saturating_add(1));
                self.reader.back(text, version, &mut self.bots, self.sink);
            }
            None => {
                self.reader
                    .read(text, None, before.as_deref(), &mut self.bots, self.sink);
            }
        }
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
            list: list.to_owned(),
            bot: text.author().is_some_and(|author| author.bot),
            missed: 0,
            ended: None,
            page: page.map(|page| nameless(page).into_owned()),
            address: text.address.as_deref().map(|at| nameless(at).into_owned()),
            created: text.created,
            updated: text.updated,
            on,
            links,
        };
        known.insert(text.id.clone(), remembered);
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
