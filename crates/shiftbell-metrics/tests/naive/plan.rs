//! What one subscription is worth at any instant: everything told of it until then, once more from the beginning.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use shiftbell_metrics::event::Properties;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::{ChurnMoment, Paused, Policy};
use shiftbell_metrics::time::Instant;

use super::coupons::{self, Coupon};

/// Parts of a cent in which months, weeks, days, thirds, the rate of the euro and two shares in per cent all come out even.
pub(crate) const GRAINS: i128 = 36_000_000;

/// Grains a month by currency and product.
pub(crate) type Parts = BTreeMap<(Currency, String), i128>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not begun, or in trial.
    Before,
    Runs,
    Paused,
    Ended(Why),
}

/// Why it ended, as far as one end is told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    NotPaid,
    Wish,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Worth {
    pub(crate) standing: Standing,
    pub(crate) recurring: Parts,
    /// What is charged by use.
    pub(crate) usage: Parts,
    /// What coupons take off beside, for a time.
    pub(crate) discount: Parts,
}

impl Worth {
    fn nothing(standing: Standing) -> Worth {
        Worth { standing, recurring: Parts::new(), usage: Parts::new(), discount: Parts::new() }
    }
}

/// What an event told of a subscription.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    pub(crate) set: Properties,
    pub(crate) says: Properties,
}

impl Told {
    fn takes_effect(&self) -> Instant {
        self.says.get("effective_at").and_then(|at| at.as_instant()).unwrap_or(self.at)
    }
}

/// A subscription as told until an instant.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    status: String,
    items: Vec<Json>,
    coupons: Vec<Coupon>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    renews_at: Option<Instant>,
    reason: Option<String>,
    /// Of one that was ended: until when it is paid, why, and when that was told.
    runs_until: Option<Instant>,
    why: Option<Why>,
    pub(crate) told_ended: Option<Instant>,
}

pub(crate) fn state_at(told: &[Told], at: Instant, policy: &Policy) -> State {
    let mut until: Vec<&Told> = told.iter().filter(|told| told.takes_effect() <= at).collect();
    until.sort_by_key(|told| (told.takes_effect(), told.at));
    let mut state = State { status: "before".into(), ..State::default() };
    for told in until {
        state.take(told, policy);
    }
    state
}

/// Every instant at which what it is worth may change.
pub(crate) fn turns(told: &[Told], policy: &Policy) -> Vec<Instant> {
    let mut turns: Vec<Instant> = told.iter().map(Told::takes_effect).collect();
    let first = turns.iter().min().copied();
    for at in turns.clone() {
        let state = state_at(told, at, policy);
        turns.extend([state.starts_at, state.ends_at, state.runs_until].into_iter().flatten());
        turns.extend(state.coupons.iter().filter_map(|coupon| coupon.until(&state.items)));
    }
    turns.retain(|at| Some(*at) >= first);
    turns.sort();
    turns.dedup();
    turns
}

fn why(is_unpaid: bool, reason: Option<&String>, policy: &Policy) -> Why {
    match reason {
        _ if is_unpaid => Why::NotPaid,
        Some(reason) if reason == "payment_failed" => Why::NotPaid,
        Some(_) => Why::Wish,
        None if policy.silence_is_voluntary => Why::Wish,
        None => Why::Unknown,
    }
}

impl State {
    fn take(&mut self, told: &Told, policy: &Policy) {
        let text = |of: &Properties, key: &str| of.get(key).and_then(|value| value.as_text()).map(str::to_owned);
        let change = text(&told.says, "change").unwrap_or_default();
        if let Some(items) = told.set.get("items") {
            // What is charged every nothing is not charged.
            let all = items.to_json().as_array().cloned().unwrap_or_default();
            self.items = all.into_iter().filter(|item| item["interval_count"] != 0).collect();
        }
        if let Some(coupons) = told.set.get("coupons") {
            self.coupons = coupons::told(&coupons.to_json(), &self.coupons, told.takes_effect());
        }
        let moment = |key: &str| told.set.get(key).map(|at| at.as_instant());
        self.starts_at = moment("starts_at").unwrap_or(self.starts_at);
        self.ends_at = moment("ends_at").unwrap_or(self.ends_at);
        self.renews_at = moment("renews_at").unwrap_or(self.renews_at);
        if let Some(reason) = text(&told.says, "reason") {
            self.reason = Some(reason).filter(|reason| !reason.is_empty());
        }
        if ["cancel_withdrawn", "renewed"].contains(&change.as_str()) && !told.set.contains_key("ends_at") {
            self.ends_at = None;
        }
        let status = text(&told.set, "status").or_else(|| match change.as_str() {
            "started" if self.status == "before" => Some("active".into()),
            "resumed" => Some("active".into()),
            "paused" | "ended" => Some(change.clone()),
            _ => None,
        });
        if let Some(status) = status {
            self.turn_to(&status, told.takes_effect(), policy);
        }
    }

