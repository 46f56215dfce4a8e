//! Which of the watched rates fell, and what those who are missing would usually have brought.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shiftbell_metrics::alert::{Decision, RateFacts, RateFall, Reason, decide_rate, value_of_one};
use shiftbell_metrics::answer::Figure;
use shiftbell_metrics::definitions::{Definitions, KpiKind, Rule, RuleKind, Span, Sure};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::period::{Period, full_weeks_before, week_start};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::stats::Counts;
use shiftbell_metrics::time::MS_PER_DAY;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::answer::AskError;
use crate::work::digests::bowtie::{conversion, counts, money_of_wins, steps};
use crate::work::digests::desk::{Desk, average};

/// One rate in one part of the business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watched {
    pub(super) kpi: String,
    pub(super) motion: String,
    /// Dimension and value; `None` is the whole motion.
    pub(super) part: Option<(String, String)>,
}

/// A watched rate that fell.
#[derive(Clone, Debug)]
pub(super) struct Fall {
    pub(super) watched: Watched,
    pub(super) fall: RateFall,
    pub(super) recent: Period,
    pub(super) before: Period,
    pub(super) age: Span,
    pub(super) price: Option<(Money, Money, Money)>,
}

impl Fall {
    /// What is one incident at a time.
    pub(super) fn subject(&self) -> String {
        let part = self.watched.part.as_ref().map_or_else(String::new, |(by, value)| format!("/{by}:{value}"));
        format!("{}/{}{part}", self.watched.kpi, self.watched.motion)
    }

    pub(super) fn worth_minor(&self) -> Option<i64> {
        self.price.map(|(about, ..)| about.minor)
    }
}

/// One look of one rule.
pub(super) struct Sweep<'d, 'a> {
    pub(super) desk: &'d mut Desk<'a>,
    watch: &'d [String],
    by: &'d [String],
    motion: Option<&'d str>,
    recent: u32,
    before: u32,
    sure: Sure,
    /// The same definitions, but each conversion is judged at its early age.
    early: Definitions,
}

impl<'d, 'a> Sweep<'d, 'a> {
    /// `None` for a rule of another kind.
    pub(super) fn new(desk: &'d mut Desk<'a>, rule: &'d Rule) -> Option<Sweep<'d, 'a>> {
        let RuleKind::Rate { watch, by, recent, before, sure, .. } = &rule.kind else { return None };
        let weeks = |span: &Span| {
            let days = span.elapsed_ms()? / MS_PER_DAY;
            u32::try_from((days / 7).max(1)).ok()
        };
        let mut early = desk.shelf.company.defs().clone();
        for kpi in &mut early.kpis {
            if let KpiKind::Conversion { within, early, .. } = &mut kpi.kind {
                within.every = early.every.or(within.every);
                within.by_motion.extend(early.by_motion.iter().map(|(motion, span)| (motion.clone(), *span)));
            }
        }
        Some(Sweep {
            desk,
            watch,
            by,
            motion: rule.motion.as_deref(),
            recent: weeks(recent)?,
            before: weeks(before)?,
            sure: *sure,
            early,
        })
    }

    /// Everything that fell by more than chance. Where a part explains it, the whole is not told as well.
    pub(super) async fn falls(&mut self) -> Result<Vec<Fall>, AskError> {
        let defs = self.desk.shelf.company.defs();
        let only = self.motion;
        let mut all = Vec::new();
        for kpi in self.watch.iter().filter_map(|name| defs.kpi(name)) {
            let kinds = crate::work::digests::kinds_of(defs, kpi);
            if let Some(silence) = self.desk.silence_of(&kinds) {
                tracing::info!(
                    kpi = kpi.slug,
                    source = silence.source,
                    "a rate is not judged while its source is silent"
                );
                continue;
            }
            for motion in defs.motions.iter().filter(|motion| only.is_none_or(|only| only == motion.id)) {
                let watched = Watched { kpi: kpi.slug.clone(), motion: motion.id.clone(), part: None };
                let parts = self.parts(&watched).await?;
                if parts.is_empty() {
                    all.extend(self.whole(watched).await?);
                } else {
                    all.extend(parts);
                }
            }
        }
        Ok(all)
    }

    async fn whole(&mut self, watched: Watched) -> Result<Option<Fall>, AskError> {
        let Some((recent, before, age)) = self.spans(&watched) else { return Ok(None) };
        let Some(now) = self.rate(&watched, &recent).await? else { return Ok(None) };
        let Some(then) = self.rate(&watched, &before).await? else { return Ok(None) };
        self.judge(watched, (now, then), (recent, before), age).await
    }

    async fn parts(&mut self, watched: &Watched) -> Result<Vec<Fall>, AskError> {
        let mut falls = Vec::new();
        let Some((recent, before, age)) = self.spans(watched) else { return Ok(falls) };
        for dimension in self.by {
            let now = self.rates_by(watched, &recent, dimension).await?;
            let then = self.rates_by(watched, &before, dimension).await?;
            for (value, now) in now {
                let Some(then) = then.get(&value) else { continue };
                let part = Watched { part: Some((dimension.clone(), value)), ..watched.clone() };
                falls.extend(self.judge(part, (now, *then), (recent.clone(), before.clone()), age).await?);
            }
        }
        Ok(falls)
    }

