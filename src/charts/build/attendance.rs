//! Charts of reviews: who came by role, who need not have, what invitations lead to.

use super::super::reading::{self, Cell, share};
use super::super::{Bar, Bars, Chart, Palette, Plot};
use super::{Context, share_dots, words};

/// Roles in the order of their stack: those who had to come at the ground.
const ROLES: [(&str, &str); 6] = [
    ("CHAIR", "chair"),
    ("REQ-PARTICIPANT", "had to come"),
    ("OPT-PARTICIPANT", "optional"),
    ("NON-PARTICIPANT", "for information"),
    ("walk_in", "not invited"),
    ("unknown", "not known"),
];
const MOST_QUARTERS: usize = 8;

/// A1: who came to reviews, by quarter and role.
pub(super) fn by_quarter(context: Context) -> Vec<Chart> {
    let mut chart = context.chart(
        "by-quarter",
        "Who came to reviews",
        "attendances a quarter, by role",
    );
    let quarters = reading::list(context.summary, "attendance_by_quarter");
    let quarters = quarters
        .get(quarters.len().saturating_sub(MOST_QUARTERS)..)
        .unwrap_or_default();
    if quarters.is_empty() {
        chart.alt = "No review with attendance yet.".to_owned();
        return vec![chart];
    }
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    for quarter in quarters {
        let roles = quarter.get("by_role").unwrap_or(&serde_json::Value::Null);
        let parts: Vec<Cell> = ROLES
            .iter()
            .map(|(key, _)| reading::cell(roles, key))
            .collect();
        let withheld = parts.contains(&Cell::Withheld);
        let total: f64 = parts.iter().filter_map(|part| part.get()).sum();
        let label = quarter_name(reading::text(quarter, "quarter"));
        rows.push(
            [label.clone(), words(reading::cell(quarter, "reviews"), 0)]
                .into_iter()
                .chain(parts.iter().map(|part| words(*part, 0)))
                .collect(),
        );
        let note = if withheld {
            String::new()
        } else {
            format!("{total:.0}")
        };
        bars.push(Bar { label, parts, note });
    }
    let reviews: f64 = quarters
        .iter()
        .filter_map(|quarter| reading::cell(quarter, "reviews").get())
        .sum();
    chart.n = Some(format!("{reviews:.0} reviews"));
    chart.alt = format!(
        "Attendances at reviews by role over {} quarters; {reviews:.0} reviews. The table has all numbers.",
        bars.len()
    );
    chart.table.head = ["quarter", "reviews"]
        .into_iter()
        .chain(ROLES.iter().map(|(_, name)| *name))
        .map(str::to_owned)
        .collect();
    chart.table.rows = rows;
    if bars
        .iter()
        .all(|bar| bar.parts.iter().all(|part| part.get().is_none()))
    {
        chart.plot = Plot::Nothing("withheld: too few people came for roles to be told".to_owned());
        return vec![chart];
    }
    let parts = ROLES.iter().map(|(_, name)| (*name).to_owned()).collect();
    chart.plot = Plot::Bars(Bars {
        parts,
        palette: Palette::Roles,
        bars,
    });
    vec![chart]
}

/// A2: share of attendees who need not have come.
pub(super) fn voluntary(context: Context) -> Vec<Chart> {
    let mut came = share(context.results(), "voluntary_clustered");
    if came.value == Cell::Missing {
        came = share(context.results(), "voluntary");
    }
    let mut chart = context.chart(
        "voluntary",
        "Came though they need not have",
        "share of attendances",
    );
    chart.n = came.clusters.get().map(|n| format!("{n:.0} reviews"));
    share_dots(chart, &[("Neither chair nor required", came)])
}

/// A3: what invitations lead to.
pub(super) fn invitations(context: Context) -> Vec<Chart> {
    let results = context.results();
    let chart = context.chart("invitations", "From invitation to presence", "share");
    let shares = [
        ("Accepted, and came", share(results, "show_rate")),
        (
            "Invited as optional, and came",
            share(results, "optional_yield"),
        ),
        (
            "Of those who came: not invited",
            share(results, "walk_in_share"),
        ),
    ];
    share_dots(chart, &shares)
}

/// `2026-Q1` as `Q1 26`.
fn quarter_name(quarter: &str) -> String {
    match (quarter.get(2..4), quarter.get(5..)) {
        (Some(year), Some(quarter)) => format!("{quarter} {year}"),
        _ => quarter.to_owned(),
    }
}
