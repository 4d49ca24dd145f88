//! The frame of a chart with axes: title and unit above, ticks, grid, the mapping of values to
//! pixels.

use super::font;
use super::reading::month_name;
use super::scene::{Anchor, At, Label, Scene};
use super::theme::Ink;
use super::ticks;

/// Size of words on axes, px.
pub(super) const SMALL: f64 = 13.0;
/// Size of a title, px.
pub(super) const TITLE: f64 = 15.0;
/// Width of every chart but the sparkline, px: on the narrowest phone (320 px, of which 288 are the
/// picture's) its words are still 11 px high.
pub(super) const WIDTH: f64 = 340.0;

/// The part of the canvas below the title block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Where it begins, px.
    pub(super) top: f64,
    /// Where it ends, px.
    pub(super) bottom: f64,
}

/// The rectangle of the plot and its scales.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Left edge, px.
    pub(super) left: f64,
    /// Upper edge, px.
    pub(super) top: f64,
    /// Right edge, px.
    pub(super) right: f64,
    /// Lower edge, px.
    pub(super) bottom: f64,
    /// Values at the left and right edge.
    pub(super) x: (f64, f64),
    /// Values at the lower and upper edge; of a logarithmic scale their logarithms.
    pub(super) y: (f64, f64),
    /// Whether y is logarithmic.
    pub(super) log: bool,
}

impl Frame {
    /// The pixel of a value on x.
    pub(super) fn px(&self, x: f64) -> f64 {
        let span = (self.x.1 - self.x.0).max(1e-12);
        self.left + (x - self.x.0) / span * (self.right - self.left)
    }

    /// The pixel of a value on y, kept inside the plot.
    pub(super) fn py(&self, y: f64) -> f64 {
        let y = if self.log { y.max(1e-300).log10() } else { y };
        let span = (self.y.1 - self.y.0).max(1e-12);
        let pixel = self.bottom - (y - self.y.0) / span * (self.bottom - self.top);
        pixel.clamp(self.top, self.bottom)
    }

    /// The place of a point.
    pub(super) fn at(&self, x: f64, y: f64) -> At {
        (self.px(x), self.py(y))
    }
}

/// Room left of the plot that these tick words need.
pub(super) fn gutter(words: &[String]) -> f64 {
    let widest = words
        .iter()
        .map(|word| font::width(word, SMALL))
        .fold(0.0, f64::max);
    widest + 10.0
}

/// Draws grid lines and words for ticks on y.
pub(super) fn y_axis(scene: &mut Scene, frame: &Frame, ticks: &[(f64, String)]) {
    for (value, words) in ticks {
        let y = frame.py(*value);
        scene.rule((frame.left, y), (frame.right, y), Ink::Grid, 1.0);
        let at = (frame.left - 6.0, y + 0.35 * SMALL);
        scene.label([Label::new(
            at,
            words.clone(),
            SMALL,
            Anchor::End,
            Ink::Muted,
        )]);
    }
}

/// Draws the ground line and words for ticks on x; words that find no room are left out. The last
/// comes first, since it names the unit.
pub(super) fn x_axis(scene: &mut Scene, frame: &Frame, ticks: &[(f64, String)]) {
    scene.rule(
        (frame.left, frame.bottom),
        (frame.right, frame.bottom),
        Ink::Grey,
        1.0,
    );
    let (last, others) = ticks
        .split_last()
        .map_or((None, ticks), |(last, others)| (Some(last), others));
    for (value, words) in last.into_iter().chain(others) {
        let x = frame.px(*value);
        let y = frame.bottom + 5.0 + SMALL;
        // Words in the middle below their tick, but never beyond the edge.
        let half = font::width(words, SMALL) / 2.0;
        let (at, anchor) = if x + half > WIDTH - 1.0 {
            (WIDTH - 1.0, Anchor::End)
        } else if x - half < 1.0 {
            (1.0, Anchor::Start)
        } else {
            (x, Anchor::Middle)
        };
        if scene.label([Label::new(
            (at, y),
            words.clone(),
            SMALL,
            anchor,
            Ink::Muted,
        )]) {
            let foot = frame.bottom + 4.0;
            scene.rule((x, frame.bottom), (x, foot), Ink::Grey, 1.0);
        }
    }
}

/// Ticks of an axis of months.
pub(super) fn month_ticks(from: f64, to: f64) -> Vec<(f64, String)> {
    let (from, to) = (from as i32, to as i32);
    let ticks = ticks::months(from, to, 4);
    if ticks.is_empty() {
        return vec![(f64::from(from), month_name(from))];
    }
    ticks
        .into_iter()
        .map(|(month, words)| (f64::from(month), words))
        .collect()
}

/// Ticks from 0 to 100 %. The whole scale is always shown: a cut one makes small shares large.
pub(super) fn percent_ticks() -> Vec<(f64, String)> {
    [0, 25, 50, 75, 100]
        .into_iter()
        .map(|percent| (f64::from(percent) / 100.0, format!("{percent} %")))
        .collect()
}
