//! The kinds of KPI.

use std::ops::Range;

use super::super::document::{Entry, Item, Table};
use super::super::facts::{condition, known_field};
use super::super::model::{CountOf, FieldName, KpiKind, Motion, PerMotion, Span, SpanUnit, StageOf, TimeShow, TimeTo};
use super::super::motions::known_facts;
use super::super::report::Report;
use super::economics::{self, NOTHING_RECURS, is_economics};
use super::pipeline::{self, is_pipeline};
use super::{Ground, per_motion, stages_of};
use crate::expression::{Catalogue, Expression, Type};

/// The keys of which each KPI has one.
pub(in super::super) const KINDS: [&str; 9] =
    ["count", "conversion", "time", "sum", "share", "stock", "worklist", "formula", "standard"];

/// The family of recurring revenue, and whether each is a rate.
const STANDARD: [(&str, bool); 17] = [
    ("gross-retention", true),
    ("net-retention", true),
    ("customer-retention", true),
    ("customer-churn", true),
    ("mrr", false),
    ("arr", false),
    ("committed-mrr", false),
    ("usage-mrr", false),
    ("discount-mrr", false),
    ("new-mrr", false),
    ("reactivation-mrr", false),
    ("expansion-mrr", false),
    ("contraction-mrr", false),
    ("churned-mrr", false),
    ("quick-ratio", false),
    ("paying-customers", false),
    ("revenue-per-customer", false),
];

pub(super) fn standard_is_money(name: &str) -> bool {
    let is_recurring = STANDARD.iter().any(|(known, is_rate)| *known == name && !is_rate);
    let is_plain = ["quick-ratio", "paying-customers"].contains(&name);
    (is_recurring && !is_plain) || name == pipeline::VELOCITY || economics::is_money(name)
}

pub(super) fn standard_names() -> impl Iterator<Item = &'static str> {
    STANDARD.iter().map(|(name, _)| *name)
}

pub(in super::super) fn standard_is_rate(name: &str) -> bool {
    let is_recurring = STANDARD.iter().any(|(known, is_rate)| *known == name && *is_rate);
    is_recurring || pipeline::is_rate(name) || economics::is_rate(name)
}

/// Whether it is of the family of recurring revenue.
fn is_recurring(name: &str) -> bool {
    STANDARD.iter().any(|(known, _)| *known == name)
}

/// The window of a conversion that does not write one.
pub(in super::super) const WINDOW: Span = Span { count: 90, unit: SpanUnit::Days };

/// What a KPI says it is.
#[derive(Default)]
pub(super) struct Read<'a> {
    /// `None` if it is wrong.
    pub(super) kind: Option<KpiKind>,
    /// The key under which it is written, if there is one.
    pub(super) word: &'static str,
    /// A formula is compiled when all KPIs are known.
    pub(super) formula: Option<Item<'a>>,
}

pub(super) fn read<'a>(
    report: &mut Report<'_>,
    entry: &Entry<'a>,
    table: &mut Table<'a>,
    motion: Option<&str>,
    ground: Ground<'_>,
) -> Read<'a> {
    let found: Vec<(&'static str, Item<'a>)> =
        KINDS.iter().filter_map(|kind| table.get(kind).map(|item| (*kind, item))).collect();
    let early = table.get("early");
    let over = table.get("over");
    let Some((kind, item)) = found.first() else {
        let fix = Some(format!("add one of {}", KINDS.join(", ")));
        report.problem(&entry.key.span, format!("the KPI \"{}\" does not say what it is", entry.key.text), fix);
        return Read::default();
    };
    if let Some((second, again)) = found.get(1) {
        let message = format!("the KPI \"{}\" is already a {kind} and cannot be a {second} too", entry.key.text);
        report.problem(&again.span, message, Some("leave one of them".to_owned()));
    }
    if let Some(early) = early.as_ref().filter(|_| *kind != "conversion") {
        report.problem(&early.span, "only a conversion has an `early` age", Some("leave it out".to_owned()));
    }
    if let Some(over) = over.as_ref().filter(|_| *kind != "standard") {
        report.problem(&over.span, "only a `standard` KPI goes `over` a span", Some("leave it out".to_owned()));
    }
    let place = Place { entry: &entry.key.text, motion, ground };
    let read = match *kind {
        "count" => count(report, item, ground).map(|of| KpiKind::Count { of }),
        "conversion" => conversion(report, item, early.as_ref(), &place),
        "time" => time(report, item, &place),
        "sum" => sum(report, item, &place),
        "share" => share(report, item, &place),
        "stock" => stock(report, item, &place),
        "worklist" => worklist(report, item, &place),
        "standard" => standard(report, item, over.as_ref()),
        _ => return Read { kind: Some(unwritten_formula()), word: kind, formula: Some(item.clone()) },
    };
    if let Some(kind) = &read {
        check_reached(report, kind, &item.span, &place);
    }
    Read { kind: read, word: kind, formula: None }
}

