//! Tests of charts: golden chart data, texts that stay apart and on the canvas, bytes that repeat.

use serde_json::{Value, json};

use super::scene::Scene;
use super::*;

fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/tests/fixtures/pages/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn every_chart(summary: &Value) -> Vec<Chart> {
    let mut charts = build::all(summary);
    for writeup in reading::list(summary, "writeups") {
        charts.push(build::read_curve(summary, writeup));
        charts.push(build::sparkline(summary, writeup));
    }
    charts
}

pub(super) fn assert_sound(chart: &Chart, scene: &Scene) {
    for (i, label) in scene.labels.iter().enumerate() {
        let (left, top, right, bottom) = label.bounds();
        assert!(
            left >= 0.0 && top >= 0.0 && right <= scene.width && bottom <= scene.height,
            "{}: {:?} leaves the canvas",
            chart.name,
            label.text
        );
        for other in scene.labels.iter().skip(i + 1) {
            let b = other.bounds();
            let apart = right <= b.0 || b.2 <= left || bottom <= b.1 || b.3 <= top;
            assert!(
                apart,
                "{}: {:?} touches {:?}",
                chart.name, label.text, other.text
            );
        }
    }
}

#[test]
fn labels_stay_apart_and_on_the_canvas() {
    for name in ["full", "small", "empty"] {
        for chart in every_chart(&fixture(name)) {
            for alone in [false, true] {
                assert_sound(&chart, &layout::scene(&chart, alone));
            }
        }
    }
}

#[test]
fn chart_data_is_golden() {
    for name in ["full", "small", "empty"] {
        let charts = build::all(&fixture(name));
        insta::assert_json_snapshot!(format!("charts_{name}"), charts);
    }
}

#[test]
fn pictures_repeat_and_are_small() {
    for chart in every_chart(&fixture("full")) {
        let svg = render_svg(&chart, Theme::Page);
        assert_eq!(svg, render_svg(&chart, Theme::Page), "{}", chart.name);
        assert!(svg.len() < 40_000, "{} has {} bytes", chart.name, svg.len());
        assert!(
            !svg.contains("#0060"),
            "{} has a colour of its own",
            chart.name
        );
        assert_well_formed(&svg);
    }
    let charts = build::all(&fixture("full"));
    let chart = charts.first().unwrap();
    assert_eq!(
        render_png(chart, Theme::Light),
        render_png(chart, Theme::Light)
    );
}

/// Every tag is closed, in order, and no bare `<` or `&` stands in a text.
pub(super) fn assert_well_formed(svg: &str) {
    let mut open: Vec<String> = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, text) = piece
            .split_once('>')
            .unwrap_or_else(|| panic!("open tag in {piece:?}"));
        assert!(
            !text.contains('&') || text.contains(';'),
            "bare ampersand in {text:?}"
        );
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or_default().to_owned());
        }
    }
    assert!(open.is_empty(), "unclosed {open:?}");
}

#[test]
fn what_is_withheld_is_neither_zero_nor_shown() {
    let summary = json!({"indicators": {"A2": {"results": {
        "voluntary": {"k": null, "n": null, "p": null, "lo": null, "hi": null, "suppressed": true}
    }}}});
    let charts = build::charts(&summary, "A2");
    let chart = charts.first().unwrap();
    let Plot::Dots(plot) = &chart.plot else {
        panic!("{:?}", chart.plot)
    };
    assert_eq!(plot.rows.first().map(|row| row.value), Some(Cell::Withheld));
    assert!(render_svg(chart, Theme::Light).contains(">withheld<"));
}

#[test]
fn a_missing_month_is_a_hole() {
    let month = |month: &str, value: f64| json!({"month": month, "window_per_100": value});
    let summary = json!({"indicators": {"T0": {"results": {
        "series": [month("2025-11", 2.0), month("2026-02", 3.0)]
    }}}});
    let charts = build::charts(&summary, "T0");
    let Some(Plot::Line(plot)) = charts.first().map(|chart| &chart.plot) else {
        panic!()
    };
    let values: Vec<Cell> = plot.points.iter().map(|point| point.value).collect();
    assert_eq!(
        values,
        [
            Cell::Value(0.02),
            Cell::Missing,
            Cell::Missing,
            Cell::Value(0.03)
        ]
    );
    assert_eq!(plot.trend, None);
}

#[test]
fn what_changed_is_marked_in_words_and_in_the_picture() {
    let month = |month: &str| json!({"month": month, "window_per_100": 2.0});
    let months = ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03"];
    let change = |on: &str, text: &str| json!({"on": on, "text": text});
    let summary = json!({"indicators": {
        "T0": {"results": {"series": months.map(month)}},
        "T6": {"results": {"annotations": [
            change("2026-01-16", "New template"),
            change("2024-01-01", "Long ago"),
        ]}},
    }});
    let charts = build::charts(&summary, "T0");
    let chart = charts.first().expect("a chart");
    assert_eq!(chart.marks[0].x.floor(), f64::from(2026 * 12));
    assert!(chart.alt.contains("New template."));
    assert!(!chart.alt.contains("Long ago"), "{}", chart.alt);
    let svg = render_svg(chart, Theme::Light);
    assert!(
        svg.contains(">New template<") && !svg.contains("Long ago"),
        "{svg}"
    );
    assert_sound(chart, &layout::scene(chart, true));
}

