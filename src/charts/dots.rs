//! Dots with intervals, one row each: the label above its line, so that long words fit a phone.

use super::font;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::reading::measure;
use super::scene::{Anchor, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Cell, Dots, Row, ticks};

/// Height of a row.
pub(super) const ROW: f64 = 46.0;
/// Half the height of what is drawn for a row.
pub(super) const HALF: f64 = 9.0;
/// Below the rows.
pub(super) const FOOT: f64 = 26.0;

/// Height of the chart below its title block.
pub(super) fn height(plot: &Dots) -> f64 {
    plot.rows.len().max(1) as f64 * ROW + FOOT
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Dots, room: Room) {
    let ticks: Vec<(f64, String)> = if plot.share {
        frame::percent_ticks()
    } else {
        let top = plot.rows.iter().filter_map(reach).fold(0.0, f64::max);
        ticks::linear(top, 4, false)
            .into_iter()
            .map(|v| (v, ticks::number(v)))
            .collect()
    };
    let frame = Frame {
        left: 10.0,
        top: room.top,
        right: WIDTH - 16.0,
        bottom: room.bottom - FOOT,
        x: (0.0, ticks.last().map_or(1.0, |(value, _)| *value)),
        y: (0.0, 1.0),
        log: false,
    };
    frame::x_axis(scene, &frame, &ticks);
    for (i, row) in plot.rows.iter().enumerate() {
        let top = frame.top + i as f64 * ROW;
        heading(scene, &frame, row, top + SMALL);
        let y = top + SMALL + 8.0 + HALF;
        // The grid stands in the row alone: lines through the words are hard to read.
        for (value, _) in &ticks {
            let x = frame.px(*value);
            scene.rule((x, y - HALF), (x, y + HALF), Ink::Grid, 1.0);
        }
        match row.value {
            Cell::Withheld => scene.hatch((frame.left, y - 4.0), (frame.right, y + 4.0)),
            Cell::Missing => {}
            Cell::Value(value) => dot(scene, &frame, (value, row.interval), y, plot.share),
        }
    }
}

fn reach(row: &Row) -> Option<f64> {
    let value = row.value.get()?;
    Some(row.interval.map_or(value, |(_, hi)| hi.max(value)))
}

/// The words above a row: its label, and beside it the counts or why there are none.
pub(super) fn heading(scene: &mut Scene, frame: &Frame, row: &Row, base: f64) {
    let note = match row.value {
        Cell::Withheld => "withheld",
        Cell::Missing => "no data",
        Cell::Value(_) => &row.note,
    };
    let note = font::fit(note, SMALL, 130.0);
    let room = frame.right - frame.left - font::width(&note, SMALL) - 12.0;
    let label = font::fit(&row.label, SMALL, room);
    let (start, end) = ((frame.left, base), (WIDTH - 4.0, base));
    scene.label([Label::new(start, label, SMALL, Anchor::Start, Ink::Text)]);
    scene.label([Label::new(end, note, SMALL, Anchor::End, Ink::Muted)]);
}

type Estimate = (f64, Option<(f64, f64)>);

fn dot(scene: &mut Scene, frame: &Frame, (value, interval): Estimate, y: f64, share: bool) {
    let (start, end) = interval.unwrap_or((value, value));
    if interval.is_some() {
        scene.rule((frame.px(start), y), (frame.px(end), y), Ink::First, 2.0);
        for limit in [start, end] {
            let x = frame.px(limit);
            scene.rule((x, y - 4.0), (x, y + 4.0), Ink::First, 1.5);
        }
    }
    scene.draw(Shape::Mark {
        at: (frame.px(value), y),
        radius: 4.5,
        ink: Ink::First,
        form: Form::Dot,
    });
    let words = if share {
        format!("{:.0} %", value * 100.0)
    } else {
        measure(value)
    };
    let base = y + 0.35 * SMALL;
    let (left, right) = (frame.px(start) - 9.0, frame.px(end) + 9.0);
    scene.label_on_paper([
        Label::new(
            (right, base),
            words.clone(),
            SMALL,
            Anchor::Start,
            Ink::First,
        ),
        Label::new((left, base), words, SMALL, Anchor::End, Ink::First),
    ]);
}
