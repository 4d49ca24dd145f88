//! Charts of what goes with late reading: a forest each, beside D1's dots. They say nothing of causes.

use serde_json::Value;

use super::super::reading::{self, Cell, measure};
use super::super::{Chart, Forest, Plot, Row, Scale, together};
use super::tail::heads;
use super::{Context, WRITEUPS, counted, words};

/// What descriptors are called.
pub(super) fn name(key: &str) -> &str {
    match key {
        "diagrams" => "Diagrams",
        "hyperlinks" => "Links in the text",
        "unexplained_per_1000" => "Unexplained acronyms",
        "contributors" => "Contributors",
        "contributor_teams" => "Teams of contributors",
        "log_words" => "Length",
        "data_sources" => "Sources of data",
        "quotations" => "Quotations",
        other => other,
    }
}

/// What one more of a descriptor is, where it is not one more.
fn one_more(key: &str) -> &'static str {
    match key {
        "log_words" => "words × 2.7",
        "unexplained_per_1000" => "in 1,000 words",
        _ => "",
    }
}

/// D1: rank correlations.
pub(super) fn association(context: Context) -> Vec<Chart> {
    let found = context.results().get("spearman").unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "association",
        "What goes with late reading",
        "rank correlation with late reads a day; causes nothing",
    );
    let each: Vec<(&String, &Value)> = found.as_object().into_iter().flatten().collect();
    let each: Vec<(&String, &Value)> = each
        .into_iter()
        .filter(|(key, _)| *key != "suppressed")
        .collect();
    // One of several tests on one screen tells nothing by itself.
    let judged = |key: &str| together::explored(context.summary, "D1", key);
    let rows = each.iter().map(|(key, one)| {
        let p = judged(key);
        Row {
            label: name(key).to_owned(),
            value: reading::cell(one, "rho"),
            interval: None,
            note: p.map_or_else(String::new, |p| format!("p {}", probability(p))),
        }
    });
    let rows: Vec<Row> = rows.collect();
    if rows.iter().all(|row| row.value == Cell::Missing) {
        chart.alt = "Of fewer than ten write-ups is known what they are made of.".to_owned();
        return vec![chart];
    }
    chart.n = Some(counted(
        reading::cell(context.results(), "writeups"),
        WRITEUPS,
    ));
    chart.alt = said(
        "Rank correlations with late reading, which say nothing of causes",
        &rows,
    );
    chart.table.head = heads(&["descriptor", "rho", "p, judged together", "write-ups"]);
    chart.table.rows = each
        .iter()
        .zip(&rows)
        .map(|((key, one), row)| {
            let p = judged(key).map(probability);
            let n = words(reading::cell(one, "n"), 0);
            vec![
                row.label.clone(),
                number(row.value),
                p.unwrap_or("–".to_owned()),
                n,
            ]
        })
        .collect();
    chart.plot = Plot::Forest(Forest {
        rows,
        scale: Scale::Correlation,
    });
    vec![chart]
}

/// D2: rate ratios, the others held equal.
pub(super) fn regression(context: Context) -> Vec<Chart> {
    let found = context.results().get("rate_ratios").unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "regression",
        "What goes with late reading, the rest held equal",
        "ratio of late reads for one more, 95 % interval; causes nothing",
    );
    let each: Vec<(&String, &Value)> = found.as_object().into_iter().flatten().collect();
    let each: Vec<(&String, &Value)> = each
        .into_iter()
        .filter(|(_, one)| one.is_object())
        .collect();
    let rows = each.iter().map(|(key, one)| Row {
        label: name(key).to_owned(),
        value: reading::cell(one, "ratio"),
        interval: reading::interval(one),
        note: one_more(key).to_owned(),
    });
    let rows: Vec<Row> = rows.collect();
    if rows.is_empty() {
        chart.alt = "Too few write-ups of which all descriptors are known.".to_owned();
        return vec![chart];
    }
    let fit = context.results().get("negbin").unwrap_or(&Value::Null);
    chart.n = Some(counted(reading::cell(fit, "n"), WRITEUPS));
    chart.alt = said("Ratios of late reading, which say nothing of causes", &rows);
    chart.table.head = heads(&["descriptor", "ratio", "95 % from", "to", ""]);
    chart.table.rows = rows
        .iter()
        .map(|row| {
            let limit = |value: Option<f64>| value.map_or("–".to_owned(), measure);
            vec![
                row.label.clone(),
                number(row.value),
                limit(row.interval.map(|i| i.0)),
                limit(row.interval.map(|i| i.1)),
                row.note.clone(),
            ]
        })
        .collect();
    chart.plot = Plot::Forest(Forest {
        rows,
        scale: Scale::Ratio,
    });
    vec![chart]
}

fn said(what: &str, rows: &[Row]) -> String {
    let each: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.label, number(row.value)))
        .collect();
    format!("{what}: {}.", each.join(", "))
}

fn number(value: Cell) -> String {
    match value {
        Cell::Value(value) => measure(value),
        other => words(other, 0),
    }
}

fn probability(p: f64) -> String {
    match p < 0.001 {
        true => "below 0.001".to_owned(),
        false => measure(p),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::{Theme, render_svg};
    use super::super::charts;
    use super::*;

    #[test]
    fn ratios_stand_on_both_sides_of_one() {
        let ratio = |ratio: f64, lo: f64, hi: f64| json!({"ratio": ratio, "lo": lo, "hi": hi});
        let summary = json!({"indicators": {"D2": {"results": {
            "negbin": {"n": 74},
            "rate_ratios": {
                "diagrams": ratio(1.2, 1.1, 1.3),
                "hyperlinks": {"ratio": null, "lo": null, "hi": null, "suppressed": true},
                "log_words": ratio(0.8, 0.6, 1.1),
            },
        }}}});
        let chart = charts(&summary, "D2").remove(0);
        let Plot::Forest(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        let values: Vec<Cell> = plot.rows.iter().map(|row| row.value).collect();
        assert_eq!(values, [Cell::Value(1.2), Cell::Withheld, Cell::Value(0.8)]);
        let svg = render_svg(&chart, Theme::Light);
        for words in [">0.5<", ">1<", ">2<", ">goes with more →<", ">withheld<"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert_eq!(chart.table.rows[2][1..4], ["0.80", "0.60", "1.1"]);
    }

    #[test]
    fn correlations_have_their_p_and_never_a_cause() {
        let summary = json!({"indicators": {"D1": {"results": {
            "writeups": 74,
            "spearman": {
                "diagrams": {"rho": -0.4, "p": 0.0002, "n": 74},
                "quotations": {"rho": null, "p": null, "n": 0},
            },
        }}}});
        let chart = charts(&summary, "D1").remove(0);
        assert_eq!(
            chart.table.rows[0],
            ["Diagrams", "−0.40", "below 0.001", "74"]
        );
        assert_eq!(chart.table.rows[1][1], "–");
        assert!(chart.unit.contains("causes nothing"));
    }
}
