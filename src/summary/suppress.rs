//! P1: which cells of a table are withheld.

/// The cells that may be shown; the others are withheld (INDICATORS P1). A cell of 1 to k-1 people
/// is withheld; where that alone would let it be computed from the total, the next smallest cells
/// that are not zero go too, the first of equals first, until at least two are withheld and they
/// hold k people or more. Zero names nobody and is shown.
pub fn cells(people: &[u64], k: u64) -> Vec<bool> {
    cells_but(people, |_| false, k)
}

/// The same of cells some of which are not shown anyway, whatever they hold: they are in the total
/// too, and one of them alone could be computed from it.
pub fn cells_but(people: &[u64], unlisted: impl Fn(usize) -> bool, k: u64) -> Vec<bool> {
    let shown = people.iter().enumerate();
    let mut shown: Vec<bool> = shown
        .map(|(at, &n)| (n == 0 || n >= k) && !unlisted(at))
        .collect();
    loop {
        let hidden = people.iter().zip(&shown);
        let hidden = hidden.filter(|(n, shown)| !**shown && **n > 0);
        let hidden: Vec<u64> = hidden.map(|(n, _)| *n).collect();
        // One unlisted cell that holds many is no secret.
        let small = hidden.iter().any(|n| *n < k);
        if !small || is_open(&hidden, k) {
            return shown;
        }
        let next = (0..people.len())
            .filter(|&at| shown[at] && people[at] > 0)
            .min_by_key(|&at| (people[at], at));
        match next {
            Some(at) => shown[at] = false,
            None => return shown,
        }
    }
}

/// Whether cells that are withheld may be anything, as far as their sum tells. Two attacks need no
/// arithmetic but the rule itself. A withheld cell holds somebody, since zero is shown: five cells that
/// hold five people hold one each. And cells of fewer than k hold k-1 at most: three that hold 3(k-1)
/// hold k-1 each.
pub(crate) fn is_open(hidden: &[u64], k: u64) -> bool {
    let count = hidden.len() as u64;
    let sum: u64 = hidden.iter().sum();
    let most = count.saturating_mul(k.saturating_sub(1));
    let all_small = hidden.iter().all(|n| *n < k);
    count >= 2 && sum >= k && sum > count && !(all_small && sum == most)
}

/// Whether a count that rests on so many people is withheld.
pub fn count_is_withheld(people: u64, k: u64) -> bool {
    people > 0 && people < k
}

/// Whether a share of people is withheld: its base, its numerator or what is left of it is 1 to
/// k-1 people.
pub fn share_is_withheld(num: u64, den: u64, k: u64) -> bool {
    [den, num, den.saturating_sub(num)]
        .into_iter()
        .any(|people| count_is_withheld(people, k))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// INDICATORS P1, both examples.
    #[test]
    fn worked_examples() {
        assert_eq!(cells(&[12, 9, 3, 7], 5), [true, true, false, false]);
        assert_eq!(cells(&[12, 9, 3, 2], 5), [true, true, false, false]);
        assert_eq!(cells(&[12, 9, 0, 7], 5), [true; 4]);
    }

    /// The same cases as in the project's worked examples, read from their file.
    #[test]
    fn the_examples_of_the_file_hold() {
        for at in 0..2 {
            let example = crate::stats::examples::one("P1", at);
            let people = example.input["readers"]
                .as_array()
                .or_else(|| example.input["cells"].as_array())
                .map(|cells| cells.iter().filter_map(serde_json::Value::as_u64))
                .map(Iterator::collect::<Vec<_>>)
                .unwrap();
            let k = example.input["k"].as_u64().unwrap_or(5);
            let shown = cells(&people, k).into_iter().zip(&people);
            let shown: Vec<Option<u64>> = shown.map(|(s, n)| s.then_some(*n)).collect();
            assert_eq!(serde_json::json!(shown), example.expect["shown"]);
            assert_eq!(people.iter().sum::<u64>(), example.expect["total"]);
        }
    }

    #[test]
    fn the_rule_itself_gives_nothing_away() {
        // Five of one each, and three of four each: the sum alone would tell.
        assert_eq!(cells(&[9, 1, 1, 1, 1, 1], 5), [false; 6]);
        assert_eq!(
            cells(&[9, 4, 4, 4, 0], 5),
            [false, false, false, false, true]
        );
        assert_eq!(cells(&[1, 1, 7], 2), [false; 3]);
    }

    #[test]
    fn shares_are_withheld_on_either_side() {
        assert!(share_is_withheld(3, 20, 5));
        assert!(share_is_withheld(18, 20, 5));
        assert!(share_is_withheld(0, 3, 5));
        assert!(!share_is_withheld(0, 20, 5));
        assert!(!share_is_withheld(20, 20, 5));
    }

    proptest! {
        /// With the total known, no single withheld cell can be computed, nor a small sum of them.
        #[test]
        fn the_total_gives_nothing_away(people in prop::collection::vec(0_u64..30, 0..8), k in 1_u64..10) {
            let shown = cells(&people, k);
            let hidden: Vec<u64> =
                people.iter().zip(&shown).filter(|(_, s)| !**s).map(|(n, _)| *n).collect();
            let others = people.iter().zip(&shown).filter(|(n, s)| **s && **n > 0).count();
            for (n, s) in people.iter().zip(&shown) {
                prop_assert!(!*s || *n == 0 || *n >= k);
            }
            if !hidden.is_empty() && others > 0 {
                prop_assert!(hidden.len() >= 2 && hidden.iter().sum::<u64>() >= k);
            }
        }
    }
}
