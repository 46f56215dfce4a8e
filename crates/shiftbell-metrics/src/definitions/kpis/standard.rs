//! The family that exists without being written: every stage, every step to the next one and its time.

use super::super::model::{Better, CountOf, Kpi, KpiKind, Motion, PerMotion, Stage, TimeShow, TimeTo};
use super::super::say::lower;
use super::super::words;
use super::kind::WINDOW;
use super::{Ground, RESERVED};

/// Adds what is not written. A written KPI of the same name takes the place of the standard one.
pub(super) fn complete(kpis: &mut Vec<Kpi>, ground: Ground<'_>) {
    for stage in ground.chain.iter().filter(|stage| is_used(&stage.id, ground.motions)) {
        count(kpis, stage);
    }
    for pair in ground.chain.windows(2) {
        if let [from, to] = pair
            && ground.motions.iter().any(|motion| means(motion, &from.id) && means(motion, &to.id))
        {
            conversion(kpis, from, to);
            time(kpis, from, to);
        }
    }
    if ground.has_recurring {
        super::kind::standard_names().for_each(|name| recurring(kpis, name));
    }
}

/// What the family of recurring revenue is called, its other name, and which direction is better.
fn called(name: &str) -> (&'static str, Option<&'static str>, Better) {
    match name {
        "gross-retention" => ("Revenue kept", Some("grr"), Better::Higher),
        "net-retention" => ("Revenue kept, with expansion", Some("nrr"), Better::Higher),
        "customer-retention" => ("Customers kept", None, Better::Higher),
        "customer-churn" => ("Customers lost", None, Better::Lower),
        "mrr" => ("MRR", None, Better::Higher),
        "arr" => ("ARR", None, Better::Higher),
        "committed-mrr" => ("Committed MRR", Some("cmrr"), Better::Higher),
        "usage-mrr" => ("Charged by use, a month", None, Better::Higher),
        "discount-mrr" => ("Taken off for a time, a month", None, Better::Lower),
        "new-mrr" => ("New MRR", None, Better::Higher),
        "reactivation-mrr" => ("MRR of who came back", None, Better::Higher),
        "expansion-mrr" => ("Expansion MRR", None, Better::Higher),
        "contraction-mrr" => ("Contraction MRR", None, Better::Lower),
        "churned-mrr" => ("Churned MRR", None, Better::Lower),
        "quick-ratio" => ("Quick ratio", None, Better::Higher),
        "paying-customers" => ("Paying customers", None, Better::Higher),
        _ => ("Revenue per customer", Some("arpa"), Better::Higher),
    }
}

fn recurring(kpis: &mut Vec<Kpi>, name: &str) {
    let is_same = |kpi: &Kpi| matches!(&kpi.kind, KpiKind::Standard { name: known, .. } if known == name);
    if !is_free(name, kpis) {
        return;
    }
    let (label, also, better) = called(name);
    let kind = KpiKind::Standard { name: name.to_owned(), over: None };
    // Who wrote it under another name has it already.
    if let Some(written) = kpis.iter_mut().find(|kpi| is_same(kpi) && kpi.motion.is_none()) {
        written.also.push(name.to_owned());
        return;
    }
    let also = also.filter(|also| is_free(also, kpis)).map(str::to_owned).into_iter().collect();
    kpis.push(unwritten(name.to_owned(), also, label.to_owned(), kind, better));
}

fn means(motion: &Motion, stage: &str) -> bool {
    motion.stages.contains_key(stage)
}

fn is_used(stage: &str, motions: &[Motion]) -> bool {
    motions.iter().any(|motion| means(motion, stage))
}

pub(super) fn is_free(name: &str, kpis: &[Kpi]) -> bool {
    !RESERVED.contains(&name) && super::find(name, kpis).is_none()
}

/// How many reached a stage: `mqls`, which also goes by the stage's own id. Where people call the stage something else
/// ("First show" for `live`), by the id alone.
fn count(kpis: &mut Vec<Kpi>, stage: &Stage) {
    let called = words::as_name(&stage.label);
    let slug = if called.starts_with(&stage.id) { called } else { stage.id.clone() };
    let kind = KpiKind::Count { of: CountOf::Stage(stage.id.clone()) };
    if is_free(&slug, kpis) {
        let also = if slug != stage.id && is_free(&stage.id, kpis) { vec![stage.id.clone()] } else { vec![] };
        kpis.push(unwritten(slug, also, stage.label.clone(), kind, Better::Higher));
    } else if is_free(&stage.id, kpis)
        && let Some(same) = kpis.iter_mut().find(|kpi| kpi.slug == slug && kpi.motion.is_none())
        && matches!(&same.kind, KpiKind::Count { of: CountOf::Stage(counted) } if *counted == stage.id)
    {
        same.also.push(stage.id.clone());
    }
}

fn conversion(kpis: &mut Vec<Kpi>, from: &Stage, to: &Stage) {
    let slug = format!("{}-to-{}", from.id, to.id);
    let short = format!("{}-conversion", from.id);
    let also = if is_free(&short, kpis) { vec![short] } else { vec![] };
    if let Some(written) = kpis.iter_mut().find(|kpi| kpi.slug == slug) {
        if matches!(&written.kind, KpiKind::Conversion { from: a, to: b, .. } if *a == from.id && *b == to.id) {
            written.also.extend(also);
        }
        return;
    }
    if !is_free(&slug, kpis) {
        return;
    }
    let within = PerMotion::every(WINDOW);
    let kind = KpiKind::Conversion { from: from.id.clone(), to: to.id.clone(), within, early: PerMotion::default() };
    let label = format!("{} to {}", from.one(), lower(&to.one()));
    kpis.push(unwritten(slug, also, label, kind, Better::Higher));
}

fn time(kpis: &mut Vec<Kpi>, from: &Stage, to: &Stage) {
    let slug = format!("{}-to-{}-time", from.id, to.id);
    if !is_free(&slug, kpis) {
        return;
    }
    let kind = KpiKind::Time {
        from: from.id.clone(),
        to: TimeTo::Stage(to.id.clone()),
        working_hours: false,
        show: TimeShow::Median,
    };
    let label = format!("Time from {} to {}", lower(&from.one()), lower(&to.one()));
    kpis.push(unwritten(slug, vec![], label, kind, Better::Lower));
}

pub(super) fn unwritten(slug: String, also: Vec<String>, label: String, kind: KpiKind, better: Better) -> Kpi {
    Kpi {
        slug,
        label,
        also,
        means: PerMotion::default(),
        level: None,
        kind,
        motion: None,
        target: PerMotion::default(),
        better,
        owner: None,
        signed: None,
        leads_to: vec![],
        was: None,
        credit: None,
        is_written: false,
        version: String::new(),
        not_active: None,
    }
}
