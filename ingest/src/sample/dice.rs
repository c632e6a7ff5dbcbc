//! Chance that is the same on every run: a stream of numbers per theme, so that
//! a change in one dataset leaves the others as they are.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seeded source of choices.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of one theme of the sample of `seed`.
    pub(super) fn new(seed: u64, theme: &str) -> Dice {
        // FNV-1a: fixed for good, where the standard hasher may change.
        let hash = theme
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Dice(ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash))
    }

    /// Any number.
    pub(super) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 up to, not including, `bound` (0 for a bound of 0).
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A number from 0 up to `bound`, low ones more often than high ones.
    pub(super) fn below_skewed(&mut self, bound: usize) -> usize {
        let unit = self.unit();
        ((unit * unit * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    /// A number between the two, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// A number from 0 up to 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that happens with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// About a standard normal: a sum of uniforms, so without a function of
    /// the platform's mathematical library.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// One of the items; `None` of an empty list.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// One of a list of words that is known not to be empty.
    pub(super) fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.pick(words).copied().unwrap_or("")
    }

    /// Puts the items in another order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// A day between the two, both included, on a working day where there is one.
    pub(super) fn day(&mut self, first: NaiveDate, last: NaiveDate) -> NaiveDate {
        let days = (last - first).num_days().max(0);
        let mut day = first;
        for _ in 0..6 {
            day = first + TimeDelta::days(self.between(0, days));
            if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
                break;
            }
        }
        day
    }
}
