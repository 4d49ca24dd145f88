//! P1 where one cell stands in several sums: a review in its quarter and in all of them, a role in its
//! quarter and in its column. Each sum by itself may keep its secret while two together tell it, so
//! what is withheld is checked as a system of equations, and more is withheld until it has no answer
//! for any cell.

use std::collections::BTreeMap;

use super::suppress;

/// Cells and what is known of their sums.
#[derive(Debug, Default)]
pub struct Margins {
    /// People behind each cell.
    people: Vec<u64>,
    /// Cells that are not told anyway.
    unlisted: Vec<bool>,
    /// Cells that are known whatever is withheld.
    known: Vec<bool>,
    /// Cells whose sum is told, or can be had.
    sums: Vec<Vec<usize>>,
    /// Two groups of cells with the same sum, which need not be known.
    ties: Vec<(Vec<usize>, Vec<usize>)>,
    /// A cell, and one that is not told without it.
    together: Vec<(usize, usize)>,
    /// One person may stand in several cells.
    overlapping: bool,
}

/// What may be told.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Of each cell, by its number.
    pub shown: Vec<bool>,
    /// Of each sum, in the order in which they were named. One that may not be told has nothing left
    /// that could be withheld in its place.
    pub told: Vec<bool>,
}

impl Margins {
    /// Cells that may hold the same people, as reads of one kind and of another do: several that are withheld
    /// are known to be of no more people than the largest of them.
    pub fn of_same_people() -> Self {
        Margins {
            overlapping: true,
            ..Margins::default()
        }
    }

    /// One more cell, by its number.
    pub fn cell(&mut self, people: u64) -> usize {
        self.put(people, false)
    }

    /// One more cell that is not told, whatever it holds.
    pub fn unlisted(&mut self, people: u64) -> usize {
        self.put(people, true)
    }

    fn put(&mut self, people: u64, unlisted: bool) -> usize {
        self.people.push(people);
        self.unlisted.push(unlisted);
        self.known.push(false);
        self.people.len() - 1
    }

    /// This cell is known whatever is withheld, as the only one that holds anybody in a sum that stays told:
    /// it is of no use to hide another. One of few people is none such: its sum must go.
    pub fn known(&mut self, cell: usize) {
        if let Some(known) = self.known.get_mut(cell) {
            *known = true;
        }
    }

    /// How many sums there are: the number of the next one.
    pub fn sums(&self) -> usize {
        self.sums.len()
    }

    /// Whether a cell holds nobody.
    pub fn is_nobody(&self, cell: usize) -> bool {
        self.people.get(cell) == Some(&0)
    }

    /// The sum of these cells is known.
    pub fn sum(&mut self, cells: Vec<usize>) {
        self.sums.push(cells);
    }

    /// These cells and those have the same sum.
    pub fn tie(&mut self, these: Vec<usize>, those: Vec<usize>) {
        self.ties.push((these, those));
    }

    /// Where the first is withheld the second is, too.
    pub fn together(&mut self, first: usize, second: usize) {
        self.together.push((first, second));
    }

    /// Which cells may be told, and which sums.
    pub fn judge(&self, k: u64) -> Judged {
        let mut shown = self.shown_at_first(k);
        // What a small group withholds serves the larger ones around it as well.
        let mut by_size: Vec<&Vec<usize>> = self.sums.iter().collect();
        by_size.sort_by_key(|cells| cells.len());
        loop {
            let before = shown.iter().filter(|shown| **shown).count();
            for &(first, second) in &self.together {
                shown[second] &= shown[first];
            }
            for (these, those) in &self.ties {
                // Where all of one side is told, so is the sum of the other.
                let open = |cells: &[usize], shown: &[bool]| cells.iter().all(|at| shown[*at]);
                for (told, other) in [(those, these), (these, those)] {
                    if !open(told, &shown) {
                        continue;
                    }
                    self.keep(other, &mut shown, k);
                    if !self.is_kept(other, &shown, k)
                        && let Some(next) = self.smallest(told.iter().copied(), &shown)
                    {
                        shown[next] = false;
                    }
                }
            }
            for cells in &by_size {
                self.keep(cells, &mut shown, k);
            }
            let told = self.told(&shown, k);
            for cell in self.determined(&shown, &told) {
                if !self.is_no_secret(cell, k) {
                    self.withhold_beside(cell, &mut shown);
                }
            }
            if shown.iter().filter(|shown| **shown).count() == before {
                break;
            }
        }
        let mut told = self.told(&shown, k);
        // Nothing is left to be withheld in the sums that still tell a cell, so they go themselves.
        while let Some(sum) = self.betrayer(&shown, &told, k) {
            told[sum] = false;
        }
        Judged { shown, told }
    }

