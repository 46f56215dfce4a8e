//! The ledger of one customer: what its subscriptions are worth together, and each change of it as a movement.

use std::collections::{BTreeMap, BTreeSet};

use super::exact::Exact;
use super::policy::Policy;
use super::problem::Problem;
use super::rates::Rates;
use super::subscription::{Level, Parts, Standing, Timeline, Told, Why, timeline};
use crate::money::Currency;
use crate::time::Instant;

/// What a movement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The first ever.
    New,
    /// It paid before, and paid nothing since.
    Reactivation,
    Expansion,
    Contraction,
    Churn,
    /// It stands still and is not gone: of the class of contraction.
    Paused,
    Resumed,
    /// The rate of its currency changed.
    Fx,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::New,
        Kind::Reactivation,
        Kind::Expansion,
        Kind::Contraction,
        Kind::Churn,
        Kind::Paused,
        Kind::Resumed,
        Kind::Fx,
    ];

    /// As the definitions file and the stored series name it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::New => "new",
            Kind::Reactivation => "reactivation",
            Kind::Expansion => "expansion",
            Kind::Contraction => "contraction",
            Kind::Churn => "churn",
            Kind::Paused => "paused",
            Kind::Resumed => "resumed",
            Kind::Fx => "fx",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A change of what a customer pays a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub at: Instant,
    pub kind: Kind,
    /// The workspace's currency, or one without a rate that is kept apart.
    pub currency: Currency,
    /// What is added, negative where it is lost: all movements until an instant add up to what is paid then.
    pub amount: Exact,
    /// The same by product; adds up to the amount.
    pub parts: Vec<(String, Exact)>,
    /// Of churn.
    pub why: Option<Why>,
    /// Of a reactivation: how long nothing was paid.
    pub gap_ms: Option<i64>,
}

/// A change of what is kept beside recurring revenue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    pub at: Instant,
    pub line: Line,
    pub currency: Currency,
    pub amount: Exact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Charged by what was used.
    Usage,
    /// Taken off for a time.
    Discount,
}

/// Everything that the subscriptions of one customer come to. It has no clock: what is announced (an end, a change that takes
/// effect later) is in it at its time, and whoever asks for an earlier instant does not see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub movements: Vec<Movement>,
    pub asides: Vec<Aside>,
    /// By subscription, in the order in which they were given.
    pub problems: Vec<(usize, Problem)>,
}

/// Makes the ledger of one customer from what was told of each of its subscriptions, in any order.
///
/// ```
/// use shiftbell_metrics::event::Event;
/// use shiftbell_metrics::money::Currency;
/// use shiftbell_metrics::revenue::{Exact, Kind, Policy, Rates, Told, ledger};
/// let event = Event::from_json(
///     r#"{"id":"1","type":"subscription","at":"2026-02-01T00:00:00Z","subscription":"s","change":"started",
///         "set":{"subscription":{"items":[{"amount":"1440","interval":"year"}]}}}"#,
/// ).unwrap();
/// let set = event.set.values().next().unwrap();
/// let told = vec![vec![Told { at: event.at, set, says: &event.properties }]];
/// let found = ledger(&told, &Policy::default(), &Rates::only(Currency::USD));
/// assert_eq!((found.movements[0].kind, found.movements[0].amount), (Kind::New, Exact::whole(120)));
/// ```
pub fn ledger(subscriptions: &[Vec<Told<'_>>], policy: &Policy, rates: &Rates) -> Ledger {
    let mut lines: Vec<Timeline> = subscriptions.iter().map(|told| timeline(told, policy, rates.own)).collect();
    let mut found = Ledger::default();
    for (index, line) in lines.iter_mut().enumerate() {
        found.problems.extend(line.problems.drain(..).map(|problem| (index, problem)));
        for currency in currencies(line) {
            if rates.at(currency, Instant::EARLIEST, policy).is_none() {
                found.problems.push((index, Problem::NoRate(currency)));
            }
        }
    }
    join_swaps(&mut lines, policy);
    let mut instants: BTreeSet<Instant> = lines.iter().flat_map(|line| line.levels.iter().map(|(at, _)| *at)).collect();
    if let Some(first) = instants.first().copied() {
        instants.extend(rates.changes(policy).filter(|at| *at > first));
    }
    let mut customer = Customer::new(&lines, policy, rates);
    for at in instants {
        customer.step(at, &mut found);
    }
    found
}

fn currencies(line: &Timeline) -> BTreeSet<Currency> {
    let all = line.levels.iter().flat_map(|(_, level)| level.recurring.keys().chain(level.usage.keys()));
    all.map(|(currency, _)| *currency).collect()
}

/// One subscription ended and another taken within the span of the policy: the first runs until the second begins.
fn join_swaps(lines: &mut [Timeline], policy: &Policy) {
    let mut ends: Vec<(Instant, Instant, usize)> = Vec::new();
    let mut starts: Vec<(Instant, usize)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some((end, level)) = line.levels.last()
            && matches!(level.standing, Standing::Ended(_))
        {
            ends.push((line.told_ended.unwrap_or(*end), *end, index));
        }
        starts.extend(line.levels.iter().find(|(_, level)| !level.recurring.is_empty()).map(|(at, _)| (*at, index)));
    }
    // The nearest pairs first, each subscription in one pair at most.
    let mut pairs: Vec<(i64, usize, usize, Instant)> = Vec::new();
    for (told, end, old) in &ends {
        for (start, new) in starts.iter().filter(|(_, new)| new != old) {
            let apart = start.since(*told).saturating_abs().min(start.since(*end).saturating_abs());
            let began = starts.iter().find(|(_, index)| index == old).map(|(at, _)| *at);
            if apart <= policy.plan_swap_ms && began.is_some_and(|began| began < *start) {
                pairs.push((apart, *old, *new, *start));
            }
        }
    }
    pairs.sort_unstable();
    let (mut ended, mut begun) = (BTreeSet::new(), BTreeSet::new());
    for (_, old, new, start) in pairs {
        if ended.contains(&old) || !begun.insert(new) {
            continue;
        }
        ended.insert(old);
        let levels = &mut lines[old].levels;
        if let Some((_, last)) = levels.pop() {
            levels.retain(|(at, _)| *at < start);
            levels.push((start, last));
        }
    }
}

