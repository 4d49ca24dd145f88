//! The attendance report of Teams since 2022, in three numbered sections (summary, participants, one
//! row for each stay), and its forerunner of 2021 (`Meeting Summary`, then one row for each stay).
//!
//! Headings are in the downloader's language, so sections are known by their numbers and columns by
//! their places: name, join, leave, duration, then address, role and account.

use std::collections::HashMap;

use crate::sources::presence::dates::{Stamp, duration};
use crate::sources::presence::text::Row;

/// What a report says, before its dates are understood.
#[derive(Default)]
pub(super) struct Report {
    /// The meeting's title.
    pub(super) title: String,
    /// The dates of the summary: start and end, as far as they are there.
    pub(super) bounds: Vec<(String, Stamp)>,
    /// One entry for each person.
    pub(super) participants: Vec<Entry>,
    /// One entry for each stay.
    pub(super) stays: Vec<Entry>,
    /// Rows that could not be read: where, and which column.
    pub(super) unread: Vec<(String, &'static str)>,
}

/// A row about somebody.
pub(super) struct Entry {
    /// Where it stands.
    pub(super) place: String,
    /// The name shown in the meeting.
    pub(super) name: String,
    /// The address or account.
    pub(super) email: Option<String>,
    /// When they came.
    pub(super) joined: Stamp,
    /// When they left, if it says so.
    pub(super) left: Option<Stamp>,
    /// The length of the stay or of all stays as stated, ms.
    pub(super) stated_ms: Option<u64>,
    /// It states one that is not understood.
    pub(super) is_vague: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Summary,
    Participants,
    Stays,
    Other,
}

/// Whether the file begins like a report.
pub(super) fn is_report(rows: &[Row]) -> bool {
    rows.first().is_some_and(|row| {
        section(row).is_some() || row.cell(0).eq_ignore_ascii_case("meeting summary")
    })
}

/// Reads a report.
pub(super) fn parse(rows: &[Row]) -> Report {
    let mut report = Report::default();
    let mut now = Section::Summary;
    let mut header_next = false;
    for row in rows {
        if let Some(next) = section(row) {
            now = next;
            header_next = true;
        } else if now == Section::Summary && row.filled() >= 4 {
            // The report of 2021 goes on without a heading.
            now = Section::Stays;
            header_next = false;
        } else {
            match now {
                Section::Summary => summary(row, &mut report),
                Section::Participants | Section::Stays if header_next => header_next = false,
                Section::Participants | Section::Stays => match entry(row) {
                    Ok(entry) if now == Section::Stays => report.stays.push(entry),
                    Ok(entry) => report.participants.push(entry),
                    Err(column) => report.unread.push((row.place(), column)),
                },
                Section::Other => {}
            }
        }
    }
    fill_addresses(&mut report);
    report
}

/// The section that a heading such as `2. Participants` opens.
fn section(row: &Row) -> Option<Section> {
    let (number, title) = row.cell(0).split_once('.')?;
    if row.filled() != 1 || !title.starts_with(char::is_whitespace) {
        return None;
    }
    Some(match number {
        "1" => Section::Summary,
        "2" => Section::Participants,
        "3" => Section::Stays,
        _ if number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Section::Other
        }
        _ => return None,
    })
}

/// `Meeting title`, `Start time` and `End time`; in other languages the first value is the title and
/// the first two dates are start and end.
fn summary(row: &Row, report: &mut Report) {
    let (key, value) = (row.cell(0), row.cell(1));
    if let Some(stamp) = Stamp::parse(value) {
        report.bounds.push((row.place(), stamp));
    } else if key.eq_ignore_ascii_case("meeting title")
        || (report.title.is_empty() && row.line == 2)
    {
        report.title = value.to_owned();
    }
}

fn entry(row: &Row) -> Result<Entry, &'static str> {
    let (left, length) = (row.cell(2), row.cell(3));
    let stated_ms = duration(length);
    Ok(Entry {
        place: row.place(),
        name: row.cell(0).to_owned(),
        email: row
            .cells()
            .skip(4)
            .find(|cell| cell.contains('@'))
            .map(str::to_owned),
        joined: Stamp::parse(row.cell(1)).ok_or("join time")?,
        left: match left {
            "" => None,
            _ => Some(Stamp::parse(left).ok_or("leave time")?),
        },
        stated_ms,
        is_vague: stated_ms.is_none() && !length.is_empty(),
    })
}

/// Some stays leave the address out that the list of participants has. A name is only looked up if
/// one address goes with it.
fn fill_addresses(report: &mut Report) {
    let mut addresses: HashMap<&str, Option<&str>> = HashMap::new();
    for person in &report.participants {
        let address = person.email.as_deref();
        addresses
            .entry(&person.name)
            .and_modify(|known| *known = known.filter(|known| Some(*known) == address))
            .or_insert(address);
    }
    for stay in &mut report.stays {
        if stay.email.is_none() {
            stay.email = addresses
                .get(stay.name.as_str())
                .copied()
                .flatten()
                .map(str::to_owned);
        }
    }
}
