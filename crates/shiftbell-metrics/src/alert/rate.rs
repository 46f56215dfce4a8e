//! A rate that fell, priced in money; and a goal that is missed for days.

use serde::{Deserialize, Serialize};

use super::{Decision, HoldReason, Reason};
use crate::definitions::Sure;
use crate::stats::{Counts, newcombe_difference, wilson, z_of};

/// Two spans of one rate, both judged at the same age, so that the newest people are not blamed for being young.
#[derive(Clone, Copy, Debug)]
pub struct RateFacts {
    pub recent: Counts,
    pub before: Counts,
    /// Fewer than this in one of the two are not compared.
    pub too_few: u32,
    pub sure: Sure,
    /// What one of those who are missing is usually worth from there on, in major units ([`value_of_one`]).
    pub each: Option<f64>,
}

/// A rate that fell by more than chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateFall {
    pub recent: Counts,
    pub before: Counts,
    /// `recent - before`, in percentage points; below zero. With the interval of the difference.
    pub points: f64,
    pub points_low: f64,
    pub points_high: f64,
    /// `den recent x rate before - num recent`: who would have been there at the old rate.
    pub missing: f64,
    /// It has ended when full weeks are back above this rate, 0 to 1: the low end of what was usual before.
    pub back_above: f64,
    pub price: Option<Price>,
}

/// What those who are missing would usually have brought, in major units, with the range of the difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    pub each: f64,
    pub about: f64,
    pub low: f64,
    pub high: f64,
}

/// Whether a rate fell: it is lower than before, and the difference is more than chance.
///
/// ```
/// use shiftbell_metrics::alert::{Decision, RateFacts, Reason, decide_rate};
/// use shiftbell_metrics::{definitions::Sure, stats::Counts};
/// let (recent, before) = (Counts::new(3, 62), Counts::new(20, 123));
/// let facts = RateFacts { recent, before, too_few: 10, sure: Sure::Strongly, each: Some(5_987.0) };
/// let Decision::Notify(Reason::RateFell(fall)) = decide_rate(&facts) else { panic!() };
/// assert_eq!(format!("{:.2} missing, {:.1} points", fall.missing, fall.points), "7.08 missing, -11.4 points");
/// ```
pub fn decide_rate(facts: &RateFacts) -> Decision {
    let (recent, before) = (facts.recent, facts.before);
    let fewest = recent.den.min(before.den);
    let (Some(now), Some(then)) = (recent.rate(), before.rate()) else {
        return Decision::Hold(HoldReason::TooFew { n: 0, too_few: facts.too_few });
    };
    if fewest < u64::from(facts.too_few) {
        return Decision::Hold(HoldReason::TooFew { n: fewest, too_few: facts.too_few });
    }
    if now >= then {
        return Decision::Hold(HoldReason::NotFallen);
    }
    let interval = newcombe_difference(recent.num, recent.den, before.num, before.den, z_of(facts.sure));
    if !interval.excludes_zero() {
        return Decision::Hold(HoldReason::MaybeChance);
    }
    let size = recent.den as f64;
    let missing = size * then - recent.num as f64;
    let price = facts.each.filter(|each| each.is_finite() && *each > 0.0).map(|each| Price {
        each,
        about: missing * each,
        low: -interval.high * size * each,
        high: -interval.low * size * each,
    });
    Decision::Notify(Reason::RateFell(RateFall {
        recent,
        before,
        points: (now - then) * 100.0,
        points_low: interval.low * 100.0,
        points_high: interval.high * 100.0,
        missing,
        back_above: wilson(before.num, before.den, z_of(Sure::Fairly)).low,
        price,
    }))
}

impl RateFall {
    /// Whether it is over: each of the latest full weeks is back above what was usual. No weeks prove nothing.
    pub fn has_ended(&self, weeks: &[Counts]) -> bool {
        !weeks.is_empty() && weeks.iter().all(|week| week.rate().is_some_and(|rate| rate >= self.back_above))
    }
}

/// What one person or deal is usually worth from here on: `product of the rates that follow x average amount`.
///
/// `None` if one of the rates has nothing to stand on.
///
/// ```
/// use shiftbell_metrics::{alert::value_of_one, stats::Counts};
/// let sql = value_of_one(&[Counts::new(53, 86), Counts::new(14, 49)], 34_000.0);
/// assert_eq!(sql.map(f64::round), Some(5_987.0));
/// ```
pub fn value_of_one(rates: &[Counts], average: f64) -> Option<f64> {
    rates.iter().try_fold(average, |value, counts| Some(value * counts.rate()?))
}

/// A goal that is missed for days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehindPlan {
    /// Share of the plan to date that is reached.
    pub index: f64,
    /// Working days in a row.
    pub days: u32,
}

/// Whether a goal was below `below` of its plan (0 to 1) on each of the last `days` working days; `indices` is one for
/// each working day, the latest last.
pub fn behind_plan(indices: &[f64], below: f64, days: u32) -> Decision {
    let run = indices.iter().rev().take_while(|index| **index < below).count();
    let run = u32::try_from(run).unwrap_or(u32::MAX);
    match indices.last() {
        Some(index) if run >= days.max(1) => {
            Decision::Notify(Reason::BehindPlan(BehindPlan { index: *index, days: run }))
        }
        Some(_) | None => Decision::Hold(HoldReason::NotBehind),
    }
}
