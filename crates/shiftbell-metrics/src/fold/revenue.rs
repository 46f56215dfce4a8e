//! The ledger of recurring revenue of an account: its movements as rows, and as the facts that the definitions make of them.

use super::journey::{Journey, Step, TODAY};
use super::plan::Plan;
use super::rows::{Findings, hash};
use super::walk::{Occurrence, Reached, View, Walk};
use crate::codec::Name;
use crate::contribution::{Entry, Row, name};
use crate::definitions::StageOf;
use crate::event::Properties;
use crate::id::EntityKind;
use crate::money::Currency;
use crate::revenue::{Exact, Ledger, Line, Movement, Policy, Rates, Told, ledger};
use crate::time::Instant;
use crate::value::Value;

/// What the fold needs to know of the definitions for the ledger.
#[derive(Clone, Debug)]
pub(crate) struct RevenuePlan {
    policy: Policy,
    rates: Rates,
}

/// The series of one kind of movement: `mrr/expansion`.
pub fn series_of(word: &str) -> String {
    format!("mrr/{word}")
}

/// The word of what could not be counted, in the place of a kind of movement.
pub const PROBLEM: &str = "problem";

/// The word of a line beside recurring revenue, in the place of a kind of movement.
pub fn line_word(line: Line) -> &'static str {
    match line {
        Line::Usage => "usage",
        Line::Discount => "discount",
    }
}

impl RevenuePlan {
    pub(crate) fn new(policy: Policy, rates: Rates) -> RevenuePlan {
        RevenuePlan { policy, rates }
    }
}

/// The ledger of an account, and whose subscriptions it has.
#[derive(Debug, Default)]
pub(super) struct Revenue {
    ledger: Ledger,
    /// The entities of the subscriptions in the order in which the ledger names them.
    subscriptions: Vec<usize>,
}

impl Revenue {
    pub(super) fn of(journey: &Journey<'_>) -> Revenue {
        let mut subscriptions: Vec<usize> = Vec::new();
        let mut told: Vec<Vec<Told<'_>>> = Vec::new();
        for index in (0..journey.events.len()).filter(|index| journey.counts[*index]) {
            let Some(place) = journey.named[index][EntityKind::Subscription as usize] else { continue };
            let event = journey.event(index);
            let set = event.set.get(&EntityKind::Subscription).unwrap_or(&NOTHING);
            // Only the change of a subscription says something of itself: an invoice has reasons of its own.
            let says = if event.kind == EntityKind::Subscription.word() { &event.properties } else { &NOTHING };
            let at = subscriptions.iter().position(|known| *known == place).unwrap_or_else(|| {
                subscriptions.push(place);
                told.push(Vec::new());
                subscriptions.len() - 1
            });
            told[at].push(Told { at: event.at, set, says });
        }
        let plan = &journey.plan.revenue;
        let ledger = if told.is_empty() { Ledger::default() } else { ledger(&told, &plan.policy, &plan.rates) };
        Revenue { ledger, subscriptions }
    }

    /// The facts that are movements, in the order of time among all others, with what they reach.
    pub(super) fn happen(&self, journey: &Journey<'_>, walk: &mut Walk) {
        let plan = journey.plan;
        let mut times = vec![0_u32; plan.facts.len()];
        let mut seen = false;
        for movement in self.ledger.movements.iter().filter(|movement| !movement.amount.is_zero()) {
            let wanted = |fact: &usize| plan.facts[*fact].fact.mrr.as_deref() == Some(movement.kind.word());
            for fact in (0..plan.facts.len()).filter(wanted) {
                times[fact] += 1;
                if plan.facts[fact].fact.nth.is_none_or(|nth| nth == times[fact]) {
                    self.happens(journey, fact, movement, walk);
                    seen = true;
                }
            }
        }
        if seen {
            walk.occurrences.sort_by_key(|seen| seen.at);
            walk.gone.sort_unstable();
        }
    }

