//! The standard KPIs of deals, from events to the answer.

mod support;

#[path = "pipeline/examples.rs"]
mod examples;

use rust_decimal::Decimal;
use shiftbell_metrics::answer::{Answer, Figure, Rate};
use shiftbell_metrics::definitions::{Definitions, Goal, GoalPeriod, KpiKind};
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, Zone};
use support::live::Live;
use support::{definitions, event, kpi};

fn company() -> Definitions {
    let mut defs = definitions();
    for (slug, name) in [("win-rate", "win-rate"), ("sales-velocity", "sales-velocity"), ("coverage", "coverage")] {
        defs.kpis.push(kpi(slug, KpiKind::Standard { name: name.to_owned(), over: None }));
    }
    defs.goals.push(Goal {
        kpi: "won-amount".into(),
        motion: Some("b2b".into()),
        period: GoalPeriod::EveryQuarter,
        amount: Decimal::from(50_000),
        person: None,
        each: None,
    });
    defs
}

/// Deals created on the first of a month of 2026, for so many dollars a year, and what became of each so many days later.
fn deals(name: &str, n: usize, created: &str, dollars: u32, then: Option<(&str, i64)>) -> Vec<StoredEvent> {
    let at = Instant::parse(&format!("{created}T15:00:00Z")).unwrap();
    let mut events = Vec::new();
    for index in 0..n {
        let names = format!(r#""deal":"{name}{index}","company":"co-{name}{index}""#);
        let set = format!(
            r#""set":{{"company":{{"segment":"business"}},"deal":{{"bant":"met","annual_amount":{{"amount":"{dollars}","currency":"USD"}}}}}}"#
        );
        events.push(event(&at.to_string(), &format!(r#""type":"deal",{names},{set}"#)));
        if let Some((stage, days)) = then {
            let set = format!(r#""set":{{"deal":{{"stage":"{stage}"}}}}"#);
            let closed = at.plus_ms(days * MS_PER_DAY).to_string();
            events.push(event(&closed, &format!(r#""type":"deal",{names},{set}"#)));
        }
    }
    events
}

/// Closed in the third quarter: five won after sixty days and fifteen lost, of deals that were created before it; fifty are open.
fn story() -> Vec<StoredEvent> {
    [
        deals("w", 5, "2026-06-01", 12_000, Some(("won", 60))),
        deals("l", 15, "2026-06-01", 90_000, Some(("lost", 70))),
        deals("o", 50, "2026-08-01", 3_000, None),
        deals("x", 9, "2026-03-01", 1_000, Some(("won", 20))),
        deals("n", 2, "2026-09-25", 12_500, Some(("won", 10))),
    ]
    .concat()
}

fn ask(defs: &Definitions, kpi: &str, period: Option<(&str, &str)>, now: &str) -> Answer {
    let live = Live::batch(defs, &Plan::new(defs), &story());
    let day = |text: &str| Day::from_date(text.parse().unwrap());
    let zone = Zone::named("America/New_York").unwrap();
    let period = period.map(|(from, until)| Period::of_days(day(from), day(until), &zone));
    let question = Question { motion: Some("b2b".into()), period, ..Question::of(kpi) };
    live.ask(defs, &question, Instant::parse(now).unwrap(), &[])
}

const THIRD: Option<(&str, &str)> = Some(("2026-07-01", "2026-10-01"));

#[test]
fn the_closed_win_rate_is_of_those_that_closed_in_the_period() {
    let defs = company();
    let answer = ask(&defs, "win-rate", THIRD, "2026-10-20T12:00:00Z");
    assert_eq!(answer.figure, Figure::Rate { rate: Rate { num: 5, den: 20 } });
    // The conversion of the same deals is about another set: those created in the period, of which none was won in time.
    let created = ask(&defs, "deal-to-won", THIRD, "2026-12-20T12:00:00Z");
    assert_eq!(created.figure, Figure::Rate { rate: Rate { num: 2, den: 52 } });
}

#[test]
fn what_left_before_it_began_was_not_kept_through_onboarding() {
    let mut defs = company();
    defs.motions.iter_mut().for_each(|motion| motion.gone = vec!["ended".into()]);
    let of = |at: &str, kind: &str, index: usize| {
        event(at, &format!(r#""type":"{kind}","company":"co-w{index}","contact":"c-w{index}""#))
    };
    let mut events = story();
    // Five were won in the quarter for 12,000 each: one left at once, one had its first show and then left.
    events.push(of("2026-08-10T12:00:00Z", "ended", 0));
    events.push(of("2026-08-10T12:00:00Z", "show_held", 1));
    events.push(of("2026-09-10T12:00:00Z", "ended", 1));
    let plan = Plan::new(&defs);
    let live = Live::batch(&defs, &plan, &events);
    let day = |text: &str| Day::from_date(text.parse().unwrap());
    let third = Period::of_days(day("2026-07-01"), day("2026-10-01"), &Zone::named("America/New_York").unwrap());
    let name = "kept-through-onboarding";
    defs.kpis.push(kpi(name, KpiKind::Standard { name: name.into(), over: None }));
    let question = Question { motion: Some("b2b".into()), period: Some(third), ..Question::of(name) };
    let answer = live.ask(&defs, &question, Instant::parse("2026-10-20T12:00:00Z").unwrap(), &[]);
    assert_eq!(answer.figure, Figure::Number { value: Some(Decimal::new(8, 1)), is_share: true });
    let (left, start) = answer.money_rate().unwrap();
    assert_eq!((left.minor, start.minor), (4_800_000, 6_000_000));
}

#[test]
fn a_lost_deal_that_was_opened_again_is_open_and_no_loss() {
    let defs = company();
    let plan = Plan::new(&defs);
    let mut events = story();
    let set = r#""set":{"deal":{"stage":"negotiation"}}"#;
    events.push(event("2026-09-01T12:00:00Z", &format!(r#""type":"deal","deal":"l0","company":"co-l0",{set}"#)));
    let live = Live::batch(&defs, &plan, &events);
    let day = |text: &str| Day::from_date(text.parse().unwrap());
    let third = Period::of_days(day("2026-07-01"), day("2026-10-01"), &Zone::named("America/New_York").unwrap());
    let question = Question { motion: Some("b2b".into()), period: Some(third), ..Question::of("win-rate") };
    let now = Instant::parse("2026-10-20T12:00:00Z").unwrap();
    let figure = live.ask(&defs, &question, now, &[]).figure;
    assert_eq!(figure, Figure::Rate { rate: Rate { num: 5, den: 19 } }, "14 of the 15 are still lost");
}

#[test]
fn the_velocity_rests_on_four_numbers_of_the_same_deals() {
    let defs = company();
    let answer = ask(&defs, "sales-velocity", THIRD, "2026-10-01T03:59:59.999Z");
    // 52 open on the last day x 25 % x 12,000 / 60 days.
    let Figure::Money { amounts, records } = &answer.figure else { panic!("{:?}", answer.figure) };
    assert_eq!((amounts[0].minor, *records), (260_000, 5));
    assert_eq!(answer.inputs["open-deals"], Figure::Count { count: 52 });
    assert_eq!(answer.inputs["cycle-days"], Figure::Number { value: Some(Decimal::from(60)), is_share: false });
    // Asked later, the end of the period is still the end of the period.
    assert_eq!(ask(&defs, "sales-velocity", THIRD, "2027-03-01T12:00:00Z").figure, answer.figure);
    let nothing = ask(&defs, "sales-velocity", Some(("2026-01-01", "2026-02-01")), "2026-10-20T12:00:00Z");
    assert_eq!(nothing.figure, Figure::Number { value: None, is_share: false });
    assert!(nothing.note.unwrap().starts_with("no deal was won in"));
}

#[test]
fn a_deal_is_worth_what_it_was_won_for_whoever_owned_it_by_then() {
    let defs = company();
    let mut events = story();
    let hand_over = |at: &str, owner: &str, product: &str| {
        let set = format!(r#""set":{{"deal":{{"owner":"{owner}","product":"{product}"}}}}"#);
        event(at, &format!(r#""type":"deal","deal":"w0","company":"co-w0",{set}"#))
    };
    events.push(hand_over("2026-06-01", "ann@x.example", "small-parties"));
    events.push(hand_over("2026-07-10", "bob@x.example", "corporate-events"));
    let live = Live::batch(&defs, &Plan::new(&defs), &events);
    let zone = Zone::named("America/New_York").unwrap();
    let day = |text: &str| Day::from_date(text.parse().unwrap());
    let period = Some(Period::of_days(day("2026-07-01"), day("2026-10-01"), &zone));
    let question = Question { motion: Some("b2b".into()), period, ..Question::of("sales-velocity") };
    let won = |question: &Question, names: &[String]| {
        let now = Instant::parse("2026-10-20T12:00:00Z").unwrap();
        live.ask(&defs, question, now, names).inputs["won"].clone()
    };
    let once = Figure::Money { amounts: vec![Money::new(1_200_000, Currency::USD)], records: 1 };
    assert_eq!(won(&question, &["ann@x.example".to_owned()]), once);
    let filters = vec![("product".to_owned(), "small-parties".to_owned())];
    assert_eq!(won(&Question { filters, ..question }, &[]), once);
}

#[test]
fn coverage_is_of_what_is_still_to_be_won_this_quarter() {
    let answer = ask(&company(), "coverage", None, "2026-10-20T12:00:00Z");
    // Fifty open deals of 3,000 against 50,000 - 2 x 12,500. Nobody wrote when they should close, so all of them count.
    assert_eq!(answer.figure, Figure::Number { value: Some(Decimal::from(6)), is_share: false });
    assert_eq!(answer.inputs["of-the-whole-goal"], Figure::Number { value: Some(Decimal::from(3)), is_share: false });
    assert_eq!((answer.period.from.to_string().as_str(), answer.before), ("2026-10-01", None));
    assert_eq!(answer.note.as_deref(), Some("none of 50 open deals says when it should close, so all of them count"));
    let mut reached = company();
    reached.goals[0].amount = Decimal::from(25_000);
    let answer = ask(&reached, "coverage", None, "2026-10-20T12:00:00Z");
    assert_eq!(answer.figure, Figure::Number { value: None, is_share: false });
    assert!(answer.note.unwrap().starts_with("the goal is reached, so nothing is left to cover"));
}
