//! A line with a band. Where nothing is known the line stops; where a value is withheld the column
//! is hatched; a trend is drawn only when it was handed in.

use super::font;
use super::frame::{self, Frame, SMALL, TOP, WIDTH};
use super::scene::{Anchor, At, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Axis, Cell, Line, Point, ticks};

/// Draws the plot below the title block, down to `height`.
pub(super) fn draw(scene: &mut Scene, plot: &Line, height: f64) {
    let Some((from, to)) = plot
        .points
        .first()
        .zip(plot.points.last())
        .map(|(a, b)| (a.x, b.x))
    else {
        return;
    };
    let ticks = y_ticks(plot);
    let words: Vec<String> = ticks.iter().map(|(_, words)| words.clone()).collect();
    let edge = |value: f64| if plot.log { value.log10() } else { value };
    let low = ticks.first().map_or(0.0, |(value, _)| edge(*value));
    let high = ticks.last().map_or(1.0, |(value, _)| edge(*value));
    let frame = Frame {
        left: frame::gutter(&words),
        top: TOP,
        right: WIDTH - 14.0,
        bottom: height - 30.0,
        x: if to > from {
            (from, to)
        } else {
            (from - 0.5, to + 0.5)
        },
        y: (low, high),
        log: plot.log,
    };
    frame::y_axis(scene, &frame, &ticks);
    frame::x_axis(scene, &frame, &x_ticks(plot.axis, from, to));
    unknowns(scene, &frame, plot);
    let runs = runs(&plot.points);
    for run in &runs {
        band(scene, &frame, run);
    }
    if let Some([start, end]) = plot.trend {
        let points = vec![frame.at(start.0, start.1), frame.at(end.0, end.1)];
        scene.draw(Shape::Path {
            points,
            ink: Ink::Second,
            width: 2.0,
        });
    }
    for run in &runs {
        stroke(scene, &frame, plot, run);
    }
    last_value(scene, &frame, plot);
}

fn y_ticks(plot: &Line) -> Vec<(f64, String)> {
    let values = || plot.points.iter().filter_map(|point| point.value.get());
    let top = plot
        .points
        .iter()
        .filter_map(|point| {
            point
                .value
                .get()
                .map(|v| v.max(point.interval.map_or(v, |i| i.1)))
        })
        .fold(0.0, f64::max);
    let ticks = if plot.log {
        let positive = || values().filter(|value| *value > 0.0);
        let low = positive().fold(f64::INFINITY, f64::min);
        let high = positive().fold(0.0, f64::max).max(low.min(1.0));
        if low.is_finite() {
            ticks::logarithmic(low, high)
        } else {
            vec![0.1, 1.0]
        }
    } else {
        // An interval of one thin month must not press all others flat.
        let tallest = values().fold(0.0, f64::max);
        ticks::linear(top.min(tallest * 2.0), 4, false)
    };
    ticks
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect()
}

fn x_ticks(axis: Axis, from: f64, to: f64) -> Vec<(f64, String)> {
    match axis {
        Axis::Months => frame::month_ticks(from, to),
        Axis::Weeks => {
            let step = if to - from > 60.0 {
                26.0
            } else if to - from > 20.0 {
                13.0
            } else {
                4.0
            };
            let count = ((to - from) / step).floor() as usize;
            let mut ticks: Vec<(f64, String)> = (0..=count)
                .map(|i| {
                    (
                        from + i as f64 * step,
                        ticks::number(from + i as f64 * step),
                    )
                })
                .collect();
            if let Some(last) = ticks.last_mut() {
                last.1 = format!("{} weeks", last.1);
            }
            ticks
        }
    }
}

/// Stretches of known values without a gap.
fn runs(points: &[Point]) -> Vec<Vec<Point>> {
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for point in points {
        match (point.value, open, runs.last_mut()) {
            (Cell::Value(_), true, Some(run)) => run.push(*point),
            (Cell::Value(_), _, _) => runs.push(vec![*point]),
            _ => {}
        }
        open = point.value.get().is_some();
    }
    runs
}

