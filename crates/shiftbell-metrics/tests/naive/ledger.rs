//! What a customer pays a month, and what each change of it is called.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::event::Properties;
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::revenue::Policy;
use shiftbell_metrics::time::Instant;

use super::account::Account;
use super::plan::{Parts, Standing, Told, Worth, state_at, turns};

/// A change of what a customer pays.
#[derive(Clone, Debug)]
pub(crate) struct Movement {
    pub(crate) at: Instant,
    /// `new`, `churn` ..., or what stands beside: `usage`, `discount`.
    pub(crate) kind: &'static str,
    pub(crate) currency: Currency,
    pub(crate) parts: BTreeMap<String, i128>,
}

impl Movement {
    pub(crate) fn amount(&self) -> i128 {
        self.parts.values().sum()
    }
}

/// A subscription: what it is worth from when on.
struct Line {
    worth: Vec<(Instant, Worth)>,
    told_ended: Option<Instant>,
}

impl Line {
    fn at(&self, at: Instant) -> Option<&Worth> {
        self.worth.iter().rev().find(|(since, _)| *since <= at).map(|(_, worth)| worth)
    }

    fn before(&self, at: Instant) -> Option<&Worth> {
        self.at(at.plus_ms(-1))
    }

    /// What it was worth when it was paused.
    fn asleep(&self, at: Instant) -> Option<&Parts> {
        let place = self.worth.iter().rposition(|(since, _)| *since <= at)?;
        let is_paused = self.worth[place].1.standing == Standing::Paused;
        place.checked_sub(1).filter(|_| is_paused).map(|before| &self.worth[before].1.recurring)
    }

    fn began(&self) -> Option<Instant> {
        self.worth.iter().find(|(_, worth)| !worth.recurring.is_empty()).map(|(at, _)| *at)
    }
}

pub(crate) fn movements(definitions: &Definitions, account: &Account) -> Vec<Movement> {
    let policy = Policy::of(&definitions.policies.mrr);
    let mut told: BTreeMap<EntityKey, Vec<Told>> = BTreeMap::new();
    for place in (0..account.events.len()).filter(|place| account.counts(*place)) {
        let Some(whose) = account.named(place, EntityKind::Subscription) else { continue };
        let event = account.event(place);
        let set = event.set.get(&EntityKind::Subscription).cloned().unwrap_or_default();
        // A bill has reasons of its own.
        let says = if event.kind == "subscription" { event.properties.clone() } else { Properties::new() };
        told.entry(whose).or_default().push(Told { at: event.at, set, says });
    }
    let mut lines: Vec<Line> = told.values().map(|told| line(told, &policy)).collect();
    join_swaps(&mut lines, policy.plan_swap_ms);
    let instants: BTreeSet<Instant> = lines.iter().flat_map(|line| line.worth.iter().map(|(at, _)| *at)).collect();
    instants.iter().flat_map(|at| moved(&lines, *at)).collect()
}

fn line(told: &[Told], policy: &Policy) -> Line {
    let mut worth: Vec<(Instant, Worth)> = Vec::new();
    for at in turns(told, policy) {
        let now = state_at(told, at, policy).worth(at, policy);
        if worth.last().is_none_or(|(_, last)| *last != now) {
            worth.push((at, now));
        }
    }
    Line { worth, told_ended: state_at(told, Instant::LATEST, policy).told_ended }
}

/// One subscription ended and another taken within a day: the first runs until the second begins. The nearest pairs first.
fn join_swaps(lines: &mut [Line], within_ms: i64) {
    let mut pairs = Vec::new();
    for old in 0..lines.len() {
        let Some((end, Worth { standing: Standing::Ended(_), .. })) = lines[old].worth.last() else { continue };
        for new in (0..lines.len()).filter(|new| *new != old) {
            let (Some(began), Some(start)) = (lines[old].began(), lines[new].began()) else { continue };
            let apart = |from: Instant| start.since(from).abs();
            let nearest = apart(*end).min(apart(lines[old].told_ended.unwrap_or(*end)));
            if nearest <= within_ms && began < start {
                pairs.push((nearest, old, new, start));
            }
        }
    }
    pairs.sort();
    let mut used: Vec<(&str, usize)> = Vec::new();
    for (_, old, new, start) in pairs {
        if used.contains(&("old", old)) || used.contains(&("new", new)) {
            continue;
        }
        used.extend([("old", old), ("new", new)]);
        let worth = &mut lines[old].worth;
        let (_, end) = worth.pop().expect("it ended");
        worth.retain(|(at, _)| *at < start);
        worth.push((start, end));
    }
}

