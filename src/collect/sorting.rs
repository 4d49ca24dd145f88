//! Goes through a delivery: its source, the sender's scope, the intake, and what contradicts itself.
//! What is left is a batch.

use std::collections::HashMap;

use super::Intake;
use super::receive::{Received, Refused, Terms};
use crate::model::{Body, Event, Record};
use crate::sources::{Delivery, MAX_ENTRIES, Problem, Push, Sink, SourceError};
use crate::store::Batch;

/// Refused entries that an answer tells one by one; the rest is counted.
const TOLD: usize = 1_000;

/// Bytes of text that the events of one request may hold in all. One statement of a large group makes
/// an event for each member, and all of them hold its texts: far more than was sent.
const MOST_TEXT: usize = 48 << 20;

/// What an event takes of a body, bytes, and for how many of them room is made at most.
const USUAL_EVENT: usize = 200;
const MOST_EXPECTED: usize = 4_096;

/// What a delivery holds, and what is wrong with the rest of it.
pub(super) fn sort(
    push: &dyn Push,
    delivery: &Delivery<'_>,
    terms: &Terms,
    intake: &mut Intake,
) -> Result<(Batch, Received), SourceError> {
    let events = (delivery.body.len() / USUAL_EVENT).clamp(1, MOST_EXPECTED);
    let mut door = Door {
        intake,
        terms,
        contradicted: Contradicted::new(),
        events,
        found: Found::default(),
    };
    push.receive(delivery, &mut door)?;
    door.contradicted = contradictions(&mut door.found.seen);
    if !door.contradicted.is_empty() {
        // Rare, and then it is gone through once more without them.
        door.restart();
        push.receive(delivery, &mut door)?;
    }
    Ok((door.found.batch, door.found.received))
}

/// An event that was taken.
struct Seen {
    key: u64,
    version: u64,
    index: u64,
}

/// The upper half of a version is the sender's, the lower is the content's.
fn name(key: u64, version: u64) -> (u64, u64) {
    (key, version >> 32)
}

/// Events that say different things under one id and version, and where the first of each stands.
/// Nobody can tell which of them is meant.
type Contradicted = HashMap<(u64, u64), u64>;

fn contradictions(seen: &mut [Seen]) -> Contradicted {
    seen.sort_unstable_by_key(|one| (one.key, one.version, one.index));
    let same = |a: &Seen, b: &Seen| name(a.key, a.version) == name(b.key, b.version);
    let groups = seen.chunk_by(same);
    let contradicting = groups.filter(|group| {
        let first = group.first().map(|one| one.version);
        first != group.last().map(|one| one.version)
    });
    let first = |group: &[Seen]| {
        let one = group.iter().min_by_key(|one| one.index)?;
        Some((name(one.key, one.version), one.index))
    };
    contradicting.filter_map(first).collect()
}

/// Takes what a source finds in a delivery.
struct Door<'a> {
    intake: &'a mut Intake,
    terms: &'a Terms,
    contradicted: Contradicted,
    /// How many events are expected.
    events: usize,
    found: Found,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    received: Received,
    batch: Batch,
    seen: Vec<Seen>,
    /// The index of the next entry.
    next: u64,
    /// The entry that the source said it is at.
    entry: Option<u64>,
    line: u64,
    /// The entry that was refused last.
    last: Option<u64>,
    /// Bytes of text in its events so far.
    text: usize,
}

impl Found {
    /// Nothing yet, with room for so many events.
    fn expecting(events: usize) -> Self {
        Found {
            batch: Batch::expecting(events),
            seen: Vec::with_capacity(events),
            ..Found::default()
        }
    }
}

