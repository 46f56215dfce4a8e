//! How figures, days and ages are written.

use jiff::civil::{Date, Weekday};
use shiftbell_metrics::money::{Currency, Money};

/// `New York` of `America/New_York`: how people call a time zone.
pub fn city(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or_default().replace('_', " ")
}

/// `1,163`.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// `6.6`, `20`, `1,163`: at most one digit behind the point, and none that is zero.
pub fn number(value: f64) -> String {
    short(value, 1)
}

/// `162.0`: always one digit behind the point, for columns.
pub fn tenths(value: f64) -> String {
    let text = format!("{:.1}", rounded(value.abs(), 1));
    format!("{}{}", sign(value, &text), grouped(&text))
}

/// `26.9 %` of a rate from its counts, rounded half up from the exact fraction; a whole of zero is `no rate`.
/// ```
/// use shiftbell_render::words::percent;
/// assert_eq!(percent(84, 312), "26.9 %");
/// assert_eq!(percent(0, 0), "no rate");
/// ```
pub fn percent(part: u64, whole: u64) -> String {
    match per_mille(part, whole, 1_000) {
        Some(tenths) => format!("{}.{} %", count_wide(tenths / 10), tenths % 10),
        None => "no rate".to_owned(),
    }
}

/// `91 %`: for a line that has its counts in front.
pub fn whole_percent(part: u64, whole: u64) -> String {
    per_mille(part, whole, 100).map_or_else(|| "no rate".to_owned(), |percent| format!("{} %", count_wide(percent)))
}

fn per_mille(part: u64, whole: u64, scale: u128) -> Option<u128> {
    let whole = u128::from(whole);
    (u128::from(part) * scale * 2 + whole).checked_div(whole * 2)
}

fn count_wide(number: u128) -> String {
    grouped(&number.to_string())
}

/// `30 %` or `12.5 %` of a share such as 0.125: for targets.
pub fn share(value: f64) -> String {
    format!("{} %", short(value * 100.0, 1))
}

/// `90.5 %` of a share such as 0.905: for figures that are measured.
pub fn measured_share(value: f64) -> String {
    format!("{} %", tenths(value * 100.0))
}

/// `$18,400`, `€12.50`, `CHF 1,200`: cents only where there are any.
pub fn money(money: Money) -> String {
    let digits = money.currency.digits();
    let unit = 10_u64.pow(digits);
    let minor = money.minor.unsigned_abs();
    let cents = if minor.is_multiple_of(unit) {
        String::new()
    } else {
        format!(".{:0width$}", minor % unit, width = digits as usize)
    };
    let sign = if money.minor < 0 { "-" } else { "" };
    format!("{sign}{}{}{cents}", symbol(money.currency.code()), count(minor / unit))
}

/// `+$1,650`, `-$250`, and `$0` for no change.
pub fn money_change(change: Money) -> String {
    format!("{}{}", if change.minor > 0 { "+" } else { "" }, money(change))
}

/// `142,150` for a column or a sum whose currency is said elsewhere.
pub fn bare_money(amount: Money) -> String {
    money(amount).replacen(symbol(amount.currency.code()).as_str(), "", 1)
}

/// `+4`, `-3`, `0`.
pub fn change(change: i64) -> String {
    let sign = match change {
        1.. => "+",
        0 => "",
        ..0 => "-",
    };
    format!("{sign}{}", count(change.unsigned_abs()))
}

/// The sign of a currency, before the amount: `$`, `CHF `.
pub fn currency(currency: Currency) -> String {
    symbol(currency.code())
}

fn symbol(code: &str) -> String {
    match code {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        "INR" => "₹".to_owned(),
        other => format!("{other} "),
    }
}

/// `2 min`, `2 h 10 min`, `3 days`.
pub fn minutes(minutes: u64) -> String {
    const DAY: u64 = 24 * 60;
    match minutes {
        0 => "under 1 min".to_owned(),
        1..60 => format!("{minutes} min"),
        60..DAY if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        60..DAY => format!("{} h {} min", minutes / 60, minutes % 60),
        _ if minutes / DAY == 1 => "1 day".to_owned(),
        _ => format!("{} days", count(minutes / DAY)),
    }
}

