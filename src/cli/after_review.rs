//! `readback digest --review …`: what came of a review, printed or sent; and what `readback serve` sends of it by
//! itself.

use std::io::Write as _;

use anyhow::{Context as _, anyhow, bail};
use chrono::NaiveDateTime;
use serde_json::Value as Json;

use super::error::words;
use super::report;
use crate::app::House;
use crate::app::posting::{self, SentReviews};
use crate::config::Config;
use crate::model::Millis;
use crate::pages::{self, Letter, ToldReview};
use crate::summary::Document;
use crate::telemetry::{Metrics, Outcome};

/// The word for every review whose mail is due.
const DUE: &str = "due";

/// What is asked on the command line.
pub(super) struct Asked<'a> {
    /// A review's name, or [`DUE`].
    pub(super) name: &'a str,
    pub(super) html: bool,
    pub(super) send: bool,
    pub(super) dry_run: bool,
}

pub(super) async fn put(asked: &Asked<'_>, house: &House, as_of: Millis) -> anyhow::Result<()> {
    let config = &house.config;
    let summary = serde_json::to_value(report::summary(house, as_of).await?)?;
    let now = config.organisation.calendar.clock(as_of);
    let mut sent = SentReviews::open(&config.data_dir, now.date())?;
    let reviews = match asked.name {
        DUE => due(&sent, &summary, config, now)?,
        name => vec![named(&summary, name)?],
    };
    if reviews.is_empty() {
        writeln!(std::io::stderr(), "no review's mail is due")?;
    }
    for review in reviews {
        let letter = letter(&summary, &review.meeting, config)?;
        let mut out = std::io::stdout().lock();
        if !asked.send {
            let text = if asked.html {
                &letter.html
            } else {
                &letter.text
            };
            out.write_all(text.as_bytes())?;
        } else if asked.dry_run {
            let draft = posting::draft_review(config, &letter)?;
            writeln!(
                std::io::stderr(),
                "mail of review {} would be:",
                review.meeting
            )?;
            out.write_all(&draft)?;
            out.write_all(b"\n")?;
        } else {
            drop(out);
            send(config, letter).await?;
            writeln!(std::io::stderr(), "sent: mail of review {}", review.meeting)?;
            sent.note(review, config.posting.reviews.as_ref())?;
        }
    }
    if asked.send && !asked.dry_run {
        sent.begin()?;
    }
    Ok(())
}

/// The reviews whose mail is due.
fn due(
    sent: &SentReviews,
    summary: &Json,
    config: &Config,
    now: NaiveDateTime,
) -> anyhow::Result<Vec<ToldReview>> {
    let Some(reviews) = &config.posting.reviews else {
        bail!(
            "--review due: no mail is ever due; [reviews] mail_after in the configuration says how many days after \
             a review it is, and `readback digest --help` shows it"
        );
    };
    Ok(sent.due(pages::told_reviews(summary), reviews, now))
}

/// The review of this name.
fn named(summary: &Json, name: &str) -> anyhow::Result<ToldReview> {
    let told = pages::told_reviews(summary);
    if let Some(review) = told.into_iter().find(|review| review.meeting == name) {
        return Ok(review);
    }
    // Why not is for its mail to say.
    let why = pages::after_review(summary, name, None).err();
    let why = why.map_or_else(
        || "no mail can be made of it".to_owned(),
        |why| why.to_string(),
    );
    Err(anyhow!("--review {name:?}: {why}"))
}

fn letter(summary: &Json, meeting: &str, config: &Config) -> anyhow::Result<Letter> {
    let letter = pages::after_review(summary, meeting, posting::address(config));
    letter.with_context(|| format!("the mail of review {meeting}"))
}

/// Sends it, on a thread that may wait.
async fn send(config: &Config, letter: Letter) -> anyhow::Result<()> {
    let config = config.clone();
    let sending = tokio::task::spawn_blocking(move || posting::send_review(&config, &letter));
    Ok(sending.await.context("sending the mail of a review")??)
}

/// Sends what is due. What can't go is told and goes with one of the next reports; the pages don't wait for it.
pub(super) async fn send_due(house: &House, document: &Document, metrics: &Metrics) {
    if house.config.posting.reviews.is_none() {
        return;
    }
    let outcome = match sent_due(house, document).await {
        Ok(false) => return,
        Ok(true) => Outcome::Done,
        Err(error) => {
            let error = words(&error);
            tracing::error!(error, "the mail of a review can't be sent");
            Outcome::Failed
        }
    };
    metrics.job("review_mail", outcome, super::now());
}

/// Says whether anything went. After one that can't go the others wait, too.
async fn sent_due(house: &House, document: &Document) -> anyhow::Result<bool> {
    let config = &house.config;
    let now = config.organisation.calendar.clock(super::now());
    let mut sent = SentReviews::open(&config.data_dir, now.date())?;
    sent.begin()?;
    let summary = serde_json::to_value(document)?;
    let mut went = false;
    for review in due(&sent, &summary, config, now)? {
        send(config, letter(&summary, &review.meeting, config)?).await?;
        tracing::info!(review = review.meeting, "the mail of a review was sent");
        sent.note(review, config.posting.reviews.as_ref())?;
        went = true;
    }
    Ok(went)
}
