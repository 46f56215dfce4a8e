//! Funnels over any events: of those who did the first step, how many went on to each further one within a window.
//!
//! The stages of a motion have their own conversions, which follow everybody from the first time. A funnel asks what no stage
//! says: any chain of events, in any order if need be, and from whichever attempt went furthest. The tools of the trade differ
//! on almost every rule here, so each is a setting, and each default is what most of them do.

mod count;
mod follow;
mod joined;
mod path;
mod unordered;

use crate::definitions::SkipPolicy;
use crate::event::Properties;
use crate::time::{Instant, Zone};

pub use count::{Cohort, Counter, Found, StepCount, Tally};
pub use follow::{Follower, plan_of};
pub use path::{Path, furthest};

/// Most steps of a funnel.
pub const STEPS_MAX: usize = 20;

/// What is followed, and by which rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Funnel {
    /// How many steps, at least two.
    pub steps: usize,
    pub order: Order,
    pub window: Window,
    pub anchor: Anchor,
    pub counting: Counting,
    /// What a step means that was not seen on the way to a later one.
    pub skips: SkipPolicy,
    /// Properties that must be the same from the first step to the last.
    pub hold: Vec<Held>,
    /// The property by whose values the count is split, and which event of the way says it.
    pub by: Option<(String, Attribution)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One after another; anything else may happen between.
    Ordered,
    /// One after another, and nothing else between. Doing the same step again is not something else.
    Strict,
    /// Whichever comes first. The second step is then "two of them".
    Any,
}

/// How long after the first step the last may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// Of real time; exactly so long after is still within.
    Elapsed { ms: i64 },
    /// Until the end of the so many-th day after the day of the first step, in this zone.
    Days { days: i32, zone: Zone },
}

impl Window {
    /// The last instant that is within.
    ///
    /// ```
    /// use shiftbell_metrics::{funnel::Window, time::{Instant, Zone}};
    /// let start = Instant::parse("2026-03-07T22:00:00Z").unwrap();
    /// assert_eq!(Window::Elapsed { ms: 1_000 }.last(start), start.plus_ms(1_000));
    /// let days = Window::Days { days: 1, zone: Zone::utc() };
    /// assert_eq!(days.last(start).to_string(), "2026-03-08T23:59:59.999Z");
    /// ```
    pub fn last(&self, start: Instant) -> Instant {
        match self {
            Window::Elapsed { ms } => start.plus_ms(*ms),
            Window::Days { days, zone } => zone.start_of(zone.day_of(start).plus(days.saturating_add(1))).plus_ms(-1),
        }
    }
}

/// From which first step an attempt is followed, if there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The most recent one of those that led furthest.
    Best,
    /// The first, for ever: a later one starts nothing.
    First,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Each entity once: a rate is between none and all.
    Entities,
    /// Every event: each last step is credited to the latest first step before it, and several may be credited to one, so that a
    /// rate may exceed all. The window is open at its beginning: exactly so long before is too early.
    Events,
}

/// A property that must stay the same, and what it is called on the first step and on the later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub first: String,
    pub later: String,
}

/// Which event of the way says to which part an entity belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribution {
    First,
    /// The last step that was reached.
    Last,
    /// This step, from 0; who did not reach it belongs to no value.
    Step(usize),
    /// Every value apart, each only with its own events: one entity may be in several parts.
    All,
}

/// Something that happened to one entity.
#[derive(Clone, Copy, Debug)]
pub struct Happening<'a> {
    /// Two of the same id are one.
    pub id: &'a str,
    pub at: Instant,
    /// The steps it can be: bit 0 is the first. Zero for anything else, which only matters where nothing may come between.
    pub steps: u32,
    /// Ends every attempt that runs: lost, disqualified. What was reached stays reached.
    pub ends: bool,
    pub properties: &'a Properties,
}

