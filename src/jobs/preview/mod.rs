//! What a file of meetings would come to, before it is brought in: for the eyes of whoever drops it. The names
//! in it are those of the file; they are told once, to that one person, and kept nowhere.

mod guess;
mod join;
mod named;
mod suggest;
mod ways;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::Context as _;

use super::ingest::{NotRead, known_writeups};
use super::meetings::is_known;
use super::order::Order;
use super::people::people;
use crate::collect::{Intake, Keys, input};
use crate::model::{
    Attendance, Body, Event, Identity, Meeting, Millis, Occurrence, Pseudonym, RETRACTED, Record,
    Vocabulary,
};
use crate::sources::{KnownWriteup, Problem, Setting, Sink, SourceError, is_made};
use crate::store::{PersonRow, Store};

pub use guess::{OF_MEETINGS, guess};
pub use join::{Chosen, Dates, Fit, Known, Planned, Reading, is_list, read as joined};
pub use named::{missing, names};
pub use ways::{Way, said_as};

/// Meetings that are shown one by one.
const MOST_MEETINGS: usize = 60;
/// People that are shown one by one.
const MOST_PEOPLE: usize = 2000;
/// Events that are looked at; a calendar of ten years has fewer.
const MOST_EVENTS: usize = 100_000;
/// Things that are wrong, or were left out, that are shown one by one.
const MOST_TOLD: usize = 200;

/// What a file would come to. No `Debug`: it holds names.
#[derive(Default)]
pub struct Preview {
    /// Its meetings, the latest first.
    pub meetings: Vec<Seen>,
    /// How many more there are.
    pub more_meetings: usize,
    /// Events beyond those that are looked at.
    pub more_events: u64,
    /// Events that are neither attendance nor of a meeting, by kind.
    pub others: BTreeMap<&'static str, u64>,
    /// When meetings were planned that it calls off, and how many invitations that takes back.
    pub taken_back: BTreeMap<Millis, u64>,
    /// Who or what was left out, and why, as often as it was.
    pub left_out: Vec<LeftOut>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Entries that are wrong, all of them.
    pub rejected: u64,
    /// What was assumed.
    pub notes: Vec<String>,
}

/// What was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Why.
    pub reason: &'static str,
    /// What the file calls it, where it does.
    pub name: String,
    /// How often.
    pub times: u64,
}

/// A meeting of the file.
pub struct Seen {
    /// Its keyed hash.
    pub hash: u64,
    /// What the file itself calls it, or somebody who typed that; nothing where a name was made of what the
    /// file tells.
    pub named: Option<String>,
    /// When it begins.
    pub at: Millis,
    /// How long it is, ms.
    pub length_ms: Option<u64>,
    /// The write-up: as the file names it, and its registered id where it is one.
    pub subject: String,
    /// The registered write-up.
    pub writeup: Option<KnownWriteup>,
    /// What the meeting that somebody chose is about.
    pub about: Option<String>,
    /// Who is in it.
    pub people: Vec<Somebody>,
    /// How many more there are.
    pub more_people: usize,
    /// Who was invited before, and does not stand in the list.
    pub invited_besides: usize,
    /// Sources that told before who came to it, with of how many presences.
    pub told_by: Vec<(String, u64)>,
    /// What a transcript says of it.
    pub spoken: Option<Meeting>,
}

/// Somebody in a meeting.
pub struct Somebody {
    /// As the file calls them.
    pub name: String,
    /// Who they are to Readback, before that becomes a pseudonym; nothing where nobody knows.
    pub known_as: Option<String>,
    /// Role and answer of an invitation.
    pub role: Option<String>,
    pub answer: Option<String>,
    /// The role stands in the calendar itself.
    pub role_stated: bool,
    /// The group or list that the invitation went to.
    pub via: Option<String>,
    /// They came, as far as the file says.
    pub came: Option<bool>,
    /// How long they were there, ms.
    pub present_ms: Option<u64>,
    /// They are invited to the meeting, as was known before; nothing where no invitation is known.
    pub is_invited: Option<bool>,
    /// Who they may be.
    pub may_be: Vec<String>,
}

