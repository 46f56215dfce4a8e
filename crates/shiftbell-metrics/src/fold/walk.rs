//! The walk through a journey: which facts happened at which event, and so who reached which stage first.

use std::borrow::Cow;
use std::collections::HashMap;

use super::journey::{Journey, NOBODY, Named, Step, TODAY, one_of};
use super::plan::FactPlan;
use crate::definitions::{FieldName, StageOf, Who};
use crate::event::Event;
use crate::expression::Scope;
use crate::id::EntityKind;
use crate::time::Instant;
use crate::value::Value;

/// A fact that happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence {
    pub(super) fact: usize,
    pub(super) step: Step,
    /// When: of a movement that was announced, later than the event that told of it.
    pub(super) at: Instant,
    pub(super) motion: Option<usize>,
    pub(super) contact: Option<usize>,
    pub(super) deal: Option<usize>,
}

/// When an entity reached a stage, at which event, and in which motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reached {
    pub(super) at: Instant,
    pub(super) step: Step,
    pub(super) motion: usize,
}

/// What the walk found.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) occurrences: Vec<Occurrence>,
    /// By entity, then stage of the chain: when it was first seen there.
    pub(super) own: Vec<Vec<Option<Reached>>>,
    /// By entity: when it was lost, in order.
    pub(super) lost: Vec<Vec<Instant>>,
    /// By entity: whether it is lost today.
    pub(super) is_lost: Vec<bool>,
    /// When the account ended on the right.
    pub(super) gone: Vec<Instant>,
    /// The motion of the account as it is today.
    pub(super) motion: Option<usize>,
}

pub(super) fn walk(journey: &Journey<'_>) -> Walk {
    let plan = journey.plan;
    let entities = journey.entities.len();
    let mut found = Walk {
        occurrences: Vec::new(),
        own: vec![Vec::new(); entities],
        lost: vec![Vec::new(); entities],
        is_lost: vec![false; entities],
        gone: Vec::new(),
        motion: None,
    };
    let motions = Motions::of(journey);
    found.motion = motions.at(journey, TODAY);
    let mut edges: HashMap<(usize, usize), bool> = HashMap::new();
    let mut times = vec![0_u32; plan.facts.len()];
    let mut has_won = false;
    for index in (0..journey.events.len()).filter(|index| journey.counts[*index]) {
        let step = index as Step;
        let view = View::of(journey, index);
        for fact in plan.facts_of(&view.event.kind) {
            let fact_plan = &plan.facts[fact];
            if !happens(&view, fact, fact_plan, has_won, &mut edges) {
                continue;
            }
            times[fact] += 1;
            if fact_plan.fact.nth.is_some_and(|nth| nth != times[fact]) {
                continue;
            }
            let motion = motions.at(journey, step);
            let (contact, deal) = (view.named[EntityKind::Contact as usize], view.named[EntityKind::Deal as usize]);
            if fact_plan.series.is_some() || !fact_plan.lost_in.is_empty() {
                found.occurrences.push(Occurrence { fact, step, at: view.event.at, motion, contact, deal });
            }
            if let Some(motion) = motion {
                found.reach(journey, fact_plan, &view, motion);
                has_won |= plan.won.is_some_and(|won| fact_plan.stages.contains(&(motion, won)));
            }
        }
    }
    found.settle_lost(journey, &edges);
    found
}

impl Walk {
    fn reach(&mut self, journey: &Journey<'_>, fact: &FactPlan, view: &View<'_, '_>, motion: usize) {
        let plan = journey.plan;
        let at = view.event.at;
        for stage in fact.stages.iter().filter(|(of, _)| *of == motion).map(|(_, stage)| *stage) {
            if let Some(subject) = view.subject(plan.chain[stage].of) {
                let own = &mut self.own[subject];
                own.resize(plan.chain.len(), None);
                own[stage].get_or_insert(Reached { at, step: view.step, motion });
            }
        }
        if fact.lost_in.contains(&motion)
            && let Some(subject) = view.named[EntityKind::Deal as usize].or(view.named[EntityKind::Contact as usize])
        {
            self.lost[subject].push(at);
        }
        if fact.gone_in.contains(&motion) {
            self.gone.push(at);
        }
    }

    /// Who is lost today: a state that no longer holds (a deal opened again) is over, a thing that happened is not.
    fn settle_lost(&mut self, journey: &Journey<'_>, edges: &HashMap<(usize, usize), bool>) {
        for seen in &self.occurrences {
            let fact = &journey.plan.facts[seen.fact];
            let subject = seen.deal.or(seen.contact);
            if let (Some(subject), Some(motion)) = (subject, seen.motion)
                && fact.lost_in.contains(&motion)
            {
                let still = !fact.is_edge || edges.get(&(seen.fact, subject)).copied().unwrap_or(true);
                self.is_lost[subject] |= still;
            }
        }
    }
}

