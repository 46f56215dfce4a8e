//! The worked examples of the trade.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::calendar::sample::office;
use crate::money::Currency;
use crate::stats::Counts;
use crate::time::{Day, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, Zone};

const NOW: Instant = Instant(400 * MS_PER_DAY);

fn day(day: i64) -> Instant {
    Instant(day * MS_PER_DAY)
}

fn days(from: i32, until: i32) -> Period {
    Period::of_days(Day(from), Day(until), &Zone::utc())
}

fn deals(n: usize, created: i64, closed: Option<(i64, End)>, amount: i64) -> Vec<Deal> {
    let closed = closed.map(|(at, end)| (day(at), end));
    vec![Deal { created: day(created), closed, amount: Some(Money::new(amount * 100, Currency::USD)) }; n]
}

fn rates(deals: &[Deal], period: &Period) -> WinRates {
    win_rates(deals, period, Currency::USD)
}

#[test]
fn by_the_day_of_closing_and_by_the_day_of_creation_are_two_win_rates() {
    // Of a hundred created in the period, 12 were won and 28 lost in it; sixty are open.
    let all =
        [deals(12, 1, Some((50, End::Won)), 1), deals(28, 1, Some((60, End::Lost)), 1), deals(60, 1, None, 1)].concat();
    let found = rates(&all, &days(0, 91));
    assert_eq!((found.closed, found.created, found.created_open), (Counts::new(12, 40), Counts::new(12, 100), 60));
    assert_eq!((found.closed.rate(), found.created.rate()), (Some(0.30), Some(0.12)));
    // Three won and seven lost, ninety open: three per cent so far, and thirty of those that closed.
    let young =
        [deals(3, 1, Some((50, End::Won)), 1), deals(7, 1, Some((60, End::Lost)), 1), deals(90, 1, None, 1)].concat();
    let found = rates(&young, &days(0, 91));
    assert_eq!((found.closed.rate(), found.created.rate()), (Some(0.30), Some(0.03)));
}

#[test]
fn deals_that_nobody_decided_halve_the_win_rate() {
    let all = [
        deals(20, 1, Some((50, End::Won)), 1),
        deals(10, 1, Some((60, End::Lost)), 1),
        deals(30, 1, Some((70, End::NoDecision)), 1),
    ];
    let found = rates(&all.concat(), &days(0, 91));
    assert_eq!((found.closed, found.with_no_decision), (Counts::new(20, 30), Counts::new(20, 60)));
}

#[test]
fn by_value_large_losses_weigh_more() {
    let all = [deals(3, 1, Some((50, End::Won)), 20), deals(4, 1, Some((60, End::Lost)), 45)];
    let found = rates(&all.concat(), &days(0, 91));
    assert_eq!((found.closed, found.value_share()), (Counts::new(3, 7), Some(Decimal::new(25, 2))));
    let mut odd = all.concat();
    odd[0].amount = Some(Money::new(2_000, Currency::from_code("EUR").unwrap()));
    assert_eq!(rates(&odd, &days(0, 91)).by_value, None, "two currencies are not added up");
}

#[test]
fn what_closed_outside_the_period_is_not_in_it() {
    let all = [deals(1, 1, Some((91, End::Won)), 1), deals(1, 1, Some((90, End::Won)), 1)].concat();
    assert_eq!(rates(&all, &days(0, 91)).closed, Counts::new(1, 1));
    assert_eq!(rates(&[], &days(0, 91)).closed.rate(), None);
}

fn of_four(open: u64, rate: Counts, size: i64, days: i64) -> Velocity {
    let won_amount = Money::new(size * 100, Currency::USD);
    Velocity { open, win_rate: rate, won_amount, won: 1, cycle_days: Some(Decimal::from(days)) }
}

#[test]
fn a_shorter_cycle_is_more_money_a_day() {
    assert_eq!(of_four(50, Counts::new(25, 100), 12_000, 60).per_day(), Some(Decimal::from(2_500)));
    let of_90_days = |days| of_four(100, Counts::new(1, 4), 40_000, days).per_day().unwrap() * Decimal::from(90);
    assert_eq!(of_90_days(90).round_dp(6), Decimal::from(1_000_000));
    assert_eq!(of_90_days(75).round_dp(6), Decimal::from(1_200_000));
    assert_eq!(of_four(50, Counts::new(0, 0), 12_000, 60).per_day(), None);
    assert_eq!(of_four(50, Counts::new(1, 4), 12_000, 0).per_day(), None);
}

