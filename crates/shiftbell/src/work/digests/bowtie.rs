//! The weekly bowtie: the same answers that anybody gets who asks without a period in that week.

mod message;

pub(crate) use message::about;

use serde_json::json;
use shiftbell_metrics::answer::{Answer, Figure, Rate};
use shiftbell_metrics::bowtie::{
    Bowtie, BowtieFacts, GoalFacts, KeptShare, MotionFacts, Recurring, StageFacts, StepFacts, bowtie,
};
use shiftbell_metrics::calendar::{elapsed, home};
use shiftbell_metrics::definitions::{
    CountOf, Definitions, Digest, Kpi, KpiKind, Motion, Stage, StageOf, Target, TimeTo, rests_on_recurring,
};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::pacing::{GoalOf, aim, pace};
use shiftbell_metrics::period::{Period, full_weeks_before};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::scorecard::words::weekday;
use shiftbell_metrics::stats::Counts;
use shiftbell_metrics::time::Day;
use shiftbell_render::facts::{Changed, Footer, SeenBy};
use shiftbell_render::messages::Notice;

use rust_decimal::prelude::ToPrimitive;

use super::desk::Desk;
use super::post::Body;
use crate::answer::AskError;
use crate::work::shelf::Shelf;

/// The message of the week before this day, with its receipt.
pub(super) async fn written(
    desk: &mut Desk<'_>,
    digest: &Digest,
    day: Day,
    receipt: String,
) -> Result<(Notice, Body), AskError> {
    let week = of_week(&mut desk.shelf, &digest.motions, day).await?;
    message(desk, week, SeenBy::Channel, receipt).await
}

/// The same for one who asks, of one motion or of all; without money where they may not see recurring revenue.
pub(crate) async fn for_one(
    desk: &mut Desk<'_>,
    motions: &[String],
    sees_money: bool,
    receipt: String,
) -> Result<(Notice, Body), AskError> {
    let zone = &desk.shelf.company.defs().workspace.zone;
    let today = zone.day_of(desk.shelf.now);
    let mut week = of_week(&mut desk.shelf, motions, today).await?;
    if !sees_money {
        week.bowtie.motions.iter_mut().for_each(|motion| motion.recurring = None);
        let defs = desk.shelf.company.defs();
        let seen = week.questions.iter().filter(|question| !rests_on_recurring(defs, &question.kpi));
        week.changed = changed(&desk.shelf, seen, None);
    }
    message(desk, week, SeenBy::OnlyYou, receipt).await
}

async fn message(
    desk: &mut Desk<'_>,
    week: Week,
    seen_by: SeenBy,
    receipt: String,
) -> Result<(Notice, Body), AskError> {
    let leaks = message::leaks(&mut desk.shelf, &week.bowtie.week).await?;
    let zone = &desk.shelf.company.defs().workspace.zone;
    let mut footer = desk.footer(zone, true, seen_by, &receipt);
    let last = week.bowtie.week.until.plus(-1);
    footer.data_to = Some(format!("{} {}", weekday(last), shiftbell_render::words::day(last.date())));
    footer.sources = shiftbell_render::facts::Sources::AllComplete;
    let facts = message::of(&week, leaks, footer);
    let body = json!({ "bowtie": week.bowtie, "questions": week.questions, "asked_at": desk.shelf.now });
    Ok((Notice::from(facts), Body { id: receipt, mark: desk.shelf.mark.clone(), body }))
}

/// A bowtie with everything it was computed from.
#[derive(Debug)]
pub struct Week {
    pub bowtie: Bowtie,
    pub questions: Vec<Question>,
    /// Of each motion, in the order of the bowtie: the windows of its rates in days.
    pub windows: Vec<Vec<u64>>,
    /// What of it reaches over a change of what it means.
    pub changed: Vec<Changed>,
}

/// The latest full week as of `day`, for these motions; none named is all.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub async fn of_week(shelf: &mut Shelf<'_>, motions: &[String], day: Day) -> Result<Week, AskError> {
    let defs = shelf.company.defs();
    let workspace = &defs.workspace;
    let weeks = defs.policies.default_period_weeks;
    let zone = &workspace.zone;
    let week = full_weeks_before(day, 1, workspace.week_starts, zone);
    let span = full_weeks_before(day, weeks, workspace.week_starts, zone);
    let mut reader = Reader { shelf, week: week.clone(), span, weeks, questions: Vec::new() };
    let (mut facts, mut windows) = (Vec::new(), Vec::new());
    let is_wanted = |motion: &&Motion| motions.is_empty() || motions.contains(&motion.id);
    for motion in defs.motions.iter().filter(is_wanted) {
        facts.push(reader.motion(motion).await?);
        windows.push(windows_of(defs, motion));
    }
    let questions = reader.questions;
    let changed = changed(shelf, &questions, None);
    let bowtie = bowtie(&BowtieFacts {
        week,
        weeks,
        too_few: defs.policies.too_few,
        level_points: defs.policies.level_points,
        motions: facts,
    });
    Ok(Week { bowtie, questions, windows, changed })
}

