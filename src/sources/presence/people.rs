//! The people of one meeting while its list is read: everything that is said of one person, under one
//! key.

use std::collections::HashMap;

use super::stays::{Bounds, Stay, present_ms};
use crate::model::Identity;

/// One attendee. No `Debug`: it holds a name.
#[derive(Clone)]
pub(in crate::sources) struct Attendee {
    /// What tells them from the others of this meeting.
    pub(in crate::sources) key: String,
    /// Their stays.
    pub(in crate::sources) stays: Vec<Stay>,
    /// The name that the meeting showed, perhaps empty.
    pub(in crate::sources) name: String,
    /// The address or account.
    pub(in crate::sources) email: Option<String>,
    /// Who it is where no address is told.
    pub(in crate::sources) account: Option<Identity>,
    /// The time present that the list states, ms.
    pub(in crate::sources) stated_ms: Option<u64>,
}

impl Attendee {
    /// Time present, ms: what the list states, but no more than their stays have room for; else the
    /// union of the stays.
    pub(in crate::sources) fn present_ms(&self, bounds: Bounds) -> Option<u64> {
        let united = match self.stays.is_empty() {
            true => bounds.length(),
            false => present_ms(&self.stays, bounds),
        };
        match (self.stated_ms, united) {
            (Some(stated), Some(united)) => Some(stated.min(united)),
            (Some(stated), None) => {
                Some(bounds.length().map_or(stated, |length| stated.min(length)))
            }
            (None, _) if self.stays.is_empty() => None,
            (None, united) => united,
        }
    }
}

impl Attendee {
    /// Takes what another entry of the same person says.
    pub(super) fn take(&mut self, other: Attendee) {
        self.stays.extend(other.stays);
        let both = [self.stated_ms, other.stated_ms].into_iter().flatten();
        // Lengths without times may lie beside one another or not; the times of the other count then.
        self.stated_ms = match self.stays.is_empty() {
            true => both.max(),
            false => None,
        };
    }
}

/// People in the order in which they first appear.
#[derive(Default)]
pub(in crate::sources) struct People {
    list: Vec<Attendee>,
    known: HashMap<String, usize>,
}

impl People {
    /// The person of this name and address, new if need be. Rows without any name are a person each.
    pub(in crate::sources) fn of(&mut self, name: &str, email: Option<&str>) -> &mut Attendee {
        let index = self.index(name, email);
        &mut self.list[index]
    }

    /// Their place in the list.
    pub(in crate::sources) fn index(&mut self, name: &str, email: Option<&str>) -> usize {
        let nameless = name.is_empty() && email.is_none();
        let key = match email {
            Some(email) => email.to_lowercase(),
            None if nameless => format!("\u{1f}{}", self.list.len()),
            None => name.to_owned(),
        };
        self.keyed(key, name, email)
    }

    /// The same where something else tells them apart.
    pub(in crate::sources) fn keyed(
        &mut self,
        key: String,
        name: &str,
        email: Option<&str>,
    ) -> usize {
        let index = *self.known.entry(key.clone()).or_insert(self.list.len());
        if index == self.list.len() {
            self.list.push(Attendee {
                key,
                stays: Vec::new(),
                name: name.to_owned(),
                email: email.map(str::to_owned),
                account: None,
                stated_ms: None,
            });
        }
        index
    }

    /// The person at this place.
    pub(in crate::sources) fn at(&mut self, index: usize) -> Option<&mut Attendee> {
        self.list.get_mut(index)
    }

    /// Everybody, where lengths that the list states count for those alone whose stays it leaves out.
    pub(in crate::sources) fn by_stays(self) -> Vec<Attendee> {
        let mut all = self.list;
        for person in all.iter_mut().filter(|person| !person.stays.is_empty()) {
            person.stated_ms = None;
        }
        all
    }

    /// The same, where a stay without an end is no longer than the list states.
    pub(in crate::sources) fn by_closed_stays(self) -> Vec<Attendee> {
        let mut all = self.list;
        for person in &mut all {
            let is_closed = person.stays.iter().all(|stay| stay.1.is_some());
            if is_closed && !person.stays.is_empty() {
                person.stated_ms = None;
            }
        }
        all
    }

    /// Everybody.
    pub(in crate::sources) fn into_all(self) -> Vec<Attendee> {
        self.list
    }
}
