//! What a journey adds to the numbers: a row for each stage entered and each fact that counts.

use std::collections::BTreeMap;

use super::journey::{Journey, NOBODY, Named, Step, TODAY, person};
use super::revenue::Revenue;
use super::stages::{Stages, losses};
use super::walk::{Occurrence, Reached, View, Walk};
use super::{open, touch};
use crate::codec::Name;
use crate::contribution::{ACCOUNT, Contribution, Entry, GONE, LOST, Row, name};
use crate::definitions::{FieldName, StageOf};
use crate::event::Event;
use crate::id::{EntityId, EntityKind};
use crate::money::Money;
use crate::time::Instant;

/// Everything the rows are made from.
#[derive(Debug)]
pub(super) struct Findings<'j, 'a> {
    pub(super) journey: &'j Journey<'a>,
    pub(super) walk: &'j Walk,
    pub(super) stages: &'j Stages,
    /// By contact (and for the account's root): its first deal.
    first_deal: Vec<Option<usize>>,
    /// By fact that entries or open records wait for: its occurrences in order.
    pub(super) awaited: BTreeMap<usize, Vec<&'j Occurrence>>,
}

pub(super) fn rows(
    journey: &Journey<'_>,
    walk: &Walk,
    stages: &Stages,
    revenue: &Revenue,
) -> Vec<(EntityId, Contribution)> {
    let findings = Findings::of(journey, walk, stages);
    let mut by_carrier: BTreeMap<EntityId, Vec<Row>> = BTreeMap::new();
    for (place, entity) in journey.entities.iter().enumerate().filter(|(_, entity)| !entity.is_left_out) {
        let rows = findings.stage_rows(place);
        if !rows.is_empty() {
            by_carrier.entry(entity.carrier).or_default().extend(rows);
        }
    }
    for occurrence in &walk.occurrences {
        if let Some(row) = findings.fact_row(occurrence) {
            by_carrier.entry(journey.event(occurrence.step as usize).entity_id()).or_default().push(row);
        }
    }
    for (place, row) in revenue.rows(&findings) {
        by_carrier.entry(journey.entities[place].carrier).or_default().push(row);
    }
    let touches = touch::Touches::of(journey);
    for (place, row) in open::open_rows(&findings, revenue, &touches) {
        by_carrier.entry(journey.entities[place].carrier).or_default().push(row);
    }
    by_carrier.into_iter().map(|(entity, rows)| (entity, Contribution::new(rows))).collect()
}

impl<'j, 'a> Findings<'j, 'a> {
    fn of(journey: &'j Journey<'a>, walk: &'j Walk, stages: &'j Stages) -> Findings<'j, 'a> {
        let mut first_deal = vec![None; journey.entities.len()];
        for (deal, contact) in &stages.deals {
            first_deal[*contact].get_or_insert(*deal);
            first_deal[journey.root].get_or_insert(*deal);
        }
        // A deal that counts for nobody is still the account's.
        let began = |deal: &usize| Some((stages.entry[*deal].iter().flatten().min()?.at, journey.entities[*deal].id));
        let deals = (0..journey.entities.len())
            .filter(|place| journey.entities[*place].kind == EntityKind::Deal && !journey.entities[*place].is_left_out);
        let first = deals.filter_map(|deal| Some((began(&deal)?, deal))).min();
        if let (None, Some((_, deal))) = (first_deal[journey.root], first) {
            first_deal[journey.root] = Some(deal);
        }
        let mut awaited: BTreeMap<usize, Vec<&Occurrence>> = BTreeMap::new();
        let is_awaited = |seen: &&Occurrence| {
            let fact = &journey.plan.facts[seen.fact];
            fact.is_target || fact.is_watched
        };
        for occurrence in walk.occurrences.iter().filter(is_awaited) {
            awaited.entry(occurrence.fact).or_default().push(occurrence);
        }
        Findings { journey, walk, stages, first_deal, awaited }
    }

    /// The entities in view of one: its contact, deal and company.
    pub(super) fn view_of(&self, place: usize) -> Named {
        let mut named = NOBODY;
        let kind = self.journey.entities[place].kind;
        named[EntityKind::Company as usize] = self.journey.company();
        named[EntityKind::Deal as usize] = self.first_deal[place];
        named[kind as usize] = Some(place);
        if named[EntityKind::Contact as usize].is_none() {
            named[EntityKind::Contact as usize] = self.journey.contact_at_last(place);
        }
        named
    }

