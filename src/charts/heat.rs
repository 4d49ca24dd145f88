//! A table of values as shades: the darker, the more. What is withheld is hatched, nought is an
//! empty box, and what is not known yet is left blank.

use super::font;
use super::frame::{Room, SMALL, WIDTH};
use super::scene::{Anchor, Label, Scene, Shape};
use super::theme::Ink;
use super::{Cell, Heat, ticks};

/// Height of a row.
const ROW: f64 = 19.0;
/// Between two boxes.
const GAP: f64 = 2.0;
/// Height of the heads of columns.
const HEAD: f64 = 20.0;
/// Height of the legend below.
const LEGEND: f64 = 34.0;
/// Where the legend begins at most, px: it is as long as the boxes, two numbers and a word.
const LEGEND_LEFT: f64 = 60.0;
/// Boxes in the legend.
const SHADES: u32 = 5;
/// The shade of the smallest value that is not nought.
const LIGHTEST: f64 = 0.14;
/// Room for the label of a row and for the words beside it, px; longer ones are cut.
const WORDS: (f64, f64) = (110.0, 80.0);
/// Side of a box in the legend.
const KEY: f64 = 13.0;

/// Height of the chart below its title block.
pub(super) fn height(plot: &Heat) -> f64 {
    HEAD + plot.rows.len() as f64 * ROW + LEGEND
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Heat, room: Room) {
    let fitted = |words: &str, room: f64| font::fit(words, SMALL, room);
    let labels: Vec<String> = plot
        .rows
        .iter()
        .map(|row| fitted(&row.label, WORDS.0))
        .collect();
    let notes: Vec<String> = plot
        .rows
        .iter()
        .map(|row| fitted(&row.note, WORDS.1))
        .collect();
    let widest = |all: &[String]| {
        let widths = all.iter().map(|words| font::width(words, SMALL));
        widths.fold(0.0, f64::max)
    };
    let left = widest(&labels) + 12.0;
    let right = WIDTH - widest(&notes) - 12.0;
    let width = (right - left) / plot.columns.len().max(1) as f64;
    for (at, name) in plot.columns.iter().enumerate() {
        let x = left + (at as f64 + 0.5) * width;
        let y = room.top + SMALL - 2.0;
        scene.label([Label::new((x, y), name, SMALL, Anchor::Middle, Ink::Muted)]);
    }
    let scale = scale(plot);
    for (n, (row, (label, note))) in plot.rows.iter().zip(labels.iter().zip(&notes)).enumerate() {
        let top = room.top + HEAD + n as f64 * ROW;
        let base = top + ROW - 6.0;
        let label = Label::new((left - 6.0, base), label, SMALL, Anchor::End, Ink::Text);
        scene.label([label]);
        for (at, cell) in row.cells.iter().enumerate() {
            let x = left + at as f64 * width;
            fill(
                scene,
                *cell,
                scale,
                ((x, top), (x + width - GAP, top + ROW - GAP)),
            );
        }
        let note = Label::new((right + 6.0, base), note, SMALL, Anchor::Start, Ink::Muted);
        scene.label([note]);
    }
    let start = left.min(LEGEND_LEFT);
    legend(scene, plot, scale, (start, room.bottom - LEGEND + 8.0));
}

/// The value that has the darkest shade: of shares a quarter, a half or all, of others a round number.
fn scale(plot: &Heat) -> f64 {
    let values = plot.rows.iter().flat_map(|row| &row.cells);
    let most = values.filter_map(|cell| cell.get()).fold(0.0, f64::max);
    if !plot.share {
        return ticks::linear(most, 4, false).last().copied().unwrap_or(1.0);
    }
    [0.25, 0.5]
        .into_iter()
        .find(|top| most <= *top)
        .unwrap_or(1.0)
}

fn fill(scene: &mut Scene, cell: Cell, scale: f64, (from, to): ((f64, f64), (f64, f64))) {
    let corners = vec![from, (to.0, from.1), to, (from.0, to.1), from];
    match cell {
        Cell::Value(value) if value > 0.0 => scene.draw(Shape::Area {
            points: corners,
            ink: Ink::First,
            alpha: LIGHTEST + (1.0 - LIGHTEST) * (value / scale).min(1.0),
        }),
        Cell::Value(_) => scene.draw(Shape::Path {
            points: corners,
            ink: Ink::Grey,
            width: 1.0,
        }),
        Cell::Withheld => scene.hatch(from, to),
        Cell::Missing => {}
    }
}

/// From none to the darkest, and what is hatched.
fn legend(scene: &mut Scene, plot: &Heat, scale: f64, (left, top): (f64, f64)) {
    let base = top + KEY - 2.0;
    let mut x = left;
    let words = |scene: &mut Scene, x: f64, words: String| {
        let width = font::width(&words, SMALL);
        scene.label([Label::new(
            (x, base),
            words,
            SMALL,
            Anchor::Start,
            Ink::Muted,
        )]);
        x + width + 6.0
    };
    let named = |value: f64| match plot.share {
        true => format!("{:.0} %", value * 100.0),
        false => ticks::number(value),
    };
    x = words(scene, x, named(0.0));
    for shade in 0..SHADES {
        let value = scale * f64::from(shade) / f64::from(SHADES - 1);
        fill(
            scene,
            Cell::Value(value),
            scale,
            ((x, top), (x + KEY, top + KEY)),
        );
        x += KEY + GAP;
    }
    x = words(scene, x + 4.0, named(scale)) + 8.0;
    let cells = || plot.rows.iter().flat_map(|row| &row.cells);
    if cells().any(|cell| *cell == Cell::Withheld) {
        scene.hatch((x, top), (x + KEY, top + KEY));
        words(scene, x + KEY + 4.0, "withheld".to_owned());
    }
}
