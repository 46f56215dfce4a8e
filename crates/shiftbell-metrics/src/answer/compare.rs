//! What a figure is compared with: its own past, its target, and the parts of which it is made.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{AgainstTarget, Chance, Figure, Rate, Standing, Standout};
use crate::codec::Name;
use crate::definitions::{Better, Definitions, Span, SpanUnit, Sure, Target};
use crate::stats::{newcombe_difference, z_of};
use crate::time::MS_PER_HOUR;

/// Whether two rates differ by more than chance.
pub(super) fn chance(now: Rate, before: Rate, too_few: u32) -> Chance {
    let counts = [now.num, now.den, before.num, before.den].map(u64::try_from);
    let [Ok(x1), Ok(n1), Ok(x2), Ok(n2)] = counts else { return Chance::NotJudged };
    if n1 < u64::from(too_few) || n2 < u64::from(too_few) {
        return Chance::NotJudged;
    }
    match newcombe_difference(x1, n1, x2, n2, z_of(Sure::Strongly)).excludes_zero() {
        true => Chance::MoreThanChance,
        false => Chance::CouldBeChance,
    }
}

/// How a figure stands to its target; `None` where they cannot be compared.
pub(super) fn against(figure: &Figure, target: Target, better: Better, defs: &Definitions) -> Option<AgainstTarget> {
    let (value, target, level) = match (figure, target) {
        (Figure::Rate { rate }, Target::Rate(percent)) => (rate.percent()?, percent, defs.policies.level_points),
        (Figure::Count { count }, Target::Number(number)) => (Decimal::from(*count), number, Decimal::ZERO),
        (Figure::Money { amounts, .. }, Target::Number(number)) => (amounts.first()?.major(), number, Decimal::ZERO),
        (Figure::Duration { median_ms, p90_ms, shows_p90, .. }, Target::Span(span)) => {
            let ms = if *shows_p90 { *p90_ms } else { *median_ms };
            (Decimal::from(ms?), Decimal::from(length(span)?), Decimal::ZERO)
        }
        (Figure::Number { value, is_share: true }, Target::Rate(percent)) => {
            ((*value)?.checked_mul(Decimal::ONE_HUNDRED)?, percent, defs.policies.level_points)
        }
        (Figure::Number { value, is_share: false }, Target::Number(number)) => ((*value)?, number, Decimal::ZERO),
        (
            Figure::Rate { .. }
            | Figure::Count { .. }
            | Figure::Money { .. }
            | Figure::Duration { .. }
            | Figure::Number { .. },
            Target::Rate(_) | Target::Number(_) | Target::Span(_),
        ) => return None,
    };
    let ahead = match better {
        Better::Higher => value - target,
        Better::Lower => target - value,
    };
    let standing = match ahead {
        ahead if ahead.abs() <= level => Standing::Level,
        ahead if ahead > Decimal::ZERO => Standing::Better,
        _ => Standing::Worse,
    };
    Some(AgainstTarget { target, standing, short_by: short_by(figure, target, better) })
}

/// Milliseconds of a target; working hours are hours of the working clock.
pub(super) fn length(span: Span) -> Option<i64> {
    match span.unit {
        SpanUnit::WorkingHours => Some(i64::from(span.count) * MS_PER_HOUR),
        SpanUnit::Minutes
        | SpanUnit::Hours
        | SpanUnit::Days
        | SpanUnit::WorkingDays
        | SpanUnit::Weeks
        | SpanUnit::Months
        | SpanUnit::Quarters
        | SpanUnit::Years => super::choose::length_ms(span),
    }
}

/// How many more people it takes for a rate to reach its target, rounded up.
fn short_by(figure: &Figure, percent: Decimal, better: Better) -> Option<i64> {
    let Figure::Rate { rate } = figure else { return None };
    if better == Better::Lower {
        return None;
    }
    let wanted = percent.checked_mul(Decimal::from(rate.den))?.checked_div(Decimal::ONE_HUNDRED)?;
    let short = (wanted - Decimal::from(rate.num)).ceil();
    i64::try_from(short).ok().filter(|short| *short > 0)
}

/// The part that is furthest from all others on the bad side, if that is more than chance.
pub(super) fn standout(
    dimension: &str,
    parts: &BTreeMap<Option<Name>, Rate>,
    whole: Rate,
    better: Better,
    too_few: u32,
) -> Option<Standout> {
    let candidates = parts.iter().filter_map(|(value, rate)| {
        let (value, rate) = (value.as_ref()?, *rate);
        let others = Rate { num: whole.num - rate.num, den: whole.den - rate.den };
        let behind = match better {
            Better::Higher => others.percent()? - rate.percent()?,
            Better::Lower => rate.percent()? - others.percent()?,
        };
        let judged = chance(rate, others, too_few) == Chance::MoreThanChance;
        (judged && behind > Decimal::ZERO)
            .then(|| (behind, Standout { dimension: dimension.to_owned(), value: value.to_string(), rate, others }))
    });
    candidates.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, standout)| standout)
}
