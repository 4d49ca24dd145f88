//! Step curves with bands, the numbers at risk below, labels at the curves' ends.

use super::font;
use super::frame::{self, Frame, Room, SMALL, WIDTH};
use super::reading::count;
use super::scene::{Anchor, At, Form, Label, Scene, Shape};
use super::theme::Ink;
use super::{Curve, Steps};

/// Colour and form of each curve.
const STYLES: [(Ink, Form); 5] = [
    (Ink::First, Form::Dot),
    (Ink::Second, Form::Square),
    (Ink::Third, Form::Triangle),
    (Ink::Fourth, Form::Diamond),
    (Ink::Text, Form::Ring),
];

/// Length of a month of age, days.
const MONTH: f64 = 365.0 / 12.0;
/// Height of the curves.
const CURVES: f64 = 160.0;
/// Room for the name of a curve, px; a longer one is cut.
const NAME: f64 = 120.0;
/// Below the axis without and with the numbers at risk.
const FOOT: (f64, f64) = (26.0, 62.0);

/// Height of the chart below its title block.
pub(super) fn height(plot: &Steps) -> f64 {
    CURVES + foot(plot)
}

fn foot(plot: &Steps) -> f64 {
    if at_risk(plot) { FOOT.1 } else { FOOT.0 }
}

/// Draws the plot.
pub(super) fn draw(scene: &mut Scene, plot: &Steps, room: Room) {
    let labels = plot
        .curves
        .iter()
        .map(|curve| font::width(&font::fit(&curve.label, SMALL, NAME), SMALL));
    let beside = labels.fold(0.0, f64::max);
    let last = plot
        .curves
        .iter()
        .filter_map(|curve| curve.steps.last())
        .map(|step| step.day);
    let end = last.fold(0.0, f64::max).max(MONTH);
    let ticks = frame::percent_ticks();
    let words: Vec<String> = ticks.iter().map(|(_, words)| words.clone()).collect();
    let frame = Frame {
        left: frame::gutter(&words),
        top: room.top,
        // Room for the names of the curves, or for the unit below the end.
        right: WIDTH - if beside > 0.0 { beside + 22.0 } else { 28.0 },
        bottom: room.bottom - foot(plot),
        x: (0.0, end),
        y: (0.0, 1.0),
        log: false,
    };
    frame::y_axis(scene, &frame, &ticks);
    let days = month_ticks(end);
    frame::x_axis(scene, &frame, &days);
    for (curve, (ink, _)) in plot.curves.iter().zip(STYLES) {
        // Bands of several curves on top of each other can't be read; the table has them.
        if plot.curves.len() == 1 {
            band(scene, &frame, curve, ink);
        }
    }
    for (curve, (ink, form)) in plot.curves.iter().zip(STYLES) {
        let points = stairs(&frame, curve);
        let last = points.last().copied();
        scene.draw(Shape::Path {
            points,
            ink,
            width: 1.8,
        });
        if let Some(at) = last.filter(|_| plot.curves.len() > 1) {
            scene.draw(Shape::Mark {
                at,
                radius: 3.0,
                ink,
                form,
            });
        }
    }
    end_labels(scene, &frame, plot, end);
    if at_risk(plot) {
        numbers_at_risk(scene, &frame, plot, &days);
    }
}

fn at_risk(plot: &Steps) -> bool {
    matches!(plot.curves.as_slice(), [only] if only.steps.iter().any(|step| step.at_risk.is_some()))
}

