//! Logs: words on a terminal, JSON for machines, always on standard error. Never an identity, an
//! address, or who looked at what. And the metrics.

mod metrics;

use std::sync::OnceLock;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use metrics::{Gauges, MEDIA_TYPE, Metrics, Outcome};

/// Libraries that tell whole requests below warnings: tokens, addresses of pages and of people.
const TALKATIVE: [&str; 8] = [
    "axum",
    "clickhouse",
    "h2",
    "hyper",
    "hyper_util",
    "rustls",
    "ureq",
    "ureq_proto",
];

/// A text as the log may have it: without what could be somebody's address.
pub fn unnamed(text: &str) -> String {
    let is_address = |word: &str| word.contains('@') || word.to_ascii_lowercase().contains("%40");
    let words = text.split_whitespace();
    let words: Vec<&str> = words
        .map(|word| if is_address(word) { "…" } else { word })
        .collect();
    words.join(" ")
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How the lines of this process look, once logging started.
static STARTED: OnceLock<LogFormat> = OnceLock::new();

/// Whether a machine reads standard error, so that words for people must be log lines, too.
pub fn is_json() -> bool {
    STARTED.get() == Some(&LogFormat::Json)
}

/// Starts logging. `filter` is a tracing filter such as `readback=debug`; what does not parse is
/// said and replaced by the default. A second call changes nothing.
pub fn start(format: LogFormat, filter: Option<&str>, colour: bool) {
    let default = "warn,readback=info";
    let (filter, refused) = match filter.map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (EnvFilter::new(default), Some(error)),
        None => (EnvFilter::new(default), None),
    };
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder
            .with_ansi(colour)
            .with_target(false)
            .finish()
            .with(filter_fn(is_discreet))
            .try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .finish()
            .with(filter_fn(is_discreet))
            .try_init(),
    };
    if started.is_err() {
        return;
    }
    // Nobody starts it twice with success.
    let _ = STARTED.set(format);
    if let Some(error) = refused {
        tracing::warn!(%error, "READBACK_LOG is not a filter; valid is for instance readback=debug");
    }
}

/// Whatever filter was asked for, requests are not told.
fn is_discreet(line: &Metadata<'_>) -> bool {
    may_tell(line.target(), *line.level())
}

fn may_tell(target: &str, level: Level) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    level <= Level::WARN || !TALKATIVE.contains(&library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_not_told() {
        assert!(!may_tell("ureq::run", Level::DEBUG));
        assert!(!may_tell("hyper", Level::TRACE));
        assert!(may_tell("ureq_proto::client", Level::WARN));
        assert!(may_tell("readback::jobs", Level::TRACE));
    }

    #[test]
    fn no_address_stands_in_the_log() {
        for (text, expected) in [
            (
                "source a: <ada@example.org>, refuses access (status 403)",
                "source a: … refuses access (status 403)",
            ),
            ("users/ada%40example.org/events is gone", "… is gone"),
            (
                "Ada <ada@example.org>;\nbob@example.org\tis gone",
                "Ada … … is gone",
            ),
            (
                "refuses access; check token_file",
                "refuses access; check token_file",
            ),
        ] {
            assert_eq!(unnamed(text), expected);
        }
    }
}
