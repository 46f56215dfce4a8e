//! What customers cost and are worth, asked as somebody asks it: from events to the answer.

use rust_decimal::Decimal;
use shiftbell_metrics::answer::{Answer, Figure, Rate};
use shiftbell_metrics::definitions::{Definitions, KpiKind};
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant};

use crate::support::live::Live;
use crate::support::{definitions, event, kpi};

pub(crate) const NAMES: [&str; 7] = [
    "customer-lifetime-value",
    "lifetime-value-five-years",
    "acquisition-cost",
    "payback-months",
    "ltv-to-cac",
    "magic-number",
    "burn-multiple",
];

const NOW: &str = "2026-12-20T12:00:00Z";

pub(crate) fn company(names: &[&str]) -> Definitions {
    let mut defs = definitions();
    for name in names {
        if defs.kpi(name).is_none() {
            defs.kpis.push(kpi(name, KpiKind::Standard { name: (*name).to_owned(), over: None }));
        }
    }
    defs.policies.economics.gross_margin = Some(Decimal::from(80));
    defs.policies.economics.cost = Some("spend".to_owned());
    defs.policies.economics.burn = Some("spend".to_owned());
    defs
}

/// What a customer's only subscription says on a day.
pub(crate) fn sub(at: &str, company: &str, says: &str, items: &str) -> StoredEvent {
    let set = format!(r#""subscription":{{"items":[{items}]}},"company":{{"segment":"business"}}"#);
    let names = format!(r#""subscription":"{company}-sub","company":"{company}""#);
    event(at, &format!(r#""type":"subscription",{names}{says},"set":{{{set}}}"#))
}

/// Pays so much a year from a day on.
fn pays(at: &str, company: &str, a_year: u32) -> StoredEvent {
    let items = format!(r#"{{"amount":"{a_year}","interval":"year"}}"#);
    let set = format!(r#""subscription":{{"status":"active","items":[{items}]}}"#);
    let names = format!(r#""subscription":"{company}-sub","company":"{company}""#);
    event(at, &format!(r#""type":"subscription",{names},"set":{{{set}}}"#))
}

fn gone(at: &str, company: &str) -> StoredEvent {
    event(
        at,
        &format!(r#""type":"subscription","subscription":"{company}-sub","company":"{company}","change":"ended""#),
    )
}

fn spent(at: &str, dollars: u32) -> StoredEvent {
    event(at, &format!(r#""type":"spend","company":"ourselves","amount":{{"amount":"{dollars}","currency":"USD"}}"#))
}

pub(crate) fn period(defs: &Definitions, from: &str, until: &str) -> Period {
    let day = |text: &str| Day::from_date(text.parse().unwrap());
    Period::of_days(day(from), day(until), &defs.workspace.zone)
}

pub(crate) fn asked(defs: &Definitions, events: &[StoredEvent], kpi: &str, (from, until): (&str, &str)) -> Answer {
    let live = Live::batch(defs, &Plan::new(defs), events);
    let question = Question { period: Some(period(defs, from, until)), ..Question::of(kpi) };
    let answer = live.ask(defs, &question, Instant::parse(NOW).unwrap(), &[]);
    println!("{}: {:?} {:?} {:?}", answer.kpi, answer.figure, answer.note, answer.inputs);
    answer
}

fn dollars(figure: &Figure) -> Decimal {
    let Figure::Money { amounts, .. } = figure else { panic!("{figure:?}") };
    amounts[0].major()
}

fn near(figure: &Figure, wanted: f64) {
    let Figure::Number { value: Some(value), .. } = figure else { panic!("{figure:?}") };
    let value: f64 = value.to_string().parse().unwrap();
    assert!((value - wanted).abs() < 1e-9, "{value} is not {wanted}");
}

fn nothing(answer: &Answer) -> &str {
    assert_eq!(answer.figure, Figure::Number { value: None, is_share: false });
    answer.note.as_deref().unwrap()
}

const MARCH: (&str, &str) = ("2026-03-01", "2026-04-01");
const SECOND: (&str, &str) = ("2026-04-01", "2026-07-01");

/// Forty customers at 100 a month, of whom one leaves in March; forty more come in it, and 120,000 are spent.
fn march() -> Vec<StoredEvent> {
    let mut events: Vec<StoredEvent> = (0..40).map(|n| pays("2026-01-10", &format!("old{n}"), 1_200)).collect();
    events.push(gone("2026-03-12", "old7"));
    events.extend((0..40).map(|n| pays("2026-03-20", &format!("new{n}"), 1_200)));
    events.push(spent("2026-03-05", 120_000));
    events
}

#[test]
fn hundred_a_month_at_80_percent_and_a_churn_of_2_5_percent_are_worth_3200() {
    let answer = asked(&company(&NAMES), &march(), "customer-lifetime-value", MARCH);
    assert_eq!(dollars(&answer.figure), Decimal::from(3_200));
    assert_eq!(dollars(&answer.inputs["revenue-per-customer"]), Decimal::from(100));
    assert_eq!(answer.inputs["customer-churn"], Figure::Rate { rate: Rate { num: 1, den: 40 } });
    // Of three months both are of three months: what is paid, and who leaves.
    let quarter = asked(&company(&NAMES), &march(), "customer-lifetime-value", ("2026-02-01", "2026-05-01"));
    assert_eq!(dollars(&quarter.figure), Decimal::from(9_600));
}

#[test]
fn where_no_customer_was_lost_a_lifetime_has_no_end_and_no_value() {
    let answer = asked(&company(&NAMES), &march(), "customer-lifetime-value", ("2026-02-01", "2026-03-01"));
    let why = nothing(&answer);
    assert!(why.starts_with("no customer was lost in") && why.ends_with("is not known"), "{why}");
    let ratio = asked(&company(&NAMES), &march(), "ltv-to-cac", ("2026-02-01", "2026-03-01"));
    assert!(nothing(&ratio).starts_with("no customer was lost in"));
    let nobody = asked(&company(&NAMES), &[], "customer-lifetime-value", MARCH);
    assert_eq!(nothing(&nobody), "nobody pays at the end of the period");
}

#[test]
fn hundred_twenty_thousand_for_forty_customers_are_3000_and_37_5_months() {
    let defs = company(&NAMES);
    let cost = asked(&defs, &march(), "acquisition-cost", MARCH);
    assert_eq!(dollars(&cost.figure), Decimal::from(3_000));
    assert_eq!(cost.inputs["new-customers"], Figure::Count { count: 40 });
    assert_eq!(dollars(&cost.inputs["cost"]), Decimal::from(120_000));
    near(&asked(&defs, &march(), "payback-months", MARCH).figure, 37.5);
    near(&asked(&defs, &march(), "ltv-to-cac", MARCH).figure, 1.066_666_666_666_666_7);
    let mut whole = company(&NAMES);
    whole.policies.economics.gross_margin = Some(Decimal::ONE_HUNDRED);
    near(&asked(&whole, &march(), "payback-months", MARCH).figure, 30.0);
}

#[test]
fn a_value_that_no_money_can_hold_is_not_shown_as_nothing() {
    let grown = [pays("2025-01-10", "a", 1), pays("2026-03-10", "a", 4_000_000)];
    let found = asked(&company(&NAMES), &grown, "lifetime-value-five-years", MARCH);
    assert_eq!(nothing(&found), "it is too large to be written");
}

#[test]
fn a_cost_that_nobody_told_is_no_cost_of_zero() {
    let defs = company(&NAMES);
    let untold: Vec<StoredEvent> = march().into_iter().filter(|stored| stored.event.kind != "spend").collect();
    for name in ["acquisition-cost", "payback-months", "ltv-to-cac", "magic-number"] {
        assert_eq!(nothing(&asked(&defs, &untold, name, MARCH)), "no cost was ever told", "{name}");
    }
    assert_eq!(nothing(&asked(&defs, &untold, "burn-multiple", MARCH)), "no burn was ever told");
    // A cost that names no motion counts in none.
    let live = Live::batch(&defs, &Plan::new(&defs), &march());
    let b2b = Some("b2b".to_owned());
    let question =
        Question { motion: b2b, period: Some(period(&defs, MARCH.0, MARCH.1)), ..Question::of("acquisition-cost") };
    let answer = live.ask(&defs, &question, Instant::parse(NOW).unwrap(), &[]);
    assert_eq!(nothing(&answer), "no cost was ever told for b2b");
    // Told once, and not for the month that is asked for.
    let why = asked(&defs, &march(), "acquisition-cost", ("2026-05-01", "2026-06-01"));
    assert!(nothing(&why).starts_with("no cost was told for"));
    let none = asked(&defs, &march(), "acquisition-cost", ("2026-01-01", "2026-02-01"));
    assert!(nothing(&none).starts_with("no cost was told for"));
}

#[test]
fn a_formula_over_a_cost_that_nobody_told_has_no_value() {
    let mut defs = company(&[]);
    let spend = defs.kpis.iter_mut().find(|kpi| kpi.slug == "spend").unwrap();
    spend.label = "Cost".to_owned();
    let won = r#""type":"deal","deal":"d","company":"c""#;
    let won = event(
        "2026-03-10",
        &format!(r#"{won},"set":{{"company":{{"segment":"business"}},"deal":{{"bant":"met","stage":"won"}}}}"#),
    );
    let answer = asked(&defs, std::slice::from_ref(&won), "cac", MARCH);
    assert_eq!(nothing(&answer), "no cost was ever told");
    // Once it is told, a month without any is a month without any.
    let told = [won, spent("2026-01-05", 500)];
    let january = asked(&defs, &told, "cac", ("2026-01-01", "2026-04-01"));
    assert_eq!((dollars(&january.inputs["spend"]), january.note), (Decimal::from(500), None));
    let march = asked(&defs, &told, "cac", MARCH);
    assert_eq!(dollars(&march.inputs["spend"]), Decimal::ZERO);
    assert_eq!(march.note.as_deref(), Some("no cost was told for March 2026, which counts as 0"));
    let nobody = asked(&defs, &told, "cac", ("2026-01-01", "2026-02-01"));
    assert_eq!(nothing(&nobody), "a part of it has no value, or it divides by 0");
}

#[test]
fn ten_thousand_a_year_are_61051_or_50000_or_40951_in_five_years() {
    let defs = company(&NAMES);
    let year = ("2026-01-01", "2027-01-01");
    let of = |now: u32| {
        let mut events = vec![pays("2025-06-01", "a", 5_000), pays("2026-06-01", "a", now)];
        events.push(pays("2026-07-01", "b", 10_000 - now));
        asked(&defs, &events, "lifetime-value-five-years", ("2025-12-20", "2026-12-20"))
    };
    for (now, wanted) in [(5_500, 61_051), (5_000, 50_000), (4_500, 40_951)] {
        assert_eq!(dollars(&of(now).figure), Decimal::from(wanted), "{now}");
    }
    assert_eq!(dollars(&of(5_500).inputs["for-each-customer"]), Decimal::new(305_255, 1));
    let young = asked(&defs, &[pays("2026-07-01", "b", 1_000)], "lifetime-value-five-years", year);
    assert_eq!(nothing(&young), "nobody paid a year before, so what a year keeps is not known");
}

/// ARR goes from 800 to 920 in the second quarter, after 100 were spent in the first and 300 in the second.
fn growing() -> Vec<StoredEvent> {
    vec![pays("2026-01-10", "a", 800), pays("2026-05-10", "a", 920), spent("2026-02-05", 100), spent("2026-05-05", 300)]
}

#[test]
fn the_magic_number_from_arr_is_1_2_and_not_times_four() {
    let answer = asked(&company(&NAMES), &growing(), "magic-number", SECOND);
    near(&answer.figure, 1.2);
    assert_eq!(dollars(&answer.inputs["arr-at-the-start"]), Decimal::from(800));
    assert_eq!(dollars(&answer.inputs["arr-at-the-end"]), Decimal::from(920));
    assert_eq!(dollars(&answer.inputs["cost-of-the-period-before"]), Decimal::from(100));
}

#[test]
fn three_hundred_burnt_for_a_hundred_and_twenty_of_arr_are_two_and_a_half() {
    near(&asked(&company(&NAMES), &growing(), "burn-multiple", SECOND).figure, 2.5);
    let fell = [growing(), vec![gone("2026-06-10", "a")]].concat();
    let answer = asked(&company(&NAMES), &fell, "burn-multiple", SECOND);
    assert!(nothing(&answer).starts_with("no ARR was added in"));
}

#[test]
fn a_customer_with_two_products_counts_once_in_the_whole_and_in_each_with_its_part() {
    let defs = company(&["revenue-per-customer"]);
    let item =
        |product: &str, amount: u32| format!(r#"{{"product":"{product}","amount":"{amount}","interval":"month"}}"#);
    let both = format!("{},{}", item("small-parties", 60), item("corporate-events", 240));
    let says = r#","change":"started""#;
    let abroad = |stored: StoredEvent| {
        let id = stored.event.names.values().find(|id| !id.ends_with("-sub")).unwrap().clone();
        let country = if id == "c-x" { "DE" } else { "US" };
        let set = format!(r#""set":{{"company":{{"country":"{country}"}}}}"#);
        [stored, event("2026-01-02", &format!(r#""type":"company","company":"{id}",{set}"#))]
    };
    let events: Vec<StoredEvent> = [
        sub("2026-01-10", "a", says, &both),
        sub("2026-01-11", "b", says, &item("small-parties", 100)),
        sub("2026-01-12", "c-x", says, &item("small-parties", 50)),
    ]
    .into_iter()
    .flat_map(abroad)
    .collect();
    let live = Live::batch(&defs, &Plan::new(&defs), &events);
    let by = |dimension: &str| {
        let question = Question {
            by: Some(dimension.to_owned()),
            period: Some(period(&defs, MARCH.0, MARCH.1)),
            ..Question::of("revenue-per-customer")
        };
        let answer = live.ask(&defs, &question, Instant::parse(NOW).unwrap(), &[]);
        println!("{:?} {:?} {:?}", answer.figure, answer.parts, answer.note);
        answer
    };
    let answer = by("product");
    assert_eq!(dollars(&answer.figure), Decimal::from(150)); // 450 of three customers
    let parts: Vec<(&str, Decimal, i64)> = answer
        .parts
        .iter()
        .map(|part| (part.value.as_deref().unwrap(), dollars(&part.figure), part.figure.counted()))
        .collect();
    assert_eq!(parts, [("corporate-events", 240.into(), 1), ("small-parties", 70.into(), 3)]);
    let said = "1 customer is in several of these: once in the whole, in each with its part";
    assert_eq!(answer.note.as_deref(), Some(said));
    let answer = by("geography");
    let parts: Vec<(&str, Decimal)> =
        answer.parts.iter().map(|part| (part.value.as_deref().unwrap(), dollars(&part.figure))).collect();
    assert_eq!(parts, [("US", 200.into()), ("DE", 50.into())]);
    assert_eq!(answer.note, None);
}
