//! Who came to a review, as Google Meet tells it: the attendance report that hosts are sent.

mod report;

use super::presence::Manner;
use super::presence::list::Lists;
use super::{File, Kind, Memory, Setting, SourceError};

/// Attendance from Google Meet.
pub static KIND: Kind = Kind {
    name: "meet",
    summary: "attendance, from the reports of Google Meet",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "meet-reviews"
kind = "meet"
# The occurrence.
meeting = "review-2025-03-04"
# The write-up that was reviewed.
writeup = "https://wiki.example.org/postmortems/2025-02-queue-overflow"
# The meeting's start and end; the report has times of day only.
start = "2025-03-04T15:00"
end = "2025-03-04T16:00"
# The zone of the report's times; without it the organisation's.
timezone = "Europe/Berlin"
# "auto", "dmy", "mdy" or "ymd".
date_order = "auto"
# Names or addresses of rooms, which are no people.
rooms = ["room-4@example.org"]
"#,
    file: Some(build),
    memory: Some(Memory {
        what: "who came to meetings in Google Meet",
        days: 30,
    }),
    ..Kind::NOTHING
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    Lists::build(params, setting, "meet", Manner::Strict, report::read)
}

#[cfg(test)]
mod tests;
