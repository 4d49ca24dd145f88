//! Whether the habit of inviting changed: calendars mark more people as optional than before, or fewer, and the
//! same people come. Then a share of those who came freely says something of the calendar and not of people.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::Quarter;

/// So many invitations a quarter has to have.
const ENOUGH: u64 = 20;
/// By so much the share of optional invitations changes at least.
const JUMP: f64 = 0.2;
/// So many of those who came in the smaller quarter came in the other, too.
const SAME_PEOPLE: f64 = 0.5;
/// And so many came to a review, as a ratio of the two quarters.
const AS_MANY: f64 = 0.75;

/// The quarters whose invitations are other than in the quarter before that had reviews. Quarters to which
/// fewer than `k` people came say nothing.
pub(super) fn changed(quarters: &BTreeMap<String, Quarter>, k: u64) -> BTreeSet<&str> {
    let each: Vec<(&String, &Quarter)> = quarters.iter().collect();
    let pairs = each
        .windows(2)
        .filter(|pair| is_other(pair[0].1, pair[1].1, k));
    pairs.map(|pair| pair[1].0.as_str()).collect()
}

fn is_other(before: &Quarter, now: &Quarter, k: u64) -> bool {
    let both = [before, now];
    if both.iter().any(|quarter| quarter.invited < ENOUGH.max(k)) {
        return false;
    }
    let [optional, optional_now] =
        both.map(|quarter| quarter.optional as f64 / quarter.invited as f64);
    let [came, came_now] = both.map(came);
    let fewer = came.len().min(came_now.len());
    if (fewer as u64) < k.max(1) {
        return false;
    }
    let same = came.intersection(&came_now).count() as f64 / fewer as f64;
    let [each, each_now] = both.map(per_review);
    let as_many = each.min(each_now) / each.max(each_now);
    (optional_now - optional).abs() >= JUMP && same >= SAME_PEOPLE && as_many >= AS_MANY
}

fn came(quarter: &Quarter) -> BTreeSet<i64> {
    let named = quarter.roles.values().flat_map(|role| &role.named);
    named.copied().collect()
}

fn per_review(quarter: &Quarter) -> f64 {
    let all: u64 = quarter.roles.values().map(|role| role.all).sum();
    all as f64 / quarter.recorded.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::gather::Presences;
    use super::*;

    /// A quarter of three reviews: so many invited, so many of them as optional, and who came to each.
    fn quarter(invited: u64, optional: u64, people: std::ops::Range<i64>) -> Quarter {
        let meetings = ["a", "b", "c"].map(str::to_owned).into_iter().collect();
        let presences = Presences {
            all: 3 * people.clone().count() as u64,
            named: people.collect(),
            dial_ins: 0,
        };
        Quarter {
            recorded: meetings,
            roles: BTreeMap::from([("CHAIR", presences)]),
            invited,
            optional,
            ..Quarter::default()
        }
    }

    #[test]
    fn a_jump_without_other_people_is_a_habit() {
        for (before, now, expected) in [
            (quarter(30, 3, 0..10), quarter(30, 20, 0..10), true),
            (quarter(30, 20, 0..10), quarter(30, 3, 2..12), true),
            // Too small a jump, other people, more people, too few invitations.
            (quarter(30, 3, 0..10), quarter(30, 8, 0..10), false),
            (quarter(30, 3, 0..10), quarter(30, 20, 8..18), false),
            (quarter(30, 3, 0..10), quarter(60, 40, 0..20), false),
            (quarter(19, 3, 0..10), quarter(30, 20, 0..10), false),
            (quarter(30, 3, 0..4), quarter(30, 20, 0..4), false),
        ] {
            let quarters =
                BTreeMap::from([("2026-Q1".to_owned(), before), ("2026-Q2".to_owned(), now)]);
            assert_eq!(changed(&quarters, 5).contains("2026-Q2"), expected);
        }
        assert!(changed(&BTreeMap::new(), 5).is_empty());
    }
}
