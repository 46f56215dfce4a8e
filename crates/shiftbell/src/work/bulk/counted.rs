//! The third pass: contributions become rows, segments and cells, one chunk at a time.

use std::collections::BTreeMap;

use shiftbell_metrics::cell::{Cell, CellKey, spread};
use shiftbell_metrics::contribution::{Contribution, Delta};
use shiftbell_metrics::fold::FOLD_VERSION;
use shiftbell_metrics::segment::{CHUNKS, Segment, SegmentChange, SegmentKey};
use shiftbell_store::contributions::Contribution as Stored;

use super::BulkError;
use super::folded::all_of;
use super::parts::{PARTS, Parts};
use crate::work::Workspace;

/// Rows that are spread at once.
const ROWS_AT_ONCE: usize = 20_000;

/// The numbers of one chunk.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// In the order of their entities.
    pub(super) contributions: Vec<Stored>,
    pub(super) segments: Vec<(SegmentKey, Vec<u8>)>,
    /// Other chunks count in the same cells.
    pub(super) cells: BTreeMap<CellKey, Cell>,
}

/// The chunks in the order of the numbers of their entities.
pub(super) fn in_order() -> impl Iterator<Item = u16> {
    (CHUNKS / 2..CHUNKS).chain(0..CHUNKS / 2)
}

/// Counts one chunk.
pub(super) fn count(chunk: u16, folded: &Parts, workspace: &Workspace) -> Result<Chunk, BulkError> {
    let mut found = Chunk::default();
    let mut segments: BTreeMap<SegmentKey, SegmentChange> = BTreeMap::new();
    let mut rows = Delta::default();
    let mut spread_out = |rows: &mut Delta, cells: &mut BTreeMap<CellKey, Cell>| {
        let spread = spread(rows, &workspace.meaning.plan, &workspace.defs().workspace.zone, 1);
        rows.added.clear();
        for (key, change) in spread.segments {
            segments.entry(key).or_default().merge(change);
        }
        for (key, change) in spread.cells {
            cells.entry(key).or_default().add(&change);
        }
    };
    let width = PARTS / CHUNKS;
    for part in chunk * width..(chunk + 1) * width {
        let bytes = folded.load(part)?;
        let mut all = all_of(&bytes)?;
        all.sort_unstable_by_key(|one| one.entity);
        for one in all {
            if one.counts {
                let contribution = Contribution::decode(one.body).map_err(|_| BulkError::Damaged)?;
                rows.added.extend(contribution.rows().iter().cloned());
                if rows.added.len() >= ROWS_AT_ONCE {
                    spread_out(&mut rows, &mut found.cells);
                }
            }
            if one.is_row {
                let fold_version = i64::from(FOLD_VERSION);
                let (entity, account) = (one.entity, one.account);
                found.contributions.push(Stored { entity, account, fold_version, body: one.body.to_vec() });
            }
        }
        folded.remove(part)?;
    }
    spread_out(&mut rows, &mut found.cells);
    while let Some((key, change)) = segments.pop_first() {
        let mut segment = Segment::default();
        segment.apply(change).map_err(|_| BulkError::Damaged)?;
        found.segments.extend(segment.encode().map(|bytes| (key, bytes)));
    }
    Ok(found)
}
