//! Time and chance. The only place of the program that asks the machine for either.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shiftbell_metrics::time::Instant;
use tokio::sync::watch;

/// Where the present comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Stands still until it is moved: for tests and for looking at another day.
    Manual(Arc<watch::Sender<i64>>),
}

impl Clock {
    /// A clock that stands at this instant.
    pub fn at(now: Instant) -> Clock {
        Clock::Manual(Arc::new(watch::Sender::new(now.as_ms())))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is told to use")]
    pub fn now(&self) -> Instant {
        match self {
            Clock::System => Instant::from(jiff::Timestamp::now()),
            Clock::Manual(ms) => Instant(*ms.borrow()),
        }
    }

    /// Moves a manual clock forward and wakes whoever waits for it. The system's clock is not ours to move.
    pub fn advance_ms(&self, by_ms: i64) {
        match self {
            Clock::System => {}
            Clock::Manual(ms) => ms.send_modify(|now| *now = now.saturating_add(by_ms)),
        }
    }

    /// Waits until `at`. At once if it has passed.
    pub async fn wait_until(&self, at: Instant) {
        match self {
            Clock::System => {
                let left_ms = at.since(self.now());
                if left_ms > 0 {
                    tokio::time::sleep(Duration::from_millis(left_ms.unsigned_abs())).await;
                }
            }
            Clock::Manual(ms) => {
                // The sender lives in `self`, so waiting ends only by reaching the instant.
                let _ = ms.subscribe().wait_for(|now| *now >= at.as_ms()).await;
            }
        }
    }

    pub async fn wait_ms(&self, ms: i64) {
        self.wait_until(self.now().plus_ms(ms)).await;
    }
}

/// Measures how long something took. Not for deciding anything.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "durations for metrics and progress, never for decisions")]
    pub fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    pub fn elapsed_s(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

/// Where randomness comes from: ids that nobody can guess, and jitter.
#[derive(Clone, Debug)]
pub enum Chance {
    System,
    /// The same numbers in every run.
    Seeded(Arc<AtomicU64>),
}

/// Digits and letters that are not mistaken for one another when read aloud.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl Chance {
    pub fn seeded(seed: u64) -> Chance {
        Chance::Seeded(Arc::new(AtomicU64::new(seed)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the randomness that everything else is told to use")]
    pub fn number(&self) -> u64 {
        match self {
            Chance::System => {
                let mut bytes = [0; 8];
                match getrandom::fill(&mut bytes) {
                    Ok(()) => u64::from_le_bytes(bytes),
                    // A machine without randomness cannot make ids; it must not hand out equal ones.
                    Err(error) => panic!("the system gave no random bytes: {error}"),
                }
            }
            Chance::Seeded(state) => {
                let mut z =
                    state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            }
        }
    }

    /// A word of at most 12 letters: 5 bits of chance in each.
    pub fn word(&self, letters: usize) -> String {
        let mut bits = self.number();
        (0..letters.min(12))
            .map(|_| {
                let letter = LETTERS[usize::try_from(bits & 31).unwrap_or(0)];
                bits >>= 5;
                char::from(letter)
            })
            .collect()
    }

    /// At least 0, less than 1.
    pub fn fraction(&self) -> f64 {
        f64::from(u32::try_from(self.number() >> 32).unwrap_or(0)) / f64::from(u32::MAX).next_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_who_waits_for_it() {
        let clock = Clock::at(Instant(1_000));
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.wait_until(Instant(2_000)).await;
                clock.now()
            }
        });
        clock.advance_ms(500);
        assert!(!waiting.is_finished());
        clock.advance_ms(500);
        assert_eq!(waiting.await.unwrap(), Instant(2_000));
    }

    #[test]
    fn seeded_chance_repeats_itself_and_stays_in_range() {
        let (one, other) = (Chance::seeded(7), Chance::seeded(7));
        for _ in 0..1_000 {
            let fraction = one.fraction();
            assert!((0.0..1.0).contains(&fraction));
            assert_eq!(fraction.to_bits(), other.fraction().to_bits());
        }
        assert_eq!(one.word(4), other.word(4));
        assert_eq!(one.word(4).len(), 4);
    }
}
