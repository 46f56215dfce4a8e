//! Targets as people write them: `30%`, `$300,000`, `1.5m`, `40 days`.

use rust_decimal::Decimal;

use super::super::words;
use super::cells::shortened;

/// The value as a definitions file writes it: a number without quotes, a rate or a span with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Number(Decimal),
    Text(String),
}

/// Reads a target. The note says what was taken for what.
pub(super) fn read(text: &str, is_rate: bool) -> (Written, Option<String>) {
    let text = text.trim();
    if let Some(rate) = words::percent(text) {
        return (Written::Text(format!("{} %", rate.normalize())), None);
    }
    match number(text) {
        // A spreadsheet keeps 30 % as 0.3.
        Some(number) if is_rate && number > Decimal::ZERO && number <= Decimal::ONE => {
            let rate = format!("{} %", (number * Decimal::ONE_HUNDRED).normalize());
            let note = format!("the target {} is taken for {rate}", shortened(text));
            (Written::Text(rate), Some(note))
        }
        Some(number) => (Written::Number(number.normalize()), None),
        None => (Written::Text(words::span(text).map_or_else(|| text.to_owned(), |span| span.to_string())), None),
    }
}

/// `300000`, `300_000`, `300,000`, `$300,000`, `300k`, `1.5m`. A comma is taken for the thousands only where three digits
/// follow each.
fn number(text: &str) -> Option<Decimal> {
    let text = text.trim_start_matches(['$', '\u{20ac}', '\u{a3}']).trim();
    let (text, times) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (text.get(..at)?, 1_000),
        Some((at, 'm' | 'M')) => (text.get(..at)?, 1_000_000),
        _ => (text, 1),
    };
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let groups: Vec<&str> = whole.split(',').collect();
    let is_grouped = groups.len() == 1 || groups.iter().skip(1).all(|group| group.len() == 3);
    let joined = groups.concat().replace('_', "");
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_grouped || !digits(joined.trim_start_matches('-')) || !part.is_none_or(digits) {
        return None;
    }
    let whole: Decimal = part.map_or(joined.clone(), |part| format!("{joined}.{part}")).parse().ok()?;
    whole.checked_mul(Decimal::from(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_people_write_them_and_never_guessed() {
        let read = |text, is_rate| super::read(text, is_rate).0;
        let number = |text: &str| Written::Number(text.parse().unwrap());
        let said = |text: &str| Written::Text(text.to_owned());
        assert_eq!(read("30%", true), said("30 %"));
        assert_eq!(read("0.3", true), said("30 %"));
        assert_eq!(read("0.3", false), number("0.3"));
        assert_eq!(read("$300,000", false), number("300000"));
        assert_eq!(read("1.5m", false), number("1500000"));
        assert_eq!(read("40  days", false), said("40 days"));
        assert_eq!(read("1 day", false), said("1 day"));
        assert_eq!(read("1,20", false), said("1,20")); // the check says what is wrong with it
        assert_eq!(read("as many as possible", false), said("as many as possible"));
    }
}
