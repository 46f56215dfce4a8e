//! What was told of the subscriptions of a customer, written as a test would say it.

use std::collections::BTreeMap;

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::{EntityId, EntityKind};
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::{Exact, Kind, Ledger, Moved, Policy, Rates, Told, ledger};
use shiftbell_metrics::time::Instant;

/// An instant, from `2026-02-01` or `2026-02-01T10:00:00Z`.
pub(crate) fn at(text: &str) -> Instant {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    Instant::parse(&whole).unwrap_or_else(|| panic!("{text} is no time"))
}

/// An event of subscription `sub`: what it says of itself, and what it sets.
pub(crate) fn told(sub: &str, when: &str, says: &str, set: &str) -> Event {
    let says = if says.is_empty() { String::new() } else { format!(",{says}") };
    let text = format!(
        r#"{{"id":"{sub} {when}","type":"subscription","at":"{}","subscription":"{sub}"{says},"set":{{"subscription":{{{set}}}}}}}"#,
        at(when)
    );
    Event::from_json(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A subscription that starts with one item in dollars.
pub(crate) fn starts(sub: &str, when: &str, amount: &str, interval: &str) -> Event {
    told(sub, when, r#""change":"started""#, &format!(r#""items":[{}]"#, item(sub, amount, interval)))
}

pub(crate) fn item(product: &str, amount: &str, interval: &str) -> String {
    format!(
        r#"{{"product":"{product}","amount":{{"amount":"{amount}","currency":"USD"}},"interval":"{interval}","interval_count":1,"quantity":1}}"#
    )
}

pub(crate) fn changes(sub: &str, when: &str, amount: &str, interval: &str) -> Event {
    told(sub, when, r#""change":"updated""#, &format!(r#""items":[{}]"#, item(sub, amount, interval)))
}

pub(crate) fn ends(sub: &str, when: &str) -> Event {
    told(sub, when, r#""change":"ended""#, "")
}

pub(crate) fn ledger_of(events: &[Event], policy: &Policy, rates: &Rates) -> Ledger {
    let mut by_sub: BTreeMap<&str, Vec<Told<'_>>> = BTreeMap::new();
    let nothing = BTreeMap::new();
    for event in events {
        let set = event.set.get(&EntityKind::Subscription).unwrap_or(&nothing);
        let told = Told { at: event.at, set, says: &event.properties };
        by_sub.entry(&event.names[&EntityKind::Subscription]).or_default().push(told);
    }
    ledger(&by_sub.into_values().collect::<Vec<_>>(), policy, rates)
}

/// By our own policy, in dollars.
pub(crate) fn plain(events: &[Event]) -> Ledger {
    ledger_of(events, &Policy::default(), &Rates::only(Currency::USD))
}

/// `2026-02-01 new 60`, one line a movement; amounts to the cent.
pub(crate) fn said(ledger: &Ledger) -> Vec<String> {
    let line = |moved: &shiftbell_metrics::revenue::Movement| {
        let day = moved.at.to_string()[..10].to_owned();
        let why = moved.why.map(|why| format!(" {}", why.word())).unwrap_or_default();
        let money = moved.amount.to_money(moved.currency).unwrap().major().normalize();
        let code = if moved.currency == Currency::USD { String::new() } else { format!(" {}", moved.currency) };
        format!("{day} {}{why} {money}{code}", moved.kind.word())
    };
    ledger.movements.iter().map(line).collect()
}

/// The movements of several customers, for those who add them up.
pub(crate) fn moved(of: &[(&str, &Ledger)]) -> Vec<Moved> {
    let one = |(name, ledger): &(&str, &Ledger)| {
        let customer = EntityId::of(EntityKind::Company, name);
        let each = ledger.movements.iter().map(move |movement| Moved {
            customer,
            at: movement.at,
            kind: movement.kind,
            amount: movement.amount,
            why: movement.why,
        });
        each.collect::<Vec<_>>()
    };
    of.iter().flat_map(one).collect()
}

pub(crate) fn mrr_at(ledger: &Ledger, when: &str) -> Exact {
    ledger.movements.iter().filter(|moved| moved.at <= at(when)).map(|moved| moved.amount).sum()
}

pub(crate) fn kinds(ledger: &Ledger) -> Vec<Kind> {
    ledger.movements.iter().map(|moved| moved.kind).collect()
}

pub(crate) fn near(found: Option<Exact>, wanted: f64) {
    let found = found.unwrap_or_else(|| panic!("nothing, where {wanted} was expected")).to_f64();
    assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
}
