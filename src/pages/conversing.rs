//! What C3, C4 and E1 say, in words: whether people answer each other, and whether they still change
//! write-ups months later.

use serde_json::Value;

use super::opening::window_words;
use super::signals::{age_words, shared};
use super::words::{count, counted, measure, percent, plural};
use crate::charts::reading::{Share, cell, share, suppressed, text};

/// C3: threads where a source knows of answers, runs where none does.
pub(super) fn depth(results: &Value) -> Option<String> {
    let threads = results.get("depth").filter(|depth| depth.is_object());
    if let Some(threads) = threads {
        let answered = share(threads, "share_answered");
        let size = cell(threads, "mean_size").get()?;
        return Some(format!(
            "«{}» of «{}» threads of comments, {}, have an answer; a thread is «{}» comments long on \
             average.",
            counted(answered.num),
            counted(answered.den),
            shared(&answered)?,
            measure(size)
        ));
    }
    let runs = results.get("runs")?;
    let several = share(runs, "several_people");
    Some(format!(
        "No source tells which comment answers which. Of «{}» runs of comments close to each other \
         {} have several people in them.",
        counted(several.den),
        shared(&several)?
    ))
}

/// C4: of those that somebody may answer, never the median of the answered alone.
pub(super) fn response(results: &Value) -> Option<String> {
    let waiting = results.get("response_km")?;
    let threads = cell(waiting, "n").get().filter(|n| *n > 0.0)?;
    let in_time = results.get("answered_in_time")?;
    let days = cell(in_time, "days").get()?;
    let p = cell(in_time, "p").get()?;
    let limits = cell(in_time, "lo").get().zip(cell(in_time, "hi").get());
    let sure = limits
        .filter(|(lo, hi)| lo < hi)
        .map(|(lo, hi)| format!(" (95 % interval {:.0} to {:.0})", lo * 100.0, hi * 100.0));
    let half = cell(waiting, "median").get().map(|half| {
        format!(
            " Half are answered within «{}» {}.",
            measure(half),
            plural(half, "day", "days")
        )
    });
    Some(format!(
        "Of what «{}» {} began with, «{}»{} is answered by somebody else within {days:.0} days.{}",
        count(threads),
        plural(threads, "thread", "threads"),
        percent(p),
        sure.unwrap_or_default(),
        half.unwrap_or_default()
    ))
}

/// E1: never without who it was by, where that may be told.
pub(super) fn edits(results: &Value, late: f64) -> Option<String> {
    let edits = share(results.get("edits")?, "late_share");
    let p = shared(&edits)?;
    let year = shared(&share(results, "late_share_horizon"))
        .map(|p| format!(" Of a first year's edits it is {p}."));
    let others: Share = share(results, "by_others");
    let others = shared(&others)
        .map(|p| format!(" {p} of all edits were by people who did not write the first version."));
    Some(format!(
        "«{}» of «{}» days of editing, {p}, came more than {} after the write-up.{}{}{}",
        counted(edits.num),
        counted(edits.den),
        age_words(late),
        year.unwrap_or_default(),
        others.unwrap_or_default(),
        edits_changing(results, late)
    ))
}

/// Whether edits at like age change, in a word (E1): as the judged test has it, `too early` or `withheld`.
pub(super) fn edits_verdict(results: &Value) -> Option<&'static str> {
    let trend = results.get("trend")?;
    if suppressed(trend) {
        return Some("withheld");
    }
    let told = text(trend.get("recommended")?, "verdict");
    let words = ["rising", "falling", "no clear trend", "too early"];
    words.into_iter().find(|word| *word == told)
}

/// The same in a sentence. The shares before it rest on all ages, so it says of which write-ups it speaks.
fn edits_changing(results: &Value, late: f64) -> String {
    let window = window_words(late);
    match edits_verdict(results) {
        Some("rising") => format!(" Write-ups {window} old are edited more than before."),
        Some("falling") => format!(" Write-ups {window} old are edited less than before."),
        Some("no clear trend") => {
            format!(" Whether write-ups {window} old are edited more than before can't be told.")
        }
        Some("too early") => format!(
            " Whether write-ups {window} old are edited more than before can be told once twelve months are there."
        ),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(k: u64, n: u64, p: f64) -> Value {
        json!({ "k": k, "n": n, "p": p, "lo": p - 0.1, "hi": p + 0.1 })
    }

    #[test]
    fn answers_are_told_of_threads_or_of_runs() {
        let threads = json!({ "depth": { "share_answered": of(3, 10, 0.3), "mean_size": 1.6 }, "runs": null });
        let said = depth(&threads).unwrap();
        assert!(
            said.starts_with("«3» of «10» threads of comments, «30 %»"),
            "{said}"
        );
        let flat = json!({ "depth": null, "runs": { "several_people": of(1, 4, 0.25) } });
        let said = depth(&flat).unwrap();
        assert!(
            said.contains("Of «4» runs") && said.contains("«25 %»"),
            "{said}"
        );
        assert_eq!(depth(&json!({ "depth": null, "runs": null })), None);
    }

    #[test]
    fn who_is_not_answered_counts() {
        let results = json!({
            "response_km": { "n": 6, "events": 3, "median": 30.0 },
            "answered_in_time": { "days": 7, "p": 1.0 / 3.0, "lo": 0.1, "hi": 0.8 },
        });
        let said = response(&results).unwrap();
        assert_eq!(
            said,
            "Of what «6» threads began with, «33 %» (95 % interval 10 to 80) is answered by somebody \
             else within 7 days. Half are answered within «30» days."
        );
        let withheld = json!({
            "response_km": { "n": 6 },
            "answered_in_time": { "days": 7, "p": null, "suppressed": true },
        });
        assert_eq!(response(&withheld), None);
    }

    #[test]
    fn edits_are_told_without_others_where_these_are_withheld() {
        let mut results = json!({
            "edits": { "late_share": of(4, 10, 0.4) },
            "late_share_horizon": null,
            "by_others": of(5, 10, 0.5),
        });
        let said = edits(&results, 90.0).unwrap();
        assert!(
            said.starts_with("«4» of «10» days of editing, «40 %»"),
            "{said}"
        );
        assert!(said.ends_with("of all edits were by people who did not write the first version."));
        results["by_others"] = json!({ "k": null, "p": null, "suppressed": true });
        let said = edits(&results, 90.0).unwrap();
        assert!(
            said.ends_with("came more than three months after the write-up."),
            "{said}"
        );
    }

    #[test]
    fn the_verdict_on_edits_is_the_judged_one_and_says_of_which_write_ups() {
        let told = |trend: Value| {
            let results = json!({ "edits": { "late_share": of(4, 10, 0.4) }, "trend": trend });
            (edits_verdict(&results), edits(&results, 90.0).unwrap())
        };
        for (verdict, ending) in [
            (
                "rising",
                "Write-ups three to six months old are edited more than before.",
            ),
            (
                "falling",
                "Write-ups three to six months old are edited less than before.",
            ),
            (
                "no clear trend",
                "are edited more than before can't be told.",
            ),
            ("too early", "can be told once twelve months are there."),
        ] {
            let (word, said) = told(json!({ "recommended": { "verdict": verdict } }));
            assert_eq!(word, Some(verdict));
            assert!(said.ends_with(ending), "{said}");
        }
        let (word, said) = told(json!({ "suppressed": true }));
        assert_eq!(word, Some("withheld"));
        assert!(said.ends_with("after the write-up."), "{said}");
        assert_eq!(edits_verdict(&json!({})), None);
    }
}
