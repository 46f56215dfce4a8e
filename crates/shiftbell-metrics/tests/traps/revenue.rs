//! Traps 1 to 5 and 9: recurring revenue.

use std::collections::BTreeSet;

use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::{
    Coupons, Exact, Interval, Kind, Moved, Policy, Rates, Why, bridge, levels_at, lifetime_value, logos, magic_number,
    magic_number_of_arr, monthly, payback_months, retention,
};
use shiftbell_metrics::time::Instant;

use crate::story::{at, changes, ends, item, kinds, ledger_of, moved, mrr_at, plain, said, starts, told};

fn movement(customer: i64, day: i64, kind: Kind, amount: i64) -> Moved {
    Moved { customer: EntityId(customer), at: Instant(day), kind, amount: Exact::whole(amount), why: None }
}

fn total(moved: &[Moved], day: i64) -> Exact {
    levels_at(moved, Instant(day)).into_values().sum()
}

fn percent(num: i128, den: i128) -> Option<Exact> {
    Exact::new(num, den)
}

#[test]
fn trap_1_retention_from_totals_hides_lost_customers() {
    let all = [
        movement(1, 0, Kind::New, 400),
        movement(2, 0, Kind::New, 100),
        movement(3, 0, Kind::New, 100),
        movement(1, 20, Kind::Churn, -400),
        movement(2, 21, Kind::Expansion, 60),
        movement(4, 22, Kind::New, 440),
    ];
    let (start, end) = (total(&all, 10), total(&all, 30));
    let naive = (start.min(end).over(start), end.over(start));
    assert_eq!(naive, (Some(Exact::ONE), percent(700, 600)), "by the totals nothing was lost");
    let kept = retention(&all, Instant(10), Instant(30));
    assert_eq!((kept.gross(), kept.net()), (percent(200, 600), percent(260, 600)));
}

#[test]
fn trap_2_who_came_back_and_who_came_later_are_no_retention() {
    // Customer 2 was gone at the start and is back; customer 3 came in between and halved.
    let all = [
        movement(1, 0, Kind::New, 100),
        movement(2, 0, Kind::New, 50),
        movement(2, 5, Kind::Churn, -50),
        movement(3, 15, Kind::New, 100),
        movement(2, 25, Kind::Reactivation, 50),
        movement(3, 28, Kind::Contraction, -50),
    ];
    let whole = retention(&all, Instant(10), Instant(30)).net();
    let had_paid: BTreeSet<EntityId> = all.iter().filter(|one| one.at < Instant(10)).map(|one| one.customer).collect();
    let ends = levels_at(&all, Instant(30));
    let known: Exact = ends.into_iter().filter(|(who, _)| had_paid.contains(who)).map(|(_, amount)| amount).sum();
    let with_reactivation = known.over(total(&all, 10));
    let month = |from, until| retention(&all, Instant(from), Instant(until)).net().unwrap();
    let multiplied = month(10, 20).times(month(20, 30));
    assert_eq!(whole, Some(Exact::ONE));
    assert_eq!((with_reactivation, multiplied), (percent(150, 100), percent(75, 100)));
}