/// What stands in for a formula until all KPIs are known.
fn unwritten_formula() -> KpiKind {
    let nothing = Expression::compile("null", &Catalogue::default());
    match nothing {
        Ok(formula) => KpiKind::Formula { text: String::new(), kpis: Vec::new(), formula },
        Err(_) => KpiKind::Count { of: CountOf::Facts(Vec::new()) },
    }
}

/// The KPI being read.
struct Place<'p> {
    entry: &'p str,
    motion: Option<&'p str>,
    ground: Ground<'p>,
}

impl Place<'_> {
    fn name(&self, kind: &str) -> String {
        format!("[kpis.{}] {kind}", self.entry)
    }

    /// The motions in which it can be asked, as far as these stages decide.
    fn asked_in(&self, stages: &[&str]) -> impl Iterator<Item = &Motion> {
        let known: Vec<String> = stages.iter().map(|stage| (*stage).to_owned()).collect();
        self.ground.motions.iter().filter(move |motion| {
            self.motion.is_none_or(|only| only == motion.id) && known.iter().all(|id| motion.stages.contains_key(id))
        })
    }
}

fn stage(report: &mut Report<'_>, item: &Item<'_>, ground: Ground<'_>) -> Option<String> {
    let text = item.text(report)?;
    let found = ground.chain.iter().any(|stage| stage.id == text.text);
    if !found {
        report.unknown(&text.span, &text.text, "stage", ground.chain.iter().map(|stage| stage.id.as_str()));
    }
    found.then_some(text.text)
}

/// A stage, or facts of which any counts. A word that is both is the stage.
fn count(report: &mut Report<'_>, item: &Item<'_>, ground: Ground<'_>) -> Option<CountOf> {
    let is_stage = |name: &str| ground.chain.iter().any(|stage| stage.id == name);
    let is_fact = |name: &str| ground.facts.iter().any(|fact| fact.name == name);
    match item.as_text() {
        Some(text) if is_stage(&text.text) => Some(CountOf::Stage(text.text)),
        Some(text) if !is_fact(&text.text) => {
            let stages = ground.chain.iter().map(|stage| stage.id.as_str());
            let known = stages.chain(ground.facts.iter().map(|fact| fact.name.as_str()));
            report.unknown(&text.span, &text.text, "stage or fact", known);
            None
        }
        _ => Some(CountOf::Facts(known_facts(report, item, ground.facts))),
    }
}

fn conversion(
    report: &mut Report<'_>,
    item: &Item<'_>,
    early: Option<&Item<'_>>,
    place: &Place<'_>,
) -> Option<KpiKind> {
    let mut table = item.table(report, place.name("conversion"))?;
    let from = table.require(report, "from", "\"mql\"").and_then(|item| stage(report, &item, place.ground));
    let to_item = table.require(report, "to", "\"sql\"");
    let to = to_item.as_ref().and_then(|item| stage(report, item, place.ground));
    let within_item = table.get("within");
    let before = report.count();
    let within = within_item.as_ref().map(|item| per_motion(report, item, place.ground.motions, window));
    let is_read = report.count() == before;
    table.close(report);
    let (from, to) = (from?, to?);
    check_order(report, &from, &to, to_item.as_ref(), place.ground);
    let within = within.unwrap_or_else(|| PerMotion::every(WINDOW));
    if let Some(item) = within_item.filter(|_| is_read) {
        check_covers(report, &item.span, &within, "window", &[&from, &to], place);
    }
    let early_item = early;
    let early = early_item.map(|item| per_motion(report, item, place.ground.motions, window)).unwrap_or_default();
    for motion in place.ground.motions {
        if let (Some(item), Some(early), Some(within)) = (early_item, early.of(&motion.id), within.of(&motion.id))
            && early.elapsed_ms() >= within.elapsed_ms()
        {
            let message = format!("the early age of {early} is not before the window of {within} closes");
            report.problem(&item.span, message, Some("write a shorter span".to_owned()));
            break;
        }
    }
    Some(KpiKind::Conversion { from, to, within, early })
}

/// A span that is as long on every day.
fn window(report: &mut Report<'_>, item: &Item<'_>) -> Option<Span> {
    let span = item.time_span(report)?;
    if span.elapsed_ms().is_none() {
        let message = format!("{span} is no window: it is longer at some times than at others");
        report.problem(&item.span, message, Some("write minutes, hours, days or weeks".to_owned()));
        return None;
    }
    Some(span)
}

