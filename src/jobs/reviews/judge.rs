//! What of reviews and quarters may be told (INDICATORS P1): all their sums are looked at together.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::{Counting, Quarter, REQUIRED, ROLES, Review};
use crate::summary::margins::Margins;
use crate::summary::suppress;

/// What may be told of a review.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) attendees: bool,
    pub(super) need_not: bool,
}

impl Shown {
    /// What both may tell.
    pub(super) fn and(self, other: Shown) -> Shown {
        Shown {
            attendees: self.attendees && other.attendees,
            need_not: self.need_not && other.need_not,
        }
    }
}

/// What may be told of all reviews and quarters.
pub(super) struct Judged {
    pub(super) reviews: Vec<Shown>,
    /// Of each quarter, which of [`ROLES`].
    pub(super) quarters: Vec<[bool; ROLES.len()]>,
    pub(super) betrayed: Vec<(&'static str, &'static str)>,
}

/// Judges reviews and quarters together, for they share their sums: those who came to the reviews of a
/// quarter are those who came in its roles, those of all reviews are A1's, those of one role are told by
/// A2 and A3 (INDICATORS P1, "a hierarchy is done over all margins"). Who need not have come to a review is
/// counted as A2's headline does, and a role is what the calendar says: of each quarter those whom the two
/// count otherwise stand between its reviews and its roles. One review of a quarter could be
/// had from the quarter's roles, and one role of a quarter from the other quarters, though each table
/// keeps its secret by itself.
pub(super) fn judge(
    reviews: &[Review],
    hidden: &[bool],
    quarters: &BTreeMap<String, Quarter>,
    k: u64,
) -> Judged {
    let mut margins = Margins::default();
    // One that is not in the list at all could be had by subtraction as well.
    let cells: Vec<(usize, usize)> = reviews
        .iter()
        .zip(hidden)
        .map(|(review, hidden)| {
            let mut cell = |people| match hidden {
                true => margins.unlisted(people),
                false => margins.cell(people),
            };
            let (came, free) = (cell(review.attended), cell(least_part(review, k)));
            margins.together(came, free);
            (came, free)
        })
        .collect();
    let roles: Vec<[usize; ROLES.len()]> = quarters
        .values()
        .map(|quarter| ROLES.map(|role| margins.cell(quarter.people(role))))
        .collect();
    let column = |wanted: &[&str]| -> Vec<usize> {
        let places = ROLES
            .iter()
            .enumerate()
            .filter(|(_, role)| wanted.contains(role));
        let places: Vec<usize> = places.map(|(at, _)| at).collect();
        let rows = roles.iter();
        rows.flat_map(|row| places.iter().map(|at| row[*at]))
            .collect()
    };
    // What tells each sum, in the order in which the sums are named.
    let mut telling: Vec<&[(&'static str, &'static str)]> = Vec::new();
    let mut sum = |cells: Vec<usize>, told_by| {
        margins.sum(cells);
        telling.push(told_by);
    };
    let came: Vec<usize> = cells.iter().map(|(came, _)| *came).collect();
    // A1 withholds it when few came, or few of them without a name.
    if !suppress::count_is_withheld(people(quarters), k)
        && !suppress::count_is_withheld(dial_ins(quarters), k)
    {
        sum(came.clone(), CAME);
    }
    // A2 and A3 speak of what was planned, A1 of the others too.
    let planned = |wanted: bool| -> Vec<usize> {
        let some = reviews.iter().zip(&cells);
        let some = some.filter(|(review, _)| (review.planned || review.attended == 0) == wanted);
        some.map(|(_, (came, _))| *came).collect()
    };
    if !planned(false).is_empty() {
        for some in [planned(true), planned(false)] {
            if !some.is_empty() {
                sum(some, &CAME[1..]);
            }
        }
    }
    sum(cells.iter().map(|(_, free)| *free).collect(), FREE);
    sum(column(&["walk_in"]), WALKED_IN);
    // Those who came freely, less the walk-ins.
    sum(column(&["OPT-PARTICIPANT", "NON-PARTICIPANT"]), FREE);
    let guests = quarters
        .values()
        .map(|quarter| quarter.people("NON-PARTICIPANT"));
    let few_guests = suppress::count_is_withheld(guests.sum(), k);
    if !few_guests {
        sum(column(&["OPT-PARTICIPANT"]), OPTIONAL);
    }
    sum(column(&["CHAIR", REQUIRED]), FREE);
    // Also where one of those before is not told.
    sum(FREE_ROLES.map(|at| column(&[ROLES[at]])).concat(), FREE);
    sum(column(&ROLES[..5]), &[]);
    for (counting, told_by) in COUNTING {
        let counts = |wanted: bool| -> Vec<usize> {
            let some = reviews.iter().zip(&cells);
            some.filter(|(review, _)| review.counted_by.contains(&counting) == wanted)
                .map(|(_, (came, _))| *came)
                .collect()
        };
        // Of fewer reviews the number is not told. A2 tells all: the others are what is left.
        if counts(true).len() as u64 >= k {
            sum(counts(true), told_by);
            sum(counts(false), told_by);
        }
    }
    for ((name, quarter), row) in quarters.iter().zip(&roles) {
        let own = || {
            reviews
                .iter()
                .zip(&cells)
                .filter(|(review, _)| review.quarter == *name)
        };
        let came: Vec<usize> = own().map(|(_, (came, _))| *came).collect();
        let free: Vec<usize> = own().map(|(_, (_, free))| *free).collect();
        // Nothing tells the sum of a quarter but its own cells.
        margins.sum(row.to_vec());
        margins.tie(came, row.to_vec());
        // Where nobody was told to come, and no responder came freely.
        let in_roles = FREE_ROLES.map(|at| row[at]).to_vec();
        let mut otherwise = |people: &BTreeSet<i64>| -> Vec<usize> {
            let some = (!people.is_empty()).then_some(people.len() as u64);
            some.map(|people| margins.unlisted(people))
                .into_iter()
                .collect()
        };
        let (bound, freer) = (otherwise(&quarter.bound), otherwise(&quarter.freer));
        margins.tie([free, bound].concat(), [in_roles, freer].concat());
    }
    // A2 tells how many had a name: the others are what is left of all who came.
    margins.tie(came, column(&["unknown"]));
    let judged = margins.judge(k);
    let closed = telling.iter().zip(&judged.told).filter(|(_, told)| !**told);
    let pick = |at: &usize| judged.shown.get(*at).copied().unwrap_or(false);
    // Less the optional ones they are the few that were left.
    let few_guests = OPTIONAL.iter().filter(|_| few_guests);
    Judged {
        reviews: cells
            .iter()
            .map(|(came, free)| Shown {
                attendees: pick(came),
                need_not: pick(free),
            })
            .collect(),
        quarters: roles.iter().map(|row| row.each_ref().map(pick)).collect(),
        betrayed: closed
            .flat_map(|(told_by, _)| told_by.iter())
            .chain(few_guests)
            .copied()
            .collect(),
    }
}

