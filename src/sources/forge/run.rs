//! One pull of a forge's REST API: lists page by page, and what belongs to each of their objects.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use url::Url;

use crate::model::Millis;
use crate::sources::{Sink, SourceError};

use super::checkpoint::{Known, OVERLAP, Progress, Repository, untold};
use super::client::{Blame, Client, Page, Reply, Stop};
use super::poll::{List, Order, Polled, absent};
use super::spot::Spot;
use super::steps::is_by_stretch;
use super::taken::{Stand, changed, is_list, objects};
use super::{Bots, Reader};

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
    /// What below the objects of a page was asked for first that could not be told, and may be another time.
    pub(super) owed: Option<String>,
    /// The list is read again for what could not be read.
    pub(super) is_again: bool,
    /// Questions about single objects of a repository that were refused, and why the first was.
    pub(super) refused: Option<(u32, String)>,
    /// The first of these of all repositories, in words.
    pub(super) left_out: Option<String>,
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

    /// Asks for a page of a list. Something else than a list is no answer, and no end of one.
    pub(super) fn page_of(&mut self, address: &str, etag: Option<&str>) -> Result<Reply, Stop> {
        match self.get(address, etag)? {
            Reply::Page(page) if !is_list(&page.value) => Err(self
                .client
                .unanswered("answers with something else than a list", false)),
            reply => Ok(reply),
        }
    }

    /// Pulls a repository.
    pub(super) fn repository(&mut self, name: &str, state: &mut Repository) -> Result<(), Stop> {
        let ended = self.all(name, state);
        if let Some((count, first)) = self.refused.take() {
            let words = format!(
                "{name}: questions about single texts that were not answered, and are left out: {count} ({first})"
            );
            self.left_out.get_or_insert_with(|| words.clone());
            self.sink.note(words);
        }
        ended
    }

    fn all(&mut self, name: &str, state: &mut Repository) -> Result<(), Stop> {
        let home = D::home(self.api, name);
        let lists = D::lists(self.api, name);
        let (mut missing, mut unread) = (0, Vec::new());
        for list in &lists {
            let mut progress = state.lists.remove(list.name).unwrap_or_default();
            let mut read = self.list(list, home.as_deref(), &mut progress, &mut state.known);
            if let Ok(true) = read {
                let again = self.retry(list, home.as_deref(), &mut progress, &mut state.known);
                read = again.map(|()| true);
            }
            for hole in &progress.holes {
                self.sink.note(untold(name, list.name, &hole.page));
            }
            state.lists.insert(list.name.to_owned(), progress);
            match read {
                Ok(true) => {}
                Ok(false) => {
                    missing += 1;
                    unread.push(list.name);
                    self.sink
                        .note(format!("{name}: has no {}, or not for us", list.name));
                }
                Err(Stop::Refused(error, _)) => {
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
        self.again(home.as_deref(), (&lists, &unread), state)
    }

    /// Reads a list on from where it stands. Says whether it is there.
    pub(super) fn list(
        &mut self,
        list: &List,
        home: Option<&str>,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<bool, Stop> {
        let is_whole = matches!(list.order, Order::Whole);
        progress.begin(self.now, is_whole, is_by_stretch(list.order));
        self.is_again = progress.is_again();
        if let Order::Graph(graph) = list.order {
            return self.graph(graph, list, progress, known);
        }
        let place = Stand {
            list,
            home,
            since: progress.since,
        };
        let mut begin = list.first(&self.client, progress.since);
        if let (Order::Growing, Some((last, _))) = (list.order, &progress.last) {
            begin.clone_from(last);
        }
        let mut address = progress.next.take().unwrap_or(begin);
        let (mut asked, mut answered, mut stepping) = (BTreeSet::new(), false, false);
        let mut is_end_known = true;
        loop {
            if !asked.insert(address.clone()) {
                self.sink.note(format!(
                    "{}: leads to a page that was read before; there it ends",
                    list.name
                ));
                break;
            }
            // What stands below the objects of a list without order may have changed all the same.
            let last = progress.last.as_ref().filter(|_| !is_whole);
            let etag = last.filter(|(last, _)| *last == address);
            let etag = etag.and_then(|(_, etag)| etag.clone());
            let page = match self.page_of(&address, etag.as_deref()) {
                Ok(Reply::Page(page)) => page,
                Ok(Reply::Same) => break,
                Ok(Reply::Forbidden) if answered => {
                    progress.next = Some(address);
                    return Err(self.client.forbidden());
                }
                Ok(Reply::Gone | Reply::Forbidden) => return Ok(false),
                Err(stop) => {
                    // A page that is refused will be: the list is begun again, behind what was read of it.
                    progress.next = match (stop.is_passing(), list.order) {
                        (true, _) => Some(address.clone()),
                        (false, Order::Since(_)) => {
                            let begin = list.first(&self.client, progress.from);
                            Some(begin).filter(|begin| *begin != address)
                        }
                        (false, _) => None,
                    };
                    if !matches!(stop, Stop::Refused(_, Blame::Answer)) {
                        return Err(stop);
                    }
                    stepping |= progress.refuse();
                    if !stepping || !self.around(&place, &address, progress, known)? {
                        return Err(stop);
                    }
                    (answered, progress.refused, is_end_known) = (true, 0, false);
                    match progress.next.take() {
                        Some(next) => address = next,
                        None => break,
                    }
                    continue;
                }
            };
            // What stood on the last page was deleted, and what is new stands before it.
            if let (Order::Growing, false, true) =
                (list.order, answered, objects(&page.value).is_empty())
                && let Some(before) = Spot::of(&address).and_then(|spot| spot.before())
            {
                address = before;
                continue;
            }
            (answered, progress.refused, is_end_known) = (true, 0, true);
            if let Err(stop) = self.page(&place, &page, progress, known) {
                progress.next = Some(address);
                return Err(stop);
            }
            let times = || objects(&page.value).iter().filter_map(changed);
            if let (Some(until), Some(oldest)) = (progress.until, times().min())
                && oldest > until
            {
                break;
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
        if !is_end_known {
            progress.last = None;
        }
        progress.end(matches!(list.order, Order::Since(_)));
        Ok(true)
    }

    /// Steps over a page of a list that is refused. Says whether that could be done; then the list goes on
    /// with `progress.next`, or ends.
    fn around(
        &mut self,
        place: &Stand<'_>,
        address: &str,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<bool, Stop> {
        let before = progress.newest.or(progress.from);
        let split = self.split(address, &mut |run, page| {
            run.page(place, page, progress, known)
        })?;
        let Some(split) = split else {
            return Ok(false);
        };
        progress.next = split.next;
        if split.is_lossy {
            let page = self.below_api(address);
            let from = split.before.max(before);
            self.leave(place.list, page, progress, (from, None));
        } else if let (Order::Since(_), Some(newest), Some(_)) =
            (place.list.order, progress.newest, &progress.next)
            && newest - OVERLAP > progress.from.unwrap_or(Millis::MIN).saturating_add(OVERLAP)
        {
            // As of any page of such a list, see below.
            progress.from = Some(newest - OVERLAP);
            progress.next = Some(place.list.first(&self.client, progress.from));
        }
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

    /// Takes the objects of a page, and what belongs to each.
    fn page(
        &mut self,
        place: &Stand<'_>,
        page: &Page,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<(), Stop> {
        let before = progress.newest.or(progress.from);
        let taken = self.objects(place, page, progress, known);
        let newest = objects(&page.value).iter().filter_map(changed).max();
        progress.close(newest);
        if let Some(page_below) = self.owed.take() {
            self.leave(place.list, page_below, progress, (before, newest));
        }
        taken
    }

    fn objects(
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
        let (mut asked, mut answered) = (BTreeSet::new(), false);
        while let Some(address) = next.filter(|address| asked.insert(address.clone())) {
            let page = match self.page_of(&address, None) {
                Ok(Reply::Page(page)) => page,
                Ok(Reply::Forbidden) if answered => return Err(self.client.forbidden()),
                Ok(_) => return Ok(()),
                Err(stop) => {
                    let mut split = None;
                    if let Stop::Refused(_, Blame::Answer) = stop
                        && self.is_again
                    {
                        split = self.split(&address, &mut |run, page| {
                            run.inner(place, page, level, known).map(drop)
                        })?;
                    }
                    if stop.is_passing() && split.as_ref().is_none_or(|split| split.is_lossy) {
                        let page = self.below_api(&address);
                        self.owed.get_or_insert(page);
                    }
                    self.pass(stop)?;
                    next = split.and_then(|split| split.next);
                    answered = true;
                    continue;
                }
            };
            answered = true;
            next = page.next.clone();
            if self.inner(place, &page, level, known)? {
                break;
            }
        }
        Ok(())
    }

    /// Takes the objects of a page of a list below an object. Says whether all that follows is old.
    fn inner(
        &mut self,
        place: &Stand<'_>,
        page: &Page,
        level: usize,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<bool, Stop> {
        for value in objects(&page.value) {
            let is_old = changed(value)
                .zip(place.since)
                .is_some_and(|(at, since)| at < since);
            if is_old && matches!(place.list.order, Order::NewestFirst) {
                return Ok(true);
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
        Ok(false)
    }

    /// Goes on after a question about a single object that was refused.
    pub(super) fn pass(&mut self, stop: Stop) -> Result<(), Stop> {
        let Stop::Refused(error, _) = stop else {
            return Err(stop);
        };
        let (count, _) = self.refused.get_or_insert_with(|| (0, error.to_string()));
        *count += 1;
        Ok(())
    }
}
