//! A hundred random sets of data for every form of picture there is: no words touch others or leave the canvas,
//! no line leaves it either, every row keeps its name, and what is written is well formed.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::scene::{Scene, Shape};
use super::tests::{assert_sound, assert_well_formed};
use super::*;

/// How many sets each form is drawn with.
const SETS: u32 = 100;
/// What a line's width or a marker may reach beyond its place, px.
const REACH: f64 = 10.0;

/// Words as people write them: none, short, long, with what is markup elsewhere, in other scripts.
fn words() -> BoxedStrategy<String> {
    let some = [
        "",
        "W",
        "Q3 26",
        "a & b <c>",
        "Ünïcödé – Скрипт",
        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    ];
    prop_oneof![
        select(some.map(str::to_owned).to_vec()),
        "[a-zA-Z]{1,12}( [a-z0-9<&\"]{1,14}){0,4}",
    ]
    .boxed()
}

/// Sizes from a thousandth to a hundred million.
fn size() -> BoxedStrategy<f64> {
    prop_oneof![
        Just(0.0),
        (0_u32..12).prop_map(f64::from),
        (-3.0..8.0_f64).prop_map(|power| 10_f64.powf(power)),
    ]
    .boxed()
}

/// A value, withheld or missing at times.
fn cell(value: BoxedStrategy<f64>) -> BoxedStrategy<Cell> {
    prop_oneof![
        1 => Just(Cell::Missing),
        1 => Just(Cell::Withheld),
        6 => value.prop_map(Cell::Value),
    ]
    .boxed()
}

fn share() -> BoxedStrategy<f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64].boxed()
}

/// A value with an interval around it that ends at `most`.
fn estimated(value: BoxedStrategy<f64>, most: f64) -> BoxedStrategy<(Cell, Option<(f64, f64)>)> {
    (cell(value), option::of((0.0..1.0_f64, 1.0..9.0_f64)))
        .prop_map(move |(value, around): (Cell, Option<(f64, f64)>)| {
            let interval = value.get().zip(around);
            let interval = interval.map(|(v, (less, more))| (v * less, (v * more).min(most)));
            (value, interval)
        })
        .boxed()
}

/// Points at every step from `from` on.
fn points(from: f64, value: BoxedStrategy<f64>, most: f64) -> BoxedStrategy<Vec<Point>> {
    vec(estimated(value, most), 1..90)
        .prop_map(move |all| {
            let each = all.into_iter().enumerate();
            each.map(|(i, (value, interval))| Point {
                x: from + i as f64,
                value,
                interval,
            })
            .collect()
        })
        .boxed()
}

fn line() -> BoxedStrategy<Plot> {
    let axes = prop_oneof![
        points(0.0, size(), f64::MAX).prop_map(|points| (Axis::Weeks, points)),
        points(24_300.0, size(), f64::MAX).prop_map(|points| (Axis::Months, points)),
        vec(share(), 1..30).prop_map(|shares| {
            let mut shares = shares;
            shares.sort_by(f64::total_cmp);
            let count = shares.len() as f64;
            let each = (0..).zip(shares).map(|(i, share)| Point {
                x: f64::from(i) / count,
                value: Cell::Value(share),
                interval: None,
            });
            (Axis::Shares, each.collect::<Vec<Point>>())
        }),
    ];
    (axes, any::<bool>(), words(), any::<bool>())
        .prop_map(|((axis, points), log, gap, fitted)| {
            let known = || points.iter().filter_map(|p| Some((p.x, p.value.get()?)));
            let ends = known().next().zip(known().next_back());
            let across = ends.map(|(from, to)| [from, to]).filter(|_| fitted);
            Plot::Line(Line {
                // Shares are never drawn by powers of ten.
                log: log && axis != Axis::Shares,
                axis,
                gap,
                trend: across,
                levels: across.into_iter().collect(),
                points,
            })
        })
        .boxed()
}

