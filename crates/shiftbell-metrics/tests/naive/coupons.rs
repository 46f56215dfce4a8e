//! What coupons take off what a subscription is worth a month.

use jiff::ToSpan;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::{Coupons, Policy};
use shiftbell_metrics::time::Instant;

use super::plan::{Parts, a_month};

/// A coupon as told, since when it is there, and the interval at which the subscription is charged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Coupon {
    json: Json,
    since: Instant,
}

/// What is told of coupons takes the place of all before; a coupon that was there keeps its beginning.
pub(crate) fn told(json: &Json, before: &[Coupon], at: Instant) -> Vec<Coupon> {
    let is_one = |json: &&Json| json["percent_off"].as_f64().is_none_or(|percent| percent <= 100.0);
    let since = |json: &Json| {
        let is_same = |known: &&Coupon| match json.get("id") {
            Some(id) => known.json.get("id") == Some(id),
            None => known.json == *json,
        };
        before.iter().find(is_same).map_or(at, |known| known.since)
    };
    let all = json.as_array().into_iter().flatten().filter(is_one);
    all.map(|json| Coupon { json: json.clone(), since: since(json) }).collect()
}

impl Coupon {
    /// When it ends: so many months later, after one charge, at a day, or never.
    pub(crate) fn until(&self, items: &[Json]) -> Option<Instant> {
        if let Some(until) = self.json.get("until") {
            return Instant::parse(until.as_str().expect("a time"));
        }
        let first = |key: &str| items.first().and_then(|item| item.get(key));
        let span = match self.json["duration"].as_str().expect("how long it lasts") {
            "forever" => return None,
            "repeating" => self.json["months"].as_i64().expect("months").months(),
            "once" => {
                let every = first("interval_count").map_or(1, |count| count.as_i64().expect("a whole number"));
                match first("interval").and_then(Json::as_str).unwrap_or("month") {
                    "day" => every.days(),
                    "week" => every.weeks(),
                    "month" => every.months(),
                    _ => every.years(),
                }
            }
            other => panic!("{other}"),
        };
        let since = self.since.to_timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        Some(Instant::from(since.checked_add(span).expect("a time of this century").timestamp()))
    }

    fn runs(&self, items: &[Json], at: Instant) -> bool {
        self.since <= at && self.until(items).is_none_or(|until| at < until)
    }

    fn counts(&self, policy: &Policy) -> bool {
        match policy.coupons {
            Coupons::All => true,
            Coupons::LastingOnly => self.json["duration"] == "forever" && self.json.get("until").is_none(),
            Coupons::None => false,
        }
    }

    /// Takes off a share of everything, or an amount that all parts in its currency bear by what they are.
    fn lower(&self, parts: &mut Parts, items: &[Json]) {
        if let Some(percent) = self.json.get("percent_off") {
            let percent = i128::from(percent.as_i64().expect("whole per cent"));
            parts.values_mut().for_each(|grains| *grains = *grains * (100 - percent) / 100);
            return;
        }
        let currency = Currency::from_code(self.json["currency"].as_str().unwrap_or("USD")).expect("a currency");
        let first = |key: &str| items.first().and_then(|item| item.get(key));
        let every = first("interval_count").map_or(1, |count| count.as_i64().expect("a whole number"));
        let amount = self.json["amount_off"].as_str().expect("an amount");
        let Some(off) = a_month(amount, 1, first("interval").and_then(Json::as_str).or(Some("month")), every) else {
            return;
        };
        let mut borne: Vec<&mut i128> =
            parts.iter_mut().filter(|((of, _), _)| *of == currency).map(|(_, grains)| grains).collect();
        let total: i128 = borne.iter().map(|grains| **grains).sum();
        if total == 0 {
            return;
        }
        let mut left = off.min(total);
        let last = borne.len() - 1;
        for (index, grains) in borne.iter_mut().enumerate() {
            let share = if index == last { left } else { share_of(off.min(total), **grains, total) };
            **grains -= share;
            left -= share;
        }
    }
}

/// `off x part / total`, to the nearest grain.
fn share_of(off: i128, part: i128, total: i128) -> i128 {
    let exact = Decimal::from_i128_with_scale(off, 0) / Decimal::from_i128_with_scale(total, 0);
    (exact * Decimal::from_i128_with_scale(part, 0)).round().to_i128().expect("a sum of money")
}

/// What is left of what is paid, and what those coupons take off beside that do not count.
pub(crate) fn take_off(
    recurring: &mut Parts,
    coupons: &[Coupon],
    items: &[Json],
    at: Instant,
    policy: &Policy,
) -> Parts {
    let running = || coupons.iter().filter(|coupon| coupon.runs(items, at));
    running().filter(|coupon| coupon.counts(policy)).for_each(|coupon| coupon.lower(recurring, items));
    let mut rest = recurring.clone();
    running().filter(|coupon| !coupon.counts(policy)).for_each(|coupon| coupon.lower(&mut rest, items));
    recurring.iter().map(|(part, grains)| (part.clone(), grains - rest[part])).collect()
}
