//! T6's pictures: late reading by month of publication before and after something that was announced, one for
//! each annotation. Drawn from T0's cohorts as they are told, and from T6's coefficients as they are.

use chrono::{Datelike as _, NaiveDate};
use serde_json::Value;

use super::super::reading::{self, Cell, cell, measure, month_index, month_name};
use super::super::{BeforeAfter, Chart, Mark, Plot, Point};
use super::tail::heads;
use super::{Context, words};

/// Pictures of so many annotations, the newest.
const MOST: usize = 6;

/// One for each of the newest annotations, the newest first.
pub(super) fn all(context: Context) -> Vec<Chart> {
    let annotations = reading::list(context.results(), "annotations").iter();
    let newest = annotations.rev().take(MOST).enumerate();
    newest
        .filter_map(|(at, annotation)| one(context, at, annotation))
        .collect()
}

/// The picture of one annotation; none of a date that is none.
fn one(context: Context, at: usize, annotation: &Value) -> Option<Chart> {
    let on: NaiveDate = reading::text(annotation, "on").parse().ok()?;
    let its = annotation.get("its").unwrap_or(&Value::Null);
    let late = context.parameter("late", 90.0);
    let name = match at {
        0 => "change".to_owned(),
        more => format!("change-{}", more + 1),
    };
    let title = format!("Before and after: {}", reading::text(annotation, "text"));
    let unit = format!(
        "reads of a write-up at age {late:.0} to {:.0} days, by month of publication",
        late * 2.0
    );
    let mut chart = context.chart(&name, &title, &unit);
    let cohorts = reading::list(reading::results(context.summary, "T0"), "cohorts");
    let points: Vec<Point> = cohorts
        .iter()
        .filter_map(|cohort| {
            Some(Point {
                x: f64::from(month_index(reading::text(cohort, "month"))?),
                value: cell(cohort, "per_writeup"),
                interval: None,
            })
        })
        .collect();
    if points.iter().all(|point| point.value.get().is_none()) {
        let withheld = points.iter().any(|point| point.value == Cell::Withheld);
        chart.alt = match withheld {
            true => "Withheld: too few people stand behind each month of publication.",
            false => "No write-up was old enough and watched from its first day on yet.",
        }
        .to_owned();
        chart.plot = Plot::Nothing(chart.alt.clone());
        return Some(chart);
    }
    let month = f64::from(on.year() * 12 + on.month0() as i32);
    let mark = month + f64::from(on.day0()) / 31.0;
    let months: Vec<f64> = points.iter().map(|point| point.x).collect();
    let is_half = |x: &&f64| on.day() > 1 && **x == month;
    let left_out = months.iter().find(is_half).copied();
    let used: Vec<f64> = months
        .into_iter()
        .filter(|x| Some(*x) != left_out)
        .collect();
    let courses = courses(its, &used);
    chart.n = Some(format!(
        "{} before, {} after",
        words(cell(its, "before"), 0),
        words(cell(its, "after"), 0)
    ));
    chart.alt = format!(
        "{title}, {}. {} by month of publication. {}",
        on.format("%-d %b %Y"),
        words_of_sides(its),
        match &courses {
            Some(_) => format!(
                "Lines show the course that was fitted on either side, and dashed the earlier one as it would have \
                 gone on; the step is {}.",
                ratio(its)
            ),
            None => "No line is fitted.".to_owned(),
        }
    );
    let [before, after, unchanged] = courses.unwrap_or_default();
    let at = |line: &[(f64, f64)], x: f64| {
        let found = line.iter().find(|point| point.0 == x);
        found.map_or("–".to_owned(), |point| measure(point.1))
    };
    chart.table.head = heads(&["published", "reads of each", "fitted", "had it gone on"]);
    chart.table.rows = points
        .iter()
        .map(|point| {
            let fitted = if point.x < mark { &before } else { &after };
            vec![
                month_name(point.x as i32),
                words(point.value, 1),
                at(fitted, point.x),
                at(&unchanged, point.x),
            ]
        })
        .collect();
    chart.marks = vec![Mark {
        x: mark,
        until: None,
        words: reading::text(annotation, "text").to_owned(),
    }];
    chart.plot = Plot::BeforeAfter(BeforeAfter {
        points,
        left_out,
        before,
        after,
        unchanged,
    });
    Some(chart)
}

/// `11 months before, 8 after`.
fn words_of_sides(its: &Value) -> String {
    format!(
        "{} months with write-ups before it, {} after it,",
        words(cell(its, "before"), 0),
        words(cell(its, "after"), 0)
    )
}

/// The step with its interval.
fn ratio(its: &Value) -> String {
    let limits = reading::list(its, "level_ratio_ci");
    let limits: Vec<f64> = limits.iter().filter_map(Value::as_f64).collect();
    match (cell(its, "level_ratio"), limits.as_slice()) {
        (Cell::Value(ratio), [lo, hi]) => {
            format!("{ratio:.2} times (95 % interval {lo:.2} to {hi:.2})")
        }
        _ => "not told".to_owned(),
    }
}

