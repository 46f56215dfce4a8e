//! From a week's bowtie to the facts of its message.

use rust_decimal::Decimal;
use shiftbell_metrics::bowtie::{Goal, KeptShare, MotionBowtie, Recurring, StageRow, Standing, Step, WhatIf};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::time::MS_PER_DAY;
use shiftbell_render::facts::{Figure, Footer};
use shiftbell_render::messages::{
    Base, Bowtie, Gap, LeakCount, MoneyColumn, MotionGoal, MotionWeek, MrrMoves, StageWeek, Worth,
};
use shiftbell_store::incidents;

use super::Week;
use crate::answer::AskError;
use crate::answer::mrr::of_move;
use crate::work::shelf::Shelf;
use crate::work::sweeps::rates;

/// Weeks whose volume is a quarter's.
const QUARTER_WEEKS: u32 = 13;

pub(super) fn of(week: &Week, leaks: Option<LeakCount>, footer: Footer) -> Bowtie {
    let bowtie = &week.bowtie;
    Bowtie {
        first: bowtie.week.from.date(),
        last: bowtie.week.until.plus(-1).date(),
        motions: bowtie
            .motions
            .iter()
            .zip(&week.windows)
            .map(|(motion, windows)| of_motion(motion, windows, bowtie.weeks))
            .collect(),
        worth: worth(&bowtie.motions, bowtie.weeks),
        leaks,
        changed: week.changed.clone(),
        footer,
    }
}

fn of_motion(motion: &MotionBowtie, windows: &[u64], weeks: u32) -> MotionWeek {
    let stages = motion.stages.iter().enumerate();
    let currency = motion.won.map(|won| won.week.currency);
    MotionWeek {
        motion: motion.motion.clone(),
        goal: motion.goal.as_ref().map(goal),
        gap: motion.biggest_gap.and_then(|at| gap(motion.stages.get(at)?.next.as_ref()?)),
        base: motion.recurring.as_ref().map(base),
        stages: stages.map(|(at, row)| stage(row, motion.biggest_gap == Some(at), weeks)).collect(),
        won_money: motion.won.map(|won| won.week),
        usual_won_money: motion.won.and_then(|won| about(won.usual, currency?)),
        mrr: motion.recurring.as_ref().map(|of| MrrMoves {
            opening: of.opening,
            moves: of.moves.iter().map(|one| of_move(&one.kind, one.money)).collect(),
            closing: of.closing,
        }),
        windows_days: windows.to_vec(),
        money_side: motion.recurring.as_ref().map(money_side).unwrap_or_default(),
    }
}

/// Who pays every month, and what is kept of it.
fn base(recurring: &Recurring) -> Base {
    Base {
        label: "customers".to_owned(),
        mrr: recurring.closing,
        mrr_change: Some(Money::new(recurring.closing.minor - recurring.opening.minor, recurring.closing.currency)),
        count: recurring.customers,
        count_change: None,
        kept: recurring.kept.map(|kept| kept.share),
        with_expansion: recurring.expanded.map(|expanded| expanded.share),
    }
}

/// The right side of the picture, in money.
fn money_side(recurring: &Recurring) -> Vec<MoneyColumn> {
    let column =
        |label: &str, money: Money, note: String| MoneyColumn { label: label.to_owned(), money, note: Some(note) };
    let share = |of: KeptShare| format!("{:.1} % of a year ago", of.share * 100.0);
    let new = recurring.moves.iter().find(|one| one.kind == "new").map(|one| one.money);
    let customers = format!("{} customers", shiftbell_render::words::count(recurring.customers));
    let mut columns: Vec<MoneyColumn> = new.map(|new| column("new", new, "this week".to_owned())).into_iter().collect();
    columns.extend(recurring.kept.map(|kept| column("kept", kept.money, share(kept))));
    columns.extend(recurring.expanded.map(|expanded| column("expanded", expanded.money, share(expanded))));
    columns.push(column("MRR", recurring.closing, customers));
    columns
}

fn goal(goal: &Goal) -> MotionGoal {
    let pacing = &goal.pacing;
    let figure = |number: f64| match goal.currency {
        Some(currency) => about(number, currency).map_or(Figure::Nothing, Figure::Money),
        None => Figure::Count(whole(number)),
    };
    let counts = goal.currency.is_none();
    MotionGoal {
        label: goal.label.clone(),
        period: goal.period.clone(),
        done: figure(pacing.actual),
        goal: figure(pacing.target),
        plan: figure(pacing.expected),
        index: pacing.index,
        week: counts.then(|| whole(goal.week)),
        usual: counts.then_some(goal.usual.round()),
    }
}

