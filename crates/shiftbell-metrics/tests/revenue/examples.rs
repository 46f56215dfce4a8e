//! The worked examples: the numbers are those that were published, or were worked out by hand.

use shiftbell_metrics::event::Event;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::*;
use shiftbell_metrics::time::Instant;

use crate::story::{at, changes, ends, item, kinds, ledger_of, moved, mrr_at, near, plain, said, starts, told};

fn preset(name: &str) -> Policy {
    Policy::preset(name).unwrap()
}

fn dollars() -> Rates {
    Rates::only(Currency::USD)
}

#[test]
fn every_interval_becomes_a_month_exactly() {
    // amount, interval, count, and the month as a fraction
    for (amount, interval, count, num, den) in [
        (2_000, Interval::Year, 1, 2_000, 12),
        (25, Interval::Week, 1, 1_300, 12),
        (50, Interval::Week, 2, 1_300, 12),
        (3, Interval::Day, 1, 1_095, 12),
        (900, Interval::Month, 3, 300, 1),
        (2_400, Interval::Year, 2, 100, 1),
    ] {
        let found = monthly(Exact::whole(amount), Exact::ONE, interval, count).unwrap();
        assert_eq!(found, Exact::new(num, den).unwrap(), "{amount} per {count} {interval:?}");
        near(Some(found), num as f64 / den as f64);
    }
}

#[test]
fn three_years_plans_of_2000_are_500_a_month_and_not_500_01() {
    let year = monthly(Exact::whole(2_000), Exact::ONE, Interval::Year, 1).unwrap();
    assert_eq!((year + year + year).to_money(Currency::USD).unwrap().minor, 50_000);
}

