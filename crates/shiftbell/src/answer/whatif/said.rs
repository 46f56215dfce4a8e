//! From formulas to the facts of a message.

use shiftbell_metrics::bowtie::{Standing, Step};
use shiftbell_metrics::definitions::{Definitions, Sure as SureOf};
use shiftbell_metrics::model::{
    Formula, Gap, Lever, LeverOf, Outcome, Reach, Way, best, net_retention, outcome, steps, suggestions, target_of,
};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::scorecard::words::lower_first;
use shiftbell_metrics::stats::{wilson, z_of};
use shiftbell_render::facts::{Figure, Footer};
use shiftbell_render::messages::{
    Amount, Held, LeverLine, Levers, Other, Reached, Sure, WhatIf, WhatIfChanged as Changed, Year,
};

use super::read::Motion;
use crate::work::digests::bowtie::{about, money_of_wins};

/// Weeks of a quarter.
const QUARTER_WEEKS: u32 = 13;

pub(super) fn what_if(
    defs: &Definitions,
    found: &Motion,
    (now, then): (&Formula, &Formula),
    levers: &[Lever],
    footer: Footer,
) -> WhatIf {
    let (before, after) = (outcome(now), outcome(then));
    let is_changed = |of: LeverOf| levers.iter().any(|lever| lever.of == of);
    let currency = defs.workspace.currency;
    WhatIf {
        motion: found.bowtie.motion.clone(),
        per: per(found.weeks),
        changed: levers.iter().filter_map(|lever| changed(found, (now, then), lever.of, currency)).collect(),
        wins: (before.wins, after.wins),
        amount: amount(defs, found, before, after),
        then: match levers {
            [Lever { of: LeverOf::Rate(place), .. }] => next_stage(found, (now, then), *place),
            _ => None,
        },
        year: year(found, now, before, after, currency),
        held: held(found, now, &is_changed, currency),
        sure: sure(found, &is_changed, after.wins - before.wins),
        reached: reached(found, levers),
        others: gaps(found, now).iter().filter_map(|gap| other(found, gap, currency)).collect(),
        footer,
    }
}

pub(super) fn levers(defs: &Definitions, found: &Motion, formula: &Formula, footer: Footer) -> Levers {
    let currency = defs.workspace.currency;
    let gaps = gaps(found, formula);
    let is_short = |of: LeverOf| gaps.iter().any(|gap| gap.of == of);
    let there = steps(&found.bowtie).filter(|(of, _)| !is_short(*of)).map(|(_, step)| step.label.clone());
    let has_aim = found.priced.discount.is_some() && found.discount_target.is_some();
    let there = there.chain((has_aim && !is_short(LeverOf::Discount)).then(|| "Discount".to_owned()));
    let mut unknown = Vec::new();
    if found.priced.discount.is_none() {
        unknown.push("discount (what is given away of the list price is not known)".to_owned());
    }
    if !found.is_kept_known {
        unknown.push("churn (what is kept in a year is not measured yet)".to_owned());
    }
    let workspace = &defs.workspace;
    let looked_at = suggestions(&workspace.growth_stage, &workspace.business_model, formula.list_price);
    Levers {
        motion: found.bowtie.motion.clone(),
        per: per(found.weeks),
        what: what(defs),
        levers: gaps.iter().filter_map(|gap| line(found, gap, currency)).collect(),
        there: there.collect(),
        unknown,
        look_at: looked_at.into_iter().next(),
        footer,
    }
}

/// Every step that is short of its own target, else of its own best span, the one that pays most first. What is as good as at
/// its target is no gap.
fn gaps(found: &Motion, formula: &Formula) -> Vec<Gap> {
    let reaches = steps(&found.bowtie).zip(&found.best).filter_map(|((of, step), best)| {
        let is_there = matches!(step.standing, Standing::Above | Standing::Level);
        (!is_there).then(|| Reach { of, target: target_of(step), best: *best })
    });
    let discount = found.priced.discount.and(found.discount_target);
    let discount = discount.map(|target| Reach { of: LeverOf::Discount, target: Some(target), best: None });
    best(formula, &reaches.chain(discount).collect::<Vec<_>>())
}

fn per(weeks: u32) -> String {
    if weeks == QUARTER_WEEKS { "a quarter".to_owned() } else { format!("in {weeks} weeks") }
}

/// What wins add up to, within a sentence.
fn what(defs: &Definitions) -> String {
    money_of_wins(defs).map_or_else(|| "revenue".to_owned(), |kpi| lower_first(&kpi.label))
}

fn step_at(found: &Motion, place: usize) -> Option<&Step> {
    found.bowtie.stages.get(place)?.next.as_ref()
}

fn label_of(found: &Motion, of: LeverOf) -> Option<String> {
    Some(match of {
        LeverOf::Volume => found.bowtie.stages.first()?.label.clone(),
        LeverOf::Rate(place) => step_at(found, place)?.label.clone(),
        LeverOf::Discount => "Discount".to_owned(),
        LeverOf::Price => "Price of a win".to_owned(),
        LeverOf::Churn => "Churn in a year".to_owned(),
    })
}

fn changed(found: &Motion, (now, then): (&Formula, &Formula), of: LeverOf, currency: Currency) -> Option<Changed> {
    let value = |formula: &Formula| {
        Some(match of {
            LeverOf::Volume => Figure::Number(formula.volume),
            LeverOf::Rate(place) => Figure::Share(*formula.rates.get(place)?),
            LeverOf::Discount => Figure::Share(formula.discount),
            LeverOf::Price => Figure::Money(about(formula.list_price?, currency)?),
            LeverOf::Churn => Figure::Share(1.0 - formula.right.kept),
        })
    };
    Some(Changed { label: label_of(found, of)?, from: value(now)?, to: value(then)? })
}

