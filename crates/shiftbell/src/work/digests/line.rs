//! One line of a scorecard: from its definition to what it counts on this day.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use shiftbell_metrics::answer::{Answer, Figure};
use shiftbell_metrics::calendar::elapsed;
use shiftbell_metrics::definitions::{Definitions, Kpi, KpiKind, Paced, Person, Place, ScorecardLine, Target};
use shiftbell_metrics::pacing::{Aim, GoalOf, Pacing, aim, pace};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::scorecard::{LineFacts, LineTarget, LineValue};
use shiftbell_metrics::time::Day;

use super::desk::Desk;
use crate::answer::AskError;
use crate::work::shelf::Personal;

/// Whose numbers a scorecard shows: their own, or, for a role that alone has the credit of a motion, the whole company's.
pub(super) fn leads(defs: &Definitions, role: &str) -> Option<String> {
    let has_all = |credit: &[(String, Decimal)]| matches!(credit, [(only, _)] if only == role);
    defs.motions.iter().find(|motion| has_all(&motion.credit)).map(|motion| motion.id.clone())
}

/// A line, with the question that it answers; `None` if the KPI cannot be asked.
pub(super) async fn line(
    desk: &mut Desk<'_>,
    mine: &mut Personal,
    person: &Person,
    place: &Place,
    day: Day,
    line: &ScorecardLine,
) -> Result<Option<(LineFacts, Question)>, AskError> {
    let defs = desk.shelf.company.defs();
    let Some(kpi) = defs.kpi(&line.kpi).filter(|kpi| kpi.not_active.is_none()) else { return Ok(None) };
    let goal = match line.target {
        Some(_) => None,
        None => aim(defs, &kpi.slug, kpi.motion.as_deref(), Some(person), day),
    };
    let Some(question) = question(defs, kpi, person, place, day, line, goal.as_ref()) else { return Ok(None) };
    let Ok(answer) = desk.shelf.ask_of(mine, &question).await? else { return Ok(None) };
    let Some(value) = value_of(&answer) else { return Ok(None) };
    let target = match &goal {
        Some(goal) => Decimal::from_f64(goal.amount).map(|amount| Target::Number(amount.round_dp(2))),
        None => line.target.or_else(|| target_of(kpi, question.motion.as_deref())),
    };
    let paced = goal.as_ref().and_then(|goal| defs.motion(goal.motion.as_deref()?)).map(|motion| motion.paced);
    let paced = paced.unwrap_or(Paced::WorkingDays);
    let pacing = goal.as_ref().and_then(|goal| pacing(goal, &value, paced, place, day));
    let (slug, label, better) = (kpi.slug.clone(), kpi.label.clone(), kpi.better);
    let is_never_seen = is_nothing(&value) && desk.seen.is_never_seen(defs, kpi);
    let usual = match (&pacing, value) {
        (Some(_), LineValue::Money(_)) => desk.usual(&slug, question.motion.as_deref()).await?,
        _ => None,
    };
    let facts = LineFacts {
        kpi: slug,
        label,
        kind: line.kind,
        each: line.each,
        is_required: line.required,
        better,
        value,
        target: target.and_then(|target| LineTarget::of(target, &value)),
        pacing,
        of_what: None,
        usual,
        is_in_working_days: paced == Paced::WorkingDays,
        is_never_seen,
    };
    Ok(Some((facts, question)))
}

/// The question behind a line. `None` for a span shorter than a day.
fn question(
    defs: &Definitions,
    kpi: &Kpi,
    person: &Person,
    place: &Place,
    day: Day,
    line: &ScorecardLine,
    goal: Option<&Aim>,
) -> Option<Question> {
    let led = leads(defs, &person.role);
    // What the whole company did is counted by the company's days, so that it equals what anybody is told who asks.
    let zone = if led.is_some() { &defs.workspace.zone } else { &place.zone };
    let period = match goal {
        Some(goal) => Period { zone: zone.clone(), ..goal.period.clone() },
        None => Period::of_line(line.each, day, &defs.workspace, zone)?,
    };
    let needs_motion = matches!(kpi.kind, KpiKind::Conversion { .. } | KpiKind::Time { .. });
    let own = || led.clone().or_else(|| defs.motions.first().map(|motion| motion.id.clone()));
    let motion = goal
        .and_then(|goal| goal.motion.clone())
        .or_else(|| kpi.motion.clone())
        .or_else(|| if needs_motion { own() } else { None });
    let person = led.is_none().then(|| person.email.clone());
    Some(Question { motion, period: Some(period), person, ..Question::of(&kpi.slug) })
}

fn target_of(kpi: &Kpi, motion: Option<&str>) -> Option<Target> {
    motion.map_or(kpi.target.every.as_ref(), |motion| kpi.target.of(motion)).copied()
}

fn pacing(goal: &Aim, value: &LineValue, paced: Paced, place: &Place, day: Day) -> Option<Pacing> {
    let (actual, of) = match value {
        LineValue::Count { n, .. } => (n.to_f64()?, GoalOf::Count),
        LineValue::Money(money) => (money.major().to_f64()?, GoalOf::Money),
        LineValue::Rate { .. } | LineValue::MoneyRate { .. } | LineValue::Time { .. } | LineValue::NoRecords => {
            return None;
        }
    };
    pace(goal.amount, actual, elapsed(paced, place, &goal.period, day), of)
}

/// What a figure is on a scorecard; `None` for one that is not shown there.
pub(crate) fn value_of(answer: &Answer) -> Option<LineValue> {
    if let Some((num, den)) = answer.money_rate() {
        return Some(LineValue::MoneyRate { num, den });
    }
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Some(match &answer.figure {
        Figure::Count { count: n } => LineValue::Count { n: count(*n), of: None },
        Figure::Rate { rate } if rate.den == 0 => LineValue::NoRecords,
        Figure::Rate { rate } => LineValue::Rate { num: count(rate.num), den: count(rate.den) },
        Figure::Money { amounts, .. } => LineValue::Money(*amounts.first()?),
        Figure::Duration { median_ms, p90_ms, shows_p90, .. } => {
            let shown = if *shows_p90 { p90_ms } else { median_ms };
            shown.map_or(LineValue::NoRecords, |ms| LineValue::Time { ms })
        }
        Figure::Number { .. } => return None,
    })
}

fn is_nothing(value: &LineValue) -> bool {
    match value {
        LineValue::Count { n, .. } => *n == 0,
        LineValue::Money(money) => money.minor == 0,
        LineValue::NoRecords => true,
        LineValue::Rate { .. } | LineValue::MoneyRate { .. } | LineValue::Time { .. } => false,
    }
}
