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

/// How full a spool is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that wait for the store.
    pub bytes: u64,
    /// Bytes that may wait.
    pub limit: u64,
    /// Sealed segments that wait.
    pub segments: usize,
    /// Why the disk refuses, if it does.
    pub failing: Option<String>,
    /// How often it was written and synced.
    pub commits: u64,
    /// How long that took in all.
    pub synced: Duration,
}

impl Usage {
    /// Whether an entry of a usual size is taken.
    pub fn takes(&self) -> bool {
        self.failing.is_none() && self.bytes < self.limit
    }
}

pub(super) struct Shared {
    pub(super) limits: Limits,
    /// Bytes in segments and on their way there.
    used: AtomicU64,
    commands: Mutex<Vec<Command>>,
    arrived: Condvar,
    sealed: Mutex<VecDeque<Segment>>,
    notify: Notify,
    marks: Mutex<Marks>,
    failing: Mutex<Option<String>>,
    closed: AtomicBool,
    commits: AtomicU64,
    synced_us: AtomicU64,
}

/// A panic while a lock was held can't leave any of these half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(limits: Limits, sealed: VecDeque<Segment>, marks: Marks) -> Self {
        Shared {
            used: AtomicU64::new(sealed.iter().map(|segment| segment.bytes).sum()),
            limits,
            commands: Mutex::default(),
            arrived: Condvar::new(),
            sealed: Mutex::new(sealed),
            notify: Notify::new(),
            marks: Mutex::new(marks),
            failing: Mutex::default(),
            closed: AtomicBool::new(false),
            commits: AtomicU64::new(0),
            synced_us: AtomicU64::new(0),
        }
    }

    pub(super) fn marks(&self) -> MutexGuard<'_, Marks> {
        held(&self.marks)
    }

    /// Makes room for so many bytes, or says that there is none.
    pub(super) fn reserve(&self, size: u64) -> Result<(), AppendError> {
        let limit = self.limits.bytes;
        let fits = |used: u64| used.checked_add(size).filter(|sum| *sum <= limit);
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        let full = |used| AppendError::Full { used, limit };
        taken.map(drop).map_err(full)
    }

    pub(super) fn release(&self, size: u64) {
        self.used.fetch_sub(size, Ordering::Relaxed);
    }

    /// Hands a command to the writer; false when it takes none any more.
    pub(super) fn command(&self, command: Command) -> bool {
        let mut commands = held(&self.commands);
        if self.closed.load(Ordering::Relaxed) {
            return false;
        }
        commands.push(command);
        if commands.len() == 1 {
            self.arrived.notify_one();
        }
        true
    }

    /// All commands that wait; waits for one, but no longer than `patience`.
    pub(super) fn commands(&self, patience: Option<Duration>) -> Vec<Command> {
        let mut commands = held(&self.commands);
        let idle = |commands: &mut Vec<Command>| {
            commands.is_empty() && !self.closed.load(Ordering::Relaxed)
        };
        commands = match patience {
            None => self
                .arrived
                .wait_while(commands, idle)
                .unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                self.arrived
                    .wait_timeout_while(commands, patience, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        std::mem::take(&mut commands)
    }

    /// Takes no command any more. Gives those that came in the meantime.
    pub(super) fn close(&self) -> Vec<Command> {
        let mut commands = held(&self.commands);
        self.closed.store(true, Ordering::Relaxed);
        std::mem::take(&mut commands)
    }

    /// The writer is to end once it has done what it was asked.
    pub(super) fn end(&self) {
        let _commands = held(&self.commands);
        self.closed.store(true, Ordering::Relaxed);
        self.arrived.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// A write and sync took so long.
    pub(super) fn synced(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.synced_us.fetch_add(us, Ordering::Relaxed);
    }

    pub(super) fn seal(&self, segment: Segment) {
        held(&self.sealed).push_back(segment);
        self.notify.notify_waiters();
    }

    pub(super) fn oldest(&self) -> Option<Segment> {
        held(&self.sealed).front().cloned()
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
        Usage {
            bytes: self.used.load(Ordering::Relaxed),
            limit: self.limits.bytes,
            segments: held(&self.sealed).len(),
            failing: held(&self.failing).clone(),
            commits: self.commits.load(Ordering::Relaxed),
            synced: Duration::from_micros(self.synced_us.load(Ordering::Relaxed)),
        }
    }
}
