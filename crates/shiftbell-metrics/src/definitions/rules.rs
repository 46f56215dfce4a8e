//! `[rules]`: when to speak up in between.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Entry, Item, Table, Text};
use super::facts::{check_name, condition};
use super::kpis::{known_kpi, known_motion};
use super::model::{Destination, Dimension, Fact, Kpi, KpiKind, Motion, Rule, RuleKind, Stage, Sure};
use super::motions::known_facts;
use super::people::People;
use super::report::Report;
use crate::expression::Catalogue;

/// What rules name.
pub(super) struct Ground<'g> {
    pub(super) facts: &'g [Fact],
    pub(super) chain: &'g [Stage],
    pub(super) motions: &'g [Motion],
    pub(super) dimensions: &'g [Dimension],
    pub(super) kpis: &'g [Kpi],
    pub(super) people: &'g People,
    pub(super) destinations: &'g BTreeMap<String, Destination>,
    pub(super) catalogue: &'g Catalogue,
}

pub(super) fn read(report: &mut Report<'_>, mut table: Table<'_>, ground: &Ground<'_>) -> Vec<Rule> {
    let entries = table.rest();
    entries.iter().filter_map(|entry| rule(report, entry, ground)).collect()
}

fn rule(report: &mut Report<'_>, entry: &Entry<'_>, ground: &Ground<'_>) -> Option<Rule> {
    check_name(report, &entry.key, "rule");
    let id = entry.key.text.clone();
    let mut table = entry.item.table(report, format!("[rules.{id}]"))?;
    let kinds = [("record", "record"), ("rate", "rate"), ("event", "event"), ("pace", "pace")];
    let word = table.require(report, "kind", "\"event\"").and_then(|item| item.word(report, "kind of rule", &kinds));
    let motion = table.get("motion").and_then(|item| known_motion(report, &item, ground.motions));
    let to = table.require(report, "to", "\"owner\"").and_then(|item| receiver(report, &item, ground, true));
    let also_to = table.get("also_to").and_then(|item| receiver(report, &item, ground, true));
    let or_else = table.get("or_else").and_then(|item| receiver(report, &item, ground, false));
    let ends = table.get("ends").and_then(|item| fact(report, &item, ground));
    let at_least = table.get("at_least").and_then(|item| item.number(report));
    let ways = [("message", true), ("next-action", false)];
    let as_message = table.get("as").and_then(|item| item.word(report, "way to say it", &ways));
    let kind = match word {
        Some("event") => event(report, &mut table, ground),
        Some("rate") => rate(report, &mut table, ground),
        Some("record") => record(report, &mut table, ground),
        Some("pace") => pace(report, &mut table, ground),
        _ => return None,
    };
    table.close(report);
    let kind = kind?;
    let not_active = not_active(&kind, ground);
    if let Some(why) = &not_active {
        report.note(&entry.key.span, format!("rules.{id}"), why.clone());
    }
    let as_message = as_message.unwrap_or(true);
    Some(Rule { id, kind, motion, to: to?, also_to, or_else, ends, at_least, as_message, not_active })
}

fn not_active(kind: &RuleKind, ground: &Ground<'_>) -> Option<String> {
    let words = match kind {
        RuleKind::Record { .. } => "single records are not watched yet",
        RuleKind::Pace { .. } => "the pace of goals is not watched yet",
        RuleKind::Event { fact } if ground.facts.iter().any(|known| known.name == *fact && known.mrr.is_some()) => {
            "it waits for a movement of recurring revenue, about which nobody is told yet"
        }
        RuleKind::Event { .. } | RuleKind::Rate { .. } => return None,
    };
    Some(words.to_owned())
}

/// `owner` (where there is one), a destination, or a person.
fn receiver(report: &mut Report<'_>, item: &Item<'_>, ground: &Ground<'_>, owner: bool) -> Option<String> {
    let text = item.text(report)?;
    let is_known = (owner && text.text == "owner") || ground.destinations.contains_key(&text.text);
    if is_known || ground.people.is_known(&text.text) {
        return Some(text.text);
    }
    if text.text.contains('@') {
        ground.people.check(report, &text);
    } else {
        let known = owner.then_some("owner").into_iter().chain(ground.destinations.keys().map(String::as_str));
        report.unknown(&text.span, &text.text, "destination or person", known);
    }
    Some(text.text)
}

fn fact(report: &mut Report<'_>, item: &Item<'_>, ground: &Ground<'_>) -> Option<String> {
    let text = item.text(report)?;
    known_facts(report, item, ground.facts);
    Some(text.text)
}

fn stage(report: &mut Report<'_>, item: &Item<'_>, ground: &Ground<'_>) -> Option<String> {
    let text = item.text(report)?;
    if !ground.chain.iter().any(|stage| stage.id == text.text) {
        report.unknown(&text.span, &text.text, "stage", ground.chain.iter().map(|stage| stage.id.as_str()));
    }
    Some(text.text)
}

fn event(report: &mut Report<'_>, table: &mut Table<'_>, ground: &Ground<'_>) -> Option<RuleKind> {
    let when = table.require(report, "when", "\"contract-won\"")?;
    fact(report, &when, ground).map(|fact| RuleKind::Event { fact })
}

