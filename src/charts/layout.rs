//! Chart to scene: the title block every chart has, and the form's own drawing below it.

use super::font;
use super::frame::{Room, SMALL, TITLE, WIDTH};
use super::scene::{Anchor, Label, Scene, Shape};
use super::theme::Ink;
use super::{
    Chart, Plot, areas, badge, bars, before_after, dots, fits, forest, graph, heat, line, lorenz,
    scatter, spark, steps,
};

/// Size of the source line, px.
const SOURCE: f64 = 11.0;
/// Height of a box that says why there is no picture.
const NOTHING: f64 = 84.0;
/// What is left free at both sides of a text.
const MARGIN: f64 = 4.0;

/// Lays a chart out; `alone` gives it a ground and its source line.
pub(super) fn scene(chart: &Chart, alone: bool) -> Scene {
    if let Plot::Spark(plot) = &chart.plot {
        return spark::scene(plot, alone);
    }
    if let Plot::Badge(plot) = &chart.plot {
        return badge::scene(plot);
    }
    let (head, top) = head(chart);
    let height = match &chart.plot {
        Plot::Line(_) => line::HEIGHT,
        Plot::Steps(plot) => steps::height(plot),
        Plot::Bars(plot) => bars::height(plot),
        Plot::Dots(plot) => dots::height(plot),
        Plot::Areas(plot) => areas::height(plot),
        Plot::Heat(plot) => heat::height(plot),
        Plot::BeforeAfter(_) => before_after::HEIGHT,
        Plot::Scatter(plot) => scatter::height(plot),
        Plot::Graph(_) => graph::HEIGHT,
        Plot::Fits(_) => fits::HEIGHT,
        Plot::Lorenz(_) => lorenz::HEIGHT,
        Plot::Forest(plot) => forest::height(plot),
        Plot::Nothing(_) | Plot::Spark(_) | Plot::Badge(_) => NOTHING,
    };
    let room = Room {
        top,
        bottom: top + height,
    };
    let foot = if alone { 22.0 } else { 2.0 };
    let mut scene = Scene::new(WIDTH, room.bottom + foot, alone);
    for label in head {
        scene.label([label]);
    }
    if alone {
        let words = font::fit(&chart.source, SOURCE, WIDTH - 2.0 * MARGIN);
        let at = (MARGIN, scene.height - 6.0);
        scene.label([Label::new(at, words, SOURCE, Anchor::Start, Ink::Muted)]);
    }
    match &chart.plot {
        Plot::Line(plot) => line::draw(&mut scene, plot, &chart.marks, room),
        Plot::Steps(plot) => steps::draw(&mut scene, plot, room),
        Plot::Bars(plot) => bars::draw(&mut scene, plot, room),
        Plot::Dots(plot) => dots::draw(&mut scene, plot, room),
        Plot::Areas(plot) => areas::draw(&mut scene, plot, room),
        Plot::Heat(plot) => heat::draw(&mut scene, plot, room),
        Plot::BeforeAfter(plot) => before_after::draw(&mut scene, plot, &chart.marks, room),
        Plot::Scatter(plot) => scatter::draw(&mut scene, plot, room),
        Plot::Graph(plot) => graph::draw(&mut scene, plot, room),
        Plot::Fits(plot) => fits::draw(&mut scene, plot, room),
        Plot::Lorenz(plot) => lorenz::draw(&mut scene, plot, room),
        Plot::Forest(plot) => forest::draw(&mut scene, plot, room),
        Plot::Nothing(why) => nothing(&mut scene, why, room),
        Plot::Spark(_) | Plot::Badge(_) => {}
    }
    scene
}

/// The lines of the title block, and where the plot may begin below them.
fn head(chart: &Chart) -> (Vec<Label>, f64) {
    let room = WIDTH - 2.0 * MARGIN;
    let n = chart.n.as_deref().unwrap_or_default();
    let joined = format!("{} · {n}", chart.unit);
    // The number goes to a line of its own rather than apart.
    let below = match n.is_empty() {
        true => wrap(&chart.unit, SMALL, room, 2),
        false if font::width(&joined, SMALL) <= room => vec![joined],
        false => [wrap(&chart.unit, SMALL, room, 2), wrap(n, SMALL, room, 1)].concat(),
    };
    let title = wrap(&chart.title, TITLE, room, 2);
    let mut labels = Vec::new();
    let mut y = 0.0;
    for (lines, size, ink) in [(title, TITLE, Ink::Text), (below, SMALL, Ink::Muted)] {
        for line in lines {
            y += size + 5.0;
            labels.push(Label::new((MARGIN, y), line, size, Anchor::Start, ink));
        }
    }
    (labels, y + 16.0)
}

/// The text in lines of this width; what the last line can't hold is cut with an ellipsis.
fn wrap(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = lines.len() == most;
        match lines.last_mut() {
            Some(line) if full || font::width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
        .into_iter()
        .map(|line| font::fit(&line, size, room))
        .collect()
}

/// A quiet box that says why there is no picture.
fn nothing(scene: &mut Scene, why: &str, room: Room) {
    let (from, to) = ((MARGIN, room.top), (WIDTH - MARGIN, room.bottom - 4.0));
    let corners = vec![from, (to.0, from.1), to, (from.0, to.1), from];
    scene.draw(Shape::Path {
        points: corners,
        ink: Ink::Grid,
        width: 1.0,
    });
    let lines = wrap(why, SMALL, WIDTH - 32.0, 4);
    let leading = SMALL + 5.0;
    let middle = (from.1 + to.1) / 2.0 + 0.35 * SMALL;
    let start = middle - (lines.len() as f64 - 1.0) * leading / 2.0;
    for (i, line) in lines.into_iter().enumerate() {
        let at = (WIDTH / 2.0, start + i as f64 * leading);
        scene.label([Label::new(at, line, SMALL, Anchor::Middle, Ink::Muted)]);
    }
}
