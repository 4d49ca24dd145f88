//! The law of decay: the read curve with the laws that were fitted to it.

use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Chart, Fits, Fitted, Plot, Point};
use super::tail::{WEEK, between, heads};
use super::{Context, words};
use crate::stats::Law;

/// Pieces of a drawn curve.
const PIECES: u32 = 60;

/// A law with its parameters, as the summary tells it.
struct Told {
    law: Law,
    parameters: [f64; 2],
}

/// A week of age, as L1 tells it.
struct Week {
    from: f64,
    reads: f64,
    /// Write-up-days.
    exposure: f64,
    interval: Option<(f64, f64)>,
}

/// L7: the best law, and one of the other kind: a half-life beside a long tail.
pub(super) fn laws(context: Context) -> Vec<Chart> {
    let found = context.results().get("decay").unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "decay",
        "Reads by age, and laws fitted to them",
        "reads a week for each write-up, both axes log",
    );
    let models = found.get("models").unwrap_or(&Value::Null);
    let best = Law::named(reading::text(found, "best_aic"));
    let best = best.and_then(|law| told(models, law));
    let weeks = weeks(context);
    let Some(best) = best.filter(|_| weeks.len() > 2) else {
        chart.alt = "No law is fitted yet, or its reads by age are not told.".to_owned();
        return vec![chart];
    };
    if let Cell::Value(n) = reading::cell(found, "n") {
        chart.n = Some(format!("{} reads", reading::count(n)));
    }
    let other = match best.law {
        Law::Exponential => Law::Lomax,
        _ => Law::Exponential,
    };
    let drawn: Vec<Told> = [Some(best), told(models, other)]
        .into_iter()
        .flatten()
        .collect();
    let names: Vec<&str> = drawn.iter().map(|one| name(one.law)).collect();
    chart.alt = format!(
        "Reads a week for each write-up by its age, as dots, with {}. The first fits best.",
        names.join(" and ")
    );
    chart.table.head = heads(&["law", "parameters, days", "weight", "distance (KS)"]);
    chart.table.rows = Law::ALL
        .into_iter()
        .filter_map(|law| row(models, law))
        .collect();
    chart.plot = Plot::Fits(Fits {
        curves: drawn.iter().map(|one| curve(one, &weeks)).collect(),
        points: weeks.iter().map(point).collect(),
    });
    vec![chart]
}

/// What a law is called beside its curve.
fn name(law: Law) -> &'static str {
    match law {
        Law::Exponential => "a half-life",
        Law::Weibull => "stretched exponential",
        Law::LogNormal => "log-normal",
        Law::Lomax => "shifted power law",
    }
}

fn told(models: &Value, law: Law) -> Option<Told> {
    let parameters = models.get(law.name())?.get("params")?;
    let mut values = law
        .parameters()
        .iter()
        .map(|name| reading::cell(parameters, name).get());
    let first = values.next()??;
    // Of one parameter the second means nothing.
    let second = values.next().unwrap_or(Some(0.0))?;
    Some(Told {
        law,
        parameters: [first, second],
    })
}

/// Weeks of age with reads, of which all is told, within the days that laws look at.
fn weeks(context: Context) -> Vec<Week> {
    let horizon = context.parameter("horizon", 365.0);
    let curve = reading::list(reading::results(context.summary, "L1"), "curve").iter();
    let week = |entry: &Value| {
        let number = |key: &str| reading::cell(entry, key).get();
        Some(Week {
            from: number("week")?,
            reads: number("k")?,
            exposure: number("exposure").filter(|days| *days > 0.0)?,
            interval: between(entry),
        })
    };
    curve
        .filter_map(week)
        .filter(|week| (week.from + 1.0) * WEEK <= horizon)
        .collect()
}

fn point(week: &Week) -> Point {
    Point {
        // The middle of a week, the first one's, too.
        x: week.from + 0.5,
        value: Cell::Value(WEEK * week.reads / week.exposure),
        interval: week.interval,
    }
}

