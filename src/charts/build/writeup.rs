//! Pictures of one write-up: its reads by age.

use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Axis, Chart, Line, Plot, Point, Spark, Table};
use super::source;

/// Reads for every four weeks of age, a word high.
pub fn sparkline(summary: &Value, writeup: &Value) -> Chart {
    let values = values(writeup);
    let plot = if values.is_empty() {
        Plot::Nothing("no data yet".to_owned())
    } else {
        Plot::Spark(Spark {
            values: values.clone(),
        })
    };
    Chart {
        name: "sparkline".to_owned(),
        code: "R1".to_owned(),
        title: "Reads by age".to_owned(),
        unit: "reads in four weeks".to_owned(),
        n: None,
        source: source(summary, "R1"),
        alt: said(&values),
        plot,
        table: Table::default(),
    }
}

/// The same with axes, for the write-up's own page.
pub fn read_curve(summary: &Value, writeup: &Value) -> Chart {
    let values = values(writeup);
    let points = values
        .iter()
        .enumerate()
        .map(|(i, value)| Point {
            x: i as f64 * 4.0,
            value: *value,
            interval: None,
        })
        .collect();
    let rows = values
        .iter()
        .enumerate()
        .map(|(i, value)| {
            vec![
                format!("{} to {}", i * 4, i * 4 + 4),
                super::words(*value, 0),
            ]
        })
        .collect();
    let plot = if values.is_empty() {
        Plot::Nothing("no read seen here yet".to_owned())
    } else {
        Plot::Line(Line {
            axis: Axis::Weeks,
            log: true,
            points,
            trend: None,
        })
    };
    Chart {
        unit: match values.contains(&Cell::Withheld) {
            true => "reads in four weeks, log; rings: 0; hatched: withheld",
            false => "reads in four weeks, log; rings: 0",
        }
        .to_owned(),
        name: "read-curve".to_owned(),
        n: Some(format!("{} weeks", values.len() * 4)),
        table: Table {
            head: vec!["weeks of age".to_owned(), "reads".to_owned()],
            rows,
        },
        plot,
        ..sparkline(summary, writeup)
    }
}

/// The reads by four weeks. Every bin up to the latest read is known, so a null is withheld.
fn values(writeup: &Value) -> Vec<Cell> {
    reading::list(writeup, "reads_by_age")
        .iter()
        .map(|value| value.as_f64().map_or(Cell::Withheld, Cell::Value))
        .collect()
}

fn said(values: &[Cell]) -> String {
    let Some(last) = values.last() else {
        return "No read seen here yet.".to_owned();
    };
    let first = values.first().copied().unwrap_or(Cell::Missing);
    format!(
        "Reads by age: {} in the first four weeks, {} in the latest.",
        super::words(first, 0),
        super::words(*last, 0)
    )
}
