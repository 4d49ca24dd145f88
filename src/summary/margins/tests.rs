//! Attacks on tables that share totals: what is published is given to a solver that tries every table
//! of whole numbers, and no withheld cell of few people may come out as one number.

use proptest::prelude::*;

use super::{Judged, Margins};

/// What somebody knows who sees a table: the shown cells, the equations, and that a withheld cell
/// holds between one and so many.
struct Seen<'a> {
    margins: &'a Margins,
    cells: Vec<Option<u64>>,
    totals: Vec<u64>,
    most: u64,
}

/// Enough tables to tell that a cell may be two things; a larger search is given up as open.
const MOST_STEPS: usize = 200_000;

impl Seen<'_> {
    /// The least and the most that each withheld cell may hold.
    fn ranges(&self) -> Option<Vec<(u64, u64)>> {
        let mut ranges = vec![(u64::MAX, 0); self.cells.len()];
        let mut table: Vec<u64> = self.cells.iter().map(|cell| cell.unwrap_or(0)).collect();
        let unknown: Vec<usize> = (0..table.len())
            .filter(|&at| self.cells[at].is_none())
            .collect();
        let mut steps = 0;
        self.search(&unknown, &mut table, &mut ranges, &mut steps)
            .then_some(ranges)
    }

    /// False when it was given up.
    fn search(
        &self,
        unknown: &[usize],
        table: &mut Vec<u64>,
        ranges: &mut [(u64, u64)],
        steps: &mut usize,
    ) -> bool {
        *steps += 1;
        if *steps > MOST_STEPS {
            return false;
        }
        if !self.may_be(unknown, table) {
            return true;
        }
        let Some((&cell, rest)) = unknown.split_first() else {
            for (range, value) in ranges.iter_mut().zip(table.iter()) {
                *range = (range.0.min(*value), range.1.max(*value));
            }
            return true;
        };
        for value in 1..=self.most {
            table[cell] = value;
            if !self.search(rest, table, ranges, steps) {
                return false;
            }
        }
        table[cell] = 0;
        true
    }

    /// Whether the sums can still be met: each unknown cell adds one at least.
    fn may_be(&self, unknown: &[usize], table: &[u64]) -> bool {
        let sums = self.margins.sums.iter().zip(&self.totals);
        let mut sums = sums.map(|(cells, total)| {
            let open = cells.iter().filter(|at| unknown.contains(at)).count() as u64;
            let sum: u64 = cells.iter().map(|at| table[*at]).sum();
            sum + open <= *total && sum + open * self.most >= *total
        });
        let ties = self.margins.ties.iter();
        let mut ties = ties.map(|(these, those)| {
            let sum = |cells: &[usize]| cells.iter().map(|at| table[*at]).sum::<u64>();
            let open = |cells: &[usize]| cells.iter().any(|at| unknown.contains(at));
            open(these) || open(those) || sum(these) == sum(those)
        });
        sums.all(|fits| fits) && ties.all(|fits| fits)
    }
}

/// Tries to compute what is withheld.
fn attacked(margins: &Margins, k: u64) -> Result<(), TestCaseError> {
    let judged = margins.judge(k);
    let shown = &judged.shown;
    let few = |at: usize| margins.people[at] > 0 && margins.people[at] < k;
    for (at, shown) in shown.iter().enumerate() {
        prop_assert!(!(*shown && few(at)), "a small cell is shown");
    }
    let sum = |cells: &[usize]| cells.iter().map(|at| margins.people[*at]).sum::<u64>();
    let told = margins.sums.iter().zip(&judged.told);
    let told: Vec<Vec<usize>> = told
        .filter(|(_, told)| **told)
        .map(|(cells, _)| cells.clone())
        .collect();
    let totals = told.iter().map(|cells| sum(cells)).collect();
    let known = Margins {
        people: margins.people.clone(),
        unlisted: margins.unlisted.clone(),
        known: margins.known.clone(),
        sums: told,
        ties: margins.ties.clone(),
        together: Vec::new(),
        overlapping: margins.overlapping,
    };
    let cells = shown.iter().zip(&margins.people);
    let seen = Seen {
        margins: &known,
        cells: cells.map(|(shown, n)| shown.then_some(*n)).collect(),
        totals,
        most: 4 + margins.people.iter().sum::<u64>(),
    };
    let Some(ranges) = seen.ranges() else {
        return Ok(());
    };
    for (at, range) in ranges.iter().enumerate() {
        prop_assert!(
            shown[at] || !few(at) || range.0 < range.1,
            "cell {at} of {:?}, shown {shown:?}, must be {}",
            margins.people,
            range.0
        );
    }
    Ok(())
}

