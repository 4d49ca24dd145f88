//! Who came to a review, as Zoom tells it: the participants report that hosts download, with the head of
//! the meeting or without.

mod report;

use super::presence::Manner;
use super::presence::list::Lists;
use super::{File, Kind, Setting, SourceError};

/// Attendance from Zoom.
pub static KIND: Kind = Kind {
    name: "zoom",
    summary: "attendance, from the participants reports of Zoom",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "zoom-reviews"
kind = "zoom"
# The occurrence; without it the report's head makes one of number and start.
meeting = "review-2025-03-04"
# The write-up that was reviewed.
writeup = "https://wiki.example.org/postmortems/2025-02-queue-overflow"
# The meeting's start and end, for reports without a head.
start = "2025-03-04T15:00"
end = "2025-03-04T16:00"
# The zone of the host's account; without it the organisation's.
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
    Lists::build(params, setting, "zoom", Manner::Strict, report::read)
}

#[cfg(test)]
mod tests;