fn steps() -> BoxedStrategy<Plot> {
    let step = (
        0.1..200.0_f64,
        0.3..1.0_f64,
        any::<bool>(),
        option::of(0_u64..2_000_000),
    );
    let curve = (words(), vec(step, 0..40)).prop_map(|(label, steps)| {
        let (mut day, mut share) = (0.0, 1.0);
        let each = steps.into_iter().map(|(days, left, sure, at_risk)| {
            day += days;
            share *= left;
            Step {
                day,
                share,
                interval: sure.then_some((share * 0.8, (share * 1.3).min(1.0))),
                at_risk,
            }
        });
        Curve {
            label,
            steps: each.collect(),
        }
    });
    let curves = vec(curve, 1..6);
    curves
        .prop_map(|curves| Plot::Steps(Steps { curves }))
        .boxed()
}

fn bars() -> BoxedStrategy<Plot> {
    let bar = (words(), vec(cell(size()), 6), option::of(size()), words());
    (vec(bar, 1..10), vec(words(), 6), any::<bool>())
        .prop_map(|(bars, parts, upright)| {
            let (palette, many) = match upright {
                true => (Palette::Roles, 6),
                false => (Palette::Whole, 2),
            };
            let each = bars.into_iter().map(|(label, parts, rest, note)| Bar {
                label,
                parts: parts.into_iter().take(many).collect(),
                rest,
                note,
            });
            Plot::Bars(Bars {
                parts: parts.into_iter().take(many).collect(),
                palette,
                bars: each.collect(),
            })
        })
        .boxed()
}

fn rows(value: BoxedStrategy<f64>, most: f64) -> BoxedStrategy<Vec<Row>> {
    let row = (words(), estimated(value, most), words());
    vec(row, 1..10)
        .prop_map(|rows| {
            let each = rows
                .into_iter()
                .map(|(label, (value, interval), note)| Row {
                    label,
                    value,
                    interval,
                    note,
                });
            each.collect()
        })
        .boxed()
}

fn dots() -> BoxedStrategy<Plot> {
    let of = |share| move |rows| Plot::Dots(Dots { rows, share });
    prop_oneof![
        rows(share(), 1.0).prop_map(of(true)),
        rows(size(), f64::MAX).prop_map(of(false)),
    ]
    .boxed()
}

fn areas() -> BoxedStrategy<Plot> {
    (
        vec(words(), 1..6),
        20_000..30_000,
        vec(vec(size(), 5), 1..150),
    )
        .prop_map(|(parts, first, months)| {
            let many = parts.len();
            let of = |values: Vec<f64>| values.into_iter().take(many).collect();
            let months = (first..).zip(months.into_iter().map(of)).collect();
            Plot::Areas(Areas { parts, months })
        })
        .boxed()
}

fn heat() -> BoxedStrategy<Plot> {
    let row = |value| (words(), vec(cell(value), 24), words());
    let of = |share: bool| {
        move |(rows, columns): (Vec<(String, Vec<Cell>, String)>, usize)| {
            let each = rows.into_iter().map(|(label, cells, note)| HeatRow {
                label,
                cells: cells.into_iter().take(columns).collect(),
                note,
            });
            Plot::Heat(Heat {
                share,
                columns: (0..columns).map(|i| i.to_string()).collect(),
                rows: each.collect(),
            })
        }
    };
    prop_oneof![
        (vec(row(share()), 1..30), 1_usize..24).prop_map(of(true)),
        (vec(row(size()), 1..30), 1_usize..24).prop_map(of(false)),
    ]
    .boxed()
}

fn before_after() -> BoxedStrategy<Plot> {
    (
        points(24_300.0, size(), f64::MAX),
        any::<bool>(),
        0.0..3.0_f64,
    )
        .prop_map(|(points, left_out, slope)| {
            let known: Vec<(f64, f64)> = points
                .iter()
                .filter_map(|p| Some((p.x, p.value.get()?)))
                .collect();
            let (before, after) = known.split_at(known.len() / 2);
            let unchanged = after.iter().map(|(x, y)| (*x, y * slope)).collect();
            Plot::BeforeAfter(BeforeAfter {
                left_out: points
                    .get(points.len() / 2)
                    .map(|p| p.x)
                    .filter(|_| left_out),
                before: before.to_vec(),
                after: after.to_vec(),
                unchanged,
                points,
            })
        })
        .boxed()
}

