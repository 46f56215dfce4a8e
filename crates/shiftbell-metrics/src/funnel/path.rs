//! The attempt that went furthest, for steps that come one after another.

use super::{Anchor, Funnel, Happening, Order, unordered};
use crate::definitions::SkipPolicy;
use crate::time::Instant;

/// How far an entity came, and by which events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// When it did the first step.
    pub started: Instant,
    /// Steps that count as reached, as bits.
    pub reached: u32,
    /// Step and place of its event, in the order in which they happened. A step that is only implied has no event.
    pub events: Vec<(usize, usize)>,
}

impl Path {
    /// How many steps count as reached.
    pub fn len(&self) -> u32 {
        self.reached.count_ones()
    }

    pub fn is_empty(&self) -> bool {
        self.reached == 0
    }

    /// Steps that were passed without being seen, as bits.
    pub fn skipped(&self) -> u32 {
        let seen = self.events.iter().fold(0, |bits, (step, _)| bits | 1 << step);
        self.reached & !seen
    }

    /// Whether this one came further than the other, or as far and later.
    pub(super) fn is_better_than(&self, other: &Path) -> bool {
        (self.len(), self.started) > (other.len(), other.started)
    }
}

/// The way of one entity: the attempt that went furthest, and of those the most recent. `None` if it never did the first step
/// when `may_start` allows it.
///
/// For each step it keeps the latest first step from which that step was reached. An event is tried as the last step first, so
/// that it never is two steps of one attempt. This finds the furthest step exactly, in one pass over the events.
///
/// ```
/// use shiftbell_metrics::{event::Properties, funnel::{Funnel, Happening, Window, furthest}, time::Instant};
/// let none = Properties::new();
/// let at = |id, minute: i64, steps| Happening { id, at: Instant(minute * 60_000), steps, ends: false, properties: &none };
/// // Twice the first step, then the other two: within an hour of the second try, not of the first.
/// let done = [at("1", 0, 1), at("2", 30, 1), at("3", 45, 2), at("4", 75, 4)];
/// let funnel = Funnel::new(3, Window::Elapsed { ms: 3_600_000 });
/// assert_eq!(furthest(&funnel, &done, &|_| true).unwrap().len(), 3);
/// ```
pub fn furthest(funnel: &Funnel, happenings: &[Happening<'_>], may_start: &dyn Fn(Instant) -> bool) -> Option<Path> {
    if funnel.order == Order::Any || funnel.skips == SkipPolicy::Any {
        return unordered::fullest(funnel, happenings, may_start);
    }
    let mut attempts: Vec<Option<Attempt>> = vec![None; funnel.steps];
    let mut best: Option<Path> = None;
    let mut is_anchored = false;
    for (place, happening) in happenings.iter().enumerate() {
        if happening.ends {
            attempts.fill(None);
            continue;
        }
        for step in (0..funnel.steps).rev().filter(|step| happening.steps & 1 << step != 0) {
            let next = if step == 0 {
                let starts = may_start(happening.at) && (funnel.anchor == Anchor::Best || !is_anchored);
                is_anchored |= starts;
                starts.then(|| Attempt { started: happening.at, events: vec![(0, place)] })
            } else {
                let from = before(funnel, &attempts, step);
                from.filter(|attempt| happening.at <= funnel.window.last(attempt.started))
                    .map(|attempt| attempt.then(step, place))
            };
            let Some(next) = next else { continue };
            if attempts[step].as_ref().is_none_or(|known| known.started < next.started) {
                let path = next.path(step);
                if best.as_ref().is_none_or(|best| path.is_better_than(best)) {
                    best = Some(path);
                }
                attempts[step] = Some(next);
            }
        }
        if funnel.order == Order::Strict {
            for (step, attempt) in attempts.iter_mut().enumerate() {
                if happening.steps & 1 << step == 0 {
                    *attempt = None;
                }
            }
        }
    }
    best
}

/// An attempt that has come to some step.
#[derive(Clone, Debug)]
struct Attempt {
    started: Instant,
    events: Vec<(usize, usize)>,
}

impl Attempt {
    fn then(&self, step: usize, place: usize) -> Attempt {
        let mut events = self.events.clone();
        events.push((step, place));
        Attempt { started: self.started, events }
    }

    fn path(&self, step: usize) -> Path {
        Path { started: self.started, reached: (1 << (step + 1)) - 1, events: self.events.clone() }
    }
}

/// The attempt that this step goes on: of the step just before, or, where steps may be skipped, the latest of any before.
fn before<'a>(funnel: &Funnel, attempts: &'a [Option<Attempt>], step: usize) -> Option<&'a Attempt> {
    match funnel.skips {
        SkipPolicy::Strict => attempts[step - 1].as_ref(),
        // Of several from the same first step, the one that was seen furthest.
        SkipPolicy::Implied | SkipPolicy::Any => {
            attempts[..step].iter().flatten().max_by_key(|attempt| attempt.started)
        }
    }
}
