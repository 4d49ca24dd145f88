//! The door's own work: a delivery goes through its source and the intake, and what is kept of it
//! into the spool. What is answered as accepted stands on the disk.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::{Intake, Keys, sorting};
use crate::model::target::without_user;
use crate::model::{Event, EventKind, Millis};
use crate::sources::machine::holds_address;
use crate::sources::{Delivery, Problem, Push, SourceError};
use crate::spool::{AppendError, Entry, Spool};
use crate::store::{Batch, PackError, WriteupRow};
use crate::telemetry::Metrics;

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
    /// Marks of deliveries that are on their way into the spool.
    claimed: Mutex<HashSet<u128>>,
}

/// A delivery's marks while it is on its way into the spool.
struct Claim<'a> {
    claimed: &'a Mutex<HashSet<u128>>,
    marks: Vec<u128>,
}

impl<'a> Claim<'a> {
    /// `None` where another delivery with one of them is on its way.
    fn of(claimed: &'a Mutex<HashSet<u128>>, marks: &[u128]) -> Option<Self> {
        let mut all = claimed.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.iter().any(|mark| all.contains(mark)) {
            return None;
        }
        all.extend(marks);
        drop(all);
        Some(Claim {
            claimed,
            marks: marks.to_vec(),
        })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut all = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        self.marks.iter().for_each(|mark| {
            all.remove(mark);
        });
    }
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

impl Request {
    /// The same for its source.
    pub fn delivery(&self) -> Delivery<'_> {
        Delivery {
            headers: &self.headers,
            body: &self.body,
            now: self.now,
        }
    }
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
    /// Whether it covers a source.
    pub fn takes_source(&self, source: &str) -> bool {
        let fits = |named: &String| match named.strip_suffix('*') {
            Some(prefix) => source.starts_with(prefix),
            None => source == named,
        };
        self.sources.is_empty() || self.sources.iter().any(fits)
    }

    /// Whether it covers a kind of event.
    pub fn takes_kind(&self, kind: EventKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// What is wrong with an event for this sender.
    pub fn fault(&self, event: &Event) -> Option<(&'static str, String)> {
        if !self.takes_source(&event.source) {
            let known = self.sources.join(", ");
            let words = format!(
                "the token may not send events of the source {:?}; it may of {known}",
                shown(&event.source)
            );
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

/// A source's name as it is told; one that may name a person, or is long, is not.
fn shown(source: &str) -> &str {
    match holds_address(source) || source.len() > 100 {
        true => "…",
        false => source,
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
    /// It describes write-ups.
    pub described: bool,
    /// Who may see write-ups, as far as that was said; in its order.
    pub seen: Vec<Seen>,
    /// What its sender is answered in place of all that.
    pub answer: Option<serde_json::Value>,
}

/// Who may see a write-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The write-up.
    pub id: String,
    /// When it was said.
    pub at: Millis,
    /// Not everybody; else everybody again.
    pub restricted: bool,
    /// Its names, as far as they stand beside it.
    pub names: Vec<String>,
}

impl Seen {
    /// What a row says of it.
    fn of(row: &WriteupRow) -> Option<Self> {
        let dated = row.dated_aliases.iter().map(|(name, _, _)| name);
        let names = row.url.iter().chain(&row.aliases).chain(dated);
        (row.restricted || row.opened).then(|| Seen {
            id: row.id.clone(),
            at: row.at,
            restricted: row.restricted,
            names: [&row.id].into_iter().chain(names).cloned().collect(),
        })
    }
}

impl Received {
    /// It was taken before.
    fn again() -> Self {
        Received {
            repeated: true,
            ..Received::default()
        }
    }
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
            claimed: Mutex::default(),
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
            Some(entry) => {
                // A copy that comes at the same time is told apart here: the marks of the first are
                // known only when it is durable.
                let claim = Claim::of(&self.claimed, &entry.marks);
                if claim.is_none() || self.spool.knows(&entry.marks) {
                    self.metrics.repeated();
                    return Ok(Received {
                        answer: received.answer,
                        ..Received::again()
                    });
                }
                self.spool.append(&entry).await?;
            }
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
        let delivery = request.delivery();
        let mut marks = self.marks(push, &delivery, &terms.source);
        let mut intake = self.intake();
        let sorted = sorting::sort(push, &delivery, terms, &mut intake);
        self.put_back(intake);
        let (mut batch, mut received) = sorted?;
        let answer = push.answer(&delivery);
        // Only what proved to be its sender's is compared: else anybody could ask what was sent.
        if !marks.is_empty() && self.spool.knows(&marks) {
            return Ok(Sorted {
                entry: None,
                received: Received {
                    answer,
                    ..Received::again()
                },
                kinds: BTreeMap::new(),
            });
        }
        if terms.whole && received.rejected > 0 {
            batch = Batch::default();
        }
        if received.rejected > 0 || batch.is_empty() {
            // It may be sent again once what was wrong is put right, a token's scope for instance, or
            // once the write-up is known that it speaks of; what was taken of it then changes nothing.
            marks.clear();
        }
        received.accepted = batch.len() as u64;
        received.answer = answer;
        received.described = batch.has_writeups();
        received.seen = batch.writeups().iter().filter_map(Seen::of).collect();
        let kinds = batch.kinds();
        batch.rejected(&without_user(&terms.source), received.rejected);
        let entry = (!batch.is_empty())
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
        self.keys.left_out().refresh();
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
    /// Events that were taken, by kind.
    kinds: BTreeMap<&'static str, u64>,
}

fn pack(batch: &Batch, marks: Vec<u128>) -> Result<Entry, PackError> {
    Ok(Entry {
        rows: u32::try_from(batch.len()).unwrap_or(u32::MAX),
        marks,
        payload: batch.pack()?,
    })
}
