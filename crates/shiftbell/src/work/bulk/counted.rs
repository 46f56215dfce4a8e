//! The third pass: contributions become segments and cells, one chunk at a time.

use std::collections::{BTreeMap, HashMap};

use shiftbell_metrics::cell::{Cell, CellKey, Tally};
use shiftbell_metrics::contribution::{Contribution, Entry, Name, Shared};
use shiftbell_metrics::segment::{CHUNKS, Segment, SegmentKey};
use shiftbell_metrics::time::Day;

use super::BulkError;
use super::folded::{Turn, all_of};
use super::parts::{PARTS, Parts};
use crate::work::Workspace;

/// The segments of one chunk, in order.
pub(super) type Segments = Vec<(SegmentKey, Vec<u8>)>;

/// Counts chunks until none is left. `tell` is given the segments of each and says whether to go on.
pub(super) fn count(
    turn: &Turn,
    folded: &Parts,
    workspace: &Workspace,
    tell: impl Fn(Segments) -> bool,
) -> Result<BTreeMap<CellKey, Cell>, BulkError> {
    let mut cells = Tally::new(&workspace.meaning.plan);
    let mut shared = Shared::default();
    while let Some(chunk) = turn.next(CHUNKS) {
        if !tell(count_one(chunk, folded, workspace, &mut cells, &mut shared)?) {
            break;
        }
    }
    Ok(cells.cells())
}

fn count_one(
    chunk: u16,
    folded: &Parts,
    workspace: &Workspace,
    cells: &mut Tally,
    shared: &mut Shared,
) -> Result<Segments, BulkError> {
    let zone = &workspace.defs().workspace.zone;
    let mut segments: HashMap<(Name, Name, Day), Vec<Entry>> = HashMap::new();
    let width = PARTS / CHUNKS;
    for part in chunk * width..(chunk + 1) * width {
        let bytes = folded.load(part)?;
        for one in all_of(&bytes)?.into_iter().filter(|one| one.counts) {
            let contribution = Contribution::decode_shared(one.body, shared).map_err(|_| BulkError::Damaged)?;
            for row in contribution.into_rows() {
                let day = zone.day_of(row.entry.at);
                cells.count(&row, day);
                segments.entry((row.motion, row.series, day)).or_default().push(row.entry);
            }
        }
    }
    let segment = |((motion, series, day), entries)| {
        Some((SegmentKey { motion, series, day, chunk }, Segment::new(entries).encode()?))
    };
    let mut segments: Segments = segments.into_iter().filter_map(segment).collect();
    segments.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(segments)
}
