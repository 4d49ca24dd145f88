//! Parts of the write-ups: those of one template, tag, source or year, and those of one team. Each has a page of its
//! own, and nothing sets two of them side by side.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::view::{Figure, Frame, Part, say, say_all};
use super::{Links, PageError, signals, templates, trend, words};
use crate::charts::build;
use crate::charts::reading::{self, Cell, cell};

/// Kinds of slices in the order of the page, and what they are called.
const KINDS: [(&str, &str); 5] = [
    ("template", "Templates"),
    ("tag", "Tags"),
    ("cohort", "Years of publication"),
    ("source", "Sources of reads"),
    ("team", "Teams"),
];

#[derive(Serialize)]
struct Index {
    frame: Frame,
    kinds: Vec<Kind>,
}

#[derive(Serialize)]
struct Kind {
    title: &'static str,
    /// Name and address.
    slices: Vec<(String, String)>,
}

#[derive(Serialize)]
struct View {
    frame: Frame,
    all: String,
    opening: Vec<Part>,
    /// The verdict in a word, and the whole of it; empty where nothing can be a trend.
    word: &'static str,
    verdict: Vec<Part>,
    figures: Vec<Figure>,
    others: Vec<Vec<Part>>,
    withheld: bool,
}

/// Which there are. No number stands beside a name.
pub(super) fn index(summary: &Value, links: Links) -> Result<String, PageError> {
    let kinds = KINDS.iter().map(|(by, title)| {
        let own = reading::list(summary, "slices").iter();
        let own = own.filter(|slice| reading::text(slice, "by") == *by);
        let name = |slice: &Value| reading::text(slice, "name").to_owned();
        Kind {
            title,
            slices: own
                .map(|slice| (name(slice), links.slice(by, &name(slice))))
                .collect(),
        }
    });
    let frame = Frame::new(summary, links, "slices", "Parts of the write-ups");
    let kinds = kinds.filter(|kind| !kind.slices.is_empty()).collect();
    templates::render("slices.html", &Index { frame, kinds })
}

/// One of them.
pub(super) fn one(
    summary: &Value,
    links: Links,
    by: &str,
    name: &str,
) -> Result<String, PageError> {
    let found = reading::list(summary, "slices").iter();
    let slice = found
        .clone()
        .find(|slice| reading::text(slice, "by") == by && reading::text(slice, "name") == name)
        .ok_or_else(|| PageError::UnknownSlice(by.to_owned(), name.to_owned()))?;
    let own = alone(summary, slice);
    // Those of one year have no trend.
    let verdict = slice.get("trend").map(|_| trend::reads(&own));
    // Months are told where nothing is withheld.
    let months = slice.get("months").filter(|_| verdict.is_some());
    let charts = months.into_iter().flat_map(|_| build::charts(&own, "T0"));
    let mut figures: Vec<Figure> = charts.map(|chart| Figure::without_files(&chart)).collect();
    figures.push(Figure::without_files(&build::slice_curve(summary, slice)));
    let others = ["L4", "C1", "K1"].iter();
    let others = others
        .filter_map(|code| Some(say(links, code, &signals::told(&own, code)?)))
        .collect();
    let title = match by {
        "team" => format!("Write-ups of the team {name}"),
        "template" => format!("Write-ups of the template {name}"),
        "tag" => format!("Write-ups tagged {name}"),
        "source" => format!("Write-ups whose reads come from {name}"),
        _ => format!("Write-ups of {name}"),
    };
    let view = View {
        all: links.slices(),
        opening: say_all(links, &[("R1", reads(summary, slice))]),
        word: verdict.as_ref().map_or("", |verdict| verdict.word),
        verdict: verdict.map_or_else(Vec::new, |verdict| say(links, "T1", &verdict.sentence)),
        figures,
        others,
        withheld: slice.to_string().contains("\"suppressed\":true"),
        frame: Frame::new(summary, links, "slices", &title),
    };
    templates::render("slice.html", &view)
}

/// `12 write-ups, read 337 times, 63 of them at an age of 90 days and more.`
fn reads(summary: &Value, slice: &Value) -> String {
    let writeups = cell(slice, "writeups").get().unwrap_or(0.0);
    let many = format!(
        "«{}» {}",
        words::count(writeups),
        words::plural(writeups, "write-up", "write-ups")
    );
    let late = signals::age_words(signals::days(summary, "late", 90.0));
    match (cell(slice, "reads"), cell(slice, "late_reads")) {
        (Cell::Value(0.0), _) => format!("{many}; no read of them seen."),
        (Cell::Value(all), Cell::Value(some)) => format!(
            "{many}, read «{}» times, «{}» of them {late} after publication or later.",
            words::count(all),
            words::count(some)
        ),
        (Cell::Value(all), _) => format!(
            "{many}, read «{}» times; how often {late} after publication or later is withheld.",
            words::count(all)
        ),
        _ => format!("{many}; how often they were read is withheld."),
    }
}

/// A summary as if there were these write-ups alone: what is told of all is told of them in the same words.
fn alone(summary: &Value, slice: &Value) -> Value {
    let mut indicators = Map::new();
    let results = [
        ("T0", json!({ "series": slice["months"] })),
        ("T1", json!({ "trend": slice["trend"] })),
        ("L4", json!({ "still_read": slice["still_read"] })),
        ("C1", slice["comments"].clone()),
        ("K1", json!({ "links": slice["links"] })),
    ];
    for (code, results) in results {
        let mut own = reading::indicator(summary, code).clone();
        own["results"] = results;
        indicators.insert(code.to_owned(), own);
    }
    let mut own = json!({ "indicators": indicators });
    for name in ["as_of", "organisation", "parameters", "health"] {
        own[name] = summary[name].clone();
    }
    own
}
