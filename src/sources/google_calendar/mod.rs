//! `google-calendar`: invitations to reviews from calendars of Google, asked again and again by its API.
//!
//! `sync` is one pull. What the API says of an event is read in `google::event`; from there on a meeting is
//! the same as one of iCalendar, and is remembered as of a feed (`icalendar`).

mod sync;

use std::path::PathBuf;

use serde::Deserialize;

use super::forge::{self, Client, Stop};
use super::google::calendars::{API, Calendars};
use super::google::event::SCOPE;
use super::google::{Access, Key};
use super::icalendar::lists::Given;
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
groups = ["everybody@example.org"]
# Who reads a group that is invited: addresses, or a file with one a line.
lists = { "sre@example.org" = ["ada@example.org", "bob@example.org"] }
"#,
    pull: Some(build),
    probe: Some(Probe::Remote(look)),
    links: true,
    ..Kind::NOTHING
};

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
    #[serde(default)]
    lists: Given,
}

fn api() -> String {
    API.to_owned()
}

/// What an account sees of calendars.
struct Google {
    calendars: Calendars,
    key: Option<Key>,
    subject: Option<String>,
    groups: Vec<String>,
    reading: Reading,
    /// All that the configuration says.
    params: String,
}

impl Google {
    fn new(mut params: Params, setting: &Setting) -> Result<Google, SourceError> {
        // Another member is no other choice.
        let lists = std::mem::take(&mut params.lists);
        let all = format!("{params:?}");
        if params.calendars.is_empty() {
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
            lists,
        };
        let api = forge::address("api", &params.api, params.key_file.is_some())?;
        let groups = params
            .groups
            .iter()
            .map(|group| group.trim().to_lowercase());
        Ok(Google {
            calendars: Calendars::new(api, &params.calendars)?,
            key: params.key_file.as_deref().map(Key::read).transpose()?,
            subject: params.subject,
            groups: groups.collect(),
            reading: Reading::new(choice, setting)?,
            params: all,
        })
    }

    fn client(&self, now: Millis) -> Result<Client, Stop> {
        let access = Access {
            api: &self.calendars.api,
            key: self.key.as_ref(),
            scope: SCOPE,
            subject: self.subject.as_deref(),
        };
        access.client(now)
    }
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
        google.calendars.look(&mut client)
    });
    match seen {
        Ok(()) => Ok(Sight::answering(&[(
            google.calendars.ids().len(),
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
            ("calendars = [\"zz@example.org\", \" \"]", "should be an id"),
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
    }
}
