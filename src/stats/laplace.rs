//! Discrete Laplace noise, also called two-sided geometric: whole numbers, the same on both sides of 0, added to
//! counts so that one person's presence can hardly be told from them (INDICATORS P3).
//!
//! `P(x) = (1 - a) / (1 + a) * a^|x|` with `a = e^(-ε / c)`; ε is the privacy that is spent and c how many counts
//! one person may be in. Variance `2a / (1 - a)²` (Inusah and Kozubowski 2006). Drawn after Canonne, Kamath and
//! Steinke 2020, "The discrete Gaussian for differential privacy", algorithm 2: whole numbers alone, since the
//! gaps between floating-point numbers tell what was added to them (Mironov 2012). Unit: that of the counts.

use std::num::NonZeroU32;

/// The noise of one privacy budget and one bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscreteLaplace {
    milli: NonZeroU32,
    bound: NonZeroU32,
}

impl DiscreteLaplace {
    /// `milli` is ε in thousandths, `bound` is c: how many counts one person may be in.
    pub fn new(milli: NonZeroU32, bound: NonZeroU32) -> Self {
        DiscreteLaplace { milli, bound }
    }

    /// `a = e^(-ε / c)`.
    pub fn a(self) -> f64 {
        (-f64::from(self.milli.get()) / (1000.0 * f64::from(self.bound.get()))).exp()
    }

    /// How often nothing is added: `(1 - a) / (1 + a)`.
    pub fn p0(self) -> f64 {
        (1.0 - self.a()) / (1.0 + self.a())
    }

    /// `2a / (1 - a)²`.
    pub fn variance(self) -> f64 {
        2.0 * self.a() / (1.0 - self.a()).powi(2)
    }

    /// The standard deviation.
    pub fn sd(self) -> f64 {
        self.variance().sqrt()
    }

    /// The smallest whole h such that at least 95 % of the noise lies in [-h, h]: beyond it lies
    /// `2 a^(h+1) / (1 + a)`.
    pub fn half_width(self) -> u64 {
        let h = (0.025 * (1.0 + self.a())).ln() / self.a().ln() - 1.0;
        // Never below zero, and far below 2^53: c and 1/ε are bounded by their types.
        h.ceil().max(0.0) as u64
    }

    /// One draw. `random` gives 64 random bits at a time, or fails.
    pub fn draw<E>(self, random: &mut impl FnMut() -> Result<u64, E>) -> Result<i64, E> {
        // The scale c/ε as a fraction.
        let t = 1000 * u64::from(self.bound.get());
        let s = u64::from(self.milli.get());
        loop {
            let u = below(t, random)?;
            if !happens(u, t, random)? {
                continue;
            }
            let mut whole = 0;
            while happens(1, 1, random)? {
                whole += 1;
            }
            let size = (u + t * whole) / s;
            let negative = below(2, random)? == 1;
            // Zero would come twice.
            if negative && size == 0 {
                continue;
            }
            let size = i64::try_from(size).unwrap_or(i64::MAX);
            return Ok(if negative { -size } else { size });
        }
    }
}

/// True with probability `e^(-n/d)`, of `n <= d`.
fn happens<E>(n: u64, d: u64, random: &mut impl FnMut() -> Result<u64, E>) -> Result<bool, E> {
    let mut k = 1;
    while below(d * k, random)? < n {
        k += 1;
    }
    Ok(k % 2 == 1)
}

/// A whole number below `limit`, all of them equally likely; `limit` is not 0.
fn below<E>(limit: u64, random: &mut impl FnMut() -> Result<u64, E>) -> Result<u64, E> {
    // The last numbers that would make the first ones likelier are drawn again.
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let number = random()?;
        if number < fair {
            return Ok(number % limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::stats::examples::{close, one};

    fn noise(milli: u32, bound: u32) -> DiscreteLaplace {
        DiscreteLaplace::new(milli.try_into().unwrap(), bound.try_into().unwrap())
    }

    #[test]
    fn fits_the_worked_examples() {
        let expect = one("P3", 0).expect;
        assert!(close(noise(1000, 1).p0(), &expect["p0"]));
        assert!(close(noise(1000, 1).variance(), &expect["variance"]));
        assert!(close(noise(1000, 10).sd(), &one("P3", 1).expect["sd"]));
    }

    #[test]
    fn the_half_width_is_the_smallest_that_holds() {
        for noise in [
            noise(1000, 1),
            noise(1000, 10),
            noise(30, 24),
            noise(1000, 24),
        ] {
            let beyond = |h: u64| 2.0 * noise.a().powf(h as f64 + 1.0) / (1.0 + noise.a());
            let h = noise.half_width();
            assert!(
                beyond(h) <= 0.05 && (h == 0 || beyond(h - 1) > 0.05),
                "{noise:?}: {h}"
            );
        }
    }

    /// 200,000 draws against the closed form: each frequency within five of its standard errors.
    #[test]
    fn draws_fall_as_the_closed_form_says() {
        for (noise, seed) in [(noise(1000, 1), 1), (noise(500, 2), 2), (noise(900, 1), 3)] {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let n = 200_000;
            let mut draw = || {
                noise
                    .draw(&mut || Ok::<_, Infallible>(rng.next_u64()))
                    .unwrap()
            };
            let draws: Vec<i64> = (0..n).map(|_| draw()).collect();
            for x in -8..=8_i64 {
                let p = noise.p0() * noise.a().powf(x.unsigned_abs() as f64);
                let found = draws.iter().filter(|one| **one == x).count() as f64 / f64::from(n);
                let error = (p * (1.0 - p) / f64::from(n)).sqrt();
                assert!(
                    (found - p).abs() < 5.0 * error,
                    "{noise:?} {x}: {found} {p}"
                );
            }
            let mean = draws.iter().sum::<i64>() as f64 / f64::from(n);
            assert!(
                mean.abs() < 5.0 * noise.sd() / f64::from(n).sqrt(),
                "{mean}"
            );
            let beyond = draws
                .iter()
                .filter(|one| one.unsigned_abs() > noise.half_width());
            assert!(beyond.count() as f64 / f64::from(n) <= 0.051);
        }
    }

    #[test]
    fn no_randomness_is_no_noise() {
        let failed = noise(1000, 1).draw(&mut || Err("none"));
        assert_eq!(failed, Err("none"));
    }
}
