//! A store in memory: one event at a time through links, fold, delta, spread and apply, as the program does it.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::answer::{Answer, Asked, Outcome, Read, Rows, ask};
use shiftbell_metrics::cell::{Cell, CellKey, Spread, spread};
use shiftbell_metrics::contribution::{Contribution, Delta, delta};
use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::fold::{Plan, StoredEvent};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::links::{Pointers, Target, account_of, links};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::segment::{Segment, SegmentKey};
use shiftbell_metrics::time::Instant;

/// Everything that is stored, as bytes where it is stored as bytes.
#[derive(Debug, Default)]
pub(crate) struct Live {
    events: BTreeMap<EntityId, Vec<StoredEvent>>,
    seen: BTreeSet<(EntityId, String, String)>,
    pointers: BTreeMap<EntityId, Pointers>,
    accounts: BTreeMap<EntityId, EntityId>,
    contributions: BTreeMap<EntityId, Vec<u8>>,
    pub(crate) segments: BTreeMap<SegmentKey, Vec<u8>>,
    pub(crate) cells: BTreeMap<CellKey, Vec<u8>>,
}

impl Live {
    pub(crate) fn receive(&mut self, definitions: &Definitions, plan: &Plan, stored: &StoredEvent) {
        let entity = stored.event.entity_id();
        if !self.seen.insert((entity, stored.source.clone(), stored.event.id.clone())) {
            return;
        }
        let before = self.accounts.clone();
        self.append(stored);
        self.find_accounts();
        let mut touched: BTreeSet<EntityId> = BTreeSet::new();
        for (entity, account) in &self.accounts {
            let old = before.get(entity);
            if old != Some(account) || *entity == stored.event.entity_id() {
                touched.extend(old);
                touched.insert(*account);
            }
        }
        let concerned = before.iter().chain(&self.accounts).filter(|(_, account)| touched.contains(account));
        let concerned = concerned.map(|(entity, _)| *entity).collect();
        self.refold(definitions, plan, &touched, concerned);
    }

    /// The same events and links, and nothing counted yet: a generation that is to be built.
    pub(crate) fn empty(&self) -> Live {
        Live {
            events: self.events.clone(),
            seen: self.seen.clone(),
            pointers: self.pointers.clone(),
            accounts: self.accounts.clone(),
            ..Live::default()
        }
    }

    /// Counts one account of a generation that is being built.
    pub(crate) fn build(&mut self, definitions: &Definitions, plan: &Plan, account: EntityId) {
        let members = self.accounts.iter().filter(|(_, of)| **of == account).map(|(entity, _)| *entity).collect();
        self.refold(definitions, plan, &BTreeSet::from([account]), members);
    }

    /// Folds accounts again, and moves the numbers from what those entities put in to what they do now.
    fn refold(
        &mut self,
        definitions: &Definitions,
        plan: &Plan,
        accounts: &BTreeSet<EntityId>,
        concerned: BTreeSet<EntityId>,
    ) {
        let mut new = BTreeMap::new();
        for account in accounts {
            new.extend(plan.fold(*account, &self.of_account(*account)));
        }
        let mut change = Delta::default();
        for entity in concerned {
            let old = self.contributions.remove(&entity).unwrap_or_else(|| Contribution::default().encode());
            let after = new.remove(&entity).unwrap_or_default();
            change.merge(delta(&Contribution::decode(&old).unwrap(), &after));
            if !after.is_empty() {
                self.contributions.insert(entity, after.encode());
            }
        }
        assert!(new.is_empty(), "the fold gave contributions of entities that are not of these accounts");
        self.apply(spread(&change, plan, &definitions.workspace.zone, 1));
    }