    async fn judge(
        &mut self,
        watched: Watched,
        (recent_counts, before_counts): (Counts, Counts),
        (recent, before): (Period, Period),
        age: Span,
    ) -> Result<Option<Fall>, AskError> {
        let too_few = self.desk.shelf.company.defs().policies.too_few;
        let facts = RateFacts { recent: recent_counts, before: before_counts, too_few, sure: self.sure, each: None };
        if !matches!(decide_rate(&facts), Decision::Notify(_)) {
            return Ok(None);
        }
        let each = self.each(&watched).await?;
        let Decision::Notify(Reason::RateFell(fall)) = decide_rate(&RateFacts { each, ..facts }) else {
            return Ok(None);
        };
        let own = self.desk.shelf.company.defs().workspace.currency;
        let money = |major: f64| Money::from_major(Decimal::from_f64_retain(hundreds(major))?, own);
        let price = fall.price.and_then(|price| Some((money(price.about)?, money(price.low)?, money(price.high)?)));
        Ok(Some(Fall { watched, fall, recent, before, age, price }))
    }

    /// The recent weeks, the weeks before, and the age at which both are judged.
    fn spans(&self, watched: &Watched) -> Option<(Period, Period, Span)> {
        let KpiKind::Conversion { within, .. } = &self.early.kpi(&watched.kpi)?.kind else { return None };
        let age = *within.of(&watched.motion)?;
        let workspace = &self.early.workspace;
        let days = i32::try_from((age.elapsed_ms()? + MS_PER_DAY - 1) / MS_PER_DAY).ok()?;
        let today = week_start(workspace.zone.day_of(self.desk.shelf.now), workspace.week_starts);
        let weeks = |day, count| full_weeks_before(day, count, workspace.week_starts, &workspace.zone);
        let recent = weeks(today.plus(-days), self.recent);
        let before = weeks(recent.from, self.before);
        Some((recent, before, age))
    }

    fn question(watched: &Watched, period: &Period) -> Question {
        Question {
            motion: Some(watched.motion.clone()),
            filters: watched.part.clone().into_iter().collect(),
            period: Some(period.clone()),
            ..Question::of(&watched.kpi)
        }
    }

    async fn rate(&mut self, watched: &Watched, period: &Period) -> Result<Option<Counts>, AskError> {
        let question = Self::question(watched, period);
        Ok(match self.desk.shelf.ask_by(&self.early, &question).await?.map(|answer| answer.figure) {
            Ok(Figure::Rate { rate }) => Some(counts(rate)),
            Ok(Figure::Count { .. } | Figure::Money { .. } | Figure::Duration { .. } | Figure::Number { .. })
            | Err(_) => None,
        })
    }

    async fn rates_by(
        &mut self,
        watched: &Watched,
        period: &Period,
        dimension: &str,
    ) -> Result<BTreeMap<String, Counts>, AskError> {
        let question = Question { by: Some(dimension.to_owned()), ..Self::question(watched, period) };
        let Ok(answer) = self.desk.shelf.ask_by(&self.early, &question).await? else { return Ok(BTreeMap::new()) };
        let part = |part: shiftbell_metrics::answer::Part| match part.figure {
            Figure::Rate { rate } => Some((part.value?, counts(rate))),
            Figure::Count { .. } | Figure::Money { .. } | Figure::Duration { .. } | Figure::Number { .. } => None,
        };
        Ok(answer.parts.into_iter().filter_map(part).collect())
    }

    /// The two latest full weeks that are old enough, to see whether it is over.
    pub(super) async fn latest_weeks(&mut self, watched: &Watched) -> Result<Vec<Counts>, AskError> {
        let Some((recent, ..)) = self.spans(watched) else { return Ok(Vec::new()) };
        let zone = recent.zone.clone();
        let mut weeks = Vec::new();
        for back in [14, 7] {
            let from = recent.until.plus(-back);
            weeks.extend(self.rate(watched, &Period::of_days(from, from.plus(7), &zone)).await?);
        }
        Ok(weeks)
    }

    /// What one who reaches the next stage usually brings from there on, in major units.
    async fn each(&mut self, watched: &Watched) -> Result<Option<f64>, AskError> {
        let defs = self.desk.shelf.company.defs();
        let Some(motion) = defs.motion(&watched.motion) else { return Ok(None) };
        let Some(KpiKind::Conversion { to, .. }) = defs.kpi(&watched.kpi).map(|kpi| &kpi.kind) else {
            return Ok(None);
        };
        let chain = steps(defs, motion);
        let from = chain.iter().position(|stage| stage.id == *to).unwrap_or(chain.len());
        let mut rates = Vec::new();
        for pair in chain[from.min(chain.len())..].windows(2) {
            let Some(kpi) = conversion(defs, &pair[0].id, &pair[1].id, &motion.id) else { return Ok(None) };
            let question = Question { motion: Some(motion.id.clone()), ..Question::of(&kpi.slug) };
            match self.desk.shelf.ask(&question).await?.map(|answer| answer.figure) {
                Ok(Figure::Rate { rate }) => rates.push(counts(rate)),
                Ok(Figure::Count { .. } | Figure::Money { .. } | Figure::Duration { .. } | Figure::Number { .. })
                | Err(_) => return Ok(None),
            }
        }
        let Some(sum) = money_of_wins(defs) else { return Ok(None) };
        let whole = Question { motion: Some(motion.id.clone()), ..Question::of(&sum.slug) };
        let part = Question { filters: watched.part.clone().into_iter().collect(), ..whole.clone() };
        for question in [part, whole] {
            if let Ok(answer) = self.desk.shelf.ask(&question).await?
                && let Some(average) = average(&answer.figure).and_then(|money| money.major().to_f64())
            {
                return Ok(value_of_one(&rates, average));
            }
        }
        Ok(None)
    }
}

/// An estimate, to the next hundred.
fn hundreds(major: f64) -> f64 {
    (major / 100.0).round() * 100.0
}
