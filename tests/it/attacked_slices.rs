//! The sums that a statistician may think of, of parts of the write-ups: each is the sum of its own, those by source
//! are all of the whole, and parts of other kinds hold the same write-ups.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::attacked_sums::{L1, Term, minus, plus, rows};

/// Whether a write-up is in a slice.
fn is_in(writeup: &Value, slice: &Value) -> bool {
    let name = &slice["name"];
    match slice["by"].as_str().expect("a kind") {
        "team" => writeup["owner_team"] == *name,
        "template" => writeup["template"] == *name,
        "tag" => writeup["tags"]
            .as_array()
            .is_some_and(|tags| tags.contains(name)),
        // The wiki that it stands in.
        "source" => {
            let name = name.as_str().expect("a name");
            let host = format!("https://{name}.example.org/");
            writeup["url"]
                .as_str()
                .is_some_and(|url| url.starts_with(&host))
        }
        // Near midnight of a new year the equation does not hold, and is not used.
        _ => writeup["published_at"].as_str().map(|at| &at[..4]) == name.as_str(),
    }
}

const BLOCK_DAYS: u64 = 30;
/// A curve has so many blocks of age at most.
const YEAR: usize = 12;
/// Of whole weeks: thirty days and seven have 210 in common.
const BLOCKS: usize = 7;
const WEEKS: u64 = 30;
/// Reads are late after so many blocks.
const EARLY: usize = 3;
/// Whatever puts write-ups together.
const KINDS: [&str; 5] = ["team", "template", "tag", "cohort", "source"];

/// All sums with numbers of slices in them; no months of a slice are told.
pub(super) fn of_slices(truth: &Value) -> Vec<Vec<Term>> {
    let Some(slices) = truth["slices"].as_array() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (number, slice) in slices.iter().enumerate() {
        all.extend(of_one(truth, number, slice));
    }
    all.extend(of_the_whole(truth, slices));
    all.extend(of_the_same(truth, slices));
    all
}

/// A slice is the sum of its write-ups, and of the ages of its reads.
fn of_one(truth: &Value, number: usize, slice: &Value) -> Vec<Vec<Term>> {
    let mut all = Vec::new();
    for field in ["reads", "late_reads"] {
        let own = rows(truth, "writeups").filter(|(_, one)| is_in(one, slice));
        let each = own.map(|(at, _)| plus(format!("/writeups/{at}/{field}")));
        let sum = minus(format!("/slices/{number}/{field}"));
        all.push(each.chain([sum]).collect());
    }
    let of = |blocks: Range<usize>| of_blocks(&[number], truth, blocks, 1.0);
    let reads = || minus(format!("/slices/{number}/reads"));
    let late = format!("/slices/{number}/late_reads");
    // Of a young one all reads are of these ages.
    all.push([of(0..YEAR), vec![reads()]].concat());
    all.push([of(EARLY..YEAR), vec![minus(&late)]].concat());
    all.push([of(0..EARLY), vec![plus(&late), reads()]].concat());
    all
}

/// Parts of one kind none of which has a write-up of another, and the write-ups that are in none.
struct Parts {
    slices: Vec<usize>,
    outside: BTreeSet<usize>,
}

impl Parts {
    fn of(
        truth: &Value,
        slices: &[Value],
        members: &[BTreeSet<usize>],
        kind: &str,
    ) -> Option<Parts> {
        let own = slices.iter().enumerate();
        let own = own.filter(|(_, slice)| slice["by"] == kind);
        let own: Vec<usize> = own.map(|(at, _)| at).collect();
        let mut outside: BTreeSet<usize> = rows(truth, "writeups").map(|(at, _)| at).collect();
        let mut inside = own.iter().flat_map(|slice| &members[*slice]);
        let is_apart = inside.all(|writeup| outside.remove(writeup));
        (is_apart && !own.is_empty()).then_some(Parts {
            slices: own,
            outside,
        })
    }

    /// Of all parts and of what is in none: together those of the whole, less those of `besides`.
    fn whole(&self, field: &str, sign: f64, besides: &BTreeSet<usize>) -> Vec<Term> {
        let parts = self.slices.iter();
        let parts = parts.map(|number| (format!("/slices/{number}/{field}"), sign));
        let outside = self.outside.difference(besides);
        let outside = outside.map(|at| (format!("/writeups/{at}/{field}"), sign));
        parts.chain(outside).collect()
    }
}

