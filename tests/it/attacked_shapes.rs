//! Sums and shapes of reading that a statistician may think of: days by depth, and the curve of Lorenz.

use serde_json::Value;

use super::attacked_sums::{L10, Term, minus, plus, rows};

const R4: &str = "/indicators/R4/results";

/// Days of known depth by month and around the threshold, beside all of them and beside T0's reads of the month.
pub(super) fn of_depth(truth: &Value) -> Vec<Vec<Term>> {
    let list = |place: &str| -> &[Value] {
        let found = truth.pointer(place).and_then(Value::as_array);
        found.map_or(&[], Vec::as_slice)
    };
    let months = list(&format!("{R4}/months"));
    let mut all = Vec::new();
    // Where all days of known depth lie in the window of months.
    for (field, total) in [
        ("known", "read_share/n"),
        ("read", "read_share/k"),
        ("read", "class/read"),
    ] {
        let each = (0..months.len()).map(|at| plus(format!("{R4}/months/{at}/{field}")));
        all.push(each.chain([minus(format!("{R4}/{total}"))]).collect());
    }
    // Where each of its days is one read.
    for (at, month) in months.iter().enumerate() {
        let series = list("/indicators/T0/results/series").iter().enumerate();
        for (number, _) in series.filter(|(_, one)| one["month"] == month["month"]) {
            let reads = format!("/indicators/T0/results/series/{number}/window_reads");
            for field in ["known", "read"] {
                let days = plus(format!("{R4}/months/{at}/{field}"));
                all.push(vec![days, minus(reads.clone())]);
            }
        }
    }
    // Where nobody read much longer than it takes, or was far from it.
    let near = |name: &str| plus(format!("{R4}/near_threshold/{name}"));
    let class = |name: &str| minus(format!("{R4}/class/{name}"));
    all.push(vec![near("at"), near("above"), class("read")]);
    all.push(vec![near("below"), class("skimmed")]);
    all.push(vec![
        near("below"),
        near("at"),
        near("above"),
        minus(format!("{R4}/read_share/n")),
    ]);
    all
}

/// Between two points of the curve lie the reads of some write-ups, as exactly as hundredths tell: where one of
/// them alone is withheld, more than one number must fit.
pub(super) fn of_lorenz(truth: &Value, shown: &Value, what: &str) {
    let points = shown.pointer(&format!("{L10}/lorenz"));
    let Some(points) = points.and_then(Value::as_array) else {
        return;
    };
    let mut reads: Vec<(u64, u64, usize)> = rows(truth, "writeups")
        .map(|(at, one)| {
            let of = |name: &str| one[name].as_u64().expect("a count");
            (of("reads"), of("readers"), at)
        })
        .collect();
    reads.sort_unstable();
    let total: u64 = reads.iter().map(|one| one.0).sum();
    // The curve is of the last year, and of what is still there.
    if truth
        .pointer(&format!("{L10}/reads"))
        .and_then(Value::as_u64)
        != Some(total)
    {
        return;
    }
    let of = |point: &Value, name: &str| point[name].as_f64().expect("a share");
    let place = |point: &Value| (of(point, "writeups") * reads.len() as f64).round() as usize;
    for ends in points.windows(2) {
        let group = &reads[place(&ends[0])..place(&ends[1])];
        let is_withheld = |at: usize| shown["writeups"][at]["reads"].is_null();
        let withheld: Vec<u64> = group
            .iter()
            .filter(|one| is_withheld(one.2))
            .map(|one| one.0)
            .collect();
        let [only] = withheld.as_slice() else {
            continue;
        };
        let known: u64 = group.iter().map(|one| one.0).sum::<u64>() - only;
        let share = of(&ends[1], "reads") - of(&ends[0], "reads");
        // Both ends are rounded.
        let fits = |n: u64| {
            let own = (known + n) as f64 / total as f64;
            (own - share).abs() <= 0.01 + 1e-9
        };
        let fitting = (0..=total).filter(|n| fits(*n)).count();
        assert!(
            fits(*only) && fitting > 1,
            "{what}: {only} between {ends:?}"
        );
    }
}
