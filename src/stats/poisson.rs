//! The exact interval of a rate of rare events: what twelve reads in forty write-up-days say about
//! the rate behind them, and what no read in four weeks does not say.

use statrs::function::gamma::{checked_gamma_lr, ln_gamma};

use super::Z95;

/// A rate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Events.
    pub k: u64,
    /// What they were spread over.
    pub exposure: f64,
    /// `k / exposure`.
    pub rate: f64,
    /// Lower limit; 0 without events.
    pub lo: f64,
    /// Upper limit; 3.689/exposure without events.
    pub hi: f64,
}

/// Events per unit of exposure with the exact interval (Garwood 1936): a chi-squared quantile with
/// 2k, and one with 2k + 2 degrees of freedom, both halved. `None` without exposure.
pub fn poisson(k: u64, exposure: f64) -> Option<Rate> {
    if !exposure.is_finite() || exposure <= 0.0 {
        return None;
    }
    let events = k as f64;
    // A halved chi-squared variable with 2a degrees of freedom is a gamma variable of shape a.
    let lo = if k == 0 {
        0.0
    } else {
        gamma_quantile(events, 0.025)
    };
    let hi = gamma_quantile(events + 1.0, 0.975);
    Some(Rate {
        k,
        exposure,
        rate: events / exposure,
        lo: lo / exposure,
        hi: hi / exposure,
    })
}

/// The `p`-quantile of the gamma distribution with this shape and scale 1, `p` being one of the two
/// ends of a 95 % interval: Newton's method inside a bracket that every step narrows, from Wilson
/// and Hilferty's approximation.
fn gamma_quantile(shape: f64, p: f64) -> f64 {
    let z = if p < 0.5 { -Z95 } else { Z95 };
    let ninth = 1.0 / (9.0 * shape);
    let mut x = (shape * (1.0 - ninth + z * ninth.sqrt()).powi(3)).max(1e-3);
    let (mut below, mut above) = (0.0, f64::INFINITY);
    for _ in 0..200 {
        let Ok(reached) = checked_gamma_lr(shape, x) else {
            break;
        };
        if reached < p {
            below = x;
        } else {
            above = x;
        }
        let density = ((shape - 1.0) * x.ln() - x - ln_gamma(shape)).exp();
        let newton = x - (reached - p) / density;
        let next = if newton.is_finite() && newton > below && newton < above {
            newton
        } else if above.is_finite() {
            (below + above) / 2.0
        } else {
            2.0 * x
        };
        let step = (next - x).abs();
        x = next;
        if step <= 1e-15 * x {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, each};

    #[test]
    fn fits_the_worked_examples() {
        for example in each().into_iter().filter(|example| example.id == "L1") {
            let k = example.input["k"].as_u64().unwrap();
            let found = poisson(k, example.input["exposure"].as_f64().unwrap()).unwrap();
            for (name, value) in [("rate", found.rate), ("lo", found.lo), ("hi", found.hi)] {
                assert!(close(value, &example.expect[name]), "{name} {value}");
            }
        }
    }

    #[test]
    fn large_counts_agree_with_the_normal_limit() {
        let found = poisson(1_000_000, 1.0).unwrap();
        // Relative error of the normal limit: about 1 / k.
        assert!((found.lo - (1e6 - Z95 * 1e3)).abs() < 3.0, "{found:?}");
        assert!((found.hi - (1e6 + Z95 * 1e3)).abs() < 4.0, "{found:?}");
    }

    #[test]
    fn one_event_has_the_tabulated_limits() {
        let found = poisson(1, 1.0).unwrap();
        // -ln(0.975) is the exact lower limit.
        assert!(
            (found.lo - 0.025_317_807_984_289_9).abs() < 1e-14,
            "{found:?}"
        );
        assert!((found.hi - 5.571_643_390_938_8).abs() < 1e-10, "{found:?}");
    }

    #[test]
    fn no_exposure_no_rate() {
        assert_eq!(poisson(3, 0.0), None);
        assert_eq!(poisson(3, f64::NAN), None);
    }
}