/// Reads a week by this law, on the level on which it expects as many reads as were seen in all these weeks.
fn curve(told: &Told, weeks: &[Week]) -> Fitted {
    let until = |weeks: f64| told.law.until(told.parameters, weeks * WEEK);
    let expected: f64 = weeks
        .iter()
        .map(|week| (until(week.from + 1.0) - until(week.from)) * week.exposure / WEEK)
        .sum();
    let seen: f64 = weeks.iter().map(|week| week.reads).sum();
    let level = seen / expected.max(f64::MIN_POSITIVE);
    let end = weeks.last().map_or(1.0, |week| week.from + 0.5);
    let start: f64 = weeks.first().map_or(0.5, |week| week.from + 0.5);
    let course = (0..=PIECES).map(|piece| {
        let part = f64::from(piece) / f64::from(PIECES);
        // Even steps on a logarithmic axis; each tells the week around it, as the dots do.
        let middle = (start.ln() + part * (end / start).ln()).exp();
        (middle, level * (until(middle + 0.5) - until(middle - 0.5)))
    });
    Fitted {
        label: name(told.law).to_owned(),
        points: course.filter(|(_, rate)| *rate > 0.0).collect(),
    }
}

fn row(models: &Value, law: Law) -> Option<Vec<String>> {
    let told = told(models, law)?;
    let model = models.get(law.name())?;
    let named: Vec<String> = law
        .parameters()
        .iter()
        .zip(told.parameters)
        .map(|(name, value)| format!("{name} {}", reading::measure(value)))
        .collect();
    Some(vec![
        name(law).to_owned(),
        named.join(", "),
        words(reading::cell(model, "akaike_weight"), 3),
        words(reading::cell(model, "ks"), 3),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A write-up that a half-life of a week describes, read twice as often for each week before.
    fn summary(best: &str) -> Value {
        let curve: Vec<Value> = (0..8)
            .map(|week| json!({"week": week, "k": 1 << (10 - week), "exposure": 70.0, "rate": 1.0}))
            .collect();
        let mean = 7.0 / std::f64::consts::LN_2;
        json!({"indicators": {
            "L1": {"results": {"curve": curve}},
            "L7": {"results": {"decay": {"n": 2040, "best_aic": best, "models": {
                "exponential": {"params": {"mean": mean}, "akaike_weight": 0.9, "ks": 0.01},
                "lomax": {"params": {"shape": 1e-11, "scale": 1.0}, "akaike_weight": 0.1, "ks": 0.3},
                "weibull": {"params": {"shape": null, "scale": null}, "suppressed": true},
            }}}},
        }})
    }

    #[test]
    fn a_law_goes_through_what_follows_it() {
        let summary = summary("exponential");
        let chart = super::super::charts(&summary, "L7").remove(0);
        let Plot::Fits(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        let labels: Vec<&str> = plot
            .curves
            .iter()
            .map(|curve| curve.label.as_str())
            .collect();
        assert_eq!(labels, ["a half-life", "shifted power law"]);
        let ends = |points: &[(f64, f64)]| (points[0].1, points[points.len() - 1].1);
        let seen = |at: usize| plot.points[at].value.get().unwrap();
        let (first, last) = ends(&plot.curves[0].points);
        assert!((first - seen(0)).abs() < 1e-6 * first && (last - seen(7)).abs() < 1e-6 * first);
        // A shape of nought is drawn, too: its share is told up to a factor.
        assert!(
            plot.curves[1]
                .points
                .iter()
                .all(|point| point.1.is_finite())
        );
        // What is withheld is in no row.
        assert_eq!(chart.table.rows.len(), 2);
        assert_eq!(chart.n.as_deref(), Some("2,040 reads"));
    }

    #[test]
    fn without_a_law_there_is_a_word() {
        let chart = super::super::charts(&summary("none"), "L7").remove(0);
        assert!(matches!(chart.plot, Plot::Nothing(_)), "{:?}", chart.plot);
        assert!(chart.alt.starts_with("No law"));
    }
}
