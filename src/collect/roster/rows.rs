//! Rows with a header, as spreadsheets and staff systems write them. Any number of columns may hold
//! addresses and accounts of one person; a cell may hold several with semicolons between them.

use csv::{ReaderBuilder, StringRecord};

use super::{ACCOUNTS, Account, Entry, Reading, Roster, account, moment};
use crate::model::{Identity, PersonKind};
use crate::sources::machine::holds_address;

/// What a column holds.
enum Column {
    Email,
    Account(&'static Account),
    Team,
    From,
    To,
    Joined,
    Left,
    Kind,
    Name,
}

/// Reads the text.
pub(super) fn read(text: &str, reading: &Reading<'_>) -> Result<Roster, String> {
    if text.trim().is_empty() {
        return Err("is empty; a header and rows are valid".to_owned());
    }
    let mut rows = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = rows.headers().map_err(|_| "the header can't be read")?;
    let mut roster = Roster::default();
    let columns = columns(header, &mut roster);
    let named =
        |column: &Option<Column>| matches!(column, Some(Column::Email | Column::Account(_)));
    if !columns.iter().any(named) {
        return Err(format!(
            "the header names no column with people; known are {}",
            known()
        ));
    }
    for row in rows.into_records() {
        match row {
            Ok(row) => one(&row, &columns, reading, &mut roster),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                roster.problem(&format!("line {line}"), "", "is not UTF-8 text");
            }
        }
    }
    Ok(roster)
}

/// What stands between the values of a table, by its header: spreadsheets write tabs and semicolons, too.
pub fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty());
    [b'\t', b',', b';']
        .into_iter()
        .find(|byte| header.is_some_and(|header| header.as_bytes().contains(byte)))
        .unwrap_or(b',')
}

/// The columns that are known, in words.
pub(super) fn known() -> String {
    let accounts: Vec<&str> = ACCOUNTS.iter().map(|account| account.name).collect();
    format!(
        "email, {}, team, from, to, joined, left, kind, name; email2, github_3 and so on are more of the same",
        accounts.join(", ")
    )
}

fn columns(header: &StringRecord, roster: &mut Roster) -> Vec<Option<Column>> {
    let column = |(at, title): (usize, &str)| {
        let found = column(title);
        if found.is_none() && !title.trim().is_empty() {
            // Without a header the first row holds people.
            let named = match holds_address(title) || title.len() > 40 {
                true => String::new(),
                false => format!(" {title:?}"),
            };
            roster.notes.push(format!(
                "column {}{named} is unknown and left out; `readback people import --help` names those that \
                 are known",
                at + 1
            ));
        }
        found
    };
    header.iter().enumerate().map(column).collect()
}

fn column(title: &str) -> Option<Column> {
    let title = title.trim().trim_start_matches('\u{feff}').to_lowercase();
    let base = title
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches(['_', '-', ' ', '.']);
    Some(match base {
        "email" | "e-mail" | "mail" | "address" | "emails" => Column::Email,
        "team" | "department" => Column::Team,
        "from" | "team_from" | "since" => Column::From,
        "to" | "team_to" | "until" => Column::To,
        "joined" | "joined_at" => Column::Joined,
        "left" | "left_at" => Column::Left,
        "kind" => Column::Kind,
        "name" => Column::Name,
        other => Column::Account(account(other)?),
    })
}

fn one(row: &StringRecord, columns: &[Option<Column>], reading: &Reading<'_>, roster: &mut Roster) {
    let line = row.position().map_or(0, csv::Position::line);
    let place = format!("line {line}");
    let mut entry = Entry::new(place.clone());
    let mut faults: Vec<(usize, String)> = Vec::new();
    for (at, (cell, column)) in row.iter().zip(columns).enumerate() {
        let cell = cell.trim();
        let Some(column) = column.as_ref().filter(|_| !cell.is_empty()) else {
            continue;
        };
        let mut fault = |reason: String| faults.push((at + 1, reason));
        let mut date = || {
            moment(cell, reading.calendar)
                .map_err(&mut fault)
                .ok()
                .flatten()
        };
        match column {
            Column::Email => {
                for part in parts(cell) {
                    match Identity::bare(part) {
                        mail if mail.is_email() => entry.add(mail),
                        _ => fault(
                            "is no mail address; valid is one such as ada@example.org".to_owned(),
                        ),
                    }
                }
            }
            Column::Account(account) => {
                for part in parts(cell) {
                    entry.add(account.identity(part));
                }
            }
            Column::Team => entry.team = Some(cell.to_owned()),
            Column::From => entry.from = date(),
            Column::To => entry.to = date(),
            Column::Joined => entry.joined = date(),
            Column::Left => entry.left = date(),
            Column::Name => entry.name = Some(cell.to_owned()),
            Column::Kind => match PersonKind::ALL.iter().find(|kind| kind.name() == cell) {
                Some(kind) => entry.kind = *kind,
                None => fault("is no kind; valid are person, room, bot, service".to_owned()),
            },
        }
    }
    if faults.is_empty() {
        roster.take(entry);
    }
    for (column, reason) in faults {
        roster.problem(&place, &format!("column {column}"), reason);
    }
}

fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}
