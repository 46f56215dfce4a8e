//! The second pass: events go to the part of their account, accounts are folded, and what they contribute goes to the part of
//! each entity, where the segments of one chunk lie together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};

use shiftbell_metrics::contribution::{Contribution, Row};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::{FOLD_VERSION, StoredEvent};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::segment::CHUNKS;
use shiftbell_store::contributions::Contribution as Stored;

use super::BulkError;
use super::known::Accounts;
use super::parts::{PARTS, Parts, Spill};
use super::record::{Record, Sorted, take_i64, take_length};
use crate::work::Workspace;

/// Parts that several threads take one after the other.
#[derive(Debug, Default)]
pub(super) struct Turn(AtomicU16);

impl Turn {
    /// The next one, of so many.
    pub(super) fn next(&self, of: u16) -> Option<u16> {
        Some(self.0.fetch_add(1, Ordering::Relaxed)).filter(|part| *part < of)
    }
}

/// Copies the events of each entity to the part of its account.
pub(super) fn route(turn: &Turn, events: &Parts, accounts: &Accounts, into: &Parts) -> Result<(), BulkError> {
    let mut spill = Spill::new(into);
    while let Some(part) = turn.next(PARTS) {
        let bytes = events.load(part)?;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (record, size) = Record::read(rest).ok_or(BulkError::Damaged)?;
            let (whole, after) = rest.split_at(size);
            spill.put(accounts.of(record.entity), |out| out.extend_from_slice(whole))?;
            rest = after;
        }
        events.remove(part)?;
    }
    Ok(spill.finish()?)
}

/// Folds every account. `tell` is given how many more are folded and says whether to go on.
pub(super) fn fold(
    turn: &Turn,
    events: &Parts,
    accounts: &Accounts,
    (workspace, source): (&Workspace, &str),
    into: &Parts,
    tell: impl Fn(u64) -> bool,
) -> Result<(), BulkError> {
    let mut spill = Spill::new(into);
    while let Some(part) = turn.next(PARTS) {
        let sorted = Sorted::new(events.load(part)?, |record| accounts.of(record.entity)).ok_or(BulkError::Damaged)?;
        let (mut account, mut of_account, mut folded) = (None, Vec::new(), 0);
        for record in sorted.records() {
            let its = accounts.of(record.entity);
            if account != Some(its) {
                folded += fold_one(account.replace(its), &mut of_account, workspace, &mut spill)?;
            }
            let event = Event::from_json(record.body).map_err(|_| BulkError::Damaged)?;
            of_account.push(StoredEvent { source: source.to_owned(), event, by: record.by().map(str::to_owned) });
        }
        folded += fold_one(account, &mut of_account, workspace, &mut spill)?;
        events.remove(part)?;
        if !tell(folded) {
            return Ok(());
        }
    }
    Ok(spill.finish()?)
}

fn fold_one(
    account: Option<EntityId>,
    events: &mut Vec<StoredEvent>,
    workspace: &Workspace,
    spill: &mut Spill<'_>,
) -> Result<u64, BulkError> {
    let Some(account) = account else { return Ok(0) };
    for (entity, contribution) in workspace.meaning.plan.fold(account, events) {
        if contribution.is_empty() {
            continue;
        }
        let chunk = entity.part(CHUNKS);
        let (own, elsewhere): (Vec<&Row>, Vec<&Row>) =
            contribution.rows().iter().partition(|row| row.entry.entity.part(CHUNKS) == chunk);
        if elsewhere.is_empty() {
            put(spill, entity, (WHOLE, entity, account), &contribution)?;
            continue;
        }
        // Rows of those who are carried by this entity: their segments may be in the parts of other chunks.
        put(spill, entity, (UNCOUNTED, entity, account), &contribution)?;
        let mut by_chunk: BTreeMap<u16, Vec<Row>> = BTreeMap::new();
        for row in own.into_iter().chain(elsewhere) {
            by_chunk.entry(row.entry.entity.part(CHUNKS)).or_default().push(row.clone());
        }
        for rows in by_chunk.into_values() {
            let place = rows[0].entry.entity;
            put(spill, place, (ROWS, entity, account), &Contribution::new(rows))?;
        }
    }
    events.clear();
    Ok(1)
}

/// A contribution that is a row of its table, and whose entries are all counted in its own chunk.
const WHOLE: u8 = 0;
/// A contribution that is only a row of its table.
const UNCOUNTED: u8 = 1;
/// Entries that are only counted.
const ROWS: u8 = 2;

fn put(
    spill: &mut Spill<'_>,
    place: EntityId,
    (form, entity, account): (u8, EntityId, EntityId),
    contribution: &Contribution,
) -> Result<(), BulkError> {
    let body = contribution.encode();
    let size = u32::try_from(body.len()).unwrap_or(u32::MAX);
    Ok(spill.put(place, |out| {
        out.push(form);
        out.extend_from_slice(&entity.0.to_le_bytes());
        out.extend_from_slice(&account.0.to_le_bytes());
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&body);
    })?)
}

/// What lies in a part of contributions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded<'a> {
    pub(super) entity: EntityId,
    pub(super) account: EntityId,
    /// Whether it is a row of the table of contributions.
    pub(super) is_row: bool,
    /// Whether its entries are to be counted here.
    pub(super) counts: bool,
    pub(super) body: &'a [u8],
}

/// Everything in a part.
pub(super) fn all_of(mut bytes: &[u8]) -> Result<Vec<Folded<'_>>, BulkError> {
    let mut all = Vec::new();
    while let Some((form, mut rest)) = bytes.split_first() {
        let read = (|| {
            let (entity, account) = (EntityId(take_i64(&mut rest)?), EntityId(take_i64(&mut rest)?));
            let size = take_length(&mut rest)?;
            Some((entity, account, rest.split_at_checked(size)?))
        })();
        let (entity, account, (body, after)) = read.ok_or(BulkError::Damaged)?;
        all.push(Folded { entity, account, is_row: *form != ROWS, counts: *form != UNCOUNTED, body });
        bytes = after;
    }
    Ok(all)
}

/// The rows of the table of contributions in a part, in order.
pub(super) fn rows_of(bytes: &[u8]) -> Result<Vec<Stored>, BulkError> {
    let row = |one: Folded<'_>| Stored {
        entity: one.entity,
        account: one.account,
        fold_version: i64::from(FOLD_VERSION),
        body: one.body.to_vec(),
    };
    let mut rows: Vec<Stored> = all_of(bytes)?.into_iter().filter(|one| one.is_row).map(row).collect();
    rows.sort_unstable_by_key(|row| row.entity);
    Ok(rows)
}
