//! Deals that ended, on the day on which they did: a win rate asks for those of a period, and would else have to look through
//! every deal that ever was.

use super::plan::MotionPlan;
use super::rows::Findings;
use super::walk::Reached;
use crate::codec::Name;
use crate::contribution::{Entry, LOST, Row, name};

/// The target under which a deal that ended keeps how long it took from its first stage.
pub(crate) const CYCLE: &str = "closed/cycle";

/// The series of the deals that ended, of those that the stage `won` ends well.
///
/// An entry is what the deal was when it began (owner, dimensions: which deals count is asked of their beginning), at the time
/// of its end. It has no time to `won` or to a loss but 0, for the one of the two that it came to.
pub(crate) fn closed_series(won: &str) -> String {
    format!("closed/{won}")
}

impl Findings<'_, '_> {
    /// The row of the end of a deal, if this entry is of its first stage and it has ended.
    pub(super) fn end_of(&self, place: usize, stage: usize, reached: Reached, began: &Entry) -> Option<Row> {
        let plan = self.journey.plan;
        let MotionPlan { id, first_of_deals, .. } = &plan.motions[reached.motion];
        let won = plan.won.filter(|_| *first_of_deals == Some(stage) && !self.stages.is_expansion[place])?;
        let ending = |target: &str| Some((name(target), began.lag(target)?));
        let (end, took) = ending(&plan.chain[won].id).or_else(|| ending(LOST))?;
        let mut entry = began.clone();
        entry.at = began.at.plus_ms(took);
        entry.lags = vec![(end, 0), (name(CYCLE), took)];
        // What it was won for, else what it was to bring.
        let was_won = self.stages.entry[place][won].is_some();
        let mut sums = if was_won { self.stage_sums(won, &self.view_of(place)) } else { Vec::new() };
        let of_beginning = began.sums.iter().filter(|(measure, _)| sums.iter().all(|(known, _)| known != measure));
        let of_beginning: Vec<_> = of_beginning.cloned().collect();
        sums.extend(of_beginning);
        entry.sums = sums;
        Some(Row { motion: Name::clone(id), series: Name::clone(plan.closed.as_ref()?), entry })
    }
}