#[test]
fn what_is_withheld_of_a_quarter_is_as_high_as_it_is() {
    let quarter = |name: &str, reviews: u32| {
        json!({"quarter": name, "reviews": reviews, "by_role": {
            "CHAIR": null, "REQ-PARTICIPANT": 16, "OPT-PARTICIPANT": 18, "suppressed": true
        }})
    };
    let review = |date: &str, attendees: u32| json!({"date": date, "attendees": attendees});
    let summary = json!({
        "indicators": {"A1": {}},
        "attendance_by_quarter": [quarter("2025-Q4", 3), quarter("2026-Q1", 2)],
        "reviews": [review("2026-03-31", 26), review("2026-01-01", 20), review("2025-12-31", 9)],
    });
    let charts = build::charts(&summary, "A1");
    let Some(Plot::Bars(plot)) = charts.first().map(|chart| &chart.plot) else {
        panic!()
    };
    let told: Vec<(Option<f64>, &str)> = plot
        .bars
        .iter()
        .map(|bar| (bar.rest, bar.note.as_str()))
        .collect();
    // Of the first quarter two reviews are not in the list, so nobody knows how many came.
    assert_eq!(told, [(None, "34+"), (Some(12.0), "46")]);
}

fn writeup(reads: Value) -> Value {
    json!({"published_at": "2026-01-01T00:00:00Z", "reads_by_age": reads})
}

#[test]
fn a_nought_that_nobody_watched_is_no_nought() {
    let summary = json!({"as_of": "2026-07-01T00:00:00Z", "health": {"coverage": [
        {"kind": "link", "from": "2020-01-01T00:00:00Z", "to": null},
        {"kind": "read", "from": "2026-02-20T00:00:00Z", "to": null}
    ]}});
    let values = |writeup: &Value| match build::sparkline(&summary, writeup).plot {
        Plot::Spark(plot) => plot.values,
        plot => panic!("{plot:?}"),
    };
    let mut writeup = writeup(json!([0, 0, 0, 7]));
    let (unwatched, nought, seven) = (Cell::Missing, Cell::Value(0.0), Cell::Value(7.0));
    assert_eq!(values(&writeup), [unwatched, unwatched, nought, seven]);
    // What is said of this write-up goes before what is known of all sources together.
    writeup["watched_by_age"] = json!([1.0, 1.0, 0.07, 1.0]);
    assert_eq!(values(&writeup), [nought, nought, unwatched, seven]);
}

#[test]
fn a_line_that_would_hold_no_line_is_a_sentence() {
    for (reads, said) in [
        (json!([]), "No read seen here yet."),
        (
            json!([43]),
            "43 reads in four weeks so far; a line needs two values.",
        ),
        (
            json!([null, null]),
            "Withheld: too few people for reads in four weeks to be told.",
        ),
    ] {
        let chart = build::read_curve(&Value::Null, &writeup(reads));
        assert_eq!(chart.plot, Plot::Nothing(said.to_owned()));
    }
}

#[test]
fn reads_by_age_are_told_by_the_week() {
    let week = |week: u32, rate: f64| json!({"week": week, "k": 5, "exposure": 70, "rate": rate});
    let summary = json!({"indicators": {"L1": {"results": {
        "curve": [week(0, 2.0), week(1, 0.12)]
    }}}});
    let charts = build::charts(&summary, "L1");
    let chart = charts.first().unwrap();
    assert!(
        chart.alt.contains("14 in week 0, 0.84 in week 1"),
        "{}",
        chart.alt
    );
    assert_eq!(chart.table.rows[1][..4], ["1", "5", "10.0", "0.84"]);
    assert!(render_svg(chart, Theme::Light).contains(">0.84<"));
}

