//! A line with a band. A point stands in the middle of its week or month. Where nobody was watching
//! the line stops and a grey band says so; what is withheld is a thin hatched strip on the axis; a
//! trend is drawn only when it was handed in. What lasted is a band behind the line.

use super::font;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::reading::{count, measure};
use super::scene::{Anchor, At, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Axis, Cell, Line, Mark, Point, ticks};

/// Height of the chart below its title block.
pub(super) const HEIGHT: f64 = 184.0;
/// Height of the strip that stands for withheld values: lower than any value that is told.
const STRIP: f64 = 7.0;
/// The name of the trend line.
const TREND: &str = "trend";
/// Below the axis.
const FOOT: f64 = 24.0;

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Line, marks: &[Mark], room: Room) {
    let Some((first, last)) = plot.points.first().zip(plot.points.last()) else {
        return;
    };
    let step = step(plot);
    let ticks = y_ticks(plot);
    let words: Vec<String> = ticks.iter().map(|(_, words)| words.clone()).collect();
    let edge = |value: f64| if plot.log { value.log10() } else { value };
    let low = ticks.first().map_or(0.0, |(value, _)| edge(*value));
    let high = ticks.last().map_or(1.0, |(value, _)| edge(*value));
    let frame = Frame {
        left: frame::gutter(&words),
        top: room.top,
        right: WIDTH - 14.0,
        bottom: room.bottom - FOOT,
        x: (first.x, last.x + step),
        y: (low, high),
        log: plot.log,
    };
    let drawing = Drawing { frame, plot, step };
    frame::y_axis(scene, &frame, &ticks);
    drawing.unwatched(scene);
    frame::x_axis(scene, &frame, &x_ticks(plot.axis, frame.x));
    drawing.withheld(scene);
    drawing.lasting(scene, marks);
    let runs = runs(&plot.points);
    for run in &runs {
        drawing.band(scene, run);
    }
    drawing.trend(scene);
    for run in &runs {
        drawing.stroke(scene, run);
    }
    drawing.levels(scene);
    drawing.last_value(scene);
    drawing.marks(scene, marks);
}

/// From one point to the next.
fn step(plot: &Line) -> f64 {
    match plot.points.as_slice() {
        [a, b, ..] if b.x > a.x => b.x - a.x,
        _ => 1.0,
    }
}

fn y_ticks(plot: &Line) -> Vec<(f64, String)> {
    if plot.axis == Axis::Shares {
        return frame::percent_ticks();
    }
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
    let mut ticks: Vec<(f64, String)> = ticks
        .into_iter()
        .map(|value| (value, ticks::number(value)))
        .collect();
    if let Some(ground) = ticks
        .first_mut()
        .filter(|_| plot.log && values().any(|v| v <= 0.0))
    {
        // The rings stand here.
        ground.1 = "0".to_owned();
    }
    ticks
}

