//! The words for periods, in commands and in definitions files.

use jiff::civil::Date;

use super::{Period, Unit, label, months_from, plus_months, previous, week_start};
use crate::definitions::Workspace;
use crate::time::Day;

/// Years that a period may name.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;
/// The largest number in `last 30 days`.
const COUNT_MAX: i32 = 3_660;

/// Reads a period at the beginning of `words`, and says how many of the words it used.
///
/// Understood, in upper or lower case: `today`, `yesterday`, `this month`, `last quarter`, `last 30 days` (today is the
/// last of them), `last 13 weeks` (full weeks, not the running one; the same for months, quarters and years), `2026`,
/// `2026-Q3`, `Q3`, `2026-07`, `July`, `Jul 2026`, `2026-08-15`, `FY2026`, `FY2026-Q1`, `since 2026-01-01`, and
/// `2026-01-01..2026-03-31` with any single word on both sides. `last-30-days` is the same as three words.
///
/// `Q3` and `this quarter` are of the company's own year, `2026-Q3` is of the calendar's. `FY2026` ends in 2026. A name
/// without a year is the latest that has begun.
pub fn parse_period(words: &[&str], today: Day, workspace: &Workspace) -> Option<(Period, usize)> {
    let first = words.first()?.to_lowercase();
    let reader = Reader { today, workspace };
    if first.starts_with("this-") || first.starts_with("last-") || first.starts_with("previous-") {
        let parts: Vec<&str> = first.split('-').collect();
        let (period, used) = reader.words(&parts)?;
        return (used == parts.len()).then_some((period, 1));
    }
    let lower: Vec<String> = words.iter().take(4).map(|word| word.to_lowercase()).collect();
    reader.words(&lower.iter().map(String::as_str).collect::<Vec<_>>())
}

struct Reader<'a> {
    today: Day,
    workspace: &'a Workspace,
}

