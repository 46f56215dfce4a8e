//! Rows that go by the name of a standard KPI. It exists without being written, and others rest on it, so a row never makes it mean
//! another thing.

use super::super::model::{Definitions, Kpi, KpiKind};
use super::cells::{folded, shortened};
use super::formula::{self, Doubt, Formula, Kind};
use super::known::Known;

/// The name of what an unwritten KPI is by the trade.
fn name(kpi: &Kpi) -> Option<&str> {
    match &kpi.kind {
        KpiKind::Standard { name, .. } if !kpi.is_written => Some(name),
        _ => None,
    }
}

/// The standard KPI that goes by what a row is called.
pub(super) fn called<'d>(label: &str, defs: &'d Definitions) -> Option<&'d Kpi> {
    let called = folded(label);
    let is_it = |kpi: &&Kpi| {
        let names = [&kpi.slug, &kpi.label].into_iter().chain(&kpi.also);
        name(kpi).is_some() && names.into_iter().any(|name| folded(name) == called)
    };
    defs.kpis.iter().find(is_it)
}

/// Whether a row with this formula may be this KPI: where it is a standard one, the formula is its own or says nothing.
pub(super) fn is_meant(kpi: &Kpi, cell: &str, defs: &Definitions) -> bool {
    let Some(name) = name(kpi) else { return true };
    let is_own = |formula: Formula| matches!(&formula.kind, Kind::Standard { name: said, .. } if said == name);
    cell.is_empty() || formula::read(cell, &Known::of(defs)).is_ok_and(is_own)
}

/// For whoever wrote the row: that its name was that of another KPI too.
pub(super) fn note(kpi: &Kpi, cell: &str) -> String {
    let name = name(kpi).unwrap_or(&kpi.slug);
    format!(
        "\"{}\" is not what {} counts ({}); for that write \"standard {name}\"",
        shortened(cell),
        kpi.slug,
        kpi.means.every.as_deref().unwrap_or(&kpi.label).trim_end_matches('.')
    )
}

/// The formula, unless its KPI is a standard one that means another thing.
pub(super) fn with_its_meaning(slug: &str, formula: Formula, defs: &Definitions) -> Result<Formula, Doubt> {
    let Some((kpi, standard)) = defs.kpis.iter().find_map(|kpi| Some((kpi, name(kpi).filter(|_| kpi.slug == slug)?)))
    else {
        return Ok(formula);
    };
    if matches!(&formula.kind, Kind::Standard { name, .. } if name == standard) {
        return Ok(formula);
    }
    let means = kpi.means.every.as_deref().unwrap_or(&kpi.label).trim_end_matches('.');
    let fix = format!("write \"standard {standard}\", or give this one another name");
    Err(Doubt::new(format!("\"{slug}\" is a standard KPI and means another thing ({means})"), fix))
}
