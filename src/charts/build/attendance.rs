//! Charts of reviews: who came by role, who need not have, what invitations lead to.

use serde_json::Value;

use super::super::reading::{self, Cell, share};
use super::super::{Bar, Bars, Chart, Palette, Plot};
use super::{Context, share_dots, words};

/// Roles in the order of their stack: those who are required at the ground. The two that are often
/// empty stand last, so that the others have the same neighbours in every quarter.
const ROLES: [(&str, &str); 6] = [
    ("CHAIR", "chair"),
    ("REQ-PARTICIPANT", "required or not stated"),
    ("OPT-PARTICIPANT", "optional"),
    ("walk_in", "not invited"),
    ("NON-PARTICIPANT", "for information"),
    ("unknown", "not known"),
];
const MOST_QUARTERS: usize = 8;

/// A1: who came to reviews, by quarter and role.
pub(super) fn by_quarter(context: Context) -> Vec<Chart> {
    let mut chart = context.chart("by-quarter", "Who came to reviews", "people, by role");
    let all = reading::list(context.summary, "attendance_by_quarter");
    let quarters = all
        .get(all.len().saturating_sub(MOST_QUARTERS)..)
        .unwrap_or_default();
    if quarters.is_empty() {
        chart.alt = "No review with attendance yet.".to_owned();
        return vec![chart];
    }
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    for quarter in quarters {
        let roles = quarter.get("by_role").unwrap_or(&Value::Null);
        let parts: Vec<Cell> = ROLES
            .iter()
            .map(|(key, _)| reading::cell(roles, key))
            .collect();
        let shown: f64 = parts.iter().filter_map(|part| part.get()).sum();
        let withheld = parts.contains(&Cell::Withheld);
        let total = match withheld {
            true => came(context.summary, quarter).filter(|total| *total > shown),
            false => Some(shown),
        };
        let note = match total {
            Some(total) => reading::count(total),
            // What more there is, is not told.
            None => format!("{}+", reading::count(shown)),
        };
        let star = match quarter["invitation_habit_changed"] == true {
            true => " *",
            false => "",
        };
        let label = quarter_name(reading::text(quarter, "quarter")) + star;
        rows.push(
            [label.clone(), words(reading::cell(quarter, "reviews"), 0)]
                .into_iter()
                .chain(parts.iter().map(|part| words(*part, 0)))
                .chain([total.map_or("–".to_owned(), reading::count)])
                .collect(),
        );
        let rest = total.filter(|_| withheld).map(|total| total - shown);
        bars.push(Bar {
            label,
            parts,
            rest,
            note,
        });
    }
    let shown = of_all(quarters, all);
    chart.alt = format!(
        "Who came to reviews, by role, quarter by quarter: {shown}. The table has all numbers.{}",
        match reading::changed_habits(context.summary).is_empty() {
            true => "",
            false => " A star: the habit of inviting changed.",
        }
    );
    chart.n = Some(shown);
    chart.table.head = ["quarter", "reviews"]
        .into_iter()
        .chain(ROLES.iter().map(|(_, name)| *name))
        .chain(["all"])
        .map(str::to_owned)
        .collect();
    chart.table.rows = rows;
    if bars
        .iter()
        .all(|bar| bar.parts.iter().all(|part| part.get().is_none()))
    {
        chart.plot =
            Plot::Nothing("Withheld: too few people came for roles to be told.".to_owned());
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

/// How many came in a quarter, from the list of reviews; only where it holds every review of the
/// quarter and of each how many came.
fn came(summary: &Value, quarter: &Value) -> Option<f64> {
    let name = reading::text(quarter, "quarter");
    let reviews: Vec<&Value> = reading::list(summary, "reviews")
        .iter()
        .filter(|review| quarter_of(reading::text(review, "date")).as_deref() == Some(name))
        .collect();
    if reading::cell(quarter, "reviews") != Cell::Value(reviews.len() as f64) {
        return None;
    }
    let attendees = reviews
        .into_iter()
        // Of a plan that nobody recorded nobody is in the roles.
        .filter(|review| review["not_recorded"] != true)
        .map(|r| reading::cell(r, "attendees").get());
    attendees.sum()
}

/// The quarter of a date: `2026-02-14` is in `2026-Q1`.
fn quarter_of(date: &str) -> Option<String> {
    let month: usize = date.get(5..7)?.parse().ok()?;
    Some(format!("{}-Q{}", date.get(..4)?, month.div_ceil(3)))
}

/// How much of it all is drawn: `last 8 of 12 quarters, 52 of 79 reviews`.
fn of_all(quarters: &[Value], all: &[Value]) -> String {
    let reviews = |quarters: &[Value]| -> f64 {
        let each = quarters.iter().map(|q| reading::cell(q, "reviews").get());
        each.flatten().sum()
    };
    let (shown, every) = (
        reading::count(reviews(quarters)),
        reading::count(reviews(all)),
    );
    if quarters.len() == all.len() {
        format!("{every} reviews")
    } else {
        format!(
            "last {} of {} quarters, {shown} of {every} reviews",
            quarters.len(),
            all.len()
        )
    }
}

/// A2: share of attendees who need not have come.
pub(super) fn voluntary(context: Context) -> Vec<Chart> {
    let mut came = share(context.results(), "voluntary_clustered");
    if came.value == Cell::Missing {
        came = share(context.results(), "voluntary");
    }
    let mut chart = context.chart(
        "voluntary",
        "Came without having to, of all who came",
        "share of attendances",
    );
    chart.n = came
        .clusters
        .get()
        .map(|n| format!("{} reviews", reading::count(n)));
    let strict = ("Neither chair nor required", came);
    match share(context.results(), "need_not") {
        // An earlier summary does not know it.
        free if free.value == Cell::Missing => share_dots(chart, &[strict]),
        free => share_dots(chart, &[("Need not have come", free), strict]),
    }
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
            "Of those there: not invited",
            share(results, "walk_in_share"),
        ),
    ];
    share_dots(chart, &shares)
}

/// `2026-Q1` as `Q1 26`.
pub(super) fn quarter_name(quarter: &str) -> String {
    match (quarter.get(2..4), quarter.get(5..)) {
        (Some(year), Some(quarter)) => format!("{quarter} {year}"),
        _ => quarter.to_owned(),
    }
}
