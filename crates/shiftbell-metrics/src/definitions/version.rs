//! Versions: a hash over everything that a number means, and over nothing else.
//!
//! What is hashed is written out as text, sorted where the order means nothing. Labels, targets, owners, people, digests
//! and rules are not in it, nor are comments and spaces.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::kpis::{economics, facts_of, is_economics, is_pipeline, pipeline, stages_of};
use super::model::{
    CountOf, Definitions, Fact, FieldName, Kpi, KpiKind, Motion, PerMotion, SkipPolicy, Span, StageOf, TimeTo, Who,
};
use crate::id::hash64;
use crate::value::Value;

/// Fills in the version of every KPI and the meaning of the whole.
pub(super) fn complete(definitions: &mut Definitions) {
    let versions: Vec<String> = definitions
        .kpis
        .iter()
        .map(|kpi| format!("{:04x}", hash64(meaning_of(definitions, kpi, 0).bytes()) >> 48))
        .collect();
    for (kpi, version) in definitions.kpis.iter_mut().zip(versions) {
        kpi.version = version;
    }
    definitions.meaning = format!("{:016x}", hash64(meaning(definitions).bytes()));
}

fn meaning(definitions: &Definitions) -> String {
    // What keeps nothing of its own changes no number that is kept.
    let keeps = |kpi: &&Kpi| match &kpi.kind {
        KpiKind::Standard { name, .. } if is_economics(name) => false,
        KpiKind::Standard { name, .. } if is_pipeline(name) => {
            kpi.not_active.is_none() && (kpi.is_written || pipeline::keeps_something(name))
        }
        _ => true,
    };
    let of = |kpi: &Kpi| format!("{} {}", kpi.slug, meaning_of(definitions, kpi, 0));
    let mut kpis: Vec<String> = definitions.kpis.iter().filter(keeps).map(of).collect();
    kpis.sort();
    let mut facts: Vec<String> = definitions.facts.iter().map(fact).collect();
    facts.sort();
    let mut motions: Vec<String> = definitions.motions.iter().map(whole_motion).collect();
    motions.sort();
    let chain: Vec<String> =
        definitions.chain.iter().map(|stage| format!("{}:{:?}:{}", stage.id, stage.of, stage.bowtie)).collect();
    let mut dimensions: Vec<String> = definitions
        .dimensions
        .iter()
        .map(|dimension| format!("{} {} {:?}", dimension.name, fields(&dimension.from), dimension.values))
        .collect();
    dimensions.sort();
    let policies = &definitions.policies;
    format!(
        "{}|{}|{}|{chain:?}|{facts:?}|{motions:?}|{dimensions:?}|{kpis:?}|{}|{:?}{}",
        common(definitions),
        definitions.workspace.week_starts.to_monday_zero_offset(),
        definitions.workspace.year_starts_month,
        policies.credit_owner_at_the_time,
        policies.mrr,
        policies.rates.words(),
    )
}

/// What every number rests on: whose days they are, which records are left out and how everybody is split.
fn common(definitions: &Definitions) -> String {
    let workspace = &definitions.workspace;
    let mut whos: Vec<String> = definitions.motions.iter().map(who).collect();
    whos.sort();
    let test_records = conditions(&definitions.privacy.test_records);
    format!("{} {} {test_records} {whos:?}", workspace.zone.name(), workspace.currency)
}

/// Formulas rest on formulas; a circle is a problem of its own, and no way is longer than this.
const DEPTH_MAX: usize = 16;

fn meaning_of(definitions: &Definitions, kpi: &Kpi, depth: usize) -> String {
    let mut text = format!("{} {} {:?}", common(definitions), kind(definitions, &kpi.kind, depth), kpi.motion);
    if kpi.credit.is_some() {
        text.push_str(" sourced");
    }
    let stages = stages_that_matter(definitions, &kpi.kind);
    let mut motions: Vec<String> = definitions
        .motions
        .iter()
        .filter(|motion| kpi.motion.as_ref().is_none_or(|only| *only == motion.id))
        .map(|motion| motion_at(definitions, motion, &stages, &kpi.kind))
        .collect();
    motions.sort();
    let mut named: Vec<String> = facts_of(&kpi.kind).into_iter().map(|name| named_fact(definitions, name)).collect();
    named.sort();
    let _ = write!(text, " {motions:?} {named:?}");
    text
}

