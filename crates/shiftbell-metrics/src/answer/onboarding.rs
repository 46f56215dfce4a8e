//! What is won and lost again before it begins.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::measure::{Measured, Scope};
use super::tally::{Ask, days_of};
use super::{Cannot, Figure};
use crate::codec::Name;
use crate::contribution::GONE;
use crate::definitions::StageOf;
use crate::definitions::pipeline::amount_of;
use crate::money::Money;

/// Minor units that began or are still on their way, all of them, and how many wins.
#[derive(Clone, Copy, Debug, Default)]
struct Won {
    kept: i64,
    all: i64,
    records: i64,
}

impl Scope<'_> {
    /// Of what was won in the period: all but what ended before the customer came to its first stage. What is still on its way
    /// is not lost. Amounts in another currency are left out.
    pub(super) fn onboarded(&self) -> Result<Measured, Cannot> {
        let defs = self.asked.defs;
        let won = defs.chain.iter().rev().find(|stage| stage.of == StageOf::Deal);
        let first = defs.chain.iter().find(|stage| stage.of == StageOf::Customer);
        let measure = won.and_then(|won| amount_of(defs, &won.id)).map(ToString::to_string);
        let (Some(won), Some(measure)) = (won, measure) else {
            return Ok(Measured::nothing("wins have no amount: add a sum at the stage that is won"));
        };
        let own = defs.workspace.currency;
        let mut groups: BTreeMap<Option<Name>, Won> = BTreeMap::new();
        let ask = Ask { measure: Some(measure.clone()), ..self.ask(won.id.clone()) };
        self.each_segment(&ask, days_of(self.period, &defs.workspace.zone), |columns, keep| {
            for (entry, _) in columns.entries()?.iter().zip(keep).filter(|(_, keep)| **keep) {
                let Some(amount) = entry.sum(&measure).filter(|amount| amount.currency == own) else { continue };
                let began = first.and_then(|first| entry.lag(&first.id));
                // An end that is announced for later is none yet.
                let gone = entry.lag(GONE).filter(|_| entry.is_over(self.asked.now));
                let is_lost = gone.is_some_and(|gone| began.is_none_or(|began| gone < began));
                let found = groups.entry(self.by.and_then(|by| entry.dim(by)).cloned()).or_default();
                found.all = found.all.saturating_add(amount.minor);
                found.kept = found.kept.saturating_add(if is_lost { 0 } else { amount.minor });
                found.records += 1;
            }
            Ok(())
        })?;
        let share = |won: &Won| Figure::Number {
            value: (won.all != 0).then(|| Decimal::from(won.kept) / Decimal::from(won.all)),
            is_share: true,
        };
        let whole = groups.values().fold(Won::default(), |sum, won| Won {
            kept: sum.kept.saturating_add(won.kept),
            all: sum.all.saturating_add(won.all),
            records: sum.records + won.records,
        });
        let money = |minor| Figure::Money { amounts: vec![Money::new(minor, own)], records: whole.records };
        let mut found = Measured::only(share(&whole));
        found.inputs = BTreeMap::from([("start".to_owned(), money(whole.all)), ("left".to_owned(), money(whole.kept))]);
        if self.by.is_some() {
            found.groups = groups.iter().map(|(group, won)| (group.clone(), share(won))).collect();
        }
        Ok(found)
    }
}
