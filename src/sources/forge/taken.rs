//! What a pull takes of the objects of answers: texts, and what is remembered of those that gave events.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Millis;
use crate::model::target::nameless;
use crate::sources::Problem;

use super::checkpoint::Known;
use super::poll::{List, Polled};
use super::run::Run;
use super::texts::{Action, second};
use super::{At, Seen, Text, instant, of_millis};

/// Where an object stands.
#[derive(Clone, Copy)]
pub(super) struct Stand<'a> {
    pub(super) list: &'a List,
    pub(super) home: Option<&'a str>,
    pub(super) since: Option<Millis>,
}

impl<D: Polled> Run<'_, D> {
    /// Takes what an object holds.
    pub(super) fn take(
        &mut self,
        place: &Stand<'_>,
        value: &Value,
        known: &mut BTreeMap<String, Known>,
    ) {
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
                if let Some(one) = known.get_mut(&text.id).filter(|one| one.path.is_none()) {
                    // Earlier versions did not know where it can be looked at again.
                    one.path = path;
                }
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

/// The objects of a page.
pub(super) fn objects(page: &Value) -> &[Value] {
    let list = page.as_array().or_else(|| page["values"].as_array());
    list.map_or(&[], Vec::as_slice)
}

/// Whether an answer is a page of a list.
pub(super) fn is_list(page: &Value) -> bool {
    page.is_array() || page["values"].is_array()
}

/// When an object was changed last.
pub(super) fn changed(value: &Value) -> Option<Millis> {
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