/// A customer on the way through time.
struct Customer<'l> {
    lines: &'l [Timeline],
    policy: &'l Policy,
    rates: &'l Rates,
    /// By subscription: which level holds, if one does.
    places: Vec<Option<usize>>,
    /// By subscription that is paused: what it was worth.
    asleep: Vec<Option<Parts>>,
    last: Option<Instant>,
    has_paid: bool,
    /// Since when nothing is paid.
    idle_since: Option<Instant>,
}

impl<'l> Customer<'l> {
    fn new(lines: &'l [Timeline], policy: &'l Policy, rates: &'l Rates) -> Customer<'l> {
        let places = vec![None; lines.len()];
        let asleep = vec![None; lines.len()];
        Customer { lines, policy, rates, places, asleep, last: None, has_paid: false, idle_since: None }
    }

    fn level(&self, index: usize) -> Option<&'l Level> {
        self.places[index].and_then(|place| self.lines[index].levels.get(place)).map(|(_, level)| level)
    }

    /// In the currency in which the books are kept, by the rates of an instant.
    fn booked(&self, parts: &Parts, at: Instant) -> Parts {
        let mut booked = Parts::new();
        for ((currency, product), amount) in parts {
            let worth = self.rates.at(*currency, at, self.policy).and_then(|rate| amount.times(rate));
            let (currency, amount) = worth.map_or((*currency, *amount), |worth| (self.rates.own, worth));
            *booked.entry((currency, product.clone())).or_default() += amount;
        }
        booked
    }

    fn total(&self, at: Instant, of: impl Fn(&Level) -> &Parts) -> Parts {
        let mut total = Parts::new();
        for level in (0..self.lines.len()).filter_map(|index| self.level(index)) {
            add(&mut total, &self.booked(of(level), at));
        }
        total
    }

