//! A year of Clowns To Go, invented but consistent: the same plan always gives the same events.
//!
//! The rates are about those of the sample messages (b2b: 15 % of leads ask for a meeting, 27-30 % of these get one, 60 %
//! become a deal, 29 % of deals are won; b2c: 35, 40, 80 and 85 %). Three things are planted to be found: requests for
//! corporate events that nobody has answered for eight weeks, customers that leave in the last days, and a few events of
//! the last hours. Like real data, 1.5 % is late, 2 % comes twice, and some names are hostile.

mod business;
mod chance;
mod customers;
mod fact;
mod families;
mod names;
mod planted;
mod rhythm;
mod written;
mod year;

use shiftbell_metrics::event::Event;
use shiftbell_metrics::time::Instant;

use fact::Fact;
use rhythm::{DAYS, Rhythm};
use year::{Coming, Year};

/// Events of the sample company in a year (measured; a test holds it to a tenth).
const EVENTS_AT_SCALE_ONE: f64 = 42_000.0;

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Another seed is another year.
    pub seed: u64,
    /// About how many events, duplicates included.
    pub events: usize,
    /// The last moment of the year; nothing happens or arrives later.
    pub until: Instant,
}

/// The events of the year that ends with `plan.until`, in the order in which they arrive (`at` may be earlier: late data).
pub fn generate(plan: &Plan) -> Events {
    #[expect(clippy::cast_precision_loss, reason = "a number of events that is only met about")]
    let scale = plan.events as f64 / EVENTS_AT_SCALE_ONE;
    let mut year = Year::new(Rhythm::new(plan.until), plan.seed, scale);
    planted::plant(&mut year);
    customers::before_the_year(&mut year);
    Events { year, next_day: 0, today: Vec::new().into_iter(), arrived_ms: 0 }
}

/// The generated events, made day by day.
#[derive(Debug)]
pub struct Events {
    year: Year,
    next_day: usize,
    today: std::vec::IntoIter<Coming>,
    arrived_ms: i64,
}

impl Events {
    /// When the latest event that was taken arrived.
    pub fn arrived_at(&self) -> Instant {
        Instant(self.arrived_ms)
    }

    fn make_day(&mut self, index: usize) {
        business::day(&mut self.year, index);
        families::day(&mut self.year, index);
        if self.year.rhythm.is_first_of_month(index) {
            self.spend(index);
        }
        self.today = self.year.take(index).into_iter();
    }

    /// What marketing and sales cost in a month: a file that finance sends.
    fn spend(&mut self, index: usize) {
        let at_ms = self.year.rhythm.start_ms(0, index);
        for (channel, dollars) in [(0, 9_000), (1, 4_000), (2, 21_000)] {
            for is_business in [true, false] {
                let share = if is_business { 100 } else { [90, 10, 0][usize::from(channel)] };
                let amount_minor = dollars * self.year.chance.between(85, 116) * share / 100;
                if amount_minor > 0 {
                    self.year.happens(at_ms, Fact::Spent { is_business, channel, amount_minor });
                }
            }
        }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(coming) = self.today.next() {
                self.arrived_ms = coming.arrives_ms;
                return Some(written::written(coming.number, coming.at_ms, &coming.fact));
            }
            if self.next_day == DAYS {
                return None;
            }
            let index = self.next_day;
            self.next_day += 1;
            self.make_day(index);
        }
    }
}

#[cfg(test)]
mod tests;
