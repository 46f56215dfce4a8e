//! What a KPI should reach, in the unit of the KPI.

use super::super::document::Item;
use super::super::model::{KpiKind, Target};
use super::super::report::Report;

/// Reads the target of a KPI.
pub(in super::super) fn read(report: &mut Report<'_>, item: &Item<'_>, slug: &str, kind: &KpiKind) -> Option<Target> {
    in_unit(report, item, slug, &unit(kind))
}

/// Reads the target of a KPI that is wrong in itself, as far as its kind is told by the key under which it is written.
pub(super) fn read_by_word(report: &mut Report<'_>, item: &Item<'_>, slug: &str, word: &str) -> Option<Target> {
    match word {
        "conversion" | "share" | "worklist" => in_unit(report, item, slug, &Unit::Rate),
        "count" | "sum" => in_unit(report, item, slug, &Unit::Number),
        "time" => in_unit(report, item, slug, &Unit::Span),
        _ => None,
    }
}

fn in_unit(report: &mut Report<'_>, item: &Item<'_>, slug: &str, unit: &Unit) -> Option<Target> {
    match unit {
        Unit::Rate => item.percent(report).map(Target::Rate),
        Unit::Number if is_rate(item) => {
            let message = format!("{} is a rate, but \"{slug}\" is a number", report.source(&item.span));
            report.problem(&item.span, message, Some("write a number without quotes".to_owned()));
            None
        }
        Unit::Number => item.number(report).map(Target::Number),
        Unit::Span => item.time_span(report).map(Target::Span),
        Unit::RateOrNumber if is_rate(item) => item.percent(report).map(Target::Rate),
        Unit::RateOrNumber => item.number(report).map(Target::Number),
    }
}

enum Unit {
    Rate,
    Number,
    Span,
    RateOrNumber,
}

fn unit(kind: &KpiKind) -> Unit {
    match kind {
        KpiKind::Conversion { .. } | KpiKind::Share { .. } | KpiKind::Worklist { .. } => Unit::Rate,
        KpiKind::Stock { have: Some(_), .. } => Unit::Rate,
        KpiKind::Stock { have: None, .. } | KpiKind::Count { .. } | KpiKind::Sum { .. } => Unit::Number,
        KpiKind::Time { .. } => Unit::Span,
        KpiKind::Formula { .. } => Unit::RateOrNumber,
        KpiKind::Standard { name, .. } if super::pipeline::is_time(name) => Unit::Span,
        KpiKind::Standard { name, .. } if super::kind::standard_is_rate(name) => Unit::Rate,
        KpiKind::Standard { .. } => Unit::Number,
    }
}

fn is_rate(item: &Item<'_>) -> bool {
    item.value.as_str().is_some_and(|text| text.trim_end().ends_with('%'))
}