fn unknowns(scene: &mut Scene, frame: &Frame, plot: &Line) {
    let half = 0.5;
    let mut withheld: Option<(f64, f64)> = None;
    for point in plot
        .points
        .iter()
        .filter(|point| point.value == Cell::Withheld)
    {
        let (from, to) = (point.x - half, point.x + half);
        match &mut withheld {
            Some(span) if from <= span.1 + 1e-9 => span.1 = to,
            _ => {
                if let Some(span) = withheld {
                    hatch(scene, frame, span);
                }
                withheld = Some((from, to));
            }
        }
    }
    if let Some(span) = withheld {
        hatch(scene, frame, span);
    }
}

fn hatch(scene: &mut Scene, frame: &Frame, span: (f64, f64)) {
    let from = (frame.px(span.0).max(frame.left), frame.top);
    let to = (frame.px(span.1).min(frame.right), frame.bottom);
    scene.hatch(from, to);
    let words = "withheld";
    let half = font::width(words, SMALL) / 2.0 + 4.0;
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    // In a narrow column the hatching must speak for itself.
    if to.0 - from.0 > 2.0 * half {
        let label = Label::new(middle, words, SMALL, Anchor::Middle, Ink::Muted);
        if scene.label([label]) {
            let (left, right) = (middle.0 - half, middle.0 + half);
            let (top, bottom) = (middle.1 - SMALL, middle.1 + 5.0);
            scene.draw(Shape::Rect {
                from: (left, top),
                to: (right, bottom),
                ink: Ink::Paper,
            });
        }
    }
}

fn band(scene: &mut Scene, frame: &Frame, run: &[Point]) {
    let limits: Vec<(f64, (f64, f64))> = run
        .iter()
        .filter_map(|point| Some((point.x, point.interval?)))
        .collect();
    if limits.len() < 2 {
        return;
    }
    let mut points: Vec<At> = limits
        .iter()
        .map(|(x, (_, hi))| frame.at(*x, *hi))
        .collect();
    points.extend(limits.iter().rev().map(|(x, (lo, _))| frame.at(*x, *lo)));
    scene.draw(Shape::Area {
        points,
        ink: Ink::First,
        alpha: 0.16,
    });
}

fn stroke(scene: &mut Scene, frame: &Frame, plot: &Line, run: &[Point]) {
    let known = run
        .iter()
        .filter_map(|point| Some((point.x, point.value.get()?)));
    let (points, zeros): (Vec<_>, Vec<_>) = known.partition(|(_, y)| !plot.log || *y > 0.0);
    let line: Vec<At> = points.iter().map(|(x, y)| frame.at(*x, *y)).collect();
    if let [only] = line.as_slice() {
        scene.draw(Shape::Mark {
            at: *only,
            radius: 2.5,
            ink: Ink::First,
            form: Form::Dot,
        });
    }
    scene.draw(Shape::Path {
        points: line,
        ink: Ink::First,
        width: 1.8,
    });
    for (x, _) in zeros {
        let at = (frame.px(x), frame.bottom);
        scene.draw(Shape::Mark {
            at,
            radius: 2.5,
            ink: Ink::First,
            form: Form::Ring,
        });
    }
}

/// The newest value in figures, at the end of the line.
fn last_value(scene: &mut Scene, frame: &Frame, plot: &Line) {
    let last = plot
        .points
        .iter()
        .rev()
        .find_map(|point| Some((point.x, point.value.get()?)));
    let Some((x, y)) = last else { return };
    let at = frame.at(x, y);
    scene.draw(Shape::Mark {
        at,
        radius: 3.0,
        ink: Ink::First,
        form: Form::Dot,
    });
    let words = ticks::number(round(y));
    let right = (at.0 + font::width(&words, SMALL) / 2.0).min(WIDTH - 2.0);
    let label = |y: f64| Label::new((right, y), words.clone(), SMALL, Anchor::End, Ink::First);
    scene.label([label(at.1 - 7.0), label(at.1 + 16.0), label(at.1 - 20.0)]);
}

/// To three figures.
fn round(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10f64.powf(2.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}
