//! The week of a company: volume, conversion and money of each motion, and the one step that is worth most.

mod text;
mod whole;

pub use whole::{Number, Places, WholeFacts, places, whole};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::answer::BridgeMove;
use crate::model::{Growth, growth};
use crate::money::{Currency, Money};
use crate::pacing::Pacing;
use crate::period::Period;
use crate::scorecard::words::major;
use crate::stats::{Counts, StandsOut, stands_out};

/// What the bowtie of a week is made from.
#[derive(Clone, Debug)]
pub struct BowtieFacts {
    pub week: Period,
    /// Weeks in the volumes below: 13.
    pub weeks: u32,
    /// Below this many there is no percentage.
    pub too_few: u32,
    /// This close to its target, in percentage points, a rate is level.
    pub level_points: Decimal,
    pub motions: Vec<MotionFacts>,
}

#[derive(Clone, Debug)]
pub struct MotionFacts {
    pub motion: String,
    /// From the first that is counted to the win, in order.
    pub stages: Vec<StageFacts>,
    /// What was won in the week, and in the weeks that `usual` is made of.
    pub won: Option<(Money, Money)>,
    pub goal: Option<GoalFacts>,
    pub recurring: Option<Recurring>,
}

#[derive(Clone, Debug)]
pub struct StageFacts {
    pub stage: String,
    pub label: String,
    pub week: u64,
    /// Over all weeks.
    pub span: u64,
    /// `None` for the last.
    pub next: Option<StepFacts>,
}

/// The way from one stage to the next. Its counts are those of its own latest closed weeks, so steps do not chain.
#[derive(Clone, Debug)]
pub struct StepFacts {
    pub kpi: String,
    /// `MQL to SQL`.
    pub label: String,
    pub counts: Counts,
    /// In per cent.
    pub target: Option<Decimal>,
    pub median_wait_ms: Option<i64>,
    /// The counts by the values of the first breakout.
    pub parts: Vec<(String, Counts)>,
}

#[derive(Clone, Debug)]
pub struct GoalFacts {
    /// As it is said within a sentence: `new ARR`, `orders`.
    pub label: String,
    /// `quarter`, `month`.
    pub period: String,
    pub pacing: Pacing,
    /// `None` if it counts.
    pub currency: Option<Currency>,
    pub week: f64,
    pub usual: f64,
}

/// The money side: recurring revenue of the week. `opening + moves = closing`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recurring {
    pub opening: Money,
    pub moves: Vec<BridgeMove>,
    pub closing: Money,
    pub customers: u64,
    /// Of what customers paid a year ago: what is kept of it, and what they pay now with expansion.
    pub kept: Option<KeptShare>,
    pub expanded: Option<KeptShare>,
}

/// An amount, and what share it is of what was there (0 to 1 and more).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptShare {
    pub money: Money,
    pub share: f64,
}

/// The bowtie, ready to be stored and rendered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bowtie {
    pub week: Period,
    pub weeks: u32,
    /// `Week of 9 - 15 November: b2b is 16 % behind its quarter, b2c is 7 % ahead.`
    pub headline: String,
    /// What a phone shows.
    pub push: String,
    /// One sentence each: goals, biggest gaps.
    pub lines: Vec<String>,
    /// `Worth most: MQL to SQL back to 30 % is +1.7 wins and +$31,300 a quarter.` `None` if no step is below its target.
    pub worth_most: Option<String>,
    pub motions: Vec<MotionBowtie>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionBowtie {
    pub motion: String,
    pub stages: Vec<StageRow>,
    pub won: Option<Won>,
    pub goal: Option<Goal>,
    /// Place in `stages` of the step that is worth most when brought to its target.
    pub biggest_gap: Option<usize>,
    /// Every step below its target brought there, the most valuable first.
    pub levers: Vec<WhatIf>,
    /// Wins over all weeks as the rates stand, and their amount in major units.
    pub expected: Option<Growth>,
    pub recurring: Option<Recurring>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRow {
    pub stage: String,
    pub label: String,
    pub week: u64,
    /// Mean of all weeks.
    pub usual: f64,
    pub next: Option<Step>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub kpi: String,
    pub label: String,
    pub counts: Counts,
    /// 0 to 1. `None` of nothing.
    pub rate: Option<f64>,
    /// 0 to 1.
    pub target: Option<f64>,
    pub standing: Standing,
    pub median_wait_ms: Option<i64>,
    pub stands_out: Option<StandsOut>,
}

/// A rate beside its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Above,
    /// Within half a point, or what the policies say.
    Level,
    Below,
    NoTarget,
    TooFew,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Won {
    pub week: Money,
    /// Major units a week.
    pub usual: f64,
    /// Major units a win, over all weeks. `None` without wins.
    pub average: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    pub label: String,
    pub period: String,
    pub pacing: Pacing,
    /// `None` if it counts.
    pub currency: Option<Currency>,
    pub week: f64,
    pub usual: f64,
}

/// What one step at another rate would bring, over all weeks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    pub kpi: String,
    pub label: String,
    /// 0 to 1.
    pub from: f64,
    pub to: f64,
    pub more_wins: f64,
    /// Major units. `None` where wins have no amount.
    pub more_amount: Option<f64>,
    /// With it, all that would be won.
    pub total_amount: Option<f64>,
}

