//! KPIs: which mean something else, and because of what.

use super::super::kpis::facts_of;
use super::super::model::{Definitions, Kpi, KpiKind};
use super::super::sheet::of_kind;
use super::super::version;
use super::ground::stage_in;
use super::{Changed, Diff, names};

pub(super) fn compare(old: &Definitions, new: &Definitions, diff: &mut Diff) {
    let ground: Vec<(&'static str, String)> =
        diff.changes.iter().map(|changed| (changed.what, changed.name.clone())).collect();
    let all = names(new.kpis.iter().map(|kpi| kpi.slug.as_str()), old.kpis.iter().map(|kpi| kpi.slug.as_str()));
    let of = |defs: &'_ Definitions, slug: &str| defs.kpis.iter().position(|kpi| kpi.slug == slug);
    for slug in all {
        let before = of(old, slug).and_then(|at| old.kpis.get(at));
        let after = of(new, slug).and_then(|at| new.kpis.get(at));
        match (before, after) {
            (Some(before), Some(after)) if before.version == after.version => reworded(before, after, diff),
            (Some(before), Some(after)) => {
                diff.answers.push(slug.to_owned());
                if before.is_written || after.is_written {
                    let because = because(new, before, after, (old, &ground));
                    let (was, is) = (line(old, before), line(new, after));
                    let (old, new) = (Some(was), Some(is));
                    diff.changes.push(Changed { what: "KPI", name: slug.to_owned(), old, new, because });
                }
            }
            (before, after) => {
                if before.or(after).is_some_and(|kpi| kpi.is_written) {
                    let (old, new) = (before.map(|kpi| line(old, kpi)), after.map(|kpi| line(new, kpi)));
                    diff.changes.push(Changed { what: "KPI", name: slug.to_owned(), old, new, because: Vec::new() });
                }
                diff.answers.push(slug.to_owned());
            }
        }
    }
}

/// What a KPI is, in one line, with its version.
fn line(defs: &Definitions, kpi: &Kpi) -> String {
    let motion = kpi.motion.as_ref().map(|motion| format!(", only {motion}")).unwrap_or_default();
    let credit = kpi.credit.as_ref().map(|_| ", credited to whoever sourced it").unwrap_or_default();
    let kind: String = of_kind(defs, &kpi.kind).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{kind}{motion}{credit} (version {})", kpi.version)
}

/// What changed of what it rests on.
fn because(
    new: &Definitions,
    before: &Kpi,
    after: &Kpi,
    (old, ground): (&Definitions, &[(&'static str, String)]),
) -> Vec<String> {
    let mut stages: Vec<&str> = version::stages_that_matter(new, &after.kind);
    stages.extend(version::stages_that_matter(old, &before.kind));
    let facts = facts_of(&after.kind);
    let is_meant = |(what, name): &&(&'static str, String)| match *what {
        "workspace" => !matches!(name.as_str(), "week_starts" | "year_starts"),
        "fact" => facts.contains(&name.as_str()),
        "stage" => {
            !stages.is_empty() && (stages.contains(&name.as_str()) || matches!(name.as_str(), "order" | "skipped"))
        }
        "motion" => match name.split_once(": ") {
            None => true,
            Some((motion, _)) if after.motion.as_ref().is_some_and(|only| only != motion) => false,
            Some((motion, "lost" | "gone" | "as_of" | "later_wins")) => !motion.is_empty() && !stages.is_empty(),
            Some((motion, stage)) => stages.contains(&stage) && *name == stage_in(motion, stage),
        },
        "policy" => matches!(after.kind, KpiKind::Standard { .. }) && name.starts_with("mrr."),
        _ => false,
    };
    let mut because: Vec<String> =
        ground.iter().filter(is_meant).map(|(what, name)| format!("{what} {name}")).collect();
    if let KpiKind::Formula { kpis, .. } = &after.kind {
        let moved = |slug: &&String| old.kpi(slug).map(|kpi| &kpi.version) != new.kpi(slug).map(|kpi| &kpi.version);
        because.extend(kpis.iter().filter(moved).map(|slug| format!("KPI {slug}")));
    }
    because
}

/// What is said differently of a KPI that means the same.
fn reworded(before: &Kpi, after: &Kpi, diff: &mut Diff) {
    if !before.is_written && !after.is_written {
        return;
    }
    let words = [
        ("label", before.label != after.label),
        ("means", before.means != after.means),
        ("other names", before.also != after.also),
        ("formula", kind_text(before) != kind_text(after)),
        ("what it was", before.was != after.was),
    ];
    let aims = [
        ("level", before.level != after.level),
        ("target", before.target != after.target),
        ("direction", before.better != after.better),
        ("owner", before.owner != after.owner),
        ("signature", before.signed != after.signed),
        ("what it leads to", before.leads_to != after.leads_to),
        ("early age", early(before) != early(after)),
    ];
    let said = |of: &[(&'static str, bool)]| {
        of.iter().filter(|(_, differs)| *differs).map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
    };
    let (words, aims) = (said(&words), said(&aims));
    if !words.is_empty() {
        diff.reworded.push(format!("KPI {} (version {}): {words}", after.slug, after.version));
    }
    if !aims.is_empty() {
        diff.beside.push(format!("kpis.{}: {aims}", after.slug));
    }
}

fn kind_text(kpi: &Kpi) -> Option<&str> {
    match &kpi.kind {
        KpiKind::Formula { text, .. } => Some(text),
        _ => None,
    }
}

fn early(kpi: &Kpi) -> Option<&super::super::model::PerMotion<super::super::model::Span>> {
    match &kpi.kind {
        KpiKind::Conversion { early, .. } => Some(early),
        _ => None,
    }
}
