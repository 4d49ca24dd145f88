//! Chance, from a seed: independent streams, so that more reads change no review and no link.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};

/// What a stream of chance is for; each purpose has its own.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    People = 1,
    Writeups = 2,
    Reviews = 3,
    Traces = 4,
    Reads = 5,
    Counts = 6,
    Deliveries = 7,
    Contributions = 8,
}

/// A lot that a pair draws once and keeps, uniform in [0, 1): no stream is needed to ask for it again
/// (the finisher of SplitMix64).
pub(super) fn lot(seed: u64, a: usize, b: usize) -> f64 {
    let mut bits = seed ^ (a as u64).rotate_left(32) ^ b as u64;
    for multiplier in [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB] {
        bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(multiplier);
    }
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A stream of chance.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream as u64);
        Dice(rng)
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        // 53 bits: exact in a double.
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..n; 0 for n = 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Exponential with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Log-normal with this median and this deviation of the logarithm.
    pub(super) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        let z: f64 = StandardNormal.sample(&mut self.0);
        median * (sigma * z).exp()
    }

    /// Poisson with this mean.
    pub(super) fn poisson(&mut self, mean: f64) -> u64 {
        match Poisson::new(mean) {
            Ok(poisson) => poisson.sample(&mut self.0) as u64,
            // A mean of nothing, or none at all.
            Err(_) => 0,
        }
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
