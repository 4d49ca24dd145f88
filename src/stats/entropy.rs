//! How evenly something is spread over kinds: Shannon's entropy in nats (natural logarithm), and the number
//! of equally common kinds that would have the same (Hill's number of order 1).

/// `-Σ p ln p` over the shares of these counts, in nats; kinds of which there is none add nothing. `None` of
/// nothing at all.
pub fn entropy(counts: &[u64]) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    let shares = counts.iter().filter(|count| **count > 0);
    let sum = shares.fold(0.0, |sum, count| {
        let p = *count as f64 / total as f64;
        sum - p * p.ln()
    });
    (total > 0).then_some(sum)
}

/// An entropy as a share of the largest that so many kinds can have; `None` of a single kind.
pub fn evenness(entropy: f64, kinds: u64) -> Option<f64> {
    (kinds > 1).then(|| entropy / (kinds as f64).ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        for at in 0..2 {
            let example = one("L12", at);
            let readers: Vec<u64> = numbers(&example.input["c"])
                .into_iter()
                .map(|n| n as u64)
                .collect();
            let found = entropy(&readers).unwrap();
            assert!(close(found, &example.expect["H"]));
            let kinds = example.input["K"].as_u64().unwrap();
            assert!(close(
                evenness(found, kinds).unwrap(),
                &example.expect["evenness"]
            ));
            assert!(close(found.exp(), &example.expect["effective_teams"]));
            let outside: u64 = readers[1..].iter().sum();
            let share = outside as f64 / readers.iter().sum::<u64>() as f64;
            assert!(close(share, &example.expect["outside_share"]));
        }
    }

    #[test]
    fn edges() {
        assert_eq!(entropy(&[]), None);
        assert_eq!(entropy(&[0, 0]), None);
        assert_eq!(entropy(&[7, 0]), Some(0.0));
        assert_eq!(evenness(0.0, 1), None);
        assert_eq!(evenness(0.0, 0), None);
        assert!((entropy(&[3, 3, 3, 3]).unwrap() - 4.0_f64.ln()).abs() < 1e-15);
    }
}