/// What to look at.
#[derive(Clone)]
pub struct Look {
    /// The kind of file and how it is read.
    pub order: Order,
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub bytes: Arc<Vec<u8>>,
    /// The organisation's zone.
    pub timezone: chrono_tz::Tz,
    /// What time it is.
    pub now: Millis,
    /// The meeting that it is of, where somebody said so: its hash, and what it is about.
    pub meeting: Option<(u64, Option<String>)>,
}

/// Looks at a file; stores nothing.
///
/// # Errors
/// [`NotRead`] where it is no file of this kind, or what the store says.
pub async fn look(store: &Store, keys: &Keys, look: Look) -> anyhow::Result<Preview> {
    let writeups = known_writeups(store).await?;
    let setting = Setting {
        source: look.order.source.clone(),
        vocabulary: Vocabulary::default(),
        timezone: look.timezone,
        writeups: writeups.clone(),
    };
    let (meeting, intake) = (look.meeting.clone(), Intake::new(keys.clone()));
    let reading = tokio::task::spawn_blocking(move || read(look, &setting, intake));
    let found = reading.await.context("the file's thread ended early")??;
    let roster = Same::of(&store.landed_people().await?);
    let mut invited: HashMap<u64, BTreeSet<Pseudonym>> = HashMap::new();
    let mut each: BTreeMap<(Millis, u64), Vec<(Pair, String)>> = BTreeMap::new();
    for (pair, name) in found.pairs {
        let hash = meeting.as_ref().map_or(pair.1.reference, |(hash, _)| *hash);
        each.entry((pair.0.time, hash))
            .or_default()
            .push((pair, name));
    }
    let more_meetings = each.len().saturating_sub(MOST_MEETINGS);
    let shown: Vec<_> = each.into_iter().rev().take(MOST_MEETINGS).collect();
    for ((_, hash), _) in &shown {
        if !invited.contains_key(hash) {
            let people = store.invited(*hash).await?;
            invited.insert(
                *hash,
                people.into_iter().map(|one| roster.who(one)).collect(),
            );
        }
    }
    let mut told: HashMap<u64, Vec<(String, u64)>> = HashMap::new();
    for ((_, hash), _) in &shown {
        if !told.contains_key(hash) {
            told.insert(*hash, store.presences(*hash).await?);
        }
    }
    let mut room = MOST_PEOPLE;
    let meetings = shown.into_iter().map(|((at, hash), events)| {
        let before = invited.get(&hash).filter(|people| !people.is_empty());
        Seen {
            about: meeting.as_ref().and_then(|(_, about)| about.clone()),
            told_by: told.get(&hash).cloned().unwrap_or_default(),
            ..seen(
                (at, hash),
                events,
                (before, &roster),
                (&writeups, keys),
                &mut room,
            )
        }
    });
    Ok(Preview {
        meetings: meetings.collect(),
        more_meetings,
        ..found.preview
    })
}

/// An event as the file has it, and as it would be stored.
type Pair = (Event, Record);

