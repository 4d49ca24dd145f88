//! Weighted least squares for a handful of columns: what every regression here solves in each of its
//! rounds.

/// The solution of `min Σ w (z - Xb)²`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LeastSquares {
    /// b, one for each column.
    pub(super) coef: Vec<f64>,
    /// (XᵀWX)⁻¹, row by row.
    pub(super) inverse: Vec<Vec<f64>>,
}

/// A column of which less than this share is left beside the columns before it says nothing new.
const DEPENDENT: f64 = 1e-9;

/// Solves by Gram and Schmidt's orthogonalisation, each column against those before it, twice, so that
/// rounding leaves no trace of them: it needs no squares of the columns' condition, as the normal
/// equations do. `None` where a column is nought or a sum of the others, or a number is not finite.
pub(super) fn least_squares(
    columns: &[Vec<f64>],
    weights: &[f64],
    z: &[f64],
) -> Option<LeastSquares> {
    let roots: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
    let scaled = |column: &[f64]| -> Vec<f64> {
        column
            .iter()
            .zip(&roots)
            .map(|(x, root)| x * root)
            .collect()
    };
    let size = columns.len();
    let mut rest = scaled(z);
    let mut base: Vec<Vec<f64>> = Vec::with_capacity(size);
    // X = QR with R above the diagonal; `coef` is Qᵀz first.
    let mut r = vec![vec![0.0; size]; size];
    let mut coef = vec![0.0; size];
    for (j, column) in columns.iter().enumerate() {
        let mut q = scaled(column);
        let whole = dot(&q, &q).sqrt();
        for _ in 0..2 {
            for (i, before) in base.iter().enumerate() {
                let part = dot(before, &q);
                r[i][j] += part;
                subtract(&mut q, part, before);
            }
        }
        let left = dot(&q, &q).sqrt();
        if !(left.is_finite() && left > DEPENDENT * whole) {
            return None;
        }
        r[j][j] = left;
        q.iter_mut().for_each(|x| *x /= left);
        coef[j] = dot(&q, &rest);
        subtract(&mut rest, coef[j], &q);
        base.push(q);
    }
    let upwards = upper_inverse(&r);
    let coef: Vec<f64> = upwards.iter().map(|row| dot(row, &coef)).collect();
    let inverse = upwards
        .iter()
        .map(|a| upwards.iter().map(|b| dot(a, b)).collect())
        .collect();
    coef.iter()
        .all(|b| b.is_finite())
        .then_some(LeastSquares { coef, inverse })
}

/// Σ ab.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn subtract(from: &mut [f64], times: f64, what: &[f64]) {
    from.iter_mut()
        .zip(what)
        .for_each(|(from, what)| *from -= times * what);
}

/// The inverse of a matrix with nothing below its diagonal and no nought on it.
fn upper_inverse(r: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let size = r.len();
    let mut inverse = vec![vec![0.0; size]; size];
    for j in 0..size {
        inverse[j][j] = 1.0 / r[j][j];
        for i in (0..j).rev() {
            let above: f64 = (i + 1..=j).map(|m| r[i][m] * inverse[m][j]).sum();
            inverse[i][j] = -above / r[i][i];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12 * b.abs().max(1.0)
    }

    #[test]
    fn a_line_through_weighted_points() {
        // Weights 1, 1, 2: by hand, XᵀWX = [4 5; 5 9], Xᵀ Wz = [14, 22].
        let columns = [vec![1.0, 1.0, 1.0], vec![0.0, 1.0, 2.0]];
        let found = least_squares(&columns, &[1.0, 1.0, 2.0], &[0.0, 6.0, 4.0]).unwrap();
        assert!(near(found.coef[0], 16.0 / 11.0), "{found:?}");
        assert!(near(found.coef[1], 18.0 / 11.0), "{found:?}");
        for (i, j, expected) in [(0, 0, 9.0), (0, 1, -5.0), (1, 0, -5.0), (1, 1, 4.0)] {
            assert!(near(found.inverse[i][j], expected / 11.0), "{found:?}");
        }
    }

    #[test]
    fn a_column_that_says_nothing_new_has_no_solution() {
        let ones = vec![1.0; 4];
        for second in [vec![0.0; 4], vec![7.0; 4], vec![f64::NAN; 4]] {
            assert_eq!(least_squares(&[ones.clone(), second], &ones, &ones), None);
        }
    }

    #[test]
    fn a_column_far_from_nought_keeps_its_digits() {
        // Squared, a spread of 1 about 1e7 is lost beside 1e14.
        let x: Vec<f64> = [0.0, 1.0, 2.0, 3.0].map(|x| 1e7 + x).to_vec();
        let z: Vec<f64> = [0.0, 0.5, 1.0, 1.5].to_vec();
        let found = least_squares(&[vec![1.0; 4], x], &[1.0; 4], &z).unwrap();
        assert!((found.coef[1] - 0.5).abs() < 1e-7, "{found:?}");
    }
}
