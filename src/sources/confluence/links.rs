//! The part of a pull that looks for links to write-ups in the pages of the spaces, and for links that are
//! gone.

use std::collections::{BTreeMap, HashMap, HashSet};

use percent_encoding::percent_decode_str;

use crate::model::{LinkForm, Millis, Place};
use crate::sources::KnownWriteup;
use crate::sources::forge::{Stop, hex, sha256};
use crate::sources::links::Finder;

use super::answer::{Page, Who};
use super::checkpoint::{Checkpoint, Linked};
use super::events::Maker;
use super::params::Mark;
use super::run::{MISSED, Run};
use super::site::TOGETHER;
use super::storage::{self, Reference};

/// Pages that are read again in one pull where other write-ups are known than before.
const AGAIN: usize = 1000;

/// What pages may link to.
pub(super) struct Targets {
    finder: Finder,
    ids: Vec<String>,
    /// Write-ups of this source by the numbers of their pages.
    numbers: HashMap<u64, String>,
    /// The same by space and title.
    titles: HashMap<(String, String), String>,
    /// Write-ups of this source whose page cannot be seen: links to them by title are not known.
    unseen: HashSet<String>,
    /// Tells whether they are others than before.
    digest: String,
}

impl Targets {
    /// `pages` are those that can be seen, `own` the numbers of those that are or were listed as write-ups.
    fn new(
        maker: &Maker,
        pages: &BTreeMap<u64, &Page>,
        own: impl Iterator<Item = u64>,
        others: &[KnownWriteup],
    ) -> Targets {
        let mut numbers: BTreeMap<u64, Vec<String>> = own.map(|id| (id, Vec::new())).collect();
        let mut known = Vec::new();
        let prefix = format!("{}:", maker.source);
        for other in others {
            let number = other
                .id
                .strip_prefix(&prefix)
                .and_then(|id| id.parse().ok());
            match number {
                Some(number) => numbers
                    .entry(number)
                    .or_default()
                    .extend(other.aliases.iter().cloned()),
                None => known.push(other.clone()),
            }
        }
        let mut titles = HashMap::new();
        let mut unseen = HashSet::new();
        for (number, mut aliases) in std::mem::take(&mut numbers) {
            let id = maker.id(number);
            match pages.get(&number) {
                Some(page) => {
                    aliases.extend(maker.addresses(page));
                    let space = page.space.clone();
                    titles.extend(space.map(|space| ((space, page.title.clone()), id.clone())));
                }
                None => {
                    aliases.extend(maker.address(number));
                    unseen.insert(id.clone());
                }
            }
            numbers.insert(number, Vec::new());
            known.push(KnownWriteup {
                id,
                title: None,
                aliases,
            });
        }
        let mut names: Vec<String> = known
            .iter()
            .map(|one| format!("{} {}", one.id, one.aliases.join(" ")))
            .collect();
        names.sort_unstable();
        Targets {
            digest: hex(&sha256(names.join("\n").as_bytes())[..8]),
            numbers: numbers
                .into_keys()
                .map(|number| (number, maker.id(number)))
                .collect(),
            titles,
            unseen,
            ids: known.iter().map(|writeup| writeup.id.clone()).collect(),
            finder: Finder::new(&known),
        }
    }

    /// The write-ups that a page refers to, and how.
    fn of(&self, page: &Page, storage: &str) -> BTreeMap<String, LinkForm> {
        let taken = storage::take(storage);
        let mut found: BTreeMap<String, LinkForm> = BTreeMap::new();
        let mut text = taken.text;
        let by_title = |space: Option<String>, title: String| {
            let space = space.or_else(|| page.space.clone())?;
            self.titles.get(&(space, title)).cloned()
        };
        for reference in taken.references {
            let id = match reference {
                Reference::Title { space, title } => by_title(space, title),
                Reference::Number(number) => self.numbers.get(&number).cloned(),
                Reference::Address(address) => {
                    text.push('\n');
                    text.push_str(&address);
                    titled(&address).and_then(|(space, title)| by_title(Some(space), title))
                }
            };
            found.extend(id.map(|id| (id, LinkForm::Link)));
        }
        for hit in self.finder.find(text.as_bytes(), None) {
            if let Some(id) = self.ids.get(hit.writeup) {
                let form = hit.form.of_link();
                let known = found.entry(id.clone()).or_insert(form);
                *known = (*known).min(form);
            }
        }
        if let Some(own) = self.numbers.get(&page.id) {
            found.remove(own);
        }
        found
    }
}