/// Everybody who came and has a name.
fn people(quarters: &BTreeMap<String, Quarter>) -> u64 {
    let roles = quarters.values().flat_map(|quarter| quarter.roles.values());
    let named: BTreeSet<i64> = roles
        .flat_map(|presences| presences.named.iter().copied())
        .collect();
    named.len() as u64
}

/// Those who came and have none.
fn dial_ins(quarters: &BTreeMap<String, Quarter>) -> u64 {
    let roles = quarters.values().flat_map(|quarter| quarter.roles.values());
    roles.map(|presences| presences.dial_ins).sum()
}

/// What tells how many came to all reviews, or how many of them have a name.
const CAME: &[(&str, &str)] = &[
    ("A1", "/attendance/attendees"),
    ("A2", "/voluntary"),
    ("A2", "/voluntary/n"),
    ("A2", "/voluntary_clustered"),
    ("A2", "/voluntary_clustered/den"),
    ("A2", "/need_not"),
    ("A2", "/need_not/n"),
    ("A3", "/walk_in_share"),
    ("A3", "/walk_in_share/n"),
];
/// What tells how many of them need not have come, by either form: the two are alike, or many lie between.
const FREE: &[(&str, &str)] = &[
    ("A2", "/voluntary"),
    ("A2", "/voluntary_clustered"),
    ("A2", "/need_not"),
];
/// What tells how many came without an invitation.
const WALKED_IN: &[(&str, &str)] = &[
    ("A2", "/walk_ins"),
    ("A2", "/need_not"),
    ("A3", "/walk_in_share"),
];
/// What tells how many came though they were free to.
const OPTIONAL: &[(&str, &str)] = &[("A2", "/need_not"), ("A3", "/optional_yield")];

