//! `google-calendar`: invitations to reviews from calendars of Google, asked again and again by its API.
//!
//! `sync` is one pull. What the API says of an event is read in `google::event`; from there on a meeting is
//! the same as one of iCalendar, and is remembered as of a feed (`icalendar`).

mod sync;

use std::path::PathBuf;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use url::Url;

use super::forge::{self, Client, Reply, Stop};
use super::google::event::SCOPE;
use super::google::{Access, Key, form};
use super::icalendar::reading::{Choice, Reading};
use super::{Kind, Probe, Pull, Setting, Sight, Sink, SourceError, decode};
use crate::model::Millis;

/// The kind.
pub static KIND: Kind = Kind {
    name: "google-calendar",
    summary: "invitations to reviews, from calendars of Google, by its API",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "review-calendar"
kind = "google-calendar"
# As the settings of a calendar call them ("Integrate calendar", "Calendar ID").
calendars = ["c_1a2b3c@group.calendar.google.com"]
# The key of a service account with which the calendars are shared.
key_file = "/run/secrets/google-key.json"
# Only events whose title fits one of these.
match = ["(?i)incident review", "^Post-?mortem"]
key = 'INC-\d+'
# Addresses of groups that are invited, which are no people.
groups = ["sre@example.org"]
"#,
    pull: Some(build),
    probe: Some(Probe::Remote(look)),
    links: true,
    ..Kind::NOTHING
};

/// A calendar of which the account sees nothing but when somebody is busy.
const BUSY: &str = "freeBusyReader";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default = "api")]
    api: String,
    calendars: Vec<String>,
    key_file: Option<PathBuf>,
    subject: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    key: Option<String>,
    writeup: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

fn api() -> String {
    "https://www.googleapis.com/calendar/v3".to_owned()
}

/// What an account sees of calendars.
struct Google {
    api: Url,
    key: Option<Key>,
    subject: Option<String>,
    calendars: Vec<String>,
    groups: Vec<String>,
    reading: Reading,
    /// All that the configuration says.
    params: String,
}

impl Google {
    fn new(params: Params, setting: &Setting) -> Result<Google, SourceError> {
        let all = format!("{params:?}");
        let is_empty = params.calendars.iter().any(|id| id.trim().is_empty());
        if params.calendars.is_empty() || is_empty {
            return Err(SourceError::Params(
                "calendars should name at least one by its id, such as c_1a2b3c@group.calendar.google.com, or \
                 \"primary\" for that of subject"
                    .to_owned(),
            ));
        }
        let choice = Choice {
            matching: params.matching,
            key: params.key,
            writeup: params.writeup,
            from: params.from,
            to: params.to,
        };
        let calendars = params.calendars.iter().map(|id| id.trim().to_owned());
        let groups = params
            .groups
            .iter()
            .map(|group| group.trim().to_lowercase());
        Ok(Google {
            api: forge::address("api", &params.api, params.key_file.is_some())?,
            key: params.key_file.as_deref().map(Key::read).transpose()?,
            subject: params.subject,
            calendars: calendars.collect(),
            groups: groups.collect(),
            reading: Reading::new(choice, setting)?,
            params: all,
        })
    }

    fn client(&self, now: Millis) -> Result<Client, Stop> {
        let access = Access {
            api: &self.api,
            key: self.key.as_ref(),
            scope: SCOPE,
            subject: self.subject.as_deref(),
        };
        access.client(now)
    }

    /// Why nothing more is asked: something about the calendar in this place of the list, counted from 0.
    /// Its id may be somebody's address, and is not repeated.
    fn failed(&self, place: usize, reason: &str) -> Stop {
        Stop::Failed(SourceError::Remote {
            name: forge::shown(&self.api),
            reason: format!("number {} of calendars {reason}", place + 1),
            retryable: false,
        })
    }

    /// The answer about a calendar is that there is none.
    fn absent(&self, place: usize, is_forbidden: bool) -> Stop {
        let reason = match is_forbidden {
            true => {
                "is not for the account of key_file (status 403): share it with that account, with \"See all \
                 event details\""
            }
            false => {
                "is not there, or not shared with the account of key_file (status 404): calendars should hold \
                 its id, as its settings show it"
            }
        };
        self.failed(place, reason)
    }

    fn busy(&self, place: usize) -> Stop {
        self.failed(
            place,
            "tells the account of key_file only when somebody is busy: share it with \"See all event details\"",
        )
    }
}

/// The path of a calendar's events.
fn events(calendar: &str, query: &[(&str, &str)]) -> String {
    let calendar = utf8_percent_encode(calendar, NON_ALPHANUMERIC);
    format!("/calendars/{calendar}/events?{}", form(query))
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Google::new(decode(params)?, setting)?))
}

/// Asks for one event of each calendar, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let google = Google::new(decode(params)?, setting)?;
    // What is shown to Google has a time, and a look is given none.
    let now = chrono::Utc::now().timestamp_millis();
    let seen = google.client(now).and_then(|client| {
        let mut client = client.for_a_look();
        for (place, calendar) in google.calendars.iter().enumerate() {
            let query = [("maxResults", "1"), ("fields", "accessRole")];
            let address = client.address(&events(calendar, &query));
            match client.get(&address, None)? {
                Reply::Page(page) if page.value["accessRole"] == BUSY => {
                    return Err(google.busy(place));
                }
                Reply::Page(_) | Reply::Same => {}
                Reply::Gone => return Err(google.absent(place, false)),
                Reply::Forbidden => return Err(google.absent(place, true)),
            }
        }
        Ok(())
    });
    match seen {
        Ok(()) => Ok(Sight::answering(&[(
            google.calendars.len(),
            "calendar",
            "calendars",
        )])),
        Err(Stop::Later(reason, _)) => Ok(format!("answers, but {reason}").into()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
    }
}

impl Pull for Google {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        sync::pull(self, checkpoint, now, sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Vocabulary;

    #[test]
    fn parameters_are_checked_and_addresses_are_not_repeated() {
        let setting = Setting {
            source: "calendar".to_owned(),
            vocabulary: Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: Vec::new(),
        };
        let built = |text: &str| {
            let built = build(toml::from_str(text).expect("TOML"), &setting);
            built.map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(built("calendars = [\"primary\"]"), Ok(()));
        for (text, words) in [
            ("", "missing field `calendars`"),
            ("calendars = []", "at least one by its id"),
            (
                "calendars = [\"zz@example.org\", \" \"]",
                "at least one by its id",
            ),
            ("calendars = [\"a\"]\nmatch = [\"(\"]", "match: \"(\""),
            ("calendars = [\"a\"]\nfrom = \"soon\"", "is no date"),
            (
                "calendars = [\"a\"]\nkey_file = \"/nowhere/key.json\"",
                "/nowhere/key.json",
            ),
            (
                "calendars = [\"a\"]\napi = \"http://calendar.example.org\"\nkey_file = \"/x\"",
                "https address",
            ),
        ] {
            let refused = built(text).expect_err(text);
            assert!(
                refused.contains(words) && !refused.contains("zz@"),
                "{refused}"
            );
        }
        assert_eq!(
            events("c_1@group.calendar.google.com", &[("a", "b c")]),
            "/calendars/c%5F1%40group%2Ecalendar%2Egoogle%2Ecom/events?a=b+c"
        );
    }
}
