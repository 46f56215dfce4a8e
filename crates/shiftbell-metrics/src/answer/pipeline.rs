//! The standard KPIs of deals: from the entries of their first stage, which keep when each was won or lost.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::measure::{Measured, Scope};
use super::stock::ALL_DAYS;
use super::{Cannot, Figure, Rate};
use crate::codec::Name;
use crate::contribution::LOST;
use crate::definitions::{COVERAGE, CountOf, Definitions, FieldName, Kpi, KpiKind, Motion, StageOf, VELOCITY};
use crate::id::EntityId;
use crate::money::{Currency, Money};
use crate::pacing::{Aim, aim};
use crate::period::Period;
use crate::pipeline::{Deal, End, coverage, velocity, win_rates};
use crate::stats::Counts;
use crate::time::Day;

/// Deals by the value of the dimension asked for.
type Deals = BTreeMap<Option<Name>, Vec<Deal>>;

impl Scope<'_> {
    /// One of the standard KPIs of deals.
    pub(super) fn pipeline(&self, name: &str) -> Result<Measured, Cannot> {
        if name == COVERAGE {
            return self.coverage();
        }
        let deals = self.deals()?;
        let currency = self.asked.defs.workspace.currency;
        if name == VELOCITY {
            return Ok(self.velocity(&deals, currency));
        }
        let rate = |deals: &[Deal]| {
            let Counts { num, den } = win_rates(deals, self.period, currency).closed;
            Figure::Rate { rate: Rate { num: num.cast_signed(), den: den.cast_signed() } }
        };
        Ok(self.of_groups(&deals, |deals| rate(deals)))
    }

    fn of_groups(&self, deals: &Deals, figure: impl Fn(&[Deal]) -> Figure) -> Measured {
        let mut found = Measured::only(figure(&deals.values().flatten().copied().collect::<Vec<_>>()));
        if self.by.is_some() {
            found.groups = deals.iter().map(|(group, deals)| (group.clone(), figure(deals))).collect();
        }
        found
    }

    fn velocity(&self, deals: &Deals, currency: Currency) -> Measured {
        // As of the end of a period that is over: what is open, and what was won, then.
        let at = self.period.ends_at().plus_ms(-1).min(self.asked.now);
        let of = |deals: &[Deal]| velocity(deals, self.period, currency, at);
        let mut found = self.of_groups(deals, |deals| {
            let found = of(deals);
            let per_day = found.and_then(|found| Some((found.per_day()?, found.won)));
            match per_day.and_then(|(per_day, won)| Some((Money::from_major(per_day, currency)?, won))) {
                Some((amount, won)) => Figure::Money { amounts: vec![amount], records: won.cast_signed() },
                None => Figure::Number { value: None, is_share: false },
            }
        });
        if let Some(all) = of(&deals.values().flatten().copied().collect::<Vec<_>>()) {
            let rate = Rate { num: all.win_rate.num.cast_signed(), den: all.win_rate.den.cast_signed() };
            found.inputs = BTreeMap::from([
                ("open-deals".to_owned(), Figure::Count { count: all.open.cast_signed() }),
                ("win-rate".to_owned(), Figure::Rate { rate }),
                ("won".to_owned(), Figure::Money { amounts: vec![all.won_amount], records: all.won.cast_signed() }),
                ("cycle-days".to_owned(), Figure::Number { value: all.cycle_days, is_share: false }),
            ]);
        }
        found
    }

    /// Every deal of these motions with when it was won or lost, and the amount of those that were won.
    fn deals(&self) -> Result<Deals, Cannot> {
        let defs = self.asked.defs;
        let ever = Period::of_days(Day(0), Day(0), &defs.workspace.zone);
        let mut deals = Deals::new();
        for motion in self.motions.iter().filter_map(|motion| defs.motion(motion)) {
            let Some((first, won)) = ends_of(defs, motion) else { continue };
            let motions = [motion.id.as_str()];
            let of_motion = Scope { motions: &motions, ..*self };
            let amounts = self.won_amounts(won)?;
            let ask = super::tally::Ask { period: &ever, ..of_motion.ask(first.to_owned()) };
            of_motion.each_segment(&ask, ALL_DAYS, |columns, keep| {
                for (entry, _) in columns.entries()?.iter().zip(keep).filter(|(_, keep)| **keep) {
                    let closed = entry.lag(won).map(|lag| (entry.at.plus_ms(lag), End::Won));
                    let closed = closed.or_else(|| entry.lag(LOST).map(|lag| (entry.at.plus_ms(lag), End::Lost)));
                    let deal = Deal { created: entry.at, closed, amount: amounts.get(&entry.entity).copied() };
                    let group = self.by.and_then(|by| entry.dim(by)).cloned();
                    deals.entry(group).or_default().push(deal);
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
        let ask = super::tally::Ask { motions, period: &ever, filters: &[], names: &[], ..self.ask(won.to_owned()) };
        self.each_segment(&ask, ALL_DAYS, |columns, _| {
            let won = columns.entries()?.into_iter().filter_map(|entry| Some((entry.entity, entry.sum(&measure)?)));
            amounts.extend(won);
            Ok(())
        })?;
        Ok(amounts)
    }

    /// Open deals against what is still to be won of the goal whose period is running.
    fn coverage(&self) -> Result<Measured, Cannot> {
        let defs = self.asked.defs;
        let motion = match self.motions {
            [one] => *one,
            _ => return Err(Cannot::NeedsMotion(format!("{} is of one motion's goal", self.kpi.label))),
        };
        let Some((kpi, goal)) = goal_of(defs, motion, self.period.zone.day_of(self.asked.now)) else {
            let fix = "write one under [goals] for what is won in money";
            return Err(Cannot::NotActive(format!("{motion} has no goal that is running; {fix}")));
        };
        let currency = defs.workspace.currency;
        let KpiKind::Sum { of, .. } = &kpi.kind else { return Err(Cannot::NoKpi(kpi.slug.clone())) };
        let measure = of.to_string();
        let ever = Period::of_days(Day(0), Day(0), &defs.workspace.zone);
        let (mut open, mut is_known) = (0_i64, true);
        for series in self.open_series(StageOf::Deal) {
            let ask = super::tally::Ask { period: &ever, ..self.ask(series) };
            self.each_segment(&ask, ALL_DAYS, |columns, keep| {
                for (entry, _) in columns.entries()?.iter().zip(keep).filter(|(_, keep)| **keep) {
                    match entry.sum(&measure) {
                        Some(amount) if amount.currency == currency => open = open.saturating_add(amount.minor),
                        Some(_) => is_known = false,
                        None => {}
                    }
                }
                Ok(())
            })?;
        }
        let to_date = Scope { kpi, period: &goal.period, by: None, ..*self }.measure()?.figure;
        let won = match &to_date {
            Figure::Money { amounts, .. } => amounts.first().map_or(Decimal::ZERO, |money| money.major()),
            Figure::Count { .. } | Figure::Rate { .. } | Figure::Duration { .. } | Figure::Number { .. } => {
                Decimal::ZERO
            }
        };
        let open = Money::new(open, currency);
        let target = Decimal::from_f64(goal.amount).unwrap_or_default();
        let found = coverage(open.major(), won, target);
        let value = found.times().filter(|_| is_known);
        let mut measured = Measured::only(Figure::Number { value, is_share: false });
        measured.inputs = BTreeMap::from([
            ("open-deals".to_owned(), Figure::Money { amounts: vec![open], records: 0 }),
            ("won".to_owned(), to_date),
            ("goal".to_owned(), Figure::Number { value: Some(target), is_share: false }),
            (
                "of-the-whole-goal".to_owned(),
                Figure::Number { value: found.gross().filter(|_| is_known), is_share: false },
            ),
        ]);
        Ok(measured)
    }
}

/// Whether it is only known as it stands now.
pub(super) fn has_no_past(kind: &KpiKind) -> bool {
    match kind {
        KpiKind::Standard { name, .. } => name == COVERAGE,
        KpiKind::Stock { .. } => true,
        KpiKind::Count { .. }
        | KpiKind::Conversion { .. }
        | KpiKind::Time { .. }
        | KpiKind::Sum { .. }
        | KpiKind::Share { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Formula { .. } => false,
    }
}

/// The goal in money whose period is running, with the KPI that it is for.
pub(super) fn goal_of<'d>(defs: &'d Definitions, motion: &str, day: Day) -> Option<(&'d Kpi, Aim)> {
    let is_money = |kpi: &&Kpi| matches!(&kpi.kind, KpiKind::Sum { at: CountOf::Stage(_), .. });
    let goals = defs.goals.iter().filter_map(|goal| defs.kpi(&goal.kpi)).filter(is_money);
    goals.filter_map(|kpi| Some((kpi, aim(defs, &kpi.slug, Some(motion), None, day)?))).next()
}

/// The first stage of deals of a motion and the one that is won; `None` if they are one.
fn ends_of<'d>(defs: &'d Definitions, motion: &Motion) -> Option<(&'d str, &'d str)> {
    let won = defs.chain.iter().rfind(|stage| stage.of == StageOf::Deal)?;
    let has = |id: &str| motion.stages.contains_key(id);
    let first = defs.chain.iter().find(|stage| stage.of == StageOf::Deal && has(&stage.id))?;
    (first.id != won.id && has(&won.id)).then_some((first.id.as_str(), won.id.as_str()))
}

/// The field that is added up where deals are won.
fn amount_of<'d>(defs: &'d Definitions, won: &str) -> Option<&'d FieldName> {
    defs.kpis.iter().find_map(|kpi| match &kpi.kind {
        KpiKind::Sum { of, at: CountOf::Stage(at) } if at == won => Some(of),
        _ => None,
    })
}
