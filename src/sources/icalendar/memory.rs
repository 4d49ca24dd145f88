//! What a calendar that is asked has told so far, so that what is so no more is taken back.
//!
//! An occurrence has as many seats as people were invited to it at once. A seat is the id of an event, and
//! who sits on it may change from one pull to the next: so nobody needs to be remembered, and what stands
//! here names no one, not by an address, a title or a pseudonym. An occurrence is told again, whole and
//! with a greater version, when anything of it changed; seats that are left over, or all of them, are taken
//! back by an event that names nobody and leads nowhere ([`RETRACTED`]).
//!
//! A series that is given another hour or end, or deleted, is another one from then on: who came before was
//! invited by the plan of their day. So what of a series is past stays as it was told, unless it is called off by
//! itself ([`Past`]), and what the new plan would have had before is not told.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::doubt::Doubt;
use super::invited;
use super::reading::{Held, Off, Plan, Reading, Window};
use super::version::pulled;
use crate::model::{Body, DAY_MS, Event, Millis};
use crate::sources::forge::{hex, sha256};
use crate::sources::{Setting, Sink};

/// How far back plans are taken if nothing is said.
const BACK: Millis = 2 * 365 * DAY_MS;
/// How far ahead: plans change, and what is far away changes most.
const AHEAD: Millis = 60 * DAY_MS;
/// So far behind the window it is looked for what comes next.
const BEYOND: Millis = 366 * DAY_MS;

/// What was told.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::sources) struct Memory {
    /// Occurrences by the hash of their UID, then by that of their id.
    meetings: BTreeMap<String, BTreeMap<String, Told>>,
    /// All that began before was told.
    #[serde(default)]
    until: Millis,
}

/// An occurrence that was told of: when it is, its seats, the version, what its content was, nothing once it
/// was taken back, whether it was told where it is held, whether it is one of a series, and whether the calendar
/// holds it no more, and it stays because it is past.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Told(
    Millis,
    u32,
    u32,
    Option<u64>,
    #[serde(default)] bool,
    #[serde(default)] bool,
    #[serde(default)] bool,
);

/// An occurrence that was told, by its UID and its id as they are remembered.
pub(in crate::sources) struct Known<'a> {
    pub(in crate::sources) uid: &'a str,
    id: &'a str,
    pub(in crate::sources) at: Millis,
    of_series: bool,
}

impl Told {
    fn known<'a>(&self, uid: &'a str, id: &'a str) -> Known<'a> {
        Known {
            uid,
            id,
            at: self.0,
            of_series: self.5,
        }
    }
}

/// What of series is past, and stays whatever becomes of the series.
pub(in crate::sources) struct Past {
    /// What began before, if anything.
    before: Option<Millis>,
    /// What was called off by itself: ids, and days of a UID.
    off: HashSet<String>,
    days: Vec<(String, std::ops::Range<Millis>)>,
}

impl Past {
    /// Whether this occurrence stays.
    pub(in crate::sources) fn holds(&self, one: &Known<'_>) -> bool {
        let is_past = self.before.is_some_and(|before| one.at < before);
        let is_day = |(uid, day): &(String, std::ops::Range<Millis>)| {
            uid == one.uid && day.contains(&one.at)
        };
        is_past && one.of_series && !self.off.contains(one.id) && !self.days.iter().any(is_day)
    }
}

/// One pull's telling.
pub(in crate::sources) struct Telling<'a> {
    memory: &'a mut Memory,
    source: Arc<str>,
    /// What fingerprints are keyed with: whoever reads them should not find out names by trying.
    key: [u8; 32],
    now: Millis,
    window: Window,
    /// Occurrences that this pull came upon.
    seen: HashSet<String>,
    /// Those of them that were not known before.
    fresh: HashSet<String>,
    /// Those that the calendar has, and calls off by themselves.
    off: HashSet<String>,
    /// All that began before was told by an earlier pull, where past occurrences of series stay.
    told_until: Option<Millis>,
    /// The same, wherever.
    began: Millis,
}

