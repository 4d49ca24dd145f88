//! From events to facts, step by step: each takes away from what stood before it, and what is left is said.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::charts::reading::{Cell, cell};

/// What became of the events of one kind, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Steps {
    /// The kind of event; `lines` are those of all kinds together, `writeup` what stands in the registry. Of one
    /// write-up the place of the number to which they lead.
    pub kind: String,
    /// The steps in their order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// What is counted.
    pub what: String,
    /// How many; null where it is withheld or not known.
    pub n: Option<u64>,
    /// Whether they are left out here.
    pub left_out: bool,
    /// The number is withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
    /// What is told and no count, as a share is; absent of counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Of all lines, those that are no event of their own.
const OF_LINES: [(&str, &str); 3] = [
    ("rejected", "refused, each with its reason"),
    (
        "duplicate_id",
        "delivered again, or replaced by a later version",
    ),
    ("removed", "taken back by whoever sent them"),
];

/// Reasons for which events are left out, in the order in which they are tried.
const REASONS: [(&str, &str); 6] = [
    ("future", "what is at or after as_of"),
    ("unknown_writeup", "what leads to no registered write-up"),
    ("after_delete", "what came after the write-up was deleted"),
    ("bot", "what robots, rooms, service accounts and agents did"),
    ("excluded", "what people did who are excluded by hand"),
    (
        "not_counted",
        "what is generated, of a rewritten history, or doubled",
    ),
];

/// What happens to reads after that.
const OF_READS: [(&str, &str); 4] = [
    ("self", "contributors' own"),
    ("draft", "before publication"),
    ("other_source", "what another source saw better"),
    ("double_click_removed", "double clicks"),
];

/// The same of counts of page counters; those of all reads hold them as well.
const OF_COUNTS: [(&str, &str); 2] = [
    ("draft_counts", "before publication"),
    ("other_source_counts", "what another source saw better"),
];

/// Where an indicator tells how many write-ups it takes in, and how many it leaves out for not being watched.
const OF_WRITEUPS: [(&str, &str, &[&str]); 5] = [
    ("L2", "/writeups", &["/not_yet_observed"]),
    ("L3", "/tail_share/clusters", &["/not_yet_observed"]),
    ("L4", "/still_read/n", &["/unknown", "/not_observed"]),
    ("L7", "/decay/writeups", &[]),
    ("D1", "/writeups", &["/not_yet_observed"]),
];

