//! Who came to a review, as Google Meet tells it: the attendance report that hosts are sent.

mod report;

use std::io::BufRead;

use super::presence::{Desk, Manner, text};
use super::{File, Kind, Setting, Sink, SourceError};
use crate::model::Millis;

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
    pull: None,
    push: None,
    probe: None,
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let desk = Desk::build(params, setting, "meet", Manner::Strict)?;
    Ok(Box::new(Meet { desk }))
}

struct Meet {
    desk: Desk,
}

impl File for Meet {
    fn dated(&mut self, changed: Millis) {
        self.desk.dated(changed);
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let (_, rows) = text::table(name, input, sink)?;
        if rows.is_empty() {
            sink.note(format!("{name}: is empty"));
            return Ok(());
        }
        report::read(&self.desk, name, &rows, sink)
    }
}

#[cfg(test)]
mod tests;
