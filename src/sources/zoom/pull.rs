//! A pull: which meetings took place, and who was there. What was told is remembered by hashes; what Zoom
//! may still add to a report is asked for again for some days, and told again only if it changed.

use std::collections::BTreeMap;

use crate::model::{Attendance, Body, DAY_MS, Event, Millis, RETRACTED};
use crate::sources::collected::Collected;
use crate::sources::forge::{Stop, concluded, hex, is_too_early, remembered, sha256, written};
use crate::sources::icalendar::memory::{hashed, setup};
use crate::sources::presence::stays::Bounds;
use crate::sources::presence::{Meeting, event_id};
use crate::sources::{Pull, Setting, Sink, SourceError};

use super::answer::{self, Past, Stay};
use super::client::{
    Account, Client, HELD, INSTANCES, PARTICIPANTS, PAST, PLANNED, Reply, Scope, day, encoded, next,
};
use super::memory::{Checkpoint, Counts, Told, fingerprint};
use super::numbers::{self, Name, Schedule};
use super::{OF_ONE, Params, Zoom};

/// Reports go back a year.
pub(super) const KEPT_DAYS: u32 = 365;
/// Which meetings a host held is told of half a year.
const LISTED: Millis = 180 * DAY_MS;
/// And of a month at once.
const MONTH: Millis = 30 * DAY_MS;
/// So long after a meeting its report may still change, ms.
const SETTLED: Millis = 3 * DAY_MS;
/// No report has more pages: one has 300 people.
const MOST_PAGES: u32 = 100;

/// Reviews that are asked for.
pub(super) struct Meetings {
    /// Which are reviews, and what becomes of them.
    pub(super) zoom: Zoom,
    /// What asks.
    pub(super) account: Account,
    /// Users whose meetings are looked through.
    pub(super) hosts: Vec<String>,
}

impl Meetings {
    /// From the parameters.
    pub(super) fn new(mut table: toml::Table, setting: &Setting) -> Result<Meetings, SourceError> {
        let params = Params::of(&mut table)?;
        let Some(account) = params.account()? else {
            return Err(SourceError::Params(
                "account_id: give it, with client_id and client_secret_file, where meetings are asked for"
                    .to_owned(),
            ));
        };
        if let Some(name) = OF_ONE.iter().find(|name| table.contains_key(**name)) {
            return Err(SourceError::Params(format!(
                "{name}: is of one meeting, and all of an account are asked for; give it with the file that \
                 it is for: readback import zoom FILE -p {name}=…"
            )));
        }
        let zoom = Zoom::new(&params, table, setting)?;
        if zoom.reviews.numbers().next().is_none() && params.hosts.is_empty() {
            return Err(SourceError::Params(
                "numbers or hosts should say which meetings are asked for: the numbers of meetings that are \
                 reviews, or users who hold some"
                    .to_owned(),
            ));
        }
        Ok(Meetings {
            zoom,
            account,
            hosts: params.hosts,
        })
    }
}

impl Pull for Meetings {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let mut state: Checkpoint = remembered(checkpoint, sink);
        if is_too_early(state.not_before, now, "Zoom", sink) {
            return written(&state);
        }
        self.zoom.desk.dated(now);
        let names = setup(&self.zoom.desk.setting, "");
        let called = hex(&sha256(self.zoom.reviews.text().as_bytes())[..8]);
        let (is_renamed, is_recalled) = (state.names != names, state.setup != called);
        if is_renamed || is_recalled {
            // What was no review may be one now, and what was about nothing about a write-up.
            state.hosts.clear();
            let told = state.meetings.values_mut();
            for told in told.filter(|told| is_recalled || !told.is_joined) {
                told.is_settled = false;
            }
        }
        (state.names, state.setup) = (names, called);
        let mut run = Run {
            meetings: self,
            client: Client::new(&self.account, now),
            state: &mut state,
            now,
            schedules: BTreeMap::new(),
            got: false,
            counts: Counts::default(),
        };
        let ended = run.all(sink);
        run.counts.tell(sink);
        let got = run.got;
        state.not_before = concluded(ended, got, sink)?;
        let oldest = now - Millis::from(KEPT_DAYS) * DAY_MS - MONTH;
        state.meetings.retain(|_, told| told.at >= oldest);
        written(&state)
    }
}

