//! PageRank by power iteration: where a reader ends up who follows links at random and sometimes begins
//! anew. A page without links sends its reader anywhere.

/// Steps after which it stops even without having settled: at 0.85 it settles within two hundred.
const MOST_STEPS: usize = 10_000;

/// The probability of each of `n` nodes; they add up to 1. `edges` are (from, to), each once; those that
/// name no node are passed over. `alpha` is how likely a reader follows a link instead of beginning
/// anew; it ends when a step moves less than `tolerance` in sum.
pub fn pagerank(n: usize, edges: &[(usize, usize)], alpha: f64, tolerance: f64) -> Vec<f64> {
    if n == 0 {
        return Vec::new();
    }
    let known = || edges.iter().filter(|(from, to)| *from < n && *to < n);
    let mut out = vec![0u32; n];
    for (from, _) in known() {
        out[*from] += 1;
    }
    let even = 1.0 / n as f64;
    let mut rank = vec![even; n];
    for _ in 0..MOST_STEPS {
        let dangling: f64 = rank
            .iter()
            .zip(&out)
            .filter(|(_, out)| **out == 0)
            .map(|(rank, _)| rank)
            .sum();
        let floor = (1.0 - alpha) * even + alpha * dangling * even;
        let mut next = vec![floor; n];
        for (from, to) in known() {
            next[*to] += alpha * rank[*from] / f64::from(out[*from]);
        }
        let moved: f64 = next.iter().zip(&rank).map(|(a, b)| (a - b).abs()).sum();
        rank = next;
        if moved < tolerance {
            break;
        }
    }
    rank
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, one};

    /// The same as the solution of (I - alpha P) x = (1 - alpha) / n, by elimination.
    fn solved(n: usize, edges: &[(usize, usize)], alpha: f64) -> Vec<f64> {
        let even = 1.0 / n as f64;
        let mut rows: Vec<Vec<f64>> = (0..n)
            .map(|i| {
                let mut row = vec![0.0; n + 1];
                row[i] = 1.0;
                row[n] = (1.0 - alpha) * even;
                row
            })
            .collect();
        for from in 0..n {
            let to: Vec<usize> = edges.iter().filter(|e| e.0 == from).map(|e| e.1).collect();
            for (i, row) in rows.iter_mut().enumerate() {
                let p = match to.len() {
                    0 => even,
                    many => to.iter().filter(|to| **to == i).count() as f64 / many as f64,
                };
                row[from] -= alpha * p;
            }
        }
        for i in 0..n {
            let best = (i..n).max_by(|a, b| rows[*a][i].abs().total_cmp(&rows[*b][i].abs()));
            rows.swap(i, best.unwrap());
            let pivot = rows[i].clone();
            for (j, row) in rows.iter_mut().enumerate() {
                if j != i {
                    let by = row[i] / pivot[i];
                    row.iter_mut().zip(&pivot).for_each(|(a, b)| *a -= by * b);
                }
            }
        }
        (0..n).map(|i| rows[i][n] / rows[i][i]).collect()
    }

    #[test]
    fn fits_the_worked_examples() {
        let first = one("K4", 0);
        let names = ["A", "B", "C", "D"];
        let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
        let edges: Vec<(usize, usize)> = first.input["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| {
                (
                    place(edge[0].as_str().unwrap()),
                    place(edge[1].as_str().unwrap()),
                )
            })
            .collect();
        let found = pagerank(4, &edges, 0.85, 1e-12);
        for (name, rank) in names.iter().zip(found) {
            assert!(
                close(rank, &first.expect["pagerank"][name]),
                "{name}: {rank}"
            );
        }
        let none = one("K4", 1);
        for rank in pagerank(3, &[], 0.85, 1e-12) {
            assert!(close(rank, &none.expect["pagerank"]["A"]));
        }
        assert!(pagerank(0, &[(0, 1)], 0.85, 1e-12).is_empty());
    }

    proptest! {
        #[test]
        fn it_solves_its_equations(
            n in 1usize..12,
            edges in proptest::collection::btree_set((0usize..12, 0usize..12), 0..40),
        ) {
            let edges: Vec<_> = edges.into_iter().filter(|(a, b)| a != b && *a < n && *b < n).collect();
            let found = pagerank(n, &edges, 0.85, 1e-12);
            prop_assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            for (found, solved) in found.iter().zip(solved(n, &edges, 0.85)) {
                prop_assert!((found - solved).abs() < 1e-10, "{} {}", found, solved);
            }
        }
    }
}