#[test]
fn trap_3_bills_rounded_months_first_items_and_todays_status_are_no_mrr() {
    // Raised in the middle of a month: a bill for the rest of it says 12.90, a month is worth 30 more.
    let bill = shiftbell_metrics::event::Event::from_json(
        r#"{"id":"i","type":"invoice","at":"2026-03-15T00:00:00Z","subscription":"s","amount":"12.90","reason":"proration"}"#,
    );
    let bill = bill.unwrap();
    let billed: Exact = Exact::of(bill.properties["amount"].as_number().unwrap()).unwrap();
    let raised = plain(&[starts("s", "2026-01-01", "50", "month"), changes("s", "2026-03-15", "80", "month"), bill]);
    assert_eq!(said(&raised), ["2026-01-01 new 50", "2026-03-15 expansion 30"]);
    assert_ne!(raised.movements[1].amount, billed);

    // A week is no quarter of a month, a day no thirtieth.
    let month = |amount, interval| monthly(Exact::whole(amount), Exact::ONE, interval, 1).unwrap();
    for (interval, naive) in [(Interval::Week, 12 * 4), (Interval::Day, 12 * 30)] {
        assert!(month(12, interval) > Exact::whole(naive), "{interval:?}");
    }
    assert_eq!((month(12, Interval::Week), month(12, Interval::Day)), (Exact::whole(52), Exact::whole(365)));

    // Each rounded alone: seven years' plans of 1,000 lose two cents a month.
    let year = month(1_000, Interval::Year);
    let rounded = 7 * year.to_money(Currency::USD).unwrap().minor;
    let exact: Exact = std::iter::repeat_n(year, 7).sum();
    assert_eq!((rounded, exact.to_money(Currency::USD).unwrap().minor), (58_331, 58_333));

    // The first item alone, and the status of today for a day of the past.
    let items = [item("seats", "40", "month"), item("support", "25", "month")];
    let set = format!(r#""items":[{}]"#, items.join(","));
    let gone = plain(&[told("s", "2026-01-01", r#""change":"started""#, &set), ends("s", "2026-05-01")]);
    let (first_item, as_of_today) = (Exact::whole(40), mrr_at(&gone, "2026-06-01"));
    assert_eq!(as_of_today, Exact::ZERO);
    let in_march = mrr_at(&gone, "2026-03-01");
    assert_eq!(in_march, Exact::whole(65));
    assert!(in_march != first_item && in_march != as_of_today);
}

#[test]
fn trap_4_a_discount_that_runs_out_is_no_expansion() {
    let off = |duration: &str| {
        let coupons = format!(r#""coupons":[{{"id":"half","percent_off":40,{duration}}}]"#);
        let set = format!(r#""items":[{}],{coupons}"#, item("plan", "100", "month"));
        vec![told("s", "2026-01-01", r#""change":"started""#, &set)]
    };
    let for_a_time = off(r#""duration":"repeating","months":3"#);
    let of = |events: &[_], policy: &Policy| said(&ledger_of(events, policy, &Rates::only(Currency::USD)));
    // Whoever takes every coupon off sees the customer grow when the promotion ends.
    let always = Policy { coupons: Coupons::All, ..Policy::default() };
    assert_eq!(of(&for_a_time, &always), ["2026-01-01 new 60", "2026-04-01 expansion 40"]);
    let own = ledger_of(&for_a_time, &Policy::default(), &Rates::only(Currency::USD));
    assert_eq!(said(&own), ["2026-01-01 new 100"]);
    assert_eq!(own.asides[0].amount, Exact::whole(40), "what is taken off for a time is told apart");
    // One that lasts lowers it by every policy that looks at coupons, and the policy is said with the number.
    assert_eq!(of(&off(r#""duration":"forever""#), &Policy::default()), ["2026-01-01 new 60"]);
    assert_eq!(Policy::preset("profitwell").unwrap().name, "profitwell");
}

#[test]
fn trap_5_a_cancel_to_come_a_late_payment_and_silence_are_no_churn_of_today() {
    let leaves = told("s", "2026-03-10", r#""change":"cancel_scheduled""#, r#""ends_at":"2026-04-01T00:00:00Z""#);
    let leaving = plain(&[starts("s", "2026-01-01", "90", "month"), leaves]);
    let (gone_at_once, never_gone) = (Exact::ZERO, Exact::whole(90));
    assert_eq!(mrr_at(&leaving, "2026-03-20"), Exact::whole(90));
    assert_ne!(mrr_at(&leaving, "2026-03-20"), gone_at_once);
    assert_eq!(mrr_at(&leaving, "2026-04-01"), Exact::ZERO);
    assert_ne!(mrr_at(&leaving, "2026-04-01"), never_gone);
    // Nobody said why: not the customer's wish.
    let naive = Policy { silence_is_voluntary: true, ..Policy::default() };
    let events = [starts("s", "2026-01-01", "90", "month"), ends("s", "2026-04-01")];
    let why = |policy: &Policy| ledger_of(&events, policy, &Rates::only(Currency::USD)).movements[1].why;
    assert_eq!((why(&naive), why(&Policy::default())), (Some(Why::Voluntary), Some(Why::Unknown)));
    // Who pays late still pays; only who counts it as gone sees churn, and a return.
    let late = [
        starts("s", "2026-01-01", "90", "month"),
        told("s", "2026-03-01", "", r#""status":"past_due""#),
        told("s", "2026-03-08", "", r#""status":"active""#),
    ];
    let gone = Policy { past_due_counts: false, ..Policy::default() };
    let naive = ledger_of(&late, &gone, &Rates::only(Currency::USD));
    assert_eq!(kinds(&naive), [Kind::New, Kind::Churn, Kind::Reactivation]);
    assert_eq!(kinds(&plain(&late)), [Kind::New]);
    let of = |ledger| {
        let moved = moved(&[("customer", ledger)]);
        let found = bridge(&moved, at("2026-02-01"), at("2026-04-01"));
        (found.size(Kind::Churn), logos(&moved, at("2026-02-01"), at("2026-03-05")).lost)
    };
    assert_eq!((of(&naive), of(&plain(&late))), ((Exact::whole(90), 1), (Exact::ZERO, 0)));
}

#[test]
fn trap_9_a_year_four_times_mixed_months_no_churn_and_no_margin() {
    // ARR is a year already.
    let (before, after, spent) = (Exact::whole(4_000), Exact::whole(4_600), Exact::whole(500));
    let naive = magic_number(before, after, spent);
    assert_eq!((naive, magic_number_of_arr(before, after, spent)), (Exact::new(48, 10), Exact::new(12, 10)));

    // What is paid in a month over what is lost in a year is twelve times too little.
    let (arpa, margin, monthly_churn) = (Exact::whole(60), Exact::new(3, 4).unwrap(), Exact::new(2, 100).unwrap());
    let yearly_churn = monthly_churn.times(Exact::whole(12)).unwrap();
    let mixed = arpa.times(margin).and_then(|gross| gross.over(yearly_churn));
    let right = lifetime_value(arpa, margin, monthly_churn);
    assert_eq!((mixed, right), (Exact::new(375, 2), Some(Exact::whole(2_250))));

    // Without churn nobody knows how long they stay: neither for ever nor not at all.
    let for_ever = 60.0 * 0.75 / 0.0;
    assert!(f64::is_infinite(for_ever));
    assert_eq!(lifetime_value(arpa, margin, Exact::ZERO), None);

    // Only what is left after cost pays anything back.
    let cost = Exact::whole(1_800);
    let naive = cost.over(arpa);
    assert_eq!((naive, payback_months(cost, arpa, margin)), (Some(Exact::whole(30)), Some(Exact::whole(40))));
}
