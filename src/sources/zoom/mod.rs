//! Who came to a review, as Zoom tells it: by the participants report that hosts download, by the API, and
//! by webhooks while the meeting is on.
//!
//! `report` reads the list; `pull` asks through `client`, reads answers with `answer`, makes events of them with
//! `telling` and remembers that with `memory`; `look` asks before it; `delivery` takes webhooks. `numbers` knows which meetings are reviews, and makes all three call a meeting by the same
//! name; `presence` makes its people events with the same ids, so that none is there twice.

mod answer;
mod client;
mod delivery;
mod look;
mod memory;
mod numbers;
mod pull;
mod report;
mod telling;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use self::client::Account;
use self::numbers::{Given, Reviews};
use super::forge::{self, Secrets};
use super::presence::list::{Lists, Sheet};
use super::presence::{Desk, Manner, among};
use super::{File, Kind, Memory, Probe, Pull, Push, Setting, Sink, SourceError, decode};

/// Attendance from Zoom.
pub static KIND: Kind = Kind {
    name: "zoom",
    summary: "attendance, from Zoom: its API, its webhooks, and the participants reports that hosts download",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "zoom-reviews"
kind = "zoom"
# The app that asks (Server-to-Server OAuth); without account_id nothing is asked.
account_id = "aBcDeFgHiJkLmNoPqRsTuV"
client_id = "WxYzAbCdEfGhIjKlMnOpQr"
client_secret_file = "/run/secrets/zoom-client"
# Meetings that are reviews, by their numbers; and users whose meetings are reviews if their topics fit
# `match`, or mention a write-up.
numbers = ["934 5550 1717"]
hosts = ["incident-reviews@example.org"]
match = ["(?i)incident review", "^Post-?mortem"]
# What a number is called in the calendar: the UID of the series, and the time of day at which it begins.
meetings = { "812 3456 7890" = { series = "0h3k5reviews@example.org", at = "15:00" } }
# The secret token of the event subscription.
secret_file = "/run/secrets/zoom-webhook"
# The zone of `at`, and of the host's account in reports; without it the organisation's.
timezone = "Europe/Berlin"
# "auto", "dmy", "mdy" or "ymd": of the dates in reports.
date_order = "auto"
# Names or addresses of rooms, which are no people.
rooms = ["room-4@example.org"]
# Names or addresses of programs that take notes, beside those that are known by their names.
note_takers = ["scribe@example.org"]
"#,
    file: Some(build_file),
    asked_for: &["account_id"],
    pull: Some(build_pull),
    push: Some(build_push),
    probe: Some(Probe::Remote(look::look)),
    settled: OWN,
    memory: Some(Memory {
        what: "who came to meetings (the reports of Zoom)",
        days: pull::KEPT_DAYS,
    }),
    links: true,
    ..Kind::NOTHING
};

/// Parameters that lists of other tools don't have. They stand in the configuration alone.
const OWN: &[&str] = &[
    "account_id",
    "client_id",
    "client_secret_file",
    "api",
    "token_url",
    "numbers",
    "hosts",
    "match",
    "meetings",
    "secret",
    "secret_file",
    "previous_secret_file",
];

/// Parameters of one report.
const OF_ONE: [&str; 3] = ["meeting", "start", "end"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    account_id: Option<String>,
    client_id: Option<String>,
    client_secret_file: Option<PathBuf>,
    #[serde(default = "api")]
    api: String,
    #[serde(default = "tokens")]
    token_url: String,
    #[serde(default)]
    numbers: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    #[serde(default)]
    meetings: BTreeMap<String, Given>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    previous_secret_file: Option<PathBuf>,
}

fn api() -> String {
    "https://api.zoom.us/v2".to_owned()
}

fn tokens() -> String {
    "https://zoom.us/oauth/token".to_owned()
}

impl Params {
    /// Takes these parameters out of a table; the rest is what all lists have.
    fn of(table: &mut toml::Table) -> Result<Params, SourceError> {
        let own = OWN
            .iter()
            .filter_map(|name| table.remove_entry(*name))
            .collect();
        decode(own)
    }

    fn reviews(&self) -> Result<Reviews, SourceError> {
        Reviews::new(&self.numbers, &self.matching, &self.meetings)
    }

    fn secrets(&self) -> Result<Secrets, SourceError> {
        let given = forge::Params {
            secret: self.secret.clone(),
            secret_file: self.secret_file.clone(),
            previous_secret_file: self.previous_secret_file.clone(),
            ..forge::Params::default()
        };
        given.secrets()
    }

    /// What asks, where it is said.
    fn account(&self) -> Result<Option<Account>, SourceError> {
        let Some(account) = &self.account_id else {
            return Ok(None);
        };
        let (Some(client), Some(file)) = (&self.client_id, &self.client_secret_file) else {
            return Err(SourceError::Params(
                "account_id: give client_id and client_secret_file, too; the app of Zoom shows all three"
                    .to_owned(),
            ));
        };
        Ok(Some(Account {
            account: account.clone(),
            client: client.clone(),
            secret: secret(file)?,
            api: forge::address("api", &self.api, true)?,
            tokens: forge::address("token_url", &self.token_url, true)?,
        }))
    }
}

/// The app's secret.
fn secret(path: &Path) -> Result<String, SourceError> {
    let text = std::fs::read_to_string(path).map_err(|cause| SourceError::Io {
        name: path.display().to_string(),
        cause,
    })?;
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(SourceError::Params(
            "client_secret_file should hold the secret of the app on one line".to_owned(),
        ));
    }
    Ok(text.to_owned())
}

/// What the API and the webhooks need beside the app.
struct Zoom {
    desk: Desk,
    reviews: Reviews,
    secrets: Secrets,
    /// The API is asked, too.
    is_pulled: bool,
}

impl Zoom {
    fn new(params: &Params, mut rest: toml::Table, setting: &Setting) -> Result<Zoom, SourceError> {
        for name in OF_ONE {
            rest.remove(name);
        }
        Ok(Zoom {
            desk: Desk::build(rest, setting, "zoom", Manner::Strict)
                .map_err(|error| among(error, OWN))?,
            reviews: params.reviews()?,
            secrets: params.secrets()?,
            is_pulled: params.account_id.is_some(),
        })
    }
}

fn build_file(mut table: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let reviews = Params::of(&mut table)?.reviews()?;
    let read = move |desk: &Desk, sheet: &Sheet<'_>, sink: &mut dyn Sink| {
        report::read(desk, &reviews, sheet, sink)
    };
    Lists::build(table, setting, "zoom", Manner::Strict, read).map_err(|error| among(error, OWN))
}

fn build_pull(table: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(pull::Meetings::new(table, setting)?))
}

fn build_push(mut table: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    let params = Params::of(&mut table)?;
    Ok(Box::new(Zoom::new(&params, table, setting)?))
}

#[cfg(test)]
mod tests;
