//! How soon a lost connection is opened again.

/// The longest wait before chance is added; a service that is back after an hour is met within two minutes.
const LONGEST_MS: i64 = 120_000;
/// A connection that lasted this long was a good one: its end says nothing about the next.
pub(super) const GOOD_MS: i64 = 30_000;

/// Counts failures in a row. The first is answered at once, since most are a connection cut in passing; then the waits double.
#[derive(Debug, Default)]
pub(super) struct Pace {
    failures: u32,
}

impl Pace {
    /// A connection ended after this long. Saying hello alone does not make it a good one: a service may say hello and throw
    /// us out, for ever.
    pub(super) fn lasted(&mut self, ms: i64) {
        if ms >= GOOD_MS {
            self.failures = 0;
        }
    }

    /// One more failure: how long to wait. `chance` from 0 to 1 adds up to half, so that replicas do not come together;
    /// `at_least_ms` is what the service asks for.
    pub(super) fn failed(&mut self, at_least_ms: i64, chance: f64) -> i64 {
        self.failures = self.failures.saturating_add(1);
        let doubled = match self.failures {
            1 => 0,
            n => 1_000_i64.checked_shl(n - 2).filter(|ms| (1..LONGEST_MS).contains(ms)).unwrap_or(LONGEST_MS),
        };
        let wait_ms = doubled.max(at_least_ms);
        let thousandths = (chance.clamp(0.0, 1.0) * 500.0).round() as i64; // 0 to 500
        wait_ms + wait_ms * thousandths / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_answered_at_once_and_the_waits_double_up_to_two_minutes() {
        let mut pace = Pace::default();
        let waits: Vec<i64> = (0..11).map(|_| pace.failed(0, 0.0)).collect();
        assert_eq!(waits, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000]);
        pace.lasted(GOOD_MS - 1);
        assert_eq!(pace.failed(0, 0.0), 120_000);
        pace.lasted(GOOD_MS);
        assert_eq!(pace.failed(0, 0.0), 0);
    }

    #[test]
    fn what_the_service_asks_for_is_kept_and_chance_only_adds() {
        let mut pace = Pace::default();
        assert_eq!(pace.failed(30_000, 0.0), 30_000);
        assert_eq!(pace.failed(30_000, 1.0), 45_000);
        let mut late = Pace { failures: u32::MAX };
        assert_eq!(late.failed(0, 1.0), 180_000);
    }
}