impl Reader<'_> {
    fn words(&self, words: &[&str]) -> Option<(Period, usize)> {
        match *words {
            ["this", unit, ..] => Some((Period::containing(self.today, unit_named(unit)?, self.workspace), 2)),
            ["last" | "previous", count, unit, ..] if count.starts_with(|c: char| c.is_ascii_digit()) => {
                Some((self.last(count.parse().ok()?, unit_named(unit)?)?, 3))
            }
            ["last" | "previous", unit, ..] => {
                Some((previous(&Period::containing(self.today, unit_named(unit)?, self.workspace)), 2))
            }
            ["since", ref rest @ ..] => {
                let (start, used) = self.words(rest)?;
                let until = self.today.plus(1);
                let runs = !rest.starts_with(&["since"]) && start.from < until;
                runs.then(|| (Period::of_days(start.from, until, &self.workspace.zone), used + 1))
            }
            [one, year, ..] if is_year(year) && self.named(one, Some(year)).is_some() => {
                Some((self.named(one, Some(year))?, 2))
            }
            [one, ..] => Some((self.range(one).or_else(|| self.one(one))?, 1)),
            [] => None,
        }
    }

    /// The last so many days with today, or the last so many full weeks, months, quarters or years before the running one.
    fn last(&self, count: i32, unit: Unit) -> Option<Period> {
        if !(1..=COUNT_MAX).contains(&count) {
            return None;
        }
        let zone = &self.workspace.zone;
        let running = Period::containing(self.today, unit, self.workspace).from;
        let months = |each: i32| Day::from_date(plus_months(running.date(), -each * count));
        let (from, until) = match unit {
            Unit::Day => (self.today.plus(1 - count), self.today.plus(1)),
            Unit::Week => {
                let until = week_start(self.today, self.workspace.week_starts);
                (until.plus(-7 * count), until)
            }
            Unit::Month => (months(1), running),
            Unit::Quarter => (months(3), running),
            Unit::Year => (months(12), running),
        };
        (from.date().year() >= *YEARS.start()).then(|| Period::of_days(from, until, zone))
    }

    /// `2026-01-01..2026-03-31`: from the first day of the one to the last day of the other.
    fn range(&self, word: &str) -> Option<Period> {
        let (from, until) = word.split_once("..")?;
        let (from, until) = (self.one(from)?.from, self.one(until.trim_start_matches('.'))?.until);
        (from < until).then(|| Period::of_days(from, until, &self.workspace.zone))
    }

    fn one(&self, word: &str) -> Option<Period> {
        let zone = &self.workspace.zone;
        let labelled =
            |day: Day, label: &str| Period { label: label.to_owned(), ..Period::of_days(day, day.plus(1), zone) };
        match word {
            "today" => Some(labelled(self.today, "today")),
            "yesterday" => Some(labelled(self.today.plus(-1), "yesterday")),
            _ => self.named(word, None).or_else(|| self.dated(word)),
        }
    }

    /// `Q3` and `July`, of a year that is said, else the latest that has begun.
    fn named(&self, word: &str, year: Option<&str>) -> Option<Period> {
        let year = match year {
            Some(year) => Some(year_named(year)?),
            None => None,
        };
        if let Some(quarter) = quarter_named(word) {
            return match year {
                Some(year) => self.calendar_quarter(year, quarter),
                None => self.latest(|back| {
                    let running = Period::containing(self.today, Unit::Year, self.workspace).from.date();
                    let from = plus_months(running, 3 * (quarter - 1) - 12 * back);
                    Period::containing(Day::from_date(from), Unit::Quarter, self.workspace)
                }),
            };
        }
        let month = month_named(word)?;
        let of_year = |year: i16| Some(months_from(Date::new(year, month, 1).ok()?, 1, &self.workspace.zone));
        match year {
            Some(year) => of_year(year),
            None => {
                let this_year = self.today.date().year();
                of_year(this_year).filter(|period| period.from <= self.today).or_else(|| of_year(this_year - 1))
            }
        }
    }

    /// The latest of this year and last year's that has begun.
    fn latest(&self, in_year: impl Fn(i32) -> Period) -> Option<Period> {
        [0, 1].into_iter().map(in_year).find(|period| period.from <= self.today)
    }

    fn calendar_quarter(&self, year: i16, quarter: i32) -> Option<Period> {
        let month = i8::try_from(3 * quarter - 2).ok()?;
        Some(months_from(Date::new(year, month, 1).ok()?, 3, &self.workspace.zone))
    }

    /// `2026`, `2026-Q3`, `2026-07`, `2026-08-15`, `FY2026`, `FY2026-Q1`.
    fn dated(&self, word: &str) -> Option<Period> {
        let zone = &self.workspace.zone;
        if let Some(rest) = word.strip_prefix("fy") {
            return self.fiscal(rest.trim_start_matches('-'));
        }
        let year = year_named(word.get(..4)?)?;
        let rest = word.get(4..)?;
        if rest.is_empty() {
            return Some(months_from(Date::new(year, 1, 1).ok()?, 12, zone));
        }
        if let Some(quarter) = quarter_named(rest.strip_prefix('-').unwrap_or(rest)) {
            return self.calendar_quarter(year, quarter);
        }
        let rest = rest.strip_prefix('-')?;
        match rest.split_once('-') {
            None => Some(months_from(Date::new(year, two_digits(rest)?, 1).ok()?, 1, zone)),
            Some((month, day)) => {
                let day = Day::from_date(Date::new(year, two_digits(month)?, two_digits(day)?).ok()?);
                Some(Period::of_days(day, day.plus(1), zone))
            }
        }
    }

    fn fiscal(&self, rest: &str) -> Option<Period> {
        let (year, quarter) = match rest.split_once('-') {
            None => (year_named(rest)?, None),
            Some((year, quarter)) => (year_named(year)?, Some(quarter_named(quarter)?)),
        };
        let starts = self.workspace.year_starts_month;
        let first = Date::new(if starts == 1 { year } else { year - 1 }, starts, 1).ok()?;
        let unit = if quarter.is_some() { Unit::Quarter } else { Unit::Year };
        let from = plus_months(first, 3 * (quarter.unwrap_or(1) - 1));
        Some(Period::containing(Day::from_date(from), unit, self.workspace))
    }
}

fn unit_named(word: &str) -> Option<Unit> {
    match word.strip_suffix('s').unwrap_or(word) {
        "day" => Some(Unit::Day),
        "week" => Some(Unit::Week),
        "month" => Some(Unit::Month),
        "quarter" => Some(Unit::Quarter),
        "year" => Some(Unit::Year),
        _ => None,
    }
}

fn is_year(word: &str) -> bool {
    year_named(word).is_some()
}

fn year_named(word: &str) -> Option<i16> {
    let digits = word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|year| digits && YEARS.contains(year))
}

fn quarter_named(word: &str) -> Option<i32> {
    word.strip_prefix('q')?.parse().ok().filter(|quarter| (1..=4).contains(quarter))
}

/// `july`, `jul`.
fn month_named(word: &str) -> Option<i8> {
    let index = label::MONTHS.iter().position(|name| {
        let name = name.to_lowercase();
        word == name || word == &name[..3] || (word == "sept" && name == "september")
    })?;
    i8::try_from(index + 1).ok()
}

fn two_digits(word: &str) -> Option<i8> {
    let digits = word.len() <= 2 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| digits)
}