    fn step(&mut self, at: Instant, found: &mut Ledger) {
        let before_rates = self.last.unwrap_or(at);
        let asides = |customer: &Customer<'_>, at| {
            (customer.total(at, |level| &level.usage), customer.total(at, |level| &level.discount))
        };
        let (usage, discount) = asides(self, before_rates);
        let old = self.total(before_rates, |level| &level.recurring);
        let at_new_rates = self.total(at, |level| &level.recurring);
        let standings: Vec<Option<&Level>> = (0..self.lines.len()).map(|index| self.level(index)).collect();
        for (index, line) in self.lines.iter().enumerate() {
            self.places[index] = line.levels.partition_point(|(since, _)| *since <= at).checked_sub(1);
        }
        let (slept, woke) = self.sleepers(&standings, at);
        let new = self.total(at, |level| &level.recurring);
        let mut change = Change { at, why: None, gap_ms: None, paid: pays(&old), pays: pays(&new) };
        change.push(Kind::Fx, &less(&at_new_rates, &old), found);
        change.push(Kind::Resumed, &woke, found);
        change.push(Kind::Paused, &less(&Parts::new(), &slept), found);
        let mut rest = less(&new, &at_new_rates);
        rest = less(&rest, &woke);
        add(&mut rest, &slept);
        rest.retain(|_, amount| !amount.is_zero());
        change.why = self.why(&standings);
        change.gap_ms = self.idle_since.map(|since| at.since(since));
        let is_asleep = self.asleep.iter().any(Option::is_some);
        for currency in rest.keys().map(|(currency, _)| *currency).collect::<BTreeSet<_>>() {
            let of = |parts: &Parts| only(parts, currency);
            let sum: Exact = of(&rest).values().copied().sum();
            let kind = if sum.is_negative() {
                if change.pays || is_asleep { Kind::Contraction } else { Kind::Churn }
            } else if change.paid || is_asleep || !woke.is_empty() {
                Kind::Expansion
            } else if self.has_paid {
                Kind::Reactivation
            } else {
                Kind::New
            };
            change.push(kind, &of(&rest), found);
        }
        let (usage_now, discount_now) = asides(self, at);
        for (line, before, now) in [(Line::Usage, usage, usage_now), (Line::Discount, discount, discount_now)] {
            let moved = less(&now, &before);
            for currency in moved.keys().map(|(currency, _)| *currency).collect::<BTreeSet<_>>() {
                let amount = only(&moved, currency).values().copied().sum();
                found.asides.push(Aside { at, line, currency, amount });
            }
        }
        if change.paid && !change.pays {
            self.idle_since = Some(at);
        } else if change.pays {
            self.idle_since = None;
        }
        self.has_paid |= change.pays;
        self.last = Some(at);
    }

    /// What falls asleep and what wakes here. Who ends while paused wakes first, so that what is lost is churn.
    fn sleepers(&mut self, before: &[Option<&Level>], at: Instant) -> (Parts, Parts) {
        let (mut slept, mut woke) = (Parts::new(), Parts::new());
        for (index, before) in before.iter().enumerate() {
            let Some(now) = self.level(index) else { continue };
            let was = before.map_or(Standing::Before, |level| level.standing);
            if was != Standing::Paused && now.standing == Standing::Paused {
                let lost = before.map(|level| self.booked(&level.recurring, at)).unwrap_or_default();
                add(&mut slept, &lost);
                self.asleep[index] = before.map(|level| level.recurring.clone());
            } else if was == Standing::Paused && now.standing != Standing::Paused {
                let was_worth = self.asleep[index].take().unwrap_or_default();
                let back = if now.standing == Standing::Runs { &now.recurring } else { &was_worth };
                add(&mut woke, &self.booked(back, at));
            }
        }
        slept.retain(|_, amount| !amount.is_zero());
        woke.retain(|_, amount| !amount.is_zero());
        (slept, woke)
    }

    /// Why those that end here end: not paid before the customer's wish, and that before nobody said.
    fn why(&self, before: &[Option<&Level>]) -> Option<Why> {
        let ended = |index: usize| match (before[index].map(|level| level.standing), self.level(index)?.standing) {
            (Some(Standing::Runs | Standing::Paused), Standing::Ended(why)) => Some(why),
            (_, _) => None,
        };
        (0..self.lines.len()).filter_map(ended).min()
    }
}

/// What happens at one instant.
struct Change {
    at: Instant,
    why: Option<Why>,
    gap_ms: Option<i64>,
    /// Whether the customer paid before, and pays after.
    paid: bool,
    pays: bool,
}

impl Change {
    /// Adds one movement for each currency.
    fn push(&self, kind: Kind, moved: &Parts, found: &mut Ledger) {
        for currency in moved.keys().map(|(currency, _)| *currency).collect::<BTreeSet<_>>() {
            let parts: BTreeMap<String, Exact> =
                only(moved, currency).into_iter().map(|((_, product), amount)| (product, amount)).collect();
            found.movements.push(Movement {
                at: self.at,
                kind,
                currency,
                amount: parts.values().copied().sum(),
                parts: parts.into_iter().collect(),
                why: (kind == Kind::Churn).then(|| self.why.unwrap_or(Why::Unknown)),
                gap_ms: self.gap_ms.filter(|_| kind == Kind::Reactivation),
            });
        }
    }
}

fn pays(parts: &Parts) -> bool {
    parts.values().any(|amount| amount.is_positive())
}

fn only(parts: &Parts, currency: Currency) -> Parts {
    parts.iter().filter(|((of, _), _)| *of == currency).map(|(part, amount)| (part.clone(), *amount)).collect()
}

fn add(to: &mut Parts, more: &Parts) {
    for (part, amount) in more {
        *to.entry(part.clone()).or_default() += *amount;
    }
}

/// What the first has more than the second, without what is the same.
fn less(from: &Parts, other: &Parts) -> Parts {
    let mut rest = from.clone();
    for (part, amount) in other {
        let entry = rest.entry(part.clone()).or_default();
        *entry = *entry - *amount;
    }
    rest.retain(|_, amount| !amount.is_zero());
    rest
}
