//! Who came to a review, as Google Meet tells it: the attendance report that hosts are sent, or its API.
//!
//! `report` reads reports. `pull` asks for conferences: `answer` reads what is said of them, `places` finds
//! their meetings, `directory` who an account is.

mod answer;
mod directory;
mod places;
mod pull;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use self::answer::Who;
use self::places::Codes;
use super::forge::{self, Client, Reply, Stop};
use super::google::calendars::{self, Calendars};
use super::google::{Access, Key, event};
use super::icalendar::reading::{Choice, Reading};
use super::presence::list::Lists;
use super::presence::{Desk, Manner, among};
use super::transcript::{Enabled, Names};
use super::{File, Kind, Memory, Probe, Pull, Setting, Sight, Sink, SourceError, decode};
use crate::model::Millis;

/// Attendance from Google Meet.
pub static KIND: Kind = Kind {
    name: "meet",
    summary: "attendance, from the reports of Google Meet, or its API",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "meet-reviews"
kind = "meet"
# What is asked for: conferences of the meetings in these calendars whose titles fit, ...
calendars = ["c_1a2b3c@group.calendar.google.com"]
match = ["(?i)incident review"]
# ... and of meetings by their codes; a series ends in /*.
meetings = { "abc-mnop-xyz" = "0h3k5reviews@google.com/*" }
# The key of a service account, and in whose name it asks.
key_file = "/run/secrets/google-key.json"
subject = "readback@example.org"
# The series whose transcripts may be read; none unless it stands here.
enabled_series = ["0h3k5reviews@google.com"]
# Who led, by address or by the name that Meet shows: one, or a list.
facilitator = ["grace@example.org"]
# Names or addresses of rooms, which are no people.
rooms = ["room-4@example.org"]
# Names or addresses of programs that take notes, beside those that are known by their names.
note_takers = ["scribe@example.org"]
# The zone of times in reports; without it the organisation's.
timezone = "Europe/Berlin"
# The order of dates in reports: "auto", "dmy", "mdy" or "ymd".
date_order = "auto"
"#,
    file: Some(build),
    pull: Some(build_pull),
    probe: Some(Probe::Both(look)),
    settled: &["enabled_series"],
    asked_for: &["meetings", "calendars"],
    memory: Some(Memory {
        what: "who came to meetings in Google Meet",
        days: KEPT_DAYS,
    }),
    links: true,
    ..Kind::NOTHING
};

/// How long Meet remembers conferences.
const KEPT_DAYS: u32 = 30;

/// To read conferences.
const MEET: &str = "https://www.googleapis.com/auth/meetings.space.readonly";

/// To read addresses of accounts.
const DIRECTORY: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly";

/// The parameters of what is asked; the others are those of reports.
const ASKED: [&str; 13] = [
    "api",
    "calendar_api",
    "directory_api",
    "calendars",
    "match",
    "key",
    "meetings",
    "key_file",
    "subject",
    "directory",
    "enabled_series",
    "facilitator",
    "writeup",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default = "api")]
    api: String,
    #[serde(default = "calendar_api")]
    calendar_api: String,
    #[serde(default = "directory_api")]
    directory_api: String,
    #[serde(default)]
    calendars: Vec<String>,
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    key: Option<String>,
    #[serde(default)]
    meetings: BTreeMap<String, String>,
    key_file: Option<PathBuf>,
    subject: Option<String>,
    directory: Option<bool>,
    #[serde(default)]
    enabled_series: Vec<String>,
    facilitator: Option<Names>,
    writeup: Option<String>,
}

fn api() -> String {
    "https://meet.googleapis.com/v2".to_owned()
}

fn calendar_api() -> String {
    calendars::API.to_owned()
}

fn directory_api() -> String {
    "https://admin.googleapis.com/admin/directory/v1".to_owned()
}

/// What is asked, and what reports need.
fn split(params: toml::Table) -> (toml::Table, toml::Table) {
    let (mut asked, mut report) = (toml::Table::new(), toml::Table::new());
    for (name, value) in params {
        if name == "writeup" || !ASKED.contains(&name.as_str()) {
            report.insert(name.clone(), value.clone());
        }
        if ASKED.contains(&name.as_str()) {
            asked.insert(name, value);
        }
    }
    (asked, report)
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let (asked, report) = split(params);
    // What a configuration asks for is checked here, too.
    Meet::new(asked, report.clone(), setting)?;
    Lists::build(report, setting, "meet", Manner::Strict, report::read)
        .map_err(|error| among(error, &ASKED))
}

fn build_pull(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    let (asked, report) = split(params);
    let meet = Meet::new(asked, report, setting)?;
    match meet.is_asked() {
        true => Ok(Box::new(meet)),
        false => Err(SourceError::Params(
            "calendars or meetings should say which conferences are reviews; no other is asked for"
                .to_owned(),
        )),
    }
}

/// What an account sees of conferences.
struct Meet {
    desk: Desk,
    api: Url,
    calendars: Calendars,
    directory_api: Url,
    key: Option<Key>,
    subject: Option<String>,
    /// Whether addresses of accounts are looked up.
    looks_up: bool,
    codes: Codes,
    reading: Reading,
    enabled: Enabled,
    facilitators: Vec<String>,
    /// All that the configuration says.
    params: String,
}

