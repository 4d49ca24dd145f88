//! How something fades: four laws of ages that are only seen up to an age of their own, fitted by largest
//! likelihood.
//!
//! Each age a of one whose life was seen up to H adds `n · [ln f(a;θ) - ln F(H;θ)]`: the conditional likelihood of
//! an inhomogeneous Poisson process with a level of its own for each. Without the second term young ones would
//! bias every law to fast decay. Ages and parameters are in days.
//!
//! | law | parameters | ln f(a) | F(a) |
//! | --- | --- | --- | --- |
//! | exponential | mean m | -ln m - a/m | 1 - e^(-a/m) |
//! | Weibull | shape k, scale λ | ln k - ln λ + (k-1) ln(a/λ) - (a/λ)^k | 1 - e^(-(a/λ)^k) |
//! | log-normal | mu, sigma | -ln a - ln σ - ln √(2π) - z²/2, z = (ln a - μ)/σ | Φ(z) |
//! | Lomax | shape α, scale λ | ln α - ln λ - (α+1) ln(1 + a/λ) | 1 - (1 + a/λ)^(-α) |
//!
//! Each family has an edge, where its truncated density becomes a simpler one; what is told is the largest
//! likelihood, be it there, and then marked as at the bound:
//! - Lomax is a power law shifted by λ. Where its shape goes to 0 its density becomes that of 1/(λ + a), told with
//!   shape 0; where its shape grows for ever, the exponential's.
//! - The log-normal with μ = bσ² and σ for ever growing, and the Weibull with k = b and λ for ever growing, become
//!   the power b a^(b-1) / H^b, whose b is n / Σ ln(H/a). So the log-normal is looked for by b = μ/σ² and σ, for μ
//!   alone grows with σ².

use std::collections::BTreeMap;

use statrs::function::erf::erfc;

use super::Weighted;
use super::maximum::{Box2, maximum};

/// So many reads of one age, seen up to an age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aged {
    /// The age, days, more than 0.
    pub age: f64,
    /// The age up to which its write-up was seen, days.
    pub until: f64,
    /// How many.
    pub times: u64,
    /// Ages with the same number are taken as one in the likelihood: their mean.
    pub bin: u64,
}

/// A law of fading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A half-life: the same share is lost every day.
    Exponential,
    /// A stretched exponential.
    Weibull,
    /// The logarithms of ages are normal.
    LogNormal,
    /// A shifted power law: a long tail.
    Lomax,
}

impl Law {
    /// All of them, the simplest first.
    pub const ALL: [Law; 4] = [Law::Exponential, Law::Weibull, Law::LogNormal, Law::Lomax];

    /// Its name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Law::Exponential => "exponential",
            Law::Weibull => "weibull",
            Law::LogNormal => "lognormal",
            Law::Lomax => "lomax",
        }
    }

    /// The names of its parameters.
    pub const fn parameters(self) -> &'static [&'static str] {
        match self {
            Law::Exponential => &["mean"],
            Law::Weibull | Law::Lomax => &["shape", "scale"],
            Law::LogNormal => &["mu", "sigma"],
        }
    }

    /// The law of this name.
    pub fn named(name: &str) -> Option<Law> {
        Law::ALL.into_iter().find(|law| law.name() == name)
    }

    /// F(a): the share that has come by an age, days. Of a Lomax of shape 0 it is nought, to a factor.
    pub fn until(self, parameters: [f64; 2], age: f64) -> f64 {
        if age <= 0.0 {
            return 0.0;
        }
        self.distribution(parameters, age).exp()
    }

    /// Where parameters are looked for, as the search moves them: by their logarithms, and mu by mu/sigma².
    fn bounds(self) -> Box2 {
        let positive = (1e-6_f64.ln(), 1e9_f64.ln());
        match self {
            Law::Exponential => Box2([positive, (0.0, 0.0)]),
            Law::Weibull => Box2([(1e-3_f64.ln(), 1e3_f64.ln()), positive]),
            Law::LogNormal => Box2([(-1e9, 1e9), (1e-3_f64.ln(), WIDEST.ln())]),
            Law::Lomax => Box2([(LEAST_SHAPE.ln(), LARGEST_SHAPE.ln()), positive]),
        }
    }

    /// The parameters behind a point of the search.
    fn at(self, point: [f64; 2]) -> [f64; 2] {
        match self {
            Law::LogNormal => [point[0] * (2.0 * point[1]).exp(), point[1].exp()],
            _ => point.map(f64::exp),
        }
    }

    /// ln f(a).
    fn density(self, [p, q]: [f64; 2], age: f64) -> f64 {
        match self {
            Law::Exponential => -p.ln() - age / p,
            Law::Weibull => {
                let log = (age / q).ln();
                p.ln() - q.ln() + (p - 1.0) * log - (p * log).exp()
            }
            Law::LogNormal => {
                let z = (age.ln() - p) / q;
                -age.ln() - q.ln() - LN_ROOT_2PI - z * z / 2.0
            }
            Law::Lomax => p.ln() - q.ln() - (p + 1.0) * (age / q).ln_1p(),
        }
    }

    /// ln F(a).
    fn distribution(self, [p, q]: [f64; 2], age: f64) -> f64 {
        let of_hazard = |hazard: f64| (-(-hazard).exp_m1()).ln();
        match self {
            Law::Exponential => of_hazard(age / p),
            Law::Weibull => of_hazard((p * (age / q).ln()).exp()),
            Law::LogNormal => ln_normal((age.ln() - p) / q),
            Law::Lomax => of_hazard(p * (age / q).ln_1p()),
        }
    }
}

