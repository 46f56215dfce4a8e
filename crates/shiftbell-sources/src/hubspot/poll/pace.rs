//! How fast HubSpot may be asked: so many requests in ten seconds, and fewer searches in one.

use std::collections::VecDeque;

use shiftbell_metrics::time::{Instant, MS_PER_SECOND};

use super::answer::Answer;

/// Requests in ten seconds that every account allows. HubSpot says with each answer how many it really are.
const PER_WINDOW: usize = 100;
const WINDOW_MS: i64 = 10 * MS_PER_SECOND;
/// Left to others that use the same limit.
const LEFT_FREE: usize = 5;
/// Searches in one second, for the whole account. Whoever else searches makes us wait, which loses nothing.
const SEARCHES_PER_SECOND: usize = 5;

/// What was sent lately.
#[derive(Debug)]
pub(in crate::hubspot) struct Pace {
    sent: VecDeque<Instant>,
    searched: VecDeque<Instant>,
    per_window: usize,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { sent: VecDeque::new(), searched: VecDeque::new(), per_window: PER_WINDOW }
    }
}

impl Pace {
    /// When the next request may be sent: now, or later.
    pub(in crate::hubspot) fn free_at(&mut self, is_search: bool, now: Instant) -> Instant {
        forget(&mut self.sent, now.plus_ms(-WINDOW_MS));
        forget(&mut self.searched, now.plus_ms(-MS_PER_SECOND));
        let most = self.per_window.saturating_sub(LEFT_FREE).max(1);
        let free = |sent: &VecDeque<Instant>, most: usize, window_ms: i64| {
            // As many as are allowed were sent since this one.
            let nth = sent.len().checked_sub(most).and_then(|at| sent.get(at));
            nth.map_or(now, |nth| nth.plus_ms(window_ms + 1))
        };
        let all = free(&self.sent, most, WINDOW_MS);
        if is_search { all.max(free(&self.searched, SEARCHES_PER_SECOND, MS_PER_SECOND)) } else { all }
    }

    pub(in crate::hubspot) fn sent(&mut self, is_search: bool, now: Instant) {
        self.sent.push_back(now);
        if is_search {
            self.searched.push_back(now);
        }
    }

    /// Takes the limit that an answer tells, if it is one of ten seconds.
    pub(in crate::hubspot) fn learn(&mut self, answer: &Answer<'_>) {
        let number = |name: &str| (answer.header)(name).and_then(|text| text.trim().parse::<i64>().ok());
        let is_window = number("x-hubspot-ratelimit-interval-milliseconds").is_none_or(|ms| ms == WINDOW_MS);
        if let Some(most) = number("x-hubspot-ratelimit-max").and_then(|most| usize::try_from(most).ok())
            && is_window
            && most > 0
        {
            self.per_window = most;
        }
    }
}

fn forget(sent: &mut VecDeque<Instant>, until: Instant) {
    while sent.front().is_some_and(|at| *at < until) {
        sent.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ten_seconds_see_more_than_the_limit_less_what_is_left_free() {
        let mut pace = Pace::default();
        let (mut now, mut sent) = (Instant(0), Vec::new());
        while sent.len() < 1_000 {
            let free = pace.free_at(false, now);
            if free > now {
                now = free;
                continue;
            }
            pace.sent(false, now);
            sent.push(now);
            now = now.plus_ms(7);
        }
        for (at, first) in sent.iter().enumerate() {
            let within = sent[at..].iter().filter(|one| one.since(*first) <= WINDOW_MS).count();
            assert!(within <= PER_WINDOW - LEFT_FREE, "{within} in ten seconds");
        }
        assert!(sent[999].since(sent[0]) < 110 * MS_PER_SECOND, "slower than it must be");
    }

    #[test]
    fn searches_have_a_limit_of_their_own() {
        let mut pace = Pace::default();
        for _ in 0..SEARCHES_PER_SECOND {
            assert_eq!(pace.free_at(true, Instant(50)), Instant(50));
            pace.sent(true, Instant(50));
        }
        assert_eq!(pace.free_at(true, Instant(60)), Instant(1_051));
        assert_eq!(pace.free_at(false, Instant(60)), Instant(60));
    }

    #[test]
    fn the_limit_is_what_hubspot_says() {
        let mut pace = Pace::default();
        let header = |name: &str| (name == "x-hubspot-ratelimit-max").then_some("20");
        pace.learn(&Answer { status: 200, header: &header, body: b"" });
        for _ in 0..20 - LEFT_FREE {
            pace.sent(false, Instant(0));
        }
        assert_eq!(pace.free_at(false, Instant(1)), Instant(WINDOW_MS + 1));
    }
}
