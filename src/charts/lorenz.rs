//! The curve of Lorenz in a square: below the diagonal, the further the less evenly shared out. What the
//! largest fifth has is written at the curve.

use super::Lorenz;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::scene::{Anchor, Form, Label, Scene, Shape};
use super::theme::Ink;

/// Height of the chart below its title block.
pub(super) const HEIGHT: f64 = 268.0;
/// Below the axis.
const FOOT: f64 = 44.0;
/// Where the largest fifth begins.
const FIFTH: f64 = 0.8;
/// What stands at the diagonal.
const EVEN: &str = "all alike";

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Lorenz, room: Room) {
    let ticks = frame::percent_ticks();
    let words: Vec<String> = ticks.iter().map(|(_, words)| words.clone()).collect();
    let left = frame::gutter(&words);
    let side = (room.bottom - FOOT - room.top).min(WIDTH - left - 20.0);
    let frame = Frame {
        left,
        top: room.top,
        right: left + side,
        bottom: room.top + side,
        x: (0.0, 1.0),
        y: (0.0, 1.0),
        log: false,
    };
    frame::y_axis(scene, &frame, &ticks);
    frame::x_axis(scene, &frame, &ticks);
    let below = (frame.left + side / 2.0, frame.bottom + 2.0 * SMALL + 10.0);
    let things = plot.things.clone();
    scene.label([Label::new(below, things, SMALL, Anchor::Middle, Ink::Muted)]);
    scene.rule(frame.at(0.0, 0.0), frame.at(1.0, 1.0), Ink::Grey, 1.0);
    let points: Vec<(f64, f64)> = [(0.0, 0.0)]
        .into_iter()
        .chain(plot.points.iter().copied())
        .collect();
    let course = |points: &[(f64, f64)]| points.iter().map(|(x, y)| frame.at(*x, *y)).collect();
    // What lies between it and the diagonal is what is uneven.
    scene.draw(Shape::Area {
        points: course(&points),
        ink: Ink::First,
        alpha: 0.16,
    });
    scene.draw(Shape::Path {
        points: course(&points),
        ink: Ink::First,
        width: 1.8,
    });
    if let Some((x, y)) = points.iter().find(|(x, _)| (x - FIFTH).abs() < 0.006) {
        let at = frame.at(*x, *y);
        scene.draw(Shape::Mark {
            at,
            radius: 4.0,
            ink: Ink::First,
            form: Form::Dot,
        });
        // Right of the square nothing is drawn.
        let words = [
            "top fifth".to_owned(),
            format!("{:.0} %", (1.0 - y) * 100.0),
        ];
        for (row, words) in (0_u8..).zip(words) {
            let base = at.1 + 0.35 * SMALL + f64::from(row) * (SMALL + 3.0);
            let place = (WIDTH - 2.0, base);
            scene.label([Label::new(place, words, SMALL, Anchor::End, Ink::First)]);
        }
    }
    let (x, y) = frame.at(0.42, 0.42);
    let even = Label::new((x - 8.0, y - 4.0), EVEN, SMALL, Anchor::End, Ink::Muted);
    scene.label([even]);
}