/// All steps of an indicator that rests on these kinds of events.
pub(super) fn all(summary: &Value, code: &str, kinds: &[&'static str]) -> Vec<Steps> {
    let results = &summary["indicators"][code]["results"];
    let mut all = vec![lines(summary)];
    all.extend(kinds.iter().map(|kind| of_kind(summary, code, kind)));
    let taken_in = OF_WRITEUPS.iter().find(|one| one.0 == code);
    all.extend(
        taken_in.map(|(_, counted, unwatched)| writeups(summary, results, counted, unwatched)),
    );
    all
}

fn lines(summary: &Value) -> Steps {
    let received = &summary["health"]["received"];
    let mut steps = vec![step(received, "lines", "lines received", false)];
    let told = OF_LINES
        .iter()
        .filter(|(name, _)| received.get(*name).is_some());
    steps.extend(told.map(|(name, what)| step(received, name, what, true)));
    let left = left(&steps);
    steps.push(left.named("events of all kinds, each id once"));
    Steps {
        kind: "lines".to_owned(),
        steps,
    }
}

fn of_kind(summary: &Value, code: &str, kind: &str) -> Steps {
    let received = &summary["health"]["received"]["by_kind"][kind];
    let mut steps = vec![step(received, "events", "events, each id once", false)];
    let apart = REASONS.iter().filter(|(name, _)| {
        // Not every kind can have these: they are told where they left something out.
        !matches!(*name, "not_counted" | "excluded") || received.get(*name).is_some_and(|n| *n != 0)
    });
    steps.extend(apart.map(|(name, what)| step(received, name, what, true)));
    let kept = steps.len();
    steps.push(step(received, "kept", "kept", false));
    let reads = &summary["health"]["reads"];
    let results = &summary["indicators"][code]["results"];
    match kind {
        "read" => {
            let told = OF_READS
                .iter()
                .filter(|(name, _)| reads.get(*name).is_some());
            for (name, what) in told {
                let mut step = step(reads, name, what, true);
                // The number of health is of both kinds; here it is of single reads.
                if let Some((counts, n)) = reads.get(format!("{name}_counts")).zip(step.n) {
                    step.n = counts.as_u64().and_then(|counts| n.checked_sub(counts));
                }
                steps.push(step);
            }
            let left = left(&steps[kept..]);
            steps.push(left.named("reads that count (R1)"));
        }
        "read_count" => {
            let told = OF_COUNTS
                .iter()
                .filter(|(name, _)| reads.get(*name).is_some());
            steps.extend(told.map(|(name, what)| step(reads, name, what, true)));
            let left = left(&steps[kept..]);
            steps.push(left.named("counts that count"));
            for (name, what) in [
                ("aggregated_rows", "of them counts of one day"),
                ("aggregated_reads", "reads in those"),
            ] {
                steps.push(step(reads, name, what, false));
            }
        }
        "attendance" if code == "A2" => {
            let came = step(
                &results["voluntary"],
                "n",
                "who came to it, and are taken in",
                false,
            );
            let stayed = summary["parameters"]["min_present_s"]
                .as_u64()
                .unwrap_or(300);
            steps.extend(between(
                &steps[kept],
                came,
                &format!(
                    "present for less than {stayed} s, not known to have come, told twice, or of a meeting that is \
                     not taken in"
                ),
            ));
        }
        "link" if code == "K3" => {
            let n = &results["link_survival"]["commit"];
            steps.push(step(
                n,
                "n",
                "in commit messages, which can't be changed: counted alone, not tested",
                true,
            ));
        }
        _ => {}
    }
    Steps {
        kind: kind.to_owned(),
        steps,
    }
}

fn writeups(summary: &Value, results: &Value, counted: &str, unwatched: &[&str]) -> Steps {
    let organisation = &summary["organisation"];
    let mut steps = vec![
        step(
            organisation,
            "writeups",
            "registered, and open to this reader",
            false,
        ),
        step(
            organisation,
            "undated",
            "without a date of publication",
            true,
        ),
    ];
    let at = |path: &str, what: &str, left_out| {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = results.pointer(parent).unwrap_or(&Value::Null);
        step(parent, name, what, left_out)
    };
    for path in unwatched {
        let what = match *path {
            "/unknown" => "whose readers nobody names",
            _ => "not watched for as long as it takes",
        };
        steps.push(at(path, what, true));
    }
    let dated = left(&steps);
    let taken = at(counted, "taken in", false);
    steps.extend(between(
        &dated,
        taken,
        "too young, deleted before, or left out by its definition (restricted ones may be taken in)",
    ));
    Steps {
        kind: "writeup".to_owned(),
        steps,
    }
}

/// What is taken in, and before it what lies between it and what stood before.
pub(super) fn between(before: &Step, taken: Step, what: &str) -> [Step; 2] {
    let n = before.n.zip(taken.n);
    let between = Step {
        what: what.to_owned(),
        n: n.and_then(|(before, taken)| before.checked_sub(taken)),
        left_out: true,
        suppressed: before.suppressed || taken.suppressed,
        value: None,
    };
    [between, taken]
}

/// What is left of the first step when the others are taken away.
fn left(steps: &[Step]) -> Step {
    let (first, others) = (steps.first(), steps.get(1..).unwrap_or(&[]));
    let sum: Option<u64> = others.iter().map(|step| step.n).sum();
    let n = first.and_then(|first| first.n?.checked_sub(sum?));
    Step {
        what: String::new(),
        n,
        left_out: false,
        suppressed: n.is_none() && steps.iter().any(|step| step.suppressed),
        value: None,
    }
}

impl Step {
    fn named(self, what: &str) -> Step {
        Step {
            what: what.to_owned(),
            ..self
        }
    }
}

pub(super) fn step(parent: &Value, name: &str, what: &str, left_out: bool) -> Step {
    let found = cell(parent, name);
    let number = parent.get(name).and_then(Value::as_u64);
    Step {
        what: what.to_owned(),
        // Of a kind that nobody sent there is nothing.
        n: if parent.is_null() { Some(0) } else { number },
        left_out,
        suppressed: found == Cell::Withheld,
        value: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(steps: &Steps) -> Vec<(Option<u64>, bool)> {
        let each = steps.steps.iter();
        each.map(|step| (step.n, step.left_out)).collect()
    }

    #[test]
    fn what_is_taken_away_is_of_its_own_kind_and_the_rest_is_said() {
        let row = |events: u64, kept: u64| {
            json!({"events": events, "future": 1, "unknown_writeup": 0, "after_delete": 0, "bot": events - kept - 1,
                   "excluded": 0, "not_counted": 0, "kept": kept})
        };
        let summary = json!({
            "organisation": {"writeups": 90, "undated": 4},
            "health": {
                "received": {"lines": 300, "rejected": 10, "duplicate_id": 20,
                             "by_kind": {"read": row(110, 103), "read_count": row(30, 20)}},
                "reads": {"self": 3, "draft": 14, "draft_counts": 9, "double_click_removed": 2,
                          "aggregated_rows": 11, "aggregated_reads": 40},
            },
            "indicators": {"L3": {"results": {"tail_share": {"clusters": 50}, "not_yet_observed": 6}}},
        });
        let all = all(&summary, "L3", &["read", "read_count"]);
        let kinds: Vec<&str> = all.iter().map(|steps| &*steps.kind).collect();
        assert_eq!(kinds, ["lines", "read", "read_count", "writeup"]);
        assert_eq!(told(&all[0]).last(), Some(&(Some(270), false)));
        // Of fourteen drafts nine are counts: 103 - 3 - 5 - 2.
        assert_eq!(
            told(&all[1])[6..],
            [
                (Some(3), true),
                (Some(5), true),
                (Some(2), true),
                (Some(93), false)
            ]
        );
        assert_eq!(
            told(&all[2])[5..8],
            [(Some(20), false), (Some(9), true), (Some(11), false)]
        );
        assert_eq!(
            told(&all[3]),
            [
                (Some(90), false),
                (Some(4), true),
                (Some(6), true),
                (Some(30), true),
                (Some(50), false)
            ]
        );
    }
}
