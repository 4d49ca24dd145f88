//! A table of write-ups, as people keep them: one row a write-up. What is wrong with a row is told by its
//! line and column.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use xxhash_rust::xxh3::xxh3_64;

use crate::collect::roster::{self, somebody};
use crate::model::{Calendar, Marks, Millis, RETRACTED, Writeup, parse_rfc3339};
use crate::sources::Problem;
use crate::sources::machine::holds_address;

/// The columns that a file may have.
pub const COLUMNS: [&str; 20] = [
    "id",
    "title",
    "url",
    "published",
    "deleted",
    "team",
    "authors",
    "responders",
    "reviewers",
    "facilitators",
    "aliases",
    "tags",
    "template",
    "words",
    "diagrams",
    "restricted",
    "surprised",
    "difficult",
    "unclear",
    "several_accounts",
];

/// The longest file, bytes: a hundred thousand write-ups.
pub const MAX_FILE: u64 = 64 << 20;

/// A write-up as a row describes it.
#[derive(Clone, Debug)]
pub struct Row {
    pub(super) line: u64,
    /// `None` leaves it as it is.
    pub(super) restricted: Option<bool>,
    pub(super) writeup: Writeup,
    /// A hash of all that it says.
    pub(super) content: u64,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct Table {
    /// The good rows.
    pub rows: Vec<Row>,
    /// What is wrong with the others.
    pub problems: Vec<Problem>,
}

/// Reads a table.
///
/// # Errors
/// It is no table of write-ups: no `id`, columns that nobody knows, or no text.
pub fn read(bytes: &[u8], calendar: &Calendar) -> anyhow::Result<Table> {
    let text = roster::text(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(roster::delimiter(&text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = columns(reader.headers().context("the header can't be read")?)?;
    let mut table = Table::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for record in reader.records() {
        // The text is UTF-8 and rows may have any length: nothing else can be wrong.
        let record = record.context("a row can't be read")?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        let mut problems = Problems {
            line,
            list: Vec::new(),
        };
        let row = row(&header, &record, calendar, &mut problems);
        if let Some(earlier) = seen.get(&row.writeup.id) {
            problems.add(
                "id",
                format!("stands in line {earlier} already; once is valid"),
            );
        }
        if problems.list.is_empty() {
            seen.insert(row.writeup.id.clone(), line);
            table.rows.push(row);
        }
        table.problems.append(&mut problems.list);
    }
    Ok(table)
}

/// The columns in their order.
fn columns(header: &csv::StringRecord) -> anyhow::Result<Vec<&'static str>> {
    let mut columns = Vec::with_capacity(header.len());
    let known = || COLUMNS.join(", ");
    for name in header {
        let plain = name.trim().to_ascii_lowercase();
        let Some(column) = COLUMNS.into_iter().find(|column| *column == plain) else {
            bail!("unknown column {}; known are {}", shown(name), known());
        };
        if columns.contains(&column) {
            bail!("the column {column} stands there twice; once is valid");
        }
        columns.push(column);
    }
    if !columns.contains(&"id") {
        bail!("there is no column id; known are {}", known());
    }
    Ok(columns)
}

/// What is wrong with one line.
pub(super) struct Problems {
    pub(super) line: u64,
    pub(super) list: Vec<Problem>,
}

impl Problems {
    pub(super) fn add(&mut self, column: &str, reason: impl Into<String>) {
        self.list.push(Problem {
            place: format!("line {}", self.line),
            field: column.to_owned(),
            reason: reason.into(),
        });
    }
}

/// A value as it is told: cut to a readable length, and not at all where it may name somebody.
pub fn shown(value: &str) -> String {
    if holds_address(value) {
        return "the text".to_owned();
    }
    match value.char_indices().nth(60) {
        Some((cut, _)) => format!("{:?}\u{2026}", &value[..cut]),
        None => format!("{value:?}"),
    }
}

fn row(
    header: &[&'static str],
    record: &csv::StringRecord,
    calendar: &Calendar,
    problems: &mut Problems,
) -> Row {
    if record.len() != header.len() {
        let (values, columns) = (record.len(), header.len());
        let words = format!(
            "has {values} values and the header {columns} columns; a comma in a value needs quotes around it"
        );
        problems.add("", words);
    }
    let given = header
        .iter()
        .zip(record)
        .map(|(column, value)| (*column, value.trim()));
    let given: BTreeMap<&str, &str> = given.filter(|(_, value)| !value.is_empty()).collect();
    let text = |column: &str| given.get(column).map(|value| (*value).to_owned());
    let list = |column: &str| {
        let value = given.get(column).copied().unwrap_or_default();
        let each = value.split(';').map(str::trim);
        each.filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let people = |column: &str| {
        let names = list(column).into_iter();
        let people = names.map(|name| somebody(&name));
        people
            .filter(|person| !person.value.is_empty())
            .collect::<Vec<_>>()
    };
    for column in ["authors", "responders", "reviewers", "facilitators"] {
        if list(column).iter().any(|name| is_several(name)) {
            let words =
                "holds an address with a space or a comma in it; several people stand apart by ;";
            problems.add(column, words);
        }
    }
    let mut parse = Parse {
        given: &given,
        calendar,
        problems,
    };
    let (published_at, deleted_at) = (parse.at("published"), parse.at("deleted"));
    let (words, diagrams) = (parse.count("words"), parse.count("diagrams"));
    let restricted = parse.flag("restricted");
    let marks = Marks {
        surprised: parse.flag("surprised"),
        difficult: parse.flag("difficult"),
        unclear: parse.flag("unclear"),
        several_accounts: parse.flag("several_accounts"),
    };
    if published_at
        .zip(deleted_at)
        .is_some_and(|(published, deleted)| deleted < published)
    {
        problems.add(
            "deleted",
            "lies before published; it should be the later of the two",
        );
    }
    let id = text("id").unwrap_or_default();
    match id.as_str() {
        "" => problems.add(
            "id",
            "is missing; valid is any name that stays, such as INC-123",
        ),
        id if id.ends_with(RETRACTED) => problems.add("id", format!("{} is no id", shown(id))),
        _ => {}
    }
    // The order of columns says nothing.
    let content: Vec<String> = given
        .iter()
        .map(|(column, value)| format!("{column}={value}"))
        .collect();
    Row {
        line: problems.line,
        restricted,
        content: xxh3_64(content.join("\u{1f}").as_bytes()),
        writeup: Writeup {
            title: text("title"),
            url: text("url"),
            published_at,
            deleted_at,
            owner_team: text("team"),
            contributors: people("authors"),
            responders: people("responders"),
            reviewers: people("reviewers"),
            facilitators: people("facilitators"),
            aliases: list("aliases"),
            tags: list("tags"),
            template: text("template"),
            words,
            diagrams,
            marks,
            ..Writeup::new(id)
        },
    }
}

/// Whether what should be one person is several addresses in a row, or an address and something beside it.
fn is_several(name: &str) -> bool {
    let parts = name.split(|c: char| c.is_whitespace() || c == ',');
    name.contains('@') && parts.filter(|part| !part.is_empty()).count() > 1
}

/// Takes values that are no text.
struct Parse<'a> {
    given: &'a BTreeMap<&'a str, &'a str>,
    calendar: &'a Calendar,
    problems: &'a mut Problems,
}

impl Parse<'_> {
    fn value<T>(
        &mut self,
        column: &str,
        valid: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.given.get(column)?;
        let parsed = parse(value);
        if parsed.is_none() {
            let words = format!("{} is not valid; valid is {valid}", shown(value));
            self.problems.add(column, words);
        }
        parsed
    }

    fn at(&mut self, column: &str) -> Option<Millis> {
        let calendar = self.calendar;
        let valid =
            "a date such as 2026-07-01, or an RFC 3339 instant such as 2026-07-01T09:00:00Z";
        self.value(column, valid, |text| {
            let date = || {
                let date: NaiveDate = text.parse().ok()?;
                Some(calendar.midnight(date))
            };
            // The instants that an RFC 3339 text may name.
            let sensible = -2_208_988_800_000..10_413_792_000_000;
            parse_rfc3339(text)
                .or_else(date)
                .filter(|at| sensible.contains(at))
        })
    }

    fn count(&mut self, column: &str) -> Option<u32> {
        self.value(column, "a whole number from 0 on", |text| text.parse().ok())
    }

    fn flag(&mut self, column: &str) -> Option<bool> {
        self.value(column, "yes or no, or nothing", |text| {
            match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "1" => Some(true),
                "no" | "false" | "0" => Some(false),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(text: &str) -> anyhow::Result<Table> {
        read(text.as_bytes(), &Calendar::new(chrono_tz::Tz::UTC))
    }

    fn problems(text: &str) -> Vec<String> {
        let table = table(text).unwrap();
        table.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_row_is_a_write_up() {
        let text = "\u{feff}ID,title,published,authors,aliases,surprised,words\r\n\
                    INC-1,\"Disk, full\",2025-03-01, ada@example.org; bob ;,a;b,no,120\r\n,,,,,,\r\n";
        let table = table(text).unwrap();
        assert!(table.problems.is_empty(), "{:?}", table.problems);
        let [row] = &table.rows[..] else {
            panic!("{:?}", table.rows)
        };
        assert_eq!(row.writeup.title.as_deref(), Some("Disk, full"));
        assert_eq!(row.writeup.published_at, Some(1_740_787_200_000));
        assert_eq!(row.writeup.contributors.len(), 2);
        assert_eq!(row.writeup.aliases, ["a", "b"]);
        assert_eq!(row.writeup.marks.surprised, Some(false));
        assert_eq!(row.writeup.marks.difficult, None);
        assert_eq!(row.writeup.words, Some(120));
        assert_eq!(row.restricted, None);
    }

    #[test]
    fn the_order_of_columns_and_spaces_say_nothing() {
        let content = |text: &str| table(text).unwrap().rows[0].content;
        let one = content("id,title,team\nINC-1,Disk,\n");
        assert_eq!(one, content("title,id\n Disk ,INC-1\n"));
        assert_ne!(one, content("title,id\nDisk,INC-2\n"));
    }

    #[test]
    fn wrong_values_are_told_by_place() {
        let text = "id,published,deleted,words,restricted,authors\n\
                    ,2025-03-01,,,,\n\
                    INC-1,soon,,-1,maybe,\n\
                    INC-2,2025-03-02,2025-03-01,,,\n\
                    INC-3,,,ada@example.org,,\n\
                    INC-4,x\n\
                    INC-5,,,,,\n\
                    INC-5,,,,,\n\
                    INC-6,,,,,ada@example.org bob@example.org\n\
                    INC-7,,,,,\"ada@example.org, bob\"\n\
                    INC-8,,,,,ada@example.org; Grace Hopper\n";
        insta::assert_snapshot!(problems(text).join("\n"));
        assert_eq!(table(text).unwrap().rows.len(), 2);
    }

    #[test]
    fn another_table_is_refused() {
        let words = |text: &str| table(text).unwrap_err().to_string();
        assert!(words("id,colour\n").starts_with("unknown column \"colour\"; known are id, title"));
        assert!(words("id,ada@example.org\n").starts_with("unknown column the text;"));
        assert!(words("title\n").starts_with("there is no column id"));
        assert!(words("id,id\n").contains("twice"));
    }

    #[test]
    fn spreadsheets_write_in_their_own_ways() {
        let wide: Vec<u8> = "\u{feff}id\ttitle\nINC-1\tKlärung; zwei\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let calendar = Calendar::new(chrono_tz::Tz::UTC);
        for (bytes, title) in [
            (&wide[..], "Klärung; zwei"),
            (b"id;title\nINC-1;A, b\n", "A, b"),
            (b"id,title\r\nINC-1,Kl\xe4rung\r\n", "Klärung"),
        ] {
            let table = read(bytes, &calendar).unwrap();
            assert_eq!(table.rows[0].writeup.title.as_deref(), Some(title));
        }
    }

    proptest! {
        #[test]
        fn any_table_is_read_or_refused(text in "(id,title,published,words\n)?[ -~\n\"]{0,80}") {
            if let Ok(table) = table(&text) {
                let lines = text.lines().count();
                prop_assert!(table.rows.len() <= lines);
            }
        }
    }
}
