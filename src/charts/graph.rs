//! A graph as a ring: nodes by their weight, arrows across. The heaviest nodes are named, as far as there
//! is room; the table has all of them.

use std::f64::consts::TAU;

use super::font;
use super::frame::{Room, SMALL, WIDTH};
use super::scene::{Anchor, At, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Graph, Node};

/// Height of the chart below its title block.
pub(super) const HEIGHT: f64 = 240.0;

/// Left free at both sides of the ring for names.
const SIDE: f64 = 84.0;
/// The longest name that is written, px.
const NAME: f64 = 74.0;
/// Radius of the lightest and the heaviest node.
const RADIUS: (f64, f64) = (2.5, 9.0);
/// Length of the two strokes of an arrow.
const HEAD: f64 = 6.0;
/// How far an arrow bends towards the middle, so that two that run opposite ways are two.
const BEND: f64 = 0.22;
/// Pieces of a bent line.
const PIECES: usize = 10;

/// A node at its place.
struct Placed<'a> {
    at: At,
    angle: f64,
    radius: f64,
    node: &'a Node,
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Graph, room: Room) {
    let middle = (WIDTH / 2.0, (room.top + room.bottom) / 2.0);
    let ring = (WIDTH / 2.0 - SIDE).min((room.bottom - room.top) / 2.0 - 24.0);
    let heaviest = plot
        .nodes
        .iter()
        .map(|node| node.weight)
        .fold(0.0, f64::max);
    let count = plot.nodes.len().max(1) as f64;
    let placed: Vec<Placed> = plot
        .nodes
        .iter()
        .enumerate()
        .map(|(i, node)| {
            let angle = TAU * (i as f64 / count - 0.25);
            let share = match heaviest > 0.0 {
                true => (node.weight / heaviest).clamp(0.0, 1.0).sqrt(),
                false => 0.0,
            };
            Placed {
                at: (middle.0 + ring * angle.cos(), middle.1 + ring * angle.sin()),
                angle,
                radius: RADIUS.0 + (RADIUS.1 - RADIUS.0) * share,
                node,
            }
        })
        .collect();
    for (from, to) in &plot.edges {
        if let (Some(from), Some(to)) = (placed.get(*from), placed.get(*to)) {
            arrow(scene, from, to, middle);
        }
    }
    for one in &placed {
        scene.draw(Shape::Mark {
            at: one.at,
            radius: one.radius,
            ink: Ink::First,
            form: Form::Dot,
        });
    }
    // The heaviest first, so that theirs are the names that find room.
    let mut named: Vec<&Placed> = placed.iter().collect();
    named.sort_by(|a, b| b.node.weight.total_cmp(&a.node.weight));
    for one in named {
        name(scene, one);
    }
}

/// A line that bends towards the middle and ends in two strokes before its node.
fn arrow(scene: &mut Scene, from: &Placed, to: &Placed, middle: At) {
    let between = ((from.at.0 + to.at.0) / 2.0, (from.at.1 + to.at.1) / 2.0);
    let bend = (
        between.0 + (middle.0 - between.0) * BEND + (to.at.1 - from.at.1) * 0.06,
        between.1 + (middle.1 - between.1) * BEND - (to.at.0 - from.at.0) * 0.06,
    );
    let along = |t: f64| {
        let mix = |a: f64, b: f64, c: f64| {
            (1.0 - t) * (1.0 - t) * a + 2.0 * t * (1.0 - t) * b + t * t * c
        };
        (
            mix(from.at.0, bend.0, to.at.0),
            mix(from.at.1, bend.1, to.at.1),
        )
    };
    let mut points: Vec<At> = (0..=PIECES)
        .map(|i| along(i as f64 / PIECES as f64))
        .collect();
    let (dx, dy) = (to.at.0 - bend.0, to.at.1 - bend.1);
    let length = dx.hypot(dy).max(1e-9);
    let (dx, dy) = (dx / length, dy / length);
    let tip = (
        to.at.0 - dx * (to.radius + 1.0),
        to.at.1 - dy * (to.radius + 1.0),
    );
    if let Some(last) = points.last_mut() {
        *last = tip;
    }
    // There and back, so that an arrow is one line.
    let wing = |side: f64| {
        let (back, aside) = (HEAD * 0.9, HEAD * 0.45 * side);
        (
            tip.0 - dx * back - dy * aside,
            tip.1 - dy * back + dx * aside,
        )
    };
    points.extend([wing(1.0), tip, wing(-1.0)]);
    scene.draw(Shape::Path {
        points,
        ink: Ink::Grey,
        width: 1.0,
    });
}

/// A name outside the ring, on the side where its node stands.
fn name(scene: &mut Scene, one: &Placed) {
    let words = font::fit(&one.node.label, SMALL, NAME);
    let away = one.radius + 5.0;
    let (cos, sin) = (one.angle.cos(), one.angle.sin());
    let anchor = match cos {
        c if c > 0.25 => Anchor::Start,
        c if c < -0.25 => Anchor::End,
        _ => Anchor::Middle,
    };
    // Above or below the ring the words stand clear of the node.
    let drop = match sin {
        s if s > 0.0 => 0.35 + 0.45 * s,
        s => 0.35 + 0.35 * s,
    };
    let at = (one.at.0 + cos * away, one.at.1 + sin * away + drop * SMALL);
    scene.label([Label::new(at, words, SMALL, anchor, Ink::Text)]);
}
