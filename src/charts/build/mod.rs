//! From a summary to its charts: one file for each family of indicators. Only published numbers
//! come in, so nothing withheld can come out.

mod attendance;
mod attention;
mod before_after;
mod changes;
mod comments;
mod decay;
mod descriptors;
mod graph;
mod links;
mod reach;
mod reads;
mod scatter;
mod slice;
mod tail;
mod taking_part;
mod trends;
mod writeup;

use serde_json::Value;

use super::reading::{self, Cell, Share};
use super::{Chart, Dots, Plot, Point, Row, Table};

pub use slice::slice_curve;
pub use writeup::{read_curve, sparkline};

/// The charts of one indicator, by its code; none for an indicator that has no picture.
pub fn charts(summary: &Value, code: &str) -> Vec<Chart> {
    let context = Context { summary, code };
    match code {
        "L1" => tail::read_curve(context),
        "L3" => tail::tail_share(context),
        "L4" => tail::still_read(context),
        "L5" => tail::readership(context),
        "L7" => decay::laws(context),
        "L8" => attention::awakenings(context),
        "L9" => attention::bursts(context),
        "L10" => attention::concentration(context),
        "L11" => reach::whole(context),
        "L12" => reach::teams(context),
        "L13" => reach::newcomers(context),
        "R4" => tail::depth(context),
        "R5" => reads::engaged(context),
        "T0" => trends::age_matched(context),
        "T3" => [changes::weekdays(context), changes::years(context)].concat(),
        "T4" => changes::one(context),
        "T5" => changes::several(context),
        "T6" => before_after::all(context),
        "D1" => [
            descriptors::association(context),
            scatter::late_rates(context),
        ]
        .concat(),
        "D2" => descriptors::regression(context),
        "A1" => attendance::by_quarter(context),
        "A2" => attendance::voluntary(context),
        "A3" => attendance::invitations(context),
        "A4" => taking_part::presence(context),
        "A5" => taking_part::talk(context),
        "A6" => taking_part::contribution(context),
        "A7" => taking_part::returning(context),
        "A8" => taking_part::teams(context),
        "C1" => comments::late(context),
        "C3" => comments::depth(context),
        "C4" => comments::response(context),
        "E1" => comments::edits(context),
        "K1" => [links::by_place(context), links::by_month(context)].concat(),
        "K2" => links::ages(context),
        "K3" => links::survival(context),
        "K4" => graph::citations(context),
        "K5" => links::cited(context),
        "K6" => links::late(context),
        _ => Vec::new(),
    }
}

/// All charts of a summary but the sparklines of single write-ups, in the order of its indicators.
pub fn all(summary: &Value) -> Vec<Chart> {
    let codes = summary.get("indicators").and_then(Value::as_object);
    codes
        .into_iter()
        .flat_map(|all| all.keys())
        .flat_map(|code| charts(summary, code))
        .collect()
}

/// What every builder is given.
#[derive(Clone, Copy)]
struct Context<'a> {
    summary: &'a Value,
    code: &'a str,
}

impl<'a> Context<'a> {
    fn results(self) -> &'a Value {
        reading::results(self.summary, self.code)
    }

    /// A parameter of the summary, or what INDICATORS says of it.
    fn parameter(self, name: &str, usual: f64) -> f64 {
        parameter(self.summary, name, usual)
    }

    fn chart(self, name: &str, title: &str, unit: &str) -> Chart {
        Chart {
            name: format!("{}-{name}", self.code.to_lowercase()),
            code: self.code.to_owned(),
            title: title.to_owned(),
            unit: unit.to_owned(),
            n: None,
            source: source(self.summary, self.code),
            alt: String::new(),
            plot: Plot::Nothing("no data yet".to_owned()),
            marks: Vec::new(),
            table: Table::default(),
        }
    }
}

/// A parameter of the summary by one of its usual spellings.
fn parameter(summary: &Value, name: &str, usual: f64) -> f64 {
    let parameters = summary.get("parameters").unwrap_or(&Value::Null);
    let with_unit = format!("{name}_days");
    let found = reading::cell(parameters, name).get();
    found
        .or_else(|| reading::cell(parameters, &with_unit).get())
        .unwrap_or(usual)
}

