//! From rows to people: everything a list says about one person, under one key.

use std::collections::HashMap;

use super::dates::Stamp;
use super::log::{self, Action};
use super::presence::{Bounds, Stay, present_ms};
use super::report::{Entry, Report};
use super::{Problem, Sink, identity};
use crate::model::{Identity, Millis};

/// One attendee.
pub(super) struct Attendee {
    /// What tells them from the others of this meeting.
    pub(super) key: String,
    /// Their stays.
    pub(super) stays: Vec<Stay>,
    name: String,
    email: Option<String>,
    stated_ms: Option<u64>,
}

impl Attendee {
    /// Who it is; `None` for a telephone.
    pub(super) fn identity(&self) -> Option<Identity> {
        let known = self.email.is_some() || !is_telephone(&self.name);
        known.then(|| identity(self.email.as_deref(), &self.name))
    }

    /// Time present, ms: what the file states, else the union of the stays.
    pub(super) fn present_ms(&self, bounds: Bounds) -> Option<u64> {
        let stated = self
            .stated_ms
            .map(|stated| bounds.length().map_or(stated, |length| stated.min(length)));
        stated.or_else(|| present_ms(&self.stays, bounds))
    }
}

/// People in the order in which they first appear.
#[derive(Default)]
struct People {
    list: Vec<Attendee>,
    known: HashMap<String, usize>,
}

impl People {
    /// The person of this name and address, new if need be. Rows without any name are a person each.
    fn of(&mut self, name: &str, email: Option<&str>) -> &mut Attendee {
        let nameless = name.is_empty() && email.is_none();
        let key = match email {
            Some(email) => email.to_lowercase(),
            None if nameless => format!("\u{1f}{}", self.list.len()),
            None => name.to_owned(),
        };
        let index = *self.known.entry(key.clone()).or_insert(self.list.len());
        if index == self.list.len() {
            self.list.push(Attendee {
                key,
                stays: Vec::new(),
                name: name.to_owned(),
                email: email.map(str::to_owned),
                stated_ms: None,
            });
        }
        &mut self.list[index]
    }
}

/// The people of a report. Stays count; who has none keeps what the list of participants states.
pub(super) fn of_report(
    report: &Report,
    at: impl Fn(Stamp) -> Option<Millis>,
    sink: &mut dyn Sink,
) -> Vec<Attendee> {
    let mut people = People::default();
    let stay = |entry: &Entry, sink: &mut dyn Sink| {
        let (joined, left) = (at(entry.joined), entry.left.map(&at));
        match (joined, left) {
            (Some(joined), None) => Some((joined, None)),
            (Some(joined), Some(Some(left))) => Some((joined, Some(left))),
            _ => {
                no_such_date(&entry.place, sink);
                None
            }
        }
    };
    for entry in &report.stays {
        if let Some(stay) = stay(entry, sink) {
            people
                .of(&entry.name, entry.email.as_deref())
                .stays
                .push(stay);
        }
    }
    for entry in &report.participants {
        if entry.name.is_empty() && entry.email.is_none() && !report.stays.is_empty() {
            // Nothing ties this row to a stay, and the stays have been counted.
            continue;
        }
        let Some(stay) = stay(entry, sink) else {
            continue;
        };
        let person = people.of(&entry.name, entry.email.as_deref());
        if person.stays.is_empty() {
            person.stays.push(stay);
            person.stated_ms = entry.stated_ms;
        }
    }
    people.list
}

/// The people of the older list.
pub(super) fn of_log(
    actions: Vec<Action>,
    at: impl Fn(Stamp) -> Option<Millis>,
    sink: &mut dyn Sink,
) -> Vec<Attendee> {
    let mut people = People::default();
    let mut moves: Vec<Vec<(Millis, bool)>> = Vec::new();
    for action in actions {
        let Some(at) = at(action.stamp) else {
            no_such_date(&action.place, sink);
            continue;
        };
        let key = people.of(&action.name, None).key.clone();
        let index = people.known[&key];
        moves.resize_with(people.list.len(), Vec::new);
        moves[index].push((at, action.joined));
    }
    for (person, moves) in people.list.iter_mut().zip(moves) {
        let (stays, strays) = log::stays(moves);
        person.stays = stays;
        for _ in 0..strays {
            sink.left_out("departure of somebody who had not come");
        }
    }
    people.list.retain(|person| !person.stays.is_empty());
    people.list
}

/// Whether this stands for a telephone: no name at all, or a number, whole or masked.
fn is_telephone(name: &str) -> bool {
    let marks = name
        .chars()
        .all(|c| c.is_ascii_digit() || "+*#-./() xX".contains(c));
    name.is_empty()
        || (marks
            && name
                .chars()
                .filter(|c| c.is_ascii_digit() || *c == '*')
                .count()
                >= 4)
}

fn no_such_date(place: &str, sink: &mut dyn Sink) {
    sink.problem(Problem {
        place: place.to_owned(),
        field: "time".to_owned(),
        reason: "there is no such date in the order of the others (`date_order` sets another)"
            .to_owned(),
    });
}
