//! Stacked bars: upright ones by quarter and role, lying ones by place. What is withheld is hatched:
//! as long as it is where the sum is told, a thin strip at the end of the bar where it is not.

use super::font;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::scene::{Anchor, At, Label, Scene, Shape};
use super::theme::Ink;
use super::{Bar, Bars, Cell, Palette, ticks};

/// The parts of [`Palette::Roles`] from the ground up; one more, hollow, may follow.
pub(super) const ROLES: [Ink; 5] = [Ink::Text, Ink::Grey, Ink::Deep, Ink::Middle, Ink::Wine];
/// The parts of [`Palette::Whole`].
pub(super) const WHOLE: [Ink; 2] = [Ink::Deep, Ink::Middle];

/// Height of a lying bar with its distance to the next.
const ROW: f64 = 32.0;
/// Room for the label of a lying bar and for the words at its end, px; longer ones are cut.
const WORDS: (f64, f64) = (120.0, 110.0);
/// Height of the upright bars with their words.
const UPRIGHT: f64 = 200.0;
/// Below the upright bars.
const FOOT: f64 = 26.0;
/// Length of the strip for what is withheld and of unknown size.
const STRIP: f64 = 7.0;
const LEGEND_ROW: f64 = 19.0;
/// Side of the square before a name in the legend.
const KEY: f64 = 11.0;

/// Height of the chart below its title block.
pub(super) fn height(plot: &Bars) -> f64 {
    let legend = legend_height(&names(plot));
    match plot.palette {
        Palette::Roles => legend + UPRIGHT,
        Palette::Whole => legend + 8.0 + plot.bars.len().max(1) as f64 * ROW,
    }
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Bars, room: Room) {
    let names = names(plot);
    draw_legend(scene, &names, room.top - 5.0);
    let room = Room {
        top: room.top + legend_height(&names),
        ..room
    };
    match plot.palette {
        Palette::Roles => upright(scene, plot, room),
        Palette::Whole => lying(scene, plot, room),
    }
}

/// What the parts of a stack look like.
#[derive(Clone, Copy)]
pub(super) enum Fill {
    /// Of one colour.
    Solid(Ink),
    /// An outline.
    Hollow,
    /// Withheld.
    Hatched,
}

impl Fill {
    fn draw(self, scene: &mut Scene, from: At, to: At) {
        match self {
            Fill::Solid(ink) => scene.draw(Shape::Rect { from, to, ink }),
            Fill::Hatched => scene.hatch(from, to),
            Fill::Hollow => scene.draw(Shape::Path {
                points: vec![from, (to.0, from.1), to, (from.0, to.1), from],
                ink: Ink::Muted,
                width: 1.2,
            }),
        }
    }
}

fn fills(palette: Palette) -> impl Iterator<Item = Fill> {
    let inks: &'static [Ink] = match palette {
        Palette::Roles => &ROLES,
        Palette::Whole => &WHOLE,
    };
    let solid = inks.iter().copied().map(Fill::Solid);
    solid.chain(std::iter::once(Fill::Hollow))
}

fn known(bar: &Bar) -> f64 {
    bar.parts.iter().filter_map(|part| part.get()).sum()
}

/// The names in the legend with their looks: what is nowhere drawn needs no name.
fn names(plot: &Bars) -> Vec<(&str, Fill)> {
    let drawn = |i: usize| {
        let mut parts = plot.bars.iter().filter_map(|bar| bar.parts.get(i)?.get());
        parts.any(|value| value > 0.0)
    };
    let parts = plot.parts.iter().map(String::as_str).enumerate();
    let mut names: Vec<(&str, Fill)> = parts
        .zip(fills(plot.palette))
        .filter(|((i, _), _)| drawn(*i))
        .map(|((_, name), fill)| (name, fill))
        .collect();
    if plot.bars.iter().any(withholds) {
        names.push(("withheld", Fill::Hatched));
    }
    names
}

fn withholds(bar: &Bar) -> bool {
    bar.parts.contains(&Cell::Withheld)
}

