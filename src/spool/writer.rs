//! The writing thread: writes what waits, syncs once, answers all of it; seals segments.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::AppendError;
use super::frame;
use super::segment::{Name, Segment};
use super::shared::{Next, Shared};
use super::whole::{probe, sync_folder};

/// How often a disk that refused is tried again while nobody brings anything.
const PROBE: Duration = Duration::from_secs(1);
/// Where it is tried.
pub(super) const PROBE_FILE: &str = "probe";
/// How old a segment becomes at least while others wait for the store.
const BEHIND: Duration = Duration::from_secs(2);
/// When so many entries shared a sync, many senders are at work, and the writer lets them: it waits for
/// half of what write and sync took before it takes what waits. More of them share the next sync, and neither
/// disk nor processors are kept from the rest. With fewer senders a pause would only be one.
const CROWD: usize = 8;
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_micros(500);
/// Where so large a part of a segment is filled, the next one is made: by size it is full soon. Making one
/// syncs a folder, which takes as long as many commits.
const NEXT_AT: f64 = 0.5;
/// The buffer that is kept between two commits.
const KEPT_BUFFER: usize = 4 << 20;

pub(super) enum Command {
    Append(Waiting),
    Seal {
        done: oneshot::Sender<()>,
    },
    /// Answered when the writer is gone.
    Close {
        done: oneshot::Sender<()>,
    },
}

