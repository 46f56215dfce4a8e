//! How many deals are won.

use rust_decimal::Decimal;

use super::{Deal, End};
use crate::money::{Currency, Money};
use crate::period::Period;
use crate::stats::Counts;

/// The win rates of a period, each with what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WinRates {
    /// Won of those that were won or lost in the period, whenever they were created.
    pub closed: Counts,
    /// Won of all that were closed in the period, also where nobody decided.
    pub with_no_decision: Counts,
    /// Won so far of those that were created in the period. Final only when none of them is open.
    pub created: Counts,
    /// How many of those created in the period are still open.
    pub created_open: u64,
    /// Amounts won, and won or lost, in the period. `None` if a deal has no amount or another currency.
    pub by_value: Option<(Money, Money)>,
}

impl WinRates {
    /// Amount won of the amount closed, exact; `None` of nothing.
    pub fn value_share(&self) -> Option<Decimal> {
        let (won, closed) = self.by_value?;
        (closed.minor != 0).then(|| Decimal::from(won.minor) / Decimal::from(closed.minor))
    }
}

/// Counts the win rates of a period.
///
/// ```
/// use shiftbell_metrics::{money::Currency, period::Period, pipeline::{Deal, End, win_rates}, stats::Counts};
/// use shiftbell_metrics::time::{Day, Zone};
/// let day = |day: i8| Day::from_date(jiff::civil::date(2026, 3, day));
/// let utc = Zone::utc();
/// let march = Period::of_days(day(1), day(31), &utc);
/// let deal = |end| Deal { created: utc.start_of(day(2)), closed: Some((utc.start_of(day(9)), end)), amount: None };
/// let found = win_rates(&[deal(End::Won), deal(End::Lost), deal(End::NoDecision)], &march, Currency::USD);
/// assert_eq!((found.closed, found.with_no_decision), (Counts::new(1, 2), Counts::new(1, 3)));
/// ```
pub fn win_rates(deals: &[Deal], period: &Period, currency: Currency) -> WinRates {
    let closed = |end: End| deals.iter().filter(|deal| deal.closed_in(period) == Some(end)).count() as u64;
    let (won, lost, undecided) = (closed(End::Won), closed(End::Lost), closed(End::NoDecision));
    let created: Vec<&Deal> = deals.iter().filter(|deal| period.contains(deal.created)).collect();
    let created_won = created.iter().filter(|deal| matches!(deal.closed, Some((_, End::Won)))).count() as u64;
    let value = |ends: &[End]| -> Option<Money> {
        let decided = deals.iter().filter(|deal| deal.closed_in(period).is_some_and(|end| ends.contains(&end)));
        let minors =
            decided.map(|deal| deal.amount.filter(|amount| amount.currency == currency).map(|amount| amount.minor));
        let sum = minors.sum::<Option<i64>>()?;
        Some(Money::new(sum, currency))
    };
    WinRates {
        closed: Counts::new(won, won + lost),
        with_no_decision: Counts::new(won, won + lost + undecided),
        created: Counts::new(created_won, created.len() as u64),
        created_open: created.iter().filter(|deal| deal.closed.is_none()).count() as u64,
        by_value: value(&[End::Won]).zip(value(&[End::Won, End::Lost])),
    }
}
