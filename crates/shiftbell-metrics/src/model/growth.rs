//! The growth formula: the left side multiplies, the right side adds up.

use serde::{Deserialize, Serialize};

/// What a volume becomes on the left side of the bowtie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    pub wins: f64,
    /// Major units. `None` where wins have no amount.
    pub amount: Option<f64>,
}

/// The left side is a product: `wins = volume x rate x rate ...`, `amount = wins x (1 - discount) x list price`.
///
/// ```
/// use shiftbell_metrics::model::growth;
/// let year = growth(500.0, &[0.15, 0.20, 0.90, 0.32], 0.20, Some(20_000.0));
/// assert!((year.wins - 4.32).abs() < 1e-9 && (year.amount.unwrap() - 69_120.0).abs() < 1e-6);
/// ```
pub fn growth(volume: f64, rates: &[f64], discount: f64, list_price: Option<f64>) -> Growth {
    let wins = rates.iter().product::<f64>() * volume;
    Growth { wins, amount: list_price.map(|price| wins * (1.0 - discount) * price) }
}

/// How many must come in at the start for one win: `1 / (rate x rate ...)`. `None` where a rate is zero: then none suffice.
///
/// ```
/// use shiftbell_metrics::model::per_win;
/// assert_eq!(per_win(&[0.5, 0.25]), Some(8.0));
/// assert_eq!(per_win(&[0.5, 0.0]), None);
/// ```
pub fn per_win(rates: &[f64]) -> Option<f64> {
    let through = rates.iter().product::<f64>();
    (through > 0.0).then(|| 1.0 / through)
}

/// What is left of one after `steps` steps of the same rate: `rate ^ steps`. Each further meeting that a sale takes costs as
/// much again, which is why a sale of twelve meetings is won so rarely.
///
/// ```
/// use shiftbell_metrics::model::compounded;
/// assert!((compounded(0.9, 12) - 0.2824295364810001).abs() < 1e-12);
/// ```
pub fn compounded(rate: f64, steps: u32) -> f64 {
    rate.powi(i32::try_from(steps).unwrap_or(i32::MAX))
}

/// The rate that each of `steps` steps needs so that `whole` comes through all of them: `whole ^ (1 / steps)`. `None` of no
/// steps.
///
/// ```
/// use shiftbell_metrics::model::{compounded, each_of};
/// assert!((compounded(each_of(0.285, 12).unwrap(), 12) - 0.285).abs() < 1e-12);
/// ```
pub fn each_of(whole: f64, steps: u32) -> Option<f64> {
    (steps > 0).then(|| whole.powf(1.0 / f64::from(steps)))
}

/// The win rate at which a discount brings in no less: `win rate / (1 - discount)`. A fifth off must turn one win in five into
/// one in four. `None` where nothing is left to be paid, or where more than all would have to be won.
///
/// ```
/// use shiftbell_metrics::model::rate_to_match_discount;
/// assert_eq!(rate_to_match_discount(0.20, 0.20), Some(0.25));
/// assert_eq!(rate_to_match_discount(0.90, 0.20), None);
/// ```
pub fn rate_to_match_discount(win_rate: f64, discount: f64) -> Option<f64> {
    let needed = win_rate / (1.0 - discount);
    (discount < 1.0 && needed <= 1.0).then_some(needed)
}

/// The right side of a bowtie, over one period of whatever length its rates were measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RightSide {
    /// Of what was committed, what starts: one minus what is lost in onboarding.
    pub onboarded: f64,
    /// Of the revenue at the start, what is kept after downgrades and cancellations; at most one.
    pub kept: f64,
    /// What was kept grows by this part of itself. Not a part of the revenue at the start.
    pub expansion: f64,
}

impl RightSide {
    /// Nothing is lost and nothing grows: what is assumed where none of it is measured.
    pub const STEADY: RightSide = RightSide { onboarded: 1.0, kept: 1.0, expansion: 0.0 };
}

/// Net retention: `kept x (1 + expansion)`, since expansion is measured on what was kept.
///
/// ```
/// use shiftbell_metrics::model::net_retention;
/// assert!((net_retention(0.90, 0.10) - 0.99).abs() < 1e-12);
/// ```
pub fn net_retention(kept: f64, expansion: f64) -> f64 {
    kept * (1.0 + expansion)
}

/// Recurring revenue at the end of each period: `before x kept x (1 + expansion) + committed x onboarded`.
///
/// `start` and `committed` (of each period) are money in the same unit; `side` is measured over one such period.
///
/// ```
/// use shiftbell_metrics::model::{RightSide, recurring};
/// let side = RightSide { onboarded: 0.95, kept: 0.9, expansion: 0.1 };
/// let ends = recurring(1_000.0, &[100.0, 100.0], side);
/// assert!((ends[0] - 1_085.0).abs() < 1e-9 && (ends[1] - 1_169.15).abs() < 1e-9);
/// ```
pub fn recurring(start: f64, committed: &[f64], side: RightSide) -> Vec<f64> {
    let net = net_retention(side.kept, side.expansion);
    let ends = committed.iter().scan(start, |revenue, new| {
        *revenue = *revenue * net + new * side.onboarded;
        Some(*revenue)
    });
    ends.collect()
}

/// What a customer or a cohort pays over so many periods, the first at `start` and each further at `net` of the one before:
/// `start x (1 + net + net ^ 2 ...)`.
///
/// ```
/// use shiftbell_metrics::model::lifetime;
/// assert_eq!(lifetime(10_000.0, 1.0, 5), 50_000.0);
/// ```
pub fn lifetime(start: f64, net: f64, periods: u32) -> f64 {
    (0..periods).map(|period| start * compounded(net, period)).sum()
}
