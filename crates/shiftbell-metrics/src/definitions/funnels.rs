//! `[funnels]`: chains of events that no stage names.

use std::collections::BTreeMap;

use super::document::{Item, Table, Text};
use super::facts::{check_name, fact_of};
use super::model::{Definitions, Fact, FunnelOf, FunnelStep, Motion, NamedFunnel, SkipPolicy, Span, SpanUnit, Stage};
use super::motions::known_facts;
use super::report::Report;
use crate::expression::Catalogue;
use crate::funnel::{Anchor, Attribution, Counting, Funnel, FunnelError, Held, Order, Window};
use crate::time::{MS_PER_DAY, Zone};

/// What funnels may name.
#[derive(Clone, Copy)]
pub(super) struct Ground<'g> {
    pub(super) facts: &'g [Fact],
    pub(super) chain: &'g [Stage],
    pub(super) motions: &'g [Motion],
    pub(super) catalogue: &'g Catalogue,
    pub(super) roles: &'g [String],
    pub(super) skipped: SkipPolicy,
    pub(super) zone: &'g Zone,
}

pub(super) fn read(report: &mut Report<'_>, mut table: Table<'_>, ground: Ground<'_>) -> Vec<NamedFunnel> {
    let mut funnels = Vec::new();
    for entry in table.rest() {
        check_name(report, &entry.key, "funnel");
        let name = table.child(&entry.key.text);
        if let Some(of) = entry.item.table(report, name) {
            funnels.extend(funnel(report, &entry.key, of, ground));
        }
    }
    funnels
}

/// A funnel that stands alone in a file, with the words of a company.
pub(super) fn alone(report: &mut Report<'_>, table: Table<'_>, defs: &Definitions) -> Option<NamedFunnel> {
    let mut roles: Vec<String> = defs.people.iter().map(|person| person.role.clone()).collect();
    roles.extend(defs.rights.keys().cloned());
    let ground = Ground {
        facts: &defs.facts,
        chain: &defs.chain,
        motions: &defs.motions,
        catalogue: &defs.catalogue,
        roles: &roles,
        skipped: defs.skipped,
        zone: &defs.workspace.zone,
    };
    let key = Text { text: "funnel".to_owned(), span: 0..0 };
    funnel(report, &key, table, ground)
}

fn funnel(report: &mut Report<'_>, key: &Text, mut table: Table<'_>, ground: Ground<'_>) -> Option<NamedFunnel> {
    let before = report.count();
    let label = table.get("label").and_then(|item| item.text(report)).map(|text| text.text);
    let whom = [
        ("contact", FunnelOf::Contact),
        ("deal", FunnelOf::Deal),
        ("visitor", FunnelOf::Visitor),
        ("account", FunnelOf::Account),
    ];
    let of = table.require(report, "of", "\"contact\"").and_then(|item| item.word(report, "thing to follow", &whom));
    let motion = table.get("motion").and_then(|item| {
        let text = item.text(report)?;
        let is_known = ground.motions.iter().any(|motion| motion.id == text.text);
        if !is_known {
            report.unknown(&text.span, &text.text, "motion", ground.motions.iter().map(|motion| motion.id.as_str()));
        }
        is_known.then_some(text.text)
    });
    let mut own = Vec::new();
    let steps_item = table.require(report, "steps", "[\"mql\", \"sql\", \"won\"]");
    let (steps, is_chain) =
        steps_item.as_ref().map(|item| steps(report, item, key, ground, &mut own)).unwrap_or_default();
    let window = table.require(report, "within", "\"60 days\"").and_then(|item| window(report, &item, ground.zone));
    let orders = [("ordered", Order::Ordered), ("strict", Order::Strict), ("any", Order::Any)];
    let order = table.get("order").and_then(|item| item.word(report, "order of steps", &orders));
    let anchors = [("best", Anchor::Best), ("first", Anchor::First)];
    let anchor = table.get("anchor").and_then(|item| item.word(report, "anchor", &anchors));
    let countings = [("entities", Counting::Entities), ("events", Counting::Events)];
    let counting = table.get("count").and_then(|item| item.word(report, "thing to count", &countings));
    let policies = [("implied", SkipPolicy::Implied), ("strict", SkipPolicy::Strict), ("any", SkipPolicy::Any)];
    let skips = table.get("skips").and_then(|item| item.word(report, "way to skip steps", &policies));
    let exclude = table.get("exclude").map(|item| known_facts(report, &item, ground.facts)).unwrap_or_default();
    let hold = table.get("hold").map(|item| hold(report, &item)).unwrap_or_default();
    let by = table.get("by").and_then(|item| item.text(report)).map(|text| text.text);
    let value_of = table.get("value_of").and_then(|item| attribution(report, &item));
    let span = table.span.clone();
    table.close(report);
    if report.count() > before {
        return None;
    }
    // In a chain of stages a later one implies those before it, as it does everywhere else here.
    let is_plain =
        order.is_none_or(|order| order == Order::Ordered) && counting.is_none_or(|of| of == Counting::Entities);
    let usual = if is_chain && is_plain { ground.skipped } else { SkipPolicy::Strict };
    let rules = Funnel {
        steps: steps.len(),
        order: order.unwrap_or(Order::Ordered),
        window: window?,
        anchor: anchor.unwrap_or(Anchor::Best),
        counting: counting.unwrap_or(Counting::Entities),
        skips: skips.unwrap_or(usual),
        hold,
        by: by.map(|by| (by, value_of.unwrap_or(Attribution::First))),
    };
    if let Err(wrong) = rules.check() {
        let at = match wrong {
            FunnelError::NoStep | FunnelError::OneStep | FunnelError::TooManySteps(_) => {
                steps_item.map(|item| item.span)
            }
            _ => None,
        };
        let said = wrong.to_string();
        let (message, fix) = said.split_once("; ").unwrap_or((&said, ""));
        let fix = (!fix.is_empty()).then(|| fix.to_owned());
        report.problem(&at.unwrap_or(span), format!("{}: {message}", table_name(key)), fix);
        return None;
    }
    Some(NamedFunnel {
        label: label.unwrap_or_else(|| key.text.replace('-', " ")),
        id: key.text.clone(),
        of: of?,
        motion,
        steps,
        exclude,
        rules,
        own,
    })
}

