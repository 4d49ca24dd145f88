//! What the entrance, the writing thread and the exit of a spool share.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::marks::Marks;
use super::segment::Segment;
use super::writer::Command;
use super::{AppendError, Limits};

/// With less room than this part of the limit it counts as full: 16 MiB of the usual 1 GiB.
const FULL: u64 = 64;

/// How full a spool is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that wait for the store.
    pub bytes: u64,
    /// Bytes that may wait.
    pub limit: u64,
    /// The length of the entry that found no room last; 0 once one as long was taken, or nothing
    /// waits any more.
    pub refused: u64,
    /// Segments that wait, with the one that is written to.
    pub segments: usize,
    /// Why the disk refuses, if it does.
    pub failing: Option<String>,
    /// How often it was written and synced.
    pub commits: u64,
    /// How long that took in all.
    pub synced: Duration,
}

impl Usage {
    /// Whether an entry is taken that is as long as the one that found no room last. To the last byte
    /// it is hardly ever full: what does not fit any more is refused before.
    pub fn takes(&self) -> bool {
        let room = self.limit.saturating_sub(self.bytes);
        self.failing.is_none() && room > self.limit / FULL && room >= self.refused
    }
}

pub(super) struct Shared {
    pub(super) limits: Limits,
    /// Bytes in segments and on their way there.
    used: AtomicU64,
    refused: AtomicU64,
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    sealed: Mutex<VecDeque<Segment>>,
    /// Whether the segment that is written to holds anything. Changes with `sealed`: no segment is
    /// counted twice.
    open: AtomicBool,
    notify: Notify,
    pub(super) marks: Marks,
    failing: Mutex<Option<String>>,
    commits: AtomicU64,
    synced_us: AtomicU64,
}

/// What is asked of the writer.
#[derive(Default)]
struct Inbox {
    commands: Vec<Command>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// Nothing is appended any more; the writer is still at what came before.
    Closing,
    /// Nobody takes anything any more.
    Ended,
}

/// What the writer is to do next.
pub(super) enum Next {
    Obey(Vec<Command>),
    /// Nothing came for as long as it was to wait.
    Idle,
    /// Nothing came and nothing will.
    End,
}

