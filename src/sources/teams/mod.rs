//! Who came to a review, as Microsoft Teams tells it: the attendance report and the older list that the
//! organiser downloads, and the report that Graph gives as JSON. Told apart by what is in the file.

pub(in crate::sources) mod csv;
mod graph;
mod log;
mod people;
mod report;

use super::presence::list::{Lists, Sheet};
use super::presence::{Desk, Manner};
use super::{File, Kind, Setting, Sink, SourceError};

/// Attendance from Microsoft Teams.
pub static KIND: Kind = Kind {
    name: "teams",
    summary: "attendance, from Microsoft Teams: its reports as CSV, or as JSON from Graph",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "teams-reviews"
kind = "teams"
# The occurrence; without it a report's title or id and its start make one.
meeting = "review-2025-03-04"
# The write-up that was reviewed.
writeup = "https://wiki.example.org/postmortems/2025-02-queue-overflow"
# The meeting's start and end, for lists that don't name them.
start = "2025-03-04T15:00"
end = "2025-03-04T16:00"
# Where the file was downloaded; without it the organisation's zone.
timezone = "Europe/Berlin"
# "auto", "dmy", "mdy" or "ymd".
date_order = "auto"
# Names or addresses of rooms, which are no people.
rooms = ["room-4@example.org"]
"#,
    file: Some(build),
    ..Kind::NOTHING
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    Lists::build(params, setting, "teams", Manner::Strict, read)
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