fn x_ticks(axis: Axis, (from, to): (f64, f64)) -> Vec<(f64, String)> {
    match axis {
        Axis::Months => frame::month_ticks(from, to),
        // The middle of each step is what it stands for.
        Axis::Shares => [0.0, 30.0, 60.0, 90.0]
            .into_iter()
            .filter(|share| from <= *share && *share <= to)
            .map(|share| (share, format!("{share:.0} %")))
            .collect(),
        Axis::Weeks => {
            let span = to - from;
            let step = [2.0, 4.0, 13.0, 26.0, 52.0]
                .into_iter()
                .find(|step| span / step <= 5.0)
                .unwrap_or(104.0);
            let tick = |i: u32| (from / step - 1e-9).ceil() * step + f64::from(i) * step;
            let mut ticks: Vec<(f64, String)> = (0..)
                .map(tick)
                .take_while(|week| *week <= to + 1e-9)
                .map(|week| (week, count(week)))
                .collect();
            if let Some(last) = ticks.last_mut() {
                last.1 = format!("{} weeks", last.1);
            }
            if let Some(first) = ticks.first_mut().filter(|(week, _)| *week == 0.0) {
                first.1 = "published".to_owned();
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

/// What all parts of one picture share.
struct Drawing<'a> {
    frame: Frame,
    plot: &'a Line,
    step: f64,
}

impl Drawing<'_> {
    fn at(&self, x: f64, y: f64) -> At {
        self.frame.at(x + self.step / 2.0, y)
    }

    /// Left and right edge, px, of every stretch of points that are `like`.
    fn spans(&self, like: Cell) -> Vec<(f64, f64)> {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        let mut open = false;
        for point in &self.plot.points {
            let (from, to) = (point.x, point.x + self.step);
            match spans.last_mut().filter(|_| open) {
                Some(span) if point.value == like => span.1 = to,
                _ if point.value == like => spans.push((from, to)),
                _ => {}
            }
            open = point.value == like;
        }
        let px = |(from, to)| (self.frame.px(from), self.frame.px(to));
        spans.into_iter().map(px).collect()
    }

    fn unwatched(&self, scene: &mut Scene) {
        let (top, bottom) = (self.frame.top, self.frame.bottom);
        for (left, right) in self.spans(Cell::Missing) {
            scene.unwatched((left, top), (right, bottom));
            let at = ((left + right) / 2.0, (top + bottom) / 2.0);
            if font::width(&self.plot.gap, SMALL) < right - left {
                let words = self.plot.gap.clone();
                scene.label([Label::new(at, words, SMALL, Anchor::Middle, Ink::Muted)]);
            }
        }
    }

    fn withheld(&self, scene: &mut Scene) {
        let bottom = self.frame.bottom;
        for (left, right) in self.spans(Cell::Withheld) {
            scene.hatch((left, bottom - STRIP), (right, bottom));
        }
    }

    fn band(&self, scene: &mut Scene, run: &[Point]) {
        let limits: Vec<(f64, (f64, f64))> = run
            .iter()
            .filter_map(|point| Some((point.x, point.interval?)))
            .collect();
        if limits.len() < 2 {
            return;
        }
        let mut points: Vec<At> = limits.iter().map(|(x, (_, hi))| self.at(*x, *hi)).collect();
        points.extend(limits.iter().rev().map(|(x, (lo, _))| self.at(*x, *lo)));
        scene.draw(Shape::Area {
            points,
            ink: Ink::First,
            alpha: 0.16,
        });
    }

    /// The trend with its name, which stands where the values leave the most room.
    fn trend(&self, scene: &mut Scene) {
        let Some([start, end]) = self.plot.trend else {
            return;
        };
        scene.draw(Shape::Path {
            points: vec![self.at(start.0, start.1), self.at(end.0, end.1)],
            ink: Ink::Second,
            width: 2.0,
        });
        let slope = (end.1 - start.1) / (end.0 - start.0).max(1e-9);
        let places: Vec<(At, f64)> = self
            .plot
            .points
            .iter()
            .filter_map(|point| Some((point.x, point.value.get()?)))
            .map(|(x, y)| {
                let trend = self.at(x, start.1 + slope * (x - start.0));
                // How far the value is above the trend.
                (trend, trend.1 - self.at(x, y).1)
            })
            .collect();
        let half = font::width(TREND, SMALL) / 2.0;
        let beside = |x: f64| move |place: &&(At, f64)| (place.0.0 - x).abs() < half + 10.0;
        let fits = |at: At| at.0 - half > self.frame.left && at.0 + half < self.frame.right;
        let found = places
            .iter()
            .filter(|(at, _)| fits(*at))
            .map(|(at, _)| {
                let near = || places.iter().filter(beside(at.0)).map(|place| place.1);
                let (low, high) = (
                    near().fold(f64::INFINITY, f64::min),
                    near().fold(f64::NEG_INFINITY, f64::max),
                );
                // Positive where all values beside it are on one side.
                if low > -high {
                    (*at, low, 1.0)
                } else {
                    (*at, -high, -1.0)
                }
            })
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((at, _, side)) = found else { return };
        let y = at.1 + if side > 0.0 { SMALL + 4.0 } else { -7.0 };
        scene.label([Label::new(
            (at.0, y),
            TREND,
            SMALL,
            Anchor::Middle,
            Ink::Second,
        )]);
    }

    /// The line of a run. On a logarithmic scale a zero has no height: the line breaks, and a ring
    /// stands on the ground.
    fn stroke(&self, scene: &mut Scene, run: &[Point]) {
        let mut line: Vec<At> = Vec::new();
        for (x, y) in run
            .iter()
            .filter_map(|point| Some((point.x, point.value.get()?)))
        {
            if self.plot.log && y <= 0.0 {
                end_line(scene, &mut line);
                let at = (self.at(x, y).0, self.frame.bottom);
                scene.draw(Shape::Mark {
                    at,
                    radius: 2.5,
                    ink: Ink::First,
                    form: Form::Ring,
                });
            } else {
                line.push(self.at(x, y));
            }
        }
        end_line(scene, &mut line);
    }

    /// Levels on which it stood, over the line.
    fn levels(&self, scene: &mut Scene) {
        for [from, to] in &self.plot.levels {
            let points = vec![self.frame.at(from.0, from.1), self.frame.at(to.0, to.1)];
            scene.draw(Shape::Path {
                points,
                ink: Ink::Second,
                width: 2.5,
            });
        }
    }

    /// Bands behind the line for what lasted, as far as it lies in the picture.
    fn lasting(&self, scene: &mut Scene, marks: &[Mark]) {
        let (first, last) = self.frame.x;
        for mark in marks {
            let until = mark.until.map_or(first, |until| until.min(last));
            let from = mark.x.max(first);
            if until > from {
                let (left, right) = (self.frame.px(from), self.frame.px(until));
                let (top, bottom) = (self.frame.top, self.frame.bottom);
                scene.draw(Shape::Area {
                    points: vec![(left, top), (right, top), (right, bottom), (left, bottom)],
                    ink: Ink::Second,
                    alpha: 0.16,
                });
                // A grey print shows where it begins and ends.
                for x in [left, right] {
                    scene.rule((x, top), (x, bottom), Ink::Second, 1.0);
                }
            }
        }
    }

    /// What happened meanwhile: a line from top to bottom, and its words beside it on the side with more room.
    fn marks(&self, scene: &mut Scene, marks: &[Mark]) {
        let (left, right) = (self.frame.left, self.frame.right);
        let inside = |mark: &&Mark| self.frame.x.0 <= mark.x && mark.x <= self.frame.x.1;
        for mark in marks.iter().filter(inside) {
            let x = self.frame.px(mark.x);
            if mark.until.is_none() {
                scene.rule((x, self.frame.top), (x, self.frame.bottom), Ink::Muted, 1.0);
            }
            let (at, anchor, room) = match mark.until {
                // What lasted has its name over itself.
                Some(until) => {
                    let half = font::width(&mark.words, SMALL) / 2.0;
                    let middle = (x + self.frame.px(until.min(self.frame.x.1))) / 2.0;
                    let (low, high) = (left + half, (right - half).max(left + half));
                    (middle.clamp(low, high), Anchor::Middle, right - left)
                }
                None if right - x > x - left => (x + 4.0, Anchor::Start, right - x - 8.0),
                None => (x - 4.0, Anchor::End, x - left - 8.0),
            };
            let words = font::fit(&mark.words, SMALL, room);
            // Words of two marks that are near each other stand below one another.
            let rows = [1.0, 2.0, 3.0].map(|row| {
                let y = self.frame.top + row * (SMALL + 2.0);
                Label::new((at, y), words.clone(), SMALL, anchor, Ink::Muted)
            });
            scene.label(rows);
        }
    }

    /// The newest value in figures, at the end of the line; where the line ends before the picture
    /// does, it isn't the newest.
    fn last_value(&self, scene: &mut Scene) {
        let last = self.plot.points.last();
        let Some((x, y)) = last.and_then(|point| Some((point.x, point.value.get()?))) else {
            return;
        };
        if self.plot.log && y <= 0.0 {
            return;
        }
        let at = self.at(x, y);
        scene.draw(Shape::Mark {
            at,
            radius: 3.0,
            ink: Ink::First,
            form: Form::Dot,
        });
        let words = match self.plot.axis {
            Axis::Shares => format!("{:.0} %", y * 100.0),
            Axis::Weeks | Axis::Months => measure(y),
        };
        let right = (at.0 + font::width(&words, SMALL) / 2.0).min(WIDTH - 2.0);
        let label = |y: f64| Label::new((right, y), words.clone(), SMALL, Anchor::End, Ink::First);
        let (above, below) = (label(at.1 - 8.0), label(at.1 + 18.0));
        let places = match self.plot.axis {
            // Those that are left only get fewer: the line comes from above.
            Axis::Shares => [below, above, label(at.1 - 22.0)],
            Axis::Weeks | Axis::Months => [above, below, label(at.1 - 22.0)],
        };
        scene.label(places);
    }
}

/// Draws what was gathered; a single point as a dot.
fn end_line(scene: &mut Scene, line: &mut Vec<At>) {
    let points = std::mem::take(line);
    if let [only] = points.as_slice() {
        scene.draw(Shape::Mark {
            at: *only,
            radius: 2.5,
            ink: Ink::First,
            form: Form::Dot,
        });
    }
    scene.draw(Shape::Path {
        points,
        ink: Ink::First,
        width: 1.8,
    });
}
