//! The writing thread: writes what waits, syncs once, answers all of it; seals segments.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::AppendError;
use super::frame;
use super::marks::sync_folder;
use super::segment::{Name, Segment};
use super::shared::Shared;

/// How often a disk that refused is tried again while nobody brings anything.
const PROBE: Duration = Duration::from_secs(1);
/// What it is tried with: more than a file system keeps for small files.
const PROBE_BYTES: usize = 64 << 10;
/// The buffer that is kept between two commits.
const KEPT_BUFFER: usize = 4 << 20;

pub(super) enum Command {
    Append {
        body: Vec<u8>,
        rows: u32,
        marks: Vec<u128>,
        done: oneshot::Sender<Result<(), AppendError>>,
    },
    Seal {
        done: oneshot::Sender<()>,
    },
    Close {
        done: oneshot::Sender<()>,
    },
}

pub(super) struct Writer {
    folder: PathBuf,
    next: u64,
    shared: Arc<Shared>,
    open: Option<Open>,
    buffer: Vec<u8>,
    failing: bool,
    // No other process opens the spool while this thread writes.
    _lock: Arc<File>,
}

/// The segment that is written to.
struct Open {
    file: File,
    name: Name,
    path: PathBuf,
    /// Bytes that are synced.
    length: u64,
    rows: u64,
    marks: Vec<u128>,
    since: Instant,
}

/// An entry that waits to be written.
struct Waiting {
    body: Vec<u8>,
    rows: u32,
    marks: Vec<u128>,
    done: oneshot::Sender<Result<(), AppendError>>,
}

impl Writer {
    pub(super) fn new(folder: &Path, next: u64, shared: Arc<Shared>, lock: Arc<File>) -> Self {
        Writer {
            folder: folder.to_owned(),
            next,
            shared,
            open: None,
            buffer: Vec::new(),
            failing: false,
            _lock: lock,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let commands = self.shared.commands(self.patience());
            if commands.is_empty() {
                if self.shared.is_closed() {
                    self.seal();
                    return;
                }
                self.idle();
                continue;
            }
            if let Some(closing) = self.obey(commands) {
                let late = self.shared.close();
                self.obey(late);
                self.seal();
                let _ = closing.send(());
                return;
            }
        }
    }

    /// How long to wait for commands.
    fn patience(&self) -> Option<Duration> {
        let seal = self.open.as_ref().map(|open| {
            let age = open.since.elapsed();
            self.shared.limits.seal_after.saturating_sub(age)
        });
        let probe = self.failing.then_some(PROBE);
        seal.into_iter().chain(probe).min()
    }

    fn idle(&mut self) {
        self.seal_when_due();
        if self.failing && self.probe().is_ok() {
            self.recovered();
        }
    }

    fn seal_when_due(&mut self) {
        let limits = self.shared.limits;
        let is_due = |open: &Open| {
            open.length >= limits.seal_bytes
                || open.rows >= limits.seal_rows
                || open.since.elapsed() >= limits.seal_after
        };
        if self.open.as_ref().is_some_and(is_due) {
            self.seal();
        }
    }

    /// Does what was asked, in its order. Gives whom to tell when everything is closed.
    fn obey(&mut self, commands: Vec<Command>) -> Option<oneshot::Sender<()>> {
        let mut waiting = Vec::new();
        let mut size = 0;
        let mut closing = None;
        for command in commands {
            match command {
                Command::Append {
                    body,
                    rows,
                    marks,
                    done,
                } => {
                    size += frame::framed(body.len()) as u64;
                    waiting.push(Waiting {
                        body,
                        rows,
                        marks,
                        done,
                    });
                    if size >= self.shared.limits.seal_bytes {
                        self.commit(&mut waiting);
                        size = 0;
                    }
                }
                Command::Seal { done } => {
                    self.commit(&mut waiting);
                    size = 0;
                    self.seal();
                    // Who asked may have gone.
                    let _ = done.send(());
                }
                Command::Close { done } => closing = Some(done),
            }
        }
        self.commit(&mut waiting);
        closing
    }

    /// Writes and syncs all that waits, and answers it.
    fn commit(&mut self, waiting: &mut Vec<Waiting>) {
        if waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(waiting);
        match self.write(&waiting) {
            Ok(()) => {
                if self.failing {
                    self.recovered();
                }
                let mut marks = self.shared.marks();
                waiting.iter().for_each(|one| marks.learn(&one.marks));
                drop(marks);
                for one in waiting {
                    // Whoever does not wait any more has its entry in the spool all the same.
                    let _ = one.done.send(Ok(()));
                }
            }
            Err(error) => {
                self.failed(&error);
                for one in waiting {
                    self.shared.release(frame::framed(one.body.len()) as u64);
                    let _ = one.done.send(Err(AppendError::Disk(error.to_string())));
                }
            }
        }
        self.seal_when_due();
    }

    fn write(&mut self, waiting: &[Waiting]) -> io::Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        self.buffer.clear();
        for one in waiting {
            frame::put(&mut self.buffer, open.name.id, &one.body);
        }
        let began = Instant::now();
        let written = open
            .file
            .write_all(&self.buffer)
            .and_then(|()| open.file.sync_data());
        match written {
            Ok(()) => {
                self.shared.synced(began.elapsed());
                open.length += self.buffer.len() as u64;
                for one in waiting {
                    open.rows += u64::from(one.rows);
                    open.marks.extend(&one.marks);
                }
                self.open = Some(open);
            }
            // What may or may not have reached the disk is taken off again. Where even that fails,
            // nothing is written behind it.
            Err(_) => match open
                .file
                .set_len(open.length)
                .and_then(|()| open.file.sync_all())
            {
                Ok(()) => self.open = Some(open),
                Err(_) => self.give_up(open),
            },
        }
        self.buffer.shrink_to(KEPT_BUFFER);
        written
    }

    fn begin(&mut self) -> io::Result<Open> {
        let name = Name::new(self.next)?;
        let path = name.path(&self.folder);
        let file = File::options().append(true).create_new(true).open(&path)?;
        sync_folder(&path)?;
        self.next += 1;
        Ok(Open {
            file,
            name,
            path,
            length: 0,
            rows: 0,
            marks: Vec::new(),
            since: Instant::now(),
        })
    }

    /// Hands the segment over to the exit; one without entries goes.
    fn seal(&mut self) {
        if let Some(open) = self.open.take() {
            self.give_up(open);
        }
    }

    fn give_up(&self, open: Open) {
        if open.length == 0 {
            // An empty file that stays is removed when the spool is opened again.
            let _ = fs::remove_file(&open.path);
            return;
        }
        self.shared.seal(Segment {
            name: open.name,
            path: open.path,
            bytes: open.length,
            rows: open.rows,
            marks: open.marks,
        });
    }

    fn failed(&mut self, error: &io::Error) {
        if !self.failing {
            tracing::error!(%error, "the spool can't be written to; what is sent is refused");
        }
        self.failing = true;
        self.shared.fail(Some(error.to_string()));
    }

    fn recovered(&mut self) {
        tracing::info!("the spool can be written to again");
        self.failing = false;
        self.shared.fail(None);
    }

    /// Whether the disk takes anything.
    fn probe(&self) -> io::Result<()> {
        let path = self.folder.join("probe");
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(&[0; PROBE_BYTES])?;
            file.sync_data()
        });
        let removed = fs::remove_file(&path);
        written.and(removed)
    }
}
