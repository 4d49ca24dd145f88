//! D1's picture: what write-ups are made of, and how they are read late. It is drawn from what the list of
//! write-ups tells of each, so what is withheld there is in no dot and in no course.

use serde_json::Value;

use super::super::reading::{self, Cell, cell};
use super::super::{Chart, Panel, Plot, Scatter};
use super::descriptors::name;
use super::tail::heads;
use super::{Context, WRITEUPS, counted, words};
use crate::stats::loess;

/// What is looked at, in the order of D1; the length as words.
const DESCRIPTORS: [&str; 8] = [
    "diagrams",
    "hyperlinks",
    "unexplained_per_1000",
    "contributors",
    "words",
    "contributor_teams",
    "data_sources",
    "quotations",
];
/// Fewer write-ups than this for a descriptor have no picture, as D1 has no number.
const LEAST: usize = 10;
/// Dots in all pictures together: more make a page heavy and are no better seen.
const MOST_DOTS: usize = 400;
/// The bin of `reads_by_age` and `watched_by_age`, days.
const BIN: f64 = 28.0;

/// Late reads a day of each write-up against each descriptor.
pub(super) fn late_rates(context: Context) -> Vec<Chart> {
    let late = context.parameter("late", 90.0);
    let mut chart = context.chart(
        "late-rates",
        "What write-ups are made of, and late reading",
        &format!("late reads a day from day {late:.0} on, a dot a write-up; line: LOESS"),
    );
    let old: Vec<&Value> = reading::list(context.summary, "writeups")
        .iter()
        .filter(|writeup| is_old_and_watched(writeup, late))
        .collect();
    let told: Vec<(&Value, f64)> = old
        .iter()
        .filter_map(|writeup| Some((*writeup, rate(writeup, late)?)))
        .collect();
    let panels: Vec<Panel> = DESCRIPTORS
        .iter()
        .filter_map(|key| panel(key, &told))
        .collect();
    if panels.is_empty() {
        chart.alt = format!("Of fewer than {LEAST} write-ups both are told.");
        chart.plot = Plot::Nothing(chart.alt.clone());
        return vec![chart];
    }
    let withheld = old
        .iter()
        .filter(|writeup| cell(writeup, "late_reads") == Cell::Withheld);
    let withheld = match withheld.count() {
        0 => String::new(),
        few => format!("; {few} withheld"),
    };
    let n = counted(Cell::Value(told.len() as f64), WRITEUPS);
    chart.n = Some(format!("{n}{withheld}"));
    let named: Vec<&str> = panels.iter().map(|panel| panel.label.as_str()).collect();
    chart.alt = format!(
        "Late reads a day of {n}{withheld}, against {}: a small picture of dots for each, with a smooth line. They \
         say nothing of causes. The table has the ends and the middle of each line.",
        named.join(", ")
    );
    chart.table.head = heads(&[
        "of each",
        "write-ups",
        "least",
        "line there",
        "middle",
        "line there",
        "most",
        "line there",
    ]);
    chart.table.rows = panels.iter().map(row).collect();
    let most = (MOST_DOTS / panels.len()).max(1);
    let panels = panels.into_iter().map(|panel| thinned(panel, most));
    chart.plot = Plot::Scatter(Scatter {
        panels: panels.collect(),
    });
    vec![chart]
}

/// Whether it is twice as old as late is, stands, and was watched from `late` on, as far as that is told.
fn is_old_and_watched(writeup: &Value, late: f64) -> bool {
    let from = (late / BIN) as usize;
    let watched = reading::list(writeup, "watched_by_age").iter().skip(from);
    cell(writeup, "age_days")
        .get()
        .is_some_and(|age| age >= 2.0 * late)
        && writeup.get("deleted_at").is_none_or(Value::is_null)
        && watched.filter_map(Value::as_f64).all(|share| share > 0.999)
}

/// Late reads a day.
fn rate(writeup: &Value, late: f64) -> Option<f64> {
    let days = cell(writeup, "age_days").get()? - late;
    Some(cell(writeup, "late_reads").get()? / days).filter(|rate| rate.is_finite())
}