    /// Whether all sums together tell a cell that is withheld, or the sum of some that hold few people between
    /// them, if these are the same ones.
    pub fn betray(&self, k: u64) -> bool {
        let shown = self.shown_at_first(k);
        let told = vec![true; self.sums.len()];
        let people = |row: &Row| row.keys().map(|at| self.people[*at]).max().unwrap_or(0);
        let few = |row: &Row| {
            let is_sum =
                row.values().all(|factor| *factor == 1) || row.values().all(|factor| *factor == -1);
            is_sum && suppress::count_is_withheld(people(row), k)
        };
        solve(&self.equations(&shown, &told)).iter().any(few)
            || self
                .determined(&shown, &told)
                .into_iter()
                .any(|cell| !self.is_no_secret(cell, k))
    }

    /// Whether a sum by itself tells one of its cells by the rule that they are withheld by.
    pub fn is_open(&self, cells: &[usize], k: u64) -> bool {
        self.is_kept(cells, &self.shown_at_first(k), k)
    }

    /// Whether all sums together tell the sum of these cells.
    pub fn tells(&self, cells: &[usize], k: u64) -> bool {
        let shown = self.shown_at_first(k);
        let solved = reduce(&self.equations(&shown, &vec![true; self.sums.len()]));
        self.is_in(cells, &shown, &solved)
    }

    fn shown_at_first(&self, k: u64) -> Vec<bool> {
        (0..self.people.len())
            .map(|at| !self.unlisted[at] && !suppress::count_is_withheld(self.people[at], k))
            .collect()
    }

    /// Which sums keep what is withheld in them.
    fn told(&self, shown: &[bool], k: u64) -> Vec<bool> {
        let keeps = |cells: &Vec<usize>| self.is_kept(cells, shown, k);
        self.sums.iter().map(keeps).collect()
    }

    /// The smallest sum that helps to tell a withheld cell, or a sum that must not be told, if one is
    /// told.
    fn betrayer(&self, shown: &[bool], told: &[bool], k: u64) -> Option<usize> {
        let mut determined = self.determined(shown, told).into_iter();
        if !determined.any(|cell| !self.is_no_secret(cell, k)) && !self.tells_a_sum(shown, told) {
            return None;
        }
        let sums = self.sums.iter().enumerate();
        let helps = sums.filter(|(at, cells)| told[*at] && cells.iter().any(|at| !shown[*at]));
        let size = |cells: &[usize]| cells.iter().map(|at| self.people[*at]).sum::<u64>();
        helps
            .min_by_key(|(at, cells)| (size(cells), *at))
            .map(|(at, _)| at)
    }

    /// Whether a sum that must not be told can be put together from those that are.
    fn tells_a_sum(&self, shown: &[bool], told: &[bool]) -> bool {
        let solved = reduce(&self.equations(shown, told));
        let mut untold = self.sums.iter().zip(told).filter(|(_, told)| !**told);
        untold.any(|(cells, _)| self.is_in(cells, shown, &solved))
    }

    /// Whether the sum of these cells is made of equations that were solved.
    fn is_in(&self, cells: &[usize], shown: &[bool], solved: &[Residues]) -> bool {
        let unknown = cells.iter().filter(|at| self.is_unknown(**at, shown));
        let mut row: Residues = unknown.map(|at| (*at, 1)).collect();
        for other in solved {
            let first = other.keys().next();
            let factor = first.and_then(|first| row.get(first)).copied();
            if let Some(factor) = factor {
                subtract(&mut row, other, factor);
            }
        }
        row.is_empty()
    }

    fn is_unknown(&self, cell: usize, shown: &[bool]) -> bool {
        !shown[cell] && (self.people[cell] > 0 || self.unlisted[cell])
    }

    /// The equations between cells that are not known.
    fn equations(&self, shown: &[bool], told: &[bool]) -> Vec<Row> {
        let lines = self.lines(told).into_iter().map(|line| {
            let line = line
                .into_iter()
                .filter(|(at, _)| self.is_unknown(*at, shown));
            line.map(|(at, minus)| (at, if minus { -1 } else { 1 }))
                .collect()
        });
        lines.filter(|row: &Row| !row.is_empty()).collect()
    }

