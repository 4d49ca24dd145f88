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
    let withheld = |shown: &[bool]| {
        let hidden = people.iter().zip(shown);
        let hidden = hidden.filter(|(n, shown)| !**shown && **n > 0);
        hidden.fold((0_usize, 0_u64), |(count, sum), (n, _)| {
            (count + 1, sum + n)
        })
    };
    loop {
        let (count, sum) = withheld(&shown);
        // One unlisted cell that holds many is no secret.
        let small = people
            .iter()
            .zip(&shown)
            .any(|(n, s)| !s && *n > 0 && *n < k);
        if !small || (count >= 2 && sum >= k) {
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