    fn stage_rows(&self, place: usize) -> Vec<Row> {
        let plan = self.journey.plan;
        let mut rows = Vec::new();
        if self.stages.entry[place].is_empty() {
            return rows;
        }
        let losses = losses(self.journey, self.walk, self.stages, place);
        for (stage, reached) in self.stages.entry[place].iter().enumerate() {
            let Some(reached) = *reached else { continue };
            let mut entry = Entry::new(self.journey.entities[place].id, 0, reached.at);
            entry.actor = person(self.journey.event(reached.step as usize).owner.as_deref());
            let named = self.view_of(place);
            self.describe(&mut entry, place, &named, reached.step, self.journey.event(reached.step as usize));
            entry.lags = self.lags(place, stage, reached, &losses);
            entry.sums = self.stage_sums(stage, &named);
            let motion = Name::clone(&plan.motions[reached.motion].id);
            let expands = self.stages.is_expansion[place];
            let series = if expands { &plan.chain[stage].expansion } else { &plan.chain[stage].id };
            rows.extend(self.end_of(place, stage, reached, &entry));
            rows.push(Row { motion, series: Name::clone(series), entry });
        }
        rows
    }

    /// Owner, source and dimensions, as they were at a step; where not known yet, as first known.
    pub(super) fn describe(&self, entry: &mut Entry, place: usize, named: &Named, step: Step, event: &Event) {
        let owner = |kind: EntityKind| named[kind as usize].and_then(|place| self.journey.owner(place, step));
        entry.sourced = owner(EntityKind::Contact);
        entry.owner = self
            .journey
            .owner(place, step)
            .or_else(|| owner(EntityKind::Deal).filter(|_| entry.event != 0))
            .or_else(|| owner(EntityKind::Contact))
            .or_else(|| owner(EntityKind::Company));
        for dim in &self.journey.plan.dims {
            if let Some(value) = self.dim_value(dim, named, step, event) {
                entry.dims.push((Name::clone(&dim.name), value));
            }
        }
    }

    fn dim_value(&self, dim: &super::plan::DimPlan, named: &Named, step: Step, event: &Event) -> Option<Name> {
        let place_of = |field: &FieldName| named[EntityKind::from_word(&field.of)? as usize];
        let then = dim.from.iter().find_map(|field| {
            if let Some(place) = place_of(field) {
                return dim.value(self.journey.value(place, &field.name, step)?.as_ref());
            }
            (field.of == event.kind || field.of == "event")
                .then(|| event.properties.get(&field.name))?
                .and_then(|v| dim.value(v))
        });
        then.or_else(|| {
            let later = dim.from.iter().filter_map(|field| {
                self.journey.first_after(place_of(field)?, &field.name, step, |value| dim.value(value))
            });
            later.min_by_key(|(when, _)| *when).map(|(_, value)| value)
        })
    }

    fn lags(&self, place: usize, stage: usize, entered: Reached, losses: &[Instant]) -> Vec<(Name, i64)> {
        let plan = self.journey.plan;
        let mut lags = Vec::new();
        for later in stage + 1..plan.chain.len() {
            if let Some(reached) = self.stages.reached(self.journey, place, later)
                && reached.at >= entered.at
            {
                lags.push((Name::clone(&plan.chain[later].id), reached.at.since(entered.at)));
            }
        }
        let first = |times: &[Instant]| times.iter().find(|at| **at >= entered.at).map(|at| at.since(entered.at));
        let is_right = plan.chain[stage].of == StageOf::Customer || Some(stage) == plan.won;
        if let Some(lag) = first(losses).filter(|_| !is_right) {
            lags.push((name(LOST), lag));
        }
        if let Some(lag) = first(&self.walk.gone).filter(|_| is_right) {
            lags.push((name(GONE), lag));
        }
        lags.extend(self.waits(place, entered.at, |fact| fact.is_target));
        lags
    }

