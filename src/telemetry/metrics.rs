//! Every metric there is, in one table. They count requests, events and bytes; none carries the name
//! of a person, a write-up, a source or an address.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// The media type of [`Metrics::encode`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds that a request takes: a sync is 0.1 to 4 ms.
const BUCKETS: [f64; 10] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];

/// The counters that are counted up where things happen.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_seconds: Histogram,
    accepted: Family<OfKind, Counter>,
    rejected: Counter,
    repeated: Counter,
    unseen: Family<Reason, Counter>,
    loaded_batches: Counter,
    loaded_rows: Counter,
    load_failures: Counter,
    buried: Counter,
    job_runs: Family<JobRun, Counter>,
    job_success: Family<OfJob, Gauge<f64, AtomicU64>>,
    connections: Gauge<i64, AtomicI64>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfSource {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfJob {
    job: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobRun {
    job: &'static str,
    outcome: &'static str,
}

/// How a run of a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did its work.
    Done,
    /// It did not; the log says why.
    Failed,
}

/// What is measured when somebody looks.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    /// Bytes that wait in the spool.
    pub spool_bytes: u64,
    /// Bytes that may wait there.
    pub spool_limit_bytes: u64,
    /// Sealed segments that wait.
    pub spool_segments: u64,
    /// How often the spool was written and synced.
    pub spool_commits: u64,
    /// Seconds that took in all.
    pub spool_commit_seconds: f64,
    /// Letters in the dead-letter folder.
    pub dead_letters: u64,
    /// Bytes of requests that are being received.
    pub receiving_bytes: u64,
    /// The engine answers.
    pub engine_up: bool,
    /// How often the engine was started or joined.
    pub engine_starts: u64,
    /// Seconds since the last whole pull, by kind of source; of several the longest.
    pub source_lags: Vec<(&'static str, f64)>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("readback");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
        let metrics = Metrics {
            requests: Family::default(),
            request_seconds: Histogram::new(BUCKETS),
            accepted: Family::default(),
            rejected: Counter::default(),
            repeated: Counter::default(),
            unseen: Family::default(),
            loaded_batches: Counter::default(),
            loaded_rows: Counter::default(),
            load_failures: Counter::default(),
            buried: Counter::default(),
            job_runs: Family::default(),
            job_success: Family::default(),
            connections: Gauge::default(),
            registry: Registry::default(),
        };
        let mut counter = |name: &str, help: &str, counter: &Counter| {
            registry.register(name, help, counter.clone());
        };
        counter(
            "events_rejected",
            "Events that were refused",
            &metrics.rejected,
        );
        counter(
            "deliveries_repeated",
            "Deliveries that were known already",
            &metrics.repeated,
        );
        counter(
            "loaded_batches",
            "Batches that the store confirmed",
            &metrics.loaded_batches,
        );
        counter(
            "loaded_rows",
            "Rows in batches that the store confirmed",
            &metrics.loaded_rows,
        );
        counter(
            "load_failures",
            "Attempts to load a batch that failed and are repeated",
            &metrics.load_failures,
        );
        counter(
            "dead_letters_buried",
            "Batches or parts of them that were set apart",
            &metrics.buried,
        );
        registry.register(
            "requests",
            "Requests by route and status",
            metrics.requests.clone(),
        );
        registry.register(
            "request_seconds",
            "Time from the whole body to the answer, routes that take events",
            metrics.request_seconds.clone(),
        );
        registry.register(
            "events_accepted",
            "Events that are durable, by kind",
            metrics.accepted.clone(),
        );
        registry.register(
            "beacon_left_out",
            "Messages of pages whose read, or whose reader, was left out, by reason",
            metrics.unseen.clone(),
        );
        registry.register(
            "job_runs",
            "Runs of scheduled jobs",
            metrics.job_runs.clone(),
        );
        registry.register(
            "job_last_success_timestamp_seconds",
            "When a scheduled job last did its work",
            metrics.job_success.clone(),
        );
        registry.register(
            "connections",
            "Open connections",
            metrics.connections.clone(),
        );
        Metrics {
            registry,
            ..metrics
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, route: &'static str, status: u16) {
        self.requests
            .get_or_create(&Answered { route, status })
            .inc();
    }

    /// A request that brings events took so many seconds.
    pub fn took(&self, seconds: f64) {
        self.request_seconds.observe(seconds);
    }

    /// Events of a kind are durable.
    pub fn accepted(&self, kind: &'static str, n: u64) {
        self.accepted.get_or_create(&OfKind { kind }).inc_by(n);
    }

    /// Events were refused.
    pub fn rejected(&self, n: u64) {
        self.rejected.inc_by(n);
    }

    /// A delivery was known already.
    pub fn repeated(&self) {
        self.repeated.inc();
    }

    /// Of messages of pages, the read or its reader was left out for this reason.
    pub fn left_out_of_beacons(&self, reason: &'static str, n: u64) {
        self.unseen.get_or_create(&Reason { reason }).inc_by(n);
    }

    /// The store confirmed a batch.
    pub fn loaded(&self, rows: u64) {
        self.loaded_batches.inc();
        self.loaded_rows.inc_by(rows);
    }

    /// A batch could not be loaded and will be tried again.
    pub fn load_failed(&self) {
        self.load_failures.inc();
    }

    /// A dead letter was buried.
    pub fn buried(&self) {
        self.buried.inc();
    }

    /// A job ended at this instant, UTC ms.
    pub fn job(&self, job: &'static str, outcome: Outcome, at: i64) {
        let run = JobRun {
            job,
            outcome: match outcome {
                Outcome::Done => "done",
                Outcome::Failed => "failed",
            },
        };
        self.job_runs.get_or_create(&run).inc();
        if outcome == Outcome::Done {
            let seconds = at as f64 / 1000.0;
            self.job_success.get_or_create(&OfJob { job }).set(seconds);
        }
    }

    /// A connection opened, or closed.
    pub fn connections(&self, change: i64) {
        self.connections.inc_by(change);
    }

    /// All of it in the OpenMetrics text format.
    pub fn encode(&self, now: &Gauges) -> String {
        let mut registry = Registry::with_prefix("readback");
        let gauges: [(&str, &str, i64); 6] = [
            (
                "spool_bytes",
                "Bytes that wait for the store",
                signed(now.spool_bytes),
            ),
            (
                "spool_limit_bytes",
                "Bytes that may wait for the store",
                signed(now.spool_limit_bytes),
            ),
            (
                "spool_segments",
                "Batches that wait for the store",
                signed(now.spool_segments),
            ),
            (
                "dead_letters",
                "Letters in the dead-letter folder",
                signed(now.dead_letters),
            ),
            (
                "receiving_bytes",
                "Bytes of requests that are being received",
                signed(now.receiving_bytes),
            ),
            (
                "engine_up",
                "Whether the engine answers",
                i64::from(now.engine_up),
            ),
        ];
        for (name, help, value) in gauges {
            registry.register(name, help, ConstGauge::new(value));
        }
        registry.register(
            "engine_starts",
            "How often the engine was started or joined",
            ConstCounter::new(now.engine_starts),
        );
        registry.register(
            "spool_commits",
            "How often the spool was written and synced",
            ConstCounter::new(now.spool_commits),
        );
        registry.register(
            "spool_commit_seconds",
            "Seconds that writing and syncing the spool took",
            ConstCounter::new(now.spool_commit_seconds),
        );
        let lags: Family<OfSource, Gauge<f64, AtomicU64>> = Family::default();
        for &(kind, seconds) in &now.source_lags {
            let lag = lags.get_or_create(&OfSource { kind });
            lag.set(seconds.max(lag.get()));
        }
        registry.register(
            "source_lag_seconds",
            "Time since the last whole pull of a kind of source, the longest",
            lags,
        );
        let (mut text, mut more) = (String::new(), String::new());
        // Writing into a string can't fail.
        let _ = encode(&mut text, &self.registry);
        let _ = encode(&mut more, &registry);
        text.truncate(text.trim_end_matches("# EOF\n").len());
        text + &more
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_one_exposition() {
        let metrics = Metrics::default();
        metrics.accepted("read", 3);
        metrics.answered("/v1/events", 202);
        metrics.job("report", Outcome::Done, 1_500);
        metrics.took(0.002);
        let text = metrics.encode(&Gauges {
            engine_starts: 2,
            source_lags: vec![("git", 5.0), ("mediawiki", 3.5), ("git", 2.0)],
            ..Gauges::default()
        });
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"));
        for line in [
            "readback_events_accepted_total{kind=\"read\"} 3",
            "readback_requests_total{route=\"/v1/events\",status=\"202\"} 1",
            "readback_job_last_success_timestamp_seconds{job=\"report\"} 1.5",
            "readback_engine_starts_total 2",
            "readback_engine_up 0",
            "readback_source_lag_seconds{kind=\"git\"} 5.0",
            "readback_source_lag_seconds{kind=\"mediawiki\"} 3.5",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