/// The window of a pull.
pub(in crate::sources) fn window(reading: &Reading, now: Millis) -> Window {
    let to = reading.to.unwrap_or(now.saturating_add(AHEAD));
    Window {
        from: reading.from.unwrap_or(now.saturating_sub(BACK)),
        to,
        beyond: to.saturating_add(BEYOND),
    }
}

/// Tells whether a calendar is read in another way than at the last pull: other write-ups are registered,
/// or the configuration is another one.
pub(in crate::sources) fn setup(setting: &Setting, params: &str) -> String {
    let names = setting.writeups.iter();
    let names: Vec<_> = names
        .map(|one| (&one.id, &one.title, &one.aliases))
        .collect();
    let text = format!("{names:?} {} {params}", setting.timezone);
    hex(&sha256(text.as_bytes())[..8])
}

/// The same of a calendar whose lists have members.
pub(in crate::sources) fn setup_of(reading: &Reading, params: &str) -> String {
    setup(
        &reading.setting,
        &format!("{params}{}", reading.lists.text()),
    )
}

/// What of a setup is the configuration's alone.
pub(in crate::sources) fn choice(setting: &Setting, params: &str) -> String {
    let text = format!("{} {params}", setting.timezone);
    hex(&sha256(text.as_bytes())[..8])
}

