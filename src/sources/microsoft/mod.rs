//! What the kinds have in common that ask Microsoft Graph: signing in as an application (`signin`), asking
//! (`graph`, of calendars `calendar`), and what an event of a calendar says (`event`, `uid`). It is no kind of
//! source.

pub(in crate::sources) mod calendar;
pub(in crate::sources) mod event;
pub(in crate::sources) mod graph;
mod signin;
mod uid;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(in crate::sources) use signin::{Given, Signin};

use super::SourceError;

/// A calendar that is asked, as `mailboxes` names it.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::sources) struct Place {
    /// The address, user principal name or id of the mailbox.
    pub(in crate::sources) mailbox: String,
    /// The name of one of its calendars; the mailbox's own without it.
    pub(in crate::sources) calendar: Option<String>,
    /// How messages call it: addresses are no business of a log's.
    pub(in crate::sources) shown: String,
}

impl Place {
    /// The places that a parameter names: `MAILBOX` or `MAILBOX/CALENDAR`.
    pub(in crate::sources) fn all(mailboxes: &[String]) -> Result<Vec<Place>, SourceError> {
        // What was given is somebody's address, and messages are logged.
        let wrong = |number: usize| {
            SourceError::Params(format!(
                "mailboxes: number {number} should be an address or id of a mailbox, or that, a slash and the name \
                 of one of its calendars, such as \"reviews@example.org\" or \"ada@example.org/Reviews\""
            ))
        };
        if mailboxes.is_empty() {
            return Err(SourceError::Params(
                "mailboxes should name at least one mailbox, such as [\"reviews@example.org\"]"
                    .to_owned(),
            ));
        }
        let mut places: Vec<Place> = Vec::new();
        for (text, number) in mailboxes.iter().zip(1_usize..) {
            let (mailbox, calendar) = match text.split_once('/') {
                Some((mailbox, calendar)) => (mailbox.trim(), Some(calendar.trim())),
                None => (text.trim(), None),
            };
            let is_odd = |text: &str| text.is_empty() || text.chars().any(char::is_control);
            if is_odd(mailbox) || mailbox.contains(' ') || calendar.is_some_and(is_odd) {
                return Err(wrong(number));
            }
            places.push(Place {
                mailbox: mailbox.to_owned(),
                calendar: calendar.map(str::to_owned),
                shown: format!("number {number} of mailboxes"),
            });
        }
        Ok(places)
    }

    /// The mailbox's address below that of the API.
    pub(in crate::sources) fn path(&self) -> String {
        format!("/users/{}", escaped(&self.mailbox))
    }

    /// The same as a text that tells it from others.
    pub(in crate::sources) fn key(&self) -> String {
        let calendar = self.calendar.as_deref().unwrap_or_default();
        format!("{}/{calendar}", self.mailbox.to_lowercase())
    }
}

/// A part of an address.
pub(in crate::sources) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A text in a filter, between its quotes.
pub(in crate::sources) fn quoted(text: &str) -> String {
    escaped(&format!("'{}'", text.replace('\'', "''")))
}
