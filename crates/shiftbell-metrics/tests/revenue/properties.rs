//! What holds whatever customers do.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::*;
use shiftbell_metrics::time::{Instant, MS_PER_DAY};

use crate::story::{ledger_of, moved, told};

/// Days of the stories, from 2026-01-01.
const DAYS: i64 = 40;

fn day(number: i64) -> String {
    Instant(1_767_225_600_000 + number * MS_PER_DAY).to_string()
}

fn instant(number: i64) -> Instant {
    Instant::parse(&day(number)).unwrap()
}

/// What one event tells: status (or none), amount (or none), and what else may be said.
#[derive(Clone, Debug)]
struct Step {
    sub: usize,
    day: i64,
    status: Option<&'static str>,
    amount: Option<i64>,
    more: &'static str,
}

fn steps(statuses: &'static [&'static str], more: &'static [&'static str]) -> impl Strategy<Value = Vec<Step>> {
    let one = (
        0..3_usize,
        0..DAYS,
        proptest::option::of(proptest::sample::select(statuses)),
        proptest::option::of(0_i64..4),
        proptest::sample::select(more),
    );
    let step = one.prop_map(|(sub, day, status, amount, more)| Step {
        sub,
        day,
        status,
        amount: amount.map(|a| a * 10),
        more,
    });
    proptest::collection::vec(step, 1..10).prop_map(|mut steps| {
        steps.sort_by_key(|step| (step.day, step.sub));
        // Two tellings of one instant have no order; the stories have none.
        steps.dedup_by_key(|step| (step.day, step.sub));
        steps
    })
}

