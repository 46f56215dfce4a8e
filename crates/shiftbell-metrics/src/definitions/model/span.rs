//! Spans of time, and values that differ between motions.

use std::collections::BTreeMap;

/// One value, or one for each motion.
#[derive(Clone, Debug, PartialEq)]
pub struct PerMotion<T> {
    pub every: Option<T>,
    pub by_motion: BTreeMap<String, T>,
}

impl<T> Default for PerMotion<T> {
    fn default() -> PerMotion<T> {
        PerMotion { every: None, by_motion: BTreeMap::new() }
    }
}

impl<T> PerMotion<T> {
    pub fn every(value: T) -> PerMotion<T> {
        PerMotion { every: Some(value), by_motion: BTreeMap::new() }
    }

    pub fn of(&self, motion: &str) -> Option<&T> {
        self.by_motion.get(motion).or(self.every.as_ref())
    }
}

/// A span of time as written: `60 days`, `1 working day`, `4 hours`, `13 weeks`, `12 months`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub count: u32,
    pub unit: SpanUnit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanUnit {
    Minutes,
    Hours,
    WorkingHours,
    Days,
    WorkingDays,
    Weeks,
    Months,
    Quarters,
    Years,
}

impl Span {
    /// Length in milliseconds of real elapsed time, for units that have one (minutes to weeks).
    pub fn elapsed_ms(self) -> Option<i64> {
        let unit = match self.unit {
            SpanUnit::Minutes => crate::time::MS_PER_MINUTE,
            SpanUnit::Hours => crate::time::MS_PER_HOUR,
            SpanUnit::Days => crate::time::MS_PER_DAY,
            SpanUnit::Weeks => 7 * crate::time::MS_PER_DAY,
            SpanUnit::WorkingHours
            | SpanUnit::WorkingDays
            | SpanUnit::Months
            | SpanUnit::Quarters
            | SpanUnit::Years => {
                return None;
            }
        };
        Some(i64::from(self.count) * unit)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            SpanUnit::Minutes => "minute",
            SpanUnit::Hours => "hour",
            SpanUnit::WorkingHours => "working hour",
            SpanUnit::Days => "day",
            SpanUnit::WorkingDays => "working day",
            SpanUnit::Weeks => "week",
            SpanUnit::Months => "month",
            SpanUnit::Quarters => "quarter",
            SpanUnit::Years => "year",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}
