//! What `readback serve` does behind its door: opens the engine however long that takes, loads what
//! comes in, runs the jobs on their schedule.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout};

use super::engine::Installing;
use super::error::words;
use super::serve::published;
use super::{after_review, posting, privacy, report, restated};
use crate::app::House;
use crate::app::collector::Collector;
use crate::app::look;
use crate::app::reporting::Reporting;
use crate::collect::Hooks;
use crate::config::{Config, Schedule};
use crate::engine::{InstallError, StartError};
use crate::jobs::ingest::{self, Ingested};
use crate::jobs::load::{LoadState, Loader, Pace, stopped};
use crate::jobs::report::Reports;
use crate::jobs::scan::{self, Listener, Source, Way};
use crate::jobs::{expiry, known};
use crate::sources::{self, Kind};
use crate::store::{MigrateError, StoreError};
use crate::telemetry::{Metrics, Outcome, unnamed};
use crate::web::{AppState, Opened, Parts, Published};

/// The first pause before an engine that could not be opened is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(30);

/// The first pause before pages are computed again that could not be; it doubles up to their schedule.
const COMPUTE_AGAIN: Duration = Duration::from_secs(5);

/// How often sources are pulled because deliveries ask for it.
const ASKED_AGAIN: Duration = Duration::from_secs(30);

/// How long the last batches may take when everything ends. What is not loaded waits in the spool.
const LAST_LOAD: Duration = Duration::from_secs(10);

/// What is told to those who look at the collector's health.
pub(super) struct Tell {
    pub(super) engine: watch::Sender<Opened>,
    pub(super) load: watch::Sender<LoadState>,
    pub(super) parts: Arc<Parts>,
}

/// When to end.
pub(super) struct End {
    /// Turns true when everything is to end.
    pub(super) stop: watch::Receiver<bool>,
    /// Comes when the door is closed and nothing more gets into the spool.
    pub(super) closed: oneshot::Receiver<()>,
}

/// Does all of it until the end.
pub(super) async fn run(
    collector: &Collector,
    config: Config,
    schedule: Schedule,
    state: &AppState,
    tell: Tell,
    end: End,
) -> anyhow::Result<()> {
    let End { mut stop, closed } = end;
    let Some(house) = open(config, &tell, &mut stop).await? else {
        return Ok(());
    };
    let opened = Opened::Open(Box::new(house.store.clone()), house.engine());
    tell.engine.send_replace(opened);
    let mut loader = Loader {
        store: house.store.clone(),
        owner: (house.keys.fingerprint(), house.k),
        drain: Arc::clone(&collector.drain),
        dead: collector.dead.clone(),
        metrics: Arc::clone(&collector.metrics),
        engine: house.engine(),
        now: super::now,
        pace: Pace::default(),
        gate: house.gate(),
    };
    let mut told = stop.clone();
    let work = async {
        tokio::join!(
            jobs(
                &house,
                (schedule, &collector.hooks),
                state,
                (&tell.parts, &collector.metrics),
                tell.load.subscribe(),
            ),
            aware(&house, collector, tell.load.subscribe()),
        )
    };
    tokio::join!(loader.run(&tell.load, &mut stop), async {
        tokio::select! {
            _ = work => {}
            () = stopped(&mut told) => {}
        }
    });
    // A sender that is gone says the same.
    let _ = closed.await;
    match timeout(LAST_LOAD, loader.rest()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what is left waits in the spool"),
        Err(_) => tracing::warn!("what is left waits in the spool"),
    }
    house.close().await;
    Ok(())
}

