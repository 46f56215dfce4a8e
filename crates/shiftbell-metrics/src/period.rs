//! Spans of local days that questions are about.

mod label;
mod parse;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::definitions::{GoalPeriod, LineEach, Span, SpanUnit, Workspace};
use crate::time::{Day, Instant, Zone};

pub use parse::parse_period;

/// Local days from `from` up to, not including, `until`, in a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: Day,
    pub until: Day,
    pub zone: Zone,
    /// As a person would say it: `15 Jun - 13 Sep 2026`, `2026-Q3`, `today`.
    pub label: String,
}

/// A span of the calendar that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Day,
    Week,
    Month,
    /// Of the company's own year.
    Quarter,
    /// The company's own year.
    Year,
}

impl Unit {
    pub const ALL: [Unit; 5] = [Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];

    pub fn word(self) -> &'static str {
        match self {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
        }
    }
}

impl Period {
    /// The days from `from` up to, not including, `until`, labelled by their dates.
    pub fn of_days(from: Day, until: Day, zone: &Zone) -> Period {
        Period { from, until, zone: zone.clone(), label: label::of_days(from, until) }
    }

    /// The week, month, quarter or year of the company in which this day lies.
    pub fn containing(day: Day, unit: Unit, workspace: &Workspace) -> Period {
        let date = day.date();
        let zone = &workspace.zone;
        match unit {
            Unit::Day => Period::of_days(day, day.plus(1), zone),
            Unit::Week => {
                let from = week_start(day, workspace.week_starts);
                Period::of_days(from, from.plus(7), zone)
            }
            Unit::Month => months_from(date.first_of_month(), 1, zone),
            Unit::Quarter => {
                let into = months_into_year(date, workspace);
                let from = plus_months(date.first_of_month(), -(into % 3));
                label::fiscal(months_from(from, 3, zone), Some(into / 3 + 1), workspace)
            }
            Unit::Year => {
                let from = plus_months(date.first_of_month(), -months_into_year(date, workspace));
                label::fiscal(months_from(from, 12, zone), None, workspace)
            }
        }
    }

    /// The span that ends with this day: `30 days`, `13 weeks`, `12 months`. `None` for a span shorter than a day.
    pub fn ending_with(day: Day, span: Span, zone: &Zone) -> Option<Period> {
        let count = i32::try_from(span.count).ok()?.clamp(1, 4_000);
        let until = day.plus(1);
        let from = match span.unit {
            SpanUnit::Days | SpanUnit::WorkingDays => until.plus(-count),
            SpanUnit::Weeks => until.plus(-7 * count),
            SpanUnit::Months => Day::from_date(plus_months(until.date(), -count)),
            SpanUnit::Quarters => Day::from_date(plus_months(until.date(), -3 * count)),
            SpanUnit::Years => Day::from_date(plus_months(until.date(), -12 * count)),
            SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::WorkingHours => return None,
        };
        Some(Period::of_days(from, until, zone))
    }

    /// The period of a scorecard line on this day: the day, the running week, month or quarter, or a span that ends with it.
    pub fn of_line(each: LineEach, day: Day, workspace: &Workspace, zone: &Zone) -> Option<Period> {
        let of = |unit| Period { zone: zone.clone(), ..Period::containing(day, unit, workspace) };
        match each {
            LineEach::Day => Some(of(Unit::Day)),
            LineEach::Week => Some(of(Unit::Week)),
            LineEach::Month => Some(of(Unit::Month)),
            LineEach::Quarter => Some(of(Unit::Quarter)),
            LineEach::Last(span) => Period::ending_with(day, span, zone),
        }
    }

