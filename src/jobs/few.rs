//! Which numbers of the list of write-ups may be told (INDICATORS P1).

use std::collections::BTreeMap;

use crate::summary::margins::Margins;
use crate::summary::suppress;

/// People of one write-up, as far as its numbers rest on them.
pub(super) struct Counted {
    /// Everybody who read it.
    pub(super) readers: u64,
    /// Those who read it late.
    pub(super) late: u64,
    /// Those who read it at each four weeks of its age.
    pub(super) by_age: Vec<u64>,
    /// It is in the list.
    pub(super) listed: bool,
}

/// What may be told of the readers of one write-up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shown {
    /// How many they are, and what all of them did.
    pub(super) readers: bool,
    /// How many of them came late.
    pub(super) late: bool,
    /// What they read, by age.
    pub(super) curve: Vec<bool>,
}

impl Shown {
    /// What both may tell.
    pub(super) fn and(&self, other: &Shown) -> Shown {
        let curves = self.curve.iter().zip(&other.curve);
        Shown {
            readers: self.readers && other.readers,
            late: self.late && other.late,
            curve: curves.map(|(one, other)| *one && *other).collect(),
        }
    }
}

/// What may be told of all write-ups.
pub(super) struct Judged {
    /// Of each write-up.
    pub(super) shown: Vec<Shown>,
    /// Numbers of indicators that would tell what is withheld: code and place.
    pub(super) betrayed: Vec<(&'static str, &'static str)>,
    /// Blocks of four weeks of age whose reads L1 must not tell.
    pub(super) blocks: Vec<usize>,
}

/// Judges the write-ups together. A write-up whose reads would tell those of an age has its readers withheld,
/// too, and all are judged again.
pub(super) fn judge(all: &[Counted], weeks: &[bool], k: u64) -> Judged {
    let mut closed = vec![false; all.len()];
    loop {
        let (judged, telling) = judge_but(all, &closed, weeks, k);
        if telling.is_empty() {
            return judged;
        }
        for at in telling {
            closed[at] = true;
        }
    }
}

/// Judges the write-ups of which some are `closed`, and names others that should be. Three sums over them are told elsewhere, so that what is missing in
/// the list could be had by subtraction, unlisted write-ups included: R3 tells the readers of all of
/// them, T0 the late reads of all months, and L1 the reads of every four weeks of age, while the reads
/// of one write-up are their sum over the ages.
fn judge_but(all: &[Counted], closed: &[bool], weeks: &[bool], k: u64) -> (Judged, Vec<usize>) {
    let mut readers = Margins::default();
    let cells = all
        .iter()
        .zip(closed)
        .map(|(one, closed)| match one.listed {
            // Where reads are the secret, another's must be missing in their sum as well.
            true if *closed => readers.cell(one.readers.min(1)),
            true => readers.cell(one.readers),
            false => readers.unlisted(one.readers),
        });
    let cells = cells.collect();
    readers.sum(cells);
    let readers = readers.judge(k);

    let mut late = Margins::default();
    let cells = all
        .iter()
        .zip(&readers.shown)
        .map(|(one, shown)| match shown {
            true => late.cell(least_part(one.late, one.readers, k)),
            false => late.unlisted(one.late),
        });
    let cells = cells.collect();
    late.sum(cells);
    let late = late.judge(k);

    let curves = judge_curves(all, &readers.shown, weeks, k);
    let shown = readers.shown.iter().zip(late.shown).zip(curves.shown);
    let betrayed = readers.told.contains(&false).then_some(PAIRS);
    let judged = Judged {
        shown: shown
            .map(|((readers, late), curve)| Shown {
                readers: *readers,
                late: *readers && late,
                curve,
            })
            .collect(),
        betrayed: betrayed.into_iter().collect(),
        blocks: curves.blocks,
    };
    (judged, curves.telling)
}

/// What tells the sum of the readers of each write-up.
const PAIRS: (&str, &str) = ("R3", "/reader_writeup_pairs");

/// What tells how many write-ups are still read, those with few readers included.
const STILL_READ: (&str, &str) = ("L4", "/still_read");

