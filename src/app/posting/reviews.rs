//! What came of each review, by mail a number of days after it: once for each, and never of one that was long
//! over before this was set up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{PostError, mail};
use crate::config::{Config, MailConfig, ReviewMail};
use crate::pages::{Letter, ToldReview};
use crate::spool::{read_document, write_document};

/// The file in the data folder that says of which reviews a mail went.
const SENT: &str = "review-mails.json";

/// Raised when the file takes another form.
const FORMAT: u32 = 1;

/// For how many days a mail that could not go is still news.
const LATE: u64 = 14;

/// The file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    /// Reviews that were due before this day had their time before anybody asked for mails.
    since: NaiveDate,
    /// Reviews of which a mail went, by name, and their days.
    sent: BTreeMap<String, NaiveDate>,
}

/// Of which reviews a mail went, in the data folder: whoever starts twice sends once.
#[derive(Debug)]
pub struct SentReviews {
    path: PathBuf,
    kept: Kept,
}

impl SentReviews {
    /// Reads the file; where there is none, mails begin with what is due on this day.
    ///
    /// # Errors
    /// It can't be read, or holds something else.
    pub fn open(data: &Path, today: NaiveDate) -> Result<SentReviews, PostError> {
        let path = data.join(SENT);
        let kept = read_document(&path, FORMAT)?.unwrap_or(Kept {
            format: FORMAT,
            since: today,
            sent: BTreeMap::new(),
        });
        Ok(SentReviews { path, kept })
    }

    /// The names of the reviews whose mail is due at this local time, oldest first: their day and hour have come,
    /// not long ago, and none went.
    pub fn due(
        &self,
        reviews: Vec<ToldReview>,
        config: &ReviewMail,
        now: NaiveDateTime,
    ) -> Vec<ToldReview> {
        let hour = NaiveTime::from_hms_opt(config.hour, 0, 0).unwrap_or_default();
        let is_due = |review: &ToldReview| {
            let after = Days::new(config.after.into());
            let Some(day) = review.date.checked_add_days(after) else {
                return false;
            };
            let is_news = day.checked_add_days(Days::new(LATE));
            day.and_time(hour) <= now
                && day >= self.kept.since
                && is_news.is_some_and(|last| now.date() <= last)
                && !self.kept.sent.contains_key(&review.meeting)
        };
        reviews.into_iter().filter(is_due).collect()
    }

    /// Notes that mails began, where nothing is noted yet.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn begin(&self) -> Result<(), PostError> {
        match self.path.exists() {
            true => Ok(()),
            false => Ok(write_document(&self.path, &self.kept)?),
        }
    }

    /// Notes that the mail of a review went, before that of another one goes. Reviews that are too old to be due
    /// again are forgotten.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn note(
        &mut self,
        review: ToldReview,
        config: Option<&ReviewMail>,
    ) -> Result<(), PostError> {
        let newest = self
            .kept
            .sent
            .values()
            .copied()
            .fold(review.date, NaiveDate::max);
        let kept = config.map(|config| Days::new(u64::from(config.after) + LATE));
        let oldest = kept.and_then(|days| newest.checked_sub_days(days));
        self.kept.sent.insert(review.meeting, review.date);
        if let Some(oldest) = oldest {
            self.kept.sent.retain(|_, date| *date >= oldest);
        }
        Ok(write_document(&self.path, &self.kept)?)
    }
}

/// Whom the mail of a review goes to, and how.
fn addressed(config: &Config) -> Result<(&MailConfig, &[String]), PostError> {
    let mail = config.posting.mail.as_ref().ok_or(PostError::NoMail)?;
    let own = config.posting.reviews.as_ref().map(|reviews| &reviews.to);
    let own = own.filter(|to| !to.is_empty());
    Ok((mail, own.unwrap_or(&mail.to)))
}

/// What would go, byte for byte but for the marks between its parts.
///
/// # Errors
/// [`PostError`], but for servers: none is asked.
pub fn draft_review(config: &Config, letter: &Letter) -> Result<Vec<u8>, PostError> {
    let (config, to) = addressed(config)?;
    Ok(mail::message(config, to, letter, &letter.text)?.formatted())
}

/// Sends what came of a review. Waits for the server; not for a thread that others wait for.
///
/// # Errors
/// [`PostError`].
pub fn send_review(config: &Config, letter: &Letter) -> Result<(), PostError> {
    let (config, to) = addressed(config)?;
    mail::send(config, &mail::message(config, to, letter, &letter.text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn review(meeting: &str) -> ToldReview {
        ToldReview {
            meeting: meeting.to_owned(),
            date: date(&meeting[..10]),
        }
    }

    fn config() -> ReviewMail {
        ReviewMail {
            after: 14,
            hour: 9,
            to: Vec::new(),
        }
    }

    fn due(sent: &SentReviews, at: &str) -> Vec<String> {
        let all = ["2026-05-20T15:00", "2026-06-01T15:00", "2026-06-03T15:00"];
        let at = at.parse().unwrap();
        let due = sent.due(all.map(review).into(), &config(), at);
        due.into_iter().map(|review| review.meeting).collect()
    }

    #[test]
    fn a_review_is_due_once_from_its_day_and_hour_on_while_it_is_news() {
        let folder = tempfile::tempdir().unwrap();
        // Set up on the day on which the first of June is due: what was due before is not sent.
        let mut sent = SentReviews::open(folder.path(), date("2026-06-15")).unwrap();
        sent.begin().unwrap();
        assert_eq!(due(&sent, "2026-06-15T08:59:59"), [""; 0]);
        assert_eq!(due(&sent, "2026-06-15T09:00:00"), ["2026-06-01T15:00"]);
        sent.note(review("2026-06-01T15:00"), Some(&config()))
            .unwrap();
        // Whoever starts again, and was down on the day, sends the next one and no other.
        let again = SentReviews::open(folder.path(), date("2026-06-20")).unwrap();
        assert_eq!(due(&again, "2026-06-20T00:00:00"), ["2026-06-03T15:00"]);
        assert_eq!(due(&again, "2026-07-01T23:00:00"), ["2026-06-03T15:00"]);
        assert_eq!(due(&again, "2026-07-02T00:00:00"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_due_again_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = SentReviews::open(folder.path(), date("2026-01-01")).unwrap();
        for meeting in ["2026-01-05T15:00", "2026-02-02T15:00", "2026-02-03T15:00"] {
            sent.note(review(meeting), Some(&config())).unwrap();
        }
        let again = SentReviews::open(folder.path(), date("2026-02-20")).unwrap();
        let kept: Vec<&str> = again.kept.sent.keys().map(String::as_str).collect();
        assert_eq!(kept, ["2026-02-02T15:00", "2026-02-03T15:00"]);
    }

    #[test]
    fn a_file_that_is_something_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SENT), "7").unwrap();
        let error = SentReviews::open(folder.path(), date("2026-01-01")).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("review-mails.json: is not what readback wrote"),
            "{error}"
        );
    }
}
