//! The attempt that did most of the steps, for steps that may come in any order.

use super::{Anchor, Funnel, Happening, Order, Path};
use crate::definitions::SkipPolicy;
use crate::time::Instant;

/// The attempt that did most of the steps, and of those the most recent. It begins with any step, or, where only the order after
/// the first step is free, with the first.
pub(super) fn fullest(
    funnel: &Funnel,
    happenings: &[Happening<'_>],
    may_start: &dyn Fn(Instant) -> bool,
) -> Option<Path> {
    let starters = if funnel.skips == SkipPolicy::Any { 1 } else { u32::MAX };
    let starts = |one: &Happening<'_>| !one.ends && one.steps & starters != 0 && may_start(one.at);
    let mut best: Option<Path> = None;
    for (place, _) in happenings.iter().enumerate().filter(|(_, one)| starts(one)) {
        let path = attempt(funnel, happenings, place);
        if best.as_ref().is_none_or(|best| path.is_better_than(best)) {
            best = Some(path);
        }
        if funnel.anchor == Anchor::First {
            break;
        }
    }
    best
}

/// What the attempt that begins with this event did within its window.
fn attempt(funnel: &Funnel, happenings: &[Happening<'_>], first: usize) -> Path {
    let started = happenings[first].at;
    let last = funnel.window.last(started);
    let is_first_fixed = funnel.skips == SkipPolicy::Any;
    let mut filled = Filled { funnel, happenings, by_step: vec![None; funnel.steps], closed: 0 };
    if is_first_fixed {
        filled.by_step[0] = Some(first);
        filled.closed = 1;
    } else {
        filled.fill(first, &mut 0);
    }
    let rest = happenings.iter().enumerate().skip(first + 1);
    for (place, _) in rest.take_while(|(_, one)| !one.ends && one.at <= last) {
        if filled.is_full() {
            break;
        }
        filled.fill(place, &mut 0);
    }
    let mut events: Vec<(usize, usize)> =
        filled.by_step.iter().enumerate().filter_map(|(step, place)| Some((step, (*place)?))).collect();
    events.sort_by_key(|(_, place)| *place);
    let reached = match funnel.order {
        // The second step is "two of them", whichever.
        Order::Any => (1 << events.len()) - 1,
        Order::Ordered | Order::Strict => events.iter().fold(0, |bits, (step, _)| bits | 1 << step),
    };
    Path { started, reached, events }
}

/// Which event is which step: each event at most one, as many steps as possible.
struct Filled<'a> {
    funnel: &'a Funnel,
    happenings: &'a [Happening<'a>],
    by_step: Vec<Option<usize>>,
    /// Steps that are given away for good, as bits.
    closed: u32,
}

impl Filled<'_> {
    fn is_full(&self) -> bool {
        self.by_step.iter().all(Option::is_some)
    }

    /// Makes an event one more step, if need be by making events before it other steps: the matching then is the largest, and
    /// whoever was in it stays. `tried` are steps that were looked at already, as bits.
    fn fill(&mut self, place: usize, tried: &mut u32) -> bool {
        let steps = self.happenings[place].steps & !self.closed;
        for step in (0..self.funnel.steps).filter(|step| steps & 1 << step != 0) {
            if *tried & 1 << step != 0 {
                continue;
            }
            *tried |= 1 << step;
            let is_free = match self.by_step[step] {
                None => true,
                Some(other) => self.fill(other, tried),
            };
            if is_free {
                self.by_step[step] = Some(place);
                return true;
            }
        }
        false
    }
}
