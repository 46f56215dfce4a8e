//! The rows that an answer rests on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::cell::Cell;
use crate::contribution::Entry;
use crate::time::Day;

/// A range of stored rows, in days of the workspace's zone.
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

/// Rows that were read, by what was asked for.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    cells: BTreeMap<Read, Vec<(Day, String, Cell)>>,
    segments: BTreeMap<Read, Vec<Entry>>,
}

impl Rows {
    /// Adds what a read of cells gave: day, value of the dimension, cell. Slots may come apart; they add up.
    pub fn add_cells(&mut self, read: Read, cells: Vec<(Day, String, Cell)>) {
        self.cells.insert(read, cells);
    }

    /// Adds what a read of segments gave, in any order.
    pub fn add_segments(&mut self, read: Read, entries: Vec<Entry>) {
        self.segments.insert(read, entries);
    }
}

/// Rows on the table while an answer is worked out, and a list of those that are not there.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    rows: &'a Rows,
    missing: RefCell<BTreeSet<Read>>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(rows: &'a Rows) -> Desk<'a> {
        Desk { rows, missing: RefCell::default() }
    }

    pub(super) fn cells(&self, read: Read) -> &'a [(Day, String, Cell)] {
        match self.rows.cells.get(&read) {
            Some(cells) => cells,
            None => self.miss(read),
        }
    }

    pub(super) fn segments(&self, read: Read) -> &'a [Entry] {
        match self.rows.segments.get(&read) {
            Some(entries) => entries,
            None => self.miss(read),
        }
    }

    pub(super) fn missing(self) -> Vec<Read> {
        self.missing.into_inner().into_iter().collect()
    }

    fn miss<T>(&self, read: Read) -> &'a [T] {
        self.missing.borrow_mut().insert(read);
        &[]
    }
}