fn gap(step: &Step) -> Option<Gap> {
    let worst = step.stands_out.as_ref();
    Some(Gap {
        rate: step.label.clone(),
        value: rate(step),
        target: Figure::Share(step.target?),
        worst: worst.map(|part| (part.value.replace('-', " "), Figure::rate(part.counts.num, part.counts.den))),
    })
}

fn stage(row: &StageRow, is_biggest_gap: bool, weeks: u32) -> StageWeek {
    let next = row.next.as_ref();
    #[expect(clippy::cast_precision_loss, reason = "days of a wait, shown with one digit")]
    let days = |ms: i64| ms as f64 / MS_PER_DAY as f64;
    StageWeek {
        label: row.label.clone(),
        week: row.week,
        usual: row.usual,
        quarter: whole(row.usual * f64::from(weeks)),
        next: next.map(rate),
        target: next.and_then(|step| step.target),
        median_days: next.and_then(|step| step.median_wait_ms).map(days),
        biggest_gap: is_biggest_gap,
        level: next.is_some_and(|step| step.standing == Standing::Level),
    }
}

fn rate(step: &Step) -> Figure {
    Figure::rate(step.counts.num, step.counts.den)
}

/// Of all motions, the step that brings most money when it is back at its target.
fn worth(motions: &[MotionBowtie], weeks: u32) -> Option<Worth> {
    let levers = motions.iter().filter_map(|motion| Some((motion, motion.levers.first()?)));
    let amount = |lever: &WhatIf| lever.more_amount.unwrap_or(0.0);
    let (motion, lever) = levers.max_by(|(_, one), (_, other)| amount(one).total_cmp(&amount(other)))?;
    let currency = motion.won?.week.currency;
    let goal = motion.goal.as_ref().filter(|goal| goal.period == "quarter" && weeks == QUARTER_WEEKS);
    let (now, then) = (motion.expected.and_then(|expected| expected.amount), lever.total_amount);
    let reaches_goal = goal.is_some_and(|goal| {
        let target = goal.pacing.target;
        now.is_some_and(|now| now < target) && then.is_some_and(|then| then >= target)
    });
    Some(Worth {
        rate: lever.label.clone(),
        target: Figure::Share(lever.to),
        wins: lever.more_wins,
        money: about(lever.more_amount?, currency)?,
        per: if weeks == QUARTER_WEEKS { "a quarter".to_owned() } else { format!("in {weeks} weeks") },
        then: then.filter(|_| reaches_goal).and_then(|then| about(then, currency)),
        reaches_goal,
    })
}

/// The leaks that were closed in the week, and those that are open. `None` if there were none.
pub(super) async fn leaks(shelf: &mut Shelf<'_>, week: &Period) -> Result<Option<LeakCount>, AskError> {
    let company = shelf.company;
    let is_leak = |rule: &str| company.defs().rules.iter().any(|known| known.id == rule && rates::watches(known));
    let since = incidents::since(&mut shelf.snapshot, company.name(), week.starts_at().as_ms()).await?;
    let leaks: Vec<_> = since.into_iter().filter(|incident| is_leak(&incident.rule)).collect();
    if leaks.is_empty() {
        return Ok(None);
    }
    let closed: Vec<_> = leaks.iter().filter(|leak| leak.ended_at_ms.is_some()).collect();
    let own = company.defs().workspace.currency;
    let worth = closed.iter().filter_map(|leak| rates::worth_of(leak)).sum::<i64>();
    Ok(Some(LeakCount {
        closed: closed.len() as u64,
        worth: Money::new(worth, own),
        open: (leaks.len() - closed.len()) as u64,
    }))
}

/// An estimate: to the next hundred from a thousand on.
pub(crate) fn about(major: f64, currency: Currency) -> Option<Money> {
    let step = match major.abs() {
        large if large >= 1_000.0 => 100.0,
        middle if middle >= 100.0 => 10.0,
        _ => 1.0,
    };
    Money::from_major(Decimal::from_f64_retain((major / step).round() * step)?, currency)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that was made a mean of")]
fn whole(number: f64) -> u64 {
    number.max(0.0).round() as u64
}
