//! Pulls the texts of repositories from a forge's REST API: lists page by page, what belongs to each of
//! their objects, and once more the texts that gave events, to see which were deleted.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::Value;
use url::Url;

use crate::model::target::nameless;
use crate::model::{Millis, Place, to_rfc3339};
use crate::sources::{Problem, Pull, Setting, Sink, SourceError, decode};

use super::checkpoint::{Checkpoint, Known, Progress, Repository};
use super::client::{Client, Page, Reply, Stop};
use super::texts::Action;
use super::{At, Bots, Dialect, Params, Reader, Seen, Text, instant, of_millis, reader};

/// A forge that can be asked.
pub(in crate::sources) trait Polled: Dialect {
    /// The API that is asked where the parameters name none.
    const API: Option<&'static str>;

    /// How a token is shown, unless a user's name stands before it.
    const SCHEME: &'static str = "Bearer";

    /// The lists of a repository.
    fn lists(api: &Url, repository: &str) -> Vec<List>;

    /// The address of a repository for people, where it can be told from the API's.
    fn home(api: &Url, repository: &str) -> Option<String>;

    /// The lists that belong to an object of a list.
    fn below(list: &List, value: &Value, since: Option<Millis>) -> Vec<List>;

    /// Where the API has a text of a list, by its id.
    fn path(list: &List, text: &Text<'_>, value: &Value) -> Option<String>;
}

/// A list of objects.
#[derive(Clone)]
pub(in crate::sources) struct List {
    /// Its name in the checkpoint.
    pub(in crate::sources) name: &'static str,
    /// The repository's path in the API.
    pub(in crate::sources) root: String,
    /// Its path in the API.
    pub(in crate::sources) path: String,
    /// What is asked for.
    pub(in crate::sources) query: String,
    /// How it is read.
    pub(in crate::sources) order: Order,
    /// The page for people that its objects belong to.
    pub(in crate::sources) page: Option<String>,
}

/// How a list is read.
#[derive(Clone, Copy)]
pub(in crate::sources) enum Order {
    /// It can be asked for what was changed since a time.
    Since(fn(&str) -> String),
    /// The newest come last: it is read from the page that was the last one on.
    Growing,
    /// It has no order, and is read whole.
    Whole,
    /// What was changed last comes first: it is read as far as it is new.
    NewestFirst,
}

impl List {
    /// A list below an object of this one.
    pub(in crate::sources) fn under(
        &self,
        path: String,
        query: &str,
        order: Order,
        page: Option<&str>,
    ) -> List {
        List {
            name: self.name,
            root: self.root.clone(),
            path,
            query: query.to_owned(),
            order,
            page: page.map(str::to_owned),
        }
    }

    fn first(&self, client: &Client, since: Option<Millis>) -> String {
        let mut query = self.query.clone();
        if let (Order::Since(write), Some(since)) = (self.order, since) {
            query.push_str(&write(&to_rfc3339(since / 1000 * 1000)));
        }
        client.address(&format!("{}?{query}", self.path))
    }
}

/// Clocks of a forge's machines differ, and what was written may be seen a little later, ms.
const OVERLAP: Millis = 60_000;

/// Texts that are looked at again in one pull of a repository.
const LOOKED_AT: usize = 50;

/// Builds what pulls a kind.
pub(in crate::sources) fn pull<D: Polled>(
    params: toml::Table,
    setting: &Setting,
) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Poll::<D>::new(&decode(params)?, setting)?))
}

/// Asks for one page of each repository, for `readback check`.
pub(in crate::sources) fn look<D: Polled>(
    params: toml::Table,
    setting: &Setting,
) -> Result<String, SourceError> {
    let poll = Poll::<D>::new(&decode(params)?, setting)?;
    let (Some(api), false) = (&poll.api, poll.repositories.is_empty()) else {
        return Ok("no repositories are pulled".to_owned());
    };
    let mut client = Client::new(api, poll.authorization.clone(), 0);
    for repository in &poll.repositories {
        let lists = D::lists(api, repository);
        let mut found = false;
        for list in &lists {
            let address = list.first(&client, None);
            match client.get(&address, None) {
                Ok(reply) => found |= !matches!(reply, Reply::Gone),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Later(reason, _)) => return Ok(format!("answers, but {reason}")),
            }
            if found {
                break;
            }
        }
        if !found {
            return Err(absent(api, repository));
        }
    }
    Ok(format!("{} repositories answer", poll.repositories.len()))
}

fn absent(api: &Url, repository: &str) -> SourceError {
    SourceError::Remote {
        name: format!("{}{}", api.host_str().unwrap_or_default(), api.path()),
        reason: format!(
            "the repository {repository:?} is not there, or not for the token of token_file"
        ),
        retryable: false,
    }
}

