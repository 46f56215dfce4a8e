//! The standard KPIs of deals: from the entries of their first stage, which keep when each was won or lost.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::measure::{Measured, Scope};
use super::stock::ALL_DAYS;
use super::tally::{Ask, Tallies, days_of, join, of_fact};
use super::worklist::depends_on_now;
use super::{Cannot, Figure, Rate};
use crate::codec::Name;
use crate::contribution::LOST;
use crate::definitions::pipeline::{
    COVERAGE, CREATED_WIN_RATE, CYCLE_LENGTH, VELOCITY, WIN_RATE, WIN_RATE_BY_VALUE, WIN_RATE_WITH_NO_DECISION,
    amount_of, ends_of, stage_of,
};
use crate::definitions::{Definitions, KpiKind};
use crate::fold::{CYCLE, closed_series};
use crate::id::EntityId;
use crate::money::{Currency, Money};
use crate::period::Period;
use crate::pipeline::{Deal, End, WinRates, velocity, win_rates};
use crate::stats::Counts;
use crate::time::Day;

/// Deals by the value of the dimension asked for.
pub(super) type Deals = BTreeMap<Option<Name>, Vec<Deal>>;

impl Scope<'_> {
    /// One of the standard KPIs of deals, or how long one stays in a stage.
    pub(super) fn pipeline(&self, name: &str) -> Result<Measured, Cannot> {
        if let Some(stage) = stage_of(name) {
            return self.stay(stage);
        }
        if name == COVERAGE {
            return self.coverage();
        }
        if name == WIN_RATE && self.asked.defs.policies.no_decision.is_empty() {
            return self.closed_win_rate();
        }
        let deals = match name {
            VELOCITY => self.deals(ALL_DAYS)?,
            CREATED_WIN_RATE | CYCLE_LENGTH => self.deals(days_of(self.period, &self.asked.defs.workspace.zone))?,
            _ => self.ended()?,
        };
        let currency = self.asked.defs.workspace.currency;
        let rates = |deals: &[Deal]| win_rates(deals, self.period, currency);
        Ok(match name {
            VELOCITY => self.velocity(&deals, currency),
            CYCLE_LENGTH => self.cycle_length(&deals),
            CREATED_WIN_RATE => self.of_groups(&deals, |deals| created(&rates(deals))),
            WIN_RATE_WITH_NO_DECISION => self.of_groups(&deals, |deals| {
                let found = rates(deals);
                let undecided = found.with_no_decision.den.saturating_sub(found.closed.den);
                let inputs = [("no-decision", count(undecided)), ("lost", count(found.closed.den - found.closed.num))];
                Measured { inputs: named(inputs), ..Measured::only(rate(found.with_no_decision)) }
            }),
            WIN_RATE_BY_VALUE => self.of_groups(&deals, |deals| self.by_value(deals, &rates(deals))),
            _ => self.of_groups(&deals, |deals| Measured::only(rate(rates(deals).closed))),
        })
    }

    /// The whole with all that explains it, and the figure of each group.
    pub(super) fn of_groups(&self, deals: &Deals, measured: impl Fn(&[Deal]) -> Measured) -> Measured {
        let mut found = measured(&all(deals));
        if self.by.is_some() {
            found.groups = deals.iter().map(|(group, deals)| (group.clone(), measured(deals).figure)).collect();
        }
        found
    }

    fn velocity(&self, deals: &Deals, currency: Currency) -> Measured {
        // As of the end of a period that is over: what is open, and what was won, then.
        let at = self.period.ends_at().plus_ms(-1).min(self.asked.now);
        self.of_groups(deals, |deals| {
            let Some(found) = velocity(deals, self.period, currency, at) else {
                return Measured::nothing(format!(
                    "not every deal won in {} has an amount in {currency}",
                    self.period.label
                ));
            };
            let per_day = found.per_day().and_then(|per_day| Money::from_major(per_day, currency));
            let mut measured = match per_day {
                Some(amount) => {
                    Measured::only(Figure::Money { amounts: vec![amount], records: found.won.cast_signed() })
                }
                None => Measured::nothing(format!("no deal was won in {} after some time", self.period.label)),
            };
            measured.inputs = named([
                ("open-deals", count(found.open)),
                ("win-rate", rate(found.win_rate)),
                ("won", Figure::Money { amounts: vec![found.won_amount], records: found.won.cast_signed() }),
                ("cycle-days", Figure::Number { value: found.cycle_days, is_share: false }),
            ]);
            measured
        })
    }

    fn by_value(&self, deals: &[Deal], found: &WinRates) -> Measured {
        let currency = self.asked.defs.workspace.currency;
        let Some((won, closed)) = found.by_value else {
            let has_none = |deal: &&Deal| {
                let is_closed = deal.closed.is_some_and(|(at, end)| self.period.contains(at) && end != End::NoDecision);
                is_closed && deal.amount.is_none_or(|amount| amount.currency != currency)
            };
            let none = deals.iter().filter(has_none).count();
            return Measured::nothing(format!(
                "{none} of the {} deals that closed in {} have no amount in {currency}",
                found.closed.den, self.period.label
            ));
        };
        if closed.minor == 0 {
            return Measured::nothing(format!("no deal that was worth anything closed in {}", self.period.label));
        }
        let money =
            |amount: Money, records: u64| Figure::Money { amounts: vec![amount], records: records.cast_signed() };
        let inputs = named([("won", money(won, found.closed.num)), ("closed", money(closed, found.closed.den))]);
        let value = found.value_share();
        Measured { inputs, ..Measured::only(Figure::Number { value, is_share: true }) }
    }

    /// Of the deals that ended in the period, how many were won. Counts that are kept say it, whatever there is of deals.
    fn closed_win_rate(&self) -> Result<Measured, Cannot> {
        let defs = self.asked.defs;
        let mut all = Tallies::new();
        for motion in self.motions.iter().filter_map(|motion| defs.motion(motion)) {
            let Some((_, won)) = ends_of(defs, motion) else { continue };
            let ask = self.ask(closed_series(won));
            // An end is there at once.
            let window = Some(0);
            let ask = Ask { motions: vec![motion.id.as_str()], target: Some(won.to_owned()), window, ..ask };
            join(&mut all, self.tally(&ask)?);
        }
        Ok(self.grouped(&all, |tally| Figure::Rate { rate: tally.rate() }))
    }

    /// The deals of these motions that ended in the period.
    fn ended(&self) -> Result<Deals, Cannot> {
        let defs = self.asked.defs;
        let days = days_of(self.period, &defs.workspace.zone);
        let (mut deals, undecided) = (Deals::new(), self.undecided()?);
        for motion in self.motions.iter().filter_map(|motion| defs.motion(motion)) {
            let Some((_, won)) = ends_of(defs, motion) else { continue };
            let of_motion = [motion.id.as_str()];
            let scope = Scope { motions: &of_motion, ..*self };
            let measure = amount_of(defs, won).map(ToString::to_string);
            self.each_segment(&scope.ask(closed_series(won)), days, |columns, keep| {
                let (wins, took) = (columns.lag(won)?, columns.lag(CYCLE)?);
                let sums = measure.as_ref().map(|measure| columns.sums(measure)).transpose()?.flatten();
                let groups = self.by.map(|by| columns.dim(by)).transpose()?.flatten();
                let entries = columns.entities()?.into_iter().zip(columns.at()?).enumerate();
                for (index, (deal, at)) in entries.filter(|(index, _)| keep[*index]) {
                    let is_won = wins.as_ref().is_some_and(|wins| wins[index] > 0);
                    let lost = if undecided.contains(&deal) { End::NoDecision } else { End::Lost };
                    let took = took.as_ref().map_or(0, |took| took[index].saturating_sub(1).cast_signed());
                    let amount = sums.as_ref().and_then(|sums| sums[index]);
                    let group = groups.as_ref().map(|groups| columns.text(groups[index])).transpose()?.flatten();
                    let closed = Some((at, if is_won { End::Won } else { lost }));
                    deals.entry(group).or_default().push(Deal { created: at.plus_ms(-took), closed, amount });
                }
                Ok(())
            })?;
        }
        Ok(deals)
    }

    /// The deals of these motions that began on these days, with when each was won or lost, or nobody decided, and its amount
    /// as it is known today.
    fn deals(&self, days: (Day, Day)) -> Result<Deals, Cannot> {
        let defs = self.asked.defs;
        let ever = Period::of_days(Day(0), Day(0), &defs.workspace.zone);
        let (mut deals, undecided) = (Deals::new(), self.undecided()?);
        for motion in self.motions.iter().filter_map(|motion| defs.motion(motion)) {
            let Some((first, won)) = ends_of(defs, motion) else { continue };
            let of_motion = [motion.id.as_str()];
            let scope = Scope { motions: &of_motion, ..*self };
            let amounts = self.won_amounts(won)?;
            let measure = amount_of(defs, won).map(ToString::to_string);
            let ask = Ask { period: &ever, ..scope.ask(first.to_owned()) };
            scope.each_segment(&ask, days, |columns, keep| {
                // Only these columns are read: there are many deals, and an entry has much more.
                let (wins, losses) = (columns.lag(won)?, columns.lag(LOST)?);
                let sums = measure.as_ref().map(|measure| columns.sums(measure)).transpose()?.flatten();
                let groups = self.by.map(|by| columns.dim(by)).transpose()?.flatten();
                let entries = columns.entities()?.into_iter().zip(columns.at()?).enumerate();
                for (index, (deal, created)) in entries.filter(|(index, _)| keep[*index]) {
                    let after = |lags: &Option<Vec<u64>>| {
                        let lag = lags.as_ref()?[index].checked_sub(1)?;
                        Some(created.plus_ms(lag.cast_signed()))
                    };
                    let lost = if undecided.contains(&deal) { End::NoDecision } else { End::Lost };
                    let closed = after(&wins).map(|at| (at, End::Won)).or_else(|| Some((after(&losses)?, lost)));
                    let own = sums.as_ref().and_then(|sums| sums[index]);
                    let amount = amounts.get(&deal).copied().or(own);
                    let group = groups.as_ref().map(|groups| columns.text(groups[index])).transpose()?.flatten();
                    deals.entry(group).or_default().push(Deal { created, closed, amount });
                }
                Ok(())
            })?;
        }
        Ok(deals)
    }

    /// What each deal was won for. It is found whoever owned it by then, whatever it was for and in whichever motion it was
    /// won: which deals count is asked of their beginning.
    fn won_amounts(&self, won: &str) -> Result<BTreeMap<EntityId, Money>, Cannot> {
        let defs = self.asked.defs;
        let mut amounts = BTreeMap::new();
        let Some(measure) = amount_of(defs, won).map(ToString::to_string) else { return Ok(amounts) };
        let ever = Period::of_days(Day(0), Day(0), &defs.workspace.zone);
        let motions = defs.motions.iter().map(|motion| motion.id.as_str()).collect();
        let ask = Ask { motions, period: &ever, filters: &[], names: &[], ..self.ask(won.to_owned()) };
        self.each_segment(&ask, ALL_DAYS, |columns, _| {
            let Some(sums) = columns.sums(&measure)? else { return Ok(()) };
            let won = columns.entities()?.into_iter().zip(sums);
            amounts.extend(won.filter_map(|(deal, amount)| Some((deal, amount?))));
            Ok(())
        })?;
        Ok(amounts)
    }

    /// The deals of which a fact of `[policies.pipeline]` says that nobody decided, in whichever motion they were by then.
    fn undecided(&self) -> Result<BTreeSet<EntityId>, Cannot> {
        let defs = self.asked.defs;
        let mut found = BTreeSet::new();
        let ever = Period::of_days(Day(0), Day(0), &defs.workspace.zone);
        let motions: Vec<&str> = defs.motions.iter().map(|motion| motion.id.as_str()).chain([""]).collect();
        for fact in &defs.policies.no_decision {
            // Whose deal it is decides who is asked for, not who told that it went quiet.
            let ask =
                Ask { motions: motions.clone(), period: &ever, names: &[], filters: &[], ..self.ask(of_fact(fact)) };
            self.each_segment(&ask, ALL_DAYS, |columns, keep| {
                let kept = columns.entities()?.into_iter().zip(keep).filter(|(_, keep)| **keep);
                found.extend(kept.map(|(deal, _)| deal));
                Ok(())
            })?;
        }
        Ok(found)
    }
}

