//! Charts of what goes with the calendar, and of changes of level that were found in the data: for exploration.

use serde_json::Value;

use super::super::reading::{self, Cell, measure, month_index, month_name};
use super::super::{Axis, Chart, Dots, Heat, HeatRow, Line, Mark, Plot, Point, Row, together};
use super::tail::heads;
use super::trends::{HUNDRED, months};
use super::{Context, too_few, words};

/// T3: what reads of a weekday are beside the week around it.
pub(super) fn weekdays(context: Context) -> Vec<Chart> {
    let mut chart = context.chart(
        "weekdays",
        "Reads by weekday",
        "times the day's share of its week; 1 is a day like any other",
    );
    let days = reading::list(context.results(), "weekdays");
    let rows: Vec<Row> = days
        .iter()
        .map(|day| Row {
            label: reading::text(day, "weekday").to_owned(),
            value: reading::cell(day, "factor"),
            interval: None,
            note: String::new(),
        })
        .collect();
    if rows.iter().all(|row| row.value == Cell::Missing) {
        chart.alt = "No weekday was watched for eight weeks yet.".to_owned();
        return vec![chart];
    }
    let said: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.label, words(row.value, 2)))
        .collect();
    chart.alt = format!(
        "Reads by weekday; 1 is a day like any other: {}.",
        said.join(", ")
    );
    chart.table.head = heads(&["weekday", "factor", "days"]);
    chart.table.rows = days
        .iter()
        .zip(&rows)
        .map(|(day, row)| {
            let days = words(reading::cell(day, "days"), 0);
            vec![row.label.clone(), words(row.value, 2), days]
        })
        .collect();
    chart.plot = Plot::Dots(Dots { rows, share: false });
    vec![chart]
}

/// Months of a year, as heads of narrow columns.
const INITIALS: [&str; 12] = ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"];

/// T3: T0's months, each below the same month of the year before.
pub(super) fn years(context: Context) -> Vec<Chart> {
    let mut chart = context.chart(
        "years",
        "Each month below that of the year before",
        "reads a working day for each write-up",
    );
    let points = months(context);
    let known = points.iter().filter(|point| point.value.get().is_some());
    let known = known.count();
    if known == 0 {
        chart.alt = match points.iter().any(|point| point.value == Cell::Withheld) {
            true => "Withheld: too few people stand behind each month.",
            false => "No complete month with write-ups of that age yet.",
        }
        .to_owned();
        chart.plot = Plot::Nothing(chart.alt.clone());
        return vec![chart];
    }
    let year = |point: &Point| (point.x as i32).div_euclid(12);
    let ends = points.first().zip(points.last());
    let (first, last) = ends.map_or((0, -1), |(first, last)| (year(first), year(last)));
    let row = |year: i32| {
        let cell = |month: i32| {
            let at = f64::from(year * 12 + month);
            let found = points.iter().find(|point| point.x == at);
            found.map_or(Cell::Missing, |point| point.value)
        };
        HeatRow {
            label: year.to_string(),
            cells: (0..12).map(cell).collect(),
            note: String::new(),
        }
    };
    let rows: Vec<HeatRow> = (first..=last).map(row).collect();
    let span = format!(
        "{} to {}",
        month_name(points.first().map_or(0, |point| point.x as i32)),
        month_name(points.last().map_or(0, |point| point.x as i32))
    );
    chart.n = Some(format!(
        "{known} {}",
        if known == 1 { "month" } else { "months" }
    ));
    let withheld = points.iter().filter(|point| point.value == Cell::Withheld);
    let withheld = match withheld.count() {
        0 => String::new(),
        few => format!(" {few} more are withheld."),
    };
    chart.alt = format!(
        "Reads a working day for each write-up in {known} months, {span}, a row for each year.{withheld} The table \
         has all numbers."
    );
    let names = (0..12).map(|month| super::super::reading::MONTHS[month].to_owned());
    chart.table.head = std::iter::once("year".to_owned()).chain(names).collect();
    chart.table.rows = rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter().map(|cell| words(*cell, 2));
            std::iter::once(row.label.clone()).chain(cells).collect()
        })
        .collect();
    chart.plot = Plot::Heat(Heat {
        share: false,
        columns: INITIALS.map(str::to_owned).to_vec(),
        rows,
    });
    vec![chart]
}