/// A UID, or what else could hold a name, as it is remembered.
pub(in crate::sources) fn hashed(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// The id of a meeting as it is remembered.
pub(in crate::sources) fn occurrence(meeting: &str) -> String {
    format!("{:032x}", xxh3_128(meeting.as_bytes()))
}

/// A token or tag of a server, if it may be kept: some servers put the user's address into it.
pub(in crate::sources) fn kept(text: Option<&str>) -> Option<String> {
    let text = text.filter(|text| text.len() <= 2_000)?;
    let has_address = text.contains('@') || text.to_ascii_lowercase().contains("%40");
    (!has_address).then(|| text.to_owned())
}

impl<'a> Telling<'a> {
    /// Begins to tell. `secret` is what the calendar is asked with.
    pub(in crate::sources) fn new(
        memory: &'a mut Memory,
        setting: &Setting,
        secret: &str,
        (now, window): (Millis, Window),
    ) -> Telling<'a> {
        Telling {
            memory,
            source: setting.source.as_str().into(),
            key: sha256(format!("readback calendar {secret}").as_bytes()),
            now,
            window,
            seen: HashSet::new(),
            fresh: HashSet::new(),
            off: HashSet::new(),
            told_until: None,
            began: 0,
        }
    }

    /// What of series is past stays, unless the calendar is read by another configuration than before.
    pub(in crate::sources) fn keeping_past(mut self, is_chosen_anew: bool) -> Self {
        self.began = std::mem::replace(&mut self.memory.until, self.window.to);
        self.told_until = (!is_chosen_anew).then_some(self.began);
        self
    }

    /// This pull did not come to its end: no more was told than before it.
    pub(in crate::sources) const fn is_cut_off(&mut self) {
        self.memory.until = self.began;
    }

    /// What stays though the calendar, which calls these off one by one, holds it no more.
    pub(in crate::sources) fn past(&self, off: &Off) -> Past {
        let meetings = off.meetings.iter();
        let days = off.days.iter();
        Past {
            before: self.told_until.map(|_| self.now),
            off: meetings.map(|meeting| occurrence(meeting)).collect(),
            days: days.map(|(uid, day)| (hashed(uid), day.clone())).collect(),
        }
    }

    /// Tells of an occurrence, if anything of it is new.
    pub(in crate::sources) fn tell(&mut self, mut plan: Plan, sink: &mut dyn Sink) {
        // Some calendars write people in another order each time.
        plan.people.sort_by(|one, other| {
            let key = |who: &super::Expected| (who.person.as_ref().map(|one| one.kind), who.key());
            key(one).cmp(&key(other))
        });
        let id = occurrence(&plan.meeting);
        let print = self.print(&plan);
        self.seen.insert(id.clone());
        let uid = hashed(&plan.uid);
        let of_series = plan.meeting != plan.uid;
        let is_past = plan.at < self.now && self.is_told(plan.at);
        let known = self.memory.meetings.get_mut(&uid);
        let fresh = &self.fresh;
        let known = known.map(|known| {
            // A single meeting is of that day's plan where it takes the place of what stands then.
            let is_of_it = |told: &Told| of_series || told.3.is_some() && told.0 == plan.at;
            let mut all = known.iter();
            let is_series = all.any(|(id, told)| told.5 && !fresh.contains(id) && is_of_it(told));
            (is_series, known.get_mut(&id))
        });
        let before = match known {
            // The plan of that day was another.
            Some((true, None)) if is_past => return,
            Some((_, Some(told))) => {
                (told.5, told.6) = (of_series, false);
                Some(*told)
            }
            _ => None,
        };
        if before.is_some_and(|told| told.3 == Some(print)) {
            return;
        }
        if before.is_none() {
            self.fresh.insert(id.clone());
        }
        let seats = u32::try_from(plan.people.len()).unwrap_or(u32::MAX);
        let version = self.later(before);
        let known = self.memory.meetings.entry(uid).or_default();
        let is_placed = plan.venue.is_some();
        known.insert(
            id.clone(),
            Told(
                plan.at,
                seats,
                version,
                Some(print),
                is_placed,
                of_series,
                false,
            ),
        );
        let of_venue = format!("{id}:venue");
        match plan.venue((&self.source, of_venue, version)) {
            Some(venue) => sink.event(venue),
            None if before.is_some_and(|told| told.4) => {
                sink.event(self.nowhere(&id, plan.at, version));
            }
            None => {}
        }
        for (seat, person) in plan.people.iter().enumerate() {
            sink.event(Event {
                source: Arc::clone(&self.source),
                id: format!("{id}:{seat}"),
                subject: plan.subject.clone(),
                time: plan.at,
                version,
                body: Body::Attendance(Box::new(invited(&plan, person))),
            });
        }
        let left_over = seats..before.map_or(0, |told| told.1);
        self.empty(&id, plan.at, version, left_over, sink);
    }

    /// Takes back what a part of the calendar told and holds no more. `uids` are those that it told of,
    /// hashed; of these `stays` says whether one stays as it was told.
    pub(in crate::sources) fn missing(
        &mut self,
        uids: &BTreeSet<String>,
        stays: impl Fn(&Known<'_>) -> bool,
        sink: &mut dyn Sink,
    ) {
        for uid in uids {
            let Some(known) = self.memory.meetings.get_mut(uid) else {
                continue;
            };
            // What the window left behind stays as it is.
            known.retain(|_, told| told.0 >= self.window.from);
            if known.is_empty() {
                self.memory.meetings.remove(uid);
                continue;
            }
            let gone = known.iter();
            let gone = gone.filter(|(id, told)| !stays(&told.known(uid, id)));
            let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
            for id in gone {
                self.takes_back(uid, &id, sink);
            }
        }
    }

    /// The same where the calendar does not say which occurrences it calls off by themselves. `uids` were read
    /// whole: what of them was met holds.
    pub(in crate::sources) fn missing_of_read(
        &mut self,
        uids: &BTreeSet<String>,
        sink: &mut dyn Sink,
    ) {
        let mut stay = HashSet::new();
        for uid in uids {
            let known = self.memory.meetings.get(uid).into_iter().flatten();
            let gone = known.filter(|(id, _)| !self.seen.contains(*id));
            let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
            let stands = |one: &Self, id: &str| one.seen.contains(id) || one.off.contains(id);
            stay.extend(gone.into_iter().filter(|id| self.stays(uid, id, stands)));
        }
        self.missing(uids, |one| stay.contains(one.id), sink);
    }

    /// Whether an occurrence stays that the calendar holds no more: it is past, and of a series that has become
    /// another one, or ended. Where one stands that comes after it, and was told before, the series went on as it
    /// was, and this one alone was called off. `stands` says it of ids.
    pub(in crate::sources) fn stays(
        &mut self,
        uid: &str,
        id: &str,
        stands: impl Fn(&Self, &str) -> bool,
    ) -> bool {
        let known = self.memory.meetings.get(uid);
        let Some((known, told)) = known.and_then(|known| Some((known, known.get(id)?))) else {
            return false;
        };
        if told.3.is_none() || !self.may_stay(&told.known(uid, id)) {
            return false;
        }
        let goes_on = known.iter().any(|(other, after)| {
            let is_there = after.3.is_some() && !after.6 && !self.fresh.contains(other);
            is_there && after.0 > told.0 && stands(self, other)
        });
        let stays = (told.6 || !goes_on) && !self.off.contains(id);
        let told = self.memory.meetings.get_mut(uid);
        if let Some(told) = told.and_then(|known| known.get_mut(id)) {
            told.6 = stays;
        }
        stays
    }

    /// Whether an occurrence stays if its series becomes another one.
    pub(in crate::sources) fn may_stay(&self, one: &Known<'_>) -> bool {
        self.told_until.is_some() && one.of_series && one.at < self.now
    }

    /// The same by the UID and the id as they are remembered.
    pub(in crate::sources) fn may_stay_by_id(&self, uid: &str, id: &str) -> bool {
        let known = self.memory.meetings.get(uid);
        let told = known.and_then(|known| known.get(id));
        told.is_some_and(|told| self.may_stay(&told.known(uid, id)))
    }

    /// This occurrence of a series is called off by itself.
    pub(in crate::sources) fn calls_off(&mut self, meeting: &str) {
        self.off.insert(occurrence(meeting));
    }

    /// Whether this pull met an occurrence that no earlier one told of, by its id as it is remembered.
    pub(in crate::sources) fn is_fresh(&self, id: &str) -> bool {
        self.fresh.contains(id)
    }

    /// Takes back what stayed because it was past, if the calendar is read by another configuration than before,
    /// and was read whole.
    pub(in crate::sources) fn is_read(&mut self, sink: &mut dyn Sink) {
        if self.told_until.is_some() {
            return;
        }
        let all = self.memory.meetings.iter();
        let all = all.flat_map(|(uid, known)| known.iter().map(move |(id, told)| (uid, id, told)));
        let kept: Vec<_> = all
            .filter(|(.., told)| told.6)
            .map(|(uid, id, _)| (uid.clone(), id.clone()))
            .collect();
        for (uid, id) in kept {
            self.takes_back(&uid, &id, sink);
        }
    }

    /// How many occurrences stand as they were told, and begin in the window, of those that `is_one` says.
    pub(in crate::sources) fn count(&self, is_one: impl Fn(&Known<'_>) -> bool) -> usize {
        let all = self.memory.meetings.iter();
        let all = all.flat_map(|(uid, known)| known.iter().map(move |(id, told)| (uid, id, told)));
        let standing = all.filter(|(.., told)| told.3.is_some() && told.0 >= self.window.from);
        standing
            .filter(|(uid, id, told)| is_one(&told.known(uid, id)))
            .count()
    }

    /// Takes back an occurrence, unless this pull came upon it or the window left it behind. Its UID and its
    /// id are as they are remembered.
    pub(in crate::sources) fn takes_back(&mut self, uid: &str, id: &str, sink: &mut dyn Sink) {
        let known = self.memory.meetings.get(uid);
        let Some(told) = known.and_then(|known| known.get(id)).copied() else {
            return;
        };
        let stands = told.3.is_some() && told.0 >= self.window.from;
        if !stands || self.seen.contains(id) {
            return;
        }
        let version = self.later(Some(told));
        self.empty(id, told.0, version, 0..told.1, sink);
        if told.4 {
            sink.event(self.nowhere(id, told.0, version));
        }
        let known = self.memory.meetings.entry(uid.to_owned()).or_default();
        known.insert(
            id.to_owned(),
            Told(told.0, 0, version, None, false, told.5, false),
        );
    }

    /// Forgets what the window left behind: it stays as it was told.
    pub(in crate::sources) fn leaves_behind(&mut self) {
        let from = self.window.from;
        self.memory.meetings.retain(|_, known| {
            known.retain(|_, told| told.0 >= from);
            !known.is_empty()
        });
    }

    /// The same for all of a calendar that is always answered as a whole, or as much of it as it remembers.
    ///
    /// # Errors
    /// It lacks so much that nothing is taken back yet.
    pub(in crate::sources) fn missing_of_all(
        &mut self,
        held: &Held,
        doubt: &mut Doubt,
        sink: &mut dyn Sink,
    ) -> Result<(), String> {
        let uids: BTreeSet<String> = self.memory.meetings.keys().cloned().collect();
        let whole: BTreeSet<String> = held.whole.iter().map(|uid| hashed(uid)).collect();
        // Many feeds hold the last months alone. What is there says so itself; what is not may have been
        // dropped for its age, unless something older is still there.
        let now = self.now;
        let is_old = |at: Millis| at < now && held.reaches.is_none_or(|reaches| at < reaches);
        let past = self.past(&held.off);
        let stays =
            |one: &Known<'_>| past.holds(one) || (is_old(one.at) && !whole.contains(one.uid));
        // What is there says by itself which of its occurrences are no more.
        let there: BTreeSet<String> = held.uids.iter().map(|uid| hashed(uid)).collect();
        let gone = self.count(|one| !there.contains(one.uid) && !stays(one));
        let told = self.count(|_| true);
        doubt.weigh((gone, told), sink)?;
        self.missing(&uids, stays, sink);
        Ok(())
    }

    /// What says of an occurrence that it is held nowhere that is known.
    fn nowhere(&self, id: &str, at: Millis, version: u32) -> Event {
        let id = format!("{id}:venue");
        super::nowhere(Arc::clone(&self.source), id, (at, version))
    }

    /// Events that say of these seats of an occurrence that nobody sits there.
    fn empty(
        &self,
        id: &str,
        at: Millis,
        version: u32,
        seats: std::ops::Range<u32>,
        sink: &mut dyn Sink,
    ) {
        for seat in seats {
            let id = format!("{id}:{seat}");
            sink.event(super::nobody(Arc::clone(&self.source), id, (at, version)));
        }
    }

    /// Whether what began then was told by an earlier pull, as far as it was planned.
    fn is_told(&self, at: Millis) -> bool {
        self.told_until.is_some_and(|until| at < until)
    }

    /// The next version of an occurrence. Pulls may follow one another faster than the steps of versions.
    fn later(&self, before: Option<Told>) -> u32 {
        let now = pulled(self.now);
        before.map_or(now, |told| now.max(told.2.saturating_add(1)))
    }

    fn print(&self, plan: &Plan) -> u64 {
        let mut text = self.key.to_vec();
        // Who is on a list today need not have been on it when the meeting was: what is past is not told again
        // for that.
        let is_past = plan.at < self.now;
        let people = plan.people.iter();
        let people = people.filter(|one| !(is_past && one.is_listed));
        let people = people.map(|one| {
            let person = one.person.as_ref();
            (
                person.map(|one| (one.kind, &one.value)),
                &one.role,
                one.role_stated,
                &one.partstat,
                &one.via,
            )
        });
        let people: Vec<_> = people.collect();
        let content = (&plan.subject, plan.at, plan.length_ms, people);
        text.extend_from_slice(format!("{content:?}").as_bytes());
        // What has none is not told again by a program that looks for it.
        if let Some(venue) = &plan.venue {
            text.extend_from_slice(venue.as_bytes());
        }
        let [a, b, c, d, e, f, g, h, ..] = sha256(&text);
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}