fn created(found: &WinRates) -> Measured {
    let mut measured = Measured::only(rate(found.created));
    measured.inputs = named([("still-open", count(found.created_open))]);
    let open = found.created_open;
    measured.note = (open > 0).then(|| {
        let are = if open == 1 { "is" } else { "are" };
        format!("{open} of them {are} still open, so it can still rise")
    });
    measured
}

/// The deals of all groups.
pub(super) fn all(deals: &Deals) -> Vec<Deal> {
    deals.values().flatten().copied().collect()
}

pub(super) fn rate(counts: Counts) -> Figure {
    Figure::Rate { rate: Rate { num: counts.num.cast_signed(), den: counts.den.cast_signed() } }
}

pub(super) fn count(number: u64) -> Figure {
    Figure::Count { count: number.cast_signed() }
}

/// Figures by what they are called.
pub(super) fn named<const N: usize>(figures: [(&str, Figure); N]) -> BTreeMap<String, Figure> {
    figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)).collect()
}

/// Whether it is only known as it stands now.
pub(super) fn has_no_past(defs: &Definitions, kind: &KpiKind) -> bool {
    match kind {
        KpiKind::Standard { name, .. } => name == COVERAGE,
        KpiKind::Stock { .. } => true,
        KpiKind::Worklist { due_by, .. } => depends_on_now(defs, due_by),
        KpiKind::Count { .. }
        | KpiKind::Conversion { .. }
        | KpiKind::Time { .. }
        | KpiKind::Sum { .. }
        | KpiKind::Share { .. }
        | KpiKind::Formula { .. } => false,
    }
}

/// A number of no unit.
pub(super) fn number(value: Option<Decimal>) -> Figure {
    Figure::Number { value, is_share: false }
}
