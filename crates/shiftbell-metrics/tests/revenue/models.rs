//! Businesses that sell for good, and those that charge by use.

use rust_decimal::Decimal;
use shiftbell_metrics::answer::{Figure, Rate};
use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::fold::StoredEvent;

use crate::economics::{asked, company, sub};
use crate::support::event;

const SPRING: (&str, &str) = ("2026-03-01", "2026-06-01");

fn of(model: &str, names: &[&str]) -> Definitions {
    let mut defs = company(names);
    defs.workspace.business_model = model.to_owned();
    defs
}

fn dollars(figure: &Figure) -> Decimal {
    let Figure::Money { amounts, .. } = figure else { panic!("{figure:?}") };
    amounts[0].major()
}

fn licence(name: &str, at: &str, dollars: u32) -> StoredEvent {
    let amount = format!(r#""annual_amount":{{"amount":"{dollars}","currency":"USD"}}"#);
    let set = format!(r#""company":{{"segment":"business"}},"deal":{{"bant":"met","stage":"won",{amount}}}"#);
    event(at, &format!(r#""type":"deal","deal":"{name}","company":"{name}","set":{{{set}}}"#))
}

fn maintenance(name: &str, at: &str, change: &str) -> StoredEvent {
    sub(at, name, &format!(r#","change":"{change}""#), r#"{"product":"maintenance","amount":"6000","interval":"year"}"#)
}

#[test]
fn of_licences_nothing_recurs_but_their_maintenance_is_renewed_or_not() {
    let defs = of("ownership", &["bookings", "maintenance-renewal", "acquisition-cost"]);
    let spent = r#""type":"spend","company":"ourselves","amount":{"amount":"9000","currency":"USD"}"#;
    let events = [
        licence("a", "2026-03-10", 50_000),
        licence("b", "2026-04-10", 20_000),
        licence("c", "2025-01-10", 70_000),
        maintenance("c", "2025-01-11", "started"),
        maintenance("d", "2025-01-12", "started"),
        maintenance("d", "2026-01-13", "ended"),
        event("2026-03-02", spent),
    ];
    let bookings = asked(&defs, &events, "bookings", SPRING);
    assert_eq!((dollars(&bookings.figure), bookings.figure.counted()), (Decimal::from(70_000), 2));
    let renewed = asked(&defs, &events, "maintenance-renewal", ("2025-06-01", "2026-06-01"));
    assert_eq!(renewed.figure, Figure::Number { value: Some(Decimal::new(5, 1)), is_share: true });
    let (kept, due) = renewed.money_rate().unwrap();
    assert_eq!((kept.major(), due.major()), (Decimal::from(500), Decimal::from(1_000)));
    // New customers are those who were won: nobody has a subscription.
    let cost = asked(&defs, &events, "acquisition-cost", SPRING);
    assert_eq!(dollars(&cost.figure), Decimal::from(4_500));
}

#[test]
fn a_second_licence_of_a_customer_is_booked_too_and_is_no_new_customer() {
    let defs = of("ownership", &["bookings", "acquisition-cost"]);
    let again = r#""set":{"deal":{"bant":"met","stage":"won","annual_amount":{"amount":"8000","currency":"USD"}}}"#;
    let events = [
        licence("a", "2026-03-10", 50_000),
        event("2026-05-10", &format!(r#""type":"deal","deal":"a-2","company":"a",{again}"#)),
        event("2026-03-02", r#""type":"spend","company":"ourselves","amount":{"amount":"9000","currency":"USD"}"#),
    ];
    let bookings = asked(&defs, &events, "bookings", SPRING);
    assert_eq!((dollars(&bookings.figure), bookings.figure.counted()), (Decimal::from(58_000), 2));
    assert_eq!(dollars(&asked(&defs, &events, "acquisition-cost", SPRING).figure), Decimal::from(9_000));
}

/// Commits to 1,000 a month, and uses what each month says beyond.
fn used(at: &str, change: &str, usage: u32) -> StoredEvent {
    let items =
        format!(r#"{{"amount":"1000","interval":"month"}},{{"amount":"{usage}","interval":"month","metered":true}}"#);
    sub(at, "a", &format!(r#","change":"{change}""#), &items)
}

fn usage() -> Vec<StoredEvent> {
    vec![
        used("2026-02-10", "started", 900),
        used("2026-03-10", "updated", 100),
        used("2026-04-10", "updated", 200),
        used("2026-05-10", "updated", 300),
    ]
}

#[test]
fn what_is_charged_by_use_is_the_mean_of_three_months_and_apart_from_what_is_committed() {
    let defs = of("consumption", &["mrr", "committed-mrr", "usage-mrr"]);
    let used = asked(&defs, &usage(), "usage-mrr", SPRING);
    assert_eq!(dollars(&used.figure), Decimal::from(200));
    assert_eq!(used.inputs["full-months"], Figure::Count { count: 3 });
    assert_eq!(dollars(&used.inputs["told-last"]), Decimal::from(300));
    let committed = asked(&defs, &usage(), "committed-mrr", SPRING);
    assert_eq!(dollars(&committed.figure), Decimal::from(1_000));
    assert_eq!(dollars(&committed.inputs["usage-mrr"]), Decimal::from(200));
    assert_eq!(dollars(&asked(&defs, &usage(), "mrr", SPRING).figure), Decimal::from(1_000));
}

#[test]
fn months_of_use_are_averaged_as_the_file_says_and_not_before_there_were_any() {
    let mut defs = of("consumption", &["usage-mrr"]);
    defs.policies.economics.usage_months = Some(2);
    assert_eq!(dollars(&asked(&defs, &usage(), "usage-mrr", SPRING).figure), Decimal::from(250));
    defs.policies.economics.usage_months = Some(12);
    // February to May: the months before the first use are not months of no use.
    assert_eq!(dollars(&asked(&defs, &usage(), "usage-mrr", SPRING).figure), Decimal::from(375));
    let young = asked(&defs, &usage(), "usage-mrr", ("2026-02-01", "2026-02-20"));
    assert_eq!(young.note.as_deref(), Some("no month of use is over yet"));
    // Whoever sells subscriptions sees what was told last.
    let plain = of("subscription", &["usage-mrr"]);
    assert_eq!(dollars(&asked(&plain, &usage(), "usage-mrr", SPRING).figure), Decimal::from(300));
}

#[test]
fn a_rate_of_nothing_is_no_rate() {
    let defs = of("subscription", &["quick-ratio", "net-retention", "customer-churn"]);
    let quick = asked(&defs, &usage(), "quick-ratio", SPRING);
    assert!(quick.note.unwrap().starts_with("nothing was lost in"));
    let kept = asked(&defs, &usage(), "net-retention", ("2025-02-01", "2026-03-01"));
    assert_eq!(kept.note.as_deref(), Some("nobody paid at the start of the period"));
    let churn = asked(&defs, &usage(), "customer-churn", ("2025-02-01", "2026-03-01"));
    assert_eq!(churn.figure, Figure::Rate { rate: Rate { num: 0, den: 0 } });
}
