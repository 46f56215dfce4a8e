//! Chance that can be repeated: the same seed gives the same year.

/// A generator of pseudo-random numbers (SplitMix64): small, fast, and the same on every machine.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        spread(self.0)
    }

    /// Below `end`, which must not be zero.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// From `from` up to, not including, `until`.
    pub(super) fn between(&mut self, from: i64, until: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(until - from).unwrap_or(1))).unwrap_or(0)
    }

    /// From 0 up to, not including, 1.
    pub(super) fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    pub(super) fn is(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Which of the parts, by their weights.
    pub(super) fn pick(&mut self, weights: &[u64]) -> usize {
        let mut at = self.below(weights.iter().sum::<u64>().max(1));
        for (index, weight) in weights.iter().enumerate() {
            if at < *weight {
                return index;
            }
            at -= weight;
        }
        0
    }

    /// Days with this median, a few far more: the logarithm is about normal. `wide` is its standard deviation.
    pub(super) fn days(&mut self, median: f64, wide: f64) -> f64 {
        let normal = (self.share() + self.share() + self.share() + self.share() - 2.0) * 1.732;
        median * (normal * wide).exp()
    }

    /// A whole number near `expected`, so that the sum over many days is right.
    pub(super) fn about(&mut self, expected: f64) -> u64 {
        let noisy = expected * (0.75 + self.share() / 2.0);
        let whole = noisy.floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small whole number that is not negative"
        )]
        let count = whole as u64;
        count + u64::from(self.is(noisy - whole))
    }
}

/// Spreads the bits of a number, so that neighbours have nothing in common.
pub(super) fn spread(number: u64) -> u64 {
    let mut bits = number;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
