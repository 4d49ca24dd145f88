//! The embedded engine: what `readback engine run` does. It takes the lock on the engine's folder,
//! opens libchdb, and serves ClickHouse's HTTP interface on a Unix socket, and on TCP when asked,
//! until it is told to stop, or its parent and everybody who joined are gone.

mod answer;
mod arrow;
mod auth;
mod blocks;
mod codings;
mod connection;
mod direct;
mod exception;
mod execute;
mod ffi;
mod flight;
mod framing;
mod impatient;
mod lz4;
mod request;
mod server;
mod statement;
mod words;

pub use direct::Direct;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};

use self::auth::Credentials;
use self::connection::{OpenError, Params, Store};
use self::server::{Door, Origin, PATIENCE, STATEMENTS};
use super::Password;
use super::lease::Lease;
use super::place::{self, Place};

/// The user of the TCP address.
pub const USER: &str = "readback";
/// How long statements that were cancelled may take to end, after [`PATIENCE`]. Both together stay
/// below what the supervisor waits for.
const CANCELLED: Duration = Duration::from_secs(10);

/// How an engine runs.
#[derive(Clone, Debug)]
pub struct RunSettings {
    /// The engine's folder, `DATA/engine`; made when missing.
    pub folder: PathBuf,
    /// The file of libchdb; [`super::find`] tells.
    pub library: PathBuf,
    /// The user's runtime folder (`XDG_RUNTIME_DIR`), where the socket stands if the engine's own folder
    /// can't hold it.
    pub runtime: Option<PathBuf>,
    /// A TCP address as well.
    pub listen: Option<Listen>,
    /// Started by another Readback: end when standard input closes and nobody else has joined, leave
    /// Ctrl-C to the parent.
    pub supervised: bool,
}

/// A TCP address for reporting tools or another Readback; the user is `readback`.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// The password.
    pub password: Password,
    /// Only statements that change nothing.
    pub read_only: bool,
}

/// Why an engine does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another engine has the folder.
    #[error(
        "the engine's folder '{folder}' is in use by {holder}; stop that one, or use another --data-dir"
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// A file or an address.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried, with the path or address.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// The library.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The library answers, but not as an engine does.
    #[error("the engine does not answer: {0}")]
    Mute(String),
    /// Statements that would not end.
    #[error("{count} statements were still running {seconds} s after the stop; they were cut off")]
    Unfinished {
        /// How many.
        count: u32,
        /// For how long they were waited for.
        seconds: u64,
    },
}

impl RunError {
    /// The exit code of `readback engine run`: 75 (`EX_TEMPFAIL`) when the folder is in use, which
    /// tells a supervisor that another engine is there or coming; else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Locked { .. } => super::LOCKED_EXIT,
            _ => 1,
        }
    }
}

/// Runs an engine until it is told to stop. `ready` is called once with the socket and the TCP address.
pub async fn run(
    settings: RunSettings,
    ready: impl FnOnce(&Path, Option<SocketAddr>),
) -> Result<(), RunError> {
    let place = Place::make(&settings.folder).map_err(io_error(format!(
        "make the folder '{}'",
        settings.folder.display()
    )))?;
    let lock = lock(&place)?;
    write_config(&place)?;
    let store = Store::load(&settings.library, &place.store(), &place.config())?;
    // As long as one connection is open the engine stays up; the others come and go in 0.1 ms.
    let mut anchor = store.connect()?;
    let version = anchor
        .query("SELECT version()", "TabSeparated", &Params::default())
        .map_err(|error| RunError::Mute(error.text))?;
    let version = String::from_utf8_lossy(&version.bytes).trim().to_owned();

    let (socket, listener) = bind_socket(&place, settings.runtime.as_deref())?;
    let tcp = match &settings.listen {
        Some(listen) => Some(
            TcpListener::bind(listen.address)
                .await
                .map_err(io_error(format!("listen on {}", listen.address)))?,
        ),
        None => None,
    };
    let turns = || Arc::new(Semaphore::new(STATEMENTS as usize));
    let door = Arc::new(Door {
        store: Arc::new(store),
        version,
        credentials: settings
            .listen
            .as_ref()
            .map(|listen| Credentials::new(USER, &listen.password)),
        read_only: settings
            .listen
            .as_ref()
            .is_some_and(|listen| listen.read_only),
        socket_turns: turns(),
        address_turns: turns(),
    });
    let (stop, stopping) = watch::channel(false);
    let address = tcp.as_ref().and_then(|listener| listener.local_addr().ok());
    let mut serving = vec![tokio::spawn(server::serve(
        Arc::clone(&door),
        listener,
        Origin::Socket,
        stopping.clone(),
    ))];
    if let Some(tcp) = tcp {
        serving.push(tokio::spawn(server::serve(
            Arc::clone(&door),
            tcp,
            Origin::Address,
            stopping,
        )));
    }
    tracing::debug!(socket = %socket.display(), version = door.version, "the engine is ready");
    ready(&socket, address);
    // Kept to the end: whoever comes now starts an engine of its own after this one.
    let _alone = wait_for_end(settings.supervised, &place).await;

    tracing::debug!("the engine stops");
    // The receivers may be gone with their listeners already.
    let _ = stop.send(true);
    for task in serving {
        // A panic of the door was reported where it happened; the store is closed all the same.
        let _ = task.await;
    }
    // Every turn back means that no thread is inside libchdb.
    let all_turns = [&door.socket_turns, &door.address_turns];
    let ended = tokio::time::timeout(CANCELLED, async {
        for turns in all_turns {
            // Nobody closes the turns, so they come.
            let _ = turns.acquire_many(STATEMENTS).await;
        }
    })
    .await;
    remove_socket(&place, &socket);
    if ended.is_err() {
        return Err(RunError::Unfinished {
            count: all_turns
                .map(|turns| STATEMENTS.saturating_sub(turns.available_permits() as u32))
                .iter()
                .sum(),
            seconds: (PATIENCE + CANCELLED).as_secs(),
        });
    }
    // A process that ends with a connection open sometimes dies of SIGSEGV.
    drop(anchor);
    if !door.store.shutdown() {
        // Seen after merges of larger tables. Every connection is closed and every part is on disk,
        // so nothing is lost by ending now.
        tracing::debug!("a thread of the engine would not stop");
    }
    drop(lock);
    Ok(())
}