/// What came to mean something else within what these questions are about, or between that and a period beside it.
pub(crate) fn changed<'q>(
    shelf: &Shelf<'_>,
    questions: impl IntoIterator<Item = &'q Question>,
    beside: Option<&Period>,
) -> Vec<Changed> {
    let shown = questions.into_iter().filter_map(|question| Some((question.kpi.as_str(), question.period.as_ref()?)));
    shelf.changes.over(shelf.company.defs(), shown, beside)
}

/// The facts of a week's message, and so of its picture.
pub(crate) fn facts(week: &Week, footer: Footer) -> shiftbell_render::messages::Bowtie {
    message::of(week, None, footer)
}

struct Reader<'s, 'a> {
    shelf: &'s mut Shelf<'a>,
    week: Period,
    span: Period,
    weeks: u32,
    questions: Vec<Question>,
}

impl Reader<'_, '_> {
    async fn motion(&mut self, motion: &Motion) -> Result<MotionFacts, AskError> {
        let defs = self.shelf.company.defs();
        let chain = steps(defs, motion);
        let mut stages = Vec::new();
        for (place, stage) in chain.iter().enumerate() {
            let counted = stage_count(defs, &stage.id, &motion.id);
            let next = match chain.get(place + 1) {
                Some(next) => self.step(motion, stage, next).await?,
                None => None,
            };
            stages.push(StageFacts {
                stage: stage.id.clone(),
                label: stage.label.clone(),
                week: self.count(counted, motion, self.week.clone()).await?,
                span: self.count(counted, motion, self.span.clone()).await?,
                next,
            });
        }
        Ok(MotionFacts {
            motion: motion.id.clone(),
            stages,
            won: self.won(motion).await?,
            goal: self.goal(motion).await?,
            recurring: self.recurring(motion).await?,
        })
    }

    async fn ask(&mut self, question: Question) -> Result<Option<Answer>, AskError> {
        let answer = self.shelf.ask(&question).await?.ok();
        // The period is written down, so that the receipt names the same days next week.
        let period = answer.as_ref().map(|answer| answer.period.clone()).or(question.period.clone());
        self.questions.push(Question { period, ..question });
        Ok(answer)
    }

    async fn count(&mut self, kpi: Option<&Kpi>, motion: &Motion, period: Period) -> Result<u64, AskError> {
        let Some(kpi) = kpi else { return Ok(0) };
        let question = Question { motion: Some(motion.id.clone()), period: Some(period), ..Question::of(&kpi.slug) };
        Ok(match self.ask(question).await?.map(|answer| answer.figure) {
            Some(Figure::Count { count }) => u64::try_from(count).unwrap_or(0),
            Some(Figure::Rate { .. } | Figure::Money { .. } | Figure::Duration { .. } | Figure::Number { .. })
            | None => 0,
        })
    }

    /// The way to the next stage, as `/kpi` answers it this week.
    async fn step(&mut self, motion: &Motion, from: &Stage, to: &Stage) -> Result<Option<StepFacts>, AskError> {
        let defs = self.shelf.company.defs();
        let Some(kpi) = conversion(defs, &from.id, &to.id, &motion.id) else { return Ok(None) };
        let by = defs.always_show.first().cloned();
        let plain = Question { motion: Some(motion.id.clone()), ..Question::of(&kpi.slug) };
        let Some(answer) = self.ask(plain.clone()).await? else { return Ok(None) };
        let Figure::Rate { rate } = answer.figure else { return Ok(None) };
        let parts = match by {
            Some(_) => self.ask(Question { by, ..plain.clone() }).await?.map(|answer| answer.parts),
            None => None,
        };
        let parts = parts.into_iter().flatten().filter_map(|part| match part.figure {
            Figure::Rate { rate } => Some((part.value?, counts(rate))),
            Figure::Count { .. } | Figure::Money { .. } | Figure::Duration { .. } | Figure::Number { .. } => None,
        });
        let target = match kpi.target.of(&motion.id) {
            Some(Target::Rate(per_cent)) => Some(*per_cent),
            Some(Target::Number(_) | Target::Span(_)) | None => None,
        };
        let parts = parts.collect();
        let waits = defs.kpis.iter().find(|kpi| is_time(kpi, &from.id, &to.id, &motion.id));
        let median_wait_ms = match waits {
            Some(waits) => self.median(waits, motion).await?,
            None => None,
        };
        Ok(Some(StepFacts {
            kpi: kpi.slug.clone(),
            label: kpi.label.clone(),
            counts: counts(rate),
            target,
            median_wait_ms,
            parts,
        }))
    }

