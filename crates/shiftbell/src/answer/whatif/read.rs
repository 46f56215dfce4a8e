//! The numbers of a motion's formula: the bowtie of the week, what is known of money, and the best spans so far.

use rust_decimal::prelude::ToPrimitive;
use shiftbell_metrics::answer::Figure;
use shiftbell_metrics::bowtie::MotionBowtie;
use shiftbell_metrics::definitions::{Kpi, KpiKind, Target};
use shiftbell_metrics::model::{Best, Priced, RightSide, steps};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::stats::Counts;

use crate::answer::AskError;
use crate::work::digests::bowtie::{counts, of_week};
use crate::work::shelf::Shelf;

/// Spans that are looked back for the best one: two years of quarters.
const SPANS_MAX: i32 = 8;

/// Everything that is known of a motion.
pub(super) struct Motion {
    pub(super) bowtie: MotionBowtie,
    /// Weeks of its volumes.
    pub(super) weeks: u32,
    pub(super) priced: Priced,
    /// What may be given away of the list price, 0 to 1.
    pub(super) discount_target: Option<f64>,
    /// Whether it is measured what is kept in a year.
    pub(super) is_kept_known: bool,
    /// The best span of each step so far, in their order.
    pub(super) best: Vec<Option<Best>>,
    pub(super) questions: Vec<Question>,
}

/// `sees_recurring`: whether whoever asks may see what is kept and what customers pay; else it is as if it were not known.
pub(super) async fn motion(shelf: &mut Shelf<'_>, name: &str, sees_recurring: bool) -> Result<Motion, AskError> {
    let defs = shelf.company.defs();
    let today = defs.workspace.zone.day_of(shelf.now);
    let week = of_week(shelf, &[name.to_owned()], today).await?;
    let (weeks, questions) = (week.bowtie.weeks, week.questions);
    let none = || AskError::Corrupt(format!("there is no motion {name}"));
    let bowtie = week.bowtie.motions.into_iter().next().ok_or_else(none)?;
    let mut best = Vec::new();
    for (_, step) in steps(&bowtie) {
        let of_step = |question: &&Question| question.kpi == step.kpi && question.by.is_none();
        let latest = questions.iter().find(of_step).and_then(|question| question.period.clone());
        best.push(match latest {
            Some(latest) => best_span(shelf, name, &step.kpi, &latest).await?,
            None => None,
        });
    }
    let discount = match defs.kpi("discount") {
        Some(kpi) => share(shelf, name, kpi).await?,
        None => None,
    };
    let discount_target = match defs.kpi("discount").and_then(|kpi| kpi.target.of(name)) {
        Some(Target::Rate(per_cent)) => per_cent.to_f64().map(|per_cent| per_cent / 100.0),
        Some(Target::Number(_) | Target::Span(_)) | None => None,
    };
    let [kept, net, arr] = match sees_recurring {
        true => [
            standard(shelf, name, "gross-retention").await?,
            standard(shelf, name, "net-retention").await?,
            standard(shelf, name, "arr").await?,
        ],
        false => [None, None, None],
    };
    let kept_of_all = kept.and_then(|figure| share_of(&figure)).filter(|kept| (0.0..=1.0).contains(kept));
    let net_of_all = net.and_then(|figure| share_of(&figure));
    let expansion = match (kept_of_all, net_of_all) {
        (Some(kept), Some(net)) if kept > 0.0 => net / kept - 1.0,
        (_, _) => 0.0,
    };
    let recurring = match arr {
        Some(Figure::Money { amounts, .. }) => amounts.first().and_then(|money| money.major().to_f64()).unwrap_or(0.0),
        Some(Figure::Count { .. } | Figure::Rate { .. } | Figure::Duration { .. } | Figure::Number { .. }) | None => {
            0.0
        }
    };
    let right = RightSide { kept: kept_of_all.unwrap_or(1.0), expansion, ..RightSide::STEADY };
    let priced = Priced { discount, recurring, right };
    let is_kept_known = kept_of_all.is_some();
    Ok(Motion { bowtie, weeks, priced, discount_target, is_kept_known, best, questions })
}

/// The best of the spans back to back, the latest one included. Spans with too few say nothing; the first empty one is before
/// the company's data.
async fn best_span(shelf: &mut Shelf<'_>, motion: &str, kpi: &str, latest: &Period) -> Result<Option<Best>, AskError> {
    let too_few = u64::from(shelf.company.defs().policies.too_few);
    let mut best: Option<(f64, Counts)> = None;
    for back in 0..SPANS_MAX {
        let days = -back * latest.days();
        let period = Period::of_days(latest.from.plus(days), latest.until.plus(days), &latest.zone);
        let question = Question { motion: Some(motion.to_owned()), period: Some(period), ..Question::of(kpi) };
        let Some(Figure::Rate { rate }) = shelf.ask(&question).await?.ok().map(|answer| answer.figure) else { break };
        let found = counts(rate);
        if found.den == 0 {
            break;
        }
        if let Some(rate) = found.rate().filter(|_| found.den >= too_few)
            && best.is_none_or(|(best, _)| rate > best)
        {
            best = Some((rate, found));
        }
    }
    Ok(best.map(|(value, counts)| Best { value, counts: Some(counts) }))
}

async fn share(shelf: &mut Shelf<'_>, motion: &str, kpi: &Kpi) -> Result<Option<f64>, AskError> {
    let question = Question { motion: Some(motion.to_owned()), ..Question::of(&kpi.slug) };
    let figure = shelf.ask(&question).await?.ok().map(|answer| answer.figure);
    Ok(figure.and_then(|figure| share_of(&figure)))
}

/// A figure of the standard family, where the company can ask for it.
async fn standard(shelf: &mut Shelf<'_>, motion: &str, wanted: &str) -> Result<Option<Figure>, AskError> {
    let is_wanted =
        |kpi: &&Kpi| matches!(&kpi.kind, KpiKind::Standard { name, .. } if name == wanted) && kpi.not_active.is_none();
    let Some(kpi) = shelf.company.defs().kpis.iter().find(is_wanted) else { return Ok(None) };
    let question = Question { motion: Some(motion.to_owned()), ..Question::of(&kpi.slug) };
    Ok(shelf.ask(&question).await?.ok().map(|answer| answer.figure))
}

fn share_of(figure: &Figure) -> Option<f64> {
    match figure {
        Figure::Rate { rate } => counts(*rate).rate(),
        Figure::Number { value, .. } => (*value)?.to_f64(),
        Figure::Count { .. } | Figure::Money { .. } | Figure::Duration { .. } => None,
    }
}
