//! Clients of an engine: the `clickhouse` crate over TCP or over the Unix socket.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use clickhouse::{Client, Compression};
use hyper::Uri;
use hyper::body::Body;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
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
        } => {
            let client = match url.starts_with("https://") {
                true => Client::with_http_client(https()),
                false => Client::default(),
            };
            client
                .with_url(url)
                .with_user(user)
                .with_password(password.reveal())
        }
    }
}

/// As the `clickhouse` crate sets up its own connections.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// A server closes idle connections after 3 s.
const IDLE: Duration = Duration::from_secs(2);

/// A client that trusts the machine's own certificates, an organisation's authority among them
/// (`SSL_CERT_FILE` names others), and Mozilla's list on a machine without any. The `clickhouse` crate
/// would panic there.
fn https<B>() -> hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, B>
where
    B: Body + Send,
    B::Data: Send,
{
    let provider = rustls::crypto::ring::default_provider;
    let builder = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider())
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "no certificates of the machine's; Mozilla's list is used");
            HttpsConnectorBuilder::new()
                .with_provider_and_webpki_roots(provider())
                .expect("ring has cipher suites for TLS 1.2 and 1.3")
        });
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_keepalive(Some(KEEPALIVE));
    hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_timer(TokioTimer::new())
        .build(
            builder
                .https_only()
                .enable_http1()
                .wrap_connector(connector),
        )
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
    async fn https_is_spoken() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 6];
            stream.read_exact(&mut hello).await.unwrap();
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
            hello
        });
        let client = client(&Endpoint::Remote {
            url,
            user: "u".to_owned(),
            password: crate::engine::Password::new("p"),
        });
        let error = client.query("SELECT 1").execute().await.unwrap_err();
        let mut words = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(one) = cause {
            words.push_str(&format!(": {one}"));
            cause = one.source();
        }
        assert!(words.contains("InvalidContentType"), "{words}");
        // A handshake record that holds a hello.
        let hello = server.await.unwrap();
        assert_eq!((hello[0], hello[1], hello[5]), (22, 3, 1));
    }

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
