//! What stands at the end of a definition: where it comes from, and an example with this company's own numbers.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::answer::{Answer, Figure};
use shiftbell_metrics::definitions::{Definitions, Kpi, KpiKind};
use shiftbell_metrics::time::Instant;
use shiftbell_render::words;
use shiftbell_store::sightings;

use super::{facts, label};
use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;
use crate::work::digests::kinds_of;

/// What is older is no sign that a source still tells of it.
const DAYS: i32 = 30;

/// `HubSpot (form, meeting)`: the sources that told of its events lately. `None` if none did, or it rests on other KPIs.
pub(super) async fn comes_from(
    program: &Program,
    company: &Company,
    kpi: &Kpi,
    now: Instant,
) -> Result<Option<String>, AskError> {
    let kinds = kinds_of(company.defs(), kpi);
    let since = company.defs().workspace.zone.day_of(now).plus(-DAYS);
    let mut snapshot = program.db.read().await?;
    let mut by_source: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for seen in sightings::since(&mut snapshot, company.name(), since).await? {
        if kinds.contains(seen.name.as_str()) {
            let source = company.workspace.source_name(&seen.source);
            by_source.entry(source).or_default().insert(seen.name.replace('_', " "));
        }
    }
    let said = by_source.into_iter().map(|(source, kinds)| {
        let kinds: Vec<String> = kinds.into_iter().collect();
        format!("{source} ({})", kinds.join(", "))
    });
    let said: Vec<String> = said.collect();
    Ok((!said.is_empty()).then(|| said.join(", ")))
}

/// `84 of the 312 MQLs of 15 Jun - 13 Sep 2026 reached SQLs within 60 days: 26.9 %`
pub(super) fn of_answer(defs: &Definitions, kpi: &Kpi, answer: &Answer) -> Option<String> {
    let period = &answer.period.label;
    let figure = facts::whole_figure(answer, defs);
    let rate = match &answer.figure {
        Figure::Rate { rate } if rate.den > 0 => Some((facts::count(rate.num), facts::count(rate.den))),
        _ => None,
    };
    Some(match (&kpi.kind, rate) {
        (KpiKind::Conversion { from, to, .. }, Some((num, den))) => {
            let within = answer.window.as_ref().map(|window| format!(" within {window}")).unwrap_or_default();
            format!(
                "{} of the {} {} of {period} reached {}{within}: {}",
                words::count(num),
                words::count(den),
                label(defs, from),
                label(defs, to),
                figure.bare()
            )
        }
        (KpiKind::Share { .. } | KpiKind::Stock { .. } | KpiKind::Worklist { .. }, Some((num, den))) => {
            format!("{} of {} in {period}: {}", words::count(num), words::count(den), figure.bare())
        }
        (KpiKind::Formula { text, kpis, .. }, _) if !answer.inputs.is_empty() => {
            let parts = kpis.iter().filter_map(|slug| {
                let part = facts::figure(answer.inputs.get(slug)?, defs).full();
                Some(format!("{slug} {part}"))
            });
            format!("{} in {period}: {text} is {}", parts.collect::<Vec<_>>().join(", "), figure.bare())
        }
        (KpiKind::Count { .. } | KpiKind::Sum { .. }, _) => format!("{} in {period}", figure.full()),
        (KpiKind::Time { from, .. }, _) if answer.figure.counted() > 0 => {
            format!("of the {} of {period}: {}", label(defs, from), figure.full())
        }
        (KpiKind::Standard { .. }, _) => {
            let parts = answer
                .inputs
                .iter()
                .map(|(name, part)| format!("{} {}", name.replace('-', " "), facts::figure(part, defs).full()));
            let parts: Vec<String> = parts.collect();
            let made = if parts.is_empty() { String::new() } else { format!(" from {}", parts.join(", ")) };
            format!("{} in {period}{made}", figure.bare())
        }
        (_, _) => return None,
    })
}
