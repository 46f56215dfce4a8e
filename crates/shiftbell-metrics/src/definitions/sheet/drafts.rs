//! Rows of a sheet as KPIs, as far as each row says by itself.

use jiff::civil::Date;

use super::super::model::{Definitions, Kpi, PerMotion};
use super::super::words;
use super::cells::{after, folded, is_error, shortened};
use super::columns::{Column, Columns, level};
use super::formula::{self, Doubt, Formula};
use super::known::Known;
use super::{Refused, Row, Unclear, per_motion, standard};

/// A KPI as a row says it. What the row does not say is `None`, and stays as the file has it.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) rows: Vec<usize>,
    pub(super) slug: String,
    pub(super) label: String,
    pub(super) level: Option<Option<&'static str>>,
    pub(super) means: PerMotion<String>,
    pub(super) formula: Formula,
    pub(super) owner: Option<String>,
    /// `Some(None)`: in every motion.
    pub(super) motion: Option<Option<String>>,
    pub(super) target: PerMotion<String>,
    pub(super) signed: Option<Date>,
    pub(super) notes: Vec<String>,
    pub(super) cells: Cells,
    /// The signature is one of an older meaning.
    pub(super) is_signature_old: bool,
    /// Whether the name stands in a cell that is merged over several rows.
    pub(super) is_name_merged: bool,
}

/// What stands in the cells of a row, for whoever mends it.
pub(super) type Cells = Vec<(Column, String)>;

/// A row that is no KPI yet.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) slug: String,
    pub(super) cells: Cells,
    pub(super) unclear: Unclear,
}

/// What came of all rows.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) drafts: Vec<Draft>,
    pub(super) left: Vec<Left>,
    /// Single cells that are not understood, of KPIs that are.
    pub(super) unclear: Vec<(String, Unclear)>,
}

/// A row with the names that it goes by.
struct Entry<'r> {
    row: &'r Row,
    level: Option<Option<&'static str>>,
    slug: String,
    label: String,
    /// What else goes by this name.
    note: Option<String>,
}

/// Reads the rows below the header. What a formula names may stand in a later row.
pub(super) fn read(rows: &[Row], columns: &Columns, defs: &Definitions) -> Result<Read, Refused> {
    let named = rows.iter().filter(|row| !columns.cell(row, Column::Name).is_empty()).count();
    if named > super::KPIS_MAX {
        let message = format!("the sheet has {named} rows with a name; at most {} KPIs are read", super::KPIS_MAX);
        return Err(Refused::because(message));
    }
    let mut read = Read::default();
    let entries = entries(rows, columns, defs, &mut read);
    let mut known = Known::of(defs);
    for entry in &entries {
        known.add(&entry.slug, &entry.label);
    }
    for entry in entries {
        draft(entry, columns, &known, &mut read);
    }
    Ok(read)
}

fn entries<'r>(rows: &'r [Row], columns: &Columns, defs: &Definitions, read: &mut Read) -> Vec<Entry<'r>> {
    let mut entries = Vec::new();
    let mut section: Option<Option<&'static str>> = None;
    for row in rows {
        let mut filled = row.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        let (first, second) = (filled.next(), filled.next());
        let Some(first) = first else { continue };
        if second.is_none()
            && let Some(level) = level(first)
        {
            section = Some(level);
            continue;
        }
        let is_header = Column::ALL.iter().all(|column| {
            let cell = columns.cell(row, *column);
            cell.is_empty() || cell == columns.header(*column)
        });
        let says = |column| !columns.cell(row, column).is_empty();
        if is_header && says(Column::Name) {
            continue;
        }
        match name(row, columns, defs) {
            Ok((slug, label)) => {
                let text = columns.cell(row, Column::Formula);
                let note =
                    standard::called(&label, defs).filter(|kpi| kpi.slug != slug).map(|kpi| standard::note(kpi, text));
                entries.push(Entry { row, level: section, slug, label, note });
            }
            Err(unclear) => {
                let slug = words::as_name(columns.cell(row, Column::Name));
                read.left.push(Left { slug, cells: cells(row, columns), unclear });
            }
        }
    }
    entries
}

