//! Charts of single reads: how long they lasted.

use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Bar, Bars, Chart, Palette, Plot};
use super::{Context, words};

/// R5: reads by engaged time, each bar twice as long as the one before. Heaps are seen; a mean isn't.
pub(super) fn engaged(context: Context) -> Vec<Chart> {
    let engaged = context.results().get("engaged").unwrap_or(&Value::Null);
    let mut chart = context.chart("engaged", "How long reads lasted", "reads, by engaged time");
    let bins: Vec<(String, Cell)> = reading::list(engaged, "histogram")
        .iter()
        .filter_map(|bin| {
            let (from, below) = (
                reading::cell(bin, "from_s").get()?,
                reading::cell(bin, "below_s").get()?,
            );
            Some((span(from, below), reading::cell(bin, "reads")))
        })
        .collect();
    if bins.is_empty() {
        chart.alt = "No read whose engaged time is known yet.".to_owned();
        return vec![chart];
    }
    if let Cell::Value(n) = reading::cell(engaged, "n") {
        chart.n = Some(format!("{} reads of known engaged time", reading::count(n)));
    }
    let said: Vec<String> = bins
        .iter()
        .map(|(span, reads)| format!("{span}: {}", words(*reads, 0)))
        .collect();
    chart.alt = format!("Reads by engaged time. {}.", said.join("; "));
    chart.table.head = vec!["engaged time".to_owned(), "reads".to_owned()];
    chart.table.rows = bins
        .iter()
        .map(|(span, reads)| vec![span.clone(), words(*reads, 0)])
        .collect();
    let bars = bins.into_iter().map(|(label, reads)| Bar {
        label,
        note: match reads {
            Cell::Value(n) => reading::count(n),
            _ => String::new(),
        },
        parts: vec![reads],
        rest: None,
    });
    chart.plot = Plot::Bars(Bars {
        parts: vec!["reads".to_owned()],
        palette: Palette::Whole,
        bars: bars.collect(),
    });
    vec![chart]
}

/// `4 to 8 s`, `17 to 34 min`.
fn span(from: f64, below: f64) -> String {
    match (from, below) {
        (0.0, 0.0) => "no time".to_owned(),
        (0.0, _) => format!("under {below:.0} s"),
        // Longer ones were cut at half an hour.
        (1024.0.., _) => "17 min and more".to_owned(),
        (64.0.., _) => format!("{:.0} to {:.0} min", from / 60.0, below / 60.0),
        _ => format!("{from:.0} to {below:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bars_are_told_in_their_own_unit() {
        let summary = json!({"indicators": {"R5": {"results": {"engaged": {"n": 30, "histogram": [
            {"from_s": 0.0, "below_s": 0.0, "reads": 7},
            {"from_s": 0.0, "below_s": 1.0, "reads": null, "suppressed": true},
            {"from_s": 32.0, "below_s": 64.0, "reads": 20},
            {"from_s": 512.0, "below_s": 1024.0, "reads": 10},
            {"from_s": 1024.0, "below_s": 2048.0, "reads": 9},
        ]}}}}});
        let charts = super::super::charts(&summary, "R5");
        assert_eq!(
            charts[0].alt,
            "Reads by engaged time. no time: 7; under 1 s: withheld; 32 to 64 s: 20; 9 to 17 min: 10; \
             17 min and more: 9."
        );
        assert_eq!(charts[0].table.rows.len(), 5);
    }

    #[test]
    fn without_reads_there_is_a_word() {
        let charts = super::super::charts(&json!({}), "R5");
        assert!(
            matches!(charts[0].plot, Plot::Nothing(_)),
            "{:?}",
            charts[0]
        );
    }
}
