//! Asks Graph who came to the meetings of some calendars, and, where a series is enabled for it, who spoke.
//!
//! The calendars say which meetings there were, with the ids that kind `microsoft-calendar` gives them. Teams
//! knows a series as one meeting, with a report for each session: a report belongs to the occurrence whose
//! time it overlaps most, and those of one occurrence are united.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::graph;
use super::online::{self, NEEDED_TO_READ, Online, Session};
use crate::model::meeting::version_at;
use crate::model::{DAY_MS, Millis};
use crate::sources::forge::{Stop, concluded, is_too_early, refusal, remembered, sha256, written};
use crate::sources::icalendar::memory::{hashed, setup};
use crate::sources::icalendar::reading::{Choice, Reading, UNWANTED};
use crate::sources::microsoft::calendar::Site;
use crate::sources::microsoft::event::Event;
use crate::sources::microsoft::{Given, Place, Signin};
use crate::sources::presence::{Desk, Manner, among};
use crate::sources::transcript::{About, Enabled, speaking};
use crate::sources::webvtt::{self, Cue, Timing};
use crate::sources::{Pull, Setting, Sight, Sink, SourceError, decode};

/// How far back reports go: Teams keeps them for a year.
const BACK: Millis = 365 * DAY_MS;
/// So long after a meeting its reports may still change: somebody joins again, a transcript is made.
const LATE: Millis = 7 * DAY_MS;
/// So long before and after its time a session is still an occurrence's.
const AROUND: Millis = 3_600_000;
/// So often a meeting is asked for again that Teams did not know.
const AGAIN: Millis = DAY_MS;

/// Parameters that say what is asked for; the others are those of files.
pub(super) const ASKED: &[&str] = &[
    "tenant",
    "client_id",
    "client_secret_file",
    "login",
    "graph",
    "mailboxes",
    "match",
    "key",
    "from",
    "enabled_series",
];

/// See the documentation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    tenant: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    login: Option<String>,
    graph: Option<String>,
    mailboxes: Vec<String>,
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    key: Option<String>,
    from: Option<String>,
    #[serde(default)]
    enabled_series: Vec<String>,
}

/// The parameters of what is asked, if anything is, and those of files.
pub(super) fn split(mut params: toml::Table) -> Result<(Option<Asked>, toml::Table), SourceError> {
    let mut asked = toml::Table::new();
    for name in ASKED {
        asked.extend(params.remove_entry(*name));
    }
    let asked = (!asked.is_empty()).then(|| decode(asked)).transpose()?;
    Ok((asked, params))
}

/// Meetings of one tenant.
pub(super) struct Teams {
    signin: Signin,
    places: Vec<Place>,
    reading: Reading,
    enabled: Enabled,
    desk: Desk,
    /// All that the configuration says of what is taken.
    params: String,
}

impl Teams {
    pub(super) fn new(
        asked: Asked,
        files: toml::Table,
        setting: &Setting,
    ) -> Result<Teams, SourceError> {
        for name in ["meeting", "start", "end"] {
            if files.contains_key(name) {
                return Err(SourceError::Params(format!(
                    "{name} is for files; the calendars of mailboxes say which meetings there were and when"
                )));
            }
        }
        let params = format!(
            "{:?} {files:?}",
            (
                &asked.mailboxes,
                &asked.matching,
                &asked.key,
                &asked.from,
                &asked.enabled_series
            )
        );
        let desk = Desk::build(files, setting, "teams", Manner::Strict)
            .map_err(|error| among(error, ASKED))?;
        let choice = Choice {
            matching: asked.matching,
            key: asked.key,
            writeup: desk.writeup.clone(),
            from: asked.from,
            to: None,
            ..Choice::default()
        };
        let places = Place::all(&asked.mailboxes)?;
        let reading = Reading::new(choice, setting)?;
        let enabled = Enabled::new(asked.enabled_series)?;
        // Last: what else is wrong is told where the secret is not here, too.
        let signin = Signin::new(&Given {
            tenant: &asked.tenant,
            client_id: &asked.client_id,
            secret_file: asked.client_secret_file.as_deref(),
            login: asked.login.as_deref(),
            graph: asked.graph.as_deref(),
        })?;
        Ok(Teams {
            signin,
            places,
            reading,
            enabled,
            desk,
            params,
        })
    }
}