#[test]
fn all_four_numbers_of_a_velocity_are_of_the_same_deals() {
    let all = [
        deals(50, 80, None, 7_000),
        deals(5, 10, Some((70, End::Won)), 12_000),
        deals(15, 10, Some((70, End::Lost)), 90_000),
        deals(9, 10, Some((20, End::Won)), 1_000),
        deals(9, 399, None, 1_000),
    ]
    .concat();
    let found = velocity(&all, &days(60, 91), Currency::USD, day(91)).unwrap();
    assert_eq!((found.open, found.win_rate, found.won), (50, Counts::new(5, 20), 5));
    assert_eq!((found.cycle_days, found.per_day()), (Some(Decimal::from(60)), Some(Decimal::from(2_500))));
}

#[test]
fn coverage_is_of_what_is_still_to_be_won() {
    let of = |won| coverage(Decimal::from(900), Decimal::from(won), Decimal::from(500));
    assert_eq!((of(200).times(), of(200).gross()), (Some(Decimal::from(3)), Some(Decimal::new(18, 1))));
    assert_eq!((of(500).times(), of(700).times(), of(700).remaining()), (None, None, Decimal::ZERO));
    assert_eq!(coverage(Decimal::ONE, Decimal::ZERO, Decimal::ZERO).gross(), None);
}

#[test]
fn ten_deals_of_which_four_are_open_take_longer_than_the_three_won_ones() {
    let all = [(10, 1), (15, 2), (20, 0), (25, 1), (30, 2), (30, 0), (40, 1), (45, 0), (50, 2), (60, 0)];
    let stay = |(lasted, end): (i64, i64)| {
        let closed = match end {
            1 => Some((NOW, End::Won)),
            2 => Some((NOW, End::Lost)),
            _ => None,
        };
        Deal { created: NOW.plus_ms(-lasted * MS_PER_DAY), closed, amount: None }
    };
    let found = cycle(&all.map(stay), NOW, 1.96);
    let last = found.ended.last().unwrap();
    assert!(
        (last.ended[0] - 0.357_142_857_142_857_1).abs() < 1e-9
            && (last.ended[1] - 0.428_571_428_571_428_57).abs() < 1e-9
    );
    assert_eq!((found.won_only_ms, found.until_closed_ms), (Some(25 * MS_PER_DAY), Some(40 * MS_PER_DAY)));
    assert_eq!(found.until_won_ms, Some(25 * MS_PER_DAY));
    // 35.7 % are won and 21.4 % may still be: half of both was won by day 40, nine in ten of both are not yet.
    assert_eq!((found.median_ms, found.p90_ms), (Some(40 * MS_PER_DAY), None));
    assert!((found.wins as f64 / (found.open_ms / MS_PER_DAY) as f64 - 3.0 / 325.0).abs() < 1e-12);
}

#[test]
fn leads_without_an_answer_stay_in_every_figure() {
    let minutes = [3, 4, 6, 8, 12, 45, 61, 380, 2_880];
    let lead = |answered: Option<i64>| Lead {
        created: Instant(0),
        answered: answered.map(|min| Instant(min * MS_PER_MINUTE)),
    };
    let leads: Vec<Lead> = minutes.map(|min| lead(Some(min))).into_iter().chain([lead(None)]).collect();
    let found = response(&leads, 5 * MS_PER_MINUTE, None, Instant(10 * MS_PER_DAY));
    assert_eq!((found.leads, found.answered, found.within), (10, 9, Counts::new(2, 10)));
    assert_eq!(found.median_answered_ms, Some(12 * MS_PER_MINUTE));
    assert!((found.mean_answered_ms.unwrap() / MS_PER_MINUTE as f64 - 377.666_666_666_666_7).abs() < 1e-9);
    // Five of ten were answered by the twelfth minute, nine of ten by the last answer.
    assert_eq!((found.median_ms, found.p90_ms), (Some(12 * MS_PER_MINUTE), Some(2_880 * MS_PER_MINUTE)));
    let one_more: Vec<Lead> = leads.iter().copied().chain([lead(None)]).collect();
    let found = response(&one_more, 5 * MS_PER_MINUTE, None, Instant(10 * MS_PER_DAY));
    assert_eq!((found.median_ms, found.p90_ms), (Some(45 * MS_PER_MINUTE), None));
}

