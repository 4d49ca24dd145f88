//! Keeps an embedded engine running: uses the one that serves the data folder already, or starts a
//! child and starts it again when it dies. The collector does not die with it; its events wait.
//!
//! The child holds the other end of a pipe and ends when the pipe closes, however this process went,
//! so no orphan keeps the store's lock. For the same reason it is never killed by a dropped handle:
//! it may be writing, and it ends by itself.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

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
/// How long `stop` waits; the child itself gives its statements 20 s.
const STOP: Duration = Duration::from_secs(30);
/// Lines of the child's words that an error repeats.
const WORDS: usize = 12;

/// How an embedded engine is started.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// The engine's folder, `DATA/engine`.
    pub folder: PathBuf,
    /// The program to start.
    pub program: PathBuf,
    /// Its arguments: such as make it call [`super::run`] with `supervised` on the same folder.
    pub arguments: Vec<String>,
    /// Its environment beside the inherited one.
    pub environment: Vec<(String, String)>,
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
    stop: Option<oneshot::Sender<()>>,
    watcher: JoinHandle<()>,
}

impl Engine {
    /// Starts an engine or joins the running one; returns when it answers.
    pub async fn start(settings: EngineSettings) -> Result<Self, StartError> {
        let place = Place::make(&settings.folder)?;
        let (running, socket) = open(&place, &settings).await?;
        let (stop, stopped) = oneshot::channel();
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
            stop: Some(stop),
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

    /// Ends the engine, if this handle started it, and waits until it has.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // The watcher ends only after this, so there is somebody to hear it.
            let _ = stop.send(());
        }
        if let Err(error) = self.watcher.await {
            tracing::warn!(%error, "the engine's watcher failed");
        }
    }
}

/// An engine that answers.
enum Running {
    /// Ours. It ends when the pipe does, and waiting for a child closes the pipe that it still has,
    /// so the pipe is kept apart.
    Child(Box<Child>, ChildStdin),
    /// Another process's; the connection breaks when it ends.
    Other(UnixStream),
}

struct Watcher {
    place: Place,
    settings: EngineSettings,
    publish: watch::Sender<EngineState>,
}

impl Watcher {
    /// Starts the engine again whenever it ends, until told to stop.
    async fn watch(self, mut running: Running, mut stopped: oneshot::Receiver<()>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let since = Instant::now();
            tokio::select! {
                () = ended(&mut running) => {}
                _ = &mut stopped => return end(running).await,
            }
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
                    _ = &mut stopped => return,
                }
                pause = (pause * 2).min(LAST_PAUSE);
                let opened = tokio::select! {
                    opened = open(&self.place, &self.settings) => opened,
                    _ = &mut stopped => return,
                };
                match opened {
                    Ok((running, _)) => {
                        self.publish.send_modify(|state| {
                            state.up = true;
                            state.starts += 1;
                        });
                        break running;
                    }
                    Err(error) => tracing::error!(%error, "the engine could not be started again"),
                }
            };
        }
    }
}

/// Joins the engine of the folder or starts one.
async fn open(place: &Place, settings: &EngineSettings) -> Result<(Running, PathBuf), StartError> {
    let until = Instant::now() + START;
    loop {
        if let Some(joined) = join(place).await {
            return Ok(joined);
        }
        match spawn(place, settings, until).await {
            // Another process was quicker to the lock: it is about to answer, or about to end.
            Err(StartError::Ended { status, .. })
                if status.code() == Some(i32::from(LOCKED_EXIT)) && Instant::now() < until =>
            {
                tokio::time::sleep(LOOK).await;
            }
            outcome => return outcome,
        }
    }
}

/// Starts a child and waits until it answers.
async fn spawn(
    place: &Place,
    settings: &EngineSettings,
    until: Instant,
) -> Result<(Running, PathBuf), StartError> {
    let mut child = Command::new(&settings.program)
        .args(&settings.arguments)
        .envs(
            settings
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
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
        // The file may still name the socket of an engine that died, until the child wrote its own.
        if let Some(socket) = place.socket()
            && connector::ping(&socket).await.is_ok()
            && child.try_wait()?.is_none()
        {
            return Ok((Running::Child(child, pipe), socket));
        }
        if Instant::now() > until {
            end(Running::Child(child, pipe)).await;
            let words = words.said();
            return Err(StartError::Silent { words });
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn join(place: &Place) -> Option<(Running, PathBuf)> {
    let socket = place.socket()?;
    connector::ping(&socket).await.ok()?;
    let stream = UnixStream::connect(&socket).await.ok()?;
    Some((Running::Other(stream), socket))
}

/// Waits until an engine ends.
async fn ended(running: &mut Running) {
    match running {
        Running::Child(child, _) => match child.wait().await {
            Ok(status) => tracing::warn!(%status, "the engine ended"),
            Err(error) => tracing::warn!(%error, "the engine cannot be watched"),
        },
        Running::Other(stream) => {
            // Nothing is ever asked here, so the first sign is the end.
            let _ = stream.read(&mut [0]).await;
        }
    }
}

/// Closes the pipe and waits; kills a child that does not end.
async fn end(running: Running) {
    let Running::Child(mut child, pipe) = running else {
        return;
    };
    drop(pipe);
    if tokio::time::timeout(STOP, child.wait()).await.is_err() {
        tracing::warn!(
            seconds = STOP.as_secs(),
            "the engine did not end; killing it"
        );
        if let Err(error) = child.kill().await {
            tracing::warn!(%error, "the engine cannot be killed");
        }
    }
}

/// What a child said last.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<VecDeque<String>>>);

impl Words {
    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == WORDS {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The words as the end of a sentence.
    fn said(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        format!(": {}", lines.join("\n"))
    }
}

/// Passes on what a child writes to standard error, and remembers the end of it.
async fn listen(stderr: ChildStderr, words: Words) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // A closed standard error is no reason to stop listening.
        let _ = writeln!(io::stderr(), "{line}");
        words.add(line);
    }
}

impl EngineSettings {
    /// The settings of a Readback that starts itself: `readback engine run --supervised`.
    pub fn of_this_program(data: &Path, library: &Path) -> io::Result<Self> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Ok(Self {
            folder: data.join("engine"),
            program: std::env::current_exe()?,
            arguments: vec![
                "engine".to_owned(),
                "run".to_owned(),
                "--supervised".to_owned(),
                "--data-dir".to_owned(),
                text(data),
            ],
            environment: vec![("READBACK_LIBCHDB".to_owned(), text(library))],
        })
    }
}
