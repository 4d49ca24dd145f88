//! What was seen before and after something changed: a dot for each month of publication, the course that was
//! fitted on either side, and, dashed, the earlier one as it would have gone on.

use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::scene::{Anchor, At, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{BeforeAfter, Cell, Mark, ticks};

/// Height of the chart below its title block.
pub(super) const HEIGHT: f64 = 210.0;
/// Height of the strip that stands for withheld values.
const STRIP: f64 = 7.0;
/// Below the axis.
const FOOT: f64 = 24.0;
/// What is kept free above the highest value: the words of the change stand there.
const HEADROOM: f64 = 1.15;
/// A dash and the room after it, px.
const DASH: (f64, f64) = (6.0, 4.0);
/// What stands at the dashed line.
const UNCHANGED: &str = "had it gone on";
/// What stands at the line that was fitted.
const FITTED: &str = "fitted";

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &BeforeAfter, marks: &[Mark], room: Room) {
    let Some((first, last)) = plot.points.first().zip(plot.points.last()) else {
        return;
    };
    let seen = plot.points.iter().filter_map(|point| point.value.get());
    let tallest = seen.fold(0.0, f64::max);
    let lines = [&plot.before, &plot.after, &plot.unchanged];
    let fitted = lines.into_iter().flatten().map(|point| point.1);
    // A course that runs away must not press what was seen flat.
    let top = fitted.fold(tallest, f64::max).min(tallest * 1.6) * HEADROOM;
    let y_ticks: Vec<(f64, String)> = ticks::linear(top, 4, false)
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect();
    let words: Vec<String> = y_ticks.iter().map(|(_, words)| words.clone()).collect();
    let from = marks.iter().map(|mark| mark.x).fold(first.x, f64::min);
    let until = marks.iter().map(|mark| mark.x).fold(last.x + 1.0, f64::max);
    let frame = Frame {
        left: frame::gutter(&words),
        top: room.top,
        right: WIDTH - 14.0,
        bottom: room.bottom - FOOT,
        x: (from, until),
        y: (0.0, y_ticks.last().map_or(1.0, |(value, _)| *value)),
        log: false,
    };
    frame::y_axis(scene, &frame, &y_ticks);
    frame::x_axis(scene, &frame, &frame::month_ticks(frame.x.0, frame.x.1));
    for point in &plot.points {
        // What belongs to a month stands in its middle.
        let middle = point.x + 0.5;
        match point.value {
            Cell::Value(value) => scene.draw(Shape::Mark {
                at: frame.at(middle, value),
                radius: 3.0,
                ink: Ink::First,
                form: match plot.left_out == Some(point.x) {
                    true => Form::Ring,
                    false => Form::Dot,
                },
            }),
            Cell::Withheld => scene.hatch(
                (frame.px(point.x), frame.bottom - STRIP),
                (frame.px(point.x + 1.0), frame.bottom),
            ),
            Cell::Missing => {}
        }
    }
    change(scene, &frame, marks);
    let course = |points: &[(f64, f64)]| -> Vec<At> {
        // What is fitted to the highest tick may lie above it by a rounding.
        let high = frame.y.1 * (1.0 + 1e-9);
        let inside = points.iter().filter(|(_, y)| *y <= high);
        inside.map(|(x, y)| frame.at(x + 0.5, *y)).collect()
    };
    dashed(scene, &course(&plot.unchanged));
    for line in [&plot.before, &plot.after] {
        scene.draw(Shape::Path {
            points: course(line),
            ink: Ink::Second,
            width: 2.2,
        });
    }
    let (unchanged, after) = (course(&plot.unchanged), course(&plot.after));
    if let Some((unchanged, after)) = unchanged.last().zip(after.last()) {
        let over = |at: &At, words, above: bool, ink| {
            let place = |off: f64| {
                let y = if above {
                    at.1 - off
                } else {
                    at.1 + off + SMALL
                };
                Label::new((at.0, y), words, SMALL, Anchor::End, ink)
            };
            [place(7.0), place(21.0), place(35.0)]
        };
        let is_higher = after.1 <= unchanged.1;
        scene.label_on_paper(over(after, FITTED, is_higher, Ink::Second));
        scene.label_on_paper(over(unchanged, UNCHANGED, !is_higher, Ink::Muted));
    }
}

/// When it was, and what.
fn change(scene: &mut Scene, frame: &Frame, marks: &[Mark]) {
    for mark in marks {
        let x = frame.px(mark.x);
        scene.rule((x, frame.top), (x, frame.bottom), Ink::Muted, 1.0);
        let (left, right) = (x - frame.left, frame.right - x);
        let (at, anchor, room) = match right > left {
            true => (x + 4.0, Anchor::Start, right - 8.0),
            false => (x - 4.0, Anchor::End, left - 8.0),
        };
        let words = super::font::fit(&mark.words, SMALL, room);
        let y = frame.top + SMALL + 2.0;
        scene.label([Label::new((at, y), words, SMALL, anchor, Ink::Muted)]);
    }
}

/// A line of dashes through these points.
fn dashed(scene: &mut Scene, points: &[At]) {
    let (dash, gap) = DASH;
    // How far into a dash, or the room after it, the line has come.
    let mut done = 0.0;
    for pair in points.windows(2) {
        let [from, to] = pair else { continue };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let at = |along: f64| {
            let part = along / length.max(1e-9);
            (from.0 + dx * part, from.1 + dy * part)
        };
        let mut along = 0.0;
        while along < length {
            let is_dash = done < dash;
            let left = if is_dash {
                dash - done
            } else {
                dash + gap - done
            };
            let end = (along + left).min(length);
            if is_dash {
                scene.rule(at(along), at(end), Ink::Muted, 1.6);
            }
            done = (done + end - along) % (dash + gap);
            // Rounding must not leave a dash of nothing for ever.
            if dash + gap - done < 1e-6 {
                done = 0.0;
            }
            along = end.max(along + 1e-6);
        }
    }
}
