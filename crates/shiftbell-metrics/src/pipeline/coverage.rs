//! Whether what is open suffices for what is still to be won.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How often the open deals of a period cover its target. Amounts are in major units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub open: Decimal,
    pub won: Decimal,
    pub target: Decimal,
}

impl Coverage {
    /// What is still to be won; nothing once the target is reached.
    pub fn remaining(&self) -> Decimal {
        (self.target - self.won).max(Decimal::ZERO)
    }

    /// `open / (target - won)`: what counts during a period. `None` once the target is reached: then nothing is to be covered,
    /// which is not the same as covered a thousand times.
    pub fn times(&self) -> Option<Decimal> {
        self.open.checked_div(self.remaining())
    }

    /// `open / target`: what was planned with, before anything was won. `None` without a target.
    pub fn gross(&self) -> Option<Decimal> {
        if self.target.is_sign_negative() { None } else { self.open.checked_div(self.target) }
    }
}

/// The coverage of a period: what is open and should close in it, what was won in it so far, and its target.
///
/// ```
/// use rust_decimal::Decimal;
/// use shiftbell_metrics::pipeline::coverage;
/// let quarter = coverage(Decimal::from(900), Decimal::from(200), Decimal::from(500));
/// assert_eq!((quarter.times(), quarter.gross()), (Some(Decimal::from(3)), Some(Decimal::new(18, 1))));
/// ```
pub fn coverage(open: Decimal, won: Decimal, target: Decimal) -> Coverage {
    Coverage { open, won, target }
}
