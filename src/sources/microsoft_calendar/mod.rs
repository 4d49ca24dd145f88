//! `microsoft-calendar`: invitations to reviews from calendars of Exchange Online, by Microsoft Graph.
//!
//! `sync` is one pull and `state` what it remembers, `groups` says who is meant by a group, `notice` hears that
//! something changed and `subscribe` asks to be told; `microsoft` asks and reads what an event
//! says. What is planned is chosen and remembered as of an iCalendar feed (`icalendar`).

mod groups;
mod notice;
mod state;
mod subscribe;
mod sync;

use std::path::PathBuf;

use serde::Deserialize;

use self::subscribe::Subscriber;
use super::forge::{self, Secrets, Stop};
use super::icalendar::reading::{Choice, Reading};
use super::microsoft::calendar::Site;
use super::microsoft::{Given, Place, Signin};
use super::{Kind, Probe, Pull, Setting, Sight, Sink, SourceError, decode};
use crate::model::Millis;

/// The kind.
pub static KIND: Kind = Kind {
    name: "microsoft-calendar",
    summary: "invitations to reviews, from calendars of Exchange Online by Microsoft Graph",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "outlook"
kind = "microsoft-calendar"
# The directory and the application in it, and the file with the application's secret.
tenant = "example.org"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret_file = "/run/secrets/graph"
# Whose calendars are read: a mailbox, shared or somebody's own, or one of its calendars by name.
mailboxes = ["reviews@example.org", "ada@example.org/Incident reviews"]
# Only events whose title or category fits one of these.
match = ["(?i)incident review", "^Post-?mortem"]
key = 'INC-\d+'
# Invitations of groups are those of their members.
expand_groups = true
# What Graph brings along when it tells of changes (clientState).
secret_file = "/run/secrets/graph-notices"
# Where it should tell of them: the address of this source's hook, as the Internet knows it.
notify_url = "https://readback.example.org/v1/hooks/outlook"
"#,
    asked_for: &["mailboxes"],
    pull: Some(build),
    push: Some(notice::build),
    probe: Some(Probe::Remote(look)),
    links: true,
    ..Kind::NOTHING
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    tenant: String,
    client_id: String,
    client_secret_file: Option<PathBuf>,
    login: Option<String>,
    graph: Option<String>,
    mailboxes: Vec<String>,
    #[serde(default)]
    expand_groups: bool,
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    key: Option<String>,
    writeup: Option<String>,
    from: Option<String>,
    to: Option<String>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    previous_secret_file: Option<PathBuf>,
    notify_url: Option<String>,
}

impl Params {
    /// What notifications have to bring along.
    fn secrets(&self) -> Result<Secrets, SourceError> {
        let given = forge::Params {
            secret: self.secret.clone(),
            secret_file: self.secret_file.clone(),
            previous_secret_file: self.previous_secret_file.clone(),
            ..forge::Params::default()
        };
        given.secrets()
    }
}

/// Calendars of one tenant.
struct Calendars {
    signin: Signin,
    places: Vec<Place>,
    expands: bool,
    reading: Reading,
    /// Asks to be told of changes.
    subscriber: Option<Subscriber>,
    /// All that the configuration says of what is taken.
    params: String,
}

impl Calendars {
    fn new(params: Params, setting: &Setting) -> Result<Calendars, SourceError> {
        params.secrets()?;
        let subscriber = Subscriber::new(&params)?;
        // Another secret of notifications changes nothing of what is read.
        let said = (
            &params.matching,
            &params.key,
            &params.writeup,
            &params.from,
            &params.to,
        );
        let all = format!("{said:?} {}", params.expand_groups);
        let signin = Signin::new(&Given {
            tenant: &params.tenant,
            client_id: &params.client_id,
            secret_file: params.client_secret_file.as_deref(),
            login: params.login.as_deref(),
            graph: params.graph.as_deref(),
        })?;
        let choice = Choice {
            matching: params.matching,
            key: params.key,
            writeup: params.writeup,
            from: params.from,
            to: params.to,
            ..Choice::default()
        };
        Ok(Calendars {
            signin,
            places: Place::all(&params.mailboxes)?,
            expands: params.expand_groups,
            reading: Reading::new(choice, setting)?,
            subscriber,
            params: all,
        })
    }
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Calendars::new(decode(params)?, setting)?))
}

/// Signs in and looks whether the calendars may be read, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let params: Params = decode(params)?;
    let is_deaf = params.notify_url.is_some() && params.secrets()?.is_empty();
    let calendars = Calendars::new(params, setting)?;
    let looked = || -> Result<usize, Stop> {
        let mut site = Site::new(calendars.signin.graph(0, true)?);
        for place in &calendars.places {
            site.look(place)?;
        }
        if calendars.expands {
            groups::look(&mut site.graph)?;
        }
        Ok(calendars.places.len())
    };
    match looked() {
        Ok(found) => {
            let there = Sight::answering(&[(found, "calendar", "calendars")]);
            Ok(match is_deaf {
                true => there.doubting(
                    "notify_url is set without secret_file, so nothing is subscribed to: give the secret that \
                     Graph is to bring along"
                        .to_owned(),
                ),
                false => there,
            })
        }
        Err(Stop::Later(reason, _)) => Ok(reason.into()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
    }
}

impl Pull for Calendars {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        sync::pull(self, checkpoint, now, sink)
    }
}
