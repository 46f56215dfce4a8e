//! What a subscription charges: items, their intervals, and what they are a month.

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::exact::Exact;
use super::problem::Problem;
use crate::money::Currency;

/// How often an item is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    Day,
    Week,
    Month,
    Year,
}

impl Interval {
    /// Reads `month`, `months`, `monthly`, in any case.
    pub fn from_word(word: &str) -> Option<Interval> {
        match word.trim().to_ascii_lowercase().as_str() {
            "day" | "days" | "daily" => Some(Interval::Day),
            "week" | "weeks" | "weekly" => Some(Interval::Week),
            "month" | "months" | "monthly" => Some(Interval::Month),
            "year" | "years" | "yearly" | "annual" | "annually" => Some(Interval::Year),
            _ => None,
        }
    }

    /// How many of them a month has, exactly: a year has 12 months, 52 weeks and 365 days.
    fn per_month(self) -> Exact {
        let (num, den) = match self {
            Interval::Day => (365, 12),
            Interval::Week => (52, 12),
            Interval::Month => (1, 1),
            Interval::Year => (1, 12),
        };
        Exact::new(num, den).unwrap_or(Exact::ZERO)
    }
}

/// Largest amount in major units: a quadrillion. What is beyond is a mistake of whoever wrote it.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;
/// Most days, weeks, months or years between two charges.
const COUNT_MAX: i64 = 1_200;

/// One line of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is sold, for breakdowns: the product, else the plan, else nothing.
    pub product: String,
    pub currency: Currency,
    /// Major units a month, quantity and all.
    pub monthly: Exact,
    pub interval: Interval,
    pub count: u32,
    /// Charged by what was used: it counts as usage, unless the policy says otherwise.
    pub metered: bool,
}

/// `amount x quantity` a month, charged every `count` intervals.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, Interval, monthly};
/// let fortnight = monthly(Exact::whole(50), Exact::ONE, Interval::Week, 2).unwrap();
/// assert_eq!(fortnight, Exact::new(1_300, 12).unwrap());
/// ```
///
/// # Errors
/// A count of 0 or beyond 1,200, and an amount beyond 10^15: named, never counted.
pub fn monthly(amount: Exact, quantity: Exact, interval: Interval, count: i64) -> Result<Exact, Problem> {
    if count == 0 {
        return Err(Problem::IntervalZero);
    }
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(Problem::IntervalCount(count.to_string()));
    }
    let total = amount.times(quantity).ok_or_else(|| Problem::TooLarge(amount.to_string()))?;
    if total.abs() > Exact::whole(AMOUNT_MAX) {
        return Err(Problem::TooLarge(total.to_string()));
    }
    let a_month = total.times(interval.per_month()).and_then(|one| one.over(Exact::whole(count)));
    a_month.ok_or_else(|| Problem::TooLarge(total.to_string()))
}

/// Reads `[{"product", "plan", "amount": {"amount", "currency"}, "interval", "interval_count", "quantity", "metered"}]`.
///
/// `interval` is a month and `quantity` 1 where they are not given. An item that cannot be read is named and left out;
/// the others count.
pub(super) fn read_items(json: &Json, currency: Currency) -> (Vec<Item>, Vec<Problem>) {
    let (mut items, mut problems) = (Vec::new(), Vec::new());
    let Some(list) = json.as_array() else {
        if !json.is_null() {
            problems.push(Problem::NoItems(json.to_string()));
        }
        return (items, problems);
    };
    for one in list {
        match read_item(one, currency) {
            Ok(item) => items.push(item),
            Err(problem) => problems.push(problem),
        }
    }
    (items, problems)
}

fn read_item(json: &Json, currency: Currency) -> Result<Item, Problem> {
    let (amount, currency) = read_amount(json.get("amount").unwrap_or(&Json::Null), json.get("currency"), currency)?;
    let interval = match json.get("interval") {
        None => Interval::Month,
        Some(Json::String(word)) => {
            Interval::from_word(word).ok_or_else(|| Problem::UnknownInterval(word.to_owned()))?
        }
        Some(other) => return Err(Problem::UnknownInterval(other.to_string())),
    };
    let count = match json.get("interval_count") {
        None => 1,
        // Nothing is no interval, as 0 is none.
        Some(Json::Null) => 0,
        Some(count) => count.as_i64().ok_or_else(|| Problem::IntervalCount(count.to_string()))?,
    };
    let quantity = match json.get("quantity") {
        None | Some(Json::Null) => Exact::ONE,
        Some(quantity) => number(quantity).ok_or_else(|| Problem::NoNumber("quantity", quantity.to_string()))?,
    };
    if quantity.is_negative() {
        return Err(Problem::NoNumber("quantity", quantity.to_string()));
    }
    let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty());
    Ok(Item {
        product: text("product").or_else(|| text("plan")).unwrap_or_default().to_owned(),
        currency,
        monthly: monthly(amount, quantity, interval, count)?,
        interval,
        count: u32::try_from(count).unwrap_or(1),
        metered: json.get("metered").and_then(Json::as_bool).unwrap_or(false),
    })
}

/// An amount as `{"amount", "currency"}`, or as a bare number beside its currency (else the workspace's).
pub(super) fn read_amount(json: &Json, code: Option<&Json>, own: Currency) -> Result<(Exact, Currency), Problem> {
    let (amount, code) = match json.as_object() {
        Some(money) => (money.get("amount").unwrap_or(&Json::Null), money.get("currency").or(code)),
        None => (json, code),
    };
    if amount.is_null() {
        return Err(Problem::NoAmount);
    }
    let currency = match code {
        None | Some(Json::Null) => own,
        Some(Json::String(text)) => Currency::from_code(text).ok_or_else(|| Problem::NoCurrency(text.to_owned()))?,
        Some(other) => return Err(Problem::NoCurrency(other.to_string())),
    };
    let exact = match number(amount) {
        Some(exact) => exact,
        None if is_number(amount) => return Err(Problem::TooLarge(plain(amount))),
        None => return Err(Problem::NoNumber("amount", plain(amount))),
    };
    if exact.abs() > Exact::whole(AMOUNT_MAX) {
        return Err(Problem::TooLarge(plain(amount)));
    }
    Ok((exact, currency))
}

fn plain(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// Whether it looks like a number, though it may be one that we cannot hold.
fn is_number(json: &Json) -> bool {
    json.is_number() || json.as_str().is_some_and(|text| text.trim().parse::<f64>().is_ok_and(f64::is_finite))
}

pub(super) fn number(json: &Json) -> Option<Exact> {
    let text = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
    };
    let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)).ok()?;
    Exact::of(number)
}