/// Whether L4 tells how many read a write-up lately of which it is not told: it counts write-ups from
/// `least` readers on, the list names them from `k` on. Where all that lie between have one number of
/// readers left to them, it is told. `lately` are the readers of write-ups that may be counted.
pub(super) fn still_read_tells(
    lately: impl Iterator<Item = u64>,
    least: u64,
    k: u64,
) -> Option<(&'static str, &'static str)> {
    let few: Vec<u64> = lately
        .filter(|readers| *readers > 0 && *readers < k)
        .collect();
    let counted = few.iter().filter(|readers| **readers >= least).count();
    let all_counted = counted == few.len() && least + 1 == k;
    let none_counted = counted == 0 && least == 2;
    (!few.is_empty() && (all_counted || none_counted)).then_some(STILL_READ)
}

/// The smaller part of the readers, late or not, where it is too small; else the late ones.
pub(super) fn least_part(late: u64, all: u64, k: u64) -> u64 {
    let rest = all.saturating_sub(late);
    match suppress::share_is_withheld(late, all, k) && late > 0 && rest > 0 {
        true => late.min(rest),
        false => late,
    }
}

/// What may be told of reads by age.
struct Curves {
    /// Of each write-up, each age.
    shown: Vec<Vec<bool>>,
    /// Write-ups whose reads would tell an age that is withheld.
    telling: Vec<usize>,
    /// Blocks of L1 that would.
    blocks: Vec<usize>,
}

/// Which reads by age may be told: a table of write-ups and ages, whose rows add up to the reads of a
/// write-up and whose columns to four weeks of L1.
fn judge_curves(all: &[Counted], shown: &[bool], weeks: &[bool], k: u64) -> Curves {
    let mut margins = Margins::default();
    let mut columns: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for (one, shown) in all.iter().zip(shown) {
        let cells = one.by_age.iter().map(|people| match shown {
            true => margins.cell(*people),
            false => margins.unlisted(*people),
        });
        let cells: Vec<usize> = cells.collect();
        for (bin, cell) in cells.iter().enumerate() {
            columns.entry(bin).or_default().push(*cell);
        }
        rows.push(cells);
    }
    let told = |bin: usize| {
        let from = bin * WEEKS_OF_A_BIN;
        let weeks = weeks.get(from..from + WEEKS_OF_A_BIN);
        weeks.is_some_and(|weeks| !weeks.contains(&false))
    };
    columns.retain(|bin, _| told(*bin));
    // Where the readers are withheld, so is the sum of their reads.
    let summed = |at: &usize| shown[*at];
    let sums: Vec<Vec<usize>> = (0..rows.len())
        .filter(summed)
        .map(|at| rows[at].clone())
        .chain(columns.values().cloned())
        .collect();
    for cells in sums {
        let mut somebody = cells.iter().filter(|at| !margins.is_nobody(**at));
        if let (Some(only), None) = (somebody.next(), somebody.next()) {
            margins.known(*only);
        }
        margins.sum(cells);
    }
    let judged = margins.judge(k);
    let betrays = judged.told.iter().map(|told| !told);
    let sums = (0..rows.len()).filter(summed).map(Ok);
    let sums = sums.chain(columns.keys().map(|bin| Err(*bin)));
    let (mut telling, mut blocks) = (Vec::new(), Vec::new());
    for (sum, betrays) in sums.zip(betrays) {
        match sum {
            _ if !betrays => {}
            Ok(row) => telling.push(row),
            Err(bin) => blocks.push(bin),
        }
    }
    let shown = rows.iter().zip(shown).map(|(cells, shown)| match shown {
        // A reader who is not told read in some age; in which he did not, he may have.
        false => cells.iter().map(|at| margins.is_nobody(*at)).collect(),
        true => cells.iter().map(|at| judged.shown[*at]).collect(),
    });
    Curves {
        shown: shown.collect(),
        telling,
        blocks,
    }
}