fn check_order(report: &mut Report<'_>, from: &str, to: &str, item: Option<&Item<'_>>, ground: Ground<'_>) {
    let place = |id: &str| ground.chain.iter().position(|stage| stage.id == id);
    if let (Some(first), Some(second), Some(item)) = (place(from), place(to), item)
        && first >= second
    {
        let message = format!("\"{to}\" does not come after \"{from}\" in the chain");
        let fix = if first == second {
            "name two stages".to_owned()
        } else {
            format!("write from = \"{to}\", to = \"{from}\"")
        };
        report.problem(&item.span, message, Some(fix));
    }
}

fn check_covers<T>(
    report: &mut Report<'_>,
    span: &Range<usize>,
    values: &PerMotion<T>,
    what: &str,
    stages: &[&str],
    place: &Place<'_>,
) {
    for motion in place.asked_in(stages) {
        if values.of(&motion.id).is_none() {
            let fix = Some(format!("add {} = \"..\"", motion.id));
            report.problem(span, format!("there is no {what} for the motion \"{}\"", motion.id), fix);
        }
    }
}

fn time(report: &mut Report<'_>, item: &Item<'_>, place: &Place<'_>) -> Option<KpiKind> {
    let mut table = item.table(report, place.name("time"))?;
    let from = table.require(report, "from", "\"deal\"").and_then(|item| stage(report, &item, place.ground));
    let to_item = table.require(report, "to", "\"won\"");
    let to = to_item.as_ref().and_then(|item| match count(report, item, place.ground)? {
        CountOf::Stage(stage) => Some(TimeTo::Stage(stage)),
        CountOf::Facts(facts) if facts.len() > 1 => {
            report.problem(
                &item.span,
                "a time ends with one stage or one fact",
                Some("make one fact of them".to_owned()),
            );
            None
        }
        CountOf::Facts(facts) => facts.into_iter().next().map(TimeTo::Fact),
    });
    let clocks = [("elapsed", false), ("working hours", true)];
    let working_hours = table.get("clock").and_then(|item| item.word(report, "clock", &clocks)).unwrap_or(false);
    let shows = [("median", TimeShow::Median), ("p90", TimeShow::P90)];
    let show = table.get("show").and_then(|item| item.word(report, "way to show a time", &shows));
    table.close(report);
    let (from, to) = (from?, to?);
    if let TimeTo::Stage(to) = &to {
        check_order(report, &from, to, to_item.as_ref(), place.ground);
    }
    Some(KpiKind::Time { from, to, working_hours, show: show.unwrap_or(TimeShow::Median) })
}

fn sum(report: &mut Report<'_>, item: &Item<'_>, place: &Place<'_>) -> Option<KpiKind> {
    let mut table = item.table(report, place.name("sum"))?;
    let of = table.require(report, "of", "\"deal.annual_amount\"").and_then(|item| item.text(report));
    let (at, on) = (table.get("at"), table.get("on"));
    table.close(report);
    let field = of.as_ref().map(|of| FieldName::written(&of.text));
    if let (Some(of), Some(field)) = (&of, &field)
        && let Some(of_type) = known_field(report, field, &of.span, place.ground.catalogue)
        && !matches!(of_type, Type::Number | Type::Money)
    {
        report.problem(&of.span, format!("`{field}` is {}, which cannot be added up", of_type.word()), None);
    }
    let at = match (at, on) {
        (Some(item), None) => stage(report, &item, place.ground).map(CountOf::Stage),
        (None, Some(item)) => Some(CountOf::Facts(known_facts(report, &item, place.ground.facts))),
        (Some(_), Some(on)) => {
            report.problem(&on.span, "a sum is taken at a stage or on a fact, not both", Some("leave one".to_owned()));
            None
        }
        (None, None) => {
            let fix = Some("add at = \"won\" (a stage) or on = \"order-paid\" (a fact)".to_owned());
            report.problem(&item.span, "the sum does not say when it is taken", fix);
            None
        }
    };
    Some(KpiKind::Sum { of: field?, at: at? })
}

fn share(report: &mut Report<'_>, item: &Item<'_>, place: &Place<'_>) -> Option<KpiKind> {
    let mut table = item.table(report, place.name("share"))?;
    let mut fact = |report: &mut Report<'_>, key, example| {
        let item: Item<'_> = table.require(report, key, example)?;
        one_fact(report, &item, place.ground)
    };
    let of = fact(report, "of", "\"meeting-due\"");
    let also = fact(report, "also", "\"meeting-held\"");
    table.close(report);
    Some(KpiKind::Share { of: of?, also: also? })
}

