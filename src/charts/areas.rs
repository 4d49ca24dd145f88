//! Stacked areas over months, the parts named in a legend.

use super::bars::{Fill, ROLES, draw_legend, legend_height};
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::scene::{At, Scene, Shape};
use super::theme::Ink;
use super::{Areas, ticks};

/// Height of the areas with their axis.
const AREAS: f64 = 184.0;
/// Below the axis.
const FOOT: f64 = 24.0;

/// Height of the chart below its title block.
pub(super) fn height(plot: &Areas) -> f64 {
    legend_height(&names(plot)) + AREAS
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Areas, room: Room) {
    let names = names(plot);
    draw_legend(scene, &names, room.top - 5.0);
    let Some(((first, _), (last, _))) = plot.months.first().zip(plot.months.last()) else {
        return;
    };
    let whole = |values: &[f64]| values.iter().sum::<f64>();
    let tallest = plot.months.iter().map(|(_, values)| whole(values));
    let ticks: Vec<(f64, String)> = ticks::linear(tallest.fold(0.0, f64::max), 4, true)
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect();
    let words: Vec<String> = ticks.iter().map(|(_, words)| words.clone()).collect();
    // A month is as wide as any other: what stood at its end is drawn over all of it.
    let (from, to) = (f64::from(*first), f64::from(*last) + 1.0);
    let frame = Frame {
        left: frame::gutter(&words),
        top: room.top + legend_height(&names) + SMALL,
        right: WIDTH - 14.0,
        bottom: room.bottom - FOOT,
        x: (from, to),
        y: (0.0, ticks.last().map_or(1.0, |(value, _)| *value)),
        log: false,
    };
    frame::y_axis(scene, &frame, &ticks);
    for (part, ink) in ROLES.into_iter().enumerate().take(plot.parts.len()) {
        let points = area(&frame, plot, part);
        if points.is_empty() {
            continue;
        }
        let edge = points.iter().take(points.len() / 2).copied().collect();
        scene.draw(Shape::Area {
            points,
            ink,
            alpha: 1.0,
        });
        // A hair of paper between the parts: they stay apart in grey.
        scene.draw(Shape::Path {
            points: edge,
            ink: Ink::Paper,
            width: 1.0,
        });
    }
    frame::x_axis(scene, &frame, &frame::month_ticks(from, to - 1.0));
}

/// The upper edge of a part from left to right, and its lower edge back.
fn area(frame: &Frame, plot: &Areas, part: usize) -> Vec<At> {
    let below = |values: &[f64], parts: usize| values.iter().take(parts).sum::<f64>();
    let is_there = |values: &[f64]| values.get(part).is_some_and(|value| *value > 0.0);
    if !plot.months.iter().any(|(_, values)| is_there(values)) {
        return Vec::new();
    }
    let edge = |parts: usize| -> Vec<At> {
        let steps = plot.months.iter().flat_map(|(month, values)| {
            let (x, y) = (f64::from(*month), below(values, parts));
            [frame.at(x, y), frame.at(x + 1.0, y)]
        });
        steps.collect()
    };
    let (mut points, mut back) = (edge(part + 1), edge(part));
    back.reverse();
    points.append(&mut back);
    points
}

/// The names in the legend: what is nowhere drawn needs none.
fn names(plot: &Areas) -> Vec<(&str, Fill)> {
    let is_drawn = |part: usize| {
        let mut values = plot
            .months
            .iter()
            .filter_map(|(_, values)| values.get(part));
        values.any(|value| *value > 0.0)
    };
    let parts = plot.parts.iter().map(String::as_str).zip(ROLES).enumerate();
    parts
        .filter(|(part, _)| is_drawn(*part))
        .map(|(_, (name, ink))| (name, Fill::Solid(ink)))
        .collect()
}