    /// The period of a goal on this day: a fixed one, or the running one of those that repeat. `None` if a fixed one is no
    /// period.
    pub fn of_goal(goal: &GoalPeriod, day: Day, workspace: &Workspace) -> Option<Period> {
        match goal {
            GoalPeriod::Fixed(text) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                parse_period(&words, day, workspace).filter(|(_, used)| *used == words.len()).map(|(period, _)| period)
            }
            GoalPeriod::EveryWeek => Some(Period::containing(day, Unit::Week, workspace)),
            GoalPeriod::EveryMonth => Some(Period::containing(day, Unit::Month, workspace)),
            GoalPeriod::EveryQuarter => Some(Period::containing(day, Unit::Quarter, workspace)),
        }
    }

    /// Its days, weeks, months, quarters or years, oldest first; the first and the last may be cut. They compose: nothing is
    /// left out and nothing is in two.
    pub fn split(&self, unit: Unit, workspace: &Workspace) -> Vec<Period> {
        let mut parts = Vec::new();
        let mut from = self.from;
        while from < self.until {
            let whole = Period::containing(from, unit, workspace);
            let until = whole.until.min(self.until);
            let label =
                if whole.from == from && whole.until == until { whole.label } else { label::of_days(from, until) };
            parts.push(Period { from, until, zone: self.zone.clone(), label });
            from = until;
        }
        parts
    }

    /// The latest ones that a series shows where no period is asked for, up to and with today's: 14 days, 13 weeks, 12 months,
    /// 8 quarters, 3 years.
    pub fn of_series(today: Day, unit: Unit, workspace: &Workspace) -> Period {
        let last = Period::containing(today, unit, workspace);
        let from = match unit {
            Unit::Day => last.from.plus(-13),
            Unit::Week => last.from.plus(-12 * 7),
            Unit::Month => Day::from_date(plus_months(last.from.date(), -11)),
            Unit::Quarter => Day::from_date(plus_months(last.from.date(), -21)),
            Unit::Year => Day::from_date(plus_months(last.from.date(), -24)),
        };
        Period::of_days(from, today.plus(1), &workspace.zone)
    }

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

    pub fn contains_day(&self, day: Day) -> bool {
        self.from <= day && day < self.until
    }

    pub fn days(&self) -> i32 {
        self.until.0 - self.from.0
    }

    /// How many whole calendar months it is, if it is.
    pub(crate) fn whole_months(&self) -> Option<i32> {
        let (from, until) = (self.from.date(), self.until.date());
        let whole = from.day() == 1 && until.day() == 1 && self.from < self.until;
        whole.then(|| months_since_zero(until) - months_since_zero(from))
    }
}

/// The period just before: the same number of months for whole months (a quarter's is the quarter before), else of days.
pub fn previous(period: &Period) -> Period {
    let from = match period.whole_months() {
        Some(months) => Day::from_date(plus_months(period.from.date(), -months)),
        None => period.from.plus(-period.days()),
    };
    let mut before = Period::of_days(from, period.from, &period.zone);
    if let Some(label) = label::before(&period.label) {
        before.label = label;
    }
    before
}

/// The period just before, cut after as many days as this one has had by the end of `today`.
///
/// A month that still runs is compared with the same part of the month before it, never with all of it.
pub fn previous_at_same_age(period: &Period, today: Day) -> Period {
    let before = previous(period);
    if !period.contains_day(today) {
        return before;
    }
    let until = before.from.plus(today.0 - period.from.0 + 1).min(before.until);
    if until == before.until { before } else { Period::of_days(before.from, until, &before.zone) }
}

/// The first day of the week in which this day lies.
pub fn week_start(day: Day, week_starts: Weekday) -> Day {
    day.plus(-i32::from(week_starts.until(day.date().weekday())))
}

/// The latest `count` weeks that are over when this day begins.
pub fn full_weeks_before(day: Day, count: u32, week_starts: Weekday, zone: &Zone) -> Period {
    let until = week_start(day, week_starts);
    let weeks = i32::try_from(count).unwrap_or(i32::MAX).clamp(1, 10_000);
    Period::of_days(until.plus(-7 * weeks), until, zone)
}

/// The period of a question that names none: the latest full weeks whose window (of so many days) has closed, moving on
/// the first day of each week, so that the weekly message and a command of that week agree.
pub fn default_period(today: Day, weeks: u32, window_days: u32, workspace: &Workspace) -> Period {
    let as_of = week_start(today, workspace.week_starts);
    let window = i32::try_from(window_days).unwrap_or(i32::MAX).min(100_000);
    full_weeks_before(as_of.plus(-window), weeks, workspace.week_starts, &workspace.zone)
}

fn months_since_zero(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// Whole months since the company's year began: 0 to 11.
fn months_into_year(date: Date, workspace: &Workspace) -> i32 {
    (i32::from(date.month()) - i32::from(workspace.year_starts_month)).rem_euclid(12)
}

/// The same day so many months later; the last day of a month that is too short.
fn plus_months(date: Date, months: i32) -> Date {
    date.saturating_add(jiff::Span::new().months(months.clamp(-60_000, 60_000)))
}

fn months_from(from: Date, months: i32, zone: &Zone) -> Period {
    Period::of_days(Day::from_date(from), Day::from_date(plus_months(from, months)), zone)
}

#[cfg(test)]
mod tests;
