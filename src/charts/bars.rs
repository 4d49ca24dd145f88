//! Stacked bars: upright ones by quarter and role, lying ones by place. A withheld part has no
//! length of its own; it is a hatched box at the end of its bar.

use super::font;
use super::frame::{self, Frame, SMALL, TOP, WIDTH};
use super::scene::{Anchor, Label, Scene, Shape};
use super::theme::Ink;
use super::{Bar, Bars, Cell, Palette, ticks};

const ROW: f64 = 30.0;
const HATCHED: f64 = 12.0;
const LEGEND_ROW: f64 = 17.0;

/// Height of the chart without its source line.
pub(super) fn height(plot: &Bars) -> f64 {
    match plot.palette {
        Palette::Roles => 240.0 + legend_rows(plot) as f64 * LEGEND_ROW,
        Palette::Whole => TOP + 20.0 + plot.bars.len().max(1) as f64 * ROW,
    }
}

/// Draws the plot below the title block, down to `height`.
pub(super) fn draw(scene: &mut Scene, plot: &Bars, height: f64) {
    match plot.palette {
        Palette::Roles => upright(scene, plot, height),
        Palette::Whole => lying(scene, plot),
    }
}

fn inks(palette: Palette) -> &'static [Ink] {
    match palette {
        Palette::Roles => &[
            Ink::Muted,
            Ink::Grey,
            Ink::Pale,
            Ink::Middle,
            Ink::First,
            Ink::Grid,
        ],
        Palette::Whole => &[Ink::First, Ink::Pale],
    }
}

fn known(bar: &Bar) -> f64 {
    bar.parts.iter().filter_map(|part| part.get()).sum()
}

/// The names in the legend with their inks; what is withheld has none and is hatched.
fn names(plot: &Bars) -> Vec<(&str, Option<Ink>)> {
    let inks = inks(plot.palette).iter().copied().map(Some);
    let parts = plot.parts.iter().map(String::as_str).zip(inks);
    let withheld = plot
        .bars
        .iter()
        .any(|bar| bar.parts.contains(&Cell::Withheld));
    parts
        .chain(withheld.then_some(("withheld", None)))
        .collect()
}

/// The place of each entry of the legend, from the left edge of the first row.
fn legend(plot: &Bars) -> Vec<(f64, usize)> {
    let (mut x, mut row) = (4.0, 0);
    names(plot)
        .into_iter()
        .map(|(name, _)| {
            let width = 14.0 + font::width(name, SMALL) + 12.0;
            if x + width > WIDTH && x > 4.0 {
                x = 4.0;
                row += 1;
            }
            let place = (x, row);
            x += width;
            place
        })
        .collect()
}

fn legend_rows(plot: &Bars) -> usize {
    legend(plot).last().map_or(0, |(_, row)| row + 1)
}

fn draw_legend(scene: &mut Scene, plot: &Bars, top: f64) {
    for ((name, ink), (x, row)) in names(plot).into_iter().zip(legend(plot)) {
        let y = top + row as f64 * LEGEND_ROW;
        let (from, to) = ((x, y), (x + 10.0, y + 10.0));
        match ink {
            Some(ink) => scene.draw(Shape::Rect { from, to, ink }),
            None => scene.hatch(from, to),
        }
        let at = (x + 14.0, y + 9.0);
        let words = name.to_owned();
        scene.label([Label::new(at, words, SMALL, Anchor::Start, Ink::Muted)]);
    }
}

fn upright(scene: &mut Scene, plot: &Bars, height: f64) {
    draw_legend(scene, plot, TOP - 4.0);
    let top = TOP + legend_rows(plot) as f64 * LEGEND_ROW + 12.0;
    let tallest = plot.bars.iter().map(known).fold(0.0, f64::max);
    let ticks: Vec<(f64, String)> = ticks::linear(tallest, 4, true)
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect();
    let words: Vec<String> = ticks.iter().map(|(_, words)| words.clone()).collect();
    let count = plot.bars.len().max(1) as f64;
    let frame = Frame {
        left: frame::gutter(&words),
        top,
        right: WIDTH - 6.0,
        bottom: height - 30.0,
        x: (0.0, count),
        y: (0.0, ticks.last().map_or(1.0, |(value, _)| *value)),
        log: false,
    };
    frame::y_axis(scene, &frame, &ticks);
    let width = ((frame.right - frame.left) / count * 0.72).min(44.0);
    for (i, bar) in plot.bars.iter().enumerate() {
        let middle = frame.px(i as f64 + 0.5);
        let (left, right) = (middle - width / 2.0, middle + width / 2.0);
        let mut ground = 0.0;
        for (part, ink) in bar.parts.iter().zip(inks(plot.palette)) {
            let Some(value) = part.get().filter(|value| *value > 0.0) else {
                continue;
            };
            let (low, high) = (frame.py(ground), frame.py(ground + value));
            scene.draw(Shape::Rect {
                from: (left, high),
                to: (right, low),
                ink: *ink,
            });
            // A hair of paper between the parts: they stay apart in grey.
            scene.rule((left, high), (right, high), Ink::Paper, 1.0);
            ground += value;
        }
        let mut head = frame.py(ground);
        if bar.parts.contains(&Cell::Withheld) {
            scene.hatch((left, head - HATCHED), (right, head - 1.0));
            head -= HATCHED;
        }
        let at = (middle, head - 4.0);
        scene.label([Label::new(
            at,
            bar.note.clone(),
            SMALL,
            Anchor::Middle,
            Ink::Text,
        )]);
    }
    let ticks: Vec<(f64, String)> = plot
        .bars
        .iter()
        .enumerate()
        .map(|(i, bar)| (i as f64 + 0.5, bar.label.clone()))
        .collect();
    frame::x_axis(scene, &frame, &ticks);
}

fn lying(scene: &mut Scene, plot: &Bars) {
    draw_legend(scene, plot, TOP - 6.0);
    let top = TOP + 16.0;
    let widest = plot
        .bars
        .iter()
        .map(|bar| font::width(&bar.label, SMALL))
        .fold(0.0, f64::max);
    let notes = plot
        .bars
        .iter()
        .map(|bar| font::width(&bar.note, SMALL))
        .fold(0.0, f64::max);
    let left = widest + 14.0;
    let right = (WIDTH - notes - 24.0).max(left + 40.0);
    let longest = plot.bars.iter().map(known).fold(1.0, f64::max);
    for (i, bar) in plot.bars.iter().enumerate() {
        let y = top + i as f64 * ROW;
        let base = y + 14.0;
        let at = (left - 8.0, base);
        scene.label([Label::new(
            at,
            bar.label.clone(),
            SMALL,
            Anchor::End,
            Ink::Text,
        )]);
        let mut x = left;
        for (part, ink) in bar.parts.iter().zip(inks(plot.palette)) {
            match part {
                Cell::Value(value) if *value > 0.0 => {
                    let end = x + value / longest * (right - left);
                    scene.draw(Shape::Rect {
                        from: (x, y + 2.0),
                        to: (end, y + 18.0),
                        ink: *ink,
                    });
                    x = end;
                }
                Cell::Withheld => {
                    scene.hatch((x + 1.0, y + 2.0), (x + HATCHED, y + 18.0));
                    x += HATCHED;
                }
                _ => {}
            }
        }
        let at = (x + 6.0, base);
        scene.label([Label::new(
            at,
            bar.note.clone(),
            SMALL,
            Anchor::Start,
            Ink::Muted,
        )]);
    }
    let foot = top + plot.bars.len() as f64 * ROW - 8.0;
    scene.rule((left, top), (left, foot), Ink::Grey, 1.0);
}
