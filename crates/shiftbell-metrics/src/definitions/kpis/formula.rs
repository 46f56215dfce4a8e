//! KPIs worked out from other KPIs.

use super::super::facts::sentence;
use super::super::model::{Kpi, KpiKind};
use super::super::report::Report;
use super::{Written, find};
use crate::expression::{Catalogue, Type};

/// Compiles every formula, now that all KPIs are known.
pub(super) fn complete(report: &mut Report<'_>, kpis: &mut [Kpi], written: &[Written<'_>], fields: &Catalogue) {
    let mut catalogue = names(kpis, fields);
    for wrong in report.wrong_ones("KPI") {
        catalogue.add(wrong, Type::Number);
    }
    for one in written {
        let Some(item) = &one.formula else {
            continue;
        };
        let Some(formula) = sentence(report, item, &catalogue) else {
            continue;
        };
        if !matches!(formula.result(), Some(Type::Number | Type::Money)) {
            let fix = Some("write for example 'won-amount / won'".to_owned());
            report.problem(&item.span, format!("'{}' is no number", formula.text), fix);
            continue;
        }
        let mut rests_on: Vec<String> =
            formula.fields().iter().filter_map(|name| find(&name.name, kpis)).map(|kpi| kpi.slug.clone()).collect();
        rests_on.dedup();
        if formula.fields().is_empty() {
            report.problem(&item.span, "the formula names no KPI", Some("name at least one".to_owned()));
        }
        if let Some(kpi) = kpis.iter_mut().find(|kpi| kpi.slug == one.kpi.slug) {
            kpi.kind = KpiKind::Formula { text: formula.text.clone(), kpis: rests_on, formula };
        }
    }
    let circles: Vec<(usize, Vec<String>)> =
        kpis.iter().enumerate().filter_map(|(index, kpi)| Some((index, circle(kpi, kpis)?))).collect();
    for (index, path) in &circles {
        let one = kpis.get(*index).and_then(|kpi| written.iter().find(|one| one.kpi.slug == kpi.slug));
        if let Some((one, item)) = one.and_then(|one| Some((one, one.formula.as_ref()?))) {
            let message = format!("\"{}\" is worked out from itself: {}", one.kpi.slug, path.join(" -> "));
            report.problem(&item.span, message, Some("take one of them out".to_owned()));
        }
    }
    if circles.is_empty() {
        pass_on_what_is_not_active(report, kpis, written);
    }
}

/// Every name of a KPI as a field. A sum of money is money; a rate, a count and a time (in days) are numbers.
fn names(kpis: &[Kpi], fields: &Catalogue) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for kpi in kpis {
        let is_money = matches!(&kpi.kind, KpiKind::Sum { of, .. } if fields.get(of) == Some(Type::Money))
            || matches!(&kpi.kind, KpiKind::Standard { name, .. } if super::kind::standard_is_money(name));
        for name in kpi.also.iter().chain([&kpi.slug]) {
            catalogue.add(name, if is_money { Type::Money } else { Type::Number });
        }
    }
    catalogue
}

/// The way from a KPI back to itself.
fn circle(start: &Kpi, kpis: &[Kpi]) -> Option<Vec<String>> {
    let mut open: Vec<Vec<String>> = vec![vec![start.slug.clone()]];
    let mut seen: Vec<String> = Vec::new();
    while let Some(path) = open.pop() {
        let Some(KpiKind::Formula { kpis: next, .. }) =
            path.last().and_then(|last| find(last, kpis)).map(|kpi| &kpi.kind)
        else {
            continue;
        };
        for name in next {
            let mut longer = path.clone();
            longer.push(name.clone());
            if *name == start.slug {
                return Some(longer);
            }
            if !seen.contains(name) {
                seen.push(name.clone());
                open.push(longer);
            }
        }
    }
    None
}

/// A formula is as active as all it rests on.
fn pass_on_what_is_not_active(report: &mut Report<'_>, kpis: &mut [Kpi], written: &[Written<'_>]) {
    loop {
        let found = kpis.iter().enumerate().find_map(|(index, kpi)| {
            let KpiKind::Formula { kpis: rests_on, .. } = &kpi.kind else {
                return None;
            };
            let missing =
                rests_on.iter().find(|name| find(name, kpis).is_some_and(|other| other.not_active.is_some()))?;
            kpi.not_active.is_none().then(|| (index, format!("it rests on \"{missing}\", which is not active yet")))
        });
        let Some((index, why)) = found else {
            return;
        };
        let Some(kpi) = kpis.get_mut(index) else {
            return;
        };
        if let Some(one) = written.iter().find(|one| one.kpi.slug == kpi.slug) {
            report.note(&one.slug_span, format!("kpis.{}", kpi.slug), why.clone());
        }
        kpi.not_active = Some(why);
    }
}
