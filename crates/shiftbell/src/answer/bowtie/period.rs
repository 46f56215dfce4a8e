//! The bowtie of any period: the same answers that anybody gets who asks for each of them.

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use shiftbell_metrics::answer::{Answer, Figure};
use shiftbell_metrics::bowtie::{Number, WholeFacts, places, whole};
use shiftbell_metrics::definitions::{Definitions, Kpi, KpiKind, Motion, Stage, StageOf, Target, TimeTo};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::stats::Counts;
use shiftbell_metrics::time::MS_PER_DAY;
use shiftbell_render::facts as say;
use shiftbell_render::messages::{LoopPeriod, MoneyPeriod, MotionPeriod, StagePeriod, StepPeriod};

use super::asked::Shape;
use crate::answer::AskError;
use crate::work::digests::bowtie::{conversion, counts, money_of_wins, stage_count};
use crate::work::shelf::Shelf;

/// One motion in one period.
#[derive(Clone, Debug)]
pub(super) struct Side {
    stages: Vec<(Stage, u64, Option<Step>)>,
    loops: Vec<(Stage, u64, Option<Counts>, Option<i64>)>,
    facts: WholeFacts,
}

#[derive(Clone, Debug)]
struct Step {
    label: String,
    counts: Counts,
    target: Option<f64>,
    median_ms: Option<i64>,
    runs: bool,
    lower_is_better: bool,
}

impl Side {
    /// Every number of the data model by its name.
    pub(super) fn numbers(&self) -> Vec<Number> {
        whole(&self.facts)
    }
}

/// Asks for everything of one motion in a period.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub(super) async fn side(
    shelf: &mut Shelf<'_>,
    motion: &Motion,
    period: &Period,
    sees_money: bool,
    questions: &mut Vec<Question>,
) -> Result<Side, AskError> {
    let defs = shelf.company.defs();
    let mut reader = Reader { shelf, motion, period, questions };
    let mut stages = Vec::new();
    let own: Vec<&Stage> = defs.chain.iter().filter(|stage| motion.stages.contains_key(&stage.id)).collect();
    for (place, stage) in own.iter().enumerate() {
        let next = match own.get(place + 1) {
            Some(next) => reader.step(stage, next).await?,
            None => None,
        };
        stages.push(((*stage).clone(), reader.count(stage).await?, next));
    }
    let at = places(defs, motion);
    let mut facts = WholeFacts::default();
    let reached = |stage: &Stage| stages.iter().find(|(known, _, _)| known.id == stage.id).map(|(_, count, _)| *count);
    for (place, stage) in at.left.iter().enumerate() {
        facts.volumes[place] = stage.and_then(reached);
    }
    for (place, pair) in at.left.windows(2).enumerate() {
        if let [Some(from), Some(to)] = pair {
            let step = reader.step(from, to).await?;
            facts.steps[place] = step.as_ref().map(|step| step.counts);
            facts.waits_ms[place] = step.and_then(|step| step.median_ms);
        }
    }
    if let (Some(won), Some(first)) = (at.left[4], at.first_impact) {
        facts.waits_ms[4] = reader.median(won, first).await?;
    }
    let mut loops = Vec::new();
    for stage in &at.loops {
        let wait = match at.left[4] {
            Some(won) => reader.median(won, stage).await?,
            None => None,
        };
        let share = match (&stage.seen_as, at.left[0]) {
            (Some(seen_as), Some(first)) => reader.came_by(first, seen_as).await?,
            (_, _) => None,
        };
        loops.push(((*stage).clone(), reached(stage).unwrap_or(0), share, wait));
    }
    reader.money(&mut facts, sees_money).await?;
    Ok(Side { stages, loops, facts })
}

struct Reader<'r, 's, 'a> {
    shelf: &'s mut Shelf<'a>,
    motion: &'r Motion,
    period: &'r Period,
    questions: &'r mut Vec<Question>,
}

