//! Charts of comments and edits.

use serde_json::Value;

use super::super::reading::{self, Cell, share};
use super::super::{Bar, Bars, Chart, Curve, Palette, Plot, Steps};
use super::tail::{steps, table};
use super::{Context, counted, share_dots, words};

/// C1: comments that come months later.
pub(super) fn late(context: Context) -> Vec<Chart> {
    let comments = context.results().get("comments").unwrap_or(&Value::Null);
    let chart = context.chart(
        "late-comments",
        "Comments months later",
        "share of comments",
    );
    let shares = [
        ("All dated comments", share(comments, "late_share")),
        (
            "Of the first year's, fully watched",
            share(context.results(), "late_share_horizon"),
        ),
    ];
    share_dots(chart, &shares)
}

/// C3: how deep threads go.
pub(super) fn depth(context: Context) -> Vec<Chart> {
    let threads = context.results().get("depth").unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "depth",
        "How far answers go",
        "threads, by the depth of their deepest answer",
    );
    let each: Vec<(String, Cell)> = reading::list(threads, "by_depth")
        .iter()
        .filter_map(|one| {
            let depth = reading::cell(one, "depth").get()?;
            let label = match depth {
                0.0 => "no answer".to_owned(),
                1.0 => "an answer".to_owned(),
                deeper => format!("{deeper:.0} deep"),
            };
            Some((label, reading::cell(one, "threads")))
        })
        .collect();
    if each.is_empty() {
        chart.alt = "No source that tells which comment answers which.".to_owned();
        return vec![chart];
    }
    chart.n = Some(counted(
        reading::cell(threads, "threads"),
        ["thread", "threads"],
    ));
    let said: Vec<String> = each
        .iter()
        .map(|(label, threads)| format!("{label}: {}", words(*threads, 0)))
        .collect();
    chart.alt = format!("Threads of comments. {}.", said.join("; "));
    chart.table.head = vec!["deepest answer".to_owned(), "threads".to_owned()];
    chart.table.rows = each
        .iter()
        .map(|(label, threads)| vec![label.clone(), words(*threads, 0)])
        .collect();
    let bars = each.into_iter().map(|(label, threads)| Bar {
        note: words(threads, 0),
        label,
        parts: vec![threads],
        rest: None,
    });
    chart.plot = Plot::Bars(Bars {
        parts: vec!["threads".to_owned()],
        palette: Palette::Whole,
        bars: bars.collect(),
    });
    vec![chart]
}

/// C4: what somebody said first, and nobody else has answered yet, by days since.
pub(super) fn response(context: Context) -> Vec<Chart> {
    let waiting = context.results().get("response_km").unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "response",
        "Not yet answered, by days since",
        "share of threads without an answer by somebody else",
    );
    chart.n = reading::cell(waiting, "n")
        .get()
        .map(|n| counted(Cell::Value(n), ["thread", "threads"]));
    let steps = steps(waiting);
    if steps.is_empty() {
        chart.alt = "No thread of comments whose first writer is known yet.".to_owned();
        return vec![chart];
    }
    let said: Vec<String> = [1.0, 7.0, 28.0]
        .into_iter()
        .filter_map(|day| {
            let step = steps.iter().rev().find(|step| step.day <= day)?;
            Some(format!("{:.0} % after {day:.0} days", step.share * 100.0))
        })
        .collect();
    chart.alt = format!("Share of threads not yet answered: {}.", said.join(", "));
    table(&mut chart, &steps);
    chart.plot = Plot::Steps(Steps {
        curves: vec![Curve {
            label: String::new(),
            steps,
        }],
    });
    vec![chart]
}

/// E1: edits that come months later, and those by others.
pub(super) fn edits(context: Context) -> Vec<Chart> {
    let edits = context.results().get("edits").unwrap_or(&Value::Null);
    let chart = context.chart("late-edits", "Edits months later", "share of edits");
    let shares = [
        ("All edits", share(edits, "late_share")),
        (
            "Of the first year's, fully watched",
            share(context.results(), "late_share_horizon"),
        ),
        (
            "By those who did not write it",
            share(context.results(), "by_others"),
        ),
    ];
    share_dots(chart, &shares)
}
