//! What a KPI is, as the Formula column says it: sentences that [`super::formula`] reads back.

use super::super::model::{CountOf, Definitions, Kpi, KpiKind, PerMotion, Span, StageOf, TimeShow, TimeTo};
use super::cells::quoted;
use super::formula;
use super::known::Known;

/// Behind the sentence of a KPI that is credited so.
pub(super) const SOURCED: &str = "credited to whoever sourced it";
/// Before a calculation that could be read as something else.
pub(super) const FORMULA: &str = "formula:";

/// The sentence of a KPI.
pub(super) fn of(known: &Known<'_>, kpi: &Kpi) -> String {
    let mut text = of_kind(known.defs, &kpi.kind);
    if let KpiKind::Formula { text: written, .. } = &kpi.kind {
        let read = formula::read(written, known);
        let is_plain = read.is_ok_and(|read| read.is_calculation(written));
        if !is_plain {
            text = format!("{FORMULA} {written}");
        }
    }
    if kpi.credit.is_some() {
        text = format!("{text}; {SOURCED}");
    }
    text
}

/// The sentence of a kind of KPI.
pub(in super::super) fn of_kind(defs: &Definitions, kind: &KpiKind) -> String {
    match kind {
        KpiKind::Count { of } => format!("count of {}", counted(defs, of)),
        KpiKind::Conversion { from, to, within, .. } => format!("{from} to {to} within {}", windows(within)),
        KpiKind::Time { from, to, working_hours, show } => {
            let show = match show {
                TimeShow::Median => "median time",
                TimeShow::P90 => "90th percentile of the time",
            };
            let to = match to {
                TimeTo::Stage(stage) => stage.clone(),
                TimeTo::Fact(fact) => facts(defs, std::slice::from_ref(fact)),
            };
            let clock = if *working_hours { " in working hours" } else { "" };
            format!("{show} from {from} to {to}{clock}")
        }
        KpiKind::Sum { of, at: CountOf::Stage(stage) } => format!("sum of {of} at {stage}"),
        KpiKind::Sum { of, at: CountOf::Facts(at) } => format!("sum of {of} on {}", facts(defs, at)),
        KpiKind::Share { of, also } => format!("share of {of} that are also {also}"),
        KpiKind::Stock { of, filter, have } => {
            let of = match of {
                StageOf::Visitor => "visitor",
                StageOf::Contact => "contact",
                StageOf::Deal => "deal",
                StageOf::Customer => "customer",
            };
            let clause = |word: &str, sentence: &Option<crate::expression::Expression>| {
                sentence.as_ref().map(|sentence| format!(" {word} {}", quoted(&sentence.text))).unwrap_or_default()
            };
            format!("stock of {of}{}{}", clause("where", filter), clause("have", have))
        }
        KpiKind::Worklist { due, due_by, done } => {
            let rules = (!due_by.is_empty()).then(|| format!("rules {}", due_by.join(", ")));
            let due = (!due.is_empty()).then(|| due.join(" or "));
            let due: Vec<String> = due.into_iter().chain(rules).collect();
            format!("worklist of {} done by {done}", due.join(" and "))
        }
        KpiKind::Formula { text, .. } => text.clone(),
        KpiKind::Standard { name, over: None } => format!("standard {name}"),
        KpiKind::Standard { name, over: Some(over) } => format!("standard {name} over {over}"),
    }
}

fn counted(defs: &Definitions, of: &CountOf) -> String {
    match of {
        CountOf::Stage(stage) => stage.clone(),
        CountOf::Facts(names) => facts(defs, names),
    }
}

/// A word that is a stage too is said to be a fact.
fn facts(defs: &Definitions, names: &[String]) -> String {
    let is_stage = names.iter().any(|name| defs.stage(name).is_some());
    let names = names.join(" or ");
    if is_stage { format!("fact {names}") } else { names }
}

/// `60 days`, or `60 days in b2b, 14 days in b2c`.
fn windows(within: &PerMotion<Span>) -> String {
    if within.by_motion.is_empty() {
        return within.every.map(|span| span.to_string()).unwrap_or_default();
    }
    let each = within.by_motion.iter().map(|(motion, span)| format!("{span} in {motion}"));
    each.collect::<Vec<_>>().join(", ")
}
