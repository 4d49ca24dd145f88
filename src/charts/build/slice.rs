//! Pictures of a part of the write-ups: its reads by age.

use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Axis, Chart, Line, Plot, Point};
use super::{Context, marks, too_few, words};

/// A week of reads in days.
const WEEK: f64 = 7.0;

/// Reads of a slice by thirty days of age.
pub fn slice_curve(summary: &Value, slice: &Value) -> Chart {
    let context = Context {
        summary,
        code: "L1",
    };
    let unit = "reads a week for each write-up, log scale";
    let mut chart = context.chart("slice", "Reads by age of the write-up", unit);
    let curve = reading::list(slice, "curve");
    let weekly = |entry: &Value, name: &str| match reading::cell(entry, name) {
        Cell::Value(rate) => Cell::Value(rate * WEEK),
        other => other,
    };
    let points: Vec<Point> = curve
        .iter()
        .filter_map(|entry| {
            let limits = weekly(entry, "lo").get().zip(weekly(entry, "hi").get());
            Some(Point {
                x: reading::cell(entry, "from_day").get()? / WEEK,
                value: weekly(entry, "rate"),
                interval: limits,
            })
        })
        .collect();
    let known = points
        .iter()
        .filter_map(|point| Some((point.x, point.value.get()?)));
    let known: Vec<(f64, f64)> = known.collect();
    chart.alt = match known.first().zip(known.last()) {
        None => "No reads by age that could be told.".to_owned(),
        Some((first, last)) => format!(
            "Reads a week for each write-up by its age: {} from day {:.0}, {} from day {:.0}.",
            reading::measure(first.1),
            first.0 * WEEK,
            reading::measure(last.1),
            last.0 * WEEK
        ),
    };
    chart.unit.push_str(&marks(&points));
    let head = [
        "from day of age",
        "reads",
        "write-up-days",
        "reads a week",
        "95 % from",
        "to",
    ];
    chart.table.head = head.map(str::to_owned).to_vec();
    chart.table.rows = curve
        .iter()
        .map(|entry| {
            vec![
                words(reading::cell(entry, "from_day"), 0),
                words(reading::cell(entry, "k"), 0),
                words(reading::cell(entry, "exposure"), 0),
                words(weekly(entry, "rate"), 2),
                words(weekly(entry, "lo"), 2),
                words(weekly(entry, "hi"), 2),
            ]
        })
        .collect();
    chart.plot = too_few(&points, "reads a week").unwrap_or(Plot::Line(Line {
        axis: Axis::Weeks,
        log: true,
        gap: "not watched".to_owned(),
        points,
        trend: None,
        levels: Vec::new(),
    }));
    chart
}
