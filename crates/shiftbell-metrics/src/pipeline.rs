//! Deals on their way: how many are won, how fast money moves, whether what is open suffices, and how long it takes.
//!
//! Every figure says which deals it is about. A win rate by the day of closing and one by the day of creation are two numbers
//! about different deals, and so they are never one.

mod coverage;
mod cycle;
mod response;
mod velocity;
mod win_rate;

use crate::money::Money;
use crate::period::Period;
use crate::time::Instant;

pub use coverage::{Coverage, coverage};
pub use cycle::{Cycle, cycle};
pub use response::{Lead, Response, response};
pub use velocity::{Velocity, velocity};
pub use win_rate::{WinRates, win_rates};

/// A deal from its first stage on, or any other stay that ends well or badly: in a stage, for example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deal {
    pub created: Instant,
    /// `None` while it is open.
    pub closed: Option<(Instant, End)>,
    pub amount: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Of a stay in a stage: it went on.
    Won,
    /// To somebody else.
    Lost,
    /// Nobody decided: it was given up, or left lying.
    NoDecision,
}

impl Deal {
    /// Whether it was closed in this period, and how.
    fn closed_in(&self, period: &Period) -> Option<End> {
        self.closed.filter(|(at, _)| period.contains(*at)).map(|(_, end)| end)
    }

    /// As it was known at an instant: what closed later was open then. `None` if it was not there yet.
    pub fn as_of(&self, at: Instant) -> Option<Deal> {
        let closed = self.closed.filter(|(closed, _)| *closed <= at);
        (self.created <= at).then_some(Deal { closed, ..*self })
    }
}

#[cfg(test)]
mod goldens;
