//! One pull: the conferences of the meetings that are reviews, each with who was there and when. Nothing is
//! asked of any other conference.
//!
//! Conferences of one occurrence are one: a call that broke off and was taken up again. It is told once none
//! of them goes on, and again where another one followed. Where a series is enabled, how many spoke is told
//! once the transcript is there.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{
    self, ENTRIES, PARTICIPANTS, Participant, RECORDS, Record, SESSIONS, TRANSCRIPTS, Who,
};
use super::directory::Directory;
use super::places::{Occurrence, Places};
use super::{KEPT_DAYS, Meet};
use crate::model::meeting::version_at;
use crate::model::{DAY_MS, Identity, Millis, to_rfc3339};
use crate::sources::forge::{
    Client, Reply, Stop, concluded, is_too_early, refusal, remembered, shown, written,
};
use crate::sources::google::{form, next};
use crate::sources::icalendar::memory::{hashed, occurrence, setup};
use crate::sources::presence::people::{Attendee, People};
use crate::sources::presence::stays::{Bounds, Stay};
use crate::sources::presence::{Desk, Meeting};
use crate::sources::transcript::{About, speaking};
use crate::sources::webvtt::Spoken;
use crate::sources::{Sink, SourceError};

/// Conferences are listed again so far back, ms: what follows on one that ended is of the same meeting.
const AGAIN: Millis = 2 * DAY_MS;
/// No two conferences of one occurrence lie further apart, ms.
const APART: Millis = DAY_MS / 2;
/// A transcript that is not there so long after its conference does not come any more, ms.
const AWAITED: Millis = 3 * DAY_MS;
/// People whose stays are asked for one by one; of the others the first moment and the last are taken.
const MOST_ASKED: usize = 1_000;
/// Marks what was told while the directory was not for us.
const BLIND: &str = "?";

/// What a pull hands to the next. It names nobody, and no meeting: ids are hashes.
#[derive(Default, Serialize, Deserialize)]
struct Checkpoint {
    /// Google wants to be left alone until then.
    not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    refused: Option<String>,
    /// How conferences were joined to meetings.
    setup: String,
    /// From when on conferences are told.
    since: Option<Millis>,
    told: BTreeMap<String, Told>,
}

/// What was told of an occurrence: of which conferences, when it was, and whether speaking is settled. Where the
/// directory did not say who was there, the conferences end in [`BLIND`].
#[derive(Serialize, Deserialize)]
struct Told(String, Millis, bool);

/// The conferences of an occurrence.
struct Group {
    occurrence: Occurrence,
    records: Vec<Record>,
}

/// Somebody who took part, under what tells them from others.
struct Present {
    participant: Participant,
    key: String,
    email: Option<String>,
}

struct Run<'a> {
    meet: &'a Meet,
    desk: &'a Desk,
    client: Client,
    directory: Directory<'a>,
    now: Millis,
    told: &'a mut BTreeMap<String, Told>,
    sink: &'a mut dyn Sink,
    /// Who came, and what was left out that may have been people.
    came: u64,
    hidden: u64,
    got: bool,
}

/// Pulls once.
pub(super) fn pull(
    meet: &mut Meet,
    checkpoint: Option<&str>,
    now: Millis,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let mut state: Checkpoint = remembered(checkpoint, sink);
    if is_too_early(state.not_before.take(), now, "Google Meet", sink) {
        return Ok(checkpoint.unwrap_or_default().to_owned());
    }
    meet.desk.dated(now);
    let setup = setup(&meet.desk.setting, &meet.params);
    if std::mem::replace(&mut state.setup, setup.clone()) != setup {
        // All that Meet still has is looked at as if it was new; what was told stays known.
        state.since = None;
    }
    let kept = now - Millis::from(KEPT_DAYS) * DAY_MS;
    let since = state.since.map_or(kept, |since| since.max(kept));
    state.told.retain(|_, told| told.1 >= kept - AGAIN);
    let meet = &*meet;
    let ended = meet.client(now).map(|client| {
        let mut run = Run {
            meet,
            desk: &meet.desk,
            client,
            directory: Directory::new(meet, now),
            now,
            told: &mut state.told,
            sink: &mut *sink,
            came: 0,
            hidden: 0,
            got: false,
        };
        let ended = run.all(since);
        run.tell();
        let blind = run.directory.blind().map(str::to_owned);
        (ended, run.got, blind)
    });
    let (ended, got, blind) = match ended {
        Ok(done) => done,
        Err(stop) => (Err(stop), false, None),
    };
    let ended = ended.map(|since| state.since = Some(since));
    state.refused = refusal(&ended).or(blind);
    state.not_before = concluded(ended, got, sink)?;
    written(&state)
}

