//! Spreadsheets of KPIs: XLSX or CSV bytes in, rows of cells out, and back. What the rows mean is not decided here.

mod comma;
mod workbook;

pub use comma::written as csv_of;
pub use workbook::written as xlsx_of;

use shiftbell_metrics::definitions::sheet::Sheet;

/// The largest spreadsheet that is read, in bytes.
pub const BYTES_MAX: usize = 10 << 20;
/// The most rows of a sheet.
pub const ROWS_MAX: usize = 100_000;
/// Columns that are looked at.
const COLUMNS_MAX: usize = 100;
/// The longest cell, in bytes; that of a spreadsheet program is 32,767 characters.
const CELL_BYTES_MAX: usize = 32_767 * 4;

/// Reads a spreadsheet, whichever of the two it is.
///
/// # Errors
/// A sentence that says what is wrong with the file and how to save it instead.
pub fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, String> {
    if bytes.len() > BYTES_MAX {
        return Err(format!(
            "it is {} bytes long, at most {BYTES_MAX} are read; take out what is not about KPIs",
            bytes.len()
        ));
    }
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => workbook::read(bytes),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            Err("it is an old .xls workbook, or one with a password; save it as .xlsx without one".to_owned())
        }
        _ => comma::read(bytes).map(|sheet| vec![sheet]),
    }
}

/// Says that there are too many rows.
fn too_many(name: &str) -> String {
    let of = if name.is_empty() { String::new() } else { format!(" of the sheet \"{name}\"") };
    format!("there are more than {ROWS_MAX} rows{of}; take out what is not about KPIs")
}

/// A cell as it is read, or what is wrong with it.
fn checked(text: &str, row: usize) -> Result<String, String> {
    if text.len() > CELL_BYTES_MAX {
        return Err(format!("row {row} has a cell of {} bytes, at most {CELL_BYTES_MAX} are read", text.len()));
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

#[cfg(test)]
mod tests;