    fn turn_to(&mut self, status: &str, at: Instant, policy: &Policy) {
        let before = std::mem::replace(&mut self.status, if status == "incomplete" { "before" } else { status }.into());
        let is_end = |status: &str| ["ended", "unpaid"].contains(&status);
        if !is_end(status) {
            (self.runs_until, self.told_ended) = (None, None);
        } else if !is_end(&before) {
            let is_unpaid = status == "unpaid" || before == "past_due";
            // What is paid is used up, unless it is not paid.
            let paid_until = self.ends_at.or(self.renews_at).filter(|_| before == "active" && !is_unpaid);
            let until = match policy.churn_moment {
                ChurnMoment::EndOfTerm => paid_until.map_or(at, |until| until.max(at)),
                ChurnMoment::WhenCancelled | ChurnMoment::WhenScheduled => at,
            };
            self.why = Some(why(is_unpaid, self.reason.as_ref(), policy));
            (self.runs_until, self.told_ended) = (Some(until), Some(at));
        }
    }

    pub(crate) fn worth(&self, at: Instant, policy: &Policy) -> Worth {
        let nothing = Worth::nothing;
        if self.status == "before" || self.starts_at.is_some_and(|starts| at < starts) {
            return nothing(Standing::Before);
        }
        if [self.ends_at, self.runs_until].into_iter().flatten().any(|ends| ends <= at) {
            let is_unpaid = self.status == "past_due";
            let why = if self.runs_until.is_some() { self.why } else { None };
            return nothing(Standing::Ended(why.unwrap_or_else(|| self::why(is_unpaid, self.reason.as_ref(), policy))));
        }
        match self.status.as_str() {
            "trialing" => nothing(Standing::Before),
            "paused" if policy.paused == Paused::Zero => nothing(Standing::Paused),
            "paused" if policy.paused == Paused::Churn => {
                nothing(Standing::Ended(why(false, self.reason.as_ref(), policy)))
            }
            _ => self.charges(at, policy),
        }
    }

    fn charges(&self, at: Instant, policy: &Policy) -> Worth {
        let mut worth = Worth::nothing(Standing::Runs);
        for item in &self.items {
            let text = |key: &str| item.get(key).and_then(Json::as_str);
            let number = |key: &str| item.get(key).map_or(1, |number| number.as_i64().expect("a whole number"));
            let Some(grains) = a_month(
                text("amount").expect("an amount"),
                number("quantity"),
                text("interval"),
                number("interval_count"),
            ) else {
                continue;
            };
            let currency = Currency::from_code(text("currency").unwrap_or("USD")).expect("a currency");
            let product = text("product").or_else(|| text("plan")).unwrap_or_default().to_owned();
            let is_metered = item.get("metered").and_then(Json::as_bool).unwrap_or(false);
            let into = if is_metered && !policy.metered_counts { &mut worth.usage } else { &mut worth.recurring };
            if grains != 0 {
                *into.entry((currency, product)).or_default() += grains;
            }
        }
        worth.discount = coupons::take_off(&mut worth.recurring, &self.coupons, &self.items, at, policy);
        for parts in [&mut worth.recurring, &mut worth.discount] {
            parts.retain(|_, grains| *grains != 0);
        }
        worth
    }
}

/// `amount x quantity` a month: a year has 12 months, 52 weeks and 365 days. `None` for an interval that is none.
pub(crate) fn a_month(amount: &str, quantity: i64, interval: Option<&str>, every: i64) -> Option<i128> {
    let cents = (amount.parse::<Decimal>().expect("a number") * Decimal::ONE_HUNDRED).to_i128().expect("whole cents");
    let twelfths = match interval.expect("an interval") {
        "day" => 365,
        "week" => 52,
        "month" => 12,
        "year" => 1,
        other => panic!("{other}"),
    };
    let (above, below) = (cents * i128::from(quantity) * GRAINS * twelfths, 12 * i128::from(every));
    if below == 0 {
        return None;
    }
    assert_eq!(above % below, 0, "grains are too coarse");
    Some(above / below)
}
