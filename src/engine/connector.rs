//! Clients of an engine: the `clickhouse` crate over TCP or over the Unix socket.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use clickhouse::{Client, Compression};
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tower::Service;

use super::Endpoint;

/// The client of an endpoint. Over the socket nothing is packed: it costs more than it saves.
pub fn client(endpoint: &Endpoint) -> Client {
    match endpoint {
        Endpoint::Socket(path) => {
            let connector = SocketConnector {
                path: path.as_path().into(),
            };
            let http =
                hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
            // The name is only for the `Host` header; the connector knows where to go.
            Client::with_http_client(http)
                .with_url("http://engine")
                .with_compression(Compression::None)
        }
        Endpoint::Remote {
            url,
            user,
            password,
        } => Client::default()
            .with_url(url)
            .with_user(user)
            .with_password(password.reveal()),
    }
}

/// How long an engine may take to answer a ping; it needs no turn for that, so a slower one is stuck.
const PING: Duration = Duration::from_secs(2);
/// The most that is read of its answer.
const LONGEST_ANSWER: u64 = 4096;

/// Whether an engine answers on a socket.
pub async fn ping(socket: &Path) -> io::Result<()> {
    let answer = tokio::time::timeout(PING, ask(socket))
        .await
        .map_err(|_| {
            let words = format!(
                "the engine on '{}' has not answered for {} s",
                socket.display(),
                PING.as_secs()
            );
            io::Error::new(io::ErrorKind::TimedOut, words)
        })??;
    if answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"Ok.\n") {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "what answers on '{}' is no engine",
        socket.display()
    )))
}

async fn ask(socket: &Path) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket).await?;
    stream
        .write_all(b"GET /ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    // Whoever answers more than this is no engine.
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Connects to the same socket whatever the URL.
#[derive(Clone)]
struct SocketConnector {
    path: std::sync::Arc<Path>,
}

impl Service<Uri> for SocketConnector {
    type Response = SocketStream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<SocketStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path: PathBuf = self.path.to_path_buf();
        Box::pin(async move { Ok(SocketStream(TokioIo::new(UnixStream::connect(path).await?))) })
    }
}

/// A connection, as hyper's client wants it.
struct SocketStream(TokioIo<UnixStream>);

impl Connection for SocketStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for SocketStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for SocketStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stuck_engine_is_no_engine() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        // It takes connections and never says a word.
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let error = tokio::time::timeout(2 * PING, ping(&socket))
            .await
            .expect("a ping that ends")
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error}");
    }
}