/// The slug and the label of a row.
fn name(row: &Row, columns: &Columns, defs: &Definitions) -> Result<(String, String), Unclear> {
    let (label, id) = (columns.cell(row, Column::Name), columns.cell(row, Column::Id));
    let wrong = |column: Column, message: &str, fix: String| {
        unclear(row.number, columns.header(column), columns.cell(row, column), message, fix, true)
    };
    if let Some(column) = Column::ALL.into_iter().find(|column| is_error(columns.cell(row, *column))) {
        return Err(wrong(
            column,
            "the spreadsheet could not work this cell out",
            "mend it there, or write the text".into(),
        ));
    }
    if label.is_empty() && id.is_empty() {
        let fix = "write what people call the KPI, or take the row out".to_owned();
        return Err(wrong(Column::Name, "the row has no name", fix));
    }
    let label = label.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    if !id.is_empty() {
        let fix = format!("write \"{}\"", words::as_name(id));
        let message = "an ID has small letters, digits and hyphens, and begins with a letter";
        return if words::is_name(id) {
            Ok((id.to_owned(), if label.is_empty() { id.to_owned() } else { label }))
        } else {
            Err(wrong(Column::Id, message, fix))
        };
    }
    let called = folded(&label);
    let is_meant = |kpi: &&Kpi| standard::is_meant(kpi, columns.cell(row, Column::Formula), defs);
    let mut all = defs.kpis.iter().filter(is_meant);
    let known = all.clone().find(|kpi| folded(&kpi.label) == called || folded(&kpi.slug) == called);
    let known = known.or_else(|| all.find(|kpi| kpi.also.iter().any(|also| folded(also) == called)));
    let slug = known.map_or_else(|| words::as_name(&label), |kpi| kpi.slug.clone());
    let slug = slug.trim_end_matches('-').to_owned();
    if slug.is_empty() {
        let fix = "add a column ID with a name such as \"won-amount\"".to_owned();
        return Err(wrong(Column::Name, "it has no letters a to z, of which commands could make a name", fix));
    }
    Ok((slug, label))
}

pub(super) fn unclear(
    row: usize,
    column: String,
    value: &str,
    message: impl Into<String>,
    fix: impl Into<String>,
    whole_row: bool,
) -> Unclear {
    Unclear { row, column, value: value.to_owned(), message: message.into(), fix: fix.into(), whole_row }
}

fn cells(row: &Row, columns: &Columns) -> Cells {
    let all = Column::ALL.into_iter().filter(|column| *column != Column::Version);
    let all = all.map(|column| (column, columns.cell(row, column).to_owned()));
    all.filter(|(_, cell)| !cell.is_empty()).collect()
}

fn draft(entry: Entry<'_>, columns: &Columns, known: &Known<'_>, read: &mut Read) {
    let Entry { row, level: section, slug, label, note } = entry;
    let cell = |column| columns.cell(row, column);
    let of = |column: Column, doubt: Doubt, whole| {
        unclear(row.number, columns.header(column), cell(column), doubt.message, doubt.fix, whole)
    };
    let motions = &known.defs.motions;
    let mut notes: Vec<String> = note.into_iter().collect();
    let formula = match cell(Column::Formula) {
        "" => formula::by_name(&label, known),
        text => formula::read(text, known),
    };
    let formula = formula.and_then(|formula| standard::with_its_meaning(&slug, formula, known.defs));
    let formula = formula.map_err(|doubt| of(Column::Formula, doubt, true));
    let motion = segment(cell(Column::Segment), known, &mut notes).map_err(|doubt| of(Column::Segment, doubt, true));
    let mut soft = |column, doubt| read.unclear.push((slug.clone(), of(column, doubt, false)));
    let level = match cell(Column::Level) {
        "" => section,
        text => level(text).or_else(|| {
            let doubt = Doubt::new("it is no level", "write North Star, Primary or Secondary, or leave it empty");
            soft(Column::Level, doubt);
            section
        }),
    };
    let owner = owner(cell(Column::Owner)).unwrap_or_else(|doubt| {
        soft(Column::Owner, doubt);
        None
    });
    let signed = date(cell(Column::Signed)).unwrap_or_else(|doubt| {
        soft(Column::Signed, doubt);
        None
    });
    // Every cell of a row is looked at, so that it has to be mended once.
    let (formula, motion) = match (formula, motion) {
        (Ok(formula), Ok(motion)) => (formula, motion),
        (Err(first), second) => {
            read.unclear.extend(second.err().map(|unclear| (slug.clone(), unclear)));
            read.left.push(Left { slug, cells: cells(row, columns), unclear: first });
            return;
        }
        (Ok(_), Err(unclear)) => {
            read.left.push(Left { slug, cells: cells(row, columns), unclear });
            return;
        }
    };
    notes.extend(formula.note.clone());
    read.drafts.push(Draft {
        rows: vec![row.number],
        slug,
        label,
        level,
        means: per_motion::read(cell(Column::Definition), motions),
        formula,
        owner,
        motion,
        target: per_motion::read(cell(Column::Target), motions),
        signed,
        notes,
        cells: cells(row, columns),
        is_signature_old: false,
        is_name_merged: columns.is_merged(row, Column::Name),
    });
}