fn scatter() -> BoxedStrategy<Plot> {
    let panel = (words(), vec((size(), size()), 0..60)).prop_map(|(label, points)| {
        let mut course = points.clone();
        course.sort_by(|a, b| a.0.total_cmp(&b.0));
        Panel {
            label,
            points,
            course,
        }
    });
    let panels = vec(panel, 1..9);
    panels
        .prop_map(|panels| Plot::Scatter(Scatter { panels }))
        .boxed()
}

fn graph() -> BoxedStrategy<Plot> {
    let nodes = vec((words(), share()), 1..41);
    (nodes, vec((0_usize..41, 0_usize..41), 0..120))
        .prop_map(|(nodes, edges)| {
            let count = nodes.len();
            let nodes = nodes
                .into_iter()
                .map(|(label, weight)| Node { label, weight });
            let edges = edges
                .into_iter()
                .map(|(from, to)| (from % count, to % count));
            Plot::Graph(Graph {
                nodes: nodes.collect(),
                edges: edges.filter(|(from, to)| from != to).collect(),
            })
        })
        .boxed()
}

fn fits() -> BoxedStrategy<Plot> {
    (
        points(0.5, size(), f64::MAX),
        vec((words(), 0.0..4.0_f64), 0..3),
    )
        .prop_map(|(points, laws)| {
            let curve = |(label, fall): (String, f64)| Fitted {
                label,
                points: points
                    .iter()
                    .map(|p| (p.x, 100.0 * p.x.powf(-fall)))
                    .collect(),
            };
            Plot::Fits(Fits {
                curves: laws.into_iter().map(curve).collect(),
                points,
            })
        })
        .boxed()
}

fn lorenz() -> BoxedStrategy<Plot> {
    (vec(0.001..1.0_f64, 1..40), words())
        .prop_map(|(parts, things)| {
            let mut parts: Vec<f64> = parts;
            parts.sort_by(f64::total_cmp);
            let (count, whole) = (parts.len() as f64, parts.iter().sum::<f64>());
            let mut sum = 0.0;
            let points = (1..).zip(parts).map(|(i, part)| {
                sum += part;
                (f64::from(i) / count, (sum / whole).min(1.0))
            });
            Plot::Lorenz(Lorenz {
                points: points.collect(),
                things,
            })
        })
        .boxed()
}

fn forest() -> BoxedStrategy<Plot> {
    let ratio = (-3.0..3.0_f64).prop_map(|power| 10_f64.powf(power)).boxed();
    let of = |scale| move |rows| Plot::Forest(Forest { rows, scale });
    prop_oneof![
        rows(ratio, f64::MAX).prop_map(of(Scale::Ratio)),
        rows(share(), 1.0).prop_map(of(Scale::Correlation)),
    ]
    .boxed()
}

fn spark() -> BoxedStrategy<Plot> {
    let values = vec(cell(size()), 0..60);
    values
        .prop_map(|values| Plot::Spark(Spark { values }))
        .boxed()
}

fn badge() -> BoxedStrategy<Plot> {
    (words(), words())
        .prop_map(|(label, says)| Plot::Badge(Badge { label, says }))
        .boxed()
}

fn nothing() -> BoxedStrategy<Plot> {
    words().prop_map(Plot::Nothing).boxed()
}

/// Every form with what draws sets of data for it.
fn forms() -> Vec<BoxedStrategy<Plot>> {
    vec![
        line(),
        steps(),
        bars(),
        dots(),
        areas(),
        heat(),
        before_after(),
        scatter(),
        graph(),
        fits(),
        lorenz(),
        forest(),
        spark(),
        badge(),
        nothing(),
    ]
}

/// The place of a form among [`forms`]: whoever adds a form has to say it.
fn place(plot: &Plot) -> usize {
    match plot {
        Plot::Line(_) => 0,
        Plot::Steps(_) => 1,
        Plot::Bars(_) => 2,
        Plot::Dots(_) => 3,
        Plot::Areas(_) => 4,
        Plot::Heat(_) => 5,
        Plot::BeforeAfter(_) => 6,
        Plot::Scatter(_) => 7,
        Plot::Graph(_) => 8,
        Plot::Fits(_) => 9,
        Plot::Lorenz(_) => 10,
        Plot::Forest(_) => 11,
        Plot::Spark(_) => 12,
        Plot::Badge(_) => 13,
        Plot::Nothing(_) => 14,
    }
}