/// The write-ups of each slice.
fn members(truth: &Value, slices: &[Value]) -> Vec<BTreeSet<usize>> {
    let own = |slice: &Value| {
        let own = rows(truth, "writeups").filter(|(_, one)| is_in(one, slice));
        own.map(|(at, _)| at).collect()
    };
    slices.iter().map(own).collect()
}

/// The reads of parts of one kind and of what is in none are all reads, those of their months all of T0's, and those
/// of the ages of parts that hold everything all of L1's.
fn of_the_whole(truth: &Value, slices: &[Value]) -> Vec<Vec<Term>> {
    let members = members(truth, slices);
    let mut all = Vec::new();
    let months = truth["indicators"]["T0"]["results"]["series"].as_array();
    let months = 0..months.map_or(0, Vec::len);
    let weeks = truth.pointer(L1).and_then(Value::as_array);
    let parts = |kind: &&str| Parts::of(truth, slices, &members, kind);
    for parts in KINDS.iter().filter_map(parts) {
        let total = minus("/indicators/R1/results/total_reads");
        let none = BTreeSet::new();
        all.push([parts.whole("reads", 1.0, &none), vec![total]].concat());
        let late = months.clone();
        let late = late.map(|at| minus(format!("/indicators/T0/results/series/{at}/late_reads")));
        let late = late.collect();
        all.push([parts.whole("late_reads", 1.0, &none), late].concat());
        if parts.outside.is_empty() {
            let first = weeks.into_iter().flatten().enumerate();
            let first = first.filter(|(_, week)| week["week"].as_u64().is_some_and(|n| n < WEEKS));
            let first = first.map(|(at, _)| minus(format!("{L1}/{at}/k")));
            let ages = of_blocks(&parts.slices, truth, 0..BLOCKS, 1.0).into_iter();
            all.push(ages.chain(first).collect());
        }
    }
    all
}

/// Some parts hold what another one holds, and those of one kind with what is in none what those of another do.
fn of_the_same(truth: &Value, slices: &[Value]) -> Vec<Vec<Term>> {
    let members = members(truth, slices);
    let mut all = Vec::new();
    let mut same: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for whole in 0..slices.len() {
        for part in (0..slices.len()).filter(|part| *part != whole) {
            if members[part].is_empty() || !members[part].is_subset(&members[whole]) {
                continue;
            }
            let rest: BTreeSet<usize> = &members[whole] - &members[part];
            match rest.is_empty() {
                true => same.push((vec![whole], vec![part])),
                false => {
                    let others = (part + 1..slices.len()).filter(|at| members[*at] == rest);
                    same.extend(others.map(|other| (vec![whole], vec![part, other])));
                }
            }
        }
    }
    for (at, one) in KINDS.iter().enumerate() {
        let parts = |kind: &str| Parts::of(truth, slices, &members, kind);
        let Some(these) = parts(one) else { continue };
        for those in KINDS[at + 1..].iter().filter_map(|other| parts(other)) {
            all.extend(["reads", "late_reads"].map(|field| {
                let these_less = these.whole(field, 1.0, &those.outside);
                [these_less, those.whole(field, -1.0, &these.outside)].concat()
            }));
            if these.outside == those.outside {
                same.push((these.slices.clone(), those.slices));
            }
        }
    }
    for (these, those) in &same {
        for field in ["reads", "late_reads"] {
            let of = |number: &usize| format!("/slices/{number}/{field}");
            let these = these.iter().map(|number| plus(of(number)));
            let those = those.iter().map(|number| minus(of(number)));
            all.push(these.chain(those).collect());
        }
        all.extend((0..YEAR).map(|block| {
            let one = |slices, sign| of_blocks(slices, truth, block..block + 1, sign);
            [one(these, 1.0), one(those, -1.0)].concat()
        }));
    }
    all
}

/// The reads of these slices at these times thirty days of age, as far as anybody watched them.
fn of_blocks(slices: &[usize], truth: &Value, blocks: Range<usize>, sign: f64) -> Vec<Term> {
    let mut all = Vec::new();
    for number in slices {
        let curve = truth["slices"][*number]["curve"].as_array();
        for (at, point) in curve.into_iter().flatten().enumerate() {
            let block = point["from_day"].as_u64().expect("a day") / BLOCK_DAYS;
            if blocks.contains(&usize::try_from(block).expect("small")) {
                all.push((format!("/slices/{number}/curve/{at}/k"), sign));
            }
        }
    }
    all
}