impl Reader<'_, '_, '_> {
    async fn ask(
        &mut self,
        kpi: &str,
        period: Option<&Period>,
        filters: &[(String, String)],
    ) -> Result<Option<Answer>, AskError> {
        let question = Question {
            motion: Some(self.motion.id.clone()),
            period: period.cloned(),
            filters: filters.to_vec(),
            ..Question::of(kpi)
        };
        let answer = self.shelf.ask(&question).await?.ok();
        let period = answer.as_ref().map(|answer| answer.period.clone()).or(question.period.clone());
        self.questions.push(Question { period, ..question });
        Ok(answer)
    }

    async fn count(&mut self, stage: &Stage) -> Result<u64, AskError> {
        let of = stage_count(self.shelf.company.defs(), &stage.id, &self.motion.id);
        let name = of.map_or_else(|| stage.id.clone(), |kpi| kpi.slug.clone());
        let answer = self.ask(&name, Some(self.period), &[]).await?;
        Ok(answer.map_or(0, |answer| u64::try_from(answer.figure.counted()).unwrap_or(0)))
    }

    /// Of those who entered in the period: how many went on within the window.
    async fn step(&mut self, from: &Stage, to: &Stage) -> Result<Option<Step>, AskError> {
        let defs = self.shelf.company.defs();
        let Some(kpi) = conversion(defs, &from.id, &to.id, &self.motion.id) else { return Ok(None) };
        let Some(answer) = self.ask(&kpi.slug, Some(self.period), &[]).await? else { return Ok(None) };
        let Figure::Rate { rate } = answer.figure else { return Ok(None) };
        let target = match kpi.target.of(&self.motion.id) {
            Some(Target::Rate(per_cent)) => per_cent.to_f64().map(|per_cent| per_cent / 100.0),
            Some(Target::Number(_) | Target::Span(_)) | None => None,
        };
        Ok(Some(Step {
            label: kpi.label.clone(),
            counts: counts(rate),
            target,
            median_ms: self.median(from, to).await?,
            runs: answer.maturity.is_some_and(|maturity| maturity.running.den > 0),
            lower_is_better: kpi.better == shiftbell_metrics::definitions::Better::Lower,
        }))
    }

    async fn median(&mut self, from: &Stage, to: &Stage) -> Result<Option<i64>, AskError> {
        let is = |kpi: &&Kpi| {
            matches!(&kpi.kind, KpiKind::Time { from: a, to: TimeTo::Stage(b), .. } if *a == from.id && *b == to.id)
                && kpi.not_active.is_none()
                && kpi.motion.as_ref().is_none_or(|only| *only == self.motion.id)
        };
        let Some(kpi) = self.shelf.company.defs().kpis.iter().find(is) else { return Ok(None) };
        let answer = self.ask(&kpi.slug, Some(self.period), &[]).await?;
        Ok(answer.and_then(|answer| match answer.figure {
            Figure::Duration { median_ms, .. } => median_ms,
            Figure::Count { .. } | Figure::Rate { .. } | Figure::Money { .. } | Figure::Number { .. } => None,
        }))
    }

    /// Of those who reached a stage in the period, how many came as a dimension says.
    async fn came_by(&mut self, stage: &Stage, seen_as: &(String, String)) -> Result<Option<Counts>, AskError> {
        let all = self.count(stage).await?;
        let of = stage_count(self.shelf.company.defs(), &stage.id, &self.motion.id);
        let name = of.map_or_else(|| stage.id.clone(), |kpi| kpi.slug.clone());
        let those = self.ask(&name, Some(self.period), std::slice::from_ref(seen_as)).await?;
        let those = those.map_or(0, |answer| u64::try_from(answer.figure.counted()).unwrap_or(0));
        Ok((all > 0).then(|| Counts::new(those, all)))
    }

    async fn money(&mut self, facts: &mut WholeFacts, sees_money: bool) -> Result<(), AskError> {
        let defs = self.shelf.company.defs();
        if let Some(kpi) = money_of_wins(defs) {
            let answer = self.ask(&kpi.slug, Some(self.period), &[]).await?;
            facts.committed = answer.as_ref().and_then(|answer| major(&answer.figure));
        }
        if let Some(kpi) = defs.kpi("discount").filter(|kpi| kpi.not_active.is_none()) {
            let answer = self.ask(&kpi.slug, Some(self.period), &[]).await?;
            let off = answer.and_then(|answer| match answer.figure {
                Figure::Number { value, .. } => value?.to_f64(),
                Figure::Rate { rate } => counts(rate).rate(),
                Figure::Count { .. } | Figure::Money { .. } | Figure::Duration { .. } => None,
            });
            let paid = off.filter(|off| (0.0..1.0).contains(off)).zip(facts.committed);
            facts.listed = paid.map(|(off, committed)| committed / (1.0 - off));
        }
        if !sees_money {
            return Ok(());
        }
        if let Some(kpi) = standard(defs, "kept-through-onboarding") {
            let answer = self.ask(&kpi.slug, Some(self.period), &[]).await?;
            let part = |key: &str| major(answer.as_ref()?.inputs.get(key)?);
            facts.onboarded = part("left").zip(part("start")).filter(|(_, all)| *all > 0.0);
        }
        if let Some(kpi) = standard(defs, "arr") {
            let answer = self.ask(&kpi.slug, Some(self.period), &[]).await?;
            facts.recurring = answer.and_then(|answer| major(&answer.figure)).filter(|major| *major != 0.0);
        }
        let year = year_until(self.period);
        let (gross, net) = (standard(defs, "gross-retention"), standard(defs, "net-retention"));
        if let (Some(gross), Some(net)) = (gross, net) {
            let (gross, net) =
                (self.ask(&gross.slug, Some(&year), &[]).await?, self.ask(&net.slug, Some(&year), &[]).await?);
            let part = |answer: &Option<Answer>, key: &str| major(answer.as_ref()?.inputs.get(key)?);
            facts.kept = match (part(&gross, "start"), part(&gross, "left"), part(&net, "left")) {
                (Some(start), Some(kept), Some(now)) if start > 0.0 => Some((start, kept, now)),
                _ => None,
            };
        }
        if let Some(kpi) = standard(defs, "customer-churn") {
            let answer = self.ask(&kpi.slug, Some(&year), &[]).await?;
            facts.lost_customers = answer.and_then(|answer| match answer.figure {
                Figure::Rate { rate } if rate.den > 0 => Some(counts(rate)),
                _ => None,
            });
        }
        Ok(())
    }
}

