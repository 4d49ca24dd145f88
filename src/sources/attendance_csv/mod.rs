//! Who came to a review, from attendance lists: those of Microsoft Teams, and a plain table of our
//! own. Each is read by its own file; this one tells them apart. What a list leaves open is assumed and
//! said; the kinds of one tool each (`teams`, `zoom`, `meet`) refuse it.

mod plain;

use super::presence::list::{Lists, Sheet};
use super::presence::{Desk, Manner, text};
use super::teams::csv;
use super::{File, Kind, Setting, Sink, SourceError};

/// Attendance from lists.
pub static KIND: Kind = Kind {
    name: "attendance-csv",
    summary: "attendance, from the lists of Microsoft Teams or a plain table",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "reviews"
kind = "attendance-csv"
# The occurrence; without it a Teams report's title and start make one.
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

/// Whether this is a table of our own, by its columns.
pub fn is_table(mut bytes: &[u8], sink: &mut dyn Sink) -> bool {
    let table = text::table("", &mut bytes, sink);
    table.is_ok_and(|(_, rows)| plain::is_plain(&rows))
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    Lists::build(params, setting, "teams", Manner::Lenient, read)
}

fn read(desk: &Desk, sheet: &Sheet<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
    if csv::is_report(sheet.rows) {
        csv::read_report(desk, sheet.name, sheet.rows, sink)
    } else if plain::is_plain(sheet.rows) {
        plain::read(desk, sheet.name, sheet.rows, sink)
    } else if csv::is_log(sheet.rows) {
        csv::read_log(desk, sheet.name, sheet.rows, sink)
    } else {
        Err(SourceError::Format {
            name: sheet.name.to_owned(),
            reason: "is no attendance list; it should begin with \"1. Summary\" or with \"Full Name, User \
                     Action, Timestamp\" as Teams writes them, or have columns meeting, person and start"
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
