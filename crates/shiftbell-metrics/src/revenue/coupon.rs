//! Coupons: what they take off, and until when.

use serde_json::Value as Json;

use super::exact::Exact;
use super::item::{Interval, Item, number, read_amount};
use super::policy::{Coupons, Policy};
use super::problem::Problem;
use super::subscription::{Parts, list};
use crate::money::Currency;
use crate::time::Instant;

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Off {
    /// A share of everything, 0 to 1.
    Share(Exact),
    /// Major units each time it is charged.
    Amount(Exact, Currency),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    Forever,
    Months(i32),
    /// One charge.
    Once,
    Until(Instant),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Coupon {
    /// What tells it from others: its id, else all that is said of it.
    id: String,
    off: Off,
    lasts: Lasts,
    since: Instant,
}

/// Reads `[{"id", "percent_off" or "amount_off", "duration": "forever" | "repeating" | "once", "months", "until"}]`.
///
/// A coupon that was there before keeps its beginning, however often it is told again.
pub(super) fn read(
    json: &Json,
    before: &[Coupon],
    at: Instant,
    own: Currency,
    problems: &mut Vec<Problem>,
) -> Vec<Coupon> {
    let mut coupons = Vec::new();
    for one in list(json) {
        match read_one(one, at, own) {
            Some(mut coupon) => {
                if let Some(known) = before.iter().find(|known| known.id == coupon.id) {
                    coupon.since = known.since;
                }
                coupons.push(coupon);
            }
            None => problems.push(Problem::UnknownCoupon(one.to_string())),
        }
    }
    coupons
}

fn read_one(json: &Json, at: Instant, own: Currency) -> Option<Coupon> {
    let off = match (json.get("percent_off"), json.get("amount_off")) {
        (Some(percent), None) => {
            let share = number(percent)?.over(Exact::whole(100))?;
            Off::Share(Some(share).filter(|share| *share >= Exact::ZERO && *share <= Exact::ONE)?)
        }
        (None, Some(amount)) => {
            let (amount, currency) = read_amount(amount, json.get("currency"), own).ok()?;
            Off::Amount(Some(amount).filter(|amount| !amount.is_negative())?, currency)
        }
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let until = json.get("until").and_then(Json::as_str).and_then(Instant::parse);
    let lasts = match (until, json.get("duration").and_then(Json::as_str)?) {
        (Some(until), _) => Lasts::Until(until),
        (None, "forever") => Lasts::Forever,
        (None, "repeating") => Lasts::Months(i32::try_from(json.get("months")?.as_i64()?).ok().filter(|n| *n > 0)?),
        (None, "once") => Lasts::Once,
        (None, _) => return None,
    };
    let id = json.get("id").and_then(Json::as_str).map_or_else(|| json.to_string(), str::to_owned);
    Some(Coupon { id, off, lasts, since: at })
}

impl Coupon {
    /// When it ends by itself.
    pub(super) fn until(&self, items: &[Item]) -> Option<Instant> {
        match self.lasts {
            Lasts::Forever => None,
            Lasts::Until(until) => Some(until),
            Lasts::Months(months) => later(self.since, jiff::Span::new().try_months(months).ok()?),
            Lasts::Once => {
                let (interval, count) = items.first().map_or((Interval::Month, 1), |item| (item.interval, item.count));
                let span = jiff::Span::new();
                let span = match interval {
                    Interval::Day => span.try_days(count),
                    Interval::Week => span.try_weeks(count),
                    Interval::Month => span.try_months(count),
                    Interval::Year => span.try_years(count),
                };
                later(self.since, span.ok()?)
            }
        }
    }

    fn is_lasting(&self) -> bool {
        self.lasts == Lasts::Forever
    }

    /// Whether it takes something off at this instant.
    fn runs(&self, items: &[Item], at: Instant) -> bool {
        self.since <= at && self.until(items).is_none_or(|until| at < until)
    }
}

/// Calendar time after an instant, by the calendar of UTC, as billing systems count it.
fn later(at: Instant, span: jiff::Span) -> Option<Instant> {
    let zoned = at.to_timestamp().to_zoned(jiff::tz::TimeZone::UTC).checked_add(span).ok()?;
    Some(Instant::from(zoned.timestamp()))
}

/// Takes off what the policy takes off, and returns what the others would take off besides.
pub(super) fn take_off(
    recurring: &mut Parts,
    coupons: &[Coupon],
    items: &[Item],
    at: Instant,
    policy: &Policy,
) -> Parts {
    let counts = |coupon: &&Coupon| match policy.coupons {
        Coupons::LastingOnly => coupon.is_lasting(),
        Coupons::All => true,
        Coupons::None => false,
    };
    let running: Vec<&Coupon> = coupons.iter().filter(|coupon| coupon.runs(items, at)).collect();
    for coupon in running.iter().copied().filter(counts) {
        lower(recurring, coupon, items);
    }
    let mut rest = recurring.clone();
    for coupon in running.iter().copied().filter(|coupon| !counts(coupon)) {
        lower(&mut rest, coupon, items);
    }
    recurring
        .iter()
        .map(|(part, amount)| (part.clone(), *amount - rest.get(part).copied().unwrap_or_default()))
        .collect()
}

/// One after the other, never below nothing; an amount is shared out by what each part is.
fn lower(parts: &mut Parts, coupon: &Coupon, items: &[Item]) {
    let share = match coupon.off {
        Off::Share(share) => Some((share, None)),
        Off::Amount(amount, currency) => {
            let total: Exact = parts.iter().filter(|((of, _), _)| *of == currency).map(|(_, amount)| *amount).sum();
            let (interval, count) = items.first().map_or((Interval::Month, 1), |item| (item.interval, item.count));
            let a_month = super::item::monthly(amount, Exact::ONE, interval, count.into()).ok();
            let share = a_month.and_then(|off| off.min(total).over(total));
            share.map(|share| (share, Some(currency)))
        }
    };
    let Some((share, only)) = share else { return };
    for ((currency, _), amount) in parts.iter_mut() {
        if only.is_none_or(|only| only == *currency) {
            *amount = amount.times(Exact::ONE - share).unwrap_or(*amount);
        }
    }
}
