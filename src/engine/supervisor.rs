//! Keeps an embedded engine running: uses the one that serves the data folder already, or starts a
//! child and starts it again when it dies. The collector does not die with it; its events wait.
//!
//! The child holds the other end of a pipe and ends when the pipe closes, however this process went,
//! so no orphan keeps the store's lock; only while other commands use it too does it stay for them
//! (see `lease`). For the same reason it is never killed by a dropped handle: it may be writing, and
//! it ends by itself.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::lease::Lease;
use super::place::Place;
use super::{Endpoint, LOCKED_EXIT, connector};

/// How long an engine may take until it answers; a large store loads its parts first.
const START: Duration = Duration::from_secs(60);
/// The pause between two looks at a starting engine.
const LOOK: Duration = Duration::from_millis(20);
/// The first pause before a dead engine is started again; it doubles up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// An engine that lived this long failed for a new reason.
const LIVED: Duration = Duration::from_secs(60);
/// How long `stop` waits; the child itself gives its statements 20 s, cancelling included.
const STOP: Duration = Duration::from_secs(30);
/// Lines of the child's words that an error repeats.
const WORDS: usize = 12;
/// Lines that are kept until the engine is up or has failed.
const HELD: usize = 500;

/// How an embedded engine is started.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// The engine's folder, `DATA/engine`.
    pub folder: PathBuf,
    /// The program to start.
    pub program: PathBuf,
    /// Its arguments: such as make it call [`super::run`] with `supervised` on the same folder.
    pub arguments: Vec<OsString>,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder or the program.
    #[error("cannot start the engine: {0}")]
    Io(#[from] io::Error),
    /// It ended at once.
    #[error("the engine ended before it was ready ({status}){words}")]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        words: String,
    },
    /// [`Engine::stop`] came first.
    #[error("the engine was stopped while it started")]
    Stopped,
    /// It runs but does not answer.
    #[error("the engine did not answer within {} s{words}", START.as_secs())]
    Silent {
        /// What it said.
        words: String,
    },
}

/// How an engine is, for `/readyz` and for those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineState {
    /// It answers.
    pub up: bool,
    /// How often it was started or joined; 1 after [`Engine::start`].
    pub starts: u32,
}

/// A running engine. Dropping it lets the child end by itself; [`Engine::stop`] waits for that.
pub struct Engine {
    state: watch::Receiver<EngineState>,
    endpoint: Endpoint,
    stop: watch::Sender<bool>,
    watcher: JoinHandle<()>,
}

impl Engine {
    /// Starts an engine or joins the running one; returns when it answers.
    pub async fn start(settings: EngineSettings) -> Result<Self, StartError> {
        let place = Place::make(&settings.folder)?;
        let (stop, mut stopped) = watch::channel(false);
        let (running, socket) = open(&place, &settings, &mut stopped).await?;
        let (publish, published) = watch::channel(EngineState {
            up: true,
            starts: 1,
        });
        let watcher = Watcher {
            place,
            settings,
            publish,
        };
        Ok(Self {
            state: published,
            endpoint: Endpoint::Socket(socket),
            stop,
            watcher: tokio::spawn(watcher.watch(running, stopped)),
        })
    }

    /// What to connect to. It stays the same when the engine is started again.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How the engine is now, and later: not up between a death and the next start.
    pub fn state(&self) -> watch::Receiver<EngineState> {
        self.state.clone()
    }

    /// Ends the engine, if this handle started it, and waits until it has, also when it is just being
    /// started again. It stays when other commands use it.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.watcher.await {
            tracing::warn!(%error, "the engine's watcher failed");
        }
    }
}

/// Turns true when the engine is to stop.
type Stop = watch::Receiver<bool>;

/// Waits for the stop; a handle that was dropped counts as one.
async fn told(stopped: &mut Stop) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// An engine that answers.
enum Running {
    /// Ours. It ends when the pipe does, and waiting for a child closes the pipe that it still has,
    /// so the pipe is kept apart.
    Child(Box<Child>, ChildStdin),
    /// Another process's.
    Other(Joined),
}

