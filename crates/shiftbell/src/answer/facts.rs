//! From an answer to the facts of its message.

mod rows;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use shiftbell_metrics::answer::{self as numbers, Answer, Chance};
use shiftbell_metrics::definitions::{Better, Definitions, KpiKind};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::time::{Instant, MS_PER_DAY};
use shiftbell_render::facts::{Figure, Footer, SourceAge};
use shiftbell_render::messages::{Compared, Goal, KpiAnswer, Newer, Running, Standing, Standout};

use super::{Answered, standard};
use crate::companies::Company;
pub(super) use rows::names;
use rows::{marked, named, trend};

/// The facts of the answer to a question about a KPI.
pub(super) fn kpi_answer(company: &Company, answered: &Answered, ages: Vec<SourceAge>) -> KpiAnswer {
    let defs = company.defs();
    let answer = &answered.answer;
    let before = answer.before.as_ref().map(|before| Compared {
        period: answered.question.versus.as_ref().map(|period| period.label.clone()),
        value: figure(&before.figure, defs),
        more_than_chance: match before.chance {
            Chance::CouldBeChance => Some(false),
            Chance::MoreThanChance => Some(true),
            Chance::NotJudged => None,
        },
    });
    let standout = answer.standout.as_ref().map(|standout| Standout {
        name: named(company, &standout.dimension, &standout.value),
        value: rate(standout.rate),
        others: rate(standout.others),
        more_than_chance: true,
    });
    let marked = marked(defs, answered);
    let window = answer.window.clone().unwrap_or_default();
    let newer = answer.newer.as_ref().filter(|newer| newer.rate.den > 0).map(|newer| Newer {
        what: answer.from.clone().unwrap_or_else(|| "entries".to_owned()),
        part: count(newer.rate.num),
        whole: count(newer.rate.den),
        window: window.clone(),
    });
    let running = answer.maturity.as_ref().filter(|maturity| maturity.running.den > 0).map(|maturity| Running {
        open: count(maturity.running.den),
        whole: count(maturity.running.den + maturity.closed.den),
        window: window.clone(),
    });
    KpiAnswer {
        title: answer.label.clone(),
        scope: scope(answer),
        value: whole_figure(answer, defs),
        goal: goal(defs, answer),
        before,
        standout,
        newer,
        running,
        in_period: answer.in_period,
        by: answer.by.clone(),
        trend: answered.question.each.and_then(|_| trend(&answer.parts, &marked)),
        rows: rows::rows(company, answer, answered.question.each.is_some(), &marked),
        meaning: match answered.changes.last() {
            Some(at) => format!("{}; {}", meaning(defs, answer), changed(defs, *at)),
            None => meaning(defs, answer),
        },
        version: answered.version.clone(),
        footer: Footer::only_you(ages, &answered.receipt),
    }
}