/// The line under a picture that has left the page.
fn source(summary: &Value, code: &str) -> String {
    let organisation = summary.get("organisation").unwrap_or(&Value::Null);
    let day = reading::day(reading::text(summary, "as_of"), reading::zone(summary));
    let date = day.map_or_else(
        || "an unknown date".to_owned(),
        |day| day.format("%-d %b %Y").to_string(),
    );
    let name = reading::text(organisation, "name");
    let simulated = organisation
        .get("simulated")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let simulated = if simulated { "simulated data · " } else { "" };
    let name = if name.is_empty() { "Readback" } else { name };
    // What is cut where there is no room is the end of the name.
    format!("{simulated}{code} · {date} · {name}")
}

/// A share as words: `42 % (31 to 53)`.
fn share_words(share: &Share) -> String {
    match (share.value, share.interval) {
        (Cell::Value(p), Some((lo, hi))) => {
            format!(
                "{:.0} % (95 % interval {:.0} to {:.0})",
                p * 100.0,
                lo * 100.0,
                hi * 100.0
            )
        }
        (Cell::Value(p), None) => format!("{:.0} %", p * 100.0),
        (Cell::Withheld, _) => "withheld".to_owned(),
        (Cell::Missing, _) => "no data".to_owned(),
    }
}

/// A number as words for a table.
fn words(cell: Cell, digits: usize) -> String {
    match cell {
        Cell::Value(value) if digits == 0 => reading::count(value),
        Cell::Value(value) => format!("{value:.digits$}"),
        Cell::Withheld => "withheld".to_owned(),
        Cell::Missing => "–".to_owned(),
    }
}

/// One and many of what charts count.
const LINKS: [&str; 2] = ["link", "links"];
const WRITEUPS: [&str; 2] = ["write-up", "write-ups"];

/// A number with its noun.
fn counted(cell: Cell, [one, many]: [&str; 2]) -> String {
    let noun = match cell {
        Cell::Value(1.0) => one,
        _ => many,
    };
    format!("{} {noun}", words(cell, 0))
}

fn of(num: Cell, den: Cell) -> String {
    match (num, den) {
        (Cell::Value(num), Cell::Value(den)) => {
            format!("{} of {}", reading::count(num), reading::count(den))
        }
        _ => String::new(),
    }
}

/// Why a line isn't drawn: all of it is withheld, or it is a single point.
fn too_few(points: &[Point], value: &str) -> Option<Plot> {
    let known: Vec<f64> = points.iter().filter_map(|p| p.value.get()).collect();
    let withheld = points.iter().any(|point| point.value == Cell::Withheld);
    let why = match known.as_slice() {
        [] if withheld => format!("Withheld: too few people for {value} to be told."),
        [_] if withheld => format!("One value of {value} is told, the others are withheld."),
        [one] => format!(
            "{} {value} so far; a line needs two values.",
            reading::measure(*one)
        ),
        _ => return None,
    };
    Some(Plot::Nothing(why))
}

/// What a reader of a logarithmic line must know of its marks.
fn marks(points: &[Point]) -> String {
    let marks = [
        (Cell::Value(0.0), "; rings: 0"),
        (Cell::Withheld, "; hatched: withheld"),
    ];
    let drawn = |(cell, _): &(Cell, _)| points.iter().any(|point| point.value == *cell);
    marks
        .into_iter()
        .filter(drawn)
        .map(|(_, words)| words)
        .collect()
}

/// A chart of shares with intervals, one row each.
fn share_dots(mut chart: Chart, shares: &[(&str, Share)]) -> Vec<Chart> {
    if shares.iter().all(|(_, share)| share.value == Cell::Missing) {
        chart.alt = format!("{}: no data yet.", chart.title);
        return vec![chart];
    }
    let said: Vec<String> = shares
        .iter()
        .map(|(label, share)| format!("{label}: {}", share_words(share)))
        .collect();
    chart.alt = format!("{}. {}.", chart.title, said.join("; "));
    chart.table.head = ["", "share", "95 % from", "to", "of"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    chart.table.rows = shares
        .iter()
        .map(|(label, share)| {
            let percent = |value: f64| format!("{:.1} %", value * 100.0);
            vec![
                (*label).to_owned(),
                share
                    .value
                    .get()
                    .map_or_else(|| words(share.value, 0), percent),
                share.interval.map_or("–".to_owned(), |(lo, _)| percent(lo)),
                share.interval.map_or("–".to_owned(), |(_, hi)| percent(hi)),
                of(share.num, share.den),
            ]
        })
        .collect();
    chart.plot = Plot::Dots(Dots {
        share: true,
        rows: shares
            .iter()
            .map(|(label, share)| Row {
                label: (*label).to_owned(),
                value: share.value,
                interval: share.interval,
                note: of(share.num, share.den),
            })
            .collect(),
    });
    vec![chart]
}