/// Takes the lock and writes into it who has it.
fn lock(place: &Place) -> Result<File, RunError> {
    let path = place.lock();
    let cannot = || io_error(format!("lock '{}'", path.display()));
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(cannot())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Whoever it is, the folder is taken; the name only helps.
            let _ = file.read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "another process".to_owned(),
                name => name.to_owned(),
            };
            return Err(RunError::Locked {
                folder: place.folder().to_owned(),
                holder,
            });
        }
        Err(fs::TryLockError::Error(error)) => return Err(cannot()(error)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "process {}", std::process::id()))
        .map_err(cannot())?;
    Ok(file)
}

/// The one thing that cannot be a setting: where `BACKUP` may write.
fn write_config(place: &Place) -> Result<(), RunError> {
    let backups = place.backups();
    let path = backups
        .display()
        .to_string()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let config = format!(
        "<clickhouse><backups><allowed_path>{path}/</allowed_path></backups></clickhouse>\n"
    );
    fs::create_dir_all(&backups)
        .and_then(|()| fs::write(place.config(), config))
        .map_err(io_error(format!("write '{}'", place.config().display())))
}

/// Binds the socket. The lock is held, so a socket that stands there belongs to nobody.
fn bind_socket(place: &Place, runtime: Option<&Path>) -> Result<(PathBuf, UnixListener), RunError> {
    if let Some(socket) = place.own_socket() {
        match bind(place, socket) {
            Ok(bound) => return Ok(bound),
            // Not every file system has sockets, and a folder may have been opened to others.
            Err(error) => tracing::debug!(%error, "the socket stands elsewhere"),
        }
    }
    let socket = place
        .make_socket_path(runtime)
        .map_err(io_error("make the folder of the socket".to_owned()))?;
    bind(place, socket)
}

fn bind(place: &Place, socket: PathBuf) -> Result<(PathBuf, UnixListener), RunError> {
    let cannot = || io_error(format!("listen on '{}'", socket.display()));
    match fs::remove_file(&socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot()(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&socket).map_err(cannot())?;
    if let Err(error) = place::check_private(&socket) {
        // Nobody is to find it.
        let _ = fs::remove_file(&socket);
        return Err(cannot()(error));
    }
    place.name_socket(&socket).map_err(cannot())?;
    Ok((socket, listener))
}

/// Takes the socket away; the lock is still held.
fn remove_socket(place: &Place, socket: &Path) {
    let folder = socket.parent().filter(|folder| *folder != place.folder());
    let removed = fs::remove_file(place.socket_name())
        .and_then(|()| fs::remove_file(socket))
        .and_then(|()| folder.map_or(Ok(()), fs::remove_dir));
    if let Err(error) = removed {
        tracing::debug!(%error, "the socket or its folder stays");
    }
}

/// Ends on SIGTERM; by hand also on Ctrl-C; supervised also when standard input is closed and nobody
/// else uses the engine, and then gives the lease that keeps others out.
async fn wait_for_end(supervised: bool, place: &Place) -> Option<Lease> {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    };
    let interrupted = async {
        // The terminal sends Ctrl-C to the parent too, which then closes the pipe in its own order.
        while let Ok(()) = tokio::signal::ctrl_c().await {
            if !supervised {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    let abandoned = async {
        if !supervised {
            std::future::pending::<()>().await;
        }
        let (tell, told) = tokio::sync::oneshot::channel();
        let place = place.clone();
        // A thread of its own: tokio would keep the process alive for a read of standard input.
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            // Closed or broken, either way the parent is gone.
            let _ = io::stdin().read_to_end(&mut rest);
            let alone = Lease::alone(&place)
                .inspect_err(|error| tracing::warn!(%error, "nobody can be waited for"));
            // Told to end in another way meanwhile, perhaps.
            let _ = tell.send(alone.ok());
        });
        told.await.ok().flatten()
    };
    tokio::select! {
        () = terminated => None,
        () = interrupted => None,
        alone = abandoned => alone,
    }
}

fn io_error(what: String) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::Io { what, source }
}