/// In dollars, where there is a rate.
fn booked(parts: &Parts) -> Parts {
    let mut booked = Parts::new();
    for ((currency, product), grains) in parts {
        let (currency, grains) =
            if currency.code() == "EUR" { (Currency::USD, grains * 11 / 10) } else { (*currency, *grains) };
        *booked.entry((currency, product.clone())).or_default() += grains;
    }
    booked
}

fn add(to: &mut Parts, parts: &Parts, times: i128) {
    for (part, grains) in booked(parts) {
        *to.entry(part).or_default() += grains * times;
    }
}

/// What moves at an instant.
fn moved(lines: &[Line], at: Instant) -> Vec<Movement> {
    let (mut old, mut new) = (Parts::new(), Parts::new());
    let (mut usage, mut discount) = (Parts::new(), Parts::new());
    let (mut slept, mut woke) = (Parts::new(), Parts::new());
    for line in lines {
        let (before, now) = (line.before(at), line.at(at));
        add(&mut old, before.map_or(&Parts::new(), |worth| &worth.recurring), 1);
        add(&mut new, now.map_or(&Parts::new(), |worth| &worth.recurring), 1);
        add(&mut usage, before.map_or(&Parts::new(), |worth| &worth.usage), -1);
        add(&mut usage, now.map_or(&Parts::new(), |worth| &worth.usage), 1);
        add(&mut discount, before.map_or(&Parts::new(), |worth| &worth.discount), -1);
        add(&mut discount, now.map_or(&Parts::new(), |worth| &worth.discount), 1);
        let is_paused = |worth: Option<&Worth>| worth.is_some_and(|worth| worth.standing == Standing::Paused);
        match (is_paused(before), is_paused(now)) {
            (false, true) => add(&mut slept, before.map_or(&Parts::new(), |worth| &worth.recurring), 1),
            (true, false) => {
                // Who ends while paused wakes first, so that what is lost is churn.
                let runs = now.filter(|worth| worth.standing == Standing::Runs).map(|worth| &worth.recurring);
                let back = runs.or_else(|| line.asleep(at.plus_ms(-1)));
                add(&mut woke, back.unwrap_or(&Parts::new()), 1);
            }
            _ => {}
        }
    }
    let pays = |parts: &Parts| parts.values().any(|grains| *grains > 0);
    let has_paid = || {
        let earlier = lines.iter().flat_map(|line| line.worth.iter().filter(|(since, _)| *since < at));
        earlier.into_iter().any(|(_, worth)| pays(&worth.recurring))
    };
    let is_asleep = lines.iter().any(|line| line.asleep(at).is_some());
    let mut rest = new.clone();
    for (parts, times) in [(&old, -1), (&woke, -1), (&slept, 1)] {
        parts.iter().for_each(|(part, grains)| *rest.entry(part.clone()).or_default() += grains * times);
    }
    slept.values_mut().for_each(|grains| *grains = -*grains);
    let mut found = Vec::new();
    found.extend(split(at, "resumed", &woke));
    found.extend(split(at, "paused", &slept));
    found.extend(split(at, "usage", &usage));
    found.extend(split(at, "discount", &discount));
    for mut movement in split(at, "", &rest) {
        movement.kind = if movement.amount() < 0 {
            if pays(&new) || is_asleep { "contraction" } else { "churn" }
        } else if pays(&old) || is_asleep || pays(&woke) {
            "expansion"
        } else if has_paid() {
            "reactivation"
        } else {
            "new"
        };
        found.push(movement);
    }
    found
}

/// A movement for each currency in which something moves.
fn split(at: Instant, kind: &'static str, parts: &Parts) -> Vec<Movement> {
    let mut found: Vec<Movement> = Vec::new();
    for ((currency, product), grains) in parts.iter().filter(|(_, grains)| **grains != 0) {
        if found.last().is_none_or(|last| last.currency != *currency) {
            found.push(Movement { at, kind, currency: *currency, parts: BTreeMap::new() });
        }
        found.last_mut().expect("one was just added").parts.insert(product.clone(), *grains);
    }
    found
}
