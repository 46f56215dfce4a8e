//! Folds accounts again and applies the difference to the numbers of one generation.

use std::collections::BTreeMap;

use shiftbell_metrics::cell::{Cell, CellKey, Spread, spread};
use shiftbell_metrics::contribution::{Contribution, Corrupt, Delta, Row, delta};
use shiftbell_metrics::fold::{FOLD_VERSION, StoredEvent};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::segment::{Segment, SegmentKey};
use shiftbell_store::{Tx, cells, contributions, events, segments};

use super::Workspace;
use super::derive::DeriveError;

/// Folds these accounts, which are locked, and moves the numbers of a generation from what they put in to what they do now.
///
/// Returns what entered the numbers. In an empty generation that is everything, and this is how one is built.
///
/// # Errors
/// The database's, or bytes that cannot be read.
pub async fn refold(
    tx: &mut Tx,
    workspace: &Workspace,
    generation: i64,
    touched: &[EntityId],
    slots: u16,
) -> Result<Vec<(EntityId, Row)>, DeriveError> {
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    let name = &workspace.name;
    let mut of_account: BTreeMap<EntityId, Vec<StoredEvent>> = BTreeMap::new();
    for stored in events::of_accounts(tx, name, touched).await? {
        let event = stored.event().map_err(|why| unreadable("event", why))?;
        let stored_event = StoredEvent { source: stored.source, event, by: stored.by_role };
        of_account.entry(stored.account).or_default().push(stored_event);
    }
    let mut old: BTreeMap<EntityId, (EntityId, Contribution)> = BTreeMap::new();
    for stored in contributions::of_accounts(tx, name, generation, touched).await? {
        let contribution = Contribution::decode(&stored.body).map_err(|why| unreadable("contribution", why))?;
        old.insert(stored.entity, (stored.account, contribution));
    }
    let mut new: BTreeMap<EntityId, (EntityId, Contribution)> = BTreeMap::new();
    for (account, events) in &of_account {
        for (entity, contribution) in workspace.meaning.plan.fold(*account, events) {
            if !contribution.is_empty() {
                new.insert(entity, (*account, contribution));
            }
        }
    }
    let difference = Difference::between(old, new);
    let changes = spread(&difference.delta, &workspace.meaning.plan, &workspace.defs().workspace.zone, slots);
    contributions::store(tx, name, generation, &difference.written).await?;
    apply(tx, name, generation, changes).await?;
    Ok(difference.added)
}

/// Merges changes into segments, then cells, in key order.
async fn apply(tx: &mut Tx, name: &str, generation: i64, changes: Spread) -> Result<(), DeriveError> {
    let changed: BTreeMap<segments::SegmentKey, _> =
        changes.segments.into_iter().map(|(key, change)| (segment_key(key), change)).collect();
    let keys: Vec<_> = changed.keys().cloned().collect();
    let mut bodies = segments::lock(tx, name, generation, &keys).await?;
    let mut written = BTreeMap::new();
    for (key, change) in changed {
        let mut segment = stored(bodies.remove(&key), Segment::decode)?;
        segment.apply(change).map_err(|why| unreadable("segment", why))?;
        written.insert(key, segment.encode());
    }
    segments::store(tx, name, generation, &written).await?;

    let changed: BTreeMap<cells::CellKey, _> =
        changes.cells.into_iter().map(|(key, change)| (cell_key(key), change)).collect();
    let keys: Vec<_> = changed.keys().cloned().collect();
    let mut bodies = cells::lock(tx, name, generation, &keys).await?;
    let mut written = BTreeMap::new();
    for (key, change) in changed {
        let mut cell = stored(bodies.remove(&key), Cell::decode)?;
        cell.apply(&change).map_err(|why| unreadable("cell", why))?;
        written.insert(key, cell.encode());
    }
    cells::store(tx, name, generation, &written).await?;
    Ok(())
}

/// The key as the store orders its rows.
pub(super) fn segment_key(key: SegmentKey) -> segments::SegmentKey {
    segments::SegmentKey { motion: key.motion, series: key.series, day: key.day, chunk: key.chunk }
}

pub(super) fn cell_key(key: CellKey) -> cells::CellKey {
    let CellKey { motion, series, day, dimension, value, slot } = key;
    cells::CellKey { motion, series, dimension, day, value, slot }
}

/// What was stored, or nothing.
fn stored<T: Default>(body: Option<Vec<u8>>, decode: fn(&[u8]) -> Result<T, Corrupt>) -> Result<T, DeriveError> {
    body.map_or_else(|| Ok(T::default()), |bytes| decode(&bytes).map_err(|why| unreadable("count", why)))
}

/// What turns old contributions into new ones.
#[derive(Default)]
struct Difference {
    delta: Delta,
    /// Contributions to write; one without bytes goes.
    written: Vec<contributions::Contribution>,
    added: Vec<(EntityId, Row)>,
}

impl Difference {
    fn between(
        mut old: BTreeMap<EntityId, (EntityId, Contribution)>,
        new: BTreeMap<EntityId, (EntityId, Contribution)>,
    ) -> Difference {
        let mut found = Difference::default();
        let nothing = Contribution::default();
        for (entity, (account, contribution)) in new {
            let before = old.remove(&entity);
            if before.as_ref().is_some_and(|(at, stored)| *at == account && *stored == contribution) {
                continue;
            }
            let change = delta(before.as_ref().map_or(&nothing, |(_, stored)| stored), &contribution);
            found.added.extend(change.added.iter().map(|row| (account, row.clone())));
            found.delta.merge(change);
            let (fold_version, body) = (i64::from(FOLD_VERSION), contribution.encode());
            found.written.push(contributions::Contribution { entity, account, fold_version, body });
        }
        for (entity, (account, stored)) in old {
            found.delta.merge(delta(&stored, &nothing));
            let (fold_version, body) = (i64::from(FOLD_VERSION), Vec::new());
            found.written.push(contributions::Contribution { entity, account, fold_version, body });
        }
        found
    }
}

fn unreadable(what: &'static str, why: impl std::fmt::Display) -> DeriveError {
    DeriveError::Unreadable { what, why: why.to_string() }
}