fn rate(report: &mut Report<'_>, table: &mut Table<'_>, ground: &Ground<'_>) -> Option<RuleKind> {
    let watch = table.require(report, "watch", "[\"mql-to-sql\"]").map(|item| watched(report, &item, ground, true));
    let by = table.get("by").map(|item| item.texts(report)).unwrap_or_default();
    for text in by.iter().filter(|text| !ground.dimensions.iter().any(|known| known.name == text.text)) {
        report.unknown(&text.span, &text.text, "dimension", ground.dimensions.iter().map(|known| known.name.as_str()));
    }
    let recent = table.require(report, "recent", "\"6 weeks\"").and_then(|item| whole_days(report, &item));
    let before = table.require(report, "before", "\"13 weeks\"").and_then(|item| whole_days(report, &item));
    let ask = table.get("ask").and_then(|item| ground.people.known(report, &item));
    let degrees = [("strongly", Sure::Strongly), ("fairly", Sure::Fairly)];
    let sure = table.get("sure").and_then(|item| item.word(report, "degree of certainty", &degrees));
    let by = by.into_iter().map(|text| text.text).collect();
    Some(RuleKind::Rate {
        watch: watch?,
        by,
        recent: recent?,
        before: before?,
        ask,
        sure: sure.unwrap_or(Sure::Strongly),
    })
}

/// A span of days or weeks.
fn whole_days(report: &mut Report<'_>, item: &Item<'_>) -> Option<super::model::Span> {
    let span = item.time_span(report)?;
    let is_whole = span.elapsed_ms().is_some_and(|ms| ms % crate::time::MS_PER_DAY == 0);
    if !is_whole {
        report.problem(
            &item.span,
            format!("{span} is not a number of whole days"),
            Some("write days or weeks".to_owned()),
        );
    }
    is_whole.then_some(span)
}

/// KPIs by their slugs; only rates if a rate is watched.
fn watched(report: &mut Report<'_>, item: &Item<'_>, ground: &Ground<'_>, rates: bool) -> Vec<String> {
    let mut slugs = Vec::new();
    for Text { text, span } in item.texts(report) {
        let Some(kpi) = known_kpi(report, &text, &span, ground.kpis) else {
            continue;
        };
        if rates && !matches!(kpi.kind, KpiKind::Conversion { .. } | KpiKind::Share { .. }) {
            let fix = Some("watch a conversion or a share".to_owned());
            report.problem(&span, format!("\"{text}\" is no rate that can fall"), fix);
        }
        slugs.push(kpi.slug.clone());
    }
    slugs
}

fn record(report: &mut Report<'_>, table: &mut Table<'_>, ground: &Ground<'_>) -> Option<RuleKind> {
    let example = "{ reached = \"mql\", without = \"human-reply\", for = \"1 working day\" }";
    let item = table.require(report, "when", example)?;
    let mut when = item.table(report, format!("{} when", table.name))?;
    let reached = when.get("reached").and_then(|item| stage(report, &item, ground));
    let within = when.get("in").and_then(|item| stage(report, &item, ground));
    let that = when.get("that").and_then(|item| condition(report, &item, ground.catalogue));
    let without = when.get("without").and_then(|item| fact(report, &item, ground));
    let span_item = when.get("for");
    let span = span_item.as_ref().and_then(|item| item.time_span(report));
    let is_placed = when.keys().any(|key| matches!(key.text.as_str(), "reached" | "in"));
    let is_waiting = when.keys().any(|key| matches!(key.text.as_str(), "without" | "that"));
    let has_without = when.keys().any(|key| key.text == "without");
    when.close(report);
    if !is_placed {
        let fix = Some("add reached = \"mql\" or in = \"deal\"".to_owned());
        report.problem(&item.span, "this does not say which records are watched", fix);
    }
    if !is_waiting {
        let fix = Some("add without = \"a-fact\" and for = \"1 day\", or that = 'a condition'".to_owned());
        report.problem(&item.span, "this does not say what is wrong with a record", fix);
    }
    if has_without && span_item.is_none() {
        report.problem(
            &item.span,
            "this does not say how long to wait",
            Some("add for = \"1 working day\"".to_owned()),
        );
    }
    Some(RuleKind::Record { reached, within, that, without, span })
}

fn pace(report: &mut Report<'_>, table: &mut Table<'_>, ground: &Ground<'_>) -> Option<RuleKind> {
    let watch = table.require(report, "watch", "[\"new-arr\"]").map(|item| watched(report, &item, ground, false));
    let below = table.require(report, "below", "\"90 %\"").and_then(|item| item.percent(report));
    let span = table.require(report, "for", "\"3 working days\"").and_then(|item| item.time_span(report));
    Some(RuleKind::Pace { watch: watch?, below: below.unwrap_or(Decimal::ONE_HUNDRED), span: span? })
}

/// The ids of the rules, for those that name rules before they are read.
pub(super) fn ids(table: Option<&Table<'_>>) -> Vec<String> {
    table.map(|table| table.keys().map(|key| key.text.clone()).collect()).unwrap_or_default()
}

/// The ids of the rules that watch what people report with "Something is off": a doubt is no event, it waits elsewhere.
pub(super) fn of_doubts(table: Option<&Table<'_>>, facts: &[Fact]) -> Vec<String> {
    let is_doubt = |name: &str| facts.iter().any(|fact| fact.name == name && fact.events == ["doubt"]);
    let watches = |entry: &Entry<'_>| {
        let when = entry.item.as_table("").and_then(|mut rule| rule.get("when")).and_then(|when| when.as_text());
        when.is_some_and(|when| is_doubt(&when.text))
    };
    let rules = table.map(|table| table.clone().rest()).unwrap_or_default();
    rules.into_iter().filter(watches).map(|entry| entry.key.text).collect()
}

/// One rule of those that exist.
pub(super) fn check_known(report: &mut Report<'_>, texts: &[Text], ids: &[String]) {
    for text in texts.iter().filter(|text| !ids.contains(&text.text)) {
        report.unknown(&text.span, &text.text, "rule", ids.iter().map(String::as_str));
    }
}