/// What tells how many came to some of the reviews.
const COUNTING: [(Counting, &[(&str, &str)]); 5] = [
    (
        Counting::Measured,
        &[("A4", "/presences"), ("A4", "/stayed")],
    ),
    (
        Counting::Heard,
        &[("A5", "/spoke_share"), ("A5", "/spoke_share/n")],
    ),
    (
        Counting::Due,
        &[
            ("A6", "/contribution_after"),
            ("A6", "/contribution_after/n"),
        ],
    ),
    (Counting::Timed, &[("A6", "/during"), ("A6", "/during/n")]),
    (
        Counting::Teams,
        &[("A8", "/outside_share"), ("A8", "/outside_share/n")],
    ),
];

/// The places in [`ROLES`] of those who need not have come.
const FREE_ROLES: [usize; 3] = [2, 3, 4];

/// The smaller part of a review that holds anybody, where it is too small; else those who need not have
/// come.
fn least_part(review: &Review, k: u64) -> u64 {
    let rest = review.attended - review.need_not;
    let few = suppress::share_is_withheld(review.need_not, review.attended, k);
    match few && review.need_not > 0 && rest > 0 {
        true => review.need_not.min(rest),
        false => review.need_not,
    }
}

#[cfg(test)]
mod tests {
    use super::super::by_role;
    use super::super::gather::Presences;
    use super::*;

    fn review(attended: u64, need_not: u64) -> Review {
        Review {
            quarter: "2026-Q1".to_owned(),
            planned: true,
            attended,
            need_not,
            ..Review::default()
        }
    }

    fn numbers(reviews: &[(u64, u64)]) -> Vec<(bool, bool)> {
        let reviews: Vec<Review> = reviews.iter().map(|&(n, k)| review(n, k)).collect();
        let listed = vec![false; reviews.len()];
        let shown = judge(&reviews, &listed, &BTreeMap::new(), 5).reviews;
        shown.iter().map(|s| (s.attendees, s.need_not)).collect()
    }

    #[test]
    fn a_small_review_takes_the_next_with_it() {
        assert_eq!(
            numbers(&[(20, 10), (3, 0), (11, 6), (12, 5)]),
            [(true, true), (false, false), (false, false), (true, false)]
        );
        assert_eq!(numbers(&[(20, 10), (0, 0)]), [(true, true); 2]);
    }

    #[test]
    fn either_part_may_be_too_small() {
        // Of 20 people 18 need not have come: the other two would be told, and by the sum of the
        // list too.
        assert_eq!(
            numbers(&[(20, 18), (20, 9), (20, 10), (20, 0)]),
            [(true, false), (true, false), (true, true), (true, true)]
        );
    }

    #[test]
    fn one_person_in_many_reviews_is_one() {
        let mut quarter = Quarter::default();
        for (role, people, dial_ins) in [("CHAIR", 1, 0), ("walk_in", 7, 0), ("unknown", 0, 6)] {
            let presences = Presences {
                all: 12,
                named: (0..people).collect(),
                dial_ins,
            };
            quarter.roles.insert(role, presences);
        }
        let quarters = BTreeMap::from([("2026-Q1".to_owned(), quarter)]);
        let judged = judge(&[], &[], &quarters, 5);
        let found = by_role("2026-Q1", &quarters["2026-Q1"], &judged.quarters[0]);
        assert!(found["by_role"]["CHAIR"].is_null());
        assert!(found["by_role"]["unknown"].is_null(), "the next smallest");
        assert_eq!(found["by_role"]["OPT-PARTICIPANT"], 0);
    }

    fn of_quarter(name: &str, attended: u64) -> Review {
        Review {
            quarter: name.to_owned(),
            planned: true,
            attended,
            ..Review::default()
        }
    }

