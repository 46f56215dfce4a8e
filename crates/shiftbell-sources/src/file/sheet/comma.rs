//! CSV, as spreadsheet programs and people write it.

use csv::{ByteRecord, ReaderBuilder};
use shiftbell_metrics::definitions::sheet::{Row, Sheet, is_header};

use super::{COLUMNS_MAX, ROWS_MAX, checked, too_many};

/// With these a spreadsheet program takes a cell for something to run.
const RUNS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// The full-width ones of the same.
const RUNS_WIDE: [char; 4] = ['\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Reads one sheet, whatever its delimiter.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, String> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err("it is UTF-16 text; save it as \"CSV UTF-8\"".to_owned());
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        format!("it is neither XLSX nor UTF-8 text: line {line} has a byte that belongs to no character; save it as \"CSV UTF-8\"")
    })?;
    if text.contains('\0') {
        return Err("it is neither XLSX nor CSV: it has zero bytes; save it as .xlsx or \"CSV UTF-8\"".to_owned());
    }
    let (text, said, skipped) = without_said_delimiter(text);
    let delimiter = said.unwrap_or_else(|| delimiter(text));
    rows(text, delimiter, skipped).map(|rows| Sheet { name: String::new(), rows })
}

/// Spreadsheet programs write `sep=;` into a first line.
fn without_said_delimiter(text: &str) -> (&str, Option<u8>, usize) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let said = first.trim_end().strip_prefix("sep=").filter(|said| said.len() == 1);
    match said.and_then(|said| said.bytes().next()) {
        Some(delimiter) => (rest, Some(delimiter), 1),
        None => (text, None, 0),
    }
}

/// The one with which a row names the columns; else the one that makes columns of most of the first rows.
fn delimiter(text: &str) -> u8 {
    let likely = |delimiter: u8| {
        let records: Vec<ByteRecord> = reader(text, delimiter).into_byte_records().take(30).flatten().collect();
        let names_columns = records.iter().any(|record| {
            let cells: Vec<String> = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            is_header(&cells)
        });
        (names_columns, records.iter().filter(|record| record.len() > 1).count())
    };
    // Of equals, the last is the greatest.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| likely(*delimiter)).unwrap_or(b',')
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

fn rows(text: &str, delimiter: u8, skipped: usize) -> Result<Vec<Row>, String> {
    let mut reader = reader(text, delimiter);
    let (mut record, mut rows, mut number) = (ByteRecord::new(), Vec::new(), skipped);
    loop {
        let begins = reader.position().line();
        if !reader.read_byte_record(&mut record).map_err(|error| format!("it cannot be read: {error}"))? {
            return Ok(rows);
        }
        let inner = record.iter().flatten().filter(|byte| **byte == b'\n').count();
        // The reader skips empty lines; a spreadsheet counts them.
        let lines = usize::try_from(reader.position().line() - begins).unwrap_or(1);
        number += lines.saturating_sub(inner).max(1);
        if rows.len() >= ROWS_MAX {
            return Err(too_many(""));
        }
        let cells: Result<Vec<String>, String> = record
            .iter()
            .take(COLUMNS_MAX)
            .map(|cell| checked(&String::from_utf8_lossy(cell), number).map(|cell| unmarked(&cell).to_owned()))
            .collect();
        let cells = cells?;
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(Row { number, cells, merged: Vec::new() });
        }
    }
}

/// Writes rows as CSV that any spreadsheet program opens as text: a cell that it would run begins with an apostrophe.
pub fn written(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(b"\xEF\xBB\xBF".to_vec());
    for row in rows {
        // Into memory, nothing can go wrong.
        let _ = writer.write_record(row.iter().map(|cell| marked(cell)));
    }
    writer.into_inner().unwrap_or_default()
}

fn runs(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    text.starts_with(RUNS) || text.starts_with(RUNS_WIDE)
}

fn marked(cell: &str) -> String {
    if runs(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// Takes away exactly what [`marked`] puts before a cell.
fn unmarked(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| runs(rest)).unwrap_or(cell)
}
