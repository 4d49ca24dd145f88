//! The age-matched series. A slope is drawn only where its verdict is clear.

use chrono::Datelike as _;
use serde_json::Value;

use super::super::reading::{self, Cell, month_index, month_name};
use super::super::{Axis, Chart, Line, Mark, Plot, Point, together};
use super::{Context, too_few, words};

/// T0: reads a working day for each write-up in the age window, by month.
pub(super) fn age_matched(context: Context) -> Vec<Chart> {
    let late = context.parameter("late", 90.0);
    let title = format!("Reads at age {late:.0} to {:.0} days, by month", late * 2.0);
    let mut chart = context.chart(
        "age-matched",
        &title,
        "reads a working day for each write-up",
    );
    let series = reading::list(context.results(), "series");
    let points = points(series);
    let known: Vec<&Point> = points
        .iter()
        .filter(|point| point.value.get().is_some())
        .collect();
    let Some((first, last)) = known.first().zip(known.last()) else {
        chart.alt = "No complete month with write-ups of that age yet.".to_owned();
        return vec![chart];
    };
    chart.n = Some(match known.len() {
        1 => "1 month".to_owned(),
        months => format!("{months} months"),
    });
    let trend = clear_trend(context, known.len()).and_then(|trend| line(&points, trend));
    let latest = match first.x == last.x {
        true => String::new(),
        false => format!(", {} in {}", measured(last), month_name(last.x as i32)),
    };
    chart.alt = format!(
        "{title}: {} a working day for each write-up in {}{latest}.{}",
        measured(first),
        month_name(first.x as i32),
        match trend {
            Some(_) => " A second line shows the trend.",
            None => "",
        }
    );
    chart.marks = marks(context);
    for mark in chart
        .marks
        .iter()
        .filter(|mark| first.x <= mark.x && mark.x <= last.x + 1.0)
    {
        let month = month_name(mark.x.floor() as i32);
        chart
            .alt
            .push_str(&format!(" Marked in {month}: {}.", mark.words));
    }
    chart.table.head = ["month", "reads", "write-ups times working days", "for each"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    chart.table.rows = series
        .iter()
        .filter(|entry| for_each(entry) != Cell::Missing)
        .map(|entry| {
            vec![
                reading::text(entry, "month").to_owned(),
                words(reading::cell(entry, "window_reads"), 0),
                words(reading::cell(entry, "window_exposure"), 0),
                words(for_each(entry), 2),
            ]
        })
        .collect();
    chart.plot =
        too_few(&points, "reads a working day for each write-up").unwrap_or(Plot::Line(Line {
            axis: Axis::Months,
            log: false,
            gap: "no data".to_owned(),
            points,
            trend,
            levels: Vec::new(),
        }));
    vec![chart]
}

/// What somebody says changed, where it stands among the months.
fn marks(context: Context) -> Vec<Mark> {
    let changes = reading::list(reading::results(context.summary, "T6"), "annotations").iter();
    let mark = |change: &Value| {
        let on: chrono::NaiveDate = reading::text(change, "on").parse().ok()?;
        let month = f64::from(month_index(&on.format("%Y-%m").to_string())?);
        Some(Mark {
            x: month + f64::from(on.day0()) / 31.0,
            until: None,
            words: reading::text(change, "text").to_owned(),
        })
    };
    changes.filter_map(mark).collect()
}

/// The points of T0's line, for those that look at it in another way.
pub(super) fn months(context: Context) -> Vec<Point> {
    points(reading::list(
        reading::results(context.summary, "T0"),
        "series",
    ))
}

/// The summary tells reads for a hundred write-ups; a reader thinks of one.
pub(super) const HUNDRED: f64 = 100.0;

fn for_each(entry: &Value) -> Cell {
    match reading::cell(entry, "window_per_100") {
        Cell::Value(value) => Cell::Value(value / HUNDRED),
        other => other,
    }
}

fn measured(point: &Point) -> String {
    point.value.get().map_or_else(String::new, reading::measure)
}

/// One point a month from the first known to the last, with holes where months are missing. Months
/// before and after that had no write-up of the age, or nobody watching.
fn points(series: &[Value]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for entry in series {
        let Some(month) = month_index(reading::text(entry, "month")) else {
            continue;
        };
        let value = for_each(entry);
        if points.is_empty() && value == Cell::Missing {
            continue;
        }
        let next = points.last().map_or(month, |point| point.x as i32 + 1);
        for hole in next..month {
            points.push(Point {
                x: f64::from(hole),
                value: Cell::Missing,
                interval: None,
            });
        }
        points.push(Point {
            x: f64::from(month),
            value,
            interval: None,
        });
    }
    let end = points
        .iter()
        .rposition(|point| point.value != Cell::Missing);
    points.truncate(end.map_or(0, |last| last + 1));
    points
}

/// Slope of T1, where there is a clear verdict.
fn clear_trend(context: Context, months: usize) -> Option<f64> {
    let trend = reading::results(context.summary, "T1").get("trend")?;
    let verdict = together::of_months(context.summary).verdict;
    let clear = matches!(verdict, "rising" | "falling");
    if !clear || months < 12 {
        return None;
    }
    let slope = reading::cell(trend.get("theil_sen")?, "slope").get()?;
    Some(slope / HUNDRED)
}

/// The Theil-Sen line through the medians, over the months that are known.
fn line(points: &[Point], slope: f64) -> Option<[(f64, f64); 2]> {
    let known: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|point| Some((point.x, point.value.get()?)))
        .collect();
    let (first, last) = known.first().zip(known.last())?;
    let intercept = median(known.iter().map(|p| p.1).collect())?
        - slope * median(known.iter().map(|p| p.0).collect())?;
    Some([
        (first.0, intercept + slope * first.0),
        (last.0, intercept + slope * last.0),
    ])
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied()?;
    let lower = if values.len().is_multiple_of(2) {
        values.get(middle.checked_sub(1)?).copied()?
    } else {
        upper
    };
    Some((lower + upper) / 2.0)
}
