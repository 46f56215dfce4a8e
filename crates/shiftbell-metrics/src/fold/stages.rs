//! From what was seen to who counts where: implied stages, deals and their contacts, expansion.

use super::journey::Journey;
use super::walk::{Reached, Walk};
use crate::definitions::{SkipPolicy, StageOf};
use crate::id::EntityKind;
use crate::time::Instant;

/// Where every entity counts, and what it reached through others.
#[derive(Debug)]
pub(super) struct Stages {
    /// By entity, then stage: its first entry, as the skip policy sees it.
    pub(super) entry: Vec<Vec<Option<Reached>>>,
    /// By contact, then stage: what it reached through its deals.
    pub(super) through: Vec<Vec<Option<Reached>>>,
    /// By deal: whether it is a later deal of a customer.
    pub(super) is_expansion: Vec<bool>,
    /// Deals, each with a contact it counts for.
    pub(super) deals: Vec<(usize, usize)>,
    pub(super) first_won: Option<Instant>,
}

pub(super) fn stages(journey: &Journey<'_>, walk: &Walk) -> Stages {
    let chain = journey.plan.chain.len();
    let mut found = Stages {
        entry: walk.own.clone(),
        through: vec![Vec::new(); journey.entities.len()],
        is_expansion: vec![false; journey.entities.len()],
        deals: Vec::new(),
        first_won: None,
    };
    let of_kind = |kind: EntityKind| (0..journey.entities.len()).filter(move |at| journey.entities[*at].kind == kind);
    for deal in of_kind(EntityKind::Deal).filter(|deal| !walk.own[*deal].is_empty()) {
        found.entry[deal] = apply_policy(journey, StageOf::Deal, &walk.own[deal], &[]);
    }
    found.find_expansion(journey);
    for deal in of_kind(EntityKind::Deal).filter(|deal| !found.entry[*deal].is_empty()) {
        let contacts = &journey.entities[deal].contacts;
        if contacts.is_empty() {
            found.deals.extend(found.credited(journey, walk, deal).map(|contact| (deal, contact)));
        } else {
            found.deals.extend(came_by(journey, walk, deal).into_iter().map(|contact| (deal, contact)));
        }
    }
    for (deal, contact) in found.deals.clone() {
        if !found.is_expansion[deal] {
            found.reach_through(journey, deal, contact);
        }
    }
    for contact in of_kind(EntityKind::Contact) {
        let (own, through) = (&walk.own[contact], &found.through[contact]);
        if !own.is_empty() || !through.is_empty() {
            let mut own = own.clone();
            own.resize(chain, None);
            found.entry[contact] = apply_policy(journey, StageOf::Contact, &own, through);
        }
    }
    found
}

/// For which of its contacts a deal counts: those who were seen at the last stage of contacts, else the one who came furthest.
///
/// Others who take part in a deal have not asked for anything: to imply that they had would raise every rate of people. So a
/// deal that began with somebody who counts nowhere (a test, a deleted contact) passes to nobody.
fn came_by(journey: &Journey<'_>, walk: &Walk, deal: usize) -> Vec<usize> {
    let chain = &journey.plan.chain;
    let contacts: Vec<usize> = journey.entities[deal].contacts.iter().map(|(contact, _)| *contact).collect();
    let own = |contact: usize, stage: usize| walk.own[contact].get(stage).copied().flatten();
    let of_contacts = || (0..chain.len()).rev().filter(|stage| chain[*stage].of == StageOf::Contact);
    if let Some(last) = of_contacts().next() {
        let there: Vec<usize> = contacts.iter().copied().filter(|contact| own(*contact, last).is_some()).collect();
        if !there.is_empty() {
            return there;
        }
    }
    if journey.entities[deal].began_left_out {
        return Vec::new();
    }
    let furthest = |contact: &usize| {
        let reached = of_contacts().find_map(|stage| Some((stage, own(*contact, stage)?.at)));
        // The furthest first, then the earliest there, then the smaller number: whatever the order of arrival.
        (std::cmp::Reverse(reached.map(|(stage, _)| stage)), reached.map(|(_, at)| at), journey.entities[*contact].id)
    };
    contacts.iter().copied().min_by_key(furthest).into_iter().collect()
}

/// The first entries of one entity under the skip policy. `through`: what it reached by way of others.
fn apply_policy(
    journey: &Journey<'_>,
    of: StageOf,
    own: &[Option<Reached>],
    through: &[Option<Reached>],
) -> Vec<Option<Reached>> {
    let plan = journey.plan;
    let mut entry = own.to_vec();
    let mine = |stage: usize| plan.chain[stage].of == of;
    match plan.skipped {
        SkipPolicy::Any => {}
        SkipPolicy::Implied => {
            let mut later: Option<Reached> = None;
            for stage in (0..entry.len()).rev() {
                if mine(stage) {
                    let has = |reached: &Reached| plan.motions[reached.motion].has[stage];
                    let earliest = earlier(own[stage], later);
                    entry[stage] = earliest.filter(has).or(own[stage]);
                    later = earlier(later, entry[stage]);
                } else {
                    later = earlier(later, through.get(stage).copied().flatten());
                }
            }
        }
        SkipPolicy::Strict => {
            let mut before: Option<Instant> = Some(Instant::EARLIEST);
            for stage in (0..entry.len()).filter(|stage| mine(*stage)) {
                let motion = own.iter().flatten().next().map_or(0, |reached| reached.motion);
                if plan.motions[motion].has[stage] {
                    entry[stage] = own[stage].filter(|reached| before.is_some_and(|before| before <= reached.at));
                    before = entry[stage].map(|reached| reached.at);
                }
            }
        }
    }
    entry
}

