//! Intervals of rates, and of the difference of two rates, that hold for small samples.

use serde::{Deserialize, Serialize};

use crate::definitions::Sure;

/// Lower and upper end, both possible.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Whether zero is not among the possible values: the difference is more than chance.
    pub fn excludes_zero(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// Half-width of the interval in standard errors: 95 % for `strongly`, 80 % for `fairly`.
pub fn z_of(sure: Sure) -> f64 {
    match sure {
        Sure::Strongly => 1.959_963_984_540_054,
        Sure::Fairly => 1.281_551_565_544_600_4,
    }
}

/// Wilson's score interval of a rate `x / n`.
///
/// `centre = (p + z²/2n) / (1 + z²/n)`, `half = z √(p(1-p)/n + z²/4n²) / (1 + z²/n)`; never outside 0 to 1. Of nothing
/// (`n = 0`) everything is possible. More than all (`x > n`) counts as all.
///
/// ```
/// use shiftbell_metrics::{definitions::Sure, stats::{wilson, z_of}};
/// let interval = wilson(81, 263, z_of(Sure::Strongly));
/// assert!((interval.low - 0.255289).abs() < 1e-6 && (interval.high - 0.366210).abs() < 1e-6);
/// ```
pub fn wilson(x: u64, n: u64, z: f64) -> Interval {
    if n == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let x = x.min(n);
    let size = n as f64;
    let rate = x as f64 / size;
    let spread = 1.0 + z * z / size;
    let centre = (rate + z * z / (2.0 * size)) / spread;
    let half = z * (rate * (1.0 - rate) / size + z * z / (4.0 * size * size)).sqrt() / spread;
    // The ends of none and all are exact; rounding must not push them inside or outside.
    let low = if x == 0 { 0.0 } else { (centre - half).clamp(0.0, rate) };
    let high = if x == n { 1.0 } else { (centre + half).clamp(rate, 1.0) };
    Interval { low, high }
}

/// Newcombe's interval of the difference `x1/n1 - x2/n2` of two independent rates (his method 10, from Wilson intervals).
///
/// Never outside -1 to 1. If either sample is empty, everything is possible.
///
/// ```
/// use shiftbell_metrics::{definitions::Sure, stats::{newcombe_difference, z_of}};
/// // 3 of 62 now, 20 of 123 before: 11.4 points less, and the interval from -19.6 to -1.4 does not hold zero.
/// let fell = newcombe_difference(3, 62, 20, 123, z_of(Sure::Strongly));
/// assert!(fell.excludes_zero() && fell.high < 0.0);
/// ```
pub fn newcombe_difference(x1: u64, n1: u64, x2: u64, n2: u64, z: f64) -> Interval {
    if n1 == 0 || n2 == 0 {
        return Interval { low: -1.0, high: 1.0 };
    }
    let (rate1, rate2) = (x1.min(n1) as f64 / n1 as f64, x2.min(n2) as f64 / n2 as f64);
    let (first, second) = (wilson(x1, n1, z), wilson(x2, n2, z));
    let difference = rate1 - rate2;
    let below = (rate1 - first.low).hypot(second.high - rate2);
    let above = (first.high - rate1).hypot(rate2 - second.low);
    Interval { low: (difference - below).max(-1.0), high: (difference + above).min(1.0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn z95() -> f64 {
        z_of(Sure::Strongly)
    }

    fn check(found: Interval, low: f64, high: f64, within: f64) {
        assert!((found.low - low).abs() < within, "low {} should be {low}", found.low);
        assert!((found.high - high).abs() < within, "high {} should be {high}", found.high);
    }

    #[test]
    fn wilson_gives_the_published_intervals() {
        for (x, n, low, high) in [
            (81, 263, 0.255289, 0.366210),
            (15, 148, 0.062386, 0.160487),
            (0, 20, 0.0, 0.161125),
            (1, 29, 0.006113, 0.171755),
            (3, 20, 0.052369, 0.360419),
            (10, 10, 0.722467, 1.0),
            (0, 1, 0.0, 0.793451),
        ] {
            check(wilson(x, n, z95()), low, high, 1e-6);
        }
        check(wilson(7, 50, z95()), 0.06950833427016292, 0.26186193710585537, 1e-12);
        check(wilson(19, 38, z95()), 0.348499283643951, 0.651500716356049, 1e-12);
    }

    #[test]
    fn none_and_all_stay_inside() {
        assert_eq!(wilson(38, 38, z95()).high, 1.0);
        assert_eq!(wilson(0, 77, z95()).low, 0.0);
        assert_eq!(wilson(0, 0, z95()), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn differences_are_the_published_ones() {
        for (x1, n1, x2, n2, low, high) in [
            (56, 70, 48, 80, 0.0524, 0.3339),
            (9, 10, 3, 10, 0.1705, 0.8090),
            (5, 56, 0, 29, -0.0381, 0.1926),
            (0, 10, 0, 20, -0.1611, 0.2775),
        ] {
            check(newcombe_difference(x1, n1, x2, n2, z95()), low, high, 5.1e-5); // published to four places
        }
        check(newcombe_difference(12, 150, 30, 200, z95()), -0.135378, -0.000568, 1e-6);
    }

    #[test]
    fn overlapping_intervals_can_still_differ() {
        let (first, second) = (wilson(12, 150, z95()), wilson(30, 200, z95()));
        assert!(first.high > second.low);
        assert!(newcombe_difference(12, 150, 30, 200, z95()).excludes_zero());
    }

    #[test]
    fn the_leak_of_corporate_events_is_more_than_chance() {
        check(newcombe_difference(3, 62, 20, 123, z95()), -0.196, -0.014, 5e-4);
    }

    proptest! {
        #[test]
        fn the_rate_lies_in_its_interval(n in 1_u64..100_000, share in 0.0_f64..=1.0, z in 0.1_f64..4.0) {
            let x = (share * n as f64) as u64;
            let found = wilson(x, n, z);
            let rate = x as f64 / n as f64;
            prop_assert!(0.0 <= found.low && found.low <= rate && rate <= found.high && found.high <= 1.0);
        }

        #[test]
        fn swapping_the_samples_mirrors_the_interval(x1 in 0_u64..50, n1 in 50_u64..500, x2 in 0_u64..50, n2 in 50_u64..500) {
            let one = newcombe_difference(x1, n1, x2, n2, 1.96);
            let other = newcombe_difference(x2, n2, x1, n1, 1.96);
            prop_assert!((one.low + other.high).abs() < 1e-12 && (one.high + other.low).abs() < 1e-12);
        }
    }
}
