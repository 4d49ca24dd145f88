//! What Zoom says of meetings and of who came. Pure: JSON in, typed values out.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::model::{Millis, SENSIBLE};
use crate::sources::forge::instant;
use crate::sources::presence::people::{Attendee, People};

use super::numbers::Schedule;

/// An occurrence of a meeting that is over.
#[derive(Clone)]
pub(super) struct Past {
    /// Names the occurrence.
    pub(super) uuid: String,
    /// The meeting's number.
    pub(super) number: String,
    /// Its title.
    pub(super) topic: String,
    /// When it began.
    pub(super) start: Millis,
    /// When it ended; nothing while it is on.
    pub(super) end: Option<Millis>,
}

/// Somebody's stay.
pub(super) struct Stay {
    name: String,
    email: Option<String>,
    /// Of somebody who signed in.
    user: Option<String>,
    /// From when on, and until when, where that is known.
    from: Option<Millis>,
    until: Option<Millis>,
    /// In the waiting room.
    pub(super) waits: bool,
}

/// A number, which is text in some answers.
pub(super) fn number(value: &Value) -> Option<String> {
    let text = value.as_str().map(str::to_owned);
    let text = text.or_else(|| value.as_u64().map(|number| number.to_string()));
    text.filter(|text| !text.is_empty())
}

/// The address in a field, if it is one.
pub(super) fn email(value: &Value) -> Option<&str> {
    let email = value.as_str().map(str::trim);
    email.filter(|email| email.contains('@'))
}

/// The occurrences of a meeting: what names each, and when it began.
pub(super) fn instances(value: &Value) -> Vec<(String, Millis)> {
    let all = value["meetings"].as_array().into_iter().flatten();
    let one = |one: &Value| {
        let uuid = one["uuid"].as_str().filter(|uuid| !uuid.is_empty())?;
        Some((uuid.to_owned(), instant(&one["start_time"])?))
    };
    all.filter_map(one).collect()
}

/// An occurrence that is over, or is on.
pub(super) fn past(value: &Value) -> Option<Past> {
    let start = instant(&value["start_time"])?;
    let end = instant(&value["end_time"]).filter(|end| *end >= start);
    Some(Past {
        uuid: value["uuid"]
            .as_str()
            .filter(|uuid| !uuid.is_empty())?
            .to_owned(),
        number: number(&value["id"])?,
        topic: value["topic"].as_str().unwrap_or_default().to_owned(),
        start,
        end,
    })
}

/// The meetings of a host.
pub(super) fn held(value: &Value) -> Vec<Past> {
    let all = value["meetings"].as_array().into_iter().flatten();
    all.filter_map(past).collect()
}

/// The stays in a page of a report, and how many lines are none.
pub(super) fn stays(value: &Value) -> (Vec<Stay>, u64) {
    let (mut all, mut unread) = (Vec::new(), 0);
    for line in value["participants"].as_array().into_iter().flatten() {
        let (joined, left) = (instant(&line["join_time"]), instant(&line["leave_time"]));
        if joined.is_none() && left.is_none() {
            unread += 1;
            continue;
        }
        let length = line["duration"].as_u64();
        let length = length.and_then(|seconds| Millis::try_from(seconds.checked_mul(1000)?).ok());
        let user = ["participant_user_id", "id"].iter();
        let user = user.filter_map(|field| line[*field].as_str());
        all.push(Stay {
            name: line["name"].as_str().unwrap_or_default().trim().to_owned(),
            email: email(&line["user_email"]).map(str::to_owned),
            user: user.map(str::to_owned).find(|user| !user.is_empty()),
            from: joined.or_else(|| left?.checked_sub(length?)),
            until: left.or_else(|| joined?.checked_add(length?)),
            waits: line["status"] == "in_waiting_room",
        });
    }
    (all, unread)
}

/// A meeting that was opened several times as if there had been no pause: nobody was there in between, and
/// nobody could be.
pub(super) fn united(parts: Vec<(Past, Vec<Stay>)>) -> Option<(Past, Vec<Stay>)> {
    let is_one = parts.len() < 2;
    let mut parts = parts.into_iter();
    let (mut whole, mut all) = parts.next()?;
    if is_one {
        return Some((whole, all));
    }
    for stay in &mut all {
        stay.keep_to(whole.start, whole.end, 0);
    }
    for (past, mut stays) in parts {
        let pause = whole.end.map_or(0, |until| (past.start - until).max(0));
        for stay in &mut stays {
            stay.keep_to(past.start, past.end, pause);
        }
        all.extend(stays);
        let end = past.end.map(|end| end - pause);
        whole.end = whole.end.zip(end).map(|(one, other)| one.max(other));
    }
    Some((whole, all))
}

impl Stay {
    /// What of it lies within a meeting, as if that had begun so much earlier.
    fn keep_to(&mut self, start: Millis, end: Option<Millis>, earlier: Millis) {
        let end = end.unwrap_or(Millis::MAX);
        let keep = |at: Millis| at.clamp(start.min(end), end).saturating_sub(earlier);
        self.from = self.from.map(keep);
        let open = self.from.and(Some(end)).filter(|end| *end < Millis::MAX);
        self.until = self.until.map(keep).or(open.map(keep));
    }
}

/// The people of these stays. Who signed in is one person on all devices, also where only one of them
/// shows the address. Beside them the names that their devices showed, which an earlier report may have told of as
/// if they were other people.
pub(super) fn people(stays: &[Stay]) -> (Vec<Attendee>, BTreeSet<String>) {
    let (mut emails, mut names) = (HashMap::new(), HashMap::new());
    let mut shown = BTreeSet::new();
    for stay in stays.iter().filter(|stay| !stay.waits) {
        if let Some(user) = &stay.user {
            names.entry(user).or_insert(&stay.name);
            if let Some(email) = &stay.email {
                emails.entry(user).or_insert(email);
            }
        }
    }
    let mut people = People::default();
    for stay in stays.iter().filter(|stay| !stay.waits) {
        let user = stay.user.as_ref();
        let email = stay.email.as_ref();
        let email = email.or_else(|| emails.get(user?).copied());
        let name = user.and_then(|user| names.get(user).copied());
        let name = name.filter(|_| email.is_none()).unwrap_or(&stay.name);
        if !stay.name.is_empty() {
            shown.insert(stay.name.clone());
        }
        let person = people.of(name, email.map(String::as_str));
        // Without a beginning they came, and for how long is not known.
        if let Some(from) = stay.from {
            person.stays.push((from, stay.until));
        }
    }
    let all = people.into_all();
    // What somebody is known by is told.
    shown.retain(|name| all.iter().all(|one| one.key != *name));
    (all, shown)
}

/// When a meeting takes place, as it is planned. An occurrence that was moved keeps the start that the
/// series gave it for an id.
pub(super) fn schedule(value: &Value) -> Schedule {
    const ONCE: u64 = 2;
    let occurrences = value["occurrences"].as_array().into_iter().flatten();
    let at = |one: &Value| {
        let id = number(&one["occurrence_id"]).and_then(|id| id.parse().ok());
        let first = id.filter(|at| SENSIBLE.contains(at));
        let at = instant(&one["start_time"]).or(first)?;
        Some((at, first.unwrap_or(at)))
    };
    let starts: Vec<_> = occurrences.filter_map(at).collect();
    match (starts.is_empty(), value["type"].as_u64()) {
        (false, _) => Schedule::At(starts),
        (true, Some(ONCE)) => Schedule::Once,
        (true, _) => Schedule::Unknown,
    }
}

/// What names the next page; empty where there is none.
pub(super) fn next_page(value: &Value) -> String {
    value["next_page_token"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
