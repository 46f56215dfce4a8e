//! From what changed in a journey to what changes in segments and cells.

use std::collections::BTreeMap;

use super::{CellChange, CellKey};
use crate::codec::Name;
use crate::contribution::{Delta, Row, name};
use crate::fold::Plan;
use crate::segment::{CHUNKS, SegmentChange, SegmentKey};
use crate::time::{Day, Zone};

/// The changes of segments and cells, in the order in which their rows are locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    pub segments: BTreeMap<SegmentKey, SegmentChange>,
    pub cells: BTreeMap<CellKey, CellChange>,
}

/// Spreads a delta over segments and cells. What changes nothing in the end is not there.
///
/// `zone`: of the workspace; `slots`: into how many rows each cell is spread (1 where there is one writer). Chunk and slot
/// follow from the entity alone, so that an entity that moves to another account stays where it is.
pub fn spread(delta: &Delta, plan: &Plan, zone: &Zone, slots: u16) -> Spread {
    let mut found = Spread::default();
    let whole = name("");
    for (rows, times) in [(&delta.removed, -1), (&delta.added, 1)] {
        for row in rows {
            found.take(row, times, plan, zone, slots, &whole);
        }
    }
    for change in found.segments.values_mut() {
        change.cancel();
    }
    found.segments.retain(|_, change| !change.is_empty());
    found.cells.values_mut().for_each(CellChange::drop_zeros);
    found.cells.retain(|_, change| !change.is_empty());
    found
}

/// Whether entries of a series are counted in cells. Records that stand open are not: nobody asks how many stood open on one
/// day and no other. Nor are movements of recurring revenue: whoever asks needs them customer by customer.
pub(super) fn has_cells(series: &str) -> bool {
    !series.starts_with("open/") && !series.starts_with("mrr/")
}

/// The day under which the segment of an entry of this day is kept. What is always read whole (open records, movements of
/// recurring revenue) lies together by the month: a few hundred rows instead of one for each day and chunk.
pub fn packed_on(series: &str, day: Day) -> Day {
    if has_cells(series) { day } else { Day::from_date(day.date().first_of_month()) }
}

impl Spread {
    fn take(&mut self, row: &Row, times: i64, plan: &Plan, zone: &Zone, slots: u16, whole: &Name) {
        let entry = &row.entry;
        let day = zone.day_of(entry.at);
        let (motion, series) = (Name::clone(&row.motion), Name::clone(&row.series));
        let packed = packed_on(&row.series, day);
        let key = SegmentKey { motion, series, day: packed, chunk: entry.entity.part(CHUNKS) };
        let segment = self.segments.entry(key).or_default();
        let side = if times < 0 { &mut segment.removed } else { &mut segment.added };
        side.push(entry.clone());
        if !has_cells(&row.series) {
            return;
        }
        let slot = entry.entity.part(slots.max(1));
        let dims = plan.dims.iter().filter(|dim| dim.has_cells);
        let dims = dims.map(|dim| (Name::clone(&dim.name), entry.dim(&dim.name).unwrap_or(whole)));
        for (dimension, value) in dims.chain([(Name::clone(whole), whole)]) {
            let (motion, series) = (Name::clone(&row.motion), Name::clone(&row.series));
            let key = CellKey { motion, series, day, dimension, value: Name::clone(value), slot };
            self.cells.entry(key).or_default().count(entry, times);
        }
    }
}