fn panel(key: &str, told: &[(&Value, f64)]) -> Option<Panel> {
    let known = told.iter().filter_map(|(writeup, rate)| {
        let first = writeup.get("descriptors")?.get("at_publication")?;
        Some((cell(first, key).get()?, *rate))
    });
    let points: Vec<(f64, f64)> = known.collect();
    let varies = points
        .iter()
        .any(|point| Some(point.0) != points.first().map(|first| first.0));
    (varies && points.len() >= LEAST).then(|| Panel {
        label: match key {
            "words" => "Words",
            // Short enough to stand over a small picture.
            "unexplained_per_1000" => "Unexplained / 1,000",
            "contributor_teams" => "Contributing teams",
            key => name(key),
        }
        .to_owned(),
        course: loess(&points),
        points,
    })
}

/// The line at its ends and in the middle.
fn row(panel: &Panel) -> Vec<String> {
    let mut row = vec![
        panel.label.clone(),
        words(Cell::Value(panel.points.len() as f64), 0),
    ];
    let course = &panel.course;
    let last = course.len().saturating_sub(1);
    for at in [0, last / 2, last] {
        let (x, y) = match course.get(at) {
            Some((x, y)) => (Cell::Value(*x), Cell::Value(*y)),
            None => (Cell::Missing, Cell::Missing),
        };
        let digits = if x.get().is_some_and(|x| x.fract().abs() > 1e-9) {
            1
        } else {
            0
        };
        row.extend([words(x, digits), words(y, 3)]);
    }
    row
}

/// Every so many of the dots, from the least to the most; the line stays that of all.
fn thinned(mut panel: Panel, most: usize) -> Panel {
    let all = panel.points.len();
    if all > most {
        panel
            .points
            .sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let kept = (0..most).filter_map(|n| panel.points.get(n * all / most).copied());
        panel.points = kept.collect();
    }
    if panel.course.len() > most {
        let all = panel.course.len();
        let kept =
            (0..most).filter_map(|n| panel.course.get(n * (all - 1) / (most - 1).max(1)).copied());
        panel.course = kept.collect();
    }
    panel
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::{Theme, layout, render_svg};
    use super::super::charts;
    use super::*;

    fn summary(many: u64, of: impl Fn(u64) -> Value) -> Value {
        let writeups: Vec<Value> = (0..many).map(of).collect();
        json!({"writeups": writeups, "indicators": {"D1": {"results": {}}}})
    }

    fn writeup(n: u64) -> Value {
        let first = json!({"diagrams": n % 4, "words": 500 + 10 * n, "quotations": 2});
        json!({
            "age_days": 190, "late_reads": 100 * n,
            "descriptors": {"at_publication": first},
        })
    }

    fn drawn(summary: &Value) -> Chart {
        charts(summary, "D1").remove(1)
    }

    #[test]
    fn a_dot_is_a_write_up_of_which_both_are_told() {
        let told = summary(15, |n| {
            let mut one = writeup(n);
            match n {
                0 => one["age_days"] = json!(179),
                1 => one["watched_by_age"] = json!([1.0, 1.0, 1.0, 0.5]),
                2 => {
                    one["late_reads"] = Value::Null;
                    one["suppressed"] = json!(true);
                }
                3 => one["deleted_at"] = json!("2026-01-01T00:00:00Z"),
                _ => {}
            }
            one
        });
        let chart = drawn(&told);
        assert_eq!(chart.n.as_deref(), Some("11 write-ups; 1 withheld"));
        let Plot::Scatter(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        // Quotations never vary.
        let labels: Vec<&str> = plot
            .panels
            .iter()
            .map(|panel| panel.label.as_str())
            .collect();
        assert_eq!(labels, ["Diagrams", "Words"]);
        assert_eq!(plot.panels[1].points[0], (540.0, 4.0));
        // A hundred days, a hundred reads more for ten words more.
        for (x, y) in &plot.panels[1].course {
            assert!((y - (x - 500.0) / 10.0).abs() < 1e-9, "{x} {y}");
        }
        assert!(chart.alt.contains("nothing of causes"));
    }

    #[test]
    fn few_write_ups_have_no_picture_and_many_a_light_one() {
        let few = drawn(&summary(9, writeup));
        assert!(matches!(&few.plot, Plot::Nothing(why) if why.contains("fewer than 10")));
        let many = drawn(&summary(3000, writeup));
        let svg = render_svg(&many, Theme::Page);
        assert!(svg.len() < 60_000, "{} bytes", svg.len());
        let scene = layout::scene(&many, true);
        assert!(scene.height > 150.0);
    }
}