    async fn median(&mut self, kpi: &Kpi, motion: &Motion) -> Result<Option<i64>, AskError> {
        let question = Question { motion: Some(motion.id.clone()), ..Question::of(&kpi.slug) };
        Ok(match self.ask(question).await?.map(|answer| answer.figure) {
            Some(Figure::Duration { median_ms, .. }) => median_ms,
            Some(Figure::Count { .. } | Figure::Rate { .. } | Figure::Money { .. } | Figure::Number { .. }) | None => {
                None
            }
        })
    }

    /// What was won in the week and over all weeks; `None` where wins have no amount.
    async fn won(&mut self, motion: &Motion) -> Result<Option<(Money, Money)>, AskError> {
        let Some(kpi) = money_of_wins(self.shelf.company.defs()) else { return Ok(None) };
        let mut sums = Vec::new();
        for period in [self.week.clone(), self.span.clone()] {
            let question =
                Question { motion: Some(motion.id.clone()), period: Some(period), ..Question::of(&kpi.slug) };
            if let Some(Figure::Money { amounts, .. }) = self.ask(question).await?.map(|answer| answer.figure) {
                sums.extend(amounts.first().copied());
            }
        }
        Ok(match sums.as_slice() {
            [week, span] if span.minor != 0 => Some((*week, *span)),
            _ => None,
        })
    }

    /// The money side of the week; `None` where nobody pays every month.
    async fn recurring(&mut self, motion: &Motion) -> Result<Option<Recurring>, AskError> {
        let of = |slug: &str| Question { motion: Some(motion.id.clone()), ..Question::of(slug) };
        let is_kept = |kpi: &Kpi| matches!(kpi.kind, KpiKind::Standard { .. });
        if !self.shelf.company.defs().kpi("mrr").is_some_and(is_kept) {
            return Ok(None);
        }
        let week = Question { period: Some(self.week.clone()), ..of("mrr") };
        self.ask(week.clone()).await?;
        let Ok(bridge) = self.shelf.mrr(&week).await? else { return Ok(None) };
        let Some(line) = bridge.whole.into_iter().next() else { return Ok(None) };
        if line.opening.minor == 0 && line.closing.minor == 0 {
            return Ok(None);
        }
        let (kept, expanded) = (self.kept(of("gross-retention")).await?, self.kept(of("net-retention")).await?);
        Ok(Some(Recurring {
            opening: line.opening,
            moves: line.moves,
            closing: line.closing,
            customers: u64::try_from(line.customers_end).unwrap_or(0),
            kept,
            expanded,
        }))
    }

    async fn kept(&mut self, question: Question) -> Result<Option<KeptShare>, AskError> {
        let Some(answer) = self.ask(question).await? else { return Ok(None) };
        let left = match answer.inputs.get("left") {
            Some(Figure::Money { amounts, .. }) => amounts.first().copied(),
            Some(Figure::Count { .. } | Figure::Rate { .. } | Figure::Duration { .. } | Figure::Number { .. })
            | None => None,
        };
        Ok(match (answer.figure, left) {
            (Figure::Number { value: Some(share), .. }, Some(money)) => {
                share.to_f64().map(|share| KeptShare { money, share })
            }
            (_, _) => None,
        })
    }

    /// The company's first goal in this motion, as it stands at the end of the week.
    async fn goal(&mut self, motion: &Motion) -> Result<Option<GoalFacts>, AskError> {
        let defs = self.shelf.company.defs();
        let last = self.week.until.plus(-1);
        let of_motion = defs.goals.iter().filter(|goal| goal.motion.as_deref() == Some(&motion.id));
        let mut goals = of_motion
            .filter_map(|goal| Some((defs.kpi(&goal.kpi)?, aim(defs, &goal.kpi, Some(&motion.id), None, last)?)));
        let Some((kpi, goal)) = goals.next() else { return Ok(None) };
        let to_date = Period::of_days(goal.period.from, self.week.until, &defs.workspace.zone);
        let Some((actual, currency)) = self.amount(kpi, motion, to_date).await? else { return Ok(None) };
        let week = self.amount(kpi, motion, self.week.clone()).await?.map_or(0.0, |(amount, _)| amount);
        let span = self.amount(kpi, motion, self.span.clone()).await?.map_or(0.0, |(amount, _)| amount);
        let of = if currency.is_some() { GoalOf::Money } else { GoalOf::Count };
        let elapsed = elapsed(motion.paced, &home(defs), &goal.period, last);
        Ok(pace(goal.amount, actual, elapsed, of).map(|pacing| GoalFacts {
            label: shiftbell_metrics::scorecard::words::lower_first(&kpi.label),
            period: span_word(&goal.period),
            pacing,
            currency,
            week,
            usual: span / f64::from(self.weeks.max(1)),
        }))
    }