impl Run<'_> {
    /// Tells of links that came and went since the last pull.
    pub(super) fn links(
        &mut self,
        writeups: &BTreeMap<u64, Page>,
        state: &mut Checkpoint,
    ) -> Result<(), Stop> {
        let pages: BTreeMap<u64, &Page> = self
            .listing
            .iter()
            .chain(writeups)
            .map(|(id, page)| (*id, page))
            .collect();
        let own = writeups.keys().chain(state.writeups.keys()).copied();
        let targets = Targets::new(&self.maker, &pages, own, &self.setting.writeups);
        let places = self.places(&targets)?;
        if targets.digest != state.names && !state.scanned.is_empty() {
            match state.again {
                // It is gone through to its end first, or it might never come to it.
                Some(_) => state.once_more = true,
                None => state.again = Some(0),
            }
        }
        state.names.clone_from(&targets.digest);
        if state.scanned.is_empty() && state.links.is_empty() {
            self.sink.note(
                "links in pages are dated by the version that first had them; a first look takes its time"
                    .to_owned(),
            );
        }
        let place_of = |id: &u64| places.get(id).copied().unwrap_or(Place::Docs);
        let is_moved = |page: &Page, links: &BTreeMap<u64, BTreeMap<String, Linked>>| {
            let place = place_of(&page.id);
            links.get(&page.id).is_some_and(|links| {
                links
                    .values()
                    .any(|link| link.removed_at.is_none() && !link.stands_in(place))
            })
        };
        let wanted: Vec<(u64, bool)> = self
            .listing
            .values()
            .filter(|page| {
                let is_read = state.scanned.get(&page.id) == Some(&page.version.number);
                !page.trashed && (!is_read || is_moved(page, &state.links))
            })
            .map(|page| (page.id, page.blog))
            .collect();
        self.look(&wanted, (&targets, &places), state)?;
        if let Some(after) = state.again {
            let rest: Vec<(u64, bool)> = self
                .listing
                .range(after.saturating_add(1)..)
                .map(|(id, page)| (*id, page.blog))
                .filter(|page| state.scanned.contains_key(&page.0) && !wanted.contains(page))
                .collect();
            for some in rest.chunks(TOGETHER).take(AGAIN / TOGETHER) {
                self.look(some, (&targets, &places), state)?;
                state.again = some.last().map(|(id, _)| *id);
            }
            if rest.len() <= AGAIN / TOGETHER * TOGETHER {
                state.again = std::mem::take(&mut state.once_more).then_some(0);
            }
        }
        self.unlink(&targets, state);
        Ok(())
    }

    /// Reads some pages and tells of their links. What is not answered is asked again by the next pull.
    fn look(
        &mut self,
        wanted: &[(u64, bool)],
        (targets, places): (&Targets, &BTreeMap<u64, Place>),
        state: &mut Checkpoint,
    ) -> Result<(), Stop> {
        for some in wanted.chunks(TOGETHER) {
            let pages = match self.site.pages(some, true, &self.spaces) {
                Ok(pages) => pages,
                Err(stop) => {
                    self.passes(Err(stop))?;
                    for (id, _) in some {
                        state.scanned.remove(id);
                    }
                    continue;
                }
            };
            for (page, body) in &pages {
                // What is not shown says nothing of its links.
                let Some(body) = body else {
                    continue;
                };
                let found = targets.of(page, body);
                let place = places.get(&page.id).copied().unwrap_or(Place::Docs);
                let told = self.told(page, (found, place), targets, state);
                match self.passes(told)? {
                    true => state.scanned.insert(page.id, page.version.number),
                    false => state.scanned.remove(&page.id),
                };
            }
        }
        Ok(())
    }

    /// Which pages are what kind of place; all others are documentation.
    fn places(&mut self, targets: &Targets) -> Result<BTreeMap<u64, Place>, Stop> {
        let mut places: BTreeMap<u64, Place> = targets
            .numbers
            .keys()
            .map(|id| (*id, Place::Writeup))
            .collect();
        for (place, mark) in &self.params.places {
            let ids: Vec<u64> = match mark {
                Mark::Cql(cql) => self.site.search(cql)?.into_keys().collect(),
                Mark::Title(words) => {
                    let has = |page: &&Page| page.title.to_lowercase().contains(words);
                    self.listing
                        .values()
                        .filter(has)
                        .map(|page| page.id)
                        .collect()
                }
            };
            for id in ids {
                places.entry(id).or_insert(*place);
            }
        }
        Ok(places)
    }

    /// Tells of the links of one page.
    fn told(
        &mut self,
        page: &Page,
        (found, place): (BTreeMap<String, LinkForm>, Place),
        targets: &Targets,
        state: &mut Checkpoint,
    ) -> Result<(), Stop> {
        let before = state.scanned.get(&page.id).copied();
        let is_next = before.is_some_and(|before| before + 1 == page.version.number);
        for (id, form) in &found {
            let linked = state.links.get(&page.id).and_then(|links| links.get(id));
            if linked.is_some_and(|linked| linked.stands_in(place)) {
                continue;
            }
            let is_new = linked.is_none_or(|linked| linked.removed_at.is_some());
            let (at, who) = match is_next && is_new {
                true => (page.version.at, page.version.who.clone()),
                false => self.since(page, id, targets)?,
            };
            self.introduce(who.iter())?;
            let next = Linked {
                // It came back: the same link, from the time when it was first seen.
                at: linked.map_or(at, |linked| linked.at),
                version: linked.map_or(0, |linked| linked.version + 1),
                place: place.name().to_owned(),
                removed_at: None,
            };
            let stands_in = self.stands_in(page.id, targets);
            let event = self.maker.link(
                (page.id, id),
                stands_in,
                (place, *form),
                &next,
                who.as_ref(),
            );
            self.sink.event(event);
            let links = state.links.entry(page.id).or_default();
            links.insert(id.clone(), next);
        }
        if before == Some(page.version.number) {
            // The page is as it was: what is not found in it any more is only called another way.
            return Ok(());
        }
        let gone_at = if is_next { page.version.at } else { self.now };
        if let Some(links) = state.links.get_mut(&page.id) {
            let is_gone = |id: &String| !found.contains_key(id) && !targets.unseen.contains(id);
            for (id, linked) in links.iter_mut().filter(|(id, _)| is_gone(id)) {
                self.removed((page.id, id), linked, gone_at, targets);
            }
        }
        Ok(())
    }

    /// Since when a page has a link that it has now, and who put it there: a version that has it after one
    /// that has not, found by halves.
    fn since(
        &mut self,
        page: &Page,
        id: &str,
        targets: &Targets,
    ) -> Result<(Millis, Option<Who>), Stop> {
        let (mut without, mut with) = (0, page.version.clone());
        while with.number - without > 1 {
            let middle = without + (with.number - without) / 2;
            let version = self.site.version(page, middle)?;
            let has = |body: &String| targets.of(page, body).contains_key(id);
            match version.filter(|version| version.body.as_ref().is_some_and(has)) {
                Some(version) if version.number == middle => with = version,
                _ => without = middle,
            }
        }
        Ok((with.at, with.who))
    }

    /// Tells of links on pages that are gone.
    fn unlink(&mut self, targets: &Targets, state: &mut Checkpoint) {
        let now = self.now;
        let is_there = |id: &u64, listing: &BTreeMap<u64, Page>| {
            listing.get(id).is_some_and(|page| !page.trashed)
        };
        // What could not be read is no proof.
        let is_sure = self.site.unread == 0;
        for (from, links) in &mut state.links {
            if is_there(from, &self.listing) {
                state.missed.remove(from);
                continue;
            }
            if !is_sure {
                continue;
            }
            // One list without it is no proof, unless it is known to be gone.
            let missed = state.missed.entry(*from).or_default();
            *missed = missed.saturating_add(1);
            let is_gone = state.writeups.get(from).is_some_and(|known| known.gone);
            if *missed < MISSED && !is_gone && !self.listing.contains_key(from) {
                continue;
            }
            for (id, linked) in links {
                self.removed((*from, id), linked, now, targets);
            }
        }
        let listing = &self.listing;
        state.scanned.retain(|id, _| is_there(id, listing));
    }

    fn removed(
        &mut self,
        (from, to): (u64, &str),
        linked: &mut Linked,
        at: Millis,
        targets: &Targets,
    ) {
        if linked.removed_at.is_some() {
            return;
        }
        linked.removed_at = Some(at.max(linked.at));
        linked.version += 1;
        let place = Place::ALL
            .into_iter()
            .find(|place| place.name() == linked.place);
        let place = place.unwrap_or(Place::Docs);
        let stands_in = self.stands_in(from, targets);
        let event = self
            .maker
            .link((from, to), stands_in, (place, LinkForm::Link), linked, None);
        self.sink.event(event);
    }

    /// Where a link stands: a write-up by its id, another page by its address.
    fn stands_in(&self, page: u64, targets: &Targets) -> Option<String> {
        let own = targets.numbers.get(&page).cloned();
        own.or_else(|| self.maker.address(page))
    }
}

/// The title in the address `/display/KEY/Title` of a page, with its space.
fn titled(address: &str) -> Option<(String, String)> {
    let rest = address.split_once("/display/")?.1;
    let mut parts = rest.split(['?', '#']).next()?.split('/');
    let (space, title) = (parts.next()?, parts.next()?);
    let title = title.replace('+', " ");
    let title = percent_decode_str(&title).decode_utf8().ok()?;
    (!space.is_empty() && !title.is_empty()).then(|| (space.to_owned(), title.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_in_addresses() {
        assert_eq!(
            titled("https://h/display/OPS/Disk+full%3F?x=1"),
            Some(("OPS".to_owned(), "Disk full?".to_owned()))
        );
        for none in ["https://h/display/OPS", "https://h/display//x", "/x", ""] {
            assert_eq!(titled(none), None, "{none}");
        }
    }
}
