//! Charts of what people do at reviews and after them: whether they stay, speak, add to the write-up, come
//! again, and from which teams they come.

use serde_json::Value;

use super::super::reading::{self, Cell, share};
use super::super::{Axis, Bar, Bars, Chart, Heat, HeatRow, Line, Palette, Plot, Point};
use super::{Context, attendance, share_dots, share_words, words};

/// A4: how many were there for at least so much of the meeting.
pub(super) fn presence(context: Context) -> Vec<Chart> {
    let results = context.results();
    let mut chart = context.chart(
        "presence",
        "Who was there for at least so much of a review",
        "share of presences, by share of the meeting",
    );
    let tenths = reading::list(results, "stayed");
    let all = reading::cell(results, "presences");
    if all == Cell::Withheld {
        chart.alt = "Withheld: too few people, or too few reviews.".to_owned();
        chart.plot = Plot::Nothing(chart.alt.clone());
        return vec![chart];
    }
    let Some(n) = all.get().filter(|n| *n > 0.0 && !tenths.is_empty()) else {
        chart.alt = "No measured presence yet.".to_owned();
        return vec![chart];
    };
    chart.n = Some(format!("{} presences", reading::count(n)));
    let counts: Vec<Cell> = tenths
        .iter()
        .map(|t| reading::cell(t, "presences"))
        .collect();
    let from = |tenth: &Value| reading::cell(tenth, "from").get().unwrap_or(0.0) * 100.0;
    let rows = tenths.iter().enumerate().map(|(at, tenth)| {
        let (below, rest) = counts.split_at(at);
        (from(tenth), at_least(below, rest, n), counts[at])
    });
    let rows: Vec<(f64, Cell, Cell)> = rows.collect();
    let percent = |cell: Cell| match cell {
        Cell::Value(share) => format!("{:.0} %", share * 100.0),
        other => words(other, 0),
    };
    let said: Vec<String> = rows
        .iter()
        .skip(1)
        .map(|(from, stayed, _)| format!("{from:.0} %: {}", percent(*stayed)))
        .collect();
    chart.alt = format!(
        "Share of presences that lasted at least so much of the meeting. {}.",
        said.join("; ")
    );
    chart.table.head = ["part of the meeting", "presences", "this long or longer"]
        .map(str::to_owned)
        .to_vec();
    chart.table.rows = rows
        .iter()
        .map(|(from, stayed, own)| {
            let span = format!("{from:.0} to {:.0} %", from + STEP);
            vec![span, words(*own, 0), percent(*stayed)]
        })
        .collect();
    chart.plot = Plot::Line(Line {
        axis: Axis::Shares,
        log: false,
        points: rows
            .iter()
            .map(|(from, stayed, _)| Point {
                // A line stands in the middle of its steps.
                x: from - STEP / 2.0,
                value: *stayed,
                interval: None,
            })
            .collect(),
        gap: "not known".to_owned(),
        trend: None,
        levels: Vec::new(),
    });
    vec![chart]
}

/// A tenth of the meeting, per cent.
const STEP: f64 = 10.0;

/// The share of the rest, from those below it or from itself, whichever is told.
fn at_least(below: &[Cell], rest: &[Cell], n: f64) -> Cell {
    let sum = |cells: &[Cell]| -> Option<f64> { cells.iter().map(|cell| cell.get()).sum() };
    let found = sum(rest).or_else(|| Some(n - sum(below)?));
    found.map_or(Cell::Withheld, |count| Cell::Value(count / n))
}

/// A5: how many spoke.
pub(super) fn talk(context: Context) -> Vec<Chart> {
    let mut chart = context.chart(
        "talk",
        "Who spoke, of those at reviews with a transcript",
        "share of attendances",
    );
    chart.n = held(context);
    share_dots(
        chart,
        &[("Spoke at all", share(context.results(), "spoke_share"))],
    )
}

/// A6: who added to the write-up.
pub(super) fn contribution(context: Context) -> Vec<Chart> {
    let days = context.parameter("contribution", 14.0);
    let mut chart = context.chart(
        "contribution",
        "Who added to the write-up",
        "share of attendances",
    );
    chart.n = held(context);
    let results = context.results();
    let after = format!("Within {days:.0} days of its start");
    let shares = [
        (after.as_str(), share(results, "contribution_after")),
        ("Of this, while it was held", share(results, "during")),
    ];
    share_dots(chart, &shares)
}

fn held(context: Context) -> Option<String> {
    let meetings = reading::cell(context.results(), "meetings").get()?;
    Some(format!("{} reviews", reading::count(meetings)))
}

/// A7: who came back, the cohorts, and the reviews to which they could.
pub(super) fn returning(context: Context) -> Vec<Chart> {
    let days = context.parameter("repeat", 180.0);
    let chart = context.chart(
        "repeat",
        "Who came to another review",
        "share of people who came for the first time",
    );
    let within = format!("Again within {days:.0} days");
    let repeat = share_dots(
        chart,
        &[(within.as_str(), share(context.results(), "repeat"))],
    );
    [repeat, vec![cohorts(context), reviews_held(context)]].concat()
}

