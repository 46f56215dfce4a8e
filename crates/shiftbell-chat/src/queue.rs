//! When the next message may go out. Time is a parameter; nothing here waits or sends.

mod discord;
mod slack;

pub use discord::{DiscordQueue, LimitHeaders};
pub use slack::SlackQueue;

use shiftbell_metrics::time::Instant;

/// Whether something may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Yes; the place is taken, so send it.
    Go,
    /// Not before this instant; nothing was taken, so ask again then.
    WaitUntil(Instant),
}

/// A steady rate with short bursts: one every `every_ms`, `burst` at once after a pause.
///
/// Keeps one instant: when the last place taken would have come up at the steady rate.
#[derive(Clone, Copy, Debug)]
struct Steady {
    last_due: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Rate {
    every_ms: i64,
    burst: i64,
}

impl Steady {
    const UNUSED: Steady = Steady { last_due: Instant::EARLIEST };

    fn next(self, rate: Rate, now: Instant) -> Turn {
        let earliest = self.last_due.plus_ms(-(rate.burst - 1) * rate.every_ms);
        if self.last_due == Instant::EARLIEST || earliest <= now { Turn::Go } else { Turn::WaitUntil(earliest) }
    }

    fn take(&mut self, rate: Rate, now: Instant) {
        self.last_due = self.last_due.max(now).plus_ms(rate.every_ms);
    }

    /// Nothing is remembered that could still make anyone wait.
    fn is_idle(self, now: Instant) -> bool {
        self.last_due <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However the questions fall, no window of time holds more than the burst and the steady rate.
        #[test]
        fn the_rate_is_never_exceeded(gaps in proptest::collection::vec(0i64..1_500, 1..80)) {
            let rate = Rate { every_ms: 1_000, burst: 3 };
            let (mut steady, mut now, mut sent) = (Steady::UNUSED, Instant(0), Vec::new());
            for gap in gaps {
                now = now.plus_ms(gap);
                if steady.next(rate, now) == Turn::Go {
                    steady.take(rate, now);
                    sent.push(now);
                }
            }
            for (index, first) in sent.iter().enumerate() {
                for (more, last) in sent[index..].iter().enumerate() {
                    prop_assert!(more as i64 <= 2 + last.since(*first) / 1_000 + 1);
                }
            }
        }

        /// What was promised is kept: at the instant given, the answer is yes.
        #[test]
        fn the_promised_instant_is_kept(taken in 1usize..20) {
            let rate = Rate { every_ms: 1_000, burst: 3 };
            let mut steady = Steady::UNUSED;
            for _ in 0..taken { steady.take(rate, Instant(0)); }
            if let Turn::WaitUntil(at) = steady.next(rate, Instant(0)) {
                prop_assert_eq!(steady.next(rate, at.plus_ms(-1)), Turn::WaitUntil(at));
                prop_assert_eq!(steady.next(rate, at), Turn::Go);
            }
        }
    }
}