/// Our part in an engine that another process started.
struct Joined {
    /// Breaks when the engine ends.
    connection: UnixStream,
    /// The engine does not end with its parent as long as we hold this.
    _lease: Lease,
}

struct Watcher {
    place: Place,
    settings: EngineSettings,
    publish: watch::Sender<EngineState>,
}

impl Watcher {
    /// Starts the engine again whenever it ends, until told to stop.
    async fn watch(self, mut running: Running, mut stopped: Stop) {
        let mut pause = FIRST_PAUSE;
        loop {
            let since = Instant::now();
            tokio::select! {
                () = ended(&mut running) => {}
                () = told(&mut stopped) => return end(&self.place, running).await,
            }
            // Our share in the engine that is gone must not look like another command's in the next.
            drop(running);
            self.publish.send_modify(|state| state.up = false);
            if since.elapsed() > LIVED {
                pause = FIRST_PAUSE;
            }
            running = loop {
                tracing::warn!(
                    pause_ms = pause.as_millis() as u64,
                    "the engine is gone; starting it again"
                );
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = told(&mut stopped) => return,
                }
                pause = (pause * 2).min(LAST_PAUSE);
                match open(&self.place, &self.settings, &mut stopped).await {
                    Ok((running, _)) => {
                        self.publish.send_modify(|state| {
                            state.up = true;
                            state.starts += 1;
                        });
                        tracing::info!("the engine answers again");
                        break running;
                    }
                    Err(StartError::Stopped) => return,
                    Err(error) => tracing::error!(%error, "the engine could not be started again"),
                }
            };
        }
    }
}

/// Joins the engine of the folder or starts one.
async fn open(
    place: &Place,
    settings: &EngineSettings,
    stopped: &mut Stop,
) -> Result<(Running, PathBuf), StartError> {
    let until = Instant::now() + START;
    loop {
        if let Some(joined) = join(place).await {
            return Ok(joined);
        }
        match spawn(place, settings, stopped, until).await {
            // Another process was quicker to the lock: it is about to answer, or about to end.
            Err(StartError::Ended { status, .. })
                if status.code() == Some(i32::from(LOCKED_EXIT)) && Instant::now() < until =>
            {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = told(stopped) => return Err(StartError::Stopped),
                }
            }
            outcome => return outcome,
        }
    }
}

/// Starts a child and waits until it answers.
async fn spawn(
    place: &Place,
    settings: &EngineSettings,
    stopped: &mut Stop,
    until: Instant,
) -> Result<(Running, PathBuf), StartError> {
    let mut child = Command::new(&settings.program)
        .args(&settings.arguments)
        // What the terminal sends to this process (Ctrl-C, its end) is not for an engine that others
        // may use as well.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let words = Words::default();
    let listening = child
        .stderr
        .take()
        .map(|stderr| tokio::spawn(listen(stderr, words.clone())));
    let Some(pipe) = child.stdin.take() else {
        return Err(io::Error::other("the child has no standard input").into());
    };
    let mut child = Box::new(child);
    loop {
        if let Some(status) = child.try_wait()? {
            if let Some(listening) = listening {
                // It ends with the child's last word; a failed listener has only less to say.
                let _ = listening.await;
            }
            let words = words.said();
            return Err(StartError::Ended { status, words });
        }
        // The files may still tell of an engine that died, or of one that was quicker to the lock;
        // then ours is about to end.
        if place.holder() == child.id()
            && let Some(socket) = place.socket()
            && connector::ping(&socket).await.is_ok()
            && child.try_wait()?.is_none()
        {
            words.pass_on();
            return Ok((Running::Child(child, pipe), socket));
        }
        if Instant::now() > until {
            end(place, Running::Child(child, pipe)).await;
            let words = words.said();
            return Err(StartError::Silent { words });
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = told(stopped) => {
                end(place, Running::Child(child, pipe)).await;
                return Err(StartError::Stopped);
            }
        }
    }
}

