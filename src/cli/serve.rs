//! `readback serve`: the door for events, the jobs on their schedule, and the pages, in one process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};

use super::collecting::{self, End, Tell};
use crate::app;
use crate::app::collector::Collector;
use crate::collect::Receiver;
use crate::config::Config;
use crate::jobs::load::LoadState;
use crate::jobs::upload::Desk;
use crate::summary::Document;
use crate::telemetry;
use crate::web::access::Access;
use crate::web::tokens::Tokens;
use crate::web::{self, AppState, Door, Opened, Parts, Published};

/// How to serve.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Events come in at POST /v1/events (CloudEvents), /v1/hooks/SOURCE (webhooks of configured sources) and
/xapi/statements; `readback token add NAME` makes the token that they ask for. /openapi.json describes
every address. What is answered with 202 stands on the disk, in DATA/spool, and is loaded into the
engine within seconds; while the engine is away it waits there.

The pages are for this machine alone until [access] in readback.toml says who signs in, and how.

/healthz says whether the process lives; /readyz whether all of it does its work, and what does not;
/readyz/door whether events are taken, which is what a balancer in front of senders asks; /metrics is
for Prometheus. Ctrl-C or SIGTERM ends gracefully: requests under way are answered, what is in the
spool is loaded or kept.")]
pub(super) struct Args {
    /// The address of door and pages [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Minutes between two computations of the pages [default: 60, schedule.report_minutes]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1440))]
    every: Option<u32>,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let listener = bind(args.listen.unwrap_or(config.listen))?;
    let address = listener.local_addr()?;
    let places = web::places(more_files());
    let collector = Collector::open(&config).await?;
    tell_recovered(&collector);
    let (load, load_state) = watch::channel(LoadState::default());
    let (engine, engine_state) = watch::channel(Opened::default());
    let mut schedule = config.schedule;
    schedule.report_minutes = args.every.unwrap_or(schedule.report_minutes);
    let mut parts = Parts::new(
        collector.spool.clone(),
        collector.dead.clone(),
        load_state,
        engine_state,
    );
    parts.computes = schedule.report_minutes > 0;
    parts.k = collector.k;
    parts.has_tables = config.reporting.tables;
    parts.desk = Some(Desk::new(
        collector.keys.clone(),
        config.sources.clone(),
        (
            config.organisation.calendar.clone(),
            config.parameters.clone(),
        ),
        app::gate(&config),
    ));
    let parts = Arc::new(parts);
    let receiver = Receiver::new(
        collector.keys.clone(),
        collector.spool.clone(),
        Arc::clone(&collector.metrics),
    );
    let tokens = Tokens::open(collector.tokens.clone())?;
    let no_tokens = tokens.is_empty();
    let door = Door::new(
        receiver,
        Arc::clone(&collector.hooks),
        tokens,
        Arc::clone(&collector.metrics),
        super::now,
    )?;
    let access = Arc::new(Access::open(&config, collector.keys.clone(), super::now)?);
    let state =
        AppState::with_door(Arc::new(door), Arc::clone(&parts)).with_access(Arc::clone(&access));
    let mut signals = Signals::new()?;
    let (stop, stopping) = watch::channel(false);
    let mut told = stopping.clone();
    let mut serving = tokio::spawn(web::serve(
        listener,
        web::router(state.clone()),
        places,
        Some(Arc::clone(&collector.metrics)),
        async move {
            // A sender that is gone says the same.
            let _ = told.wait_for(|stop| *stop).await;
        },
    ));
    tell_address(address)?;
    if let Some(words) = access.words(address) {
        tell(words)?;
    }
    if no_tokens {
        tell("nobody can bring events to /v1/events yet; `readback token add NAME` makes a token")?;
    }
    let forgetting = tokio::spawn(forget(Arc::clone(&access), config.audit_days));
    let (closed, closing) = oneshot::channel();
    let end = End {
        stop: stopping,
        closed: closing,
    };
    let mut behind = Box::pin(collecting::run(
        &collector,
        config,
        schedule,
        &state,
        Tell {
            engine,
            load,
            parts: Arc::clone(&parts),
        },
        end,
    ));
    let mut early = None;
    let failed = tokio::select! {
        () = signals.next() => None,
        done = &mut behind => Some(done),
        // Without its door the rest would seem to live.
        ended = &mut serving => {
            early = Some(ended.err());
            None
        }
    };
    forgetting.abort();
    parts.stopping.store(true, Ordering::Relaxed);
    stop.send_replace(true);
    let farewell = async {
        let served = match early {
            None => serving.await.map_err(anyhow::Error::from),
            Some(Some(error)) => Err(error.into()),
            Some(None) => Err(anyhow::anyhow!("nobody told it to")),
        };
        collector.spool.close().await;
        // Who waits for it may have ended.
        let _ = closed.send(());
        let done = match failed {
            Some(done) => done,
            None => behind.await,
        };
        served.context("the door closed early")?;
        done
    };
    tokio::select! {
        done = farewell => done,
        () = signals.next() => {
            tracing::warn!("told to end a second time; what is not loaded waits in the spool");
            Ok(())
        }
    }
}

