//! What `readback serve` sends by itself: the digest of a month, once each way, when its day has come.

use super::digest;
use super::error::words;
use crate::app::House;
use crate::app::posting::{self, Sent};
use crate::summary::Document;
use crate::telemetry::{Metrics, Outcome};

/// Sends what is due of a month that nobody has got yet. What can't go is told and goes with one of the next
/// reports; the pages don't wait for it.
pub(super) async fn send_due(house: &House, document: &Document, metrics: &Metrics) {
    let Some(day) = house.config.posting.day else {
        return;
    };
    // Before anything has come there is nothing to tell.
    if document.health.received.lines == 0 {
        return;
    }
    let outcome = match sent_due(house, document, day).await {
        Ok(false) => return,
        Ok(true) => Outcome::Done,
        Err(error) => {
            tracing::error!(error = words(&error), "the digest can't be sent");
            Outcome::Failed
        }
    };
    metrics.job("digest", outcome, super::now());
}

/// Says whether anything went.
async fn sent_due(house: &House, document: &Document, day: u32) -> anyhow::Result<bool> {
    let config = &house.config;
    let ways: Vec<String> = posting::ways(config)
        .iter()
        .map(posting::Way::name)
        .collect();
    let mut sent = Sent::open(&config.data_dir)?;
    let zone = config.organisation.calendar.timezone;
    let Some(month) = sent.due((day, config.posting.hour), zone, super::now()) else {
        return Ok(false);
    };
    let mut summary = None;
    let mut failed = None;
    for way in ways {
        if sent.has(&month, &way) {
            continue;
        }
        let summary = match &summary {
            Some(summary) => summary,
            None => summary.insert(serde_json::to_value(document)?),
        };
        let pages = posting::address(config).map(str::to_owned);
        match digest::send(config, &way, summary, pages).await {
            Ok(()) => {
                sent.note(&month, &way)?;
                tracing::info!(month, way, "the digest was sent");
            }
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    let error = words(&before);
                    tracing::error!(error, "the digest can't be sent");
                }
            }
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(summary.is_some()),
    }
}
