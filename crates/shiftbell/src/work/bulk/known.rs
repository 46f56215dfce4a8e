//! Every entity of the file with its links, in memory, shared by the threads that read.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use shiftbell_metrics::id::{EntityId, EntityKey, EntityKind};
use shiftbell_metrics::links::{Pointers, TargetId, account_of};
use shiftbell_metrics::time::Instant;
use shiftbell_store::StoreError;
use shiftbell_store::entities::Entity;

use super::parts::PARTS;

/// The numbers of entities are hashes already.
#[derive(Debug, Default)]
pub(super) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_i64(&mut self, number: i64) {
        // The upper bits choose the part, so all in one map share them, and the map looks at them first.
        self.0 = number.cast_unsigned().rotate_left(32);
    }
}

type Map<T> = HashMap<EntityId, T, BuildHasherDefault<Same>>;

#[derive(Debug)]
struct Named {
    kind: EntityKind,
    /// Where its id stands in the texts of its part.
    id: Range<usize>,
    pointers: Pointers,
}

/// The entities of one part by number. Their ids stand one after the other: millions of small texts would leave holes in memory
/// that nothing else fits into.
#[derive(Debug, Default)]
struct Part {
    named: Map<Named>,
    ids: String,
}

/// Entities by part.
#[derive(Debug)]
pub(super) struct Known(Vec<Mutex<Part>>);

impl Known {
    pub(super) fn new() -> Known {
        Known((0..PARTS).map(|_| Mutex::default()).collect())
    }

    /// Notes that an event names or links to this entity.
    pub(super) fn name(&self, kind: EntityKind, id: &str) -> Result<EntityId, StoreError> {
        let number = EntityId::of(kind, id);
        let mut part = self.part(number);
        let Part { named, ids } = &mut *part;
        match named.entry(number) {
            Entry::Vacant(free) => {
                let start = ids.len();
                ids.push_str(id);
                free.insert(Named { kind, id: start..ids.len(), pointers: Pointers::default() });
            }
            Entry::Occupied(known) if known.get().kind == kind && ids[known.get().id.clone()] == *id => {}
            Entry::Occupied(other) => {
                let stored = EntityKey::new(other.get().kind, &ids[other.get().id.clone()]).to_string();
                return Err(StoreError::SameNumber { kind: kind.to_string(), given: id.to_owned(), stored });
            }
        }
        Ok(number)
    }

    /// Takes a link into account.
    pub(super) fn link(&self, child: EntityId, to: TargetId, at: Instant) {
        if let Some(named) = self.part(child).named.get_mut(&child) {
            named.pointers.point(to, at);
        }
    }

    fn part(&self, of: EntityId) -> std::sync::MutexGuard<'_, Part> {
        self.0[usize::from(of.part(PARTS))].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Once all links are known.
    pub(super) fn settle(self) -> Settled {
        let parts: Vec<Part> =
            self.0.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        let pointers = |id: EntityId| parts[usize::from(id.part(PARTS))].named.get(&id).map(|named| named.pointers);
        let accounts =
            parts.iter().map(|part| part.named.keys().map(|id| (*id, account_of(*id, pointers))).collect()).collect();
        Settled { parts, accounts: Accounts(accounts) }
    }
}

/// To which account each entity belongs.
#[derive(Debug)]
pub(super) struct Accounts(Vec<Map<EntityId>>);

impl Accounts {
    pub(super) fn of(&self, entity: EntityId) -> EntityId {
        self.0[usize::from(entity.part(PARTS))].get(&entity).copied().unwrap_or(entity)
    }

    /// Every account once, in order.
    pub(super) fn all(&self) -> Vec<EntityId> {
        let mut all: Vec<EntityId> = self.0.iter().flat_map(|part| part.values().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Entities with their accounts.
#[derive(Debug)]
pub(super) struct Settled {
    parts: Vec<Part>,
    pub(super) accounts: Accounts,
}

impl Settled {
    /// The entities of a part, in the order of their numbers. They are forgotten then.
    pub(super) fn take_entities(&mut self, part: u16) -> Vec<Entity> {
        let Part { named, ids } = std::mem::take(&mut self.parts[usize::from(part)]);
        let entity = |(id, Named { kind, id: text, pointers }): (EntityId, Named)| Entity {
            id,
            key: EntityKey::new(kind, &ids[text]),
            pointers,
            account: self.accounts.of(id),
            version: 0,
        };
        let mut entities: Vec<Entity> = named.into_iter().map(entity).collect();
        entities.sort_unstable_by_key(|entity| entity.id);
        entities
    }
}
