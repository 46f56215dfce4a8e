//! Files: events as NDJSON, tables as CSV with a mapping, and spreadsheets of KPIs.

mod cell;
mod dates;
mod header;
mod mapping;
mod problem;
mod row;
pub mod sheet;
mod table;

pub use mapping::{From, Mapping, Spec};
pub use problem::Problem;
pub use table::{Events, Table};

use shiftbell_metrics::event::Event;

use crate::parsed::{Parsed, Unreadable};

/// Reads a whole NDJSON text at once; [`line`] reads a file of any size line by line.
pub(crate) fn parse(body: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, bytes) in body.split(|byte| *byte == b'\n').enumerate() {
        match line(bytes) {
            Ok(Some(event)) => parsed.events.push(event),
            Ok(None) => {}
            Err(reason) => parsed.unreadable.push(Unreadable { index: Some(index), reason }),
        }
    }
    parsed
}

/// Reads one line of NDJSON, with or without its line ending. An empty line is `None`.
///
/// # Errors
/// A sentence that says what is wrong with the line; the caller adds the file and the number of the line.
pub fn line(bytes: &[u8]) -> Result<Option<Event>, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|e| format!("not UTF-8: byte {} does not belong to a character", e.valid_up_to()))?
        .trim();
    if text.is_empty() {
        return Ok(None);
    }
    Event::from_json(text).map(Some).map_err(|e| e.to_string())
}
