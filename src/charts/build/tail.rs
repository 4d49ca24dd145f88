//! Charts of the long tail: the read curve, the tail's share, still read, survival of readership.

use serde_json::Value;

use super::super::reading::{self, Cell, measure, share};
use super::super::{Axis, Chart, Curve, Line, Plot, Point, Step, Steps};
use super::{Context, WRITEUPS, counted, marks, share_dots, too_few, words};

/// Days of a week: the summary counts reads a write-up-day, people think in weeks.
pub(super) const WEEK: f64 = 7.0;

/// L1: reads a week for each write-up by week of age, on a logarithmic scale.
pub(super) fn read_curve(context: Context) -> Vec<Chart> {
    let mut chart = context.chart(
        "read-curve",
        "Reads by age of the write-up",
        "reads a week for each write-up, log scale",
    );
    let curve = reading::list(context.results(), "curve");
    let points: Vec<Point> = curve
        .iter()
        .filter_map(|entry| {
            let exposed = reading::cell(entry, "exposure")
                .get()
                .is_none_or(|e| e > 0.0);
            let rate = times(reading::cell(entry, "rate"), WEEK);
            Some(Point {
                x: reading::cell(entry, "week").get()?,
                value: if exposed { rate } else { Cell::Missing },
                interval: between(entry).filter(|_| exposed),
            })
        })
        .collect();
    let known: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|point| Some((point.x, point.value.get()?)))
        .collect();
    let Some((first, last)) = known.first().zip(known.last()) else {
        chart.alt = "No read with a known age yet.".to_owned();
        return vec![chart];
    };
    chart.alt = format!(
        "Reads a week for each write-up by its age: {} in week {:.0}, {} in week {:.0}.",
        measure(first.1),
        first.0,
        measure(last.1),
        last.0
    );
    chart.unit.push_str(&marks(&points));
    chart.table.head = heads(&[
        "week of age",
        "reads",
        "write-up-weeks",
        "reads a week",
        "95 % from",
        "to",
    ]);
    chart.table.rows = curve
        .iter()
        .map(|entry| {
            let cell = |key| reading::cell(entry, key);
            let columns = [
                (cell("week"), 0),
                (cell("k"), 0),
                (times(cell("exposure"), 1.0 / WEEK), 1),
                (times(cell("rate"), WEEK), 2),
            ];
            columns
                .into_iter()
                .map(|(cell, digits)| words(cell, digits))
                .chain(limits(between(entry)))
                .collect()
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
    vec![chart]
}

fn times(cell: Cell, factor: f64) -> Cell {
    match cell {
        Cell::Value(value) => Cell::Value(value * factor),
        other => other,
    }
}

/// The interval of reads a week between write-ups, which is the honest one; the Poisson interval
/// where the summary has no other.
pub(super) fn between(entry: &Value) -> Option<(f64, f64)> {
    let limit = |key: &str| reading::cell(entry, key).get();
    limit("between_lo")
        .zip(limit("between_hi"))
        .or_else(|| reading::interval(entry))
        .map(|(lo, hi)| (lo * WEEK, hi * WEEK))
}

fn limits(interval: Option<(f64, f64)>) -> [String; 2] {
    interval.map_or(["–".to_owned(), "–".to_owned()], |(lo, hi)| {
        [format!("{lo:.2}"), format!("{hi:.2}")]
    })
}

/// L3: share of the first year's reading that falls after day 90.
pub(super) fn tail_share(context: Context) -> Vec<Chart> {
    let late = context.parameter("late", 90.0);
    let tail = share(context.results(), "tail_share");
    let title = format!("Reads after day {late:.0}, of the first year's");
    let mut chart = context.chart("tail-share", &title, "share of reads");
    chart.n = tail
        .clusters
        .get()
        .map(|n| format!("{} watched a full year", counted(Cell::Value(n), WRITEUPS)));
    share_dots(chart, &[("Read months later", tail)])
}

/// L4: share of older write-ups that are still read.
pub(super) fn still_read(context: Context) -> Vec<Chart> {
    let still = share(context.results(), "still_read");
    let mut chart = context.chart("still-read", "Older write-ups, read lately", "share");
    chart.n = still.den.get().map(|n| counted(Cell::Value(n), WRITEUPS));
    share_dots(chart, &[("Read in the last four weeks", still)])
}

/// L5: how long write-ups go on being read.
pub(super) fn readership(context: Context) -> Vec<Chart> {
    let survival = context
        .results()
        .get("readership_survival")
        .unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "readership",
        "Not yet quiet, by age",
        "share of write-ups still being read",
    );
    chart.n = reading::cell(survival, "n")
        .get()
        .map(|n| counted(Cell::Value(n), WRITEUPS));
    let steps = steps(survival);
    if steps.is_empty() {
        chart.alt = "No write-up has been watched from its publication on yet.".to_owned();
        return vec![chart];
    }
    let at = |day: f64| {
        steps
            .iter()
            .rev()
            .find(|step| step.day <= day)
            .map(|step| step.share)
    };
    let say = |day: f64| at(day).map(|s| format!("{:.0} % after {day:.0} days", s * 100.0));
    let said: Vec<String> = [120.0, 180.0, 365.0].into_iter().filter_map(say).collect();
    chart.alt = format!("Share of write-ups not yet quiet: {}.", said.join(", "));
    table(&mut chart, &steps);
    chart.plot = Plot::Steps(Steps {
        curves: vec![Curve {
            label: String::new(),
            steps,
        }],
    });
    vec![chart]
}

