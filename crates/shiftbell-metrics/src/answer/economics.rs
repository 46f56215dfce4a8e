//! What a customer costs and is worth, and what a company books that sells for good.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::choose::kpi_of;
use super::measure::{Measured, Scope};
use super::pipeline::number;
use super::revenue::{Stored, movements};
use super::told::Spent;
use super::{Cannot, Figure, Rate};
use crate::codec::Name;
use crate::definitions::economics::{
    ACQUISITION_COST, BOOKINGS, BURN_MULTIPLE, FIVE_YEARS, LIFETIME_VALUE, MAGIC_NUMBER, MAINTENANCE, ONBOARDED,
    PAYBACK, is_recurring, sum_of,
};
use crate::definitions::pipeline::amount_of;
use crate::definitions::{CountOf, Kpi, KpiKind, Span, SpanUnit, StageOf};
use crate::money::Money;
use crate::period::{Period, previous};
use crate::revenue::{
    Exact, Kind, Moved, acquisition_cost, arpa, arr, burn_multiple, levels_at, lifetime_value, lifetime_value_within,
    logos, magic_number_of_arr, payback_months, retention, value_to_cost,
};
use crate::time::{Instant, MS_PER_DAY};

/// Years of a lifetime value that ends.
const YEARS: u32 = 5;

/// What one figure is worked out from: of all customers, or of one value of a dimension.
struct Ground<'g> {
    moved: &'g [Moved],
    /// New customers of the period.
    new: i64,
    spent: &'g Spent,
}

/// A value, or why there is none.
type Worked = Result<Exact, String>;

