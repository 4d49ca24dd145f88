//! What of a slice may be told. The list tells numbers of single write-ups and withholds some, the
//! indicators tell those of all: a slice is one more sum over the same cells, and is told only where all
//! these sums together leave what is withheld open. The people of a slice must be nobody or k at least, and
//! so must those of the rest, whose reads are what the whole has more.

use std::collections::HashMap;

use super::{People, Slice, What, month};
use crate::indicators::{BLOCKS, Context, SlicePeople, is_early};
use crate::jobs::columns::ints;
use crate::jobs::compute::Computed;
use crate::jobs::few::{Shown, least_part};
use crate::summary::margins::Margins;
use crate::summary::suppress::{count_is_withheld, is_open};

/// Of each slice the people behind what may be told, one where it may not; nothing of a slice that is not
/// offered at all, because its reads may not be told. `shown`: what the list tells of each write-up,
/// `withheld`: months of which T0 tells nothing.
pub(super) fn judge(
    slices: &[Slice],
    people: &People,
    shown: &[Shown],
    (withheld, late_days, k): (&[i32], u32, u32),
) -> Vec<Option<SlicePeople>> {
    let asked = Asked {
        slices,
        people,
        withheld,
        k: k.into(),
    };
    let ages = asked.ages(shown, late_days);
    let all = vec![Open::Yes; slices.len()];
    let months = people.months().into_iter();
    let months = months.map(|first| (first, asked.judge(What::Month(first), never, &all)));
    let months: Vec<(i32, Vec<bool>)> = months.collect();
    let told = |slice: usize, what: What, told: &[bool]| match asked.inside(slice, what) {
        0 => 0,
        people if told[slice] => people,
        _ => 1,
    };
    let one = |slice: usize| {
        ages.offered[slice].then(|| SlicePeople {
            readers: asked.inside(slice, What::All),
            late: told(slice, What::Late, &ages.late),
            blocks: (0..BLOCKS)
                .map(What::Block)
                .map(|what| match asked.follows(slice, what, &ages, late_days) {
                    true => asked.inside(slice, what),
                    false => told(slice, what, &ages.curve),
                })
                .collect(),
            months: (months.iter())
                .filter_map(|(first, all)| {
                    Some((month(*first)?, told(slice, What::Month(*first), all)))
                })
                .collect(),
            still_read: true,
        })
    };
    (0..slices.len()).map(one).collect()
}

/// No list tells what it tells of a write-up by ages or months.
fn never(_: usize) -> bool {
    false
}

/// Whether a sum of a slice is to be told; they are judged in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Open {
    /// It is known, whatever is told of others.
    Known,
    /// No, and it must come out of none.
    No,
    /// If it may be.
    Yes,
}

impl From<bool> for Open {
    fn from(open: bool) -> Open {
        match open {
            true => Open::Yes,
            false => Open::No,
        }
    }
}

fn opens(open: &[bool]) -> Vec<Open> {
    open.iter().copied().map(Open::from).collect()
}

/// Whatever is an age.
fn blocks() -> impl Iterator<Item = What> {
    (0..BLOCKS).map(What::Block).chain([What::Later])
}

fn is_of_early(what: What, late_days: u32) -> bool {
    matches!(what, What::Block(block) if is_early(block, late_days))
}

/// Of each slice what of its reads and their ages may be told.
#[derive(Clone, PartialEq)]
struct Ages {
    /// How many there are, without which nothing is told of it.
    offered: Vec<bool>,
    /// How many reads are late.
    late: Vec<bool>,
    /// All thirty days of age, or none.
    curve: Vec<bool>,
}

/// What is judged.
struct Asked<'a> {
    slices: &'a [Slice],
    people: &'a People,
    withheld: &'a [i32],
    k: u64,
}