    /// A cell that is left out for another reason than its size, and holds nobody or many.
    fn is_no_secret(&self, cell: usize, k: u64) -> bool {
        self.unlisted[cell] && !suppress::count_is_withheld(self.people[cell], k)
    }

    /// Withholds more cells of a sum until those withheld may be anything.
    fn keep(&self, cells: &[usize], shown: &mut [bool], k: u64) {
        while !self.is_kept(cells, shown, k) {
            match self.smallest(cells.iter().copied(), shown) {
                Some(next) => shown[next] = false,
                None => return,
            }
        }
    }

    /// Whether the sum of these cells tells none that is withheld.
    fn is_kept(&self, cells: &[usize], shown: &[bool], k: u64) -> bool {
        let hidden = cells
            .iter()
            .filter(|at| !shown[**at] && self.people[**at] > 0);
        let people: Vec<u64> = hidden.clone().map(|at| self.people[*at]).collect();
        let is_wide = || {
            // Where nothing is shown the sum is what all of them did, and is judged by itself.
            let nothing = !cells.iter().any(|at| shown[*at] && self.people[*at] > 0);
            !self.overlapping || nothing || people.iter().any(|people| *people >= k)
        };
        hidden.clone().all(|at| self.is_no_secret(*at, k))
            || (suppress::is_open(&people, k) && is_wide())
    }

    /// The smallest cell that is shown and holds anybody, the first of equals.
    fn smallest(&self, cells: impl Iterator<Item = usize>, shown: &[bool]) -> Option<usize> {
        cells
            .filter(|&at| shown[at] && self.people[at] > 0 && !self.known[at])
            .min_by_key(|&at| (self.people[at], at))
    }

    /// Withholds one more cell that stands in an equation with this one.
    fn withhold_beside(&self, cell: usize, shown: &mut [bool]) {
        let lines = self.lines(&vec![true; self.sums.len()]);
        let beside = lines
            .iter()
            .filter(|line| line.iter().any(|(at, _)| *at == cell));
        let beside = beside.flatten().map(|(at, _)| *at);
        if let Some(next) = self.smallest(beside, shown) {
            shown[next] = false;
        }
    }

    /// Every equation: its cells, and whether each is taken away.
    fn lines(&self, told: &[bool]) -> Vec<Vec<(usize, bool)>> {
        let sums = self.sums.iter().zip(told).filter(|(_, told)| **told);
        let sums = sums.map(|(cells, _)| cells.iter().map(|at| (*at, false)).collect());
        let ties = self.ties.iter().map(|(these, those)| {
            let these = these.iter().map(|at| (*at, false));
            these.chain(those.iter().map(|at| (*at, true))).collect()
        });
        sums.chain(ties).collect()
    }

    /// The withheld cells that the equations determine: they are solved by Gauss and Jordan, and what
    /// is left is narrowed down by what a cell may hold at least. Zeros are shown, so what is not shown
    /// is unknown, and holds somebody unless it is left out for another reason.
    fn determined(&self, shown: &[bool], told: &[bool]) -> Vec<usize> {
        let lines = self.equations(shown, told);
        let solved = solve(&lines);
        let all: Vec<&Row> = lines.iter().chain(&solved).collect();
        let least = |at: usize| i64::from(!self.unlisted[at]);
        let mut ranges: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
        for row in &all {
            ranges.extend(row.keys().map(|at| (*at, (least(*at), MOST))));
        }
        let people = |at: usize| i64::try_from(self.people[at]).unwrap_or(MOST);
        for _ in 0..ROUNDS {
            let mut narrowed = false;
            for row in &all {
                narrowed |= narrow(row, &people, &mut ranges);
            }
            if !narrowed {
                break;
            }
        }
        let closed = ranges.into_iter().filter(|(_, (from, to))| from == to);
        closed.map(|(at, _)| at).collect()
    }
}

/// An equation: the factor of each unknown cell.
type Row = BTreeMap<usize, i64>;

/// More than any cell holds.
const MOST: i64 = 1 << 40;
/// How often ranges are narrowed: each round carries what one equation tells to the next.
const ROUNDS: usize = 16;
/// A larger factor comes of a fraction, which tells nothing about whole numbers here.
const LARGEST_FACTOR: i64 = 1 << 10;

