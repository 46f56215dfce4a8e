//! The line to HubSpot's API as its caller keeps it: how fast it asks, what an answer means, and when it tries again.

use serde_json::Value as Json;
use shiftbell_metrics::time::{Instant, MS_PER_SECOND};

use super::poll::{Answer, Judged, Pace, PollProblem, Request, judge};

/// Tries of one request before it is given up.
const TRIES_MAX: u32 = 8;
/// The wait before the second try; it doubles with each.
const AFTER_FAILURE_MS: i64 = MS_PER_SECOND;
/// The longest wait between tries.
const AFTER_FAILURE_MS_MAX: i64 = 60 * MS_PER_SECOND;

/// What was sent over it lately, and what came of that.
#[derive(Debug, Default)]
pub(super) struct Line {
    pace: Pace,
    failures: u32,
    not_before: Option<Instant>,
}

impl Line {
    /// Counts a request that is sent now; or says until when it has to wait.
    pub(super) fn send(&mut self, request: &Request, now: Instant) -> Result<(), Instant> {
        let free = self.pace.free_at(request.is_search, now).max(self.not_before.unwrap_or(now));
        if free > now {
            return Err(free);
        }
        self.not_before = None;
        self.pace.sent(request.is_search, now);
        Ok(())
    }

    /// The data of an answer; `None`: the same request is due again, later.
    ///
    /// # Errors
    /// What somebody must change, or that it failed too often.
    pub(super) fn take(&mut self, answer: &Answer<'_>, what: &str, now: Instant) -> Result<Option<Json>, PollProblem> {
        self.pace.learn(answer);
        match judge(answer, what, now)? {
            Judged::Read(json) => Ok(Some(json)),
            Judged::Later(at) => {
                self.not_before = Some(at);
                Ok(None)
            }
            Judged::Again(why) => self.again(why, now).map(|()| None),
        }
    }

    /// What came was read.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// What came could not be read.
    ///
    /// # Errors
    /// That it failed too often.
    pub(super) fn again(&mut self, why: String, now: Instant) -> Result<(), PollProblem> {
        self.failures += 1;
        if self.failures >= TRIES_MAX {
            return Err(PollProblem::Unavailable { tries: self.failures, why });
        }
        let wait_ms = AFTER_FAILURE_MS << (self.failures - 1).min(10);
        self.not_before = Some(now.plus_ms(wait_ms.min(AFTER_FAILURE_MS_MAX)));
        Ok(())
    }
}