/// No shape of Lomax is smaller: there the truncated density has long been that of shape 0.
const LEAST_SHAPE: f64 = 1e-9;

/// No shape of Lomax is larger: there it has long been the exponential.
const LARGEST_SHAPE: f64 = 1e6;

/// No sigma of a log-normal is larger: there its truncated density has long been a power of the age.
const WIDEST: f64 = 1e3;

const LN_ROOT_2PI: f64 = 0.918_938_533_204_672_7;

/// Likelihoods that differ by less, as a share, are the same.
const SAME: f64 = 1e-9;

/// One law, fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Which.
    pub law: Law,
    /// Its parameters, as [`Law::parameters`] names them; of one parameter the second means nothing.
    pub parameters: [f64; 2],
    /// Logarithm of the likelihood ℓ.
    pub loglik: f64,
    /// 2k - 2ℓ, for k parameters.
    pub aic: f64,
    /// k ln n - 2ℓ, for n reads.
    pub bic: f64,
    /// Distance of Kolmogorov and Smirnov between F(a)/F(H) and the uniform distribution.
    pub ks: f64,
    /// The likelihood still grew at the end of where parameters were looked for: compare it, not them.
    pub at_bound: bool,
    /// Akaike weight: e^(-(AIC - least AIC)/2) as a share of all four.
    pub weight: f64,
}

/// All laws, in the order of [`Law::ALL`]; nothing of ages that are all the same, nor of none.
pub fn decay(ages: &[Aged]) -> Option<Vec<Fit>> {
    let seen = Seen::of(ages)?;
    let mut fits: Vec<Fit> = Law::ALL.map(|law| seen.fit(law)).to_vec();
    let least = fits.iter().map(|fit| fit.aic).fold(f64::INFINITY, f64::min);
    let likely = |fit: &Fit| ((least - fit.aic) / 2.0).exp();
    let all: f64 = fits.iter().map(likely).sum();
    for fit in &mut fits {
        fit.weight = likely(fit) / all;
    }
    Some(fits)
}

/// What the likelihood is made of.
struct Seen<'a> {
    all: &'a [Aged],
    /// Ages and how often they came.
    ages: Vec<(f64, f64)>,
    /// Ends of seeing and how many ages were seen up to them.
    ends: Vec<(f64, f64)>,
    n: u64,
}

impl<'a> Seen<'a> {
    fn of(all: &'a [Aged]) -> Option<Self> {
        let mut bins: BTreeMap<u64, (f64, u64)> = BTreeMap::new();
        for one in all {
            let bin = bins.entry(one.bin).or_default();
            bin.0 += one.age * one.times as f64;
            bin.1 += one.times;
        }
        let ages: Vec<(f64, f64)> = bins
            .into_values()
            .filter(|bin| bin.1 > 0)
            .map(|(sum, times)| (sum / times as f64, times as f64))
            .collect();
        let ends = Weighted::new(all.iter().map(|one| (one.until, one.times)).collect());
        let ends = ends
            .pairs()
            .iter()
            .map(|(end, times)| (*end, *times as f64));
        (ages.len() > 1).then(|| Seen {
            all,
            ages,
            ends: ends.collect(),
            n: all.iter().map(|one| one.times).sum(),
        })
    }

    fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.ages.iter().map(|(age, times)| times * of(*age)).sum();
        sum / self.n as f64
    }

    fn loglik(&self, law: Law, parameters: [f64; 2]) -> f64 {
        let ages = self.ages.iter();
        let seen: f64 = ages
            .map(|(age, times)| times * law.density(parameters, *age))
            .sum();
        let ends = self.ends.iter();
        let unseen: f64 = ends
            .map(|(end, times)| times * law.distribution(parameters, *end))
            .sum();
        seen - unseen
    }

    /// ℓ of the density of 1/(λ + a).
    fn loglik_of_no_shape(&self, scale: f64) -> f64 {
        let ages = self.ages.iter();
        let seen: f64 = ages.map(|(age, times)| -times * (scale + age).ln()).sum();
        let ends = self.ends.iter();
        let unseen: f64 = ends
            .map(|(end, times)| times * (end / scale).ln_1p().ln())
            .sum();
        seen - unseen
    }

    fn fit(&self, law: Law) -> Fit {
        let mean = self.mean(|age| age).ln();
        let log = self.mean(f64::ln);
        let spread = self.mean(|age| (age.ln() - log).powi(2)).sqrt().max(0.1);
        let starts: [[f64; 2]; 2] = match law {
            Law::Exponential => [[mean, 0.0], [mean + 1.0, 0.0]],
            Law::Weibull => [[-0.5, log], [0.0, mean]],
            Law::LogNormal => [(log, spread.ln()), (log + 1.0, spread.ln() + 0.5)]
                .map(|(mu, sigma)| [mu / (2.0 * sigma).exp(), sigma]),
            Law::Lomax => [[0.0, log], [-1.5, log - 1.0]],
        };
        let bounds = law.bounds();
        let best = maximum(&bounds, &starts, |point| self.loglik(law, law.at(point)));
        let mut parameters = law.at(best.point);
        let mut loglik = best.value;
        let axes = law.parameters().len();
        let mut at_bound = (0..axes).any(|axis| bounds.is_end(axis, best.point[axis]));
        if let Some((edge, value)) = self.edge(law)
            && value >= loglik - SAME * loglik.abs()
        {
            (parameters, loglik, at_bound) = (edge, value, true);
        }
        if law == Law::Lomax {
            let one = Box2([bounds.0[1], (0.0, 0.0)]);
            let none = maximum(&one, &[[log, 0.0], [log - 2.0, 0.0]], |point| {
                self.loglik_of_no_shape(point[0].exp())
            });
            if none.value >= loglik - SAME * loglik.abs() {
                parameters = [0.0, none.point[0].exp()];
                (loglik, at_bound) = (none.value, true);
            }
        }
        let k = axes as f64;
        Fit {
            law,
            parameters,
            loglik,
            aic: 2.0 * k - 2.0 * loglik,
            bic: k * (self.n as f64).ln() - 2.0 * loglik,
            ks: self.distance(law, parameters),
            at_bound,
            weight: 0.0,
        }
    }

    /// Parameters near the edge of a family at which it becomes a simpler law, and that law's ℓ.
    fn edge(&self, law: Law) -> Option<([f64; 2], f64)> {
        let power = || {
            // ln H - ln a, summed: an age is never above its own H.
            let ends: f64 = self.ends.iter().map(|(end, times)| times * end.ln()).sum();
            let ages = self.ages.iter();
            let ages: f64 = ages.map(|(age, times)| times * age.ln()).sum();
            let n = self.n as f64;
            let b = n / (ends - ages);
            (b > 0.0 && b.is_finite()).then(|| (b, n * b.ln() - b * ends + (b - 1.0) * ages))
        };
        match law {
            Law::Exponential => None,
            Law::LogNormal => power().map(|(b, value)| ([b * WIDEST * WIDEST, WIDEST], value)),
            Law::Weibull => power().map(|(b, value)| {
                // So wide that (a/λ)^b is below a billionth for all that was seen.
                let longest = self.ends.iter().map(|end| end.0).fold(0.0, f64::max);
                let scale = (longest.ln() + 1e9_f64.ln() / b).min(f64::MAX.ln());
                ([b, scale.exp()], value)
            }),
            Law::Lomax => {
                let fit = self.fit(Law::Exponential);
                Some((
                    [LARGEST_SHAPE, fit.parameters[0] * LARGEST_SHAPE],
                    fit.loglik,
                ))
            }
        }
    }

    fn distance(&self, law: Law, parameters: [f64; 2]) -> f64 {
        let share = |one: &Aged| match parameters {
            [shape, scale] if law == Law::Lomax && shape <= 0.0 => {
                (one.age / scale).ln_1p() / (one.until / scale).ln_1p()
            }
            _ => {
                let below = law.distribution(parameters, one.age);
                (below - law.distribution(parameters, one.until)).exp()
            }
        };
        let shares = self.all.iter().map(|one| (share(one), one.times));
        Weighted::new(shares.collect())
            .distance(|share| share)
            .unwrap_or(f64::NAN)
    }
}