fn teams(params: toml::Table, setting: &Setting) -> Result<Option<Teams>, SourceError> {
    let (asked, files) = split(params)?;
    asked
        .map(|asked| Teams::new(asked, files, setting))
        .transpose()
}

pub(super) fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    match teams(params, setting)? {
        Some(teams) => Ok(Box::new(teams)),
        None => Err(SourceError::Params(
            "mailboxes is missing; it should name whose meetings are asked for".to_owned(),
        )),
    }
}

/// Signs in and looks at the calendars, for `readback check`.
pub(super) fn look(
    params: toml::Table,
    setting: &Setting,
    is_online: bool,
) -> Result<Sight, SourceError> {
    let Some(teams) = teams(params, setting)? else {
        return Ok("nothing is asked: files are imported".into());
    };
    if !is_online {
        return Ok("not asked (--offline)".into());
    }
    let looked = || -> Result<usize, Stop> {
        let mut site = Site::new(teams.signin.graph(0, true)?);
        for place in &teams.places {
            site.look(place)?;
        }
        Ok(teams.places.len())
    };
    match looked() {
        Ok(found) => Ok(Sight::answering(&[(found, "calendar", "calendars")])),
        Err(Stop::Later(reason, _)) => Ok(reason.into()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
    }
}

/// What a pull hands to the next. It names nobody.
#[derive(Default, Serialize, Deserialize)]
struct Checkpoint {
    /// Microsoft wants to be left alone until then.
    not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    refused: Option<String>,
    /// How all was read.
    setup: String,
    /// Until when all was asked for.
    since: Option<Millis>,
    /// When the earliest meeting was that Teams did not know, and when those were last asked for.
    #[serde(default)]
    unknown: Option<(Millis, Millis)>,
    /// What was told, by the hashes of meetings: when it was, and a fingerprint.
    told: BTreeMap<String, (Millis, u64)>,
}

/// An occurrence that was.
struct Slot {
    meeting: String,
    subject: String,
    at: Millis,
    end: Millis,
    chair: Option<String>,
}

/// All occurrences that are joined at one place.
struct Room {
    mailbox: String,
    slots: Vec<Slot>,
}

/// A pull under way.
struct Run<'a> {
    reading: &'a Reading,
    enabled: &'a Enabled,
    desk: &'a mut Desk,
    /// What fingerprints are keyed with.
    key: String,
    told: &'a mut BTreeMap<String, (Millis, u64)>,
    /// Occurrences that ended from here on are asked about.
    from: Millis,
    now: Millis,
    /// When the earliest meeting was that Teams does not know.
    unknown: Option<Millis>,
    sink: &'a mut dyn Sink,
    got: bool,
}

impl Pull for Teams {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let mut state: Checkpoint = remembered(checkpoint, sink);
        if is_too_early(state.not_before.take(), now, "Microsoft Graph", sink) {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        }
        let setup = setup(&self.reading.setting, &self.params);
        if std::mem::replace(&mut state.setup, setup.clone()) != setup {
            state.since = None;
        }
        let back = self.reading.from.unwrap_or(now - BACK).max(now - BACK);
        let from = state.since.map_or(back, |since| back.max(since - LATE));
        // What was unknown may be found by now: another one was made the organiser, a right was given.
        let due = state.unknown.filter(|(_, asked)| now - asked >= AGAIN);
        let from = due.map_or(from, |(at, _)| back.max(from.min(at - AROUND)));
        state.told.retain(|_, (at, _)| *at >= now - BACK);
        self.desk.dated(now);
        let mut run = Run {
            reading: &self.reading,
            enabled: &self.enabled,
            desk: &mut self.desk,
            key: self.signin.known_by(),
            told: &mut state.told,
            from,
            now,
            unknown: None,
            sink,
            got: false,
        };
        let ended = match self.signin.graph(now, false) {
            Ok(graph) => run.all(Site::new(graph), &self.places),
            Err(stop) => Err(stop),
        };
        let still = run.unknown;
        let before = state.unknown.filter(|(at, _)| *at >= back);
        state.unknown = match before {
            // The earlier ones were not asked for, or not all of them.
            Some((at, asked)) if at < from || ended.is_err() => {
                Some((still.map_or(at, |still| at.min(still)), asked))
            }
            _ => still.map(|at| (at, now)),
        };
        if ended.is_ok() {
            state.since = Some(now);
        }
        state.refused = refusal(&ended);
        state.not_before = concluded(ended, run.got, run.sink)?;
        written(&state)
    }
}

