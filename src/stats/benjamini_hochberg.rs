//! Benjamini and Hochberg's adjustment: of twenty tests of nothing one finds something, so tests that
//! are looked at together are judged together.

/// The adjusted p-values, each in the place of its own: sorted, p̃₍ᵢ₎ = min over j ≥ i of m·p₍ⱼ₎/j, not
/// above 1 (Benjamini and Hochberg 1995). Whoever calls findings those below 0.05 errs in at most one of
/// twenty of them, if the tests are independent or depend on each other positively.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let m = p.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![0.0; m];
    let mut least = 1.0_f64;
    for (rank, &place) in order.iter().enumerate().rev() {
        least = least.min(p[place] * m as f64 / (rank + 1) as f64);
        adjusted[place] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        let example = one("T7", 0);
        let found = benjamini_hochberg(&numbers(&example.input["p"]));
        let expect = example.expect["adjusted"].as_array().unwrap();
        assert_eq!(found.len(), expect.len());
        for (value, expected) in found.iter().zip(expect) {
            assert!(close(*value, expected), "{found:?}");
        }
        let rejected = found.iter().filter(|p| **p < 0.05).count();
        assert_eq!(
            rejected as u64,
            example.expect["rejected_05"].as_u64().unwrap()
        );
        // Why it is needed: the chance that one of twenty tests of nothing finds something.
        let any = 1.0 - 0.95_f64.powi(20);
        assert!(close(any, &one("T7", 1).expect["p_any"]));
    }

    #[test]
    fn the_order_of_tests_does_not_matter() {
        let found = benjamini_hochberg(&[0.6, 0.001, 0.041, 0.039]);
        assert_eq!(found[1], 0.004);
        assert_eq!(found[2], found[3]);
        assert_eq!(found[0], 0.6);
        assert_eq!(benjamini_hochberg(&[]), Vec::<f64>::new());
        assert_eq!(benjamini_hochberg(&[0.9, 0.95]), [0.95, 0.95]);
    }
}