    fn quarter(roles: &[(&'static str, u64)]) -> Quarter {
        let presences = |people: u64| Presences {
            all: people,
            named: (0..i64::try_from(people).unwrap()).collect(),
            dial_ins: 0,
        };
        let roles = roles
            .iter()
            .map(|(role, people)| (*role, presences(*people)));
        Quarter {
            roles: roles.collect(),
            ..Quarter::default()
        }
    }

    /// Reviews of 20 and 3: the quarter's roles add up to 23, so one of the two withheld reviews must
    /// not be in another quarter.
    #[test]
    fn the_roles_of_a_quarter_do_not_tell_a_review() {
        let reviews = [
            ("2026-Q1", 20),
            ("2026-Q1", 3),
            ("2026-Q2", 12),
            ("2026-Q2", 40),
        ];
        let reviews = reviews.map(|(name, n)| of_quarter(name, n));
        let quarters = BTreeMap::from([
            (
                "2026-Q1".to_owned(),
                quarter(&[("CHAIR", 5), (REQUIRED, 18)]),
            ),
            (
                "2026-Q2".to_owned(),
                quarter(&[("CHAIR", 12), (REQUIRED, 40)]),
            ),
        ]);
        let judged = judge(&reviews, &vec![false; reviews.len()], &quarters, 5);
        let shown: Vec<bool> = judged.reviews.iter().map(|shown| shown.attendees).collect();
        assert_eq!(shown, [false, false, true, true]);
    }

    /// Three walk-ins of one quarter, twenty of the other, and A3 tells that there were 23.
    #[test]
    fn the_other_quarters_do_not_tell_a_role() {
        let quarters = BTreeMap::from([
            (
                "2026-Q1".to_owned(),
                quarter(&[(REQUIRED, 30), ("OPT-PARTICIPANT", 7), ("walk_in", 3)]),
            ),
            (
                "2026-Q2".to_owned(),
                quarter(&[(REQUIRED, 30), ("OPT-PARTICIPANT", 9), ("walk_in", 20)]),
            ),
        ]);
        let judged = judge(&[], &[], &quarters, 5);
        let withheld = |row: usize| {
            ROLES
                .iter()
                .zip(judged.quarters[row])
                .filter(|(_, s)| !s)
                .map(|(r, _)| *r)
        };
        let both: Vec<Vec<&str>> = (0..2).map(|row| withheld(row).collect()).collect();
        assert_eq!(both, [["OPT-PARTICIPANT", "walk_in"]; 2]);
        assert!(judged.betrayed.is_empty());
    }

    /// One walk-in in each of five quarters, and that there were five: each was one.
    #[test]
    fn a_number_that_tells_each_cell_is_withheld() {
        let quarters = (1..6).map(|n| {
            (
                format!("202{n}-Q1"),
                quarter(&[(REQUIRED, 30), ("walk_in", 1)]),
            )
        });
        let judged = judge(&[], &[], &quarters.collect(), 5);
        assert!(
            judged.betrayed.contains(&("A2", "/walk_ins")),
            "{:?}",
            judged.betrayed
        );
    }

    /// Four came to each of two reviews: eight in all would tell it, for what is withheld is four at most.
    #[test]
    fn two_small_reviews_are_not_told_by_all_who_came() {
        let quarters = BTreeMap::from([("2026-Q1".to_owned(), quarter(&[(REQUIRED, 8)]))]);
        let reviews = [4, 4].map(|n| of_quarter("2026-Q1", n));
        let judged = judge(&reviews, &[false; 2], &quarters, 5);
        for told in [
            ("A1", "/attendance/attendees"),
            ("A2", "/voluntary/n"),
            ("A3", "/walk_in_share/n"),
        ] {
            assert!(judged.betrayed.contains(&told), "{:?}", judged.betrayed);
        }
    }

    /// Two dial-ins among many: all who came, less those with a name, would tell them.
    #[test]
    fn reviews_do_not_tell_who_had_no_name() {
        let mut only = quarter(&[(REQUIRED, 50)]);
        let two = Presences {
            all: 2,
            named: BTreeSet::new(),
            dial_ins: 2,
        };
        only.roles.insert("unknown", two);
        let quarters = BTreeMap::from([("2026-Q1".to_owned(), only)]);
        let reviews = [20, 12, 20].map(|n| of_quarter("2026-Q1", n));
        let judged = judge(&reviews, &vec![false; reviews.len()], &quarters, 5);
        assert!(
            judged.reviews.iter().any(|shown| !shown.attendees),
            "{:?}",
            judged.reviews
        );
    }
}