/// The field that is wrong, and why.
type Fault = (&'static str, String);

impl Door<'_> {
    fn index(&mut self) -> u64 {
        let index = self.found.entry.unwrap_or(self.found.next);
        self.found.next += 1;
        index
    }

    /// What is wrong with a record that another one of the same request contradicts.
    fn contradiction(&self, index: u64, record: &Record) -> Option<Fault> {
        if self.contradicted.is_empty() {
            return None;
        }
        let first = self.contradicted.get(&name(record.key, record.version))?;
        let one = self.word();
        let which = match *first == index {
            true => format!("a later {one} of this request"),
            false => format!("the {one} at index {first} of this request"),
        };
        let reason = match self.terms.whole {
            true => {
                format!("{which} has the same id and says something else; an id is one {one}'s")
            }
            false => format!(
                "{which} has the same source, id and version, and says something else; give a \
                 correction a greater version"
            ),
        };
        Some(("id", reason))
    }

    /// Counts an entry once, however many of its events are refused. Says whether it is new.
    fn refuse(&mut self, index: u64, problems: Vec<Problem>) -> bool {
        let is_new = self.found.last.replace(index) != Some(index);
        self.found.received.rejected += u64::from(is_new);
        if self.found.received.refused.len() < TOLD {
            let each = problems.into_iter();
            let refused = each.map(|problem| Refused { index, problem });
            self.found.received.refused.extend(refused);
        }
        is_new
    }

    /// What an entry is called. Statements alone are taken whole or not at all.
    fn word(&self) -> &'static str {
        match self.terms.whole {
            true => "statement",
            false => "event",
        }
    }

    fn place(&self, index: u64) -> String {
        match self.found.line {
            0 => format!("{} {}", self.word(), index + 1),
            line => format!("line {line}"),
        }
    }
}

/// Bytes of the texts that a record keeps and that one delivery may repeat for many events.
fn text_of(event: &Event) -> usize {
    let place = match &event.body {
        Body::Link(link) => link.stands_in.as_ref().map_or(0, String::len),
        _ => 0,
    };
    event.id.len() + event.subject.len() + place
}

fn too_much() -> String {
    format!("the events of this request hold more than {MOST_TEXT} bytes; send it in parts")
}

impl Sink for Door<'_> {
    fn line(&mut self, number: u64) {
        self.found.line = number;
    }

    fn entry(&mut self, index: u64) {
        self.found.entry = Some(index);
    }

    fn event(&mut self, event: Event) {
        let index = self.index();
        let (mut forbidden, mut contradicted) = (0, 0);
        self.found.text = self.found.text.saturating_add(text_of(&event));
        let taken = match self.terms.scope.fault(&event) {
            Some(fault) => {
                forbidden = 1;
                Err(fault)
            }
            None if self.found.text > MOST_TEXT => Err(("", too_much())),
            None => match self.intake.accept(event) {
                Ok(record) => match self.contradiction(index, &record) {
                    Some(fault) => {
                        contradicted = 1;
                        Err(fault)
                    }
                    None => Ok(record),
                },
                Err(rejection) => Err((rejection.field, rejection.reason)),
            },
        };
        match taken {
            Ok(record) => {
                self.found.seen.push(Seen {
                    key: record.key,
                    version: record.version,
                    index,
                });
                self.found.batch.push(record);
            }
            Err((field, reason)) => {
                let problem = Problem {
                    place: self.place(index),
                    field: field.to_owned(),
                    reason,
                };
                if self.refuse(index, vec![problem]) {
                    self.found.received.forbidden += forbidden;
                    self.found.received.conflicts += contradicted;
                }
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.rejected(vec![problem]);
    }

    fn rejected(&mut self, problems: Vec<Problem>) {
        let index = self.index();
        self.refuse(index, problems);
    }

    fn restart(&mut self) -> bool {
        self.found = Found::expecting(self.events);
        true
    }

    fn takes_more(&self) -> bool {
        self.found.next <= MAX_ENTRIES
    }

    fn left_out(&mut self, reason: &'static str) {
        *self.found.received.left_out.entry(reason).or_default() += 1;
    }

    fn note(&mut self, text: String) {
        self.found.received.notes.push(text);
    }
}
