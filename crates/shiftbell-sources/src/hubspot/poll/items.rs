//! The line items of a deal, as fields of the deal: HubSpot does not tell since when, so that they count from the beginning,
//! and a change from the deal's last change.
//!
//! | field | is |
//! | --- | --- |
//! | `deal.items` | how many there are |
//! | `deal.product` | the product of the item with the largest amount, in our word for its SKU or name |
//! | `deal.recurring_amount` | what the items that recur add up to in a year |
//!
//! They are read only if the definitions use `deal.items` or `deal.recurring_amount`, or `deal.product` where no property of
//! the deal is that.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value as Json;
use shiftbell_metrics::event::Properties;
use shiftbell_metrics::money::Money;
use shiftbell_metrics::value::Value;

use super::rows::results;
use crate::settings::SourceSettings;

/// The fields of a deal that come from its items.
pub(super) const FIELDS: [&str; 3] = ["items", "product", "recurring_amount"];
/// The properties of an item that are read.
pub(super) const PROPERTIES: [&str; 4] = ["name", "hs_sku", "amount", "recurringbillingfrequency"];

/// One line of a deal.
#[derive(Clone, Debug)]
pub(super) struct Item {
    name: String,
    sku: String,
    amount: Decimal,
    /// How often a year it is paid; none, if once.
    a_year: Option<Decimal>,
}

/// Items by number.
pub(super) fn read(json: &Json) -> Result<BTreeMap<u64, Item>, String> {
    let items = results(json)?.iter().filter_map(|row| {
        let text = |name: &str| row.get("properties")?.get(name)?.as_str().map(str::trim);
        let item = Item {
            name: text("name").unwrap_or_default().to_owned(),
            sku: text("hs_sku").unwrap_or_default().to_owned(),
            amount: text("amount").and_then(|amount| amount.parse().ok()).unwrap_or_default(),
            a_year: text("recurringbillingfrequency").and_then(times_a_year),
        };
        Some((row.get("id")?.as_str()?.parse().ok()?, item))
    });
    Ok(items.collect())
}

fn times_a_year(frequency: &str) -> Option<Decimal> {
    let times = match frequency {
        "weekly" => Decimal::from(52),
        "biweekly" => Decimal::from(26),
        "monthly" => Decimal::from(12),
        "quarterly" => Decimal::from(4),
        "per_six_months" => Decimal::from(2),
        "annually" => Decimal::ONE,
        "per_two_years" => Decimal::new(5, 1),
        _ => return None,
    };
    Some(times)
}

/// What the items of one deal say of it.
pub(super) fn fields(settings: &SourceSettings, items: &[&Item]) -> Properties {
    let money = |of: Decimal| {
        let money = settings.currency.and_then(|currency| Money::from_major(of, currency));
        money.map_or(Value::Number(of), Value::Money)
    };
    // Of equal ones the first by name, in whatever order they came.
    let first = items.iter().max_by(|a, b| (a.amount, &b.name).cmp(&(b.amount, &a.name)));
    let word = |item: &Item| {
        let of =
            |property: &str, text: &str| settings.words.value("deal", "product", property, text).map(str::to_owned);
        of("hs_sku", &item.sku).or_else(|| of("name", &item.name)).unwrap_or_else(|| item.name.clone())
    };
    let recurring = items.iter().filter_map(|item| item.amount.checked_mul(item.a_year?));
    let recurring = recurring.fold(Decimal::ZERO, Decimal::saturating_add);
    let product = first.map(|item| word(item)).filter(|word| !word.is_empty());
    Properties::from([
        ("items".to_owned(), Value::Number(items.len().into())),
        ("product".to_owned(), product.map_or(Value::Null, Value::Text)),
        ("recurring_amount".to_owned(), if items.is_empty() { Value::Null } else { money(recurring) }),
    ])
}
