//! The KPIs of a sheet in a definitions file that has no problems.

use toml_edit::DocumentMut;

use super::super::model::{Definitions, Vocabulary};
use super::super::{FILE_BYTES_MAX, Problem, read};
use super::columns::{self, Column, Columns};
use super::drafts::{self, Draft, Left, unclear};
use super::judged::Places;
use super::known::Known;
use super::{Change, Imported, Refused, Sheet, Unclear, Understood, comments, merge, place, sentence, skeleton};
use crate::definitions::report::Checked;

/// What a sheet is read into.
#[derive(Clone, Copy, Debug)]
pub struct IntoFile<'a> {
    /// How the file is called in problems.
    pub file: &'a str,
    /// Its text; a new one is begun where there is none.
    pub text: Option<&'a str>,
    /// The name of the workspace of a new one.
    pub workspace: &'a str,
    pub vocabulary: &'a Vocabulary,
}

/// Reads the sheet that speaks of KPIs into a definitions file. What is unclear is named, and kept in the file as a comment.
///
/// # Errors
/// Why nothing can be made of it: there is no header, the file has problems of its own, or would have some elsewhere.
pub fn import(sheets: &[Sheet], into: IntoFile<'_>) -> Result<Imported, Refused> {
    let (_, columns, rows) = columns::find(sheets)?;
    let base = match into.text {
        Some(text) => comments::without(text),
        None => skeleton::text(into.workspace, rows, &columns),
    };
    let checked = read(into.file, &base, into.vocabulary);
    let Checked { definitions: Some(defs), .. } = checked else {
        let first = format!("{} has problems of its own; mend them first:", into.file);
        return Err(Refused(std::iter::once(first).chain(checked.problems.iter().map(ToString::to_string)).collect()));
    };
    let document: DocumentMut =
        base.parse().map_err(|error| Refused::because(format!("{} is no TOML: {error}", into.file)))?;
    let mut found = drafts::read(rows, &columns, &defs)?;
    merge::merge(&mut found, &columns, &defs);
    let mut work =
        Work { into, columns: &columns, defs: &defs, known: Known::of(&defs), document: &document, base: &base, found };
    let (text, after) = work.settle()?;
    Ok(work.told(text, &after))
}

/// What is being put together.
struct Work<'w> {
    into: IntoFile<'w>,
    columns: &'w Columns,
    /// The file as it was.
    defs: &'w Definitions,
    known: Known<'w>,
    document: &'w DocumentMut,
    /// Its text.
    base: &'w str,
    found: drafts::Read,
}

