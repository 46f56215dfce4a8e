//! `shiftbell check --from-sheet` and `--to-sheet`: KPIs from a spreadsheet, and into one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use shiftbell_metrics::definitions::sheet::{Change, Imported, IntoFile, Understood, export, import};
use shiftbell_sources::file::sheet::{BYTES_MAX, csv_of, sheets, xlsx_of};

use super::{read_file, sound};
use crate::cli::init::replace;
use crate::companies::{name_of, vocabulary};
use crate::failure::Failure;

/// Takes the KPIs of a spreadsheet into a definitions file, or prints it.
pub(super) fn take(from: &Path, into: Option<&Path>) -> Result<(), Failure> {
    let bytes = bytes_of(from)?;
    let wrong = |why: String| Failure::Usage(format!("{}: {why}", from.display()));
    let sheets = sheets(&bytes).map_err(wrong)?;
    let workspace = into.map(name_of).transpose()?.unwrap_or_else(|| "acme".to_owned());
    let held = into.filter(|file| file.exists()).map(|file| read_file(file).map(|(text, _)| text)).transpose()?;
    let vocabulary = vocabulary();
    let file = into.map_or_else(|| "the file".to_owned(), |file| file.display().to_string());
    let into_file = IntoFile { file: &file, text: held.as_deref(), workspace: &workspace, vocabulary: &vocabulary };
    let imported = import(&sheets, into_file).map_err(|refused| wrong(refused.0.join("\n  ")))?;
    let told = told(from, &imported);
    match into {
        None => {
            print!("{}", imported.text);
            eprint!("{told}");
        }
        Some(into) => {
            print!("{told}");
            if held.as_deref() == Some(imported.text.as_str()) {
                println!("{} says all of it already; nothing is written.", into.display());
            } else {
                replace(into, imported.text.as_bytes())?;
                let begun = if held.is_none() { "begun; read it aloud and correct what is wrong" } else { "written" };
                println!("{} is {begun}.", into.display());
            }
        }
    }
    match imported.unclear.len() {
        0 => Ok(()),
        cells => Err(Failure::Unclear { cells }),
    }
}

/// Writes the KPIs of a definitions file into a spreadsheet.
pub(super) fn give(to: &Path, file: &Path) -> Result<(), Failure> {
    let ending = to.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    if !["csv", "xlsx"].contains(&ending.as_str()) {
        let message = format!("{} is neither .xlsx nor .csv; name a file that ends so", to.display());
        return Err(Failure::Usage(message));
    }
    let (_, definitions) = sound(file)?;
    let rows = export(&definitions);
    let bytes = match ending.as_str() {
        "csv" => csv_of(&rows),
        _ => xlsx_of(&rows).map_err(|why| Failure::Usage(format!("{}: {why}", to.display())))?,
    };
    replace(to, &bytes)?;
    let kpis = rows.len().saturating_sub(1);
    println!("{} has {kpis} KPIs of {}, meaning {}.", to.display(), file.display(), definitions.meaning);
    println!("Change it and read it back: shiftbell check --from-sheet {} --into {}", to.display(), file.display());
    Ok(())
}

fn bytes_of(file: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |error: std::io::Error| Failure::Usage(format!("cannot read {}: {error}", file.display()));
    let length = std::fs::metadata(file).map_err(wrong)?.len();
    if length > BYTES_MAX as u64 {
        let message = format!("{} is {length} bytes long, at most {BYTES_MAX} are read", file.display());
        return Err(Failure::Usage(format!("{message}; take out what is not about KPIs")));
    }
    std::fs::read(file).map_err(wrong)
}

/// What was understood, row by row, and then what was not.
fn told(from: &Path, imported: &Imported) -> String {
    let count = |change| imported.understood.iter().filter(|kpi| kpi.change == change).count();
    let (new, changed, same) = (count(Change::New), count(Change::Changed), count(Change::Same));
    let all = imported.understood.len();
    let kpis = if all == 1 { "1 KPI is" } else { &format!("{all} KPIs are") };
    let mut out = format!("{}: {kpis} understood: {new} new, {changed} changed, {same} as before\n", from.display());
    let width = imported.understood.iter().map(|kpi| kpi.slug.len()).max().unwrap_or_default().min(30);
    for kpi in imported.understood.iter().filter(|kpi| kpi.change != Change::Same) {
        line(&mut out, kpi, width);
    }
    for unclear in &imported.unclear {
        let _ = writeln!(out, "error: {unclear}");
    }
    if !imported.unclear.is_empty() {
        let rows: BTreeSet<usize> =
            imported.unclear.iter().filter(|unclear| unclear.whole_row).map(|unclear| unclear.row).collect();
        let cells = imported.unclear.iter().filter(|unclear| !rows.contains(&unclear.row)).count();
        let rows = rows.len();
        let _ = writeln!(
            out,
            "Left out: {rows} whole rows and {cells} single cells. They stand at the end of the file, as comments."
        );
    }
    out
}

fn line(out: &mut String, kpi: &Understood, width: usize) {
    let rows = kpi.rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let change = if kpi.change == Change::New { "new    " } else { "changed" };
    let formula: String = kpi.formula.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(out, "  row {rows:<4} {change}  {:<width$}  {formula}", kpi.slug);
    for note in &kpi.notes {
        let _ = writeln!(out, "           note: {note}");
    }
}
