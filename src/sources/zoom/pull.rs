//! A pull: which meetings took place, and who was there. What was told is remembered by hashes; what Zoom
//! may still add to a report is asked for again for some days, and told again only if it changed.

use std::collections::BTreeMap;

use crate::model::{DAY_MS, Millis};
use crate::sources::forge::{
    Stop, concluded, hex, is_too_early, refusal, remembered, sha256, written,
};
use crate::sources::icalendar::memory::{hashed, setup};
use crate::sources::{Pull, Setting, Sink, SourceError};

use super::answer::{self, Past, Stay};
use super::client::{
    Account, Client, HELD, INSTANCES, PARTICIPANTS, PAST, PLANNED, Reply, Scope, day, encoded, next,
};
use super::memory::{Checkpoint, Counts, Told, fingerprint};
use super::numbers::{self, Name, Schedule};
use super::telling::{Called, Telling};
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
        state.refused = refusal(&ended);
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

/// A meeting that was met: one opening of it.
struct Met {
    uuid: String,
    number: String,
    start: Millis,
    /// All that is to know of it, where its list says so.
    past: Option<Past>,
}

/// All openings of one occurrence.
struct Group {
    called: Called,
    openings: Vec<Met>,
}

/// What became of the question for one opening.
enum Opening {
    /// It is on.
    IsOn,
    /// There is no report, or not yet.
    Unknown,
    /// Who was there.
    Over(Past, Vec<Stay>),
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

    /// Looks at these openings, those of one occurrence together, the oldest first.
    fn each(
        &mut self,
        mut found: Vec<Met>,
        refused: &mut Option<Stop>,
        sink: &mut dyn Sink,
    ) -> Result<(), Stop> {
        let oldest = self.now - Millis::from(KEPT_DAYS) * DAY_MS;
        found.retain(|met| met.start >= oldest);
        found.sort_by_key(|met| met.start);
        if found.iter().all(|met| self.is_settled(&met.uuid)) {
            return Ok(());
        }
        let mut groups: Vec<Group> = Vec::new();
        for met in found {
            let called = self.called(&met);
            let Some(called) = passed(called, refused)? else {
                continue;
            };
            let mut known = groups.iter_mut().rev();
            match known.find(|group| group.called.name == called.name) {
                Some(group) => group.openings.push(met),
                None => groups.push(Group {
                    called,
                    openings: vec![met],
                }),
            }
        }
        for group in groups {
            let told = self.occurrence(group, sink);
            passed(told, refused)?;
        }
        Ok(())
    }

    fn is_settled(&self, uuid: &str) -> bool {
        let told = self.state.meetings.get(&hashed(uuid));
        told.is_some_and(|told| told.is_settled)
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
            number: number.to_owned(),
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
                number: past.number.clone(),
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
    fn occurrence(&mut self, group: Group, sink: &mut dyn Sink) -> Result<(), Stop> {
        let Group { called, openings } = group;
        if openings.iter().all(|met| self.is_settled(&met.uuid)) {
            return Ok(());
        }
        let now = self.now;
        let is_late = |at: Millis| at < now - SETTLED;
        let (mut parts, mut ends, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        for met in openings {
            let (key, start) = (hashed(&met.uuid), met.start);
            match self.opening(met, is_late(start))? {
                Opening::IsOn => return Ok(()),
                Opening::Over(past, stays) => {
                    ends.push((key, past.end.unwrap_or(past.start)));
                    starts.push(past.start);
                    parts.push((past, stays));
                }
                // The report of a meeting that has just ended is not made yet.
                Opening::Unknown if is_late(start) => {
                    let told = self.state.meetings.entry(key).or_default();
                    self.counts.forgotten += u64::from(told.print.is_none() && !told.is_settled);
                    (told.at, told.is_settled) = (start, true);
                }
                Opening::Unknown => {}
            }
        }
        let end = ends.iter().map(|(_, end)| *end).max();
        let Some(((past, stays), end)) = answer::united(parts).zip(end) else {
            return Ok(());
        };
        if stays.is_empty() && !is_late(end) {
            return Ok(());
        }
        let keys = ends.iter();
        let before: Vec<Told> = keys
            .filter_map(|(key, _)| self.state.meetings.get(key).cloned())
            .collect();
        let telling = Telling {
            zoom: &self.meetings.zoom,
            past: &past,
            called: &called,
            stays: &stays,
            own_before: match before.iter().any(|told| told.is_own) {
                true => &starts,
                false => &[],
            },
        };
        let (subject, people) = telling.people();
        let print = self.print(&fingerprint(&people.events));
        let last = before.iter().find_map(|told| told.print.as_deref());
        if last != Some(&print) {
            self.counts.unplanned += u64::from(called.is_unplanned);
            self.counts.hidden += telling.tell(people, last.is_some(), sink);
        }
        for (key, end) in ends {
            let told = Told {
                at: past.start,
                print: Some(print.clone()),
                is_settled: is_late(end),
                is_joined: !subject.is_empty(),
                is_own: called.is_own,
            };
            self.state.meetings.insert(key, told);
        }
        Ok(())
    }

    /// Asks for one opening.
    fn opening(&mut self, met: Met, is_late: bool) -> Result<Opening, Stop> {
        let uuid = encoded(&met.uuid);
        let past = match met.past {
            Some(past) => Some(past),
            None => match self.ask(&format!("/past_meetings/{uuid}"), &PAST)? {
                Reply::Value(value) => answer::past(&value),
                Reply::Gone | Reply::Stale => None,
            },
        };
        Ok(match past {
            None => Opening::Unknown,
            Some(Past { end: None, .. }) if !is_late => Opening::IsOn,
            Some(past) => match self.stays(&uuid)? {
                None => Opening::Unknown,
                Some(stays) => Opening::Over(past, stays),
            },
        })
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

    /// What the occurrence is called that was opened.
    fn called(&mut self, met: &Met) -> Result<Called, Stop> {
        let Zoom { desk, reviews, .. } = &self.meetings.zoom;
        let own = numbers::own(desk, &met.number, met.start);
        let uid = match reviews.name(desk, &met.number, met.start) {
            Name::Known(name) => {
                let is_own = name == own;
                return Ok(Called {
                    name,
                    is_own,
                    is_unplanned: false,
                });
            }
            Name::Scheduled(uid) => uid,
        };
        if !self.schedules.contains_key(&met.number) {
            let number = encoded(&met.number);
            let path = format!("/meetings/{number}?show_previous_occurrences=true");
            let schedule = match self.ask(&path, &PLANNED)? {
                Reply::Value(value) => answer::schedule(&value),
                Reply::Gone | Reply::Stale => Schedule::Unknown,
            };
            self.schedules.insert(met.number.clone(), schedule);
        }
        let schedule = self.schedules.get(&met.number);
        let name = schedule.and_then(|schedule| schedule.name(&uid, met.start));
        let is_unplanned = name.is_none();
        Ok(Called {
            name: name.unwrap_or(own),
            is_own: is_unplanned,
            is_unplanned,
        })
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