#[test]
fn a_hundred_strange_sets_of_numbers_stay_on_the_canvas() {
    // A small generator of its own: the same hundred sets on every machine.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for round in 0..100 {
        let size = 10f64.powf(next() * 8.0 - 3.0);
        let count = (next() * 90.0) as usize + 1;
        let points = (0..count)
            .map(|i| {
                let value = match (next() * 12.0) as u32 {
                    0 => Cell::Missing,
                    1 => Cell::Withheld,
                    2 => Cell::Value(0.0),
                    _ => Cell::Value(next() * size),
                };
                let interval = value.get().map(|v| (v * next(), v * (1.0 + next() * 9.0)));
                Point {
                    x: 24_300.0 + i as f64,
                    value,
                    interval,
                }
            })
            .collect();
        let axis = if round % 2 == 0 {
            Axis::Months
        } else {
            Axis::Weeks
        };
        let mut chart = build::read_curve(&Value::Null, &Value::Null);
        chart.marks = vec![Mark {
            x: 3.0,
            until: (round % 2 == 0).then_some(9.0),
            words: "Something that somebody changed, in many words".to_owned(),
        }];
        chart.plot = Plot::Line(Line {
            axis,
            log: round % 3 == 0,
            gap: "not watched".to_owned(),
            points,
            trend: None,
            levels: Vec::new(),
        });
        assert_sound(&chart, &layout::scene(&chart, true));
        let bars = (0..count.min(9)).map(|i| Bar {
            label: format!("Q{i} 26"),
            parts: (0..6)
                .map(|_| Cell::Value((next() * size).floor()))
                .collect(),
            rest: (i % 2 == 0).then_some((next() * size).floor()),
            note: format!("{size:.0}"),
        });
        let parts = (0..6).map(|i| format!("part {i}")).collect();
        let bars = Bars {
            parts,
            palette: Palette::Roles,
            bars: bars.collect(),
        };
        chart.plot = Plot::Bars(bars);
        assert_sound(&chart, &layout::scene(&chart, true));
        let rows = (0..count.min(9)).map(|i| Row {
            label: format!("a descriptor with the number {i}"),
            value: Cell::Value(10f64.powf(next() * 6.0 - 3.0)),
            interval: Some((next() * 1e-3, 10f64.powf(next() * 6.0))),
            note: "p below 0.001".to_owned(),
        });
        let rows = rows.collect();
        let scale = match round % 2 {
            0 => Scale::Ratio,
            _ => Scale::Correlation,
        };
        chart.plot = Plot::Forest(Forest { rows, scale });
        assert_sound(&chart, &layout::scene(&chart, true));
        let mut shares = (0..count.min(10)).map(|_| next()).collect::<Vec<f64>>();
        shares.sort_by(f64::total_cmp);
        let points = (1..=shares.len()).zip(&shares);
        chart.plot = Plot::Lorenz(Lorenz {
            points: points
                .map(|(i, share)| (i as f64 / shares.len() as f64, *share))
                .collect(),
            things: "of the write-ups, the least read first".to_owned(),
        });
        assert_sound(&chart, &layout::scene(&chart, true));
        let seen = (0..count.min(52)).map(|i| Point {
            x: i as f64 + 0.5,
            value: Cell::Value(next() * size),
            interval: Some((0.0, size)),
        });
        let points: Vec<Point> = seen.collect();
        let curve = |label: &str, fall: f64| Fitted {
            label: label.to_owned(),
            points: points
                .iter()
                .map(|p| (p.x, size * p.x.powf(-fall)))
                .collect(),
        };
        let curves = vec![
            curve("stretched exponential", next()),
            curve("a half-life", next() * 4.0),
        ];
        chart.plot = Plot::Fits(Fits { points, curves });
        assert_sound(&chart, &layout::scene(&chart, true));
        let panels = (0..count.min(8)).map(|i| Panel {
            label: format!("a descriptor with the number {i}"),
            points: (0..count).map(|_| (next() * size, next() * size)).collect(),
            course: vec![(0.0, 0.0), (size, size)],
        });
        let panels = panels.collect();
        chart.plot = Plot::Scatter(Scatter { panels });
        assert_sound(&chart, &layout::scene(&chart, true));
        let rows = (0..count.min(9)).map(|i| HeatRow {
            label: format!("{}", 2018 + i),
            cells: (0..12).map(|_| Cell::Value(next() * size)).collect(),
            note: String::new(),
        });
        chart.plot = Plot::Heat(Heat {
            share: round % 2 == 0,
            columns: (1..=12).map(|month| month.to_string()).collect(),
            rows: rows.collect(),
        });
        assert_sound(&chart, &layout::scene(&chart, true));
        let points: Vec<Point> = (0..count)
            .map(|i| Point {
                x: 24_300.0 + i as f64,
                value: match (next() * 9.0) as u32 {
                    0 => Cell::Withheld,
                    _ => Cell::Value(next() * size),
                },
                interval: None,
            })
            .collect();
        let mut line = |level: f64| -> Vec<(f64, f64)> {
            points
                .iter()
                .map(|p| (p.x, level * size * (0.5 + next())))
                .collect()
        };
        let (before, after, unchanged) = (line(1.0), line(9.0), line(1.0));
        chart.marks[0].x = 24_300.0 + next() * count as f64;
        chart.plot = Plot::BeforeAfter(BeforeAfter {
            left_out: points.first().map(|point| point.x),
            points,
            before,
            after,
            unchanged,
        });
        assert_sound(&chart, &layout::scene(&chart, true));
    }
}

/// INDICATORS K3: nobody can change what the message of a commit says.
#[test]
fn messages_of_commits_have_no_curve() {
    let summary = fixture("full");
    let told = reading::results(&summary, "K3");
    let commits = told.pointer("/uptake/link_survival/commit/n");
    let commits = commits.or_else(|| told.pointer("/link_survival/commit/n"));
    assert!(commits.and_then(Value::as_f64) > Some(0.0), "{told}");
    let charts = build::charts(&summary, "K3");
    let rows: Vec<&str> = charts
        .iter()
        .flat_map(|chart| &chart.table.rows)
        .map(|row| row[0].as_str())
        .collect();
    assert!(rows.contains(&"diagrams"), "{rows:?}");
    assert!(!rows.contains(&"commits"), "{rows:?}");
}
