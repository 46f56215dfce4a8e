//! XLSX.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Dimensions, Reader as _, Xlsx, XlsxError};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook};
use shiftbell_metrics::definitions::sheet::{Row, Sheet};

use super::{COLUMNS_MAX, ROWS_MAX, checked, too_many};

/// The most that a workbook may hold when it is unpacked: a small file can hold a very large one.
const UNPACKED_MAX: u64 = 200 << 20;

/// Reads every sheet of a workbook.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    let size = unpacked(bytes);
    if size > UNPACKED_MAX {
        return Err(format!("unpacked, it would be {size} bytes long, at most {UNPACKED_MAX} are read"));
    }
    let wrong = |error: XlsxError| {
        format!(
            "it is no workbook that can be read ({error}); open it in a spreadsheet program and save it as .xlsx again"
        )
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(wrong)?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let merged = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
        let mut cells = match book.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            Err(XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_)) => continue,
            Err(error) => return Err(wrong(error)),
        };
        let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        while let Some(cell) = cells.next_cell_with_formula().map_err(wrong)? {
            let (Ok(row), Ok(column)) = (usize::try_from(cell.pos.0), usize::try_from(cell.pos.1)) else { continue };
            let text = match cell.formula.filter(|formula| !formula.is_empty()) {
                Some(formula) => format!("={formula}"),
                None => text(&cell.value),
            };
            if text.trim().is_empty() || column >= COLUMNS_MAX {
                continue;
            }
            let text = checked(&text, row + 1)?;
            let cells = rows.entry(row).or_default();
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            if let Some(place) = cells.get_mut(column) {
                *place = text;
            }
            if rows.len() > ROWS_MAX {
                return Err(too_many(&name));
            }
        }
        sheets.push(Sheet { rows: unmerged(rows, &merged), name });
    }
    Ok(sheets)
}

/// What a cell shows. A calculation that was worked out shows its value there, and is text here.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// What is merged downwards holds for each of its rows; what is merged sideways stands in its first column.
fn unmerged(mut rows: BTreeMap<usize, Vec<String>>, merged: &[Dimensions]) -> Vec<Row> {
    let mut repeated: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for region in merged.iter().filter(|region| region.end.0 > region.start.0) {
        let (Ok(first), Ok(column)) = (usize::try_from(region.start.0), usize::try_from(region.start.1)) else {
            continue;
        };
        let last = usize::try_from(region.end.0).unwrap_or(first);
        let Some(text) = rows.get(&first).and_then(|cells| cells.get(column)).cloned() else { continue };
        for (row, cells) in rows.range_mut(first + 1..=last) {
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            if let Some(place) = cells.get_mut(column).filter(|place| place.is_empty()) {
                place.clone_from(&text);
                repeated.entry(*row).or_default().push(column);
            }
        }
    }
    let row = |(row, cells): (usize, Vec<String>)| Row {
        number: row + 1,
        cells,
        merged: repeated.get(&row).cloned().unwrap_or_default(),
    };
    rows.into_iter().map(row).collect()
}

/// How long the parts of a ZIP file say they are, added up.
fn unpacked(bytes: &[u8]) -> u64 {
    const ENTRY: &[u8] = b"PK\x01\x02";
    let entries = bytes.windows(ENTRY.len()).enumerate().filter(|(_, window)| *window == ENTRY);
    let size = |at: usize| {
        let size: Option<[u8; 4]> = bytes.get(at + 24..at + 28)?.try_into().ok();
        size.map(u32::from_le_bytes)
    };
    entries.filter_map(|(at, _)| size(at)).map(u64::from).sum()
}

/// Widths of the columns that we write, in characters.
const WIDTHS: [f64; 10] = [11.0, 28.0, 20.0, 50.0, 46.0, 28.0, 10.0, 12.0, 12.0, 9.0];

/// Writes rows as a workbook with one sheet. Every cell is text: none is ever run.
///
/// # Errors
/// A sentence, where a cell is longer than a spreadsheet can hold.
pub fn written(rows: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let wrong = |error: rust_xlsxwriter::XlsxError| format!("it cannot be written as XLSX: {error}");
    let mut book = Workbook::new();
    // The same rows are the same bytes, whenever they are written.
    let made = ExcelDateTime::from_ymd(2000, 1, 1).map_err(wrong)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet();
    sheet.set_name("KPIs").map_err(wrong)?;
    let head = Format::new().set_bold();
    let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (column, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(column, width).map_err(wrong)?;
    }
    for (number, row) in (0_u32..).zip(rows) {
        let format = if number == 0 { &head } else { &cell };
        for (column, text) in (0_u16..).zip(row).filter(|(_, text)| !text.is_empty()) {
            sheet.write_string_with_format(number, column, text, format).map_err(wrong)?;
        }
    }
    sheet.set_freeze_panes(1, 0).map_err(wrong)?;
    book.save_to_buffer().map_err(wrong)
}