impl Scope<'_> {
    /// One of the standard KPIs of what customers cost and are worth.
    pub(super) fn economics(&self, name: &str) -> Result<Measured, Cannot> {
        match name {
            BOOKINGS => return self.bookings(),
            ONBOARDED => return self.onboarded(),
            MAINTENANCE => return self.recurring("gross-retention"),
            _ => {}
        }
        let cost = self.cost_of(name)?;
        let stored = if is_recurring(self.asked.defs) { self.stored()? } else { std::sync::Arc::from([]) };
        let won = if is_recurring(self.asked.defs) { BTreeMap::new() } else { self.won()? };
        let own = self.asked.defs.workspace.currency;
        let of = |group: Option<&Option<Name>>| {
            let is_in = |one: &&Stored| group.is_none_or(|group| one.group == *group);
            let stored: Vec<Stored> = stored.iter().filter(is_in).cloned().collect();
            let moved = movements(&stored, own, None);
            let new = match is_recurring(self.asked.defs) {
                true => logos(&moved, self.instants().0, self.instants().1).new,
                false => won.iter().filter(|(of, _)| group.is_none_or(|group| *of == group)).map(|(_, won)| won).sum(),
            };
            let spent = match group {
                Some(group) => cost.groups.get(group).cloned().unwrap_or_default(),
                None => cost.whole.clone(),
            };
            self.worked_out(name, &Ground { moved: &moved, new, spent: &spent })
        };
        let mut found = of(None);
        if self.by.is_some() {
            let groups = stored.iter().map(|one| &one.group).chain(won.keys()).chain(cost.groups.keys());
            let groups: std::collections::BTreeSet<&Option<Name>> = groups.collect();
            found.groups = groups.into_iter().map(|group| (group.clone(), of(Some(group)).figure)).collect();
        }
        Ok(found)
    }

    fn worked_out(&self, name: &str, ground: &Ground<'_>) -> Measured {
        let mut inputs = BTreeMap::new();
        let found = match name {
            LIFETIME_VALUE => self.lifetime_value(ground, &mut inputs),
            FIVE_YEARS => self.five_years(ground, &mut inputs),
            ACQUISITION_COST => self.acquisition_cost(ground, &mut inputs),
            PAYBACK => self.payback(ground, &mut inputs),
            MAGIC_NUMBER => self.magic_number(ground, &mut inputs),
            BURN_MULTIPLE => self.burn_multiple(ground, &mut inputs),
            _ => self.value_to_cost(ground, &mut inputs),
        };
        let is_money = [LIFETIME_VALUE, FIVE_YEARS, ACQUISITION_COST].contains(&name);
        let records = if name == ACQUISITION_COST { ground.new } else { self.customers(ground) };
        let own = self.asked.defs.workspace.currency;
        let figure = found.and_then(|value| match is_money {
            true => value.to_money(own).ok_or_else(too_large).map(|_| self.money(value, records)),
            false => Ok(number(value.to_decimal())),
        });
        let mut measured = figure.map_or_else(Measured::nothing, Measured::only);
        measured.inputs = inputs;
        measured
    }

    /// `ARPA x months of the period x gross margin / customer churn of the period`: both of the same span of time.
    fn lifetime_value(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> Worked {
        let (from, until) = self.instants();
        let (margin, customers) = (self.margin()?, self.customers(ground));
        let paid: Exact = levels_at(ground.moved, until).values().copied().sum();
        let each = arpa(paid, customers).ok_or("nobody pays at the end of the period")?;
        let churn = logos(ground.moved, from, until);
        inputs.insert("revenue-per-customer".to_owned(), self.money(each, customers));
        inputs.insert("gross-margin".to_owned(), share(margin));
        let rate = Rate { num: churn.lost, den: churn.start };
        inputs.insert("customer-churn".to_owned(), Figure::Rate { rate });
        let lost = churn.churn().ok_or("nobody paid at the start of the period")?;
        if lost.is_zero() {
            return Err(format!(
                "no customer was lost in {}, so how long customers stay is not known",
                self.period.label
            ));
        }
        let value = each.times(self.months(from, until)).and_then(|paid| lifetime_value(paid, margin, lost));
        value.ok_or_else(too_large)
    }

    /// `ARR x (1 + NRR + NRR^2 + NRR^3 + NRR^4)`, with what was kept of the twelve months before the end of the period.
    fn five_years(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> Worked {
        let (_, until) = self.instants();
        let paid: Exact = levels_at(ground.moved, until).values().copied().sum();
        let (zone, year) = (&self.period.zone, Span { count: 12, unit: SpanUnit::Months });
        let year = Period::ending_with(zone.day_of(until.plus_ms(-1)), year, zone).map(|year| year.starts_at());
        let kept = retention(ground.moved, year.unwrap_or(until), until);
        inputs.insert("arr".to_owned(), self.money(arr(paid), self.customers(ground)));
        let net = kept.net().ok_or("nobody paid a year before, so what a year keeps is not known")?;
        inputs.insert("net-retention".to_owned(), share(net));
        let value = lifetime_value_within(arr(paid).to_f64(), net.to_f64(), YEARS);
        let value =
            Decimal::from_f64(value).map(|value| value.round_dp(6)).and_then(Exact::of).ok_or_else(too_large)?;
        let each = arpa(value, self.customers(ground));
        inputs.extend(each.map(|each| ("for-each-customer".to_owned(), self.money(each, self.customers(ground)))));
        Ok(value)
    }

    /// `cost / new customers`.
    fn acquisition_cost(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> Worked {
        inputs.insert("new-customers".to_owned(), Figure::Count { count: ground.new });
        let cost = ground.spent.amount("cost", &self.period.label)?;
        inputs.insert("cost".to_owned(), self.money(cost, ground.spent.records()));
        acquisition_cost(cost, ground.new).ok_or_else(|| format!("nobody became a customer in {}", self.period.label))
    }

    /// `cost of a new customer / (what a new customer pays a month x gross margin)`.
    fn payback(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> Worked {
        let (from, until) = self.instants();
        let cost = self.acquisition_cost(ground, inputs)?;
        let is_new = |one: &&Moved| one.kind == Kind::New && one.at >= from && one.at < until;
        let paid: Exact = ground.moved.iter().filter(is_new).map(|one| one.amount).sum();
        let (each, margin) = (arpa(paid, ground.new).unwrap_or_default(), self.margin()?);
        inputs.insert("acquisition-cost".to_owned(), self.money(cost, ground.new));
        inputs.insert("new-revenue-per-customer".to_owned(), self.money(each, ground.new));
        inputs.insert("gross-margin".to_owned(), share(margin));
        payback_months(cost, each, margin).ok_or_else(|| "new customers pay nothing".to_owned())
    }

    /// `lifetime value / cost of a new customer`.
    fn value_to_cost(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> Worked {
        let value = self.lifetime_value(ground, inputs)?;
        inputs.insert("lifetime-value".to_owned(), self.money(value, self.customers(ground)));
        let cost = self.acquisition_cost(ground, inputs)?;
        inputs.insert("acquisition-cost".to_owned(), self.money(cost, ground.new));
        value_to_cost(value, cost).ok_or_else(|| "a new customer cost nothing".to_owned())
    }

    /// `(ARR at the end - ARR at the start) / cost of the period before`: ARR is a year's already, so nothing is times four.
    fn magic_number(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> Worked {
        let (before, after) = self.arr_of(ground, inputs);
        let cost = ground.spent.amount("cost", &previous(self.period).label)?;
        inputs.insert("cost-of-the-period-before".to_owned(), self.money(cost, ground.spent.records()));
        let none = || format!("nothing was spent in {}", previous(self.period).label);
        magic_number_of_arr(before, after, cost).ok_or_else(none)
    }

    /// `net burn / (ARR at the end - ARR at the start)`.
    fn burn_multiple(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> Worked {
        let (before, after) = self.arr_of(ground, inputs);
        let burn = ground.spent.amount("burn", &self.period.label)?;
        inputs.insert("net-burn".to_owned(), self.money(burn, ground.spent.records()));
        burn_multiple(burn, after - before).ok_or_else(|| format!("no ARR was added in {}", self.period.label))
    }

    /// ARR at the start and at the end of the period.
    fn arr_of(&self, ground: &Ground<'_>, inputs: &mut BTreeMap<String, Figure>) -> (Exact, Exact) {
        let (from, until) = self.instants();
        let at = |at| arr(levels_at(ground.moved, at).values().copied().sum());
        inputs.insert("arr-at-the-start".to_owned(), self.money(at(from), 0));
        inputs.insert("arr-at-the-end".to_owned(), self.money(at(until), 0));
        (at(from), at(until))
    }

    /// Who pays at the end of the period.
    fn customers(&self, ground: &Ground<'_>) -> i64 {
        levels_at(ground.moved, self.instants().1).values().filter(|level| level.is_positive()).count() as i64
    }

    fn money(&self, amount: Exact, records: i64) -> Figure {
        let own = self.asked.defs.workspace.currency;
        Figure::Money { amounts: vec![amount.to_money(own).unwrap_or(Money::new(0, own))], records }
    }

    /// From 0 to 1.
    fn margin(&self) -> Worked {
        let percent = self.asked.defs.policies.economics.gross_margin.and_then(Exact::of);
        percent
            .and_then(|percent| percent.over(Exact::whole(100)))
            .ok_or_else(|| "what is left of revenue is not known".to_owned())
    }

    /// Months of a span: of whole calendar months how many they are, else of 365 days in twelve.
    fn months(&self, from: Instant, until: Instant) -> Exact {
        let whole = self.period.whole_months().filter(|_| until == self.period.ends_at());
        let days = || Exact::new(i128::from(until.since(from)) * 12, i128::from(MS_PER_DAY) * 365);
        whole.map(|months| Exact::whole(months.into())).or_else(days).unwrap_or(Exact::ONE)
    }

    /// What was spent in the period of which this KPI looks at the cost, or burnt.
    fn cost_of(&self, name: &str) -> Result<super::told::Told, Cannot> {
        let Some(sum) = sum_of(name, &self.asked.defs.policies) else { return Ok(super::told::Told::default()) };
        let kpi = kpi_of(self.asked.defs, sum)?;
        let before = previous(self.period);
        let period = if name == MAGIC_NUMBER { &before } else { self.period };
        Scope { kpi: &kpi, period, ..*self }.told()
    }

    /// Customers who were won in the period, by group.
    fn won(&self) -> Result<BTreeMap<Option<Name>, i64>, Cannot> {
        let defs = self.asked.defs;
        let Some(won) = defs.chain.iter().rfind(|stage| stage.of == StageOf::Deal) else { return Ok(BTreeMap::new()) };
        let counted = Kpi { kind: KpiKind::Count { of: CountOf::Stage(won.id.clone()) }, ..self.kpi.clone() };
        let found = Scope { kpi: &counted, ..*self }.measure()?;
        let groups = if self.by.is_some() { found.groups } else { vec![(None, found.figure)] };
        Ok(groups.into_iter().map(|(group, figure)| (group, figure.counted())).collect())
    }

    /// What the deals won in the period are worth, those of customers who buy again too.
    fn bookings(&self) -> Result<Measured, Cannot> {
        let defs = self.asked.defs;
        let won = defs.chain.iter().rfind(|stage| stage.of == StageOf::Deal);
        let sum = won.and_then(|won| Some((won, amount_of(defs, &won.id)?.clone())));
        let Some((won, of)) = sum else {
            return Err(Cannot::NotActive(
                "nothing says what a won deal is worth: write a sum at the stage that is won".to_owned(),
            ));
        };
        self.sum_of(&of, vec![won.id.clone(), format!("expansion/{}", won.id)])
    }
}

fn share(of: Exact) -> Figure {
    Figure::Number { value: of.to_decimal(), is_share: true }
}

fn too_large() -> String {
    "it is too large to be written".to_owned()
}
