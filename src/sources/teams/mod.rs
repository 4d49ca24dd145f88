//! Who came to a review, as Microsoft Teams tells it: the attendance report and the older list that the
//! organiser downloads, and the report that Graph gives as JSON. Told apart by what is in the file.

pub(in crate::sources) mod csv;
mod graph;
mod log;
mod people;
mod report;

use std::io::BufRead;

use super::presence::{Desk, Manner, text};
use super::{File, Kind, Setting, Sink, SourceError};
use crate::model::Millis;

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
    pull: None,
    push: None,
    probe: None,
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let desk = Desk::build(params, setting, "teams", Manner::Strict)?;
    Ok(Box::new(Teams { desk }))
}

struct Teams {
    desk: Desk,
}

impl File for Teams {
    fn dated(&mut self, changed: Millis) {
        self.desk.dated(changed);
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let (text, rows) = text::table(name, input, sink)?;
        if rows.is_empty() {
            sink.note(format!("{name}: is empty"));
            Ok(())
        } else if text.trim_start().starts_with(['{', '[']) {
            graph::read(&self.desk, name, &text, sink)
        } else if csv::is_report(&rows) {
            csv::read_report(&self.desk, name, &rows, sink)
        } else if csv::is_log(&rows) {
            csv::read_log(&self.desk, name, &rows, sink)
        } else {
            Err(SourceError::Format {
                name: name.to_owned(),
                reason: "is no attendance list of Teams; it should begin with \"1. Summary\" or with \"Full \
                         Name, User Action, Timestamp\", or be an attendance report of Graph with its \
                         attendanceRecords"
                    .to_owned(),
            })
        }
    }
}

#[cfg(test)]
mod tests;