/// The stages whose meaning changes this number. If a later stage implies the earlier ones, what the later ones mean
/// matters too; if every earlier stage must have been seen, those do.
pub(super) fn stages_that_matter<'d>(definitions: &'d Definitions, kind: &KpiKind) -> Vec<&'d str> {
    let mut places: Vec<usize> =
        stages_of(kind).into_iter().filter_map(|stage| definitions.stage_index(stage)).collect();
    if let KpiKind::Standard { name, .. } = kind {
        let matters = |place: &usize| {
            let stage = &definitions.chain[*place];
            match pipeline::stage_of(name) {
                // Who goes on goes to any later one.
                Some(own) => definitions.stage_index(own).is_some_and(|own| *place >= own),
                None => stage.of == StageOf::Deal && counts_deals(definitions, name),
            }
        };
        places.extend((0..definitions.chain.len()).filter(matters));
    }
    let (Some(first), Some(last)) = (places.iter().min(), places.iter().max()) else {
        return Vec::new();
    };
    let matters = |place: usize| match definitions.skipped {
        SkipPolicy::Implied => place >= *first,
        SkipPolicy::Strict => place <= *last,
        SkipPolicy::Any => places.contains(&place),
    };
    definitions
        .chain
        .iter()
        .enumerate()
        .filter(|(place, _)| matters(*place))
        .map(|(_, stage)| stage.id.as_str())
        .collect()
}

/// Whether a standard KPI looks at deals.
fn counts_deals(definitions: &Definitions, name: &str) -> bool {
    is_pipeline(name)
        || [economics::BOOKINGS, economics::ONBOARDED].contains(&name)
        || (name == economics::ACQUISITION_COST && !economics::is_recurring(definitions))
}

fn motion_at(definitions: &Definitions, motion: &Motion, stages: &[&str], kind: &KpiKind) -> String {
    let mut text = format!("{} {}", motion.id, motion.who_as_of_entry);
    if !stages.is_empty() {
        let _ = write!(text, " {:?} {}", definitions.skipped, motion.counts_again);
    }
    for stage in stages {
        let of = definitions.stage(stage).map(|stage| stage.of);
        let _ = write!(text, " {stage}:{of:?}={}", named_facts(definitions, motion.stages.get(*stage)));
    }
    // Who was lost is told apart from who is still on the way.
    if matches!(kind, KpiKind::Conversion { .. } | KpiKind::Time { .. })
        || matches!(kind, KpiKind::Standard { name, .. } if is_pipeline(name))
    {
        let _ = write!(
            text,
            " lost={} gone={}",
            named_facts(definitions, Some(&motion.lost)),
            named_facts(definitions, Some(&motion.gone))
        );
    }
    text
}

pub(super) fn named_facts(definitions: &Definitions, names: Option<&Vec<String>>) -> String {
    let mut texts: Vec<String> = names.into_iter().flatten().map(|name| named_fact(definitions, name)).collect();
    texts.sort();
    texts.dedup();
    format!("{texts:?}")
}

/// A fact by what it means, so that renaming one changes nothing.
fn named_fact(definitions: &Definitions, name: &str) -> String {
    definitions.fact(name).map_or_else(|| name.to_owned(), fact)
}

pub(super) fn fact(fact: &Fact) -> String {
    let mut events = fact.events.clone();
    events.sort();
    let mut by = fact.by.clone();
    by.sort();
    let properties: BTreeMap<&str, String> =
        fact.properties.iter().map(|(name, of)| (name.as_str(), values(of))).collect();
    let when = fact.when.as_ref().map(|when| when.canonical());
    let state = conditions(&fact.state);
    format!("{events:?} {properties:?} {state} {when:?} {by:?} {:?} {:?} {:?}", fact.nth, fact.stage, fact.mrr)
}

pub(super) fn who(motion: &Motion) -> String {
    match &motion.who {
        Who::EveryoneElse => format!("{} else", motion.id),
        Who::That(of, when) => {
            format!("{} {} {:?}", motion.id, conditions(of), when.as_ref().map(|when| when.canonical()))
        }
    }
}