/// The motion and the filters that were asked for.
pub(super) fn scope(answer: &Answer) -> Option<String> {
    let parts: Vec<String> =
        answer.motion.iter().cloned().chain(answer.filters.iter().map(|(_, value)| words(value))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Said where a period or the one it is compared with reaches over a change of what is counted.
fn changed(defs: &Definitions, at: Instant) -> String {
    let day = shiftbell_render::words::day_and_year(defs.workspace.zone.day_of(at).date());
    format!("what it means changed on {day}, and all of this is counted as it is meant now")
}

/// What is counted, with the period, as a sentence without its full stop.
fn meaning(defs: &Definitions, answer: &Answer) -> String {
    let kpi = defs.kpi(&answer.kpi);
    let means = kpi.and_then(|kpi| match &answer.motion {
        Some(motion) => kpi.means.of(motion),
        None => kpi.means.every.as_ref(),
    });
    let period = &answer.period.label;
    let counted = match (&answer.from, &answer.to, &answer.window) {
        (Some(from), Some(to), Some(window)) => format!("{from} of {period}, {to} within {window}"),
        (Some(from), Some(to), None) => format!("From {from} of {period} to {to}"),
        (Some(from), None, _) => format!("{from} of {period}"),
        (None, ..) if means.is_none() => format!("{}, {period}", answer.label),
        (None, ..) => capital(period),
    };
    let counted = match rests_on(defs, answer) {
        Some(parts) => format!("{counted}: {parts}"),
        None => counted,
    };
    let counted = match &answer.note {
        Some(note) => format!("{counted}; {note}"),
        None => counted,
    };
    match means {
        Some(means) => format!("{} {counted}", means.trim()),
        None => counted,
    }
}

/// What a standard KPI was worked out from stands beside it.
fn rests_on(defs: &Definitions, answer: &Answer) -> Option<String> {
    if let Some(numbers::Figure::Rate { rate: within }) = answer.inputs.get(numbers::WITHIN_TARGET) {
        return Some(format!("within the target {} of {}", within.num, within.den));
    }
    let KpiKind::Standard { name, .. } = &defs.kpi(&answer.kpi)?.kind else { return None };
    standard::rests_on(defs, name, answer)
}

fn goal(defs: &Definitions, answer: &Answer) -> Option<Goal> {
    let against = answer.target.as_ref()?;
    let lower_is_better = defs.kpi(&answer.kpi).is_some_and(|kpi| kpi.better == Better::Lower);
    let target = of_target(against.target, &answer.figure, defs);
    let is_below = match against.standing {
        numbers::Standing::Level => return Some(Goal { target, standing: Standing::Level }),
        numbers::Standing::Better => lower_is_better,
        numbers::Standing::Worse => !lower_is_better,
    };
    if !is_below {
        return Some(Goal { target, standing: Standing::Above });
    }
    let short = against.short_by.and_then(|short| u64::try_from(short).ok());
    let standing = match (short, difference(against.target, &answer.figure, defs)) {
        (Some(short), _) => Standing::Below { by: Figure::Count(short), unit: Some(one_of(defs, answer)) },
        (None, Some(by)) => Standing::Below { by, unit: None },
        (None, None) => return None,
    };
    Some(Goal { target, standing })
}

/// What the entries of a conversion are, as many.
fn one_of(defs: &Definitions, answer: &Answer) -> String {
    use shiftbell_metrics::definitions::StageOf;
    let from = defs.chain.iter().find(|stage| Some(&stage.label) == answer.from.as_ref());
    match from.map(|stage| stage.of) {
        Some(StageOf::Contact) => "people",
        Some(StageOf::Deal) => "deals",
        Some(StageOf::Visitor) => "visitors",
        Some(StageOf::Customer) => "customers",
        None => "of them",
    }
    .to_owned()
}

/// The figure of an answer; a share of money with the amounts behind it.
pub(super) fn whole_figure(answer: &Answer, defs: &Definitions) -> Figure {
    match answer.money_rate() {
        Some((part, whole)) => Figure::MoneyRate { part, whole },
        None => due(defs, answer).unwrap_or_else(|| figure(&answer.figure, defs)),
    }
}

/// Of a worklist on which nothing stands: that is no rate.
fn due(defs: &Definitions, answer: &Answer) -> Option<Figure> {
    let is_worklist = matches!(defs.kpi(&answer.kpi)?.kind, KpiKind::Worklist { .. });
    (is_worklist && answer.figure.counted() == 0).then_some(Figure::NothingDue)
}

/// A figure of the core as messages show it.
pub(crate) fn figure(figure: &numbers::Figure, defs: &Definitions) -> Figure {
    match figure {
        numbers::Figure::Count { count: number } => Figure::Count(count(*number)),
        numbers::Figure::Rate { rate: found } => rate(*found),
        numbers::Figure::Money { amounts, .. } => {
            Figure::Money(amounts.first().copied().unwrap_or_else(|| Money::new(0, defs.workspace.currency)))
        }
        numbers::Figure::Duration { median_ms, p90_ms, reached, open, is_work, .. } => match (median_ms, p90_ms) {
            (Some(median), Some(p90)) => Figure::Time {
                median_days: days(*median),
                p90_days: days(*p90),
                of: count(*reached),
                open: count(*open),
                is_work: *is_work,
            },
            (Some(median), None) => span(*median, *is_work),
            (None, _) => Figure::Nothing,
        },
        numbers::Figure::Number { value: None, .. } => Figure::Nothing,
        numbers::Figure::Number { value: Some(value), is_share: true } => Figure::Share(float(*value)),
        numbers::Figure::Number { value: Some(value), is_share: false } => Figure::Number(float(*value)),
    }
}

/// A target in the unit of the figure that it is for.
fn of_target(target: Decimal, of: &numbers::Figure, defs: &Definitions) -> Figure {
    match of {
        numbers::Figure::Rate { .. } | numbers::Figure::Number { is_share: true, .. } => {
            Figure::Share(float(target / Decimal::ONE_HUNDRED))
        }
        numbers::Figure::Duration { is_work, .. } => span(target.to_i64().unwrap_or_default(), *is_work),
        numbers::Figure::Money { .. } => {
            Money::from_major(target, defs.workspace.currency).map_or(Figure::Nothing, Figure::Money)
        }
        numbers::Figure::Count { .. } | numbers::Figure::Number { is_share: false, .. } => {
            Figure::Number(float(target))
        }
    }
}

fn difference(target: Decimal, of: &numbers::Figure, defs: &Definitions) -> Option<Figure> {
    match of {
        numbers::Figure::Duration { median_ms, p90_ms, shows_p90, is_work, .. } => {
            let ms = if *shows_p90 { *p90_ms } else { *median_ms }?;
            Some(span((target.to_i64()? - ms).abs(), *is_work))
        }
        numbers::Figure::Money { amounts, .. } => {
            Money::from_major(target - amounts.first()?.major(), defs.workspace.currency).map(Figure::Money)
        }
        numbers::Figure::Count { count } => Some(Figure::Number(float((target - Decimal::from(*count)).abs()))),
        numbers::Figure::Number { value, is_share: false } => Some(Figure::Number(float((target - (*value)?).abs()))),
        numbers::Figure::Number { value, is_share: true } => {
            Some(Figure::Share(float((target / Decimal::ONE_HUNDRED - (*value)?).abs())))
        }
        numbers::Figure::Rate { .. } => None,
    }
}

fn rate(rate: numbers::Rate) -> Figure {
    Figure::rate(count(rate.num), count(rate.den))
}

/// Never negative: a count below zero would be a mistake of ours, which flow conservation finds.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "days of a span, shown with one digit")]
fn days(ms: i64) -> f64 {
    ms as f64 / MS_PER_DAY as f64
}

fn span(ms: i64, is_work: bool) -> Figure {
    if is_work { Figure::WorkHours(days(ms) * 24.0) } else { Figure::Days(days(ms)) }
}

fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap_or_default()
}

/// `corporate-events` as it is said.
fn words(value: &str) -> String {
    value.replace(['-', '_'], " ")
}

fn capital(text: &str) -> String {
    shiftbell_render::words::capital(text)
}
