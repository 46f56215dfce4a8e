//! From the ways of many entities to the counts of a funnel.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{Path, furthest};
use super::{Attribution, Counting, Funnel, Happening, in_order, joined};
use crate::period::Period;
use crate::stats::Counts;
use crate::time::Instant;
use crate::value::Value;

/// Who is followed: those whose first step fell into the period.
#[derive(Clone, Copy, Debug)]
pub struct Cohort<'a> {
    pub period: &'a Period,
    pub now: Instant,
}

/// Counts of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepCount {
    pub reached: u64,
    /// Of those, how many were never seen at it: something for whoever keeps the records.
    pub skipped: u64,
    /// From the first step to this one, of those who were seen at it; not sorted.
    waits_ms: Vec<i64>,
}

/// A funnel's counts, or those of one part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub steps: Vec<StepCount>,
    /// Whose last step may still come: their window is open.
    pub running: u64,
}

/// A funnel, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub whole: Tally,
    /// By the value, `None` where it is not known; empty if the funnel is not split.
    pub parts: BTreeMap<Option<String>, Tally>,
    /// Whether every window has closed. Until then a rate is only what it is so far.
    pub is_mature: bool,
}

impl StepCount {
    /// The median wait from the first step, of those who were seen at this one. They are the quick ones: who is still on the way
    /// is in no wait.
    pub fn median_wait_ms(&self) -> Option<i64> {
        let mut waits = self.waits_ms.clone();
        waits.sort_unstable();
        let middle = waits.len().checked_sub(1)? / 2;
        let (low, high) = (waits[middle], waits[waits.len() / 2]);
        Some(low + (high - low) / 2)
    }
}

impl Tally {
    pub(super) fn of_events(first: u64, last: u64) -> Tally {
        let steps = [first, last].map(|reached| StepCount { reached, ..StepCount::default() });
        Tally { steps: steps.to_vec(), running: 0 }
    }

    /// Of those at the first step, those who reached this one.
    pub fn from_first(&self, step: usize) -> Counts {
        self.between(0, step)
    }

    /// Of those at the step before, those who reached this one; of the first, all.
    pub fn from_before(&self, step: usize) -> Counts {
        self.between(step.saturating_sub(1), step)
    }

    fn between(&self, from: usize, to: usize) -> Counts {
        let reached = |step: usize| self.steps.get(step).map_or(0, |count| count.reached);
        Counts::new(reached(to), reached(from))
    }

    fn add(&mut self, other: &Tally) {
        self.steps.resize_with(self.steps.len().max(other.steps.len()), StepCount::default);
        for (count, more) in self.steps.iter_mut().zip(&other.steps) {
            count.reached += more.reached;
            count.skipped += more.skipped;
            count.waits_ms.extend(&more.waits_ms);
        }
        self.running += other.running;
    }
}

/// Counts entity by entity, so that only one is in memory at a time.
#[derive(Debug)]
pub struct Counter<'a> {
    funnel: &'a Funnel,
    cohort: Cohort<'a>,
    whole: Tally,
    parts: BTreeMap<Option<String>, Tally>,
}