/// The stage that a step leads to: how many reach it, before and after.
fn next_stage(found: &Motion, (now, then): (&Formula, &Formula), place: usize) -> Option<Changed> {
    let last = found.bowtie.stages.len() - 1;
    let stage = found.bowtie.stages.get(place + 1).filter(|_| place + 1 < last)?;
    let through = |formula: &Formula| formula.volume * formula.rates[..=place].iter().product::<f64>();
    let (from, to) = (Figure::Number(through(now)), Figure::Number(through(then)));
    Some(Changed { label: stage.label.clone(), from, to })
}

fn amount(defs: &Definitions, found: &Motion, before: Outcome, after: Outcome) -> Option<Amount> {
    let currency = defs.workspace.currency;
    let goal = found
        .bowtie
        .goal
        .as_ref()
        .filter(|goal| goal.period == "quarter" && found.weeks == QUARTER_WEEKS && goal.currency == Some(currency));
    Some(Amount {
        label: what(defs),
        from: about(before.new_arr?, currency)?,
        to: about(after.new_arr?, currency)?,
        goal: goal.and_then(|goal| about(goal.pacing.target, currency)),
    })
}

fn year(found: &Motion, now: &Formula, before: Outcome, after: Outcome, currency: Currency) -> Option<Year> {
    let right = now.right;
    Some(Year {
        more: about(after.arr_in_a_year? - before.arr_in_a_year?, currency)?,
        onboarded: (right.onboarded < 1.0).then_some(right.onboarded),
        net: found.is_kept_known.then(|| net_retention(right.kept, right.expansion)),
    })
}

fn held(found: &Motion, now: &Formula, is_changed: &dyn Fn(LeverOf) -> bool, currency: Currency) -> Vec<Held> {
    let mut held = Vec::new();
    if let Some(first) = found.bowtie.stages.first().filter(|_| !is_changed(LeverOf::Volume)) {
        held.push(Held { label: first.label.clone(), value: Figure::Number(now.volume) });
    }
    for (_, step) in steps(&found.bowtie).filter(|(of, _)| !is_changed(*of)) {
        held.push(Held { label: step.label.clone(), value: Figure::rate(step.counts.num, step.counts.den) });
    }
    let paid = now.list_price.map(|price| price * (1.0 - now.discount));
    if let Some(paid) = paid.and_then(|paid| about(paid, currency))
        && !is_changed(LeverOf::Price)
        && !is_changed(LeverOf::Discount)
    {
        held.push(Held { label: "a win".to_owned(), value: Figure::Money(paid) });
    }
    held
}

/// Of the rates that are held, the one that rests on least for its size: what it may really be moves the difference most.
fn sure(found: &Motion, is_changed: &dyn Fn(LeverOf) -> bool, more_wins: f64) -> Option<Sure> {
    let z = z_of(SureOf::Strongly);
    let held = steps(&found.bowtie).filter(|(of, _)| !is_changed(*of));
    let ranges = held.filter_map(|(_, step)| {
        let rate = step.rate.filter(|rate| *rate > 0.0)?;
        let range = wilson(step.counts.num, step.counts.den, z);
        Some((step, rate, range))
    });
    let width = |(_, rate, range): &(&Step, f64, shiftbell_metrics::stats::Interval)| (range.high - range.low) / rate;
    let (step, rate, range) = ranges.max_by(|one, other| width(one).total_cmp(&width(other)))?;
    let whole = |share: f64| (share * 100.0).round() / 100.0;
    Some(Sure {
        label: step.label.clone(),
        counts: Figure::rate(step.counts.num, step.counts.den),
        low: whole(range.low),
        high: whole(range.high),
        wins_low: (more_wins * range.low / rate).abs(),
        wins_high: (more_wins * range.high / rate).abs(),
    })
}

fn reached(found: &Motion, levers: &[Lever]) -> Vec<Reached> {
    let changed = levers.iter().filter_map(|lever| match lever.of {
        LeverOf::Rate(place) => Some((step_at(found, place)?, found.best.get(place).copied().flatten()?.counts?)),
        LeverOf::Volume | LeverOf::Discount | LeverOf::Price | LeverOf::Churn => None,
    });
    let of = |step: &Step| (levers.len() > 1).then(|| step.label.clone());
    changed
        .map(|(step, counts)| Reached {
            label: step.label.clone(),
            of: of(step),
            best: Figure::rate(counts.num, counts.den),
        })
        .collect()
}

fn other(found: &Motion, gap: &Gap, currency: Currency) -> Option<Other> {
    Some(Other {
        label: label_of(found, gap.of)?,
        to: Figure::Share(gap.to),
        wins: gap.more_wins,
        money: gap.more_arr.and_then(|more| about(more, currency)),
    })
}

fn line(found: &Motion, gap: &Gap, currency: Currency) -> Option<LeverLine> {
    let from = match gap.of {
        LeverOf::Rate(place) => {
            let counts = step_at(found, place)?.counts;
            Figure::rate(counts.num, counts.den)
        }
        LeverOf::Volume | LeverOf::Discount | LeverOf::Price | LeverOf::Churn => Figure::Share(gap.from),
    };
    let counts = gap.best.and_then(|best| best.counts);
    Some(LeverLine {
        label: label_of(found, gap.of)?,
        from,
        to: Figure::Share(gap.to),
        to_target: gap.way == Way::ToTarget,
        wins: gap.more_wins,
        money: gap.more_arr.and_then(|more: f64| -> Option<Money> { about(more, currency) }),
        was_reached: gap.was_reached,
        best: counts.map(|counts| Figure::rate(counts.num, counts.den)),
    })
}
