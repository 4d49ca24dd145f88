//! Charts of reach: how much of the organisation reads, which teams, and when newcomers do.

use serde_json::Value;

use super::super::reading::{self, Cell, Share, share};
use super::super::{Chart, Curve, Plot, Steps};
use super::tail::{steps, table};
use super::{Context, counted, share_dots};

const PEOPLE: [&str; 2] = ["newcomer", "newcomers"];

/// L11: the part of the roster that read something lately.
pub(super) fn whole(context: Context) -> Vec<Chart> {
    let days = context.parameter("recent", 90.0);
    let title = format!("Who read a write-up in {days:.0} days");
    let chart = context.chart("reach", &title, "share of the people on the roster");
    share_dots(chart, &with_and_without(context, &["reach"]))
}

/// L12: readers who are of another team than the write-up.
pub(super) fn teams(context: Context) -> Vec<Chart> {
    let chart = context.chart(
        "outside",
        "Readers of other teams",
        "share of the readers of write-ups",
    );
    let path = ["cross_team", "outside_share_clustered"];
    share_dots(chart, &with_and_without(context, &path))
}

/// A share and, where reads were assigned, the same without those.
fn with_and_without(context: Context, path: &[&str]) -> Vec<(&'static str, Share)> {
    let at = |from: &Value| {
        let (last, before) = path.split_last().unwrap_or((&"", &[]));
        let parent = before.iter().try_fold(from, |value, key| value.get(*key));
        share(parent.unwrap_or(&Value::Null), last)
    };
    let mut rows = vec![("All reads", at(context.results()))];
    if let Some(without) = context.results().get("without_assigned") {
        let found = at(without);
        if found.value != Cell::Missing {
            rows.push(("Without assigned reading", found));
        }
    }
    rows
}

/// L13: newcomers who have not yet read something older than themselves.
pub(super) fn newcomers(context: Context) -> Vec<Chart> {
    let waiting = context
        .results()
        .get("newcomers_km")
        .unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "newcomers",
        "Newcomers who have read nothing yet",
        "share without a read of what is older than they",
    );
    let steps = steps(waiting);
    let known = steps.iter().any(|step| step.share < 1.0);
    if !known {
        chart.alt = match reading::suppressed(waiting) {
            true => "Withheld: it would speak of few people.",
            false => "No newcomer whose first months were watched yet.",
        }
        .to_owned();
        chart.plot = Plot::Nothing(chart.alt.clone());
        return vec![chart];
    }
    chart.n = Some(counted(reading::cell(waiting, "n"), PEOPLE));
    let said: Vec<String> = [30.0, 90.0]
        .into_iter()
        .filter_map(|day| {
            let step = steps.iter().rev().find(|step| step.day <= day)?;
            Some(format!("{:.0} % after {day:.0} days", step.share * 100.0))
        })
        .collect();
    chart.alt = format!(
        "Share of newcomers who have read nothing older yet: {}.",
        said.join(", ")
    );
    table(&mut chart, &steps);
    chart.plot = Plot::Steps(Steps {
        curves: vec![Curve {
            label: String::new(),
            steps,
        }],
    });
    vec![chart]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::charts;
    use super::*;

    #[test]
    fn assigned_reading_has_a_row_of_its_own() {
        let half = json!({"k": 10, "n": 20, "p": 0.5, "lo": 0.3, "hi": 0.7});
        let with = json!({"indicators": {"L11": {"results": {
            "reach": half, "without_assigned": {"reach": {"k": null, "n": 20, "p": null, "suppressed": true}},
        }}}});
        let chart = charts(&with, "L11").remove(0);
        let rows: Vec<&str> = chart.table.rows.iter().map(|row| row[1].as_str()).collect();
        assert_eq!(rows, ["50.0 %", "withheld"]);
        let without = json!({"indicators": {"L11": {"results": {"reach": half}}}});
        assert_eq!(charts(&without, "L11")[0].table.rows.len(), 1);
    }

    #[test]
    fn a_curve_of_few_newcomers_is_withheld() {
        let told =
            |curve: Value| json!({"indicators": {"L13": {"results": {"newcomers_km": curve}}}});
        let few =
            told(json!({"S_30": null, "S_90": null, "median": 4.0, "n": 11, "suppressed": true}));
        assert!(
            matches!(&charts(&few, "L13")[0].plot, Plot::Nothing(why) if why.starts_with("Withheld"))
        );
        let many = told(json!({"S_30": 0.6, "S_90": 0.4, "n": 41}));
        let chart = charts(&many, "L13").remove(0);
        assert_eq!(
            chart.alt,
            "Share of newcomers who have read nothing older yet: 60 % after 30 days, 40 % after 90 days."
        );
        assert_eq!(chart.n.as_deref(), Some("41 newcomers"));
    }
}