fn seen(
    (at, hash): (Millis, u64),
    events: Vec<(Pair, String)>,
    (invited, roster): (Option<&BTreeSet<Pseudonym>>, &Same),
    (writeups, keys): (&[KnownWriteup], &Keys),
    room: &mut usize,
) -> Seen {
    let mut seen = Seen {
        hash,
        named: None,
        at,
        length_ms: None,
        subject: String::new(),
        writeup: None,
        about: None,
        people: Vec::new(),
        more_people: 0,
        invited_besides: 0,
        told_by: Vec::new(),
        spoken: None,
    };
    let addresses = events
        .iter()
        .filter_map(|((event, _), _)| match &event.body {
            Body::Attendance(one) => one.person.as_ref().filter(|one| one.is_email()),
            _ => None,
        });
    let addresses: Vec<String> = addresses.map(|one| one.value.clone()).collect();
    // Some come twice, once signed in and once not.
    let twice = events
        .iter()
        .filter_map(|((event, _), name)| match &event.body {
            Body::Attendance(one) => {
                let known = one.person.as_ref().filter(|one| one.is_email())?;
                // Without a name nobody is the same as anybody.
                let name = Some(name).filter(|name| !name.trim().is_empty())?;
                Some((name.trim().to_lowercase(), known.value.clone()))
            }
            _ => None,
        });
    let twice: BTreeMap<String, Vec<String>> =
        twice.fold(BTreeMap::new(), |mut all, (name, address)| {
            all.entry(name).or_default().push(address);
            all
        });
    let mut there: BTreeSet<Pseudonym> = BTreeSet::new();
    for ((event, record), name) in events {
        if seen.subject.is_empty() {
            seen.subject.clone_from(&event.subject);
        }
        if seen.named.is_none() {
            seen.named = named(&event.body);
        }
        let attendance = match event.body {
            Body::Attendance(attendance) => *attendance,
            // Where it is held says nothing of who spoke, nor do rooms.
            Body::Meeting(meeting) if meeting.venue.is_some() || meeting.rooms.is_some() => {
                continue;
            }
            Body::Meeting(meeting) => {
                seen.spoken = Some(meeting);
                continue;
            }
            _ => continue,
        };
        // A group of which nobody is known; how many groups were left out is told beside. And who is shown already.
        if attendance.is_group() || attendance.is_beside_name() {
            continue;
        }
        seen.length_ms = seen.length_ms.max(attendance.meeting_ms);
        let pseudonym = match &record.event.body {
            Body::Attendance(attendance) => attendance.person,
            _ => None,
        };
        let pseudonym = pseudonym.map(|own| roster.who(own));
        there.extend(pseudonym);
        if *room == 0 {
            seen.more_people += 1;
            continue;
        }
        *room -= 1;
        let mut one = somebody(attendance, name);
        // Of whom nobody knows who it is, nobody knows that.
        one.is_invited = invited.zip(pseudonym).map(|(all, own)| all.contains(&own));
        if !one.has_address() {
            let is_invited = |address: &str| {
                let own = roster.who(keys.pseudonym(&Identity::bare(address)));
                invited.is_some_and(|all| all.contains(&own))
            };
            let same = twice.get(&one.name.trim().to_lowercase());
            let same = same.map(|all| suggest::few(all)).unwrap_or_default();
            one.may_be = match same.is_empty() {
                true => suggest::of(&one.name, &addresses, is_invited),
                false => same,
            };
        }
        seen.people.push(one);
    }
    // What names nobody, as a transcript does, is no list in which somebody is missing.
    let is_list = !seen.people.is_empty() || seen.more_people > 0;
    let besides = invited.filter(|_| is_list);
    seen.invited_besides = besides.map_or(0, |all| all.difference(&there).count());
    let called = |writeup: &&KnownWriteup| {
        writeup.id == seen.subject || writeup.aliases.contains(&seen.subject)
    };
    seen.writeup = writeups.iter().find(called).cloned();
    seen
}

/// Who is one person, as the roster says.
struct Same(HashMap<Pseudonym, Pseudonym>);

impl Same {
    fn of(roster: &[PersonRow]) -> Same {
        let all = roster
            .iter()
            .flat_map(|row| [&row.person].into_iter().chain(&row.aliases));
        let all: BTreeSet<u128> = all.copied().collect();
        let numbers: Vec<(u128, u32)> = all.into_iter().zip(1..).collect();
        let mut first: HashMap<u32, Pseudonym> = HashMap::new();
        let rows = people(0, &numbers, roster).rows;
        let same = rows.into_iter().map(|row| {
            let own = Pseudonym(row.pseudonym.to_be_bytes());
            (own, *first.entry(row.number).or_insert(own))
        });
        Same(same.collect())
    }

    fn who(&self, one: Pseudonym) -> Pseudonym {
        self.0.get(&one).copied().unwrap_or(one)
    }
}

/// What a meeting is called where that is no name made by us.
fn named(body: &Body) -> Option<String> {
    let name = match body {
        Body::Attendance(attendance) => attendance.meeting.as_str(),
        Body::Meeting(meeting) => match &meeting.meeting {
            Occurrence::Named(name) => name,
            Occurrence::Known(_) => "",
        },
        _ => "",
    };
    let is_own = !name.is_empty() && !is_made(name) && !is_known(name);
    is_own.then(|| name.to_owned())
}

