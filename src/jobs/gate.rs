//! What holds landing back while somebody derives and reads what is derived: rows that came in between
//! would be in one of two numbers that are compared.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::timeout;

/// How long it waits without a word.
const SILENT: Duration = Duration::from_secs(2);

/// Blocks until a batch may be loaded; what it gives is held meanwhile.
type Wait = dyn Fn() -> io::Result<Held> + Send + Sync;

/// Keeps the gate open until it is dropped.
pub type Held = Box<dyn Any + Send>;

/// Waits for a turn in a thread of its own; where that takes long, somebody is told once.
pub async fn in_turn<T: Send + 'static>(
    wait: impl FnOnce() -> T + Send + 'static,
    tell: impl FnOnce(),
) -> Result<T, JoinError> {
    let mut waiting = tokio::task::spawn_blocking(wait);
    match timeout(SILENT, &mut waiting).await {
        Ok(turn) => turn,
        Err(_) => {
            tell();
            waiting.await
        }
    }
}

/// A gate that every batch passes on its way into the store.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<Wait>>);

impl Gate {
    /// A gate that waits in this way. The default one is always open.
    pub fn new(wait: impl Fn() -> io::Result<Held> + Send + Sync + 'static) -> Self {
        Gate(Some(Arc::new(wait)))
    }

    /// Waits until a batch may be loaded.
    ///
    /// # Errors
    /// The system's, where nobody can tell whether it may.
    pub async fn pass(&self) -> io::Result<Option<Held>> {
        let Some(wait) = self.0.clone() else {
            return Ok(None);
        };
        let tell = || tracing::info!("loading waits for another command on this data folder");
        let passed = in_turn(move || wait(), tell).await;
        passed.map_err(io::Error::other)?.map(Some)
    }
}
