//! Charts of links: where they stand, how long they stay.

use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Areas, Bar, Bars, Chart, Curve, Dots, Palette, Plot, Row, Step, Steps};
use super::{Context, LINKS, counted, share_dots, tail, words};

/// The five places of the talk, with their names for readers.
const PLACES: [(&str, &str); 5] = [
    ("code_comment", "code comments"),
    ("commit", "commits"),
    ("diagram", "diagrams"),
    ("onboarding", "onboarding"),
    ("writeup", "other write-ups"),
];

/// What is told of uptake alone, or of all links where a summary does not tell it apart.
fn told_apart<'a>(results: &'a Value, keys: [&str; 2]) -> &'a Value {
    let found = keys.iter().find_map(|key| results.get(key));
    found.unwrap_or(&Value::Null)
}

/// What leaders see of K1: uptake, or all links where a summary does not tell it apart.
fn uptake(links: &Value) -> &Value {
    links.get("uptake").unwrap_or(links)
}

/// What the links of K1's pictures are.
fn unit(links: &Value) -> &'static str {
    match links.get("uptake") {
        Some(_) => "uptake, links",
        None => "links",
    }
}

/// K1: links created and still standing, by place.
pub(super) fn by_place(context: Context) -> Vec<Chart> {
    let links = context.results().get("links").unwrap_or(&Value::Null);
    let mut chart = context.chart("by-place", "Where write-ups are linked from", unit(links));
    let links = uptake(links);
    let (created, live) = (links.get("created"), links.get("live"));
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

/// K1: links that stood at the end of each month, by place. Nothing where a summary does not tell it.
pub(super) fn by_month(context: Context) -> Vec<Chart> {
    let links = context.results().get("links").unwrap_or(&Value::Null);
    let months: Vec<(i32, &str, Vec<f64>)> = reading::list(links, "by_month")
        .iter()
        .filter_map(|month| {
            let name = reading::text(month, "month");
            let values = PLACES.map(|(key, _)| reading::cell(month, key).get().unwrap_or(0.0));
            Some((reading::month_index(name)?, name, values.to_vec()))
        })
        .collect();
    // Of one month there is nothing to compare.
    let [_, .., (_, last, standing)] = months.as_slice() else {
        return Vec::new();
    };
    let mut chart = context.chart("by-month", "Links that stood, month by month", unit(links));
    let said: Vec<String> = PLACES
        .iter()
        .zip(standing)
        .map(|((_, name), value)| format!("{name}: {}", reading::count(*value)))
        .collect();
    chart.alt = format!(
        "Links to write-ups that stood at the end of each month, by place. Of {last}: {}.",
        said.join("; ")
    );
    chart.table.head = std::iter::once("month")
        .chain(PLACES.map(|(_, name)| name))
        .map(str::to_owned)
        .collect();
    chart.table.rows = months
        .iter()
        .map(|(_, name, values)| {
            let counts = values.iter().map(|value| reading::count(*value));
            std::iter::once((*name).to_owned()).chain(counts).collect()
        })
        .collect();
    chart.plot = Plot::Areas(Areas {
        parts: PLACES.map(|(_, name)| name.to_owned()).to_vec(),
        months: months
            .into_iter()
            .map(|(month, _, values)| (month, values))
            .collect(),
    });
    vec![chart]
}

/// K2: how old standing links are, by place: the middle half of each.
pub(super) fn ages(context: Context) -> Vec<Chart> {
    let results = context.results();
    let places = told_apart(results, ["uptake_by_place", "by_place"]);
    let mut chart = context.chart("live-age", "How old the links are", "days, middle half");
    let named: Vec<(&str, &Value)> = PLACES
        .iter()
        .filter_map(|(key, name)| Some((*name, places.get(key)?)))
        .filter(|(_, ages)| reading::cell(ages, "n").get().is_some_and(|n| n > 0.0))
        .collect();
    if named.is_empty() {
        chart.alt = "No link stands in these places yet.".to_owned();
        return vec![chart];
    }
    let all = told_apart(results, ["uptake", "live_age_days"]);
    chart.n = Some(counted(reading::cell(all, "n"), LINKS));
    let told = |ages: &Value, key: &str| words(reading::cell(ages, key), 0);
    let said: Vec<String> = named
        .iter()
        .map(|(name, ages)| format!("{name}: median {} days", told(ages, "median")))
        .collect();
    chart.alt = format!("Age of the links that stand. {}.", said.join("; "));
    chart.table.head = [
        "place",
        "links",
        "a quarter below",
        "median",
        "three quarters below",
        "nine in ten below",
    ]
    .map(str::to_owned)
    .to_vec();
    chart.table.rows = named
        .iter()
        .map(|(name, ages)| {
            let values = ["n", "p25", "median", "p75", "p90"].map(|key| told(ages, key));
            std::iter::once((*name).to_owned()).chain(values).collect()
        })
        .collect();
    let rows = named.iter().map(|(name, ages)| Row {
        label: (*name).to_owned(),
        value: reading::cell(ages, "median"),
        interval: reading::cell(ages, "p25")
            .get()
            .zip(reading::cell(ages, "p75").get()),
        note: counted(reading::cell(ages, "n"), LINKS),
    });
    chart.plot = Plot::Dots(Dots {
        rows: rows.collect(),
        share: false,
    });
    vec![chart]
}

/// K5: how much of what was linked lately was older than so many days.
pub(super) fn cited(context: Context) -> Vec<Chart> {
    let results = context.results();
    let mut chart = context.chart(
        "cited-age",
        "How old the write-ups were",
        "share of the year's links that lead to something older",
    );
    let results = results.get("uptake").unwrap_or(results);
    let points: Vec<(f64, f64)> = reading::list(results, "curve")
        .iter()
        .filter_map(|point| {
            let share = reading::cell(point, "share").get()?;
            Some((reading::cell(point, "age_days").get()?, share))
        })
        .collect();
    if points.is_empty() {
        chart.alt = "No link of the last year to a write-up with a date.".to_owned();
        return vec![chart];
    }
    chart.n = Some(counted(reading::cell(results, "n"), LINKS));
    chart.alt = format!(
        "Half of the links of the last year lead to write-ups older than {} days.",
        words(reading::cell(results, "cited_half_life_days"), 0)
    );
    chart.table.head = ["older than, days", "share of links"]
        .map(str::to_owned)
        .to_vec();
    let older = |share: f64| (1.0 - share).max(0.0);
    chart.table.rows = points
        .iter()
        .map(|(days, share)| {
            vec![
                reading::count(*days),
                format!("{:.1} %", older(*share) * 100.0),
            ]
        })
        .collect();
    let steps = points.iter().map(|(day, share)| Step {
        day: *day,
        share: older(*share),
        interval: None,
        at_risk: None,
    });
    chart.plot = Plot::Steps(Steps {
        curves: vec![Curve {
            label: String::new(),
            steps: steps.collect(),
        }],
    });
    vec![chart]
}

/// K6: how much of the year's links goes to something old, by place.
pub(super) fn late(context: Context) -> Vec<Chart> {
    let results = context.results();
    let late = context.parameter("late", 90.0);
    let title = format!("Links to write-ups older than {late:.0} days");
    let chart = context.chart("late-links", &title, "share of the year's links");
    let places = told_apart(results, ["uptake_by_place", "by_place"]);
    let shares = PLACES.map(|(key, name)| (name, reading::share(places, key)));
    let shares = shares
        .into_iter()
        .filter(|(_, share)| share.value != Cell::Missing);
    share_dots(chart, &shares.collect::<Vec<_>>())
}

/// K3: how long a link stays, by place. A message of a commit can't be changed, so it is no part of it.
pub(super) fn survival(context: Context) -> Vec<Chart> {
    let results = context.results();
    let told = results.get("uptake").unwrap_or(results);
    let places = told.get("link_survival").unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "link-survival",
        "How long links stay",
        "share of links standing",
    );
    let mut curves = Vec::new();
    let mut links = 0.0;
    let mut said = Vec::new();
    for (key, name) in PLACES.into_iter().filter(|(key, _)| *key != "commit") {
        let Some(place) = places.get(key) else {
            continue;
        };
        let mut steps = tail::steps(place);
        // Steps that change nothing but the number at risk only make the picture heavy.
        steps.dedup_by(|b, a| a.share == b.share && b.day < a.day + 1.0);
        // One life, or none that ended, has limits of no width: they would promise what nobody knows.
        let number = |key: &str| reading::cell(place, key).get();
        if number("n") == Some(1.0) || number("events") == Some(0.0) {
            steps.iter_mut().for_each(|step| step.interval = None);
        }
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
    chart.n = Some(counted(Cell::Value(links), LINKS));
    chart.alt = format!(
        "Share of links that were not taken out. {}.",
        said.join("; ")
    );
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
