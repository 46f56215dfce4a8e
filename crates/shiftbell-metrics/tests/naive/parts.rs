//! The largest parts of a breakdown, with all others as one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use shiftbell_metrics::answer::{Figure, Rate};
use shiftbell_metrics::definitions::{Kpi, KpiKind};
use shiftbell_metrics::money::{Currency, Money};

use super::answer::number;

/// A value of the dimension, and its figure.
pub(crate) type Part = (Option<String>, Figure);

/// The largest first, what is not known last, then as many of them and one for all the others.
pub(crate) fn largest(kpi: &Kpi, mut parts: Vec<Part>, top: usize) -> Vec<Part> {
    parts.sort_by_key(|(value, figure)| (value.is_none(), Reverse(size(figure)), value.clone()));
    // One part alone is not called the others.
    if parts.len() > top + 1 {
        let others = parts.split_off(top);
        let figure = together(kpi, &others);
        parts.push((Some(format!("{} others", others.len())), figure));
    }
    parts
}

fn size(figure: &Figure) -> i64 {
    match figure {
        Figure::Money { amounts, .. } => amounts[0].minor,
        Figure::Number { .. } => 0,
        Figure::Count { .. } | Figure::Rate { .. } | Figure::Duration { .. } => figure.counted(),
    }
}

/// What adds up. What each customer pays, is worth or costs does not, nor do medians and quotients.
fn together(kpi: &Kpi, parts: &[Part]) -> Figure {
    let each = [
        "revenue-per-customer",
        "customer-lifetime-value",
        "lifetime-value-five-years",
        "acquisition-cost",
        "sales-velocity",
    ];
    let is_each = matches!(&kpi.kind, KpiKind::Standard { name, .. } if each.contains(&name.as_str()));
    let counted = parts.iter().map(|(_, figure)| figure.counted()).sum();
    match &parts[0].1 {
        _ if is_each => number(None),
        Figure::Count { .. } => Figure::Count { count: counted },
        Figure::Rate { .. } => {
            let reached = parts.iter().map(|(_, figure)| match figure {
                Figure::Rate { rate } => rate.num,
                other => panic!("{other:?} among rates"),
            });
            Figure::Rate { rate: Rate { num: reached.sum(), den: counted } }
        }
        Figure::Money { amounts, .. } => {
            Figure::Money { amounts: added_up(amounts[0].currency, parts), records: counted }
        }
        Figure::Duration { .. } | Figure::Number { .. } => number(None),
    }
}

fn added_up(own: Currency, parts: &[Part]) -> Vec<Money> {
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    for (_, figure) in parts {
        let Figure::Money { amounts, .. } = figure else { panic!("{figure:?} among amounts") };
        amounts.iter().for_each(|money| *sums.entry(money.currency).or_default() += money.minor);
    }
    let first = sums.remove(&own).unwrap_or(0);
    let others = sums.into_iter().filter(|(_, minor)| *minor != 0);
    std::iter::once((own, first)).chain(others).map(|(currency, minor)| Money::new(minor, currency)).collect()
}
