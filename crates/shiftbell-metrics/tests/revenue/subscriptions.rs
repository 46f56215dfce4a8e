//! What happens to subscriptions, and what a policy makes of it.

use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::*;

use crate::story::{changes, ends, item, ledger_of, mrr_at, plain, said, starts, told};

fn dollars() -> Rates {
    Rates::only(Currency::USD)
}

fn by(events: &[shiftbell_metrics::event::Event], name: &str) -> Vec<String> {
    said(&ledger_of(events, &Policy::preset(name).unwrap(), &dollars()))
}

#[test]
fn a_trial_counts_from_the_day_it_is_paid() {
    let trial = told("s", "2026-01-01", "", &format!(r#""status":"trialing","items":[{}]"#, item("s", "40", "month")));
    let active = told("s", "2026-01-15", "", r#""status":"active""#);
    assert_eq!(said(&plain(&[trial.clone(), active.clone()])), ["2026-01-15 new 40"]);
    let counts = Policy { trials_count: true, ..Policy::default() };
    assert_eq!(said(&ledger_of(&[trial, active], &counts, &dollars())), ["2026-01-01 new 40"]);
}

#[test]
fn past_due_counts_until_it_is_given_up_and_is_then_involuntary() {
    let events = [
        starts("s", "2026-01-01", "40", "month"),
        told("s", "2026-02-01", "", r#""status":"past_due","renews_at":"2026-03-01T00:00:00Z""#),
        told("s", "2026-02-20", "", r#""status":"unpaid""#),
    ];
    assert_eq!(said(&plain(&events)), ["2026-01-01 new 40", "2026-02-20 churn involuntary -40"]);
    let ends_at_once = Policy { past_due_counts: false, ..Policy::default() };
    let found = said(&ledger_of(&events, &ends_at_once, &dollars()));
    assert_eq!(found, ["2026-01-01 new 40", "2026-02-01 churn involuntary -40"]);
}

#[test]
fn a_scheduled_cancel_is_churn_at_the_end_of_what_is_paid_and_can_be_withdrawn() {
    let leaves = told(
        "s",
        "2026-02-10",
        r#""change":"cancel_scheduled","reason":"too few shows""#,
        r#""status":"leaving","ends_at":"2026-03-01T00:00:00Z""#,
    );
    let mut events = vec![starts("s", "2026-01-01", "40", "month"), leaves];
    assert_eq!(by(&events, "shiftbell"), ["2026-01-01 new 40", "2026-03-01 churn voluntary -40"]);
    let early = Policy { churn_moment: ChurnMoment::WhenScheduled, ..Policy::default() };
    let found = said(&ledger_of(&events, &early, &dollars()));
    assert_eq!(found, ["2026-01-01 new 40", "2026-02-10 churn voluntary -40"]);
    events.push(told("s", "2026-02-20", r#""change":"cancel_withdrawn""#, r#""status":"active""#));
    assert_eq!(by(&events, "shiftbell"), ["2026-01-01 new 40"]);
}

#[test]
fn what_is_cancelled_at_once_is_gone_when_the_policy_says() {
    let events = [
        starts("s", "2026-01-01", "480", "year"),
        told("s", "2026-01-02", "", r#""renews_at":"2027-01-01T00:00:00Z""#),
        ends("s", "2026-05-05"),
    ];
    assert_eq!(by(&events, "shiftbell")[1], "2027-01-01 churn unknown -40");
    assert_eq!(by(&events, "profitwell")[1], "2027-01-01 churn unknown -40");
    assert_eq!(by(&events, "stripe")[1], "2026-05-05 churn unknown -40");
    assert_eq!(by(&events, "chartmogul")[1], "2026-05-05 churn unknown -40");
    assert_eq!(by(&events, "chargebee")[1], "2026-05-05 churn voluntary -40");
}

#[test]
fn a_plan_swap_within_a_day_is_one_movement_in_whichever_order() {
    let old = || starts("old", "2026-01-01", "50", "month");
    let up = [old(), ends("old", "2026-02-10T09:00:00Z"), starts("new", "2026-02-10T20:00:00Z", "80", "month")];
    assert_eq!(said(&plain(&up)), ["2026-01-01 new 50", "2026-02-10 expansion 30"]);
    let first_the_new =
        [old(), starts("new", "2026-02-10T09:00:00Z", "30", "month"), ends("old", "2026-02-10T20:00:00Z")];
    assert_eq!(said(&plain(&first_the_new)), ["2026-01-01 new 50", "2026-02-10 contraction -20"]);
    let two_days_apart = [old(), ends("old", "2026-02-10"), starts("new", "2026-02-12T00:00:01Z", "80", "month")];
    let apart = ["2026-01-01 new 50", "2026-02-10 churn unknown -50", "2026-02-12 reactivation 80"];
    assert_eq!(said(&plain(&two_days_apart)), apart);
}

#[test]
fn a_swap_in_the_middle_of_what_is_paid_does_not_count_twice() {
    let events = [
        starts("old", "2026-01-01", "600", "year"),
        told("old", "2026-01-02", "", r#""renews_at":"2027-01-01T00:00:00Z""#),
        ends("old", "2026-02-10T09:00:00Z"),
        starts("new", "2026-02-10T10:00:00Z", "80", "month"),
    ];
    let found = plain(&events);
    assert_eq!(said(&found), ["2026-01-01 new 50", "2026-02-10 expansion 30"]);
    assert_eq!(mrr_at(&found, "2026-06-01"), Exact::whole(80));
}

#[test]
fn a_pause_is_no_churn_and_who_ends_in_it_is() {
    let paused = || vec![starts("s", "2026-01-01", "40", "month"), told("s", "2026-02-01", r#""change":"paused""#, "")];
    let mut back = paused();
    back.push(told("s", "2026-03-01", r#""change":"resumed""#, ""));
    assert_eq!(said(&plain(&back)), ["2026-01-01 new 40", "2026-02-01 paused -40", "2026-03-01 resumed 40"]);
    assert_eq!(
        by(&back, "profitwell"),
        ["2026-01-01 new 40", "2026-02-01 churn unknown -40", "2026-03-01 reactivation 40"]
    );
    let mut gone = paused();
    gone.push(told("s", "2026-03-01", r#""change":"ended","reason":"closed""#, ""));
    let wanted =
        ["2026-01-01 new 40", "2026-02-01 paused -40", "2026-03-01 resumed 40", "2026-03-01 churn voluntary -40"];
    assert_eq!(said(&plain(&gone)), wanted);
    assert_eq!(mrr_at(&plain(&gone), "2026-04-01"), Exact::ZERO);
}

#[test]
fn what_is_charged_by_use_is_kept_apart() {
    let items = r#""items":[{"amount":"100"},{"amount":"0.02","quantity":1500,"metered":true}]"#;
    let events = [told("s", "2026-01-01", r#""change":"started""#, items)];
    let found = plain(&events);
    assert_eq!(said(&found), ["2026-01-01 new 100"]);
    assert_eq!((found.asides[0].line, found.asides[0].amount), (Line::Usage, Exact::whole(30)));
    assert_eq!(by(&events, "profitwell"), ["2026-01-01 new 130"]);
}

#[test]
fn products_add_up_even_where_one_takes_the_place_of_another() {
    let two = |first: &str, second: &str| {
        told("s", first, r#""change":"updated""#, &format!(r#""status":"active","items":[{second}]"#))
    };
    let found =
        plain(&[two("2026-01-01", &item("small", "60", "month")), two("2026-02-01", &item("large", "60", "month"))]);
    let parts = &found.movements[1].parts;
    assert_eq!(parts[..], [("large".to_owned(), Exact::whole(60)), ("small".to_owned(), Exact::whole(-60))]);
    assert!(found.movements[1].amount.is_zero());
}

#[test]
fn a_contract_counts_from_its_beginning_and_renewal_takes_a_cancel_back() {
    let items = format!(r#""items":[{}]"#, item("s", "40", "month"));
    let later =
        told("s", "2026-01-01", r#""change":"started""#, &format!(r#"{items},"starts_at":"2026-02-01T00:00:00Z""#));
    assert_eq!(said(&plain(std::slice::from_ref(&later))), ["2026-02-01 new 40"]);
    let leaves = told("s", "2026-03-01", r#""change":"cancel_scheduled""#, r#""ends_at":"2027-01-01T00:00:00Z""#);
    let renewed = told("s", "2026-12-01", r#""change":"renewed""#, "");
    assert_eq!(said(&plain(&[later, leaves, renewed])), ["2026-02-01 new 40"]);
}

#[test]
fn a_currency_without_a_rate_is_kept_apart_and_named() {
    let items = r#""items":[{"amount":"100","currency":"EUR"},{"amount":"10","currency":"USD"}]"#;
    let found = plain(&[told("s", "2026-01-01", r#""change":"started""#, items), ends("s", "2026-02-01")]);
    let wanted = ["2026-01-01 new 100 EUR", "2026-01-01 new 10"];
    assert_eq!(said(&found)[..2], wanted);
    assert_eq!(said(&found)[2..], ["2026-02-01 churn unknown -100 EUR", "2026-02-01 churn unknown -10"]);
    assert_eq!(found.problems, [(0, Problem::NoRate(Currency::from_code("EUR").unwrap()))]);
}

#[test]
fn what_cannot_be_counted_is_named_and_the_rest_counts() {
    let check = |wrong: &str, says: &str| {
        let items = format!(r#""items":[{{"amount":"10"}},{wrong}]"#);
        let found = plain(&[told("s", "2026-01-01", r#""change":"started""#, &items)]);
        assert_eq!(said(&found), ["2026-01-01 new 10"], "{wrong}");
        let named: Vec<String> = found.problems.iter().map(|(_, problem)| problem.to_string()).collect();
        assert!(named.len() == 1 && named[0].contains(says), "{wrong}: {named:?}");
    };
    check(r#"{"amount":"5","interval_count":0}"#, "interval count 0");
    check(r#"{"amount":"5","interval_count":null}"#, "interval count 0");
    check(r#"{"amount":"5","interval_count":-3}"#, "interval count -3");
    check(r#"{"amount":"5","interval":"fortnight"}"#, "`fortnight`");
    check(r#"{"interval":"month"}"#, "no amount");
    check(r#"{"amount":"1000000000000001"}"#, "amount 1000000000000001 is beyond 10^15");
    check(r#"{"amount":"1e30"}"#, "amount 1e30 is beyond 10^15");
    check(r#"{"amount":"900000000000000","quantity":2}"#, "beyond 10^15");
    check(r#"{"amount":"five"}"#, "`five`");
    check(r#"{"amount":"5","currency":"DOLLARS"}"#, "`DOLLARS`");
    check(r#"{"amount":"5","quantity":-1}"#, "quantity `-1`");
}

#[test]
fn a_date_before_1970_or_after_2100_is_named_and_counts_as_not_given() {
    for never in ["9999-12-31T00:00:00Z", "1969-12-31T23:59:59Z", "soon"] {
        let ends = told("s", "2026-01-02", "", &format!(r#""ends_at":"{never}""#));
        let found = plain(&[starts("s", "2026-01-01", "40", "month"), ends]);
        assert_eq!(said(&found), ["2026-01-01 new 40"]);
        assert_eq!(found.problems, [(0, Problem::OutOfTime("ends_at", never.to_owned()))]);
    }
}

#[test]
fn an_unknown_status_and_a_coupon_that_says_nothing_are_named_and_change_nothing() {
    let odd = told("s", "2026-01-02", "", r#""status":"sleepy","coupons":[{"id":"x"}]"#);
    let found = plain(&[starts("s", "2026-01-01", "40", "month"), odd]);
    assert_eq!(said(&found), ["2026-01-01 new 40"]);
    assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
}

#[test]
fn an_amount_off_is_shared_out_and_never_goes_below_nothing() {
    let items = r#""items":[{"product":"a","amount":"300","interval":"year"},{"product":"b","amount":"5"}]"#;
    let with = |off: &str| {
        let set = format!(r#"{items},"coupons":[{{"amount_off":"{off}","duration":"forever"}}]"#);
        plain(&[told("s", "2026-01-01", r#""change":"started""#, &set)])
    };
    // 25 + 5 a month, less 120 a year: the interval of the first item
    assert_eq!(said(&with("120")), ["2026-01-01 new 20"]);
    assert_eq!(said(&with("9999")), Vec::<String>::new());
}

#[test]
fn told_again_and_told_late_is_told_once() {
    let start = starts("s", "2026-01-01", "50", "month");
    let up = changes("s", "2026-01-15", "80", "month");
    let wanted = plain(&[start.clone(), up.clone()]);
    assert_eq!(plain(&[up.clone(), start.clone(), up.clone()]), wanted);
    assert_eq!(said(&wanted), ["2026-01-01 new 50", "2026-01-15 expansion 30"]);
}
