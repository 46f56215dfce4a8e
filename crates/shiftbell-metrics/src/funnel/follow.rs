//! A named funnel over whole accounts.

use std::collections::BTreeMap;

use super::count::{Cohort, Counter, Found};
use super::{Counting, Happening, Order};
use crate::definitions::{Better, CountOf, Definitions, FunnelOf, Kpi, KpiKind, NamedFunnel, PerMotion};
use crate::fold::{Happened, Plan, StoredEvent};
use crate::id::EntityId;

/// The definitions with which a funnel reads events: the company's own, and the facts that only the funnel knows. What counts as
/// having happened is then the same as for every other number.
pub fn plan_of(defs: &Definitions, funnel: &NamedFunnel) -> Plan {
    let mut defs = defs.clone();
    defs.facts.extend(funnel.own.iter().cloned());
    let steps = funnel.steps.iter().flat_map(|step| step.facts.values().flatten());
    let facts = steps.chain(&funnel.exclude).cloned().collect();
    defs.kpis.push(Kpi {
        slug: format!("funnel-{}", funnel.id),
        label: funnel.label.clone(),
        also: Vec::new(),
        means: PerMotion::default(),
        level: None,
        kind: KpiKind::Count { of: CountOf::Facts(facts) },
        motion: None,
        target: PerMotion::default(),
        better: Better::Higher,
        owner: None,
        signed: None,
        leads_to: Vec::new(),
        was: None,
        credit: None,
        is_written: true,
        version: String::new(),
        not_active: None,
    });
    Plan::new(&defs)
}

/// Follows a funnel account by account.
#[derive(Debug)]
pub struct Follower<'a> {
    funnel: &'a NamedFunnel,
    plan: &'a Plan,
    counter: Counter<'a>,
    /// Events that were looked at.
    events: u64,
}

impl<'a> Follower<'a> {
    pub fn new(funnel: &'a NamedFunnel, plan: &'a Plan, cohort: Cohort<'a>) -> Follower<'a> {
        Follower { funnel, plan, counter: Counter::new(&funnel.rules, cohort), events: 0 }
    }

    /// Adds every event of one account.
    pub fn add(&mut self, account: EntityId, events: &[StoredEvent]) {
        self.events += events.len() as u64;
        let rules = &self.funnel.rules;
        let held = rules.hold.iter().flat_map(|held| [held.first.as_str(), held.later.as_str()]);
        let names: Vec<&str> = held.chain(rules.by.iter().map(|(name, _)| name.as_str())).collect();
        let happened = self.plan.happened(account, events, &names);
        let mut by_entity: BTreeMap<EntityId, Vec<Happening<'_>>> = BTreeMap::new();
        for one in &happened {
            let whom = match self.funnel.of {
                FunnelOf::Visitor => one.visitor,
                FunnelOf::Contact => one.contact,
                FunnelOf::Deal => one.deal,
                FunnelOf::Account => Some(account),
            };
            let (steps, ends) = (self.steps_of(one), one.facts.iter().any(|fact| self.funnel.exclude.contains(fact)));
            // What is no step matters only where nothing may come between.
            let matters = steps != 0 || ends || rules.order == Order::Strict;
            if let Some(whom) = whom.filter(|_| matters) {
                let happening = Happening { id: &one.id, at: one.at, steps, ends, properties: &one.properties };
                by_entity.entry(whom).or_default().push(happening);
            }
        }
        for happenings in by_entity.into_values() {
            self.counter.add(happenings);
        }
    }

    /// The steps that this can be, as bits.
    fn steps_of(&self, one: &Happened) -> u32 {
        let motion = one.motion.as_deref().unwrap_or_default();
        if self.funnel.motion.as_ref().is_some_and(|only| only != motion) {
            return 0;
        }
        let is_step = |facts: &BTreeMap<String, Vec<String>>| {
            let counted = facts.get("").into_iter().chain(facts.get(motion)).flatten();
            counted.into_iter().any(|fact| one.facts.contains(fact))
        };
        let steps = self.funnel.steps.iter().enumerate().filter(|(_, step)| is_step(&step.facts));
        steps.fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// How many events were looked at, and what was counted.
    pub fn found(self) -> (u64, Found) {
        (self.events, self.counter.found())
    }
}

impl NamedFunnel {
    /// What is counted, as many: `people`, or `events` of them.
    pub fn counted(&self) -> &'static str {
        match self.rules.counting {
            Counting::Entities => self.of.many(),
            Counting::Events => "events",
        }
    }
}
