//! Scattered points in small pictures of one height, each with the course that a smooth line takes through
//! them. All share the scale on the left, so that they can be looked at together.

use super::font;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::scene::{Anchor, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Panel, Scatter, ticks};

/// Pictures in one row.
const ABREAST: usize = 2;
/// Height of the name over a picture.
const HEAD: f64 = 19.0;
/// Height of the plot itself.
const PLOT: f64 = 88.0;
/// Below its axis.
const FOOT: f64 = 32.0;
/// Between two pictures.
const GAP: f64 = 34.0;
/// Right of the last picture, px; a name may reach into it.
const MARGIN: f64 = 8.0;
/// Radius of a dot: many of them stand in little room.
const DOT: f64 = 1.8;

/// Height of the chart below its title block.
pub(super) fn height(plot: &Scatter) -> f64 {
    plot.panels.len().div_ceil(ABREAST).max(1) as f64 * (HEAD + PLOT + FOOT)
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Scatter, room: Room) {
    let points = plot.panels.iter().flat_map(|panel| &panel.points);
    let most = points.map(|point| point.1).fold(0.0, f64::max);
    let y_ticks: Vec<(f64, String)> = ticks::linear(most, 3, false)
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect();
    let words: Vec<String> = y_ticks.iter().map(|(_, words)| words.clone()).collect();
    let high = y_ticks.last().map_or(1.0, |(value, _)| *value);
    let start = frame::gutter(&words);
    let width = (WIDTH - start - GAP - MARGIN) / ABREAST as f64;
    for (at, panel) in plot.panels.iter().enumerate() {
        let (row, column) = (at / ABREAST, at % ABREAST);
        let left = start + column as f64 * (width + GAP);
        let top = room.top + row as f64 * (HEAD + PLOT + FOOT);
        let (x_ticks, end) = x_ticks(panel);
        let frame = Frame {
            left,
            top: top + HEAD,
            right: left + width,
            bottom: top + HEAD + PLOT,
            x: (0.0, end),
            y: (0.0, high),
            log: false,
        };
        let name = font::fit(&panel.label, SMALL, width + MARGIN);
        let name = Label::new((left, top + SMALL), name, SMALL, Anchor::Start, Ink::Text);
        scene.label([name]);
        match column {
            0 => frame::y_axis(scene, &frame, &y_ticks),
            _ => {
                for (value, _) in &y_ticks {
                    let y = frame.py(*value);
                    scene.rule((frame.left, y), (frame.right, y), Ink::Grid, 1.0);
                }
            }
        }
        frame::x_axis(scene, &frame, &x_ticks);
        for (x, y) in &panel.points {
            scene.draw(Shape::Mark {
                at: frame.at(*x, *y),
                radius: DOT,
                ink: Ink::First,
                form: Form::Dot,
            });
        }
        let course = panel.course.iter().map(|(x, y)| frame.at(*x, *y));
        scene.draw(Shape::Path {
            points: course.collect(),
            ink: Ink::Second,
            width: 2.2,
        });
    }
}

/// Two or three round numbers, and where the axis ends.
fn x_ticks(panel: &Panel) -> (Vec<(f64, String)>, f64) {
    let most = panel.points.iter().map(|point| point.0).fold(0.0, f64::max);
    let whole = panel.points.iter().all(|(x, _)| x.fract().abs() < 1e-9);
    let ticks = ticks::linear(most, 2, whole);
    let end = ticks.last().copied().unwrap_or(1.0);
    let words = ticks.into_iter().map(|value| (value, ticks::number(value)));
    (words.collect(), end)
}
