//! The part of a pull that looks once more at texts that gave events, to see which were deleted.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Millis;

use super::checkpoint::{Known, LOOK_BACK, Repository};
use super::client::{Reply, Stop};
use super::poll::{Graph, List, NODE, Order, Polled};
use super::run::Run;
use super::texts::second;
use super::{At, Seen};

/// Texts that are looked at again in one pull of a repository.
const LOOKED_AT: usize = 50;

/// Pulls that do not find a text before it is taken to be gone.
const MISSED: u8 = 2;

impl<D: Polled> Run<'_, D> {
    /// Looks at some of the texts again that gave events: lists don't tell what was deleted. Those of lists
    /// that were not there are left: they may be there with their list another time.
    pub(super) fn again(
        &mut self,
        home: Option<&str>,
        (lists, unread): (&[List], &[&str]),
        state: &mut Repository,
    ) -> Result<(), Stop> {
        let graph = lists.iter().find_map(|list| match list.order {
            Order::Graph(graph) => Some(graph),
            _ => None,
        });
        let long_ago = self.now - LOOK_BACK;
        state.known.retain(|_, one| {
            let ended = one.ended.map(|ended| Millis::from(ended) * 1000);
            ended.is_none_or(|ended| ended > long_ago)
        });
        let after = state.looked.take().unwrap_or_default();
        let later = state.known.keys().filter(|id| **id > after);
        let earlier = state.known.keys().filter(|id| **id <= after);
        let ids: Vec<String> = later.chain(earlier).take(LOOKED_AT).cloned().collect();
        for id in ids {
            state.looked = Some(id.clone());
            let one = state.known.get(&id);
            let one = one.filter(|one| !unread.contains(&one.list.as_str()));
            let Some(one) = one.cloned() else {
                continue;
            };
            let Some(path) = one.path.clone() else {
                continue;
            };
            let reply = match (path.strip_prefix(NODE), graph) {
                (Some(node), Some(graph)) => self.node(graph, node),
                (Some(_), None) => continue,
                (None, _) => self.get(&self.client.address(&path), one.etag.as_deref()),
            };
            match reply {
                Ok(Reply::Forbidden) => {}
                Ok(Reply::Same) => found(state.known.get_mut(&id), one.etag),
                Ok(Reply::Gone) => {
                    if let Some(one) = state.known.get_mut(&id) {
                        self.miss(&id, one);
                    }
                }
                Ok(Reply::Page(page)) => {
                    let is_moved =
                        self.seen((&id, &path), &one, home, (&page.value, &mut state.known));
                    match state.known.get_mut(&id).filter(|_| is_moved) {
                        Some(one) => self.miss(&id, one),
                        None => found(state.known.get_mut(&id), page.etag),
                    }
                }
                Err(stop) => self.pass(stop)?,
            }
        }
        Ok(())
    }

    /// Asks in GraphQL whether an object is there.
    fn node(&mut self, graph: &Graph, id: &str) -> Result<Reply, Stop> {
        if !self.client.has_token() {
            return Ok(Reply::Forbidden);
        }
        let address = (graph.address)(self.api);
        let question = (graph.one)(id).to_string();
        let Reply::Page(page) = self.client.post(&address, &question)? else {
            return Ok(Reply::Forbidden);
        };
        self.got = true;
        if page.value["data"]["node"].is_object() {
            return Ok(Reply::Same);
        }
        let errors = page.value["errors"].as_array().into_iter().flatten();
        let mut kinds = errors.map(|error| error["type"].as_str());
        match kinds.next() {
            Some(Some("NOT_FOUND")) => Ok(Reply::Gone),
            Some(Some("RATE_LIMITED")) => Err(self.client.used_up()),
            None if page.value["data"]["node"].is_null() && page.value["data"].is_object() => {
                Ok(Reply::Gone)
            }
            _ => Ok(Reply::Forbidden),
        }
    }

    /// Takes a text that was looked at again. Says whether another one stands there, as where it was moved
    /// to another repository, or the repository was renamed: that one is met in a list.
    fn seen(
        &mut self,
        (id, path): (&str, &str),
        one: &Known,
        home: Option<&str>,
        (value, known): (&Value, &mut BTreeMap<String, Known>),
    ) -> bool {
        let at = At {
            page: one.page.as_deref(),
            home,
            ..At::default()
        };
        let (mut is_there, mut is_other) = (false, false);
        for seen in D::look(value, &at) {
            let (Seen::Text(text) | Seen::Emptied(text, _)) = &seen else {
                continue;
            };
            is_there |= text.id == id;
            is_other |= text.id != id;
            match seen {
                Seen::Text(text) if text.id == id => {
                    let spot = (Some(path.to_owned()), at.page, one.list.as_str());
                    self.text(&text, spot, known);
                }
                Seen::Emptied(text, _) if text.id == id => {
                    if let Some(one) = known.get_mut(id) {
                        self.end(id, one);
                    }
                }
                _ => {}
            }
        }
        is_other && !is_there
    }

    /// A text was not found. One time is no proof: copies of a forge lag behind each other.
    fn miss(&mut self, id: &str, one: &mut Known) {
        one.missed = one.missed.saturating_add(1);
        if one.missed >= MISSED {
            self.end(id, one);
        }
    }

    /// Sends the end of a text that is not there any more. Whose it was was not remembered; what was a
    /// program's would become a person's, so that is left as it stands, and never counted.
    pub(super) fn end(&mut self, id: &str, one: &mut Known) {
        if one.ended.is_some() {
            return;
        }
        let version = second(self.now).max(second(one.updated).saturating_add(1));
        one.ended = Some(version);
        // One that turns up again may be known by what it was known by.
        one.etag = None;
        if one.bot {
            return;
        }
        let on = one.on.as_ref();
        let on = on.and_then(|on| self.reader.ids.iter().position(|known| known == on));
        let links = one.found(&self.reader.ids);
        let (written, address) = ((id, one.created), one.address.as_deref());
        let when = (self.now, version);
        self.reader
            .gone(written, address, when, (on, &links), self.sink);
    }
}

/// A text is still there.
fn found(one: Option<&mut Known>, etag: Option<String>) {
    if let Some(one) = one {
        one.missed = 0;
        one.etag = etag;
    }
}