impl Asked<'_> {
    fn inside(&self, slice: usize, what: What) -> u64 {
        count(&self.people.slices[slice], what)
    }

    /// The people of one write-up; of late reads the smaller part of its readers, late or not, where that is
    /// why they are withheld.
    fn of(&self, writeup: usize, what: What) -> u64 {
        let people = |what: What| count(&self.people.writeups[writeup], what);
        match what {
            What::Late => least_part(people(What::Late), people(What::All), self.k),
            _ => people(what),
        }
    }

    /// Of each slice what of its reads and their ages may be told.
    ///
    /// Ages add up to late reads, to the others and to all, and ages of slices to those of others. So a curve is told
    /// as a whole or not at all, and only beside late reads: then what is told of one age is told of each, and the
    /// sums of slices are judged age by age. What is withheld of a slice at one age must follow at no other either,
    /// so that it is asked again until nothing more is withheld.
    fn ages(&self, shown: &[Shown], late_days: u32) -> Ages {
        let all = vec![true; self.slices.len()];
        let mut open = Ages {
            offered: all.clone(),
            late: all.clone(),
            curve: all,
        };
        loop {
            let before = open.clone();
            let asked = opens(&open.offered);
            let offered = self.judge(What::All, |at| shown[at].readers, &asked);
            for (open, offered) in open.offered.iter_mut().zip(offered) {
                *open &= offered;
            }
            let late = self.judge(What::Late, |at| shown[at].late, &opens(&open.late));
            let told = Ages {
                late,
                ..open.clone()
            };
            for what in blocks() {
                let each = 0..self.slices.len();
                let follows = |slice| self.follows(slice, what, &told, late_days);
                let follows: Vec<bool> = each.clone().map(follows).collect();
                // Late reads that the list tells can't be withheld.
                let asked = each.clone().map(|slice| match follows[slice] {
                    true if told.late[slice] && !open.late[slice] => Open::Known,
                    follows => Open::from(follows || open.curve[slice]),
                });
                let may = self.judge(what, never, &asked.collect::<Vec<_>>());
                for slice in each {
                    open.curve[slice] &= told.offered[slice] && told.late[slice] && may[slice];
                    if follows[slice] && !may[slice] {
                        // Without late reads it is all that there is to be withheld.
                        open.offered[slice] &= self.inside(slice, What::Late) > 0;
                        open.late[slice] = false;
                    }
                }
            }
            for slice in 0..self.slices.len() {
                let betrays = || !open.curve[slice] && self.betrays(slice, late_days);
                open.late[slice] &= open.offered[slice] && told.late[slice] && !betrays();
            }
            if open == before {
                // What follows from the list is known.
                return told;
            }
        }
    }

    /// Whether the reads of a slice at this age are told with its late reads, or with all: no other is as late, or
    /// as early.
    fn follows(&self, slice: usize, what: What, told: &Ages, late_days: u32) -> bool {
        let is_like = |other: &What| is_of_early(*other, late_days) == is_of_early(what, late_days);
        let mut others = blocks().filter(|other| *other != what).filter(is_like);
        let is_known = told.late[slice] || self.inside(slice, What::Late) == 0;
        told.offered[slice]
            && is_known
            && self.inside(slice, what) > 0
            && others.all(|other| self.inside(slice, other) == 0)
    }

    /// Whether late reads, or what all reads are more, would tell the reads of an age where none is told by itself.
    fn betrays(&self, slice: usize, late_days: u32) -> bool {
        let (early, late): (Vec<What>, Vec<What>) =
            blocks().partition(|what| is_of_early(*what, late_days));
        [early, late].into_iter().any(|part| {
            let people = part.into_iter().map(|what| self.inside(slice, what));
            let hidden: Vec<u64> = people.filter(|people| *people > 0).collect();
            !hidden.is_empty() && !is_open(&hidden, self.k)
        })
    }

    /// Of each slice whether a number that adds up over write-ups may be told, where that of all of them is.
    /// `shown`: whether the list tells that of one, which then hides nothing; `open`: of each slice whether it is
    /// asked for.
    ///
    /// The cells are the write-ups that are in the same slices: no sum tells them apart. The largest slice is
    /// asked first; one is told when no cell of few people comes out of those that are told, and none of
    /// those that were refused.
    fn judge(&self, what: What, shown: impl Fn(usize) -> bool, open: &[Open]) -> Vec<bool> {
        let cells: Vec<Option<u64>> = (self.people.cells.iter())
            .map(|cell| {
                let hidden = || cell.writeups.iter().filter(|at| !shown(**at));
                match hidden().count() {
                    0 => None,
                    all if all == cell.writeups.len() && what != What::Late => {
                        Some(count(&cell.people, what))
                    }
                    _ => hidden().map(|at| self.of(*at, what)).max(),
                }
            })
            .collect();
        let all: Vec<usize> = (0..cells.len()).filter(|at| cells[*at].is_some()).collect();
        // The sum of all is known, or must not become so.
        let (mut sums, mut refused) = match what {
            What::Month(first) if self.withheld.contains(&first) => (vec![], vec![all.clone()]),
            _ => (vec![all.clone()], vec![]),
        };
        // What the list withholds it withholds because it is few people, or hides some.
        let by_size = matches!(what, What::All | What::Late);
        let mut order: Vec<usize> = (0..self.slices.len()).collect();
        order.sort_by_key(|slice| {
            (
                open[*slice],
                std::cmp::Reverse(self.inside(*slice, what)),
                *slice,
            )
        });
        let mut told = vec![false; self.slices.len()];
        for slice in order {
            let in_it = |at: &usize| self.people.cells[*at].slices.binary_search(&slice).is_ok();
            let own: Vec<usize> = all.iter().copied().filter(in_it).collect();
            if open[slice] == Open::Known {
                told[slice] = true;
                sums.push(own);
                continue;
            }
            let enough = !count_is_withheld(self.inside(slice, what), self.k);
            // What follows from the list, or from those that are told, is known.
            told[slice] = own.is_empty() || (enough && margins(&cells, &sums).tells(&own, self.k));
            if told[slice] {
                continue;
            }
            sums.push(own.clone());
            let margins = margins(&cells, &sums);
            let keeps = !by_size || margins.is_open(&own, self.k);
            let tells = || refused.iter().any(|refused| margins.tells(refused, self.k));
            told[slice] = open[slice] == Open::Yes
                && self.is_wide(slice, what)
                && keeps
                && !margins.betray(self.k)
                && !tells();
            if !told[slice] {
                sums.pop();
                refused.push(own);
            }
        }
        told
    }

    /// Whether the people of a slice, and those of the rest as far as one cell or one slice of it shows, are
    /// nobody or enough.
    fn is_wide(&self, slice: usize, what: What) -> bool {
        let cells = self.people.cells.iter();
        let others = cells.filter(|cell| cell.slices.binary_search(&slice).is_err());
        let others = others.map(|cell| count(&cell.people, what));
        let own = &self.slices[slice];
        let apart = self.slices.iter().enumerate();
        let apart = apart.filter(|(_, other)| other.is_apart_from(own));
        let apart = apart.map(|(at, _)| self.inside(at, what));
        let rest = others.chain(apart).max().unwrap_or(0);
        !count_is_withheld(self.inside(slice, what), self.k) && !count_is_withheld(rest, self.k)
    }
}

