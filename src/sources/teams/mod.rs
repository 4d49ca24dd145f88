//! Who came to a review, as Microsoft Teams tells it: the attendance report and the older list that the
//! organiser downloads, and the report that Graph gives as JSON. Told apart by what is in the file. `pull` asks
//! Graph for the reports, and for transcripts, of the meetings in calendars (`online`).

pub(in crate::sources) mod csv;
mod graph;
mod log;
mod online;
mod people;
mod pull;
mod report;

use super::presence::list::{Lists, Sheet};
use super::presence::{Desk, Manner, among};
use super::{File, Kind, Memory, Probe, Setting, Sink, SourceError};

/// Attendance from Microsoft Teams.
pub static KIND: Kind = Kind {
    name: "teams",
    summary: "attendance, from Microsoft Teams: its reports as CSV, or by Microsoft Graph",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "teams-reviews"
kind = "teams"
# Whose meetings are asked for, and as what; without these only files are imported.
tenant = "example.org"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret_file = "/run/secrets/graph"
mailboxes = ["reviews@example.org"]
# Only meetings whose title or category fits one of these.
match = ["(?i)incident review", "^Post-?mortem"]
key = 'INC-\d+'
# The series whose transcripts may be read: none unless it stands here, and is said in the invitation.
enabled_series = ["040000008200E00074C5B7101A82E008*"]
# The write-up of meetings that mention none.
writeup = "https://wiki.example.org/postmortems/"
# Where a file was downloaded; without it the organisation's zone.
timezone = "Europe/Berlin"
# "auto", "dmy", "mdy" or "ymd".
date_order = "auto"
# Names or addresses of rooms, which are no people.
rooms = ["room-4@example.org"]
# Names or addresses of programs that take notes, beside those that are known by their names.
note_takers = ["scribe@example.org"]
"#,
    file: Some(build),
    asked_for: &["mailboxes"],
    pull: Some(pull::build),
    probe: Some(Probe::Both(pull::look)),
    settled: &["enabled_series"],
    memory: Some(Memory {
        what: "Teams keeps attendance reports for a year",
        days: 365,
    }),
    links: true,
    ..Kind::NOTHING
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let (asked, params) = pull::split(params)?;
    if let Some(asked) = asked {
        // What is wrong with it is told with files, too.
        pull::Teams::new(asked, params.clone(), setting)?;
    }
    Lists::build(params, setting, "teams", Manner::Strict, read)
        .map_err(|error| among(error, pull::ASKED))
}

fn read(desk: &Desk, sheet: &Sheet<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
    if sheet.text.trim_start().starts_with(['{', '[']) {
        graph::read(desk, sheet.name, sheet.text, sink)
    } else if csv::is_report(sheet.rows) {
        csv::read_report(desk, sheet.name, sheet.rows, sink)
    } else if csv::is_log(sheet.rows) {
        csv::read_log(desk, sheet.name, sheet.rows, sink)
    } else {
        Err(SourceError::Format {
            name: sheet.name.to_owned(),
            reason: "is no attendance list of Teams; it should begin with \"1. Summary\" or with \"Full Name, \
                     User Action, Timestamp\", or be an attendance report of Graph with its \
                     attendanceRecords"
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
