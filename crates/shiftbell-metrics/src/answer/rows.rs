//! The rows that an answer rests on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::Cannot;
use super::revenue::Stored;
use crate::cell::Cell;
use crate::codec::Corrupt;
use crate::contribution::Entry;
use crate::segment::{Columns, Segment};
use crate::time::Day;

/// A range of stored rows, in days of the workspace's zone. `until` is not included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// Cells of one dimension: `""` for the whole, where `value` is `""` too; `None` for every value.
    Cells {
        motion: String,
        series: String,
        from: Day,
        until: Day,
        dimension: String,
        value: Option<String>,
    },
    Segments {
        motion: String,
        series: String,
        from: Day,
        until: Day,
    },
}

impl Read {
    /// Whether a row of this motion and series on this day is in the range.
    pub fn takes(&self, motion: &str, series: &str, day: Day) -> bool {
        match self {
            Read::Cells { motion: of, series: in_series, from, until, .. }
            | Read::Segments { motion: of, series: in_series, from, until } => {
                of == motion && in_series == series && *from <= day && day < *until
            }
        }
    }
}

/// The bytes of a segment; its day where it is known.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) day: Option<Day>,
    bytes: Vec<u8>,
}

impl Block {
    pub(super) fn columns(&self) -> Result<Columns<'_>, Corrupt> {
        Columns::read(&self.bytes)
    }
}

/// The bytes of a cell, with its day and its value of the dimension.
#[derive(Clone, Debug)]
pub(super) struct PackedCell {
    pub(super) day: Day,
    pub(super) value: String,
    pub(super) bytes: Vec<u8>,
}

/// Rows that were read, by what was asked for.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    cells: BTreeMap<Read, Vec<PackedCell>>,
    segments: BTreeMap<Read, Vec<Block>>,
    changes: Known,
}

impl Rows {
    /// Adds what a read of cells gave: day, value of the dimension, cell. Slots may come apart; they add up.
    pub fn add_cells(&mut self, read: Read, cells: Vec<(Day, String, Cell)>) {
        let packed = cells.into_iter().filter_map(|(day, value, cell)| Some((day, value, cell.encode()?)));
        self.add_packed_cells(read, packed.collect());
    }

    /// The same, as they are stored. Quicker than [`Rows::add_cells`]: only the counts that a question needs are ever read.
    pub fn add_packed_cells(&mut self, read: Read, cells: Vec<(Day, String, Vec<u8>)>) {
        let packed = cells.into_iter().map(|(day, value, bytes)| PackedCell { day, value, bytes });
        self.cells.insert(read, packed.collect());
    }

    /// Adds what a read of segments gave, in any order.
    pub fn add_segments(&mut self, read: Read, entries: Vec<Entry>) {
        let blocks = Segment::new(entries).encode().map(|bytes| Block { day: None, bytes });
        self.put(read, blocks.into_iter().collect());
    }

    /// Adds what a read of segments gave, as it is stored: the day and the bytes of each. Quicker than [`Rows::add_segments`]:
    /// only the columns that a question needs are ever read.
    pub fn add_packed(&mut self, read: Read, segments: Vec<(Day, Vec<u8>)>) {
        let blocks = segments.into_iter().map(|(day, bytes)| Block { day: Some(day), bytes });
        self.put(read, blocks.collect());
    }

    fn put(&mut self, read: Read, blocks: Vec<Block>) {
        self.segments.insert(read, blocks);
        // What was read without these is not whole.
        self.changes = Known::default();
    }
}

/// Rows on the table while an answer is worked out, and a list of those that are not there.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    rows: &'a Rows,
    missing: RefCell<BTreeSet<Read>>,
}

/// Which changes of recurring revenue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Changes {
    pub(super) motions: Vec<String>,
    pub(super) by: Option<String>,
    pub(super) filters: Vec<(String, String)>,
    pub(super) names: Vec<String>,
}

/// Changes of recurring revenue that were read from the rows already: every month of a series, and every number of a bowtie,
/// rests on the same. A copy of the rows reads them anew.
#[derive(Debug, Default)]
struct Known(Mutex<BTreeMap<Changes, Arc<[Stored]>>>);

impl Clone for Known {
    fn clone(&self) -> Known {
        Known::default()
    }
}

impl<'a> Desk<'a> {
    pub(super) fn new(rows: &'a Rows) -> Desk<'a> {
        Desk { rows, missing: RefCell::default() }
    }

    pub(super) fn cells(&self, read: Read) -> &'a [PackedCell] {
        match self.rows.cells.get(&read) {
            Some(cells) => cells,
            None => self.miss(read),
        }
    }

    pub(super) fn segments(&self, read: Read) -> &'a [Block] {
        match self.rows.segments.get(&read) {
            Some(blocks) => blocks,
            None => self.miss(read),
        }
    }

    /// What was read already, else what is read now.
    pub(super) fn changes(
        &self,
        of: Changes,
        read: impl FnOnce() -> Result<Vec<Stored>, Cannot>,
    ) -> Result<Arc<[Stored]>, Cannot> {
        let known = || self.rows.changes.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(changes) = known().get(&of) {
            return Ok(Arc::clone(changes));
        }
        let found: Arc<[Stored]> = read()?.into();
        known().insert(of, Arc::clone(&found));
        Ok(found)
    }

    pub(super) fn missing(self) -> Vec<Read> {
        self.missing.into_inner().into_iter().collect()
    }

    fn miss<T>(&self, read: Read) -> &'a [T] {
        self.missing.borrow_mut().insert(read);
        &[]
    }
}
