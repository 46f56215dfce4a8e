//! The standard KPIs of deals on their way, and of how long everybody stays in a stage: they exist without being written, where a
//! motion has what they are about.

use super::super::model::{
    Better, CountOf, Definitions, FieldName, Kpi, KpiKind, Motion, PerMotion, Policies, Stage, StageOf,
};
use super::super::say::lower;
use super::Ground;
use super::standard::{is_free, unwritten};

/// How many of the deals that closed in the period were won.
pub(crate) const WIN_RATE: &str = "win-rate";
/// How many of the deals that were created in the period are won so far.
pub(crate) const CREATED_WIN_RATE: &str = "created-win-rate";
/// As the win rate, of all that closed: also where nobody decided.
pub(crate) const WIN_RATE_WITH_NO_DECISION: &str = "win-rate-with-no-decision";
/// Amount won of the amount that closed.
pub(crate) const WIN_RATE_BY_VALUE: &str = "win-rate-by-value";
/// Money a day: open deals x win rate x mean amount won / days of the cycle.
pub(crate) const VELOCITY: &str = "sales-velocity";
/// Days from creation to the win, the open ones in it.
pub(crate) const CYCLE_LENGTH: &str = "cycle-length";
/// Open deals that should close / what is still to be won of the goal.
pub(crate) const COVERAGE: &str = "coverage";

/// When an open deal should close: what coverage looks at.
pub(crate) const CLOSE_AT: &str = "deal.close_at";

/// What comes behind the name of a stage for how long one stays in it: `deal-time`.
const STAY: &str = "-time";

/// How one of the family is called and what it means.
struct Said {
    name: &'static str,
    label: &'static str,
    is_rate: bool,
    better: Better,
    means: &'static str,
}

/// Every one of them but the times in stages.
const ALL: [Said; 7] = [
    Said {
        name: WIN_RATE,
        label: "Closed win rate",
        is_rate: true,
        better: Better::Higher,
        means: "Of the deals won or lost in the period, how many were won, whenever they were created.",
    },
    Said {
        name: CREATED_WIN_RATE,
        label: "Win rate by creation",
        is_rate: true,
        better: Better::Higher,
        means: "Of the deals created in the period, how many are won so far. It is final when none of them is open.",
    },
    Said {
        name: WIN_RATE_WITH_NO_DECISION,
        label: "Win rate with no decision",
        is_rate: true,
        better: Better::Higher,
        means: "Of all deals that closed in the period, also those about which nobody decided, how many were won.",
    },
    Said {
        name: WIN_RATE_BY_VALUE,
        label: "Win rate by value",
        is_rate: true,
        better: Better::Higher,
        means: "Of the amount of the deals won or lost in the period, how much was won.",
    },
    Said {
        name: VELOCITY,
        label: "Sales velocity a day",
        is_rate: false,
        better: Better::Higher,
        means: "Deals open at its end x win rate x mean amount won / median days from creation to the win, all four of \
                the deals that closed in the period.",
    },
    Said {
        name: CYCLE_LENGTH,
        label: "Cycle length",
        is_rate: false,
        better: Better::Lower,
        means: "How long it takes until half of the deals created in the period that are not lost are won. Each open \
                one may still be won, and counts as lasting at least as long as it has.",
    },
    Said {
        name: COVERAGE,
        label: "Coverage",
        is_rate: false,
        better: Better::Higher,
        means: "Open deals that should close before the period of the goal ends / what is still to be won of the \
                goal. Nothing once the goal is reached.",
    },
];

/// The names that a file may write behind `standard`.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|one| one.name)
}

pub(super) fn is_rate(name: &str) -> bool {
    ALL.iter().any(|one| one.name == name && one.is_rate)
}

/// Whether it is a length of time.
pub(super) fn is_time(name: &str) -> bool {
    name == CYCLE_LENGTH || stage_of(name).is_some()
}

/// The stage of a time in a stage: `deal` of `deal-time`.
pub(crate) fn stage_of(name: &str) -> Option<&str> {
    name.strip_suffix(STAY)
}

/// Whether a standard KPI is about deals on their way or stays in stages, and not about recurring revenue or what customers cost:
/// `win-rate`, `sales-velocity`, `coverage`, `deal-time` ...
pub fn is_pipeline(name: &str) -> bool {
    ALL.iter().any(|one| one.name == name) || stage_of(name).is_some()
}

/// Whether the fold keeps something for it that nothing else asks for.
pub(crate) fn keeps_something(name: &str) -> bool {
    [COVERAGE, WIN_RATE_BY_VALUE, WIN_RATE_WITH_NO_DECISION].contains(&name)
}