fn events(steps: &[Step], currency: impl Fn(usize) -> &'static str) -> Vec<Event> {
    let one = |step: &Step| {
        let mut set: Vec<String> = Vec::new();
        set.extend(step.status.map(|status| format!(r#""status":"{status}""#)));
        set.extend(step.amount.map(|amount| {
            let currency = currency(step.sub);
            format!(
                r#""items":[{{"product":"p{}","amount":"{amount}","currency":"{currency}","interval":"week"}}]"#,
                step.day % 2
            )
        }));
        if !step.more.is_empty() {
            set.push(step.more.to_owned());
        }
        told(&format!("s{}", step.sub), &day(step.day), "", &set.join(","))
    };
    steps.iter().map(one).collect()
}

const PLAIN: [&str; 4] = ["active", "trialing", "past_due", "ended"];
const ALL: [&str; 8] = ["active", "active", "trialing", "past_due", "unpaid", "paused", "ended", "leaving"];
const MORE: [&str; 6] = [
    "",
    "",
    r#""ends_at":"2026-01-20T12:00:00Z""#,
    r#""renews_at":"2026-02-03T00:00:00Z""#,
    r#""coupons":[{"id":"c","percent_off":30,"duration":"repeating","months":1}]"#,
    r#""coupons":[{"id":"d","amount_off":5,"duration":"forever"}]"#,
];

fn policies() -> impl Strategy<Value = Policy> {
    let names: Vec<&'static str> = presets().collect();
    proptest::sample::select(names).prop_map(|name| Policy::preset(name).unwrap())
}

fn rates() -> Rates {
    let mut rates = Rates::only(Currency::USD);
    let euro = Currency::from_code("EUR").unwrap();
    rates.add(euro, Instant::EARLIEST, Exact::new(11, 10).unwrap());
    rates.add(euro, instant(15), Exact::new(12, 10).unwrap());
    rates
}

/// A second way to the same movements: looks at every day by itself, and compares it with the day before.
fn day_by_day(steps: &[Step]) -> Vec<(i64, Kind, Exact)> {
    let (mut found, mut before, mut has_paid) = (Vec::new(), Exact::ZERO, false);
    for day in 0..DAYS {
        let worth = |sub: usize| {
            let known: Vec<&Step> = steps.iter().filter(|step| step.sub == sub && step.day <= day).collect();
            let status = known.iter().rev().find_map(|step| step.status)?;
            let amount = known.iter().rev().find_map(|step| step.amount)?;
            // 52 weeks a year, in twelve months
            ["active", "past_due"].contains(&status).then(|| Exact::new(i128::from(amount) * 52, 12).unwrap())
        };
        let now: Exact = (0..3).filter_map(worth).sum();
        let kind = match (before.is_positive(), now.is_positive()) {
            (false, true) => Some(if has_paid { Kind::Reactivation } else { Kind::New }),
            (true, false) => Some(Kind::Churn),
            (true, true) if now > before => Some(Kind::Expansion),
            (true, true) if now < before => Some(Kind::Contraction),
            (_, _) => None,
        };
        found.extend(kind.map(|kind| (day, kind, now - before)));
        has_paid |= now.is_positive();
        before = now;
    }
    found
}

proptest! {
    #[test]
    fn a_second_way_finds_the_same_movements(steps in steps(&PLAIN, &[""])) {
        // Within an instant only, so that the second way need not know of swaps.
        let policy = Policy { plan_swap_ms: 0, ..Policy::default() };
        let found = ledger_of(&events(&steps, |_| "USD"), &policy, &rates());
        let found: Vec<(i64, Kind, Exact)> = found
            .movements
            .iter()
            .filter(|moved| !moved.amount.is_zero())
            .map(|moved| (moved.at.since(instant(0)) / MS_PER_DAY, moved.kind, moved.amount))
            .collect();
        prop_assert_eq!(found, day_by_day(&steps));
    }

    /// Money is neither made nor lost: start and movements are the end, for every customer, currency and period, by every
    /// policy; nobody pays less than nothing; products add up to their movement.
    #[test]
    fn movements_add_up(steps in steps(&ALL, &MORE), policy in policies(), cut in 0..DAYS) {
        let currencies = ["USD", "EUR", "GBP"];
        let found = ledger_of(&events(&steps, |sub| currencies[sub]), &policy, &rates());
        let mut level: BTreeMap<Currency, Exact> = BTreeMap::new();
        for movement in &found.movements {
            let parts: Exact = movement.parts.iter().map(|(_, amount)| *amount).sum();
            prop_assert_eq!(parts, movement.amount);
            prop_assert!(movement.parts.iter().any(|(_, amount)| !amount.is_zero()));
            let gains = matches!(movement.kind, Kind::New | Kind::Reactivation | Kind::Expansion | Kind::Resumed);
            prop_assert!(movement.kind == Kind::Fx || gains != movement.amount.is_negative() || movement.amount.is_zero());
            *level.entry(movement.currency).or_default() += movement.amount;
        }
        let new: Vec<_> = found.movements.iter().filter(|one| one.kind == Kind::New).map(|one| one.at).collect();
        prop_assert!(new.iter().all(|at| *at == new[0]), "nobody is new twice");
        let last: BTreeMap<Currency, Exact> = level;
        prop_assert!(last.values().all(|level| !level.is_negative()), "{:?}", last);
        for currency in currencies.map(|code| Currency::from_code(code).unwrap()) {
            let own = Ledger { movements: found.movements.iter().filter(|one| one.currency == currency).cloned().collect(), ..Ledger::default() };
            let moved = moved(&[("A", &own)]);
            let found = bridge(&moved, instant(cut), Instant::LATEST);
            prop_assert_eq!(found.start + found.moved.values().copied().sum::<Exact>(), found.end);
            prop_assert_eq!(found.end, last.get(&currency).copied().unwrap_or_default());
            let halves = (bridge(&moved, Instant::EARLIEST, instant(cut)), bridge(&moved, Instant::EARLIEST, Instant::LATEST));
            prop_assert_eq!(halves.0.end, found.start);
            for kind in Kind::ALL {
                prop_assert_eq!(halves.0.size(kind) + found.size(kind), halves.1.size(kind));
            }
        }
    }

    /// What is kept without expansion is never more than what was, nor than what is there with it.
    #[test]
    fn gross_retention_is_at_most_one_and_at_most_the_net(all in proptest::collection::vec(steps(&ALL, &MORE), 1..4), cut in 0..DAYS) {
        let ledgers: Vec<Ledger> = all.iter().map(|steps| ledger_of(&events(steps, |_| "USD"), &Policy::default(), &rates())).collect();
        let names = ["A", "B", "C"];
        let named: Vec<(&str, &Ledger)> = names.into_iter().zip(&ledgers).collect();
        let moved = moved(&named);
        let found = retention(&moved, instant(cut / 2), instant(cut));
        if let (Some(gross), Some(net)) = (found.gross(), found.net()) {
            prop_assert!(gross <= Exact::ONE.min(net), "{gross} {net}");
            let by_movements = gross_by_movements(&moved, instant(cut / 2), instant(cut)).unwrap();
            prop_assert!(by_movements <= gross, "{by_movements} {gross}");
        } else {
            prop_assert!(found.start.is_zero());
        }
        let logos = logos(&moved, instant(cut / 2), instant(cut));
        prop_assert!(logos.lost <= logos.start && logos.came_and_went <= logos.new);
    }

    /// The order in which events are known, and hearing them again, changes nothing.
    #[test]
    fn late_and_repeated_events_change_nothing(steps in steps(&ALL, &MORE), seed in any::<u64>(), policy in policies()) {
        let events = events(&steps, |_| "USD");
        let mut shuffled: Vec<Event> = events.iter().chain(&events).cloned().collect();
        shuffled.sort_by_key(|event| event.id.bytes().fold(seed, |hash, byte| hash.rotate_left(5) ^ u64::from(byte).wrapping_mul(0x9e37_79b9)));
        prop_assert_eq!(ledger_of(&shuffled, &policy, &rates()), ledger_of(&events, &policy, &rates()));
    }
}