    fn append(&mut self, stored: &StoredEvent) {
        for (kind, id) in &stored.event.names {
            self.accounts.entry(EntityId::of(*kind, id)).or_insert_with(|| EntityId::of(*kind, id));
        }
        for link in links(&stored.event) {
            let to = match &link.to {
                Target::Company(to) | Target::Contact(to) => to.as_ref(),
                Target::Same(to) => Some(to),
            };
            for entity in to.map(|to| to.number()).into_iter().chain([link.child.number()]) {
                self.accounts.entry(entity).or_insert(entity);
            }
            self.pointers.entry(link.child.number()).or_default().take(&link);
        }
        self.events.entry(stored.event.entity_id()).or_default().push(stored.clone());
    }

    /// Whose journey each entity belongs to now.
    fn find_accounts(&mut self) {
        for (entity, account) in &mut self.accounts {
            *account = account_of(*entity, |entity| self.pointers.get(&entity).copied());
        }
    }

    fn of_account(&self, account: EntityId) -> Vec<StoredEvent> {
        let members = self.accounts.iter().filter(|(_, of)| **of == account).map(|(entity, _)| entity);
        members.filter_map(|entity| self.events.get(entity)).flatten().cloned().collect()
    }

    fn apply(&mut self, spread: Spread) {
        for (key, change) in spread.segments {
            let mut segment =
                self.segments.remove(&key).map_or_else(Segment::default, |b| Segment::decode(&b).unwrap());
            segment.apply(change).unwrap();
            self.segments.extend(segment.encode().map(|bytes| (key, bytes)));
        }
        for (key, change) in spread.cells {
            let mut cell = self.cells.remove(&key).map_or_else(Cell::default, |b| Cell::decode(&b).unwrap());
            cell.apply(&change).unwrap();
            self.cells.extend(cell.encode().map(|bytes| (key, bytes)));
        }
    }

    /// Every account with its events.
    pub(crate) fn accounts(&self) -> Vec<(EntityId, Vec<StoredEvent>)> {
        let accounts: BTreeSet<EntityId> = self.accounts.values().copied().collect();
        accounts.into_iter().map(|account| (account, self.of_account(account))).collect()
    }

    /// Every event once, and what a batch makes of them.
    pub(crate) fn batch(definitions: &Definitions, plan: &Plan, events: &[StoredEvent]) -> Live {
        let mut live = Live::default();
        for stored in events {
            let key = (stored.event.entity_id(), stored.source.clone(), stored.event.id.clone());
            if live.seen.insert(key) {
                live.append(stored);
            }
        }
        live.find_accounts();
        let mut all = Delta::default();
        for (account, events) in live.accounts() {
            for (entity, contribution) in plan.fold(account, &events) {
                all.merge(delta(&Contribution::default(), &contribution));
                live.contributions.insert(entity, contribution.encode());
            }
        }
        live.apply(spread(&all, plan, &definitions.workspace.zone, 1));
        live
    }

    pub(crate) fn ask(&self, definitions: &Definitions, question: &Question, now: Instant, names: &[String]) -> Answer {
        let asked = Asked { defs: definitions, question, now, names };
        let mut rows = Rows::default();
        for _ in 0..2 {
            match ask(&asked, &rows) {
                Outcome::Answer(answer) => return *answer,
                Outcome::Need(reads) => reads.into_iter().for_each(|read| self.read(read, &mut rows)),
                Outcome::Cannot(why) => panic!("{why}"),
            }
        }
        panic!("asked for rows twice");
    }

    pub(crate) fn read(&self, read: Read, rows: &mut Rows) {
        match &read {
            Read::Cells { dimension, value, .. } => {
                let cells = self.cells.iter().filter(|(key, _)| {
                    read.takes(&key.motion, &key.series, key.day)
                        && *key.dimension == **dimension
                        && value.as_ref().is_none_or(|value| *key.value == **value)
                });
                let cells = cells.map(|(key, b)| (key.day, key.value.to_string(), Cell::decode(b).unwrap())).collect();
                rows.add_cells(read, cells);
            }
            Read::Segments { .. } => {
                let packed = self.segments.iter().filter(|(key, _)| read.takes(&key.motion, &key.series, key.day));
                let packed = packed.map(|(key, bytes)| (key.day, bytes.clone())).collect();
                rows.add_packed(read, packed);
            }
        }
    }
}
