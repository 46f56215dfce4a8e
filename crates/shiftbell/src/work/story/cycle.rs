//! How long a deal took, and how long one usually takes.

use shiftbell_metrics::answer::{Asked, Figure, Outcome, Rows, ask};
use shiftbell_metrics::contribution::{Contribution, Row};
use shiftbell_metrics::definitions::{Definitions, Kpi, KpiKind, StageOf, TimeTo};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Instant, MS_PER_DAY};
use shiftbell_store::{Session, contributions, workspaces};

use crate::answer::{AskError, rows};
use crate::work::Workspace;

/// Most rounds of reading for the usual time.
const ROUNDS_MAX: usize = 8;

/// In whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::work) struct Cycle {
    pub(super) days: u64,
    /// The middle of the latest full weeks; `None` where nothing is usual yet.
    pub(super) usual: Option<u64>,
}

/// The cycle of the deal that a fact has just ended, by the KPI that measures the time between deals' stages; `None` if the
/// fact ends none, or the deal was never seen at its beginning.
pub(in crate::work) async fn of(
    session: &mut Session,
    workspace: &Workspace,
    row: &Row,
    now: Instant,
) -> Result<Option<Cycle>, AskError> {
    let defs = workspace.defs();
    let Some((kpi, from, to)) = measure(defs, row) else { return Ok(None) };
    let Some(generation) = workspaces::live_generation(session, &workspace.name).await? else { return Ok(None) };
    let entity = row.entry.entity;
    let Some(stored) = contributions::of_entities(session, &workspace.name, generation, &[entity]).await?.pop() else {
        return Ok(None);
    };
    let own = Contribution::decode(&stored.body).map_err(|error| AskError::Corrupt(error.to_string()))?;
    let reached = |stage: &str| {
        let at = own.rows().iter().filter(|own| own.motion == row.motion && *own.series == *stage);
        at.map(|own| own.entry.at).min()
    };
    let (Some(began), Some(ended)) = (reached(from), reached(to)) else { return Ok(None) };
    let usual = usual(session, workspace, generation, kpi, row, now).await?;
    Ok(days(ended.since(began)).map(|days| Cycle { days, usual }))
}

/// The KPI that measures from one stage of deals to that which this fact means.
fn measure<'a>(defs: &'a Definitions, row: &Row) -> Option<(&'a Kpi, &'a str, &'a str)> {
    let motion = defs.motion(&row.motion)?;
    let fact = row.series.strip_prefix("fact/")?;
    let is_of_deals = |stage: &str| defs.stage(stage).is_some_and(|stage| stage.of == StageOf::Deal);
    defs.kpis.iter().filter(|kpi| kpi.not_active.is_none()).find_map(|kpi| match &kpi.kind {
        KpiKind::Time { from, to: TimeTo::Stage(to), .. } => {
            let is_meant = motion.stages.get(to).is_some_and(|facts| facts.iter().any(|of| of == fact));
            let is_here = kpi.motion.as_ref().is_none_or(|only| *only == motion.id);
            (is_meant && is_here && is_of_deals(from) && is_of_deals(to)).then_some((kpi, from.as_str(), to.as_str()))
        }
        KpiKind::Time { to: TimeTo::Fact(_), .. }
        | KpiKind::Count { .. }
        | KpiKind::Conversion { .. }
        | KpiKind::Sum { .. }
        | KpiKind::Share { .. }
        | KpiKind::Stock { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Formula { .. }
        | KpiKind::Standard { .. } => None,
    })
}

/// What `/kpi` answers just then.
async fn usual(
    session: &mut Session,
    workspace: &Workspace,
    generation: i64,
    kpi: &Kpi,
    row: &Row,
    now: Instant,
) -> Result<Option<u64>, AskError> {
    let question = Question { motion: Some(row.motion.to_string()), ..Question::of(&kpi.slug) };
    let asked = Asked { defs: workspace.defs(), question: &question, now, names: &[] };
    let mut known = Rows::default();
    for _ in 0..ROUNDS_MAX {
        match ask(&asked, &known) {
            Outcome::Answer(answer) => {
                return Ok(match answer.figure {
                    Figure::Duration { median_ms: Some(median), .. } => days(median),
                    Figure::Duration { median_ms: None, .. }
                    | Figure::Count { .. }
                    | Figure::Rate { .. }
                    | Figure::Money { .. }
                    | Figure::Number { .. } => None,
                });
            }
            Outcome::Cannot(_) => return Ok(None),
            Outcome::Need(reads) => {
                rows::read(session, &workspace.name, Some(generation), reads, &mut known).await?;
            }
        }
    }
    Ok(None)
}

fn days(ms: i64) -> Option<u64> {
    u64::try_from((ms + MS_PER_DAY / 2) / MS_PER_DAY).ok().filter(|days| *days > 0)
}
