//! The worked examples of the engines of the trade.

use super::*;
use crate::event::Properties;
use crate::period::Period;
use crate::time::{Day, MS_PER_DAY};
use crate::value::Value;

const DAY: i64 = MS_PER_DAY;

/// Everything is in January 2020, in UTC; days count from 1.
fn day(day: i32) -> Day {
    Day::from_date(jiff::civil::date(2019, 12, 31)).plus(day)
}

fn days(from: i32, until: i32) -> Period {
    Period::of_days(day(from), day(until), &Zone::utc())
}

fn start(of: i32) -> Instant {
    Zone::utc().start_of(day(of))
}

/// An event of one of the funnels below: who, when, which steps, its properties.
struct Event {
    who: &'static str,
    id: String,
    at: Instant,
    steps: u32,
    properties: Properties,
}

fn event(who: &'static str, at: Instant, steps: u32, properties: &[(&str, &str)]) -> Event {
    let id = format!("{who} {at} {steps} {properties:?}");
    let properties = properties.iter().map(|(key, value)| ((*key).to_owned(), Value::text(*value))).collect();
    Event { who, id, at, steps, properties }
}

fn count(funnel: &Funnel, events: &[Event], period: &Period, now: Instant) -> Found {
    assert_eq!(funnel.check(), Ok(()));
    let mut counter = Counter::new(funnel, Cohort { period, now });
    let mut whos: Vec<&str> = events.iter().map(|event| event.who).collect();
    whos.sort_unstable();
    whos.dedup();
    for who in whos {
        let own = events.iter().filter(|event| event.who == who).map(|event| Happening {
            id: &event.id,
            at: event.at,
            steps: event.steps,
            ends: false,
            properties: &event.properties,
        });
        counter.add(own.collect());
    }
    counter.found()
}

fn reached(found: &Tally) -> Vec<u64> {
    found.steps.iter().map(|step| step.reached).collect()
}

/// Visits and purchases of a shop: user, day, referrer, session.
const VISITS: [(&str, i32, &str, &str); 16] = [
    ("u0004114", 1, "fb_ad_1", "s1"),
    ("u0004214", 1, "fb_ad_2", "s2"),
    ("u0003141", 1, "homepage_1", "s3"),
    ("u0003154", 1, "homepage_2", "s4"),
    ("u1612112", 2, "homepage_1", "s5"),
    ("u0005432", 2, "fb_ad_3", "s6"),
    ("u0003452", 2, "fb_ad_1", "s7"),
    ("u0003452", 2, "user_2", "s8"),
    ("u0042324", 3, "fb_ad_1", "s9"),
    ("u0005432", 3, "google_ad_1", "s10"),
    ("u0005472", 3, "google_ad_2", "s11"),
    ("u0005414", 4, "google_ad_1", "s12"),
    ("u0004114", 6, "homepage_1", "s13"),
    ("u0004114", 7, "fb_ad_2", "s14"),
    ("u0004117", 10, "google_ad_1", "s15"),
    ("u0003141", 12, "user_1", "s16"),
];
/// Day, user, session.
const BUYS: [(i32, &str, &str); 8] = [
    (2, "u0004114", "s1"),
    (3, "u0042324", "s9"),
    (4, "u0005432", "s6"),
    (4, "u0003452", "s7"),
    (7, "u1612112", "s123"),
    (7, "u0004114", "s14"),
    (7, "u0003141", "s3"),
    (10, "u0004117", "s15"),
];

fn shop() -> Vec<Event> {
    let visits = VISITS
        .iter()
        .map(|(who, on, referrer, session)| event(who, start(*on), 1, &[("referrer", referrer), ("session", session)]));
    let buys = BUYS.iter().map(|(on, who, session)| event(who, start(*on), 2, &[("bought_in", session)]));
    visits.chain(buys).collect()
}

fn joined(days: i64) -> Funnel {
    Funnel { counting: Counting::Events, ..Funnel::new(2, Window::Elapsed { ms: days * DAY }) }
}

#[test]
fn events_are_credited_to_the_latest_visit_before_them() {
    let expected = [
        (1, Some(0.5)),
        (2, Some(0.5)),
        (3, Some(2.0 / 3.0)),
        (4, None),
        (6, None),
        (7, Some(1.0)),
        (10, Some(1.0)),
        (12, None),
    ];
    for window in [7, 10_000] {
        for (on, rate) in expected {
            let found = count(&joined(window), &shop(), &days(on, on + 1), start(60)).whole;
            let counts = found.from_first(1);
            assert!(counts.den > 0);
            // The engine prints nothing where nothing was credited; here the counts say that it was none of so many.
            assert_eq!(counts.rate().filter(|_| counts.num > 0), rate, "on day {on}, within {window}");
        }
    }
    let whole = count(&joined(7), &shop(), &days(1, 13), start(60)).whole;
    assert_eq!(reached(&whole), [16, 8]);
}