/// Opens the house, again and again while what keeps it from that may pass. `None` when told to stop.
async fn open(
    config: Config,
    tell: &Tell,
    stop: &mut watch::Receiver<bool>,
) -> anyhow::Result<Option<House>> {
    let mut pause = FIRST_PAUSE;
    loop {
        let installing = Installing::new();
        let opening = House::open(config.clone(), move |progress| installing.show(progress));
        let error = tokio::select! {
            opened = opening => match opened {
                Ok(house) => return Ok(Some(house)),
                Err(error) => error,
            },
            () = stopped(stop) => return Ok(None),
        };
        let Some(why) = passing(&error) else {
            return Err(error);
        };
        tracing::error!(
            error = words(&error),
            "the engine can't be used yet; events wait in the spool"
        );
        tell.engine.send_replace(Opened::Waiting(why));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopped(stop) => return Ok(None),
        }
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// What keeps an engine from being used and may pass, in words that everybody may read; `None` for
/// what only another configuration helps against.
fn passing(error: &anyhow::Error) -> Option<String> {
    for cause in error.chain() {
        if cause.is::<StartError>() {
            return Some("the engine does not start".to_owned());
        }
        // The network may be back, or the disk have room.
        if let Some(InstallError::Npm { .. } | InstallError::Io { .. }) = cause.downcast_ref() {
            return Some("the engine can't be installed".to_owned());
        }
        let store = match cause.downcast_ref::<MigrateError>() {
            Some(MigrateError::Store(store)) => Some(store),
            Some(other) => return Some(other.to_string()),
            None => cause.downcast_ref::<StoreError>(),
        };
        if let Some(store) = store {
            return Some(store.class());
        }
    }
    None
}

/// Scans and computes on schedule.
async fn jobs(
    house: &House,
    (schedule, hooks): (Schedule, &Hooks),
    state: &AppState,
    (parts, metrics): (&Parts, &Metrics),
    mut load: watch::Receiver<LoadState>,
) {
    let configured = look::configured(&house.config);
    aware_of_lags(house, &configured, parts).await;
    let mut reporting = None;
    offered(house, &mut reporting, parts).await;
    let computes = schedule.report_minutes > 0;
    let sources = pulled(&house.config);
    let scans = schedule.scan_minutes > 0 && !sources.is_empty();
    // Where somebody else scans, this process hears of it by what is stored.
    let mut elsewhere = interval(ELSEWHERE);
    elsewhere.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Both are due at once.
    let mut scan = clock(schedule.scan_minutes);
    let mut old = clock(DAILY);
    let retains = !house.config.retention.is_endless();
    let mut report = clock(schedule.report_minutes);
    let mut pause = COMPUTE_AGAIN;
    // Batches that were loaded when nothing had ever come; the first are shown soon.
    let mut before = None;
    // When sources were last pulled because a delivery asked for it.
    let mut answered = None;
    loop {
        tokio::select! {
            // Pages first: a first walk through a long history takes its time.
            biased;
            _ = report.tick(), if computes => {
                let batches = load.borrow().batches;
                let computed = compute(house, state, (parts, metrics), &mut reporting).await;
                // Others may have scanned, or imported.
                aware_of_lags(house, &configured, parts).await;
                parts.computed(computed.is_some());
                if let Some(lines) = computed {
                    pause = COMPUTE_AGAIN;
                    before = (lines == 0).then_some(batches);
                } else {
                    // An engine that died under it is back in seconds; the schedule may be an hour.
                    report.reset_after(pause.min(report.period()));
                    pause = (pause * 2).min(report.period());
                }
            }
            _ = first(&mut load, before), if computes && before.is_some() => {
                before = None;
                report.reset_after(COMPUTE_AGAIN.min(report.period()));
            }
            // Nothing that was restricted meanwhile stays in the published tables for an hour.
            () = parts.overdue(), if computes => report.reset_immediately(),
            _ = old.tick(), if retains => {
                if retain(house, metrics).await && computes {
                    report.reset_immediately();
                }
            }
            _ = elsewhere.tick(), if !scans && !sources.is_empty() => {
                aware_of_lags(house, &configured, parts).await;
                aware_of_parts(house, &sources, parts).await;
            }
            asked = asked(hooks, answered) => {
                let mut asked_for = sources.clone();
                asked_for.retain(|source| asked.contains(&source.id));
                if !asked_for.is_empty() {
                    pull(house, asked_for, (parts, metrics)).await;
                    aware_of_lags(house, &configured, parts).await;
                }
                answered = Some(Instant::now());
            }
            _ = scan.tick(), if scans => {
                let came = pull(house, sources.clone(), (parts, metrics)).await;
                aware_of_lags(house, &configured, parts).await;
                if came {
                    if retains {
                        // A first walk through a long history brings what is too old.
                        retain(house, metrics).await;
                    }
                    if computes {
                        report.reset_immediately();
                    }
                }
            }
        }
    }
}

/// The sources that deliveries asked to be pulled: at once, and then not again for a while, since whoever
/// tells of changes tells of each.
async fn asked(hooks: &Hooks, answered: Option<Instant>) -> BTreeSet<String> {
    if let Some(answered) = answered {
        sleep_until(answered + ASKED_AGAIN).await;
    }
    hooks.asked().await
}

/// Notes when sources were last taken from. Where that can't be read, what was known holds.
async fn aware_of_lags(house: &House, sources: &[(String, &'static Kind, bool)], parts: &Parts) {
    match expiry::taken(&house.store, sources, house.config.schedule.scan_minutes).await {
        Ok(taken) => parts.took(taken),
        Err(error) => tracing::warn!(%error, "it can't be read when sources were last scanned"),
    }
}

/// Notes what sources could not be read of by their last scans, whoever made these.
async fn aware_of_parts(house: &House, sources: &[Source], parts: &Parts) {
    for source in sources {
        match house.store.checkpoint(&source.id).await {
            Ok(Some((_, checkpoint))) => {
                let unread = sources::unread(&checkpoint).len();
                parts.unread(&source.id, unread as u64);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "it can't be read how far sources were scanned");
                return;
            }
        }
    }
}

/// Between two looks at what was scanned by others: about as often as metrics are asked for.
const ELSEWHERE: Duration = Duration::from_secs(15);

/// Minutes between two looks for what is old enough to go.
const DAILY: u32 = 24 * 60;

/// Takes away what is old. Says whether anything was.
async fn retain(house: &House, metrics: &Metrics) -> bool {
    let done = super::retain::retain(house, false).await;
    let outcome = match &done {
        Ok(_) => Outcome::Done,
        Err(error) => {
            tracing::error!(error = words(error), "what is old can't be taken away");
            Outcome::Failed
        }
    };
    metrics.job("retain", outcome, super::now());
    let removed = done.unwrap_or_default();
    for one in removed.iter().filter(|one| one.events > 0) {
        tracing::info!(
            kind = one.kind.name(),
            events = one.events,
            "retention removed old events"
        );
    }
    removed.iter().any(|one| one.events > 0)
}

fn clock(minutes: u32) -> Interval {
    let mut clock = interval(Duration::from_secs(60 * u64::from(minutes.max(1))));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}

/// Waits until more batches were loaded than before.
async fn first(load: &mut watch::Receiver<LoadState>, before: Option<u64>) {
    let before = before.unwrap_or_default();
    // A loader that is gone loads nothing more.
    if load.wait_for(|load| load.batches > before).await.is_err() {
        std::future::pending().await
    }
}

/// Computes the pages. Gives the lines that were ever received, where that was done.
async fn compute(
    house: &House,
    state: &AppState,
    (parts, metrics): (&Parts, &Metrics),
    reporting: &mut Option<Reporting>,
) -> Option<u64> {
    let fresh = match report::summaries(house, super::now()).await {
        Ok(reports) => {
            offered(house, reporting, parts).await;
            if let Some(reporting) = reporting {
                let put = report::publish(house, reporting, &reports.open).await;
                parts.put(put.is_ok());
                // The pages are shown all the same.
                if let Err(error) = put {
                    let error = words(&error);
                    tracing::error!(error, "the published tables can't be written");
                }
            }
            let shown = both(house, &reports).await;
            shown.map(|shown| (shown, reports.open))
        }
        Err(error) => Err(error),
    };
    let (outcome, lines) = match fresh {
        Ok(((fresh, full, lines), document)) => {
            state.publish_both(fresh, full);
            posting::send_due(house, &document, metrics).await;
            after_review::send_due(house, &document, metrics).await;
            (Outcome::Done, Some(lines))
        }
        // The pages keep what they have, with its `as_of`; the next time may do better.
        Err(error) => {
            tracing::error!(error = words(&error), "computing failed");
            (Outcome::Failed, None)
        }
    };
    metrics.job("report", outcome, super::now());
    lines
}

/// Opens the published tables, where they are asked for and not open yet. Reporting tools may ask as
/// long as this process lives; the engine that answers them ends with it.
async fn offered(house: &House, reporting: &mut Option<Reporting>, parts: &Parts) {
    if reporting.is_some() {
        return;
    }
    match Reporting::open(&house.config).await {
        Ok(opened) => {
            parts.offered(Ok(opened.as_ref().and_then(Reporting::engine)));
            *reporting = opened;
        }
        Err(error) => {
            parts.offered(Err(()));
            let error = words(&error);
            tracing::error!(
                error,
                "the published tables can't be opened; the next report tries again"
            );
        }
    }
}

/// Both documents as they are shown, with the terms beside them, and the lines that were ever received.
async fn both(
    house: &House,
    reports: &Reports,
) -> anyhow::Result<(Published, Option<Published>, u64)> {
    let terms = privacy::noted(house).await?;
    // Pages are shown all the same.
    let restated = restated::since_last(house, reports).await;
    let restated = restated.unwrap_or_else(|error| {
        let error = words(&error);
        tracing::error!(
            error,
            "it can't be told what an earlier report would say now"
        );
        None
    });
    let restated = restated.unwrap_or_default();
    let shown = |document| {
        let published = published(document)?.with_terms(terms.clone());
        anyhow::Ok(published.with_restated(restated.clone()))
    };
    let full = reports.full.as_ref().map(shown).transpose()?;
    let lines = reports.open.health.received.lines;
    Ok((shown(&reports.open)?, full, lines))
}

/// The configured sources that can be pulled.
fn pulled(config: &Config) -> Vec<Source> {
    let each = config.sources.iter().filter_map(|source| {
        let kind = sources::find(&source.kind).filter(|kind| kind.is_pulled(&source.params))?;
        Some(Source {
            id: source.id.clone(),
            kind,
            params: source.params.clone(),
        })
    });
    each.collect()
}

/// Pulls these sources. Says whether anything came.
async fn pull(house: &House, sources: Vec<Source>, (parts, metrics): (&Parts, &Metrics)) -> bool {
    let mut heard = Heard {
        parts,
        metrics,
        events: 0,
    };
    let way = Way {
        store: &house.store,
        keys: &house.keys,
        timezone: house.config.organisation.calendar.timezone,
        vocabulary: &house.config.organisation.vocabulary,
        now: super::now,
        gate: house.gate(),
    };
    let done = match house.scan_turn().await {
        Ok(_turn) => scan::run(&way, sources, &mut heard).await,
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        tracing::error!(error = words(&error), "scanning failed");
    }
    heard.events > 0
}

struct Heard<'a> {
    parts: &'a Parts,
    metrics: &'a Metrics,
    events: u64,
}

impl Listener for Heard<'_> {
    fn begins(&mut self, _: &str) {}

    fn again(&mut self, ids: &[&str]) -> anyhow::Result<()> {
        let sources = ids.join(", ");
        tracing::info!(
            sources,
            "scanning once more for links to write-ups that came after"
        );
        Ok(())
    }

    fn ended(&mut self, id: &str, outcome: anyhow::Result<Ingested>) -> anyhow::Result<()> {
        let outcome = match outcome {
            Ok(done) => {
                let (events, rejected) = (done.total(), done.rejected);
                tracing::info!(source = id, events, rejected, "scanned");
                for part in &done.unread {
                    let part = unnamed(part);
                    tracing::warn!(source = id, part, "a part of a source can't be read");
                }
                for note in &done.notes {
                    let note = unnamed(note);
                    tracing::warn!(source = id, note, "told by a scan");
                }
                self.parts.unread(id, done.unread.len() as u64);
                self.events += events;
                Outcome::Done
            }
            Err(error) => {
                let error = words(&error);
                tracing::error!(source = id, error, "a source can't be scanned");
                Outcome::Failed
            }
        };
        self.parts.scanned(id, matches!(outcome, Outcome::Done));
        self.metrics.job("scan", outcome, super::now());
        Ok(())
    }
}

