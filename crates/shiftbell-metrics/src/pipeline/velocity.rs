//! How much money a day the open deals bring on their way.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Deal, End, win_rates};
use crate::money::{Currency, Money};
use crate::period::Period;
use crate::stats::Counts;
use crate::time::{Instant, MS_PER_DAY};

/// The four numbers of a sales velocity. All are of the same deals: a win rate of one definition and a cycle of another make a
/// number about nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Velocity {
    /// Open now.
    pub open: u64,
    /// Won of those won or lost in the period.
    pub win_rate: Counts,
    /// Won in the period, and how many of them: their mean is the size of a win.
    pub won_amount: Money,
    pub won: u64,
    /// Median days from creation to the win, of those won in the period. `None` without any.
    pub cycle_days: Option<Decimal>,
}

impl Velocity {
    /// `open x win rate x mean amount won / days of the cycle`, in major units a day; `None` if any of the four is missing or
    /// the cycle takes no time.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use shiftbell_metrics::{money::{Currency, Money}, pipeline::Velocity, stats::Counts};
    /// let velocity = Velocity {
    ///     open: 50, win_rate: Counts::new(1, 4), won_amount: Money::new(1_200_000, Currency::USD), won: 1,
    ///     cycle_days: Some(Decimal::from(60)),
    /// };
    /// assert_eq!(velocity.per_day(), Some(Decimal::from(2_500)));
    /// ```
    pub fn per_day(&self) -> Option<Decimal> {
        let days = self.cycle_days.filter(|days| !days.is_zero())?;
        if self.win_rate.den == 0 || self.won == 0 {
            return None;
        }
        // Divided once, at the end: no digit is lost on the way.
        let above = self.won_amount.major() * Decimal::from(self.open) * Decimal::from(self.win_rate.num);
        let below = Decimal::from(self.win_rate.den) * Decimal::from(self.won) * days;
        above.checked_div(below)
    }
}

/// The velocity as of an instant: what is open then, and what was closed in the period before it. Amounts in another currency
/// make it `None`: they are not guessed.
pub fn velocity(deals: &[Deal], period: &Period, currency: Currency, now: Instant) -> Option<Velocity> {
    let known: Vec<Deal> = deals.iter().filter_map(|deal| deal.as_of(now)).collect();
    let won: Vec<&Deal> = known.iter().filter(|deal| deal.closed_in(period) == Some(End::Won)).collect();
    let amounts =
        won.iter().map(|deal| deal.amount.filter(|amount| amount.currency == currency).map(|money| money.minor));
    let won_amount = Money::new(amounts.sum::<Option<i64>>()?, currency);
    let mut waits: Vec<i64> = won.iter().filter_map(|deal| Some(deal.closed?.0.since(deal.created))).collect();
    waits.sort_unstable();
    let middle = waits.len().checked_sub(1).map(|last| (waits[last / 2], waits[waits.len() / 2]));
    let days = |ms: i64| Decimal::from(ms) / Decimal::from(MS_PER_DAY);
    Some(Velocity {
        open: known.iter().filter(|deal| deal.closed.is_none()).count() as u64,
        win_rate: win_rates(&known, period, currency).closed,
        won_amount,
        won: won.len() as u64,
        cycle_days: middle.map(|(low, high)| (days(low) + days(high)) / Decimal::TWO),
    })
}
