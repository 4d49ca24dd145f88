//! What goes out of the house: the digest by mail and into rooms of chats, once a month or when somebody
//! asks, and what came of a review by mail some time after it. It holds what the pages hold, after suppression,
//! and never a person.

mod chat;
mod mail;
mod reviews;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{Datelike as _, Timelike as _};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::config::{ChatConfig, Config, MailConfig};
use crate::model::Millis;
use crate::pages::{self, PageError};
use crate::spool::{DocumentError, read_document, write_document};
use crate::telemetry::unnamed;

pub use reviews::{SentReviews, draft_review, send_review};

/// The file in the data folder that says what went out this month.
const SENT: &str = "digest.json";

/// Why something did not go.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The mail server can't be reached, or is busy; later may do better.
    #[error("the mail server {server} is away: {why}")]
    MailAway {
        /// The server.
        server: String,
        /// Its words, without addresses.
        why: String,
    },
    /// The mail server refuses.
    #[error("the mail server {server} refuses the mail: {why}; check [mail]")]
    MailRefused {
        /// The server.
        server: String,
        /// Its words, without addresses.
        why: String,
    },
    /// An address of `[mail]` is none.
    #[error("{key}: {why}; valid is one such as \"Readback <readback@example.org>\"")]
    Address {
        /// The key.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The chat can't be reached, or is busy.
    #[error("chat {name}: its address is away: {why}")]
    ChatAway {
        /// The room's name here.
        name: String,
        /// Why.
        why: String,
    },
    /// The chat refuses the message.
    #[error(
        "chat {name}: its address refuses the message (status {status}); check url_file and template"
    )]
    ChatRefused {
        /// The room's name here.
        name: String,
        /// The status of its answer.
        status: u16,
    },
    /// The file with the address, or the template, is not as it should be.
    #[error("chat {name}: {key}: {why}")]
    ChatFile {
        /// The room's name here.
        name: String,
        /// The key of the file.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The digest can't be written.
    #[error(transparent)]
    Page(#[from] PageError),
    /// There is no `[mail]`.
    #[error("there is no [mail] in the configuration; `readback digest --help` shows it")]
    NoMail,
    /// What was sent can't be read, or noted.
    #[error(transparent)]
    Noted(#[from] DocumentError),
}

impl PostError {
    /// Whether the same may go later.
    pub fn is_away(&self) -> bool {
        matches!(
            self,
            PostError::MailAway { .. } | PostError::ChatAway { .. }
        )
    }
}

/// Where a digest goes.
#[derive(Clone, Copy, Debug)]
pub enum Way<'a> {
    /// By mail.
    Mail(&'a MailConfig),
    /// Into a room.
    Chat(&'a ChatConfig),
}

impl Way<'_> {
    /// Its name in words and in the file of what was sent.
    pub fn name(&self) -> String {
        match self {
            Way::Mail(_) => "mail".to_owned(),
            Way::Chat(chat) => format!("chat {}", chat.name),
        }
    }

    /// What would go there, byte for byte but for the marks between a mail's parts.
    ///
    /// # Errors
    /// [`PostError`], but for servers: none is asked.
    pub fn drafted(&self, summary: &Json, pages: Option<&str>) -> Result<Vec<u8>, PostError> {
        match self {
            Way::Mail(config) => {
                let letter = pages::letter(summary, pages)?;
                let content = summary.to_string();
                Ok(mail::message(config, &config.to, &letter, &content)?.formatted())
            }
            Way::Chat(config) => {
                let (title, text) = pages::room(summary);
                chat::message(config, &title, &text, pages).map(String::into_bytes)
            }
        }
    }

    /// Sends it. Waits for the other side; not for a thread that others wait for.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn send(&self, summary: &Json, pages: Option<&str>) -> Result<(), PostError> {
        match self {
            Way::Mail(config) => {
                let letter = pages::letter(summary, pages)?;
                let content = summary.to_string();
                let message = mail::message(config, &config.to, &letter, &content)?;
                mail::send(config, &message)
            }
            Way::Chat(config) => {
                let (title, text) = pages::room(summary);
                chat::send(config, chat::message(config, &title, &text, pages)?)
            }
        }
    }
}

/// Every configured way, mail first.
pub fn ways(config: &Config) -> Vec<Way<'_>> {
    let mail = config.posting.mail.iter().map(Way::Mail);
    mail.chain(config.posting.chats.iter().map(Way::Chat))
        .collect()
}

