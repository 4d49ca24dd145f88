//! Charts of attention: write-ups that woke up, bursts, and how unevenly reads are shared out.

use chrono::NaiveDate;
use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Chart, Lorenz, Mark, Plot};
use super::tail::heads;
use super::{Context, WRITEUPS, counted, words, writeup};

/// Write-ups of a list that have a picture; the page's table names the others.
const PICTURES: usize = 3;

/// Weeks of one bin of L8.
const BIN_WEEKS: f64 = 30.0 / 7.0;

/// L8: reads by age of those that woke up the most, with the bins in which they did.
pub(super) fn awakenings(context: Context) -> Vec<Chart> {
    pictures(context, "beauty_top", "awakening", |one, _| {
        let bin = |key: &str| reading::cell(one, key).get();
        let mut marks = Vec::new();
        for (key, words) in [("t_a", "wakes up"), ("t_m", "most read")] {
            if let Some(at) = bin(key) {
                marks.push(Mark {
                    x: at * BIN_WEEKS,
                    until: Some((at + 1.0) * BIN_WEEKS),
                    words: words.to_owned(),
                });
            }
        }
        marks
    })
}

/// L9: reads by age of those with the heaviest bursts, with the weeks of these.
pub(super) fn bursts(context: Context) -> Vec<Chart> {
    pictures(context, "bursts", "burst", |one, entry| {
        let Some(first) = first_week(context, one, entry) else {
            return Vec::new();
        };
        let each = reading::list(one, "bursts").iter();
        let mark = |burst: &Value| {
            let launch = burst.get("launch").and_then(Value::as_bool) == Some(true);
            Some(Mark {
                x: first + reading::cell(burst, "begin").get()?,
                until: Some(first + reading::cell(burst, "end").get()? + 1.0),
                words: if launch { "launch" } else { "burst" }.to_owned(),
            })
        };
        each.filter_map(mark).collect()
    })
}

/// Age in weeks of a write-up at the beginning of the first week that L9 looks at.
fn first_week(context: Context, one: &Value, entry: &Value) -> Option<f64> {
    let monday = format!("{}-1", reading::text(one, "first_week"));
    let monday = NaiveDate::parse_from_str(&monday, "%G-W%V-%u").ok()?;
    let zone = reading::zone(context.summary);
    let published = reading::day(reading::text(entry, "published_at"), zone)?;
    Some(monday.signed_duration_since(published).num_days() as f64 / 7.0)
}

/// A picture each of the first write-ups of a list, of what the summary tells of their reads anyway.
fn pictures(
    context: Context,
    list: &str,
    name: &str,
    marks: impl Fn(&Value, &Value) -> Vec<Mark>,
) -> Vec<Chart> {
    let entries = reading::list(context.summary, "writeups");
    let named = reading::list(context.results(), list).iter();
    let with_entry = named.filter_map(|one| {
        let id = reading::text(one, "writeup");
        let entry = entries
            .iter()
            .find(|entry| reading::text(entry, "id") == id)?;
        Some((one, entry))
    });
    let drawn = with_entry.take(PICTURES).zip(1..);
    drawn
        .map(|((one, entry), number)| {
            let title = match reading::text(entry, "title") {
                "" => reading::text(entry, "id"),
                title => title,
            };
            let marks = marks(one, entry);
            let mut said: Vec<String> = marks
                .iter()
                .map(|mark| {
                    let until = mark.until.unwrap_or(mark.x);
                    format!("{}: week {:.0} to {until:.0}", mark.words, mark.x.max(0.0))
                })
                .collect();
            said.dedup();
            let own = context.chart(&format!("{name}-{number}"), title, "");
            let curve = writeup::read_curve(context.summary, entry);
            Chart {
                unit: curve.unit,
                plot: curve.plot,
                table: curve.table,
                alt: format!("{title}. {} Marked: {}.", curve.alt, said.join("; ")),
                marks,
                ..own
            }
        })
        .collect()
}

