//! The door's own work: a delivery goes through its source and the intake, and what is kept of it
//! into the spool. What is answered as accepted stands on the disk.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Intake, Keys};
use crate::model::target::without_user;
use crate::model::{Body, Event, EventKind, Millis, Record};
use crate::sources::{Delivery, Problem, Push, Sink, SourceError};
use crate::spool::{AppendError, Entry, Spool};
use crate::store::{Batch, PackError};
use crate::telemetry::Metrics;

/// Refused entries that an answer tells one by one; the rest is counted.
const TOLD: usize = 1_000;

/// Names that an intake of the door remembers pseudonyms of.
const REMEMBERED: usize = 1 << 14;

/// Bodies longer than this are gone through beside the threads that serve connections.
const LONG_BODY: usize = 128 << 10;

/// Bytes of text that the events of one request may hold in all. One statement of a large group makes
/// an event for each member, and all of them hold its texts: far more than was sent.
const MOST_TEXT: usize = 48 << 20;

/// Takes deliveries.
pub struct Receiver {
    keys: Keys,
    spool: Spool,
    metrics: Arc<Metrics>,
    /// One for each request that is being gone through; an intake remembers names.
    intakes: Mutex<Vec<Intake>>,
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
        let long = request.body.len() > LONG_BODY;
        let receiver = Arc::clone(self);
        let work = move || receiver.sort(&*push, &request, &terms);
        let sorted = match long {
            false => work(),
            true => tokio::task::spawn_blocking(work)
                .await
                .map_err(|_| ReceiveError::CutOff)?,
        }?;
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
        let mut marks = self.marks(push, &delivery, &terms.source);
        let mut intake = self.intake();
        let mut sink = Door {
            intake: &mut intake,
            scope: &terms.scope,
            received: Received::default(),
            records: Vec::new(),
            next: 0,
            entry: None,
            line: 0,
            last: None,
            text: 0,
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
        if received.rejected > 0 {
            // It may be sent again once what was wrong is put right, a token's scope for instance;
            // what was taken of it then changes nothing.
            marks.clear();
        }
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
    /// Whoever replays one may leave the id out.
    fn marks(&self, push: &dyn Push, delivery: &Delivery<'_>, source: &str) -> Vec<u128> {
        let id = push.delivery_id(delivery);
        let id = id.filter(|id| !id.trim().is_empty());
        let by_id = id.map(|id| {
            let scope = format!("delivery {source}");
            self.keys.mark(&scope, id.as_bytes())
        });
        let by_body = (id.is_some() || push.is_signed()).then(|| {
            let scope = format!("body {source}");
            self.keys.mark(&scope, delivery.body)
        });
        by_id.into_iter().chain(by_body).collect()
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
    // One entry may have brought several events.
    let mut last = None;
    records.retain(|(index, record)| {
        let Some((earlier, _, true)) = first.get(&name(record)) else {
            return true;
        };
        let is_new = last.replace(*index) != Some(*index);
        received.conflicts += u64::from(is_new);
        received.rejected += u64::from(is_new);
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
        received.tell(*index, vec![problem]);
        false
    });
    received.refused.sort_by_key(|refused| refused.index);
}

impl Received {
    fn tell(&mut self, index: u64, problems: Vec<Problem>) {
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
    /// The entry that was refused last.
    last: Option<u64>,
    /// Bytes of text in its events so far.
    text: usize,
}

impl Door<'_> {
    fn index(&mut self) -> u64 {
        let index = self.entry.unwrap_or(self.next);
        self.next += 1;
        index
    }

    /// Counts an entry once, however many of its events are refused.
    fn refuse(&mut self, index: u64, problems: Vec<Problem>, forbidden: bool) {
        if self.last.replace(index) != Some(index) {
            self.received.rejected += 1;
            self.received.forbidden += u64::from(forbidden);
        }
        self.received.tell(index, problems);
    }

    fn place(&self, index: u64) -> String {
        match self.line {
            0 => format!("event {}", index + 1),
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

fn too_much(text: usize) -> Option<(&'static str, String)> {
    let words =
        || format!("the events of this request hold more than {MOST_TEXT} bytes; send it in parts");
    (text > MOST_TEXT).then(|| ("", words()))
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
        self.text = self.text.saturating_add(text_of(&event));
        let taken = match fault.or_else(|| too_much(self.text)) {
            Some(fault) => Err(fault),
            None => self
                .intake
                .accept(event)
                .map_err(|rejection| (rejection.field, rejection.reason)),
        };
        match taken {
            Ok(record) => self.records.push((index, record)),
            Err((field, reason)) => {
                let problem = Problem {
                    place: self.place(index),
                    field: field.to_owned(),
                    reason,
                };
                self.refuse(index, vec![problem], forbidden);
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.rejected(vec![problem]);
    }

    fn rejected(&mut self, problems: Vec<Problem>) {
        let index = self.index();
        self.refuse(index, problems, false);
    }

    fn left_out(&mut self, reason: &'static str) {
        *self.received.left_out.entry(reason).or_default() += 1;
    }

    fn note(&mut self, text: String) {
        self.received.notes.push(text);
    }
}
