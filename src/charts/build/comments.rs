//! Charts of comments.

use serde_json::Value;

use super::super::Chart;
use super::super::reading::share;
use super::{Context, share_dots};

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