/// One group whose total is told.
fn line(people: &[u64]) -> Margins {
    let mut margins = Margins::default();
    let cells = people.iter().map(|n| margins.cell(*n)).collect();
    margins.sum(cells);
    margins
}

/// Rows and columns and the total of all: teams by month.
fn table(rows: &[Vec<u64>]) -> Margins {
    let mut margins = Margins::default();
    let cells: Vec<Vec<usize>> = rows
        .iter()
        .map(|row| row.iter().map(|n| margins.cell(*n)).collect())
        .collect();
    for column in 0..rows[0].len() {
        margins.sum(cells.iter().map(|row| row[column]).collect());
    }
    margins.sum(cells.concat());
    cells.into_iter().for_each(|row| margins.sum(row));
    margins
}

/// Months in quarters in the year.
fn nested(quarters: &[Vec<u64>]) -> Margins {
    let mut margins = Margins::default();
    let mut all = Vec::new();
    for months in quarters {
        let cells: Vec<usize> = months.iter().map(|n| margins.cell(*n)).collect();
        all.extend(cells.clone());
        margins.sum(cells);
    }
    margins.sum(all);
    margins
}

/// Two tables with one total: reviews of a quarter, and its roles.
fn two(first: &[u64], roles: usize) -> Margins {
    let mut margins = Margins::default();
    let reviews: Vec<usize> = first.iter().map(|n| margins.cell(*n)).collect();
    // The same people, split another way.
    let total: u64 = first.iter().sum();
    let shares =
        (0..roles as u64).map(|at| total / roles as u64 + u64::from(at < total % roles as u64));
    let roles: Vec<usize> = shares.map(|n| margins.cell(n)).collect();
    margins.sum(reviews.clone());
    margins.sum(roles.clone());
    margins.tie(reviews, roles);
    margins
}

fn people() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0_u64..6, 1 => 6_u64..14]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_group_keeps_its_secret(people in prop::collection::vec(people(), 1..6), k in 2_u64..7) {
        attacked(&line(&people), k)?;
    }

    #[test]
    fn rows_and_columns_keep_it(
        rows in prop::collection::vec(prop::collection::vec(people(), 3), 2..4),
        k in 3_u64..6,
    ) {
        attacked(&table(&rows), k)?;
    }

    #[test]
    fn quarters_of_a_year_keep_it(
        quarters in prop::collection::vec(prop::collection::vec(people(), 1..4), 1..4),
        k in 3_u64..6,
    ) {
        attacked(&nested(&quarters), k)?;
    }

    #[test]
    fn two_tables_of_one_total_keep_it(
        first in prop::collection::vec(people(), 1..4),
        roles in 1_usize..4,
        k in 3_u64..6,
    ) {
        attacked(&two(&first, roles), k)?;
    }

    /// A share tells its parts only when both hold nobody or many.
    #[test]
    fn shares_keep_it(num in 0_u64..20, rest in 0_u64..20, k in 2_u64..7) {
        let shown = !crate::summary::suppress::share_is_withheld(num, num + rest, k);
        for part in [num, rest, num + rest] {
            prop_assert!(!shown || part == 0 || part >= k);
        }
    }
}