#[test]
fn a_day_without_a_visit_has_no_rate() {
    let found = count(&joined(7), &shop(), &days(5, 6), start(60)).whole;
    assert_eq!((found.from_first(1).den, found.from_first(1).rate()), (0, None));
}

#[test]
fn counted_by_events_a_rate_may_exceed_all() {
    let narrow: Vec<Event> = shop()
        .into_iter()
        .filter(|event| event.steps == 2 || event.properties["referrer"] == Value::text("fb_ad_1"))
        .collect();
    let rates: Vec<Option<f64>> = [1, 2, 3]
        .map(|on| count(&joined(7), &narrow, &days(on, on + 1), start(60)).whole.from_first(1).rate())
        .to_vec();
    assert_eq!(rates, [Some(2.0), Some(1.0), Some(1.0)]);
}

#[test]
fn the_window_of_events_is_open_and_that_of_entities_closed_at_its_edge() {
    let edge = [event("a", start(1), 1, &[]), event("a", start(8), 2, &[])];
    assert_eq!(reached(&count(&joined(7), &edge, &days(1, 2), start(60)).whole), [1, 0]);
    let entities = Funnel::new(2, Window::Elapsed { ms: 7 * DAY });
    assert_eq!(reached(&count(&entities, &edge, &days(1, 2), start(60)).whole), [1, 1]);
    let late = [event("a", start(1), 1, &[]), event("a", start(8).plus_ms(1), 2, &[])];
    assert_eq!(reached(&count(&entities, &late, &days(1, 2), start(60)).whole), [1, 0]);
}

#[test]
fn seven_of_eleven_visitors_bought_within_seven_days() {
    let found = count(&Funnel::new(2, Window::Elapsed { ms: 7 * DAY }), &shop(), &days(1, 13), start(60));
    assert_eq!(reached(&found.whole), [11, 7]);
    assert!((found.whole.from_first(1).rate().unwrap() - 0.636_363_636_363_636_3).abs() < 1e-12);
}

#[test]
fn a_purchase_in_another_session_is_another_way() {
    let held = Held { first: "session".to_owned(), later: "bought_in".to_owned() };
    // The session of u1612112's purchase was never seen to begin, and so it is credited to no visit.
    let events = Funnel { hold: vec![held.clone()], ..joined(10_000) };
    assert_eq!(reached(&count(&events, &shop(), &days(1, 13), start(60)).whole), [16, 7]);
    let entities = Funnel { hold: vec![held], ..Funnel::new(2, Window::Elapsed { ms: 10_000 * DAY }) };
    assert_eq!(reached(&count(&entities, &shop(), &days(1, 13), start(60)).whole), [11, 6]);
}

#[test]
fn a_later_first_step_can_save_an_attempt() {
    let at = |minute: i64, steps| event("a", start(1).plus_ms(minute * 60_000), steps, &[]);
    let events = [at(0, 1), at(30, 1), at(45, 2), at(75, 4)];
    let hour = Window::Elapsed { ms: 60 * 60_000 };
    let best = Funnel::new(3, hour);
    assert_eq!(reached(&count(&best, &events, &days(1, 2), start(60)).whole), [1, 1, 1]);
    let first = Funnel { anchor: Anchor::First, ..best };
    assert_eq!(reached(&count(&first, &events, &days(1, 2), start(60)).whole), [1, 1, 0]);
}

#[test]
fn strictly_nothing_else_comes_between_but_a_repeat_is_nothing_else() {
    let far = |text: &str, order| {
        let events: Vec<Event> = text
            .chars()
            .enumerate()
            .map(|(second, letter)| {
                let steps = "abc".find(letter).map_or(0, |step| 1 << step);
                event("x", start(1).plus_ms(second as i64 * 1_000), steps, &[])
            })
            .collect();
        let funnel = Funnel { order, ..Funnel::new(3, Window::Elapsed { ms: DAY }) };
        reached(&count(&funnel, &events, &days(1, 2), start(60)).whole).iter().sum::<u64>()
    };
    assert_eq!([far("abc", Order::Ordered), far("abc", Order::Strict)], [3, 3]);
    assert_eq!([far("adbc", Order::Ordered), far("adbc", Order::Strict)], [3, 1]);
    assert_eq!([far("aabbcc", Order::Strict), far("abac", Order::Strict), far("acb", Order::Strict)], [3, 2, 1]);
    assert_eq!([far("cba", Order::Ordered), far("cba", Order::Any), far("cca", Order::Any)], [1, 3, 2]);
}

