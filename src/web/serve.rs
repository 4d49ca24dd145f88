//! Serves connections: bounded in number, in the time that a request's head may take, and ended
//! gracefully.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use super::access::Peer;
use super::unread::Unread;
use crate::telemetry::Metrics;

/// Connections at once; more wait until one ends. An idle one costs some kilobytes.
const CONNECTIONS: usize = 16_384;
/// There are places for so many, however few files may be open.
const FEWEST: usize = 64;
/// Open files that are not for connections: the spool's, the engine's, those of scans.
const KEPT_FREE: u64 = 256;
/// How long a request's head may take, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(30);
/// How long an answer may wait for its reader to take any of it.
const UNREAD: Duration = Duration::from_secs(30);
/// The longest head. Room is made as it comes.
const LONGEST_HEAD: usize = 32 << 10;
/// How long requests that are under way may take when everything ends.
const FAREWELL: Duration = Duration::from_secs(10);
/// The pause after a connection could not be taken: no file descriptors are left, for instance.
const AGAIN: Duration = Duration::from_millis(100);

const EVERYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// How many connections there is room for where so many files may be open; `None` for any number.
/// Idle ones must not keep the spool from opening its files.
pub fn places(files: Option<u64>) -> usize {
    let places = files.map(|files| usize::try_from(files.saturating_sub(KEPT_FREE)));
    match places {
        Some(Ok(places)) => places.clamp(FEWEST, CONNECTIONS),
        Some(Err(_)) | None => CONNECTIONS,
    }
}

/// Serves so many connections at once, until `stop` resolves and the requests under way are answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    places: usize,
    metrics: Option<Arc<Metrics>>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    let free = Arc::new(Semaphore::new(places));
    let graceful = GracefulShutdown::new();
    let mut failing = false;
    // A door that does not know where it is counts as reachable from elsewhere.
    let own = listener.local_addr().unwrap_or(EVERYWHERE);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &free) => accepted,
            () = &mut stop => break,
        };
        let (stream, address, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !failing {
                    tracing::error!(%error, "connections can't be taken");
                }
                failing = true;
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        };
        failing = false;
        // Answers are small and whole.
        let _ = stream.set_nodelay(true);
        // Who is at the other end decides what is shown; it is written nowhere.
        let peer = Peer::new(address, own);
        let router = router
            .clone()
            .map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                request
            });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(LONGEST_HEAD)
            // Who says that nothing more comes still waits for the answer.
            .half_close(true)
            .serve_connection(
                Unread::new(TokioIo::new(stream), UNREAD),
                TowerToHyperService::new(router),
            );
        let connection = graceful.watch(connection);
        let metrics = metrics.clone();
        tokio::spawn(async move {
            let _place = place;
            if let Some(metrics) = &metrics {
                metrics.connections(1);
            }
            // How a client breaks off is its own business.
            let _ = connection.await;
            if let Some(metrics) = &metrics {
                metrics.connections(-1);
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(FAREWELL) => {
            tracing::warn!("requests under way were cut off");
        }
    }
}

async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(free).acquire_owned().await;
    let place = place.map_err(std::io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, address, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_to_the_spool() {
        assert_eq!(places(Some(1024)), 768);
        assert_eq!(places(Some(16)), 64);
        assert_eq!(places(Some(1 << 20)), 16_384);
        assert_eq!(places(None), 16_384);
    }
}