/// R4: what is known of how deeply they were read.
pub(super) fn depth(context: Context) -> Vec<Chart> {
    let read = share(context.results(), "read_share");
    let mut chart = context.chart("depth", "Read, not just opened", "share of reader-days");
    chart.n = read
        .den
        .get()
        .map(|n| format!("{} reader-days of known depth", reading::count(n)));
    share_dots(chart, &[("Long and deep enough", read)])
}

/// The steps of a survival curve: all of them where the summary has `curve`, else the days that
/// are named in it (`S_90` and the like).
pub(super) fn steps(survival: &Value) -> Vec<Step> {
    let curve = reading::list(survival, "curve");
    let mut steps: Vec<Step> = curve
        .iter()
        .filter_map(|entry| {
            Some(Step {
                day: reading::cell(entry, "day").get()?,
                share: reading::cell(entry, "S").get()?,
                interval: reading::interval(entry),
                at_risk: reading::cell(entry, "at_risk").get().map(|n| n as u64),
            })
        })
        .collect();
    if steps.is_empty() {
        let named = survival
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys());
        steps = named.filter_map(|key| named_step(survival, key)).collect();
    }
    steps.sort_by(|a, b| a.day.total_cmp(&b.day));
    // Where nobody is watched any more the curve would only go on for want of anything to see.
    let watched = steps.iter().rposition(|step| step.at_risk != Some(0));
    let end = watched.map_or(0, |last| last + 1);
    let fell = |i: usize| {
        let before = i.checked_sub(1).and_then(|i| steps.get(i));
        let step = steps.get(i);
        step.is_some_and(|step| step.share < before.map_or(1.0, |before| before.share))
    };
    steps.truncate(if fell(end) { end + 1 } else { end });
    steps
}

/// Every step of one curve as a table.
pub(super) fn table(chart: &mut Chart, steps: &[Step]) {
    chart.table.head = heads(&["days", "share", "95 % from", "to", "still watched"]);
    let percent = |value: f64| format!("{:.1} %", value * 100.0);
    chart.table.rows = steps
        .iter()
        .map(|step| {
            vec![
                format!("{:.0}", step.day),
                percent(step.share),
                step.interval.map_or("–".to_owned(), |(lo, _)| percent(lo)),
                step.interval.map_or("–".to_owned(), |(_, hi)| percent(hi)),
                step.at_risk.map_or("–".to_owned(), |n| n.to_string()),
            ]
        })
        .collect();
}

fn named_step(survival: &Value, key: &str) -> Option<Step> {
    let day: f64 = key.strip_prefix("S_")?.parse().ok()?;
    let limit = |end: &str| reading::cell(survival, &format!("{key}_{end}")).get();
    Some(Step {
        day,
        share: reading::cell(survival, key).get()?,
        interval: limit("lo").zip(limit("hi")),
        at_risk: None,
    })
}

pub(super) fn heads(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
