//! Who came to a review, as Zoom tells it: the participants report that hosts download, with the head of
//! the meeting or without.

mod report;

use std::io::BufRead;

use super::presence::{Desk, Manner, text};
use super::{File, Kind, Setting, Sink, SourceError};
use crate::model::Millis;

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
    pull: None,
    push: None,
    probe: None,
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let desk = Desk::build(params, setting, "zoom", Manner::Strict)?;
    Ok(Box::new(Zoom { desk }))
}

struct Zoom {
    desk: Desk,
}

impl File for Zoom {
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