#[test]
fn a_lead_of_friday_evening_waits_from_monday_morning_on() {
    let berlin = office("Europe/Berlin", &[]);
    let at = |text: &str| Instant::parse(text).unwrap();
    // Friday 18:30 in Berlin, where people work from 9 to 18; answered on Monday at 9:04, after clocks went back.
    let lead = Lead { created: at("2026-10-23T16:30:00Z"), answered: Some(at("2026-10-26T08:04:00Z")) };
    let found = response(&[lead], 5 * MS_PER_MINUTE, Some(&berlin), at("2026-10-27T00:00:00Z"));
    assert_eq!((found.median_ms, found.within), (Some(4 * MS_PER_MINUTE), Counts::new(1, 1)));
    let by_the_clock = response(&[lead], 5 * MS_PER_MINUTE, None, at("2026-10-27T00:00:00Z"));
    assert!(by_the_clock.median_ms.unwrap() > 60 * MS_PER_HOUR && by_the_clock.within == Counts::new(0, 1));
    // On Saturday nothing has been promised yet.
    let waiting = Lead { answered: None, ..lead };
    let found = response(&[waiting], 5 * MS_PER_MINUTE, Some(&berlin), at("2026-10-24T12:00:00Z"));
    assert_eq!((found.running, found.within), (1, Counts::new(0, 0)));
}

#[test]
fn a_rate_over_groups_is_of_their_sums() {
    let all = Counts::new(10, 100).plus(Counts::new(1, 2));
    assert_eq!(all, Counts::new(11, 102));
    assert!((all.rate().unwrap() - 0.107_843_137_254_901_97).abs() < 1e-12);
}

fn any_deal() -> impl Strategy<Value = Deal> {
    let end = prop_oneof![Just(End::Won), Just(End::Lost), Just(End::NoDecision)];
    (0_i64..100, proptest::option::of((0_i64..100, end)), 1_i64..1_000).prop_map(|(created, closed, amount)| Deal {
        created: day(created),
        closed: closed.map(|(after, end)| (day(created + after), end)),
        amount: Some(Money::new(amount, Currency::USD)),
    })
}

proptest! {
    #[test]
    fn nobody_is_lost_between_the_counts(all in proptest::collection::vec(any_deal(), 0..40)) {
        let ever = days(-1, 1_000);
        let found = rates(&all, &ever);
        prop_assert_eq!(found.with_no_decision.den + found.created_open, all.len() as u64);
        prop_assert_eq!(found.created.num, found.closed.num);
        prop_assert!(found.closed.num <= found.closed.den && found.closed.den <= found.with_no_decision.den);
        // Halves add up to the whole.
        let halves = rates(&all, &days(-1, 70)).closed.plus(rates(&all, &days(70, 1_000)).closed);
        prop_assert_eq!(halves, found.closed);
    }

    #[test]
    fn with_none_lost_the_cycle_is_the_median_of_kaplan_and_meier(all in proptest::collection::vec(any_deal(), 0..40)) {
        let kept: Vec<Deal> =
            all.iter().filter(|deal| matches!(deal.closed, None | Some((_, End::Won)))).copied().collect();
        let found = cycle(&kept, NOW, 1.96);
        prop_assert_eq!(found.median_ms, found.until_closed_ms);
        // With none open it is that of the won alone, however many were lost.
        let closed: Vec<Deal> = all.iter().filter(|deal| deal.closed.is_some()).copied().collect();
        let found = cycle(&closed, NOW, 1.96);
        prop_assert_eq!(found.median_ms, found.won_only_ms);
    }

    #[test]
    fn while_deals_are_open_the_won_alone_seem_too_quick_to_close(all in proptest::collection::vec(any_deal(), 1..40)) {
        // Taking the open ones in can only make it longer than leaving them out.
        let found = cycle(&all, NOW, 1.96);
        let closed: Vec<Deal> = all.iter().filter(|deal| deal.closed.is_some()).copied().collect();
        let without = cycle(&closed, NOW, 1.96);
        if let (Some(with), Some(without)) = (found.until_closed_ms, without.until_closed_ms) {
            prop_assert!(with >= without);
        }
    }
}
