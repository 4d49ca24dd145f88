//! A table of published results: its columns with their types, and its rows. JSON, CSV, Parquet and the
//! OpenAPI document are all made from it.

use chrono::{Days, NaiveDate};
use serde_json::{Map, Value as Json, json};

use crate::model::{Millis, to_rfc3339};

/// What is known of a table before there is a summary.
pub(super) struct Table {
    /// As it is called in its address.
    pub(super) name: &'static str,
    /// What it holds, in a sentence.
    pub(super) what: &'static str,
    /// Its columns.
    pub(super) columns: &'static [Column],
    /// Its rows in a summary, a cell for each column.
    pub(super) rows: fn(&Json) -> Vec<Vec<Cell>>,
    /// Whether it tells of single write-ups, restricted ones among them for those who may see them.
    pub(super) tells_writeups: bool,
}

/// A column of a table.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether a row may have nothing here: it is not known, or withheld.
    pub(super) may_lack: bool,
    pub(super) means: &'static str,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Flag,
    /// RFC 3339, UTC.
    Instant,
    /// `2026-03-02`.
    Day,
}

/// What stands in a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Nothing,
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
    /// UTC ms.
    Instant(Millis),
    /// Days since 1970.
    Day(u16),
}

impl Cell {
    pub(super) fn json(&self) -> Json {
        match self {
            Cell::Nothing => Json::Null,
            Cell::Text(text) => text.as_str().into(),
            Cell::Integer(n) => (*n).into(),
            Cell::Number(n) => number(*n),
            Cell::Flag(flag) => (*flag).into(),
            Cell::Instant(at) => to_rfc3339(*at).into(),
            Cell::Day(day) => date(*day).into(),
        }
    }

    /// As it stands in a file of text.
    pub(super) fn text(&self) -> String {
        match self {
            Cell::Nothing => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Integer(n) => n.to_string(),
            Cell::Number(n) => n.to_string(),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Instant(at) => to_rfc3339(*at),
            Cell::Day(day) => date(*day),
        }
    }
}

/// A whole number without a point, as the summary has it.
fn number(n: f64) -> Json {
    /// From here on not every whole number is one of these.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match n.fract() == 0.0 && n.abs() < EXACT {
        true => (n as i64).into(),
        false => n.into(),
    }
}

fn date(day: u16) -> String {
    let date = NaiveDate::default().checked_add_days(Days::new(day.into()));
    date.unwrap_or_default().to_string()
}

/// Where there may be nothing.
pub(super) fn or<T>(value: Option<T>, cell: fn(T) -> Cell) -> Cell {
    value.map_or(Cell::Nothing, cell)
}

impl Table {
    /// A row as an object.
    pub(super) fn object(&self, row: &[Cell]) -> Json {
        let fields = self.columns.iter().zip(row);
        let fields = fields.map(|(column, cell)| (column.name.to_owned(), cell.json()));
        Json::Object(fields.collect())
    }

    /// The JSON Schema of a row.
    pub(super) fn schema(&self) -> Json {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        let fields: Map<String, Json> = self
            .columns
            .iter()
            .map(|column| (column.name.to_owned(), column.schema()))
            .collect();
        json!({
            "type": "object", "properties": fields, "required": names, "additionalProperties": false,
        })
    }
}

impl Column {
    fn schema(&self) -> Json {
        let (name, format) = match self.kind {
            Kind::Text => ("string", None),
            Kind::Integer => ("integer", None),
            Kind::Number => ("number", None),
            Kind::Flag => ("boolean", None),
            Kind::Instant => ("string", Some("date-time")),
            Kind::Day => ("string", Some("date")),
        };
        let kind = match self.may_lack {
            true => json!([name, "null"]),
            false => json!(name),
        };
        let mut schema = json!({ "type": kind, "description": self.means });
        if let Some(format) = format {
            schema["format"] = format.into();
        }
        schema
    }
}