impl Meet {
    fn new(
        asked: toml::Table,
        report: toml::Table,
        setting: &Setting,
    ) -> Result<Meet, SourceError> {
        let all = format!("{asked:?} {report:?}");
        let params: Params = decode(asked)?;
        let has_key = params.key_file.is_some();
        let choice = Choice {
            matching: params.matching,
            key: params.key,
            writeup: params.writeup,
            ..Choice::default()
        };
        let calendar_api = forge::address("calendar_api", &params.calendar_api, has_key)?;
        let facilitators = params.facilitator.map_or_else(Vec::new, Names::all);
        Ok(Meet {
            desk: Desk::build(report, setting, "meet", Manner::Strict)
                .map_err(|error| among(error, &ASKED))?,
            api: forge::address("api", &params.api, has_key)?,
            calendars: Calendars::new(calendar_api, &params.calendars)?,
            directory_api: forge::address("directory_api", &params.directory_api, has_key)?,
            key: params.key_file.as_deref().map(Key::read).transpose()?,
            subject: params.subject,
            looks_up: params.directory.unwrap_or(true),
            codes: Codes::new(&params.meetings)?,
            reading: Reading::new(choice, setting)?,
            enabled: Enabled::new(params.enabled_series)?,
            params: all,
            facilitators: facilitators
                .iter()
                .map(|name| name.trim().to_lowercase())
                .collect(),
        })
    }

    /// Whether there is anything to ask for.
    fn is_asked(&self) -> bool {
        !self.calendars.ids().is_empty() || !self.codes.is_empty()
    }

    fn access<'a>(&'a self, api: &'a Url, scope: &'a str) -> Access<'a> {
        Access {
            api,
            key: self.key.as_ref(),
            scope,
            subject: self.subject.as_deref(),
        }
    }

    /// What asks for conferences.
    fn client(&self, now: Millis) -> Result<Client, Stop> {
        self.access(&self.api, MEET).client(now)
    }

    /// What asks for meetings, where there are calendars.
    fn calendar(&self, now: Millis) -> Result<Option<Client>, Stop> {
        if self.calendars.ids().is_empty() {
            return Ok(None);
        }
        let client = self.access(&self.calendars.api, event::SCOPE).client(now)?;
        Ok(Some(client.told_by("calendar_api")))
    }

    /// What asks for addresses.
    fn directory(&self, now: Millis) -> Result<Client, Stop> {
        let client = self.access(&self.directory_api, DIRECTORY).client(now)?;
        Ok(client.told_by("directory_api"))
    }

    /// Whether somebody led the meeting.
    fn has_led(&self, email: Option<&str>, who: &Who) -> bool {
        let shown = match who {
            Who::User(_, name) | Who::Anonymous(name) => name.to_lowercase(),
            Who::Phone => String::new(),
        };
        let email = email.map(str::to_lowercase);
        let is_one = |name: &String| *name == shown || Some(name) == email.as_ref();
        self.facilitators.iter().any(is_one)
    }
}

/// Asks for a conference and for the calendars, for `readback check`.
fn look(params: toml::Table, setting: &Setting, is_online: bool) -> Result<Sight, SourceError> {
    let (asked, report) = split(params);
    let meet = Meet::new(asked, report, setting)?;
    if !meet.is_asked() {
        return Ok("nothing is asked: reports are imported".into());
    }
    if !is_online {
        return Ok("not asked (--offline)".into());
    }
    // What is shown to Google has a time, and a look is given none.
    let now = chrono::Utc::now().timestamp_millis();
    let seen = meet.client(now).and_then(|client| {
        let mut client = client.for_a_look();
        let address =
            client.address("/conferenceRecords?pageSize=1&fields=conferenceRecords(name)");
        match client.get(&address, None)? {
            Reply::Page(_) | Reply::Same => {}
            Reply::Gone => {
                return Err(client.refused("has no list of conferences (status 404); check api"));
            }
            Reply::Forbidden => return Err(pull::forbidden(&meet)),
        }
        match meet.calendar(now)? {
            Some(client) => meet.calendars.look(&mut client.for_a_look()),
            None => Ok(()),
        }
    });
    let there: Sight = match seen {
        Ok(()) => match meet.calendars.ids().len() {
            0 => "the list of conferences answers".into(),
            1 => "the list of conferences answers, and so does 1 calendar".into(),
            many => format!("the list of conferences answers, and so do {many} calendars").into(),
        },
        Err(Stop::Later(reason, _)) => format!("answers, but {reason}").into(),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => return Err(error),
    };
    let there = match (&meet.key, &meet.subject) {
        (Some(_), None) => there.doubting(
            "subject is missing: a service account by itself sees no conference of anybody; it should be \
             somebody who organises the reviews"
                .to_owned(),
        ),
        _ => there,
    };
    if !meet.looks_up {
        return Ok(there);
    }
    let asked = meet.directory(now).and_then(|client| {
        let mut client = client.for_a_look();
        // Whether anybody else may be looked up, too, turns out with them.
        let Some(subject) = &meet.subject else {
            return Ok(true);
        };
        let address = client.address(&format!(
            "/users/{}?viewType=domain_public&fields=primaryEmail",
            super::microsoft::escaped(subject)
        ));
        Ok(!matches!(client.get(&address, None)?, Reply::Forbidden))
    });
    Ok(match asked {
        Ok(false) => there.doubting(directory::BLIND.to_owned()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => {
            there.doubting(format!("{} ({error})", directory::BLIND))
        }
        Ok(true) | Err(Stop::Later(..)) => there,
    })
}

impl Pull for Meet {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        pull::pull(self, checkpoint, now, sink)
    }
}

#[cfg(test)]
mod tests;
