//! What of a subscription cannot be counted, by name.

use crate::money::Currency;

/// Why something that a source told of a subscription does not count. The event is kept, the rest of it counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Problem {
    #[error("interval count 0: 1 or more was expected, such as 1 for every month; the item counts as 0")]
    IntervalZero,
    #[error("interval count {0}: a whole number from 1 to 1200 was expected; the item counts as 0")]
    IntervalCount(String),
    #[error("interval `{0}`: day, week, month or year was expected; the item counts as 0")]
    UnknownInterval(String),
    #[error("an item has no amount, such as {{\"amount\":\"30.00\",\"currency\":\"USD\"}}; it counts as 0")]
    NoAmount,
    #[error("{0} `{1}` is no number that can be counted; the item counts as 0")]
    NoNumber(&'static str, String),
    #[error("amount {0} is beyond 10^15 or finer than 14 digits behind the point; it counts as 0")]
    TooLarge(String),
    #[error("`{0}` is no ISO 4217 currency code, such as USD; the item counts as 0")]
    NoCurrency(String),
    #[error("items `{0}`: a list was expected")]
    NoItems(String),
    #[error("there is no rate for {0}: write it under [policies.mrr.rates]; until then it is kept apart in {0}")]
    NoRate(Currency),
    #[error(
        "status `{0}`: active, trialing, past_due, unpaid, paused, leaving or ended was expected; it changes nothing"
    )]
    UnknownStatus(String),
    #[error("{0} `{1}` is no time from 1970 to 2100; it counts as not given")]
    OutOfTime(&'static str, String),
    #[error("coupon `{0}` says neither percent_off nor amount_off with a duration; it takes nothing off")]
    UnknownCoupon(String),
}
