//! Dots with intervals, one row each: the label above its line, so that long words fit a phone.

use super::font;
use super::frame::{self, Frame, SMALL, TOP, WIDTH};
use super::scene::{Anchor, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Cell, Dots, Row, ticks};

const ROW: f64 = 40.0;

/// Height of the chart without its source line.
pub(super) fn height(plot: &Dots) -> f64 {
    TOP + plot.rows.len().max(1) as f64 * ROW + 24.0
}

/// Draws the plot below the title block, down to `height`.
pub(super) fn draw(scene: &mut Scene, plot: &Dots, height: f64) {
    // Without a value the whole scale is shown: a cut one would hint at what is withheld.
    let top = plot
        .rows
        .iter()
        .filter_map(reach)
        .reduce(f64::max)
        .unwrap_or(1.0);
    let ticks: Vec<(f64, String)> = if plot.share {
        frame::percent_ticks(top.max(0.05))
    } else {
        ticks::linear(top, 4, false)
            .into_iter()
            .map(|v| (v, ticks::number(v)))
            .collect()
    };
    let frame = Frame {
        left: 12.0,
        top: TOP,
        right: WIDTH - 24.0,
        bottom: height - 24.0,
        x: (0.0, ticks.last().map_or(1.0, |(value, _)| *value)),
        y: (0.0, 1.0),
        log: false,
    };
    for (value, _) in &ticks {
        let x = frame.px(*value);
        scene.rule((x, frame.top), (x, frame.bottom), Ink::Grid, 1.0);
    }
    frame::x_axis(scene, &frame, &ticks);
    for (i, row) in plot.rows.iter().enumerate() {
        draw_row(scene, &frame, row, frame.top + i as f64 * ROW, plot.share);
    }
}

fn reach(row: &Row) -> Option<f64> {
    let value = row.value.get()?;
    Some(row.interval.map_or(value, |(_, hi)| hi.max(value)))
}

fn draw_row(scene: &mut Scene, frame: &Frame, row: &Row, top: f64, share: bool) {
    let base = top + 13.0;
    let note = font::fit(&row.note, SMALL, 150.0);
    let room = WIDTH - 24.0 - font::width(&note, SMALL);
    // Words stand on a strip of paper: a grid line through them is hard to read.
    scene.draw(Shape::Rect {
        from: (frame.left - 4.0, top + 2.0),
        to: (frame.right + 20.0, top + 17.0),
        ink: Ink::Paper,
    });
    let label = font::fit(&row.label, SMALL, room - 12.0);
    scene.label([Label::new(
        (frame.left, base),
        label,
        SMALL,
        Anchor::Start,
        Ink::Text,
    )]);
    scene.label([Label::new(
        (WIDTH - 4.0, base),
        note,
        SMALL,
        Anchor::End,
        Ink::Muted,
    )]);
    let y = top + 27.0;
    match row.value {
        Cell::Withheld => {
            scene.hatch((frame.left, y - 6.0), (frame.right, y + 6.0));
            let at = (frame.px(frame.x.1 / 2.0), y + 4.0);
            let from = (at.0 - 34.0, y - 7.0);
            scene.draw(Shape::Rect {
                from,
                to: (at.0 + 34.0, y + 7.0),
                ink: Ink::Paper,
            });
            scene.label([Label::new(
                at,
                "withheld",
                SMALL,
                Anchor::Middle,
                Ink::Muted,
            )]);
        }
        Cell::Missing => {
            let at = (frame.left, y + 4.0);
            scene.label([Label::new(at, "no data", SMALL, Anchor::Start, Ink::Muted)]);
        }
        Cell::Value(value) => {
            if let Some((lo, hi)) = row.interval {
                scene.rule((frame.px(lo), y), (frame.px(hi), y), Ink::First, 2.0);
                for end in [lo, hi] {
                    let x = frame.px(end);
                    scene.rule((x, y - 4.0), (x, y + 4.0), Ink::First, 1.5);
                }
            }
            let at = (frame.px(value), y);
            scene.draw(Shape::Mark {
                at,
                radius: 4.5,
                ink: Ink::First,
                form: Form::Dot,
            });
            let words = if share {
                format!("{:.0} %", value * 100.0)
            } else {
                ticks::number(value)
            };
            let end = row.interval.map_or(value, |(_, hi)| hi);
            let start = row.interval.map_or(value, |(lo, _)| lo);
            let y = y + 0.35 * SMALL;
            scene.label([
                Label::new(
                    (frame.px(end) + 8.0, y),
                    words.clone(),
                    SMALL,
                    Anchor::Start,
                    Ink::First,
                ),
                Label::new(
                    (frame.px(start) - 8.0, y),
                    words,
                    SMALL,
                    Anchor::End,
                    Ink::First,
                ),
            ]);
        }
    }
}
