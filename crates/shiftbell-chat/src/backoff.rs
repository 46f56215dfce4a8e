//! How long a failed delivery waits before its next attempt.

/// Waits between attempts, in minutes, before chance is added. Dense at first, because most faults are short; the sum is more
/// than 76 hours, so that a fault that begins on a Friday evening is outlived by the message until Monday night.
const WAITS_MINUTES: [i64; 20] =
    [1, 1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 300, 360, 360, 420, 480, 480, 480, 480, 600];

/// How long to wait after the failed attempt number `attempt` (the first is 1), in milliseconds. `jitter` from 0 to 1 adds up
/// to a quarter, so that deliveries that failed together do not return together. `None`: give up, this is a dead letter.
pub fn retry_after_ms(attempt: u32, jitter: f64) -> Option<i64> {
    let step = usize::try_from(attempt.max(1) - 1).ok()?;
    let wait_ms = WAITS_MINUTES.get(step)? * 60_000;
    let thousandths = (jitter.clamp(0.0, 1.0) * 250.0).round() as i64; // 0 to 250
    Some(wait_ms + wait_ms * thousandths / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_last_for_at_least_76_hours_even_without_luck() {
        let total_ms: i64 = (1..).map_while(|attempt| retry_after_ms(attempt, 0.0)).sum();
        assert!(total_ms >= 76 * 3_600_000, "only {} h", total_ms / 3_600_000);
        assert!(total_ms < 96 * 3_600_000);
    }

    #[test]
    fn chance_only_ever_adds_and_at_most_a_quarter() {
        for attempt in 1..=20 {
            let (least, most) = (retry_after_ms(attempt, 0.0).unwrap(), retry_after_ms(attempt, 1.0).unwrap());
            assert_eq!(most, least + least / 4);
            assert_eq!(retry_after_ms(attempt, f64::NAN), Some(least));
        }
    }

    #[test]
    fn after_the_last_wait_comes_the_dead_letter() {
        assert_eq!(retry_after_ms(21, 0.5), None);
        assert_eq!(retry_after_ms(u32::MAX, 0.5), None);
    }
}
