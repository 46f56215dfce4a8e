//! The standard KPIs of deals on their way: they exist without being written, where a motion has deals that are won.

use super::super::model::{Better, Kpi, KpiKind, PerMotion, StageOf};
use super::Ground;
use super::standard::{is_free, unwritten};

/// How many of the deals that closed in the period were won.
pub(crate) const WIN_RATE: &str = "win-rate";
/// Money a day: open deals x win rate x mean amount won / days of the cycle.
pub(crate) const VELOCITY: &str = "sales-velocity";
/// Open deals / what is still to be won of the goal.
pub(crate) const COVERAGE: &str = "coverage";

/// Each with whether it is a rate.
pub(super) const NAMES: [(&str, bool); 3] = [(WIN_RATE, true), (VELOCITY, false), (COVERAGE, false)];

/// Whether a standard KPI is about deals on their way, and not about recurring revenue: `win-rate`, `sales-velocity`, `coverage`.
pub fn is_pipeline(name: &str) -> bool {
    NAMES.iter().any(|(known, _)| *known == name)
}

/// Adds what is not written, under its name where that is free.
pub(super) fn complete(kpis: &mut Vec<Kpi>, ground: Ground<'_>) {
    if not_active(WIN_RATE, ground).is_some() {
        return;
    }
    let means = [
        (
            WIN_RATE,
            "Closed win rate",
            "Of the deals won or lost in the period, how many were won, whenever they were created.",
        ),
        (
            VELOCITY,
            "Sales velocity a day",
            "Deals open at its end x win rate x mean amount won / median days from creation to the win, all four of \
             the deals that closed in the period.",
        ),
        (
            COVERAGE,
            "Coverage",
            "Open deals, whatever their close date, / what is still to be won of the goal. Nothing once the goal is reached.",
        ),
    ];
    for (name, label, text) in means {
        let slug = if name == WIN_RATE { "closed-win-rate" } else { name };
        if !is_free(slug, kpis) || not_active(name, ground).is_some() {
            continue;
        }
        let also = if slug != name && is_free(name, kpis) { vec![name.to_owned()] } else { vec![] };
        let kind = KpiKind::Standard { name: name.to_owned(), over: None };
        let mut kpi = unwritten(slug.to_owned(), also, label.to_owned(), kind, Better::Higher);
        kpi.means = PerMotion::every(text.to_owned());
        kpis.push(kpi);
    }
}

/// Why it cannot be asked here: it needs deals that are won, and have a stage before that.
pub(super) fn not_active(name: &str, ground: Ground<'_>) -> Option<String> {
    let deals = ground.chain.iter().filter(|stage| stage.of == StageOf::Deal).map(|stage| stage.id.as_str());
    let deals: Vec<&str> = deals.collect();
    let won = deals.last().copied().unwrap_or_default();
    let has_way = ground.motions.iter().any(|motion| {
        motion.stages.contains_key(won) && deals.iter().filter(|stage| motion.stages.contains_key(**stage)).count() > 1
    });
    let words = if has_way { None } else { Some("no motion has a stage of deals before the one that is won") };
    words.filter(|_| is_pipeline(name)).map(str::to_owned)
}