/// ln Φ(z), also where Φ is too small for a number of its own: there by Mills' ratio as a continued fraction.
fn ln_normal(z: f64) -> f64 {
    if z > -20.0 {
        return (erfc(-z / std::f64::consts::SQRT_2) / 2.0).ln();
    }
    let x = -z;
    let fraction = (1..=30).rev().fold(x, |tail, k| x + f64::from(k) / tail);
    -x * x / 2.0 - LN_ROOT_2PI - fraction.ln()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::examples::{close, numbers, one};

    fn seen(ages: &[f64], until: f64) -> Vec<Aged> {
        ages.iter()
            .map(|&age| Aged {
                age,
                until,
                times: 1,
                bin: age.to_bits(),
            })
            .collect()
    }

    /// The examples' own search stopped six digits in, where the likelihood is flat.
    fn near(found: f64, expected: &serde_json::Value) -> bool {
        let expected = expected.as_f64().unwrap();
        (found - expected).abs() <= 1e-5 * expected.abs().max(1e-3)
    }

    #[test]
    fn fits_the_first_worked_example() {
        let example = one("L7", 0);
        let until = example.input["H"].as_f64().unwrap();
        let fits = decay(&seen(&numbers(&example.input["ages"]), until)).unwrap();
        for fit in &fits {
            let expect = &example.expect[fit.law.name()];
            assert!(close(fit.loglik, &expect["loglik"]), "{fit:?}");
            assert!(close(fit.aic, &expect["aic"]) && close(fit.bic, &expect["bic"]));
            assert!(near(fit.ks, &expect["ks"]), "{fit:?}");
            assert!(near(fit.weight, &expect["w"]), "{fit:?}");
            for (name, value) in fit.law.parameters().iter().zip(fit.parameters) {
                assert!(near(value, &expect["params"][name]), "{name} {fit:?}");
            }
            assert_eq!(fit.at_bound, fit.law == Law::Lomax, "{fit:?}");
        }
    }

    #[test]
    fn fits_the_second_worked_example() {
        let example = one("L7", 1);
        let (ages, ends) = (&example.input["ages"], numbers(&example.input["H"]));
        let all: Vec<Aged> = ends
            .iter()
            .enumerate()
            .flat_map(|(at, end)| seen(&numbers(&ages[at]), *end))
            .collect();
        let expect = &example.expect;
        let fits = decay(&all).unwrap();
        assert!(near(fits[0].parameters[0], &expect["exponential"]["mean"]));
        assert!(close(fits[0].loglik, &expect["exponential_loglik"]));
        assert!(near(fits[2].parameters[0], &expect["lognormal"]["mu"]));
        assert!(near(fits[2].parameters[1], &expect["lognormal"]["sigma"]));
        let best = fits.iter().min_by(|a, b| a.aic.total_cmp(&b.aic)).unwrap();
        assert_eq!(best.law.name(), expect["best"]);
        let mean = all.iter().map(|one| one.age).sum::<f64>() / all.len() as f64;
        assert!(close(mean, &expect["naive_mean"]));
    }

    #[test]
    fn small_shares_of_the_normal_distribution() {
        // Both ways at the seam, and a value of mpmath's.
        let seam = |z: f64| ln_normal(z);
        assert!((seam(-20.0 + 1e-9) - seam(-20.0 - 1e-9)).abs() < 1e-7);
        assert!((ln_normal(-40.0) + 804.608_442_013_754).abs() < 1e-9);
        assert!((ln_normal(0.0) + std::f64::consts::LN_2).abs() < 1e-15);
    }

    #[test]
    fn nothing_has_no_law() {
        assert!(decay(&[]).is_none());
        assert!(decay(&seen(&[3.0, 3.0, 3.0], 9.0)).is_none());
    }

    /// Ages of a power of the age, seen up to two ends: no log-normal and no Weibull of finite parameters is likelier
    /// than the power, so both have its likelihood, and Akaike's weights are even.
    #[test]
    fn the_edge_of_a_family_has_its_likelihood() {
        for b in [0.1, 0.3, 0.8] {
            let all: Vec<Aged> = [90.0, 365.0]
                .into_iter()
                .flat_map(|end| {
                    let ages = (0..200).map(|n| end * ((f64::from(n) + 0.5) / 200.0).powf(1.0 / b));
                    seen(&ages.collect::<Vec<f64>>(), end)
                })
                .collect();
            let fits = decay(&all).unwrap();
            let n = all.len() as f64;
            let sum: f64 = all.iter().map(|one| (one.until / one.age).ln()).sum();
            let found = n / sum;
            let power: f64 = all
                .iter()
                .map(|one| found.ln() - one.until.ln() + (found - 1.0) * (one.age / one.until).ln())
                .sum();
            for fit in fits
                .iter()
                .filter(|fit| [Law::Weibull, Law::LogNormal].contains(&fit.law))
            {
                assert!(
                    fit.loglik >= power - 1e-6 * power.abs(),
                    "{b} {fit:?} {power}"
                );
                assert!(fit.loglik - power < 2.0, "{b} {fit:?} {power}");
                // What is told as parameters is near enough to draw and to measure by.
                let again = Seen::of(&all).unwrap().loglik(fit.law, fit.parameters);
                assert!((again - fit.loglik).abs() < 0.1, "{b} {fit:?} {again}");
                assert!(fit.parameters.iter().all(|value| value.is_finite()));
            }
            // The exponential is a Lomax, and no Lomax is worse.
            assert!(fits[3].loglik >= fits[0].loglik, "{fits:?}");
        }
    }

    #[test]
    fn what_never_fades_is_at_the_bound() {
        let even: Vec<f64> = (1..100).map(f64::from).collect();
        let fits = decay(&seen(&even, 100.0)).unwrap();
        assert!(fits[0].at_bound, "{:?}", fits[0]);
        assert!((fits[0].loglik + 99.0 * 100.0_f64.ln()).abs() < 1e-3);
    }

    /// Ages kept to seven binary digits more than their first.
    #[test]
    fn bins_change_the_fit_by_less_than_it_matters() {
        let ages: Vec<f64> = (1..2_000)
            .map(|n| 365.0 * (f64::from(n) / 2_000.0).powi(4) + 0.01)
            .collect();
        let exact = seen(&ages, 370.0);
        let rough: Vec<Aged> = exact
            .iter()
            .map(|one| Aged {
                bin: one.bin >> 45,
                ..*one
            })
            .collect();
        let pairs = decay(&exact)
            .unwrap()
            .into_iter()
            .zip(decay(&rough).unwrap());
        for (exact, rough) in pairs {
            assert!((exact.loglik / rough.loglik - 1.0).abs() < 1e-5);
            for (a, b) in exact.parameters.into_iter().zip(rough.parameters) {
                assert!(
                    (a - b).abs() <= 1e-4 * a.abs().max(1e-3),
                    "{exact:?} {rough:?}"
                );
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// No parameters nearby are likelier, and scaling all ages scales the scales alone.
        #[test]
        fn nothing_near_is_likelier(ages in prop::collection::vec(0.001_f64..80.0, 8..40)) {
            let all = seen(&ages, 90.0);
            let Some(fits) = decay(&all) else { return Ok(()) };
            let data = Seen::of(&all).unwrap();
            for fit in fits.iter().filter(|fit| !fit.at_bound) {
                prop_assert!((0.0..=1.0).contains(&fit.ks));
                for axis in 0..fit.law.parameters().len() {
                    for factor in [0.98, 1.02] {
                        let mut other = fit.parameters;
                        other[axis] *= factor;
                        let found = data.loglik(fit.law, other);
                        prop_assert!(found <= fit.loglik + 1e-7 * fit.loglik.abs(), "{fit:?} {found}");
                    }
                }
            }
        }
    }
}