impl Work<'_> {
    /// Leaves out what the check would refuse, until it refuses nothing. Each round leaves out at least one cell.
    fn settle(&mut self) -> Result<(String, Definitions), Refused> {
        loop {
            let text = self.written();
            if text.len() > FILE_BYTES_MAX {
                let message = format!(
                    "the file would be {} bytes long, at most {FILE_BYTES_MAX} are read; split the sheet or shorten its cells",
                    text.len()
                );
                return Err(Refused::because(message));
            }
            let checked = read(self.into.file, &text, self.into.vocabulary);
            match checked.definitions {
                Some(after) if !self.forget_old_signatures(&after) => return Ok((text, after)),
                Some(_) => {}
                None => self.leave_out(&text, &checked.problems)?,
            }
        }
    }

    fn written(&self) -> String {
        let mut document = self.document.clone();
        let mut is_same = true;
        for draft in &self.found.drafts {
            is_same &= place::put(&mut document, draft, &self.known).0 == Change::Same;
        }
        // What changes nothing does not touch how its lines end, either.
        let mut text = if is_same { self.base.to_owned() } else { document.to_string() };
        text.push_str(&comments::of(&self.found, self.columns));
        text
    }

    /// A signature is for what a KPI meant on that day. Returns whether one had to go.
    fn forget_old_signatures(&mut self, after: &Definitions) -> bool {
        let mut is_any = false;
        for draft in self.found.drafts.iter_mut().filter(|draft| !draft.is_signature_old) {
            let of =
                |defs: &Definitions| defs.kpis.iter().find(|kpi| kpi.slug == draft.slug && kpi.is_written).cloned();
            let (Some(before), Some(now)) = (of(self.defs), of(after)) else { continue };
            if let Some(date) = before.signed.filter(|_| before.version != now.version && before.signed == now.signed) {
                draft.is_signature_old = true;
                draft.notes.push(format!(
                    "it means something else now, so the signature of {date} is taken out; sign it anew"
                ));
                is_any = true;
            }
        }
        is_any
    }

    /// Leaves out the cells or rows that these problems are about.
    fn leave_out(&mut self, text: &str, problems: &[Problem]) -> Result<(), Refused> {
        let places = Places::of(text);
        let mut elsewhere = Vec::new();
        for problem in problems {
            let place = places.at(problem.span.start);
            let draft = place.and_then(|(slug, _)| self.found.drafts.iter().position(|draft| draft.slug == slug));
            match (place, draft) {
                (Some((_, key)), Some(at)) => self.leave(at, key, problem),
                // Its KPI has just gone, and with it what is said of it.
                (Some((slug, _)), None) if self.found.left.iter().any(|left| left.slug == slug) => {}
                _ => elsewhere.push(problem.to_string()),
            }
        }
        if elsewhere.is_empty() {
            return Ok(());
        }
        let first = format!("with this sheet, {} would have problems elsewhere; nothing is written:", self.into.file);
        Err(Refused(std::iter::once(first).chain(elsewhere).collect()))
    }

    fn leave(&mut self, at: usize, key: &str, problem: &Problem) {
        let Some(draft) = self.found.drafts.get_mut(at) else { return };
        let column = match column_of(key) {
            Column::Id if !self.columns.has(Column::Id) => Column::Name,
            column => column,
        };
        let (message, fix) = (problem.message.clone(), problem.fix.clone());
        let fix = fix.unwrap_or_else(|| match column {
            Column::Target => "write a number, a rate such as 30 % or a span such as 40 days".to_owned(),
            _ => "write something else".to_owned(),
        });
        let row = draft.rows.first().copied().unwrap_or_default();
        let value = draft.cells.iter().find(|(of, _)| *of == column).map_or("", |(_, value)| value.as_str());
        let is_cell = match key {
            "owner" => draft.owner.take().is_some(),
            "signed" => draft.signed.take().is_some(),
            "target" => {
                let target = std::mem::take(&mut draft.target);
                target.every.is_some() || !target.by_motion.is_empty()
            }
            _ => false,
        };
        let unclear = unclear(row, self.columns.header(column), value, message, fix, !is_cell);
        if is_cell {
            self.found.unclear.push((draft.slug.clone(), unclear));
        } else {
            let draft = self.found.drafts.remove(at);
            self.found.unclear.retain(|(slug, _)| *slug != draft.slug);
            self.found.left.push(Left { slug: draft.slug, cells: draft.cells, unclear });
        }
    }

    fn told(self, text: String, after: &Definitions) -> Imported {
        let mut document = self.document.clone();
        let known = Known::of(after);
        let understood = self.found.drafts.iter().map(|draft: &Draft| {
            let (change, taken) = place::put(&mut document, draft, &self.known);
            let kpi = after.kpis.iter().find(|kpi| kpi.slug == draft.slug);
            Understood {
                rows: draft.rows.clone(),
                slug: draft.slug.clone(),
                formula: kpi.map(|kpi| sentence::of(&known, kpi)).unwrap_or_default(),
                change,
                notes: draft.notes.iter().cloned().chain(taken).filter(|_| change != Change::Same).collect(),
            }
        });
        let understood = understood.collect();
        let cells = self.found.unclear.into_iter().map(|(_, unclear)| unclear);
        let mut unclear: Vec<Unclear> = self.found.left.into_iter().map(|left| left.unclear).chain(cells).collect();
        unclear.sort_by_key(|unclear| unclear.row);
        Imported { text, understood, unclear }
    }
}

/// The column from which a key of a KPI comes.
fn column_of(key: &str) -> Column {
    match key {
        "" => Column::Id,
        "label" | "also" => Column::Name,
        "means" => Column::Definition,
        "level" => Column::Level,
        "owner" => Column::Owner,
        "motion" => Column::Segment,
        "target" => Column::Target,
        "signed" => Column::Signed,
        _ => Column::Formula,
    }
}