    fn happens(&self, journey: &Journey<'_>, fact: usize, movement: &Movement, walk: &mut Walk) {
        let plan = &journey.plan.facts[fact];
        let step = step_of(journey, movement.at);
        let motion = walk.motion;
        let view = View::of(journey, step as usize);
        let contact = view.named[EntityKind::Contact as usize];
        if plan.series.is_some() {
            walk.occurrences.push(Occurrence { fact, step, at: movement.at, motion, contact, deal: None });
        }
        let Some(motion) = motion else { return };
        let reached = Reached { at: movement.at, step, motion };
        for (_, stage) in plan.stages.iter().filter(|(of, _)| *of == motion) {
            if journey.plan.chain[*stage].of != StageOf::Customer {
                continue;
            }
            let own = &mut walk.own[journey.root];
            own.resize(journey.plan.chain.len(), None);
            own[*stage] = Some(own[*stage].map_or(reached, |known| known.min(reached)));
        }
        if plan.gone_in.contains(&motion) {
            walk.gone.push(movement.at);
        }
    }

    /// Every change of what the customer pays a month in one currency: pairs of milliseconds and amount.
    pub(super) fn changes(&self, currency: Currency) -> Value {
        let own = self.ledger.movements.iter().filter(|movement| movement.currency == currency);
        let pairs = own.map(|movement| serde_json::json!([movement.at.as_ms(), movement.amount.to_string()]));
        Value::Json(pairs.collect())
    }

    /// A row for each product of each movement, for each change beside them, and for what could not be counted.
    pub(super) fn rows(&self, findings: &Findings<'_, '_>) -> Vec<(usize, Row)> {
        let root = findings.journey.root;
        let mut rows = Vec::new();
        for movement in &self.ledger.movements {
            for (product, amount) in &movement.parts {
                let mut row =
                    self.row(findings, movement.at, movement.kind.word(), movement.currency, *amount, product);
                row.entry.state.extend(movement.why.map(|why| stated("why", why.word())));
                row.entry.state.extend(movement.gap_ms.map(|gap| (name("gap_ms"), name(&gap.to_string()))));
                rows.push((root, row));
            }
        }
        for aside in &self.ledger.asides {
            rows.push((root, self.row(findings, aside.at, line_word(aside.line), aside.currency, aside.amount, "")));
        }
        for (index, problem) in &self.ledger.problems {
            let place = self.subscriptions[*index];
            let text = problem.to_string();
            let entity = &findings.journey.entities[place];
            let mut entry = Entry::new(entity.id, hash(PROBLEM, &text), findings.journey.at(entity.first));
            entry.state.push(stated(PROBLEM, &text));
            rows.push((place, Row { motion: motion_of(findings), series: name(&series_of(PROBLEM)), entry }));
        }
        rows
    }

    fn row(
        &self,
        findings: &Findings<'_, '_>,
        at: Instant,
        word: &str,
        currency: Currency,
        amount: Exact,
        product: &str,
    ) -> Row {
        let journey = findings.journey;
        let mut entry = Entry::new(journey.entities[journey.root].id, hash(currency.code(), product), at);
        // As the customer is known today, so that what was added and what is taken away later stand on one side of a split.
        let last = journey.event(journey.events.len() - 1);
        findings.describe(&mut entry, journey.root, &findings.view_of(journey.root), TODAY, last);
        take_product(journey.plan, &mut entry, product);
        entry.state.push(stated("amount", &amount.to_string()));
        entry.state.push(stated("currency", currency.code()));
        Row { motion: motion_of(findings), series: name(&series_of(word)), entry }
    }
}

fn motion_of(findings: &Findings<'_, '_>) -> Name {
    let motion = findings.walk.motion;
    motion.map_or_else(|| name(""), |motion| Name::clone(&findings.journey.plan.motions[motion].id))
}

static NOTHING: Properties = Properties::new();

fn stated(field: &str, text: &str) -> (Name, Name) {
    (name(field), name(&serde_json::Value::from(text).to_string()))
}

/// What a subscription says it is for stands above what its customer once asked for, where it is one of the known products.
fn take_product(plan: &Plan, entry: &mut Entry, product: &str) {
    let Some(dim) = plan.dims.iter().find(|dim| &*dim.name == "product") else { return };
    if let Some(value) = dim.value(&Value::text(product)).filter(|value| dim.knows(value)) {
        entry.dims.retain(|(known, _)| *known != dim.name);
        entry.dims.push((Name::clone(&dim.name), value));
    }
}

/// The latest event at an instant; before all of them, the first.
fn step_of(journey: &Journey<'_>, at: Instant) -> Step {
    let until = journey.events.partition_point(|stored| stored.event.at <= at);
    until.saturating_sub(1) as Step
}
