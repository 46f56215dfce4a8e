//! One KPI in several rows: one row for each motion is one KPI, anything else is a name given twice.

use std::collections::BTreeMap;

use super::super::model::{Definitions, PerMotion};
use super::columns::{Column, Columns};
use super::drafts::{Draft, Left, Read, unclear};
use super::formula::Kind;

/// Makes one KPI of the rows of each name, or leaves out what does not fit.
pub(super) fn merge(read: &mut Read, columns: &Columns, defs: &Definitions) {
    let mut by_slug: Vec<Vec<Draft>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for draft in read.drafts.drain(..) {
        let place = *places.entry(draft.slug.clone()).or_insert_with(|| {
            by_slug.push(Vec::new());
            by_slug.len() - 1
        });
        if let Some(group) = by_slug.get_mut(place) {
            group.push(draft);
        }
    }
    for group in by_slug {
        let mut group = group.into_iter();
        let Some(first) = group.next() else { continue };
        let others: Vec<Draft> = group.collect();
        match one_of(&first, &others, defs) {
            Some(whole) => read.drafts.push(whole),
            None => {
                read.left.extend(others.into_iter().map(|other| twice(&first, other, columns)));
                read.drafts.push(first);
            }
        }
    }
}

fn twice(first: &Draft, other: Draft, columns: &Columns) -> Left {
    let row = first.rows.first().copied().unwrap_or_default();
    let message = format!("row {row} is \"{}\" already", first.slug);
    let fix = if other.is_name_merged {
        "unmerge the cell and write the name of each row"
    } else {
        "take one of them out or give it another name; rows of one KPI for several motions say the same but for the segment, \
         the window and the target, and cover all motions"
    };
    let number = other.rows.first().copied().unwrap_or_default();
    let value = other.label.clone();
    let unclear = unclear(number, columns.header(Column::Name), &value, message, fix, true);
    Left { slug: other.slug, cells: other.cells, unclear }
}

/// The KPI of which each row is what it is in one motion; `None` if they are not.
fn one_of(first: &Draft, others: &[Draft], defs: &Definitions) -> Option<Draft> {
    if others.is_empty() {
        return Some(first.clone());
    }
    let mut whole = first.clone();
    let all: Vec<&Draft> = std::iter::once(first).chain(others).collect();
    let mut motions: Vec<&str> = all.iter().filter_map(|draft| draft.motion.as_ref()?.as_deref()).collect();
    motions.sort_unstable();
    motions.dedup();
    if motions.len() != all.len() || motions.len() != defs.motions.len() {
        return None;
    }
    let same = |draft: &&Draft| without_window(&draft.formula.kind) == without_window(&first.formula.kind);
    if !all.iter().all(same) || all.iter().any(|draft| draft.formula.is_sourced != first.formula.is_sourced) {
        return None;
    }
    whole.means = by_motion(&all, |draft| draft.means.every.clone());
    whole.target = by_motion(&all, |draft| draft.target.every.clone());
    if let Kind::Conversion { within, .. } = &mut whole.formula.kind {
        *within = by_motion(&all, |draft| match &draft.formula.kind {
            Kind::Conversion { within, .. } => {
                Some(within.every.clone().unwrap_or_else(|| super::super::kpis::WINDOW.to_string()))
            }
            _ => None,
        });
    }
    whole.motion = Some(None);
    whole.rows = all.iter().flat_map(|draft| draft.rows.clone()).collect();
    whole.owner = all.iter().find_map(|draft| draft.owner.clone());
    whole.signed = all.iter().filter_map(|draft| draft.signed).max();
    whole.level = all.iter().find_map(|draft| draft.level);
    whole.notes = all.iter().flat_map(|draft| draft.notes.clone()).collect();
    whole.notes.dedup();
    let owners: Vec<&String> = all.iter().filter_map(|draft| draft.owner.as_ref()).collect();
    if let Some(other) = owners.iter().find(|owner| owners.first() != Some(owner)) {
        whole.notes.push(format!("a KPI has one owner: {} and not {other}", owners.first().copied()?));
    }
    Some(whole)
}

fn without_window(kind: &Kind) -> Kind {
    match kind {
        Kind::Conversion { from, to, .. } => {
            Kind::Conversion { from: from.clone(), to: to.clone(), within: PerMotion::default() }
        }
        other => other.clone(),
    }
}

/// What all say is one value; what only some say, or differently, is one for each motion.
fn by_motion(all: &[&Draft], of: impl Fn(&Draft) -> Option<String>) -> PerMotion<String> {
    let values: Vec<(String, String)> =
        all.iter().filter_map(|draft| Some((draft.motion.clone()??, of(draft)?))).collect();
    match values.first() {
        Some((_, first)) if values.len() == all.len() && values.iter().all(|(_, value)| value == first) => {
            PerMotion::every(first.clone())
        }
        _ => PerMotion { every: None, by_motion: values.into_iter().collect() },
    }
}
