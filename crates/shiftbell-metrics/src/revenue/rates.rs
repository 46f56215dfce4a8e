//! What one unit of another currency is in the workspace's own.

use std::collections::BTreeMap;

use super::exact::Exact;
use super::policy::Policy;
use crate::money::Currency;
use crate::time::Instant;

/// The table of rates: by currency, since when it is worth how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    pub own: Currency,
    /// In order of time, the first without a beginning: [`Instant::EARLIEST`].
    table: BTreeMap<Currency, Vec<(Instant, Exact)>>,
}

impl Rates {
    /// No currency but the workspace's own has a rate.
    pub fn only(own: Currency) -> Rates {
        Rates { own, table: BTreeMap::new() }
    }

    /// Adds a rate that holds from `since` on. The first of a currency also holds before.
    ///
    /// ```
    /// use shiftbell_metrics::money::Currency;
    /// use shiftbell_metrics::revenue::{Exact, Policy, Rates};
    /// use shiftbell_metrics::time::Instant;
    /// let euro = Currency::from_code("EUR").unwrap();
    /// let mut rates = Rates::only(Currency::USD);
    /// rates.add(euro, Instant(0), Exact::new(11, 10).unwrap());
    /// rates.add(euro, Instant(1_000), Exact::new(12, 10).unwrap());
    /// let spot = Policy { spot_rates: true, ..Policy::default() };
    /// assert_eq!(rates.at(euro, Instant(1_000), &spot), Exact::new(6, 5));
    /// assert_eq!(rates.at(euro, Instant(1_000), &Policy::default()), Exact::new(11, 10)); // constant: the first
    /// ```
    pub fn add(&mut self, currency: Currency, since: Instant, rate: Exact) {
        let of = self.table.entry(currency).or_default();
        let place = of.partition_point(|(at, _)| *at <= since);
        of.insert(place, (since, rate));
    }

    pub(crate) fn add_some(&mut self, currency: Currency, since: Instant, rate: Option<Exact>) {
        if let Some(rate) = rate {
            self.add(currency, since, rate);
        }
    }

    /// What one unit is worth; `None` without a rate.
    pub fn at(&self, currency: Currency, at: Instant, policy: &Policy) -> Option<Exact> {
        if currency == self.own {
            return Some(Exact::ONE);
        }
        let of = self.table.get(&currency)?;
        let place = if policy.spot_rates { of.partition_point(|(since, _)| *since <= at).saturating_sub(1) } else { 0 };
        of.get(place).map(|(_, rate)| *rate)
    }

    /// When rates change, as far as the policy looks at it.
    pub fn changes(&self, policy: &Policy) -> impl Iterator<Item = Instant> {
        let of = policy.spot_rates.then(|| self.table.values().flat_map(|of| of.iter().skip(1).map(|(at, _)| *at)));
        of.into_iter().flatten()
    }

    /// Every rate, for a version of what a number means.
    pub fn words(&self) -> String {
        if self.table.is_empty() { String::new() } else { format!(" {:?}", self.table) }
    }
}