/// A stretch of months on one level.
struct Level {
    /// Its first month.
    from: i32,
    /// Reads for a hundred write-ups and working days.
    value: f64,
}

/// T4: the month in which the level changed the most, with the levels before and after.
pub(super) fn one(context: Context) -> Vec<Chart> {
    let found = context.results().get("pettitt").unwrap_or(&Value::Null);
    let points = months(context);
    let first = points.first().map(|point| point.x as i32);
    let after = month_index(reading::text(found, "first_month_after"));
    let level = |from: Option<i32>, key: &str| {
        let value = reading::cell(found, key).get()?;
        Some(Level { from: from?, value })
    };
    let levels = [level(first, "level_before"), level(after, "level_after")];
    let levels: Vec<Level> = levels.into_iter().flatten().collect();
    let p = together::explored(context.summary, "T4", "pettitt");
    let p = p.map_or_else(String::new, |p| match p < 0.001 {
        true => ", p below 0.001".to_owned(),
        false => format!(", p about {}", measure(p)),
    });
    let mut chart = line(context, ("change", "One change of level"), points, levels);
    match after {
        Some(month) if matches!(chart.plot, Plot::Line(_)) => {
            let name = month_name(month);
            chart.marks = vec![Mark {
                x: f64::from(month),
                until: None,
                words: format!("from {name}"),
            }];
            chart
                .alt
                .push_str(&format!(" The level changed the most from {name} on{p}."));
        }
        _ => {}
    }
    vec![chart]
}

/// T5: all stretches of months that stand on one level.
pub(super) fn several(context: Context) -> Vec<Chart> {
    let found = context.results().get("pelt").unwrap_or(&Value::Null);
    let segments = reading::list(found, "segments").iter();
    let level = |segment: &Value| {
        Some(Level {
            from: month_index(reading::text(segment, "first_month"))?,
            value: reading::cell(segment, "mean").get()?,
        })
    };
    let levels: Vec<Level> = segments.filter_map(level).collect();
    let withheld = reading::suppressed(found);
    let points = months(context);
    let mut chart = line(
        context,
        ("segments", "Several changes of level"),
        points,
        levels,
    );
    if withheld {
        chart
            .alt
            .push_str(" The levels are withheld: a month of them would speak of few people.");
        chart.unit.push_str("; levels withheld");
    }
    vec![chart]
}

