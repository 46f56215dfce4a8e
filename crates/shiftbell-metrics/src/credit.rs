//! Who gets how much of a win: parts that add up to the whole, to the cent.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::money::Money;

/// Weights are compared to nine places.
const WEIGHT_PLACES: i64 = 1_000_000_000;

/// Splits an amount by weights so that the parts add up to it: each gets its whole units, and what is left over goes one
/// unit each to those with the largest remainders, the first of equals first.
///
/// Weights need not add up to anything; one below zero counts as zero. `None` if no weight is above zero.
///
/// ```
/// use rust_decimal::Decimal;
/// use shiftbell_metrics::credit::split;
/// let parts = split(100_000, &[Decimal::ONE, Decimal::ONE, Decimal::ONE]);
/// assert_eq!(parts, Some(vec![33_334, 33_333, 33_333]));
/// ```
pub fn split(total_minor: i64, weights: &[Decimal]) -> Option<Vec<i64>> {
    let weights: Vec<u128> = weights.iter().map(|weight| scaled(*weight)).collect();
    let all: u128 = weights.iter().sum();
    if all == 0 {
        return None;
    }
    let total = u128::from(total_minor.unsigned_abs());
    let mut parts: Vec<u128> = weights.iter().map(|weight| total * weight / all).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(total * weights[*index] % all));
    let left = usize::try_from(total - parts.iter().sum::<u128>()).unwrap_or(0);
    for index in by_remainder.into_iter().take(left) {
        parts[index] += 1;
    }
    let sign = if total_minor < 0 { -1 } else { 1 };
    parts.into_iter().map(|part| i64::try_from(i128::try_from(part).ok()? * sign).ok()).collect()
}

/// Splits money among names by their shares: the credit of a won deal.
pub fn split_money(total: Money, shares: &[(String, Decimal)]) -> Option<Vec<(String, Money)>> {
    let weights: Vec<Decimal> = shares.iter().map(|(_, share)| *share).collect();
    let parts = split(total.minor, &weights)?;
    Some(shares.iter().zip(parts).map(|((name, _), part)| (name.clone(), Money::new(part, total.currency))).collect())
}

/// At most 2^60, so that an amount times all weights of a list fits.
fn scaled(weight: Decimal) -> u128 {
    let scaled = weight.checked_mul(Decimal::from(WEIGHT_PLACES)).and_then(|scaled| scaled.round().to_u64());
    match scaled {
        Some(scaled) => u128::from(scaled.min(1 << 60)),
        None if weight.is_sign_negative() => 0,
        None => 1 << 60,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    fn weights(text: &str) -> Vec<Decimal> {
        text.split(' ').map(|weight| weight.parse().unwrap()).collect()
    }

    #[test]
    fn cents_are_split_as_published() {
        assert_eq!(split(100_000, &weights("1 1 1")), Some(vec![33_334, 33_333, 33_333]));
        let four_and_two = weights("0.225 0.225 0.225 0.225 0.05 0.05");
        assert_eq!(split(10_001, &four_and_two), Some(vec![2_251, 2_250, 2_250, 2_250, 500, 500]));
    }

    #[test]
    fn the_win_of_the_reference_messages_is_split_in_three() {
        let shares = [("bdr", 25), ("ae", 60), ("marketer", 15)].map(|(role, share)| (role.to_owned(), share.into()));
        let parts = split_money(Money::new(1_800_000, Currency::USD), &shares).unwrap();
        let minor: Vec<i64> = parts.iter().map(|(_, money)| money.minor).collect();
        assert_eq!(minor, [450_000, 1_080_000, 270_000]);
    }

    #[test]
    fn a_refund_is_split_like_the_payment() {
        assert_eq!(split(-100, &weights("1 1 1")), Some(vec![-34, -33, -33]));
    }

    #[test]
    fn without_weight_there_is_no_credit() {
        assert_eq!(split(100, &[]), None);
        assert_eq!(split(100, &weights("0 -1")), None);
        assert_eq!(split(100, &weights("-1 2")), Some(vec![0, 100]));
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(total in any::<i64>(), weights in prop::collection::vec(0_i64..1_000_000, 1..12)) {
            let weights: Vec<Decimal> = weights.into_iter().map(|weight| Decimal::new(weight, 3)).collect();
            if let Some(parts) = split(total, &weights) {
                prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(total));
                prop_assert!(parts.iter().all(|part| part.signum() * total.signum() >= 0));
            }
        }

        #[test]
        fn splitting_never_panics(total in any::<i64>(), mantissas in prop::collection::vec((any::<i64>(), 0_u32..28), 0..8)) {
            let weights: Vec<Decimal> = mantissas.into_iter().map(|(m, scale)| Decimal::new(m, scale)).collect();
            let _ = split(total, &weights);
        }
    }
}