/// L10: the curve of Lorenz.
pub(super) fn concentration(context: Context) -> Vec<Chart> {
    let found = context
        .results()
        .get("concentration")
        .unwrap_or(&Value::Null);
    let days = context.parameter("horizon", 365.0);
    let mut chart = context.chart(
        "lorenz",
        "How reads are shared out among write-ups",
        &format!("share of the reads of the last {days:.0} days"),
    );
    let points: Vec<(f64, f64)> = reading::list(found, "lorenz")
        .iter()
        .filter_map(|one| {
            let part = |key: &str| reading::cell(one, key).get();
            Some((part("writeups")?, part("reads")?))
        })
        .collect();
    if points.is_empty() {
        let why = match reading::cell(found, "lorenz") {
            Cell::Withheld => "Withheld: it would speak of few people.",
            _ => "Not told: too few reads, or write-ups that few people read.",
        };
        chart.alt = why.to_owned();
        chart.plot = Plot::Nothing(why.to_owned());
        return vec![chart];
    }
    chart.n = Some(counted(reading::cell(found, "writeups"), WRITEUPS));
    let gini = words(reading::cell(found, "gini"), 2);
    let top = reading::cell(found, "top20_share").get();
    let top = top.map_or_else(String::new, |top| {
        format!(" The most read fifth has {:.0} % of them.", top * 100.0)
    });
    chart.alt = format!("Curve of Lorenz of the reads of write-ups, Gini coefficient {gini}.{top}");
    chart.table.head = heads(&["write-ups, least read first", "of all reads"]);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    chart.table.rows = points
        .iter()
        .map(|(writeups, reads)| vec![percent(*writeups), percent(*reads)])
        .collect();
    chart.plot = Plot::Lorenz(Lorenz {
        points,
        things: "of the write-ups, the least read first".to_owned(),
    });
    vec![chart]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(code: &str, results: &Value) -> Value {
        json!({
            "organisation": {"timezone": "Europe/Berlin"},
            "as_of": "2026-07-01T00:00:00Z",
            "health": {"coverage": [{"kind": "read", "from": "2025-01-01T00:00:00Z", "to": null}]},
            "writeups": [{
                "id": "a", "title": "Disk full",
                // Monday, 2 March 2026, in Berlin.
                "published_at": "2026-03-01T23:30:00Z",
                "reads_by_age": [40, 3, null, 20],
            }],
            "indicators": {code: {"results": results}},
        })
    }

    #[test]
    fn bursts_are_bands_at_their_age() {
        let burst = |begin, end, launch| json!({"begin": begin, "end": end, "weight": 9.0, "launch": launch});
        let told = json!({"bursts": [
            {"writeup": "a", "first_week": "2026-W11", "bursts": [burst(0, 0, true), burst(5, 7, false)]},
            {"writeup": "hidden", "first_week": "2026-W11", "bursts": [burst(5, 7, false)]},
        ]});
        let charts = super::super::charts(&summary("L9", &told), "L9");
        assert_eq!(charts.len(), 1, "of what is not listed there is no picture");
        let chart = &charts[0];
        assert_eq!(
            (chart.name.as_str(), chart.title.as_str()),
            ("l9-burst-1", "Disk full")
        );
        let bands: Vec<(f64, Option<f64>)> = chart.marks.iter().map(|m| (m.x, m.until)).collect();
        assert_eq!(bands, [(1.0, Some(2.0)), (6.0, Some(9.0))]);
        assert!(chart.alt.contains("burst: week 6 to 9"), "{}", chart.alt);
        let Plot::Line(plot) = &chart.plot else {
            panic!("{:?}", chart.plot)
        };
        assert_eq!(plot.points[2].value, Cell::Withheld);
    }

    #[test]
    fn an_awakening_is_marked_with_its_peak() {
        let told = json!({"beauty_top": [{"writeup": "a", "B": 3.1, "t_a": 2, "t_m": 3}]});
        let chart = super::super::charts(&summary("L8", &told), "L8").remove(0);
        let words: Vec<&str> = chart.marks.iter().map(|mark| mark.words.as_str()).collect();
        assert_eq!(words, ["wakes up", "most read"]);
        assert_eq!(chart.marks[0].x, 2.0 * BIN_WEEKS);
    }

    #[test]
    fn a_curve_that_is_withheld_is_no_even_one() {
        let points = json!([{"writeups": 0.8, "reads": 0.34}, {"writeups": 1.0, "reads": 1.0}]);
        let told = json!({"concentration": {"writeups": 99, "gini": 0.66, "top20_share": 0.66, "lorenz": points}});
        let chart = super::super::charts(&summary("L10", &told), "L10").remove(0);
        assert!(matches!(&chart.plot, Plot::Lorenz(plot) if plot.points.len() == 2));
        let withheld =
            json!({"concentration": {"writeups": 99, "lorenz": null, "suppressed": true}});
        let chart = super::super::charts(&summary("L10", &withheld), "L10").remove(0);
        assert!(matches!(&chart.plot, Plot::Nothing(why) if why.starts_with("Withheld")));
    }
}