/// Makes the bowtie of a week.
pub fn bowtie(facts: &BowtieFacts) -> Bowtie {
    let motions: Vec<MotionBowtie> = facts.motions.iter().map(|motion| motion_bowtie(motion, facts)).collect();
    Bowtie {
        week: facts.week.clone(),
        weeks: facts.weeks,
        headline: text::headline(&facts.week, &motions),
        push: text::push(&facts.week, &motions),
        lines: motions.iter().flat_map(text::lines).collect(),
        worth_most: text::worth_most(&motions, facts.weeks),
        motions,
    }
}

fn motion_bowtie(facts: &MotionFacts, all: &BowtieFacts) -> MotionBowtie {
    let weeks = f64::from(all.weeks.max(1));
    let stages: Vec<StageRow> = facts
        .stages
        .iter()
        .map(|stage| StageRow {
            stage: stage.stage.clone(),
            label: stage.label.clone(),
            week: stage.week,
            usual: stage.span as f64 / weeks,
            next: stage.next.as_ref().map(|next| step(next, all)),
        })
        .collect();
    let wins = facts.stages.last().map_or(0, |stage| stage.span);
    let won = facts.won.map(|(week, span)| Won {
        week,
        usual: major(span) / weeks,
        average: (wins > 0).then(|| major(span) / wins as f64),
    });
    let expected = expected(facts, won.and_then(|won| won.average));
    let mut levers: Vec<(usize, WhatIf)> = expected.map_or(Vec::new(), |now| levers(&stages, now));
    levers.sort_by(|(_, one), (_, other)| other.more_wins.total_cmp(&one.more_wins));
    MotionBowtie {
        motion: facts.motion.clone(),
        biggest_gap: levers.first().map(|(index, _)| *index),
        levers: levers.into_iter().map(|(_, lever)| lever).collect(),
        stages,
        won,
        goal: facts.goal.as_ref().map(|goal| Goal {
            label: goal.label.clone(),
            period: goal.period.clone(),
            pacing: goal.pacing,
            currency: goal.currency,
            week: goal.week,
            usual: goal.usual,
        }),
        expected,
        recurring: facts.recurring.clone(),
    }
}

fn step(facts: &StepFacts, all: &BowtieFacts) -> Step {
    let rate = facts.counts.rate();
    let target = facts.target.and_then(|per_cent| per_cent.to_f64()).map(|per_cent| per_cent / 100.0);
    let level = all.level_points.to_f64().unwrap_or(0.0) / 100.0 + 1e-9;
    let standing = match (rate, target) {
        (None, _) => Standing::TooFew,
        (Some(_), _) if facts.counts.den < u64::from(all.too_few) => Standing::TooFew,
        (Some(_), None) => Standing::NoTarget,
        (Some(rate), Some(target)) if (rate - target).abs() <= level => Standing::Level,
        (Some(rate), Some(target)) if rate < target => Standing::Below,
        (Some(_), Some(_)) => Standing::Above,
    };
    Step {
        kpi: facts.kpi.clone(),
        label: facts.label.clone(),
        counts: facts.counts,
        rate,
        target,
        standing,
        median_wait_ms: facts.median_wait_ms,
        stands_out: stands_out(&facts.parts, all.too_few),
    }
}

/// What the first stage's volume becomes as the rates stand. `None` if one of them has nothing to stand on.
fn expected(facts: &MotionFacts, average: Option<f64>) -> Option<Growth> {
    let (_last, steps) = facts.stages.split_last()?;
    let rates: Option<Vec<f64>> = steps.iter().map(|stage| stage.next.as_ref()?.counts.rate()).collect();
    let first = steps.first()?;
    Some(growth(first.span as f64, &rates?, 0.0, average))
}

/// Each step that is below its target, brought there while everything else is held: all are measured on one scale.
fn levers(stages: &[StageRow], now: Growth) -> Vec<(usize, WhatIf)> {
    let below = stages.iter().enumerate().filter_map(|(index, stage)| Some((index, stage.next.as_ref()?)));
    below
        .filter(|(_, step)| step.standing == Standing::Below)
        .filter_map(|(index, step)| Some((index, what_if(step, step.target?, now)?)))
        .collect()
}

/// What a step at another rate (0 to 1) would bring. `None` where its rate is zero: then the product says nothing.
pub fn what_if(step: &Step, to: f64, now: Growth) -> Option<WhatIf> {
    let from = step.rate.filter(|rate| *rate > 0.0)?;
    let times = to / from;
    Some(WhatIf {
        kpi: step.kpi.clone(),
        label: step.label.clone(),
        from,
        to,
        more_wins: now.wins * (times - 1.0),
        more_amount: now.amount.map(|amount| amount * (times - 1.0)),
        total_amount: now.amount.map(|amount| amount * times),
    })
}

#[cfg(test)]
mod tests;
