//! The log-normal distribution of largest likelihood: the logarithms of what was seen have this
//! mean and this spread.

use statrs::function::erf::erfc;

use super::Weighted;

/// A fitted log-normal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal {
    /// Mean of the logarithms; `exp(mu)` is the geometric mean.
    pub mu: f64,
    /// Their standard deviation, of largest likelihood (divided by n).
    pub sigma: f64,
    /// Logarithm of the likelihood; `None` where all values are the same.
    pub loglik: Option<f64>,
    /// Distance of Kolmogorov and Smirnov; `None` where all values are the same.
    pub distance: Option<f64>,
}

/// Fits positive values; `None` of nothing, or where one is not positive.
pub fn log_normal(values: &Weighted) -> Option<LogNormal> {
    if values.pairs().first()?.0 <= 0.0 {
        return None;
    }
    let mu = values.mean(f64::ln)?;
    let sigma = values.mean(|x| (x.ln() - mu).powi(2))?.sqrt();
    let spread = values.pairs().len() > 1 && sigma > 0.0;
    let n = values.count() as f64;
    let half = (2.0 * std::f64::consts::PI).ln() / 2.0;
    Some(LogNormal {
        mu,
        sigma,
        // The squares add up to n/2 at the maximum.
        loglik: spread.then(|| -n * (mu + sigma.ln() + half + 0.5)),
        distance: spread
            .then(|| values.distance(|x| normal((x.ln() - mu) / sigma)))
            .flatten(),
    })
}

/// The normal distribution's share below `z`.
fn normal(z: f64) -> f64 {
    erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, numbers, one};

    #[test]
    fn fits_the_worked_examples() {
        for (index, name) in [(0, "ln_sd_mle"), (1, "lognormal_loglik")] {
            let example = one("R5", index);
            let times = numbers(&example.input["engaged_s"]);
            let times = Weighted::new(times.into_iter().map(|x| (x, 1)).collect());
            let fit = log_normal(&times).unwrap();
            let found = [fit.sigma, fit.loglik.unwrap()][index];
            assert!(close(found, &example.expect[name]), "{name} {found}");
        }
    }

    #[test]
    fn edges() {
        assert_eq!(log_normal(&Weighted::default()), None);
        assert_eq!(log_normal(&Weighted::new(vec![(0.0, 1), (2.0, 1)])), None);
        let same = log_normal(&Weighted::new(vec![(7.0, 4)])).unwrap();
        assert_eq!((same.loglik, same.distance), (None, None));
        assert!((same.mu - 7.0_f64.ln()).abs() < 1e-15);
    }
}