struct Poll<D> {
    api: Option<Url>,
    authorization: Option<String>,
    repositories: Vec<String>,
    reader: Reader,
    setting: Setting,
    dialect: PhantomData<D>,
}

impl<D: Polled> Poll<D> {
    fn new(params: &Params, setting: &Setting) -> Result<Poll<D>, SourceError> {
        let given = params.api.as_deref().or(D::API);
        let api = given.map(|api| params.api_of(api)).transpose()?;
        if api.is_none() && !params.repositories.is_empty() {
            return Err(SourceError::Params(
                "repositories are pulled from an API; give its address as api".to_owned(),
            ));
        }
        Ok(Poll {
            api,
            authorization: params.authorization(D::SCHEME)?,
            repositories: params.repositories.clone(),
            reader: reader(setting, Place::Ticket),
            setting: setting.clone(),
            dialect: PhantomData,
        })
    }
}

impl<D: Polled> Pull for Poll<D> {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let (Some(api), false) = (&self.api, self.repositories.is_empty()) else {
            // It only takes deliveries.
            return Ok(checkpoint.unwrap_or_default().to_owned());
        };
        let mut state = Checkpoint::of(checkpoint, sink);
        if let Some(until) = state.not_before.filter(|until| now < *until) {
            sink.note(format!(
                "the forge is left alone until {}",
                to_rfc3339(until)
            ));
            return Ok(checkpoint.unwrap_or_default().to_owned());
        }
        state.not_before = None;
        state.know(&self.setting, now);
        let mut known = std::mem::take(&mut state.repositories);
        let mut run = Run::<D> {
            api,
            client: Client::new(api, self.authorization.clone(), now),
            reader: &self.reader,
            bots: Bots::default(),
            now,
            got: false,
            absent: None,
            sink,
            dialect: PhantomData,
        };
        let mut ended = Ok(());
        for name in &self.repositories {
            let mut repository = known.remove(name).unwrap_or_default();
            if ended.is_ok() {
                ended = run.repository(name, &mut repository);
            }
            state.repositories.insert(name.clone(), repository);
        }
        let (got, bots, absent) = (run.got, run.bots, run.absent);
        bots.tell("pull", sink);
        match ended {
            Ok(()) if !got => {
                if let Some(error) = absent {
                    return Err(error);
                }
            }
            Ok(()) => {}
            Err(Stop::Later(reason, until)) => {
                sink.note(format!("{reason}; the next pull goes on from there"));
                state.not_before = until;
            }
            // Nothing came at all.
            Err(Stop::Failed(error)) if !got => return Err(error),
            Err(Stop::Failed(error)) => {
                sink.note(format!("{error}; the next pull goes on from there"));
            }
        }
        serde_json::to_string(&state).map_err(|_| SourceError::Format {
            name: "checkpoint".to_owned(),
            reason: "cannot be written".to_owned(),
        })
    }
}

/// One pull.
struct Run<'a, D> {
    api: &'a Url,
    client: Client,
    reader: &'a Reader,
    bots: Bots,
    now: Millis,
    /// Something was answered.
    got: bool,
    /// A repository that is not there.
    absent: Option<SourceError>,
    sink: &'a mut dyn Sink,
    dialect: PhantomData<D>,
}

impl<D: Polled> Run<'_, D> {
    fn get(&mut self, address: &str, etag: Option<&str>) -> Result<Reply, Stop> {
        let reply = self.client.get(address, etag)?;
        self.got |= !matches!(reply, Reply::Gone);
        Ok(reply)
    }

    fn repository(&mut self, name: &str, state: &mut Repository) -> Result<(), Stop> {
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
                Ok(Reply::Gone) => return Ok(false),
                Err(stop) => {
                    progress.next = Some(address);
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
        if let Some(newest) = progress.newest.take() {
            let since = progress.since.unwrap_or(Millis::MIN);
            progress.since = Some(since.max(newest - OVERLAP));
        }
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
        let before = earlier.map(|earlier| earlier.found(ids));
        let is_deleted = matches!(text.action, Action::Deleted);
        if let Some(earlier) = earlier {
            let is_same = before.as_ref() == Some(&links)
                && earlier.on == on
                && earlier.updated == text.updated;
            if is_same && !is_deleted {
                return;
            }
        }
        self.reader
            .read(text, None, before.as_deref(), &mut self.bots, self.sink);
        if is_deleted || (on.is_none() && links.is_empty()) {
            known.remove(&text.id);
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
                Reply::Same => {}
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
