//! KPI-discovery spreadsheets: rows of cells in, a definitions file and the rows that are unclear out; and back.
//!
//! Nothing here knows how a spreadsheet is stored. A [`Sheet`] is rows of text; [`import`] turns them into the KPIs of a
//! definitions file and lets [`super::read`] judge the result: what it would refuse is left out, named, and kept as a comment.
//! [`export`] writes the same columns, and what it writes reads back to the same meaning.

mod cells;
mod columns;
mod comments;
mod drafts;
mod export;
mod formula;
mod imported;
mod judged;
mod known;
mod merge;
mod patterns;
mod per_motion;
mod place;
mod ratio;
mod sentence;
mod skeleton;
mod standard;
mod target;
#[cfg(test)]
mod tests;

pub use columns::is_header;
pub use export::export;
pub use imported::{IntoFile, import};
pub(super) use sentence::of_kind;

use std::fmt;

/// The most KPIs that are read from one sheet.
pub const KPIS_MAX: usize = 2_000;

/// One sheet of a workbook, or a whole CSV file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Empty where there is only one.
    pub name: String,
    pub rows: Vec<Row>,
}

/// A row with at least one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// As the spreadsheet numbers it, from 1.
    pub number: usize,
    /// From the first column; the empty ones are empty.
    pub cells: Vec<String>,
    /// Places of cells that only repeat the first of the rows over which they are merged.
    pub merged: Vec<usize>,
}

/// A cell that is not understood, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    pub row: usize,
    /// The header of its column.
    pub column: String,
    /// What is written there.
    pub value: String,
    pub message: String,
    pub fix: String,
    /// `true`: the whole KPI is left out. `false`: only this cell of it is.
    pub whole_row: bool,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}, {}", self.row, self.column)?;
        if !self.value.is_empty() {
            write!(f, " \"{}\"", cells::shortened(&self.value))?;
        }
        write!(f, ": {}; {}", self.message, self.fix)
    }
}

/// How a KPI was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    pub rows: Vec<usize>,
    pub slug: String,
    /// Its formula as [`export`] would write it.
    pub formula: String,
    pub change: Change,
    /// What somebody should know who wrote the row.
    pub notes: Vec<String>,
}

/// What reading a row did to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    New,
    Changed,
    /// The file says it already.
    Same,
}

/// A definitions file with the KPIs of a sheet in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// It has no problems.
    pub text: String,
    pub understood: Vec<Understood>,
    pub unclear: Vec<Unclear>,
}

/// Why nothing can be made of a sheet at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<String>);

impl Refused {
    fn because(why: impl Into<String>) -> Refused {
        Refused(vec![why.into()])
    }
}
