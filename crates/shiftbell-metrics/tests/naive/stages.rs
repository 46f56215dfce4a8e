//! Who reached which stage when.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use shiftbell_metrics::definitions::{Definitions, Motion, SkipPolicy, StageOf};
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::time::Instant;

use super::account::{Account, Place};
use super::facts::{Occurrence, reaches};

/// When somebody reached a stage, at which event and in which motion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached<'d> {
    pub(crate) at: Instant,
    pub(crate) place: Place,
    pub(crate) motion: &'d Motion,
}

/// By stage.
pub(crate) type Way<'d> = BTreeMap<&'d str, Reached<'d>>;

/// The ways of everybody in an account.
#[derive(Debug, Default)]
pub(crate) struct Ways<'d> {
    /// As they were seen.
    seen: BTreeMap<EntityKey, Way<'d>>,
    /// As they count.
    pub(crate) of: BTreeMap<EntityKey, Way<'d>>,
    /// What a contact reached through its deals.
    through: BTreeMap<EntityKey, Way<'d>>,
    /// Deals, each with a contact for whom it counts.
    pub(crate) counted_for: Vec<(EntityKey, EntityKey)>,
    /// Later deals of a customer.
    pub(crate) expansion: Vec<EntityKey>,
}

pub(crate) fn earlier<'d>(a: Option<Reached<'d>>, b: Option<Reached<'d>>) -> Option<Reached<'d>> {
    a.into_iter().chain(b).min_by_key(|reached| (reached.at, reached.place))
}

pub(crate) fn ways<'d>(definitions: &'d Definitions, account: &Account, all: &[Occurrence<'d>]) -> Ways<'d> {
    let mut found = Ways::default();
    for one in all {
        found.see(definitions, account, one);
    }
    let deals: Vec<EntityKey> = account
        .everybody()
        .into_iter()
        .filter(|who| who.kind == EntityKind::Deal && found.seen.contains_key(who))
        .collect();
    for deal in &deals {
        let way = counted(definitions, StageOf::Deal, &found.seen[deal], &Way::new());
        found.of.insert(deal.clone(), way);
    }
    found.find_expansion(&deals);
    for deal in &deals {
        let contacts = account.contacts_of(deal);
        let counts_for = if contacts.is_empty() {
            found.most_recent(definitions, deal).into_iter().collect()
        } else {
            found.came_by(definitions, account, deal)
        };
        found.counted_for.extend(counts_for.into_iter().map(|contact| (deal.clone(), contact)));
    }
    for (deal, contact) in found.counted_for.clone() {
        if !found.expansion.contains(&deal) {
            found.reach_through(account, &deal, &contact);
        }
    }
    for who in account.everybody() {
        let (seen, through) = (found.seen.get(&who), found.through.get(&who));
        if who.kind == EntityKind::Deal || (seen.is_none() && through.is_none()) {
            continue;
        }
        let nothing = Way::new();
        let seen = seen.unwrap_or(&nothing);
        let is_contact = who.kind == EntityKind::Contact;
        let way = if is_contact {
            counted(definitions, StageOf::Contact, seen, through.unwrap_or(&nothing))
        } else {
            seen.clone()
        };
        found.of.insert(who, way);
    }
    found
}

impl<'d> Ways<'d> {
    /// The first time that somebody is seen at a stage.
    fn see(&mut self, definitions: &'d Definitions, account: &Account, one: &Occurrence<'d>) {
        let visitor = account.named(one.place, EntityKind::Visitor);
        let root = Some(account.root.clone()).filter(|root| !account.left_out.contains(root));
        let subjects = [
            (StageOf::Visitor, visitor.or_else(|| one.contact.clone())),
            (StageOf::Contact, one.contact.clone()),
            (StageOf::Deal, one.deal.clone()),
            (StageOf::Customer, root),
        ];
        for (of, who) in subjects {
            let Some(who) = who.filter(|_| one.fact.mrr.is_none() || of == StageOf::Customer) else { continue };
            for stage in reaches(one, definitions, of) {
                let reached = Reached { at: one.at, place: one.place, motion: one.motion };
                let way = self.seen.entry(who.clone()).or_default();
                let first = earlier(way.get(stage).copied(), Some(reached));
                way.extend(first.map(|first| (stage, first)));
            }
        }
    }

    /// A deal that a customer made after it had won is expansion, unless its motion counts again.
    fn find_expansion(&mut self, deals: &[EntityKey]) {
        let won = |deal: &EntityKey| self.of[deal].get("won").map(|reached| reached.at);
        let wins = deals.iter().filter_map(|deal| Some((won(deal)?, deal.number(), deal)));
        let Some((first, _, first_deal)) = wins.min_by_key(|(at, number, _)| (*at, *number)) else { return };
        for deal in deals.iter().filter(|deal| *deal != first_deal) {
            let opened = self.of[deal].values().copied().fold(None, |first, reached| earlier(first, Some(reached)));
            let counts_again = opened.is_some_and(|opened| opened.motion.counts_again);
            let is_later = won(deal).is_some() || opened.is_some_and(|opened| opened.at >= first);
            if is_later && !counts_again {
                self.expansion.push(deal.clone());
            }
        }
    }

    fn seen_at(&self, who: &EntityKey, stage: &str) -> Option<Reached<'d>> {
        self.seen.get(who)?.get(stage).copied()
    }

    /// For whom a deal counts that names nobody: who most recently reached the last stage of contacts.
    fn most_recent(&self, definitions: &Definitions, deal: &EntityKey) -> Option<EntityKey> {
        let first = definitions.chain.iter().find_map(|stage| self.of[deal].get(stage.id.as_str()))?;
        let last = definitions.chain.iter().rfind(|stage| stage.of == StageOf::Contact)?;
        let contacts = self.seen.keys().filter(|who| who.kind == EntityKind::Contact);
        let there =
            contacts.filter_map(|who| Some((self.seen_at(who, &last.id)?.at, who))).filter(|(at, _)| *at <= first.at);
        there.max_by_key(|(at, who)| (*at, Reverse(who.number()))).map(|(_, who)| who.clone())
    }

    /// For whom of its contacts a deal counts: those seen at the last stage of contacts, else who came furthest.
    fn came_by(&self, definitions: &Definitions, account: &Account, deal: &EntityKey) -> Vec<EntityKey> {
        let contacts = account.contacts_of(deal);
        let stages: Vec<&str> = definitions
            .chain
            .iter()
            .filter(|stage| stage.of == StageOf::Contact)
            .map(|stage| stage.id.as_str())
            .collect();
        let last = stages.last().expect("contacts have stages");
        let there: Vec<EntityKey> =
            contacts.iter().filter(|contact| self.seen_at(contact, last).is_some()).cloned().collect();
        if !there.is_empty() {
            return there;
        }
        if account.began_left_out(deal) {
            return Vec::new();
        }
        let furthest = |contact: &EntityKey| {
            let reached = stages
                .iter()
                .enumerate()
                .rev()
                .find_map(|(index, stage)| Some((Reverse(index), self.seen_at(contact, stage)?.at)));
            (reached.is_none(), reached, contact.number())
        };
        contacts.into_iter().min_by_key(furthest).into_iter().collect()
    }

    /// A contact reaches what its deal reaches, but not before anybody had heard of the contact.
    fn reach_through(&mut self, account: &Account, deal: &EntityKey, contact: &EntityKey) {
        let Some(first) = account.first(contact) else { return };
        let known = account.event(first).at;
        for (stage, reached) in self.of[deal].clone() {
            let reached = if reached.at < known { Reached { at: known, place: first, ..reached } } else { reached };
            let way = self.through.entry(contact.clone()).or_default();
            let first = earlier(way.get(stage).copied(), Some(reached));
            way.extend(first.map(|first| (stage, first)));
        }
    }

    /// When somebody reached a stage of the chain: itself, through its deals, or as a customer.
    pub(crate) fn reached(
        &self,
        definitions: &Definitions,
        account: &Account,
        who: &EntityKey,
        stage: &str,
    ) -> Option<Instant> {
        let at = |of: &BTreeMap<EntityKey, Way<'d>>, who: &EntityKey| Some(of.get(who)?.get(stage)?.at);
        if definitions.stage(stage)?.of == StageOf::Customer {
            return at(&self.of, &account.root);
        }
        let contact = match who.kind {
            EntityKind::Visitor => account.contact_of(who)?,
            EntityKind::Contact => who.clone(),
            _ => return at(&self.of, who),
        };
        at(&self.of, &contact).or_else(|| at(&self.through, &contact))
    }
}

