//! What the reviews of a month would tell together with everybody who came in it, whom A7's cohorts add up to.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::Review;
use crate::indicators::Context;
use crate::jobs::cohorts::{Lone, Month};
use crate::summary::suppress;

/// The months in which somebody came to a review, by name. `said` is of each review who is told how many
/// came.
pub(super) fn months(
    reviews: &[Review],
    said: impl Iterator<Item = Lone>,
    context: &Context,
    k: u32,
) -> BTreeMap<String, Month> {
    let mut months: BTreeMap<String, Vec<(&Review, Lone)>> = BTreeMap::new();
    for (review, said) in reviews.iter().zip(said) {
        if review.attended > 0 {
            let month = context.calendar.date(review.at).format("%Y-%m").to_string();
            months.entry(month).or_default().push((review, said));
        }
    }
    let months = months.into_iter();
    months
        .map(|(name, held)| (name, month(&held, k.into())))
        .collect()
}

fn month(held: &[(&Review, Lone)], k: u64) -> Month {
    let all: BTreeSet<i64> = held
        .iter()
        .flat_map(|(review, _)| review.named.iter().copied())
        .collect();
    let people = all.len() as u64;
    let named = |review: &Review| review.named.len() as u64;
    let told = || held.iter().filter(|(_, said)| *said != Lone::Withheld);
    let mut few: Vec<u64> = Vec::new();
    for (review, _) in told() {
        // Who came to the others alone, and who came to this one without a name.
        few.extend([people - named(review), review.attended - named(review)]);
    }
    // How often somebody came again.
    if told().count() == held.len() {
        few.push(held.iter().map(|(review, _)| named(review)).sum::<u64>() - people);
    }
    few.retain(|people| suppress::count_is_withheld(*people, k));
    Month {
        lone: match held {
            [(_, said)] => Some(*said),
            _ => None,
        },
        people,
        few,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(people: std::ops::Range<i64>, dial_ins: u64) -> Review {
        let named: BTreeSet<i64> = people.collect();
        Review {
            attended: named.len() as u64 + dial_ins,
            named,
            ..Review::default()
        }
    }

    fn few(held: &[(Review, Lone)]) -> Vec<u64> {
        let held: Vec<(&Review, Lone)> =
            held.iter().map(|(review, said)| (review, *said)).collect();
        month(&held, 5).few
    }

    #[test]
    fn who_had_no_name_is_what_a_review_has_more() {
        assert_eq!(few(&[(review(0..20, 2), Lone::Told)]), [2]);
        assert!(few(&[(review(0..20, 0), Lone::Told)]).is_empty());
        assert!(few(&[(review(0..20, 7), Lone::Told)]).is_empty());
        assert!(few(&[(review(0..20, 2), Lone::Withheld)]).is_empty());
    }

    #[test]
    fn two_reviews_tell_who_came_to_one_alone_and_who_to_both() {
        // 23 people, and 20 of them came to the first.
        let held = [
            (review(0..20, 0), Lone::Told),
            (review(14..23, 0), Lone::Withheld),
        ];
        assert_eq!(few(&held), [3]);
        let held = [
            (review(0..20, 0), Lone::Told),
            (review(18..38, 0), Lone::ToSome),
        ];
        assert_eq!(few(&held), [2]);
        let held = [
            (review(0..20, 0), Lone::Told),
            (review(10..30, 0), Lone::Told),
        ];
        assert!(few(&held).is_empty());
    }
}