/// Ticks at whole months, or at whole years where there are many, with their days; at weeks within the
/// first month.
fn month_ticks(end: f64) -> Vec<(f64, String)> {
    if end <= MONTH {
        let days = [0.0, 7.0, 14.0, 21.0].map(|day| (day, count(day)));
        return days
            .into_iter()
            .chain([(28.0, "28 days".to_owned())])
            .collect();
    }
    let months = end / MONTH + 1e-9;
    let step = [1.0, 3.0, 6.0, 12.0, 24.0]
        .into_iter()
        .find(|step| months / step < 5.0)
        .unwrap_or(60.0);
    let (unit, one, many) = if step < 12.0 {
        (1.0, "month", "months")
    } else {
        (12.0, "year", "years")
    };
    let steps = (months / step).floor() as usize;
    let month = |i: usize| i as f64 * step;
    let mut ticks: Vec<(f64, String)> = (0..=steps)
        .map(|i| (month(i) * MONTH, count(month(i) / unit)))
        .collect();
    if let Some(last) = ticks.last_mut() {
        let name = if last.1 == "1" { one } else { many };
        last.1 = format!("{} {name}", last.1);
    }
    ticks
}

fn stairs(frame: &Frame, curve: &Curve) -> Vec<At> {
    let mut points = vec![frame.at(0.0, 1.0)];
    let mut share = 1.0;
    for step in &curve.steps {
        points.push(frame.at(step.day, share));
        if (step.share - share).abs() > 1e-12 {
            share = step.share;
            points.push(frame.at(step.day, share));
        }
    }
    points
}

fn band(scene: &mut Scene, frame: &Frame, curve: &Curve, ink: Ink) {
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    let mut before: Option<(f64, f64)> = None;
    for step in &curve.steps {
        if let Some((lo, hi)) = before {
            upper.push(frame.at(step.day, hi));
            lower.push(frame.at(step.day, lo));
        }
        if let Some((lo, hi)) = step.interval {
            upper.push(frame.at(step.day, hi));
            lower.push(frame.at(step.day, lo));
            before = Some((lo, hi));
        }
    }
    lower.reverse();
    upper.extend(lower);
    if upper.len() > 3 {
        scene.draw(Shape::Area {
            points: upper,
            ink,
            alpha: 0.16,
        });
    }
}

/// Labels right of the curves' ends, moved apart until none touches another.
fn end_labels(scene: &mut Scene, frame: &Frame, plot: &Steps, end: f64) {
    let mut wanted: Vec<(f64, &str, Ink)> = plot
        .curves
        .iter()
        .zip(STYLES)
        .filter(|(curve, _)| !curve.label.is_empty())
        .map(|(curve, (ink, _))| {
            let share = curve.steps.last().map_or(1.0, |step| step.share);
            (frame.py(share), curve.label.as_str(), ink)
        })
        .collect();
    wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let gap = SMALL + 3.0;
    let mut floor = frame.top;
    for place in &mut wanted {
        place.0 = place.0.max(floor);
        floor = place.0 + gap;
    }
    let mut ceiling = frame.bottom - 2.0;
    for place in wanted.iter_mut().rev() {
        place.0 = place.0.min(ceiling);
        ceiling = place.0 - gap;
    }
    let x = frame.px(end) + 8.0;
    for (y, words, ink) in wanted {
        let ink = if ink == Ink::Grey { Ink::Muted } else { ink };
        scene.label([Label::new(
            (x, y + 0.35 * SMALL),
            font::fit(words, SMALL, NAME),
            SMALL,
            Anchor::Start,
            ink,
        )]);
    }
}

fn numbers_at_risk(scene: &mut Scene, frame: &Frame, plot: &Steps, days: &[(f64, String)]) {
    let Some(curve) = plot.curves.first() else {
        return;
    };
    let y = frame.bottom + 41.0;
    scene.label([Label::new(
        (4.0, y),
        "Still watched:",
        SMALL,
        Anchor::Start,
        Ink::Muted,
    )]);
    for (day, _) in days {
        let watched = if *day == 0.0 {
            curve.steps.first().and_then(|step| step.at_risk)
        } else {
            curve
                .steps
                .iter()
                .rev()
                .find(|step| step.day <= *day + 0.5)
                .and_then(|step| step.at_risk)
        };
        let Some(watched) = watched else { continue };
        let at = (frame.px(*day), y + SMALL + 4.0);
        scene.label([Label::new(
            at,
            count(watched as f64),
            SMALL,
            Anchor::Middle,
            Ink::Text,
        )]);
    }
}
