//! `caldav`: invitations to reviews from the calendars of a CalDAV server, asked again and again.
//!
//! `answer` reads XML, `site` finds calendars and asks about them, `sync` is one pull. What a meeting says is
//! read as in files, and remembered as of a feed (`icalendar`).

mod answer;
mod site;
mod sync;

use std::path::PathBuf;

use serde::Deserialize;

use self::site::Site;
use super::forge::Stop;
use super::icalendar::asking::{Asking, Place};
use super::icalendar::lists::Given;
use super::icalendar::reading::{Choice, Reading};
use super::{Kind, Probe, Pull, Setting, Sight, Sink, SourceError, decode};
use crate::model::Millis;

/// The kind.
pub static KIND: Kind = Kind {
    name: "caldav",
    summary: "invitations to reviews, from the calendars of a CalDAV server",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "calendars"
kind = "caldav"
# The server, the home of the calendars, or one calendar.
url = "https://calendar.example.org/dav/"
# By the names that people see, or by their paths.
calendars = ["Reviews"]
# user:password, or a token.
token_file = "/run/secrets/calendar-token"
# Only events whose title or category fits one of these.
match = ["(?i)incident review", "^Post-?mortem"]
key = 'INC-\d+'
# Who reads a list that is invited: addresses, or a file with one a line.
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
    url: String,
    #[serde(default)]
    calendars: Vec<String>,
    token_file: Option<PathBuf>,
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    key: Option<String>,
    writeup: Option<String>,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    lists: Given,
}

/// A server.
struct CalDav {
    place: Place,
    calendars: Vec<String>,
    reading: Reading,
    /// All that the configuration says.
    params: String,
}

impl CalDav {
    fn new(mut params: Params, setting: &Setting) -> Result<CalDav, SourceError> {
        // Another member is no other choice.
        let lists = std::mem::take(&mut params.lists);
        if params.calendars.iter().any(|name| name.trim().is_empty()) {
            return Err(SourceError::Params(
                "calendars: \"\" should be a name, or a path such as /dav/ada/reviews/".to_owned(),
            ));
        }
        let all = format!("{params:?}");
        let place = Place::open(&params.url, params.token_file.as_deref())?;
        let choice = Choice {
            matching: params.matching,
            key: params.key,
            writeup: params.writeup,
            from: params.from,
            to: params.to,
            lists,
        };
        Ok(CalDav {
            place,
            calendars: params.calendars,
            reading: Reading::new(choice, setting)?,
            params: all,
        })
    }
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(CalDav::new(decode(params)?, setting)?))
}

/// Looks for the calendars, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let caldav = CalDav::new(decode(params)?, setting)?;
    let asking = Asking::new(&caldav.place, 0).for_a_look();
    let mut site = Site::new(asking);
    match site.calendars(&caldav.calendars, true) {
        Ok(found) => Ok(Sight::answering(&[(found.len(), "calendar", "calendars")])),
        Err(Stop::Later(reason, _)) => Ok(reason.into()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
    }
}

impl Pull for CalDav {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        sync::pull(self, checkpoint, now, sink)
    }
}