/// The year that ends with a period.
fn year_until(period: &Period) -> Period {
    Period::of_days(period.until.plus(-365), period.until, &period.zone)
}

fn standard<'a>(defs: &'a Definitions, wanted: &str) -> Option<&'a Kpi> {
    let is = |kpi: &&Kpi| matches!(&kpi.kind, KpiKind::Standard { name, .. } if name == wanted);
    defs.kpis.iter().find(|kpi| is(kpi) && kpi.not_active.is_none())
}

fn major(figure: &Figure) -> Option<f64> {
    match figure {
        Figure::Money { amounts, .. } => amounts.first()?.major().to_f64(),
        Figure::Count { .. } | Figure::Rate { .. } | Figure::Duration { .. } | Figure::Number { .. } => None,
    }
}

/// Two sides of one motion as one message shows them.
pub(super) fn shown(defs: &Definitions, motion: &Motion, now: &Side, before: &Side, shape: Shape) -> MotionPeriod {
    let is_left = |stage: &Stage| stage.of != StageOf::Customer;
    let pairs =
        now.stages.iter().zip(&before.stages).filter(|((stage, _, _), _)| shape != Shape::Funnel || is_left(stage));
    let stages: Vec<StagePeriod> = pairs
        .map(|((stage, reached, next), (_, was, next_before))| StagePeriod {
            label: stage.label.clone(),
            reached: *reached,
            before: *was,
            // A funnel ends with the win.
            next: next
                .as_ref()
                .filter(|step| step.counts.den > 0 && (shape != Shape::Funnel || stage.bowtie != "commit"))
                .map(|step| shown_step(step, next_before.as_ref())),
        })
        .collect();
    let gap = now.stages.iter().zip(&before.stages).filter_map(|((_, _, step), (_, _, was))| {
        let step = step.as_ref().filter(|step| step.counts.den >= u64::from(defs.policies.too_few))?;
        let missing = (step.target? - step.counts.rate()?) / step.target.filter(|target| *target > 0.0)?;
        let missing = if step.lower_is_better { -missing } else { missing };
        (missing > 0.02 && !step.runs).then(|| (missing, shown_step(step, was.as_ref())))
    });
    let gap = gap.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, step)| step);
    let won = |side: &Side| side.facts.volumes[4].unwrap_or(0);
    let currency = defs.workspace.currency;
    MotionPeriod {
        motion: motion.id.clone(),
        won: won(now),
        won_before: won(before),
        stages,
        gap,
        money: if shape == Shape::Funnel { Vec::new() } else { money(&now.facts, &before.facts, currency) },
        loops: if shape == Shape::Funnel { Vec::new() } else { loops(now, before, shape) },
    }
}

