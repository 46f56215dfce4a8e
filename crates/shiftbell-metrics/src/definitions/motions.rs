//! `[motions]`: the ways in which the company sells.

use std::collections::BTreeMap;
use std::ops::Range;

use rust_decimal::Decimal;

use super::document::{Entry, Item, Table};
use super::facts::{check_name, state, timeless};
use super::model::{Fact, Motion, Paced, Stage, Who};
use super::report::Report;
use super::stages::ENDS;
use crate::expression::Catalogue;

/// What the motions rest on.
pub(super) struct Ground<'g> {
    pub(super) facts: &'g [Fact],
    pub(super) chain: &'g [Stage],
    pub(super) catalogue: &'g Catalogue,
    pub(super) roles: &'g [String],
    /// Every motion in `[motions]`, read or not.
    pub(super) count: usize,
}

pub(super) fn read(report: &mut Report<'_>, table: &mut Table<'_>, ground: &Ground<'_>) -> Vec<Motion> {
    let entries = table.rest();
    if entries.is_empty() {
        let fix = Some("add [motions.all] and [motions.all.stages]".to_owned());
        report.problem(&table.span, "[motions] names no way to sell", fix);
    }
    let mut motions: Vec<(Motion, Range<usize>)> = Vec::new();
    for entry in &entries {
        match motion(report, entry, ground) {
            Some(motion) => motions.push((motion, entry.key.span.clone())),
            None => report.is_wrong("motion", &entry.key.text),
        }
    }
    if motions.len() == entries.len() {
        check_split(report, &motions, ground.catalogue);
    }
    motions.into_iter().map(|(motion, _)| motion).collect()
}

fn motion(report: &mut Report<'_>, entry: &Entry<'_>, ground: &Ground<'_>) -> Option<Motion> {
    check_name(report, &entry.key, "motion");
    let id = entry.key.text.clone();
    let mut table = entry.item.table(report, format!("[motions.{id}]"))?;
    let label = table.get("label").and_then(|item| item.text(report)).map(|label| label.text);
    let who = match table.get("who") {
        Some(item) => who(report, &item, ground.catalogue),
        None if ground.count == 1 => Some(Who::EveryoneElse),
        None => {
            let fix = Some("add who = \"everyone else\" or who = { company.segment = \"business\" }".to_owned());
            report.problem(&entry.key.span, format!("the motion \"{id}\" does not say who goes this way"), fix);
            None
        }
    };
    let moments = [("now", false), ("entry", true)];
    let as_of = table.get("as_of").and_then(|item| item.word(report, "moment to judge who it is", &moments));
    let touches = ["no", "low", "medium", "high", "dedicated"];
    let touch = table.get("touch").and_then(|item| item.one_of(report, "degree of touch", &touches));
    let leaders = ["sales", "marketing", "product", "success", "partners"];
    let lead_by = table.get("lead_by").and_then(|item| item.one_of(report, "part of the company", &leaders));
    let paces = [("working days", Paced::WorkingDays), ("calendar days", Paced::CalendarDays)];
    let paced = table.get("paced").and_then(|item| item.word(report, "pace", &paces));
    let later = [("expansion", false), ("count", true)];
    let later_wins = table.get("later_wins").and_then(|item| item.word(report, "way to count later wins", &later));
    let credit = table.get("credit").map(|item| credit(report, &item, &id, ground.roles)).unwrap_or_default();
    let example = "{ lead = \"form-sent\", won = \"contract-won\" }";
    let stages =
        table.require(report, "stages", example).and_then(|item| item.table(report, format!("[motions.{id}.stages]")));
    table.close(report);
    let mut motion = Motion {
        label: label.unwrap_or_else(|| id.clone()),
        id,
        who: who?,
        who_as_of_entry: as_of.unwrap_or(false),
        touch: touch.unwrap_or_else(|| "medium".to_owned()),
        lead_by: lead_by.unwrap_or_else(|| "sales".to_owned()),
        paced: paced.unwrap_or(Paced::WorkingDays),
        credit,
        stages: BTreeMap::new(),
        lost: Vec::new(),
        gone: Vec::new(),
        counts_again: later_wins.unwrap_or(false),
    };
    stage_facts(report, stages?, &mut motion, ground);
    Some(motion)
}

fn stage_facts(report: &mut Report<'_>, mut stages: Table<'_>, motion: &mut Motion, ground: &Ground<'_>) {
    for entry in stages.rest() {
        let facts = known_facts(report, &entry.item, ground.facts);
        match entry.key.text.as_str() {
            "lost" => motion.lost = facts,
            "gone" => motion.gone = facts,
            stage if ground.chain.iter().any(|known| known.id == stage) => {
                motion.stages.insert(stage.to_owned(), facts);
            }
            stage => {
                let known = ground.chain.iter().map(|known| known.id.as_str()).chain(ENDS);
                report.unknown(&entry.key.span, stage, "stage", known);
            }
        }
    }
    for end in motion.lost.iter().chain(&motion.gone) {
        if let Some((stage, _)) = motion.stages.iter().find(|(_, facts)| facts.contains(end)) {
            let message = format!("in \"{}\" the fact \"{end}\" both reaches \"{stage}\" and ends the way", motion.id);
            report.problem(&stages.span, message, Some("let it do one of them".to_owned()));
        }
    }
    if motion.stages.is_empty() {
        let message = format!("the motion \"{}\" says of no stage what it means", motion.id);
        report.problem(&stages.span, message, Some("add lines such as mql = \"meeting-request\"".to_owned()));
    }
}