/// One pull.
struct Run<'a> {
    meetings: &'a Meetings,
    client: Client<'a>,
    state: &'a mut Checkpoint,
    now: Millis,
    /// When meetings are planned, by their numbers.
    schedules: BTreeMap<String, Schedule>,
    /// Something was answered.
    got: bool,
    counts: Counts,
}

/// An occurrence that was met.
struct Met {
    uuid: String,
    start: Millis,
    /// All that is to know of it, where its list says so.
    past: Option<Past>,
}

impl Run<'_> {
    fn all(&mut self, sink: &mut dyn Sink) -> Result<(), Stop> {
        let mut refused = None;
        let numbers: Vec<String> = self
            .meetings
            .zoom
            .reviews
            .numbers()
            .map(str::to_owned)
            .collect();
        for number in numbers {
            let found = self.instances(&number);
            let found = passed(found, &mut refused)?.unwrap_or_default();
            self.each(found, &mut refused, sink)?;
        }
        for host in &self.meetings.hosts {
            let held = self.held(host, &mut refused, sink);
            passed(held, &mut refused)?;
        }
        // What one question alone was refused is tried again the next time.
        refused.map_or(Ok(()), Err)
    }

    /// Looks at these occurrences, the oldest first.
    fn each(
        &mut self,
        mut found: Vec<Met>,
        refused: &mut Option<Stop>,
        sink: &mut dyn Sink,
    ) -> Result<(), Stop> {
        found.sort_by_key(|met| met.start);
        for met in found {
            let told = self.one(met, sink);
            passed(told, refused)?;
        }
        Ok(())
    }

    fn ask(&mut self, path: &str, scope: &Scope) -> Result<Reply, Stop> {
        let reply = self.client.get(path, scope)?;
        self.got = true;
        Ok(reply)
    }

    /// The occurrences of a meeting.
    fn instances(&mut self, number: &str) -> Result<Vec<Met>, Stop> {
        let reply = self.ask(&format!("/past_meetings/{number}/instances"), &INSTANCES)?;
        let Reply::Value(value) = reply else {
            self.counts.unknown += 1;
            return Ok(Vec::new());
        };
        let met = |(uuid, start)| Met {
            uuid,
            start,
            past: None,
        };
        Ok(answer::instances(&value).into_iter().map(met).collect())
    }

    /// The meetings of a host that are reviews, month by month.
    fn held(
        &mut self,
        host: &str,
        refused: &mut Option<Stop>,
        sink: &mut dyn Sink,
    ) -> Result<(), Stop> {
        let zoom = &self.meetings.zoom;
        let known = self.print(&host.to_lowercase());
        let first = self.now - LISTED;
        let mut from = self
            .state
            .hosts
            .get(&known)
            .copied()
            .unwrap_or(first)
            .max(first);
        // What was refused is listed again.
        let mut is_whole = true;
        while from < self.now {
            let to = (from + MONTH).min(self.now);
            let mut page = String::new();
            let mut found = Vec::new();
            for _ in 0..MOST_PAGES {
                let path = format!(
                    "/report/users/{}/meetings?from={}&to={}&page_size=300{}",
                    encoded(host),
                    day(from),
                    day(to),
                    next(&page)
                );
                let value = match self.ask(&path, &HELD)? {
                    Reply::Value(value) => value,
                    Reply::Stale if !page.is_empty() => {
                        (page, found) = (String::new(), Vec::new());
                        continue;
                    }
                    Reply::Stale | Reply::Gone => {
                        self.counts.strangers += 1;
                        return Ok(());
                    }
                };
                for past in answer::held(&value) {
                    match zoom.reviews.holds(&zoom.desk, &past.number, &past.topic) {
                        true => found.push(past),
                        false => sink.left_out("meeting that is no review"),
                    }
                }
                page = answer::next_page(&value);
                if page.is_empty() {
                    break;
                }
            }
            let met = |past: Past| Met {
                uuid: past.uuid.clone(),
                start: past.start,
                past: Some(past),
            };
            let mut own = None;
            let ended = self.each(found.into_iter().map(met).collect(), &mut own, sink);
            is_whole &= own.is_none();
            if refused.is_none() {
                *refused = own;
            }
            ended?;
            from = to;
            if is_whole {
                // The last days are looked at again, for what is not settled.
                let until = to.min(self.now - SETTLED - DAY_MS);
                self.state.hosts.insert(known.clone(), until);
            }
        }
        Ok(())
    }

    /// Tells who was at an occurrence, if that is new.
    fn one(&mut self, met: Met, sink: &mut dyn Sink) -> Result<(), Stop> {
        let key = hashed(&met.uuid);
        let before = self.state.meetings.get(&key).cloned();
        let is_settled = before.as_ref().is_some_and(|told| told.is_settled);
        let is_old = met.start < self.now - Millis::from(KEPT_DAYS) * DAY_MS;
        if is_settled || is_old {
            return Ok(());
        }
        let uuid = encoded(&met.uuid);
        let past = match met.past {
            Some(past) => Some(past),
            None => match self.ask(&format!("/past_meetings/{uuid}"), &PAST)? {
                Reply::Value(value) => answer::past(&value),
                Reply::Gone | Reply::Stale => None,
            },
        };
        let now = self.now;
        let is_late = |at: Millis| at < now - SETTLED;
        let stays = match &past {
            // It is on.
            Some(Past { end: None, .. }) if !is_late(met.start) => return Ok(()),
            Some(_) => self.stays(&uuid)?,
            None => None,
        };
        let (Some(past), Some(stays)) = (past, stays) else {
            // The report of a meeting that has just ended is not made yet.
            if is_late(met.start) {
                self.counts.forgotten += u64::from(before.is_none());
                let told = before.unwrap_or_default();
                let told = Told {
                    at: met.start,
                    is_settled: true,
                    ..told
                };
                self.state.meetings.insert(key, told);
            }
            return Ok(());
        };
        let end = past.end.unwrap_or(past.start);
        if stays.is_empty() && !is_late(end) {
            return Ok(());
        }
        let (name, is_own) = self.name(&past)?;
        let told = self.tell(&past, &name, is_own, &stays, before.as_ref(), sink);
        let told = Told {
            is_settled: is_late(end),
            ..told
        };
        self.state.meetings.insert(key, told);
        Ok(())
    }

    /// All lines of a report; nothing where there is none.
    fn stays(&mut self, uuid: &str) -> Result<Option<Vec<Stay>>, Stop> {
        let mut page = String::new();
        let (mut all, mut unread) = (Vec::new(), 0);
        for _ in 0..MOST_PAGES {
            let path = format!(
                "/report/meetings/{uuid}/participants?page_size=300{}",
                next(&page)
            );
            let value = match self.ask(&path, &PARTICIPANTS)? {
                Reply::Value(value) => value,
                // A page is kept for a quarter of an hour: from the beginning then.
                Reply::Stale if !page.is_empty() => {
                    (page, all, unread) = (String::new(), Vec::new(), 0);
                    continue;
                }
                Reply::Stale | Reply::Gone => return Ok(None),
            };
            let (stays, bad) = answer::stays(&value);
            all.extend(stays);
            unread += bad;
            page = answer::next_page(&value);
            if page.is_empty() {
                break;
            }
        }
        self.counts.unread += unread + u64::from(!page.is_empty());
        Ok(Some(all))
    }

    /// What an occurrence is called, and whether that is a name that no calendar has.
    fn name(&mut self, past: &Past) -> Result<(String, bool), Stop> {
        let Zoom { desk, reviews, .. } = &self.meetings.zoom;
        let own = numbers::own(desk, &past.number, past.start);
        let uid = match reviews.name(desk, &past.number, past.start) {
            Name::Known(id) => {
                let is_own = id == own;
                return Ok((id, is_own));
            }
            Name::Scheduled(uid) => uid,
        };
        if !self.schedules.contains_key(&past.number) {
            let number = encoded(&past.number);
            let path = format!("/meetings/{number}?show_previous_occurrences=true");
            let schedule = match self.ask(&path, &PLANNED)? {
                Reply::Value(value) => answer::schedule(&value),
                Reply::Gone | Reply::Stale => Schedule::Unknown,
            };
            self.schedules.insert(past.number.clone(), schedule);
        }
        let schedule = self.schedules.get(&past.number);
        let name = schedule.and_then(|schedule| schedule.name(&uid, past.start));
        Ok(match name {
            Some(name) => (name, false),
            None => {
                self.counts.unplanned += 1;
                (own, true)
            }
        })
    }

    /// Tells an occurrence, unless it was told like that.
    fn tell(
        &mut self,
        past: &Past,
        name: &str,
        is_own: bool,
        stays: &[Stay],
        before: Option<&Told>,
        sink: &mut dyn Sink,
    ) -> Told {
        let Zoom { desk, secrets, .. } = &self.meetings.zoom;
        let bounds = Bounds {
            start: Some(past.start),
            end: past.end,
        };
        let meeting = desk.occurrence(name.to_owned(), &past.topic, past.start, bounds);
        let people = answer::people(stays);
        let mut told = Collected::default();
        let (_, hidden) = desk.tell(&meeting, &people, &mut told);
        let print = self.print(&fingerprint(&told.events));
        let last = before.and_then(|told| told.print.as_deref());
        if last != Some(&print) {
            let waiting = stays.iter().filter(|stay| stay.waits).count();
            for _ in 0..waiting {
                sink.left_out("waiting room");
            }
            for (reason, count) in told.left_out {
                for _ in 0..count {
                    sink.left_out(reason);
                }
            }
            self.counts.hidden += hidden;
            // A delivery, or an earlier report, may have known somebody by name alone.
            let is_known = |key: &str| people.iter().any(|one| one.key == key);
            if last.is_some() || !secrets.is_empty() {
                let named = people.iter().filter(|one| one.email.is_some());
                for one in named.filter(|one| !one.name.is_empty() && !is_known(&one.name)) {
                    sink.event(self.taken_back(&meeting, &meeting.id, &one.name));
                }
            }
            // Under the calendar's name it is not told under its own any more.
            if before.is_some_and(|told| told.is_own) && !is_own {
                let own = numbers::own(desk, &past.number, past.start);
                for one in &people {
                    sink.event(self.taken_back(&meeting, &own, &one.key));
                }
            }
            for event in told.events {
                sink.event(event);
            }
        }
        Told {
            at: past.start,
            print: Some(print),
            is_settled: false,
            is_joined: !meeting.subject.is_empty(),
            is_own,
        }
    }

    /// That nobody was at a meeting under this name.
    fn taken_back(&self, meeting: &Meeting, id: &str, person: &str) -> Event {
        let desk = &self.meetings.zoom.desk;
        let source = desk.setting.source.as_str();
        let subject = format!("{source}{RETRACTED}");
        Event {
            source: source.into(),
            id: event_id(id, person),
            version: desk.version(&subject),
            subject,
            time: meeting.at,
            body: Body::Attendance(Box::new(Attendance {
                meeting: id.to_owned(),
                person: None,
                team: None,
                role: None,
                partstat: None,
                role_stated: false,
                via: None,
                meeting_ms: None,
                attended: None,
                present_ms: None,
                spoke_ms: None,
                mandatory: false,
            })),
        }
    }

    /// A text that may hold names as it is remembered: nobody who reads it finds out names by trying.
    fn print(&self, text: &str) -> String {
        let secret = &self.meetings.account.secret;
        hex(&sha256(format!("readback zoom {secret}\u{1f}{text}").as_bytes())[..12])
    }
}

/// What was refused for itself is remembered, and the rest goes on.
fn passed<T>(answer: Result<T, Stop>, refused: &mut Option<Stop>) -> Result<Option<T>, Stop> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(stop @ Stop::Refused(..)) => {
            refused.get_or_insert(stop);
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}