/// Narrows the ranges of an equation's cells by what the others may hold. Says whether one became
/// narrower.
fn narrow(
    row: &Row,
    people: &impl Fn(usize) -> i64,
    ranges: &mut BTreeMap<usize, (i64, i64)>,
) -> bool {
    let range = |ranges: &BTreeMap<usize, (i64, i64)>, at: usize| {
        ranges.get(&at).copied().unwrap_or((0, MOST))
    };
    // Of each term the least and the most.
    let term = |ranges: &BTreeMap<usize, (i64, i64)>, at: usize, factor: i64| {
        let (from, to) = range(ranges, at);
        match factor > 0 {
            true => (factor.saturating_mul(from), factor.saturating_mul(to)),
            false => (factor.saturating_mul(to), factor.saturating_mul(from)),
        }
    };
    let total: i64 = row
        .iter()
        .map(|(at, factor)| factor.saturating_mul(people(*at)))
        .sum();
    let mut narrowed = false;
    for (&cell, &factor) in row {
        let others = row.iter().filter(|(at, _)| **at != cell);
        let (least, most) = others.fold((0_i64, 0_i64), |(least, most), (at, factor)| {
            let (from, to) = term(ranges, *at, *factor);
            (least.saturating_add(from), most.saturating_add(to))
        });
        // factor * cell lies in [total - most, total - least].
        let (low, high) = (total.saturating_sub(most), total.saturating_sub(least));
        let (low, high) = match factor > 0 {
            true => (low, high),
            false => (-high, -low),
        };
        let size = factor.abs();
        let (from, to) = range(ranges, cell);
        let low = low.div_euclid(size) + i64::from(low.rem_euclid(size) > 0);
        let found = (from.max(low), to.min(high.div_euclid(size)));
        if found != (from, to) {
            ranges.insert(cell, found);
            narrowed = true;
        }
    }
    narrowed
}

/// An equation in numbers modulo [`PRIME`].
type Residues = BTreeMap<usize, u64>;

/// The equations solved for as many cells as there are: no cell that stands first in one stands in
/// another.
fn reduce(lines: &[Row]) -> Vec<Residues> {
    let residue = |factor: i64| u64::try_from(factor.rem_euclid(SIGNED_PRIME)).unwrap_or(0);
    let mut rows: Vec<Residues> = lines
        .iter()
        .map(|line| {
            line.iter()
                .map(|(at, factor)| (*at, residue(*factor)))
                .collect()
        })
        .collect();
    for place in 0..rows.len() {
        let mut row = std::mem::take(&mut rows[place]);
        if let Some((&cell, &first)) = row.first_key_value() {
            let scale = inverse(first);
            row.values_mut()
                .for_each(|factor| *factor = times(*factor, scale));
            for other in &mut rows {
                if let Some(&factor) = other.get(&cell) {
                    subtract(other, &row, factor);
                }
            }
        }
        rows[place] = row;
    }
    rows
}

/// The same in signed numbers. Equations with fractions are left out.
fn solve(lines: &[Row]) -> Vec<Row> {
    let signed = |factor: u64| match i64::try_from(factor).unwrap_or(SIGNED_PRIME) {
        factor if factor > SIGNED_PRIME / 2 => factor - SIGNED_PRIME,
        factor => factor,
    };
    let rows = reduce(lines).into_iter();
    let rows = rows.map(|row| {
        row.into_iter()
            .map(|(at, factor)| (at, signed(factor)))
            .collect()
    });
    rows.filter(|row: &Row| {
        !row.is_empty() && row.values().all(|factor| factor.abs() <= LARGEST_FACTOR)
    })
    .collect()
}

/// Equations are solved in whole numbers modulo this prime, so that nothing is rounded.
const PRIME: u64 = (1 << 31) - 1;
const SIGNED_PRIME: i64 = (1 << 31) - 1;

fn times(a: u64, b: u64) -> u64 {
    a * b % PRIME
}

/// By Fermat: a to the power of p - 2.
fn inverse(a: u64) -> u64 {
    let (mut result, mut base, mut power) = (1, a, PRIME - 2);
    while power > 0 {
        if power % 2 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        power /= 2;
    }
    result
}

/// Takes a row away from another, so many times.
fn subtract(from: &mut BTreeMap<usize, u64>, row: &BTreeMap<usize, u64>, factor: u64) {
    for (&cell, &value) in row {
        let left = from.get(&cell).copied().unwrap_or(0);
        let left = (left + PRIME - times(value, factor)) % PRIME;
        if left == 0 {
            from.remove(&cell);
        } else {
            from.insert(cell, left);
        }
    }
}

#[cfg(test)]
mod tests;