impl Somebody {
    /// Whether they are known by more than a name.
    pub fn has_address(&self) -> bool {
        let known = self.known_as.as_deref();
        known.is_some_and(|known| known.contains('@'))
    }
}

fn somebody(attendance: Attendance, name: String) -> Somebody {
    let present = attendance.present_ms;
    Somebody {
        known_as: attendance.person.map(|one| one.value),
        name,
        role: attendance.role,
        answer: attendance.partstat,
        role_stated: attendance.role_stated,
        via: attendance.via,
        came: attendance.attended.or(present.map(|present| present > 0)),
        present_ms: present,
        is_invited: None,
        may_be: Vec::new(),
    }
}

/// What came of reading.
struct Found {
    preview: Preview,
    pairs: Vec<(Pair, String)>,
}

fn read(look: Look, setting: &Setting, intake: Intake) -> anyhow::Result<Found> {
    let build = look.order.kind.file.context("the kind reads no files")?;
    let mut reader = build(look.order.params, setting)?;
    reader.dated(look.now);
    reader.begun(look.now);
    let mut sink = Looking {
        intake,
        line: 0,
        name: String::new(),
        left_out: BTreeMap::new(),
        found: Found {
            preview: Preview::default(),
            pairs: Vec::new(),
        },
    };
    let bytes = Arc::try_unwrap(look.bytes).unwrap_or_else(|shared| shared.to_vec());
    let mut input = input::of_bytes(look.name, bytes);
    let done = reader.read(&input.name, &mut input.reader, &mut sink);
    done.map_err(|error| match error {
        SourceError::Format { reason, .. } => anyhow::Error::new(NotRead(reason)),
        SourceError::Io { cause, .. } => anyhow::Error::new(NotRead(cause.to_string())),
        other => other.into(),
    })?;
    let mut found = sink.found;
    let left_out = sink.left_out.into_iter();
    let left_out = left_out.map(|((reason, name), times)| LeftOut {
        reason,
        name,
        times,
    });
    found.preview.left_out = left_out.collect();
    Ok(found)
}

/// Takes what a source finds, names and all.
struct Looking {
    intake: Intake,
    line: u64,
    /// What the file calls what comes next.
    name: String,
    left_out: BTreeMap<(&'static str, String), u64>,
    found: Found,
}

impl Sink for Looking {
    fn line(&mut self, number: u64) {
        self.line = number;
    }

    fn seen(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn event(&mut self, event: Event) {
        let name = std::mem::take(&mut self.name);
        match self.intake.accept(event.clone()) {
            Ok(record) => match event.body {
                // What is taken back is nobody who is shown.
                Body::Attendance(_) | Body::Meeting(_) if event.subject.ends_with(RETRACTED) => {
                    let is_invitation = matches!(event.body, Body::Attendance(_));
                    let taken_back = &mut self.found.preview.taken_back;
                    *taken_back.entry(event.time).or_default() += u64::from(is_invitation);
                }
                Body::Attendance(_) | Body::Meeting(_) if self.found.pairs.len() < MOST_EVENTS => {
                    self.found.pairs.push(((event, record), name));
                }
                Body::Attendance(_) | Body::Meeting(_) => self.found.preview.more_events += 1,
                body => {
                    *self
                        .found
                        .preview
                        .others
                        .entry(body.kind().name())
                        .or_default() += 1
                }
            },
            Err(rejection) => {
                let nth = self.found.pairs.len() as u64 + self.found.preview.rejected + 1;
                self.problem(Problem {
                    place: match self.line {
                        0 => format!("event {nth}"),
                        line => format!("line {line}"),
                    },
                    field: rejection.field.to_owned(),
                    reason: rejection.reason,
                });
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        let preview = &mut self.found.preview;
        preview.rejected += 1;
        if preview.problems.len() < MOST_TOLD {
            preview.problems.push(problem);
        }
    }

    fn left_out(&mut self, reason: &'static str) {
        let name = std::mem::take(&mut self.name);
        let is_room = self.left_out.len() < MOST_TOLD;
        let name = if is_room { name } else { String::new() };
        *self.left_out.entry((reason, name)).or_default() += 1;
    }

    fn note(&mut self, text: String) {
        self.found.preview.notes.push(text);
    }
}
