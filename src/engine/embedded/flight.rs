//! A statement under way, and how it ends when its client leaves. libchdb cancels by itself only
//! what it streams; an `INSERT … SELECT` would run on and land after its client was told, or after
//! the client sent it again. So the door ends it as an operator would: `KILL QUERY`, from another
//! connection. The statement is known by a mark at the end of its `log_comment`, the one setting
//! with free text; a text that sets its own `log_comment` cannot be found and runs on.
//!
//! A statement that is past its last look at the flag (a commit, a quick `ALTER`) lands all the same:
//! a client that left without an answer does not know, and must not take it for undone.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::answer::{AnswerBody, BrokenOff};
use super::connection::{Params, Store};

/// The pause between two attempts to end a statement; it doubles up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// ClickHouse checks the stack of its threads and needs more than the 2 MiB of a Rust thread.
pub(super) const STACK: usize = 16 << 20;

/// What both sides of a statement know.
struct Flight {
    store: Arc<Store>,
    mark: String,
    left: AtomicBool,
    ended: AtomicBool,
    /// The store may be closed as soon as every turn is back, so whoever uses it keeps this.
    _turn: OwnedSemaphorePermit,
}

/// The side of the statement's thread. Dropped, also by a panic, it has ended.
pub(super) struct Running(Arc<Flight>);

/// The side of the client. Dropped before the end, the client has left.
pub(super) struct Client(Arc<Flight>);

/// Begins a statement.
pub(super) fn begin(
    store: Arc<Store>,
    mark: String,
    turn: OwnedSemaphorePermit,
) -> (Running, Client) {
    let flight = Arc::new(Flight {
        store,
        mark,
        left: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        _turn: turn,
    });
    (Running(Arc::clone(&flight)), Client(flight))
}

impl Running {
    /// What the statement is known by.
    pub(super) fn mark(&self) -> &str {
        &self.0.mark
    }

    /// Nobody waits for the statement any more.
    pub(super) fn abandoned(&self) -> bool {
        self.0.left.load(Ordering::Acquire)
    }

    /// The engine has done its part; what is left is to send the answer.
    pub(super) fn end(&self) {
        self.0.ended.store(true, Ordering::Release);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.0.ended.load(Ordering::Acquire) {
            return;
        }
        self.0.left.store(true, Ordering::Release);
        let flight = Arc::clone(&self.0);
        let thread = std::thread::Builder::new()
            .name("cancel".to_owned())
            .stack_size(STACK)
            .spawn(move || cancel(&flight));
        if let Err(error) = thread {
            tracing::warn!(%error, "no thread to cancel a statement whose client has left");
        }
    }
}

/// Tells the engine to end a statement until it has: it may not have begun yet.
fn cancel(flight: &Flight) {
    let sql = format!(
        "KILL QUERY WHERE endsWith(Settings['log_comment'], '{}') ASYNC",
        flight.mark
    );
    let mut pause = FIRST_PAUSE;
    while !flight.ended.load(Ordering::Acquire) {
        let killed = flight
            .store
            .connect()
            .map_err(|error| error.to_string())
            .and_then(|mut connection| {
                connection
                    .query(&sql, "Null", &Params::default())
                    .map_err(|error| error.text)
            });
        if let Err(error) = killed {
            tracing::warn!(
                error,
                "a statement whose client has left cannot be cancelled"
            );
            return;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

impl Client {
    /// Lets the client come along with the body of its answer: whoever drops that early has left.
    pub(super) fn accompany(self, body: AnswerBody) -> AnswerBody {
        UnsyncBoxBody::new(Accompanied {
            body,
            _client: self,
        })
    }
}

struct Accompanied {
    body: AnswerBody,
    _client: Client,
}

impl Body for Accompanied {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
