//! Business models that are not subscriptions: what is sold once, and what is charged by use.

use super::exact::Exact;

/// What an ownership (perpetual) business books: a licence is no recurring revenue, its maintenance is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bookings {
    /// Sold once.
    pub licences: Exact,
    /// Maintenance, a year.
    pub maintenance_a_year: Exact,
    /// Maintenance that could be renewed, and what was.
    pub due: Exact,
    pub renewed: Exact,
}

impl Bookings {
    /// What of its maintenance recurs each month.
    pub fn mrr(&self) -> Option<Exact> {
        self.maintenance_a_year.over(Exact::whole(12))
    }

    /// What of the maintenance that was due is renewed. `None` if none was.
    pub fn renewal_rate(&self) -> Option<Exact> {
        self.renewed.over(self.due)
    }
}

/// One sale of an ownership business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sale {
    Licence(Exact),
    /// A year of maintenance taken with a licence.
    Maintenance(Exact),
    /// A year of maintenance that ran out, and what of it was taken again.
    Renewal {
        due: Exact,
        taken: Exact,
    },
}

/// Adds sales up.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, Sale, bookings};
/// let year = bookings(&[
///     Sale::Licence(Exact::whole(50_000)),
///     Sale::Maintenance(Exact::whole(9_000)),
///     Sale::Renewal { due: Exact::whole(6_000), taken: Exact::whole(3_000) },
/// ]);
/// assert_eq!(year.mrr(), Some(Exact::whole(1_000))); // nothing of the licence
/// assert_eq!(year.renewal_rate(), Exact::new(1, 2));
/// ```
pub fn bookings(sales: &[Sale]) -> Bookings {
    let mut found = Bookings::default();
    for sale in sales {
        match *sale {
            Sale::Licence(amount) => found.licences += amount,
            Sale::Maintenance(amount) => found.maintenance_a_year += amount,
            Sale::Renewal { due, taken } => {
                found.due += due;
                found.renewed += taken;
                found.maintenance_a_year += taken;
            }
        }
    }
    found
}

/// What a consumption business can expect of use a month: the mean of the latest `months` full months. What customers have
/// committed to is MRR and is kept apart. `None` without a month.
///
/// ```
/// use shiftbell_metrics::revenue::{Exact, usage_mrr};
/// let months = [900, 100, 200, 300].map(Exact::whole);
/// assert_eq!(usage_mrr(&months, 3), Some(Exact::whole(200)));
/// assert_eq!(usage_mrr(&[], 3), None);
/// ```
pub fn usage_mrr(months: &[Exact], latest: usize) -> Option<Exact> {
    let taken = &months[months.len().saturating_sub(latest)..];
    taken.iter().copied().sum::<Exact>().over(Exact::whole(taken.len() as i64))
}
