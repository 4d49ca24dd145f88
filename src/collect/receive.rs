//! The door's own work: a delivery goes through its source and the intake, and what is kept of it
//! into the spool. What is answered as accepted stands on the disk.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::{Intake, Keys};
use crate::model::target::without_user;
use crate::model::{Event, EventKind, Millis, Record};
use crate::sources::{Delivery, MAX_ENTRIES, Problem, Push, Sink, SourceError};
use crate::spool::{AppendError, Entry, Spool};
use crate::store::{Batch, PackError};
use crate::telemetry::Metrics;

/// Refused entries that an answer tells one by one; the rest is counted.
const TOLD: usize = 1_000;

/// Names that an intake of the door remembers pseudonyms of.
const REMEMBERED: usize = 1 << 14;

/// Bodies longer than this are gone through beside the threads that serve connections.
const LONG_BODY: usize = 128 << 10;

/// How many of these at once: what is made of a body may take many times its room.
const LONG_AT_ONCE: usize = 2;

/// Takes deliveries.
pub struct Receiver {
    keys: Keys,
    spool: Spool,
    metrics: Arc<Metrics>,
    /// One for each request that is being gone through; an intake remembers names.
    intakes: Mutex<Vec<Intake>>,
    /// For bodies that are gone through beside the threads that serve connections.
    turns: Semaphore,
}

/// A request as the door hands it on.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, unpacked.
    pub body: Vec<u8>,
    /// When it came.
    pub now: Millis,
}

/// What a sender may send: nothing named means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Sources; a name that ends in `*` stands for all that begin like it.
    pub sources: Vec<String>,
    /// Kinds of events.
    pub kinds: Vec<EventKind>,
}

impl Scope {
    fn takes_source(&self, source: &str) -> bool {
        let fits = |named: &String| match named.strip_suffix('*') {
            Some(prefix) => source.starts_with(prefix),
            None => source == named,
        };
        self.sources.is_empty() || self.sources.iter().any(fits)
    }

    fn takes_kind(&self, kind: EventKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// What is wrong with an event for this sender.
    fn fault(&self, event: &Event) -> Option<(&'static str, String)> {
        if !self.takes_source(&event.source) {
            let known = self.sources.join(", ");
            let words = format!("the token may not send events of this source; it may of {known}");
            return Some(("source", words));
        }
        let kind = event.body.kind();
        if !self.takes_kind(kind) {
            let known: Vec<_> = self.kinds.iter().map(|kind| kind.name()).collect();
            let words = format!(
                "the token may not send {} events; it may send {}",
                kind.name(),
                known.join(", ")
            );
            return Some(("type", words));
        }
        None
    }
}

/// How a delivery is taken.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// What its sender may send.
    pub scope: Scope,
    /// Refused lines are counted for this source.
    pub source: String,
    /// All of it or nothing.
    pub whole: bool,
}

/// An entry that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which entry of the request, from 0.
    pub index: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What came of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Events that are durable now.
    pub accepted: u64,
    /// Entries that were refused.
    pub rejected: u64,
    /// Of these, for what the sender may not send.
    pub forbidden: u64,
    /// Of these, for another entry of the same request.
    pub conflicts: u64,
    /// What is wrong with them.
    pub refused: Vec<Refused>,
    /// Input left out on purpose, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// What was assumed or seen.
    pub notes: Vec<String>,
    /// It was taken before, and nothing was done.
    pub repeated: bool,
}

/// Why a delivery was not gone through, or is not durable.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It is not what its source takes.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The spool has no room, or the disk refuses.
    #[error(transparent)]
    Spool(#[from] AppendError),
    /// A defect of ours.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Going through it ended early.
    #[error("the request was cut off")]
    CutOff,
}

impl Receiver {
    /// A receiver that writes to this spool.
    pub fn new(keys: Keys, spool: Spool, metrics: Arc<Metrics>) -> Self {
        Receiver {
            keys,
            spool,
            metrics,
            intakes: Mutex::default(),
            turns: Semaphore::new(LONG_AT_ONCE),
        }
    }

