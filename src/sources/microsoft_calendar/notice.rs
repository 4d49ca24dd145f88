//! Change notifications of Microsoft Graph. They say that something changed, and the pull says what: so
//! nothing of them is kept. Graph signs none; it brings along the secret that it was given when it was asked
//! to tell (`clientState`).

use serde::Deserialize;

use super::{Calendars, Params};
use crate::sources::forge::{Secrets, json, wrong};
use crate::sources::{Delivery, Push, Setting, Sink, SourceError, decode};

/// The longest text that is sent back.
const LONGEST_CHALLENGE: usize = 2_048;

/// What is read of a notification.
#[derive(Deserialize)]
struct Notices {
    value: Vec<Notice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    client_state: Option<String>,
}

/// Hears of changes.
struct Hearing {
    secrets: Secrets,
}

pub(super) fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    let params: Params = decode(params)?;
    let secrets = params.secrets()?;
    Calendars::new(params, setting)?;
    Ok(Box::new(Hearing { secrets }))
}

impl Push for Hearing {
    fn receive(&self, delivery: &Delivery<'_>, _sink: &mut dyn Sink) -> Result<(), SourceError> {
        let body = json(delivery)?;
        // An error of the decoder could repeat what it met.
        let notices: Notices = serde_json::from_slice(&body).map_err(|_| {
            wrong("is no change notification of Graph: it should be an object with a list `value`")
        })?;
        if notices.value.is_empty() {
            return Err(wrong(
                "is a change notification that tells of nothing: `value` is empty",
            ));
        }
        // All of them are looked at, so that the answer's time does not tell which was wrong.
        let brought = notices.value.iter().map(|notice| {
            let state = notice.client_state.as_deref();
            self.secrets.brought(state.unwrap_or_default())
        });
        let brought: Vec<Result<(), SourceError>> = brought.collect();
        brought.into_iter().collect()
    }

    fn is_signed(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Before Graph tells of anything it wants to read back a text.
    fn challenge(&self, delivery: &Delivery<'_>) -> Option<String> {
        let text = delivery.query("validationToken")?;
        let is_fine = text.len() <= LONGEST_CHALLENGE && !text.chars().any(char::is_control);
        (is_fine && delivery.body.is_empty() && self.is_signed()).then_some(text)
    }

    /// Whatever it tells: of a change, of some that it could not tell of (`missed`), or that it will soon
    /// tell nothing more.
    fn asks_for_pull(&self, _delivery: &Delivery<'_>) -> bool {
        true
    }
}
