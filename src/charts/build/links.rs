//! Charts of links: where they stand, how long they stay.

use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Bar, Bars, Chart, Curve, Palette, Plot, Steps};
use super::{Context, tail, words};

/// The five places of the talk, with their names for readers.
const PLACES: [(&str, &str); 5] = [
    ("code_comment", "code comments"),
    ("commit", "commits"),
    ("diagram", "diagrams"),
    ("onboarding", "onboarding"),
    ("writeup", "other write-ups"),
];

/// K1: links created and still standing, by place.
pub(super) fn by_place(context: Context) -> Vec<Chart> {
    let links = context.results().get("links").unwrap_or(&Value::Null);
    let (created, live) = (links.get("created"), links.get("live"));
    let mut chart = context.chart("by-place", "Where write-ups are linked from", "links");
    let counts: Vec<(&str, Cell, Cell)> = PLACES
        .iter()
        .map(|(key, name)| {
            let count =
                |side: Option<&Value>| side.map_or(Cell::Missing, |s| reading::cell(s, key));
            (*name, count(created), count(live))
        })
        .collect();
    let total: f64 = counts
        .iter()
        .filter_map(|(_, created, _)| created.get())
        .sum();
    if total == 0.0
        && !counts
            .iter()
            .any(|(_, created, _)| *created == Cell::Withheld)
    {
        chart.alt = "No link from these places seen yet.".to_owned();
        return vec![chart];
    }
    chart.n = Some(format!("{} ever made", reading::count(total)));
    let said: Vec<String> = counts
        .iter()
        .map(|(name, created, live)| {
            format!(
                "{name}: {} stand of {} made",
                words(*live, 0),
                words(*created, 0)
            )
        })
        .collect();
    chart.alt = format!("Links to write-ups by place. {}.", said.join("; "));
    chart.table.head = ["place", "made", "standing"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    chart.table.rows = counts
        .iter()
        .map(|(name, created, live)| vec![(*name).to_owned(), words(*created, 0), words(*live, 0)])
        .collect();
    let bars = counts
        .into_iter()
        .map(|(name, created, live)| bar(name, created, live))
        .collect();
    let parts = vec!["standing".to_owned(), "gone since".to_owned()];
    chart.plot = Plot::Bars(Bars {
        parts,
        palette: Palette::Whole,
        bars,
    });
    vec![chart]
}

/// K3: how long a link stays, by place.
pub(super) fn survival(context: Context) -> Vec<Chart> {
    let places = context
        .results()
        .get("link_survival")
        .unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "link-survival",
        "How long links stay",
        "share of links standing",
    );
    let mut curves = Vec::new();
    let mut links = 0.0;
    let mut said = Vec::new();
    for (key, name) in PLACES {
        let Some(place) = places.get(key) else {
            continue;
        };
        let mut steps = tail::steps(place);
        // Steps that change nothing but the number at risk only make the picture heavy.
        steps.dedup_by(|b, a| a.share == b.share && b.day < a.day + 1.0);
        let Some(last) = steps.last() else { continue };
        links += reading::cell(place, "n").get().unwrap_or(0.0);
        said.push(format!(
            "{name}: {:.0} % after {:.0} days",
            last.share * 100.0,
            last.day
        ));
        for step in &steps {
            chart.table.rows.push(vec![
                name.to_owned(),
                format!("{:.0}", step.day),
                format!("{:.1} %", step.share * 100.0),
                step.interval
                    .map_or("–".to_owned(), |(lo, _)| format!("{:.1} %", lo * 100.0)),
                step.interval
                    .map_or("–".to_owned(), |(_, hi)| format!("{:.1} %", hi * 100.0)),
            ]);
        }
        curves.push(Curve {
            label: name.to_owned(),
            steps,
        });
    }
    if curves.is_empty() {
        chart.alt = "No link has been watched for long enough yet.".to_owned();
        return vec![chart];
    }
    chart.n = Some(format!("{} links", reading::count(links)));
    chart.alt = format!("Share of links that still stand. {}.", said.join("; "));
    chart.table.head = ["place", "days", "share", "95 % from", "to"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    chart.plot = Plot::Steps(Steps { curves });
    vec![chart]
}

fn bar(name: &str, created: Cell, live: Cell) -> Bar {
    let gone = match (created, live) {
        (Cell::Value(created), Cell::Value(live)) => Cell::Value((created - live).max(0.0)),
        _ => Cell::Missing,
    };
    let note = match (created, live) {
        (Cell::Value(created), Cell::Value(live)) => {
            format!("{} of {}", reading::count(live), reading::count(created))
        }
        (Cell::Withheld, _) | (_, Cell::Withheld) => "withheld".to_owned(),
        _ => "no data".to_owned(),
    };
    Bar {
        label: name.to_owned(),
        parts: vec![live, gone],
        rest: None,
        note,
    }
}