fn count(people: &HashMap<What, u64>, what: What) -> u64 {
    people.get(&what).copied().unwrap_or(0)
}

/// Sums of cells of which the list tells nothing.
fn margins(cells: &[Option<u64>], sums: &[Vec<usize>]) -> Margins {
    let mut margins = Margins::default();
    for cell in cells {
        match cell.unwrap_or(0) {
            // Nobody is told everywhere, and of write-ups too young for it is known.
            0 => margins.cell(0),
            people => margins.unlisted(people),
        };
    }
    sums.iter().for_each(|sum| margins.sum(sum.clone()));
    margins
}

/// Whether each slice may tell how many of its write-ups are still read. The list says so of those with k
/// readers and of those with none; where the others can have one number of readers only, the sum would tell
/// it.
pub(super) fn still_read(
    computed: &Computed,
    slices: &[Slice],
    context: &Context,
    k: u32,
) -> anyhow::Result<Vec<bool>> {
    let least = context.parameters.min_readers;
    // Between none and k, those that count or those that don't are one number.
    let tells = k > 2 && (least + 1 == k || least == 2);
    let frame = &computed.facts.trailing;
    let few: Vec<usize> = (ints(frame, "writeup")?
        .into_iter()
        .zip(ints(frame, "readers")?))
    .filter(|(_, readers)| readers.is_some_and(|readers| readers > 0 && readers < i64::from(k)))
    .filter_map(|(at, _)| usize::try_from(at?).ok())
    .collect();
    let told = |slice: &Slice| !tells || !few.iter().any(|at| slice.writeups.contains(at));
    Ok(slices.iter().map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::super::offered::By;
    use super::*;

    fn slice(name: &str, writeups: &[usize]) -> Slice {
        Slice {
            by: By::Template,
            name: name.to_owned(),
            writeups: writeups.to_vec(),
        }
    }

    /// Everybody reads one write-up only.
    fn offered(slices: &[Slice], readers: &[u64], shown: &[bool]) -> Vec<bool> {
        let mut people = People::new(slices, readers.len());
        let of = |people: u64| HashMap::from([(What::All, people)]);
        let sum = |writeups: &[usize]| of(writeups.iter().map(|at| readers[*at]).sum());
        people.writeups = readers.iter().map(|people| of(*people)).collect();
        people.slices = slices.iter().map(|slice| sum(&slice.writeups)).collect();
        for cell in &mut people.cells {
            cell.people = sum(&cell.writeups);
        }
        let shown = shown.iter().map(|shown| Shown {
            readers: *shown,
            ..Shown::default()
        });
        let judged = judge(slices, &people, &shown.collect::<Vec<_>>(), (&[], 90, 5));
        judged.iter().map(Option::is_some).collect()
    }

    #[test]
    fn a_slice_tells_no_write_up_that_is_withheld() {
        let readers = [20, 30, 3, 7, 40, 50];
        let shown = [true, true, false, false, true, true];
        // The third is the slice's sum less the first two.
        let one = [slice("a", &[0, 1, 2])];
        assert_eq!(offered(&one, &readers, &shown), [false]);
        // With the fourth it is as open as in the list.
        let both = [slice("a", &[0, 1, 2, 3])];
        assert_eq!(offered(&both, &readers, &shown), [true]);
        // Two slices that differ by the third: one of them at most is told.
        let two = [slice("a", &[0, 2, 3]), slice("b", &[0, 3])];
        let told = offered(&two, &readers, &shown);
        assert_eq!(told.iter().filter(|told| **told).count(), 1, "{told:?}");
    }

    #[test]
    fn few_people_are_no_slice_and_no_rest() {
        let shown = [true; 4];
        let few = [slice("a", &[0, 1])];
        let hidden = [false, false, true, true];
        assert_eq!(offered(&few, &[2, 2, 30, 30], &hidden), [false]);
        let rest = [slice("a", &[1, 2, 3])];
        assert_eq!(offered(&rest, &[0, 30, 30, 30], &shown), [true]);
        // The second is withheld with the first, and is what the list lacks of the slice.
        let hidden = [false, false, true, true];
        assert_eq!(offered(&rest, &[4, 30, 30, 30], &hidden), [false]);
    }

    /// Three parts of the whole: two of them tell the third.
    #[test]
    fn a_part_that_is_refused_is_not_what_the_others_lack() {
        let parts = [slice("a", &[0]), slice("b", &[1]), slice("c", &[2])];
        let told = offered(&parts, &[30, 20, 3], &[false; 3]);
        assert_eq!(told.iter().filter(|told| **told).count(), 1, "{told:?}");
        assert_eq!(offered(&parts, &[30, 20, 9], &[false; 3]), [true; 3]);
    }

    /// Two parts of the whole with `ages` of their readers each, all of which are other people; the list tells
    /// nothing of late reads, or those of the second.
    fn by_age(ages: &[[u64; BLOCKS]; 2], lists: bool) -> Vec<SlicePeople> {
        let slices = [slice("a", &[0]), slice("b", &[1])];
        let mut people = People::new(&slices, 2);
        let counts = |ages: &[u64; BLOCKS]| -> HashMap<What, u64> {
            let late = ages.iter().skip(3).sum();
            let sums = [(What::All, ages.iter().sum()), (What::Late, late)];
            let blocks = ages.iter().enumerate();
            let blocks = blocks.map(|(block, people)| (What::Block(block), *people));
            blocks.chain(sums).collect()
        };
        people.writeups = ages.iter().map(counts).collect();
        people.slices = people.writeups.clone();
        for cell in &mut people.cells {
            cell.people = people.writeups[cell.writeups[0]].clone();
        }
        let shown = [false, lists].map(|late| Shown {
            late,
            ..Shown::default()
        });
        let judged = judge(&slices, &people, &shown, (&[], 90, 5));
        judged
            .into_iter()
            .map(|one| one.expect("offered"))
            .collect()
    }

    #[test]
    fn ages_are_told_as_a_whole_or_not_at_all() {
        let many = [20, 10, 9, 8, 7, 6, 6, 6, 6, 6, 6, 6];
        let told = by_age(&[many, many], false);
        assert!(told.iter().all(|one| one.blocks == many && one.late == 57));
        // Three people of one age: neither this age of the other, which is what it lacks of the whole, nor the rest.
        let mut few = many;
        few[7] = 3;
        let withheld = [1; BLOCKS];
        let told = by_age(&[many, few], false);
        assert!(told.iter().all(|one| one.blocks == withheld), "{told:?}");
        assert_eq!([told[0].late, told[1].late], [57, 54]);
        // Where nobody else is late these are the late ones, and what the others are is theirs.
        let mut alone = [0; BLOCKS];
        alone[..3].copy_from_slice(&[20, 10, 9]);
        alone[7] = 3;
        let told = by_age(&[many, alone], false);
        assert_eq!([told[0].late, told[1].late], [1, 1]);
        assert_eq!(told[1].blocks, [1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn an_age_that_follows_from_the_list_is_told() {
        let many = [20, 10, 9, 8, 7, 6, 6, 6, 6, 6, 6, 6];
        let mut once = [0; BLOCKS];
        once[..3].copy_from_slice(&[20, 3, 9]);
        once[7] = 9;
        let told = by_age(&[many, once], true);
        assert_eq!([told[0].late, told[1].late], [57, 9]);
        assert_eq!(told[1].blocks, [1, 1, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0]);
        // Where the list does not tell it, late reads would.
        let told = by_age(&[many, once], false);
        assert_eq!([told[0].late, told[1].late], [1, 1]);
        assert_eq!(told[1].blocks, [1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    }
}
