//! Spans, rates, times and names as they are written.

use std::str::FromStr;

use jiff::civil::{Time, Weekday};
use rust_decimal::Decimal;

use super::model::{Span, SpanUnit};

/// Reads "60 days", "1 working day", "4 hours", "13 weeks".
///
/// ```
/// use shiftbell_metrics::definitions::{span, SpanUnit};
/// assert_eq!(span("1 working day").unwrap().unit, SpanUnit::WorkingDays);
/// assert_eq!(span("60 days").unwrap().to_string(), "60 days");
/// assert!(span("soon").is_none());
/// ```
pub fn span(text: &str) -> Option<Span> {
    let (count, unit) = text.trim().split_once(char::is_whitespace)?;
    let count = count.parse().ok().filter(|count| (1..=100_000).contains(count))?;
    let unit = match unit.trim() {
        "minute" | "minutes" => SpanUnit::Minutes,
        "hour" | "hours" => SpanUnit::Hours,
        "working hour" | "working hours" => SpanUnit::WorkingHours,
        "day" | "days" => SpanUnit::Days,
        "working day" | "working days" => SpanUnit::WorkingDays,
        "week" | "weeks" => SpanUnit::Weeks,
        "month" | "months" => SpanUnit::Months,
        "quarter" | "quarters" => SpanUnit::Quarters,
        "year" | "years" => SpanUnit::Years,
        _ => return None,
    };
    Some(Span { count, unit })
}

/// Reads "30 %" as 30.
pub(super) fn percent(text: &str) -> Option<Decimal> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Decimal::from_str(number).ok().filter(|number| plain && *number <= Decimal::from(10_000))
}

/// Reads "17:00".
pub(super) fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Reads "mon", "monday" or "mon-fri".
pub(super) fn weekdays(text: &str) -> Option<Vec<Weekday>> {
    let Some((from, until)) = text.split_once('-') else {
        return weekday(text).map(|day| vec![day]);
    };
    let (from, until) = (weekday(from)?, weekday(until)?);
    let mut days = vec![from];
    let mut day = from;
    while day != until {
        day = day.next();
        days.push(day);
    }
    Some(days)
}

pub(super) fn weekday(text: &str) -> Option<Weekday> {
    let names = [
        ("mon", "monday", Weekday::Monday),
        ("tue", "tuesday", Weekday::Tuesday),
        ("wed", "wednesday", Weekday::Wednesday),
        ("thu", "thursday", Weekday::Thursday),
        ("fri", "friday", Weekday::Friday),
        ("sat", "saturday", Weekday::Saturday),
        ("sun", "sunday", Weekday::Sunday),
    ];
    let text = text.trim().to_ascii_lowercase();
    names.into_iter().find(|(short, long, _)| *short == text || *long == text).map(|(_, _, day)| day)
}

/// Whether this can be the name of something: letters, digits and hyphens, beginning with a letter.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The name that was probably meant by a text that is none.
pub(super) fn as_name(text: &str) -> String {
    let plain: String =
        text.chars().take(64).map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let joined = plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    joined.trim_start_matches(|c: char| !c.is_ascii_lowercase()).to_owned()
}

/// Whether this looks like an e-mail address.
pub(super) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    }) && !text.contains(char::is_whitespace)
        && text.matches('@').count() == 1
}
