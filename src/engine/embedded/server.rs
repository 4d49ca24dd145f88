//! The HTTP door: takes connections on the Unix socket and, when asked, on a TCP address, and hands
//! each request to a thread of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::answer::{self, AnswerBody, Meta, Sink};
use super::auth::Credentials;
use super::codings::{Coding, Encoder, Input};
use super::connection::Store;
use super::exception::{Exception, TOO_MANY_QUERIES, UNKNOWN_EXCEPTION};
use super::execute::{self, Job};
use super::flight;
use super::impatient::Impatient;
use super::request;

/// Statements at the same time, for Readback and again for everybody else; more wait.
pub(super) const STATEMENTS: u32 = 64;
/// How long a statement waits for its turn.
const TURN: Duration = Duration::from_secs(30);
/// How long a body may stand still.
const IDLE_BODY: Duration = Duration::from_secs(300);
/// How long a TCP client may take over the head of a request.
const SLOW_HEAD: Duration = Duration::from_secs(60);
/// How long a TCP client may read nothing while its answer waits.
const STALLED: Duration = Duration::from_secs(60);
/// How long connections may take to end when the engine is told to stop; then they are broken off,
/// which cancels their statements.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// What is read of a body that nobody wants any more, so that the client gets to read the answer.
const LEFTOVER: usize = 256 << 20;
/// How long that may take.
const LEFTOVER_TIME: Duration = Duration::from_secs(10);

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The Unix socket: Readback itself.
    Socket,
    /// TCP: whoever knows the password.
    Address,
}

/// What every request needs.
pub(super) struct Door {
    pub(super) store: Arc<Store>,
    /// The engine's version, as `version()` gives it.
    pub(super) version: String,
    /// The login over TCP.
    pub(super) credentials: Option<Credentials>,
    /// Whether TCP clients may only read.
    pub(super) read_only: bool,
    /// Turns of Readback itself; see [`STATEMENTS`].
    pub(super) socket_turns: Arc<Semaphore>,
    /// Turns of TCP clients: however many hang, Readback works on.
    pub(super) address_turns: Arc<Semaphore>,
}

/// Serves a listener until `shutdown` turns true, then gives requests under way time to end.
pub(super) async fn serve<L: Listener>(
    door: Arc<Door>,
    mut listener: L,
    origin: Origin,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            (stream, _) = listener.accept() => {
                let caller = Caller { door: Arc::clone(&door), origin };
                open.spawn(serve_connection(caller, stream, shutdown.clone()));
            }
            Some(_) = open.join_next(), if !open.is_empty() => {}
            () = told_to_stop(&mut shutdown) => break,
        }
    }
    drop(listener);
    let ending = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, ending).await.is_err() {
        open.shutdown().await;
    }
}

/// Waits for the stop; a sender that is gone counts as one.
async fn told_to_stop(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

struct Caller {
    door: Arc<Door>,
    origin: Origin,
}

async fn serve_connection<S>(caller: Caller, stream: S, mut shutdown: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    let mut limit = None;
    if caller.origin == Origin::Address {
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(SLOW_HEAD);
        limit = Some(STALLED);
    }
    let stream = Impatient::new(stream, limit);
    let service = service_fn(|request| async {
        Ok::<_, Infallible>(respond(&caller.door, caller.origin, request).await)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = told_to_stop(&mut shutdown) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Clients that leave are no matter; what was wrong with a statement was answered.
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection to the engine's door ended early");
    }
}

async fn respond(
    door: &Arc<Door>,
    origin: Origin,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let path = request.uri().path();
    let method = request.method();
    if method != Method::GET && method != Method::POST && method != Method::HEAD {
        return answer::text(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("the method {method} is not known here; use GET or POST\n"),
        );
    }
    match path {
        "/ping" => return answer::text(StatusCode::OK, "Ok.\n"),
        "/" => {}
        _ => {
            return answer::text(
                StatusCode::NOT_FOUND,
                format!("there is no resource {path}; statements go to /, and /ping answers\n"),
            );
        }
    }
    match accept(door, origin, request).await {
        Ok(response) => response,
        Err(error) => answer::exception(&error, &door.version),
    }
}

/// Checks the request, waits for a turn, and starts the thread that answers.
async fn accept(
    door: &Arc<Door>,
    origin: Origin,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Exception> {
    let (parts, body) = request.into_parts();
    let (mut asked, login) = request::read(&parts)?;
    if origin == Origin::Address
        && let Some(credentials) = &door.credentials
    {
        credentials.check(&login)?;
    }
    if origin == Origin::Socket {
        // Packing costs more than a local socket does.
        asked.accept = Coding::Plain;
    }
    if asked.query.is_none() && parts.method != Method::POST {
        return Ok(answer::text(StatusCode::OK, "Ok.\n"));
    }
    let turns = match origin {
        Origin::Socket => &door.socket_turns,
        Origin::Address => &door.address_turns,
    };
    let turn = tokio::time::timeout(TURN, Arc::clone(turns).acquire_owned())
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or_else(|| {
            Exception::new(
                TOO_MANY_QUERIES,
                &format!("Too many simultaneous queries. Maximum: {STATEMENTS}."),
            )
        })?;
    let (pieces, received) = mpsc::channel(4);
    tokio::spawn(pump(body, pieces));
    let (reply, answered) = oneshot::channel();
    let (running, client) = flight::begin(Arc::clone(&door.store), request_id(), turn);
    let meta = Meta {
        query_id: asked.query_id.clone().unwrap_or_else(request_id),
        format: asked.format.clone(),
        version: door.version.clone(),
    };
    let job = Job {
        input: Input::new(received, asked.content, asked.decompress),
        sink: Sink::new(reply, meta, Encoder::new(asked.accept, asked.compress)),
        read_only: origin == Origin::Address && door.read_only,
        asked,
        running,
    };
    let store = Arc::clone(&door.store);
    std::thread::Builder::new()
        .name("statement".to_owned())
        .stack_size(flight::STACK)
        .spawn(move || execute::run(&store, job))
        .map_err(|error| {
            Exception::new(
                TOO_MANY_QUERIES,
                &format!("no thread for the statement: {error}"),
            )
        })?;
    let response = answered
        .await
        .map_err(|_| Exception::new(UNKNOWN_EXCEPTION, "the statement ended without an answer"))?;
    Ok(response.map(|body| client.accompany(body)))
}

/// Moves a body to the statement's thread, at the pace at which it takes it.
async fn pump(mut body: Incoming, pieces: mpsc::Sender<Result<Bytes, String>>) {
    loop {
        match tokio::time::timeout(IDLE_BODY, body.frame()).await {
            Ok(None) => return,
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data()
                    && pieces.send(Ok(data)).await.is_err()
                {
                    break;
                }
            }
            Ok(Some(Err(error))) => {
                // The thread may have ended already.
                let _ = pieces.send(Err(error.to_string())).await;
                return;
            }
            Err(_) => {
                let idle = format!("nothing came for {} seconds", IDLE_BODY.as_secs());
                let _ = pieces.send(Err(idle)).await;
                return;
            }
        }
    }
    // The statement has ended before its data did. A socket closed over unread bytes would take the
    // answer with it.
    let rest = async {
        let mut left = LEFTOVER;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(LEFTOVER_TIME, rest).await;
}

/// An id in the form of a UUID (version 4), which clients expect.
fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // The id only names the request in the answer; a poor one does no harm.
    let _ = getrandom::fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