/// Takes old days out of the audit log, now and every day.
async fn forget(access: Arc<Access>, days: u32) {
    let mut daily = tokio::time::interval(Duration::from_secs(86_400));
    loop {
        daily.tick().await;
        let access = Arc::clone(&access);
        // A few files; whoever cut it off ends everything.
        if tokio::task::spawn_blocking(move || access.forget(days))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// Tells the operator something at the start.
fn tell(words: &str) -> std::io::Result<()> {
    match telemetry::is_json() {
        true => {
            tracing::info!("{words}");
            Ok(())
        }
        false => writeln!(std::io::stderr(), "{words}"),
    }
}

/// An idle connection is a file to the system, and its usual limit is 1024. Says how many may be open
/// from here on; `None` for any number.
fn more_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files stays as it is");
            limit.current
        }
    }
}

fn tell_recovered(collector: &Collector) {
    let found = collector.recovered;
    if found.entries > 0 {
        let (entries, segments) = (found.entries, found.segments);
        tracing::info!(entries, segments, "the spool goes on with what it held");
    }
    if found.torn > 0 {
        let bytes = found.torn;
        tracing::warn!(
            bytes,
            "the spool ends with the beginning of a request that was not answered; it is dropped"
        );
    }
    if found.damaged > 0 {
        let bytes = found.damaged;
        tracing::error!(
            bytes,
            "the disk damaged part of the spool; it goes to the dead letters"
        );
    }
}

/// Takes the address, or says who is to give it up.
pub(super) fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = || -> std::io::Result<TcpListener> {
        let socket = match listen {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // An address that was in use a moment ago is free.
        socket.set_reuseaddr(true)?;
        socket.bind(listen)?;
        socket.listen(QUEUE)
    };
    bound().with_context(|| format!("can't listen on {listen}; name another address with --listen"))
}

/// Connections that may wait to be taken, as far as the system allows; whoever finds the queue full
/// tries again a second later. All senders come back at once when the network does.
const QUEUE: u32 = 4096;

/// A document, ready to be looked at.
pub(super) fn published(document: &Document) -> anyhow::Result<Published> {
    Ok(Published::new(serde_json::to_value(document)?))
}

/// Serves pages and nothing else until Ctrl-C or SIGTERM.
pub(super) async fn pages(listener: TcpListener, state: AppState) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let address = listener.local_addr()?;
    tell_address(address)?;
    if !address.ip().is_loopback() {
        tell(Access::default().words(address).unwrap_or_default())?;
    }
    let places = web::places(more_files());
    web::serve(listener, web::router(state), places, None, signals.next()).await;
    Ok(())
}

fn tell_address(address: SocketAddr) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "http://{address}")?;
    match telemetry::is_json() {
        true => {
            tracing::info!(url = format!("http://{address}"), "the pages are served");
            Ok(())
        }
        false => writeln!(
            std::io::stderr(),
            "the pages are at http://{address}; Ctrl-C ends"
        ),
    }
}

/// Ctrl-C and SIGTERM. From when this is made on they end nothing by themselves.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next of them.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
