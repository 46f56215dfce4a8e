//! Exact fractions: an amount a month is rounded once, where it is shown.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::money::{Currency, Money};

/// A number as a fraction in lowest terms, in major units where it is money.
///
/// Sums and differences are exact as long as their common denominator fits into 128 bits, which it does for everything
/// that people charge by; beyond that both sides are rounded to 10^-9 first.
///
/// ```
/// use shiftbell_metrics::money::{Currency, Money};
/// use shiftbell_metrics::revenue::Exact;
/// let year = Exact::new(2_000, 12).unwrap(); // 2,000 a year, in months
/// assert_eq!((year + year + year).to_money(Currency::USD), Some(Money::new(50_000, Currency::USD))); // not 500.01
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exact {
    num: i128,
    den: i128,
}

/// Digits behind the point that an amount may have: some prices are fractions of a cent.
pub const SCALE_MAX: u32 = 14;

/// What is left of fractions that are too fine for 128 bits.
const GRAIN: i128 = 1_000_000_000;

impl Exact {
    pub const ZERO: Exact = Exact { num: 0, den: 1 };
    pub const ONE: Exact = Exact { num: 1, den: 1 };

    /// `None` for a denominator of 0.
    pub fn new(num: i128, den: i128) -> Option<Exact> {
        if den == 0 {
            return None;
        }
        if den == 1 {
            return Some(Exact { num, den });
        }
        let shared = gcd(num.unsigned_abs(), den.unsigned_abs());
        let shared = i128::try_from(shared).ok().filter(|shared| *shared != 0)?;
        let (num, den) = (num / shared, den / shared);
        if den < 0 {
            Some(Exact { num: num.checked_neg()?, den: den.checked_neg()? })
        } else {
            Some(Exact { num, den })
        }
    }

    /// `None` with more than [`SCALE_MAX`] digits behind the point.
    pub fn of(number: Decimal) -> Option<Exact> {
        let number = number.normalize();
        let scale = number.scale();
        if scale > SCALE_MAX {
            return None;
        }
        Exact::new(number.mantissa(), 10_i128.pow(scale))
    }

    pub fn whole(number: i64) -> Exact {
        Exact { num: number.into(), den: 1 }
    }

    pub fn is_zero(self) -> bool {
        self.num == 0
    }

    pub fn is_positive(self) -> bool {
        self.num > 0
    }

    pub fn is_negative(self) -> bool {
        self.num < 0
    }

    pub fn abs(self) -> Exact {
        if self.num < 0 { -self } else { self }
    }

    /// `None` if the product does not fit.
    pub fn times(self, other: Exact) -> Option<Exact> {
        // Shared factors go first, so that only what really is too large does not fit.
        let (left, right) = (Exact::new(self.num, other.den)?, Exact::new(other.num, self.den)?);
        Exact::new(left.num.checked_mul(right.num)?, left.den.checked_mul(right.den)?)
    }

    /// `None` by zero, or if the quotient does not fit.
    pub fn over(self, other: Exact) -> Option<Exact> {
        self.times(Exact::new(other.den, other.num)?)
    }

    /// Rounded half to even to the currency's minor unit: for showing. `None` beyond about 9 x 10^18 of them.
    pub fn to_money(self, currency: Currency) -> Option<Money> {
        let scaled = self.times(Exact::whole(10_i64.pow(currency.digits())))?;
        Some(Money { minor: i64::try_from(scaled.round()).ok()?, currency })
    }

    /// The nearest decimal, for showing a quotient.
    pub fn to_decimal(self) -> Option<Decimal> {
        let exact = |num, den| {
            Some(Decimal::try_from_i128_with_scale(num, 0).ok()? / Decimal::try_from_i128_with_scale(den, 0).ok()?)
        };
        exact(self.num, self.den).or_else(|| {
            let coarse = self.coarse();
            exact(coarse.num, coarse.den)
        })
    }

    /// For powers and for comparing with figures of others.
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    fn round(self) -> i128 {
        let (whole, rest) = (self.num.div_euclid(self.den), self.num.rem_euclid(self.den));
        let up = match (self.den - rest).cmp(&rest) {
            Ordering::Less => true,
            Ordering::Equal => whole % 2 != 0,
            Ordering::Greater => false,
        };
        whole + i128::from(up)
    }