/// The first entries of somebody under the skip policy. `through`: what was reached by way of others.
fn counted<'d>(definitions: &'d Definitions, of: StageOf, seen: &Way<'d>, through: &Way<'d>) -> Way<'d> {
    let chain: Vec<(&str, bool)> = definitions.chain.iter().map(|stage| (stage.id.as_str(), stage.of == of)).collect();
    let mut way = seen.clone();
    match definitions.skipped {
        SkipPolicy::Any => {}
        SkipPolicy::Implied => {
            for (index, (stage, _)) in chain.iter().enumerate().filter(|(_, (_, is_own))| *is_own) {
                // Who was seen later on was here too, at the latest then.
                let later = chain[index..]
                    .iter()
                    .map(|(stage, is_own)| if *is_own { seen.get(stage) } else { through.get(stage) });
                let first = later.flatten().copied().fold(None, |first, reached| earlier(first, Some(reached)));
                let first = first.filter(|first| first.motion.stages.contains_key(*stage));
                way.extend(first.map(|first| (*stage, first)));
            }
        }
        SkipPolicy::Strict => {
            let motion = chain
                .iter()
                .find_map(|(stage, _)| seen.get(stage))
                .map_or(&definitions.motions[0], |first| first.motion);
            let own = chain.iter().filter(|(stage, is_own)| *is_own && motion.stages.contains_key(*stage));
            let mut before = Some(Instant::EARLIEST);
            for (stage, _) in own {
                let here = seen.get(stage).filter(|here| before.is_some_and(|before| before <= here.at));
                before = here.map(|here| here.at);
                if here.is_none() {
                    way.remove(stage);
                }
            }
        }
    }
    way
}