#[test]
fn what_a_skipped_stage_means_is_a_choice() {
    // Created, lead, opportunity, customer; nobody saw the opportunity.
    let events = [event("a", start(1), 1, &[]), event("a", start(2), 2, &[]), event("a", start(3), 8, &[])];
    let of = |skips| {
        let funnel = Funnel { skips, ..Funnel::new(4, Window::Elapsed { ms: 60 * DAY }) };
        count(&funnel, &events, &days(1, 2), start(90)).whole
    };
    assert_eq!(reached(&of(SkipPolicy::Strict)), [1, 1, 0, 0]);
    assert_eq!(reached(&of(SkipPolicy::Any)), [1, 1, 0, 1]);
    let implied = of(SkipPolicy::Implied);
    assert_eq!(reached(&implied), [1, 1, 1, 1]);
    let skipped: Vec<u64> = implied.steps.iter().map(|step| step.skipped).collect();
    assert_eq!(skipped, [0, 0, 1, 0]);
}

#[test]
fn within_one_instant_the_steps_are_in_order_and_an_id_counts_once() {
    let funnel = Funnel::new(3, Window::Elapsed { ms: DAY });
    let turned = [event("a", start(1), 4, &[]), event("a", start(1), 2, &[]), event("a", start(1), 1, &[])];
    assert_eq!(reached(&count(&funnel, &turned, &days(1, 2), start(60)).whole), [1, 1, 1]);
    // One event that can be two steps is one of them; told twice it is still one.
    let twice = [event("a", start(1), 3, &[]), event("a", start(1), 3, &[])];
    assert_eq!(reached(&count(&funnel, &twice, &days(1, 2), start(60)).whole), [1, 0, 0]);
}

#[test]
fn what_ends_an_attempt_takes_nothing_back() {
    let none = Properties::new();
    let at = |id, on, steps, ends| Happening { id, at: start(on), steps, ends, properties: &none };
    let funnel = Funnel::new(3, Window::Elapsed { ms: 60 * DAY });
    let lost = [at("1", 1, 1, false), at("2", 2, 2, false), at("3", 3, 0, true), at("4", 4, 4, false)];
    assert_eq!(furthest(&funnel, &lost, &|_| true).unwrap().len(), 2);
    let again =
        [at("1", 1, 1, false), at("2", 2, 0, true), at("3", 3, 1, false), at("4", 4, 2, false), at("5", 5, 4, false)];
    let path = furthest(&funnel, &again, &|_| true).unwrap();
    assert_eq!((path.len(), path.started), (3, start(3)));
}

#[test]
fn the_value_of_a_part_is_that_of_the_event_that_was_chosen() {
    let events = [
        event("a", start(1), 1, &[("page", "home")]),
        event("a", start(2), 2, &[("page", "prices")]),
        event("b", start(1), 1, &[("page", "home")]),
        event("b", start(2), 2, &[("page", "home")]),
        event("c", start(1), 1, &[("page", "blog")]),
    ];
    let parts = |of| {
        let by = Some(("page".to_owned(), of));
        let found =
            count(&Funnel { by, ..Funnel::new(2, Window::Elapsed { ms: 9 * DAY }) }, &events, &days(1, 2), start(60));
        assert_eq!(reached(&found.whole), [3, 2]);
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        found.parts.iter().map(|(value, tally)| format!("{} {:?}", word(value), reached(tally))).collect::<Vec<_>>()
    };
    assert_eq!(parts(Attribution::First), ["blog [1, 0]", "home [2, 2]"]);
    assert_eq!(parts(Attribution::Last), ["blog [1, 0]", "home [1, 1]", "prices [1, 1]"]);
    assert_eq!(parts(Attribution::Step(1)), ["- [1, 0]", "home [1, 1]", "prices [1, 1]"]);
    // Each value alone: with only its pages "home", a never came to the second step.
    assert_eq!(parts(Attribution::All), ["blog [1, 0]", "home [2, 1]"]);
}

#[test]
fn settings_that_do_not_go_together_are_named() {
    let hour = || Window::Elapsed { ms: 3_600_000 };
    let wrong = |funnel: Funnel| funnel.check().unwrap_err().to_string();
    assert_eq!(
        wrong(Funnel::new(1, hour())),
        "a funnel with one step is a count; name a second step, or ask /kpi how many there were"
    );
    assert_eq!(wrong(Funnel::new(0, hour())), "a funnel has no steps; name at least two");
    assert_eq!(wrong(Funnel::new(21, hour())), "21 steps are too many; a funnel has at most 20");
    assert!(wrong(Funnel::new(2, Window::Elapsed { ms: 0 })).contains("within = \"60 days\""));
    let by = Some(("page".to_owned(), Attribution::Step(3)));
    assert_eq!(wrong(Funnel { by, ..Funnel::new(3, hour()) }), "step 4 is no step of 3; write 1 to 3");
    assert!(wrong(Funnel { counting: Counting::Events, ..Funnel::new(3, hour()) }).contains("3 steps need"));
    let any = Funnel { order: Order::Any, skips: SkipPolicy::Implied, ..Funnel::new(3, hour()) };
    assert_eq!(any.check(), Err(FunnelError::SkipsInAnyOrder));
    let strict = Funnel { counting: Counting::Events, order: Order::Strict, ..Funnel::new(2, hour()) };
    assert_eq!(strict.check(), Err(FunnelError::NotOfEvents("another order")));
}