/// Why a funnel cannot be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunnelError {
    #[error("a funnel has no steps; name at least two")]
    NoStep,
    #[error("a funnel with one step is a count; name a second step, or ask /kpi how many there were")]
    OneStep,
    #[error("{0} steps are too many; a funnel has at most {STEPS_MAX}")]
    TooManySteps(usize),
    #[error("the window is empty; write how long after the first step the last may be, such as within = \"60 days\"")]
    NoWindow,
    #[error("step {step} is no step of {steps}; write 1 to {steps}")]
    NoSuchStep { step: usize, steps: usize },
    #[error("events are counted from one step to the next only; {0} steps need count = \"entities\"")]
    EventsOfManySteps(usize),
    #[error("{0} has no meaning where events are counted; leave it out, or write count = \"entities\"")]
    NotOfEvents(&'static str),
    #[error("in any order nothing is skipped; leave `skips` out, or write order = \"ordered\"")]
    SkipsInAnyOrder,
}

impl Funnel {
    /// A funnel by the usual rules: in order, from the attempt that went furthest, each entity once.
    pub fn new(steps: usize, window: Window) -> Funnel {
        Funnel {
            steps,
            order: Order::Ordered,
            window,
            anchor: Anchor::Best,
            counting: Counting::Entities,
            skips: SkipPolicy::Strict,
            hold: Vec::new(),
            by: None,
        }
    }

    /// Whether its settings go together.
    ///
    /// ```
    /// use shiftbell_metrics::funnel::{Funnel, FunnelError, Window};
    /// let hour = Window::Elapsed { ms: 3_600_000 };
    /// assert_eq!(Funnel::new(2, hour.clone()).check(), Ok(()));
    /// assert_eq!(Funnel::new(1, hour).check(), Err(FunnelError::OneStep));
    /// ```
    ///
    /// # Errors
    /// The first setting that does not, and what would.
    pub fn check(&self) -> Result<(), FunnelError> {
        match self.steps {
            0 => return Err(FunnelError::NoStep),
            1 => return Err(FunnelError::OneStep),
            2..=STEPS_MAX => {}
            more => return Err(FunnelError::TooManySteps(more)),
        }
        let is_empty = match self.window {
            Window::Elapsed { ms } => ms <= 0,
            Window::Days { days, .. } => days < 0,
        };
        if is_empty {
            return Err(FunnelError::NoWindow);
        }
        if let Some((_, Attribution::Step(step))) = self.by
            && step >= self.steps
        {
            return Err(FunnelError::NoSuchStep { step: step + 1, steps: self.steps });
        }
        if self.order == Order::Any && self.skips != SkipPolicy::Strict {
            return Err(FunnelError::SkipsInAnyOrder);
        }
        if self.counting == Counting::Events { self.check_events() } else { Ok(()) }
    }

    fn check_events(&self) -> Result<(), FunnelError> {
        let by_first = self.by.as_ref().is_none_or(|(_, of)| *of == Attribution::First);
        if self.steps != 2 {
            Err(FunnelError::EventsOfManySteps(self.steps))
        } else if self.order != Order::Ordered {
            Err(FunnelError::NotOfEvents("another order"))
        } else if self.anchor != Anchor::Best {
            Err(FunnelError::NotOfEvents("an anchor"))
        } else if self.skips != SkipPolicy::Strict {
            Err(FunnelError::NotOfEvents("a way to skip steps"))
        } else if !by_first {
            Err(FunnelError::NotOfEvents("a split by another event than the first"))
        } else {
            Ok(())
        }
    }
}

/// In the order in which they are taken: by time; at one instant by the first step that each can be (services often report a
/// whole second, and within it the steps are taken as if in order), then what is no step, then what ends. Each id once.
pub fn in_order<'a>(mut happenings: Vec<Happening<'a>>) -> Vec<Happening<'a>> {
    let place = |one: &Happening<'a>| (one.at, one.ends, one.steps.trailing_zeros(), one.steps, one.id);
    happenings.sort_by(|one, other| place(one).cmp(&place(other)));
    let mut seen = std::collections::HashSet::new();
    happenings.retain(|one| seen.insert(one.id));
    happenings
}

#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod goldens;
