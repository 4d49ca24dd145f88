//! The database behind Readback: a ClickHouse server somewhere (remote), or ClickHouse as a library
//! in a child process (embedded). Both are reached over ClickHouse's HTTP interface, so that nothing
//! above this module knows which one it is.
//!
//! ```text
//! Engine::start ── spawns, watches ──> readback engine run      (supervisor)
//!      │                                   │ lock, socket, TCP    (embedded)
//!   endpoint()                             │ HTTP door
//!      │                                   v
//!  client(endpoint) ── HTTP over the socket ──> libchdb          (install finds or fetches it)
//! ```

mod connector;
mod embedded;
mod install;
mod lease;
mod place;
mod supervisor;

use std::fmt;
use std::path::{Path, PathBuf};

pub use connector::{client, ping};
pub use embedded::{Direct, Listen, RunError, RunSettings, USER, run};
pub use install::{InstallError, LIBCHDB_VERSION, Progress, find, install};
pub use supervisor::{Engine, EngineSettings, EngineState, StartError};

/// The exit code of a child that found its folder locked: `EX_TEMPFAIL` of sysexits.
const LOCKED_EXIT: u8 = 75;

/// The socket of the engine that runs on a folder (`DATA/engine`), if one answers.
pub async fn running(folder: &Path) -> Option<PathBuf> {
    let place = place::Place::existing(folder)?;
    let socket = place.socket()?;
    ping(&socket).await.ok()?;
    Some(socket)
}

/// The only folder that an engine over a data folder writes backups to, and reads them from.
pub fn backups(data: &Path) -> PathBuf {
    data.join("engine").join("backups")
}

/// What to connect to.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// An embedded engine's Unix socket; its folder's permissions are the login.
    Socket(PathBuf),
    /// A server, or an engine that listens on TCP.
    Remote {
        /// `http://HOST:PORT`.
        url: String,
        /// The user.
        user: String,
        /// The password.
        password: Password,
    },
}

/// A password, kept out of logs and debug output.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Wraps a password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The password itself, for the one who sends or checks it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}
