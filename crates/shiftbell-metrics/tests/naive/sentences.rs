//! What the sentences of open records and of formulas see.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shiftbell_metrics::answer::Figure;
use shiftbell_metrics::definitions::FieldName;
use shiftbell_metrics::expression::Scope;
use shiftbell_metrics::money::Money;
use shiftbell_metrics::time::{Instant, MS_PER_DAY, Zone};
use shiftbell_metrics::value::Value;

use super::entries::Entry;

/// An open record as sentences see it.
pub(crate) struct Open {
    pub(crate) entry: Entry,
    pub(crate) now: Instant,
    pub(crate) zone: Zone,
    /// What the account pays a month.
    pub(crate) mrr: Money,
}

impl Scope for Open {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        let moment = |field: &str| self.entry.state.get(field).and_then(Value::as_instant);
        let value = match field.to_string().as_str() {
            "deal.touched_today" => {
                let day = moment("deal.last_touch_at").map(|at| self.zone.day_of(at));
                Value::Bool(day == Some(self.zone.day_of(self.now)))
            }
            "customer.mrr" => Value::Money(self.mrr),
            "customer.days_to_renewal" => {
                Value::Number(moment("customer.renews_at")?.since(self.now).div_euclid(MS_PER_DAY).into())
            }
            "customer.days_since_contact" => {
                let since = moment("customer.last_contact_at").unwrap_or(self.entry.at);
                Value::Number((self.now.since(since) / MS_PER_DAY).into())
            }
            other => self.entry.state.get(other)?.clone(),
        };
        Some(Cow::Owned(value))
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }
}

/// The KPIs of a formula: a rate is a share of one, amounts in two currencies have no value.
pub(crate) struct Parts<'a>(pub(crate) &'a BTreeMap<String, Figure>);

impl Scope for Parts<'_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        let value = match &self.0[&field.name] {
            Figure::Count { count } => Value::Number((*count).into()),
            Figure::Rate { rate } if rate.den == 0 => return None,
            Figure::Rate { rate } => Value::Number(Decimal::from(rate.num) / Decimal::from(rate.den)),
            Figure::Money { amounts, .. } => {
                let some: Vec<&Money> = amounts.iter().filter(|money| money.minor != 0).collect();
                match some.as_slice() {
                    [] => Value::Money(amounts[0]),
                    [one] => Value::Money(**one),
                    _ => return None,
                }
            }
            Figure::Number { value, .. } => Value::Number((*value)?),
            Figure::Duration { .. } => panic!("no formula rests on a time"),
        };
        Some(Cow::Owned(value))
    }

    fn now(&self) -> Option<Instant> {
        None
    }
}
