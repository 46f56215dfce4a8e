//! A journey is a pure function of its own events: this is the function.
//!
//! [`Plan::fold`] takes every event of one account, in any order and with repeats, and returns what each of its entities
//! adds to the numbers. It has no clock: an event counts as if it were known today, whenever it arrived.

mod happened;
mod journey;
mod open;
mod order;
mod plan;
mod revenue;
mod rows;
mod shown;
mod stages;
mod touch;
mod walk;

use crate::contribution::Contribution;
use crate::event::Event;
use crate::id::EntityId;
pub use happened::Happened;
pub(crate) use open::{MRR_CHANGES, RENEWS_AT};
pub use plan::{CELL_VALUES_MAX, Plan, has_cells};
pub use revenue::{PROBLEM, line_word, series_of};

/// Raised whenever the same events and definitions would give other contributions: it starts a new generation.
pub const FOLD_VERSION: u32 = 6;

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    pub source: String,
    pub event: Event,
    /// Role of the event's owner when it arrived.
    pub by: Option<String>,
}

/// A record that counts nowhere, or elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// A test record, as `[privacy]` says.
    Test(EntityId),
    /// Deleted at its source and not restored.
    Deleted(EntityId),
    /// Counted once, as the one it was merged into.
    Merged { alias: EntityId, into: EntityId },
}

impl Plan {
    /// What each entity of an account adds to the numbers, in the order of their numbers; who adds nothing is absent.
    ///
    /// `events`: every event of every entity of the account, in any order. A repeat (same entity, source and id) counts
    /// once. An entity that has no events of its own in this account (a person only named in the events of a deal) is
    /// carried by the entity whose event names it first, so that no two accounts claim one entity.
    pub fn fold(&self, account: EntityId, events: &[StoredEvent]) -> Vec<(EntityId, Contribution)> {
        self.fold_whole(account, events).0
    }

    /// As [`Plan::fold`], with the records that were left out and why.
    pub fn fold_whole(
        &self,
        account: EntityId,
        events: &[StoredEvent],
    ) -> (Vec<(EntityId, Contribution)>, Vec<LeftOut>) {
        if events.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let journey = journey::Journey::new(self, account, events);
        let mut walk = walk::walk(&journey);
        let revenue = revenue::Revenue::of(&journey);
        revenue.happen(&journey, &mut walk);
        let stages = stages::stages(&journey, &walk);
        (rows::rows(&journey, &walk, &stages, &revenue), journey.left_out)
    }
}
