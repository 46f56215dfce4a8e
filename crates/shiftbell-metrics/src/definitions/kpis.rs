//! `[kpis]`: what is talked about.

pub(crate) mod economics;
mod formula;
mod kind;
pub(crate) mod pipeline;
mod standard;
mod target;

use std::ops::Range;

pub use economics::{is_economics, rests_on_cost, rests_on_recurring};
pub(super) use kind::{KINDS, WINDOW, standard_is_rate};
pub(super) use pipeline::WIN_RATE;
pub use pipeline::is_pipeline;
pub(super) use target::read as read_target;

use super::document::{Entry, Item, Table};
use super::facts::check_name;
use super::model::{Better, CountOf, Fact, Kpi, KpiKind, Motion, PerMotion, Policies, Stage};
use super::people::People;
use super::report::Report;
use crate::expression::Catalogue;

/// Words that a command understands in the place of a KPI.
const RESERVED: [&str; 4] = ["list", "help", "why", "all"];

/// The standard KPIs: those of recurring revenue, and those of deals on their way.
pub(super) fn standard_names() -> impl Iterator<Item = &'static str> {
    kind::standard_names().chain(pipeline::names()).chain(economics::names())
}

/// What KPIs rest on.
#[derive(Clone, Copy)]
pub(super) struct Ground<'g> {
    pub(super) facts: &'g [Fact],
    pub(super) chain: &'g [Stage],
    pub(super) motions: &'g [Motion],
    pub(super) catalogue: &'g Catalogue,
    pub(super) people: &'g People,
    /// Ids of the rules.
    pub(super) rules: &'g [String],
    /// Those of them that watch reported doubts.
    pub(super) doubt_rules: &'g [String],
    /// Whether the business model has recurring revenue.
    pub(super) has_recurring: bool,
    pub(super) policies: &'g Policies,
}

/// A KPI of the file, with what can only be checked when all are known.
struct Written<'a> {
    kpi: Kpi,
    slug_span: Range<usize>,
    also: Vec<(String, Range<usize>)>,
    leads_to: Vec<(String, Range<usize>)>,
    formula: Option<Item<'a>>,
}

/// The KPIs of the file, then the standard family.
pub(super) fn read(report: &mut Report<'_>, table: Option<Table<'_>>, ground: Ground<'_>) -> Vec<Kpi> {
    let entries = table.map(|mut table| table.rest()).unwrap_or_default();
    let mut written: Vec<Written<'_>> = Vec::new();
    for entry in &entries {
        match kpi(report, entry, ground) {
            Some(kpi) => written.push(kpi),
            None => report.is_wrong("KPI", &entry.key.text),
        }
    }
    check_names(report, &written);
    let mut kpis: Vec<Kpi> = written.iter().map(|written| written.kpi.clone()).collect();
    standard::complete(&mut kpis, ground);
    pipeline::complete(&mut kpis, ground);
    economics::complete(&mut kpis, ground);
    for one in &written {
        for (name, span) in &one.leads_to {
            if !ground.chain.iter().any(|stage| stage.id == *name) {
                known_kpi(report, name, span, &kpis);
            }
        }
    }
    formula::complete(report, &mut kpis, &written, ground.catalogue);
    kpis
}

/// The KPI with this slug or other name; reports one that does not exist.
pub(super) fn known_kpi<'k>(
    report: &mut Report<'_>,
    name: &str,
    span: &Range<usize>,
    kpis: &'k [Kpi],
) -> Option<&'k Kpi> {
    let found = find(name, kpis);
    if found.is_none() {
        let names = kpis.iter().flat_map(|kpi| std::iter::once(&kpi.slug).chain(&kpi.also)).map(String::as_str);
        report.unknown(span, name, "KPI", names);
    }
    found
}

fn find<'k>(name: &str, kpis: &'k [Kpi]) -> Option<&'k Kpi> {
    kpis.iter()
        .find(|kpi| kpi.slug == name)
        .or_else(|| kpis.iter().find(|kpi| kpi.also.iter().any(|also| also == name)))
}

fn kpi<'a>(report: &mut Report<'_>, entry: &Entry<'a>, ground: Ground<'_>) -> Option<Written<'a>> {
    check_name(report, &entry.key, "KPI");
    let slug = entry.key.text.clone();
    let mut table = entry.item.table(report, format!("[kpis.{slug}]"))?;
    let label = table.get("label").and_then(|item| item.text(report)).map(|label| label.text);
    let also = table.get("also").map(|item| item.texts(report)).unwrap_or_default();
    for name in &also {
        check_name(report, name, "KPI");
    }
    let means = table
        .get("means")
        .map(|item| per_motion(report, &item, ground.motions, |report, item| item.text(report).map(|text| text.text)));
    let levels = ["north-star", "primary", "secondary"];
    let level = table.get("level").and_then(|item| item.one_of(report, "level of a KPI", &levels));
    let motion = table.get("motion").and_then(|item| known_motion(report, &item, ground.motions));
    let kind::Read { kind, word, formula } = kind::read(report, entry, &mut table, motion.as_deref(), ground);
    let target = table.get("target").map(|item| {
        per_motion(report, &item, ground.motions, |report, item| match &kind {
            Some(kind) => target::read(report, item, &slug, kind),
            None => target::read_by_word(report, item, &slug, word),
        })
    });
    let directions = [("higher", Better::Higher), ("lower", Better::Lower)];
    let better = table.get("better").and_then(|item| item.word(report, "direction", &directions));
    let owner = table.get("owner").and_then(|item| ground.people.known(report, &item));
    let signed = table.get("signed").and_then(|item| item.date(report));
    let leads_to = table.get("leads_to").map(|item| item.texts(report)).unwrap_or_default();
    let was = table.get("was").and_then(|item| item.text(report)).map(|was| was.text);
    let credits = ["sourced", "owner"];
    let credit = table.get("credit").and_then(|item| item.one_of(report, "way to give credit", &credits));
    table.close(report);
    let kind = kind?;
    let not_active = kind::not_active(&kind, ground);
    if let Some(why) = &not_active {
        report.note(&entry.key.span, format!("kpis.{slug}"), why.clone());
    }
    let spanned = |texts: Vec<super::document::Text>| texts.into_iter().map(|text| (text.text, text.span)).collect();
    let kpi = Kpi {
        label: label.unwrap_or_else(|| slug.clone()),
        slug,
        also: also.iter().map(|name| name.text.clone()).collect(),
        means: means.unwrap_or_default(),
        level,
        kind,
        motion,
        target: target.unwrap_or_default(),
        better: better.unwrap_or(Better::Higher),
        owner,
        signed,
        leads_to: leads_to.iter().map(|name| name.text.clone()).collect(),
        was,
        credit: credit.filter(|credit| credit == "sourced"),
        is_written: true,
        version: String::new(),
        not_active,
    };
    let slug_span = entry.key.span.clone();
    Some(Written { kpi, slug_span, also: spanned(also), leads_to: spanned(leads_to), formula })
}