pub(super) fn earlier(a: Option<Reached>, b: Option<Reached>) -> Option<Reached> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Stages {
    /// A deal that a customer made after it had won is expansion, unless its motion counts again.
    fn find_expansion(&mut self, journey: &Journey<'_>) {
        let Some(won) = journey.plan.won else { return };
        let wins = |deal: usize, entry: &[Vec<Option<Reached>>]| entry[deal].get(won).copied().flatten();
        let deals = (0..journey.entities.len()).filter(|at| journey.entities[*at].kind == EntityKind::Deal);
        let first =
            deals.clone().filter_map(|deal| Some((wins(deal, &self.entry)?.at, journey.entities[deal].id, deal))).min();
        let Some((first_at, _, first_deal)) = first else { return };
        self.first_won = Some(first_at);
        for deal in deals.filter(|deal| *deal != first_deal) {
            let opened = self.entry[deal].iter().flatten().min().copied();
            let again = opened.is_some_and(|reached| journey.plan.motions[reached.motion].counts_again);
            let later = wins(deal, &self.entry).is_some() || opened.is_some_and(|reached| reached.at >= first_at);
            self.is_expansion[deal] = later && !again;
        }
    }

    /// The one contact for whom a deal counts that names none: who most recently reached the last stage before it.
    fn credited(&self, journey: &Journey<'_>, walk: &Walk, deal: usize) -> Option<usize> {
        let chain = &journey.plan.chain;
        let (first, opened) =
            self.entry[deal].iter().enumerate().find_map(|(stage, reached)| Some((stage, (*reached)?)))?;
        let before = (0..first).rev().find(|stage| chain[*stage].of == StageOf::Contact)?;
        (0..journey.entities.len())
            .filter(|at| journey.entities[*at].kind == EntityKind::Contact)
            .filter_map(|contact| {
                let reached = walk.own[contact].get(before).copied().flatten()?;
                (reached.at <= opened.at).then_some((
                    reached.at,
                    std::cmp::Reverse(journey.entities[contact].id),
                    contact,
                ))
            })
            .max()
            .map(|(_, _, contact)| contact)
    }

    /// A contact reaches what its deal reaches, but not before anybody had heard of the contact.
    fn reach_through(&mut self, journey: &Journey<'_>, deal: usize, contact: usize) {
        let first = journey.entities[contact].first;
        let known = journey.at(first);
        let through = &mut self.through[contact];
        through.resize(journey.plan.chain.len(), None);
        for (stage, reached) in self.entry[deal].iter().enumerate() {
            let reached = reached.map(|reached| {
                if reached.at < known { Reached { at: known, step: first, motion: reached.motion } } else { reached }
            });
            through[stage] = earlier(through[stage], reached);
        }
    }

    /// When an entity, having entered a stage, reached a later one: itself, through its deals, or as a customer.
    pub(super) fn reached(&self, journey: &Journey<'_>, entity: usize, stage: usize) -> Option<Reached> {
        let at = |of: &[Vec<Option<Reached>>], who: usize| of[who].get(stage).copied().flatten();
        match journey.plan.chain[stage].of {
            StageOf::Customer => at(&self.entry, journey.root),
            StageOf::Visitor | StageOf::Contact | StageOf::Deal => match journey.entities[entity].kind {
                EntityKind::Contact => at(&self.entry, entity).or_else(|| at(&self.through, entity)),
                EntityKind::Visitor => {
                    let contact = journey.contact_at_last(entity)?;
                    at(&self.entry, contact).or_else(|| at(&self.through, contact))
                }
                EntityKind::Activity | EntityKind::Deal | EntityKind::Subscription | EntityKind::Company => {
                    at(&self.entry, entity)
                }
            },
        }
    }

    /// The furthest stage of this kind that an entity has reached.
    pub(super) fn furthest(&self, journey: &Journey<'_>, entity: usize, of: StageOf) -> Option<(usize, Reached)> {
        let entries = self.entry[entity].iter().enumerate().rev();
        entries
            .filter(|(stage, _)| journey.plan.chain[*stage].of == of)
            .find_map(|(stage, reached)| Some((stage, (*reached)?)))
    }
}

/// The times at which an entity was lost, in order: its own and those of the deals it counts for. Who is not lost any more (a
/// deal that was opened again) was not lost.
pub(super) fn losses(journey: &Journey<'_>, walk: &Walk, stages: &Stages, entity: usize) -> Vec<Instant> {
    let who = match journey.entities[entity].kind {
        EntityKind::Visitor => journey.contact_at_last(entity).unwrap_or(entity),
        EntityKind::Activity
        | EntityKind::Contact
        | EntityKind::Deal
        | EntityKind::Subscription
        | EntityKind::Company => entity,
    };
    let deals = stages.deals.iter().filter(|(deal, contact)| *contact == who && !stages.is_expansion[*deal]);
    let lost = deals.map(|(deal, _)| *deal).chain([who]).filter(|one| walk.is_lost[*one]);
    let mut all: Vec<Instant> = lost.flat_map(|one| walk.lost[one].iter().copied()).collect();
    all.sort_unstable();
    all
}
