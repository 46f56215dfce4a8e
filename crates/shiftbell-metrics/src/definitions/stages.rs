//! `[stages]`: one chain for the whole company.

use super::document::{Item, Table};
use super::facts::check_name;
use super::model::{Dimension, SkipPolicy, Stage, StageOf};
use super::report::Report;

/// The parts of the bowtie, from left to right.
pub(super) const BOWTIE: [&str; 7] =
    ["awareness", "education", "selection", "commit", "onboarding", "adoption", "expansion"];

/// Keys of `[motions.x.stages]` that are no stage.
pub(super) const ENDS: [&str; 2] = ["lost", "gone"];

pub(super) fn read(
    report: &mut Report<'_>,
    mut table: Table<'_>,
    dimensions: &[Dimension],
) -> (Vec<Stage>, SkipPolicy) {
    let words = [("implied", SkipPolicy::Implied), ("strict", SkipPolicy::Strict), ("any", SkipPolicy::Any)];
    let skipped = table.get("skipped").and_then(|item| item.word(report, "way to count skipped stages", &words));
    let mut chain: Vec<Stage> = Vec::new();
    if let Some(item) = table.require(
        report,
        "chain",
        "[ { id = \"lead\", label = \"Leads\", of = \"contact\", bowtie = \"awareness\" } ]",
    ) {
        match item.list() {
            Some(items) => {
                for item in &items {
                    match stage(report, item, &chain, dimensions) {
                        Some(stage) => chain.push(stage),
                        None => remember_wrong(report, item),
                    }
                }
                check_chain(report, &item, &chain);
            }
            None => item.wrong(report, "a list of stages"),
        }
    }
    table.close(report);
    (chain, skipped.unwrap_or(SkipPolicy::Implied))
}

fn stage(report: &mut Report<'_>, item: &Item<'_>, before: &[Stage], dimensions: &[Dimension]) -> Option<Stage> {
    let mut table = item.table(report, "a stage")?;
    let id = table.require(report, "id", "\"mql\"").and_then(|item| item.text(report));
    let label = table.get("label").and_then(|item| item.text(report));
    let kinds = [
        ("visitor", StageOf::Visitor),
        ("contact", StageOf::Contact),
        ("deal", StageOf::Deal),
        ("customer", StageOf::Customer),
    ];
    let of =
        table.require(report, "of", "\"contact\"").and_then(|item| item.word(report, "thing a stage counts", &kinds));
    let part = table.require(report, "bowtie", "\"awareness\"");
    let bowtie = part.as_ref().and_then(|item| item.one_of(report, "part of the bowtie", &BOWTIE));
    let feeds = table.get("feeds").and_then(|item| item.one_of(report, "part of the bowtie", &BOWTIE));
    let seen_as = table.get("seen_as").and_then(|item| seen_as(report, &item, dimensions));
    table.close(report);
    let (id, of, bowtie) = (id?, of?, bowtie?);
    check_name(report, &id, "stage");
    if ENDS.contains(&id.text.as_str()) {
        let fix = Some("choose another id".to_owned());
        report.problem(&id.span, format!("\"{}\" is how a way ends, not a stage", id.text), fix);
        return None;
    }
    if before.iter().any(|stage| stage.id == id.text) {
        report.problem(&id.span, format!("the stage \"{}\" is already in the chain", id.text), None);
    }
    let place = |part: &str| BOWTIE.iter().position(|known| *known == part);
    if let (Some(last), Some(part)) = (before.last(), part)
        && place(&last.bowtie) > place(&bowtie)
    {
        let fix = Some(format!("the parts are in this order: {}", BOWTIE.join(", ")));
        let message = format!("\"{bowtie}\" is before \"{}\", the part of the stage above it", last.bowtie);
        report.problem(&part.span, message, fix);
    }
    let label = label.map_or_else(|| id.text.clone(), |label| label.text);
    Some(Stage { id: id.text, label, of, bowtie, feeds, seen_as })
}

/// `{ source = "referral" }`: one dimension and one of its values.
fn seen_as(report: &mut Report<'_>, item: &Item<'_>, dimensions: &[Dimension]) -> Option<(String, String)> {
    let mut table = item.table(report, "seen_as")?;
    let mut pairs = table.rest().into_iter();
    let (Some(entry), None) = (pairs.next(), pairs.next()) else {
        let fix = Some("write { source = \"referral\" }".to_owned());
        report.problem(&item.span, "this names one dimension and one value", fix);
        return None;
    };
    let Some(dimension) = dimensions.iter().find(|known| known.name == entry.key.text) else {
        let known = dimensions.iter().map(|known| known.name.as_str());
        report.unknown(&entry.key.span, &entry.key.text, "dimension", known);
        return None;
    };
    let value = entry.item.text(report)?;
    if !dimension.values.is_empty() && !dimension.values.contains(&value.text) {
        report.unknown(&value.span, &value.text, "value", dimension.values.iter().map(String::as_str));
    }
    Some((entry.key.text, value.text))
}

fn remember_wrong(report: &mut Report<'_>, item: &Item<'_>) {
    let id = item.as_table("").and_then(|mut table| table.get("id")).and_then(|item| item.as_text());
    if let Some(id) = id {
        report.is_wrong("stage", &id.text);
    }
}

fn check_chain(report: &mut Report<'_>, item: &Item<'_>, chain: &[Stage]) {
    if chain.len() < 2 {
        report.problem(&item.span, "a chain has at least two stages", Some("add the stages of the sale".to_owned()));
    } else if !chain.iter().any(|stage| stage.bowtie == "commit") {
        let fix = Some("give the stage of the sale bowtie = \"commit\"".to_owned());
        report.problem(&item.span, "no stage is the sale, the knot of the bowtie", fix);
    }
}