/// The motion that a cell names; `Some(None)` for all of them.
fn segment(text: &str, known: &Known<'_>, notes: &mut Vec<String>) -> Result<Option<Option<String>>, Doubt> {
    let motions = &known.defs.motions;
    if text.is_empty() {
        return Ok(None);
    }
    if is_everybody(text) {
        return Ok(Some(None));
    }
    if let Some(motion) = per_motion::named(text, motions) {
        return Ok(Some(Some(motion.id.clone())));
    }
    let parts: Vec<&str> = parts(text).collect();
    if !motions.is_empty() && motions.iter().all(|motion| parts.iter().any(|part| named(part, motion))) {
        return Ok(Some(None));
    }
    let is_dimension = |part: &&str| {
        let part = after(part, &["by "]).unwrap_or(part);
        known
            .defs
            .dimensions
            .iter()
            .any(|dimension| super::cells::singular(&dimension.name) == super::cells::singular(part))
    };
    if !parts.is_empty() && parts.iter().all(is_dimension) {
        notes.push(format!("every KPI can be asked by {}; nothing needs to be written for it", shortened(text)));
        return Ok(None);
    }
    if !parts.is_empty() && parts.iter().all(|part| after(part, &["by "]).is_some()) {
        notes.push(format!("\"{}\" is a breakout: write it under [dimensions], once for all KPIs", shortened(text)));
        return Ok(None);
    }
    let names = motions.iter().map(|motion| motion.id.as_str()).collect::<Vec<_>>().join(", ");
    Err(Doubt::new("it is no motion of this file", format!("write one of these: {names}, or leave it empty for all")))
}

fn named(part: &str, motion: &super::super::model::Motion) -> bool {
    per_motion::named(part, std::slice::from_ref(motion)).is_some()
}

pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split([',', ';', '/', '&', '+', '\n']).flat_map(|part| part.split(" and "));
    parts.map(str::trim).filter(|part| !part.is_empty())
}

pub(super) fn is_everybody(text: &str) -> bool {
    ["all", "both", "any", "every", "everyone", "na", "none", "total", "company", "overall", ""]
        .contains(&folded(text).as_str())
}

/// An e-mail address, alone or as `Ann Lee <ann@clowns.example>`.
pub(super) fn owner(text: &str) -> Result<Option<String>, Doubt> {
    if text.is_empty() {
        return Ok(None);
    }
    let address =
        text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(text, |(inner, _)| inner).trim();
    if text.matches('@').count() > 1 {
        return Err(Doubt::new("a definition has one owner", "write the e-mail address of one person"));
    }
    if !words::is_email(address) {
        return Err(Doubt::new("it is no e-mail address", "write the owner's, such as ann@clowns.example"));
    }
    Ok(Some(address.to_owned()))
}

fn date(text: &str) -> Result<Option<Date>, Doubt> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_iso = text.len() == 10;
    let date = text.parse::<Date>().ok().filter(|_| is_iso);
    date.map(Some).ok_or_else(|| Doubt::new("it is no date", "write the day of the signature as 2026-11-02"))
}