    async fn amount(
        &mut self,
        kpi: &Kpi,
        motion: &Motion,
        period: Period,
    ) -> Result<Option<(f64, Option<shiftbell_metrics::money::Currency>)>, AskError> {
        let question = Question { motion: Some(motion.id.clone()), period: Some(period), ..Question::of(&kpi.slug) };
        Ok(match self.ask(question).await?.map(|answer| answer.figure) {
            Some(Figure::Count { count }) => count.to_f64().map(|count| (count, None)),
            Some(Figure::Money { amounts, .. }) => {
                amounts.first().and_then(|sum| Some((sum.major().to_f64()?, Some(sum.currency))))
            }
            Some(Figure::Rate { .. } | Figure::Duration { .. } | Figure::Number { .. }) | None => None,
        })
    }
}

/// The stages of the left side, from the first contact to the win.
pub(crate) fn steps<'a>(defs: &'a Definitions, motion: &Motion) -> Vec<&'a Stage> {
    let is_counted = |stage: &&Stage| match stage.of {
        StageOf::Contact | StageOf::Deal => motion.stages.contains_key(&stage.id),
        StageOf::Visitor | StageOf::Customer => false,
    };
    defs.chain.iter().filter(is_counted).collect()
}

/// The KPI that counts who reached a stage in a motion: of several, the plain one that goes by the stage's own name.
pub(crate) fn stage_count<'a>(defs: &'a Definitions, stage: &str, motion: &str) -> Option<&'a Kpi> {
    let is_count = |kpi: &&Kpi| matches!(&kpi.kind, KpiKind::Count { of: CountOf::Stage(of) } if of == stage);
    let label = defs.stage(stage).map(|stage| stage.label.as_str());
    defs.kpis
        .iter()
        .filter(|kpi| is_count(kpi) && is_in(kpi, motion))
        .min_by_key(|kpi| (Some(kpi.label.as_str()) != label, kpi.credit.is_some(), kpi.motion.is_some()))
}

/// The KPI that follows those of one stage to another.
pub(crate) fn conversion<'a>(defs: &'a Definitions, from: &str, to: &str, motion: &str) -> Option<&'a Kpi> {
    defs.kpis.iter().find(|kpi| {
        matches!(&kpi.kind, KpiKind::Conversion { from: a, to: b, .. } if a == from && b == to) && is_in(kpi, motion)
    })
}

/// The KPI that adds up what was won.
pub(crate) fn money_of_wins(defs: &Definitions) -> Option<&Kpi> {
    let north = defs.workspace.north_star.as_deref().and_then(|name| defs.kpi(name));
    north.into_iter().chain(&defs.kpis).find(|kpi| matches!(&kpi.kind, KpiKind::Sum { at: CountOf::Stage(_), .. }))
}

fn is_in(kpi: &Kpi, motion: &str) -> bool {
    kpi.not_active.is_none() && kpi.motion.as_ref().is_none_or(|only| only == motion)
}

fn is_time(kpi: &Kpi, from: &str, to: &str, motion: &str) -> bool {
    matches!(&kpi.kind, KpiKind::Time { from: a, to: TimeTo::Stage(b), .. } if a == from && b == to)
        && is_in(kpi, motion)
}

fn windows_of(defs: &Definitions, motion: &Motion) -> Vec<u64> {
    let chain = steps(defs, motion);
    let window = |pair: &[&Stage]| {
        let kpi = conversion(defs, &pair[0].id, &pair[1].id, &motion.id)?;
        let KpiKind::Conversion { within, .. } = &kpi.kind else { return None };
        u64::try_from(within.of(&motion.id)?.elapsed_ms()? / shiftbell_metrics::time::MS_PER_DAY).ok()
    };
    let found: Option<Vec<u64>> = chain.windows(2).map(window).collect();
    found.unwrap_or_default()
}

pub(crate) fn counts(rate: Rate) -> Counts {
    Counts::new(u64::try_from(rate.num).unwrap_or(0), u64::try_from(rate.den).unwrap_or(0))
}

/// `quarter`, `month`, `week` or the period's own name.
fn span_word(period: &Period) -> String {
    match period.days() {
        7 => "week".to_owned(),
        28..=31 => "month".to_owned(),
        89..=92 => "quarter".to_owned(),
        365 | 366 => "year".to_owned(),
        _ => period.label.clone(),
    }
}
