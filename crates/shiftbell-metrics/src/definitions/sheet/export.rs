//! The KPIs of a definitions file as rows of a spreadsheet.

use super::super::model::{Definitions, Kpi, Motion, Target};
use super::columns::{Column, level_word};
use super::known::Known;
use super::{per_motion, sentence};

/// The header and one row for each KPI that is written, in the order of the file. What [`super::import`] makes of them means
/// the same.
pub fn export(defs: &Definitions) -> Vec<Vec<String>> {
    let header = Column::ALL.iter().map(|column| column.header().to_owned()).collect();
    let known = Known::of(defs);
    let row = |kpi: &Kpi| Column::ALL.iter().map(|column| cell(&known, kpi, *column)).collect();
    std::iter::once(header).chain(defs.kpis.iter().filter(|kpi| kpi.is_written).map(row)).collect()
}

fn cell(known: &Known<'_>, kpi: &Kpi, column: Column) -> String {
    match column {
        Column::Level => level_word(kpi.level.as_deref()).to_owned(),
        Column::Name => kpi.label.clone(),
        Column::Id => kpi.slug.clone(),
        Column::Definition => per_motion::write(&kpi.means, &known.defs.motions, Clone::clone),
        Column::Formula => sentence::of(known, kpi),
        Column::Owner => kpi.owner.clone().unwrap_or_default(),
        Column::Segment => kpi.motion.clone().unwrap_or_default(),
        Column::Target => target(kpi, &known.defs.motions),
        Column::Signed => kpi.signed.map(|date| date.to_string()).unwrap_or_default(),
        Column::Version => kpi.version.clone(),
    }
}

/// The target of a KPI as its cell says it.
pub(super) fn target(kpi: &Kpi, motions: &[Motion]) -> String {
    per_motion::write(&kpi.target, motions, |target| match target {
        Target::Rate(rate) => format!("{} %", rate.normalize()),
        Target::Number(number) => number.normalize().to_string(),
        Target::Span(span) => span.to_string(),
    })
}