fn table_name(key: &Text) -> String {
    format!("the funnel \"{}\"", key.text)
}

/// The steps, and whether all of them are stages.
fn steps(
    report: &mut Report<'_>,
    item: &Item<'_>,
    funnel: &Text,
    ground: Ground<'_>,
    own: &mut Vec<Fact>,
) -> (Vec<FunnelStep>, bool) {
    let items = item.list().unwrap_or_else(|| vec![item.clone()]);
    let mut is_chain = true;
    let mut steps = Vec::new();
    for (place, item) in items.iter().enumerate() {
        if item.as_table("").is_some() {
            is_chain = false;
            let name = format!("{}-step-{}", funnel.text, place + 1);
            if let Some(fact) = fact_of(report, &name, item, ground.catalogue, ground.roles) {
                let kinds = fact.events.join(" or ");
                let label = if kinds.is_empty() { format!("step {}", place + 1) } else { kinds };
                let facts = BTreeMap::from([(String::new(), vec![fact.name.clone()])]);
                steps.push(FunnelStep { label, facts });
                own.push(fact);
            }
            continue;
        }
        let Some(text) = item.text(report) else { continue };
        if let Some(stage) = ground.chain.iter().find(|stage| stage.id == text.text) {
            let in_motion = |motion: &Motion| Some((motion.id.clone(), motion.stages.get(&stage.id)?.clone()));
            let facts = ground.motions.iter().filter_map(in_motion).collect();
            steps.push(FunnelStep { label: stage.label.clone(), facts });
        } else if ground.facts.iter().any(|fact| fact.name == text.text) {
            is_chain = false;
            let facts = BTreeMap::from([(String::new(), vec![text.text.clone()])]);
            steps.push(FunnelStep { label: text.text.replace('-', " "), facts });
        } else {
            let stages = ground.chain.iter().map(|stage| stage.id.as_str());
            let known = stages.chain(ground.facts.iter().map(|fact| fact.name.as_str()));
            report.unknown(&text.span, &text.text, "stage or fact", known);
        }
    }
    (steps, is_chain)
}

/// `"60 days"` of real time, or `"60 calendar days"`.
fn window(report: &mut Report<'_>, item: &Item<'_>, zone: &Zone) -> Option<Window> {
    if let Some(days) = item.as_text().and_then(|text| text.text.strip_suffix(" calendar days").map(str::to_owned)) {
        let days = days.trim().parse().ok().filter(|days| (0..=10_000).contains(days));
        if days.is_none() {
            item.wrong(report, "a span such as \"60 days\" or \"60 calendar days\"");
        }
        return days.map(|days| Window::Days { days, zone: zone.clone() });
    }
    let span = item.time_span(report)?;
    let ms = match span {
        Span { unit: SpanUnit::Months, count } => Some(i64::from(count) * 30 * MS_PER_DAY),
        other => other.elapsed_ms(),
    };
    if ms.is_none() {
        let fix = Some("write minutes, hours, days or weeks".to_owned());
        report.problem(&item.span, format!("{span} is no window: it is longer at some times than at others"), fix);
    }
    ms.map(|ms| Window::Elapsed { ms })
}

/// `["session"]`, or `{ session = "bought_in" }` where it is called otherwise later.
fn hold(report: &mut Report<'_>, item: &Item<'_>) -> Vec<Held> {
    match item.as_table("") {
        Some(mut table) => {
            let mut held = Vec::new();
            for entry in table.rest() {
                let later = entry.item.text(report);
                held.extend(later.map(|later| Held { first: entry.key.text, later: later.text }));
            }
            held
        }
        None => {
            let names = item.texts(report).into_iter();
            names.map(|name| Held { first: name.text.clone(), later: name.text }).collect()
        }
    }
}

/// `"first"`, `"last"`, `"step 2"`, `"all"`.
fn attribution(report: &mut Report<'_>, item: &Item<'_>) -> Option<Attribution> {
    let text = item.text(report)?;
    let step = text.text.strip_prefix("step ").and_then(|n| n.trim().parse::<usize>().ok());
    match (text.text.as_str(), step.and_then(|step| step.checked_sub(1))) {
        ("first", _) => Some(Attribution::First),
        ("last", _) => Some(Attribution::Last),
        ("all", _) => Some(Attribution::All),
        (_, Some(step)) => Some(Attribution::Step(step)),
        (_, None) => {
            item.wrong(report, "\"first\", \"last\", \"step 2\" or \"all\"");
            None
        }
    }
}
