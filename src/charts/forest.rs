//! A forest: effects with their intervals, one row each, and a line where there is no effect. The label
//! stands above its row, as in rows of shares.

use super::dots::{FOOT, HALF, ROW, heading};
use super::font;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::reading::measure;
use super::scene::{Anchor, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Cell, Forest, Row, Scale};

/// Height of the words that say which way is which.
const WAYS: f64 = 20.0;

/// Height of the chart below its title block.
pub(super) fn height(plot: &Forest) -> f64 {
    WAYS + plot.rows.len().max(1) as f64 * ROW + FOOT
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Forest, room: Room) {
    let ticks = ticks(plot);
    let ends = ticks.first().zip(ticks.last());
    let ends = ends.map_or((-1.0, 1.0), |(first, last)| (first.0, last.0));
    let frame = Frame {
        left: 14.0,
        top: room.top + WAYS,
        right: WIDTH - 18.0,
        bottom: room.bottom - FOOT,
        x: ends,
        y: (0.0, 1.0),
        log: false,
    };
    ways(scene, &frame, room.top + 8.0);
    frame::x_axis(scene, &frame, &ticks);
    for (i, row) in plot.rows.iter().enumerate() {
        let top = frame.top + i as f64 * ROW;
        heading(scene, &frame, row, top + SMALL);
        let y = top + SMALL + 8.0 + HALF;
        for (value, _) in &ticks {
            let x = frame.px(*value);
            let (ink, width) = match *value == 0.0 {
                true => (Ink::Muted, 1.5),
                false => (Ink::Grid, 1.0),
            };
            scene.rule((x, y - HALF), (x, y + HALF), ink, width);
        }
        match row.value {
            Cell::Withheld => scene.hatch((frame.left, y - 4.0), (frame.right, y + 4.0)),
            Cell::Missing => {}
            Cell::Value(value) => dot(scene, &frame, plot.scale, (row, value), y),
        }
    }
}

/// Which side of the line is more, and which is less.
fn ways(scene: &mut Scene, frame: &Frame, y: f64) {
    let middle = frame.px(0.0);
    let [less, more] = ["← goes with less", "goes with more →"];
    let sides = [
        ((middle - 8.0, y), less, Anchor::End, middle - frame.left),
        ((middle + 8.0, y), more, Anchor::Start, WIDTH - middle),
    ];
    for (at, words, anchor, room) in sides {
        if font::width(words, SMALL) + 8.0 < room {
            scene.label([Label::new(at, words, SMALL, anchor, Ink::Muted)]);
        }
    }
}

/// Where a value stands: no effect is 0 on both scales.
fn place(scale: Scale, value: f64) -> f64 {
    match scale {
        Scale::Ratio => value.max(1e-300).ln(),
        Scale::Correlation => value,
    }
}

/// Ratios that have ticks, those below 1 as their reciprocals.
const RATIOS: [(f64, &str, &str); 8] = [
    (1.1, "1.1", "0.91"),
    (1.25, "1.25", "0.8"),
    (1.5, "1.5", "0.67"),
    (2.0, "2", "0.5"),
    (4.0, "4", "0.25"),
    (10.0, "10", "0.1"),
    (100.0, "100", "0.01"),
    (1e4, "10,000", "0.0001"),
];

/// Ticks at both ends, at no effect, and between: alike on both sides, so that an effect and its opposite
/// look alike.
fn ticks(plot: &Forest) -> Vec<(f64, String)> {
    if plot.scale == Scale::Correlation {
        let ticks = [
            (-1.0, "−1"),
            (-0.5, "−0.5"),
            (0.0, "0"),
            (0.5, "0.5"),
            (1.0, "1"),
        ];
        return ticks
            .map(|(value, words)| (value, words.to_owned()))
            .to_vec();
    }
    let far = plot.rows.iter().filter_map(|row| {
        let value = row.value.get()?;
        let (lo, hi) = row.interval.unwrap_or((value, value));
        Some(lo.max(1e-9).ln().abs().max(hi.max(1e-9).ln().abs()))
    });
    let far = far.fold(0.0, f64::max);
    let end = RATIOS.iter().position(|one| one.0.ln() >= far - 1e-9);
    let end = end.unwrap_or(RATIOS.len() - 1);
    let near = (end >= 2).then(|| end - 2).into_iter();
    let sides: Vec<usize> = near.chain([end]).collect();
    let below = sides.iter().rev().map(|i| &RATIOS[*i]);
    let below = below.map(|one| (-one.0.ln(), one.2.to_owned()));
    let above = sides.iter().map(|i| &RATIOS[*i]);
    let above = above.map(|one| (one.0.ln(), one.1.to_owned()));
    below.chain([(0.0, "1".to_owned())]).chain(above).collect()
}

fn dot(scene: &mut Scene, frame: &Frame, scale: Scale, (row, value): (&Row, f64), y: f64) {
    let inside = |value: f64| {
        let place = place(scale, value);
        frame.px(place.clamp(frame.x.0, frame.x.1))
    };
    let (start, end) = row.interval.unwrap_or((value, value));
    if row.interval.is_some() {
        scene.rule((inside(start), y), (inside(end), y), Ink::First, 2.0);
        for limit in [start, end] {
            let x = inside(limit);
            scene.rule((x, y - 4.0), (x, y + 4.0), Ink::First, 1.5);
        }
    }
    scene.draw(Shape::Mark {
        at: (inside(value), y),
        radius: 4.5,
        ink: Ink::First,
        form: Form::Dot,
    });
    let words = measure(value);
    let base = y + 0.35 * SMALL;
    let (left, right) = (inside(start) - 9.0, inside(end) + 9.0);
    let label = |x: f64, anchor| Label::new((x, base), words.clone(), SMALL, anchor, Ink::First);
    scene.label_on_paper([label(right, Anchor::Start), label(left, Anchor::End)]);
}
