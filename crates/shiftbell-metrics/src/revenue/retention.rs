//! What is kept of those who were there: never from totals, always customer by customer.

use std::collections::{BTreeMap, BTreeSet};

use super::bridge::{Moved, levels_at};
use super::exact::Exact;
use super::ledger::Kind;
use crate::id::EntityId;
use crate::time::Instant;

/// Of everybody who paid at the start: what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    pub start: Exact,
    /// Of each, what it paid at the start or pays now, whichever is less: without any expansion.
    pub kept: Exact,
    /// What the same customers pay now.
    pub now: Exact,
    pub customers_start: i64,
    pub customers_kept: i64,
}

impl Retention {
    /// GRR: `kept / start`, never above 1 or the net. `None` of nothing.
    pub fn gross(&self) -> Option<Exact> {
        self.kept.over(self.start)
    }

    /// NRR: `now / start`. Of a year it is not the product of its months: who came later is in no start of this one.
    pub fn net(&self) -> Option<Exact> {
        self.now.over(self.start)
    }
}

/// Compares what the customers of an instant paid then with what they pay at a later one.
///
/// ```
/// use shiftbell_metrics::id::EntityId;
/// use shiftbell_metrics::revenue::{Exact, Kind, Moved, retention};
/// use shiftbell_metrics::time::Instant;
/// let moved = |customer, at, kind, amount| Moved {
///     customer: EntityId(customer), at: Instant(at), kind, amount: Exact::whole(amount), why: None,
/// };
/// let all = [moved(1, 0, Kind::New, 100), moved(2, 0, Kind::New, 100), moved(1, 5, Kind::Contraction, -50),
///     moved(2, 6, Kind::Expansion, 20), moved(3, 7, Kind::New, 900)];
/// let found = retention(&all, Instant(1), Instant(9));
/// assert_eq!(found.gross(), Exact::new(150, 200)); // not 100 %, as the totals would say
/// assert_eq!(found.net(), Exact::new(170, 200));
/// ```
pub fn retention(moved: &[Moved], from: Instant, until: Instant) -> Retention {
    let (before, after) = (levels_at(moved, from), levels_at(moved, until));
    let mut found = Retention::default();
    for (customer, start) in before.into_iter().filter(|(_, start)| start.is_positive()) {
        let now = after.get(&customer).copied().unwrap_or_default();
        found.start += start;
        found.kept += start.min(now);
        found.now += now;
        found.customers_start += 1;
        found.customers_kept += i64::from(now.is_positive());
    }
    found
}

/// `1 - (what the customers of the start lost on the way) / start`: less than [`Retention::gross`] where somebody paid less for
/// a while and is back. `None` of nothing.
pub fn gross_by_movements(moved: &[Moved], from: Instant, until: Instant) -> Option<Exact> {
    let before: BTreeMap<EntityId, Exact> =
        levels_at(moved, from).into_iter().filter(|(_, level)| level.is_positive()).collect();
    let is_loss = |kind| matches!(kind, Kind::Contraction | Kind::Churn | Kind::Paused);
    let mut lost: BTreeMap<EntityId, Exact> = BTreeMap::new();
    for one in moved.iter().filter(|one| one.at >= from && one.at < until && is_loss(one.kind)) {
        *lost.entry(one.customer).or_default() += -one.amount;
    }
    let start: Exact = before.values().copied().sum();
    // Nobody loses more than it had, however often.
    let kept: Exact = before.iter().map(|(who, had)| *had - lost.get(who).copied().unwrap_or_default().min(*had)).sum();
    kept.over(start)
}

/// Customers by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logos {
    pub start: i64,
    pub end: i64,
    /// Who paid for the first time.
    pub new: i64,
    /// Who paid at the start and does not at the end.
    pub lost: i64,
    /// Who came for the first time and is gone again.
    pub came_and_went: i64,
}

impl Logos {
    /// Of those of the start, who is gone. `None` of nobody.
    pub fn churn(self) -> Option<Exact> {
        Exact::new(self.lost.into(), self.start.into())
    }

    /// The other definition: with those who came and went, in what is divided and by what. `None` of nobody.
    pub fn churn_with_newcomers(self) -> Option<Exact> {
        Exact::new((self.lost + self.came_and_went).into(), (self.start + self.new).into())
    }
}

/// Counts customers from one instant to another.
pub fn logos(moved: &[Moved], from: Instant, until: Instant) -> Logos {
    let pays = |at| -> BTreeSet<EntityId> {
        levels_at(moved, at).into_iter().filter(|(_, level)| level.is_positive()).map(|(who, _)| who).collect()
    };
    let (before, after) = (pays(from), pays(until));
    let within = moved.iter().filter(|one| one.at >= from && one.at < until && one.kind == Kind::New);
    let new: BTreeSet<EntityId> = within.map(|one| one.customer).collect();
    Logos {
        start: before.len() as i64,
        end: after.len() as i64,
        new: new.len() as i64,
        lost: before.difference(&after).count() as i64,
        came_and_went: new.difference(&after).filter(|who| !before.contains(who)).count() as i64,
    }
}
