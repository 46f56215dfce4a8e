//! Tables: CSV with a mapping, checked as a whole before the first row counts.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::Read;

use csv::ByteRecord;
use sha2::{Digest, Sha256};
use shiftbell_metrics::event::{Event, ID_BYTES_MAX, Properties};
use shiftbell_metrics::time::Zone;
use shiftbell_metrics::value::Value;

use super::cell;
use super::dates::{DateFormat, Detection};
use super::mapping::{From, Mapping};
use crate::parsed::shortened;

/// Problems of a table that are told at once; more are only counted.
const PROBLEMS_MAX: usize = 20;

/// What is wrong with a table, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// From 1, the header being line 1.
    pub line: Option<u64>,
    pub column: Option<String>,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column `{column}`: {}", self.reason),
            (Some(line), None) => write!(f, "line {line}: {}", self.reason),
            (None, Some(column)) => write!(f, "column `{column}`: {}", self.reason),
            (None, None) => f.write_str(&self.reason),
        }
    }
}

impl Problem {
    fn whole(reason: impl Into<String>) -> Problem {
        Problem { line: None, column: None, reason: reason.into() }
    }
}

/// A table whose columns and dates are understood; its rows can now be read.
#[derive(Clone, Debug)]
pub struct Table {
    mapping: Mapping,
    zone: Zone,
    /// Place of each column.
    columns: BTreeMap<String, usize>,
    dates: BTreeMap<String, DateFormat>,
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
        let mut dates: BTreeMap<String, DateFormat> = BTreeMap::new();
        let mut detections: BTreeMap<&str, Detection> = BTreeMap::new();
        for (name, from) in mapping.all().filter(|(name, _)| is_time(name)) {
            let Some(column) = from.column() else { continue };
            match from.spec().and_then(|spec| spec.format.as_deref()) {
                Some(format) => drop(dates.insert(name.to_owned(), DateFormat::said(format))),
                None => drop(detections.insert(column, Detection::new())),
            }
        }
        let rows = look(&mut reader, &columns, &mut detections)?;
        let mut problems = Vec::new();
        for (name, from) in mapping.all().filter(|(name, _)| is_time(name)) {
            let Some(detection) = from.column().and_then(|column| detections.get(column)) else { continue };
            match detection.settle(from.column().unwrap_or(name)) {
                Ok(format) => drop(dates.entry(name.to_owned()).or_insert(format)),
                Err(reason) => problems.push(Problem::whole(reason)),
            }
        }
        problems.dedup();
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
        Events { table: self, reader: reader(source, &self.mapping), record: ByteRecord::new(), seen: HashMap::new() }
    }

    fn event(&self, record: &ByteRecord, seen: &mut HashMap<[u8; 16], u32>) -> Result<Event, Problem> {
        let line = record.position().map(csv::Position::line);
        let row = Row { table: self, record, line };
        let kind = row.required("type", &self.mapping.kind)?;
        let at_text = row.required("at", &self.mapping.at)?;
        let at = self.dates.get("at").and_then(|format| format.read(&at_text, &self.zone));
        let at = match &self.mapping.at {
            From::Always { always } => at.or_else(|| shiftbell_metrics::time::Instant::parse(always)),
            From::Column(_) | From::Spec(_) => at,
        };
        let at =
            at.ok_or_else(|| row.problem(&self.mapping.at, format!("`{}` is no such time", shortened(&at_text))))?;
        let mut names = BTreeMap::new();
        for (entity, from) in self.mapping.names() {
            if let Some(id) = row.text(from)? {
                if id.len() > ID_BYTES_MAX || id.contains('\0') {
                    return Err(row.problem(from, format!("an id of {} bytes is too long, or holds a NUL", id.len())));
                }
                names.insert(entity, id);
            }
        }
        if names.is_empty() {
            let columns: Vec<&str> = self.mapping.names().filter_map(|(_, from)| from.column()).collect();
            let reason = format!(
                "it names no entity; {} {} empty",
                columns.join(" and "),
                if columns.len() == 1 { "is" } else { "are" }
            );
            return Err(Problem { line, column: None, reason });
        }
        let mut event = Event {
            id: String::new(),
            kind,
            at,
            names,
            owner: self.mapping.owner.as_ref().map_or(Ok(None), |from| row.text(from))?,
            set: BTreeMap::new(),
            properties: Properties::new(),
        };
        for (entity, field, from) in self.mapping.sets() {
            if let Some(value) = row.value(field, from)? {
                event.set.entry(entity).or_default().insert(field.to_owned(), value);
            }
        }
        for (name, from) in &self.mapping.properties {
            if let Some(value) = row.value(name, from)? {
                event.properties.insert(name.clone(), value);
            }
        }
        event.id = match &self.mapping.id {
            Some(from) => row.required("id", from)?,
            None => identity(&event.kind, record, seen),
        };
        Ok(event)
    }
}

/// The events of a table.
pub struct Events<'a, R> {
    table: &'a Table,
    reader: csv::Reader<R>,
    record: ByteRecord,
    /// How often a row with this content was there already: equal rows are different events.
    seen: HashMap<[u8; 16], u32>,
}