/// `a, b and c`; of more than `most` names the rest is counted: `a, b and 7 more`.
pub fn list(names: &[String], most: usize) -> String {
    let shown = if names.len() > most { most } else { names.len() };
    let mut parts: Vec<String> = names[..shown].to_vec();
    if names.len() > shown {
        parts.push(format!("{} more", names.len() - shown));
    }
    match parts.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// `Thursday`.
pub fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// `15 Nov`.
pub fn day(date: Date) -> String {
    format!("{} {}", date.day(), &month(date)[..3])
}

/// `31 December`.
pub fn long_day(date: Date) -> String {
    format!("{} {}", date.day(), month(date))
}

/// `13 Sep 2026`.
pub fn day_and_year(date: Date) -> String {
    format!("{} {}", day(date), date.year())
}

/// `9 - 15 November`, `28 September - 4 October`: from the first to the last day, both included.
pub fn days(first: Date, last: Date) -> String {
    if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{} - {}", first.day(), long_day(last))
    } else {
        format!("{} - {}", long_day(first), long_day(last))
    }
}

/// `January 2024`.
pub fn month_and_year(date: Date) -> String {
    format!("{} {}", month(date), date.year())
}

fn month(date: Date) -> &'static str {
    const MONTHS: [&str; 12] = [
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
    MONTHS[usize::from(date.month().unsigned_abs() - 1)]
}

/// The same words, their first letter a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn short(value: f64, digits: u32) -> String {
    let text = format!("{:.*}", digits as usize, rounded(value.abs(), digits));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{}{}", sign(value, text), grouped(text))
}

/// Half away from zero, as people round; a value that is not a number is zero.
fn rounded(value: f64, digits: u32) -> f64 {
    let scale = f64::from(10_u32.pow(digits));
    // One part in 10^12 makes up for 0.285 being stored as 0.28499..., far below anything that is shown.
    let scaled = (value * scale * (1.0 + 1e-12)).round() / scale;
    if scaled.is_finite() { scaled.min(1e15) } else { 0.0 }
}

fn sign(value: f64, text: &str) -> &'static str {
    if value < 0.0 && text.chars().any(|c| matches!(c, '1'..='9')) { "-" } else { "" }
}

fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::with_capacity(digits.len() + whole.len() / 3);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn figures_read_as_in_the_reference_messages() {
        assert_eq!(percent(1_163, 3_322), "35.0 %");
        assert_eq!(percent(97, 307), "31.6 %");
        assert_eq!(whole_percent(10, 11), "91 %");
        assert_eq!(percent(u64::MAX, 1), "1,844,674,407,370,955,161,500.0 %");
        assert_eq!(share(0.3), "30 %");
        assert_eq!(measured_share(0.905), "90.5 %");
        assert_eq!(number(6.63), "6.6");
        assert_eq!(number(f64::NAN), "0");
        assert_eq!(number(-0.01), "0");
        assert_eq!(tenths(162.0), "162.0");
        assert_eq!(change(-3), "-3");
    }

    #[test]
    fn money_shows_cents_only_where_there_are_any() {
        let dollars = |minor| Money::new(minor, Currency::USD);
        assert_eq!(money(dollars(1_840_000)), "$18,400");
        assert_eq!(money(dollars(-25_050)), "-$250.50");
        assert_eq!(money_change(dollars(165_000)), "+$1,650");
        assert_eq!(bare_money(dollars(14_215_000)), "142,150");
        assert_eq!(money(Money::new(1_200, Currency::from_code("JPY").unwrap())), "¥1,200");
        assert_eq!(money(Money::new(i64::MIN, Currency::from_code("CHF").unwrap())), "-CHF 92,233,720,368,547,758.08");
    }

    #[test]
    fn days_and_ages_read_as_people_say_them() {
        assert_eq!(days(date(2026, 11, 9), date(2026, 11, 15)), "9 - 15 November");
        assert_eq!(days(date(2026, 9, 28), date(2026, 10, 4)), "28 September - 4 October");
        assert_eq!(day_and_year(date(2026, 9, 13)), "13 Sep 2026");
        assert_eq!(minutes(0), "under 1 min");
        assert_eq!(minutes(130), "2 h 10 min");
        assert_eq!(minutes(3 * 24 * 60), "3 days");
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        assert_eq!(list(&names, 3), "a, b, c and 1 more");
        assert_eq!(list(&names[..2], 3), "a and b");
    }
}