pub(in super::super) fn one_fact(report: &mut Report<'_>, item: &Item<'_>, ground: Ground<'_>) -> Option<String> {
    item.text(report)?;
    known_facts(report, item, ground.facts).into_iter().next()
}

fn stock(report: &mut Report<'_>, item: &Item<'_>, place: &Place<'_>) -> Option<KpiKind> {
    let mut table = item.table(report, place.name("stock"))?;
    let kinds = [("deal", StageOf::Deal), ("contact", StageOf::Contact), ("customer", StageOf::Customer)];
    let of = table.require(report, "of", "\"deal\"").and_then(|item| item.word(report, "thing to count", &kinds));
    let catalogue = place.ground.catalogue;
    let filter = table.get("where").map(|item| condition(report, &item, catalogue));
    let have = table.get("have").map(|item| condition(report, &item, catalogue));
    table.close(report);
    // A condition that is there but wrong makes the whole wrong.
    let filter = filter.map_or(Some(None), |found| found.map(Some))?;
    let have = have.map_or(Some(None), |found| found.map(Some))?;
    Some(KpiKind::Stock { of: of?, filter, have })
}

fn worklist(report: &mut Report<'_>, item: &Item<'_>, place: &Place<'_>) -> Option<KpiKind> {
    let mut table = item.table(report, place.name("worklist"))?;
    let due = table.get("due").map(|item| known_facts(report, &item, place.ground.facts)).unwrap_or_default();
    let due_by = table.get("due_by").map(|item| item.texts(report)).unwrap_or_default();
    let done =
        table.require(report, "done", "\"customer-contact\"").and_then(|item| one_fact(report, &item, place.ground));
    table.close(report);
    let rules = place.ground.rules;
    for rule in due_by.iter().filter(|rule| !rules.contains(&rule.text)) {
        report.unknown(&rule.span, &rule.text, "rule", rules.iter().map(String::as_str));
    }
    if due.is_empty() && due_by.is_empty() {
        let fix = Some("add due = \"a-fact\" or due_by = [\"a-rule\"]".to_owned());
        report.problem(&item.span, "the worklist does not say what is due", fix);
    }
    Some(KpiKind::Worklist { due, due_by: due_by.into_iter().map(|rule| rule.text).collect(), done: done? })
}

fn standard(report: &mut Report<'_>, item: &Item<'_>, over: Option<&Item<'_>>) -> Option<KpiKind> {
    let names: Vec<&'static str> = standard_names().chain(pipeline::names()).chain(economics::names()).collect();
    let name = item.one_of(report, "standard KPI", &names);
    let over = over.map(|item| item.time_span(report));
    Some(KpiKind::Standard { name: name?, over: over.flatten() })
}

/// At least one motion says what each of its stages means.
fn check_reached(report: &mut Report<'_>, kind: &KpiKind, span: &Range<usize>, place: &Place<'_>) {
    let stages = stages_of(kind);
    if stages.is_empty() || place.ground.motions.is_empty() || place.asked_in(&stages).next().is_some() {
        return;
    }
    let names = stages.iter().map(|stage| format!("\"{stage}\"")).collect::<Vec<_>>().join(" and ");
    let message = match place.motion {
        Some(motion) => format!("the motion \"{motion}\" does not say what {names} means"),
        None => format!("no motion says what {names} means"),
    };
    report.problem(span, message, Some("add it to the stages of a motion".to_owned()));
}

/// Why this cannot be asked yet.
pub(super) fn not_active(kind: &KpiKind, ground: Ground<'_>) -> Option<String> {
    match kind {
        KpiKind::Standard { name, .. } if is_pipeline(name) => pipeline::not_active(name, ground),
        KpiKind::Standard { name, .. } if is_economics(name) => economics::not_active(name, ground),
        KpiKind::Standard { name, .. } if is_recurring(name) && !ground.has_recurring => {
            Some(NOTHING_RECURS.to_owned())
        }
        KpiKind::Stock { of: StageOf::Visitor, .. } => Some("the state of visitors is not kept".to_owned()),
        KpiKind::Worklist { due, due_by, .. }
            if due.is_empty() && due_by.iter().all(|rule| ground.doubt_rules.contains(rule)) =>
        {
            Some("reported doubts are settled in chat, where `/shiftbell doubts` lists what waits".to_owned())
        }
        KpiKind::Stock { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Time { .. }
        | KpiKind::Count { .. }
        | KpiKind::Conversion { .. }
        | KpiKind::Sum { .. }
        | KpiKind::Share { .. }
        | KpiKind::Standard { .. }
        | KpiKind::Formula { .. } => None,
    }
}
