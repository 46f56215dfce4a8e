//! What was not understood, as comments at the end of the file: nothing of a sheet is lost.

use std::fmt::Write as _;

use super::columns::{Column, Columns};
use super::drafts::{Left, Read};

const FROM: &str =
    "# --- Not understood from the sheet. Mend it there and read it again, or write it here without the #. ---";
const UNTIL: &str = "# --- End of what was not understood. ---";

/// The file without what an earlier sheet left there. What somebody has since written between it stays.
pub(super) fn without(text: &str) -> String {
    let Some(from) = text.find(FROM) else { return text.to_owned() };
    let Some(until) = text.get(from..).and_then(|rest| rest.find(UNTIL)).map(|until| from + until) else {
        return text.to_owned();
    };
    let before = text.get(..from).unwrap_or_default().trim_end_matches('\n');
    let between = text.get(from..until).unwrap_or_default().lines();
    let written: Vec<&str> = between.filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect();
    let after = text.get(until + UNTIL.len()..).unwrap_or_default();
    let after = after.strip_prefix('\n').unwrap_or(after);
    match written.as_slice() {
        [] => format!("{before}\n{after}"),
        written => format!("{before}\n\n{}\n{after}", written.join("\n")),
    }
}

/// The comments; empty if all was understood.
pub(super) fn of(found: &Read, columns: &Columns) -> String {
    if found.left.is_empty() && found.unclear.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{FROM}\n");
    let mut rows: Vec<&Left> = found.left.iter().collect();
    rows.sort_by_key(|left| left.unclear.row);
    for left in rows {
        let slug = if left.slug.is_empty() { "name-it" } else { &left.slug };
        let others = found.unclear.iter().map(|(_, unclear)| unclear).filter(|unclear| unclear.row == left.unclear.row);
        let _ = writeln!(out, "#");
        for unclear in std::iter::once(&left.unclear).chain(others) {
            let _ = writeln!(out, "# {}", one_line(&unclear.to_string()));
        }
        let _ = writeln!(out, "# [kpis.{slug}]");
        for (column, cell) in &left.cells {
            let _ = writeln!(out, "# {} = {}", key(*column), text(cell));
        }
    }
    let is_told = |row: usize| found.left.iter().any(|left| left.unclear.row == row);
    for (slug, unclear) in found.unclear.iter().filter(|(_, unclear)| !is_told(unclear.row)) {
        let column = Column::ALL.into_iter().find(|column| columns.header(*column) == unclear.column);
        let key = column.map_or("means", key);
        let said = one_line(&unclear.to_string());
        let _ = write!(out, "#\n# {said}\n# [kpis.{slug}]\n# {key} = {}\n", text(&unclear.value));
    }
    out.push_str(UNTIL);
    out.push('\n');
    out
}

fn key(column: Column) -> &'static str {
    match column {
        Column::Name => "label",
        Column::Id => "id",
        Column::Definition => "means",
        Column::Formula => "formula",
        Column::Owner => "owner",
        Column::Segment => "motion",
        Column::Target => "target",
        Column::Signed => "signed",
        Column::Level => "level",
        Column::Version => "version",
    }
}

/// A cell in one line, whatever is in it, and whole.
fn text(cell: &str) -> String {
    let mut out = String::from("\"");
    for c in cell.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