/// Tells the hooks which write-ups there are, at the start and whenever a batch described some.
async fn aware(house: &House, collector: &Collector, mut load: watch::Receiver<LoadState>) {
    let mut told = None;
    loop {
        let described = load.borrow_and_update().described;
        match ingest::known_writeups(&house.store).await {
            Ok(writeups) if told.as_ref() == Some(&writeups) => {}
            Ok(writeups) => {
                let heard = collector.hooks.know(&writeups);
                let kept = known::write(&collector.known, &writeups);
                // What failed is tried again the next time, though they may be the same then.
                let done = heard.is_ok() && kept.is_ok();
                if let Err((id, error)) = heard {
                    tracing::error!(source = id, %error, "a source can't take deliveries");
                }
                if let Err(error) = kept {
                    tracing::error!(%error, "the known write-ups can't be kept");
                }
                told = done.then_some(writeups);
            }
            Err(error) => tracing::error!(%error, "the write-ups can't be read"),
        }
        let more = load.wait_for(|load| load.described > described);
        let more = timeout(AWARE, more).await;
        // Nobody loads any more.
        if more.is_ok_and(|more| more.is_err()) {
            return;
        }
    }
}

/// How often the hooks ask for the write-ups anyway: scans and imports bring some, too.
const AWARE: Duration = Duration::from_secs(60);