/// Reads by age are told for every four weeks.
pub(super) const WEEKS_OF_A_BIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(readers: u64, late: u64) -> Counted {
        Counted {
            readers,
            late,
            by_age: vec![readers],
            listed: true,
        }
    }

    fn readers(people: &[u64], listed: &[bool]) -> Vec<bool> {
        let all = people.iter().zip(listed).map(|(n, listed)| Counted {
            listed: *listed,
            ..counted(*n, 0)
        });
        let judged = judge(&all.collect::<Vec<_>>(), &[], 5);
        judged.shown.iter().map(|shown| shown.readers).collect()
    }

    #[test]
    fn a_small_one_takes_the_next_with_it() {
        let all = [true; 4];
        assert_eq!(readers(&[12, 3, 7, 0], &all), [true, false, false, true]);
        // A restricted one with three readers: what is missing in the sum is three.
        let last = [true, true, false];
        assert_eq!(readers(&[12, 9, 3], &last), [true, false, false]);
        assert_eq!(readers(&[12, 9, 30], &last), [true, true, false]);
    }

    /// Five write-ups with a reader each, and five pairs of reader and write-up.
    #[test]
    fn a_sum_that_tells_each_is_withheld() {
        let few: Vec<Counted> = (0..5).map(|_| counted(1, 0)).collect();
        assert_eq!(judge(&few, &[], 5).betrayed, [PAIRS]);
        let many: Vec<Counted> = (0..5).map(|_| counted(9, 0)).collect();
        assert!(judge(&many, &[], 5).betrayed.is_empty());
    }

    /// T0 tells the late reads of all: one that is missing in the list could be had.
    #[test]
    fn late_readers_are_judged_over_the_list() {
        let all = [(30, 3), (30, 8), (30, 12), (30, 0)].map(|(n, late)| counted(n, late));
        let judged = judge(&all, &[], 5);
        let late: Vec<bool> = judged.shown.iter().map(|shown| shown.late).collect();
        assert_eq!(late, [false, false, true, true]);
        assert!(judged.shown.iter().all(|shown| shown.readers));
    }

    fn of_ages(people: [u64; 3]) -> Counted {
        Counted {
            by_age: people.to_vec(),
            ..counted(40, 0)
        }
    }

    #[test]
    fn write_ups_that_are_still_read_do_not_tell_their_few_readers() {
        let tells = |lately: &[u64], least, k| still_read_tells(lately.iter().copied(), least, k);
        // Counted from four on, named from five on: four.
        assert_eq!(tells(&[9, 4, 0], 4, 5), Some(STILL_READ));
        assert_eq!(tells(&[9, 4, 2], 4, 5), None);
        // Not counted from two on: one.
        assert_eq!(tells(&[9, 1], 2, 5), Some(STILL_READ));
        assert_eq!(tells(&[9, 3, 4, 1], 3, 5), None);
        assert_eq!(tells(&[9, 0], 4, 5), None);
    }

    /// L1 tells the reads of the second four weeks of both: what one lacks is the other's.
    #[test]
    fn the_other_write_ups_do_not_tell_reads_of_an_age() {
        let both = [of_ages([20, 3, 9]), of_ages([20, 15, 30])];
        let told = |weeks: &[bool]| judge_curves(&both, &[true; 2], weeks, 5).shown;
        assert_eq!(told(&[]), [vec![true, false, false], vec![true; 3]]);
        let known = told(&[true; 12]);
        for age in 0..3 {
            let hidden = known.iter().filter(|row| !row[age]).count();
            assert_ne!(hidden, 1, "{known:?}");
        }
        assert!(!known[0][1] && !known[1][1], "{known:?}");
    }

    #[test]
    fn an_age_of_one_reader_each_is_not_told_from_an_age_of_none() {
        let one = [of_ages([1, 1, 0])];
        let told = |shown: bool| judge_curves(&one, &[shown], &[], 5);
        assert_eq!(told(true).telling, [0]);
        assert_eq!(told(false).shown, [[false, false, true]]);
    }

    /// Five readers who came in an age each: their reads add up to five.
    #[test]
    fn reads_that_tell_an_age_are_withheld() {
        let ones = Counted {
            by_age: vec![1; 5],
            ..counted(5, 0)
        };
        let all = [ones, counted(30, 0), counted(9, 0)];
        let judged = judge(&all, &[], 5);
        let readers: Vec<bool> = judged.shown.iter().map(|shown| shown.readers).collect();
        assert_eq!(readers, [false, true, false]);
        assert_eq!(judged.shown[0].curve, [false; 5]);
    }

    /// The reads of a write-up that was read in one age alone are told: it hides nobody else's.
    #[test]
    fn an_only_age_hides_no_other() {
        let short = Counted {
            by_age: vec![6],
            ..counted(6, 0)
        };
        let all = [of_ages([13, 1, 1]), short, of_ages([20, 0, 0])];
        let told = judge_curves(&all, &[true; 3], &[true; 4], 5);
        assert_eq!(told.shown[1], [true]);
        assert_eq!(told.shown[2], [true; 3]);
        // Nothing is left that would hide the few of the first one.
        assert!(
            told.telling == [0] || told.blocks == [0],
            "{:?}",
            told.shown
        );
    }
}
