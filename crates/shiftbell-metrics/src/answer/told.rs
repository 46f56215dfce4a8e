//! Whether what a sum adds up was ever told: what nobody told is not zero.

use std::collections::BTreeMap;

use super::Cannot;
use super::Figure;
use super::measure::Scope;
use super::tally::{Ask, of_fact, tally, whole};
use crate::codec::Name;
use crate::definitions::{CountOf, Kpi, KpiKind};
use crate::money::Money;
use crate::period::Period;
use crate::revenue::{Exact, Policy};
use crate::time::Day;

/// All of history: 1970 to 2100, whatever is asked.
const EVER: (Day, Day) = (Day(-1), Day(47_848));

/// What a sum came to, as far as anybody told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Spent {
    /// Nothing of it was told in all of history; for which motion, if one was asked for.
    Never(Option<String>),
    /// Something was told once, and nothing in this period.
    #[default]
    NotThen,
    /// It is in a currency without a rate.
    Foreign,
    Sum {
        amount: Exact,
        records: i64,
    },
}

impl Spent {
    /// The amount in the workspace's currency, or why there is none. `what`: cost, burn.
    pub(super) fn amount(&self, what: &str, period: &str) -> Result<Exact, String> {
        match self {
            Spent::Never(motion) => Err(never(what, motion.as_deref())),
            Spent::NotThen => Err(format!("no {what} was told for {period}")),
            Spent::Foreign => {
                Err(format!("the {what} is in a currency without a rate: write it under [policies.mrr.rates]"))
            }
            Spent::Sum { amount, .. } => Ok(*amount),
        }
    }

    pub(super) fn records(&self) -> i64 {
        match self {
            Spent::Sum { records, .. } => *records,
            Spent::Never(_) | Spent::NotThen | Spent::Foreign => 0,
        }
    }
}

/// A sum in a period, and by group.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) whole: Spent,
    pub(super) groups: BTreeMap<Option<Name>, Spent>,
}

/// Why a sum of which nothing was ever told has no value: `no cost was ever told`. What is told for no motion counts in none.
pub(super) fn never(what: &str, motion: Option<&str>) -> String {
    match motion {
        Some(motion) => format!("no {what} was ever told for {motion}"),
        None => format!("no {what} was ever told"),
    }
}

impl Scope<'_> {
    /// What the sum of this scope comes to, as far as anybody told.
    pub(super) fn told(&self) -> Result<Told, Cannot> {
        let (found, ever) = (self.measure()?, self.was_ever_told(self.kpi)?);
        let spent = |figure: &Figure| match figure {
            Figure::Money { .. } if !ever => Spent::Never(self.only_motion().map(str::to_owned)),
            Figure::Money { records: 0, .. } => Spent::NotThen,
            Figure::Money { amounts, records } => match self.in_own_currency(amounts) {
                Some(amount) => Spent::Sum { amount, records: *records },
                None => Spent::Foreign,
            },
            _ => Spent::NotThen,
        };
        let groups = found.groups.iter().map(|(group, figure)| (group.clone(), spent(figure))).collect();
        Ok(Told { whole: spent(&found.figure), groups })
    }

    /// The motion that was asked for.
    pub(super) fn only_motion(&self) -> Option<&str> {
        match self.motions {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Whether anything that a sum over facts adds up was told in all of history. Of stages, nothing reached is nothing won.
    pub(super) fn was_ever_told(&self, kpi: &Kpi) -> Result<bool, Cannot> {
        let KpiKind::Sum { of, at: CountOf::Facts(facts) } = &kpi.kind else { return Ok(true) };
        let ever = Period::of_days(EVER.0, EVER.1, &self.asked.defs.workspace.zone);
        let mut seen = 0;
        // Every fact is looked at, so that which rows are read never depends on what is in others.
        for fact in facts {
            let ask = Ask { period: &ever, by: None, measure: Some(of.to_string()), ..self.ask(of_fact(fact)) };
            seen += whole(&tally(self.asked.defs, self.desk, &ask)?).entered;
        }
        Ok(seen > 0)
    }

    fn in_own_currency(&self, amounts: &[Money]) -> Option<Exact> {
        let policies = &self.asked.defs.policies;
        let (policy, at) = (Policy::of(&policies.mrr), self.period.ends_at());
        let own = |money: &Money| {
            let amount = Exact::of(money.major())?;
            if amount.is_zero() {
                Some(amount)
            } else {
                amount.times(policies.rates.at(money.currency, at, &policy)?)
            }
        };
        amounts.iter().map(own).sum()
    }
}
