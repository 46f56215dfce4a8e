//! The same answer from the events themselves: for `/kpi why`, for tests, and to see that nothing has drifted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::choose::answer;
use super::rows::{Desk, Read, Rows};
use super::{Answer, Asked, Cannot, who};
use crate::cell::{CellChange, CellKey, spread};
use crate::contribution::{Contribution, Delta};
use crate::definitions::Definitions;
use crate::fold::{LeftOut, Plan, StoredEvent};
use crate::id::EntityId;
use crate::segment::{Segment, SegmentChange, SegmentKey};

/// An answer from events, with what was left out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recount {
    /// With `ways`, for a conversion.
    pub answer: Answer,
    /// Test records that would have counted.
    pub test_records: i64,
    /// Merged duplicates, each counted once with the record it was merged into.
    pub merged: i64,
}

/// Answers a question by folding every account anew. No stored number is read.
pub fn recompute(
    asked: &Asked<'_>,
    plan: &Plan,
    accounts: impl Iterator<Item = (EntityId, Vec<StoredEvent>)>,
) -> Result<Recount, Cannot> {
    let needed = needed(asked)?;
    let with_tests = Plan::with_test_records(asked.defs);
    let (mut all, mut tested, mut untested) = (Refolded::new(&needed), Refolded::new(&needed), Refolded::new(&needed));
    let mut merges = Vec::new();
    for (account, events) in accounts {
        let (folded, left_out) = plan.fold_whole(account, &events);
        if left_out.iter().any(|left| matches!(left, LeftOut::Test(_))) {
            untested.take(asked.defs, plan, &folded);
            tested.take(asked.defs, plan, &with_tests.fold(account, &events));
        }
        merges.extend(left_out.into_iter().filter_map(|left| match left {
            LeftOut::Merged { into, .. } => Some(into),
            LeftOut::Test(_) | LeftOut::Deleted(_) => None,
        }));
        all.take(asked.defs, plan, &folded);
    }
    let from = |rows: &Rows| answer(asked, &Desk::new(rows), true);
    let (rows, tested, untested) = (all.into_rows(), tested.into_rows(), untested.into_rows());
    let counted: BTreeSet<EntityId> = match who(asked, &rows)? {
        Ok(people) => people.into_iter().map(|someone| someone.entity).collect(),
        Err(_) => BTreeSet::new(),
    };
    Ok(Recount {
        answer: from(&rows)?,
        test_records: from(&tested)?.figure.counted() - from(&untested)?.figure.counted(),
        merged: merges.iter().filter(|into| counted.contains(into)).count() as i64,
    })
}

/// Every row that the answer from segments alone needs, and those who are behind it.
fn needed(asked: &Asked<'_>) -> Result<Vec<Read>, Cannot> {
    let nothing = Rows::default();
    let desk = Desk::new(&nothing);
    answer(asked, &desk, true)?;
    let mut needed: BTreeSet<Read> = desk.missing().into_iter().collect();
    needed.extend(who(asked, &nothing)?.err().unwrap_or_default());
    Ok(needed.into_iter().collect())
}

/// Rows made from contributions instead of read: only those that are needed are kept.
///
/// Take every account in turn, then ask from [`Refolded::into_rows`].
#[derive(Clone, Debug)]
pub struct Refolded {
    reads: Vec<Read>,
    segments: BTreeMap<SegmentKey, SegmentChange>,
    cells: BTreeMap<CellKey, CellChange>,
}

impl Refolded {
    pub fn new(reads: &[Read]) -> Refolded {
        Refolded { reads: reads.to_vec(), segments: BTreeMap::new(), cells: BTreeMap::new() }
    }

    /// Adds what an account contributes.
    pub fn take(&mut self, definitions: &Definitions, plan: &Plan, folded: &[(EntityId, Contribution)]) {
        let zone = &definitions.workspace.zone;
        let rows = folded.iter().flat_map(|(_, contribution)| contribution.rows()).filter(|row| {
            let day = zone.day_of(row.entry.at);
            self.reads.iter().any(|read| read.takes(&row.motion, &row.series, day))
        });
        let spread = spread(&Delta { removed: Vec::new(), added: rows.cloned().collect() }, plan, zone, 1);
        for (key, change) in spread.segments {
            self.segments.entry(key).or_default().merge(change);
        }
        for (key, change) in spread.cells {
            self.cells.entry(key).or_default().add(&change);
        }
    }

    /// What the reads would have given.
    pub fn into_rows(self) -> Rows {
        let mut rows = Rows::default();
        let packed: Vec<(SegmentKey, Vec<u8>)> = self
            .segments
            .into_iter()
            .filter_map(|(key, change)| Some((key, Segment::new(change.added).encode()?)))
            .collect();
        for read in self.reads {
            match &read {
                Read::Cells { dimension, value, .. } => {
                    let cells = self.cells.iter().filter(|(key, _)| {
                        read.takes(&key.motion, &key.series, key.day)
                            && *key.dimension == **dimension
                            && value.as_ref().is_none_or(|value| *key.value == **value)
                    });
                    let cells = cells.map(|(key, cell)| (key.day, key.value.to_string(), cell.clone())).collect();
                    rows.add_cells(read, cells);
                }
                Read::Segments { .. } => {
                    let segments = packed.iter().filter(|(key, _)| read.takes(&key.motion, &key.series, key.day));
                    let segments = segments.map(|(key, bytes)| (key.day, bytes.clone())).collect();
                    rows.add_packed(read, segments);
                }
            }
        }
        rows
    }
}