/// One fact or a list of them, each of which must exist.
pub(super) fn known_facts(report: &mut Report<'_>, item: &Item<'_>, facts: &[Fact]) -> Vec<String> {
    let found = item.texts(report);
    for text in found.iter().filter(|text| !facts.iter().any(|fact| fact.name == text.text)) {
        report.unknown(&text.span, &text.text, "fact", facts.iter().map(|fact| fact.name.as_str()));
    }
    found.into_iter().map(|text| text.text).collect()
}

fn who(report: &mut Report<'_>, item: &Item<'_>, catalogue: &Catalogue) -> Option<Who> {
    if let Some(text) = item.as_text() {
        if text.text == "everyone else" {
            return Some(Who::EveryoneElse);
        }
        let fix = Some("write \"everyone else\" or { company.segment = \"business\" }".to_owned());
        report.problem(&text.span, format!("\"{}\" does not say who", text.text), fix);
        return None;
    }
    let mut table = item.table(report, "who")?;
    let when = table.get("when");
    let sentence = when.as_ref().and_then(|item| timeless(report, item, catalogue));
    let mut conditions = Vec::new();
    for entry in table.rest() {
        match entry.item.as_table("") {
            Some(of) => conditions.extend(state(report, &entry.key, of, catalogue)),
            None => {
                let fix = Some(format!("write company.{} = ..", entry.key.text));
                report.problem(&entry.key.span, format!("`{}` does not say whose field it is", entry.key.text), fix);
            }
        }
    }
    if table.keys().next().is_none() {
        report.problem(
            &item.span,
            "this does not say who",
            Some("write { company.segment = \"business\" }".to_owned()),
        );
    }
    Some(Who::That(conditions, sentence))
}

/// Motions split everybody: exactly one takes everyone else, and no two take the same.
fn check_split(report: &mut Report<'_>, motions: &[(Motion, Range<usize>)], catalogue: &Catalogue) {
    let takes_rest = |motion: &Motion| matches!(motion.who, Who::EveryoneElse);
    let others: Vec<_> = motions.iter().filter(|(motion, _)| takes_rest(motion)).collect();
    if let (true, Some((last, span))) = (others.is_empty(), motions.last()) {
        let fix = Some(format!("give one motion who = \"everyone else\", perhaps \"{}\"", last.id));
        report.problem(span, "nobody takes everyone else, so that some would be counted nowhere", fix);
    }
    for (motion, span) in others.iter().skip(1) {
        let fix = Some("say who goes this way".to_owned());
        report.problem(span, format!("\"{}\" is the second motion that takes everyone else", motion.id), fix);
    }
    for (index, (motion, span)) in motions.iter().enumerate() {
        for (before, _) in motions.iter().take(index) {
            if let Some(both) = shared(&before.who, &motion.who, catalogue) {
                let message = format!("{both} goes both ways, \"{}\" and \"{}\"", before.id, motion.id);
                report.problem(span, message, Some("name each value in one motion only".to_owned()));
            }
        }
    }
}

/// A value that two motions both take, where each is told apart by one and the same field.
fn shared(left: &Who, right: &Who, catalogue: &Catalogue) -> Option<String> {
    let (Who::That(left, None), Who::That(right, None)) = (left, right) else {
        return None;
    };
    let ([(field, values)], [(same, others)]) = (left.as_slice(), right.as_slice()) else {
        return None;
    };
    if field != same || !catalogue.contains(field) {
        return None;
    }
    let both = values.iter().find(|value| others.contains(value))?;
    Some(format!("`{field}` {}", both.to_json()))
}

/// Shares of roles, which must add up to 100 %.
fn credit(report: &mut Report<'_>, item: &Item<'_>, motion: &str, roles: &[String]) -> Vec<(String, Decimal)> {
    let Some(mut table) = item.table(report, format!("[motions.{motion}.credit]")) else {
        return Vec::new();
    };
    let mut shares = Vec::new();
    let mut is_whole = true;
    for entry in table.rest() {
        if !roles.contains(&entry.key.text) {
            report.unknown(&entry.key.span, &entry.key.text, "role", roles.iter().map(String::as_str));
        }
        match entry.item.percent(report) {
            Some(share) => shares.push((entry.key.text, share)),
            None => is_whole = false,
        }
    }
    let total: Decimal = shares.iter().map(|(_, share)| *share).sum();
    if is_whole && total != Decimal::ONE_HUNDRED {
        let message = format!("the credit adds up to {} %, not 100 %", total.normalize());
        report.problem(&item.span, message, Some("change a share until the whole is 100 %".to_owned()));
    }
    shares
}