/// Cohorts that are drawn, and months after the first.
const MOST_COHORTS: usize = 12;
const MONTHS: i32 = 12;

fn cohorts(context: Context) -> Chart {
    let mut chart = context.chart(
        "cohorts",
        "Who came again, by the month of the first review",
        "share of those who came first then, by months after",
    );
    let all = reading::list(context.results(), "cohorts");
    let old = |cohort: &&Value| retained(cohort, 1) != Cell::Missing;
    let all: Vec<&Value> = all.iter().filter(old).collect();
    if all.is_empty() {
        chart.alt = "No month after a first review is over and was observed yet.".to_owned();
        return chart;
    }
    let told = all
        .iter()
        .filter(|cohort| reading::cell(cohort, "size").get().is_some());
    let told: Vec<&Value> = told.copied().collect();
    if told.is_empty() {
        chart.alt = "Withheld: each cohort has too few people.".to_owned();
        chart.plot = Plot::Nothing(chart.alt.clone());
        return chart;
    }
    let shown = told
        .get(told.len().saturating_sub(MOST_COHORTS)..)
        .unwrap_or_default();
    let mut rows = Vec::new();
    for cohort in shown {
        let size = reading::cell(cohort, "size");
        let cells: Vec<Cell> = (1..=MONTHS)
            .map(|after| match (retained(cohort, after), size) {
                (Cell::Value(came), Cell::Value(size)) if size > 0.0 => Cell::Value(came / size),
                (Cell::Value(_), _) => Cell::Withheld,
                (other, _) => other,
            })
            .collect();
        let label = name(reading::text(cohort, "cohort"));
        let percent = |cell: &Cell| match cell {
            Cell::Value(share) => format!("{:.0} %", share * 100.0),
            other => words(*other, 0),
        };
        chart.table.rows.push(
            [label.clone(), words(size, 0)]
                .into_iter()
                .chain(cells.iter().map(percent))
                .collect(),
        );
        let note = match size {
            Cell::Value(size) => reading::count(size),
            _ => String::new(),
        };
        rows.push(HeatRow { label, cells, note });
    }
    chart.table.head = ["first came in", "people"]
        .map(str::to_owned)
        .into_iter()
        .chain((1..=MONTHS).map(|after| format!("{after} m")))
        .collect();
    let number = |n: usize| reading::count(n as f64);
    let n = match shown.len() == all.len() {
        true => format!("{} cohorts", number(all.len())),
        false => format!("{} of {} cohorts", number(shown.len()), number(all.len())),
    };
    let few = match all.len() - told.len() {
        0 => String::new(),
        few => format!(
            " Of {} more the people are too few to be told.",
            number(few)
        ),
    };
    chart.alt = format!(
        "Share of each cohort that came to a review in the months after its first one: {n}.{few} The table \
         has all numbers."
    );
    chart.n = Some(format!("{n}; right: people"));
    chart.plot = Plot::Heat(Heat {
        share: true,
        columns: (1..=MONTHS).map(|after| after.to_string()).collect(),
        rows,
    });
    chart
}

fn retained(cohort: &Value, after: i32) -> Cell {
    let retained = cohort.get("retained").unwrap_or(&Value::Null);
    reading::cell(retained, &after.to_string())
}

/// `2026-01` as `Jan 2026`, `2026-Q1` as `Q1 26`.
fn name(cohort: &str) -> String {
    match cohort.contains('Q') {
        true => attendance::quarter_name(cohort),
        false => {
            reading::month_index(cohort).map_or_else(|| cohort.to_owned(), reading::month_name)
        }
    }
}

/// Fewer reviews lower every cohort: they stand beside it.
fn reviews_held(context: Context) -> Chart {
    let mut chart = context.chart("held", "Reviews that were held", "reviews, by month");
    let held = reading::list(context.results(), "reviews_held");
    let points: Vec<Point> = held
        .iter()
        .filter_map(|month| {
            let at = reading::month_index(reading::text(month, "month"))?;
            Some(Point {
                x: f64::from(at),
                value: reading::cell(month, "reviews"),
                interval: None,
            })
        })
        .collect();
    if points.len() < 2 {
        chart.alt = "Less than two months with reviews.".to_owned();
        return chart;
    }
    let all: f64 = points.iter().filter_map(|point| point.value.get()).sum();
    chart.n = Some(format!("{} reviews", reading::count(all)));
    chart.alt = format!(
        "Reviews that were held, month by month: {} in all. The table has all numbers.",
        reading::count(all)
    );
    chart.table.head = ["month", "reviews"].map(str::to_owned).to_vec();
    chart.table.rows = points
        .iter()
        .map(|point| {
            let month = reading::month_name(point.x as i32);
            vec![month, words(point.value, 0)]
        })
        .collect();
    chart.plot = Plot::Line(Line {
        axis: Axis::Months,
        log: false,
        points,
        gap: "not known".to_owned(),
        trend: None,
        levels: Vec::new(),
    });
    chart
}