    /// The spool that it writes to.
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// Takes a delivery. What is accepted is durable when this returns.
    pub async fn take(
        self: &Arc<Self>,
        push: Arc<dyn Push>,
        request: Request,
        terms: Terms,
    ) -> Result<Received, ReceiveError> {
        let receiver = Arc::clone(self);
        let length = request.body.len();
        let sorted = self.aside(length, move || receiver.sort(&*push, &request, &terms));
        let sorted = sorted.await??;
        let Sorted {
            entry,
            received,
            kinds,
        } = sorted;
        self.metrics.rejected(received.rejected);
        if received.repeated {
            self.metrics.repeated();
            return Ok(received);
        }
        match entry {
            None => {}
            Some(entry) if received.accepted == 0 => {
                // Only the count of what was refused; there is nothing to promise.
                let _ = self.spool.append(&entry).await;
            }
            Some(entry) => self.spool.append(&entry).await?,
        }
        for (kind, n) in kinds {
            self.metrics.accepted(kind, n);
        }
        Ok(received)
    }

    /// Works on a body of this length: on a long one beside the threads that serve connections, and on
    /// few of them at once.
    pub async fn aside<T: Send + 'static>(
        &self,
        length: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ReceiveError> {
        if length <= LONG_BODY {
            return Ok(work());
        }
        let turn = self.turns.acquire().await;
        let _turn = turn.map_err(|_| ReceiveError::CutOff)?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| ReceiveError::CutOff)
    }

    /// Everything that needs no waiting.
    fn sort(
        &self,
        push: &dyn Push,
        request: &Request,
        terms: &Terms,
    ) -> Result<Sorted, ReceiveError> {
        let delivery = Delivery {
            headers: &request.headers,
            body: &request.body,
            now: request.now,
        };
        let marks = match push.delivery_id(&delivery) {
            Some(id) => self.marks(&terms.source, id, &request.body),
            None => Vec::new(),
        };
        let mut intake = self.intake();
        let mut sink = Door {
            intake: &mut intake,
            scope: &terms.scope,
            received: Received::default(),
            records: Vec::new(),
            next: 0,
            entry: None,
            line: 0,
        };
        let done = push.receive(&delivery, &mut sink);
        let Door {
            mut received,
            mut records,
            ..
        } = sink;
        self.put_back(intake);
        done?;
        // Only what proved to be its sender's is compared: else anybody could ask what was sent.
        if !marks.is_empty() && self.spool.knows(&marks) {
            received = Received {
                repeated: true,
                ..Received::default()
            };
            records.clear();
        }
        without_conflicts(&mut records, &mut received);
        if terms.whole && received.rejected > 0 {
            records.clear();
        }
        let mut batch = Batch::default();
        let mut kinds = BTreeMap::new();
        for (_, record) in records {
            *kinds.entry(record.event.body.kind().name()).or_default() += 1;
            received.accepted += 1;
            batch.push(record);
        }
        batch.rejected(&without_user(&terms.source), received.rejected);
        let entry = (!batch.is_empty() || (!marks.is_empty() && !received.repeated))
            .then(|| pack(&batch, marks))
            .transpose()?;
        Ok(Sorted {
            entry,
            received,
            kinds,
        })
    }

    /// What a delivery is known by: its id, which nobody signed, and its body, which its sender did.
    fn marks(&self, source: &str, id: &str, body: &[u8]) -> Vec<u128> {
        let by_id = format!("delivery {source}");
        let by_body = format!("body {source}");
        vec![
            self.keys.mark(&by_id, id.as_bytes()),
            self.keys.mark(&by_body, body),
        ]
    }

    fn intake(&self) -> Intake {
        let waiting = self
            .intakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        waiting.unwrap_or_else(|| Intake::remembering(self.keys.clone(), REMEMBERED))
    }

    fn put_back(&self, intake: Intake) {
        self.intakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(intake);
    }
}

struct Sorted {
    /// What goes into the spool.
    entry: Option<Entry>,
    received: Received,
    kinds: BTreeMap<&'static str, u64>,
}

