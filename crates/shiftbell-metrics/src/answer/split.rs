//! One figure for each part of a period, and the largest parts of a breakdown with all others as one.

use super::measure::Scope;
use super::pipeline::has_no_past;
use super::{Cannot, Figure, Part, Rate};
use crate::definitions::economics::{ACQUISITION_COST, FIVE_YEARS, LIFETIME_VALUE};
use crate::definitions::pipeline::VELOCITY;
use crate::definitions::{Kpi, KpiKind};
use crate::money::Money;
use crate::period::Unit;

/// Figures of one series: more are not read in a chat.
pub(super) const SERIES_MAX: usize = 60;

/// The KPI in each day, week, month, quarter or year of the period, oldest first. Each is measured as if it were asked for
/// alone: rates and medians are never derived from others.
pub(super) fn series(scope: &Scope<'_>, unit: Unit) -> Result<Vec<Part>, Cannot> {
    if has_no_past(scope.asked.defs, &scope.kpi.kind) {
        return Err(Cannot::NoPast(scope.kpi.label.clone()));
    }
    let periods = scope.period.split(unit, &scope.asked.defs.workspace);
    if periods.len() > SERIES_MAX {
        return Err(Cannot::TooMany { count: periods.len(), unit: unit.word(), most: SERIES_MAX });
    }
    let today = scope.period.zone.day_of(scope.asked.now);
    let part = |period: crate::period::Period| {
        let found = Scope { period: &period, by: None, ..*scope }.measure()?;
        let is_running = period.contains_day(today) || found.maturity.is_some_and(|found| found.running.den > 0);
        Ok(Part { value: Some(period.label), figure: found.figure, is_running })
    };
    periods.into_iter().map(part).collect()
}

/// The first so many parts, which are the largest, and the others together. Medians and formulas of several parts cannot be
/// added up: then the others have no figure.
pub(super) fn largest(kpi: &Kpi, mut parts: Vec<Part>, top: u32) -> Vec<Part> {
    let top = usize::try_from(top).unwrap_or(usize::MAX);
    if parts.len() <= top.saturating_add(1) {
        return parts;
    }
    let others = parts.split_off(top);
    let is_mean = matches!(&kpi.kind, KpiKind::Standard { name, .. } if is_mean(name));
    let figures = others.iter().filter(|_| !is_mean).map(|part| part.figure.clone());
    let figure = figures.reduce(both).unwrap_or(NOTHING);
    parts.push(Part { value: Some(format!("{} others", others.len())), figure, is_running: false });
    parts
}

/// Money for each customer: that of several parts together is not their sum.
fn is_mean(name: &str) -> bool {
    ["revenue-per-customer", LIFETIME_VALUE, FIVE_YEARS, ACQUISITION_COST, VELOCITY].contains(&name)
}

const NOTHING: Figure = Figure::Number { value: None, is_share: false };

/// Two figures of apart records as one.
fn both(one: Figure, other: Figure) -> Figure {
    match (one, other) {
        (Figure::Count { count: a }, Figure::Count { count: b }) => Figure::Count { count: a + b },
        (Figure::Rate { rate: a }, Figure::Rate { rate: b }) => {
            Figure::Rate { rate: Rate { num: a.num + b.num, den: a.den + b.den } }
        }
        (Figure::Money { amounts, records: a }, Figure::Money { amounts: more, records: b }) => {
            Figure::Money { amounts: more.into_iter().fold(amounts, with), records: a + b }
        }
        (_, _) => NOTHING,
    }
}

fn with(mut amounts: Vec<Money>, money: Money) -> Vec<Money> {
    match amounts.iter_mut().find(|known| known.currency == money.currency) {
        Some(known) => known.minor += money.minor,
        None => amounts.push(money),
    }
    amounts
}