/// Whether a fact happens at this event.
fn happens(
    view: &View<'_, '_>,
    index: usize,
    plan: &FactPlan,
    has_won: bool,
    edges: &mut HashMap<(usize, usize), bool>,
) -> bool {
    let fact = &plan.fact;
    if fact.mrr.is_some() {
        // The ledger says when.
        return false;
    }
    let says =
        || fact.properties.iter().all(|(key, values)| view.property(key).is_some_and(|value| one_of(&value, values)));
    let did = || match fact.stage.as_deref() {
        None => true,
        Some("customer") => has_won,
        Some(_) => false,
    } && (fact.by.is_empty() || view.role().is_some_and(|role| fact.by.iter().any(|by| *by == *role)));
    let holds = || {
        fact.state.iter().all(|(field, values)| view.field(field).is_some_and(|value| one_of(&value, values)))
            && fact.when.as_ref().is_none_or(|when| when.holds(view))
    };
    if !plan.is_edge {
        return !view.journey.made_again[view.step as usize] && says() && did() && holds();
    }
    // Nothing that this event does can make a state true that it does not touch.
    if fact.events.is_empty() && view.event.set.is_empty() && view.event.names.len() < 2 {
        return false;
    }
    let Some(subject) = view.named[plan.subject as usize] else { return false };
    let before = edges.get(&(index, subject)).copied().unwrap_or(false);
    let now = holds();
    if now && !before && !(says() && did()) {
        return false;
    }
    if now != before {
        edges.insert((index, subject), now);
    }
    now && !before
}

/// Which motion the account is in.
struct Motions {
    /// By motion: whether its conditions hold today.
    today: Vec<bool>,
    changes: bool,
}

impl Motions {
    fn of(journey: &Journey<'_>) -> Motions {
        let view = View::at(journey, TODAY);
        let today = journey.plan.motions.iter().map(|motion| view.is(&motion.who)).collect();
        Motions { today, changes: journey.plan.motions.iter().any(|motion| motion.as_of_entry) }
    }

    fn at(&self, journey: &Journey<'_>, step: Step) -> Option<usize> {
        let motions = &journey.plan.motions;
        let view = (self.changes && step != TODAY).then(|| View::at(journey, step));
        let holds = |index: usize| match &view {
            Some(view) if motions[index].as_of_entry => view.is(&motions[index].who),
            Some(_) | None => self.today[index],
        };
        (0..motions.len())
            .find(|index| holds(*index))
            .or_else(|| motions.iter().position(|motion| matches!(motion.who, Who::EveryoneElse)))
    }
}

/// What an event lets a sentence see: the entities in view, as they were then.
pub(super) struct View<'j, 'a> {
    journey: &'j Journey<'a>,
    pub(super) event: &'a Event,
    pub(super) named: Named,
    pub(super) step: Step,
    has_event: bool,
    by: Option<&'a str>,
}

impl<'j, 'a> View<'j, 'a> {
    pub(super) fn of(journey: &'j Journey<'a>, index: usize) -> View<'j, 'a> {
        let stored = journey.events[index];
        let mut named = journey.named[index];
        let contact = journey.contact_of(&named);
        named[EntityKind::Contact as usize] = contact;
        let company = journey.company();
        named[EntityKind::Company as usize] = named[EntityKind::Company as usize].or(company);
        let by = stored.by.as_deref();
        View { journey, event: &stored.event, named, step: index as Step, has_event: true, by }
    }

    /// The account at a step, without an event.
    pub(super) fn at(journey: &'j Journey<'a>, step: Step) -> View<'j, 'a> {
        let mut named = NOBODY;
        for (place, entity) in journey.entities.iter().enumerate().filter(|(_, entity)| !entity.is_left_out) {
            let known = &mut named[entity.kind as usize];
            if entity.kind == EntityKind::Company || entity.first <= step {
                known.get_or_insert(place);
            }
        }
        named[EntityKind::Company as usize] = journey.company();
        let root = journey.root;
        named[journey.entities[root].kind as usize] = Some(root);
        View { journey, event: journey.event(0), named, step, has_event: false, by: None }
    }

    fn is(&self, who: &Who) -> bool {
        match who {
            Who::That(fields, sentence) => {
                fields.iter().all(|(field, values)| self.field(field).is_some_and(|value| one_of(&value, values)))
                    && sentence.as_ref().is_none_or(|sentence| sentence.holds(self))
            }
            Who::EveryoneElse => false,
        }
    }

    /// The role of who did it: what the event says, else the role of its owner when it arrived.
    fn role(&self) -> Option<Cow<'_, str>> {
        let said = self.property("by").and_then(|by| by.as_text().map(|by| Cow::Owned(by.to_owned())));
        said.or(self.by.map(Cow::Borrowed))
    }

    /// What the event says of itself, else what its activity says, as it is known today: the outcome of a call is entered in
    /// the evening, and counts for the call.
    fn property(&self, name: &str) -> Option<Cow<'_, Value>> {
        let said = self.event.properties.get(name).map(Cow::Borrowed);
        said.or_else(|| self.journey.value(self.named[EntityKind::Activity as usize]?, name, TODAY))
    }

    fn subject(&self, of: StageOf) -> Option<usize> {
        let contact = self.named[EntityKind::Contact as usize];
        match of {
            StageOf::Visitor => self.named[EntityKind::Visitor as usize].or(contact),
            StageOf::Contact => contact,
            StageOf::Deal => self.named[EntityKind::Deal as usize],
            StageOf::Customer => Some(self.journey.root).filter(|root| !self.journey.entities[*root].is_left_out),
        }
    }
}

impl Scope for View<'_, '_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        if let Some(kind) = EntityKind::from_word(&field.of) {
            return self.journey.value(self.named[kind as usize]?, &field.name, self.step);
        }
        if field.of == "customer" {
            return self.journey.value(self.journey.root, &field.name, self.step);
        }
        let is_own = field.of.is_empty() || field.of == "event" || field.of == self.event.kind;
        (self.has_event && is_own).then(|| self.property(&field.name)).flatten()
    }

    fn now(&self) -> Option<Instant> {
        None
    }
}
