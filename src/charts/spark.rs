//! A sparkline: the shape of a series, a word high, without axes. Its last value is a dot. Heights
//! are square roots: beside the burst of the first weeks the tail would else be flat.

use super::scene::{At, Form, Scene, Shape};
use super::theme::Ink;
use super::{Cell, Spark};

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;
/// What is left free around the line.
const MARGIN: f64 = 4.0;
/// Height of the hatched strip that stands for withheld values.
const STRIP: f64 = 4.0;

/// Lays a sparkline out.
pub(super) fn scene(plot: &Spark, alone: bool) -> Scene {
    let mut scene = Scene::new(WIDTH, HEIGHT, alone);
    let known = plot.values.iter().filter_map(|value| value.get());
    let top = known.fold(1.0, f64::max);
    let (left, ground) = (MARGIN, HEIGHT - MARGIN);
    let step = (WIDTH - 2.0 * MARGIN) / plot.values.len().max(1) as f64;
    let edge = |i: usize| left + i as f64 * step;
    let at = |i: usize, value: f64| -> At {
        let height = (value.max(0.0) / top).sqrt();
        let middle = edge(i) + step / 2.0;
        (middle, ground - height * (ground - MARGIN))
    };
    scene.rule((left, ground), (WIDTH - MARGIN, ground), Ink::Grid, 1.0);
    for (cell, run) in runs(&plot.values) {
        let (from, to) = (edge(run.start), edge(run.end));
        match cell {
            Cell::Missing => scene.unwatched((from, 0.0), (to, HEIGHT)),
            // Somebody read it; how many is not told.
            Cell::Withheld => scene.hatch((from, ground - STRIP), (to, ground)),
            Cell::Value(_) => {
                let value = |i| plot.values.get(i).copied().and_then(Cell::get);
                let points = run.filter_map(|i| Some(at(i, value(i)?)));
                line(&mut scene, points.collect());
            }
        }
    }
    if let Some((i, Cell::Value(value))) = plot.values.iter().copied().enumerate().next_back() {
        scene.draw(Shape::Mark {
            at: at(i, value),
            radius: 2.2,
            ink: Ink::First,
            form: Form::Dot,
        });
    }
    scene
}

/// Stretches of values of one kind: known, withheld, not watched.
fn runs(values: &[Cell]) -> Vec<(Cell, std::ops::Range<usize>)> {
    let mut runs: Vec<(Cell, std::ops::Range<usize>)> = Vec::new();
    for (i, value) in values.iter().enumerate() {
        match runs.last_mut() {
            Some((kind, run)) if std::mem::discriminant(kind) == std::mem::discriminant(value) => {
                run.end = i + 1;
            }
            _ => runs.push((*value, i..i + 1)),
        }
    }
    runs
}

fn line(scene: &mut Scene, points: Vec<At>) {
    if let [only] = points.as_slice() {
        scene.draw(Shape::Mark {
            at: *only,
            radius: 1.6,
            ink: Ink::First,
            form: Form::Dot,
        });
    }
    scene.draw(Shape::Path {
        points,
        ink: Ink::First,
        width: 1.4,
    });
}