/// The address of the pages for those who read a digest.
pub fn address(config: &Config) -> Option<&str> {
    config.public_url.as_deref()
}

/// Raised when the file of what went out takes another form.
const FORMAT: u32 = 1;

/// The file of what went out.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    /// The last month of which anything did.
    month: String,
    /// The ways that it went.
    ways: BTreeSet<String>,
}

/// What went out this month, in the data folder: whoever starts twice sends once.
#[derive(Debug)]
pub struct Sent {
    path: PathBuf,
    last: Option<Kept>,
}

impl Sent {
    /// Reads the file.
    ///
    /// # Errors
    /// It can't be read, or holds something else.
    pub fn open(data: &Path) -> Result<Sent, PostError> {
        let path = data.join(SENT);
        let last = read_document(&path, FORMAT)?;
        Ok(Sent { path, last })
    }

    /// The month whose digest is due at this instant, such as `2026-11`: its day and hour have come. Where
    /// nothing was ever sent, only on the day itself: who sets it up on the 20th waits for the next.
    pub fn due(&self, (day, hour): (u32, u32), zone: Tz, now: Millis) -> Option<String> {
        let local = chrono::DateTime::from_timestamp_millis(now)?.with_timezone(&zone);
        let reached = (local.day(), local.hour()) >= (day, hour);
        let missed = local.day() > day && self.last.is_none();
        (reached && !missed).then(|| local.format("%Y-%m").to_string())
    }

    /// Whether it went this way.
    pub fn has(&self, month: &str, way: &str) -> bool {
        let last = self.last.as_ref().filter(|last| last.month == month);
        last.is_some_and(|last| last.ways.contains(way))
    }

    /// Notes that it did, before anything else goes. Earlier months are forgotten.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn note(&mut self, month: &str, way: &str) -> Result<(), PostError> {
        let earlier = self.last.take().filter(|last| last.month == month);
        let mut ways = earlier.map(|last| last.ways).unwrap_or_default();
        ways.insert(way.to_owned());
        let last = self.last.insert(Kept {
            format: FORMAT,
            month: month.to_owned(),
            ways,
        });
        Ok(write_document(&self.path, last)?)
    }
}

/// Words of somebody else's program, for our log.
fn said(error: &impl std::fmt::Display) -> String {
    unnamed(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_rfc3339;

    fn at(text: &str) -> Millis {
        parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_month_is_due_from_its_day_and_hour_on_and_goes_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut sent = Sent::open(folder.path()).unwrap();
        let zone = chrono_tz::Europe::Berlin;
        let when = (1, 9);
        let due = |sent: &Sent, text: &str| sent.due(when, zone, at(text));
        // Nobody has sent anything: not in the middle of a month.
        assert_eq!(due(&sent, "2026-10-20T12:00:00Z"), None);
        assert_eq!(due(&sent, "2026-11-01T07:59:59Z"), None);
        let month = due(&sent, "2026-11-01T08:00:00Z").unwrap();
        assert_eq!(month, "2026-11");
        sent.note(&month, "mail").unwrap();
        let mut again = Sent::open(folder.path()).unwrap();
        assert!(again.has("2026-11", "mail") && !again.has("2026-11", "chat leads"));
        // Whoever was down on the first sends later.
        assert_eq!(
            due(&again, "2026-12-09T02:00:00Z").as_deref(),
            Some("2026-12")
        );
        assert!(!again.has("2026-12", "mail"));
        again.note("2026-12", "mail").unwrap();
        assert!(!Sent::open(folder.path()).unwrap().has("2026-11", "mail"));
    }

    #[test]
    fn a_file_that_is_something_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(SENT), "7").unwrap();
        let error = Sent::open(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("digest.json: is not what readback wrote"),
            "{error}"
        );
    }
}
