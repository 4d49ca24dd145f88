//! Pictures of one write-up: its reads by age.

use serde_json::Value;

use super::super::reading::{self, Cell, count};
use super::super::{Axis, Chart, Line, Plot, Point, Spark, Table};
use super::{marks, source, too_few, words};
use crate::model::{DAY_MS, Millis, parse_rfc3339};

/// Weeks of age that one value covers.
const BIN_WEEKS: f64 = 4.0;
const BIN_MS: Millis = 28 * DAY_MS;
/// What the values count.
const UNIT: &str = "reads in four weeks";

/// Reads for every four weeks of age, a word high.
pub fn sparkline(summary: &Value, writeup: &Value) -> Chart {
    let values = values(summary, writeup);
    let known = values.iter().filter(|value| value.get().is_some()).count();
    let plot = if known > 1 {
        Plot::Spark(Spark {
            values: values.clone(),
        })
    } else {
        Plot::Nothing("Too little is known for a line.".to_owned())
    };
    Chart {
        name: "sparkline".to_owned(),
        code: "R1".to_owned(),
        title: "Reads by age".to_owned(),
        unit: UNIT.to_owned(),
        n: None,
        source: source(summary, "R1"),
        alt: said(&values),
        plot,
        marks: Vec::new(),
        table: Table::default(),
    }
}

/// The same with axes, for the write-up's own page.
pub fn read_curve(summary: &Value, writeup: &Value) -> Chart {
    let values = values(summary, writeup);
    let points: Vec<Point> = values
        .iter()
        .zip(0u32..)
        .map(|(value, i)| Point {
            x: f64::from(i) * BIN_WEEKS,
            value: *value,
            interval: None,
        })
        .collect();
    let rows = points
        .iter()
        .map(|point| {
            let reads = match point.value {
                Cell::Missing => "not watched".to_owned(),
                told => words(told, 0),
            };
            vec![format!("{} to {}", point.x, point.x + BIN_WEEKS), reads]
        })
        .collect();
    let unit = format!("{UNIT}, log scale{}", marks(&points));
    let plot = if values.iter().all(|value| *value == Cell::Missing) {
        Plot::Nothing("No read seen here yet.".to_owned())
    } else {
        too_few(&points, UNIT).unwrap_or(Plot::Line(Line {
            axis: Axis::Weeks,
            log: true,
            gap: "not watched".to_owned(),
            points,
            trend: None,
            levels: Vec::new(),
        }))
    };
    Chart {
        unit: match plot {
            Plot::Nothing(_) => UNIT.to_owned(),
            _ => unit,
        },
        name: "read-curve".to_owned(),
        table: Table {
            head: vec!["weeks of age".to_owned(), "reads".to_owned()],
            rows,
        },
        plot,
        ..sparkline(summary, writeup)
    }
}

/// The reads by four weeks. Every bin up to the latest read is known, so a null is withheld. A
/// nought says that nobody came only where somebody was watching most of the time.
fn values(summary: &Value, writeup: &Value) -> Vec<Cell> {
    let watch = Watch::new(summary, writeup);
    reading::list(writeup, "reads_by_age")
        .iter()
        .zip(0..)
        .map(|(value, bin)| match value.as_f64() {
            Some(0.0) if !watch.saw(bin) => Cell::Missing,
            Some(reads) => Cell::Value(reads),
            None => Cell::Withheld,
        })
        .collect()
}

/// When reads were watched: `watched_by_age`, the share of each four weeks in which this write-up's
/// reads were observed; where the summary has no such list, the time in which any source of reads
/// was watching, since outside it nobody saw a read of anything.
struct Watch<'a> {
    shares: &'a [Value],
    published: Option<Millis>,
    end: Millis,
    windows: Vec<(Millis, Millis)>,
}

impl<'a> Watch<'a> {
    fn new(summary: &'a Value, writeup: &'a Value) -> Watch<'a> {
        let health = summary.get("health").unwrap_or(&Value::Null);
        let end = parse_rfc3339(reading::text(summary, "as_of")).unwrap_or(Millis::MAX);
        let reads = |entry: &&Value| matches!(reading::text(entry, "kind"), "read" | "read_count");
        let instant = |entry: &Value, key: &str| parse_rfc3339(reading::text(entry, key));
        let windows = reading::list(health, "coverage")
            .iter()
            .filter(reads)
            .filter_map(|w| Some((instant(w, "from")?, instant(w, "to").unwrap_or(end))))
            .collect();
        Watch {
            shares: reading::list(writeup, "watched_by_age"),
            published: instant(writeup, "published_at"),
            end,
            windows: merged(windows),
        }
    }

    /// Whether at least half of the four weeks of this number was watched.
    fn saw(&self, bin: usize) -> bool {
        if let Some(share) = self.shares.get(bin).and_then(Value::as_f64) {
            return share >= 0.5;
        }
        let Some(from) = self
            .published
            .filter(|_| !self.windows.is_empty())
            .zip(Millis::try_from(bin).ok())
            .map(|(published, bin)| published + bin * BIN_MS)
        else {
            return true;
        };
        let to = (from + BIN_MS).min(self.end);
        let inside = |&(a, b): &(Millis, Millis)| (b.min(to) - a.max(from)).max(0);
        let watched: Millis = self.windows.iter().map(inside).sum();
        watched * 2 >= to - from
    }
}

/// Windows in order, those that touch made one.
fn merged(mut windows: Vec<(Millis, Millis)>) -> Vec<(Millis, Millis)> {
    windows.sort_unstable();
    let mut apart: Vec<(Millis, Millis)> = Vec::new();
    for (from, to) in windows {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

fn said(values: &[Cell]) -> String {
    let tell = |cell: Cell| match cell {
        Cell::Value(reads) => count(reads),
        Cell::Withheld => "withheld".to_owned(),
        Cell::Missing => "not watched".to_owned(),
    };
    match values {
        [] => "No read seen here yet.".to_owned(),
        [only] => format!("Reads by age: {} in the first four weeks.", tell(*only)),
        [first, .., last] => format!(
            "Reads by age: {} in the first four weeks, {} in weeks {} to {}.",
            tell(*first),
            tell(*last),
            (values.len() - 1) * 4,
            values.len() * 4
        ),
    }
}