/// Names of rows that are read with the picture: each is there, cut where it is long.
fn named(plot: &Plot) -> Vec<&str> {
    let names: Vec<&String> = match plot {
        Plot::Dots(plot) => plot.rows.iter().map(|row| &row.label).collect(),
        Plot::Forest(plot) => plot.rows.iter().map(|row| &row.label).collect(),
        Plot::Heat(plot) => plot.rows.iter().map(|row| &row.label).collect(),
        Plot::Steps(plot) => plot.curves.iter().map(|curve| &curve.label).collect(),
        Plot::Badge(plot) => vec![&plot.label, &plot.says],
        _ => Vec::new(),
    };
    let names = names.into_iter().map(|name| name.trim());
    names.filter(|name| !name.is_empty()).collect()
}

fn assert_rows_are_named(chart: &Chart, scene: &Scene) {
    let mut written: Vec<&str> = scene.labels.iter().map(|label| label.text.trim()).collect();
    for name in named(&chart.plot) {
        let is_it = |text: &&str| {
            let cut = text.strip_suffix('…').map(str::trim_end);
            *text == name || cut.is_some_and(|start| !start.is_empty() && name.starts_with(start))
        };
        let found = written.iter().position(is_it);
        let found = found.unwrap_or_else(|| panic!("{name:?} is not written: {written:?}"));
        written.remove(found);
    }
}

fn assert_lines_stay(scene: &Scene) {
    for shape in &scene.shapes {
        let one;
        let two;
        let points: &[scene::At] = match shape {
            Shape::Path { points, .. } | Shape::Area { points, .. } => points,
            Shape::Rect { from, to, .. } => {
                two = [*from, *to];
                &two
            }
            Shape::Mark { at, .. } => {
                one = [*at];
                &one
            }
        };
        for (x, y) in points {
            let inside = (-REACH..=scene.width + REACH).contains(x)
                && (-REACH..=scene.height + REACH).contains(y);
            assert!(
                inside,
                "({x}, {y}) leaves {} x {}: {shape:?}",
                scene.width, scene.height
            );
        }
    }
}

#[test]
fn every_form_holds_a_hundred_random_sets() {
    for (at, form) in forms().into_iter().enumerate() {
        let marks = vec((0.0..90.0_f64, option::of(0.0..30.0_f64), words()), 0..4);
        let chart = (
            form,
            [words(), words(), words()],
            option::of(words()),
            marks,
            any::<bool>(),
        );
        let config = Config {
            cases: SETS,
            failure_persistence: None,
            ..Config::default()
        };
        // Always the same sets: who mends one sees that it is mended.
        let mut runner = TestRunner::new_with_rng(
            config.clone(),
            proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm),
        );
        let done = runner.run(&chart, |(plot, [title, unit, source], n, marks, alone)| {
            prop_assert_eq!(place(&plot), at);
            let from = match &plot {
                Plot::Line(line) => line.points.first().map_or(0.0, |point| point.x),
                Plot::BeforeAfter(plot) => plot.points.first().map_or(0.0, |point| point.x),
                _ => 0.0,
            };
            let marks = marks.into_iter().map(|(x, lasts, words)| Mark {
                x: from + x,
                until: lasts.map(|lasts| from + x + lasts),
                words,
            });
            let chart = Chart {
                name: "random".to_owned(),
                code: "R1".to_owned(),
                title,
                unit,
                n,
                source,
                alt: String::new(),
                plot,
                marks: marks.collect(),
                table: Table::default(),
            };
            let scene = layout::scene(&chart, alone);
            assert_sound(&chart, &scene);
            assert_lines_stay(&scene);
            assert_rows_are_named(&chart, &scene);
            let theme = if alone { Theme::Light } else { Theme::Page };
            assert_well_formed(&svg::render(&chart, &scene, theme));
            Ok(())
        });
        done.unwrap_or_else(|why| panic!("form {at}: {why}"));
    }
}