/// What was fitted before and after, and the first drawn on, at these months: exp(b0 + b1 c + b2 [c >= c0] +
/// b3 (c - c0)+), c counted from the first of them.
fn courses(its: &Value, months: &[f64]) -> Option<[Vec<(f64, f64)>; 3]> {
    let coefficients = reading::list(its, "coef");
    let coefficients: Vec<f64> = coefficients.iter().filter_map(Value::as_f64).collect();
    let [b0, b1, b2, b3] = coefficients.as_slice() else {
        return None;
    };
    let first = *months.first()?;
    let change = cell(its, "t0").get()?;
    let as_before = |x: f64| (b0 + b1 * (x - first)).exp();
    let (earlier, later): (Vec<f64>, Vec<f64>) = months.iter().partition(|x| **x - first < change);
    let after = |x: f64| as_before(x) * (b2 + b3 * (x - first - change)).exp();
    let course = |months: &[f64], y: &dyn Fn(f64) -> f64| -> Vec<(f64, f64)> {
        months.iter().map(|x| (*x, y(*x))).collect()
    };
    Some([
        course(&earlier, &as_before),
        course(&later, &after),
        course(&later, &as_before),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::{Theme, render_svg};
    use super::super::charts;
    use super::*;

    fn summary(on: &str, its: &Value) -> Value {
        let cohort = |n: i32| {
            let name = format!("2025-{n:02}");
            json!({"month": name, "writeups": 2, "per_writeup": if n < 6 { 10.0 } else { 20.0 }})
        };
        let mut cohorts: Vec<Value> = (1..=11).map(cohort).collect();
        cohorts[2] = json!({"month": "2025-03", "per_writeup": null, "suppressed": true});
        let change = json!({"on": on, "text": "New template", "its": its});
        json!({"indicators": {
            "T0": {"results": {"cohorts": cohorts}},
            "T6": {"results": {"annotations": [change]}},
        }})
    }

    fn estimated() -> Value {
        let (level, step) = (10_f64.ln(), 2_f64.ln());
        json!({
            "told": "estimated", "before": 5, "after": 6, "t0": 5, "coef": [level, 0.0, step, 0.0],
            "level_ratio": 2.0, "level_ratio_ci": [1.5, 2.6],
        })
    }

    #[test]
    fn what_would_have_been_goes_on_from_what_was() {
        let chart = charts(&summary("2025-06-01", &estimated()), "T6").remove(0);
        let Plot::BeforeAfter(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        let near = |line: &[(f64, f64)], value: f64| {
            assert!(
                line.iter().all(|point| (point.1 - value).abs() < 1e-9),
                "{line:?}"
            );
            line.len()
        };
        assert_eq!(near(&plot.before, 10.0), 5);
        assert_eq!(near(&plot.after, 20.0), 6);
        assert_eq!(near(&plot.unchanged, 10.0), 6);
        assert_eq!(
            (plot.left_out, plot.points[2].value),
            (None, Cell::Withheld)
        );
        assert_eq!(chart.marks[0].x, f64::from(2025 * 12 + 5));
        assert!(
            chart
                .alt
                .contains("2.00 times (95 % interval 1.50 to 2.60)"),
            "{}",
            chart.alt
        );
        assert_eq!(chart.table.rows[6], ["Jul 2025", "20.0", "20", "10"]);
        let svg = render_svg(&chart, Theme::Light);
        for words in [">fitted<", ">had it gone on<", ">New template<"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
    }

    #[test]
    fn a_month_that_is_half_of_each_is_a_ring_in_no_fit() {
        let chart = charts(&summary("2025-06-10", &estimated()), "T6").remove(0);
        let Plot::BeforeAfter(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        let june = f64::from(2025 * 12 + 5);
        assert_eq!(plot.left_out, Some(june));
        let fitted = plot.before.iter().chain(&plot.after);
        assert!(fitted.clone().all(|point| point.0 != june));
    }

    #[test]
    fn what_is_too_early_or_withheld_has_no_line() {
        for its in [
            json!({"told": "too early", "before": 9, "after": 2, "coef": null}),
            json!({"told": "estimated", "before": 5, "after": 6, "coef": null, "suppressed": true}),
        ] {
            let chart = charts(&summary("2025-10-01", &its), "T6").remove(0);
            let Plot::BeforeAfter(plot) = &chart.plot else {
                panic!("{:?}", chart.plot)
            };
            assert!(plot.before.is_empty() && plot.unchanged.is_empty());
            assert!(chart.alt.ends_with("No line is fitted."), "{}", chart.alt);
        }
    }
}