fn whole_motion(motion: &Motion) -> String {
    let sorted = |facts: &[String]| {
        let mut facts = facts.to_vec();
        facts.sort();
        facts
    };
    let stages: BTreeMap<&str, Vec<String>> =
        motion.stages.iter().map(|(stage, facts)| (stage.as_str(), sorted(facts))).collect();
    let mut credit =
        motion.credit.iter().map(|(role, share)| format!("{role} {}", share.normalize())).collect::<Vec<_>>();
    credit.sort();
    let (lost, gone) = (sorted(&motion.lost), sorted(&motion.gone));
    let marks = (motion.who_as_of_entry, motion.counts_again);
    format!("{} {stages:?} {lost:?} {gone:?} {credit:?} {marks:?}", who(motion))
}

pub(super) fn conditions(of: &[(FieldName, Vec<Value>)]) -> String {
    let mut texts: Vec<String> = of.iter().map(|(field, of)| format!("{field}={}", values(of))).collect();
    texts.sort();
    format!("{texts:?}")
}

fn values(of: &[Value]) -> String {
    let mut texts: Vec<String> = of.iter().map(|value| value.to_json().to_string()).collect();
    texts.sort();
    texts.dedup();
    format!("{texts:?}")
}

fn fields(of: &[FieldName]) -> String {
    of.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn kind(definitions: &Definitions, kind: &KpiKind, depth: usize) -> String {
    match kind {
        KpiKind::Count { of } => format!("count {}", counted(of)),
        KpiKind::Conversion { from, to, within, early: _ } => {
            let spans: Vec<String> = definitions.motions.iter().map(|motion| window(within, &motion.id)).collect();
            format!("conversion {from} {to} {spans:?}")
        }
        KpiKind::Time { from, to, working_hours, show } => {
            let to = match to {
                TimeTo::Stage(stage) => format!("stage {stage}"),
                TimeTo::Fact(_) => "fact".to_owned(),
            };
            format!("time {from} {to} {working_hours} {show:?}")
        }
        KpiKind::Sum { of, at } => format!("sum {of} {}", counted(at)),
        KpiKind::Share { of, also } => {
            format!("share {} {}", named_fact(definitions, of), named_fact(definitions, also))
        }
        KpiKind::Stock { of, filter, have } => {
            let text = |sentence: &Option<crate::expression::Expression>| {
                sentence.as_ref().map(|sentence| sentence.canonical().to_owned())
            };
            format!("stock {of:?} {:?} {:?}", text(filter), text(have))
        }
        KpiKind::Worklist { due, due_by, done } => {
            format!("worklist {} {due_by:?} {}", named_facts(definitions, Some(due)), named_fact(definitions, done))
        }
        KpiKind::Formula { kpis, formula, .. } => {
            let parts: Vec<String> = kpis
                .iter()
                .filter(|_| depth < DEPTH_MAX)
                .filter_map(|slug| definitions.kpi(slug))
                .map(|kpi| meaning_of(definitions, kpi, depth + 1))
                .collect();
            format!("formula {} {parts:?}", formula.canonical())
        }
        KpiKind::Standard { name, over } => {
            let policies = &definitions.policies;
            let rests_on = standard(definitions, name, depth);
            format!("standard {name} {over:?} {:?}{}{rests_on}", policies.mrr, policies.rates.words())
        }
    }
}

/// What else of the file a standard KPI means.
fn standard(definitions: &Definitions, name: &str, depth: usize) -> String {
    let policies = &definitions.policies;
    let undecided = pipeline::policy_of(name, policies);
    let mut text = economics::policy_of(name, policies);
    if !undecided.is_empty() {
        let _ = write!(text, " no decision {}", named_facts(definitions, Some(&undecided.to_vec())));
    }
    if let Some(sum) = economics::sum_of(name, policies).and_then(|sum| definitions.kpi(sum))
        && depth < DEPTH_MAX
    {
        let _ = write!(text, " of {}", meaning_of(definitions, sum, depth + 1));
    }
    match name {
        pipeline::COVERAGE => text.push_str(" due"),
        "usage-mrr" => {
            let months = economics::usage_months(definitions);
            text.extend(months.map(|months| format!(" over {months} months")));
        }
        _ => {}
    }
    text
}

fn counted(of: &CountOf) -> String {
    match of {
        CountOf::Stage(stage) => format!("stage {stage}"),
        CountOf::Facts(_) => "facts".to_owned(),
    }
}

fn window(within: &PerMotion<Span>, motion: &str) -> String {
    format!("{motion} {:?}", within.of(motion).and_then(|span| span.elapsed_ms()))
}
