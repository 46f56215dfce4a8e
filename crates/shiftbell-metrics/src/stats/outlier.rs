//! The part of a whole whose rate is another one.

use serde::{Deserialize, Serialize};

use super::{Counts, newcombe_difference, z_of};
use crate::definitions::Sure;

/// A value of a dimension whose rate differs from that of all others by more than chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandsOut {
    pub value: String,
    pub counts: Counts,
    /// All others together.
    pub others: Counts,
}

/// The part that costs the whole most: of those that are worse than all others together by more than chance, the one
/// that misses most people. `None` if none is, or if parts are too few to tell.
///
/// ```
/// use shiftbell_metrics::stats::{Counts, stands_out};
/// let parts = [("corporate", 24, 121), ("large", 38, 124), ("small", 22, 67)]
///     .map(|(value, num, den)| (value.to_owned(), Counts::new(num, den)));
/// let found = stands_out(&parts, 10).unwrap();
/// assert_eq!((found.value.as_str(), found.others), ("corporate", Counts::new(60, 191)));
/// ```
pub fn stands_out(parts: &[(String, Counts)], too_few: u32) -> Option<StandsOut> {
    let sum = |of: fn(&Counts) -> u64| parts.iter().fold(0_u64, |sum, (_, counts)| sum.saturating_add(of(counts)));
    let all = Counts { num: sum(|counts| counts.num), den: sum(|counts| counts.den) };
    let mut worst: Option<(f64, StandsOut)> = None;
    for (value, counts) in parts {
        let others = Counts { num: all.num - counts.num, den: all.den - counts.den };
        let (Some(rate), Some(usual)) = (counts.rate(), others.rate()) else {
            continue;
        };
        let interval = newcombe_difference(counts.num, counts.den, others.num, others.den, z_of(Sure::Strongly));
        if counts.den.min(others.den) < u64::from(too_few) || rate >= usual || !interval.excludes_zero() {
            continue;
        }
        let missing = (usual - rate) * counts.den as f64;
        if worst.as_ref().is_none_or(|(most, _)| missing > *most) {
            worst = Some((missing, StandsOut { value: value.clone(), counts: *counts, others }));
        }
    }
    worst.map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(of: &[(u64, u64)]) -> Vec<(String, Counts)> {
        of.iter().enumerate().map(|(index, (num, den))| (index.to_string(), Counts::new(*num, *den))).collect()
    }

    #[test]
    fn what_could_be_chance_does_not_stand_out() {
        assert_eq!(stands_out(&parts(&[(30, 100), (32, 100), (31, 100)]), 10), None);
        assert_eq!(stands_out(&parts(&[(0, 9), (60, 100)]), 10), None);
        assert_eq!(stands_out(&parts(&[(3, 100)]), 10), None);
        assert_eq!(stands_out(&[], 10), None);
    }

    proptest! {
        #[test]
        fn looking_never_panics(of in prop::collection::vec((any::<u64>(), any::<u64>()), 0..5)) {
            let small: Vec<(u64, u64)> = of.iter().map(|(num, den)| (num % 1000, den % 1000)).collect();
            let _ = stands_out(&parts(&small), 10);
        }
    }
}
