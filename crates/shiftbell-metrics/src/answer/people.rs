//! The people, deals or events behind a number.

use serde::{Deserialize, Serialize};

use super::choose::{kpi_of, motions_of, period_of};
use super::measure::{Scope, window_ms};
use super::rows::{Desk, Read, Rows};
use super::stock::Behind;
use super::tally::{Ask, days_of, kept, of_fact, segments_of};
use super::{Asked, Cannot};
use crate::contribution::LOST;
use crate::definitions::{CountOf, Definitions, KpiKind, TimeTo};
use crate::id::EntityId;
use crate::segment::Columns;
use crate::time::Instant;

/// Where somebody of a cohort went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Counted: it reached the target in its window (or there is no target).
    Reached,
    /// Lost within the window.
    Lost,
    /// Neither yet, nor lost.
    Neither,
    /// Neither within the window, but reached afterwards.
    Later,
}

/// One entry behind a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Someone {
    pub entity: EntityId,
    /// When it entered.
    pub at: Instant,
    pub fate: Fate,
    /// Milliseconds to the target, if it was ever reached.
    pub took: Option<i64>,
}

/// Who is behind a number, in the order of their numbers: of a share, a state or a worklist those that count as they should,
/// and those that do not. Behind a formula or a standard KPI nobody is named.
///
/// The inner `Err` names the rows that are needed first.
pub fn who(asked: &Asked<'_>, rows: &Rows) -> Result<Result<Vec<Someone>, Vec<Read>>, Cannot> {
    let desk = Desk::new(rows);
    let found = people(asked, &desk)?;
    Ok(match desk.missing() {
        needed if needed.is_empty() => Ok(found),
        needed => Err(needed),
    })
}

fn people(asked: &Asked<'_>, desk: &Desk<'_>) -> Result<Vec<Someone>, Cannot> {
    let kpi = kpi_of(asked.defs, &asked.question.kpi)?;
    let motions = motions_of(asked, &kpi)?;
    let period = period_of(asked, &kpi, &motions)?;
    let scope = Scope { asked, desk, kpi: &kpi, motions: &motions, period: &period, by: None, exact: true };
    let mut target = None;
    let series: Vec<String> = match &kpi.kind {
        KpiKind::Count { of: CountOf::Stage(stage) } | KpiKind::Sum { at: CountOf::Stage(stage), .. } => {
            vec![stage.clone()]
        }
        KpiKind::Count { of: CountOf::Facts(facts) } => return Ok(named(scope.happened(facts)?)),
        KpiKind::Sum { at: CountOf::Facts(facts), .. } => facts.iter().map(|fact| of_fact(fact)).collect(),
        KpiKind::Conversion { from, to, .. } => {
            target = Some(to.clone());
            vec![from.clone()]
        }
        KpiKind::Time { from, to, .. } => {
            target = Some(match to {
                TimeTo::Stage(stage) => stage.clone(),
                TimeTo::Fact(fact) => of_fact(fact),
            });
            vec![from.clone()]
        }
        KpiKind::Share { of, also } => return Ok(named(scope.shared(of, also)?)),
        KpiKind::Stock { of, filter, have } => return Ok(named(scope.stand(*of, filter.as_ref(), have.as_ref())?)),
        KpiKind::Worklist { due, due_by, done } => return Ok(named(scope.due(due, due_by, done)?)),
        KpiKind::Formula { .. } | KpiKind::Standard { .. } => return Ok(Vec::new()),
    };
    let mut found = Vec::new();
    for series in series {
        for motion in &motions {
            let ask = Ask { target: target.clone(), window: window_ms(&kpi, motion), ..scope.ask(series.clone()) };
            let days = days_of(&period, &asked.defs.workspace.zone);
            for block in desk.segments(segments_of(motion, &series, days)) {
                take(&ask, &block.columns()?, asked.defs, &mut found)?;
            }
        }
    }
    found.sort_by_key(|someone| (someone.entity, someone.at));
    Ok(found)
}

/// Records that count as they should, and those that do not.
fn named(records: Vec<Behind>) -> Vec<Someone> {
    let mut found: Vec<Someone> = records
        .into_iter()
        .map(|Behind { entity, at, counts, .. }| {
            let fate = if counts { Fate::Reached } else { Fate::Neither };
            Someone { entity, at, fate, took: None }
        })
        .collect();
    found.sort_by_key(|someone| (someone.entity, someone.at));
    found
}

fn take(
    ask: &Ask<'_>,
    columns: &Columns<'_>,
    definitions: &Definitions,
    found: &mut Vec<Someone>,
) -> Result<(), Cannot> {
    let keep = kept(ask, columns, &definitions.workspace.zone)?;
    let target = ask.target.as_ref().map(|target| columns.lag(target)).transpose()?.flatten();
    let lost = columns.lag(LOST)?;
    let window = ask.window.unwrap_or(i64::MAX);
    for (index, (entity, at)) in columns.entities()?.into_iter().zip(columns.at()?).enumerate() {
        if !keep[index] {
            continue;
        }
        let span = |lags: &Option<Vec<u64>>| Some(lags.as_ref()?[index].checked_sub(1)?.cast_signed());
        let took = span(&target);
        let fate = if ask.target.is_none() || took.is_some_and(|took| took <= window) {
            Fate::Reached
        } else if span(&lost).is_some_and(|lost| lost <= window) {
            Fate::Lost
        } else if took.is_some() {
            Fate::Later
        } else {
            Fate::Neither
        };
        found.push(Someone { entity, at, fate, took });
    }
    Ok(())
}