/// A8: from which teams those came who came.
pub(super) fn teams(context: Context) -> Vec<Chart> {
    let mut chart = context.chart(
        "teams",
        "From which teams people came",
        "attendances of people of known teams",
    );
    let outside = share(context.results(), "outside_share");
    chart.n = held(context);
    let (others, all) = match (outside.num, outside.den) {
        (Cell::Value(others), Cell::Value(all)) if all > 0.0 => (others, all),
        _ => return share_dots(chart, &[("Of another team", outside)]),
    };
    let own = all - others;
    chart.alt = format!(
        "{} of those who came were of the team that had the incident, {} of other teams: {}.",
        reading::count(own),
        reading::count(others),
        share_words(&outside)
    );
    chart.table.head = ["", "attendances", "share", "95 % from", "to"]
        .map(str::to_owned)
        .to_vec();
    let percent = |value: f64| format!("{:.1} %", value * 100.0);
    let limits = |limits: Option<(f64, f64)>| {
        limits.map_or(["–", "–"].map(str::to_owned), |(lo, hi)| {
            [lo, hi].map(percent)
        })
    };
    let inside = outside.interval.map(|(lo, hi)| (1.0 - hi, 1.0 - lo));
    for (name, count, interval) in [
        (TEAMS[0], own, inside),
        (TEAMS[1], others, outside.interval),
    ] {
        let [lo, hi] = limits(interval);
        let row = [
            name.to_owned(),
            reading::count(count),
            percent(count / all),
            lo,
            hi,
        ];
        chart.table.rows.push(row.to_vec());
    }
    chart.plot = Plot::Bars(Bars {
        parts: TEAMS.map(str::to_owned).to_vec(),
        palette: Palette::Whole,
        bars: vec![Bar {
            label: "people".to_owned(),
            parts: vec![Cell::Value(own), Cell::Value(others)],
            rest: None,
            note: format!("{:.0} % of others", others / all * 100.0),
        }],
    });
    vec![chart]
}

/// The parts of the bar, from the ground.
const TEAMS: [&str; 2] = ["the team that had the incident", "other teams"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(code: &str, results: Value) -> Vec<Chart> {
        super::super::charts(&json!({"indicators": {code: {"results": results}}}), code)
    }

    #[test]
    fn who_stayed_is_told_from_either_end() {
        let tenth =
            |from: f64, n: Value| json!({"from": from, "presences": n, "suppressed": n.is_null()});
        let tenths = json!([
            tenth(0.0, json!(10)),
            tenth(0.1, Value::Null),
            tenth(0.2, Value::Null),
            tenth(0.3, json!(30)),
        ]);
        let charts = of("A4", json!({"presences": 50, "stayed": tenths}));
        let Plot::Line(line) = &charts[0].plot else {
            panic!("{:?}", charts[0])
        };
        let values: Vec<Cell> = line.points.iter().map(|point| point.value).collect();
        let expected = [
            Cell::Value(1.0),
            Cell::Value(0.8),
            Cell::Withheld,
            Cell::Value(0.6),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn a_month_to_come_is_blank_and_a_withheld_one_is_not() {
        let charts = of(
            "A7",
            json!({"cohorts": [
                {"cohort": "2026-01", "size": 20, "retained": {"0": 20, "1": 0, "2": null, "3": 10, "suppressed": true}},
                {"cohort": "2026-Q2", "size": null, "retained": {"0": null, "1": null, "suppressed": true}, "suppressed": true},
                {"cohort": "2026-07", "size": 9, "retained": {"0": 9}},
            ]}),
        );
        let Plot::Heat(heat) = &charts[1].plot else {
            panic!("{:?}", charts[1])
        };
        let rows: Vec<(&str, &[Cell])> = heat
            .rows
            .iter()
            .map(|row| (row.label.as_str(), &row.cells[..4]))
            .collect();
        let none = Cell::Missing;
        // Nothing is told of the second, and of the third no month is over.
        let january = [Cell::Value(0.0), Cell::Withheld, Cell::Value(0.5), none];
        assert_eq!(rows, [("Jan 2026", &january[..])]);
        assert!(charts[1].alt.contains("Of 1 more"), "{}", charts[1].alt);
    }

    #[test]
    fn without_anything_there_is_a_word() {
        for code in ["A4", "A5", "A6", "A7", "A8"] {
            for chart in of(code, json!({})) {
                assert!(matches!(chart.plot, Plot::Nothing(_)), "{code}: {chart:?}");
                assert!(!chart.alt.is_empty(), "{code}");
            }
        }
    }
}