impl Run<'_> {
    /// Tells of all conferences from a time on, and says from when on the next pull should.
    fn all(&mut self, since: Millis) -> Result<Millis, Stop> {
        let mut places = Places::new(&self.meet.codes, &self.meet.reading);
        if let Some(mut client) = self.meet.calendar(self.now)? {
            let bounds = (since - APART - DAY_MS, self.now + DAY_MS);
            places.plan(&self.meet.calendars, &mut client, bounds)?;
        }
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for code in places.codes() {
            let mut before: Option<(Occurrence, Millis)> = None;
            for record in self.records(&code, since - APART)? {
                let Some(occurrence) = places.of(&code, record.start, before.as_ref()) else {
                    self.sink
                        .left_out("conference at another time than its meetings");
                    continue;
                };
                let end = record.end.unwrap_or(self.now);
                before = Some((occurrence.clone(), end));
                let group = groups.entry(occurrence.meeting.clone());
                let group = group.or_insert_with(|| Group {
                    occurrence,
                    records: Vec::new(),
                });
                group.records.push(record);
            }
        }
        let mut again = self.now - AGAIN;
        for group in groups.values() {
            let Some(first) = group.records.first().map(|record| record.start) else {
                continue;
            };
            if first < since {
                // It was told; a part of it alone would be too little.
            } else if self.is_of_several_days(group, first) {
                self.sink
                    .left_out("conference of another day than its meeting");
                self.sink.note(
                    "a meeting that meetings names as one has conferences of several days; if it is a series, \
                     write UID/*"
                        .to_owned(),
                );
            } else if group.records.iter().any(|record| record.end.is_none()) {
                self.sink.left_out("conference that goes on");
                again = again.min(first);
            } else if !self.group(group, first)? {
                again = again.min(first);
            }
        }
        Ok(again)
    }

    fn is_of_several_days(&self, group: &Group, first: Millis) -> bool {
        let last = group.records.iter().map(|record| record.start).max();
        let known = self.told.get(&occurrence(&group.occurrence.meeting));
        let is_apart = |other: Millis| Places::is_apart(first, other);
        let is_apart = last.is_some_and(is_apart) || known.is_some_and(|told| is_apart(told.1));
        is_apart && group.occurrence.is_once
    }

    /// The conferences with a code, the earliest first.
    fn records(&mut self, code: &str, since: Millis) -> Result<Vec<Record>, Stop> {
        let filter = format!(
            "space.meeting_code = \"{code}\" AND start_time>=\"{}\"",
            to_rfc3339(since)
        );
        let query = [
            ("filter", filter.as_str()),
            ("pageSize", "100"),
            ("fields", RECORDS),
        ];
        let mut found = Vec::new();
        let take = &mut |value: &Value| found.extend(answer::record(value));
        self.listed("conferenceRecords", &query, "conferenceRecords", take)?;
        found.sort_by(|one, other| (one.start, &one.name).cmp(&(other.start, &other.name)));
        Ok(found)
    }

    /// Tells of an occurrence what is new. False where its transcript is not there yet.
    fn group(&mut self, group: &Group, first: Millis) -> Result<bool, Stop> {
        let meeting = &group.occurrence.meeting;
        let ends = group
            .records
            .iter()
            .map(|record| (&record.name, record.end));
        let ends: Vec<_> = ends.collect();
        let print = format!("{ends:?} {}", group.occurrence.subject);
        let print = hashed(&format!("{print} {}", self.directory.is_asked()));
        let id = occurrence(meeting);
        let blind = format!("{print}{BLIND}");
        let known = self.told.get(&id);
        let is_told = known.is_some_and(|told| told.0 == print);
        let was_blind = known.is_some_and(|told| told.0 == blind);
        let is_settled = known.is_some_and(|told| told.2) && (is_told || was_blind);
        let is_enabled = self.meet.enabled.holds(meeting);
        let is_heard = is_settled || !is_enabled;
        if is_told && is_heard {
            return Ok(true);
        }
        if was_blind && is_heard && self.directory.blind().is_some() {
            return Ok(false);
        }
        let present = self.present(group)?;
        // Who was known by a number is told by the address once the directory answers.
        let is_blind = !is_told && self.is_blind_for(&present);
        let is_new = !(is_told || was_blind && is_blind);
        let print = if is_blind { blind } else { print };
        if is_new {
            self.presence(group, &present)?;
            self.got = true;
            self.told
                .insert(id.clone(), Told(print.clone(), first, false));
        }
        let is_settled =
            !is_enabled || (is_settled && !is_new) || self.speaking(group, &present)?;
        self.told.insert(id, Told(print, first, is_settled));
        Ok(is_settled && !is_blind)
    }

    /// Whether somebody is known by a number alone because the directory is not for us.
    fn is_blind_for(&self, present: &[Present]) -> bool {
        let mut present = present.iter();
        let is_number =
            |one: &Present| one.email.is_none() && matches!(one.participant.who, Who::User(..));
        self.directory.blind().is_some() && present.any(is_number)
    }

    /// Everybody who took part. Whoever has an account is one person, on however many devices.
    fn present(&mut self, group: &Group) -> Result<Vec<Present>, Stop> {
        let mut found: Vec<Participant> = Vec::new();
        for record in &group.records {
            let path = format!("{}/participants", record.name);
            let query = [("pageSize", "250"), ("fields", PARTICIPANTS)];
            let take = &mut |value: &Value| found.extend(answer::participant(value));
            self.listed(&path, &query, "participants", take)?;
        }
        let mut present = Vec::new();
        for participant in found {
            let (key, email) = match &participant.who {
                Who::User(id, _) => (format!("users/{id}"), self.directory.address(id)?),
                Who::Anonymous(_) | Who::Phone => (participant.name.clone(), None),
            };
            present.push(Present {
                participant,
                key,
                email,
            });
        }
        Ok(present)
    }

    /// Tells who was there.
    fn presence(&mut self, group: &Group, present: &[Present]) -> Result<(), Stop> {
        let mut people = People::default();
        for (number, one) in present.iter().enumerate() {
            let stays = match number < MOST_ASKED {
                true => self.sessions(&one.participant)?,
                false => Vec::new(),
            };
            let stays = match stays.is_empty() {
                true => one.participant.stay.into_iter().collect(),
                false => stays,
            };
            let (name, account) = match &one.participant.who {
                Who::User(id, name) => (
                    name.as_str(),
                    Some(Identity::of_source("google", "user", id)),
                ),
                Who::Anonymous(name) => (name.as_str(), None),
                Who::Phone => ("", None),
            };
            let index = people.keyed(one.key.clone(), name, one.email.as_deref());
            if let Some(person) = people.at(index) {
                person.account = account;
                person
                    .stays
                    .extend(clipped(&stays, group, &one.participant.name));
            }
        }
        if present.len() > MOST_ASKED {
            self.sink.note(format!(
                "a conference had {} participants; of those after the first {MOST_ASKED} the time from their first \
                 moment to their last is taken",
                present.len()
            ));
        }
        let people: Vec<Attendee> = people.into_all();
        let meeting = Meeting {
            id: group.occurrence.meeting.clone(),
            subject: self.subject(group),
            at: group.occurrence.at,
            bounds: Bounds {
                start: group.records.iter().map(|record| record.start).min(),
                end: group.records.iter().filter_map(|record| record.end).max(),
            },
        };
        let (came, hidden) = self.desk.tell(&meeting, &people, self.sink);
        self.came += came;
        self.hidden += hidden;
        Ok(())
    }

    fn subject(&self, group: &Group) -> String {
        let subject = Some(group.occurrence.subject.clone()).filter(|subject| !subject.is_empty());
        self.desk.subject(subject, &group.occurrence.meeting)
    }

    fn sessions(&mut self, participant: &Participant) -> Result<Vec<Stay>, Stop> {
        let path = format!("{}/participantSessions", participant.name);
        let query = [("pageSize", "250"), ("fields", SESSIONS)];
        let mut stays = Vec::new();
        let take = &mut |value: &Value| stays.extend(answer::session(value));
        self.listed(&path, &query, "participantSessions", take)?;
        Ok(stays)
    }

    /// Tells how many spoke, where the transcripts are there. False where they may still come.
    fn speaking(&mut self, group: &Group, present: &[Present]) -> Result<bool, Stop> {
        let mut transcripts = Vec::new();
        for record in &group.records {
            let path = format!("{}/transcripts", record.name);
            let query = [("pageSize", "100"), ("fields", TRANSCRIPTS)];
            let take = &mut |value: &Value| transcripts.extend(answer::transcript(value));
            self.listed(&path, &query, "transcripts", take)?;
        }
        if transcripts.is_empty() || transcripts.iter().any(|(_, is_whole)| !is_whole) {
            let end = group.records.iter().filter_map(|record| record.end).max();
            return Ok(end.is_some_and(|end| end + AWAITED <= self.now));
        }
        let keys: HashMap<&str, &str> = present
            .iter()
            .map(|one| (one.participant.name.as_str(), one.key.as_str()))
            .collect();
        let mut stays: BTreeMap<Option<String>, Vec<Stay>> = BTreeMap::new();
        for (transcript, _) in &transcripts {
            let path = format!("{transcript}/entries");
            let query = [("pageSize", "100"), ("fields", ENTRIES)];
            let take = &mut |value: &Value| {
                if let Some((participant, stay)) = answer::entry(value) {
                    let key = keys.get(participant.as_str()).map(|key| (*key).to_owned());
                    stays.entry(key).or_default().push(stay);
                }
            };
            self.listed(&path, &query, "transcriptEntries", take)?;
        }
        let spoken = Spoken::of_stays(stays);
        let led: Vec<&str> = present
            .iter()
            .filter(|one| {
                self.meet
                    .has_led(one.email.as_deref(), &one.participant.who)
            })
            .map(|one| one.key.as_str())
            .collect();
        if !self.meet.facilitators.is_empty() && !led.iter().any(|key| spoken.of(key).is_some()) {
            self.sink.note(
                "nobody of those whom facilitator names is among the speakers of a transcript; is it the \
                 address, or the name that Meet shows?"
                    .to_owned(),
            );
        }
        let subject = self.subject(group);
        let about = About {
            source: &self.desk.setting.source,
            meeting: &group.occurrence.meeting,
            subject,
            at: group.occurrence.at,
            version: version_at(self.now),
        };
        self.sink.event(speaking(&spoken, &led, about));
        Ok(true)
    }

    /// Goes through all pages of a list. What is not there is empty.
    fn listed(
        &mut self,
        path: &str,
        query: &[(&str, &str)],
        field: &str,
        take: &mut dyn FnMut(&Value),
    ) -> Result<(), Stop> {
        let mut part = String::new();
        loop {
            let address = self
                .client
                .address(&format!("/{path}?{}{part}", form(query)));
            let list = match self.client.get(&address, None)? {
                Reply::Page(page) => page.value,
                Reply::Same | Reply::Gone => return Ok(()),
                Reply::Forbidden => return Err(forbidden(self.meet)),
            };
            list[field]
                .as_array()
                .into_iter()
                .flatten()
                .for_each(&mut *take);
            match next(&list) {
                Some(token) => part = token,
                None => return Ok(()),
            }
        }
    }

    /// What could not be had, in sentences.
    fn tell(&mut self) {
        if self.hidden > 0 {
            self.sink.note(format!(
                "left out as rooms or telephones: {}; Meet does not say how many people sat there, nor whether it \
                 names them besides: more than the {} whom it names may have been there",
                self.hidden, self.came
            ));
        }
        if let Some(reason) = self.directory.blind() {
            self.sink.note(reason.to_owned());
        }
    }
}

/// What lies of somebody's stays within the conference that they were at.
fn clipped(stays: &[Stay], group: &Group, participant: &str) -> Vec<Stay> {
    let mut records = group.records.iter();
    let own = records.find(|record| {
        let rest = participant.strip_prefix(record.name.as_str());
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    let Some((start, end)) = own.and_then(|record| Some((record.start, record.end?))) else {
        return stays.to_vec();
    };
    let clip = |(from, until): &Stay| ((*from).max(start), Some(until.unwrap_or(end).min(end)));
    stays.iter().map(clip).collect()
}

/// Meet does not let us in.
pub(super) fn forbidden(meet: &Meet) -> Stop {
    Stop::Failed(SourceError::Remote {
        name: shown(&meet.api),
        reason: "is not for the account (status 403): subject should be somebody who organises the meetings, \
                 or is there"
            .to_owned(),
        retryable: false,
    })
}