#[test]
fn every_item_counts_with_its_quantity() {
    let items = r#""items":[{"amount":"50"},{"amount":"20"},{"amount":"10","quantity":3}]"#;
    assert_eq!(said(&plain(&[told("s", "2026-01-01", r#""change":"started""#, items)])), ["2026-01-01 new 100"]);
}

#[test]
fn the_published_story_of_four_golds_and_two_silvers() {
    let events = [
        starts("gold", "2026-01-01", "2000", "year"),
        told("gold", "2026-01-01T00:00:01Z", "", r#""renews_at":"2027-01-01T00:00:00Z""#),
        starts("silver", "2026-02-01", "60", "month"),
        told("silver", "2026-02-01T00:00:01Z", "", r#""renews_at":"2026-03-01T00:00:00Z""#),
        ends("silver", "2026-02-15"),
        ends("gold", "2026-06-10"),
        starts("gold again", "2027-03-01", "150", "month"),
    ];
    let found = plain(&events);
    assert_eq!(
        said(&found),
        [
            "2026-01-01 new 166.67",
            "2026-02-01 expansion 60",
            "2026-03-01 contraction -60",
            "2027-01-01 churn unknown -166.67", // at the end of the paid year
            "2027-03-01 reactivation 150",
        ]
    );
    assert_eq!(found.movements[4].gap_ms, Some(59 * 86_400_000));
}

#[test]
fn hundred_plans_a_month_and_fifty_a_year_are_12500() {
    let mut all: Vec<Ledger> = Vec::new();
    all.extend((0..100).map(|_| plain(&[starts("s", "2026-01-01", "100", "month")])));
    all.extend((0..50).map(|_| plain(&[starts("s", "2026-01-01", "600", "year")])));
    assert_eq!(all.iter().map(|one| mrr_at(one, "2026-02-01")).sum::<Exact>(), Exact::whole(12_500));
}

/// The main example: eleven customers from the end of January to the end of February.
fn eleven() -> Vec<(&'static str, Ledger)> {
    let paid = |amount: &str| starts("s", "2025-06-01", amount, "month");
    let was = |amount: &str, change: Event| vec![paid(amount), change];
    let unpaid = |when: &str| told("s", when, "", r#""status":"past_due""#);
    let of: Vec<(&str, Vec<Event>)> = vec![
        ("A", was("100", changes("s", "2026-02-10", "150", "month"))),
        ("B", vec![paid("200")]),
        ("C", was("300", told("s", "2026-02-11", r#""change":"ended","reason":"too expensive""#, ""))),
        ("D", was("400", changes("s", "2026-02-12", "250", "month"))),
        ("E", vec![starts("s", "2026-02-13", "500", "month")]),
        ("F", vec![paid("80"), ends("s", "2025-12-10"), starts("t", "2026-02-14", "80", "month")]),
        ("G", was("50", unpaid("2026-02-03"))),
        (
            "H",
            vec![told(
                "s",
                "2026-02-05",
                "",
                &format!(r#""status":"trialing","items":[{}]"#, item("s", "70", "month")),
            )],
        ),
        ("I", vec![starts("s", "2025-06-01", "1440", "year")]),
        ("J", vec![paid("90"), unpaid("2026-02-04"), ends("s", "2026-02-20")]),
        ("K", vec![starts("s", "2026-02-03", "60", "month"), ends("s", "2026-02-20")]),
    ];
    of.into_iter().map(|(name, events)| (name, plain(&events))).collect()
}

fn february() -> (Vec<Moved>, Instant, Instant) {
    let all = eleven();
    let named: Vec<(&str, &Ledger)> = all.iter().map(|(name, ledger)| (*name, ledger)).collect();
    (moved(&named), at("2026-02-01"), at("2026-03-01"))
}

/// The same month as two lists, without what came and went in between.
fn february_ends() -> Bridge {
    let (moved, from, until) = february();
    let (before, after) = (levels_at(&moved, from), levels_at(&moved, until));
    let mut who: Vec<_> = before.keys().chain(after.keys()).copied().collect();
    who.sort();
    who.dedup();
    let level = |levels: &std::collections::BTreeMap<_, Exact>, who| levels.get(&who).copied().unwrap_or_default();
    let ends: Vec<Ends> = who
        .into_iter()
        .map(|who| Ends {
            start: level(&before, who),
            end: level(&after, who),
            paid_before: moved.iter().any(|one| one.customer == who && one.at < from),
            why: moved.iter().find(|one| one.customer == who && one.kind == Kind::Churn).and_then(|one| one.why),
        })
        .collect();
    Bridge::of_ends(&ends)
}

#[test]
fn the_bridge_of_february_from_events() {
    let (moved, from, until) = february();
    let found = bridge(&moved, from, until);
    assert_eq!((found.start, found.end), (Exact::whole(1_260), Exact::whole(1_350)));
    let size = |kind| found.size(kind);
    assert_eq!(size(Kind::New), Exact::whole(560)); // with K, who came and went
    assert_eq!(size(Kind::Reactivation), Exact::whole(80));
    assert_eq!(size(Kind::Expansion), Exact::whole(50));
    assert_eq!(size(Kind::Contraction), Exact::whole(150));
    assert_eq!(size(Kind::Churn), Exact::whole(450));
    assert_eq!(found.churn[&Why::Voluntary], Exact::whole(300));
    assert_eq!(found.churn[&Why::Involuntary], Exact::whole(90));
    assert_eq!(found.churn[&Why::Unknown], Exact::whole(60));
}

#[test]
fn the_bridge_of_february_from_its_two_ends() {
    let found = february_ends();
    assert_eq!((found.start, found.end), (Exact::whole(1_260), Exact::whole(1_350)));
    let sizes =
        [Kind::New, Kind::Reactivation, Kind::Expansion, Kind::Contraction, Kind::Churn].map(|kind| found.size(kind));
    assert_eq!(sizes, [500, 80, 50, 150, 390].map(Exact::whole));
    near(found.gross_churn(), 0.428_571_428_571_428_55);
    near(found.net_churn(true), 0.325_396_825_396_825_4);
    near(found.net_churn(false), 0.388_888_888_888_888_9);
    near(found.quick_ratio(false), 1.018_518_518_518_518_6);
    near(found.quick_ratio(true), 1.166_666_666_666_666_7);
}

#[test]
fn what_is_kept_in_february_is_of_the_start_cohort_and_not_of_totals() {
    let (moved, from, until) = february();
    let found = retention(&moved, from, until);
    near(found.gross(), 0.571_428_571_428_571_4); // the totals would say 100 %
    near(found.net(), 0.611_111_111_111_111_2); // the totals 107.1 %, with who came back 67.5 %
    assert_eq!((found.customers_start, found.customers_kept), (7, 5));
}

#[test]
fn customers_lost_in_february_by_both_definitions() {
    let (moved, from, until) = february();
    let found = logos(&moved, from, until);
    near(found.churn(), 0.285_714_285_714_285_7);
    near(found.churn_with_newcomers(), 0.333_333_333_333_333_3);
    let end: Exact = levels_at(&moved, until).values().copied().sum();
    near(arpa(end, found.end), 192.857_142_857_142_86);
    near(Some(arr(end)), 16_200.0);
}

#[test]
fn a_mid_cycle_upgrade_is_its_difference_and_no_proration() {
    let found = plain(&[starts("s", "2026-01-01", "50", "month"), changes("s", "2026-01-15", "80", "month")]);
    assert_eq!(said(&found), ["2026-01-01 new 50", "2026-01-15 expansion 30"]);
}

#[test]
fn a_downgrade_for_the_end_of_the_period_is_committed_now_and_happens_then() {
    let lower = told(
        "s",
        "2026-01-15",
        r#""change":"updated","effective_at":"2026-02-01T00:00:00Z""#,
        &format!(r#""items":[{}]"#, item("s", "50", "month")),
    );
    let found = plain(&[starts("s", "2026-01-01", "80", "month"), lower]);
    assert_eq!(said(&found), ["2026-01-01 new 80", "2026-02-01 contraction -30"]);
    let now = mrr_at(&found, "2026-01-20");
    let announced = found.movements.iter().filter(|one| one.at > at("2026-01-20")).map(|one| one.amount).sum();
    assert_eq!((now, cmrr(now, announced)), (Exact::whole(80), Exact::whole(50)));
}

#[test]
fn a_rate_that_changes_is_fx_at_spot_and_nothing_at_constant_rates() {
    let euro = Currency::from_code("EUR").unwrap();
    let mut rates = dollars();
    rates.add(euro, Instant::EARLIEST, Exact::new(110, 100).unwrap());
    rates.add(euro, at("2026-02-01"), Exact::new(120, 100).unwrap());
    let items = r#""items":[{"amount":"100","currency":"EUR"}]"#;
    let events = [told("s", "2026-01-01", r#""change":"started""#, items)];
    let constant = ledger_of(&events, &Policy::default(), &rates);
    assert_eq!(said(&constant), ["2026-01-01 new 110"]);
    let spot = ledger_of(&events, &Policy { spot_rates: true, ..Policy::default() }, &rates);
    assert_eq!(said(&spot), ["2026-01-01 new 110", "2026-02-01 fx 10"]);
}

#[test]
fn a_coupon_for_ever_lowers_mrr_and_one_for_three_months_only_where_the_policy_says_so() {
    let with = |duration: &str| {
        let coupon = format!(r#"[{{"id":"half","percent_off":50,"duration":"{duration}","months":3}}]"#);
        [told(
            "s",
            "2026-01-01",
            r#""change":"started""#,
            &format!(r#""items":[{}],"coupons":{coupon}"#, item("s", "100", "month")),
        )]
    };
    assert_eq!(said(&plain(&with("forever"))), ["2026-01-01 new 50"]);
    let lasting = ledger_of(&with("repeating"), &preset("stripe"), &dollars());
    assert_eq!(said(&lasting), ["2026-01-01 new 100"]);
    let lines: Vec<_> = lasting.asides.iter().map(|aside| (aside.line, aside.at, aside.amount)).collect();
    let half = Exact::whole(50);
    assert_eq!(lines, [(Line::Discount, at("2026-01-01"), half), (Line::Discount, at("2026-04-01"), -half)]);
    let all = ledger_of(&with("repeating"), &preset("profitwell"), &dollars());
    assert_eq!(said(&all), ["2026-01-01 new 50", "2026-04-01 expansion 50"]);
    let once = ledger_of(&with("once"), &preset("chartmogul"), &dollars());
    assert_eq!(said(&once), ["2026-01-01 new 50", "2026-02-01 expansion 50"]);
    let none = ledger_of(&with("forever"), &Policy { coupons: Coupons::None, ..Policy::default() }, &dollars());
    assert_eq!(said(&none), ["2026-01-01 new 100"]);
}

#[test]
fn a_subscription_of_five_days_counts_its_whole_month() {
    let found = plain(&[starts("s", "2026-02-23", "100", "month")]);
    assert_eq!(mrr_at(&found, "2026-02-28"), Exact::whole(100));
}

#[test]
fn net_retention_of_a_span_is_not_the_product_of_its_months() {
    let a = plain(&[starts("s", "2025-12-01", "100", "month")]);
    let b = plain(&[starts("s", "2026-02-10", "100", "month"), changes("s", "2026-03-10", "50", "month")]);
    let all = moved(&[("A", &a), ("B", &b)]);
    let net = |from, until| retention(&all, at(from), at(until)).net().unwrap();
    assert_eq!(net("2026-02-01", "2026-04-01"), Exact::ONE);
    let product = net("2026-02-01", "2026-03-01").times(net("2026-03-01", "2026-04-01"));
    assert_eq!(product, Exact::new(3, 4));
}

#[test]
fn who_paid_less_for_a_while_is_kept_by_the_ends_and_not_by_the_movements() {
    let found = plain(&[
        starts("s", "2025-12-01", "100", "month"),
        changes("s", "2026-01-10", "60", "month"),
        changes("s", "2026-01-20", "100", "month"),
    ]);
    let all = moved(&[("A", &found)]);
    assert_eq!(retention(&all, at("2026-01-01"), at("2026-02-01")).gross(), Some(Exact::ONE));
    assert_eq!(gross_by_movements(&all, at("2026-01-01"), at("2026-02-01")), Exact::new(6, 10));
}

#[test]
fn what_a_customer_costs_and_is_worth() {
    let (margin, cac) = (Exact::new(8, 10).unwrap(), acquisition_cost(Exact::whole(120_000), 40).unwrap());
    assert_eq!(cac, Exact::whole(3_000));
    near(payback_months(cac, Exact::whole(100), margin), 37.5);
    near(payback_months(cac, Exact::whole(100), Exact::ONE), 30.0);
    let ltv = lifetime_value(Exact::whole(100), margin, Exact::new(25, 1_000).unwrap()).unwrap();
    assert_eq!(ltv, Exact::whole(3_200));
    near(value_to_cost(ltv, cac), 1.066_666_666_666_666_7);
    assert!((lifetime_value_within(10_000.0, 1.1, 5) - 61_051.0).abs() < 1e-6);
    assert!((lifetime_value_within(10_000.0, 1.0, 5) - 50_000.0).abs() < 1e-9);
    assert!((lifetime_value_within(10_000.0, 0.9, 5) - 40_951.0).abs() < 1e-6);
    assert!((annual_churn(0.02) - 0.215_283_276_265).abs() < 1e-9);
}

#[test]
fn the_magic_number_of_revenue_is_times_four_and_that_of_arr_is_not() {
    let cents = |amount| Exact::new(amount, 100).unwrap();
    near(magic_number(cents(200), cents(230), cents(100)), 1.2);
    near(magic_number(Exact::ZERO, Exact::whole(480_000), Exact::whole(1_800_000)), 1.066_666_666_666_666_7);
    near(magic_number_of_arr(cents(800), cents(920), cents(100)), 1.2);
}

#[test]
fn cancelling_both_of_two_subscriptions_is_contraction_and_then_churn() {
    let two = || vec![starts("a", "2026-01-01", "30", "month"), starts("b", "2026-01-01", "20", "month")];
    let mut one_after_the_other = two();
    one_after_the_other.extend([ends("a", "2026-03-01"), ends("b", "2026-03-05")]);
    assert_eq!(kinds(&plain(&one_after_the_other)), [Kind::New, Kind::Contraction, Kind::Churn]);
    let mut at_once = two();
    at_once.extend([ends("a", "2026-03-01"), ends("b", "2026-03-01")]);
    assert_eq!(said(&plain(&at_once)), ["2026-01-01 new 50", "2026-03-01 churn unknown -50"]);
}