/// Adds what is not written, under its name where that is free.
pub(super) fn complete(kpis: &mut Vec<Kpi>, ground: Ground<'_>) {
    for one in has_way(ground).then_some(&ALL).into_iter().flatten() {
        let slug = if one.name == WIN_RATE { "closed-win-rate" } else { one.name };
        if !is_free(slug, kpis) {
            continue;
        }
        let also = if slug != one.name && is_free(one.name, kpis) { vec![one.name.to_owned()] } else { vec![] };
        let kind = KpiKind::Standard { name: one.name.to_owned(), over: None };
        let mut kpi = unwritten(slug.to_owned(), also, one.label.to_owned(), kind, one.better);
        kpi.means = PerMotion::every(one.means.to_owned());
        kpi.not_active = not_active(one.name, ground).or_else(|| has_no_amount(one.name, kpis, ground));
        kpis.push(kpi);
    }
    for (index, stage) in ground.chain.iter().enumerate() {
        if goes_on(stage, &ground.chain[index + 1..], ground.motions) {
            stay(kpis, stage);
        }
    }
}

/// Whether somebody can go on from a stage.
fn goes_on(stage: &Stage, later: &[Stage], motions: &[Motion]) -> bool {
    motions.iter().any(|motion| {
        motion.stages.contains_key(&stage.id) && later.iter().any(|later| motion.stages.contains_key(&later.id))
    })
}

fn stay(kpis: &mut Vec<Kpi>, stage: &Stage) {
    let slug = format!("{}{STAY}", stage.id);
    if !is_free(&slug, kpis) {
        return;
    }
    let label = format!("Time in {}", lower(&stage.label));
    let kind = KpiKind::Standard { name: slug.clone(), over: None };
    let mut kpi = unwritten(slug, vec![], label, kind, Better::Lower);
    let means = format!(
        "How long it takes until half of those who reached {} in the period are out of it: further on, or lost. Who is \
         still there counts as staying at least as long as they have.",
        lower(&stage.label)
    );
    kpi.means = PerMotion::every(means);
    kpis.push(kpi);
}

/// Whether a motion has deals that are won, and a stage of deals before that.
fn has_way(ground: Ground<'_>) -> bool {
    let deals: Vec<&Stage> = ground.chain.iter().filter(|stage| stage.of == StageOf::Deal).collect();
    let Some(won) = deals.last() else { return false };
    ground.motions.iter().any(|motion| {
        motion.stages.contains_key(&won.id)
            && deals.iter().filter(|stage| motion.stages.contains_key(&stage.id)).count() > 1
    })
}

/// Why it cannot be asked here.
pub(super) fn not_active(name: &str, ground: Ground<'_>) -> Option<String> {
    if !is_pipeline(name) || stage_of(name).is_some() {
        return None;
    }
    if !has_way(ground) {
        return Some("no motion has a stage of deals before the one that is won".to_owned());
    }
    (name == WIN_RATE_WITH_NO_DECISION && ground.policies.no_decision.is_empty()).then(|| {
        "nothing says which lost deals nobody decided about: write no_decision = \"went-quiet\" under \
         [policies.pipeline], and such a fact as went-quiet = { event = \"deal\", deal.stage = \"lost\", \
         deal.lost_reason = \"no decision\" }"
            .to_owned()
    })
}

/// Without a sum where deals are won, nobody knows what they are worth.
fn has_no_amount(name: &str, kpis: &[Kpi], ground: Ground<'_>) -> Option<String> {
    let won = ground.chain.iter().rfind(|stage| stage.of == StageOf::Deal)?;
    let is_missing = name == WIN_RATE_BY_VALUE && amount_among(kpis, &won.id).is_none();
    is_missing.then(|| {
        format!(
            "nothing says what a deal is worth: write won-amount = {{ sum = {{ of = \"deal.amount\", at = \"{}\" }} }} \
             under [kpis]",
            won.id
        )
    })
}

/// The first stage of deals of a motion and the one that is won; `None` if they are one.
pub(crate) fn ends_of<'d>(defs: &'d Definitions, motion: &Motion) -> Option<(&'d str, &'d str)> {
    let won = defs.chain.iter().rfind(|stage| stage.of == StageOf::Deal)?;
    let has = |id: &str| motion.stages.contains_key(id);
    let first = defs.chain.iter().find(|stage| stage.of == StageOf::Deal && has(&stage.id))?;
    (first.id != won.id && has(&won.id)).then_some((first.id.as_str(), won.id.as_str()))
}

/// The field that is added up where deals are won: what a deal is worth.
pub(crate) fn amount_of<'d>(defs: &'d Definitions, won: &str) -> Option<&'d FieldName> {
    amount_among(&defs.kpis, won)
}

pub(super) fn amount_among<'k>(kpis: &'k [Kpi], won: &str) -> Option<&'k FieldName> {
    kpis.iter().find_map(|kpi| match &kpi.kind {
        KpiKind::Sum { of, at: CountOf::Stage(at) } if at == won => Some(of),
        _ => None,
    })
}

/// What of the policies changes the meaning of one of them.
pub(crate) fn policy_of<'p>(name: &str, policies: &'p Policies) -> &'p [String] {
    if [WIN_RATE, WIN_RATE_WITH_NO_DECISION, WIN_RATE_BY_VALUE, VELOCITY].contains(&name) {
        &policies.no_decision
    } else {
        &[]
    }
}