/// Each row hides two and each column hides two, and yet one cell can be had: rows and columns make
/// one equation that no single one shows.
#[test]
fn what_only_two_sums_together_tell_is_withheld_as_well() {
    let rows = vec![
        vec![3, 9, 20, 30],
        vec![9, 8, 30, 20],
        vec![20, 30, 9, 4],
        vec![30, 21, 8, 9],
    ];
    let margins = table(&rows);
    let Judged { shown, told } = margins.judge(5);
    assert!(margins.determined(&shown, &told).is_empty());
    assert!(!shown[0] && !shown[11]);
}

/// One review of a quarter and the quarter's roles: the sum of the roles tells the review.
#[test]
fn a_quarters_roles_do_not_tell_its_review() {
    let mut margins = Margins::default();
    let reviews = [20, 3, 12, 30].map(|n| margins.cell(n));
    let roles = [8, 15, 22, 20].map(|n| margins.cell(n));
    margins.sum(reviews.to_vec());
    margins.tie(reviews[..2].to_vec(), roles[..2].to_vec());
    margins.tie(reviews[2..].to_vec(), roles[2..].to_vec());
    let Judged { shown, told } = margins.judge(5);
    assert!(!shown[1]);
    assert_eq!(told, [true]);
    assert!(margins.determined(&shown, &told).is_empty(), "{shown:?}");
}

#[test]
fn an_unlisted_cell_of_many_is_no_secret() {
    let mut margins = Margins::default();
    let cells = vec![margins.cell(12), margins.cell(9), margins.unlisted(30)];
    margins.sum(cells);
    assert_eq!(margins.judge(5).shown, [true, true, false]);
    let mut margins = Margins::default();
    let cells = vec![margins.cell(12), margins.cell(9), margins.unlisted(3)];
    margins.sum(cells);
    assert_eq!(margins.judge(5).shown, [true, false, false]);
}

/// Nothing else is in its quarter: the quarter's own total is withheld, and another one that would tell
/// it by subtraction.
#[test]
fn a_sum_that_would_tell_is_not_told() {
    let judged = nested(&[vec![1], vec![9, 9]]).judge(3);
    assert_eq!(judged.shown, [false; 3]);
    assert_eq!(judged.told, [false, false, true]);
    assert_eq!(line(&[1, 1, 1]).judge(3).told, [false]);
    assert_eq!(line(&[0, 7, 9]).judge(3).told, [true]);
}

/// Three and four may be four people in all, and the sum of all tells what they did.
#[test]
fn the_same_people_in_several_cells_are_not_added_up() {
    let judge = |people: &[u64]| {
        let mut margins = Margins::of_same_people();
        let cells = people.iter().map(|n| margins.cell(*n)).collect();
        margins.sum(cells);
        margins.judge(5)
    };
    assert_eq!(
        line(&[12, 9, 3, 4]).judge(5).shown,
        [true, true, false, false]
    );
    let judged = judge(&[12, 9, 3, 4]);
    assert_eq!(judged.shown, [true, false, false, false]);
    assert_eq!(judged.told, [true]);
    // Nothing is left: their sum is that of everybody, and is judged by itself.
    assert_eq!(judge(&[4, 3, 2]).told, [true]);
    assert_eq!(judge(&[12, 9, 0]).shown, [true; 3]);
}

#[test]
fn an_unlisted_cell_of_nobody_takes_nothing_with_it() {
    let mut margins = Margins::default();
    let cells = vec![margins.cell(12), margins.cell(1), margins.unlisted(0)];
    margins.sum(cells);
    assert_eq!(margins.judge(1).shown, [true, true, false]);
}

#[test]
fn what_goes_together_goes_together() {
    let mut margins = Margins::default();
    let (first, second) = (margins.cell(3), margins.cell(9));
    margins.together(first, second);
    assert_eq!(margins.judge(5).shown, [false, false]);
}
