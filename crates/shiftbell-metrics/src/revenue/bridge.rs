//! From one instant to another: what was there, what moved, what is there now.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::exact::Exact;
use super::ledger::Kind;
use super::subscription::Why;
use crate::id::EntityId;
use crate::time::Instant;

/// A movement of a customer, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub customer: EntityId,
    pub at: Instant,
    pub kind: Kind,
    /// Negative where it is lost.
    pub amount: Exact,
    /// Of churn.
    pub why: Option<Why>,
}

/// What recurring revenue was, how it moved, and what it is: `start + all movements = end`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bridge {
    pub start: Exact,
    pub end: Exact,
    /// What each kind of movement adds, negative where it is lost.
    pub moved: BTreeMap<Kind, Exact>,
    /// What of churn was lost why, as a positive amount.
    pub churn: BTreeMap<Why, Exact>,
    /// Who pays at the start and at the end.
    pub customers_start: i64,
    pub customers_end: i64,
}

impl Bridge {
    /// What a kind adds or takes, as a positive amount (`fx` keeps its sign).
    pub fn size(&self, kind: Kind) -> Exact {
        let signed = self.moved.get(&kind).copied().unwrap_or_default();
        match kind {
            Kind::Contraction | Kind::Churn | Kind::Paused => -signed,
            Kind::New | Kind::Reactivation | Kind::Expansion | Kind::Resumed | Kind::Fx => signed,
        }
    }

    /// Churn, contraction and what was paused.
    pub fn lost(&self) -> Exact {
        self.size(Kind::Churn) + self.size(Kind::Contraction) + self.size(Kind::Paused)
    }

    /// `lost / start`; `None` of nothing.
    pub fn gross_churn(&self) -> Option<Exact> {
        self.lost().over(self.start)
    }

    /// `(lost - expansion [- reactivation]) / start`; `None` of nothing.
    pub fn net_churn(&self, with_reactivation: bool) -> Option<Exact> {
        let back = if with_reactivation { self.size(Kind::Reactivation) } else { Exact::ZERO };
        (self.lost() - self.size(Kind::Expansion) - self.size(Kind::Resumed) - back).over(self.start)
    }

    /// `(new + expansion [+ reactivation]) / lost`; `None` if nothing was lost.
    pub fn quick_ratio(&self, with_reactivation: bool) -> Option<Exact> {
        let back = if with_reactivation { self.size(Kind::Reactivation) } else { Exact::ZERO };
        let gained = self.size(Kind::New) + self.size(Kind::Expansion) + self.size(Kind::Resumed) + back;
        gained.over(self.lost())
    }

    fn take(&mut self, kind: Kind, amount: Exact, why: Option<Why>) {
        if amount.is_zero() {
            return;
        }
        *self.moved.entry(kind).or_default() += amount;
        if kind == Kind::Churn {
            *self.churn.entry(why.unwrap_or(Why::Unknown)).or_default() += -amount;
        }
    }

    /// Of what each customer paid at the start and at the end, and whether it had paid before: who came and went in between
    /// is not seen. The start of those who had paid and pay nothing is 0.
    ///
    /// [`bridge`] sees every movement; this is how it looks to whoever compares two lists.
    pub fn of_ends(ends: &[Ends]) -> Bridge {
        let mut bridge = Bridge::default();
        for one in ends {
            bridge.start += one.start;
            bridge.end += one.end;
            bridge.customers_start += i64::from(one.start.is_positive());
            bridge.customers_end += i64::from(one.end.is_positive());
            let kind = match (one.start.is_positive(), one.end.is_positive()) {
                (false, true) if one.paid_before => Kind::Reactivation,
                (false, _) => Kind::New,
                (true, false) => Kind::Churn,
                (true, true) if one.end > one.start => Kind::Expansion,
                (true, true) => Kind::Contraction,
            };
            bridge.take(kind, one.end - one.start, one.why);
        }
        bridge
    }
}

/// What a customer paid at two instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    pub start: Exact,
    pub end: Exact,
    pub paid_before: bool,
    pub why: Option<Why>,
}

/// What everybody pays at an instant; who pays nothing is absent.
pub fn levels_at(moved: &[Moved], at: Instant) -> BTreeMap<EntityId, Exact> {
    // Nearly every customer comes up several times, and a sorted map is slow to find one in.
    let mut levels: FxHashMap<EntityId, Exact> = FxHashMap::default();
    for one in moved.iter().filter(|one| one.at < at) {
        *levels.entry(one.customer).or_default() += one.amount;
    }
    levels.into_iter().filter(|(_, level)| !level.is_zero()).collect()
}

/// The movements from an instant up to another, in any order. What is later than `until` is not looked at.
///
/// ```
/// use shiftbell_metrics::id::EntityId;
/// use shiftbell_metrics::revenue::{Exact, Kind, Moved, bridge};
/// use shiftbell_metrics::time::Instant;
/// let moved = |at, kind, amount| Moved {
///     customer: EntityId(1), at: Instant(at), kind, amount: Exact::whole(amount), why: None,
/// };
/// let all = [moved(1, Kind::New, 100), moved(5, Kind::Expansion, 50), moved(9, Kind::Churn, -150)];
/// let found = bridge(&all, Instant(2), Instant(9));
/// assert_eq!((found.start, found.size(Kind::Expansion), found.end), (Exact::whole(100), Exact::whole(50), Exact::whole(150)));
/// ```
pub fn bridge(moved: &[Moved], from: Instant, until: Instant) -> Bridge {
    let (before, after) = (levels_at(moved, from), levels_at(moved, until));
    let pays = |levels: &BTreeMap<EntityId, Exact>| levels.values().filter(|level| level.is_positive()).count() as i64;
    let mut bridge = Bridge {
        start: before.values().copied().sum(),
        end: after.values().copied().sum(),
        customers_start: pays(&before),
        customers_end: pays(&after),
        ..Bridge::default()
    };
    for one in moved.iter().filter(|one| one.at >= from && one.at < until) {
        bridge.take(one.kind, one.amount, one.why);
    }
    bridge
}
