//! What was seen at each age, and laws fitted to it, on two logarithmic axes: a power law is a straight line
//! there, and a half-life a fall over the edge. Each law has its name at its end.

use super::font;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::reading::count;
use super::scene::{Anchor, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Fits, Fitted, ticks};

/// Height of the chart below its title block.
pub(super) const HEIGHT: f64 = 210.0;
/// Below the axis.
const FOOT: f64 = 24.0;
/// How the laws are told apart: the first is the better one.
const STYLES: [(Ink, f64, Place); 2] = [
    (Ink::Second, 2.2, Place::Start),
    (Ink::Text, 1.2, Place::End),
];
/// Weeks of age that have ticks: at even distances on a logarithmic axis.
const WEEKS: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Fits, room: Room) {
    let seen: Vec<(f64, f64)> = plot
        .points
        .iter()
        .filter_map(|point| Some((point.x, point.value.get()?)))
        .filter(|(x, y)| *x > 0.0 && *y > 0.0)
        .collect();
    let Some((first, last)) = seen.first().zip(seen.last()) else {
        return;
    };
    let least = seen
        .iter()
        .map(|point| point.1)
        .fold(f64::INFINITY, f64::min);
    let most = seen.iter().map(|point| point.1).fold(0.0, f64::max);
    let y_ticks: Vec<(f64, String)> = ticks::logarithmic(least, most.max(least * 1.01))
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect();
    let words: Vec<String> = y_ticks.iter().map(|(_, words)| words.clone()).collect();
    let edge = |tick: Option<&(f64, String)>| tick.map_or(0.0, |(value, _)| value.log10());
    let frame = Frame {
        left: frame::gutter(&words),
        top: room.top,
        right: WIDTH - 16.0,
        bottom: room.bottom - FOOT,
        x: (first.0.ln(), last.0.max(first.0 * 2.0).ln()),
        y: (edge(y_ticks.first()), edge(y_ticks.last())),
        log: true,
    };
    frame::y_axis(scene, &frame, &y_ticks);
    frame::x_axis(scene, &frame, &x_ticks(frame.x));
    for point in &plot.points {
        let Some((lo, hi)) = point.interval.filter(|_| point.value.get() > Some(0.0)) else {
            continue;
        };
        let x = frame.px(point.x.ln());
        scene.rule((x, frame.py(lo)), (x, frame.py(hi)), Ink::Grey, 1.0);
    }
    for (x, y) in &seen {
        scene.draw(Shape::Mark {
            at: frame.at(x.ln(), *y),
            radius: 2.5,
            ink: Ink::First,
            form: Form::Dot,
        });
    }
    for (curve, style) in plot.curves.iter().zip(STYLES).rev() {
        law(scene, &frame, curve, style);
    }
}

fn x_ticks((from, to): (f64, f64)) -> Vec<(f64, String)> {
    let inside = |week: &f64| (from - 1e-9..=to + 1e-9).contains(&week.ln());
    let mut ticks: Vec<(f64, String)> = WEEKS
        .into_iter()
        .filter(inside)
        .map(|week| (week.ln(), count(week)))
        .collect();
    if let Some(last) = ticks.last_mut() {
        last.1 = match last.1.as_str() {
            "1" => "1 week".to_owned(),
            weeks => format!("{weeks} weeks"),
        };
    }
    ticks
}

/// Where the name of a law stands.
#[derive(Clone, Copy)]
enum Place {
    /// Where it begins.
    Start,
    /// Where it leaves the picture.
    End,
}

/// One law as far as it lies in the picture, with its name.
fn law(scene: &mut Scene, frame: &Frame, curve: &Fitted, (ink, width, place): (Ink, f64, Place)) {
    let lowest = 10f64.powf(frame.y.0);
    let inside =
        |(x, y): &&(f64, f64)| (frame.x.0..=frame.x.1 + 1e-9).contains(&x.ln()) && *y >= lowest;
    let points: Vec<(f64, f64)> = curve
        .points
        .iter()
        .filter(inside)
        .map(|(x, y)| frame.at(x.ln(), *y))
        .collect();
    let Some((start, end)) = points.first().copied().zip(points.last().copied()) else {
        return;
    };
    scene.draw(Shape::Path { points, ink, width });
    let half = font::width(&curve.label, SMALL) / 2.0;
    let at = |x: f64, y: f64| Label::new((x, y), &*curve.label, SMALL, Anchor::Middle, ink);
    // Laws fall: right of where one begins nothing stands at its height, left of where it ends nothing below it.
    let (right, left) = (
        start.0 + half + 12.0,
        (end.0 - half - 8.0).max(frame.left + half),
    );
    let above = [0.0, 16.0, 32.0].map(|off| at(right, start.1 - 5.0 - off));
    let below = [0.0, 16.0, 32.0].map(|off| at(left, end.1 - 2.0 - off));
    match place {
        Place::Start => scene.label_on_paper(above.into_iter().chain(below)),
        Place::End => scene.label_on_paper(below.into_iter().chain(above)),
    }
}
