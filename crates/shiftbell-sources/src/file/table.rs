//! Tables: CSV with a mapping, checked as a whole before the first row counts.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use csv::ByteRecord;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::Zone;

use super::dates::{DateFormat, Detection};
use super::header::{columns, missing, wanted};
use super::mapping::Mapping;
use super::problem::{Problem, unreadable};
use super::row::{self, Seen};

/// Problems of a table that are told at once; more are only counted.
const PROBLEMS_MAX: usize = 20;

/// A table whose columns and dates are understood; its rows can now be read.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) mapping: Mapping,
    pub(super) zone: Zone,
    /// Place of each column.
    pub(super) columns: BTreeMap<String, usize>,
    /// By column.
    pub(super) dates: BTreeMap<String, DateFormat>,
    rows: u64,
}

impl Table {
    /// Reads a whole table once, to know how its dates are written. Nothing of it counts yet.
    ///
    /// # Errors
    /// Every problem with the columns and dates. A date that can be read in two ways is refused, never guessed.
    pub fn check(source: impl Read, mapping: Mapping, default_zone: &Zone) -> Result<Table, Vec<Problem>> {
        let mut reader = reader(source, &mapping);
        let columns = columns(&mut reader)?;
        let missing: Vec<Problem> = wanted(&mapping).filter_map(|column| missing(column, &columns)).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut detections: BTreeMap<&str, Detection> = BTreeMap::new();
        let mut dates: BTreeMap<String, DateFormat> = BTreeMap::new();
        for (_, from) in mapping.all().filter(|(name, _)| is_time(name)) {
            match (from.column(), from.spec().and_then(|spec| spec.format.as_deref())) {
                (Some(column), Some(format)) => drop(dates.insert(column.to_owned(), DateFormat::said(format))),
                (Some(column), None) => drop(detections.insert(column, Detection::new())),
                (None, _) => {}
            }
        }
        detections.retain(|column, _| !dates.contains_key(*column));
        let rows = look(&mut reader, &columns, &mut detections)?;
        let mut problems = Vec::new();
        for (column, detection) in detections {
            match detection.settle(column) {
                Ok(format) => drop(dates.insert(column.to_owned(), format)),
                Err(reason) => problems.push(Problem::whole(reason)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let zone = mapping.zone(default_zone);
        Ok(Table { mapping, zone, columns, dates, rows })
    }

    /// How many rows there are, for a progress bar.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The events of the table, one for each row, read from its beginning again.
    pub fn events<R: Read>(&self, source: R) -> Events<'_, R> {
        Events {
            table: self,
            reader: reader(source, &self.mapping),
            record: ByteRecord::new(),
            seen: Seen::new(),
            is_over: false,
        }
    }
}

/// The events of a table.
pub struct Events<'a, R> {
    table: &'a Table,
    reader: csv::Reader<R>,
    record: ByteRecord,
    seen: Seen,
    is_over: bool,
}

impl<R> fmt::Debug for Events<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("table", self.table).finish_non_exhaustive()
    }
}

impl<R: Read> Iterator for Events<'_, R> {
    type Item = Result<Event, Problem>;

    fn next(&mut self) -> Option<Result<Event, Problem>> {
        if self.is_over {
            return None;
        }
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Some(row::event(self.table, &self.record, &mut self.seen)),
            Ok(false) => None,
            Err(error) => {
                self.is_over = error.is_io_error(); // it would fail for ever
                Some(Err(unreadable(&error)))
            }
        }
    }
}

fn reader<R: Read>(source: R, mapping: &Mapping) -> csv::Reader<R> {
    let delimiter = mapping.delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(source)
}

/// Names of ours that are times.
pub(super) fn is_time(name: &str) -> bool {
    name == "at" || name.ends_with("_at")
}

/// Shows every row to the detections. Returns how many there are.
fn look<R: Read>(
    reader: &mut csv::Reader<R>,
    columns: &BTreeMap<String, usize>,
    detections: &mut BTreeMap<&str, Detection>,
) -> Result<u64, Vec<Problem>> {
    let (mut record, mut rows, mut problems) = (ByteRecord::new(), 0, Vec::new());
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => rows += 1,
            Err(error) => {
                problems.push(unreadable(&error));
                if problems.len() == PROBLEMS_MAX || error.is_io_error() {
                    break;
                }
                continue;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        for (column, detection) in detections.iter_mut() {
            let bytes = columns.get(*column).and_then(|at| record.get(*at)).unwrap_or_default();
            detection.see(line, &String::from_utf8_lossy(bytes));
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}
