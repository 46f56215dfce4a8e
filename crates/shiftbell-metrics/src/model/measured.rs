//! A motion's formula from the numbers that its week is told with: the same that anybody gets who asks.

use super::growth::RightSide;
use super::lever::{Formula, LeverOf};
use crate::bowtie::{MotionBowtie, Standing, Step};

/// What is known of money beside the volumes and rates of a week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priced {
    /// Of the list price. `None` if it is not measured: then what is paid is the price.
    pub discount: Option<f64>,
    /// Recurring revenue of a year, in major units.
    pub recurring: f64,
    pub right: RightSide,
}

/// Why there is no formula.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFormula {
    #[error("no motion leads to a win here")]
    NoSteps,
    #[error("{label} has nothing to stand on yet: nobody entered in its latest closed weeks")]
    NoRate { label: String },
}

/// The formula of a motion over the weeks of its volumes.
///
/// # Errors
/// A step that has no rate, by its label: a product with an unknown factor is unknown.
pub fn measured(motion: &MotionBowtie, weeks: u32, priced: Priced) -> Result<Formula, NoFormula> {
    let first = motion.stages.first().filter(|_| motion.stages.len() > 1).ok_or(NoFormula::NoSteps)?;
    let last = motion.stages.len() - 1;
    let rates = motion.stages[..last].iter().map(|stage| {
        let no_rate = |label: &str| NoFormula::NoRate { label: label.to_owned() };
        let step = stage.next.as_ref().ok_or_else(|| no_rate(&stage.label))?;
        step.rate.ok_or_else(|| no_rate(&step.label))
    });
    let discount = priced.discount.filter(|discount| (0.0..1.0).contains(discount)).unwrap_or(0.0);
    let paid = motion.won.and_then(|won| won.average);
    Ok(Formula {
        volume: first.usual * f64::from(weeks),
        weeks,
        rates: rates.collect::<Result<Vec<f64>, NoFormula>>()?,
        discount,
        list_price: paid.map(|paid| paid / (1.0 - discount)),
        recurring: priced.recurring,
        right: priced.right,
    })
}

/// The steps of a motion, each with its place in the formula.
pub fn steps(motion: &MotionBowtie) -> impl Iterator<Item = (LeverOf, &Step)> {
    let all = motion.stages.iter().enumerate();
    all.filter_map(|(place, stage)| Some((LeverOf::Rate(place), stage.next.as_ref()?)))
}

/// The target of a step, unless it is as good as there: half a point is no gap.
pub fn target_of(step: &Step) -> Option<f64> {
    step.target.filter(|_| matches!(step.standing, Standing::Below | Standing::TooFew))
}