/// T0's line with levels over it.
fn line(
    context: Context,
    (name, title): (&str, &str),
    points: Vec<Point>,
    levels: Vec<Level>,
) -> Chart {
    let mut chart = context.chart(name, title, "reads a working day for each write-up");
    let known = points.iter().filter(|point| point.value.get().is_some());
    let known = known.count();
    if known == 0 {
        chart.alt = "No complete month with write-ups of that age yet.".to_owned();
        return chart;
    }
    chart.n = Some(format!("{known} months"));
    let end = points.last().map_or(0.0, |point| point.x);
    let ends = levels
        .iter()
        .skip(1)
        .map(|level| f64::from(level.from) - 1.0);
    let ends: Vec<f64> = ends.chain([end]).collect();
    let said: Vec<String> = levels
        .iter()
        .map(|level| {
            let value = measure(level.value / HUNDRED);
            format!("{value} from {}", month_name(level.from))
        })
        .collect();
    chart.alt = match said.is_empty() {
        true => format!("{title}, of reads a working day for each write-up: none is told."),
        false => format!(
            "{title}, of reads a working day for each write-up: {}.",
            said.join(", ")
        ),
    };
    chart.table.head = heads(&["from", "until", "level"]);
    chart.table.rows = levels
        .iter()
        .zip(&ends)
        .map(|(level, end)| {
            let value = Cell::Value(level.value / HUNDRED);
            vec![
                month_name(level.from),
                month_name(*end as i32),
                words(value, 2),
            ]
        })
        .collect();
    let drawn = levels.iter().zip(&ends).map(|(level, end)| {
        let y = level.value / HUNDRED;
        [(f64::from(level.from), y), (end + 1.0, y)]
    });
    let levels = drawn.collect();
    chart.plot =
        too_few(&points, "reads a working day for each write-up").unwrap_or(Plot::Line(Line {
            axis: Axis::Months,
            log: false,
            gap: "no data".to_owned(),
            points,
            trend: None,
            levels,
        }));
    chart
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::charts;
    use super::*;

    fn summary(results: &Value) -> Value {
        let month = |n: i32| {
            let name = format!("2025-{n:02}");
            json!({"month": name, "window_per_100": if n < 7 { 100.0 } else { 200.0 }})
        };
        let series: Vec<Value> = (1..=12).map(month).collect();
        json!({"indicators": {
            "T0": {"results": {"series": series}},
            "T4": {"results": results},
            "T5": {"results": results},
        }})
    }

    #[test]
    fn a_change_has_its_month_and_two_levels() {
        let told = json!({"pettitt": {"n": 12, "first_month_after": "2025-07", "p_approx": 0.0004,
            "level_before": 100.0, "level_after": 200.0}});
        let chart = charts(&summary(&told), "T4").remove(0);
        let Plot::Line(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        let july = f64::from(2025 * 12 + 6);
        assert_eq!(
            plot.levels,
            [
                [(july - 6.0, 1.0), (july, 1.0)],
                [(july, 2.0), (july + 6.0, 2.0)]
            ]
        );
        assert_eq!(
            (chart.marks[0].x, chart.marks[0].words.as_str()),
            (july, "from Jul 2025")
        );
        assert!(
            chart.alt.ends_with("from Jul 2025 on, p below 0.001."),
            "{}",
            chart.alt
        );
    }

    #[test]
    fn months_stand_below_those_of_the_year_before() {
        let month = |name: &str, value: Value| json!({"month": name, "window_per_100": value});
        let mut few = month("2025-01", Value::Null);
        few["suppressed"] = json!(true);
        let series = [
            month("2024-11", json!(150.0)),
            few,
            month("2025-11", json!(300.0)),
        ];
        let summary = json!({"indicators": {"T0": {"results": {"series": series}}, "T3": {}}});
        let chart = charts(&summary, "T3").remove(1);
        let Plot::Heat(heat) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        let labels: Vec<&str> = heat.rows.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(labels, ["2024", "2025"]);
        let november = heat.rows.iter().map(|row| row.cells[10]);
        let november: Vec<Cell> = november.collect();
        assert_eq!(november, [Cell::Value(1.5), Cell::Value(3.0)]);
        assert_eq!(heat.rows[1].cells[0], Cell::Withheld);
        assert_eq!(heat.rows[0].cells[11], Cell::Missing);
        assert!(chart.alt.contains("1 more are") || chart.alt.contains("withheld"));
        assert_eq!(chart.table.rows[1][1], "withheld");
    }

    #[test]
    fn withheld_levels_are_not_drawn() {
        let withheld = json!({"pelt": {"n": null, "segments": null, "suppressed": true}});
        let chart = charts(&summary(&withheld), "T5").remove(0);
        let Plot::Line(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        assert!(plot.levels.is_empty() && chart.unit.contains("withheld"));
        let segment = |month: &str, mean: f64| json!({"first_month": month, "n": 6, "mean": mean});
        let told =
            json!({"pelt": {"segments": [segment("2025-01", 100.0), segment("2025-07", 200.0)]}});
        let chart = charts(&summary(&told), "T5").remove(0);
        assert_eq!(chart.table.rows[0], ["Jan 2025", "Jun 2025", "1.00"]);
    }
}
