//! One row of a table, as an event.

use std::collections::{BTreeMap, HashMap};

use csv::ByteRecord;
use sha2::{Digest, Sha256};
use shiftbell_metrics::event::{Event, ID_BYTES_MAX, Properties};
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::cell;
use super::mapping::From;
use super::problem::Problem;
use super::table::{Table, is_time};
use crate::parsed::shortened;

/// How often a row with some content was there before: equal rows are different events.
pub(super) type Seen = HashMap<[u8; 16], u32>;

/// Reads a row.
pub(super) fn event(table: &Table, record: &ByteRecord, seen: &mut Seen) -> Result<Event, Problem> {
    let row = Row { table, record, line: record.position().map(csv::Position::line) };
    let mapping = &table.mapping;
    let kind = row.required("type", &mapping.kind)?;
    let mut event = Event {
        id: match &mapping.id {
            Some(from) => row.required("id", from)?,
            None => identity(&kind, record, seen),
        },
        kind,
        at: row.time(&mapping.at, &row.required("at", &mapping.at)?)?,
        names: row.names()?,
        owner: mapping.owner.as_ref().map_or(Ok(None), |from| row.text(from))?,
        set: BTreeMap::new(),
        properties: Properties::new(),
    };
    for (entity, field, from) in mapping.sets() {
        if let Some(value) = row.value(field, from)? {
            event.set.entry(entity).or_default().insert(field.to_owned(), value);
        }
    }
    for (name, from) in &mapping.properties {
        if let Some(value) = row.value(name, from)? {
            event.properties.insert(name.clone(), value);
        }
    }
    Ok(event)
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

    fn time(&self, from: &From, text: &str) -> Result<Instant, Problem> {
        let format = from.column().and_then(|column| self.table.dates.get(column));
        let at = format.map_or_else(|| Instant::parse(text), |format| format.read(text, &self.table.zone));
        at.ok_or_else(|| self.problem(from, format!("`{}` is no such time", shortened(text))))
    }

    /// The entities that the row names.
    fn names(&self) -> Result<BTreeMap<EntityKind, String>, Problem> {
        let mut names = BTreeMap::new();
        for (entity, from) in self.table.mapping.names() {
            let Some(id) = self.text(from)? else { continue };
            if id.len() > ID_BYTES_MAX || id.contains('\0') {
                return Err(self.problem(from, format!("an id of {} bytes is too long, or holds a NUL", id.len())));
            }
            names.insert(entity, id);
        }
        if names.is_empty() {
            let columns: Vec<&str> = self.table.mapping.names().filter_map(|(_, from)| from.column()).collect();
            let verb = if columns.len() == 1 { "is" } else { "are" };
            let reason = format!("it names no entity; {} {verb} empty", columns.join(" and "));
            return Err(Problem { line: self.line, column: None, reason });
        }
        Ok(names)
    }

    /// The value of a field or property; `None` if the cell is empty.
    fn value(&self, name: &str, from: &From) -> Result<Option<Value>, Problem> {
        let Some(text) = self.text(from)? else { return Ok(None) };
        if is_time(name) {
            return self.time(from, &text).map(|at| Some(Value::Text(at.to_string())));
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

/// The id of a row that has none: its content, and how often it was there before. The same file gives the same ids.
fn identity(kind: &str, record: &ByteRecord, seen: &mut Seen) -> String {
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
