//! The sentences of the weekly bowtie.

use super::{Goal, MotionBowtie, Step, WhatIf};
use crate::money::Currency;
use crate::pacing::Pace;
use crate::period::Period;
use crate::scorecard::words::{about_count, about_money, count, per_cent};

/// Weeks of a quarter: only such a span is compared with a quarter's goal.
const QUARTER_WEEKS: u32 = 13;

/// `Week of 9 - 15 November: b2b is 16 % behind its quarter, b2c is 7 % ahead.`
pub(super) fn headline(week: &Period, motions: &[MotionBowtie]) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut period = "";
    for motion in motions {
        let Some(goal) = &motion.goal else {
            continue;
        };
        // The period is named once, where it changes.
        let of = if goal.period == period { String::new() } else { format!(" its {}", goal.period) };
        let behind = goal.pacing.ahead_per_cent();
        said.push(match (goal.pacing.pace, behind) {
            (Pace::TooEarly, _) => format!("{} has only begun{of}", motion.motion),
            (_, 0) => format!("{} is on plan{}", motion.motion, if of.is_empty() { of } else { format!(" for{of}") }),
            (_, 1..) => format!("{} is {behind} % ahead{}", motion.motion, prefixed(" of", &of)),
            (_, _) => format!("{} is {} % behind{of}", motion.motion, -behind),
        });
        period = &goal.period;
    }
    if said.is_empty() {
        said =
            motions.iter().filter_map(|motion| Some(format!("{}: {}", motion.motion, won_in_week(motion)?))).collect();
    }
    if said.is_empty() {
        format!("Week of {}.", week_words(week))
    } else {
        format!("Week of {}: {}.", week_words(week), said.join(", "))
    }
}

fn prefixed(word: &str, of: &str) -> String {
    if of.is_empty() { String::new() } else { format!("{word}{of}") }
}

fn won_in_week(motion: &MotionBowtie) -> Option<String> {
    let last = motion.stages.last()?;
    Some(format!("{} {}, usual {}", count(last.week), last.label.to_lowercase(), about_count(last.usual)))
}

/// `9 - 15 November`, `28 September - 4 October`.
fn week_words(week: &Period) -> String {
    let (first, last) = (week.from.date(), week.until.plus(-1).date());
    if first.month() == last.month() {
        format!("{} - {}", first.day(), last.strftime("%-d %B"))
    } else {
        format!("{} - {}", first.strftime("%-d %B"), last.strftime("%-d %B"))
    }
}

/// `b2b $130,400 of $300,000, 16 % behind plan; biggest gap MQL to SQL 26.9 % (84 of 312). b2c ahead, 161 of 300 orders.`
pub(super) fn push(week: &Period, motions: &[MotionBowtie]) -> String {
    let said: Vec<String> = motions.iter().filter_map(push_of).collect();
    if said.is_empty() { headline(week, motions) } else { said.join(" ") }
}

fn push_of(motion: &MotionBowtie) -> Option<String> {
    let goal = motion.goal.as_ref()?;
    let things = if goal.currency.is_none() { format!(" {}", goal.label) } else { String::new() };
    let stands = format!("{}{things}", of_goal(goal));
    let behind = -goal.pacing.ahead_per_cent();
    if behind <= 0 || goal.pacing.pace == Pace::TooEarly {
        let word = if behind < 0 { "ahead" } else { "on plan" };
        return Some(format!("{} {word}, {stands}.", motion.motion));
    }
    let gap = biggest(motion).map(|step| format!("; biggest gap {} {}", step.label, with_counts(step)));
    Some(format!("{} {stands}, {behind} % behind plan{}.", motion.motion, gap.unwrap_or_default()))
}

/// The goal, and the biggest gap, of one motion.
pub(super) fn lines(motion: &MotionBowtie) -> Vec<String> {
    let name = &motion.motion;
    let mut lines = Vec::new();
    if let Some(goal) = &motion.goal {
        let plan = amount(goal.pacing.expected, goal.currency);
        let week = match goal.currency {
            None => format!("; this week {}, usual {}", about_count(goal.week), count(goal.usual.round() as u64)),
            Some(_) => String::new(),
        };
        lines.push(format!("{name} {}: {}, plan to date {plan}{week}", goal.label, of_goal(goal)));
    }
    if let Some(step) = biggest(motion) {
        let target = step.target.map(|target| format!(", target {}", whole_per_cent(target)));
        let part = step.stands_out.as_ref().and_then(|part| {
            let rate = per_cent(part.counts.rate()?, 1);
            let value = part.value.replace('-', " ");
            Some(format!("; in {value} {rate} ({} of {})", count(part.counts.num), count(part.counts.den)))
        });
        let (target, part) = (target.unwrap_or_default(), part.unwrap_or_default());
        lines.push(format!("{name} biggest gap: {} {}{target}{part}", step.label, with_counts(step)));
    }
    lines
}

/// Of all motions, the step that brings most when it is back at its target.
pub(super) fn worth_most(motions: &[MotionBowtie], weeks: u32) -> Option<String> {
    let value = |lever: &WhatIf| lever.more_amount.unwrap_or(0.0);
    let best =
        motions.iter().filter_map(|motion| Some((motion, motion.levers.first()?))).max_by(|(_, one), (_, other)| {
            value(one).total_cmp(&value(other)).then(one.more_wins.total_cmp(&other.more_wins))
        });
    let (motion, lever) = best?;
    let currency = motion.won.map(|won| won.week.currency);
    let money = match (lever.more_amount, currency) {
        (Some(more), Some(currency)) => format!(" and +{}", about_money(more, currency)),
        (_, _) => String::new(),
    };
    let span = if weeks == QUARTER_WEEKS { "a quarter".to_owned() } else { format!("in {weeks} weeks") };
    let first = format!(
        "Worth most: {} back to {} is +{:.1} wins{money} {span}.",
        lever.label,
        whole_per_cent(lever.to),
        lever.more_wins
    );
    Some(match reaches(motion, lever, weeks) {
        Some(total) => format!("{first} The rate of wins would then reach the goal: {total}."),
        None => first,
    })
}

/// What would be won then, if that is the quarter's goal or more, and now it is less.
fn reaches(motion: &MotionBowtie, lever: &WhatIf, weeks: u32) -> Option<String> {
    let goal = motion.goal.as_ref().filter(|goal| goal.period == "quarter" && weeks == QUARTER_WEEKS)?;
    let (total, currency) = (lever.total_amount?, goal.currency?);
    let (now, target) = (motion.expected?.amount?, goal.pacing.target);
    (now < target && total >= target).then(|| about_money(total, currency))
}

fn biggest(motion: &MotionBowtie) -> Option<&Step> {
    motion.stages.get(motion.biggest_gap?)?.next.as_ref()
}

/// `26.9 % (84 of 312)`.
fn with_counts(step: &Step) -> String {
    let counts = format!("{} of {}", count(step.counts.num), count(step.counts.den));
    step.rate.map_or(counts.clone(), |rate| format!("{} ({counts})", per_cent(rate, 1)))
}

fn of_goal(goal: &Goal) -> String {
    let target = amount(goal.pacing.target, goal.currency);
    format!("{} of {target}", amount(goal.pacing.actual, goal.currency))
}

fn amount(number: f64, currency: Option<Currency>) -> String {
    match currency {
        Some(currency) => about_money(number, currency),
        None => about_count(number),
    }
}

/// `30 %`, `12.5 %`.
fn whole_per_cent(fraction: f64) -> String {
    let is_whole = (fraction * 100.0 - (fraction * 100.0).round()).abs() < 0.05;
    per_cent(fraction, usize::from(!is_whole))
}