impl<'a> Counter<'a> {
    pub fn new(funnel: &'a Funnel, cohort: Cohort<'a>) -> Counter<'a> {
        let whole = Tally { steps: vec![StepCount::default(); funnel.steps], running: 0 };
        Counter { funnel, cohort, whole, parts: BTreeMap::new() }
    }

    /// Adds everything that happened to one entity, in whatever order.
    pub fn add(&mut self, happenings: Vec<Happening<'_>>) {
        let happenings = in_order(happenings);
        match self.funnel.counting {
            Counting::Events => {
                for (first, tally) in joined::credited(self.funnel, &happenings, &self.cohort) {
                    self.whole.add(&tally);
                    if let Some((by, _)) = &self.funnel.by {
                        self.parts.entry(value(&happenings[first], by)).or_default().add(&tally);
                    }
                }
            }
            Counting::Entities => self.add_entity(&happenings),
        }
    }

    fn add_entity(&mut self, happenings: &[Happening<'_>]) {
        let whole = self.way(happenings);
        if let Some(path) = &whole {
            let tally = self.tally(path, happenings);
            self.whole.add(&tally);
        }
        let Some((by, attribution)) = &self.funnel.by else { return };
        if *attribution == Attribution::All {
            let values: BTreeSet<Option<String>> =
                happenings.iter().filter(|one| one.steps != 0).map(|one| value(one, by)).collect();
            for part in values {
                let own = narrowed(happenings, &|one| if value(one, by) == part { one.steps } else { 0 });
                if let Some(path) = self.way(&own) {
                    let tally = self.tally(&path, &own);
                    self.parts.entry(part).or_default().add(&tally);
                }
            }
        } else if let Some(path) = &whole {
            let of_step = |wanted: usize| path.events.iter().find(|(step, _)| *step == wanted);
            let event = match attribution {
                Attribution::First => path.events.first(),
                Attribution::Last | Attribution::All => path.events.last(),
                Attribution::Step(step) => of_step(*step),
            };
            let part = event.and_then(|(_, place)| value(&happenings[*place], by));
            let tally = self.tally(path, happenings);
            self.parts.entry(part).or_default().add(&tally);
        }
    }

    /// The way that went furthest; where properties are held, of those that each of their values allows.
    fn way(&self, happenings: &[Happening<'_>]) -> Option<Path> {
        let may_start = |at: Instant| self.cohort.period.contains(at);
        if self.funnel.hold.is_empty() {
            return furthest(self.funnel, happenings, &may_start);
        }
        let firsts = happenings.iter().filter(|one| one.steps & 1 != 0);
        let keys: BTreeSet<Vec<String>> = firsts.filter_map(|one| held(self.funnel, one, true)).collect();
        let mut best: Option<Path> = None;
        for key in keys {
            let own = narrowed(happenings, &|one| {
                let as_first = if held(self.funnel, one, true).as_ref() == Some(&key) { 1 } else { 0 };
                let as_later = if held(self.funnel, one, false).as_ref() == Some(&key) { !1 } else { 0 };
                one.steps & (as_first | as_later)
            });
            let path = furthest(self.funnel, &own, &may_start);
            if let Some(path) = path
                && best.as_ref().is_none_or(|best| path.is_better_than(best))
            {
                best = Some(path);
            }
        }
        best
    }

    fn tally(&self, path: &Path, happenings: &[Happening<'_>]) -> Tally {
        let mut steps = vec![StepCount::default(); self.funnel.steps];
        for (step, count) in steps.iter_mut().enumerate() {
            count.reached = u64::from(path.reached & 1 << step != 0);
            count.skipped = u64::from(path.skipped() & 1 << step != 0);
        }
        // In any order the second step is whichever came second.
        let in_any_order = self.funnel.order == super::Order::Any;
        for (nth, (step, place)) in path.events.iter().enumerate() {
            let step = if in_any_order { nth } else { *step };
            steps[step].waits_ms.push(happenings[*place].at.since(path.started));
        }
        if in_any_order {
            steps.iter_mut().for_each(|count| count.skipped = 0);
        }
        let is_done = path.reached & 1 << (self.funnel.steps - 1) != 0;
        let is_open = self.cohort.now <= self.funnel.window.last(path.started);
        Tally { steps, running: u64::from(!is_done && is_open) }
    }

    pub fn found(self) -> Found {
        let last_start = self.cohort.period.ends_at().plus_ms(-1);
        Found { whole: self.whole, parts: self.parts, is_mature: self.cohort.now > self.funnel.window.last(last_start) }
    }
}

/// The same events, each with other steps that it can be.
fn narrowed<'a>(happenings: &[Happening<'a>], steps: &dyn Fn(&Happening<'a>) -> u32) -> Vec<Happening<'a>> {
    happenings.iter().map(|one| Happening { steps: steps(one), ..*one }).collect()
}

/// What a property says, as a word. `None` where it says nothing.
fn value(happening: &Happening<'_>, property: &str) -> Option<String> {
    match happening.properties.get(property)? {
        Value::Null => None,
        Value::Text(text) => Some(text.clone()),
        other => Some(other.to_json().to_string()),
    }
}

/// The values of the held properties, if the event says them all.
fn held(funnel: &Funnel, happening: &Happening<'_>, is_first: bool) -> Option<Vec<String>> {
    let name = |held: &super::Held| if is_first { held.first.clone() } else { held.later.clone() };
    funnel.hold.iter().map(|held| value(happening, &name(held))).collect()
}

pub(super) fn is_held(funnel: &Funnel, first: &Happening<'_>, later: &Happening<'_>) -> bool {
    let as_first = held(funnel, first, true);
    as_first.is_some() && as_first == held(funnel, later, false)
}
