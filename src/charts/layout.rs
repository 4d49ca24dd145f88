//! Chart to scene: the title block every chart has, and the form's own drawing below it.

use super::font;
use super::frame::{SMALL, TITLE, TOP, WIDTH};
use super::scene::{Anchor, Label, Scene};
use super::theme::Ink;
use super::{Chart, Plot, bars, dots, line, spark, steps};

/// Lays a chart out; `alone` gives it a ground and its source line.
pub(super) fn scene(chart: &Chart, alone: bool) -> Scene {
    if let Plot::Spark(plot) = &chart.plot {
        return spark::scene(plot, alone);
    }
    let foot = if alone { 20.0 } else { 2.0 };
    let height = match &chart.plot {
        Plot::Line(_) => 220.0,
        Plot::Steps(plot) => steps::height(plot),
        Plot::Bars(plot) => bars::height(plot),
        Plot::Dots(plot) => dots::height(plot),
        Plot::Nothing(_) => 120.0,
        Plot::Spark(_) => 28.0,
    };
    let mut scene = Scene::new(WIDTH, height + foot, alone);
    head(&mut scene, chart);
    if alone {
        let words = font::fit(&chart.source, 9.5, WIDTH - 8.0);
        let at = (4.0, scene.height - 6.0);
        scene.label([Label::new(at, words, 9.5, Anchor::Start, Ink::Muted)]);
    }
    match &chart.plot {
        Plot::Line(plot) => line::draw(&mut scene, plot, height),
        Plot::Steps(plot) => steps::draw(&mut scene, plot, height),
        Plot::Bars(plot) => bars::draw(&mut scene, plot, height),
        Plot::Dots(plot) => dots::draw(&mut scene, plot, height),
        Plot::Nothing(why) => nothing(&mut scene, why),
        Plot::Spark(_) => {}
    }
    scene
}

fn head(scene: &mut Scene, chart: &Chart) {
    let title = font::fit(&chart.title, TITLE, WIDTH - 8.0);
    scene.label([Label::new(
        (4.0, 16.0),
        title,
        TITLE,
        Anchor::Start,
        Ink::Text,
    )]);
    let below = match &chart.n {
        Some(n) => format!("{} · {n}", chart.unit),
        None => chart.unit.clone(),
    };
    let below = font::fit(&below, SMALL, WIDTH - 8.0);
    scene.label([Label::new(
        (4.0, 33.0),
        below,
        SMALL,
        Anchor::Start,
        Ink::Muted,
    )]);
}

/// A quiet box that says why there is no picture, in up to three lines.
fn nothing(scene: &mut Scene, why: &str) {
    let (from, to) = ((4.0, TOP), (WIDTH - 4.0, 116.0));
    let corners = vec![from, (to.0, from.1), to, (from.0, to.1), from];
    scene.draw(super::scene::Shape::Path {
        points: corners,
        ink: Ink::Grid,
        width: 1.0,
    });
    let mut lines: Vec<String> = Vec::new();
    for word in why.split_whitespace() {
        let joined = lines.last().map(|line| format!("{line} {word}"));
        match joined {
            Some(joined) if font::width(&joined, SMALL) <= WIDTH - 40.0 => {
                lines.pop();
                lines.push(joined);
            }
            _ => lines.push(font::fit(word, SMALL, WIDTH - 40.0)),
        }
    }
    lines.truncate(3);
    let start = 85.0 - (lines.len() as f64 - 1.0) * 8.0;
    for (i, line) in lines.into_iter().enumerate() {
        let at = (WIDTH / 2.0, start + i as f64 * 16.0);
        scene.label([Label::new(at, line, SMALL, Anchor::Middle, Ink::Muted)]);
    }
}
