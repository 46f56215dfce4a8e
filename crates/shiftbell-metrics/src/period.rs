//! Spans of local days that questions are about.

use serde::{Deserialize, Serialize};

use crate::time::{Day, Instant, Zone};

/// Local days from `from` up to, not including, `until`, in a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: Day,
    pub until: Day,
    pub zone: Zone,
    /// As a person would say it: `15 Jun - 13 Sep 2026`, `2026-Q3`, `today`.
    pub label: String,
}

impl Period {
    pub fn starts_at(&self) -> Instant {
        self.zone.start_of(self.from)
    }

    /// The first instant after the period.
    pub fn ends_at(&self) -> Instant {
        self.zone.start_of(self.until)
    }

    pub fn contains(&self, at: Instant) -> bool {
        let day = self.zone.day_of(at);
        self.from <= day && day < self.until
    }

    pub fn days(&self) -> i32 {
        self.until.0 - self.from.0
    }
}