/// A panic while a lock was held can't leave any of these half done.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(limits: Limits, sealed: VecDeque<Segment>, marks: Marks) -> Self {
        Shared {
            used: AtomicU64::new(sealed.iter().map(|segment| segment.bytes).sum()),
            limits,
            refused: AtomicU64::new(0),
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            sealed: Mutex::new(sealed),
            open: AtomicBool::new(false),
            notify: Notify::new(),
            marks,
            failing: Mutex::default(),
            commits: AtomicU64::new(0),
            synced_us: AtomicU64::new(0),
        }
    }

    /// Makes room for so many bytes, or says that there is none.
    pub(super) fn reserve(&self, size: u64) -> Result<(), AppendError> {
        let limit = self.limits.bytes;
        if size > limit {
            return Err(AppendError::NeverFits { size, limit });
        }
        let fits = |used: u64| used.checked_add(size).filter(|sum| *sum <= limit);
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        match taken {
            Ok(_) => {
                if size >= self.refused.load(Ordering::Relaxed) {
                    self.has_room();
                }
                Ok(())
            }
            Err(used) => {
                if self.refused.swap(size, Ordering::Relaxed) == 0 {
                    tracing::error!(
                        used,
                        limit,
                        "the spool is full; senders are told to come again"
                    );
                }
                Err(AppendError::Full { used, limit })
            }
        }
    }

    pub(super) fn release(&self, size: u64) {
        if self.used.fetch_sub(size, Ordering::Relaxed) == size {
            self.has_room();
        }
    }

    /// What found no room last would find it now.
    fn has_room(&self) {
        if self.refused.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("the spool has room again");
        }
    }

    /// Hands a command to the writer; false when it takes none any more.
    pub(super) fn command(&self, command: Command) -> bool {
        let mut inbox = held(&self.inbox);
        let takes = match inbox.state {
            State::Open => true,
            // Answered when what came before is sealed.
            State::Closing => !matches!(command, Command::Append { .. }),
            State::Ended => false,
        };
        if takes {
            inbox.commands.push(command);
        }
        // Those that came before woke it already. Not while it can't have what it is woken for.
        let is_first = inbox.commands.len() == 1;
        drop(inbox);
        if is_first {
            self.arrived.notify_one();
        }
        takes
    }

    /// All commands that wait; waits for one, but no longer than `patience`.
    pub(super) fn next(&self, patience: Option<Duration>) -> Next {
        let mut inbox = held(&self.inbox);
        let idle = |inbox: &mut Inbox| inbox.commands.is_empty() && inbox.state == State::Open;
        inbox = match patience {
            None => self
                .arrived
                .wait_while(inbox, idle)
                .unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                self.arrived
                    .wait_timeout_while(inbox, patience, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        match (inbox.commands.is_empty(), inbox.state) {
            (false, _) => Next::Obey(std::mem::take(&mut inbox.commands)),
            (true, State::Open) => Next::Idle,
            (true, _) => Next::End,
        }
    }

    /// Nothing is appended any more: the writer is to end once it has done what it was asked.
    pub(super) fn close(&self) {
        let mut inbox = held(&self.inbox);
        if inbox.state == State::Open {
            inbox.state = State::Closing;
        }
        self.arrived.notify_one();
    }

    /// The writer is gone. Gives what nobody will do.
    pub(super) fn ended(&self) -> Vec<Command> {
        let mut inbox = held(&self.inbox);
        inbox.state = State::Ended;
        std::mem::take(&mut inbox.commands)
    }

    /// A write and sync took so long.
    pub(super) fn synced(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.synced_us.fetch_add(us, Ordering::Relaxed);
    }

    /// The segment that is written to holds something, or is none any more.
    pub(super) fn set_open(&self, holds: bool) {
        let _sealed = held(&self.sealed);
        self.open.store(holds, Ordering::Relaxed);
    }

    pub(super) fn seal(&self, segment: Segment) {
        let mut sealed = held(&self.sealed);
        self.open.store(false, Ordering::Relaxed);
        sealed.push_back(segment);
        drop(sealed);
        self.notify.notify_waiters();
    }

    pub(super) fn oldest(&self) -> Option<Segment> {
        held(&self.sealed).front().cloned()
    }

    pub(super) fn newest(&self) -> Option<u64> {
        held(&self.sealed).iter().map(|one| one.name.number).max()
    }

    pub(super) fn waits(&self, number: u64) -> bool {
        held(&self.sealed)
            .iter()
            .any(|one| one.name.number <= number)
    }

    /// Whether any segment waits for the store.
    pub(super) fn has_sealed(&self) -> bool {
        !held(&self.sealed).is_empty()
    }

    /// Resolves when a segment is sealed after this call.
    pub(super) fn sealed_notice(&self) -> impl Future<Output = ()> {
        self.notify.notified()
    }

    /// The store has a segment.
    pub(super) fn forget(&self, segment: &Segment) {
        let mut sealed = held(&self.sealed);
        let before = sealed.len();
        sealed.retain(|other| other.name != segment.name);
        if sealed.len() < before {
            self.release(segment.bytes);
        }
    }

    pub(super) fn fail(&self, why: Option<String>) {
        *held(&self.failing) = why;
    }

    pub(super) fn usage(&self) -> Usage {
        let segments = {
            let sealed = held(&self.sealed);
            sealed.len() + usize::from(self.open.load(Ordering::Relaxed))
        };
        Usage {
            bytes: self.used.load(Ordering::Relaxed),
            limit: self.limits.bytes,
            refused: self.refused.load(Ordering::Relaxed),
            segments,
            failing: held(&self.failing).clone(),
            commits: self.commits.load(Ordering::Relaxed),
            synced: Duration::from_micros(self.synced_us.load(Ordering::Relaxed)),
        }
    }
}
