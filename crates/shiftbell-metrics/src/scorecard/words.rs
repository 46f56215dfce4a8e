//! Numbers as a person reads them.

use rust_decimal::prelude::ToPrimitive;

use super::LineValue;
use crate::money::{Currency, Money};
use crate::time::{Day, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};

/// `Thursday`.
pub fn weekday(day: Day) -> &'static str {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    match day.date().weekday() {
        Monday => "Monday",
        Tuesday => "Tuesday",
        Wednesday => "Wednesday",
        Thursday => "Thursday",
        Friday => "Friday",
        Saturday => "Saturday",
        Sunday => "Sunday",
    }
}

/// `1,163`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `6.6`, `150`, `19.3`: one place where it tells something.
pub fn about_count(number: f64) -> String {
    let number = number.max(0.0);
    if number >= 100.0 || (number - number.round()).abs() < 0.05 {
        count(number.round() as u64)
    } else {
        format!("{number:.1}")
    }
}

/// `$18,400`, `$12.50`, `CHF 900`: exact; without cents where there are none.
pub fn money(money: Money) -> String {
    let sign = if money.minor < 0 { "-" } else { "" };
    let unit = 10_u64.pow(money.currency.digits());
    let (whole, part) = (money.minor.unsigned_abs() / unit, money.minor.unsigned_abs() % unit);
    let cents = match usize::try_from(money.currency.digits()) {
        Ok(digits) if part > 0 => format!(".{part:0digits$}"),
        Ok(_) | Err(_) => String::new(),
    };
    format!("{sign}{}{}{cents}", symbol(money.currency), count(whole))
}

/// An estimate: `$87,100`, `$940`. To the next hundred from a thousand on.
pub fn about_money(major: f64, currency: Currency) -> String {
    let step = match major.abs() {
        large if large >= 1_000.0 => 100.0,
        middle if middle >= 100.0 => 10.0,
        _ => 1.0,
    };
    let rounded = (major.abs() / step).round() * step;
    let sign = if major < 0.0 && rounded > 0.0 { "-" } else { "" };
    format!("{sign}{}{}", symbol(currency), count(rounded as u64))
}

fn symbol(currency: Currency) -> String {
    match currency.code() {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        "INR" => "₹".to_owned(),
        code => format!("{code} "),
    }
}

/// `80 %`, `26.9 %`.
pub fn per_cent(fraction: f64, places: usize) -> String {
    format!("{:.places$} %", fraction * 100.0)
}

/// `45 min`, `3.2 hours`, `12 days`.
pub fn time(ms: i64) -> String {
    let plural = |n: f64, unit: &str| {
        let n = format!("{n:.1}");
        let n = n.strip_suffix(".0").unwrap_or(&n);
        format!("{n} {unit}{}", if n == "1" { "" } else { "s" })
    };
    let ms = ms.max(0);
    match ms {
        0..MS_PER_HOUR => format!("{} min", ms / MS_PER_MINUTE),
        _ if ms < 2 * MS_PER_DAY => plural(ms as f64 / MS_PER_HOUR as f64, "hour"),
        _ => plural((ms as f64 / MS_PER_DAY as f64).round(), "day"),
    }
}

/// The figure alone: `8`, `8 of 10`, `$82,000`.
pub fn value(value: &LineValue) -> String {
    match *value {
        LineValue::Count { n, of: None } => count(n),
        LineValue::Count { n, of: Some(of) } => format!("{} of {}", count(n), count(of)),
        LineValue::Rate { num, den } => format!("{} of {}", count(num), count(den)),
        LineValue::Money(amount) => money(amount),
        LineValue::MoneyRate { num, den } => format!("{} of {}", money(num), money(den)),
        LineValue::Time { ms } => time(ms),
        LineValue::NoRecords => "none".to_owned(),
    }
}

/// The words of what is still to be done: `2 follow-ups to go`, `2 at-risk accounts to contact`, `1 next step to set`.
pub fn to_do(n: u64, label: &str) -> String {
    let label = lower_first(label);
    let (things, verb) = match label.rsplit_once(' ') {
        Some((things, done)) => match verb_of(done) {
            Some(verb) => (things, verb),
            None => (label.as_str(), "go"),
        },
        None => (label.as_str(), "go"),
    };
    let things = if n == 1 { singular(things) } else { things.to_owned() };
    format!("{} {things} to {verb}", count(n))
}

/// The verb of a label that says what was done.
fn verb_of(done: &str) -> Option<&'static str> {
    const VERBS: [(&str, &str); 13] = [
        ("contacted", "contact"),
        ("reached", "reach"),
        ("set", "set"),
        ("held", "hold"),
        ("opened", "open"),
        ("worked", "work"),
        ("settled", "settle"),
        ("complete", "complete"),
        ("completed", "complete"),
        ("made", "make"),
        ("sent", "send"),
        ("booked", "book"),
        ("done", "do"),
    ];
    VERBS.iter().find(|(participle, _)| *participle == done).map(|(_, verb)| *verb)
}

/// The first word small, unless it is an abbreviation: `Follow-ups` but `SQLs`.
pub fn lower_first(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), second) if first.is_uppercase() && !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => label.to_owned(),
    }
}

/// `deals with a second contact` becomes `deal with a second contact`, `follow-ups` `follow-up`.
fn singular(things: &str) -> String {
    let (noun, rest) = match [" with ", " without ", " of ", " for "].iter().filter_map(|word| things.find(word)).min()
    {
        Some(end) => things.split_at(end),
        None => (things, ""),
    };
    match noun.strip_suffix('s') {
        Some(one) if !one.ends_with('s') => format!("{one}{rest}"),
        _ => things.to_owned(),
    }
}

/// Major units as a floating number, for estimates.
pub fn major(money: Money) -> f64 {
    money.major().to_f64().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_the_reference_messages() {
        assert_eq!([count(0), count(999), count(1_163), count(1_000_000)], ["0", "999", "1,163", "1,000,000"]);
        assert_eq!(money(Money::new(1_840_000, Currency::USD)), "$18,400");
        assert_eq!(money(Money::new(-1_250, Currency::USD)), "-$12.50");
        assert_eq!(money(Money::new(900, Currency::from_code("JPY").unwrap())), "¥900");
        assert_eq!(money(Money::new(90_000, Currency::from_code("CHF").unwrap())), "CHF 900");
        assert_eq!(about_money(87_096.77, Currency::USD), "$87,100");
        assert_eq!(about_money(5_048.0, Currency::USD), "$5,000");
        assert_eq!([about_count(6.631), about_count(150.0), about_count(19.26)], ["6.6", "150", "19.3"]);
        assert_eq!([per_cent(0.909, 0), per_cent(84.0 / 312.0, 1)], ["91 %", "26.9 %"]);
        let hours = |h: f64| time((h * MS_PER_HOUR as f64) as i64);
        assert_eq!([hours(0.75), hours(1.0), hours(3.2), hours(300.0)], ["45 min", "1 hour", "3.2 hours", "13 days"]);
    }

    #[test]
    fn what_is_left_is_said_with_its_verb() {
        assert_eq!(to_do(2, "Follow-ups"), "2 follow-ups to go");
        assert_eq!(to_do(1, "Follow-ups"), "1 follow-up to go");
        assert_eq!(to_do(2, "At-risk accounts contacted"), "2 at-risk accounts to contact");
        assert_eq!(to_do(1, "Next steps set"), "1 next step to set");
        assert_eq!(to_do(1, "Deals with a second contact"), "1 deal with a second contact to go");
        assert_eq!(to_do(3, "SQLs"), "3 SQLs to go");
    }
}
