//! Charts of comments and edits.

use serde_json::Value;

use super::super::reading::{self, Cell, share};
use super::super::{Chart, Curve, Plot, Steps};
use super::tail::{steps, table};
use super::{Context, counted, share_dots};

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
