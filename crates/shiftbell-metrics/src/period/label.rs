//! How a period is said.

use jiff::civil::Date;

use super::{Period, months_since_zero};
use crate::definitions::Workspace;
use crate::time::Day;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) fn month_name(month: i8) -> &'static str {
    MONTHS[(usize::try_from(month).unwrap_or(1).clamp(1, 12)) - 1]
}

fn short(date: Date) -> String {
    format!("{} {}", date.day(), &month_name(date.month())[..3])
}

/// `2026`, `2026-Q3`, `July 2026`, `15 Aug 2026`, `9 - 15 Nov 2026`, `15 Jun - 13 Sep 2026`, `28 Dec 2026 - 3 Jan 2027`.
pub(super) fn of_days(from: Day, until: Day) -> String {
    let first = from.date();
    let last = until.plus(-1).max(from).date();
    if let Some(name) = whole(first, until.date()) {
        return name;
    }
    if first == last {
        format!("{} {}", short(first), first.year())
    } else if first.year() != last.year() {
        format!("{} {} - {} {}", short(first), first.year(), short(last), last.year())
    } else if first.month() != last.month() {
        format!("{} - {} {}", short(first), short(last), last.year())
    } else {
        format!("{} - {} {}", first.day(), short(last), last.year())
    }
}

/// The name of a whole calendar year, quarter or month.
fn whole(first: Date, until: Date) -> Option<String> {
    if first.day() != 1 || until.day() != 1 {
        return None;
    }
    let (year, month) = (first.year(), first.month());
    match months_since_zero(until) - months_since_zero(first) {
        1 => Some(format!("{} {year}", month_name(month))),
        3 if month % 3 == 1 => Some(format!("{year}-Q{}", month / 3 + 1)),
        12 if month == 1 => Some(year.to_string()),
        _ => None,
    }
}

/// Names a quarter or year after the company's own year, where that does not begin in January: `FY2026-Q3`.
///
/// A year is named for the calendar year in which it ends.
pub(super) fn fiscal(mut period: Period, quarter: Option<i32>, workspace: &Workspace) -> Period {
    if workspace.year_starts_month == 1 {
        return period;
    }
    let starts = i32::from(workspace.year_starts_month);
    let first = period.from.date();
    let year = i32::from(first.year()) + i32::from(i32::from(first.month()) >= starts);
    period.label = match quarter {
        Some(quarter) => format!("FY{year}-Q{quarter}"),
        None => format!("FY{year}"),
    };
    period
}

/// What the period before is called, where its dates alone do not say: `today`, `FY2026`, `FY2026-Q1`.
pub(super) fn before(label: &str) -> Option<String> {
    if label == "today" {
        return Some("yesterday".to_owned());
    }
    let rest = label.strip_prefix("FY")?;
    match rest.split_once("-Q") {
        None => Some(format!("FY{}", rest.parse::<i32>().ok()? - 1)),
        Some((year, "1")) => Some(format!("FY{}-Q4", year.parse::<i32>().ok()? - 1)),
        Some((year, quarter)) => Some(format!("FY{year}-Q{}", quarter.parse::<i32>().ok()? - 1)),
    }
}
