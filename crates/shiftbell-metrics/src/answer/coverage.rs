//! Whether the open deals that should close suffice for what is still to be won of a goal.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::measure::{Measured, Scope};
use super::pipeline::{count, named, number};
use super::stock::ALL_DAYS;
use super::tally::Ask;
use super::{Cannot, Figure};
use crate::contribution::Entry;
use crate::definitions::pipeline::CLOSE_AT;
use crate::definitions::{CountOf, Definitions, Kpi, KpiKind, StageOf};
use crate::money::{Currency, Money};
use crate::pacing::{Aim, aim};
use crate::period::Period;
use crate::pipeline::coverage;
use crate::time::{Day, Instant, Zone};

/// The open deals by when they should close.
#[derive(Default)]
struct Open {
    due: Sum,
    /// Should close later than the period, or should have before it.
    not_due: Sum,
    without_date: Sum,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    minor: i64,
    deals: u64,
    /// Deals whose amount is in another currency: they are not guessed.
    foreign: u64,
    /// Deals without any amount: they add nothing.
    without_amount: u64,
}

impl Sum {
    fn take(&mut self, amount: Option<Money>, own: Currency) {
        self.deals += 1;
        match amount {
            Some(amount) if amount.currency == own => self.minor = self.minor.saturating_add(amount.minor),
            Some(_) => self.foreign += 1,
            None => self.without_amount += 1,
        }
    }

    fn and(self, other: Sum) -> Sum {
        Sum {
            minor: self.minor.saturating_add(other.minor),
            deals: self.deals + other.deals,
            foreign: self.foreign + other.foreign,
            without_amount: self.without_amount + other.without_amount,
        }
    }

    fn figure(self, currency: Currency) -> Figure {
        Figure::Money { amounts: vec![Money::new(self.minor, currency)], records: self.deals.cast_signed() }
    }
}

impl Scope<'_> {
    /// Open deals that should close before the end of the goal's period against what is still to be won of it.
    pub(super) fn coverage(&self) -> Result<Measured, Cannot> {
        let defs = self.asked.defs;
        let motion = match self.motions {
            [one] => *one,
            _ => return Err(Cannot::NeedsMotion(format!("{} is of one motion's goal", self.kpi.label))),
        };
        let Some((kpi, goal)) = goal_of(defs, motion, self.period.zone.day_of(self.asked.now)) else {
            let fix = "write one under [goals] for what is won in money";
            return Err(Cannot::NotActive(format!("{motion} has no goal that is running; {fix}")));
        };
        let KpiKind::Sum { of, .. } = &kpi.kind else { return Err(Cannot::NoKpi(kpi.slug.clone())) };
        let open = self.open(&of.to_string(), &goal.period)?;
        let to_date = Scope { kpi, period: &goal.period, by: None, ..*self }.measure()?.figure;
        Ok(self.covered(&open, to_date, Decimal::from_f64(goal.amount).unwrap_or_default(), &goal.period))
    }

    fn covered(&self, open: &Open, to_date: Figure, target: Decimal, goal: &Period) -> Measured {
        let currency = self.asked.defs.workspace.currency;
        let own = |money: &Money| (money.currency == currency).then(|| money.major());
        let won = match &to_date {
            Figure::Money { amounts, .. } => amounts.iter().find_map(own).unwrap_or_default(),
            Figure::Count { .. } | Figure::Rate { .. } | Figure::Duration { .. } | Figure::Number { .. } => {
                Decimal::ZERO
            }
        };
        let all = open.due.and(open.not_due).and(open.without_date);
        // Where nobody writes when deals should close, all of them are looked at, and that is said.
        let is_dated = open.due.deals + open.not_due.deals > 0;
        let taken = if is_dated { open.due } else { all };
        let found = coverage(Money::new(taken.minor, currency).major(), won, target);
        let known = |value: Option<Decimal>| value.filter(|_| taken.foreign == 0);
        let mut measured = Measured::only(number(known(found.times())));
        measured.inputs = named([
            ("due", taken.figure(currency)),
            ("without-close-date", count(open.without_date.deals)),
            ("not-due", open.not_due.figure(currency)),
            ("all-open-deals", all.figure(currency)),
            ("won", to_date),
            ("goal", number(Some(target))),
            ("of-the-whole-goal", number(known(found.gross()))),
        ]);
        measured.note = note(open, &taken, is_dated, found.remaining(), goal, currency);
        measured
    }

    fn open(&self, measure: &str, goal: &Period) -> Result<Open, Cannot> {
        let defs = self.asked.defs;
        let (currency, zone) = (defs.workspace.currency, &defs.workspace.zone);
        let ever = Period::of_days(Day(0), Day(0), zone);
        let mut open = Open::default();
        for series in self.open_series(StageOf::Deal) {
            let ask = Ask { period: &ever, ..self.ask(series) };
            self.each_segment(&ask, ALL_DAYS, |columns, keep| {
                for (entry, _) in columns.entries()?.iter().zip(keep).filter(|(_, keep)| **keep) {
                    let of = match closes_at(entry, zone) {
                        Some(at) if goal.contains(at) => &mut open.due,
                        Some(_) => &mut open.not_due,
                        None => &mut open.without_date,
                    };
                    of.take(entry.sum(measure), currency);
                }
                Ok(())
            })?;
        }
        Ok(open)
    }
}

/// When an open deal should close. A day without a time is a day of the workspace.
fn closes_at(entry: &Entry, zone: &Zone) -> Option<Instant> {
    let value = entry.state(CLOSE_AT)?;
    let day = || value.as_text()?.trim().parse().ok().map(|date| zone.start_of(Day::from_date(date)));
    value.as_instant().or_else(day)
}

/// What has to be said beside the number: why it has none, and which deals are not in it.
fn note(open: &Open, taken: &Sum, is_dated: bool, remaining: Decimal, goal: &Period, own: Currency) -> Option<String> {
    let deals = |n: u64| format!("{n} open deal{}", if n == 1 { "" } else { "s" });
    let mut parts = Vec::new();
    if taken.foreign > 0 {
        parts.push(format!("the amounts of {} are not in {own}", deals(taken.foreign)));
    }
    if remaining.is_zero() {
        parts.push("the goal is reached, so nothing is left to cover".to_owned());
    }
    match open.without_date.deals {
        0 => {}
        all if !is_dated => {
            parts.push(format!("none of {} says when it should close, so all of them count", deals(all)))
        }
        some => parts.push(format!("{} without a close date left out", deals(some))),
    }
    if open.not_due.deals > 0 {
        parts.push(format!("{} that should not close in {} left out", deals(open.not_due.deals), goal.label));
    }
    if taken.without_amount > 0 {
        parts.push(format!("{} without an amount add nothing", deals(taken.without_amount)));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The goal in money whose period is running, with the KPI that it is for.
pub(super) fn goal_of<'d>(defs: &'d Definitions, motion: &str, day: Day) -> Option<(&'d Kpi, Aim)> {
    let is_money = |kpi: &&Kpi| matches!(&kpi.kind, KpiKind::Sum { at: CountOf::Stage(_), .. });
    let goals = defs.goals.iter().filter_map(|goal| defs.kpi(&goal.kpi)).filter(is_money);
    goals.filter_map(|kpi| Some((kpi, aim(defs, &kpi.slug, Some(motion), None, day)?))).next()
}
