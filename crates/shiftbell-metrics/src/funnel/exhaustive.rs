//! The one-pass algorithm against a search of every way through the events.

use proptest::prelude::*;

use super::*;
use crate::event::Properties;

/// Time of an event, the steps it can be, whether it ends every attempt.
type Drawn = (i64, u32, bool);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let ends = prop_oneof![9 => Just(false), 1 => Just(true)];
    proptest::collection::vec((0_i64..10, 0_u32..16, ends), 0..8)
}

/// Sparse: most events are one step or none, as in life.
fn sparse() -> impl Strategy<Value = Vec<Drawn>> {
    let steps = prop_oneof![Just(0_u32), Just(1), Just(2), Just(4), Just(8), Just(1), Just(2)];
    let ends = prop_oneof![12 => Just(false), 1 => Just(true)];
    proptest::collection::vec((0_i64..14, steps, ends), 0..9)
}

fn rules() -> impl Strategy<Value = Funnel> {
    let order = prop_oneof![Just(Order::Ordered), Just(Order::Strict), Just(Order::Any)];
    let anchor = prop_oneof![Just(Anchor::Best), Just(Anchor::First)];
    let skips = prop_oneof![Just(SkipPolicy::Strict), Just(SkipPolicy::Implied), Just(SkipPolicy::Any)];
    (2_usize..5, 1_i64..10, order, anchor, skips).prop_map(|(steps, ms, order, anchor, skips)| {
        let skips = if order == Order::Any { SkipPolicy::Strict } else { skips };
        Funnel { order, anchor, skips, ..Funnel::new(steps, Window::Elapsed { ms }) }
    })
}

fn happenings<'a>(drawn: &[Drawn], ids: &'a [String], none: &'a Properties, steps: usize) -> Vec<Happening<'a>> {
    let all = drawn.iter().zip(ids).map(|((at, can_be, ends), id)| Happening {
        id,
        at: Instant(*at),
        steps: can_be & ((1 << steps) - 1),
        ends: *ends,
        properties: none,
    });
    in_order(all.collect())
}

/// The most steps of any way, found by trying all of them.
fn most(funnel: &Funnel, events: &[Happening<'_>]) -> u32 {
    let is_free = funnel.order == Order::Any || funnel.skips == SkipPolicy::Any;
    let starts =
        |one: &Happening<'_>| !one.ends && if funnel.order == Order::Any { one.steps != 0 } else { one.steps & 1 != 0 };
    let mut most = 0;
    for (first, event) in events.iter().enumerate().filter(|(_, one)| starts(one)) {
        let last = funnel.window.last(event.at);
        let within = events.iter().skip(first + 1).position(|one| one.ends || one.at > last);
        let rest = &events[first + 1..within.map_or(events.len(), |n| first + 1 + n)];
        most = most.max(if is_free {
            let first_steps = if funnel.order == Order::Any { event.steps } else { 1 };
            bits(first_steps).map(|step| filled(1 << step, rest)).max().unwrap_or(0)
        } else {
            furthest_from(funnel, 0, rest)
        });
        if funnel.anchor == Anchor::First {
            break;
        }
    }
    most
}

fn bits(steps: u32) -> impl Iterator<Item = u32> {
    (0..32).filter(move |step| steps & 1 << step != 0)
}

/// Every event is one of the steps it can be, or none.
fn filled(done: u32, rest: &[Happening<'_>]) -> u32 {
    let Some((event, rest)) = rest.split_first() else { return done.count_ones() };
    let taken = bits(event.steps & !done).map(|step| filled(done | 1 << step, rest)).max();
    taken.unwrap_or(0).max(filled(done, rest))
}

/// Every next event is tried as every step that may come next.
fn furthest_from(funnel: &Funnel, at: u32, rest: &[Happening<'_>]) -> u32 {
    let mut most = at + 1;
    for (place, event) in rest.iter().enumerate() {
        for step in bits(event.steps).filter(|step| *step > at) {
            if step == at + 1 || funnel.skips == SkipPolicy::Implied {
                most = most.max(furthest_from(funnel, step, &rest[place + 1..]));
            }
        }
        let is_repeat = event.steps & 1 << at != 0;
        if funnel.order == Order::Strict && !is_repeat {
            break;
        }
    }
    most
}

fn ids(drawn: &[Drawn]) -> Vec<String> {
    (0..drawn.len()).map(|n| n.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn one_pass_goes_as_far_as_any_way(drawn in prop_oneof![drawn(), sparse()], funnel in rules()) {
        let (ids, none) = (ids(&drawn), Properties::new());
        let events = happenings(&drawn, &ids, &none, funnel.steps);
        let found = furthest(&funnel, &events, &|_| true);
        prop_assert_eq!(found.map_or(0, |path| path.len()), most(&funnel, &events));
    }

    #[test]
    fn the_way_that_is_told_is_a_way(drawn in prop_oneof![drawn(), sparse()], funnel in rules()) {
        let (ids, none) = (ids(&drawn), Properties::new());
        let events = happenings(&drawn, &ids, &none, funnel.steps);
        if let Some(path) = furthest(&funnel, &events, &|_| true) {
            let places: Vec<usize> = path.events.iter().map(|(_, place)| *place).collect();
            prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "each event is one step, in time");
            let (first, last) = (places[0], places[places.len() - 1]);
            prop_assert_eq!(events[first].at, path.started);
            prop_assert!(events[last].at <= funnel.window.last(path.started));
            prop_assert!(!events[first..=last].iter().any(|event| event.ends));
            for (step, place) in &path.events {
                prop_assert!(events[*place].steps & 1 << step != 0);
            }
            if funnel.order != Order::Any && funnel.skips != SkipPolicy::Any {
                prop_assert!(path.events.windows(2).all(|pair| pair[0].0 < pair[1].0));
            }
        }
    }

    #[test]
    fn a_longer_window_never_loses_anybody(drawn in prop_oneof![drawn(), sparse()], funnel in rules(), more in 1_i64..5) {
        let (ids, none) = (ids(&drawn), Properties::new());
        let events = happenings(&drawn, &ids, &none, funnel.steps);
        let Window::Elapsed { ms } = funnel.window else { unreachable!("drawn so") };
        let longer = Funnel { window: Window::Elapsed { ms: ms + more }, ..funnel.clone() };
        let far = |funnel: &Funnel| furthest(funnel, &events, &|_| true).map_or(0, |path| path.len());
        prop_assert!(far(&funnel) <= far(&longer));
    }

    #[test]
    fn the_best_attempt_is_never_behind_the_first(drawn in prop_oneof![drawn(), sparse()], funnel in rules()) {
        let (ids, none) = (ids(&drawn), Properties::new());
        let events = happenings(&drawn, &ids, &none, funnel.steps);
        let far = |anchor| furthest(&Funnel { anchor, ..funnel.clone() }, &events, &|_| true).map_or(0, |path| path.len());
        prop_assert!(far(Anchor::First) <= far(Anchor::Best));
    }
}