    fn coarse(self) -> Exact {
        let (whole, rest) = (self.num.div_euclid(self.den), self.num.rem_euclid(self.den));
        let mut part = (rest, self.den);
        while part.0.checked_mul(GRAIN).is_none() {
            part = (part.0 >> 1, part.1 >> 1);
        }
        let part = part.0 * GRAIN / part.1.max(1);
        Exact::new(whole.saturating_mul(GRAIN).saturating_add(part), GRAIN).unwrap_or(Exact::ZERO)
    }

    fn checked_add(self, other: Exact) -> Option<Exact> {
        if self.den == other.den {
            return Exact::new(self.num.checked_add(other.num)?, self.den);
        }
        // In lowest terms it is already: whatever divides both would divide the fraction.
        if self.den == 1 {
            return Some(Exact { num: self.num.checked_mul(other.den)?.checked_add(other.num)?, den: other.den });
        }
        if other.den == 1 {
            return other.checked_add(self);
        }
        let shared = i128::try_from(gcd(self.den.unsigned_abs(), other.den.unsigned_abs())).ok()?;
        let (left, right) = (other.den / shared, self.den / shared);
        let num = self.num.checked_mul(left)?.checked_add(other.num.checked_mul(right)?)?;
        Exact::new(num, self.den.checked_mul(left)?)
    }
}

/// Nearly all amounts fit into 64 bits, where a remainder is one instruction.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(a), Ok(b)) = (u64::try_from(a), u64::try_from(b)) {
            return small_gcd(a, b).into();
        }
        (a, b) = (b, a % b);
    }
    a
}

fn small_gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Default for Exact {
    fn default() -> Exact {
        Exact::ZERO
    }
}

impl Add for Exact {
    type Output = Exact;

    fn add(self, other: Exact) -> Exact {
        self.checked_add(other).unwrap_or_else(|| {
            let (left, right) = (self.coarse(), other.coarse());
            left.checked_add(right).unwrap_or(if left.num < right.num { right } else { left })
        })
    }
}

impl Sub for Exact {
    type Output = Exact;

    fn sub(self, other: Exact) -> Exact {
        self + -other
    }
}

impl Neg for Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        Exact { num: self.num.saturating_neg(), den: self.den }
    }
}

impl AddAssign for Exact {
    fn add_assign(&mut self, other: Exact) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Exact {
    fn sum<I: Iterator<Item = Exact>>(all: I) -> Exact {
        all.fold(Exact::ZERO, Add::add)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        (*self - *other).num.cmp(&0)
    }
}

/// `500/3`, or `60`: how it is stored.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Exact {
    type Err = ();

    fn from_str(text: &str) -> Result<Exact, ()> {
        let (num, den) = text.split_once('/').unwrap_or((text, "1"));
        let parts = (num.parse().map_err(|_| ())?, den.parse().map_err(|_| ())?);
        Exact::new(parts.0, parts.1).ok_or(())
    }
}

impl From<Money> for Exact {
    fn from(money: Money) -> Exact {
        Exact::of(money.major()).unwrap_or(Exact::ZERO)
    }
}

impl Exact {
    /// The whole number nearest to it, if it fits.
    pub fn to_i64(self) -> Option<i64> {
        self.round().to_i64()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fraction() -> impl Strategy<Value = Exact> {
        (-1_000_000_i128..1_000_000, 1_i128..5_000).prop_map(|(num, den)| Exact::new(num, den).unwrap())
    }

    proptest! {
        #[test]
        fn sums_are_those_of_floats_but_exact(a in fraction(), b in fraction(), c in fraction()) {
            prop_assert_eq!((a + b) + c, a + (b + c));
            prop_assert_eq!((a + b) - b, a);
            prop_assert!(((a + b).to_f64() - (a.to_f64() + b.to_f64())).abs() < 1e-6);
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a < b, a.to_f64() < b.to_f64());
        }
    }

    #[test]
    fn what_is_too_fine_for_128_bits_is_rounded_and_never_panics() {
        let fine = |den: i128| Exact::new(i128::MAX, den).unwrap();
        let sum = fine(1_000_000_007 * 998_244_353) + fine(999_999_937 * 1_000_000_009);
        assert!((sum.to_f64() / (i128::MAX as f64 / 4.992e17) - 1.0).abs() < 0.01, "{sum}");
        assert_eq!(Exact::new(1, 0), None);
        assert_eq!(Exact::ONE.over(Exact::ZERO), None);
    }

    #[test]
    fn halves_go_to_the_even_cent() {
        let cents = |num| Exact::new(num, 200).unwrap().to_money(Currency::USD).unwrap().minor;
        assert_eq!([cents(1), cents(3), cents(-1), cents(-3)], [0, 2, 0, -2]);
    }
}
