//! Chance, from one seed: everything random in a world comes from here, in one order.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded source of chance.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// A source of its own for each `(seed, stream)`.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// 0 <= x < 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Any number; a seed for something smaller.
    pub(super) fn seed(&mut self) -> u64 {
        self.0.random()
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// `low..=high`; `low` when the range is empty.
    pub(super) fn range(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// An index below `count`; 0 when there is none.
    pub(super) fn index(&mut self, count: usize) -> usize {
        if count < 2 { 0 } else { self.0.random_range(0..count) }
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.index(from.len())]
    }

    /// An index by weight.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (at, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
            last = at;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// One of a list by weight.
    pub(super) fn choose<T: Copy>(&mut self, from: &[(f64, T)]) -> T {
        from[self.weighted(from.iter().map(|(weight, _)| *weight))].1
    }

    /// A heavy-tailed count (Pareto), `low..=high`.
    pub(super) fn heavy(&mut self, low: i64, alpha: f64, high: i64) -> i64 {
        let count = low as f64 * (1.0 - self.unit()).powf(-1.0 / alpha);
        whole(count).clamp(low, high.max(low))
    }

    /// A positive figure around `median` (log-normal).
    pub(super) fn around(&mut self, median: f64, spread: f64) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        median * (spread * normal).exp()
    }

    /// The list in another order.
    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.index(end + 1));
        }
    }
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "counts, days and yuan of a district are far below 2^53")]
pub(super) fn whole(figure: f64) -> i64 {
    figure.round() as i64
}

/// A number of things; 0 for a negative one.
pub(super) fn size(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// A share of a count, rounded.
pub(super) fn part(count: usize, share: f64) -> usize {
    size(whole(count as f64 * share))
}
