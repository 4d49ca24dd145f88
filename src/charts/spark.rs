//! A sparkline: the shape of a series, a word high, without axes. Its last value is a dot. Heights
//! are square roots: beside the burst of the first weeks the tail would else be flat.

use super::scene::{At, Form, Scene, Shape};
use super::theme::Ink;
use super::{Cell, Spark};

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;

/// Lays a sparkline out.
pub(super) fn scene(plot: &Spark, alone: bool) -> Scene {
    let mut scene = Scene::new(WIDTH, HEIGHT, alone);
    let top = plot
        .values
        .iter()
        .filter_map(|value| value.get())
        .fold(0.0, f64::max)
        .max(1.0);
    let step = (WIDTH - 8.0) / plot.values.len().saturating_sub(1).max(1) as f64;
    let at = |i: usize, value: f64| -> At {
        (
            4.0 + i as f64 * step,
            HEIGHT - 4.0 - value / top * (HEIGHT - 8.0),
        )
    };
    scene.rule(
        (4.0, HEIGHT - 4.0),
        (WIDTH - 4.0, HEIGHT - 4.0),
        Ink::Grid,
        1.0,
    );
    let mut run: Vec<At> = Vec::new();
    for (i, value) in plot.values.iter().enumerate() {
        match value {
            Cell::Value(value) => run.push(at(i, *value)),
            other => {
                flush(&mut scene, &mut run);
                if *other == Cell::Withheld {
                    let x = at(i, 0.0).0;
                    scene.hatch(
                        ((x - step / 2.0).max(4.0), 8.0),
                        ((x + step / 2.0).min(WIDTH - 4.0), HEIGHT - 4.0),
                    );
                }
            }
        }
    }
    flush(&mut scene, &mut run);
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

fn flush(scene: &mut Scene, run: &mut Vec<At>) {
    let points = std::mem::take(run);
    match points.as_slice() {
        [] => {}
        [only] => {
            scene.draw(Shape::Mark {
                at: *only,
                radius: 1.6,
                ink: Ink::First,
                form: Form::Dot,
            });
        }
        _ => scene.draw(Shape::Path {
            points,
            ink: Ink::First,
            width: 1.4,
        }),
    }
}