/// Every name belongs to one KPI.
fn check_names(report: &mut Report<'_>, written: &[Written<'_>]) {
    let mut taken: Vec<(&str, &str)> =
        written.iter().map(|one| (one.kpi.slug.as_str(), one.kpi.slug.as_str())).collect();
    for one in written {
        if RESERVED.contains(&one.kpi.slug.as_str()) {
            let message = format!("\"{}\" is a word of the command and cannot be the name of a KPI", one.kpi.slug);
            report.problem(&one.slug_span, message, Some("choose another name".to_owned()));
        }
        for (name, span) in &one.also {
            let holder = taken.iter().find(|(known, _)| known == name).map(|(_, slug)| *slug);
            match holder {
                Some(slug) => {
                    let message = format!("\"{name}\" is already a name of the KPI \"{slug}\"");
                    report.problem(span, message, Some("each name belongs to one KPI".to_owned()));
                }
                None if RESERVED.contains(&name.as_str()) => {
                    let message = format!("\"{name}\" is a word of the command and cannot be the name of a KPI");
                    report.problem(span, message, Some("choose another name".to_owned()));
                }
                None => taken.push((name, &one.kpi.slug)),
            }
        }
    }
}

/// One value for all motions, or a table with one for each.
pub(super) fn per_motion<T>(
    report: &mut Report<'_>,
    item: &Item<'_>,
    motions: &[Motion],
    read: impl Fn(&mut Report<'_>, &Item<'_>) -> Option<T>,
) -> PerMotion<T> {
    let mut result = PerMotion { every: None, by_motion: std::collections::BTreeMap::new() };
    match item.as_table("") {
        None => result.every = read(report, item),
        Some(mut table) => {
            for entry in table.rest() {
                if !motions.iter().any(|motion| motion.id == entry.key.text) {
                    let known = motions.iter().map(|motion| motion.id.as_str());
                    report.unknown(&entry.key.span, &entry.key.text, "motion", known);
                }
                if let Some(value) = read(report, &entry.item) {
                    result.by_motion.insert(entry.key.text, value);
                }
            }
        }
    }
    result
}

pub(super) fn known_motion(report: &mut Report<'_>, item: &Item<'_>, motions: &[Motion]) -> Option<String> {
    let text = item.text(report)?;
    let found = motions.iter().any(|motion| motion.id == text.text);
    if !found {
        report.unknown(&text.span, &text.text, "motion", motions.iter().map(|motion| motion.id.as_str()));
    }
    found.then_some(text.text)
}

/// The stages that a kind of KPI names.
pub(super) fn stages_of(kind: &KpiKind) -> Vec<&str> {
    match kind {
        KpiKind::Count { of: CountOf::Stage(stage) } | KpiKind::Sum { at: CountOf::Stage(stage), .. } => vec![stage],
        KpiKind::Conversion { from, to, .. } => vec![from, to],
        KpiKind::Time { from, to: super::model::TimeTo::Stage(to), .. } => vec![from, to],
        KpiKind::Time { from, to: super::model::TimeTo::Fact(_), .. } => vec![from],
        KpiKind::Count { of: CountOf::Facts(_) }
        | KpiKind::Sum { at: CountOf::Facts(_), .. }
        | KpiKind::Share { .. }
        | KpiKind::Stock { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Formula { .. }
        | KpiKind::Standard { .. } => vec![],
    }
}

/// The facts that a kind of KPI names.
pub(super) fn facts_of(kind: &KpiKind) -> Vec<&str> {
    match kind {
        KpiKind::Count { of: CountOf::Facts(facts) } | KpiKind::Sum { at: CountOf::Facts(facts), .. } => {
            facts.iter().map(String::as_str).collect()
        }
        KpiKind::Time { to: super::model::TimeTo::Fact(fact), .. } => vec![fact],
        KpiKind::Share { of, also } => vec![of, also],
        KpiKind::Worklist { due, done, .. } => due.iter().chain([done]).map(String::as_str).collect(),
        KpiKind::Count { of: CountOf::Stage(_) }
        | KpiKind::Sum { at: CountOf::Stage(_), .. }
        | KpiKind::Conversion { .. }
        | KpiKind::Time { to: super::model::TimeTo::Stage(_), .. }
        | KpiKind::Stock { .. }
        | KpiKind::Formula { .. }
        | KpiKind::Standard { .. } => vec![],
    }
}
