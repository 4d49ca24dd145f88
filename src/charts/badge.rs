//! A badge: two words side by side, as READMEs and wikis carry them.

use super::Badge;
use super::font;
use super::scene::{Anchor, Label, Scene, Shape};
use super::theme::Ink;

const HEIGHT: f64 = 20.0;
/// Size of an em, px.
const EM: f64 = 11.0;
/// Beside each text, px.
const PAD: f64 = 7.0;
/// Longest text on either side, px.
const ROOM: f64 = 320.0;

/// Lays a badge out: as wide as its words.
pub(super) fn scene(plot: &Badge) -> Scene {
    let label = font::fit(&plot.label, EM, ROOM);
    let says = font::fit(&plot.says, EM, ROOM);
    let middle = (font::width(&label, EM) + 2.0 * PAD).ceil();
    let width = (middle + font::width(&says, EM) + 2.0 * PAD).ceil();
    let mut scene = Scene::new(width, HEIGHT, true);
    for (from, to, ink) in [(0.0, middle, Ink::Text), (middle, width, Ink::Deep)] {
        scene.draw(Shape::Rect {
            from: (from, 0.0),
            to: (to, HEIGHT),
            ink,
        });
    }
    for (x, words, ink) in [(PAD, label, Ink::Paper), (middle + PAD, says, Ink::OnFill)] {
        let at = (x, HEIGHT / 2.0 + 0.36 * EM);
        scene.label([Label::new(at, words, EM, Anchor::Start, ink)]);
    }
    scene
}
