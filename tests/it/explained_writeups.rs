//! Every number that is told of one write-up is explained: its steps add up and end at it, and what it hides
//! stays hidden.

use std::collections::{BTreeMap, BTreeSet};

use readback::jobs::explain::{Step, Steps, explanation};
use readback::pages::EXPLAINED;
use serde_json::Value;

use super::way::{Way, leaves, lines, lively};

#[tokio::test(flavor = "multi_thread")]
async fn every_number_of_a_write_up_is_explained() {
    let Some(way) = Way::fresh("explained_writeups").await else {
        return;
    };
    let options = lively();
    way.events(&lines(&options)).await;
    way.derive().await;
    for k in [1, 5] {
        let summary = way.report_only(options.as_of(), k).await.json();
        let mut told: BTreeSet<&str> = BTreeSet::new();
        let mut withheld = 0;
        for row in summary["writeups"].as_array().expect("write-ups") {
            let id = row["id"].as_str().expect("an id");
            let mut by_place: BTreeMap<String, Steps> = BTreeMap::new();
            for code in EXPLAINED {
                let explained = explanation(&summary, code, Some(id)).expect("an explanation");
                for steps in explained.writeup_steps {
                    adds_up(&steps, &format!("k = {k}, {id}, {code}"));
                    told.insert(code);
                    by_place.insert(steps.kind.clone(), steps);
                }
            }
            withheld += all_explained(row, &by_place, &format!("k = {k}, {id}"));
        }
        let named = EXPLAINED.iter().copied();
        let missing: Vec<&str> = named.filter(|code| !told.contains(code)).collect();
        // With people withheld none may have woken up for many.
        assert!(
            missing.is_empty() || (k > 1 && missing == ["L8"]),
            "k = {k}: {missing:?}"
        );
        assert_eq!(withheld > 0, k > 1, "{withheld} numbers withheld");
        assert_eq!(naming(&summary), naming_explained(&summary), "k = {k}");
    }
}

/// Each step takes away from the one before it what the next one lacks, and blocks of age add up.
fn adds_up(steps: &Steps, what: &str) {
    let what = format!("{what}, {}", steps.kind);
    let all = &steps.steps;
    let last = all.last().expect("a step");
    if steps.kind == "reads_by_age" {
        let blocks: Option<u64> = all[..all.len() - 1].iter().map(|step| step.n).sum();
        assert!(blocks.is_none() || blocks == last.n, "{what}: {all:?}");
        return;
    }
    for at in (0..all.len()).filter(|at| all[*at].left_out) {
        let (before, less, after) = (all[at - 1].n, all[at].n, all[at + 1].n);
        match (before, after) {
            // What lies between is somebody's, or nothing.
            (Some(before), Some(after)) if after <= before => {
                assert_eq!(less, Some(before - after), "{what}: {all:?}");
            }
            _ => assert_eq!(less, None, "{what}: {all:?}"),
        }
        let hides = |step: &Step| step.suppressed && step.n.is_none();
        assert_eq!(
            hides(&all[at]),
            hides(&all[at - 1]) || hides(&all[at + 1]),
            "{what}: {all:?}"
        );
    }
}

/// Finds the steps of every number in a row of the list of write-ups, and how many are withheld.
fn all_explained(row: &Value, by_place: &BTreeMap<String, Steps>, what: &str) -> u64 {
    let mut found = Vec::new();
    leaves("", row, &mut found);
    let mut withheld = 0;
    for (place, value) in found {
        let place = place.trim_start_matches('/');
        // Shares of time, told beside the reads of that age.
        if place.starts_with("watched_by_age/") {
            continue;
        }
        let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
        let steps = by_place.get(place).or_else(|| by_place.get(parent));
        let is_block = parent == "reads_by_age";
        let last = steps.map(|steps| match place.rsplit('/').next() {
            Some(at) if is_block => &steps.steps[at.parse::<usize>().expect("a place")],
            _ => steps.steps.last().expect("a step"),
        });
        if value.is_number() {
            let last = last.unwrap_or_else(|| panic!("{what}: nothing leads to {place}"));
            let own = last.n.map(Value::from).or_else(|| last.value.clone());
            assert_eq!(own.as_ref(), Some(value), "{what}: {place}");
        } else if value.is_null()
            && let Some(last) = last
        {
            assert_eq!((last.n, &last.value), (None, &None), "{what}: {place}");
            withheld += u64::from(last.suppressed);
        }
    }
    withheld
}

/// The indicators whose results name write-ups.
fn naming(summary: &Value) -> BTreeSet<&str> {
    let indicators = summary["indicators"].as_object().expect("indicators");
    let names = |results: &Value| {
        let mut found = Vec::new();
        leaves("", results, &mut found);
        found.iter().any(|(place, _)| place.ends_with("/writeup"))
    };
    let naming = indicators.iter().filter(|(_, one)| names(&one["results"]));
    naming.map(|(code, _)| code.as_str()).collect()
}

/// Those of them that are explained by write-up.
fn naming_explained(summary: &Value) -> BTreeSet<&str> {
    let all = naming(summary).into_iter();
    all.filter(|code| EXPLAINED.contains(code)).collect()
}