/// Joins the engine that runs, if it does and is not about to end.
async fn join(place: &Place) -> Option<(Running, PathBuf)> {
    let lease = Lease::share(place).ok()??;
    // With a share in it an engine that answers goes on.
    let socket = place.socket()?;
    connector::ping(&socket).await.ok()?;
    let joined = Joined {
        connection: UnixStream::connect(&socket).await.ok()?,
        _lease: lease,
    };
    Some((Running::Other(joined), socket))
}

/// Waits until an engine ends.
async fn ended(running: &mut Running) {
    match running {
        Running::Child(child, _) => match child.wait().await {
            Ok(status) => tracing::warn!(%status, "the engine ended"),
            Err(error) => tracing::warn!(%error, "the engine cannot be watched"),
        },
        Running::Other(joined) => {
            // Nothing is ever asked here, so the first sign is the end.
            let _ = joined.connection.read(&mut [0]).await;
        }
    }
}

/// Closes the pipe and waits, unless others use the engine; kills a child that does not end.
async fn end(place: &Place, running: Running) {
    let Running::Child(mut child, pipe) = running else {
        return;
    };
    drop(pipe);
    let until = Instant::now() + STOP;
    while Instant::now() < until {
        if tokio::time::timeout(LOOK, child.wait()).await.is_ok() {
            return;
        }
        if Lease::is_shared(place) {
            tracing::debug!("the engine stays for another command");
            return;
        }
    }
    tracing::warn!(
        seconds = STOP.as_secs(),
        "the engine did not end; killing it"
    );
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "the engine cannot be killed");
    }
}

/// What a child says. Until it is up its words are held back: when it fails they are in the error,
/// and when it only found the folder taken they are nobody's concern.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    lines: VecDeque<String>,
    passed_on: bool,
}

impl Words {
    fn add(&self, line: String) {
        let mut held = self.held();
        if held.passed_on {
            return write_line(&line);
        }
        if held.lines.len() == HELD {
            held.lines.pop_front();
        }
        held.lines.push_back(line);
    }

    /// Passes on what was said and what will be.
    fn pass_on(&self) {
        let mut held = self.held();
        held.passed_on = true;
        held.lines.drain(..).for_each(|line| write_line(&line));
    }

    /// The last words as the end of a sentence.
    fn said(&self) -> String {
        let held = self.held();
        let from = held.lines.len().saturating_sub(WORDS);
        let lines: Vec<&str> = held.lines.range(from..).map(String::as_str).collect();
        if lines.is_empty() {
            return String::new();
        }
        format!(": {}", lines.join("\n"))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_line(line: &str) {
    // A closed standard error is no reason to stop listening.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Hears what a child writes to standard error.
async fn listen(stderr: ChildStderr, words: Words) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        words.add(line);
    }
}

impl EngineSettings {
    /// The same, and it serves a TCP address that only reads. The child reads the password from its file:
    /// everybody sees the arguments of a process.
    pub fn listening(mut self, address: SocketAddr, password_file: &Path) -> io::Result<Self> {
        let mut file = OsString::from("--password-file=");
        file.push(std::path::absolute(password_file)?);
        self.arguments
            .push(format!("--reporting-listen={address}").into());
        self.arguments.push(file);
        Ok(self)
    }

    /// The settings of a Readback that starts itself: `readback engine run --supervised`. All that the
    /// child needs is in its arguments; it reads no configuration, which might be another one.
    pub fn of_this_program(data: &Path, library: &Path) -> io::Result<Self> {
        // In one piece: a path may begin with a dash.
        let argument = |name: &str, path: &Path| {
            let mut argument = OsString::from(name);
            argument.push(path);
            argument
        };
        Ok(Self {
            folder: data.join("engine"),
            program: std::env::current_exe()?,
            arguments: vec![
                "engine".into(),
                "run".into(),
                argument("--supervised=", library),
                argument("--data-dir=", data),
            ],
        })
    }
}