fn pack(batch: &Batch, marks: Vec<u128>) -> Result<Entry, PackError> {
    Ok(Entry {
        rows: u32::try_from(batch.len()).unwrap_or(u32::MAX),
        marks,
        payload: batch.pack()?,
    })
}

/// Takes out what contradicts something else of the same request: the same id and version with
/// another content. Nobody can tell which of them is meant.
fn without_conflicts(records: &mut Vec<(u64, Record)>, received: &mut Received) {
    if records.len() < 2 {
        return;
    }
    // The upper half of a version is the sender's, the lower is the content's.
    let name = |record: &Record| (record.key, record.version >> 32);
    let mut first: HashMap<(u64, u64), (u64, u64, bool)> = HashMap::with_capacity(records.len());
    for (index, record) in records.iter() {
        let (_, version, conflict) =
            first
                .entry(name(record))
                .or_insert((*index, record.version, false));
        *conflict |= *version != record.version;
    }
    if !first.values().any(|(_, _, conflict)| *conflict) {
        return;
    }
    records.retain(|(index, record)| {
        let Some((earlier, _, true)) = first.get(&name(record)) else {
            return true;
        };
        received.conflicts += 1;
        let reason = if earlier == index {
            "a later event of this request has the same source, id and version, and says something \
             else; give a correction a greater version"
                .to_owned()
        } else {
            format!(
                "the event at index {earlier} of this request has the same source, id and version, \
                 and says something else; give a correction a greater version"
            )
        };
        let problem = Problem {
            place: format!("event {}", index + 1),
            field: "id".to_owned(),
            reason,
        };
        received.refuse(*index, vec![problem]);
        false
    });
    received.refused.sort_by_key(|refused| refused.index);
}

impl Received {
    fn refuse(&mut self, index: u64, problems: Vec<Problem>) {
        self.rejected += 1;
        if self.refused.len() < TOLD {
            let each = problems.into_iter();
            self.refused
                .extend(each.map(|problem| Refused { index, problem }));
        }
    }
}

/// Takes what a source finds in a delivery.
struct Door<'a> {
    intake: &'a mut Intake,
    scope: &'a Scope,
    received: Received,
    records: Vec<(u64, Record)>,
    /// The index of the next entry.
    next: u64,
    /// The entry that the source said it is at.
    entry: Option<u64>,
    line: u64,
}

impl Door<'_> {
    fn index(&mut self) -> u64 {
        let index = self.entry.unwrap_or(self.next);
        self.next += 1;
        index
    }

    fn place(&self, index: u64) -> String {
        match self.line {
            0 => format!("event {}", index + 1),
            line => format!("line {line}"),
        }
    }
}

impl Sink for Door<'_> {
    fn line(&mut self, number: u64) {
        self.line = number;
    }

    fn entry(&mut self, index: u64) {
        self.entry = Some(index);
    }

    fn event(&mut self, event: Event) {
        let index = self.index();
        let fault = self.scope.fault(&event);
        let forbidden = fault.is_some();
        let taken = match fault {
            Some(fault) => Err(fault),
            None => self
                .intake
                .accept(event)
                .map_err(|rejection| (rejection.field, rejection.reason)),
        };
        match taken {
            Ok(record) => self.records.push((index, record)),
            Err((field, reason)) => {
                self.received.forbidden += u64::from(forbidden);
                let problem = Problem {
                    place: self.place(index),
                    field: field.to_owned(),
                    reason,
                };
                self.received.refuse(index, vec![problem]);
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.rejected(vec![problem]);
    }

    fn rejected(&mut self, problems: Vec<Problem>) {
        let index = self.index();
        self.received.refuse(index, problems);
    }

    fn takes_more(&self) -> bool {
        self.next <= MAX_ENTRIES
    }

    fn left_out(&mut self, reason: &'static str) {
        *self.received.left_out.entry(reason).or_default() += 1;
    }

    fn note(&mut self, text: String) {
        self.received.notes.push(text);
    }
}