/// The place of each entry of the legend, from the left edge of the first row.
fn legend(names: &[(&str, Fill)]) -> Vec<(f64, usize)> {
    let (mut x, mut row) = (4.0, 0);
    names
        .iter()
        .map(|(name, _)| {
            let width = KEY + 4.0 + font::width(&named(name), SMALL) + 12.0;
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

/// Height of the legend of these parts.
pub(super) fn legend_height(names: &[(&str, Fill)]) -> f64 {
    let rows = legend(names).last().map_or(0, |(_, row)| row + 1);
    rows as f64 * LEGEND_ROW
}

/// Draws it from here on down.
pub(super) fn draw_legend(scene: &mut Scene, names: &[(&str, Fill)], top: f64) {
    for ((name, fill), (x, row)) in names.iter().zip(legend(names)) {
        let y = top + row as f64 * LEGEND_ROW;
        fill.draw(scene, (x, y), (x + KEY, y + KEY));
        let at = (x + KEY + 4.0, y + KEY - 0.5);
        scene.label([Label::new(
            at,
            named(name),
            SMALL,
            Anchor::Start,
            Ink::Muted,
        )]);
    }
}

/// A name as the legend writes it: a row holds one in any case.
fn named(name: &str) -> String {
    font::fit(name, SMALL, WIDTH - KEY - 20.0)
}

fn upright(scene: &mut Scene, plot: &Bars, room: Room) {
    let whole = |bar: &Bar| known(bar) + bar.rest.unwrap_or(0.0);
    let tallest = plot.bars.iter().map(whole).fold(0.0, f64::max);
    let ticks: Vec<(f64, String)> = ticks::linear(tallest, 4, true)
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect();
    let words: Vec<String> = ticks.iter().map(|(_, words)| words.clone()).collect();
    let count = plot.bars.len().max(1) as f64;
    let frame = Frame {
        left: frame::gutter(&words),
        top: room.top + SMALL,
        right: WIDTH - 6.0,
        bottom: room.bottom - FOOT,
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
        let rest = bar.rest.map(|rest| (Cell::Value(rest), Fill::Hatched));
        let parts = bar.parts.iter().copied().zip(fills(plot.palette));
        for (part, fill) in parts.chain(rest) {
            let Some(value) = part.get().filter(|value| *value > 0.0) else {
                continue;
            };
            let (low, high) = (frame.py(ground), frame.py(ground + value));
            fill.draw(scene, (left, high), (right, low));
            // A hair of paper between the parts: they stay apart in grey.
            scene.rule((left, high), (right, high), Ink::Paper, 1.0);
            ground += value;
        }
        let mut head = frame.py(ground);
        if withholds(bar) && bar.rest.is_none() {
            scene.hatch((left, head - STRIP), (right, head - 1.0));
            head -= STRIP;
        }
        let at = (middle, head - 4.0);
        let note = bar.note.clone();
        scene.label([Label::new(at, note, SMALL, Anchor::Middle, Ink::Text)]);
    }
    let ticks: Vec<(f64, String)> = plot
        .bars
        .iter()
        .enumerate()
        .map(|(i, bar)| (i as f64 + 0.5, bar.label.clone()))
        .collect();
    frame::x_axis(scene, &frame, &ticks);
}

fn lying(scene: &mut Scene, plot: &Bars, room: Room) {
    let top = room.top;
    let cut = |words: &str, room: f64| font::fit(words, SMALL, room);
    let labels: Vec<String> = plot
        .bars
        .iter()
        .map(|bar| cut(&bar.label, WORDS.0))
        .collect();
    let notes: Vec<String> = plot
        .bars
        .iter()
        .map(|bar| cut(&bar.note, WORDS.1))
        .collect();
    let widest = |all: &[String]| {
        let widths = all.iter().map(|words| font::width(words, SMALL));
        widths.fold(0.0, f64::max)
    };
    let left = widest(&labels) + 14.0;
    let right = WIDTH - widest(&notes) - 20.0;
    let longest = plot.bars.iter().map(known).fold(1.0, f64::max);
    for (i, (bar, (label, note))) in plot.bars.iter().zip(labels.iter().zip(&notes)).enumerate() {
        let y = top + i as f64 * ROW;
        let base = y + 15.0;
        let at = (left - 8.0, base);
        scene.label([Label::new(at, label, SMALL, Anchor::End, Ink::Text)]);
        let mut x = left;
        let mut piece = |scene: &mut Scene, fill: Fill, length: f64| {
            fill.draw(scene, (x, y + 2.0), (x + length, y + 19.0));
            x += length;
            x
        };
        let mut end = left;
        for (part, fill) in bar.parts.iter().zip(fills(plot.palette)) {
            if let Some(value) = part.get().filter(|value| *value > 0.0) {
                end = piece(scene, fill, value / longest * (right - left));
                scene.rule((end, y + 2.0), (end, y + 19.0), Ink::Paper, 1.0);
            }
        }
        if withholds(bar) {
            end = piece(scene, Fill::Hatched, STRIP);
        }
        let at = (end + 6.0, base);
        scene.label([Label::new(at, note, SMALL, Anchor::Start, Ink::Muted)]);
    }
    let foot = top + plot.bars.len() as f64 * ROW - 8.0;
    scene.rule((left, top), (left, foot), Ink::Grey, 1.0);
}