impl<R> fmt::Debug for Events<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("table", self.table).finish_non_exhaustive()
    }
}

impl<R: Read> Iterator for Events<'_, R> {
    type Item = Result<Event, Problem>;

    fn next(&mut self) -> Option<Result<Event, Problem>> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Some(self.table.event(&self.record, &mut self.seen)),
            Ok(false) => None,
            Err(error) => Some(Err(unreadable(&error))),
        }
    }
}

struct Row<'a> {
    table: &'a Table,
    record: &'a ByteRecord,
    line: Option<u64>,
}

impl Row<'_> {
    fn problem(&self, from: &From, reason: String) -> Problem {
        Problem { line: self.line, column: from.column().map(str::to_owned), reason }
    }

    fn cell(&self, column: &str) -> Result<&str, Problem> {
        let bytes = self.table.columns.get(column).and_then(|at| self.record.get(*at)).unwrap_or_default();
        std::str::from_utf8(bytes).map(str::trim).map_err(|_| Problem {
            line: self.line,
            column: Some(column.to_owned()),
            reason: "not UTF-8; save the table as UTF-8".to_owned(),
        })
    }

    /// Our text; `None` if the cell is empty.
    fn text(&self, from: &From) -> Result<Option<String>, Problem> {
        let text = match from {
            From::Always { always } => always.as_str(),
            From::Column(column) => self.cell(column)?,
            From::Spec(spec) => {
                let theirs = self.cell(&spec.column)?;
                spec.values.get(theirs).map_or(theirs, String::as_str)
            }
        };
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn required(&self, name: &str, from: &From) -> Result<String, Problem> {
        self.text(from)?.ok_or_else(|| self.problem(from, format!("it is empty, but every row needs its `{name}`")))
    }

    fn value(&self, name: &str, from: &From) -> Result<Option<Value>, Problem> {
        let Some(text) = self.text(from)? else { return Ok(None) };
        if let Some(format) = self.table.dates.get(name) {
            let at = format.read(&text, &self.table.zone);
            let at = at.ok_or_else(|| self.problem(from, format!("`{}` is no such time", shortened(&text))))?;
            return Ok(Some(Value::Text(at.to_string())));
        }
        let Some(spec) = from.spec() else { return Ok(Some(Value::Text(text))) };
        let code = match (&spec.currency_column, &spec.currency) {
            (Some(column), _) => self.cell(column)?,
            (None, Some(code)) => code,
            (None, None) => return Ok(Some(Value::Text(text))),
        };
        let decimal = self.table.mapping.decimal.unwrap_or('.');
        cell::money(&text, code, decimal).map(|money| Some(Value::Money(money))).map_err(|why| self.problem(from, why))
    }
}

fn reader<R: Read>(source: R, mapping: &Mapping) -> csv::Reader<R> {
    let delimiter = mapping.delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(source)
}

fn unreadable(error: &csv::Error) -> Problem {
    let line = error.position().map(csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let reason =
                format!("it has {len} columns, but the header has {expected_len}; is a quote or a delimiter missing?");
            Problem { line, column: None, reason }
        }
        _ => Problem { line, column: None, reason: format!("cannot be read: {error}") },
    }
}

/// The places of the columns by the names in the header.
fn columns<R: Read>(reader: &mut csv::Reader<R>) -> Result<BTreeMap<String, usize>, Vec<Problem>> {
    let header = reader.byte_headers().map_err(|error| vec![unreadable(&error)])?;
    let mut columns = BTreeMap::new();
    for (at, bytes) in header.iter().enumerate() {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let name = String::from_utf8_lossy(bytes).trim().to_owned();
        if columns.insert(name.clone(), at).is_some() && !name.is_empty() {
            return Err(vec![Problem::whole(format!("two columns are called `{name}`; give each its own name"))]);
        }
    }
    if columns.is_empty() {
        return Err(vec![Problem::whole("the table is empty; its first line should name the columns")]);
    }
    Ok(columns)
}

fn wanted(mapping: &Mapping) -> impl Iterator<Item = &str> {
    let money = mapping.all().filter_map(|(_, from)| from.spec()?.currency_column.as_deref());
    mapping.all().filter_map(|(_, from)| from.column()).chain(money)
}

fn missing(column: &str, columns: &BTreeMap<String, usize>) -> Option<Problem> {
    if columns.contains_key(column) {
        return None;
    }
    let near = columns.keys().max_by(|a, b| {
        let near = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &column.to_lowercase());
        near(a).total_cmp(&near(b))
    });
    let near = near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Some(Problem::whole(format!("the table has no column `{column}`{near}")))
}

/// Names of ours that are times.
fn is_time(name: &str) -> bool {
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

/// The id of a row that has none: its content, and how often it was there before. The same file gives the same ids.
fn identity(kind: &str, record: &ByteRecord, seen: &mut HashMap<[u8; 16], u32>) -> String {
    let mut hash = Sha256::new();
    for field in std::iter::once(kind.as_bytes()).chain(record.iter()) {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hash.finalize()[..16]);
    let before = seen.entry(short).or_default();
    *before += 1;
    format!("row-{}-{before}", hex::encode(short))
}
