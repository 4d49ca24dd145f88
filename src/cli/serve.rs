//! `readback serve`: the pages, computed anew on a schedule.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::engine::Installing;
use super::report;
use crate::app::House;
use crate::config::Config;
use crate::summary::Document;
use crate::web::{self, AppState, Published};

/// How to serve.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The address of the pages [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Minutes between two computations
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1440))]
    every: u64,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let listen = args.listen.unwrap_or(config.listen);
    let listener = bind(listen).await?;
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = serve(&house, listener, Duration::from_secs(args.every * 60)).await;
    house.close().await;
    done
}

async fn serve(house: &House, listener: TcpListener, every: Duration) -> anyhow::Result<()> {
    let now = || chrono::Utc::now().timestamp_millis();
    let state = AppState::new(published(&report::summary(house, now()).await?)?);
    let again = async {
        let mut clock = tokio::time::interval(every);
        clock.tick().await;
        loop {
            clock.tick().await;
            let fresh = report::summary(house, now()).await;
            match fresh.and_then(|document| published(&document)) {
                Ok(fresh) => state.publish(fresh),
                // The pages keep what they have, with its `as_of`; the next hour may do better.
                Err(error) => tracing::error!(error = format!("{error:#}"), "computing failed"),
            }
        }
    };
    tokio::select! {
        done = pages(listener, state.clone()) => done,
        () = again => Ok(()),
    }
}

/// Takes the address, or says who is to give it up.
pub(super) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen)
        .await
        .with_context(|| format!("can't listen on {listen}; name another address with --listen"))
}

/// A document, ready to be looked at.
pub(super) fn published(document: &Document) -> anyhow::Result<Published> {
    Ok(Published::new(serde_json::to_value(document)?))
}

/// Serves the pages until Ctrl-C or SIGTERM.
pub(super) async fn pages(listener: TcpListener, state: AppState) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "http://{address}")?;
    writeln!(
        std::io::stderr(),
        "the pages are at http://{address}; Ctrl-C ends"
    )?;
    axum::serve(listener, web::router(state))
        .with_graceful_shutdown(until_told())
        .await
        .context("serving the pages")
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn until_told() {
    let terminated = async {
        #[cfg(unix)]
        if let Ok(mut signal) =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