    /// The time from an instant to the first time that each of the awaited facts happened to an entity.
    fn waits(
        &self,
        place: usize,
        from: Instant,
        is_wanted: impl Fn(&super::plan::FactPlan) -> bool,
    ) -> impl Iterator<Item = (Name, i64)> {
        let facts = &self.journey.plan.facts;
        self.awaited.iter().filter(move |(fact, _)| is_wanted(&facts[**fact])).filter_map(move |(fact, seen)| {
            let later = &seen[seen.partition_point(|seen| seen.at < from)..];
            let seen = later.iter().find(|seen| self.concerns(seen, place))?;
            Some((facts[*fact].series.clone()?, seen.at.since(from)))
        })
    }

    /// Whether a fact that happened concerns an entity: itself, a contact of its, or anybody for the whole account.
    pub(super) fn concerns(&self, seen: &Occurrence, place: usize) -> bool {
        let entity = &self.journey.entities[place];
        match entity.kind {
            EntityKind::Contact => seen.contact == Some(place),
            EntityKind::Visitor => seen.contact.is_some() && seen.contact == self.journey.contact_at_last(place),
            EntityKind::Deal => {
                seen.deal == Some(place)
                    || seen.contact.is_some_and(|by| entity.contacts.iter().any(|(contact, _)| *contact == by))
            }
            EntityKind::Activity => false,
            EntityKind::Subscription | EntityKind::Company => true,
        }
    }

    pub(super) fn stage_sums(&self, stage: usize, named: &Named) -> Vec<(Name, Money)> {
        let wanted = self.journey.plan.stage_measures.iter().filter(|(at, _, _)| *at == stage);
        wanted.filter_map(|(_, name, field)| Some((Name::clone(name), self.money(field, named)?))).collect()
    }

    /// The amount of a field as known today.
    pub(super) fn money(&self, field: &FieldName, named: &Named) -> Option<Money> {
        let place = match EntityKind::from_word(&field.of) {
            Some(kind) => named[kind as usize]?,
            None if field.of == "customer" => self.journey.root,
            None => return None,
        };
        let own = self.journey.value(place, "currency", TODAY);
        let currency = own.and_then(|code| crate::money::Currency::from_code(code.as_text()?));
        self.journey.value(place, &field.name, TODAY)?.as_money(currency.unwrap_or(self.journey.plan.currency))
    }

    fn fact_row(&self, seen: &Occurrence) -> Option<Row> {
        let plan = &self.journey.plan.facts[seen.fact];
        let series = plan.series.clone()?;
        let index = seen.step as usize;
        let stored = self.journey.events[index];
        let own = self.journey.subject_of(index)?;
        let mut entry = Entry::new(self.journey.entities[own].id, hash(&stored.source, &stored.event.id), seen.at);
        entry.actor = person(stored.event.owner.as_deref());
        let view = View::of(self.journey, index);
        self.describe(&mut entry, own, &view.named, seen.step, &stored.event);
        for (name, field) in &plan.measures {
            let own = (field.of == stored.event.kind || field.of == "event")
                .then(|| stored.event.properties.get(&field.name)?.as_money(self.journey.plan.currency));
            let amount = own.flatten().or_else(|| self.money(field, &view.named));
            entry.sums.extend(amount.map(|amount| (Name::clone(name), amount)));
        }
        if plan.is_due {
            entry.lags.extend(self.waits(own, seen.at, |fact| fact.is_watched));
            // What is about the customer is one thing to do with whatever else is; a person or a deal is one of its own.
            if matches!(self.journey.entities[own].kind, EntityKind::Subscription | EntityKind::Company) {
                let account = self.journey.entities[self.journey.root].id.0.to_string();
                entry.state.push((name(ACCOUNT), name(&account)));
            }
        }
        let said = stored.event.properties.get("motion").and_then(|said| said.as_text());
        let motions = &self.journey.plan.motions;
        let motion = said.and_then(|said| motions.iter().find(|motion| &*motion.id == said));
        let motion = motion.or_else(|| seen.motion.map(|motion| &motions[motion]));
        Some(Row { motion: motion.map_or_else(|| name(""), |motion| Name::clone(&motion.id)), series, entry })
    }
}

/// Tells the events of one entity apart.
pub(super) fn hash(source: &str, id: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in source.bytes().chain([0]).chain(id.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash.max(1)
}
