//! Slack's pace: per channel, with a pause per method when Slack says so.

use std::collections::HashMap;

use shiftbell_metrics::time::Instant;

use super::{Rate, Steady, Turn};

/// One message per second and channel, short bursts tolerated. <https://docs.slack.dev/apis/web-api/rate-limits>
const PER_CHANNEL: Rate = Rate { every_ms: 1_000, burst: 3 };

/// Idle channels are forgotten above this number.
const CHANNELS_REMEMBERED: usize = 1_024;

/// The pace towards one Slack team (one token, so one [`crate::slack::SlackClient`]).
#[derive(Clone, Debug, Default)]
pub struct SlackQueue {
    channels: HashMap<String, Steady>,
    paused: HashMap<&'static str, Instant>,
}

impl SlackQueue {
    /// Asks for a place for one call of `method` in `channel`. Edits count like posts.
    pub fn may_send(&mut self, method: &'static str, channel: &str, now: Instant) -> Turn {
        if let Some(until) = self.paused.get(method).copied() {
            if now < until {
                return Turn::WaitUntil(until);
            }
            self.paused.remove(method);
        }
        if self.channels.len() >= CHANNELS_REMEMBERED {
            self.channels.retain(|_, steady| !steady.is_idle(now));
        }
        let steady = self.channels.entry(channel.to_owned()).or_insert(Steady::UNUSED);
        let turn = steady.next(PER_CHANNEL, now);
        if turn == Turn::Go {
            steady.take(PER_CHANNEL, now);
        }
        turn
    }

    /// Slack answered 429 to `method`: nothing more of it goes to this team before `until`.
    pub fn slow_down(&mut self, method: &'static str, until: Instant) {
        let paused = self.paused.entry(method).or_insert(until);
        *paused = (*paused).max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "chat.postMessage";

    #[test]
    fn three_at_once_then_one_a_second_and_channels_do_not_wait_for_each_other() {
        let mut queue = SlackQueue::default();
        let now = Instant(1_000_000);
        for _ in 0..3 {
            assert_eq!(queue.may_send(POST, "C1", now), Turn::Go);
        }
        assert_eq!(queue.may_send(POST, "C1", now), Turn::WaitUntil(now.plus_ms(1_000)));
        assert_eq!(queue.may_send(POST, "C2", now), Turn::Go);
        assert_eq!(queue.may_send(POST, "C1", now.plus_ms(1_000)), Turn::Go);
        assert_eq!(queue.may_send(POST, "C1", now.plus_ms(1_000)), Turn::WaitUntil(now.plus_ms(2_000)));
    }

    #[test]
    fn slow_down_holds_the_method_everywhere_and_only_that_method() {
        let mut queue = SlackQueue::default();
        let now = Instant(0);
        queue.slow_down(POST, now.plus_ms(30_000));
        queue.slow_down(POST, now.plus_ms(10_000)); // a late answer does not shorten the pause
        assert_eq!(queue.may_send(POST, "C1", now.plus_ms(29_999)), Turn::WaitUntil(now.plus_ms(30_000)));
        assert_eq!(queue.may_send(POST, "C9", now), Turn::WaitUntil(now.plus_ms(30_000)));
        assert_eq!(queue.may_send("chat.update", "C1", now), Turn::Go);
        assert_eq!(queue.may_send(POST, "C1", now.plus_ms(30_000)), Turn::Go);
    }

    #[test]
    fn memory_is_bounded_by_what_can_still_matter() {
        let mut queue = SlackQueue::default();
        for n in 0..10_000_i64 {
            queue.may_send(POST, &format!("C{n}"), Instant(n * 100));
        }
        assert!(queue.channels.len() <= CHANNELS_REMEMBERED);
    }
}