impl Run<'_> {
    fn all(&mut self, mut site: Site, places: &[Place]) -> Result<(), Stop> {
        let mut refused = Ok(());
        // What is refused of one meeting may be answered of others.
        let mut pass = |done: Result<(), Stop>| match done {
            Err(stop @ Stop::Refused(..)) => {
                if refused.is_ok() {
                    refused = Err(stop);
                }
                Ok(())
            }
            other => other,
        };
        let mut rooms = BTreeMap::new();
        for place in places {
            pass(self.rooms(&mut site, place, &mut rooms))?;
        }
        for (join_url, room) in &rooms {
            pass(self.room(&mut site, join_url, room))?;
        }
        refused
    }

    /// The meetings of a calendar that are over.
    fn rooms(
        &mut self,
        site: &mut Site,
        place: &Place,
        rooms: &mut BTreeMap<String, Room>,
    ) -> Result<(), Stop> {
        let found = site.find(place, false)?;
        for value in site.view(&found, (self.from, self.now))? {
            let Ok(event) = Event::read(&value, &self.reading.setting) else {
                self.sink.left_out("event that is not understood");
                continue;
            };
            let end =
                event.at + i64::try_from(event.length_ms.unwrap_or_default()).unwrap_or_default();
            if event.is_cancelled || event.is_draft {
                self.sink.left_out("cancelled");
            } else if !self
                .reading
                .wants(&event.title, &event.categories, &event.texts)
            {
                self.sink.left_out(UNWANTED);
            } else if end > self.now {
                // Its turn comes when it is over.
            } else if let Some(join_url) = &event.join_url {
                let meeting = event.meeting();
                let room = rooms.entry(join_url.clone()).or_insert_with(|| Room {
                    mailbox: place.mailbox.clone(),
                    slots: Vec::new(),
                });
                if !room.slots.iter().any(|slot| slot.meeting == meeting) {
                    room.slots.push(Slot {
                        subject: self.reading.subject(&event.texts, (&event.uid, &meeting)),
                        meeting,
                        at: event.at,
                        end,
                        chair: event.chair,
                    });
                }
            } else {
                self.sink.left_out("meeting without an address in Teams");
            }
        }
        self.got = true;
        Ok(())
    }

    fn room(&mut self, site: &mut Site, join_url: &str, room: &Room) -> Result<(), Stop> {
        let graph = &mut site.graph;
        let Some(online) = online::find(graph, join_url, &room.mailbox)? else {
            self.sink.left_out("meeting that Teams does not know");
            let earliest = room.slots.iter().map(|slot| slot.at).min();
            self.unknown = self.unknown.into_iter().chain(earliest).min();
            return Ok(());
        };
        let reports = online.reports(graph)?;
        for (slot, sessions) in self.sorted(&room.slots, &reports) {
            self.attendance(site, &online, slot, &sessions)?;
        }
        let mut slots = room.slots.iter();
        if slots.any(|slot| self.enabled.holds(&slot.meeting)) {
            self.speaking(site, &online, room)?;
        }
        Ok(())
    }

    /// The sessions of each occurrence that has some.
    fn sorted<'s>(
        &mut self,
        slots: &'s [Slot],
        sessions: &'s [Session],
    ) -> Vec<(&'s Slot, Vec<&'s Session>)> {
        let mut sorted: Vec<(&Slot, Vec<&Session>)> =
            slots.iter().map(|slot| (slot, Vec::new())).collect();
        for session in sessions {
            let overlap = |slot: &Slot| {
                let end = session.end.min(slot.end + AROUND);
                let inner = session.end.min(slot.end) - session.start.max(slot.at);
                // Of two that it only comes near to, the nearer; a session may last no time.
                (end >= session.start.max(slot.at - AROUND)).then_some(inner)
            };
            let found = sorted
                .iter_mut()
                .filter_map(|one| Some((overlap(one.0)?, one)));
            match found.max_by_key(|(overlap, _)| *overlap) {
                Some((_, (_, sessions))) => sessions.push(session),
                // Those of earlier occurrences were told before.
                None if session.end < self.from => {}
                None => self.sink.left_out("session outside of every occurrence"),
            }
        }
        sorted.retain(|(_, sessions)| !sessions.is_empty());
        sorted
    }

    /// Whether this is new of a meeting. Says the same under which it is remembered.
    fn is_new(&self, what: &str, slot: &Slot, sessions: &[&Session]) -> Option<(String, u64)> {
        let mut parts: BTreeSet<(Millis, Millis, u64, &str)> = BTreeSet::new();
        parts.extend(
            sessions
                .iter()
                .map(|one| (one.start, one.end, one.count, &*one.id)),
        );
        let text = format!(
            "{} {what} {:?} {parts:?}",
            self.key,
            (&slot.subject, slot.at, slot.end)
        );
        let [a, b, c, d, e, f, g, h, ..] = sha256(text.as_bytes());
        let print = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let name = hashed(&format!("{what} {}", slot.meeting));
        let known = self.told.get(&name).map(|(_, print)| *print);
        (known != Some(print)).then_some((name, print))
    }

    fn attendance(
        &mut self,
        site: &mut Site,
        online: &Online,
        slot: &Slot,
        sessions: &[&Session],
    ) -> Result<(), Stop> {
        let Some((name, print)) = self.is_new("attendance", slot, sessions) else {
            return Ok(());
        };
        let mut reports = Vec::new();
        for session in sessions {
            reports.extend(online.report(&mut site.graph, &session.id)?);
        }
        self.got = true;
        self.desk.meeting = Some(slot.meeting.clone());
        self.desk.writeup = Some(slot.subject.clone()).filter(|subject| !subject.is_empty());
        let told = graph::united(self.desk, "a meeting", &reports, self.sink);
        told.map_err(|error| site.graph.refused(&error.to_string()))?;
        self.told.insert(name, (slot.at, print));
        Ok(())
    }

    /// Tells who spoke in the occurrences of enabled series. What was said is read in memory, and forgotten.
    fn speaking(&mut self, site: &mut Site, online: &Online, room: &Room) -> Result<(), Stop> {
        let transcripts = online.transcripts(&mut site.graph)?;
        for (slot, sessions) in self.sorted(&room.slots, &transcripts) {
            // First, and before a word of it is read.
            if !self.enabled.holds(&slot.meeting) {
                continue;
            }
            let Some((name, print)) = self.is_new("speaking", slot, &sessions) else {
                continue;
            };
            let mut cues: Vec<Cue> = Vec::new();
            for session in sessions {
                let text = online.transcript(&mut site.graph, &session.id)?;
                let text = text.ok_or_else(|| site.graph.forbidden(NEEDED_TO_READ))?;
                let read = webvtt::parse(text.as_bytes(), Timing::Graph);
                let read =
                    read.map_err(|error| site.graph.refused(&format!("a transcript {error}")))?;
                // Each counts from its own beginning.
                cues.extend(read.into_iter().map(|cue| Cue {
                    from: cue.from.saturating_add(session.start),
                    until: cue.until.saturating_add(session.start),
                    ..cue
                }));
            }
            self.got = true;
            let led: Vec<&str> = slot.chair.as_deref().into_iter().collect();
            self.sink.event(speaking(
                &webvtt::spoken(&cues),
                &led,
                About {
                    source: &self.reading.setting.source,
                    meeting: &slot.meeting,
                    subject: slot.subject.clone(),
                    at: slot.at,
                    version: version_at(self.now),
                },
            ));
            self.told.insert(name, (slot.at, print));
        }
        Ok(())
    }
}
