//! Between what and what a number of different people lies, where a source only counts them
//! (INDICATORS R7).

/// At least `lo`, at most `hi`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// So many for certain.
    pub lo: u64,
    /// No more than so many.
    pub hi: u64,
}

impl Bounds {
    /// From the distinct people of each day of a period: the fullest day's were different, and at
    /// the most those of every day were.
    pub fn of_days(uniques: &[u64]) -> Self {
        Bounds {
            lo: uniques.iter().copied().max().unwrap_or(0),
            hi: uniques.iter().copied().fold(0, u64::saturating_add),
        }
    }

    /// Of one part of a span, from the distinct people of the whole and of the rest: those whom the
    /// rest does not know were here, and nobody was who is not in the whole.
    pub fn of_rest(whole: u64, rest: u64) -> Self {
        Bounds {
            lo: whole.saturating_sub(rest),
            hi: whole,
        }
    }

    /// Of all together, where each may hold the same people as another.
    pub fn together(all: impl IntoIterator<Item = Bounds>) -> Self {
        all.into_iter().fold(Bounds::default(), |sum, one| Bounds {
            lo: sum.lo.max(one.lo),
            hi: sum.hi.saturating_add(one.hi),
        })
    }

    /// There are not more people than these, where that is known.
    #[must_use]
    pub fn among(self, headcount: Option<u64>) -> Self {
        let hi = headcount.map_or(self.hi, |people| self.hi.min(people));
        // A roster may lack somebody who was counted.
        Bounds {
            lo: self.lo,
            hi: hi.max(self.lo),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{numbers, one};

    fn expected(index: usize) -> Bounds {
        let expect = one("R7", index).expect;
        let whole = |name: &str| expect[name].as_u64().unwrap();
        Bounds {
            lo: whole("lo"),
            hi: whole("hi"),
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let days = one("R7", 0);
        let uniques = numbers(&days.input["uniques"]);
        let uniques: Vec<u64> = uniques.into_iter().map(|n| n as u64).collect();
        let headcount = days.input["headcount"].as_u64();
        assert_eq!(Bounds::of_days(&uniques).among(headcount), expected(0));
        let since = one("R7", 1).input;
        let count = |name: &str| since[name].as_u64().unwrap();
        assert_eq!(
            Bounds::of_rest(count("since0"), count("since7")),
            expected(1)
        );
    }

    #[test]
    fn somebody_may_have_read_everything_and_nobody_twice() {
        let two = [Bounds { lo: 5, hi: 10 }, Bounds { lo: 7, hi: 8 }];
        assert_eq!(Bounds::together(two), Bounds { lo: 7, hi: 18 });
        assert_eq!(
            Bounds::together(two).among(Some(3)),
            Bounds { lo: 7, hi: 7 }
        );
        assert_eq!(Bounds::of_days(&[]), Bounds::default());
        assert_eq!(Bounds::of_rest(3, 5), Bounds { lo: 0, hi: 3 });
    }
}