fn shown_step(step: &Step, before: Option<&Step>) -> StepPeriod {
    let rate = |counts: Counts| say::Figure::rate(counts.num, counts.den);
    #[expect(clippy::cast_precision_loss, reason = "days of a wait, shown with one digit")]
    let days = |ms: i64| ms as f64 / MS_PER_DAY as f64;
    StepPeriod {
        label: step.label.clone(),
        value: rate(step.counts),
        before: before.map_or(say::Figure::Nothing, |before| rate(before.counts)),
        target: step.target,
        median: step.median_ms.map(days).map(say::Figure::Days),
        runs: step.runs,
    }
}

fn money(now: &WholeFacts, before: &WholeFacts, currency: Currency) -> Vec<MoneyPeriod> {
    let figure = |major: f64| {
        let rounded = rust_decimal::Decimal::from_f64(major).map(|major| major.round());
        rounded.and_then(|major| Money::from_major(major, currency)).map_or(say::Figure::Nothing, say::Figure::Money)
    };
    let line = |label: &str, value: say::Figure, before: Option<say::Figure>, note: Option<String>| MoneyPeriod {
        label: label.to_owned(),
        value,
        before,
        note,
    };
    let (numbers, were) = (whole(now), whole(before));
    let of =
        |numbers: &[Number], id: &str| numbers.iter().find(|number| number.id == id).and_then(|number| number.value);
    let percent = |share: f64| shiftbell_render::words::measured_share(share);
    let mut lines = Vec::new();
    let is_won = now.committed.unwrap_or(0.0) + before.committed.unwrap_or(0.0) > 0.0;
    if let Some(committed) = now.committed.filter(|_| is_won) {
        let off = of(&numbers, "cr5-discount").map(|off| format!("{} off the list price", percent(off)));
        lines.push(line("committed, a year", figure(committed), before.committed.map(figure), off));
    }
    if let Some((kept, all)) = now.onboarded.filter(|(kept, all)| kept < all) {
        let note = Some(format!("{} of what was committed; the rest left before it began", percent(kept / all)));
        lines.push(line(
            "started or on its way, a year",
            figure(kept),
            before.onboarded.map(|(kept, _)| figure(kept)),
            note,
        ));
    }
    if let Some(recurring) = now.recurring {
        lines.push(line("recurring, a year", figure(recurring), before.recurring.map(figure), None));
    }
    if let Some(kept) = of(&numbers, "cr7-kept") {
        let net = now.kept.map(|(start, _, now)| now / start);
        let note = of(&numbers, "cr8-expansion")
            .zip(net)
            .map(|(grown, net)| format!("expansion of what was kept {}, so with it {}", percent(grown), percent(net)));
        let was = of(&were, "cr7-kept").map(say::Figure::Share);
        lines.push(line("kept of a year ago", say::Figure::Share(kept), was, note));
    }
    if let Some(lifetime) = of(&numbers, "vm9-lifetime") {
        lines.push(line("worth over five years as it is kept now", figure(lifetime), None, None));
    }
    lines
}

fn loops(now: &Side, before: &Side, shape: Shape) -> Vec<LoopPeriod> {
    let first = |side: &Side| {
        side.stages.iter().find(|(stage, _, _)| stage.of != StageOf::Visitor).map(|(stage, _, _)| stage.label.clone())
    };
    #[expect(clippy::cast_precision_loss, reason = "days of a wait, shown with one digit")]
    let days = |ms: i64| ms as f64 / MS_PER_DAY as f64;
    let pairs = now.loops.iter().zip(&before.loops);
    let lines = pairs.map(|((stage, reached, share, wait), (_, was, _, _))| LoopPeriod {
        label: stage.label.clone(),
        reached: *reached,
        before: *was,
        share: share.map(|share| say::Figure::rate(share.num, share.den)),
        of: first(now).unwrap_or_default(),
        median: wait.map(days).map(say::Figure::Days),
    });
    // A bowtie only says it where something came back.
    lines.filter(|line| shape == Shape::Flywheel || line.reached + line.before > 0).collect()
}
