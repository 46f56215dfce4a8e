//! How often the API may be asked.

use std::collections::VecDeque;

use serde_json::{Value as Json, json};
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_SECOND};

const WINDOW_MS: i64 = 10 * MS_PER_SECOND;

/// What was asked lately, and how much may be.
#[derive(Debug)]
pub(in super::super) struct Limits {
    pub(super) per_ten_seconds: usize,
    searches_per_second: usize,
    per_day: usize,
    asked: VecDeque<Instant>,
    searched: VecDeque<Instant>,
    today: (i64, usize),
    pub(super) refused: usize,
}

impl Default for Limits {
    /// A private app in a free account.
    fn default() -> Limits {
        Limits {
            per_ten_seconds: 100,
            searches_per_second: 5,
            per_day: 250_000,
            asked: VecDeque::new(),
            searched: VecDeque::new(),
            today: (0, 0),
            refused: 0,
        }
    }
}

/// Which limit was met, as the answer names it, and for how many seconds.
pub(super) struct TooMany {
    policy: &'static str,
    pub(super) retry_after_s: i64,
}

impl TooMany {
    pub(super) fn body(&self) -> Json {
        let message = match self.policy {
            "DAILY" => "You have reached your daily limit.",
            "SECONDLY" => "You have reached your secondly limit.",
            _ => "You have reached your ten_secondly_rolling limit.",
        };
        json!({"status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": self.policy,
            "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24"})
    }
}

impl Limits {
    pub(super) fn set(&mut self, per_ten_seconds: usize, searches_per_second: usize, per_day: usize) {
        (self.per_ten_seconds, self.searches_per_second, self.per_day) =
            (per_ten_seconds, searches_per_second, per_day);
    }

    /// Counts a request, unless it is one too many.
    pub(super) fn take(&mut self, is_search: bool, now: Instant) -> Result<(), TooMany> {
        let met = self.met(is_search, now);
        if let Some(too_many) = met {
            self.refused += 1;
            return Err(too_many);
        }
        self.asked.push_back(now);
        if is_search {
            self.searched.push_back(now);
        }
        self.today.1 += 1;
        Ok(())
    }

    fn met(&mut self, is_search: bool, now: Instant) -> Option<TooMany> {
        forget(&mut self.asked, now.plus_ms(-WINDOW_MS));
        forget(&mut self.searched, now.plus_ms(-MS_PER_SECOND));
        let day = now.as_ms().div_euclid(MS_PER_DAY);
        if self.today.0 != day {
            self.today = (day, 0);
        }
        if self.today.1 >= self.per_day {
            let left_ms = (day + 1) * MS_PER_DAY - now.as_ms();
            return Some(TooMany { policy: "DAILY", retry_after_s: left_ms / MS_PER_SECOND + 1 });
        }
        if self.asked.len() >= self.per_ten_seconds {
            return Some(TooMany { policy: "TEN_SECONDLY_ROLLING", retry_after_s: 10 });
        }
        let is_too_much_search = is_search && self.searched.len() >= self.searches_per_second;
        is_too_much_search.then_some(TooMany { policy: "SECONDLY", retry_after_s: 1 })
    }
}

fn forget(asked: &mut VecDeque<Instant>, until: Instant) {
    while asked.front().is_some_and(|at| *at <= until) {
        asked.pop_front();
    }
}
