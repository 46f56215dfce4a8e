//! The bowtie as arithmetic: what a volume becomes on its way to a win and through the years after, and what it is worth to
//! change one of the numbers on the way.
//!
//! The left side is a product and counts people; the right side is a sum and counts money. Between them stands the price:
//! nothing is ever added or divided across that knot without it. One formula belongs to one motion, since a mean of two
//! ways of selling describes neither.

mod asked;
mod best;
mod company;
mod growth;
mod lever;
mod measured;
mod metric;

pub use asked::{LeverName, NotAsked, WhatIfAsked, lever_names, read_whatif};
pub use best::{Best, Gap, Reach, Way, best};
pub use company::{BUSINESS_MODELS, BusinessModel, GROWTH_STAGES, GrowthStage, TOUCHES, Touch, suggestions, touch};
pub use growth::{
    Growth, RightSide, compounded, each_of, growth, lifetime, net_retention, per_win, rate_to_match_discount, recurring,
};
pub use lever::{Change, Formula, Lever, LeverError, LeverOf, Outcome, WEEKS_PER_YEAR, change, outcome};
pub use measured::{NoFormula, Priced, measured, steps, target_of};
pub use metric::{METRICS, Metric, NotNamed, Side, Unit, metric};

#[cfg(test)]
mod goldens;