pub(super) struct Writer {
    folder: PathBuf,
    next: u64,
    shared: Arc<Shared>,
    open: Option<Open>,
    /// The segment after it, which another thread makes while this one writes.
    ahead: Option<JoinHandle<io::Result<Open>>>,
    buffer: Vec<u8>,
    failing: bool,
    /// How long others are let work before the next commit.
    pause: Duration,
    /// Whom to tell when everything is closed.
    closing: Vec<oneshot::Sender<()>>,
    // No other process opens the spool while this thread writes.
    lock: Arc<File>,
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

impl Open {
    /// A segment that nothing is in. Its name outlives a power cut.
    fn begin(folder: &Path, number: u64) -> io::Result<Open> {
        let name = Name::new(number)?;
        let path = name.path(folder);
        let file = File::options().append(true).create_new(true).open(&path)?;
        if let Err(error) = sync_folder(&path) {
            // One that stays is removed when the spool is opened again.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
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

    /// Whether its name was taken away: it can still be written to, and nobody would find it.
    fn is_gone(&self) -> bool {
        self.file.metadata().is_ok_and(|file| file.nlink() == 0)
    }
}

/// An entry that waits to be written.
pub(super) struct Waiting {
    pub(super) body: Vec<u8>,
    pub(super) rows: u32,
    pub(super) marks: Vec<u128>,
    pub(super) done: oneshot::Sender<Result<(), AppendError>>,
}

impl Writer {
    pub(super) fn new(folder: &Path, next: u64, shared: Arc<Shared>, lock: Arc<File>) -> Self {
        Writer {
            folder: folder.to_owned(),
            next,
            shared,
            open: None,
            ahead: None,
            buffer: Vec::new(),
            failing: false,
            pause: Duration::ZERO,
            closing: Vec::new(),
            lock,
        }
    }

    /// Works until the spool is closed or its last handle is gone.
    pub(super) fn run(self) {
        // Also when something panics below: nobody waits for an answer that can't come.
        let _ended = Ended(Arc::clone(&self.shared));
        let closing = self.work();
        // Whoever is told finds all sealed and the lock free.
        for done in closing {
            let _ = done.send(());
        }
    }

    fn work(mut self) -> Vec<oneshot::Sender<()>> {
        loop {
            match std::mem::take(&mut self.pause) {
                Duration::ZERO => {}
                pause => thread::sleep(pause),
            }
            match self.shared.next(self.patience()) {
                Next::Obey(commands) => self.obey(commands),
                Next::Idle => self.idle(),
                Next::End => break,
            }
        }
        self.seal();
        if let Some(unused) = self.made_ahead() {
            self.give_up(unused);
        }
        drop(self.lock);
        self.closing
    }

    /// How long to wait for commands.
    fn patience(&self) -> Option<Duration> {
        let seal = self.open.as_ref().map(|open| {
            let age = open.since.elapsed();
            self.seal_after().saturating_sub(age)
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

    /// How old a segment becomes. While others wait before it, to be sealed early gains it nothing, and
    /// many small ones take the store longer.
    fn seal_after(&self) -> Duration {
        let wanted = self.shared.limits.seal_after;
        match self.shared.has_sealed() {
            true => wanted.max(BEHIND),
            false => wanted,
        }
    }

    fn seal_when_due(&mut self) {
        let limits = self.shared.limits;
        let seal_after = self.seal_after();
        let is_due = |open: &Open| {
            open.length >= limits.seal_bytes
                || open.rows >= limits.seal_rows
                || open.since.elapsed() >= seal_after
        };
        if self.open.as_ref().is_some_and(is_due) {
            self.seal();
        }
    }

    /// Does what was asked, in its order.
    fn obey(&mut self, commands: Vec<Command>) {
        let mut waiting = Vec::new();
        let mut size = 0;
        for command in commands {
            match command {
                Command::Append(one) => {
                    size += frame::framed(one.body.len()) as u64;
                    waiting.push(one);
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
                Command::Close { done } => {
                    self.closing.push(done);
                    self.shared.close();
                }
            }
        }
        self.commit(&mut waiting);
    }

    /// Writes and syncs all that waits, seals what is due, and answers.
    fn commit(&mut self, waiting: &mut Vec<Waiting>) {
        if waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(waiting);
        let answer = match self.write(&waiting) {
            Ok(()) => {
                if self.failing {
                    self.recovered();
                }
                let marks = waiting.iter().flat_map(|one| &one.marks);
                self.shared.marks.learn(marks);
                Ok(())
            }
            Err(error) => {
                self.failed(&error);
                for one in &waiting {
                    self.shared.release(frame::framed(one.body.len()) as u64);
                }
                Err(AppendError::Disk(error.to_string()))
            }
        };
        self.seal_when_due();
        self.look_ahead();
        for one in waiting {
            // Whoever does not wait any more has its entry in the spool all the same.
            let _ = one.done.send(answer.clone());
        }
    }

    fn write(&mut self, waiting: &[Waiting]) -> io::Result<()> {
        if self.open.as_ref().is_some_and(Open::is_gone) {
            self.seal();
        }
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
                let took = began.elapsed();
                self.shared.synced(took);
                if waiting.len() >= CROWD {
                    self.pause = (took / 2).min(LONGEST_PAUSE);
                }
                open.length += self.buffer.len() as u64;
                for one in waiting {
                    open.rows += u64::from(one.rows);
                    open.marks.extend(&one.marks);
                }
                self.open = Some(open);
                self.shared.set_open(true);
            }
            // What may or may not have reached the disk is taken off again. Even where that seems to
            // work, nothing is written behind it: after a sync that failed, the next one tells
            // nothing of what the first did not write.
            Err(_) => {
                let _ = open.file.set_len(open.length);
                let _ = open.file.sync_all();
                self.give_up(open);
            }
        }
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BUFFER);
        written
    }

    /// The segment that was made ahead, or a new one.
    fn begin(&mut self) -> io::Result<Open> {
        if let Some(open) = self.made_ahead().filter(|open| !open.is_gone()) {
            return Ok(Open {
                since: Instant::now(),
                ..open
            });
        }
        let open = Open::begin(&self.folder, self.next)?;
        self.next = self.next.saturating_add(1);
        Ok(open)
    }

    /// The segment that was made ahead, waited for while it is being made; none where none was, or the disk
    /// refused.
    fn made_ahead(&mut self) -> Option<Open> {
        self.ahead.take()?.join().ok()?.ok()
    }

    /// Has the next segment made once the one that is written to fills up.
    fn look_ahead(&mut self) {
        let limits = self.shared.limits;
        let fills = |open: &Open| {
            open.length as f64 >= limits.seal_bytes as f64 * NEXT_AT
                || open.rows as f64 >= limits.seal_rows as f64 * NEXT_AT
        };
        if self.ahead.is_some() || !self.open.as_ref().is_some_and(fills) {
            return;
        }
        let (folder, number) = (self.folder.clone(), self.next);
        let thread = thread::Builder::new().name("spool-ahead".to_owned());
        // Without a thread it is made when it is needed.
        if let Ok(made) = thread.spawn(move || Open::begin(&folder, number)) {
            self.next = self.next.saturating_add(1);
            self.ahead = Some(made);
        }
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
        if open.is_gone() {
            let bytes = open.length;
            tracing::error!(bytes, "a segment of the spool was removed by somebody else");
            self.shared.set_open(false);
            self.shared.marks.forget(&open.marks);
            self.shared.release(bytes);
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
            let folder = self.folder.display();
            tracing::error!(%folder, %error, "the spool can't be written to; what is sent is refused");
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
        probe(&self.folder.join(PROBE_FILE))
    }
}

/// Says that the writer is gone, however it went.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(Some("its writing thread ended".to_owned()));
        }
        // Who waits for one of these learns that the spool is closed.
        drop(self.0.ended());
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::Marks;
    use super::super::{Limits, Usage};
    use super::*;

    type Answer = oneshot::Receiver<Result<(), AppendError>>;

    fn writer(folder: &Path) -> Writer {
        let limits = Limits {
            seal_after: Duration::MAX,
            ..Limits::default()
        };
        let marks = Marks::open(folder.join("marks")).unwrap();
        let shared = Arc::new(Shared::new(limits, Default::default(), marks));
        let lock = Arc::new(File::create(folder.join("lock")).unwrap());
        Writer::new(folder, 1, shared, lock)
    }

    /// An entry on its way, as `append` hands it in.
    fn handed_in(shared: &Shared, payload: &[u8], marks: &[u128]) -> (Waiting, Answer) {
        let body = frame::body(1, marks, payload);
        shared.reserve(frame::framed(body.len()) as u64).unwrap();
        let (done, answer) = oneshot::channel();
        let waiting = Waiting {
            body,
            rows: 1,
            marks: marks.to_vec(),
            done,
        };
        (waiting, answer)
    }

    fn commit(writer: &mut Writer, payload: &[u8], marks: &[u128]) -> Result<(), AppendError> {
        let (waiting, mut answer) = handed_in(&writer.shared, payload, marks);
        writer.commit(&mut vec![waiting]);
        answer.try_recv().unwrap()
    }

    fn without_times(usage: Usage) -> Usage {
        Usage {
            synced: Duration::ZERO,
            ..usage
        }
    }

    /// The disk refuses in the middle of a segment: what was acknowledged is sealed as it was, and
    /// the next entry goes elsewhere.
    #[test]
    fn nothing_is_written_behind_a_write_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(folder.path());
        commit(&mut writer, b"one", &[1]).unwrap();
        let before = without_times(writer.shared.usage());
        // A handle that can't be written to.
        let open = writer.open.as_mut().unwrap();
        open.file = File::open(&open.path).unwrap();
        let refused = commit(&mut writer, b"two", &[2]);
        assert!(matches!(refused, Err(AppendError::Disk(_))), "{refused:?}");
        let after = without_times(writer.shared.usage());
        assert!(after.failing.is_some());
        let expected = Usage {
            segments: 1,
            failing: after.failing.clone(),
            ..before
        };
        assert_eq!(after, expected);
        assert!(writer.shared.marks.knows(&[1]) && !writer.shared.marks.knows(&[2]));

        commit(&mut writer, b"three", &[]).unwrap();
        assert_eq!(writer.shared.usage().failing, None);
        writer.seal();
        assert_eq!(writer.shared.usage().segments, 2);
        let segment = writer.shared.oldest().unwrap();
        let content = segment.read().unwrap();
        assert_eq!(content.entries().collect::<Vec<_>>(), [b"one"]);
        writer.shared.forget(&segment);
        let content = writer.shared.oldest().unwrap().read().unwrap();
        assert_eq!(content.entries().collect::<Vec<_>>(), [b"three"]);
    }

    /// While nothing comes, the disk is tried; nothing of that stays.
    #[test]
    fn an_idle_writer_finds_out_that_the_disk_takes_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool");
        fs::create_dir(&path).unwrap();
        let mut writer = writer(&path);
        assert_eq!(writer.patience(), None);
        fs::remove_dir_all(&path).unwrap();
        assert!(commit(&mut writer, b"one", &[]).is_err());
        assert_eq!(writer.patience(), Some(PROBE));
        writer.idle();
        assert!(writer.shared.usage().failing.is_some());
        fs::create_dir(&path).unwrap();
        writer.idle();
        assert_eq!(writer.shared.usage().failing, None);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    }

    /// A writer that panics takes nobody with it: who waits learns that it is closed.
    #[test]
    fn nobody_waits_for_a_writer_that_panicked() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(folder.path());
        let shared = Arc::clone(&writer.shared);
        let (waiting, mut answer) = handed_in(&shared, b"one", &[]);
        assert!(shared.command(Command::Append(waiting)));
        let ended = Ended(Arc::clone(&shared));
        let panicked = std::thread::spawn(move || {
            let _ended = ended;
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        let (waiting, _) = handed_in(&shared, b"two", &[]);
        assert!(!shared.command(Command::Append(waiting)));
        assert!(shared.usage().failing.is_some());
    }
}
